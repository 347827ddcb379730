use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::RuntimeError;
use super::input::LoopInput;

/// Sends every signal that concerns the terminal to the event loop, from now on for as long as it listens.
///
/// Ctrl-C, Ctrl-Z and Ctrl-\ are keys while the terminal is in raw mode; as signals they come from elsewhere.
pub(super) fn forward(inputs: &mpsc::Sender<LoopInput>) -> Result<(), RuntimeError> {
    for leave in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        forward_one(leave, LoopInput::Leave(leave.as_raw()), inputs.clone())?;
    }
    forward_one(Signal::TSTP, LoopInput::Stop, inputs.clone())?;
    forward_one(Signal::CONT, LoopInput::Continue, inputs.clone())
}

fn forward_one(number: Signal, input: LoopInput, inputs: mpsc::Sender<LoopInput>) -> Result<(), RuntimeError> {
    let mut signal = signal(SignalKind::from_raw(number.as_raw()))
        .map_err(|source| RuntimeError::System { what: "the handling of signals", source })?;
    tokio::spawn(async move { while signal.recv().await.is_some() && inputs.send(input.clone()).await.is_ok() {} });
    Ok(())
}
