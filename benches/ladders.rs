//! What an event of ten thousand, a hundred thousand and a million fields, elements, levels or bytes costs to be read, linted,
//! held to a plan and compared, and such a body to be decoded: no step from one to the next may cost more than in proportion.
//!
//! Each figure is printed as a line, `lint_fields_ns_each 120 131 140`, in nanoseconds for each of them; a step that costs
//! more than thrice as much for each ends it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may stop, and prints what it measured")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use clickscope::blueshift::Decoder;
use clickscope::event::{Document, diff};
use clickscope::lint::{LintContext, Stage};
use clickscope::plan::{Linter, Plan, SchemaFile, SeverityOverrides};
use jiff::Timestamp;

const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];

/// More than this for each of them, beside the size before, is no noise.
const MOST: f64 = 3.0;

const CONTEXT: LintContext = LintContext { stage: Stage::Outgoing, now: Timestamp::UNIX_EPOCH };

/// An event of so many of something.
type Ladder = fn(u32) -> String;

const LADDERS: [(&str, Ladder); 6] = [
    ("fields", |size| within(&(0..size).fold(String::new(), |fields, n| fields + &format!(r#","field_{n}":{n}"#)))),
    ("elements", |size| within(&format!(r#","list":[{}0]"#, "\"undefined\",".repeat(size as usize)))),
    ("objects", |size| within(&format!(r#","products":[{}{{}}]"#, r#"{"sku":"1","qty":2},"#.repeat(size as usize)))),
    ("levels", |size| within(&format!(r#","deep":{}{}"#, "[".repeat(size as usize), "]".repeat(size as usize)))),
    ("bytes", |size| within(&format!(r#","email":"{}""#, "a@\\\"".repeat(size as usize / 4)))),
    ("repeats", |size| within(&r#","email":"a@example.com""#.repeat(size as usize))),
];

fn within(fields: &str) -> String {
    format!(r#"{{"event":"view","cookie":"c"{fields}}}"#)
}

fn plan() -> Plan {
    let schema = r#"{"properties":{"list":{"items":{"type":"number"},"uniqueItems":true},"products":{"items":{"required":["price"]}},"email":{"pattern":"^a+$","maxLength":9}},"additionalProperties":false}"#;
    Plan::read([SchemaFile { name: "view.json".into(), text: Ok(schema.into()) }]).0
}

/// The least nanoseconds that something takes of a few times.
fn nanos(mut work: impl FnMut()) -> f64 {
    let mut once = || {
        let begin = Instant::now();
        work();
        begin.elapsed().as_secs_f64() * 1e9
    };
    (0..3).map(|_| once()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let planned = Linter::new(SeverityOverrides::default(), plan());
    let mut steep = String::new();
    for (name, ladder) in LADDERS {
        let mut told: Vec<(&str, Vec<f64>)> = Vec::new();
        for size in SIZES {
            let text = ladder(size);
            let other = text.replacen("\"c\"", "\"d\"", 1).replace("undefined", "defined");
            let (event, changed) = (Document::read(&text).unwrap(), Document::read(&other).unwrap());
            let body = format!(r#"{{"view":{text},"other":{{"event":"other"}}}}"#);
            let costs = [
                ("read", nanos(|| drop(black_box(Document::read(&text))))),
                ("lint", nanos(|| drop(black_box(Linter::default().observe(&event, CONTEXT))))),
                ("plan", nanos(|| drop(black_box(planned.judge(&event, CONTEXT))))),
                ("diff", nanos(|| drop(black_box(diff(&event, &changed))))),
                ("decode", nanos(|| drop(black_box(Decoder::default().decode(body.as_bytes()))))),
            ];
            for (what, cost) in costs {
                let each = cost / f64::from(size);
                match told.iter_mut().find(|(known, _)| *known == what) {
                    Some((_, costs)) => costs.push(each),
                    None => told.push((what, vec![each])),
                }
            }
        }
        for (what, each) in told {
            let spelled: Vec<_> = each.iter().map(|each| format!("{each:.1}")).collect();
            println!("{what}_{name}_ns_each {}", spelled.join(" "));
            for (few, many) in each.iter().zip(each.iter().skip(1)).filter(|(few, many)| **many > **few * MOST) {
                let _ = writeln!(steep, "{what} of {name}: {few:.1} ns each become {many:.1}");
            }
        }
    }
    assert!(steep.is_empty(), "not in proportion:\n{steep}");
}
