//! clickscope: a terminal debugger for event integrations with Blueshift.
//!
//! The crate is a set of rooms. The inner ones ([`event`], [`lint`], [`plan`], [`session`], [`query`], [`expect`], [`report`],
//! [`blueshift`], [`app`], [`ui`]) are pure: no clock, no input or output, no async, no terminal; time comes in as an argument. The outer ones
//! ([`source`], [`sandbox`], [`jq`], [`runtime`], [`config`], [`cli`]) touch the world. Which room may use which is kept by
//! `tests/architecture`.
//!
//! [`event`] knows what an event is and nothing of rules. [`lint`] judges it, whoever asks: the events that were seen,
//! drafts and files alike; [`plan`] holds it to what the team has agreed. [`report`] says it to others.
//!
//! Data flows one way: [`source`] polls the debug endpoint and sends events, [`blueshift`] knows the wire in both
//! directions, [`session`] turns answers into changes and finds in them what was sent, [`app`] turns messages into a new
//! model and effects, [`ui`] draws the model, and [`runtime`] carries the effects out; linting is one of them,
//! so that no key waits for it.

pub mod app;
pub mod blueshift;
pub mod cli;
pub mod config;
pub mod event;
pub mod expect;
#[cfg(test)]
mod fuzz_tests;
pub mod jq;
pub mod lint;
pub mod plan;
pub mod query;
pub mod report;
pub mod runtime;
pub mod sandbox;
pub mod session;
pub mod source;
pub mod ui;
