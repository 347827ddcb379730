//! Whether an event that came without the marker says what was sent.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::{Document, NodeId, NodeKind, Origin, Payload, Segment, alike, origin};

/// The share of the sent values that must be there, in percent.
const ENOUGH: usize = 75;

/// The identifiers that say something, by name.
fn identifiers(event: &Document) -> impl Iterator<Item = (&'static str, NodeId)> {
    event.identifier_fields().filter(|(name, _)| event.payload().identifier(name).is_some())
}

/// An event that came, made ready to be compared with several.
pub(super) struct Received {
    event: Document,
    /// The value at the end of each step from each value.
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
        if identifiers(sent).any(|(name, id)| self.contradicts(sent, name, id)) {
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

    fn contradicts(&self, sent: &Document, name: &str, id: NodeId) -> bool {
        identifiers(&self.event).find(|(other, _)| *other == name).is_some_and(|(_, other)| {
            let same = sent.plain(id).trim().eq_ignore_ascii_case(self.event.plain(other).trim());
            !same && !alike((sent, id), (&self.event, other))
        })
    }
}
