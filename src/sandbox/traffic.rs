use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::http::Method;
use axum::http::header::{HeaderValue, USER_AGENT};
use jiff::Timestamp;
use tokio::time::Instant;

use super::SandboxError;
use super::fault::Dice;
use super::intake::{self, AcceptedEvent, Client, Rejection};
use super::journal::{Exchange, Told};
use super::scenario::{EventTemplate, Filling, PERSON, Pace, Rounds, Scenario, Via};
use super::{paths, pixel};

/// The demo shop.
const SHOP: &str = include_str!("../../assets/traffic/shop.toml");

/// The traffic of a scenario's people. The same seed gives the same events in the same order, but for the instants in them.
#[derive(Debug)]
pub struct Traffic {
    scenario: Scenario,
    dice: Dice,
    counted: u64,
    /// How many members of each list were taken in turn.
    turns: BTreeMap<String, usize>,
    /// How many sessions began.
    begun: u64,
    /// The agenda, by the time since the start; the number keeps two of the same instant in order.
    agenda: BTreeMap<(Duration, u64), Appointment>,
    entries: u64,
}

#[derive(Debug)]
enum Appointment {
    NewSession,
    Step(Session),
}

/// One person on the way through a script.
#[derive(Debug, Default)]
struct Session {
    /// A place in the scenario's sessions; `None` for a single event of the opening.
    script: Option<usize>,
    event: usize,
    step: usize,
    /// How often the step is to be repeated after this.
    repeats: u64,
    chosen: BTreeMap<String, usize>,
}

/// One call to the collector.
#[derive(Debug)]
pub(super) struct ScheduledCall {
    pub(super) via: Via,
    pub(super) origin: Client,
    pub(super) body: String,
}

impl ScheduledCall {
    /// The event as it arrives: the pixel, for one, makes a text of nearly everything.
    pub(super) fn read(&self) -> Result<Vec<AcceptedEvent>, Rejection> {
        match self.via {
            Via::Event => Ok(vec![intake::read(&self.body)?]),
            Via::Bulk => intake::read_bulk(&format!("{{\"events\":{}}}", self.body)),
            Via::Pixel => Ok(vec![intake::read(&pixel::event(&pixel::query(&self.body)?))?]),
        }
    }
}

impl ScheduledCall {
    /// The call as it would have come over a connection, with what became of it.
    pub(super) fn exchange(&self, began: Instant, status: u16, told: Told) -> Exchange {
        let (method, path, body) = match self.via {
            Via::Event => (Method::POST, paths::EVENT.to_owned(), self.body.clone()),
            Via::Bulk => (Method::POST, paths::BULK.to_owned(), format!("{{\"events\":{}}}", self.body)),
            Via::Pixel => {
                let query = pixel::query(&self.body).unwrap_or_default();
                (Method::GET, format!("{}?{query}", paths::PIXEL), String::new())
            }
        };
        let agent = self.origin.user_agent.as_deref().and_then(|agent| HeaderValue::from_str(agent).ok());
        Exchange {
            method,
            target: path,
            head: agent.map(|agent| (USER_AGENT, agent)).into_iter().collect(),
            body: body.into(),
            address: self.origin.ip.unwrap_or(Ipv4Addr::LOCALHOST.into()),
            began,
            status,
            answer: None,
            told,
            forwarded: None,
        }
    }
}

impl Traffic {
    /// The traffic of a scenario.
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        let mut traffic = Self {
            scenario,
            dice: Dice::new(seed),
            counted: 0,
            turns: BTreeMap::new(),
            begun: 0,
            agenda: BTreeMap::new(),
            entries: 0,
        };
        let mut at = Duration::ZERO;
        for event in traffic.scenario.opening.events.clone() {
            traffic.plan(at, Appointment::Step(Session { event, ..Session::default() }));
            at += traffic.scenario.opening.pace;
        }
        traffic.plan(at, Appointment::NewSession);
        traffic
    }

    /// The traffic of the demo shop: every event of the platform's own documentation page, and odd ones now and then.
    pub fn shop(seed: u64) -> Result<Self, SandboxError> {
        Ok(Self::new(Scenario::read("shop.toml", SHOP)?, seed))
    }

    /// Whether each event waits for a key press.
    pub(super) fn waits_for_keys(&self) -> bool {
        self.scenario.waits_for_keys()
    }

    fn plan(&mut self, at: Duration, entry: Appointment) {
        self.entries += 1;
        self.agenda.insert((at, self.entries), entry);
    }

    /// When the next call is due, since the start; `None` when there is none any more.
    pub(super) fn due(&mut self) -> Option<Duration> {
        loop {
            let entry = self.agenda.first_entry()?;
            let at = entry.key().0;
            if let Appointment::Step(_) = entry.get() {
                return Some(at);
            }
            entry.remove();
            self.begin_session(at);
        }
    }

    /// The next call, written as if it were `now`.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<ScheduledCall> {
        self.due()?;
        let ((at, _), Appointment::Step(mut session)) = self.agenda.pop_first()? else { return None };
        let call = self.write(&mut session, now)?;
        self.advance(at, session);
        Some(call)
    }

    fn begin_session(&mut self, at: Duration) {
        let scripts = self.scenario.sessions.len() as u64;
        let (script, goes_on) = match self.scenario.rounds {
            Rounds::Endless => (self.draw_script(), true),
            Rounds::Of(rounds) => {
                let last = scripts.saturating_mul(rounds);
                (usize::try_from(self.begun % scripts.max(1)).unwrap_or(0), self.begun + 1 < last)
            }
        };
        self.begun += 1;
        if goes_on && let Some(every) = &self.scenario.every {
            let gap = Duration::from_millis(self.dice.within(every));
            self.plan(at.saturating_add(gap), Appointment::NewSession);
        }
        self.enter(at, script, 0, BTreeMap::new());
    }

    /// A session has ended. Where sessions do not begin every so often, the next one follows.
    fn leave(&mut self, at: Duration) {
        let is_last = match self.scenario.rounds {
            Rounds::Endless => false,
            Rounds::Of(rounds) => self.begun >= (self.scenario.sessions.len() as u64).saturating_mul(rounds),
        };
        if self.scenario.every.is_none() && !is_last {
            let pace = match &self.scenario.pace {
                Pace::Key => 1,
                // Something must lie between two rounds without an end.
                Pace::Time(time) => self.dice.within(time).max(1),
            };
            self.plan(at.saturating_add(Duration::from_millis(pace)), Appointment::NewSession);
        }
    }

    fn draw_script(&self) -> usize {
        let total: u64 = self.scenario.sessions.iter().map(|script| script.weight).sum();
        let mut ticket = self.dice.within(&(1..=total.max(1)));
        let drawn = self.scenario.sessions.iter().position(|script| {
            let drawn = ticket <= script.weight;
            ticket = ticket.saturating_sub(script.weight);
            drawn
        });
        drawn.unwrap_or(0)
    }

    /// Plans the first step from `step` on that chance lets happen.
    fn enter(&mut self, at: Duration, script: usize, step: usize, mut chosen: BTreeMap<String, usize>) {
        let steps = self.scenario.sessions.get(script).map(|script| script.steps.as_slice()).unwrap_or_default();
        for (index, step) in steps.iter().enumerate().skip(step) {
            let times = self.dice.within(&step.times);
            if times == 0 || self.dice.roll() >= step.chance {
                continue;
            }
            chosen.retain(|list, _| !step.anew.contains(list));
            let wait = Duration::from_millis(self.dice.within(&step.wait));
            let session = Session { script: Some(script), event: step.event, step: index, repeats: times - 1, chosen };
            self.plan(at.saturating_add(wait), Appointment::Step(session));
            return;
        }
        self.leave(at);
    }

    fn advance(&mut self, at: Duration, mut session: Session) {
        let Some(script) = session.script else { return };
        let steps = self.scenario.sessions.get(script).map(|script| script.steps.as_slice()).unwrap_or_default();
        match steps.get(session.step) {
            Some(step) if session.repeats > 0 => {
                session.repeats -= 1;
                session.chosen.retain(|list, _| !step.anew.contains(list));
                let wait = Duration::from_millis(self.dice.within(&step.wait));
                self.plan(at.saturating_add(wait), Appointment::Step(session));
            }
            _ => self.enter(at, script, session.step + 1, session.chosen),
        }
    }

    fn write(&mut self, session: &mut Session, now: Timestamp) -> Option<ScheduledCall> {
        let Self { scenario, dice, counted, turns, .. } = self;
        let EventTemplate { sender, body } = scenario.events.get(session.event)?;
        let mut filling = Filling { chosen: &mut session.chosen, turns, dice, counted, now };
        let body = scenario.fill(body, &mut filling);
        let ip = scenario.chosen(PERSON, &mut filling).and_then(|person| person.text("ip")?.parse().ok());
        let origin = Client { ip, user_agent: sender.user_agent.clone() };
        Some(ScheduledCall { via: sender.via, origin, body })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use std::collections::BTreeSet;

    use super::*;
    use crate::event::{Document, Payload};
    use crate::lint::{LintContext, Stage, lint};

    fn now() -> Timestamp {
        "2026-05-04T03:02:01Z".parse().unwrap()
    }

    /// The first calls, and when each is due.
    fn first(count: usize, seed: u64) -> Vec<(Duration, ScheduledCall)> {
        let mut traffic = Traffic::shop(seed).unwrap();
        (0..count).map(|_| (traffic.due().unwrap(), traffic.next(now()).unwrap())).collect()
    }

    #[test]
    fn every_event_of_the_shop_resolves_and_is_accepted_by_the_collector() {
        let mut traffic = Traffic::shop(0).unwrap();
        for event in 0..traffic.scenario.events.len() {
            for _ in 0..20 {
                let mut session = Session { event, ..Session::default() };
                let delivery = traffic.write(&mut session, now()).unwrap();
                assert!(!delivery.body.contains("${"), "{}", delivery.body);
                assert!(delivery.origin.ip.is_some(), "{}", delivery.body);
                if let Err(rejection) = delivery.read() {
                    panic!("{rejection}: {}", delivery.body);
                }
            }
        }
    }

    /// Which rules each event of the shop breaks, as the collector shows it.
    fn broken() -> BTreeMap<String, Vec<&'static str>> {
        let shop: toml::Table = toml::from_str(SHOP).unwrap();
        let events = shop.get("events").unwrap().as_array().unwrap();
        let names: Vec<_> =
            events.iter().map(|event| event.get("name").unwrap().as_str().unwrap().to_owned()).collect();
        let mut traffic = Traffic::shop(0).unwrap();
        let mut broken: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (event, name) in names.into_iter().enumerate() {
            let mut session = Session { event, ..Session::default() };
            for draft in traffic.write(&mut session, now()).unwrap().read().unwrap() {
                let payload = Payload::new(draft.text());
                let event = Document::new(payload.into()).unwrap();
                let findings = lint(&event, LintContext { stage: Stage::Received, now: now() });
                broken.entry(name.clone()).or_default().extend(findings.iter().map(|finding| finding.rule.id));
            }
        }
        broken
    }

    #[test]
    fn most_of_the_shop_is_as_it_should_be_and_each_odd_event_breaks_a_rule() {
        let faulty: BTreeMap<_, _> = broken().into_iter().filter(|(_, rules)| !rules.is_empty()).collect();
        let rules = |name: &str| faulty.get(name).cloned().unwrap_or_default();
        let never_odd: Vec<_> = faulty.keys().filter(|name| !name.starts_with("odd_")).collect();
        assert_eq!(never_odd, ["newsletter", "subscription_cancel"], "{faulty:#?}");
        assert_eq!(rules("newsletter"), ["date-format"]);
        assert_eq!(rules("subscription_cancel"), ["date-impossible"]);
        for (name, rule) in [
            ("odd_revenue_as_text", "number-format"),
            ("odd_products_as_text", "products-array"),
            ("odd_products_as_object", "products-array"),
            ("odd_month_14", "date-impossible"),
            ("odd_nobody", "identifier-empty"),
            ("odd_undefined", "literal-text"),
            ("odd_items", "products-name"),
            ("odd_latitude", "latitude-range"),
            ("odd_numbers", "attribute-recommended"),
        ] {
            assert!(rules(name).contains(&rule), "{name}: {:?}", rules(name));
        }
    }

    #[test]
    fn the_shop_shows_every_type_of_the_vendors_page_in_its_first_second() {
        let mut types = BTreeSet::new();
        for (_, delivery) in first(40, 0).iter().filter(|(at, _)| *at < Duration::from_secs(1)) {
            types.extend(delivery.read().unwrap().into_iter().map(|draft| draft.name));
        }
        let documented = [
            "pageload",
            "identify",
            "view",
            "add_to_cart",
            "remove_from_cart",
            "checkout",
            "purchase",
            "search",
            "subscription_start",
            "subscription_upgrade",
            "subscription_downgrade",
            "subscription_billing",
            "subscription_cancel",
            "roast_quiz_finished",
            "app_open",
        ];
        for name in documented {
            assert!(types.contains(name), "{name}: {types:?}");
        }
    }

    #[test]
    fn the_shop_is_lively_and_not_frantic_and_every_event_of_it_comes_up() {
        let deliveries = first(6000, 3);
        let last = deliveries.last().unwrap().0.as_secs_f64();
        let rate = 6000.0 / last;
        assert!((1.0..3.0).contains(&rate), "{rate} a second");
        assert!(deliveries.is_sorted_by_key(|(at, _)| *at));
        let text: String = deliveries.iter().map(|(_, delivery)| delivery.body.as_str()).collect();
        for odd in [
            "\"31.24\"",
            "$ 79.95",
            "2026-14-11",
            "\"customer_id\": \"\"",
            "\"undefined\"",
            "\"items\"",
            "212.99333",
            "\\u001b[31",
            "\\u202e",
            "1e400",
            "\"parent_sku\"",
        ] {
            assert!(text.contains(odd), "{odd}");
        }
        assert!(deliveries.iter().any(|(_, delivery)| delivery.body.matches("\"sku\"").count() >= 100));
        assert!(deliveries.iter().any(|(_, delivery)| delivery.via == Via::Bulk));
    }

    #[test]
    fn the_same_seed_gives_the_same_traffic() {
        let texts = |seed| first(300, seed).into_iter().map(|(at, call)| (at, call.body)).collect::<Vec<_>>();
        assert_eq!(texts(1), texts(1));
        assert_ne!(texts(1), texts(2));
    }

    #[test]
    fn a_visitor_stays_the_same_through_a_session() {
        let mut traffic = Traffic::shop(0).unwrap();
        let mut session = Session::default();
        let ips: BTreeSet<_> = (0..30).map(|_| traffic.write(&mut session, now()).unwrap().origin.ip).collect();
        assert_eq!(ips.len(), 1);
    }

    /// All calls of a scenario that ends, each with when it is due in milliseconds.
    fn all(scenario: &str) -> Vec<(u128, String)> {
        let mut traffic = Traffic::new(Scenario::read("test.toml", scenario).unwrap(), 0);
        let calls = std::iter::from_fn(|| Some((traffic.due()?.as_millis(), traffic.next(now())?.body)));
        calls.take(100).collect()
    }

    #[test]
    fn a_scenario_plays_its_events_in_order_round_by_round_and_ends() {
        let events = r#"
            pace = "2s"
            [[people]]
            email = "a@x.example"
            [[people]]
            email = "b@x.example"
            [[events]]
            name = "first"
            body = '{"event":"view","email":"${person.email}"}'
            [[events]]
            name = "second"
            wait = "500ms"
            body = '{"event":"purchase","email":"${person.email}"}'
        "#;
        let call =
            |at, event: &str, person: &str| (at, format!(r#"{{"event":"{event}","email":"{person}@x.example"}}"#));
        let once = [call(0, "view", "a"), call(500, "purchase", "a")];
        let twice = [&once[..], &[call(2500, "view", "b"), call(3000, "purchase", "b")]].concat();
        let sessions = r#"
            [[sessions]]
            steps = ["first", { send = "second", times = 2, wait = ["1s", "1s"], anew = ["person"] }]
            [[sessions]]
            steps = ["second"]
        "#;
        let of_sessions = [
            call(0, "view", "a"),
            call(1000, "purchase", "b"),
            call(2000, "purchase", "a"),
            call(4500, "purchase", "b"),
        ];
        let often = [
            call(0, "view", "a"),
            call(600, "purchase", "b"),
            call(1000, "purchase", "a"),
            call(2000, "purchase", "b"),
        ];
        let opening = "[opening]\npace = \"1ms\"\nevents = [\"second\"]";
        let opened = [call(0, "purchase", "a"), call(1, "view", "b"), call(501, "purchase", "b")];
        let cases = [
            ("", "", once.to_vec()),
            ("repeat = false", "", once.to_vec()),
            ("repeat = 2", "", twice),
            ("", sessions, of_sessions.to_vec()),
            ("every = \"100ms\"", sessions, often.to_vec()),
            ("", opening, opened.to_vec()),
        ];
        for (head, tail, expected) in cases {
            assert_eq!(all(&format!("{head}\n{events}\n{tail}")), expected, "{head} {tail}");
        }
        assert_eq!(all(&format!("repeat = true\n{events}")).len(), 100);
    }
}
