//! Reports and plans of the session, made beside the event loop.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::app::Outcome;
use crate::app::reporting::{Planning, ReportTo, Reporting};
use crate::event::text::size;
use crate::event::{Sanitized, sanitized};
use crate::plan::Inferred;

/// Writes a plan into a folder, and says in a sentence what is there now, or why it is not.
pub type PlanWriter = fn(&Path, &[Inferred]) -> Result<Sanitized, Sanitized>;

/// Makes a report, and puts it where it is to go.
pub(super) fn report(reporting: Reporting) -> Outcome {
    let text = reporting.text();
    match reporting.to {
        ReportTo::Clipboard => Outcome::Reported { text, print: false },
        ReportTo::Terminal => Outcome::Reported { text, print: true },
        ReportTo::File(path, _) => {
            let called = Sanitized::of(&path.display());
            Outcome::Kept(match write(&path, &text) {
                Ok(()) => Ok(sanitized!("the report is in {}, {}", called, size(text.len() as u64))),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    Err(sanitized!("{} exists and is kept: choose another name", called))
                }
                Err(error) => Err(sanitized!("{} cannot be written: {}", called, Sanitized::of(&error))),
            })
        }
    }
}

/// Writes a file that is not there yet, for its owner alone: it holds what customers did.
fn write(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

/// Makes a plan, and writes it.
pub(super) fn plan(planning: &Planning, writer: PlanWriter) -> Outcome {
    let inferred = planning.infer();
    Outcome::Kept(if inferred.is_empty() {
        Err("there is no event with a name to make a plan of".into())
    } else {
        writer(&planning.folder, &inferred)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_report_takes_the_place_of_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.md");
        write(&path, "one").unwrap();
        assert_eq!(write(&path, "two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
    }
}
