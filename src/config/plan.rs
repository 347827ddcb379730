use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::{Unread, read_text};
use super::{ConfigError, Setting};
use crate::event::Sanitized;
use crate::event::text::sanitize;
use crate::plan::{BadSchema, Plan, SchemaFile, UnreadableFile};

/// So many schemas make a plan; a folder with more is another one.
const MOST: usize = 1_000;

/// Reads the plan in a folder: its files `*.json`, in the order of their names, but for hidden ones. Also which of them
/// are no schemas. The error says of a folder that is none, or holds no such file, where it was named.
pub fn read_plan(folder: &Setting<PathBuf>) -> Result<(Plan, Vec<BadSchema>), ConfigError> {
    let Setting { value: path, place } = folder;
    let shown = sanitize(&path.display().to_string());
    let unusable = |reason: String| ConfigError::Unusable { place: place.clone(), reason };
    let paths = schemas(path).map_err(|error| {
        unusable(match error.kind() {
            io::ErrorKind::NotFound => {
                format!("there is no folder {shown}; `clickscope plan infer FILE --into {shown}` makes one from events")
            }
            io::ErrorKind::NotADirectory => format!("{shown} is not a folder: name the one that holds the schemas"),
            _ => format!("the folder {shown} cannot be read: {error}"),
        })
    })?;
    match paths.len() {
        0 => Err(unusable(format!(
            "there is no schema in {shown}: write one as EVENT_TYPE.json, or have it inferred with `clickscope plan infer \
             FILE --into {shown}`"
        ))),
        count if count > MOST => {
            Err(unusable(format!("there are {count} files in {shown}, more than the {MOST} of a plan")))
        }
        _ => Ok(Plan::read(paths.iter().map(|path| file(path)))),
    }
}

fn schemas(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let is_schema = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json") && !hidden(path);
    let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = paths.filter(|path| path.as_ref().map_or(true, is_schema)).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn file(path: &Path) -> SchemaFile {
    let text = read_text(path).map_err(|unread| match unread {
        Unread::Absent => UnreadableFile { line: None, reason: "it is gone".into() },
        Unread::NotText { line } => {
            UnreadableFile { line: Some(line), reason: "this line is not text (not UTF-8)".into() }
        }
        Unread::Io(error) => UnreadableFile { line: None, reason: Sanitized::of(&error) },
    });
    SchemaFile { name: path.display().to_string(), text }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::config::Provenance;

    fn read(folder: &Path) -> Result<(Plan, Vec<BadSchema>), ConfigError> {
        read_plan(&Setting { value: folder.to_owned(), place: Provenance::Flag("--plan") })
    }

    #[test]
    fn a_plan_is_the_json_files_of_a_folder_and_what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
        write("purchase.json", b"{}");
        write("booked.schema.json", b"{}");
        write("README.md", b"not one");
        write(".booked.json.swp.json", b"not one either");
        write("latin.json", b"{\n\"title\": \"caf\xe9\"}");
        write("huge.json", &vec![b' '; (1 << 20) + 1]);
        fs::create_dir(folder.path().join("folder.json")).unwrap();

        let (plan, bad) = read(folder.path()).unwrap();
        assert_eq!(plan.types().map(|known| known.name).collect::<Vec<_>>(), ["booked", "purchase"]);
        let told: Vec<String> = bad.iter().map(|bad| bad.sentence().into()).collect();
        let expected = [("folder.json: ", "not a file"), ("huge.json: ", "1 MiB"), ("latin.json:2: ", "not UTF-8")];
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, (file, reason)) in told.iter().zip(expected) {
            assert!(told.contains(file) && told.contains(reason), "{told}");
        }
    }

    #[test]
    fn a_folder_that_holds_no_plan_is_told_with_where_it_was_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "").unwrap();
        for (folder, part) in [
            (path("nothing"), "there is no folder"),
            (path("file"), "is not a folder"),
            (path(""), "there is no schema in"),
        ] {
            let told = read(&folder).unwrap_err().to_string();
            assert!(told.starts_with("--plan: ") && told.contains(part), "{told}");
        }
    }
}
