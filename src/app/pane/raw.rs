//! The inspector's tab that shows the event as it came.

use std::sync::Arc;

use super::{Answer, Context, Pane, Picked, Request, Tab};
use crate::app::KeyCode;
use crate::app::keymap::{self, Action, Binding, Keys, char, hint, key};
use crate::app::layout::Area;
use crate::app::pager::Pager;
use crate::event::{Path, Payload, Unknown, sanitized, text};

/// The keys of the text.
pub(in crate::app) static KEYS: Keys = {
    const BINDINGS: &[Binding] = &[
        hint(&[char('h'), key(KeyCode::Left)], Action::Out, "back to the tree", "tree"),
        keymap::bind(&[char('/')], Action::Search, "search in the tree"),
    ];
    Keys::commands("Inspector: raw", BINDINGS, &[&keymap::EVENT, &keymap::LIST, &keymap::ANYWHERE])
};

/// The text of the event, or of an answer that could not be read: that comes first, for it is what the reader has to see.
#[derive(Debug, Default)]
pub struct RawPane {
    text: Option<(Source, Pager)>,
}

/// The text that is laid out.
#[derive(Debug)]
enum Source {
    Event(Arc<Payload>),
    Unknown(Arc<Unknown>),
}

impl RawPane {
    /// The text, laid out.
    pub fn pager(&self) -> Option<&Pager> {
        self.text.as_ref().map(|(_, pager)| pager)
    }
}

impl Pane for RawPane {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn show(&mut self, context: &Context<'_>) {
        let shown = context.shown.map(|shown| &shown.event.payload);
        let same = match (self.text.as_ref().map(|(source, _)| source), context.unknown, shown) {
            (Some(Source::Unknown(text)), Some(unknown), _) => Arc::ptr_eq(text, unknown),
            (Some(Source::Event(text)), None, Some(payload)) => Arc::ptr_eq(text, payload),
            _ => false,
        };
        if same {
            return;
        }
        self.text = match (context.unknown, shown) {
            (Some(unknown), _) => {
                let title = sanitized!("answer of {}: {}", text::size(unknown.length as u64), unknown.reason);
                let mut pager = Pager::new(title, &unknown.body);
                pager.cut_from = (unknown.length > unknown.body.len()).then_some(unknown.length);
                Some((Source::Unknown(Arc::clone(unknown)), pager))
            }
            (None, Some(payload)) => Some((Source::Event(Arc::clone(payload)), Pager::new("", payload.text()))),
            (None, None) => None,
        };
    }

    fn fit(&mut self, inner: Area) {
        if let Some((_, pager)) = &mut self.text {
            pager.fit_to(inner);
        }
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        if action == Action::Out {
            return Some(Answer::request(Request::Tab(Tab::Tree)));
        }
        let (_, pager) = self.text.as_mut()?;
        pager.turn(action).then(Answer::done)
    }

    fn scroll(&mut self, rows: isize) {
        if let Some((_, pager)) = &mut self.text {
            pager.scroll_by(rows);
        }
    }

    fn picked<'a>(&'a self, context: &Context<'a>) -> Option<Picked<'a>> {
        let document = context.shown?.document.as_ref().ok()?;
        let value = document.plain(crate::event::NodeId::ROOT).into_owned();
        Some(Picked { path: Path::root(), value: Some(value), finding: None })
    }
}
