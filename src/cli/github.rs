//! What a job of GitHub Actions has: the folder of the repository, and the summary that it shows.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::stderr;
use crate::event::sanitized;
use crate::event::text::sanitize;

/// The summary of a step is dropped whole where it is longer than this.
const LONGEST_SUMMARY: u64 = 1024 * 1024;

/// The name of a file as it is known in the repository: relative to the workspace where it lies in it, and without `./`.
pub(super) fn in_repository(path: &str) -> String {
    let here = env::current_dir().unwrap_or_default();
    let workspace = env::var_os("GITHUB_WORKSPACE").filter(|workspace| !workspace.is_empty()).map(PathBuf::from);
    // The folder where a program runs is told without links.
    let resolved = workspace.as_deref().and_then(|workspace| fs::canonicalize(workspace).ok());
    let roots: Vec<&Path> = workspace.iter().chain(&resolved).map(PathBuf::as_path).collect();
    relative(Path::new(path), &here, &roots).to_string_lossy().into_owned()
}

fn relative(path: &Path, here: &Path, roots: &[&Path]) -> PathBuf {
    let absolute = normalized(&here.join(path));
    let inside = roots.iter().find_map(|root| absolute.strip_prefix(normalized(root)).ok());
    inside.map_or_else(|| normalized(path), Path::to_path_buf)
}

/// The path without what leads nowhere: `./`, and `..` behind a folder.
fn normalized(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The summary of the step that runs.
#[derive(Debug)]
pub(super) struct StepSummary(PathBuf);

impl StepSummary {
    /// That of the environment, where there is one.
    pub(super) fn of_environment() -> Option<Self> {
        env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(|path| Self(path.into()))
    }

    /// How many bytes it still takes.
    pub(super) fn room(&self) -> usize {
        let taken = fs::metadata(&self.0).map_or(0, |metadata| metadata.len());
        usize::try_from(LONGEST_SUMMARY.saturating_sub(taken)).unwrap_or(0)
    }

    /// Adds Markdown to it. Where it cannot be written the run goes on, for what it found stands in its output.
    pub(super) fn add(&self, markdown: &str) {
        let write = || -> io::Result<()> {
            OpenOptions::new().append(true).create(true).open(&self.0)?.write_all(markdown.as_bytes())
        };
        if let Err(error) = write() {
            let path = sanitize(&self.0.to_string_lossy());
            stderr::say(&sanitized!(
                "the summary of the step, {}, cannot be written: {}",
                path,
                sanitize(&error.to_string())
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_as_in_the_repository() {
        let root = Path::new("/builds/shop");
        for (path, here, called) in [
            ("events.ndjson", "/builds/shop", "events.ndjson"),
            ("./tests/../events.ndjson", "/builds/shop", "events.ndjson"),
            ("../events.ndjson", "/builds/shop/tests", "events.ndjson"),
            ("a.ndjson", "/builds/shop/tests/e2e", "tests/e2e/a.ndjson"),
            ("/builds/shop/tests/a.ndjson", "/tmp", "tests/a.ndjson"),
            ("/tmp/a.ndjson", "/builds/shop", "/tmp/a.ndjson"),
            ("../other/a.ndjson", "/builds/shop", "../other/a.ndjson"),
            ("./a.ndjson", "/tmp", "a.ndjson"),
        ] {
            assert_eq!(relative(Path::new(path), Path::new(here), &[root]), Path::new(called), "{path} in {here}");
        }
        assert_eq!(relative(Path::new("./a//b.ndjson"), Path::new("/x"), &[]), Path::new("a/b.ndjson"));
    }
}
