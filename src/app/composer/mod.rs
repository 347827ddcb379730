//! The composer.

pub mod editor;
