#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at what it did not expect")]

use super::*;
use crate::app::fixture::{
    CHECKOUT, PURCHASE, act, answer_scans, at, at_millis, busy, change, click, faulty, fresh, lint_all, polled, press,
    received, send, ship, taken,
};
use crate::app::layer::Layer;
use crate::app::pane::{PaneId, Tab};
use crate::app::{Model, composer};
use crate::session::{Arrival, Change, ChangeKind, Gap, Record};

fn lines(model: &Model) -> Vec<String> {
    let line = |row| match model.stream.line(row).unwrap() {
        Line::Entry(entry) => {
            let subject = entry.event_type.as_ref().map(TypeName::shown).unwrap_or_default();
            sanitized!("{} {}", subject, entry.text).trim().to_owned()
        }
        Line::Pause(pause) => pause_words(pause).to_string(),
    };
    (0..model.stream.cursor.len()).map(line).collect()
}

fn types(model: &Model) -> Vec<&str> {
    model.types.rows().map(|(name, _)| name.as_str()).collect()
}

fn came(model: &mut Model, name: &str, text: &str, second: u64) {
    let newer = change(name, ChangeKind::Updated, text, 50 + second, 1, at(second));
    send(model, polled(vec![newer], at(second)), at(second));
}

fn down(model: &mut Model, rows: usize, second: u64) {
    for _ in 0..rows {
        press(model, "j", at(second));
    }
}

fn shown(model: &Model) -> &str {
    model.inspector.shown().unwrap().event.payload.text()
}

#[test]
fn every_event_has_a_line_that_says_what_it_is_and_what_changed() {
    let mut model = fresh(120, 36);
    let known = [
        ("view", r#"{"cookie":"c","sku":"a","_bsft_ts":"2026-11-23T14:02:00Z"}"#),
        ("purchase", r#"{"customer_id":"1","order_id":"9","revenue":25,"_bsft_ts":"2026-11-23T14:01:00Z"}"#),
    ];
    let known = known.map(|(name, text)| change(name, ChangeKind::New, text, 1, 0, at(1)));
    send(&mut model, polled(known.into(), at(1)), at(1));
    came(&mut model, "purchase", r#"{"customer_id":"1","order_id":"10","revenue":31.24,"coupon":"X"}"#, 2);
    came(&mut model, "purchase", r#"{"customer_id":"1","order_id":"11","revenue":31.24,"coupon":"X"}"#, 3);
    let earlier = change("purchase", ChangeKind::Earlier, r#"{"order_id":"8"}"#, 60, 1, at(4));
    let several = change("view", ChangeKind::Updated, r#"{"cookie":"c","sku":"b"}"#, 60, 3, at(4));
    let count = change("view", ChangeKind::Unchanged, "", 61, 1, at(4));
    let first = change("search", ChangeKind::New, r#"{"keywords":"coats"}"#, 1, 1, at(4));
    send(&mut model, polled(vec![earlier, several, count, first], at(4)), at(4));
    let expected = [
        "search new type · search coats · 1 field",
        "view 1 received, and the newest event is the same",
        "view 3 came, 1 of them captured · sku b · −_bsft_ts",
        "purchase from before the newest · order 8 · 1 field",
        "purchase order 11 · otherwise the same as the one before",
        "purchase order 10 · revenue 25 → 31.24 · +coupon · −_bsft_ts",
        "connected: 2 event types are known",
        "view sku a · 3 fields",
        "purchase order 9 · 4 fields",
    ];
    assert_eq!(lines(&model), expected, "what was there before stands below, the newest of it first");
}

#[test]
fn what_the_history_gives_back_stands_where_it_came() {
    let mut model = fresh(120, 36);
    send(&mut model, polled(vec![], at(1)), at(1));
    came(&mut model, "view", r#"{"sku":"a"}"#, 2);
    came(&mut model, "view", r#"{"sku":"c"}"#, 8);
    let text = r#"{"sku":"b","_bsft_ts":"2026-11-23T14:03:05Z"}"#;
    let back = Change { arrival: Arrival::Backfill, ..change("view", ChangeKind::Earlier, text, 60, 1, at(9)) };
    send(&mut model, polled(vec![back], at(9)), at(9));
    let told = lines(&model);
    assert!(told[0].starts_with("view sku c") && told[2].starts_with("view sku a"), "{told:?}");
    assert_eq!(told[1], "view from before the newest · sku b · 2 fields");
}

#[test]
fn a_number_that_becomes_known_late_takes_the_place_of_the_line_without_one() {
    let mut model = fresh(120, 36);
    send(&mut model, polled(vec![], at(1)), at(1));
    let gap = |lost: Option<u64>, late, second| {
        let unless = lost.is_none().then_some(50);
        Record::Gap(Gap { event_type: "view".into(), lost, unless, late, at: at(second) })
    };
    let mut tell = |record| send(&mut model, crate::app::Message::Records(vec![record]), at(9));
    tell(gap(None, false, 2));
    tell(gap(Some(30), true, 9));
    // Where there are two, it stands for both.
    tell(gap(None, false, 10));
    tell(gap(None, false, 11));
    tell(gap(Some(7), true, 12));
    tell(gap(Some(1), true, 13));
    let some = "view at least one event lost before the next one, unless exactly 50 came";
    let expected = ["view 1 event lost before the newest one", "view 7 events lost before the newest one", some, some];
    assert_eq!(lines(&model)[..4], expected);
    assert_eq!(lines(&model)[4], "view 30 events lost before the next one");
}

#[test]
fn what_was_lost_stands_below_the_events_that_the_history_gave_back_after_it() {
    let mut model = fresh(120, 36);
    send(&mut model, polled(vec![], at(1)), at(1));
    came(&mut model, "view", r#"{"sku":"a"}"#, 2);
    for paused in [false, true] {
        let second = if paused { 20 } else { 8 };
        if paused {
            press(&mut model, "space", at(second));
        }
        let gap = Gap { event_type: "view".into(), lost: Some(3), unless: None, late: false, at: at(second) };
        let text = format!(r#"{{"sku":"b{second}","_bsft_ts":"2026-11-23T14:03:{:02}Z"}}"#, second - 2);
        let back = change("view", ChangeKind::Updated, &text, 60, 1, at(second));
        let back = Change { arrival: Arrival::Backfill, ..back };
        let newest = change("view", ChangeKind::Updated, &format!(r#"{{"sku":"c{second}"}}"#), 60, 1, at(second));
        let records = vec![Record::Gap(gap), Record::Change(back), Record::Change(newest)];
        send(&mut model, crate::app::Message::Records(records), at(second));
        if paused {
            press(&mut model, "space", at(second));
        }
        let told = lines(&model);
        assert!(told[0].starts_with(&format!("view sku c{second}")), "{told:?}");
        assert!(told[1].starts_with(&format!("view sku b{second}")), "{told:?}");
        assert_eq!(told[2], "view 3 events lost before the next one");
    }
}

#[test]
fn a_line_opens_its_event_as_it_was_and_back_goes_to_the_line() {
    for zoom in ["", " z"] {
        let mut model = busy(120, 36);
        for order in 1..=3 {
            came(&mut model, "purchase", &format!(r#"{{"order_id":"{order}"}}"#), 20 + order);
        }
        press(&mut model, &format!("tab tab{zoom} j"), at(24));
        assert_eq!(lines(&model)[1], "purchase order 2 · otherwise the same as the one before");
        press(&mut model, "enter", at(24));
        assert_eq!((model.focus, shown(&model)), (PaneId::Inspector, r#"{"order_id":"2"}"#));
        assert_eq!(model.types.selected().unwrap().0.as_str(), "purchase");
        assert_eq!(model.inspector.shown().unwrap().newer, 1);
        came(&mut model, "purchase", r#"{"order_id":"4"}"#, 25);
        assert_eq!(shown(&model), r#"{"order_id":"2"}"#, "it holds still");
        press(&mut model, "esc", at(26));
        assert_eq!((model.focus, model.zoomed), (PaneId::Stream, !zoom.is_empty()));
        let chosen = model.stream.selected().unwrap();
        assert_eq!(chosen.text, "order 2 · otherwise the same as the one before", "newer lines do not move it");
        press(&mut model, "g enter", at(27));
        assert_eq!((shown(&model), model.inspector.shown().unwrap().held), (r#"{"order_id":"4"}"#, false));
    }
}

#[test]
fn a_click_opens_a_line_too_also_of_a_type_that_the_filter_leaves_out() {
    let mut model = busy(120, 36);
    came(&mut model, "purchase", r#"{"order_id":"1"}"#, 21);
    came(&mut model, "purchase", r#"{"order_id":"2"}"#, 22);
    press(&mut model, "/ v i e w enter", at(22));
    let stream = model.layout().unwrap().stream.unwrap();
    click(&mut model, stream.x + 20, stream.y + 2, at(22));
    assert_eq!((model.focus, shown(&model)), (PaneId::Inspector, r#"{"order_id":"1"}"#));
    came(&mut model, "view", r#"{"sku":"z"}"#, 23);
    assert_eq!(shown(&model), r#"{"order_id":"1"}"#, "and it stays on show");
}

#[test]
fn findings_troubles_and_what_was_sent_open_as_what_they_are() {
    let mut model = faulty(120, 36);
    came(&mut model, "view", r#"{"cookie":"c","sku":"a","page":"undefined"}"#, 21);
    lint_all(&mut model, at(21));
    press(&mut model, "tab tab", at(21));
    let row = lines(&model).iter().position(|line| line.starts_with("view page: a missing value")).unwrap();
    down(&mut model, row, 21);
    press(&mut model, "enter", at(21));
    assert_eq!(model.tab(), Tab::Findings);
    assert_eq!(model.inspector.finding(&model.context(at(21))).unwrap().place(), "page");

    let mut model = busy(120, 36);
    let problem = crate::event::Note(sanitized!("a long story {}", crate::event::Sanitized::repeated("and on ", 80)));
    send(&mut model, crate::app::Message::Records(vec![Record::Note { at: at(21), note: problem }]), at(21));
    press(&mut model, "tab tab enter", at(21));
    let Some(Layer::Pager(pager)) = model.layers.last() else { panic!("{:?}", model.layers) };
    assert!(pager.visible().count() > 3, "all of it can be read");

    let mut model = busy(120, 36);
    press(&mut model, "c enter", at(20));
    press(&mut model, "esc", at(20));
    ship(&mut model, CHECKOUT, at(20));
    send(&mut model, taken(1, 0, 1), at_millis(20_088));
    send(&mut model, received(at(21)), at(21));
    press(&mut model, "tab tab", at(22));
    let row = lines(&model).iter().position(|line| line.contains("sent as probe")).unwrap();
    down(&mut model, row, 22);
    press(&mut model, "enter", at(22));
    assert_eq!(model.composing().unwrap().tab, composer::ComposerTab::Proof);
    // The proof of an earlier one too, until another is sent.
    press(&mut model, "esc", at(23));
    ship(&mut model, &CHECKOUT.replace("0002", "0003"), at(23));
    press(&mut model, "enter", at(24));
    assert_eq!((model.composer.proof().batch(), model.outbox.count()), (1, 2));
    let rows = crate::app::proof::rows(&model.outbox, 1, 60);
    assert!(
        matches!(&rows[0], crate::app::proof::ProofRow::Sentence { text, .. } if text == "batch 1 of the 2 that were sent")
    );
    ship(&mut model, &CHECKOUT.replace("0002", "0004"), at(25));
    send(&mut model, crate::app::Message::Woke, at(25));
    assert_eq!(model.composer.proof().batch(), 3);
}

#[test]
fn the_stream_narrows_to_one_visitor_with_the_pauses_and_escape_gives_it_back() {
    let mut model = fresh(120, 36);
    send(&mut model, polled(vec![], at(1)), at(1));
    let journey = [
        ("view", r#"{"customer_id":"1","cookie":"c","sku":"a"}"#, 2),
        ("view", r#"{"customer_id":"2","sku":"b"}"#, 3),
        ("view", r#"{"customer_id":"1","cookie":"c","sku":"b"}"#, 5),
        ("checkout", r#"{"cookie":"c","sku":"b"}"#, 245),
        ("purchase", r#"{"customer_id":"1","order_id":"9"}"#, 250),
        ("refund", r#"{"order_id":"9"}"#, 400),
    ];
    for (name, text, second) in journey {
        came(&mut model, name, text, second);
    }
    press(&mut model, "tab tab z j", at(401));
    let all = lines(&model);
    let effects = press(&mut model, "*", at(401));
    answer_scans(&mut model, &effects, "");
    assert_eq!(
        model.queries.narrowing().unwrap().line(model.session.history.held(), 80),
        "* order_id 9 · 2 of 6 events, 2 types · esc shows all"
    );
    assert_eq!(types(&model), ["refund", "purchase"], "the table follows");
    assert_eq!(lines(&model), ["refund order 9 · 1 field", "2 min later", "purchase order 9 · 2 fields"]);
    assert_eq!(model.stream.selected().unwrap().text, "order 9 · 2 fields", "the cursor stays on the line");
    let effects = press(&mut model, "*", at(402));
    assert_eq!(model.toast.as_ref().unwrap().text, "only customer_id 1 · * again: order_id");
    let of_customer = ["purchase order 9 · 2 fields", "4 min later", r#"view sku b · customer_id "2" → "1" · +cookie"#];
    assert_eq!(lines(&model).get(..3).unwrap(), of_customer);
    assert_eq!(model.stream.left(), Some(3));
    answer_scans(&mut model, &effects, "");
    assert_eq!(types(&model), ["purchase", "view"]);
    let view = "view".into();
    let (left, held) = (model.versions().count(&view), model.session.history.count(&view));
    assert_eq!((left, held), (2, 3), "and so does the list of the past");
    press(&mut model, "b", at(403));
    assert_eq!(lines(&model)[0], "step 1", "a step is everyone's");
    press(&mut model, "esc", at(404));
    assert!(model.queries.narrowing().is_none() && model.zoomed, "one level at a time");
    assert_eq!(types(&model).len(), 4);
    assert_eq!(lines(&model)[1..], all);
    press(&mut model, "g *", at(405));
    assert!(model.toast.as_ref().unwrap().bad, "a rule is about nobody");
}

#[test]
fn what_comes_while_the_screen_is_held_has_its_lines_afterwards() {
    let mut model = busy(120, 36);
    let before = model.stream.total();
    press(&mut model, "space", at(20));
    for order in 1..=5 {
        came(&mut model, "purchase", &format!(r#"{{"order_id":"{order}"}}"#), 20 + order);
    }
    assert_eq!(model.stream.total(), before);
    press(&mut model, "space", at(30));
    assert_eq!(model.stream.total(), before + 5);
    assert!(lines(&model)[0].starts_with("purchase order 5"), "{:?}", lines(&model));
}

#[test]
fn an_event_that_is_no_longer_held_is_told_of() {
    let setup = crate::app::Setup { history_limit: 0, ..crate::app::fixture::setup(120, 36) };
    let mut model = Model::new(setup);
    send(&mut model, polled(vec![], at(1)), at(1));
    came(&mut model, "purchase", PURCHASE, 2);
    came(&mut model, "purchase", r#"{"order_id":"2"}"#, 3);
    press(&mut model, "tab tab", at(4));
    let row = lines(&model).iter().position(|line| line.starts_with("purchase order 50314")).unwrap();
    down(&mut model, row, 4);
    press(&mut model, "enter", at(4));
    assert!(model.toast.as_ref().unwrap().text.contains("no longer held"));
    assert_eq!(model.focus, PaneId::Stream);
    act(&mut model, Action::OnlyThis, at(5));
    assert!(model.queries.narrowing().is_none() && model.toast.as_ref().unwrap().bad);
}
