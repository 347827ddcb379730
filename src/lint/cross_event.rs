//! Findings that only show beside other events: a field that changes its type, one order bought twice.
//!
//! Told is always the newest event, in the light of those before it. What is remembered of those is mostly hashes, and
//! bounded: of ten million events it is known what they were about, of the last forty thousand more, and when something is
//! not known any more, that is said.

mod fields;
mod look_back;
mod orders;
mod people;
mod recent;
mod repeats;

use std::borrow::Cow;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::budget::cut_short;
use super::missing::is_no_value;
use super::per_event::meant;
use super::values::{is_address, is_uuid};
use super::{Findings, LintContext, Rule, Stage};
use crate::event::text::{excerpt, sanitize, trimmed};
use crate::event::{ByName, Document, NodeId, NodeKind, Origin, Path, Sanitized};
use fields::FieldHistory;
use orders::OrderHistory;
use people::IdentityHistory;
use repeats::RepeatHistory;

/// All of them, by what they are about.
pub(super) const RULES: [&[&Rule]; 4] = [fields::RULES, people::RULES, orders::RULES, repeats::RULES];

/// A memory of the events observed so far; bounded, however many they are.
#[derive(Debug, Default)]
pub(crate) struct CrossEvent {
    fields: FieldHistory,
    people: IdentityHistory,
    orders: OrderHistory,
    repeats: RepeatHistory,
    types: EventTypes,
    /// Whether it was said that not all of it is remembered.
    was_told: bool,
}

impl CrossEvent {
    /// Finds what is wrong with `event` beside those before it; and remembers it for those after it. The values that are
    /// `malformed` by themselves are no example for others.
    pub(crate) fn observe(
        &mut self,
        event: &Document,
        malformed: &HashSet<NodeId>,
        context: LintContext,
        findings: &mut Findings,
    ) {
        if event.get(NodeId::ROOT).is_some_and(|root| root.kind == NodeKind::Object) {
            let key_fields = KeyFields::read(event, context.stage);
            self.people.fetch(&key_fields);
            self.orders.fetch(&key_fields);
            if findings.want(fields::RULES) {
                self.fields.observe(&key_fields, malformed, findings);
            }
            if findings.want(people::RULES) || findings.want(&[&fields::CASE_TWINS]) {
                self.people.observe(&key_fields, findings);
            }
            let before = findings.kept().len();
            self.types.remember(&key_fields);
            if findings.want(orders::RULES) {
                self.orders.observe(&key_fields, &self.types, findings);
            }
            if findings.want(repeats::RULES) {
                let is_told = findings.kept().len() > before;
                self.repeats.observe(&key_fields, &self.types, is_told, findings);
            }
            self.tell_what_is_not_known(findings);
        }
    }

    /// Finds what would be wrong with an event that may be sent, beside those that came. Nothing is remembered.
    pub(crate) fn foresee(
        &self,
        event: &Document,
        malformed: &HashSet<NodeId>,
        context: LintContext,
        findings: &mut Findings,
    ) {
        if event.get(NodeId::ROOT).is_some_and(|root| root.kind == NodeKind::Object) {
            let key_fields = KeyFields::read(event, context.stage);
            self.fields.foresee(&key_fields, malformed, findings);
            self.orders.foresee(&key_fields, findings);
            self.repeats.foresee(&key_fields, findings);
        }
    }

    /// Whether some repeats and changes cannot be found any more.
    pub(crate) fn has_limits(&self) -> bool {
        self.people.is_full() || self.orders.is_full() || self.repeats.is_full() || self.fields.has_forgotten()
    }

    /// Says it once, at the event with which it begins.
    fn tell_what_is_not_known(&mut self, findings: &mut Findings) {
        if self.was_told || !self.has_limits() {
            return;
        }
        self.was_told = true;
        let (most, found) = if self.fields.has_forgotten() {
            let most = "at most 100,000 fields and names of all event types, which were compared";
            (most, "more: what was seen longest ago is compared no longer")
        } else {
            let most = "at most 10 million orders, UUIDs or customers, of which repeats are found";
            (most, "more: repeats of the others are not found")
        };
        findings.push(cut_short(Path::root(), most, found));
    }
}

/// The fields of an event that tell which it is.
struct KeyFields<'a> {
    event: &'a Document,
    stage: Stage,
    /// Its type.
    event_type: Option<&'a str>,
    /// The hash of that.
    typed: u64,
    customer: Identifying<'a>,
    /// Only one that mail can go to: a text that is no address has its own rule, and stands for many people.
    email: Identifying<'a>,
    /// The hash of its mailbox, which is the same in capitals.
    mailbox: Option<u64>,
    /// The hash of what is a UUID: a text that is none has its own rule.
    uuid: Option<(NodeId, u64)>,
    order: Option<NodeId>,
    revenue: Option<NodeId>,
    total: Option<NodeId>,
    device: Option<NodeId>,
    cookie: Option<NodeId>,
    joined: Option<NodeId>,
    transaction: Option<NodeId>,
    /// By which name it refers to products, the first of those names.
    products: Option<NodeId>,
    /// By what it says whom it is about, and whom, as a hash: by `customer_id`, or else by address. Only what is said by
    /// the same can be compared.
    customer_or_email: Option<(&'static str, u64)>,
}

/// A field that identifies something, with what it says.
type Identifying<'a> = Option<(NodeId, Cow<'a, str>)>;

/// The part that a field of the event has in these rules, by its name.
#[derive(Clone, Copy)]
enum Role {
    Order,
    Revenue,
    Total,
    Joined,
    Transaction,
    Products,
    Other,
}

impl Role {
    fn of(event: &Document, field: NodeId) -> Self {
        static ROLES: ByName<Role> = ByName::new();
        let of_name = |name: &str| match name {
            "order_id" => Self::Order,
            "revenue" => Self::Revenue,
            "total" => Self::Total,
            "joined_at" => Self::Joined,
            "transaction_uuid" => Self::Transaction,
            "products" | "items" | "product_ids" | "skus" | "product_id" | "sku" => Self::Products,
            _ => Self::Other,
        };
        event.by_key(field, &ROLES, of_name).unwrap_or(Self::Other)
    }
}

impl<'a> KeyFields<'a> {
    fn read(event: &'a Document, stage: Stage) -> Self {
        let (mut customer, mut email, mut device, mut cookie) = (None, None, None, None);
        for (name, id) in event.identifier_fields() {
            match name {
                "customer_id" => customer = Some(id),
                "email" => email = Some(id),
                "device_id" => device = Some(id),
                "cookie" => cookie = Some(id),
                _ => {}
            }
        }
        let customer = identifying(event, customer);
        let email = identifying(event, email).filter(|(_, email)| is_address(trimmed(email)));
        let about = customer.as_ref().map(|(_, customer)| ("customer_id", xxh3_64(customer.as_bytes())));
        let mailbox = email.as_ref().map(|(_, email)| xxh3_64(lowercase(trimmed(email)).as_bytes()));
        let uuid = identifying(event, event.uuid_field());
        let uuid = uuid.and_then(|(field, text)| Some((field, uuid_hash(&text)?)));
        let event_type = event.event_type();
        let mut key_fields = Self {
            event,
            stage,
            event_type,
            typed: xxh3_64(event_type.unwrap_or_default().as_bytes()),
            customer_or_email: about.or(mailbox.map(|mailbox| ("email", mailbox))),
            customer,
            email,
            mailbox,
            uuid,
            order: None,
            revenue: None,
            total: None,
            device,
            cookie,
            joined: None,
            transaction: None,
            products: None,
        };
        for field in event.children(NodeId::ROOT).filter(|field| event.occurrence(*field) == 0) {
            match Role::of(event, field) {
                Role::Order => key_fields.order = Some(field),
                Role::Revenue => key_fields.revenue = Some(field),
                Role::Total => key_fields.total = Some(field),
                Role::Joined => key_fields.joined = Some(field),
                Role::Transaction => key_fields.transaction = Some(field),
                Role::Products => key_fields.products = key_fields.products.or(Some(field)),
                Role::Other => {}
            }
        }
        key_fields
    }

    /// The text of a field that identifies something.
    fn identifying(&self, field: Option<NodeId>) -> Identifying<'a> {
        identifying(self.event, field)
    }

    /// Whom it is about, as a hash, by whatever it says that.
    fn person(&self) -> Option<u64> {
        let other = || {
            let fields = [self.device, self.cookie].into_iter();
            fields.filter_map(|field| self.identifying(field)).map(|(_, id)| xxh3_64(id.as_bytes())).next()
        };
        self.customer_or_email.map(|(_, customer)| customer).or_else(other)
    }

    /// The same for every copy of one event: of a received one, what the platform added does not count, for it goes on
    /// adding.
    fn content(&self) -> u64 {
        if self.stage == Stage::Outgoing {
            return xxh3_64(self.event.payload().text().as_bytes());
        }
        let fields = self.event.children(NodeId::ROOT);
        let own = fields.filter(|field| self.event.origin(*field) == Origin::Sender);
        own.fold(0, |hash, field| {
            let key = xxh3_64_with_seed(self.event.key_text(field).as_bytes(), hash);
            xxh3_64_with_seed(self.event.text(field).as_bytes(), key)
        })
    }
}

/// The types of events that came, by their hashes: an event is remembered with that alone.
#[derive(Debug, Default)]
struct EventTypes(HashMap<u64, EventType>);

#[derive(Debug)]
struct EventType {
    shown: Box<str>,
    /// The hash of the name that is meant by it.
    meant: u64,
}

impl EventTypes {
    /// So many are remembered: what is said of another one does without its name.
    const MOST: usize = 10_000;

    fn remember(&mut self, key_fields: &KeyFields<'_>) {
        let Some(name) = key_fields.event_type else { return };
        if self.0.len() < Self::MOST || self.0.contains_key(&key_fields.typed) {
            let new = || EventType { shown: remembered(name), meant: meant_by(name) };
            self.0.entry(key_fields.typed).or_insert_with(new);
        }
    }

    fn shown(&self, typed: u64) -> Option<Sanitized> {
        self.0.get(&typed).map(|known| sanitize(&known.shown))
    }

    /// The hash of the name that is meant by the type of an event.
    fn meant(&self, key_fields: &KeyFields<'_>) -> u64 {
        let known = self.0.get(&key_fields.typed).map(|known| known.meant);
        known.unwrap_or_else(|| meant_by(key_fields.event_type.unwrap_or_default()))
    }
}

fn meant_by(name: &str) -> u64 {
    xxh3_64(meant(name).as_bytes())
}

/// The text of a field that identifies something and holds no other thing: text that is not blank, or a number.
fn identifying(event: &Document, field: Option<NodeId>) -> Identifying<'_> {
    let field = field?;
    let kind = event.get(field)?.kind;
    if !matches!(kind, NodeKind::String | NodeKind::Number) {
        return None;
    }
    let text = event.plain(field);
    (!is_no_value(&text, event.characters(field))).then_some((field, text))
}

/// The same for all forms of one UUID; `None` of what is none.
fn uuid_hash(text: &str) -> Option<u64> {
    if is_uuid(text) && !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(xxh3_64(text.as_bytes()));
    }
    let uuid = Uuid::try_parse(text).ok()?;
    Some(xxh3_64(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes()))
}

/// A text in small letters.
fn lowercase(text: &str) -> Cow<'_, str> {
    let is_small = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_small { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
}

/// How much of a text is remembered to be shown, in columns.
const REMEMBERED: usize = 60;

/// A text as it is remembered.
fn remembered(text: &str) -> Box<str> {
    if text.len() <= REMEMBERED && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return text.into();
    }
    excerpt(text, REMEMBERED).as_ref().into()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {

    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;
    use crate::lint::Finding;

    fn observe(session: &mut CrossEvent, event: &Value, stage: Stage) {
        let document = Document::read(&event.to_string()).unwrap();
        found(session, &document, stage);
    }

    fn found(session: &mut CrossEvent, event: &Document, stage: Stage) -> Vec<Finding> {
        let mut findings = Findings::default();
        let context = LintContext { stage, now: jiff::Timestamp::UNIX_EPOCH };
        session.observe(event, &HashSet::default(), context, &mut findings);
        findings.done()
    }

    fn weight(session: &CrossEvent) -> usize {
        session.fields.weight() + session.people.weight() + session.orders.weight() + session.repeats.weight()
    }

    #[test]
    fn what_is_remembered_is_bounded_however_much_comes() {
        /// The rooms of all that is remembered, and the fields of one object that may stand over.
        const MOST: usize = 2 * 100_000 + 9 * 40_000 + 2 * 1_000;
        let mut session = CrossEvent::default();
        for round in 0..130_u64 {
            let mut event: Map<_, _> = (0..1_100).map(|n| (format!("field_{round}_{n}"), Value::from(n))).collect();
            event.insert("event".to_owned(), format!("type_{round}").into());
            observe(&mut session, &event.into(), Stage::Outgoing);
        }
        for round in 0..42_000_u64 {
            let event = serde_json::json!({
                "event": "purchase", "order_id": round, "customer_id": round,
                "email": format!("jane{round}@example.com"),
                "event_uuid": uuid::Uuid::from_u64_pair(round, 7).to_string(),
            });
            observe(&mut session, &event, Stage::Received);
        }
        // The first of them is known all the same.
        let again = serde_json::json!({"event": "purchase", "order_id": 0, "customer_id": 0, "tax": 1}).to_string();
        let again = found(&mut session, &Document::read(&again).unwrap(), Stage::Received);
        assert!(again.iter().any(|finding| finding.rule.id == "order-twice"), "{again:?}");
        let weight = weight(&session);
        assert!((200_000..=MOST).contains(&weight), "{weight}");
    }

    #[test]
    fn long_texts_are_remembered_short() {
        let mut session = CrossEvent::default();
        let long = "\u{301}x".repeat(1 << 19);
        let event = serde_json::json!({
            "event": long, "customer_id": long, "email": format!("{}@example.com", "x".repeat(60)), "order_id": long,
            "event_uuid": "2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c", &long: {&long: [long]},
        });
        observe(&mut session, &event, Stage::Outgoing);
        let debug = format!("{session:?}").len();
        assert!(debug < 10_000, "{debug}");
    }

    /// JSON of the names that rules look at, and others.
    fn json() -> impl Strategy<Value = Value> {
        let name = prop_oneof![
            prop::sample::select(vec![
                "event",
                "email",
                "customer_id",
                "event_uuid",
                "order_id",
                "revenue",
                "products",
                "sku",
                "price",
                "Email",
                "customerId",
                "_",
                "",
            ])
            .prop_map(str::to_owned),
            any::<String>(),
        ];
        let value = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            prop::sample::select(vec!["purchase", "view", "jane@example.com", "7", "undefined"]).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        value.prop_recursive(4, 32, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((name.clone(), inner), 0..8)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_observed_and_the_same_again_changes_no_type(
            events in prop::collection::vec(json(), 1..8),
            received in any::<bool>(),
        ) {
            let stage = if received { Stage::Received } else { Stage::Outgoing };
            let mut session = CrossEvent::default();
            for event in &events {
                observe(&mut session, event, stage);
            }
            if let Some(first) = events.first() {
                let mut alone = CrossEvent::default();
                observe(&mut alone, first, stage);
                let document = Document::read(&first.to_string()).unwrap();
                let again = found(&mut alone, &document, stage);
                let odd = ["field-sometimes-missing", "identity-conflict"];
                prop_assert!(again.iter().all(|finding| !odd.contains(&finding.rule.id)), "{:?}", again);
            }
        }
    }
}
