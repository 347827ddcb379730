use std::borrow::{Borrow, Cow};
use std::fmt::{self, Write as _};
use std::ops::{Deref, Range};

use serde::{Deserialize, Deserializer, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::{cut, cut_middle, sanitize};

/// Text that may reach a terminal, the log or standard error: no character of it does more there than show itself.
///
/// [`sanitize`] and its kin make one of any text; words of the program are one as they stand, and so is what
/// [`sanitized!`](crate::sanitized), [`Sanitized::join`] and the cuts make of others. There is no other way to one.
///
/// It is one line, unless it was made of several ([`Sanitized::lines`]) or of JSON ([`super::sanitize_json`]).
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Sanitized(Cow<'static, str>);

impl Sanitized {
    /// Words of the program itself.
    pub const fn literal(words: &'static str) -> Self {
        Self(Cow::Borrowed(words))
    }

    /// How something shows itself, sanitized.
    pub fn of(shown: &impl fmt::Display) -> Self {
        sanitize(&shown.to_string())
    }

    /// The words, when they are the program's own.
    pub fn as_literal(&self) -> Option<&'static str> {
        match self.0 {
            Cow::Borrowed(words) => Some(words),
            Cow::Owned(_) => None,
        }
    }

    /// Text that an escaping function made.
    pub(super) fn made(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    /// The text of a template whose parts may all be printed: for [`sanitized!`](crate::sanitized), which sees to that.
    #[doc(hidden)]
    pub fn of_printable_parts((): (), text: fmt::Arguments<'_>) -> Self {
        Self(text.as_str().map_or_else(|| Cow::Owned(text.to_string()), Cow::Borrowed))
    }

    /// The texts one after the other, with `between` between them.
    pub fn join<T: Printable>(texts: impl IntoIterator<Item = T>, between: &'static str) -> Self {
        let mut joined = String::new();
        for (at, text) in texts.into_iter().enumerate() {
            // Writing to a string cannot fail.
            let _ = write!(joined, "{}{text}", if at > 0 { between } else { "" });
        }
        Self::made(joined)
    }

    /// The same words so many times.
    pub fn repeated(words: &'static str, times: usize) -> Self {
        Self::made(words.repeat(times))
    }

    /// Puts another text behind it.
    pub fn push(&mut self, text: impl AsSanitized) {
        self.0.to_mut().push_str(text.as_sanitized().as_str());
    }

    /// Text of several lines, each sanitized.
    pub fn lines(text: &str) -> Self {
        Self::join(text.lines().map(sanitize), "\n")
    }

    /// Cut to `columns` columns, with an ellipsis where something was lost.
    #[must_use]
    pub fn fit(&self, columns: usize) -> Self {
        cut(self, columns).map_or_else(|| self.clone(), Self::made)
    }

    /// Cut to `columns` columns in its middle, for names whose ends tell them apart.
    #[must_use]
    pub fn fit_middle(&self, columns: usize) -> Self {
        cut_middle(self, columns).map_or_else(|| self.clone(), Self::made)
    }

    /// Broken into pieces of at most `width` columns: at spaces, else between the tokens of JSON, else at other
    /// punctuation, where there is some in the second half of a piece.
    pub fn wrap(&self, width: usize) -> Vec<Self> {
        if self.width() <= width {
            return vec![self.clone()];
        }
        let mut out = Vec::new();
        let mut current = String::new();
        let mut used = 0;
        for grapheme in self.graphemes(true) {
            let columns = super::width(grapheme);
            if used + columns > width && !current.is_empty() {
                let rest = current.split_off(good_break(&current));
                out.push(Self::made(std::mem::replace(&mut current, rest)));
                used = super::width(&current);
            }
            current.push_str(grapheme);
            used += columns;
        }
        out.push(Self::made(current));
        out
    }

    /// With spaces after it, up to `columns` columns.
    #[must_use]
    pub fn pad(&self, columns: usize) -> Self {
        Self::made(format!("{self}{}", " ".repeat(columns.saturating_sub(self.width()))))
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        super::width(self)
    }
}

/// Where a line that is full is broken best: behind the last of what parts words, if that is in its second half.
fn good_break(line: &str) -> usize {
    // A backslash begins an escape, and a quote behind one is none.
    let parts: [fn(char) -> bool; 3] =
        [|c| c == ' ', |c| matches!(c, ',' | ';' | '{' | '['), |c| matches!(c, ':' | '/' | '&' | '?' | '=')];
    let places = parts.iter().filter_map(|part| line.rfind(part)).map(|at| at + 1);
    places.into_iter().find(|at| *at > line.len() / 2).unwrap_or(line.len())
}

/// Text is sanitized when it is read, whoever wrote it.
impl<'de> Deserialize<'de> for Sanitized {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| sanitize(&text))
    }
}

/// It is ordered and hashed as its text.
impl Borrow<str> for Sanitized {
    fn borrow(&self) -> &str {
        self
    }
}

impl<T: Printable> FromIterator<T> for Sanitized {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        Self::join(texts, "")
    }
}

impl Deref for Sanitized {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Sanitized {
    fn as_ref(&self) -> &str {
        self
    }
}

impl From<&'static str> for Sanitized {
    fn from(words: &'static str) -> Self {
        Self::literal(words)
    }
}

impl From<Sanitized> for Cow<'static, str> {
    fn from(text: Sanitized) -> Self {
        text.0
    }
}

impl From<Sanitized> for String {
    fn from(text: Sanitized) -> Self {
        text.0.into_owned()
    }
}

impl PartialEq<str> for Sanitized {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Sanitized {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl fmt::Display for Sanitized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Debug for Sanitized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// A part of [`Sanitized`] text, or of words of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SanitizedStr<'a>(&'a str);

impl<'a> SanitizedStr<'a> {
    /// A part of it; empty where there is none.
    #[must_use]
    pub fn part(self, range: Range<usize>) -> Self {
        Self(self.0.get(range).unwrap_or_default())
    }

    /// A part of it, counted in characters.
    #[must_use]
    pub fn chars_at(self, range: Range<usize>) -> Self {
        let byte = |at: usize| self.0.char_indices().nth(at).map_or(self.0.len(), |(byte, _)| byte);
        self.part(byte(range.start)..byte(range.end))
    }

    /// Its words, each with the space behind it.
    pub fn words(self) -> impl Iterator<Item = Self> {
        self.0.split_inclusive(' ').map(Self)
    }

    /// Without the white space at its end.
    #[must_use]
    pub fn trim_end(self) -> Self {
        Self(self.0.trim_end())
    }

    /// Cut to `columns` columns, with an ellipsis where something was lost.
    pub fn fit(self, columns: usize) -> Sanitized {
        cut(&self, columns).map_or_else(|| self.into(), Sanitized::made)
    }

    /// The characters.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

impl Deref for SanitizedStr<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

/// Text that can be shown without a copy of it: sanitized text, a part of some, and words of the program.
pub trait AsSanitized {
    /// All of it, to show or to take a part of.
    fn as_sanitized(&self) -> SanitizedStr<'_>;
}

impl AsSanitized for Sanitized {
    fn as_sanitized(&self) -> SanitizedStr<'_> {
        SanitizedStr(self)
    }
}

impl AsSanitized for SanitizedStr<'_> {
    fn as_sanitized(&self) -> SanitizedStr<'_> {
        *self
    }
}

impl AsSanitized for &'static str {
    fn as_sanitized(&self) -> SanitizedStr<'_> {
        SanitizedStr(self)
    }
}

impl<T: AsSanitized> AsSanitized for &T {
    fn as_sanitized(&self) -> SanitizedStr<'_> {
        (**self).as_sanitized()
    }
}

impl fmt::Display for SanitizedStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)
    }
}

impl From<SanitizedStr<'_>> for Sanitized {
    fn from(text: SanitizedStr<'_>) -> Self {
        Self::made(text.0.to_owned())
    }
}

impl From<&Sanitized> for Sanitized {
    fn from(text: &Sanitized) -> Self {
        text.clone()
    }
}

/// Text that holds nothing a terminal would act on: sanitized text, words of the program, numbers.
pub trait Printable: fmt::Display {}

impl Printable for Sanitized {}
impl Printable for SanitizedStr<'_> {}
impl Printable for &'static str {}
impl Printable for u8 {}
impl Printable for u16 {}
impl Printable for u32 {}
impl Printable for u64 {}
impl Printable for u128 {}
impl Printable for usize {}
impl Printable for i8 {}
impl Printable for i32 {}
impl Printable for i64 {}
impl Printable for f64 {}
impl Printable for bool {}
impl Printable for jiff::Timestamp {}
impl<T: Printable> Printable for &T {}

/// The same part, if it may be printed: for [`sanitized!`](crate::sanitized).
#[doc(hidden)]
pub fn printable<T: Printable>(part: &T) -> &T {
    part
}

/// Whether every placeholder of a template takes its argument by position. One that names a variable would pass the
/// check that each argument may be printed.
#[doc(hidden)]
pub const fn is_positional(template: &str) -> bool {
    let mut rest = template.as_bytes();
    loop {
        rest = match rest {
            [] => return true,
            [b'{', b'{' | b'}' | b':' | b'0'..=b'9', rest @ ..] => rest,
            [b'{', ..] => return false,
            [_, rest @ ..] => rest,
        };
    }
}

/// Like `format!`, and what it makes is [`Sanitized`]: every argument has to be [`Printable`], and is given by position.
///
/// ```
/// use clickscope::event::text::sanitize;
/// use clickscope::sanitized;
///
/// let said = sanitized!("{} answered {}", sanitize("api\u{1b}[2J"), 404_u16);
/// assert_eq!(said, r"api\u001b[2J answered 404");
/// ```
///
/// Text that was not sanitized is no argument, also when it is named in the template:
///
/// ```compile_fail
/// let raw = String::from("\u{1b}[2J");
/// clickscope::sanitized!("{}", raw);
/// ```
///
/// ```compile_fail
/// let raw = String::from("\u{1b}[2J");
/// clickscope::sanitized!("{raw}");
/// ```
#[macro_export]
macro_rules! sanitized {
    ($template:literal $(, $part:expr)* $(,)?) => {
        $crate::event::text::Sanitized::of_printable_parts(
            const { assert!($crate::event::text::is_positional($template), "name no variable in the template") },
            format_args!($template $(, $crate::event::text::printable(&$part))*)
        )
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sanitized_parts_make_sanitized_text() {
        let name = sanitize("a\u{7}");
        assert_eq!(sanitized!("{} of {:>3} {{}}", name, 7_u64), r"a\u0007 of   7 {}");
        assert_eq!(Sanitized::join([&name, &"b".into()], ", "), r"a\u0007, b");
        assert_eq!(Sanitized::lines("a\u{7}\nb\r\n"), "a\\u0007\nb");
        assert_eq!(sanitize("日本語").fit(5), "日本…");
        assert_eq!(sanitize("subscription_billing").fit_middle(14), "subscri…illing");
    }

    #[test]
    fn a_template_may_name_no_variable() {
        for (template, positional) in
            [("", true), ("{} {:>4}{0}", true), ("{{name}}", true), ("{name}", false), ("{{{name}}}", false)]
        {
            assert_eq!(is_positional(template), positional, "{template}");
        }
    }
}
