//! The columns of the table of event types.

use std::str::FromStr;
use std::sync::Arc;

use crate::app::layout::Area;
use crate::event::{Path, Sanitized, Segment, text};

/// The width of the columns of signs before the names: how bad it is, what is news, and what is pinned.
pub(super) const MARK_WIDTH: u16 = 3;

/// Between two columns.
const GAP: u16 = 1;

/// The columns that the names have at least, unless there is little room.
const SHORTEST_NAME: u16 = 16;

/// The word behind the name of a new type.
const WORD: u16 = 3;

/// A column that is named alike is proposed for one that there is not.
const ALIKE: f64 = 0.8;

/// The widest spelling of a column that a message repeats, in columns of the terminal.
const WIDEST: usize = 40;

/// A column of the table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The type's name.
    Name,
    /// How many findings there are; how bad they are stands before the name.
    Findings,
    /// How many events came since the step began.
    Step,
    /// The server's count.
    Received,
    /// Our count.
    Captured,
    /// Arrivals over the last minutes.
    Rate,
    /// How long ago the newest event came.
    Seen,
    /// The value of a field of the newest event.
    Field(Arc<Path>),
}

impl Column {
    /// All columns but those of fields.
    const NAMED: [Self; 7] =
        [Self::Name, Self::Findings, Self::Step, Self::Received, Self::Captured, Self::Rate, Self::Seen];

    /// The heading.
    pub fn label(&self) -> Sanitized {
        match self {
            Self::Name => "type".into(),
            Self::Findings => "find".into(),
            Self::Step => "step".into(),
            Self::Received => "recv".into(),
            Self::Captured => "capt".into(),
            Self::Rate => "rate".into(),
            Self::Seen => "seen".into(),
            // Where the field stands is in the way of its name.
            Self::Field(path) => match path.0.last() {
                Some(Segment::Key { name, .. }) => text::excerpt(name, WIDEST),
                _ => Sanitized::of(&**path),
            },
        }
    }

    /// The name in a sentence.
    pub fn title(&self) -> Sanitized {
        match self {
            Self::Name => "type".into(),
            Self::Findings => "findings".into(),
            Self::Step => "of the step".into(),
            Self::Received => "received".into(),
            Self::Captured => "captured".into(),
            Self::Rate => "rate".into(),
            Self::Seen => "last seen".into(),
            Self::Field(_) => self.label(),
        }
    }

    /// How many columns of the terminal it takes; the name takes what is left. That of a field gives way where there is
    /// `little` room.
    fn width(&self, little: bool) -> u16 {
        match self {
            Self::Name => 0,
            Self::Findings | Self::Step | Self::Seen => 5,
            Self::Received | Self::Captured => 6,
            Self::Rate => 14,
            Self::Field(_) if little => 8,
            Self::Field(_) => 12,
        }
    }

    /// How soon it has to go when there is no room, the last first. What the reader has asked for goes late; where that
    /// `is_chosen`, the age goes before the count.
    fn rank(&self, is_chosen: bool) -> u8 {
        match self {
            Self::Name => 0,
            Self::Step => 1,
            Self::Field(_) => 2,
            Self::Findings => 3,
            Self::Rate => 4,
            Self::Seen if is_chosen => 7,
            Self::Seen => 5,
            Self::Received => 6,
            Self::Captured => 8,
        }
    }
}

/// Reads a column as the config file has it: a heading, or the path of a field with a dot in front. The error is the reason
/// in one line, with what is allowed.
impl FromStr for Column {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with('.') {
            let path: Path = text.parse().map_err(|error| format!("{}: {error}", text::excerpt(text, WIDEST)))?;
            if path.0.is_empty() {
                return Err("`.` is the whole event: name a field, as in \".order_id\"".to_owned());
            }
            return Ok(Self::Field(path.into()));
        }
        Self::NAMED.into_iter().find(|column| *column.label() == *text).ok_or_else(|| unknown(text))
    }
}

fn unknown(spelled: &str) -> String {
    let alike = |name: &str| strsim::jaro_winkler(spelled, name);
    let likeness = |column: &Column| alike(&column.label()).max(alike(&column.title()));
    let nearest = Column::NAMED.into_iter().map(|column| (likeness(&column), column));
    let nearest = nearest.filter(|(alike, _)| *alike >= ALIKE).max_by(|(one, _), (other, _)| one.total_cmp(other));
    let meant = nearest.map(|(_, column)| format!("; did you mean \"{}\"?", column.label())).unwrap_or_default();
    let all = Sanitized::join(Column::NAMED.iter().map(Column::label), ", ");
    format!(
        "no column \"{}\"{meant} (there are {all}, and fields with a dot in front, as in \".order_id\")",
        text::excerpt(spelled, WIDEST)
    )
}

/// The columns to show, from left to right, where there is room for them and something to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

impl Default for Columns {
    fn default() -> Self {
        Self(vec![Column::Name, Column::Findings, Column::Step, Column::Received, Column::Captured, Column::Seen])
    }
}

impl Columns {
    /// These columns; with the name in front when it is not among them, and without those that are there twice.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        let mut kept: Vec<Column> = Vec::new();
        for column in columns {
            if !kept.contains(&column) {
                kept.push(column);
            }
        }
        if !kept.contains(&Column::Name) {
            kept.insert(0, Column::Name);
        }
        // It is there while a step is on, and nobody has to foresee that.
        if !kept.contains(&Column::Step) {
            let place = kept.iter().position(|column| *column == Column::Findings).map_or(1, |findings| findings + 1);
            kept.insert(place, Column::Step);
        }
        Self(kept)
    }

    /// The columns in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Column> {
        self.0.iter()
    }

    /// The paths of the fields among them, in their order.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Arc<Path>> {
        self.0.iter().filter_map(|column| match column {
            Column::Field(path) => Some(path),
            _ => None,
        })
    }

    /// Adds a column, or takes it out when it is there; whether it is there now. The age of the newest event stays last.
    pub(super) fn toggle(&mut self, column: Column) -> bool {
        if let Some(place) = self.0.iter().position(|other| *other == column) {
            self.0.remove(place);
            return false;
        }
        let last = self.0.len() - usize::from(self.0.last() == Some(&Column::Seen));
        self.0.insert(last, column);
        true
    }

    /// How wide the table is with all of them in which there is something to show, where the widest name takes so much.
    pub(super) fn width(&self, name: u16, shows: impl Fn(&Column) -> bool) -> u16 {
        let others = self.0.iter().filter(|column| **column != Column::Name && shows(column));
        let others: u16 = others.map(|column| GAP + column.width(false)).sum();
        let name = name.saturating_add(GAP + WORD).max(SHORTEST_NAME);
        MARK_WIDTH.saturating_add(name).saturating_add(others)
    }

    /// Those that fit into `inner`, from the left, each where its text goes; of those that there is something to show in.
    pub(super) fn laid_out(&self, inner: Area, shows: impl Fn(&Column) -> bool) -> Vec<(Column, Area)> {
        let is_chosen = self.0.iter().any(|column| matches!(column, Column::Field(_) | Column::Rate));
        let mut wanted: Vec<&Column> =
            self.0.iter().filter(|column| **column != Column::Name && shows(column)).collect();
        wanted.sort_by_key(|column| column.rank(is_chosen));
        let fitting = |little: bool| {
            let shortest_name = if little { 12 } else { SHORTEST_NAME };
            let mut rest = inner.width.saturating_sub(MARK_WIDTH);
            let mut kept = vec![&Column::Name];
            for &column in &wanted {
                let width = GAP + column.width(little);
                if rest < shortest_name + width {
                    break;
                }
                rest -= width;
                kept.push(column);
            }
            (kept, rest)
        };
        let (kept, rest) = fitting(false);
        let little = is_chosen && kept.len() <= wanted.len();
        let (kept, rest) = if little { fitting(true) } else { (kept, rest) };
        let mut x = inner.x + MARK_WIDTH.min(inner.width);
        let mut out = Vec::with_capacity(kept.len());
        for column in self.0.iter().filter(|column| kept.contains(column)) {
            x += if out.is_empty() { 0 } else { GAP };
            let width = if *column == Column::Name { rest } else { column.width(little) };
            out.push((column.clone(), Area { x, width, ..inner }));
            x += width;
        }
        out
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn read(list: &[&str]) -> Columns {
        Columns::new(list.iter().map(|text| text.parse().unwrap()))
    }

    fn laid_out(columns: &Columns, width: u16, shows: impl Fn(&Column) -> bool) -> Vec<String> {
        let inner = Area { x: 3, y: 0, width, height: 5 };
        let columns = columns.laid_out(inner, shows);
        assert_eq!(columns.last().map(|(_, area)| area.x + area.width), Some(inner.x + width));
        columns.iter().map(|(column, _)| column.label().to_string()).collect()
    }

    #[test]
    fn narrow_tables_lose_columns_and_keep_names() {
        let mut columns = Columns::default();
        columns.toggle(Column::Rate);
        let cases = [
            (60, "type find recv capt rate seen"),
            (54, "type find recv rate seen"),
            (46, "type find recv rate"),
            (38, "type find rate"),
            (31, "type find"),
            (18, "type"),
        ];
        for (width, expected) in cases {
            let shown = laid_out(&columns, width, |column| *column != Column::Step);
            assert_eq!(shown.join(" "), expected, "{width}");
        }
        let cases = [(66, "type find step recv capt rate seen"), (44, "type find step rate"), (25, "type step")];
        for (width, expected) in cases {
            assert_eq!(laid_out(&columns, width, |_| true).join(" "), expected, "{width}");
        }
    }

    #[test]
    fn columns_stand_as_they_are_asked_for_and_a_field_goes_late() {
        let columns = read(&["type", "find", "recv", "seen", ".order_id"]);
        let no_step = |column: &Column| *column != Column::Step;
        assert_eq!(laid_out(&columns, 58, no_step).join(" "), "type find recv seen order_id");
        assert_eq!(laid_out(&columns, 38, no_step).join(" "), "type find recv order_id");
        assert_eq!(laid_out(&columns, 30, no_step).join(" "), "type find order_id");
        assert_eq!(laid_out(&read(&["seen", "seen", "find"]), 58, |_| true).join(" "), "type seen find step");
        assert_eq!(laid_out(&read(&[".products[0]"]), 58, no_step).join(" "), "type products[0]");
    }

    #[test]
    fn a_table_as_wide_as_it_wants_has_all_its_columns() {
        for name in [1, 8, 16, 40] {
            let columns = Columns::default();
            let width = columns.width(name, |_| true);
            assert_eq!(laid_out(&columns, width, |_| true).join(" "), "type find step recv capt seen", "{name}");
        }
    }

    #[test]
    fn a_column_is_added_before_the_age_and_taken_out_again() {
        let mut columns = Columns::default();
        let path = Column::Field(Arc::new("order_id".parse().unwrap()));
        assert!(columns.toggle(path.clone()));
        assert_eq!(laid_out(&columns, 70, |_| true).join(" "), "type find step recv capt order_id seen");
        assert_eq!(columns.fields().count(), 1);
        assert!(!columns.toggle(path));
        assert_eq!(columns, Columns::default());
    }

    #[test]
    fn what_is_no_column_is_refused_with_what_is_meant() {
        let cases = [
            ("recieved", "no column \"recieved\"; did you mean \"recv\"? (there are type, find, step, recv,"),
            ("finds", "did you mean \"find\"?"),
            ("order_id", "no column \"order_id\" (there are type, find"),
            (".order id", ".order id: character 7: a key with blanks"),
            (".", "`.` is the whole event"),
            ("\u{1b}[2J", "no column \"\\u001b[2J\""),
        ];
        for (text, part) in cases {
            let reason = text.parse::<Column>().unwrap_err();
            assert!(reason.contains(part), "{reason}");
        }
    }
}
