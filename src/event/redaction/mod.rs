//! Redaction: the twin of an event in which nothing tells who it is about.
//!
//! What is personal by the name of its field, or by its form wherever it stands, becomes a mask of the same type and about
//! the same form. Equal values get equal masks under one key, so that one still sees what belongs together and what changed.

mod forms;
mod known;
mod masks;
mod names;
mod plain;
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
use names::{Meaning, Named, Names};
use plain::PlainTexts;

/// Before what is wrong with a text that is not JSON.
const NOT_JSON: &str = "not JSON: ";

/// How often text within text is read: JSON in a string, what is escaped for a URL.
const DEEPEST: u8 = 4;

/// Makes twins of events, and of all that is said of them.
///
/// All that it makes depends on the key and on the text alone, so that whatever is said twice is masked twice the same.
pub struct Redaction {
    masks: Masks,
    names: Names,
    plain: PlainTexts,
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
        Self { masks: Masks::new(key), names: Names::new(identifiers.own()), plain: PlainTexts::default() }
    }

    /// The twin of an event. It has the same fields in the same places, each of the same type, and counts as another where
    /// the event does: what tells it apart is the event's own hash.
    pub fn payload(&self, payload: &Arc<Payload>) -> Arc<Payload> {
        let event_type = payload.event_type().filter(|_| !payload.head().names_its_type());
        let key = event_type.map(|event_type| self.type_name(event_type));
        let edits = self.edits(payload.text());
        if edits.list.is_empty() && key.as_ref() == event_type {
            return Arc::clone(payload);
        }
        let head = payload.head();
        let told = [head.places.event, head.places.named, head.places.event_uuid];
        let head = if told.into_iter().flatten().any(|span| edits.touch(span.start..span.end)) {
            None
        } else {
            let moved = head.moved(|place| edits.place(place));
            Some(Head { event_type: key.clone().or(moved.event_type), ..moved })
        };
        let text: Box<str> = edits.done().into();
        let head = head.unwrap_or_else(|| Head::of(&text, key.as_ref().map(TypeName::as_str)));
        Arc::new(Payload::of(text, payload.hash(), head))
    }

    /// The twin of a text that is one JSON value, whatever it is.
    ///
    /// What is personal by the name of one field is masked in the texts of all others too: a name in a greeting.
    pub fn json<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.edits(text).done()
    }

    /// What is replaced in a text that is one JSON value.
    fn edits<'t>(&self, text: &'t str) -> Edits<'t> {
        let mut known = Known::default();
        let edits = self.edits_within(text, Standing::EVENT, 0, &mut known);
        if known.is_in(&edits.out) || known.is_in(edits.rest()) {
            return self.edits_within(text, Standing::EVENT, 0, &mut known.complete());
        }
        edits
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
        match self.text(name.as_str()) {
            Cow::Borrowed(_) => name.clone(),
            Cow::Owned(twin) => TypeName::from(twin),
        }
    }

    /// The twin of the name of a field.
    pub fn name<'t>(&self, name: &'t str) -> Cow<'t, str> {
        self.text(name)
    }

    /// The twin of words: of anything in them that is personal by its form.
    pub fn words(&self, words: &Sanitized) -> Sanitized {
        let looks_like_json = words.trim_start().starts_with(['{', '[']);
        let twin = if let Some((before, after)) = words.split_once(NOT_JSON) {
            Cow::Owned([&*self.text(before), NOT_JSON, &self.quoting(after)].concat())
        } else if looks_like_json && serde_json::from_str::<serde::de::IgnoredAny>(words).is_ok() {
            self.json(words)
        } else {
            self.text(words)
        };
        match twin {
            Cow::Borrowed(_) => words.clone(),
            Cow::Owned(twin) => sanitize(&twin),
        }
    }

    /// The twin of what is said of a text that is not JSON: what it quotes has no name, and may be anything.
    fn quoting(&self, words: &str) -> String {
        let last = words.matches('`').count();
        let twin = |(at, piece): (usize, &str)| {
            // Between two quotations stand blanks; where none do, the quoted text has the sign in itself.
            let is_said = at == 0 || at == last || at % 2 == 0 && piece.starts_with(' ') && piece.ends_with(' ');
            let is_quoted = !is_said && piece.contains(char::is_alphanumeric);
            if is_quoted { self.value(piece).into_owned() } else { self.text(piece).into_owned() }
        };
        words.split('`').enumerate().map(twin).collect::<Vec<_>>().join("`")
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
        if !forms::may_hold(text) {
            return Cow::Borrowed(text);
        }
        let fingerprint = self.masks.fingerprint(text);
        if self.plain.has(fingerprint) {
            return Cow::Borrowed(text);
        }
        let twin = self.text_within(text, 0, &Known::default());
        if matches!(twin, Cow::Borrowed(_)) {
            self.plain.remember(fingerprint);
        }
        twin
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
        Cow::Owned(if value.len() == text.len() { mask } else { text.replacen(value, &mask, 1) })
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

    /// What the name of a field says, and whether it is its own twin.
    fn named(&self, name: &str) -> Named {
        self.names.named(name, || matches!(self.name(name), Cow::Borrowed(_)))
    }

    /// Where the value at `path` stands.
    fn standing(&self, path: &Path) -> Standing {
        path.0.iter().fold(Standing::EVENT, |standing, segment| match segment {
            Segment::Key { name, .. } => standing.field(self.named(name).meaning),
            Segment::Index(_) => standing,
        })
    }

    fn json_within<'t>(&self, text: &'t str, standing: Standing, depth: u8, known: &mut Known) -> Cow<'t, str> {
        self.edits_within(text, standing, depth, known).done()
    }

    /// What is replaced in valid JSON, which stays the same token for token but for what is masked. Containers are held on the
    /// heap: however deep they are, the stack is not.
    fn edits_within<'t>(&self, text: &'t str, standing: Standing, depth: u8, known: &mut Known) -> Edits<'t> {
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
                    let (length, is_plain) = string_length(text.as_bytes().get(at..).unwrap_or_default());
                    let end = at + length;
                    let raw = text.get(at..end).unwrap_or_default();
                    let plain = if is_plain { text.get(at + 1..end - 1) } else { None };
                    if std::mem::take(&mut is_name) {
                        let name = plain.map_or_else(|| json::string(raw), Cow::Borrowed);
                        let named = self.named(&name);
                        if let Some((around, _)) = open.last() {
                            here = around.field(named.meaning);
                        }
                        if !named.is_plain {
                            edits.replace(at..end, &json_string(&self.name(&name)));
                        }
                    } else if let Some(twin) = self.string(raw, plain, here, depth, known) {
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
        edits
    }

    /// The twin of a JSON string; `None` where it is the same. `plain` is what is between its quotes, where nothing in it is
    /// escaped.
    fn string(
        &self,
        raw: &str,
        plain: Option<&str>,
        standing: Standing,
        depth: u8,
        known: &mut Known,
    ) -> Option<String> {
        if raw.len() <= 2 {
            return None;
        }
        if let Some(encoded) = json::encoded(raw) {
            if depth >= DEEPEST {
                return Some(self.masks.word(&encoded));
            }
            return owned(self.json_within(&encoded, standing, depth + 1, known));
        }
        let value = plain.map_or_else(|| json::string(raw), Cow::Borrowed);
        if standing.is_personal {
            let mask = self.value(&value);
            known.learn(value.trim(), mask.trim());
            return owned(mask);
        }
        if known.is_complete() && !standing.is_type {
            return owned(self.text_within(&value, depth, known));
        }
        // What is too deep to be read depends on where the text stands.
        owned(if depth == 0 { self.text(&value) } else { self.text_within(&value, depth, &Known::default()) })
    }

    fn text_within<'t>(&self, text: &'t str, depth: u8, known: &Known) -> Cow<'t, str> {
        if !forms::may_hold(text) && !known.is_in(text) || is_mask(text) {
            return Cow::Borrowed(text);
        }
        self.text_by_words(text, depth, known)
    }

    fn text_by_words<'t>(&self, text: &'t str, depth: u8, known: &Known) -> Cow<'t, str> {
        let mut edits = Edits::of(text);
        let has_colons = memchr::memchr_iter(b':', text.as_bytes()).nth(1).is_some();
        let mut at = 0;
        while let Some(byte) = text.as_bytes().get(at) {
            if let Some((place, form)) = forms::across_words(text, at, has_colons) {
                let piece = text.get(place.clone()).unwrap_or_default();
                at = place.end;
                edits.replace(place, &self.mask(piece, form));
                continue;
            }
            // A quotation begins with its sign, no word does.
            if !forms::is_of_word(*byte) || *byte == b'\'' {
                at += 1;
                if *byte == b'/'
                    && let Some(end) = login(text, at)
                {
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
                && Standing::EVENT.field(self.named(&decoded(word)).meaning).is_personal
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
    /// Where each piece was, and the end of what stands there now.
    list: Vec<(std::ops::Range<usize>, usize)>,
}

impl<'t> Edits<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, out: String::new(), list: Vec::new() }
    }

    /// What is behind the last piece.
    fn rest(&self) -> &'t str {
        let kept = self.list.last().map_or(0, |(place, _)| place.end);
        self.text.get(kept..).unwrap_or_default()
    }

    /// Whether anything in that place is replaced.
    fn touch(&self, place: std::ops::Range<u32>) -> bool {
        let (start, end) = (place.start as usize, place.end as usize);
        let after = self.list.partition_point(|(piece, _)| piece.end <= start);
        self.list.get(after).is_some_and(|(piece, _)| piece.start < end)
    }

    /// Where a place that is in no piece is when all are replaced.
    fn place(&self, place: u32) -> u32 {
        let before = self.list.partition_point(|(piece, _)| piece.end <= place as usize);
        let (end, out) =
            before.checked_sub(1).and_then(|at| self.list.get(at)).map_or((0, 0), |(piece, out)| (piece.end, *out));
        u32::try_from(out + (place as usize).saturating_sub(end)).unwrap_or(u32::MAX)
    }

    fn replace(&mut self, place: std::ops::Range<usize>, by: &str) {
        if self.out.is_empty() {
            self.out.reserve(self.text.len() + by.len());
        }
        let kept = self.list.last().map_or(0, |(place, _)| place.end);
        self.out.push_str(self.text.get(kept..place.start).unwrap_or_default());
        self.out.push_str(by);
        self.list.push((place, self.out.len()));
    }

    fn done(mut self) -> Cow<'t, str> {
        if self.list.is_empty() {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(self.rest());
        Cow::Owned(self.out)
    }
}

fn owned(twin: Cow<'_, str>) -> Option<String> {
    match twin {
        Cow::Borrowed(_) => None,
        Cow::Owned(twin) => Some(twin),
    }
}

/// How long the string is that `bytes` begin with, quotes included, and whether nothing in it is escaped.
fn string_length(bytes: &[u8]) -> (usize, bool) {
    let (mut at, mut is_plain) = (1, true);
    while let Some(length) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += length;
        if bytes.get(at) == Some(&b'"') {
            return (at + 1, is_plain);
        }
        (at, is_plain) = (at + 2, false);
    }
    (bytes.len(), false)
}

fn json_string(text: &str) -> String {
    // A text can always be written.
    serde_json::to_string(text).unwrap_or_default()
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
    let quote = start.checked_sub(1).and_then(|before| bytes.get(before)).filter(|byte| is_quote(**byte));
    let value = bytes.get(start..).unwrap_or_default();
    // Within a name the sign is an apostrophe.
    let is_apostrophe = |at: usize| value.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
    let ends = |(at, byte): (usize, &u8)| match byte {
        b'"' | b'\\' => true,
        b'\'' if quote == Some(&b'\'') => !is_apostrophe(at),
        _ if quote.is_some() => false,
        b'&' | b';' | b'#' | b',' | b'<' | b'>' | b')' | b'}' | b']' | b'\'' => true,
        _ => byte.is_ascii_whitespace(),
    };
    let length = value.iter().enumerate().position(ends);
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
