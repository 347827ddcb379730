//! A tape that is replayed: where one is on it, what time it is there, and what was asked of its player.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Effect;
use crate::event::{Sanitized, sanitized, text};
use crate::session::tape::Header;
use crate::session::{Jump, Moment, Speed, TapeCommand, TapeExtent, TapePosition, TapeTarget};

/// So many events are shown of a tape that is still being looked through.
const FIRST_EVENTS: u64 = 500;

/// No text of a tape that goes on changes more often than this.
const SHORTEST_WAKE: Duration = Duration::from_millis(100);

/// Where a replay begins, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplaySettings {
    /// The place; `None` is the end, or the beginning where it is played at once.
    pub at: Option<Jump>,
    /// Whether it is played at once.
    pub plays: bool,
    /// How fast it is played.
    pub speed: Speed,
}

/// A tape that is replayed.
#[derive(Debug)]
pub struct Tape {
    begin: Option<ReplaySettings>,
    speed: Speed,
    /// What is known of the whole.
    pub extent: TapeExtent,
    position: TapePosition,
    /// Since when it is played on from there, by the clock of the program.
    playing: Option<Moment>,
    /// Its first line, where it is one that was recorded.
    pub header: Option<Box<Header>>,
    /// What is wrong with it as a whole.
    pub(super) faults: Vec<Sanitized>,
    /// Why it cannot be read, or no further.
    pub(super) trouble: Option<Sanitized>,
    /// The number of the last seek.
    seeks: u64,
    /// Where that one leads to, until it is answered.
    wanted: Option<TapeTarget>,
}

impl Tape {
    /// One of which nothing is known yet.
    pub(super) fn new(settings: ReplaySettings) -> Self {
        Self {
            begin: Some(settings),
            speed: settings.speed,
            extent: TapeExtent::default(),
            position: TapePosition::default(),
            playing: None,
            header: None,
            faults: Vec::new(),
            trouble: None,
            seeks: 0,
            wanted: None,
        }
    }

    /// Asks for what is known at the place where it is, for one who has not heard of it.
    pub(super) fn tell_again(&mut self) -> Vec<Effect> {
        self.seek(TapeTarget::Event(self.position.events))
    }

    /// Where it is.
    pub fn position(&self) -> TapePosition {
        self.position
    }

    /// How many of its events come later, as far as it was read.
    pub(super) fn later(&self) -> u64 {
        self.extent.events.saturating_sub(self.position.events)
    }

    /// Whether it is played.
    pub fn is_playing(&self) -> bool {
        self.playing.is_some()
    }

    /// How fast it is played.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Where it is to go and cannot yet, because that was not read.
    pub fn waits(&self) -> bool {
        self.wanted.is_some() && !self.extent.is_whole
    }

    /// The time on the tape when it is `now` for the program: it stands still while the tape is held.
    pub fn moment(&self, now: Moment) -> Moment {
        let at = self.position.at.or(self.extent.first).unwrap_or(Timestamp::UNIX_EPOCH);
        let played = self.playing.map_or(Duration::ZERO, |since| self.speed.played_in(now.since(since)));
        Moment::at(at.checked_add(played).unwrap_or(at))
    }

    /// Whether any time is known of it.
    pub fn tells_time(&self) -> bool {
        self.position.at.is_some()
    }

    /// How long it takes until so much of the tape was played; `None` while it is held.
    pub(super) fn wake_after(&self, wait: Duration) -> Option<Duration> {
        self.playing.map(|_| self.speed.time_for(wait).max(SHORTEST_WAKE))
    }

    /// Learns more of it. At first it goes to where the replay begins: to the end, if nothing else is asked.
    pub(super) fn read(
        &mut self,
        extent: TapeExtent,
        header: Option<Box<Header>>,
        now: Moment,
        zone: &TimeZone,
    ) -> Vec<Effect> {
        let is_first = self.extent.events == 0 && self.position.events == 0 && self.seeks == 0;
        self.extent = extent;
        self.header = header.or(self.header.take());
        let Some(begin) = self.begin else { return Vec::new() };
        let target = match begin.at {
            Some(jump) if extent.is_whole => jump.target(self.position, extent, zone),
            None if begin.plays => TapeTarget::Event(1),
            None if extent.is_whole => TapeTarget::End,
            _ if is_first && extent.events > 0 => {
                let effects = self.seek(TapeTarget::Event(extent.events.min(FIRST_EVENTS)));
                self.begin = Some(begin);
                return effects;
            }
            _ => return Vec::new(),
        };
        let mut effects = self.seek(target);
        if begin.plays {
            effects.extend(self.play(now));
        }
        effects
    }

    /// Goes there.
    pub(super) fn seek(&mut self, target: TapeTarget) -> Vec<Effect> {
        self.begin = None;
        self.seeks += 1;
        self.wanted = Some(target);
        vec![Effect::Tape(TapeCommand::Seek { number: self.seeks, target })]
    }

    /// Goes so many events on or back from where it is, or is to go.
    pub(super) fn step(&mut self, forward: bool) -> Result<Vec<Effect>, &'static str> {
        let from = match self.wanted {
            Some(TapeTarget::Event(event)) => event.min(self.extent.events),
            _ => self.position.events,
        };
        match (forward, from) {
            (true, from) if self.extent.is_whole && from >= self.extent.events => Err("this is the end of the tape"),
            (true, from) => Ok(self.seek(TapeTarget::Event(from + 1))),
            (false, 0 | 1) => Err("this is the beginning of the tape"),
            (false, from) => Ok(self.seek(TapeTarget::Event(from - 1))),
        }
    }

    /// Plays on.
    pub(super) fn play(&mut self, now: Moment) -> Vec<Effect> {
        self.begin = None;
        self.settle(now);
        self.playing = Some(now);
        vec![Effect::Tape(TapeCommand::Play(self.speed))]
    }

    /// Holds it.
    pub(super) fn hold(&mut self, now: Moment) -> Vec<Effect> {
        self.begin = None;
        self.settle(now);
        self.playing = None;
        vec![Effect::Tape(TapeCommand::Hold)]
    }

    /// Plays faster or slower from here on; what the reader is told.
    pub(super) fn change_speed(&mut self, faster: bool, now: Moment) -> (Vec<Effect>, Sanitized) {
        self.settle(now);
        self.speed = self.speed.stepped(faster);
        let effects = if self.is_playing() { self.play(now) } else { Vec::new() };
        (effects, sanitized!("played {} as fast as recorded", Sanitized::of(&self.speed)))
    }

    /// Takes the time that has passed into the position.
    fn settle(&mut self, now: Moment) {
        if self.playing.is_some() && self.position.at.is_some() {
            self.position.at = Some(self.moment(now).wall);
            self.playing = Some(now);
        }
    }

    /// Comes to a place, by the seek of that number or by playing.
    pub(super) fn arrive(&mut self, position: TapePosition, seek: u64, now: Moment) {
        self.position = position;
        if self.playing.is_some() {
            self.playing = Some(now);
        }
        if seek >= self.seeks {
            self.wanted = None;
        }
    }

    /// Comes to the end.
    pub(super) fn end(&mut self, now: Moment) {
        self.settle(now);
        self.playing = None;
    }

    /// How far it is, in words: `12,034 of 248,112`, `12,034 · read to 40 %`.
    pub fn place(&self) -> Sanitized {
        let at = text::grouped(self.position.events);
        if self.extent.is_whole {
            sanitized!("{} of {}", at, text::grouped(self.extent.events))
        } else {
            sanitized!("{} · read to {} %", at, self.extent.percent)
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment { elapsed: Duration::from_secs(seconds), wall: Timestamp::UNIX_EPOCH }
    }

    fn extent(events: u64, is_whole: bool) -> TapeExtent {
        let time = |text: &str| Some(text.parse().unwrap());
        TapeExtent {
            events,
            first: time("2026-11-24T12:00:00Z"),
            last: time("2026-11-24T13:00:00Z"),
            percent: if is_whole { 100 } else { 40 },
            is_whole,
        }
    }

    fn targets(effects: &[Effect]) -> Vec<TapeTarget> {
        let target = |effect: &Effect| match effect {
            Effect::Tape(TapeCommand::Seek { target, .. }) => Some(*target),
            _ => None,
        };
        effects.iter().filter_map(target).collect()
    }

    fn opened(settings: ReplaySettings, extents: &[TapeExtent]) -> (Tape, Vec<TapeTarget>, bool) {
        let mut tape = Tape::new(settings);
        let mut effects = Vec::new();
        for extent in extents {
            effects.extend(tape.read(*extent, None, at(1), &TimeZone::UTC));
        }
        let plays = effects.iter().any(|effect| matches!(effect, Effect::Tape(TapeCommand::Play(_))));
        (tape, targets(&effects), plays)
    }

    #[test]
    fn a_replay_begins_at_the_end_or_where_it_is_asked_to() {
        let growing = [extent(2_000, false), extent(9_000, false), extent(20_000, true)];
        let first = TapeTarget::Event(500);
        let of = |at: Option<&str>, plays| ReplaySettings {
            at: at.map(|at| at.parse().unwrap()),
            plays,
            speed: Speed::default(),
        };
        let half = TapeTarget::Time("2026-11-24T12:30:00Z".parse().unwrap());
        let cases = [
            (of(None, false), vec![first, TapeTarget::End], false),
            (of(Some("12:30"), false), vec![first, half], false),
            (of(Some("12:30"), true), vec![first, half], true),
            (of(None, true), vec![TapeTarget::Event(1)], true),
        ];
        for (settings, expected, expected_plays) in cases {
            let (_, targets, plays) = opened(settings, &growing);
            assert_eq!((targets, plays), (expected, expected_plays), "{settings:?}");
        }
        assert_eq!(opened(of(None, false), &[extent(3, true)]).1, [TapeTarget::End]);
        // Who has moved is not taken elsewhere.
        let (mut tape, ..) = opened(of(None, false), &growing[..1]);
        tape.step(true).unwrap();
        assert_eq!(tape.read(extent(20_000, true), None, at(2), &TimeZone::UTC), []);
    }

    #[test]
    fn steps_add_up_before_they_are_answered_and_end_at_the_ends() {
        let (mut tape, ..) = opened(ReplaySettings::default(), &[extent(10, true)]);
        let position = |events| TapePosition { events, at: Some("2026-11-24T12:10:00Z".parse().unwrap()) };
        tape.arrive(position(10), 1, at(1));
        assert!(tape.step(true).is_err());
        let back: Vec<_> = (0..3).flat_map(|_| targets(&tape.step(false).unwrap())).collect();
        assert_eq!(back, [9, 8, 7].map(TapeTarget::Event));
        // An answer to an earlier one.
        tape.arrive(position(9), 2, at(1));
        assert_eq!(targets(&tape.step(false).unwrap()), [TapeTarget::Event(6)]);
        tape.arrive(position(1), 5, at(1));
        assert!(tape.step(false).is_err());
        assert_eq!(tape.place(), "1 of 10");
    }

    #[test]
    fn the_time_on_the_tape_goes_on_while_it_is_played_and_as_fast() {
        let speed = "4".parse().unwrap();
        let (mut tape, ..) = opened(ReplaySettings { speed, ..ReplaySettings::default() }, &[extent(10, true)]);
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        tape.arrive(TapePosition { events: 3, at: Some(time("2026-11-24T12:10:00Z")) }, 1, at(1));
        assert_eq!(tape.moment(at(90)).wall, time("2026-11-24T12:10:00Z"));
        assert_eq!(tape.wake_after(Duration::from_secs(1)), None);
        tape.play(at(100));
        assert_eq!(tape.moment(at(101)).wall, time("2026-11-24T12:10:04Z"));
        assert_eq!(tape.wake_after(Duration::from_secs(1)), Some(Duration::from_millis(250)));
        tape.change_speed(false, at(102));
        assert_eq!(tape.moment(at(103)).wall, time("2026-11-24T12:10:10Z"));
        tape.hold(at(104));
        assert_eq!(tape.moment(at(200)).wall, time("2026-11-24T12:10:12Z"));
        tape.play(at(300));
        tape.arrive(TapePosition { events: 4, at: Some(time("2026-11-24T12:20:00Z")) }, 1, at(301));
        assert_eq!(tape.moment(at(302)).wall, time("2026-11-24T12:20:02Z"));
    }
}
