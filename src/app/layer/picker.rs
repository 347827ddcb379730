//! The choice of a beginning for a composition.

use std::time::Duration;

use jiff::Timestamp;

use super::search_list::{Item, SearchList};
use crate::app::KeyCode;
use crate::app::composer::choice::{Beginning, Choice};
use crate::app::composer::{Composer, completion};
use crate::app::keymap::{self, Action, Binding, ENTER, ESC_OR_INTERRUPT, Keys, bind, ctrl, hint, key};
use crate::app::pane::{Answer, Request};
use crate::app::shown::Shown;
use crate::event::catalogue::{Catalogue, Template};
use crate::event::{Sanitized, sanitized, text};

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

/// The beginnings to choose from, and the line that searches them.
pub type Picker = SearchList<Choice>;

impl Picker {
    /// Everything that there is to begin with.
    pub(in crate::app) fn new(composer: &Composer, shown: Option<&Shown>, now: Timestamp) -> Self {
        let open = composer.composition().map(|composition| Choice {
            beginning: Beginning::Open,
            name: composition.name(),
            detail: sanitized!("the draft that you have open, {}", age(composition.changed(), now)),
        });
        let mut drafts = composer.drafts().iter().map(|draft| Choice {
            beginning: Beginning::Draft(draft.id.clone()),
            name: name_of(&draft.text),
            detail: sanitized!(
                "an unfinished draft, {}, {}",
                age(draft.changed, now),
                text::size(draft.text.len() as u64)
            ),
        });
        let received = shown.map(|shown| Choice {
            beginning: Beginning::Received,
            name: shown.event.event_type.shown(),
            detail: "as it was received, without what the platform added".into(),
        });
        let mut choices: Vec<_> = open.into_iter().collect();
        choices.extend(drafts.by_ref().take(DRAFTS_FIRST));
        choices.extend(received);
        choices.extend(templates(composer));
        choices.push(Choice {
            beginning: Beginning::Empty,
            name: "an empty draft".into(),
            detail: "to write, or to paste a curl command into".into(),
        });
        choices.extend(drafts);
        Self::of(choices)
    }
}

/// The templates to begin with: the user's own, then the standard ones that none of these replaces.
pub(in crate::app) fn templates(composer: &Composer) -> impl Iterator<Item = Choice> {
    let template = |template: &Template, beginning: fn(Template) -> Beginning| Choice {
        beginning: beginning(template.clone()),
        name: name_shown(&template.name),
        detail: name_shown(&template.description),
    };
    let own = |name: &str| composer.templates().iter().any(|own| own.name == name);
    let standard = Catalogue::standard().templates().filter(move |standard| !own(&standard.name));
    let standard = standard.map(move |standard| template(standard, Beginning::Standard));
    composer.templates().iter().map(move |own| template(own, Beginning::Own)).chain(standard)
}

impl Item for Choice {
    fn keys() -> &'static Keys {
        &KEYS
    }

    fn searched(&self) -> String {
        searched(self)
    }

    /// Who types the name of a template means that one, not what was once begun with it.
    fn name(&self) -> Option<&str> {
        matches!(self.beginning, Beginning::Own(_) | Beginning::Standard(_)).then_some(&*self.name)
    }

    fn is(&self, query: &str) -> bool {
        self.name.eq_ignore_ascii_case(query)
    }

    fn chosen(&self) -> Answer {
        Answer::request(Request::Close).and(Request::Begin(Box::new(self.clone())))
    }
}

/// The text in which a choice is searched: the name first, for that is what is looked for.
pub fn searched(choice: &Choice) -> String {
    format!("{} {}", choice.name, choice.beginning.label())
}

fn name_shown(name: &str) -> Sanitized {
    text::sanitize_within(name, 256).0
}

/// The name of a draft: the type of its first event.
pub(in crate::app) fn name_of(draft: &str) -> Sanitized {
    /// A name further on than this is not looked for.
    const LOOKED_AT: usize = 64 * 1024;
    let mut end = draft.len().min(LOOKED_AT);
    while !draft.is_char_boundary(end) {
        end -= 1;
    }
    let lines: Vec<_> = draft.get(..end).unwrap_or_default().lines().map(str::to_owned).collect();
    match completion::event_type(&lines) {
        Some(name) if !name.is_empty() => name_shown(&name),
        _ => "a draft without a type".into(),
    }
}

fn age(then: Timestamp, now: Timestamp) -> Sanitized {
    let millis = now.as_millisecond().saturating_sub(then.as_millisecond());
    sanitized!("changed {} ago", text::age(Duration::from_millis(u64::try_from(millis).unwrap_or(0))))
}
