//! The application as data: what it knows ([`Model`]), what can happen to it ([`Message`]), and what it asks of the
//! world in return ([`Effect`]). Pure: no clock, no input or output, no terminal.

pub mod bindings;
pub mod changes;
mod commands;
pub mod composer;
pub mod connection_status;
mod copy;
pub mod cursor;
mod effect;
mod entries;
pub mod findings;
#[cfg(test)]
pub(crate) mod fixture;
mod headless;
pub mod hints;
mod input;
pub mod key_table;
pub mod key_trail;
pub mod keymap;
pub mod layer;
pub mod layout;
mod masking;
mod message;
mod model;
pub mod outbox;
pub mod pager;
pub mod pane;
mod places;
pub mod proof;
pub mod queries;
mod recording;
pub mod recordings;
mod records;
mod replaying;
pub mod reporting;
mod requests;
pub mod scan;
mod sending;
pub mod shown;
pub mod tabs;
pub mod tape;
#[cfg(test)]
mod tests;
mod theme;
pub mod tour;
pub mod tree;
mod update;
mod values;

pub use bindings::Bindings;
pub use effect::Effect;
pub use input::{Key, KeyCode, Mouse, MouseKind, Size};
pub use masking::update;
pub use message::{Message, Outcome};
pub use model::{Field, InputState, Model, Preferences, Setup, Toast};
pub use pane::types::{Column, Columns, TableSettings};
pub use sending::{DraftId, SavedDraft, Sending};
pub use theme::ThemeName;
pub use update::prepare;
