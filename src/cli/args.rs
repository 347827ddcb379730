use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::blueshift::Region;
use crate::config::parse_interval;
use crate::sandbox::{DEFAULT_LISTEN, DebugShape, Fault, Mangle};

// Help is laid out for 80 columns.
const EXAMPLES: &str = "\
Examples:
  clickscope demo                               look around, offline
  CLICKSCOPE_EVENT_KEY=… clickscope --region eu watch an account in the EU
  CLICKSCOPE_EVENT_KEY=any clickscope --url http://127.0.0.1:8787
                                                watch a local collector
  clickscope watch --once --json | jq .event    the latest event of each type

Keys are never given as arguments:
  CLICKSCOPE_EVENT_KEY   the Event API key; asked for on the terminal when unset
  CLICKSCOPE_USER_KEY    the User API key; adds the counts of received events

Exit codes:
  0    as asked
  2    a usage or configuration error
  4    the server refused the key
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

A line of --json is an object with these fields:
  type         the event type
  change       new, updated, unchanged (only a count moved) or gone
  event        the event as it came; null when only a count is known
  received     how many the server says it received; null when unknown
  captured     how many distinct events of the type were seen
  observed_at  when this was seen, UTC
  latency_ms   from the event's timestamp to its receipt; null when unknown";

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
  clickscope sandbox                            on http://127.0.0.1:8787
  clickscope sandbox --listen 127.0.0.1:0       on any free port
  clickscope sandbox --fault status=429:0.2 --fault delay=2s
  clickscope sandbox --mangle retype=revenue    take numbers for strings

The URL is printed as one line; it runs until interrupted. Any key that is not
empty is taken. DELETE /_sandbox/events forgets every event.

A fault is KIND[=VALUE][:PROBABILITY][@watch|@send|@all]. The kinds are:
  status=CODE  delay=DURATION  truncate  reset  garbage  html  blank
  slow-body[=DURATION]  oversize[=BYTES]  redirect=URL  retry-after=DURATION

A mangle is drop=PATH, retype=PATH (number or boolean to string and back) or
set=PATH=JSON, as in products[0].price: see what a sender makes of it.";

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
    /// What to do to events on their way in, any number of times; see below
    #[arg(long = "mangle", value_name = "MANGLE")]
    pub(super) mangles: Vec<Mangle>,
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
        for subcommand in command.get_subcommands_mut().filter(|subcommand| subcommand.get_name() != "help") {
            let help = subcommand.render_help().to_string();
            assert!(help.contains("Example"), "{help}");
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
            insta::assert_snapshot!(format!("help_{}", subcommand.get_name()), help);
        }
    }
}
