//! The writing of tapes, on a thread of its own: each record is a whole line, or none, and whoever records does not wait for
//! the disk.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::app::Outcome;
use crate::event::text::{counted, sanitize};
use crate::event::{Note, Redaction, Sanitized, sanitized};
use crate::session::Record;
use crate::session::tape::Header;
use crate::source::Source;

/// How the name of a tape ends.
const EXTENSION: &str = "ndjson";

/// How many of the tapes are kept that were recorded without being asked for one by one.
const MOST_AUTOMATIC: usize = 5;

/// How many batches of records may wait for the disk.
const WAITING: usize = 256;

/// How many bytes are written at once, a line more or less.
const PIECE: usize = 1 << 20;

/// How long the end of the program waits for a disk that is slow. Then a line may be torn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a tape cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// There is a file of that name, and none is overwritten.
    #[error("{0} exists: choose another name for the recording")]
    Exists(Sanitized),
    /// The file cannot be made.
    #[error("{place} cannot be recorded to: {source}")]
    Create {
        /// Where it would be.
        place: Sanitized,
        /// The system's error.
        source: io::Error,
    },
    /// The disk is full, or gone.
    #[error("recording has ended with {}: {place} cannot be written to: {source}", counted(*events, "event"))]
    Write {
        /// Where it is.
        place: Sanitized,
        /// How many events are on it.
        events: u64,
        /// The system's error.
        source: io::Error,
    },
    /// The thread that writes could not be started.
    #[error("recording cannot be started: {0}")]
    System(io::Error),
}

/// A tape that is being written.
#[derive(Debug)]
pub struct Tape {
    file: File,
    path: PathBuf,
    /// Whether it was begun without being asked for. Without an event on it, it goes again.
    is_automatic: bool,
    /// How long it is up to its last whole line.
    length: u64,
    events: u64,
}

impl Tape {
    /// Begins a tape in a new file that is for the user alone. What is no file, such as a pipe, is written to as it is.
    pub fn create(path: &Path, header: &Header) -> Result<Self, RecordingError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let place = shown(&path);
        let is_no_file = || fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
        let file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_no_file() => {
                OpenOptions::new().write(true).open(&path)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(RecordingError::Exists(place)),
            file => file,
        };
        let file = file.map_err(|source| RecordingError::Create { place: place.clone(), source })?;
        let mut tape = Self { file, path, is_automatic: false, length: 0, events: 0 };
        let begun = tape.put(format!("{}\n", header.line()).as_bytes());
        begun.map_err(|source| RecordingError::Create { place, source })?;
        Ok(tape)
    }

    /// Begins a tape in the folder of those that are recorded without being asked for one by one, and takes the oldest of
    /// them away.
    pub fn create_in(folder: &Path, name: &str, header: &Header) -> Result<Self, RecordingError> {
        let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        created.map_err(|source| RecordingError::Create { place: shown(folder), source })?;
        let named = |number: u32| match number {
            1 => folder.join(format!("{name}.{EXTENSION}")),
            _ => folder.join(format!("{name}-{number}.{EXTENSION}")),
        };
        let mut number = 1;
        let tape = loop {
            match Self::create(&named(number), header) {
                Err(RecordingError::Exists(_)) if number < 100 => number += 1,
                tape => break tape?,
            }
        };
        // It is ours for as long as it is open: nobody takes it away. Not every file system knows that.
        drop(tape.file.try_lock());
        for old in recorded_in(folder).into_iter().skip(MOST_AUTOMATIC) {
            let is_free = File::open(&old).is_ok_and(|file| file.try_lock().is_ok());
            if is_free && let Err(error) = fs::remove_file(&old) {
                tracing::warn!(%error, "an old tape stays");
            }
        }
        Ok(Self { is_automatic: true, ..tape })
    }

    /// Where it is.
    pub fn place(&self) -> Sanitized {
        shown(&self.path)
    }

    /// Writes records behind those that are there. After an error it ends with its last whole line.
    fn write(&mut self, records: &[Record]) -> Result<(), RecordingError> {
        let (mut lines, mut events) = (Vec::new(), 0);
        let mut last = records.len();
        for record in records {
            last -= 1;
            lines.extend_from_slice(record.tape_line().as_bytes());
            lines.push(b'\n');
            events += u64::from(record.change().is_some_and(|change| change.payload.is_some()));
            if lines.len() >= PIECE || last == 0 {
                self.put(&lines).map_err(|source| RecordingError::Write {
                    place: shown(&self.path),
                    events: self.events,
                    source,
                })?;
                self.events += std::mem::take(&mut events);
                lines.clear();
            }
        }
        Ok(())
    }

    /// Writes whole lines, all of them or none.
    fn put(&mut self, lines: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(lines) {
            // Where this fails too, the last line is torn.
            drop(self.file.set_len(self.length));
            return Err(error);
        }
        self.length += lines.len() as u64;
        Ok(())
    }

    fn finish(self) {
        if self.is_automatic && self.events == 0 {
            drop(fs::remove_file(&self.path));
        }
    }
}

fn shown(path: &Path) -> Sanitized {
    sanitize(&path.display().to_string())
}

/// The newest tape in the folder of those that are recorded without being asked for one by one.
pub fn latest(folder: &Path) -> Option<PathBuf> {
    recorded_in(folder).into_iter().next()
}

/// The tapes in a folder, the newest first.
fn recorded_in(folder: &Path) -> Vec<PathBuf> {
    let tapes = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        // Of the entry itself: a link may lead anywhere.
        let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        let path = entry.path();
        let is_tape = path.extension().is_some_and(|extension| extension == EXTENSION);
        is_tape.then_some((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), path))
    });
    let mut tapes: Vec<_> = tapes.collect();
    tapes.sort_unstable_by(|one, other| other.cmp(one));
    tapes.into_iter().map(|(_, path)| path).collect()
}

/// Told what comes of a recording.
type Listener = Box<dyn Fn(Outcome) + Send>;

/// Writes to at most one tape at a time. When dropped, it leaves the rest to its thread.
#[derive(Debug)]
pub(super) struct Recorder {
    jobs: SyncSender<Job>,
    ended: Receiver<()>,
    /// How many records found no place in the queue, since one did.
    lacking: u64,
}

#[derive(Debug)]
enum Job {
    /// Begin a tape, with what is held, in the place of the one before.
    Begin {
        name: String,
        header: Header,
        held: Vec<Record>,
    },
    /// Go on with a tape that was begun.
    GoOn(Tape),
    Write(Vec<Record>),
    /// Close the tape.
    Close,
}

impl Recorder {
    /// Starts its thread, which tells `listener` what comes of it.
    pub(super) fn start(listener: impl Fn(Outcome) + Send + 'static) -> Result<Self, RecordingError> {
        let (jobs, waiting) = sync_channel(WAITING);
        let (end, ended) = sync_channel(1);
        let listener: Listener = Box::new(listener);
        thread::Builder::new()
            .name("recording".into())
            .spawn(move || {
                run(waiting, &listener);
                // Nobody waits any more, perhaps.
                let _ = end.send(());
            })
            .map_err(RecordingError::System)?;
        Ok(Self { jobs, ended, lacking: 0 })
    }

    /// Begins a tape in the file of that name, with what is held. The one before is closed when that has been done.
    pub(super) fn begin(&mut self, name: String, header: Header, held: Vec<Record>) {
        self.hand_over(Job::Begin { name, header, held });
    }

    /// Goes on with a tape that was begun.
    pub(super) fn go_on(&mut self, tape: Tape) {
        self.hand_over(Job::GoOn(tape));
    }

    /// Closes the tape, once all that waits is on it.
    pub(super) fn close(&mut self) {
        // Where the queue is full, the thread is told as soon as there is room.
        drop(self.jobs.send(Job::Close));
    }

    /// Writes these as soon as the disk takes them. Where that falls behind by very much, they are left out, and a note on
    /// the tape says so.
    pub(super) fn write(&mut self, mut records: Vec<Record>) {
        let count = records.len() as u64;
        if self.lacking > 0
            && let Some(first) = records.first()
        {
            let lacking = counted(self.lacking, "record");
            let note = Note(sanitized!("{} before this are not on the tape: the disk could not keep up", lacking));
            records.insert(0, Record::Note { at: first.at(), note });
        }
        self.lacking = if self.hand_over(Job::Write(records)) { 0 } else { self.lacking + count };
    }

    fn hand_over(&mut self, job: Job) -> bool {
        match self.jobs.try_send(job) {
            // The thread ends before the queue only when it panics, and that ends the program.
            Ok(()) | Err(TrySendError::Disconnected(_)) => true,
            Err(TrySendError::Full(_)) => {
                if self.lacking == 0 {
                    tracing::warn!("the disk is slow: not all is recorded");
                }
                false
            }
        }
    }

    /// Writes what waits and closes the tape; a sentence where that takes too long.
    pub(super) fn finish(self) -> Option<Sanitized> {
        let Self { jobs, ended, .. } = self;
        drop(jobs);
        let is_late = ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
        is_late.then(|| "the disk is slow: the end of the recording is not on it".into())
    }
}

/// The work of the thread.
fn run(jobs: Receiver<Job>, listener: &Listener) {
    let mut tape: Option<Tape> = None;
    for job in jobs {
        match job {
            Job::Begin { name, header, held } => {
                let begun = Tape::create(&at_home(&name), &header).and_then(|mut tape| {
                    tape.write(&held)?;
                    Ok(tape)
                });
                match begun {
                    Ok(begun) => {
                        listener(Outcome::RecordingBegun { place: begun.place(), events: begun.events });
                        if let Some(before) = tape.replace(begun) {
                            before.finish();
                        }
                    }
                    Err(error) => listener(Outcome::RecordingNotBegun(Sanitized::of(&error))),
                }
            }
            Job::GoOn(begun) => tape = Some(begun),
            Job::Close => {
                if let Some(closed) = tape.take() {
                    listener(Outcome::RecordingClosed { place: closed.place(), events: closed.events });
                    closed.finish();
                }
            }
            Job::Write(records) => {
                let Some(on) = &mut tape else { continue };
                if let Err(error) = on.write(&records) {
                    tracing::info!(%error, "recording has ended");
                    listener(Outcome::RecordingEnded(Sanitized::of(&error)));
                    tape = None;
                }
            }
        }
    }
    if let Some(tape) = tape {
        tape.finish();
    }
}

/// A name as shells read it: `~/` is the home of the user.
fn at_home(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => name.into(),
    }
}

/// A source of which all that it tells is recorded.
#[derive(Debug)]
pub struct Recorded {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Option<Sanitized>>,
}

/// How many batches may wait for whoever the records are handed on to.
const HANDED_ON: usize = 16;

/// Records all that a source tells, or its twins where there is a redaction, and hands it on. What comes of the recording is told to `listener`.
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn record(
    source: Source,
    tape: Tape,
    redaction: Option<Arc<Redaction>>,
    listener: impl Fn(Sanitized) + Send + 'static,
) -> Result<(Source, Recorded), RecordingError> {
    let mut recorder = Recorder::start(move |outcome| {
        if let Outcome::RecordingEnded(why) | Outcome::RecordingNotBegun(why) = outcome {
            listener(why);
        }
    })?;
    recorder.go_on(tape);
    let Source { records: mut told, commands } = source;
    let (hand_on, records) = tokio::sync::mpsc::channel(HANDED_ON);
    let (stop, mut stopped) = oneshot::channel();
    let write = move |recorder: &mut Recorder, batch: &[Record]| {
        let twin = |record: &Record| redaction.as_ref().map_or_else(|| record.clone(), |it| it.record(record));
        recorder.write(batch.iter().map(twin).collect());
    };
    let task = tokio::spawn(async move {
        let was_stopped = loop {
            let batch = tokio::select! {
                biased;
                _ = &mut stopped => break true,
                batch = told.recv() => batch,
            };
            let Some(batch) = batch else { break false };
            write(&mut recorder, &batch);
            tokio::select! {
                _ = &mut stopped => break true,
                sent = hand_on.send(batch) => if sent.is_err() { break false },
            }
        };
        if was_stopped {
            // Whoever still reads would take the end of the channel for the end of the source.
            std::mem::forget(hand_on);
        } else {
            drop(hand_on);
        }
        // What was told until now is recorded, though nobody reads it any more.
        while let Ok(batch) = told.try_recv() {
            write(&mut recorder, &batch);
        }
        spawn_blocking(|| recorder.finish()).await.unwrap_or_default()
    });
    Ok((Source { records, commands }, Recorded { stop, task }))
}

impl Recorded {
    /// Ends the recording, and waits until all of it is written; a sentence where that takes too long.
    pub async fn finish(self) -> Option<Sanitized> {
        // It has ended by itself when nobody listens.
        let _ = self.stop.send(());
        self.task
            .await
            .unwrap_or_else(|error| Some(sanitized!("the recording is not whole: {}", Sanitized::of(&error))))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::PermissionsExt;
    use std::sync::Mutex;

    use tokio::sync::mpsc::error::TryRecvError;

    use jiff::Timestamp;

    use super::*;
    use crate::event::Payload;
    use crate::session::{Arrival, Change, ChangeKind, Moment, RecordLine};

    const AT: Moment = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };

    fn header() -> Header {
        Header::new("us".into(), false, AT)
    }

    fn event(number: u64) -> Record {
        Record::Change(Change {
            event_type: "view".into(),
            kind: ChangeKind::Updated,
            payload: Some(Arc::new(Payload::new(&format!(r#"{{"event":"view","n":{number}}}"#)))),
            received: None,
            counted_at: None,
            captured: number,
            arrived: 1,
            coverage: None,
            at: AT,
            arrival: Arrival::Poll,
            number: None,
        })
    }

    fn lines(path: &Path) -> Vec<String> {
        fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    }

    /// A recorder, and what it told.
    fn recorder() -> (Recorder, Arc<Mutex<Vec<Outcome>>>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let hear = Arc::clone(&told);
        (Recorder::start(move |outcome| hear.lock().unwrap().push(outcome)).unwrap(), told)
    }

    #[test]
    fn a_tape_is_for_the_user_alone_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let mut tape = Tape::create(&path, &header()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        tape.write(&[event(1), event(2)]).unwrap();
        assert_eq!(lines(&path), [header().line(), event(1).tape_line(), event(2).tape_line()].map(String::from));

        let said = |path: &Path| Tape::create(path, &header()).unwrap_err().to_string();
        assert!(said(&path).ends_with("a.ndjson exists: choose another name for the recording"), "{}", said(&path));
        assert!(said(folder.path()).contains("exists"), "{}", said(folder.path()));
        let nowhere = said(&folder.path().join("no/where"));
        assert!(nowhere.contains("cannot be recorded to"), "{nowhere}");
        assert_eq!(lines(&path).len(), 3);
    }

    #[test]
    fn what_is_held_comes_first_and_what_comes_later_goes_to_the_new_tape() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let (mut recorder, told) = recorder();
        recorder.write(vec![event(0)]);
        recorder.begin(place("a").display().to_string(), header(), vec![event(1)]);
        recorder.write(vec![event(2)]);
        recorder.begin(place("a").display().to_string(), header(), vec![event(3)]);
        recorder.write(vec![event(4)]);
        recorder.begin(place("b").display().to_string(), header(), Vec::new());
        recorder.write(vec![event(5)]);
        assert_eq!(recorder.finish(), None);
        let numbers = |name| {
            let read = lines(&place(name));
            let events = read.iter().filter_map(|line| match RecordLine::read(line) {
                RecordLine::Event { change, .. } => Some(change.captured),
                _ => None,
            });
            events.collect::<Vec<_>>()
        };
        assert_eq!((numbers("a"), numbers("b")), (vec![1, 2, 4], vec![5]));
        let told = told.lock().unwrap();
        let [first, Outcome::RecordingNotBegun(why), last] = &**told else { panic!("{told:?}") };
        assert_eq!(*first, Outcome::RecordingBegun { place: shown(&place("a")), events: 1 });
        assert_eq!(*last, Outcome::RecordingBegun { place: shown(&place("b")), events: 0 });
        assert!(why.contains("exists"), "{why}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_ends_the_recording_and_is_told_once() {
        let refused = Tape::create(Path::new("/dev/full"), &header()).unwrap_err().to_string();
        assert!(refused.starts_with("/dev/full cannot be recorded to: "), "{refused}");

        let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let tape = Tape { file, path: "/dev/full".into(), is_automatic: false, length: 9, events: 7 };
        let (mut recorder, told) = recorder();
        recorder.go_on(tape);
        recorder.write(vec![event(1)]);
        recorder.write(vec![event(2)]);
        assert_eq!(recorder.finish(), None);
        let told = told.lock().unwrap();
        let [Outcome::RecordingEnded(why)] = &**told else { panic!("{told:?}") };
        assert!(why.starts_with("recording has ended with 7 events: /dev/full cannot be written to: "), "{why}");
    }

    #[test]
    fn of_automatic_tapes_the_newest_five_are_kept_those_in_use_too_and_empty_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let tapes = folder.path().join("state/tapes");
        let day = |day: u64| SystemTime::UNIX_EPOCH + Duration::from_hours(24 * day);
        let create = |name: &str, age| {
            let mut tape = Tape::create_in(&tapes, name, &header()).unwrap();
            tape.write(&[event(1)]).unwrap();
            tape.file.set_modified(day(age)).unwrap();
            tape
        };
        let in_use = create("used", 1);
        for number in 2..=5 {
            create(&number.to_string(), number).finish();
        }
        fs::write(tapes.join("note.txt"), "").unwrap();
        let names = || {
            let tapes = recorded_in(&tapes);
            tapes.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(), ["5", "4", "3", "2", "used"]);
        create("6", 6).finish();
        create("6", 7).finish();
        assert_eq!(names(), ["6-2", "6", "5", "4", "3", "used"]);
        drop(in_use);
        Tape::create_in(&tapes, "7", &header()).unwrap().finish();
        assert_eq!(names(), ["6-2", "6", "5", "4"]);
        assert_eq!(latest(&tapes), Some(tapes.join("6-2.ndjson")));
        assert_eq!(latest(&folder.path().join("none")), None);
        assert_eq!(fs::metadata(&tapes).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn records_that_the_disk_was_too_slow_for_are_told_of_on_the_tape() {
        let (jobs, waiting) = sync_channel(1);
        let mut recorder = Recorder { jobs, ended: sync_channel(1).1, lacking: 0 };
        recorder.write(vec![event(1)]);
        recorder.write(vec![event(2), event(3)]);
        recorder.write(vec![event(4)]);
        let taken = |waiting: &Receiver<Job>| match waiting.recv().unwrap() {
            Job::Write(records) => records,
            job => panic!("{job:?}"),
        };
        assert_eq!(taken(&waiting), [event(1)]);
        recorder.write(vec![event(5)]);
        let note = Note("3 records before this are not on the tape: the disk could not keep up".into());
        assert_eq!(taken(&waiting), [Record::Note { at: AT, note }, event(5)]);
        recorder.write(vec![event(6)]);
        assert_eq!(taken(&waiting), [event(6)]);
    }

    #[tokio::test]
    async fn what_a_source_told_is_on_the_tape_though_nobody_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let tape = Tape::create(&path, &header()).unwrap();
        let (teller, records) = tokio::sync::mpsc::channel(64);
        let source = Source { records, commands: tokio::sync::mpsc::channel(1).0 };
        let (mut source, recorded) = record(source, tape, None, |why| panic!("{why}")).unwrap();
        for number in 0..40 {
            teller.send(vec![event(number)]).await.unwrap();
        }
        assert_eq!(source.records.recv().await, Some(vec![event(0)]));
        assert_eq!(recorded.finish().await, None);
        let expected: Vec<_> = std::iter::once(header().line()).chain((0..40).map(|n| event(n).tape_line())).collect();
        assert_eq!(lines(&path), expected.into_iter().map(String::from).collect::<Vec<_>>());
        let left: Vec<_> = std::iter::from_fn(|| source.records.try_recv().ok()).collect();
        assert!(left.len() < 39, "{}", left.len());
        // A reader who took the stop for the source's end would say that it ended by itself.
        assert_eq!(source.records.try_recv(), Err(TryRecvError::Empty));
    }
}
