//! The life of a composition: how it begins, is sent, is kept, and what becomes of its effects.

use std::borrow::Cow;

use jiff::Timestamp;
use tui_input::Input;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::choice::{Beginning, Choice};
use super::completion::{self, Completion};
use super::confirm::Confirm;
use super::editor::{Editor, Place};
use super::preview::Preview;
use super::{Composer, ComposerTab, Composition, Ready, Refusal, quick_fix, verdict};
use crate::app::pane::{Answer, Context, Open, PromptKind, Request};
use crate::app::{DraftId, Effect, Outcome, SavedDraft};
use crate::blueshift::curl::{self, CurlError};
use crate::blueshift::recipients::about;
use crate::blueshift::safety::Forbidden;
use crate::blueshift::{Batch, KeyMask};
use crate::event::catalogue::{Catalogue, Template};
use crate::event::{Sanitized, sanitized, syntax, text};
use crate::session::resend::{self, Resend};
use crate::session::{Moment, as_draft};

/// What is said when a key was in what somebody typed or pasted.
pub(in crate::app) const TAKEN_OUT: &str = "a key was in it and was taken out: [key] stands in its place";

/// What is said of a draft that another instance has.
const ELSEWHERE: &str = "this draft is open in another clickscope: what you see here is kept as a draft of its own";

/// What a curl command is said to have had, when it had a key.
const KEY: &str = "the key";

/// The longest name of a template.
const LONGEST_NAME: usize = 64;

impl Composer {
    /// Begins with what the reader has chosen.
    pub(in crate::app) fn begin_with(&mut self, choice: Choice, context: &Context<'_>) -> Answer {
        match choice.beginning {
            Beginning::Open => self.open(),
            Beginning::Draft(id) => {
                let Some(at) = self.drafts.iter().position(|draft| draft.id == id) else { return Answer::done() };
                let SavedDraft { id, text, changed } = self.drafts.remove(at);
                let mut composition = Composition::new(id.clone(), choice.name, &text, changed);
                composition.touched = true;
                let answer = self.hold(composition);
                Answer { effects: vec![Effect::OpenDraft { draft: id, text }], ..answer }
            }
            Beginning::Received => self.resend(context),
            Beginning::Own(Template { name, text, .. }) | Beginning::Standard(Template { name, text, .. }) => {
                self.begin(&name, &text, context)
            }
            Beginning::Empty => self.begin("", "", context),
        }
    }

    /// Begins with the event on show.
    pub(in crate::app) fn resend(&mut self, context: &Context<'_>) -> Answer {
        let Some(shown) = context.shown else {
            return Answer::warn("no event is selected: choose one that can be sent again");
        };
        let name = shown.event.event_type.as_str().to_owned();
        // Of an event that was proved it is known.
        let seen = context.outbox.probes().seen_as(&shown.event.payload);
        let resend = match &shown.document {
            Ok(document) => resend::draft(document, &name, |key| seen.map(|seen| seen.is_added(key))),
            Err(_) => Resend { draft: shown.event.payload.text().to_owned(), ..Resend::default() },
        };
        let answer = self.begin(&name, &resend.draft, context);
        if let Some(composition) = &mut self.composition {
            composition.has_masks = context.is_masked;
            composition.taken_out = resend.taken_out;
            composition.perhaps = resend.perhaps;
        }
        answer
    }

    /// Begins a composition with a draft of that name.
    pub(in crate::app) fn begin(&mut self, name: &str, draft: &str, context: &Context<'_>) -> Answer {
        let now = context.now.wall;
        let title = if name.is_empty() { "new draft".into() } else { text::sanitize_within(name, 256).0 };
        self.begun += 1;
        let id = id_of(name, context.sending.seed, self.begun, now);
        self.hold(Composition::new(id, title, draft, now))
    }

    /// Takes up a composition; the one before is left among the drafts, if it is worth it.
    fn hold(&mut self, composition: Composition) -> Answer {
        if let Some(before) = self.composition.replace(composition)
            && before.touched
        {
            let draft = SavedDraft { text: before.editor.text(), id: before.id, changed: before.changed };
            self.drafts.insert(0, draft);
        }
        self.open()
    }

    fn open(&mut self) -> Answer {
        if let Some(composition) = &mut self.composition {
            composition.tab = ComposerTab::Edit;
        }
        Answer::request(Request::Open(Open::Composer))
    }

    pub(in crate::app) fn select_tab(&mut self, tab: ComposerTab, context: &Context<'_>) -> Answer {
        let seq = self.next();
        if let Some(composition) = &mut self.composition {
            composition.preview = (tab == ComposerTab::Preview)
                .then(|| Preview::new(&composition.editor.text(), context.sending, seq, context.now));
            composition.tab = tab;
            composition.findings.wanted = false;
        }
        self.proof_mut().turn_to(context.outbox.count(), context.outbox);
        Answer::done()
    }

    /// Does something to the text, and keeps what came of it. Proposals for the cursor follow it.
    pub(in crate::app) fn change(&mut self, context: &Context<'_>, work: impl FnOnce(&mut Editor)) -> Answer {
        let Some(composition) = &mut self.composition else { return Answer::done() };
        let revision = composition.editor.revision();
        composition.findings.wanted = false;
        work(&mut composition.editor);
        if composition.editor.revision() == revision {
            return Answer::done();
        }
        let had_key = take_key_out(&mut composition.editor, &context.sending.keys);
        composition.touch(context.now.wall);
        let mut answer =
            Answer::effect(Effect::KeepDraft { draft: composition.id.clone(), text: composition.editor.text() });
        if context.completing {
            let proposed =
                Completion::at_cursor(&composition.editor, Catalogue::standard(), &context.sending.environment);
            answer.requests.extend(proposed.map(|proposed| Request::Open(Open::Completion(proposed))));
        }
        if had_key { answer.warned(TAKEN_OUT) } else { answer }
    }

    /// Types a character into the draft.
    pub(in crate::app) fn type_char(&mut self, c: char, context: &Context<'_>) -> Answer {
        match &self.composition {
            Some(composition) if composition.tab == ComposerTab::Edit => {
                self.change(context, |editor| editor.type_char(c))
            }
            _ => Answer::done(),
        }
    }

    /// Puts the chosen completion into the draft.
    pub(in crate::app) fn take(&mut self, completion: Completion, context: &Context<'_>) -> Answer {
        self.change(context, |editor| completion.take(editor))
    }

    /// Sends the draft, unless something is wrong with it or somebody has to be asked.
    pub(in crate::app) fn send(&mut self, context: &Context<'_>) -> Answer {
        if let Some(place) = &context.sending.safety.read_only {
            return Answer::warn(Sanitized::of(&Forbidden::ReadOnly(place.clone())));
        }
        let seq = self.next();
        let errors = self.errors();
        let Some(composition) = &mut self.composition else { return Answer::done() };
        composition.findings.wanted = false;
        if std::mem::take(&mut composition.has_masks) {
            return Answer::warn("nothing was sent: masks stand for whom it is about; again sends them as they are");
        }
        let draft = composition.editor.text();
        // What was seen is what is sent, the time in it included.
        let on_show = composition.preview.as_ref().filter(|_| composition.tab == ComposerTab::Preview);
        let previewed = on_show.map(|preview| preview.at);
        let time = previewed.unwrap_or(context.now.wall);
        let batch = match verdict::batch(&draft, context.sending, seq, time) {
            Err(refusal) => return self.refuse(&refusal),
            Ok(batch) => batch,
        };
        let triggers = verdict::triggers(&batch);
        if !context.sending.safety.production || self.confirmed && triggers.is_empty() {
            return self.deliver(batch);
        }
        let ready = Ready::of(&batch, context.sending);
        let word = (!self.confirmed).then(Input::default);
        let about = about(&batch);
        let confirm = Confirm { word, ready, about, triggers, errors, draft, previewed };
        Answer::request(Request::Open(Open::Confirm(Box::new(confirm))))
    }

    /// Sends a draft that the reader has said yes to; `previewed` is the time in its calls, if they were on show.
    pub(in crate::app) fn confirmed(
        &mut self,
        draft: &str,
        previewed: Option<Timestamp>,
        context: &Context<'_>,
    ) -> Answer {
        // Made anew, for the question may have stood for long: `{{now}}` is when it is sent, unless it was seen.
        let batch = verdict::batch(draft, context.sending, self.next(), previewed.unwrap_or(context.now.wall));
        self.confirmed = true;
        match batch {
            Ok(batch) => self.deliver(batch),
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// Sends nothing, and goes to where the draft is wrong. The status line under it says why.
    fn refuse(&mut self, refusal: &Refusal) -> Answer {
        if let Some(composition) = &mut self.composition {
            if let Some((line, column)) = refusal.place {
                composition.editor.go_to(line.saturating_sub(1), column.saturating_sub(1));
            }
            composition.tab = ComposerTab::Edit;
        }
        Answer::warn("nothing was sent")
    }

    fn deliver(&mut self, batch: Batch) -> Answer {
        self.sent += 1;
        if let Some(composition) = &mut self.composition {
            composition.tab = ComposerTab::Proof;
            composition.preview = None;
            composition.verdict = None;
            self.sent_last = Some(composition.id.clone());
        }
        Answer::request(Request::Deliver(Box::new(batch)))
    }

    /// Asks for the name of a template that the draft is kept as.
    pub(in crate::app) fn ask_for_name(&self) -> Answer {
        let Some(composition) = &self.composition else { return Answer::done() };
        let name = completion::event_type(composition.editor.lines()).unwrap_or_default().to_lowercase();
        let name: String = name.chars().filter(|c| is_in_names(*c)).take(LONGEST_NAME).collect();
        let name = Input::new(free_name(&name, &self.templates));
        Answer::request(Request::Open(Open::Prompt(PromptKind::TemplateName, name)))
    }

    /// Keeps the draft as the template of that name.
    pub(in crate::app) fn keep_template(&self, name: String) -> Answer {
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_in_names) {
            return Answer::warn(sanitized!(
                "a template's name is at most {} of a-z, 0-9, _ and -: my_purchase",
                LONGEST_NAME
            ));
        }
        let Some(composition) = &self.composition else { return Answer::done() };
        let text = composition.editor.text();
        if self.templates.iter().any(|own| own.name == name && own.text != text) {
            return Answer::warn("there is a template of that name: choose another");
        }
        Answer { effects: vec![Effect::KeepTemplate { name, text }], ..Answer::request(Request::Close) }
    }

    /// Takes pasted text in: a curl command as the body that it would send, several events and records of ours as the
    /// draft that sends them, anything else as it is. No key gets in.
    pub(in crate::app) fn paste(&mut self, pasted: &str, context: &Context<'_>) -> Answer {
        let Some(tab) = self.composition.as_ref().map(|composition| composition.tab) else { return Answer::done() };
        let keys = &context.sending.keys;
        let mut taken = match curl::read(pasted) {
            Ok(taken) => taken,
            Err(CurlError::NotCurl) if tab == ComposerTab::Edit => {
                let cleaned = keys.take_out(pasted);
                let text = cleaned.as_deref().unwrap_or(pasted);
                let is_blank = |composition: &Composition| composition.editor.text().trim().is_empty();
                // Into a text that is there, a pasted one goes as it is.
                let draft = self.composition.as_ref().filter(|held| is_blank(held)).and_then(|_| as_draft(text));
                let answer = match draft {
                    Some(draft) => self.change(context, |editor| editor.set_text(&draft)),
                    None => self.change(context, |editor| editor.insert(text)),
                };
                return if cleaned.is_some() { answer.warned(TAKEN_OUT) } else { answer };
            }
            Err(CurlError::NotCurl) => return Answer::done(),
            Err(error @ CurlError::Unusable(_)) => return Answer::warn(Sanitized::of(&error)),
        };
        // A key may stand in a variable that is set before the command, or in the event itself.
        if keys.take_out(pasted).is_some() && !taken.left_out.iter().any(|what| *what == *KEY) {
            taken.left_out.insert(0, KEY.into());
        }
        let draft = keys.take_out(&taken.draft).unwrap_or(taken.draft);
        self.select_tab(ComposerTab::Edit, context);
        let draft = syntax::format(&draft).unwrap_or(draft);
        let answer = self.change(context, |editor| editor.set_text(draft.trim_end()));
        let commands = match taken.calls {
            1 => "the curl command".into(),
            calls => sanitized!("{} curl commands", calls),
        };
        let left_out = match taken.left_out.as_slice() {
            [] => "".into(),
            left_out => sanitized!("; left out: {}", Sanitized::join(left_out, ", ")),
        };
        let said = Answer::say(sanitized!("taken over from {}{}", commands, left_out)).said;
        Answer { said, ..answer }
    }

    /// Takes in what became of an effect; `None` when it is not the composer's matter.
    pub(in crate::app) fn done(&mut self, outcome: &Outcome, context: &Context<'_>) -> Option<Answer> {
        match outcome {
            Outcome::DraftNotKept(why) => {
                let is_news = self.not_kept.as_ref() != Some(why);
                self.not_kept = Some(why.clone());
                if is_news {
                    return Some(Answer::warn(why));
                }
            }
            Outcome::DraftKeptAgain => self.not_kept = None,
            Outcome::DraftElsewhere { draft, own } => {
                let held = self.composition.as_mut().map(|composition| &mut composition.id);
                let left = self.drafts.iter_mut().map(|left| &mut left.id);
                for id in left.chain(held).chain(&mut self.sent_last).filter(|id| *id == draft) {
                    id.clone_from(own);
                }
                return Some(Answer::warn(ELSEWHERE));
            }
            Outcome::TemplateKept { name, text, place } => {
                self.templates.retain(|template| template.name != *name);
                let description = format!("saved in {place}");
                self.templates.insert(0, Template { name: name.clone(), description, text: text.clone() });
                let instead = if is_standard(name) { ", which takes the standard one's place," } else { "" };
                return Some(Answer::say(sanitized!(
                    "saved as the template {}{} in {}",
                    text::sanitize(name),
                    instead,
                    place
                )));
            }
            Outcome::Edited { draft, text } => {
                let cleaned = context.sending.keys.take_out(text);
                let answer = self.edited(draft, cleaned.as_deref().unwrap_or(text), context.now);
                let Some(text) = cleaned else { return Some(answer) };
                // The file still holds what the editor left, also where the draft is as it was.
                let effects = vec![Effect::KeepDraft { draft: draft.clone(), text }];
                return Some(Answer { effects, ..answer }.warned(TAKEN_OUT));
            }
            Outcome::DraftLinted { number, answer } => {
                let Some(composition) = &mut self.composition else { return Some(Answer::done()) };
                composition.findings.learn(*number, answer.as_deref(), &mut composition.editor);
                if std::mem::take(&mut composition.findings.wanted) {
                    // Should this not be the answer that was waited for, it is wanted again.
                    return Some(quick_fix::fix(self, context));
                }
            }
            _ => return None,
        }
        Some(Answer::done())
    }

    /// Takes in what the user's own editor made of a draft.
    fn edited(&mut self, draft: &DraftId, text: &str, now: Moment) -> Answer {
        let kept = |text: String| Answer::effect(Effect::KeepDraft { draft: draft.clone(), text });
        let Some(composition) = self.composition.as_mut().filter(|held| held.id == *draft) else {
            if let Some(left) = self.drafts.iter_mut().find(|left| left.id == *draft) {
                text.clone_into(&mut left.text);
                left.changed = now.wall;
            }
            return kept(text.to_owned());
        };
        let revision = composition.editor.revision();
        composition.editor.set_text(text.strip_suffix('\n').unwrap_or(text));
        if composition.editor.revision() == revision {
            return Answer::done();
        }
        composition.touch(now.wall);
        if composition.tab == ComposerTab::Preview {
            composition.tab = ComposerTab::Edit;
        }
        kept(composition.editor.text())
    }
}

/// Takes the keys out of the line that was just typed in; whether there was one. A key has no line's end in it.
fn take_key_out(editor: &mut Editor, keys: &KeyMask) -> bool {
    let line = editor.cursor().line;
    let Some(text) = editor.lines().get(line) else { return false };
    let Cow::Owned(masked) = keys.mask(text) else { return false };
    let all = Place { line, byte: 0 }..Place { line, byte: text.len() };
    editor.replace(all, &masked);
    true
}

/// A name by which drafts sort by time, safe for any file system.
pub(super) fn id_of(name: &str, seed: u128, begun: u64, now: Timestamp) -> DraftId {
    const LONGEST: usize = 40;
    let safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = name.chars().filter(safe).take(LONGEST).map(|c| c.to_ascii_lowercase()).collect();
    let name = if name.is_empty() { "draft" } else { &name };
    let mark = xxh3_64_with_seed(&seed.to_be_bytes(), begun) & 0xffff;
    DraftId(format!("{}-{name}-{mark:04x}", now.strftime("%Y%m%dT%H%M%SZ")))
}

/// The name itself, or the first of `name-2`, `name-3`, … that no template has.
fn free_name(name: &str, own: &[Template]) -> String {
    let is_free = |name: &str| !is_standard(name) && own.iter().all(|template| template.name != name);
    if name.is_empty() || is_free(name) {
        return name.to_owned();
    }
    let mut numbered = (2_u64..).map(|number| {
        let number = format!("-{number}");
        // All of a name's characters are single bytes.
        let room = name.len().min(LONGEST_NAME - number.len());
        format!("{}{number}", name.get(..room).unwrap_or_default())
    });
    numbered.find(|name| is_free(name)).unwrap_or_default()
}

fn is_standard(name: &str) -> bool {
    Catalogue::standard().template(name).is_some()
}

/// Whether a character may stand in the name of a template, which is a file's name too.
fn is_in_names(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '_' | '-')
}
