//! The composer as a pane: each of its tabs is a file in `app::pane`.

use super::{Composer, ComposerTab};
use crate::app::Mouse;
use crate::app::keymap::{Action, Keys};
use crate::app::layout::{self, Area};
use crate::app::pane::{Answer, Context, Pane, draft, preview, proof};

impl Pane for Composer {
    fn keys(&self) -> &'static Keys {
        match self.composition.as_ref().map(|composition| composition.tab) {
            Some(ComposerTab::Preview) => &preview::KEYS,
            Some(ComposerTab::Proof) => &proof::KEYS,
            Some(ComposerTab::Edit) | None => &draft::KEYS,
        }
    }

    fn show(&mut self, context: &Context<'_>) {
        self.proof.show(context.outbox);
    }

    fn fit(&mut self, inner: Area) {
        let Some(composition) = &mut self.composition else { return };
        let notice = composition.notice(inner.width.saturating_sub(1).into()).len();
        let findings = composition.findings.counts().worst().is_some();
        self.areas = layout::composer(inner.outer(), notice, findings);
        self.proof.fit(self.areas.page);
        let width = self.areas.text.width.saturating_sub(composition.editor.gutter());
        composition.editor.fit(Area { width, ..self.areas.text });
        if let Some(preview) = &mut composition.preview {
            preview.fit(self.areas.page);
        }
    }

    fn act(&mut self, action: Action, context: &Context<'_>) -> Option<Answer> {
        match self.composition.as_ref()?.tab {
            ComposerTab::Edit => draft::act(self, action, context),
            ComposerTab::Preview => preview::act(self, action, context),
            ComposerTab::Proof => proof::act(self, action, context),
        }
    }

    fn can(&self, action: Action, context: &Context<'_>) -> bool {
        let Some(composition) = &self.composition else { return true };
        match action {
            Action::NextFinding | Action::PreviousFinding => composition.findings.counts().worst().is_some(),
            Action::Fix => composition.findings.can_be_fixed(),
            Action::Send => context.sending.safety.read_only.is_none(),
            Action::CopyCalls | Action::PrintCalls => composition.has_command(),
            Action::SaveTemplate if composition.tab == ComposerTab::Preview => composition.has_command(),
            _ => true,
        }
    }

    fn click(&mut self, mouse: Mouse, _inner: Area, context: &Context<'_>) -> Answer {
        let Some(tab) = self.composition.as_ref().map(|composition| composition.tab) else { return Answer::done() };
        if mouse.row == self.areas.whole.y {
            let tabs = layout::tabs(self.areas.whole, ComposerTab::ALL.map(|tab| (tab, tab.label())), false);
            if let Some((tab, _)) = tabs.into_iter().find(|(_, area)| area.holds(mouse)) {
                self.select_tab(tab, context);
            }
        } else if tab == ComposerTab::Edit {
            draft::click(self, mouse);
        }
        Answer::done()
    }

    fn scroll(&mut self, rows: isize) {
        let Some(composition) = &mut self.composition else { return };
        match composition.tab {
            ComposerTab::Edit => composition.in_view(|editor| editor.scroll(rows)),
            ComposerTab::Preview => {
                if let Some(Ok(page)) = composition.preview.as_mut().map(|preview| &mut preview.page) {
                    page.scroll_by(rows);
                }
            }
            ComposerTab::Proof => self.proof.scroll_by(rows),
        }
    }
}
