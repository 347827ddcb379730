//! Where each setting comes from, for whoever wonders why it is as it is.

use super::fields::{self, Field, Kind};
use super::file::Said;
use super::keys::KeySource;
use super::resolved::{in_order, usual_interval};
use super::{
    Config, ConfigError, ConfigFile, ConfigLayer, EVENT_KEY, Lookup, PROFILE, Provenance, Setting, Target, USER_KEY,
    text,
};
use crate::app::ThemeName;
use crate::event::text::{sanitize, size, span};
use crate::event::{Sanitized, sanitized};

/// A setting with what it is and where that comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its name.
    pub name: Sanitized,
    /// Its value, and where that stands.
    pub setting: Setting<Sanitized>,
    /// What farther places say of it, which does not count.
    pub hidden: Vec<Setting<Sanitized>>,
}

/// Every setting, laid over one another as [`Config::read`] does it. What a project says and the user has not agreed to is
/// among them: who looks wants to know what it would be.
pub fn explain(
    flags: &ConfigLayer,
    chosen: Option<&str>,
    lookup: Lookup<'_>,
    file: &ConfigFile,
) -> Result<Vec<Explained>, ConfigError> {
    let environment = ConfigLayer::environment(lookup)?;
    let profile = file.choose(chosen, lookup)?;
    let by_flag = profile.as_ref().is_some_and(|profile| matches!(profile.place, Provenance::Flag(_)));
    let name = profile.as_ref().map(|profile| &*profile.value.name);
    let chosen_profile = profile.as_ref().map(|profile| (profile.value, &profile.place));
    let resolved = Config::resolve(in_order(flags.clone(), environment.clone(), chosen_profile), file);
    let explaining = Explaining { file, profile: name, lookup };
    let layered = |of_flag, of_variable, of_files: Vec<_>, default| {
        let (of_flag, of_variable): (Option<_>, Option<_>) = (of_flag, of_variable);
        let near = of_flag.into_iter();
        if by_flag {
            near.chain(of_files).chain(of_variable).chain([default]).collect::<Vec<_>>()
        } else {
            near.chain(of_variable).chain(of_files).chain([default]).collect()
        }
    };
    let default = |value: Sanitized| Setting { value, place: Provenance::Default };
    let target = |setting: &Setting<Target>| {
        said(setting, |target| match target {
            Target::Region(region) => region.as_str().into(),
            Target::Url(url) => sanitize(url.as_str()),
        })
    };
    let mut all = vec![
        explained("profile", explaining.profiles(chosen)?),
        explained(
            "target",
            layered(
                flags.target.as_ref().map(target),
                environment.target.as_ref().map(target),
                explaining.of_profile(&["region", "url"]),
                default("us".into()),
            ),
        ),
    ];
    for field in fields::PROFILE.iter().filter(|field| !matches!(field.name, "region" | "url")) {
        let of_files = explaining.of_profile(&[field.name]);
        let candidates = match field.name {
            "interval" => layered(
                flags.interval.as_ref().map(|setting| said(setting, |interval| span(*interval))),
                environment.interval.as_ref().map(|setting| said(setting, |interval| span(*interval))),
                of_files,
                default(span(usual_interval(&resolved.target.value))),
            ),
            "history" => layered(
                flags.history.as_ref().map(|setting| said(setting, |bytes| size(*bytes as u64))),
                environment.history.as_ref().map(|setting| said(setting, |bytes| size(*bytes as u64))),
                of_files,
                default("64 MiB".into()),
            ),
            "plan" => layered(
                flags.plan.as_ref().map(|setting| said(setting, |folder| sanitize(&folder.display().to_string()))),
                None,
                of_files,
                default("none".into()),
            ),
            "environment" => {
                let is_production = resolved.target.value.base_url().is_platform();
                of_files
                    .into_iter()
                    .chain([default(if is_production { "production" } else { "none" }.into())])
                    .collect()
            }
            name if name.ends_with("_command") || name.ends_with("_file") => continue,
            name if name.ends_with("_key") => explaining.key(name),
            _ => of_files.into_iter().chain([default(unsaid(field))]).collect(),
        };
        all.push(explained(field.name, candidates));
    }
    for field in fields::TOP
        .iter()
        .filter(|field| !matches!(field.kind, Kind::Profiles | Kind::Levels | Kind::Keys | Kind::Mouse))
    {
        if field.name == "theme" {
            let shown = |setting: &Setting<ThemeName>| said(setting, |theme| theme.as_str().into());
            let of_variable = environment.theme.as_ref().map(shown);
            let near = flags.theme.as_ref().map(shown).into_iter().chain(of_variable);
            let default = default("what suits the terminal".into());
            all.push(explained(field.name, near.chain(explaining.said(field.name)).chain([default]).collect()));
        } else if field.name != "profile" {
            let is_flag = field.name == "show_keys" && flags.show_keys;
            let flag = is_flag.then(|| Setting { value: "true".into(), place: Provenance::Flag("--show-keys") });
            let of_files = explaining.said(field.name);
            all.push(explained(field.name, flag.into_iter().chain(of_files).chain([default(unsaid(field))]).collect()));
        }
    }
    let rules = file.said().iter().flat_map(|said| &said.values).map(|(name, _)| &**name);
    let mut rules: Vec<&str> =
        rules.filter(|name| ["lint.", "keys.", "mouse."].iter().any(|start| name.starts_with(start))).collect();
    rules.sort_unstable();
    rules.dedup();
    all.extend(rules.into_iter().map(|rule| explained(rule, explaining.said(rule))));
    Ok(all)
}

fn unsaid(field: &Field) -> Sanitized {
    match field.kind {
        Kind::Flag => "false".into(),
        _ if field.name == "verification_hash" => "sha256".into(),
        _ if field.name == "columns" => "the usual ones".into(),
        _ => "none".into(),
    }
}

fn said<T>(setting: &Setting<T>, shown: impl Fn(&T) -> Sanitized) -> Setting<Sanitized> {
    Setting { value: shown(&setting.value), place: setting.place.clone() }
}

/// The nearest of the candidates, which are never none.
fn explained(name: &str, candidates: Vec<Setting<Sanitized>>) -> Explained {
    let mut candidates = candidates.into_iter();
    let nothing = || Setting { value: "none".into(), place: Provenance::Default };
    let setting = candidates.next().unwrap_or_else(nothing);
    let hidden = candidates.filter(|hidden| hidden.place != Provenance::Default).collect();
    Explained { name: sanitize(name), setting, hidden }
}

/// Whose settings are explained.
struct Explaining<'a> {
    file: &'a ConfigFile,
    profile: Option<&'a str>,
    lookup: Lookup<'a>,
}

impl Explaining<'_> {
    /// What the files say of a field, the nearest first.
    fn said(&self, path: &str) -> Vec<Setting<Sanitized>> {
        let of = |said: &Said| {
            said.values.iter().filter(|(name, _)| name == path).map(|(_, said)| said.clone()).collect::<Vec<_>>()
        };
        self.file.said().iter().flat_map(of).collect()
    }

    /// What they say of these fields of the profile in use, of which a file has one at most.
    fn of_profile(&self, fields: &[&str]) -> Vec<Setting<Sanitized>> {
        let Some(profile) = self.profile else { return Vec::new() };
        let is_one = |name: &str| {
            let field = name.strip_prefix("profiles.").and_then(|name| name.strip_prefix(profile)?.strip_prefix('.'));
            field.is_some_and(|field| fields.contains(&field))
        };
        let of = |said: &Said| {
            said.values.iter().filter(|(name, _)| is_one(name)).map(|(_, said)| said.clone()).collect::<Vec<_>>()
        };
        self.file.said().iter().flat_map(of).collect()
    }

    fn profiles(&self, flag: Option<&str>) -> Result<Vec<Setting<Sanitized>>, ConfigError> {
        let flag = flag.map(|name| Setting { value: sanitize(name), place: Provenance::Flag("--profile") });
        let variable = text(self.lookup, PROFILE)?;
        let variable =
            variable.map(|name| Setting { value: sanitize(&name), place: Provenance::Environment(PROFILE.into()) });
        let none = Setting { value: "none".into(), place: Provenance::Default };
        Ok(flag.into_iter().chain(variable).chain(self.said("profile")).chain([none]).collect())
    }

    /// Where a key is; of a variable also whether it is set.
    fn key(&self, field: &str) -> Vec<Setting<Sanitized>> {
        let profile = self.profile.and_then(|name| self.file.profile(name));
        let source = match (field, profile.map(super::Profile::key_sources).unwrap_or_default()) {
            ("event_key", sources) => Some(sources.event),
            ("user_key", sources) => sources.user,
            ("verification_key", _) => profile.and_then(|profile| profile.verification_key().cloned()),
            _ => profile.and_then(|profile| profile.redact_key().cloned()),
        };
        let Some(source) = source else {
            return vec![Setting { value: "none".into(), place: Provenance::Default }];
        };
        let value = match &source.value {
            KeySource::Variable(name) => {
                let is_set = (self.lookup)(name).is_some_and(|value| !value.is_empty());
                sanitized!("the variable {} ({})", sanitize(name), if is_set { "set" } else { "not set" })
            }
            KeySource::Command(_) => "a command".into(),
            KeySource::File(path) if path.is_file() => sanitized!("the file {}", sanitize(&path.display().to_string())),
            KeySource::File(_) => "a file that is not there".into(),
        };
        let is_own = source.value.variable().is_some_and(|name| name == EVENT_KEY || name == USER_KEY);
        let place = if is_own && matches!(source.place, Provenance::Environment(_)) {
            Provenance::Default
        } else {
            source.place
        };
        let all = [field.to_owned(), format!("{field}_command"), format!("{field}_file")];
        let names: Vec<&str> = all.iter().map(String::as_str).collect();
        let farther = self.of_profile(&names).into_iter().filter(|said| said.place != place).collect::<Vec<_>>();
        std::iter::once(Setting { value, place }).chain(farther).collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::ffi::OsString;
    use std::fs;

    use super::*;
    use crate::config::{FILE_NAME, PROJECT_FILE};

    const OWN: &str = "profile = \"live\"\n[profiles.live]\nregion = \"eu\"\ninterval = \"5s\"\nevent_key_command = \"echo s3cr3t\"\n\
                       [profiles.staging]\nurl = \"http://127.0.0.1:1\"\nhistory = \"1MiB\"\n";
    const PROJECT: &str = "profile = \"staging\"\nmuted = [\"a\", \"b\"]\n[profiles.staging]\ninterval = \"7s\"\nplan = \"plan\"\n\
                           [lint.view]\ndate-format = \"note\"\n";

    fn lines(flags: &ConfigLayer, chosen: Option<&str>, variables: &[(&str, &str)]) -> (Vec<String>, Config) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE_NAME), OWN).unwrap();
        let project = folder.path().join(PROJECT_FILE);
        fs::write(&project, PROJECT).unwrap();
        let file = ConfigFile::read(folder.path()).unwrap().with_project(&project, None).unwrap();
        let lookup =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        let place = |place: &Provenance| place.to_string().rsplit('/').next().unwrap().to_owned();
        let told = explain(flags, chosen, &lookup, &file).unwrap();
        let told = told.iter().map(|Explained { name, setting, hidden }| {
            let hidden: Vec<String> =
                hidden.iter().map(|hidden| format!("; {} {}", hidden.value, place(&hidden.place))).collect();
            let hidden = hidden.concat();
            format!("{name} = {} {}{hidden}", setting.value, place(&setting.place))
        });
        (told.collect(), Config::read(flags.clone(), chosen, &lookup, &file).unwrap())
    }

    #[test]
    fn each_value_is_told_with_its_place_and_what_it_hides() {
        let flags = ConfigLayer::default().with_history(Some(2 << 20));
        let cases = [
            (
                ConfigLayer::default(),
                None,
                &[][..],
                &[
                    "profile = staging .clickscope.toml:1; live config.toml:1",
                    "target = http://127.0.0.1:1 config.toml:7",
                    "interval = 7s .clickscope.toml:4",
                    "history = 1MiB config.toml:8",
                    "plan = plan .clickscope.toml:5",
                    "event_key = the variable CLICKSCOPE_EVENT_KEY (not set) the default",
                    "muted = a, b .clickscope.toml:2",
                    "read_only = false the default",
                    "environment = none the default",
                    "lint.view.date-format = note .clickscope.toml:7",
                ][..],
            ),
            (
                flags,
                None,
                &[("CLICKSCOPE_INTERVAL", "3s"), ("CLICKSCOPE_EVENT_KEY", "s3cr3t")],
                &[
                    "interval = 3 s CLICKSCOPE_INTERVAL; 7s .clickscope.toml:4",
                    "history = 2 MiB --history; 1MiB config.toml:8",
                    "event_key = the variable CLICKSCOPE_EVENT_KEY (set) the default",
                ],
            ),
            (
                ConfigLayer::default(),
                Some("live"),
                &[("CLICKSCOPE_INTERVAL", "3s"), ("CLICKSCOPE_PROFILE", "staging")],
                &[
                    "profile = live --profile; staging CLICKSCOPE_PROFILE; staging .clickscope.toml:1; live config.toml:1",
                    "interval = 5s config.toml:4; 3 s CLICKSCOPE_INTERVAL",
                    "target = eu config.toml:3",
                    "environment = production the default",
                    "event_key = a command config.toml:5",
                ],
            ),
        ];
        for (flags, chosen, variables, expected) in cases {
            let (told, config) = lines(&flags, chosen, variables);
            for line in expected {
                assert!(told.iter().any(|told| told == line), "{line} in {told:#?}");
            }
            assert!(!told.concat().contains("s3cr3t"), "{told:#?}");
            let place = |name: &str| {
                let line = told.iter().find(|line| line.starts_with(&format!("{name} = "))).unwrap();
                line.split(';').next().unwrap().rsplit(' ').next().unwrap().to_owned()
            };
            let end = |place: &Provenance| place.to_string().rsplit(['/', ' ']).next().unwrap().to_owned();
            assert_eq!(place("target"), end(&config.target.place), "it tells what is done");
            assert_eq!(place("interval"), end(&config.interval.place));
        }
    }
}
