use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Clock;
use super::failure::Timeouts;
use crate::blueshift::auth::AccountKey;
use crate::blueshift::{BaseUrl, ExtraHeader};

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
    /// How long a request may take.
    pub timeouts: Timeouts,
    /// The largest body that is read, in bytes after decompression.
    pub body_limit: u64,
    /// The file of the one authority to trust over https, where it is not for the environment or the system to say.
    pub authority: Option<PathBuf>,
    /// The program's clock.
    pub clock: Clock,
}
