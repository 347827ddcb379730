//! The composer: from a template, a received event or a left draft to what is sent.

pub mod choice;
pub mod completion;
pub mod confirm;
pub mod editor;
pub mod findings;
mod pane;
pub mod preview;
pub(super) mod quick_fix;
#[cfg(test)]
mod tests;
mod update;
pub(super) mod verdict;

use jiff::Timestamp;

pub use crate::blueshift::safety::WORD;
pub(super) use quick_fix::ask_for_findings;
pub(super) use update::TAKEN_OUT;
pub use verdict::{Ready, Refusal, Verdict};

use super::layout::ComposerAreas;
use super::proof::ProofView;
use super::{DraftId, SavedDraft, Sending};
use crate::event::catalogue::Template;
use crate::event::{Sanitized, sanitized};
use editor::Editor;
use findings::ComposerFindings;
use preview::Preview;

/// What is said of a draft made of an event that is masked.
const MASKS: &str = "masks stand for whom the event is about: put a test identity in their place, such as {{email}}";

/// The composer, and what it remembers of the session.
#[derive(Debug)]
pub struct Composer {
    composition: Option<Composition>,
    /// Drafts that were left, in this session and before, the newest first.
    drafts: Vec<SavedDraft>,
    /// The user's own templates.
    templates: Vec<Template>,
    /// Which part of the proof is on screen.
    proof: ProofView,
    /// Where its parts stand on screen.
    areas: ComposerAreas,
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
    /// Why the last draft could not be put on disk.
    not_kept: Option<Sanitized>,
}

/// A draft being composed.
#[derive(Debug)]
pub struct Composition {
    /// Its name on disk.
    pub id: DraftId,
    /// Its name until its own type is known.
    title: Sanitized,
    /// The fields that the platform had added to the event that this is.
    taken_out: Vec<Sanitized>,
    /// Those that it may have added, which are kept.
    perhaps: Vec<Sanitized>,
    /// Whether the event that this is has masks, and nobody was told when it was to be sent.
    has_masks: bool,
    /// Its text.
    pub editor: Editor,
    /// The tab that is on.
    pub tab: ComposerTab,
    /// The content of the tab of that name, while it is on.
    pub preview: Option<Preview>,
    /// The reason.
    pub findings: ComposerFindings,
    /// When it was last changed.
    changed: Timestamp,
    /// Whether it is worth keeping: it was changed, or kept before.
    touched: bool,
    /// Whether it can be sent; `None` until that has been looked at after a change.
    verdict: Option<Verdict>,
}

/// The composer's tabs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ComposerTab {
    /// The draft.
    #[default]
    Edit,
    /// The calls that it would be sent with.
    Preview,
    /// The outcome of the last one that was sent.
    Proof,
}

impl ComposerTab {
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

impl Composer {
    pub(super) fn new(drafts: Vec<SavedDraft>, templates: Vec<Template>) -> Self {
        Self {
            composition: None,
            drafts,
            templates,
            proof: ProofView::default(),
            areas: ComposerAreas::default(),
            begun: 0,
            sent: 0,
            asked: 0,
            sent_last: None,
            confirmed: false,
            not_kept: None,
        }
    }

    /// One without any of the drafts, which goes on with its numbers.
    pub(super) fn without_drafts(&self) -> Self {
        let Self { templates, begun, sent, asked, confirmed, .. } = self;
        let (begun, sent, asked, confirmed) = (*begun, *sent, *asked, *confirmed);
        Self { begun, sent, asked, confirmed, ..Self::new(Vec::new(), templates.clone()) }
    }

    /// Takes in what was done in such a one.
    pub(super) fn take_in(&mut self, other: Self) {
        (self.begun, self.sent, self.asked) = (other.begun, other.sent, other.asked);
        (self.confirmed, self.templates) = (other.confirmed, other.templates);
        let left = other.composition.filter(|composition| composition.touched);
        let left = left.map(|it| SavedDraft { text: it.editor.text(), id: it.id, changed: it.changed });
        self.drafts.splice(0..0, left.into_iter().chain(other.drafts));
    }

    /// Drafts that were left, the newest first.
    pub fn drafts(&self) -> &[SavedDraft] {
        &self.drafts
    }

    /// The user's own templates.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// Which part of the proof is on screen.
    pub fn proof(&self) -> &ProofView {
        &self.proof
    }

    /// Where its parts stand on screen.
    pub fn areas(&self) -> &ComposerAreas {
        &self.areas
    }

    /// The composition, on screen or not.
    pub fn composition(&self) -> Option<&Composition> {
        self.composition.as_ref()
    }

    /// Whether the composed draft can be sent, as far as that has been looked at.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.composition.as_ref()?.verdict.as_ref()
    }

    /// Looks whether the composed draft can be sent, when that is not known. Once a frame, not once a key: for a draft of a
    /// megabyte it takes milliseconds.
    pub(super) fn prepare(&mut self, sending: &Sending) {
        let seq = self.next();
        if let Some(composition) = self.composition.as_mut().filter(|composition| composition.verdict.is_none()) {
            let verdict = Verdict::of(&composition.editor.text(), sending, seq, composition.changed);
            composition.verdict = Some(verdict);
        }
    }

    /// Whether the composed draft is the one that was sent last, so that what the server said is about it.
    pub fn is_sent_last(&self) -> bool {
        self.composition.as_ref().is_some_and(|composition| self.sent_last.as_ref() == Some(&composition.id))
    }

    /// How many errors are known of in the draft.
    pub fn errors(&self) -> u64 {
        self.composition.as_ref().map_or(0, |composition| composition.findings.counts().errors)
    }

    /// Why drafts are in memory only, if they are.
    pub fn not_kept(&self) -> Option<&Sanitized> {
        self.not_kept.as_ref()
    }

    pub(super) fn composition_mut(&mut self) -> Option<&mut Composition> {
        self.composition.as_mut()
    }

    pub(super) fn proof_mut(&mut self) -> &mut ProofView {
        &mut self.proof
    }

    /// The number of the next sending.
    fn next(&self) -> u64 {
        self.sent + 1
    }

    /// Takes in that it is no longer on screen.
    pub(super) fn closed(&mut self) {
        if let Some(composition) = &mut self.composition {
            composition.findings.wanted = false;
        }
    }
}

impl Composition {
    fn new(id: DraftId, title: Sanitized, text: &str, now: Timestamp) -> Self {
        Self {
            id,
            title,
            taken_out: Vec::new(),
            perhaps: Vec::new(),
            has_masks: false,
            editor: Editor::new(text),
            tab: ComposerTab::Edit,
            preview: None,
            findings: ComposerFindings::default(),
            changed: now,
            touched: false,
            verdict: None,
        }
    }

    /// Its name: its type, when it can be sent, else as it was begun.
    pub fn name(&self) -> Sanitized {
        match &self.verdict {
            Some(Verdict::Ready(ready)) => ready.subject.clone(),
            _ => self.title.clone(),
        }
    }

    /// Whether the preview has a command to copy.
    pub(super) fn has_command(&self) -> bool {
        self.preview.as_ref().is_some_and(|preview| preview.page.is_ok())
    }

    /// The notice above the draft, in lines of at most `width` columns: which fields were taken out, and which the
    /// platform may have added.
    pub fn notice(&self, width: usize) -> Vec<Sanitized> {
        if self.tab != ComposerTab::Edit {
            return Vec::new();
        }
        let told = |words: &'static str, fields: &[Sanitized]| {
            let told = (!fields.is_empty()).then(|| sanitized!("{}: {}", words, Sanitized::join(fields, ", ")));
            told.map(|told| told.wrap(width.max(1))).unwrap_or_default()
        };
        let masks = if self.has_masks { Sanitized::literal(MASKS).wrap(width.max(1)) } else { Vec::new() };
        let told = [told("taken out", &self.taken_out), told("perhaps added by the platform", &self.perhaps)].concat();
        [masks, told].concat()
    }

    /// When it was last changed.
    pub(super) fn changed(&self) -> Timestamp {
        self.changed
    }

    /// Does something in the editor that is no change of the text.
    pub(super) fn in_view(&mut self, work: impl FnOnce(&mut Editor)) {
        self.findings.wanted = false;
        work(&mut self.editor);
    }

    pub(super) fn touch(&mut self, now: Timestamp) {
        self.changed = now;
        self.touched = true;
        self.verdict = None;
    }
}
