use std::collections::VecDeque;

use indexmap::IndexMap;

use super::{Change, EventNumber, History, MOST_TYPES, Record};
use crate::event::{Redaction, TypeName};

/// How many of the records are held that do not come with every poll.
const MOST_LASTING: usize = 10_000;

/// How many bytes of them are requests.
const MOST_BYTES: usize = 16 << 20;

/// What a session holds beside the events of its history, so that a tape can be made of it at any time.
///
/// Gaps, sends, proofs, troubles and notes are held, the last of them where there are very many. Of what comes with every
/// poll or count only the newest is: that all is well, and the count of each type, with the first, which made it known. What the history gave back for a probe
/// is not held, for the proof tells what came of it.
#[derive(Debug, Default)]
pub(super) struct Journal {
    lasting: VecDeque<Kept>,
    /// How many bytes of these are requests.
    bytes: usize,
    latest: IndexMap<Sort, Kept>,
    /// How many were kept so far.
    count: u64,
    /// Whether the last poll went well.
    is_live: bool,
}

/// A record, and where in the session it stands.
#[derive(Debug)]
struct Kept {
    order: u64,
    /// The number of the event that came after it.
    before: EventNumber,
    record: Record,
}

impl Kept {
    fn weight(&self) -> usize {
        if let Record::Request(request) = &self.record { request.weight() } else { 0 }
    }
}

/// The sorts of records of which only the newest is held.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Sort {
    FirstCount(TypeName),
    Count(TypeName),
    Polled,
    Counted,
    Waiting,
}

impl Journal {
    /// Keeps a record that is not held elsewhere, from before the event of that number.
    pub(super) fn keep(&mut self, record: &Record, before: EventNumber) {
        let sort = match record {
            Record::Recalled(_) => return,
            Record::Change(Change { event_type, payload: None, .. }) => {
                let first = Sort::FirstCount(event_type.clone());
                let is_first = !self.latest.contains_key(&first);
                Some(if is_first { first } else { Sort::Count(event_type.clone()) })
            }
            Record::Polled(_) => std::mem::replace(&mut self.is_live, true).then_some(Sort::Polled),
            Record::Counted { .. } => Some(Sort::Counted),
            Record::Waiting(_) => Some(Sort::Waiting),
            Record::Trouble(_) => {
                self.is_live = false;
                None
            }
            _ => None,
        };
        self.count += 1;
        let kept = Kept { order: self.count, before, record: record.clone() };
        if let Some(sort) = sort {
            self.latest.insert(sort, kept);
            return;
        }
        self.bytes += kept.weight();
        while (self.lasting.len() >= MOST_LASTING || self.bytes > MOST_BYTES)
            && let Some(oldest) = self.lasting.pop_front()
        {
            self.bytes -= oldest.weight();
        }
        self.lasting.push_back(kept);
    }

    /// One that holds the twins of these records.
    pub(super) fn twin(&self, redaction: &Redaction) -> Self {
        let kept = |Kept { order, before, record }: &Kept| Kept {
            order: *order,
            before: *before,
            record: redaction.record(record),
        };
        let sort = |sort: &Sort| match sort {
            Sort::FirstCount(event_type) => Sort::FirstCount(redaction.type_name(event_type)),
            Sort::Count(event_type) => Sort::Count(redaction.type_name(event_type)),
            Sort::Polled => Sort::Polled,
            Sort::Counted => Sort::Counted,
            Sort::Waiting => Sort::Waiting,
        };
        let lasting: VecDeque<_> = self.lasting.iter().map(kept).collect();
        Self {
            bytes: lasting.iter().map(Kept::weight).sum(),
            lasting,
            latest: self.latest.iter().map(|(of, record)| (sort(of), kept(record))).collect(),
            count: self.count,
            is_live: self.is_live,
        }
    }

    /// Forgets the counts of types that are not known any more.
    pub(super) fn forget(&mut self, history: &History) {
        if self.latest.len() > 2 * MOST_TYPES + 2 {
            self.latest.retain(|sort, _| match sort {
                Sort::FirstCount(event_type) | Sort::Count(event_type) => history.knows(event_type),
                Sort::Polled | Sort::Counted | Sort::Waiting => true,
            });
        }
    }

    /// How many events came again and are held in the history once.
    pub(super) fn repeats(&self) -> usize {
        let repeats = self.lasting.iter().filter(|kept| matches!(&kept.record, Record::Change(_)));
        repeats.count()
    }

    /// All that is held of a session with that history, in the order in which it happened.
    pub(super) fn records(&self, history: &History) -> Vec<Record> {
        let mut kept: Vec<_> = self.lasting.iter().chain(self.latest.values()).collect();
        kept.sort_unstable_by_key(|kept| kept.order);
        let mut records = Vec::with_capacity(kept.len() + history.held());
        let mut changes = history.changes().peekable();
        for Kept { before, record, .. } in kept {
            while let Some(change) = changes.next_if(|change| change.number < Some(*before)) {
                records.push(Record::Change(change));
            }
            records.push(record.clone());
        }
        records.extend(changes.map(Record::Change));
        records
    }
}
