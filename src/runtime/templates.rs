use std::path::Path;

use super::folder::Folder;
use crate::app::Outcome;
use crate::event::{Sanitized, sanitized};

/// Puts a template of the user on disk, unless another one has its name.
pub(super) fn keep(folder: Option<&Path>, name: String, text: String) -> Outcome {
    let Some(folder) = folder else {
        let why = "there is no folder for templates: set XDG_CONFIG_HOME or HOME";
        return Outcome::TemplateNotKept(why.into());
    };
    match Folder::new(folder).add(&name, &text) {
        Ok(place) => Outcome::TemplateKept { name, text, place: Sanitized::of(&place.display()) },
        Err(error) => Outcome::TemplateNotKept(sanitized!("the template was not saved: {}", Sanitized::of(&error))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    fn not_kept(outcome: &Outcome) -> &str {
        match outcome {
            Outcome::TemplateNotKept(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_template_is_kept_beside_the_others_and_another_of_its_name_stays() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("clickscope/templates");
        let keep = |name: &str, text: &str| keep(Some(&folder), name.into(), text.into());
        let place = folder.join("my_checkout.json");
        let kept = Outcome::TemplateKept {
            name: "my_checkout".into(),
            text: "{}".into(),
            place: Sanitized::of(&place.display()),
        };
        assert_eq!(keep("my_checkout", "{}"), kept);
        assert_eq!(keep("my_checkout", "{}"), kept);
        let refused = keep("my_checkout", "[]");
        assert!(not_kept(&refused).contains("exists: choose another name"), "{refused:?}");
        assert_eq!(fs::read_to_string(place).unwrap(), "{}");
    }

    #[test]
    fn what_cannot_be_kept_says_what_to_do() {
        let home = tempfile::tempdir().unwrap();
        let cases = [
            (keep(Some(home.path()), "../up".into(), "{}".into()), "use letters, digits"),
            (keep(None, "fine".into(), "{}".into()), "set XDG_CONFIG_HOME"),
        ];
        for (outcome, advice) in cases {
            assert!(not_kept(&outcome).contains(advice), "{outcome:?}");
        }
    }
}
