//! The composer's tab that shows the calls that the draft would be sent with.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::app::composer::preview::Preview;
use crate::app::layout::ComposerAreas;
use crate::event::syntax;
use crate::ui::{Theme, hint, layer, scroll_thumb, token_style};

/// The calls as commands, quietly coloured; or why there are none.
pub(in crate::ui) fn render(preview: &Preview, theme: &Theme, areas: &ComposerAreas, buf: &mut Buffer) {
    let page = areas.page;
    match &preview.page {
        Err(refusal) => {
            let text = format!("No command, for the draft cannot be sent. {}", refusal.text);
            hint(&text, theme, areas.whole, buf);
        }
        Ok(pager) => {
            for (y, line) in (page.y..).zip(pager.visible()) {
                let room = usize::from(page.width);
                let mut x = page.x;
                for (piece, style) in command_pieces(line, theme) {
                    let used = usize::from(x - page.x);
                    (x, _) = buf.set_stringn(x, y, piece, room.saturating_sub(used), style);
                }
            }
            layer::pager_foot(pager, None, areas.whole, theme, buf);
            scroll_thumb(areas.whole, pager.view().offset(), pager.view().len(), theme, buf);
        }
    }
}

/// The parts of one line of a command: what is JSON in its colours, what is the shell's quietly.
fn command_pieces<'a>(line: &'a str, theme: &Theme) -> Vec<(&'a str, Style)> {
    let shell = ["curl ", "  --", "  '", "END_OF_EVENTS"].iter().any(|start| line.starts_with(start));
    let (lead, json) = match line.find('{').or_else(|| line.find('[')) {
        _ if !shell => ("", line),
        Some(start) if !line.starts_with("curl ") => line.split_at_checked(start).unwrap_or((line, "")),
        _ => (line, ""),
    };
    let tokens = syntax::tokens(json).into_iter();
    let json = tokens.map(|(range, kind)| (json.get(range).unwrap_or_default(), token_style(kind, theme)));
    [(lead, theme.dim)].into_iter().filter(|(lead, _)| !lead.is_empty()).chain(json).collect()
}
