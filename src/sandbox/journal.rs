//! What the collector was sent, request by request: those who watch it pull from here, and no sender waits for them.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::blueshift::{KeyMask, auth};
use crate::event::text::{excerpt, sanitize};
use crate::event::{Note, Payload, Sanitized, TypeName, sanitized, scan, text};
use crate::session::{
    Arrival as Origin, Change, ChangeKind, Coverage, Forwarded, Gap, Moment, Record, Refusal, Request,
};

use super::intake::{self, Account, Arrival};
use super::{paths, pixel};

/// How many requests are held.
const MOST_REQUESTS: usize = 20_000;

/// How many bytes of them.
const MOST_BYTES: usize = 64 << 20;

/// How many requests are told at once.
const AT_ONCE: usize = 512;

/// The most columns of a value that was refused.
const LONGEST_VALUE: usize = 60;

/// A request that was answered.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) method: Method,
    /// The path and the query.
    pub(super) target: String,
    pub(super) head: HeaderMap,
    pub(super) body: Bytes,
    /// The address it came from.
    pub(super) address: IpAddr,
    /// When its head was there.
    pub(super) began: Instant,
    pub(super) status: u16,
    /// The body of the answer, where it is short.
    pub(super) answer: Option<Bytes>,
    pub(super) told: Told,
    /// What came of passing it on.
    pub(super) forwarded: Option<PassedOn>,
}

/// A request that was passed on, or that could not be.
#[derive(Debug)]
pub(super) struct PassedOn {
    pub(super) told: Forwarded,
    /// The key that it went with, if it was not the sender's.
    pub(super) key: Option<SecretString>,
}

/// What became of a request, as the one who answered it knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// The events of it that were taken in.
    pub(super) taken: Vec<Arc<Arrival>>,
    /// Why it was not answered as it asks.
    pub(super) refused: Option<Why>,
    /// Whether that is the answer in any case, and nothing is passed on.
    pub(super) stays: bool,
}

/// Why a request was refused.
#[derive(Clone, Debug, Default)]
pub(super) struct Why {
    /// The reason.
    pub(super) reason: String,
    /// Which event of a bulk call it is about.
    pub(super) index: Option<usize>,
    /// The field that it is about.
    pub(super) field: Option<&'static str>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    at: Timestamp,
    took: Duration,
    done: Instant,
    keys: Vec<SecretString>,
    /// The fields of its head, a line each.
    head: Box<[u8]>,
    exchange: Exchange,
}

/// The status of what was not answered at all.
pub(super) const NO_ANSWER: u16 = 0;

impl Exchange {
    /// One that was not read as a request, from that address, and why.
    pub(super) fn unread(address: IpAddr, status: u16, why: String) -> Self {
        let (answer, head, body, forwarded) = Default::default();
        let (method, target) = (Method::from_bytes(b"-").unwrap_or_default(), "(no request)".to_owned());
        let told = Told { refused: Some(Why { reason: why, ..Why::default() }), ..Told::default() };
        Self { method, target, head, body, address, began: Instant::now(), status, answer, told, forwarded }
    }
}

/// The newest requests, numbered from 1. Every part is bounded.
#[derive(Debug, Default)]
pub(super) struct Journal {
    held: Mutex<Held>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Held {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// How many there were.
    count: u64,
}

impl Entry {
    fn weight(&self) -> usize {
        let Exchange { body, answer, told, .. } = &self.exchange;
        let events: usize = told.taken.iter().map(|event| event.bytes()).sum();
        size_of::<Self>() + self.head.len() + body.len() + answer.as_ref().map_or(0, Bytes::len) + events
    }
}

impl Journal {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an answered request down; its number.
    pub(super) fn push(&self, mut exchange: Exchange) -> u64 {
        let header = exchange.head.remove(AUTHORIZATION);
        let query = exchange.target.split_once('?').map(|(_, query)| query);
        let own = header.as_ref().and_then(|header| auth::receive(Some(header.as_bytes()), None).ok());
        let keys: Vec<SecretString> = own.into_iter().chain(auth::receive(None, query).ok()).collect();
        let other = exchange.forwarded.as_ref().and_then(|passed| passed.key.clone());
        let keys: Vec<_> = keys.into_iter().chain(other).collect();
        exchange.target = auth::withhold(&exchange.target);
        let done = Instant::now();
        let took = done.duration_since(exchange.began);
        // What the connection read into is free again, for nothing here lies in it.
        let lines = fields(&std::mem::take(&mut exchange.head), header.is_some());
        exchange.body = Bytes::copy_from_slice(&exchange.body);
        let mut entry = Entry { number: 0, at: Timestamp::now(), took, done, keys, head: lines, exchange };
        let weight = entry.weight();
        let mut held = self.held();
        held.count += 1;
        let number = held.count;
        entry.number = number;
        held.bytes += weight;
        held.entries.push_back(Arc::new(entry));
        while (held.entries.len() > MOST_REQUESTS || held.bytes > MOST_BYTES)
            && held.entries.len() > 1
            && let Some(oldest) = held.entries.pop_front()
        {
            held.bytes -= oldest.weight();
        }
        drop(held);
        self.news.notify_waiters();
        number
    }

    /// Forgets what was sent; the numbers go on.
    pub(super) fn forget(&self) {
        let mut held = self.held();
        held.entries.clear();
        held.bytes = 0;
    }

    /// How many requests there were.
    pub(super) fn count(&self) -> u64 {
        self.held().count
    }

    /// The entries after that of a number, and how many of them are not held any more.
    fn after(&self, number: u64) -> (Vec<Arc<Entry>>, u64) {
        let held = self.held();
        let first = held.entries.front().map_or(held.count + 1, |entry| entry.number);
        let lost = first.saturating_sub(number + 1);
        let skipped = usize::try_from((number + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        (held.entries.iter().skip(skipped).take(AT_ONCE).map(Arc::clone).collect(), lost)
    }

    /// Waits until there is something after that number.
    async fn wait(&self, number: u64) {
        loop {
            let news = self.news.notified();
            let mut news = std::pin::pin!(news);
            news.as_mut().enable();
            if self.held().count > number {
                return;
            }
            news.await;
        }
    }
}

/// Reads what the collector was sent as records, in order, from a request on.
#[derive(Debug)]
pub(super) struct Reading {
    after: u64,
    /// How many events of each type were told, and how many were lost; for one who read from the beginning on.
    known: Option<HashMap<TypeName, Known>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    told: u64,
    lost: u64,
}

impl Reading {
    /// From the request after that of a number on.
    pub(super) fn after(number: u64) -> Self {
        Self { after: number, known: (number == 0).then(HashMap::new) }
    }

    /// The number of the last request that was told.
    pub(super) fn number(&self) -> u64 {
        self.after
    }

    /// Waits until there is something to tell.
    pub(super) async fn wait(&self, journal: &Journal) {
        journal.wait(self.after).await;
    }

    /// What comes next, some of it: the events of each request, and then itself. `now` is by the watcher's clock.
    pub(super) fn next(&mut self, journal: &Journal, account: &Account, now: Moment) -> Vec<Record> {
        let (entries, lost) = journal.after(self.after);
        let instant = Instant::now();
        let mut records = Vec::with_capacity(2 * entries.len());
        if lost > 0 {
            let lost = text::counted(lost, "earlier request");
            let note = sanitized!("the collector does not hold {} any more, nor the events in them", lost);
            records.push(Record::Note { at: now, note: Note(note) });
        }
        for entry in entries {
            let ago = instant.duration_since(entry.done);
            let at = Moment { wall: entry.at, elapsed: now.elapsed.saturating_sub(ago) };
            self.tell(&entry, account, lost > 0, at, &mut records);
            self.after = entry.number;
        }
        records
    }

    fn tell(&mut self, entry: &Entry, account: &Account, was_lost: bool, at: Moment, records: &mut Vec<Record>) {
        let Exchange { method, target, body, address, status, answer, told, forwarded, .. } = &entry.exchange;
        let keys = &KeyMask::new(&entry.keys);
        let body = String::from_utf8_lossy(body);
        let body = keys.mask(&body);
        for event in &told.taken {
            let change = self.taken(event, account, at);
            if let Some(gap) = self.gap(&change, was_lost) {
                records.push(Record::Gap(gap));
            }
            records.push(Record::Change(change));
        }
        if method == Method::DELETE
            && *status < 400
            && let Some(known) = &mut self.known
        {
            let gone = |event_type: &TypeName| {
                Record::Change(Change { kind: ChangeKind::Gone, ..nothing(event_type.clone(), at) })
            };
            records.extend(known.keys().map(gone));
            known.clear();
        }
        let events = if told.taken.is_empty() { events_of(method, target, &body) } else { Vec::new() };
        let refusal = told.refused.as_ref().map(|why| {
            let event = why.index.unwrap_or(0);
            let place = why.field.map(|field| match why.index {
                Some(index) => sanitized!("events[{}].{}", index, field),
                None => field.into(),
            });
            let value = (why.field == Some("event")).then(|| events.get(event)).flatten();
            let value = value.and_then(|text| scan(text, |_| {}).ok()?.event.map(|raw| excerpt(raw, LONGEST_VALUE)));
            Refusal { why: sanitize(&keys.mask(&why.reason)), place, value, event }
        });
        let count = told.taken.len() + events.len();
        if told.refused.is_some() {
            records.extend(events.iter().map(|event| Record::Change(refused(event, at))));
        }
        let shown = |text: &str| sanitize(&keys.mask(text));
        let head = String::from_utf8_lossy(&entry.head);
        let head: Vec<_> = head.lines().filter_map(|line| line.split_once(": ")).collect();
        records.push(Record::Request(Arc::new(Request {
            number: entry.number,
            method: shown(method.as_str()),
            path: shown(target),
            status: *status,
            sender: head.iter().find(|(name, _)| *name == USER_AGENT.as_str()).map(|(_, agent)| shown(agent)),
            address: Some(Sanitized::of(address)),
            took: entry.took,
            events: count,
            refusal,
            forwarded: forwarded.as_ref().map(|passed| passed.told.clone()),
            head: head.iter().map(|(name, value)| (shown(name), shown(value))).collect(),
            bytes: entry.exchange.body.len(),
            body: (!body.is_empty()).then(|| body.as_ref().into()),
            answer: answer
                .as_ref()
                .and_then(|answer| Some(keys.mask(std::str::from_utf8(answer).ok()?).as_ref().into())),
            at,
            numbers: Vec::new(),
            proofs: Vec::new(),
            place: 0,
        })));
    }

    fn taken(&mut self, event: &Arrival, account: &Account, at: Moment) -> Change {
        let mut text = Vec::new();
        event.write(account, false, &mut text);
        let text = String::from_utf8_lossy(&text);
        let payload = Arc::new(Payload::new(&text));
        let event_type = TypeName::from(event.name());
        let received = event.place();
        let kind = if received == 1 { ChangeKind::New } else { ChangeKind::Updated };
        let captured = match &mut self.known {
            Some(known) => {
                let known = known.entry(event_type.clone()).or_default();
                if received == 1 {
                    *known = Known::default();
                }
                known.told += 1;
                known.told
            }
            None => received,
        };
        let received = received.max(captured);
        Change {
            kind,
            payload: Some(payload),
            received: Some(received),
            counted_at: Some(at),
            captured,
            arrived: 1,
            coverage: Some(Coverage { captured, received }),
            arrival: Origin::Collector,
            ..nothing(event_type, at)
        }
    }

    /// What of the type of an event was lost before it, where some requests were.
    fn gap(&mut self, change: &Change, was_lost: bool) -> Option<Gap> {
        let known = self.known.as_mut()?.get_mut(&change.event_type)?;
        let lost = change.received?.checked_sub(known.told + known.lost).filter(|lost| was_lost && *lost > 0)?;
        known.lost += lost;
        Some(Gap { event_type: change.event_type.clone(), lost: Some(lost), unless: None, late: false, at: change.at })
    }
}

/// The fields of a head, a line each; what stands for the key where there was one.
fn fields(head: &HeaderMap, has_key: bool) -> Box<[u8]> {
    let mut lines = Vec::with_capacity(head.iter().map(|(name, value)| name.as_str().len() + value.len() + 3).sum());
    let key = HeaderValue::from_static("[key]");
    for (name, value) in head.iter().chain(has_key.then_some((&AUTHORIZATION, &key))) {
        lines.extend_from_slice(name.as_str().as_bytes());
        lines.extend_from_slice(b": ");
        lines.extend_from_slice(value.as_bytes());
        lines.push(b'\n');
    }
    lines.into()
}

fn nothing(event_type: TypeName, at: Moment) -> Change {
    Change {
        event_type,
        kind: ChangeKind::Unchanged,
        payload: None,
        received: None,
        counted_at: None,
        captured: 0,
        arrived: 0,
        coverage: None,
        at,
        arrival: Origin::Collector,
        number: None,
    }
}

/// An event that was refused. It counts as neither received nor captured.
fn refused(text: &str, at: Moment) -> Change {
    let payload = Payload::new(text);
    let event_type = payload.event_type().cloned().unwrap_or_else(|| TypeName::from(TypeName::UNNAMED));
    let kind = ChangeKind::Updated;
    Change { kind, payload: Some(Arc::new(payload)), arrival: Origin::Refused, ..nothing(event_type, at) }
}

/// The events in a request, as far as they can be read.
pub(super) fn events_of(method: &Method, target: &str, body: &str) -> Vec<String> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match (method, path) {
        (&Method::POST, paths::EVENT) => intake::is_object(body).then(|| body.to_owned()).into_iter().collect(),
        (&Method::POST, paths::BULK) => intake::events_of_bulk(body),
        (&Method::GET, paths::PIXEL) => vec![pixel::event(query)],
        _ => Vec::new(),
    }
}
