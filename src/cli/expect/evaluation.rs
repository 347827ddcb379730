//! The conditions of expectations, evaluated in the child that evaluates jq and by the linter.

use std::collections::HashMap;
use std::sync::Arc;

use crate::cli::expect::ExpectError;
use crate::event::{Document, Payload, Redaction, Sanitized, sanitized};
use crate::expect::{Arrivals, Arrived, Condition, Expectation, Found, Judge, Mark, Outcome};
use crate::jq::{Client, Limits, WRITE_FIELD, itself};
use crate::lint::{Finding, LintContext, Severity, Stage};
use crate::plan::{Linter, is_of_plan};
use crate::query::{self, QueryError, Verdict};

/// After so many events for which an expression was stopped, it is not evaluated any more.
const MOST_STOPS: u32 = 3;
/// How many findings of one event are told.
const MOST_FINDINGS: usize = 3;
/// How many dots are put into one expression to see whether fields were meant.
const MOST_DOTS: usize = 16;

/// Evaluates conditions.
pub(super) struct Evaluation {
    client: Client,
    linter: Linter,
    /// What is told is of the twins of events, where there is one.
    redaction: Option<Arc<Redaction>>,
    /// Why an expression is not evaluated any more, and how often it was stopped.
    stops: HashMap<String, (u32, Sanitized)>,
}

impl Evaluation {
    pub(super) fn new(linter: Linter, redaction: Option<Arc<Redaction>>) -> Self {
        Self { client: Client::new(itself(), Limits::default()), linter, redaction, stops: HashMap::new() }
    }

    /// Refuses an expression that cannot be used, with the place and what may be meant.
    pub(super) async fn check(&mut self, place: &Sanitized, expression: &str) -> Result<(), ExpectError> {
        let refused = |reason| ExpectError::Condition { place: place.clone(), reason };
        match self.client.test(expression, [], |_| {}).await {
            Ok(()) => match query::assigns(expression) {
                None => Ok(()),
                Some(query::Assigns { at, meant }) => {
                    let meant = meant.map(|meant| did_you_mean(&meant)).unwrap_or_default();
                    Err(refused(sanitized!(
                        "column {}: this sets a value, and is true of every event{}",
                        at.start + 1,
                        meant
                    )))
                }
            },
            Err(QueryError::Expression(fault)) => {
                let meant = self.dotted(expression, &fault).await;
                let meant = meant.map(|meant| did_you_mean(&meant)).unwrap_or_default();
                Err(refused(sanitized!("{}{}", Sanitized::of(&fault), meant)))
            }
            Err(error) => Err(refused(error.reason().clone())),
        }
    }

    /// The conditions that an expression is made of, each of which can be evaluated by itself.
    pub(super) async fn parts(&mut self, expression: &str) -> Vec<String> {
        let parts = query::conditions(expression);
        for part in &parts {
            if self.client.test(part, [], |_| {}).await.is_err() {
                return vec![expression.to_owned()];
            }
        }
        parts
    }

    /// The same on another runtime.
    pub(super) fn renewed(self) -> Self {
        Self { client: Client::new(itself(), Limits::default()), ..self }
    }

    /// The expression with dots before the words that are no functions, where it can be evaluated so.
    async fn dotted(&mut self, expression: &str, fault: &query::Fault) -> Option<String> {
        let is_field = |fault: &query::Fault| fault.reason.contains(WRITE_FIELD);
        let mut meant = query::dotted(expression, fault.at.clone()).filter(|_| is_field(fault))?;
        for _ in 0..MOST_DOTS {
            match self.client.test(&meant, [], |_| {}).await {
                Ok(()) => return Some(meant),
                Err(QueryError::Expression(fault)) => meant = query::dotted(&meant, fault.at)?,
                Err(_) => return None,
            }
        }
        None
    }

    /// The findings in events, where they are wanted; each is also judged beside those before it.
    pub(super) fn lint(&mut self, arrived: &Arrived, stage: Stage) -> Vec<Finding> {
        let context = LintContext { stage, now: arrived.at };
        let document = Document::new(Arc::clone(&arrived.payload));
        let findings = document.map(|event| self.linter.observe(&event, context)).unwrap_or_default();
        let Some(redaction) = self.redaction.as_ref().filter(|_| !findings.is_empty()) else { return findings };
        let twin = redaction.payload(&arrived.payload);
        findings.iter().map(|finding| redaction.finding(finding, &twin)).collect()
    }

    /// What became of an expectation, with what was found in the event that is told of.
    pub(super) async fn outcome(&mut self, judge: &Judge, number: usize, arrivals: &Arrivals) -> Option<Outcome> {
        let shown = judge.told_of(number).map(|candidate| {
            let payload = &candidate.arrived.payload;
            self.redaction.as_ref().map_or_else(|| Arc::clone(payload), |redaction| redaction.payload(payload))
        });
        let found = match &shown {
            Some(payload) => self.found(judge.expectations().get(number)?, payload).await,
            None => Vec::new(),
        };
        let mut outcome = judge.outcome(number, arrivals, &found, shown.as_ref())?;
        if let Some(redaction) = &self.redaction {
            outcome.reason = redaction.words(&outcome.reason);
        }
        Some(outcome)
    }

    /// Which of the conditions events meet, each with what was found in it.
    pub(super) async fn marks(
        &mut self,
        conditions: &[&Condition],
        events: &[(&Arrived, &[Finding])],
    ) -> Result<Vec<Vec<Mark>>, ExpectError> {
        let expressions: Vec<&str> = conditions
            .iter()
            .filter_map(|condition| match condition {
                Condition::Jq(expression) => Some(expression.as_str()),
                _ => None,
            })
            .collect();
        let evaluated = self.test_all(&expressions, events).await?;
        let marks = evaluated.into_iter().zip(events).map(|(evaluated, (_, found))| {
            let mut evaluated = evaluated.into_iter();
            let mark = |condition: &&Condition| match condition {
                Condition::Jq(_) => evaluated.next().unwrap_or(Mark::Unmet),
                Condition::FitsPlan => clean(found, |it| is_of_plan(it.rule)),
                Condition::NoErrors => clean(found, |it| it.severity == Severity::Error),
            };
            conditions.iter().map(mark).collect()
        });
        Ok(marks.collect())
    }

    /// Evaluates all expressions for one event after the other. Where one of them is stopped, each is evaluated by itself.
    async fn test_all(
        &mut self,
        expressions: &[&str],
        events: &[(&Arrived, &[Finding])],
    ) -> Result<Vec<Vec<Mark>>, ExpectError> {
        let mut marks: Vec<Vec<Mark>> = Vec::with_capacity(events.len());
        while marks.len() < events.len() {
            let rest = events.get(marks.len()..).unwrap_or_default();
            let is_stopped =
                |expression: &&str| self.stops.get(*expression).is_some_and(|(stops, _)| *stops >= MOST_STOPS);
            if expressions.is_empty() || expressions.iter().any(is_stopped) {
                for event in rest {
                    marks.push(self.each_alone(expressions, event).await?);
                }
                break;
            }
            let texts = rest.iter().map(|(arrived, _)| arrived.payload.text());
            let tested = self.client.test_all(expressions, texts, |answers| {
                // Why it fails is asked for where it is told.
                let mark = |answer: Option<bool>| match answer {
                    Some(true) => Mark::Met,
                    Some(false) => Mark::Unmet,
                    None => Mark::Failed(Sanitized::default()),
                };
                marks.push(answers.into_iter().map(mark).collect());
            });
            match tested.await {
                Ok(()) => {}
                Err(QueryError::Ended(_)) => {
                    if let Some(event) = events.get(marks.len()) {
                        marks.push(self.each_alone(expressions, event).await?);
                    }
                }
                Err(error) => return Err(ExpectError::NoQueries(error.reason().clone())),
            }
        }
        Ok(marks)
    }

    async fn each_alone(
        &mut self,
        expressions: &[&str],
        event: &(&Arrived, &[Finding]),
    ) -> Result<Vec<Mark>, ExpectError> {
        let mut marks = Vec::with_capacity(expressions.len());
        for expression in expressions {
            marks.extend(self.test(expression, std::slice::from_ref(event)).await?);
        }
        Ok(marks)
    }

    async fn test(&mut self, expression: &str, events: &[(&Arrived, &[Finding])]) -> Result<Vec<Mark>, ExpectError> {
        let mut marks = Vec::with_capacity(events.len());
        while marks.len() < events.len() {
            if let Some((stops, why)) = self.stops.get(expression)
                && *stops >= MOST_STOPS
            {
                marks.resize(events.len(), Mark::Failed(why.clone()));
                break;
            }
            let rest = events.get(marks.len()..).unwrap_or_default().iter();
            let texts = rest.map(|(arrived, _)| arrived.payload.text());
            let tested = self.client.test(expression, texts, |verdict| {
                marks.push(match verdict {
                    Verdict::Matches => Mark::Met,
                    Verdict::Differs => Mark::Unmet,
                    Verdict::Failed(why) => Mark::Failed(why),
                });
            });
            match tested.await {
                Ok(()) => {}
                Err(QueryError::Ended(why)) => {
                    marks.push(Mark::Failed(why.clone()));
                    self.stops.entry(expression.to_owned()).or_insert((0, why)).0 += 1;
                }
                Err(error) => return Err(ExpectError::NoQueries(error.reason().clone())),
            }
        }
        Ok(marks)
    }

    /// What the conditions of an expectation find in an event.
    async fn found(&mut self, expectation: &Expectation, payload: &Payload) -> Vec<Found> {
        let mut all = Vec::new();
        for condition in &expectation.conditions {
            let mut found = Found::default();
            if let Condition::Jq(expression) = condition
                && !self.stops.contains_key(expression)
            {
                let mut why = None;
                let told = |verdict| why = Some(verdict);
                if let Ok(()) = self.client.test(expression, [payload.text()], told).await
                    && let Some(Verdict::Failed(reason)) = why
                {
                    found.failed = Some(reason);
                }
                match query::comparison(expression) {
                    Some(comparison) => {
                        found.left = self.values(&comparison.left, payload).await;
                        if !comparison.is_literal {
                            found.right = self.values(&comparison.right, payload).await;
                        }
                    }
                    None => found.left = self.values(expression, payload).await,
                }
            }
            all.push(found);
        }
        all
    }

    async fn values(&mut self, expression: &str, payload: &Payload) -> Vec<String> {
        self.client.values(expression, payload.text()).await.map(|values| values.texts).unwrap_or_default()
    }
}

fn did_you_mean(expression: &str) -> Sanitized {
    sanitized!("; did you mean `{}`?", crate::event::text::sanitize(expression))
}

/// Whether nothing is wrong of that kind; else what.
fn clean(findings: &[Finding], is_meant: impl Fn(&Finding) -> bool) -> Mark {
    let meant: Vec<_> = findings.iter().filter(|finding| is_meant(finding)).collect();
    let told = |finding: &&Finding| {
        let place = crate::event::text::sanitize(&finding.path.pointer());
        sanitized!("{} {}: {}", finding.rule.id, place, finding.sentence())
    };
    let more = meant.len().saturating_sub(MOST_FINDINGS);
    let listed = Sanitized::join(meant.iter().take(MOST_FINDINGS).map(told), "; ");
    match (meant.len(), more) {
        (0, _) => Mark::Met,
        (_, 0) => Mark::Failed(listed),
        (_, more) => Mark::Failed(sanitized!("{}; and {} more", listed, more)),
    }
}
