//! The inspector's tab that lists the findings of the event.

use std::sync::Arc;

use super::{Answer, Context, Left, Pane, Picked, Request, Tab};
use crate::app::cursor::Cursor;
use crate::app::findings::EventFindings;
use crate::app::keymap::{self, Action, Binding, CopyTarget, Keys, char, hint, key};
use crate::app::layout::Area;
use crate::app::shown::Shown;
use crate::app::{KeyCode, Mouse};
use crate::event::TypeName;
use crate::lint::Finding;

/// The keys of the list.
pub static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(
            &[key(KeyCode::Enter), char('l'), key(KeyCode::Right)],
            A::GoToField,
            "to the field, in the tree",
            "to the field",
        ),
        hint(&[char('v')], A::View, "show the full explanation", "explain"),
        keymap::bind(&[char('h'), key(KeyCode::Left)], A::Out, "back to the tree"),
        keymap::bind(&[char('/')], A::Search, "search in the tree"),
    ];
    Keys::commands("Inspector: findings", BINDINGS, &[&keymap::EVENT, &keymap::LIST, &keymap::ANYWHERE])
};

/// The findings of an event as a list with a cursor. Once the reader has put the cursor on a finding, it stays there as
/// long as newer events have it too; until then it is on the worst.
#[derive(Debug, Default)]
pub struct FindingsPane {
    list: Option<(TypeName, List)>,
    left: Left<List>,
    height: usize,
}

#[derive(Debug, Default)]
struct List {
    found: Arc<EventFindings>,
    /// Whether the reader has moved the cursor.
    moved: bool,
    cursor: Cursor,
}

impl List {
    fn learn(&mut self, found: &Arc<EventFindings>) {
        let line = self.cursor.line();
        let chosen = self.found.findings().get(self.cursor.at()).filter(|_| self.moved);
        let at = chosen.and_then(|chosen| {
            let there = |same: &dyn Fn(&Finding) -> bool| found.findings().iter().position(same);
            let same = |other: &Finding| other.rule.id == chosen.rule.id && other.path == chosen.path;
            let exactly = |other: &Finding| same(other) && other.expected == chosen.expected;
            there(&exactly).or_else(|| there(&same))
        });
        self.cursor.set_len(found.findings().len());
        self.cursor.put_on_line(at.unwrap_or(self.cursor.at()), line);
        self.found = Arc::clone(found);
    }
}

impl FindingsPane {
    /// Puts the cursor on that finding, if it is one of them.
    pub(super) fn select(&mut self, finding: &Finding) {
        let Some((_, list)) = &mut self.list else { return };
        if let Some(index) = list.found.findings().iter().position(|other| other == finding) {
            list.moved = true;
            list.cursor.put(index);
        }
    }

    /// The finding under the cursor.
    pub fn selected(&self) -> Option<&Finding> {
        let (_, list) = self.list.as_ref()?;
        list.found.findings().get(list.cursor.at())
    }

    /// The findings on screen, from the top, each with whether the cursor is on it.
    pub fn visible(&self) -> impl Iterator<Item = (&Finding, bool)> {
        let list = self.list.as_ref().map(|(_, list)| list);
        list.into_iter().flat_map(|list| {
            let rows = list.cursor.visible();
            let findings = list.found.findings().get(rows.clone()).unwrap_or_default();
            rows.zip(findings).map(|(row, finding)| (finding, row == list.cursor.at()))
        })
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.list.as_ref().map(|(_, list)| &list.cursor)
    }

    fn moved(&mut self) -> Option<&mut Cursor> {
        let (_, list) = self.list.as_mut()?;
        list.moved = true;
        Some(&mut list.cursor)
    }
}

/// So many rows what is said of a finding takes as a rule, all of it, where it has so many columns.
pub(in crate::app) const fn explained(columns: u16) -> u16 {
    match columns {
        0..56 => 12,
        56..100 => 11,
        _ => 9,
    }
}

/// Cuts what is inside a border into a list of so many rows and, right below it, what is said of the selected one. A list that
/// is too long leaves that its room, but for a few rows. It is as high for one finding as for another, so that the list stands
/// still.
pub fn areas(inner: Area, rows: usize) -> (Area, Area) {
    const LEAST: u16 = 4;
    let most = match inner.height {
        0..9 => inner.height,
        height => height.saturating_sub(explained(inner.width)).max(LEAST),
    };
    let list = if inner.height < 9 { most } else { u16::try_from(rows).unwrap_or(u16::MAX).clamp(1, most) };
    let list = Area { height: list, ..inner };
    (list, Area { y: list.y + list.height, height: inner.height - list.height, ..inner })
}

impl Pane for FindingsPane {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn count(&self, shown: &Shown) -> usize {
        shown.latest_found().map_or(0, |(found, _)| found.findings().len())
    }

    fn show(&mut self, context: &Context<'_>) {
        let shown = context.shown.map(|shown| &shown.event.event_type);
        if self.list.as_ref().map(|(event_type, _)| event_type) != shown {
            if let Some((event_type, list)) = self.list.take() {
                self.left.keep(event_type, list);
            }
            self.list = shown.map(|event_type| (event_type.clone(), self.left.take(event_type).unwrap_or_default()));
        }
        let found = context.shown.and_then(|shown| shown.latest_found());
        if let (Some((_, list)), Some((found, _))) = (&mut self.list, found)
            && !Arc::ptr_eq(&list.found, found)
        {
            list.cursor.fit(self.height);
            list.learn(found);
        }
    }

    fn fit(&mut self, inner: Area) {
        let rows = self.list.as_ref().map_or(0, |(_, list)| list.cursor.len());
        self.height = areas(inner, rows).0.height.into();
        if let Some((_, list)) = &mut self.list {
            list.cursor.fit(self.height);
        }
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        match action {
            Action::Out => Some(Answer::request(Request::Tab(Tab::Tree))),
            Action::GoToField => {
                let path = self.selected()?.path.clone();
                Some(Answer::request(Request::Reveal(path)))
            }
            _ => self.moved()?.act(action).then(Answer::done),
        }
    }

    fn can(&self, action: Action, _context: &Context<'_>) -> bool {
        match action {
            Action::GoToField | Action::View | Action::CopyTarget(CopyTarget::Finding) => self.selected().is_some(),
            _ => true,
        }
    }

    fn click(&mut self, mouse: Mouse, inner: Area, _context: &Context<'_>) -> Answer {
        // The first click chooses the finding, a click on the chosen one goes to its field.
        let Some((_, list)) = &mut self.list else { return Answer::done() };
        match list.cursor.row_at(usize::from(mouse.row - inner.y)) {
            Some(row) if row == list.cursor.at() => {
                let path = self.selected().map(|finding| finding.path.clone());
                path.map_or_else(Answer::done, |path| Answer::request(Request::Reveal(path)))
            }
            Some(row) => {
                list.moved = true;
                list.cursor.put(row);
                Answer::done()
            }
            None => Answer::done(),
        }
    }

    fn scroll(&mut self, rows: isize) {
        if let Some(cursor) = self.moved() {
            cursor.scroll(rows);
        }
    }

    fn picked<'a>(&'a self, context: &Context<'a>) -> Option<Picked<'a>> {
        let finding = self.selected()?;
        let document = context.shown?.document.as_ref().ok()?;
        let value = document.find(&finding.path).map(|node| document.plain(node).into_owned());
        Some(Picked { path: finding.path.clone(), value, finding: Some(finding) })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::app::fixture::document;
    use crate::plan::rule;

    fn found(findings: &[(&str, &str)]) -> Arc<EventFindings> {
        let event = document("{}");
        let finding = |(id, path): &(&str, &str)| rule(id).unwrap().at(path.parse().unwrap(), "one", "other");
        let findings: Vec<_> = findings.iter().map(finding).collect();
        Arc::new(EventFindings::new(&event, findings))
    }

    #[test]
    fn the_cursor_stays_on_its_finding() {
        let mut list = List::default();
        list.cursor.fit(3);
        let state = |list: &List| {
            let place = list.found.findings().get(list.cursor.at()).map(|it| it.path.to_string()).unwrap_or_default();
            (list.cursor.offset(), list.cursor.at(), place)
        };
        list.learn(&found(&[("number-format", "total")]));
        let six = [
            ("empty-string", "total"),
            ("number-format", "total"),
            ("date-impossible", "lines[0].at"),
            ("attribute-recommended", ""),
            ("attribute-required", "lines[1].price"),
            ("empty-string", "customer.name"),
        ];
        list.learn(&found(&six));
        assert_eq!(state(&list), (0, 0, "lines[0].at".into()), "nobody has chosen yet: the worst");
        list.moved = true;
        list.cursor.step(5);
        assert_eq!(state(&list), (3, 5, "customer.name".into()));
        list.learn(&found(&[("date-impossible", "at"), ("empty-string", "customer.name"), ("empty-string", "total")]));
        assert_eq!(state(&list), (0, 1, "customer.name".into()));
        list.learn(&found(&[("empty-string", "total")]));
        assert_eq!(state(&list), (0, 0, "total".into()), "where it is gone, the cursor stays as near as it can");
        list.learn(&found(&[]));
        assert_eq!(state(&list), (0, 0, String::new()));
    }
}
