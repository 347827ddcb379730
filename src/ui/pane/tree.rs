//! The inspector's tab that shows the event as a tree.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::StatefulWidget;
use tui_tree_widget::{Tree as TreeWidget, TreeItem, TreeState};

use super::PaneId;
use super::{held, put_foot};
use crate::app::Model;
use crate::app::findings::EventFindings;
use crate::app::layout::Area;
use crate::app::shown::Shown;
use crate::app::tree::{Part, Tree, TreeRow};
use crate::event::{DifferenceKind, Document, NodeId, NodeKind, Origin, Sanitized, sanitized, text};
use crate::session::Coverage;
use crate::ui::write::{blank, joined, put, span};
use crate::ui::{Theme, difference, highlight, rect, scroll_thumb, severity};

/// Keys are cut to so many columns, or to two fifths of the room for them and their values, but to no fewer than the least:
/// values stand in a column. The whole key is in the path below.
const KEY_COLUMN: usize = 40;
const LEAST_KEY: usize = 12;

/// A key is read so far, in columns.
const KEY_READ: usize = 256;

/// What stands at the right of a row is no further away than this: in a wide pane it would be too far from what it is about.
const NEAR: usize = 100;

/// How much is said of what a value was before, in columns, and the least room for it.
const WAS: usize = 28;
const LEAST_WAS: usize = 8;

/// With less room than this behind a value, nothing is said of what is expected.
const LEAST_NOTE: usize = 16;

/// The event as a tree: the rows in view as flat items of the widget, indented in their text.
pub(super) fn render(shown: &Shown, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let Some(tree) = model.inspector.tree() else { return };
    let inner = area.inner();
    let rows = tree.visible();
    let focused = model.has_focus(PaneId::Inspector);
    let found = shown.found().map(|found| &**found);
    let painter = Painter { tree, shown, found, theme, width: inner.width.into() };
    let items: Vec<_> = rows.iter().map(|row| TreeItem::new_leaf(row.spot, painter.line(*row))).collect();
    let mut state = TreeState::default();
    state.select(tree.selected().map(|row| vec![row.spot]).unwrap_or_default());
    // Spots are unique, so this cannot fail.
    if let Ok(widget) = TreeWidget::new(&items) {
        let selection = if focused { theme.selection } else { theme.selection_quiet };
        let widget = widget.highlight_style(selection).node_no_children_symbol("");
        StatefulWidget::render(widget, rect(inner), buf, &mut state);
    }
    // Left of the first level nothing stands but the event's own fold mark; its sign stands behind its name.
    for (y, row) in (inner.y..).zip(rows).filter(|(_, row)| row.depth > 0) {
        if let Some(severity) = found.and_then(|found| found.worst(row)) {
            put(buf, (inner.x, y), severity::sign(severity), 1, severity::style(severity, theme));
        }
        if painter.has_changed(row) {
            put(buf, (inner.x + 1, y), "●", 1, theme.updated);
        }
    }

    let (path, part) = tree.selected_path();
    let mut place = Sanitized::of(&path);
    if let Some(part) = part {
        let label = part_label(part, tree.document(), path_node(tree), usize::from(area.width) / 2);
        place = if place.is_empty() || label.starts_with('[') {
            sanitized!("{}{}", place, label)
        } else {
            sanitized!("{} {}", place, label)
        };
    }
    let coverage = model.types.selected().and_then(|(_, row)| row.coverage);
    let elsewhere = model.queries.search().map_or(0, |scan| scan.found_beside(shown.event.number));
    // The finding at the cursor, in a few words: its row may have no room for them. They matter more than the event's size.
    let here = tree.selected().and_then(|row| found?.here(&row)).filter(|_| focused);
    let (right, style) = status(model, (tree, elsewhere, coverage), shown, here.is_none(), area.width.into(), theme);
    put_foot(&place, (&right, style), theme.dim, theme, area, buf);
    if let Some((finding, _)) = here {
        let taken = text::width(&place) + if place.is_empty() { 1 } else { 3 };
        let room = usize::from(area.width).saturating_sub(taken + text::width(&right) + 6);
        if room > LEAST_NOTE {
            let said = sanitized!(" {} {} ", severity::sign(finding.severity), finding.brief());
            let x = area.x + 1 + u16::try_from(taken).unwrap_or(0);
            let style = severity::style(finding.severity, theme);
            put(buf, (x, area.y + area.height - 1), said.fit(room), room, style);
        }
    }
    scroll_thumb(area, tree.cursor().offset(), tree.cursor().len(), theme, buf);
}

fn path_node(tree: &Tree) -> NodeId {
    tree.selected().map_or(NodeId::ROOT, |row| row.spot.node)
}

/// The right of the bottom border: the search, the newer events, or the event's size and journey.
fn status(
    model: &Model,
    (tree, elsewhere, coverage): (&Tree, usize, Option<Coverage>),
    shown: &Shown,
    with_size: bool,
    width: usize,
    theme: &Theme,
) -> (Sanitized, Style) {
    let mut parts = Vec::new();
    let mut style = theme.dim;
    if !tree.query().is_empty() {
        style = theme.warning;
        parts.push(match tree.matches() {
            (_, 0) => "no match".into(),
            (None, 1) => "1 match".into(),
            (None, count) => sanitized!("{} matches", count),
            (Some(at), count) => sanitized!("match {} of {}", at, count),
        });
        if elsewhere > 0 {
            parts.push(sanitized!("also in {}", text::counted(elsewhere as u64, "event")));
        }
    }
    parts.extend(held(model));
    if shown.newer > 0 {
        style = theme.updated;
    }
    if tree.query().is_empty() && with_size {
        parts.push(text::size(shown.event.payload.text().len() as u64));
        if let Some(Coverage { captured, received }) = coverage.filter(|coverage| coverage.received > 0) {
            let what = if width < 56 { "since start" } else { "captured since the start" };
            let (captured, received) = (text::short_count(captured), text::short_count(received));
            parts.push(sanitized!("{} of {} {}", captured, received, what));
        }
    }
    if tree.query().is_empty() {
        let duplicates = tree.document().duplicate_keys();
        if duplicates > 0 {
            style = theme.warning;
            parts.push(sanitized!("{} twice", text::counted(duplicates as u64, "key")));
        }
    }
    (sanitized!(" {} ", Sanitized::join(parts, " · ")), style)
}

/// Writes the line of a row.
struct Painter<'a> {
    tree: &'a Tree,
    shown: &'a Shown,
    /// The findings of the event, once they are known.
    found: Option<&'a EventFindings>,
    theme: &'a Theme,
    width: usize,
}

impl Painter<'_> {
    fn line(&self, row: TreeRow) -> Line<'static> {
        let theme = self.theme;
        let document = self.tree.document();
        let node = row.spot.node;
        let indent = row.depth as usize * 2 + 2;
        let room = self.width.saturating_sub(indent + 1);
        let origin = self.tree.origin(node);
        let platform = origin == Origin::Platform;
        let tag = self.tag(row, origin);
        let tag_width = text::width(&tag);
        let column = self.key_column(row, room);
        let mut room = room.saturating_sub(if tag.is_empty() { 0 } else { tag_width + 1 });
        let query = self.tree.query();
        let mark = match row.open {
            Some(true) => "▾ ",
            Some(false) => "▸ ",
            None => "  ",
        };
        let mut spans =
            vec![span(sanitized!("{}{}", Sanitized::repeated(" ", row.depth as usize * 2), mark), Style::new())];

        let (key, key_style) = self.key(row, platform, room);
        // With no value behind it, a key has the room of one.
        let has_value = row.open != Some(true) && row.spot.part.is_none();
        let key = if has_value && column > 0 { key.fit_middle(column.min(room)) } else { key.fit(room) };
        room = room.saturating_sub(text::width(&key));
        let pad = (column.max(text::width(&key)) + 2).saturating_sub(text::width(&key)).min(room);
        spans.extend(highlight(&key, query, key_style, theme.matched));
        let value = self.value(row, room.saturating_sub(pad));
        if !value.is_empty() {
            spans.push(blank(pad));
            room -= pad;
            let style = if platform { theme.dim } else { self.value_style(row) };
            room = room.saturating_sub(text::width(&value));
            spans.extend(highlight(&value, query, style, theme.matched));
        }
        let was = self.was(row, room.saturating_sub(2));
        if !was.is_empty() {
            room = room.saturating_sub(2 + text::width(&was));
            spans.push(span(sanitized!("  {}", was), theme.dim));
        }
        let wrong = self.wrong(row, room.saturating_sub(2));
        if !wrong.is_empty() {
            spans.push(blank(2));
            spans.extend(wrong);
        }
        if !tag.is_empty() {
            let used = spans.iter().map(Span::width).sum::<usize>() + tag_width + 1;
            spans.extend([blank(self.width.min(NEAR).saturating_sub(used).max(1)), span(tag, theme.dim)]);
        }
        if document.occurrence(node) > 0 {
            spans.push(span(" overridden", theme.warning));
        }
        joined(spans)
    }

    fn key(&self, row: TreeRow, platform: bool, room: usize) -> (Sanitized, Style) {
        let theme = self.theme;
        let document = self.tree.document();
        if let Some(part) = row.spot.part {
            return (part_label(part, document, row.spot.node, room), theme.dim);
        }
        let shown = |text: &str| text::excerpt(text, KEY_READ);
        match document.shown_key(row.spot.node) {
            Some(name) if name.is_empty() => ("\"\"".into(), theme.dim),
            Some(name) => (shown(&name), if platform { theme.dim } else { theme.json_key }),
            None if row.spot.node == NodeId::ROOT => (self.shown.event.event_type.shown(), theme.title),
            None => (sanitized!("{}", document.get(row.spot.node).map_or(0, |node| node.position)), theme.dim),
        }
    }

    /// How wide the keys among the row's siblings are, where so much room is for them and their values, so that their values
    /// stand in a column.
    fn key_column(&self, row: TreeRow, room: usize) -> usize {
        const LOOKED_AT: usize = 100;
        let document = self.tree.document();
        let Some(parent) = document.parent(row.spot.node) else { return 0 };
        if row.spot.part.is_some() || document.get(parent).is_some_and(|node| node.kind != NodeKind::Object) {
            return 0;
        }
        let position = document.get(row.spot.node).map_or(0, |node| node.position as usize);
        let siblings = document.children(parent).skip(position / LOOKED_AT * LOOKED_AT).take(LOOKED_AT);
        let widths = siblings.filter_map(|sibling| document.shown_key(sibling)).map(|key| text::width(&key));
        widths.max().unwrap_or(0).min(KEY_COLUMN.min(room * 2 / 5).max(LEAST_KEY))
    }

    /// The tag at the right edge: how many children there are, or that the platform added the field, or may
    /// have.
    fn tag(&self, row: TreeRow, origin: Origin) -> Sanitized {
        const WIDE: usize = 52;
        let Some(node) = self.tree.document().get(row.spot.node) else { return Sanitized::default() };
        match node.kind {
            _ if row.spot.part == Some(Part::Platform) => sanitized!("{}", self.tree.platform_fields()),
            NodeKind::Object if let Some(Part::Range(range)) = row.spot.part => {
                sanitized!("{}", range.len(node.children))
            }
            _ if row.spot.part.is_some() => Sanitized::default(),
            NodeKind::Object => sanitized!("{{{}}}", node.children),
            NodeKind::Array => sanitized!("[{}]", node.children),
            _ => match origin {
                // The row that they fold into says so.
                Origin::Platform if self.tree.platform_fields() > 0 => Sanitized::default(),
                Origin::Platform => "platform".into(),
                Origin::Perhaps if self.width >= WIDE => "perhaps platform".into(),
                Origin::Perhaps => "perhaps".into(),
                Origin::Sender => Sanitized::default(),
            },
        }
    }

    /// The finding of the field, where there is room for it; for the event itself also how bad it is.
    fn wrong(&self, row: TreeRow, room: usize) -> Vec<Span<'static>> {
        let mut spans = Vec::new();
        let mut left = room;
        let theme = self.theme;
        let Some(found) = self.found else { return spans };
        if let Some(severity) = found.worst(&row).filter(|_| row.depth == 0 && room > 0) {
            spans.push(span(severity::sign(severity), severity::style(severity, theme)));
            left -= 1;
        }
        let Some((finding, count)) = found.here(&row).filter(|_| left > LEAST_NOTE) else { return spans };
        if !spans.is_empty() {
            spans.push(blank(1));
            left -= 1;
        }
        let more = if count > 1 { sanitized!(" +{}", count - 1) } else { Sanitized::default() };
        let said = if finding.place_says_little() {
            finding.brief()
        } else {
            sanitized!("expected {}", finding.expected.words())
        };
        let said = said.fit(left.saturating_sub(more.len()));
        spans.push(span(sanitized!("{}{}", said, more), theme.dim));
        spans
    }

    /// Whether the field, or something folded in it, is not as it was in the event before.
    fn has_changed(&self, row: &TreeRow) -> bool {
        let changes = self.shown.changes().filter(|_| row.spot.part.is_none());
        let node = row.spot.node;
        changes.is_some_and(|changes| changes.of(node).is_some() || row.open == Some(false) && changes.are_in(node))
    }

    /// How the value was in the event before, where it was another and there is room to say so.
    fn was(&self, row: TreeRow, room: usize) -> Sanitized {
        let Some(difference) = self
            .shown
            .changes()
            .filter(|_| row.depth > 0 && row.spot.part.is_none())
            .and_then(|changes| changes.of(row.spot.node))
        else {
            return Sanitized::default();
        };
        let said = match (difference.kind, &difference.before) {
            (DifferenceKind::Moved { from, .. }, _) => sanitized!("was at {}", from),
            (_, Some(json)) => sanitized!("was {}", text::sanitize_within(json, WAS).0),
            (_, None) => "new".into(),
        };
        if room < LEAST_WAS { Sanitized::default() } else { said.fit(room.min(WAS)) }
    }

    fn value(&self, row: TreeRow, room: usize) -> Sanitized {
        if row.spot.part.is_some() || row.open == Some(true) || room == 0 {
            return Sanitized::default();
        }
        scalar_or_preview(self.tree.document(), row.spot.node, room).fit(room)
    }

    fn value_style(&self, row: TreeRow) -> Style {
        let kind = self.tree.document().get(row.spot.node).map_or(NodeKind::Object, |node| node.kind);
        difference::value_style(kind, self.theme)
    }
}

/// A scalar as JSON, or a folded container's first values.
fn scalar_or_preview(document: &Document, node: NodeId, room: usize) -> Sanitized {
    let Some(value) = document.get(node) else { return Sanitized::default() };
    match value.kind {
        NodeKind::String => match document.plain(node) {
            // No text can stand for half of a pair of escapes: it is shown as it is spelled.
            Cow::Owned(text) if text.contains(char::REPLACEMENT_CHARACTER) => {
                text::sanitize_within(document.text(node), room).0
            }
            plain => text::quoted_within(&plain, room).0,
        },
        NodeKind::Number | NodeKind::Bool | NodeKind::Null => text::sanitize_within(document.text(node), room).0,
        NodeKind::Object | NodeKind::Array => {
            let object = value.kind == NodeKind::Object;
            let mut out = Sanitized::literal(if object { "{" } else { "[" });
            for child in document.children(node) {
                if out.width() > room {
                    return out;
                }
                if out.len() > 1 {
                    out.push(", ");
                }
                if let Some(key) = document.shown_key(child) {
                    out.push(text::sanitize_within(&key, room).0);
                    out.push(": ");
                }
                out.push(match document.get(child).map(|node| (node.kind, node.children)) {
                    Some((NodeKind::Object, 0)) => "{}".into(),
                    Some((NodeKind::Array, 0)) => "[]".into(),
                    Some((NodeKind::Object, _)) => "{…}".into(),
                    Some((NodeKind::Array, _)) => "[…]".into(),
                    _ => scalar_or_preview(document, child, room),
                });
            }
            out.push(if object { "}" } else { "]" });
            out
        }
    }
}

/// A range as people count it, `[0…99]`, or, of an object, by its first and last names in so much room; `platform` for the
/// fields that the platform added.
fn part_label(part: Part, document: &Document, container: NodeId, room: usize) -> Sanitized {
    const BETWEEN: &str = " … ";
    let Part::Range(range) = part else { return "platform".into() };
    let children = document.get(container).map_or(0, |node| node.children);
    let ends = [range.first, range.first + range.len(children).saturating_sub(1)];
    if document.get(container).is_none_or(|node| node.kind != NodeKind::Object) {
        return sanitized!("[{}…{}]", ends[0], ends[1]);
    }
    let names =
        ends.map(|at| document.children(container).nth(at as usize).and_then(|child| document.shown_key(child)));
    let [first, last] = names.map(|name| text::excerpt(&name.unwrap_or_default(), KEY_READ));
    let room = room.saturating_sub(3);
    let fits = first.width() + last.width() <= room;
    let (first, last) = if fits { (first, last) } else { text::parted(&first, &last) };
    let first = first.fit((room / 2).max(room.saturating_sub(last.width())));
    sanitized!("{}{}{}", first, BETWEEN, last.fit(room - first.width()))
}
