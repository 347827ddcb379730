use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::look_back::LookBack;
use super::recent::{Recent, Weight};
use super::{EventTypes, KeyFields};
use crate::event::{Document, NodeId, NodeKind, Sanitized, sanitized};
use crate::lint::{Findings, Rule, Severity, Stage, shown};

/// Of how many orders, and of how many UUIDs of events, it is remembered what came with them.
const ROOM: usize = 40_000;

pub(super) const RULES: &[&Rule] = &[&EVENT_UUID_TWICE, &ORDER_TWICE, &ORDER_SHARED, &PURCHASE_PER_LINE_ITEM];

static EVENT_UUID_TWICE: Rule = Rule {
    id: "event-uuid-twice",
    severity: Severity::Error,
    title: "two events with the same event_uuid",
    why: "An event_uuid must be unique: the platform may take the second event for a copy of the first.",
    documentation: "https://developer.blueshift.com/reference/post_api-v1-event",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","event_uuid":"2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c"}
{"event":"plan_left","email":"jane@example.com","event_uuid":"2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","event_uuid":"2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c"}
{"event":"plan_left","email":"jane@example.com","event_uuid":"b3a0c4de-5a52-4f0b-9a1e-6a2c8e0f7d11"}"#,
};

static ORDER_TWICE: Rule = Rule {
    id: "order-twice",
    severity: Severity::Warning,
    title: "one order purchased twice",
    why: "A purchase that comes twice counts twice: the customer's orders and revenue, and what is recommended by \
          them, are too high.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/360001314233",
    bad: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"45790-32","price":25,"quantity":1}]}
{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
    good: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"45790-32","price":25,"quantity":1}]}
{"event":"purchase","email":"jane@example.com","order_id":"50315","revenue":25,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
};

static ORDER_SHARED: Rule = Rule {
    id: "order-of-two-customers",
    severity: Severity::Warning,
    title: "one order number of two customers",
    why: "An order is one customer's: either the number is not unique, and then two orders are taken for one, or a \
          purchase is told of the wrong customer.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/360001314233",
    bad: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"45790-32","price":25,"quantity":1}]}
{"event":"purchase","email":"kim@example.com","order_id":"50314","revenue":3,"products":[{"sku":"46493-32","price":3,"quantity":1}]}"#,
    good: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"45790-32","price":25,"quantity":1}]}
{"event":"purchase","email":"kim@example.com","order_id":"50315","revenue":3,"products":[{"sku":"46493-32","price":3,"quantity":1}]}"#,
};

static PURCHASE_PER_LINE_ITEM: Rule = Rule {
    id: "purchase-per-line-item",
    severity: Severity::Error,
    title: "a purchase for each line of an order",
    why: "Each of these purchases has one product but the revenue of the whole order, which counts once a line: send \
          one purchase with all products.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/360001314233",
    bad: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"45790-32"}]}
{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"46493-32"}]}"#,
    good: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"45790-32","price":19,"quantity":1},{"sku":"46493-32","price":3,"quantity":2}]}"#,
};

/// Which events and orders came already.
#[derive(Debug)]
pub(super) struct OrderHistory {
    events: Recent<SeenEvent>,
    orders: Recent<SeenOrder>,
    /// The contents of all events by their UUIDs, and of all purchases by their orders, as hashes.
    every_event: LookBack,
    every_order: LookBack,
    /// By order, who bought it, as far as that is told.
    buyers: LookBack,
}

/// The last event with some `event_uuid`, by the hash of its type.
#[derive(Debug)]
struct SeenEvent(u64);

/// The last purchase of some order.
#[derive(Debug)]
struct SeenOrder {
    content: u64,
    uuid: Option<u64>,
    line: Option<LineItem>,
    /// How many purchases of it came, this one included.
    times: u32,
}

/// The one product of a purchase whose revenue is not just that product's.
#[derive(Debug, PartialEq)]
struct LineItem {
    product: u64,
    revenue: f64,
}

impl Weight for SeenEvent {}
impl Weight for SeenOrder {}

impl Default for OrderHistory {
    fn default() -> Self {
        let every = LookBack::default;
        let (events, orders) = (Recent::new(ROOM), Recent::new(ROOM));
        Self { events, orders, every_event: every(), every_order: every(), buyers: every() }
    }
}

impl OrderHistory {
    /// Has fetched what will be asked for.
    pub(super) fn fetch(&self, key_fields: &KeyFields<'_>) {
        if let Some((_, uuid)) = key_fields.uuid {
            self.every_event.fetch(uuid);
        }
    }

    pub(super) fn observe(&mut self, key_fields: &KeyFields<'_>, types: &EventTypes, findings: &mut Findings) {
        let KeyFields { event, stage, uuid, .. } = *key_fields;
        let order = key_fields
            .event_type
            .filter(|name| *name == "purchase")
            .and_then(|_| key_fields.identifying(key_fields.order));
        if uuid.is_none() && order.is_none() {
            return;
        }
        let content = key_fields.content();
        let mut copied = false;
        if let Some((field, hash)) = uuid {
            let same = self.every_event.put(hash, content);
            let before = self.events.put(hash, SeenEvent(key_fields.typed));
            // The platform shows the same event until a newer one comes; a file with it twice sends it twice.
            if same.is_some_and(|same| stage == Stage::Outgoing || !same) {
                copied = true;
                let first = before.and_then(|SeenEvent(typed)| types.shown(typed)).filter(|name| !name.is_empty());
                let first = first.unwrap_or_else(|| "another event".into());
                let expected = sanitized!("a UUID of its own: {} came with this one before", first);
                findings.push(EVENT_UUID_TWICE.at(event.path(field), expected, shown(event, field)));
            }
        }
        if let Some((field, id)) = order {
            let now = SeenOrder { content, uuid: uuid.map(|(_, uuid)| uuid), line: LineItem::of(key_fields), times: 1 };
            let found =
                self.bought(xxh3_64(id.as_bytes()), now, key_fields.customer_or_email, stage).filter(|_| !copied);
            findings.extend(found.map(|(rule, expected)| rule.at(event.path(field), expected, shown(event, field))));
        }
    }

    /// Finds what an event that may be sent would repeat. Nothing is remembered.
    pub(super) fn foresee(&self, key_fields: &KeyFields<'_>, findings: &mut Findings) {
        let event = key_fields.event;
        if let Some((field, _)) = key_fields.uuid.filter(|(_, uuid)| self.every_event.is(*uuid, 0).is_some()) {
            let expected = "a UUID of its own: an event came with this one already";
            findings.push(EVENT_UUID_TWICE.at(event.path(field), expected, shown(event, field)));
            return;
        }
        let order = key_fields.identifying(key_fields.order).filter(|_| key_fields.event_type == Some("purchase"));
        let Some((field, text)) = order else { return };
        let id = xxh3_64(text.as_bytes());
        if self.every_order.is(id, 0).is_none() {
            return;
        }
        let is_anothers = key_fields
            .customer_or_email
            .is_some_and(|(by, buyer)| self.buyers.is(xxh3_64_with_seed(by.as_bytes(), id), buyer) == Some(false));
        let times = self.orders.peek(id).map_or(1, |order| order.times);
        let (rule, expected) = match times {
            _ if is_anothers => (&ORDER_SHARED, Sanitized::from("an order number of its own: another customer has it")),
            1 => (&ORDER_TWICE, "an order that did not come yet: this one came already".into()),
            times => {
                (&ORDER_TWICE, sanitized!("an order that did not come yet: this one came {} times already", times))
            }
        };
        findings.push(rule.at(event.path(field), expected, shown(event, field)));
    }

    /// The rule that a purchase breaks beside an earlier one of the same order, and what was expected.
    fn bought(
        &mut self,
        id: u64,
        mut now: SeenOrder,
        buyer: Option<(&str, u64)>,
        stage: Stage,
    ) -> Option<(&'static Rule, Sanitized)> {
        let bought = buyer.and_then(|(by, buyer)| self.buyers.put(xxh3_64_with_seed(by.as_bytes(), id), buyer));
        let is_anothers = bought == Some(false);
        let same = self.every_order.put(id, now.content);
        let shared = || (&ORDER_SHARED, Sanitized::from("an order number of its own: another customer has it"));
        let Some(before) = self.orders.get(id) else {
            self.orders.put(id, now);
            // Of those that came long before only hashes are known.
            return match same? {
                true if stage == Stage::Received => None,
                _ if is_anothers => Some(shared()),
                _ => Some((&ORDER_TWICE, "one purchase of this order; it came long before already".into())),
            };
        };
        let same = match (now.uuid, before.uuid) {
            (Some(now), Some(before)) => now == before,
            _ => now.content == before.content,
        };
        if same && stage == Stage::Received {
            return None;
        }
        now.times = before.times.saturating_add(1);
        let per_line = now.line.as_ref().zip(before.line.as_ref()).is_some_and(|(now, before)| now.is_beside(before));
        let times = now.times;
        *before = now;
        Some(if is_anothers {
            shared()
        } else if per_line {
            (
                &PURCHASE_PER_LINE_ITEM,
                sanitized!("one purchase of this order with all its products; this is number {}", times),
            )
        } else {
            (&ORDER_TWICE, sanitized!("one purchase of this order; this is number {}", times))
        })
    }

    /// Whether some were not remembered for want of room.
    pub(super) fn is_full(&self) -> bool {
        [&self.every_event, &self.every_order, &self.buyers].into_iter().any(LookBack::is_full)
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        self.events.weight() + self.orders.weight()
    }
}

impl LineItem {
    /// The line of the order that a purchase stands for, if it is for one alone.
    fn of(key_fields: &KeyFields<'_>) -> Option<Self> {
        let event = key_fields.event;
        let revenue = number(event, key_fields.revenue?)?;
        let mut product = key_fields.products?;
        if event.get(product)?.kind == NodeKind::Array {
            let mut list = event.children(product);
            product = list.next().filter(|_| list.next().is_none())?;
        }
        if event.get(product)?.kind != NodeKind::Object {
            return Some(Self { product: xxh3_64(event.plain(product).as_bytes()), revenue });
        }
        let (mut id, mut price, mut quantity) = (None, None, 1.0);
        for field in event.children(product) {
            match event.key(field).as_deref() {
                Some("product_id" | "sku" | "parent_sku") => id = id.or(Some(field)),
                Some("price") => price = number(event, field),
                Some("quantity" | "qty") => quantity = number(event, field).unwrap_or(1.0),
                _ => {}
            }
        }
        // A purchase with the revenue of its own product alone is counted once.
        let alone = price.is_some_and(|price| ((price * quantity - revenue) * 100.0).round().abs() <= 1.0);
        (!alone).then_some(Self { product: xxh3_64(event.plain(id?).as_bytes()), revenue })
    }

    /// Whether it is another line with the same revenue.
    fn is_beside(&self, other: &Self) -> bool {
        self.product != other.product && self.revenue.to_bits() == other.revenue.to_bits()
    }
}

/// The number in a field, also one in a string.
pub(super) fn number(event: &Document, field: NodeId) -> Option<f64> {
    let kind = event.get(field)?.kind;
    let text = event.plain(field);
    let number = matches!(kind, NodeKind::Number | NodeKind::String).then(|| text.trim().parse().ok()).flatten();
    number.filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use crate::lint::Stage::{self, Outgoing, Received};
    use crate::lint::tests::across;

    const ONE: &str = "2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c";
    const TWO: &str = "b3a0c4de-5a52-4f0b-9a1e-6a2c8e0f7d11";

    const RULES: [&str; 4] = ["event-uuid-twice", "order-of-two-customers", "order-twice", "purchase-per-line-item"];

    /// The rules that the second event breaks beside the first.
    fn found(events: &[&str], stage: Stage) -> Vec<(usize, &'static str)> {
        let found = RULES.into_iter().flat_map(|rule| {
            let found = across(events, stage, rule).into_iter();
            found.map(move |(at, path, _)| {
                assert_eq!(path, if rule == "event-uuid-twice" { "/event_uuid" } else { "/order_id" });
                (at, rule)
            })
        });
        found.collect()
    }

    #[test]
    fn a_uuid_is_of_one_event() {
        let with = |uuid: &str, rest: &str| format!(r#"{{"event":"view","event_uuid":"{uuid}"{rest}}}"#);
        let first = with(ONE, r#","a":1"#);
        let twice: &[&str] = &["event-uuid-twice"];
        let cases: [(String, &[&str], &[&str]); 7] = [
            (with(TWO, r#","a":1"#), &[], &[]),
            (with(ONE, r#","a":1"#), twice, &[]),
            (with(ONE, r#","a":1,"santized_at":"2026-11-24T11:59:01Z""#), twice, &[]),
            (with(ONE, r#","a":2"#), twice, twice),
            (with(&ONE.to_uppercase(), r#","a":2"#), twice, twice),
            (with("", r#","a":2"#), &[], &[]),
            (with("1234abcd-efghijkj-1234kfjadslk-34iu123", ""), &[], &[]),
        ];
        for (second, outgoing, received) in cases {
            for (stage, wanted) in [(Outgoing, outgoing), (Received, received)] {
                let found: Vec<_> = found(&[&first, &second], stage).into_iter().map(|(_, rule)| rule).collect();
                assert_eq!(found, wanted, "{second}, {stage:?}");
            }
        }
        let malformed = with("1234abcd-efghijkj-1234kfjadslk-34iu123", "");
        assert_eq!(found(&[&malformed, &malformed], Outgoing), []);
    }

    fn purchase(rest: &str) -> String {
        format!(r#"{{"event":"purchase","order_id":"50314"{rest}}}"#)
    }

    #[test]
    fn an_order_is_bought_once() {
        let uuid = |uuid: &str| format!(r#","event_uuid":"{uuid}""#);
        let (twice, copy): (&[&str], &[&str]) = (&["order-twice"], &["event-uuid-twice"]);
        let cases: [(String, String, &[&str], &[&str]); 8] = [
            (purchase(""), purchase(""), twice, &[]),
            (purchase(""), purchase(r#","tax":2"#), twice, twice),
            (purchase(&uuid(ONE)), purchase(&uuid(ONE)), copy, &[]),
            (purchase(&uuid(ONE)), purchase(&uuid(TWO)), twice, twice),
            (purchase(""), r#"{"event":"purchase","order_id":50314}"#.into(), twice, twice),
            (purchase(""), r#"{"event":"purchase","order_id":"50315"}"#.into(), &[], &[]),
            (purchase(""), r#"{"event":"return","order_id":"50314"}"#.into(), &[], &[]),
            (r#"{"event":"purchase","order_id":""}"#.into(), r#"{"event":"purchase","order_id":""}"#.into(), &[], &[]),
        ];
        for (first, second, outgoing, received) in cases {
            for (stage, wanted) in [(Outgoing, outgoing), (Received, received)] {
                let found: Vec<_> = found(&[&first, &second], stage).into_iter().map(|(_, rule)| rule).collect();
                assert_eq!(found, wanted, "{first} {second} {stage:?}");
            }
        }
    }

    #[test]
    fn an_order_that_two_customers_have_is_not_one_bought_twice() {
        let of = |customer: &str| purchase(&format!(r#","tax":2{customer}"#));
        let (jane, kim) = (r#","email":"jane@example.com""#, r#","email":"kim@example.com""#);
        let (one, two) = (r#","customer_id":"1""#, r#","customer_id":"2""#);
        let both = |customer: &str, email: &str| format!("{customer}{email}");
        let cases = [
            (of(jane), of(kim), "order-of-two-customers"),
            (of(one), of(two), "order-of-two-customers"),
            (of(&both(one, jane)), of(&both(two, jane)), "order-of-two-customers"),
            (of(&both(one, jane)), of(&both(one, kim)), "order-twice"),
            (of(jane), of(r#","email":"Jane@Example.com""#), "order-twice"),
            (of(jane), of(""), "order-twice"),
            (of(one), of(jane), "order-twice"),
        ];
        for (first, second, wanted) in cases {
            assert_eq!(found(&[&first, &second], Outgoing), [(1, wanted)], "{first} {second}");
        }
    }

    #[test]
    fn a_purchase_for_each_line_with_the_whole_revenue_is_told_as_such() {
        let line = |sku: &str, rest: &str| purchase(&format!(r#","revenue":25,"products":[{{"sku":"{sku}"{rest}}}]"#));
        let per_line = "purchase-per-line-item";
        let cases = [
            (line("a", ""), line("b", ""), per_line),
            (line("a", r#","price":19"#), line("b", r#","price":3,"quantity":2"#), per_line),
            (line("a", ""), line("a", ""), "order-twice"),
            (line("a", ""), purchase(r#","revenue":20,"products":[{"sku":"b"}]"#), "order-twice"),
            (line("a", ""), purchase(r#","products":[{"sku":"b"}]"#), "order-twice"),
            (line("a", ""), purchase(r#","revenue":25,"products":[{"sku":"b"},{"sku":"c"}]"#), "order-twice"),
            (line("a", r#","price":25"#), line("b", r#","price":12.5,"quantity":"2""#), "order-twice"),
            (
                purchase(r#","revenue":"25.0","products":{"parent_sku":"a","qty":1}"#),
                purchase(r#","revenue":25,"products":{"parent_sku":"b","qty":1}"#),
                per_line,
            ),
            (purchase(r#","revenue":25,"product_ids":["a"]"#), purchase(r#","revenue":25,"sku":"b""#), per_line),
        ];
        for (first, second, wanted) in cases {
            assert_eq!(found(&[&first, &second], Outgoing), [(1, wanted)], "{first} {second}");
        }
        let [a, b, c] = ["a", "b", "c"].map(|sku| line(sku, ""));
        assert_eq!(found(&[&a, &b, &c], Received), [(1, per_line), (2, per_line)]);
    }
}
