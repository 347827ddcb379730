//! The inspector: the event under the cursor, looked into.

use std::sync::Arc;
use std::time::Duration;

use super::{Answer, Context, Open, Pane, PaneId, Picked, Request, Tab};
use crate::app::changes::{Compared, Pair};
use crate::app::findings::{Checked, Linted};
use crate::app::keymap::{Action, CopyTarget, Keys};
use crate::app::layout::{self, Area};
use crate::app::pager::{self, Pager};
use crate::app::scan::{Question, Versions};
use crate::app::shown::Shown;
use crate::app::tabs::Tabs;
use crate::app::tree::Tree;
use crate::app::{Effect, Mouse};
use crate::event::{NodeId, NodeKind, Path, Redaction, Sanitized, TypeName, Volatile, sanitized, text};
use crate::lint::Finding;
use crate::query;
use crate::session::{Captured, EventNumber, Moment};

/// The name of the pane while there is no event in it.
pub const UNNAMED: &str = "Event";

/// So much of the event's name is not given up for the tabs, in columns; and this beside it and them in the border.
const NAME: usize = 20;
const BORDER: u16 = 6;

/// A value of no more bytes than this is read at a glance.
const SHORT: usize = 200;

/// The event under the cursor of the table, looked into.
///
/// It goes on to newer events of the type until the reader moves in it; then it holds still and counts them.
#[derive(Debug, Default)]
pub struct Inspector {
    shown: Option<Shown>,
    /// The newest event of the type on show, as the table has it.
    newest: Option<EventNumber>,
    /// The event that others are compared with.
    mark: Option<Captured>,
    tab: Tab,
    tabs: Tabs,
    /// The comparisons that were asked for last.
    asked: Vec<(EventNumber, EventNumber)>,
}

/// In a pane of fewer rows than this, the line about the event is there only when it is one of the past.
const LEAST_FOR_LINE: u16 = 9;

impl Inspector {
    /// Shows the newest event of a type, the one under the table's cursor, unless it holds still on another of the type.
    pub(in crate::app) fn turn_to(&mut self, newest: &Captured) {
        self.newest = Some(newest.number);
        match &mut self.shown {
            Some(shown) if shown.event.event_type == newest.event_type => {
                if !shown.held && shown.event.number != newest.number {
                    shown.replace(newest.clone());
                }
            }
            shown => *shown = Some(Shown::new(newest.clone())),
        }
    }

    /// One with the same tab and the twin of the marked event, that shows nothing yet.
    pub(in crate::app) fn twin(&self, redaction: &Redaction) -> Self {
        let mark = self.mark.as_ref().map(|mark| redaction.captured(mark));
        Self { mark, tab: self.tab, ..Self::default() }
    }

    /// Asks anew for the comparisons that are waited for.
    pub(in crate::app) fn ask_again(&mut self) {
        self.asked.clear();
    }

    /// Shows nothing.
    pub(in crate::app) fn clear(&mut self) {
        (self.shown, self.newest) = (None, None);
    }

    /// Whether the event on show is not the newest of its type.
    pub fn is_past(&self) -> bool {
        self.shown.as_ref().is_some_and(|shown| Some(shown.event.number) != self.newest)
    }

    /// The event that others are compared with.
    pub fn mark(&self) -> Option<&Captured> {
        self.mark.as_ref()
    }

    /// Marks the event on show, or the one under the cursor of the history; takes the mark from the one that has it.
    fn turn_mark(&mut self, context: &Context<'_>) -> Answer {
        let listed = self.tabs.history.selected().filter(|_| self.tab == Tab::History);
        let event = listed.and_then(|number| context.history.get(number));
        let Some(event) = event.or_else(|| self.shown.as_ref().map(|shown| &shown.event)) else {
            return Answer::done();
        };
        if self.mark.as_ref().is_some_and(|mark| mark.number == event.number) {
            self.mark = None;
            return Answer::say("no event is marked any more");
        }
        let event = event.clone();
        let said = match &self.mark {
            Some(before) if before.event_type == event.event_type => "marked, in the place of one before".into(),
            Some(before) => sanitized!("marked, in the place of a {}", before.event_type.shown()),
            None => "marked: go to another event, of any type, and compare".into(),
        };
        self.mark = Some(event);
        Answer::say(said)
    }

    /// Steps to the event of the type before the one on show, or to the one after it.
    fn step(&mut self, older: bool, versions: Versions<'_>) -> Answer {
        let history = versions.history;
        let Some(shown) = &self.shown else { return Answer::done() };
        let event_type = &shown.event.event_type;
        let next = match (shown.place, older) {
            (Some(_), true) => versions.near(&shown.event, true),
            (Some(_), false) if self.is_past() => versions.near(&shown.event, false),
            (Some(_), false) | (None, true) => None,
            // It had to go: the oldest that is held is the next.
            (None, false) => versions.oldest(event_type),
        };
        if let Some(next) = next.cloned() {
            let newer = history.place(next.number).map_or(0, |place| place.of - place.at);
            self.show_event(next, newer as u64);
            return Answer::done();
        }
        let dropped = history.dropped_of(event_type);
        Answer::say(match (older, dropped) {
            (true, _) if versions.narrowing.is_some() => "no older event of the type is left in view".into(),
            (false, _) => "this is the newest event".into(),
            (true, 0) => "this is the first event that was seen of the type".into(),
            (true, dropped) => {
                sanitized!("{} of the type had to go: the history is full", text::counted(dropped, "older event"))
            }
        })
    }

    /// The comparisons that what is on show needs, unless they are asked for already.
    pub(in crate::app) fn questions(&mut self, versions: Versions<'_>, volatile: &Arc<Volatile>) -> Option<Effect> {
        let mut pairs: Vec<_> = self.shown.iter().flat_map(|shown| shown.pairs(volatile)).collect();
        if self.tab == Tab::History {
            pairs.extend(self.tabs.history.unknown(versions, volatile));
        }
        if pairs.is_empty() {
            self.asked.clear();
        }
        if pairs.iter().all(|pair| self.asked.contains(&pair.numbers())) {
            return None;
        }
        self.asked = pairs.iter().map(Pair::numbers).collect();
        Some(Effect::Compare(pairs))
    }

    /// Takes in what changed from one event to another.
    pub(in crate::app) fn compared(&mut self, compared: &Compared) {
        let asked = self.asked.len();
        self.asked.retain(|pair| *pair != compared.pair);
        if self.asked.len() < asked {
            self.tabs.history.learn(compared);
            if let Some(shown) = &mut self.shown {
                shown.compared(compared);
            }
        }
    }

    /// How long after `now` a text in it changes by the passing of time.
    pub(in crate::app) fn next_wake(&self, versions: Versions<'_>, now: Moment) -> Option<Duration> {
        if self.tab == Tab::History { self.tabs.history.next_wake(versions, now) } else { None }
    }

    /// Cuts what is inside its border into the line about the event on show, and the tab under it.
    pub fn areas(&self, inner: Area) -> (Area, Area) {
        let is_there = self.shown.is_some() && (inner.height >= LEAST_FOR_LINE || self.is_past());
        let line = u16::from(is_there).min(inner.height);
        (Area { height: line, ..inner }, Area { y: inner.y + line, height: inner.height - line, ..inner })
    }

    /// Takes in that newer events of a type came; `newest` is the last of them, and `came` how many there were.
    pub(in crate::app) fn newer(&mut self, newest: &Captured, came: u64) {
        let of_type = |shown: &&mut Shown| shown.event.event_type == newest.event_type;
        let Some(shown) = self.shown.as_mut().filter(of_type) else { return };
        if shown.held && shown.event.number != newest.number {
            shown.newer += came.max(1);
        }
    }

    /// Shows an earlier event of the type on show, and holds still on it, at its worst finding; `since` are how many came
    /// after it.
    pub(in crate::app) fn show_earlier(&mut self, earlier: &Linted, since: u64, context: &Context<'_>) {
        let of_type = |shown: &&mut Shown| shown.event.event_type == earlier.event.event_type;
        let Some(shown) = self.shown.as_mut().filter(of_type) else { return };
        shown.replace(earlier.event.clone());
        shown.learn(&earlier.found);
        shown.newer = since;
        shown.held = true;
        if let Some(worst) = earlier.found.findings().first().filter(|_| matches!(self.tab, Tab::Tree | Tab::Diff)) {
            self.reveal(&worst.path, context);
        }
    }

    /// Shows an event, and holds still on it when there are newer ones of its type; `newer` are how many.
    pub(in crate::app) fn show_event(&mut self, event: Captured, newer: u64) {
        match &mut self.shown {
            Some(shown) if shown.event.event_type == event.event_type => shown.replace(event),
            shown => *shown = Some(Shown::new(event)),
        }
        if let Some(shown) = &mut self.shown {
            let is_newest = self.newest == Some(shown.event.number);
            (shown.held, shown.newer) = (newer > 0 && !is_newest, newer);
        }
    }

    /// Takes in the findings of the event on show, once they are known.
    pub(in crate::app) fn learn(&mut self, checked: &Checked) {
        if let Some(shown) = self.shown.as_mut().filter(|shown| shown.found().is_none())
            && let Some(found) = checked.get(shown.event.number)
        {
            shown.learn(found);
        }
    }

    /// Whether it shows an event of that type.
    pub(in crate::app) fn shows(&self, event_type: &TypeName) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.event.event_type == *event_type)
    }

    /// Holds still, because the reader has moved.
    pub(in crate::app) fn hold(&mut self) {
        if let Some(shown) = &mut self.shown {
            shown.held = true;
        }
    }

    /// Goes on to the newest event, and with the newer ones from then on.
    pub(in crate::app) fn follow(&mut self) {
        if let Some(shown) = &mut self.shown {
            (shown.held, shown.newer) = (false, 0);
        }
    }

    /// Shows what was found at a place of the event on show, in the list of findings, and holds still: who goes to a finding
    /// means the event that has it.
    pub(in crate::app) fn show_finding(&mut self, path: &Path, context: &Context<'_>) {
        let context = &Context { shown: self.shown.as_ref(), ..*context };
        let found = self.shown.as_ref().and_then(Shown::found);
        let finding = found.and_then(|found| found.findings().iter().find(|finding| finding.path == *path));
        self.tab = Tab::Findings;
        if let Some(finding) = finding {
            self.tabs.findings.show(context);
            self.tabs.findings.select(finding);
        }
        self.hold();
    }

    /// Goes to another tab.
    pub(in crate::app) fn select_tab(&mut self, tab: Tab) {
        self.tab = tab;
    }

    /// Goes to the tab `steps` further to the right, and round at the end. From a field with a finding the list of findings
    /// begins at that one; from the event itself, where the cursor is at first, at the worst.
    fn turn_tabs(&mut self, steps: usize, context: &Context<'_>) {
        let context = &Context { shown: self.shown.as_ref(), ..*context };
        let in_tree = self.tabs.tree.picked(context).filter(|picked| !picked.path.0.is_empty());
        let at_field = in_tree.and_then(|picked| picked.finding).filter(|_| self.tab != Tab::Findings).cloned();
        let at = Tab::ALL.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        self.tab = Tab::ALL.iter().cycle().nth(at + steps).copied().unwrap_or_default();
        if let Some(finding) = at_field.filter(|_| self.tab == Tab::Findings) {
            self.tabs.findings.show(context);
            self.tabs.findings.select(&finding);
        }
    }

    /// Shows the field at `path` in the tree, or the container that it would be in.
    pub(in crate::app) fn reveal(&mut self, path: &Path, context: &Context<'_>) {
        self.hold();
        self.tab = Tab::Tree;
        let context = Context { shown: self.shown.as_ref(), ..*context };
        self.tabs.tree.show(&context);
        self.tabs.tree.reveal(path);
    }

    /// Shows the first match of a search in the event on show, or the last.
    pub(in crate::app) fn show_match(&mut self, query: &str, forward: bool, context: &Context<'_>) {
        self.hold();
        self.tab = Tab::Tree;
        let context = Context { shown: self.shown.as_ref(), ..*context };
        self.tabs.tree.show(&context);
        if let Some(tree) = self.tabs.tree.tree_mut() {
            tree.search_for(query);
            tree.cursor_mut().put(0);
            tree.go_to_match(forward);
        }
    }

    /// Goes on to the next match in the event, or to the one before, and round at the ends.
    pub(in crate::app) fn go_to_match(&mut self, forward: bool) {
        if let Some(tree) = self.tabs.tree.tree_mut() {
            tree.go_to_match(forward);
        }
    }

    /// Searches the event.
    pub(in crate::app) fn search(&mut self, query: &str) {
        if let Some(tree) = self.tabs.tree.tree_mut() {
            tree.search_for(query);
            if !query.is_empty() {
                tree.go_to_match_from_here();
            }
        }
        if !query.is_empty() {
            self.hold();
        }
    }

    /// The tabs in a pane of that area from left to right, each with its label and where it stands: its name, and how many
    /// things it has to show. Where that leaves no room for the name of the event they are shorter.
    pub fn tabs(&self, area: Area) -> Vec<(Tab, Sanitized, Area)> {
        let name =
            self.shown.as_ref().map_or(UNNAMED.len(), |shown| text::width(&shown.event.event_type.shown()).min(NAME));
        let labels = |narrow, counted| {
            Tab::ALL.map(|tab| match self.shown.as_ref().map_or(0, |shown| self.tabs.get(tab).count(shown)) {
                count if count > 0 && counted => {
                    (tab, sanitized!("{} {}", tab.label(narrow), text::short_count(count as u64)))
                }
                _ => (tab, tab.label(narrow).into()),
            })
        };
        let forms = [(false, true, false), (true, true, false), (true, false, false), (true, false, true)];
        let mut placed = Vec::new();
        for (narrow, counted, closely) in forms {
            let labels = labels(narrow, counted);
            let areas = layout::tabs(area, labels.clone(), closely);
            let taken = areas.first().map_or(0, |(_, first)| (area.x + area.width).saturating_sub(first.x + 2));
            placed = labels.into_iter().zip(areas).map(|((tab, label), (_, place))| (tab, label, place)).collect();
            if usize::from(area.width.saturating_sub(taken + BORDER)) >= name {
                break;
            }
        }
        placed
    }

    /// The event on show.
    pub fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref()
    }

    /// The panes of the tabs.
    pub fn panes(&self) -> &Tabs {
        &self.tabs
    }

    /// The tree on show.
    pub fn tree(&self) -> Option<&Tree> {
        self.tabs.tree.tree()
    }

    /// The tab that is on. With nothing to show but an answer that could not be read, that is the raw one.
    pub fn tab(&self, unknown: bool) -> Tab {
        if self.shown.is_none() && unknown { Tab::Raw } else { self.tab }
    }

    fn tab_in(&self, context: &Context<'_>) -> Tab {
        self.tab(context.unknown.is_some())
    }

    /// Moves the tree's cursor to the next field with a finding, or to the one before; where nothing was found, to the last
    /// event that was worse.
    fn go_to_finding(&mut self, forward: bool, context: &Context<'_>) -> Answer {
        let Some(found) = self.shown.as_ref().and_then(Shown::found).cloned() else {
            return Answer::say("not checked yet");
        };
        let at = self.tree().and_then(Tree::selected).map_or(NodeId::ROOT, |row| row.spot.node);
        let Some(node) = found.next(at, forward) else {
            return Answer::request(Request::Act(Action::Earlier));
        };
        let path = self.shown.as_ref().and_then(|shown| shown.document.as_ref().ok()).map(|it| it.path(node));
        if let Some(path) = path {
            self.reveal(&path, context);
        }
        Answer::request(Request::Focus(PaneId::Inspector))
    }

    /// Leaves only the events with the value under the cursor.
    fn only_this(&self, context: &Context<'_>) -> Answer {
        let expression = self.picked(context).and_then(|picked| {
            let document = self.shown.as_ref()?.document.as_ref().ok()?;
            query::with_value(&picked.path, document.text(document.find(&picked.path)?))
        });
        match expression {
            Some(expression) => Answer::request(Request::Narrow(Some(Question::Query(expression)))),
            None => Answer::warn("put the cursor on a field whose value is no object and no array"),
        }
    }

    /// The finding under the cursor: of the list, or of the tree's row.
    pub(in crate::app) fn finding<'a>(&'a self, context: &Context<'a>) -> Option<&'a Finding> {
        self.picked(context)?.finding
    }

    /// The value under the cursor as a text to read: a string as it is, a container indented, a finding in words. Beside a value
    /// stands the worst of its findings: below a short one, and above one that it would be far below.
    fn readable(&self, context: &Context<'_>) -> Option<(Sanitized, String)> {
        let shown = self.shown.as_ref()?;
        let picked = self.picked(context)?;
        if self.tab_in(context) == Tab::Findings {
            return picked.finding.map(|finding| (finding.rule.id.into(), finding.description().into()));
        }
        let document = shown.document.as_ref().ok()?;
        let node = document.find(&picked.path)?;
        let name = if picked.path.0.is_empty() { shown.event.event_type.shown() } else { Sanitized::of(&picked.path) };
        let source = match document.get(node)?.kind {
            NodeKind::Object | NodeKind::Array => document.indented(node, pager::SHOWN_BYTES),
            _ => document.plain(node).into_owned(),
        };
        let text = match picked.finding.map(Finding::description) {
            None => source,
            Some(wrong) if source.len() > SHORT => format!("{wrong}\n\n{source}"),
            Some(wrong) => format!("{source}\n\n{wrong}"),
        };
        Some((name, text))
    }
}

impl Pane for Inspector {
    fn keys(&self) -> &'static Keys {
        self.tabs.get(self.tab).keys()
    }

    fn show(&mut self, context: &Context<'_>) {
        if let Some(shown) = &mut self.shown {
            shown.place(context.versions());
            shown.compare(context.history, self.mark.as_ref(), context.volatile);
        }
        let tab = self.tab_in(context);
        let context = Context { shown: self.shown.as_ref(), ..*context };
        self.tabs.get_mut(tab).show(&context);
    }

    fn fit(&mut self, inner: Area) {
        let (_, inner) = self.areas(inner);
        for tab in Tab::ALL {
            self.tabs.get_mut(tab).fit(inner);
        }
    }

    fn act(&mut self, action: Action, context: &Context<'_>) -> Option<Answer> {
        match action {
            Action::Follow => self.follow(),
            Action::Mark => return Some(self.turn_mark(context)),
            Action::Older | Action::Newer => return Some(self.step(action == Action::Older, context.versions())),
            Action::Diff => {
                self.tab = if self.tab == Tab::Diff { Tab::Tree } else { Tab::Diff };
                return Some(Answer::request(Request::Focus(PaneId::Inspector)));
            }
            Action::Search if self.shown.is_some() && self.tab_in(context) != Tab::Tree => {
                let Self { tabs, shown, .. } = self;
                let context = Context { shown: shown.as_ref(), ..*context };
                let mut search = tabs.get_mut(Tab::Tree).act(action, &context)?;
                search.requests.insert(0, Request::Tab(Tab::Tree));
                return Some(search);
            }
            Action::NextTab => self.turn_tabs(1, context),
            Action::PreviousTab => self.turn_tabs(Tab::ALL.len() - 1, context),
            Action::NextFinding => return Some(self.go_to_finding(true, context)),
            Action::PreviousFinding => return Some(self.go_to_finding(false, context)),
            Action::OnlyThis => return Some(self.only_this(context)),
            Action::Copy if self.shown.is_some() => return Some(Answer::request(Request::Open(Open::Copy))),
            Action::View => {
                let (title, source) = self.readable(context)?;
                self.hold();
                return Some(Answer::request(Request::Open(Open::Pager(Pager::new(title, &source)))));
            }
            _ => {
                let tab = self.tab_in(context);
                let context = Context { shown: self.shown.as_ref(), ..*context };
                let answer = self.tabs.get_mut(tab).act(action, &context)?;
                if answer.requests.is_empty() {
                    self.hold();
                }
                return Some(answer);
            }
        }
        Some(Answer::done())
    }

    fn can(&self, action: Action, context: &Context<'_>) -> bool {
        let context = &Context { shown: self.shown.as_ref(), ..*context };
        match action {
            Action::Follow => self.shown.as_ref().is_some_and(|shown| shown.held),
            Action::NextFinding | Action::PreviousFinding => {
                self.shown.as_ref().and_then(Shown::found).is_some_and(|found| found.tally().is_some())
            }
            Action::Copy | Action::Resend => self.shown.is_some(),
            Action::Diff => self.shown.as_ref().is_some_and(|shown| shown.comparison().other().is_some()),
            Action::CopyTarget(CopyTarget::Finding) => self.finding(context).is_some(),
            _ => self.tabs.get(self.tab_in(context)).can(action, context),
        }
    }

    fn click(&mut self, mouse: Mouse, inner: Area, context: &Context<'_>) -> Answer {
        let border = inner.outer();
        if mouse.row == border.y {
            if let Some((tab, ..)) = self.tabs(border).into_iter().find(|(_, _, area)| area.holds(mouse)) {
                self.select_tab(tab);
            }
            return Answer::done();
        }
        let (line, inner) = self.areas(inner);
        if line.holds(mouse) && self.is_past() {
            self.follow();
        }
        if !inner.holds(mouse) {
            return Answer::done();
        }
        self.hold();
        let tab = self.tab_in(context);
        let context = Context { shown: self.shown.as_ref(), ..*context };
        self.tabs.get_mut(tab).click(mouse, inner, &context)
    }

    fn scroll(&mut self, rows: isize) {
        self.hold();
        self.tabs.get_mut(self.tab).scroll(rows);
    }

    fn picked<'a>(&'a self, context: &Context<'a>) -> Option<Picked<'a>> {
        let context = Context { shown: self.shown.as_ref(), ..*context };
        self.tabs.get(self.tab_in(&context)).picked(&context)
    }
}
