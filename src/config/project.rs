//! The config file of a project: where it is, and whether the user has agreed to it.
//!
//! It comes with the code, so whoever can change the code can write it. It may say what is checked and shown. What it says of
//! where a key goes, and of what may be sent, counts when the user has agreed to the file as it is, byte for byte and at its
//! place; a command to run, a file to read and what is for the person at the keyboard it may never name.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

/// The name of the file of a project.
pub const PROJECT_FILE: &str = ".clickscope.toml";

/// The list of agreements in the state folder.
const LIST: &str = "agreed";

/// The nearest file of a project from `folder` upwards to the root of its repository; outside a repository only the one in
/// `folder` itself.
pub(super) fn find(folder: &Path) -> Option<PathBuf> {
    let root = folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(folder);
    let within = folder.ancestors().take_while(|folder| folder.starts_with(root));
    within.map(|folder| folder.join(PROJECT_FILE)).find(|path| path.symlink_metadata().is_ok())
}

/// The files of projects that the user has agreed to.
#[derive(Clone, Debug)]
pub struct Agreements(PathBuf);

impl Agreements {
    /// Those in that state folder.
    pub fn within(folder: &Path) -> Self {
        Self(folder.join(LIST))
    }

    /// Whether the user has agreed to this text at this place.
    pub(super) fn hold(&self, path: &Path, text: &str) -> bool {
        let wanted = fingerprint(path, text);
        fs::read_to_string(&self.0).is_ok_and(|list| list.lines().any(|line| hash_of(line) == wanted))
    }

    /// Notes that the user agrees to this text at this place, and to no other there.
    pub fn agree(&self, path: &Path, text: &str) -> io::Result<()> {
        self.write(path, Some(text))
    }

    /// Forgets what the user agreed to at this place.
    pub fn forget(&self, path: &Path) -> io::Result<()> {
        self.write(path, None)
    }

    fn write(&self, path: &Path, text: Option<&str>) -> io::Result<()> {
        let place = fingerprint(path, "");
        let before = match fs::read_to_string(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            list => list?,
        };
        let others = before.lines().filter(|line| line.split(' ').nth(1) != Some(&*place));
        let mut list: String = others.flat_map(|line| [line, "\n"]).collect();
        if let Some(text) = text {
            // Writing to a string cannot fail.
            let _ = writeln!(list, "{} {place}", fingerprint(path, text));
        }
        let folder = self.0.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(list.as_bytes())?;
        file.persist(&self.0)?;
        Ok(())
    }
}

fn hash_of(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

fn fingerprint(path: &Path, text: &str) -> String {
    let whole = path.canonicalize();
    let place = whole.as_deref().unwrap_or(path).as_os_str().as_encoded_bytes();
    let all = [place, b"\0", text.as_bytes()].concat();
    digest(&SHA256, &all).as_ref().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_looked_for_up_to_the_root_of_the_repository() {
        let home = tempfile::tempdir().unwrap();
        let path = |below: &str| home.path().join(below);
        fs::create_dir_all(path("code/shop/src/deep")).unwrap();
        fs::create_dir_all(path("code/shop/.git")).unwrap();
        fs::create_dir_all(path("loose/inner")).unwrap();
        for below in ["code/.clickscope.toml", "loose/.clickscope.toml"] {
            fs::write(path(below), "").unwrap();
        }
        assert_eq!(find(&path("code/shop/src/deep")), None, "that of the folder above is of another project");
        assert_eq!(find(&path("loose/inner")), None, "without a repository nothing says where a project ends");
        assert_eq!(find(&path("loose")), Some(path("loose/.clickscope.toml")));
        fs::write(path("code/shop/.clickscope.toml"), "").unwrap();
        assert_eq!(find(&path("code/shop/src/deep")), Some(path("code/shop/.clickscope.toml")));
        fs::write(path("code/shop/src/.clickscope.toml"), "").unwrap();
        assert_eq!(find(&path("code/shop/src/deep")), Some(path("code/shop/src/.clickscope.toml")));
    }

    #[test]
    fn an_agreement_is_to_one_text_at_one_place() {
        let folder = tempfile::tempdir().unwrap();
        let agreements = Agreements::within(&folder.path().join("state"));
        let (here, there) = (folder.path().join("here"), folder.path().join("there"));
        let held = |agreements: &Agreements| {
            [(&here, "a"), (&here, "b"), (&there, "a")].map(|(path, text)| agreements.hold(path, text))
        };
        assert_eq!(held(&agreements), [false, false, false]);
        agreements.agree(&here, "a").unwrap();
        assert_eq!(held(&agreements), [true, false, false]);
        agreements.agree(&there, "a").unwrap();
        agreements.agree(&here, "b").unwrap();
        assert_eq!(held(&agreements), [false, true, true]);
        agreements.forget(&here).unwrap();
        assert_eq!(held(&agreements), [false, false, true]);
    }
}
