use std::time::Duration;

use tokio::sync::mpsc::{self, error::TrySendError};

use crate::source::Command;

/// What the source is still to be told. Only the last interval matters, and one poll is as good as two, so this stays
/// small however long the source does not listen.
#[derive(Debug, Default)]
pub(super) struct Commands {
    interval: Option<Duration>,
    poll: bool,
}

impl Commands {
    pub(super) fn set_interval(&mut self, interval: Duration) {
        self.interval = Some(interval);
    }

    pub(super) fn poll_now(&mut self) {
        self.poll = true;
    }

    /// Tells the source as much as it takes now.
    pub(super) fn send(&mut self, source: &mpsc::Sender<Command>) {
        while let Some(command) = self.first() {
            match source.try_send(command.clone()) {
                Err(TrySendError::Full(_)) => return,
                Ok(()) => {}
                Err(TrySendError::Closed(_)) => tracing::warn!(?command, "the source has ended and was not told"),
            }
            match command {
                Command::SetInterval(_) => self.interval = None,
                Command::PollNow => self.poll = false,
                Command::Send { .. } | Command::Recall(_) => {}
            }
        }
    }

    /// Waits until the source takes more, if there is something to tell it and somebody to tell it to.
    pub(super) async fn room(&self, source: Option<&mpsc::Sender<Command>>) {
        match source {
            // A source that has ended has room for nothing, and that is seen when it is told the next time.
            Some(source) if self.first().is_some() => drop(source.reserve().await),
            _ => std::future::pending().await,
        }
    }

    fn first(&self) -> Option<Command> {
        self.interval.map(Command::SetInterval).or(self.poll.then_some(Command::PollNow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_ready(future: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            () = future => true,
            () = std::future::ready(()) => false,
        }
    }

    #[test]
    fn a_source_that_does_not_listen_is_told_the_last_interval_and_one_poll_later() {
        let (sender, mut receiver) = mpsc::channel(1);
        let mut commands = Commands::default();
        commands.poll_now();
        commands.send(&sender);
        for seconds in 1..=3 {
            commands.poll_now();
            commands.set_interval(Duration::from_secs(seconds));
            commands.send(&sender);
        }

        let mut told = Vec::new();
        while let Ok(command) = receiver.try_recv() {
            told.push(command);
            commands.send(&sender);
        }
        let last = Command::SetInterval(Duration::from_secs(3));
        assert_eq!(told, [Command::PollNow, last, Command::PollNow]);
    }

    #[tokio::test]
    async fn room_is_waited_for_only_with_something_to_tell() {
        let (sender, mut receiver) = mpsc::channel(1);
        let mut commands = Commands::default();
        commands.poll_now();
        commands.send(&sender);
        assert!(!is_ready(commands.room(Some(&sender))).await);

        commands.poll_now();
        commands.send(&sender);
        assert!(!is_ready(commands.room(Some(&sender))).await);
        assert_eq!(receiver.recv().await, Some(Command::PollNow));
        assert!(is_ready(commands.room(Some(&sender))).await);
    }
}
