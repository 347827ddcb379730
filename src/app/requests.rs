//! All that is known of one request to our own collector, to read.

use super::Model;
use super::pager::Pager;
use crate::event::text::{self, excerpt, sanitize};
use crate::event::{Sanitized, sanitized};
use crate::lint::Finding;
use crate::session::{Altered, Proof, Request};

/// The most columns of a value that came otherwise.
const SHOWN: usize = 60;

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

/// The request at that place in full, while it is held.
pub(super) fn pager(model: &Model, place: u64) -> Option<Pager> {
    let request = model.session.requests.get(place)?;
    let at = request.at.wall.to_zoned(model.time_zone.clone());
    let title = sanitized!("request {} · {}", request.number, Sanitized::of(&at.strftime("%H:%M:%S")));
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
    if let Some(forwarded) = &request.forwarded {
        lines.push("Passed on".to_owned());
        lines.push(match &forwarded.problem {
            None => format!(
                "  to {} in {}, which answered with {}",
                forwarded.to,
                text::span(forwarded.took),
                request.status
            ),
            Some(problem) => format!("  not passed on to {}: {problem}", forwarded.to),
        });
        if forwarded.own != request.status {
            lines.push(format!("  by itself the collector would have answered with {}", forwarded.own));
        }
        lines.extend(request.proofs.iter().flat_map(proved));
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

/// What became of an event at the platform, and each field that came otherwise than it was sent.
fn proved(proof: &Proof) -> Vec<String> {
    let altered = proof.altered().map(|Altered { path, kind, sent, received }| {
        let [sent, received] =
            [sent, received].map(|json| json.as_ref().map_or_else(|| "nothing".into(), |json| excerpt(&json.0, SHOWN)));
        format!("      {} {}: {sent} → {received}", kind.word(), sanitize(path))
    });
    let clues = proof.clues.iter().flatten().map(|clue| format!("      {clue}"));
    let told = format!("  {} {}", proof.event_type.shown(), proof.told());
    std::iter::once(told).chain(altered).chain(clues).collect()
}
