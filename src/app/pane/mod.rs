//! The panes, and the tabs of the inspector: each is a file with its state, its keys, what they do and what a click means.
//!
//! A pane sees its own state and a `Context` that it can only read, and answers with a value, an `Answer`: what it asks
//! of the world, what it says to the reader, and what it wants of the rest of the application. Only the dispatcher
//! (`app::update`) sees the whole model.

pub mod diff;
pub mod draft;
pub mod findings;
pub mod history;
pub mod inspector;
pub mod preview;
pub mod proof;
pub mod raw;
pub mod stream;
pub mod tree;
pub mod types;

use std::sync::Arc;

use jiff::Timestamp;
use tui_input::Input;

use super::composer::choice::Choice;
use super::composer::completion::Completion;
use super::composer::confirm::Confirm;
use super::keymap::{Action, CopyTarget, Keys};
use super::layout::Area;
pub use super::layout::PaneId;
use super::outbox::Outbox;
use super::pager::Pager;
use super::scan::{Question, Scan, Versions};
use super::shown::Shown;
use super::{Effect, Mouse, Sending};
use crate::blueshift::Batch;
use crate::event::{Path, Sanitized, TypeName, Unknown, Volatile};
use crate::lint::Finding;
use crate::session::{EventNumber, Faults, History, Moment, Requests};

/// The inspector's tabs: the views of one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    /// As a tree.
    #[default]
    Tree,
    /// Against the one before it.
    Diff,
    /// Among the others of its type.
    History,
    /// Its findings.
    Findings,
    /// As it came.
    Raw,
}

impl Tab {
    /// All tabs, from left to right.
    pub const ALL: [Self; 5] = [Self::Tree, Self::Diff, Self::History, Self::Findings, Self::Raw];

    /// The tab's name, a shorter one where there is little room.
    pub fn label(self, narrow: bool) -> &'static str {
        match self {
            Self::History if narrow => "Hist",
            Self::Findings if narrow => "Find",
            Self::Tree => "Tree",
            Self::Diff => "Diff",
            Self::History => "History",
            Self::Findings => "Findings",
            Self::Raw => "Raw",
        }
    }
}

/// The things that a pane sees besides its own state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    /// When the message came.
    pub(super) now: Moment,
    /// The event that the inspector shows.
    pub(super) shown: Option<&'a Shown>,
    /// The last answer, when it could not be read.
    pub(super) unknown: Option<&'a Arc<Unknown>>,
    /// The events that are held.
    pub(super) history: &'a History,
    /// The fields whose changes say nothing.
    pub(super) volatile: &'a Arc<Volatile>,
    /// What the view is narrowed by.
    pub(super) narrowing: Option<&'a Scan>,
    /// The settings of sending.
    pub(super) sending: &'a Sending,
    /// The outbox.
    pub(super) outbox: &'a Outbox,
    /// What our own collector was sent.
    pub(super) requests: &'a Requests,
    /// How often each fault was found.
    pub(super) faults: &'a Faults,
    /// Whether what is seen is masked.
    pub(super) is_masked: bool,
    /// Whether the completion of what is typed was open when the key came.
    pub(super) completing: bool,
}

impl<'a> Context<'a> {
    /// The events of each type that are in view.
    pub(super) fn versions(&self) -> Versions<'a> {
        Versions { history: self.history, narrowing: self.narrowing }
    }
}

/// The answer of a pane to a key or the mouse.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Effects on the world.
    pub(super) effects: Vec<Effect>,
    /// A short answer for the reader.
    pub(super) said: Option<Said>,
    /// Requests to the rest of the application, in order.
    pub(super) requests: Vec<Request>,
}

/// A short answer for the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The answer.
    pub(super) text: Sanitized,
    /// Whether it is bad news.
    pub(super) bad: bool,
}

/// The requests of a pane or a layer to the rest of the application.
#[derive(Debug)]
pub(super) enum Request {
    /// Give that pane the focus.
    Focus(PaneId),
    /// Look into the newest event of a type.
    ShowType(TypeName),
    /// Watch the target of another profile, by its place among them.
    SwitchProfile(usize),
    /// Go back to the table.
    Leave,
    /// Put a layer over the panes.
    Open(Open),
    /// Take the uppermost layer away.
    Close,
    /// Show a tab of the inspector.
    Tab(Tab),
    /// Show the field at this path in the tree, or the container it would be in.
    Reveal(Path),
    /// Do what an action means in the pane that has the focus.
    Act(Action),
    /// Go to the pane or the tab with these keys, and do what the action means there.
    Run(&'static Keys, Action),
    /// Leave only the types that match.
    Filter(String),
    /// Show the field at this path as a column of the table, or no more.
    Column(Path),
    /// Show an event of the history.
    ShowEvent(EventNumber),
    /// Show what was found in it at this place.
    ShowFinding(EventNumber, Path),
    /// Show what came of the batch of this number; where that is not known any more, this text.
    ShowBatch(u64, Pager),
    /// Show the request of this number among the others.
    Collected(u64),
    /// Read all of the request of this number.
    ReadCollected(u64),
    /// Compose something anew from this text.
    Compose(String),
    /// Leave only the events in view that this is true of; all of them without.
    Narrow(Option<Question>),
    /// Bring a muted type back.
    Unmute(TypeName),
    /// Search the event for this, and the others that are held.
    Search(String),
    /// Go on with the search in another event, forward or back.
    SearchElsewhere(bool),
    /// Evaluate the expression that is typed.
    Evaluate,
    /// Copy something of the event, or print it on the plain terminal.
    Copy {
        /// Which part.
        target: CopyTarget,
        /// Whether it is printed.
        print: bool,
    },
    /// Begin to compose with this.
    Begin(Box<Choice>),
    /// Put the chosen completion into the draft.
    Complete,
    /// Send the draft that the reader has said yes to.
    Confirmed {
        /// The draft.
        draft: String,
        /// The time in its calls, when they were on show.
        previewed: Option<Timestamp>,
    },
    /// Hand this over to the network.
    Deliver(Box<Batch>),
    /// Keep the draft as the template of this name.
    KeepTemplate(String),
    /// Go to the place of the tape that this names.
    Jump(String),
    /// Write a report of the session into the file of this name.
    Report(String),
    /// Make a plan.
    Plan {
        /// Into the folder of this name.
        folder: String,
        /// Whether it is of the type on show only.
        of_type: bool,
    },
    /// Record the session to the file of this name.
    Record(String),
}

/// The layers that a pane or a layer can ask for.
#[derive(Debug)]
pub(super) enum Open {
    /// The composer.
    Composer,
    /// Proposals for the place of the cursor in the draft.
    Completion(Completion),
    /// A line to type, with what stands in it at first.
    Prompt(PromptKind, Input),
    /// The choice of what to copy.
    Copy,
    /// A long text to read.
    Pager(Pager),
    /// The muted types.
    Muted(Vec<TypeName>),
    /// The question before something is sent.
    Confirm(Box<Confirm>),
}

/// The uses of a line that is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PromptKind {
    /// It narrows the table down.
    Filter,
    /// It is looked for in the event.
    Search,
    /// It names a new template.
    TemplateName,
    /// It names a place of a tape.
    Jump,
    /// It names the file of a report.
    Report,
    /// It names the folder of a plan of all types.
    Plan,
    /// It names the folder of a plan of the type on show.
    PlanOfType,
    /// It names the file of a tape.
    TapeName,
}

impl PromptKind {
    /// Its word in the footer.
    pub fn label(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Search => "search",
            Self::TemplateName => "keep as",
            Self::Jump => "jump to",
            Self::Report => "report to (html, md, json, csv)",
            Self::Plan => "plan of all types into folder",
            Self::PlanOfType => "plan of the type into folder",
            Self::TapeName => "record to",
        }
    }
}

impl Answer {
    /// Nothing but that it was understood.
    pub(super) fn done() -> Self {
        Self::default()
    }

    pub(super) fn effect(effect: Effect) -> Self {
        Self { effects: vec![effect], ..Self::default() }
    }

    pub(super) fn request(request: Request) -> Self {
        Self { requests: vec![request], ..Self::default() }
    }

    /// A short answer.
    pub(super) fn say(text: impl Into<Sanitized>) -> Self {
        Self { said: Some(Said { text: text.into(), bad: false }), ..Self::default() }
    }

    /// A short answer that is bad news.
    pub(super) fn warn(text: impl Into<Sanitized>) -> Self {
        Self { said: Some(Said { text: text.into(), bad: true }), ..Self::default() }
    }

    /// This, with bad news in the place of what it said.
    pub(super) fn warned(self, text: impl Into<Sanitized>) -> Self {
        Self { said: Self::warn(text).said, ..self }
    }

    /// This, and then that.
    pub(super) fn and(mut self, request: Request) -> Self {
        self.requests.push(request);
        self
    }
}

/// The part of an event that the cursor of a tab is on.
#[derive(Debug)]
pub(super) struct Picked<'a> {
    /// Where it stands.
    pub(super) path: Path,
    /// Its value as text for people, if there is one.
    pub(super) value: Option<String>,
    /// The finding there.
    pub(super) finding: Option<&'a Finding>,
}

/// The state that a tab keeps of the event types that the reader has left, for when they come back.
#[derive(Debug)]
pub(super) struct Left<T> {
    /// The latest last.
    states: Vec<(TypeName, T)>,
}

impl<T> Default for Left<T> {
    fn default() -> Self {
        Self { states: Vec::new() }
    }
}

impl<T> Left<T> {
    /// Of so many types.
    const MOST: usize = 8;

    /// Keeps the state of a type.
    pub(super) fn keep(&mut self, event_type: TypeName, state: T) {
        self.states.push((event_type, state));
        if self.states.len() > Self::MOST {
            self.states.remove(0);
        }
    }

    /// Gives the state of a type back.
    pub(super) fn take(&mut self, event_type: &TypeName) -> Option<T> {
        let at = self.states.iter().position(|(name, _)| name == event_type)?;
        Some(self.states.remove(at).1)
    }
}

/// A pane, a tab of one, or a layer over them.
pub(super) trait Pane {
    /// The keys that mean something in it.
    fn keys(&self) -> &'static Keys;

    /// How many things a tab has to show of an event, for its label; 0 where it does not count.
    fn count(&self, _shown: &Shown) -> usize {
        0
    }

    /// Turns to what there is to show now. Once a message.
    fn show(&mut self, _context: &Context<'_>) {}

    /// Learns which area it has, border excluded. Once a message, while it is on screen.
    fn fit(&mut self, _inner: Area) {}

    /// Does what a key means in it; `None` when it is not its matter.
    fn act(&mut self, action: Action, context: &Context<'_>) -> Option<Answer>;

    /// Whether an action would do something now, so that the footer shows only such.
    fn can(&self, _action: Action, _context: &Context<'_>) -> bool {
        true
    }

    /// Does what a click means in it; `inner` is its area, border excluded.
    fn click(&mut self, _mouse: Mouse, _inner: Area, _context: &Context<'_>) -> Answer {
        Answer::done()
    }

    /// Moves what is seen by `rows`, down when positive.
    fn scroll(&mut self, _rows: isize) {}

    /// Learns that its line is about to be edited; `replaces` says whether by something that takes the place of what is
    /// selected.
    fn begins_edit(&mut self, _replaces: bool) {}

    /// The line that is being typed in it.
    fn input(&mut self) -> Option<&mut Input> {
        None
    }

    /// Takes in that the typed line has changed.
    fn edited(&mut self) -> Answer {
        Answer::done()
    }

    /// The part of the event that the cursor is on.
    fn picked<'a>(&'a self, _context: &Context<'a>) -> Option<Picked<'a>> {
        None
    }
}
