use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::profile::Profile;
use super::project::{self, Agreements};
use super::section::{ConfigText, Owner, Section, line_after, shown};
use super::{
    ConfigError, EVENT_KEY, Lookup, Provenance, Setting, USER_KEY, VERIFICATION_KEY, bindings, fields, lint, text,
};
use crate::app::{Bindings, Column, Columns, Preferences, TableSettings, ThemeName};
use crate::event::text::sanitize;
use crate::event::{Sanitized, TypeName, Volatile};
use crate::plan::SeverityOverrides;

/// The name of the file in the config folder.
pub const FILE_NAME: &str = "config.toml";
/// The variable that chooses the profile.
pub const PROFILE: &str = "CLICKSCOPE_PROFILE";

/// The most that a config file or a template may have, in bytes: what is longer was put there by mistake.
pub const LONGEST_FILE: u64 = 1 << 20;

/// What a file says, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The file.
    pub path: PathBuf,
    /// Whether the user has agreed to it; `None` for the user's own.
    pub agreed: Option<bool>,
    /// Each value with the name of its field, `profiles.staging.region`, and its place.
    pub values: Vec<(String, Setting<Sanitized>)>,
}

/// The config file of the user, with that of the project over it. Without any it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFile {
    path: PathBuf,
    /// The profile that is used when nobody chooses one.
    profile: Option<Setting<String>>,
    profiles: Vec<Profile>,
    table: TableSettings,
    volatile: Volatile,
    levels: SeverityOverrides,
    theme: Option<Setting<ThemeName>>,
    bindings: Option<Bindings>,
    /// Whether the mouse is heard.
    mouse: Option<bool>,
    /// Whether the keys that are pressed are shown.
    show_keys: Option<bool>,
    /// What each file says, the nearest first.
    said: Vec<Said>,
}

impl ConfigFile {
    /// Reads the user's file and that of the project in whose folder the program was started.
    pub fn read_all() -> Result<Self, ConfigError> {
        let user = super::config_folder().map(|folder| Self::read(&folder)).transpose()?.unwrap_or_default();
        match project_path() {
            Some(path) => user.with_project(&path, agreements().as_ref()),
            None => Ok(user),
        }
    }

    /// Reads `config.toml` in `folder`. That there is none is no error.
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join(FILE_NAME);
        match read_config(&path)? {
            Some(text) => Self { path: path.clone(), ..Self::default() }.over(&path, &text, Owner::User),
            None => Ok(Self { path, ..Self::default() }),
        }
    }

    /// The same, with the file of a project over it.
    pub(super) fn with_project(self, path: &Path, agreements: Option<&Agreements>) -> Result<Self, ConfigError> {
        let Some(text) = read_config(path)? else { return Ok(self) };
        let agreed = agreements.is_some_and(|agreements| agreements.hold(path, &text));
        self.over(path, &text, Owner::Project { agreed })
    }

    /// A nearer file over this one.
    fn over(self, path: &Path, text: &str, owner: Owner) -> Result<Self, ConfigError> {
        // Editors of other systems begin a file with this mark, which is no TOML.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = ConfigText::new(path, text, owner);
        let root = DeTable::parse(text).map_err(|error| ConfigError::Unusable {
            place: source.place(&error.span().unwrap_or_default()),
            reason: format!("not TOML: {}", sanitize(error.message())),
        })?;
        let section = Section::new(
            &source,
            String::new(),
            root.get_ref(),
            &fields::TOP,
            (&fields::PROFILE, "in a profile, below [profiles.NAME]"),
        )?;
        let mut profiles = self.profiles;
        for (name, table) in section.tables("profiles")? {
            let profile = Profile::read(&source, name, table)?;
            match profiles.iter_mut().find(|known| known.name == profile.name) {
                Some(known) => *known = profile.over(known),
                None => profiles.push(profile),
            }
        }
        profiles.sort_by(|one, other| one.name.cmp(&other.name));
        let profile = section.parsed("profile", |name| Ok(name.to_owned()))?;
        let name = |name: &str| match name {
            "" => Err("name an event type, as in \"purchase\"".to_owned()),
            name => Ok(TypeName::from(name)),
        };
        let columns = section.list("columns", str::parse::<Column>)?;
        let table = TableSettings {
            columns: columns.filter(|columns| !columns.is_empty()).map_or(self.table.columns, Columns::new),
            pinned: section.list("pinned", name)?.unwrap_or(self.table.pinned),
            muted: section.list("muted", name)?.unwrap_or(self.table.muted),
        };
        let volatile = section.list("volatile", Volatile::read_name)?.map_or(self.volatile, Volatile::named);
        let levels = section.table("lint")?.map(|table| lint::levels(&source, table)).transpose()?;
        let levels = self.levels.under(levels.unwrap_or_default());
        let bindings = section.table("keys")?.map(|table| bindings::bindings(&source, table)).transpose()?;
        let mouse = section.table("mouse")?.map(|table| mouse(&source, table)).transpose()?.flatten();
        let theme = section.parsed("theme", str::parse)?.or(self.theme);
        let show_keys = section.flag("show_keys")?.map(|flag| flag.value);
        let agreed = match owner {
            Owner::User => None,
            Owner::Project { agreed } => Some(agreed),
        };
        let said = Said { path: path.to_owned(), agreed, values: section.said() };
        let said = std::iter::once(said).chain(self.said).collect();
        let chosen_here = profile.is_some();
        let file = Self {
            path: self.path,
            profile: profile.or(self.profile),
            profiles,
            table,
            volatile,
            levels,
            theme,
            bindings: bindings.or(self.bindings),
            mouse: mouse.or(self.mouse),
            show_keys: show_keys.or(self.show_keys),
            said,
        };
        if let Some(Setting { value, place }) = file.profile.as_ref().filter(|_| chosen_here) {
            file.find(value, place)?;
        }
        Ok(file)
    }

    /// What each file says, the nearest first.
    pub fn said(&self) -> &[Said] {
        &self.said
    }

    /// The profile of that name.
    pub(super) fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// The names of the profiles.
    pub fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().map(|profile| &*profile.name)
    }

    /// The profile to use, and who chose it: `--profile`, else the environment, else the file itself.
    pub fn choose(&self, flag: Option<&str>, lookup: Lookup<'_>) -> Result<Option<Setting<&Profile>>, ConfigError> {
        let (name, place) = match (flag, text(lookup, PROFILE)?, &self.profile) {
            (Some(name), _, _) => (name.to_owned(), Provenance::Flag("--profile")),
            (None, Some(name), _) => (name, Provenance::Environment(PROFILE.into())),
            (None, None, Some(Setting { value, place })) => (value.clone(), place.clone()),
            (None, None, None) => return Ok(None),
        };
        let value = self.find(&name, &place)?;
        Ok(Some(Setting { value, place }))
    }

    fn find(&self, name: &str, place: &Provenance) -> Result<&Profile, ConfigError> {
        self.profile(name).ok_or_else(|| {
            let names: Vec<&str> = self.profiles.iter().map(|profile| profile.name.as_str()).collect();
            let known = if names.is_empty() {
                format!("{} has none", sanitize(&self.path.display().to_string()))
            } else {
                format!("there are {}", names.join(", "))
            };
            ConfigError::Unusable { place: place.clone(), reason: format!("no profile {}: {known}", shown(name)) }
        })
    }

    /// What it says of the table of event types.
    pub fn table(&self) -> &TableSettings {
        &self.table
    }

    /// What it says for the person at the keyboard.
    pub fn preferences(&self) -> Preferences {
        Preferences {
            bindings: self.bindings.clone().unwrap_or_default().into(),
            no_mouse: self.mouse == Some(false),
            profiles: self.profile_names().map(sanitize).collect(),
            tour: false,
            show_keys: self.show_keys == Some(true),
        }
    }

    /// The theme, if it names one.
    pub fn theme(&self) -> Option<&Setting<ThemeName>> {
        self.theme.as_ref()
    }

    /// The fields whose changes say nothing of an event.
    pub fn volatile(&self) -> &Volatile {
        &self.volatile
    }

    /// How bad its `[lint]` says what is.
    pub fn levels(&self) -> &SeverityOverrides {
        &self.levels
    }

    /// The variables that hold keys: the program's own, and those of every profile.
    pub fn key_variables(&self) -> BTreeSet<String> {
        let own = [EVENT_KEY, USER_KEY, VERIFICATION_KEY].map(str::to_owned);
        own.into_iter().chain(self.profiles.iter().flat_map(Profile::key_variables).map(str::to_owned)).collect()
    }
}

/// Reads `[mouse]`.
fn mouse(source: &ConfigText<'_>, table: &DeTable<'_>) -> Result<Option<bool>, ConfigError> {
    let capture = fields::MOUSE;
    let section = Section::new(source, "mouse".to_owned(), table, &capture, (&[], ""))?;
    Ok(section.flag("capture")?.map(|capture| capture.value))
}

/// The file of the project in whose folder the program was started. Where that folder is gone, there is none.
fn project_path() -> Option<PathBuf> {
    project::find(&std::env::current_dir().ok()?)
}

fn agreements() -> Option<Agreements> {
    Some(Agreements::within(&super::state_folder()?))
}

/// A project's file as it is agreed to.
#[derive(Clone, Debug)]
pub struct Project {
    /// The file.
    pub path: PathBuf,
    /// All that stands in it.
    pub text: String,
    /// Whether the user has agreed to it as it is.
    pub agreed: bool,
    /// What of it needs that.
    pub decides: Vec<(String, Setting<Sanitized>)>,
}

/// Reads the file of the project in whose folder the program was started, if there is one.
pub fn project() -> Result<Option<Project>, ConfigError> {
    let Some(path) = project_path() else { return Ok(None) };
    let Some(text) = read_config(&path)? else { return Ok(None) };
    let agreed = agreements().is_some_and(|agreements| agreements.hold(&path, &text));
    let mut decides = Vec::new();
    // It may name a profile of the user's own file.
    for said in ConfigFile::read_all()?.said.into_iter().filter(|said| said.agreed.is_some()) {
        decides.extend(said.values.into_iter().filter(|(name, setting)| fields::needs_agreement(name, &setting.value)));
    }
    Ok(Some(Project { path, text, agreed, decides }))
}

/// Reads a config file; `None` where there is none.
pub(super) fn read_config(path: &Path) -> Result<Option<String>, ConfigError> {
    match read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(Unread::Absent) => Ok(None),
        Err(Unread::NotText { line }) => Err(ConfigError::Unusable {
            place: Provenance::File { path: path.into(), line },
            reason: "this line is not text (not UTF-8)".to_owned(),
        }),
        Err(Unread::Io(source)) => Err(ConfigError::Unreadable { path: path.to_owned(), source }),
    }
}

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum Unread {
    Absent,
    /// The first line that is not UTF-8, from 1.
    NotText {
        line: usize,
    },
    Io(io::Error),
}

/// Reads a text of at most [`LONGEST_FILE`] bytes from a regular file: anything else, such as a pipe, may never end.
pub(super) fn read_text(path: &Path) -> Result<String, Unread> {
    let io = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Unread::Absent,
        _ => Unread::Io(error),
    };
    // Asked before it is opened: to open a pipe waits for a writer.
    if !path.metadata().map_err(io)?.is_file() {
        return Err(Unread::Io(io::Error::other("it is not a file")));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(io)?.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(Unread::Io(io::Error::other("it is larger than 1 MiB")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        Unread::NotText { line: line_after(valid) }
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::ffi::OsString;
    use std::fs;

    use super::*;
    use crate::blueshift::safety::TestIdentity;
    use crate::config::keys::{KeySource, KeySources};
    use crate::config::{Config, ConfigLayer, HISTORY, REGION, URL};
    use crate::fuzz_tests;

    #[test]
    fn any_text_is_a_config_or_told_why_not() {
        let seeds = [
            FULL,
            "[lint]\ndate-format = \"allow\"\nidentifiers = [\"loyalty_id\"]\n[lint.purchase]\norder-twice = \"error\"\n",
            "columns = [\"rate\", \"revenue\"]\npinned = [\"view\"]\nvolatile = [\"at\"]\n",
        ];
        fuzz_tests::texts(&seeds, |text| match parse_at("config.toml", text) {
            Ok(file) => (file.profiles.len(), String::new()),
            Err(error) => (0, error.to_string().chars().filter(char::is_ascii_lowercase).take(60).collect()),
        });
    }

    const FULL: &str = r#"
profile = "staging"

[profiles.staging]
region = "us"
environment = "staging"
read_only = false
test_identities = ["QA@example.com", "example.org"]
event_key = "STAGING_EVENT_KEY"
user_key = "STAGING_USER_KEY"
interval = "5s"

[profiles.live]
region = "eu"
environment = "production"
read_only = true
event_key = "LIVE_KEY"

[profiles.near]
url = "http://127.0.0.1:8787"
environment = "production"

[profiles.unsaid]
"#;

    fn parse(text: &str) -> Result<ConfigFile, ConfigError> {
        parse_at("/x/config.toml", text)
    }

    fn parse_at(path: &str, text: &str) -> Result<ConfigFile, ConfigError> {
        let path = PathBuf::from(path);
        ConfigFile { path: path.clone(), ..ConfigFile::default() }.over(&path, text, Owner::User)
    }

    fn config(flags: ConfigLayer, chosen: Option<&str>, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let lookup =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        Config::read(flags, chosen, &lookup, &parse(FULL).unwrap())
    }

    #[test]
    fn a_profile_is_chosen_by_flag_else_environment_else_file_and_is_laid_where_it_was_chosen() {
        let near = "http://127.0.0.1:1";
        let region = |name: &str| ConfigLayer::flags(Some(name.parse().unwrap()), None, None).unwrap();
        let none = ConfigLayer::default;
        let cases = [
            (none(), None, &[][..], "staging · us · api.getblueshift.com", "/x/config.toml:5", "5s"),
            (none(), None, &[(PROFILE, "live")], "live · eu · api.eu.getblueshift.com", "/x/config.toml:14", "2s"),
            (none(), None, &[(PROFILE, " ")], "staging · us · api.getblueshift.com", "/x/config.toml:5", "5s"),
            (none(), Some("near"), &[(PROFILE, "live")], "near · local · 127.0.0.1:8787", "/x/config.toml:20", "500ms"),
            (none(), None, &[(URL, near)], "staging · local · 127.0.0.1:1", URL, "5s"),
            (none(), None, &[(REGION, "eu")], "staging · eu · api.eu.getblueshift.com", REGION, "5s"),
            (none(), Some("live"), &[(URL, near)], "live · eu · api.eu.getblueshift.com", "/x/config.toml:14", "2s"),
            (none(), Some("unsaid"), &[(URL, near)], "unsaid · local · 127.0.0.1:1", URL, "500ms"),
            (region("us"), Some("live"), &[], "live · us · api.getblueshift.com", "--region", "2s"),
        ];
        for (flags, chosen, variables, label, place, interval) in cases {
            let config = config(flags, chosen, variables).unwrap();
            assert_eq!(config.label(), label);
            assert_eq!(config.target.place.to_string(), place, "{label}");
            assert_eq!(Ok(config.interval.value), crate::config::parse_interval(interval), "{label}");
        }
        for (chosen, variables) in [(Some("prod"), &[][..]), (None, &[(PROFILE, "prod")])] {
            let told = config(none(), chosen, variables).unwrap_err().to_string();
            assert!(told.ends_with("no profile \"prod\": there are live, near, staging, unsaid"), "{told}");
        }
        assert_eq!(parse("").unwrap().choose(None, &|_| None).unwrap(), None);
        let told = parse("").unwrap().choose(Some("prod"), &|_| None).unwrap_err().to_string();
        assert_eq!(told, "--profile: no profile \"prod\": /x/config.toml has none");
    }

    #[test]
    fn the_table_is_as_the_file_has_it() {
        assert_eq!(*parse("").unwrap().table(), TableSettings::default());
        let file = parse("columns = [\"find\", \".order_id\"]\npinned = [\"purchase\"]\nmuted = [\"view\"]").unwrap();
        let columns = ["type", "find", "step", ".order_id"].map(|text| text.parse().unwrap());
        let expected = TableSettings {
            columns: Columns::new(columns),
            pinned: vec!["purchase".into()],
            muted: vec!["view".into()],
        };
        assert_eq!(Config::read(ConfigLayer::default(), None, &|_| None, &file).unwrap().table, expected);
    }

    #[test]
    fn headers_of_a_profile_have_their_values_from_the_environment_and_a_flag_goes_before_them() {
        let file = parse("[profiles.near]\nheaders = [\"X-Gateway: GATEWAY_TOKEN\", \"X-Team: TEAM\"]\n").unwrap();
        let config = Config::read(ConfigLayer::default(), Some("near"), &|_| None, &file).unwrap();
        let lookup = |name: &str| (name == "GATEWAY_TOKEN").then(|| OsString::from("of the gateway"));
        let given = crate::config::headers(&["x-team: mine".to_owned()]).unwrap();
        let headers = config.headers(given.clone(), &lookup).unwrap();
        let told = |header: &crate::blueshift::ExtraHeader| {
            (header.name().to_string(), header.value().to_str().unwrap().to_owned(), header.named.variable.clone())
        };
        let one = |name: &str, value: &str, variable: &str| (name.to_owned(), value.to_owned(), variable.to_owned());
        let expected = [one("x-team", "mine", "X_TEAM"), one("x-gateway", "of the gateway", "GATEWAY_TOKEN")];
        assert_eq!(headers.iter().map(told).collect::<Vec<_>>(), expected);
        let told = config.headers(Vec::new().into(), &lookup).unwrap_err().to_string();
        assert_eq!(told, "TEAM: the value of x-team is empty, or has characters that no header can have");
        assert!(file.key_variables().contains("GATEWAY_TOKEN"), "it holds a secret too");
    }

    #[test]
    fn a_plan_is_named_from_where_the_file_stands_and_a_flag_wins_over_it() {
        let file = parse(
            "[profiles.near]\nplan = \"plan\"\n[profiles.far]\nplan = \"/srv/plan\"\n[profiles.none]\n[profiles.up]\nplan = \"../plan\"",
        );
        let file = file.unwrap();
        let folder = |flag: Option<&str>, chosen| {
            let flags = ConfigLayer::default().with_plan(flag.map(PathBuf::from));
            let plan = Config::read(flags, Some(chosen), &|_| None, &file).unwrap().plan;
            plan.map(|plan| (plan.value.display().to_string(), plan.place.to_string()))
        };
        let named = |folder: &str, place: &str| Some((folder.to_owned(), place.to_owned()));
        assert_eq!(folder(None, "near"), named("/x/plan", "/x/config.toml:2"));
        assert_eq!(folder(None, "far"), named("/srv/plan", "/x/config.toml:4"));
        assert_eq!(folder(None, "up"), named("/x/../plan", "/x/config.toml:7"));
        assert_eq!(folder(None, "none"), None);
        assert_eq!(folder(Some("here"), "near"), named("here", "--plan"));
        let told = parse("[profiles.near]\n\nplan = \"\"").unwrap_err().to_string();
        assert_eq!(
            told,
            "/x/config.toml:3: plan in profile near: name a folder, as in \"plan\" for the one beside this file"
        );
    }

    #[test]
    fn the_size_of_the_history_comes_from_the_nearest_place_that_names_it() {
        let file = parse("[profiles.small]\nhistory = \"1MiB\"\n[profiles.unsaid]").unwrap();
        let history = |flag: Option<usize>, chosen: Option<&str>, variable: Option<&str>| {
            let lookup = |name: &str| variable.filter(|_| name == HISTORY).map(OsString::from);
            let flags = ConfigLayer::default().with_history(flag);
            let history = Config::read(flags, chosen, &lookup, &file).unwrap().history;
            history.map(|history| (history.value, history.place.to_string()))
        };
        let told = |bytes: usize, place: &str| Some((bytes, place.to_owned()));
        assert_eq!(history(Some(9), Some("small"), Some("2MiB")), told(9, "--history"));
        assert_eq!(history(None, Some("small"), Some("2MiB")), told(1 << 20, "/x/config.toml:2"));
        assert_eq!(history(None, Some("unsaid"), Some("2MiB")), told(2 << 20, HISTORY));
        assert_eq!(history(None, None, None), None);
    }

    #[test]
    fn production_is_what_says_so_and_the_platform_unless_it_is_known_to_be_something_else() {
        let none = ConfigLayer::default;
        let to = |url: &str| ConfigLayer::flags(None, Some(url), None).unwrap();
        let cases = [
            (none(), Some("staging"), false),
            (none(), Some("live"), true),
            // It may be a tunnel.
            (none(), Some("near"), true),
            (none(), Some("unsaid"), true),
            (to("https://api.eu.getblueshift.com"), Some("staging"), true),
            (to("https://collector.example.com"), Some("live"), false),
            (to("http://127.0.0.1:1"), Some("unsaid"), false),
        ];
        for (flags, chosen, production) in cases {
            let config = config(flags, chosen, &[]).unwrap();
            assert_eq!(config.safety().production, production, "{}", config.label());
        }
        for (url, production) in [
            ("https://api.getblueshift.com", true),
            ("https://collector.example.com", false),
            ("http://127.0.0.1:1", false),
        ] {
            let config = Config::resolve([to(url)], &ConfigFile::default());
            assert_eq!(config.safety().production, production, "{url}");
        }
        // A profile's promises about its own server do not hold for the platform.
        let own = parse("[profiles.own]\nurl = \"https://collector.example.com\"\nenvironment = \"staging\"").unwrap();
        for (region, production) in [(None, false), (Some("us"), true), (Some("eu"), true)] {
            let flags = ConfigLayer::flags(region.map(|name| name.parse().unwrap()), None, None).unwrap();
            let config = Config::read(flags, Some("own"), &|_| None, &own).unwrap();
            assert_eq!(config.safety().production, production, "{region:?}");
        }
    }

    #[test]
    fn what_a_profile_promises_holds_wherever_it_is_sent() {
        let here = ConfigLayer::flags(None, Some("http://127.0.0.1:1"), None).unwrap();
        let live = config(here, Some("live"), &[]).unwrap();
        assert_eq!(live.safety().read_only.as_deref(), Some("profile live (/x/config.toml:16)"));
        let staging = config(ConfigLayer::default(), None, &[]).unwrap().safety();
        let identities =
            [TestIdentity::Address("qa@example.com".to_owned()), TestIdentity::Domain("example.org".to_owned())];
        assert_eq!((staging.read_only, staging.identities), (None, identities.into()));
    }

    #[test]
    fn every_profile_has_its_own_keys_and_no_key_is_in_the_environment_of_drafts() {
        let names = |chosen| {
            let KeySources { event, user } = config(ConfigLayer::default(), Some(chosen), &[]).unwrap().key_sources();
            (event.value, user.map(|user| user.value))
        };
        let variable = |name: &str| KeySource::Variable(name.to_owned());
        let own = |event: &str, user: Option<&str>| (variable(event), user.map(variable));
        assert_eq!(names("staging"), own("STAGING_EVENT_KEY", Some("STAGING_USER_KEY")));
        assert_eq!(names("live"), own("LIVE_KEY", None));
        assert_eq!(names("near"), own(EVENT_KEY, Some(USER_KEY)));

        let set = [EVENT_KEY, USER_KEY, "STAGING_EVENT_KEY", "STAGING_USER_KEY", "LIVE_KEY", "HOME"];
        let variables = set.map(|name| (OsString::from(name), OsString::from("value")));
        let config = config(ConfigLayer::default(), Some("near"), &[]).unwrap();
        let known: Vec<String> = config.environment_without_keys(variables).into_keys().collect();
        assert_eq!(known, ["HOME"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_file_line_and_what_is_allowed_and_never_with_the_value() {
        let cases = [
            ("profil = \"a\"", 1, "unknown field \"profil\": use one of profile, profiles"),
            (
                "[profiles.a]\n\nregoin = \"us\"\nzzz = 1",
                3,
                "unknown field \"regoin\" in profile a: use one of region, url, environment, read_only, \
                 test_identities, event_key, event_key_command, event_key_file, user_key, user_key_command",
            ),
            (
                "[profiles.a]\ncolumns = [\"type\"]",
                2,
                "\"columns\" in profile a has its place at the top of the file, above all that stands in brackets",
            ),
            ("[profiles.a]\npinned = []", 2, "\"pinned\" in profile a has its place at the top of the file"),
            ("[profiles.a]\nmuted = []", 2, "\"muted\" in profile a has its place at the top of the file"),
            ("region = \"us\"", 1, "\"region\" has its place in a profile, below [profiles.NAME]"),
            ("columns = [\n\"type\",\n\"recieved\"]", 3, "columns: no column \"recieved\"; did you mean \"recv\"?"),
            ("columns = [\".a[\"]", 1, "columns: .a[: character 4: expected an index"),
            ("columns = \"type\"", 1, "columns must be a list of strings in quotes"),
            ("muted = [\"\"]", 1, "muted: name an event type"),
            ("[profiles.a]\nregion = \"asia\"", 2, "region in profile a: no such region; use `us`"),
            ("[profiles.a]\nurl = \"example.com\"", 2, "url in profile a: the URL must start with http://"),
            ("[profiles.a]\nurl = \"https://s3cr3t@example.com\"", 2, "must not contain a user or a key"),
            ("[profiles.a]\nregion = \"us\"\nurl = \"http://a.example\"", 3, "both set in profile a: keep one"),
            ("[profiles.a]\nenvironment = \"prod\"", 2, "use production, staging or development"),
            ("[profiles.a]\nread_only = \"yes\"", 2, "read_only in profile a must be true or false"),
            ("[profiles.a]\nread_only = 1", 2, "read_only in profile a must be true or false"),
            ("[profiles.a]\ninterval = 2", 2, "interval in profile a must be a string in quotes"),
            ("[profiles.a]\ninterval = \"1h\"", 2, "250ms to 10min"),
            ("[profiles.a]\nhistory = 64", 2, "history in profile a must be a string in quotes"),
            ("[profiles.a]\nhistory = \"64\"", 2, "history in profile a: the unit is missing"),
            ("[profiles.a]\ntest_identities = \"a@b.c\"", 2, "must be a list of strings"),
            ("[profiles.a]\ntest_identities = [\n \"a@b.c\",\n 7]", 4, "must be a list of strings"),
            ("[profiles.a]\ntest_identities = [\n \"a@b.c\",\n \"a@@b\"]", 4, "write an address such as"),
            ("[profiles.a]\nevent_key = \"s3cr3t0123456789abcdef\"", 2, "such as STAGING_EVENT_KEY"),
            ("[profiles.a]\nuser_key = \"S3CR3T0123456789ABCDEF\"", 2, "take it out of the file"),
            ("[profiles.a]\nuser_key = \"\"", 2, "such as STAGING_EVENT_KEY"),
            ("[profiles.a]\nheaders = [\"X-Gateway: Bearer s3cr3t\"]", 2, "take it out of the file"),
            ("[profiles.a]\nheaders = [\"s3cr3t\"]", 2, "the name before a colon"),
            ("[profiles.a]\nheaders = [\"Authorization: TOKEN\"]", 2, "authorization is set by clickscope itself"),
            ("[profiles.\"a\\u001Bb\"]", 1, "\"a\\u001bb\" cannot name a profile"),
            (
                "[profiles.a]\nevent_key = \"A_KEY\"\nevent_key_command = \"pass s3cr3t\"",
                3,
                "the key is in one place: keep one of",
            ),
            ("[profiles.a]\nevent_key_command = \" \"", 2, "write a command that prints the key"),
            ("[profiles.a]\nuser_key_file = \"\"", 2, "name a file, as in"),
            ("[keys]\ncompsoe = \"x\"", 2, "keys: no action is called \"compsoe\": did you mean \"compose\"?"),
            ("[keys]\ncompose = \"hyper-x\"", 2, "keys.\"compose\": write a key as in"),
            ("[keys]\ncompose = 7", 2, "keys.\"compose\": write a key as in"),
            ("[keys]\ncompose = [\"C\",\n7]", 3, "keys.\"compose\": write a key as in"),
            ("[keys]\nmask = \"C\"\ncompose = [\"C\"]", 3, "keys: C would be both "),
            ("[keys]\ncompose = \"q\"", 2, "keys: q would be both compose and quit"),
            ("[mouse]\ncapture = 0", 2, "capture in mouse must be true or false"),
            ("[mouse]\nwheel = 1", 2, "unknown field \"wheel\" in mouse: use one of capture"),
            ("theme = \"pink\"", 1, "theme: use one of dark, light"),
            ("volatile = [\"token\",\n \"a*b\"]", 2, "volatile: write the name of a field, with `*`"),
            ("profiles = 1", 1, "profiles must be a table"),
            ("[profiles]\nregion = \"us\"", 2, "profiles.\"region\" is not a table"),
            ("profile = \"b\"\n[profiles.a]", 1, "no profile \"b\": there are a"),
            ("[profiles.a]\nregion = us", 2, "not TOML: "),
            ("[profiles.a]\nevent_key = s3cr3t", 2, "not TOML: "),
            ("[profiles.a]\nregion = \"us\"\nregion = \"eu\"", 3, "not TOML: "),
            ("\u{feff}\n\nx = 1", 3, "unknown field \"x\""),
        ];
        for (text, line, part) in cases {
            let told = parse(text).unwrap_err().to_string();
            assert!(told.starts_with(&format!("/x/config.toml:{line}: ")) && told.contains(part), "{text}: {told}");
            assert!(!told.to_lowercase().contains("s3cr3t") && !told.contains('\u{1b}'), "{told}");
        }
    }

    #[test]
    fn no_file_is_an_empty_one_and_what_is_no_text_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(ConfigFile::read(&folder.path().join("nowhere")).unwrap().profiles, []);
        let path = folder.path().join(FILE_NAME);

        fs::write(&path, b"# caf\xe9\n").unwrap();
        let told = ConfigFile::read(folder.path()).unwrap_err().to_string();
        assert!(told.ends_with("config.toml:1: this line is not text (not UTF-8)"), "{told}");

        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let told = ConfigFile::read(folder.path()).unwrap_err().to_string();
        assert!(told.ends_with("config.toml cannot be read: it is not a file"), "{told}");
    }

    #[test]
    fn a_project_says_what_is_checked_and_where_keys_go_only_when_that_is_agreed_to() {
        let read = |text: &str, agreed| {
            let own = parse("[profiles.live]\nevent_key = \"LIVE_KEY\"\nread_only = true\nredact = true\n").unwrap();
            let file = own.over(Path::new("/p/.clickscope.toml"), text, Owner::Project { agreed })?;
            let config = Config::read(ConfigLayer::default(), Some("live"), &|_| None, &file)?;
            Ok::<_, ConfigError>((file, config))
        };
        let free = [
            "columns = [\"type\"]\npinned = [\"a\"]\nmuted = []\nvolatile = [\"x_*\"]\n[lint]\ndate-format = \"allow\"\n",
            "[profiles.live]\nplan = \"plan\"\ninterval = \"5s\"\nhistory = \"1MiB\"\nsigned = [\"a\"]\n",
            "[profiles.live]\nread_only = true\nredact = true\nenvironment = \"production\"\n",
            // Another profile is not in use.
            "[profiles.other]\nurl = \"https://evil.example\"\n",
        ];
        for text in free {
            read(text, false).unwrap();
        }
        let agreed = [
            ("url = \"https://evil.example\"", "url"),
            ("url = \"http://127.0.0.1:1\"", "url"),
            ("region = \"eu\"", "region"),
            ("event_key = \"AWS_SECRET_KEY\"", "event_key"),
            ("user_key = \"AWS_SECRET_KEY\"", "user_key"),
            ("verification_key = \"AWS_SECRET_KEY\"", "verification_key"),
            ("redact_key = \"AWS_SECRET_KEY\"", "redact_key"),
            ("headers = [\"X-A: AWS_SECRET_KEY\"]", "headers"),
            ("environment = \"development\"", "environment"),
            ("read_only = false", "read_only"),
            ("redact = false", "redact"),
            ("test_identities = [\"evil.example\"]", "test_identities"),
            ("record = \"auto\"", "record"),
        ];
        for (line, field) in agreed {
            let text = format!("[profiles.live]\nplan = \"plan\"\n{line}\n");
            let told = read(&text, false).unwrap_err().to_string();
            assert!(told.starts_with(&format!("/p/.clickscope.toml:3: {field} counts when you agree")), "{told}");
            assert!(told.contains("`clickscope config trust`"), "{told}");
            read(&text, true).unwrap();
        }
        for field in
            fields::PROFILE.iter().chain(&fields::TOP).filter(|field| field.of_project == fields::OfProject::Never)
        {
            let within =
                if fields::PROFILE.iter().any(|known| known.name == field.name) { "[profiles.live]" } else { "" };
            let value = if field.example.is_empty() { "{}" } else { field.example };
            let text = format!("{within}\n{} = {value}\n", field.name);
            let told = read(&text, true).unwrap_err().to_string();
            assert!(told.contains("is for your own config file"), "{told}");
        }
        // Whoever agreed has what the project says, and beneath it what is their own.
        let (_, config) = read("[profiles.live]\nurl = \"http://127.0.0.1:1\"\nread_only = false\n", true).unwrap();
        assert_eq!(config.label(), "live · local · 127.0.0.1:1");
        assert_eq!(config.safety().read_only, None);
        assert_eq!(config.key_sources().event.value, KeySource::Variable("LIVE_KEY".to_owned()));
        assert!(config.profile.unwrap().value.redacts());
        let (file, _) =
            read("[profiles.live]\nevent_key = \"OTHER_KEY\"\n[lint]\nidentifiers = [\"a\"]\n", true).unwrap();
        assert!(file.key_variables().contains("OTHER_KEY"));
        assert_eq!(file.said().iter().map(|said| said.agreed).collect::<Vec<_>>(), [Some(true), None]);
    }
}
