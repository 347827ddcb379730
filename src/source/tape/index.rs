//! The sparse index of a tape: where its parts begin, and where in each the last event of each type stands.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::de::IgnoredAny;

use super::line;
use crate::event::{Head, Sanitized, TypeName};
use crate::session::{Change, Record, RecordLine, TapeExtent};

/// About how long a part is, in bytes and in lines.
const PART: u64 = 1 << 20;
const LINES: u64 = 1_000;

/// So many types are told apart; of further ones only those events are found that stand near where one is.
const MOST_NAMES: usize = 1 << 16;

/// So many faults are told one by one.
const MOST_FAULTS: usize = 100;

/// What is known of a tape's lines, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Index {
    parts: Vec<Part>,
    /// The types by their numbers.
    names: Vec<Box<str>>,
    /// Where the last part ends.
    end: Mark,
    last: Option<Timestamp>,
    /// How many bytes there are, and how many of them were read; both as the tape is packed.
    pub(super) size: u64,
    pub(super) read: u64,
    /// Whether all of it was read.
    is_whole: bool,
    /// What is wrong with it.
    faults: Vec<Sanitized>,
    /// Why it cannot be read, or no further.
    pub(super) failed: Option<Sanitized>,
}

/// Makes the index of a tape while its lines are read.
#[derive(Debug, Default)]
pub(super) struct Indexer {
    /// The part that is being read.
    open: Part,
    touched: HashMap<u32, Last>,
    numbers: HashMap<Box<str>, u32>,
    /// The types that the index does not have yet.
    fresh: Vec<Box<str>>,
    at: Mark,
}

/// A part of a tape: some whole lines.
#[derive(Debug, Default)]
struct Part {
    /// Where it begins.
    mark: Mark,
    /// How many types are known before it.
    names: usize,
    /// The time of its first record.
    first: Option<Timestamp>,
    /// The last lines of each type in it.
    last: Box<[(u32, Last)]>,
}

/// The last lines of a type in a part, as offsets from its beginning plus one; 0 is none.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    event: u32,
    count: u32,
    /// How many events of the type there are in the part.
    events: u32,
}

/// A place between two lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Where the next line begins, in bytes.
    pub(super) offset: u64,
    /// How many lines stand before it.
    pub(super) lines: u64,
    /// How many events do.
    pub(super) events: u64,
}

/// What a line is at a glance.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look<'l> {
    /// An event of this type.
    Event(Cow<'l, str>),
    /// A count of this type.
    Count(Cow<'l, str>),
    /// Another record, or a line without anything.
    Other,
}

/// Looks at a line. Those that `watch` writes are told by how they begin; others are read.
pub(super) fn look(line: &[u8]) -> Look<'_> {
    if let Some(rest) = line.strip_prefix(br#"{"record":""#) {
        if let Some(name) = rest.strip_prefix(br#"event","type":""#) {
            return plain(name).map_or_else(|| read(line), |name| whole(line, Look::Event(name)));
        }
        if let Some(name) = rest.strip_prefix(br#"count","type":""#) {
            return plain(name).map_or_else(|| read(line), |name| whole(line, Look::Count(name)));
        }
        return Look::Other;
    }
    read(line)
}

/// A name up to its quote, where nothing in it is escaped.
fn plain(text: &[u8]) -> Option<Cow<'_, str>> {
    let end = memchr::memchr2(b'"', b'\\', text)?;
    (text.get(end) == Some(&b'"')).then(|| std::str::from_utf8(text.get(..end)?).ok().map(Cow::Borrowed))?
}

/// What a line is, if it is JSON: a broken one is nothing.
fn whole<'l>(line: &[u8], look: Look<'l>) -> Look<'l> {
    let is_json = std::str::from_utf8(line).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    if is_json { look } else { Look::Other }
}

fn read(line: &[u8]) -> Look<'_> {
    let Ok(text) = std::str::from_utf8(line) else { return Look::Other };
    let text = line::trimmed(text);
    let named = |change: &Change| Cow::Owned(change.event_type.as_str().to_owned());
    match RecordLine::read(text) {
        RecordLine::Event { change, .. } => Look::Event(named(&change)),
        RecordLine::Record(record) => match *record {
            Record::Change(change) => Look::Count(named(&change)),
            _ => Look::Other,
        },
        RecordLine::Other if text.starts_with('{') => {
            let head = Head::of(text, None);
            let name = head.event_type.as_ref().map_or(TypeName::UNNAMED, TypeName::as_str).to_owned();
            whole(text.as_bytes(), Look::Event(Cow::Owned(name)))
        }
        RecordLine::Header(_) | RecordLine::Unknown | RecordLine::Other => Look::Other,
    }
}

impl Indexer {
    /// Takes in the next line; `length` is that with its line feed.
    pub(super) fn take_in(&mut self, line: &[u8], length: u64) {
        if self.open.first.is_none() {
            self.open.first = line::time(line);
        }
        let within = u32::try_from(self.at.offset - self.open.mark.offset + 1).unwrap_or(u32::MAX);
        match look(line) {
            Look::Event(name) => {
                self.at.events += 1;
                if let Some(last) = self.last_of(&name) {
                    last.event = within;
                    last.events += 1;
                }
            }
            Look::Count(name) => {
                if let Some(last) = self.last_of(&name) {
                    last.count = within;
                }
            }
            Look::Other => {}
        }
        self.at.lines += 1;
        self.at.offset += length;
    }

    fn last_of(&mut self, name: &str) -> Option<&mut Last> {
        let number = match self.numbers.get(name) {
            Some(number) => *number,
            None if self.numbers.len() < MOST_NAMES => {
                let number = u32::try_from(self.numbers.len()).ok()?;
                self.numbers.insert(name.into(), number);
                self.fresh.push(name.into());
                number
            }
            None => return None,
        };
        Some(self.touched.entry(number).or_default())
    }

    /// Whether the part that is being read is long enough.
    pub(super) fn is_full(&self) -> bool {
        let begin = self.open.mark;
        self.at.offset - begin.offset >= PART || self.at.lines - begin.lines >= LINES
    }

    /// Adds the part that was read to the index.
    pub(super) fn close(&mut self, index: &mut Index) {
        self.open.last = self.touched.drain().collect();
        let next = Part { mark: self.at, names: self.numbers.len(), first: None, last: Box::default() };
        index.parts.push(std::mem::replace(&mut self.open, next));
        index.names.append(&mut self.fresh);
        index.end = self.at;
    }
}

impl Index {
    /// Learns that no line follows; `last` is the time of the last record.
    pub(super) fn finish(&mut self, last: Option<Timestamp>) {
        self.last = last;
        self.is_whole = true;
    }

    /// Notes what is wrong with a part of the tape.
    pub(super) fn fault(&mut self, told: Sanitized) {
        match self.faults.len() {
            0..MOST_FAULTS => self.faults.push(told),
            MOST_FAULTS => self.faults.push("more of the kind is not told one by one".into()),
            _ => {}
        }
    }

    /// What is wrong with it, without the first `known`.
    pub(super) fn faults_after(&self, known: usize) -> &[Sanitized] {
        self.faults.get(known..).unwrap_or_default()
    }

    /// Where what was read ends.
    pub(super) fn end(&self) -> Mark {
        self.end
    }

    /// Whether all of it was read.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// What is known of the whole.
    pub(super) fn extent(&self) -> TapeExtent {
        let first = self.parts.iter().find_map(|part| part.first);
        let last = self.last.or_else(|| self.parts.iter().rev().find_map(|part| part.first));
        let percent = if self.is_whole { 100 } else { (self.read.saturating_mul(100) / self.size.max(1)).min(99) };
        let percent = u8::try_from(percent).unwrap_or(100);
        TapeExtent { events: self.end.events, first, last, percent, is_whole: self.is_whole }
    }

    /// The beginning of the part in which the event of that number, from 1, stands.
    pub(super) fn before_event(&self, number: u64) -> Mark {
        self.before(|part| part.mark.events < number)
    }

    /// The beginning of the part in which the first thing after that time happened.
    pub(super) fn before_time(&self, time: Timestamp) -> Mark {
        self.before(|part| part.first.is_none_or(|first| first <= time))
    }

    /// The beginning of the last of the first parts that are so.
    fn before(&self, is_before: impl Fn(&Part) -> bool) -> Mark {
        self.parts.iter().take_while(|part| is_before(part)).last().map(|part| part.mark).unwrap_or_default()
    }

    /// The beginning of the first part from which it is no more than so many lines and bytes to `end`; the last one before
    /// `end`, where every part has more.
    pub(super) fn window(&self, end: Mark, lines: u64, bytes: u64) -> Mark {
        let mut parts = self.parts.iter().map(|part| part.mark).take_while(|mark| mark.offset < end.offset);
        let first = parts.find(|mark| end.lines - mark.lines <= lines && end.offset - mark.offset <= bytes);
        first.unwrap_or_else(|| self.before(|part| part.mark.offset < end.offset))
    }

    /// Where the last event of each type before `mark`, the beginning of a part, stands, and its last count where that
    /// stands behind it; in order. Of more than `most` types, those that were seen last.
    pub(super) fn newest_before(&self, mark: Mark, most: usize) -> Vec<u64> {
        let at = self.parts.partition_point(|part| part.mark.offset < mark.offset);
        let names = self.parts.get(at).map_or(self.names.len(), |part| part.names).min(most);
        let (mut events, mut counts) = (HashSet::new(), HashSet::new());
        let mut offsets = Vec::new();
        for part in self.parts.iter().take(at).rev() {
            let mut here: Vec<_> = part.last.iter().collect();
            here.sort_by_key(|(_, last)| std::cmp::Reverse(last.event.max(last.count)));
            for (name, last) in here {
                if events.len() >= names {
                    break;
                }
                let offset = |within: u32| part.mark.offset + u64::from(within) - 1;
                if last.count > last.event && !events.contains(name) && counts.insert(*name) {
                    offsets.push(offset(last.count));
                }
                if last.event > 0 && events.insert(*name) {
                    offsets.push(offset(last.event));
                }
            }
        }
        offsets.sort_unstable();
        offsets
    }

    /// How many events of each type stand before `mark`, the beginning of a part.
    pub(super) fn counts_before(&self, mark: Mark) -> HashMap<TypeName, u64> {
        let mut counts: HashMap<u32, u64> = HashMap::new();
        let parts = self.parts.iter().take_while(|part| part.mark.offset < mark.offset);
        for (name, last) in parts.flat_map(|part| &part.last) {
            *counts.entry(*name).or_default() += u64::from(last.events);
        }
        let name = |number: u32| self.names.get(usize::try_from(number).ok()?).map(|name| TypeName::from(&**name));
        counts.into_iter().filter_map(|(number, count)| Some((name(number)?, count))).collect()
    }
}
