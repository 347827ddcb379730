#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use proptest::prelude::*;

use super::*;
use crate::app::composer::{ComposerTab, Composition};
use crate::app::fixture::{self, at, busy, click, composing, judge, judged, press, send, type_in};
use crate::app::layer::Layer;
use crate::app::{Effect, Message, Model, Outcome};
use crate::event::catalogue::Catalogue;
use crate::lint::Severity;

/// Rules, paths and what is marked.
type Marked = [(&'static str, &'static str, &'static str)];

/// The findings in a draft, sent on a day in November 2026.
fn found(draft: &str) -> Option<DraftFindings> {
    let question = Question {
        number: 1,
        draft: draft.to_owned(),
        now: "2026-11-24T12:00:00Z".parse().unwrap(),
        seed: 7,
        seq: 1,
        email: "me@acme.com".to_owned(),
        environment: [("WHEN".to_owned(), "11/25/2026".to_owned()), ("KEY".to_owned(), "qty".to_owned())].into(),
    };
    question.answer(&Linter::default())
}

/// The rule, the path, and what of the draft is marked.
fn marked(draft: &str) -> Vec<(&'static str, String, String)> {
    let editor = Editor::new(draft);
    let told = |placed: Placed| (placed.finding.rule.id, placed.finding.path.pointer(), editor.text_of(placed.mark));
    found(draft).unwrap().list.into_iter().map(told).collect()
}

/// The draft after the first fix; `None` when there is none to make.
fn fixed_once(draft: &str) -> Option<(String, Finding)> {
    let list = found(draft).unwrap().list;
    let (finding, range, text) = list.into_iter().find_map(|placed| match placed.repair {
        Some(Repair::Edit { range, text }) => Some((placed.finding, range, text)),
        _ => None,
    })?;
    let mut editor = Editor::new(draft);
    editor.replace(range, &text);
    Some((editor.text(), finding))
}

fn draft(model: &Model) -> String {
    model.composer.composition().unwrap().editor.text()
}

fn findings(model: &Model) -> &ComposerFindings {
    &model.composer.composition().unwrap().findings
}

fn cursor(model: &Model) -> (usize, usize) {
    let Place { line, byte } = model.composer.composition().unwrap().editor.cursor();
    (line, byte)
}

fn toast(model: &Model) -> &str {
    model.toast.as_ref().map_or("", |toast| &*toast.text)
}

/// The text marked on the screen now.
fn shown(model: &Model) -> Vec<String> {
    let composition = model.composer.composition().unwrap();
    let editor = &composition.editor;
    composition.findings.on(0..99, editor).map(|(_, mark)| editor.text_of(mark.clone())).collect()
}

/// Presses keys, each answered before the next.
fn press_and_wait(model: &mut Model, keys: &str) {
    for key in keys.split(' ') {
        let mut effects = press(model, key, at(30));
        while !effects.is_empty() {
            effects = judge(model, &effects, at(30));
        }
    }
}

const CART: &str = "{\n  \"event\": \"add_to_cart\",\n  \"email\": \"jane.doe@acme.com\",\n  \"when_at\": \"11/25/2026\",\n  \"products\": [{ \"sku\": \"1\", \"qty\": 2 }]\n}";

#[test]
fn each_finding_shows_at_its_place_in_the_draft() {
    let who = r#""customer_id": "1""#;
    let cases: [(String, &Marked); 11] = [
        (format!(r#"{{"event": "x", {who}}}"#), &[]),
        (format!(r#"{{"event": "a.b", {who}}}"#), &[("event-name-period", "/event", "\"a.b\"")]),
        (r#" { "event": "x"}"#.into(), &[("identifier-missing", "", "{")]),
        (
            format!(r#"{{"event": "x", {who}, "n": {{{{epoch}}}}, "seen_at": "11/25/2026"}}"#),
            &[("date-format", "/seen_at", "\"11/25/2026\"")],
        ),
        (
            format!(r#"{{"event": "x", {{{{now}}}}: {{{{env.WHEN}}}}, {who}, "\u0061_date": "{{{{env.WHEN}}}}"}}"#),
            &[
                ("date-format", "/2026-11-24T12:00:00.000Z", "{{env.WHEN}}"),
                ("date-format", "/a_date", "\"{{env.WHEN}}\""),
            ],
        ),
        (
            format!(r#"{{"event": "x", {who}, "_bsft_x": {{"a": [1]}}}}"#),
            &[("reserved-name", "/_bsft_x", "\"_bsft_x\"")],
        ),
        (
            format!("{{\"event\": \"x\", {who}, \"items\": [\n{{\"sku\": \"1\"}}]}}"),
            &[("products-name", "/items", "\"items\"")],
        ),
        (
            r#"[{"event": "x"}, {"event": "y", "email": " a@b.co"}]"#.into(),
            &[("identifier-missing", "/0", "{"), ("email-format", "/1/email", "\" a@b.co\"")],
        ),
        (
            r#"{"events": [{"event": "y", "email": " a@b.co"}, {"event": "x"}]}"#.into(),
            &[("email-format", "/events/0/email", "\" a@b.co\""), ("identifier-missing", "/events/1", "{")],
        ),
        (
            format!(r#"{{"event": "x", {who}, "is_paid": "TRUE", "is_paid": "FALSE"}}"#),
            &[
                ("boolean-spelling", "/is_paid", "\"TRUE\""),
                ("field-twice", "/is_paid", "\"TRUE\""),
                ("boolean-spelling", "/is_paid", "\"FALSE\""),
            ],
        ),
        (
            format!("{{\"event\": \"é\", {who},\n\"日本\": 1, \"seen_at\":\n  \"11/25/2026\"}}"),
            &[("date-format", "/seen_at", "\"11/25/2026\"")],
        ),
    ];
    for (draft, expected) in cases {
        let expected: Vec<_> =
            expected.iter().map(|(rule, path, text)| (*rule, (*path).to_owned(), (*text).to_owned())).collect();
        assert_eq!(marked(&draft), expected, "{draft}");
    }
    for unreadable in ["", "{", r#"{"a": "{{nwo}}"}"#, r#"{"a": {{env.NOTHING}}}"#, "[1,]"] {
        assert_eq!(found(unreadable), None, "{unreadable}");
    }
}

#[test]
fn a_fix_changes_what_is_wrong_and_not_a_byte_beside_it() {
    let cases = [
        ("  \"seen_at\":\n\t\"11/25/2026\" ", "  \"seen_at\":\n\t\"2026-11-25\" "),
        (r#""is_paid" : "TRUE""#, r#""is_paid" : true"#),
        (r#""products":[{"sku" : "1",  "qty" :1.50}]"#, r#""products":[{"sku" : "1",  "quantity" :1.50}]"#),
        (
            "\"products\": {\n    \"sku\": \"{{env.KEY}} 1\"\n  }",
            "\"products\": [{\n    \"sku\": \"{{env.KEY}} 1\"\n  }]",
        ),
        (r#""items": [{"sku": {{uuid}}}]"#, r#""products": [{"sku": {{uuid}}}]"#),
        ("\"_bsft_x\": {\"a\": \"{{now}}\"},\n  \"b\": 1", "\"b\": 1"),
        ("\"b\": 1 ,\n  \"_bsft_x\": 1\n", "\"b\": 1\n"),
        ("\"b\": 1, \"_bsft_x\": [\n\n], \"c\": 1", "\"b\": 1, \"c\": 1"),
    ];
    for (before, after) in cases {
        let around = |fields: &str| format!("{{\"event\": \"x\", \"email\": \"jane@acme.com\",{fields}}}");
        let (fixed, _) = fixed_once(&around(before)).unwrap();
        assert_eq!(fixed, around(after));
    }
    assert_eq!(fixed_once("{ \"_bsft_x\": 1 }").unwrap().0, "{}", "the only field");
    let envelope = r#"{"type":"track","event":"x","userId":"7","properties":{"plan":"gold"}}"#;
    let lifted = "{\n  \"event\": \"x\",\n  \"customer_id\": \"7\",\n  \"plan\": \"gold\"\n}";
    assert_eq!(fixed_once(envelope).unwrap().0, lifted, "the fields of another platform's event");
    let with_placeholder = envelope.replace("gold", "{{email}}");
    let lift = found(&with_placeholder).unwrap().list.into_iter().find(|it| it.finding.rule.id == "envelope").unwrap();
    assert_eq!(lift.repair, None, "what is written in it would be lost");
}

#[test]
fn what_a_placeholder_makes_is_not_written_over() {
    let cases = [
        (r#""seen_at": "{{env.WHEN}}""#, "{{env.WHEN}}"),
        (r#""seen_at": {{ env.WHEN }}"#, "{{ env.WHEN }}"),
        (r#""placed_at": {{epoch}}"#, "{{epoch}}"),
        (r#""email": " {{email}}""#, "{{email}}"),
        (r#""products": [{"sku": "1", {{env.KEY}}: 1}]"#, "{{env.KEY}}"),
    ];
    for (field, placeholder) in cases {
        let list = found(&format!(r#"{{"event": "x", "customer_id": "1", {field}}}"#)).unwrap().list;
        let repairs: Vec<_> = list.into_iter().filter_map(|placed| placed.repair).collect();
        assert_eq!(repairs, [Repair::Placeholder(placeholder.to_owned())], "{field}");
    }
}

#[test]
fn of_very_many_findings_the_worst_are_told_and_all_are_counted() {
    let events = r#"{"event": "x", "customer_id": "1", "is_paid": "TRUE"},"#.repeat(MOST + 7);
    let draft = format!(r#"[{events} {{"event": "a.b", "customer_id": "1"}}]"#);
    let DraftFindings { list, counts } = found(&draft).unwrap();
    assert_eq!(list.len(), MOST);
    assert_eq!(list.last().unwrap().finding.severity, Severity::Error);
    assert_eq!(counts.summary(), "1 error, 1,007 warnings");
    assert_eq!(
        (SeverityCounts::default().summary().to_string(), SeverityCounts { notes: 2, ..counts }.worst()),
        (String::new(), Some(Severity::Error))
    );
}

#[test]
fn the_catalogues_own_templates_and_an_event_sent_again_have_nothing_wrong() {
    for name in ["purchase", "identify", "bulk", "subscription_start", "view"] {
        let mut model = busy(120, 36);
        press(&mut model, "c", at(20));
        let effects = type_in(&mut model, &format!("^{name}\\ new$\n"), at(20));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::LintDraft(_))), "{name}: {effects:?}");
        judge(&mut model, &effects, at(20));
        assert!(draft(&model).contains(name) || name == "bulk", "{name}: {}", draft(&model));
        assert_eq!(findings(&model).counts(), SeverityCounts::default(), "{name}: {:?}", findings(&model));
    }
    let mut model = busy(120, 36);
    let effects = press(&mut model, "/ p u r c h enter e", at(20));
    judge(&mut model, &effects, at(20));
    let told: Vec<_> = findings(&model).list.iter().map(|placed| placed.finding.rule.id).collect();
    assert!(!told.contains(&"reserved-name") && !told.contains(&"event-uuid-format"), "{told:?}");
}

#[test]
fn each_text_is_asked_about_once_and_an_older_answer_is_passed_over() {
    let mut model = composing(120, 36, "");
    let asked = |effects: &[Effect]| -> Vec<String> {
        let draft = |effect: &Effect| match effect {
            Effect::LintDraft(question) => Some(question.draft.clone()),
            _ => None,
        };
        effects.iter().filter_map(draft).collect()
    };
    let first = send(&mut model, Message::Paste(r#"{"event": "a.b"}"#.into()), at(21));
    assert_eq!(asked(&first), [r#"{"event": "a.b"}"#]);
    for (keys, again) in [("left", None), ("x", Some(r#"{"event": "a.b"x}"#)), ("^z", Some(r#"{"event": "a.b"}"#))] {
        let effects = press(&mut model, keys, at(21));
        assert_eq!(asked(&effects), again.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{keys}");
    }
    judge(&mut model, &first, at(22));
    assert_eq!(findings(&model).counts(), SeverityCounts::default(), "the text is the same again, yet nobody said so");
    let last = press(&mut model, "space", at(22));
    judge(&mut model, &last, at(22));
    assert_eq!(findings(&model).counts().summary(), "2 errors");
    assert_eq!(shown(&model), ["{", "\"a.b\""]);
}

#[test]
fn what_is_known_stays_in_its_place_until_more_is_known() {
    let mut model = judged(120, 36, CART);
    assert_eq!(shown(&model), ["\"11/25/2026\"", "\"qty\""]);
    press(&mut model, "^Home end", at(30));
    let effects = type_in(&mut model, "\n\"note\": \"", at(30));
    assert_eq!(shown(&model), ["\"11/25/2026\"", "\"qty\""], "moved, and there");
    assert!(!findings(&model).are_stale());
    judge(&mut model, &effects, at(30));
    assert!(findings(&model).are_stale(), "a draft that is no JSON keeps what was known before");
    assert_eq!((shown(&model).len(), findings(&model).counts().summary().to_string()), (2, "2 warnings".to_owned()));
    assert!(!model.can(crate::app::keymap::Action::Fix, at(20)));
    press(&mut model, "^f", at(30));
    assert!(toast(&model).contains("not valid JSON yet"), "{}", toast(&model));
    let effects = type_in(&mut model, "\",", at(30));
    judge(&mut model, &effects, at(30));
    assert!(!findings(&model).are_stale() && model.can(crate::app::keymap::Action::Fix, at(20)));
    assert_eq!(findings(&model).counts().summary(), "2 warnings, 1 note", "the empty note");
    let edited = Outcome::Edited { draft: model.composer.composition().unwrap().id.clone(), text: "nothing".into() };
    let effects = send(&mut model, Message::Done(edited), at(31));
    judge(&mut model, &effects, at(31));
    assert_eq!(
        (findings(&model).counts(), shown(&model).len()),
        (SeverityCounts::default(), 0),
        "nothing is left of it"
    );
}

#[test]
fn what_is_being_typed_is_not_shouted_at() {
    let mut model = judged(120, 36, r#"{"event": "x", "email": "", "seen_at": "11/25/2026"}"#);
    let quiet = |model: &Model| -> Vec<bool> {
        let Composition { findings, editor, .. } = model.composer.composition().unwrap();
        findings.on(0..1, editor).map(|(_, mark)| findings.is_quiet(mark, editor)).collect()
    };
    press(&mut model, "F8 right", at(30));
    let effects = type_in(&mut model, "jane@", at(30));
    judge(&mut model, &effects, at(30));
    assert_eq!((shown(&model).len(), quiet(&model)), (2, vec![true, false]), "{:?}", shown(&model));
    press(&mut model, "right", at(30));
    assert_eq!(quiet(&model), [false; 2], "whoever goes on has written it");
}

#[test]
fn a_key_fixes_one_finding_after_the_other_from_the_cursor_on() {
    let mut model = judged(120, 36, CART);
    press_and_wait(&mut model, "down down down ^f");
    assert_eq!(draft(&model), CART.replace("11/25/2026", "2026-11-25"));
    assert_eq!(toast(&model), "when_at: \"11/25/2026\" → \"2026-11-25\"; ^Z takes it back");
    assert_eq!(cursor(&model), (3, 25), "the cursor stands behind it");
    press_and_wait(&mut model, "^f");
    let fixed = CART.replace("11/25/2026", "2026-11-25").replace("qty", "quantity");
    assert_eq!(draft(&model), fixed);
    assert_eq!(toast(&model), "products[0].qty: \"qty\" → \"quantity\"; ^Z takes it back");
    press_and_wait(&mut model, "^f");
    assert_eq!((draft(&model), toast(&model)), (fixed, "nothing is known to be wrong"));
    press_and_wait(&mut model, "^z ^z");
    assert_eq!(draft(&model), CART, "each is taken back by itself");

    let mut model = judged(120, 36, &CART.replace("\"email\"", "\"_bsft_a\": 1, \"email\""));
    press_and_wait(&mut model, "^f");
    assert_eq!((draft(&model), toast(&model)), (CART.to_owned(), "_bsft_a is taken out; ^Z takes it back"));
}

#[test]
fn a_fix_that_is_asked_for_too_early_is_made_once_it_is_known() {
    let mut model = judged(120, 36, CART);
    let first = press(&mut model, "^f", at(30));
    assert_eq!(press(&mut model, "^f", at(30)), [], "what the first did is looked at");
    assert!(draft(&model).contains("qty"));
    let second = judge(&mut model, &first, at(30));
    assert!(matches!(&second[..], [Effect::KeepDraft { .. }, Effect::LintDraft(_)]), "{second:?}");
    assert_eq!(draft(&model), CART.replace("11/25/2026", "2026-11-25").replace("qty", "quantity"));

    let mut model = judged(120, 36, CART);
    let effects = press(&mut model, "^f", at(30));
    press(&mut model, "^f down", at(30));
    assert_eq!(judge(&mut model, &effects, at(30)), [], "somebody who goes on does something else");
    assert!(draft(&model).contains("qty"));
}

#[test]
fn what_cannot_be_fixed_says_why() {
    let cases = [
        (r#"{"event": "x", "customer_id": "1"}"#, "nothing is known to be wrong"),
        (r#"{"event": "a.b", "customer_id": "1"}"#, "there is no certain fix for the findings here"),
        (
            r#"{"event": "x", "customer_id": "1", "placed_at": {{epoch}}}"#,
            "{{epoch}} makes placed_at: put the value in its place to fix it",
        ),
    ];
    for (text, said) in cases {
        let mut model = judged(120, 36, text);
        press_and_wait(&mut model, "^f");
        assert_eq!((toast(&model), draft(&model).as_str()), (said, text));
    }
    let text = "{\"event\": \"x\", \"customer_id\": \"1\",\n\"placed_at\": {{epoch}},\n\"seen_at\": \"11/25/2026\"}";
    let mut model = judged(120, 36, text);
    press_and_wait(&mut model, "down ^f");
    assert!(toast(&model).starts_with("{{epoch}} makes placed_at"), "on its line it is meant: {}", toast(&model));
    press_and_wait(&mut model, "up ^f");
    assert_eq!(draft(&model), text, "another than the one that is spoken of is shown first");
    assert_eq!((cursor(&model).0, toast(&model)), (2, "seen_at can be fixed: press ^F again"));
    press_and_wait(&mut model, "^f");
    assert!(draft(&model).contains("2026-11-25"));
}

#[test]
fn the_findings_are_gone_through_by_keys_and_by_a_click() {
    let mut model = judged(120, 36, CART);
    let (date, quantity) = ((3, 13), (4, 29));
    for (key, place) in [
        ("F8", date),
        ("F8", quantity),
        ("F8", date),
        ("shift-F8", quantity),
        ("shift-F8", date),
        ("shift-F8", quantity),
    ] {
        press(&mut model, key, at(30));
        assert_eq!(cursor(&model), place, "{key}");
    }
    press(&mut model, "^Home", at(30));
    let area = model.composer.areas().findings;
    click(&mut model, area.x + 4, area.y, at(30));
    assert_eq!(cursor(&model), date);
    let mut model = judged(120, 36, r#"{"event": "x", "customer_id": "1"}"#);
    press(&mut model, "F8", at(30));
    assert_eq!((toast(&model), model.composer.areas().findings.height), ("nothing is known to be wrong", 0));
}

#[test]
fn the_nearest_place_is_told_with_the_worst_there_first() {
    let mut model = judged(120, 36, "{\n\n\"seen_at\": \"11/25/2026\"}");
    let nearest = |model: &Model| {
        let composition = model.composer.composition().unwrap();
        let (mark, here) = composition.findings.nearest(&composition.editor).unwrap();
        let rules: Vec<_> = here.iter().map(|placed| placed.finding.rule.id).collect();
        (mark.start.line, rules)
    };
    let (line, here) = nearest(&model);
    assert_eq!((line, here), (0, vec!["event-name-missing", "identifier-missing"]));
    press(&mut model, "down down", at(30));
    assert_eq!(nearest(&model), (2, vec!["date-format"]));
}

#[test]
fn findings_never_forbid_sending_and_production_is_told_of_errors() {
    let wrong = r#"{"event": "x", "email": " jane@acme.com", "seen_at": "11/25/2026"}"#;
    let mut model = judged(120, 36, wrong);
    assert_eq!(model.composer.errors(), 1);
    let effects = press(&mut model, "^s", at(30));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Send { .. })), "{effects:?}");
    assert_eq!(model.composing().unwrap().tab, ComposerTab::Proof);
    let mut model = judged(120, 36, wrong);
    model.sending.safety.production = true;
    press(&mut model, "^f ^s", at(30));
    assert!(matches!(model.layers.last(), Some(Layer::Confirm(_))));
    let rows = model.layers.last().unwrap().area(model.size).height;
    fixture::press(&mut model, "esc", at(30));
    let mut clean = judged(120, 36, &wrong.replace(" jane", "jane"));
    clean.sending.safety.production = true;
    press(&mut clean, "^s", at(30));
    assert_eq!(rows, clean.layers.last().unwrap().area(clean.size).height, "the fixed error is counted no more");
}

/// Ways to break a draft, each known to have a sure fix.
const BREAKS: &[(&str, &str)] = &[
    ("\"event\":", "\"_bsft_seen\": { \"at\": \"{{now}}\" }, \"event\":"),
    ("\"event\":", "\"is_member\": \"TRUE\",\n\t\"event\":"),
    ("\"event\":", "\"seen_at\":\"11/25/2026\",\"event\":"),
    ("\"event\":", "\"placed_at\": 1758104814, \"event\":"),
    ("\"event\":", "\"amount\": \"$ 79.95\", \"event\":"),
    ("\"event\":", "\"event_uuid\": \"2F1D6A526F0E4C558E571F9B6A1F0D3C\",\n  \"event\":"),
    ("\"event\":", "\"device_type\": \"iphone\", \"event\":"),
    ("\"quantity\"", "\"qty\""),
    ("\"products\"", "\"items\""),
    ("\"event\": \"", "\"event\": \" "),
    ("_to_cart\"", "ToCart\""),
    ("\"purchase\"", "\"Purchase\""),
    ("\"USD\"", "\"usd\""),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn all_sure_fixes_one_after_the_other_set_right_whatever_was_broken(
        template in any::<prop::sample::Index>(),
        breaks in prop::collection::vec(prop::sample::select(BREAKS), 0..6),
        minified in any::<bool>(),
    ) {
        let templates: Vec<_> = Catalogue::standard().templates().collect();
        let mut text = template.get(&templates).text.clone();
        for (right, wrong) in breaks {
            text = text.replacen(right, wrong, 1);
        }
        if minified {
            text = text.lines().map(str::trim).collect();
        }
        let count = found(&text).unwrap().list.len();
        let mut fixes = 0;
        while let Some((fixed, finding)) = fixed_once(&text) {
            fixes += 1;
            prop_assert!(fixes <= count * 2, "no end of fixes: {}", text);
            prop_assert_eq!(syntax::check(&fixed), Ok(()), "{}", fixed);
            let after = found(&fixed).unwrap().list;
            let again = after.iter().any(|placed| placed.finding == finding);
            // Of two fields of one name there may be another.
            prop_assert!(!again || after.len() < found(&text).unwrap().list.len(), "{:?} is not fixed in {}", finding, fixed);
            text = fixed;
        }
        let left: Vec<_> = found(&text).unwrap().list.into_iter().filter(|placed| placed.finding.fix.is_some()).collect();
        prop_assert!(left.iter().all(|placed| matches!(placed.repair, Some(Repair::Placeholder(_)))), "{:?}", left);
    }

    #[test]
    fn no_draft_breaks_it(text in "([{}\\[\\]\":, \\n]|\\{\\{(now|epoch|x)\\}\\}|\"(event|email|qty|items|_bsft_a)\"|TRUE|1|é){0,30}") {
        if let Some(DraftFindings { list, .. }) = found(&text) {
            let editor = Editor::new(&text);
            for placed in list {
                prop_assert!(!editor.text_of(placed.mark.clone()).is_empty() && placed.mark.start.line == placed.mark.end.line);
            }
        }
    }
}
