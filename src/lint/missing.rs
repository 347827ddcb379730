//! Text that stands where a value was meant: what a program writes for a value that it does not have, or for an object
//! that it cannot write, and templates and samples in which nothing was put in place.

use super::limits::letters;
use super::{Rule, Severity};
use crate::event::Characters;
use crate::event::catalogue::IDENTIFIERS;
use crate::event::text::trimmed;

pub(super) static LITERAL_TEXT: Rule = Rule {
    id: "literal-text",
    severity: Severity::Warning,
    title: "a missing value written out as text",
    why: "Text such as undefined is a value to the platform: what the sender's code did not have ends up in a message. \
          What may also be meant as it stands, such as None, is a note where the field does not say that it is not.",
    documentation: "",
    bad: r#"{"event":"course_finished","email":"jane@example.com","teacher":"undefined"}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com","teacher":"Kim"}"#,
};

pub(super) static PLACEHOLDER_LEFT: Rule = Rule {
    id: "placeholder-left",
    severity: Severity::Error,
    title: "a placeholder that was never replaced",
    why: "A placeholder is sent as it stands, so a customer may read it in a message.",
    documentation: "",
    bad: r#"{"event":"course_finished","email":"jane@example.com","teacher":"{{ teacher_name }}"}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com","teacher":"Kim"}"#,
};

pub(super) const RULES: &[&Rule] = &[&LITERAL_TEXT, &PLACEHOLDER_LEFT];

/// How sure it is that a text stands for no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sureness {
    /// People write so, too: `None`, `N/A`.
    Perhaps,
    /// A word that programs write, and people hardly: `null`.
    Word,
    /// Nothing else is written so: `[object Object]`.
    Sure,
}

/// How bad a text under that name is that stands for no value; `None` where it is a value. `typed` says that the field is
/// for a date, a number or the like, which no word is.
pub(super) fn literal(key: &str, text: &str, characters: Characters, typed: bool) -> Option<Severity> {
    let sureness = sureness(trimmed(text), characters)?;
    if sureness == Sureness::Sure || typed || IDENTIFIERS.contains(&key) {
        return Some(LITERAL_TEXT.severity);
    }
    let is_any = |parts: &[&str]| parts.iter().any(|part| key.contains(part));
    // What customers type, and what they choose among.
    if is_any(&["keyword", "query", "search", "comment", "message", "review", "feedback"]) {
        return None;
    }
    match sureness {
        Sureness::Perhaps if is_any(&["variant", "option", "size", "color", "colour", "style", "gift", "extra"]) => {
            None
        }
        Sureness::Perhaps => Some(Severity::Note),
        _ => Some(LITERAL_TEXT.severity),
    }
}

/// Whether `text`, which holds no other `characters`, only stands where a value belongs.
pub(super) fn is_no_value(text: &str, characters: Characters) -> bool {
    let trimmed = trimmed(text);
    trimmed.is_empty() || sureness(trimmed, characters).is_some() || is_placeholder("", trimmed, characters)
}

/// Whether a text stands for no value, by what the languages and programs of senders write.
fn sureness(text: &str, characters: Characters) -> Option<Sureness> {
    use Sureness::{Perhaps, Sure, Word};
    /// Numbers, dates, UUIDs and slugs have no others, and what stands for no value has no digit beside these.
    const OF_IDS: Characters = Characters::LOWER
        .and(Characters::DIGIT)
        .and(Characters::HYPHEN)
        .and(Characters::UNDERSCORE)
        .and(Characters::DOT);
    if characters.are_among(OF_IDS) && characters.may_have(Characters::DIGIT) {
        return None;
    }
    let (first, last) = (text.bytes().next()?, text.bytes().next_back()?);
    let word = match text {
        "None" | "N/A" | "n/a" | "Null" | "Array" | "nan" | "(not set)" | "(none)" | "Infinity" | "-Infinity" => {
            Perhaps
        }
        "null" | "NULL" | "nil" | "NaN" | "-NaN" => Word,
        "undefined" | "(null)" | "<null>" | "<nil>" | "<none>" | "<undefined>" | "<unset>" | "<empty>"
        | "Invalid Date" | "Invalid date" | "NoneType" | "kotlin.Unit" | r"\N" | "#N/A" | "#REF!" | "#VALUE!"
        | "#NAME?" | "#DIV/0!" | "#NULL!" | "#NUM!" | "#ERROR!" | "[native code]" => Sure,
        _ => return is_printed(text, first, last).then_some(Sure),
    };
    Some(word)
}

/// Whether a program printed an object instead of what is in it.
fn is_printed(text: &str, first: u8, last: u8) -> bool {
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| text.starts_with(beginning));
    match (first, last) {
        (b'[', b']') => begins(&["[object "]),
        // `[Ljava.lang.String;@1f`, `[B@1f2e`.
        (b'[', _) => text.split_once('@').is_some_and(|(kind, hash)| {
            is_hash(hash) && kind.bytes().skip(1).all(|byte| byte.is_ascii_alphanumeric() || b".;$_[".contains(&byte))
        }),
        (b'<', b'>') => {
            begins(&["<function ", "<class '", "<bound method ", "<built-in ", "<generator object ", "<module '"])
                || text.contains(" object at 0x")
        }
        (b'#', b'>') => begins(&["#<"]),
        (b'&', b'}') => begins(&["&{"]),
        (b'b', b'\'') => text.len() > 2 && begins(&["b'"]),
        (b'm', b']') => begins(&["map["]) && text.contains(':'),
        (b'%', b')') => begins(&["%!"]) && text.contains('('),
        (b'f', _) if begins(&["function (", "function("]) => true,
        (b'P', b'}') => begins(&["Promise {"]),
        (b'I', b'\'') => begins(&["Instance of '"]),
        (b'A'..=b'Z' | b'a'..=b'z', b')') => begins(&[
            "ARRAY(0x",
            "CODE(0x",
            "Decimal('",
            "HASH(0x",
            "ISODate(",
            "NumberLong(",
            "ObjectId(",
            "Optional(",
            "OrderedDict(",
            "Some(\"",
            "Symbol(",
            "UUID('",
            "datetime.date",
        ]),
        (b'S', _) if begins(&["System."]) => {
            text.as_bytes().get(7).is_some_and(u8::is_ascii_uppercase)
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._`[],+ ".contains(&byte))
        }
        (b't' | b'u' | b'f', _) if begins(&["table: 0x", "userdata: 0x", "function: 0x"]) => true,
        // `undefined undefined`, of a first and a last name.
        (b'u' | b'n', b'd' | b'l') if text.contains(' ') => {
            text.split(' ').all(|word| matches!(word, "undefined" | "null"))
        }
        (b'A'..=b'Z' | b'a'..=b'z', b'0'..=b'9' | b'a'..=b'f') => is_java_object(text),
        _ => false,
    }
}

/// `com.shop.Customer@1b2c3d`: the name of a class and a hash.
fn is_java_object(text: &str) -> bool {
    let Some((class, _)) = text.split_once('@').filter(|(_, hash)| is_hash(hash)) else { return false };
    let Some((package, name)) = class.rsplit_once('.') else { return false };
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'_'))
        && package.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_'))
}

fn is_hash(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether `text` under that name is or has what a template's engine or a reader of the documentation should have replaced.
pub(super) fn is_placeholder(key: &str, text: &str, characters: Characters) -> bool {
    let text = trimmed(text);
    let text = if text.starts_with('\'') || text.ends_with('\'') { text.trim_matches('\'') } else { text };
    if is_own_name(key, text) {
        return true;
    }
    // Nearly all texts have none of these signs: what looks for pairs of them need not search there.
    if characters.may_have(Characters::TEMPLATE.and(Characters::AT)) {
        let signs = Signs::of(text);
        if signs != Signs::NONE {
            return (signs != Signs::AT || text.starts_with('@')) && is_template(text, signs);
        }
    }
    if !characters.may_have(Characters::UPPER.and(Characters::UNDERSCORE)) {
        return false;
    }
    let inside = |mark: &str| text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    matches!(text, "TODO" | "FIXME" | "CHANGEME" | "CHANGE_ME")
        || text.starts_with("YOUR_") && is_shouted(text)
        || inside("__").is_some_and(is_identifier)
}

/// Whether it is the name of what should stand there: `CUSTOMER_ID`, `your_custom_event_name`.
fn is_own_name(key: &str, text: &str) -> bool {
    let is_id = || IDENTIFIERS.contains(&key) || key == "event" || key.ends_with("_id");
    if (text.starts_with("your_") || text.starts_with("my_custom_")) && is_id() && is_identifier(text) {
        return true;
    }
    if key == "event" && matches!(text, "event_name" | "EVENT_NAME" | "custom_event_name") {
        return true;
    }
    if matches!(text, "CUSTOMER_ID" | "USER_ID" | "DEVICE_ID" | "ORDER_ID" | "PRODUCT_ID" | "EMAIL_ADDRESS") && is_id()
    {
        return true;
    }
    let may_be = key.len().abs_diff(text.len()) <= 2 && key.len() > 1 && key != "event";
    let alike = may_be && key.bytes().zip(text.bytes()).take(1).all(|(one, other)| one.eq_ignore_ascii_case(&other));
    alike && (is_id() || is_shouted(text)) && letters(key) == letters(text)
}

/// Names that templates are filled with.
const NAMES: [&str; 28] = [
    "address",
    "city",
    "code",
    "company",
    "country",
    "coupon",
    "customer",
    "date",
    "email",
    "first",
    "firstname",
    "fname",
    "id",
    "last",
    "lastname",
    "lname",
    "mail",
    "name",
    "order",
    "phone",
    "price",
    "product",
    "title",
    "url",
    "user",
    "username",
    "value",
    "zip",
];

/// Which of the signs that templates begin with a text holds: most hold none, or only the `@` of an address.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Signs(u8);

impl Signs {
    const NONE: Self = Self(0);

    /// Only that of an address.
    const AT: Self = Self(Self::bit(b'@'));

    fn of(text: &str) -> Self {
        /// The bits of each byte.
        #[expect(clippy::indexing_slicing, reason = "it would not compile")]
        const BITS: [u8; 256] = {
            let mut bits = [0; 256];
            let mut byte = 0;
            while byte < 128 {
                bits[byte as usize] = Signs::bit(byte);
                byte += 1;
            }
            bits
        };
        Self(text.bytes().fold(0, |signs, byte| signs | BITS.get(usize::from(byte)).unwrap_or(&0)))
    }

    const fn bit(byte: u8) -> u8 {
        match byte {
            b'<' => 1,
            b'{' => 1 << 1,
            b'$' => 1 << 2,
            b'%' => 1 << 3,
            b'[' => 1 << 4,
            b'*' => 1 << 5,
            b'#' => 1 << 6,
            b'@' => 1 << 7,
            _ => 0,
        }
    }

    /// Whether the first byte of `opening` is among them.
    fn have(self, opening: &str) -> bool {
        opening.bytes().next().is_some_and(|first| self.0 & Self::bit(first) != 0)
    }
}

/// Whether a text with signs is or has a template.
fn is_template(text: &str, signs: Signs) -> bool {
    let encloses = |open: &str, close: &str| {
        signs.have(open)
            && text
                .split_once(open)
                .and_then(|(_, rest)| rest.split_once(close))
                .is_some_and(|(name, _)| name.trim().starts_with(|c: char| !c.is_ascii_digit()))
    };
    let names = |open: &str, close: &str| {
        signs.have(open)
            && text
                .split_once(open)
                .and_then(|(_, rest)| rest.split_once(close))
                .is_some_and(|(name, _)| name.trim().starts_with(|c: char| c.is_alphabetic() || c == '_'))
    };
    let whole = |open: &str, close: &str| {
        text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).filter(|name| !name.is_empty())
    };
    let told = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["your", "todo", "insert", "enter"].into_iter().any(|word| name.starts_with(word))
    };
    // A name as fields and templates have them, not any word.
    let is_name =
        |name: &str| is_identifier(name) && (name.contains(['_', '.']) || NAMES.contains(&&*name.to_ascii_lowercase()));
    encloses("{{", "}}")
        || encloses("{%", "%}")
        || encloses("${", "}")
        || encloses("%%", "%%")
        || encloses("<%", "%>")
        || encloses("*|", "|*")
        || encloses("#{", "}")
        || encloses("<?", "?>")
        || names("[[", "]]")
        || names("[%", "%]")
        || names("%(", ")s")
        || names("%(", ")d")
        || whole("<", ">").is_some_and(|name| is_shouted(name) || told(name) || is_sample(name))
        || whole("<<", ">>").is_some_and(is_identifier)
        || whole("{", "}").is_some_and(|name| {
            name.bytes().all(|byte| byte.is_ascii_digit())
                || name.len() > 1 && is_identifier(name.trim_start_matches(['!', '$']))
        })
        || whole("[", "]").is_some_and(|name| told(name) || is_name(name) || is_shouted_name(name))
        || whole("%", "%").is_some_and(|name| is_shouted(name) || is_name(name))
        || whole("$", "").is_some_and(|name| is_name(name.trim_matches('$')))
        || ["##", "@@"].into_iter().any(|mark| whole(mark, mark).is_some_and(is_identifier))
        || whole("%", "").is_some_and(is_format)
}

fn is_shouted(name: &str) -> bool {
    name.len() > 1
        && name.bytes().any(|byte| byte.is_ascii_uppercase())
        && name.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b' '))
}

/// `FIRST NAME`; not `SOLD OUT`.
fn is_shouted_name(name: &str) -> bool {
    let last = name.rsplit([' ', '_']).next().unwrap_or_default();
    is_shouted(name) && NAMES.contains(&&*last.to_ascii_lowercase())
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// `<string>`, `<customer_id>`: what documentation writes for a value; not the tags of HTML.
fn is_sample(name: &str) -> bool {
    const TAGS: [&str; 22] = [
        "a", "b", "body", "br", "center", "div", "em", "h1", "h2", "h3", "hr", "html", "i", "img", "li", "ol", "p",
        "span", "strong", "table", "u", "ul",
    ];
    name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b' '))
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !TAGS.contains(&name)
}

/// What stands behind the sign of a printf format, as in `%s`, `%1$s`, `%.2f`, `%@`.
fn is_format(rest: &str) -> bool {
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '$' | '.' | '-'));
    matches!(digits, "s" | "d" | "i" | "f" | "@" | "ld" | "lu" | "u")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Stage;
    use super::super::tests::of;
    use super::*;

    /// Texts of the parts that the rules look for.
    fn text() -> impl Strategy<Value = String> {
        let parts = "None|null|undefined|nil|NaN|N/A|Array|Invalid Date|System\\.|Optional\\(|map\\[|HASH\\(0x|function \\(|\
                     object at 0x|\\[object |#<|%!|b'|com\\.shop\\.Customer@|table: 0x|your_|my_custom_|YOUR_|TODO|CUSTOMER_ID|\
                     PLAN|plan|name|first|__|##|@@|\\{\\{|\\}\\}|<%|%>|\\$|%|%s|\\[|\\]|<|>|\\*\\||'|\\)|\\(|[a-f0-9]{1,4}|[ -~é\u{1f}]";
        prop::collection::vec(parts, 0..5).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn what_is_known_of_the_characters_only_saves_looking(
            text in text(),
            key in "plan|event|customer_id|variant|name|x",
            typed in any::<bool>(),
        ) {
            let known = text.bytes().fold(Characters::NONE, |all, byte| all.and(Characters::of(byte)));
            let any = Characters::ANY;
            prop_assert_eq!(literal(&key, &text, known, typed), literal(&key, &text, any, typed));
            prop_assert_eq!(is_placeholder(&key, &text, known), is_placeholder(&key, &text, any));
            prop_assert_eq!(is_no_value(&text, known), is_no_value(&text, any));
        }
    }

    #[test]
    fn every_sign_of_a_template_is_among_the_characters_that_are_asked_for() {
        let asked = Characters::TEMPLATE.and(Characters::AT);
        for byte in 0..128 {
            assert_eq!(Signs::bit(byte) != 0, Characters::of(byte).are_among(asked), "{}", char::from(byte));
        }
    }

    fn found(key: &str, text: &str, rule: &str) -> Option<Severity> {
        let event = serde_json::json!({"event": "x", "cookie": "c", key: text}).to_string();
        of(&event, Stage::Outgoing, rule).first().map(|finding| finding.severity)
    }

    /// Whose programs wrote these, and what they wrote.
    #[test]
    fn a_missing_value_is_known_in_the_words_of_each_language() {
        let cases = [
            ("JavaScript", "undefined"),
            ("JavaScript, first and last name", "undefined undefined"),
            ("JavaScript", "[object Promise]"),
            ("JavaScript", "function (e){return e}"),
            ("Swift", "Optional(\"gold\")"),
            ("Objective-C", "<null>"),
            ("Java", "[Ljava.lang.String;@1f"),
            ("Java", "com.shop.Customer@1b2c3d4"),
            (".NET", "System.Object"),
            (".NET", "System.Collections.Generic.List`1[System.String]"),
            ("Python", "<Customer object at 0x7f2e>"),
            ("Python", "b'gold'"),
            ("Python", "Decimal('12.50')"),
            ("Ruby", "#<Customer:0x000055>"),
            ("Go", "<nil>"),
            ("Go", "%!s(<nil>)"),
            ("Go", "map[plan:gold]"),
            ("Rust", "Some(\"gold\")"),
            ("Dart", "Instance of 'Customer'"),
            ("Perl", "HASH(0x55d)"),
            ("Lua", "table: 0x55d"),
            ("MySQL", r"\N"),
            ("Excel", "#REF!"),
        ];
        for (sender, text) in cases {
            assert_eq!(found("plan", text, "literal-text"), Some(Severity::Warning), "{sender}: {text}");
        }
    }

    #[test]
    fn words_that_may_be_meant_are_notes_or_nothing() {
        let cases = [
            ("variant", "None", None),
            ("keywords", "null", None),
            ("search_query", "NaN", None),
            ("gift_wrap", "None", None),
            ("allergies", "None", Some(Severity::Note)),
            ("revenue", "None", Some(Severity::Warning)),
            ("customer_id", "None", Some(Severity::Warning)),
            ("plan", "null", Some(Severity::Warning)),
            ("keywords", "undefined", Some(Severity::Warning)),
            ("car", "Infinity", Some(Severity::Note)),
            ("revenue", "Infinity", Some(Severity::Warning)),
            ("name", "System of a Down", None),
            ("email", "jane.Doe@cafe.be", None),
            ("title", "Some (more) songs", None),
            ("title", "b'twin Nature'", Some(Severity::Warning)),
        ];
        for (key, text, severity) in cases {
            assert_eq!(found(key, text, "literal-text"), severity, "{key}: {text}");
        }
    }

    #[test]
    fn templates_of_every_engine_are_known_and_ordinary_signs_are_not() {
        let left = [
            ("Mailchimp", "plan", "*|FNAME|*"),
            ("ActiveCampaign", "plan", "%name%"),
            ("ERB", "plan", "<%= x %>"),
            ("PHP", "plan", "<?= $x ?>"),
            ("Ruby", "plan", "#{customer.name}"),
            ("Python", "plan", "%(name)s"),
            ("printf", "plan", "%1$s"),
            ("Objective-C", "plan", "%@"),
            ("Iterable", "plan", "[[first_name]]"),
            ("OpenAPI", "plan", "<string>"),
            ("documentation", "plan", "<customer_id>"),
            (".NET", "plan", "{0}"),
            ("Sailthru", "plan", "{first_name}"),
            ("Salesforce", "plan", "{!Contact.FirstName}"),
            ("Smarty", "plan", "{$name}"),
            ("Velocity", "plan", "$first_name"),
            ("Word", "plan", "<<FirstName>>"),
            ("a build", "plan", "__PLAN_NAME__"),
            ("letters", "plan", "[FIRST NAME]"),
            ("documentation", "event", "your_custom_event_name"),
            ("a table's head", "customer_id", "CUSTOMER_ID"),
            ("a table's head", "customer_id", "customer_id"),
            ("a table's head", "plan", "PLAN"),
        ];
        for (sender, key, text) in left {
            assert_eq!(found(key, text, "placeholder-left"), Some(Severity::Error), "{sender}: {key} {text}");
        }
        let ordinary = [
            ("plan", "gold"),
            ("plan", "plan"),
            ("label", "[NEW]"),
            ("label", "[SOLD OUT]"),
            ("label", "100% cotton"),
            ("label", "50 % off, 20 % more"),
            ("label", "#1 in Berlin"),
            ("label", "*NEW*"),
            ("label", "<br>"),
            ("label", "$SAVE"),
            ("label", "[[1,2]]"),
            ("label", "{}"),
            ("label", "C# & F#"),
            ("label", "@home"),
            ("label", "5 < 6 > 4"),
            ("size", "SIZE M"),
            ("event", "event"),
            ("label", "__init"),
            ("label", "%"),
        ];
        for (key, text) in ordinary {
            assert_eq!(found(key, text, "placeholder-left"), None, "{key}: {text}");
        }
    }
}
