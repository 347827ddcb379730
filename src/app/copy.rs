//! What the reader may take away of an event.

use super::keymap::CopyTarget;
use super::update::bad_toast;
use super::{Mode, Model, findings};
use crate::event::{Segment, text};
use crate::session::Moment;

/// The text that was asked for, and the end of choosing it.
pub(super) fn text(model: &mut Model, target: CopyTarget, now: Moment) -> Option<String> {
    if matches!(model.mode, Mode::Copy) {
        model.mode = Mode::Panes;
    }
    let shown = model.inspector.shown()?;
    let (path, value) = model.inspector.value().unwrap_or_default();
    let text = match target {
        CopyTarget::Event => Some(shown.payload.text().to_owned()),
        CopyTarget::Type => Some(shown.event_type.as_str().to_owned()),
        CopyTarget::Value => value,
        CopyTarget::Path => Some(path.to_string()).filter(|path| !path.is_empty()),
        CopyTarget::Jq => Some(path.jq()),
        CopyTarget::Key => path.0.last().map(|segment| match segment {
            Segment::Key { name, .. } => name.to_string(),
            Segment::Index(index) => index.to_string(),
        }),
        CopyTarget::Finding => model.inspector.finding().map(findings::describe),
    };
    if text.is_none() {
        let why = match target {
            CopyTarget::Value => "there is no such field in the event, and so no value to copy".to_owned(),
            CopyTarget::Finding => "nothing wrong was found here".to_owned(),
            _ => format!("the event itself has no {}; move into it first", target.label()),
        };
        bad_toast(model, now, why);
    }
    text
}

/// Text of several lines, each made harmless.
pub(super) fn harmless_lines(source: &str) -> String {
    source.lines().map(text::harmless).collect::<Vec<_>>().join("\n")
}
