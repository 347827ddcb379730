use std::borrow::{Borrow, Cow};
use std::fmt::{self, Write as _};
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};

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

    /// What an escaping function made.
    pub(super) fn made(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    /// The text of a template whose parts may all be printed: for [`sanitized!`](crate::sanitized), which sees to that.
    #[doc(hidden)]
    pub fn of_printable_parts(text: fmt::Arguments<'_>) -> Self {
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

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        super::width(self)
    }
}

/// What is read is sanitized anew, whoever wrote it.
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

/// What writes nothing that a terminal would act on: sanitized text, words of the program, numbers.
pub trait Printable: fmt::Display {}

impl Printable for Sanitized {}
impl Printable for &'static str {}
impl Printable for u8 {}
impl Printable for u16 {}
impl Printable for u32 {}
impl Printable for u64 {}
impl Printable for u128 {}
impl Printable for usize {}
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
    ($template:literal $(, $part:expr)* $(,)?) => {{
        const { assert!($crate::event::text::is_positional($template), "name no variable in the template") };
        $crate::event::text::Sanitized::of_printable_parts(
            format_args!($template $(, $crate::event::text::printable(&$part))*)
        )
    }};
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
