//! All findings of the session: each fault once, with how often it was found and since when.

use std::cmp::Reverse;

use crate::app::keymap::{self, Action, Binding, Keys, bind, char, ctrl, hint, key};
use crate::app::layer::long_list::{Click, LongList};
use crate::app::layout::Area;
use crate::app::pager::Pager;
use crate::app::pane::{Answer, Context, Open, Pane, Request};
use crate::app::{Key, KeyCode, Mouse};
use crate::event::text;
use crate::session::{Fault, FaultId, Faults};

/// The keys of the list.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const GO: &[Key] = &[key(KeyCode::Enter), char('l'), key(KeyCode::Right)];
    const CLOSE: &[Key] = &[key(KeyCode::Esc), char('q'), char('!'), char('h'), key(KeyCode::Left), ctrl('c')];
    const BINDINGS: &[Binding] = &[
        hint(GO, A::Inspect, "to the last event with it, at the field", "to the event"),
        hint(&[char('o')], A::Counterexample, "to an event whose field is as in most", "to one without"),
        hint(&[char('v')], A::View, "show the full explanation", "explain"),
        bind(&[ctrl('f'), char(' ')], A::PageDown, "a page down"),
        bind(&[char('?'), key(KeyCode::F(1))], A::Help, "help"),
        hint(CLOSE, A::Back, "close", "close"),
    ];
    Keys::commands("All findings of the session", BINDINGS, &[&keymap::LIST])
};

/// The faults of the session as a list with a cursor, the worst first and each sort in the order in which they were found.
/// The cursor stays on its fault.
#[derive(Debug)]
pub struct AllFindings {
    rows: LongList<FaultId>,
    widths: Widths,
}

/// How wide the widest text of each column is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Widths {
    /// The type.
    pub event_type: usize,
    /// The field.
    pub place: usize,
    /// In how many events of how many.
    pub often: usize,
}

impl AllFindings {
    /// The list of these, from the fault that was looked at last.
    pub(in crate::app) fn new(faults: &Faults, chosen: Option<FaultId>) -> Self {
        let mut list = Self { rows: LongList::new(chosen, false), widths: Widths::default() };
        list.learn(faults);
        list
    }

    fn learn(&mut self, faults: &Faults) {
        let mut order: Vec<_> = faults.iter().map(|(id, fault)| (id, Reverse(fault.severity))).collect();
        order.sort_by_key(|(_, severity)| *severity);
        self.rows.learn(order.into_iter().map(|(id, _)| id));
        let each = faults.iter().map(|(_, fault)| Widths {
            event_type: text::width(&fault.event_type.shown()),
            place: text::width(&fault.finding.place()),
            often: text::width(&fault.share(faults.checked(&fault.event_type))),
        });
        self.widths = each.fold(Widths::default(), |widest, other| Widths {
            event_type: widest.event_type.max(other.event_type),
            place: widest.place.max(other.place),
            often: widest.often.max(other.often),
        });
    }

    /// The faults.
    pub fn rows(&self) -> &LongList<FaultId> {
        &self.rows
    }

    /// How wide its columns would be.
    pub fn widths(&self) -> Widths {
        self.widths
    }

    /// Goes to the event that it was found in last.
    fn go(&self, context: &Context<'_>) -> Answer {
        let Some(fault) = self.rows.selected().and_then(|id| context.faults.get(id)) else { return Answer::done() };
        let show = Request::ShowFinding(fault.example, fault.finding.path.clone());
        Answer::request(Request::Close).and(show)
    }

    /// Goes to an event in which it is otherwise.
    fn go_to_counterexample(&self, context: &Context<'_>) -> Answer {
        let fault = self.rows.selected().and_then(|id| context.faults.get(id));
        let event = fault.and_then(|fault| Some((fault, fault.counterexample(context.history)?)));
        match event {
            Some((fault, event)) => {
                let (number, path) = (event.number, fault.finding.path.clone());
                Answer::request(Request::Close).and(Request::ShowEvent(number)).and(Request::Reveal(path))
            }
            None if fault.is_some_and(|fault| !fault.drifts()) => Answer::say("it is so in every event, or in none"),
            None => Answer::warn("none of the events that are held has the field otherwise"),
        }
    }
}

impl Pane for AllFindings {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn show(&mut self, context: &Context<'_>) {
        self.learn(context.faults);
    }

    fn fit(&mut self, inner: Area) {
        self.rows.fit(inner);
    }

    fn act(&mut self, action: Action, context: &Context<'_>) -> Option<Answer> {
        if self.rows.act(action) {
            return Some(Answer::done());
        }
        Some(match action {
            Action::Back => Answer::request(Request::Close),
            Action::Help => Answer::request(Request::Act(action)),
            Action::Inspect => self.go(context),
            Action::Counterexample => self.go_to_counterexample(context),
            Action::View => {
                let finding = &context.faults.get(self.rows.selected()?)?.finding;
                let pager = Pager::new(finding.rule.id, &finding.description());
                Answer::request(Request::Open(Open::Pager(pager)))
            }
            _ => return None,
        })
    }

    fn can(&self, action: Action, context: &Context<'_>) -> bool {
        let fault = || context.faults.get(self.rows.selected()?);
        match action {
            Action::Inspect | Action::View => fault().is_some(),
            Action::Counterexample => fault().is_some_and(Fault::drifts),
            _ => true,
        }
    }

    fn click(&mut self, mouse: Mouse, inner: Area, context: &Context<'_>) -> Answer {
        match self.rows.click(mouse, inner) {
            Click::Again => self.go(context),
            Click::Chose | Click::Beside => Answer::done(),
        }
    }

    fn scroll(&mut self, rows: isize) {
        self.rows.scroll(rows);
    }
}
