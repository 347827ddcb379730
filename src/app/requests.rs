//! All that is known of one request to our own collector, to read.

use super::Model;
use super::pager::Pager;
use crate::event::{Sanitized, sanitized, text};
use crate::lint::Finding;
use crate::session::Request;

impl Model {
    /// What is wrong with the events of a request, each with which event that is: nothing where it has only one.
    pub fn findings_of(&self, request: &Request) -> Vec<(&Finding, Sanitized)> {
        let each = request.numbers.iter().enumerate();
        let found = each.filter_map(|(at, number)| {
            let of = if request.events > 1 { sanitized!("events[{}] ", at) } else { Sanitized::default() };
            Some(self.checked.get(*number)?.findings().iter().map(move |finding| (finding, of.clone())))
        });
        let mut found: Vec<_> = found.flatten().collect();
        found.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.severity));
        found
    }
}

/// The request of that number in full, while it is held.
pub(super) fn pager(model: &Model, number: u64) -> Option<Pager> {
    let request = model.session.requests.get(number)?;
    let at = request.at.wall.to_zoned(model.time_zone.clone());
    let title = sanitized!("request {} · {}", number, Sanitized::of(&at.strftime("%H:%M:%S")));
    Some(Pager::new(title, &told(request, &model.findings_of(request))))
}

fn told(request: &Request, found: &[(&Finding, Sanitized)]) -> String {
    let mut lines = vec![request.line().to_string(), request.outcome().to_string(), String::new()];
    if !found.is_empty() {
        lines.push("What is wrong".to_owned());
        for (finding, of) in found {
            let place = sanitized!("{}{}", of, finding.place());
            lines.push(format!("  {} {place}  {}", finding.severity.sign(), finding.summary()));
            lines.extend(finding.fix.as_ref().map(|fix| format!("      fix: {}", fix.words())));
        }
        lines.push(String::new());
    }
    lines.push("Head".to_owned());
    lines.extend(request.head.iter().map(|(name, value)| format!("  {name}: {value}")));
    if let Some(address) = &request.address {
        lines.push(format!("  (from {address})"));
    }
    let part = |name: &str, body: &str| [String::new(), name.to_owned(), body.to_owned()];
    if let Some(body) = &request.body {
        lines.extend(part(&format!("Body, {}", text::size(request.bytes as u64)), body));
    }
    if let Some(answer) = &request.answer {
        lines.extend(part("Answer", answer));
    }
    lines.join("\n")
}
