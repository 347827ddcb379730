//! JSON: one object.

use serde::Serialize;

use super::contents::Report;
use crate::event::text::sanitize_json;

/// The version of the form: another one when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// The report as an object on lines of their own.
pub fn json(report: &Report) -> String {
    #[derive(Serialize)]
    struct Whole<'a> {
        report: &'static str,
        version: u32,
        #[serde(flatten)]
        contents: &'a Report,
    }
    // Every name in it is a text: it can be written.
    let text = serde_json::to_string_pretty(&Whole { report: "clickscope", version: VERSION, contents: report });
    let mut text: String = sanitize_json(&text.unwrap_or_default()).into();
    text.push('\n');
    text
}
