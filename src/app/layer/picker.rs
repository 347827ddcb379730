//! The choice of a beginning for a composition.

use std::cmp::Reverse;
use std::time::Duration;

use jiff::Timestamp;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use crate::app::composer::choice::{Beginning, Choice};
use crate::app::composer::{Composer, completion};
use crate::app::cursor::Cursor;
use crate::app::keymap::{self, Action, Binding, ENTER, ESC_OR_INTERRUPT, Keys, bind, ctrl, hint, key};
use crate::app::layout::Area;
use crate::app::pane::{Answer, Context, Pane, Request};
use crate::app::shown::Shown;
use crate::app::{KeyCode, Mouse, time};
use crate::event::catalogue::{Catalogue, Template};
use crate::event::text;

/// The keys of the list.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "begin with it", "begin"),
        hint(ESC_OR_INTERRUPT, A::Back, "compose nothing", "close"),
        bind(&[key(KeyCode::Up), ctrl('p')], A::Up, "up"),
        bind(&[key(KeyCode::Down), ctrl('n')], A::Down, "down"),
        bind(&[key(KeyCode::PageUp)], A::PageUp, "a page up"),
        bind(&[key(KeyCode::PageDown)], A::PageDown, "a page down"),
    ];
    Keys::typing("Choosing what to compose", BINDINGS, &[&keymap::LINE])
};

/// Of the drafts of earlier sessions, those that stand before the templates; the others stand after them.
const DRAFTS_FIRST: usize = 3;

/// A list to choose from, and the line in which it is searched.
#[derive(Debug)]
pub struct Picker {
    /// The search.
    pub input: Input,
    choices: Vec<Choice>,
    /// Indices into `choices`: what the search leaves, the best first.
    order: Vec<usize>,
    pattern: Option<Pattern>,
    cursor: Cursor,
}

impl Picker {
    /// Everything that there is to begin with.
    pub(in crate::app) fn new(composer: &Composer, shown: Option<&Shown>, now: Timestamp) -> Self {
        let open = composer.composition().map(|composition| Choice {
            beginning: Beginning::Open,
            name: composition.name(),
            detail: format!("the draft that you have open, {}", age(composition.changed(), now)),
        });
        let mut drafts = composer.drafts().iter().map(|draft| Choice {
            beginning: Beginning::Draft(draft.id.clone()),
            name: name_of(&draft.text),
            detail: format!("a draft that was left, {}, {} bytes", age(draft.changed, now), draft.text.len()),
        });
        let received = shown.map(|shown| Choice {
            beginning: Beginning::Received,
            name: harmless(shown.event_type.as_str()),
            detail: "as it was received, without what the platform added".into(),
        });
        let template = |template: &Template, beginning: fn(Template) -> Beginning| Choice {
            beginning: beginning(template.clone()),
            name: harmless(&template.name),
            detail: harmless(&template.description),
        };
        let mut choices: Vec<_> = open.into_iter().collect();
        choices.extend(drafts.by_ref().take(DRAFTS_FIRST));
        choices.extend(received);
        choices.extend(composer.templates().iter().map(|own| template(own, Beginning::Own)));
        let own = |name: &str| composer.templates().iter().any(|own| own.name == name);
        let standard = Catalogue::standard().templates().filter(|standard| !own(&standard.name));
        choices.extend(standard.map(|standard| template(standard, Beginning::Standard)));
        choices.push(Choice {
            beginning: Beginning::Empty,
            name: "an empty draft".into(),
            detail: "to write, or to paste a curl command into".into(),
        });
        choices.extend(drafts);
        let order: Vec<_> = (0..choices.len()).collect();
        let mut cursor = Cursor::default();
        cursor.set_len(order.len());
        Self { input: Input::default(), choices, order, pattern: None, cursor }
    }

    /// Leaves what matches the search: templates by their name, then all else, the best match of each first.
    fn search(&mut self) {
        let query = self.input.value();
        self.pattern =
            (!query.trim().is_empty()).then(|| Pattern::parse(query, CaseMatching::Smart, Normalization::Smart));
        self.order = (0..self.choices.len()).collect();
        if let Some(pattern) = &self.pattern {
            let mut matcher = Matcher::new(Config::DEFAULT);
            let mut buffer = Vec::new();
            let mut scored: Vec<_> = self
                .choices
                .iter()
                .enumerate()
                .filter_map(|(index, choice)| {
                    let score = pattern.score(Utf32Str::new(&searched(choice), &mut buffer), &mut matcher)?;
                    let named = is_template(choice)
                        && pattern.score(Utf32Str::new(&choice.name, &mut buffer), &mut matcher).is_some();
                    let exact = choice.name.eq_ignore_ascii_case(query.trim());
                    Some((!named, !exact, Reverse(score), index))
                })
                .collect();
            scored.sort_unstable();
            self.order = scored.into_iter().map(|(.., index)| index).collect();
        }
        self.cursor.set_len(self.order.len());
        self.cursor.put(0);
    }

    /// The choice under the cursor.
    pub fn selected(&self) -> Option<&Choice> {
        self.choices.get(*self.order.get(self.cursor.at())?)
    }

    /// The choices on screen, from the top, each with whether the cursor is on it.
    pub fn visible(&self) -> impl Iterator<Item = (&Choice, bool)> {
        let rows = self.cursor.visible();
        let choices = rows.map(|row| (self.order.get(row).and_then(|index| self.choices.get(*index)), row));
        choices.filter_map(|(choice, row)| Some((choice?, row == self.cursor.at())))
    }

    /// Where the cursor is among those that the search leaves.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// How many there are, searched or not.
    pub fn total(&self) -> usize {
        self.choices.len()
    }

    fn begin(&self) -> Answer {
        match self.selected() {
            Some(choice) => Answer::request(Request::Close).and(Request::Begin(Box::new(choice.clone()))),
            None => Answer::done(),
        }
    }

    /// The characters of the choice's name that the search matched, as positions.
    pub fn matched(&self, choice: &Choice) -> Vec<usize> {
        let Some(pattern) = &self.pattern else { return Vec::new() };
        let mut indices = Vec::new();
        let mut buffer = Vec::new();
        let mut matcher = Matcher::new(Config::DEFAULT);
        pattern.indices(Utf32Str::new(&searched(choice), &mut buffer), &mut matcher, &mut indices);
        let name = choice.name.chars().count();
        let mut positions: Vec<_> = indices.into_iter().map(|at| at as usize).filter(|at| *at < name).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}

/// The list in the layer: under the line that is typed and a gap.
pub fn list(inner: Area) -> Area {
    Area { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner }
}

impl Pane for Picker {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn fit(&mut self, inner: Area) {
        self.cursor.fit(list(inner).height.into());
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        match action {
            Action::Accept => Some(self.begin()),
            Action::Back => Some(Answer::request(Request::Close)),
            _ => self.cursor.act(action).then(Answer::done),
        }
    }

    fn click(&mut self, mouse: Mouse, inner: Area, _context: &Context<'_>) -> Answer {
        let list = list(inner);
        let row = self.cursor.row_at(usize::from(mouse.row.saturating_sub(list.y)));
        match row.filter(|_| list.holds(mouse)) {
            Some(row) => {
                self.cursor.put(row);
                self.begin()
            }
            None => Answer::done(),
        }
    }

    fn scroll(&mut self, rows: isize) {
        self.cursor.step(rows);
    }

    fn input(&mut self) -> Option<&mut Input> {
        Some(&mut self.input)
    }

    fn edited(&mut self) -> Answer {
        self.search();
        Answer::done()
    }
}

/// Who types the name of a template means that one, not what was once begun with it.
fn is_template(choice: &Choice) -> bool {
    matches!(choice.beginning, Beginning::Own(_) | Beginning::Standard(_))
}

/// The text that is searched: the name first, for that is what is looked for.
fn searched(choice: &Choice) -> String {
    format!("{} {}", choice.name, choice.beginning.label())
}

fn harmless(name: &str) -> String {
    text::harmless_within(name, 256).0
}

/// The name of a draft: the type of its first event. Harmless.
pub(in crate::app) fn name_of(draft: &str) -> String {
    /// A name further on than this is not looked for.
    const LOOKED_AT: usize = 64 * 1024;
    let mut end = draft.len().min(LOOKED_AT);
    while !draft.is_char_boundary(end) {
        end -= 1;
    }
    let lines: Vec<_> = draft.get(..end).unwrap_or_default().lines().map(str::to_owned).collect();
    match completion::event_type(&lines) {
        Some(name) if !name.is_empty() => harmless(&name),
        _ => "a draft without a type".into(),
    }
}

fn age(then: Timestamp, now: Timestamp) -> String {
    let millis = now.as_millisecond().saturating_sub(then.as_millisecond());
    format!("changed {} ago", time::age(Duration::from_millis(u64::try_from(millis).unwrap_or(0))))
}
