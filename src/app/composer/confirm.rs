//! The question before something is sent to production.

use jiff::Timestamp;
use tui_input::Input;

use super::verdict::Ready;
use crate::event::Sanitized;

/// The question before something is sent.
#[derive(Debug)]
pub struct Confirm {
    /// The word as far as it is typed; `None` when the word was typed before in this session.
    pub word: Option<Input>,
    /// The batch that would be sent.
    pub ready: Ready,
    /// Who it is about.
    pub about: Sanitized,
    /// Types that usually trigger real messages.
    pub triggers: Vec<Sanitized>,
    /// How many errors are known of in the draft.
    pub errors: u64,
    /// The draft that was looked at: its placeholders are resolved once more when it is sent.
    pub(in crate::app) draft: String,
    /// The time in its calls, when they were on show: then they are sent as they were seen.
    pub(in crate::app) previewed: Option<Timestamp>,
}
