//! The help: every key, by the place where it holds, to search.

use tui_input::Input;

use crate::app::KeyCode;
use crate::app::cursor::Cursor;
use crate::app::keymap::{self, Action, Binding, ENTER, HelpLine, Keys, bind, char, ctrl, hint, key};
use crate::app::layout::Area;
use crate::app::pane::{Answer, Context, Pane, Request};

/// The keys of the help.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const CLOSE: &[crate::app::Key] = &[key(KeyCode::Esc), char('q'), char('?'), key(KeyCode::F(1)), ctrl('c')];
    const BINDINGS: &[Binding] = &[
        hint(&[char('/')], A::Search, "search", "search"),
        bind(&[ctrl('f'), char(' ')], A::PageDown, "a page down"),
        hint(CLOSE, A::Back, "close", "close"),
    ];
    Keys::commands("Reading this help", BINDINGS, &[&keymap::LIST])
};

/// Those while it is searched.
pub(in crate::app) static SEARCH: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "read what was found", "read"),
        hint(&[key(KeyCode::Esc), ctrl('c')], A::Back, "all of it again", "all"),
        bind(&[key(KeyCode::Up)], A::Up, "up"),
        bind(&[key(KeyCode::Down)], A::Down, "down"),
    ];
    Keys::typing("Searching this help", BINDINGS, &[&keymap::LINE])
};

/// The help, and which part of it is on screen.
#[derive(Debug)]
pub struct Help {
    lines: Vec<HelpLine>,
    /// Indices of the lines that the search leaves.
    left: Vec<usize>,
    view: Cursor,
    /// What is searched.
    pub input: Input,
    /// Whether the search is being typed.
    pub is_searching: bool,
}

impl Help {
    /// The help, from what is said of the place where it was asked for.
    pub(in crate::app) fn new(lines: Vec<HelpLine>, place: &'static Keys) -> Self {
        let mut view = Cursor::default();
        view.set_len(lines.len());
        let title = HelpLine::Title(place.title);
        view.put_on_line(lines.iter().position(|line| *line == title).unwrap_or(0), 0);
        let left = (0..lines.len()).collect();
        Self { lines, left, view, input: Input::default(), is_searching: false }
    }

    /// The lines on screen, from the top.
    pub fn visible(&self) -> impl Iterator<Item = &HelpLine> {
        let left = self.left.get(self.view.visible()).unwrap_or_default();
        left.iter().filter_map(|at| self.lines.get(*at))
    }

    /// Which part of it is on screen.
    pub fn view(&self) -> &Cursor {
        &self.view
    }

    /// Whether the line of the search is shown.
    pub fn has_search(&self) -> bool {
        self.is_searching || !self.input.value().is_empty()
    }

    /// Where its lines stand in the layer.
    pub fn rows(&self, inner: Area) -> Area {
        let taken = u16::from(self.has_search()).min(inner.height);
        Area { y: inner.y + taken, height: inner.height - taken, ..inner }
    }

    /// Leaves the lines that have every word of the search, each under the heading of its place.
    fn search(&mut self) {
        let query = self.input.value().to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        self.left.clear();
        let mut heading = None;
        for (at, line) in self.lines.iter().enumerate() {
            match line {
                _ if words.is_empty() => self.left.push(at),
                HelpLine::Gap => {}
                HelpLine::Title(_) => heading = Some(at),
                HelpLine::Keys(keys, label) => {
                    let text = format!("{keys} {label}").to_lowercase();
                    if words.iter().all(|word| text.contains(word)) {
                        self.left.extend(heading.take());
                        self.left.push(at);
                    }
                }
            }
        }
        self.view.set_len(self.left.len());
        self.view.put_on_line(0, 0);
    }
}

impl Pane for Help {
    fn keys(&self) -> &'static Keys {
        if self.is_searching { &SEARCH } else { &KEYS }
    }

    fn fit(&mut self, inner: Area) {
        self.view.fit(self.rows(inner).height.into());
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        match action {
            Action::Search => self.is_searching = true,
            Action::Accept => self.is_searching = false,
            Action::Back if self.has_search() => {
                self.is_searching = false;
                self.input.reset();
                self.search();
            }
            Action::Back => return Some(Answer::request(Request::Close)),
            action => return self.view.act_on_view(action).then(Answer::done),
        }
        Some(Answer::done())
    }

    fn scroll(&mut self, rows: isize) {
        self.view.scroll(rows);
    }

    fn input(&mut self) -> Option<&mut Input> {
        self.is_searching.then_some(&mut self.input)
    }

    fn edited(&mut self) -> Answer {
        self.search();
        Answer::done()
    }
}
