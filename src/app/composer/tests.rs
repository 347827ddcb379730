//! Tests of the composer: keys, pastes, clicks and outcomes in, effects and another draft out.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::SecretString;

use super::{ComposerTab, Verdict};
use crate::app::fixture::{self, PURCHASE, at, busy, change, click, composing, fresh, polled};
use crate::app::keymap::Action;
use crate::app::layer::prompt::Prompt;
use crate::app::layer::{Layer, search_list};
use crate::app::layout;
use crate::app::pane::PaneId;
use crate::app::{DraftId, Effect, Message, Model, Mouse, MouseKind, Outcome, SavedDraft, Size};
use crate::blueshift::{KeyMask, curl};
use crate::event::catalogue::Template;
use crate::event::text::sanitize;
use crate::session::{ChangeKind, Moment};

const VIEW: &str = r#"{"event": "view", "customer_id": "1"}"#;

/// The effects of the keys, without the linting of the draft.
fn press(model: &mut Model, keys: &str, now: Moment) -> Vec<Effect> {
    without_questions(fixture::press(model, keys, now))
}

fn type_in(model: &mut Model, text: &str, now: Moment) -> Vec<Effect> {
    without_questions(fixture::type_in(model, text, now))
}

fn send(model: &mut Model, message: Message, now: Moment) -> Vec<Effect> {
    without_questions(fixture::send(model, message, now))
}

fn without_questions(mut effects: Vec<Effect>) -> Vec<Effect> {
    effects.retain(|effect| !matches!(effect, Effect::LintDraft(_)));
    effects
}

fn draft(model: &Model) -> String {
    model.composer.composition().unwrap().editor.text()
}

fn tab(model: &Model) -> ComposerTab {
    model.composing().unwrap().tab
}

fn toast(model: &Model) -> &str {
    model.toast.as_ref().map_or("", |toast| &*toast.text)
}

fn verdict(model: &Model) -> String {
    match model.composer.verdict().unwrap() {
        Verdict::Ready(ready) => ready.summary().to_string(),
        Verdict::Refused(refusal) => refusal.text.to_string(),
    }
}

fn choices(model: &Model) -> Vec<String> {
    let Some(Layer::Picker(picker)) = model.layers.last() else { return Vec::new() };
    picker.visible().map(|(choice, _)| format!("{} {}", choice.beginning.label(), choice.name)).collect()
}

fn sent(effects: &[Effect]) -> Option<String> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send { calls, .. } => Some(calls.iter().map(|call| call.body.as_str()).collect()),
        _ => None,
    })
}

fn popup(model: &Model) -> Vec<&str> {
    let Some(Layer::Completion(completion)) = model.layers.last() else { return Vec::new() };
    completion.proposals().iter().map(|proposal| &*proposal.label).collect()
}

/// Puts the cursor behind the first `what` of the draft.
fn behind(model: &mut Model, what: &str) {
    let composition = model.composer.composition_mut().unwrap();
    let text = composition.editor.text();
    let before = &text.get(..text.find(what).unwrap() + what.len()).unwrap();
    let line = before.matches('\n').count();
    composition.editor.go_to(line, before.lines().last().unwrap_or_default().chars().count());
}

#[test]
fn the_picker_offers_drafts_then_the_event_then_templates() {
    let mut model = busy(120, 36);
    press(&mut model, "/ p u r c h enter", at(20));
    let left = |id: &str, text: &str, changed: &str| SavedDraft {
        id: DraftId(id.into()),
        text: text.into(),
        changed: changed.parse().unwrap(),
    };
    model.composer.drafts =
        vec![left("b", r#"[{"event": "identify""#, "2026-11-23T13:00:00Z"), left("a", "{{{", "2026-11-21T13:00:00Z")];
    let own = Template { name: "mine".into(), description: "of my own".into(), text: VIEW.into() };
    model.composer.templates = vec![own];
    press(&mut model, "c", at(20));
    let offered = choices(&model);
    let first: Vec<_> = offered.iter().take(4).map(String::as_str).collect();
    assert_eq!(first, ["go on identify", "go on a draft without a type", "resend purchase", "yours mine"]);
    assert!(offered.iter().any(|choice| choice == "new subscription_start"), "{offered:?}");
    type_in(&mut model, "substart", at(20));
    assert_eq!(choices(&model), ["new subscription_start"]);
    press(&mut model, "esc c", at(20));
    let effects = press(&mut model, "enter", at(20));
    let text = r#"[{"event": "identify""#.into();
    assert!(effects.contains(&Effect::OpenDraft { draft: DraftId("b".into()), text }), "{effects:?}");
    assert_eq!(
        model.composer.composition().unwrap().id,
        DraftId("b".into()),
        "a draft that is reopened keeps its name"
    );
    assert_eq!(model.composer.drafts().len(), 1);
    let keys = press(&mut model, "x", at(21));
    assert!(matches!(&keys[..], [Effect::KeepDraft { draft, .. }] if *draft == DraftId("b".into())), "{keys:?}");
    press(&mut model, "esc c", at(22));
    type_in(&mut model, "mine\n", at(22));
    assert_eq!(draft(&model), VIEW);
    assert_eq!(model.composer.drafts().first().unwrap().id, DraftId("b".into()), "the one before is among the drafts");
}

#[test]
fn a_draft_that_another_instance_has_goes_on_as_one_of_its_own_and_that_is_said() {
    let mut model = busy(120, 36);
    let left = |id: &str| SavedDraft { id: DraftId(id.into()), text: "{}".into(), changed: at(1).wall };
    model.composer.drafts = vec![left("a"), left("b")];
    press(&mut model, "c enter", at(20));
    let elsewhere = |draft: &str| Outcome::DraftElsewhere { draft: DraftId(draft.into()), own: DraftId("own".into()) };
    send(&mut model, Message::Done(elsewhere("a")), at(20));
    let toast = model.toast.as_ref().map(|toast| (toast.bad, toast.text.to_string())).unwrap();
    assert!(toast.0 && toast.1.contains("open in another clickscope"), "{toast:?}");
    assert_eq!(model.composer.composition().unwrap().id, DraftId("own".into()));
    assert_eq!(model.composer.drafts().first().unwrap().id, DraftId("b".into()));
    let keys = press(&mut model, "x", at(21));
    assert!(matches!(&keys[..], [Effect::KeepDraft { draft, .. }, ..] if draft.0 == "own"), "{keys:?}");
}

#[test]
fn a_search_finds_templates_by_their_name_before_what_was_begun_with_them() {
    let mut model = busy(120, 36);
    press(&mut model, "/ p u r c h enter", at(20));
    let left = |id: &str, text: &str| SavedDraft { id: DraftId(id.into()), text: text.into(), changed: at(1).wall };
    model.composer.drafts = vec![left("a", r#"{"event": "view"}"#), left("b", r#"{"event": "purchase"}"#)];
    press(&mut model, "c", at(20));
    assert!(choices(&model).starts_with(&["go on view".to_owned(), "go on purchase".to_owned()]));
    for name in ["view", "purchase", "add_to_cart"] {
        type_in(&mut model, name, at(20));
        assert_eq!(choices(&model).first().unwrap(), &format!("new {name}"));
        press(&mut model, "^u", at(20));
    }
    type_in(&mut model, "go on view", at(20));
    assert_eq!(choices(&model), ["go on view"]);
    press(&mut model, "^u", at(20));
    type_in(&mut model, "view\n", at(20));
    assert_ne!(draft(&model), r#"{"event": "view"}"#);
    assert_eq!(model.composer.drafts().len(), 2, "the drafts stay where they were");
}

#[test]
fn an_own_template_takes_the_place_of_the_standard_one_of_its_name() {
    let mut model = busy(120, 36);
    model.composer.templates = vec![Template { name: "view".into(), description: String::new(), text: VIEW.into() }];
    press(&mut model, "c", at(20));
    let offered = choices(&model);
    assert!(offered.contains(&"yours view".into()) && !offered.contains(&"new view".into()), "{offered:?}");
    type_in(&mut model, "view\n", at(20));
    assert_eq!(draft(&model), VIEW);
}

#[test]
fn an_event_is_edited_and_sent_again_without_what_the_platform_added() {
    let mut model = busy(120, 36);
    press(&mut model, "/ p u r c h enter e", at(20));
    let composition = model.composing().unwrap();
    assert_eq!(composition.taken_out, ["event_uuid", "_bsft_ts"]);
    assert!(
        draft(&model).starts_with("{\n  \"event\": \"purchase\",\n  \"customer_id\": \"812123\""),
        "{}",
        draft(&model)
    );
    assert!(draft(&model).contains("2.50") && draft(&model).contains(r"Danke!\u202e"));
    let effects = press(&mut model, "^s", at(20));
    let body = sent(&effects).unwrap();
    assert!(body.contains(r#""event_uuid""#) && !body.contains("_bsft_ts") && !body.contains("7f3a7f3a"), "{body}");
    assert_eq!(tab(&model), ComposerTab::Proof);
    assert_eq!(press(&mut fresh(120, 36), "enter e", at(20)), []);
}

#[test]
fn every_key_edits_the_draft_and_every_edit_is_kept() {
    let mut model = composing(120, 36, "");
    let effects = type_in(&mut model, "{\n\"event\": \"view\"\n}", at(21));
    assert_eq!(draft(&model), "{\n  \"event\": \"view\"\n}");
    let id = model.composer.composition().unwrap().id.clone();
    assert_eq!(effects, [Effect::KeepDraft { draft: id.clone(), text: draft(&model) }]);
    assert!(id.0.starts_with("20261123T140320Z-draft-"), "{}", id.0);
    assert_eq!(press(&mut model, "left", at(21)), [], "moving changes nothing");
    for key in ["q", "c", "space", "?", "S", "]", "j"] {
        let before = draft(&model).len();
        assert_eq!(press(&mut model, key, at(21)).len(), 1, "{key}");
        assert_eq!(draft(&model).len(), before + 1, "{key}");
    }
    press(&mut model, "^z ^z ^z ^z ^z ^z ^z ^z", at(21));
    press(&mut model, "^y", at(21));
    assert!(!draft(&model).is_empty());
}

#[test]
fn nothing_touches_the_draft_but_its_editor() {
    let mut model = composing(120, 36, VIEW);
    let newer = change("view", ChangeKind::Updated, "{}", 1_206, 1, at(21));
    send(&mut model, polled(vec![newer], at(21)), at(21));
    for (width, height) in [(80, 24), (60, 15), (10, 3), (0, 0), (120, 36)] {
        send(&mut model, Message::Resized(Size { width, height }), at(21));
        press(&mut model, "down up", at(21));
    }
    send(&mut model, Message::SourceEnded(None), at(21));
    assert_eq!(draft(&model), VIEW);
    assert_eq!(press(&mut model, "^c", at(22)), [], "the interrupt key closes, and nothing is lost");
    assert_eq!((model.composing().is_none(), model.focus), (true, PaneId::Types));
    press(&mut model, "c enter", at(22));
    assert_eq!(draft(&model), VIEW);
    press(&mut model, "F1", at(22));
    assert!(matches!(model.layers.last(), Some(Layer::Help(_))));
    press(&mut model, "esc", at(22));
    assert!(model.composing().is_some());
}

#[test]
fn a_draft_is_sent_or_the_first_thing_wrong_is_told() {
    let cases = [
        ("", "nothing is written yet"),
        ("{\n  \"event\": ,\n}", "line 2, column 12:"),
        (r#"{"event": "view", "at": "{{nov}}"}"#, "line 1, column"),
        (r#"{"event": "view", "a": "{{env.HOME}}"}"#, "HOME"),
        (r#"{"name": "view"}"#, "there is no event name"),
        ("[]", "the array is empty"),
        ("7", "an event is a JSON object"),
    ];
    for (text, told) in cases {
        let mut model = composing(120, 36, text);
        assert!(verdict(&model).contains(told), "{text}: {}", verdict(&model));
        let effects = press(&mut model, "^s", at(21));
        assert_eq!(effects, [], "{text}");
        assert_eq!(toast(&model), "nothing was sent", "{text}");
    }
    let mut model = composing(120, 36, "{\n  \"event\": ,\n}");
    press(&mut model, "^s", at(21));
    let editor = &model.composing().unwrap().editor;
    assert_eq!((editor.cursor().line, editor.column()), (1, 11), "the cursor goes where it is wrong");

    let mut model = composing(120, 36, VIEW);
    assert!(verdict(&model).starts_with("1 event · view · "), "{}", verdict(&model));
    assert!(sent(&press(&mut model, "^s", at(21))).unwrap().starts_with(r#"{"event": "view""#));
    let mut model = composing(120, 36, &format!("[{VIEW}, {VIEW}]"));
    assert!(verdict(&model).starts_with("2 events in 1 call · view · "), "{}", verdict(&model));
    assert!(sent(&press(&mut model, "^s", at(21))).unwrap().starts_with(r#"{"events":["#));
}

#[test]
fn each_sending_has_its_own_markers_and_the_preview_shows_the_next() {
    let text = r#"{"event": "view", "customer_id": "1", "n": {{seq}}, "id": "{{uuid}}", "at": "{{now}}"}"#;
    let mut model = composing(120, 36, text);
    press(&mut model, "^t", at(21));
    let Effect::Copy(command) = press(&mut model, "y", at(22)).remove(0) else { panic!("nothing was copied") };
    let shown = curl::read(&command).unwrap().draft;
    assert!(command.contains("$CLICKSCOPE_EVENT_KEY") && shown.contains("2026-11-23T14:03:21"), "{command}");
    let [Effect::Print(printed)] = &press(&mut model, "Y", at(22))[..] else { panic!("nothing was printed") };
    assert!(printed.starts_with("curl "));
    let first = sent(&press(&mut model, "^s", at(21))).unwrap();
    assert_eq!(first, shown);
    press(&mut model, "e", at(21));
    assert_eq!(tab(&model), ComposerTab::Edit);
    let second = sent(&press(&mut model, "^s", at(21))).unwrap();
    assert!(second.contains(r#""n": 2"#));
    let marker = |body: &str| body.rsplit_once("event_uuid").unwrap().1.to_owned();
    assert_ne!(marker(&first), marker(&second));
}

#[test]
fn the_tabs_are_gone_through_and_closed() {
    let mut model = composing(120, 36, "{");
    press(&mut model, "^t", at(21));
    assert_eq!(tab(&model), ComposerTab::Preview);
    assert!(model.composing().unwrap().preview.as_ref().unwrap().page.is_err());
    assert_eq!(press(&mut model, "y", at(21)), []);
    let mut sendable = composing(120, 36, VIEW);
    press(&mut sendable, "^t", at(21));
    for action in [Action::CopyCalls, Action::PrintCalls, Action::SaveTemplate] {
        assert!(!model.can(action, at(21)) && sendable.can(action, at(21)), "{action:?}");
    }
    let cases = [
        ("]", ComposerTab::Proof),
        ("]", ComposerTab::Preview),
        ("[", ComposerTab::Proof),
        ("[", ComposerTab::Preview),
        ("^t", ComposerTab::Proof),
        ("^t", ComposerTab::Edit),
        ("^t", ComposerTab::Preview),
        ("e", ComposerTab::Edit),
    ];
    for (key, expected) in cases {
        press(&mut model, key, at(21));
        assert_eq!(tab(&model), expected, "{key}");
    }
    press(&mut model, "^t j G g enter", at(21));
    assert_eq!(tab(&model), ComposerTab::Edit);
    press(&mut model, "^t q", at(21));
    assert!(model.composing().is_none());
}

#[test]
fn production_asks_for_the_word_once_and_for_triggers_each_time() {
    let mut model = composing(120, 36, VIEW);
    model.sending.safety.production = true;
    assert_eq!(press(&mut model, "^s", at(21)), []);
    assert!(matches!(model.layers.last(), Some(Layer::Confirm(_))));
    type_in(&mut model, "prod\n", at(21));
    assert!(matches!(model.layers.last(), Some(Layer::Confirm(_))) && toast(&model).contains("production"));
    press(&mut model, "esc", at(21));
    assert_eq!((toast(&model), draft(&model).as_str()), ("nothing was sent", VIEW));
    press(&mut model, "^s", at(22));
    assert!(sent(&type_in(&mut model, "production\n", at(22))).is_some());
    assert!(sent(&press(&mut model, "^s", at(23))).is_some(), "it is asked once a session");

    press(&mut model, "e ^z", at(23));
    let purchase = VIEW.replace("view", "purchase");
    send(&mut model, Message::Paste(format!("curl -d '{purchase}' https://api.getblueshift.com/api/v1/event")), at(23));
    for _ in 0..2 {
        assert_eq!(press(&mut model, "^s", at(24)), []);
        let Some(Layer::Confirm(confirm)) = model.layers.last() else { panic!("nobody was asked") };
        assert!(confirm.word.is_none());
        assert_eq!(confirm.triggers, ["purchase"]);
        assert!(sent(&press(&mut model, "enter", at(24))).is_some());
    }
}

#[test]
fn what_was_on_show_is_sent_to_the_letter_and_else_as_of_the_moment_that_somebody_says_yes() {
    let text =
        r#"{"event": "view", "email": "a@b.c", "n": {{seq}}, "id": "{{uuid}}", "at": "{{now}}", "e": {{epoch}}}"#;
    for production in [false, true] {
        let mut model = composing(120, 36, text);
        model.sending.safety.production = production;
        press(&mut model, "^t", at(21));
        let Effect::Copy(command) = press(&mut model, "y", at(21)).remove(0) else { panic!("nothing was copied") };
        let shown = curl::read(&command).unwrap().draft;
        let mut effects = press(&mut model, "^s", at(50));
        if production {
            effects = type_in(&mut model, "production\n", at(58));
        }
        assert_eq!(sent(&effects).unwrap(), shown);
    }
    let mut model = composing(120, 36, text);
    model.sending.safety.production = true;
    press(&mut model, "^t", at(21));
    press(&mut model, "e ^s", at(22));
    let Some(Layer::Confirm(confirm)) = model.layers.last() else { panic!("nobody was asked") };
    assert_eq!(confirm.about, "about a@b.c");
    let body = sent(&type_in(&mut model, "production\n", at(58))).unwrap();
    assert!(body.contains("14:03:58"), "{body}");
}

#[test]
fn what_may_not_be_sent_any_more_is_not_sent_on_a_yes() {
    let mut model = composing(120, 36, VIEW);
    model.sending.safety.production = true;
    press(&mut model, "^s", at(21));
    model.sending.safety.read_only = Some("profile live".into());
    assert_eq!(type_in(&mut model, "production\n", at(22)), []);
    assert_eq!((toast(&model), tab(&model)), ("nothing was sent", ComposerTab::Edit));
}

#[test]
fn a_profile_that_only_watches_composes_and_does_not_send() {
    let mut model = composing(120, 36, VIEW);
    model.sending.safety.read_only = Some("profile live in config.toml, line 4".into());
    assert_eq!(press(&mut model, "x backspace ^s", at(21)), []);
    assert!(toast(&model).contains("config.toml, line 4"), "{}", toast(&model));
    assert!(verdict(&model).contains("read_only"), "{}", verdict(&model));
    assert_eq!(tab(&model), ComposerTab::Edit);
}

#[test]
fn a_pasted_command_fills_the_draft_and_other_text_is_inserted() {
    let mut model = composing(120, 36, "[]");
    press(&mut model, "right", at(21));
    send(&mut model, Message::Paste("1,\r2,\r\n\u{1b}".into()), at(21));
    assert_eq!(draft(&model), "[1,\n2,\n\u{1b}]");
    let command = format!("$ curl -u 'k:' https://elsewhere.example/api/v1/event \\\n --data '{VIEW}'\n");
    send(&mut model, Message::Paste(command.clone()), at(21));
    assert_eq!(draft(&model), "{\n  \"event\": \"view\",\n  \"customer_id\": \"1\"\n}");
    assert!(toast(&model).contains("left out") && !toast(&model).contains("k:"), "{}", toast(&model));
    press(&mut model, "^z", at(21));
    assert_eq!(draft(&model), "[1,\n2,\n\u{1b}]", "what was there can be had back");
    send(&mut model, Message::Paste("curl".into()), at(21));
    assert!(draft(&model).contains("curl"), "a word is no command");
    press(&mut model, "esc c", at(22));
    send(&mut model, Message::Paste(command), at(22));
    assert!(model.composing().is_some() && draft(&model).contains("view"), "in the picker it begins a draft");
}

/// A model with a draft, whose account has the key.
fn with_key(draft: &str) -> Model {
    let mut model = composing(120, 36, draft);
    model.sending.keys = KeyMask::new([&SecretString::from(KEY)]);
    model
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The texts that effects would put on disk.
fn kept(effects: &[Effect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::KeepDraft { text, .. } = effect { Some(&**text) } else { None })
        .collect()
}

#[test]
fn a_key_does_not_get_into_a_draft_however_it_comes() {
    let basic = STANDARD.encode(format!("{KEY}:"));
    let pastes = [
        (format!("\"{KEY}\""), "\"[key]\""),
        (format!("a\n{}\nb", KEY.to_uppercase()), "a\n[key]\nb"),
        (format!("Authorization: Basic {basic}"), "Authorization: Basic [key]"),
        ("Authorization: Basic b3RoZXI6".to_owned(), "Authorization: Basic [key]"),
        ("curl: -u fedcba9876543210: x".to_owned(), "curl: -u [key]: x"),
    ];
    for (pasted, expected) in pastes {
        let mut model = with_key("");
        let effects = send(&mut model, Message::Paste(pasted.clone()), at(21));
        assert_eq!((draft(&model).as_str(), kept(&effects)), (expected, vec![expected]), "{pasted}");
        assert!(toast(&model).contains("taken out"), "{}", toast(&model));
    }

    let mut model = with_key("");
    let effects = type_in(&mut model, &format!("[\"{KEY}\"]"), at(21));
    assert_eq!(draft(&model), "[\"[key]\"]");
    assert!(kept(&effects).iter().all(|text| !text.contains(KEY)), "not for a moment");
    assert!(kept(&press(&mut model, "^z ^z ^z ^z", at(22))).iter().all(|text| !text.contains(KEY)));

    let mut model = with_key("[]");
    let Some(composition) = model.composing() else { panic!("nothing is composed") };
    let edited = Outcome::Edited { draft: composition.id.clone(), text: format!("[\"{basic}\"]") };
    let effects = send(&mut model, Message::Done(edited), at(21));
    assert_eq!((draft(&model).as_str(), kept(&effects)), ("[\"[key]\"]", vec!["[\"[key]\"]"]));
    assert!(toast(&model).contains("taken out"), "{}", toast(&model));

    let mut model = with_key("");
    press(&mut model, "esc /", at(21));
    send(&mut model, Message::Paste(KEY.into()), at(21));
    assert!(toast(&model).contains("taken out"), "{}", toast(&model));
}

#[test]
fn text_that_holds_commands_is_taken_over_as_what_they_send() {
    let command = |body: &str| format!("curl -d '{body}' https://api.getblueshift.com/api/v1/event");
    let one = command(VIEW);
    let cases = [
        (format!("# a comment\n{one}"), "taken over from the curl command"),
        (format!("KEY={KEY} {one}"), "taken over from the curl command; left out: the key"),
        (command(&VIEW.replace("view", KEY)), "taken over from the curl command; left out: the key"),
        (format!("{one}\n{one}"), "taken over from 2 curl commands"),
    ];
    for (pasted, said) in cases {
        let mut model = with_key("x");
        let effects = send(&mut model, Message::Paste(pasted.clone()), at(21));
        assert_eq!(toast(&model), said, "{pasted}");
        assert!(draft(&model).contains("customer_id") && !draft(&model).contains("curl"), "{}", draft(&model));
        assert!(!kept(&effects).concat().contains(KEY));
        assert_eq!(draft(&model).starts_with('['), said.contains('2'));
    }
}

#[test]
fn attributes_types_and_placeholders_are_completed() {
    let cases = [
        ("{\"event\": \"purchase\", \"orde", "^n", "{\"event\": \"purchase\", \"order_id\": "),
        ("{\"event\": \"purch", "tab", "{\"event\": \"purchase\""),
        ("{\"event\": \"{{uu", "^n", "{\"event\": \"{{uuid}}"),
        (
            "{\"event\": \"purchase\", \"products\": [{\"quan",
            "tab",
            "{\"event\": \"purchase\", \"products\": [{\"quantity\": ",
        ),
        ("[{\"products\": [{\"quan", "tab", "[{\"products\": [{\"quantity\": "),
        ("{\n", "tab", "{\n    "),
        ("{\"a\": 1", "tab", "{\"a\": 1  "),
        ("{\"a\": \"zzz", "tab", "{\"a\": \"zzz"),
    ];
    for (text, key, completed) in cases {
        let mut model = composing(120, 36, text);
        behind(&mut model, text);
        if text.ends_with('\n') {
            press(&mut model, "backspace enter", at(21));
        }
        press(&mut model, key, at(21));
        assert_eq!(draft(&model), completed, "{key} behind {text}: {:?}", popup(&model));
    }
    let mut model = composing(120, 36, r#"{"event": "purchase", "": 1, "order_id": 1}"#);
    behind(&mut model, r#"", ""#);
    press(&mut model, "^n", at(21));
    assert!(popup(&model).contains(&"revenue") && !popup(&model).contains(&"order_id"), "{:?}", popup(&model));
    type_in(&mut model, "to", at(21));
    assert_eq!(popup(&model).first(), Some(&"total"), "{:?}", popup(&model));
    press(&mut model, "enter", at(21));
    assert_eq!(draft(&model), r#"{"event": "purchase", "total": 1, "order_id": 1}"#);
    press(&mut model, "^z", at(21));
    behind(&mut model, r#"", ""#);
    press(&mut model, "^n down down up ^c", at(21));
    assert!(popup(&model).is_empty() && model.composing().is_some(), "the first way out is out of the list");
    model.sending.environment.insert("SHOP".into(), "x".into());
    send(&mut model, Message::Paste("{{env".into()), at(21));
    press(&mut model, "^n", at(21));
    assert!(draft(&model).contains("{{env.SHOP}}"), "{}", draft(&model));
}

#[test]
fn the_draft_is_laid_out_anew_and_goes_to_another_editor_and_back() {
    let mut model = composing(120, 36, VIEW);
    press(&mut model, "^r", at(21));
    let formatted = "{\n  \"event\": \"view\",\n  \"customer_id\": \"1\"\n}";
    assert_eq!(draft(&model), formatted);
    let effects = press(&mut model, "^o", at(21));
    let id = model.composer.composition().unwrap().id.clone();
    assert_eq!(effects, [Effect::Edit { draft: id.clone(), text: formatted.into() }]);
    let edited = Outcome::Edited { draft: id.clone(), text: "{}\n".into() };
    let effects = send(&mut model, Message::Done(edited.clone()), at(22));
    assert_eq!(effects, [Effect::KeepDraft { draft: id, text: "{}".into() }]);
    assert_eq!(send(&mut model, Message::Done(edited), at(22)), [], "the same again is no change");
    press(&mut model, "^z", at(22));
    assert_eq!(draft(&model), formatted);
    press(&mut model, "backspace ^z ^r", at(22));
    let mut broken = composing(120, 36, "{\n1}");
    press(&mut broken, "^r", at(22));
    assert_eq!(toast(&broken), "it is not JSON yet");
    assert_eq!(broken.composing().unwrap().editor.cursor().line, 1);
}

#[test]
fn a_draft_is_kept_as_a_template_under_a_name_that_is_safe() {
    let mut model = composing(120, 36, VIEW);
    press(&mut model, "^x", at(21));
    press(&mut model, "^u", at(21));
    for bad in ["", "../x", "a b", "é"] {
        type_in(&mut model, &format!("{bad}\n"), at(21));
        assert!(matches!(model.layers.last(), Some(Layer::Prompt(_))) && toast(&model).contains("a-z"), "{bad:?}");
        press(&mut model, "^u", at(21));
    }
    let effects = type_in(&mut model, "my_view-2\n", at(21));
    assert_eq!(effects, [Effect::KeepTemplate { name: "my_view-2".into(), text: VIEW.into() }]);
    for place in ["/a\u{1b}/my_view-2.json", "/b/my_view-2.json"] {
        let kept = Outcome::TemplateKept { name: "my_view-2".into(), text: VIEW.into(), place: place.into() };
        send(&mut model, Message::Done(kept), at(22));
    }
    assert_eq!(model.composer.templates().len(), 1);
    press(&mut model, "^t S", at(23));
    assert!(matches!(model.layers.last(), Some(Layer::Prompt(_))));
    press(&mut model, "esc esc c", at(23));
    assert!(choices(&model).contains(&"yours my_view-2".to_owned()));
}

#[test]
fn a_name_that_no_template_has_is_proposed() {
    let long = "x".repeat(80);
    let cases = [
        ("view", &[][..], "view-2"),
        ("View", &["view-2", "view-3"], "view-4"),
        ("sign up", &[], "signup"),
        ("signup_x", &["signup_x"], "signup_x-2"),
        ("", &[""], ""),
        (&long, &[&long[..64]], &format!("{}-2", &long[..62])),
    ];
    for (event_type, own, proposed) in cases {
        let mut model = composing(120, 36, &format!(r#"{{"event": "{event_type}"}}"#));
        let template = |name: &&str| Template { name: (*name).into(), description: String::new(), text: VIEW.into() };
        model.composer.templates = own.iter().map(template).collect();
        press(&mut model, "^x", at(21));
        let Some(Layer::Prompt(Prompt { input, .. })) = model.layers.last() else { panic!("no name was asked for") };
        assert_eq!(input.value(), proposed, "{event_type}");
    }
}

#[test]
fn an_own_template_is_not_replaced_and_a_standard_one_not_silently() {
    let mut model = composing(120, 36, VIEW);
    let mine = Template { name: "mine".into(), description: String::new(), text: "{}".into() };
    model.composer.templates = vec![mine.clone()];
    press(&mut model, "^x ^u", at(21));
    assert_eq!(type_in(&mut model, "mine\n", at(21)), []);
    assert!(matches!(model.layers.last(), Some(Layer::Prompt(_))));
    assert_eq!(toast(&model), "there is a template of that name: choose another");
    press(&mut model, "^u", at(21));
    let effects = type_in(&mut model, "view\n", at(21));
    assert_eq!(effects, [Effect::KeepTemplate { name: "view".into(), text: VIEW.into() }]);
    let kept = Outcome::TemplateKept { name: "view".into(), text: VIEW.into(), place: "/a/view.json".into() };
    send(&mut model, Message::Done(kept), at(22));
    assert_eq!(toast(&model), "saved as the template view, which takes the standard one's place, in /a/view.json");
    let refused = Outcome::TemplateNotKept("/a/mine.json exists: choose another name".into());
    send(&mut model, Message::Done(refused), at(22));
    assert!(model.composer.templates().contains(&mine), "what is not on disk is not in the list");
    press(&mut model, "esc c", at(23));
    let offered = choices(&model);
    assert!(offered.contains(&"yours view".into()) && !offered.contains(&"new view".into()), "{offered:?}");
}

#[test]
fn a_draft_that_is_not_on_disk_says_so_for_as_long_as_it_is_true() {
    let mut model = composing(120, 36, VIEW);
    send(&mut model, Message::Done(Outcome::DraftNotKept(sanitize("the disk is full\u{7}"))), at(21));
    send(&mut model, Message::Woke, at(99));
    assert_eq!(model.composer.not_kept().map(|why| &**why), Some("the disk is full\\u0007"));
    send(&mut model, Message::Done(Outcome::DraftKeptAgain), at(99));
    assert_eq!(model.composer.not_kept(), None);
}

#[test]
fn the_mouse_places_the_cursor_picks_tabs_and_rows_and_scrolls() {
    let lines: Vec<_> = (0..100).map(|n| format!("line {n}")).collect();
    let mut model = composing(120, 36, &lines.join("\n"));
    let areas = *model.composer.areas();
    click(&mut model, areas.text.x + 5 + 3, areas.text.y + 4, at(21));
    let editor = &model.composing().unwrap().editor;
    assert_eq!((editor.cursor().line, editor.cursor().byte), (4, 3));
    let wheel = Mouse { kind: MouseKind::ScrollDown, column: areas.text.x, row: areas.text.y };
    send(&mut model, Message::Mouse(wheel), at(21));
    send(&mut model, Message::Mouse(wheel), at(21));
    let editor = &model.composing().unwrap().editor;
    assert_eq!((editor.top(), editor.cursor().line), (6, 6), "the cursor goes along as far as it must");
    let tabs = layout::tabs(areas.whole, ComposerTab::ALL.map(|tab| (tab, tab.label())), false);
    click(&mut model, tabs.get(1).unwrap().1.x + 1, areas.whole.y, at(21));
    assert_eq!(tab(&model), ComposerTab::Preview);
    click(&mut model, 5, 4, at(21));
    assert!(model.composing().is_some(), "the table can be looked at beside it");
    assert_eq!(press(&mut model, "e x", at(21)).len(), 1, "and the keys stay with the composer");
    press(&mut model, "esc c", at(22));
    let list = search_list::rows(model.layers.last().unwrap().area(model.size).inner());
    click(&mut model, list.x + 3, list.y + 2, at(22));
    assert!(model.composing().is_some());
    press(&mut model, "esc c", at(22));
    click(&mut model, 0, 0, at(22));
    assert!(model.layers.is_empty() && model.composing().is_none());
}

#[test]
fn names_of_drafts_sort_by_time_and_are_safe_for_files() {
    let id =
        |name: &str, begun: u64, time: &str| super::update::id_of(name, 7, begun, time.parse::<Timestamp>().unwrap()).0;
    let first = id("purchase", 1, "2026-11-23T14:03:20.9Z");
    assert!(first.starts_with("20261123T140320Z-purchase-"), "{first}");
    assert_ne!(first, id("purchase", 2, "2026-11-23T14:03:20.9Z"));
    assert!(first < id("add_to_cart", 1, "2026-11-23T14:03:21Z"));
    let odd = id("../Пошук\u{202e} x/..\0", 1, "2026-11-23T14:03:20Z");
    assert!(odd.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')), "{odd}");
}

#[test]
fn the_whole_of_an_event_survives_being_composed() {
    let mut model = busy(120, 36);
    press(&mut model, "/ p u r c h enter e", at(20));
    let sent_again: serde_json::Value = serde_json::from_str(&draft(&model)).unwrap();
    let mut received: serde_json::Value = serde_json::from_str(&PURCHASE.replace("50314", "50315")).unwrap();
    for added in ["event_uuid", "_bsft_ts"] {
        received.as_object_mut().unwrap().remove(added);
    }
    assert_eq!(sent_again, received);
}
