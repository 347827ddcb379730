//! What an event of its type needs, by the catalogue, and the faults that shipped integrations make in it.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::{Context, Finding, Fix, Rule, Severity, Stage, shown};
use crate::event::catalogue::{ANY_EVENT, Attribute, Catalogue, Definition, Demand, Need};
use crate::event::text::fit;
use crate::event::{Document, NodeId, NodeKind, Path};

const COMMERCE: &str = "https://help.blueshift.com/hc/en-us/articles/21719567098643";
const PRODUCTS: &str = "https://developer.blueshift.com/docs/products-and-catalogs";
const MOBILE: &str = "https://developer.blueshift.com/docs/event-attributes-for-integration-without-sdk";
const EVENT: &str = "https://developer.blueshift.com/reference/post_api-v1-event";

/// The names by which an event can say which products it is about: the platform takes each for the others (documented and
/// seen in SDKs).
const PRODUCT_NAMES: [&str; 5] = ["products", "product_ids", "product_id", "skus", "sku"];

/// The names by which an element of `products` can say which product it is.
const PRODUCT_KEYS: [&str; 2] = ["product_id", "sku"];

/// How much sums may be apart, in hundredths: one cent a piece, for rounding.
const CENTS_APART: f64 = 1.0;

/// How much of a sum is shown, in columns: one of wild numbers has hundreds of digits.
const SUM_SHOWN: usize = 24;

/// How many days the end of a subscription may be from where its period puts it: months differ in length, and an end may
/// count its own day.
const DAYS_APART: i32 = 3;

static REQUIRED: Rule = Rule {
    id: "attribute-required",
    severity: Severity::Error,
    title: "a required attribute is missing",
    why: "Without it the event says too little to be of use: a view without a product, a search without words.",
    documentation: COMMERCE,
    bad: r#"{"event":"view","email":"jane@example.com"}"#,
    good: r#"{"event":"view","email":"jane@example.com","products":[{"sku":"45790-32"}]}"#,
};

static RECOMMENDED: Rule = Rule {
    id: "attribute-recommended",
    severity: Severity::Warning,
    title: "a recommended attribute is missing",
    why: "The event is accepted, but what is built on the attribute (recommendations, affinity, lifetime revenue) \
          does without it.",
    documentation: COMMERCE,
    bad: r#"{"event":"purchase","email":"jane@example.com","revenue":"31.24"}"#,
    good: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":"31.24","products":[{"sku":"45790-32","price":15.62,"quantity":2}]}"#,
};

static IDENTIFY: Rule = Rule {
    id: "identify-without-identifier",
    severity: Severity::Error,
    title: "identify without an identifier",
    why: "An identify sets attributes of the customer it names; one that names nobody sets none.",
    documentation: COMMERCE,
    bad: r#"{"event":"identify","firstname":"Jane"}"#,
    good: r#"{"event":"identify","email":"jane@example.com","firstname":"Jane"}"#,
};

static PRODUCTS_ARRAY: Rule = Rule {
    id: "products-array",
    severity: Severity::Error,
    title: "products is not an array of objects",
    why: "The platform reads products as an array of objects: from anything else it reads none, and where an object was \
          built key by key, the last product overwrote the others.",
    documentation: PRODUCTS,
    bad: r#"{"event":"view","email":"jane@example.com","products":{"sku":"45790-32"}}"#,
    good: r#"{"event":"view","email":"jane@example.com","products":[{"sku":"45790-32"}]}"#,
};

static QUANTITY_NAME: Rule = Rule {
    id: "quantity-name",
    severity: Severity::Warning,
    title: "qty instead of quantity",
    why: "The platform reads how many there are from quantity; qty is a custom attribute and counts nothing.",
    documentation: COMMERCE,
    bad: r#"{"event":"add_to_cart","email":"jane@example.com","products":[{"sku":"45790-32","qty":2}]}"#,
    good: r#"{"event":"add_to_cart","email":"jane@example.com","products":[{"sku":"45790-32","quantity":2}]}"#,
};

static PRODUCTS_NAME: Rule = Rule {
    id: "products-name",
    severity: Severity::Warning,
    title: "items instead of products",
    why: "The platform looks for products under the name products; under items, recommendations and affinity do not \
          see them.",
    documentation: PRODUCTS,
    bad: r#"{"event":"checkout","email":"jane@example.com","total":38,"items":[{"sku":"45790-32","quantity":2}]}"#,
    good: r#"{"event":"checkout","email":"jane@example.com","total":38,"products":[{"sku":"45790-32","quantity":2}]}"#,
};

static ARITHMETIC: Rule = Rule {
    id: "purchase-arithmetic",
    severity: Severity::Info,
    title: "an order that does not add up",
    why: "Reports and lifetime values are built on revenue: when the parts of an order do not add up to its sums, one \
          of them is wrong.",
    documentation: "",
    bad: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","total":30,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
    good: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","total":27.5,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
};

static SUBSCRIPTION_DATES: Rule = Rule {
    id: "subscription-dates",
    severity: Severity::Error,
    title: "a subscription that ends before it starts",
    why: "Messages before a subscription runs out are timed by its end: this one is over before it begins.",
    documentation: "",
    bad: r#"{"event":"subscription_start","email":"jane@example.com","subscription_period_type":"month","subscription_period_length":1,"subscription_plan_type":"gold","subscription_amount":29.99,"subscription_started_at":"2026-06-17T17:27:20Z","subscription_end_at":"2026-05-17T17:27:20Z"}"#,
    good: r#"{"event":"subscription_start","email":"jane@example.com","subscription_period_type":"month","subscription_period_length":1,"subscription_plan_type":"gold","subscription_amount":29.99,"subscription_started_at":"2026-05-17T17:27:20Z","subscription_end_at":"2026-06-17T17:27:20Z"}"#,
};

static SUBSCRIPTION_LENGTH: Rule = Rule {
    id: "subscription-length",
    severity: Severity::Info,
    title: "a subscription whose end does not match its period",
    why: "The period gives one end and the date another: what is timed by one is wrong by the other.",
    documentation: "",
    bad: r#"{"event":"subscription_start","email":"jane@example.com","subscription_period_type":"month","subscription_period_length":1,"subscription_plan_type":"gold","subscription_amount":29.99,"subscription_started_at":"2026-05-17T17:27:20Z","subscription_end_at":"2026-08-17T17:27:20Z"}"#,
    good: r#"{"event":"subscription_start","email":"jane@example.com","subscription_period_type":"month","subscription_period_length":3,"subscription_plan_type":"gold","subscription_amount":29.99,"subscription_started_at":"2026-05-17T17:27:20Z","subscription_end_at":"2026-08-17T17:27:20Z"}"#,
};

static DEVICE_TOKENS: Rule = Rule {
    id: "device-tokens",
    severity: Severity::Info,
    title: "device_tokens instead of device_token",
    why: "The documentation spells it both ways, but what SDKs send and push needs is device_token, one per event.",
    documentation: EVENT,
    bad: r#"{"event":"identify","email":"jane@example.com","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_type":"android","device_tokens":"740f4707bebcf74f"}"#,
    good: r#"{"event":"identify","email":"jane@example.com","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_type":"android","device_token":"740f4707bebcf74f"}"#,
};

static MOBILE_ATTRIBUTES: Rule = Rule {
    id: "mobile-attributes",
    severity: Severity::Warning,
    title: "a device that no message can reach",
    why: "Push and in-app messages go only to a device with device_id, device_token and device_type.",
    documentation: MOBILE,
    bad: r#"{"event":"identify","email":"jane@example.com","device_type":"android","device_token":"740f4707bebcf74f"}"#,
    good: r#"{"event":"identify","email":"jane@example.com","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_type":"android","device_token":"740f4707bebcf74f"}"#,
};

static DEVICE_TYPE: Rule = Rule {
    id: "device-type-value",
    severity: Severity::Info,
    title: "device_type not as documented",
    why: "The documentation lists android, iPhone and iPad, but its own sample says ios: what another spelling \
          reaches is not certain.",
    documentation: MOBILE,
    bad: r#"{"event":"identify","email":"jane@example.com","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_type":"ios","device_token":"740f4707bebcf74f"}"#,
    good: r#"{"event":"identify","email":"jane@example.com","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_type":"iPhone","device_token":"740f4707bebcf74f"}"#,
};

pub(super) const RULES: &[&Rule] = &[
    &REQUIRED,
    &RECOMMENDED,
    &IDENTIFY,
    &PRODUCTS_ARRAY,
    &QUANTITY_NAME,
    &PRODUCTS_NAME,
    &ARITHMETIC,
    &SUBSCRIPTION_DATES,
    &SUBSCRIPTION_LENGTH,
    &DEVICE_TOKENS,
    &MOBILE_ATTRIBUTES,
    &DEVICE_TYPE,
];

pub(super) fn check(event: &Document, context: Context, findings: &mut Vec<Finding>) {
    if event.get(NodeId::ROOT).is_none_or(|root| root.kind != NodeKind::Object) {
        return;
    }
    let fields = Object::read(event, NodeId::ROOT);
    if let Some(definition) = definition(&fields, context.stage) {
        fields.check_demands(definition, findings);
    }
    fields.check_products(findings);
    fields.check_order(findings);
    fields.check_subscription(findings);
    fields.check_device(findings);
}

/// What is known of the event's type. Nothing is asked of a received event whose type is the sender's own or one that the
/// platform derives (`back_in_stock.view`).
fn definition(fields: &Object<'_>, stage: Stage) -> Option<&'static Definition> {
    let catalogue = Catalogue::standard();
    let known = fields.text("event").and_then(|name| catalogue.get(&name)).filter(|it| it.event_type != ANY_EVENT);
    known.or_else(|| catalogue.get(ANY_EVENT).filter(|_| stage == Stage::Outgoing))
}

/// An object of the event with its fields by name. Of a name that it holds twice the last counts, as for most readers.
struct Object<'a> {
    event: &'a Document,
    id: NodeId,
    /// By name; those of one name as they stand.
    fields: Vec<(Cow<'a, str>, NodeId)>,
}

impl<'a> Object<'a> {
    fn read(event: &'a Document, id: NodeId) -> Self {
        let mut fields: Vec<_> = event.children(id).filter_map(|field| Some((event.key(field)?, field))).collect();
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self { event, id, fields }
    }

    fn kind(&self, id: NodeId) -> Option<NodeKind> {
        self.event.get(id).map(|node| node.kind)
    }

    /// The field of that name, the last of several, unless it is null, which says that there is none.
    fn get(&self, name: &str) -> Option<NodeId> {
        self.named(name).filter(|id| self.kind(*id) != Some(NodeKind::Null))
    }

    /// The field of that name, be it null.
    fn named(&self, name: &str) -> Option<NodeId> {
        let after = self.fields.partition_point(|(known, _)| known.as_ref() <= name);
        let (known, id) = self.fields.get(after.checked_sub(1)?)?;
        (known == name).then_some(*id)
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// What the field of that name says, when it is a string.
    fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).filter(|id| self.kind(*id) == Some(NodeKind::String)).map(|id| self.event.plain(id))
    }

    /// The number in the field of that name, also one in a string.
    fn number(&self, name: &str) -> Option<f64> {
        let id = self.get(name).filter(|id| matches!(self.kind(*id), Some(NodeKind::Number | NodeKind::String)))?;
        self.event.plain(id).trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The objects that stand in the field of that name: in its array, or as its values where it is an object itself.
    fn objects(&self, name: &str) -> Vec<Object<'a>> {
        let inside = self.get(name).into_iter().flat_map(|id| self.event.children(id));
        let objects = inside.filter(|id| self.kind(*id) == Some(NodeKind::Object));
        objects.map(|id| Object::read(self.event, id)).collect()
    }

    fn finding(&self, rule: &'static Rule, name: &str, expected: impl Into<String>) -> Option<Finding> {
        let id = self.get(name)?;
        Some(rule.at(self.event.path(id), expected, shown(self.event, id)))
    }

    fn path(&self) -> Path {
        self.event.path(self.id)
    }

    /// Whether the products are there under the name of another field, which is a finding of its own.
    fn has_misnamed_products(&self) -> bool {
        !self.has("products") && self.objects("items").iter().any(Object::is_product)
    }

    fn is_product(&self) -> bool {
        PRODUCT_KEYS.iter().any(|name| self.has(name))
    }

    fn check_demands(&self, definition: &Definition, findings: &mut Vec<Finding>) {
        for Demand { any_of, need } in &definition.demands {
            let names: Vec<_> = any_of.iter().map(String::as_str).collect();
            if names.contains(&"email") {
                self.check_identifier(definition, &names, findings);
                continue;
            }
            let of_products = names.contains(&"products");
            let all = if of_products { &PRODUCT_NAMES[..] } else { &names };
            // That an event has a name is the platform's own limit, with its own rule.
            let there = names.contains(&"event")
                || all.iter().any(|name| self.has_some(name))
                || of_products && self.has_misnamed_products();
            if !there {
                let rule = if *need == Need::Required { &REQUIRED } else { &RECOMMENDED };
                // One that is there and empty is missing where it stands.
                let empty = all.iter().find_map(|name| self.named(name));
                findings.push(match empty {
                    Some(id) => rule.at(self.event.path(id), "a value", shown(self.event, id)),
                    None => rule.at(self.path(), one_of(&names), "none"),
                });
            }
        }
        for attribute in definition.attributes.iter().filter(|attribute| !attribute.attributes.is_empty()) {
            for object in self.objects(&attribute.name) {
                object.check_needs(attribute, findings);
            }
        }
    }

    /// Whether the field of that name holds anything: an empty array names no product, and a blank text nothing at all.
    fn has_some(&self, name: &str) -> bool {
        let Some((id, node)) = self.get(name).and_then(|id| Some((id, self.event.get(id)?))) else { return false };
        match node.kind {
            NodeKind::String => !self.event.plain(id).trim().is_empty(),
            kind => !kind.is_container() || node.children > 0,
        }
    }

    /// An identify needs one of its own identifiers; of other events only the platform's limits ask for one.
    fn check_identifier(&self, definition: &Definition, names: &[&str], findings: &mut Vec<Finding>) {
        // The demand of every event, which a cookie also meets, stands beside identify's own.
        if definition.event_type != "identify" || names.contains(&"cookie") {
            return;
        }
        // A blank one is a finding of its own.
        if !names.iter().any(|name| self.has(name)) {
            findings.push(IDENTIFY.at(self.path(), one_of(names), "none"));
        }
    }

    /// What an object within `attribute` needs.
    fn check_needs(&self, attribute: &Attribute, findings: &mut Vec<Finding>) {
        let products = attribute.name == "products";
        if products && !self.is_product() && self.in_array() {
            findings.push(REQUIRED.at(self.path(), one_of(&PRODUCT_KEYS), "neither"));
        }
        for Attribute { name, need, .. } in &attribute.attributes {
            let misnamed = name == "quantity" && self.has("qty");
            let judged = products && (PRODUCT_KEYS.contains(&name.as_str()) || !self.in_array());
            let rule = match need {
                Need::Required => &REQUIRED,
                Need::Recommended => &RECOMMENDED,
                Need::Optional => continue,
            };
            if !self.has(name) && !misnamed && !judged {
                findings.push(rule.at(self.path(), name.clone(), "none"));
            }
        }
    }

    fn in_array(&self) -> bool {
        self.event.parent(self.id).is_some_and(|parent| self.kind(parent) == Some(NodeKind::Array))
    }

    fn check_products(&self, findings: &mut Vec<Finding>) {
        self.check_products_array(findings);
        if self.has_misnamed_products() {
            // Beside a `products` that is null another of that name would stand.
            let fix = self.named("products").is_none().then(|| Fix::Rename("products".into()));
            let finding = self.finding(&PRODUCTS_NAME, "items", "the name products");
            findings.extend(finding.map(|finding| Finding { fix, ..finding }));
        }
        findings.extend(self.misnamed_quantity());
        let lists = ["products", "items"].into_iter().flat_map(|name| self.objects(name));
        findings.extend(lists.filter_map(|product| product.misnamed_quantity()));
    }

    fn check_products_array(&self, findings: &mut Vec<Finding>) {
        const ARRAY: &str = "an array of objects, one a product";
        let Some(id) = self.get("products") else { return };
        let mut push = |expected: &str, fix: Option<Fix>| {
            let finding = self.finding(&PRODUCTS_ARRAY, "products", expected);
            findings.extend(finding.map(|finding| Finding { fix, ..finding }));
        };
        match self.kind(id) {
            Some(NodeKind::Object) => {
                let one = Object::read(self.event, id);
                // An object of objects may have lost some already; only one product is sure to be the whole list.
                push(ARRAY, one.is_product().then(|| Fix::Replace(format!("[{}]", self.event.text(id)))));
                findings.extend(one.misnamed_quantity());
            }
            Some(NodeKind::Array) => {
                let mut elements = self.event.children(id).filter_map(|element| self.kind(element)).peekable();
                let are_ids = elements.peek().is_some()
                    && elements.all(|kind| matches!(kind, NodeKind::String | NodeKind::Number));
                if are_ids {
                    // Ids alone have a name of their own, and it is free.
                    let is_free = self.named("product_ids").is_none();
                    push("objects with a product_id or a sku each", is_free.then(|| Fix::Rename("product_ids".into())));
                }
            }
            Some(NodeKind::String) => {
                let text = self.event.plain(id);
                // An empty one has its own rule.
                if !text.trim().is_empty() {
                    let list = serde_json::from_str::<Vec<serde_json::Map<_, serde_json::Value>>>(&text);
                    push(ARRAY, list.ok().filter(|list| !list.is_empty()).map(|_| Fix::Replace(text.into_owned())));
                }
            }
            _ => push(ARRAY, None),
        }
    }

    fn misnamed_quantity(&self) -> Option<Finding> {
        if self.named("quantity").is_some() {
            return None;
        }
        let finding = self.finding(&QUANTITY_NAME, "qty", "the name quantity")?;
        Some(Finding { fix: Some(Fix::Rename("quantity".into())), ..finding })
    }

    fn check_order(&self, findings: &mut Vec<Finding>) {
        if self.text("event").is_none_or(|name| name != "purchase") {
            return;
        }
        let mut holds = |name: &str, sums: &[f64], cents: f64, of: &str| {
            let (Some(stated), Some(sum)) = (self.number(name), sums.first()) else { return };
            if sums.iter().all(|sum| ((sum - stated) * 100.0).round().abs() > cents) {
                let expected = format!("{}: {of}", fit(&format!("{sum:.2}"), SUM_SHOWN));
                findings.extend(self.finding(&ARITHMETIC, name, expected));
            }
        };
        let [revenue, shipping, tax, discount] =
            ["revenue", "shipping", "tax", "discount"].map(|name| self.number(name));
        if let Some((sum, pieces)) = self.sum_of_products() {
            // Whether a discount is taken off the revenue is nowhere documented.
            let sums = [Some(sum), discount.map(|discount| sum - discount)];
            let sums: Vec<f64> = sums.into_iter().flatten().collect();
            holds("revenue", &sums, CENTS_APART * pieces.max(1.0), "the sum of price × quantity");
        }
        if let (Some(revenue), Some(shipping), Some(tax), Some(discount)) = (revenue, shipping, tax, discount) {
            let total = revenue + shipping + tax - discount;
            holds("total", &[total], CENTS_APART, "revenue + shipping + tax − discount");
        }
    }

    /// The sum of price × quantity, when every product has both; and of how many pieces.
    fn sum_of_products(&self) -> Option<(f64, f64)> {
        let list =
            self.get("products").and_then(|id| self.event.get(id)).filter(|node| node.kind == NodeKind::Array)?;
        let products = self.objects("products");
        if products.is_empty() || products.len() != list.children as usize {
            return None;
        }
        products.iter().try_fold((0.0, 0.0), |(sum, pieces), product| {
            let quantity = product.number("quantity")?;
            Some((sum + product.number("price")? * quantity, pieces + quantity.abs()))
        })
    }

    fn check_subscription(&self, findings: &mut Vec<Finding>) {
        let time = |name| self.text(name).and_then(|text| moment(&text));
        let Some((start, end)) = time("subscription_started_at").zip(time("subscription_end_at")) else { return };
        if end < start {
            let started = self.finding(&SUBSCRIPTION_DATES, "subscription_started_at", "").map(|start| start.found);
            let expected = format!("a time after the start, {}", started.unwrap_or_default());
            findings.extend(self.finding(&SUBSCRIPTION_DATES, "subscription_end_at", expected));
            return;
        }
        let Some(due) = self.period().and_then(|period| day(start).checked_add(period).ok()) else { return };
        if due.until(day(end)).is_ok_and(|apart| apart.get_days().abs() > DAYS_APART) {
            let expected = format!("about {due}, one period after the start");
            findings.extend(self.finding(&SUBSCRIPTION_LENGTH, "subscription_end_at", expected));
        }
    }

    /// How long the subscription runs, where its type is a unit of time.
    fn period(&self) -> Option<Span> {
        let length =
            self.number("subscription_period_length").filter(|length| *length > 0.0 && length.fract() == 0.0)?;
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and one that is too large fits no span")]
        let length = length as i64;
        let unit = self.text("subscription_period_type")?.to_lowercase();
        match unit.strip_suffix('s').unwrap_or(&unit) {
            "day" => Span::new().try_days(length),
            "week" => Span::new().try_weeks(length),
            "month" => Span::new().try_months(length),
            "year" => Span::new().try_years(length),
            _ => return None,
        }
        .ok()
    }

    fn check_device(&self, findings: &mut Vec<Finding>) {
        if !self.has("device_token") {
            findings.extend(self.finding(&DEVICE_TOKENS, "device_tokens", "the name device_token"));
        }
        let token = self.has("device_token") || self.has("device_tokens");
        let device = self.text("device_type");
        let documented = device.as_deref().map_or(&[][..], device_types);
        if device.is_some_and(|device| !documented.is_empty() && !documented.contains(&&*device)) {
            let fix = match documented {
                [only] => Some(Fix::Replace(format!("\"{only}\""))),
                _ => None,
            };
            let finding = self.finding(&DEVICE_TYPE, "device_type", one_of(documented));
            findings.extend(finding.map(|finding| Finding { fix, ..finding }));
        }
        if !token && documented.is_empty() {
            return;
        }
        for name in ["device_id", "device_type", "device_token"] {
            // A device without a token can still show what is in the app.
            let (there, severity) = match name {
                "device_token" => (token, Severity::Info),
                _ => (self.has(name), Severity::Warning),
            };
            if !there {
                findings.push(Finding { severity, ..MOBILE_ATTRIBUTES.at(self.path(), name, "none") });
            }
        }
    }
}

/// What the documentation calls a mobile device that the sender calls `device`; nothing for what is none (`desktop`).
fn device_types(device: &str) -> &'static [&'static str] {
    match device.trim().to_lowercase().as_str() {
        "android" => &["android"],
        "ios" => &["iPhone", "iPad"],
        "iphone" => &["iPhone"],
        "ipad" => &["iPad"],
        _ => &[],
    }
}

/// A moment, or a day without one: they compare only among themselves.
#[derive(Clone, Copy, PartialEq)]
enum Moment {
    At(Timestamp),
    Day(Date),
}

impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::At(one), Self::At(other)) => one.partial_cmp(other),
            (Self::Day(one), Self::Day(other)) => one.partial_cmp(other),
            _ => None,
        }
    }
}

fn moment(text: &str) -> Option<Moment> {
    text.parse().map(Moment::At).or_else(|_| text.parse().map(Moment::Day)).ok()
}

/// The day of a moment, by UTC.
fn day(moment: Moment) -> Date {
    match moment {
        Moment::At(instant) => instant.to_zoned(TimeZone::UTC).date(),
        Moment::Day(day) => day,
    }
}

fn one_of(names: &[&str]) -> String {
    match names {
        [name] => (*name).to_owned(),
        names => format!("one of {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{findings, of};
    use super::super::values;
    use super::*;

    /// What a rule finds in an event to be sent: where, what was expected, how bad.
    fn found(event: &str, rule: &str) -> Vec<(String, String, Severity)> {
        let found = of(event, Stage::Outgoing, rule).into_iter();
        found.map(|finding| (finding.path.pointer(), finding.expected, finding.severity)).collect()
    }

    /// Holds that `rule` finds something at those places, and nowhere else.
    fn places(rule: &str, cases: &[(&str, &[&str])]) {
        for (event, places) in cases {
            let found: Vec<_> = found(event, rule).into_iter().map(|(place, ..)| place).collect();
            assert_eq!(found, *places, "{rule}: {event}");
        }
    }

    #[test]
    fn what_a_type_requires_may_stand_in_any_of_its_equal_forms() {
        let cases: [(&str, &[&str]); 20] = [
            (r#"{"event":"view","products":[{"sku":"1"}]}"#, &[]),
            (r#"{"event":"view","products":[{"product_id":1}]}"#, &[]),
            (r#"{"event":"view","product_ids":["1"]}"#, &[]),
            (r#"{"event":"view","product_id":"1"}"#, &[]),
            (r#"{"event":"view","skus":["1"]}"#, &[]),
            (r#"{"event":"view","sku":"1"}"#, &[]),
            (r#"{"event":"view","items":[{"sku":"1"}]}"#, &[]),
            (r#"{"event":"view","products":{"sku":"1"}}"#, &[]),
            (r#"{"event":"view"}"#, &[""]),
            (r#"{"event":"view","sku":null}"#, &["/sku"]),
            (r#"{"event":"view","products":[]}"#, &["/products"]),
            (r#"{"event":"view","products":[],"sku":" "}"#, &["/products"]),
            (r#"{"event":"view","products":[],"sku":"1"}"#, &[]),
            (r#"{"event":"add_to_cart","products":[{"sku":"1"},{"parent_sku":"2"}]}"#, &["/products/1"]),
            (r#"{"event":"checkout"}"#, &[""]),
            (r#"{"event":"search","keywords":"cup"}"#, &[]),
            (r#"{"event":"search","query":"cup"}"#, &[]),
            (r#"{"event":"search"}"#, &[""]),
            (r#"{"event":"plan_chosen"}"#, &[]),
            (r#"{"event":"plan_chosen","subscription_groups":[{"id":"a"}]}"#, &["/subscription_groups/0"]),
        ];
        places("attribute-required", &cases);
        for event in [r#"{"event":"back_in_stock.view","products":[{}]}"#, r#"{"action":"x","products":[{}]}"#] {
            assert!(of(event, Stage::Received, "attribute-required").is_empty(), "{event}");
        }
        assert_eq!(of(r#"{"event":"view"}"#, Stage::Received, "attribute-required").len(), 1);
    }

    #[test]
    fn what_a_type_can_do_less_without_is_named() {
        let expected =
            |event| found(event, "attribute-recommended").into_iter().map(|it| (it.0, it.1)).collect::<Vec<_>>();
        let cases: [(&str, &[(&str, &str)]); 9] = [
            (
                r#"{"event":"purchase","order_id":"","revenue":null,"sku":"1"}"#,
                &[("/order_id", "a value"), ("/revenue", "a value")],
            ),
            (r#"{"event":"search","query":"cup"}"#, &[]),
            (r#"{"event":"pageload","screen_viewed":"Cart"}"#, &[]),
            (r#"{"event":"pageload"}"#, &[("", "one of url, screen_viewed")]),
            (r#"{"event":"search","query":"cup","sku":"1"}"#, &[]),
            (r#"{"event":"subscription_billing","revenue":1}"#, &[("", "billing_date")]),
            (r#"{"event":"purchase","order_id":"1","revenue":1,"sku":"1"}"#, &[]),
            (
                r#"{"event":"purchase","order_id":"1","revenue":1,"products":[{"sku":"1"},{"sku":"2","qty":1}]}"#,
                &[("/products/0", "quantity"), ("/products/0", "price"), ("/products/1", "price")],
            ),
            (r#"{"event":"view","products":[{"sku":"1"}]}"#, &[]),
        ];
        for (event, wanted) in cases {
            let wanted: Vec<_> = wanted.iter().map(|(place, name)| ((*place).to_owned(), (*name).to_owned())).collect();
            assert_eq!(expected(event), wanted, "{event}");
        }
    }

    #[test]
    fn an_identify_names_somebody() {
        let cases: [(&str, &[&str]); 7] = [
            (r#"{"event":"identify","customer_id":1}"#, &[]),
            (r#"{"event":"identify","phone_number":"+14155550100"}"#, &[]),
            (r#"{"event":"identify"}"#, &[""]),
            (r#"{"event":"identify","cookie":"c67dca9f"}"#, &[""]),
            (r#"{"event":"identify","customer_id":" "}"#, &[]),
            (r#"{"event":"identify","email":null}"#, &[""]),
            (r#"{"event":"view"}"#, &[]),
        ];
        places("identify-without-identifier", &cases);
    }

    #[test]
    fn products_and_their_quantity_are_called_so_and_stand_in_an_array() {
        let object: [(&str, &[&str]); 10] = [
            (r#"{"products":[{"sku":"1"}]}"#, &[]),
            (r#"{"products":null}"#, &[]),
            (r#"{"products":{"sku":"1"}}"#, &["/products"]),
            (r#"{"products":{"0":{"sku":"1"}}}"#, &["/products"]),
            (r#"{"products":"[{\"sku\":\"1\"}]"}"#, &["/products"]),
            (r#"{"products":["1","2"]}"#, &["/products"]),
            (r#"{"products":7}"#, &["/products"]),
            (r#"{"products":[]}"#, &[]),
            (r#"{"products":[["1"]]}"#, &[]),
            (r#"{"products":" "}"#, &[]),
        ];
        places("products-array", &object);
        let quantity: [(&str, &[&str]); 7] = [
            (r#"{"products":[{"quantity":1}]}"#, &[]),
            (r#"{"products":[{"quantity":1,"qty":1}]}"#, &[]),
            (r#"{"products":[{"qty":1},{"qty":"2"}]}"#, &["/products/0/qty", "/products/1/qty"]),
            (r#"{"items":[{"qty":1}]}"#, &["/items/0/qty"]),
            (r#"{"products":{"sku":"1","qty":1}}"#, &["/products/qty"]),
            (r#"{"products":{"a":{"qty":1}}}"#, &["/products/a/qty"]),
            (r#"{"sku":"1","qty":1}"#, &["/qty"]),
        ];
        places("quantity-name", &quantity);
        let name: [(&str, &[&str]); 5] = [
            (r#"{"items":[{"sku":"1"}]}"#, &["/items"]),
            (r#"{"items":[{"product_id":"1"}],"product_ids":["1"]}"#, &["/items"]),
            (r#"{"items":[{"sku":"1"}],"products":[{"sku":"1"}]}"#, &[]),
            (r#"{"items":3}"#, &[]),
            (r#"{"items":["a"]}"#, &[]),
        ];
        places("products-name", &name);
    }

    #[test]
    fn a_fix_is_offered_where_there_is_only_one() {
        let cases = [
            (r#"{"products":{"sku": "1"}}"#, "products-array", Some(Fix::Replace(r#"[{"sku": "1"}]"#.into()))),
            (r#"{"products":{"0":{"sku":"1"}}}"#, "products-array", None),
            (r#"{"products":"[{\"sku\":\"1\"}]"}"#, "products-array", Some(Fix::Replace(r#"[{"sku":"1"}]"#.into()))),
            (r#"{"products":"two"}"#, "products-array", None),
            (r#"{"products":["1"]}"#, "products-array", Some(Fix::Rename("product_ids".into()))),
            (r#"{"products":["1"],"product_ids":["1"]}"#, "products-array", None),
            (r#"{"qty":1}"#, "quantity-name", Some(Fix::Rename("quantity".into()))),
            (r#"{"items":[{"sku":"1"}]}"#, "products-name", Some(Fix::Rename("products".into()))),
            (r#"{"items":[{"sku":"1"}],"products":null}"#, "products-name", None),
            (r#"{"device_type":"iphone"}"#, "device-type-value", Some(Fix::Replace(r#""iPhone""#.into()))),
            (r#"{"device_type":"ios"}"#, "device-type-value", None),
            (r#"{"device_tokens":"1"}"#, "device-tokens", None),
        ];
        for (event, rule, fix) in cases {
            let fixes: Vec<_> = of(event, Stage::Outgoing, rule).into_iter().map(|finding| finding.fix).collect();
            assert_eq!(fixes, [fix], "{event}");
        }
    }

    #[test]
    fn an_order_adds_up_to_a_cent_a_piece() {
        let cases: [(&str, &[&str]); 13] = [
            (r#""revenue":25.01,"products":[{"price":8.33,"quantity":3}]"#, &[]),
            (r#""revenue":22.5,"discount":2.5,"products":[{"price":25,"quantity":1}]"#, &[]),
            (r#""revenue":22,"discount":2.5,"products":[{"price":25,"quantity":1}]"#, &["/revenue"]),
            (r#""revenue":25,"products":[{"price":19,"quantity":1},{"price":"3","quantity":"2"}]"#, &[]),
            (r#""revenue":"0.30","products":[{"price":0.1,"quantity":3}]"#, &[]),
            (r#""revenue":9.99,"products":[{"price":3.333,"quantity":3}]"#, &[]),
            (r#""revenue":25.01,"products":[{"price":25,"quantity":1}]"#, &[]),
            (r#""revenue":25.02,"products":[{"price":25,"quantity":1}]"#, &["/revenue"]),
            (r#""revenue":25,"products":[{"price":19,"quantity":1},{"price":3}]"#, &[]),
            (r#""revenue":25,"products":[]"#, &[]),
            (r#""total":27.5,"revenue":25,"shipping":3,"tax":2,"discount":2.5"#, &[]),
            (r#""total":30,"revenue":25,"shipping":3,"tax":2,"discount":2.5"#, &["/total"]),
            (r#""total":30,"revenue":25,"shipping":3,"tax":2"#, &[]),
        ];
        for (fields, wanted) in cases {
            places("purchase-arithmetic", &[(&format!(r#"{{"event":"purchase",{fields}}}"#), wanted)]);
        }
        let huge = r#"{"event":"purchase","revenue":1e308,"products":[{"price":1e308,"quantity":1e308}]}"#;
        places("purchase-arithmetic", &[(huge, &["/revenue"]), (r#"{"event":"return","total":1}"#, &[])]);
    }

    #[test]
    fn a_subscription_ends_after_it_starts_where_its_period_ends() {
        let cases = [
            ("2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z", "month", "1", ""),
            ("2026-01-31", "2026-03-02", "months", "1", ""),
            ("2026-01-01", "2027-01-01", "Year", "1", ""),
            ("2026-01-01", "2026-01-15", "week", "2", ""),
            ("2026-01-01", "2026-04-01", "month", "1", "subscription-length"),
            ("2015-03-17T17:27:20+00:00", "2015-06-17T17:27:20+00:00", "month", "\"1\"", "subscription-length"),
            ("2026-01-01", "2026-04-01", "season", "1", ""),
            ("2026-01-01", "2026-04-01", "month", "99999999999999999999", ""),
            ("2026-02-01", "2026-01-31", "month", "1", "subscription-dates"),
            ("2026-02-01T12:00:00+02:00", "2026-02-01T09:59:59Z", "month", "1", "subscription-dates"),
            ("soon", "2026-01-31", "month", "1", ""),
        ];
        for (start, end, unit, length, wanted) in cases {
            let event = format!(
                r#"{{"subscription_started_at":"{start}","subscription_end_at":"{end}","subscription_period_type":"{unit}","subscription_period_length":{length}}}"#
            );
            for rule in ["subscription-dates", "subscription-length"] {
                let place: &[&str] = if rule == wanted { &["/subscription_end_at"] } else { &[] };
                places(rule, &[(&event, place)]);
            }
        }
    }

    #[test]
    fn a_device_can_be_reached() {
        use Severity::{Info, Warning};
        let cases: [(&str, &[(&str, Severity)]); 6] = [
            (r#"{"device_id":"1","device_token":"2","device_type":"android"}"#, &[]),
            (r#"{"device_id":"1","device_tokens":"2","device_type":"ios"}"#, &[]),
            (r#"{"device_type":"desktop"}"#, &[]),
            (r#"{"device_id":"1"}"#, &[]),
            (r#"{"device_token":"2"}"#, &[("device_id", Warning), ("device_type", Warning)]),
            (r#"{"device_type":"iPad"}"#, &[("device_id", Warning), ("device_token", Info)]),
        ];
        for (event, wanted) in cases {
            let found: Vec<_> = found(event, "mobile-attributes").into_iter().map(|it| (it.1, it.2)).collect();
            let wanted: Vec<_> = wanted.iter().map(|(name, severity)| ((*name).to_owned(), *severity)).collect();
            assert_eq!(found, wanted, "{event}");
        }
        places(
            "device-tokens",
            &[
                (r#"{"device_tokens":["1"]}"#, &["/device_tokens"]),
                (r#"{"device_tokens":"1","device_token":"1"}"#, &[]),
            ],
        );
        places(
            "device-type-value",
            &[
                (r#"{"device_type":"iOS"}"#, &["/device_type"]),
                (r#"{"device_type":"ANDROID"}"#, &["/device_type"]),
                (r#"{"device_type":"desktop"}"#, &[]),
            ],
        );
    }

    #[test]
    fn the_samples_of_the_vendors_page_give_what_is_wrong_with_them() {
        const EMAIL: (&str, &str) = ("/email", "email-format");
        let samples: [(&str, &[(&str, &str)]); 15] = [
            (
                r#"{"event":"identify","customer_id":"11111","email":"[email protected]","joined_at":"2015-03-17T17:27:20+00:00","firstname":"John","lastname":"Doe","other":"value"}"#,
                &[EMAIL],
            ),
            (r#"{"event":"view","products":[{"sku":"45790-32"}]}"#, &[]),
            (r#"{"event":"add_to_cart","product_id":"sku1"}"#, &[]),
            (r#"{"event":"remove_from_cart","product_id":"sku1"}"#, &[]),
            (
                r#"{"event":"checkout","email":"[email protected]","total":30,"products":[{"sku":"45790-32"},{"sku":"46493-33"}]}"#,
                &[EMAIL],
            ),
            (
                r#"{"event":"purchase","email":"[email protected]","order_id":"50314","total":30,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"coupon":"hasbros","products":[{"sku":"45790-32","price":19,"quantity":1},{"sku":"46493-32","price":3,"quantity":2}]}"#,
                &[EMAIL, ("/total", "purchase-arithmetic")],
            ),
            (r#"{"event":"search","keywords":"Search Keyword","product_ids":["SKU1","SKU2"]}"#, &[]),
            (r#"{"event":"your_custom_event_name","attribute1":"value1","attribute2":"value2"}"#, &[]),
            (
                r#"{"email":"[email protected]","event":"subscription_start","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name1","subscription_amount":"29.99","subscription_started_at":"2015-03-17T17:27:20+00:00","subscription_end_at":"2015-06-17T17:27:20+00:00"}"#,
                &[EMAIL, ("/subscription_end_at", "subscription-length")],
            ),
            (
                r#"{"email":"[email protected]","event":"subscription_upgrade","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name2","subscription_amount":"39.99","subscription_started_at":"2015-04-17T17:27:20+00:00"}"#,
                &[EMAIL],
            ),
            (
                r#"{"email":"[email protected]","event":"subscription_downgrade","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name3","subscription_amount":"9.99","subscription_started_at":"2015-03-17T17:27:20+00:00"}"#,
                &[EMAIL],
            ),
            (
                r#"{"email":"[email protected]","event":"subscription_billing","revenue":"19.99","billing_date":"2014-14-11T17:27:20+00:00"}"#,
                &[EMAIL],
            ),
            (
                r#"{"email":"[email protected]","event":"subscription_cancel","subscription_plan_type":"subscription-sku-name","subscription_canceled_at":"2016-04-12T17:27:20+00:00"}"#,
                &[EMAIL],
            ),
            (
                r#"{"customer_id":"812122","event":"identify","device_type":"ios","device_tokens":"49244924492449244924492449244924492449244924","device_id":"4444444","device_idfa":"3333","device_idfv":"33133","device_manufacturer":"Apple","os_name":"ios","network_carrier":"verizon","ip":"201.44.11.21","email":"[email protected]","latitude":"212.99333","longitude":"-12.39334"}"#,
                &[
                    ("/device_type", "device-type-value"),
                    ("/device_tokens", "device-tokens"),
                    ("/device_idfa", "advertising-id-format"),
                    ("/device_idfv", "advertising-id-format"),
                    EMAIL,
                    ("/latitude", "latitude-range"),
                ],
            ),
            (
                r#"{"customer_id":"812123","event":"purchase","ip":"201.44.11.22","email":"[email protected]","revenue":"31.24"}"#,
                &[("", "attribute-recommended"), ("", "attribute-recommended"), EMAIL],
            ),
        ];
        let mine: Vec<_> = values::RULES.iter().chain(RULES).map(|rule| rule.id).collect();
        for (sample, wanted) in samples {
            let found = findings(sample, Stage::Outgoing);
            let found: Vec<_> = found
                .iter()
                .map(|finding| (finding.path.pointer(), finding.rule.id))
                .filter(|(_, rule)| mine.contains(rule))
                .collect();
            let found: Vec<_> = found.iter().map(|(place, rule)| (place.as_str(), *rule)).collect();
            assert_eq!(found, wanted, "{sample}");
        }
    }
}
