use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{StatefulWidget, Widget};
use tui_tree_widget::{Tree as TreeWidget, TreeItem, TreeState};

use super::{Theme, findings, rect};
use crate::app::findings::{Found, place_says_little, said_briefly};
use crate::app::inspector::{Shown, Tab};
use crate::app::layout::{self, Area, Pane};
use crate::app::tree::{Range, Row, Spot, Tree};
use crate::app::{Model, time};
use crate::event::{Document, NodeId, NodeKind, Origin, Segment, origin, text};
use crate::session::Coverage;

/// Keys wider than this, or than a third of the pane, do not push the values of their siblings further to the right.
const KEY_COLUMN: usize = 26;

/// With less room than this behind a value, nothing is said of what is expected.
const LEAST_NOTE: usize = 16;

/// The event under the cursor.
pub(super) fn render(model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let tab = model.tab();
    let shown = model.inspector.shown();
    let tabs = layout::tabs(area, model.inspector.tabs());
    let taken: usize = tabs.iter().map(|(_, place)| usize::from(place.width)).sum();
    let room = usize::from(area.width).saturating_sub(taken + 6);
    let name = match (shown, &model.unknown) {
        (_, Some(_)) if tab == Tab::Raw => "the last answer".to_owned(),
        (Some(shown), _) => text::fit_middle(&text::harmless_within(shown.event_type.as_str(), 512).0, room),
        (None, _) => "Event".to_owned(),
    };
    let title = Line::styled(format!(" {name} "), super::title_style(Pane::Inspector, model, theme));
    super::pane(Pane::Inspector, model, title, theme).render(rect(area), buf);
    for ((each, label), (_, place)) in model.inspector.tabs().into_iter().zip(tabs) {
        let style = if each == tab { theme.heading_sorted } else { theme.dim };
        let alert = each == Tab::Raw && model.unknown.is_some();
        buf.set_stringn(place.x, place.y, " ", 1, theme.dim);
        buf.set_stringn(place.x + 1, place.y, label, usize::from(place.width.saturating_sub(2)), style);
        buf.set_stringn(place.x + place.width - 1, place.y, if alert { "!" } else { " " }, 1, theme.error);
    }
    match (tab, model.inspector.raw(), shown) {
        (Tab::Raw, Some(reader), _) => {
            let inner = area.inner();
            for (y, line) in (inner.y..).zip(reader.visible(inner.height.into())) {
                buf.set_stringn(inner.x, y, line, inner.width.into(), theme.title_quiet);
            }
            if reader.title.is_empty() {
                super::overlay::pager_foot(reader, area, theme, buf);
            } else {
                put_foot(&reader.title, ("", theme.dim), theme.error, theme, area, buf);
            }
            let (offset, total) = reader.position();
            super::scroll_thumb(area, offset, total, theme, buf);
        }
        (_, _, Some(shown)) => match &shown.tree {
            Ok(_) if tab == Tab::Findings => findings::render(shown, model, theme, area, buf),
            Ok(tree) => render_tree(tree, shown, model, theme, area, buf),
            Err(error) => super::hint(&format!("No tree: {error}. The Raw tab has the text."), theme, area, buf),
        },
        (_, _, None) => {
            let counted = model.types.selected().is_some();
            let reason =
                if counted { "The endpoint gave a count for this type, but no event." } else { "Nothing selected." };
            super::hint(reason, theme, area, buf);
        }
    }
}

fn render_tree(tree: &Tree, shown: &Shown, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let inner = area.inner();
    let rows = tree.visible(inner.height.into());
    let focused = model.focus == Pane::Inspector;
    let found = shown.findings.current();
    let painter = Painter { tree, shown, found, theme, width: inner.width.into() };
    let window = Window::new(rows, &painter);
    let selection = if focused { theme.selection } else { theme.selection_quiet };
    window.render(tree.selected(), selection, rect(inner), buf);
    // Left of the first level nothing stands but the event's own fold mark; its sign stands behind its name.
    for (y, row) in (inner.y..).zip(rows).filter(|(_, row)| row.depth > 0) {
        if let Some(severity) = found.and_then(|found| found.worst(row)) {
            buf.set_stringn(inner.x, y, findings::sign(severity), 1, findings::style_of(severity, theme));
        }
    }

    let (path, range) = tree.selected_path();
    let mut place = text::harmless(&path.to_string());
    if let Some(range) = range {
        place.push_str(&range_label(range, tree.document(), path_node(tree)));
    }
    let coverage = model.types.selected().and_then(|(_, row)| row.coverage);
    let (right, style) = status(tree, shown, coverage, area.width.into(), theme);
    put_foot(&place, (&right, style), theme.dim, theme, area, buf);
    // What is wrong at the cursor, in a few words: in its row there may be no room for them.
    let here = tree.selected().and_then(|row| found?.here(&row));
    if let Some((finding, _)) = here.filter(|_| focused) {
        let taken = text::width(&place) + if place.is_empty() { 1 } else { 3 };
        let room = usize::from(area.width).saturating_sub(taken + text::width(&right) + 6);
        if room > LEAST_NOTE {
            let said = format!(" {} {} ", findings::sign(finding.severity), said_briefly(finding));
            let x = area.x + 1 + u16::try_from(taken).unwrap_or(0);
            let style = findings::style_of(finding.severity, theme);
            buf.set_stringn(x, area.y + area.height - 1, text::fit(&said, room), room, style);
        }
    }
    let (offset, total) = tree.position();
    super::scroll_thumb(area, offset, total, theme, buf);
}

fn path_node(tree: &Tree) -> NodeId {
    tree.selected().map_or(NodeId::ROOT, |row| row.spot.node)
}

/// What the bottom border says on its right: the search, the newer events, or the event's size and journey.
fn status(tree: &Tree, shown: &Shown, coverage: Option<Coverage>, width: usize, theme: &Theme) -> (String, Style) {
    let mut parts = Vec::new();
    let mut style = theme.dim;
    if !tree.query().is_empty() {
        style = theme.warning;
        parts.push(match tree.matches() {
            (_, 0) => "no match".to_owned(),
            (None, 1) => "1 match".to_owned(),
            (None, count) => format!("{count} matches"),
            (Some(at), count) => format!("match {at} of {count}"),
        });
    }
    match &shown.newer {
        Some((_, count)) => {
            style = theme.updated;
            parts.push(format!("held, {count} newer"));
        }
        None if shown.held && parts.is_empty() => parts.push("held".into()),
        None if parts.is_empty() => {
            let bytes = shown.payload.text().len();
            parts.push(if bytes < 10_000 { format!("{bytes} bytes") } else { format!("{} kB", bytes / 1_000) });
            if let Some(Coverage { captured, received }) = coverage.filter(|coverage| coverage.received > 0) {
                let when = if width < 56 { "" } else { " while watching" };
                parts.push(format!("{} of {} captured{when}", time::count(captured), time::count(received)));
            }
            let duplicates = tree.document().duplicate_keys();
            if duplicates > 0 {
                style = theme.warning;
                parts.push(format!("{} twice", text::counted(duplicates as u64, "key")));
            }
        }
        None => {}
    }
    (format!(" {} ", parts.join(" · ")), style)
}

/// Writes into the bottom border: what the cursor is on at the left, and at the right what is said of the whole.
pub(super) fn put_foot(
    left: &str,
    (right, right_style): (&str, Style),
    style: Style,
    theme: &Theme,
    area: Area,
    buf: &mut Buffer,
) {
    let room = usize::from(area.width).saturating_sub(6 + text::width(right));
    let y = area.y + area.height - 1;
    if !left.is_empty() && room > 3 {
        let shown = text::fit(left, room);
        buf.set_stringn(area.x + 1, y, format!(" {shown} "), room + 2, theme.title_quiet.patch(style));
    }
    let width = u16::try_from(text::width(right)).unwrap_or(0);
    let x = (area.x + area.width).saturating_sub(width + 2).max(area.x + 1);
    buf.set_stringn(x, y, right, usize::from(area.width - 2), right_style);
}

/// The rows on screen as items of the tree widget: those rows, and above them the containers that they stand in, for
/// their indent. However much is unfolded, the widget gets no more than that.
struct Window {
    items: Vec<TreeItem<'static, Spot>>,
    opened: Vec<Vec<Spot>>,
    /// How many rows stand above the first one to be seen.
    above: usize,
    /// The identifiers of the rows, to find the selected one.
    identifiers: Vec<Vec<Spot>>,
}

/// One level of the window that is being built.
struct Level {
    row: Row,
    line: Line<'static>,
    children: Vec<TreeItem<'static, Spot>>,
}

impl Window {
    fn new(rows: &[Row], painter: &Painter<'_>) -> Self {
        let mut window = Self { items: Vec::new(), opened: Vec::new(), above: 0, identifiers: Vec::new() };
        let mut levels: Vec<Level> = Vec::new();
        let ancestors = painter.tree.around_visible();
        window.above = ancestors.len();
        for row in ancestors.iter().chain(rows) {
            while levels.last().is_some_and(|level| level.row.depth >= row.depth) {
                window.close(&mut levels);
            }
            let mut identifier: Vec<_> = levels.iter().map(|level| level.row.spot).collect();
            identifier.push(row.spot);
            if row.open == Some(true) {
                window.opened.push(identifier.clone());
            }
            window.identifiers.push(identifier);
            levels.push(Level { row: *row, line: painter.line(*row), children: Vec::new() });
        }
        while !levels.is_empty() {
            window.close(&mut levels);
        }
        window
    }

    fn close(&mut self, levels: &mut Vec<Level>) {
        let Some(Level { row, line, mut children }) = levels.pop() else { return };
        if row.open.is_some() && children.is_empty() {
            // The widget draws a fold mark only where there are children; these are never seen.
            children.push(TreeItem::new_leaf(row.spot, ""));
        }
        // Spots are unique among siblings, so this cannot fail; a leaf stands in if it does.
        let item =
            TreeItem::new(row.spot, line.clone(), children).unwrap_or_else(|_| TreeItem::new_leaf(row.spot, line));
        match levels.last_mut() {
            Some(level) => level.children.push(item),
            None => self.items.push(item),
        }
    }

    fn render(self, selected: Option<Row>, selection: Style, area: Rect, buf: &mut Buffer) {
        let mut state = TreeState::default();
        for identifier in &self.opened {
            state.open(identifier.clone());
        }
        // The widget scrolls only over rows that it has drawn once, so it draws once where nobody sees it.
        let mut unseen = Buffer::empty(area);
        if let Ok(widget) = widget(&self.items, selection) {
            StatefulWidget::render(widget, area, &mut unseen, &mut state);
        }
        let selected = selected.map(|row| row.spot);
        let chosen = self.identifiers.iter().skip(self.above).find(|path| path.last().copied() == selected);
        state.select(chosen.cloned().unwrap_or_default());
        state.scroll_down(self.above);
        if let Ok(widget) = widget(&self.items, selection) {
            StatefulWidget::render(widget, area, buf, &mut state);
        }
    }
}

fn widget<'a>(items: &'a [TreeItem<'a, Spot>], selection: Style) -> std::io::Result<TreeWidget<'a, Spot>> {
    Ok(TreeWidget::new(items)?.highlight_style(selection).node_open_symbol("▾ ").node_closed_symbol("▸ "))
}

/// Writes the line of a row.
struct Painter<'a> {
    tree: &'a Tree,
    shown: &'a Shown,
    /// What is wrong with the event, once that is known.
    found: Option<&'a Found>,
    theme: &'a Theme,
    width: usize,
}

impl Painter<'_> {
    fn line(&self, row: Row) -> Line<'static> {
        let theme = self.theme;
        let document = self.tree.document();
        let node = row.spot.node;
        let indent = row.depth as usize * 2 + 2;
        let room = self.width.saturating_sub(indent + 1);
        let platform = self.is_platform(node);
        let tag = self.tag(row, platform);
        let tag_width = text::width(&tag);
        let mut room = room.saturating_sub(if tag.is_empty() { 0 } else { tag_width + 1 });
        let all = room;
        let query = self.tree.query();
        let mut spans = Vec::new();

        let (key, key_style) = self.key(row, platform);
        let wanted = self.key_column(row).max(text::width(&key));
        let key = text::fit(&key, room);
        room = room.saturating_sub(text::width(&key));
        let pad = (wanted + 2).saturating_sub(text::width(&key)).min(room);
        spans.extend(super::highlight(key, query, key_style, theme.matched));
        let value = self.value(row, room.saturating_sub(pad));
        if !value.is_empty() {
            spans.push(Span::raw(" ".repeat(pad)));
            room -= pad;
            let style = if platform { theme.dim } else { self.value_style(row) };
            room = room.saturating_sub(text::width(&value));
            spans.extend(super::highlight(value, query, style, theme.matched));
        }
        let wrong = self.wrong(row, room.saturating_sub(2));
        if !wrong.is_empty() {
            spans.push(Span::raw("  "));
            room -= 2 + wrong.iter().map(Span::width).sum::<usize>();
            spans.extend(wrong);
        }
        if !tag.is_empty() {
            let gap = room.min(all) + 1;
            spans.push(Span::raw(" ".repeat(gap)));
            spans.push(Span::styled(tag, theme.dim));
        }
        if document.occurrence(node) > 0 {
            spans.push(Span::styled(" overridden", theme.warning));
        }
        Line::from(spans)
    }

    fn is_platform(&self, node: NodeId) -> bool {
        let document = self.tree.document();
        document.get(node).is_some_and(|node| node.depth == 1)
            && document.key(node).is_some_and(|key| origin(&key) == Origin::Platform)
    }

    fn key(&self, row: Row, platform: bool) -> (String, Style) {
        let theme = self.theme;
        let document = self.tree.document();
        if let Some(range) = row.spot.range {
            return (range_label(range, document, row.spot.node), theme.dim);
        }
        let shown = |text: &str| text::harmless_within(text, KEY_COLUMN * 2).0;
        match document.segment(row.spot.node) {
            None => (shown(self.shown.event_type.as_str()), theme.title),
            Some(Segment::Index(index)) => (index.to_string(), theme.dim),
            Some(Segment::Key { name, .. }) if name.is_empty() => ("\"\"".into(), theme.dim),
            Some(Segment::Key { name, .. }) => (shown(&name), if platform { theme.dim } else { theme.json_key }),
        }
    }

    /// How wide the keys among the row's siblings are, so that their values stand in a column.
    fn key_column(&self, row: Row) -> usize {
        const LOOKED_AT: usize = 100;
        let document = self.tree.document();
        let Some(parent) = document.parent(row.spot.node) else { return 0 };
        if row.spot.range.is_some() || document.get(parent).is_some_and(|node| node.kind != NodeKind::Object) {
            return 0;
        }
        let position = document.get(row.spot.node).map_or(0, |node| node.position as usize);
        let siblings = document.children(parent).skip(position / LOOKED_AT * LOOKED_AT).take(LOOKED_AT);
        let widths = siblings.filter_map(|sibling| document.key(sibling)).map(|key| text::width(&key));
        widths.filter(|width| *width <= KEY_COLUMN.min(self.width / 3)).max().unwrap_or(0)
    }

    /// What stands at the right edge: how many children there are, or that the platform added the field.
    fn tag(&self, row: Row, platform: bool) -> String {
        const WIDE: usize = 52;
        let Some(node) = self.tree.document().get(row.spot.node) else { return String::new() };
        match node.kind {
            _ if row.spot.range.is_some() => String::new(),
            NodeKind::Object => format!("{{{}}}", node.children),
            NodeKind::Array => format!("[{}]", node.children),
            _ if platform && self.width >= WIDE => "platform".into(),
            _ if platform => "+".into(),
            _ => String::new(),
        }
    }

    /// What is wrong with the field, where there is room for it; for the event itself also how bad it is.
    fn wrong(&self, row: Row, room: usize) -> Vec<Span<'static>> {
        let mut spans = Vec::new();
        let mut left = room;
        let theme = self.theme;
        let Some(found) = self.found else { return spans };
        if let Some(severity) = found.worst(&row).filter(|_| row.depth == 0 && room > 0) {
            spans.push(Span::styled(findings::sign(severity), findings::style_of(severity, theme)));
            left -= 1;
        }
        let Some((finding, count)) = found.here(&row).filter(|_| left > LEAST_NOTE) else { return spans };
        if !spans.is_empty() {
            spans.push(Span::raw(" "));
            left -= 1;
        }
        let more = if count > 1 { format!(" +{}", count - 1) } else { String::new() };
        let said =
            if place_says_little(finding) { said_briefly(finding) } else { format!("expected {}", finding.expected) };
        let said = text::fit(&said, left.saturating_sub(more.len()));
        spans.push(Span::styled(said + &more, theme.dim));
        spans
    }

    fn value(&self, row: Row, room: usize) -> String {
        if row.spot.range.is_some() || row.open == Some(true) || room == 0 {
            return String::new();
        }
        text::fit(&scalar_or_preview(self.tree.document(), row.spot.node, room), room)
    }

    fn value_style(&self, row: Row) -> Style {
        let theme = self.theme;
        match self.tree.document().get(row.spot.node).map(|node| node.kind) {
            Some(NodeKind::String) => theme.json_string,
            Some(NodeKind::Number) => theme.json_number,
            Some(NodeKind::Bool) => theme.json_word,
            Some(NodeKind::Null) => theme.json_null,
            Some(NodeKind::Object | NodeKind::Array) | None => theme.dim,
        }
    }
}

/// A scalar as JSON, or a folded container's first values.
fn scalar_or_preview(document: &Document, node: NodeId, room: usize) -> String {
    let Some(value) = document.get(node) else { return String::new() };
    match value.kind {
        NodeKind::String => text::quoted_within(&document.plain(node), room).0,
        NodeKind::Number | NodeKind::Bool | NodeKind::Null => text::harmless_within(document.text(node), room).0,
        NodeKind::Object | NodeKind::Array => {
            let object = value.kind == NodeKind::Object;
            let mut out = String::from(if object { "{" } else { "[" });
            for child in document.children(node) {
                if out.len() > room {
                    return out;
                }
                if out.len() > 1 {
                    out.push_str(", ");
                }
                if let Some(key) = document.key(child) {
                    out.push_str(&text::harmless_within(&key, room).0);
                    out.push_str(": ");
                }
                out.push_str(&match document.get(child).map(|node| (node.kind, node.children)) {
                    Some((NodeKind::Object, 0)) => "{}".into(),
                    Some((NodeKind::Array, 0)) => "[]".into(),
                    Some((NodeKind::Object, _)) => "{…}".into(),
                    Some((NodeKind::Array, _)) => "[…]".into(),
                    _ => scalar_or_preview(document, child, room),
                });
            }
            out.push(if object { '}' } else { ']' });
            out
        }
    }
}

/// A range as people count it: `[0…99]`, the last one only as far as there are children.
fn range_label(range: Range, document: &Document, container: NodeId) -> String {
    let children = document.get(container).map_or(0, |node| node.children);
    let end = range.first.saturating_add(range.size).min(children).saturating_sub(1);
    format!("[{}…{end}]", range.first)
}
