//! How the model looks: functions of the model, nothing else.

mod theme;

use ratatui::Frame;

pub use theme::Theme;

use crate::app::Model;
use crate::feed::Moment;

/// Draws the model as it is at `now`.
pub fn view(_model: &Model, _now: Moment, _theme: &Theme, frame: &mut Frame<'_>) {
    frame.render_widget("clickscope", frame.area());
}
