//! The layers over the panes: a stack, of which the uppermost has the keys.

pub mod all_findings;
pub mod completion;
pub mod confirm;
pub mod help;
pub mod long_list;
pub mod muted;
pub mod palette;
pub mod picker;
pub mod prompt;
pub mod query;
pub mod requests;
pub mod search_list;

use super::composer::completion::Completion;
use super::composer::confirm::Confirm;
use super::keymap::{self, Action, Binding, CopyTarget, ESC_OR_Q, Keys, bind, char, ctrl, hint, key};
use super::layout::Area;
use super::pager::Pager;
use super::pane::{Answer, Context, Open, Pane, PromptKind, Request};
use super::{KeyCode, Mouse, Size};
use all_findings::AllFindings;
use help::Help;
use muted::Muted;
use palette::Palette;
use picker::Picker;
use prompt::Prompt;
use query::QueryLine;
use requests::RequestList;

/// One of the things that can stand over the panes.
#[derive(Debug)]
pub enum Layer {
    /// The composer, in the inspector's place.
    Composer,
    /// Proposals for the place of the cursor in the draft.
    Completion(Completion),
    /// A line is typed in the footer.
    Prompt(Prompt),
    /// A query is typed, over what it gives.
    Query(Box<QueryLine>),
    /// The reader chooses what to copy.
    Copy(Copy),
    /// A long value is read.
    Pager(Pager),
    /// The help is read.
    Help(Help),
    /// A command is chosen.
    Palette(Palette),
    /// The reader chooses what to compose.
    Picker(Picker),
    /// A muted type is chosen, to bring it back.
    Muted(Muted),
    /// All findings of the session are read.
    AllFindings(AllFindings),
    /// What our own collector was sent is read.
    Requests(RequestList),
    /// Something is sent only if the reader says so.
    Confirm(Box<Confirm>),
}

/// The widest list that covers the panes, in columns.
const WIDEST_LIST: u16 = 140;

/// The choice of what to copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Copy;

pub(super) static COPY: Keys = {
    use Action as A;
    use CopyTarget as T;
    const BINDINGS: &[Binding] = &[
        hint(&[char('v'), char('y')], A::CopyTarget(T::Value), "the value, a string without its quotes", "value"),
        hint(&[char('k')], A::CopyTarget(T::Key), "the key", "key"),
        hint(&[char('p')], A::CopyTarget(T::Path), "the path: products[0].price", "path"),
        hint(&[char('j')], A::CopyTarget(T::Jq), "the path for jq: .products[0].price", "jq"),
        hint(&[char('e')], A::CopyTarget(T::Event), "the event as it came, under its type, time and number", "event"),
        hint(&[char('t')], A::CopyTarget(T::Type), "the event type's name", "type"),
        hint(&[char('f')], A::CopyTarget(T::Finding), "the finding there", "finding"),
        hint(&[char('d')], A::CopyTarget(T::Diff), "what changed, as on the Diff tab", "diff"),
        hint(&[char('r')], A::CopyTarget(T::Report), "a report of the session (Markdown)", "report"),
        hint(
            &[char('x')],
            A::CopyTarget(T::Expectation),
            "an expectation of events like it, for expect -f",
            "expectation",
        ),
        hint(&[char('c')], A::CopyTarget(T::Command), "the command that prints what is shown", "command"),
        bind(&[char('V')], A::PrintTarget(T::Value), "print the value"),
        bind(&[char('K')], A::PrintTarget(T::Key), "print the key"),
        bind(&[char('P')], A::PrintTarget(T::Path), "print the path"),
        bind(&[char('J')], A::PrintTarget(T::Jq), "print the path for jq"),
        bind(&[char('E')], A::PrintTarget(T::Event), "print the whole event"),
        bind(&[char('T')], A::PrintTarget(T::Type), "print the type's name"),
        bind(&[char('F')], A::PrintTarget(T::Finding), "print the finding"),
        bind(&[char('D')], A::PrintTarget(T::Diff), "print what changed"),
        bind(&[char('R')], A::PrintTarget(T::Report), "print the report"),
        bind(&[char('X')], A::PrintTarget(T::Expectation), "print the expectation"),
        bind(&[char('C')], A::PrintTarget(T::Command), "print the command"),
        hint(ESC_OR_Q, A::Back, "copy nothing", "cancel"),
    ];
    Keys::commands("After y: what to copy (a capital letter prints it instead)", BINDINGS, &[])
};

pub(super) static PAGER: Keys = {
    use Action as A;
    const CLOSE: &[super::Key] = &[key(KeyCode::Esc), char('q'), key(KeyCode::Enter), char('v'), ctrl('c')];
    const BINDINGS: &[Binding] = &[
        bind(&[ctrl('f'), char(' ')], A::PageDown, "a page down"),
        hint(&[char('y')], A::CopyTarget(CopyTarget::Value), "copy the value", "copy"),
        bind(&[char('Y')], A::PrintTarget(CopyTarget::Value), "print the value"),
        hint(CLOSE, A::Back, "close", "close"),
    ];
    Keys::commands("Reading a long value", BINDINGS, &[&keymap::LIST])
};

impl Pane for Copy {
    fn keys(&self) -> &'static Keys {
        &COPY
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        let request = match action {
            Action::CopyTarget(target) => Request::Copy { target, print: false },
            Action::PrintTarget(target) => Request::Copy { target, print: true },
            Action::Back => return Some(Answer::request(Request::Close)),
            _ => return None,
        };
        Some(Answer::request(Request::Close).and(request))
    }
}

impl Pane for Pager {
    fn keys(&self) -> &'static Keys {
        &PAGER
    }

    fn fit(&mut self, inner: Area) {
        self.fit_to(inner);
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        if self.turn(action) {
            return Some(Answer::done());
        }
        Some(Answer::request(match action {
            Action::CopyTarget(target) => Request::Copy { target, print: false },
            Action::PrintTarget(target) => Request::Copy { target, print: true },
            Action::Back => Request::Close,
            _ => return None,
        }))
    }

    fn can(&self, action: Action, _context: &Context<'_>) -> bool {
        action != Action::Down || self.view().len() > self.view().visible().len()
    }

    fn scroll(&mut self, rows: isize) {
        self.scroll_by(rows);
    }
}

impl From<Open> for Layer {
    fn from(open: Open) -> Self {
        match open {
            Open::Composer => Self::Composer,
            Open::Completion(completion) => Self::Completion(completion),
            Open::Prompt(kind, input) => Self::Prompt(Prompt::new(kind, input)),
            Open::Copy => Self::Copy(Copy),
            Open::Pager(pager) => Self::Pager(pager),
            Open::Muted(types) => Self::Muted(Muted::new(types)),
            Open::Confirm(confirm) => Self::Confirm(confirm),
        }
    }
}

impl Layer {
    /// The layer as a pane; `None` for the composer, which keeps its state while it is not on screen.
    pub(super) fn pane(&self) -> Option<&dyn Pane> {
        Some(match self {
            Self::Composer => return None,
            Self::Completion(completion) => completion,
            Self::Prompt(prompt) => prompt,
            Self::Query(query) => &**query,
            Self::Copy(copy) => copy,
            Self::Pager(pager) => pager,
            Self::Help(help) => help,
            Self::Palette(palette) => palette,
            Self::Picker(picker) => picker,
            Self::Muted(muted) => muted,
            Self::AllFindings(list) => list,
            Self::Requests(list) => list,
            Self::Confirm(confirm) => &**confirm,
        })
    }

    pub(super) fn pane_mut(&mut self) -> Option<&mut dyn Pane> {
        Some(match self {
            Self::Composer => return None,
            Self::Completion(completion) => completion,
            Self::Prompt(prompt) => prompt,
            Self::Query(query) => &mut **query,
            Self::Copy(copy) => copy,
            Self::Pager(pager) => pager,
            Self::Help(help) => help,
            Self::Palette(palette) => palette,
            Self::Picker(picker) => picker,
            Self::Muted(muted) => muted,
            Self::AllFindings(list) => list,
            Self::Requests(list) => list,
            Self::Confirm(confirm) => &mut **confirm,
        })
    }

    /// Whether the filter is being typed.
    pub(super) fn is_filter(&self) -> bool {
        matches!(self, Self::Prompt(Prompt { kind: PromptKind::Filter, .. }))
    }

    /// Whether a click beside it closes it.
    pub(super) fn closes_on_click(&self) -> bool {
        matches!(
            self,
            Self::Pager(_)
                | Self::Query(_)
                | Self::Help(_)
                | Self::Palette(_)
                | Self::Picker(_)
                | Self::Muted(_)
                | Self::AllFindings(_)
                | Self::Requests(_)
        )
    }

    /// Whether the panes under it take the mouse.
    pub(super) fn lets_mouse_through(&self) -> bool {
        match self {
            Self::Composer | Self::Completion(_) | Self::Copy(_) => true,
            Self::Prompt(prompt) => matches!(prompt.kind, PromptKind::Filter | PromptKind::Search),
            _ => false,
        }
    }

    /// Its area on a screen of `size`, border included: no higher than what is read in it.
    pub fn area(&self, size: Size) -> Area {
        let Size { width, height } = size;
        let margin = match self {
            Self::Confirm(_) => width.saturating_sub(Confirm::WIDTH) / 2,
            // Wider, what stands at its right end would be too far from what it is about.
            Self::AllFindings(_) | Self::Requests(_) => width.saturating_sub(WIDEST_LIST) / 2,
            _ if width >= 100 => width / 12,
            _ => 1,
        };
        let (x, y) = (margin.max(1), 2.min(height / 12));
        let most = height.saturating_sub(2 * y);
        let rows = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
        let wanted = match self {
            Self::Pager(pager) => rows(pager.view().len() + 2),
            Self::Palette(palette) => rows(palette.total() + 4),
            Self::Picker(picker) => rows(picker.cursor().len() + 4),
            Self::Muted(muted) => rows(muted.total() + 4),
            Self::AllFindings(list) => long_list::rows(list.rows().cursor().len(), width.saturating_sub(2 * margin)),
            Self::Requests(list) => long_list::rows(list.rows().cursor().len(), width.saturating_sub(2 * margin)),
            Self::Query(_) => query::ROWS,
            Self::Confirm(confirm) => confirm.rows(),
            _ => u16::MAX,
        };
        let needed = wanted.clamp(5.min(most), most);
        Area { x, y: y + (most - needed) / 2, width: width.saturating_sub(2 * x), height: needed }
    }
}

/// Does what the wheel or a click means in a layer that covers the panes.
pub(super) fn point(layer: &mut Layer, mouse: Mouse, size: Size, rows: isize, context: &Context<'_>) -> Answer {
    let area = layer.area(size);
    let closes = layer.closes_on_click();
    let Some(pane) = layer.pane_mut() else { return Answer::done() };
    if rows != 0 {
        pane.scroll(rows);
        Answer::done()
    } else if !area.holds(mouse) && closes {
        Answer::request(Request::Close)
    } else {
        pane.click(mouse, area.inner(), context)
    }
}
