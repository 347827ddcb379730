//! What `--redact` and the profile say of masks.

use super::Failure;
use super::args::RedactArgs;
use crate::config::{Masking, Profile};
use crate::event::{Identifiers, Redaction};

/// The redaction that all that a command shows and writes goes through; `None` where nothing is to be masked.
pub(super) fn redaction(
    args: &RedactArgs,
    profile: Option<&Profile>,
    identifiers: &Identifiers,
) -> Result<Option<Redaction>, Failure> {
    let masking = Masking { redact: args.redact, key: args.redact_key.as_deref(), profile };
    if !masking.is_on() {
        return Ok(None);
    }
    Ok(Some(masking.redaction(&|name| std::env::var_os(name), identifiers)?))
}
