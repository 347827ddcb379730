//! Completion at the cursor: attributes and event types of the catalogue, and placeholders.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::editor::{Editor, Place};
use crate::event::catalogue::{ANY_EVENT, Attribute, Catalogue, Need};
use crate::event::{HeadFields, Sanitized, json, placeholder, text};

/// Proposals for the place of the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    proposals: Vec<Proposal>,
    chosen: usize,
    /// The text that a proposal replaces.
    range: Range<Place>,
}

/// Something that can stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its name.
    pub label: Sanitized,
    /// Its kind.
    pub detail: Sanitized,
    /// The text for the draft.
    text: String,
}

/// The surroundings of the cursor.
#[derive(Debug)]
enum Slot<'a> {
    /// A key, or a place where one can stand.
    Key { keys: &'a [&'a str] },
    /// The value of a key, or a place for it.
    Value { key: &'a str },
}

impl Completion {
    /// The completion at the editor's cursor; `None` when nothing is known that can.
    pub(in crate::app) fn at_cursor(
        editor: &Editor,
        catalogue: &Catalogue,
        environment: &BTreeMap<String, String>,
    ) -> Option<Self> {
        let cursor = editor.cursor();
        let line = editor.lines().get(cursor.line)?;
        let (before, after) = line.split_at_checked(cursor.byte)?;
        if let Some(start) = before.rfind("{{").filter(|start| !before.get(*start..).unwrap_or("").contains("}}")) {
            let typed = before.get(start..)?;
            let end = cursor.byte + if after.starts_with("}}") { 2 } else { 0 };
            let range = Place { byte: start, ..cursor }..Place { byte: end, ..cursor };
            return Self::new(placeholders(environment), typed, range);
        }
        let survey = Survey::of(editor.lines(), cursor);
        let spot = survey.spot.as_ref()?;
        let tail = after.get(spot.left.min(after.len())..)?;
        // A key that is begun without its quote is meant as one.
        let word = before.len() - before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len();
        let start = spot.start - if spot.start == cursor.byte { word } else { 0 };
        let range = Place { byte: start, ..cursor }..Place { byte: cursor.byte + spot.left, ..cursor };
        let typed = line.get(start..cursor.byte)?.trim_start_matches('"');
        let proposals = match survey.slot()? {
            Slot::Key { keys } => {
                let colon = if tail.trim_start().starts_with(':') { "" } else { ": " };
                let attributes = survey.attributes(catalogue)?;
                let mut attributes: Vec<_> = attributes.iter().collect();
                attributes.sort_by_key(|attribute| match attribute.need {
                    Need::Required => 0,
                    Need::Recommended => 1,
                    Need::Optional => 2,
                });
                attributes
                    .into_iter()
                    .filter(|attribute| !keys.contains(&attribute.name.as_str()) || attribute.name == typed)
                    .map(|attribute| Proposal {
                        label: text::sanitize(&attribute.name),
                        detail: detail(attribute),
                        text: format!("{}{colon}", quoted(&attribute.name)),
                    })
                    .collect()
            }
            Slot::Value { key: "event" } if survey.in_event() => catalogue
                .definitions()
                .iter()
                .filter(|definition| definition.event_type != ANY_EVENT)
                .map(|definition| Proposal {
                    label: text::sanitize(&definition.event_type),
                    detail: text::sanitize(&definition.description),
                    text: quoted(&definition.event_type),
                })
                .collect(),
            Slot::Value { .. } => return None,
        };
        Self::new(proposals, typed, range)
    }

    /// Of `proposals`, those that have to do with what was `typed`: first those that begin with it.
    fn new(proposals: Vec<Proposal>, typed: &str, range: Range<Place>) -> Option<Self> {
        let typed = typed.to_lowercase();
        let mut ranked: Vec<_> = proposals
            .into_iter()
            .filter_map(|proposal| Some((proposal.label.to_lowercase().find(&typed)?.min(1), proposal)))
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        let proposals: Vec<_> = ranked.into_iter().map(|(_, proposal)| proposal).collect();
        (!proposals.is_empty()).then_some(Self { proposals, chosen: 0, range })
    }

    /// The proposals, the likeliest first.
    pub fn proposals(&self) -> &[Proposal] {
        &self.proposals
    }

    /// Which one would be taken.
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// The one that would be taken.
    pub fn selected(&self) -> Option<&Proposal> {
        self.proposals.get(self.chosen)
    }

    /// Where the text begins that it takes the place of.
    pub fn start(&self) -> Place {
        self.range.start
    }

    /// Chooses another, round and round.
    pub(in crate::app) fn move_by(&mut self, rows: isize) {
        let all = isize::try_from(self.proposals.len()).unwrap_or(isize::MAX);
        let chosen = isize::try_from(self.chosen).unwrap_or(0).saturating_add(rows);
        self.chosen = chosen.rem_euclid(all.max(1)).unsigned_abs();
    }

    /// Puts the chosen one into the draft.
    pub(in crate::app) fn take(self, editor: &mut Editor) {
        if let Some(proposal) = self.proposals.get(self.chosen) {
            editor.replace(self.range, &proposal.text);
        }
    }
}

fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

fn detail(attribute: &Attribute) -> Sanitized {
    let need = match attribute.need {
        Need::Required => "required",
        Need::Recommended => "recommended",
        Need::Optional => "",
    };
    let types = attribute.types.join("/");
    let parts = [types.as_str(), attribute.description.as_str(), need];
    text::sanitize(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "))
}

/// Every placeholder, with the variables that there are in the place of `env.NAME`.
fn placeholders(environment: &BTreeMap<String, String>) -> Vec<Proposal> {
    let (variables, others): (Vec<_>, Vec<_>) =
        placeholder::ALL.iter().partition(|(spelling, _)| spelling.contains("env."));
    let plain = others.into_iter().map(|(spelling, detail)| ((*spelling).to_owned(), (*detail).to_owned()));
    let named = environment.keys().flat_map(|name| {
        variables.iter().map(move |(spelling, detail)| (spelling.replace("NAME", name), detail.replace("NAME", name)))
    });
    plain
        .chain(named)
        .map(|(spelling, detail)| Proposal {
            label: text::sanitize(&spelling),
            detail: text::sanitize(&detail),
            text: spelling,
        })
        .collect()
}

/// The type of the first event in a draft, as far as it can be read. The draft need not be JSON.
pub(in crate::app) fn event_type(lines: &[String]) -> Option<String> {
    let survey = Survey::of(lines, Place::default());
    let types = survey.heads.iter().filter_map(|(object, head)| Some((object, head.unkeyed_type()?)));
    types.min_by_key(|(object, _)| **object).map(|(_, (_, name))| name.into_owned())
}

/// The structure of a draft, read as far as anything can be made of it: it may be broken anywhere.
#[derive(Debug, Default)]
struct Survey<'a> {
    open: Vec<Container<'a>>,
    begun: usize,
    /// The keys that each object has.
    keys: HashMap<usize, Vec<&'a str>>,
    /// The source of each event's type.
    heads: HashMap<usize, HeadFields<'a>>,
    /// The containers that the cursor is in.
    around: Vec<Container<'a>>,
    spot: Option<Spot>,
}

/// An object or an array that is not closed yet.
#[derive(Clone, Debug)]
struct Container<'a> {
    /// Its number, in the order in which they begin.
    number: usize,
    object: bool,
    /// The last key, without its quotes.
    key: Option<&'a str>,
    /// The same with them.
    quoted_key: &'a str,
    /// Whether a colon came after it.
    value_due: bool,
}

/// The string around the cursor, or the cursor itself where none is.
#[derive(Clone, Copy, Debug)]
struct Spot {
    /// The byte of the line at which it begins, the quote included.
    start: usize,
    /// How many bytes of it, the quote included, come after the cursor.
    left: usize,
}

impl<'a> Survey<'a> {
    fn of(lines: &'a [String], cursor: Place) -> Self {
        let mut survey = Self::default();
        for (number, line) in lines.iter().enumerate() {
            survey.read(line, (number == cursor.line).then_some(cursor.byte));
        }
        survey
    }

    fn read(&mut self, line: &'a str, cursor: Option<usize>) {
        let bytes = line.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if cursor == Some(at) {
                self.note_cursor(at, 0);
            }
            let start = at;
            at += match byte {
                b'"' => {
                    let (length, closed) = string_length(bytes.get(at..).unwrap_or_default());
                    let end = at + length;
                    // Behind an open string is everything that stands on the line; only what was typed counts.
                    let inside = cursor.filter(|cursor| *cursor > at && (*cursor < end || !closed && *cursor == end));
                    let end = inside.filter(|_| !closed).unwrap_or(end);
                    if let Some(cursor) = inside {
                        self.note_cursor(start, end - cursor);
                    }
                    self.string(line.get(start..end).unwrap_or_default(), closed);
                    length
                }
                b'{' if bytes.get(at + 1) == Some(&b'{') => {
                    let rest = line.get(at..).unwrap_or_default();
                    rest.find("}}").map_or(2, |end| end + 2)
                }
                b'{' | b'[' => {
                    self.value(line.get(at..=at).unwrap_or_default());
                    let (number, object) = (self.begun, *byte == b'{');
                    self.open.push(Container { number, object, key: None, quoted_key: "", value_due: false });
                    self.begun += 1;
                    1
                }
                b'}' | b']' => {
                    self.close();
                    1
                }
                b':' | b',' => {
                    if let Some(container) = self.open.last_mut() {
                        container.value_due = *byte == b':';
                    }
                    1
                }
                b'-' | b'0'..=b'9' | b'a'..=b'z' => {
                    let word =
                        bytes.iter().skip(at).take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
                    let end = at + word.count();
                    if let Some(cursor) = cursor.filter(|cursor| (start + 1..end).contains(cursor)) {
                        self.note_cursor(cursor, 0);
                    }
                    self.value(line.get(start..end).unwrap_or_default());
                    end - start
                }
                _ => 1,
            };
        }
        if cursor.is_some_and(|cursor| cursor >= bytes.len()) && self.spot.is_none() {
            self.note_cursor(bytes.len(), 0);
        }
    }

    /// Closes a container. Of those around the cursor the keys are kept, and the types of all events.
    fn close(&mut self) {
        let Some(container) = self.open.pop() else { return };
        if !self.around.iter().any(|around| around.number == container.number) {
            self.keys.remove(&container.number);
        }
    }

    fn note_cursor(&mut self, start: usize, left: usize) {
        if self.spot.is_none() {
            self.spot = Some(Spot { start, left });
            self.around.clone_from(&self.open);
        }
    }

    /// Reads a string, with its quotes; the one that is typed may not be closed yet.
    fn string(&mut self, quoted: &'a str, closed: bool) {
        let Some(container) = self.open.last_mut().filter(|container| container.object) else { return };
        if container.value_due {
            return self.value(quoted);
        }
        let content = quoted.get(1..quoted.len() - usize::from(closed)).unwrap_or_default();
        (container.key, container.quoted_key) = (Some(content), quoted);
        self.keys.entry(container.number).or_default().push(content);
    }

    /// Notes the value of a field, as far as it is read, where it may name the type of an event.
    fn value(&mut self, value: &'a str) {
        let Some(container) = self.open.last().filter(|container| container.value_due && is_event(&self.open)) else {
            return;
        };
        let name = json::string(container.quoted_key);
        if matches!(&*name, "event" | "action" | "custom_event") {
            self.heads.entry(container.number).or_default().note(&name, value);
        }
    }

    fn slot(&self) -> Option<Slot<'_>> {
        let container = self.around.last().filter(|container| container.object)?;
        Some(if container.value_due {
            Slot::Value { key: container.key? }
        } else {
            Slot::Key { keys: self.keys.get(&container.number).map_or(&[], Vec::as_slice) }
        })
    }

    fn in_event(&self) -> bool {
        is_event(&self.around)
    }

    /// The known attributes of the object that the cursor is in.
    fn attributes<'c>(&self, catalogue: &'c Catalogue) -> Option<&'c [Attribute]> {
        let event = event_in(&self.around)?;
        let inside = self.around.get(event..)?;
        let head = self.heads.get(&inside.first()?.number).and_then(HeadFields::unkeyed_type);
        let known = catalogue.attributes_of(head.as_ref().map_or("", |(_, name)| name));
        let (_, outer) = inside.split_last()?;
        outer.iter().filter(|container| container.object).try_fold(known, |known, container| {
            let key = container.key?;
            known.iter().find(|attribute| attribute.name == key).map(|attribute| attribute.attributes.as_slice())
        })
    }
}

/// Where the event begins among containers that stand in each other: arrays, and `{"events": […]}`, are around it.
fn event_in(containers: &[Container<'_>]) -> Option<usize> {
    let wraps = |container: &Container<'_>| container.object && container.key == Some("events");
    let start = match containers {
        [first, second, ..] if wraps(first) && !second.object => 2,
        _ => 0,
    };
    let object = containers.iter().skip(start).position(|container| container.object)?;
    Some(start + object)
}

/// Whether the innermost of them is an event.
fn is_event(containers: &[Container<'_>]) -> bool {
    event_in(containers).is_some_and(|event| event + 1 == containers.len())
}

/// How long the string is at the start of `bytes`, quotes included, and whether it has both.
fn string_length(bytes: &[u8]) -> (usize, bool) {
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return (at + 1, true),
            _ => {}
        }
    }
    (bytes.len(), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::TYPES;

    #[test]
    fn a_draft_is_of_the_type_of_its_first_event() {
        let half = [
            (r#"{"event": "purch"#, Some("purch")),
            (r#"{"event": "view", "event": "purchase", "#, Some("purchase")),
            (r#"{"action": purchase, "custom_event": "x""#, Some("x")),
            (r#"[{"n": 1}, {"event": "view"}, {"event": "#, Some("view")),
            (r#"{"n": {{now}}, "event": "#, None),
            ("", None),
        ];
        for (draft, wanted) in half {
            assert_eq!(event_type(&[draft.to_owned()]).as_deref(), wanted, "{draft}");
        }
        for (event, unkeyed, _) in TYPES {
            for draft in [event.to_owned(), format!("[{event}]"), format!("{{\"events\":\n[{event}, {event}]}}")] {
                let lines: Vec<_> = draft.lines().map(str::to_owned).collect();
                assert_eq!(event_type(&lines).as_deref(), unkeyed, "{draft}");
            }
        }
    }
}
