use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::SandboxError;
use super::fault::Dice;
use super::intake::{self, AcceptedEvent, Client, Rejection};
use super::pixel;
use super::scenario::{Filling, Scenario, Via};

/// The demo shop.
const SHOP: &str = include_str!("../../assets/traffic/shop.json");

/// The endless traffic of a scenario's visitors. The same seed gives the same events in the same order, but for the
/// instants in them.
#[derive(Debug)]
pub struct Traffic {
    scenario: Scenario,
    dice: Dice,
    counted: u64,
    /// The agenda, by the time since the start; the number keeps two of the same instant in order.
    agenda: BTreeMap<(Duration, u64), Appointment>,
    entries: u64,
}

#[derive(Debug)]
enum Appointment {
    NewSession,
    Step(Session),
}

/// One visitor on the way through a script.
#[derive(Debug)]
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
    /// When, since the start of the traffic.
    pub(super) at: Duration,
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

impl Traffic {
    /// The traffic of a scenario.
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        let mut traffic = Self { scenario, dice: Dice::new(seed), counted: 0, agenda: BTreeMap::new(), entries: 0 };
        let mut at = Duration::ZERO;
        for event in traffic.scenario.opening.clone() {
            let session = Session { script: None, event, step: 0, repeats: 0, chosen: BTreeMap::new() };
            traffic.plan(at, Appointment::Step(session));
            at += traffic.scenario.opening_gap;
        }
        traffic.plan(at, Appointment::NewSession);
        traffic
    }

    /// The traffic of the demo shop: every event of the platform's own documentation page, and odd ones now and then.
    pub fn shop(seed: u64) -> Result<Self, SandboxError> {
        Ok(Self::new(Scenario::read(SHOP)?, seed))
    }

    fn plan(&mut self, at: Duration, entry: Appointment) {
        self.entries += 1;
        self.agenda.insert((at, self.entries), entry);
    }

    /// The next call, written as if it were `now`.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<ScheduledCall> {
        loop {
            let ((at, _), entry) = self.agenda.pop_first()?;
            match entry {
                Appointment::NewSession => {
                    let gap = Duration::from_millis(self.dice.within(&self.scenario.session_gap));
                    self.plan(at + gap, Appointment::NewSession);
                    let script = self.draw_script();
                    self.enter(at, script, 0, BTreeMap::new());
                }
                Appointment::Step(mut session) => {
                    let delivery = self.write(at, &mut session, now)?;
                    self.advance(at, session);
                    return Some(delivery);
                }
            }
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
            chosen.retain(|list, _| !step.recast.contains(list));
            let wait = Duration::from_millis(self.dice.within(&step.wait_ms));
            let session = Session { script: Some(script), event: step.event, step: index, repeats: times - 1, chosen };
            self.plan(at + wait, Appointment::Step(session));
            return;
        }
    }

    fn advance(&mut self, at: Duration, mut session: Session) {
        let Some(script) = session.script else { return };
        let steps = self.scenario.sessions.get(script).map(|script| script.steps.as_slice()).unwrap_or_default();
        match steps.get(session.step) {
            Some(step) if session.repeats > 0 => {
                session.repeats -= 1;
                session.chosen.retain(|list, _| !step.recast.contains(list));
                let wait = Duration::from_millis(self.dice.within(&step.wait_ms));
                self.plan(at + wait, Appointment::Step(session));
            }
            _ => self.enter(at, script, session.step + 1, session.chosen),
        }
    }

    fn write(&mut self, at: Duration, session: &mut Session, now: Timestamp) -> Option<ScheduledCall> {
        let template = self.scenario.events.get(session.event)?;
        let sender = self.scenario.senders.get(template.sender)?;
        let mut filling = Filling { chosen: &mut session.chosen, dice: &self.dice, counted: &mut self.counted, now };
        let body = self.scenario.fill(template, &mut filling);
        let ip = self.scenario.chosen("visitor", &mut filling).and_then(|visitor| visitor.text("ip")?.parse().ok());
        let origin = Client { ip, user_agent: Some(sender.user_agent.clone()) };
        Some(ScheduledCall { at, via: sender.via, origin, body })
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

    fn first(count: usize, seed: u64) -> Vec<ScheduledCall> {
        let mut traffic = Traffic::shop(seed).unwrap();
        (0..count).map(|_| traffic.next(now()).unwrap()).collect()
    }

    #[test]
    fn every_event_of_the_shop_resolves_and_is_accepted_by_the_collector() {
        let mut traffic = Traffic::shop(0).unwrap();
        for event in 0..traffic.scenario.events.len() {
            for _ in 0..20 {
                let mut session = Session { script: None, event, step: 0, repeats: 0, chosen: BTreeMap::new() };
                let delivery = traffic.write(Duration::ZERO, &mut session, now()).unwrap();
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
        let events: serde_json::Value = serde_json::from_str(SHOP).unwrap();
        let names: BTreeSet<_> = events.get("events").unwrap().as_object().unwrap().keys().cloned().collect();
        let mut traffic = Traffic::shop(0).unwrap();
        let mut broken: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (event, name) in names.into_iter().enumerate() {
            let mut session = Session { script: None, event, step: 0, repeats: 0, chosen: BTreeMap::new() };
            for draft in traffic.write(Duration::ZERO, &mut session, now()).unwrap().read().unwrap() {
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
        for delivery in first(40, 0).iter().filter(|delivery| delivery.at < Duration::from_secs(1)) {
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
        let last = deliveries.last().unwrap().at.as_secs_f64();
        let rate = 6000.0 / last;
        assert!((1.0..3.0).contains(&rate), "{rate} a second");
        assert!(deliveries.is_sorted_by_key(|delivery| delivery.at));
        let text: String = deliveries.iter().map(|delivery| delivery.body.as_str()).collect();
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
        assert!(deliveries.iter().any(|delivery| delivery.body.matches("\"sku\"").count() >= 100));
        assert!(deliveries.iter().any(|delivery| delivery.via == Via::Bulk));
    }

    #[test]
    fn the_same_seed_gives_the_same_traffic() {
        let texts = |seed| first(300, seed).into_iter().map(|d| (d.at, d.body)).collect::<Vec<_>>();
        assert_eq!(texts(1), texts(1));
        assert_ne!(texts(1), texts(2));
    }

    #[test]
    fn a_visitor_stays_the_same_through_a_session() {
        let mut traffic = Traffic::shop(0).unwrap();
        let mut session = Session { script: None, event: 0, step: 0, repeats: 0, chosen: BTreeMap::new() };
        let ips: BTreeSet<_> =
            (0..30).map(|_| traffic.write(Duration::ZERO, &mut session, now()).unwrap().origin.ip).collect();
        assert_eq!(ips.len(), 1);
    }
}
