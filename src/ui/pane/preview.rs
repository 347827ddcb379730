//! The composer's tab that shows the calls that the draft would be sent with.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::app::composer::preview::Preview;
use crate::app::layout::ComposerAreas;
use crate::event::syntax;
use crate::event::text::{AsSanitized, SanitizedStr};
use crate::event::{Sanitized, sanitized};
use crate::ui::write::put;
use crate::ui::{Theme, hint, layer, scroll_thumb, token_style};

/// The calls as commands, quietly coloured; or why there are none.
pub(in crate::ui) fn render(preview: &Preview, theme: &Theme, areas: &ComposerAreas, buf: &mut Buffer) {
    let page = areas.page;
    match &preview.page {
        Err(refusal) => {
            let text = sanitized!("No command, for the draft cannot be sent. {}", refusal.text);
            hint(text, theme, areas.whole, buf);
        }
        Ok(pager) => {
            for (y, line) in (page.y..).zip(pager.visible()) {
                let room = usize::from(page.width);
                let mut x = page.x;
                for (piece, style) in command_pieces(line, theme) {
                    let used = usize::from(x - page.x);
                    x = put(buf, (x, y), piece, room.saturating_sub(used), style);
                }
            }
            layer::pager_foot(pager, None, areas.whole, theme, buf);
            scroll_thumb(areas.whole, pager.view().offset(), pager.view().len(), theme, buf);
        }
    }
}

/// The parts of one line of a command: what is JSON in its colours, what is the shell's quietly.
fn command_pieces<'a>(line: &'a Sanitized, theme: &Theme) -> Vec<(SanitizedStr<'a>, Style)> {
    let shell = ["curl ", "  --", "  '", "END_OF_EVENTS"].iter().any(|start| line.starts_with(start));
    let json = match line.find(['{', '[']) {
        _ if !shell => 0,
        Some(start) if !line.starts_with("curl ") => start,
        _ => line.len(),
    };
    let piece = |range: Range<usize>| line.as_sanitized().part(range);
    let tokens = syntax::tokens(&piece(json..line.len())).into_iter();
    let pieces = tokens.map(|(range, kind)| (piece(range.start + json..range.end + json), token_style(kind, theme)));
    std::iter::once((piece(0..json), theme.dim)).filter(|(lead, _)| !lead.is_empty()).chain(pieces).collect()
}
