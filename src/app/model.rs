use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use tui_input::Input;

use super::Sending;
use super::Size;
use super::activity::{Activity, Entry, EntryKind};
use super::composer::picker::Picker;
use super::composer::{self, Composer, Confirm};
use super::connection_status::ConnectionStatus;
use super::findings::{Baseline, List};
use super::inspector::{Inspector, Tab};
use super::keymap::{Action, Context, CopyTarget};
use super::layout::{self, Area, ComposerAreas, Layout, Pane};
use super::outbox::Outbox;
use super::pager::{self, Pager};
use super::types::{Earlier, Types};
use crate::event::{Payload, TypeName, Unknown, text};
use crate::session::{Change, Moment, Session};

/// How long a short answer stands in the footer.
pub(super) const TOAST: Duration = Duration::from_secs(4);

/// How long what is wrong from the start stands there; the activity log keeps it.
const NOTICE: Duration = Duration::from_secs(12);

/// So many notices are told one by one.
const NOTICES: usize = 12;

/// What the application is told when it starts.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What is watched, for the header: `us · api.getblueshift.com`, `127.0.0.1:8787`. Harmless.
    pub target: String,
    /// How often the source polls at first.
    pub interval: Duration,
    /// The time zone in which times of day are shown.
    pub time_zone: TimeZone,
    /// The terminal's size.
    pub size: Size,
    /// When it started.
    pub now: Moment,
    /// What sending needs.
    pub sending: Sending,
    /// How many bytes of events are held beside the newest of each type.
    pub history_limit: usize,
    /// What is not as it should be from the start, a sentence each: a file that could not be used, where, and why. Not
    /// yet harmless.
    pub notices: Vec<String>,
}

/// All that the application knows.
#[derive(Debug)]
pub struct Model {
    /// What is watched, for the header.
    pub target: String,
    /// How often the source polls while no probe is waited for.
    pub interval: Duration,
    /// The interval that the source was told last.
    pub(super) told_interval: Duration,
    /// The time zone in which times of day are shown.
    pub time_zone: TimeZone,
    /// The terminal's size.
    pub size: Size,
    /// The pane that the keys go to.
    pub focus: Pane,
    /// Whether that pane has the screen to itself.
    pub zoomed: bool,
    /// What stands over the panes, or takes their keys.
    pub mode: Mode,
    /// What is known of the session, also while the screen is held still.
    pub session: Session,
    /// The table of event types.
    pub types: Types,
    /// The event under the cursor.
    pub inspector: Inspector,
    /// What happened.
    pub activity: Activity,
    /// How the connection fares.
    pub connection: ConnectionStatus,
    /// The last answer, when it could not be read.
    pub unknown: Option<Arc<Unknown>>,
    /// What came while the screen is held still.
    pub pause: Option<Pause>,
    /// A short answer to what the reader did.
    pub toast: Option<Toast>,
    /// What sending needs.
    pub sending: Sending,
    /// What was sent, and what came of it.
    pub outbox: Outbox,
    /// What is being composed.
    pub composer: Composer,
    /// The newest events that nobody has linted yet.
    pub(super) unlinted: Vec<(TypeName, Arc<Payload>)>,
    /// What the first poll brought, until all of it was looked at.
    pub(super) baseline: Option<Baseline>,
}

/// What stands over the panes, or takes their keys.
#[derive(Debug)]
pub enum Mode {
    /// Nothing: keys go to the pane that has the focus.
    Panes,
    /// A filter is being typed.
    Filter(Input),
    /// A search is being typed.
    Search(Input),
    /// The reader chooses what to copy.
    Copy,
    /// A long value is read.
    Pager(Pager),
    /// The help is read.
    Help {
        /// The first row on screen.
        offset: usize,
    },
    /// The reader chooses what to compose.
    Picker(Picker),
    /// Something is sent only if the reader says so.
    Confirm(Box<Confirm>),
    /// The name of a new template is typed.
    TemplateName(Input),
}

impl Mode {
    /// The line that is being typed.
    pub(super) fn input_mut(&mut self) -> Option<&mut Input> {
        match self {
            Self::Filter(input) | Self::Search(input) | Self::TemplateName(input) => Some(input),
            Self::Picker(picker) => Some(&mut picker.input),
            Self::Confirm(confirm) => confirm.word.as_mut(),
            Self::Panes | Self::Copy | Self::Pager(_) | Self::Help { .. } => None,
        }
    }
}

/// What came while the screen is held still.
#[derive(Debug)]
pub struct Pause {
    /// Since when.
    pub since: Moment,
    /// How many events came, as far as is known.
    pub arrived: u64,
    /// The latest change of each type, with the arrivals of those before it added.
    pub(super) changes: IndexMap<TypeName, Change>,
}

/// A short answer to what the reader did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// The answer. Harmless.
    pub text: String,
    /// Until when it stands.
    pub until: Moment,
    /// Whether it is bad news.
    pub bad: bool,
}

impl Model {
    /// A model that knows nothing yet.
    pub fn new(setup: Setup) -> Self {
        let mut model = Self {
            target: setup.target,
            interval: setup.interval,
            told_interval: setup.interval,
            time_zone: setup.time_zone,
            size: setup.size,
            focus: Pane::Types,
            zoomed: false,
            mode: Mode::Panes,
            session: Session::new(setup.history_limit),
            types: Types::default(),
            inspector: Inspector::default(),
            activity: Activity::default(),
            connection: ConnectionStatus::new(),
            unknown: None,
            pause: None,
            toast: None,
            sending: setup.sending,
            outbox: Outbox::default(),
            composer: Composer::default(),
            unlinted: Vec::new(),
            baseline: None,
        };
        model.tell(&setup.notices, setup.now);
        model
    }

    /// Tells what is not as it should be from the start: all of it in the log, the first in the footer.
    fn tell(&mut self, notices: &[String], now: Moment) {
        let mut note = |kind, text| self.activity.push(Entry { at: now, kind, subject: String::new(), text });
        let rest = notices.len().saturating_sub(NOTICES);
        if rest > 0 {
            note(EntryKind::Note, format!("and {rest} more of the kind"));
        }
        for notice in notices.iter().take(NOTICES).rev() {
            note(EntryKind::Trouble, text::harmless(notice));
        }
        self.toast = notices.first().map(|first| {
            let more = if notices.len() > 1 { format!(" · and {} more", notices.len() - 1) } else { String::new() };
            let until = Moment { elapsed: now.elapsed + NOTICE, ..now };
            Toast { text: text::harmless(first) + &more, until, bad: true }
        });
    }

    /// Where everything stands; `None` when the screen is too small.
    pub fn layout(&self) -> Option<Layout> {
        if self.composer.on_screen().is_some() {
            return Layout::composing(self.size, self.zoomed, self.banner_rows());
        }
        Layout::new(self.size, self.focus, self.zoomed, self.banner_rows())
    }

    /// Where the parts of the composer stand, when it is on screen.
    pub fn composer_areas(&self) -> Option<ComposerAreas> {
        let composition = self.composer.on_screen()?;
        let area = self.layout()?.inspector?;
        let notice = composition.notice(area.inner().width.saturating_sub(1).into()).len();
        let findings = composition.findings.counts().worst().is_some();
        Some(layout::composer(area, notice, findings))
    }

    /// The trouble as it stands in the banner: what happened, and what to do.
    pub fn banner(&self) -> Option<String> {
        let trouble = self.connection.trouble.as_ref()?;
        Some(text::harmless(&format!("{} — {}", trouble.problem.what, trouble.problem.advice)))
    }

    /// The banner, broken into the lines that it takes on this screen.
    pub fn banner_lines(&self) -> Vec<String> {
        const MOST: usize = 4;
        let width = usize::from(self.size.width).saturating_sub(4).max(1);
        let mut lines = self.banner().map_or_else(Vec::new, |banner| pager::wrap(&banner, width));
        lines.truncate(MOST);
        lines
    }

    fn banner_rows(&self) -> u16 {
        u16::try_from(self.banner_lines().len()).unwrap_or(1)
    }

    /// Where keys go now.
    pub fn context(&self) -> Context {
        match &self.mode {
            Mode::Filter(_) => Context::Filter,
            Mode::Search(_) => Context::Search,
            Mode::Copy => Context::Copy,
            Mode::Pager(_) => Context::Pager,
            Mode::Help { .. } => Context::Help,
            Mode::Picker(_) => Context::Picker,
            Mode::Confirm(_) => Context::Confirm,
            Mode::TemplateName(_) => Context::TemplateName,
            Mode::Panes => self.composer.context().unwrap_or_else(|| self.pane_context()),
        }
    }

    fn pane_context(&self) -> Context {
        match self.focus {
            Pane::Types => Context::Types,
            Pane::Activity => Context::Activity,
            Pane::Inspector => match self.tab() {
                Tab::Tree => Context::Tree,
                Tab::Findings => Context::Findings,
                Tab::Raw => Context::Raw,
            },
        }
    }

    /// The inspector's tab that is on.
    pub fn tab(&self) -> Tab {
        self.inspector.tab(self.unknown.is_some())
    }

    /// Whether an action would do something now, so that the footer shows only such.
    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::Down => match &self.mode {
                Mode::Pager(reader) => reader.position().1 > self.overlay_height(),
                _ => true,
            },
            Action::Follow => self.inspector.shown().is_some_and(|shown| shown.held),
            Action::Inspect | Action::Filter | Action::Sort => self.types.counts().1 > 0,
            Action::NextFinding | Action::PreviousFinding => match self.composer.on_screen() {
                Some(composition) => composition.findings.counts().worst().is_some(),
                None => self.inspector.findings().and_then(List::current).is_some_and(|found| found.tally().is_some()),
            },
            Action::Earlier => self.earlier().is_some(),
            Action::GoToField | Action::CopyTarget(CopyTarget::Finding) => self.inspector.finding().is_some(),
            Action::View if self.tab() == Tab::Findings => self.inspector.finding().is_some(),
            Action::Open | Action::Search | Action::Copy | Action::Resend => self.inspector.shown().is_some(),
            Action::Send => self.sending.safety.read_only.is_none(),
            Action::Fix => self.composer.on_screen().is_some_and(|composition| composition.findings.can_be_fixed()),
            _ => true,
        }
    }

    /// The last event of the selected type that had a worse finding than the newest, unless it is on show.
    pub fn earlier(&self) -> Option<Earlier<'_>> {
        let earlier = self.types.selected()?.1.earlier()?;
        let shown = self.inspector.shown()?;
        (!Arc::ptr_eq(&shown.payload, &earlier.linted.payload)).then_some(earlier)
    }

    /// The rows of the type table that can be seen.
    pub(super) fn types_height(&self) -> usize {
        // One row of the pane is the headings.
        Self::inner_height(self.layout().and_then(|layout| layout.types)).saturating_sub(1)
    }

    pub(super) fn inspector_height(&self) -> usize {
        Self::inner_height(self.layout().and_then(|layout| layout.inspector))
    }

    /// The rows of the list of findings that can be seen.
    pub(super) fn findings_height(&self) -> usize {
        let area = self.layout().and_then(|layout| layout.inspector);
        area.map_or(0, |area| layout::findings(area.inner()).0.height.into())
    }

    pub(super) fn activity_height(&self) -> usize {
        Self::inner_height(self.layout().and_then(|layout| layout.activity))
    }

    fn inner_height(area: Option<Area>) -> usize {
        area.map_or(0, |area| area.inner().height.into())
    }

    /// The area of what stands over the panes, border included: no higher than what is read in it.
    pub fn overlay(&self) -> Area {
        let Size { width, height } = self.size;
        let margin = match &self.mode {
            Mode::Confirm(_) => width.saturating_sub(Confirm::WIDTH) / 2,
            _ if width >= 100 => width / 12,
            _ => 1,
        };
        let (x, y) = (margin.max(1), 2.min(height / 6));
        let most = height.saturating_sub(2 * y);
        let wanted = match &self.mode {
            Mode::Pager(reader) => u16::try_from(reader.position().1 + 2).unwrap_or(u16::MAX),
            Mode::Picker(picker) => u16::try_from(picker.position().2 + 4).unwrap_or(u16::MAX),
            Mode::Confirm(confirm) => confirm.height(self.composer.errors()),
            _ => u16::MAX,
        };
        let needed = wanted.clamp(5.min(most), most);
        Area { x, y: y + (most - needed) / 2, width: width.saturating_sub(2 * x), height: needed }
    }

    /// The rows of the picker's list that can be seen.
    pub fn picker_height(&self) -> usize {
        layout::picker_list(self.overlay()).height.into()
    }

    pub(super) fn overlay_height(&self) -> usize {
        self.overlay().inner().height.into()
    }

    /// How long after `now` a visible text changes by the passing of time alone (an age, a countdown, a sparkline, a
    /// flash that ends); `None` when nothing on screen depends on time.
    pub fn next_wake(&self, now: Moment) -> Option<Duration> {
        let toast = self.toast.as_ref().map(|toast| toast.until.since(now)).filter(|left| !left.is_zero());
        let types = self.types.next_wake(self.types_height(), now, self.pause.is_none());
        let outbox = self.outbox.next_wake(now, self.proof_is_shown());
        [toast, types, outbox, self.connection.next_wake(now)].into_iter().flatten().min()
    }

    /// Whether the proof of what was sent last is on screen.
    fn proof_is_shown(&self) -> bool {
        self.composer.on_screen().is_some_and(|composition| composition.tab == composer::Tab::Proof)
    }

    /// How often the source polls just now: while a probe is waited for, at least as often as that asks.
    pub fn polling_interval(&self) -> Duration {
        if self.outbox.probes().is_waiting() { self.interval.min(self.sending.probe_interval) } else { self.interval }
    }

    /// The instant whose rates are on show: now, or when the screen was held still.
    pub fn rates_at(&self, now: Moment) -> Moment {
        self.pause.as_ref().map_or(now, |pause| pause.since)
    }
}
