//! What is recorded of the session, and what would be lost of it if the program ended.

use std::time::Duration;

use super::model::{Model, bad_toast, toast};
use super::recordings::Recording;
use super::{Effect, keymap};
use crate::app::keymap::Action;
use crate::app::pane::stream::EntryKind;
use crate::app::records::note;
use crate::event::{Sanitized, sanitized, text};
use crate::session::Moment;
use crate::session::tape::Header;

/// So many events may be lost without a question.
const FEW: u64 = 100;

impl Model {
    /// The name that is proposed for a tape.
    pub(super) fn tape_name(&self, now: Moment) -> String {
        let target = self.target.split(" · ").next().unwrap_or_default();
        let plain = |c: char| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '_' };
        let target: String = target.chars().take(40).map(plain).collect();
        let at = now.wall.to_zoned(self.time_zone.clone());
        format!("clickscope-{target}-{}.ndjson", at.strftime("%Y-%m-%d-%H%M"))
    }

    /// How many events would be lost if the program ended; none of a tape.
    fn unsaved(&self) -> u64 {
        match self.recordings.saved {
            _ if self.recordings.on.is_some() || self.tape.is_some() => 0,
            Some(saved) => self.session.history.iter().filter(|event| event.number >= saved).count() as u64,
            None => self.session.held(),
        }
    }

    /// What is told when the program has ended: what was seen, and where it is recorded.
    pub fn summary(&self, now: Moment) -> Option<Sanitized> {
        let events = self.session.events;
        if events == 0 || self.tape.is_some() {
            return None;
        }
        let types = text::counted(self.session.history.len() as u64, "type");
        let took = how_long(now.since(self.started));
        let mut summary = sanitized!("{} of {} in {}", text::counted(events, "event"), types, took);
        let faults = self.faults.counts();
        let faults = faults.errors + faults.warnings + faults.notes;
        if faults > 0 {
            summary = sanitized!("{} · {}", summary, text::counted(faults as u64, "finding"));
        }
        Some(match &self.recordings.on {
            Some(Recording { place, .. }) => sanitized!("{} · recorded in {}", summary, place),
            None => summary,
        })
    }
}

/// A span as long as a session is: `12 s`, `12 min`, `2 h 5 min`.
fn how_long(span: Duration) -> Sanitized {
    match span.as_secs() {
        seconds @ ..60 => sanitized!("{} s", seconds),
        seconds @ 60..3_600 => sanitized!("{} min", seconds / 60),
        seconds => sanitized!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// Leaves, unless that would lose much that nobody was told of.
pub(super) fn quit(model: &mut Model, now: Moment) -> Vec<Effect> {
    let events = model.unsaved();
    if events <= FEW || model.recordings.is_leaving {
        return vec![Effect::Quit];
    }
    model.recordings.is_leaving = true;
    let key = |action| model.preferences.bindings.key_for(&keymap::ANYWHERE, action);
    let (quit, save, events) = (key(Action::Quit), key(Action::Record), text::counted(events, "event"));
    toast(model, now, sanitized!("{} again quits · {} saves {}", quit, save, events));
    Vec::new()
}

/// Begins a tape with what is held.
pub(super) fn begin(model: &mut Model, name: String, now: Moment) -> Vec<Effect> {
    let is_masked = model.redaction().is_some();
    let header = Header::new(model.target.clone(), is_masked, now);
    model.recordings.next = Some(Recording { place: text::sanitize(&name), events: model.session.held(), is_masked });
    vec![Effect::BeginRecording { name, header, held: model.session.records() }]
}

/// A tape is begun.
pub(super) fn begun(model: &mut Model, place: Sanitized, events: u64, now: Moment) {
    let Some(next) = model.recordings.next.take() else { return };
    let told = sanitized!("{} recorded in {}, and what comes", text::counted(events, "event"), place);
    note(model, now, EntryKind::Note, told.clone());
    toast(model, now, told);
    model.recordings.on = Some(Recording { place, ..next });
}

/// Closes the tape that is on.
pub(super) fn stop(model: &mut Model, now: Moment) -> Vec<Effect> {
    if model.recordings.on.take().is_none() {
        let key = model.preferences.bindings.key_for(&keymap::ANYWHERE, Action::Record);
        toast(model, now, sanitized!("nothing is recorded: {} begins a recording", key));
        return Vec::new();
    }
    model.recordings.saved = Some(model.session.history.next());
    vec![Effect::StopRecording]
}

/// The tape was closed.
pub(super) fn closed(model: &mut Model, place: &Sanitized, events: u64, now: Moment) {
    let told = sanitized!("recording has stopped: {} in {}", text::counted(events, "event"), place);
    note(model, now, EntryKind::Note, told.clone());
    toast(model, now, told);
}

/// No tape could be begun; one that was on goes on.
pub(super) fn not_begun(model: &mut Model, why: Sanitized, now: Moment) {
    model.recordings.next = None;
    note(model, now, EntryKind::Trouble, why.clone());
    bad_toast(model, now, why);
}

/// The tape that was on takes no more.
pub(super) fn ended(model: &mut Model, why: Sanitized, now: Moment) {
    model.recordings.on = None;
    note(model, now, EntryKind::Trouble, why.clone());
    bad_toast(model, now, why);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::app::fixture::{at, busy, change, fresh, polled, press, received, send, setup, ship, taken, type_in};
    use crate::app::recordings::Recordings;
    use crate::app::{Message, Outcome, Setup};
    use crate::session::Record;
    use crate::session::{ChangeKind, RecordLine};

    fn toast_of(model: &Model) -> String {
        model.toast.as_ref().map(|toast| toast.text.to_string()).unwrap_or_default()
    }

    /// A model that has seen so many events of one type.
    fn seen(events: u64) -> Model {
        let mut model = fresh(120, 36);
        for number in 0..events {
            let change = change("view", ChangeKind::Updated, &format!(r#"{{"n":{number}}}"#), 0, 1, at(1));
            send(&mut model, polled(vec![change], at(1)), at(1));
        }
        model
    }

    fn recorded(effects: &[Effect]) -> Vec<Record> {
        let records = effects.iter().filter_map(|effect| match effect {
            Effect::Record(records) => Some(records.clone()),
            _ => None,
        });
        records.flatten().collect()
    }

    #[test]
    fn what_is_held_is_recorded_to_the_file_that_is_named_and_then_what_comes() {
        let mut model = busy(120, 36);
        assert_eq!(press(&mut model, "w", at(20)), []);
        let effects = press(&mut model, "enter", at(20));
        let [Effect::BeginRecording { name, header, held }] = &*effects else { panic!("{effects:?}") };
        assert_eq!(name, "clickscope-us-2026-11-23-1403.ndjson");
        assert_eq!(*header, Header::new("us · api.getblueshift.com".into(), false, at(20)));
        let events = held.iter().filter(|record| record.change().is_some()).count();
        assert_eq!((events as u64, model.session.held()), (9, 9));
        assert!(model.recordings.on().is_none(), "it is not known yet whether it can be");

        let came = || change("view", ChangeKind::Updated, r#"{"n":1}"#, 1_206, 1, at(21));
        assert_eq!(recorded(&send(&mut model, polled(vec![came()], at(21)), at(21))).len(), 2);
        let place = || Sanitized::from("/home/a.ndjson");
        send(&mut model, Message::Done(Outcome::RecordingBegun { place: place(), events: 9 }), at(21));
        assert_eq!(toast_of(&model), "9 events recorded in /home/a.ndjson, and what comes");
        assert_eq!(model.recordings.on(), Some(&Recording { place: place(), events: 10, is_masked: false }));

        // What is typed is the name; of an empty one nothing comes.
        press(&mut model, "w ^u", at(21));
        assert_eq!(press(&mut model, "enter", at(21)), []);
        press(&mut model, "w ^u", at(21));
        type_in(&mut model, "b", at(21));
        let effects = press(&mut model, "enter", at(21));
        assert!(matches!(&*effects, [Effect::BeginRecording { name, .. }] if name == "b"), "{effects:?}");
        send(&mut model, Message::Done(Outcome::RecordingNotBegun("b exists".into())), at(21));
        assert_eq!((toast_of(&model), model.recordings.on().unwrap().place.clone()), ("b exists".into(), place()));

        send(&mut model, Message::Done(Outcome::RecordingEnded("the disk is full".into())), at(21));
        assert_eq!((toast_of(&model), model.recordings.on()), ("the disk is full".into(), None));
        assert_eq!(recorded(&send(&mut model, polled(vec![came()], at(22)), at(22))), []);
    }

    #[test]
    fn a_recording_can_be_stopped_and_what_is_on_it_is_not_asked_about() {
        let mut model = Model::new(Setup { recording: Some("/a.ndjson".into()), ..setup(120, 36) });
        for number in 0..248 {
            let change = change("view", ChangeKind::Updated, &format!(r#"{{"n":{number}}}"#), 0, 1, at(1));
            send(&mut model, polled(vec![change], at(1)), at(1));
        }
        press(&mut model, ":", at(2));
        assert_eq!(type_in(&mut model, "stop rec\n", at(2)), [Effect::StopRecording]);
        assert_eq!(model.recordings.on(), None);
        let closed = Outcome::RecordingClosed { place: "/a.ndjson".into(), events: 248 };
        send(&mut model, Message::Done(closed), at(2));
        assert_eq!(toast_of(&model), "recording has stopped: 248 events in /a.ndjson");
        assert_eq!(press(&mut model, "q", at(2)), [Effect::Quit]);
        press(&mut model, ":", at(2));
        assert_eq!(type_in(&mut model, "stop rec\n", at(2)), []);
        assert_eq!(toast_of(&model), "nothing is recorded: w begins a recording");
    }

    #[test]
    fn a_tape_that_says_it_is_masked_stays_so_when_the_masks_are_taken_off() {
        let mut model = busy(120, 36);
        let came = |model: &mut Model| {
            let change = change("view", ChangeKind::Updated, r#"{"email":"jane@example.com","n":7}"#, 1_206, 1, at(21));
            let records = recorded(&send(model, polled(vec![change], at(21)), at(21)));
            records.iter().map(|record| record.tape_line().to_string()).collect::<String>()
        };
        press(&mut model, "M w", at(20));
        let effects = press(&mut model, "enter", at(20));
        let begun = effects.iter().find_map(|effect| match effect {
            Effect::BeginRecording { header, held, .. } => Some((header.redacted, held)),
            _ => None,
        });
        let (redacted, held) = begun.unwrap();
        assert!(redacted && held.iter().all(|record| !record.tape_line().contains("@example.com")), "{held:?}");
        for turned in ["on", "off"] {
            let line = came(&mut model);
            assert!(line.contains(r#""n":7"#) && !line.contains("jane"), "masks {turned}: {line}");
            press(&mut model, "M", at(21));
        }
        // One that never said so has what came.
        let mut model = busy(120, 36);
        press(&mut model, "w enter", at(20));
        assert!(came(&mut model).contains("jane@example.com"));
    }

    #[test]
    fn a_proof_is_recorded_once_and_held() {
        let mut model = Model::new(Setup { recording: Some("a.ndjson".into()), ..setup(120, 36) });
        send(&mut model, polled(Vec::new(), at(1)), at(1));
        let draft = crate::app::fixture::CHECKOUT;
        ship(&mut model, draft, at(20));
        // Seen before its call was answered: there is more to tell then.
        let seen = send(&mut model, received(at(20)), at(20));
        assert!(recorded(&seen).iter().all(|record| !matches!(record, Record::Proof(_))), "{seen:?}");
        let answered = recorded(&send(&mut model, taken(1, 0, 1), at(21)));
        assert!(matches!(&*answered, [Record::Delivered(_), Record::Proof(_)]), "{answered:?}");
        assert_eq!(recorded(&send(&mut model, polled(Vec::new(), at(22)), at(22))).len(), 1);
        let held = model.session.records();
        let proofs: Vec<_> = held.iter().filter(|record| matches!(record, Record::Proof(_))).collect();
        let [proof] = &*proofs else { panic!("{held:?}") };
        assert!(matches!(RecordLine::read(&proof.tape_line()), RecordLine::Record(_)));
    }

    #[test]
    fn much_that_is_not_recorded_is_not_lost_by_one_key() {
        let mut model = seen(100);
        assert_eq!(press(&mut model, "q", at(2)), [Effect::Quit]);
        let mut model = seen(248);
        for keys in ["q", "q j q", "q ? q q"] {
            assert_eq!(press(&mut model, keys, at(2)), [], "{keys}");
            assert_eq!(toast_of(&model), "q again quits · w saves 248 events", "{keys}");
            press(&mut model, "j", at(2));
        }
        assert_eq!(press(&mut model, "q q", at(2)), [Effect::Quit]);
        // The question is not up for ever.
        press(&mut model, "j q", at(2));
        send(&mut model, Message::Woke, at(60));
        assert_eq!(press(&mut model, "q", at(60)), []);
        press(&mut model, "w enter", at(60));
        let begun = Outcome::RecordingBegun { place: "a".into(), events: 248 };
        send(&mut model, Message::Done(begun), at(60));
        assert_eq!(press(&mut model, "q", at(60)), [Effect::Quit]);
    }

    #[test]
    fn at_the_end_it_is_said_what_was_seen() {
        assert_eq!(fresh(120, 36).summary(at(9)), None);
        assert_eq!(seen(1).summary(at(30)).as_deref(), Some("1 event of 1 type in 30 s"));
        let mut model = crate::app::fixture::faulty(120, 36);
        let summary = model.summary(at(12 * 60 + 7)).unwrap().to_string();
        assert!(
            summary.starts_with("10 events of 7 types in 12 min · ") && summary.ends_with(" findings"),
            "{summary}"
        );
        model.recordings = Recordings::new(Some("/a.ndjson".into()), false);
        let summary = model.summary(at(3_600 + 5 * 60)).unwrap();
        assert!(summary.contains(" in 1 h 5 min · ") && summary.ends_with(" · recorded in /a.ndjson"), "{summary}");
    }

    #[test]
    fn the_name_that_is_proposed_is_one_whatever_is_watched() {
        for (target, name) in [
            ("staging · us · api.getblueshift.com", "clickscope-staging-2026-11-23-1403.ndjson"),
            ("collector.example.com:8443", "clickscope-collector.example.com_8443-2026-11-23-1403.ndjson"),
            ("../a b", "clickscope-.._a_b-2026-11-23-1403.ndjson"),
        ] {
            let model = Model::new(Setup { target: target.into(), ..setup(120, 36) });
            assert_eq!(model.tape_name(at(0)), name);
        }
    }
}
