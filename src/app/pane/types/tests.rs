#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at what it did not expect")]

use super::*;
use crate::app::fixture::{act, at, busy, change, polled, press, send, setup, type_in};
use crate::app::layer::Layer;
use crate::app::{Model, Setup};
use crate::event::Path;
use crate::session::ChangeKind;

fn order(model: &Model) -> Vec<&str> {
    model.types.rows().map(|(name, _)| name.as_str()).collect()
}

fn came(model: &mut Model, name: &str, text: &str, arrived: u64, second: u64) {
    let newer = change(name, ChangeKind::Updated, text, 50 + second, arrived, at(second));
    send(model, polled(vec![newer], at(second)), at(second));
}

fn counts(model: &Model) -> Vec<(&str, u64)> {
    let step = model.types.step().unwrap();
    let counts = model.types.rows().map(|(name, _)| (name.as_str(), step.count(name)));
    counts.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn a_step_counts_what_comes_from_its_beginning_on() {
    let mut model = busy(120, 36);
    press(&mut model, "b", at(20));
    assert_eq!(counts(&model), []);
    came(&mut model, "purchase", r#"{"order_id":"1"}"#, 1, 21);
    came(&mut model, "purchase", r#"{"order_id":"2"}"#, 1, 22);
    came(&mut model, "view", "{}", 1, 23);
    assert_eq!(counts(&model), [("view", 1), ("purchase", 2)]);
    let columns = |model: &Model| model.types.columns(Area { x: 0, y: 0, width: 60, height: 9 });
    assert!(columns(&model).iter().any(|(column, _)| *column == Column::Step));
    press(&mut model, "s s s", at(24));
    assert_eq!((&model.types.sort().column, order(&model)[0]), (&Column::Step, "purchase"), "one can sort by it");
    press(&mut model, "b", at(25));
    assert_eq!((model.types.step().unwrap().number, counts(&model)), (2, vec![]));
    act(&mut model, Action::EndStep, at(26));
    assert!(model.types.step().is_none() && columns(&model).iter().all(|(column, _)| *column != Column::Step));
    assert_eq!(model.types.sort().column, Column::Seen);
    let rules = model.stream.entries().filter(|entry| entry.text.starts_with("step ")).count();
    assert_eq!(rules, 2);
}

#[test]
fn a_step_that_begins_while_the_screen_is_held_counts_from_there_on() {
    let mut model = busy(120, 36);
    press(&mut model, "space", at(20));
    came(&mut model, "purchase", r#"{"order_id":"1"}"#, 2, 21);
    press(&mut model, "b", at(22));
    came(&mut model, "purchase", r#"{"order_id":"2"}"#, 1, 23);
    press(&mut model, "space", at(24));
    assert_eq!(counts(&model), [("purchase", 1)]);
}

#[test]
fn a_pinned_type_stands_above_the_others_whatever_the_order() {
    let mut model = busy(120, 36);
    press(&mut model, "/ b i l l enter esc", at(20));
    act(&mut model, Action::Pin, at(20));
    for keys in ["s", "S", "s", "s"] {
        press(&mut model, keys, at(21));
        assert_eq!(order(&model)[0], "subscription_billing", "{:?}", model.types.sort());
    }
    act(&mut model, Action::Pin, at(22));
    press(&mut model, "s s s s s", at(22));
    assert_ne!(order(&model)[0], "subscription_billing");
}

#[test]
fn a_muted_type_is_in_no_list_until_it_is_brought_back() {
    let mut model = busy(120, 36);
    press(&mut model, "/ p u r c h enter esc", at(20));
    act(&mut model, Action::Mute, at(20));
    assert!(!order(&model).contains(&"purchase"));
    assert_ne!(model.types.selected().unwrap().0.as_str(), "purchase", "the cursor goes on");
    assert_eq!(model.types.counts(), (6, 6));
    let shown = |model: &Model| model.stream.left();
    let before = shown(&model).unwrap();
    came(&mut model, "purchase", "{}", 1, 21);
    came(&mut model, "view", "{}", 1, 21);
    assert_eq!(shown(&model), Some(before + 1), "nor in the stream");
    press(&mut model, ":", at(22));
    type_in(&mut model, "muted types\n", at(22));
    assert!(matches!(model.layers.last(), Some(Layer::Muted(_))), "{:?}", model.layers);
    press(&mut model, "enter", at(22));
    assert_eq!(model.types.selected().unwrap().0.as_str(), "purchase");
    assert_eq!((model.types.counts(), shown(&model)), ((7, 7), None));
    act(&mut model, Action::Muted, at(23));
    assert_eq!(model.toast.as_ref().unwrap().text, "no type is muted");
}

#[test]
fn the_table_is_from_the_start_as_it_was_asked_for() {
    let columns = ["type", "seen", ".order_id"].map(|text| text.parse().unwrap());
    let table =
        TableSettings { columns: Columns::new(columns), pinned: vec!["view".into()], muted: vec!["search".into()] };
    let mut model = Model::new(Setup { table, ..setup(120, 36) });
    let known = ["search", "purchase", "view"]
        .map(|name| change(name, ChangeKind::New, &format!(r#"{{"order_id":"of {name}"}}"#), 1, 0, at(1)));
    send(&mut model, polled(known.into(), at(1)), at(1));
    assert_eq!(order(&model), ["view", "purchase"]);
    let path: Path = "order_id".parse().unwrap();
    let value = |model: &Model, name: &str| model.types.row(&name.into()).unwrap().value(&path).cloned();
    assert_eq!(value(&model, "purchase").as_deref(), Some("of purchase"));
    came(&mut model, "purchase", r#"{"order_id":null}"#, 1, 2);
    assert_eq!(value(&model, "purchase").as_deref(), Some("null"));
    came(&mut model, "purchase", "{}", 1, 3);
    assert_eq!(value(&model, "purchase"), None);
    act(&mut model, Action::ToggleRate, at(4));
    act(&mut model, Action::ResetColumns, at(4));
    let shown: Vec<_> = model.types.columns(Area { x: 0, y: 0, width: 60, height: 9 }).into_iter().collect();
    assert_eq!(
        shown.iter().map(|(column, _)| column.label().to_string()).collect::<Vec<_>>(),
        ["type", "seen", "order_id"]
    );
}

#[test]
fn a_field_of_the_tree_becomes_a_column_and_the_table_sorts_by_it() {
    let mut model = busy(120, 36);
    for (name, order) in [("view", "\"9\""), ("checkout", "10"), ("identify", "\"x\"")] {
        came(&mut model, name, &format!(r#"{{"order_id":{order}}}"#), 1, 21);
    }
    press(&mut model, "/ v i e w enter enter", at(21));
    act(&mut model, Action::ShowColumn, at(21));
    assert_eq!(model.toast.as_ref().unwrap().text, "put the cursor on a field first");
    press(&mut model, "j", at(21));
    act(&mut model, Action::ShowColumn, at(21));
    assert_eq!(model.toast.as_ref().unwrap().text, "order_id is a column of the table now");
    press(&mut model, "esc esc", at(22));
    while !matches!(model.types.sort().column, Column::Field(_)) {
        press(&mut model, "s", at(22));
    }
    let with_order: Vec<_> = order(&model).into_iter().take(4).collect();
    assert_eq!(with_order, ["purchase", "checkout", "view", "identify"], "numbers by their value, then texts");
    press(&mut model, "enter", at(23));
    model.inspector.select_tab(crate::app::pane::Tab::Tree);
    act(&mut model, Action::ShowColumn, at(23));
}

#[test]
fn all_marks_of_what_is_new_go_at_once() {
    let mut model = busy(80, 24);
    assert!(model.types.rows().any(|(_, row)| row.mark.is_some()));
    press(&mut model, "a", at(20));
    assert!(model.types.rows().all(|(_, row)| row.mark.is_none()));
}
