//! The stages of a probe on its way: the first that looks wrong is where the problem is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Probe, ProbeState, Recognized};
use crate::event::text::{counted, grouped, span};
use crate::event::{Sanitized, sanitized};
use crate::session::{CallOutcome, Delivery};

/// At most about this many columns of what a server said are shown.
const LONGEST_SAID: usize = 200;

/// One stage of a probe on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Which one.
    pub stage: StageName,
    /// How it stands.
    pub state: StageState,
    /// What is known of it, in a few words.
    pub said: Sanitized,
}

/// The stages, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageName {
    /// It was handed to the network.
    Sent,
    /// The server took the call.
    Accepted,
    /// The debug endpoint, or the history, shows it.
    Shown,
    /// The server counted an event of its type.
    Counted,
    /// The server counted events that it could not process.
    Errors,
}

/// How a stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageState {
    /// It was passed.
    Done,
    /// It is not known yet.
    Waiting,
    /// It looks wrong.
    Wrong,
}

/// What was noticed of a probe on its way, beside whether it came.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// The call that carried it, once that ended.
    pub(super) delivery: Option<Arc<Delivery>>,
    /// The server's count of its type when it was sent; `None` where the server counts and knew none.
    pub(super) counted_before: Option<u64>,
    /// Whether the server's counts were known when it was sent.
    pub(super) counts: bool,
    /// The count now, where it rose.
    pub(super) counted: Option<u64>,
    /// The server's counts of errors when it was sent, where they were known.
    pub(super) errors_before: Option<Arc<BTreeMap<Sanitized, u64>>>,
    /// By how much which of them rose.
    pub(super) errors: Vec<(Sanitized, u64)>,
}

impl StageName {
    /// Its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Shown => "shown",
            Self::Counted => "counted",
            Self::Errors => "errors",
        }
    }
}

impl StageState {
    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::Waiting => "…",
            Self::Wrong => "✗",
        }
    }
}

impl Probe {
    /// The stages that it has come to, in their order, and the one that it waits for. What cannot be known, such as the
    /// count without a key for it, is no stage.
    pub fn stages(&self) -> Vec<Stage> {
        use StageName::{Accepted, Counted, Errors, Sent, Shown};
        use StageState::{Done, Waiting, Wrong};

        let stage = |stage, state, said: Sanitized| Stage { stage, state, said };
        let Way { delivery, .. } = &self.way;
        let Some(delivery) = delivery else {
            return vec![match self.state {
                ProbeState::NotSent => stage(Sent, Wrong, "the call was not made".into()),
                _ => stage(Sent, Waiting, "on its way".into()),
            }];
        };
        if delivery.attempts == 0 {
            return vec![stage(Sent, Wrong, "a call before it could not be delivered".into())];
        }
        let attempts = if delivery.attempts > 1 { counted(delivery.attempts.into(), "attempt") } else { "".into() };
        let mut stages = vec![stage(Sent, Done, attempts)];
        let took = span(delivery.took);
        match &delivery.verdict {
            CallOutcome::Taken { status, body } => {
                let said = sanitized!("{} in {} · {}", status, took, body.fit(LONGEST_SAID));
                stages.push(stage(Accepted, Done, said));
            }
            CallOutcome::Refused { status, message, .. } => {
                let said = sanitized!("refused with {} in {}: {}", status, took, message.fit(LONGEST_SAID));
                stages.push(stage(Accepted, Wrong, said));
                return stages;
            }
            CallOutcome::Failed(problem) => {
                stages.push(stage(Accepted, Wrong, problem.what.clone()));
                return stages;
            }
        }
        stages.push(match &self.state {
            ProbeState::Seen(seen) => {
                let guess = if seen.by == Recognized::ByContent { ", as far as its content tells" } else { "" };
                stage(Shown, Done, sanitized!("after {}{}", span(seen.after), guess))
            }
            ProbeState::Missed(_) => stage(Shown, Wrong, "not by the debug endpoint, nor by the history".into()),
            ProbeState::Waiting | ProbeState::NotSent => stage(Shown, Waiting, "not yet".into()),
        });
        if self.way.counts {
            let before = self.way.counted_before.map_or_else(|| "none".into(), grouped);
            stages.push(match (self.way.counted, &self.state) {
                (Some(now), _) => stage(Counted, Done, sanitized!("{} → {}", before, grouped(now))),
                (None, ProbeState::Missed(_)) => stage(Counted, Wrong, sanitized!("{} as before", before)),
                (None, _) => stage(Counted, Waiting, sanitized!("{} so far", before)),
            });
        }
        if !self.way.errors.is_empty() {
            let rose = self.way.errors.iter().map(|(sort, by)| sanitized!("{} +{}", sort, grouped(*by)));
            stages.push(stage(Errors, Wrong, sanitized!("risen since: {}", Sanitized::join(rose, " · "))));
        }
        stages
    }

    /// The stage that looks wrong first.
    pub fn first_wrong(&self) -> Option<Stage> {
        self.stages().into_iter().find(|stage| stage.state == StageState::Wrong)
    }
}
