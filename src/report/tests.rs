#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::*;
use crate::event::Document;
use crate::lint::{LintContext, Stage};
use crate::plan::Linter;
use crate::session::{Record, RecordLine};

/// Names and values that mean something in one format or another.
const HOSTILE: [&str; 10] = [
    "<script>alert(1)</script>",
    "a|b",
    "``x``` `",
    "=cmd()|' /C calc'!A0",
    "line\nbreak\r\n",
    "\u{202e}desrever\u{200b}",
    "![x](https://evil.example/x.png) [y](javascript:1) https://evil.example @team #1",
    "</pre></style><img src=x onerror=alert(1)> \" ' &amp;",
    "a\\|b",
    " ",
];

/// Lints and folds these lines, each an event or a record.
fn fold<'a>(lines: impl IntoIterator<Item = &'a str>) -> Report {
    let mut linter = Linter::default();
    let mut fold = Fold::default();
    for line in lines {
        let record = match RecordLine::read(line) {
            RecordLine::Event { change, .. } => Record::Change(change),
            RecordLine::Record(record) => *record,
            RecordLine::Header(header) => {
                fold.header(&header);
                continue;
            }
            RecordLine::Unknown => continue,
            RecordLine::Other => {
                let event = Document::read(line).unwrap();
                let context = LintContext { stage: Stage::Outgoing, now: "2026-11-26T15:00:00Z".parse().unwrap() };
                fold.event(&event, Stage::Outgoing, &linter.observe(&event, context));
                continue;
            }
        };
        let change = record.change();
        let event = change.and_then(|change| change.payload.clone()).map(|payload| Document::new(payload).unwrap());
        let now = change.map(|change| change.at.wall);
        let findings = event
            .as_ref()
            .zip(now)
            .map(|(event, now)| linter.observe(event, LintContext { stage: Stage::Received, now }));
        fold.record(&record, event.as_ref(), &findings.unwrap_or_default());
    }
    fold.report("tape.ndjson".into())
}

fn record(second: u32, event: &str, received: u32) -> String {
    format!(
        r#"{{"record":"event","type":"purchase","change":"updated","event":{event},"received":{received},"captured":1,"coverage":{{"captured":2,"received":{received}}},"observed_at":"2026-11-26T14:03:{second:02}Z"}}"#
    )
}

/// A session with something of everything, and some of it hostile.
fn session() -> Report {
    let mut lines = vec![
        r#"{"record":"tape","version":1,"target":"staging · us","redacted":false,"observed_at":"2026-11-26T14:02:59Z"}"#.to_owned(),
        record(0, r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"A","price":25}]}"#, 1),
        record(5, r#"{"event":"purchase","email":"jane@example.com","order_id":"50315","revenue":"$ 31.24","coupon":"BF26","products":[{"sku":"B","price":31.24}]}"#, 2),
        record(20, r#"{"event":"purchase","order_id":"50316","revenue":19.5}"#, 4),
        r#"{"record":"gap","type":"purchase","lost":1,"observed_at":"2026-11-26T14:03:20Z"}"#.to_owned(),
        r#"{"record":"errors","errors":{"missing_identifier":3},"observed_at":"2026-11-26T14:03:21Z"}"#.to_owned(),
        r#"{"record":"request","number":1,"method":"POST","path":"/api/v1/event?x=1","status":200,"sender":null,"address":null,"took_us":240,"events":1,"head":[],"bytes":2,"body":"{}","answer":null,"observed_at":"2026-11-26T14:03:22Z"}"#.to_owned(),
        r#"{"record":"request","number":2,"method":"POST","path":"/track|<b>","status":404,"sender":null,"address":null,"took_us":240,"events":0,"refusal":{"why":"no such path: did you mean `/api/v1/event`?","event":0},"head":[],"bytes":2,"body":"{}","answer":null,"observed_at":"2026-11-26T14:03:23Z"}"#.to_owned(),
        r#"{"record":"request","number":3,"method":"POST","path":"/track|<b>","status":404,"sender":null,"address":null,"took_us":240,"events":0,"refusal":{"why":"no such path: did you mean `/api/v1/event`?","event":0},"head":[],"bytes":2,"body":"{}","answer":null,"observed_at":"2026-11-26T14:03:24Z"}"#.to_owned(),
        r#"{"record":"proof","type":"checkout","event_uuid":"7f3a","proof":"seen","after_ms":1300,"by":"marker","differences":[{"path":"/revenue","kind":"retyped","sent":1,"received":"1"},{"path":"/_bsft_ts","kind":"added","received":1}],"clues":null,"stages":[],"observed_at":"2026-11-26T14:03:30Z"}"#.to_owned(),
        r#"{"record":"proof","type":"view","event_uuid":"7f3b","proof":"missed","after_ms":null,"by":null,"differences":null,"clues":["no event of the type came since it was sent"],"stages":[],"observed_at":"2026-11-26T14:03:40Z"}"#.to_owned(),
        r#"{"record":"of a later version","observed_at":"2026-11-26T14:03:40Z"}"#.to_owned(),
    ];
    lines.extend(HOSTILE.iter().enumerate().map(|(at, text)| {
        let text = serde_json::Value::from(*text).to_string();
        format!(r#"{{"event":{text},{text}:{text},"revenue":{text},"timestamp":"2026-11-26T14:04:{at:02}Z"}}"#)
    }));
    fold(lines.iter().map(String::as_str))
}

#[test]
fn a_session_is_told_in_each_format() {
    let report = session();
    insta::assert_snapshot!("markdown", markdown(&report, Extent::FILE));
    insta::assert_snapshot!("html", html(&report, Extent::FILE));
    insta::assert_snapshot!("json", json(&report));
    insta::assert_snapshot!("csv", csv(&report));
}

#[test]
fn nothing_is_said_to_be_nothing() {
    let report = Fold::default().report("empty.ndjson".into());
    insta::assert_snapshot!("markdown_of_nothing", markdown(&report, Extent::FILE));
    assert!(html(&report, Extent::FILE).contains("There is no event in it."));
    assert!(json(&report).contains("\"events\": 0"));
    assert_eq!(csv(&report).lines().count(), 1);
}

/// What an independent parser makes of Markdown: no HTML, no link and no picture, and each table as wide as its heading.
fn assert_tame(markdown: &str) {
    let mut width = None;
    let mut cells = 0;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("{html} in {markdown}"),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                panic!("{dest_url} in {markdown}")
            }
            Event::Text(text) => assert!(!text.contains("evil") || markdown.contains("```json"), "{text} is not code"),
            Event::Start(Tag::TableHead | Tag::TableRow) => cells = 0,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(TagEnd::TableHead) => width = Some(cells),
            Event::End(TagEnd::TableRow) => assert_eq!(Some(cells), width, "{markdown}"),
            _ => {}
        }
    }
}

/// The text of each piece of code in Markdown.
fn codes(markdown: &str) -> Vec<String> {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    events.filter_map(|event| if let Event::Code(text) = event { Some(text.to_string()) } else { None }).collect()
}

#[test]
fn markdown_is_tame_and_says_names_as_they_are() {
    let markdown = markdown(&session(), Extent::FILE);
    assert_tame(&markdown);
    let codes = codes(&markdown);
    for name in ["<script>alert(1)</script>", "``x``` `", "line\\nbreak\\r\\n", " "] {
        assert!(codes.iter().any(|code| code == name), "{name:?} in {codes:#?}");
    }
    // Of a name with a bar the table has the parts.
    assert!(markdown.contains("| `a`&#124;`b` |"), "{markdown}");
}

/// Whether nothing but our own tags stands in HTML, and nothing of it asks the network.
fn assert_closed(html: &str) {
    const OURS: [&str; 34] = [
        "!doctype", "html", "head", "meta", "title", "style", "body", "header", "footer", "section", "article", "h1",
        "h2", "h3", "p", "ul", "li", "a", "b", "i", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "span",
        "div", "dl", "dt", "dd", "g",
    ];
    const MORE: [&str; 4] = ["svg", "rect", "details", "summary"];
    let (_, body) = html.split_once("</head>").unwrap();
    for tag in body.split('<').skip(1) {
        let tag = tag.trim_start_matches('/');
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        assert!(OURS.contains(&&tag[..end]) || MORE.contains(&&tag[..end]), "<{tag}");
    }
    for word in ["<script", "<img", "src=", "href=\"http", "url(", "@import", "\u{202e}", "\u{200b}"] {
        assert!(!html.contains(word) || word == "src=" && !html.contains(" src=\""), "{word}");
    }
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn html_holds_no_tag_but_its_own_and_asks_nobody() {
    assert_closed(&html(&session(), Extent::FILE));
}

#[test]
fn a_report_of_much_is_as_large_as_it_may_be_and_counts_the_rest() {
    let events: Vec<_> = (0..1_600)
        .map(|n| {
            let fields: Vec<_> =
                (0..14).map(|at| format!(r#""field_{}_{at}":"{}""#, n % 600, "x".repeat(50))).collect();
            format!(r#"{{"event":"type_{}","revenue":"$ {n}",{}}}"#, n, fields.join(","))
        })
        .collect();
    let report = fold(events.iter().map(String::as_str));
    assert_eq!(report.types.len(), 1_000);
    let left_out = report.left_out;
    assert!(left_out.events == 600 && left_out.values > 0 && left_out.findings > 0, "{left_out:?}");
    for extent in [Extent::FILE, Extent::COMMENT] {
        let (html, markdown) = (html(&report, extent), markdown(&report, extent));
        assert!(
            html.len() < extent.bytes + 20_000 && markdown.len() < extent.bytes,
            "{} {}",
            html.len(),
            markdown.len()
        );
        assert!(markdown.contains("… and ") && html.contains("… and "));
        assert_tame(&markdown);
    }
}

proptest! {
    #[test]
    fn no_name_and_no_value_gets_out_of_its_place(name in any::<String>(), field in any::<String>(), value in any::<String>()) {
        let [name, field, value] = [name, field, value].map(|text| serde_json::Value::from(text).to_string());
        let event = format!(r#"{{"event":{name},{field}:{value},"revenue":{value}}}"#);
        let report = fold([&*event]);
        assert_tame(&markdown(&report, Extent::FILE));
        assert_closed(&html(&report, Extent::FILE));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json(&report)).is_ok());
    }
}

fn told(comparison: &Comparison) -> Vec<String> {
    let told = |it: &Difference| {
        let [a, b] = it.words();
        let path = it.path.as_deref().unwrap_or_default();
        format!(
            "{}{path} {a} → {b} {}",
            it.event_type.as_str(),
            it.rule.into_iter().chain(it.findings.iter().copied()).collect::<Vec<_>>().join(" ")
        )
        .trim_end()
        .to_owned()
    };
    comparison.differences.iter().map(told).collect()
}

#[test]
fn all_and_only_the_differences_are_told() {
    let a = [
        r#"{"event":"view","email":"a@b.example","product_id":"A","price":3,"shop":{"id":1,"city":"x"}}"#,
        r#"{"event":"view","email":"a@b.example","product_id":"B","price":4,"shop":{"id":1,"city":"x"},"tags":["a"]}"#,
        r#"{"event":"search","email":"a@b.example","keywords":"x"}"#,
        r#"{"event":"booked","email":"a@b.example","day":"2026-11-26"}"#,
    ];
    let b = [
        r#"{"event":"view","email":"c@d.example","product_id":"C","price":"3","color":"red"}"#,
        r#"{"event":"view","email":"c@d.example","product_id":"D","price":"5","tags":[]}"#,
        r#"{"event":"booked","day":"2026-11-26"}"#,
    ];
    let (a, b) = (fold(a), fold(b));
    let compare = |ignored: &[&str]| {
        let ignored: Vec<Ignored> = ignored.iter().map(|text| text.parse().unwrap()).collect();
        told(&Comparison::between(&a, &b, &ignored))
    };
    let all = [
        "booked.email string in 100 % → missing identifier-missing",
        "search 1 event → missing",
        "view.price number → string",
        "view.shop object in 100 % → missing",
        "view.color missing → string in 50 %",
    ];
    assert_eq!(compare(&[]), all);
    assert_eq!(compare(&["view"]), all[..2]);
    assert_eq!(compare(&["view.price", ".color", "search", "booked.email"]), ["view.shop object in 100 % → missing"]);
    assert_eq!(told(&Comparison::between(&a, &a, &[])), [""; 0]);
    let complaint = |text: &str| text.parse::<Ignored>().unwrap().complaint(&a, &b).map(|told| told.to_string());
    for known in ["view", "view.shop.city", ".shop", ".tags[0]", "booked.email", ".color"] {
        assert_eq!(complaint(known), None, "{known}");
    }
    let nearest = "--ignore view.prize: neither side has such a type or field; the nearest is view.price";
    assert_eq!(complaint("view.prize").as_deref(), Some(nearest));
    assert_eq!(complaint("zzz").as_deref(), Some("--ignore zzz: neither side has such a type or field"));
    assert!("".parse::<Ignored>().is_err());
}

#[test]
fn what_is_rare_on_the_larger_side_is_a_note() {
    let many: Vec<_> = (0..100)
        .map(|n| {
            format!(
                r#"{{"event":"view","email":"a@b.example","product_id":"A{}"{}}}"#,
                n,
                if n == 50 { r#","coupon":"X""# } else { "" }
            )
        })
        .collect();
    let few = [r#"{"event":"view","email":"a@b.example","product_id":"A"}"#; 5];
    let comparison = Comparison::between(&fold(many.iter().map(String::as_str)), &fold(few), &[]);
    assert_eq!(told(&comparison), [""; 0], "{comparison:#?}");
    assert_eq!(comparison.notes.iter().filter_map(|it| it.path.as_deref()).collect::<Vec<_>>(), [".coupon"]);
}
