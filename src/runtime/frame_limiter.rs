use std::time::Duration;

use tokio::time::Instant;

/// The least time between two frames: no display shows more than about 60 of them a second.
const INTERVAL: Duration = Duration::from_millis(16);

/// So long a frame waits at most for the rest of what belongs in it: far less than anyone sees.
const COMPLETION: Duration = Duration::from_millis(4);

/// Keeps frames apart, and what belongs together in one.
#[derive(Debug, Default)]
pub(super) struct FrameLimiter {
    next: Option<Instant>,
    complete: Option<Instant>,
}

impl FrameLimiter {
    /// The instant from which the next frame may be drawn, if it is still to come.
    pub(super) fn wait_until(&self, now: Instant) -> Option<Instant> {
        self.next.max(self.complete).filter(|next| *next > now)
    }

    /// Something is on its way since `now` without which the next frame would flicker.
    pub(super) fn expect_more(&mut self, now: Instant) {
        self.complete = Some(now + COMPLETION);
    }

    /// It is there, or something is that does not wait for it.
    pub(super) fn wait_no_more(&mut self) {
        self.complete = None;
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
    async fn a_frame_waits_a_little_for_what_belongs_in_it_and_no_more_once_that_is_there() {
        let mut limiter = FrameLimiter::default();
        limiter.expect_more(Instant::now());
        assert_eq!(limiter.wait_until(Instant::now()), Some(Instant::now() + COMPLETION));
        limiter.wait_no_more();
        assert_eq!(limiter.wait_until(Instant::now()), None);
        limiter.expect_more(Instant::now());
        tokio::time::advance(COMPLETION).await;
        assert_eq!(limiter.wait_until(Instant::now()), None);
        limiter.drawn(Instant::now());
        limiter.expect_more(Instant::now());
        assert_eq!(limiter.wait_until(Instant::now()), Some(Instant::now() + INTERVAL), "frames stay apart");
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
