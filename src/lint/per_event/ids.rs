//! Products as the catalogue knows them: their ids must match it to the letter.

use super::object::Object;
use super::{PRODUCT_KEYS, PRODUCT_NAMES};
use crate::event::{NodeId, NodeKind, sanitized};
use crate::lint::{Finding, Findings, Fix, Rule, Severity, shown};

const PRODUCTS: &str = "https://developer.blueshift.com/docs/products-and-catalogs";

/// The longest id of a product in a catalogue, in characters (documented).
const LONGEST: usize = 64;

static NUMERIC: Rule = Rule {
    id: "product-id-numeric",
    severity: Severity::Note,
    title: "a product's id as a number",
    why: "The id must be that of the catalogue to the letter, and there it is a text: a number loses its leading zeros, and what \
          compares types finds no match.",
    documentation: PRODUCTS,
    bad: r#"{"event":"view","email":"jane@example.com","product_id":45790}"#,
    good: r#"{"event":"view","email":"jane@example.com","product_id":"45790"}"#,
};

static TOO_LONG: Rule = Rule {
    id: "product-id-too-long",
    severity: Severity::Warning,
    title: "a product's id over 64 characters",
    why: "The catalogue takes ids of at most 64 characters, so a longer one is of no product in it.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/8510441746835",
    bad: r#"{"event":"view","email":"jane@example.com","product_id":"https://shop.example.com/coffee/roasted/whole-beans/harbour-blend"}"#,
    good: r#"{"event":"view","email":"jane@example.com","product_id":"harbour-blend"}"#,
};

pub(super) const RULES: &[&Rule] = &[&NUMERIC, &TOO_LONG];

impl<'a> Object<'a> {
    /// Checks the ids of the event's products; of numbers in a list the first is told.
    pub(super) fn check_ids(&self, products: &[Object<'a>], findings: &mut Findings) {
        let mut has_number = false;
        for name in PRODUCT_NAMES.into_iter().filter(|name| *name != "products") {
            let Some(id) = self.get(name) else { continue };
            if self.kind(id) == Some(NodeKind::Array) {
                self.event.children(id).for_each(|id| self.check_id(id, &mut has_number, findings));
            } else {
                self.check_id(id, &mut has_number, findings);
            }
        }
        for product in products {
            let ids = PRODUCT_KEYS.iter().filter_map(|name| product.get(name));
            ids.for_each(|id| product.check_id(id, &mut has_number, findings));
        }
    }

    fn check_id(&self, id: NodeId, has_number: &mut bool, findings: &mut Findings) {
        let text = self.event.text(id);
        match self.kind(id) {
            Some(NodeKind::Number) if !std::mem::replace(has_number, true) => {
                let fix = Some(Fix::Replace(format!("\"{text}\"")));
                let expected = "a text, as the catalogue has it";
                findings.push(Finding { fix, ..NUMERIC.at(self.event.path(id), expected, shown(self.event, id)) });
            }
            // In bytes, with the quotes, it is longer where it is too long.
            Some(NodeKind::String) if text.len() > LONGEST + 2 => {
                let length = self.event.plain(id).chars().count();
                if length > LONGEST {
                    let expected = sanitized!("at most {} characters, here are {}", LONGEST, length);
                    findings.tell(&TOO_LONG, || TOO_LONG.at(self.event.path(id), expected, shown(self.event, id)));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::Stage;
    use crate::lint::tests::of;

    #[test]
    fn ids_are_those_of_the_catalogue() {
        let long = "é".repeat(65);
        let cases: [(&str, &str, String, &[&str]); 6] = [
            ("a shop", "product-id-numeric", r#""product_id":7"#.into(), &["/product_id"]),
            ("a shop", "product-id-numeric", r#""product_ids":[7,8]"#.into(), &["/product_ids/0"]),
            ("a shop", "product-id-numeric", r#""products":[{"sku":7},{"sku":8}]"#.into(), &["/products/0/sku"]),
            ("a shop", "product-id-numeric", r#""products":[{"sku":"7"}],"category_id":7"#.into(), &[]),
            ("a shop", "product-id-too-long", format!(r#""product_id":"{long}""#), &["/product_id"]),
            ("a shop", "product-id-too-long", format!(r#""sku":"{}""#, "é".repeat(64)), &[]),
        ];
        for (sender, rule, fields, wanted) in cases {
            let event = format!(r#"{{"event":"view","cookie":"c",{fields}}}"#);
            let found = of(&event, Stage::Outgoing, rule);
            let found: Vec<_> = found.iter().map(|it| it.path.pointer()).collect();
            assert_eq!(found, wanted, "{sender}: {event}");
        }
    }
}
