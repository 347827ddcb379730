//! A tape that is played: where one is on it, where one may go, and what its player and its watcher tell each other.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use thiserror::Error;

use super::Record;
use super::tape::Header;
use crate::event::Sanitized;

/// The fastest that a tape is played, in hundredths of the pace at which it was recorded.
const FASTEST: u32 = 1_000_000;

/// Where a replay is on its tape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TapePosition {
    /// How many of its events were told.
    pub events: u64,
    /// The time of the last record that was told; `None` where nothing tells one.
    pub at: Option<Timestamp>,
}

/// The whole of a tape, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TapeExtent {
    /// How many events it has.
    pub events: u64,
    /// The time of its first record.
    pub first: Option<Timestamp>,
    /// The time of its last record that is known.
    pub last: Option<Timestamp>,
    /// How many percent of it were looked through.
    pub percent: u8,
    /// Whether that is all of it.
    pub is_whole: bool,
}

/// A place on a tape as its reader names it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jump {
    /// A time of day: `14:03`, `14:03:22`.
    TimeOfDay(Time),
    /// A time: `2026-11-24 14:03`, `2026-11-24T14:03:00Z`.
    Local(DateTime),
    /// A time, whatever the zone.
    At(Timestamp),
    /// So much later or earlier: `+2m`, `-30s`.
    By(SignedDuration),
    /// A share of its events: `50%`, in hundredths of a percent.
    Share(u16),
    /// The event of this number, counted from 1.
    Event(u64),
}

/// Why a text names no place on a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a place on a tape is a time (14:03, 14:03:22), a step (+2m, -30s), a share (50%) or the number of an event (120)"
)]
pub struct NoJump;

/// A place on a tape as its player finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapeTarget {
    /// After so many events.
    Event(u64),
    /// After all that happened until then.
    Time(Timestamp),
    /// After a share of its events, in hundredths of a percent.
    Share(u16),
    /// Its end.
    End,
}

/// A watcher's command to the player of a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapeCommand {
    /// Go there. The last one holds.
    Seek {
        /// A number to name it by.
        number: u64,
        /// Where.
        target: TapeTarget,
    },
    /// Play on from here, so many times as fast as it was recorded.
    Play(Speed),
    /// Hold.
    Hold,
}

/// How fast a tape is played, in hundredths of the pace at which it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(u32);

/// Why a text is no speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a speed is a number from 0.01 to 10000, such as 4 or 0.5")]
pub struct NoSpeed;

/// The news of a tape that is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TapeNews {
    /// More of the tape is known.
    Extent {
        /// All that is known of it.
        extent: TapeExtent,
        /// Its first line, where it is one that was recorded.
        header: Option<Box<Header>>,
    },
    /// This follows on the tape.
    Played {
        /// What follows.
        records: Vec<Record>,
        /// Where that leads to.
        position: TapePosition,
        /// The last seek that is answered with it.
        seek: u64,
    },
    /// This is what a session knows at another place of the tape, instead of all that was told before.
    Restored {
        /// The newest event of each type before, and what happened last.
        records: Vec<Record>,
        /// The place.
        position: TapePosition,
        /// The seek that is answered with it.
        seek: u64,
    },
    /// The tape has been played to its end.
    Ended,
    /// A part of what was told just now cannot be read: what, and where.
    Fault(Sanitized),
    /// The same of the tape as a whole, wherever one is on it.
    Lasting(Sanitized),
    /// It cannot be read at all, or no further.
    Failed(Sanitized),
}

impl FromStr for Jump {
    type Err = NoJump;

    fn from_str(text: &str) -> Result<Self, NoJump> {
        let text = text.trim();
        if let Some(share) = text.strip_suffix('%') {
            let share: f64 = share.trim().parse().map_err(|_| NoJump)?;
            if !(0.0..=100.0).contains(&share) {
                return Err(NoJump);
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within 0 and 10,000")]
            return Ok(Self::Share((share * 100.0).round() as u16));
        }
        if text.starts_with(['+', '-']) {
            let (sign, span) = text.split_at(1);
            let by = duration(span).ok_or(NoJump)?;
            return Ok(Self::By(if sign == "-" { -by } else { by }));
        }
        let number = text.strip_prefix('#').unwrap_or(text).replace(',', "");
        if let Ok(number) = number.parse() {
            return Ok(Self::Event(number));
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Self::At(time));
        }
        if let Ok(time) = text.parse::<DateTime>() {
            return Ok(Self::Local(time));
        }
        text.parse().map(Self::TimeOfDay).map_err(|_| NoJump)
    }
}

/// `30s`, `2m`, `1h30m`; what is only a number are seconds.
fn duration(text: &str) -> Option<SignedDuration> {
    let duration = match text.parse::<u32>() {
        Ok(seconds) => SignedDuration::from_secs(seconds.into()),
        Err(_) => text.parse().ok()?,
    };
    (!duration.is_negative() && duration.as_hours() < 24 * 365).then_some(duration)
}

impl Jump {
    /// Where that is for one who is at `position` and reads times in `zone`. A time of day is that of the same day, or of
    /// the first that the tape has.
    pub fn target(self, position: TapePosition, extent: TapeExtent, zone: &TimeZone) -> TapeTarget {
        match self {
            Self::Share(10_000..) => TapeTarget::End,
            Self::Share(share) => TapeTarget::Share(share),
            Self::Event(number) => TapeTarget::Event(number.max(1)),
            Self::At(time) => TapeTarget::Time(time),
            Self::Local(time) => time.to_zoned(zone.clone()).map_or(TapeTarget::End, |time| time.timestamp().into()),
            Self::By(by) => match position.at.or(extent.first).map(|at| at.checked_add(by)) {
                Some(Ok(time)) => TapeTarget::Time(time),
                _ => TapeTarget::Event(position.events.max(1)),
            },
            Self::TimeOfDay(time) => {
                let days = [position.at, extent.first].into_iter().flatten();
                let of_day = |day: Timestamp| {
                    let date = day.to_zoned(zone.clone()).date();
                    date.to_datetime(time).to_zoned(zone.clone()).ok().map(|time| time.timestamp())
                };
                let days = days.chain(extent.first.and_then(|first| {
                    first.to_zoned(zone.clone()).checked_add(Span::new().days(1)).ok().map(|next| next.timestamp())
                }));
                let times: Vec<_> = days.filter_map(of_day).collect();
                let is_on_tape = |time: &&Timestamp| {
                    extent.first.is_none_or(|first| first <= **time) && extent.last.is_none_or(|last| **time <= last)
                };
                let time = times.iter().find(is_on_tape).or_else(|| times.first());
                time.map_or(TapeTarget::Event(position.events.max(1)), |time| TapeTarget::Time(*time))
            }
        }
    }
}

impl From<Timestamp> for TapeTarget {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl Default for Speed {
    /// As it was recorded.
    fn default() -> Self {
        Self(100)
    }
}

impl FromStr for Speed {
    type Err = NoSpeed;

    fn from_str(text: &str) -> Result<Self, NoSpeed> {
        let text = text.trim();
        let number: f64 = text.strip_prefix(['×', 'x']).unwrap_or(text).parse().map_err(|_| NoSpeed)?;
        let hundredths = (number * 100.0).round();
        if !(1.0..=f64::from(FASTEST)).contains(&hundredths) {
            return Err(NoSpeed);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within 1 and the fastest")]
        Ok(Self(hundredths as u32))
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "×{}", f64::from(self.0) / 100.0)
    }
}

impl Speed {
    /// Twice as fast, or half.
    #[must_use]
    pub fn stepped(self, faster: bool) -> Self {
        Self(if faster { self.0 * 2 } else { self.0 / 2 }.clamp(1, FASTEST))
    }

    /// How much of the tape is played in that time.
    pub fn played_in(self, time: Duration) -> Duration {
        time.saturating_mul(self.0) / 100
    }

    /// How long that much of the tape is played.
    pub fn time_for(self, played: Duration) -> Duration {
        played.saturating_mul(100) / self.0.max(1)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_is_named_by_a_time_a_step_a_share_or_a_number() {
        let extent = TapeExtent {
            events: 200,
            first: Some(time("2026-11-24T22:00:00Z")),
            last: Some(time("2026-11-25T02:00:00Z")),
            percent: 100,
            is_whole: true,
        };
        let position = TapePosition { events: 40, at: Some(time("2026-11-24T23:00:00Z")) };
        let cases = [
            ("22:30", TapeTarget::Time(time("2026-11-24T22:30:00Z"))),
            (" 22:30:15 ", TapeTarget::Time(time("2026-11-24T22:30:15Z"))),
            // Of the next day.
            ("01:00", TapeTarget::Time(time("2026-11-25T01:00:00Z"))),
            ("2026-11-25T01:00:00Z", TapeTarget::Time(time("2026-11-25T01:00:00Z"))),
            ("2026-11-25 01:00", TapeTarget::Time(time("2026-11-25T01:00:00Z"))),
            ("+2m", TapeTarget::Time(time("2026-11-24T23:02:00Z"))),
            ("-30s", TapeTarget::Time(time("2026-11-24T22:59:30Z"))),
            ("+1h30m", TapeTarget::Time(time("2026-11-25T00:30:00Z"))),
            ("-15", TapeTarget::Time(time("2026-11-24T22:59:45Z"))),
            ("50%", TapeTarget::Share(5_000)),
            ("0%", TapeTarget::Share(0)),
            ("100 %", TapeTarget::End),
            ("12,034", TapeTarget::Event(12_034)),
            ("#7", TapeTarget::Event(7)),
            ("0", TapeTarget::Event(1)),
        ];
        for (text, expected) in cases {
            let jump: Jump = text.parse().unwrap();
            assert_eq!(jump.target(position, extent, &TimeZone::UTC), expected, "{text}");
        }
        for text in ["", "later", "101%", "-1%", "%", "+", "+-1s", "25:00", "1e400%", "+99999999h"] {
            assert_eq!(text.parse::<Jump>(), Err(NoJump), "{text}");
        }
    }

    #[test]
    fn without_times_a_step_in_time_leads_nowhere() {
        let (position, extent) = (TapePosition { events: 3, at: None }, TapeExtent::default());
        for text in ["+2m", "14:03"] {
            let jump: Jump = text.parse().unwrap();
            assert_eq!(jump.target(position, extent, &TimeZone::UTC), TapeTarget::Event(3), "{text}");
        }
    }

    #[test]
    fn a_speed_is_a_number_within_limits() {
        for (text, shown) in [("4", "×4"), ("0.5", "×0.5"), ("x2", "×2"), ("×1", "×1"), ("10000", "×10000")] {
            assert_eq!(text.parse::<Speed>().unwrap().to_string(), shown);
        }
        for text in ["0", "-1", "NaN", "inf", "fast", "10001", ""] {
            assert_eq!(text.parse::<Speed>(), Err(NoSpeed), "{text}");
        }
        let four: Speed = "4".parse().unwrap();
        assert_eq!(four.played_in(Duration::from_secs(2)), Duration::from_secs(8));
        assert_eq!(four.time_for(Duration::from_secs(8)), Duration::from_secs(2));
        assert_eq!(four.stepped(false).to_string(), "×2");
        assert_eq!("10000".parse::<Speed>().unwrap().stepped(true).to_string(), "×10000");
    }
}
