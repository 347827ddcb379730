use super::{Context, Finding, Rule};
use crate::event::Document;

pub(super) const RULES: &[&Rule] = &[];

pub(super) fn check(event: &Document, context: Context, findings: &mut Vec<Finding>) {
    let _ = (event, context, findings);
}
