//! The way to an account and what it answers, looked at one thing after the other: where it fails, and what mends it.
//!
//! Nothing is sent but the probe that is asked for, and nobody is asked but the target; where that is the platform itself,
//! its other region and its status page too.

mod keys;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use self::keys::{KeyTrial, Taken, judge_event_key, judge_user_key};
use super::Clock;
use super::connection::{Connection, Question, Span};
use super::failure::{Failure, Timeouts};
use super::http::{Exchange, client_builder};
use super::live::{BODY_LIMIT, SHORTEST_INTERVAL, Settings};
use super::proxy::Proxy;
use crate::blueshift::auth::AccountKey;
use crate::blueshift::{
    BaseUrl, Call, Decoded, Decoder, ExtraHeader, Outgoing, PlatformStatus, Region, STATUS_PAGE, Summary,
    decode_history,
};
use crate::event::text::{counted, sanitize, size, span};
use crate::event::{Sanitized, Shape, TypeName, sanitized};
use crate::session::{Check, Problem};

/// How long a name may take to be found, and a connection to come about.
const PATIENCE: Duration = Duration::from_secs(5);
/// From this on two clocks are said to differ: a server tells its time to the second.
const LEAST_SKEW: SignedDuration = SignedDuration::from_secs(5);
/// How long a probe is waited for, and how often it is looked for.
const PROBE_PATIENCE: Duration = Duration::from_secs(30);
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Where the API is.
    pub base: BaseUrl,
    /// Its region, where it is the platform itself.
    pub region: Option<Region>,
    /// The Event key, if there is one.
    pub event: Option<AccountKey>,
    /// The User key, if there is one.
    pub user: Option<AccountKey>,
    /// What each request has beside that.
    pub headers: Arc<[ExtraHeader]>,
    /// The event to send, where one may be.
    pub probe: Option<Outgoing>,
}

/// Looks at everything, and tells of each thing as soon as it is known.
pub async fn examine(subject: &Subject, mut tell: impl FnMut(Check)) {
    let connection = subject.connection(&subject.base);
    if !way(&connection, &mut tell).await {
        return;
    }
    let mut asked = Asked { connection: &connection, is_limited: false, wait: None, count: 0 };
    let key = subject.event.as_ref().or(subject.user.as_ref());
    let first = asked.ask(&Question::Debug, key).await;
    if let Err(failure) = &first.outcome
        && failure.status().is_none()
    {
        let Problem { kind, what, advice } = connection.problem_of_polling(failure);
        let check = if matches!(failure, Failure::Tls(_) | Failure::Certificates(_)) { "tls" } else { "answer" };
        tell(Check { trouble: Some(kind), ..Check::failure(check, what, advice) });
        return;
    }
    if subject.base.is_https() {
        tell(Check::ok("tls", "a session came about, and the certificate is trusted".into()));
    }
    tell(clock(first.date, Timestamp::now()).taking(first.took));
    let trials = trials(subject, &mut asked, first).await;
    tell(judge_event_key(&trials));
    tell(judge_user_key(&trials));
    answers(&trials, &mut asked, &mut tell).await;
    if let Some(probe) = &subject.probe {
        tell(send(probe, &trials, &mut asked).await);
    }
    tell(asked.limits());
    if subject.region.is_some() {
        tell(status_page().await);
    }
}

impl Subject {
    fn connection(&self, base: &BaseUrl) -> Connection {
        // One that is not there is never sent: each question says which key goes with it.
        let none = || AccountKey { secret: SecretString::from(""), called: "no key".into() };
        Connection::new(Settings {
            base: base.clone(),
            event_key: self.event.clone().unwrap_or_else(none),
            user_key: self.user.clone(),
            headers: Arc::clone(&self.headers),
            interval: SHORTEST_INTERVAL,
            since: None,
            timeouts: Timeouts::default(),
            body_limit: BODY_LIMIT,
            authority: None,
            expecting: None,
            clock: Clock::start(),
        })
    }
}

/// Looks at the way: the proxy, the name, the connection. Gives whether there is one.
async fn way(connection: &Connection, tell: &mut impl FnMut(Check)) -> bool {
    let failed = |tell: &mut dyn FnMut(Check), check, failure: &Failure| {
        let Problem { kind, what, advice } = connection.problem_of_polling(failure);
        tell(Check { trouble: Some(kind), ..Check::failure(check, what, advice) });
        false
    };
    let proxy = match &connection.proxy {
        Ok(proxy) => proxy.as_ref(),
        Err(failure) => return failed(tell, "proxy", failure),
    };
    let called = |proxy: &Proxy| sanitized!("{} is asked in its place", proxy.called());
    tell(Check::ok("proxy", proxy.map_or("none is set for this target".into(), called)));
    let place = match proxy {
        Some(proxy) => peer(&proxy.address),
        None => peer(connection.settings.base.as_str()),
    };
    let Some((host, port)) = place else { return failed(tell, "dns", &Failure::UnknownHost) };
    let start = Instant::now();
    let found = timeout(PATIENCE, lookup_host((host.as_str(), port))).await;
    let addresses: Vec<SocketAddr> = found.ok().and_then(Result::ok).into_iter().flatten().collect();
    if addresses.is_empty() {
        return failed(tell, "dns", &Failure::UnknownHost);
    }
    let looked_up = start.elapsed();
    let mut reached = Vec::new();
    for is_v4 in [true, false] {
        let Some(address) = addresses.iter().find(|address| address.is_ipv4() == is_v4) else { continue };
        let start = Instant::now();
        let outcome = match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(_)) => Ok(start.elapsed()),
            Ok(Err(error)) => {
                Err(Failure::of_io(&error, false).unwrap_or_else(|| Failure::Other(sanitize(&error.to_string()))))
            }
            Err(_) => Err(Failure::ConnectTimeout(PATIENCE)),
        };
        reached.push((if is_v4 { "IPv4" } else { "IPv6" }, outcome));
    }
    let connected = reached.iter().find_map(|(family, outcome)| Some((*family, *outcome.as_ref().ok()?)));
    let Some((family, took)) = connected else {
        let first = reached.into_iter().find_map(|(_, outcome)| outcome.err());
        return failed(tell, "tcp", &first.unwrap_or(Failure::UnknownHost));
    };
    let v6 = addresses.iter().filter(|address| address.is_ipv6()).count();
    let counts = [(addresses.len() - v6, "IPv4 address"), (v6, "IPv6 address")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let of_host = sanitized!("{} has ", sanitize(&host));
    let words = Sanitized::join(counts.map(|(count, what)| addresses_of(count, what)), ", ");
    tell(Check::ok("dns", sanitized!("{}{}", of_host, words)).taking(looked_up));
    let lame = reached.iter().find(|(_, outcome)| outcome.is_err());
    tell(match lame {
        None => Check::ok("tcp", sanitized!("connected over {}", family)).taking(took),
        Some((lame, _)) => Check::warning(
            "tcp",
            sanitized!("connected over {}, but not over {}", family, *lame),
            sanitized!("each connection may wait for {} first: mend its route, or switch it off", *lame),
        )
        .taking(took),
    });
    true
}

fn addresses_of(count: usize, what: &'static str) -> Sanitized {
    if count == 1 { sanitized!("1 {}", what) } else { sanitized!("{} {}es", count, what) }
}

/// The host and the port of an address.
fn peer(address: &str) -> Option<(String, u16)> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    // Those of SOCKS have none of their own in URLs.
    Some((host, url.port_or_known_default().unwrap_or(1080)))
}

/// What there is to say of the clocks.
fn clock(date: Option<Timestamp>, now: Timestamp) -> Check {
    let Some(date) = date else {
        return Check::ok("clock", "the server tells no time".into());
    };
    let ahead = now.duration_since(date);
    if ahead.abs() < LEAST_SKEW {
        return Check::ok("clock", "this machine and the server agree".into());
    }
    let which = if ahead.is_positive() { "ahead of" } else { "behind" };
    let found = sanitized!("the clock of this machine is {} {} the server's", span(ahead.unsigned_abs()), which);
    Check::warning("clock", found, "have it set by the network, such as with `timedatectl set-ntp true`".into())
}

/// Asks, and keeps account of it.
struct Asked<'c> {
    connection: &'c Connection,
    /// Whether the server limited us, and how long it asked to wait.
    is_limited: bool,
    wait: Option<Duration>,
    count: u64,
}

impl Asked<'_> {
    async fn ask(&mut self, question: &Question<'_>, key: Option<&AccountKey>) -> Exchange {
        let exchange = self.connection.ask(question, key).await;
        self.count += 1;
        if let Err(Failure::Status { status: 429, retry_after, .. }) = &exchange.outcome {
            (self.is_limited, self.wait) = (true, *retry_after);
        }
        exchange
    }

    fn limits(&self) -> Check {
        let requests = counted(self.count, "request");
        if !self.is_limited {
            return Check::ok("rate limit", sanitized!("none of {} was limited", requests));
        }
        let wait = self.wait.map(|wait| sanitized!(", and it asks to wait {}", span(wait))).unwrap_or_default();
        Check::warning(
            "rate limit",
            sanitized!("the server limited one of {} (429){}", requests, wait),
            "poll less often (--interval), and look who else uses this key".into(),
        )
    }
}

/// What each key is good for.
struct Trials {
    event: Option<KeyTrial>,
    user: Option<KeyTrial>,
    region: Option<Region>,
}

/// Tries each key for events and for counts, here and where it may belong.
async fn trials(subject: &Subject, asked: &mut Asked<'_>, first: Exchange) -> Trials {
    let mut first = Some(first);
    let mut trials = Trials { event: None, user: None, region: subject.region };
    let others: Vec<_> =
        subject.region.into_iter().flat_map(|own| Region::ALL.into_iter().filter(move |it| *it != own)).collect();
    for (key, is_event) in [(&subject.event, true), (&subject.user, false)] {
        let Some(key) = key else { continue };
        // The first question went with the first key that there is.
        let events = match first.take() {
            Some(first) => first,
            None => asked.ask(&Question::Debug, Some(key)).await,
        };
        let counts = asked.ask(&Question::Summary(Span::Query), Some(key)).await;
        let counts = match &counts.outcome {
            Err(Failure::Status { status: 400 | 406 | 411 | 415 | 422, .. }) => {
                asked.ask(&Question::Summary(Span::Body), Some(key)).await
            }
            _ => counts,
        };
        let mut elsewhere = Vec::new();
        for region in &others {
            let connection = subject.connection(&region.base_url());
            let events = connection.ask(&Question::Debug, Some(key)).await;
            let counts = connection.ask(&Question::Summary(Span::Query), Some(key)).await;
            elsewhere.push((*region, Taken::of(&events), Taken::of(&counts)));
        }
        let trial = KeyTrial { called: key.called.clone(), key: key.clone(), events, counts, elsewhere };
        *(if is_event { &mut trials.event } else { &mut trials.user }) = Some(trial);
    }
    trials
}

/// What the server answered where it took a key: events, their history, counts.
async fn answers(trials: &Trials, asked: &mut Asked<'_>, tell: &mut impl FnMut(Check)) {
    let both = || [&trials.event, &trials.user].into_iter().flatten();
    let connection = asked.connection;
    if let Some((trial, answer)) = both().find_map(|trial| Some((trial, trial.events.outcome.as_ref().ok()?))) {
        let some_type = shape(connection, &answer.body, trial.events.took, tell);
        match some_type {
            Some(of) => tell(history(&of, trial, asked).await),
            None => tell(Check::ok("history", "there is no event yet to ask for the history of".into())),
        }
    } else if let Some(trial) = both().find(|trial| Taken::of(&trial.events) == Taken::Unknown)
        && let Err(failure) = &trial.events.outcome
    {
        tell(failed("events", connection.problem_of_polling(failure), &trial.events));
    }
    if let Some(trial) = both().find(|trial| trial.counts.outcome.is_ok()) {
        if let Ok(answer) = &trial.counts.outcome {
            tell(match Summary::decode(&answer.body, &connection.keys) {
                Ok(summary) => {
                    let types = counted(summary.counts.len() as u64, "type");
                    Check::ok("counts", sanitized!("of {}, for today", types)).taking(trial.counts.took)
                }
                Err(unknown) => {
                    let Problem { what, advice, .. } = connection.problem_of_body(&unknown);
                    Check::warning("counts", what, advice)
                }
            });
        }
    } else if let Some(trial) = both().find(|trial| Taken::of(&trial.counts) == Taken::Unknown)
        && let Err(failure) = &trial.counts.outcome
    {
        let problem = connection.problem_of_counting(failure, &trial.called);
        tell(warned("counts", problem, &trial.counts));
    }
}

/// Tells of the answer of the debug endpoint, and gives one of the types in it.
fn shape(connection: &Connection, body: &[u8], took: Duration, tell: &mut impl FnMut(Check)) -> Option<TypeName> {
    let failed = |Problem { kind, what, advice }: Problem| {
        Check { trouble: Some(kind), ..Check::failure("events", what, advice) }.taking(took)
    };
    match Decoder::new(connection.keys.clone()).decode(body) {
        Decoded::Snapshot(snapshot) => {
            let form = match snapshot.shape {
                Shape::Empty => "no event yet",
                Shape::Single => "one flat event, which tells of one type only",
                Shape::Array => "an array of events",
                Shape::Keyed => "an object with an event for each type",
                Shape::KeyedArrays => "an object with an array of events for each type",
                Shape::Counted => "an object with a count and a sample for each type",
            };
            let types = counted(snapshot.sightings.len() as u64, "type");
            let found = sanitized!("{}: {}, {}", form, types, size(body.len() as u64));
            let odd = Sanitized::join(snapshot.notes.iter().map(|note| note.0.clone()), "; ");
            tell(if odd.is_empty() {
                Check::ok("events", found).taking(took)
            } else {
                let fix = "what can be read of it is shown; a text for a ticket: `clickscope doctor --ticket`";
                Check::warning("events", sanitized!("{}; {}", found, odd), fix.into()).taking(took)
            });
            return snapshot.sightings.into_iter().next().map(|sighting| sighting.event_type);
        }
        Decoded::Unknown(unknown) => tell(failed(connection.problem_of_body(&unknown))),
        // Nothing was decoded before it.
        Decoded::Same => {}
    }
    None
}

async fn history(of: &TypeName, trial: &KeyTrial, asked: &mut Asked<'_>) -> Check {
    let exchange = asked.ask(&Question::History(of), Some(&trial.key)).await;
    let connection = asked.connection;
    match &exchange.outcome {
        Err(failure) => {
            let problem = connection.problem_of_recalling(failure, &trial.called);
            warned("history", problem, &exchange)
        }
        Ok(answer) => match decode_history(&answer.body, of, &connection.keys) {
            Err(unknown) => {
                let Problem { what, advice, .. } = connection.problem_of_body(&unknown);
                Check::warning("history", what, advice)
            }
            Ok(answer) => {
                let events = counted(answer.events.len() as u64, "event");
                let found = sanitized!("{} of the type that was asked for", events);
                let odd = Sanitized::join(answer.notes.iter().map(|note| note.0.clone()), "; ");
                if odd.is_empty() {
                    Check::ok("history", found)
                } else {
                    let fix = "what came between two polls may be told in another order, or not at all";
                    Check::warning("history", sanitized!("{}; {}", found, odd), fix.into())
                }
            }
        }
        .taking(exchange.took),
    }
}

/// Sends the probe, and looks for it.
async fn send(probe: &Outgoing, trials: &Trials, asked: &mut Asked<'_>) -> Check {
    let Some(trial) = trials.event.as_ref() else {
        return Check::failure("probe", "not sent: there is no Event key".into(), "set one, see above".into());
    };
    let call = Call::alone(probe);
    let exchange = asked.ask(&Question::Send(&call), Some(&trial.key)).await;
    let sent = match &exchange.outcome {
        Ok(answer) => sanitized!("sent as {}, {} in {}", sanitize(&probe.uuid), answer.status, span(exchange.took)),
        Err(failure) => {
            let problem = asked.connection.problem_of_sending(failure, &call, false);
            return failed("probe", problem, &exchange);
        }
    };
    let start = Instant::now();
    let mark = probe.uuid.as_bytes();
    while start.elapsed() < PROBE_PATIENCE {
        let exchange = asked.ask(&Question::Debug, Some(&trial.key)).await;
        let is_seen = |body: &[u8]| memchr::memmem::find(body, mark).is_some();
        if exchange.outcome.is_ok_and(|answer| is_seen(&answer.body)) {
            return Check::ok("probe", sanitized!("{}, seen after {}", sent, span(start.elapsed())));
        }
        sleep(PROBE_INTERVAL).await;
    }
    Check::warning(
        "probe",
        sanitized!("{}, and not seen within {}", sent, span(PROBE_PATIENCE)),
        "look at the counts of processing errors; `clickscope send TYPE --prove` says what is known of one event"
            .into(),
    )
}

/// Asks the page on which the platform says how it fares.
async fn status_page() -> Check {
    let unknown = |why: Sanitized| {
        let fix = "look at https://status.blueshift.com in a browser";
        Check::warning("status page", sanitized!("the platform's status page cannot be read: {}", why), fix.into())
    };
    let Ok(base) = STATUS_PAGE.parse::<BaseUrl>() else { return unknown("no address".into()) };
    let proxy = Proxy::of(&base, &|name| std::env::var_os(name)).ok().flatten();
    let Ok(client) = client_builder(true, None, Timeouts::default(), proxy.as_ref()).map(reqwest::ClientBuilder::build)
    else {
        return unknown("HTTPS cannot be set up".into());
    };
    let asked = async { client?.get(STATUS_PAGE).send().await?.error_for_status()?.bytes().await };
    match asked.await {
        Err(error) => unknown(if error.is_timeout() { "no answer in time".into() } else { "no answer came".into() }),
        Ok(body) => match PlatformStatus::read(&body) {
            None => unknown("its answer is of another form".into()),
            Some(PlatformStatus { is_well: true, said, .. }) => Check::ok("status page", said),
            Some(PlatformStatus { said, incidents, .. }) => {
                let told = Sanitized::join(std::iter::once(said).chain(incidents), "; ");
                Check::warning("status page", told, "wait until it is over: https://status.blueshift.com".into())
            }
        },
    }
}

/// A failure that came of a request.
fn failed(check: &'static str, Problem { kind, what, advice }: Problem, exchange: &Exchange) -> Check {
    let request_id = exchange.request_id.clone();
    Check { request_id, trouble: Some(kind), ..Check::failure(check, what, advice) }.taking(exchange.took)
}

/// The same where most works without it.
fn warned(check: &'static str, Problem { what, advice, .. }: Problem, exchange: &Exchange) -> Check {
    Check { request_id: exchange.request_id.clone(), ..Check::warning(check, what, advice) }.taking(exchange.took)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::session::CheckStatus;

    #[test]
    fn clocks_that_differ_by_some_seconds_are_told_of() {
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        for (date, status, part) in [
            (None, CheckStatus::Ok, "tells no time"),
            (Some("2026-11-23T08:59:56Z"), CheckStatus::Ok, "agree"),
            (Some("2026-11-23T08:50:00Z"), CheckStatus::Warning, "is 10 min ahead of"),
            (Some("2026-11-23T09:00:30Z"), CheckStatus::Warning, "is 30 s behind"),
        ] {
            let check = clock(date.map(|date: &str| date.parse().unwrap()), now);
            assert!(check.status == status && check.found.contains(part), "{check:?}");
        }
    }

    #[test]
    fn the_peer_is_the_host_and_the_port_of_the_scheme() {
        for (address, expected) in [
            ("https://api.getblueshift.com", Some(("api.getblueshift.com", 443))),
            ("http://127.0.0.1:8787/x", Some(("127.0.0.1", 8787))),
            ("http://[::1]", Some(("::1", 80))),
            ("socks5h://p", Some(("p", 1080))),
            ("nothing", None),
        ] {
            assert_eq!(peer(address), expected.map(|(host, port)| (host.to_owned(), port)), "{address}");
        }
    }
}
