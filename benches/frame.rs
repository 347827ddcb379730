//! The cost of a key press: from the key to the painted frame, with much on the screen's mind.

#![expect(clippy::unwrap_used, reason = "a benchmark may stop at what it did not expect")]

use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clickscope::app::composer::findings::DraftFindings;
use clickscope::app::findings::{EventFindings, Linted};
use clickscope::app::{
    Effect, Key, KeyCode, Message, Model, Outcome, Preferences, Sending, Setup, Size, ThemeName, update,
};
use clickscope::blueshift::Region;
use clickscope::event::syntax::format;
use clickscope::event::{Document, Identifiers, Payload, Redaction};
use clickscope::lint::{LintContext, Stage};
use clickscope::plan::Linter;
use clickscope::session::{Arrival, Captured, Change, ChangeKind, HISTORY_LIMIT, Moment, Polled, Record};
use clickscope::ui::{Theme, view};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::time::{ClockId, clock_gettime};
use secrecy::SecretString;

const SIZE: Size = Size { width: 160, height: 45 };
const TYPES: usize = 10_000;

fn at(millis: u64) -> Moment {
    let elapsed = Duration::from_millis(millis);
    Moment { elapsed, wall: Timestamp::UNIX_EPOCH.checked_add(elapsed).unwrap() }
}

fn change(name: &str, text: &str, kind: ChangeKind, now: Moment) -> Change {
    Change {
        event_type: name.into(),
        kind,
        payload: Some(Arc::new(Payload::new(text))),
        received: Some(12),
        captured: 3,
        arrived: u64::from(kind == ChangeKind::Updated),
        counted_at: None,
        coverage: None,
        at: now,
        arrival: Arrival::Poll,
        number: None,
    }
}

fn poll(model: &mut Model, changes: Vec<Change>, now: Moment) {
    let (took, types) = (Duration::from_millis(20), changes.len());
    let polled = Record::Polled(Polled {
        at: now,
        took,
        status: 200,
        bytes: 1,
        types,
        server_ahead_ms: None,
        last_request: None,
    });
    let records = std::iter::once(polled).chain(changes.into_iter().map(Record::Change)).collect();
    update(model, Message::Records(records), now);
}

/// An event of about a mebibyte: 6,000 products of eight fields.
fn large_event() -> String {
    let product = |n: usize| {
        format!(
            r#"{{"sku":"45790-{n}","title":"A product with a name of some length, number {n}","price":19.90,"quantity":{n},"brand":"acme","tags":["new","sale"],"in_stock":true,"discount":null}}"#
        )
    };
    let products: Vec<_> = (0..6_000).map(product).collect();
    format!(r#"{{"event":"purchase","order_id":"50314","products":[{}]}}"#, products.join(","))
}

/// The same event as a draft: as it came, and laid out.
fn drafts() -> [(&'static str, String); 3] {
    let event = large_event();
    let laid_out = format(&event).unwrap();
    let string = std::format!(r#"{{"event":"view","note":"{}"}}"#, "日本語 ".repeat(100_000));
    [("of many lines", laid_out), ("of one line", event), ("of one string", string)]
}

fn model() -> Model {
    let mut model = Model::new(Setup {
        target: "us · api.getblueshift.com".into(),
        interval: Duration::from_secs(2),
        time_zone: TimeZone::UTC,
        size: SIZE,
        now: at(0),
        sending: Sending::to(Region::default().base_url()),
        history_limit: HISTORY_LIMIT,
        table: clickscope::app::TableSettings::default(),
        volatile: clickscope::event::Volatile::default(),
        recording: None,
        notices: Vec::new(),
        redaction: Redaction::new(&SecretString::from("a key of the benchmark"), &Identifiers::default()).into(),
        is_masked: false,
        collector: None,
        reads: false,
        preferences: Preferences::default(),
    });
    let mut changes: Vec<_> = (0..TYPES)
        .map(|n| {
            change(&format!("custom_event_{n}"), r#"{"event":"x","email":"jane@example.com"}"#, ChangeKind::New, at(1))
        })
        .collect();
    changes.push(change("purchase", &large_event(), ChangeKind::New, at(1)));
    poll(&mut model, changes, at(1));
    model
}

fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for c in keys.chars() {
        let code = match c {
            '\n' => KeyCode::Enter,
            '\u{8}' => KeyCode::Backspace,
            '\u{1b}' => KeyCode::Esc,
            _ => KeyCode::Char(c),
        };
        effects = update(model, Message::Key(Key { code, ctrl: false, alt: false, shift: false }), at(1_000));
    }
    effects
}

fn terminal() -> Terminal<CrosstermBackend<io::Sink>> {
    let viewport = Viewport::Fixed(Rect::new(0, 0, SIZE.width, SIZE.height));
    Terminal::with_options(CrosstermBackend::new(io::sink()), TerminalOptions { viewport }).unwrap()
}

/// The question that a paste asks, answered: the 1,000 worst of some 6,000 findings in a mebibyte.
fn answer(model: &mut Model, draft: String) -> Option<Box<DraftFindings>> {
    let effects = update(model, Message::Paste(draft), at(1_000));
    let question = effects.into_iter().find_map(|effect| match effect {
        Effect::LintDraft(question) => Some(question),
        _ => None,
    })?;
    let start = Instant::now();
    let answer = question.answer(&Linter::default()).map(Box::new);
    println!(
        "look for what is wrong with a 1 MB draft, off the key path: {:.0} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    let outcome = Outcome::DraftLinted { number: question.number, answer: answer.clone() };
    update(model, Message::Done(outcome), at(1_000));
    answer
}

/// The time in milliseconds that 99 of 100 key presses in the draft do not exceed, each with its frame, and with what is
/// found in the draft if that is told after each.
fn p99_of_typing(model: &mut Model, answer: Option<&DraftFindings>) -> f64 {
    let theme = Theme::named(ThemeName::Dark);
    let mut terminal = terminal();
    let mut times: Vec<_> = ["x", " ", "\u{8}", "\u{8}"]
        .into_iter()
        .cycle()
        .take(1_000)
        .map(|key| {
            let told = answer.cloned().map(Box::new);
            let start = Instant::now();
            let effects = press(model, key);
            if let (Some(Effect::LintDraft(question)), Some(_)) = (effects.last(), &told) {
                let outcome = Outcome::DraftLinted { number: question.number, answer: told };
                update(model, Message::Done(outcome), at(1_000));
            }
            terminal.draw(|frame| view(model, at(1_000), &theme, frame)).unwrap();
            start.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times.get(989).copied().unwrap_or_default()
}

/// The CPU time of this thread so far, in milliseconds: what else runs on the machine does not count.
fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.try_into().unwrap()).as_secs_f64() * 1_000.0
}

/// The CPU time in milliseconds that 99 of 100 key presses do not exceed, each with its frame, in a session that holds as many
/// events as it may: in a 1 MB event, through the table, and back and forth in the history of a type.
fn p99_with_full_history() -> f64 {
    let mut model = model();
    let filler = "x".repeat(2_000);
    for turn in 0..400 {
        let event = |n| {
            let text = std::format!(r#"{{"event":"view","email":"jane@example.com","n":{n},"note":"{filler}"}}"#);
            change("view", &text, ChangeKind::Updated, at(turn))
        };
        poll(&mut model, (turn * 100..turn * 100 + 100).map(event).collect(), at(turn));
    }
    assert!(model.session.history.dropped().events > 0, "the history is full");
    let theme = Theme::named(ThemeName::Dark);
    let mut terminal = terminal();
    let mut times = Vec::new();
    let mut time = |model: &mut Model, keys: &str| {
        for key in keys.chars() {
            let start = cpu_ms();
            press(model, key.encode_utf8(&mut [0; 4]));
            terminal.draw(|frame| view(model, at(50_000), &theme, frame)).unwrap();
            times.push(cpu_ms() - start);
        }
    };
    for _ in 0..30 {
        // To open it is measured by itself.
        press(&mut model, "/purchase\n\n");
        time(&mut model, "jjkkjjjkkk\u{1b}\u{1b}\u{1b}jjjjkkk/view\n\n<<<>>]]jjjjjjkkk\u{1b}\u{1b}\u{1b}");
    }
    times.sort_by(f64::total_cmp);
    times.get(times.len() * 99 / 100).copied().unwrap_or_default()
}

/// The cost of pressing one of two keys and seeing the result.
fn keys(criterion: &mut Criterion, name: &str, model: &mut Model, back_and_forth: [&str; 2]) {
    let theme = Theme::named(ThemeName::Dark);
    let mut terminal = terminal();
    let mut turns = back_and_forth.iter().cycle();
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| {
            press(model, turns.next().unwrap());
            terminal.draw(|frame| view(model, at(1_000), &theme, frame)).unwrap();
        });
    });
}

fn frames(criterion: &mut Criterion) {
    println!("keys with a full history, 10,000 types  p99:  {:.2} ms of CPU", p99_with_full_history());
    let theme = Theme::named(ThemeName::Dark);
    let mut terminal = terminal();
    let mut paint = |model: &Model| {
        terminal.draw(|frame| view(model, at(1_000), &theme, frame)).unwrap();
    };
    let mut keys = |name: &str, model: &mut Model, turns| keys(criterion, name, model, turns);

    let mut table = model();
    keys("move in a table of 10,000 types", &mut table, ["j", "k"]);

    let mut open = model();
    press(&mut open, "/purchase\n\n");
    keys("move in a 1 MB event", &mut open, ["j", "k"]);
    keys("fold a 1 MB event", &mut open, ["0", "1"]);
    press(&mut open, "9");
    keys("move in a 1 MB event with everything unfolded", &mut open, ["j", "k"]);
    keys("from end to end of it", &mut open, ["G", "g"]);

    for (name, draft) in drafts() {
        let mut composing = model();
        press(&mut composing, "cempty draft\n");
        update(&mut composing, Message::Paste(draft), at(1_000));
        keys(&format!("type into a 1 MB draft {name}"), &mut composing, [" ", "\u{8}"]);
        keys(&format!("break and mend a 1 MB draft {name}"), &mut composing, ["x", "\u{8}"]);
        println!("type into a 1 MB draft {name:<31} p99:  {:.1} ms", p99_of_typing(&mut composing, None));
    }

    let faulty = format(&large_event().replace("19.90", "\"$ 19.90\"")).unwrap();
    let mut composing = model();
    press(&mut composing, "cempty draft\n");
    let answer = answer(&mut composing, faulty);
    keys("type into a 1 MB draft with 1,000 findings on show", &mut composing, [" ", "\u{8}"]);
    println!(
        "type into a 1 MB draft, 1,000 findings told after each key  p99:  {:.1} ms",
        p99_of_typing(&mut composing, answer.as_deref())
    );

    criterion.bench_function("open a 1 MB event", |bencher| {
        bencher.iter_batched_ref(
            model,
            |model| {
                press(model, "G");
                paint(model);
            },
            BatchSize::LargeInput,
        );
    });

    let mut busy = model();
    let mut turn = 0;
    criterion.bench_function("take in a poll that changed 100 of 10,000 types", |bencher| {
        bencher.iter(|| {
            turn += 1;
            let changes = (0..100)
                .map(|n| {
                    change(&format!("custom_event_{n}"), &format!(r#"{{"n":{turn}}}"#), ChangeKind::Updated, at(turn))
                })
                .collect();
            poll(&mut busy, black_box(changes), at(turn));
            paint(&busy);
        });
    });
}

/// An order of a thousand products, each of which breaks a dozen rules: of each rule a hundred findings are listed.
fn careless_order() -> String {
    let faults = r#""qty":1,"note":"undefined","text":"","who":"{{ name }}","sold_at":"11/24/2026","seen_at":1758104814,"made_at":"2014-14-11T00:00:00Z","is_gift":"yes","email":"no","url":"no","note":"a""#;
    let product = |n: usize| format!(r#"{{"sku":"45790-{n}","price":"$ {n}",{faults}}}"#);
    let products: Vec<_> = (0..1_000).map(product).collect();
    let order = r#""event":"purchase","customer_id":"1","order_id":"50314","total":1,"revenue":1"#;
    format!(r#"{{{order},"products":[{}]}}"#, products.join(","))
}

/// The findings of the event.
fn linted(event: &Captured) -> Linted {
    let document = Document::new(Arc::clone(&event.payload)).unwrap();
    let context = LintContext { stage: Stage::Received, now: at(1).wall };
    let found = EventFindings::new(&document, Linter::default().observe(&document, context));
    Linted { event: event.clone(), found: Arc::new(found) }
}

/// A model of as many types, an order of a thousand products open, and what is wrong with each of the events.
fn with_order() -> (Model, Vec<Linted>) {
    let mut model = model();
    let order = change("purchase", &careless_order(), ChangeKind::Updated, at(2));
    let others: Vec<_> = (0..TYPES)
        .map(|n| change(&format!("custom_event_{n}"), r#"{"event":"x","email":"no"}"#, ChangeKind::Updated, at(2)))
        .collect();
    poll(&mut model, others.into_iter().chain([order]).collect(), at(2));
    // The order came last.
    let newest = model.session.history.iter().rev().take(TYPES + 1);
    let found = newest.map(linted).collect();
    (model, found)
}

/// The same keys in the same event, before anybody has looked at it and with a thousand findings.
fn findings(criterion: &mut Criterion) {
    for name in ["no", "1,000"] {
        let (mut model, found) = with_order();
        if name == "1,000" {
            assert!(found.first().unwrap().found.findings().len() >= 1_000);
            update(&mut model, Message::Done(Outcome::Linted(found)), at(3));
        }
        let types = if name == "no" { "no" } else { "10,000" };
        keys(criterion, &format!("findings: move in a table, {types} types with some"), &mut model, ["j", "k"]);
        press(&mut model, "/purchase\n\n");
        keys(criterion, &format!("findings: move in an order folded, {name}"), &mut model, ["j", "k"]);
        press(&mut model, "*");
        keys(criterion, &format!("findings: move in an order unfolded, {name}"), &mut model, ["j", "k"]);
        keys(criterion, &format!("findings: from end to end of it, {name}"), &mut model, ["G", "g"]);
        press(&mut model, "]]]");
        keys(criterion, &format!("findings: move in the list, {name}"), &mut model, ["j", "k"]);
        keys(criterion, &format!("findings: from end to end of the list, {name}"), &mut model, ["G", "g"]);
    }
    let (mut model, found) = with_order();
    press(&mut model, "/purchase\n\n]]]");
    let order = found.first().unwrap();
    criterion.bench_function("findings: learn 1,000 of them", |bencher| {
        bencher.iter_batched(
            || Linted { found: Arc::new((*order.found).clone()), ..order.clone() },
            |order| update(&mut model, Message::Done(Outcome::Linted(vec![order])), at(3)),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, frames, findings);
criterion_main!(benches);
