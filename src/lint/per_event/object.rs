use std::borrow::Cow;

use crate::event::text::trimmed;
use crate::event::{Document, NodeId, NodeKind, Path};
use crate::lint::{Expected, Finding, Rule, shown};

/// An object of the event with its fields by name. Of a name that it holds twice the last counts, as for most readers.
pub(super) struct Object<'a> {
    pub(super) event: &'a Document,
    pub(super) id: NodeId,
    /// As they stand; where they are many by name, and those of one name as they stand.
    fields: Vec<(Cow<'a, str>, NodeId)>,
    /// A bit for each of the names, some of which share one: for nearly every name that is not there, there is none.
    bits: u64,
}

/// Up to here, going through the fields costs less than sorting them.
const FEW: usize = 16;

impl<'a> Object<'a> {
    pub(super) fn read(event: &'a Document, id: NodeId) -> Self {
        let mut fields = Vec::with_capacity(event.get(id).map_or(0, |node| node.children as usize));
        fields.extend(event.children(id).filter_map(|field| Some((event.key(field)?, field))));
        if fields.len() > FEW {
            fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        let bits = fields.iter().fold(0, |bits, (name, _)| bits | bit(name));
        Self { event, id, fields, bits }
    }

    pub(super) fn kind(&self, id: NodeId) -> Option<NodeKind> {
        self.event.get(id).map(|node| node.kind)
    }

    /// The field of that name, the last of several, unless it is null, which says that there is none.
    pub(super) fn get(&self, name: &str) -> Option<NodeId> {
        self.named(name).filter(|id| self.kind(*id) != Some(NodeKind::Null))
    }

    /// The field of that name, be it null.
    pub(super) fn named(&self, name: &str) -> Option<NodeId> {
        if self.bits & bit(name) == 0 {
            return None;
        }
        if self.fields.len() <= FEW {
            return self.fields.iter().rfind(|(known, _)| known == name).map(|(_, id)| *id);
        }
        let after = self.fields.partition_point(|(known, _)| known.as_ref() <= name);
        let (known, id) = self.fields.get(after.checked_sub(1)?)?;
        (known == name).then_some(*id)
    }

    /// All fields that count, by name.
    pub(super) fn named_fields(&self) -> impl Iterator<Item = (&str, NodeId)> {
        self.fields.iter().map(|(name, id)| (name.as_ref(), *id)).filter(|(_, id)| self.event.occurrence(*id) == 0)
    }

    /// The fields whose names begin so.
    pub(super) fn beginning_with(&self, beginning: &str) -> impl Iterator<Item = (&str, NodeId)> {
        let fields = self.fields.iter().map(|(name, id)| (name.as_ref(), *id));
        fields.filter(move |(name, _)| name.starts_with(beginning))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The text of the field of that name, when it is a string.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).filter(|id| self.kind(*id) == Some(NodeKind::String)).map(|id| self.event.plain(id))
    }

    /// The number in the field of that name, also one in a string.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        let id = self.get(name).filter(|id| matches!(self.kind(*id), Some(NodeKind::Number | NodeKind::String)))?;
        trimmed(&self.event.plain(id)).parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The objects that stand in the field of that name: in its array, or as its values where it is an object itself.
    pub(super) fn objects(&self, name: &str) -> Vec<Object<'a>> {
        let inside = self.get(name).into_iter().flat_map(|id| self.event.children(id));
        let objects = inside.filter(|id| self.kind(*id) == Some(NodeKind::Object));
        objects.map(|id| Object::read(self.event, id)).collect()
    }

    pub(super) fn finding(&self, rule: &'static Rule, name: &str, expected: impl Into<Expected>) -> Option<Finding> {
        let id = self.get(name)?;
        Some(rule.at(self.event.path(id), expected, shown(self.event, id)))
    }

    pub(super) fn path(&self) -> Path {
        self.event.path(self.id)
    }

    /// Whether the field of that name holds anything: an empty array names no product, and a blank text nothing at all.
    pub(super) fn has_some(&self, name: &str) -> bool {
        let Some((id, node)) = self.get(name).and_then(|id| Some((id, self.event.get(id)?))) else { return false };
        match node.kind {
            NodeKind::String => !trimmed(&self.event.plain(id)).is_empty(),
            kind => !kind.is_container() || node.children > 0,
        }
    }

    pub(super) fn in_array(&self) -> bool {
        self.event.parent(self.id).is_some_and(|parent| self.kind(parent) == Some(NodeKind::Array))
    }
}

/// The bit of a name among the 64, by its length and its ends.
fn bit(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return 1 };
    1 << ((bytes.len() * 5 + usize::from(*first) * 3 + usize::from(*last)) % 64)
}
