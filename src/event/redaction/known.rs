//! The values of an event that are personal by the names of their fields, to be found in its other texts.

use super::masks::is_mask;

/// So many values of one event are looked for.
const MOST: usize = 24;

/// Shorter words and numbers stand in texts by themselves.
const SHORTEST_WORD: usize = 4;
const SHORTEST_NUMBER: usize = 6;

/// What is said of many, and of things.
const COMMON: [&str; 8] = ["anonymous", "false", "female", "guest", "male", "none", "other", "unknown"];

/// Longer values are not repeated in texts.
const LONGEST: usize = 64;

/// The values of an event that are personal, each with its mask.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// In small letters; the longest first, once it is complete.
    values: Vec<(String, String)>,
    is_complete: bool,
}

impl Known {
    /// Learns a value, unless it is too common to be looked for.
    pub(super) fn learn(&mut self, value: &str, mask: &str) {
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        let shortest = if is_number { SHORTEST_NUMBER } else { SHORTEST_WORD };
        let is_text = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '.');
        if self.is_complete
            || self.values.len() >= MOST
            || !(shortest..=LONGEST).contains(&value.len())
            || !value.chars().all(is_text)
            // What has only figures and points is known by its form.
            || !is_number && !value.contains(char::is_alphabetic)
            || is_mask(value)
        {
            return;
        }
        let value = value.to_lowercase();
        if !COMMON.contains(&value.as_str()) && !self.values.iter().any(|(known, _)| *known == value) {
            self.values.push((value, mask.to_owned()));
        }
    }

    /// The same when all of them are known.
    pub(super) fn complete(mut self) -> Self {
        self.values.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self { is_complete: true, ..self }
    }

    /// Whether all of them are known, so that they can be looked for.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether one of them may be in a text: as it is, or as a URL has it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        if self.values.is_empty() {
            return false;
        }
        let text = if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() };
        // Between words a URL has other signs.
        let mut begins = self.values.iter().filter_map(|(value, _)| value.split([' ', '\'']).next());
        begins.any(|begin| memchr::memmem::find(text.as_bytes(), begin.as_bytes()).is_some())
    }

    /// The length of the value that begins at `at`, the beginning of a word, and its mask.
    pub(super) fn begins(&self, text: &str, at: usize) -> Option<(usize, &str)> {
        let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        if self.values.is_empty() || !is_apart(text.get(..at)?.chars().next_back()) {
            return None;
        }
        let rest = text.get(at..)?;
        self.values.iter().find_map(|(value, mask)| {
            let mut there = rest.char_indices();
            let mut wanted = value.chars();
            let end = loop {
                let Some(letter) = wanted.next() else { break there.next().map_or(rest.len(), |(end, _)| end) };
                let (_, found) = there.next()?;
                let is_same = found == letter || found.to_lowercase().eq([letter]) || letter == ' ' && found == '+';
                if !is_same {
                    return None;
                }
            };
            is_apart(rest.get(end..)?.chars().next()).then_some((end, mask.as_str()))
        })
    }
}
