use std::sync::Arc;

use super::{ConfigError, Provenance};
use crate::blueshift::ExtraHeader;

/// The headers that the command line adds to each request. They come as text, for only here is it certain that an error
/// does not repeat them: they hold secrets.
pub fn headers(texts: &[String]) -> Result<Arc<[ExtraHeader]>, ConfigError> {
    let place = || Provenance::Flag("--header");
    let read = |text: &String| {
        text.parse().map_err(|error: crate::blueshift::BadHeader| ConfigError::Unusable {
            place: place(),
            reason: error.to_string(),
        })
    };
    texts.iter().map(read).collect()
}
