use std::collections::HashSet;
use std::io::{self, Write};

use serde::Serialize;
use thiserror::Error;

use super::sending::{own_templates, templates_folder};
use super::{Exit, Failure, args};
use crate::event::catalogue::{Catalogue, Template};
use crate::event::text::{json_line, sanitize};
use crate::event::{Sanitized, sanitized};

/// There is no template of that name.
#[derive(Debug, Error)]
#[error(
    "there is no template \"{name}\"{} `clickscope templates` lists them",
    nearest.as_ref().map_or(";".into(), |nearest| sanitized!("; did you mean {}?", nearest))
)]
pub(super) struct NoTemplate {
    name: Sanitized,
    /// The one that may have been meant.
    nearest: Option<Sanitized>,
}

impl NoTemplate {
    pub(super) fn new(name: &str, own: &[Template]) -> Self {
        let names = all(own).map(|(template, _)| &template.name);
        let (distance, nearest) = names.map(|known| (distance(name, known), known)).min().unzip();
        let is_near = distance.is_some_and(|distance| distance <= 1 + name.chars().count() / 4);
        Self { name: sanitize(name), nearest: nearest.filter(|_| is_near).map(|nearest| sanitize(nearest)) }
    }
}

/// How many letters have to be put in, taken out or replaced to make `other` of `name` (Levenshtein).
fn distance(name: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (number, letter) in name.chars().enumerate() {
        let mut left = number + 1;
        let next = row.iter().zip(row.iter().skip(1)).zip(other.chars()).map(|((diagonal, above), wanted)| {
            left = (diagonal + usize::from(letter != wanted)).min(above + 1).min(left + 1);
            left
        });
        row = std::iter::once(number + 1).chain(next).collect();
    }
    row.last().copied().unwrap_or_default()
}

pub(super) fn run(args: &args::TemplatesArgs) -> Result<Exit, Failure> {
    let own = own_templates(templates_folder().as_deref());
    let mut stdout = io::stdout().lock();
    match &args.name {
        None => write!(stdout, "{}", list(&own, args.json))?,
        Some(name) => {
            let found = all(&own).find(|(template, _)| template.name == *name);
            let (template, is_own) = found.ok_or_else(|| NoTemplate::new(name, &own))?;
            if args.json {
                writeln!(stdout, "{}", json(template, is_own))?;
            } else {
                // It is meant for a file. On a terminal, a control character of an own one would act.
                writeln!(stdout, "{}", visible(template.text.trim_end()))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Every template, and whether it is the user's own: the standard ones in their order, each replaced by an own one of its
/// name, then the other own ones.
pub(super) fn all<'a>(own: &'a [Template]) -> impl Iterator<Item = (&'a Template, bool)> {
    let standard: Vec<&'a Template> = Catalogue::standard().templates().collect();
    let names: HashSet<&str> = standard.iter().map(|template| template.name.as_str()).collect();
    let others = own.iter().filter(move |template| !names.contains(&*template.name));
    let replaced = move |template: &'a Template| match own.iter().find(|own| own.name == template.name) {
        Some(own) => (own, true),
        None => (template, false),
    };
    standard.into_iter().map(replaced).chain(others.map(|template| (template, true)))
}

/// The template of that name.
pub(super) fn find<'a>(name: &str, own: &'a [Template]) -> Option<&'a Template> {
    all(own).map(|(template, _)| template).find(|template| template.name == name)
}

/// A line for each template.
fn list(own: &[Template], as_json: bool) -> Sanitized {
    if as_json {
        return all(own).map(|(template, own)| sanitized!("{}\n", json(template, own))).collect();
    }
    let widest = all(own).map(|(template, _)| sanitize(&template.name).width()).max().unwrap_or(0);
    let line = |Template { name, description, .. }: &Template| {
        sanitized!("{}  {}\n", sanitize(name).pad(widest), sanitize(description))
    };
    all(own).map(|(template, _)| line(template)).collect()
}

/// A template as `--json` prints it.
#[derive(Serialize)]
struct TemplateLine<'a> {
    name: &'a str,
    description: &'a str,
    /// Whether it is the user's own.
    own: bool,
    text: &'a str,
}

fn json(Template { name, description, text }: &Template, own: bool) -> Sanitized {
    // Texts can always be written.
    json_line(&serde_json::to_string(&TemplateLine { name, description, own, text }).unwrap_or_default())
}

/// A JSON text in which nothing acts on a terminal. What is replaced can only stand within strings, where the escapes
/// mean the same.
fn visible(text: &str) -> Sanitized {
    let tabbed = |line: &str| Sanitized::join(line.split('\t').map(sanitize), "\t");
    Sanitized::join(text.lines().map(tabbed), "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &str) -> Template {
        let description = "own template".to_owned();
        Template { name: name.to_owned(), description, text: format!(r#"{{"event":"{name}"}}"#) }
    }

    #[test]
    fn own_templates_stand_beside_the_standard_ones_or_in_their_place() {
        let mine = [own("view"), own("zz\u{1b}[2J")];
        let standard = Catalogue::standard().templates().count();
        assert_eq!(all(&mine).count(), standard + 1);
        assert_eq!(all(&mine).filter(|(_, own)| *own).count(), 2);
        assert_eq!(find("view", &mine), mine.first());
        assert_eq!(find("nothing", &mine), None);
        let list = list(&mine, false);
        assert!(
            list.contains(r"zz\u001b[2J ")
                && list.contains("view                    own template")
                && !list.contains('\u{1b}'),
            "{list}"
        );
    }

    #[test]
    fn a_name_that_is_nearly_that_of_a_template_brings_it_to_mind() {
        let cases = [
            ("purchas", Some("purchase")),
            ("Purchase", Some("purchase")),
            ("veiw", Some("view")),
            ("mine2", Some("mine")),
            ("zebra", None),
            ("", None),
        ];
        for (name, nearest) in cases {
            assert_eq!(NoTemplate::new(name, &[own("mine")]).nearest.as_deref(), nearest, "{name}");
        }
        for (one, other, expected) in [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("kitten", "sitting", 3)] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn a_template_is_printed_so_that_it_is_the_same_json_and_sanitized() {
        assert_eq!(visible("{\n\t\"a\": \"\u{200b}\u{7f}\"\r\n}"), "{\n\t\"a\": \"\\u200b\\u007f\"\n}");
    }
}
