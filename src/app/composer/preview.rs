//! The calls that a draft would be sent with.

use jiff::Timestamp;

use super::verdict::{self, Refusal};
use crate::app::layout::Area;
use crate::app::pager::Pager;
use crate::app::sending::Sending;
use crate::blueshift::curl;
use crate::event::Sanitized;
use crate::session::Moment;

/// The calls that a draft would be sent with.
#[derive(Debug)]
pub struct Preview {
    /// When they were made: the time in them.
    pub(in crate::app) at: Timestamp,
    /// The commands as they are copied.
    pub commands: String,
    /// The same to read, or why there are none.
    pub page: Result<Pager, Refusal>,
}

impl Preview {
    /// The calls that `draft` would be sent with now, when `seq` is the number of its sending.
    pub(in crate::app) fn new(draft: &str, sending: &Sending, seq: u64, now: Moment) -> Self {
        let batch = verdict::batch(draft, sending, seq, now.wall);
        let commands = batch.as_ref().map_or_else(
            |_| String::new(),
            |batch| {
                let calls = batch.calls(sending.limits);
                let Sending { base, key_variable, header_variables, .. } = sending;
                let written = calls.iter().map(|call| curl::write(call, base, key_variable, header_variables));
                Sanitized::join(written, "\n\n").into()
            },
        );
        let page = batch.map(|_| Pager::new("", &commands));
        Self { at: now.wall, commands, page }
    }

    pub(in crate::app) fn fit(&mut self, inner: Area) {
        if let Ok(page) = &mut self.page {
            page.fit_to(inner);
        }
    }
}
