use std::io::{self, Write};

use super::{Exit, Failure, args};
use crate::lint::{Rule, seen};
use crate::plan::rules;

/// Prints a line for each rule.
pub(super) fn list(args: args::RulesArgs) -> Result<Exit, Failure> {
    let widest = rules().map(|rule| rule.id.len()).max().unwrap_or(0);
    let words = |rule: &Rule| format!("{:widest$}  {:7}  {}\n", rule.id, rule.severity, rule.title);
    let line = |rule: &'static Rule| if args.json { json(rule) } else { words(rule) };
    io::stdout().write_all(rules().map(line).collect::<String>().as_bytes())?;
    Ok(Exit::Done)
}

/// Prints all about a rule.
pub(super) fn explain(rule: &Rule) -> Result<Exit, Failure> {
    let Rule { id, severity, title, why, documentation, bad, good } = rule;
    let documentation = match *documentation {
        "" => String::new(),
        address => format!("Documentation: {address}\n\n"),
    };
    // Only a received event says when it was received.
    let shown = if good.contains("_bsft_ts") { ", as the platform shows it (lint --received)" } else { "" };
    let text = format!(
        "{id} ({severity}): {title}\n\n{why}\n\nTypical of: {}\n\n{documentation}Bad{shown}:\n{}\nGood{shown}:\n{}\n\
         To allow it: clickscope lint -A {id}, or in the config file\n  [lint]\n  {id} = \"allow\"\n",
        seen(rule),
        indented(bad),
        indented(good)
    );
    io::stdout().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

fn json(rule: &Rule) -> String {
    // A rule has nothing that cannot be written.
    serde_json::to_string(rule).unwrap_or_default() + "\n"
}

fn indented(text: &str) -> String {
    text.trim().lines().fold(String::new(), |out, line| out + "  " + line + "\n")
}
