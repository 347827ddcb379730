//! The order of the rows.

use std::cmp::Ordering;

use super::Column;
use crate::app::findings::Tally;
use crate::event::Sanitized;
use crate::lint::Severity;

/// The order of the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By which column.
    pub column: Column,
    /// Whether the largest, the worst or the most recent comes first.
    pub descending: bool,
}

impl Sort {
    /// By `column`, in the direction that one looks for first: names from A, numbers from the largest.
    pub(super) fn by(column: Column) -> Self {
        Self { descending: column != Column::Name, column }
    }
}

/// A number that is the larger the worse.
pub(super) fn rank(Tally { worst, count }: Tally) -> i128 {
    let severity = match worst {
        Severity::Note => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
    };
    (severity << 64) + i128::try_from(count).unwrap_or(0)
}

/// A text as a number to sort by, in millionths, if it is one.
pub(super) fn millionths(value: &str) -> Option<i128> {
    let number = value.parse::<f64>().ok().filter(|number| number.is_finite())?;
    #[expect(clippy::cast_possible_truncation, reason = "what is out of range is sorted as the largest")]
    Some((number * 1e6) as i128)
}

/// A sort key that runs up or down: numbers by their value, texts as they are spelled, and what is not there below both.
#[derive(PartialEq, Eq)]
pub(super) struct Directed<'a> {
    pub(super) number: Option<i128>,
    pub(super) text: Option<&'a Sanitized>,
    pub(super) descending: bool,
}

impl PartialOrd for Directed<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Directed<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.number.cmp(&other.number).then_with(|| self.text.cmp(&other.text));
        if self.descending { order.reverse() } else { order }
    }
}
