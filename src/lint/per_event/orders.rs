//! Orders: amounts and quantities that no order has, and orders that are not named.

use super::PRODUCT_NAMES;
use super::object::Object;
use crate::event::sanitized;
use crate::lint::{Actual, Expected, Finding, Findings, Rule, Severity};

const COMMERCE: &str = "https://help.blueshift.com/hc/en-us/articles/21719567098643";

static NEGATIVE: Rule = Rule {
    id: "amount-negative",
    severity: Severity::Warning,
    title: "a purchase of less than nothing",
    why: "Lifetime revenue and order counts are sums over purchases: what is given back is taken off twice, or off another \
          order. A return or a cancellation has an event of its own; a line that takes something off is no fault.",
    documentation: COMMERCE,
    bad: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":-25,"products":[{"sku":"45790-32","price":25,"quantity":-1}]}"#,
    good: r#"{"event":"return","email":"jane@example.com","order_id":"50314","products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
};

static ZERO: Rule = Rule {
    id: "quantity-zero",
    severity: Severity::Warning,
    title: "none of a product",
    why: "Nobody buys or adds none of a product: the event counts one more that was not there, or stands for its removal, \
          which has an event of its own.",
    documentation: COMMERCE,
    bad: r#"{"event":"add_to_cart","email":"jane@example.com","product_id":"45790-32","quantity":0}"#,
    good: r#"{"event":"remove_from_cart","email":"jane@example.com","product_id":"45790-32"}"#,
};

static CENTS: Rule = Rule {
    id: "amount-in-cents",
    severity: Severity::Warning,
    title: "one amount in cents, the other not",
    why: "One of the two is exactly a hundred times the other: reports and lifetime values are wrong by that.",
    documentation: COMMERCE,
    bad: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":2500,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
    good: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
};

static UNNAMED: Rule = Rule {
    id: "order-unnamed",
    severity: Severity::Warning,
    title: "a cancellation or a return of no order",
    why: "Without order_id nothing says which purchase it takes back.",
    documentation: COMMERCE,
    bad: r#"{"event":"cancel","email":"jane@example.com"}"#,
    good: r#"{"event":"cancel","email":"jane@example.com","order_id":"50314"}"#,
};

pub(super) const RULES: &[&Rule] = &[&NEGATIVE, &ZERO, &CENTS, &UNNAMED];

impl<'a> Object<'a> {
    /// Checks what belongs to an event of the shop's orders; `products` are those of its array.
    pub(super) fn check_orders(&self, products: &[Object<'a>], findings: &mut Findings) {
        match self.event.event_type().unwrap_or_default() {
            "purchase" => {
                self.check_negative(products, findings);
                self.check_quantities(products, findings);
                self.check_cents(products, findings);
            }
            "add_to_cart" | "checkout" => {
                self.check_negative(products, findings);
                self.check_quantities(products, findings);
            }
            "cancel" | "canceled" | "cancelled" | "return" | "returned" | "refund" | "refunded" | "order_canceled"
            | "order_cancelled" | "order_refunded" | "order_returned" | "payment_refund" => self.check_named(findings),
            _ => {}
        }
    }

    fn check_negative(&self, products: &[Object<'a>], findings: &mut Findings) {
        let push = |object: &Object<'_>, name: &str, findings: &mut Findings| {
            findings.extend(object.finding(&NEGATIVE, name, "an amount of 0 or more, or a return or cancel event"));
        };
        for name in ["revenue", "total", "shipping", "shipping_cost", "tax"] {
            if self.number(name).is_some_and(|number| number < 0.0) {
                push(self, name, findings);
            }
        }
        for product in products {
            if product.number("quantity").is_some_and(|quantity| quantity < 0.0) {
                push(product, "quantity", findings);
            // A discount or a gift card is a line of its own in many shops.
            } else if products.len() == 1 && product.number("price").is_some_and(|price| price < 0.0) {
                push(product, "price", findings);
            }
        }
    }

    fn check_quantities(&self, products: &[Object<'a>], findings: &mut Findings) {
        let own = (products.is_empty() && PRODUCT_NAMES.iter().any(|name| self.has_some(name))).then_some(self);
        for object in products.iter().chain(own) {
            if object.number("quantity") == Some(0.0) {
                findings.extend(object.finding(&ZERO, "quantity", "how many there are: 1 or more"));
            }
        }
    }

    fn check_cents(&self, products: &[Object<'a>], findings: &mut Findings) {
        let Some(revenue) = self.number("revenue").filter(|revenue| *revenue > 0.0) else { return };
        let products = self.sum_of_products(products).map(|(sum, _)| (sum, "the sum of its products"));
        let total = self.number("total").map(|total| (total, "the total"));
        for (other, of) in products.into_iter().chain(total).filter(|(other, _)| *other > 0.0) {
            let is_hundred = |large: f64, small: f64| ((large - small * 100.0).abs() < 0.005) && large.fract() == 0.0;
            let words = if is_hundred(revenue, other) {
                sanitized!("an amount in the unit of {}: it is 100 times that", of)
            } else if is_hundred(other, revenue) {
                sanitized!("an amount in the unit of {}: that is 100 times this", of)
            } else {
                continue;
            };
            findings.extend(self.finding(&CENTS, "revenue", words));
            return;
        }
    }

    fn check_named(&self, findings: &mut Findings) {
        if !self.has_some("order_id") {
            let finding = UNNAMED.at(self.path(), Expected::field("order_id"), Actual::Missing);
            findings.push(Finding { fix: None, ..finding });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::Stage;
    use crate::lint::tests::of;

    /// Where a rule finds something in an event of that name with those fields.
    fn places(rule: &str, name: &str, fields: &str) -> Vec<String> {
        let event = format!(r#"{{"event":"{name}","cookie":"c",{fields}}}"#);
        of(&event, Stage::Outgoing, rule).iter().map(|it| it.path.pointer()).collect()
    }

    #[test]
    fn amounts_and_quantities_are_those_of_an_order() {
        let cases: [(&str, &str, &str, &str, &[&str]); 17] = [
            ("a plugin", "amount-negative", "purchase", r#""revenue":-25"#, &["/revenue"]),
            ("a plugin", "amount-negative", "purchase", r#""products":[{"quantity":-1}]"#, &["/products/0/quantity"]),
            ("a plugin", "amount-negative", "purchase", r#""products":[{"price":"-5"}]"#, &["/products/0/price"]),
            ("a shop, gift card", "amount-negative", "purchase", r#""products":[{"price":25},{"price":-5}]"#, &[]),
            ("a shop", "amount-negative", "purchase", r#""revenue":0,"discount":-5"#, &[]),
            ("a shop", "amount-negative", "return", r#""revenue":-25"#, &[]),
            ("a cart", "quantity-zero", "add_to_cart", r#""sku":"1","quantity":"0""#, &["/quantity"]),
            ("a cart", "quantity-zero", "purchase", r#""products":[{"quantity":0}]"#, &["/products/0/quantity"]),
            ("a cart", "quantity-zero", "remove_from_cart", r#""sku":"1","quantity":0"#, &[]),
            ("a cart", "quantity-zero", "add_to_cart", r#""quantity":0,"products":[{"quantity":1}]"#, &[]),
            (
                "a payment provider",
                "amount-in-cents",
                "purchase",
                r#""revenue":2500,"products":[{"price":25,"quantity":1}]"#,
                &["/revenue"],
            ),
            ("a payment provider", "amount-in-cents", "purchase", r#""revenue":25,"total":2500"#, &["/revenue"]),
            ("a shop", "amount-in-cents", "purchase", r#""revenue":25,"total":30"#, &[]),
            ("a shop", "amount-in-cents", "purchase", r#""revenue":0,"total":0"#, &[]),
            ("Magento", "order-unnamed", "order_cancelled", r#""total":1"#, &[""]),
            ("a shop", "order-unnamed", "return", r#""order_id":"","sku":"1""#, &[""]),
            ("a shop", "order-unnamed", "return", r#""order_id":7"#, &[]),
        ];
        for (sender, rule, name, fields, wanted) in cases {
            assert_eq!(places(rule, name, fields), wanted, "{sender}: {rule} {name} {fields}");
        }
    }
}
