//! The playing of a tape: what is told of it, and when.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::mpsc::Sender;

use super::index::{Look, Mark, look};
use super::line::{self, LineReader, Told};
use super::reading::Tape;
use super::text::{self, Lines};
use crate::event::{Redaction, Sanitized, TypeName, sanitized, text as words};
use crate::session::tape::TapeError;
use crate::session::{MOST_TYPES, Moment, Record, Speed, TapeCommand, TapeNews, TapePosition, TapeTarget};

/// About so much of what happened last is told of another place of a tape, in lines and in bytes.
const LINES: u64 = 5_000;
const BYTES: u64 = 16 << 20;

/// So many records are told at once.
const AT_ONCE: usize = 512;

/// And no more often than this.
const TICK: Duration = Duration::from_millis(15);

/// Where nothing happened for longer, playing goes on after so long.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// So many faults are told one by one of what is told at once.
const MOST_FAULTS: usize = 5;

/// What a player is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask {
    /// Something of its watcher.
    Command(TapeCommand),
    /// More of the tape was read.
    Read,
}

/// Nobody listens any more.
#[derive(Debug)]
pub(super) struct Gone;

/// The player of a tape.
#[derive(Debug)]
pub(super) struct Playback {
    called: Sanitized,
    tape: Arc<Tape>,
    news: Sender<TapeNews>,
    redaction: Option<Redaction>,
    /// Where the next line begins.
    at: Mark,
    /// The time of the last record that was told.
    time: Option<Timestamp>,
    reader: LineReader,
    /// The lines from there on, where they were read last.
    lines: Option<Lines>,
    /// A line that was read and not told yet.
    ahead: Option<Ahead>,
    /// The seek that waits until more of the tape was read.
    wanted: Option<(u64, TapeTarget)>,
    /// The last seek that was answered.
    seek: u64,
    playing: Option<Playing>,
    /// How many of its faults were told.
    faults: usize,
    is_failed: bool,
}

/// A line that was read.
#[derive(Debug)]
struct Ahead {
    records: Vec<Record>,
    next: Mark,
    time: Option<Timestamp>,
}

/// A tape goes on.
#[derive(Clone, Copy, Debug)]
struct Playing {
    speed: Speed,
    /// An instant, and where the tape was then.
    since: Instant,
    from: Option<Timestamp>,
    /// When it may be told of next.
    next: Instant,
}

impl Playing {
    /// Where the tape is at that instant.
    fn at(self, now: Instant) -> Option<Timestamp> {
        let played = self.speed.played_in(now.saturating_duration_since(self.since));
        self.from?.checked_add(played).ok()
    }

    /// When the tape is there.
    fn when(self, time: Timestamp) -> Instant {
        let Some(from) = self.from else { return self.since };
        let ahead = Duration::try_from(time.duration_since(from)).unwrap_or_default();
        self.since.checked_add(self.speed.time_for(ahead)).unwrap_or(self.since + LONGEST_PAUSE)
    }
}

/// The end of what was read ahead, while playing.
enum Due {
    /// It is told at this instant.
    At(Instant),
    /// More must be read first.
    Unread,
    /// There is nothing more.
    Over,
}

impl Playback {
    pub(super) fn new(
        called: Sanitized,
        tape: Arc<Tape>,
        news: Sender<TapeNews>,
        redaction: Option<Redaction>,
    ) -> Self {
        Self {
            called,
            tape,
            news,
            redaction,
            at: Mark::default(),
            time: None,
            reader: LineReader::default(),
            lines: None,
            ahead: None,
            wanted: None,
            seek: 0,
            playing: None,
            faults: 0,
            is_failed: false,
        }
    }

    /// Plays until nobody listens any more.
    pub(super) fn run(mut self, asked: &Receiver<Ask>) {
        while self.step(asked).is_ok() {}
    }

    fn step(&mut self, asked: &Receiver<Ask>) -> Result<(), Gone> {
        let wait = match self.playing {
            Some(playing) => match self.due(playing) {
                Ok(Due::At(due)) => Some(due.saturating_duration_since(Instant::now())),
                Ok(Due::Unread) => None,
                Ok(Due::Over) => {
                    self.playing = None;
                    self.tell(TapeNews::Ended)?;
                    None
                }
                Err(error) => {
                    self.fail(&error)?;
                    None
                }
            },
            None => None,
        };
        let asked_now = match wait {
            Some(wait) => asked.recv_timeout(wait),
            None => asked.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match asked_now {
            Ok(ask) => {
                let mut has_read = self.hear(ask);
                while let Ok(ask) = asked.try_recv() {
                    has_read |= self.hear(ask);
                }
                if has_read {
                    self.tell_of_reading()?;
                }
                self.go()
            }
            Err(RecvTimeoutError::Timeout) => self.play_on(),
            Err(RecvTimeoutError::Disconnected) => Err(Gone),
        }
    }

    /// Takes in what is asked; whether it is that more of the tape was read.
    fn hear(&mut self, ask: Ask) -> bool {
        let now = Instant::now();
        match ask {
            Ask::Read => return true,
            Ask::Command(TapeCommand::Seek { number, target }) => self.wanted = Some((number, target)),
            Ask::Command(TapeCommand::Hold) => self.playing = None,
            Ask::Command(TapeCommand::Play(speed)) => {
                let from = match self.playing {
                    Some(playing) => playing.at(now),
                    None => self.time.or_else(|| self.tape.index().extent().first),
                };
                self.playing = Some(Playing { speed, since: now, from, next: now });
            }
        }
        false
    }

    /// Tells what is known of the tape, and what is wrong with it.
    fn tell_of_reading(&mut self) -> Result<(), Gone> {
        let (extent, faults, failed) = {
            let mut index = self.tape.index();
            let faults = index.faults_after(self.faults).to_vec();
            (index.extent(), faults, index.failed.take())
        };
        self.faults += faults.len();
        for fault in faults {
            self.tell(TapeNews::Lasting(fault))?;
        }
        if let Some(failed) = failed {
            self.is_failed = true;
            self.tell(TapeNews::Failed(failed))?;
        }
        let header = self.tape.header().cloned().map(Box::new);
        self.tell(TapeNews::Extent { extent, header })
    }

    /// Goes where it is wanted, if that was read already.
    fn go(&mut self) -> Result<(), Gone> {
        let Some((number, target)) = self.wanted else { return Ok(()) };
        let Some(text) = self.tape.text().cloned() else { return Ok(()) };
        let (extent, end) = {
            let index = self.tape.index();
            (index.extent(), index.end())
        };
        let is_read = extent.is_whole
            || match target {
                TapeTarget::Event(event) => event <= end.events,
                TapeTarget::Time(time) => extent.last.is_some_and(|last| time < last),
                TapeTarget::Share(_) | TapeTarget::End => false,
            };
        if !is_read {
            return Ok(());
        }
        self.wanted = None;
        self.seek = number;
        let gone = self.find(&text, target, extent.events, end).and_then(|(mark, time)| self.go_to(&text, mark, time));
        let news = match gone {
            Ok(news) => news,
            Err(error) => return self.fail(&error),
        };
        if let Some(playing) = &mut self.playing {
            (playing.since, playing.from) = (Instant::now(), self.time);
        }
        news.into_iter().try_for_each(|news| self.tell(news))
    }

    /// The place behind all that is told of a target, and the time there, where the target is one.
    fn find(
        &self,
        text: &Arc<std::fs::File>,
        target: TapeTarget,
        events: u64,
        end: Mark,
    ) -> io::Result<(Mark, Option<Timestamp>)> {
        let number = match target {
            TapeTarget::End => return Ok((end, None)),
            TapeTarget::Event(number) if number >= events => return Ok((end, None)),
            TapeTarget::Event(number) => number,
            TapeTarget::Share(share) => {
                let number = u128::from(events) * u128::from(share) / 10_000;
                u64::try_from(number).unwrap_or(events)
            }
            TapeTarget::Time(time) => {
                let mut mark = self.tape.index().before_time(time);
                let mut lines = Lines::of(text, mark.offset, end.offset);
                while let Some(read) = lines.next()? {
                    if line::time(read.bytes).is_some_and(|at| at > time) {
                        break;
                    }
                    mark = mark.behind(read.bytes, read.length);
                }
                return Ok((mark, Some(time)));
            }
        };
        let number = number.max(1);
        let mut mark = self.tape.index().before_event(number);
        let mut lines = Lines::of(text, mark.offset, end.offset);
        while mark.events < number {
            let Some(read) = lines.next()? else { break };
            mark = mark.behind(read.bytes, read.length);
        }
        Ok((mark, None))
    }

    /// Goes to a place: on from here where that is near, else by what a session knows there.
    fn go_to(&mut self, text: &Arc<std::fs::File>, to: Mark, time: Option<Timestamp>) -> io::Result<Vec<TapeNews>> {
        let is_near =
            to.offset >= self.at.offset && to.lines - self.at.lines <= LINES && to.offset - self.at.offset <= BYTES;
        self.ahead = None;
        self.lines = None;
        let is_first = self.at == Mark::default();
        if is_near && !is_first {
            let mut told = Heard::default();
            self.hear_lines(text, self.at, to, &mut told)?;
            self.arrive(to, time.or(told.time));
            return Ok(told.news(|records| self.played(records)));
        }
        let (from, older, counts) = {
            let index = self.tape.index();
            let from = index.window(to, LINES, BYTES);
            (from, index.newest_before(from, MOST_TYPES), index.counts_before(from))
        };
        let mut told = Heard::default();
        // Those of older events count up to the last one of their type.
        let before: HashMap<TypeName, u64> = counts.iter().map(|(name, count)| (name.clone(), count - 1)).collect();
        self.reader = LineReader::after(before);
        for offset in older {
            let bytes = text::line_at(text, offset)?;
            match self.reader.read(&bytes, true) {
                Ok(Told::Records(records)) => told.take_in(records),
                Ok(Told::Header(_) | Told::Nothing) => {}
                Err(error) => told.faults.push(sanitized!("{}: {}", self.called, Sanitized::of(&error))),
            }
        }
        self.reader = LineReader::after(counts);
        self.hear_lines(text, from, to, &mut told)?;
        self.arrive(to, time.or(told.time));
        let (position, seek) = (self.position(), self.seek);
        Ok(told.news(|records| TapeNews::Restored { records, position, seek }))
    }

    fn arrive(&mut self, at: Mark, time: Option<Timestamp>) {
        self.at = at;
        self.time = time.or(self.time);
    }

    /// Reads all lines from one place to another.
    fn hear_lines(&mut self, text: &Arc<std::fs::File>, from: Mark, to: Mark, told: &mut Heard) -> io::Result<()> {
        let (mut lines, mut number) = (Lines::of(text, from.offset, to.offset), from.lines);
        while let Some(read) = lines.next()? {
            number += 1;
            match self.reader.read(read.bytes, read.is_ended) {
                Ok(Told::Records(records)) => told.take_in(records),
                Ok(Told::Header(_) | Told::Nothing) => {}
                // Who read the tape has told it.
                Err(_) if !read.is_ended => {}
                Err(error) => told.fault(&self.called, number, &error),
            }
        }
        Ok(())
    }

    /// When the next line is due. It is read for that.
    fn due(&mut self, playing: Playing) -> io::Result<Due> {
        if self.ahead.is_none() {
            let Some(text) = self.tape.text().cloned() else { return Ok(Due::Unread) };
            let (end, is_whole) = {
                let index = self.tape.index();
                (index.end(), index.is_whole())
            };
            if self.at.offset >= end.offset {
                return Ok(if is_whole { Due::Over } else { Due::Unread });
            }
            let mut lines = self.lines.take().unwrap_or_else(|| Lines::of(&text, self.at.offset, end.offset));
            lines.reach(end.offset);
            let Some(read) = lines.next()? else { return Ok(Due::Over) };
            let next = self.at.behind(read.bytes, read.length);
            let records = match self.reader.read(read.bytes, read.is_ended) {
                Ok(Told::Records(records)) => records,
                Ok(Told::Header(_) | Told::Nothing) => Vec::new(),
                Err(_) if !read.is_ended => Vec::new(),
                Err(error) => {
                    let at = Moment::at(self.time.unwrap_or(Timestamp::UNIX_EPOCH));
                    let text = placed(&self.called, next.lines, &error);
                    vec![Record::Note { at, note: crate::event::Note(text) }]
                }
            };
            let time = records.iter().rev().find_map(|record| line::known(record.at()));
            self.ahead = Some(Ahead { records, next, time });
            self.lines = Some(lines);
        }
        let time = self.ahead.as_ref().and_then(|ahead| ahead.time);
        let now = Instant::now();
        let when = time.map_or(now, |time| playing.when(time)).min(now + LONGEST_PAUSE);
        Ok(Due::At(when.max(playing.next)))
    }

    /// Tells what is due.
    fn play_on(&mut self) -> Result<(), Gone> {
        let Some(mut playing) = self.playing else { return Ok(()) };
        let now = Instant::now();
        let mut records = Vec::new();
        let mut reached = playing.at(now);
        while let Some(ahead) = self.ahead.take() {
            // The first one is due, or waited for long enough.
            if records.is_empty() && ahead.time > reached {
                (playing.since, playing.from) = (now, ahead.time);
                reached = ahead.time;
            }
            if ahead.time > reached || records.len() >= AT_ONCE {
                self.ahead = Some(ahead);
                break;
            }
            (self.at, self.time) = (ahead.next, ahead.time.or(self.time));
            records.extend(ahead.records);
            match self.due(playing) {
                Ok(Due::At(_)) => {}
                Ok(Due::Unread | Due::Over) => break,
                Err(error) => return self.fail(&error),
            }
        }
        playing.next = now + TICK;
        if playing.from.is_none() {
            (playing.since, playing.from) = (now, self.time);
        }
        self.playing = Some(playing);
        if records.is_empty() {
            return Ok(());
        }
        let news = self.played(records);
        self.tell(news)
    }

    fn position(&self) -> TapePosition {
        TapePosition { events: self.at.events, at: self.time }
    }

    fn played(&self, records: Vec<Record>) -> TapeNews {
        TapeNews::Played { records, position: self.position(), seek: self.seek }
    }

    /// Tells that the tape cannot be read any further.
    fn fail(&mut self, error: &io::Error) -> Result<(), Gone> {
        self.playing = None;
        self.tell(TapeNews::Failed(sanitized!("{} cannot be read any further: {}", self.called, Sanitized::of(error))))
    }

    fn tell(&self, news: TapeNews) -> Result<(), Gone> {
        let news = match &self.redaction {
            Some(redaction) => redaction.news(&news),
            None => news,
        };
        self.news.blocking_send(news).map_err(|_| Gone)
    }
}

/// What was read of some lines.
#[derive(Debug, Default)]
struct Heard {
    records: Vec<Record>,
    time: Option<Timestamp>,
    faults: Vec<Sanitized>,
    /// How many more faults there are.
    more: u64,
}

impl Heard {
    fn take_in(&mut self, records: Vec<Record>) {
        self.time = records.iter().rev().find_map(|record| line::known(record.at())).or(self.time);
        self.records.extend(records);
    }

    fn fault(&mut self, called: &Sanitized, line: u64, error: &TapeError) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(placed(called, line, error));
        } else {
            self.more += 1;
        }
    }

    /// The records in their news, and what is wrong with the others.
    fn news(self, told: impl FnOnce(Vec<Record>) -> TapeNews) -> Vec<TapeNews> {
        let more = (self.more > 0).then(|| sanitized!("and {} are left out", words::counted(self.more, "more line")));
        let faults = self.faults.into_iter().chain(more).map(TapeNews::Fault);
        std::iter::once(told(self.records)).chain(faults).collect()
    }
}

/// What is wrong with a line that is left out, and where.
fn placed(called: &Sanitized, line: u64, error: &TapeError) -> Sanitized {
    sanitized!("{}:{}: {}; left out", called, line, Sanitized::of(error))
}

impl Mark {
    /// The place behind a line that begins here.
    fn behind(self, bytes: &[u8], length: u64) -> Self {
        let is_event = matches!(look(bytes), Look::Event(_));
        Self { offset: self.offset + length, lines: self.lines + 1, events: self.events + u64::from(is_event) }
    }
}
