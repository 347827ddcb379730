//! The matching of an array's elements by what names them, wherever they stand.

use std::collections::HashMap;

use super::{Comparison, NodeDifference, Side};
use crate::event::{NodeId, NodeKind, Path};

/// The fields that name an object among its like, as events have them: the first that all of them have is taken.
const NAMES: [&str; 3] = ["sku", "product_id", "id"];

/// So many elements of arrays are matched in one comparison; what is beyond is compared by its place.
pub(super) const BUDGET: usize = 100_000;

/// How the elements of an array were matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayMatch {
    /// The array, in the event after.
    pub path: Path,
    /// How.
    pub by: MatchedBy,
}

/// The ways to match the elements of two arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchedBy {
    /// By a field that all of them have.
    Field(&'static str),
    /// By their places.
    Position,
}

impl Comparison<'_> {
    /// Matches elements by the field that names them, if there is one, and tells which came, went and moved.
    pub(super) fn match_elements(&mut self, old: &[NodeId], new: &[NodeId], budget: usize) -> MatchedBy {
        let Some(left) = budget.checked_sub(old.len() + new.len()) else { return MatchedBy::Position };
        let named = NAMES.into_iter().find_map(|name| {
            let names = |side: &Side<'_>, elements: &[NodeId]| {
                let mut times: HashMap<u128, u32> = HashMap::new();
                let of = |element: &NodeId| {
                    let name = side.name(*element, name)?;
                    // Of several with one name, the first is the first.
                    let time = times.entry(name).and_modify(|time| *time += 1).or_default();
                    Some((name, *time))
                };
                elements.iter().map(of).collect::<Option<Vec<_>>>()
            };
            Some((name, names(&self.before, old)?, names(&self.after, new)?))
        });
        let Some((name, old_names, new_names)) = named else { return MatchedBy::Position };
        self.budget = Some(left);
        let mut places: HashMap<_, usize> = new_names.iter().copied().zip(0..).collect();
        let mut pairs = Vec::new();
        for (element, name) in old.iter().zip(&old_names) {
            match places.remove(name) {
                Some(place) => pairs.push((*element, place)),
                None => self.found.push(NodeDifference::Dropped(*element)),
            }
        }
        self.found.extend(places.into_values().filter_map(|place| new.get(place)).map(|id| NodeDifference::Added(*id)));
        let stays = longest_rising(pairs.iter().map(|(_, place)| *place));
        for ((element, place), stays) in pairs.into_iter().zip(stays) {
            let Some(other) = new.get(place) else { continue };
            if !stays {
                self.found.push(NodeDifference::Moved(element, *other));
            }
            self.open.push((element, *other));
        }
        MatchedBy::Field(name)
    }
}

impl Side<'_> {
    /// The value of the field that names an element, as a digest. Of a field that is there twice the last counts.
    fn name(&self, element: NodeId, field: &str) -> Option<u128> {
        let named = |id: &NodeId| self.document.key(*id).is_some_and(|key| key == field);
        let name = self.document.children(element).filter(named).last()?;
        matches!(self.kind(name), Some(NodeKind::String | NodeKind::Number)).then(|| self.digest(name))
    }
}

/// Which of the numbers make the longest rising row of them: the fewest have to move.
fn longest_rising(numbers: impl Iterator<Item = usize>) -> Vec<bool> {
    // For each length, the least number that a row of it can end with, and where that stands; and what stands before each.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before = Vec::new();
    for (place, number) in numbers.enumerate() {
        let length = ends.partition_point(|(end, _)| *end < number);
        before.push(length.checked_sub(1).and_then(|shorter| ends.get(shorter)).map(|(_, place)| *place));
        match ends.get_mut(length) {
            Some(end) => *end = (number, place),
            None => ends.push((number, place)),
        }
    }
    let mut stays = vec![false; before.len()];
    let mut at = ends.last().map(|(_, place)| *place);
    while let Some(place) = at {
        if let Some(stays) = stays.get_mut(place) {
            *stays = true;
        }
        at = before.get(place).copied().flatten();
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_have_to_move() {
        let cases: &[(&[usize], &[bool])] = &[
            (&[], &[]),
            (&[0, 1, 2], &[true, true, true]),
            (&[2, 0, 1], &[false, true, true]),
            (&[1, 2, 0], &[true, true, false]),
            (&[3, 1, 2, 0], &[false, true, true, false]),
        ];
        for (numbers, expected) in cases {
            assert_eq!(longest_rising(numbers.iter().copied()), *expected, "{numbers:?}");
        }
    }
}
