use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::file::{Unread, read_text};
use crate::event::catalogue::Template;
use crate::event::text::sanitize;

/// A file in the template folder that is no template.
#[derive(Debug, Error)]
#[error("the template {} is left out: {reason}", sanitize(&path.display().to_string()))]
pub struct TemplateError {
    /// The file, or the folder.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// Reads the user's own templates, the files `NAME.json` in `folder`, in the order of their names, and says which could
/// not be read. Without the folder there are none.
pub fn own_templates(folder: &Path) -> (Vec<Template>, Vec<TemplateError>) {
    let mut troubles = Vec::new();
    let mut templates = Vec::new();
    let mut paths = match entries(folder) {
        Ok(paths) => paths,
        Err(error) => {
            troubles.push(TemplateError { path: folder.to_owned(), reason: error.to_string() });
            Vec::new()
        }
    };
    paths.sort();
    for path in paths {
        match template(&path) {
            Ok(template) => templates.push(template),
            Err(reason) => troubles.push(TemplateError { path, reason }),
        }
    }
    (templates, troubles)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let is_template = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json") && !hidden(path);
    entries.map(|entry| Ok(entry?.path())).filter(|path| path.as_ref().map_or(true, is_template)).collect()
}

fn template(path: &Path) -> Result<Template, String> {
    let name = path.file_stem().and_then(|name| name.to_str()).ok_or("its name is not text (not UTF-8)")?;
    if name.contains(char::is_control) {
        return Err("there is a control character in its name".to_owned());
    }
    let text = read_text(path).map_err(|unread| match unread {
        Unread::Absent => "it is gone".to_owned(),
        Unread::NotText { line } => format!("line {line} is not text (not UTF-8)"),
        Unread::Io(error) => error.to_string(),
    })?;
    Ok(Template { name: name.to_owned(), description: "own template".to_owned(), text })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn templates_are_the_json_files_of_the_folder_and_what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
        write("vip.json", br#"{"event":"vip"}"#);
        write("basket.json", br#"{"event":"basket"}"#);
        write("notes.txt", b"not one");
        write(".vip.json.swp.json", b"not one either");
        write("broken.json", b"{\n\"a\": \"\xff\"}");
        write("huge.json", &vec![b' '; (1 << 20) + 1]);
        fs::create_dir(folder.path().join("folder.json")).unwrap();

        let (templates, troubles) = own_templates(folder.path());
        let names: Vec<&str> = templates.iter().map(|template| template.name.as_str()).collect();
        assert_eq!(names, ["basket", "vip"]);
        let told: Vec<String> = troubles.iter().map(ToString::to_string).collect();
        let expected = [("broken.json", "line 2"), ("folder.json", "not a file"), ("huge.json", "1 MiB")];
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, (file, reason)) in told.iter().zip(expected) {
            assert!(told.contains(file) && told.contains(reason), "{told}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_holds_no_templates() {
        let folder = tempfile::tempdir().unwrap();
        let (templates, troubles) = own_templates(&folder.path().join("templates"));
        assert!(templates.is_empty() && troubles.is_empty());
    }
}
