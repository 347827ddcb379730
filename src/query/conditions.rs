//! An expression as its reader takes it: the conditions that all have to hold, and what is compared with what.

use std::ops::Range;

use crate::event::{Path, Segment, text};

/// A comparison that a condition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The expression for what is compared.
    pub left: String,
    /// `==`, `!=`, `<`, `<=`, `>` or `>=`.
    pub operator: &'static str,
    /// The expression for what it is compared with.
    pub right: String,
    /// Whether that is a value as it stands.
    pub is_literal: bool,
}

/// The part of an expression that sets a value, which is true of every event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigns {
    /// Where the sign stands, in bytes.
    pub at: Range<usize>,
    /// The expression with a comparison in its place, where that may be meant.
    pub meant: Option<String>,
}

const COMPARED: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];
const ASSIGNED: [&str; 8] = ["=", "|=", "+=", "-=", "*=", "/=", "%=", "//="];
/// The signs of jq, no longer one behind a shorter one.
const SIGNS: [&str; 28] = [
    "?//", "//=", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "//", "..", "=", "<", ">", "|", ",", "+",
    "-", "*", "/", "%", ";", ":", "?", ".",
];
/// Words after which what stands beside `and` may belong to something else.
const LOOSE: [&str; 8] = ["as", "def", "reduce", "foreach", "label", "try", "catch", "or"];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    kind: Kind,
    at: Range<usize>,
    /// In how many brackets it stands; an opening and a closing one stand outside their own.
    depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    /// `.name` or `."name"`
    Field,
    String,
    Number,
    Sign(&'static str),
    Open,
    Close,
    Other,
}

/// The conditions that `expression` says must all hold: what stands between its outermost `and`s, also inside `select(…)`.
/// An expression that is no such list is one condition.
pub fn conditions(expression: &str) -> Vec<String> {
    let expression = unwrapped(expression);
    let tokens = tokens(expression);
    let top = || tokens.iter().filter(|token| token.depth == 0);
    if top().any(|token| is_loose(token, expression)) {
        return vec![expression.to_owned()];
    }
    let mut from = 0;
    let mut parts = Vec::new();
    for token in top().filter(|token| token.kind == Kind::Word && word(token, expression) == "and") {
        parts.push(expression.get(from..token.at.start).unwrap_or_default());
        from = token.at.end;
    }
    if from == 0 {
        return vec![expression.to_owned()];
    }
    parts.push(expression.get(from..).unwrap_or_default());
    parts.into_iter().flat_map(conditions).collect()
}

/// The comparison that a condition is, if it is one.
pub fn comparison(condition: &str) -> Option<Comparison> {
    let condition = unwrapped(condition);
    let tokens = tokens(condition);
    let pipe = tokens.iter().rposition(|token| token.depth == 0 && token.kind == Kind::Sign("|"));
    let from = pipe.map_or(0, |pipe| pipe + 1);
    let begins = pipe.and_then(|pipe| tokens.get(pipe)).map_or(0, |pipe| pipe.at.end);
    let is_bound = |token: &Token| {
        token.kind == Kind::Word && ["as", "def", "reduce", "foreach", "label"].contains(&word(token, condition))
    };
    let before = tokens.get(..from).unwrap_or_default();
    let here = || tokens.get(from..).unwrap_or_default().iter().filter(|token| token.depth == 0);
    let is_and = |token: &Token| token.kind == Kind::Word && word(token, condition) == "and";
    if before.iter().any(is_bound) || here().any(|token| is_loose(token, condition) || is_and(token)) {
        return None;
    }
    let mut signs = here().filter_map(|token| match token.kind {
        Kind::Sign(sign) if COMPARED.contains(&sign) => Some((token, sign)),
        _ => None,
    });
    let ((token, operator), None) = (signs.next()?, signs.next()) else { return None };
    let before = condition.get(..begins).unwrap_or_default().trim();
    let side = |range: Range<usize>| condition.get(range).unwrap_or_default().trim();
    let (left, right) = (side(begins..token.at.start), side(token.at.end..condition.len()));
    if left.is_empty() || right.is_empty() {
        return None;
    }
    let is_literal = serde_json::from_str::<serde_json::Value>(right).is_ok();
    let behind = |side: &str| if before.is_empty() { side.to_owned() } else { format!("{before} {side}") };
    let right = if is_literal { right.to_owned() } else { behind(right) };
    Some(Comparison { left: behind(left), operator, right, is_literal })
}

/// The places in the event that an expression begins with, as far as they are plain: `.products[0].sku`, not what comes
/// after a function or a pipe.
pub fn places(expression: &str) -> Vec<Path> {
    let expression = unwrapped(expression);
    let tokens = tokens(expression);
    let mut places = Vec::new();
    let mut rest = tokens.as_slice();
    let mut is_behind_word = false;
    while let Some((token, after)) = rest.split_first() {
        rest = after;
        match token.kind {
            Kind::Sign("|") => break,
            Kind::Field if !is_behind_word => {
                let mut path = vec![key(expression.get(token.at.clone()).unwrap_or_default())];
                rest = steps(rest, expression, &mut path);
                places.push(Path(path));
            }
            // What stands in the arguments of a function, or in an object, may begin elsewhere.
            Kind::Open => {
                let inner = after.iter().take_while(|inner| inner.depth > token.depth).count();
                rest = after.get(inner..).unwrap_or_default();
                let inside = token.at.end..rest.first().map_or(expression.len(), |close| close.at.start);
                if !is_behind_word && expression.get(token.at.clone()) == Some("(") {
                    places.extend(self::places(expression.get(inside).unwrap_or_default()));
                }
            }
            _ => {}
        }
        let is_operator = ["and", "or", "if", "then", "else", "elif"].contains(&word(token, expression));
        is_behind_word = token.kind == Kind::Word && !is_operator || token.kind == Kind::Close;
    }
    places
}

/// The part of an expression that sets a value where one is compared, most likely.
pub fn assigns(expression: &str) -> Option<Assigns> {
    let inner = unwrapped(expression);
    let tokens = tokens(inner);
    let sign = tokens.iter().find_map(|token| match token.kind {
        Kind::Sign(sign) if token.depth == 0 && ASSIGNED.contains(&sign) => Some((token.at.clone(), sign)),
        _ => None,
    });
    let (at, sign) = sign?;
    let start = inner.as_ptr().addr() - expression.as_ptr().addr();
    let at = start + at.start..start + at.end;
    let mut meant = expression.to_owned();
    meant.replace_range(at.clone(), "==");
    Some(Assigns { at, meant: (sign == "=").then_some(meant) })
}

/// The expression with a dot before the word that stands there, so that it names a field.
pub fn dotted(expression: &str, at: Range<usize>) -> Option<String> {
    let word = expression.get(at.clone())?;
    let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let (before, rest) = (expression.get(..at.start)?, expression.get(at.start..)?);
    is_name.then(|| format!("{before}.{rest}"))
}

/// An expression without the brackets around it, and without the `select` around it.
fn unwrapped(expression: &str) -> &str {
    let mut expression = expression.trim();
    loop {
        let tokens = tokens(expression);
        let mut inner = tokens.as_slice();
        if let [first, rest @ ..] = inner
            && word(first, expression) == "select"
            && first.kind == Kind::Word
        {
            inner = match rest {
                [rest @ .., last] if last.kind == Kind::Sign("?") => rest,
                rest => rest,
            };
        }
        let [open, within @ .., close] = inner else { return expression };
        let is_one = open.kind == Kind::Open
            && expression.get(open.at.clone()) == Some("(")
            && close.kind == Kind::Close
            && within.iter().all(|token| token.depth > open.depth);
        if !is_one {
            return expression;
        }
        expression = expression.get(open.at.end..close.at.start).unwrap_or_default().trim();
    }
}

fn is_loose(token: &Token, expression: &str) -> bool {
    match token.kind {
        Kind::Sign(sign) => ["|", ",", "//", ";", "?//"].contains(&sign) || ASSIGNED.contains(&sign),
        Kind::Word => LOOSE.contains(&word(token, expression)),
        _ => false,
    }
}

fn word<'e>(token: &Token, expression: &'e str) -> &'e str {
    expression.get(token.at.clone()).unwrap_or_default()
}

/// Takes the steps that go on from a field into the path, up to what is no plain step; the tokens behind all of them.
fn steps<'t>(mut rest: &'t [Token], expression: &str, path: &mut Vec<Segment>) -> &'t [Token] {
    let mut is_plain = true;
    loop {
        let segment = match rest {
            [token, after @ ..] if token.kind == Kind::Field => {
                rest = after;
                Some(key(word(token, expression)))
            }
            [token, after @ ..] if token.kind == Kind::Sign("?") => {
                rest = after;
                continue;
            }
            [open, inner, close, after @ ..]
                if word(open, expression) == "[" && close.kind == Kind::Close && close.depth == open.depth =>
            {
                rest = after;
                match inner.kind {
                    Kind::Number => word(inner, expression).parse().ok().map(Segment::Index),
                    Kind::String => serde_json::from_str::<String>(word(inner, expression)).ok().map(Segment::key),
                    _ => None,
                }
            }
            [open, after @ ..] if word(open, expression) == "[" => {
                let inner = after.iter().take_while(|token| token.depth > open.depth).count();
                rest = after.get(inner + 1..).unwrap_or_default();
                None
            }
            [dot, open, ..] if dot.kind == Kind::Sign(".") && word(open, expression) == "[" => {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            _ => return rest,
        };
        match segment {
            Some(segment) if is_plain => path.push(segment),
            _ => is_plain = false,
        }
    }
}

/// The step that a field is: `.name` or `."name"`.
fn key(field: &str) -> Segment {
    let name = field.strip_prefix('.').unwrap_or(field);
    Segment::key(serde_json::from_str::<String>(name).unwrap_or_else(|_| name.to_owned()))
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let name = |from: usize| {
            let rest = rest.get(from..).unwrap_or_default();
            from + rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())
        };
        let is_name = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let second = rest.chars().nth(1);
        let (kind, length) = match c {
            _ if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            '"' => (Kind::String, string(rest)),
            '.' if is_name(second) => (Kind::Field, name(1)),
            '.' if second == Some('"') => (Kind::Field, 1 + string(rest.get(1..).unwrap_or_default())),
            '0'..='9' => (Kind::Number, number(rest)),
            '.' if second.is_some_and(|c| c.is_ascii_digit()) => (Kind::Number, number(rest)),
            '$' | '@' => (Kind::Other, name(1)),
            _ if is_name(Some(c)) => (Kind::Word, name(0)),
            '(' | '[' | '{' => (Kind::Open, 1),
            ')' | ']' | '}' => (Kind::Close, 1),
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => (Kind::Sign(sign), sign.len()),
                None => (Kind::Other, c.len_utf8()),
            },
        };
        let place = at..at + length;
        at = place.end;
        // The name of a field in an object is no keyword.
        let is_key = || text.get(at..).is_some_and(|rest| rest.trim_start().starts_with(':'));
        let spelled = text.get(place.clone()).unwrap_or_default();
        let opens = kind == Kind::Open || kind == Kind::Word && spelled == "if" && !is_key();
        let closes = kind == Kind::Close || kind == Kind::Word && spelled == "end" && !is_key();
        if closes {
            depth = depth.saturating_sub(1);
        }
        tokens.push(Token { kind, at: place, depth });
        if opens {
            depth += 1;
        }
    }
    tokens
}

/// How long the number is that a text begins with.
fn number(text: &str) -> usize {
    let mut before = ' ';
    let is_part = |c: char| {
        let is_sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
        before = c;
        c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E') || is_sign
    };
    text.find({
        let mut is_part = is_part;
        move |c| !is_part(c)
    })
    .unwrap_or(text.len())
}

/// How long the string is that a text begins with, with what is put in by `\(…)`.
fn string(text: &str) -> usize {
    let mut open: Vec<usize> = Vec::new();
    let mut is_escaped = false;
    let mut in_string = false;
    for (at, c) in text.char_indices() {
        match c {
            '(' if in_string && std::mem::take(&mut is_escaped) => {
                open.push(1);
                in_string = false;
            }
            _ if in_string && std::mem::take(&mut is_escaped) => {}
            '\\' if in_string => is_escaped = true,
            '"' if in_string => {
                if open.is_empty() {
                    return at + 1;
                }
                in_string = false;
            }
            _ if in_string => {}
            '"' => in_string = true,
            '(' => open.last_mut().into_iter().for_each(|depth| *depth += 1),
            ')' => {
                if let Some(depth) = open.last_mut() {
                    *depth -= 1;
                    if *depth == 0 {
                        open.pop();
                        in_string = true;
                    }
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// A name as all its spellings come to: `orderId`, `order_id` and `Order-ID` are one.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The name among `names` that may be meant by one that is not there: another spelling of it, else one that is like it.
pub fn near_name<'n>(name: &str, names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    let wanted = plain(name);
    names.clone().find(|known| plain(known) == wanted).or_else(|| text::nearest(name, names))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_cut_at_the_ands_that_all_of_it_hangs_on() {
        let cases: [(&str, &[&str]); 18] = [
            (".total == 30", &[".total == 30"]),
            (".total == 30 and .currency == \"EUR\"", &[".total == 30", ".currency == \"EUR\""]),
            ("select(.a > 1 and .b)", &[".a > 1", ".b"]),
            ("select(.a and .b)?", &[".a", ".b"]),
            ("(.a and (.b and .c)) and .d", &[".a", ".b", ".c", ".d"]),
            (".a and .b or .c", &[".a and .b or .c"]),
            ("(.a or .b) and .c", &[".a or .b", ".c"]),
            (".a and .b | not", &[".a and .b | not"]),
            ("(.a | length) > 2 and .b", &["(.a | length) > 2", ".b"]),
            (".name == \"a and b\" and .x", &[".name == \"a and b\"", ".x"]),
            (".name == \"\\(\"x and \\(1)\") and\" and .x", &[".name == \"\\(\"x and \\(1)\") and\"", ".x"]),
            (".and and .[\"and\"]", &[".and", ".[\"and\"]"]),
            ("if .a and .b then .c else .d end and .e", &["if .a and .b then .c else .d end", ".e"]),
            ("{if: 1} and .a", &["{if: 1}", ".a"]),
            (".a as $x | .b and .c", &[".a as $x | .b and .c"]),
            ("any(.products[]; .sku == \"A\" and .n) and .b", &["any(.products[]; .sku == \"A\" and .n)", ".b"]),
            (".a # and .b\n and .c", &[".a # and .b", ".c"]),
            ("", &[""]),
        ];
        for (expression, expected) in cases {
            assert_eq!(conditions(expression), expected, "{expression}");
        }
    }

    #[test]
    fn a_comparison_is_known_with_both_its_sides() {
        let cases = [
            (".total == 30", Some((".total", "==", "30", true))),
            ("(.total >= 3e1)", Some((".total", ">=", "3e1", true))),
            (".total != .revenue", Some((".total", "!=", ".revenue", false))),
            ("(.products | length) > 2", Some(("(.products | length)", ">", "2", true))),
            (".products | length > 2", Some((".products | length", ">", "2", true))),
            (".products | length < .n", Some((".products | length", "<", ".products | .n", false))),
            (".a", None),
            (".a == 1 == 2", None),
            (".a == 1 or .b", None),
            (". as $e | .a == 1", None),
            ("any(.products[]; .sku == 1)", None),
            (".a ==", None),
        ];
        for (condition, expected) in cases {
            let found = comparison(condition);
            let found = found.as_ref().map(|it| (it.left.as_str(), it.operator, it.right.as_str(), it.is_literal));
            assert_eq!(found, expected, "{condition}");
        }
    }

    #[test]
    fn the_places_that_an_expression_begins_with_are_known() {
        let cases: [(&str, &[&str]); 11] = [
            (".total == 30", &["total"]),
            (".a.b[0][\"c d\"].e > .f", &["a.b[0][\"c d\"].e", "f"]),
            (".\"odd name\"", &["[\"odd name\"]"]),
            (".products[].sku == \"A\"", &["products"]),
            (".products[1:].sku", &["products"]),
            (".products | length > 2", &["products"]),
            ("(.products | length) > .n", &["products", "n"]),
            ("any(.products[]; .sku == \"A\")", &[]),
            ("{a: .b}", &[]),
            (".a?.b", &["a.b"]),
            (".[\"a b\"]", &[]),
        ];
        for (expression, expected) in cases {
            let found: Vec<_> = places(expression).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{expression}");
        }
    }

    #[test]
    fn what_sets_a_value_and_what_lacks_its_dot_is_set_right() {
        let meant = |expression| assigns(expression).map(|it| (it.at, it.meant));
        assert_eq!(meant(".total = 30"), Some((7..8, Some(".total == 30".to_owned()))));
        assert_eq!(meant("select(.total = 30)"), Some((14..15, Some("select(.total == 30)".to_owned()))));
        assert_eq!(meant(".total += 30"), Some((7..9, None)));
        assert_eq!(meant(".total == 30 and (.a |= 1 | .b)"), None);
        assert_eq!(dotted("revenue > 30", 0..7).unwrap(), ".revenue > 30");
        assert_eq!(dotted(".a and b", 7..8).unwrap(), ".a and .b");
        assert_eq!(dotted("@nope", 0..5), None);
    }

    #[test]
    fn a_name_that_may_be_meant_is_found() {
        let names = ["Currency", "order_id", "total"];
        for (name, expected) in
            [("currency", Some("Currency")), ("orderId", Some("order_id")), ("totl", Some("total")), ("x", None)]
        {
            assert_eq!(near_name(name, names.into_iter()), expected, "{name}");
        }
    }
}
