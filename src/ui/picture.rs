//! The screen as text for snapshots: what stands in each cell and, under it, what its style is for.
//!
//! A snapshot names the roles of the theme and none of its colours, so that another palette changes one snapshot alone:
//! `theme`, which also says what each letter stands for.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};

use super::{Theme, view};
use crate::app::{Model, ThemeName};
use crate::session::Moment;

/// The sizes at which a screen is looked at.
pub(super) const SIZES: [(u16, u16); 4] = [(160, 45), (120, 36), (80, 24), (60, 15)];

/// The screen of the model as text.
pub(super) fn picture(model: &Model, now: Moment) -> String {
    as_text(&drawn(model, now, &roles_as_colours()))
}

/// The screen of the model in a theme.
pub(super) fn drawn(model: &Model, now: Moment, theme: &Theme) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(model.size.width, model.size.height)).unwrap();
    terminal.draw(|frame| view(model, now, theme, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// A theme in which every role has a colour of its own, also those that look the same to the user.
pub(super) fn roles_as_colours() -> Theme {
    let mut theme = Theme::named(ThemeName::Dark);
    for ((_, role, style), colour) in roles(&mut theme).into_iter().zip(0..) {
        *style = match role {
            "base" => Style::new().fg(Color::Indexed(colour)).bg(Color::Indexed(colour)),
            "selection" | "selection_quiet" | "flash" => Style::new().bg(Color::Indexed(colour)),
            _ => Style::new().fg(Color::Indexed(colour)),
        };
    }
    theme
}

/// A frame drawn in [`roles_as_colours`], as text: every row as it reads, ended by `|`, and under it, each ended by `~`
/// and left out where it would be blank, the roles of its letters, the roles of what lies behind them, and `_` where
/// they are underlined beyond what their role says.
pub(super) fn as_text(buffer: &Buffer) -> String {
    let letters = roles(&mut Theme::named(ThemeName::Dark)).map(|(letter, ..)| letter);
    // On a blank no one sees a colour, except where the role swaps it with the background.
    let reversed =
        roles(&mut Theme::named(ThemeName::Dark)).map(|(.., style)| style.add_modifier.contains(Modifier::REVERSED));
    let letter = |colour: Color| match colour {
        Color::Indexed(role) => letters.get(usize::from(role)).copied().unwrap_or('?'),
        _ => '?',
    };
    let ink = |cell: &Cell| match cell.fg {
        Color::Indexed(role) if cell.symbol() == " " && !reversed.get(usize::from(role)).is_some_and(|it| *it) => ' ',
        colour => letter(colour),
    };
    let line = |cell: &Cell| match cell.modifier {
        Modifier::UNDERLINED => '_',
        none if none.is_empty() => ' ',
        _ => '?',
    };
    let mut out = String::new();
    for row in buffer.content.chunks(usize::from(buffer.area.width).max(1)) {
        let mut text = String::new();
        let mut lines = [const { String::new() }; 3];
        let mut wide = 0;
        for cell in row {
            if wide > 1 {
                wide -= 1;
                continue;
            }
            wide = crate::event::text::width(cell.symbol());
            text.push_str(cell.symbol());
            for (styles, letter) in lines.iter_mut().zip([ink(cell), letter(cell.bg), line(cell)]) {
                styles.push(letter);
            }
        }
        writeln!(out, "{text}|").unwrap();
        for styles in lines.iter().filter(|styles| !styles.trim().is_empty()) {
            writeln!(out, "{}~", styles.trim_end()).unwrap();
        }
    }
    out
}

/// A frame drawn in any theme: every row as it reads, and under it a letter for each style in which something stands, as
/// they come; what each of them is stands at the end.
pub(super) fn in_styles(buffer: &Buffer) -> String {
    let mut known: Vec<Style> = Vec::new();
    let mut out = String::new();
    for row in buffer.content.chunks(usize::from(buffer.area.width).max(1)) {
        let (mut text, mut styles) = (String::new(), String::new());
        for cell in row {
            let style = Style { fg: Some(cell.fg), bg: Some(cell.bg), add_modifier: cell.modifier, ..Style::new() };
            let at = known.iter().position(|known| *known == style).unwrap_or_else(|| {
                known.push(style);
                known.len() - 1
            });
            text.push_str(cell.symbol());
            styles.push(('a'..='z').chain('A'..='Z').nth(at).unwrap_or('?'));
        }
        writeln!(out, "{}|\n{styles}~", text.trim_end()).unwrap();
    }
    for (style, letter) in known.iter().zip(('a'..='z').chain('A'..='Z')) {
        writeln!(out, "{letter} {}", in_words(*style)).unwrap();
    }
    out
}

/// Every role of the theme with its letter in the snapshots.
fn roles(theme: &mut Theme) -> [(char, &'static str, &mut Style); 35] {
    macro_rules! roles {
        ($($letter:literal $role:ident)*) => {{
            let Theme { $($role,)* .. } = theme;
            [$(($letter, stringify!($role), $role)),*]
        }};
    }
    roles! {
        ' ' base
        'd' dim
        'n' name
        'b' border
        'B' border_focused
        'u' thumb
        'T' title
        't' title_quiet
        'h' heading
        'H' heading_sorted
        'S' selection
        'Q' selection_quiet
        'F' flash
        'm' matched
        'a' new
        'c' updated
        'g' gone
        'p' spark
        'k' json_key
        's' json_string
        'v' json_number
        'l' json_word
        'z' json_null
        'o' ok
        'i' note
        'w' warning
        'e' error
        'A' badge
        'K' hint_key
        'P' placeholder
        'R' bracket
        'M' mistake
        'D' danger
        'Y' border_staging
        'X' border_production
    }
}

#[test]
fn every_role_has_a_letter_of_its_own() {
    let letters = roles(&mut Theme::named(ThemeName::Dark)).map(|(letter, ..)| letter);
    assert_eq!(BTreeSet::from(letters).len(), letters.len(), "{letters:?}");
}

/// The only snapshot that knows colours, and what the letters in the others stand for.
#[test]
fn the_roles_and_their_colours() {
    let themes = [
        ("dark", Theme::named(ThemeName::Dark)),
        ("dark, 256 colours", Theme::named(ThemeName::Dark).indexed()),
        ("light", Theme::named(ThemeName::Light)),
        ("high-contrast", Theme::named(ThemeName::HighContrast)),
        ("16, ascii", Theme::named(ThemeName::Sixteen)),
        ("none", Theme::named(ThemeName::None)),
    ];
    let mut rows = roles(&mut Theme::named(ThemeName::Dark)).map(|(letter, role, _)| format!("{letter} {role:16}"));
    let mut head = format!("  {:16}", "role");
    for (name, mut theme) in themes {
        write!(head, "{name:26}").unwrap();
        for (row, (.., style)) in rows.iter_mut().zip(roles(&mut theme)) {
            write!(row, "{:26}", in_words(*style)).unwrap();
        }
    }
    let lines: Vec<_> = std::iter::once(&head).chain(&rows).map(|line| line.trim_end()).collect();
    insta::assert_snapshot!("theme", lines.join("\n"));
}

/// A style as `#d5dae3 on #15181e bold`.
fn in_words(style: Style) -> String {
    let colour = |colour: Color| colour.to_string().to_lowercase();
    let modifiers = style.add_modifier.iter_names().map(|(name, _)| name.to_lowercase().replace('_', " "));
    let ground = style.bg.map(|ground| format!("on {}", colour(ground)));
    style.fg.map(colour).into_iter().chain(ground).chain(modifiers).collect::<Vec<_>>().join(" ")
}
