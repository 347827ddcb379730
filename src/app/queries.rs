//! What is asked of the whole session: the query that narrows it down, and the search through the events that are held.

use super::Effect;
use super::scan::{Question, Scan, Scanned};
use crate::event::{Sanitized, sanitized};
use crate::query::QueryError;
use crate::session::{Captured, EventNumber, History};

/// So many expressions are kept for the session.
const KEPT: usize = 100;

/// The questions to the session, and the expressions that were typed in it.
#[derive(Debug, Default)]
pub struct Queries {
    /// The number of the last question, by which late answers are told from those that are waited for.
    number: u64,
    earlier: Vec<String>,
    narrowing: Option<Scan>,
    search: Option<Scan>,
    /// Whether a reader waits for the next match in another event, and whether forward.
    pub(super) seeking: Option<bool>,
    /// Whether the types that are left are others than were told last.
    types_changed: bool,
}

impl Queries {
    /// One that asks nothing, whose numbers go on.
    pub(super) fn after(other: &Self) -> Self {
        Self { number: other.number, ..Self::default() }
    }

    /// Asks all anew, with numbers behind those of `other`.
    pub(super) fn ask_again(&mut self, other: &Self) {
        self.number = self.number.max(other.number);
        let mut number = self.number;
        for scan in [&mut self.narrowing, &mut self.search].into_iter().flatten() {
            number += 1;
            scan.begin_again(number);
        }
        (self.number, self.types_changed) = (number, true);
    }

    /// The number of a new question.
    pub(super) fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// The expressions that were typed in this session, the latest last.
    pub(super) fn earlier(&self) -> &[String] {
        &self.earlier
    }

    /// What the view of the session is narrowed by.
    pub fn narrowing(&self) -> Option<&Scan> {
        self.narrowing.as_ref()
    }

    /// The search through the events that are held.
    pub fn search(&self) -> Option<&Scan> {
        self.search.as_ref()
    }

    /// Leaves only the events that a question is true of; all of them without one.
    pub(super) fn narrow(&mut self, question: Option<Question>) -> Vec<Effect> {
        let was_asking = self.narrowing.take().is_some_and(|scan| scan.is_asking());
        self.types_changed = true;
        if let Some(Question::Query(expression)) = &question {
            self.earlier.retain(|earlier| earlier != expression);
            self.earlier.push(expression.clone());
            if self.earlier.len() > KEPT {
                self.earlier.remove(0);
            }
        }
        self.narrowing = question.map(|question| Scan::new(self.next_number(), question));
        if was_asking { vec![Effect::StopScan] } else { Vec::new() }
    }

    /// Searches the events that are held; ends the search when the text is empty.
    pub(super) fn search_for(&mut self, text: &str) {
        let question = Question::Text(text.to_owned());
        if self.search.as_ref().is_some_and(|search| *search.question() == question) {
            return;
        }
        self.seeking = None;
        let number = self.next_number();
        self.search = (!text.is_empty()).then(|| Scan::new(number, question));
    }

    /// Asks the events that were not asked yet.
    pub(super) fn step(&mut self, history: &History) -> impl Iterator<Item = Effect> {
        let scans = [&mut self.narrowing, &mut self.search];
        let steps = scans.map(|scan| scan.as_mut().and_then(|scan| scan.step(history)));
        steps.into_iter().flatten().map(|step| Effect::Scan(Box::new(step)))
    }

    /// Asks the same of a session that was begun anew.
    pub(super) fn restart(&mut self) -> Vec<Effect> {
        let asks = [&self.narrowing, &self.search].into_iter().flatten().any(Scan::is_asking);
        let questions =
            [self.narrowing.take(), self.search.take()].map(|scan| scan.map(|scan| scan.question().clone()));
        let [narrowing, search] = questions.map(|question| Some(Scan::new(self.next_number(), question?)));
        (self.narrowing, self.search, self.seeking) = (narrowing, search, None);
        self.types_changed = true;
        if asks { vec![Effect::StopScan] } else { Vec::new() }
    }

    /// Takes in an answer. An error ends the query, and is told.
    pub(super) fn hear(&mut self, scanned: &Scanned, history: &History) -> Option<Sanitized> {
        let scans = [&mut self.narrowing, &mut self.search];
        let heard =
            scans.into_iter().flatten().find_map(|scan| scan.hear(scanned, history).then(|| scan.question().title()));
        let title = heard?;
        self.types_changed = true;
        let error = scanned.error.as_ref()?;
        self.narrowing = None;
        let shown = title.fit(40);
        Some(match error {
            QueryError::Expression(fault) => sanitized!("{}: {}", shown, Sanitized::of(fault)),
            error => sanitized!("{}: {}", shown, error.reason()),
        })
    }

    /// Forgets events that are no longer held.
    pub(super) fn forget(&mut self, let_go: &[EventNumber]) {
        for scan in [&mut self.narrowing, &mut self.search].into_iter().flatten() {
            scan.forget(let_go);
        }
        self.types_changed |= !let_go.is_empty() && self.narrowing.is_some();
    }

    /// Whether the types that are left may be others than when this was asked last.
    pub(super) fn take_types_changed(&mut self) -> bool {
        std::mem::take(&mut self.types_changed)
    }

    /// Where the search goes on in another event; `None` when it has found none, or none yet.
    pub(super) fn elsewhere(&self, from: &Captured, forward: bool) -> Option<EventNumber> {
        self.search.as_ref()?.next(from, forward).filter(|number| *number != from.number)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at what it did not expect")]
mod tests {
    use super::*;
    use crate::app::fixture::{answer_scans, at, busy, change, evaluated, polled, press, scans, send};
    use crate::app::layer::Layer;
    use crate::app::layer::query::{QueryLine, Said};
    use crate::app::{Message, Model, Outcome};
    use crate::query::{Fault, Values, ValuesEnd};
    use crate::session::ChangeKind;

    fn line(model: &Model) -> &QueryLine {
        match model.layers.last() {
            Some(Layer::Query(line)) => line,
            other => panic!("{other:?}"),
        }
    }

    fn narrowed(model: &Model) -> String {
        model.queries.narrowing().unwrap().line(model.session.history.held(), 80).to_string()
    }

    fn selected(model: &Model) -> &str {
        model.types.selected().unwrap().0.as_str()
    }

    fn order(model: &Model) -> Vec<&str> {
        model.types.rows().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn an_expression_is_evaluated_as_it_is_typed_and_late_answers_are_dropped() {
        let mut model = busy(120, 36);
        press(&mut model, "|", at(20));
        assert!(matches!(line(&model).said(), Said::Hint(_)));
        let first = press(&mut model, ". a", at(20));
        let second = press(&mut model, "b", at(20));
        let one = Values { texts: vec!["1".into()], end: ValuesEnd::Complete };
        evaluated(&mut model, &first, Ok(one.clone()));
        assert_eq!(line(&model).said(), Said::Waiting, "the answer is to what stands there no more");
        assert_eq!(evaluated(&mut model, &second, Ok(one)), ".ab");
        assert_eq!(line(&model).said(), Said::Given("1 value".into(), true));
        let third = press(&mut model, "space |", at(20));
        let fault = Fault { at: 5..5, reason: "expected an expression at the end".into() };
        evaluated(&mut model, &third, Err(QueryError::Expression(fault.clone())));
        assert_eq!(line(&model).said(), Said::Fault(fault));
        press(&mut model, "enter", at(20));
        assert!(model.queries.narrowing().is_none() && !model.layers.is_empty(), "it stays until it is right");

        let fourth = press(&mut model, ".", at(20));
        assert!(matches!(fourth.last(), Some(Effect::Evaluate { .. })));
        let stopped = press(&mut model, "esc", at(20));
        assert_eq!(stopped, [Effect::StopEvaluation]);
        assert_eq!(line(&model).said(), Said::Failed("stopped".into()));
        press(&mut model, "esc", at(20));
        assert!(model.layers.is_empty());
    }

    #[test]
    fn a_query_leaves_the_types_with_events_that_it_is_true_of_and_escape_gives_all_back() {
        let mut model = busy(120, 36);
        press(&mut model, "| . t o t a l", at(20));
        let effects = press(&mut model, "enter", at(20));
        assert!(model.layers.is_empty());
        let asked = answer_scans(&mut model, &effects, "\"total\":30");
        assert_eq!(asked, model.session.history.iter().count(), "every event that is held is asked, once");
        let mut left = order(&model);
        left.sort_unstable();
        assert_eq!(left, ["checkout", "purchase"]);
        assert_eq!(narrowed(&model), "| .total · 3 of 9 events, 2 types · esc shows all");

        // The list of the type has those that are left, and older and newer are among them.
        press(&mut model, "/ p u r enter", at(21));
        let count = |model: &Model| model.inspector.shown().unwrap().held_of_type;
        assert_eq!((selected(&model), count(&model)), ("purchase", 2));
        press(&mut model, "/ ^u enter", at(21));

        // One that comes is asked too, and of a type the newest that is left is on show.
        let before = model.inspector.shown().unwrap().event.number;
        let of_type = model.inspector.shown().unwrap().event.event_type.clone();
        let other = change(of_type.as_str(), ChangeKind::Updated, r#"{"total":31}"#, 50, 1, at(22));
        let effects = send(&mut model, polled(vec![other], at(22)), at(22));
        assert_eq!(answer_scans(&mut model, &effects, "\"total\":30"), 1);
        assert_eq!(model.inspector.shown().unwrap().event.number, before);

        assert_eq!(press(&mut model, "esc", at(23)), []);
        assert_eq!(order(&model).len(), 7);
        assert_ne!(model.inspector.shown().unwrap().event.number, before, "the newest of all again");

        // The line recalls what was typed before.
        press(&mut model, "| x up", at(23));
        assert_eq!(line(&model).input.value(), ".total");
        press(&mut model, "down", at(23));
        assert_eq!(line(&model).input.value(), "x");
    }

    #[test]
    fn what_is_left_is_counted_among_the_events_that_are_still_held() {
        let setup = crate::app::Setup { history_limit: 4_000, ..crate::app::fixture::setup(120, 36) };
        let mut model = Model::new(setup);
        send(&mut model, polled(vec![], at(1)), at(1));
        for second in 2..40 {
            let update = change("view", ChangeKind::Updated, &format!(r#"{{"n":{second}}}"#), 9, 1, at(second));
            let effects = send(&mut model, polled(vec![update], at(second)), at(second));
            answer_scans(&mut model, &effects, "");
            if second == 2 {
                let effects = press(&mut model, "| . n enter", at(second));
                answer_scans(&mut model, &effects, "");
            }
        }
        let held = model.session.history.held();
        assert!(held < 30, "{held}");
        assert_eq!(narrowed(&model), format!("| .n · {held} of {held} events, 1 type · esc shows all"));
    }

    #[test]
    fn older_and_newer_are_events_that_the_query_leaves() {
        let mut model = busy(120, 36);
        for (number, total) in [1, 30, 2, 30, 3].into_iter().enumerate() {
            let second = 30 + number as u64;
            let update = change("checkout", ChangeKind::Updated, &format!(r#"{{"total":{total}}}"#), 9, 1, at(second));
            send(&mut model, polled(vec![update], at(second)), at(second));
        }
        press(&mut model, "/ c h e c k enter", at(40));
        let text = |model: &Model| model.inspector.shown().unwrap().event.payload.text().to_owned();
        assert_eq!(text(&model), r#"{"total":3}"#);
        let effects = press(&mut model, "| . t o t a l enter", at(40));
        answer_scans(&mut model, &effects, "\"total\":30");
        assert_eq!(text(&model), r#"{"total":30}"#, "the newest that is left");
        let mut seen = vec![model.inspector.shown().unwrap().event.number];
        for _ in 0..4 {
            press(&mut model, "<", at(41));
            seen.push(model.inspector.shown().unwrap().event.number);
        }
        seen.dedup();
        assert_eq!(seen.len(), 3);
        assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
        let told = &model.toast.as_ref().unwrap().text;
        assert!(told.contains("no older event"), "{told}");
        press(&mut model, "> >", at(42));
        assert_eq!(Some(model.inspector.shown().unwrap().event.number), seen.first().copied());
    }

    #[test]
    fn a_query_that_is_given_up_or_fails_narrows_nothing() {
        let mut model = busy(120, 36);
        let effects = press(&mut model, "| . a enter", at(20));
        let [step] = scans(&effects)[..] else { panic!("{effects:?}") };
        let late = Scanned { generation: step.generation, found: vec![step.events[0].0], ..Scanned::default() };
        assert_eq!(press(&mut model, "esc", at(20)), [Effect::StopScan]);
        assert!(model.queries.narrowing().is_none());
        send(&mut model, Message::Done(Outcome::Scanned(Box::new(late))), at(20));
        assert_eq!(order(&model).len(), 7, "a late answer is dropped");

        let effects = press(&mut model, "| . b enter", at(20));
        let [step] = scans(&effects)[..] else { panic!("{effects:?}") };
        let error = Some(QueryError::Ended("stopped: it took more than 2 s for one event".into()));
        let failed = Scanned { generation: step.generation, error, ..Scanned::default() };
        send(&mut model, Message::Done(Outcome::Scanned(Box::new(failed))), at(20));
        assert!(model.queries.narrowing().is_none());
        assert_eq!(model.toast.as_ref().unwrap().text, ".b: stopped: it took more than 2 s for one event");
        assert_eq!(order(&model).len(), 7);
    }

    #[test]
    fn an_asterisk_asks_for_the_value_under_the_cursor() {
        let mut model = busy(120, 36);
        press(&mut model, "/ p u r enter enter / o r d e r enter", at(20));
        let effects = press(&mut model, "*", at(20));
        let asked = Question::Query(r#"select(.order_id == "50315")"#.into());
        assert_eq!(*model.queries.narrowing().unwrap().question(), asked);
        assert_eq!(scans(&effects).len(), 1);
        press(&mut model, "g *", at(20));
        let told = &model.toast.as_ref().unwrap().text;
        assert!(told.contains("no object and no array"), "{told}");
    }

    #[test]
    fn a_search_goes_on_in_other_events_of_the_type_and_then_of_others() {
        let mut model = busy(120, 36);
        let at_event = |model: &Model| {
            let shown = model.inspector.shown().unwrap();
            (shown.event.event_type.as_str().to_owned(), shown.event.number)
        };
        press(&mut model, "/ p u r enter enter", at(20));
        let newest = at_event(&model);
        let effects = press(&mut model, "/ 5 0 3 1 4", at(20));
        assert_eq!(at_event(&model), newest, "nothing jumps while it is typed");
        press(&mut model, "enter", at(20));
        assert_eq!(at_event(&model), newest, "the others have not answered yet");
        answer_scans(&mut model, &effects[effects.len() - 1..], "");
        let older = at_event(&model);
        assert_eq!(older.0, "purchase");
        assert!(older.1 < newest.1, "the one that was waited for is open");
        assert_eq!(model.inspector.tree().unwrap().matches(), (Some(1), 1));

        // In other types, and round to where it began.
        let effects = press(&mut model, "esc / s k u", at(20));
        answer_scans(&mut model, &effects[effects.len() - 1..], "");
        press(&mut model, "enter", at(20));
        let mut seen = vec![at_event(&model)];
        for _ in 0..20 {
            press(&mut model, "n", at(20));
            let now = at_event(&model);
            if now != *seen.last().unwrap() {
                seen.push(now);
            }
        }
        let types: Vec<_> = seen.iter().map(|(name, _)| name.as_str()).collect();
        assert!(types.starts_with(&["purchase", "view", "view", "add_to_cart", "purchase", "purchase"]), "{types:?}");
        let forward = at_event(&model);
        press(&mut model, "n N", at(20));
        assert_eq!(at_event(&model), forward);

        let effects = press(&mut model, "esc / z z z", at(20));
        press(&mut model, "enter", at(20));
        assert_eq!(model.toast.as_ref().unwrap().text, "searching the other events");
        answer_scans(&mut model, &effects[effects.len() - 1..], "");
        assert_eq!(model.toast.as_ref().unwrap().text, "no event that is held has it");
    }
}
