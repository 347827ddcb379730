use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt};

use super::{Document, NodeId};

/// Looks fields up by their names. An object of many fields is gone through once, however often it is asked.
#[derive(Debug)]
pub(crate) struct FieldIndex<'a> {
    event: &'a Document,
    objects: HashMap<NodeId, HashMap<Cow<'a, str>, NodeId>>,
}

impl<'a> FieldIndex<'a> {
    pub(crate) fn of(event: &'a Document) -> Self {
        Self { event, objects: HashMap::new() }
    }

    /// The field of that name, of several the last.
    pub(crate) fn get(&mut self, object: NodeId, name: &str) -> Option<NodeId> {
        /// Up to here, going through the fields costs less than hashing them.
        const FEW: u32 = 16;
        let event = self.event;
        let fields = || event.children(object).filter(|field| event.occurrence(*field) == 0);
        if event.get(object)?.children <= FEW {
            return fields().find(|field| event.key(*field).is_some_and(|key| key == name));
        }
        let read = || fields().filter_map(|field| Some((event.key(field)?, field))).collect();
        self.objects.entry(object).or_insert_with(read).get(name).copied()
    }
}
