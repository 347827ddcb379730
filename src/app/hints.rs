//! The keys that the bottom row shows, where each stands there, and what a click on it does.

use super::keymap::{Action, Binding};
use super::layer::Layer;
use super::tape::Tape;
use super::tour::Step;
use super::{Model, Mouse};
use crate::event::{Sanitized, sanitized, text};
use crate::session::Moment;

/// A key and its word in the bottom row.
#[derive(Clone, Debug)]
pub struct Hint {
    /// The binding that it shows.
    pub binding: &'static Binding,
    /// The key, with the blank before it.
    pub key: Sanitized,
    /// The word, with the blanks around it.
    pub word: Sanitized,
    /// The column of the row where it begins.
    pub column: usize,
    /// The step of the tour that it is.
    pub step: Option<Step>,
}

impl Hint {
    /// How wide it is.
    pub fn width(&self) -> usize {
        text::width(&self.key) + text::width(&self.word)
    }
}

/// The words before the keys that choose a copy, where there is much room, some, and little.
const COPY: [&str; 3] = [" copy, or print with a capital:", " copy:", " copy"];

/// From which width of the screen on there is much room.
const WIDE: u16 = 110;

impl Model {
    /// What stands before the keys in the bottom row where something to copy is chosen, and whether the keys stand closely:
    /// nobody knows by heart what can be copied, so where there is little room, all of it is there.
    pub fn lead_of_hints(&self, now: Moment) -> (&'static str, bool) {
        let [long, short, least] = COPY;
        if !matches!(self.layers.last(), Some(Layer::Copy(_))) {
            return (self.tour_hints().first().and_then(|hint| hint.step).map_or("", Step::lead), false);
        }
        let all: usize = self.candidates(now).map(|binding| self.hint(binding, false).width()).sum();
        match text::width(short) + all > self.room_for_hints() {
            _ if self.size.width >= WIDE => (long, text::width(short) + all > self.room_for_hints()),
            true => (least, true),
            false => (short, false),
        }
    }

    /// The keys of the bottom row behind so many columns, as far as there is room beside the answer to what was done.
    pub fn hints_behind(&self, lead: usize, close: bool, now: Moment) -> Vec<Hint> {
        let room = self.room_for_hints();
        let way_out: usize = self
            .keys()
            .hints()
            .filter(|binding| is_way_out(binding.action))
            .map(|binding| self.hint(binding, false).width())
            .sum();
        let mut hints = Vec::new();
        let mut used = lead;
        let tour = self.tour_hints();
        let is_there = |action| tour.iter().any(|hint| hint.binding.action == action);
        let others = self.candidates(now).filter(|binding| !is_there(binding.action));
        for hint in tour.iter().cloned().chain(others.map(|binding| self.hint(binding, close))) {
            let (hint, binding) = (Hint { column: used, ..hint }, hint.binding);
            // Leaving and help are what a lost reader looks for: room is kept for them.
            let kept = if is_way_out(binding.action) || hint.step.is_some() { 0 } else { way_out };
            if hint.key.trim().is_empty() || used + hint.width() + kept > room {
                continue;
            }
            used += hint.width();
            hints.push(hint);
        }
        hints
    }

    /// The action of the hint under the mouse.
    pub(super) fn hint_at(&self, mouse: Mouse, now: Moment) -> Option<Action> {
        let footer = self.layout()?.footer;
        // What is typed there is no hint.
        if !footer.holds(mouse) || matches!(self.layers.last(), Some(Layer::Prompt(_))) {
            return None;
        }
        let (lead, close) = self.lead_of_hints(now);
        let column = usize::from(mouse.column - footer.x);
        let hints = self.hints_behind(text::width(lead), close, now);
        let hint = hints.into_iter().find(|hint| (hint.column..hint.column + hint.width()).contains(&column));
        hint.map(|hint| hint.binding.action)
    }

    /// The step of the tour, where there is room for it, and the way out of the tour.
    fn tour_hints(&self) -> Vec<Hint> {
        let binding = |action| self.keys().all().find(|binding| binding.action == action);
        let Some((step, binding_of_step)) = self.tour().and_then(|step| Some((step, binding(step.action())?))) else {
            return Vec::new();
        };
        let hint = self.hint(binding_of_step, false);
        let hint = Hint { word: sanitized!(" {} ", step.why()), step: Some(step), ..hint };
        if hint.key.trim().is_empty() || text::width(step.lead()) + hint.width() > self.room_for_hints() {
            return Vec::new();
        }
        let out = binding(Action::Back).filter(|_| self.leaves_tour());
        let out = out.map(|back| Hint { word: " no tour ".into(), ..self.hint(back, false) });
        std::iter::once(hint).chain(out).collect()
    }

    /// The answer to what was done as the bottom row has it, beside the keys that were pressed.
    pub fn answer(&self) -> Option<(Sanitized, bool)> {
        let room = self.room_beside_trail().saturating_sub(2);
        self.toast.as_ref().map(|toast| (sanitized!(" {} ", toast.text.fit(room)), toast.bad))
    }

    fn room_beside_trail(&self) -> usize {
        usize::from(self.size.width).saturating_sub(self.trail().iter().map(Sanitized::width).sum())
    }

    fn room_for_hints(&self) -> usize {
        self.room_beside_trail().saturating_sub(self.answer().map_or(0, |(answer, _)| text::width(&answer)))
    }

    /// What would be shown if there were room.
    fn candidates(&self, now: Moment) -> impl Iterator<Item = &'static Binding> {
        // Holding the screen still is told of when it is.
        let is_shown = move |action| action != Action::Pause || self.pause.is_some();
        self.hints().filter(move |binding| self.can(binding.action, now) && is_shown(binding.action))
    }

    fn hint(&self, binding: &'static Binding, close: bool) -> Hint {
        let word = if binding.action == Action::Pause && self.pause.is_some() {
            "go on"
        } else if binding.action == Action::Play && self.tape.as_ref().is_some_and(Tape::is_playing) {
            "hold"
        } else {
            binding.short.unwrap_or_default()
        };
        let word = match close {
            true if binding.action == Action::Back => Sanitized::default(),
            true => sanitized!(" {}", word),
            false => sanitized!(" {} ", word),
        };
        let key = sanitized!(" {}", self.preferences.bindings.first(self.keys(), binding));
        Hint { binding, key, word, column: 0, step: None }
    }
}

fn is_way_out(action: Action) -> bool {
    matches!(action, Action::Help | Action::Quit)
}
