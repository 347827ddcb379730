//! A folder of small files that a program killed in the middle of writing leaves whole, the old text or the new.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use uuid::Uuid;

use crate::event::text::size;

/// How every file ends.
const EXTENSION: &str = ".json";

/// How a file begins that is being written.
const UNFINISHED: &str = ".unfinished-";

/// How a file begins that stands for one that somebody has open. The file itself is another one after each writing.
const OPEN: &str = ".open-";

/// The longest name, in bytes. Systems allow 255, and the extension takes some of them.
const LONGEST_NAME: usize = 120;

/// A folder of files `NAME.json`, which are for the user alone. It need not be there until something is put in.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

/// A file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FolderEntry {
    /// Its name, without the extension.
    pub(super) name: String,
    /// When it was last changed.
    pub(super) changed: SystemTime,
    /// Its length in bytes.
    pub(super) bytes: u64,
}

/// Why something could not be put into a folder.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    #[error("`{}` is not a valid file name: use letters, digits, `-` and `_`, at most {LONGEST_NAME} of them", .0.escape_debug())]
    Name(String),
    #[error("{} exists: choose another name", .0.display())]
    Exists(PathBuf),
    #[error("{} could not be {doing}: {source}", path.display())]
    System { path: PathBuf, doing: &'static str, source: io::Error },
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where the file of this name is, or would be. A name that could lead elsewhere has no place.
    pub(super) fn place(&self, name: &str) -> Result<PathBuf, FolderError> {
        if !is_name(name) {
            return Err(FolderError::Name(name.chars().take(LONGEST_NAME).collect()));
        }
        Ok(self.0.join(format!("{name}{EXTENSION}")))
    }

    /// Puts `text` in the place of what the file held before.
    pub(super) fn replace(&self, name: &str, text: &str) -> Result<PathBuf, FolderError> {
        let place = self.place(name)?;
        let unfinished = self.write_unfinished(&place, text)?;
        match fs::rename(&unfinished, &place) {
            Ok(()) => Ok(place),
            Err(source) => {
                forget(&unfinished);
                Err(FolderError::System { path: place, doing: "written", source })
            }
        }
    }

    /// Puts `text` into a new file, or leaves one that holds it already.
    pub(super) fn add(&self, name: &str, text: &str) -> Result<PathBuf, FolderError> {
        let place = self.place(name)?;
        let unfinished = self.write_unfinished(&place, text)?;
        let linked = match fs::hard_link(&unfinished, &place) {
            // Not every file system knows links, and there the two steps are the best that can be had.
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !exists(&place) => {
                fs::rename(&unfinished, &place)
            }
            linked => linked,
        };
        forget(&unfinished);
        match linked {
            Ok(()) => Ok(place),
            Err(_) if holds(&place, text) => Ok(place),
            Err(_) if exists(&place) => Err(FolderError::Exists(place)),
            Err(source) => Err(FolderError::System { path: place, doing: "written", source }),
        }
    }

    /// Claims the file of this name for as long as what this gives is open; nothing where another program has claimed it.
    /// The system ends a claim with the program, however that ends.
    pub(super) fn claim(&self, name: &str) -> Result<Option<File>, FolderError> {
        let place = self.place(name)?;
        let failed = |source| FolderError::System { path: place.clone(), doing: "claimed", source };
        self.create().map_err(failed)?;
        let mark = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(self.mark(name));
        let mark = mark.map_err(failed)?;
        match mark.try_lock() {
            Ok(()) => Ok(Some(mark)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Gives a claim up.
    pub(super) fn give_up(&self, name: &str, claim: File) {
        forget(&self.mark(name));
        drop(claim);
    }

    fn mark(&self, name: &str) -> PathBuf {
        self.0.join(format!("{OPEN}{name}"))
    }

    fn create(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)
    }

    /// Takes the file away, if it is there.
    pub(super) fn remove(&self, name: &str) -> Result<(), FolderError> {
        let place = self.place(name)?;
        match fs::remove_file(&place) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(FolderError::System { path: place, doing: "removed", source })
            }
            _ => Ok(()),
        }
    }

    /// The files, the one that was changed last first; none of a folder that cannot be read.
    pub(super) fn entries(&self) -> Vec<FolderEntry> {
        let mut entries: Vec<_> = self
            .files()
            .filter_map(|(file, metadata)| {
                let name = file.strip_suffix(EXTENSION).filter(|name| is_name(name))?.to_owned();
                Some(FolderEntry { name, changed: metadata.modified().ok()?, bytes: metadata.len() })
            })
            .collect();
        entries.sort_by(|one, other| other.changed.cmp(&one.changed).then_with(|| one.name.cmp(&other.name)));
        entries
    }

    /// Takes away what a program left that was killed: what it was writing, unless that was changed after `since`, and the
    /// claims of files that are no more.
    pub(super) fn remove_unfinished(&self, since: SystemTime) {
        for (file, metadata) in self.files() {
            if file.starts_with(UNFINISHED) && metadata.modified().is_ok_and(|changed| changed < since) {
                forget(&self.0.join(file));
            } else if let Some(name) = file.strip_prefix(OPEN)
                && self.place(name).is_ok_and(|place| !exists(&place))
                && let Ok(Some(claim)) = self.claim(name)
            {
                self.give_up(name, claim);
            }
        }
    }

    /// Takes from all others the rights to the folder and its files that they may have from before.
    pub(super) fn close_to_others(&self) {
        let close = |path: &Path, metadata: &fs::Metadata, mode| {
            if metadata.permissions().mode() & 0o077 != 0
                && let Err(error) = fs::set_permissions(path, Permissions::from_mode(mode))
            {
                tracing::warn!(%error, "others may read drafts");
            }
        };
        if let Ok(metadata) = fs::symlink_metadata(&self.0)
            && metadata.is_dir()
        {
            close(&self.0, &metadata, 0o700);
        }
        for (file, metadata) in self.files() {
            close(&self.0.join(file), &metadata, 0o600);
        }
    }

    fn files(&self) -> impl Iterator<Item = (String, fs::Metadata)> {
        let listed = fs::read_dir(&self.0).into_iter().flatten().flatten();
        listed.filter_map(|entry| {
            // Of the entry itself: a link may lead anywhere.
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((entry.file_name().into_string().ok()?, metadata))
        })
    }

    /// The text in a file beside `place`, where it can be moved from in one step.
    fn write_unfinished(&self, place: &Path, text: &str) -> Result<PathBuf, FolderError> {
        let failed = |source| FolderError::System { path: place.to_owned(), doing: "written", source };
        self.create().map_err(failed)?;
        let unfinished = self.0.join(format!("{UNFINISHED}{}", Uuid::new_v4()));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)
            // Not forced out to the disk: this keeps the text from the end of the program, not of the machine, and each
            // key press writes one.
            .and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Ok(()) => Ok(unfinished),
            Err(source) => {
                forget(&unfinished);
                Err(failed(source))
            }
        }
    }
}

/// All of a file that holds no more than `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    OpenOptions::new().read(true).open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        Ok(bytes)
    } else {
        Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it holds more than {}", size(limit))))
    }
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn holds(path: &Path, text: &str) -> bool {
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    read(path, length).is_ok_and(|bytes| bytes == text.as_bytes())
}

fn forget(unfinished: &Path) {
    if let Err(error) = fs::remove_file(unfinished)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, file = %unfinished.display(), "an unfinished file could not be removed");
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::{MetadataExt, symlink};
    use std::time::Duration;

    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::new(&home.path().join("state/drafts"));
        (home, folder)
    }

    fn files(folder: &Folder) -> Vec<String> {
        let mut files: Vec<_> = folder.files().map(|(file, _)| file).collect();
        files.sort();
        files
    }

    #[test]
    fn a_file_and_its_folder_are_for_the_user_alone() {
        let (_home, folder) = folder();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for place in [folder.replace("one", "{}").unwrap(), folder.add("two", "{}").unwrap()] {
            assert_eq!((mode(&place), mode(place.parent().unwrap())), (0o600, 0o700), "{}", place.display());
        }
    }

    #[test]
    fn old_files_are_closed_to_others_and_what_a_link_leads_to_is_left_alone() {
        let (home, folder) = folder();
        let place = folder.replace("one", "{}").unwrap();
        let elsewhere = home.path().join("elsewhere");
        fs::write(&elsewhere, "").unwrap();
        symlink(&elsewhere, folder.place("link").unwrap()).unwrap();
        for (path, mode) in [(&place, 0o644), (&folder.0, 0o755), (&elsewhere, 0o644)] {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
        folder.close_to_others();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&place), mode(&folder.0), mode(&elsewhere)), (0o600, 0o700, 0o644));
    }

    /// A reader that opened the file before still has the old text, whole: nothing is ever written over.
    #[test]
    fn a_text_is_replaced_by_another_file_and_never_written_over() {
        let (_home, folder) = folder();
        let place = folder.replace("draft", "old").unwrap();
        let mut opened = fs::File::open(&place).unwrap();
        let before = fs::metadata(&place).unwrap().ino();
        assert_eq!(folder.replace("draft", "new").unwrap(), place);
        let mut old = String::new();
        opened.read_to_string(&mut old).unwrap();
        assert_eq!((old.as_str(), fs::read_to_string(&place).unwrap().as_str()), ("old", "new"));
        assert_ne!(fs::metadata(&place).unwrap().ino(), before);
        assert_eq!(files(&folder), ["draft.json"]);
    }

    #[test]
    fn a_name_that_could_lead_elsewhere_is_refused() {
        let (home, folder) = folder();
        let long = "x".repeat(LONGEST_NAME + 1);
        for name in ["", ".", "..", "../x", "/etc/x", "a/b", "a b", "a.b", "é", "a\0b", "\u{1b}[2J", long.as_str()] {
            for refused in [folder.replace(name, "{}"), folder.add(name, "{}"), folder.place(name)] {
                let error = refused.unwrap_err();
                assert!(matches!(error, FolderError::Name(_)), "{name:?}: {error}");
                assert!(!error.to_string().contains(char::is_control), "{error:?}");
            }
            assert!(folder.remove(name).is_err(), "{name:?}");
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn another_text_of_the_same_name_is_left_alone_and_the_same_is_no_trouble() {
        let (_home, folder) = folder();
        let place = folder.add("checkout", "{}").unwrap();
        assert_eq!(folder.add("checkout", "{}").unwrap(), place);
        let refused = folder.add("checkout", r#"{"a":1}"#).unwrap_err().to_string();
        assert!(refused.contains("checkout.json exists: choose another name"), "{refused}");
        assert_eq!(fs::read_to_string(&place).unwrap(), "{}");
        assert_eq!(files(&folder), ["checkout.json"]);
    }

    #[test]
    fn what_cannot_be_written_says_so_and_leaves_nothing_behind() {
        let (_home, folder) = folder();
        fs::create_dir_all(folder.place("draft").unwrap().join("full")).unwrap();
        let error = folder.replace("draft", "{}").unwrap_err().to_string();
        assert!(error.contains("draft.json could not be written"), "{error}");
        assert_eq!(files(&folder), <[&str; 0]>::default());
    }

    #[test]
    fn only_own_files_are_listed_and_links_are_not_followed() {
        let (home, folder) = folder();
        let secret = home.path().join("secret");
        fs::write(&secret, "{}").unwrap();
        folder.replace("one", "{}").unwrap();
        symlink(&secret, folder.place("link").unwrap()).unwrap();
        fs::write(folder.0.join("notes.txt"), "").unwrap();
        fs::write(folder.0.join("a b.json"), "").unwrap();
        let names: Vec<_> = folder.entries().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["one"]);

        // Nor is one written through.
        folder.replace("link", "new").unwrap();
        assert_eq!(fs::read_to_string(&secret).unwrap(), "{}");
    }

    #[test]
    fn what_was_left_unfinished_is_taken_away_when_nobody_can_be_at_it_any_more() {
        let (_home, folder) = folder();
        folder.replace("one", "{}").unwrap();
        fs::write(folder.0.join(format!("{UNFINISHED}1")), "half").unwrap();
        let now = SystemTime::now();
        folder.remove_unfinished(now - Duration::from_hours(1));
        assert_eq!(files(&folder).len(), 2);
        folder.remove_unfinished(now + Duration::from_hours(1));
        assert_eq!(files(&folder), ["one.json"]);
    }
}
