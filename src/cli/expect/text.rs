//! How an end is told: in words for people, and as JSON for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::Ended;
use crate::event::text::json_line;
use crate::event::{Sanitized, sanitized};
use crate::expect::{CommandEnd, Outcome, Verdict};

/// The widest condition that others are lined up with, in columns.
const WIDEST_CONDITION: usize = 40;

/// What is told of a run, in lines.
pub(super) fn lines(ended: &Ended, is_done: bool, again: &Sanitized) -> Vec<Sanitized> {
    let mut lines = Vec::new();
    lines.extend(ended.command.and_then(CommandEnd::words));
    lines.extend(ended.outcomes.iter().flat_map(about));
    if is_done {
        return lines;
    }
    lines.extend(ended.others.as_ref().map(|others| sanitized!("also came: {}", others)));
    if !ended.outcomes.is_empty() {
        let within =
            if ended.within.is_empty() { Sanitized::default() } else { sanitized!("; waited {}", ended.within) };
        lines.push(sanitized!("{}{}", ended.watched, within));
    }
    lines.extend(ended.tape.as_ref().map(|tape| sanitized!("tape: {}", tape)));
    lines.push(sanitized!("again: {}", again));
    lines
}

/// What is told of one expectation.
pub(super) fn about(outcome: &Outcome) -> Vec<Sanitized> {
    let mut lines = Vec::new();
    let Outcome { title, verdict, reason, closest, doubts, .. } = outcome;
    lines.push(sanitized!("{} {}: {}", verdict.sign(), title, verdict.word()));
    if *verdict == Verdict::Met {
        let odd = closest.iter().flat_map(|closest| &closest.conditions).filter(|line| line.is_odd);
        lines.extend(odd.map(|line| sanitized!("  ! {}: {}", line.condition, line.detail)));
        return lines;
    }
    lines.push(sanitized!("  {}", reason));
    if let Some(closest) = closest {
        lines.push(sanitized!(
            "  {}: {}",
            if outcome.matched > 0 { "the first that matches" } else { "the closest" },
            closest.heading
        ));
        let widths = closest.conditions.iter().map(|line| line.condition.width());
        let width = widths.filter(|width| *width <= WIDEST_CONDITION).max().unwrap_or(0);
        for line in &closest.conditions {
            let detail = if line.detail.is_empty() { Sanitized::default() } else { sanitized!("  {}", line.detail) };
            lines.push(sanitized!("    {} {}{}", line.sign(), line.condition.pad(width), detail));
        }
    }
    lines.extend(doubts.iter().map(|doubt| sanitized!("  perhaps missed: {}", doubt)));
    lines
}

/// A line for each expectation, and one for all of it.
pub(super) fn json(ended: &Ended, exit: u8, again: &Sanitized) -> io::Result<()> {
    #[derive(Serialize)]
    struct Expectation<'a> {
        record: &'static str,
        #[serde(flatten)]
        outcome: &'a Outcome,
    }
    #[derive(Serialize)]
    struct Whole<'a> {
        record: &'static str,
        verdict: &'static str,
        exit: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        command_exit: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        also_came: Option<&'a Sanitized>,
        watched: &'a Sanitized,
        #[serde(skip_serializing_if = "Option::is_none")]
        tape: Option<&'a Sanitized>,
        again: &'a Sanitized,
    }
    let mut stdout = io::stdout().lock();
    let mut line = |json: &str| writeln!(stdout, "{}", json_line(json));
    for outcome in &ended.outcomes {
        line(&serde_json::to_string(&Expectation { record: "expectation", outcome })?)?;
    }
    let has = |verdict| ended.outcomes.iter().any(|outcome| outcome.verdict == verdict);
    let verdict = match () {
        () if has(Verdict::NotMet) => Verdict::NotMet,
        () if has(Verdict::CannotTell) || ended.outcomes.is_empty() => Verdict::CannotTell,
        () => Verdict::Met,
    };
    let whole = Whole {
        record: "verdict",
        verdict: verdict.word(),
        exit,
        command_exit: ended.command.map(CommandEnd::code),
        also_came: ended.others.as_ref(),
        watched: &ended.watched,
        tape: ended.tape.as_ref(),
        again,
    };
    line(&serde_json::to_string(&whole)?)
}
