//! What our own collector was sent: each request with its answer, and why it was refused.

use std::sync::Arc;

use crate::app::keymap::{self, Action, Binding, Keys, bind, char, ctrl, hint, key};
use crate::app::layer::long_list::{Click, LongList};
use crate::app::layout::Area;
use crate::app::pane::{Answer, Context, Pane, Request as Ask};
use crate::app::{Key, KeyCode, Mouse};
use crate::session::{EventNumber, Request, Requests, as_draft};

/// The keys of the list.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const READ: &[Key] = &[key(KeyCode::Enter), char('l'), key(KeyCode::Right)];
    const CLOSE: &[Key] = &[key(KeyCode::Esc), char('q'), char('R'), char('h'), key(KeyCode::Left), ctrl('c')];
    const BINDINGS: &[Binding] = &[
        hint(READ, A::Open, "read all of it: head, body, answer, and what is wrong", "read"),
        hint(&[char('x')], A::OnlyRefused, "only those that were refused, and all again", "only refused"),
        hint(&[char('o')], A::Inspect, "to its event, at what is wrong", "to its event"),
        hint(&[char('e')], A::Resend, "edit its event, or else its body, and send it again", "edit"),
        bind(&[ctrl('f'), char(' ')], A::PageDown, "a page down"),
        bind(&[char('?'), key(KeyCode::F(1))], A::Help, "help"),
        hint(CLOSE, A::Back, "close", "close"),
    ];
    Keys::commands("Requests to the collector", BINDINGS, &[&keymap::LIST, &keymap::COLLECTOR])
};

/// The requests as a list with a cursor, the newest first. The cursor stays on its request, or on the newest.
#[derive(Debug)]
pub struct RequestList {
    rows: LongList<u64>,
    only_refused: bool,
}

impl RequestList {
    /// The list of these, from one on.
    pub(in crate::app) fn new(requests: &Requests, chosen: Option<u64>) -> Self {
        let mut list = Self { rows: LongList::new(chosen, true), only_refused: false };
        list.learn(requests);
        list
    }

    fn learn(&mut self, requests: &Requests) {
        let is_left = |request: &&Arc<Request>| !self.only_refused || request.is_refused();
        self.rows.learn(requests.newest_first().filter(is_left).map(|request| request.place));
    }

    /// Their places in the session.
    pub fn rows(&self) -> &LongList<u64> {
        &self.rows
    }

    /// Whether only those are there that were refused.
    pub fn is_only_refused(&self) -> bool {
        self.only_refused
    }

    /// The event that it is about: the one that was refused, else its first.
    fn event(&self, context: &Context<'_>) -> Option<EventNumber> {
        let request = context.requests.get(self.rows.selected()?)?;
        let number = request.event().filter(|number| context.history.get(*number).is_some());
        number.or_else(|| request.numbers.iter().copied().find(|number| context.history.get(*number).is_some()))
    }

    fn to_event(&self, context: &Context<'_>, then: Option<Action>) -> Answer {
        match self.event(context) {
            Some(number) => {
                let shown = Answer::request(Ask::Close).and(Ask::ShowEvent(number));
                then.into_iter().fold(shown, |answer, action| answer.and(Ask::Act(action)))
            }
            None => Answer::warn("it holds no event that can be read, or one that is not held any more"),
        }
    }

    /// The body of the request under the cursor.
    fn body(&self, context: &Context<'_>) -> Option<Arc<str>> {
        context.requests.get(self.rows.selected()?)?.body.clone().filter(|body| !body.trim().is_empty())
    }

    /// Begins a draft with what was sent, where no event of it can be read or is held.
    fn edit_body(&self, context: &Context<'_>) -> Answer {
        let Some(body) = self.body(context) else { return Answer::warn("it has no body that could be edited") };
        let text = as_draft(&body).unwrap_or_else(|| body.as_ref().to_owned());
        Answer::request(Ask::Close).and(Ask::Compose(text))
    }

    fn read(&self) -> Answer {
        self.rows.selected().map_or_else(Answer::done, |number| Answer::request(Ask::ReadCollected(number)))
    }
}

impl Pane for RequestList {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn show(&mut self, context: &Context<'_>) {
        self.learn(context.requests);
    }

    fn fit(&mut self, inner: Area) {
        self.rows.fit(inner);
    }

    fn act(&mut self, action: Action, context: &Context<'_>) -> Option<Answer> {
        if self.rows.act(action) {
            return Some(Answer::done());
        }
        Some(match action {
            Action::Back => Answer::request(Ask::Close),
            Action::Open => self.read(),
            Action::OnlyRefused => {
                self.only_refused = !self.only_refused;
                self.learn(context.requests);
                Answer::done()
            }
            Action::StepOn | Action::PassOn | Action::Help => Answer::request(Ask::Act(action)),
            Action::Inspect => self.to_event(context, None),
            Action::Resend if self.event(context).is_none() => self.edit_body(context),
            Action::Resend => self.to_event(context, Some(Action::Resend)),
            _ => return None,
        })
    }

    fn can(&self, action: Action, context: &Context<'_>) -> bool {
        match action {
            Action::Open => self.rows.selected().is_some(),
            Action::Inspect => self.event(context).is_some(),
            Action::Resend => self.event(context).is_some() || self.body(context).is_some(),
            _ => true,
        }
    }

    fn click(&mut self, mouse: Mouse, inner: Area, _context: &Context<'_>) -> Answer {
        match self.rows.click(mouse, inner) {
            Click::Again => self.read(),
            Click::Chose | Click::Beside => Answer::done(),
        }
    }

    fn scroll(&mut self, rows: isize) {
        self.rows.scroll(rows);
    }
}
