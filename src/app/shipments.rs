//! What was sent.

use super::{Effect, Model};
use crate::blueshift::Shipment;
use crate::feed::Moment;

/// What was sent in this session.
#[derive(Debug, Default)]
pub struct Shipments;

impl Shipments {
    pub(super) fn fit(&mut self, columns: usize) {
        let _ = (self, columns);
    }

    pub(super) fn scroll(&mut self, rows: isize, height: usize) {
        let _ = (self, rows, height);
    }
}

/// Hands a shipment over.
pub fn send(model: &mut Model, shipment: Shipment, now: Moment) -> Vec<Effect> {
    let _ = now;
    vec![Effect::Send { shipment: 1, calls: shipment.calls(model.sending.limits) }]
}
