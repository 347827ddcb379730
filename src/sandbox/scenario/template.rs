//! The bodies of a scenario: JSON with gaps, and the values that fill them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::Scenario;
use crate::event::text::nearest;
use crate::sandbox::fault::Dice;

/// What is chosen from, by name.
pub(super) type Lists = BTreeMap<String, Vec<CastMember>>;

/// One object of a list, with its fields at hand. The values keep their text.
#[derive(Debug)]
pub(in crate::sandbox) struct CastMember {
    whole: String,
    fields: BTreeMap<String, Box<RawValue>>,
}

impl CastMember {
    /// That of a JSON object.
    pub(super) fn read(whole: String) -> Result<Self, serde_json::Error> {
        Ok(Self { fields: serde_json::from_str(&whole)?, whole })
    }

    /// The field as a text, if it is one.
    pub(in crate::sandbox) fn text(&self, field: &str) -> Option<String> {
        serde_json::from_str(self.fields.get(field)?.get()).ok()
    }
}

/// A body with gaps to fill.
#[derive(Debug)]
pub(in crate::sandbox) struct BodyTemplate {
    pieces: Vec<Piece>,
}

impl BodyTemplate {
    /// Cuts a JSON text at its `${…}`.
    pub(super) fn read(json: &str, lists: &Lists) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = json;
        while let Some((before, after)) = rest.split_once("${") {
            let closed = after.split_once('}').filter(|(inner, _)| !inner.contains('"'));
            let open = || format!("`${{{}` has no closing brace", after.split('"').next().unwrap_or_default());
            let (inner, after) = closed.ok_or_else(open)?;
            let expression = Expression::read(inner, lists).map_err(|reason| format!("`${{{inner}}}`: {reason}"))?;
            match (before.strip_suffix('"'), after.strip_prefix('"')) {
                (Some(before), Some(after)) if !is_key(after) => {
                    pieces.extend([Piece::Text(before.to_owned()), Piece::Value(expression)]);
                    rest = after;
                }
                _ => {
                    pieces.extend([Piece::Text(before.to_owned()), Piece::Inside(expression)]);
                    rest = after;
                }
            }
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { pieces })
    }
}

#[derive(Debug)]
enum Piece {
    /// JSON text that stays as it is.
    Text(String),
    /// A value in the place of a whole text.
    Value(Expression),
    /// A value written out inside a text.
    Inside(Expression),
}

#[derive(Debug)]
enum Expression {
    Cast { list: String, field: Option<String> },
    Many { list: String, count: usize },
    Int(RangeInclusive<u64>),
    Decimal(RangeInclusive<u64>),
    Digits(usize),
    Next(u64),
    Uuid,
    Now(SignedDuration),
}

/// The values that fill the gaps of a template.
pub(in crate::sandbox) struct Filling<'a> {
    /// The member of each list that the session has.
    pub(in crate::sandbox) chosen: &'a mut BTreeMap<String, usize>,
    /// How many members of each list were taken in turn.
    pub(in crate::sandbox) turns: &'a mut BTreeMap<String, usize>,
    pub(in crate::sandbox) dice: &'a Dice,
    /// How many `${next …}` came before.
    pub(in crate::sandbox) counted: &'a mut u64,
    pub(in crate::sandbox) now: Timestamp,
}

impl Scenario {
    /// Fills a template; the result is JSON text.
    pub(in crate::sandbox) fn fill(&self, template: &BodyTemplate, filling: &mut Filling<'_>) -> String {
        let mut out = String::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(expression) => out.push_str(&self.evaluate(expression, filling)),
                Piece::Inside(expression) => {
                    let json = self.evaluate(expression, filling);
                    out.push_str(json.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&json));
                }
            }
        }
        out
    }

    /// The member of `list` that the session goes with, chosen if it has none yet.
    pub(in crate::sandbox) fn chosen(&self, list: &str, filling: &mut Filling<'_>) -> Option<&CastMember> {
        let members = self.cast.get(list)?;
        let Filling { chosen, turns, dice, .. } = filling;
        let index = *chosen.entry(list.to_owned()).or_insert_with(|| {
            if !self.in_turn {
                return draw(members, dice);
            }
            let turn = turns.entry(list.to_owned()).or_default();
            *turn += 1;
            (*turn - 1) % members.len().max(1)
        });
        members.get(index)
    }

    fn evaluate(&self, expression: &Expression, filling: &mut Filling<'_>) -> String {
        match expression {
            Expression::Cast { list, field } => {
                let member = self.chosen(list, filling);
                let json = member.and_then(|member| match field {
                    Some(field) => member.fields.get(field).map(|raw| raw.get()),
                    None => Some(member.whole.as_str()),
                });
                json.unwrap_or("null").to_owned()
            }
            Expression::Many { list, count } => {
                let members = self.cast.get(list).map(Vec::as_slice).unwrap_or_default();
                let drawn = (0..*count).filter_map(|_| members.get(draw(members, filling.dice)));
                format!("[{}]", drawn.map(|member| member.whole.as_str()).collect::<Vec<_>>().join(","))
            }
            Expression::Int(range) => filling.dice.within(range).to_string(),
            Expression::Decimal(range) => {
                let hundredths = filling.dice.within(&(range.start() * 100..=range.end() * 100));
                format!("{}.{:02}", hundredths / 100, hundredths % 100)
            }
            Expression::Digits(count) => {
                let digits: String = (0..*count).map(|_| filling.dice.within(&(0..=9)).to_string()).collect();
                format!("\"{digits}\"")
            }
            Expression::Next(first) => {
                *filling.counted += 1;
                format!("\"{}\"", first + *filling.counted - 1)
            }
            Expression::Uuid => {
                let bits = u128::from(filling.dice.bits()) << 64 | u128::from(filling.dice.bits());
                format!("\"{}\"", uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid())
            }
            Expression::Now(offset) => format!("\"{:.3}\"", filling.now.saturating_add(*offset).unwrap_or(filling.now)),
        }
    }
}

fn draw(members: &[CastMember], dice: &Dice) -> usize {
    usize::try_from(dice.within(&(0..=(members.len() as u64).saturating_sub(1)))).unwrap_or(0)
}

/// Whether what came before this is a key: a key stays a text, whatever fills it.
fn is_key(after: &str) -> bool {
    after.trim_start().starts_with(':')
}

impl Expression {
    fn read(text: &str, lists: &Lists) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |word: &str| word.parse::<u64>().map_err(|_| format!("`{word}` is not a whole number"));
        let count = |word: &str| word.parse::<usize>().map_err(|_| format!("`{word}` is not a whole number"));
        let known = |list: &str| {
            if lists.contains_key(list) {
                return Ok(list.to_owned());
            }
            let meant = nearest(list, lists.keys().map(String::as_str));
            let meant = meant.map(|meant| format!(": did you mean `{meant}`?")).unwrap_or_default();
            Err(format!("there is no list `{list}`{meant}"))
        };
        match *words.as_slice() {
            ["int", from, to] => Ok(Self::Int(range(number(from)?, number(to)?)?)),
            ["decimal", from, to] => Ok(Self::Decimal(range(number(from)?, number(to)?)?)),
            ["digits", length] => Ok(Self::Digits(count(length)?)),
            ["next", first] => Ok(Self::Next(number(first)?)),
            ["many", list, length] => Ok(Self::Many { list: known(list)?, count: count(length)? }),
            ["uuid"] => Ok(Self::Uuid),
            ["now"] => Ok(Self::Now(SignedDuration::ZERO)),
            ["now", offset] => Ok(Self::Now(offset_of(offset)?)),
            [name] => {
                let Some((list, field)) = name.split_once('.') else {
                    return Ok(Self::Cast { list: known(name)?, field: None });
                };
                let list = known(list)?;
                let members = lists.get(&list).map(Vec::as_slice).unwrap_or_default();
                if members.iter().all(|member| member.fields.contains_key(field)) {
                    Ok(Self::Cast { list, field: Some(field.to_owned()) })
                } else {
                    Err(format!("not every member of the list `{list}` has a field `{field}`"))
                }
            }
            _ => Err("is no value".into()),
        }
    }
}

/// `+90d`, `-1h`.
fn offset_of(text: &str) -> Result<SignedDuration, String> {
    let refuse = || format!("`{text}` is not an offset such as +90d or -1h");
    let (sign, amount) = text.split_at_checked(1).ok_or_else(refuse)?;
    // A day is 24 hours here; jiff leaves that to a calendar.
    let offset = match amount.strip_suffix('d').map(str::parse) {
        Some(Ok(days)) => SignedDuration::try_from_hours(i64::from(i32::saturating_mul(days, 24))),
        Some(Err(_)) => None,
        None => amount.parse().ok(),
    };
    match (sign, offset) {
        ("+", Some(offset)) => Ok(offset),
        ("-", Some(offset)) => Ok(-offset),
        _ => Err(refuse()),
    }
}

fn range(from: u64, to: u64) -> Result<RangeInclusive<u64>, String> {
    if from > to { Err(format!("it runs from {from} down to {to}")) } else { Ok(from..=to) }
}
