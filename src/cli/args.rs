use std::fmt;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, RangedU64ValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::blueshift::Region;
use crate::blueshift::limits::{BULK_CALLS_PER_SECOND, MAX_BULK_EVENTS, SAFE_BULK_EVENTS};
use crate::config::{parse_interval, parse_patience};
use crate::event::Assignment;
use crate::lint::{Rule, Severity};
use crate::plan::{RuleOf, UnknownRule};
use crate::sandbox::{AllowedHost, DEFAULT_LISTEN, DebugShape, Fault, Rewrite};

// Help is laid out for 80 columns.
const EXAMPLES: &str = "\
Examples:
  clickscope demo                               look around, offline
  CLICKSCOPE_EVENT_KEY=… clickscope --region eu watch an account in the EU
  CLICKSCOPE_EVENT_KEY=any clickscope --url http://127.0.0.1:8787
                                                watch a local collector
  clickscope watch --once --json | jq .event    the latest event of each type
  clickscope send purchase --prove              send one, and see it arrive
  clickscope lint events.ndjson                 what is wrong with these events
  clickscope plan infer events.ndjson --into plan
                                                what they look like, as schemas

Keys are never given as arguments:
  CLICKSCOPE_EVENT_KEY   the Event API key; asked for on the terminal when unset
  CLICKSCOPE_USER_KEY    the User API key; adds the counts of received events

Exit codes:
  0    as asked
  1    the server refused an event, --keep-going left some out, or errors were
       found in events
  2    a usage or configuration error, or input that cannot be read or sent
  3    an event that was to be proved was not seen in time
  4    there is no key, or the server refused it
  5    network or server trouble, after retries
  130  interrupted";

/// See live what Blueshift received of your events.
#[derive(Debug, Parser)]
#[command(name = "clickscope", version, after_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) options: Options,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

// The environment is laid under these by `config` and not by clap, for which a flag and a variable that exclude each
// other are a conflict even where the flag is there to win.
const REGION: &str =
    "Where the account lives; `us`, the default, is also the rest of the world [env: CLICKSCOPE_REGION]";
const URL: &str = "Another server that speaks the API, such as http://127.0.0.1:8787 [env: CLICKSCOPE_URL]";
const INTERVAL: &str =
    "How often to poll, 250ms to 10min; by default 2s, or 500ms on this machine [env: CLICKSCOPE_INTERVAL]";

const PLAN: &str = "A folder of JSON Schemas, one an event type, that events are held to (see `clickscope plan`)";

const PROFILE: &str = "A profile of the config file; what it says wins over the environment [env: CLICKSCOPE_PROFILE]";

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct Options {
    #[arg(long, global = true, value_name = "NAME", help = PROFILE)]
    pub(super) profile: Option<String>,
    #[arg(long, global = true, value_parser = region(), help = REGION)]
    pub(super) region: Option<Region>,
    #[arg(long, global = true, help = URL)]
    pub(super) url: Option<String>,
    #[arg(long, global = true, value_parser = parse_interval, help = INTERVAL)]
    pub(super) interval: Option<Duration>,
    #[arg(long, global = true, value_name = "DIR", help = PLAN)]
    pub(super) plan: Option<PathBuf>,
}

fn region() -> impl TypedValueParser<Value = Region> {
    PossibleValuesParser::new(Region::ALL.map(Region::as_str)).try_map(|name| name.parse())
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Watch the events that arrive (what clickscope does without a command)
    #[command(after_help = WATCH_EXAMPLES)]
    Watch(Watch),
    /// Watch a small shop's traffic on a local collector; needs no account and no network
    #[command(after_help = "Example:\n  clickscope demo")]
    Demo,
    /// Send events, and prove that they arrived
    #[command(after_help = SEND_EXAMPLES)]
    Send(Send),
    /// Say what is wrong with events, at each field, and how to set it right
    #[command(after_help = LINT_EXAMPLES)]
    Lint(Lint),
    /// List the rules of lint
    #[command(after_help = RULES_EXAMPLES)]
    Rules(Rules),
    /// Say all about a rule of lint
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// Its id (see `clickscope rules`)
        #[arg(value_parser = known_rule)]
        rule: &'static Rule,
    },
    /// Make a plan of what events look like, or check one
    #[command(after_help = PLAN_EXAMPLES)]
    Plan {
        #[command(subcommand)]
        command: Plan,
    },
    /// List the templates for events, or print one
    #[command(after_help = TEMPLATES_EXAMPLES)]
    Templates(Templates),
    /// Run a local collector that imitates the platform
    #[command(after_help = SANDBOX_EXAMPLES)]
    Sandbox(Sandbox),
    /// Print shell completions
    #[command(
        after_help = COMPLETIONS_EXAMPLES
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  clickscope man > ~/.local/share/man/man1/clickscope.1")]
    Man,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(clickscope completions bash)
  clickscope completions zsh > ~/.zfunc/_clickscope
  clickscope completions fish > ~/.config/fish/completions/clickscope.fish";

const WATCH_EXAMPLES: &str = "\
Examples:
  clickscope watch                              on the terminal
  clickscope watch --json | jq 'select(.type == \"purchase\")'
                                                a line for each change
  clickscope watch --once --json > seen.ndjson  a line for each event type

A line of --json is a record of what happened; its kind stands in `record`:
  event        an event came
  count        the server's count for a type moved, but no event came
  errors       the server's counts of events that it could not process moved

A record of an event is an object with these fields; only it has `event`:
  type         the event type
  change       new, updated, earlier (than the newest one), gone or returned
  event        the event, token for token as it came
  received     how many the server says it received; null when unknown
  captured     how many distinct events of the type were seen
  arrived      how many events this record stands for
  coverage     captured and received since the count became known, or null
  observed_at  when this was seen, UTC
  latency_ms   from the event's timestamp to its receipt; null when unknown
  findings     what is wrong with the event: objects with rule, severity, path,
               expected, found and fix, as `clickscope lint --json` prints them.
               As on screen, [lint] of the config file and --plan hold for them";

#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct Watch {
    /// Print what the endpoint knows and leave
    #[arg(long)]
    pub(super) once: bool,
    /// Print one JSON object a line instead of showing the screen; needs no terminal
    #[arg(long)]
    pub(super) json: bool,
}

const SEND_EXAMPLES: &str = "\
Examples:
  clickscope send purchase --prove              a template, and see it arrive
  clickscope send purchase --set 'products[0].price=19' --set coupon=BF26
  clickscope send view --dry-run                the curl command; sends nothing
  clickscope send events.ndjson --keep-going    one event a line
  jq -c .event seen.ndjson | clickscope send -  from another program

An object goes to /api/v1/event; an array, or an object a line (NDJSON), goes to
/api/v1/bulkevents. An event without event_uuid gets one.

Placeholders, resolved when an event is sent:
  {{uuid}}  {{now}}  {{now-2d}}  {{epoch}}  {{seq}}  {{email}}  {{env.NAME}}

A line of --json is an object for each call, then one for each proof:
  sent, status, attempts, latency_ms, events, message, fields
  type, event_uuid, proof, after_ms, by, differences, clues";

/// What to send, and how.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct Send {
    /// A template (see `clickscope templates`), a file, or - for standard input
    #[arg(value_name = "TYPE|FILE|-")]
    pub(super) what: String,
    /// Set a value in each event, as JSON or as plain text; any number of times
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(super) assignments: Vec<Assignment>,
    /// Send {{…}} as it stands
    #[arg(long)]
    pub(super) no_placeholders: bool,
    /// Print the curl commands and send nothing; needs no key
    #[arg(long, conflicts_with_all = ["prove", "json"])]
    pub(super) dry_run: bool,
    /// Wait until each event is seen at the debug endpoint, and print what was changed on the way; at most 100 events
    #[arg(long)]
    pub(super) prove: bool,
    /// How long to wait for an event, 1s to 10min
    #[arg(long, value_name = "DURATION", value_parser = parse_patience, default_value = "30s", requires = "prove")]
    pub(super) within: Duration,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
    /// Leave out lines that cannot be sent and events that are refused, and go on
    #[arg(long)]
    pub(super) keep_going: bool,
    /// The most events of one bulk call, 1 to 100; older documentation allows more than 30
    #[arg(long, value_name = "N", value_parser = batch(), default_value_t = SAFE_BULK_EVENTS)]
    pub(super) batch: usize,
    /// The most calls a second, or `off` for a server of your own
    #[arg(long, value_name = "N|off", default_value_t)]
    pub(super) rate: CallRate,
    /// Leave out the first N lines (or events), to go on where a run ended; blank lines do not count, broken ones do
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) skip: u64,
    /// Yes, send to production: do not ask for the word
    #[arg(long)]
    pub(super) production: bool,
}

fn batch() -> impl TypedValueParser<Value = usize> {
    RangedU64ValueParser::<usize>::new().range(1..=MAX_BULK_EVENTS as u64)
}

/// How many calls a second may go out; `None` is as many as the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallRate(pub(super) Option<NonZero<u32>>);

impl Default for CallRate {
    /// What the platform recommends.
    fn default() -> Self {
        Self(NonZero::new(BULK_CALLS_PER_SECOND))
    }
}

impl FromStr for CallRate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self(None)),
            _ => text.parse().map(|rate| Self(Some(rate))).map_err(|_| "use a number from 1 up, or `off`"),
        }
    }
}

impl fmt::Display for CallRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(rate) => rate.fmt(f),
            None => f.write_str("off"),
        }
    }
}

const LINT_EXAMPLES: &str = "\
Examples:
  clickscope lint events.ndjson                 one event a line
  clickscope lint purchase.json --deny warning  exit 1 at warnings too
  clickscope lint - --json < events.json        a finding a line
  clickscope lint events.ndjson --format github annotations of a pull request
  clickscope lint events.ndjson -A identifier-missing -D event-name-case@view
  clickscope lint events.ndjson --plan plan     hold them to the team's plan too
  clickscope watch --json | clickscope lint -   what arrives, until interrupted

Events are also set beside those before them in the file. An array, or an object
with an array `events`, is one bulk call and held to its limits. Of one rule in
one event type the first ten findings are printed for people; other forms have up
to a hundred for each event, and count the rest.

Without options each rule is at worst as bad as `clickscope rules` says. The config
file changes that for every run, and the options win over it:
  [lint]
  event-name-case = \"note\"       allow, note, warning or error
  [lint.purchase]
  identifier-missing = \"error\"   in events of this type

A line of --json is an object with these fields:
  file, line   where the field stands, or the event if there is no such field
  type         the event type; null without one
  rule, severity, path, expected, found
               path is a JSON Pointer
  fix          null, or an object with kind (replace, rename, remove) and value

Exit codes: 0 no errors, 1 errors, 2 something in the input is no event";

/// What to lint, and how to say it.
#[derive(Clone, Debug, Args)]
pub(super) struct Lint {
    /// An event, an array or a bulk call of them, or one a line (NDJSON), also as `watch --json` prints it; - for
    /// standard input
    #[arg(value_name = "FILE|-")]
    pub(super) file: String,
    /// The platform shows these events: what it added itself does not count
    #[arg(long)]
    pub(super) received: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
    /// Print for another program
    #[arg(long, value_enum, conflicts_with = "json")]
    pub(super) format: Option<LintFormat>,
    /// Exit 1 at findings from this severity up
    #[arg(long, value_name = "SEVERITY", value_enum, default_value = "error", hide_default_value = true)]
    pub(super) deny: Denied,
    /// Make a rule a warning, for events of a TYPE or for all; any number of times
    #[arg(short = 'W', value_name = "RULE[@TYPE]")]
    pub(super) warn: Vec<RuleOf>,
    /// Allow what a rule forbids
    #[arg(short = 'A', value_name = "RULE[@TYPE]")]
    pub(super) allow: Vec<RuleOf>,
    /// Make a rule an error
    #[arg(short = 'D', value_name = "RULE[@TYPE]")]
    pub(super) error: Vec<RuleOf>,
}

/// For which other program findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LintFormat {
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// A test report in XML, a case for each event
    Junit,
    /// Workflow commands of GitHub Actions
    Github,
}

/// From which severity on findings make the program fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Denied {
    #[value(alias = "info")]
    Note,
    Warning,
    Error,
}

impl From<Denied> for Severity {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Note => Self::Note,
            Denied::Warning => Self::Warning,
            Denied::Error => Self::Error,
        }
    }
}

const RULES_EXAMPLES: &str = "\
Examples:
  clickscope rules                              ids, severities and titles
  clickscope rules --json | jq -r .id";

/// How to print the rules.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Rules {
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  clickscope explain event-name-period
  clickscope rules                              those that there are";

fn known_rule(id: &str) -> Result<&'static Rule, UnknownRule> {
    crate::plan::rule(id).ok_or_else(|| UnknownRule::new(id))
}

const PLAN_EXAMPLES: &str = "\
Examples:
  clickscope plan infer events.ndjson --into plan
                                                write a schema for each type
  clickscope plan check plan                    what is planned, what is broken
  clickscope lint events.ndjson --plan plan     hold events to it

A plan is a folder of JSON Schemas (2020-12), one an event type, to be checked
in. A file purchase.json or purchase.schema.json is for the type purchase,
unless properties.event.const in it names another. References stay within a
file; only ../event.json, as in the standard schemas, is known besides. Patterns
look neither ahead nor behind, so that none takes for ever.

A profile of the config file can name the plan, from where the file stands:
  [profiles.staging]
  plan = \"plan\"";

/// What to do about a plan.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Plan {
    /// Make schemas that these events satisfy
    #[command(after_help = INFER_EXAMPLES)]
    Infer(Infer),
    /// List the event types of a plan, and what is wrong with it
    #[command(after_help = "\
Examples:
  clickscope plan check plan
  clickscope --profile staging plan check       the plan of the profile

Exit codes: 0 every schema can be used, 2 one is broken")]
    Check {
        /// The folder; without it, that of --plan or of the profile
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

const INFER_EXAMPLES: &str = "\
Examples:
  clickscope plan infer events.ndjson --into plan
  clickscope watch --json | clickscope plan infer - --into plan
                                                from what arrives until ^C
  clickscope plan infer events.json | jq .purchase

It learns types, fields that all events of a type have, formats, and values
where a few come again and again. Of ids, times and what else differs from one
event to the next only the type is written; what the platform adds is left out.
No identifier is required, for an event needs only one of them. It is a draft:
what 20 events had in common the next may not have.

Exit codes: 0 as asked, 1 a file was there and is kept, or a type got no schema,
2 something in the input is no event";

/// From which events to make a plan, and where.
#[derive(Clone, Debug, Args)]
pub(super) struct Infer {
    /// An array of events, a bulk call of them, one event a line (NDJSON), or what watch --json prints; - for standard input
    #[arg(value_name = "FILE|-", default_value = "-", hide_default_value = true)]
    pub(super) file: String,
    /// Write a file for each event type into this folder; without it, print an object with a schema for each
    #[arg(long, value_name = "DIR")]
    pub(super) into: Option<PathBuf>,
    /// Write over files that are there
    #[arg(long, requires = "into")]
    pub(super) force: bool,
    /// The platform shows these events: leave out what it added itself
    #[arg(long)]
    pub(super) received: bool,
}

const TEMPLATES_EXAMPLES: &str = "\
Examples:
  clickscope templates                          names and what they are
  clickscope templates purchase > mine.json     one to begin with
  clickscope templates --json | jq -r .name

Your own stand in ~/.config/clickscope/templates, one file NAME.json each; one
that is named as a standard one takes its place.";

/// What to print of the templates.
#[derive(Clone, Debug, Args)]
pub(super) struct Templates {
    /// Print this one
    pub(super) name: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

const SANDBOX_EXAMPLES: &str = "\
Examples:
  clickscope sandbox                            on http://127.0.0.1:8787
  clickscope sandbox --listen 127.0.0.1:0       on any free port
  clickscope sandbox --listen 0.0.0.0:8787 --allow-host staging.lan
                                                for other machines too
  clickscope sandbox --fault status=429:0.2 --fault delay=2s
  clickscope sandbox --rewrite retype=revenue   take numbers for strings

The URL is printed as one line; it runs until interrupted. Any key that is not
empty is taken.

Events are taken from everywhere, pages of any origin included. They are shown
only under localhost, the address that it listens on and each --allow-host, and
to no page of another origin. This forgets every event:
  curl -X DELETE -H 'X-Clickscope: 1' http://127.0.0.1:8787/_sandbox/events

A fault is KIND[=VALUE][:PROBABILITY][@watch|@send|@all]. The kinds are:
  status=CODE  delay=DURATION  truncate  reset  garbage  html  blank
  slow-body[=DURATION]  oversize[=BYTES]  redirect=URL  retry-after=DURATION

A rewrite is drop=PATH, retype=PATH (number or boolean to string and back) or
set=PATH=JSON, as in products[0].price: see what a sender makes of it.";

#[derive(Clone, Debug, Args)]
pub(super) struct Sandbox {
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDR", default_value_t = DEFAULT_LISTEN)]
    pub(super) listen: SocketAddr,
    /// A name or address to show events under besides its own, any number of times
    #[arg(long = "allow-host", value_name = "NAME")]
    pub(super) allowed_hosts: Vec<AllowedHost>,
    /// The form of the debug answer
    #[arg(long, value_name = "SHAPE", value_enum, default_value_t)]
    pub(super) debug_shape: DebugShape,
    /// Trouble to order, any number of times; see below
    #[arg(long = "fault", value_name = "FAULT")]
    pub(super) faults: Vec<Fault>,
    /// What to do to events on their way in, any number of times; see below
    #[arg(long = "rewrite", alias = "mangle", value_name = "REWRITE")]
    pub(super) rewrites: Vec<Rewrite>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn help_fits_on_80_columns_and_every_command_has_an_example() {
        let mut command = Cli::command().term_width(80);
        command.build();
        insta::assert_snapshot!("help", command.render_help());
        help_of("help", &mut command);
    }

    fn help_of(name: &str, command: &mut clap::Command) {
        for subcommand in command.get_subcommands_mut().filter(|subcommand| subcommand.get_name() != "help") {
            let help = subcommand.render_help().to_string();
            assert!(help.contains("Example"), "{help}");
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
            let name = format!("{name}_{}", subcommand.get_name());
            insta::assert_snapshot!(name.as_str(), help);
            help_of(&name, subcommand);
        }
    }
}
