//! The part of a large document that is looked at: what stands too deep, or beyond so many values, is left out.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::{Document, Node, NodeId};

/// How much of a document is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// So many values: those of the event itself first, then those inside of them as they stand.
    pub values: usize,
    /// So many levels within one another.
    pub depth: u32,
    /// Of the names on the way to a value, so many bytes in all.
    pub names: u32,
}

/// A document without what was too much of it. The values are the same otherwise: each container knows how many it held.
#[derive(Debug)]
pub(crate) struct Extract {
    pub document: Document,
    /// Whether there were too many values.
    pub values: bool,
    /// The first container whose content stands too deep.
    pub deep: Option<NodeId>,
    /// The first container whose content stands under names that are too long.
    pub under: Option<NodeId>,
}

impl Document {
    /// The part of it within `most`; `None` where all of it is.
    pub(crate) fn within(&self, most: Extent) -> Option<Extract> {
        let fits = self.nodes.len() <= most.values
            && self.nodes.iter().all(|node| node.depth <= most.depth)
            && (self.payload.text().len() <= most.names as usize || self.names_are_within(most.names));
        (!fits).then(|| self.cut(most))
    }

    fn names_are_within(&self, most: u32) -> bool {
        let mut sums: Vec<u32> = Vec::with_capacity(self.nodes.len());
        self.nodes.iter().all(|node| {
            let around = sums.get(node.parent as usize).copied().unwrap_or(0);
            sums.push(around.saturating_add(node.name_bytes()));
            around <= most
        })
    }

    fn cut(&self, most: Extent) -> Extract {
        /// A container that is being copied.
        struct Open {
            /// Where it ends in the whole document.
            end: usize,
            id: NodeId,
            names: u32,
        }
        let fields = self.get(NodeId::ROOT).map_or(0, |root| root.children as usize);
        let mut own = most.values.saturating_sub(1);
        let mut inner = own.saturating_sub(fields);
        let mut nodes: Vec<Node> = Vec::with_capacity(most.values.min(self.nodes.len()));
        let mut occurrences = HashMap::new();
        let mut cut = HashSet::new();
        let (mut values, mut deep, mut under) = (false, None, None);
        let mut open: Vec<Open> = Vec::new();
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            let kept = NodeId::at(nodes.len());
            while let Some(closed) = open.pop_if(|around| around.end <= at) {
                close(&mut nodes, closed.id, kept);
            }
            let around = open.last().map(|around| (around.id, around.names));
            if let Some((around, names)) = around {
                let room = if node.depth == 1 { &mut own } else { &mut inner };
                let is_left_out = if node.depth > most.depth {
                    deep.get_or_insert(around);
                    true
                } else if names > most.names {
                    under.get_or_insert(around);
                    true
                } else if let Some(left) = room.checked_sub(1) {
                    *room = left;
                    false
                } else {
                    values = true;
                    true
                };
                if is_left_out {
                    cut.insert(around);
                    at = node.end as usize;
                    continue;
                }
            }
            let whole = NodeId::at(at);
            if let Some(count) = self.occurrences.get(&whole) {
                occurrences.insert(kept, *count);
            }
            let parent = around.map_or(u32::MAX, |(id, _)| id.0);
            nodes.push(Node { parent, end: kept.0.saturating_add(1), ..node.clone() });
            if node.kind.is_container() {
                let names = around.map_or(0, |(_, names)| names).saturating_add(node.name_bytes());
                open.push(Open { end: node.end as usize, id: kept, names });
            }
            at += 1;
        }
        let kept = NodeId::at(nodes.len());
        for around in open {
            close(&mut nodes, around.id, kept);
        }
        let payload = Arc::clone(&self.payload);
        Extract { document: Self { payload, nodes, occurrences, cut }, values, deep, under }
    }
}

fn close(nodes: &mut [Node], container: NodeId, end: NodeId) {
    if let Some(node) = nodes.get_mut(container.index()) {
        node.end = end.0;
    }
}
