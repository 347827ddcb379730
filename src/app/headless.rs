//! What is on the screen without the screen: an expectation of the event on show, and the command that prints what is shown.

use std::sync::Arc;

use super::keymap::CopyTarget;
use super::model::Model;
use super::scan::Question;
use crate::blueshift::Region;
use crate::blueshift::curl::quoted;
use crate::event::{Document, Payload, Sanitized, sanitized};
use crate::expect;
use crate::session::{Arrival, Captured};

/// How many other events of the type are looked at for what is the same in all.
const MOST_OTHERS: usize = 50;
/// How many types a command names at most.
const MOST_TYPES: usize = 20;
/// The variable that holds the key where nothing else is said.
const EVENT_KEY: &str = "CLICKSCOPE_EVENT_KEY";

/// The text of it; `None` of what is not made here. The error says why there is none.
pub(super) fn text(model: &Model, target: CopyTarget) -> Option<Result<String, Sanitized>> {
    match target {
        CopyTarget::Expectation => Some(expectation(model)),
        CopyTarget::Command => Some(command(model)),
        _ => None,
    }
}

fn expectation(model: &Model) -> Result<String, Sanitized> {
    let shown = model.inspector.shown().ok_or("nothing is selected")?;
    let event = Document::new(Arc::clone(&shown.event.payload))
        .map_err(|error| sanitized!("no expectation can be written of it: {}", Sanitized::of(&error)))?;
    let is_other = |event: &&Captured| event.number != shown.event.number && event.arrival != Arrival::Refused;
    let others = model.session.history.versions(&shown.event.event_type).rev().filter(is_other).take(MOST_OTHERS);
    let others: Vec<&Payload> = others.map(|event| &*event.payload).collect();
    Ok(expect::entry(&event, &others, &model.volatile))
}

fn command(model: &Model) -> Result<String, Sanitized> {
    if model.tape.is_some() {
        return Err("a tape is printed by `clickscope replay FILE --json`".into());
    }
    let base = &model.sending.base;
    let region = Region::ALL.into_iter().find(|region| region.base_url() == *base);
    let key = match model.sending.key_variable.as_str() {
        EVENT_KEY => String::new(),
        variable => format!("{EVENT_KEY}=\"${variable}\" "),
    };
    let target = match region {
        Some(region) => format!("--region {region}"),
        None => format!("--url {}", quoted(base.as_str())),
    };
    let line = format!("{key}clickscope watch --json {target}");
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let types: Vec<_> = model.types.rows().map(|(name, _)| text(name.as_str())).take(MOST_TYPES + 1).collect();
    let is_filtered = !model.types.query().is_empty() && !types.is_empty() && types.len() <= MOST_TYPES;
    let filter = is_filtered.then(|| format!("(.event | IN({}))", types.join(", ")));
    let question = model.queries.narrowing().map(|scan| match scan.question() {
        Question::Query(expression) => format!("({expression})"),
        Question::Text(wanted) => {
            let wanted = text(&wanted.to_lowercase());
            format!("any(.. | scalars, (objects | keys[]); tostring | ascii_downcase | contains({wanted}))")
        }
        Question::Value { name, value } => format!("(.{name} | tostring) == {}", text(value)),
    });
    let conditions: Vec<_> = filter.into_iter().chain(question).collect();
    Ok(match conditions.as_slice() {
        [] => line,
        conditions => format!("{line} --where {}", quoted(&conditions.join(" and "))),
    })
}

#[cfg(test)]
mod tests {
    use crate::app::fixture::{at, busy, press, replaying};
    use crate::app::{Effect, Model};

    fn copied(model: &mut Model, keys: &str) -> String {
        match press(model, keys, at(21)).into_iter().next() {
            Some(Effect::Copy(text)) => text,
            Some(Effect::Print(text)) => text.into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_expectation_of_the_event_on_show_is_copied_with_constants_and_types() {
        let mut model = busy(120, 36);
        let written = copied(&mut model, "y x");
        assert!(written.starts_with("[[expect]]\nevent = 'purchase'\nwhere = [\n"), "{written}");
        assert!(
            written.contains("'(.order_id | type) == \"string\"'"),
            "it differs from one event to the next: {written}"
        );
        assert!(!written.contains("event_uuid") && !written.contains("_bsft"), "{written}");
        assert_eq!(copied(&mut model, "y X").lines().count(), written.lines().count());
    }

    #[test]
    fn the_command_that_prints_what_is_shown_has_its_target_its_types_and_its_query() {
        let mut model = busy(120, 36);
        let all = copied(&mut model, "y c");
        assert!(all.starts_with("clickscope watch --json --"), "{all}");
        assert!(!all.contains("--where"), "{all}");
        press(&mut model, "/ p u r c h enter", at(20));
        let filtered = copied(&mut model, "y c");
        assert_eq!(filtered, format!("{all} --where '(.event | IN(\"purchase\"))'"));
        assert_eq!(press(&mut replaying(120, 36), "y c", at(21)), []);
    }
}
