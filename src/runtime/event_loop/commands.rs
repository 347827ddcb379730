use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc::{self, error::TrySendError};

use crate::app::Outcome;
use crate::blueshift::Call;
use crate::event::{TypeName, sanitized};
use crate::session::CollectorCommand;
use crate::source::SourceCommand;

/// How many batches may wait for the source: more than anyone sends by hand while it takes nothing.
const MOST_BATCHES: usize = 256;

/// How many histories may be asked for: more than any session waits for at once.
const MOST_RECALLS: usize = 64;

/// The commands that the source has not taken yet. Only the last interval matters, one poll is as good as two, and so is one
/// question for the same history: so this stays small however long the source does not listen. Outbox wait in the
/// order of sending, and none of them is lost without a word.
#[derive(Debug, Default)]
pub(super) struct Commands {
    interval: Option<Duration>,
    poll: bool,
    /// Outbox and recalls.
    queue: VecDeque<SourceCommand>,
}

impl Commands {
    pub(super) fn set_interval(&mut self, interval: Duration) {
        self.interval = Some(interval);
    }

    pub(super) fn poll_now(&mut self) {
        self.poll = true;
    }

    /// Has the calls sent, or says that they will not be.
    pub(super) fn ship(&mut self, batch: u64, calls: Vec<Call>) -> Option<Outcome> {
        if self.queue.iter().filter(|command| matches!(command, SourceCommand::Send { .. })).count() >= MOST_BATCHES {
            let why = sanitized!("{} batches are waiting to be sent: try again when they are gone", MOST_BATCHES);
            return Some(Outcome::NotSent { batch, why });
        }
        self.queue.push_back(SourceCommand::Send { batch, calls });
        None
    }

    /// Has our own collector do something.
    pub(super) fn collector(&mut self, command: CollectorCommand) {
        let waiting = self.queue.iter().filter(|command| matches!(command, SourceCommand::Collector(_))).count();
        // Nobody presses so many keys for what they still see.
        if waiting < MOST_RECALLS {
            self.queue.push_back(SourceCommand::Collector(command));
        }
    }

    /// Has the history of a type asked for, for the sake of a probe.
    pub(super) fn recall(&mut self, event_type: TypeName) {
        self.look_back(SourceCommand::Recall(event_type));
    }

    /// Has all asked for that the history has of a type.
    pub(super) fn earlier(&mut self, event_type: TypeName) {
        self.look_back(SourceCommand::Earlier(event_type));
    }

    /// It only helps to find events, so one too many is let go.
    fn look_back(&mut self, command: SourceCommand) {
        let is_recall =
            |command: &&SourceCommand| matches!(command, SourceCommand::Recall(_) | SourceCommand::Earlier(_));
        let recalls = self.queue.iter().filter(is_recall).count();
        if recalls < MOST_RECALLS && !self.queue.contains(&command) {
            self.queue.push_back(command);
        }
    }

    /// Tells the source as much as it takes now. Once it has ended, says what became of the batches that wait.
    pub(super) fn send(&mut self, source: &mpsc::Sender<SourceCommand>) -> Vec<Outcome> {
        while !self.is_empty() {
            match source.try_reserve() {
                Ok(permit) => {
                    if let Some(command) = self.next() {
                        permit.send(command);
                    }
                }
                Err(TrySendError::Full(())) => return Vec::new(),
                Err(TrySendError::Closed(())) => return self.refuse(),
            }
        }
        Vec::new()
    }

    /// Forgets what waits for a source that has ended, and says so of the batches.
    pub(super) fn refuse(&mut self) -> Vec<Outcome> {
        let why = "polling and sending have stopped: quit with q and start again; the draft is kept";
        let mut refused = Vec::new();
        while let Some(command) = self.next() {
            tracing::warn!(command = name(&command), "the source has ended and was not told");
            if let SourceCommand::Send { batch, .. } = command {
                refused.push(Outcome::NotSent { batch, why: why.into() });
            }
        }
        refused
    }

    /// Waits until the source takes more, if there is something to tell it and somebody to tell it to.
    pub(super) async fn room(&self, source: Option<&mpsc::Sender<SourceCommand>>) {
        match source {
            // A source that has ended has room for nothing, and that is seen when it is told the next time.
            Some(source) if !self.is_empty() => drop(source.reserve().await),
            _ => std::future::pending().await,
        }
    }

    fn is_empty(&self) -> bool {
        self.interval.is_none() && !self.poll && self.queue.is_empty()
    }

    fn next(&mut self) -> Option<SourceCommand> {
        if let Some(interval) = self.interval.take() {
            return Some(SourceCommand::SetInterval(interval));
        }
        if std::mem::take(&mut self.poll) {
            return Some(SourceCommand::PollNow);
        }
        self.queue.pop_front()
    }
}

/// The name of a command in the log: the calls of a batch may be large, and hold what is private.
fn name(command: &SourceCommand) -> &'static str {
    match command {
        SourceCommand::SetInterval(_) => "set the interval",
        SourceCommand::PollNow => "poll now",
        SourceCommand::Send { .. } => "send",
        SourceCommand::Recall(_) => "recall",
        SourceCommand::Collector(_) => "let go on or pass on",
        SourceCommand::Earlier(_) => "recall what came before",
        SourceCommand::Settle => "tell all",
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
        let last = SourceCommand::SetInterval(Duration::from_secs(3));
        assert_eq!(told, [SourceCommand::PollNow, last, SourceCommand::PollNow]);
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
        assert_eq!(receiver.recv().await, Some(SourceCommand::PollNow));
        assert!(is_ready(commands.room(Some(&sender))).await);
    }

    fn batch(number: u64) -> SourceCommand {
        SourceCommand::Send { batch: number, calls: vec![call(number)] }
    }

    fn call(number: u64) -> Call {
        Call { bulk: false, body: format!(r#"{{"event":"e{number}"}}"#), events: std::sync::Arc::default() }
    }

    #[test]
    fn no_batch_is_lost_on_a_slow_source_and_a_history_is_asked_for_once() {
        let (sender, mut receiver) = mpsc::channel(1);
        let mut commands = Commands::default();
        for number in 0..5 {
            assert_eq!(commands.ship(number, vec![call(number)]), None);
            commands.recall("purchase".into());
            commands.recall(format!("type {number}").as_str().into());
            assert_eq!(commands.send(&sender), []);
        }
        commands.poll_now();

        let mut told = Vec::new();
        while let Ok(command) = receiver.try_recv() {
            told.push(command);
            assert_eq!(commands.send(&sender), []);
        }
        let shipped: Vec<_> = told.iter().filter(|told| matches!(told, SourceCommand::Send { .. })).cloned().collect();
        assert_eq!(shipped, [0, 1, 2, 3, 4].map(batch));
        let purchases = told.iter().filter(|told| **told == SourceCommand::Recall("purchase".into())).count();
        assert_eq!(purchases, 1);
        // The poll does not wait behind what was queued before it.
        assert_eq!(told.get(1), Some(&SourceCommand::PollNow));
        assert_eq!(told.len(), 5 + 1 + 5 + 1);
    }

    #[test]
    fn what_cannot_be_sent_any_more_is_told_batch_by_batch() {
        let (sender, receiver) = mpsc::channel(1);
        let mut commands = Commands::default();
        commands.poll_now();
        for number in 7..9 {
            assert_eq!(commands.ship(number, vec![call(number)]), None);
        }
        commands.recall("purchase".into());
        drop(receiver);
        let refused = commands.send(&sender);
        let [Outcome::NotSent { batch: 7, why }, Outcome::NotSent { batch: 8, .. }] = refused.as_slice() else {
            panic!("{refused:?}");
        };
        assert!(why.contains("quit with q"), "{why}");
        assert_eq!(commands.send(&sender), []);
    }

    #[test]
    fn a_source_that_never_listens_is_not_queued_for_without_end() {
        let mut commands = Commands::default();
        for number in 0..1000 {
            let refused = commands.ship(number, vec![call(number)]).is_some();
            assert_eq!(refused, number >= 256, "{number}");
            commands.recall(format!("type {number}").as_str().into());
        }
        assert_eq!(commands.queue.len(), MOST_BATCHES + MOST_RECALLS);
    }
}
