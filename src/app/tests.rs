//! Tests of the model: keys, clicks and records in, effects and a new model out.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::time::Duration;

use jiff::SignedDuration;

use super::changes::{Changes, Pair};
use super::connection_status::ConnectionState;
use super::fixture::{
    FAULTY, PURCHASE, act, at, at_millis, busy, change, click, collecting, failed, faulty, fresh, lint_all, linted,
    polled, press, replaying, send, setup, type_in,
};
use super::keymap::Action;
use super::layer::Layer;
use super::pane::diff::DiffRow;
use super::pane::stream::{About, Entry};
use super::pane::types::{Column, Mark};
use super::pane::{Pane, PaneId, Tab};
use super::places::places;
use super::reporting::{ReportFormat, ReportTo};
use super::{Effect, Key, KeyCode, Message, Model, Outcome, Preferences, Setup, Size};
use crate::event::text::sanitize;
use crate::event::{Sanitized, TypeName, Unknown};
use crate::lint::Severity;
use crate::session::{
    Arrival, Change, ChangeKind, CollectorCommand, Errors, EventNumber, Gap, MOST_TYPES, Moment, ProblemKind, Proof,
    Record, Waiting,
};

fn selected(model: &Model) -> &str {
    model.types.selected().unwrap().0.as_str()
}

fn order(model: &Model) -> Vec<&str> {
    model.types.rows().map(|(name, _)| name.as_str()).collect()
}

fn path(model: &Model) -> String {
    model.inspector.tree().unwrap().selected_path().0.to_string()
}

fn log(model: &Model) -> Vec<String> {
    let subject = |entry: &Entry| entry.event_type.as_ref().map(TypeName::shown).unwrap_or_default();
    model.stream.entries().map(|entry| format!("{} {}", subject(entry), entry.text)).collect()
}

#[test]
fn keys_ask_the_world_for_what_they_are_for() {
    let cases = [
        ("q", vec![Effect::Quit]),
        ("^c", vec![Effect::Quit]),
        ("r", vec![Effect::PollNow]),
        ("+", vec![Effect::SetInterval(Duration::from_secs(5))]),
        ("-", vec![Effect::SetInterval(Duration::from_secs(1))]),
        ("^z", vec![Effect::Suspend]),
        ("^l", vec![Effect::Redraw]),
        ("esc", vec![]),
        ("esc esc esc esc", vec![]),
        ("space", vec![]),
        ("y t", vec![Effect::Copy("purchase".into())]),
        ("y T", vec![Effect::Print("purchase".into())]),
        ("enter j y v", vec![Effect::Copy("purchase".into())]),
        ("enter j j j j y v", vec![Effect::Copy("50315".into())]),
        ("enter j j j j y k", vec![Effect::Copy("order_id".into())]),
        ("enter / s k u enter y p", vec![Effect::Copy("products[0].sku".into())]),
        ("enter / s k u enter n y j", vec![Effect::Copy(".products[1].sku".into())]),
        (
            "enter / p r o d enter y v",
            vec![Effect::Copy(
                r#"[{"sku":"45790-32","price":19,"quantity":1},{"sku":"46493-32","price":3,"quantity":2}]"#.into(),
            )],
        ),
        ("y p", vec![]),
        ("y esc", vec![]),
        ("enter / n o t e enter y V", vec![Effect::Print("Danke!\\u202e \\u001b[31m".into())]),
        ("/ q", vec![]),
        ("? q", vec![]),
        ("enter v q", vec![]),
    ];
    for (keys, effects) in cases {
        let mut model = busy(120, 36);
        press(&mut model, "/ p u r c h enter", at(20));
        assert_eq!(press(&mut model, keys, at(20)), effects, "{keys}");
    }
}

#[test]
fn the_cursor_stays_on_its_type_when_the_order_changes() {
    let mut model = busy(120, 36);
    assert_eq!(order(&model).first(), Some(&"checkout"), "the last seen stands first");
    press(&mut model, "g j j", at(20));
    assert_eq!(selected(&model), "purchase");
    let newer = change("identify", ChangeKind::Updated, "{}", 13, 1, at(21));
    send(&mut model, polled(vec![newer], at(21)), at(21));
    assert_eq!(order(&model).first(), Some(&"identify"));
    assert_eq!(selected(&model), "purchase");
    press(&mut model, "s", at(21));
    assert_eq!(model.types.sort().column, Column::Name);
    assert_eq!(
        order(&model),
        ["add_to_cart", "checkout", "identify", "purchase", "subscription_billing", "view", "Пошук\u{202e}日本"]
    );
    press(&mut model, "S", at(21));
    assert_eq!(order(&model).last(), Some(&"add_to_cart"));
    press(&mut model, "s s", at(21));
    assert_eq!(order(&model).first(), Some(&"view"), "the largest count stands first");
    assert_eq!(selected(&model), "purchase");
}

#[test]
fn what_was_filtered_before_gives_way_to_what_is_typed_and_can_be_mended() {
    let cases = [
        ("/ v", "v"),
        ("/ v i", "vi"),
        ("/ enter", "purch"),
        ("/ left x", "purcxh"),
        ("/ end x", "purchx"),
        ("/ backspace", ""),
        ("/ ^w", ""),
    ];
    for (keys, query) in cases {
        let mut model = busy(120, 36);
        press(&mut model, "/ p u r c h enter", at(20));
        press(&mut model, keys, at(20));
        assert_eq!(model.types.query(), query, "{keys}");
    }
}

#[test]
fn a_filter_leaves_the_same_whether_it_is_typed_or_comes_at_once() {
    for query in ["purch", "a t", "e", "!v", "!vi e", "^p", "w$", "w$x", "'ew", "s_b", "zz", "!", "Пош", "a !check"]
    {
        let [mut typed, mut pasted] = [(); 2].map(|()| busy(120, 36));
        press(&mut typed, "g j /", at(20));
        press(&mut pasted, "g j /", at(20));
        for (at_char, c) in query.char_indices() {
            send(&mut typed, Message::Paste(c.to_string()), at(20));
            let mut once = busy(120, 36);
            press(&mut once, "g j /", at(20));
            let so_far = query.get(..at_char + c.len_utf8()).unwrap_or_default();
            send(&mut once, Message::Paste(so_far.to_owned()), at(20));
            assert_eq!(order(&typed), order(&once), "{so_far}");
        }
        send(&mut pasted, Message::Paste(query.to_owned()), at(20));
        press(&mut typed, "esc", at(20));
        press(&mut pasted, "esc", at(20));
        assert_eq!((order(&typed), order(&pasted)), (order(&busy(120, 36)), order(&busy(120, 36))), "{query}");
    }
}

#[test]
fn a_filter_narrows_the_table_and_escape_gives_it_back() {
    let mut model = busy(120, 36);
    press(&mut model, "/ a t c", at(20));
    assert_eq!(order(&model), ["add_to_cart"]);
    assert_eq!(selected(&model), "add_to_cart");
    press(&mut model, "enter j", at(20));
    assert_eq!(model.types.query(), "atc");
    let other = change("view", ChangeKind::Updated, "{}", 1_206, 1, at(21));
    send(&mut model, polled(vec![other], at(21)), at(21));
    assert_eq!(order(&model), ["add_to_cart"], "what does not match stays away");
    press(&mut model, "esc", at(21));
    assert_eq!(model.types.counts(), (7, 7));
    press(&mut model, "/ z z z", at(21));
    assert_eq!(order(&model), [] as [&str; 0]);
    press(&mut model, "esc", at(21));
    assert_eq!(model.types.counts().0, 7);
}

#[test]
fn a_filter_ignores_case_and_leaves_out_what_is_negated() {
    let cases = [
        ("VIEW", vec!["view"]),
        ("CheckOut", vec!["checkout"]),
        ("!view !Purch !sub", vec!["checkout", "identify", "add_to_cart", "Пошук\u{202e}日本"]),
        ("a !CART !sub", vec!["purchase"]),
    ];
    for (filter, mut expected) in cases {
        let mut model = busy(120, 36);
        press(&mut model, "/", at(20));
        type_in(&mut model, filter, at(20));
        let mut left = order(&model);
        left.sort_unstable();
        expected.sort_unstable();
        assert_eq!(left, expected, "{filter}");
    }
}

#[test]
fn a_filter_puts_the_cursor_on_the_best_match_and_looks_at_nothing_on_the_way() {
    let mut model = busy(120, 36);
    press(&mut model, "g", at(20));
    let upgrade = change("subscription_upgrade", ChangeKind::New, "{}", 1, 1, at(20));
    let purchase = change("purchase", ChangeKind::Updated, "{}", 44, 1, at(20));
    send(&mut model, polled(vec![upgrade, purchase], at(20)), at(20));
    press(&mut model, "s S / p u r", at(20));
    assert_eq!(order(&model), ["subscription_upgrade", "purchase"], "the order is the reader's own");
    assert_eq!(selected(&model), "purchase");
    let marked = |model: &Model| model.types.rows().filter(|(_, row)| row.mark.is_some()).count();
    let (before, _) = (marked(&model), press(&mut model, "enter", at(20)));
    assert_eq!((before, marked(&model)), (2, 1), "the one that it came to rest on has been looked at");
}

#[test]
fn a_changed_type_is_marked_until_it_is_looked_at() {
    let mut model = busy(120, 36);
    let mark = |model: &Model, name: &str| model.types.rows().find(|(other, _)| other.as_str() == name).unwrap().1.mark;
    press(&mut model, "G", at(20));
    assert_eq!(mark(&model, "view"), Some(Mark::Updated));
    assert_eq!(mark(&model, "checkout"), Some(Mark::New));
    assert_eq!(mark(&model, "identify"), None, "what was there at the start is not news");
    press(&mut model, "g", at(20));
    assert_eq!(selected(&model), "checkout");
    assert_eq!(mark(&model, "checkout"), None);
    press(&mut model, "j", at(20));
    assert_eq!(mark(&model, "view"), None);

    let mut narrow = busy(70, 15);
    press(&mut narrow, "g", at(20));
    assert_eq!(mark(&narrow, "checkout"), Some(Mark::New), "the event is not on screen yet");
    press(&mut narrow, "enter", at(20));
    assert_eq!(mark(&narrow, "checkout"), None);
}

#[test]
fn the_inspector_follows_until_the_reader_moves_in_it() {
    let mut model = busy(120, 36);
    press(&mut model, "/ p u r c h enter", at(20));
    let newest = |number: u64| {
        change("purchase", ChangeKind::Updated, &PURCHASE.replace("50314", &number.to_string()), number, 1, at(21))
    };
    send(&mut model, polled(vec![newest(60)], at(21)), at(21));
    assert!(model.inspector.shown().unwrap().event.payload.text().contains("\"60\""));

    press(&mut model, "enter j j j j", at(22));
    assert_eq!(path(&model), "order_id");
    send(&mut model, polled(vec![newest(61)], at(23)), at(23));
    send(&mut model, polled(vec![newest(62)], at(24)), at(24));
    let shown = model.inspector.shown().unwrap();
    assert!(shown.event.payload.text().contains("\"60\""), "it holds still");
    assert_eq!(shown.newer, 2);
    press(&mut model, "f", at(25));
    assert!(model.inspector.shown().unwrap().event.payload.text().contains("\"62\""));
    assert_eq!(path(&model), "order_id", "the cursor stays on the path");
    press(&mut model, "j esc", at(26));
    assert_eq!(model.focus, PaneId::Types);
    send(&mut model, polled(vec![newest(63)], at(27)), at(27));
    assert!(model.inspector.shown().unwrap().event.payload.text().contains("\"63\""), "left behind, it follows again");
}

#[test]
fn folds_are_remembered_while_other_types_are_looked_at() {
    let mut model = busy(120, 36);
    press(&mut model, "/ p u r c h enter enter 1 / p r o d enter l", at(20));
    let rows = model.inspector.tree().unwrap().cursor().len();
    press(&mut model, "esc esc esc j k", at(20));
    press(&mut model, "/ v i e w enter esc / p u r c h enter", at(20));
    assert_eq!(model.inspector.tree().unwrap().cursor().len(), rows);
    assert_eq!(path(&model), "products");
}

#[test]
fn a_pause_holds_the_screen_and_counts_what_comes() {
    let mut model = busy(120, 36);
    press(&mut model, "space", at(20));
    let before = log(&model);
    for second in 21..24 {
        let changes = vec![
            change("view", ChangeKind::Updated, "{}", 1_206 + second, 4, at(second)),
            change(
                "signup",
                if second == 21 { ChangeKind::New } else { ChangeKind::Updated },
                "{}",
                second,
                1,
                at(second),
            ),
        ];
        send(&mut model, polled(changes, at(second)), at(second));
    }
    assert_eq!(model.pause.as_ref().unwrap().arrived, 15);
    assert_eq!(model.types.counts().1, 7);
    assert_eq!(log(&model), before);
    assert_eq!(model.connection.last_good.unwrap().at, at(23), "polling goes on");
    press(&mut model, "space", at(25));
    assert!(model.pause.is_none());
    assert_eq!(model.types.counts().1, 8);
    let told = |start: &str| log(&model).iter().filter(|line| line.starts_with(start)).count();
    assert_eq!((told("signup new type"), told("signup"), told("view 4 came, 1 of them captured")), (1, 3, 3));
}

#[test]
fn trouble_stands_beside_the_last_good_data() {
    let mut model = busy(120, 36);
    let refused = "the connection to 127.0.0.1:8787 was refused";
    let trouble = failed(ProblemKind::Unreachable, refused, "start the server", Some(at(30)), at(22));
    send(&mut model, trouble.clone(), at(22));
    assert_eq!(model.connection.state(), ConnectionState::BackingOff(at(30)));
    assert_eq!(*model.banner().unwrap(), format!("{refused} — start the server"));
    assert_eq!(model.types.counts().1, 7);
    assert_eq!(model.next_wake(at_millis(22_300)).unwrap(), Duration::from_millis(700), "a visible second passes");
    let lines = model.stream.total();
    send(&mut model, trouble, at(30));
    assert_eq!(model.stream.total(), lines, "the same trouble is told once");
    send(&mut model, polled(vec![], at(31)), at(31));
    assert_eq!(model.connection.state(), ConnectionState::Live);
    assert_eq!(model.banner(), None);
    assert_eq!(log(&model).first().unwrap(), " live again after 1 failed poll");

    send(&mut model, failed(ProblemKind::Refused, "401", "set the key", None, at(32)), at(32));
    assert_eq!(model.connection.state(), ConnectionState::Refused);
    assert_eq!(press(&mut model, "r", at(33)), [Effect::PollNow]);
    send(&mut model, Message::Records(vec![Record::Connecting { at: at(33) }]), at(33));
    assert_eq!(model.connection.state(), ConnectionState::Connecting);
}

#[test]
fn the_whole_advice_is_on_the_screen_whatever_its_words_leave_of_a_line() {
    let advice = "check_that_the_address_is_one_of_this_account and_that_somebody_listens_there now";
    for width in 60..140 {
        let mut model = fresh(width, 24);
        let trouble = failed(ProblemKind::Unreachable, "nothing_listens_at_the_address", advice, Some(at(9)), at(1));
        send(&mut model, trouble, at(1));
        let lines = model.banner_lines();
        assert_eq!(Sanitized::join(&lines, ""), model.banner().unwrap(), "{width}");
        assert_eq!(usize::from(model.layout().unwrap().banner.height), lines.len());
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_there_to_be_looked_at() {
    let mut model = fresh(120, 36);
    let unknown = Unknown { reason: "HTML, not JSON".into(), body: "<html>\n<b>hi</b>".into(), length: 16 };
    let mut trouble = failed(ProblemKind::WrongAnswer, "not JSON", "look at Raw", Some(at(3)), at(1));
    if let Message::Records(records) = &mut trouble
        && let [Record::Trouble(trouble)] = &mut **records
    {
        trouble.unknown = Some(unknown.into());
    }
    send(&mut model, trouble.clone(), at(1));
    assert_eq!(model.tab(), Tab::Raw, "there is nothing else to show");
    let raw: Vec<_> = model.inspector.panes().raw.pager().unwrap().visible().collect();
    assert_eq!(raw, ["<html>", "<b>hi</b>"]);
    let mut model = busy(120, 36);
    send(&mut model, trouble, at(22));
    assert_eq!(model.tab(), Tab::Tree, "the last good event stays");
    press(&mut model, "enter [", at(22));
    assert_eq!(model.inspector.panes().raw.pager().unwrap().visible().next().unwrap(), "<html>");
    send(&mut model, polled(vec![], at(24)), at(24));
    assert!(model.inspector.panes().raw.pager().unwrap().visible().next().unwrap().starts_with('{'));
}

#[test]
fn escape_steps_back_one_level_at_a_time() {
    let mut model = busy(120, 36);
    press(&mut model, "/ p u r enter enter z / s k u enter v", at(20));
    assert!(matches!(model.layers.last(), Some(Layer::Pager(_))));
    press(&mut model, "esc", at(20));
    assert!(model.layers.is_empty() && !model.inspector.tree().unwrap().query().is_empty());
    press(&mut model, "esc", at(20));
    assert!(model.inspector.tree().unwrap().query().is_empty() && model.zoomed);
    press(&mut model, "esc", at(20));
    assert!(!model.zoomed && model.focus == PaneId::Inspector);
    press(&mut model, "esc", at(20));
    assert!(model.focus == PaneId::Types && !model.types.query().is_empty());
    press(&mut model, "esc", at(20));
    assert!(model.types.query().is_empty());
    assert_eq!(press(&mut model, "esc", at(20)), []);
}

#[test]
fn the_mouse_chooses_sorts_folds_and_scrolls() {
    let mut model = busy(120, 36);
    click(&mut model, 5, 4, at(20));
    assert_eq!(Some(&selected(&model)), order(&model).get(1));
    click(&mut model, 5, 2, at(20));
    assert_eq!(model.types.sort().column, Column::Name);
    click(&mut model, 5, 2, at(20));
    assert!(model.types.sort().descending);
    press(&mut model, "/ p u r c h enter", at(20));
    click(&mut model, 60, 4, at(20));
    assert_eq!((model.focus, path(&model)), (PaneId::Inspector, "event".into()));
    click(&mut model, 60, 3, at(20));
    assert_eq!(path(&model), "");
    click(&mut model, 60, 3, at(20));
    assert_eq!(model.inspector.tree().unwrap().cursor().len(), 1, "a click on the chosen row folds it");
    let inspector = model.layout().unwrap().inspector.unwrap();
    let (_, _, raw) = model.inspector.tabs(inspector).pop().unwrap();
    click(&mut model, raw.x + 1, raw.y, at(20));
    assert_eq!(model.tab(), Tab::Raw);
    click(&mut model, 0, 0, at(20));
    click(&mut model, 119, 35, at(20));
}

#[test]
fn no_key_and_no_size_breaks_it() {
    let keys = "j k g G pgdn enter l h 0 1 9 * n N v esc / x enter y v ] [ f z tab tab s S space + - r ? j esc";
    for (width, height) in [(160, 45), (80, 24), (60, 15), (20, 5), (0, 0), (1, 1)] {
        for mut model in [busy(width, height), fresh(width, height)] {
            for key in keys.split(' ') {
                press(&mut model, key, at(30));
                send(&mut model, Message::Resized(Size { width: height, height: width }), at(30));
                send(&mut model, Message::Resized(Size { width, height }), at(30));
                model.next_wake(at(30));
            }
        }
    }
}

#[test]
fn an_answer_to_the_reader_goes_away_by_itself() {
    let mut model = busy(120, 36);
    send(&mut model, Message::Done(Outcome::Copied { bytes: 31 }), at(20));
    assert_eq!(model.toast.as_ref().unwrap().text, "copied 31 bytes");
    send(&mut model, Message::Woke, at(25));
    assert_eq!(model.toast, None);
}

#[test]
fn nothing_is_asked_of_the_clock_while_nothing_can_change() {
    let model = fresh(120, 36);
    assert_eq!(model.next_wake(at(0)), None);
}

#[test]
fn of_many_changes_at_once_each_has_its_line() {
    let mut model = busy(120, 36);
    let before = model.stream.total();
    let changes: Vec<_> =
        (0..5_000).map(|n| change(&format!("type_{n}"), ChangeKind::New, "{}", 1, 1, at(21))).collect();
    send(&mut model, polled(changes, at(21)), at(21));
    assert_eq!(model.stream.total() - before, 5_000);
}

fn tally(model: &Model, name: &str) -> Option<(Severity, usize)> {
    let (_, row) = model.types.rows().find(|(other, _)| other.as_str() == name).unwrap();
    row.tally().map(|tally| (tally.worst, tally.count))
}

fn found(model: &Model) -> Vec<String> {
    model
        .inspector
        .shown()
        .unwrap()
        .latest_found()
        .unwrap()
        .0
        .findings()
        .iter()
        .map(|finding| finding.place().into())
        .collect()
}

#[test]
fn every_new_event_is_linted_once_and_the_table_says_how_bad_it_is() {
    let mut model = fresh(120, 36);
    let bad = change("purchase", ChangeKind::New, FAULTY, 1, 0, at(1));
    let fine = change("view", ChangeKind::New, r#"{"event":"view","cookie":"c","sku":"a"}"#, 1, 0, at(1));
    let effects = send(&mut model, polled(vec![bad.clone(), fine], at(1)), at(1));
    let events = model.session.history.iter().cloned().collect();
    assert_eq!(effects, [Effect::Lint { events, now: at(1).wall }]);
    assert_eq!(tally(&model, "purchase"), None);
    assert_eq!(lint_all(&mut model, at(1)), []);
    let first = model.session.history.newest(&"purchase".into()).unwrap().number;
    assert_eq!(tally(&model, "purchase"), Some((Severity::Error, 6)));
    assert_eq!(tally(&model, "view"), None);
    let again = Change { kind: ChangeKind::Unchanged, ..bad };
    assert_eq!(send(&mut model, polled(vec![again], at(2)), at(2)), [], "the same event is not linted again");

    let newer = change("purchase", ChangeKind::Updated, r#"{"event":"purchase","email":""}"#, 2, 1, at(3));
    send(&mut model, polled(vec![newer], at(3)), at(3));
    assert_eq!(tally(&model, "purchase"), Some((Severity::Error, 6)), "until it is known, the cell stays as it was");
    assert!(model.inspector.shown().unwrap().found().is_none(), "but a field is not marked for another event's");
    lint_all(&mut model, at(3));
    assert_ne!(tally(&model, "purchase"), Some((Severity::Error, 6)));
    assert!(model.inspector.shown().unwrap().found().is_some());
    assert_eq!(model.checked.get(first).unwrap().findings().len(), 6, "the findings of an event stay with it");
}

#[test]
fn types_can_be_sorted_by_how_bad_they_are_also_when_that_comes_later() {
    let mut model = busy(120, 36);
    press(&mut model, "s s", at(20));
    assert_eq!(model.types.sort().column, Column::Findings);
    lint_all(&mut model, at(20));
    let tallies: Vec<_> = order(&model).iter().map(|name| tally(&model, name)).collect();
    assert!(tallies.is_sorted_by(|one, other| one >= other), "{tallies:?}");
    assert_eq!(tallies.first().unwrap().unwrap().0, Severity::Error);
    assert_eq!(tallies.last().unwrap(), &None);
}

#[test]
fn from_a_finding_the_reader_gets_to_its_field_and_back() {
    let mut model = faulty(120, 36);
    press(&mut model, "enter 0 ] ] ]", at(21));
    assert_eq!(model.tab(), Tab::Findings);
    assert_eq!(
        found(&model),
        ["ship_date", "total", "currency", "products[1].price", "products[1].qty", r#"["no\u001bte"]"#],
        "the worst first"
    );
    for (keys, expected) in [
        ("enter", "ship_date"),
        ("] ] ] G l", r#"["no\u001bte"]"#),
        ("] ] ] k enter", "products[1].qty"),
        ("x", r#"["no\u001bte"]"#),
        ("x", "total"),
        ("X", r#"["no\u001bte"]"#),
    ] {
        press(&mut model, keys, at(21));
        assert_eq!((path(&model), model.tab()), (expected.into(), Tab::Tree), "{keys}");
    }
    press(&mut model, "] h ] ] ] ] ]", at(21));
    assert_eq!(model.tab(), Tab::Tree, "the tabs go round");
    press(&mut model, "[ [ [ [ [ [", at(21));
    assert_eq!(model.tab(), Tab::Raw);

    let mut fine = busy(120, 36);
    assert_eq!(press(&mut fine, "enter x", at(21)), []);
    assert_eq!(fine.toast.as_ref().unwrap().text, "not checked yet");
    press(&mut fine, "] ] ] j G enter v y esc [", at(21));
    let newer = change("view", ChangeKind::Updated, r#"{"event":"view","cookie":"c","sku":"a"}"#, 1_206, 1, at(22));
    send(&mut fine, polled(vec![newer], at(22)), at(22));
    lint_all(&mut fine, at(22));
    press(&mut fine, "/ v i e w enter", at(22));
    press(&mut fine, "esc esc / v i e w enter enter x", at(22));
    assert_eq!(fine.toast.as_ref().unwrap().text, "nothing wrong was found");
}

#[test]
fn the_list_of_all_findings_leads_to_an_example_of_each_and_stays_where_it_was() {
    let mut model = faulty(120, 36);
    let chosen = |model: &Model| {
        let Some(Layer::AllFindings(list)) = model.layers.last() else { panic!("{:?}", model.layers) };
        list.rows().selected().and_then(|id| model.faults.get(id)).unwrap().clone()
    };
    press(&mut model, "esc esc !", at(21));
    let counts = model.faults.counts();
    let severities: Vec<_> = model.faults.iter().map(|(_, fault)| fault.severity).collect();
    let of = |severity| severities.iter().filter(|it| **it == severity).count();
    assert_eq!((counts.errors, counts.warnings), (of(Severity::Error), of(Severity::Warning)));
    assert_eq!(chosen(&model).severity, Severity::Error, "the worst first");
    for keys in ["g", "j", "j", "G"] {
        press(&mut model, keys, at(21));
        let fault = chosen(&model);
        press(&mut model, "enter", at(21));
        assert_eq!((model.focus, model.layers.len()), (PaneId::Inspector, 0));
        let shown = model.inspector.shown().unwrap();
        assert_eq!((shown.event.number, &shown.event.event_type), (fault.example, &fault.event_type));
        assert_eq!(model.inspector.finding(&model.context(at(21))).map(|it| it.rule.id), Some(fault.finding.rule.id));
        press(&mut model, "!", at(21));
        assert_eq!(chosen(&model), fault, "the cursor is where it was");
    }
    press(&mut model, "o", at(21));
    assert!(model.toast.is_some(), "nothing drifts here");
    press(&mut model, "esc", at(21));
    assert!(model.layers.is_empty());
}

#[test]
fn the_table_the_tree_and_the_list_lead_to_the_same_finding() {
    let mut model = faulty(120, 36);
    press(&mut model, "x", at(21));
    assert_eq!((model.focus, path(&model).as_str()), (PaneId::Inspector, "total"), "the first, from the table");
    press(&mut model, "x x x ] ] ]", at(21));
    assert_eq!(
        model.inspector.finding(&model.context(at(20))).unwrap().place(),
        "products[1].price",
        "the list begins at the field"
    );
    press(&mut model, "esc ]", at(21));
    assert_eq!((model.focus, model.tab()), (PaneId::Types, Tab::Raw), "tabs turn from the table too");
    press(&mut model, "x", at(21));
    assert_eq!(model.tab(), Tab::Tree);
    press(&mut model, "v", at(21));
    let Some(Layer::Pager(reader)) = model.layers.last() else { panic!("{:?}", model.layers) };
    let lines: Vec<&str> = reader.visible().map(|line| &**line).collect();
    assert_eq!(
        lines.get(..3).unwrap(),
        ["2", "", "warning[quantity-name] /products/1/qty"],
        "the value, and what is wrong with it"
    );

    let mut long = busy(120, 36);
    let sku = "{{ sku }}".to_owned() + &"0".repeat(1_000);
    let text = format!(r#"{{"event":"view","cookie":"c","sku":"{sku}"}}"#);
    send(&mut long, polled(vec![change("view", ChangeKind::Updated, &text, 1_206, 1, at(22))], at(22)), at(22));
    lint_all(&mut long, at(22));
    press(&mut long, "/ v i e w enter x v", at(22));
    let Some(Layer::Pager(reader)) = long.layers.last() else { panic!("{:?}", long.layers) };
    assert_eq!(reader.visible().next().unwrap(), "error[placeholder-left] /sku", "what is wrong is not far below");

    let mut fine = busy(120, 36);
    let newer = change("view", ChangeKind::Updated, r#"{"event":"view","cookie":"c","sku":"a"}"#, 1_206, 1, at(22));
    send(&mut fine, polled(vec![newer], at(22)), at(22));
    lint_all(&mut fine, at(22));
    press(&mut fine, "/ v i e w enter x", at(22));
    assert_eq!(fine.focus, PaneId::Types, "where there is nothing to go to, the reader stays");
}

#[test]
fn the_help_opens_where_the_reader_is() {
    let top = |model: &Model| match model.layers.last() {
        Some(Layer::Help(help)) => help.visible().next().cloned().unwrap(),
        other => panic!("{other:?}"),
    };
    let mut model = busy(120, 36);
    press(&mut model, "?", at(20));
    assert_eq!(top(&model), super::keymap::HelpLine::Title(super::pane::types::KEYS.title));
    press(&mut model, "esc c enter F1", at(20));
    assert_eq!(top(&model), super::keymap::HelpLine::Title("Composer: the draft"));
}

#[test]
fn what_is_missing_is_looked_for_where_it_would_be() {
    let mut model = busy(120, 36);
    let order = change("purchase", ChangeKind::Updated, r#"{"event":"purchase","order_id":"1"}"#, 44, 1, at(20));
    send(&mut model, polled(vec![order], at(20)), at(20));
    lint_all(&mut model, at(20));
    press(&mut model, "/ p u r c h enter enter j ] ] ] enter", at(20));
    assert_eq!((path(&model), model.tab()), (String::new(), Tab::Tree));
    assert!(model.inspector.finding(&model.context(at(20))).is_some());
}

#[test]
fn an_event_that_is_held_keeps_its_own_findings() {
    let mut model = faulty(120, 36);
    press(&mut model, "enter ] ] ] j j", at(21));
    assert_eq!(model.inspector.finding(&model.context(at(20))).unwrap().place(), "currency");
    let newer = |text: &str, at| polled(vec![change("purchase", ChangeKind::Updated, text, 45, 1, at)], at);
    send(&mut model, newer(r#"{"event":"purchase"}"#, at(22)), at(22));
    lint_all(&mut model, at(22));
    assert_ne!(tally(&model, "purchase"), Some((Severity::Error, 6)), "the table goes on");
    assert_eq!(found(&model).len(), 6, "it holds still");
    assert!(model.inspector.shown().unwrap().found().is_some());
    let fixed = FAULTY.replace("2026-14-11", "2026-11-14").replace("50316", "50317");
    send(&mut model, newer(&fixed, at(23)), at(23));
    lint_all(&mut model, at(23));
    press(&mut model, "f", at(24));
    assert_eq!(found(&model).len(), 5);
    assert_eq!(
        model.inspector.finding(&model.context(at(20))).unwrap().place(),
        "currency",
        "the cursor stays on its finding"
    );
    assert!(model.inspector.shown().unwrap().found().is_some());
}

#[test]
fn what_was_wrong_with_an_earlier_event_can_be_gone_back_to_while_newer_ones_are_fine() {
    let mut model = faulty(120, 36);
    let newest = |model: &mut Model, text: &str, second| {
        let order = change("purchase", ChangeKind::Updated, text, second, 2, at(second));
        send(model, polled(vec![order], at(second)), at(second));
        lint_all(model, at(second));
    };
    let earlier = |model: &Model| {
        let (_, row) = model.types.selected().unwrap();
        row.earlier().map(|earlier| (earlier.tally.worst, earlier.tally.count, earlier.newer))
    };
    assert_eq!(earlier(&model), None, "the newest is the one");
    let fine = FAULTY
        .replace("2026-14-11", "2026-11-14")
        .replace("\"$ 30\"", "30")
        .replace("euro", "EUR")
        .replace("\"1,100\"", "11")
        .replace("qty", "quantity")
        .replace("undefined", "no")
        .replace(r"no\u001bte", "note")
        .replace("\"revenue\":30", "\"revenue\":41");
    newest(&mut model, &fine, 45);
    assert_eq!((tally(&model, "purchase"), earlier(&model)), (None, Some((Severity::Error, 6, 2))));
    newest(&mut model, &fine.replace("50316", "50317").replace("EUR", "euro"), 46);
    assert_eq!(tally(&model, "purchase"), Some((Severity::Warning, 1)));
    assert_eq!(earlier(&model), Some((Severity::Error, 6, 4)), "what is not as bad does not hide it");

    act(&mut model, Action::Earlier, at(47));
    assert_eq!((model.focus, path(&model)), (PaneId::Inspector, "ship_date".into()), "at the worst of it");
    assert_eq!(found(&model).len(), 6);
    assert_eq!(model.inspector.shown().unwrap().newer, 4);
    assert!(!model.can(Action::Earlier, at(20)), "it is on show");
    newest(&mut model, &fine.replace("50316", "50318"), 48);
    assert_eq!(found(&model).len(), 6, "it is held");
    press(&mut model, "f", at(49));
    assert_eq!(found(&model).len(), 0);
    press(&mut model, "] ] ] x", at(49));
    assert_eq!((model.tab(), found(&model).len()), (Tab::Findings, 6), "in the tab that is on");
    press(&mut model, "esc", at(49));
    assert_eq!(found(&model).len(), 0, "leaving goes back to the newest");

    newest(&mut model, &FAULTY.replace("50316", "50319").replace("\"$ 30\"", "30"), 50);
    newest(&mut model, &fine.replace("50316", "50320"), 51);
    assert_eq!(earlier(&model), Some((Severity::Error, 5, 2)), "of several as bad, the last");
    act(&mut model, Action::Earlier, at(52));
    act(&mut model, Action::Earlier, at(52));
    assert_eq!(model.toast.as_ref().unwrap().text, "it is on show: the last event that was worse than the newest");
}

#[test]
fn findings_of_an_event_that_was_left_behind_come_late_and_are_still_its_own() {
    let mut model = faulty(120, 36);
    press(&mut model, "enter", at(21));
    let second = change("purchase", ChangeKind::Updated, r#"{"event":"purchase","email":"no"}"#, 45, 1, at(22));
    send(&mut model, polled(vec![second], at(22)), at(22));
    let late = linted(model.session.history.newest(&"purchase".into()).unwrap(), at(22));
    press(&mut model, "j", at(22));
    let third = change("purchase", ChangeKind::Updated, r#"{"event":"purchase","email":"a@b.co"}"#, 46, 1, at(23));
    send(&mut model, polled(vec![third], at(23)), at(23));
    send(&mut model, Message::Done(Outcome::Linted(vec![late.clone()])), at(23));
    assert_eq!(model.inspector.shown().unwrap().found(), Some(&late.found));
    assert_eq!(tally(&model, "purchase"), Some((Severity::Error, 6)), "the table waits for those of the newest");
}

#[test]
fn the_log_names_what_is_new_once_and_sums_up_the_start() {
    let mut model = fresh(120, 36);
    let known = |name: &str, text: &str| change(name, ChangeKind::New, text, 1, 0, at(1));
    let fine = r#"{"event":"view","cookie":"c","sku":"a"}"#;
    send(&mut model, polled(vec![known("purchase", FAULTY), known("view", fine)], at(1)), at(1));
    lint_all(&mut model, at(1));
    assert_eq!(log(&model).first().unwrap(), " findings in 1 of 2 types: 1 error, 5 warnings");
    let lines = model.stream.total();
    lint_all(&mut model, at(2));
    assert_eq!(model.stream.total(), lines, "the same is not told again");

    let worse = fine.replace(r#""sku":"a""#, r#""sku":"a","page":"undefined","at":"2014-14-11","price":"1,000""#);
    for second in 3..6 {
        let text = worse.replace("\"c\"", &format!("\"c{second}\""));
        let newer = vec![change("view", ChangeKind::Updated, &text, second, 1, at(second))];
        send(&mut model, polled(newer, at(second)), at(second));
        lint_all(&mut model, at(second));
    }
    let told: Vec<_> = log(&model).into_iter().filter(|line| line.contains("page: ")).collect();
    assert_eq!(told, ["view page: a missing value written out as text · and 1 more"]);

    let changes: Vec<_> = (0..40).map(|n| known(&format!("type_{n}"), &worse)).collect();
    send(&mut model, polled(changes, at(7)), at(7));
    let before = model.stream.total();
    lint_all(&mut model, at(7));
    assert_eq!(model.stream.total() - before, 13);
    assert!(log(&model).iter().any(|line| line == " and findings in 28 more types"));
}

/// The text that was copied or printed.
fn copied(effects: Vec<Effect>) -> String {
    match effects.into_iter().next() {
        Some(Effect::Copy(text)) => text,
        Some(Effect::Print(text)) => text.into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_goes_to_others_names_its_type_its_time_and_its_number() {
    let mut model = busy(120, 36);
    let event = copied(press(&mut model, "y e", at(21)));
    let (heading, event) = event.split_once('\n').unwrap();
    assert!(heading.starts_with("purchase 14:03:") && heading.ends_with(" · order 50315"), "{heading}");
    assert_eq!(event, PURCHASE.replace("50314", "50315"));
    let diff = copied(press(&mut model, "y d", at(21)));
    assert!(diff.starts_with(&format!("{heading}\nagainst purchase ")), "{diff}");
    assert!(diff.contains("\n  order_id  \"50314\" → \"50315\""), "{diff}");
}

#[test]
fn a_report_of_the_session_is_copied_printed_or_written() {
    let mut model = faulty(120, 36);
    for (keys, to) in [("y r", ReportTo::Clipboard), ("y R", ReportTo::Terminal)] {
        let effects = press(&mut model, keys, at(21));
        let [Effect::Report(reporting)] = &*effects else { panic!("{effects:?}") };
        assert_eq!(reporting.to, to);
        let text = reporting.text();
        assert!(text.starts_with("# Events of ") && text.contains("`date-impossible`"), "{text}");
        assert!(text.contains("`purchase 14:03:20 event "), "{text}");
    }
    let reported = |print| Message::Done(Outcome::Reported { text: "all".into(), print });
    assert_eq!(send(&mut model, reported(false), at(21)), [Effect::Copy("all".into())]);
    assert_eq!(send(&mut model, reported(true), at(21)), [Effect::Print("all".into())]);
    act(&mut model, Action::Report, at(22));
    assert_eq!(press(&mut model, ". t x t enter", at(22)), []);
    assert!(model.toast.as_ref().unwrap().text.contains(".html, .md, .json or .csv"));
    let effects = press(&mut model, "^u r . m d enter", at(22));
    let [Effect::Report(reporting)] = &*effects else { panic!("{effects:?}") };
    assert_eq!(reporting.to, ReportTo::File("r.md".into(), ReportFormat::Markdown));
    assert!(model.layers.is_empty());
    send(&mut model, Message::Done(Outcome::Kept(Ok("the report is in r.md".into()))), at(23));
    assert_eq!(model.toast.as_ref().unwrap().text, "the report is in r.md");
    assert!(log(&model).iter().any(|line| line.ends_with("the report is in r.md")));
}

#[test]
fn a_plan_is_made_of_the_events_of_the_session_or_of_one_type() {
    let mut model = busy(120, 36);
    let types = |action: Action, model: &mut Model| {
        act(model, action, at(21));
        let effects = press(model, "enter", at(21));
        let [Effect::Plan(planning)] = &*effects else { panic!("{effects:?}") };
        assert_eq!(planning.folder.to_str(), Some("plan"));
        planning.infer().into_iter().map(|inferred| inferred.event_type).collect::<Vec<_>>()
    };
    assert_eq!(types(Action::InferPlanOfType, &mut model), ["purchase"]);
    assert!(types(Action::InferPlan, &mut model).contains(&"purchase".to_owned()));
    act(&mut model, Action::InferPlan, at(21));
    assert_eq!(press(&mut model, "^u enter", at(21)), []);
    assert_eq!(model.toast.as_ref().unwrap().text, "name a folder");
}

#[test]
fn a_finding_can_be_copied_and_read_in_full() {
    let mut model = faulty(120, 36);
    press(&mut model, "enter ] ] ]", at(21));
    let text = copied(press(&mut model, "y f", at(21)));
    let (heading, text) = text.split_once('\n').unwrap();
    assert!(heading.starts_with("purchase 14:03:20 event ") && heading.ends_with(" · order 50316"), "{heading}");
    assert!(text.starts_with("error[date-impossible] /ship_date\n"), "{text}");
    assert_eq!(copied(press(&mut model, "y F", at(21))), format!("{heading}\n{text}"));
    assert_eq!(copied(press(&mut model, "y v", at(21))), "2026-14-11T17:27:20+00:00", "of the field that it is about");
    assert_eq!(copied(press(&mut model, "j y j", at(21))), ".total");
    press(&mut model, "v", at(21));
    let Some(Layer::Pager(reader)) = model.layers.last() else { panic!("{:?}", model.layers) };
    assert_eq!(reader.title, "number-format");
    press(&mut model, "esc enter", at(21));
    assert!(copied(press(&mut model, "y f", at(21))).contains("\nwarning[number-format] /total\n"), "also in the tree");
    assert_eq!(press(&mut model, "g y f", at(21)), []);
    assert_eq!(model.toast.as_ref().unwrap().text, "nothing wrong was found here");
}

#[test]
fn the_mouse_chooses_a_finding_and_goes_to_its_field() {
    let mut model = faulty(120, 36);
    let inspector = model.layout().unwrap().inspector.unwrap();
    let (_, _, tab) = model.inspector.tabs(inspector).swap_remove(3);
    click(&mut model, tab.x + 1, tab.y, at(21));
    assert_eq!(model.tab(), Tab::Findings);
    click(&mut model, inspector.x + 5, inspector.y + 5, at(21));
    assert_eq!(model.inspector.finding(&model.context(at(20))).unwrap().place(), "products[1].price");
    click(&mut model, inspector.x + 5, inspector.y + 20, at(21));
    assert_eq!(model.tab(), Tab::Findings, "what is said of it is not the list");
    click(&mut model, inspector.x + 5, inspector.y + 5, at(21));
    assert_eq!((path(&model), model.tab()), ("products[1].price".into(), Tab::Tree));
}

#[test]
fn what_is_not_as_it_should_be_from_the_start_is_sanitized_and_told_at_once() {
    let notices: Vec<_> =
        (0..20).map(|n| sanitize(&format!("plan/type_{n}.json: /properties: no\u{1b}object"))).collect();
    let mut model = Model::new(Setup { notices, ..setup(120, 36) });
    assert_eq!(model.stream.total(), 13);
    assert_eq!(log(&model).first().unwrap(), " plan/type_0.json: /properties: no\\u001bobject");
    assert_eq!(log(&model).last().unwrap(), " and 8 more of the kind");
    let toast = model.toast.clone().unwrap();
    assert!(toast.bad && toast.text.ends_with(" · and 19 more"), "{toast:?}");
    send(&mut model, polled(vec![], at(2)), at(2));
    assert!(model.toast.is_some(), "it waits for the reader");
    press(&mut model, "j", at(3));
    assert_eq!(model.toast, None);
    let one = Model::new(Setup { notices: vec!["a file".into()], ..setup(120, 36) });
    assert_eq!((one.toast.unwrap().text, one.stream.total()), ("a file".into(), 1));
    assert_eq!(fresh(120, 36).toast, None);
}

#[test]
fn each_event_of_one_answer_is_a_change_and_a_version_of_its_own() {
    let mut model = busy(120, 36);
    let event = |kind, n: u64| Change {
        captured: 603 + n,
        ..change("view", kind, &format!(r#"{{"n":{n}}}"#), 1_211, 1, at(21))
    };
    let changes: Vec<_> =
        (1..=5).map(|n| event(ChangeKind::Updated, n)).chain([event(ChangeKind::Earlier, 6)]).collect();
    let row = |model: &Model| model.types.row(&"view".into()).cloned().unwrap();
    let mut paused = busy(120, 36);
    press(&mut paused, "space", at(20));
    assert_eq!(send(&mut paused, polled(changes.clone(), at(21)), at(21)), []);
    let looked_at = press(&mut paused, "space", at(22));
    let numbers = |effects: &[Effect]| match effects.first() {
        Some(Effect::Lint { events, .. }) => events.iter().map(|event| event.number).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let effects = send(&mut model, polled(changes, at(21)), at(21));

    let news = ["view n 6 → 5", "view n 3 → 4", "view n 2 → 3", "view n 1 → 2", "view −products · +n"];
    assert_eq!(log(&model).into_iter().skip(1).take(5).collect::<Vec<_>>(), news);
    assert_eq!(log(&model).iter().filter(|line| *line == "view from before the newest · 1 field").count(), 1);
    let Some(Effect::Lint { events, .. }) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(events.len(), 6, "each is looked at");
    assert_eq!(numbers(&looked_at), numbers(&effects), "also when the screen was held still meanwhile");
    for model in [&model, &paused] {
        let versions = model.session.history.versions(&"view".into()).map(|captured| captured.payload.text());
        let versions: Vec<_> = versions.skip(2).collect();
        assert_eq!(versions, ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}", "{\"n\":4}", "{\"n\":6}", "{\"n\":5}"]);
        let row = row(model);
        assert_eq!((row.newest.unwrap().payload.text(), row.captured), (r#"{"n":5}"#, 609));
    }
}

#[test]
fn types_that_the_session_lets_go_of_leave_the_table_and_it_is_said_once() {
    let mut model = busy(120, 36);
    let name = |n: usize| format!("order {n}");
    let flood = |from: usize, to: usize, second| {
        let changes = (from..to).map(|n| change(&name(n), ChangeKind::New, "{}", 1, 1, at(second)));
        polled(changes.collect(), at(second))
    };
    send(&mut model, flood(0, MOST_TYPES - 3, 21), at(21));
    assert_eq!(model.types.counts().1, MOST_TYPES);
    let is_there = |model: &Model, name: &str| model.types.row(&name.into()).is_some();
    assert!(
        !is_there(&model, "identify") && is_there(&model, "view"),
        "the quietest go, and not those of which more came"
    );
    press(&mut model, "space", at(22));
    send(&mut model, flood(MOST_TYPES, 3 * MOST_TYPES, 22), at(22));
    assert!(is_there(&model, "order 1"), "the screen is held still");
    press(&mut model, "space", at(23));
    assert_eq!(model.types.counts().1, MOST_TYPES);
    assert!(!is_there(&model, "order 1") && is_there(&model, &name(3 * MOST_TYPES - 1)));
    assert!(model.types.selected().is_some());
    let told = log(&model).iter().filter(|line| line.contains("10,000 event types")).count();
    assert_eq!(told, 1);
}

#[test]
fn older_events_go_when_the_history_is_full_and_it_is_said_once() {
    let mut model = Model::new(Setup { history_limit: 2 << 20, ..setup(120, 36) });
    let large = |n: u64| format!(r#"{{"n":{n},"text":"{}"}}"#, "x".repeat(700_000));
    for n in 1..9 {
        let kind = if n == 1 { ChangeKind::New } else { ChangeKind::Updated };
        send(&mut model, polled(vec![change("view", kind, &large(n), n, 1, at(n))], at(n)), at(n));
    }
    let held = model.session.history.versions(&"view".into()).map(|captured| captured.at).collect::<Vec<_>>();
    assert_eq!(held, [at(7), at(8)]);
    assert_eq!(model.session.history.iter().map(|event| event.number.0).collect::<Vec<_>>(), [6, 7]);
    lint_all(&mut model, at(8));
    let last = EventNumber(7);
    assert!(model.checked.get(last).is_some());
    let none = [
        change("view", ChangeKind::Updated, &large(9), 9, 1, at(9)),
        change("view", ChangeKind::Updated, &large(10), 10, 1, at(9)),
    ];
    send(&mut model, polled(none.into(), at(9)), at(9));
    assert_eq!(model.checked.get(last), None, "what was found goes with the event");
    let told: Vec<_> = log(&model).into_iter().filter(|line| line.contains("history")).collect();
    assert_eq!(told, [" the history has reached 2 MiB: from now on the oldest events of the largest types go"]);
}

#[test]
fn the_diff_tab_goes_through_the_changes_and_to_their_fields() {
    let mut model = busy(120, 36);
    let newer = PURCHASE
        .replace("50314", "50316")
        .replace("\"31.24\"", "31.24")
        .replace("\"coupon\":null,", "")
        .replace("\"gift\":true", "\"gift\":true,\"channel\":\"web\"")
        .replace("14:03:19.700Z", "14:03:20.700Z");
    let order = change("purchase", ChangeKind::Updated, &newer, 45, 1, at(21));
    send(&mut model, polled(vec![order], at(21)), at(21));
    press(&mut model, "/ p u r c h enter enter ]", at(21));
    assert_eq!(model.inspector.tabs(model.layout().unwrap().inspector.unwrap()).swap_remove(1).1, "Diff 4");
    let changes = |model: &Model| {
        let rows = model.inspector.panes().diff.visible();
        rows.map(|(row, selected)| match row {
            DiffRow::Heading { group, count } => format!("{} {count}", group.label()),
            DiffRow::Change { difference, .. } => format!("{}{}", if selected { ">" } else { " " }, difference.path),
            DiffRow::Text { was, parts, .. } => {
                let parts = parts.iter().map(|(part, own)| if *own { format!("[{part}]") } else { part.to_string() });
                format!("{}{}", if *was { "−" } else { "+" }, parts.collect::<String>())
            }
            DiffRow::Note(note) => note.to_string(),
            DiffRow::More(more) => format!("{more} more"),
        })
        .collect::<Vec<_>>()
    };
    let listed = [
        "changed 1",
        ">order_id",
        "retyped 1",
        " revenue",
        "added 1",
        " channel",
        "removed 1",
        " coupon",
        "times and ids 1",
        " timestamp",
        "10 fields the same",
    ];
    assert_eq!(changes(&model), listed);
    press(&mut model, "n n n", at(22));
    assert_eq!(changes(&model).iter().position(|row| row.starts_with('>')), Some(7));
    press(&mut model, "N enter", at(22));
    assert_eq!((model.tab(), path(&model)), (Tab::Tree, "channel".into()));
    press(&mut model, "] N N N y v", at(22));
    press(&mut model, "h", at(22));
    assert_eq!(model.tab(), Tab::Tree);
    press(&mut model, "esc esc / c h e c k enter enter ]", at(23));
    assert_eq!(changes(&model), [] as [&str; 0], "nothing came before it");
}

#[test]
fn the_newest_types_stay_in_view_until_the_reader_moves() {
    let mut model = fresh(80, 24);
    let known = (0..40).map(|n| change(&format!("type_{n:02}"), ChangeKind::New, "{}", 1, 0, at(1)));
    send(&mut model, polled(known.collect(), at(1)), at(1));
    let first = selected(&model).to_owned();
    let top = |model: &Model| model.types.visible().next().unwrap().0.as_str().to_owned();
    let arrive = |model: &mut Model, second: u64| {
        let name = format!("type_{second:02}");
        send(
            model,
            polled(vec![change(&name, ChangeKind::Updated, "{\"a\":1}", 2, 1, at(second))], at(second)),
            at(second),
        );
    };
    for second in 10..30 {
        arrive(&mut model, second);
        assert_eq!(top(&model), format!("type_{second}"), "the newest is in view");
    }
    assert_eq!(selected(&model), first, "and the inspector stays where it is");
    assert_eq!(model.types.unseen().1, 0);

    press(&mut model, "G", at(31));
    let bottom = selected(&model).to_owned();
    arrive(&mut model, 32);
    assert_eq!(selected(&model), bottom, "who has moved keeps the row");
    assert_ne!(top(&model), "type_32");
    assert_eq!(model.types.unseen(), (21, 21, 0), "and is told of the news above");
    press(&mut model, "g", at(33));
    arrive(&mut model, 34);
    assert_eq!(top(&model), "type_34", "back at the top, the newest come into view again");
}

#[test]
fn the_log_keeps_the_order_of_time_and_goes_back_to_the_newest_when_it_is_left() {
    let mut model = busy(120, 36);
    press(&mut model, "space", at(21));
    let newer = change("view", ChangeKind::Updated, r#"{"a":1}"#, 1_206, 1, at(22));
    send(&mut model, polled(vec![newer], at(22)), at(22));
    send(&mut model, failed(ProblemKind::Unreachable, "no route", "wait", Some(at(30)), at(25)), at(25));
    press(&mut model, "space", at(26));
    let times: Vec<_> = model.stream.entries().map(|entry| entry.at.elapsed).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");

    for second in 30..60 {
        let order = format!(r#"{{"n":{second}}}"#);
        let newer = change("view", ChangeKind::Updated, &order, second, 1, at(second));
        send(&mut model, polled(vec![newer], at(second)), at(second));
    }
    press(&mut model, "tab tab G", at(60));
    assert_eq!(model.focus, PaneId::Stream);
    assert!(model.stream.cursor().offset() > 0);
    press(&mut model, "tab", at(61));
    assert_eq!(model.stream.cursor().offset(), 0);
}

#[test]
fn the_palette_finds_every_command_and_runs_it_where_it_holds() {
    let mut model = busy(120, 36);
    let labels = |model: &Model| match model.layers.last() {
        Some(Layer::Palette(palette)) => {
            palette.visible().map(|(item, _)| item.label().to_string()).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    press(&mut model, ":", at(20));
    let first = |model: &Model| labels(model).first().cloned().unwrap_or_default();
    assert_eq!(first(&model), "look into the event", "first those of the pane one is in");
    type_in(&mut model, "unfold every", at(20));
    assert_eq!(first(&model), "unfold everything");
    press(&mut model, "enter", at(20));
    assert_eq!((model.focus, model.tab(), model.layers.len()), (PaneId::Inspector, Tab::Tree, 0));

    press(&mut model, ": d", at(20));
    assert_eq!(first(&model), "compare with the event before, and back to the tree", "who types a key means that one");
    press(&mut model, "enter", at(20));
    assert_eq!(model.tab(), Tab::Diff);

    press(&mut model, ":", at(20));
    type_in(&mut model, "rate of arrivals\n", at(20));
    assert_eq!(model.focus, PaneId::Types);
    let area = model.layout().unwrap().types.unwrap().inner();
    assert!(model.types.columns(area).iter().any(|(column, _)| *column == Column::Rate), "a command without a key");

    press(&mut model, ":", at(20));
    type_in(&mut model, "copy the command\n", at(20));
    assert!(model.toast.as_ref().unwrap().text.contains("composer"), "{:?}", model.toast);
    press(&mut model, ":", at(20));
    let all = labels(&model);
    type_in(&mut model, "xq", at(20));
    press(&mut model, "backspace backspace", at(20));
    assert_eq!(labels(&model), all, "an empty search leaves everything, once and in order");
    for (typed, word) in [("plan", "plan"), ("report", "report"), ("mute", "mute"), ("pin", "pin")] {
        press(&mut model, "esc :", at(20));
        type_in(&mut model, typed, at(20));
        let found = labels(&model);
        assert!(!found.is_empty() && found.iter().all(|label| label.contains(word)), "{typed}: {found:?}");
    }
    press(&mut model, "esc : z z z z", at(20));
    assert_eq!(labels(&model), [] as [&str; 0]);
    assert_eq!(press(&mut model, "enter", at(20)), []);
    press(&mut model, "esc", at(20));
    assert!(model.layers.is_empty());
    press(&mut model, ":", at(20));
    assert_eq!(first(&model), "show or hide the rate of arrivals", "what was run last stands first");
}

#[test]
fn the_palette_finds_types_templates_profiles_and_rules() {
    let preferences = Preferences { profiles: ["live".into(), "staging".into()].into(), ..Preferences::default() };
    let find = |model: &mut Model, text: &str| {
        press(model, "esc esc :", at(20));
        type_in(model, text, at(20));
        press(model, "enter", at(20))
    };
    let mut model = busy(120, 36);
    model.preferences = preferences;
    assert_eq!(find(&mut model, "event type purchase"), []);
    assert_eq!((selected(&model), model.focus), ("purchase", PaneId::Inspector));
    assert_eq!(find(&mut model, "staging"), [Effect::SwitchProfile(1)]);
    find(&mut model, "date-impossible");
    let Some(Layer::Pager(pager)) = model.layers.last() else { panic!("{:?}", model.layers) };
    assert_eq!(pager.title, "date-impossible");
    find(&mut model, "template to compose with add_to_cart");
    let draft = model.composing().map(|composition| composition.editor.text()).unwrap_or_default();
    assert!(draft.contains("add_to_cart"), "{draft}");
}

#[test]
fn every_action_is_in_the_help_and_in_the_palette_and_can_have_a_key() {
    for model in [busy, collecting, replaying] {
        let mut model = model(120, 36);
        let origin = model.origin();
        press(&mut model, "?", at(20));
        let Some(Layer::Help(help)) = model.layers.pop() else { panic!("no help") };
        let told = format!("{help:?}");
        press(&mut model, ":", at(20));
        let Some(Layer::Palette(palette)) = model.layers.pop() else { panic!("no palette") };
        let listed = format!("{palette:?}");
        for place in places(origin) {
            for binding in
                place.bindings.iter().filter(|binding| !binding.label.is_empty() && origin.takes(binding.action))
            {
                assert!(told.contains(binding.label), "{} is not in the help", binding.label);
                let is_of_layer = matches!(
                    binding.action,
                    Action::CopyTarget(_) | Action::PrintTarget(_) | Action::Accept | Action::Back
                );
                let is_of_list = std::ptr::eq(place, &raw const super::keymap::LIST);
                if !place.typing && !is_of_layer && !is_of_list {
                    assert!(
                        listed.contains(&format!("{:?}", binding.action)),
                        "{} is not in the palette",
                        binding.label
                    );
                }
                assert_eq!(super::key_table::named(&binding.action.name()), Some(binding.action));
            }
        }
    }
}

#[test]
fn a_click_on_a_hint_does_what_its_key_does() {
    let mut model = busy(120, 36);
    let hints = model.hints_behind(0, false, at(20));
    let row = model.layout().unwrap().footer.y;
    let place = |action: Action| {
        let hint = hints.iter().find(|hint| hint.binding.action == action).unwrap();
        u16::try_from(hint.column + 1).unwrap()
    };
    click(&mut model, place(Action::Compose), row, at(20));
    assert!(matches!(model.layers.last(), Some(Layer::Picker(_))), "{:?}", model.layers);
    press(&mut model, "esc", at(20));
    click(&mut model, place(Action::Help), row, at(20));
    assert!(matches!(model.layers.last(), Some(Layer::Help(_))));
    press(&mut model, "esc", at(20));
    click(&mut model, 119, row, at(20));
    assert!(model.layers.is_empty(), "behind the last there is nothing");
}

#[test]
fn the_help_begins_where_one_is_and_is_searched() {
    let visible = |model: &Model| match model.layers.last() {
        Some(Layer::Help(help)) => help.visible().map(|line| format!("{line:?}")).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let mut model = busy(60, 15);
    press(&mut model, "?", at(20));
    assert!(visible(&model).first().unwrap().contains(super::pane::types::KEYS.title), "{:?}", visible(&model));
    press(&mut model, "esc", at(20));
    act(&mut model, Action::Diff, at(20));
    press(&mut model, "? / m a s k", at(20));
    let found = visible(&model);
    assert!(found.iter().any(|line| line.contains("mask what tells")), "{found:?}");
    assert!(found.len() < 8, "{found:?}");
    press(&mut model, "enter esc", at(20));
    assert!(matches!(model.layers.last(), Some(Layer::Help(_))), "first the search is over");
    press(&mut model, "esc", at(20));
    assert!(model.layers.is_empty());
}

#[test]
fn the_mouse_is_let_go_and_taken_back() {
    let mut model = busy(120, 36);
    assert_eq!(press(&mut model, "T", at(20)), [Effect::Mouse(false)]);
    assert_eq!(press(&mut model, "T", at(20)), [Effect::Mouse(true)]);
}

#[test]
fn keys_of_ones_own_count_everywhere_and_are_shown() {
    let key = |text: &str| text.parse::<Key>().unwrap();
    let bindings = super::key_table::bind([(Action::Compose, vec![key("C")]), (Action::Help, vec![])]).unwrap();
    let mut model = busy(120, 36);
    model.preferences.bindings = bindings.into();
    let shown: Vec<_> = model.hints_behind(0, false, at(20)).into_iter().map(|hint| hint.key.to_string()).collect();
    assert!(shown.contains(&" C".to_owned()) && !shown.contains(&" ?".to_owned()), "{shown:?}");
    press(&mut model, "c ?", at(20));
    assert!(model.layers.is_empty(), "{:?}", model.layers);
    press(&mut model, "C", at(20));
    assert!(matches!(model.layers.last(), Some(Layer::Picker(_))));
}

#[test]
fn a_clock_that_is_set_while_one_watches_changes_neither_order_nor_age() {
    for jump in [-7_200, 7_200, -400 * 86_400, 400 * 86_400] {
        let moved = |seconds: u64| {
            let at = at(seconds);
            let by = SignedDuration::from_secs(if seconds < 3 { 0 } else { jump });
            Moment { wall: at.wall.checked_add(by).unwrap(), ..at }
        };
        let mut model = fresh(120, 36);
        for n in 0..6 {
            let event = format!(r#"{{"event":"view","order_id":"n{n}"}}"#);
            let kind = if n == 0 { ChangeKind::New } else { ChangeKind::Updated };
            send(&mut model, polled(vec![change("view", kind, &event, n + 1, 1, moved(n))], moved(n)), moved(n));
            if n == 2 {
                press(&mut model, "b", moved(n));
            }
        }
        let gap = Gap { event_type: "view".into(), lost: Some(2), unless: None, late: false, at: moved(6) };
        send(&mut model, Message::Records(vec![Record::Gap(gap)]), moved(6));
        let lines: Vec<_> = log(&model).into_iter().filter(|line| line.starts_with("view")).collect();
        assert!(lines.first().unwrap().contains('2'), "{jump}: {lines:?}");
        let ids = lines.iter().filter_map(|line| line.split("order ").nth(1)?.split_whitespace().next());
        let ids: Vec<_> = ids.collect();
        assert_eq!(ids, ["n5", "n4", "n3", "n2", "n1", "n0"], "{jump}: {lines:?}");
        let (_, row) = model.types.rows().next().unwrap();
        assert_eq!(row.age(moved(9)), Some(Duration::from_secs(4)), "{jump}");
        assert_eq!(model.types.step().unwrap().count(&"view".into()), 3, "{jump}");
        press(&mut model, "enter", moved(9));
        for n in (1..5).rev() {
            press(&mut model, "<", moved(9));
            assert!(model.inspector.shown().unwrap().event.payload.text().contains(&format!("n{n}")), "{jump}");
        }
        let effects = press(&mut model, "y r", moved(9));
        let [Effect::Report(reporting)] = &*effects else { panic!("{effects:?}") };
        assert!(reporting.text().contains("6 events of 1 type"), "{jump}: {}", reporting.text());
    }
}

#[test]
fn what_the_server_could_not_process_is_told_as_it_grows() {
    let mut model = busy(120, 36);
    let errors = |counts: &[(&'static str, u64)], now| {
        let counts = counts.iter().map(|(sort, count)| ((*sort).into(), *count)).collect();
        Message::Records(vec![Record::Counted { at: now }, Record::Errors(Errors { counts, at: now })])
    };
    let before = log(&model).len();
    send(&mut model, errors(&[("missing_identifier", 5)], at(20)), at(20));
    assert_eq!(log(&model).len(), before, "what was there before we came is no news");
    send(&mut model, errors(&[("invalid_user_attributes", 1), ("missing_identifier", 7)], at(21)), at(21));
    let lines = log(&model);
    let told: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| line.contains("could not")).collect();
    let expected = [
        "2 more events the server could not process: missing_identifier",
        "1 more event the server could not process: invalid_user_attributes",
    ];
    assert_eq!(told, expected);
    send(&mut model, errors(&[("missing_identifier", 1)], at(22)), at(22));
    assert_eq!(log(&model), lines, "a new day begins at nothing");
}

/// Purchases of so many versions, one a second, of which only the revenue differs.
fn with_history(columns: u16, rows: u16, versions: u64) -> Model {
    let mut model = fresh(columns, rows);
    for n in 1..=versions {
        let kind = if n == 1 { ChangeKind::New } else { ChangeKind::Updated };
        let order = change("purchase", kind, &format!(r#"{{"event":"purchase","revenue":{n}}}"#), n, 1, at(n));
        send(&mut model, polled(vec![order], at(n)), at(n));
    }
    model
}

/// The revenue on show, where it stands in time, and whether that is the past.
fn moment(model: &Model) -> (String, Option<(usize, usize)>, bool) {
    let shown = model.inspector.shown().unwrap();
    let text = shown.event.payload.text().trim_end_matches('}').rsplit(':').next().unwrap();
    (text.to_owned(), shown.place.map(|place| (place.at, place.of)), model.inspector.is_past())
}

#[test]
fn the_reader_walks_through_time_in_every_tab_and_is_live_again() {
    let mut model = with_history(120, 36, 5);
    let toast = |model: &Model| model.toast.as_ref().map(|toast| toast.text.to_string()).unwrap_or_default();
    let told = |revenue: &str, at, past| (revenue.to_owned(), Some((at, 5)), past);
    assert_eq!(moment(&model), told("5", 5, false));
    for (keys, expected, said) in [
        (">", told("5", 5, false), "this is the newest event"),
        ("< <", told("3", 3, true), ""),
        ("enter <", told("2", 2, true), ""),
        ("] <", told("1", 1, true), ""),
        ("<", told("1", 1, true), "this is the first event that was seen of the type"),
        ("] >", told("2", 2, true), ""),
        ("] > ] >", told("4", 4, true), ""),
        (">", told("5", 5, false), ""),
        ("< < f", told("5", 5, false), ""),
        ("[ [ < esc", told("5", 5, false), ""),
    ] {
        press(&mut model, keys, at(9));
        assert_eq!((moment(&model), toast(&model).as_str()), (expected, said), "{keys}");
    }
    press(&mut model, "enter <", at(9));
    let newer = change("purchase", ChangeKind::Updated, r#"{"revenue":6}"#, 6, 1, at(10));
    send(&mut model, polled(vec![newer], at(10)), at(10));
    assert_eq!(moment(&model), ("4".into(), Some((4, 6)), true), "what comes does not move the view");
    assert_eq!(model.inspector.shown().unwrap().newer, 2);
    press(&mut model, "> > j", at(10));
    assert_eq!(moment(&model), ("6".into(), Some((6, 6)), false));
    let newer = change("purchase", ChangeKind::Updated, r#"{"revenue":7}"#, 7, 1, at(11));
    send(&mut model, polled(vec![newer], at(11)), at(11));
    assert_eq!(moment(&model), ("6".into(), Some((6, 7)), true), "read and left behind, it is the past too");
}

#[test]
fn in_the_past_an_event_is_compared_with_the_one_before_it_and_has_its_own_findings() {
    let mut model = with_history(120, 36, 3);
    let bad = change("purchase", ChangeKind::Updated, FAULTY, 4, 1, at(4));
    send(&mut model, polled(vec![bad], at(4)), at(4));
    lint_all(&mut model, at(4));
    let fine = change("purchase", ChangeKind::Updated, r#"{"event":"purchase","revenue":5}"#, 5, 1, at(5));
    send(&mut model, polled(vec![fine], at(5)), at(5));
    press(&mut model, "<", at(6));
    assert_eq!(found(&model).len(), 6);
    press(&mut model, "<", at(6));
    let shown = model.inspector.shown().unwrap();
    assert_eq!(
        (shown.found(), shown.changes().unwrap().summary_without(|_| false).to_string()),
        (None, "revenue 2 → 3".into())
    );
}

#[test]
fn the_history_lists_what_is_held_and_opens_it() {
    let mut model = with_history(120, 36, 30);
    press(&mut model, "enter ] ]", at(40));
    assert_eq!(model.tab(), Tab::History);
    let label =
        |model: &Model| model.inspector.tabs(model.layout().unwrap().inspector.unwrap()).swap_remove(2).1.to_string();
    assert_eq!(label(&model), "History 30");
    let listed = |model: &Model| {
        let history = &model.session.history;
        let pane = &model.inspector.panes().history;
        let rows = pane.visible(model.versions()).map(|(event, selected)| {
            let before = history.before(event.number).map(|before| (before.number, event.number));
            let words = before.and_then(|pair| pane.words(pair)).map(ToString::to_string);
            (event.number.0, selected, words.unwrap_or_default())
        });
        rows.collect::<Vec<_>>()
    };
    assert_eq!(listed(&model).first().unwrap(), &(29, true, "revenue 29 → 30".to_owned()));
    assert!(listed(&model).iter().all(|(.., words)| !words.is_empty()), "of each row on screen it is known");
    press(&mut model, "j j", at(40));
    let newer = change("purchase", ChangeKind::Updated, r#"{"event":"purchase","revenue":31}"#, 31, 1, at(41));
    send(&mut model, polled(vec![newer], at(41)), at(41));
    let rows = listed(&model);
    assert_eq!(rows.get(2).map(|(number, selected, _)| (*number, *selected)), Some((27, true)), "it holds still");
    assert_eq!(label(&model), "History 31");
    press(&mut model, "enter", at(42));
    assert_eq!((model.tab(), moment(&model)), (Tab::Tree, ("28".into(), Some((28, 31)), true)));
    press(&mut model, "] ] G", at(42));
    assert_eq!(listed(&model).last().unwrap(), &(0, true, String::new()));
    press(&mut model, "l", at(42));
    assert_eq!(moment(&model), ("1".into(), Some((1, 31)), true));
    press(&mut model, "] ]", at(42));
    assert!(listed(&model).last().unwrap().1, "the cursor is on the event on show");
    click(&mut model, 70, 2, at(42));
    assert_eq!(listed(&model).first().unwrap(), &(30, true, "revenue 30 → 31".to_owned()), "and goes with it");
    assert_eq!(model.next_wake(at(42)), Some(Duration::from_secs(1)), "ages go on");
}

#[test]
fn ages_of_any_phase_and_polls_that_bring_nothing_share_one_frame_a_second() {
    let mut model = Model::new(setup(120, 36));
    let rows = (0..100).map(|n| {
        let name = format!("type_{n}");
        change(&name, ChangeKind::New, &format!(r#"{{"event":"{name}"}}"#), n, 1, at_millis(40_000 + 37 * n))
    });
    send(&mut model, polled(rows.collect(), at_millis(44_300)), at_millis(44_300));
    for millis in [60_000, 60_001, 60_400, 60_999] {
        let wake = model.next_wake(at_millis(millis)).unwrap();
        assert_eq!((millis + u64::try_from(wake.as_millis()).unwrap()) % 1_000, 0, "after {millis}: {wake:?}");
    }
    let quiet = polled(Vec::new(), at(61));
    assert!(model.is_quiet(&quiet));
    assert!(!Model::new(setup(120, 36)).is_quiet(&quiet), "that it is live now is shown at once");
    assert!(!model.is_quiet(&polled(vec![change("a", ChangeKind::New, "{}", 1, 1, at(61))], at(61))));
}

#[test]
fn what_had_to_go_is_said_and_an_event_on_show_outlives_it() {
    let mut model = Model::new(Setup { history_limit: 2_000, ..setup(120, 36) });
    let order = |n: u64| {
        let kind = if n == 1 { ChangeKind::New } else { ChangeKind::Updated };
        polled(vec![change("purchase", kind, &format!(r#"{{"revenue":{n}}}"#), n, 1, at(n))], at(n))
    };
    for n in 1..=3 {
        send(&mut model, order(n), at(n));
    }
    press(&mut model, "enter < <", at(3));
    assert_eq!(moment(&model), ("1".into(), Some((1, 3)), true));
    for n in 4..=6 {
        send(&mut model, order(n), at(n));
    }
    assert_eq!(moment(&model), ("1".into(), None, true));
    press(&mut model, "<", at(7));
    assert_eq!(model.toast.as_ref().unwrap().text, "3 older events of the type had to go: the history is full");
    press(&mut model, ">", at(7));
    assert_eq!(moment(&model), ("4".into(), Some((1, 3)), true));
}

fn diffed(model: &Model) -> Vec<String> {
    let rows = model.inspector.panes().diff.visible();
    rows.filter_map(|(row, _)| match row {
        DiffRow::Change { difference, .. } => Some(difference.path.to_string()),
        DiffRow::Text { was, parts, .. } => {
            let parts = parts.iter().map(|(part, own)| if *own { format!("[{part}]") } else { part.to_string() });
            Some(format!("{} {}", if *was { "−" } else { "+" }, parts.collect::<String>()))
        }
        DiffRow::Note(note) => Some(note.to_string()),
        DiffRow::Heading { .. } | DiffRow::More(_) => None,
    })
    .collect()
}

#[test]
fn a_marked_event_is_compared_with_others_of_any_type_and_never_with_itself() {
    let mut model = with_history(120, 36, 3);
    let view = change("view", ChangeKind::New, r#"{"event":"view","revenue":1}"#, 1, 1, at(4));
    send(&mut model, polled(vec![view], at(4)), at(4));
    press(&mut model, "/ p u r c h enter < m", at(5));
    assert_eq!(model.toast.as_ref().unwrap().text, "marked: go to another event, of any type, and compare");
    let against = |model: &Model| {
        let shown = model.inspector.shown().unwrap();
        (shown.is_against_mark(), shown.comparison().other().map(|other| other.payload.text().to_owned()))
    };
    let event = |revenue: u64| Some(format!(r#"{{"event":"purchase","revenue":{revenue}}}"#));
    press(&mut model, "d", at(5));
    assert_eq!(against(&model), (false, event(1)), "the marked event itself is compared with the one before it");
    press(&mut model, ">", at(5));
    assert_eq!(against(&model), (true, event(2)));
    press(&mut model, "< <", at(5));
    assert_eq!(against(&model), (true, event(2)), "also what is older");
    assert_eq!(diffed(&model), ["revenue", "1 field the same"]);
    press(&mut model, "esc esc / v i e w enter", at(5));
    assert_eq!(against(&model), (true, event(2)));
    press(&mut model, "enter", at(5));
    assert_eq!(diffed(&model), ["event", "revenue"]);
    press(&mut model, "esc esc / p u r c h enter < m d", at(5));
    assert_eq!(model.inspector.mark(), None, "the same key takes it away");
    press(&mut model, "d ] m", at(5));
    let marked = |model: &Model| model.inspector.mark().map(|mark| mark.number.0);
    assert_eq!((model.tab(), marked(&model)), (Tab::History, Some(1)));
    press(&mut model, "j m", at(5));
    assert_eq!(marked(&model), Some(0), "in the history, the event under the cursor");
    assert_eq!(model.toast.as_ref().unwrap().text, "marked, in the place of one before");
    press(&mut model, "[ esc esc / v i e w enter m", at(5));
    assert_eq!(model.toast.as_ref().unwrap().text, "marked, in the place of a purchase");
}

#[test]
fn a_comparison_that_takes_its_time_is_asked_for_and_a_late_answer_is_dropped() {
    let mut model = fresh(120, 36);
    let large = |n: u64| format!(r#"{{"n":{n},"text":"{}"}}"#, "x".repeat(100_000));
    for n in 1..=3 {
        let kind = if n == 1 { ChangeKind::New } else { ChangeKind::Updated };
        super::update(&mut model, polled(vec![change("view", kind, &large(n), n, 1, at(n))], at(n)), at(n));
    }
    let key = |model: &mut Model, c: char| {
        let key = Key { code: KeyCode::Char(c), ctrl: false, alt: false, shift: false };
        super::update(model, Message::Key(key), at(4))
    };
    let asked = |effects: &[Effect]| {
        let pairs = effects.iter().filter_map(|effect| match effect {
            Effect::Compare(pairs) => Some(pairs.clone()),
            _ => None,
        });
        pairs.flatten().collect::<Vec<_>>()
    };
    let older = asked(&key(&mut model, '<'));
    assert_eq!(older.iter().map(Pair::numbers).collect::<Vec<_>>(), [(EventNumber(0), EventNumber(1))]);
    assert!(model.inspector.shown().unwrap().changes().is_none());
    assert_eq!(asked(&key(&mut model, 'j')), [], "once");
    let newer = asked(&key(&mut model, '>'));
    assert_eq!(newer.iter().map(Pair::numbers).collect::<Vec<_>>(), [(EventNumber(1), EventNumber(2))]);
    for pair in &older {
        super::update(&mut model, Message::Done(Outcome::Compared(pair.compare())), at(4));
    }
    assert!(model.inspector.shown().unwrap().changes().is_none(), "of another event");
    for pair in &newer {
        super::update(&mut model, Message::Done(Outcome::Compared(pair.compare())), at(4));
    }
    assert_eq!(model.inspector.shown().unwrap().changes().map(Changes::count), Some(1));
    assert_eq!(asked(&key(&mut model, '<')).len(), 1, "what came too late is asked for again");
}

#[test]
fn long_texts_are_compared_word_by_word_and_blanks_can_be_seen() {
    let mut model = with_history(120, 36, 1);
    let long = "A coat of wool, lined with silk, for the colder days of the year";
    let event =
        |note: &str, code: &str| format!(r#"{{"event":"purchase","revenue":1,"note":"{note}","code":"{code}"}}"#);
    for (n, text) in [event(long, "a b"), event(&long.replace("wool", "fine wool"), "a  b ")].iter().enumerate() {
        let order = change("purchase", ChangeKind::Updated, text, 2, 1, at(2 + n as u64));
        send(&mut model, polled(vec![order], at(2 + n as u64)), at(2 + n as u64));
    }
    press(&mut model, "d", at(5));
    assert_eq!(
        diffed(&model),
        [
            "note",
            "− A coat of wool, lined …",
            "+ A coat of [fine·]wool, lined …",
            "code",
            "− a[·]b",
            "+ a[··]b[·]",
            "2 fields the same"
        ]
    );
    press(&mut model, "j j j", at(5));
    assert_eq!(model.inspector.panes().diff.selected().unwrap().path.to_string(), "code");
}

#[test]
fn what_is_pasted_into_a_line_stands_at_the_cursor_as_far_as_the_line_may_be_long() {
    let mut model = busy(120, 36);
    press(&mut model, "/ a b left", at(20));
    send(&mut model, Message::Paste("é日\u{7}".into()), at(20));
    press(&mut model, "x", at(20));
    assert_eq!(model.types.query(), "aé日xb");
    // Much more than a line is no work of minutes.
    for key in ["esc /", "esc |"] {
        press(&mut model, key, at(20));
        send(&mut model, Message::Paste("é".repeat(1 << 20)), at(20));
        let input = model.layers.last_mut().and_then(Layer::pane_mut).and_then(Pane::input).unwrap();
        assert_eq!(input.value().len(), crate::query::LONGEST);
        assert_eq!(input.cursor(), crate::query::LONGEST / 2);
    }
}

#[test]
fn a_refused_event_is_listed_with_its_request_and_counts_as_neither_received_nor_captured() {
    let mut model = collecting(120, 36);
    let counts = |model: &Model, name: &str| {
        let row = model.types.row(&name.into()).unwrap();
        (row.received, row.captured, model.session.history.count(&name.into()))
    };
    assert_eq!(counts(&model, "view"), (Some(1), 1, 2));
    assert_eq!(counts(&model, "kiln fired"), (None, 0, 1));
    assert_eq!((model.session.requests.count(), model.session.requests.refused()), (3, 2));
    let refused = model.session.requests.get(2).unwrap();
    assert!(
        model.findings_of(refused).iter().any(|(finding, of)| finding.rule.id == "literal-text" && *of == "events[1] ")
    );

    let selected = |model: &Model| {
        let Some(Layer::Requests(list)) = model.layers.last() else { panic!("{:?}", model.layers) };
        (list.rows().selected(), list.rows().cursor().len())
    };
    press(&mut model, "R", at(7));
    assert_eq!(selected(&model), (Some(3), 3));
    press(&mut model, "x j", at(7));
    assert_eq!(selected(&model), (Some(2), 2));
    press(&mut model, "o", at(7));
    let shown = model.inspector.shown().unwrap();
    assert_eq!((shown.event.event_type.as_str(), shown.event.arrival), ("kiln fired", Arrival::Refused));
    press(&mut model, "R j e", at(7));
    assert!(model.composing().is_some_and(|composing| composing.editor.text().contains("kiln fired")));
    // Nothing is polled, so nothing of polls is offered.
    assert_eq!(press(&mut model, "esc esc r + -", at(8)), []);
    assert!(!model.hints().any(|binding| binding.action == Action::Poll));
}

#[test]
fn a_line_about_a_refused_request_leads_to_it_and_a_new_one_does_not_move_the_cursor() {
    let mut model = collecting(120, 36);
    let text: Vec<_> = model.stream.entries().map(|entry| entry.text.to_string()).collect();
    assert!(
        text.iter().any(|text| text.starts_with("POST /api/v1/bulkevents · 422 · 2 events · events[1].event \"kiln"))
    );
    press(&mut model, "tab tab", at(7));
    while model.stream.selected().is_none_or(|entry| entry.about != About::Request(2)) {
        press(&mut model, "j", at(7));
    }
    press(&mut model, "enter", at(7));
    let Some(Layer::Requests(list)) = model.layers.last() else { panic!("{:?}", model.layers) };
    assert_eq!(list.rows().selected(), Some(2));
    let mut newer = (**model.session.requests.get(1).unwrap()).clone();
    newer.number = 4;
    send(&mut model, Message::Records(vec![Record::Request(newer.into())]), at(8));
    let Some(Layer::Requests(list)) = model.layers.last() else { panic!("{:?}", model.layers) };
    assert_eq!((list.rows().selected(), list.rows().cursor().len()), (Some(2), 4));
}

#[test]
fn what_waits_at_a_collector_goes_on_and_what_was_not_passed_on_goes_again_with_a_key() {
    let waiting = |held, scenario, unsent| {
        let first = (held > 0).then(|| "POST /api/v1/event".into());
        Message::Records(vec![Record::Waiting(Waiting { held, first, scenario, unsent, at: at(8) })])
    };
    let (next, again) = (Effect::Collector(CollectorCommand::Next), Effect::Collector(CollectorCommand::PassOn));
    for (held, scenario, unsent) in [(0, false, 0), (2, false, 0), (0, true, 0), (0, false, 3)] {
        let mut model = collecting(120, 36);
        send(&mut model, waiting(held, scenario, unsent), at(8));
        for keys in ["g", "R", "esc /"] {
            press(&mut model, keys, at(8));
            let typing = keys.ends_with('/');
            for (key, effect, there) in [(".", &next, held > 0 || scenario), ("P", &again, unsent > 0)] {
                let expected = if there && !typing { vec![effect.clone()] } else { Vec::new() };
                assert_eq!(
                    press(&mut model, key, at(8)),
                    expected,
                    "{key:?} after {keys:?} of {held} {scenario} {unsent}"
                );
                let action = if key == "." { Action::StepOn } else { Action::PassOn };
                assert!(typing || model.can(action, at(8)) == there);
            }
        }
    }
}

#[test]
fn a_proof_of_what_was_passed_on_is_told_and_stands_at_its_request() {
    let mut model = collecting(120, 36);
    let proof: Proof = serde_json::from_str(
        r#"{"type":"view","event_uuid":"","request":1,"proof":"seen","after_ms":1300,"by":"content","clues":null,
            "differences":[{"path":"/total","kind":"retyped","sent":1,"received":"1"},{"path":"/site","kind":"added"}],
            "observed_at":"2026-11-23T12:00:08Z","elapsed_ms":8000}"#,
    )
    .unwrap();
    send(&mut model, Message::Records(vec![Record::Proof(proof)]), at(8));
    let told = "probably seen after 1.3 s · 1 field changed on the way";
    let entry = model.stream.entries().find(|entry| entry.text.as_ref() == told).unwrap();
    assert_eq!(entry.about, About::Request(1));
    assert_eq!(model.session.requests.get(1).unwrap().proofs.len(), 1);
}

#[test]
fn a_request_whose_event_cannot_be_read_is_edited_as_it_came_and_one_of_a_new_start_is_another() {
    let mut model = collecting(120, 36);
    let mut broken = (**model.session.requests.get(1).unwrap()).clone();
    broken.number = 1;
    broken.body = Some(r#"{"event":"view",}"#.into());
    send(&mut model, Message::Records(vec![Record::Request(broken.into())]), at(8));
    let places: Vec<_> = model.session.requests.newest_first().map(|request| (request.number, request.place)).collect();
    assert_eq!(places, [(1, 4), (3, 3), (2, 2), (1, 1)]);
    press(&mut model, "R e", at(8));
    assert_eq!(model.composing().unwrap().editor.text(), r#"{"event":"view",}"#);
    press(&mut model, "esc R ?", at(9));
    assert!(matches!(model.layers.last(), Some(Layer::Help(_))));
}
