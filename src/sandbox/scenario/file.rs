//! The file of a scenario: read from TOML, and checked.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::template::{BodyTemplate, CastMember, Lists};
use super::{EventTemplate, Opening, PERSON, Pace, Rounds, Scenario, Script, SendingProgram, Step, Via};
use crate::event::misread::{Misread, unknown};
use crate::event::syntax;
use crate::sandbox::SandboxError;
use crate::sandbox::fault::{self, Fault};

/// The time between two events where nothing else is said, in milliseconds.
const PACE: RangeInclusive<u64> = 1_000..=1_000;

/// The scenario as it is written. What is of any form is taken out of the table before: those fields are empty.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    pace: Option<Spanned<Within<String>>>,
    #[serde(default)]
    repeat: Repeat,
    #[serde(default)]
    faults: Vec<Spanned<String>>,
    #[serde(default, rename = "people")]
    _people: IgnoredAny,
    #[serde(default, rename = "lists")]
    _lists: IgnoredAny,
    #[serde(default)]
    senders: BTreeMap<String, SendingProgram>,
    #[serde(default)]
    events: Vec<Spanned<EventEntry>>,
    opening: Option<OpeningEntry>,
    #[serde(default)]
    sessions: Vec<Spanned<SessionEntry>>,
    every: Option<Spanned<Within<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventEntry {
    name: Option<Spanned<String>>,
    sender: Option<Spanned<String>>,
    wait: Option<Spanned<Within<String>>>,
    #[serde(default, rename = "body")]
    _body: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpeningEntry {
    pace: Option<Spanned<String>>,
    events: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionEntry {
    #[serde(default, rename = "name")]
    _name: Option<String>,
    #[serde(default = "once")]
    weight: u32,
    steps: Vec<Spanned<StepEntry>>,
}

/// A step: the name of an event alone, or a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
struct StepEntry {
    send: String,
    chance: Option<Spanned<f64>>,
    times: Option<Spanned<Within<u64>>>,
    wait: Option<Spanned<Within<String>>>,
    #[serde(default)]
    anew: Vec<Spanned<String>>,
}

fn once() -> u32 {
    1
}

impl<'de> Deserialize<'de> for StepEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = StepEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an event, or a table such as { send = \"view\", wait = \"2s\" }")
            }

            fn visit_str<E>(self, send: &str) -> Result<StepEntry, E> {
                Ok(StepEntry { send: send.to_owned(), chance: None, times: None, wait: None, anew: Vec::new() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StepEntry, A::Error> {
                StepEntry::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// How many rounds are played.
struct Repeat(Rounds);

impl Default for Repeat {
    fn default() -> Self {
        Self(Rounds::Of(1))
    }
}

impl<'de> Deserialize<'de> for Repeat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Repeat;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a number of rounds from 1")
            }

            fn visit_bool<E>(self, endless: bool) -> Result<Repeat, E> {
                Ok(if endless { Repeat(Rounds::Endless) } else { Repeat::default() })
            }

            fn visit_i64<E: serde::de::Error>(self, rounds: i64) -> Result<Repeat, E> {
                let wrong = || E::invalid_value(serde::de::Unexpected::Signed(rounds), &self);
                u64::try_from(rounds).ok().filter(|rounds| *rounds > 0).map(|n| Repeat(Rounds::Of(n))).ok_or_else(wrong)
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// A value, or the two that it lies between.
struct Within<T>(T, T);

impl<'de, T: Deserialize<'de> + Clone> Deserialize<'de> for Within<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrTwo<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Clone> Visitor<'de> for OneOrTwo<T> {
            type Value = Within<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value, or a list of the least and the greatest")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Within<T>, E> {
                T::deserialize(text.into_deserializer()).map(|one| Within(one.clone(), one))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Within<T>, E> {
                T::deserialize(number.into_deserializer()).map(|one| Within(one.clone(), one))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Within<T>, A::Error> {
                let wrong = |count| A::Error::invalid_length(count, &self);
                let from = list.next_element()?.ok_or_else(|| wrong(0))?;
                let to = list.next_element()?.ok_or_else(|| wrong(1))?;
                match list.next_element::<IgnoredAny>()? {
                    Some(_) => Err(wrong(3)),
                    None => Ok(Within(from, to)),
                }
            }
        }
        deserializer.deserialize_any(OneOrTwo(PhantomData))
    }
}

type Checked<T> = Result<T, Misread>;

fn wrong(span: Range<usize>, reason: impl Into<String>) -> Misread {
    Misread::new(span, reason)
}

impl Scenario {
    /// Reads and checks the text of a file that is called so. Whatever it names must be there.
    pub fn read(called: &str, text: &str) -> Result<Self, SandboxError> {
        // Editors of other systems begin a file with this mark, which is no TOML.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self::checked(text).map_err(|misread| {
            let line = misread.line(text);
            SandboxError::Scenario { file: called.to_owned(), line, reason: misread.reason }
        })
    }

    fn checked(text: &str) -> Checked<Self> {
        let mut root = DeTable::parse(text)?;
        let lists = take_lists(root.get_mut(), text)?;
        let bodies = take_bodies(root.get_mut());
        let end = text.len()..text.len();
        let file = File::deserialize(toml::de::Deserializer::from(root))?;
        let pace = file.pace.as_ref().map_or(Ok(Pace::Time(PACE)), read_pace)?;
        let between = match &pace {
            Pace::Key => 0..=0,
            Pace::Time(time) => time.clone(),
        };
        let faults = file.faults.iter().map(|spec| {
            let fault = spec.get_ref().parse::<Fault>();
            fault.map_err(|error| wrong(spec.span(), error.to_string()))
        });
        let (faults, every) = (faults.collect::<Checked<_>>()?, file.every.as_ref().map(times_apart).transpose()?);

        let mut events = Events::default();
        for (entry, body) in file.events.iter().zip(bodies) {
            events.add(entry, body, &file.senders, &lists, text)?;
        }
        if events.list.is_empty() {
            return Err(wrong(end, "there is nothing to send: give [[events]], each with a body"));
        }
        let opening = file.opening.as_ref().map(|opening| events.opening(opening)).transpose()?.unwrap_or_default();
        let sessions = if file.sessions.is_empty() {
            vec![events.in_order(&between)]
        } else {
            let session = |entry| events.session(entry, &between, &lists);
            file.sessions.iter().map(session).collect::<Checked<_>>()?
        };
        let Repeat(rounds) = file.repeat;
        let is_drawn = rounds == Rounds::Endless && !file.sessions.is_empty();
        let happens = |step: &Step| step.chance > 0.0 && *step.times.end() > 0;
        if !sessions.iter().any(|script| (script.weight > 0 || !is_drawn) && script.steps.iter().any(happens)) {
            let span = file.sessions.first().map_or(end, Spanned::span);
            return Err(wrong(span, "nothing is ever sent: no session that may happen has a step that may happen"));
        }
        let cast = lists.into_iter().collect();
        Ok(Self { pace, rounds, faults, cast, events: events.list, opening, sessions, every, in_turn: !is_drawn })
    }
}

fn read_pace(pace: &Spanned<Within<String>>) -> Checked<Pace> {
    match pace.get_ref() {
        Within(from, to) if from == "key" && to == "key" => Ok(Pace::Key),
        _ => range(pace).map(Pace::Time),
    }
}

/// How long lies between the beginnings of two sessions: there must be some time.
fn times_apart(every: &Spanned<Within<String>>) -> Checked<RangeInclusive<u64>> {
    let range = range(every)?;
    if *range.start() == 0 { Err(wrong(every.span(), "at least 1ms must lie between two sessions")) } else { Ok(range) }
}

/// A range of times, in milliseconds.
fn range(times: &Spanned<Within<String>>) -> Checked<RangeInclusive<u64>> {
    let Within(from, to) = times.get_ref();
    let millis = |text: &str| -> Checked<u64> {
        let time = fault::duration(text).map_err(|reason| wrong(times.span(), reason))?;
        Ok(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    };
    ordered(millis(from)?, millis(to)?).map_err(|()| wrong(times.span(), format!("it runs from {from} down to {to}")))
}

fn ordered(from: u64, to: u64) -> Result<RangeInclusive<u64>, ()> {
    if from > to { Err(()) } else { Ok(from..=to) }
}

/// The events of a file, and what they are called.
#[derive(Default)]
struct Events {
    list: Vec<EventTemplate>,
    /// Their names; empty for one without.
    names: Vec<String>,
    waits: Vec<Option<RangeInclusive<u64>>>,
}

impl Events {
    fn add(
        &mut self,
        entry: &Spanned<EventEntry>,
        body: Option<Spanned<DeValue<'_>>>,
        senders: &BTreeMap<String, SendingProgram>,
        lists: &Lists,
        text: &str,
    ) -> Checked<()> {
        let EventEntry { name, sender, wait, .. } = entry.get_ref();
        let missing = || wrong(entry.span(), "this event has no body: give a table, or JSON in a text");
        let body = body.ok_or_else(missing)?;
        let (json, is_bulk) = read_body(&body, text)?;
        let sender = match sender {
            None => SendingProgram { via: if is_bulk { Via::Bulk } else { Via::Event }, user_agent: None },
            Some(name) => senders.get(name.get_ref()).cloned().ok_or_else(|| {
                let what = format!("there is no sender `{}`", name.get_ref());
                wrong(name.span(), unknown(&what, name.get_ref(), senders.keys().map(String::as_str)))
            })?,
        };
        match (sender.via, is_bulk) {
            (Via::Bulk, false) => return Err(wrong(body.span(), "a bulk call is an array: give the body as one")),
            (Via::Event | Via::Pixel, true) => {
                return Err(wrong(body.span(), "an array goes by a bulk call: give a sender with via = \"bulk\""));
            }
            _ => {}
        }
        if let Some(name) = name.as_ref().filter(|name| self.place(name.get_ref()).is_some()) {
            return Err(wrong(name.span(), format!("there is another event `{}`", name.get_ref())));
        }
        self.waits.push(wait.as_ref().map(range).transpose()?);
        let body = BodyTemplate::read(&json, lists).map_err(|reason| wrong(body.span(), reason))?;
        self.names.push(name.as_ref().map(|name| name.get_ref().clone()).unwrap_or_default());
        self.list.push(EventTemplate { sender, body });
        Ok(())
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name && !name.is_empty())
    }

    fn find(&self, name: &str, span: Range<usize>) -> Checked<usize> {
        self.place(name).ok_or_else(|| {
            let known = self.names.iter().map(String::as_str).filter(|name| !name.is_empty());
            wrong(span, unknown(&format!("there is no event of the name `{name}`"), name, known))
        })
    }

    fn opening(&self, OpeningEntry { pace, events }: &OpeningEntry) -> Checked<Opening> {
        let pace =
            pace.as_ref().map(|pace| fault::duration(pace.get_ref()).map_err(|reason| wrong(pace.span(), reason)));
        let events = events.iter().map(|name| self.find(name.get_ref(), name.span()));
        Ok(Opening { pace: pace.transpose()?.unwrap_or(Duration::ZERO), events: events.collect::<Checked<_>>()? })
    }

    /// All of them, one after the other.
    fn in_order(&self, pace: &RangeInclusive<u64>) -> Script {
        let step = |(event, wait): (usize, &Option<RangeInclusive<u64>>)| {
            let default = if event == 0 { 0..=0 } else { pace.clone() };
            Step { event, chance: 1.0, times: 1..=1, wait: wait.clone().unwrap_or(default), anew: Vec::new() }
        };
        Script { weight: 1, steps: self.waits.iter().enumerate().map(step).collect() }
    }

    fn session(&self, entry: &Spanned<SessionEntry>, pace: &RangeInclusive<u64>, lists: &Lists) -> Checked<Script> {
        let SessionEntry { weight, steps, .. } = entry.get_ref();
        let step = |(index, step): (usize, &Spanned<StepEntry>)| {
            let StepEntry { send, chance, times, wait, anew } = step.get_ref();
            let event = self.find(send, step.span())?;
            let chance = match chance {
                None => 1.0,
                Some(chance) if (0.0..=1.0).contains(chance.get_ref()) => *chance.get_ref(),
                Some(chance) => return Err(wrong(chance.span(), "a chance is a number from 0 to 1")),
            };
            let times = match times {
                None => 1..=1,
                Some(times) => {
                    let Within(from, to) = *times.get_ref();
                    let down = |()| wrong(times.span(), format!("it runs from {from} down to {to}"));
                    ordered(from, to).map_err(down)?
                }
            };
            let wait = match (wait, self.waits.get(event).cloned().flatten()) {
                (Some(wait), _) => range(wait)?,
                (None, Some(wait)) => wait,
                (None, None) if index == 0 => 0..=0,
                (None, None) => pace.clone(),
            };
            let list = |name: &Spanned<String>| {
                if lists.contains_key(name.get_ref()) {
                    return Ok(name.get_ref().clone());
                }
                let what = format!("there is no list `{}`", name.get_ref());
                Err(wrong(name.span(), unknown(&what, name.get_ref(), lists.keys().map(String::as_str))))
            };
            Ok(Step { event, chance, times, wait, anew: anew.iter().map(list).collect::<Checked<_>>()? })
        };
        let steps = steps.iter().enumerate().map(step).collect::<Checked<_>>()?;
        Ok(Script { weight: (*weight).into(), steps })
    }
}

/// Takes the lists out of a file: the people, and the others.
fn take_lists(root: &mut DeTable<'_>, text: &str) -> Checked<Lists> {
    let mut lists = Lists::new();
    if let Some(people) = root.remove("people") {
        lists.insert(PERSON.to_owned(), members(&people, "[[people]]", text)?);
    }
    let Some(others) = root.remove("lists") else { return Ok(lists) };
    let Some(table) = others.get_ref().as_table() else {
        return Err(wrong(others.span(), "`lists` is a table of lists, as in lists.product = [{ sku = \"A-1\" }]"));
    };
    for (name, members_of) in in_order(table) {
        let name_of = name.get_ref().as_ref();
        if name_of == PERSON {
            return Err(wrong(name.span(), "the list `person` is given as [[people]]"));
        }
        lists.insert(name_of.to_owned(), members(members_of, &format!("lists.{name_of}"), text)?);
    }
    Ok(lists)
}

fn members(list: &Spanned<DeValue<'_>>, called: &str, text: &str) -> Checked<Vec<CastMember>> {
    let expected = || wrong(list.span(), format!("{called} is a list of tables, and there is at least one"));
    let members = list.get_ref().as_array().filter(|members| !members.is_empty()).ok_or_else(expected)?;
    let member = |member: &Spanned<DeValue<'_>>| {
        CastMember::read(json_of(member, text)?)
            .map_err(|_| wrong(member.span(), format!("{called} is a list of tables, and this is none")))
    };
    members.iter().map(member).collect()
}

/// Takes the body out of each event of a file.
fn take_bodies<'i>(root: &mut DeTable<'i>) -> Vec<Option<Spanned<DeValue<'i>>>> {
    let Some(DeValue::Array(events)) = root.get_mut("events").map(Spanned::get_mut) else { return Vec::new() };
    let body = |event: &mut Spanned<DeValue<'i>>| match event.get_mut() {
        DeValue::Table(event) => event.remove("body"),
        _ => None,
    };
    events.iter_mut().map(body).collect()
}

/// The JSON of a body, and whether it is an array.
fn read_body(body: &Spanned<DeValue<'_>>, text: &str) -> Checked<(String, bool)> {
    let json = json_of(body, text)?;
    match json.trim_start().chars().next() {
        Some('{') => Ok((json, false)),
        Some('[') => Ok((json, true)),
        _ => Err(wrong(body.span(), "a body is a table, or JSON in a text")),
    }
}

/// A value as JSON. A text is JSON already.
fn json_of(value: &Spanned<DeValue<'_>>, text: &str) -> Checked<String> {
    let DeValue::String(json) = value.get_ref() else {
        let mut json = String::new();
        write(value, &mut json)?;
        return Ok(json);
    };
    syntax::check(json).map_err(|error| {
        let written = text.get(value.span()).unwrap_or_default();
        // A line feed behind the quotes is no part of the text.
        let is_below = ["'''", "\"\"\""].iter().any(|quotes| written.strip_prefix(quotes).is_some_and(begins_below));
        let line = error.line - usize::from(!is_below);
        let at = written.match_indices('\n').nth(line.wrapping_sub(1)).map_or(0, |(at, _)| at + 1);
        let start = value.span().start + at;
        wrong(start..start, format!("this is not JSON: {}", error.message))
    })?;
    Ok(json.clone().into_owned())
}

fn begins_below(text: &str) -> bool {
    text.starts_with(['\n', '\r'])
}

/// Writes a value as JSON, with keys in the order of the file and numbers as they are spelled.
fn write(value: &Spanned<DeValue<'_>>, out: &mut String) -> Checked<()> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match value.get_ref() {
        DeValue::String(text) => out.push_str(&quoted(text)),
        DeValue::Boolean(is_true) => out.push_str(if *is_true { "true" } else { "false" }),
        DeValue::Datetime(time) => out.push_str(&quoted(&time.to_string())),
        DeValue::Integer(number) if number.radix() == 10 => out.push_str(number.as_str().trim_start_matches('+')),
        DeValue::Integer(number) => {
            let read = u128::from_str_radix(number.as_str(), number.radix());
            out.push_str(&read.map_err(|_| wrong(value.span(), "this number is too large"))?.to_string());
        }
        DeValue::Float(number) => {
            let spelled = number.as_str().trim_start_matches('+');
            if spelled.contains(|c: char| c.is_ascii_alphabetic() && !c.eq_ignore_ascii_case(&'e')) {
                return Err(wrong(value.span(), format!("JSON has no number `{spelled}`")));
            }
            out.push_str(spelled);
        }
        DeValue::Array(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write(item, out)?;
            }
            out.push(']');
        }
        DeValue::Table(table) => {
            out.push('{');
            for (index, (key, item)) in in_order(table).into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                out.push_str(&quoted(key.get_ref()));
                out.push_str(": ");
                write(item, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

type Field<'t, 'i> = (&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>);

/// The fields of a table in the order of the file.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<Field<'t, 'i>> {
    let mut fields: Vec<Field<'_, '_>> = table.iter().collect();
    fields.sort_by_key(|(key, _)| key.span().start);
    fields
}
