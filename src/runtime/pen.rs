//! Cells as bytes for the terminal: as few as bring it from one cell to the next.
//!
//! Most of a frame is colours otherwise: crossterm's own backend sets both whenever one of them changes, moves the cursor to
//! an absolute place for every gap, and resets all at the end of each frame. Over a slow line that is what takes time.

use std::io::Write as _;

use ratatui::buffer::Cell;
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// What the terminal writes with, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen {
    /// Where the next character goes; `None` where terminals differ.
    at: Option<Position>,
    style: Option<PenStyle>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct PenStyle {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

/// The modifiers with what switches them on and off. Two of them are switched off by one code.
const MODIFIERS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// With none of these the foreground of a blank is not seen.
const SEEN_ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

impl Pen {
    /// Writes a cell that stands there on a screen so many columns wide.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, to: Position, cell: &Cell, columns: u16) {
        self.go(out, to);
        let wanted = PenStyle { foreground: cell.fg, background: cell.bg, modifier: cell.modifier };
        let symbol = cell.symbol();
        let wanted = match self.style {
            Some(now) if symbol == " " && !(now.modifier | cell.modifier).intersects(SEEN_ON_BLANKS) => {
                PenStyle { background: cell.bg, ..now }
            }
            _ => wanted,
        };
        self.change(out, wanted);
        out.extend_from_slice(symbol.as_bytes());
        // Behind the last column and behind what is wide the terminals' own ideas begin.
        let next = to.x.saturating_add(1);
        let is_plain = next < columns && symbol.width() == 1;
        self.at = is_plain.then_some(Position { x: next, y: to.y });
    }

    /// The cursor was or may have been moved.
    pub(super) fn lift(&mut self) {
        self.at = None;
    }

    /// Everything is as after a reset of the styles.
    pub(super) fn reset(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[m");
        self.style = Some(PenStyle::default());
    }

    fn go(&self, out: &mut Vec<u8>, to: Position) {
        let Position { x, y } = to;
        match self.at {
            Some(at) if at == to => {}
            // Straight down, as in a column.
            Some(at) if at.y + 1 == y && at.x == x + 1 => out.extend_from_slice(b"\x1b[B\x08"),
            Some(at) if at.y == y && at.x + 1 == x => out.extend_from_slice(b"\x1b[C"),
            Some(at) if at.y == y && at.x < x => put(out, format_args!("\x1b[{}C", x - at.x)),
            _ if x == 0 => put(out, format_args!("\x1b[{}H", y + 1)),
            _ => put(out, format_args!("\x1b[{};{}H", y + 1, x + 1)),
        }
    }

    fn change(&mut self, out: &mut Vec<u8>, wanted: PenStyle) {
        if self.style == Some(wanted) {
            return;
        }
        let anew = codes(PenStyle::default(), wanted);
        let anew = if anew.is_empty() { "0".to_owned() } else { format!("0;{anew}") };
        let change = self.style.map(|now| codes(now, wanted)).filter(|codes| codes.len() < anew.len());
        put(out, format_args!("\x1b[{}m", change.unwrap_or(anew)));
        self.style = Some(wanted);
    }
}

/// The codes, with semicolons between them, that make one style the other.
fn codes(now: PenStyle, wanted: PenStyle) -> String {
    let mut codes = Vec::new();
    let mut modifier = now.modifier;
    for (of, _, off) in MODIFIERS {
        if modifier.contains(of) && !wanted.modifier.contains(of) {
            codes.push(off.to_string());
            // What the same code has switched off with it is to be switched on again.
            let with_it = MODIFIERS.iter().filter(|(_, _, other)| *other == off);
            with_it.for_each(|(other, ..)| modifier.remove(*other));
        }
    }
    let on = MODIFIERS.iter().filter(|(of, ..)| wanted.modifier.contains(*of) && !modifier.contains(*of));
    codes.extend(on.map(|(_, on, _)| on.to_string()));
    if now.foreground != wanted.foreground {
        codes.push(color(wanted.foreground, 30));
    }
    if now.background != wanted.background {
        codes.push(color(wanted.background, 40));
    }
    codes.join(";")
}

/// The codes of a colour, of which 30 are the first for letters and 40 for what is behind them.
fn color(color: Color, first: u8) -> String {
    let of_sixteen = match color {
        Color::Reset => return (first + 9).to_string(),
        Color::Rgb(red, green, blue) => return format!("{};2;{red};{green};{blue}", first + 8),
        Color::Indexed(index) => return format!("{};5;{index}", first + 8),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
    };
    (first + of_sixteen).to_string()
}

/// Writing to memory does not fail.
fn put(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;
    use ratatui::backend::{Backend, CrosstermBackend};
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    const AREA: Rect = Rect { x: 0, y: 0, width: 12, height: 3 };

    /// The bytes for what differs between two screens: the pen's own, and those of ratatui's backend.
    fn both(before: &Buffer, after: &Buffer) -> [Vec<u8>; 2] {
        let changed: Vec<_> = before.diff(after);
        let (mut own, mut pen) = (Vec::new(), Pen::default());
        for (x, y, cell) in &changed {
            pen.write(&mut own, Position { x: *x, y: *y }, cell, AREA.width);
        }
        let mut usual = Vec::new();
        CrosstermBackend::new(&mut usual).draw(changed.into_iter()).unwrap();
        [own, usual]
    }

    fn color() -> impl Strategy<Value = Color> {
        prop_oneof![
            Just(Color::Reset),
            Just(Color::Red),
            Just(Color::DarkGray),
            Just(Color::White),
            Just(Color::Indexed(120)),
            (0_u8..2).prop_map(|red| Color::Rgb(red, 20, 30)),
        ]
    }

    /// A screen with texts in some styles at some places.
    fn screen() -> impl Strategy<Value = Buffer> {
        let modifier = any::<u8>().prop_map(|bits| Modifier::from_bits_truncate(u16::from(bits)));
        let modifier = prop_oneof![Just(Modifier::empty()), modifier];
        let text = ("[ab …é漢]{1,9}", color(), color(), modifier, 0..AREA.width, 0..AREA.height);
        prop::collection::vec(text, 0..6).prop_map(|texts| {
            let mut buffer = Buffer::empty(AREA);
            for (text, foreground, background, modifier, x, y) in texts {
                let style = Style::new().fg(foreground).bg(background).add_modifier(modifier);
                buffer.set_string(x, y, text, style);
            }
            // The terminal of the tests has no letters that are bold and dim at once.
            for cell in buffer.content.iter_mut().filter(|cell| cell.modifier.contains(Modifier::BOLD)) {
                cell.modifier.remove(Modifier::DIM);
            }
            buffer
        })
    }

    /// What is seen of the screens one after the other. A blank shows what is behind it, and lines.
    fn seen(frames: &[Vec<u8>]) -> Vec<(String, vt100::Color, Option<vt100::Color>, [bool; 5])> {
        let mut terminal = vt100::Parser::new(AREA.height.try_into().unwrap(), AREA.width.try_into().unwrap(), 0);
        for bytes in frames {
            terminal.process(bytes);
        }
        let screen = terminal.screen();
        let places = (0..AREA.height).flat_map(|y| (0..AREA.width).map(move |x| (y, x)));
        let cells = places.filter_map(|(y, x)| screen.cell(y, x));
        let look = |cell: &vt100::Cell| {
            let is_seen = !matches!(cell.contents(), "" | " ") || cell.inverse() || cell.underline();
            let text = if cell.contents().is_empty() { " " } else { cell.contents() };
            let letters = [cell.bold(), cell.dim(), cell.italic()].map(|of| of && is_seen);
            let [bold, dim, italic] = letters;
            let looks = [bold, dim, italic, cell.underline(), cell.inverse()];
            (text.to_owned(), cell.bgcolor(), is_seen.then(|| cell.fgcolor()), looks)
        };
        cells.map(look).collect()
    }

    proptest! {
        #[test]
        fn the_screen_looks_as_ratatui_would_draw_it(first in screen(), second in screen()) {
            let empty = Buffer::empty(AREA);
            let [[own, usual], [own_change, usual_change]] = [both(&empty, &first), both(&first, &second)];
            prop_assert!(own_change.len() <= usual_change.len());
            prop_assert_eq!(seen(&[own, own_change]), seen(&[usual, usual_change]));
        }
    }

    #[test]
    fn only_what_changes_is_written() {
        let base = Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Rgb(4, 5, 6));
        let mut screen = Buffer::empty(AREA);
        screen.set_string(0, 0, "ab", base);
        screen.set_string(2, 0, " c", base.fg(Color::Red));
        screen.set_string(6, 0, "d", base.fg(Color::Red).bold().dim());
        screen.set_string(7, 0, "e", base.fg(Color::Red).dim());
        screen.set_string(11, 0, "f", base);
        screen.set_string(0, 2, "g", base);
        screen.set_string(2, 1, "h", base);
        screen.set_string(2, 2, "i", base);
        let [own, _] = both(&Buffer::empty(AREA), &screen);
        let expected = "\x1b[1H\x1b[0;38;2;1;2;3;48;2;4;5;6mab \x1b[31mc\x1b[2C\x1b[1;2md\x1b[22;2me\x1b[3C\
                        \x1b[22;38;2;1;2;3mf\x1b[2;3Hh\x1b[3Hg\x1b[Ci";
        assert_eq!(String::from_utf8(own).unwrap(), expected);
    }
}
