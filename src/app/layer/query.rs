//! The line for a jq expression: what it gives for the event in view stands under it as it is typed, and it can narrow
//! the session down.

use std::sync::Arc;

use tui_input::Input;

use crate::app::keymap::{self, Action, Binding, CopyTarget, ENTER, ESC_OR_INTERRUPT, Keys, bind, ctrl, hint, key};
use crate::app::layout::Area;
use crate::app::pager::Pager;
use crate::app::pane::{Answer, Context, Pane, Request};
use crate::app::scan::Question;
use crate::app::{Effect, KeyCode};
use crate::event::{Payload, Sanitized, sanitized, text};
use crate::query::{Fault, QueryError, Values, ValuesEnd};

/// The keys of the line.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "leave only the events that it is true of", "only such events"),
        hint(&[key(KeyCode::Up)], A::Up, "the expression before", "earlier"),
        bind(&[key(KeyCode::Down)], A::Down, "the expression after it"),
        bind(&[key(KeyCode::PageUp)], A::PageUp, "a page of the result up"),
        bind(&[key(KeyCode::PageDown)], A::PageDown, "a page of the result down"),
        hint(&[ctrl('y')], A::CopyTarget(CopyTarget::Value), "copy the result", "copy"),
        hint(ESC_OR_INTERRUPT, A::Back, "stop what is evaluated; close", "close"),
    ];
    Keys::typing("Typing a query (jq)", BINDINGS, &[&keymap::LINE])
};

/// How many rows stand above the result: the line, the mark under it, and what is said of it.
pub const HEAD_ROWS: u16 = 3;

/// The rows of the layer on a screen that has them, border included.
pub(super) const ROWS: u16 = 20;

/// The line, and what came of it.
#[derive(Debug)]
pub struct QueryLine {
    /// The expression.
    pub input: Input,
    /// The event that it is evaluated for.
    event: Option<(Sanitized, Arc<Payload>)>,
    /// What was typed before, the latest last.
    earlier: Vec<String>,
    /// Which of them stands in the line, and what stood there first.
    recalled: Option<(usize, String)>,
    /// The number of the evaluation that is waited for.
    waiting: Option<u64>,
    /// The last answer, and the expression that it is for.
    answer: Option<(String, Result<Values, QueryError>)>,
    result: Pager,
    room: Area,
}

/// What is said of an expression under its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// What the language is.
    Hint(&'static str),
    /// It is being evaluated.
    Waiting,
    /// What it gives, and whether the event is one that it is true of.
    Given(Sanitized, bool),
    /// It cannot be read; the place is marked.
    Fault(Fault),
    /// It has no end, or has failed for this event.
    Failed(Sanitized),
}

impl QueryLine {
    /// A line with the expression that narrows the session now, for an event with a name for the title.
    pub(in crate::app) fn new(
        expression: &str,
        event: Option<(Sanitized, Arc<Payload>)>,
        earlier: Vec<String>,
    ) -> Self {
        Self {
            input: Input::new(expression.to_owned()),
            event,
            earlier,
            recalled: None,
            waiting: None,
            answer: None,
            result: Pager::new("", ""),
            room: Area::default(),
        }
    }

    /// The name of the event that it is evaluated for.
    pub fn about(&self) -> Option<&Sanitized> {
        self.event.as_ref().map(|(name, _)| name)
    }

    /// Has the expression evaluated, under that number.
    pub(in crate::app) fn evaluate(&mut self, number: u64) -> Vec<Effect> {
        let expression = self.input.value().to_owned();
        let is_asked = self.waiting.take().is_some();
        if expression.trim().is_empty() {
            self.answer = None;
            self.lay_out();
            return if is_asked { vec![Effect::StopEvaluation] } else { Vec::new() };
        }
        self.waiting = Some(number);
        let (_, event) = self.event.clone().unzip();
        // Without an event it is only read.
        let event = event.unwrap_or_else(|| Arc::new(Payload::new("null")));
        vec![Effect::Evaluate { number, expression, event }]
    }

    /// Takes in an answer, unless it is a late one.
    pub(in crate::app) fn hear(&mut self, number: u64, answer: Result<Values, QueryError>) {
        if self.waiting == Some(number) {
            self.waiting = None;
            self.answer = Some((self.input.value().to_owned(), answer));
            self.lay_out();
        }
    }

    /// Lays the values out to be read.
    fn lay_out(&mut self) {
        let values = match &self.answer {
            Some((_, Ok(values))) if self.event.is_some() => values.texts.join("\n"),
            _ => String::new(),
        };
        self.result = Pager::new("", &values);
        self.fit(self.room);
    }

    /// What is said of the expression.
    pub fn said(&self) -> Said {
        let Some((expression, answer)) = &self.answer else {
            return match self.waiting {
                Some(_) => Said::Waiting,
                None => Said::Hint("a jq expression over the event: .revenue, or select(.revenue > 100)"),
            };
        };
        if self.waiting.is_some() && *expression != self.input.value() && answer.is_err() {
            return Said::Waiting;
        }
        match answer {
            Err(QueryError::Expression(fault)) => Said::Fault(fault.clone()),
            Err(error) => Said::Failed(error.reason().clone()),
            Ok(_) if self.event.is_none() => Said::Hint("no event is selected to evaluate it for"),
            Ok(values) => {
                let is_true = values.texts.iter().any(|value| value != "null" && value != "false");
                match &values.end {
                    ValuesEnd::Failed(why) if values.texts.is_empty() => Said::Failed(why.clone()),
                    end => Said::Given(count(values.texts.len(), end), is_true),
                }
            }
        }
    }

    /// The result, laid out.
    pub fn result(&self) -> &Pager {
        &self.result
    }

    /// Puts an earlier expression into the line, or the one after it.
    fn recall(&mut self, back: bool) -> Answer {
        let (at, typed) = self.recalled.take().unwrap_or_else(|| (self.earlier.len(), self.input.value().to_owned()));
        let at = if back { at.saturating_sub(1) } else { (at + 1).min(self.earlier.len()) };
        let line = self.earlier.get(at).unwrap_or(&typed).clone();
        self.recalled = (at < self.earlier.len()).then_some((at, typed));
        self.input = Input::new(line);
        Answer::request(Request::Evaluate)
    }
}

/// How many values there are.
fn count(values: usize, end: &ValuesEnd) -> Sanitized {
    let count = match values {
        0 => "no value".into(),
        values => text::counted(values as u64, "value"),
    };
    match end {
        ValuesEnd::Complete => count,
        ValuesEnd::Cut => sanitized!("the first of many values: {}", count),
        ValuesEnd::Failed(why) => sanitized!("{}, then: {}", count, why),
    }
}

impl Pane for QueryLine {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn fit(&mut self, inner: Area) {
        self.room = inner;
        self.result.fit_to(Area { height: inner.height.saturating_sub(HEAD_ROWS), ..inner });
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        Some(match action {
            Action::Up | Action::Down => self.recall(action == Action::Up),
            Action::PageUp | Action::PageDown => {
                self.result.turn(action);
                Answer::done()
            }
            Action::CopyTarget(_) => match &self.answer {
                Some((_, Ok(values))) if !values.texts.is_empty() => {
                    Answer::effect(Effect::Copy(values.texts.join("\n")))
                }
                _ => Answer::warn("there is no value to copy"),
            },
            Action::Accept => {
                let expression = self.input.value().trim();
                match self.said() {
                    // It stays until it is right.
                    Said::Fault(fault) if self.waiting.is_none() => Answer::warn(fault.reason),
                    _ => Answer::request(Request::Close)
                        .and(Request::Narrow(Some(Question::Query(expression.to_owned())))),
                }
            }
            Action::Back if self.waiting.take().is_some() => {
                self.answer = Some((self.input.value().to_owned(), Err(QueryError::Ended("stopped".into()))));
                self.lay_out();
                Answer::effect(Effect::StopEvaluation)
            }
            Action::Back => Answer::request(Request::Close),
            _ => return None,
        })
    }

    fn can(&self, action: Action, _context: &Context<'_>) -> bool {
        match action {
            Action::Up => !self.earlier.is_empty(),
            Action::CopyTarget(_) => !self.result.view().is_empty(),
            Action::Accept => !self.input.value().trim().is_empty(),
            _ => true,
        }
    }

    fn scroll(&mut self, rows: isize) {
        self.result.scroll_by(rows);
    }

    fn input(&mut self) -> Option<&mut Input> {
        Some(&mut self.input)
    }

    fn edited(&mut self) -> Answer {
        self.recalled = None;
        Answer::request(Request::Evaluate)
    }
}
