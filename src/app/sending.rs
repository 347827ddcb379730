use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::blueshift::safety::Safety;
use crate::blueshift::{BaseUrl, CallLimits, HeaderVariable, KeyMask, curl};
use crate::event::Identifiers;
use crate::event::catalogue::Template;
use crate::event::signature::Signing;

/// Names a draft: its file on disk, and the composer's text. Given out by whoever begins one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DraftId(pub String);

/// A draft of an earlier session, as it was found on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedDraft {
    /// Which.
    pub id: DraftId,
    /// Its text.
    pub text: String,
    /// When it was last changed.
    pub changed: Timestamp,
}

/// The facts that sending needs to know.
#[derive(Clone, Debug)]
pub struct Sending {
    /// Where calls go.
    pub base: BaseUrl,
    /// The variable that stands for the key in printed commands.
    pub key_variable: String,
    /// The variables that stand in them for the values of headers.
    pub header_variables: Vec<HeaderVariable>,
    /// The keys that no draft may hold.
    pub keys: KeyMask,
    /// The rules of what may be sent, and what asks first.
    pub safety: Safety,
    /// The environment for `{{env.NAME}}`, without the variables that hold keys.
    pub environment: BTreeMap<String, String>,
    /// The user's own templates.
    pub templates: Vec<Template>,
    /// The drafts of earlier sessions, the newest first.
    pub drafts: Vec<SavedDraft>,
    /// The seed of the session's identifiers; different in each session.
    pub seed: u128,
    /// By which fields customers are identified.
    pub identifiers: Identifiers,
    /// How the account has events signed.
    pub signing: Signing,
    /// How much one bulk call may hold.
    pub limits: CallLimits,
    /// The interval between polls while a probe is waited for.
    pub probe_interval: Duration,
}

impl Sending {
    /// For calls to `base`, without anything from the world: no profile, no environment, nothing on disk.
    pub fn to(base: BaseUrl) -> Self {
        Self {
            base,
            key_variable: curl::KEY_VARIABLE.to_owned(),
            header_variables: Vec::new(),
            keys: KeyMask::default(),
            safety: Safety::default(),
            environment: BTreeMap::new(),
            templates: Vec::new(),
            drafts: Vec::new(),
            seed: 0,
            identifiers: Identifiers::default(),
            signing: Signing::default(),
            limits: CallLimits::default(),
            probe_interval: Duration::from_secs(1),
        }
    }
}
