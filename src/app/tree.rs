//! A document as it stands unfolded on the screen.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::cursor::Cursor;
use crate::event::{Document, NodeId, NodeKind, Origin, Path, Segment};

/// A container with more children than this is shown in ranges of so many, as browsers' tools do.
pub const RANGE: u32 = 100;

/// Containers deeper than this do not unfold: past it a line has no room for anything but its indent.
pub const DEEPEST: u32 = 100;

/// A document as it stands unfolded on the screen: the rows, which of them are open, and the cursor.
///
/// Rows exist only for what is open. The cursor stands on a value, not on a row, and stays there when the rows or the
/// whole document change.
#[derive(Debug)]
pub struct Tree {
    document: Arc<Document>,
    /// Whether each value is open, by its position in the document.
    open: Vec<bool>,
    open_parts: HashSet<Spot>,
    /// The event's fields that the platform added, in order, where a proof has compared what was sent with what came.
    added: Option<Vec<NodeId>>,
    /// The event's fields that the platform added, or may have, in order, where they fold into a row of their own.
    platform: Vec<NodeId>,
    rows: Vec<TreeRow>,
    cursor: Cursor,
    search: Search,
}

/// The value, or part of one, that a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spot {
    /// The value; for a part of one, the container.
    pub node: NodeId,
    /// A part of the container's children, when the row stands for no value.
    pub part: Option<Part>,
}

/// A part of a container's children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// So many in a row.
    Range(Range),
    /// Of an event, the fields that the platform added.
    Platform,
}

/// Some of a container's children, in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The first child's position.
    pub first: u32,
    /// How many a full range of this level has: 100, 10,000, …
    pub size: u32,
}

impl Range {
    /// How many children are in it, of so many that the container has.
    pub fn len(&self, children: u32) -> u32 {
        self.first.saturating_add(self.size).min(children).saturating_sub(self.first)
    }
}

/// One line of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeRow {
    /// The value, or part of one, that it stands for.
    pub spot: Spot,
    /// How far it is indented.
    pub depth: u32,
    /// Whether it has rows inside: `None` for a value that cannot, else whether they show.
    pub open: Option<bool>,
}

/// A search in keys and values.
#[derive(Clone, Debug, Default)]
struct Search {
    query: String,
    matches: Vec<NodeId>,
}

impl Spot {
    pub(super) fn value(node: NodeId) -> Self {
        Self { node, part: None }
    }
}

impl Tree {
    /// Unfolds as much of `document` as fits a glance.
    pub(super) fn new(document: Arc<Document>) -> Self {
        const GLANCE: usize = 120;
        let open = vec![false; document.len()];
        let level = if document.len() <= GLANCE { 3 } else { 1 };
        let mut tree = Self {
            document,
            open,
            open_parts: HashSet::new(),
            added: None,
            platform: Vec::new(),
            rows: Vec::new(),
            cursor: Cursor::default(),
            search: Search::default(),
        };
        tree.platform = tree.foldable();
        tree.open_to_level(level);
        tree
    }

    /// Puts a newer document in the old one's place: what was open stays open, the cursor stays on its path, or on the
    /// nearest one that is left.
    pub(super) fn replace(&mut self, document: Arc<Document>) {
        let (path, part) = self.selected_path();
        let mut open = vec![false; document.len()];
        let mut open_parts = HashSet::new();
        let mut pairs = vec![(NodeId::ROOT, NodeId::ROOT)];
        let parts = self.parts_by_node();
        while let Some((old, new)) = pairs.pop() {
            if !self.is_open(old) {
                continue;
            }
            if let Some(flag) = open.get_mut(new.index()) {
                *flag = true;
            }
            for part in parts.get(&old).into_iter().flatten() {
                open_parts.insert(Spot { node: new, part: Some(*part) });
            }
            pairs.extend(self.same_children(old, &document, new));
        }
        self.document = document;
        self.added = None;
        self.platform = self.foldable();
        self.open = open;
        self.open_parts = open_parts;
        let query = std::mem::take(&mut self.search.query);
        self.search_for(&query);
        let node = self.nearest(path);
        self.rebuild();
        self.put_cursor(Spot { node, part });
    }

    /// Whether a proof has said which fields the platform added.
    pub(super) fn is_compared(&self) -> bool {
        self.added.is_some()
    }

    /// Learns from a proof which fields the platform added, or that there is none.
    pub(super) fn learn_added(&mut self, is_added: Option<impl Fn(&str) -> bool>) {
        let document = &self.document;
        let added = is_added.map(|is_added| {
            let fields = document.children(NodeId::ROOT);
            fields.filter(|field| document.key(*field).is_some_and(|key| is_added(&key))).collect()
        });
        let at = self.selected().map_or(Spot::value(NodeId::ROOT), |row| row.spot);
        self.added = added;
        self.platform = self.foldable();
        self.rebuild();
        self.put_cursor(at);
    }

    /// Who put a value into the event, as far as it is known.
    pub fn origin(&self, node: NodeId) -> Origin {
        let is_field = self.document.get(node).is_some_and(|node| node.depth == 1);
        match &self.added {
            Some(added) if is_field && added.binary_search(&node).is_ok() => Origin::Platform,
            Some(_) => Origin::Sender,
            None => self.document.origin(node),
        }
    }

    /// The event's fields that the platform added, or may have added, in order, where a row of their own is worth it: of
    /// several, among no more fields than stand without ranges.
    fn foldable(&self) -> Vec<NodeId> {
        let root = self.document.get(NodeId::ROOT);
        if root.is_none_or(|root| root.kind != NodeKind::Object || root.children > RANGE) {
            return Vec::new();
        }
        let fields = self.document.children(NodeId::ROOT);
        let fields: Vec<_> = fields.filter(|field| self.origin(*field) != Origin::Sender).collect();
        if fields.len() > 1 { fields } else { Vec::new() }
    }

    /// The value at `path`, or the innermost there is on the way to it.
    pub(super) fn nearest(&self, mut path: Path) -> NodeId {
        loop {
            match (self.document.find(&path), path.parent()) {
                (Some(node), _) => return node,
                (None, Some(parent)) => path = parent,
                (None, None) => return NodeId::ROOT,
            }
        }
    }

    /// The open containers among the children of `old`, each with the child of `new` that stands at the same place.
    fn same_children(&self, old: NodeId, document: &Document, new: NodeId) -> Vec<(NodeId, NodeId)> {
        let open = self.document.children(old).filter(|child| self.is_open(*child));
        if self.document.get(old).is_some_and(|node| node.kind == NodeKind::Array) {
            let children: Vec<_> = document.children(new).collect();
            return open
                .filter_map(|child| {
                    let position = self.document.get(child)?.position as usize;
                    Some((child, *children.get(position)?))
                })
                .collect();
        }
        let children: HashMap<Segment, NodeId> =
            document.children(new).filter_map(|child| Some((document.segment(child)?, child))).collect();
        open.filter_map(|child| Some((child, *children.get(&self.document.segment(child)?)?))).collect()
    }

    fn parts_by_node(&self) -> HashMap<NodeId, Vec<Part>> {
        let mut by_node: HashMap<_, Vec<_>> = HashMap::new();
        for spot in &self.open_parts {
            by_node.entry(spot.node).or_default().extend(spot.part);
        }
        by_node
    }

    /// The document.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// The rows to show, from the top.
    pub fn visible(&self) -> &[TreeRow] {
        self.rows.get(self.cursor.visible()).unwrap_or_default()
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<TreeRow> {
        self.rows.get(self.cursor.at()).copied()
    }

    /// The path of the value under the cursor, and the part of its children that the cursor is on, if it is on one.
    pub fn selected_path(&self) -> (Path, Option<Part>) {
        let Some(row) = self.selected() else { return (Path::root(), None) };
        (self.document.path(row.spot.node), row.spot.part)
    }

    /// How many fields of the platform fold into a row of their own.
    pub fn platform_fields(&self) -> usize {
        self.platform.len()
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    pub(super) fn cursor_mut(&mut self) -> &mut Cursor {
        &mut self.cursor
    }

    fn is_open(&self, node: NodeId) -> bool {
        self.open.get(node.index()).copied().unwrap_or(false)
    }

    fn children(&self, node: NodeId) -> u32 {
        self.document.get(node).map_or(0, |node| node.children)
    }

    fn rebuild(&mut self) {
        enum Step {
            Row(Spot, u32),
            /// Children of a container by position: those from `first` on, at most `count`.
            Children(NodeId, u32, u32, u32),
        }
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        let mut steps = vec![Step::Row(Spot::value(NodeId::ROOT), 0)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Row(spot, depth) => {
                    let children = self.children(spot.node);
                    let open = (children > 0).then(|| self.spot_is_open(spot));
                    rows.push(TreeRow { spot, depth, open });
                    if open != Some(true) {
                        continue;
                    }
                    let (first, count, size) = match spot.part {
                        Some(Part::Range(Range { first, size })) => (first, size.min(children - first), size / RANGE),
                        Some(Part::Platform) => {
                            let fields = self.platform.iter().rev();
                            steps.extend(fields.map(|field| Step::Row(Spot::value(*field), depth + 1)));
                            continue;
                        }
                        None => (0, children, range_size(children)),
                    };
                    if size <= 1 {
                        steps.push(Step::Children(spot.node, first, count, depth + 1));
                    } else {
                        let firsts = (first..first + count).step_by(size as usize);
                        steps.extend(firsts.rev().map(|first| {
                            let part = Some(Part::Range(Range { first, size }));
                            Step::Row(Spot { node: spot.node, part }, depth + 1)
                        }));
                    }
                }
                Step::Children(node, first, count, depth) => {
                    let children = self.document.children(node).skip(first as usize).take(count as usize);
                    let folds = node == NodeId::ROOT && !self.platform.is_empty();
                    let start = steps.len();
                    steps.extend(
                        children
                            .filter(|child| !folds || self.platform.binary_search(child).is_err())
                            .map(|child| Step::Row(Spot::value(child), depth)),
                    );
                    if folds {
                        steps.push(Step::Row(Spot { node, part: Some(Part::Platform) }, depth));
                    }
                    if let Some(added) = steps.get_mut(start..) {
                        added.reverse();
                    }
                }
            }
        }
        self.cursor.set_len(rows.len());
        self.rows = rows;
    }

    fn spot_is_open(&self, spot: Spot) -> bool {
        match spot.part {
            Some(_) => self.open_parts.contains(&spot),
            None => self.is_open(spot.node),
        }
    }

    fn set_open(&mut self, spot: Spot, open: bool) {
        let too_deep = self.document.get(spot.node).is_none_or(|node| node.depth >= DEEPEST);
        match spot.part {
            Some(_) if open => {
                self.open_parts.insert(spot);
            }
            Some(_) => {
                self.open_parts.remove(&spot);
            }
            None => {
                if let Some(flag) = self.open.get_mut(spot.node.index()) {
                    *flag = open && !too_deep;
                }
            }
        }
    }

    fn put_cursor(&mut self, spot: Spot) {
        let row = self.rows.iter().position(|row| row.spot == spot);
        let row = row.or_else(|| self.rows.iter().position(|row| row.spot == Spot::value(spot.node)));
        self.cursor.put(row.or_else(|| self.nearest_above(spot.node)).unwrap_or(0));
    }

    /// The row of the innermost container around `node` that has one.
    fn nearest_above(&self, node: NodeId) -> Option<usize> {
        let mut at = self.document.parent(node);
        while let Some(parent) = at {
            if let Some(row) = self.rows.iter().rposition(|row| {
                row.spot.node == parent && row.spot.part.is_none_or(|part| self.part_holds(parent, part, node))
            }) {
                return Some(row);
            }
            at = self.document.parent(parent);
        }
        None
    }

    fn part_holds(&self, container: NodeId, part: Part, node: NodeId) -> bool {
        let mut at = node;
        while let Some(parent) = self.document.parent(at) {
            if parent == container {
                let position = self.document.get(at).map_or(0, |node| node.position);
                return match part {
                    Part::Range(Range { first, size }) => (first..first.saturating_add(size)).contains(&position),
                    Part::Platform => self.platform.binary_search(&at).is_ok(),
                };
            }
            at = parent;
        }
        false
    }

    /// Folds or unfolds the row under the cursor; `false` when there is nothing to fold.
    pub(super) fn toggle(&mut self) -> bool {
        let Some(TreeRow { spot, open: Some(open), .. }) = self.selected() else {
            return false;
        };
        self.set_open(spot, !open);
        self.rebuild();
        self.put_cursor(spot);
        true
    }

    /// Unfolds the row under the cursor, or steps into it when it is open.
    pub(super) fn go_in(&mut self) {
        match self.selected().and_then(|row| row.open) {
            Some(false) => {
                self.toggle();
            }
            Some(true) => self.cursor.step(1),
            None => {}
        }
    }

    /// Folds the row under the cursor, or steps out to the row around it when there is nothing to fold.
    pub(super) fn go_out(&mut self) {
        let Some(row) = self.selected() else { return };
        if row.open == Some(true) {
            self.toggle();
            return;
        }
        let before = self.rows.get(..self.cursor.at()).unwrap_or_default();
        if let Some(around) = before.iter().rposition(|other| other.depth < row.depth) {
            self.cursor.put(around);
        }
    }

    /// Unfolds every container that stands in fewer than `level` others and folds the rest.
    pub(super) fn open_to_level(&mut self, level: u32) {
        let ids: Vec<_> = self.document.ids().collect();
        self.open_parts.clear();
        for id in ids {
            let depth = self.document.get(id).map_or(u32::MAX, |node| node.depth);
            let container = self.document.get(id).is_some_and(|node| node.kind.is_container());
            self.set_open(Spot::value(id), container && depth < level);
        }
        let node = self.selected().map_or(NodeId::ROOT, |row| row.spot.node);
        self.rebuild();
        self.put_cursor(Spot::value(node));
    }

    /// Unfolds everything, ranges too.
    pub(super) fn open_all(&mut self) {
        self.open_to_level(u32::MAX);
        self.open_parts.insert(Spot { node: NodeId::ROOT, part: Some(Part::Platform) });
        let wide: Vec<_> = self.document.ids().filter(|id| self.children(*id) > RANGE).collect();
        for node in wide {
            let children = self.children(node);
            let mut size = range_size(children);
            while size > 1 {
                let firsts = (0..children).step_by(size as usize);
                self.open_parts
                    .extend(firsts.map(|first| Spot { node, part: Some(Part::Range(Range { first, size })) }));
                size /= RANGE;
            }
        }
        let node = self.selected().map_or(NodeId::ROOT, |row| row.spot.node);
        self.rebuild();
        self.put_cursor(Spot::value(node));
    }

    /// Finds `query` in keys and values. Empty ends the search.
    pub(super) fn search_for(&mut self, query: &str) {
        let needle = Needle::new(query);
        let document = &self.document;
        let matches = match query {
            "" => Vec::new(),
            _ => document.ids().filter(|id| needle.is_at(document, *id)).collect(),
        };
        self.search = Search { query: query.to_owned(), matches };
    }

    /// Moves the cursor to the match after the row under it, or before it, and round at the ends; unfolds what hides it.
    pub(super) fn go_to_match(&mut self, forward: bool) {
        let at = self.selected().map_or(NodeId::ROOT, |row| row.spot.node);
        let matches = &self.search.matches;
        let next = if forward {
            matches.iter().find(|id| **id > at).or_else(|| matches.first())
        } else {
            matches.iter().rev().find(|id| **id < at).or_else(|| matches.last())
        };
        if let Some(&next) = next {
            self.reveal(next);
        }
    }

    /// Moves the cursor to the first match from the row under it on: what a reader sees while typing.
    pub(super) fn go_to_match_from_here(&mut self) {
        let at = self.selected().map_or(NodeId::ROOT, |row| row.spot.node);
        if !self.search.matches.contains(&at) {
            self.go_to_match(true);
        }
    }

    /// Moves the cursor to the value, and unfolds what hides it.
    pub(super) fn reveal(&mut self, node: NodeId) {
        let mut at = node;
        while let Some(parent) = self.document.parent(at) {
            self.set_open(Spot::value(parent), true);
            let position = self.document.get(at).map_or(0, |node| node.position);
            for range in ranges_around(self.children(parent), position) {
                self.set_open(Spot { node: parent, part: Some(Part::Range(range)) }, true);
            }
            if self.platform.binary_search(&at).is_ok() {
                self.set_open(Spot { node: parent, part: Some(Part::Platform) }, true);
            }
            at = parent;
        }
        self.rebuild();
        self.put_cursor(Spot::value(node));
    }

    /// The search's text.
    pub fn query(&self) -> &str {
        &self.search.query
    }

    /// Whether there is no match after the row under the cursor, or none before it.
    pub(super) fn is_at_end(&self, forward: bool) -> bool {
        let at = self.selected().map_or(NodeId::ROOT, |row| row.spot.node);
        let end = if forward { self.search.matches.last() } else { self.search.matches.first() };
        end.is_none_or(|end| if forward { *end <= at } else { *end >= at })
    }

    /// Which match the cursor is on, from 1, and how many there are.
    pub fn matches(&self) -> (Option<usize>, usize) {
        let at = self.selected().map(|row| row.spot.node);
        let matches = &self.search.matches;
        (at.and_then(|at| matches.binary_search(&at).ok()).map(|index| index + 1), matches.len())
    }
}

/// How many children one range of a container with `children` has; 1 when it needs no ranges.
fn range_size(children: u32) -> u32 {
    let mut size = 1;
    while children.div_ceil(size) > RANGE {
        size *= RANGE;
    }
    size
}

/// The ranges that the child at `position` of a container with so many `children` stands in, the widest first.
pub(super) fn ranges_around(children: u32, position: u32) -> impl Iterator<Item = Range> {
    let sizes = std::iter::successors(Some(range_size(children)), |size| Some(size / RANGE));
    sizes.take_while(|size| *size > 1).map(move |size| Range { first: position / size * size, size })
}

/// A text that is looked for in keys and values: in any case when it is all lower case, else exactly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needle<'a> {
    text: &'a str,
    exact: bool,
}

impl<'a> Needle<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, exact: text.chars().any(char::is_uppercase) }
    }

    /// Whether the key or the value of `id` holds it.
    pub(super) fn is_at(&self, document: &Document, id: NodeId) -> bool {
        let scalar = document.get(id).is_some_and(|node| !node.kind.is_container());
        document.key(id).is_some_and(|key| self.is_in(&key)) || scalar && self.is_in(&document.plain(id))
    }

    /// Whether an event with this text can hold it: what has no escapes reads as it is spelled.
    pub(super) fn may_be_in(&self, json: &str) -> bool {
        json.contains('\\') || self.is_in(json)
    }

    fn is_in(&self, text: &str) -> bool {
        if self.exact {
            return text.contains(self.text);
        }
        if self.text.is_ascii() {
            let (text, lower) = (text.as_bytes(), self.text.as_bytes());
            return text.windows(lower.len().max(1)).any(|window| window.eq_ignore_ascii_case(lower));
        }
        text.to_lowercase().contains(self.text)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn document(text: &str) -> Arc<Document> {
        Arc::new(Document::read(text).unwrap())
    }

    /// The rows as text: indent, fold mark, last step or range, and `<` at the cursor.
    fn shown(tree: &Tree) -> Vec<String> {
        tree.rows
            .iter()
            .enumerate()
            .map(|(index, row)| {
                let mark = match row.open {
                    Some(true) => "-",
                    Some(false) => "+",
                    None => " ",
                };
                let name = match (row.spot.part, tree.document.segment(row.spot.node)) {
                    (Some(Part::Range(range)), _) => format!("{}~{}", range.first, range.size),
                    (Some(Part::Platform), _) => "platform".into(),
                    (None, Some(Segment::Key { name, .. })) => name.to_string(),
                    (None, Some(Segment::Index(index))) => index.to_string(),
                    (None, None) => "$".into(),
                };
                let cursor = if index == tree.cursor.at() { "<" } else { "" };
                format!("{}{mark}{name}{cursor}", " ".repeat(row.depth as usize))
            })
            .collect()
    }

    const CART: &str = r#"{"id":1,"lines":[{"sku":"a"},{"sku":"b"}],"note":null}"#;

    #[test]
    fn rows_stand_for_what_is_open() {
        let mut tree = Tree::new(document(CART));
        tree.open_to_level(1);
        assert_eq!(shown(&tree), ["-$<", "  id", " +lines", "  note"]);
        tree.cursor.step(2);
        tree.go_in();
        assert_eq!(shown(&tree), ["-$", "  id", " -lines<", "  +0", "  +1", "  note"]);
        tree.go_in();
        tree.go_in();
        assert_eq!(shown(&tree), ["-$", "  id", " -lines", "  -0<", "    sku", "  +1", "  note"]);
        tree.go_out();
        tree.go_out();
        assert_eq!(shown(&tree), ["-$", "  id", " -lines<", "  +0", "  +1", "  note"]);
        tree.open_to_level(0);
        assert_eq!(shown(&tree), ["+$<"]);
        tree.open_all();
        assert_eq!(tree.rows.len(), 8);
    }

    #[test]
    fn the_fields_of_the_platform_fold_into_one_row() {
        let text = r#"{"event":"view","_bsft_ts":"t","sku":"a","event_uuid":"u","products":[{"timestamp":1}]}"#;
        let mut tree = Tree::new(document(text));
        tree.open_to_level(1);
        assert_eq!(shown(&tree), ["-$<", "  event", "  sku", " +products", " +platform"]);
        tree.cursor.step(isize::MAX);
        tree.go_in();
        let open = ["-$", "  event", "  sku", " +products", " -platform<", "    _bsft_ts", "    event_uuid"];
        assert_eq!(shown(&tree).iter().map(|row| row.trim_start()).collect::<Vec<_>>(), open.map(str::trim_start));
        tree.replace(document(&text.replace("\"a\"", "\"b\"")));
        assert_eq!(shown(&tree).len(), 7, "what was open stays open");
        tree.open_to_level(1);
        tree.search_for("_bsft");
        tree.go_to_match(true);
        assert_eq!(tree.selected_path().0.to_string(), "_bsft_ts", "a match is shown wherever it is folded");
        tree.go_out();
        assert_eq!(tree.selected_path(), (Path::root(), Some(Part::Platform)));
        let one = Tree::new(document(r#"{"event":"view","_bsft_ts":"t"}"#));
        assert_eq!(shown(&one), ["-$<", "  event", "  _bsft_ts"], "one field needs no row of its own");
    }

    #[test]
    fn wide_containers_stand_in_ranges() {
        let wide: Vec<u32> = (0..20_500).collect();
        let mut tree = Tree::new(document(&format!("{wide:?}")));
        assert_eq!(shown(&tree), ["-$<", " +0~10000", " +10000~10000", " +20000~10000"]);
        tree.cursor.put(3);
        tree.go_in();
        assert_eq!(
            shown(&tree).split_off(3),
            [" -20000~10000<", "  +20000~100", "  +20100~100", "  +20200~100", "  +20300~100", "  +20400~100"]
        );
        tree.search_for("20404");
        tree.go_to_match(true);
        assert_eq!(tree.document.text(tree.selected().unwrap().spot.node), "20404");
        tree.open_all();
        assert_eq!(tree.rows.len(), 1 + 3 + 205 + 20_500);
    }

    #[test]
    fn the_cursor_and_the_folds_survive_a_newer_event() {
        let mut tree = Tree::new(document(CART));
        tree.open_to_level(2);
        tree.search_for("sku");
        tree.go_to_match(false);
        let (path, _) = tree.selected_path();
        assert_eq!(path.to_string(), "lines[1].sku");
        tree.replace(document(r#"{"new":0,"lines":[{"q":1,"sku":"x"},{"q":2,"sku":"y"}]}"#));
        assert_eq!(tree.selected_path().0, path);
        assert_eq!(tree.matches(), (Some(2), 2));
        tree.replace(document(r#"{"lines":[{"sku":"only"}]}"#));
        assert_eq!(tree.selected_path().0.to_string(), "lines");
        tree.replace(document("[]"));
        assert_eq!(shown(&tree), [" $<"]);
    }

    #[test]
    fn a_search_finds_keys_and_values_wherever_they_are_folded() {
        let mut tree = Tree::new(document(r#"{"Email":"A@b.c","deep":{"x":[{"mail":"a@B.c"}]},"n":12.50}"#));
        tree.open_to_level(1);
        for (query, count) in [("mail", 2), ("Email", 1), ("a@b.c", 2), ("12.5", 1), ("é", 0), ("", 0)] {
            tree.search_for(query);
            assert_eq!(tree.matches().1, count, "{query}");
        }
        tree.search_for("mail");
        let mut seen = Vec::new();
        for _ in 0..3 {
            tree.go_to_match(true);
            seen.push(tree.selected_path().0.to_string());
        }
        assert_eq!(seen, ["Email", "deep.x[0].mail", "Email"]);
    }

    #[test]
    fn what_is_too_deep_stays_folded() {
        let mut tree = Tree::new(document(&format!("{}{}", "[".repeat(5_000), "]".repeat(5_000))));
        tree.open_all();
        assert_eq!(tree.rows.len(), DEEPEST as usize + 1);
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_on_a_row_that_can_be_seen(keys in prop::collection::vec(0_u8..12, 0..60), height in 1_usize..20) {
            let wide: Vec<u32> = (0..250).collect();
            let mut tree = Tree::new(document(&format!(r#"{{"a":{{"b":{wide:?}}},"c":{CART}}}"#)));
            tree.cursor.fit(height);
            for key in keys {
                match key {
                    0 => tree.cursor.step(1),
                    1 => tree.cursor.step(-1),
                    2 => tree.go_in(),
                    3 => tree.go_out(),
                    4 => { tree.toggle(); }
                    5 => tree.open_all(),
                    6 => tree.open_to_level(1),
                    7 => tree.cursor.scroll(3),
                    8 => tree.cursor.scroll(-3),
                    9 => tree.cursor.step(40),
                    10 => tree.replace(document(CART)),
                    _ => { tree.search_for("sku"); tree.go_to_match(true); }
                }
                prop_assert!(tree.selected().is_some_and(|row| tree.visible().contains(&row)));
            }
        }
    }
}
