//! Events in the form of another platform, whose attributes are not where this one looks for them; and containers that
//! became others on the way.

use serde_json::value::RawValue;

use super::{Actual, Expected, Finding, Findings, Fix, LintContext, Rule, Severity, shown};
use crate::event::text::sanitize;
use crate::event::{ByName, Document, NodeId, NodeKind, Path, Sanitized, sanitized};

static ENVELOPE: Rule = Rule {
    id: "envelope",
    severity: Severity::Warning,
    title: "an event in the form of another platform",
    why: "Segments, messages and recommendations look for attributes in the event itself, not inside properties, params or \
          data: lift them out, and give the identifiers the names that this platform has for them.",
    documentation: "https://developer.blueshift.com/reference/post_api-v1-event",
    bad: r#"{"type":"track","event":"plan_chosen","userId":"812123","properties":{"plan":"gold"}}"#,
    good: r#"{"event":"plan_chosen","customer_id":"812123","plan":"gold"}"#,
};

static SPREAD: Rule = Rule {
    id: "text-spread",
    severity: Severity::Error,
    title: "a text that was spread into its letters",
    why: "A library was given a text where it takes an object, and made a field of each letter: what the text said is lost.",
    documentation: "",
    bad: r#"{"event":"identify","email":"jane@example.com","0":"u","1":"s","2":"e","3":"r","4":"-","5":"1"}"#,
    good: r#"{"event":"identify","email":"jane@example.com","customer_id":"user-1"}"#,
};

static NUMBERED: Rule = Rule {
    id: "object-for-array",
    severity: Severity::Warning,
    title: "an object where a list is meant",
    why: "PHP and others write a list with gaps as an object with numbers for names: what looks for a list finds none.",
    documentation: "",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","courses":{"0":{"name":"Pottery"},"2":{"name":"Weaving"}}}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","courses":[{"name":"Pottery"},{"name":"Weaving"}]}"#,
};

pub(super) const RULES: &[&Rule] = &[&ENVELOPE, &SPREAD, &NUMBERED];

pub(super) fn check(event: &Document, _: LintContext, findings: &mut Findings) {
    if event.get(NodeId::ROOT).is_none_or(|root| root.kind != NodeKind::Object) {
        return;
    }
    let mut envelope = Envelope::default();
    let mut letter = None;
    for field in event.children(NodeId::ROOT) {
        if !event.by_key(field, &MARKS, is_mark).unwrap_or_default() {
            continue;
        }
        let name = event.key_text(field).trim_matches('"');
        match name.bytes().next() {
            Some(b'0') if name == "0" => letter = Some(field),
            Some(_) => envelope.note(event, name, field),
            None => {}
        }
    }
    if let Some(first) = letter {
        check_spread(event, first, findings);
    }
    if let Some(found) = envelope.found(event) {
        findings.push(found);
    }
    for id in event.ids().skip(1) {
        let is_object = event.get(id).is_some_and(|node| node.kind == NodeKind::Object && node.children > 0);
        // Only its first name is looked at in nearly all objects.
        let first = is_object.then(|| event.children(id).next()).flatten();
        if first.is_some_and(|first| event.key_text(first).as_bytes().get(1).is_some_and(u8::is_ascii_digit)) {
            check_numbered(event, id, findings);
        }
    }
}

fn check_spread(event: &Document, first: NodeId, findings: &mut Findings) {
    let mut text = String::new();
    let mut last = first;
    let fields = event.children(NodeId::ROOT).skip_while(|field| *field != first).zip(0..);
    for (field, number) in fields {
        let is_next = event.key_text(field).trim_matches('"').parse() == Ok(number);
        let letter = event.plain(field);
        let is_letter =
            event.get(field).is_some_and(|node| node.kind == NodeKind::String) && letter.chars().count() == 1;
        if !is_next || !is_letter {
            break;
        }
        text.push_str(&letter);
        last = field;
    }
    if last != first {
        let expected = "a field such as customer_id with the whole text";
        let found = sanitized!("\"{}\", a letter a field", crate::event::text::excerpt(&text, 40));
        findings.push(SPREAD.at(event.path(first), expected, Actual::Text(found)));
    }
}

/// The object's names are numbers, as those of a list with gaps are; not those of a table by size or year.
fn check_numbered(event: &Document, id: NodeId, findings: &mut Findings) {
    let mut before: Option<u32> = None;
    let (mut all_objects, mut first) = (true, 0);
    for field in event.children(id) {
        let number: Option<u32> = event.key_text(field).trim_matches('"').parse().ok();
        let Some(number) = number.filter(|number| before.is_none_or(|before| before < *number)) else { return };
        if before.is_none() {
            first = number;
        }
        before = Some(number);
        all_objects &= event.get(field).is_some_and(|node| node.kind == NodeKind::Object);
    }
    let key = event.key(id).unwrap_or_default();
    let is_list_by_name =
        matches!(&*key, "products" | "product_ids" | "skus" | "items" | "tags" | "categories" | "events")
            || key.ends_with("_ids");
    if first > 1 || !(is_list_by_name || all_objects) {
        return;
    }
    findings.tell(&NUMBERED, || {
        let elements: Vec<&str> = event.children(id).map(|field| event.text(field)).collect();
        let fix = Some(Fix::Replace(format!("[{}]", elements.join(","))));
        Finding { fix, ..NUMBERED.at(event.path(id), "an array of the same values", shown(event, id)) }
    });
}

/// Whether a field of that name says something of how an event is packed: few of the others are looked at.
static MARKS: ByName<bool> = ByName::new();

fn is_mark(name: &str) -> bool {
    const NAMES: [&str; 25] = [
        "0",
        "admin_graphql_api_id",
        "anonymousId",
        "clientId",
        "client_id",
        "context",
        "data",
        "ecommerce",
        "event",
        "events",
        "financial_status",
        "integrations",
        "line_items",
        "messageId",
        "name",
        "originalTimestamp",
        "params",
        "properties",
        "receivedAt",
        "sentAt",
        "total_price",
        "traits",
        "type",
        "userId",
        "writeKey",
    ];
    NAMES.contains(&name) || name.starts_with("gtm.")
}

/// What an event has of the forms of other platforms.
#[derive(Default)]
struct Envelope {
    event: Option<NodeId>,
    call: Option<NodeId>,
    name: Option<NodeId>,
    user: Option<NodeId>,
    inside: Option<NodeId>,
    params: Option<NodeId>,
    ecommerce: Option<NodeId>,
    data: Option<NodeId>,
    events: Option<NodeId>,
    /// How many marks of Segment's kind there are, and of others.
    segment: u32,
    tag_manager: bool,
    shopify: u32,
    webhook: u32,
}

impl Envelope {
    fn note(&mut self, event: &Document, name: &str, id: NodeId) {
        let kind = event.get(id).map(|node| node.kind);
        let is_object = kind == Some(NodeKind::Object);
        match name {
            "event" => self.event = Some(id),
            "type" => self.call = Some(id),
            "name" => self.name = Some(id),
            "userId" => (self.user, self.segment) = (Some(id), self.segment + 1),
            "anonymousId" | "messageId" | "sentAt" | "originalTimestamp" | "receivedAt" | "integrations"
            | "writeKey" => {
                self.segment += 1;
            }
            "context" if is_object => self.segment += 1,
            "properties" | "traits" if is_object => self.inside = Some(id),
            "params" if is_object => self.params = Some(id),
            "ecommerce" if is_object => self.ecommerce = Some(id),
            "data" if is_object => (self.data, self.shopify) = (Some(id), self.shopify + 1),
            "clientId" | "client_id" => self.shopify += 1,
            "events" if kind == Some(NodeKind::Array) => self.events = Some(id),
            "line_items" | "admin_graphql_api_id" | "total_price" | "financial_status" => self.webhook += 1,
            _ => self.tag_manager |= name.starts_with("gtm."),
        }
    }

    fn found(&self, event: &Document) -> Option<Finding> {
        let call = self.call.map(|id| event.plain(id)).unwrap_or_default();
        let is_call = matches!(&*call, "track" | "identify" | "page" | "screen" | "group" | "alias");
        if let Some(inside) = self.inside.filter(|_| is_call || self.segment > 0 || self.is_mixpanel(event)) {
            let platform = if is_call || self.segment > 0 { "Segment or RudderStack" } else { "Mixpanel" };
            let lifted = self.lifted(event, inside, &call);
            return Some(told(event, inside, platform, lifted));
        }
        if let Some(params) = self.params.filter(|_| self.name.is_some() || self.shopify > 0) {
            return Some(told(event, params, "GA4", self.lifted(event, params, "")));
        }
        if let Some(ecommerce) = self.ecommerce {
            let is_flat = event.children(ecommerce).all(|field| {
                let is_object = event.get(field).is_some_and(|node| node.kind == NodeKind::Object);
                !is_object
            });
            let lifted = self.lifted(event, ecommerce, "").filter(|_| is_flat);
            return Some(told(event, ecommerce, "a data layer", lifted));
        }
        if let Some(events) = self.events.filter(|_| self.event.is_none() && self.shopify > 0) {
            return Some(told(event, events, "GA4's Measurement Protocol", None));
        }
        if let Some(data) = self.data.filter(|_| self.shopify > 1 && self.name.is_some() && self.event.is_none()) {
            return Some(told(event, data, "a Shopify pixel", None));
        }
        if self.webhook > 1 && self.event.is_none() {
            return Some(told(event, NodeId::ROOT, "a Shopify webhook", None));
        }
        if self.tag_manager {
            return Some(told(event, NodeId::ROOT, "a data layer", None));
        }
        None
    }

    /// Mixpanel has the token and the customer among the properties.
    fn is_mixpanel(&self, event: &Document) -> bool {
        let is_mark = |field| matches!(event.key_text(field), "\"distinct_id\"" | "\"token\"" | "\"$insert_id\"");
        self.inside.is_some_and(|inside| event.children(inside).any(is_mark))
    }

    /// The event with the fields of `inside` beside its own; `None` where it is not certain how it would be.
    fn lifted(&self, event: &Document, inside: NodeId, call: &str) -> Option<String> {
        const DROPPED: [&str; 13] = [
            "channel",
            "context",
            "integrations",
            "messageId",
            "originalTimestamp",
            "receivedAt",
            "rudderId",
            "sentAt",
            "type",
            "version",
            "writeKey",
            "_metadata",
            "projectId",
        ];
        let own: Vec<_> = event.children(NodeId::ROOT).collect();
        let is_call = self.segment > 0 || !call.is_empty();
        let mut out: Vec<(String, &str)> = Vec::new();
        let name = match call {
            "identify" => Some("\"identify\""),
            "page" | "screen" => Some("\"pageload\""),
            "group" | "alias" => return None,
            _ if self.event.is_some() => None,
            _ => Some(event.text(self.name?)),
        };
        out.extend(name.filter(|_| self.event.is_none()).map(|name| ("\"event\"".to_owned(), name)));
        for field in own {
            let key = event.key_text(field);
            if field == inside {
                out.extend(event.children(inside).map(|field| (event.key_text(field).to_owned(), event.text(field))));
            } else if Some(field) == self.name && self.event.is_none() {
            } else if Some(field) == self.user {
                out.push(("\"customer_id\"".to_owned(), event.text(field)));
            } else if !is_call || !DROPPED.contains(&key.trim_matches('"')) {
                out.push((key.to_owned(), event.text(field)));
            }
        }
        // A null says that there is none.
        out.retain(|(key, value)| !(key == "\"customer_id\"" && *value == "null"));
        let mut names: Vec<&str> = out.iter().map(|(key, _)| key.as_str()).collect();
        names.sort_unstable();
        let is_clear = names.windows(2).all(|pair| pair.first() != pair.last());
        let json =
            format!("{{{}}}", out.iter().map(|(key, value)| format!("{key}:{value}")).collect::<Vec<_>>().join(","));
        (is_clear && serde_json::from_str::<&RawValue>(&json).is_ok()).then_some(json)
    }
}

/// That the event is in the form of that platform: which fields belong into the event itself, and the event with them.
fn told(event: &Document, inside: NodeId, platform: &'static str, lifted: Option<String>) -> Finding {
    const MOST: usize = 8;
    let names = event.children(inside).filter_map(|field| event.key(field));
    let names: Vec<Sanitized> = names.take(MOST).map(|name| sanitize(&name).fit(24)).collect();
    let count = event.get(inside).map_or(0, |node| node.children as usize);
    let more = if count > MOST { sanitized!(" and {} more", count - MOST) } else { Sanitized::default() };
    let expected: Expected = match event.key(inside) {
        Some(key) if !names.is_empty() => sanitized!(
            "the fields of {} in the event itself: {}{}",
            sanitize(&key).fit(24),
            Sanitized::join(names, ", "),
            more
        )
        .into(),
        _ => "the attributes in the event itself, by the names of the documentation".into(),
    };
    let found = Actual::Text(sanitized!("an event of {}", platform));
    // The whole event is another then.
    let (path, fix) = match lifted {
        Some(lifted) => (Path::root(), Some(Fix::Replace(lifted))),
        None => (event.path(inside), None),
    };
    Finding { fix, ..ENVELOPE.at(path, expected, found) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::Stage;
    use super::super::tests::{fixed, of};

    #[test]
    fn whole_events_of_other_platforms_are_named_and_lifted_where_it_is_certain() {
        let cases = [
            (
                "Segment",
                r#"{"type":"track","event":"purchase","userId":"7","messageId":"m","properties":{"order_id":"1","revenue":25.00}}"#,
                Some(r#"{"event":"purchase","customer_id":"7","order_id":"1","revenue":25.00}"#),
            ),
            (
                "RudderStack",
                r#"{"type":"identify","userId":"7","anonymousId":"a","traits":{"email":"jane@example.com"},"context":{"ip":"x"}}"#,
                Some(r#"{"event":"identify","customer_id":"7","anonymousId":"a","email":"jane@example.com"}"#),
            ),
            (
                "Segment, a name that is there twice",
                r#"{"type":"track","event":"x","userId":"7","timestamp":"a","properties":{"timestamp":"b"}}"#,
                None,
            ),
            ("Segment, a group", r#"{"type":"group","groupId":"1","userId":"7","traits":{"name":"x"}}"#, None),
            (
                "GA4",
                r#"{"name":"view_item","client_id":"1.2","params":{"currency":"EUR","value":12}}"#,
                Some(r#"{"event":"view_item","client_id":"1.2","currency":"EUR","value":12}"#),
            ),
            ("GA4", r#"{"client_id":"1.2","events":[{"name":"view_item","params":{"value":12}}]}"#, None),
            (
                "a data layer",
                r#"{"event":"add_to_cart","ecommerce":{"currency":"EUR","items":[{"item_id":"1"}]}}"#,
                Some(r#"{"event":"add_to_cart","currency":"EUR","items":[{"item_id":"1"}]}"#),
            ),
            ("an older data layer", r#"{"event":"x","ecommerce":{"purchase":{"actionField":{"id":"1"}}}}"#, None),
            ("Tag Manager", r#"{"event":"gtm.js","gtm.start":1795521540000,"gtm.uniqueEventId":3}"#, None),
            (
                "Mixpanel",
                r#"{"event":"x","properties":{"distinct_id":"7","token":"t","plan":"gold"}}"#,
                Some(r#"{"event":"x","distinct_id":"7","token":"t","plan":"gold"}"#),
            ),
            (
                "a Shopify pixel",
                r#"{"id":"sh-1","name":"checkout_completed","clientId":"c","timestamp":"t","data":{"checkout":{"order":{"id":"1"}}}}"#,
                None,
            ),
            (
                "a Shopify webhook",
                r#"{"id":1,"admin_graphql_api_id":"gid","line_items":[],"total_price":"1.00"}"#,
                None,
            ),
        ];
        for (sender, event, lifted) in cases {
            let found = of(event, Stage::Outgoing, "envelope");
            assert_eq!(found.len(), 1, "{sender}: {event}");
            assert_eq!(fixed(event, "envelope").as_deref(), lifted, "{sender}");
        }
        for event in [
            r#"{"event":"x","properties":{"rooms":3}}"#,
            r#"{"event":"x","type":"track","length":7}"#,
            r#"{"event":"x","data":{"a":1},"name":"y"}"#,
            r#"{"event":"x","params":{"a":1}}"#,
            r#"{"event":"x","context":"home","traits":["kind"]}"#,
        ] {
            assert!(of(event, Stage::Outgoing, "envelope").is_empty(), "{event}");
        }
        let found =
            of(r#"{"event":"x","userId":"7","properties":{"plan":"gold","seats":2}}"#, Stage::Outgoing, "envelope");
        assert!(found.first().unwrap().expected.words().contains("plan, seats"));
    }

    #[test]
    fn letters_and_numbers_in_place_of_names_are_told() {
        let spread =
            |event: &str| of(event, Stage::Outgoing, "text-spread").first().map(|it| it.found.words().to_string());
        assert_eq!(
            spread(r#"{"event":"identify","0":"u","1":"1"}"#).as_deref(),
            Some("\"u1\", a letter a field"),
            "a page that calls identify with a text"
        );
        assert_eq!(spread(r#"{"event":"x","0":"u"}"#), None);
        assert_eq!(spread(r#"{"event":"x","0":"up","1":"down"}"#), None);
        let cases = [
            ("PHP", r#""courses":{"0":{"sku":"1"},"2":{"sku":"2"}}"#, Some(r#"[{"sku":"1"},{"sku":"2"}]"#)),
            ("PHP", r#""tag_ids":{"1":"a","3":"b"}"#, Some(r#"["a","b"]"#)),
            ("a table by size", r#""stock":{"36":2,"38":5}"#, None),
            ("a table by star", r#""stars":{"1":20,"2":5}"#, None),
            ("a table by year", r#""years":{"2025":{"a":1},"2026":{"a":2}}"#, None),
            ("an object", r#""o":{"0":{"a":1},"name":{"a":2}}"#, None),
        ];
        for (sender, field, right) in cases {
            let event = format!(r#"{{"event":"view","cookie":"c",{field}}}"#);
            assert_eq!(fixed(&event, "object-for-array").as_deref(), right, "{sender}: {event}");
        }
    }
}
