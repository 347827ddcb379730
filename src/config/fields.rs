//! Every field of a config file: what it is called, what it takes, what it says. The reader, the JSON Schema, the sample and
//! the documentation are made of this one list.

use crate::app::ThemeName;

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// One of some words.
    OneOf(&'static [&'static str]),
    /// True or false.
    Flag,
    /// A list of texts.
    Texts,
    /// `[profiles.NAME]`: tables of the fields of a profile.
    Profiles,
    /// `[keys]`: actions and their keys.
    Keys,
    /// `[mouse]`: whether it is heard.
    Mouse,
    /// `[lint]`: levels of rules, of all types or of one.
    Levels,
}

/// Whether a file that came with a project may say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfProject {
    /// It decides what is checked and shown, and nothing else.
    Free,
    /// It decides where a key goes, or what may be sent: the user has to agree, but to this value.
    Agreed(Option<&'static str>),
    /// It is for the person at the keyboard, or runs or reads something on the machine.
    Never,
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What it says, in a line.
    pub(super) about: &'static str,
    /// A value, as it is written.
    pub(super) example: &'static str,
    pub(super) of_project: OfProject,
}

const fn field(
    name: &'static str,
    kind: Kind,
    of_project: OfProject,
    example: &'static str,
    about: &'static str,
) -> Field {
    Field { name, kind, about, example, of_project }
}

use Kind::{Flag, Keys, Levels, Mouse, OneOf, Profiles, Text, Texts};
use OfProject::{Agreed, Free, Never};

impl Field {
    /// Whether a project that says this of it needs the user's word.
    pub(super) fn needs_agreement(&self, value: &str) -> bool {
        match self.of_project {
            OfProject::Agreed(free) => free != Some(value),
            OfProject::Free | OfProject::Never => false,
        }
    }
}

/// Whether a project that gives the field of that whole name, `profiles.staging.url`, that value needs the user's word.
pub(super) fn needs_agreement(name: &str, value: &str) -> bool {
    let field = name.strip_prefix("profiles.").and_then(|name| name.rsplit('.').next());
    field
        .and_then(|name| PROFILE.iter().find(|field| field.name == name))
        .is_some_and(|field| field.needs_agreement(value))
}

/// The fields of the file itself.
pub(super) const TOP: [Field; 11] = [
    field("profile", Text, Free, "\"staging\"", "the profile that is used without --profile"),
    field("profiles", Profiles, Free, "", "named targets, each a table [profiles.NAME]"),
    field(
        "theme",
        OneOf(&ThemeName::NAMES),
        Never,
        "\"light\"",
        "how the screen looks (`clickscope theme` shows each); without it, what suits the terminal",
    ),
    field(
        "columns",
        Texts,
        Free,
        "[\"type\", \"find\", \"recv\", \"seen\", \".order_id\"]",
        "the columns of the table",
    ),
    field("pinned", Texts, Free, "[\"purchase\"]", "event types that stand above the others"),
    field("muted", Texts, Free, "[\"heartbeat\"]", "event types that are neither in the table nor in the stream"),
    field("volatile", Texts, Free, "[\"*_nonce\"]", "fields whose changes say nothing of an event"),
    field(
        "lint",
        Levels,
        Free,
        "",
        "the severity of lint rules: RULE = \"warning\", or [lint.TYPE] for one event type",
    ),
    field("keys", Keys, Never, "", "keys of your own: ACTION = \"KEY\", or a list of keys (docs/keys.md)"),
    field("mouse", Mouse, Never, "", "[mouse] capture = false leaves the mouse to the terminal"),
    field("show_keys", Flag, Never, "true", "the keys that are pressed are shown, for those who look on"),
];

/// The fields of `[mouse]`.
pub(super) const MOUSE: [Field; 1] =
    [field("capture", Flag, Never, "false", "whether the mouse is heard, or left to the terminal")];

/// The fields of a profile.
pub(super) const PROFILE: [Field; 25] = [
    field("region", OneOf(&["us", "eu"]), Agreed(None), "\"us\"", "the region of the account"),
    field("url", Text, Agreed(None), "\"https://collector.example.com\"", "another server that implements the API"),
    field(
        "environment",
        OneOf(&["production", "staging", "development"]),
        Agreed(Some("production")),
        "\"staging\"",
        "production asks before the first event goes out; the frame has its colour",
    ),
    field("read_only", Flag, Agreed(Some("true")), "true", "nothing is sent"),
    field(
        "test_identities",
        Texts,
        Agreed(None),
        "[\"qa@example.com\", \"test.example.com\"]",
        "events go to no other email",
    ),
    field(
        "event_key",
        Text,
        Agreed(None),
        "\"STAGING_EVENT_KEY\"",
        "the variable that holds the Event key, never the key",
    ),
    field("event_key_command", Text, Never, "\"pass show blueshift/event\"", "a command that prints the Event key"),
    field(
        "event_key_file",
        Text,
        Never,
        "\"~/.keys/event\"",
        "a file that holds the Event key, and only you can read (0600)",
    ),
    field("user_key", Text, Agreed(None), "\"STAGING_USER_KEY\"", "the variable that holds the User key"),
    field("user_key_command", Text, Never, "\"pass show blueshift/user\"", "a command that prints the User key"),
    field("user_key_file", Text, Never, "\"~/.keys/user\"", "a file that holds the User key"),
    field(
        "verification_key",
        Text,
        Agreed(None),
        "\"STAGING_VERIFICATION_KEY\"",
        "the variable of the key that events are signed with",
    ),
    field(
        "verification_key_command",
        Text,
        Never,
        "\"pass show blueshift/verification\"",
        "a command that prints that key",
    ),
    field("verification_key_file", Text, Never, "\"~/.keys/verification\"", "a file that holds that key"),
    field("verification_hash", OneOf(&["sha256", "md5"]), Free, "\"md5\"", "the hash of the signature"),
    field("signed", Texts, Free, "[\"purchase\"]", "event types that must be signed"),
    field(
        "headers",
        Texts,
        Agreed(None),
        "[\"X-Gateway: GATEWAY_TOKEN\"]",
        "headers of each request, each with the variable that holds its value",
    ),
    field("interval", Text, Free, "\"5s\"", "how often to poll, 250ms to 10min"),
    field("plan", Text, Free, "\"plan\"", "the folder of the tracking plan, from where the file stands"),
    field("history", Text, Free, "\"64MiB\"", "how much of the events is held to go back to"),
    field(
        "record",
        OneOf(&["auto"]),
        Agreed(None),
        "\"auto\"",
        "each session is recorded; the newest five tapes are kept",
    ),
    field("redact", Flag, Agreed(Some("true")), "true", "what tells who an event is about is masked"),
    field("redact_key", Text, Agreed(None), "\"MASK_KEY\"", "the variable that holds the key of the masks"),
    field("redact_key_command", Text, Never, "\"pass show clickscope/masks\"", "a command that prints that key"),
    field("redact_key_file", Text, Never, "\"~/.keys/masks\"", "a file that holds that key"),
];
