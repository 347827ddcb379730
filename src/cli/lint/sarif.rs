//! SARIF 2.1.0: one run, whose results are printed as they are found.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::mem;

use serde::Serialize;

use super::report::{FindingsWriter, UNREADABLE, message};
use super::{Linted, Located, Tally};
use crate::cli::input::BadInput;
use crate::event::Sanitized;
use crate::event::text::json_line;
use crate::lint::{Rule, Severity};
use crate::plan::rules;

/// Prints a SARIF log.
pub(super) struct Sarif {
    called: Sanitized,
    /// Whether there was no result yet.
    is_first: bool,
    invocation: Invocation,
}

/// The end of a log as it begins: its results are the last member of its last member, but for how the run went.
const END: &str = "]}]}";

/// Of what cannot be read so much is told of the run; all that has a line is a result too.
const MOST_NOTIFICATIONS: usize = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: Severity,
    message: Message<Sanitized>,
    locations: [Location; 1],
}

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
struct Run {
    tool: Tool,
    results: [(); 0],
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Message<&'static str>,
    full_description: Message<&'static str>,
    default_configuration: Configuration,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'static str>,
}

#[derive(Serialize)]
struct Configuration {
    level: Severity,
}

#[derive(Serialize)]
struct Message<T> {
    text: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'a str,
    level: Severity,
    message: Message<&'a str>,
    locations: [Location; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[LogicalLocation; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

impl Sarif {
    pub(super) fn new() -> Self {
        let invocation = Invocation { execution_successful: true, tool_execution_notifications: Vec::new() };
        Self { called: Sanitized::default(), is_first: true, invocation }
    }

    fn location(&self, line: Option<u64>, logical_locations: Option<[LogicalLocation; 1]>) -> Location {
        let artifact_location = Artifact { uri: uri(&self.called) };
        let physical_location =
            PhysicalLocation { artifact_location, region: line.map(|start_line| Region { start_line }) };
        Location { physical_location, logical_locations }
    }

    fn write(&mut self, result: &Outcome<'_>, out: &mut dyn Write) -> io::Result<()> {
        let gap = if mem::take(&mut self.is_first) { "" } else { "," };
        write!(out, "{gap}\n{}", json_line(&serde_json::to_string(result)?))
    }
}

impl FindingsWriter for Sarif {
    fn input(&mut self, called: &Sanitized, _out: &mut dyn Write) -> io::Result<()> {
        self.called = called.clone();
        Ok(())
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let driver = Driver {
            name: "clickscope",
            version: env!("CARGO_PKG_VERSION"),
            rules: rules().map(Descriptor::of).collect(),
        };
        let log = serde_json::to_string(&Log {
            schema: "https://json.schemastore.org/sarif-2.1.0.json",
            version: "2.1.0",
            runs: [Run { tool: Tool { driver }, results: [] }],
        })?;
        out.write_all(log.strip_suffix(END).unwrap_or(&log).as_bytes())
    }

    fn event(&mut self, event: &Linted, out: &mut dyn Write) -> io::Result<()> {
        event.findings.iter().try_for_each(|located| {
            let Located { line, finding } = located;
            let field = LogicalLocation { fully_qualified_name: finding.path.pointer(), kind: "member" };
            let result = Outcome {
                rule_id: finding.rule.id,
                level: finding.severity,
                message: Message { text: &message(event, located) },
                locations: [self.location(Some(*line), Some([field]))],
            };
            self.write(&result, out)
        })
    }

    fn unusable(&mut self, bad: &BadInput, out: &mut dyn Write) -> io::Result<()> {
        let location = || self.location(bad.line, None);
        let result = Outcome {
            rule_id: UNREADABLE,
            level: Severity::Error,
            message: Message { text: &bad.reason },
            locations: [location()],
        };
        let (message, locations) = (Message { text: bad.told() }, [location()]);
        self.invocation.execution_successful = false;
        let notifications = &mut self.invocation.tool_execution_notifications;
        if notifications.len() < MOST_NOTIFICATIONS {
            notifications.push(Notification { level: Severity::Error, message, locations });
        }
        if bad.line.is_some() { self.write(&result, out) } else { Ok(()) }
    }

    fn end(&mut self, _tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
        let invocation = json_line(&serde_json::to_string(&self.invocation)?);
        writeln!(out, "\n],\"invocations\":[{invocation}]}}]}}")
    }
}

impl Descriptor {
    fn of(rule: &'static Rule) -> Self {
        Self {
            id: rule.id,
            short_description: Message { text: rule.title },
            full_description: Message { text: rule.why },
            default_configuration: Configuration { level: rule.severity },
            help_uri: Some(rule.documentation).filter(|address| !address.is_empty()),
        }
    }
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use serde_json::Value;

    use super::super::report::tests::printed;
    use super::*;

    #[test]
    fn a_log_is_one_json_with_a_place_for_each_result() {
        let log: Value = serde_json::from_str(&printed(&mut Sarif::new())).unwrap();
        let at = |pointer: &str| log.pointer(pointer).cloned().unwrap();
        let place = "/runs/0/results/0/locations/0";
        assert_eq!(at(&format!("{place}/physicalLocation/artifactLocation/uri")), "events%2C%201%3A2.json");
        assert_eq!(at(&format!("{place}/logicalLocations/0/fullyQualifiedName")), "/a\u{1b}~1,:%b");
        assert_eq!(at("/runs/0/results/1/level"), "note");
        assert_eq!(at("/runs/0/results/2/locations/0/physicalLocation/region/startLine"), 6);
        let invocation = "/runs/0/invocations/0";
        assert_eq!(at(&format!("{invocation}/executionSuccessful")), false);
        let told = at(&format!("{invocation}/toolExecutionNotifications/0/message/text"));
        assert_eq!(told, "events, 1:2.json:6:2: not JSON: <100%>");
        assert!(at("/runs/0/tool/driver/rules").as_array().unwrap().len() > 50);
    }
}
