use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::tz::TimeZone;

use super::bindings::Bindings;
use super::composer::{self, Composer, Composition};
use super::connection_status::{ConnectionState, ConnectionStatus};
use super::findings::{Baseline, Checked};
use super::key_trail::KeyTrail;
use super::keymap::{self, Action, Binding, Keys, Origin};
use super::layer::Layer;
use super::layout::{Layout, Wanted};
use super::outbox::Outbox;
use super::pane::inspector::Inspector;
use super::pane::stream::{Entry, EntryKind, Stream};
use super::pane::types::{Earlier, TableSettings, Types};
use super::pane::{Context, Pane, PaneId, Tab};
use super::queries::Queries;
use super::recordings::Recordings;
use super::scan::Versions;
use super::tape::{ReplaySettings, Tape};
use super::{Effect, Key, Message, Sending, Size};
use crate::blueshift::safety::Environment;
use crate::event::{Payload, Redaction, Sanitized, TypeName, Unknown, Volatile, sanitized, text};
use crate::session::{Captured, Change, EventNumber, Fault, FaultId, Faults, Moment, Record, Session};

/// How long a short answer stands in the footer.
const TOAST: Duration = Duration::from_secs(4);

/// How long what is wrong from the start stands there; the stream keeps it.
const NOTICE: Duration = Duration::from_secs(12);

/// So many notices are told one by one.
const NOTICES: usize = 12;

/// What the person at the keyboard wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The keys.
    pub bindings: Arc<Bindings>,
    /// Whether the mouse is left to the terminal.
    pub no_mouse: bool,
    /// The profiles that can be switched to.
    pub profiles: Arc<[Sanitized]>,
    /// Whether the tour is shown.
    pub tour: bool,
    /// Whether the keys that are pressed are shown.
    pub show_keys: bool,
}

/// The setup of the application.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The target, for the header: `us · api.getblueshift.com`, `127.0.0.1:8787`.
    pub target: Sanitized,
    /// How often the source polls at first.
    pub interval: Duration,
    /// The time zone in which times of day are shown.
    pub time_zone: TimeZone,
    /// The terminal's size.
    pub size: Size,
    /// When it started.
    pub now: Moment,
    /// The settings of sending.
    pub sending: Sending,
    /// How many bytes of events are held beside the newest of each type.
    pub history_limit: usize,
    /// The table as its reader wants it from the start.
    pub table: TableSettings,
    /// The fields whose changes say nothing of an event.
    pub volatile: Volatile,
    /// Where the session is recorded from the start, if it is.
    pub recording: Option<Sanitized>,
    /// Troubles from the start, a sentence each: a file that could not be used, where, and why.
    pub notices: Vec<Sanitized>,
    /// What makes the masks.
    pub redaction: Arc<Redaction>,
    /// Whether all is masked from the first frame on, and stays so.
    pub is_masked: bool,
    /// Where the collector of this process listens, where that is what is watched: nothing is polled then.
    pub collector: Option<Sanitized>,
    /// Whether what another program writes is watched: nobody can be asked for anything then.
    pub reads: bool,
    /// What the person at the keyboard wants.
    pub preferences: Preferences,
}

/// How it stands with what another program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputState {
    /// More may come.
    Open,
    /// It has come to its end.
    Ended,
}

/// Where typed text goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field {
    /// Nowhere: characters are commands.
    #[default]
    Nowhere,
    /// Into a line, which the Enter key ends.
    Line,
    /// Into a text of many lines.
    Text,
}

/// All that the application knows.
#[derive(Debug)]
pub struct Model {
    /// The target, for the header.
    pub target: Sanitized,
    /// How often the source polls while no probe is waited for.
    pub interval: Duration,
    /// The interval that the source was told last.
    pub(super) told_interval: Duration,
    /// The time zone in which times of day are shown.
    pub time_zone: TimeZone,
    /// The terminal's size.
    pub size: Size,
    /// The pane that the keys go to.
    pub focus: PaneId,
    /// Whether that pane has the screen to itself.
    pub zoomed: bool,
    /// When it started.
    pub(super) started: Moment,
    /// The session, also while the screen is held still.
    pub session: Session,
    /// What is recorded of it.
    pub recordings: Recordings,
    /// The findings of the events that it holds.
    pub checked: Checked,
    /// The fields whose changes say nothing of an event.
    pub volatile: Arc<Volatile>,
    /// How often each fault was found.
    pub faults: Faults,
    /// The fault that was looked at last in the list of all.
    pub(super) fault: Option<FaultId>,
    /// The layers over the panes; the last has the keys.
    pub layers: Vec<Layer>,
    /// The table of event types.
    pub types: Types,
    /// The event under the cursor.
    pub inspector: Inspector,
    /// An account of it.
    pub stream: Stream,
    /// The pane that the event on show was opened from, when that is not the table.
    pub(super) opened_from: Option<PaneId>,
    /// How the connection fares.
    pub connection: ConnectionStatus,
    /// The last answer, when it could not be read.
    pub unknown: Option<Arc<Unknown>>,
    /// The events that came while the screen is held still.
    pub pause: Option<Pause>,
    /// A short answer to what the reader did.
    pub toast: Option<Toast>,
    /// The settings of sending.
    pub sending: Sending,
    /// The batches that were sent, and their outcomes.
    pub outbox: Outbox,
    /// The composer.
    pub composer: Composer,
    /// What is asked of the whole session.
    pub queries: Queries,
    /// The tape that is replayed, where the records come from one.
    pub tape: Option<Tape>,
    /// Where the collector of this process listens, where the records come from one.
    pub collector: Option<Sanitized>,
    /// How it stands with what another program writes, where the records come from that.
    pub input: Option<InputState>,
    /// The time of the program when something happened last.
    pub(super) happened: Moment,
    /// The first number of an event since the session was begun anew.
    pub(super) numbers_from: EventNumber,
    /// The newest events that nobody has linted yet.
    pub(super) unlinted: Vec<Captured>,
    /// The types of the first poll, until all of them were checked.
    pub(super) baseline: Option<Baseline>,
    /// What makes the masks.
    pub(super) redaction: Arc<Redaction>,
    /// What is masked.
    pub(super) masked: Masked,
    /// Whether somebody has asked for the masks, or for none.
    pub(super) is_mask_asked: bool,
    /// What the person at the keyboard wants.
    pub preferences: Preferences,
    /// The commands that were run from the palette, the latest first.
    pub(super) commands_run: Vec<Action>,
    /// The keys that were pressed last, where they are shown.
    pub(super) key_trail: KeyTrail,
}

/// What is masked of all that the model holds.
#[derive(Debug)]
pub(super) enum Masked {
    /// Nothing.
    Nothing,
    /// All of it, for as long as the program runs. An event is held as it came only until it was judged.
    ForGood(Unjudged),
    /// All of it, for as long as somebody wants. The model without masks is held beside, and hears what happens; of a tape
    /// it hears when the masks are off again.
    ForNow(Box<Model>, Unjudged),
}

/// Events as they came, by the hashes that their twins have too.
#[derive(Debug, Default)]
pub(super) struct Unjudged {
    events: IndexMap<u128, Arc<Payload>>,
    bytes: usize,
}

impl Unjudged {
    /// More bytes than this are not held: the oldest is then judged by its twin.
    const MOST: usize = 64 << 20;

    /// Holds an event until it is asked for.
    pub(super) fn hold(&mut self, event: &Arc<Payload>) {
        self.bytes += event.text().len();
        if let Some(before) = self.events.insert(event.hash(), Arc::clone(event)) {
            self.bytes -= before.text().len();
        }
        while self.bytes > Self::MOST
            && let Some((_, oldest)) = self.events.shift_remove_index(0)
        {
            self.bytes -= oldest.text().len();
        }
    }

    /// The event that `twin` is the twin of, while it is held.
    pub(super) fn take(&mut self, twin: &Payload) -> Option<Arc<Payload>> {
        let event = self.events.swap_remove(&twin.hash())?;
        self.bytes -= event.text().len();
        Some(event)
    }
}

/// The events that came while the screen is held still.
#[derive(Debug)]
pub struct Pause {
    /// Since when.
    pub since: Moment,
    /// How many events came, as far as is known.
    pub arrived: u64,
    /// The last event that came before.
    pub(super) after: Option<EventNumber>,
    /// The latest change of each type, with the arrivals of those before it added.
    pub(super) changes: IndexMap<TypeName, Change>,
}

/// A short answer to what the reader did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// The answer.
    pub text: Sanitized,
    /// Until when it stands.
    pub until: Moment,
    /// Whether it is bad news.
    pub bad: bool,
}

/// Answers the reader shortly.
pub(super) fn toast(model: &mut Model, _now: Moment, text: impl Into<Sanitized>) {
    let until = Moment { elapsed: model.happened.elapsed + TOAST, ..model.happened };
    model.toast = Some(Toast { text: text.into(), until, bad: false });
}

/// The same with bad news.
pub(super) fn bad_toast(model: &mut Model, now: Moment, text: impl Into<Sanitized>) {
    toast(model, now, text);
    if let Some(toast) = &mut model.toast {
        toast.bad = true;
    }
}

/// The panes and layers of a model apart, and what each sees besides its own state.
pub(super) struct Parts<'a> {
    pub(super) types: &'a mut Types,
    pub(super) inspector: &'a mut Inspector,
    pub(super) stream: &'a mut Stream,
    pub(super) composer: &'a mut Composer,
    pub(super) layers: &'a mut Vec<Layer>,
    /// Without the event on show, which the inspector has.
    pub(super) context: Context<'a>,
}

/// The panes and layers that can be given a key, a click or the wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputTarget {
    Pane(PaneId),
    Composer,
    /// The uppermost layer.
    Layer,
}

impl Model {
    /// A model that knows nothing yet.
    pub fn new(setup: Setup) -> Self {
        let mut sending = setup.sending;
        if setup.is_masked {
            // They may be of events that were not.
            sending.drafts.clear();
        }
        let composer = Composer::new(std::mem::take(&mut sending.drafts), std::mem::take(&mut sending.templates));
        let mut model = Self {
            target: setup.target,
            interval: setup.interval,
            told_interval: setup.interval,
            time_zone: setup.time_zone,
            size: setup.size,
            focus: PaneId::Types,
            zoomed: false,
            started: setup.now,
            session: Session::new(setup.history_limit),
            recordings: Recordings::new(setup.recording, setup.is_masked),
            checked: Checked::default(),
            volatile: Arc::new(setup.volatile),
            faults: Faults::default(),
            fault: None,
            layers: Vec::new(),
            types: Types::new(setup.table),
            inspector: Inspector::default(),
            stream: Stream::default(),
            opened_from: None,
            connection: ConnectionStatus::new(),
            unknown: None,
            pause: None,
            toast: None,
            outbox: Outbox::new(sending.identifiers.clone()),
            sending,
            composer,
            queries: Queries::default(),
            tape: None,
            collector: setup.collector,
            input: setup.reads.then_some(InputState::Open),
            preferences: setup.preferences,
            commands_run: Vec::new(),
            key_trail: KeyTrail::default(),
            happened: setup.now,
            numbers_from: EventNumber::default(),
            unlinted: Vec::new(),
            baseline: None,
            redaction: setup.redaction,
            masked: if setup.is_masked { Masked::ForGood(Unjudged::default()) } else { Masked::Nothing },
            is_mask_asked: false,
        };
        model.tell(&setup.notices, setup.now);
        model.settle(setup.now);
        model
    }

    /// A model of a tape of which nothing is known yet.
    pub fn replaying(setup: Setup, settings: ReplaySettings) -> Self {
        Self { tape: Some(Tape::new(settings)), ..Self::new(setup) }
    }

    /// The time of the session when it is `now` for the program: in a replay, that on the tape.
    pub fn moment(&self, now: Moment) -> Moment {
        self.tape.as_ref().map_or(now, |tape| tape.moment(now))
    }

    /// Begins the session anew, for another place of its tape. What the reader has chosen stays.
    pub(super) fn restart(&mut self) -> Vec<Effect> {
        self.session = self.session.anew();
        self.numbers_from = self.session.history.next();
        (self.checked, self.faults, self.fault) = (Checked::default(), Faults::default(), None);
        self.types.restart();
        self.inspector.follow();
        self.stream.restart();
        self.unlinted.clear();
        (self.baseline, self.unknown, self.connection.trouble) = (None, None, None);
        let mut effects = self.queries.restart();
        effects.push(Effect::LintAnew);
        effects
    }

    /// The meaning of a key now.
    pub(super) fn action(&self, key: Key) -> Option<Action> {
        let keys = self.keys();
        let bindings = &self.preferences.bindings;
        self.keys_of_origin().and_then(|own| bindings.action(own, key)).or_else(|| bindings.action(keys, key))
    }

    /// The key that is shown first for an action where the keys go now; empty where it has none.
    pub fn key_for(&self, action: Action) -> Sanitized {
        self.preferences.bindings.key_for(self.keys(), action)
    }

    /// The key that is shown first for an action in the pane that has the focus, whatever stands over it; empty where it has
    /// none.
    pub fn key_in_pane(&self, action: Action) -> Sanitized {
        let places = self.origin().keys().into_iter().chain([self.pane_keys()]);
        let mut keys = places.map(|place| self.preferences.bindings.key_for(place, action));
        keys.find(|key| !key.is_empty()).unwrap_or_default()
    }

    /// The same behind the words for what it does: ` (-)`, or nothing.
    pub fn key_behind(&self, action: Action) -> Sanitized {
        let key = self.key_in_pane(action);
        if key.is_empty() { key } else { sanitized!(" ({})", key) }
    }

    /// Those that are about where the records come from, where a key is not about something else.
    fn keys_of_origin(&self) -> Option<&'static Keys> {
        self.origin().keys().filter(|_| self.keys().has(&keymap::ANYWHERE))
    }

    /// Whether something at our own collector waits for that action.
    pub(super) fn waits_for(&self, action: Action) -> bool {
        let waiting = self.session.waiting.as_ref();
        waiting.is_some_and(|waiting| match action {
            Action::StepOn => waiting.held > 0 || waiting.scenario,
            Action::PassOn => waiting.unsent > 0,
            _ => false,
        })
    }

    /// Where the records come from.
    pub(super) fn origin(&self) -> Origin {
        match (&self.tape, &self.collector, self.input) {
            (Some(_), ..) => Origin::Tape,
            (None, Some(_), _) => Origin::Collector,
            (None, None, Some(_)) => Origin::Stream,
            (None, None, None) => Origin::Polls,
        }
    }

    /// The bindings that the footer shows, in order.
    pub fn hints(&self) -> impl Iterator<Item = &'static Binding> {
        let keys = self.keys();
        let of_origin = self.keys_of_origin().map(Keys::hints).into_iter().flatten();
        let origin = self.origin();
        of_origin.chain(keys.hints().filter(move |binding| origin.takes(binding.action)))
    }

    /// Tells what is not as it should be from the start: all of it in the stream, the first in the footer.
    fn tell(&mut self, notices: &[Sanitized], now: Moment) {
        let mut note = |kind, text| self.stream.push(Entry::new(now, kind, text));
        let rest = notices.len().saturating_sub(NOTICES);
        if rest > 0 {
            note(EntryKind::Note, sanitized!("and {} more of the kind", rest));
        }
        for notice in notices.iter().take(NOTICES).rev() {
            note(EntryKind::Trouble, notice.clone());
        }
        self.toast = notices.first().map(|first| {
            let text = match notices.len() - 1 {
                0 => first.clone(),
                more => sanitized!("{} · and {} more", first, more),
            };
            let until = Moment { elapsed: now.elapsed + NOTICE, ..now };
            Toast { text, until, bad: true }
        });
    }

    /// What makes the masks of all that leaves the program, while there are any.
    pub fn redaction(&self) -> Option<&Arc<Redaction>> {
        (!matches!(self.masked, Masked::Nothing)).then_some(&self.redaction)
    }

    /// Where everything stands; `None` when the screen is too small.
    pub fn layout(&self) -> Option<Layout> {
        let composes = self.composing().is_some();
        let focus = if composes { PaneId::Inspector } else { self.focus };
        let reads = composes || focus == PaneId::Inspector && self.tab() == Tab::Findings;
        let wanted = Wanted { focus, alone: self.zoomed, reads };
        Layout::new(self.size, wanted, self.banner_rows(), self.types.holds())
    }

    /// Whether what is sent goes to production. Nothing is sent to a tape.
    pub fn is_production(&self) -> bool {
        self.sending.safety.production && self.tape.is_none()
    }

    /// Whether the profile says that nothing is sent. To a tape nothing is, whatever the profile.
    pub fn is_read_only(&self) -> bool {
        self.sending.safety.read_only.is_some() && self.tape.is_none()
    }

    /// Whether the profile says that staging is at the other end.
    pub fn is_staging(&self) -> bool {
        self.sending.safety.environment == Some(Environment::Staging) && self.tape.is_none()
    }

    /// The composition, when the composer is on screen.
    pub fn composing(&self) -> Option<&Composition> {
        let is_open = self.layers.iter().any(|layer| matches!(layer, Layer::Composer));
        self.composer.composition().filter(|_| is_open)
    }

    /// Whether the keys go to that pane, or would when nothing stood over it.
    pub fn has_focus(&self, pane: PaneId) -> bool {
        self.focus == pane && self.composing().is_none()
    }

    /// The trouble as it stands in the banner: what happened, and what to do.
    pub fn banner(&self) -> Option<Sanitized> {
        if let Some(tape) = &self.tape {
            return tape.trouble.clone();
        }
        let trouble = self.connection.trouble.as_ref()?;
        Some(sanitized!("{} — {}", trouble.problem.what, trouble.problem.advice))
    }

    /// The banner, broken into the lines that it takes on this screen.
    pub fn banner_lines(&self) -> Vec<Sanitized> {
        const MOST: usize = 4;
        let width = usize::from(self.size.width).saturating_sub(4).max(1);
        let mut lines = self.banner().map_or_else(Vec::new, |banner| banner.wrap(width));
        lines.truncate(MOST);
        lines
    }

    fn banner_rows(&self) -> u16 {
        let rows = self.banner_lines().len() + usize::from(self.queries.narrowing().is_some());
        u16::try_from(rows).unwrap_or(1)
    }

    /// The keys that mean something now.
    pub fn keys(&self) -> &'static Keys {
        match self.layers.last() {
            Some(layer) => layer.pane().map_or_else(|| self.composer.keys(), Pane::keys),
            None => self.pane_keys(),
        }
    }

    /// Where typed text goes now.
    pub fn field(&self) -> Field {
        match self.layers.last() {
            _ if !self.keys().typing => Field::Nowhere,
            Some(Layer::Composer | Layer::Completion(_)) => Field::Text,
            _ => Field::Line,
        }
    }

    /// The keys of the pane that has the focus.
    pub(super) fn pane_keys(&self) -> &'static Keys {
        match self.focus {
            PaneId::Types => self.types.keys(),
            PaneId::Inspector => self.inspector.panes().get(self.tab()).keys(),
            PaneId::Stream => self.stream.keys(),
        }
    }

    /// The inspector's tab that is on.
    pub fn tab(&self) -> Tab {
        self.inspector.tab(self.unknown.is_some())
    }

    /// Whether an action would do something now, so that the footer shows only such.
    pub fn can(&self, action: Action, now: Moment) -> bool {
        let context = &self.context(now);
        match self.layers.last() {
            Some(layer) => match layer.pane() {
                Some(_) if matches!(action, Action::StepOn | Action::PassOn) => self.waits_for(action),
                Some(pane) if !matches!(layer, Layer::Copy(_)) => pane.can(action, context),
                Some(_) => self.inspector.can(action, context),
                None => self.composer.can(action, context),
            },
            None => match action {
                Action::StepOn | Action::PassOn => self.tape.is_some() || self.waits_for(action),
                Action::Earlier => self.earlier().is_some(),
                Action::Open | Action::OnlyThis if self.focus == PaneId::Stream => self.stream.can(action, context),
                Action::NextFinding => self.inspector.can(action, context) || self.earlier().is_some(),
                _ if self.focus == PaneId::Types => {
                    self.types.can(action, context) && self.inspector.can(action, context)
                }
                _ => self.inspector.can(action, context),
            },
        }
    }

    /// The events of each type that are in view.
    pub fn versions(&self) -> Versions<'_> {
        Versions { history: &self.session.history, narrowing: self.queries.narrowing() }
    }

    /// The context of the panes.
    pub(super) fn context(&self, now: Moment) -> Context<'_> {
        Context {
            now,
            shown: self.inspector.shown(),
            unknown: self.unknown.as_ref(),
            history: &self.session.history,
            volatile: &self.volatile,
            narrowing: self.queries.narrowing(),
            sending: &self.sending,
            outbox: &self.outbox,
            requests: &self.session.requests,
            faults: &self.faults,
            is_masked: self.redaction().is_some(),
            completing: false,
        }
    }

    /// The panes and layers apart, each of which may change, and the context of them.
    pub(super) fn parts(&mut self, now: Moment) -> Parts<'_> {
        let Self {
            types,
            inspector,
            stream,
            composer,
            layers,
            session,
            volatile,
            unknown,
            sending,
            outbox,
            queries,
            faults,
            masked,
            ..
        } = self;
        let context = Context {
            now,
            shown: None,
            unknown: unknown.as_ref(),
            history: &session.history,
            volatile,
            narrowing: queries.narrowing(),
            sending,
            outbox,
            requests: &session.requests,
            faults,
            is_masked: !matches!(masked, Masked::Nothing),
            completing: false,
        };
        Parts { types, inspector, stream, composer, layers, context }
    }

    /// Gives `work` a pane, and what that sees besides its own state.
    pub(super) fn with<T>(
        &mut self,
        target: InputTarget,
        now: Moment,
        work: impl FnOnce(&mut dyn Pane, &Context<'_>) -> T,
    ) -> Option<T> {
        let Parts { types, inspector, stream, composer, layers, context } = self.parts(now);
        if target == InputTarget::Pane(PaneId::Inspector) {
            return Some(work(inspector, &context));
        }
        let context = Context { shown: inspector.shown(), ..context };
        Some(match target {
            InputTarget::Pane(PaneId::Types) => work(types, &context),
            InputTarget::Pane(_) => work(stream, &context),
            InputTarget::Composer => work(composer, &context),
            InputTarget::Layer => work(layers.last_mut()?.pane_mut()?, &context),
        })
    }

    /// Restores after every message what must hold: the inspector shows what the table's cursor is on, what is seen is
    /// not unseen, and every pane knows its size and shows what there is.
    pub(super) fn settle(&mut self, now: Moment) {
        let Self { types, inspector, checked, queries, session, .. } = self;
        if queries.take_types_changed() {
            let (narrowing, more) = (queries.narrowing(), queries.narrowing().is_some_and(|scan| !scan.is_done()));
            types.narrow(narrowing.map(|scan| scan.types().cloned().collect()), more);
        }
        match types.selected() {
            Some((name, row)) => {
                let left = queries.narrowing().and_then(|scan| session.history.get(scan.newest(name)?));
                if let Some(newest) = left.or(row.newest.as_ref()) {
                    inspector.turn_to(newest);
                    inspector.learn(checked);
                } else if !inspector.shows(name) {
                    inspector.clear();
                }
            }
            None => inspector.clear(),
        }
        let (composing, layout) = (self.composing().is_some(), self.layout());
        self.with(InputTarget::Pane(PaneId::Inspector), now, |pane, context| pane.show(context));
        if composing {
            self.with(InputTarget::Composer, now, |pane, context| pane.show(context));
        }
        for id in PaneId::ALL {
            let Some(area) = layout.and_then(|layout| layout.area(id)) else { continue };
            let target =
                if composing && id == PaneId::Inspector { InputTarget::Composer } else { InputTarget::Pane(id) };
            self.with(target, now, |pane, _| pane.fit(area.inner()));
        }
        self.types.read_values();
        self.stream.arrange(self.queries.narrowing(), self.types.muted());
        if matches!(self.layers.last(), Some(Layer::AllFindings(_) | Layer::Requests(_))) {
            self.with(InputTarget::Layer, now, |pane, context| pane.show(context));
        }
        let errors = self.composer.errors();
        for layer in &mut self.layers {
            if let Layer::Confirm(confirm) = layer {
                confirm.errors = errors;
            }
            // The first time for the width, by which some know how high they are.
            for _ in 0..2 {
                let inner = layer.area(self.size).inner();
                if let Some(pane) = layer.pane_mut() {
                    pane.fit(inner);
                }
            }
        }
        let behind = self.inspector.shown().is_some_and(|shown| shown.newer > 0);
        let on_screen = !composing && layout.is_some_and(|layout| layout.inspector.is_some());
        // While a filter is typed the cursor passes over types that nobody looks at.
        if on_screen && !behind && !self.layers.iter().any(Layer::is_filter) {
            self.types.look();
        }
    }

    /// Forgets events that are no longer held.
    pub(super) fn forget(&mut self, let_go: &[EventNumber]) {
        self.checked.forget(let_go);
        self.queries.forget(let_go);
    }

    /// A type of which polls step over most events, where no history has them.
    pub fn misses_some(&self) -> Option<&TypeName> {
        self.connection.history_trouble.as_ref()?;
        self.session.busy.type_at_every_poll()
    }

    /// The last event of the selected type that had a worse finding than the newest, unless it is on show.
    pub fn earlier(&self) -> Option<Earlier<'_>> {
        let earlier = self.types.selected()?.1.earlier()?;
        let shown = self.inspector.shown()?;
        (shown.event.number != earlier.linted.event.number).then_some(earlier)
    }

    /// How long after `now` a visible text changes by the passing of time alone (an age, a countdown, a sparkline, a
    /// flash that ends); `None` when nothing on screen depends on time.
    pub fn next_wake(&self, now: Moment) -> Option<Duration> {
        let toast = self.toast.as_ref().map(|toast| toast.until.since(now));
        let passing = [toast, self.key_trail.next_wake(now)].into_iter().flatten().filter(|left| !left.is_zero()).min();
        let Some(tape) = &self.tape else { return [passing, self.session_wake(now)].into_iter().flatten().min() };
        // The header has the time on the tape.
        let changes = self.session_wake(tape.moment(now)).unwrap_or(Duration::MAX).min(Duration::from_secs(1));
        [passing, tape.wake_after(changes)].into_iter().flatten().min()
    }

    /// The same of what depends on the time of the session.
    fn session_wake(&self, now: Moment) -> Option<Duration> {
        let types = self.types.next_wake(now, self.pause.is_none());
        let outbox = self.outbox.next_wake(now, self.proof_on_screen());
        let counts = self.connection.counted.map(|counted| {
            let (age, shown_after) = (now.since(counted), self.polling_interval() * 2 + Duration::from_millis(1));
            shown_after.checked_sub(age).filter(|wait| !wait.is_zero()).unwrap_or_else(|| text::until_next_age(age))
        });
        let inspector = self.inspector.next_wake(self.versions(), now);
        let moves = [inspector, counts, self.faults_wake(now), self.connection.next_wake(now)];
        let moves = moves.into_iter().flatten().min().map(|wait| now.until_second(wait));
        [types, outbox, moves].into_iter().flatten().min()
    }

    /// Whether it is enough to show with the next second what a message changes: the time that a poll took which brought
    /// nothing.
    pub fn is_quiet(&self, message: &Message) -> bool {
        let Message::Records(records) = message else { return false };
        let is_live = self.tape.is_none() && self.connection.state() == ConnectionState::Live;
        is_live && records.iter().all(|record| matches!(record, Record::Polled(_) | Record::Counted { .. }))
    }

    /// When the age of a fault on screen changes.
    fn faults_wake(&self, now: Moment) -> Option<Duration> {
        let until = |fault: &Fault| text::until_next_age(now.since(fault.last));
        match self.layers.last() {
            Some(Layer::AllFindings(list)) => {
                list.rows().visible().filter_map(|(id, _)| self.faults.get(id)).map(until).min()
            }
            None if self.tab() == Tab::Findings => {
                let finding = self.inspector.panes().findings.selected()?;
                self.faults.of(&self.inspector.shown()?.event.event_type, finding).map(until)
            }
            _ => None,
        }
    }

    /// How old the counts of the server are, where that is more than two polls.
    pub fn counts_age(&self, now: Moment) -> Option<Duration> {
        let age = now.since(self.connection.counted?);
        (age > self.polling_interval() * 2).then_some(age)
    }

    /// The batch whose proof is on screen.
    fn proof_on_screen(&self) -> Option<u64> {
        let is_shown = self.composing().is_some_and(|composition| composition.tab == composer::ComposerTab::Proof);
        is_shown.then(|| self.composer.proof().batch())
    }

    /// How often the source polls just now: while a probe is waited for, at least as often as that asks.
    pub fn polling_interval(&self) -> Duration {
        if self.outbox.probes().is_waiting() { self.interval.min(self.sending.probe_interval) } else { self.interval }
    }

    /// The keys that were pressed last, as they are shown, where somebody wants to see them.
    pub fn trail(&self) -> Vec<Sanitized> {
        self.key_trail.shown(&self.preferences.bindings, usize::from(self.size.width / 4))
    }

    /// The instant whose rates are on show: now, or when the screen was held still.
    pub fn rates_at(&self, now: Moment) -> Moment {
        self.pause.as_ref().map_or(now, |pause| pause.since)
    }
}
