//! Copies of parts of an event. What goes to other people names its type, its time and its number.

use jiff::tz::TimeZone;

use super::keymap::CopyTarget;
use super::pane::inspector::Inspector;
use super::pane::{Context, Pane, diff};
use crate::event::{Sanitized, Segment, sanitized};

/// The text that was asked for, or why there is none.
pub(super) fn text(
    inspector: &Inspector,
    target: CopyTarget,
    zone: &TimeZone,
    context: &Context<'_>,
) -> Result<String, Sanitized> {
    let Some(shown) = inspector.shown() else { return Err("nothing is selected".into()) };
    let picked = inspector.picked(&Context { shown: Some(shown), ..*context });
    let text = match (target, picked) {
        (CopyTarget::Event, _) => Some(format!("{}\n{}", shown.event.heading(zone), shown.event.payload.text())),
        (CopyTarget::Type, _) => Some(shown.event.event_type.as_str().to_owned()),
        (CopyTarget::Diff, _) => {
            shown.comparison().changes().zip(shown.comparison().other()).map(|(changes, other)| {
                format!("{}\nagainst {}\n{}", shown.event.heading(zone), other.heading(zone), diff::text(changes))
            })
        }
        (CopyTarget::Report | CopyTarget::Expectation | CopyTarget::Command, _) | (_, None) => None,
        (CopyTarget::Value, Some(picked)) => picked.value,
        (CopyTarget::Path, Some(picked)) => Some(picked.path.to_string()).filter(|path| !path.is_empty()),
        (CopyTarget::Jq, Some(picked)) => Some(picked.path.jq()),
        (CopyTarget::Key, Some(picked)) => picked.path.0.last().map(|segment| match segment {
            Segment::Key { name, .. } => name.to_string(),
            Segment::Index(index) => index.to_string(),
        }),
        (CopyTarget::Finding, Some(picked)) => {
            picked.finding.map(|finding| format!("{}\n{}", shown.event.heading(zone), finding.description()))
        }
    };
    text.ok_or_else(|| match target {
        CopyTarget::Value => "there is no such field in the event, and so no value to copy".into(),
        CopyTarget::Finding => "nothing wrong was found here".into(),
        CopyTarget::Diff => "there is no other event to compare this one with".into(),
        _ => sanitized!("the event itself has no {}; move into it first", target.label()),
    })
}
