use std::sync::Arc;

use super::{Config, ConfigError, Lookup, Provenance, text};
use crate::blueshift::{BadHeader, ExtraHeader, HeaderVariable};

/// The headers that the command line adds to each request. They come as text, for only here is it certain that an error
/// does not repeat them: they hold secrets.
pub fn headers(texts: &[String]) -> Result<Arc<[ExtraHeader]>, ConfigError> {
    texts.iter().map(|text| text.parse().map_err(unusable(Provenance::Flag("--header")))).collect()
}

fn unusable(place: Provenance) -> impl FnOnce(BadHeader) -> ConfigError {
    |error| ConfigError::Unusable { place, reason: error.to_string() }
}

impl Config {
    /// All headers: those of the command line as `given`, and those of the profile that it does not give, whose values the
    /// environment has.
    pub fn headers(&self, given: Arc<[ExtraHeader]>, lookup: Lookup<'_>) -> Result<Arc<[ExtraHeader]>, ConfigError> {
        let of_profile = self.header_variables(&given).split_off(given.len());
        if of_profile.is_empty() {
            return Ok(given);
        }
        let read = |named: HeaderVariable| {
            let place = Provenance::Environment(named.variable.clone().into());
            let value = text(lookup, &named.variable)?.unwrap_or_default();
            ExtraHeader::new(named, &value).map_err(unusable(place))
        };
        given.iter().cloned().map(Ok).chain(of_profile.into_iter().map(read)).collect()
    }

    /// The variables of all headers, those of the `given` ones first.
    pub fn header_variables(&self, given: &[ExtraHeader]) -> Vec<HeaderVariable> {
        let mut all: Vec<HeaderVariable> = given.iter().map(|header| header.named.clone()).collect();
        let of_profile = self.profile.iter().flat_map(|profile| profile.value.headers());
        let others = of_profile.filter(|own| given.iter().all(|header| header.named.name != own.name));
        all.extend(others.cloned());
        all
    }
}
