//! Where the program's log goes: to a file while the interface has the screen, to standard error otherwise.

use std::env;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use etcetera::BaseStrategy;
use rustix::fs::{Mode, OFlags};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::event::Sanitized;

/// The variable that sets the level.
const LEVEL: &str = "CLICKSCOPE_LOG";

/// From this length in bytes on, the file is put aside and begun anew; one that was put aside before is overwritten.
const LIMIT: u64 = 5_000_000;

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The variable has a value that is no level: a mistake to tell at once.
    #[error("CLICKSCOPE_LOG is {0:?}: use off, error, warn, info, debug or trace")]
    Level(String),
    /// The system names no home folder.
    #[error("there is no folder for the log: set HOME or XDG_STATE_HOME")]
    NoFolder,
    /// The file could not be opened. The program can do without.
    #[error("the log {} could not be opened: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Logs to `clickscope/clickscope.log` in the state folder (`$XDG_STATE_HOME`, else `~/.local/state`), at level `info`
/// unless `CLICKSCOPE_LOG` says otherwise, and says where that is. The file is for the user alone, and bounded.
///
/// Only [`LogError::Level`] is the user's mistake; without a file the program runs as well.
pub fn to_file() -> Result<PathBuf, LogError> {
    let level = level(LevelFilter::INFO)?;
    let strategy = etcetera::choose_base_strategy().map_err(|_| LogError::NoFolder)?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("clickscope");
    let path = folder.join("clickscope.log");
    let file = BoundedFile::open(&path, LIMIT).map_err(|source| LogError::Open { path: path.clone(), source })?;
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Mutex::new(SanitizingWriter(file)));
    // A log that was set up before stays; that is as it should be for a second call.
    drop(tracing_subscriber::registry().with(layer).with(targets(level)).try_init());
    Ok(path)
}

/// Logs to standard error, at level `warn` unless `CLICKSCOPE_LOG` says otherwise.
pub fn to_stderr() -> Result<(), LogError> {
    let level = level(LevelFilter::WARN)?;
    let layer =
        tracing_subscriber::fmt::layer().with_ansi(false).without_time().with_writer(|| SanitizingWriter(io::stderr()));
    drop(tracing_subscriber::registry().with(layer).with(targets(level)).try_init());
    Ok(())
}

/// The log filter: our own records at `level`, those of libraries only from warnings up. A library's finer ones may hold
/// what must not be written down, such as a request's headers.
fn targets(level: LevelFilter) -> Targets {
    Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("clickscope", level)
}

fn level(default: LevelFilter) -> Result<LevelFilter, LogError> {
    match env::var_os(LEVEL) {
        None => Ok(default),
        Some(value) => parse_level(&value.to_string_lossy(), default),
    }
}

fn parse_level(value: &str, default: LevelFilter) -> Result<LevelFilter, LogError> {
    // `LevelFilter` also reads numbers, which nobody could guess the meaning of.
    match value.to_ascii_lowercase().as_str() {
        "" => Ok(default),
        "off" => Ok(LevelFilter::OFF),
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err(LogError::Level(value.to_owned())),
    }
}

/// Lets nothing of a record through that a terminal would act on: it may quote what came over the wire, and libraries
/// write records too. Each is written in one piece.
#[derive(Debug)]
struct SanitizingWriter<W>(W);

impl<W: Write> Write for SanitizingWriter<W> {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let mut text = Sanitized::lines(&String::from_utf8_lossy(record));
        if record.ends_with(b"\n") {
            text.push("\n");
        }
        self.0.write_all(text.as_bytes())?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A file that is put aside as `….old` when it has grown long enough.
#[derive(Debug)]
struct BoundedFile {
    path: PathBuf,
    file: File,
    length: u64,
    limit: u64,
}

impl BoundedFile {
    fn open(path: &Path, limit: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let file = append(path)?;
        let length = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, length, limit })
    }

    fn begin_anew(&mut self) -> io::Result<()> {
        fs::rename(&self.path, self.path.with_extension("log.old"))?;
        self.file = append(&self.path)?;
        self.length = 0;
        Ok(())
    }
}

impl Write for BoundedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.length >= self.limit {
            self.begin_anew()?;
        }
        let written = self.file.write(bytes)?;
        self.length = self.length.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Opens the file to write at its end. A link is not followed, a pipe is not waited for, and a file that others could read
/// is for the user alone from now on.
fn append(path: &Path) -> io::Result<File> {
    let how = OFlags::APPEND | OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(path, how, Mode::RUSR | Mode::WUSR)?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_file_and_its_folder_are_for_the_user_alone() {
        let state = tempfile::tempdir().unwrap();
        let path = state.path().join("clickscope/clickscope.log");
        BoundedFile::open(&path, LIMIT).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn a_link_is_not_followed_a_pipe_not_waited_for_and_an_old_file_is_closed_to_others() {
        let state = tempfile::tempdir().unwrap();
        let at = |name: &str| state.path().join(name);
        fs::write(at("elsewhere"), "kept").unwrap();
        symlink(at("elsewhere"), at("link")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        for name in ["link", "pipe"] {
            assert!(BoundedFile::open(&at(name), LIMIT).is_err(), "{name}");
        }
        assert_eq!(fs::read_to_string(at("elsewhere")).unwrap(), "kept");

        fs::write(at("old"), "").unwrap();
        fs::set_permissions(at("old"), Permissions::from_mode(0o644)).unwrap();
        BoundedFile::open(&at("old"), LIMIT).unwrap();
        assert_eq!(fs::metadata(at("old")).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_long_file_is_put_aside_at_the_start_and_in_the_middle() {
        let state = tempfile::tempdir().unwrap();
        let path = state.path().join("clickscope.log");
        fs::write(&path, "of the last run\n").unwrap();
        let aside = || fs::read_to_string(state.path().join("clickscope.log.old")).unwrap();

        let mut file = BoundedFile::open(&path, 10).unwrap();
        file.write_all(b"first line\n").unwrap();
        assert_eq!(aside(), "of the last run\n");
        file.write_all(b"second\n").unwrap();
        file.write_all(b"3\n").unwrap();
        assert_eq!(aside(), "first line\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "second\n3\n");
    }

    #[test]
    fn a_record_is_written_without_what_a_terminal_would_act_on() {
        let mut written = SanitizingWriter(Vec::new());
        written.write_all("WARN what=\u{1b}]0;title\u{7}\u{202e}\u{9b}2J\n".as_bytes()).unwrap();
        written.write_all(b"broken \xff\n").unwrap();
        let expected = "WARN what=\\u001b]0;title\\u0007\\u202e\\u009b2J\nbroken \u{fffd}\n";
        assert_eq!(String::from_utf8(written.0).unwrap(), expected);
    }

    #[test]
    fn the_level_is_a_word_and_anything_else_is_refused_with_the_words() {
        let parse = |value| parse_level(value, LevelFilter::WARN);
        assert_eq!(parse("").unwrap(), LevelFilter::WARN);
        assert_eq!(parse("Debug").unwrap(), LevelFilter::DEBUG);
        assert_eq!(parse("off").unwrap(), LevelFilter::OFF);
        for wrong in ["verbose", "3", "clickscope=debug"] {
            let error = parse(wrong).unwrap_err().to_string();
            assert!(error.contains(wrong) && error.contains("off, error, warn, info, debug or trace"), "{error}");
        }
    }

    #[test]
    fn libraries_are_logged_only_when_they_warn() {
        let targets = targets(LevelFilter::TRACE);
        assert!(targets.would_enable("clickscope::source", &tracing::Level::TRACE));
        assert!(targets.would_enable("hyper", &tracing::Level::WARN));
        assert!(!targets.would_enable("hyper", &tracing::Level::INFO));
        assert!(!self::targets(LevelFilter::OFF).would_enable("hyper", &tracing::Level::ERROR));
    }
}
