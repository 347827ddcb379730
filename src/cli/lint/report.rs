use std::collections::HashSet;
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Linted, Located, args};
use crate::app::pager::wrap;
use crate::cli::args::LintFormat;
use crate::cli::input::BadInput;
use crate::cli::line::{self, one_line};
use crate::event::text::{fit, grouped, harmless};
use crate::lint::{Finding, Rule, Severity};
use crate::plan::rules;

/// The widest name of an event type, in columns.
const WIDEST_TYPE: usize = 64;

/// Of the findings of one rule in one event type, so many are printed for people, and the others counted.
const MOST_PRINTED: u64 = 10;

/// The column of what is expected, found and so on.
const LABEL: usize = 8;

/// What is called so that cannot be read: it is no rule, for nothing can allow it.
const UNREADABLE: &str = "not-an-event";

/// Of so many pairs of a rule and an event type findings are counted apart.
const MOST_COUNTED: usize = 1_000;

/// The events whose findings are counted together.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Of {
    /// Those of one type; `None` is those without a name.
    Type(Option<String>),
    /// Those of all types that came when there were too many already.
    Others,
}

/// How what is printed for people looks. The default is plain, for a file or a program.
#[derive(Clone, Copy, Default)]
pub(super) struct Look {
    /// How many columns there are; without an end where that is nobody's concern.
    width: Option<usize>,
    place: Style,
    error: Style,
    warning: Style,
    note: Style,
    fix: Style,
    quiet: Style,
}

impl Look {
    /// As standard output bears it: on a terminal no wider than that, and in colours unless `NO_COLOR` or `CLICOLOR` say
    /// otherwise.
    pub(super) fn of_stdout() -> Self {
        let look = match AutoStream::choice(&io::stdout()) {
            ColorChoice::Never => Self::default(),
            _ => Self::colours(),
        };
        let columns = || Some(crossterm::terminal::size().ok()?.0.into());
        Self { width: io::stdout().is_terminal().then(columns).flatten(), ..look }
    }

    fn colours() -> Self {
        let bold = |colour: AnsiColor| colour.on_default().bold();
        Self {
            place: Style::new().bold(),
            error: bold(AnsiColor::Red),
            warning: bold(AnsiColor::Yellow),
            note: bold(AnsiColor::Cyan),
            fix: AnsiColor::Green.on_default(),
            quiet: Style::new().dimmed(),
            width: None,
        }
    }

    fn of(&self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
            Severity::Note => self.note,
        }
    }
}

/// How the findings of one input are printed.
pub(super) struct Report<'a> {
    form: Form,
    called: &'a str,
    /// From which severity on a finding is a failure.
    denied: Severity,
}

enum Form {
    /// For people. Why a rule is there is said once, and of its many findings in one event type the first are told.
    Words {
        look: Look,
        told: HashSet<&'static str>,
        counts: IndexMap<(&'static str, Of), u64>,
    },
    /// An object a line.
    Json,
    Github,
    /// Results of one run.
    Sarif {
        first: bool,
    },
    /// The test cases, for how many there are stands before them.
    Junit {
        cases: String,
        tests: u64,
        failures: u64,
        errors: u64,
    },
}

impl<'a> Report<'a> {
    pub(super) fn new(args: &args::Lint, called: &'a str, look: Look) -> Self {
        let form = match args.format {
            None if args.json => Form::Json,
            None => Form::Words { look, told: HashSet::new(), counts: IndexMap::new() },
            Some(LintFormat::Github) => Form::Github,
            Some(LintFormat::Sarif) => Form::Sarif { first: true },
            Some(LintFormat::Junit) => Form::Junit { cases: String::new(), tests: 0, failures: 0, errors: 0 },
        };
        Self { form, called, denied: args.deny.into() }
    }

    /// What stands before everything.
    pub(super) fn begin(&self) -> String {
        match self.form {
            Form::Sarif { .. } => sarif_begin(),
            _ => String::new(),
        }
    }

    /// What is said of an event.
    pub(super) fn event(&mut self, event: &Linted) -> String {
        let Self { form, called, denied } = self;
        let findings = event.findings.iter();
        match form {
            Form::Words { look, told, counts } => {
                let event_type = event.event_type.as_deref();
                let new = findings.filter(|located| is_printed(event_type, &located.finding, counts));
                new.map(|located| words(called, event_type, located, told, look)).collect()
            }
            Form::Json => {
                findings.map(|located| one_line(&json_line(called, event, located).to_string()) + "\n").collect()
            }
            Form::Github => findings.map(|located| github(called, event, located)).collect(),
            Form::Sarif { first } => findings.fold(String::new(), |mut out, located| {
                out.push_str(if std::mem::take(first) { "\n" } else { ",\n" });
                out + &one_line(&sarif_result(called, event, located).to_string())
            }),
            Form::Junit { cases, tests, failures, .. } => {
                *tests += 1;
                *failures += u64::from(event.findings.iter().any(|located| located.finding.severity >= *denied));
                cases.push_str(&junit_case(called, event, *denied));
                String::new()
            }
        }
    }

    /// What is said of what cannot be read, where other programs look for it; people are told on standard error.
    pub(super) fn unusable(&mut self, bad: &BadInput) -> String {
        let (called, line) = (self.called, bad.line.unwrap_or(1));
        match &mut self.form {
            Form::Words { .. } | Form::Json => String::new(),
            Form::Github => github_command("error", called, line, UNREADABLE, &bad.reason),
            Form::Sarif { first } => {
                let gap = if std::mem::take(first) { "\n" } else { ",\n" };
                let result = json!({
                    "ruleId": UNREADABLE,
                    "level": "error",
                    "message": { "text": bad.reason },
                    "locations": [sarif_location(called, line)],
                });
                gap.to_owned() + &one_line(&result.to_string())
            }
            Form::Junit { cases, tests, errors, .. } => {
                *tests += 1;
                *errors += 1;
                let (classname, reason) = (xml(called), xml(&bad.reason));
                // Writing to a text cannot fail.
                let _ = writeln!(
                    cases,
                    "<testcase classname=\"{classname}\" name=\"line {line}\">\n\
                     <error type=\"{UNREADABLE}\" message=\"{reason}\"/>\n</testcase>"
                );
                String::new()
            }
        }
    }

    /// What stands after everything.
    pub(super) fn end(&self) -> String {
        match &self.form {
            Form::Sarif { .. } => "\n]}]}\n".to_owned(),
            Form::Junit { cases, tests, failures, errors } => {
                let counts = format!(r#"tests="{tests}" failures="{failures}" errors="{errors}""#);
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n\
                     <testsuite name=\"clickscope lint {}\" {counts} skipped=\"0\">\n\
                     {cases}</testsuite>\n</testsuites>\n",
                    xml(self.called)
                )
            }
            Form::Words { counts, .. } => {
                let more = counts.iter().filter(|(_, count)| **count > MOST_PRINTED);
                more.fold(String::new(), |mut out, ((rule, of), count)| {
                    // Writing to a text cannot fail.
                    let _ =
                        writeln!(out, "{}: and {} more of {rule} in {of}", self.called, grouped(count - MOST_PRINTED));
                    out
                })
            }
            Form::Json | Form::Github => String::new(),
        }
    }
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(Some(name)) => f.write_str(&fit(&harmless(name), WIDEST_TYPE)),
            Self::Type(None) => f.write_str("events without a name"),
            Self::Others => f.write_str("other events"),
        }
    }
}

/// Counts a finding, and says whether there were not enough like it yet.
fn is_printed(event_type: Option<&str>, finding: &Finding, counts: &mut IndexMap<(&'static str, Of), u64>) -> bool {
    let mut key = (finding.rule.id, Of::Type(event_type.map(str::to_owned)));
    if counts.len() >= MOST_COUNTED && !counts.contains_key(&key) {
        key.1 = Of::Others;
    }
    let count = counts.entry(key).or_default();
    *count += finding.unlisted.max(1);
    *count <= MOST_PRINTED
}

/// A block of lines, with an empty one after it.
fn words(
    called: &str,
    event_type: Option<&str>,
    Located { line, finding }: &Located,
    told: &mut HashSet<&'static str>,
    look: &Look,
) -> String {
    let Rule { id, title, why, documentation, .. } = finding.rule;
    let (place, bad) = (look.place, look.of(finding.severity));
    let mut out = format!("{place}{called}:{line}:{place:#} {bad}{}[{id}]{bad:#}", finding.severity);
    // Writing to a text cannot fail.
    let _ = writeln!(out, " {}{title}", place_in(event_type, finding));
    let plain = Style::new();
    let is_new = told.insert(id);
    let fix = finding.fix.as_ref().map(ToString::to_string);
    let parts = [
        ("expected", finding.expected.as_str(), plain),
        ("found", &finding.found, plain),
        ("fix", fix.as_deref().unwrap_or_default(), look.fix),
        ("why", if is_new { why } else { "" }, look.quiet),
        ("docs", if is_new { documentation } else { "" }, look.quiet),
    ];
    for (label, said, style) in parts.into_iter().filter(|(_, said, _)| !said.is_empty()) {
        // An address that is broken leads nowhere.
        let room = look.width.filter(|_| label != "docs").map(|width| width.saturating_sub(LABEL + 5).max(20));
        let lines = room.map_or_else(|| vec![said.to_owned()], |room| wrap(said, room));
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            // Writing to a text cannot fail.
            let _ = writeln!(out, "{style}  {label:LABEL$}  {}{style:#}", line.trim_end());
        }
    }
    out + "\n"
}

/// Which field of an event of which type it is about, as the beginning of a line: `purchase /revenue: `.
fn place_in(event_type: Option<&str>, finding: &Finding) -> String {
    let event_type = event_type.map(|name| fit(&harmless(name), WIDEST_TYPE)).filter(|name| !name.is_empty());
    let pointer = Some(harmless(&finding.path.pointer())).filter(|pointer| !pointer.is_empty());
    match (event_type, pointer) {
        (None, None) => String::new(),
        (Some(one), None) | (None, Some(one)) => one + ": ",
        (Some(event_type), Some(pointer)) => format!("{event_type} {pointer}: "),
    }
}

/// What is wrong, in one line.
fn message(event: &Linted, Located { finding, .. }: &Located) -> String {
    let place = place_in(event.event_type.as_deref(), finding);
    let help = finding.fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
    format!("{place}{}: expected {}, found {}{help}", finding.rule.title, finding.expected, finding.found)
}

fn json_line(called: &str, event: &Linted, Located { line, finding }: &Located) -> Value {
    let place = [("file", called.into()), ("line", (*line).into()), ("type", event.event_type.as_deref().into())];
    place.into_iter().chain(line::finding(finding)).collect()
}

/// A workflow command of GitHub Actions. In its properties, what separates them is escaped too.
fn github(called: &str, event: &Linted, located: &Located) -> String {
    let level = match located.finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    github_command(level, called, located.line, located.finding.rule.id, &message(event, located))
}

fn github_command(level: &str, called: &str, line: u64, title: &str, message: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} file={},line={line},title={}::{}\n", property(called), property(title), data(message))
}

/// Everything up to the results. Those come last, so that they are printed as they are found.
fn sarif_begin() -> String {
    let rule = |rule: &Rule| {
        let mut descriptor = json!({
            "id": rule.id,
            "shortDescription": { "text": rule.title },
            "fullDescription": { "text": rule.why },
            "defaultConfiguration": { "level": sarif_level(rule.severity) },
        });
        if let (false, Some(fields)) = (rule.documentation.is_empty(), descriptor.as_object_mut()) {
            fields.insert("helpUri".to_owned(), rule.documentation.into());
        }
        descriptor
    };
    let driver = json!({
        "name": "clickscope",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": rules().map(rule).collect::<Vec<_>>(),
    });
    format!(
        "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\
         \"runs\":[{{\"tool\":{{\"driver\":{driver}}},\"results\":["
    )
}

fn sarif_level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn sarif_result(called: &str, event: &Linted, located: &Located) -> Value {
    let Located { line, finding } = located;
    let mut location = sarif_location(called, *line);
    if let Some(fields) = location.as_object_mut() {
        let field = json!([{ "fullyQualifiedName": finding.path.pointer(), "kind": "member" }]);
        fields.insert("logicalLocations".to_owned(), field);
    }
    json!({
        "ruleId": finding.rule.id,
        "level": sarif_level(finding.severity),
        "message": { "text": message(event, located) },
        "locations": [location],
    })
}

fn sarif_location(called: &str, line: u64) -> Value {
    json!({
        "physicalLocation": { "artifactLocation": { "uri": uri(called) }, "region": { "startLine": line } },
    })
}

/// A path as the reference that SARIF asks for: a relative one stays so.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// A test case, which the findings fail that are denied; those that are not are its output.
fn junit_case(called: &str, event: &Linted, denied: Severity) -> String {
    let name = match &event.event_type {
        Some(event_type) => format!("line {}: {}", event.line, fit(&harmless(event_type), WIDEST_TYPE)),
        None => format!("line {}", event.line),
    };
    let mut out = format!("<testcase classname=\"{}\" name=\"{}\"", xml(called), xml(&name));
    if event.findings.is_empty() {
        return out + "/>\n";
    }
    out.push_str(">\n");
    let mut others = String::new();
    for located in &event.findings {
        let (id, message) = (located.finding.rule.id, xml(&message(event, located)));
        let place = format!("{}:{}", xml(called), located.line);
        // Writing to a text cannot fail.
        let _ = if located.finding.severity >= denied {
            let why = xml(located.finding.rule.why);
            writeln!(out, "<failure type=\"{id}\" message=\"{message}\">{place}: {why}</failure>")
        } else {
            writeln!(others, "{place}: {}[{id}] {message}", located.finding.severity)
        };
    }
    if !others.is_empty() {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "<system-out>{others}</system-out>");
    }
    out + "</testcase>\n"
}

/// A text as it may stand in XML, between tags or in quotes. XML has no way to write most control characters.
fn xml(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c if c.is_control() && !matches!(c, '\t' | '\n') => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::ToOwned;

    use super::*;
    use crate::event::{Path, Segment};
    use crate::lint::Fix;

    const RULE: Rule = Rule {
        id: "a-rule",
        severity: Severity::Error,
        title: "a title",
        why: "because <it> is so",
        documentation: "https://example.com/",
        bad: "",
        good: "",
    };
    static A_RULE: Rule = RULE;

    fn report(form: Form) -> String {
        let finding = Finding {
            rule: &A_RULE,
            severity: Severity::Error,
            path: Path(vec![Segment::key("a\u{1b}/,:%b")]),
            expected: "less, & \"more\"".to_owned(),
            found: "100%\n<b>".to_owned(),
            fix: Some(Fix::Replace("12.50".to_owned())),
            unlisted: 0,
        };
        let note = Finding { severity: Severity::Note, fix: None, ..finding.clone() };
        let event = Linted {
            event_type: Some("purchase\u{1b}<\u{ffff}".to_owned()),
            line: 3,
            findings: vec![Located { line: 4, finding }, Located { line: 5, finding: note }],
        };
        let mut report = Report { form, called: "events, 1:2.json", denied: Severity::Error };
        let begin = report.begin();
        let told = report.event(&event);
        let bad = BadInput {
            called: "events, 1:2.json".to_owned(),
            line: Some(6),
            column: Some(2),
            reason: "not JSON: <100%>".to_owned(),
            can_be_left_out: true,
        };
        begin + &told + &report.unusable(&bad) + &report.end()
    }

    fn for_people(look: Look) -> String {
        report(Form::Words { look, told: HashSet::new(), counts: IndexMap::new() })
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let coloured = for_people(Look::colours());
        assert!(
            coloured.contains("\u{1b}[1m\u{1b}[31merror[a-rule]\u{1b}[0m purchase\\u001b<\\uffff /a\\u001b~1"),
            "{coloured:?}"
        );
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), for_people(Look::default()));
    }

    #[test]
    fn people_are_told_why_once() {
        assert_eq!(
            for_people(Look::default()),
            "\
events, 1:2.json:4: error[a-rule] purchase\\u001b<\\uffff /a\\u001b~1,:%b: a title
  expected  less, & \"more\"
  found     100%
<b>
  fix       write 12.50
  why       because <it> is so
  docs      https://example.com/

events, 1:2.json:5: note[a-rule] purchase\\u001b<\\uffff /a\\u001b~1,:%b: a title
  expected  less, & \"more\"
  found     100%
<b>

"
        );
    }

    #[test]
    fn every_format_escapes_what_means_something_in_it() {
        let github = report(Form::Github);
        let first = "::error file=events%2C 1%3A2.json,line=4,title=a-rule::purchase\\u001b<\\uffff /a\\u001b~1,:%25b: a title: expected less, & \
                     \"more\", found 100%25%0A<b>; write 12.50";
        assert_eq!(github.lines().next(), Some(first));
        assert!(github.lines().nth(1).is_some_and(|line| line.starts_with("::notice ")), "{github}");

        let last = "::error file=events%2C 1%3A2.json,line=6,title=not-an-event::not JSON: <100%25>";
        assert_eq!(github.lines().last(), Some(last));

        let junit = report(Form::Junit { cases: String::new(), tests: 0, failures: 0, errors: 0 });
        assert!(junit.contains(r#"tests="2" failures="1" errors="1""#), "{junit}");
        assert!(junit.contains(r#"name="line 3: purchase\u001b&lt;"#), "{junit}");
        assert!(
            junit.contains("found 100%\n&lt;b&gt;; write 12.50\">") && !junit.contains(['\u{1b}', '\u{ffff}']),
            "{junit}"
        );

        assert!(junit.contains(r#"<error type="not-an-event" message="not JSON: &lt;100%&gt;"/>"#), "{junit}");

        let sarif = report(Form::Sarif { first: true });
        let sarif: Value = serde_json::from_str(&sarif).unwrap_or_default();
        let result = sarif.pointer("/runs/0/results/0/locations/0");
        let uri = result.and_then(|location| location.pointer("/physicalLocation/artifactLocation/uri"));
        assert_eq!(uri, Some(&Value::from("events%2C%201%3A2.json")));
        let bad = sarif.pointer("/runs/0/results/2/locations/0/physicalLocation/region/startLine");
        assert_eq!(bad, Some(&Value::from(6)));
        let line = report(Form::Json).lines().next().map(ToOwned::to_owned).unwrap_or_default();
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(line.pointer("/fix/value").map(ToString::to_string).as_deref(), Some("12.50"));
        assert_eq!(line.get("path"), Some(&Value::from("/a\u{1b}~1,:%b")));
    }
}
