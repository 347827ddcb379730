//! The tour of the demo: from what is wrong to an event that was sent and seen, in five steps of one key each.

use super::Model;
use super::composer::verdict::Verdict;
use super::keymap::Action;
use super::layer::Layer;
use super::pane::PaneId;
use super::shown::Shown;

/// A step of the tour. Which one it is follows from what is on the screen alone, so it goes on however a step was done, and
/// never asks for a key that would do nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To all findings.
    Find,
    /// To the event with the worst of them.
    Look,
    /// Into the composer with it.
    Edit,
    /// Mend it.
    Fix,
    /// Send it, and see it arrive.
    Send,
}

impl Step {
    /// The words before its key.
    pub fn lead(self) -> &'static str {
        match self {
            Self::Find => " tour 1/5 ",
            Self::Look => " tour 2/5 ",
            Self::Edit => " tour 3/5 ",
            Self::Fix => " tour 4/5 ",
            Self::Send => " tour 5/5 ",
        }
    }

    /// What is pressed a key for.
    pub fn action(self) -> Action {
        match self {
            Self::Find => Action::AllFindings,
            Self::Look => Action::Inspect,
            Self::Edit => Action::Resend,
            Self::Fix => Action::Fix,
            Self::Send => Action::Send,
        }
    }

    /// Why, in a few words.
    pub fn why(self) -> &'static str {
        match self {
            Self::Find => "what is wrong, worst first",
            Self::Look => "the event, at the red field",
            Self::Edit => "edit it, to send it again",
            Self::Fix => "fix what is certain",
            Self::Send => "send it, see it arrive",
        }
    }
}

impl Model {
    /// The step of the tour that can be done now, while the tour is on.
    pub fn tour(&self) -> Option<Step> {
        if !self.preferences.tour {
            return None;
        }
        match self.layers.last() {
            None if self.has_focus(PaneId::Inspector) && self.shows_findings() => Some(Step::Edit),
            None => (self.faults.iter().next().is_some()).then_some(Step::Find),
            Some(Layer::AllFindings(_)) => Some(Step::Look),
            Some(Layer::Composer) if self.composer.composition()?.findings.can_be_fixed() => Some(Step::Fix),
            Some(Layer::Composer) => matches!(self.composer.verdict()?, Verdict::Ready(_)).then_some(Step::Send),
            Some(_) => None,
        }
    }

    /// Whether a step back from here leaves the tour.
    pub(super) fn leaves_tour(&self) -> bool {
        let is_outermost = self.layers.is_empty() && self.focus == PaneId::Types && !self.zoomed;
        let is_whole = self.types.query().is_empty() && self.queries.narrowing().is_none();
        self.preferences.tour && is_outermost && is_whole
    }

    fn shows_findings(&self) -> bool {
        self.inspector.shown().and_then(Shown::found).is_some_and(|found| !found.findings().is_empty())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use super::*;
    use crate::app::fixture::{CHECKOUT, act, at, busy, composing, faulty, judge, press, received, ship, taken};
    use crate::app::{Key, key_table};

    fn with_tour(mut model: Model) -> Model {
        model.preferences.tour = true;
        model
    }

    /// The bottom row.
    fn row(model: &Model) -> String {
        let (lead, close) = model.lead_of_hints(at(20));
        let hints = model.hints_behind(crate::event::text::width(lead), close, at(20));
        let shown: Vec<_> = hints.iter().flat_map(|hint| [&*hint.key, &*hint.word]).collect();
        lead.to_owned() + &shown.concat()
    }

    #[test]
    fn each_step_says_the_key_that_leads_to_the_next_one() {
        let mut model = with_tour(faulty(60, 15));
        for (step, keys) in [(Step::Find, "!"), (Step::Look, "enter"), (Step::Edit, "e")] {
            assert_eq!(model.tour(), Some(step));
            let shown = row(&model);
            let expected = format!("{} {} {} ", step.lead(), model.key_for(step.action()), step.why());
            assert!(shown.starts_with(&expected), "{shown:?}");
            let effects = press(&mut model, keys, at(20));
            judge(&mut model, &effects, at(20));
        }
        let mut pressed = 0;
        while model.tour() == Some(Step::Fix) {
            let effects = press(&mut model, "^f", at(20));
            judge(&mut model, &effects, at(20));
            pressed += 1;
            assert!(pressed < 30);
        }
        assert!(pressed > 1);
        assert_eq!(model.tour(), Some(Step::Send));
        press(&mut model, "^s", at(20));
        assert!(model.preferences.tour, "it is not seen yet");
    }

    #[test]
    fn it_is_over_once_an_event_was_seen() {
        let mut model = with_tour(composing(120, 36, CHECKOUT));
        assert_eq!(model.tour(), Some(Step::Send));
        ship(&mut model, CHECKOUT, at(20));
        super::super::update(&mut model, taken(1, 0, 1), at(20));
        assert!(model.preferences.tour);
        super::super::update(&mut model, received(at(21)), at(21));
        assert!(!model.preferences.tour);
        assert!(model.toast.unwrap().text.contains("that was the tour"));
    }

    #[test]
    fn it_is_left_by_the_last_step_back_and_brought_back_by_the_palette() {
        let mut model = with_tour(faulty(120, 36));
        press(&mut model, "/ p u r c h enter", at(20));
        assert!(!row(&model).contains("no tour"));
        press(&mut model, "esc", at(20));
        assert!(model.preferences.tour && row(&model).contains(" esc no tour "), "first the filter goes");
        press(&mut model, "esc", at(20));
        assert!(!model.preferences.tour && !row(&model).contains("tour"));
        act(&mut model, Action::Tour, at(20));
        assert_eq!(model.tour(), Some(Step::Find));
    }

    #[test]
    fn it_is_not_in_the_way() {
        let mut model = with_tour(busy(120, 36));
        assert_eq!(model.tour(), None, "nothing is known to be wrong");
        for keys in ["?", ":", "/", "y", "|", "w"] {
            let mut model = with_tour(faulty(120, 36));
            press(&mut model, keys, at(20));
            assert_eq!(model.tour(), None, "{keys}");
            assert!(!row(&model).contains("tour "), "{keys}");
        }
        press(&mut model, "c", at(20));
        assert_eq!(model.tour(), None);
        let mut small = with_tour(faulty(60, 15));
        super::super::model::toast(&mut small, at(20), "a long answer that needs the whole row to itself");
        assert!(!row(&small).contains("tour"), "{}", row(&small));
    }

    #[test]
    fn it_shows_keys_as_they_are_bound_and_none_that_is_not() {
        let mut model = with_tour(faulty(120, 36));
        let key = |text: &str| text.parse::<Key>().unwrap();
        model.preferences.bindings = key_table::bind([(Action::AllFindings, vec![key("f5")])]).unwrap().into();
        assert!(row(&model).starts_with(" tour 1/5  F5 what is wrong"), "{}", row(&model));
        model.preferences.bindings = key_table::bind([(Action::AllFindings, vec![])]).unwrap().into();
        assert!(!row(&model).contains("tour"), "{}", row(&model));
    }
}
