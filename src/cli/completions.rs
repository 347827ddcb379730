//! Completions of the shell. The script that a shell loads asks the program itself, so it knows the user's own profiles and
//! templates, and is never older than the program.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::ValueCompleter;
use clap_complete::env::Shells;
use clap_complete::{ArgValueCandidates, ArgValueCompleter, CompleteEnv, CompletionCandidate, PathCompleter, Shell};

use super::sending::templates_folder;
use super::{Exit, Failure, args, templates};
use crate::config::{self, ConfigFile};
use crate::event::catalogue::{Catalogue, Template};
use crate::plan;

/// The variable by which a script asks what can stand at the cursor.
const ASKED: &str = "_CLICKSCOPE_COMPLETE";

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
    file.profile_names().map(CompletionCandidate::new).collect()
}

/// The templates, the user's own too, each with what it is.
fn templates() -> Vec<CompletionCandidate> {
    let own = own_templates();
    let shown =
        |template: &Template| CompletionCandidate::new(&template.name).help(Some(template.description.clone().into()));
    templates::all(&own).map(|(template, _)| shown(template)).collect()
}

/// The same, and files, where the current word may be either.
fn templates_and_files(current: &OsStr) -> Vec<CompletionCandidate> {
    let begun = current.to_string_lossy();
    let is_it = |candidate: &CompletionCandidate| candidate.get_value().to_string_lossy().starts_with(&*begun);
    let files = PathCompleter::file().stdio().complete(current);
    templates().into_iter().filter(is_it).chain(files).collect()
}

/// Event types: the standard ones, and those of the plan of the profile that is used.
fn event_types() -> Vec<CompletionCandidate> {
    let standard = Catalogue::standard().definitions().iter().map(|definition| definition.event_type.clone());
    let file = ConfigFile::read_all().unwrap_or_default();
    let profile = file.choose(None, &|name| std::env::var_os(name)).ok().flatten();
    let plan = profile.and_then(|profile| Some(types_of(&profile.value.plan()?.value)));
    let mut types: Vec<String> = standard.chain(plan.into_iter().flatten()).collect();
    types.sort_unstable();
    types.dedup();
    types.into_iter().map(CompletionCandidate::new).collect()
}

/// The types that a folder of schemas is about, by the names of its files.
fn types_of(plan: &Path) -> Vec<String> {
    let files = std::fs::read_dir(plan).into_iter().flatten().flatten().map(|entry| entry.path());
    let schemas = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    schemas.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

/// Those that cannot be read are left out.
fn own_templates() -> Vec<Template> {
    templates_folder().as_deref().map(config::own_templates).unwrap_or_default().0
}
