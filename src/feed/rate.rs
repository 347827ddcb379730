use super::Moment;

/// How many arrivals there were in each of the last few spans of time.
#[derive(Clone, Debug, Default)]
pub struct Rate {}

impl Rate {
    /// Adds `arrived` arrivals at `now`.
    pub fn add(&mut self, _arrived: u64, _now: Moment) {}

    /// The arrivals in each of the last eight spans up to `now`, the oldest first.
    pub fn bars(&self, _now: Moment) -> [u64; 8] {
        [0; 8]
    }

    /// How long until the bars change by time alone; `None` when they are all zero.
    pub fn next_shift(&self, _now: Moment) -> Option<std::time::Duration> {
        None
    }
}
