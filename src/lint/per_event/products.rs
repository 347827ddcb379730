//! The products of an event, and what they sum up to.

use super::object::Object;
use crate::event::json::{self, Json};
use crate::event::{NodeId, NodeKind, sanitized};
use crate::lint::{Expected, Finding, Findings, Fix, Rule, Severity, shown};

const COMMERCE: &str = "https://help.blueshift.com/hc/en-us/articles/21719567098643";

const PRODUCTS: &str = "https://developer.blueshift.com/docs/products-and-catalogs";

/// The names by which an element of `products` can say which product it is.
pub(in crate::lint) const PRODUCT_KEYS: [&str; 2] = ["product_id", "sku"];

/// What other platforms call the list of products, and the id of a product in it.
const LISTS: [&str; 9] = [
    "items",
    "line_items",
    "lineItems",
    "order_items",
    "orderItems",
    "cart_items",
    "cartItems",
    "product_list",
    "productList",
];
const OTHER_KEYS: [&str; 3] = ["id", "item_id", "productId"];

/// How much sums may be apart, in hundredths: one cent a piece, for rounding.
const CENTS_APART: f64 = 1.0;

/// How many bytes of a text that may be JSON are looked at for one step of the budget.
const BYTES_A_STEP: usize = 16;

/// How much of a sum is shown, in columns: one of wild numbers has hundreds of digits.
const SUM_SHOWN: usize = 24;

static PRODUCTS_ARRAY: Rule = Rule {
    id: "products-array",
    severity: Severity::Error,
    title: "products is not an array of objects",
    why: "The platform reads products from an array of objects, and from nothing else.",
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
    title: "the products under another name",
    why: "The platform looks for products under the name products; under items or line_items, recommendations and affinity \
          do not see them.",
    documentation: PRODUCTS,
    bad: r#"{"event":"checkout","email":"jane@example.com","total":38,"items":[{"sku":"45790-32","quantity":2}]}"#,
    good: r#"{"event":"checkout","email":"jane@example.com","total":38,"products":[{"sku":"45790-32","quantity":2}]}"#,
};

static ARITHMETIC: Rule = Rule {
    id: "purchase-arithmetic",
    severity: Severity::Note,
    title: "an order that does not add up",
    why: "Reports and lifetime values are built on revenue: when the parts of an order do not add up to its sums, one \
          of them is wrong.",
    documentation: "",
    bad: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","total":30,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
    good: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","total":27.5,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
};

pub(super) const RULES: &[&Rule] = &[&PRODUCTS_ARRAY, &QUANTITY_NAME, &PRODUCTS_NAME, &ARITHMETIC];

impl Object<'_> {
    /// The objects in the array of products; none where it is no array.
    pub(super) fn listed_products(&self) -> Vec<Self> {
        let is_array = self.get("products").is_some_and(|id| self.kind(id) == Some(NodeKind::Array));
        if is_array { self.objects("products") } else { Vec::new() }
    }

    /// Whether the products are there under the name of another field, which is a finding of its own.
    pub(super) fn has_misnamed_products(&self) -> bool {
        self.misnamed_products().is_some()
    }

    /// The field of another name in which the products are.
    fn misnamed_products(&self) -> Option<&'static str> {
        let names = || LISTS.into_iter().filter(|name| self.has(name));
        let is_product = |object: &Object<'_>| {
            object.is_product() || OTHER_KEYS.iter().any(|name| object.has_some(name)) && object.is_priced()
        };
        let mut names = names().filter(|name| self.objects(name).iter().any(is_product));
        names.next().filter(|_| !self.has("products"))
    }

    /// Whether it says what it costs or how many there are, as no other objects of lists do.
    fn is_priced(&self) -> bool {
        ["price", "quantity", "qty", "unit_price", "item_price"].iter().any(|name| self.has(name))
    }

    pub(super) fn is_product(&self) -> bool {
        PRODUCT_KEYS.iter().any(|name| self.has_some(name))
    }

    pub(super) fn check_products(&self, products: &[Self], findings: &mut Findings) {
        self.check_products_array(findings);
        if let Some(name) = self.misnamed_products() {
            // Beside a `products` that is null another of that name would stand.
            let fix = self.named("products").is_none().then(|| Fix::Rename("products".into()));
            let finding = self.finding(&PRODUCTS_NAME, name, Expected::name("products"));
            findings.extend(finding.map(|finding| Finding { fix, ..finding }));
        }
        // Beside a list it is how much there is in the cart.
        if ["product_id", "sku"].into_iter().any(|name| self.has_some(name)) && !self.has("products") {
            findings.extend(self.misnamed_quantity());
        }
        // In what is no array the products themselves cannot be read.
        findings.extend(products.iter().filter_map(Object::misnamed_quantity));
        if self.get("items").is_some_and(|id| self.kind(id) == Some(NodeKind::Array)) {
            findings.extend(self.objects("items").iter().filter_map(Object::misnamed_quantity));
        }
    }

    pub(super) fn check_products_array(&self, findings: &mut Findings) {
        const ARRAY: &str = "an array of objects, one a product";
        let Some(id) = self.get("products") else { return };
        let push = |findings: &mut Findings, expected: &'static str, fix: Option<Fix>| {
            let finding = self.finding(&PRODUCTS_ARRAY, "products", expected);
            findings.extend(finding.map(|finding| Finding { fix, ..finding }));
        };
        match self.kind(id) {
            Some(NodeKind::Object) => {
                let one = Object::read(self.event, id);
                // An object of objects may have lost some already; only one product is sure to be the whole list.
                let expected =
                    if one.is_product() { ARRAY } else { "an array of objects: keys of an object can hide products" };
                let fix = if one.is_product() { Some(format!("[{}]", self.event.text(id))) } else { one.as_list() };
                push(findings, expected, fix.map(Fix::Replace));
            }
            Some(NodeKind::Array) => {
                let is_id = |id: NodeId| matches!(self.kind(id), Some(NodeKind::String | NodeKind::Number));
                let mut others = self.event.children(id).filter(|id| self.kind(*id) != Some(NodeKind::Object));
                let Some(first) = others.next() else { return };
                if self.event.children(id).any(|id| !is_id(id)) {
                    let expected = "an object with a product_id or a sku";
                    findings.push(PRODUCTS_ARRAY.at(self.event.path(first), expected, shown(self.event, first)));
                } else {
                    // Ids alone have a name of their own, and it is free.
                    let is_free = self.named("product_ids").is_none();
                    push(
                        findings,
                        "objects with a product_id or a sku each",
                        is_free.then(|| Fix::Rename("product_ids".into())),
                    );
                }
            }
            Some(NodeKind::String) => {
                let text = self.event.plain(id);
                // An empty one has its own rule.
                if !text.trim().is_empty() {
                    let is_list = findings.may_guess(text.len() / BYTES_A_STEP) && is_list_of_objects(&text);
                    push(findings, ARRAY, is_list.then(|| Fix::Replace(text.into_owned())));
                }
            }
            _ => push(findings, ARRAY, None),
        }
    }

    /// The values as an array, where the names are the numbers of a list from the first on.
    fn as_list(&self) -> Option<String> {
        let mut numbers = self.event.children(self.id).map(|field| self.event.key(field)?.parse::<u32>().ok());
        let first = numbers.next().flatten().filter(|first| *first <= 1)?;
        numbers.try_fold(first, |before, number| number.filter(|number| *number > before))?;
        let values: Vec<&str> = self.event.children(self.id).map(|field| self.event.text(field)).collect();
        Some(format!("[{}]", values.join(",")))
    }

    pub(super) fn misnamed_quantity(&self) -> Option<Finding> {
        if self.named("quantity").is_some() {
            return None;
        }
        let finding = self.finding(&QUANTITY_NAME, "qty", Expected::name("quantity"))?;
        Some(Finding { fix: Some(Fix::Rename("quantity".into())), ..finding })
    }

    pub(super) fn check_order(&self, products: &[Self], findings: &mut Findings) {
        if self.event.event_type() != Some("purchase") {
            return;
        }
        let mut holds = |name: &str, sums: &[f64], cents: f64, of: &'static str| {
            let (Some(stated), Some(sum)) = (self.number(name), sums.first()) else { return };
            if sums.iter().all(|sum| ((sum - stated) * 100.0).round().abs() > cents) {
                let expected = sanitized!("{}: {}", sanitized!("{:.2}", sum).fit(SUM_SHOWN), of);
                findings.extend(self.finding(&ARITHMETIC, name, expected));
            }
        };
        let [revenue, shipping, tax, discount] =
            ["revenue", "shipping", "tax", "discount"].map(|name| self.number(name));
        if let Some((sum, pieces)) = self.sum_of_products(products) {
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
    pub(super) fn sum_of_products(&self, products: &[Self]) -> Option<(f64, f64)> {
        let list =
            self.get("products").and_then(|id| self.event.get(id)).filter(|node| node.kind == NodeKind::Array)?;
        if products.is_empty() || products.len() != list.children as usize {
            return None;
        }
        products.iter().try_fold((0.0, 0.0), |(sum, pieces), product| {
            // Nobody documents how a discount on a product is taken off the sum.
            if product.has("discount") || product.has("sale_price") {
                return None;
            }
            let quantity = product.number("quantity")?;
            Some((sum + product.number("price")? * quantity, pieces + quantity.abs()))
        })
    }
}

/// Whether a text is a JSON array of objects with something in it, as far as its first level tells.
fn is_list_of_objects(text: &str) -> bool {
    let Ok(Json::Array(list)) = json::read(text) else { return false };
    list.left_out == 0 && !list.list.is_empty() && list.list.iter().all(|element| element.starts_with('{'))
}
