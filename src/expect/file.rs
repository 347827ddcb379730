//! A file of expectations: read from TOML, and checked.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::time::Duration;

use jiff::SignedDuration;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{Condition, Expectation, Order, Same, Wanted};
use crate::event::misread::{Misread, unknown};
use crate::event::text::sanitize;
use crate::event::{Path, TypeName};

/// How long an expectation may take, from and to.
const WITHIN: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(10);

/// An expectation of a file, with the lines of its expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The expectation.
    pub expectation: Expectation,
    /// The line where each of its conditions stands.
    pub lines: Vec<usize>,
}

type Checked<T> = Result<T, Misread>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    within: Option<Spanned<String>>,
    #[serde(default)]
    expect: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    title: Option<Spanned<String>>,
    event: Spanned<String>,
    #[serde(default, rename = "where")]
    conditions: OneOrMore,
    #[serde(default)]
    has: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    count: Option<Spanned<u64>>,
    at_least: Option<Spanned<u64>>,
    at_most: Option<Spanned<u64>>,
    #[serde(default)]
    none: bool,
    within: Option<Spanned<String>>,
    #[serde(default)]
    after: OneOrMore,
    #[serde(default)]
    same: BTreeMap<Spanned<String>, Spanned<Shared>>,
    #[serde(default)]
    no_errors: bool,
    plan: Option<Spanned<bool>>,
}

/// A text, or a list of texts.
#[derive(Default)]
struct OneOrMore(Vec<Spanned<String>>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            One(String),
            More(Vec<String>),
        }
        let spanned = Spanned::<Either>::deserialize(deserializer)?;
        let span = spanned.span();
        Ok(Self(match spanned.into_inner() {
            Either::One(one) => vec![Spanned::new(span, one)],
            Either::More(more) => more.into_iter().map(|one| Spanned::new(span.clone(), one)).collect(),
        }))
    }
}

/// Whose value a field shares: the title of another expectation, where its event has the same path; or with a path.
struct Shared {
    of: String,
    path: Option<String>,
}

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            of: String,
            path: Option<String>,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Shared;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the title of another expectation, or a table such as { of = \"the cart\", path = \"id\" }")
            }

            fn visit_str<E>(self, of: &str) -> Result<Shared, E> {
                Ok(Shared { of: of.to_owned(), path: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Shared, A::Error> {
                let Table { of, path } = Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Shared { of, path })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Reads the text of a file. Those that do not say how long they may take have the time of the file, else `within`. A plan is
/// there where `has_plan`.
pub fn read(text: &str, within: Duration, has_plan: bool) -> Result<Vec<Listed>, (usize, String)> {
    // Editors of other systems begin a file with this mark, which is no TOML.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    checked(text, within, has_plan).map_err(|misread| (misread.line(text), misread.reason))
}

fn checked(text: &str, within: Duration, has_plan: bool) -> Checked<Vec<Listed>> {
    let file: File = toml::from_str(text)?;
    if file.expect.is_empty() {
        let reason = "nothing is expected: give [[expect]], each with an event";
        return Err(Misread::new(text.len()..text.len(), reason));
    }
    let within = file.within.as_ref().map_or(Ok(within), span_of)?;
    let titles: Vec<_> = file.expect.iter().map(|entry| entry.get_ref().title.as_ref()).collect();
    let mut known = HashSet::new();
    for title in titles.iter().flatten() {
        if !known.insert(title.get_ref().as_str()) {
            let reason = format!("there are two expectations of the title `{}`", title.get_ref());
            return Err(Misread::new(title.span(), reason));
        }
    }
    let titles: Vec<_> = titles.into_iter().map(|title| title.map(|title| title.get_ref().as_str())).collect();
    let listed = file.expect.iter().enumerate().map(|(number, entry)| {
        let mut listed = listed(number, entry.get_ref(), &titles, &file.expect, has_plan)?;
        let expectation = &mut listed.expectation;
        expectation.within = entry.get_ref().within.as_ref().map_or(Ok(within), span_of)?;
        listed.lines = lines(entry.get_ref(), text);
        Ok(listed)
    });
    let listed = listed.collect::<Checked<Vec<_>>>()?;
    for (number, entry) in file.expect.iter().enumerate() {
        if comes_before(number, number, &listed, &mut HashSet::new()) {
            let place = entry.get_ref().after.0.first().map_or_else(|| entry.span(), Spanned::span);
            return Err(Misread::new(place, "an impossible order: in the end it would have to come after itself"));
        }
    }
    Ok(listed)
}

/// Whether an expectation waits for another, directly or through others.
fn comes_before(from: usize, to: usize, listed: &[Listed], seen: &mut HashSet<usize>) -> bool {
    let Some(Listed { expectation, .. }) = listed.get(from) else { return false };
    let after = expectation.after.iter().filter_map(|order| match order {
        Order::Expectation(other) => Some(*other),
        Order::Type(_) => None,
    });
    let mut others = after.chain(expectation.same.iter().map(|same| same.of));
    others.any(|other| other == to || seen.insert(other) && comes_before(other, to, listed, seen))
}

/// The line of each condition, in their order.
fn lines(entry: &Entry, text: &str) -> Vec<usize> {
    let line = |span: Range<usize>| Misread::new(span, "").line(text);
    let conditions = entry.conditions.0.iter().map(|condition| line(condition.span()));
    conditions.chain(entry.has.keys().map(|key| line(key.span()))).collect()
}

fn listed(
    number: usize,
    entry: &Entry,
    titles: &[Option<&str>],
    all: &[Spanned<Entry>],
    has_plan: bool,
) -> Checked<Listed> {
    let has = entry.has.iter().map(|(path, value)| {
        let found = path_of(path)?;
        let json = json_of(value.get_ref()).ok_or_else(|| Misread::new(value.span(), "no JSON has such a value"))?;
        Ok(Condition::Jq(format!("{} == {json}", found.jq())))
    });
    let conditions = entry.conditions.0.iter().map(|condition| Ok(Condition::Jq(condition.get_ref().clone())));
    let mut conditions = conditions.chain(has).collect::<Checked<Vec<_>>>()?;
    if let Some(plan) = entry.plan.as_ref().filter(|plan| *plan.get_ref()) {
        if !has_plan {
            return Err(Misread::new(plan.span(), "there is no plan: give --plan, or a profile that has one"));
        }
        conditions.push(Condition::FitsPlan);
    }
    conditions.extend(entry.no_errors.then_some(Condition::NoErrors));
    let other = |name: &Spanned<String>| -> Checked<usize> {
        let place = titles.iter().position(|title| *title == Some(name.get_ref().as_str()));
        let place = place.ok_or_else(|| {
            let what = format!("there is no expectation of the title `{}`", name.get_ref());
            Misread::new(name.span(), unknown(&what, name.get_ref(), titles.iter().flatten().copied()))
        })?;
        if all.get(place).is_some_and(|other| other.get_ref().none) {
            let reason = format!("`{}` is of none, and nothing can come after that", name.get_ref());
            return Err(Misread::new(name.span(), reason));
        }
        if place == number {
            return Err(Misread::new(name.span(), "an impossible order: it would have to come after itself"));
        }
        Ok(place)
    };
    let after = entry.after.0.iter().map(|name| {
        let is_title = titles.contains(&Some(name.get_ref().as_str()));
        // No name of a type has white space.
        if is_title || name.get_ref().contains(char::is_whitespace) {
            return other(name).map(Order::Expectation);
        }
        Ok(Order::Type(TypeName::from(name.get_ref().as_str())))
    });
    let after = after.collect::<Checked<_>>()?;
    let same = entry.same.iter().map(|(path, shared)| {
        let Shared { of, path: their } = shared.get_ref();
        let own = path_of(path)?;
        let their = match their {
            Some(their) => path_of(&Spanned::new(shared.span(), their.clone()))?,
            None => own.clone(),
        };
        Ok(Same { path: own, of: other(&Spanned::new(shared.span(), of.clone()))?, their })
    });
    let same = same.collect::<Checked<_>>()?;
    let expectation = Expectation {
        title: entry.title.as_ref().map(|title| sanitize(title.get_ref())),
        event_type: TypeName::from(entry.event.get_ref().as_str()),
        conditions,
        wanted: wanted(entry)?,
        within: Duration::ZERO,
        after,
        same,
    };
    Ok(Listed { expectation, lines: Vec::new() })
}

fn wanted(entry: &Entry) -> Checked<Wanted> {
    let counted = [&entry.count, &entry.at_least, &entry.at_most].into_iter().flatten().next();
    match (entry.none, &entry.count, &entry.at_least, &entry.at_most) {
        (true, ..) if let Some(counted) = counted => Err(Misread::new(counted.span(), "`none` says how many already")),
        (true, ..) => Ok(Wanted::NONE),
        (_, Some(count), None, None) => Ok(Wanted { least: *count.get_ref(), most: Some(*count.get_ref()) }),
        (_, Some(count), ..) => Err(Misread::new(count.span(), "`count` is exact: leave at_least and at_most out")),
        (_, None, None, None) => Ok(Wanted::default()),
        (_, None, least, most) => {
            let wanted = Wanted {
                least: least.as_ref().map_or(0, |least| *least.get_ref()),
                most: most.as_ref().map(|most| *most.get_ref()),
            };
            match (most, wanted.most) {
                (Some(place), Some(most)) if most < wanted.least => {
                    Err(Misread::new(place.span(), "no number of events is at least one and at most the other"))
                }
                _ => Ok(wanted),
            }
        }
    }
}

fn path_of(path: &Spanned<String>) -> Checked<Path> {
    path.get_ref().parse().map_err(|error: crate::event::PathError| Misread::new(path.span(), error.to_string()))
}

/// A value as JSON; `None` of one that JSON has not.
fn json_of(value: &toml::Value) -> Option<String> {
    let is_finite = |value: &toml::Value| !matches!(value, toml::Value::Float(number) if !number.is_finite());
    if !is_finite(value) || matches!(value, toml::Value::Datetime(_)) {
        return None;
    }
    serde_json::to_string(value).ok()
}

fn span_of(text: &Spanned<String>) -> Checked<Duration> {
    let wrong = |reason: &str| Misread::new(text.span(), reason);
    let span: SignedDuration =
        text.get_ref().trim().parse().map_err(|_| wrong("no duration; write a number with its unit, such as 10s"))?;
    let span = Duration::try_from(span).ok().filter(|span| WITHIN.contains(span));
    span.ok_or_else(|| wrong("out of range; use 1s to 10min"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const FILE: &str = r#"
within = "20s"

[[expect]]
title = "the cart"
event = "add_to_cart"
where = ['.quantity > 0', '.email']

[[expect]]
title = "the order"
event = "checkout"
where = '.total == 30'
has = { "products[0].sku" = "A1", currency = "EUR", n = 1.50 }
after = ["the cart", "view"]
same = { order_id = "the cart", "a.b" = { of = "the cart", path = "c[0]" } }
within = "5s"
no_errors = true

[[expect]]
event = "refund"
none = true
"#;

    #[test]
    fn a_file_is_read_with_titles_order_times_and_shared_values() {
        let listed = read(FILE, Duration::from_secs(10), false).unwrap();
        let [cart, order, refund] = &*listed else { panic!("{listed:?}") };
        assert_eq!(cart.lines, [7, 7]);
        assert_eq!((cart.expectation.within.as_secs(), order.expectation.within.as_secs()), (20, 5));
        let conditions: Vec<_> = order.expectation.conditions.iter().map(|it| it.shown().to_string()).collect();
        let expected = [".total == 30", ".currency == \"EUR\"", ".n == 1.5", ".products[0].sku == \"A1\"", "no errors"];
        assert_eq!(conditions, expected);
        assert_eq!(order.expectation.after, [Order::Expectation(0), Order::Type("view".into())]);
        let path = |text: &str| text.parse::<Path>().unwrap();
        let same = [
            Same { path: path("a.b"), of: 0, their: path("c[0]") },
            Same { path: path("order_id"), of: 0, their: path("order_id") },
        ];
        assert_eq!(order.expectation.same, same);
        assert_eq!((refund.expectation.wanted, &*refund.expectation.called()), (Wanted::NONE, "no refund"));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told_with_its_line() {
        let one = |rest: &str| format!("[[expect]]\nevent = \"a\"\n{rest}");
        let two = |first: &str, second: &str| {
            format!(
                "[[expect]]\nevent = \"a\"\ntitle = \"A\"\n{first}\n[[expect]]\nevent = \"b\"\ntitle = \"B b\"\n{second}\n"
            )
        };
        let cases = [
            (String::new(), 1, "nothing is expected"),
            ("[[expect]]\n".to_owned(), 1, "missing field `event`"),
            (one("wher = '.a'"), 3, "unknown field `wher`: did you mean `where`?"),
            (one("where = 3"), 3, ""),
            (one("within = \"5\""), 3, "no duration"),
            (one("within = \"1h\""), 3, "out of range"),
            (one("none = true\ncount = 2"), 4, "`none` says how many already"),
            (one("count = 1\nat_most = 2"), 3, "`count` is exact"),
            (one("at_least = 3\nat_most = 2"), 4, "no number of events"),
            (one("has = { \"a b\" = 1 }"), 3, "a key with blanks"),
            (one("has = { a = nan }"), 3, "no JSON has such a value"),
            (one("plan = true"), 3, "there is no plan"),
            (one("after = \"no such\""), 3, "there is no expectation of the title `no such`"),
            (one("title = \"x\"\n[[expect]]\nevent = \"b\"\ntitle = \"x\""), 6, "two expectations of the title `x`"),
            (one("title = \"x\"\nafter = \"x\""), 4, "an impossible order"),
            (two("after = \"B b\"", "after = \"A\""), 4, "an impossible order"),
            (two("after = \"B b\"", "none = true"), 4, "is of none"),
            (two("", "same = { id = \"C\" }"), 8, "there is no expectation of the title `C`"),
            (two("", "same = { id = 1 }"), 8, "the title of another expectation"),
        ];
        for (text, line, part) in cases {
            let (found, reason) = read(&text, Duration::from_secs(10), false).unwrap_err();
            assert!(found == line && reason.contains(part), "{text}\nline {found}: {reason}");
        }
    }
}
