//! Takes the news of a tape into the model, and does what the keys of a replay mean.

use jiff::Timestamp;
use tui_input::Input;

use super::keymap::Action;
use super::layer::Layer;
use super::layer::prompt::Prompt;
use super::pane::PromptKind;
use super::pane::stream::EntryKind;
use super::records::{hear, note, restore};
use super::tape::Tape;
use super::{Effect, Model};
use crate::event::{Sanitized, sanitized, text};
use crate::session::{Jump, Moment, NoJump, TapeNews, TapeTarget};

/// Takes in what is told of the tape; `now` is the time of the program.
pub(super) fn hear_tape(model: &mut Model, news: TapeNews, now: Moment) -> Vec<Effect> {
    let Some(tape) = &mut model.tape else { return Vec::new() };
    match news {
        TapeNews::Extent { extent, header } => tape.read(extent, header, now, &model.time_zone),
        TapeNews::Played { records, position, seek } => {
            tape.arrive(position, seek, now);
            let at = tape.moment(now);
            hear(model, records, at)
        }
        TapeNews::Restored { records, position, seek } => {
            tape.arrive(position, seek, now);
            let at = tape.moment(now);
            let faults = tape.faults.clone();
            let effects = model.restart();
            restore(model, records, at);
            for fault in faults {
                note(model, at, EntryKind::Trouble, fault);
            }
            effects
        }
        TapeNews::Ended => {
            tape.end(now);
            let at = tape.moment(now);
            note(model, at, EntryKind::Note, "the tape has been played to its end".into());
            Vec::new()
        }
        TapeNews::Lasting(told) => {
            let at = tape.moment(now);
            tape.faults.push(told.clone());
            note(model, at, EntryKind::Trouble, told);
            Vec::new()
        }
        TapeNews::Fault(told) => {
            let at = tape.moment(now);
            note(model, at, EntryKind::Trouble, told);
            Vec::new()
        }
        TapeNews::Failed(why) => {
            tape.end(now);
            tape.trouble = Some(why);
            Vec::new()
        }
    }
}

/// Does what a key of a replay means; the second is what the reader is told, and whether that is bad.
pub(super) fn act(model: &mut Model, action: Action, now: Moment) -> (Vec<Effect>, Option<(Sanitized, bool)>) {
    let Some(tape) = &mut model.tape else { return (Vec::new(), None) };
    let stepped = |tape: &mut Tape, forward| match tape.step(forward) {
        Ok(effects) => (effects, None),
        Err(why) => (Vec::new(), Some((why.into(), false))),
    };
    match action {
        Action::Play if tape.is_playing() => (tape.hold(now), None),
        Action::Play if tape.extent.is_whole && tape.position().events >= tape.extent.events => {
            (Vec::new(), Some(("this is the end of the tape: t 0% goes to its beginning".into(), false)))
        }
        Action::Play => (tape.play(now), None),
        Action::StepOn => stepped(tape, true),
        Action::StepBack => stepped(tape, false),
        Action::TapeStart => (tape.seek(TapeTarget::Event(1)), None),
        Action::TapeEnd => (tape.seek(TapeTarget::End), None),
        Action::PlayFaster | Action::PlaySlower => {
            let (effects, said) = tape.change_speed(action == Action::PlayFaster, now);
            (effects, Some((said, false)))
        }
        Action::JumpTo => {
            model.layers.push(Layer::Prompt(Prompt::new(PromptKind::Jump, Input::default())));
            (Vec::new(), None)
        }
        _ => (Vec::new(), None),
    }
}

/// Goes to the place that was typed; the second is what the reader is told where the tape does not go so far.
pub(super) fn jump(model: &mut Model, typed: &str) -> Result<(Vec<Effect>, Option<Sanitized>), NoJump> {
    let Some(tape) = &mut model.tape else { return Ok((Vec::new(), None)) };
    let extent = tape.extent;
    let target = typed.parse::<Jump>()?.target(tape.position(), extent, &model.time_zone);
    let clock = |at: Timestamp| Sanitized::of(&at.to_zoned(model.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S"));
    let (target, said) = match (target, extent.first, extent.last) {
        (TapeTarget::Time(time), Some(first), _) if time < first => {
            (TapeTarget::Event(1), Some(sanitized!("the tape begins at {}: this is its first event", clock(first))))
        }
        // Of one that is still being read the end is not known.
        (TapeTarget::Time(time), _, Some(last)) if time > last && extent.is_whole => {
            (TapeTarget::End, Some(sanitized!("the tape ends at {}: this is its end", clock(last))))
        }
        (TapeTarget::Event(number), ..) if number > extent.events && extent.is_whole => {
            let events = text::counted(extent.events, "event");
            (TapeTarget::End, Some(sanitized!("the tape has {}: this is its end", events)))
        }
        (target, ..) => (target, None),
    };
    Ok((tape.seek(target), said))
}

/// Why a live session is needed for what was asked.
pub(super) fn refusal(action: Action) -> &'static str {
    match action {
        Action::Record | Action::StopRecording => "this is a recording already; a report of it is among the commands",
        _ => "this is a tape: no server is asked for anything",
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::Message;
    use crate::app::fixture::{act as press_action, at, change, linted, press, replaying, send, type_in};
    use crate::app::pane::Tab;
    use crate::session::{ChangeKind, Record, TapeCommand, TapePosition};

    fn restored(records: Vec<Record>, events: u64, seek: u64, when: Moment) -> Message {
        let position = TapePosition { events, at: Some(when.wall) };
        Message::Tape(TapeNews::Restored { records, position, seek })
    }

    fn commands(effects: &[Effect]) -> Vec<TapeCommand> {
        let command = |effect: &Effect| match effect {
            Effect::Tape(command) => Some(*command),
            _ => None,
        };
        effects.iter().filter_map(command).collect()
    }

    fn rows(model: &Model) -> Vec<(String, u64)> {
        let mut rows: Vec<_> = model.types.rows().map(|(name, row)| (name.as_str().to_owned(), row.captured)).collect();
        rows.sort();
        rows
    }

    #[test]
    fn going_back_leaves_what_was_known_then_and_what_the_reader_chose() {
        let mut model = replaying(120, 36);
        assert!(rows(&model).len() > 1);
        press(&mut model, "/ p u r c h enter s enter ]", at(0));
        assert_eq!(model.tab(), Tab::Diff);
        let one = change("purchase", ChangeKind::New, r#"{"event":"purchase","order_id":"1"}"#, 2, 1, at(3));
        let effects = send(&mut model, restored(vec![Record::Change(one)], 7, 1, at(3)), at(50));
        assert!(effects.contains(&Effect::LintAnew));
        let linted_now =
            effects.iter().any(|effect| matches!(effect, Effect::Lint { events, .. } if events.len() == 1));
        assert!(linted_now, "{effects:?}");
        assert_eq!(rows(&model), [("purchase".to_owned(), 2)]);
        assert_eq!((model.types.query(), model.tab()), ("purch", Tab::Diff));
        assert!(model.inspector.shown().unwrap().event.payload.text().contains(r#""order_id":"1""#));
        assert_eq!(model.session.history.iter().count(), 1);
        assert_eq!(model.stream.entries().count(), 1);
    }

    #[test]
    fn what_is_found_at_another_place_is_summed_up_in_one_line() {
        let mut model = replaying(120, 36);
        let odd = |name| Record::Change(change(name, ChangeKind::New, r#"{"a b":1}"#, 1, 1, at(3)));
        let records = ["view", "cart", "search"].map(odd).into();
        let effects = send(&mut model, restored(records, 3, 1, at(3)), at(50));
        let lines = model.stream.entries().count();
        let asked = effects.into_iter().find_map(|effect| match effect {
            Effect::Lint { events, .. } => Some(events),
            _ => None,
        });
        let found: Vec<_> = asked.unwrap().iter().map(|event| linted(event, at(3))).collect();
        assert!(found.iter().all(|linted| linted.found.tally().is_some()));
        send(&mut model, Message::Done(crate::app::Outcome::Linted(found)), at(50));
        assert_eq!(model.stream.entries().count(), lines + 1);
        assert!(model.stream.entries().next().unwrap().text.contains("findings in 3 of 3 types"));
    }

    #[test]
    fn findings_of_another_place_of_the_tape_are_not_taken_for_those_of_this_one() {
        let mut model = replaying(120, 36);
        let late = linted(model.session.history.iter().next_back().unwrap(), at(1));
        send(&mut model, restored(Vec::new(), 0, 1, at(0)), at(50));
        send(&mut model, Message::Done(crate::app::Outcome::Linted(vec![late])), at(50));
        assert_eq!(model.faults.iter().count(), 0);
    }

    #[test]
    fn the_keys_of_a_live_source_are_those_of_the_tape() {
        let mut model = replaying(120, 36);
        for (key, said) in [("r", "no server is asked"), ("w", "a recording already")] {
            assert_eq!(press(&mut model, key, at(60)), []);
            assert!(model.toast.as_ref().is_some_and(|toast| toast.text.contains(said)) && model.layers.is_empty());
        }
        let steps = commands(&press(&mut model, ",", at(60)));
        assert!(matches!(*steps, [TapeCommand::Seek { target: TapeTarget::Event(12_033), .. }]), "{steps:?}");
        let plays = commands(&press(&mut model, "space", at(60)));
        assert!(matches!(*plays, [TapeCommand::Play(_)]), "{plays:?}");
        assert!(model.pause.is_none());
        let faster = commands(&press(&mut model, "+", at(61)));
        assert!(matches!(*faster, [TapeCommand::Play(speed)] if speed.to_string() == "×2"), "{faster:?}");
        assert_eq!(commands(&press(&mut model, "space", at(62))), [TapeCommand::Hold]);
        let end = commands(&press_action(&mut model, Action::TapeEnd, at(62)));
        assert!(matches!(*end, [TapeCommand::Seek { target: TapeTarget::End, .. }]), "{end:?}");
        // Neither the palette nor the help names what a tape does not have.
        press(&mut model, ":", at(62));
        type_in(&mut model, "polls\n", at(62));
        assert_eq!(commands(&press(&mut model, "esc", at(62))), []);
        assert_eq!(model.interval, Duration::from_secs(2));
    }

    #[test]
    fn a_place_is_typed_and_one_that_is_none_can_be_mended() {
        let mut model = replaying(120, 36);
        press(&mut model, "t", at(60));
        assert_eq!(commands(&type_in(&mut model, "noon\n", at(60))), []);
        assert!(model.toast.as_ref().is_some_and(|toast| toast.bad && toast.text.contains("14:03")));
        press(&mut model, "^u", at(60));
        let jumped = commands(&type_in(&mut model, "50%\n", at(60)));
        assert!(matches!(*jumped, [TapeCommand::Seek { target: TapeTarget::Share(5_000), .. }]), "{jumped:?}");
        assert!(model.layers.is_empty());
    }

    #[test]
    fn a_place_beyond_the_tape_is_its_nearest_end_and_that_is_said() {
        let cases = [
            ("999999", TapeTarget::End, "the tape has 248,112 events: this is its end"),
            ("2030-01-01 12:00", TapeTarget::End, "the tape ends at "),
            ("2020-01-01 12:00", TapeTarget::Event(1), "the tape begins at "),
            ("+99h", TapeTarget::End, "the tape ends at "),
        ];
        for (typed, expected, said) in cases {
            let mut model = replaying(120, 36);
            press(&mut model, "t", at(60));
            let jumped = commands(&type_in(&mut model, &format!("{typed}\n"), at(60)));
            assert!(
                matches!(&*jumped, [TapeCommand::Seek { target, .. }] if *target == expected),
                "{typed}: {jumped:?}"
            );
            let toast = model.toast.as_ref().map(|toast| toast.text.to_string()).unwrap_or_default();
            assert!(toast.starts_with(said), "{typed}: {toast}");
        }
    }

    #[test]
    fn a_report_from_the_middle_of_a_tape_says_that_it_is() {
        let mut model = replaying(120, 36);
        let one = change("purchase", ChangeKind::New, r#"{"event":"purchase","order_id":"1"}"#, 2, 1, at(3));
        send(&mut model, restored(vec![Record::Change(one)], 7, 1, at(3)), at(50));
        let effects = press(&mut model, "y r", at(50));
        let [Effect::Report(reporting)] = &*effects else { panic!("{effects:?}") };
        let report = reporting.text();
        assert!(report.contains("248,105 events that come later on the tape"), "{report}");
        assert!(report.contains("6 events before those were let go"), "{report}");
        assert!(model.toast.as_ref().is_some_and(|toast| toast.text.contains("248,105 events of the tape come later")));
    }

    #[test]
    fn ages_are_those_on_the_tape_and_an_answer_goes_with_the_time_of_the_program() {
        let mut model = replaying(120, 36);
        let (_, row) = model.types.rows().find(|(name, _)| name.as_str() == "checkout").unwrap();
        // At 14:03:19 of the tape, whatever the time is.
        assert_eq!(row.age(model.moment(at(5_000))), Some(Duration::ZERO));
        assert_eq!(model.next_wake(at(5_000)), None);
        press(&mut model, "b", at(5_000));
        assert_eq!(model.next_wake(at(5_001)), Some(Duration::from_secs(3)));
        send(&mut model, Message::Woke, at(5_004));
        assert!(model.toast.is_none());
        press(&mut model, "space", at(6_000));
        assert!(model.next_wake(at(6_000)).unwrap() <= Duration::from_secs(1));
        let (_, row) = model.types.rows().find(|(name, _)| name.as_str() == "checkout").unwrap();
        assert_eq!(row.age(model.moment(at(6_007))), Some(Duration::from_secs(7)));
    }

    #[test]
    fn nothing_is_sent_from_a_tape_and_that_is_said() {
        let mut model = replaying(120, 36);
        press(&mut model, "c", at(60));
        type_in(&mut model, "empty draft\n", at(60));
        let effects = press(&mut model, "^s", at(60));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Send { .. })), "{effects:?}");
        assert!(model.toast.as_ref().is_some_and(|toast| toast.text.contains("nowhere to send")));
    }

    #[test]
    fn a_tape_that_cannot_be_read_says_why_at_the_top() {
        let mut model = replaying(120, 36);
        send(&mut model, Message::Tape(TapeNews::Failed("t.ndjson: no tape".into())), at(60));
        assert_eq!(model.banner().as_deref(), Some("t.ndjson: no tape"));
    }
}
