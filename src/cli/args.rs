use std::ffi::OsString;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, RangedU64ValueParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::app::ThemeName;
use crate::blueshift::limits::{BULK_CALLS_PER_SECOND, MAX_BULK_EVENTS, SAFE_BULK_EVENTS};
use crate::blueshift::{Region, TargetError};
use crate::config::{Target, parse_interval, parse_pace, parse_patience, parse_since, parse_size};
use crate::event::{Assignment, Path};
use crate::lint::{Rule, Severity};
use crate::plan::{RuleOf, UnknownRule};
use crate::report::Ignored;
use crate::sandbox::{AllowedHost, DEFAULT_LISTEN, DebugShape, Fault, Rewrite};
use crate::session::{Jump, Speed};

// Help is laid out for 80 columns.
const EXAMPLES: &str = "\
Examples:
  clickscope demo                               look around, offline
  CLICKSCOPE_EVENT_KEY=… clickscope --region eu watch an account in the EU
  CLICKSCOPE_EVENT_KEY=any clickscope --url http://127.0.0.1:8787
                                                watch a local collector
  clickscope watch --once --json | jq .event    the latest event of each type
  clickscope send purchase --prove              send one and see it arrive
  clickscope expect purchase -- npm run e2e     run a test, see the event arrive
  clickscope replay session.ndjson              go through a recorded session
  clickscope lint events.ndjson                 check the events in a file
  clickscope doctor                             find out why it does not work
  clickscope plan infer events.ndjson --into plan
                                                derive schemas from events

Keys are never passed as arguments:
  CLICKSCOPE_EVENT_KEY   the Event API key; prompted for if unset
  CLICKSCOPE_USER_KEY    the User API key; adds counts of received events

Environment:
  CLICKSCOPE_LOG         the log level: off, error, warn, info, debug or trace

Exit codes:
  0    success
  1    the server refused an event, --keep-going left some out, errors were
       found in events, or no event was as expected
  2    usage or configuration error, or input that cannot be read or sent
  3    an event that was waited for was not seen in time
  4    there is no key, or the server refused it
  5    network or server error, after retries
  74   the output cannot be written
  130  interrupted";

/// See live which of your events Blueshift received.
#[derive(Debug, Parser)]
#[command(name = "clickscope", version = env!("CLICKSCOPE_VERSION"), after_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) options: Options,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

// The environment is laid under these by `config` and not by clap, for which a flag and a variable that exclude each
// other are a conflict even where the flag is there to win.
const REGION: &str =
    "The region of the account; `us`, the default, covers the rest of the world too [env: CLICKSCOPE_REGION]";
const URL: &str = "Another server that implements the API, such as http://127.0.0.1:8787 [env: CLICKSCOPE_URL]";
const INTERVAL: &str = "How often to poll, 250ms to 10min; by default 2s, or 500ms for a server on this machine [env: CLICKSCOPE_INTERVAL]";

const HEADER: &str = "A header to add to each request, such as 'X-Token: …', for a gateway with a login of its own; repeatable, and never shown. A profile has headers = [\"X-Token: VARIABLE\"]";

const HISTORY: &str = "How much of the events that came is held to go back to, such as 512MiB; by default 64MiB [env: CLICKSCOPE_HISTORY]";

const PLAN: &str = "A folder of JSON Schemas, one per event type, to check events against (see `clickscope plan`)";

const THEME: &str =
    "How the screen looks; by default what suits the terminal (see `clickscope theme`) [env: CLICKSCOPE_THEME]";

const SHOW_KEYS: &str = "Show the keys that are pressed, for those who look on; what is typed into a text is not shown";

const PROFILE: &str = "A profile in the config file; its settings override the environment [env: CLICKSCOPE_PROFILE]";

/// The options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Options {
    #[arg(long, global = true, value_name = "NAME", help = PROFILE)]
    pub(super) profile: Option<String>,
    #[arg(long, global = true, value_parser = region(), help = REGION)]
    pub(super) region: Option<Region>,
    #[arg(long, global = true, help = URL)]
    pub(super) url: Option<String>,
    #[arg(long, global = true, value_parser = parse_interval, help = INTERVAL)]
    pub(super) interval: Option<Duration>,
    #[arg(long = "header", global = true, value_name = "HEADER", help = HEADER)]
    pub(super) headers: Vec<String>,
    #[arg(long, global = true, value_name = "DIR", help = PLAN)]
    pub(super) plan: Option<PathBuf>,
    #[arg(long, global = true, value_name = "SIZE", value_parser = parse_size, help = HISTORY)]
    pub(super) history: Option<usize>,
    #[arg(long, global = true, value_name = "NAME", value_parser = theme(), help = THEME)]
    pub(super) theme: Option<ThemeName>,
    #[arg(long, global = true, help = SHOW_KEYS)]
    pub(super) show_keys: bool,
}

/// The command line as help and manual have it: with the options of every command only where they mean something. That
/// takes longer to make than it takes to show the first frame, so nothing is parsed with it that is not about help.
pub(super) fn command() -> clap::Command {
    for_help(Cli::command())
}

fn for_help(mut command: clap::Command) -> clap::Command {
    command.build();
    command.mut_subcommands(with_its_own_options)
}

fn with_its_own_options(command: clap::Command) -> clap::Command {
    if command.get_name() == "config" {
        return command.mut_subcommands(|command| match command.get_name() {
            // What it explains may be given by any of them.
            "explain" => command,
            _ => only_with(command, &[]),
        });
    }
    let taken: Option<&[&str]> = match command.get_name() {
        "lint" | "check" | "report" | "compare" => Some(&["profile", "plan"]),
        "demo" => Some(&["interval", "history", "theme", "show-keys"]),
        "send" | "expect" | "baseline" => Some(&["profile", "region", "url", "interval", "header", "plan"]),
        "replay" => Some(&["profile", "plan", "history", "theme", "show-keys"]),
        "sandbox" => Some(&["profile", "header", "theme", "show-keys"]),
        "doctor" => Some(&["profile", "region", "url", "header"]),
        "plan" | "infer" | "rules" | "explain" | "templates" | "theme" | "commands" | "completions" | "man" => {
            Some(&[])
        }
        _ => None,
    };
    let command = command.mut_subcommands(with_its_own_options);
    match taken {
        Some(taken) => only_with(command, taken),
        None => command,
    }
}

/// Hides the options of every command that are not among these.
fn only_with(command: clap::Command, taken: &[&str]) -> clap::Command {
    command.mut_args(|arg| {
        let is_foreign = arg.is_global_set() && !arg.get_long().is_some_and(|long| taken.contains(&long));
        if is_foreign { arg.hide(true) } else { arg }
    })
}

fn theme() -> impl TypedValueParser<Value = ThemeName> {
    PossibleValuesParser::new(ThemeName::ALL.map(ThemeName::as_str)).try_map(|name| name.parse())
}

fn region() -> impl TypedValueParser<Value = Region> {
    PossibleValuesParser::new(Region::ALL.map(Region::as_str)).try_map(|name| name.parse())
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Watch events as they arrive (the default command)
    #[command(after_help = WATCH_EXAMPLES)]
    Watch(WatchArgs),
    /// Watch the traffic of a small shop on a local collector; needs no account or network
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(DemoArgs),
    /// Send events, and prove that they arrive
    #[command(after_help = SEND_EXAMPLES)]
    Send(SendArgs),
    /// Wait for an event that was not there before, around a command; made for tests in CI
    #[command(after_help = EXPECT_EXAMPLES)]
    Expect(Box<ExpectArgs>),
    /// Print what is there now, for `expect --since`
    #[command(after_help = BASELINE_EXAMPLES)]
    Baseline,
    /// Replay a recorded session: step through it, jump in it, play it
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(ReplayArgs),
    /// Report what is wrong with events, field by field, and how to fix it
    #[command(after_help = LINT_EXAMPLES)]
    Lint(LintArgs),
    /// Report what a tape or a file of events says, to hand over to others
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Compare two tapes, files or profiles: types, fields and findings on one side only
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArgs),
    /// List the lint rules
    #[command(after_help = RULES_EXAMPLES)]
    Rules(RulesArgs),
    /// Explain a lint rule
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// The id of the rule (see `clickscope rules`)
        #[arg(value_parser = known_rule)]
        rule: &'static Rule,
    },
    /// Derive a tracking plan from events, or check one
    #[command(after_help = PLAN_EXAMPLES)]
    Plan {
        #[command(subcommand)]
        command: PlanCommand,
    },
    /// List the event templates, or print one
    #[command(after_help = TEMPLATES_EXAMPLES)]
    Templates(TemplatesArgs),
    /// Run a local collector that imitates the platform, and show all that it is sent
    #[command(after_help = SANDBOX_EXAMPLES)]
    Sandbox(Box<SandboxArgs>),
    /// Show the themes in samples of the screen
    #[command(after_help = THEME_EXAMPLES)]
    Theme(ThemeArgs),
    /// Write a config file, or explain what is set and where that comes from
    #[command(after_help = CONFIG_EXAMPLES)]
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Find out why it does not work: the way to the account, its keys, its answers, the terminal
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorArgs),
    /// List the commands, their options, exit codes and records, for programs
    #[command(after_help = COMMANDS_EXAMPLES)]
    Commands(CommandsArgs),
    /// Print shell completions
    #[command(
        after_help = COMPLETIONS_EXAMPLES
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write one for each command
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArgs),
}

const THEME_EXAMPLES: &str = "\
Examples:
  clickscope theme                              all of them
  clickscope theme light                        one
  clickscope demo --theme high-contrast

Without --theme, CLICKSCOPE_THEME or theme in the config file, it is what suits
the terminal: none where NO_COLOR is set; dark, or light where COLORFGBG or the
terminal itself says that its background is light; 16 where it has no more
colours; ascii where the locale's characters are not UTF-8.";

const DEMO_EXAMPLES: &str = "Examples:
  clickscope demo
  clickscope demo --show-keys        the keys that are pressed, for a screen share

A tour in the bottom row goes key by key to an event that is fixed, sent and
seen; esc puts it away, and the palette (:) brings it back.";

/// Which theme is shown.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ThemeArgs {
    /// The theme
    #[arg(value_parser = theme())]
    pub(super) name: Option<ThemeName>,
}

const CONFIG_EXAMPLES: &str = "\
Examples:
  clickscope config init                        ~/.config/clickscope/config.toml
  clickscope config init --project              .clickscope.toml, beside the code
  clickscope config explain --profile live      each value and its place
  clickscope config explain --json | jq -r '\"\\(.name)=\\(.value)\"'

The nearest place wins: a flag, the environment, .clickscope.toml (from here up
to the root of the repository), your own file, the default. A profile that
--profile names goes before the environment.

A project's file comes with its code, so it may say what is checked and shown,
but never a command to run or a file to read; and what it says of servers, key
variables and what may be sent counts after `clickscope config trust`.";

/// What to do with config files.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Write a small commented config file
    #[command(after_help = "Example:\n  clickscope config init")]
    Init {
        /// Write .clickscope.toml in this folder, for everybody who works on the project
        #[arg(long)]
        project: bool,
    },
    /// Print each setting, where it comes from, and what it hides
    #[command(after_help = CONFIG_EXPLAIN_EXAMPLES)]
    Explain {
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of config files, for editors
    #[command(after_help = "Example:\n  clickscope config schema > clickscope.schema.json")]
    Schema,
    /// Agree to what the project's file says of servers, keys and what may be sent
    #[command(after_help = CONFIG_TRUST_EXAMPLES)]
    Trust {
        /// Take the agreement back
        #[arg(long)]
        forget: bool,
    },
}

const CONFIG_EXPLAIN_EXAMPLES: &str = "\
Example:
  clickscope config explain --profile live

Each line of --json is an object with the fields name, value and from, and
hidden: what farther places say, as objects with value and from. No key is among
them, only where keys are and whether that variable is set.";

const CONFIG_TRUST_EXAMPLES: &str = "\
Examples:
  clickscope config trust            show what it decides, and agree to it
  clickscope config trust --forget

The agreement is to the file as it is now: once it is changed, it has to be
agreed to again.";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  clickscope doctor --region eu                 each check, with what mends it
  clickscope doctor --ticket                    a text for a support ticket
  clickscope doctor --json | jq 'select(.status != \"ok\")'
  clickscope --profile staging doctor --send-probe
                                                send one event and see it arrive

It looks at the proxy, DNS, the connection, TLS, the clock, both keys in both
regions, the form of the answers for events, history and counts, rate limits,
the public status page of the platform, and the terminal. Nothing is sent
without --send-probe. Only the target is asked; where that is the platform, its
other region and its status page are too.

No line holds a key or an event. Each line of --json is an object with these
fields:
  record       check
  check        what was looked at
  status       ok, warning or failure
  found        its state
  fix          what mends it, or null
  request_id   the x-request-id of an answer that was none, or null
  took_ms      how long it took, or null

Exit codes: 0 no failure, 1 a failure; 4 a key is refused, 5 the network or the
server fails, as elsewhere";

/// What `doctor` looks at, and how it is told.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct DoctorArgs {
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
    /// Print a table for a support ticket, in Markdown
    #[arg(long, conflicts_with = "json")]
    pub(super) ticket: bool,
    /// Send an event of the type `clickscope_probe` to a test address, and see it arrive
    #[arg(long)]
    pub(super) send_probe: bool,
    /// Send it to production without asking for confirmation
    #[arg(long, requires = "send_probe")]
    pub(super) production: bool,
}

const COMMANDS_EXAMPLES: &str = "\
Examples:
  clickscope commands                           a line a command
  clickscope commands --json | jq '.commands[] | select(.name == \"watch\")'
  clickscope commands --json | jq .exit_codes

--json prints one object with these fields:
  program, version
  commands     name, about, usage, arguments, options and notes of each;
               options have long, short, value, values, default, env, help,
               required and repeatable
  global       the options of every command that does not hide them
  environment  name and about of each variable
  exit_codes   code and about of each
  records      kind, about and fields of each record; `watch --print-schema` has
               the whole schema";

/// How to list the commands.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct CommandsArgs {
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

const MAN_EXAMPLES: &str = "\
Examples:
  clickscope man > ~/.local/share/man/man1/clickscope.1
  clickscope man --into ~/.local/share/man/man1
                                                clickscope-watch.1 and so on, too";

/// The arguments of `man`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ManArgs {
    /// Write the page and one for each command into this folder
    #[arg(long, value_name = "DIR")]
    pub(super) into: Option<PathBuf>,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(clickscope completions bash)
  clickscope completions zsh > ~/.zfunc/_clickscope
  clickscope completions fish > ~/.config/fish/completions/clickscope.fish

The script asks the program, so it completes rules, templates, event types and
profiles too, your own among them. No command of the config file is run for it.";

const WATCH_EXAMPLES: &str = "\
Examples:
  clickscope watch                              in the terminal
  clickscope watch --json | jq 'select(.type == \"purchase\")'
                                                one line per change
  clickscope watch --json --where '.revenue > 100 or .coupon != null'
                                                only such events
  clickscope watch --once --json > seen.ndjson  one line per event type
  clickscope watch --record purchase.ndjson     keep the session, for later
  clickscope watch --json --since 10m           with what came shortly before
  my-collector | clickscope watch --from -      what another collector prints
  tail -f snowplow.ndjson | jq -c '{event: .event_name} + .' |
    clickscope watch --from - --no-rules        and by no rules of Blueshift

Where standard output is no terminal, --json is meant.

What came between two polls is asked for at the history endpoint, which has the
last 50 events of a type, at most 30 times a minute.

A tape, as --record and the key w write it, has such lines for all that happened
behind a first one that says what was watched. Findings are not on it: whoever
reads it judges anew. --print-schema has every kind of line. A profile with
record = \"auto\" is recorded each time; the newest five tapes are kept, in
~/.local/state/clickscope/tapes.

Each line of --json is a record of what happened; `record` is its kind:
  event        an event came
  gap          events were lost; `lost` says how many, or is null for at least
               one (none if exactly `unless` came). They came before the event
               that follows, or, with `late`, before the newest of their type
  count        the server's count for a type changed, but no event came
  errors       the server's counts of events that it could not process changed

A record of an event is an object with these fields; only it has `event`:
  type         the event type
  change       new, updated, earlier (than the newest one), gone or returned
  event        the event, token for token as received
  received     how many the server says it received today; null when unknown
  counted_at   when that was counted; left out when unknown. Events seen since
               are in captured and not yet in received
  captured     how many distinct events of the type were seen
  arrived      how many events this record stands for
  coverage     captured and received since the count became known, or null
  observed_at  when this was seen, in UTC
  from         backfill where the history told it, else absent
  late         true if a newer event was printed before it, else absent
  latency_ms   from the event's timestamp to its receipt; null when unknown
  from         how it came, where no poll showed it: backfill, collector, refused,
               sent, tape
  findings     what is wrong with the event: objects with rule, severity, path,
               expected, found and fix, as `clickscope lint --json` prints them.
               As on screen, [lint] in the config file and --plan apply";

/// Whether what is shown and written is masked.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RedactArgs {
    /// Mask what tells who an event is about: emails, phones, IPs, names, identifiers, tokens
    #[arg(long)]
    pub(super) redact: bool,
    /// Mask with the key in this variable, so that equal values get equal masks in other runs too
    #[arg(long, value_name = "VARIABLE")]
    pub(super) redact_key: Option<String>,
}

/// Where the session is recorded.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RecordArgs {
    /// Record the session to FILE, which must not exist: a line of JSON for all that happens (a tape). It holds customers' data
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
}

/// The arguments of `demo`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct DemoArgs {
    #[command(flatten)]
    pub(super) record: RecordArgs,
    #[command(flatten)]
    pub(super) redact: RedactArgs,
}

#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct WatchArgs {
    /// Print what the endpoint knows, then exit
    #[arg(long)]
    pub(super) once: bool,
    /// Print one JSON object per line instead of showing the screen, as where there is no terminal
    #[arg(long)]
    pub(super) json: bool,
    /// Begin with what came so long before, 1s to 24h, as far as the history has it
    #[arg(long, value_name = "DURATION", value_parser = parse_since)]
    pub(super) since: Option<Duration>,
    /// Watch the events that another program writes, a line of JSON each, instead of an account; or those in a file
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["once", "since"])]
    pub(super) from: Option<String>,
    /// With --from: leave out the rules of the platform; what --plan says holds
    #[arg(long, requires = "from")]
    pub(super) no_rules: bool,
    /// Print only the events that a jq expression is true of; with --json or --once
    #[arg(long = "where", value_name = "EXPRESSION")]
    pub(super) filter: Option<String>,
    #[command(flatten)]
    pub(super) redact: RedactArgs,
    #[command(flatten)]
    pub(super) record: RecordArgs,
    /// Print the JSON Schema of the lines that --json and --record write, and exit
    #[arg(long, conflicts_with_all = ["once", "json", "since", "record", "from"])]
    pub(super) print_schema: bool,
}

const SEND_EXAMPLES: &str = "\
Examples:
  clickscope send purchase --prove              send a template, see it arrive
  clickscope send purchase --set 'products[0].price=19' --set coupon=BF26
  clickscope send view --dry-run                print the curl command only
  clickscope send events.ndjson --keep-going    one event per line
  jq .event seen.ndjson | clickscope send -     from another program
  clickscope send journey --pace 1s             from view to purchase, slowly
  clickscope send purchase --prove --strict --allow timestamp
                                                exit 1 if another field changed

One object goes to /api/v1/event; an array, or several objects, to
/api/v1/bulkevents. An event without an event_uuid is given one.

Placeholders, resolved when an event is sent:
  {{uuid}}  {{now}}  {{now-2d}}  {{epoch}}  {{seq}}  {{email}}  {{env.NAME}}

--json prints one object per call, then one per proof. Those of a call:
  record       sent
  sent         how many events the server took
  status, attempts, latency_ms
  events       type and event_uuid of each
  answer       the server's answer when it took them
  message, advice, fields
               what it, or the network, said otherwise, what to do, and the
               fields that it named
  trouble      the kind of trouble where the call failed
  batch, call, calls, observed_at
Those of a proof:
  record       proof
  type, event_uuid
  proof        seen, missed, not sent or waiting
  after_ms, by how long it took, and whether by marker or by content
  dropped_in_processing
               true, or left out
  differences  objects with path, kind, sent and received
  clues        what is known of one that was missed
  stages       sent, accepted, shown, counted, errors, each with state and said;
               the first with the state wrong is where the problem is
  observed_at";

/// The arguments of `send`.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct SendArgs {
    /// A template (see `clickscope templates`); a file in any form that `lint` reads, of which all is read before anything
    /// is sent; or - for standard input, which is sent while it is read
    #[arg(value_name = "TYPE|FILE|-")]
    pub(super) what: String,
    /// Set a value in each event, as JSON or as plain text; can be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(super) assignments: Vec<Assignment>,
    /// Send {{…}} unchanged
    #[arg(long)]
    pub(super) no_placeholders: bool,
    /// Print the curl commands and send nothing; needs no key
    #[arg(long, conflicts_with_all = ["prove", "json"])]
    pub(super) dry_run: bool,
    /// Wait until each event is seen at the debug endpoint, and print what changed on the way; at most 100 events
    #[arg(long)]
    pub(super) prove: bool,
    /// Exit 1 when a field was dropped, changed or retyped on the way
    #[arg(long, requires = "prove")]
    pub(super) strict: bool,
    /// With --strict, let the field at PATH, and what is in it, come otherwise; can be repeated
    #[arg(long, value_name = "PATH", requires = "strict")]
    pub(super) allow: Vec<Path>,
    /// How long to wait for an event, 1s to 10min
    #[arg(long, value_name = "DURATION", value_parser = parse_patience, default_value = "30s", requires = "prove")]
    pub(super) within: Duration,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
    /// Leave out lines that cannot be sent and events that are refused, and carry on
    #[arg(long)]
    pub(super) keep_going: bool,
    /// The maximum number of events in a bulk call, 1 to 100; only older documentation allows more than 30
    #[arg(long, value_name = "N", value_parser = batch(), default_value_t = SAFE_BULK_EVENTS)]
    pub(super) batch: usize,
    /// The maximum number of calls per second, or `off` for a server of your own
    #[arg(long, value_name = "N|off", default_value_t)]
    pub(super) rate: CallRate,
    /// Send each event by itself, so long after the one before, 10ms to 1h
    #[arg(long, value_name = "DURATION", value_parser = parse_pace, conflicts_with_all = ["batch", "rate"])]
    pub(super) pace: Option<Duration>,
    /// Skip the first N events, to resume where a run ended; broken ones count
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) skip: u64,
    /// Send to production without asking for confirmation
    #[arg(long)]
    pub(super) production: bool,
    #[command(flatten)]
    pub(super) redact: RedactArgs,
}

fn batch() -> impl TypedValueParser<Value = usize> {
    RangedU64ValueParser::<usize>::new().range(1..=MAX_BULK_EVENTS as u64)
}

/// How many calls a second may go out; `None` is as many as the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallRate(pub(super) Option<NonZero<u32>>);

impl Default for CallRate {
    /// The platform's recommendation.
    fn default() -> Self {
        Self(NonZero::new(BULK_CALLS_PER_SECOND))
    }
}

impl FromStr for CallRate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self(None)),
            _ => text.parse().map(|rate| Self(Some(rate))).map_err(|_| "use a whole number of at least 1, or `off`"),
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

const EXPECT_EXAMPLES: &str = "\
Examples:
  clickscope expect checkout --where '.total == 30' -- npm run e2e
                                                run a test, then wait for it
  clickscope expect checkout --has products[0].sku=A1 --has currency=EUR
                                                one that comes from now on
  clickscope expect purchase --count 1 --within 20s -- npm run e2e
                                                one, and no second one
  clickscope expect refund --none -- npm run e2e
  clickscope expect purchase --after add_to_cart --no-errors -- npm run e2e
  clickscope expect -f events.toml --format junit -- npm run e2e > expect.xml
                                                several, with titles and order
  clickscope baseline > before.json; npm run e2e
  clickscope expect checkout --since before.json
  clickscope expect checkout --from tape.ndjson judge what is on a tape

What is there at the beginning is no arrival: a newest event that did not change
does not count, an equal one that comes anew does. What arrives while the
command runs counts; --within begins when it ends. A collector of ours tells
every request. Another server is polled: fast at first, and its history fills
what lies between two polls. What may have been missed is part of the verdict.

An expression is jq, as on the screen (docs/expect.md says what of it there is).
It sees one event. Several conditions must all be true of the same event.

The command's output is passed through, and what is said of the expectation goes
to standard error. With --json or --format that goes to standard output, and the
output of the command to standard error.

Exit codes:
  0    met
  1    some of the type came and none matched, or too many; or it cannot be
       told, for an event may have been missed (0 with --lenient)
  2    usage error, a wrong expression, or the command cannot be started
  3    none of the type came in time
  4    there is no key, or the server refused it
  5    network or server error, after retries
  124  the command took longer than --timeout, and was ended
  130  interrupted
A command that fails wins: its own code, or 128 and the number of its signal.";

/// What must come, and around what.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct ExpectArgs {
    /// The type of the event
    #[arg(value_name = "TYPE", required_unless_present = "file")]
    pub(super) event_type: Option<String>,
    /// A file of expectations (TOML), instead of one on the command line
    #[arg(short, long, value_name = "FILE", conflicts_with_all = [
        "event_type", "conditions", "has", "count", "at_least", "at_most", "none", "after", "no_errors",
    ])]
    pub(super) file: Option<PathBuf>,
    /// A jq expression that must be true of the event; can be repeated
    #[arg(long = "where", value_name = "EXPRESSION")]
    pub(super) conditions: Vec<String>,
    /// A value that the event must have, as JSON or as plain text; can be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) has: Vec<Assignment>,
    /// How long to wait for it once the command has ended, or from now on; 1s to 10min
    #[arg(long, value_name = "DURATION", value_parser = parse_patience, default_value = "10s")]
    pub(super) within: Duration,
    /// Exactly so many such events
    #[arg(long, value_name = "N", conflicts_with_all = ["at_least", "at_most", "none"])]
    pub(super) count: Option<u64>,
    /// At least so many
    #[arg(long, value_name = "N", conflicts_with = "none")]
    pub(super) at_least: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "N", conflicts_with = "none")]
    pub(super) at_most: Option<u64>,
    /// None at all
    #[arg(long)]
    pub(super) none: bool,
    /// Only events that came after one of this type; can be repeated
    #[arg(long, value_name = "TYPE")]
    pub(super) after: Vec<String>,
    /// Only events in which `lint` finds no error
    #[arg(long)]
    pub(super) no_errors: bool,
    /// Take what came since a baseline for new, instead of what comes from now on
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(super) since: Option<PathBuf>,
    /// Judge a tape, or events in any form that `lint` reads, instead of watching; - for standard input
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["command", "record", "timeout"])]
    pub(super) from: Option<String>,
    /// Exit 0 when it cannot be told, for an event may have been missed
    #[arg(long)]
    pub(super) lenient: bool,
    /// End the command, and all that it started, after so long; 1s to 24h
    #[arg(long, value_name = "DURATION", value_parser = parse_since, requires = "command")]
    pub(super) timeout: Option<Duration>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
    /// Print in the format of another program
    #[arg(long, value_enum, conflicts_with = "json")]
    pub(super) format: Option<ExpectFormat>,
    #[command(flatten)]
    pub(super) record: RecordArgs,
    #[command(flatten)]
    pub(super) redact: RedactArgs,
    /// A command to run, such as the test that makes the event happen
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

/// For which other program verdicts are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExpectFormat {
    /// A test report in XML, with one case per expectation
    Junit,
    /// Annotations for GitHub Actions, and the summary of the step
    Github,
}

const BASELINE_EXAMPLES: &str = "\
Example:
  clickscope baseline > before.json; npm run e2e
  clickscope expect checkout --since before.json

It is one object, with the newest event of each type as a hash and nothing of
what is in it: baseline (1), target, taken_at, server_time, types, each with
hash, uuid, received_at and received; of a collector of ours also last_request.";

const LINT_EXAMPLES: &str = "\
Examples:
  clickscope lint events.ndjson                 one event per line
  clickscope lint purchase.json --deny warning  exit 1 on warnings too
  clickscope lint - --json < events.json        one finding per line
  clickscope lint 'tests/**/*.ndjson' --format github
                                                pull request annotations
  clickscope lint events.ndjson -A identifier-missing -D event-name-case@view
  clickscope lint events.ndjson --plan plan     check against the plan too
  clickscope watch --json | clickscope lint -   live events, until interrupted

Each event is also compared with those before it in its file. An array, or an
object with an array `events`, counts as one bulk call and must keep within its
limits. The text output prints the first ten findings of a rule per event type;
the other formats print up to a hundred per event and count the rest.

Without options, a finding has at most the severity that `clickscope rules`
lists for its rule. The config file changes that for every run, and options
override the config file:
  [lint]
  event-name-case = \"note\"       allow, note, warning or error
  identifiers = [\"loyalty_id\"]   fields that name a customer too, also for
                                 --prove and the sandbox
  [lint.purchase]
  identifier-missing = \"note\"    in events of this type

Each line of --json is an object with these fields:
  file, line   where the field is, or the event if it has no such field
  type         the event type; null if there is none
  rule, severity, path, expected, found
               path is a JSON Pointer
  fix          null, or an object with kind (replace, rename, remove) and value
What cannot be read is a line too, with the rule not-an-event; line is null
where that is all of a file.

In --format, files are named relative to the repository (GITHUB_WORKSPACE). The
names of JUnit's cases do not depend on lines. GitHub shows ten annotations of a
kind: the worst come first, the last says how many more, and all are in the
table that is added to GITHUB_STEP_SUMMARY.

Exit codes: 0 no finding reaches --deny, 1 one does, 2 part of the input is no
event";

/// The arguments of `lint`.
#[derive(Clone, Debug, Args)]
pub(super) struct LintArgs {
    /// Events in any form: one, an array, a bulk payload, one per line (NDJSON) or one after the other as jq prints them,
    /// what `watch --json` prints or records; also packed with gzip or zstd; a pattern such as 'tests/**/*.ndjson'; - for
    /// standard input
    #[arg(value_name = "FILE|-", required = true)]
    pub(super) files: Vec<String>,
    /// The events come from the platform: ignore the fields that it added
    #[arg(long)]
    pub(super) received: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
    /// Print in the format of another program
    #[arg(long, value_enum, conflicts_with = "json")]
    pub(super) format: Option<LintFormat>,
    /// Exit 1 on findings of at least this severity
    #[arg(long, value_name = "SEVERITY", value_enum, default_value = "error", hide_default_value = true)]
    pub(super) deny: Denied,
    /// Report a rule as a warning, for events of a TYPE or for all; can be repeated
    #[arg(short = 'W', value_name = "RULE[@TYPE]")]
    pub(super) warn: Vec<RuleOf>,
    /// Allow what a rule forbids: report nothing
    #[arg(short = 'A', value_name = "RULE[@TYPE]")]
    pub(super) allow: Vec<RuleOf>,
    /// Report a rule as an error
    #[arg(short = 'D', value_name = "RULE[@TYPE]")]
    pub(super) error: Vec<RuleOf>,
    #[command(flatten)]
    pub(super) redact: RedactArgs,
}

/// For which other program findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LintFormat {
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// A test report in the XML of `JUnit`, with one case per file and event type
    Junit,
    /// Annotations for GitHub Actions, with a table of all findings in the summary of the step
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

const REPLAY_EXAMPLES: &str = "\
Examples:
  clickscope replay session.ndjson              begin at its end
  clickscope replay session.ndjson --at 14:03   as it was at that time
  clickscope replay session.ndjson --speed 4    play it from its beginning
  clickscope replay --last                      the newest of record = \"auto\"
  clickscope replay session.ndjson.zst --json | jq .type
                                                give the records back

A tape is what `watch --record` writes. Any file that `lint` reads can be
replayed too: events by themselves come at the times that they tell.

In the replay:
  space         play, or hold        . ,   one event on, one back
  + -           faster, slower       t     jump to a place
A place is a time (14:03, 14:03:22, 2026-11-24 14:03), a step in time (+2m,
-30s), a share of the events (50%) or the number of an event (120). Ages and
rates are those on the tape. A pause of more than 10 s is cut short. Nothing can
be sent from a replay.

The tape is indexed and not loaded: 1 GB takes about a second, and the first
events are shown before. After a jump the history holds the newest event of each
type and about the last 5,000 records, and findings are counted in these. Packed
files (gzip, zstd) and standard input are unpacked once into a temporary file
without a name. Lines that cannot be read are named and left out.

Exit codes: 0 success, 2 it cannot be opened or, with --json, not be read whole";

/// What to replay, and how.
#[derive(Clone, Debug, Args)]
pub(super) struct ReplayArgs {
    /// A tape, or another file with events; also packed with gzip or zstd; - for standard input
    #[arg(value_name = "FILE|-", required_unless_present = "last")]
    pub(super) file: Option<String>,
    /// The newest of the tapes that a profile with record = "auto" has recorded
    #[arg(long, conflicts_with = "file")]
    pub(super) last: bool,
    /// Print the records, one JSON object per line, instead of showing the screen
    #[arg(long, conflicts_with_all = ["at", "play", "speed"])]
    pub(super) json: bool,
    /// Begin at a place of the tape instead of its end
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    pub(super) at: Option<Jump>,
    /// Play it at once, from its beginning or from --at
    #[arg(long)]
    pub(super) play: bool,
    /// Play it at once, so many times as fast as it was recorded
    #[arg(long, value_name = "N")]
    pub(super) speed: Option<Speed>,
    #[command(flatten)]
    pub(super) redact: RedactArgs,
}

const REPORT_EXAMPLES: &str = "\
Examples:
  clickscope report tape.ndjson                 Markdown, for a ticket
  clickscope report tape.ndjson --format html > proof.html
                                                one file, for any browser
  clickscope report events.ndjson --format csv > fields.csv
  clickscope watch --json | clickscope report - until interrupted
  ssh staging clickscope report tape.ndjson --format html > proof.html

It tells the event types with their counts, when events came, each kind of
finding with how often and an example, proofs and how long they took, what was
lost, and of each field in how many events it is, of which types, how many
different values it has and the most frequent ones. Beyond 256 different values
their number is an estimate. What there is too much of is counted.

--format json prints one object with these fields:
  report, version  clickscope, 1
  source, target, redacted
  from, to, events, untimed, unreadable
  types        objects with type, captured, first, last, coverage (captured and
               received while the server's count was known), received_today,
               lost, findings (errors, warnings, notes) and fields: path, count,
               of, types, distinct (count, estimate), values, example, range
  timeline     seconds (of each span) and spans: at, events, faulty
  findings     type, rule, severity, path, missing, title, events, of, first,
               last, example
  proofs       seen, missed, not_sent, latencies, list
  gaps         type, lost (null is at least one), at
  errors       the server's counts of events that it could not process
  left_out     how much there was too much of

--format csv prints a row for each type, finding, proof, gap and field. A cell
that a spreadsheet would run begins with an apostrophe.

Exit codes: 0 success, 2 part of the input is no event";

/// Of what to make a report, and how.
#[derive(Clone, Debug, Args)]
pub(super) struct ReportArgs {
    /// A tape, or events in any form that `lint` reads; - for standard input
    #[arg(value_name = "FILE|-")]
    pub(super) file: String,
    /// The format of the report
    #[arg(long, value_enum, default_value = "md")]
    pub(super) format: ReportFormat,
    /// The events come from the platform: ignore the fields that it added
    #[arg(long)]
    pub(super) received: bool,
    #[command(flatten)]
    pub(super) redact: RedactArgs,
}

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// Markdown (GitHub Flavored)
    Md,
    /// One HTML file that asks nobody for anything
    Html,
    /// One JSON object
    Json,
    /// CSV (RFC 4180)
    Csv,
}

const COMPARE_EXAMPLES: &str = "\
Examples:
  clickscope compare staging.ndjson production.ndjson
  clickscope compare staging live               two profiles, each polled once
  clickscope compare tape.ndjson live --ignore purchase.coupon --ignore .utm
  clickscope compare a.ndjson b.ndjson --json | jq -r .type

A name that is a file is that file; profile:NAME is the profile in any case.
Told are types that one side does not have, fields that it has in no event,
fields with a type of values that the other side does not have, and findings on
one side only. What is rare on one side and was not seen among few events on the
other, and shares that are far apart, are notes: they are no difference.

--ignore takes a type (purchase), a field of it (purchase.coupon) or a field of
any type (.coupon), each with all that is in it; products[].sku is in any
element.

Each line of --json is an object with these fields:
  kind         missing-type, missing-field, retyped, finding or share
  type, path   path is null for a whole type
  rule, severity, title
               of a finding
  a, b         how each side has it: count, of, types
  findings     rules that are broken on one side because of it
  note         whether it is only a note

Exit codes: 0 no difference, 1 a difference, 2 usage error, or a part that is no
event; 4 and 5 as elsewhere for a profile that cannot be polled";

/// What to compare.
#[derive(Clone, Debug, Args)]
pub(super) struct CompareArgs {
    /// A tape, a file in any form that `lint` reads, a profile, or - for standard input
    #[arg(value_name = "A")]
    pub(super) a: String,
    /// Another one
    #[arg(value_name = "B")]
    pub(super) b: String,
    /// Do not compare a type or a field; can be repeated
    #[arg(long, value_name = "PATH")]
    pub(super) ignore: Vec<Ignored>,
    #[command(flatten)]
    pub(super) redact: RedactArgs,
    /// The events come from the platform: ignore the fields that it added
    #[arg(long)]
    pub(super) received: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

const RULES_EXAMPLES: &str = "\
Examples:
  clickscope rules                              ids, severities and titles
  clickscope rules --json | jq -r .id";

/// How to print the rules.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct RulesArgs {
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  clickscope explain event-name-period
  clickscope rules                              list all rules";

fn known_rule(id: &str) -> Result<&'static Rule, UnknownRule> {
    crate::plan::rule(id).ok_or_else(|| UnknownRule::new(id))
}

const PLAN_EXAMPLES: &str = "\
Examples:
  clickscope plan infer events.ndjson --into plan
                                                write one schema per type
  clickscope plan check plan                    list its types and problems
  clickscope lint events.ndjson --plan plan     check events against it

A plan is a folder of JSON Schemas (2020-12), one per event type, to be kept
under version control. The file purchase.json or purchase.schema.json is for the
type purchase, unless properties.event.const in it names another. References
stay within a file, except for ../event.json, as in the standard schemas.
Patterns have no lookahead or lookbehind, so that none can run for ever.

A profile in the config file can name the plan, relative to that file:
  [profiles.staging]
  plan = \"plan\"";

/// The subcommands of `plan`.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum PlanCommand {
    /// Derive schemas that the given events satisfy
    #[command(after_help = INFER_EXAMPLES)]
    Infer(InferArgs),
    /// List the event types of a plan, and the problems in it
    #[command(after_help = "\
Examples:
  clickscope plan check plan
  clickscope --profile staging plan check       the profile's plan

Exit codes: 0 every schema can be used, 2 at least one is broken")]
    Check {
        /// The folder of the plan; by default that of --plan or of the profile
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

const INFER_EXAMPLES: &str = "\
Examples:
  clickscope plan infer events.ndjson --into plan
  clickscope watch --json | clickscope plan infer - --into plan
                                                from live events, until ^C
  clickscope plan infer events.json | jq .purchase

A schema states the types, the fields that all events of a type have, formats,
and values where only a few keep recurring. For ids, times and whatever else
differs from event to event it states the type only. Fields that the platform
adds are left out. No identifier is required, because an event needs only one of
them. The result is a draft: what 20 events had in common, the next may lack.

Exit codes: 0 success, 1 an existing file was kept or a type got no schema,
2 part of the input is not an event";

/// From which events to make a plan, and where.
#[derive(Clone, Debug, Args)]
pub(super) struct InferArgs {
    /// Events in any form that `lint` reads; - for standard input
    #[arg(value_name = "FILE|-", default_value = "-", hide_default_value = true)]
    pub(super) file: String,
    /// Write one file per event type into this folder; without it, print one object that holds all schemas
    #[arg(long, value_name = "DIR")]
    pub(super) into: Option<PathBuf>,
    /// Overwrite existing files
    #[arg(long, requires = "into")]
    pub(super) force: bool,
    /// The events come from the platform: leave out the fields that it added
    #[arg(long)]
    pub(super) received: bool,
}

const TEMPLATES_EXAMPLES: &str = "\
Examples:
  clickscope templates                          names and descriptions
  clickscope templates purchase > mine.json     a starting point
  clickscope templates --json | jq -r .name

Your own templates are in ~/.config/clickscope/templates, one file NAME.json
each; one with the name of a standard template replaces it.";

/// The arguments of `templates`.
#[derive(Clone, Debug, Args)]
pub(super) struct TemplatesArgs {
    /// The template to print
    pub(super) name: Option<String>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

const SANDBOX_EXAMPLES: &str = "\
Examples:
  clickscope sandbox                            on http://127.0.0.1:8787
  clickscope sandbox --headless 2>requests.log  in a script, a line a request
  clickscope sandbox --listen 127.0.0.1:0       on any free port
  clickscope sandbox --listen 0.0.0.0:8787 --allow-host staging.lan
                                                open to other machines too
  clickscope sandbox --fault status=429:0.2 --fault delay=2s
  clickscope sandbox --rewrite retype=revenue   turn numbers into strings
  clickscope sandbox --scenario demo.toml       and play a scenario
  clickscope sandbox --tape t.ndjson --speed 10 and play a recording
  clickscope sandbox --tls                      on https://127.0.0.1:8787
  clickscope sandbox --forward eu               and pass each request on
  clickscope sandbox --forward eu --prove       and see each event arrive there
  clickscope sandbox --require-signature purchase

On a terminal it opens the screen on what it is sent: every event, and with R
every request with its answer and why it was refused. Elsewhere, or with
--headless, it prints its URL on one line of standard output, tells of each
request in a line on standard error, and runs until interrupted. Any key that is
not empty is accepted; with --key, only the one in that variable.

With --require-signature, an event of that type that names an email or a
customer_id and is not signed is ignored after the 200, and counted in the
summary, as an account that verifies events does; with the verification key in
CLICKSCOPE_VERIFICATION_KEY also one that is signed with another.

GET /_sandbox/records?after=N gives what it was sent after the request of that
number as records, a line each, and waits for it; 0 is for all that it holds.
The header x-clickscope-last has the number to go on with.

Events are accepted from everywhere, including pages of any origin. They are
shown only under localhost, the address that it listens on and each --allow-host,
and to no page of another origin. This forgets all events:
  curl -X DELETE -H 'X-Clickscope: 1' http://127.0.0.1:8787/_sandbox/events

http://127.0.0.1:8787/ is a small shop whose buttons fire the vendor's calls.
/blueshift.js stands in for the vendor's script.

With --tls, a certificate is made for localhost, the address that it listens on
and each --allow-host. An authority signs it that is kept over restarts, in
~/.local/state/clickscope/ca.pem; whoever sends has to trust that file. Its key
is beside it (ca.key, 0600): whoever has the key can sign for any host.

A request may have a head of 128 KiB, in it an address of 64 KiB, and a body of
1 MB (once unpacked: gzip and deflate are read), with 30 s for each. Of 512
connections, the one that was idle for longest makes room for another.

A request is passed on as it came, also one that is refused here; the answer of
the platform is its answer. By the rules of --profile, and for production, it
asks first, and answers 403 where an event is not about a test identity. What
could not be passed on is kept; P on the screen passes it on once more, as does:
  curl -X POST -H 'X-Clickscope: 1' http://127.0.0.1:8787/_sandbox/forward

A scenario is a TOML file, such as:
  pace = \"2s\"                    or a range [\"1s\", \"3s\"]; \"key\" waits for .
  repeat = true                  or how many rounds; 1 by default
  faults = [\"status=503:0.1\"]
  [[people]]
  email = \"mara@example.com\"
  [[events]]
  body = { event = \"view\", email = \"${person.email}\", sku = \"A-1\" }
--print-schema has all that it may hold, such as lists, senders and sessions.

A fault is KIND[=VALUE][:PROBABILITY], and perhaps @watch, @history, @send or @all.
The kinds are:
  status=CODE  delay=DURATION  truncate  reset  garbage  html  blank
  slow-body[=DURATION]  oversize[=BYTES]  redirect=URL  retry-after=DURATION
  lie=others|unordered|no-uuid (in what the history lists)

A rewrite is drop=PATH, retype=PATH (number or boolean to string and back) or
set=PATH=JSON, with a PATH such as products[0].price. It changes events as a
platform might, to test how the sender copes.";

#[derive(Clone, Debug, Args)]
pub(super) struct SandboxArgs {
    /// The address to listen on: ADDRESS:PORT, or a port of this machine; port 0 takes any free port
    #[arg(long, value_name = "ADDR", default_value_t = DEFAULT_LISTEN, value_parser = parse_listen)]
    pub(super) listen: SocketAddr,
    /// A name or address to show events under besides its own; can be repeated
    #[arg(long = "allow-host", value_name = "NAME")]
    pub(super) allowed_hosts: Vec<AllowedHost>,
    /// Serve https, with a certificate for this session; see below
    #[arg(long)]
    pub(super) tls: bool,
    /// The certificate authority for --tls, made if it is not there
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(super) tls_ca: Option<PathBuf>,
    /// The form of the debug endpoint's answer
    #[arg(long, value_name = "SHAPE", value_enum, default_value_t)]
    pub(super) debug_shape: DebugShape,
    /// A fault to inject, see below; can be repeated
    #[arg(long = "fault", value_name = "FAULT")]
    pub(super) faults: Vec<Fault>,
    /// A change to make to incoming events, see below; can be repeated
    #[arg(long = "rewrite", alias = "mangle", value_name = "REWRITE")]
    pub(super) rewrites: Vec<Rewrite>,
    /// Take only the key in this variable
    #[arg(long, value_name = "VARIABLE")]
    pub(super) key: Option<String>,
    /// Ignore events of this type that are not signed, after answering 200; can be repeated
    #[arg(long = "require-signature", value_name = "TYPE")]
    pub(super) signed: Vec<String>,
    /// Show no screen: print the address, and a line for each request on stderr
    #[arg(long)]
    pub(super) headless: bool,
    #[command(flatten)]
    pub(super) record: RecordArgs,
    #[command(flatten)]
    pub(super) redact: RedactArgs,
    #[command(flatten)]
    pub(super) incoming: IncomingArgs,
    #[command(flatten)]
    pub(super) forward: ForwardArgs,
    /// Print the JSON Schema of a scenario, and exit
    #[arg(long, exclusive = true)]
    pub(super) print_schema: bool,
}

/// Where what is sent is passed on to.
#[derive(Clone, Debug, Args)]
pub(super) struct ForwardArgs {
    /// Pass each request on to the platform, or to another server, and answer as it does
    #[arg(long, value_name = "us|eu|URL", value_parser = forward_target, conflicts_with_all = ["scenario", "tape"])]
    pub(super) forward: Option<Target>,
    /// Pass on the key in this variable, or in that of --profile, in the place of the sender's
    #[arg(long, value_name = "VAR", num_args = 0..=1, default_missing_value = "", requires = "forward")]
    pub(super) forward_key: Option<String>,
    /// With --forward: hold each request until . is pressed on the screen, or Enter without a screen
    #[arg(long, requires = "forward")]
    pub(super) hold: bool,
    /// With --forward: see what is passed on arrive: watch the account too, with the Event key or --forward-key
    #[arg(long, requires = "forward")]
    pub(super) prove: bool,
    /// Pass on to production without asking for confirmation
    #[arg(long, requires = "forward")]
    pub(super) production: bool,
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").or_else(|| text.strip_prefix(':')).unwrap_or(text);
    let here = port.parse().ok().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    here.or_else(|| text.parse().ok()).ok_or_else(|| "no address with a port; write 127.0.0.1:8787, or 8787".to_owned())
}

fn forward_target(text: &str) -> Result<Target, TargetError> {
    if text.contains("://") { text.parse().map(Target::Url) } else { text.parse().map(Target::Region) }
}

/// What comes in by itself.
#[derive(Clone, Debug, Args)]
pub(super) struct IncomingArgs {
    /// Have the events of a scenario come in, see below
    #[arg(long, value_name = "FILE", group = "incoming", conflicts_with = "tape")]
    pub(super) scenario: Option<PathBuf>,
    /// Have the events of a tape come in, at the pace at which they were recorded, as they stand there
    #[arg(long, value_name = "FILE", group = "incoming")]
    pub(super) tape: Option<PathBuf>,
    /// Play the tape so many times as fast
    #[arg(long, value_name = "N", requires = "tape")]
    pub(super) speed: Option<Speed>,
    /// End when the last of them came in
    #[arg(long, requires = "incoming")]
    pub(super) exit_after_traffic: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_field_of_the_lines_that_are_printed() {
        use crate::event::{EventId, Payload};
        use crate::session::{Arrival, CallOutcome, Change, ChangeKind, Coverage, Delivery, Moment, Proof, Record};
        let at = Moment { elapsed: Duration::ZERO, wall: jiff::Timestamp::UNIX_EPOCH };
        let delivery = Delivery {
            batch: 0,
            call: 0,
            calls: 1,
            events: [EventId { event_type: "view".into(), uuid: "u".into() }].into(),
            at,
            took: Duration::ZERO,
            attempts: 1,
            status: Some(200),
            verdict: CallOutcome::Taken { status: 200, body: "".into() },
        };
        let proof: Proof = serde_json::from_str(
            r#"{"type":"view","event_uuid":"u","proof":"seen","after_ms":1,"by":"marker","dropped_in_processing":true,
                "differences":[],"clues":null,"observed_at":"2026-11-24T12:00:00Z"}"#,
        )
        .expect("it is a proof");
        let change = Change {
            event_type: "view".into(),
            kind: ChangeKind::New,
            payload: Some(std::sync::Arc::new(Payload::new("{}"))),
            received: Some(1),
            counted_at: Some(at),
            captured: 1,
            arrived: 1,
            coverage: Some(Coverage { captured: 1, received: 1 }),
            at,
            arrival: Arrival::Tape,
            number: None,
        };
        let lines = [
            (SEND_EXAMPLES, Record::Delivered(delivery)),
            (SEND_EXAMPLES, Record::Proof(proof)),
            (WATCH_EXAMPLES, Record::Change(change)),
        ];
        for (help, record) in lines {
            let words: Vec<_> = help.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            let line: serde_json::Value = serde_json::from_str(&record.line(&[])).expect("it is JSON");
            for field in line.as_object().expect("it is an object").keys() {
                assert!(words.contains(&field.as_str()), "{field} is not in {help}");
            }
        }
    }

    #[test]
    fn help_fits_on_80_columns_and_every_command_has_an_example() {
        let mut command = for_help(Cli::command().term_width(80));
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
