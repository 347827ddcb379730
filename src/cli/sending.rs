use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use crate::app::Sending;
use crate::blueshift::CallLimits;
use crate::config::{self, Config};
use crate::event::catalogue::Template;
use crate::runtime::Folders;

/// The longest interval between polls while a probe is waited for, on the network and on this machine: how long an event
/// took cannot be told more exactly than that.
const PROBE_FAR: Duration = Duration::from_secs(1);
const PROBE_NEAR: Duration = Duration::from_millis(250);

/// Where the user's drafts and templates are.
pub(super) fn folders() -> Folders {
    Folders {
        drafts: config::state_folder().map(|folder| folder.join("drafts")),
        templates: config::config_folder().map(|folder| folder.join("templates")),
    }
}

/// What sending needs to know of the world, as `config` and the `folders` say.
pub(super) fn sending(config: &Config, folders: &Folders) -> Sending {
    let base = config.target.value.base_url();
    let longest = if base.is_loopback() { PROBE_NEAR } else { PROBE_FAR };
    Sending {
        key_variable: config.key_names().event,
        safety: config.safety(),
        environment: config.harmless_environment(std::env::vars_os()),
        templates: own_templates(folders.templates.as_deref()),
        // These are for the composer, which has them read for itself.
        drafts: Vec::new(),
        seed: Uuid::new_v4().as_u128(),
        limits: CallLimits::default(),
        probe_interval: config.interval.value.min(longest),
        base,
    }
}

/// The user's own templates; those that cannot be read are named on standard error.
pub(super) fn own_templates(folder: Option<&Path>) -> Vec<Template> {
    let (templates, troubles) = folder.map(config::own_templates).unwrap_or_default();
    for trouble in troubles {
        eprintln!("clickscope: {trouble}");
    }
    templates
}
