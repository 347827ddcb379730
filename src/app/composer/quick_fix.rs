//! Quick fixes: the findings of a draft are asked for, gone through, and set right.

use super::Composer;
use super::findings::{Question, Repair, ToFix};
use crate::app::pane::{Answer, Context};
use crate::app::{DraftId, Effect, Sending};
use crate::event::{Sanitized, sanitized, text};
use crate::lint::{Finding, Fix};
use crate::session::Moment;

/// Sets the finding that is spoken of right, once it is known what is wrong; where that has no fix, goes to the next one
/// that has.
pub(in crate::app) fn fix(composer: &mut Composer, context: &Context<'_>) -> Answer {
    let Some(composition) = composer.composition_mut() else { return Answer::done() };
    let number = match composition.findings.to_fix(&composition.editor) {
        ToFix::This(number) => number,
        ToFix::Unknown => {
            composition.findings.wanted = true;
            return Answer::done();
        }
        ToFix::Unreadable => {
            return Answer::warn("the draft is not valid JSON yet: it is checked, and can be fixed, once it is");
        }
        ToFix::Nothing if composition.findings.counts().worst().is_none() => {
            return Answer::say("nothing is known to be wrong");
        }
        ToFix::Nothing => return Answer::say("there is no certain fix for the findings here"),
    };
    let Some(placed) = composition.findings.get(number).cloned() else { return Answer::done() };
    if !composition.findings.is_spoken_of(number, &composition.editor) {
        // Only a fix that the reader can see is made.
        let start = composition.editor.marks().get(number).map_or(placed.mark.start, |mark| mark.start);
        composition.in_view(|editor| editor.go_to_place(start));
        let name = name_of(&placed.finding);
        return Answer::say(sanitized!("{} can be fixed: press ^F again", name));
    }
    match placed.repair {
        Some(Repair::Edit { range, text }) => {
            let before = composition.editor.text_of(range.clone());
            composition.findings.fixed(number, &mut composition.editor);
            let context = &Context { completing: false, ..*context };
            let answer = composer.change(context, |editor| editor.replace(range, &text));
            Answer { said: Answer::say(told(&placed.finding, &before, &text)).said, ..answer }
        }
        Some(Repair::Placeholder(placeholder)) => {
            composition.editor.go_to_place(placed.mark.start);
            let placeholder = text::excerpt(&placeholder, 24);
            let name = name_of(&placed.finding);
            Answer::warn(sanitized!("{} makes {}: put the value in its place to fix it", placeholder, name))
        }
        None => Answer::done(),
    }
}

/// The answer to a fix.
fn told(finding: &Finding, before: &str, after: &str) -> Sanitized {
    const WIDEST: usize = 24;
    // Of a container, what stands in it and not how it is laid out.
    let one_line = |json: &str| json.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = |json: &str| text::excerpt(&one_line(json), WIDEST);
    let name = name_of(finding);
    let done = match &finding.fix {
        Some(Fix::Remove) => sanitized!("{} is taken out", name),
        _ => sanitized!("{}: {} → {}", name, shown(before), shown(after)),
    };
    sanitized!("{}; ^Z takes it back", done)
}

/// The field that a finding is about, in a few columns.
fn name_of(finding: &Finding) -> Sanitized {
    const WIDEST: usize = 28;
    match finding.place() {
        name if name.is_empty() => "the event".into(),
        name => name.fit_middle(WIDEST),
    }
}

/// The question what is wrong with the draft, when its text is one that nobody has asked about. `kept` is a draft's text
/// that is at hand.
pub(in crate::app) fn ask_for_findings(
    composer: &mut Composer,
    sending: &Sending,
    kept: Option<(&DraftId, &String)>,
    now: Moment,
) -> Option<Effect> {
    let Composer { composition, asked, sent, .. } = composer;
    let composition = composition.as_mut().filter(|held| held.findings.is_to_be_asked(&held.editor))?;
    *asked += 1;
    composition.findings.ask(*asked, &composition.editor);
    let kept = kept.filter(|(id, _)| **id == composition.id).map(|(_, text)| text.clone());
    Some(Effect::LintDraft(Box::new(Question {
        number: *asked,
        draft: kept.unwrap_or_else(|| composition.editor.text()),
        now: now.wall,
        seed: sending.seed,
        seq: *sent + 1,
        email: sending.safety.test_email(),
        environment: sending.environment.clone(),
    })))
}
