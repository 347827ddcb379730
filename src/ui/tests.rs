//! The screen in every state that a user may meet, at the sizes that terminals have.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::Theme;
use super::picture::{SIZES, as_text, drawn, in_styles, picture, roles_as_colours};
use crate::app::fixture::{
    CHECKOUT, FAULTY, PURCHASE, act, answer_scans, answered, at, at_millis, busy, change, collecting, composing,
    evaluated, failed, faulty, fresh, judge, judged, lint_all, passing_on, polled, press, replaying, retried, send,
    setup, ship, taken,
};
use crate::app::keymap::Action;
use crate::app::{Message, Model, Outcome, Setup, ThemeName};
use crate::blueshift::safety::{Environment, Safety};
use crate::event::{Unknown, syntax, text};
use crate::query::{Fault, QueryError, Values, ValuesEnd};
use crate::session::{Arrival, CallOutcome, Change, ChangeKind, Errors, Moment, Problem, ProblemKind, Record, Waiting};

#[test]
fn a_session_at_every_size() {
    for (width, height) in SIZES {
        let mut model = busy(width, height);
        press(&mut model, "/ p u r c h enter / ^u enter", at(20));
        insta::assert_snapshot!(format!("session_{width}x{height}"), picture(&model, at(20)));
    }
}

#[test]
fn a_tape_that_is_replayed() {
    for (width, height) in [(120, 36), (80, 24), (60, 15)] {
        let mut model = replaying(width, height);
        insta::assert_snapshot!(format!("replay_{width}x{height}"), picture(&model, at(60)));
        press(&mut model, "+ + space", at(60));
        model.toast = None;
        insta::assert_snapshot!(format!("replay_playing_{width}x{height}"), picture(&model, at(61)));
    }
    let mut model = replaying(80, 24);
    press(&mut model, "t 1 4", at(60));
    insta::assert_snapshot!("replay_jump_80x24", picture(&model, at(60)));
    let mut model = replaying(80, 24);
    press(&mut model, "c enter", at(60));
    let drafted = picture(&model, at(60));
    assert!(drafted.contains("a tape has nowhere to send to"), "{drafted}");
    assert!(!drafted.contains("^S sends it") && !drafted.contains("production"), "{drafted}");
}

#[test]
fn the_inspector_at_work() {
    let mut model = busy(120, 36);
    press(&mut model, "/ p u r c h enter enter * / s k u enter n", at(20));
    let newer = change("purchase", ChangeKind::Updated, r#"{"a":1}"#, 44, 1, at(22));
    send(&mut model, polled(vec![newer], at(22)), at(22));
    insta::assert_snapshot!("inspector_search_and_newer", picture(&model, at(22)));
    press(&mut model, "0 [", at(22));
    insta::assert_snapshot!("inspector_raw", picture(&model, at(22)));
    let mut narrow = busy(60, 15);
    press(&mut narrow, "/ p u r c h enter enter j j", at(20));
    insta::assert_snapshot!("inspector_60x15", picture(&narrow, at(20)));
}

#[test]
fn all_findings_of_the_session_in_a_list() {
    for (width, height) in [(200, 50), (120, 36), (80, 24), (60, 15)] {
        let mut model = faulty(width, height);
        press(&mut model, "! j", at(32));
        insta::assert_snapshot!(format!("all_findings_{width}x{height}"), picture(&model, at(32)));
    }
    let mut model = busy(80, 24);
    press(&mut model, "!", at(20));
    insta::assert_snapshot!("all_findings_none_80x24", picture(&model, at(20)));
}

#[test]
fn what_a_collector_was_sent_in_a_list() {
    for (width, height) in [(120, 36), (80, 24), (60, 15)] {
        let mut model = collecting(width, height);
        insta::assert_snapshot!(format!("collector_{width}x{height}"), picture(&model, at(7)));
        press(&mut model, "R j", at(7));
        insta::assert_snapshot!(format!("requests_{width}x{height}"), picture(&model, at(7)));
        press(&mut model, "enter", at(7));
        insta::assert_snapshot!(format!("request_{width}x{height}"), picture(&model, at(7)));
        let mut model = passing_on(width, height);
        press(&mut model, "R j", at(9));
        insta::assert_snapshot!(format!("requests_held_{width}x{height}"), picture(&model, at(9)));
        press(&mut model, "enter", at(9));
        insta::assert_snapshot!(format!("request_passed_on_{width}x{height}"), picture(&model, at(9)));
    }
    let mut model = busy(80, 24);
    press(&mut model, "R", at(20));
    insta::assert_snapshot!("requests_none_80x24", picture(&model, at(20)));
}

#[test]
fn a_collector_that_holds_its_first_request_says_how_it_goes_on() {
    let setup = Setup { collector: Some("http://127.0.0.1:8787".into()), ..setup(160, 40) };
    let mut model = Model::new(setup);
    let waiting = Waiting { held: 1, first: Some("POST /track".into()), scenario: false, unsent: 0, at: at(1) };
    send(&mut model, Message::Records(vec![Record::Waiting(waiting)]), at(1));
    assert!(picture(&model, at(1)).contains("One waits: the key ."));
    press(&mut model, "R", at(1));
    let text = picture(&model, at(1));
    assert!(text.contains("A request is listed when it is answered") && text.contains("POST /track is held"), "{text}");
}

#[test]
fn what_is_wrong_with_an_event_at_every_size() {
    for (width, height) in [(200, 50), (120, 36), (100, 30), (80, 24), (60, 15)] {
        let size = format!("{width}x{height}");
        let mut model = faulty(width, height);
        insta::assert_snapshot!(format!("findings_tree_{size}"), picture(&model, at(20)));
        press(&mut model, "enter ] ] ] j", at(20));
        insta::assert_snapshot!(format!("findings_{size}"), picture(&model, at(20)));
    }
    let mut model = faulty(120, 36);
    let missing = r#"{"event":"purchase","customer_id":"1","products":[{"sku":"a","price":"1,100"}]}"#;
    let newer = change("purchase", ChangeKind::Updated, missing, 45, 1, at(21));
    let gone = change("subscription_billing", ChangeKind::Gone, r#"{"billing_date":"2014-14-11"}"#, 3, 0, at(21));
    press(&mut model, "enter ] ] ]", at(21));
    send(&mut model, polled(vec![newer, gone], at(21)), at(21));
    insta::assert_snapshot!("findings_of_the_event_before", picture(&model, at(21)));
    lint_all(&mut model, at(21));
    press(&mut model, "[ [ 1", at(21));
    insta::assert_snapshot!("findings_missing_and_folded", picture(&model, at(21)));
    let mut model = busy(80, 24);
    press(&mut model, "/ v i e w enter enter ] ] ]", at(20));
    insta::assert_snapshot!("findings_not_looked_at_80x24", picture(&model, at(20)));
    let fine = change("view", ChangeKind::Updated, r#"{"event":"view","cookie":"c","sku":"a"}"#, 1_206, 1, at(21));
    send(&mut model, polled(vec![fine], at(21)), at(21));
    lint_all(&mut model, at(21));
    insta::assert_snapshot!("findings_none_80x24", picture(&model, at(21)));
}

#[test]
fn what_an_earlier_event_had_is_seen_beside_a_newer_one_that_has_less() {
    let newest = |width, height, text: &str| {
        let mut model = faulty(width, height);
        let order = change("purchase", ChangeKind::Updated, text, 46, 2, at(21));
        send(&mut model, polled(vec![order], at(21)), at(21));
        lint_all(&mut model, at(21));
        model
    };
    let fine = r#"{"event":"purchase","email":"jane@example.com","order_id":"1","revenue":1,"total":1,"products":[{"sku":"a","price":1,"quantity":1}]}"#;
    let mut model = newest(120, 36, fine);
    press(&mut model, "enter ] ] ]", at(22));
    insta::assert_snapshot!("findings_earlier_120x36", picture(&model, at(22)));
    act(&mut model, Action::Earlier, at(22));
    insta::assert_snapshot!("findings_earlier_on_show_120x36", picture(&model, at(22)));
    let mut model = newest(80, 24, &fine.replace("\"revenue\":1,", ""));
    press(&mut model, "enter", at(22));
    insta::assert_snapshot!("findings_earlier_worse_80x24", picture(&model, at(22)));
}

/// Events of several customers and a step, in a stream that has the focus.
fn shopping(width: u16, height: u16) -> Model {
    let mut model = faulty(width, height);
    let came = |model: &mut Model, name: &str, text: &str, second| {
        let newer = change(name, ChangeKind::Updated, text, 60, 1, at(second));
        send(model, polled(vec![newer], at(second)), at(second));
    };
    came(&mut model, "view", r#"{"customer_id":"812123","products":[{"sku":"45790-32"}]}"#, 22);
    came(&mut model, "identify", r#"{"customer_id":"22222","email":"kim@example.com"}"#, 23);
    press(&mut model, "b", at(200));
    came(&mut model, "add_to_cart", r#"{"customer_id":"812123","product_id":"sku1","quantity":2}"#, 262);
    let order = PURCHASE.replace("50314", "50317").replace("\"31.24\"", "31.24");
    came(&mut model, "purchase", &order, 270);
    came(&mut model, "purchase", &order.replace("50317", "50318"), 271);
    lint_all(&mut model, at(271));
    model
}

#[test]
fn the_stream_alone_and_as_one_visitor_s_journey() {
    for (width, height) in [(120, 36), (80, 24)] {
        let size = format!("{width}x{height}");
        let mut model = shopping(width, height);
        press(&mut model, "tab tab z j", at(272));
        insta::assert_snapshot!(format!("stream_{size}"), picture(&model, at(272)));
        let effects = press(&mut model, "* *", at(272));
        answer_scans(&mut model, &effects, "");
        insta::assert_snapshot!(format!("stream_of_one_customer_{size}"), picture(&model, at(272)));
        press(&mut model, "enter", at(280));
        insta::assert_snapshot!(format!("stream_opened_{size}"), picture(&model, at(280)));
    }
}

#[test]
fn a_query_as_it_is_typed_and_what_it_leaves() {
    for (width, height) in [(120, 36), (80, 24)] {
        let size = format!("{width}x{height}");
        let mut model = busy(width, height);
        press(&mut model, "/ p u r c h enter / ^u enter |", at(20));
        insta::assert_snapshot!(format!("query_empty_{size}"), picture(&model, at(20)));
        let effects = press(&mut model, ". p r o d u c t s [ ]", at(20));
        let products = ["45790-32", "46493-32"].map(|sku| format!("{{\n  \"sku\": \"{sku}\"\n}}"));
        evaluated(&mut model, &effects, Ok(Values { texts: products.into(), end: ValuesEnd::Complete }));
        insta::assert_snapshot!(format!("query_{size}"), picture(&model, at(20)));
        let effects = press(&mut model, "space | space n a m e", at(20));
        let reason = "there is no function name: a field is written .name".into();
        evaluated(&mut model, &effects, Err(QueryError::Expression(Fault { at: 14..18, reason })));
        insta::assert_snapshot!(format!("query_fault_{size}"), picture(&model, at(20)));
        press(&mut model, "^u", at(20));
        let effects = press(&mut model, ". t o t a l space = = space 3 0", at(20));
        evaluated(&mut model, &effects, Ok(Values { texts: vec!["true".into()], end: ValuesEnd::Complete }));
        let effects = press(&mut model, "enter", at(20));
        answer_scans(&mut model, &effects, "\"total\":30");
        insta::assert_snapshot!(format!("narrowed_{size}"), picture(&model, at(20)));
    }
}

#[test]
fn a_step_and_a_table_as_its_reader_wants_it() {
    for (width, height) in [(120, 36), (80, 24)] {
        let size = format!("{width}x{height}");
        let mut model = shopping(width, height);
        insta::assert_snapshot!(format!("step_{size}"), picture(&model, at(272)));
        act(&mut model, Action::EndStep, at(273));
        press(&mut model, "/ v i e w enter esc", at(273));
        act(&mut model, Action::Mute, at(273));
        press(&mut model, "/ b i l l enter esc", at(273));
        act(&mut model, Action::Pin, at(273));
        press(&mut model, "/ p u r c h enter esc enter j j j j", at(273));
        act(&mut model, Action::ShowColumn, at(273));
        press(&mut model, "esc", at(280));
        insta::assert_snapshot!(format!("table_pinned_muted_and_a_field_{size}"), picture(&model, at(280)));
    }
    let mut model = shopping(80, 24);
    act(&mut model, Action::Mute, at(273));
    act(&mut model, Action::Muted, at(273));
    insta::assert_snapshot!("muted_types_80x24", picture(&model, at(280)));
}

#[test]
fn states_of_the_connection() {
    let refused = "nothing listens at 127.0.0.1:8787: the connection was refused";
    let advice = "start the server there, or name another one with --url";
    let mut model = fresh(80, 24);
    insta::assert_snapshot!("first_frame_80x24", picture(&model, at(0)));
    send(&mut model, failed(ProblemKind::Unreachable, refused, advice, Some(at(5)), at(1)), at(1));
    insta::assert_snapshot!("unreachable_80x24", picture(&model, at(2)));
    let mut model = busy(120, 36);
    let what = "the server refused the Event key (401)";
    send(&mut model, failed(ProblemKind::Refused, what, "set CLICKSCOPE_EVENT_KEY", None, at(21)), at(21));
    press(&mut model, "space", at(22));
    insta::assert_snapshot!("refused_and_paused_120x36", picture(&model, at(25)));
    let mut model = fresh(80, 24);
    send(&mut model, polled(vec![], at(1)), at(1));
    insta::assert_snapshot!("no_events_80x24", picture(&model, at(2)));
    let mut model = fresh(80, 24);
    let mut trouble =
        failed(ProblemKind::WrongAnswer, "the answer is HTML, not JSON", "check --url", Some(at(9)), at(1));
    if let Message::Records(records) = &mut trouble
        && let [Record::Trouble(trouble)] = &mut **records
    {
        let unknown = Unknown { reason: "HTML".into(), body: "<html>\u{1b}[2J</html>".into(), length: 20 };
        trouble.unknown = Some(unknown.into());
    }
    send(&mut model, trouble, at(1));
    insta::assert_snapshot!("unknown_answer_80x24", picture(&model, at(2)));
}

#[test]
fn the_header_has_the_errors_that_the_server_counted_as_far_as_there_is_room() {
    let header = |columns, counts: &[(&'static str, u64)]| {
        let mut model = busy(columns, 24);
        let counts = counts.iter().map(|(sort, count)| ((*sort).into(), *count)).collect();
        send(&mut model, Message::Records(vec![Record::Errors(Errors { counts, at: at(20) })]), at(20));
        picture(&model, at(20)).lines().next().unwrap().to_owned()
    };
    let two = [("invalid_user_attributes", 2), ("missing_identifier", 5)];
    assert!(!header(120, &[]).contains('!'), "{}", header(120, &[]));
    assert!(
        header(160, &two).contains("  ! server errors today: invalid_user_attributes 2 · missing_identifier 5"),
        "{}",
        header(160, &two)
    );
    assert!(header(120, &two).contains("  ! 7 server errors today"), "{}", header(120, &two));
    assert!(header(80, &two).contains("  ! server 7"), "{}", header(80, &two));
}

#[test]
fn the_header_has_what_is_wrong_and_where_at_any_width() {
    let header = |columns, target: &'static str, read_only: bool| {
        let mut setup = Setup { target: target.into(), ..setup(columns, 24) };
        setup.sending.safety.read_only = read_only.then(|| "profile live (x:1)".to_owned());
        let mut model = Model::new(setup);
        let known = change("view", ChangeKind::New, r#"{"event":"view","email":"x"}"#, 1, 0, at(1));
        send(&mut model, polled(vec![known], at(1)), at(1));
        lint_all(&mut model, at(1));
        let row = picture(&model, at(2)).lines().next().unwrap().to_owned();
        row.split_once(" ●").unwrap().0.trim().to_owned()
    };
    let live = "live-of-the-shop · eu · api.eu.getblueshift.com";
    let cases = [
        (
            160,
            live,
            true,
            "clickscope  read-only  live-of-the-shop · eu · api.eu.getblueshift.com  ✗ 2 errors in 1 of 1 types",
        ),
        (120, live, true, "clickscope  read-only  live-of-the-shop · eu · api.eu.getblueshift.com  ✗ 2 in 1 of 1"),
        (80, live, true, "read-only  live-of-the-shop · api.eu.getblueshift.com  ✗ 2"),
        (80, live, false, "clickscope  live-of-the-shop · api.eu.getblueshift.com  ✗ 2"),
        (60, live, true, "read-only  live-of-the-shop · api.eu.getb…  ✗ 2"),
        (60, "us · api.getblueshift.com", false, "clickscope  us · api.getblueshift.com  ✗ 2"),
    ];
    for (columns, target, read_only, expected) in cases {
        assert_eq!(header(columns, target, read_only), expected, "{columns}");
    }
}

#[test]
fn long_keys_and_many_fields_leave_values_in_their_column_and_have_names() {
    let wide: Vec<_> = (0..250).map(|n| format!(r#","attribute_{n:03}_of_the_customer":{n}"#)).collect();
    let wide = wide.concat();
    let long = r#"{"event":"long","id":1,"the_preferred_delivery_window_of_the_customer_start":"08:00","the_preferred_delivery_window_of_the_customer_end":"10:00","text":"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua","ключ":{"первое поле":"первое значение","второе поле":"второе значение","третье поле":"третье значение"},"products":[{"https://schema.org/acceptedPaymentMethod":"visa","y":2}]}"#;
    for (width, height) in [(200, 50), (120, 36), (80, 24), (60, 15)] {
        let mut model = fresh(width, height);
        let known = [("long", long.to_owned()), ("wide", format!(r#"{{"event":"wide"{wide}}}"#))];
        let known = known.map(|(name, text)| change(name, ChangeKind::New, &text, 1, 0, at(1)));
        send(&mut model, polled(known.into(), at(1)), at(1));
        press(&mut model, "/ l o n g enter enter", at(2));
        insta::assert_snapshot!(format!("long_keys_{width}x{height}"), picture(&model, at(2)));
        press(&mut model, "esc / ^u w i d e enter enter j j", at(2));
        insta::assert_snapshot!(format!("many_fields_{width}x{height}"), picture(&model, at(2)));
    }
}

#[test]
fn rates_have_a_scale_and_a_number_and_an_outage_is_unknown() {
    for (width, height) in [(120, 36), (80, 24)] {
        let mut model = busy(width, height);
        act(&mut model, Action::ToggleRate, at(20));
        let came = |model: &mut Model, name: &str, arrived, second| {
            let newer = change(name, ChangeKind::Updated, &format!("{{\"a\":{second}}}"), 60, arrived, at(second));
            send(model, polled(vec![newer], at(second)), at(second));
        };
        came(&mut model, "view", 40, 31);
        came(&mut model, "purchase", 2, 46);
        let nothing = "nothing listens at 127.0.0.1:8787: the connection was refused";
        send(&mut model, failed(ProblemKind::Unreachable, nothing, "start it", Some(at(70)), at(61)), at(61));
        insta::assert_snapshot!(format!("rate_in_an_outage_{width}x{height}"), picture(&model, at(80)));
        came(&mut model, "purchase", 30, 91);
        came(&mut model, "view", 3, 106);
        insta::assert_snapshot!(format!("rate_after_an_outage_{width}x{height}"), picture(&model, at(107)));
    }
}

#[test]
fn fifteen_new_types_are_marked_and_not_shouted() {
    for (width, height) in SIZES {
        let mut model = busy(width, height);
        let news = (0..15).map(|n| change(&format!("kind_{n:02}"), ChangeKind::New, "{\"a\":1}", 1, 1, at(20)));
        send(&mut model, polled(news.collect(), at(20)), at(20));
        insta::assert_snapshot!(format!("new_types_{width}x{height}"), picture(&model, at(21)));
        press(&mut model, "a", at(21));
        assert!(!picture(&model, at(21)).contains("unseen"));
    }
}

#[test]
fn what_stands_over_the_panes() {
    let mut model = busy(120, 36);
    press(&mut model, "?", at(20));
    insta::assert_snapshot!("help_120x36", picture(&model, at(20)));
    let mut model = busy(80, 24);
    press(&mut model, "/ p u r c h enter enter / n o t e enter v", at(20));
    insta::assert_snapshot!("reader_80x24", picture(&model, at(20)));
    let mut model = busy(80, 24);
    press(&mut model, "/ v i", at(20));
    insta::assert_snapshot!("filter_80x24", picture(&model, at(20)));
    press(&mut model, "enter y", at(20));
    insta::assert_snapshot!("copy_80x24", picture(&model, at(20)));
    let mut narrow = faulty(60, 15);
    press(&mut narrow, "enter x y", at(20));
    let shown = as_text(&drawn(&narrow, at(20), &roles_as_colours()));
    assert!(shown.contains(" copy v value k key p path j jq e event t type f finding esc"), "{shown}");
    press(&mut model, "esc", at(20));
    send(&mut model, crate::app::Message::Done(Outcome::Copied { bytes: 42 }), at(20));
    insta::assert_snapshot!("copied_80x24", picture(&model, at(20)));
    insta::assert_snapshot!("too_small_50x10", picture(&busy(50, 10), at(20)));
}

#[test]
fn every_theme_at_every_size() {
    for name in ThemeName::ALL {
        let theme = Theme::named(name);
        for (width, height) in SIZES {
            let mut model = faulty(width, height);
            press(&mut model, "/ p u r c h enter enter", at(20));
            let shown = in_styles(&drawn(&model, at(20), &theme));
            insta::assert_snapshot!(format!("theme_{name}_{width}x{height}"), shown);
        }
    }
}

#[test]
fn the_frame_says_who_is_at_the_other_end() {
    for (environment, production, letter) in [
        (None, false, 'B'),
        (Some(Environment::Development), false, 'B'),
        (Some(Environment::Staging), false, 'Y'),
        (Some(Environment::Production), true, 'X'),
        (None, true, 'X'),
    ] {
        let mut model = busy(80, 24);
        model.sending.safety = Safety { production, environment, ..Safety::default() };
        let shown = picture(&model, at(20));
        assert!(shown.contains(&letter.to_string().repeat(12)), "{environment:?} {production}: {shown}");
    }
}

#[test]
fn no_theme_and_no_size_breaks_the_screen() {
    let themes = ThemeName::ALL.map(Theme::named);
    for (theme, (width, height)) in themes.iter().zip([(61, 15), (79, 20), (99, 29), (139, 40), (61, 15), (99, 29)]) {
        for (width, height) in [(width, height), (0, 0), (1, 1), (300, 100)] {
            let mut model = busy(width, height);
            for key in ["g", "enter", "*", "G", "z", "]", "z", "?", "esc", "v", "esc", "tab", "esc", "/", "y"] {
                press(&mut model, key, at(20));
                let buffer = drawn(&model, at(20), theme);
                let cells = usize::from(width) * usize::from(height);
                assert_eq!(buffer.content.len(), cells);
                let escaped = buffer.content.iter().any(|cell| cell.symbol().chars().any(char::is_control));
                assert!(!escaped, "a control character reached the screen");
            }
            let mut model = faulty(width, height);
            for key in ["]", "enter", "]", "G", "v", "esc", "y", "f", "z", "enter", "*", "x", "X", "1", "[", "["] {
                press(&mut model, key, at(20));
                let buffer = drawn(&model, at(20), theme);
                let escaped = buffer.content.iter().any(|cell| cell.symbol().chars().any(char::is_control));
                assert!(!escaped, "a control character reached the screen after {key}");
            }
            let mut model = composing(width, height, "{\"a\u{1b}\": [\"\u{202e}日本\", {{x}}]\r}");
            model.sending.safety.production = true;
            let keys = "end down ^n esc ^t j G ] k [ ^s esc enter ^k x ^s ^x esc F1 esc c down x esc esc e ^s p enter";
            for key in keys.split(' ') {
                press(&mut model, key, at(21));
                let buffer = drawn(&model, at(21), theme);
                let escaped = buffer.content.iter().any(|cell| cell.symbol().chars().any(char::is_control));
                assert!(!escaped, "a control character reached the screen after {key}");
            }
        }
    }
}

#[test]
fn a_tree_of_any_size_costs_the_screen_and_no_more() {
    let wide: Vec<u32> = (0..200_000).collect();
    let mut model = busy(120, 36);
    let huge = change("huge", ChangeKind::New, &format!(r#"{{"wide":{wide:?}}}"#), 1, 1, at(21));
    send(&mut model, polled(vec![huge], at(21)), at(21));
    press(&mut model, "/ h u g e enter enter", at(21));
    act(&mut model, Action::OpenAll, at(21));
    press(&mut model, "G", at(21));
    assert_eq!(model.inspector.tree().unwrap().selected_path().0.to_string(), "wide[199999]");
    let screen = picture(&model, at(21));
    assert!(screen.contains("199999  199999"), "{screen}");
    assert!(screen.contains("199990  199990"), "{screen}");
}

/// The proof alone, with a margin of one cell where the composer's border is.
fn proof(model: &Model, now: Moment, width: u16, height: u16) -> String {
    let theme = roles_as_colours();
    let mut terminal = Terminal::new(TestBackend::new(width + 2, height + 2)).unwrap();
    let draw = |frame: &mut ratatui::Frame<'_>| {
        let screen = frame.area();
        frame.buffer_mut().set_style(screen, theme.base);
        let area = ratatui::layout::Rect { x: 1, y: 1, width, height };
        super::pane::proof::draw(model, now, &theme, area, frame);
    };
    terminal.draw(draw).unwrap();
    as_text(terminal.backend().buffer())
}

/// [`CHECKOUT`] as a platform may give it back that changes what it can.
const MANGLED: &str = r#"{"event":"checkout","email":"jane@example.com","revenue":"31.24","event_uuid":"7f3a7f3a-0000-4000-8000-000000000002","note":"\u001b[31mred","timestamp":"2026-11-23T14:03:20.000Z","user_agent":"a program that tells everyone at great length what it is and where it came from","_bsft_ts":"2026-11-23T14:03:20.400Z"}"#;

/// A model in which a checkout was sent and taken, and came back `as_received`.
fn proved(as_received: &str) -> Model {
    let mut model = busy(120, 36);
    let sent = CHECKOUT.replace('}', r#","note":"red","timestamp":"2026-11-23T15:03:20+01:00"}"#);
    ship(&mut model, &sent, at(20));
    send(&mut model, taken(1, 0, 1), at_millis(20_088));
    let came = change("checkout", ChangeKind::Updated, as_received, 2, 1, at_millis(21_388));
    send(&mut model, polled(vec![came], at_millis(21_388)), at_millis(21_388));
    model
}

#[test]
fn a_proof_that_an_event_was_seen_at_every_width() {
    for (width, height) in [(100, 24), (56, 24), (36, 24), (36, 8)] {
        let model = proved(MANGLED);
        insta::assert_snapshot!(format!("proof_seen_{width}x{height}"), proof(&model, at(22), width, height));
    }
    let marker = r#""event_uuid":"7f3a7f3a-0000-4000-8000-000000000002","#;
    let guessed = MANGLED.replace(marker, r#""coupon":null,"#).replace("\\u001b[31m", "");
    insta::assert_snapshot!("proof_guessed", proof(&proved(&guessed), at(22), 56, 18));
}

#[test]
fn a_proof_tells_how_a_call_fares() {
    let mut model = busy(120, 36);
    insta::assert_snapshot!("proof_of_nothing", proof(&model, at(20), 56, 9));
    ship(&mut model, CHECKOUT, at(20));
    insta::assert_snapshot!("proof_under_way", proof(&model, at(20), 56, 4));
    send(&mut model, retried(1, 1, at(25)), at(21));
    insta::assert_snapshot!("proof_retried", proof(&model, at_millis(21_400), 56, 6));
    let mut report = taken(1, 0, 1);
    if let Message::Records(records) = &mut report
        && let [Record::Delivered(delivery)] = &mut **records
    {
        (delivery.at, delivery.attempts) = (at_millis(25_088), 2);
    }
    send(&mut model, report, at_millis(25_088));
    insta::assert_snapshot!("proof_waiting", proof(&model, at_millis(28_500), 56, 6));
    send(&mut model, polled(vec![], at(29)), at(29));
    send(&mut model, crate::app::Message::Woke, at(56));
    insta::assert_snapshot!("proof_missed", proof(&model, at(56), 56, 8));
    ship(&mut model, CHECKOUT, at(60));
    let message = "the event was not taken: 2 fields are wrong, and this sentence has to be broken".into();
    let fields = [("revenue", "must be a number"), ("products[0].sku", "is missing\u{1b}[2J")];
    let fields = fields.map(|(name, message)| (name.into(), text::sanitize(message))).into();
    let verdict = CallOutcome::Refused { status: 422, message, fields };
    send(&mut model, answered(2, 0, 1, 1, verdict), at(61));
    insta::assert_snapshot!("proof_refused", proof(&model, at(61), 56, 9));
}

#[test]
fn a_proof_of_several_events_and_a_table_with_their_marks() {
    let mut model = busy(120, 36);
    let crowd = vec![r#"{"event":"view","email":"a@example.com"}"#; 130].join(",");
    ship(&mut model, &format!("[{crowd}]"), at(20));
    send(&mut model, taken(1, 0, 30), at(20));
    send(&mut model, retried(1, 1, at(25)), at(21));
    insta::assert_snapshot!("proof_calls", proof(&model, at(21), 56, 14));
    let problem = Problem {
        kind: ProblemKind::Unreachable,
        what: "api.getblueshift.com did not answer within 10 s".into(),
        advice: "look whether it is up, then send again".into(),
    };
    for (call, attempts) in [(1, 5), (2, 0), (3, 0), (4, 0)] {
        send(&mut model, answered(1, call, 30, attempts, CallOutcome::Failed(problem.clone())), at(22));
    }
    insta::assert_snapshot!("proof_failed", proof(&model, at(22), 56, 12));
    let mut model = busy(120, 36);
    let [view, cart, identify] = ["view", "add_to_cart", "identify"]
        .map(|name| CHECKOUT.replace("checkout", name).replace("-000000000002", &format!("-{name}")));
    ship(&mut model, &format!("[{view},{cart},{identify}]"), at(20));
    send(&mut model, taken(1, 0, 3), at_millis(20_088));
    let came = |name: &str, text: &str| change(name, ChangeKind::Updated, text, 99, 1, at(21));
    send(&mut model, polled(vec![came("view", &view)], at(21)), at(21));
    send(&mut model, polled(vec![came("add_to_cart", &cart.replace("31.24", "31"))], at(21)), at(21));
    insta::assert_snapshot!("proof_several", proof(&model, at(22), 70, 24));
    insta::assert_snapshot!("marks_of_probes", picture(&model, at(22)));
    send(&mut model, crate::app::Message::Woke, at(51));
    insta::assert_snapshot!("marks_of_probes_80x24", {
        model.size = crate::app::Size { width: 80, height: 24 };
        picture(&model, at(51))
    });
}

#[test]
fn no_size_and_no_place_breaks_the_proof() {
    let model = proved(MANGLED);
    for (width, height) in [(0, 0), (1, 1), (3, 2), (10, 40), (300, 1), (200, 100)] {
        let picture = proof(&model, at(22), width, height);
        assert!(!picture.contains('\u{1b}'), "{picture}");
        let mut terminal = Terminal::new(TestBackend::new(width.max(1), height.max(1))).unwrap();
        let beyond = ratatui::layout::Rect { x: 0, y: 0, width: width + 9, height: height + 9 };
        terminal
            .draw(|frame| super::pane::proof::draw(&model, at(22), &Theme::named(ThemeName::Light), beyond, frame))
            .unwrap();
    }
}

#[test]
fn the_composer_at_every_size() {
    let left = "{\n  \"event\": \"purchase\",\n  \"customer_id\": \"1\",\n  \"placed\": {{epoch}},\n  \"products\": [\n    {\"sku\": \"a\", \"price\": 19}\n  ],\n  \"at\": \"{{now-2d}}\",\n  \"gift\": true\n}";
    for (width, height) in [(120, 36), (80, 24), (60, 15)] {
        let size = format!("{width}x{height}");
        let mut model = busy(width, height);
        press(&mut model, "/ p u r c h enter c", at(20));
        insta::assert_snapshot!(format!("composer_picker_{size}"), picture(&model, at(20)));
        press(&mut model, "esc e", at(20));
        insta::assert_snapshot!(format!("composer_resend_{size}"), picture(&model, at(20)));

        let mut model = composing(width, height, left);
        press(&mut model, "down down down down end", at(21));
        insta::assert_snapshot!(format!("composer_ready_{size}"), picture(&model, at(21)));
        let mut model = composing(width, height, &left.replace("},\n", "}}\n").replace(": 19", ": 19,"));
        press(&mut model, "^s", at(21));
        insta::assert_snapshot!(format!("composer_error_{size}"), picture(&model, at(26)));
        let mut model = composing(width, height, left);
        press(&mut model, "^t", at(21));
        insta::assert_snapshot!(format!("composer_preview_{size}"), picture(&model, at(21)));
    }
}

#[test]
fn what_is_wrong_with_a_draft() {
    let wrong = "{\n  \"event\": \"purchase\",\n  \"email\": \"jane.doe@acme.com\",\n  \"billing_date\": \"2014-14-11T17:27:20+00:00\",\n  \"note\": \"\",\n  \"placed_at\": {{epoch}},\n  \"products\": [\n    {\n      \"qty\": 2\n    }\n  ],\n  \"seen_at\": \"11/25/2026\"\n}";
    for (width, height) in [(120, 36), (80, 24), (60, 15)] {
        let size = format!("{width}x{height}");
        let mut model = judged(width, height, wrong);
        press(&mut model, "F8", at(21));
        insta::assert_snapshot!(format!("composer_findings_{size}"), picture(&model, at(26)));
        press(&mut model, "^Home", at(21));
        insta::assert_snapshot!(format!("composer_findings_at_one_place_{size}"), picture(&model, at(26)));
        model.sending.safety.production = true;
        press(&mut model, "^s", at(21));
        insta::assert_snapshot!(format!("composer_findings_production_{size}"), picture(&model, at(26)));
    }
    let mut model = judged(80, 24, wrong);
    let effects = press(&mut model, "F8 F8 F8 x", at(21));
    judge(&mut model, &effects, at(21));
    insta::assert_snapshot!("composer_findings_stale_80x24", picture(&model, at(26)));
    press(&mut model, "^z", at(21));
    send(&mut model, crate::app::Message::Done(Outcome::DraftNotKept("the disk is full".into())), at(21));
    insta::assert_snapshot!("composer_findings_asked_again_80x24", picture(&model, at(26)));
    let mut model = judged(80, 24, wrong);
    let effects = press(&mut model, "F8 right right 3", at(21));
    judge(&mut model, &effects, at(21));
    insta::assert_snapshot!("composer_findings_typing_80x24", picture(&model, at(26)));
    let mut model = judged(80, 24, &syntax::format(wrong).unwrap().replace('\n', " "));
    press(&mut model, "F8 F8 F8 F8 F8", at(21));
    insta::assert_snapshot!("composer_findings_one_line_80x24", picture(&model, at(26)));
}

#[test]
fn a_thousand_findings_cost_the_screen_what_it_shows() {
    let event = "{\n\"event\": \"x\",\n\"customer_id\": \"1\",\n\"is_paid\": \"TRUE\"\n}";
    let mut model = judged(80, 24, &format!("[{}]", vec![event; 1_000].join(",\n")));
    press(&mut model, "shift-F8", at(21));
    let screen = picture(&model, at(21));
    assert!(screen.contains("!4999") && screen.contains("! 1,000 warnings"), "{screen}");
}

#[test]
fn what_the_composer_asks_and_proposes() {
    for (width, height) in [(120, 36), (80, 24), (60, 15)] {
        let size = format!("{width}x{height}");
        let mut model = composing(width, height, "{\n  \"event\": \"purchase\",\n  \"\"\n}");
        press(&mut model, "down down right right right ^n down", at(21));
        insta::assert_snapshot!(format!("composer_completion_{size}"), picture(&model, at(21)));

        let mut model = composing(width, height, "[{\"event\": \"purchase\", \"email\": \"a@b.c\"}]");
        model.sending.safety.production = true;
        press(&mut model, "^s p r o d", at(21));
        insta::assert_snapshot!(format!("composer_production_{size}"), picture(&model, at(21)));
    }
    let mut model = composing(80, 24, "{\"event\": \"view\"}");
    press(&mut model, "^x", at(21));
    send(&mut model, crate::app::Message::Done(Outcome::DraftNotKept("the disk is full".into())), at(16));
    insta::assert_snapshot!("composer_name_80x24", picture(&model, at(26)));
    let mut model = composing(
        80,
        24,
        "{\n  \"event\": \"view\",\n  \"products\": [\n    {\n      \"price\": \"dear\"\n    }\n  ]\n}",
    );
    press(&mut model, "^s", at(22));
    let fields = vec![("products[0].price".into(), text::sanitize("is not a number\u{7}"))];
    let verdict = CallOutcome::Refused { status: 422, message: "invalid".into(), fields };
    send(&mut model, answered(1, 0, 1, 1, verdict), at(23));
    insta::assert_snapshot!("composer_proof_80x24", picture(&model, at(23)));
    press(&mut model, "e", at(29));
    insta::assert_snapshot!("composer_refused_80x24", picture(&model, at(29)));
    let long = format!("{{\"event\": \"view\", \"list\": [{}]}}", "\"日本\\u001b[2J\u{1b}\", ".repeat(900));
    let mut model = composing(80, 24, &long);
    press(&mut model, "end ^n left left left left", at(30));
    insta::assert_snapshot!("composer_long_line_80x24", picture(&model, at(36)));
}

/// A model of which the type on show has a history, in which something comes from elsewhere and something is wrong.
fn with_history(width: u16, height: u16) -> Model {
    let mut model = busy(width, height);
    let backfilled = Change {
        arrival: Arrival::Backfill,
        ..change("purchase", ChangeKind::Earlier, &PURCHASE.replace("50314", "50300"), 44, 1, at(20))
    };
    let order = change("purchase", ChangeKind::Updated, FAULTY, 45, 1, at(21));
    send(&mut model, polled(vec![backfilled, order], at(21)), at(21));
    lint_all(&mut model, at(21));
    let newest = PURCHASE.replace("50314", "50317").replace("\"coupon\":null", "\"coupon\":\"BF26\"");
    let newest = newest.replace("14:03:20.000Z", "14:03:24.000Z");
    send(&mut model, polled(vec![change("purchase", ChangeKind::Updated, &newest, 46, 1, at(24))], at(24)), at(24));
    press(&mut model, "/ p u r c h enter / ^u enter", at(25));
    model
}

#[test]
fn the_history_and_the_past() {
    for (width, height) in [(120, 36), (80, 24), (60, 15)] {
        let size = format!("{width}x{height}");
        let mut model = with_history(width, height);
        press(&mut model, "enter ] ] j", at(30));
        insta::assert_snapshot!(format!("history_{size}"), picture(&model, at(30)));
        press(&mut model, "enter", at(30));
        insta::assert_snapshot!(format!("past_{size}"), picture(&model, at(30)));
    }
}

#[test]
fn a_marked_event_and_what_another_has_otherwise() {
    for (width, height) in [(120, 36), (80, 24)] {
        let size = format!("{width}x{height}");
        let mut model = with_history(width, height);
        let cart = PURCHASE
            .replace("\"event\":\"purchase\"", "\"event\":\"add_to_cart\"")
            .replace("Danke!", "A long note of thanks, which goes on: Danke  schön!")
            .replace(
                r#"{"sku":"45790-32","price":19,"quantity":1},{"sku":"46493-32","price":3,"quantity":2}"#,
                r#"{"sku":"99999-01","price":7},{"sku":"46493-32","price":3,"quantity":3},{"sku":"45790-32","price":19,"quantity":1}"#,
            );
        let cart = change("add_to_cart", ChangeKind::Updated, &cart, 97, 1, at(26));
        send(&mut model, polled(vec![cart], at(26)), at(26));
        press(&mut model, "m", at(27));
        insta::assert_snapshot!(format!("marked_{size}"), picture(&model, at(29)));
        press(&mut model, "/ a d d enter / ^u enter d n n", at(27));
        insta::assert_snapshot!(format!("marked_diff_{size}"), picture(&model, at(29)));
    }
}

#[test]
fn the_changes_from_the_event_before() {
    let newer = PURCHASE
        .replace("50314", "50316")
        .replace("\"31.24\"", "31.24")
        .replace("\"coupon\":null,", "")
        .replace("\"sku\":\"46493-32\"", "\"sku\":\"46493-33\"")
        .replace("14:03:19.700Z", "14:03:20.700Z");
    for (width, height) in SIZES {
        let mut model = busy(width, height);
        let order = change("purchase", ChangeKind::Updated, &newer, 45, 1, at(21));
        send(&mut model, polled(vec![order], at(21)), at(21));
        press(&mut model, "/ p u r c h enter enter ]", at(21));
        insta::assert_snapshot!(format!("diff_{width}x{height}"), picture(&model, at(21)));
    }
    let mut model = busy(80, 24);
    let order = change("purchase", ChangeKind::Updated, FAULTY, 45, 1, at(21));
    send(&mut model, polled(vec![order], at(21)), at(21));
    lint_all(&mut model, at(21));
    press(&mut model, "/ p u r c h enter enter ]", at(21));
    insta::assert_snapshot!("diff_with_findings_80x24", picture(&model, at(21)));
}
