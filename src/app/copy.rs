//! Copies of parts of an event.

use super::keymap::CopyTarget;
use super::pane::inspector::Inspector;
use super::pane::{Context, Pane};
use crate::event::{Sanitized, Segment, sanitized};

/// The text that was asked for, or why there is none.
pub(super) fn text(inspector: &Inspector, target: CopyTarget, context: &Context<'_>) -> Result<String, Sanitized> {
    let Some(shown) = inspector.shown() else { return Err("nothing is selected".into()) };
    let picked = inspector.picked(&Context { shown: Some(shown), ..*context });
    let text = match (target, picked) {
        (CopyTarget::Event, _) => Some(shown.event.payload.text().to_owned()),
        (CopyTarget::Type, _) => Some(shown.event.event_type.as_str().to_owned()),
        (_, None) => None,
        (CopyTarget::Value, Some(picked)) => picked.value,
        (CopyTarget::Path, Some(picked)) => Some(picked.path.to_string()).filter(|path| !path.is_empty()),
        (CopyTarget::Jq, Some(picked)) => Some(picked.path.jq()),
        (CopyTarget::Key, Some(picked)) => picked.path.0.last().map(|segment| match segment {
            Segment::Key { name, .. } => name.to_string(),
            Segment::Index(index) => index.to_string(),
        }),
        (CopyTarget::Finding, Some(picked)) => picked.finding.map(|finding| finding.description().into()),
    };
    text.ok_or_else(|| match target {
        CopyTarget::Value => "there is no such field in the event, and so no value to copy".into(),
        CopyTarget::Finding => "nothing wrong was found here".into(),
        _ => sanitized!("the event itself has no {}; move into it first", target.label()),
    })
}
