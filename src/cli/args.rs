use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::blueshift::Region;
use crate::config::parse_interval;
use crate::sandbox::{DEFAULT_LISTEN, DebugShape, Fault};

const EXAMPLES: &str = "\
Examples:
  clickscope demo                                        look around, offline
  CLICKSCOPE_EVENT_KEY=… clickscope --region eu          watch an account in the EU
  CLICKSCOPE_EVENT_KEY=any clickscope --url http://127.0.0.1:8787
                                                         watch a local collector
  clickscope watch --once --json | jq -c .event          the latest event of each type

Keys are never given as arguments:
  CLICKSCOPE_EVENT_KEY   the Event API key (asked for on the terminal when it is not set)
  CLICKSCOPE_USER_KEY    the User API key; with it, the counts of received events are known too

Exit codes:
  0 as asked   2 usage or configuration   4 the server refused the key
  5 network or server trouble after retries   130 interrupted";

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

/// What every command takes.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[arg(long, global = true, value_parser = region(), help = REGION)]
    pub(super) region: Option<Region>,
    #[arg(long, global = true, help = URL)]
    pub(super) url: Option<String>,
    #[arg(long, global = true, value_parser = parse_interval, help = INTERVAL)]
    pub(super) interval: Option<Duration>,
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
    /// Run a local collector that imitates the platform
    #[command(after_help = SANDBOX_EXAMPLES)]
    Sandbox(Sandbox),
    /// Print shell completions
    #[command(
        after_help = "Example:\n  clickscope completions bash > ~/.local/share/bash-completion/completions/clickscope"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  clickscope man > ~/.local/share/man/man1/clickscope.1")]
    Man,
}

const WATCH_EXAMPLES: &str = "\
Examples:
  clickscope watch                                   on the terminal
  clickscope watch --json | jq -c 'select(.type == \"purchase\") | .event'
                                                     a line for each change, as it comes
  clickscope watch --once --json > seen.ndjson       a line for each event type, then leave

A line of --json is an object with the fields type, change (new, updated, unchanged, gone), event (exactly as it came,
or null), received (the server's count, null when unknown), captured, observed_at, and latency_ms (null when unknown).";

#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct Watch {
    /// Print what the endpoint knows and leave
    #[arg(long)]
    pub(super) once: bool,
    /// Print one JSON object a line instead of showing the screen; needs no terminal
    #[arg(long)]
    pub(super) json: bool,
}

const SANDBOX_EXAMPLES: &str = "\
Examples:
  clickscope sandbox                                 on http://127.0.0.1:8787
  clickscope sandbox --listen 127.0.0.1:0            on any free port; the URL is printed
  clickscope sandbox --fault status=429:0.2 --fault delay=2s

A fault is KIND[=VALUE][:PROBABILITY][@watch|@send|@all], where KIND is status=CODE, delay=DURATION, truncate, reset,
garbage, html, blank, slow-body[=DURATION], oversize[=BYTES], redirect=URL or retry-after=DURATION.

Any key that is not empty is taken. DELETE /_sandbox/events forgets every event.";

#[derive(Clone, Debug, Args)]
pub(super) struct Sandbox {
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDR", default_value_t = DEFAULT_LISTEN)]
    pub(super) listen: SocketAddr,
    /// The form of the debug answer
    #[arg(long, value_name = "SHAPE", value_enum, default_value_t)]
    pub(super) debug_shape: DebugShape,
    /// Trouble to order, any number of times; see below
    #[arg(long = "fault", value_name = "FAULT")]
    pub(super) faults: Vec<Fault>,
}
