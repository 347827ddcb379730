//! The session: what happened, as records, and what a watcher knows of it.
//!
//! Pure: a snapshot and a moment go in, changes come out.

mod backfill;
mod busy;
mod captured;
mod change;
mod check;
mod connection;
mod delivery;
mod errors;
mod faults;
mod form;
mod gap;
mod history;
mod journal;
mod moment;
pub mod probe;
mod proof;
mod rate;
mod recalled;
mod record;
mod redaction;
mod replay;
mod request;
pub mod resend;
mod seen;
mod server_clock;
mod state;
mod tagged;
pub mod tape;
mod tracker;

pub use backfill::{Past, Reach};
pub use busy::Busy;
pub use captured::{Arrival, Captured, EventNumber, heading, identity};
pub use change::{Change, ChangeKind, Coverage};
pub use check::{Check, CheckStatus};
pub use connection::{Polled, Problem, ProblemKind, Trouble};
pub use delivery::{CallOutcome, Delivery, Retry};
pub use errors::Errors;
pub use faults::{Fault, FaultCounts, FaultId, Faults};
pub use form::{CapturedEvent, as_draft, captured};
pub use gap::Gap;
pub use history::{Dropped, HISTORY_LIMIT, History, Lost, MOST_TYPES, Place};
pub use moment::Moment;
pub use proof::{Alteration, Altered, Json, Proof, ProofOutcome};
pub use rate::{Bar, Outages, Rate};
pub use recalled::Recalled;
pub use record::{Record, RecordLine};
pub use replay::{Jump, NoJump, NoSpeed, Speed, TapeCommand, TapeExtent, TapeNews, TapePosition, TapeTarget};
pub use request::{CollectorCommand, Forwarded, Refusal, Request, Requests, Waiting};
pub use server_clock::ServerClock;
pub use state::Session;
pub use tracker::{Counts, Holding, Observed, Recollection, Tracker};
