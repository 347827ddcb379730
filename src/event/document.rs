use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use xxhash_rust::xxh3::xxh3_64;

use super::characters::Characters;
use super::field_name::{ByName, FieldName, FieldNames};
use super::head::Span;
use super::{Head, HeadFields, Path, Payload, Segment, TypeName, json};

/// An event as a flat list of its values in document order, each pointing into the event's own text.
///
/// Nothing is copied and nothing is interpreted: numbers keep their spelling, keys their order, and a key that an
/// object holds twice is there twice; asked for it, the last is meant, as for most readers of JSON. Building one costs a
/// single pass, without recursion, so depth is no danger.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) payload: Arc<Payload>,
    pub(super) nodes: Vec<Node>,
    /// For the rare field that a later one of the same key stands in for: how many come after it.
    pub(super) occurrences: HashMap<NodeId, u32>,
    /// The containers of which not all values are here.
    pub(super) cut: HashSet<NodeId>,
}

/// The place of a value in its [`Document`]: 0 is the event itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The event itself.
    pub const ROOT: Self = Self(0);

    /// The position in document order.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The value at that position.
    pub(super) fn at(index: usize) -> Self {
        Self(offset(index))
    }
}

impl Node {
    /// How long its name is as it is spelled.
    pub(super) fn name_bytes(&self) -> u32 {
        self.key.end.saturating_sub(self.key.start)
    }
}

/// One value of a [`Document`].
#[derive(Clone, Debug)]
pub struct Node {
    /// The kind of value.
    pub kind: NodeKind,
    /// How many values stand directly in it; 0 for one that is not a container.
    pub children: u32,
    /// Its position among its siblings, from 0.
    pub position: u32,
    /// How many containers it stands in.
    pub depth: u32,
    pub(super) parent: u32,
    /// One past the last value inside it, in document order.
    pub(super) end: u32,
    /// The key with its quotes; empty for elements and the root.
    pub(super) key: Range<u32>,
    /// The same where it is one that is known.
    pub(super) name: Option<&'static FieldName>,
    /// What the inside of a string may hold; anything where it is no string.
    pub(super) characters: Characters,
    pub(super) value: Range<u32>,
}

/// The kind of JSON value that a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the JSON value of that name")]
pub enum NodeKind {
    Object,
    Array,
    String,
    Number,
    Bool,
    Null,
}

impl NodeKind {
    /// Whether values can stand in it.
    pub fn is_container(self) -> bool {
        matches!(self, Self::Object | Self::Array)
    }

    /// The words for a value of this kind: `an object`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Null => "null",
        }
    }
}

/// Why a text is not a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The text is not one JSON value.
    #[error("not valid JSON at byte {0}")]
    Invalid(usize),
    /// The text has more than 4 GiB.
    #[error("the event is larger than 4 GiB")]
    TooLarge,
}

impl Document {
    /// Reads an event that is known already.
    pub fn new(payload: Arc<Payload>) -> Result<Self, DocumentError> {
        let Scan { nodes, occurrences, .. } = Scan::of(payload.text())?;
        Ok(Self { payload, nodes, occurrences, cut: HashSet::new() })
    }

    /// Reads a text, with the head of the event that it is.
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        Self::read_under(text, None)
    }

    /// The same for an event that stands under a key, which names its type where the event does not.
    pub fn read_under(text: &str, key: Option<&str>) -> Result<Self, DocumentError> {
        let scan = Scan::of(text)?;
        let payload = Payload::with_head(text, Payload::hash_of(text), scan.head().head(text, key));
        let Scan { nodes, occurrences, .. } = scan;
        Ok(Self { payload: Arc::new(payload), nodes, occurrences, cut: HashSet::new() })
    }

    /// The event that this is the document of.
    pub fn payload(&self) -> &Arc<Payload> {
        &self.payload
    }

    /// The head of the event.
    pub fn head(&self) -> &Head {
        self.payload.head()
    }

    /// The type that the event is of; `None` where neither it nor its place names one.
    pub fn event_type(&self) -> Option<&str> {
        self.head().event_type.as_ref().map(TypeName::as_str)
    }

    /// The field that names the type; `None` where only the key does that the event stood under.
    pub fn type_field(&self) -> Option<NodeId> {
        self.node_at(self.head().places.named?)
    }

    /// The field `event`, whatever its value.
    pub fn event_field(&self) -> Option<NodeId> {
        self.node_at(self.head().places.event?)
    }

    /// The field `event_uuid`, whatever its value.
    pub fn uuid_field(&self) -> Option<NodeId> {
        self.node_at(self.head().places.event_uuid?)
    }

    /// The fields that hold the identifiers, each with its name, whatever their values; of one that stands there twice
    /// the last.
    pub fn identifier_fields(&self) -> impl Iterator<Item = (&'static str, NodeId)> {
        let identifiers = &self.head().places.identifiers;
        let is_last = |index: usize, name: &str| identifiers.iter().skip(index + 1).all(|(later, _)| *later != name);
        let numbered = identifiers.iter().enumerate();
        numbered
            .filter(move |(index, (name, _))| is_last(*index, name))
            .filter_map(|(_, (name, span))| Some((*name, self.node_at(*span)?)))
    }

    /// The value that stands there.
    fn node_at(&self, span: Span) -> Option<NodeId> {
        let index = self.nodes.binary_search_by_key(&span.start, |node| node.value.start).ok()?;
        u32::try_from(index).ok().map(NodeId)
    }

    /// How many values there are, the event itself included.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether all that the container at `id` holds is here, which may not be so in an extract of a large event.
    pub(crate) fn is_whole(&self, id: NodeId) -> bool {
        !self.cut.contains(&id)
    }

    /// The value at `id`.
    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    /// All values in document order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    /// The values directly in `id`, in order.
    pub fn children(&self, id: NodeId) -> Children<'_> {
        let end = self.get(id).map_or(0, |node| node.end);
        Children { document: self, next: id.0.saturating_add(1), end }
    }

    /// The container that `id` stands in; `None` for the event itself.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.get(id)?.parent;
        (parent != u32::MAX).then_some(NodeId(parent))
    }

    /// The value's exact JSON text.
    pub fn text(&self, id: NodeId) -> &str {
        self.get(id).map_or("", |node| self.slice(&node.value))
    }

    /// Where the value stands in the event's text, with its key where it has one.
    pub fn span(&self, id: NodeId) -> Range<usize> {
        self.get(id).map_or(0..0, |node| {
            let start = if node.key.is_empty() { node.value.start } else { node.key.start };
            start as usize..node.value.end as usize
        })
    }

    /// The value as text for people who asked for the value: a string without its quotes and escapes, anything else as
    /// its JSON text.
    pub fn plain(&self, id: NodeId) -> Cow<'_, str> {
        match self.get(id) {
            Some(node) if node.kind != NodeKind::String => Cow::Borrowed(self.slice(&node.value)),
            Some(node) if node.characters.may_have(Characters::ESCAPE) => json::string(self.slice(&node.value)),
            Some(node) => Cow::Borrowed(self.slice(&(node.value.start + 1..node.value.end.saturating_sub(1)))),
            None => Cow::Borrowed(""),
        }
    }

    /// Which characters the text of a string may hold, as [`Document::plain`] gives it; any where it is no string.
    pub(crate) fn characters(&self, id: NodeId) -> Characters {
        self.get(id).map_or(Characters::ANY, |node| node.characters)
    }

    /// The key that the value stands under, decoded; `None` for elements and the event itself.
    pub fn key(&self, id: NodeId) -> Option<Cow<'_, str>> {
        let node = self.get(id)?;
        match node.name {
            Some(name) => Some(Cow::Borrowed(&name.text)),
            None => (!node.key.is_empty()).then(|| json::string(self.slice(&node.key))),
        }
    }

    /// The hash of the key (XXH3, 64 bits); `None` for elements and the event itself.
    pub(crate) fn key_hash(&self, id: NodeId) -> Option<u64> {
        match self.get(id)?.name {
            Some(name) => Some(name.hash()),
            None => self.key(id).map(|key| xxh3_64(key.as_bytes())),
        }
    }

    /// What follows from the key, which `find` finds out; `None` for elements and the event itself.
    pub(crate) fn by_key<T: Copy>(&self, id: NodeId, known: &ByName<T>, find: impl FnOnce(&str) -> T) -> Option<T> {
        match self.get(id)?.name {
            Some(name) => Some(known.of(name, find)),
            None => self.key(id).map(|key| find(&key)),
        }
    }

    /// Whether the key holds escapes, which nearly none does; not of elements and the event itself.
    pub(crate) fn is_key_escaped(&self, id: NodeId) -> bool {
        self.get(id).is_some_and(|node| node.name.is_none() && self.slice(&node.key).contains('\\'))
    }

    /// The same to show: half of a character as it is spelled.
    pub fn shown_key(&self, id: NodeId) -> Option<Cow<'_, str>> {
        let node = self.get(id)?;
        (!node.key.is_empty()).then(|| json::shown(self.slice(&node.key)))
    }

    /// The key as it is spelled, with its quotes; empty for elements and the event itself.
    pub fn key_text(&self, id: NodeId) -> &str {
        self.get(id).map_or("", |node| self.slice(&node.key))
    }

    /// How many fields with the same key come after it in its object: 0 for the one that counts.
    pub fn occurrence(&self, id: NodeId) -> u32 {
        self.occurrences.get(&id).copied().unwrap_or(0)
    }

    /// How many fields a later one of the same key stands in for.
    pub fn duplicate_keys(&self) -> usize {
        self.occurrences.len()
    }

    /// The last step of the path to `id`; `None` for the event itself.
    pub fn segment(&self, id: NodeId) -> Option<Segment> {
        let node = self.get(id)?;
        if node.parent == u32::MAX {
            return None;
        }
        Some(match self.key(id) {
            Some(name) => Segment::Key { name: name.into(), occurrence: self.occurrence(id) },
            None => Segment::Index(node.position as usize),
        })
    }

    /// Where the value stands.
    pub fn path(&self, id: NodeId) -> Path {
        let mut segments = Vec::new();
        let mut at = Some(id);
        while let Some(id) = at {
            segments.extend(self.segment(id));
            at = self.parent(id);
        }
        segments.reverse();
        Path(segments)
    }

    /// The value at `path`, if there is one.
    pub fn find(&self, path: &Path) -> Option<NodeId> {
        path.0.iter().try_fold(NodeId::ROOT, |id, segment| self.child(id, segment))
    }

    /// The value that one step leads to from `id`.
    pub fn child(&self, id: NodeId, segment: &Segment) -> Option<NodeId> {
        match segment {
            Segment::Index(index) => {
                let array = self.get(id).is_some_and(|node| node.kind == NodeKind::Array);
                array.then(|| self.children(id).nth(*index)).flatten()
            }
            Segment::Key { name, occurrence } => self
                .children(id)
                .filter(|child| self.key(*child).is_some_and(|key| key == **name))
                .find(|child| self.occurrence(*child) == *occurrence),
        }
    }

    /// The value's JSON with one value a line, indented by two: every key and scalar as it is spelled. It ends, cut,
    /// once it has more than `limit` bytes.
    pub fn indented(&self, id: NodeId, limit: usize) -> String {
        let mut out = String::new();
        let Some(root) = self.get(id) else { return out };
        // The containers that are open, with where each ends and what closes it.
        let mut open: Vec<(u32, char)> = Vec::new();
        let mut next = id.0;
        let new_line = |out: &mut String, depth: usize| {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth.min(super::syntax::DEEPEST)));
        };
        while next < root.end && out.len() <= limit {
            let Some(node) = self.nodes.get(next as usize) else { break };
            if next != id.0 {
                if node.position > 0 {
                    out.push(',');
                }
                new_line(&mut out, open.len());
                if !node.key.is_empty() {
                    out.push_str(self.slice(&node.key));
                    out.push_str(": ");
                }
            }
            match (node.kind, node.children) {
                (NodeKind::Object, 0) => out.push_str("{}"),
                (NodeKind::Array, 0) => out.push_str("[]"),
                (NodeKind::Object, _) => {
                    out.push('{');
                    open.push((node.end, '}'));
                }
                (NodeKind::Array, _) => {
                    out.push('[');
                    open.push((node.end, ']'));
                }
                _ => out.push_str(self.slice(&node.value)),
            }
            next += 1;
            while let Some((_, close)) = open.pop_if(|(end, _)| *end <= next) {
                new_line(&mut out, open.len());
                out.push(close);
            }
        }
        out
    }

    fn slice(&self, range: &Range<u32>) -> &str {
        self.payload.text().get(range.start as usize..range.end as usize).unwrap_or("")
    }
}

/// The values directly in a container, in order.
#[derive(Clone, Debug)]
pub struct Children<'a> {
    document: &'a Document,
    next: u32,
    end: u32,
}

#[cfg(test)]
thread_local! {
    /// How many values were gone through on this thread, for tests of what a check costs.
    pub(crate) static VISITED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        if self.next >= self.end {
            return None;
        }
        #[cfg(test)]
        VISITED.set(VISITED.get() + 1);
        let id = NodeId(self.next);
        self.next = self.document.get(id)?.end;
        Some(id)
    }
}

/// The single pass over the text.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    nodes: Vec<Node>,
    open: Vec<u32>,
    key: Range<u32>,
    names: FieldNames,
    occurrences: HashMap<NodeId, u32>,
    /// The fields of the object that was closed last: kept for its room.
    fields: Vec<(Cow<'a, str>, NodeId)>,
}

impl<'a> Scan<'a> {
    fn of(text: &'a str) -> Result<Self, DocumentError> {
        if u32::try_from(text.len()).is_err() {
            return Err(DocumentError::TooLarge);
        }
        // A guess between a flat event of short fields and one of long strings; a wrong one costs a reallocation.
        let nodes = Vec::with_capacity(text.len() / 24 + 1);
        let mut scan = Self {
            text,
            at: 0,
            nodes,
            open: Vec::with_capacity(8),
            key: 0..0,
            names: FieldNames::of_thread(),
            occurrences: HashMap::new(),
            fields: Vec::with_capacity(16),
        };
        scan.run()?;
        Ok(scan)
    }

    /// The fields of the event's head. The outermost object is the one that was closed last, so its fields are at hand.
    fn head(&self) -> HeadFields<'a> {
        let mut head = HeadFields::default();
        if self.nodes.first().is_some_and(|root| root.kind == NodeKind::Object) {
            for (key, id) in &self.fields {
                let value = self.nodes.get(id.index()).map(|node| node.value.start as usize..node.value.end as usize);
                head.note(key, value.and_then(|value| self.text.get(value)).unwrap_or_default());
            }
        }
        head
    }

    fn run(&mut self) -> Result<(), DocumentError> {
        self.value()?;
        while let Some(&container) = self.open.last() {
            let (kind, children) =
                self.nodes.get(container as usize).map(|node| (node.kind, node.children)).ok_or_else(|| self.bad())?;
            let close = if kind == NodeKind::Object { b'}' } else { b']' };
            match self.peek() {
                Some(byte) if byte == close => {
                    self.at += 1;
                    self.close(container, kind);
                    continue;
                }
                Some(b',') if children > 0 => self.at += 1,
                Some(_) if children == 0 => {}
                _ => return Err(self.bad()),
            }
            if kind == NodeKind::Object {
                if self.peek() != Some(b'"') {
                    return Err(self.bad());
                }
                (self.key, _) = self.string()?;
                if self.peek() != Some(b':') {
                    return Err(self.bad());
                }
                self.at += 1;
            }
            self.value()?;
        }
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.bad()),
        }
    }

    /// Reads a scalar, or the opening of a container.
    fn value(&mut self) -> Result<(), DocumentError> {
        let first = self.peek().ok_or_else(|| self.bad())?;
        let start = offset(self.at);
        let kind = match first {
            b'{' => NodeKind::Object,
            b'[' => NodeKind::Array,
            b'"' => NodeKind::String,
            b't' | b'f' => NodeKind::Bool,
            b'n' => NodeKind::Null,
            b'-' | b'0'..=b'9' => NodeKind::Number,
            _ => return Err(self.bad()),
        };
        let mut characters = Characters::ANY;
        match kind {
            NodeKind::Object | NodeKind::Array => self.at += 1,
            NodeKind::String => (_, characters) = self.string()?,
            NodeKind::Number => self.number()?,
            NodeKind::Bool if first == b't' => self.word(b"true")?,
            NodeKind::Bool => self.word(b"false")?,
            NodeKind::Null => self.word(b"null")?,
        }
        let id = offset(self.nodes.len());
        let parent = self.open.last().copied().unwrap_or(u32::MAX);
        let position = match self.nodes.get_mut(parent as usize) {
            Some(container) => {
                container.children += 1;
                container.children - 1
            }
            None => 0,
        };
        let key = std::mem::take(&mut self.key);
        let name = if key.is_empty() {
            None
        } else {
            let spelled = self.text.get(key.start as usize + 1..(key.end as usize).saturating_sub(1));
            spelled.and_then(|spelled| self.names.get(spelled))
        };
        let depth = offset(self.open.len());
        let value = start..offset(self.at);
        let (children, end) = (0, id + 1);
        self.nodes.push(Node { kind, children, position, depth, parent, end, key, name, characters, value });
        if kind.is_container() {
            self.open.push(id);
        }
        Ok(())
    }

    fn close(&mut self, container: u32, kind: NodeKind) {
        self.open.pop();
        let end = offset(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(container as usize) {
            node.end = end;
            node.value.end = offset(self.at);
        }
        if kind == NodeKind::Object {
            self.number_duplicates(container, end);
        }
    }

    /// Numbers the fields of a closed object whose key comes again.
    fn number_duplicates(&mut self, object: u32, end: u32) {
        /// Up to here, comparing each with each costs less than hashing.
        const FEW: usize = 24;
        if object > 0 && self.are_all_others(object, end) {
            return;
        }
        let mut fields = std::mem::take(&mut self.fields);
        fields.clear();
        let mut next = object + 1;
        while let Some(node) = self.nodes.get(next as usize).filter(|_| next < end) {
            let key = match node.name {
                Some(name) => Cow::Borrowed(&*name.text),
                None => json::string(self.text.get(node.key.start as usize..node.key.end as usize).unwrap_or("")),
            };
            fields.push((key, NodeId(next)));
            next = node.end;
        }
        if self.are_all_others(object, end) {
        } else if fields.len() <= FEW {
            for (index, (key, id)) in fields.iter().enumerate() {
                let after = fields.iter().skip(index + 1).filter(|(other, _)| other == key).count();
                if after > 0 {
                    self.occurrences.insert(*id, offset(after));
                }
            }
        } else {
            let mut seen: HashMap<&str, u32> = HashMap::with_capacity(fields.len());
            for (key, id) in fields.iter().rev() {
                let count = seen.entry(key).or_insert(0);
                if *count > 0 {
                    self.occurrences.insert(*id, *count);
                }
                *count += 1;
            }
        }
        self.fields = fields;
    }

    /// Whether the keys of an object are certain to be different ones, as the few that are known nearly always are.
    fn are_all_others(&self, object: u32, end: u32) -> bool {
        let (mut next, mut there) = (object + 1, 0_u128);
        while let Some(node) = self.nodes.get(next as usize).filter(|_| next < end) {
            let Some(name) = node.name else { return false };
            let bit = 1 << (name.index() % 128);
            if there & bit != 0 {
                return false;
            }
            there |= bit;
            next = node.end;
        }
        true
    }

    /// Reads a string: the range of it, with its quotes, and which characters are in it.
    fn string(&mut self) -> Result<(Range<u32>, Characters), DocumentError> {
        /// Of a longer one it is not said what is in it: a search goes through it faster.
        const SHORT: usize = 64;
        let start = self.at;
        self.at += 1;
        let bytes = self.text.as_bytes();
        let ahead = bytes.get(self.at..).unwrap_or_default();
        let (mut there, mut passed) = (Characters::NONE, 0);
        for byte in ahead.get(..SHORT).unwrap_or(ahead) {
            let character = Characters::of(*byte);
            if character.may_have(Characters::STOP) {
                break;
            }
            there = there.and(character);
            passed += 1;
        }
        self.at += passed;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok((offset(start)..offset(self.at), there));
                }
                Some(b'\\') => {
                    self.at += self.escape().ok_or_else(|| self.bad())?;
                }
                _ => {
                    let rest = bytes.get(self.at..).unwrap_or_default();
                    let stop = memchr::memchr2(b'"', b'\\', rest).ok_or_else(|| self.bad())?;
                    let passed = rest.get(..stop).unwrap_or_default();
                    // Not the first control character: to say where it is costs more than to say that there is one.
                    if passed.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < b' ' {
                        return Err(self.bad());
                    }
                    self.at += stop;
                }
            }
            there = Characters::ANY;
        }
    }

    /// How long the escape is that begins here; `None` where it is none.
    fn escape(&self) -> Option<usize> {
        let escape = self.text.as_bytes().get(self.at + 1..)?;
        match escape.first()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
            b'u' => escape.get(1..5)?.iter().all(u8::is_ascii_hexdigit).then_some(6),
            _ => None,
        }
    }

    fn number(&mut self) -> Result<(), DocumentError> {
        let negative = usize::from(self.byte() == Some(b'-'));
        self.at += negative;
        let leading_zero = self.byte() == Some(b'0');
        let digits = self.digits()?;
        if leading_zero && digits > 1 {
            return Err(self.bad());
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    /// How many digits were passed, which is one at least.
    fn digits(&mut self) -> Result<usize, DocumentError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(self.bad()) } else { Ok(count) }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), DocumentError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.bad());
        }
        self.at += word.len();
        Ok(())
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte()? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn bad(&self) -> DocumentError {
        DocumentError::Invalid(self.at.min(self.text.len()))
    }
}

/// Texts of more than 4 GiB are refused before the pass, so every offset and count fits.
fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz_tests;

    fn document(text: &str) -> Document {
        Document::read(text).unwrap()
    }

    fn spelled(document: &Document) -> Vec<(String, String)> {
        document.ids().map(|id| (document.path(id).to_string(), document.text(id).to_owned())).collect()
    }

    #[test]
    fn every_value_stands_at_its_path_with_its_own_spelling() {
        let text = r#" { "order_id" : "50314", "revenue":1.10, "big":12345678901234567890,
            "products":[{"sku":"a/b"}, [], {}, 1e400], "ok":true, "none":null } "#;
        let pairs = spelled(&document(text));
        let expected = [
            ("", text.trim()),
            ("order_id", "\"50314\""),
            ("revenue", "1.10"),
            ("big", "12345678901234567890"),
            ("products", r#"[{"sku":"a/b"}, [], {}, 1e400]"#),
            ("products[0]", r#"{"sku":"a/b"}"#),
            ("products[0].sku", "\"a/b\""),
            ("products[1]", "[]"),
            ("products[2]", "{}"),
            ("products[3]", "1e400"),
            ("ok", "true"),
            ("none", "null"),
        ];
        assert_eq!(pairs, expected.map(|(path, value)| (path.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_key_held_twice_is_there_twice_and_each_is_found_again() {
        let document = document(r#"{"a":1,"b":2,"a":3,"\u0061":4}"#);
        let values: Vec<_> = document
            .children(NodeId::ROOT)
            .map(|id| {
                let path = document.path(id);
                (document.occurrence(id), document.text(document.find(&path).unwrap()))
            })
            .collect();
        assert_eq!(values, [(2, "1"), (0, "2"), (1, "3"), (0, "4")]);
        assert_eq!(document.duplicate_keys(), 2);
    }

    #[test]
    fn keys_held_twice_are_found_among_many_too() {
        let fields: Vec<_> = (0..200).map(|n| format!(r#""key{}":{n}"#, n % 150)).collect();
        let document = document(&format!("{{{}}}", fields.join(",")));
        assert_eq!(document.duplicate_keys(), 50);
        let twice = document.find(&Path(vec![Segment::Key { name: "key7".into(), occurrence: 1 }])).unwrap();
        assert_eq!(document.text(twice), "7");
        let last = document.find(&Path(vec![Segment::key("key7")])).unwrap();
        assert_eq!(document.text(last), "157");
    }

    #[test]
    fn strings_are_decoded_where_they_can_be() {
        let cases = [
            (r#""plain""#, "plain"),
            (r#""a\"b\\c\n""#, "a\"b\\c\n"),
            (r#""\u041f\u0440""#, "Пр"),
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\ud800 alone\n""#, "\u{fffd} alone\n"),
            ("12.50", "12.50"),
        ];
        for (text, plain) in cases {
            assert_eq!(document(text).plain(NodeId::ROOT), plain);
        }
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "[1",
            "[1 2]",
            "{\"a\" 1}",
            "{\"a\":}",
            "{a:1}",
            "[,1]",
            "{} {}",
            "\"open",
            "]",
            "{\"a\":1,}",
            "01",
            "-",
            "-a",
            "1.",
            ".5",
            "+1",
            "1e",
            "1e+",
            "1a",
            "tru",
            "nulll",
            "falsetrue",
            "NaN",
            "\"a\nb\"",
            "\"\t\"",
            "\"\\x\"",
            "\"\\u00g0\"",
            "\"\\u00\"",
            "\"\\",
            "\u{feff}{}",
        ] {
            assert!(Document::read(text).is_err(), "{text:?} was read");
        }
    }

    #[test]
    fn a_value_is_indented_without_touching_its_spelling() {
        let document = document(r#"{"a":1.10,"b":[],"c":[{"d":"\u0041"},1e400],"e":{}}"#);
        let lines = [
            "{",
            "  \"a\": 1.10,",
            "  \"b\": [],",
            "  \"c\": [",
            "    {",
            "      \"d\": \"\\u0041\"",
            "    },",
            "    1e400",
            "  ],",
            "  \"e\": {}",
            "}",
        ];
        assert_eq!(document.indented(NodeId::ROOT, usize::MAX), lines.join("\n"));
        assert!(document.indented(NodeId::ROOT, 10).len() < 20);
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let document = document(&deep);
        assert_eq!(document.len(), 200_000);
        assert_eq!(document.path(document.ids().next_back().unwrap()).0.len(), 199_999);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(5, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
                prop::collection::vec((any::<String>(), inner), 0..8)
                    .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn any_text_that_is_json_is_read_and_all_of_it_is_found_again() {
        let seeds = [
            r#"{"event":"purchase","revenue":1.10,"products":[{"sku":"a/b"},[],{}],"ok":true,"none":null,"event":"x"}"#,
            r#"{"\u0065vent":"caf\u00e9 \ud83d","a":{"a":{"a":1}}}"#,
            "[1,2,[3]]",
        ];
        fuzz_tests::texts(&seeds, |text| {
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            let Ok(document) = Document::read(text) else {
                assert!(!is_json, "it was not read");
                return (false, 0, 0);
            };
            assert!(is_json, "it was read");
            for id in document.ids() {
                assert_eq!(document.find(&document.path(id)), Some(id));
                let fields = document.children(id).count();
                assert_eq!(document.get(id).map(|node| node.children as usize), Some(fields));
                assert!(document.characters(id).may_be_in(&document.plain(id)));
            }
            (is_json, document.len().min(32), document.duplicate_keys().min(8))
        });
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            if let Ok(document) = Document::read(&text) {
                prop_assert!(document.len() > 0);
            }
        }

        #[test]
        fn every_value_is_found_at_its_path_and_nowhere_else(value in json()) {
            let document = document(&value.to_string());
            let paths: std::collections::HashSet<_> = document.ids().map(|id| document.path(id)).collect();
            prop_assert_eq!(paths.len(), document.len());
            for id in document.ids() {
                prop_assert_eq!(document.find(&document.path(id)), Some(id));
                let here = serde_json::from_str::<serde_json::Value>(document.text(id)).unwrap();
                let indented = document.indented(id, usize::MAX);
                prop_assert_eq!(&here, &serde_json::from_str::<serde_json::Value>(&indented).unwrap());
                prop_assert_eq!(Some(&here), value.pointer(&document.path(id).pointer()));
            }
        }
    }
}
