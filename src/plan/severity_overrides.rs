use std::str::FromStr;

use thiserror::Error;

use super::{rule, rules};
use crate::event::text::excerpt;
use crate::event::{Document, Identifiers, Sanitized};
use crate::lint::{Finding, Rule, Severity};

/// The widest name of a rule that a message repeats, in columns.
const WIDEST: usize = 40;

/// How alike an id must be to what was written to be meant by it: 1 is the same, 0 has nothing in common.
const ALIKE: f64 = 0.7;

/// How bad a rule's findings are, where that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// They are not told.
    Allow,
    /// They are this bad.
    At(Severity),
}

impl FromStr for Level {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "allow" => Ok(Self::Allow),
            // The name that notes had before.
            "note" | "info" => Ok(Self::At(Severity::Note)),
            "warning" => Ok(Self::At(Severity::Warning)),
            "error" => Ok(Self::At(Severity::Error)),
            _ => Err("use allow, note, warning or error"),
        }
    }
}

/// A rule, for all events or for those of one type. As text it is `date-format` or `date-format@purchase`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleOf {
    /// The rule.
    pub rule: &'static Rule,
    /// The type; `None` is every type.
    pub event_type: Option<String>,
}

impl RuleOf {
    /// The rule with that id, for events of that type.
    pub fn find(id: &str, event_type: Option<&str>) -> Result<Self, UnknownRule> {
        let rule = rule(id).ok_or_else(|| UnknownRule::new(id))?;
        Ok(Self { rule, event_type: event_type.map(str::to_owned) })
    }
}

impl FromStr for RuleOf {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        match text.split_once('@') {
            None => Self::find(text, None),
            // An empty type is none: what is before the sign may be meant for all, and what is behind it was forgotten.
            Some((_, "")) => Err(UnknownRule::new(text)),
            Some((id, event_type)) => Self::find(id, Some(event_type)),
        }
    }
}

/// There is no rule of that id.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("there is no rule {name}{}; `clickscope rules` lists them", nearest.map(|id| format!(", but there is {id}")).unwrap_or_default())]
pub struct UnknownRule {
    name: Sanitized,
    nearest: Option<&'static str>,
}

impl UnknownRule {
    /// Names the rule whose id is most like `id`, if one is like it.
    pub fn new(id: &str) -> Self {
        let alike =
            rules().map(|rule| (strsim::jaro_winkler(id, rule.id), rule.id)).filter(|(alike, _)| *alike >= ALIKE);
        let nearest = alike.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, id)| id);
        Self { name: excerpt(id, WIDEST), nearest }
    }
}

/// How bad the findings of which rules are, for which events, instead of what the rules say themselves; and by which
/// fields, beside the platform's own, customers are identified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeverityOverrides {
    levels: Vec<(RuleOf, Level)>,
    identifiers: Identifiers,
}

impl SeverityOverrides {
    /// Chooses a level, which replaces one that was chosen for the very same; what it was is returned.
    pub fn set(&mut self, rule: RuleOf, level: Level) -> Option<Level> {
        if let Some((_, known)) = self.levels.iter_mut().find(|(known, _)| *known == rule) {
            return Some(std::mem::replace(known, level));
        }
        self.levels.push((rule, level));
        None
    }

    /// Names a field that identifies customers.
    pub fn identify_by(&mut self, name: &str) {
        self.identifiers.name(name);
    }

    /// The fields that identify customers.
    pub fn identifiers(&self) -> &Identifiers {
        &self.identifiers
    }

    /// These levels with `nearer` ones over them: what those say of a rule for every type wins over what is said here for
    /// one type.
    #[must_use]
    pub fn under(mut self, nearer: Self) -> Self {
        self.levels.retain(|(here, _)| {
            !nearer.levels.iter().any(|(there, _)| there.event_type.is_none() && there.rule == here.rule)
        });
        for (rule, level) in nearer.levels {
            self.set(rule, level);
        }
        self.identifiers.extend(nearer.identifiers);
        self
    }

    /// The findings in an event of that type, each as bad as it was chosen to be, without those that are allowed. What is
    /// chosen for one type goes before what is chosen for all.
    pub(super) fn apply(&self, event_type: Option<&str>, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.retain_mut(|finding| match self.chosen(finding.rule, event_type) {
            None => true,
            Some(Level::Allow) => false,
            Some(Level::At(severity)) => {
                finding.severity = severity;
                true
            }
        });
        findings
    }

    /// The same of the findings in `event`, without those that miss an identifier, where it has one of the user's own.
    pub(super) fn apply_to(&self, event: &Document, mut findings: Vec<Finding>) -> Vec<Finding> {
        if self.identifiers.name_in(event) {
            findings.retain(|finding| !NO_IDENTIFIER.contains(&finding.rule.id));
        }
        self.apply(event.event_type(), findings)
    }

    /// Whether no finding of that rule is told, whatever the event.
    pub(super) fn never_tell(&self, rule: &'static Rule) -> bool {
        let mut chosen = self.levels.iter().filter(|(of, _)| of.rule == rule).peekable();
        chosen.clone().any(|(of, _)| of.event_type.is_none()) && chosen.all(|(_, level)| *level == Level::Allow)
    }

    fn chosen(&self, rule: &'static Rule, event_type: Option<&str>) -> Option<Level> {
        let chosen = |event_type: Option<&str>| {
            let found = self.levels.iter().find(|(of, _)| of.rule == rule && of.event_type.as_deref() == event_type);
            found.map(|(_, level)| *level)
        };
        event_type.and_then(|event_type| chosen(Some(event_type))).or_else(|| chosen(None))
    }
}

/// The rules that say that nothing identifies a customer.
const NO_IDENTIFIER: [&str; 2] = ["identifier-missing", "identify-without-identifier"];

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::event::Path;
    use crate::lint::{LintContext, Stage};
    use crate::plan::{Linter, Plan};

    const fn named(id: &'static str) -> Rule {
        Rule { id, severity: Severity::Warning, title: "", why: "", documentation: "", bad: "", good: "" }
    }

    static DATE: Rule = named("date");
    static NAME: Rule = named("name");

    fn levels(chosen: &[(&'static Rule, Option<&str>, &str)]) -> SeverityOverrides {
        let mut levels = SeverityOverrides::default();
        for (rule, event_type, level) in chosen {
            levels.set(RuleOf { rule, event_type: event_type.map(str::to_owned) }, level.parse().unwrap());
        }
        levels
    }

    #[test]
    fn an_event_with_an_identifier_of_the_users_own_has_one() {
        let mut levels = SeverityOverrides::default();
        levels.identify_by("loyalty_id");
        let linter = Linter::new(levels.under(SeverityOverrides::default()), Plan::default());
        let cases = [
            (r#"{"event":"identify","loyalty_id":"7"}"#, false),
            (r#"{"event":"identify","loyalty_id":7}"#, false),
            (r#"{"event":"identify","loyalty_id":null}"#, true),
            (r#"{"event":"identify","loyalty_id":" "}"#, true),
            (r#"{"event":"identify","in":{"loyalty_id":"7"}}"#, true),
        ];
        for (event, is_told) in cases {
            let context = LintContext { stage: Stage::Outgoing, now: jiff::Timestamp::UNIX_EPOCH };
            let found = linter.judge(&Document::read(event).unwrap(), context);
            assert_eq!(found.iter().any(|it| NO_IDENTIFIER.contains(&it.rule.id)), is_told, "{event}: {found:?}");
        }
    }

    #[test]
    fn what_is_chosen_for_a_type_wins_over_what_is_for_all_and_a_nearer_place_over_both() {
        let far = [(&DATE, None, "info"), (&DATE, Some("purchase"), "error"), (&NAME, Some("purchase"), "allow")];
        let cases = [
            (levels(&[]), &DATE, "purchase", "warning"),
            (levels(&far), &DATE, "view", "note"),
            (levels(&far), &DATE, "purchase", "error"),
            (levels(&far), &NAME, "view", "warning"),
            (levels(&far), &NAME, "purchase", "allow"),
            (levels(&far).under(levels(&[(&DATE, None, "allow")])), &DATE, "purchase", "allow"),
            (levels(&far).under(levels(&[(&DATE, None, "allow")])), &NAME, "purchase", "allow"),
            (levels(&far).under(levels(&[(&DATE, Some("view"), "error")])), &DATE, "view", "error"),
            (levels(&far).under(levels(&[(&DATE, Some("view"), "error")])), &DATE, "purchase", "error"),
            (levels(&far).under(levels(&[(&DATE, Some("view"), "error")])), &DATE, "other", "note"),
        ];
        for (levels, rule, event_type, level) in cases {
            let told = levels.apply(Some(event_type), vec![rule.at(Path::root(), "", "")]);
            let told = told.first().map_or("allow", |finding| finding.severity.as_str());
            assert_eq!(told, level, "{} of {event_type}", rule.id);
        }
    }

    #[test]
    fn allowed_findings_go_and_the_others_are_as_bad_as_chosen() {
        let found = || vec![DATE.at(Path::root(), "", ""), NAME.at(Path::root(), "", "")];
        let told = |levels: SeverityOverrides, event_type| {
            let findings = levels.apply(event_type, found());
            findings.iter().map(|finding| (finding.rule.id, finding.severity)).collect::<Vec<_>>()
        };
        let some = || levels(&[(&DATE, None, "allow"), (&NAME, Some("view"), "error")]);
        assert_eq!(told(levels(&[]), None), [("date", Severity::Warning), ("name", Severity::Warning)]);
        assert_eq!(told(some(), Some("view")), [("name", Severity::Error)]);
        assert_eq!(told(some(), None), [("name", Severity::Warning)]);
    }

    #[test]
    fn an_unknown_rule_is_named_with_the_nearest_that_there_is() {
        for rule in rules() {
            let misspelt = format!("{}x", rule.id);
            let told = misspelt.parse::<RuleOf>().unwrap_err().to_string();
            assert!(told.contains(&format!("no rule {misspelt}, but there is {}", rule.id)), "{told}");
            let of_type = format!("{}@purchase", rule.id).parse::<RuleOf>().unwrap();
            assert_eq!((of_type.rule, of_type.event_type.as_deref()), (rule, Some("purchase")));
        }
        let told = "\u{1b}[2J!".parse::<RuleOf>().unwrap_err().to_string();
        assert_eq!(told, "there is no rule \\u001b[2J!; `clickscope rules` lists them");
    }
}
