//! The application as data: what it knows ([`Model`]), what can happen to it ([`Message`]), and what it asks of the
//! world in return ([`Effect`]). Pure: no clock, no input or output, no terminal.

mod effect;
mod message;
mod model;

pub use effect::Effect;
pub use message::{Key, KeyCode, Message, Mouse, MouseKind, Outcome, Size};
pub use model::{Model, Setup, update};
