//! A line that is typed in the footer: a filter, a search, the name of a template or of a tape.

use tui_input::Input;

use crate::app::KeyCode;
use crate::app::keymap::{self, Action, Binding, ENTER, ESC_OR_INTERRUPT, Keys, bind, hint, key};
use crate::app::pane::{Answer, Context, Pane, PromptKind, Request};

/// The keys while a filter is typed.
pub(in crate::app) static FILTER: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "keep the filter", "keep"),
        hint(ESC_OR_INTERRUPT, A::Back, "drop the filter", "drop"),
        bind(&[key(KeyCode::Up)], A::Up, "up in the table"),
        bind(&[key(KeyCode::Down)], A::Down, "down in the table"),
    ];
    Keys::typing("While typing a filter", BINDINGS, &[&keymap::LINE])
};

/// The keys while a search is typed.
pub(in crate::app) static SEARCH: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "stay at the match; where there is none, to one in another event", "keep"),
        hint(ESC_OR_INTERRUPT, A::Back, "drop the search", "drop"),
        bind(&[key(KeyCode::Up)], A::PreviousMatch, "previous match"),
        bind(&[key(KeyCode::Down)], A::NextMatch, "next match"),
    ];
    Keys::typing("While typing a search", BINDINGS, &[&keymap::LINE])
};

/// The keys while a template is named.
pub(in crate::app) static TEMPLATE_NAME: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "keep the draft under this name", "keep"),
        hint(ESC_OR_INTERRUPT, A::Back, "keep nothing", "cancel"),
    ];
    Keys::typing("While naming a template", BINDINGS, &[&keymap::LINE])
};

/// The keys while a place of a tape is typed.
pub(in crate::app) static JUMP: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] =
        &[hint(ENTER, A::Accept, "go there", "go"), hint(ESC_OR_INTERRUPT, A::Back, "stay", "stay")];
    Keys::typing("While typing a place of a tape", BINDINGS, &[&keymap::LINE])
};

/// The keys while a file or a folder is named.
pub(in crate::app) static PLACE_NAME: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "write it there", "write"),
        hint(ESC_OR_INTERRUPT, A::Back, "write nothing", "cancel"),
    ];
    Keys::typing("While naming a file or a folder", BINDINGS, &[&keymap::LINE])
};

/// The keys while a tape is named.
pub(in crate::app) static TAPE_NAME: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "record what is held, and what comes, to this file", "record"),
        hint(ESC_OR_INTERRUPT, A::Back, "record nothing", "cancel"),
    ];
    Keys::typing("While naming a recording", BINDINGS, &[&keymap::LINE])
};

/// A line that is typed.
#[derive(Debug)]
pub struct Prompt {
    /// The use that is made of it.
    pub kind: PromptKind,
    /// The line.
    pub input: Input,
    /// Whether what stands in it is what held before, and goes when something is typed.
    pub is_selected: bool,
}

impl Prompt {
    /// A line in which that stands. What was looked for before gives way to what is typed.
    pub(in crate::app) fn new(kind: PromptKind, input: Input) -> Self {
        let is_selected = matches!(kind, PromptKind::Filter | PromptKind::Search) && !input.value().is_empty();
        Self { kind, input, is_selected }
    }

    fn line(&self) -> String {
        self.input.value().trim().to_owned()
    }

    fn use_of(&self, line: &str) -> Option<Request> {
        match self.kind {
            PromptKind::Filter => Some(Request::Filter(line.to_owned())),
            PromptKind::Search => Some(Request::Search(line.to_owned())),
            PromptKind::TemplateName
            | PromptKind::TapeName
            | PromptKind::Jump
            | PromptKind::Report
            | PromptKind::Plan
            | PromptKind::PlanOfType => None,
        }
    }
}

impl Pane for Prompt {
    fn keys(&self) -> &'static Keys {
        match self.kind {
            PromptKind::Filter => &FILTER,
            PromptKind::Search => &SEARCH,
            PromptKind::TemplateName => &TEMPLATE_NAME,
            PromptKind::Jump => &JUMP,
            PromptKind::Report | PromptKind::Plan | PromptKind::PlanOfType => &PLACE_NAME,
            PromptKind::TapeName => &TAPE_NAME,
        }
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        let mut answer = Answer::done();
        match (action, self.kind) {
            (Action::Back, _) => {
                answer.requests.push(Request::Close);
                answer.requests.extend(self.use_of(""));
            }
            (Action::Accept, PromptKind::TemplateName) => {
                answer.requests.push(Request::KeepTemplate(self.input.value().trim().to_owned()));
            }
            (Action::Accept, PromptKind::Jump) => {
                answer.requests.push(Request::Jump(self.input.value().to_owned()));
            }
            (Action::Accept, PromptKind::Report) => answer.requests.push(Request::Report(self.line())),
            (Action::Accept, kind @ (PromptKind::Plan | PromptKind::PlanOfType)) => {
                answer.requests.push(Request::Plan { folder: self.line(), of_type: kind == PromptKind::PlanOfType });
            }
            (Action::Accept, PromptKind::TapeName) => {
                let name = self.input.value().trim();
                answer.requests.push(Request::Close);
                answer.requests.extend((!name.is_empty()).then(|| Request::Record(name.to_owned())));
            }
            (Action::Accept, PromptKind::Search) => {
                answer.requests.extend([Request::Close, Request::Act(Action::AcceptSearch)]);
            }
            (Action::Accept, PromptKind::Filter) => answer.requests.push(Request::Close),
            (Action::Up | Action::Down | Action::NextMatch | Action::PreviousMatch, _) => {
                answer.requests.push(Request::Act(action));
            }
            _ => return None,
        }
        Some(answer)
    }

    fn input(&mut self) -> Option<&mut Input> {
        Some(&mut self.input)
    }

    fn begins_edit(&mut self, replaces: bool) {
        if std::mem::take(&mut self.is_selected) && replaces {
            self.input.reset();
        }
    }

    fn edited(&mut self) -> Answer {
        self.use_of(self.input.value()).map_or_else(Answer::done, Answer::request)
    }
}
