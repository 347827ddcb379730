use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use crate::app::Sending;
use crate::blueshift::{CallLimits, ExtraHeader, KeyMask};
use crate::config::{self, Config, Target};
use crate::event::Sanitized;
use crate::event::catalogue::Template;
use crate::runtime::Folders;

/// The longest interval between polls while a probe is waited for, on the network and on this machine: how long an event
/// took cannot be told more exactly than that.
const PROBE_FAR: Duration = Duration::from_secs(1);
const PROBE_NEAR: Duration = Duration::from_millis(250);

/// Where the user's drafts and templates are. Each profile, or target, has drafts of its own: one that was written for
/// staging must not be at hand where real customers are.
pub(super) fn folders(config: &Config) -> Folders {
    Folders {
        drafts: config::state_folder().map(|folder| folder.join("drafts").join(owner(config))),
        templates: templates_folder(),
    }
}

/// Whose sessions and drafts these are, as the name of a file: a profile's or, without one, a target's.
pub(super) fn owner(config: &Config) -> String {
    file_name(&match (&config.profile, &config.target.value) {
        (Some(profile), _) => profile.value.name.clone(),
        (None, Target::Region(region)) => region.to_string(),
        (None, Target::Url(url)) if url.is_loopback() => "local".to_owned(),
        (None, Target::Url(url)) => url.host_label().into(),
    })
}

/// Where the user's own templates are, for every profile.
pub(super) fn templates_folder() -> Option<PathBuf> {
    config::config_folder().map(|folder| folder.join("templates"))
}

/// `name` as the name of a folder, whatever stands in it.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    name.chars().take(64).map(plain).collect()
}

/// The settings for sending, from `config`, the `folders` and the `headers` that the command line adds.
pub(super) fn sending(config: &Config, folders: &Folders, headers: &[ExtraHeader]) -> Sending {
    let base = config.target.value.base_url();
    let longest = if base.is_loopback() { PROBE_NEAR } else { PROBE_FAR };
    Sending {
        key_variable: config.key_sources().event_variable(),
        header_variables: config.header_variables(headers),
        // These too are for the composer.
        keys: KeyMask::default(),
        safety: config.safety(),
        environment: config.environment_without_keys(std::env::vars_os()),
        templates: own_templates(folders.templates.as_deref()),
        // These are for the composer, which has them read for itself.
        drafts: Vec::new(),
        seed: Uuid::new_v4().as_u128(),
        identifiers: config.levels.identifiers().clone(),
        signing: config.signing.clone(),
        limits: CallLimits::default(),
        probe_interval: config.interval.value.min(longest),
        base,
    }
}

/// The user's own templates; those that cannot be read are named on standard error.
pub(super) fn own_templates(folder: Option<&Path>) -> Vec<Template> {
    let (templates, troubles) = folder.map(config::own_templates).unwrap_or_default();
    for trouble in troubles {
        super::stderr::say(&Sanitized::of(&trouble));
    }
    templates
}
