//! `clickscope commands`: what there is to call, for programs. All of it is read off what `--help` and the schema of the
//! records say.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command};
use serde::Serialize;
use serde_json::Value;

use super::{Exit, Failure, args};
use crate::session::tape;

/// How a help says which variable an option may stand in.
const ENV: &str = " [env: ";

pub(super) fn run(args: args::CommandsArgs, command: &Command) -> Result<Exit, Failure> {
    let program = Listing::of(command);
    let text = if args.json {
        // Texts can always be written.
        serde_json::to_string(&program).unwrap_or_default() + "\n"
    } else {
        let widest = program.commands.iter().map(|command| command.name.len()).max().unwrap_or(0);
        let lines = program.commands.iter().map(|command| format!("{:widest$}  {}", command.name, command.about));
        lines.collect::<Vec<_>>().join("\n") + "\n"
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Listing {
    program: &'static str,
    version: &'static str,
    commands: Vec<CommandEntry>,
    global: Vec<ArgumentEntry>,
    environment: Vec<Named>,
    exit_codes: Vec<ExitCode>,
    records: Vec<RecordEntry>,
}

#[derive(Serialize)]
struct CommandEntry {
    name: String,
    about: String,
    usage: String,
    arguments: Vec<ArgumentEntry>,
    options: Vec<ArgumentEntry>,
    notes: String,
}

#[derive(Serialize)]
struct ArgumentEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    long: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    short: Option<String>,
    /// The word for its value, where it takes one.
    value: Option<String>,
    /// The values that it takes, where they are few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<String>,
    help: String,
    required: bool,
    repeatable: bool,
}

/// Something with a sentence on it.
#[derive(Serialize)]
struct Named {
    name: String,
    about: String,
}

#[derive(Serialize)]
struct ExitCode {
    code: u8,
    about: String,
}

#[derive(Serialize)]
struct RecordEntry {
    kind: String,
    about: String,
    fields: Vec<String>,
}

impl Listing {
    fn of(command: &Command) -> Self {
        let notes = text(command.get_after_help());
        let is_global = |arg: &&Arg| arg.is_global_set() && is_told(arg);
        let global: Vec<_> = command.get_arguments().filter(is_global).map(ArgumentEntry::of).collect();
        let of_options = global.iter().filter_map(|option| {
            Some(Named { name: option.env.clone()?, about: format!("--{}: {}", option.long.as_deref()?, option.help) })
        });
        let of_notes = section(&notes, "Keys are never passed").into_iter().chain(section(&notes, "Environment:"));
        let environment = of_notes.chain(of_options).collect();
        let codes = section(&notes, "Exit codes:").into_iter();
        let exit_codes = codes.filter_map(|Named { name, about }| Some(ExitCode { code: name.parse().ok()?, about }));
        Self {
            program: "clickscope",
            version: env!("CARGO_PKG_VERSION"),
            commands: entries("", command),
            global,
            environment,
            exit_codes: exit_codes.collect(),
            records: records(tape::SCHEMA),
        }
    }
}

/// The commands below that one, each with the name by which it is called.
fn entries(within: &str, command: &Command) -> Vec<CommandEntry> {
    let own = command.get_subcommands().filter(|command| command.get_name() != "help");
    let entries = own.flat_map(|command| {
        let name = format!("{within}{}", command.get_name());
        let told = || command.get_arguments().filter(|arg| is_told(arg) && !arg.is_global_set());
        let entry = CommandEntry {
            about: text(command.get_about()),
            usage: command.clone().render_usage().to_string().trim_start_matches("Usage: ").to_owned(),
            arguments: told().filter(|arg| arg.is_positional()).map(ArgumentEntry::of).collect(),
            options: told().filter(|arg| !arg.is_positional()).map(ArgumentEntry::of).collect(),
            notes: text(command.get_after_help()),
            name,
        };
        let inside = entries(&format!("{} ", entry.name), command);
        std::iter::once(entry).chain(inside)
    });
    entries.collect()
}

fn is_told(arg: &Arg) -> bool {
    !arg.is_hide_set()
        && !matches!(
            arg.get_action(),
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
        )
}

impl ArgumentEntry {
    fn of(arg: &Arg) -> Self {
        let help = text(arg.get_help());
        let (help, env) = match help.split_once(ENV) {
            Some((help, env)) => (help.to_owned(), Some(env.trim_end_matches(']').to_owned())),
            None => (help, None),
        };
        let takes_value = arg.get_action().takes_values();
        let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
        let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let values = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
        Self {
            long: arg.get_long().map(|long| format!("--{long}")),
            short: arg.get_short().map(|short| format!("-{short}")),
            value: value.filter(|_| takes_value),
            values: if takes_value { values.map(|value| value.get_name().to_owned()).collect() } else { Vec::new() },
            default: (takes_value && !defaults.is_empty()).then(|| defaults.join(" ")),
            env,
            help,
            required: arg.is_required_set(),
            repeatable: matches!(arg.get_action(), ArgAction::Append | ArgAction::Count),
        }
    }
}

fn text(styled: Option<&StyledStr>) -> String {
    styled.map(ToString::to_string).unwrap_or_default()
}

/// The entries of a section of a help, each with its sentence, which may go on in the lines below it.
fn section(help: &str, title: &str) -> Vec<Named> {
    let mut entries: Vec<Named> = Vec::new();
    let lines = help.lines().skip_while(|line| !line.starts_with(title)).skip(1);
    for line in lines.take_while(|line| line.starts_with("  ")) {
        let is_new = !line.starts_with("   ");
        if let (false, Some(last)) = (is_new, entries.last_mut()) {
            last.about = format!("{} {}", last.about, line.trim());
        } else {
            let (name, about) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            entries.push(Named { name: name.to_owned(), about: about.trim().to_owned() });
        }
    }
    entries
}

/// The kinds of records that the schema has: those of one name together.
fn records(schema: &str) -> Vec<RecordEntry> {
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    let named = |reference: &Value| {
        let name = reference.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
        schema.get("$defs")?.get(name)
    };
    let mut kinds: BTreeMap<&str, RecordEntry> = BTreeMap::new();
    for definition in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten().filter_map(named) {
        let parts = definition.get("allOf").and_then(Value::as_array).into_iter().flatten().filter_map(named);
        let base = named(definition);
        let properties = std::iter::once(definition).chain(base).chain(parts);
        let properties = properties.filter_map(|part| part.get("properties")?.as_object());
        let fields: Vec<String> = properties.flat_map(|properties| properties.keys().cloned()).collect();
        let kind = definition.pointer("/properties/record/const").and_then(Value::as_str).unwrap_or_default();
        let about = definition.get("description").and_then(Value::as_str).unwrap_or_default();
        let new =
            || RecordEntry { kind: kind.to_owned(), about: String::new(), fields: vec!["observed_at".to_owned()] };
        let entry = kinds.entry(kind).or_insert_with(new);
        if !entry.about.is_empty() && !about.is_empty() {
            entry.about.push(' ');
        }
        entry.about.push_str(about);
        for field in fields {
            if !entry.fields.contains(&field) {
                entry.fields.push(field);
            }
        }
    }
    kinds.into_values().collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn every_command_with_its_options_and_all_that_the_help_says_is_told() {
        let program = Listing::of(&args::command());
        let names: Vec<_> = program.commands.iter().map(|command| command.name.as_str()).collect();
        for name in args::command().get_subcommands().map(Command::get_name).filter(|name| *name != "help") {
            assert!(names.contains(&name), "{name}");
        }
        assert!(names.contains(&"plan infer"));
        let lint = program.commands.iter().find(|command| command.name == "lint").unwrap();
        assert!(lint.usage.starts_with("clickscope lint ") && lint.notes.contains("Exit codes: 0"), "{}", lint.usage);
        assert!(lint.arguments.iter().all(|argument| argument.required && argument.repeatable));
        let format = lint.options.iter().find(|option| option.long.as_deref() == Some("--format")).unwrap();
        assert_eq!(format.values, ["sarif", "junit", "github"]);
        let codes: Vec<_> = program.exit_codes.iter().map(|code| code.code).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 74, 130]);
        assert!(program.exit_codes.iter().all(|code| !code.about.is_empty()));
        for variable in ["CLICKSCOPE_EVENT_KEY", "CLICKSCOPE_USER_KEY", "CLICKSCOPE_LOG", "CLICKSCOPE_URL"] {
            assert!(
                program.environment.iter().any(|named| named.name == variable && named.about.len() > 9),
                "{variable}"
            );
        }
        let kinds: Vec<_> = program.records.iter().map(|record| record.kind.as_str()).collect();
        assert!(["event", "gap", "proof", "request", "tape"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        let event = program.records.iter().find(|record| record.kind == "event").unwrap();
        assert!(
            ["record", "event", "findings", "captured"].iter().all(|field| event.fields.iter().any(|it| it == field))
        );
        assert!(kinds.iter().all(|kind| !kind.is_empty()), "{kinds:?}");
    }
}
