//! An expression, compiled and evaluated. This is what must not run in the program itself.

use std::borrow::Cow;
use std::io;
use std::iter;
use std::ops::ControlFlow;

use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader, lex, parse};
use jaq_core::{Compiler, Ctx, ValT, Vars, compile, unwrap_valr};
use jaq_json::{Val, read, write};

use crate::event::{Sanitized, sanitized, text};
use crate::query::{Fault, ValuesEnd, Verdict};

/// The most values of one expression that are given out, and the bytes that they may have together.
pub(super) const MOST_VALUES: usize = 1_000;
pub(super) const MOST_BYTES: usize = 1 << 20;

/// What jq has and is not offered: it would tell of this machine and this moment, where an expression sees the event and
/// nothing else.
const WITHHELD: &[&str] = &[
    "$ENV",
    "$__loc__",
    "$__prog_args",
    "debug",
    "debug_empty",
    "env",
    "get_search_list",
    "halt",
    "halt_error",
    "input",
    "input_filename",
    "input_line_number",
    "inputs",
    "localtime",
    "now",
    "stderr",
    "stderr_empty",
    "strflocaltime",
];

/// What is said of a name that is no function, where a field may be meant: it is followed by how that is written.
pub const WRITE_FIELD: &str = "a field is written .";

type Data = JustLut<Val>;

/// An expression that can be evaluated.
pub(super) struct Evaluator {
    filter: jaq_core::Filter<Data>,
}

/// The formats of jq that its crates leave out.
const FORMATS: &str = r#"
def @csv: if type != "array" then error("\(type) cannot be written as a row, only an array can") else map(
  if type == "string" then "\"" + (split("\"") | join("\"\"")) + "\"" elif . == null then ""
  elif type == "array" or type == "object" then error("\(type) is no cell of a row") else tostring end) | join(",") end;
def @tsv: if type != "array" then error("\(type) cannot be written as a row, only an array can") else map(
  if type == "string" then split("\\") | join("\\\\") | split("\t") | join("\\t") | split("\n") | join("\\n")
    | split("\r") | join("\\r") elif . == null then ""
  elif type == "array" or type == "object" then error("\(type) is no cell of a row") else tostring end) | join("\t") end;
"#;

/// The definitions of jq in jq, without those that are withheld.
fn definitions() -> impl Iterator<Item = parse::Def<&'static str>> {
    let formats = load::parse(FORMATS, |parser| parser.defs()).into_iter().flatten();
    let all = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(formats);
    all.filter(|definition| !WITHHELD.contains(&definition.name))
}

/// The functions that are no definitions, without those that are withheld.
fn functions() -> impl Iterator<Item = jaq_core::native::Fun<Data>> {
    let all = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    all.filter(|(name, ..)| !WITHHELD.contains(name))
}

impl Evaluator {
    /// Compiles an expression.
    pub(super) fn new(expression: &str) -> Result<Self, Fault> {
        let arena = Arena::default();
        let file = File { code: expression, path: () };
        let modules = Loader::new(definitions()).load(&arena, file).map_err(|errors| unreadable(expression, errors))?;
        // Data that is imported is not read by the loader, but would be missing later.
        load::import(&modules, |_| Err(String::new())).map_err(|errors| unreadable(expression, errors))?;
        let compiled = Compiler::default().with_funs(functions()).compile(modules);
        Ok(Self { filter: compiled.map_err(|errors| undefined(expression, errors))? })
    }

    /// What the expression gives for an event, one after the other, until `each` has enough.
    fn run(&self, event: &[u8], mut each: impl FnMut(Result<Val, Sanitized>) -> ControlFlow<()>) {
        match parsed(event) {
            Ok(event) => self.run_on(event, each),
            Err(why) => {
                let _ = each(Err(why));
            }
        }
    }

    fn run_on(&self, event: Val, mut each: impl FnMut(Result<Val, Sanitized>) -> ControlFlow<()>) {
        let context = Ctx::<Data>::new(&self.filter.lut, Vars::new([]));
        for value in self.filter.id.run((context, event)).map(unwrap_valr) {
            let failed = value.is_err();
            if each(value.map_err(|error| told(&error))).is_break() || failed {
                return;
            }
        }
    }

    /// Gives the values for an event to `each` as indented JSON, and says how they end.
    pub(super) fn values(&self, event: &[u8], mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<ValuesEnd> {
        let style = write::Pp { indent: Some("  ".to_owned()), sep_space: true, ..write::Pp::default() };
        let (mut count, mut room) = (0, MOST_BYTES);
        let mut end = Ok(ValuesEnd::Complete);
        self.run(event, |value| {
            let value = match value {
                Ok(value) if count < MOST_VALUES && room > 0 => value,
                Ok(_) => {
                    end = Ok(ValuesEnd::Cut);
                    return ControlFlow::Break(());
                }
                Err(why) => {
                    end = Ok(ValuesEnd::Failed(why));
                    return ControlFlow::Break(());
                }
            };
            let mut text = Within { bytes: Vec::new(), room };
            let fits = write::write(&mut text, &style, 0, &value).is_ok();
            count += 1;
            room -= text.bytes.len();
            match each(&text.bytes) {
                Ok(()) if fits => ControlFlow::Continue(()),
                Ok(()) => {
                    end = Ok(ValuesEnd::Cut);
                    ControlFlow::Break(())
                }
                Err(error) => {
                    end = Err(error);
                    ControlFlow::Break(())
                }
            }
        });
        end
    }

    /// Whether the event is one of those that are asked for.
    pub(super) fn test(&self, event: &[u8]) -> Verdict {
        parsed(event).map_or_else(Verdict::Failed, |event| self.test_parsed(event))
    }

    /// Whether the event is one of those that each of the expressions asks for. It is read once.
    pub(super) fn test_all<'e>(all: &'e [Self], event: &[u8]) -> impl Iterator<Item = Verdict> + use<'e> {
        let event = parsed(event);
        all.iter().map(move |evaluator| match &event {
            Ok(event) => evaluator.test_parsed(event.clone()),
            Err(why) => Verdict::Failed(why.clone()),
        })
    }

    fn test_parsed(&self, event: Val) -> Verdict {
        let mut verdict = Verdict::Differs;
        self.run_on(event, |value| {
            verdict = match value {
                Ok(value) if value.as_bool() => Verdict::Matches,
                Ok(_) => return ControlFlow::Continue(()),
                Err(why) => Verdict::Failed(why),
            };
            ControlFlow::Break(())
        });
        verdict
    }
}

/// An event as expressions take it.
fn parsed(event: &[u8]) -> Result<Val, Sanitized> {
    read::parse_single(&signed_zeros(event))
        .map_err(|error| sanitized!("the event is no JSON: {}", Sanitized::of(&error)))
}

/// An event in which zeros below zero are no integers, for integers have no such zero.
fn signed_zeros(event: &[u8]) -> Cow<'_, [u8]> {
    let ends_number = |byte: Option<&u8>| !byte.is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E'));
    let (mut in_string, mut is_escaped) = (false, false);
    let mut is_zero = |at: usize, byte: u8| match byte {
        _ if std::mem::take(&mut is_escaped) => false,
        b'\\' => {
            is_escaped = in_string;
            false
        }
        b'"' => {
            in_string = !in_string;
            false
        }
        b'-' => !in_string && event.get(at + 1) == Some(&b'0') && ends_number(event.get(at + 2)),
        _ => false,
    };
    let may_be_there =
        event.windows(3).any(|at| matches!(at, [b'-', b'0', b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t']))
            || event.ends_with(b"-0");
    if !may_be_there {
        return Cow::Borrowed(event);
    }
    let mut signed = Vec::with_capacity(event.len() + 16);
    for (at, byte) in event.iter().enumerate() {
        signed.push(*byte);
        if is_zero(at, *byte) {
            signed.extend(b"0.");
        }
    }
    Cow::Owned(signed)
}

/// Takes so many bytes and no more: the last value may be larger than all memory.
struct Within {
    bytes: Vec<u8>,
    room: usize,
}

impl io::Write for Within {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room - self.bytes.len());
        if taken == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.bytes.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What went wrong with an event. It may name a value, and that may be large.
fn told(error: &jaq_json::Error) -> Sanitized {
    const WIDEST: usize = 240;
    text::sanitize_within(&error.to_string(), WIDEST).0.fit(WIDEST)
}

/// What other languages write, and what jq has for it.
const FOREIGN: [(&str, &str); 8] = [
    ("===", "=="),
    ("!==", "!="),
    ("=>", ">="),
    ("=<", "<="),
    ("<>", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("!", "not, behind what it negates: `.a | not`"),
];

/// Why an expression cannot be read.
fn unreadable(expression: &str, errors: load::Errors<&str, ()>) -> Fault {
    let fault = unread(expression, errors);
    // It is the second half of an operator that cannot be read, or all of it.
    let begins = |start: usize, foreign: &str| expression.get(start..).is_some_and(|rest| rest.starts_with(foreign));
    let at = |(foreign, own): &(&'static str, &'static str)| {
        let starts = fault.at.start.saturating_sub(foreign.len() - 1)..=fault.at.start;
        let start = starts.into_iter().find(|start| begins(*start, foreign))?;
        Some((start..start + foreign.len(), *foreign, *own))
    };
    match FOREIGN.iter().find_map(at) {
        Some((at, foreign, own)) => {
            let own = if own.contains('`') { Sanitized::literal(own) } else { sanitized!("`{}`", own) };
            Fault { at, reason: sanitized!("jq has no `{}`: write {}", foreign, own) }
        }
        None => fault,
    }
}

fn unread(expression: &str, errors: load::Errors<&str, ()>) -> Fault {
    let fault = |part: &str, reason| Fault { at: place(expression, part), reason };
    let error = errors.into_iter().map(|(_, error)| error).next();
    let first = match error {
        Some(load::Error::Io(files)) => files.first().map(|(file, _)| {
            fault(file, "not offered: an expression sees the event and nothing else, so no other file".into())
        }),
        Some(load::Error::Lex(errors)) => errors.first().map(|(expected, found)| {
            let first = found.chars().next().map_or(0, char::len_utf8);
            let reason = match expected {
                lex::Expect::Token => "no part of an expression begins with this".into(),
                expected => missing(found, &article(expected.as_str())),
            };
            fault(found.get(..first).unwrap_or_default(), reason).at_start_of(expression, found)
        }),
        Some(load::Error::Parse(errors)) => errors.first().map(|(expected, found)| {
            let reason = match expected {
                parse::Expect::Nothing => "nothing can follow here".into(),
                parse::Expect::Term if expression.trim().is_empty() => {
                    "type an expression, for instance .revenue".into()
                }
                parse::Expect::Term => missing(found, &"an expression".into()),
                parse::Expect::Just(word) => missing(found, &sanitized!("`{}`", Sanitized::of(word))),
                expected => missing(found, &article(expected.as_str())),
            };
            fault(found, reason)
        }),
        None => None,
    };
    first.unwrap_or_else(|| fault("", "it cannot be read".into()))
}

trait AtStart {
    /// At the place where `rest` begins, also where that is the end.
    fn at_start_of(self, expression: &str, rest: &str) -> Self;
}

impl AtStart for Fault {
    fn at_start_of(self, expression: &str, rest: &str) -> Self {
        let start = place(expression, rest).start;
        Self { at: start..start + self.at.len(), ..self }
    }
}

fn article(name: &str) -> Sanitized {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    sanitized!("{} {}", article, Sanitized::of(&name))
}

fn missing(found: &str, expected: &Sanitized) -> Sanitized {
    if found.is_empty() {
        sanitized!("expected {} at the end", expected)
    } else {
        sanitized!("expected {} here", expected)
    }
}

/// Why an expression names what there is not.
fn undefined(expression: &str, errors: compile::Errors<&str, ()>) -> Fault {
    let Some((name, kind)) = errors.into_iter().flat_map(|(_, errors)| errors).next() else {
        return Fault { at: 0..expression.len(), reason: "it cannot be evaluated".into() };
    };
    let shown = text::sanitize_within(name, 40).0;
    let reason = match kind {
        _ if WITHHELD.contains(&name) => {
            sanitized!("{} is not offered: an expression sees the event and nothing else", shown)
        }
        compile::Undefined::Filter(arity) => match near(name, arity) {
            Some(near) => sanitized!("there is no function {}: is {} meant?", shown, near),
            None if arity == 0 && !name.starts_with('@') => {
                sanitized!("there is no function {}: {}{}", shown, WRITE_FIELD, shown)
            }
            None if arity == 0 => sanitized!("there is no format {}", shown),
            None => sanitized!("there is no function {} with {}", shown, text::counted(arity as u64, "argument")),
        },
        other => sanitized!("there is no {} {}", other.as_str(), shown),
    };
    Fault { at: place(expression, name), reason }
}

/// The function that is meant by a name, as far as can be told: one of few changed letters, or the same with another count of
/// arguments.
fn near(name: &str, arity: usize) -> Option<Sanitized> {
    let defined = definitions().map(|definition| (definition.name, definition.args.len()));
    let native = functions().map(|(name, arguments, _)| (name, arguments.len()));
    let known = defined.chain(native).filter(|(known, _)| !known.ends_with("_empty") && !known.starts_with('!'));
    let (mut same, mut like) = (None, None);
    for (known, count) in known {
        if known == name && count != arity {
            same = same.or(Some((known, count)));
        }
        if name.len() > 3 && known.len() > 3 && strsim::osa_distance(known, name) == 1 {
            like = like.or(Some((known, count)));
        }
    }
    let (known, count) = same.or(like)?;
    let arguments = Sanitized::join(iter::repeat_n(Sanitized::literal("…"), count), "; ");
    Some(if count == 0 { sanitized!("{}", known) } else { sanitized!("{}({})", known, arguments) })
}

/// Where `part` stands in the expression that it is a slice of; its end for one that is not.
fn place(expression: &str, part: &str) -> std::ops::Range<usize> {
    let start = (part.as_ptr() as usize).checked_sub(expression.as_ptr() as usize);
    let place = start.map(|start| start..start.saturating_add(part.len()));
    place.filter(|place| place.end <= expression.len()).unwrap_or(expression.len()..expression.len())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"event":"purchase","customer_id":"42","revenue":25.00,"total":1e400,"big":123456789012345678901234567890,"none":null,"zeros":[-0,0,-0.5,"-0,\" -0"],"products":[{"sku":"A1","price":9.10},{"sku":"B2","price":0}]}"#;

    fn values(expression: &str, event: &str) -> (Vec<String>, ValuesEnd) {
        let mut texts = Vec::new();
        let evaluator = Evaluator::new(expression).unwrap_or_else(|fault| panic!("{expression}: {fault}"));
        let each = |text: &[u8]| {
            texts.push(String::from_utf8(text.to_vec()).unwrap());
            Ok(())
        };
        let end = evaluator.values(event.as_bytes(), each).unwrap();
        (texts, end)
    }

    #[test]
    fn an_expression_gives_values_and_numbers_that_pass_through_keep_their_text() {
        let cases: [(&str, &[&str]); 15] = [
            (".revenue", &["25.00"]),
            (".total, .big", &["1e400", "123456789012345678901234567890"]),
            (".zeros", &["[\n  -0.0,\n  0,\n  -0.5,\n  \"-0,\\\" -0\"\n]"]),
            (".revenue + 0", &["25.0"]),
            (".products[].sku", &[r#""A1""#, r#""B2""#]),
            ("[.products[].price] | add", &["9.1"]),
            (".products | map(select(.price > 1)) | length", &["1"]),
            ("select(.revenue > 100)", &[]),
            (".customer_id | test(\"^4\")", &["true"]),
            (".customer_id | tonumber", &["42"]),
            (".nothing", &["null"]),
            (".products[0]", &["{\n  \"sku\": \"A1\",\n  \"price\": 9.10\n}"]),
            ("\"2026-11-23T14:03:20Z\" | fromdate", &["1795442600"]),
            ("@json \"x\\(.revenue)\"", &["\"x25.00\""]),
            ("limit(2; repeat(1))", &["1", "1"]),
        ];
        for (expression, expected) in cases {
            assert_eq!(
                values(expression, EVENT),
                (expected.iter().map(|&text| text.to_owned()).collect(), ValuesEnd::Complete),
                "{expression}"
            );
        }
    }

    #[test]
    fn values_end_at_what_fails_and_at_what_nobody_reads() {
        let (texts, end) = values(".revenue, .event.x, 1", EVENT);
        assert_eq!(texts, ["25.00"]);
        let ValuesEnd::Failed(why) = end else { panic!("{end:?}") };
        assert!(why.contains("cannot index"), "{why}");

        let (texts, end) = values("repeat(1)", EVENT);
        assert_eq!((texts.len(), end), (MOST_VALUES, ValuesEnd::Cut));
        let (texts, end) = values("[range(1000000)]", EVENT);
        assert_eq!((texts.concat().len(), end), (MOST_BYTES, ValuesEnd::Cut));
        let (texts, end) = values(".", "{");
        assert!(texts.is_empty() && matches!(end, ValuesEnd::Failed(_)), "{end:?}");
    }

    #[test]
    fn the_formats_of_jq_are_offered() {
        let row = r#"{"row":["a\"b,c",1.50,true,null,"tab\tback\\slash"],"text":"<a b='c'>&"}"#;
        let cases = [
            (".row | @csv", r#""a""b,c",1.50,true,,"tab	back\slash""#),
            (".row | @tsv", "a\"b,c\t1.50\ttrue\t\ttab\\tback\\\\slash"),
            (".row[1:3] | @json", "[1.50,true]"),
            (".row[1:3] | @text", "[1.50,true]"),
            (".text | @html", "&lt;a b=&apos;c&apos;&gt;&amp;"),
            (".text | @uri", "%3Ca%20b%3D%27c%27%3E%26"),
            (".text | @sh", r"'<a b='\''c'\''>&'"),
            (".text | @base64", "PGEgYj0nYyc+Jg=="),
            (".text | @base64 | @base64d", "<a b='c'>&"),
            (r#"@csv "row: \(.row[:1])""#, r#"row: "a""b,c""#),
        ];
        for (expression, expected) in cases {
            let (texts, end) = values(expression, row);
            assert_eq!(
                (texts, end),
                (vec![serde_json::Value::from(expected).to_string()], ValuesEnd::Complete),
                "{expression}"
            );
        }
        for expression in [".text | @csv", "[[1]] | @csv", "{} | @tsv", "[{}] | @tsv"] {
            assert!(matches!(values(expression, row).1, ValuesEnd::Failed(_)), "{expression}");
        }
    }

    #[test]
    fn an_event_matches_when_something_other_than_false_and_null_comes() {
        let failed = |verdict| matches!(verdict, Verdict::Failed(_));
        let cases = [
            ("select(.revenue > 1)", Verdict::Matches),
            ("select(.revenue > 100)", Verdict::Differs),
            (".revenue > 1", Verdict::Matches),
            (".revenue == 25", Verdict::Matches),
            (".revenue == \"25.00\"", Verdict::Differs),
            (".nothing", Verdict::Differs),
            ("select(has(\"nothing\") and .nothing == null)", Verdict::Differs),
            ("select(.products[] | has(\"none\") and .none == null)?", Verdict::Differs),
            ("select(has(\"none\") and .none == null)", Verdict::Matches),
            ("false, null, 0", Verdict::Matches),
            ("empty", Verdict::Differs),
            (".products[].sku == \"B2\"", Verdict::Matches),
            ("select(.products[].sku == \"B2\")?", Verdict::Matches),
            ("select(.nothing[].sku == \"B2\")?", Verdict::Differs),
        ];
        for (expression, expected) in cases {
            assert_eq!(Evaluator::new(expression).unwrap().test(EVENT.as_bytes()), expected, "{expression}");
        }
        for expression in [".event.x", "error(\"no\")", "false, .event.x"] {
            assert!(failed(Evaluator::new(expression).unwrap().test(EVENT.as_bytes())), "{expression}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let cases = [
            ("", 0..0, "type an expression, for instance .revenue"),
            (".a |", 4..4, "expected an expression at the end"),
            (".a | ) + 1", 5..6, "no part of an expression begins with this"),
            ("(.a", 3..3, "expected a closing parenthesis at the end"),
            ("if .a then", 10..10, "expected an expression at the end"),
            ("if .a", 5..5, "expected `then` at the end"),
            (".a .b; .c", 5..6, "nothing can follow here"),
            ("\"abc", 4..4, "expected a closing quote at the end"),
            ("revenue > 30", 0..7, "there is no function revenue: a field is written .revenue"),
            (".a | lenght", 5..11, "there is no function lenght: is length meant?"),
            ("test", 0..4, "there is no function test: is test(…; …) meant?"),
            ("@nope", 0..5, "there is no format @nope"),
            ("$x", 0..2, "there is no variable $x"),
            ("f(1; 2)", 0..1, "there is no function f with 2 arguments"),
            (".a === 1", 3..6, "jq has no `===`: write `==`"),
            (".a !== 1", 3..6, "jq has no `!==`: write `!=`"),
            (".a => 1", 3..5, "jq has no `=>`: write `>=`"),
            (".a =< 1", 3..5, "jq has no `=<`: write `<=`"),
            (".a <> 1", 3..5, "jq has no `<>`: write `!=`"),
            (".a && .b", 3..5, "jq has no `&&`: write `and`"),
            (".\"é\" && .b", 6..8, "jq has no `&&`: write `and`"),
            ("(.a == 1) || .b", 10..12, "jq has no `||`: write `or`"),
            ("!.a", 0..1, "jq has no `!`: write not, behind what it negates: `.a | not`"),
            (".a and !(.b)", 7..8, "jq has no `!`: write not, behind what it negates: `.a | not`"),
            (".a == \"&&\" )", 11..12, "no part of an expression begins with this"),
        ];
        for (expression, at, reason) in cases {
            let fault = Evaluator::new(expression).err().unwrap_or_else(|| panic!("{expression} is taken"));
            assert_eq!((fault.at, &*fault.reason), (at, reason), "{expression}");
        }
    }

    #[test]
    fn an_expression_sees_the_event_and_nothing_else() {
        let names = [
            "env",
            "$ENV",
            "$ENV.HOME",
            "input",
            "inputs",
            "input_filename",
            "input_line_number",
            "debug",
            "debug(1)",
            "stderr",
            "now",
            "halt",
            "halt(1)",
            "halt_error",
            "halt_error(1)",
            "$__loc__",
            "$__prog_args",
            "localtime",
            "strflocaltime(\"%Y\")",
            "get_search_list",
            "debug_empty",
            "stderr_empty",
        ];
        for name in names {
            for expression in [name.to_owned(), format!("[1] | map({name})"), format!("\"\\({name})\"")] {
                let fault = Evaluator::new(&expression).err().unwrap_or_else(|| panic!("{expression} is taken"));
                assert!(fault.reason.contains("not offered"), "{expression}: {fault}");
                assert!(name.starts_with(&expression[fault.at.clone()]), "{expression}: {fault:?}");
            }
        }
        let files = [
            "include \"a\"; .",
            "import \"a\" as a; a::f",
            "import \"/etc/passwd\" as $p; $p",
            "import \"a\" as $a {search: \"/\"}; .",
        ];
        for expression in files {
            let fault = Evaluator::new(expression).err().unwrap_or_else(|| panic!("{expression} is taken"));
            assert!(fault.reason.contains("not offered"), "{expression}: {fault}");
        }
    }
}
