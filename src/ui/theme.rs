use ratatui::style::{Color, Modifier, Style};

/// The styles of the screen, each by what it is for. Colour is never the only signal: whatever it says, a mark, a word
/// or a place says too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the style of what it is called")]
pub struct Theme {
    pub base: Style,
    pub dim: Style,
    pub name: Style,
    pub border: Style,
    pub border_focused: Style,
    pub thumb: Style,
    pub title: Style,
    pub title_quiet: Style,
    pub heading: Style,
    pub heading_sorted: Style,
    pub selection: Style,
    pub selection_quiet: Style,
    pub flash: Style,
    pub matched: Style,
    pub new: Style,
    pub updated: Style,
    pub gone: Style,
    pub spark: Style,
    pub json_key: Style,
    pub json_string: Style,
    pub json_number: Style,
    pub json_word: Style,
    pub json_null: Style,
    pub ok: Style,
    pub note: Style,
    pub warning: Style,
    pub error: Style,
    pub badge: Style,
    pub hint_key: Style,
    pub placeholder: Style,
    pub bracket: Style,
    pub mistake: Style,
    pub danger: Style,
}

/// The colours that a theme is made of.
struct Palette {
    background: Color,
    selected: Color,
    selected_quiet: Color,
    flash: Color,
    border: Color,
    dim: Color,
    text: Color,
    accent: Color,
    blue: Color,
    green: Color,
    amber: Color,
    purple: Color,
    red: Color,
}

const DARK: Palette = Palette {
    background: Color::Rgb(0x15, 0x18, 0x1e),
    selected: Color::Rgb(0x2b, 0x35, 0x48),
    selected_quiet: Color::Rgb(0x22, 0x28, 0x33),
    flash: Color::Rgb(0x24, 0x38, 0x36),
    border: Color::Rgb(0x3a, 0x42, 0x50),
    dim: Color::Rgb(0x8a, 0x93, 0xa3),
    text: Color::Rgb(0xd5, 0xda, 0xe3),
    accent: Color::Rgb(0x5e, 0xc4, 0xc9),
    blue: Color::Rgb(0x86, 0xb3, 0xf0),
    green: Color::Rgb(0x9c, 0xcf, 0x8c),
    amber: Color::Rgb(0xe5, 0xb8, 0x6b),
    purple: Color::Rgb(0xc3, 0xa1, 0xf0),
    red: Color::Rgb(0xf0, 0x7a, 0x85),
};

impl Palette {
    /// The palette in the nearest of the 256 colours that terminals have agreed on.
    fn indexed(&self) -> Self {
        Self {
            background: indexed(self.background),
            selected: indexed(self.selected),
            selected_quiet: indexed(self.selected_quiet),
            flash: indexed(self.flash),
            border: indexed(self.border),
            dim: indexed(self.dim),
            text: indexed(self.text),
            accent: indexed(self.accent),
            blue: indexed(self.blue),
            green: indexed(self.green),
            amber: indexed(self.amber),
            purple: indexed(self.purple),
            red: indexed(self.red),
        }
    }
}

/// The nearest colour of the 6x6x6 cube (16 to 231) or the ramp of greys (232 to 255).
fn indexed(color: Color) -> Color {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let Color::Rgb(r, g, b) = color else { return color };
    let cube = (0_u8..216).map(|n| {
        let step = |n: u8| STEPS.get(usize::from(n % 6)).copied().unwrap_or(0);
        (16 + n, [step(n / 36), step(n / 6), step(n)])
    });
    let greys = (0_u8..24).map(|n| (232 + n, [8 + 10 * n; 3]));
    let distance = |other: [u8; 3]| -> u32 {
        let parts = [r, g, b].into_iter().zip(other);
        parts.map(|(one, other)| u32::from(one.abs_diff(other)).pow(2)).sum()
    };
    let nearest = cube.chain(greys).min_by_key(|(_, other)| distance(*other));
    nearest.map_or(color, |(index, _)| Color::Indexed(index))
}

impl Theme {
    /// For terminals with 24-bit colour: it paints its own dark background, so it reads the same everywhere.
    pub fn dark() -> Self {
        Self::from_palette(&DARK)
    }

    /// [`Theme::dark`] for terminals with 256 colours: most of those behind SSH or in a multiplexer.
    pub fn dark_indexed() -> Self {
        Self::from_palette(&DARK.indexed())
    }

    /// The same for those who prefer dark on light.
    pub fn light() -> Self {
        Self::from_palette(&Palette {
            background: Color::Rgb(0xfb, 0xfb, 0xf9),
            selected: Color::Rgb(0xd6, 0xe4, 0xf5),
            selected_quiet: Color::Rgb(0xe9, 0xec, 0xf0),
            flash: Color::Rgb(0xd9, 0xef, 0xe4),
            border: Color::Rgb(0xc3, 0xc8, 0xd0),
            dim: Color::Rgb(0x5f, 0x68, 0x76),
            text: Color::Rgb(0x1f, 0x24, 0x2c),
            accent: Color::Rgb(0x0b, 0x72, 0x78),
            blue: Color::Rgb(0x1b, 0x57, 0xa6),
            green: Color::Rgb(0x2c, 0x6e, 0x26),
            amber: Color::Rgb(0x8a, 0x59, 0x00),
            purple: Color::Rgb(0x6d, 0x3b, 0xb5),
            red: Color::Rgb(0xb3, 0x26, 0x34),
        })
    }

    /// For terminals with sixteen colours: the terminal's own ones, on its own background.
    pub fn terminal() -> Self {
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        // Bright black, the usual grey, is the background's own colour in some palettes; dimmed text never is.
        let dim = Style::new().add_modifier(Modifier::DIM);
        Self {
            dim,
            border: dim,
            thumb: dim,
            heading: dim,
            gone: dim.add_modifier(Modifier::CROSSED_OUT),
            json_null: dim.add_modifier(Modifier::ITALIC),
            selection: reversed,
            selection_quiet: Style::new().add_modifier(Modifier::UNDERLINED),
            flash: Style::new().add_modifier(Modifier::BOLD),
            ..Self::from_palette(&Palette {
                background: Color::Reset,
                selected: Color::Reset,
                selected_quiet: Color::Reset,
                flash: Color::Reset,
                border: Color::DarkGray,
                dim: Color::DarkGray,
                text: Color::Reset,
                accent: Color::Cyan,
                // The sixteen colours' own blue cannot be read on black in most terminals.
                blue: Color::Cyan,
                green: Color::Green,
                amber: Color::Yellow,
                purple: Color::Magenta,
                red: Color::Red,
            })
        }
    }

    /// Without any colour.
    pub fn monochrome() -> Self {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let dim = Style::new().add_modifier(Modifier::DIM);
        let plain = Style::new();
        let reversed = plain.add_modifier(Modifier::REVERSED);
        let underlined = plain.add_modifier(Modifier::UNDERLINED);
        Self {
            base: plain,
            dim,
            name: bold,
            border: dim,
            border_focused: plain,
            thumb: plain,
            title: bold,
            title_quiet: plain,
            heading: dim,
            heading_sorted: underlined,
            selection: reversed,
            selection_quiet: underlined,
            flash: bold,
            matched: reversed,
            new: bold,
            updated: bold,
            gone: dim,
            spark: plain,
            json_key: plain,
            json_string: plain,
            json_number: plain,
            json_word: plain,
            json_null: dim,
            ok: plain,
            note: plain,
            warning: bold,
            error: bold,
            badge: reversed,
            hint_key: bold,
            placeholder: underlined,
            bracket: underlined,
            mistake: reversed,
            danger: bold,
        }
    }

    fn from_palette(palette: &Palette) -> Self {
        let fg = |color| Style::new().fg(color);
        let bold = |color| Style::new().fg(color).add_modifier(Modifier::BOLD);
        Self {
            base: Style::new().fg(palette.text).bg(palette.background),
            dim: fg(palette.dim),
            name: bold(palette.accent),
            border: fg(palette.border),
            border_focused: fg(palette.accent),
            thumb: fg(palette.dim),
            title: bold(palette.text),
            title_quiet: fg(palette.text),
            heading: fg(palette.dim),
            heading_sorted: fg(palette.text).add_modifier(Modifier::UNDERLINED),
            selection: Style::new().bg(palette.selected),
            selection_quiet: Style::new().bg(palette.selected_quiet),
            flash: Style::new().bg(palette.flash),
            matched: bold(palette.amber).add_modifier(Modifier::UNDERLINED),
            new: bold(palette.green),
            updated: bold(palette.accent),
            gone: fg(palette.dim).add_modifier(Modifier::CROSSED_OUT),
            spark: fg(palette.accent),
            json_key: fg(palette.blue),
            json_string: fg(palette.green),
            json_number: fg(palette.amber),
            json_word: fg(palette.purple),
            json_null: fg(palette.dim).add_modifier(Modifier::ITALIC),
            ok: fg(palette.green),
            note: fg(palette.blue),
            warning: fg(palette.amber),
            error: bold(palette.red),
            badge: bold(palette.amber).add_modifier(Modifier::REVERSED),
            hint_key: bold(palette.text),
            placeholder: fg(palette.accent),
            bracket: bold(palette.accent).add_modifier(Modifier::UNDERLINED),
            mistake: bold(palette.red).add_modifier(Modifier::UNDERLINED),
            danger: bold(palette.red),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_the_nearest_of_the_256() {
        let cases = [
            (Color::Rgb(0, 0, 0), Color::Indexed(16)),
            (Color::Rgb(255, 255, 255), Color::Indexed(231)),
            (Color::Rgb(0x15, 0x18, 0x1e), Color::Indexed(234)),
            (Color::Rgb(95, 175, 215), Color::Indexed(74)),
            (Color::Cyan, Color::Cyan),
        ];
        for (color, expected) in cases {
            assert_eq!(indexed(color), expected, "{color:?}");
        }
    }

    #[test]
    fn what_stands_out_stands_out_in_256_colours_too() {
        let palette = DARK.indexed();
        assert_ne!(palette.selected, palette.background);
        assert_ne!(palette.selected_quiet, palette.background);
        assert_ne!(palette.selected_quiet, palette.selected);
        assert_ne!(palette.flash, palette.background);
        assert_ne!(palette.dim, palette.text);
    }
}
