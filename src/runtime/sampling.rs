//! The screen as a sample, for whoever chooses a theme.

use std::sync::Arc;
use std::time::Duration;

use crossterm::Command;
use crossterm::style::{Attribute, SetAttribute, SetBackgroundColor, SetForegroundColor};
use jiff::tz::TimeZone;
use ratatui::backend::{IntoCrossterm, TestBackend};
use ratatui::buffer::Cell;
use ratatui::style::Modifier;
use secrecy::SecretString;

use super::theme;
use crate::app::findings::{EventFindings, Linted};
use crate::app::{
    self, Bindings, Key, KeyCode, Message, Model, Outcome, Preferences, Sending, Setup, Size, TableSettings, ThemeName,
};
use crate::blueshift::Region;
use crate::event::{Document, Identifiers, Payload, Redaction, Sanitized, Volatile};
use crate::lint::{LintContext, Stage};
use crate::plan::Linter;
use crate::session::{Arrival, Captured, Change, ChangeKind, Coverage, HISTORY_LIMIT, Moment, Polled, Record};
use crate::ui;

/// The size of the sample: both panes, and something of the stream.
const SIZE: Size = Size { width: 100, height: 20 };

/// The events of it: one in which all is well, and one in which something of each kind is wrong.
const EVENTS: [(&str, ChangeKind, u64, &str); 3] = [
    ("view", ChangeKind::New, 1204, r#"{"event":"view","customer_id":"812123","sku":"45790-32"}"#),
    ("newsletter_signup", ChangeKind::New, 1, r#"{"event":"newsletter_signup","email":"jane@example"}"#),
    (
        "purchase",
        ChangeKind::New,
        42,
        r#"{"event":"purchase","customer_id":"812123","order_id":"50314","revenue":"$ 31.24","gift":true,"coupon":null,"products":[{"sku":"45790-32","price":19,"quantity":1}]}"#,
    ),
];

/// How the screen looks in a theme, as text for the terminal of this environment.
pub fn sample(name: ThemeName) -> String {
    let theme = theme::shown(name, &|name| std::env::var(name).ok());
    // Nobody would see what it is about.
    crossterm::style::force_color_output(true);
    let now = moment(Duration::from_secs(9));
    let mut model = model(now, theme.ascii);
    app::prepare(&mut model);
    let Ok(mut terminal) = ratatui::Terminal::new(TestBackend::new(SIZE.width, SIZE.height));
    let Ok(frame) = terminal.draw(|frame| ui::view(&model, now, &theme, frame));
    let rows = frame.buffer.content.chunks(usize::from(SIZE.width));
    rows.map(row).collect()
}

fn row(cells: &[Cell]) -> String {
    let mut text = String::new();
    let mut last: Option<&Cell> = None;
    for cell in cells {
        if last.is_none_or(|last| (last.fg, last.bg, last.modifier) != (cell.fg, cell.bg, cell.modifier)) {
            style(cell, &mut text);
        }
        text.push_str(cell.symbol());
        last = Some(cell);
    }
    text + "\x1b[0m\n"
}

fn style(cell: &Cell, text: &mut String) {
    const ATTRIBUTES: [(Modifier, Attribute); 6] = [
        (Modifier::BOLD, Attribute::Bold),
        (Modifier::DIM, Attribute::Dim),
        (Modifier::ITALIC, Attribute::Italic),
        (Modifier::UNDERLINED, Attribute::Underlined),
        (Modifier::REVERSED, Attribute::Reverse),
        (Modifier::CROSSED_OUT, Attribute::CrossedOut),
    ];
    // Writing to a string cannot fail.
    let _ = SetAttribute(Attribute::Reset).write_ansi(text);
    let _ = SetForegroundColor(cell.fg.into_crossterm()).write_ansi(text);
    let _ = SetBackgroundColor(cell.bg.into_crossterm()).write_ansi(text);
    for (_, attribute) in ATTRIBUTES.iter().filter(|(modifier, _)| cell.modifier.contains(*modifier)) {
        let _ = SetAttribute(*attribute).write_ansi(text);
    }
}

/// So long after the start, which was on a Monday in November.
fn moment(elapsed: Duration) -> Moment {
    let start = jiff::Timestamp::constant(1_795_442_580, 0);
    Moment { elapsed, wall: start.checked_add(elapsed).unwrap_or(start) }
}

fn model(now: Moment, is_ascii: bool) -> Model {
    let target = Sanitized::from("staging · us · api.getblueshift.com");
    let mut model = Model::new(Setup {
        target,
        interval: Duration::from_secs(2),
        time_zone: TimeZone::UTC,
        size: SIZE,
        now: moment(Duration::ZERO),
        sending: Sending::to(Region::default().base_url()),
        history_limit: HISTORY_LIMIT,
        table: TableSettings::default(),
        volatile: Volatile::default(),
        recording: None,
        notices: Vec::new(),
        redaction: Redaction::new(&SecretString::default(), &Identifiers::default()).into(),
        is_masked: false,
        collector: None,
        reads: false,
        preferences: Preferences { bindings: Bindings::default().spelled(is_ascii).into(), ..Preferences::default() },
    });
    for (number, (event_type, kind, received, text)) in (1..).zip(EVENTS) {
        let at = moment(Duration::from_secs(2 * number));
        let polled = Polled {
            at,
            took: Duration::from_millis(143),
            status: 200,
            bytes: 4_096,
            types: 3,
            server_ahead_ms: None,
            last_request: None,
        };
        let change = Change {
            event_type: event_type.into(),
            kind,
            payload: Some(Arc::new(Payload::new(text))),
            received: Some(received),
            counted_at: Some(at),
            captured: 1,
            arrived: 1,
            coverage: Some(Coverage { captured: 1, received: 1 }),
            at,
            arrival: Arrival::Poll,
            number: None,
        };
        app::update(&mut model, Message::Records(vec![Record::Polled(polled), Record::Change(change)]), at);
    }
    let mut linter = Linter::default();
    let mut found = |event: &Captured| {
        let document = Document::new(Arc::clone(&event.payload)).ok()?;
        let findings = linter.observe(&document, LintContext { stage: Stage::Received, now: now.wall });
        Some(Linted { event: event.clone(), found: Arc::new(EventFindings::new(&document, findings)) })
    };
    let linted = model.types.rows().filter_map(|(_, row)| found(row.newest.as_ref()?)).collect();
    app::update(&mut model, Message::Done(Outcome::Linted(linted)), now);
    for code in [KeyCode::Char('g'), KeyCode::Enter, KeyCode::Down, KeyCode::Down] {
        let key = Key { code, ctrl: false, alt: false, shift: false };
        app::update(&mut model, Message::Key(key), now);
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_the_screen_in_the_styles_of_its_theme() {
        for name in ThemeName::ALL {
            let text = sample(name);
            assert_eq!(text.lines().count(), usize::from(SIZE.height), "{name}");
            assert!(text.contains("purchase") && text.contains("order_id") && text.contains("\x1b["), "{name}: {text}");
            assert_eq!(text.is_ascii(), name == ThemeName::Ascii, "{name}: {text}");
            let has_colours = text.contains("\x1b[38;") || text.contains("\x1b[3");
            assert!(has_colours, "{name}: {text}");
        }
    }
}
