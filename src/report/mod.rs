//! What a session, a tape or a file of events says, for people who were not there, and how two of them differ.
//!
//! [`Fold`] takes in what happened, in bounded memory, and gives a [`Report`]; there is a writer for each format.
//! [`Comparison`] says what is on one side only.

mod comparison;
mod contents;
mod csv;
mod fold;
mod github;
mod html;
mod json;
mod junit;
mod md;
mod profile;
mod rows;
#[cfg(test)]
mod tests;
mod timeline;
mod values;
mod words;

pub use comparison::{Comparison, Difference, DifferenceKind, Ignored, Presence, Side};
pub use contents::{
    Example, FindingReport, GapReport, LeftOut, ProofLine, ProofReport, RefusalReport, Report, RequestReport,
    TypeReport,
};
pub use csv::csv;
pub use fold::Fold;
pub use github::{Annotation, Annotations};
pub use html::html;
pub use json::json;
pub use junit::{LONGEST_FIELD, Reason, TestCase, TestSuite, Verdict, junit};
pub use md::{cell, code, markdown};
pub use profile::{FieldReport, Kinds, shown_path, type_name};
pub use rows::Extent;
pub use timeline::{Span, Timeline};
pub use values::{Distinct, Frequent};
