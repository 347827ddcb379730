//! What one customer or one device does at once or again: the same thing twice, and things that do not go together.

use jiff::{SignedDuration, Timestamp};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::look_back::LookBack;
use super::recent::{Recent, Weight};
use super::{EventTypes, KeyFields, remembered, uuid_hash};
use crate::event::text::sanitize;
use crate::event::{ByName, Document, NodeId, Origin, sanitized};
use crate::lint::{Finding, Findings, Rule, Severity, Stage, shown};

/// Of how much of each sort it is remembered what came.
const ROOM: usize = 40_000;

/// What comes so soon again comes from one click.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(1);

/// What comes so soon again may come from two.
const SOON: SignedDuration = SignedDuration::from_secs(10);

/// How long a checkout takes.
const CHECKOUT: SignedDuration = SignedDuration::from_mins(30);

/// So many identifies in a row say something of all of them.
const MANY: u32 = 5;

/// How many customers share a device before it is worth a word: families do.
const MOST_CUSTOMERS: usize = 3;

pub(super) const RULES: &[&Rule] = &[&TWO_NAMES, &REPEATED, &JOINED_MOVES, &DEVICE_SHARED, &TOTALS, &TRANSACTION_TWICE];

static TWO_NAMES: Rule = Rule {
    id: "one-event-two-names",
    severity: Severity::Warning,
    title: "one thing, sent under two names at once",
    why: "Two integrations tell the same: what is built on either name sees half a picture, and what counts both counts it \
          twice.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/360001314233",
    bad: r#"{"event":"add_to_cart","email":"jane@example.com","product_id":"45790-32","timestamp":"2026-11-24T11:59:00Z"}
{"event":"Add_To_Cart","email":"jane@example.com","product_id":"45790-32","timestamp":"2026-11-24T11:59:00.400Z"}"#,
    good: r#"{"event":"add_to_cart","email":"jane@example.com","product_id":"45790-32","timestamp":"2026-11-24T11:59:00Z"}"#,
};

static REPEATED: Rule = Rule {
    id: "event-repeated",
    severity: Severity::Warning,
    title: "the same event again, equal but for its time",
    why: "Within a second it is one click that was sent twice, by two snippets or a handler that is bound twice, and counts \
          twice; within ten seconds it may be two clicks, and is a note.",
    documentation: "",
    bad: r#"{"event":"add_to_cart","email":"jane@example.com","product_id":"45790-32","timestamp":"2026-11-24T11:59:00Z"}
{"event":"add_to_cart","email":"jane@example.com","product_id":"45790-32","timestamp":"2026-11-24T11:59:00.400Z"}"#,
    good: r#"{"event":"add_to_cart","email":"jane@example.com","product_id":"45790-32","timestamp":"2026-11-24T11:58:00Z"}
{"event":"add_to_cart","email":"jane@example.com","product_id":"45790-32","timestamp":"2026-11-24T11:59:00Z"}"#,
};

static JOINED_MOVES: Rule = Rule {
    id: "joined-at-moves",
    severity: Severity::Warning,
    title: "a customer who joins again and again",
    why: "joined_at is when the customer joined: the time of each call in it overwrites that, and everybody is new for ever.",
    documentation: "https://developer.blueshift.com/docs/customer-related-data",
    bad: r#"{"event":"identify","customer_id":"812123","joined_at":"2026-11-20T08:00:00Z"}
{"event":"identify","customer_id":"812123","joined_at":"2026-11-24T11:59:00Z"}"#,
    good: r#"{"event":"identify","customer_id":"812123","joined_at":"2026-11-20T08:00:00Z"}
{"event":"identify","customer_id":"812123","firstname":"Kim","joined_at":"2026-11-20T08:00:00Z"}"#,
};

static DEVICE_SHARED: Rule = Rule {
    id: "device-of-many-customers",
    severity: Severity::Warning,
    title: "one device of many customers",
    why: "The customer is looked for by device_id too: a device id that many share joins their profiles. It is the id of a \
          server or of a kiosk, or made up by the app.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/6479978144275",
    bad: r#"{"event":"app_open","customer_id":"1","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11"}
{"event":"app_open","customer_id":"2","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11"}
{"event":"app_open","customer_id":"3","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11"}"#,
    good: r#"{"event":"app_open","customer_id":"1","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11"}
{"event":"app_open","customer_id":"2","device_id":"0f3c2d1e-7a55-4c0b-9d4e-1b2a3c4d5e6f"}"#,
};

static TOTALS: Rule = Rule {
    id: "checkout-and-purchase",
    severity: Severity::Note,
    title: "a purchase of another amount than its checkout",
    why: "Within half an hour a customer goes to pay one amount and buys for less than half or more than twice of it: one of \
          the two may be in another unit, or of another cart.",
    documentation: "",
    bad: r#"{"event":"checkout","email":"jane@example.com","total":30,"product_id":"45790-32","timestamp":"2026-11-24T11:55:00Z"}
{"event":"purchase","email":"jane@example.com","total":3000,"order_id":"50314","revenue":3000,"product_id":"45790-32","timestamp":"2026-11-24T11:59:00Z"}"#,
    good: r#"{"event":"checkout","email":"jane@example.com","total":30,"product_id":"45790-32","timestamp":"2026-11-24T11:55:00Z"}
{"event":"purchase","email":"jane@example.com","total":33.5,"order_id":"50314","revenue":30,"product_id":"45790-32","timestamp":"2026-11-24T11:59:00Z"}"#,
};

static TRANSACTION_TWICE: Rule = Rule {
    id: "transaction-uuid-twice",
    severity: Severity::Warning,
    title: "two events with the same transaction_uuid",
    why: "A transaction that was processed is answered with 200 and not processed again: the second event sends no message.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/115002745413",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","transaction_uuid":"2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c"}
{"event":"plan_left","email":"jane@example.com","transaction_uuid":"2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","transaction_uuid":"2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c"}
{"event":"plan_left","email":"jane@example.com","transaction_uuid":"b3a0c4de-5a52-4f0b-9a1e-6a2c8e0f7d11"}"#,
};

/// What came, by whom or what it was about.
#[derive(Debug)]
pub(super) struct RepeatHistory {
    /// By what an event says but for its name and its time.
    names: Recent<SeenName>,
    /// By what an event says but for its time.
    contents: Recent<SeenContent>,
    joined: Recent<Joined>,
    every_joined: LookBack,
    devices: Recent<Customers>,
    checkouts: Recent<Checkout>,
    transactions: LookBack,
    /// How many events came.
    count: u64,
    /// How many identifies had the time of the call for that of joining, and how many another.
    joins: [u32; 2],
}

/// When something came, by its own time where it has one, and as which event of all.
#[derive(Clone, Copy, Debug)]
struct When {
    at: Option<Timestamp>,
    number: u64,
}

impl When {
    /// Whether this came so soon after the other; of events without a time, one right after the other.
    fn is_within(self, most: SignedDuration, other: Self) -> bool {
        match (self.at, other.at) {
            (Some(now), Some(before)) => now.duration_since(before).abs() <= most,
            (None, None) => self.number == other.number + 1,
            _ => false,
        }
    }
}

#[derive(Debug)]
struct SeenName {
    when: When,
    /// The hash of its type.
    typed: u64,
}

#[derive(Debug)]
struct SeenContent {
    when: When,
    uuid: Option<u64>,
    /// Of all that it says.
    whole: u64,
}

#[derive(Debug)]
struct Joined {
    shown: Box<str>,
}

/// Some of the customers of a device, as hashes.
#[derive(Debug, Default)]
struct Customers(Vec<u64>);

#[derive(Debug)]
struct Checkout {
    when: When,
    total: Option<f64>,
    revenue: Option<f64>,
}

impl Weight for SeenName {}
impl Weight for SeenContent {}
impl Weight for Joined {}
impl Weight for Customers {}
impl Weight for Checkout {}

impl Default for RepeatHistory {
    fn default() -> Self {
        Self {
            names: Recent::new(ROOM),
            contents: Recent::new(ROOM),
            joined: Recent::new(ROOM),
            every_joined: LookBack::default(),
            devices: Recent::new(ROOM),
            checkouts: Recent::new(ROOM),
            transactions: LookBack::default(),
            count: 0,
            joins: [0; 2],
        }
    }
}

impl RepeatHistory {
    /// `is_told` says that it was found already that the event came before.
    pub(super) fn observe(
        &mut self,
        key_fields: &KeyFields<'_>,
        types: &EventTypes,
        is_told: bool,
        findings: &mut Findings,
    ) {
        let head = key_fields.event.head();
        self.count += 1;
        let when = When { at: head.happened.or(head.received), number: self.count };
        self.check_repeat(key_fields, types, when, is_told, findings);
        self.check_transaction(key_fields, is_told, findings);
        if let Some((_, customer)) = key_fields.customer_or_email {
            self.check_joined(key_fields, customer, findings);
            self.check_totals(key_fields, customer, when, findings);
        }
        self.check_device(key_fields, findings);
    }

    fn check_repeat(
        &mut self,
        key_fields: &KeyFields<'_>,
        types: &EventTypes,
        when: When,
        is_told: bool,
        findings: &mut Findings,
    ) {
        let KeyFields { event, event_type: Some(_), .. } = key_fields else { return };
        let Some(field) = event.type_field() else { return };
        if let Some(before) = self.before(key_fields, when).filter(|_| !is_told) {
            let is_sure = when.is_within(AT_ONCE, before.when);
            let expected = if is_sure {
                "one event: this is equal to one of the same second but for its time"
            } else {
                "one event, unless it happened twice: it is equal to one just before it but for its time"
            };
            let severity = if is_sure { REPEATED.severity } else { Severity::Note };
            findings.push(Finding { severity, ..REPEATED.at(event.path(field), expected, shown(event, field)) });
        }
        let Some(product) = key_fields.products.map(|id| product(event, id)) else { return };
        let by = key_fields.person().unwrap_or_default();
        let meant = xxh3_64_with_seed(&types.meant(key_fields).to_le_bytes(), by ^ product);
        let before = self.names.put(meant, SeenName { when, typed: key_fields.typed });
        if let Some(before) = before.filter(|it| it.typed != key_fields.typed && when.is_within(AT_ONCE, it.when)) {
            let name = types.shown(before.typed).unwrap_or_else(|| "another".into());
            let expected = sanitized!("one name for it: {} came with the same product at once", name);
            findings.push(TWO_NAMES.at(event.path(field), expected, shown(event, field)));
        }
    }

    /// The same event shortly before, of which nothing says that it is the same one. Of an event without a time none is.
    fn before(&mut self, key_fields: &KeyFields<'_>, when: When) -> Option<SeenContent> {
        when.at?;
        let is_received = key_fields.stage == Stage::Received;
        let (content, whole) = contents(key_fields.event, key_fields.stage);
        let uuid = key_fields.uuid.map(|(_, uuid)| uuid);
        let before = self.contents.put(content ^ key_fields.typed, SeenContent { when, uuid, whole })?;
        // The platform shows one event until another comes.
        let is_same = is_received && (before.whole == whole || uuid.is_some() && before.uuid == uuid);
        (!is_same && when.is_within(SOON, before.when)).then_some(before)
    }

    fn check_transaction(&mut self, key_fields: &KeyFields<'_>, is_told: bool, findings: &mut Findings) {
        let Some((field, text)) = key_fields.identifying(key_fields.transaction) else { return };
        let Some(uuid) = uuid_hash(&text) else { return };
        let same = self.transactions.put(uuid, key_fields.content());
        if same.is_some_and(|same| !is_told && (key_fields.stage == Stage::Outgoing || !same)) {
            let expected = "a UUID of its own: another event came with this one before";
            let event = key_fields.event;
            findings.push(TRANSACTION_TWICE.at(event.path(field), expected, shown(event, field)));
        }
    }

    /// Finds what an event that may be sent would repeat. Nothing is remembered.
    pub(super) fn foresee(&self, key_fields: &KeyFields<'_>, findings: &mut Findings) {
        let Some((field, text)) = key_fields.identifying(key_fields.transaction) else { return };
        if uuid_hash(&text).is_some_and(|uuid| self.transactions.is(uuid, 0).is_some()) {
            let expected = "a UUID of its own: an event came with this one already";
            let event = key_fields.event;
            findings.push(TRANSACTION_TWICE.at(event.path(field), expected, shown(event, field)));
        }
    }

    fn check_joined(&mut self, key_fields: &KeyFields<'_>, customer: u64, findings: &mut Findings) {
        let event = key_fields.event;
        let Some((field, text)) = key_fields.identifying(key_fields.joined) else { return };
        let moment: Option<Timestamp> = text.parse().ok();
        let joined = moment.map_or_else(|| xxh3_64(text.as_bytes()), |at| xxh3_64(&at.as_second().to_le_bytes()));
        let is_now = moment
            .zip(event.head().happened)
            .is_some_and(|(one, other)| one.duration_since(other).abs() <= SignedDuration::from_mins(1));
        if key_fields.event_type == Some("identify") {
            let [now, other] = &mut self.joins;
            *(if is_now { &mut *now } else { &mut *other }) += 1;
            if is_now && (*now, *other) == (MANY, 0) {
                let expected =
                    "the time when the customer joined: in each of the 5 identifies so far it is that of the call";
                let finding = JOINED_MOVES.at(event.path(field), expected, shown(event, field));
                findings.push(Finding { severity: Severity::Note, ..finding });
            }
        }
        let same = self.every_joined.put(customer, joined);
        let before = self.joined.put(customer, Joined { shown: remembered(&text) });
        if same == Some(false) {
            let before =
                before.map(|before| sanitized!(": it was {} before", sanitize(&before.shown))).unwrap_or_default();
            let now = if is_now { ", and this is the time of the event" } else { "" };
            let expected = sanitized!("the time when the customer joined, which stays the same{}{}", before, now);
            findings.push(JOINED_MOVES.at(event.path(field), expected, shown(event, field)));
        }
    }

    fn check_device(&mut self, key_fields: &KeyFields<'_>, findings: &mut Findings) {
        let Some((field, device)) = key_fields.identifying(key_fields.device) else { return };
        let Some((_, customer)) = &key_fields.customer else { return };
        let (device, customer) = (xxh3_64(device.trim().as_bytes()), xxh3_64(customer.trim().as_bytes()));
        if self.devices.get(device).is_none() {
            self.devices.put(device, Customers::default());
        }
        let Some(Customers(customers)) = self.devices.get(device) else { return };
        if customers.len() >= MOST_CUSTOMERS || customers.contains(&customer) {
            return;
        }
        customers.push(customer);
        if customers.len() == MOST_CUSTOMERS {
            let expected = "the id of a device of one customer: this is the third customer with it";
            let event = key_fields.event;
            findings.push(DEVICE_SHARED.at(event.path(field), expected, shown(event, field)));
        }
    }

    fn check_totals(&mut self, key_fields: &KeyFields<'_>, customer: u64, when: When, findings: &mut Findings) {
        let event = key_fields.event;
        let number = |field: Option<NodeId>| super::orders::number(event, field?).filter(|number| *number > 0.0);
        let (total, revenue) = (number(key_fields.total), number(key_fields.revenue));
        match key_fields.event_type {
            Some("checkout") => {
                self.checkouts.put(customer, Checkout { when, total, revenue });
            }
            Some("purchase") => {
                let Some(checkout) = self.checkouts.get(customer) else { return };
                if !when.is_within(CHECKOUT, checkout.when) {
                    return;
                }
                let pairs =
                    [(total, checkout.total, key_fields.total), (revenue, checkout.revenue, key_fields.revenue)];
                let pair = pairs.into_iter().find_map(|(now, before, field)| Some((now?, before?, field?)));
                let Some((now, before, field)) = pair else { return };
                if now > before * 2.0 || now * 2.0 < before {
                    let expected = sanitized!("an amount like that of the checkout just before, {}", before);
                    findings.push(TOTALS.at(event.path(field), expected, shown(event, field)));
                }
            }
            _ => {}
        }
    }

    /// Whether some were not remembered for want of room.
    pub(super) fn is_full(&self) -> bool {
        self.every_joined.is_full() || self.transactions.is_full()
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        self.names.weight()
            + self.contents.weight()
            + self.joined.weight()
            + self.devices.weight()
            + self.checkouts.weight()
    }
}

/// The hash of what an event says, but for its name, its time and what names this one event; and of all that it says.
fn contents(event: &Document, stage: Stage) -> (u64, u64) {
    /// Whether a field names this one event or says when it was.
    static OF_ONE: ByName<bool> = ByName::new();
    let (mut content, mut whole) = (0, 0);
    for field in event.children(NodeId::ROOT) {
        if stage == Stage::Received && event.origin(field) == Origin::Platform {
            continue;
        }
        let hash = xxh3_64_with_seed(event.text(field).as_bytes(), event.key_hash(field).unwrap_or_default());
        whole ^= hash;
        let is_of_one = |key: &str| {
            matches!(
                key,
                "event"
                    | "timestamp"
                    | "timestamp_epoch"
                    | "event_uuid"
                    | "transaction_uuid"
                    | "sent_at"
                    | "session_uuid"
                    | "messageId"
            )
        };
        if event.by_key(field, &OF_ONE, is_of_one) == Some(false) {
            content ^= hash;
        }
    }
    (content, whole)
}

/// The hash of what an event says of its product, however it says it.
fn product(event: &Document, id: NodeId) -> u64 {
    let mut at = id;
    while event.get(at).is_some_and(|node| node.kind.is_container()) {
        let named = event
            .children(at)
            .find(|child| event.key(*child).is_none_or(|key| matches!(&*key, "product_id" | "sku" | "id" | "item_id")));
        match named {
            Some(child) => at = child,
            None => break,
        }
    }
    xxh3_64(event.plain(at).as_bytes())
}

#[cfg(test)]
mod tests {
    use crate::lint::Stage::{Outgoing, Received};
    use crate::lint::tests::across;

    /// Which of the events a rule finds something in.
    fn at(rule: &str, events: &[String]) -> Vec<usize> {
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        across(&events, Outgoing, rule).into_iter().map(|(at, ..)| at).collect()
    }

    fn event(name: &str, time: &str, rest: &str) -> String {
        format!(r#"{{"event":"{name}","customer_id":"1","timestamp":"2026-11-24T11:{time}Z"{rest}}}"#)
    }

    #[test]
    fn one_thing_has_one_name_and_is_sent_once() {
        let cart = |name: &str, time: &str, sku: &str| event(name, time, &format!(r#","product_id":"{sku}""#));
        // A theme and an app of one shop, a handler bound twice, a customer who clicks twice.
        let names = "one-event-two-names";
        assert_eq!(at(names, &[cart("add_to_cart", "50:00", "a"), cart("Add_To_Cart", "50:00.9", "a")]), [1]);
        assert_eq!(at(names, &[cart("add_to_cart", "50:00", "a"), cart("product_added", "50:00.9", "a")]), [1]);
        assert_eq!(at(names, &[cart("add_to_cart", "50:00", "a"), cart("Add_To_Cart", "50:00.9", "b")]), [0; 0]);
        assert_eq!(at(names, &[cart("add_to_cart", "50:00", "a"), cart("Add_To_Cart", "50:02", "a")]), [0; 0]);
        let list = event("add_to_cart", "50:00.1", r#","products":[{"sku":"a"}]"#);
        assert_eq!(at(names, &[cart("Add_To_Cart", "50:00", "a"), list]), [1], "however the product is told");
        let again = "event-repeated";
        assert_eq!(at(again, &[cart("view", "50:00", "a"), cart("view", "50:00.4", "a")]), [1]);
        assert_eq!(at(again, &[cart("view", "50:00", "a"), cart("view", "50:09", "a")]), [1]);
        assert_eq!(at(again, &[cart("view", "50:00", "a"), cart("view", "50:11", "a")]), [0; 0]);
        assert_eq!(at(again, &[cart("view", "50:00", "a"), cart("view", "50:00.4", "b")]), [0; 0]);
        let same = cart("view", "50:00", "a");
        assert_eq!(across(&[&same, &same], Received, again), [], "the platform shows it until another comes");
    }

    #[test]
    fn customers_join_once_and_devices_are_of_one() {
        let joined = |at: &str| event("identify", "50:00", &format!(r#","joined_at":"{at}""#));
        let cases: [(&str, &str, &[usize]); 3] = [
            ("2026-11-20T08:00:00Z", "2026-11-24T11:50:00Z", &[1]),
            ("2026-11-20T08:00:00Z", "2026-11-20T09:00:00+01:00", &[]),
            ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z", &[]),
        ];
        for (first, second, wanted) in cases {
            assert_eq!(at("joined-at-moves", &[joined(first), joined(second)]), wanted, "{first} {second}");
        }
        let of = |customer: usize, joined: &str| {
            let at = format!("2026-11-24T11:0{customer}:00Z");
            let joined = if joined.is_empty() { &at } else { joined };
            format!(r#"{{"event":"identify","customer_id":"{customer}","joined_at":"{joined}","timestamp":"{at}"}}"#)
        };
        let always: Vec<_> = (1..8).map(|customer| of(customer, "")).collect();
        assert_eq!(at("joined-at-moves", &always), [4], "an app that sends the time of the call, told once");
        let once: Vec<_> = (1..8).map(|it| of(it, if it == 2 { "2026-11-20T08:00:00Z" } else { "" })).collect();
        assert_eq!(at("joined-at-moves", &once), [0; 0], "a shop whose customers sign up");
        let open = |customer: &str| format!(r#"{{"event":"app_open","customer_id":"{customer}","device_id":"d"}}"#);
        let opened = ["1", "2", "1", "3", "4", "3"].map(open);
        assert_eq!(at("device-of-many-customers", &opened), [3], "told once, from the third on");
    }

    #[test]
    fn a_purchase_is_of_the_amount_of_its_checkout() {
        let of =
            |name: &str, time: &str, total: &str| event(name, time, &format!(r#","total":{total},"order_id":"1""#));
        let cases: [(&str, &str, &str, &[usize]); 5] = [
            ("30", "55:00", "3000", &[1]),
            ("30", "55:00", "\"12.5\"", &[1]),
            ("30", "55:00", "33.5", &[]),
            ("30", "55:00", "0", &[]),
            ("30", "10:00", "3000", &[]),
        ];
        for (checkout, time, purchase, wanted) in cases {
            let events = [of("checkout", time, checkout), of("purchase", "59:00", purchase)];
            assert_eq!(at("checkout-and-purchase", &events), wanted, "{checkout} {time} {purchase}");
        }
    }

    #[test]
    fn a_transaction_is_of_one_event() {
        let of = |name: &str| event(name, "50:00", r#","transaction_uuid":"2F1D6A52-6f0e-4c55-8e57-1f9b6a1f0d3c""#);
        assert_eq!(at("transaction-uuid-twice", &[of("a"), of("b"), event("c", "50:00", "")]), [1]);
    }
}
