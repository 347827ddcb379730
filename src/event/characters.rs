//! Which sorts of characters a text holds, found out once: most rules look for signs that most texts do not have.

/// Sorts of characters, of which a text may hold some: never fewer than it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Characters(u16);

impl Characters {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ANY: Self = Self(u16::MAX);
    /// What ends a string of JSON or is more than it seems: a quote, a backslash, a control character.
    pub(super) const STOP: Self = Self(1);
    /// An escape of JSON, so that anything may be there.
    pub(crate) const ESCAPE: Self = Self::STOP;
    pub(crate) const LOWER: Self = Self(1 << 1);
    pub(crate) const UPPER: Self = Self(1 << 2);
    pub(crate) const DIGIT: Self = Self(1 << 3);
    pub(crate) const SPACE: Self = Self(1 << 4);
    pub(crate) const AT: Self = Self(1 << 5);
    /// What the marks of templates begin with: `<{$%[*#`.
    pub(crate) const TEMPLATE: Self = Self(1 << 6);
    pub(crate) const SLASH: Self = Self(1 << 7);
    pub(crate) const AMPERSAND: Self = Self(1 << 8);
    pub(crate) const HYPHEN: Self = Self(1 << 9);
    pub(crate) const DOT: Self = Self(1 << 10);
    pub(crate) const UNDERSCORE: Self = Self(1 << 11);
    pub(crate) const COMMA: Self = Self(1 << 12);
    /// Any other of ASCII.
    pub(crate) const OTHER: Self = Self(1 << 13);
    pub(crate) const BEYOND_ASCII: Self = Self(1 << 14);

    /// The sort of a byte of UTF-8.
    pub(crate) fn of(byte: u8) -> Self {
        #[expect(clippy::indexing_slicing, reason = "it would not compile")]
        const SORTS: [Characters; 256] = {
            let mut sorts = [Characters::BEYOND_ASCII; 256];
            let mut byte = 0;
            while byte < 128 {
                sorts[byte as usize] = Characters::of_ascii(byte);
                byte += 1;
            }
            sorts
        };
        SORTS.get(usize::from(byte)).copied().unwrap_or(Self::ANY)
    }

    const fn of_ascii(byte: u8) -> Self {
        match byte {
            0..=0x1f | 0x7f | b'"' | b'\\' => Self::STOP,
            b'a'..=b'z' => Self::LOWER,
            b'A'..=b'Z' => Self::UPPER,
            b'0'..=b'9' => Self::DIGIT,
            b' ' => Self::SPACE,
            b'@' => Self::AT,
            b'<' | b'{' | b'$' | b'%' | b'[' | b'*' | b'#' => Self::TEMPLATE,
            b'/' => Self::SLASH,
            b'&' => Self::AMPERSAND,
            b'-' => Self::HYPHEN,
            b'.' => Self::DOT,
            b'_' => Self::UNDERSCORE,
            b',' => Self::COMMA,
            _ => Self::OTHER,
        }
    }

    /// These and those.
    pub(crate) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether some of `others` may be among them.
    pub(crate) const fn may_have(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether there are certainly no others than these.
    pub(crate) const fn are_among(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    #[cfg(test)]
    pub(super) fn may_be_in(self, text: &str) -> bool {
        self.may_have(Self::ESCAPE) || text.bytes().all(|byte| self.may_have(Self::of(byte)))
    }
}
