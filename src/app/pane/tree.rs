//! The inspector's tab that shows the event as a tree.

use std::sync::Arc;

use tui_input::Input;

use super::{Answer, Context, Left, Open, Pane, Picked, PromptKind, Request};
use crate::app::keymap::{self, Action, Binding, Keys, bind, char, hint, key};
use crate::app::layout::Area;
use crate::app::tree::Tree;
use crate::app::{KeyCode, Mouse};
use crate::event::{Path, TypeName};

/// The keys of the tree.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(keymap::ENTER, A::Open, "fold or unfold; show the whole of a long value", "open"),
        bind(&[char('l'), key(KeyCode::Right)], A::In, "unfold, or step in"),
        bind(&[char('h'), key(KeyCode::Left)], A::Out, "fold, or step out"),
        bind(&[char('1')], A::Level(1), "unfold one level; 2 to 9 as many"),
        bind(&[char('2')], A::Level(2), ""),
        bind(&[char('3')], A::Level(3), ""),
        bind(&[char('4')], A::Level(4), ""),
        bind(&[char('5')], A::Level(5), ""),
        bind(&[char('6')], A::Level(6), ""),
        bind(&[char('7')], A::Level(7), ""),
        bind(&[char('8')], A::Level(8), ""),
        bind(&[char('9')], A::Level(9), ""),
        bind(&[char('0')], A::Level(0), "fold everything"),
        bind(&[], A::OpenAll, "unfold everything"),
        hint(&[char('/')], A::Search, "search in keys and values, also of the other events", "search"),
        bind(&[char('n')], A::NextMatch, "next match; after the last, in the next event"),
        bind(&[char('N')], A::PreviousMatch, "previous match"),
        bind(&[char('v')], A::View, "show the whole value"),
        bind(&[], A::ShowColumn, "show the field as a column, or no more"),
    ];
    Keys::commands("Inspector: tree", BINDINGS, &[&keymap::EVENT, &keymap::LIST, &keymap::ANYWHERE])
};

/// The event as a tree, and the folds and cursors of the types that the reader has left.
#[derive(Debug, Default)]
pub struct TreePane {
    tree: Option<(TypeName, Tree)>,
    left: Left<Tree>,
    height: usize,
}

impl TreePane {
    /// The tree; `None` for what is no JSON.
    pub fn tree(&self) -> Option<&Tree> {
        self.tree.as_ref().map(|(_, tree)| tree)
    }

    pub(in crate::app) fn tree_mut(&mut self) -> Option<&mut Tree> {
        self.tree.as_mut().map(|(_, tree)| tree)
    }

    /// Puts the cursor on the field at `path`, or on the container that it would be in.
    pub(super) fn reveal(&mut self, path: &Path) {
        if let Some(tree) = self.tree_mut() {
            tree.reveal(tree.nearest(path.clone()));
        }
    }
}

impl Pane for TreePane {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn show(&mut self, context: &Context<'_>) {
        let shown = context.shown.and_then(|shown| Some((&shown.event.event_type, shown.document.as_ref().ok()?)));
        let before = self.tree.take();
        let (before, same) = match (before, shown) {
            (Some((event_type, tree)), Some((now, _))) if event_type == *now => (None, Some(tree)),
            (before, _) => (before, None),
        };
        if let Some((event_type, tree)) = before {
            self.left.keep(event_type, tree);
        }
        let Some((event_type, document)) = shown else { return };
        let known = same.or_else(|| self.left.take(event_type));
        let tree = known.map(|mut tree| {
            if !Arc::ptr_eq(tree.document(), document) && !Arc::ptr_eq(tree.document().payload(), document.payload()) {
                tree.replace(Arc::clone(document));
            }
            tree
        });
        let mut tree = tree.unwrap_or_else(|| Tree::new(Arc::clone(document)));
        let seen = context.outbox.probes().seen_as(document.payload());
        if seen.is_some() != tree.is_compared() {
            tree.learn_added(seen.map(|seen| |key: &str| seen.is_added(key)));
        }
        tree.cursor_mut().fit(self.height);
        self.tree = Some((event_type.clone(), tree));
    }

    fn fit(&mut self, inner: Area) {
        self.height = inner.height.into();
        let height = self.height;
        if let Some(tree) = self.tree_mut() {
            tree.cursor_mut().fit(height);
        }
    }

    fn act(&mut self, action: Action, context: &Context<'_>) -> Option<Answer> {
        if matches!(action, Action::Search) {
            let query = self.tree().map_or_else(String::new, |tree| tree.query().to_owned());
            return Some(Answer::request(Request::Open(Open::Prompt(PromptKind::Search, Input::new(query)))));
        }
        if matches!(action, Action::ShowColumn) {
            let picked = self.picked(context).filter(|picked| !picked.path.0.is_empty());
            return Some(match picked {
                Some(picked) => Answer::request(Request::Column(picked.path)),
                None => Answer::say("put the cursor on a field first"),
            });
        }
        let Some(tree) = self.tree_mut() else {
            return matches!(action, Action::Out).then(|| Answer::request(Request::Leave));
        };
        if tree.cursor_mut().act(action) {
            return Some(Answer::done());
        }
        match action {
            Action::Open => {
                if !tree.toggle() {
                    return Some(Answer::request(Request::Act(Action::View)));
                }
            }
            Action::In => tree.go_in(),
            Action::Out => {
                if tree.selected().is_none_or(|row| row.depth == 0 && row.open != Some(true)) {
                    return Some(Answer::request(Request::Leave));
                }
                tree.go_out();
            }
            Action::Level(level) => tree.open_to_level(level.into()),
            Action::OpenAll => tree.open_all(),
            Action::AcceptSearch if tree.query().is_empty() || tree.matches().1 > 0 => {}
            Action::AcceptSearch => return Some(Answer::request(Request::SearchElsewhere(true))),
            Action::NextMatch | Action::PreviousMatch => {
                let forward = action == Action::NextMatch;
                if !tree.query().is_empty() && tree.is_at_end(forward) {
                    return Some(Answer::request(Request::SearchElsewhere(forward)));
                }
                tree.go_to_match(forward);
            }
            Action::Back if !tree.query().is_empty() => {
                return Some(Answer::request(Request::Search(String::new())));
            }
            _ => return None,
        }
        Some(Answer::done())
    }

    fn can(&self, action: Action, context: &Context<'_>) -> bool {
        match action {
            Action::Open | Action::Search => context.shown.is_some(),
            _ => true,
        }
    }

    fn click(&mut self, mouse: Mouse, inner: Area, _context: &Context<'_>) -> Answer {
        if let Some(tree) = self.tree_mut()
            && let Some(row) = tree.cursor().row_at(usize::from(mouse.row - inner.y))
        {
            // The first click chooses the row, a click on the chosen row folds it.
            let chosen = row == tree.cursor().at();
            tree.cursor_mut().put(row);
            if chosen {
                tree.toggle();
            }
        }
        Answer::done()
    }

    fn scroll(&mut self, rows: isize) {
        if let Some(tree) = self.tree_mut() {
            tree.cursor_mut().scroll(rows);
        }
    }

    fn picked<'a>(&'a self, context: &Context<'a>) -> Option<Picked<'a>> {
        let tree = self.tree()?;
        let row = tree.selected().filter(|row| row.spot.part.is_none())?;
        let document = tree.document();
        let found = context.shown.and_then(|shown| shown.found());
        Some(Picked {
            path: document.path(row.spot.node),
            value: Some(document.plain(row.spot.node).into_owned()),
            finding: found.and_then(|found| found.here(&row)).map(|(finding, _)| finding),
        })
    }
}
