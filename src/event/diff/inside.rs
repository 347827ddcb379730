//! The comparison of two texts, word by word.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation;

/// So many words at most, where the texts part, are compared each with each; of more all are told as changed.
const MOST_WORDS: usize = 400;

/// A part of two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Where it stands.
    pub kind: PieceKind,
    /// The part.
    pub text: &'a str,
}

/// Which of two texts has a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PieceKind {
    /// Both.
    Same,
    /// The one before only.
    Dropped,
    /// The one after only.
    Added,
}

/// The parts of two texts in order, cut between words. The work is in proportion to the texts.
pub fn inside<'a>(before: &'a str, after: &'a str) -> Vec<Piece<'a>> {
    let words = |text: &'a str| text.split_word_bounds().collect::<Vec<_>>();
    let (old, new) = (words(before), words(after));
    let start = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let rest = old.iter().skip(start).rev().zip(new.iter().skip(start).rev());
    let end = rest.take_while(|(one, other)| one == other).count();
    let middle = |words: &[&'a str]| words.get(start..words.len() - end).unwrap_or_default().to_vec();
    let (old_words, new_words) = (middle(&old), middle(&new));
    let ops = if old_words.len().max(new_words.len()) > MOST_WORDS {
        vec![DiffOp::Replace { old_index: 0, old_len: old_words.len(), new_index: 0, new_len: new_words.len() }]
    } else {
        capture_diff_slices(Algorithm::Myers, &old_words, &new_words)
    };
    let mut pieces = Pieces { before, after, at: (0, 0), found: Vec::new() };
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    pieces.same(length(old.get(..start).unwrap_or_default()));
    for op in ops {
        let (old, new) = (op.old_range(), op.new_range());
        let (old, new) =
            (length(old_words.get(old).unwrap_or_default()), length(new_words.get(new).unwrap_or_default()));
        match op {
            DiffOp::Equal { .. } => pieces.same(old),
            _ => pieces.differ(old, new),
        }
    }
    pieces.same(before.len() - pieces.at.0);
    pieces.found
}

/// The pieces so far, and where in the two texts they end.
struct Pieces<'a> {
    before: &'a str,
    after: &'a str,
    at: (usize, usize),
    found: Vec<Piece<'a>>,
}

impl Pieces<'_> {
    fn same(&mut self, length: usize) {
        self.push(PieceKind::Same, length);
        self.at = (self.at.0 + length, self.at.1 + length);
    }

    fn differ(&mut self, old: usize, new: usize) {
        self.push(PieceKind::Dropped, old);
        self.at.0 += old;
        self.push(PieceKind::Added, new);
        self.at.1 += new;
    }

    fn push(&mut self, kind: PieceKind, length: usize) {
        let text = match kind {
            PieceKind::Added => self.after.get(self.at.1..self.at.1 + length),
            PieceKind::Same | PieceKind::Dropped => self.before.get(self.at.0..self.at.0 + length),
        };
        self.found.extend(text.filter(|text| !text.is_empty()).map(|text| Piece { kind, text }));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(before: &str, after: &str) -> String {
        let piece = |piece: Piece<'_>| match piece.kind {
            PieceKind::Same => piece.text.to_owned(),
            PieceKind::Dropped => format!("[-{}]", piece.text),
            PieceKind::Added => format!("[+{}]", piece.text),
        };
        inside(before, after).into_iter().map(piece).collect()
    }

    #[test]
    fn texts_are_compared_word_by_word() {
        let cases = [
            ("", "", ""),
            ("same", "same", "same"),
            ("", "new", "[+new]"),
            ("two words", "two  words", "two[- ][+  ]words"),
            ("end", "end ", "end[+ ]"),
            ("the old coat is red", "the new coat was red", "the [-old][+new] coat [-is][+was] red"),
            ("/p?utm=a&x=1", "/p?utm=b&x=1", "/p?utm=[-a][+b]&x=1"),
            ("Stra\u{df}e 1", "Stra\u{df}e 2", "Stra\u{df}e [-1][+2]"),
        ];
        for (before, after, expected) in cases {
            assert_eq!(told(before, after), expected);
        }
        let (one, other) = ("a ".repeat(100_000), "b ".repeat(100_000));
        assert_eq!(inside(&one, &other).len(), 3, "what is too much is one change, but for the blank at the end");
    }

    proptest! {
        #[test]
        fn the_parts_make_the_two_texts(before in "[ab \u{301}\n]{0,30}", after in "[ab \u{301}\n]{0,30}") {
            let pieces = inside(&before, &after);
            let without = |kind| pieces.iter().filter(|piece| piece.kind != kind).map(|it| it.text).collect::<String>();
            prop_assert_eq!(without(PieceKind::Added), before.as_str());
            prop_assert_eq!(without(PieceKind::Dropped), after.as_str());
        }
    }
}
