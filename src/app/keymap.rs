//! Which key means what, where: one table, from which keys are looked up and the footer and the help are made.

use std::fmt;

use super::{Key, KeyCode};

/// What a key can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Leave.
    Quit,
    /// Step back one level.
    Back,
    /// Show the keys.
    Help,
    /// Hold the screen still, or let it go on.
    Pause,
    /// Poll now.
    Poll,
    /// Wait longer between polls.
    Slower,
    /// Wait less between polls.
    Faster,
    /// Give the next pane the focus.
    NextPane,
    /// Give the pane before the focus.
    PreviousPane,
    /// Give the pane the whole screen, or take it back.
    Zoom,
    /// Stop, as the shell's job control does.
    Suspend,
    /// Draw everything anew.
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
    /// Look into the selected event.
    Inspect,
    /// Narrow the table down.
    Filter,
    /// Sort by the next column.
    Sort,
    /// Turn the order round.
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
    /// Search in keys and values.
    Search,
    /// To the next match.
    NextMatch,
    /// To the match before.
    PreviousMatch,
    /// To the next field with a finding; in the composer, to the next finding.
    NextFinding,
    /// To the one before.
    PreviousFinding,
    /// To the last event of the type that had a worse finding than the newest.
    Earlier,
    /// To the field that a finding is about.
    GoToField,
    /// Go on to the newest event.
    Follow,
    /// The next tab.
    NextTab,
    /// The tab before; in the composer, of those that are read only: from the calls to the proof, and back.
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
    /// Copy the calls as commands.
    CopyCommand,
    /// Print them on the plain terminal.
    PrintCommand,
    /// Edit the line.
    Edit(LineEdit),
}

/// What can be copied.
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
    /// What is wrong, in a few lines.
    Finding,
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
        }
    }
}

/// What editing a line can mean.
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

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// In any pane.
    Anywhere,
    /// In the table of event types.
    Types,
    /// In the inspector's tree.
    Tree,
    /// In the inspector's list of findings.
    Findings,
    /// In the inspector's raw text.
    Raw,
    /// In the activity log.
    Activity,
    /// While any line is typed.
    Line,
    /// While the filter is typed.
    Filter,
    /// While a search is typed.
    Search,
    /// While choosing what to copy from an event.
    Copy,
    /// While reading a long text.
    Pager,
    /// While reading the help.
    Help,
    /// While choosing what to compose.
    Picker,
    /// While writing a draft.
    Composer,
    /// While something is proposed for the cursor's place in it; what has no meaning here has that of
    /// [`Context::Composer`].
    Completion,
    /// While looking at the calls that send it.
    Preview,
    /// While looking at what came of it.
    Proof,
    /// While asked whether to send it.
    Confirm,
    /// While naming a template.
    TemplateName,
}

impl Context {
    /// The contexts that the help has a section for, in its order.
    pub const ALL: [Self; 19] = [
        Self::Anywhere,
        Self::Types,
        Self::Tree,
        Self::Findings,
        Self::Raw,
        Self::Activity,
        Self::Copy,
        Self::Filter,
        Self::Search,
        Self::Picker,
        Self::Composer,
        Self::Completion,
        Self::Preview,
        Self::Proof,
        Self::Confirm,
        Self::TemplateName,
        Self::Line,
        Self::Pager,
        Self::Help,
    ];

    /// The heading of the help's section.
    pub fn title(self) -> &'static str {
        match self {
            Self::Anywhere => "Anywhere",
            Self::Types => "Event types",
            Self::Tree => "Inspector: tree",
            Self::Findings => "Inspector: findings",
            Self::Raw => "Inspector: raw",
            Self::Activity => "Activity",
            Self::Line => "While typing anything",
            Self::Filter => "While typing a filter",
            Self::Search => "While typing a search",
            Self::Copy => "After y: what to copy (a capital letter prints it instead)",
            Self::Pager => "Reading a long value",
            Self::Help => "Reading this help",
            Self::Picker => "Choosing what to compose",
            Self::Composer => "Composer: the draft",
            Self::Completion => "Composer: while something is proposed",
            Self::Preview => "Composer: the preview",
            Self::Proof => "Composer: the proof",
            Self::Confirm => "Before something is sent to production",
            Self::TemplateName => "While naming a template",
        }
    }

    /// Whether this is a pane: there the keys of [`Context::Anywhere`] work too.
    pub fn is_pane(self) -> bool {
        matches!(self, Self::Types | Self::Tree | Self::Findings | Self::Raw | Self::Activity)
    }

    /// Whether a line is typed: there the keys of [`Context::Line`] work too.
    pub fn is_line(self) -> bool {
        matches!(self, Self::Filter | Self::Search | Self::Picker | Self::Confirm | Self::TemplateName)
    }
}

/// One meaning and the keys for it.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// The keys; the first is the one that is shown first.
    pub keys: &'static [Key],
    /// What they mean.
    pub action: Action,
    /// What it does, in a few words.
    pub label: &'static str,
    /// Its word in the footer, when it is shown there.
    pub short: Option<&'static str>,
}

const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false, alt: false, shift: false }
}

const fn char(c: char) -> Key {
    key(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: true, alt: false, shift: false }
}

const fn alt(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: false, alt: true, shift: false }
}

const fn with_ctrl(code: KeyCode) -> Key {
    Key { code, ctrl: true, alt: false, shift: false }
}

const fn with_shift(code: KeyCode) -> Key {
    Key { code, ctrl: false, alt: false, shift: true }
}

const ALT_BACKSPACE: Key = Key { code: KeyCode::Backspace, ctrl: false, alt: true, shift: false };
const UP: &[Key] = &[char('k'), key(KeyCode::Up)];
const DOWN: &[Key] = &[char('j'), key(KeyCode::Down)];
const PAGE_UP: &[Key] = &[key(KeyCode::PageUp), ctrl('b'), ctrl('u')];
const PAGE_DOWN: &[Key] = &[key(KeyCode::PageDown), ctrl('f'), ctrl('d')];
const FIRST: &[Key] = &[char('g'), key(KeyCode::Home)];
const LAST: &[Key] = &[char('G'), key(KeyCode::End)];
const ENTER: &[Key] = &[key(KeyCode::Enter)];
const ESC: &[Key] = &[key(KeyCode::Esc)];
const ESC_OR_INTERRUPT: &[Key] = &[key(KeyCode::Esc), ctrl('c')];
const WRONG: &[Key] = &[char('w')];
const EARLIER: &str = "to the last event that was worse";
const EDIT: &[Key] = &[key(KeyCode::Enter), char('e')];
/// Never into the draft, where the next of them would be typed.
const OTHER_TAB: &[Key] = &[char(']'), char('[')];
const ESC_OR_Q: &[Key] = &[key(KeyCode::Esc), char('q'), ctrl('c')];

const fn bind(context: Context, keys: &'static [Key], action: Action, label: &'static str) -> Binding {
    Binding { context, keys, action, label, short: None }
}

const fn hint(
    context: Context,
    keys: &'static [Key],
    action: Action,
    label: &'static str,
    short: &'static str,
) -> Binding {
    Binding { context, keys, action, label, short: Some(short) }
}

/// Every binding there is, in the order of the help; those with a word for the footer stand there in this order.
pub static BINDINGS: &[Binding] = {
    use Action as A;
    use Context as C;
    use CopyTarget as T;
    use LineEdit as E;
    &[
        hint(
            C::Types,
            &[key(KeyCode::Enter), char('l'), key(KeyCode::Right)],
            A::Inspect,
            "look into the event",
            "inspect",
        ),
        hint(C::Types, WRONG, A::Earlier, EARLIER, "what was wrong"),
        hint(
            C::Types,
            &[char('x'), key(KeyCode::F(8))],
            A::NextFinding,
            "to the first field with a finding",
            "finding",
        ),
        bind(C::Types, &[char(']')], A::NextTab, "next tab of the inspector"),
        bind(C::Types, &[char('[')], A::PreviousTab, "tab before"),
        hint(C::Types, &[char('/')], A::Filter, "filter the types, fuzzily", "filter"),
        hint(C::Types, &[char('s')], A::Sort, "sort by the next column", "sort"),
        bind(C::Types, &[char('S')], A::Reverse, "turn the order round"),
        hint(C::Tree, ENTER, A::Open, "fold or unfold; show the whole of a long value", "open"),
        bind(C::Tree, &[char('l'), key(KeyCode::Right)], A::In, "unfold, or step in"),
        bind(C::Tree, &[char('h'), key(KeyCode::Left)], A::Out, "fold, or step out"),
        bind(C::Tree, &[char('1')], A::Level(1), "unfold one level; 2 to 9 as many"),
        bind(C::Tree, &[char('2')], A::Level(2), ""),
        bind(C::Tree, &[char('3')], A::Level(3), ""),
        bind(C::Tree, &[char('4')], A::Level(4), ""),
        bind(C::Tree, &[char('5')], A::Level(5), ""),
        bind(C::Tree, &[char('6')], A::Level(6), ""),
        bind(C::Tree, &[char('7')], A::Level(7), ""),
        bind(C::Tree, &[char('8')], A::Level(8), ""),
        bind(C::Tree, &[char('9')], A::Level(9), ""),
        bind(C::Tree, &[char('0')], A::Level(0), "fold everything"),
        bind(C::Tree, &[char('*')], A::OpenAll, "unfold everything"),
        hint(C::Tree, &[char('/')], A::Search, "search in keys and values", "search"),
        bind(C::Tree, &[char('n')], A::NextMatch, "next match"),
        bind(C::Tree, &[char('N')], A::PreviousMatch, "match before"),
        bind(C::Tree, &[char('v')], A::View, "show the whole value"),
        hint(C::Tree, &[char('x'), key(KeyCode::F(8))], A::NextFinding, "to the next field with a finding", "finding"),
        bind(C::Tree, &[char('X'), with_shift(KeyCode::F(8))], A::PreviousFinding, "to the one before"),
        hint(C::Tree, WRONG, A::Earlier, EARLIER, "what was wrong"),
        hint(C::Findings, WRONG, A::Earlier, EARLIER, "what was wrong"),
        hint(
            C::Findings,
            &[key(KeyCode::Enter), char('l'), key(KeyCode::Right)],
            A::GoToField,
            "to the field, in the tree",
            "to the field",
        ),
        hint(C::Findings, &[char('v')], A::View, "show all that there is to say of it", "explain"),
        bind(C::Findings, &[key(KeyCode::Left), char('h')], A::Out, "back to the tree"),
        bind(C::Raw, &[key(KeyCode::Left), char('h')], A::Out, "back to the tree"),
        hint(C::Tree, &[char('f')], A::Follow, "go on to the newest event", "follow"),
        hint(C::Findings, &[char('f')], A::Follow, "go on to the newest event", "follow"),
        hint(C::Raw, &[char('f')], A::Follow, "go on to the newest event", "follow"),
        hint(C::Tree, &[char(']')], A::NextTab, "next tab", "tab"),
        bind(C::Tree, &[char('[')], A::PreviousTab, "tab before"),
        hint(C::Findings, &[char(']')], A::NextTab, "next tab", "tab"),
        bind(C::Findings, &[char('[')], A::PreviousTab, "tab before"),
        hint(C::Raw, &[char(']')], A::NextTab, "next tab", "tab"),
        bind(C::Raw, &[char('[')], A::PreviousTab, "tab before"),
        hint(C::Anywhere, &[char('c')], A::Compose, "compose an event, and send it", "compose"),
        hint(C::Types, &[char('y')], A::Copy, "copy: then choose what", "copy"),
        hint(C::Tree, &[char('y')], A::Copy, "copy: then choose what", "copy"),
        hint(C::Findings, &[char('y')], A::Copy, "copy: then choose what", "copy"),
        hint(C::Raw, &[char('y')], A::Copy, "copy: then choose what", "copy"),
        hint(C::Anywhere, &[char(' ')], A::Pause, "hold the screen still; polling goes on", "pause"),
        hint(C::Anywhere, &[char('r')], A::Poll, "poll now", "poll now"),
        hint(C::Types, &[char('e')], A::Resend, "edit the event and send it again", "resend"),
        hint(C::Tree, &[char('e')], A::Resend, "edit the event and send it again", "resend"),
        hint(C::Findings, &[char('e')], A::Resend, "edit the event and send it again", "resend"),
        hint(C::Raw, &[char('e')], A::Resend, "edit the event and send it again", "resend"),
        bind(C::Anywhere, &[char('+'), char('=')], A::Slower, "a longer interval between polls"),
        bind(C::Anywhere, &[char('-')], A::Faster, "a shorter interval between polls"),
        bind(C::Types, UP, A::Up, "up"),
        bind(C::Types, DOWN, A::Down, "down"),
        bind(C::Types, PAGE_UP, A::PageUp, "a page up"),
        bind(C::Types, PAGE_DOWN, A::PageDown, "a page down"),
        bind(C::Types, FIRST, A::First, "to the first"),
        bind(C::Types, LAST, A::Last, "to the last"),
        bind(C::Tree, UP, A::Up, "up"),
        bind(C::Tree, DOWN, A::Down, "down"),
        bind(C::Tree, PAGE_UP, A::PageUp, "a page up"),
        bind(C::Tree, PAGE_DOWN, A::PageDown, "a page down"),
        bind(C::Tree, FIRST, A::First, "to the first"),
        bind(C::Tree, LAST, A::Last, "to the last"),
        bind(C::Findings, UP, A::Up, "up"),
        bind(C::Findings, DOWN, A::Down, "down"),
        bind(C::Findings, PAGE_UP, A::PageUp, "a page up"),
        bind(C::Findings, PAGE_DOWN, A::PageDown, "a page down"),
        bind(C::Findings, FIRST, A::First, "to the first"),
        bind(C::Findings, LAST, A::Last, "to the last"),
        bind(C::Raw, UP, A::Up, "up"),
        bind(C::Raw, DOWN, A::Down, "down"),
        bind(C::Raw, PAGE_UP, A::PageUp, "a page up"),
        bind(C::Raw, PAGE_DOWN, A::PageDown, "a page down"),
        bind(C::Raw, FIRST, A::First, "to the start"),
        bind(C::Raw, LAST, A::Last, "to the end"),
        bind(C::Activity, UP, A::Up, "up"),
        bind(C::Activity, DOWN, A::Down, "down"),
        bind(C::Activity, PAGE_UP, A::PageUp, "a page up"),
        bind(C::Activity, PAGE_DOWN, A::PageDown, "a page down"),
        bind(C::Activity, FIRST, A::First, "to the newest"),
        bind(C::Activity, LAST, A::Last, "to the oldest"),
        bind(C::Anywhere, &[key(KeyCode::Tab)], A::NextPane, "next pane"),
        bind(C::Anywhere, &[with_shift(KeyCode::Tab)], A::PreviousPane, "pane before"),
        bind(C::Anywhere, &[char('z')], A::Zoom, "the pane alone on the screen, and back"),
        bind(C::Anywhere, ESC, A::Back, "back one level"),
        hint(C::Anywhere, &[char('?'), key(KeyCode::F(1))], A::Help, "this help", "help"),
        bind(C::Anywhere, &[ctrl('l')], A::Redraw, "draw the screen anew"),
        bind(C::Anywhere, &[ctrl('z')], A::Suspend, "to the shell; fg comes back"),
        hint(C::Anywhere, &[char('q'), ctrl('c')], A::Quit, "leave", "quit"),
        hint(
            C::Copy,
            &[char('v'), char('y')],
            A::CopyTarget(T::Value),
            "the value, a string without its quotes",
            "value",
        ),
        hint(C::Copy, &[char('k')], A::CopyTarget(T::Key), "the key", "key"),
        hint(C::Copy, &[char('p')], A::CopyTarget(T::Path), "the path: products[0].price", "path"),
        hint(C::Copy, &[char('j')], A::CopyTarget(T::Jq), "the path for jq: .products[0].price", "jq path"),
        hint(C::Copy, &[char('e')], A::CopyTarget(T::Event), "the whole event, as it came", "event"),
        hint(C::Copy, &[char('t')], A::CopyTarget(T::Type), "the event type's name", "type"),
        hint(C::Copy, &[char('f')], A::CopyTarget(T::Finding), "what is wrong there: the finding", "finding"),
        bind(C::Copy, &[char('V')], A::PrintTarget(T::Value), "print the value"),
        bind(C::Copy, &[char('K')], A::PrintTarget(T::Key), "print the key"),
        bind(C::Copy, &[char('P')], A::PrintTarget(T::Path), "print the path"),
        bind(C::Copy, &[char('J')], A::PrintTarget(T::Jq), "print the path for jq"),
        bind(C::Copy, &[char('E')], A::PrintTarget(T::Event), "print the whole event"),
        bind(C::Copy, &[char('T')], A::PrintTarget(T::Type), "print the type's name"),
        bind(C::Copy, &[char('F')], A::PrintTarget(T::Finding), "print the finding"),
        hint(C::Copy, ESC_OR_Q, A::Back, "copy nothing", "cancel"),
        hint(C::Filter, ENTER, A::Accept, "keep the filter", "keep"),
        hint(C::Filter, ESC_OR_INTERRUPT, A::Back, "drop the filter", "drop"),
        bind(C::Filter, &[key(KeyCode::Up)], A::Up, "up in the table"),
        bind(C::Filter, &[key(KeyCode::Down)], A::Down, "down in the table"),
        hint(C::Search, ENTER, A::Accept, "stay at the match", "keep"),
        hint(C::Search, ESC_OR_INTERRUPT, A::Back, "drop the search", "drop"),
        bind(C::Search, &[key(KeyCode::Up)], A::PreviousMatch, "match before"),
        bind(C::Search, &[key(KeyCode::Down)], A::NextMatch, "next match"),
        hint(C::Picker, ENTER, A::Accept, "begin with it", "begin"),
        hint(C::Picker, ESC_OR_INTERRUPT, A::Back, "compose nothing", "close"),
        bind(C::Picker, &[key(KeyCode::Up), ctrl('p')], A::Up, "up"),
        bind(C::Picker, &[key(KeyCode::Down), ctrl('n')], A::Down, "down"),
        bind(C::Picker, &[key(KeyCode::PageUp)], A::PageUp, "a page up"),
        bind(C::Picker, &[key(KeyCode::PageDown)], A::PageDown, "a page down"),
        hint(C::Composer, &[ctrl('s')], A::Send, "send the draft", "send"),
        hint(C::Composer, &[ctrl('f')], A::Fix, "fix what is wrong here, or go to what can be", "fix"),
        hint(C::Composer, &[key(KeyCode::F(8)), alt('n')], A::NextFinding, "to the next finding", "next finding"),
        bind(C::Composer, &[with_shift(KeyCode::F(8)), alt('p')], A::PreviousFinding, "to the finding before"),
        hint(C::Composer, ESC_OR_INTERRUPT, A::Back, "close; the draft stays", "close"),
        hint(C::Composer, &[ctrl('t')], A::NextTab, "next tab: the calls, then the proof", "preview"),
        hint(C::Composer, &[ctrl('n')], A::Complete, "propose what can stand here", "complete"),
        hint(C::Composer, &[ctrl('r')], A::Reformat, "lay the draft out anew", "reformat"),
        hint(C::Composer, &[ctrl('o')], A::OutsideEditor, "into $EDITOR, and back", "$EDITOR"),
        hint(C::Composer, &[ctrl('x')], A::SaveTemplate, "keep the draft as a template", "save"),
        hint(C::Composer, &[ctrl('z')], A::Undo, "take the last change back", "undo"),
        bind(C::Composer, &[ctrl('y')], A::Redo, "make it again"),
        bind(C::Composer, ENTER, A::NewLine, "a new line"),
        bind(C::Composer, &[key(KeyCode::Tab)], A::Indent, "complete a key or a value, else one level in"),
        bind(C::Composer, &[key(KeyCode::Up)], A::Up, "up"),
        bind(C::Composer, &[key(KeyCode::Down)], A::Down, "down"),
        bind(C::Composer, &[key(KeyCode::PageUp)], A::PageUp, "a page up"),
        bind(C::Composer, &[key(KeyCode::PageDown)], A::PageDown, "a page down"),
        bind(C::Composer, &[with_ctrl(KeyCode::Home)], A::First, "to the first line"),
        bind(C::Composer, &[with_ctrl(KeyCode::End)], A::Last, "to the last line"),
        bind(C::Composer, &[key(KeyCode::Left)], A::Edit(E::Left), "left"),
        bind(C::Composer, &[key(KeyCode::Right)], A::Edit(E::Right), "right"),
        bind(C::Composer, &[with_ctrl(KeyCode::Left), alt('b')], A::Edit(E::WordLeft), "a word left"),
        bind(C::Composer, &[with_ctrl(KeyCode::Right), alt('f')], A::Edit(E::WordRight), "a word right"),
        bind(C::Composer, &[key(KeyCode::Home), ctrl('a')], A::Edit(E::Start), "to the start of the line"),
        bind(C::Composer, &[key(KeyCode::End), ctrl('e')], A::Edit(E::End), "to its end"),
        bind(C::Composer, &[key(KeyCode::Backspace), ctrl('h')], A::Edit(E::DeleteLeft), "delete to the left"),
        bind(C::Composer, &[key(KeyCode::Delete), ctrl('d')], A::Edit(E::DeleteRight), "delete to the right"),
        bind(C::Composer, &[ctrl('w'), ALT_BACKSPACE], A::Edit(E::DeleteWordLeft), "delete a word"),
        bind(C::Composer, &[ctrl('u')], A::Edit(E::DeleteToStart), "delete to the start of the line"),
        bind(C::Composer, &[ctrl('k')], A::Edit(E::DeleteToEnd), "delete to its end, or the line's end itself"),
        hint(C::Composer, &[key(KeyCode::F(1))], A::Help, "this help", "help"),
        bind(C::Composer, &[ctrl('l')], A::Redraw, "draw the screen anew"),
        hint(C::Completion, &[key(KeyCode::Enter), key(KeyCode::Tab)], A::Accept, "take it", "take"),
        hint(C::Completion, &[key(KeyCode::Down), ctrl('n')], A::Down, "the next one", "next"),
        bind(C::Completion, &[key(KeyCode::Up), ctrl('p')], A::Up, "the one before"),
        hint(C::Completion, ESC_OR_INTERRUPT, A::Back, "none of them", "none"),
        hint(C::Preview, &[ctrl('s')], A::Send, "send the draft", "send"),
        hint(C::Preview, EDIT, A::EditDraft, "back to the draft", "edit"),
        hint(C::Preview, &[char('y')], A::CopyCommand, "copy the command", "copy"),
        hint(C::Preview, &[char('Y')], A::PrintCommand, "print the command", "print"),
        hint(C::Preview, OTHER_TAB, A::PreviousTab, "to the proof", "tab"),
        bind(C::Preview, &[ctrl('t')], A::NextTab, "next tab: the proof, then the draft"),
        hint(C::Preview, &[char('S')], A::SaveTemplate, "keep the draft as a template", "save"),
        bind(C::Preview, UP, A::Up, "up"),
        bind(C::Preview, DOWN, A::Down, "down"),
        bind(C::Preview, PAGE_UP, A::PageUp, "a page up"),
        bind(C::Preview, PAGE_DOWN, A::PageDown, "a page down"),
        bind(C::Preview, FIRST, A::First, "to the start"),
        bind(C::Preview, LAST, A::Last, "to the end"),
        hint(C::Preview, ESC_OR_Q, A::Back, "close; the draft stays", "close"),
        hint(C::Preview, &[char('?'), key(KeyCode::F(1))], A::Help, "this help", "help"),
        bind(C::Preview, &[ctrl('l')], A::Redraw, "draw the screen anew"),
        hint(C::Proof, &[ctrl('s')], A::Send, "send the draft again", "send again"),
        hint(C::Proof, EDIT, A::EditDraft, "back to the draft", "edit"),
        hint(C::Proof, OTHER_TAB, A::PreviousTab, "to the calls", "tab"),
        bind(C::Proof, &[ctrl('t')], A::NextTab, "next tab: the draft, then the calls"),
        hint(C::Proof, &[char('S')], A::SaveTemplate, "keep the draft as a template", "save"),
        bind(C::Proof, UP, A::Up, "up"),
        bind(C::Proof, DOWN, A::Down, "down"),
        bind(C::Proof, PAGE_UP, A::PageUp, "a page up"),
        bind(C::Proof, PAGE_DOWN, A::PageDown, "a page down"),
        bind(C::Proof, FIRST, A::First, "to the start"),
        bind(C::Proof, LAST, A::Last, "to the end"),
        hint(C::Proof, ESC_OR_Q, A::Back, "close; the draft stays", "close"),
        hint(C::Proof, &[char('?'), key(KeyCode::F(1))], A::Help, "this help", "help"),
        bind(C::Proof, &[ctrl('l')], A::Redraw, "draw the screen anew"),
        hint(C::Confirm, ENTER, A::Accept, "send it", "send"),
        hint(C::Confirm, ESC_OR_INTERRUPT, A::Back, "send nothing", "send nothing"),
        hint(C::TemplateName, ENTER, A::Accept, "keep the draft under this name", "keep"),
        hint(C::TemplateName, ESC_OR_INTERRUPT, A::Back, "keep nothing", "cancel"),
        bind(C::Line, &[key(KeyCode::Left), ctrl('b')], A::Edit(E::Left), "left"),
        bind(C::Line, &[key(KeyCode::Right), ctrl('f')], A::Edit(E::Right), "right"),
        bind(C::Line, &[with_ctrl(KeyCode::Left), alt('b')], A::Edit(E::WordLeft), "a word left"),
        bind(C::Line, &[with_ctrl(KeyCode::Right), alt('f')], A::Edit(E::WordRight), "a word right"),
        bind(C::Line, &[key(KeyCode::Home), ctrl('a')], A::Edit(E::Start), "to the start"),
        bind(C::Line, &[key(KeyCode::End), ctrl('e')], A::Edit(E::End), "to the end"),
        bind(C::Line, &[key(KeyCode::Backspace), ctrl('h')], A::Edit(E::DeleteLeft), "delete to the left"),
        bind(C::Line, &[key(KeyCode::Delete), ctrl('d')], A::Edit(E::DeleteRight), "delete to the right"),
        bind(C::Line, &[ctrl('w'), ALT_BACKSPACE], A::Edit(E::DeleteWordLeft), "delete a word"),
        bind(C::Line, &[ctrl('u')], A::Edit(E::DeleteToStart), "delete to the start"),
        bind(C::Line, &[ctrl('k')], A::Edit(E::DeleteToEnd), "delete to the end"),
        bind(C::Pager, UP, A::Up, "up"),
        hint(C::Pager, DOWN, A::Down, "down", "down"),
        bind(C::Pager, PAGE_UP, A::PageUp, "a page up"),
        bind(C::Pager, &[key(KeyCode::PageDown), ctrl('f'), ctrl('d'), char(' ')], A::PageDown, "a page down"),
        bind(C::Pager, FIRST, A::First, "to the start"),
        bind(C::Pager, LAST, A::Last, "to the end"),
        hint(C::Pager, &[char('y')], A::CopyTarget(T::Value), "copy the value", "copy"),
        bind(C::Pager, &[char('Y')], A::PrintTarget(T::Value), "print the value"),
        hint(
            C::Pager,
            &[key(KeyCode::Esc), char('q'), key(KeyCode::Enter), char('v'), ctrl('c')],
            A::Back,
            "close",
            "close",
        ),
        bind(C::Help, UP, A::Up, "up"),
        hint(C::Help, DOWN, A::Down, "down", "down"),
        bind(C::Help, PAGE_UP, A::PageUp, "a page up"),
        bind(C::Help, &[key(KeyCode::PageDown), ctrl('f'), ctrl('d'), char(' ')], A::PageDown, "a page down"),
        bind(C::Help, FIRST, A::First, "to the start"),
        bind(C::Help, LAST, A::Last, "to the end"),
        hint(
            C::Help,
            &[key(KeyCode::Esc), char('q'), char('?'), key(KeyCode::F(1)), ctrl('c')],
            A::Back,
            "close",
            "close",
        ),
    ]
};

impl Binding {
    /// Whether the binding holds in `context`.
    fn holds(&self, context: Context) -> bool {
        self.context == context
            || self.context == Context::Anywhere && context.is_pane()
            || self.context == Context::Line && context.is_line()
    }
}

/// What `key` means in `context`.
pub fn action(context: Context, key: Key) -> Option<Action> {
    let mut here = BINDINGS.iter().filter(|binding| binding.holds(context));
    let found = here.find(|binding| binding.keys.contains(&key)).map(|binding| binding.action);
    if found.is_none() && context == Context::Completion { action(Context::Composer, key) } else { found }
}

/// The key that is shown first for `action` in `context`.
pub fn key_for(context: Context, action: Action) -> Option<Key> {
    let binding = BINDINGS.iter().find(|binding| binding.holds(context) && binding.action == action)?;
    binding.keys.first().copied()
}

/// The bindings that the footer shows in `context`, in order.
pub fn hints(context: Context) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| binding.short.is_some() && binding.holds(context))
}

/// One line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelpLine {
    /// The heading of a section.
    Title(&'static str),
    /// Keys, and what they do.
    Keys(String, &'static str),
    /// A gap between sections.
    Gap,
}

/// The help: a section a context, a line a binding.
pub fn help() -> Vec<HelpLine> {
    let mut lines = Vec::new();
    for context in Context::ALL {
        if !lines.is_empty() {
            lines.push(HelpLine::Gap);
        }
        lines.push(HelpLine::Title(context.title()));
        let told = BINDINGS.iter().filter(|binding| binding.context == context && !binding.label.is_empty());
        lines.extend(told.map(|binding| {
            let keys: Vec<_> = binding.keys.iter().map(Key::to_string).collect();
            let keys = if binding.action == Action::Level(1) { "1 … 9".into() } else { keys.join("  ") };
            HelpLine::Keys(keys, binding.label)
        }));
    }
    lines
}

/// The key as people write it: `↵`, `^L`, `space`, `q`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("^")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        if self.shift {
            f.write_str("shift-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Backspace => f.write_str("backspace"),
            KeyCode::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Enter => f.write_str("↵"),
            KeyCode::Esc => f.write_str("esc"),
            KeyCode::Tab => f.write_str("tab"),
            KeyCode::Delete => f.write_str("del"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::Home => f.write_str("home"),
            KeyCode::End => f.write_str("end"),
            KeyCode::PageUp => f.write_str("pgup"),
            KeyCode::PageDown => f.write_str("pgdn"),
            KeyCode::F(number) => write!(f, "F{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for context in Context::ALL {
            let mut meanings: HashMap<Key, Action> = HashMap::new();
            for binding in BINDINGS {
                for key in binding.keys.iter().filter(|_| binding.holds(context)) {
                    let other = meanings.insert(*key, binding.action);
                    assert_eq!(other, None, "{key} in {context:?}");
                }
            }
        }
    }

    #[test]
    fn every_context_can_be_left_and_has_a_way_to_be_found() {
        for context in Context::ALL.into_iter().filter(|context| !matches!(context, Context::Anywhere | Context::Line))
        {
            assert!(hints(context).count() >= 1, "{context:?} has no hint");
            let esc = Key { code: KeyCode::Esc, ctrl: false, alt: false, shift: false };
            assert_eq!(action(context, esc), Some(Action::Back), "{context:?}");
        }
    }

    #[test]
    fn the_escape_key_never_quits_and_typing_is_never_taken_for_a_command() {
        let typed = Context::ALL.into_iter().filter(|context| context.is_line());
        for context in typed.chain([Context::Composer, Context::Completion]) {
            for c in (' '..='~').chain(['é', '日']) {
                assert_eq!(action(context, char(c)), None, "{c:?} in {context:?}");
            }
            assert_ne!(action(context, ctrl('c')), Some(Action::Quit), "{context:?}");
        }
    }
}
