//! What a key is good for, and what that says of the variables that hold the keys.

use super::super::failure::Failure;
use super::super::http::Exchange;
use super::Trials;
use crate::blueshift::Region;
use crate::blueshift::auth::AccountKey;
use crate::event::{Sanitized, sanitized};
use crate::session::{Check, CheckStatus, ProblemKind};

/// Whether a server takes a key for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    /// 401 or 403.
    No,
    /// It did not come to that.
    Unknown,
}

impl Taken {
    pub(super) fn of(exchange: &Exchange) -> Self {
        match &exchange.outcome {
            Ok(_) => Self::Yes,
            Err(Failure::Status { status: 401 | 403, .. }) => Self::No,
            Err(_) => Self::Unknown,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// What became of the requests with one key.
#[derive(Debug)]
pub(super) struct KeyTrial {
    /// The key in words.
    pub(super) called: Sanitized,
    pub(super) key: AccountKey,
    /// The answer of the debug endpoint.
    pub(super) events: Exchange,
    /// The answer of the summary endpoint.
    pub(super) counts: Exchange,
    /// Whether another region takes it for events, and for counts.
    pub(super) elsewhere: Vec<(Region, Taken, Taken)>,
}

/// A key, as far as it is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Good {
    called: Sanitized,
    events: Taken,
    counts: Taken,
    elsewhere: Vec<(Region, Taken, Taken)>,
}

impl Good {
    fn of(trial: &KeyTrial) -> Self {
        let (events, counts) = (Taken::of(&trial.events), Taken::of(&trial.counts));
        Self { called: trial.called.clone(), events, counts, elsewhere: trial.elsewhere.clone() }
    }

    /// `events yes, counts no; eu: events no, counts no`.
    fn words(&self, region: Option<Region>) -> Sanitized {
        let pair = |events: Taken, counts: Taken| sanitized!("events {}, counts {}", events.word(), counts.word());
        let own = match region {
            Some(region) => sanitized!("{}: {}", region.as_str(), pair(self.events, self.counts)),
            None => pair(self.events, self.counts),
        };
        let others = self
            .elsewhere
            .iter()
            .map(|(region, events, counts)| sanitized!("{}: {}", region.as_str(), pair(*events, *counts)));
        Sanitized::join(std::iter::once(own).chain(others), "; ")
    }

    /// The region that takes it where this one does not.
    fn belongs(&self) -> Option<Region> {
        let taken = self.elsewhere.iter().find(|(_, events, counts)| *events == Taken::Yes || *counts == Taken::Yes);
        taken.map(|(region, ..)| *region)
    }
}

pub(super) fn judge_event_key(trials: &Trials) -> Check {
    let user = trials.user.as_ref().map(Good::of);
    let Some(trial) = &trials.event else {
        let fix = "set CLICKSCOPE_EVENT_KEY, or what the profile names, to the Event API key of the account; for a \
                   local collector, any text will do";
        let check = Check::failure("event key", "none is set".into(), fix.into());
        return Check { trouble: Some(ProblemKind::Refused), ..check };
    };
    let check = event_key(&Good::of(trial), user.as_ref(), trials.region);
    with_request(check, &trial.events)
}

pub(super) fn judge_user_key(trials: &Trials) -> Check {
    let event = trials.event.as_ref().map(Good::of);
    let Some(trial) = &trials.user else {
        return Check::ok("user key", "none is set: how many events were received stays unknown".into());
    };
    let check = user_key(&Good::of(trial), event.as_ref(), trials.region);
    with_request(check, &trial.counts)
}

/// The check, with the request that it rests on where that was refused.
fn with_request(check: Check, exchange: &Exchange) -> Check {
    let is_ok = check.status == CheckStatus::Ok;
    Check { request_id: exchange.request_id.clone().filter(|_| !is_ok), ..check }
}

/// What to do where no answer says whether a key is taken.
const UNTOLD: &str = "mend first what is said of the answers below: whether the key is taken shows then";

fn event_key(event: &Good, user: Option<&Good>, region: Option<Region>) -> Check {
    let found = sanitized!("{}: {}", event.called, event.words(region));
    match event.events {
        Taken::Yes => return Check::ok("event key", found),
        Taken::Unknown => return Check::warning("event key", found, UNTOLD.into()),
        Taken::No => {}
    }
    let fix = match (event.belongs(), user) {
        (Some(region), _) => sanitized!("this is a key of another region: use --region {}", region.as_str()),
        (None, Some(user)) if user.events == Taken::Yes => {
            let found = sanitized!("{}; {}: {}", found, user.called, user.words(region));
            let fix = "the two keys are swapped: exchange the values of the two variables";
            let check = Check::failure("event key", found, fix.into());
            return Check { trouble: Some(ProblemKind::Refused), ..check };
        }
        _ => "copy the Event API key of this account anew (in the dashboard under Account settings, API keys); it may have been \
              replaced, or be that of another account"
            .into(),
    };
    Check { trouble: Some(ProblemKind::Refused), ..Check::failure("event key", found, fix) }
}

fn user_key(user: &Good, event: Option<&Good>, region: Option<Region>) -> Check {
    let found = sanitized!("{}: {}", user.called, user.words(region));
    match user.counts {
        Taken::Yes => return Check::ok("user key", found),
        Taken::Unknown => return Check::warning("user key", found, UNTOLD.into()),
        Taken::No => {}
    }
    let fix = match (user.belongs(), event) {
        (Some(region), _) => sanitized!("this is a key of another region: use --region {}", region.as_str()),
        (None, Some(event)) if event.counts == Taken::Yes && event.events == Taken::Yes => {
            "counts come with the Event key; unset this variable, or copy the User API key anew".into()
        }
        (None, Some(event)) if event.counts == Taken::Yes => {
            "the two keys are swapped: exchange the values of the two variables".into()
        }
        _ => "copy the User API key of this account anew, which an admin can see, or unset the variable: only counts need it"
            .into(),
    };
    Check::warning("user key", found, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(called: &'static str, events: Taken, counts: Taken, eu: Option<Taken>) -> Good {
        let elsewhere = eu.map(|eu| (Region::Eu, eu, Taken::No)).into_iter().collect();
        Good { called: called.into(), events, counts, elsewhere }
    }

    #[test]
    fn keys_that_are_swapped_or_of_another_region_are_named() {
        use CheckStatus::{Failure, Ok, Warning};
        use Taken::{No, Unknown, Yes};
        let cases = [
            // The Event key, the User key, and what is said of both.
            ((Yes, No, None), (No, Yes, None), (Ok, ""), (Ok, "")),
            ((Yes, Yes, None), (Yes, Yes, None), (Ok, ""), (Ok, "")),
            ((No, Yes, None), (Yes, No, None), (Failure, "swapped"), (Warning, "swapped")),
            ((No, No, None), (Yes, Yes, None), (Failure, "swapped"), (Ok, "")),
            ((No, No, None), (No, No, None), (Failure, "Event API key"), (Warning, "User API key")),
            ((No, No, Some(Yes)), (No, No, Some(No)), (Failure, "--region eu"), (Warning, "User API key")),
            ((No, No, Some(Yes)), (No, No, Some(Yes)), (Failure, "--region eu"), (Warning, "--region eu")),
            ((Yes, Yes, None), (No, No, None), (Ok, ""), (Warning, "unset this variable")),
            ((Unknown, Unknown, None), (Unknown, Unknown, None), (Warning, "first"), (Warning, "first")),
            ((Yes, Unknown, None), (Unknown, Yes, None), (Ok, ""), (Ok, "")),
        ];
        for (event, user, of_event, of_user) in cases {
            let region = event.2.is_some().then_some(Region::Us);
            let event = good("E", event.0, event.1, event.2);
            let user = good("U", user.0, user.1, user.2);
            let told = event_key(&event, Some(&user), region);
            let told_of_user = user_key(&user, Some(&event), region);
            for (check, (status, part)) in [(told, of_event), (told_of_user, of_user)] {
                assert_eq!(check.status, status, "{check:?}");
                assert_eq!(check.fix.is_some(), status != Ok, "{check:?}");
                assert!(check.fix.as_ref().is_none_or(|fix| fix.contains(part)), "{check:?}");
            }
        }
        let alone = event_key(&good("E", No, No, None), None, None);
        assert!(alone.found == "E: events no, counts no" && alone.trouble == Some(ProblemKind::Refused), "{alone:?}");
        let both = good("E", Yes, No, Some(No)).words(Some(Region::Us));
        assert_eq!(both, "us: events yes, counts no; eu: events no, counts no");
    }
}
