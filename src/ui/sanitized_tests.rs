//! Text from outside, on its way through every part of the application to the screen.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use secrecy::SecretString;

use super::Theme;
use super::picture::drawn;
use crate::app::fixture::{
    answered, at, busy, change, composing, fresh, lint_all, polled, press, send, setup, ship, type_in,
};
use crate::app::{Message, Model, Outcome, ThemeName};
use crate::blueshift::{KeyMask, Summary};
use crate::event::catalogue::Template;
use crate::event::text::sanitize;
use crate::event::{Note, Sanitized};
use crate::session::{CallOutcome, ChangeKind, Errors, Problem, ProblemKind, Record, Trouble};

const KEY: &str = "c4nary5e1f0b7c9d3a";
const HOSTILE: &str = "\u{1b}]0;\u{7}\u{9b}\u{202e}\u{200b}";

/// A server's message, as the source hands it on.
fn said() -> Sanitized {
    let keys = KeyMask::new([&SecretString::from(KEY)]);
    sanitize(&keys.mask(&format!("{KEY} {HOSTILE}")))
}

fn problem() -> Problem {
    Problem { kind: ProblemKind::WrongAnswer, what: said(), advice: said() }
}

fn trouble() -> Trouble {
    Trouble { at: at(21), problem: problem(), attempt: 1, next: Some(at(90)), unknown: None }
}

/// A model that has heard these, one after the other, a second each.
fn heard(mut model: Model, messages: impl IntoIterator<Item = Message>) -> Model {
    for (message, second) in messages.into_iter().zip(21..) {
        send(&mut model, message, at(second));
    }
    model
}

fn pressed(mut model: Model, keys: &str) -> Model {
    press(&mut model, keys, at(40));
    model
}

/// A model that watches an event whose type, keys and values are hostile.
fn watching() -> Model {
    let event = |value: &str| {
        let [hostile, value] = [HOSTILE.to_owned(), format!("{value}{HOSTILE}")].map(serde_json::Value::from);
        format!(r#"{{"event":{hostile},"customer_id":"1",{hostile}:{hostile},"a":{value}}}"#)
    };
    let [before, after] = ["1", "2"].map(event);
    let mut model = heard(
        fresh(160, 45),
        [
            polled(vec![change("view", ChangeKind::New, "{}", 1, 1, at(21))], at(21)),
            polled(vec![change(HOSTILE, ChangeKind::New, &before, 1, 1, at(22))], at(22)),
            polled(vec![change(HOSTILE, ChangeKind::Updated, &after, 2, 1, at(23))], at(23)),
        ],
    );
    lint_all(&mut model, at(24));
    pressed(model, "g enter")
}

/// A model that composes a draft with hostile parts.
fn writing() -> Model {
    let [name, email] = [format!("cart{HOSTILE}"), format!("{HOSTILE}@x")].map(serde_json::Value::from);
    composing(160, 45, &format!(r#"{{"event": {name}, "email": {email}, "a": 1}}"#))
}

fn sent(verdict: CallOutcome) -> Model {
    let mut model = pressed(composing(160, 45, "{}"), "^t ^t");
    ship(&mut model, r#"{"event":"view","email":"a@b.c"}"#, at(20));
    heard(model, [answered(1, 0, 1, 1, verdict)])
}

/// The text of the screen, row by row.
fn rows(model: &Model) -> Vec<String> {
    let buffer = drawn(model, at(41), &Theme::named(ThemeName::Dark));
    let rows = buffer.content().chunks(usize::from(buffer.area.width));
    rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect()).collect()
}

#[test]
fn what_came_from_outside_is_seen_on_every_way_and_does_nothing() {
    let done = |outcome| heard(busy(160, 45), [Message::Done(outcome)]);
    let record = |record| heard(busy(160, 45), [Message::Records(vec![record])]);
    let unreadable = || {
        let keys = KeyMask::new([&SecretString::from(KEY)]);
        let body = format!("<html>{KEY} {HOSTILE}");
        let unknown = Summary::decode(body.as_bytes(), &keys).unwrap_err();
        Trouble { unknown: Some(unknown.into()), ..trouble() }
    };
    let errors = Errors { counts: [(said(), 3)].into(), at: at(21) };
    let template = || Template { name: HOSTILE.into(), description: HOSTILE.into(), text: "{}".into() };
    let choosing = || {
        let mut setup = setup(160, 45);
        setup.sending.templates.push(template());
        pressed(Model::new(setup), "c")
    };
    let variable = || {
        let mut setup = setup(160, 45);
        setup.sending.environment.insert(HOSTILE.into(), "1".into());
        let mut model = pressed(Model::new(setup), "c");
        type_in(&mut model, "empty draft\n", at(40));
        send(&mut model, Message::Paste(r#"{"a": "{{env"#.into()), at(40));
        pressed(model, "^n")
    };
    let asked = || {
        let mut model = writing();
        model.sending.safety.production = true;
        pressed(model, "^s")
    };
    let refused = |fields| CallOutcome::Refused { status: 422, message: said(), fields };
    // The text from outside, the model, and the text beside it in a row.
    let cases = vec![
        ("the server's counts of errors", record(Record::Errors(errors)), "today: [key]"),
        ("the banner", record(Record::Trouble(trouble())), "✗ [key]"),
        ("a failure in the stream", record(Record::CountsTrouble(trouble())), "✗ no counts: [key]"),
        ("a note in the stream", record(Record::Note { at: at(21), note: Note(said()) }), "· [key]"),
        ("an answer that could not be read", pressed(record(Record::Trouble(unreadable())), "enter ["), "<html>[key]"),
        ("the end of the source", heard(busy(160, 45), [Message::SourceEnded(Some(said()))]), "ended: [key]"),
        ("a toast", done(Outcome::CopyFailed(sanitize(HOSTILE))), ""),
        ("a batch that was not sent", done(Outcome::NotSent { batch: 1, why: sanitize(HOSTILE) }), ""),
        ("an editor that failed", done(Outcome::EditFailed(sanitize(HOSTILE))), "✗ "),
        ("a template that was not kept", done(Outcome::TemplateNotKept(sanitize(HOSTILE))), "✗ "),
        ("the target", Model::new(crate::app::Setup { target: sanitize(HOSTILE), ..setup(160, 45) }), "clickscope  "),
        ("a notice", Model::new(crate::app::Setup { notices: vec![sanitize(HOSTILE)], ..setup(160, 45) }), "✗ "),
        ("the table, the title and the tree", watching(), "╭ "),
        ("the stream's subject", watching(), "● "),
        ("a key in the tree", watching(), r"  \u001b"),
        ("the comparison", pressed(watching(), "d"), "\"1"),
        ("the list of findings", pressed(watching(), "] ] ]"), "Findings"),
        ("the text of an event", pressed(watching(), "["), r#"{"event":""#),
        ("a long value", pressed(watching(), "j j j v"), ""),
        ("a filter", heard(pressed(busy(160, 45), "/"), [Message::Paste(HOSTILE.into())]), "filter: "),
        ("the draft", writing(), r#""event": "cart"#),
        ("the name of a draft", writing(), "Compose cart"),
        ("the calls", pressed(writing(), "^t"), r#""event": "cart"#),
        ("the question before production", asked(), "about "),
        ("types that trigger messages", asked(), ": events of this kind"),
        ("what is chosen from", choosing(), "yours"),
        ("what is proposed", variable(), "{{env."),
        ("a call that was taken", sent(CallOutcome::Taken { status: 200, body: said() }), "88 ms · [key]"),
        ("a call that was refused", sent(refused(Vec::new())), "   [key]"),
        ("a field that was refused", sent(refused(vec![(said(), said())])), "   [key]"),
        ("a call that failed", sent(CallOutcome::Failed(problem())), "   [key]"),
        (
            "a draft that was not kept",
            heard(writing(), [Message::Done(Outcome::DraftNotKept(sanitize(HOSTILE)))]),
            "not saved to disk: ",
        ),
    ];
    let does = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}');
    let is_seen = |rows: &[String], beside| rows.iter().any(|row| row.contains(beside) && row.contains(r"\u202e"));
    let mut wrong = String::new();
    for (place, model, beside) in cases {
        let rows = rows(&model);
        let screen = rows.join("\n");
        if !is_seen(&rows, beside) || rows.concat().contains(does) || screen.contains(KEY) {
            wrong = format!("{wrong}\n{place}:\n{screen}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_has_no_picture_of_its_own_is_an_escape_in_every_pane_and_so_is_half_an_emoji() {
    const FAMILY: &str = "👨\u{200d}👩\u{200d}👧 👍\u{1f3fd} ❤\u{fe0f} a\u{200d}b می\u{200c}خواهم";
    let event = |name: &str| format!(r#"{{"event":"view","customer_id":"1","name":"{name}","cut":"shoe \ud83d"}}"#);
    let draft = || composing(160, 45, &event(FAMILY).replace(",\"", ",\n\""));
    let watching = |keys| {
        let changes = [(ChangeKind::New, "before", 1), (ChangeKind::Updated, FAMILY, 2)];
        let polls = changes.map(|(kind, name, captured)| {
            let at = at(20 + captured);
            polled(vec![change("view", kind, &event(name), captured, 1, at)], at)
        });
        let mut model = heard(fresh(160, 45), polls);
        lint_all(&mut model, at(24));
        pressed(pressed(model, "enter"), keys)
    };
    let panes = vec![
        ("the tree", watching("g"), true),
        ("the comparison", watching("d"), false),
        ("the raw text", watching("["), true),
        ("the draft", draft(), true),
        ("the calls", pressed(draft(), "^t"), true),
    ];
    for (pane, model, whole) in panes {
        let rows = rows(&model);
        // A wide character has the cell behind it as well.
        let screen = rows.join("\n").replace("👨 ", "👨").replace("👩 ", "👩").replace("👍 ", "👍");
        for escaped in [r"👨\u200d👩\u200d👧", r"👍\ud83c\udffd", r"❤\ufe0f", r"a\u200db", r"می\u200cخواهم"]
        {
            assert!(screen.contains(escaped), "{escaped} in {pane}:\n{screen}");
        }
        assert!(!screen.contains(['\u{200c}', '\u{200d}', '\u{fe0f}', '\u{1f3fd}']), "{pane}:\n{screen}");
        assert!(!whole || screen.contains(r#""shoe \ud83d""#), "{pane}:\n{screen}");
    }
}
