use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Clock;
use super::failure::Timeouts;
use crate::blueshift::auth::AccountKey;
use crate::blueshift::{BaseUrl, ExtraHeader};
use crate::event::TypeName;

/// The shortest interval between two polls.
pub const SHORTEST_INTERVAL: Duration = Duration::from_millis(250);
/// The longest interval between two polls.
pub const LONGEST_INTERVAL: Duration = Duration::from_mins(10);
/// The largest body that is read, in bytes, if nothing else is set.
pub const BODY_LIMIT: u64 = 64 * 1024 * 1024;

/// The settings of the poller.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the API is.
    pub base: BaseUrl,
    /// The key for the debug endpoint.
    pub event_key: AccountKey,
    /// The key for the counts of the summary endpoint; without it they stay unknown.
    pub user_key: Option<AccountKey>,
    /// What each request has beside that.
    pub headers: Arc<[ExtraHeader]>,
    /// From the start of one poll to the start of the next; held within [`SHORTEST_INTERVAL`] and
    /// [`LONGEST_INTERVAL`].
    pub interval: Duration,
    /// How far back what came before the session is asked for, from its beginning; `None` for not at all.
    pub since: Option<Duration>,
    /// What one who waits for certain events wants; `None` for one who watches.
    pub expecting: Option<Expecting>,
    /// How long a request may take.
    pub timeouts: Timeouts,
    /// The largest body that is read, in bytes after decompression.
    pub body_limit: u64,
    /// The file of the one authority to trust over https, where it is not for the environment or the system to say.
    pub authority: Option<PathBuf>,
    /// The program's clock.
    pub clock: Clock,
}

/// What one who waits for certain events wants otherwise than one who watches. A collector of ours is not polled for them:
/// it tells every request.
#[derive(Clone, Debug, Default)]
pub struct Expecting {
    /// The types that are waited for: no history of another is asked for.
    pub types: Arc<HashSet<TypeName>>,
    /// How fast to poll, in the place of the interval.
    pub ladder: Option<Ladder>,
    /// The request of a collector of ours after which it is to tell; from the beginning of the session on without one.
    pub after: Option<u64>,
}

/// Intervals between polls that grow: an event that was caused a moment ago is there soon, or late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ladder([Duration; 3]);

impl Ladder {
    /// For a server on this machine.
    pub const NEAR: Self = Self([Duration::from_millis(100), Duration::from_millis(250), Duration::from_millis(500)]);
    /// For one on the network.
    pub const FAR: Self = Self([Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)]);
    /// How many polls are made at each interval but the last.
    const POLLS: usize = 20;

    /// How long after a poll the next is due, where so many were made before.
    pub(super) fn after(&self, polls: usize) -> Duration {
        let Self([.., last]) = self;
        *self.0.get(polls / Self::POLLS).unwrap_or(last)
    }

    /// The shortest of the intervals, and the longest.
    pub fn ends(&self) -> (Duration, Duration) {
        let Self([first, .., last]) = *self;
        (first, last)
    }
}
