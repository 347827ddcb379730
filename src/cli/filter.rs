//! `watch --where`: only the events that a jq expression is true of.

use std::collections::HashSet;

use super::Failure;
use crate::event::{Sanitized, TypeName, sanitized};
use crate::jq::{Client, Limits, itself};
use crate::query::{QueryError, Verdict};
use crate::runtime;
use crate::session::{Change, MOST_TYPES, Record};

/// Why an expression leaves nothing.
#[derive(Debug, thiserror::Error)]
#[error("--where: {0}")]
pub(super) struct FilterError(Sanitized);

impl From<QueryError> for FilterError {
    fn from(error: QueryError) -> Self {
        Self(match &error {
            QueryError::Expression(fault) => Sanitized::of(fault),
            error => error.reason().clone(),
        })
    }
}

/// Leaves the events that an expression is true of. It is evaluated in a child of the program, as on the screen.
#[derive(Debug)]
pub(super) struct Filter {
    client: Client,
    expression: String,
    /// The types of which an event was left: what is counted of them is left too.
    types: HashSet<TypeName>,
    /// Whether it was told that the expression failed for an event.
    told: bool,
}

impl Filter {
    /// One of this expression. What cannot be used is refused with the place and the reason, before anything is asked for.
    pub(super) fn of(expression: String) -> Result<Self, Failure> {
        let new = |expression| {
            let client = Client::new(itself(), Limits::default());
            Self { client, expression, types: HashSet::new(), told: false }
        };
        let mut first = new(expression.clone());
        runtime::block_on(async move { first.client.test(&first.expression, [], |_| {}).await })?
            .map_err(FilterError::from)?;
        Ok(new(expression))
    }

    /// Why it is refused where there is a screen.
    pub(super) fn on_screen() -> FilterError {
        FilterError("it goes with --json or --once: on the screen, | narrows the view".into())
    }

    /// Which of the records are left, in their order: events that the expression is true of, and what is about no event; and
    /// what is to be told of an event that it failed for, once.
    pub(super) async fn leave(&mut self, records: &[Record]) -> Result<(Vec<bool>, Option<Sanitized>), FilterError> {
        let events = records.iter().filter_map(|record| record.change()?.payload.as_ref());
        let texts: Vec<_> = events.map(|payload| payload.text()).collect();
        let mut verdicts = Vec::with_capacity(texts.len());
        self.client.test(&self.expression, texts, |verdict| verdicts.push(verdict)).await?;
        let (mut verdicts, mut failed) = (verdicts.into_iter(), None);
        let left = records.iter().map(|record| match record.change() {
            Some(Change { payload: Some(_), event_type, .. }) => match verdicts.next() {
                Some(Verdict::Matches) => {
                    if self.types.len() < MOST_TYPES {
                        self.types.insert(event_type.clone());
                    }
                    true
                }
                Some(Verdict::Failed(why)) => {
                    failed.get_or_insert_with(|| {
                        sanitized!("--where fails for an event of {}: {}", event_type.shown(), why)
                    });
                    false
                }
                Some(Verdict::Differs) | None => false,
            },
            Some(change) => self.types.contains(&change.event_type),
            None => true,
        });
        let left = left.collect();
        let failed = failed.filter(|_| !self.told);
        self.told |= failed.is_some();
        Ok((left, failed))
    }
}
