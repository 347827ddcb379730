//! A draft in the user's own editor.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use uuid::Uuid;

use super::console::{Command, Console};
use super::drafts::Shelf;
use super::events::Keyboard;
use super::folder::{self, Folder};
use crate::app::{DraftId, Outcome};
use crate::event::sanitized;
use crate::event::text::sanitize;

/// The longest text that is taken back.
const LONGEST: u64 = 8 << 20;

/// How long a slow disk may take over what was typed before the editor opens.
const PATIENCE: Duration = Duration::from_secs(5);

/// Advice added to every failure.
const ADVICE: &str = "the draft is unchanged; set EDITOR (or VISUAL) to choose the editor";

/// The command of the user's editor, for a shell: `$VISUAL`, else `$EDITOR`, else `vi`.
pub(super) fn command(lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let set = |name| lookup(name).filter(|value| !value.trim().is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into())
}

/// A draft on its way to the editor.
#[derive(Debug)]
pub(super) struct Editing {
    /// The editor's command.
    pub(super) command: Command,
    pub(super) draft: DraftId,
    pub(super) text: String,
    pub(super) shelf: Shelf,
    pub(super) keys: Keyboard,
}

impl Editing {
    /// Gives the terminal to the editor until it ends, and says what became of the draft. The terminal is nobody's then.
    pub(super) fn carry_out(self, console: &mut impl Console) -> Outcome {
        let edited = if let Some(folder) = self.shelf.folder() {
            // The file of the draft itself, so that what is saved in the editor outlives us.
            self.edit_in(&Folder::new(folder), console)
        } else {
            let folder = std::env::temp_dir().join(format!("clickscope-{}", Uuid::new_v4()));
            let edited = self.edit_in(&Folder::new(&folder), console);
            if let Err(error) = fs::remove_dir_all(&folder) {
                tracing::warn!(%error, "the folder of the edited draft stays");
            }
            edited
        };
        match edited {
            Ok(text) => Outcome::Edited { draft: self.shelf.own(self.draft), text },
            Err(why) => Outcome::EditFailed(sanitized!("{}; {}", sanitize(&why), ADVICE)),
        }
    }

    fn edit_in(&self, folder: &Folder, console: &mut impl Console) -> Result<String, String> {
        // A write that still waits would overwrite the text that the editor saves.
        if !self.shelf.settle(PATIENCE) {
            return Err("the disk takes too long to write the draft".into());
        }
        let draft = self.shelf.own(self.draft.clone());
        let place = folder.replace(&draft.0, &self.text).map_err(|error| error.to_string())?;
        let status = {
            let _claimed = self.keys.claim();
            console.leave();
            console.run(&self.command, &place)
        };
        let edited = match status {
            Ok(status) if status.success() => self.read_back(&place),
            Ok(status) => Err(failure(&self.command.line, status)),
            Err(error) => Err(format!("`{}` could not be run: {error}", self.command.line)),
        };
        edited.map_err(|why| match self.restore(folder, &place) {
            Some(beside) => format!("{why}; its output is kept as {beside}"),
            None => why,
        })
    }

    fn read_back(&self, place: &Path) -> Result<String, String> {
        let unusable =
            |why: &dyn std::fmt::Display| format!("the output of `{}` cannot be used: {why}", self.command.line);
        let bytes = folder::read(place, LONGEST).map_err(|error| unusable(&error))?;
        let mut text = String::from_utf8(bytes).map_err(|_| unusable(&"it is not UTF-8"))?;
        // Editors end the last line of a file, whether it was ended before or not.
        if text.ends_with('\n') && !self.text.ends_with('\n') {
            text.pop();
        }
        Ok(text)
    }

    /// Puts the draft back as it was. What the editor left goes beside it, if it is something else, and that is said.
    fn restore(&self, folder: &Folder, place: &Path) -> Option<String> {
        let left = folder::read(place, LONGEST);
        if left.is_ok_and(|left| left.trim_ascii_end() == self.text.trim_end().as_bytes()) {
            return None;
        }
        let beside = folder.place(&format!("{}-edited", self.draft.0)).ok()?;
        // Where there is no longer a file, there is nothing to be moved.
        let moved = fs::rename(place, &beside).is_ok();
        if let Err(error) = folder.replace(&self.draft.0, &self.text) {
            tracing::warn!(%error, "the draft was not put back");
        }
        // A temporary folder goes away with all that is in it.
        (moved && self.shelf.folder().is_some()).then(|| beside.display().to_string())
    }
}

/// The reason in the editor's exit status, if it failed. The numbers above 125 are those of shells.
fn failure(command: &str, status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(127), _) => format!("`{command}` was not found"),
        (Some(126), _) => format!("`{command}` is not executable"),
        (Some(code), _) => format!("`{command}` ended with exit code {code}"),
        (None, signal) => format!("`{command}` was ended by signal {}", signal.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io;
    use std::path::PathBuf;

    use tokio::sync::mpsc;

    use crate::event::Sanitized;

    use super::*;
    use crate::app::Size;
    use crate::runtime::drafts::{self, DraftWriter};
    use crate::runtime::events;

    /// Leaves something in the file and ends with a status, as `sh` gives it.
    struct Fake {
        leaves: Option<&'static [u8]>,
        status: i32,
        file: Option<PathBuf>,
    }

    impl Console for Fake {
        fn enter(&mut self) -> io::Result<Size> {
            Ok(Size { width: 80, height: 24 })
        }

        fn leave(&mut self) {}

        fn write(&mut self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }

        fn print(&mut self, _: &Sanitized) -> io::Result<()> {
            Ok(())
        }

        fn can_stop(&self) -> bool {
            false
        }

        fn stop(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn run(&mut self, _: &Command, file: &Path) -> io::Result<ExitStatus> {
            self.file = Some(file.to_owned());
            match self.leaves {
                Some(bytes) => fs::write(file, bytes)?,
                None => fs::remove_file(file)?,
            }
            Ok(ExitStatus::from_raw(self.status))
        }

        fn is_alive(&self) -> bool {
            true
        }
    }

    const BEFORE: &str = "{\n  \"a\": 1\n}";

    /// Edits a draft in `folder`; gives its new text, and the file that the editor was given.
    fn edited(folder: Option<&Path>, leaves: Option<&'static [u8]>, status: i32) -> (Outcome, PathBuf) {
        let drafts = DraftWriter::new(folder, &mpsc::unbounded_channel().0);
        let mut console = Fake { leaves, status, file: None };
        let editing = Editing {
            command: Command { line: "code --wait".into(), ..Command::default() },
            draft: DraftId("d1".into()),
            text: BEFORE.into(),
            shelf: drafts.shelf(),
            keys: events::keys().0,
        };
        (editing.carry_out(&mut console), console.file.unwrap())
    }

    #[test]
    fn the_editor_is_the_one_that_the_environment_names() {
        let cases = [
            (&[("VISUAL", "code --wait"), ("EDITOR", "nano")][..], "code --wait"),
            (&[("VISUAL", " "), ("EDITOR", "nano")], "nano"),
            (&[("EDITOR", "")], "vi"),
            (&[], "vi"),
        ];
        for (environment, expected) in cases {
            let lookup =
                |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(command(&lookup), expected, "{environment:?}");
        }
    }

    #[test]
    fn the_text_comes_back_without_the_line_end_that_editors_add() {
        let home = tempfile::tempdir().unwrap();
        for (left, expected) in [("{}\n", "{}"), ("{}", "{}"), ("{}\n\n", "{}\n"), ("", ""), ("é", "é")] {
            let (outcome, file) = edited(Some(home.path()), Some(left.as_bytes()), 0);
            assert_eq!(outcome, Outcome::Edited { draft: DraftId("d1".into()), text: expected.into() });
            assert_eq!(file, home.path().join("d1.json"));
        }
    }

    #[test]
    fn whatever_goes_wrong_the_draft_is_as_it_was_and_what_was_typed_is_not_lost() {
        let huge: &'static [u8] = vec![b' '; 9 << 20].leak();
        let cases: [(Option<&'static [u8]>, i32, &str, bool); 7] = [
            (Some(b"half"), 1 << 8, "`code --wait` ended with exit code 1", true),
            (Some(BEFORE.as_bytes()), 1 << 8, "ended with exit code 1;", false),
            (Some(BEFORE.as_bytes()), 127 << 8, "`code --wait` was not found", false),
            (Some(b"half"), 9, "was ended by signal 9", true),
            (Some(b"\xff\xfe"), 0, "it is not UTF-8", true),
            (Some(huge), 0, "more than 8 MiB", true),
            (None, 0, "cannot be used", false),
        ];
        for (leaves, status, reason, beside) in cases {
            let home = tempfile::tempdir().unwrap();
            let (outcome, file) = edited(Some(home.path()), leaves, status);
            let Outcome::EditFailed(why) = outcome else { panic!("{outcome:?}") };
            assert!(why.contains(reason) && why.contains("set EDITOR"), "{why}");
            assert_eq!(fs::read_to_string(file).unwrap(), BEFORE, "{reason}");
            let kept = fs::read(home.path().join("d1-edited.json")).ok();
            assert_eq!(kept.as_deref(), leaves.filter(|_| beside), "{reason}");
            assert_eq!(why.contains("d1-edited.json"), beside, "{why}");
            assert!(drafts::recent(home.path()).iter().any(|draft| draft.text == BEFORE));
        }
    }

    #[test]
    fn without_a_folder_the_draft_is_edited_in_one_that_is_gone_afterwards() {
        for (status, leaves) in [(0, &b"{}"[..]), (1 << 8, b"half")] {
            let (outcome, file) = edited(None, Some(leaves), status);
            assert_eq!(matches!(outcome, Outcome::Edited { .. }), status == 0, "{outcome:?}");
            assert!(!file.exists() && !file.parent().unwrap().exists(), "{}", file.display());
        }
    }
}
