use std::time::Duration;

use jiff::tz::TimeZone;

use super::{Effect, KeyCode, Message, Size};
use crate::feed::Moment;

/// What the application is told when it starts.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What is watched, for the header: `us · api.getblueshift.com`, `sandbox · 127.0.0.1:8787`.
    pub target: String,
    /// How often the source polls at first.
    pub interval: Duration,
    /// The time zone in which times of day are shown.
    pub time_zone: TimeZone,
    /// The terminal's size.
    pub size: Size,
    /// When it started.
    pub now: Moment,
}

/// All that the application knows.
#[derive(Debug)]
pub struct Model {
    /// The terminal's size.
    pub size: Size,
}

impl Model {
    /// A model that knows nothing yet.
    pub fn new(setup: Setup) -> Self {
        Self { size: setup.size }
    }

    /// How long after `now` a visible text changes by the passing of time alone (an age, a countdown, a sparkline, a
    /// flash that ends); `None` when nothing on screen depends on time.
    pub fn next_wake(&self, _now: Moment) -> Option<Duration> {
        None
    }
}

/// Lets `message` happen to the model at `now`, and says what that asks of the world.
pub fn update(model: &mut Model, message: Message, _now: Moment) -> Vec<Effect> {
    match message {
        Message::Resized(size) => model.size = size,
        Message::Key(key) if key.code == KeyCode::Char('q') => return vec![Effect::Quit],
        _ => {}
    }
    Vec::new()
}
