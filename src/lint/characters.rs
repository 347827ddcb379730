//! Characters that were not meant: those that nobody sees, those that a wrong encoding made, and text in another text's
//! notation.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::value::RawValue;

use super::values::is_address;
use super::{Actual, Expected, Finding, Findings, Fix, LintContext, Mended, Rule, Severity, Stage, shown};
use crate::event::catalogue::IDENTIFIERS;
use crate::event::{ByName, Characters, Document, NodeId, NodeKind, Origin};

static INVISIBLE: Rule = Rule {
    id: "invisible-characters",
    severity: Severity::Warning,
    title: "white space or characters that nobody sees",
    why: "What is looked up must match to the letter: with a blank, a tab or a character of no width at or in it, an \
          identifier, a name of a field or a product's id matches nothing.",
    documentation: "https://developer.blueshift.com/docs/products-and-catalogs",
    bad: r#"{"event":"view","email":"jane@example.com","product_id":"45790-32\u200b"}"#,
    good: r#"{"event":"view","email":"jane@example.com","product_id":"45790-32"}"#,
};

static MOJIBAKE: Rule = Rule {
    id: "encoding-broken",
    severity: Severity::Warning,
    title: "text that was read in the wrong encoding",
    why: "UTF-8 that was read as Latin-1, or characters that were lost on the way, are shown to customers as they are.",
    documentation: "",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","teacher":"JosÃ©"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","teacher":"José"}"#,
};

static ENTITY: Rule = Rule {
    id: "html-entity",
    severity: Severity::Warning,
    title: "HTML entities in a text",
    why: "A message writes the text as it is, so customers read the entity: the sender takes a text from a page.",
    documentation: "",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","teacher":"Ann &amp; Kim"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","teacher":"Ann & Kim"}"#,
};

static JSON_TEXT: Rule = Rule {
    id: "json-in-text",
    severity: Severity::Note,
    title: "JSON in a string",
    why: "What is inside cannot be asked for, and a message shows the brackets; some senders mean it so.",
    documentation: "",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","teacher":"{\"name\":\"Kim\"}"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","teacher":{"name":"Kim"}}"#,
};

static DIGITS: Rule = Rule {
    id: "foreign-digits",
    severity: Severity::Warning,
    title: "digits of another script",
    why: "Phones and pages in some languages write numbers and dates in other digits than 0 to 9: the platform reads \
          neither a number nor a date in them.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/115002714773",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","finished_at":"٢٠٢٦-١١-٢٤"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","finished_at":"2026-11-24"}"#,
};

pub(super) const RULES: &[&Rule] = &[&INVISIBLE, &MOJIBAKE, &ENTITY, &JSON_TEXT, &DIGITS];

/// How many bytes of a text that may be JSON are looked at for one step of the budget.
const BYTES_A_STEP: usize = 16;

pub(super) fn check(event: &Document, context: LintContext, findings: &mut Findings) {
    static ODD: ByName<bool> = ByName::new();
    if is_plain(event.text(NodeId::ROOT)) {
        return;
    }
    let mut platforms = false;
    for id in event.ids() {
        let Some(node) = event.get(id) else { continue };
        if node.depth == 1 {
            platforms = context.stage == Stage::Received && event.origin(id) == Origin::Platform;
        }
        if platforms {
            continue;
        }
        let name = event.key_text(id);
        if event.by_key(id, &ODD, is_odd).is_some_and(|is_odd| is_odd) {
            check_name(event, id, findings);
        }
        if node.kind != NodeKind::String {
            continue;
        }
        let json = event.text(id);
        let inner = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
        match inner.bytes().next() {
            Some(b'{' | b'[') if is_json(inner, findings) => tell_json(event, id, name, findings),
            _ if !is_plain_text(event, id, inner) => check_text(event, id, false, findings),
            _ if has_blank_end(inner) => check_text(event, id, true, findings),
            _ if inner.contains('&') => findings.extend(entity(event, id, &event.plain(id))),
            _ => {}
        }
    }
}

/// Whether nothing in an event can be odd, as in nearly all that is written without white space between its values.
fn is_plain(json: &str) -> bool {
    static QUOTED_SPACES: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| [b"\" ", b" \""].map(Finder::new));
    let bytes = json.as_bytes();
    let has_quoted_space = || QUOTED_SPACES.iter().any(|pair| pair.find(bytes).is_some());
    json.is_ascii() && memchr::memchr3(b'\\', b'&', 0x7f, bytes).is_none() && !has_quoted_space()
}

/// Whether a name has anything but plain characters in it, or white space at its ends.
fn is_odd(name: &str) -> bool {
    name.bytes().any(|byte| !matches!(byte, b' '..=b'~') || byte == b'\\') || has_blank_end(name)
}

/// Whether the text of a string, as it stands between its quotes, has nothing but plain characters in it.
fn is_plain_text(event: &Document, id: NodeId, inner: &str) -> bool {
    const ODD: Characters = Characters::ESCAPE.and(Characters::BEYOND_ASCII);
    let is_plain = || inner.is_ascii() && memchr::memchr2(b'\\', 0x7f, inner.as_bytes()).is_none();
    !event.characters(id).may_have(ODD) || is_plain()
}

fn has_blank_end(text: &str) -> bool {
    text.starts_with(' ') || text.ends_with(' ')
}

/// Whether nobody sees the character, though it is no plain blank. What joins emoji and letters of some scripts is not
/// among them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202f}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{2000}'..='\u{200a}' | '\u{3000}')
}

/// The same without what nobody sees at its ends, and without what has no width inside; `None` where there is none.
fn clean(text: &str) -> Option<String> {
    let is_at_end = |c: char| c.is_whitespace() || is_invisible(c) || matches!(c, '\u{200c}' | '\u{200d}');
    let trimmed = text.trim_matches(is_at_end);
    let has_no_width = |c: char| is_invisible(c) && !c.is_whitespace();
    if trimmed.len() == text.len() && !trimmed.contains(is_invisible) {
        return None;
    }
    Some(trimmed.chars().filter(|c| !has_no_width(*c)).collect())
}

fn check_name(event: &Document, id: NodeId, findings: &mut Findings) {
    let Some(key) = event.key(id) else { return };
    let Some(right) = clean(&key) else { return };
    findings.tell(&INVISIBLE, || {
        let is_certain =
            !right.is_empty() && !right.contains(is_invisible) && !right.contains(char::REPLACEMENT_CHARACTER);
        let fix = is_certain.then(|| Fix::Rename(right.clone()));
        let found = Actual::Name(event.key_text(id).trim_matches('"').chars().take(60).collect::<String>().into());
        Finding { fix, ..INVISIBLE.at(event.path(id), "a name without them", found) }
    });
}

/// Whether a field of that name is looked up by its value.
fn is_looked_up(event: &Document, id: NodeId, key: &str) -> bool {
    let is_id = |key: &str| {
        IDENTIFIERS.contains(&key)
            || matches!(
                key,
                "id" | "sku" | "skus" | "coupon" | "currency" | "device_token" | "event_uuid" | "product_ids"
            )
            || ["_id", "_ids", "_sku", "_uuid", "_token", "Id"].iter().any(|ending| key.ends_with(ending))
    };
    match key {
        "" => event.parent(id).and_then(|list| event.key(list)).is_some_and(|list| is_id(&list)),
        key => is_id(key),
    }
}

/// What is wrong with a text: the rule, its severity, what was expected and the right text.
type Told = (&'static Rule, Severity, Expected, Option<String>);

/// A text with nothing but plain characters may have blanks at its ends, and nothing else of this.
fn check_text(event: &Document, id: NodeId, is_plain: bool, findings: &mut Findings) {
    let key = event.key(id).unwrap_or_default();
    let text = event.plain(id);
    let told = if text.trim().is_empty() {
        // An empty one is another rule's.
        None
    } else if is_looked_up(event, id, &key) {
        // What is no address as it is has its own rule.
        clean(&text).filter(|_| key != "email" || is_address(&text)).map(|right| {
            let fix = (!right.is_empty() && !right.contains(is_invisible)).then_some(right);
            (&INVISIBLE, INVISIBLE.severity, Expected::from("the same without them"), fix)
        })
    } else {
        None
    };
    let told = told.or_else(|| if is_plain { None } else { beyond_plain(&key, &text, event.text(id)) });
    if let Some((rule, severity, expected, right)) = told {
        findings.tell(rule, || {
            let fix = right.map(|right| Fix::Replace(serde_json::Value::from(right).to_string()));
            Finding { severity, fix, ..rule.at(event.path(id), expected, shown(event, id)) }
        });
    } else if text.contains('&') {
        findings.extend(entity(event, id, &text));
    }
}

fn beyond_plain(key: &str, text: &str, json: &str) -> Option<Told> {
    let is_control =
        |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{feff}');
    if text.contains(is_control) {
        let right = text.chars().filter(|c| !is_control(*c)).collect();
        return Some((&INVISIBLE, Severity::Warning, "a text without control characters".into(), Some(right)));
    }
    if let Some(right) = digits(key, text) {
        return Some((&DIGITS, DIGITS.severity, "digits from 0 to 9".into(), Some(right)));
    }
    match repaired(text) {
        Some(right) => Some((&MOJIBAKE, MOJIBAKE.severity, "the text as it was written".into(), right.known())),
        // Half of an emoji is read as this too, and has its own rule.
        None if text.contains(char::REPLACEMENT_CHARACTER) && !json.contains("\\ud") && !json.contains("\\uD") => {
            Some((&MOJIBAKE, MOJIBAKE.severity, "the character that was lost (U+FFFD stands for it)".into(), None))
        }
        None => None,
    }
}

/// The text with digits from 0 to 9, where it is a number, a date or the like in those of another script.
fn digits(key: &str, text: &str) -> Option<String> {
    // The first digit of each of ten: Arabic, Persian, Devanagari, Bengali, Thai, full width.
    const ZEROS: [u32; 6] = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10];
    let digit = |c: char| ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(*zero).filter(|digit| *digit < 10));
    if !text.contains(|c| digit(c).is_some()) {
        return None;
    }
    let right: String = text
        .chars()
        .map(|c| match c {
            '٫' | '．' => '.',
            '٬' | '\u{61c}' => ',',
            '＋' => '+',
            '：' => ':',
            '－' | '−' => '-',
            c => digit(c).and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c),
        })
        .collect();
    // Words with numbers in them are as their readers read them.
    let is_figure = right.bytes().all(|byte| byte.is_ascii_digit() || b"+-.:,/TZ ".contains(&byte));
    (is_figure && !key.contains("text")).then_some(right)
}

/// The text as it was written, where UTF-8 was read as another encoding.
fn repaired(text: &str) -> Option<Mended> {
    if text.is_ascii() {
        return None;
    }
    let has_lead = text.contains(['Ã', 'Â', 'â', 'ð', 'Ð', 'Ñ', 'Å', 'Ä']);
    if !has_lead {
        // The same read as Mac OS Roman.
        return ["√©", "√§", "√º", "√∂", "√±", "‚Äô"].iter().any(|pair| text.contains(pair)).then_some(Mended::Unknown);
    }
    let bytes: Option<Vec<u8>> = text.chars().map(byte_of).collect();
    if let Some(right) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        // One odd pair may be meant, as in NESCAFÉ®: what reads as these first letters hardly is.
        let leads = text.chars().filter(|c| matches!(c, '\u{c2}'..='\u{f4}')).count();
        let is_certain = text.contains(['Ã', 'Â', 'â', 'ð']) || leads >= 3;
        let is_sound = !right.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r'));
        if is_certain && is_sound && right.chars().count() < text.chars().count() {
            // It may have happened twice.
            return Some(Mended::As(repaired(&right).and_then(Mended::known).unwrap_or(right)));
        }
    }
    let pairs = ["Ã©", "Ã¤", "Ã¶", "Ã¼", "Ã±", "Ã¨", "Ã¡", "Ã³", "â€™", "â€œ", "â‚¬", "Â£", "ÃŸ"];
    pairs.iter().any(|pair| text.contains(pair)).then_some(Mended::Unknown)
}

/// The byte that Windows-1252 reads as that character.
fn byte_of(c: char) -> Option<u8> {
    const SPECIAL: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match SPECIAL.iter().position(|special| *special == c) {
        Some(at) => u8::try_from(at + 0x80).ok(),
        None => u8::try_from(u32::from(c)).ok(),
    }
}

/// Whether the inside of a string as JSON spells it is an object or an array of something in JSON.
fn is_json(inner: &str, findings: &mut Findings) -> bool {
    let closes = match inner.as_bytes() {
        [b'{', .., b'}'] => inner.contains(':'),
        [b'[', rest @ .., b']'] => rest.iter().any(|byte| matches!(byte, b'{' | b'"')),
        _ => false,
    };
    closes && findings.may_guess(inner.len() / BYTES_A_STEP)
}

fn tell_json(event: &Document, id: NodeId, name: &str, findings: &mut Findings) {
    let text = event.plain(id);
    let means_it = ["json", "payload", "raw", "data", "products"].iter().any(|word| name.contains(word));
    if means_it || serde_json::from_str::<&RawValue>(&text).is_err() {
        return;
    }
    findings.tell(&JSON_TEXT, || {
        let fix = Some(Fix::Replace(text.clone().into_owned()));
        Finding { fix, ..JSON_TEXT.at(event.path(id), "the object or the array itself", shown(event, id)) }
    });
}

/// That a text has entities of HTML in it, which is no HTML itself.
fn entity(event: &Document, id: NodeId, text: &str) -> Option<Finding> {
    let right = without_entities(text)?.known();
    let key = event.key(id).unwrap_or_default();
    let is_html = text.contains('<')
        || ["html", "body", "content", "description", "markup", "template", "snippet"]
            .iter()
            .any(|word| key.contains(word));
    if is_html {
        return None;
    }
    let finding = ENTITY.at(event.path(id), "the characters themselves", shown(event, id));
    let fix = right.map(|right| Fix::Replace(serde_json::Value::from(right).to_string()));
    Some(Finding { fix, ..finding })
}

/// The text with its entities replaced; `None` where it has none.
fn without_entities(text: &str) -> Option<Mended> {
    let (mut out, mut rest) = (String::new(), text);
    let (mut found, mut all_known) = (false, true);
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let name = after.split_once(';').map(|(name, _)| name).filter(|name| (2..=8).contains(&name.len()));
        let character = name.and_then(character);
        match (name, character) {
            (Some(name), Some(character)) => {
                found = true;
                out.push(character);
                rest = after.get(name.len() + 1..).unwrap_or_default();
            }
            (Some(name), None) if is_known(name) => {
                (found, all_known) = (true, false);
                rest = after;
            }
            _ => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    found.then_some(if all_known { Mended::As(out) } else { Mended::Unknown })
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?;
            return char::from_u32(code).filter(|c| !c.is_control());
        }
    })
}

/// Whether HTML has an entity of that name, as far as names and texts have it.
fn is_known(name: &str) -> bool {
    const ENDINGS: [&str; 8] = ["acute", "grave", "circ", "uml", "tilde", "cedil", "ring", "lig"];
    ENDINGS.iter().any(|ending| name.ends_with(ending))
        || matches!(
            name,
            "hellip"
                | "ndash"
                | "mdash"
                | "rsquo"
                | "lsquo"
                | "ldquo"
                | "rdquo"
                | "euro"
                | "pound"
                | "copy"
                | "reg"
                | "trade"
                | "bull"
                | "deg"
                | "times"
                | "laquo"
                | "raquo"
                | "oslash"
        )
}

#[cfg(test)]
mod tests {
    use super::super::tests::of;
    use super::*;

    /// How a rule sets right what it finds in an event with that field; `None` where it finds nothing.
    fn fix(rule: &str, field: &str) -> Option<Mended> {
        let event = format!(r#"{{"event":"x","cookie":"c",{field}}}"#);
        let found = of(&event, Stage::Outgoing, rule);
        found.into_iter().next().map(|it| match it.fix {
            Some(Fix::Replace(text) | Fix::Rename(text)) => Mended::As(text),
            _ => Mended::Unknown,
        })
    }

    fn check_all(rule: &str, cases: &[(&str, &str, Option<&str>)]) {
        for (sender, field, right) in cases {
            let right = right.map_or(Mended::Unknown, |right| Mended::As(right.to_owned()));
            assert_eq!(fix(rule, field), Some(right), "{sender}: {field}");
        }
    }

    #[test]
    fn what_nobody_sees_is_found_where_it_matters_and_taken_out() {
        check_all(
            "invisible-characters",
            &[
                ("a shop", r#""customer_id":" 812123""#, Some("\"812123\"")),
                ("a spreadsheet", r#""customer_id":"812123\u00a0""#, Some("\"812123\"")),
                ("a page", r#""sku":"45790\u200b-32""#, Some("\"45790-32\"")),
                ("a spreadsheet", r#""product_ids":["1","2\t"]"#, Some("\"2\"")),
                ("a page", r#""products":[{"sku":"\ufeff1"}]"#, Some("\"1\"")),
                ("a page", r#""email":"jane\u200b@example.com""#, Some("\"jane@example.com\"")),
                ("RudderStack's fixtures", r#"" total":1"#, Some("total")),
                ("a page", r#""to\u200btal":1"#, Some("total")),
                ("a database", r#""motto":"a\u0000b""#, Some("\"ab\"")),
                ("a page, where it is not certain", r#""order_id":"1\u00a02""#, None),
            ],
        );
        for field in [
            r#""motto":" a\u00a0b ""#,
            r#""motto":"👨\u200d👩\u200d👧""#,
            r#""motto":"می\u200cخواهم""#,
            r#""motto":"a\nb\tc""#,
            r#""total billed":1"#,
            r#""customer_id":"Jane Doe""#,
        ] {
            assert_eq!(fix("invisible-characters", field), None, "{field}");
        }
    }

    #[test]
    fn text_in_a_wrong_encoding_is_read_again() {
        check_all(
            "encoding-broken",
            &[
                ("a server", r#""name":"JosÃ©""#, Some("\"José\"")),
                ("a server", r#""name":"Weâ€™re open""#, Some("\"We’re open\"")),
                ("a server, twice", r#""name":"JosÃƒÂ©""#, Some("\"José\"")),
                ("a server in Russia", r#""name":"ÐœÐ¾Ñ€Ðµ""#, Some("\"Море\"")),
                ("a Mac", r#""name":"Jos√©""#, None),
                ("a server, in part", r#""name":"JosÃ© 珈琲""#, None),
                ("a server", r#""name":"Jos\ufffd""#, None),
            ],
        );
        for text in ["José", "NESCAFÉ®", "MAÇÃ", "São Paulo", "Ärzte", "25 °C", "Ångström", "珈琲", "Čeština", "½ Â"]
        {
            assert_eq!(fix("encoding-broken", &format!(r#""name":"{text}""#)), None, "{text}");
        }
    }

    #[test]
    fn entities_digits_and_json_are_set_right_where_it_is_certain() {
        check_all(
            "html-entity",
            &[
                ("a page", r#""name":"Ann &amp; Kim""#, Some("\"Ann & Kim\"")),
                ("a page", r#""name":"O&#39;Neill""#, Some("\"O'Neill\"")),
                ("a page", r#""name":"Jos&eacute;""#, None),
            ],
        );
        for text in ["AT&T", "a & b; c", "R&D;", "<b>a &amp; b</b>", "https://a.example/?a=1&b=2;c"] {
            assert_eq!(fix("html-entity", &format!(r#""name":"{text}""#)), None, "{text}");
        }
        check_all(
            "foreign-digits",
            &[
                ("a phone in Egypt", r#""finished_at":"٢٠٢٦-١١-٢٤""#, Some("\"2026-11-24\"")),
                ("a phone in Iran", r#""revenue":"۱۲٫۵۰""#, Some("\"12.50\"")),
                ("a page in Japan", r#""phone_number":"＋８１３１２３４５６７８""#, Some("\"+81312345678\"")),
            ],
        );
        assert_eq!(fix("foreign-digits", r#""name":"第３章""#), None);
        check_all(
            "json-in-text",
            &[
                ("a shop", r#""cart":"{\"a\":1}""#, Some("{\"a\":1}")),
                ("a shop", r#""tags":"[\"a\"]""#, Some("[\"a\"]")),
            ],
        );
        for field in [r#""cart_json":"{\"a\":1}""#, r#""note":"[NEW]""#, r#""note":"{a: b}""#, r#""ids":"[1,2]""#] {
            assert_eq!(fix("json-in-text", field), None, "{field}");
        }
    }
}
