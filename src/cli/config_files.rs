//! `clickscope config`: writes, explains and describes config files, and notes what is agreed to.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use thiserror::Error;

use super::args::ConfigCommand;
use super::{Exit, Failure, stderr};
use crate::config::{self, Agreements, Explained, FILE_NAME, PROJECT_FILE, Whose};
use crate::event::text::{sanitize, width};
use crate::event::{Sanitized, sanitized};

/// The widest value in a line, in columns.
const WIDEST: usize = 60;

/// Why a config file is not written or agreed to.
#[derive(Debug, Error)]
pub(super) enum ConfigFileError {
    #[error("there is no folder for it: set XDG_CONFIG_HOME or HOME")]
    NoFolder,
    #[error("there is no folder to note it in: set XDG_STATE_HOME or HOME")]
    NoState,
    #[error("{} is there already: it is left as it is", sanitize(&.0.display().to_string()))]
    Exists(PathBuf),
    #[error(
        "there is no {PROJECT_FILE} from here up to the root of the repository; `clickscope config init --project` writes one"
    )]
    NoProject,
    #[error("{} cannot be written: {why}", sanitize(&path.display().to_string()))]
    Unwritten { path: PathBuf, why: io::Error },
}

pub(super) fn run(
    command: ConfigCommand,
    explained: impl FnOnce() -> Result<Vec<Explained>, Failure>,
) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Init { project } => init(project)?,
        ConfigCommand::Explain { json } => {
            let explained = explained()?;
            let text = if json { lines(&explained) } else { table(&explained) };
            io::stdout().write_all(text.as_bytes())?;
            if !json {
                waiting()?.iter().for_each(stderr::say_plainly);
            }
        }
        ConfigCommand::Schema => writeln!(io::stdout(), "{:#}", config::schema())?,
        ConfigCommand::Trust { forget } => trust(forget)?,
    }
    Ok(Exit::Done)
}

fn init(project: bool) -> Result<(), Failure> {
    let (path, whose) = if project {
        (PathBuf::from(PROJECT_FILE), Whose::Project)
    } else {
        (config::config_folder().ok_or(ConfigFileError::NoFolder)?.join(FILE_NAME), Whose::User)
    };
    write_new(&path, config::sample(whose)).map_err(|why| match why.kind() {
        io::ErrorKind::AlreadyExists => ConfigFileError::Exists(path.clone()),
        _ => ConfigFileError::Unwritten { path: path.clone(), why },
    })?;
    writeln!(io::stdout(), "{}", sanitize(&path.display().to_string()))?;
    Ok(())
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// A line for each setting, with what it hides below it.
fn table(explained: &[Explained]) -> String {
    let widest =
        |texts: &mut dyn Iterator<Item = &Sanitized>| texts.map(|text| width(text).min(WIDEST)).max().unwrap_or(0);
    let names = widest(&mut explained.iter().map(|explained| &explained.name));
    let values = widest(&mut explained.iter().map(|explained| &explained.setting.value));
    let mut text = String::new();
    for Explained { name, setting, hidden } in explained {
        let mut name = &**name;
        let mut mark = "";
        for setting in std::iter::once(setting).chain(hidden) {
            let value = setting.value.fit(WIDEST);
            let gap = values.saturating_sub(width(&value));
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:names$}  {value}{:gap$}  {}{mark}", "", Sanitized::of(&setting.place));
            (name, mark) = ("", ", hidden");
        }
    }
    text
}

fn lines(explained: &[Explained]) -> String {
    let one =
        |setting: &config::Setting<Sanitized>| json!({"value": &*setting.value, "from": setting.place.to_string()});
    let line = |Explained { name, setting, hidden }: &Explained| {
        let hidden: Vec<_> = hidden.iter().map(one).collect();
        let from = setting.place.to_string();
        format!("{}\n", json!({"name": &**name, "value": &*setting.value, "from": from, "hidden": hidden}))
    };
    explained.iter().map(line).collect()
}

/// What of a project's file waits for the user's word.
fn waiting() -> Result<Option<Sanitized>, Failure> {
    let project = config::project()?;
    Ok(project.filter(|project| !project.agreed && !project.decides.is_empty()).map(|project| {
        let path = sanitize(&project.path.display().to_string());
        sanitized!("{} says more than counts without your word; `clickscope config trust` shows it", path)
    }))
}

/// Shows what the project's file decides that needs the user's word, and notes that it is given.
fn trust(forget: bool) -> Result<(), Failure> {
    let project = config::project()?.ok_or(ConfigFileError::NoProject)?;
    let folder = config::state_folder().ok_or(ConfigFileError::NoState)?;
    let agreements = Agreements::within(&folder);
    let path = &project.path;
    let noted = if forget { agreements.forget(path) } else { agreements.agree(path, &project.text) };
    noted.map_err(|why| ConfigFileError::Unwritten { path: folder, why })?;
    let mut out = io::stdout().lock();
    let shown = sanitize(&path.display().to_string());
    if forget {
        writeln!(out, "{shown}: no longer agreed to")?;
        return Ok(());
    }
    for (name, setting) in &project.decides {
        writeln!(out, "{}  {} = {}", Sanitized::of(&setting.place), sanitize(name), setting.value)?;
    }
    match project.decides.len() {
        0 => writeln!(out, "{shown}: nothing in it needs your agreement")?,
        _ => writeln!(out, "{shown}: agreed to, as it is now")?,
    }
    Ok(())
}
