//! The scenario of [`Traffic`](super::Traffic): a file that says who sends which events in which order.
//!
//! A scenario is one JSON object:
//!
//! - `senders`: by name, how a program sends: `via` is `event`, `bulk` or `pixel`, and `user_agent` its header.
//! - `cast`: by name, a list of objects to choose from: visitors, products, carts. A session draws one member of each
//!   list when it first needs one, and keeps it: who views also buys. `visitor` may have an `ip`.
//! - `events`: by name, a `sender` and a `body`: an event, or for a `bulk` sender an array of them.
//! - `opening`: events that are sent at the start, `opening_gap_ms` apart, so that there is something to see at once.
//! - `sessions`: what comes after, one every `session_gap_ms` (a range), chosen by `weight`. A step sends an event after
//!   `wait_ms` (a range), `times` over (a range, once by default), with a `chance` (1 by default); `recast` lists what is
//!   drawn anew each time.
//!
//! In the texts of a body `${…}` stands for a value. A text that is nothing else takes the value's own type, so
//! `"${product.price}"` becomes `12.50`, spelled as in the file; inside a longer text the value is written out.
//!
//! | written | becomes |
//! |---|---|
//! | `${visitor.email}` | the field of the session's visitor |
//! | `${visitor}` | the visitor, as an object |
//! | `${many product 100}` | an array of that many members of a list |
//! | `${int 1 6}` | a whole number in that range |
//! | `${decimal 0 100}` | a number in that range with two decimals, as in `31.20` |
//! | `${digits 6}` | a text of so many digits |
//! | `${next 50314}` | a text that counts up from there, through the whole scenario |
//! | `${uuid}` | a UUID |
//! | `${now}`, `${now +90d}`, `${now -1h}` | an instant as text |

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::SandboxError;
use super::fault::Dice;

/// A scenario that was checked: every name in it refers to something.
#[derive(Debug)]
pub struct Scenario {
    pub(super) senders: Vec<SendingProgram>,
    pub(super) cast: BTreeMap<String, Vec<CastMember>>,
    pub(super) events: Vec<BodyTemplate>,
    /// Places in `events`.
    pub(super) opening: Vec<usize>,
    pub(super) opening_gap: Duration,
    pub(super) sessions: Vec<Script>,
    pub(super) session_gap: RangeInclusive<u64>,
}

/// How a program sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendingProgram {
    pub(super) via: Via,
    pub(super) user_agent: Box<str>,
}

/// The way an event takes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Via {
    /// `POST /api/v1/event`.
    Event,
    /// `POST /api/v1/bulkevents`.
    Bulk,
    /// `GET /unity.gif`.
    Pixel,
}

/// One object of a cast list, with its fields at hand. The values keep their text.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub(super) struct CastMember {
    whole: Box<RawValue>,
    fields: BTreeMap<String, Box<RawValue>>,
}

impl TryFrom<Box<RawValue>> for CastMember {
    type Error = serde_json::Error;

    fn try_from(whole: Box<RawValue>) -> Result<Self, serde_json::Error> {
        Ok(Self { fields: serde_json::from_str(whole.get())?, whole })
    }
}

impl CastMember {
    /// The field as a text, if it is one.
    pub(super) fn text(&self, field: &str) -> Option<String> {
        serde_json::from_str(self.fields.get(field)?.get()).ok()
    }
}

/// One kind of session.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) weight: u64,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) struct Step {
    /// A place in the scenario's `events`.
    pub(super) event: usize,
    pub(super) chance: f64,
    pub(super) times: RangeInclusive<u64>,
    pub(super) wait_ms: RangeInclusive<u64>,
    pub(super) recast: Vec<String>,
}

/// The scenario as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    senders: BTreeMap<String, SendingProgram>,
    cast: BTreeMap<String, Vec<CastMember>>,
    events: BTreeMap<String, EventEntry>,
    opening: Vec<String>,
    opening_gap_ms: u64,
    session_gap_ms: (u64, u64),
    sessions: Vec<SessionEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventEntry {
    sender: String,
    body: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionEntry {
    name: String,
    weight: u32,
    steps: Vec<StepEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepEntry {
    send: String,
    #[serde(default = "always")]
    chance: f64,
    #[serde(default = "once")]
    times: (u64, u64),
    #[serde(default)]
    wait_ms: (u64, u64),
    #[serde(default)]
    recast: Vec<String>,
}

fn always() -> f64 {
    1.0
}

fn once() -> (u64, u64) {
    (1, 1)
}

impl Scenario {
    /// Reads and checks a scenario. Whatever it names must be there.
    pub fn read(text: &str) -> Result<Self, SandboxError> {
        Self::checked(text).map_err(|reason| SandboxError::Scenario { reason })
    }

    fn checked(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut events = Vec::new();
        for (name, entry) in &file.events {
            let sender = place(&file.senders, &entry.sender);
            let sender = sender.ok_or_else(|| format!("event `{name}`: there is no sender `{}`", entry.sender))?;
            let pieces = pieces(entry.body.get(), &file.cast).map_err(|reason| format!("event `{name}`: {reason}"))?;
            events.push(BodyTemplate { sender, pieces });
        }
        let event = |context: &str, name: &str| {
            place(&file.events, name).ok_or_else(|| format!("{context}: there is no event `{name}`"))
        };
        let opening = file.opening.iter().map(|name| event("opening", name)).collect::<Result<_, _>>()?;
        let mut sessions = Vec::new();
        for entry in &file.sessions {
            let context = format!("session `{}`", entry.name);
            let step = |step: &StepEntry| {
                if let Some(list) = step.recast.iter().find(|list| !file.cast.contains_key(*list)) {
                    return Err(format!("{context}: there is no cast `{list}` to draw from"));
                }
                Ok(Step {
                    event: event(&context, &step.send)?,
                    chance: step.chance,
                    times: range(&context, "times", step.times)?,
                    wait_ms: range(&context, "wait_ms", step.wait_ms)?,
                    recast: step.recast.clone(),
                })
            };
            let steps = entry.steps.iter().map(step).collect::<Result<_, _>>()?;
            sessions.push(Script { weight: entry.weight.into(), steps });
        }
        if sessions.iter().all(|script| script.weight == 0) {
            return Err("sessions: none has a weight above 0".into());
        }
        let session_gap = range("session_gap_ms", "range", file.session_gap_ms)?;
        if *session_gap.start() == 0 {
            return Err("session_gap_ms: at least 1 ms must lie between two sessions".into());
        }
        if let Some((list, _)) = file.cast.iter().find(|(_, members)| members.is_empty()) {
            return Err(format!("cast `{list}`: there is nobody in it"));
        }
        Ok(Self {
            senders: file.senders.into_values().collect(),
            cast: file.cast,
            events,
            opening,
            opening_gap: Duration::from_millis(file.opening_gap_ms),
            sessions,
            session_gap,
        })
    }
}

/// Where `name` stands among the names of a map, in their order.
fn place<T>(map: &BTreeMap<String, T>, name: &str) -> Option<usize> {
    map.keys().position(|known| known == name)
}

fn range(context: &str, what: &str, (from, to): (u64, u64)) -> Result<RangeInclusive<u64>, String> {
    if from > to { Err(format!("{context}: {what} runs from {from} down to {to}")) } else { Ok(from..=to) }
}

/// A body with gaps to fill.
#[derive(Debug)]
pub(super) struct BodyTemplate {
    /// A place in the scenario's `senders`.
    pub(super) sender: usize,
    pieces: Vec<Piece>,
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
pub(super) struct Filling<'a> {
    /// The member of each list that the session has drawn.
    pub(super) chosen: &'a mut BTreeMap<String, usize>,
    pub(super) dice: &'a Dice,
    /// How many `${next …}` came before.
    pub(super) counted: &'a mut u64,
    pub(super) now: Timestamp,
}

impl Scenario {
    /// Fills a template; the result is JSON text.
    pub(super) fn fill(&self, template: &BodyTemplate, filling: &mut Filling<'_>) -> String {
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

    /// The member of `list` that the session goes with, drawn if it has none yet.
    pub(super) fn chosen(&self, list: &str, filling: &mut Filling<'_>) -> Option<&CastMember> {
        let members = self.cast.get(list)?;
        let index = *filling.chosen.entry(list.to_owned()).or_insert_with(|| draw(members, filling.dice));
        members.get(index)
    }

    fn evaluate(&self, expression: &Expression, filling: &mut Filling<'_>) -> String {
        match expression {
            Expression::Cast { list, field } => {
                let member = self.chosen(list, filling);
                let raw = member.and_then(|member| match field {
                    Some(field) => member.fields.get(field),
                    None => Some(&member.whole),
                });
                raw.map_or_else(|| "null".into(), |raw| raw.get().to_owned())
            }
            Expression::Many { list, count } => {
                let members = self.cast.get(list).map(Vec::as_slice).unwrap_or_default();
                let drawn = (0..*count).filter_map(|_| members.get(draw(members, filling.dice)));
                format!("[{}]", drawn.map(|member| member.whole.get()).collect::<Vec<_>>().join(","))
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

/// Cuts a body at its `${…}`.
fn pieces(body: &str, cast: &BTreeMap<String, Vec<CastMember>>) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("${") {
        let (inner, after) = after.split_once('}').ok_or_else(|| format!("`${{{after}` has no closing brace"))?;
        let expression = Expression::read(inner, cast).map_err(|reason| format!("`${{{inner}}}`: {reason}"))?;
        match (before.strip_suffix('"'), after.strip_prefix('"')) {
            (Some(before), Some(after)) if !is_key(after) => {
                pieces.push(Piece::Text(before.to_owned()));
                pieces.push(Piece::Value(expression));
                rest = after;
            }
            _ => {
                pieces.push(Piece::Text(before.to_owned()));
                pieces.push(Piece::Inside(expression));
                rest = after;
            }
        }
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

/// Whether what came before this is a key: a key stays a text, whatever fills it.
fn is_key(after: &str) -> bool {
    after.trim_start().starts_with(':')
}

impl Expression {
    fn read(text: &str, cast: &BTreeMap<String, Vec<CastMember>>) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |word: &str| word.parse::<u64>().map_err(|_| format!("`{word}` is not a whole number"));
        let count = |word: &str| word.parse::<usize>().map_err(|_| format!("`{word}` is not a whole number"));
        let known = |list: &str| {
            if cast.contains_key(list) { Ok(list.to_owned()) } else { Err(format!("there is no cast `{list}`")) }
        };
        match *words.as_slice() {
            ["int", from, to] => Ok(Self::Int(range("int", "range", (number(from)?, number(to)?))?)),
            ["decimal", from, to] => Ok(Self::Decimal(range("decimal", "range", (number(from)?, number(to)?))?)),
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
                let members = cast.get(&list).map(Vec::as_slice).unwrap_or_default();
                if members.iter().all(|member| member.fields.contains_key(field)) {
                    Ok(Self::Cast { list, field: Some(field.to_owned()) })
                } else {
                    Err(format!("not every member of the cast `{list}` has a field `{field}`"))
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::*;

    const FILE: &str = r#"{
        "senders": {"server": {"via": "event", "user_agent": "test/1"}},
        "cast": {"product": [{"sku": "a\"b", "price": 1.10, "tags": ["x"]}]},
        "events": {"view": {"sender": "server", "body": BODY}},
        "opening": ["view"], "opening_gap_ms": 0, "session_gap_ms": [1, 1],
        "sessions": [{"name": "s", "weight": 1, "steps": [{"send": "view"}]}]
    }"#;

    fn filled(body: &str) -> String {
        let scenario = Scenario::read(&FILE.replace("BODY", body)).unwrap();
        let template = scenario.events.first().unwrap();
        let now = "2026-05-04T03:02:01.5Z".parse().unwrap();
        let (mut chosen, mut counted) = (BTreeMap::new(), 0);
        let mut filling = Filling { chosen: &mut chosen, dice: &Dice::new(0), counted: &mut counted, now };
        scenario.fill(template, &mut filling)
    }

    #[test]
    fn a_value_takes_the_place_of_a_text_or_is_written_inside_it() {
        let cases = [
            (r#"{"event":"view"}"#, r#"{"event":"view"}"#),
            (r#"{"p":"${product.price}"}"#, r#"{"p":1.10}"#),
            (r#"{"p":"about ${product.price}!"}"#, r#"{"p":"about 1.10!"}"#),
            (r#"{"p":"${product.sku}"}"#, r#"{"p":"a\"b"}"#),
            (r#"{"p":"${product.sku}${product.sku}"}"#, r#"{"p":"a\"ba\"b"}"#),
            (r#"{"p":"${product.tags}"}"#, r#"{"p":["x"]}"#),
            (r#"{"p":"${product}"}"#, r#"{"p":{"sku": "a\"b", "price": 1.10, "tags": ["x"]}}"#),
            (r#"["${int 3 3}","${decimal 2 2}"]"#, "[3,2.00]"),
            (r#"["${next 7}","${next 7}"]"#, r#"["7","8"]"#),
            (
                r#"["${now}","${now +1d}","${now -90m}"]"#,
                r#"["2026-05-04T03:02:01.500Z","2026-05-05T03:02:01.500Z","2026-05-04T01:32:01.500Z"]"#,
            ),
            (r#"{"${int 5 5}":"${int 5 5}","a":1,"a":1e400}"#, r#"{"5":5,"a":1,"a":1e400}"#),
        ];
        for (body, expected) in cases {
            assert_eq!(filled(body), expected, "{body}");
        }
        let many: Vec<serde_json::Value> = serde_json::from_str(&filled(r#""${many product 3}""#)).unwrap();
        assert_eq!(many.len(), 3);
    }

    #[test]
    fn a_name_that_leads_nowhere_is_said_with_its_place() {
        let body = |body: &str| FILE.replace("BODY", body);
        let whole = |from: &str, to: &str| FILE.replace("BODY", "{}").replace(from, to);
        let cases = [
            (body(r#""${nobody}""#), "event `view`: `${nobody}`: there is no cast `nobody`"),
            (body(r#""${product.size}""#), "event `view`: `${product.size}`: not every member of the cast `product`"),
            (body(r#""${int 5 1}""#), "event `view`: `${int 5 1}`: int: range runs from 5 down to 1"),
            (body(r#""${int five 9}""#), "event `view`: `${int five 9}`: `five` is not a whole number"),
            (body(r#""${now tomorrow}""#), "event `view`: `${now tomorrow}`: `tomorrow` is not an offset"),
            (body(r#""${dance with me}""#), "event `view`: `${dance with me}`: is no value"),
            (body(r#""${int 1 2""#), "event `view`: `${int 1 2\"` has no closing brace"),
            (whole(r#""sender": "server""#, r#""sender": "elf""#), "event `view`: there is no sender `elf`"),
            (whole(r#"["view"]"#, r#"["vew"]"#), "opening: there is no event `vew`"),
            (whole(r#""send": "view""#, r#""send": "vew""#), "session `s`: there is no event `vew`"),
            (whole(r#""send": "view""#, r#""send": "view", "recast": ["x"]"#), "session `s`: there is no cast `x`"),
            (whole(r#""weight": 1"#, r#""weight": 0"#), "sessions: none has a weight above 0"),
            (whole("[1, 1]", "[0, 1]"), "session_gap_ms: at least 1 ms"),
            (
                whole(r#"[{"sku": "a\"b", "price": 1.10, "tags": ["x"]}]"#, "[]"),
                "cast `product`: there is nobody in it",
            ),
            (whole(r#""opening""#, r#""openings""#), "unknown field `openings`"),
        ];
        for (text, reason) in cases {
            let message = Scenario::read(&text).map(|_| ()).unwrap_err().to_string();
            assert!(message.contains(reason), "{reason}: {message}");
        }
    }
}
