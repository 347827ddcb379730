//! How much of a report is written: as many rows as there is room for, and the others are counted.

use crate::event::text::grouped;
use crate::event::{Sanitized, sanitized};

/// Writes into a string, as `write!` does.
macro_rules! put {
    ($out:expr, $($part:tt)*) => {{
        use std::fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = write!($out, $($part)*);
    }};
}
pub(super) use put;

/// How much may be written.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// How many bytes, about.
    pub bytes: usize,
}

impl Extent {
    /// That of a file.
    pub const FILE: Self = Self { bytes: 1_900_000 };
    /// That of a comment in an issue tracker, and of what terminals take as a copy.
    pub const COMMENT: Self = Self { bytes: 60_000 };

    /// So many percent of it.
    pub(super) fn part(self, percent: usize) -> usize {
        self.bytes / 100 * percent
    }
}

/// Writes rows while `out` has no more than `until` bytes, and gives the number of those that were not.
pub(super) fn fill(out: &mut String, until: usize, rows: impl IntoIterator<Item = String>) -> usize {
    let mut rows = rows.into_iter();
    for row in rows.by_ref() {
        if out.len() + row.len() > until {
            return 1 + rows.count();
        }
        out.push_str(&row);
    }
    0
}

/// `and 12,034 more`, if there are any.
pub(super) fn and_more(count: usize) -> Option<Sanitized> {
    (count > 0).then(|| sanitized!("and {} more", grouped(count as u64)))
}
