//! The composer: from a template, a received event or a left draft to what is sent.

pub mod completion;
pub mod editor;
pub mod findings;
pub mod picker;
mod quick_fix;
mod resend;
#[cfg(test)]
mod tests;
mod update;
mod verdict;

use std::cell::OnceCell;

use jiff::Timestamp;
use tui_input::Input;

pub use crate::blueshift::safety::WORD;
pub(super) use quick_fix::ask_for_findings;
pub(super) use update::{act, done, paste, point, settle, type_text};
pub use verdict::{Ready, Refusal, Verdict};

use super::keymap::Context;
use super::layout::Pane;
use super::pager::{self, Pager};
use super::{DraftId, Sending};
use completion::Completion;
use editor::Editor;
use findings::Findings;

/// The composer, and what it remembers of the session.
#[derive(Debug)]
pub struct Composer {
    composition: Option<Composition>,
    open: bool,
    /// The pane that had the focus before.
    came_from: Pane,
    /// How many compositions were begun.
    begun: u64,
    /// How many drafts were sent.
    sent: u64,
    /// How often it was asked what is wrong with a draft.
    asked: u64,
    /// The one that was sent last.
    sent_last: Option<DraftId>,
    /// Whether somebody has typed the word that production asks for.
    confirmed: bool,
    /// Why the last draft could not be put on disk. Harmless.
    not_kept: Option<String>,
}

/// A draft being composed.
#[derive(Debug)]
pub struct Composition {
    /// Its name on disk.
    pub id: DraftId,
    /// What it is called until its own type is known. Harmless.
    title: String,
    /// The fields that the platform had added to the event that this is. Harmless.
    taken_out: Vec<String>,
    /// Its text.
    pub editor: Editor,
    /// The tab that is on.
    pub tab: Tab,
    /// What the tab of that name shows, while it is on.
    pub preview: Option<Preview>,
    /// What can stand at the cursor, while that is asked for.
    pub completion: Option<Completion>,
    /// What is wrong with it.
    pub findings: Findings,
    /// When it was last changed.
    changed: Timestamp,
    /// Whether it is worth keeping: it was changed, or kept before.
    touched: bool,
    /// Whether it can be sent. Known once it is asked for, until the next change.
    verdict: OnceCell<Verdict>,
}

/// The composer's tabs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    /// The draft.
    #[default]
    Edit,
    /// The calls that it would be sent with.
    Preview,
    /// What came of the last one that was sent.
    Proof,
}

/// The calls that a draft would be sent with.
#[derive(Debug)]
pub struct Preview {
    /// The commands as they are copied.
    pub commands: String,
    /// The same to read, or why there are none.
    pub page: Result<Pager, Refusal>,
}

/// What has to be said yes to before something is sent.
#[derive(Debug)]
pub struct Confirm {
    /// The word as far as it is typed; `None` when the word was typed before in this session.
    pub word: Option<Input>,
    /// What would be sent.
    pub ready: Ready,
    /// Who it is about. Harmless.
    pub about: String,
    /// Types that usually trigger real messages. Harmless.
    pub triggers: Vec<String>,
    /// The draft that was looked at: its placeholders are resolved once more when it is sent.
    draft: String,
}

impl Confirm {
    /// How many columns it takes, where there are as many.
    pub(super) const WIDTH: u16 = 68;

    /// How many rows say who it is about, where there are as many.
    pub const ABOUT: usize = 2;

    /// How many rows it takes, border included, when only what is said of people has to be broken; `errors` are those
    /// found in the draft.
    pub(super) fn height(&self, errors: u64) -> u16 {
        let (warning, word) = (u16::from(!self.triggers.is_empty()), u16::from(self.word.is_some()));
        let about = pager::wrap(&self.about, usize::from(Self::WIDTH) - 4).len().min(Self::ABOUT);
        9 + u16::try_from(about).unwrap_or(0) + 3 * warning + word + 2 * u16::from(errors > 0)
    }
}

impl Tab {
    /// All tabs, from left to right.
    pub const ALL: [Self; 3] = [Self::Edit, Self::Preview, Self::Proof];

    /// The tab's name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Edit => "Edit",
            Self::Preview => "Preview",
            Self::Proof => "Proof",
        }
    }
}

impl Default for Composer {
    fn default() -> Self {
        Self {
            composition: None,
            open: false,
            came_from: Pane::Types,
            begun: 0,
            sent: 0,
            asked: 0,
            sent_last: None,
            confirmed: false,
            not_kept: None,
        }
    }
}

impl Composer {
    /// What is being composed, on screen or not.
    pub fn composition(&self) -> Option<&Composition> {
        self.composition.as_ref()
    }

    /// What is being composed, when the composer is on screen.
    pub fn on_screen(&self) -> Option<&Composition> {
        self.composition.as_ref().filter(|_| self.open)
    }

    /// Whether the composed draft can be sent.
    pub fn verdict(&self, sending: &Sending) -> Option<&Verdict> {
        let composition = self.composition.as_ref()?;
        Some(
            composition
                .verdict
                .get_or_init(|| Verdict::of(&composition.editor.text(), sending, self.next(), composition.changed)),
        )
    }

    /// Whether the composed draft is the one that was sent last, so that what the server said is about it.
    pub fn is_sent_last(&self) -> bool {
        self.composition.as_ref().is_some_and(|composition| self.sent_last.as_ref() == Some(&composition.id))
    }

    /// How many errors are known of in the draft.
    pub fn errors(&self) -> u64 {
        self.composition.as_ref().map_or(0, |composition| composition.findings.counts().errors)
    }

    /// Why drafts are in memory only, if they are. Harmless.
    pub fn not_kept(&self) -> Option<&str> {
        self.not_kept.as_deref()
    }

    /// The number of the next sending.
    fn next(&self) -> u64 {
        self.sent + 1
    }

    fn on_screen_mut(&mut self) -> Option<&mut Composition> {
        self.composition.as_mut().filter(|_| self.open)
    }

    pub(super) fn context(&self) -> Option<Context> {
        let composition = self.on_screen()?;
        Some(match composition.tab {
            Tab::Edit if composition.completion.is_some() => Context::Completion,
            Tab::Edit => Context::Composer,
            Tab::Preview => Context::Preview,
            Tab::Proof => Context::Proof,
        })
    }
}

impl Composition {
    fn new(id: DraftId, title: String, text: &str, now: Timestamp) -> Self {
        Self {
            id,
            title,
            taken_out: Vec::new(),
            editor: Editor::new(text),
            tab: Tab::Edit,
            preview: None,
            completion: None,
            findings: Findings::default(),
            changed: now,
            touched: false,
            verdict: OnceCell::new(),
        }
    }

    /// What it is called: by its type, when it can be sent, else as it was begun. Harmless.
    pub fn name(&self) -> String {
        match self.verdict.get() {
            Some(Verdict::Ready(ready)) => ready.subject.clone(),
            _ => self.title.clone(),
        }
    }

    /// What is said above the draft, in lines of at most `width` columns: which fields were taken out.
    pub fn notice(&self, width: usize) -> Vec<String> {
        if self.taken_out.is_empty() || self.tab != Tab::Edit {
            return Vec::new();
        }
        pager::wrap(&format!("taken out: {}", self.taken_out.join(", ")), width.max(1))
    }

    fn touch(&mut self, now: Timestamp) {
        self.changed = now;
        self.touched = true;
        self.verdict = OnceCell::new();
    }
}
