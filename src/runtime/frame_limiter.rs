use std::time::Duration;

use tokio::time::Instant;

/// The least time between two frames: no display shows more than about 60 of them a second.
const INTERVAL: Duration = Duration::from_millis(16);

/// Keeps frames apart.
#[derive(Debug, Default)]
pub(super) struct FrameLimiter {
    next: Option<Instant>,
}

impl FrameLimiter {
    /// The instant from which the next frame may be drawn, if it is still to come.
    pub(super) fn wait_until(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|next| *next > now)
    }

    /// A frame was drawn at `now`.
    pub(super) fn drawn(&mut self, now: Instant) {
        self.next = Some(now + INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_frame_may_be_drawn_at_once_and_the_next_16_ms_after_it() {
        let mut limiter = FrameLimiter::default();
        assert_eq!(limiter.wait_until(Instant::now()), None);

        let drawn = Instant::now();
        limiter.drawn(drawn);
        tokio::time::advance(Duration::from_millis(15)).await;
        assert_eq!(limiter.wait_until(Instant::now()), Some(drawn + INTERVAL));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(limiter.wait_until(Instant::now()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_between_frames_saves_nothing_up() {
        let mut limiter = FrameLimiter::default();
        limiter.drawn(Instant::now());
        tokio::time::advance(Duration::from_secs(10)).await;
        limiter.drawn(Instant::now());
        assert_eq!(limiter.wait_until(Instant::now()), Some(Instant::now() + INTERVAL));
    }
}
