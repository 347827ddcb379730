//! What the mouse means: the same as keys, at the place where it is.

use super::inspector::Tab;
use super::keymap::Context;
use super::layout::{self, Pane};
use super::update::{go_to_field, move_by};
use super::{Mode, Model, Mouse, MouseKind, composer};
use crate::session::Moment;

/// Lets the mouse do what it did.
pub(super) fn point(model: &mut Model, mouse: Mouse, now: Moment) {
    if composer::point(model, mouse, now) {
        return;
    }
    let context = model.context();
    let scroll = match mouse.kind {
        MouseKind::Press => None,
        MouseKind::ScrollUp => Some(-3),
        MouseKind::ScrollDown => Some(3),
    };
    match (&model.mode, scroll) {
        (Mode::Pager(_) | Mode::Help { .. }, Some(rows)) => move_by(model, context, rows),
        (Mode::Pager(_) | Mode::Help { .. }, None) if !model.overlay().holds(mouse) => model.mode = Mode::Panes,
        (Mode::Pager(_) | Mode::Help { .. }, None) => {}
        (_, Some(rows)) => scroll_pane(model, mouse, rows),
        (_, None) => click(model, mouse, now),
    }
    if model.composer.on_screen().is_some() {
        // The keys stay with the composer, whatever is looked at beside it.
        model.focus = Pane::Inspector;
    }
}

fn scroll_pane(model: &mut Model, mouse: Mouse, rows: isize) {
    let (types, inspector, activity) = (model.types_height(), model.inspector_height(), model.activity_height());
    match model.layout().and_then(|layout| layout.pane_at(mouse)) {
        Some(Pane::Types) => model.types.scroll(rows, types),
        Some(Pane::Inspector) if model.tab() == Tab::Raw => move_by(model, Context::Raw, rows),
        Some(Pane::Inspector) if model.tab() == Tab::Findings => {
            let height = model.findings_height();
            model.inspector.hold();
            if let Some(findings) = model.inspector.findings_mut() {
                findings.scroll(rows, height);
            }
        }
        Some(Pane::Inspector) => {
            model.inspector.hold();
            if let Some(tree) = model.inspector.tree_mut() {
                tree.scroll(rows, inspector);
            }
        }
        Some(Pane::Activity) => model.activity.scroll(rows, activity),
        None => {}
    }
}

fn click(model: &mut Model, mouse: Mouse, now: Moment) {
    let Some(layout) = model.layout() else { return };
    let Some(pane) = layout.pane_at(mouse) else { return };
    let Some(area) = layout.area(pane) else { return };
    model.mode = Mode::Panes;
    model.focus = pane;
    let inner = area.inner();
    let line = usize::from(mouse.row.saturating_sub(inner.y));
    let (types_height, height) = (model.types_height(), model.inspector_height());
    match pane {
        Pane::Types if mouse.row == inner.y => {
            let column = layout::columns(inner).into_iter().find(|(_, area)| area.holds(mouse));
            if let Some((column, _)) = column {
                model.types.sort_by(column, types_height, now);
            }
        }
        Pane::Types if inner.holds(mouse) => {
            if let Some(position) = model.types.position_at(line - 1) {
                model.types.select(position, types_height);
            }
        }
        Pane::Inspector if mouse.row == area.y => {
            let tabs = layout::tabs(area, model.inspector.tabs());
            if let Some((tab, _)) = tabs.into_iter().find(|(_, area)| area.holds(mouse)) {
                model.inspector.select_tab(tab);
            }
        }
        Pane::Inspector if inner.holds(mouse) && model.tab() == Tab::Tree => {
            model.inspector.hold();
            if let Some(tree) = model.inspector.tree_mut()
                && let Some(row) = tree.row_at(line)
            {
                // The first click chooses the row, a click on the chosen row folds it.
                let chosen = tree.visible(height).get(line).copied() == tree.selected();
                tree.select(row, height);
                if chosen {
                    tree.toggle(height);
                }
            }
        }
        Pane::Inspector if layout::findings(inner).0.holds(mouse) && model.tab() == Tab::Findings => {
            choose_finding(model, line);
        }
        Pane::Types | Pane::Inspector | Pane::Activity => {}
    }
}

/// The first click chooses the finding, a click on the chosen one goes to its field.
fn choose_finding(model: &mut Model, line: usize) {
    let height = model.findings_height();
    model.inspector.hold();
    let Some(findings) = model.inspector.findings_mut() else { return };
    let (offset, cursor, count) = findings.position();
    match offset + line {
        chosen if chosen == cursor && chosen < count => go_to_field(model),
        other if other < count => findings.select(other, height),
        _ => {}
    }
}
