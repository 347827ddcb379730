//! Completions of the shell. The script that a shell loads asks the program itself, so it knows the user's own profiles and
//! templates, and is never older than the program.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::ValueCompleter;
use clap_complete::env::Shells;
use clap_complete::{ArgValueCandidates, ArgValueCompleter, CompleteEnv, CompletionCandidate, PathCompleter, Shell};
use serde::Deserialize;

use super::sending::templates_folder;
use super::{Exit, Failure, args, templates};
use crate::config::{self, ConfigFile};
use crate::event::catalogue::Catalogue;
use crate::plan;
use crate::runtime::recording;

/// The variable by which a script asks what can stand at the cursor.
const ASKED: &str = "_CLICKSCOPE_COMPLETE";

/// So many bytes of a tape are read for the types on it.
const MOST_OF_TAPE: u64 = 1 << 20;

/// Prints the script for a shell.
pub(super) fn run(shell: Shell) -> Result<Exit, Failure> {
    std::io::stdout().write_all(&script(shell)?)?;
    Ok(Exit::Done)
}

fn script(shell: Shell) -> std::io::Result<Vec<u8>> {
    let mut script = Vec::new();
    if let Some(completer) = Shells::builtins().completer(&shell.to_string()) {
        completer.write_registration(ASKED, "clickscope", "clickscope", "clickscope", &mut script)?;
    }
    if shell == Shell::Zsh {
        // As a file in $fpath it is run where the first completion is asked for, which it has to answer too.
        script.extend(b"[[ $funcstack[1] = _clickscope ]] && _clap_dynamic_completer_clickscope \"$@\"\n");
    }
    Ok(script)
}

/// Answers a script that asks what can stand at the cursor; whether one did. Whatever goes wrong, nothing else is said: a
/// person is in the middle of a line. Nothing is run or asked for it but files.
pub(super) fn answer() -> bool {
    let folder = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(|| completing(args::command())).var(ASKED);
    asked.try_complete(std::env::args_os(), folder.as_deref()).unwrap_or(true)
}

/// The command line with what can stand for its values.
fn completing(command: Command) -> Command {
    command.mut_args(value).mut_subcommands(completing)
}

/// By what the help calls a value it is known what can stand for it.
fn value(arg: Arg) -> Arg {
    let form = arg.get_value_names().and_then(|names| Some(names.first()?.to_string()));
    match (arg.get_id().as_str(), form.as_deref()) {
        ("profile", _) => arg.add(ArgValueCandidates::new(profiles)),
        ("name", _) if arg.get_possible_values().is_empty() => arg.add(ArgValueCandidates::new(templates)),
        (_, Some("RULE" | "RULE[@TYPE]")) => arg.add(ArgValueCandidates::new(rules)),
        (_, Some("TYPE")) => arg.add(ArgValueCandidates::new(event_types)),
        (_, Some("TYPE|FILE|-")) => arg.add(ArgValueCompleter::new(templates_and_files)),
        (_, Some("FILE|-" | "A" | "B")) => arg.value_hint(ValueHint::AnyPath),
        _ => arg,
    }
}

/// The lint rules, each with its title.
fn rules() -> Vec<CompletionCandidate> {
    plan::rules().map(|rule| CompletionCandidate::new(rule.id).help(Some(rule.title.into()))).collect()
}

/// The profiles of the config file.
fn profiles() -> Vec<CompletionCandidate> {
    let file = ConfigFile::read_all().unwrap_or_default();
    file.profile_names().filter(is_plain).map(CompletionCandidate::new).collect()
}

/// The templates, the user's own too, each with what it is. Own ones that cannot be read are left out.
fn templates() -> Vec<CompletionCandidate> {
    let own = templates_folder().as_deref().map(config::own_templates).unwrap_or_default().0;
    let all = templates::all(&own).filter(|(template, _)| is_plain(&&*template.name));
    all.map(|(template, _)| CompletionCandidate::new(&template.name).help(Some(template.description.clone().into())))
        .collect()
}

/// The same, and files, where the current word may be either.
fn templates_and_files(current: &OsStr) -> Vec<CompletionCandidate> {
    let begun = current.to_string_lossy();
    let is_it = |candidate: &CompletionCandidate| candidate.get_value().to_string_lossy().starts_with(&*begun);
    let files = PathCompleter::file().stdio().complete(current);
    templates().into_iter().filter(is_it).chain(files).collect()
}

/// Event types: the standard ones, those of the plan of the profile that is used, and those of the tape that was recorded last.
fn event_types() -> Vec<CompletionCandidate> {
    let standard = Catalogue::standard().definitions().iter().map(|definition| definition.event_type.clone());
    let file = ConfigFile::read_all().unwrap_or_default();
    let profile = file.choose(None, &|name| std::env::var_os(name)).ok().flatten();
    let of_plan = profile.and_then(|profile| Some(types_of_plan(&profile.value.plan()?.value)));
    let newest = config::tapes_folder().and_then(|folder| recording::latest(&folder));
    let of_tape = newest.map(|tape| types_of_tape(&tape));
    let all = standard.chain(of_plan.into_iter().flatten()).chain(of_tape.into_iter().flatten());
    let types: BTreeSet<String> = all.filter(|name| is_plain(&&**name)).collect();
    types.into_iter().map(CompletionCandidate::new).collect()
}

/// The types that a folder of schemas is about, by the names of its files.
fn types_of_plan(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let schemas = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    schemas.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

/// The types of the beginning of a tape: all of it could take longer than whoever types wants to wait.
fn types_of_tape(tape: &Path) -> Vec<String> {
    #[derive(Deserialize)]
    struct Line {
        r#type: String,
    }
    let Ok(file) = File::open(tape) else { return Vec::new() };
    let lines = BufReader::new(file.take(MOST_OF_TAPE)).lines().map_while(Result::ok);
    lines.filter_map(|line| Some(serde_json::from_str::<Line>(&line).ok()?.r#type)).collect()
}

/// Whether a name can stand on a command line as it is. One with other characters may have been written by somebody else, to
/// be run by whoever completes it.
fn is_plain(name: &&str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
