//! The meanings of keys: every place has a table of its own, and from these keys are looked up and the footer, the help
//! and the palette are made.

use super::{Key, KeyCode};
use crate::event::Sanitized;

/// The meaning of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Quit.
    Quit,
    /// Leave the mouse to the terminal, or take it back.
    Mouse,
    /// Step back one level.
    Back,
    /// Show the keys.
    Help,
    /// Show every command.
    Palette,
    /// Compare the event with the one before it.
    Diff,
    /// Show or hide the rate of arrivals.
    ToggleRate,
    /// Show the field under the cursor as a column of the table, or no more.
    ShowColumn,
    /// The columns as they were at the start.
    ResetColumns,
    /// Pin the type to the top, or let it go.
    Pin,
    /// Take the type out of the table and the stream.
    Mute,
    /// Show the muted types.
    Muted,
    /// Take the marks of what is new off all types.
    MarkSeen,
    /// Leave only what has this value.
    OnlyThis,
    /// Begin a step.
    BeginStep,
    /// End the step that is on.
    EndStep,
    /// Hold the screen still, or let it go on.
    Pause,
    /// Poll now.
    Poll,
    /// Wait longer between polls.
    Slower,
    /// Wait less between polls.
    Faster,
    /// Play the tape, or hold it.
    Play,
    /// Play it faster.
    PlayFaster,
    /// Play it slower.
    PlaySlower,
    /// To the next event of the tape.
    StepOn,
    /// Pass on once more what our own collector could not.
    PassOn,
    /// To the one before.
    StepBack,
    /// To a place of the tape that is typed.
    JumpTo,
    /// To its beginning.
    TapeStart,
    /// To its end.
    TapeEnd,
    /// Give the next pane the focus.
    NextPane,
    /// Give the previous pane the focus.
    PreviousPane,
    /// Give the pane the whole screen, or take it back.
    Zoom,
    /// Record the session.
    Record,
    /// Stop, as the shell's job control does.
    Suspend,
    /// Redraw the screen.
    Redraw,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Mask what tells who events are about, or show it again.
    Mask,
    /// Look into the selected event.
    Inspect,
    /// Narrow the table down.
    Filter,
    /// Sort by the next column.
    Sort,
    /// Reverse the order.
    Reverse,
    /// Fold or unfold; show the whole of a value that does not fold.
    Open,
    /// Unfold, or step in.
    In,
    /// Fold, or step out.
    Out,
    /// Unfold to a level.
    Level(u8),
    /// Unfold everything.
    OpenAll,
    /// Show the whole value.
    View,
    /// Evaluate a jq expression, or narrow the session down by one.
    Query,
    /// Search in keys and values.
    Search,
    /// Stay at the match of a search, or go to one in another event.
    AcceptSearch,
    /// To the next match or change.
    NextMatch,
    /// To the previous match or change.
    PreviousMatch,
    /// To the next field with a finding; in the composer, to the next finding.
    NextFinding,
    /// To the one before.
    PreviousFinding,
    /// Ask the platform for what it has of the type from before.
    AskHistory,
    /// To the last event of the type that had a worse finding than the newest.
    Earlier,
    /// All findings of the session.
    AllFindings,
    /// Show what our own collector was sent.
    Requests,
    /// Show only those that were refused, or all again.
    OnlyRefused,
    /// To an event in which a field is as in most.
    Counterexample,
    /// To the field that a finding is about.
    GoToField,
    /// Go on to the newest event.
    Follow,
    /// Mark the event, to compare others with it.
    Mark,
    /// To the event of the type before this one.
    Older,
    /// To the event of the type after this one.
    Newer,
    /// The next tab.
    NextTab,
    /// The previous tab; in the composer, of those that are read only: from the calls to the proof, and back.
    PreviousTab,
    /// Choose what to copy.
    Copy,
    /// Copy one thing.
    CopyTarget(CopyTarget),
    /// Print one thing on the plain terminal.
    PrintTarget(CopyTarget),
    /// Keep what was typed, or take what is chosen.
    Accept,
    /// Choose something to compose.
    Compose,
    /// Compose the event under the cursor anew.
    Resend,
    /// Write a report of the session.
    Report,
    /// Make a plan of the session's events.
    InferPlan,
    /// Make a plan of the events of the type on show.
    InferPlanOfType,
    /// Send the draft.
    Send,
    /// Back to the draft.
    EditDraft,
    /// Take the last change back.
    Undo,
    /// Make it again.
    Redo,
    /// Lay the draft out anew.
    Reformat,
    /// Set right what is wrong at the cursor, when it is certain how.
    Fix,
    /// Give the draft to the user's own editor.
    OutsideEditor,
    /// Propose what can stand at the cursor.
    Complete,
    /// The same where something can, else one level in.
    Indent,
    /// Begin a new line.
    NewLine,
    /// Keep the draft as a template.
    SaveTemplate,
    /// Close the tape that is recorded.
    StopRecording,
    /// Copy the calls as commands.
    CopyCalls,
    /// Print them on the plain terminal.
    PrintCalls,
    /// Show the keys that are pressed, or no more.
    ShowKeys,
    /// Show the tour, or put it away.
    Tour,
    /// Edit the line.
    Edit(LineEdit),
}

impl Action {
    /// Its name in settings: that of its variant, in small letters and with hyphens, as in `next-pane`, `copy-value`, `level-3`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").replace("Target", "").chars() {
            match c {
                ')' => {}
                '(' => name.push('-'),
                c if c.is_ascii_uppercase() => {
                    if !name.is_empty() && !name.ends_with('-') {
                        name.push('-');
                    }
                    name.push(c.to_ascii_lowercase());
                }
                c => name.push(c),
            }
        }
        name
    }

    /// Whether it is asked of a live session, which a replay is not.
    pub(super) fn is_live(self) -> bool {
        self.is_of_polls() || matches!(self, Self::Pause | Self::Record | Self::StopRecording)
    }

    /// Whether it is asked of one who polls, which nobody does where the collector is in the same process.
    fn is_of_polls(self) -> bool {
        matches!(self, Self::Poll | Self::Slower | Self::Faster | Self::AskHistory)
    }
}

/// Where the records of a session come from, as far as that says what can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Polls.
    Polls,
    /// The collector of this process.
    Collector,
    /// What another program writes.
    Stream,
    /// A tape.
    Tape,
}

impl Origin {
    /// The keys that hold in any pane there, before those that hold everywhere.
    pub(super) fn keys(self) -> Option<&'static Keys> {
        match self {
            Self::Polls | Self::Stream => None,
            Self::Collector => Some(&COLLECTOR),
            Self::Tape => Some(&REPLAY),
        }
    }

    /// Whether that can be asked for.
    pub(super) fn takes(self, action: Action) -> bool {
        match self {
            Self::Polls => !matches!(action, Action::StepOn | Action::PassOn),
            Self::Collector => !action.is_of_polls(),
            Self::Stream => !action.is_of_polls() && !matches!(action, Action::StepOn | Action::PassOn),
            Self::Tape => !action.is_live() && action != Action::PassOn,
        }
    }
}

/// The parts of an event that can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CopyTarget {
    /// The value: a string without its quotes, anything else as its JSON.
    Value,
    /// The key, or the index.
    Key,
    /// The path for people: `products[0].price`.
    Path,
    /// The path as a jq filter: `.products[0].price`.
    Jq,
    /// The whole event as it came.
    Event,
    /// The event type's name.
    Type,
    /// The finding in a few lines.
    Finding,
    /// What changed from another event, a line each.
    Diff,
    /// A report of the session.
    Report,
    /// An expectation of events like this one, for `clickscope expect -f`.
    Expectation,
    /// The command that gives what is shown without a screen.
    Command,
}

impl CopyTarget {
    /// Its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Key => "key",
            Self::Path => "path",
            Self::Jq => "jq path",
            Self::Event => "whole event",
            Self::Type => "type name",
            Self::Finding => "finding",
            Self::Diff => "diff",
            Self::Report => "report",
            Self::Expectation => "expectation",
            Self::Command => "command",
        }
    }
}

/// The ways to edit a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each does what it is called")]
pub enum LineEdit {
    Left,
    Right,
    WordLeft,
    WordRight,
    Start,
    End,
    DeleteLeft,
    DeleteRight,
    DeleteWordLeft,
    DeleteToStart,
    DeleteToEnd,
}

/// The keys of one place: a pane, or a layer over the panes. The footer, the help and the palette are made of them.
#[derive(Debug)]
pub struct Keys {
    /// The heading of the help's section.
    pub title: &'static str,
    /// Its own bindings, in the order of the help; those with a word for the footer stand there in this order.
    pub bindings: &'static [Binding],
    /// Others that hold here too.
    pub with: &'static [&'static Keys],
    /// Those that hold for what has no meaning here, and may have other meanings for the same keys.
    pub under: Option<&'static Keys>,
    /// Whether text is typed here, so that a character is never a command.
    pub typing: bool,
}

/// One meaning and the keys for it.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The keys; the first is the one that is shown first. Without any, the palette has it all the same.
    pub keys: &'static [Key],
    /// Their meaning.
    pub action: Action,
    /// The meaning in a few words.
    pub label: &'static str,
    /// Its word in the footer, when it is shown there.
    pub short: Option<&'static str>,
}

impl Keys {
    /// The keys of a place where commands are given.
    pub(super) const fn commands(
        title: &'static str,
        bindings: &'static [Binding],
        with: &'static [&'static Self],
    ) -> Self {
        Self { title, bindings, with, under: None, typing: false }
    }

    /// The keys of a place where text is typed.
    pub(super) const fn typing(
        title: &'static str,
        bindings: &'static [Binding],
        with: &'static [&'static Self],
    ) -> Self {
        Self { title, bindings, with, under: None, typing: true }
    }

    /// Every binding that holds here, its own first; without those for what has no meaning here.
    pub fn all(&'static self) -> impl Iterator<Item = &'static Binding> {
        self.bindings.iter().chain(self.with.iter().flat_map(|keys| keys.bindings))
    }

    /// Whether those of another place hold here too.
    pub(super) fn has(&'static self, other: &'static Self) -> bool {
        self.with.iter().any(|keys| std::ptr::eq(*keys, other))
    }

    /// The bindings that the footer shows, in order.
    pub fn hints(&'static self) -> impl Iterator<Item = &'static Binding> {
        self.all().filter(|binding| binding.short.is_some())
    }
}

pub(super) const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false, alt: false, shift: false }
}

pub(super) const fn char(c: char) -> Key {
    key(KeyCode::Char(c))
}

pub(super) const fn ctrl(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: true, alt: false, shift: false }
}

pub(super) const fn alt(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: false, alt: true, shift: false }
}

pub(super) const fn with_ctrl(code: KeyCode) -> Key {
    Key { code, ctrl: true, alt: false, shift: false }
}

pub(super) const fn with_shift(code: KeyCode) -> Key {
    Key { code, ctrl: false, alt: false, shift: true }
}

pub(super) const ALT_BACKSPACE: Key = Key { code: KeyCode::Backspace, ctrl: false, alt: true, shift: false };
pub(super) const ENTER: &[Key] = &[key(KeyCode::Enter)];
/// Back into the draft, from the composer's tabs that are read.
pub(super) const BACK_TO_DRAFT: &[Key] = &[key(KeyCode::Enter), char('e')];
pub(super) const ESC: &[Key] = &[key(KeyCode::Esc)];
pub(super) const ESC_OR_INTERRUPT: &[Key] = &[key(KeyCode::Esc), ctrl('c')];
pub(super) const ESC_OR_Q: &[Key] = &[key(KeyCode::Esc), char('q'), ctrl('c')];

pub(super) const fn bind(keys: &'static [Key], action: Action, label: &'static str) -> Binding {
    Binding { keys, action, label, short: None }
}

pub(super) const fn hint(keys: &'static [Key], action: Action, label: &'static str, short: &'static str) -> Binding {
    Binding { keys, action, label, short: Some(short) }
}

/// The keys that hold in any pane.
pub(super) static ANYWHERE: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(&[char('c')], A::Compose, "compose an event, and send it", "compose"),
        hint(&[char(' ')], A::Pause, "hold the screen still; polling goes on", "pause"),
        bind(&[char('b')], A::BeginStep, "begin a step: count what comes from here on"),
        bind(&[], A::EndStep, "end the step, and its counts"),
        bind(&[char('r')], A::Poll, "poll and count now"),
        bind(&[char('w')], A::Record, "record the session to a file: what is held, and what comes"),
        bind(&[], A::StopRecording, "stop recording; what is on the tape stays"),
        bind(&[char('+'), char('=')], A::Slower, "a longer interval between polls"),
        bind(&[char('-')], A::Faster, "a shorter interval between polls"),
        bind(&[key(KeyCode::Tab)], A::NextPane, "next pane"),
        bind(&[with_shift(KeyCode::Tab)], A::PreviousPane, "previous pane"),
        bind(&[char('M')], A::Mask, "mask what tells who an event is about, and show it again"),
        bind(&[char('z')], A::Zoom, "the pane alone on the screen, and back"),
        bind(&[], A::Report, "report of the session, into a file for others"),
        bind(&[], A::InferPlan, "plan from the events of the session, into a folder"),
        bind(ESC, A::Back, "back one level"),
        hint(&[char(':')], A::Palette, "every command, to search and to run", "commands"),
        hint(&[char('|')], A::Query, "query the event, or find those of the session that match (jq)", "query"),
        hint(&[char('?'), key(KeyCode::F(1))], A::Help, "this help", "help"),
        bind(&[char('T')], A::Mouse, "the mouse to the terminal, to select text with it; and back"),
        bind(&[], A::ShowKeys, "show the keys that are pressed, for those who look on; and no more"),
        bind(&[ctrl('l')], A::Redraw, "redraw the screen"),
        bind(&[ctrl('z')], A::Suspend, "to the shell; fg comes back"),
        hint(&[char('q'), ctrl('c')], A::Quit, "quit", "quit"),
    ];
    Keys::commands("Anywhere", BINDINGS, &[])
};

/// The keys that hold in any pane while a tape is replayed, in the place of those that are asked of a live source.
pub(super) static REPLAY: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(&[char(' ')], A::Play, "play the tape, or hold it", "play"),
        hint(&[char('.')], A::StepOn, "one event on", "step"),
        hint(&[char(',')], A::StepBack, "one event back", "back"),
        hint(&[char('t')], A::JumpTo, "jump to 14:03, +2m, -30s, 50%, or the number of an event", "jump"),
        bind(&[char('+'), char('=')], A::PlayFaster, "play it twice as fast"),
        bind(&[char('-')], A::PlaySlower, "play it half as fast"),
        bind(&[], A::TapeStart, "to the beginning of the tape"),
        bind(&[], A::TapeEnd, "to the end of the tape"),
    ];
    Keys::commands("Replaying a tape", BINDINGS, &[])
};

/// The keys that are about the event on show, whichever tab is on, and also in the table.
pub(super) static EVENT: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(&[char('x'), key(KeyCode::F(8))], A::NextFinding, "to the next field with a finding", "finding"),
        bind(&[char('X'), with_shift(KeyCode::F(8))], A::PreviousFinding, "to the previous one"),
        bind(&[], A::InferPlanOfType, "plan from the events of the type, into a folder"),
        bind(&[], A::AskHistory, "ask the platform for earlier events of the type"),
        bind(&[char('R')], A::Requests, "requests to the collector, and why they were refused"),
        bind(&[char('!')], A::AllFindings, "all findings of the session, which the header counts"),
        bind(&[], A::Earlier, "to the last event that was worse than the newest"),
        hint(&[char('d')], A::Diff, "compare with the event before, and back to the tree", "diff"),
        bind(&[char('m')], A::Mark, "mark the event: others are compared with it; again, no more"),
        bind(&[char('<')], A::Older, "back in time: the event of the type before this one"),
        bind(&[char('>')], A::Newer, "forth in time: the one after it"),
        hint(&[char('f')], A::Follow, "live again: follow the newest event", "live"),
        bind(&[char(']')], A::NextTab, "next tab of the inspector"),
        bind(&[char('[')], A::PreviousTab, "previous tab"),
        hint(&[char('y')], A::Copy, "copy: then choose what", "copy"),
        bind(&[char('*')], A::OnlyThis, "only events with this value"),
        bind(&[char('e')], A::Resend, "edit the event and send it again"),
    ];
    Keys::commands("Inspector: in every tab", BINDINGS, &[])
};

/// The keys that hold in any pane while a collector of this process is watched.
pub(super) static COLLECTOR: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(
            &[char('.')],
            A::StepOn,
            "let the next that waits go on: a held request, or an event of the scenario",
            "next",
        ),
        hint(&[char('P')], A::PassOn, "pass on again what could not be passed on", "pass on again"),
        bind(&[], A::Tour, "the tour: key by key to an event that is sent and seen; and no tour"),
    ];
    Keys::commands("Watching a collector", BINDINGS, &[])
};

/// The keys that hold in any list and any text that is scrolled.
pub static LIST: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        bind(&[char('k'), key(KeyCode::Up)], A::Up, "up"),
        bind(&[char('j'), key(KeyCode::Down)], A::Down, "down"),
        bind(&[key(KeyCode::PageUp), ctrl('u')], A::PageUp, "a page up"),
        bind(&[key(KeyCode::PageDown), ctrl('d')], A::PageDown, "a page down"),
        bind(&[char('g'), key(KeyCode::Home)], A::First, "to the first"),
        bind(&[char('G'), key(KeyCode::End)], A::Last, "to the last"),
    ];
    Keys::commands("In a list or a text", BINDINGS, &[])
};

/// The keys that hold while a line is typed.
pub(super) static LINE: Keys = {
    use Action::Edit;
    use LineEdit as E;
    const BINDINGS: &[Binding] = &[
        bind(&[key(KeyCode::Left), ctrl('b')], Edit(E::Left), "left"),
        bind(&[key(KeyCode::Right), ctrl('f')], Edit(E::Right), "right"),
        bind(&[with_ctrl(KeyCode::Left), alt('b')], Edit(E::WordLeft), "a word left"),
        bind(&[with_ctrl(KeyCode::Right), alt('f')], Edit(E::WordRight), "a word right"),
        bind(&[key(KeyCode::Home), ctrl('a')], Edit(E::Start), "to the start"),
        bind(&[key(KeyCode::End), ctrl('e')], Edit(E::End), "to the end"),
        bind(&[key(KeyCode::Backspace), ctrl('h')], Edit(E::DeleteLeft), "delete to the left"),
        bind(&[key(KeyCode::Delete), ctrl('d')], Edit(E::DeleteRight), "delete to the right"),
        bind(&[ctrl('w'), ALT_BACKSPACE], Edit(E::DeleteWordLeft), "delete a word"),
        bind(&[ctrl('u')], Edit(E::DeleteToStart), "delete to the start"),
        bind(&[ctrl('k')], Edit(E::DeleteToEnd), "delete to the end"),
    ];
    Keys::typing("While typing anything", BINDINGS, &[])
};

/// One line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelpLine {
    /// The heading of a section.
    Title(&'static str),
    /// Keys, and what they do.
    Keys(Sanitized, &'static str),
    /// A gap between sections.
    Gap,
}

/// The signs on the screen, and what they say.
pub(super) const SIGNS: [(&str, &str); 9] = [
    ("! 7 server errors", "in the top row: events that the server says it could not process today"),
    ("✗  !  i", "an error, a warning, a note in the newest event; `find` counts them"),
    ("was ✗", "an event before it had worse ones"),
    ("●  ×", "news that you have not looked at; a type that the endpoint no longer knows"),
    ("→  ✓", "an event that you sent is under way, was seen"),
    ("?  ∅", "it was probably seen, was not seen"),
    ("^", "pinned to the top"),
    ("recv", "how many events the server says it received today"),
    ("capt", "how many different ones of them were seen here"),
];
