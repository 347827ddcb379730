//! The palette: every command with its key and the place where it holds, to search and to run; and types, templates,
//! profiles and rules, to find.

use super::search_list::{Item, SearchList};
use crate::app::KeyCode;
use crate::app::composer::choice::Choice;
use crate::app::keymap::{self, Action, Binding, ENTER, ESC_OR_INTERRUPT, Keys, bind, ctrl, hint, key};
use crate::app::pager::Pager;
use crate::app::pane::{Answer, Open, Request};
use crate::event::{Sanitized, TypeName, sanitized};
use crate::lint::Rule;

/// The keys of the palette.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "run it", "run"),
        hint(ESC_OR_INTERRUPT, A::Back, "run nothing", "close"),
        bind(&[key(KeyCode::Up), ctrl('p')], A::Up, "up"),
        bind(&[key(KeyCode::Down), ctrl('n')], A::Down, "down"),
        bind(&[key(KeyCode::PageUp)], A::PageUp, "a page up"),
        bind(&[key(KeyCode::PageDown)], A::PageDown, "a page down"),
    ];
    Keys::typing("Choosing a command", BINDINGS, &[&keymap::LINE])
};

/// Everything that can be run or gone to, and the line in which it is searched.
pub type Palette = SearchList<PaletteItem>;

/// Something that the palette has.
#[derive(Clone, Debug)]
pub enum PaletteItem {
    /// A command.
    Command(PaletteCommand),
    /// An event type to look into.
    Type(TypeName),
    /// A template to compose with.
    Template(Box<Choice>),
    /// A profile to switch to, by its place among them.
    Profile(usize, Sanitized),
    /// A rule to read of.
    Rule(&'static Rule),
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct PaletteCommand {
    /// Where it holds.
    pub place: &'static Keys,
    /// Its meaning and its keys.
    pub binding: &'static Binding,
}

impl PaletteItem {
    /// What it is called.
    pub fn label(&self) -> Sanitized {
        match self {
            Self::Command(command) => command.binding.label.into(),
            Self::Type(name) => name.shown(),
            Self::Template(choice) => choice.name.clone(),
            Self::Profile(_, name) => name.clone(),
            Self::Rule(rule) => sanitized!("{}: {}", rule.id, rule.title),
        }
    }

    /// What it is, or where it holds.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Command(command) => command.place.title,
            Self::Type(_) => "event type",
            Self::Template(_) => "template to compose with",
            Self::Profile(..) => "profile to switch to",
            Self::Rule(_) => "lint rule",
        }
    }
}

impl Palette {
    /// The palette of these, in this order.
    pub(in crate::app) fn new(items: Vec<PaletteItem>) -> Self {
        Self::of(items)
    }
}

impl Item for PaletteItem {
    fn keys() -> &'static Keys {
        &KEYS
    }

    fn searched(&self) -> String {
        match self {
            Self::Command(command) => {
                format!("{} {} {}", command.binding.label, command.place.title, command.binding.action.name())
            }
            _ => format!("{} {}", self.label(), self.kind()),
        }
    }

    /// Who types a key, or a whole name, means that one.
    fn is(&self, query: &str) -> bool {
        match self {
            Self::Command(command) => command.binding.keys.first().is_some_and(|key| key.shown() == query),
            Self::Rule(rule) => rule.id == query,
            _ => self.label() == query,
        }
    }

    fn chosen(&self) -> Answer {
        let close = Answer::request(Request::Close);
        match self {
            Self::Command(command) => close.and(Request::Run(command.place, command.binding.action)),
            Self::Type(name) => close.and(Request::ShowType(name.clone())),
            Self::Template(choice) => close.and(Request::Begin(choice.clone())),
            Self::Profile(at, _) => close.and(Request::SwitchProfile(*at)),
            Self::Rule(rule) => close.and(Request::Open(Open::Pager(Pager::new(rule.id, &explained(rule))))),
        }
    }
}

/// What there is to say of a rule.
fn explained(rule: &Rule) -> String {
    let Rule { severity, title, why, documentation, bad, good, .. } = rule;
    let documentation = if documentation.is_empty() { String::new() } else { format!("\n\n{documentation}") };
    format!("{severity}: {title}\n\n{why}{documentation}\n\nBad:\n\n{bad}\n\nGood:\n\n{good}\n")
}
