//! Redaction: the twin of an event in which nothing tells who it is about.
//!
//! What is personal by the name of its field, or by its form wherever it stands, becomes a mask of the same type and about
//! the same form. Equal values get equal masks under one key, so that one still sees what belongs together and what changed.

mod forms;
mod known;
mod masks;
mod names;
#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::SecretString;

use super::text::sanitize;
use super::{Head, Identifiers, Path, Payload, Sanitized, Segment, TypeName, json};
use forms::Form;
use known::Known;
use masks::{Masks, SHORTEST, is_mask, is_nobody};
use names::{Meaning, Names};

/// How often text within text is read: JSON in a string, what is escaped for a URL.
const DEEPEST: u8 = 4;

/// Makes twins of events, and of all that is said of them.
///
/// All that it makes depends on the key and on the text alone, so that whatever is said twice is masked twice the same.
pub struct Redaction {
    masks: Masks,
    names: Names,
}

/// Neither the key nor the names that were met.
impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction").finish_non_exhaustive()
    }
}

/// Where a value stands, as far as that says whether it is personal.
#[derive(Clone, Copy, Debug)]
struct Standing {
    /// All that is inside is personal.
    is_personal: bool,
    /// It is a person, or the event itself: its name is personal.
    is_person: bool,
    /// It names the type of the event, whatever else is called so.
    is_type: bool,
}

impl Standing {
    const EVENT: Self = Self { is_personal: false, is_person: true, is_type: false };

    /// The standing of a field of that meaning.
    fn field(self, meaning: Meaning) -> Self {
        let is_personal =
            self.is_personal || meaning == Meaning::Personal || meaning == Meaning::Name && self.is_person;
        Self { is_personal, is_person: meaning == Meaning::Person, is_type: meaning == Meaning::Type }
    }
}

impl Redaction {
    /// One with that key. `identifiers` are fields that identify somebody beside those that are known to.
    pub fn new(key: &SecretString, identifiers: &Identifiers) -> Self {
        Self { masks: Masks::new(key), names: Names::new(identifiers.own()) }
    }

    /// The twin of an event. It has the same fields in the same places, each of the same type, and counts as another where
    /// the event does: what tells it apart is the event's own hash.
    pub fn payload(&self, payload: &Arc<Payload>) -> Arc<Payload> {
        let event_type = payload.event_type().filter(|_| !payload.head().names_its_type());
        let key = event_type.map(|event_type| self.type_name(event_type));
        match self.json(payload.text()) {
            Cow::Borrowed(_) if key.as_ref() == event_type => Arc::clone(payload),
            text => {
                let head = Head::of(&text, key.as_ref().map(TypeName::as_str));
                Arc::new(Payload::with_head(&text, payload.hash(), head))
            }
        }
    }

    /// The twin of a text that is one JSON value, whatever it is.
    ///
    /// What is personal by the name of one field is masked in the texts of all others too: a name in a greeting.
    pub fn json<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut known = Known::default();
        let twin = self.json_within(text, Standing::EVENT, 0, &mut known);
        if known.is_in(&twin) { self.json_within(text, Standing::EVENT, 0, &mut known.complete()) } else { twin }
    }

    /// The twin of the JSON value that stands at `path` in an event.
    pub fn json_at<'t>(&self, path: &Path, text: &'t str) -> Cow<'t, str> {
        self.json_within(text, self.standing(path), 0, &mut Known::default())
    }

    /// The twin of a path: a name may be an address.
    pub fn path(&self, path: &Path) -> Path {
        let twin = |segment: &Segment| match segment {
            Segment::Key { name, occurrence } => {
                Segment::Key { name: self.name(name).into_owned().into(), occurrence: *occurrence }
            }
            Segment::Index(index) => Segment::Index(*index),
        };
        Path(path.0.iter().map(twin).collect())
    }

    /// The twin of a JSON Pointer.
    pub fn pointer(&self, pointer: &str) -> String {
        let twin = |step: &str| {
            let name = step.replace("~1", "/").replace("~0", "~");
            self.name(&name).replace('~', "~0").replace('/', "~1")
        };
        pointer.split('/').map(twin).collect::<Vec<_>>().join("/")
    }

    /// The twin of the JSON value that a JSON Pointer names.
    pub fn json_at_pointer<'t>(&self, pointer: &str, text: &'t str) -> Cow<'t, str> {
        let steps = pointer.split('/').skip(1).map(|step| Segment::key(step.replace("~1", "/").replace("~0", "~")));
        self.json_at(&Path(steps.collect()), text)
    }

    /// The twin of the name of an event type.
    pub fn type_name(&self, name: &TypeName) -> TypeName {
        match self.text_within(name.as_str(), 0, &Known::default()) {
            Cow::Borrowed(_) => name.clone(),
            Cow::Owned(twin) => TypeName::from(twin),
        }
    }

    /// The twin of the name of a field.
    pub fn name<'t>(&self, name: &'t str) -> Cow<'t, str> {
        self.text_within(name, 0, &Known::default())
    }

    /// The twin of words: of anything in them that is personal by its form.
    pub fn words(&self, words: &Sanitized) -> Sanitized {
        let looks_like_json = words.trim_start().starts_with(['{', '[']);
        let twin = if looks_like_json && serde_json::from_str::<serde::de::IgnoredAny>(words).is_ok() {
            self.json(words)
        } else {
            self.text(words)
        };
        match twin {
            Cow::Borrowed(_) => words.clone(),
            Cow::Owned(twin) => sanitize(&twin),
        }
    }

    /// The same of words about the value at `path`: where that is personal, so is what has digits in it, such as a date.
    pub fn words_about(&self, path: &Path, words: &Sanitized) -> Sanitized {
        if words.as_literal().is_some() || !self.standing(path).is_personal {
            return self.words(words);
        }
        let twin = |word: &str| {
            let inside = word.trim_matches(|c: char| !c.is_alphanumeric());
            let is_value = inside.len() >= SHORTEST && inside.contains(|c: char| c.is_ascii_digit());
            if is_value { word.replacen(inside, &self.value(inside), 1) } else { self.text(word).into_owned() }
        };
        sanitize(&words.split(' ').map(twin).collect::<Vec<_>>().join(" "))
    }

    /// The twin of a text: of anything in it that is personal by its form, or by a name that stands before it.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.text_within(text, 0, &Known::default())
    }

    /// The mask of a text that is personal as a whole; what is blank or a mask stays.
    pub fn value<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let value = text.trim();
        if value.is_empty() || is_mask(value) {
            return Cow::Borrowed(text);
        }
        let mask = self.mask_of(value);
        if mask == value {
            return Cow::Borrowed(text);
        }
        Cow::Owned(text.replacen(value, &mask, 1))
    }

    fn mask_of(&self, value: &str) -> String {
        if forms::is_email(value) {
            return self.masks.email(value);
        }
        if let Ok(address) = value.parse() {
            return if is_nobody(address) { value.to_owned() } else { self.masks.ip(address).to_string() };
        }
        if forms::is_uuid(value) {
            return self.masks.uuid(value);
        }
        if let Some((day, rest)) = value.split_at_checked(10)
            && let Some(mask) = self.masks.day(day)
        {
            let clock = |c: char| if c.is_ascii_digit() { '0' } else { c };
            let is_time = rest.chars().all(|c| c.is_ascii_digit() || "T:. Z+-".contains(c));
            return if is_time { mask + &rest.chars().map(clock).collect::<String>() } else { self.masks.word(value) };
        }
        let is_number = |c: char| c.is_ascii_digit() || "+-.()/ ".contains(c);
        if value.chars().all(is_number) && value.contains(|c: char| c.is_ascii_digit()) {
            let is_decimal = value.matches('.').count() == 1 && !value.contains(['+', '(', ')', '/', ' ']);
            return if is_decimal { self.masks.decimal(value) } else { self.masks.digits(value) };
        }
        self.masks.word(value)
    }

    /// Where the value at `path` stands.
    fn standing(&self, path: &Path) -> Standing {
        path.0.iter().fold(Standing::EVENT, |standing, segment| match segment {
            Segment::Key { name, .. } => standing.field(self.names.meaning(name)),
            Segment::Index(_) => standing,
        })
    }

    /// The twin of valid JSON, token for token but for what is masked. Containers are held on the heap: however deep they
    /// are, the stack is not.
    fn json_within<'t>(&self, text: &'t str, standing: Standing, depth: u8, known: &mut Known) -> Cow<'t, str> {
        let mut edits = Edits::of(text);
        let mut open: Vec<(Standing, bool)> = Vec::new();
        let (mut here, mut is_name) = (standing, false);
        let mut at = 0;
        while let Some(byte) = text.as_bytes().get(at) {
            match byte {
                b'{' | b'[' => {
                    is_name = *byte == b'{';
                    open.push((here, is_name));
                    at += 1;
                }
                b'}' | b']' => {
                    open.pop();
                    is_name = false;
                    at += 1;
                }
                b',' => {
                    // The next value stands where this container does, or, in an object, where its own name puts it.
                    if let Some((around, is_object)) = open.last() {
                        (here, is_name) = (*around, *is_object);
                    }
                    at += 1;
                }
                b'"' => {
                    let end = at + string_length(text.as_bytes().get(at..).unwrap_or_default());
                    let raw = text.get(at..end).unwrap_or_default();
                    if std::mem::take(&mut is_name) {
                        let name = json::string(raw);
                        if let Some((around, _)) = open.last() {
                            here = around.field(self.names.meaning(&name));
                        }
                        if let Cow::Owned(twin) = self.name(&name) {
                            edits.replace(at..end, &json_string(&twin));
                        }
                    } else if let Some(twin) = self.string(raw, here, depth, known) {
                        edits.replace(at..end, &json_string(&twin));
                    }
                    at = end;
                }
                b'0'..=b'9' | b'-' => {
                    let length = text
                        .bytes()
                        .skip(at)
                        .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'));
                    let end = length.map_or(text.len(), |length| at + length);
                    let raw = text.get(at..end).unwrap_or_default();
                    if here.is_personal {
                        let mask = self.masks.decimal(raw);
                        known.learn(raw, &mask);
                        edits.replace(at..end, &mask);
                    } else if raw.len() >= 14 && forms::is_card(raw) {
                        edits.replace(at..end, &self.masks.digits(raw));
                    }
                    at = end;
                }
                _ => at += 1,
            }
        }
        edits.done()
    }

    /// The twin of a JSON string; `None` where it is the same.
    fn string(&self, raw: &str, standing: Standing, depth: u8, known: &mut Known) -> Option<String> {
        if raw.len() <= 2 {
            return None;
        }
        if let Some(encoded) = json::encoded(raw) {
            if depth >= DEEPEST {
                return Some(self.masks.word(&encoded));
            }
            return owned(self.json_within(&encoded, standing, depth + 1, known));
        }
        if standing.is_personal {
            let value = json::string(raw);
            let mask = self.value(&value);
            known.learn(value.trim(), mask.trim());
            return owned(mask);
        }
        if known.is_complete() && !standing.is_type {
            return owned(self.text_within(&json::string(raw), depth, known));
        }
        if !raw.contains('\\') && !forms::may_hold(raw.get(1..raw.len() - 1).unwrap_or(raw)) {
            return None;
        }
        owned(self.text_within(&json::string(raw), depth, &Known::default()))
    }

    fn text_within<'t>(&self, text: &'t str, depth: u8, known: &Known) -> Cow<'t, str> {
        if !forms::may_hold(text) && !known.is_in(text) || is_mask(text) {
            return Cow::Borrowed(text);
        }
        let mut edits = Edits::of(text);
        let mut at = 0;
        while let Some(byte) = text.as_bytes().get(at) {
            if let Some((place, form)) = forms::across_words(text, at) {
                let piece = text.get(place.clone()).unwrap_or_default();
                at = place.end;
                edits.replace(place, &self.mask(piece, form));
                continue;
            }
            if !forms::is_of_word(*byte) {
                at += 1;
                if let Some(end) = login(text, at).filter(|_| *byte == b'/') {
                    let piece = text.get(at..end).unwrap_or_default();
                    edits.replace(at..end, &self.masks.word(piece));
                    at = end;
                }
                continue;
            }
            if let Some((length, mask)) = known.begins(text, at) {
                edits.replace(at..at + length, mask);
                at += length;
                continue;
            }
            let place = forms::word(text, at);
            let word = text.get(place.clone()).unwrap_or_default();
            at = place.end;
            if let Some(start) = value_begins(text, place.end)
                && Standing::EVENT.field(self.names.meaning(&decoded(word))).is_personal
            {
                let value = start..value_ends(text, start);
                let piece = text.get(value.clone()).unwrap_or_default();
                if let Cow::Owned(mask) = self.value(&decoded(piece)) {
                    edits.replace(value.clone(), &encoded_as(piece, &mask));
                }
                at = value.end;
            } else if let Some(twin) = self.word(word, depth, known) {
                edits.replace(place, &twin);
            }
        }
        edits.done()
    }

    /// The twin of a word; `None` where it is the same.
    fn word(&self, word: &str, depth: u8, known: &Known) -> Option<String> {
        if word.contains('%') {
            let plain = decoded(word);
            if plain != word {
                if depth >= DEEPEST {
                    return Some(self.masks.word(word));
                }
                return owned(self.text_within(&plain, depth + 1, known)).map(|twin| encoded_as(word, &twin));
            }
        }
        let inside = word.trim_matches(['.', '\'', '-', '~', '+']);
        if is_mask(inside) {
            return None;
        }
        let form = forms::of_word(inside)?;
        Some(word.replacen(inside, &self.mask(inside, form), 1)).filter(|twin| twin != word)
    }

    fn mask(&self, piece: &str, form: Form) -> String {
        match form {
            Form::Email => self.masks.email(piece),
            Form::Ip(address) if is_nobody(address) => piece.to_owned(),
            Form::Ip(address) => self.masks.ip(address).to_string(),
            // By itself it tells nobody: every event has one.
            Form::Uuid => piece.to_owned(),
            Form::Digits => self.masks.digits(piece),
            Form::Token => self.masks.word(piece),
        }
    }
}

/// Pieces of a text that are replaced, from the front to the back.
struct Edits<'t> {
    text: &'t str,
    out: String,
    kept: usize,
}

impl<'t> Edits<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, out: String::new(), kept: 0 }
    }

    fn replace(&mut self, place: std::ops::Range<usize>, by: &str) {
        if self.out.is_empty() {
            self.out.reserve(self.text.len() + by.len());
        }
        self.out.push_str(self.text.get(self.kept..place.start).unwrap_or_default());
        self.out.push_str(by);
        self.kept = place.end;
    }

    fn done(mut self) -> Cow<'t, str> {
        if self.kept == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(self.text.get(self.kept..).unwrap_or_default());
        Cow::Owned(self.out)
    }
}

fn owned(twin: Cow<'_, str>) -> Option<String> {
    match twin {
        Cow::Borrowed(_) => None,
        Cow::Owned(twin) => Some(twin),
    }
}

/// How long the string is that `bytes` begin with, quotes included.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Where the value begins that the name ending at `end` has, as in `name=value` and `"name":"value"`.
fn value_begins(text: &str, end: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let skip = |mut at: usize, is: fn(u8) -> bool| {
        while bytes.get(at).is_some_and(|byte| is(*byte)) {
            at += 1;
        }
        at
    };
    let after = skip(end, |byte| byte == b']');
    let quoted = skip(after, is_quote);
    let sign = skip(quoted, |byte| byte == b' ');
    match bytes.get(sign)? {
        b'=' => {}
        b':' if quoted > after => {}
        _ => return None,
    }
    let start = skip(sign + 1, |byte| byte == b' ' || is_quote(byte));
    (start < text.len() && text.is_char_boundary(start)).then_some(start)
}

/// Where the value ends that begins at `start`: where its quotes do, else where the next one may begin.
fn value_ends(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let is_quoted = start.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(|byte| is_quote(*byte));
    let ends = |byte: &u8| match byte {
        b'"' | b'\\' => true,
        _ if is_quoted => false,
        b'&' | b';' | b'#' | b',' | b'<' | b'>' | b')' | b'}' | b']' | b'\'' => true,
        _ => byte.is_ascii_whitespace(),
    };
    let length = bytes.get(start..).unwrap_or_default().iter().position(ends);
    length.map_or(text.len(), |length| start + length)
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'\\')
}

/// Where the name and the password end that a URL has before its host, `at` being just behind the second slash.
fn login(text: &str, at: usize) -> Option<usize> {
    if !text.get(..at)?.ends_with("://") {
        return None;
    }
    let rest = text.get(at..)?;
    let host = rest.find(['/', '?', '#', ' ', '"']).unwrap_or(rest.len());
    rest.get(..host)?.rfind('@').filter(|length| *length > 0).map(|length| at + length)
}

/// Text without the escapes of URLs.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// `twin` with such escapes, where `text` has them.
fn encoded_as(text: &str, twin: &str) -> String {
    const SAFE: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    if text.contains('%') { utf8_percent_encode(twin, SAFE).to_string() } else { twin.to_owned() }
}
