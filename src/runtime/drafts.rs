//! The drafts on disk: written at once, away from the event loop, and found again after whatever ended the program.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::folder::{self, Folder};
use crate::app::{DraftId, Outcome, SavedDraft};
use crate::event::{Sanitized, sanitized};

/// How many drafts are kept, and offered.
const MOST: usize = 20;

/// A longer draft is left where it is and not offered: nothing that could be sent is so long.
const LONGEST: u64 = 4 << 20;

/// How much of a draft's name is in the name of the one that stands for it.
const LONGEST_START: usize = 64;

/// How much of all drafts together is read at the start.
const MOST_BYTES: u64 = 16 << 20;

/// A draft that was changed this lately is kept however many there are: another instance may be at it.
const RECENT: Duration = Duration::from_hours(24);

/// How long the end of the program waits for a disk that is slow. What is not written by then leaves the text before.
const PATIENCE: Duration = Duration::from_millis(30);

/// The drafts of earlier sessions, the newest first. What cannot be read, or is not text, is passed over.
pub fn recent(folder: &Path) -> Vec<SavedDraft> {
    let folder = Folder::new(folder);
    let mut left = MOST_BYTES;
    folder
        .entries()
        .into_iter()
        .filter(|entry| entry.bytes <= LONGEST)
        .filter_map(|entry| {
            let place = folder.place(&entry.name).ok()?;
            let text = String::from_utf8(folder::read(&place, LONGEST.min(left)).ok()?).ok()?;
            left = left.saturating_sub(entry.bytes);
            Some(SavedDraft { id: DraftId(entry.name), text, changed: Timestamp::try_from(entry.changed).ok()? })
        })
        .take(MOST)
        .collect()
}

/// Puts drafts on disk, on a thread of its own. Of each draft only the last text waits to be written, so that a disk
/// slower than the typing falls behind by one text and no more.
///
/// When dropped, it writes what waits, as far as that takes no longer than the end of the program may.
#[derive(Debug)]
pub(super) struct DraftWriter {
    shelf: Shelf,
}

/// The drafts as those see them who need to know what is on disk.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    folder: Option<PathBuf>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The drafts that were taken up, each with the text that it had on disk.
    opened: BTreeMap<DraftId, String>,
    /// The texts to write.
    waiting: BTreeMap<DraftId, String>,
    /// The drafts that another instance has, each with the one that stands for it here.
    instead: BTreeMap<DraftId, DraftId>,
    writing: bool,
    closed: bool,
}

impl DraftWriter {
    /// For drafts in `folder`. Those that are too many are taken away. Failures are told to `outcomes`: one, until a
    /// draft can be kept again.
    pub(super) fn new(folder: Option<&Path>, outcomes: &mpsc::UnboundedSender<Outcome>) -> Self {
        let shared = Arc::new(Shared::default());
        let (shelf, at) =
            (Shelf { folder: folder.map(Path::to_owned), shared: Arc::clone(&shared) }, Arc::clone(&shared));
        let writer = Writer {
            folder: folder.map(Folder::new),
            outcomes: outcomes.clone(),
            claims: BTreeMap::new(),
            failed: false,
        };
        if let Err(error) = thread::Builder::new().name("drafts".into()).spawn(move || writer.run(&at)) {
            shared.lock().closed = true;
            tell(
                outcomes,
                Outcome::DraftNotKept(sanitized!("drafts are not saved to disk: {}", Sanitized::of(&error))),
            );
        }
        Self { shelf }
    }

    /// Claims a draft that was on disk with this text. Where another instance has it, or has changed it, one of our own
    /// stands for it from now on, and that is told.
    pub(super) fn open(&self, draft: DraftId, text: String) {
        let mut state = self.shelf.shared.lock();
        if !state.closed {
            state.opened.insert(draft, text);
            self.shelf.shared.changed.notify_all();
        }
    }

    /// Puts the draft on disk, or takes it away when there is nothing in it.
    pub(super) fn keep(&self, draft: DraftId, text: String) {
        let mut state = self.shelf.shared.lock();
        if !state.closed {
            state.waiting.insert(draft, text);
            self.shelf.shared.changed.notify_all();
        }
    }

    pub(super) fn shelf(&self) -> Shelf {
        self.shelf.clone()
    }
}

impl Drop for DraftWriter {
    fn drop(&mut self) {
        if !self.shelf.settle(PATIENCE) {
            tracing::warn!("the disk is slow: the last change of a draft is not on it");
        }
        self.shelf.shared.lock().closed = true;
        self.shelf.shared.changed.notify_all();
    }
}

impl Shelf {
    /// Where drafts are kept, if anywhere.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The draft that stands for this one here: itself, unless another instance has it.
    pub(super) fn own(&self, draft: DraftId) -> DraftId {
        self.shared.lock().instead.get(&draft).cloned().unwrap_or(draft)
    }

    /// Waits until nothing is left to write, at most for `limit`, and says whether that is so.
    pub(super) fn settle(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut state = self.shared.lock();
        loop {
            if state.opened.is_empty() && state.waiting.is_empty() && !state.writing || state.closed {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The work of the thread.
struct Writer {
    folder: Option<Folder>,
    outcomes: mpsc::UnboundedSender<Outcome>,
    /// The drafts that are ours for as long as these are open.
    claims: BTreeMap<DraftId, File>,
    /// Whether a failure was told and nothing has been written since.
    failed: bool,
}

impl Writer {
    fn run(mut self, shared: &Shared) {
        if let Some(folder) = &self.folder {
            prune(folder, SystemTime::now());
        }
        while let Some((opened, draft, text)) = next(shared) {
            let own = self.own(&draft, opened.then_some(&*text), shared);
            if opened {
                continue;
            }
            match self.write(&own, &text) {
                Ok(()) => {
                    if std::mem::take(&mut self.failed) {
                        tell(&self.outcomes, Outcome::DraftKeptAgain);
                    }
                }
                Err(why) => {
                    tracing::warn!(%why, "a draft was not kept");
                    if !std::mem::replace(&mut self.failed, true) {
                        tell(&self.outcomes, Outcome::DraftNotKept(why));
                    }
                }
            }
        }
        if let Some(folder) = &self.folder {
            for (draft, claim) in self.claims {
                folder.give_up(&draft.0, claim);
            }
        }
    }

    /// The draft that is written for this one. It is claimed, and it is another one where this one is claimed by another
    /// instance, or is not `known`, the text that was read of it.
    fn own(&mut self, draft: &DraftId, known: Option<&str>, shared: &Shared) -> DraftId {
        if let Some(own) = shared.lock().instead.get(draft) {
            return own.clone();
        }
        let Some(folder) = self.folder.as_ref().filter(|_| !self.claims.contains_key(draft)) else {
            return draft.clone();
        };
        // Of a file system that knows no claims nothing more is known than without them.
        let is_ours = match folder.claim(&draft.0) {
            Ok(Some(claim)) if known.is_none_or(|known| is_on_disk(folder, draft, known)) => {
                self.claims.insert(draft.clone(), claim);
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::debug!(%error, "a draft is not claimed");
                true
            }
        };
        if is_ours {
            return draft.clone();
        }
        let start: String = draft.0.chars().take(LONGEST_START).collect();
        let own = DraftId(format!("{start}-{}", Uuid::new_v4().simple()));
        if let Ok(Some(claim)) = folder.claim(&own.0) {
            self.claims.insert(own.clone(), claim);
        }
        shared.lock().instead.insert(draft.clone(), own.clone());
        tell(&self.outcomes, Outcome::DraftElsewhere { draft: draft.clone(), own: own.clone() });
        own
    }

    fn write(&mut self, draft: &DraftId, text: &str) -> Result<(), Sanitized> {
        let Some(folder) = &self.folder else {
            return Err(
                "the draft is in memory only: there is no folder for drafts (set XDG_STATE_HOME or HOME)".into()
            );
        };
        let written = if text.trim().is_empty() {
            if let Some(claim) = self.claims.remove(draft) {
                folder.give_up(&draft.0, claim);
            }
            folder.remove(&draft.0)
        } else {
            folder.replace(&draft.0, text).map(|_| ())
        };
        written.map_err(|error| sanitized!("the draft is in memory only: {}", Sanitized::of(&error)))
    }
}

/// The next thing to do, once there is one: to claim a draft that was taken up, or to write one. `None` at the end.
fn next(shared: &Shared) -> Option<(bool, DraftId, String)> {
    let mut state = shared.lock();
    state.writing = false;
    shared.changed.notify_all();
    loop {
        let opened = state.opened.pop_first().map(|(draft, text)| (true, draft, text));
        let next = opened.or_else(|| state.waiting.pop_first().map(|(draft, text)| (false, draft, text)));
        if next.is_some() {
            state.writing = true;
            return next;
        }
        if state.closed {
            return None;
        }
        state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Whether the draft is on disk with that text.
fn is_on_disk(folder: &Folder, draft: &DraftId, text: &str) -> bool {
    let read = folder.place(&draft.0).ok().and_then(|place| folder::read(&place, LONGEST).ok());
    read.is_some_and(|bytes| bytes == text.as_bytes())
}

/// Takes the drafts away that are too many, the oldest first.
fn prune(folder: &Folder, now: SystemTime) {
    folder.close_to_others();
    let Some(since) = now.checked_sub(RECENT) else { return };
    folder.remove_unfinished(since);
    for old in folder.entries().into_iter().skip(MOST).filter(|entry| entry.changed < since) {
        if let Err(error) = folder.remove(&old.name) {
            tracing::warn!(%error, "an old draft stays");
        }
    }
}

fn tell(outcomes: &mpsc::UnboundedSender<Outcome>, outcome: Outcome) {
    // Nobody listens only when the program ends.
    drop(outcomes.send(outcome));
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    const LONG_ENOUGH: Duration = Duration::from_secs(20);

    fn id(name: &str) -> DraftId {
        DraftId(name.into())
    }

    fn told(outcomes: &mut mpsc::UnboundedReceiver<Outcome>) -> Vec<String> {
        std::iter::from_fn(|| outcomes.try_recv().ok())
            .map(|outcome| match outcome {
                Outcome::DraftNotKept(why) => why.into(),
                Outcome::DraftKeptAgain => "kept again".to_owned(),
                Outcome::DraftElsewhere { draft, own } => format!("{} is {}", draft.0, own.0),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn age(folder: &Path, name: &str, age: Duration) {
        let file = fs::File::options().write(true).open(folder.join(name)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn a_draft_is_on_disk_as_it_was_last_and_gone_when_it_is_emptied() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("drafts");
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let drafts = DraftWriter::new(Some(&folder), &sender);
        for length in 0..1000 {
            drafts.keep(id("one"), "x".repeat(length));
        }
        drafts.keep(id("two"), "{}".into());
        assert!(drafts.shelf().settle(LONG_ENOUGH));
        assert_eq!(fs::read_to_string(folder.join("one.json")).unwrap().len(), 999);

        drafts.keep(id("two"), " \n".into());
        assert!(drafts.shelf().settle(LONG_ENOUGH));
        drafts.keep(id("never there"), String::new());
        assert!(drafts.shelf().settle(LONG_ENOUGH));
        assert_eq!(Folder::new(&folder).entries().len(), 1);
        assert_eq!(told(&mut outcomes).len(), 1, "the name with a space");
    }

    #[test]
    fn a_draft_that_is_open_elsewhere_gets_another_beside_it_and_both_keep_their_text() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let read = |name: &str| fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let start = || {
            let (sender, outcomes) = mpsc::unbounded_channel();
            (DraftWriter::new(Some(folder), &sender), outcomes)
        };
        let settled = |drafts: &DraftWriter| assert!(drafts.shelf().settle(LONG_ENOUGH));
        let ((first, mut told_first), (second, mut told_second)) = (start(), start());
        first.keep(id("one"), "first".into());
        settled(&first);
        second.open(id("one"), "first".into());
        second.keep(id("one"), "second".into());
        second.keep(id("two"), "of the second".into());
        settled(&second);
        first.keep(id("one"), "first again".into());
        settled(&first);
        let own = second.shelf().own(id("one"));
        assert_ne!(own, id("one"));
        let texts = (read("one"), read(&own.0), read("two"));
        assert_eq!(texts, ("first again".into(), "second".into(), "of the second".into()));
        assert_eq!(told(&mut told_second), [format!("one is {}", own.0)]);
        assert_eq!(told(&mut told_first), [] as [&str; 0]);

        // What was changed since it was read is somebody's too, also when nobody has it open any more.
        drop(first);
        let (third, mut told_third) = start();
        third.open(id("one"), "first".into());
        settled(&third);
        assert_eq!(told(&mut told_third).len(), 1);
        let begun = Instant::now();
        while Folder::new(folder).claim("one").unwrap().is_none() {
            assert!(begun.elapsed() < LONG_ENOUGH, "the first has not ended");
        }
        let (fourth, mut told_fourth) = start();
        fourth.open(id("one"), "first again".into());
        fourth.keep(id("one"), "fourth".into());
        settled(&fourth);
        assert_eq!((told(&mut told_fourth), read("one")), (Vec::new(), "fourth".into()));
    }

    #[test]
    fn a_claim_ends_with_the_program_and_what_is_left_of_it_goes_with_the_draft() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::new(home.path());
        let names = || fs::read_dir(home.path()).unwrap().flatten().map(|file| file.file_name()).collect::<Vec<_>>();
        folder.replace("one", "{}").unwrap();
        // As one that was killed leaves it.
        drop(folder.claim("one").unwrap().unwrap());
        let held = folder.claim("one").unwrap();
        assert!(held.is_some() && folder.claim("one").unwrap().is_none());
        folder.remove("one").unwrap();
        prune(&folder, SystemTime::now());
        assert_eq!(names(), [".open-one"], "it is open");
        drop(held);
        prune(&folder, SystemTime::now());
        assert_eq!(names(), [] as [&str; 0]);
    }

    #[test]
    fn what_waits_to_be_written_is_written_at_the_end() {
        let home = tempfile::tempdir().unwrap();
        let drafts = DraftWriter::new(Some(home.path()), &mpsc::unbounded_channel().0);
        drafts.keep(id("last"), "{}".into());
        drop(drafts);
        assert_eq!(fs::read_to_string(home.path().join("last.json")).unwrap(), "{}");
    }

    #[test]
    fn a_failure_is_told_once_until_a_draft_is_kept_again() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("drafts");
        fs::write(&folder, "in the way").unwrap();
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let drafts = DraftWriter::new(Some(&folder), &sender);
        let keep = |text: &str| {
            drafts.keep(id("one"), text.into());
            assert!(drafts.shelf().settle(LONG_ENOUGH));
        };
        keep("a");
        keep("b");
        let reasons = told(&mut outcomes);
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert!(reasons.concat().contains("in memory only") && reasons.concat().contains("one.json"), "{reasons:?}");

        fs::remove_file(&folder).unwrap();
        keep("c");
        assert_eq!(told(&mut outcomes), ["kept again"]);
        fs::remove_dir_all(&folder).unwrap();
        fs::write(&folder, "in the way").unwrap();
        keep("d");
        assert_eq!(told(&mut outcomes).len(), 1);
    }

    #[test]
    fn without_a_folder_the_reader_is_told_so_once() {
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let drafts = DraftWriter::new(None, &sender);
        for text in ["a", "b"] {
            drafts.keep(id("one"), text.into());
            assert!(drafts.shelf().settle(LONG_ENOUGH));
        }
        let reasons = told(&mut outcomes);
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert!(reasons.concat().contains("no folder"), "{reasons:?}");
    }

    #[test]
    fn the_newest_twenty_stay_and_so_does_every_one_of_the_last_day() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::new(home.path());
        for number in 0_u64..30 {
            let name = format!("d{number:02}");
            folder.replace(&name, "{}").unwrap();
            age(home.path(), &format!("{name}.json"), Duration::from_hours(2 * number));
        }
        let names = || folder.entries().into_iter().map(|entry| entry.name).collect::<Vec<_>>();
        assert_eq!(names().len(), 30);
        prune(&folder, SystemTime::now());
        assert_eq!(names(), (0..20).map(|number| format!("d{number:02}")).collect::<Vec<_>>());

        for number in 0..30 {
            folder.replace(&format!("other{number}"), "{}").unwrap();
        }
        prune(&folder, SystemTime::now());
        assert_eq!(names().iter().filter(|name| name.starts_with("other")).count(), 30);
        // Those of the last day, from 0 to 22 hours old.
        assert_eq!(names().iter().filter(|name| name.starts_with('d')).count(), 12);
    }

    #[test]
    fn the_drafts_of_before_are_found_the_newest_first_and_only_those_that_can_be_used() {
        let home = tempfile::tempdir().unwrap();
        let place = |name: &str| home.path().join(name);
        fs::write(place("old.json"), "{\"event\":\"é\"}").unwrap();
        age(home.path(), "old.json", Duration::from_hours(3));
        fs::write(place("new.json"), "[]").unwrap();
        fs::write(place("binary.json"), [0xff, 0xfe]).unwrap();
        fs::write(place("notes.txt"), "{}").unwrap();
        fs::create_dir(place("folder.json")).unwrap();
        fs::File::create(place("huge.json")).unwrap().set_len(LONGEST + 1).unwrap();
        let found = recent(home.path());
        let found: Vec<_> = found.iter().map(|draft| (draft.id.0.as_str(), draft.text.as_str())).collect();
        assert_eq!(found, [("new", "[]"), ("old", "{\"event\":\"é\"}")]);
        assert_eq!(recent(&place("nowhere")), []);
    }

    #[test]
    fn no_more_drafts_are_read_than_are_offered() {
        let home = tempfile::tempdir().unwrap();
        for number in 0..MOST + 5 {
            fs::write(home.path().join(format!("d{number}.json")), "{}").unwrap();
        }
        assert_eq!(recent(home.path()).len(), MOST);
    }
}
