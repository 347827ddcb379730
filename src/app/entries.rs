//! The lines of the stream about events: what came, what identifies it, and what changed.

use std::sync::Arc;
use std::time::Duration;

use super::changes::Changes;
use super::pane::stream::{About, Entry, EntryKind};
use super::values::{identifiers_of, keys_of};
use crate::event::{Document, Identity, Payload, Sanitized, Volatile, sanitized, text};
use crate::session::{Captured, Change, ChangeKind, History, Moment};

/// Of the events of one poll so many bytes are compared with those before them, to say what changed: a key must not wait
/// for it.
const COMPARED: usize = 256 * 1024;

/// And so many are read for what identifies them; of the rest only the customer is told, which is known without.
const READ: usize = 1024 * 1024;

/// The widest value that identifies an event, in columns.
const WIDEST: usize = 40;

/// What may still be read and compared for one poll, in bytes.
#[derive(Debug)]
pub(super) struct Budget {
    compared: usize,
    read: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { compared: COMPARED, read: READ }
    }
}

impl Budget {
    /// That of an event which was told before, and is told again at another place of a tape.
    pub(super) fn of_restored(is_compared: bool) -> Self {
        Self { compared: if is_compared { COMPARED } else { 0 }, read: READ }
    }

    /// Takes `bytes` off what is left; whether there was as much.
    fn takes(left: &mut usize, bytes: usize) -> bool {
        let rest = left.checked_sub(bytes);
        *left = rest.unwrap_or(*left);
        rest.is_some()
    }
}

/// The line about an event that was there before the start. It stands where it came, as far as it says when.
pub(super) fn before(event: &Captured, budget: &mut Budget) -> Entry {
    let (who, keys) = identified(event, budget);
    let at = Moment { elapsed: Duration::ZERO, ..event.came() };
    let text = Sanitized::join(who.iter().map(told).chain([fields(&event.payload)]), " · ");
    Entry { keys, ..Entry::new(at, EntryKind::Before, text) }
        .of_type(&event.event_type)
        .about(About::Event(event.number))
}

/// The line about an event that is held, as one who comes later can tell it.
pub(super) fn later(event: &Captured, budget: &mut Budget) -> (Sanitized, Box<[u64]>) {
    let (who, keys) = identified(event, budget);
    (Sanitized::join(who.iter().map(told).chain([fields(&event.payload)]), " · "), keys)
}

/// The line about a change; nothing of one for which no event came.
pub(super) fn of_change(change: &Change, history: &History, volatile: &Volatile, budget: &mut Budget) -> Option<Entry> {
    if change.is_refused() {
        // It is told of with its request.
        return None;
    }
    let Some(event) = change.event() else { return without_event(change) };
    let (who, keys) = identified(&event, budget);
    let changes = compared(change, history, volatile, budget);
    let is_told = |path: &crate::event::Path| who.as_ref().is_some_and(|who| who.path == *path);
    let several = match change.arrived {
        0 | 1 => None,
        arrived => Some(sanitized!("{} came, 1 of them captured", text::grouped(arrived))),
    };
    let (kind, first) = match change.kind {
        ChangeKind::New => (EntryKind::New, Some("new type".into())),
        ChangeKind::Returned => (EntryKind::Updated, Some("known again".into())),
        ChangeKind::Earlier => (EntryKind::Updated, Some("from before the newest".into())),
        ChangeKind::Updated | ChangeKind::Unchanged | ChangeKind::Gone => (EntryKind::Updated, None),
    };
    let last = changes.map_or_else(|| fields(&event.payload), |changes| changes.summary_without(is_told));
    let parts = [first, several, who.as_ref().map(told), Some(last)];
    let entry =
        Entry { keys, ..Entry::new(event.told_at(), kind, Sanitized::join(parts.into_iter().flatten(), " · ")) };
    Some(entry.of_type(&change.event_type).about(About::Event(event.number)))
}

/// The line about a change that brought no event.
fn without_event(change: &Change) -> Option<Entry> {
    let (kind, text) = match change.kind {
        ChangeKind::Gone => (EntryKind::Gone, "no longer known to the endpoint; the last event stays here".into()),
        ChangeKind::New => (EntryKind::New, "new type · a count without an event".into()),
        _ if change.arrived > 0 => {
            let received = text::grouped(change.arrived);
            (EntryKind::Updated, sanitized!("{} received, and the newest event is the same", received))
        }
        _ => return None,
    };
    Some(Entry::new(change.at, kind, text).of_type(&change.event_type))
}

/// What identifies an event, and the keys that it can be looked for by.
fn identified<'a>(event: &'a Captured, budget: &mut Budget) -> (Option<Identity<'a>>, Box<[u64]>) {
    let payload = &event.payload;
    if Budget::takes(&mut budget.read, payload.text().len()) {
        (payload.identity(event.event_type.as_str()), keys_of(payload))
    } else {
        (payload.customer(), identifiers_of(payload))
    }
}

/// `order 50314`.
fn told(identity: &Identity<'_>) -> Sanitized {
    sanitized!("{} {}", identity.word, text::excerpt(&identity.value, WIDEST))
}

fn fields(payload: &Payload) -> Sanitized {
    match payload.head().fields {
        1 => "1 field".into(),
        fields => sanitized!("{} fields", fields),
    }
}

/// The changes that the newest event of a type brought, as long as there is something left of the budget.
fn compared(change: &Change, history: &History, volatile: &Volatile, budget: &mut Budget) -> Option<Changes> {
    let payload =
        change.payload.as_ref().filter(|_| matches!(change.kind, ChangeKind::Updated | ChangeKind::Returned))?;
    let before = history.before(change.number?)?;
    if !Budget::takes(&mut budget.compared, payload.text().len() + before.payload.text().len()) {
        return None;
    }
    Changes::between(before, &Document::new(Arc::clone(payload)).ok()?, volatile)
}
