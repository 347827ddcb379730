//! The keys that were pressed last, for those who look on.

use std::collections::VecDeque;
use std::time::Duration;

use super::bindings::is_typed;
use super::{Bindings, Key};
use crate::event::{Sanitized, sanitized};
use crate::session::Moment;

/// How long a key stands.
const STANDS: Duration = Duration::from_secs(3);

/// So many stand at once.
const MOST: usize = 6;

/// The keys that were pressed last. What is typed into a text is never among them: it may be anything.
#[derive(Debug, Default)]
pub struct KeyTrail {
    pressed: VecDeque<Pressed>,
}

/// A key, and how often it was pressed one time after the other.
#[derive(Debug)]
struct Pressed {
    key: Key,
    times: usize,
    until: Moment,
}

impl KeyTrail {
    /// A key was pressed, where characters are typed or are commands.
    pub(super) fn press(&mut self, key: Key, typing: bool, now: Moment) {
        if typing && is_typed(key) {
            return;
        }
        let until = Moment { elapsed: now.elapsed + STANDS, ..now };
        match self.pressed.back_mut().filter(|last| last.key == key) {
            Some(last) => (last.times, last.until) = (last.times + 1, until),
            None => self.pressed.push_back(Pressed { key, times: 1, until }),
        }
        if self.pressed.len() > MOST {
            self.pressed.pop_front();
        }
    }

    /// Lets those go that have stood for long enough.
    pub(super) fn fade(&mut self, now: Moment) {
        self.pressed.retain(|pressed| !pressed.until.since(now).is_zero());
    }

    /// How long after `now` the next one goes.
    pub(super) fn next_wake(&self, now: Moment) -> Option<Duration> {
        self.pressed.iter().map(|pressed| pressed.until.since(now)).min()
    }

    /// Them as they are shown, the last one at the end, as far as they take no more than so many columns.
    pub fn shown(&self, bindings: &Bindings, columns: usize) -> Vec<Sanitized> {
        let mut left = columns;
        let words = self.pressed.iter().rev().map(|pressed| match pressed.times {
            1 => sanitized!(" {} ", bindings.shown(pressed.key)),
            times => sanitized!(" {} x{} ", bindings.shown(pressed.key), times),
        });
        let fitting = words.map_while(|word| {
            left = left.checked_sub(word.width())?;
            Some(word)
        });
        let mut shown: Vec<_> = fitting.collect();
        shown.reverse();
        shown
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::app::Message;
    use crate::app::fixture::{act, at, at_millis, busy, press, send, type_in};
    use crate::app::keymap::Action;

    fn shown(model: &crate::app::Model) -> String {
        Sanitized::join(model.trail(), "").to_string()
    }

    #[test]
    fn commands_are_shown_and_what_is_typed_is_not() {
        let mut model = busy(120, 36);
        press(&mut model, "j", at(20));
        assert_eq!(shown(&model), "", "nobody asked for it");
        act(&mut model, Action::ShowKeys, at(20));
        press(&mut model, "j j / p w d left enter", at(20));
        assert_eq!(shown(&model), " j x2  /  ←  ↵ ");
        press(&mut model, "c", at(20));
        type_in(&mut model, "empty draft\n", at(20));
        type_in(&mut model, "{\"api_key\": \"s3cr3t\"}", at(20));
        send(&mut model, Message::Paste("s3cr3t".into()), at(20));
        press(&mut model, "^s esc", at(20));
        assert_eq!(shown(&model), " ←  ↵  c  ↵  ^S  esc ", "no more than six");
        act(&mut model, Action::ShowKeys, at(20));
        assert_eq!(shown(&model), "");
    }

    #[test]
    fn each_goes_after_three_seconds_and_wakes_the_screen_for_it() {
        let mut model = busy(120, 36);
        model.preferences.show_keys = true;
        press(&mut model, "j", at(20));
        press(&mut model, "k", at(22));
        assert!(model.next_wake(at(22)).unwrap() <= Duration::from_secs(1));
        send(&mut model, Message::Woke, at_millis(22_999));
        assert_eq!(shown(&model), " j  k ");
        send(&mut model, Message::Woke, at(23));
        assert_eq!(shown(&model), " k ");
        send(&mut model, Message::Woke, at(25));
        assert_eq!(shown(&model), "");
    }

    #[test]
    fn they_stand_beside_the_hints_and_take_a_quarter_of_the_row_at_most() {
        let mut model = busy(60, 15);
        model.preferences.show_keys = true;
        press(&mut model, "z z enter tab esc F1 esc", at(20));
        assert_eq!(shown(&model), " esc  F1  esc ");
        let hints = model.hints_behind(0, false, at(20));
        let end = hints.last().map(|hint| hint.column + hint.width()).unwrap();
        assert!(end + 14 <= 60, "{end}");
    }
}
