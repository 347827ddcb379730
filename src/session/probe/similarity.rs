//! Whether an event that came without the marker says what was sent.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::catalogue::IDENTIFIERS;
use crate::event::{Document, NodeId, NodeKind, Origin, Payload, Segment, alike, origin};

/// What part of the values that were sent must be there, in percent.
const ENOUGH: usize = 75;

/// Whether the event carries an identifier that is not blank.
pub(super) fn is_identified(event: &Document) -> bool {
    IDENTIFIERS.iter().any(|name| identifier(event, name).is_some())
}

fn identifier(event: &Document, name: &str) -> Option<NodeId> {
    let id = event.child(NodeId::ROOT, &Segment::key(name))?;
    let is_value = event.get(id).is_some_and(|node| !node.kind.is_container()) && event.text(id) != "null";
    (is_value && !event.plain(id).trim().is_empty()).then_some(id)
}

/// An event that came, made ready to be compared with several.
pub(super) struct Received {
    event: Document,
    /// What each step from each value leads to.
    steps: HashMap<(NodeId, Segment), NodeId>,
}

impl Received {
    /// `None` for what is no document.
    pub(super) fn new(payload: &Arc<Payload>) -> Option<Self> {
        let event = Document::new(Arc::clone(payload)).ok()?;
        let step = |id| Some(((event.parent(id)?, event.segment(id)?), id));
        let steps = event.ids().filter_map(step).collect();
        Some(Self { event, steps })
    }

    /// How many percent of the values that were sent are there, their types forgiven; `None` when that is not enough
    /// for a guess, or when the two name different people. The event's name, what the platform puts in place itself
    /// and nulls, which it may as well leave out, say nothing.
    pub(super) fn similarity(&self, sent: &Document) -> Option<usize> {
        if IDENTIFIERS.iter().any(|name| self.contradicts(sent, name)) {
            return None;
        }
        // Where each value that was sent stands in the event that came.
        let mut places = vec![None; sent.len()];
        if let Some(root) = places.first_mut() {
            *root = Some(NodeId::ROOT);
        }
        let (mut told, mut kept) = (0_usize, 0_usize);
        let mut counts = false;
        for id in sent.ids() {
            let Some((node, parent)) = sent.get(id).zip(sent.parent(id)) else { continue };
            if node.depth == 1 {
                counts = sent.key(id).is_some_and(|key| key != "event" && origin(&key) == Origin::Sender);
            }
            let step = |parent| self.steps.get(&(parent, sent.segment(id)?)).copied();
            let place = places.get(parent.index()).copied().flatten().and_then(step);
            if let Some(slot) = places.get_mut(id.index()) {
                *slot = place;
            }
            if counts && !node.kind.is_container() && node.kind != NodeKind::Null {
                told += 1;
                kept += usize::from(place.is_some_and(|place| alike((sent, id), (&self.event, place))));
            }
        }
        let percent = (kept * 100).checked_div(told)?;
        (percent >= ENOUGH).then_some(percent)
    }

    fn contradicts(&self, sent: &Document, name: &str) -> bool {
        identifier(sent, name).zip(identifier(&self.event, name)).is_some_and(|(id, other)| {
            let same = sent.plain(id).trim().eq_ignore_ascii_case(self.event.plain(other).trim());
            !same && !alike((sent, id), (&self.event, other))
        })
    }
}
