//! `clickscope doctor`: why it does not work, and what mends it.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::args::DoctorArgs;
use super::{Exit, Failure, stderr};
use crate::blueshift::auth::AccountKey;
use crate::blueshift::{ExtraHeader, Outgoing, Region};
use crate::config::{Config, ConfigError, set_keys};
use crate::event::text::{counted, sanitize};
use crate::event::{Sanitized, sanitized};
use crate::report::cell;
use crate::runtime::{self, checkup as of_terminal};
use crate::session::{Check, CheckStatus, ProblemKind};
use crate::source::checkup::{self, Subject};

/// The type of the event that is sent where one may be.
const PROBE_TYPE: &str = "clickscope_probe";

/// The width of the names.
const NAME_COLUMNS: usize = 16;

pub(super) fn run(args: &DoctorArgs, config: &Config, headers: Arc<[ExtraHeader]>) -> Result<Exit, Failure> {
    let lookup = |name: &str| std::env::var_os(name);
    let mut told = Told { form: Form::of(args), checks: Vec::new(), failed: None };
    told.tell(target(config));
    if let Some(exposed) = config.exposure() {
        told.tell(Check::warning("encryption", exposed, "begin the address with https://".into()));
    }
    let headers = config.headers(headers, &lookup)?;
    let [event, user] = set_keys(&config.key_sources(), &lookup);
    let mut usable = |check, key: Result<Option<AccountKey>, ConfigError>| match key {
        Ok(key) => key,
        Err(error) => {
            let fix = "copy the key of the account anew, without anything else";
            told.tell(Check::failure(check, Sanitized::lines(&error.to_string()), fix.into()));
            None
        }
    };
    let (event, user) = (usable("event key", event), usable("user key", user));
    let probe = if args.send_probe { told.probe(args, config) } else { None };
    let base = config.target.value.base_url();
    // Also where its address is written out.
    let region = Region::ALL.into_iter().find(|region| region.base_url() == base);
    let subject = Subject { base, region, event, user, headers, probe };
    let without: Vec<String> = config.key_variables().iter().cloned().collect();
    runtime::log::to_stderr()?;
    runtime::block_on(async {
        for check in of_terminal::terminal(&|name| std::env::var(name).ok(), &without).await {
            told.tell(check);
        }
        checkup::examine(&subject, |check| told.tell(check)).await;
    })?;
    if let Some(error) = told.failed {
        return Err(error.into());
    }
    if told.form == Form::Ticket {
        io::stdout().write_all(told.ticket(Timestamp::now()).as_bytes())?;
    }
    stderr::say(&told.summary());
    Ok(told.exit())
}

fn target(config: &Config) -> Check {
    let place = sanitize(&config.target.place.to_string());
    Check::ok("target", sanitized!("{} ({})", config.label(), place))
}

/// How it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    /// At its end, as Markdown.
    Ticket,
}

impl Form {
    fn of(args: &DoctorArgs) -> Self {
        match (args.json, args.ticket) {
            (true, _) => Self::Json,
            (false, true) => Self::Ticket,
            (false, false) => Self::Text,
        }
    }
}

/// What was told so far.
struct Told {
    form: Form,
    checks: Vec<Check>,
    /// Why nothing more can be written.
    failed: Option<io::Error>,
}

impl Told {
    fn tell(&mut self, check: Check) {
        let line = match self.form {
            Form::Text => text(&check),
            Form::Json => sanitized!("{}\n", check.line()),
            Form::Ticket => Sanitized::default(),
        };
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()) {
            self.failed.get_or_insert(error);
        }
        self.checks.push(check);
    }

    /// The event to send, where the rules for sending let it go.
    fn probe(&mut self, args: &DoctorArgs, config: &Config) -> Option<Outgoing> {
        let safety = config.safety();
        let email = serde_json::to_string(&safety.test_email()).unwrap_or_default();
        let text = format!(r#"{{"event":"{PROBE_TYPE}","email":{email}}}"#);
        let probe = Outgoing::read(&text, Uuid::new_v4).ok()?;
        let (why, fix) = match safety.check([&probe]) {
            Err(forbidden) => (sanitize(&forbidden.to_string()), "leave out --send-probe"),
            Ok(()) if safety.production && !args.production => (
                "the target is production".into(),
                "add --production to send an event there, or name a profile with another environment",
            ),
            Ok(()) => return Some(probe),
        };
        self.tell(Check::failure("probe", sanitized!("not sent: {}", why), fix.into()));
        None
    }

    fn count(&self, status: CheckStatus) -> u64 {
        self.checks.iter().filter(|check| check.status == status).count() as u64
    }

    fn summary(&self) -> Sanitized {
        let (failures, warnings) = (self.count(CheckStatus::Failure), self.count(CheckStatus::Warning));
        let checks = counted(self.checks.len() as u64, "check");
        match (failures, warnings) {
            (0, 0) => sanitized!("{}, all is well", checks),
            _ => sanitized!("{} and {} in {}", counted(failures, "failure"), counted(warnings, "warning"), checks),
        }
    }

    /// As other commands would end for what failed first.
    fn exit(&self) -> Exit {
        let failure = self.checks.iter().find(|check| check.status == CheckStatus::Failure);
        match failure.map(|check| check.trouble) {
            None => Exit::Done,
            Some(Some(ProblemKind::Refused)) => Exit::Refused,
            Some(Some(ProblemKind::Unreachable | ProblemKind::RateLimited | ProblemKind::WrongAnswer)) => {
                Exit::Unreachable
            }
            Some(None) => Exit::Found,
        }
    }

    /// All of it for a ticket: no key, no event.
    fn ticket(&self, now: Timestamp) -> String {
        use std::fmt::Write as _;

        let (version, os, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
        let mut out = format!("### clickscope doctor: {}\n\n", self.summary());
        // Writing to a string cannot fail.
        let _ = write!(out, "clickscope {version} · {os} {arch} · {now:.0}\n\n");
        out += "| | Check | Found | Fix | x-request-id |\n|:-:|:--|:--|:--|:--|\n";
        for check in &self.checks {
            let or_none = |text: &Option<Sanitized>| text.as_ref().map(cell).unwrap_or_default();
            let took = check.took_ms.map(|took| format!(" in {took} ms")).unwrap_or_default();
            let (sign, name, found) = (sign(check.status), check.check, cell(&check.found));
            let (fix, request) = (or_none(&check.fix), or_none(&check.request_id));
            let _ = writeln!(out, "| {sign} | {name} | {found}{took} | {fix} | {request} |");
        }
        out
    }
}

fn sign(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Ok => "✓",
        CheckStatus::Warning => "!",
        CheckStatus::Failure => "✗",
    }
}

/// A check for people: a line, and below it what mends it.
fn text(check: &Check) -> Sanitized {
    let took = check.took_ms.map(|took| sanitized!(" · {} ms", took)).unwrap_or_default();
    let name = Sanitized::literal(check.check).pad(NAME_COLUMNS);
    let mut text = sanitized!("{} {}  {}{}\n", sign(check.status), name, check.found, took);
    let below = Sanitized::repeated(" ", NAME_COLUMNS + 4);
    if let Some(request) = &check.request_id {
        text.push(sanitized!("{}x-request-id: {}\n", below, request));
    }
    if let Some(fix) = &check.fix {
        text.push(sanitized!("{}fix: {}\n", below, fix));
    }
    text
}
