//! The wire contract with Blueshift, in both directions: addresses, auth, every known shape of an answer, limits.
//!
//! Each part says whether it is documented, seen in client code or inferred; where sources disagree,
//! every variant is read.

pub mod auth;
mod call;
pub mod curl;
mod debug;
mod envelope;
mod error_body;
mod extra_header;
mod history;
mod key_mask;
pub mod limits;
mod outgoing;
mod outline;
mod reading;
pub mod recipients;
pub mod safety;
mod shell;
mod status_page;
mod summary;
mod target;

pub use call::{Call, CallLimits, Packer};
pub use debug::{Decoded, Decoder};
pub use error_body::ErrorBody;
pub use extra_header::{BadHeader, ExtraHeader, HeaderVariable};
pub use history::{HistoryAnswer, decode_history};
pub use key_mask::KeyMask;
pub use outgoing::{Batch, Outgoing, Unsendable, UnsendableReason};
pub use status_page::{PlatformStatus, STATUS_PAGE};
pub use summary::Summary;
pub use target::{BaseUrl, Region, TargetError};
