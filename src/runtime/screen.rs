use std::io;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::pen::Pen;

/// A backend that writes a frame into memory, to be sent in one piece, and not a byte for a frame without a difference.
///
/// ratatui sets the cursor with every frame, whether a cell changed or not. Here it is only remembered, and compared with
/// what the terminal has when the frame is taken.
#[derive(Debug)]
pub(super) struct Screen {
    size: Size,
    bytes: Vec<u8>,
    pen: Pen,
    position: Position,
    visible: bool,
    /// Where the terminal shows its cursor; `None` when it hides it, as it does on entering.
    shown: Option<Position>,
}

impl Screen {
    pub(super) fn new(size: Size) -> Self {
        Self { size, bytes: Vec::new(), pen: Pen::default(), position: Position::ORIGIN, visible: false, shown: None }
    }

    /// The terminal has another size.
    pub(super) fn resize(&mut self, size: Size) {
        self.size = size;
    }

    /// The terminal was entered anew: whatever was known of its cursor and its colours is not so any more.
    pub(super) fn forget(&mut self) {
        self.shown = None;
        self.pen = Pen::default();
    }

    /// The bytes that bring the terminal from the frame taken before to the one drawn since; empty when they look alike.
    pub(super) fn take_frame(&mut self) -> io::Result<Vec<u8>> {
        let wanted = self.visible.then_some(self.position);
        if self.bytes.is_empty() && wanted == self.shown {
            return Ok(Vec::new());
        }
        let mut frame = Vec::with_capacity(self.bytes.len() + 32);
        queue!(frame, BeginSynchronizedUpdate)?;
        if self.shown.is_some() {
            queue!(frame, Hide)?;
        }
        frame.append(&mut self.bytes);
        self.pen.lift();
        if let Some(Position { x, y }) = wanted {
            queue!(frame, MoveTo(x, y), Show)?;
        }
        queue!(frame, EndSynchronizedUpdate)?;
        self.shown = wanted;
        Ok(frame)
    }
}

impl Backend for Screen {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            self.pen.write(&mut self.bytes, Position { x, y }, cell, self.size.width);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.visible = false;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.visible = true;
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.position = position.into();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        // Terminals fill what is cleared with the colour that they write with.
        self.pen.reset(&mut self.bytes);
        CrosstermBackend::new(&mut self.bytes).clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use ratatui::Terminal;

    use super::*;

    const SIZE: Size = Size { width: 20, height: 3 };

    fn draw(terminal: &mut Terminal<Screen>, text: &str, cursor: Option<Position>) -> String {
        terminal
            .draw(|frame| {
                frame.render_widget(text, frame.area());
                if let Some(position) = cursor {
                    frame.set_cursor_position(position);
                }
            })
            .unwrap();
        String::from_utf8(terminal.backend_mut().take_frame().unwrap()).unwrap()
    }

    #[test]
    fn a_frame_is_a_synchronized_update_that_a_terminal_shows() {
        let mut terminal = Terminal::new(Screen::new(SIZE)).unwrap();
        let frame = draw(&mut terminal, "hello", None);
        assert!(frame.starts_with("\x1b[?2026h") && frame.ends_with("\x1b[?2026l"), "{frame:?}");

        let mut display = vt100::Parser::new(3.try_into().unwrap(), 20.try_into().unwrap(), 0);
        display.process(frame.as_bytes());
        assert_eq!(display.screen().contents(), "hello");
    }

    #[test]
    fn a_frame_without_a_difference_has_no_bytes() {
        let mut terminal = Terminal::new(Screen::new(SIZE)).unwrap();
        let cursor = Some(Position::new(2, 1));
        assert_ne!(draw(&mut terminal, "hello", None), "");
        assert_eq!(draw(&mut terminal, "hello", None), "");
        assert_ne!(draw(&mut terminal, "hello", cursor), "");
        assert_eq!(draw(&mut terminal, "hello", cursor), "");
        assert_ne!(draw(&mut terminal, "hello", None), "");
        assert_eq!(draw(&mut terminal, "hello", None), "");
    }

    #[test]
    fn the_cursor_is_hidden_while_cells_are_written_and_back_in_its_place_after_them() {
        let mut terminal = Terminal::new(Screen::new(SIZE)).unwrap();
        draw(&mut terminal, "hello", Some(Position::new(2, 1)));
        let frame = draw(&mut terminal, "hallo", Some(Position::new(2, 1)));
        let (hidden, shown) = (frame.find("\x1b[?25l"), frame.find("\x1b[2;3H\x1b[?25h"));
        assert!(hidden.unwrap() < frame.find('a').unwrap() && frame.find('a').unwrap() < shown.unwrap(), "{frame:?}");
    }

    #[test]
    fn after_a_clear_every_cell_is_written_again() {
        let mut terminal = Terminal::new(Screen::new(SIZE)).unwrap();
        draw(&mut terminal, "hello", None);
        terminal.clear().unwrap();
        assert!(draw(&mut terminal, "hello", None).contains("hello"));
    }

    #[test]
    fn another_size_is_drawn_at_that_size() {
        let mut terminal = Terminal::new(Screen::new(SIZE)).unwrap();
        draw(&mut terminal, "hello", None);
        terminal.backend_mut().resize(Size::new(3, 1));
        assert!(draw(&mut terminal, "hello", None).contains("hel"));
        assert_eq!(terminal.size().unwrap(), Size::new(3, 1));
    }
}
