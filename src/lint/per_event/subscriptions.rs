//! When subscriptions start and end.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::object::Object;
use crate::event::{Sanitized, sanitized};
use crate::lint::{Findings, Rule, Severity, shown};

/// How many days the end of a subscription may be from where its period puts it: months differ in length, and an end may
/// count its own day.
const DAYS_APART: i32 = 3;

static SUBSCRIPTION_DATES: Rule = Rule {
    id: "subscription-dates",
    severity: Severity::Error,
    title: "a subscription that ends before it starts",
    why: "Messages before a subscription runs out are timed by its end: this one is over before it begins.",
    documentation: "",
    bad: r#"{"event":"subscription_start","email":"jane@example.com","subscription_period_type":"month","subscription_period_length":1,"subscription_plan_type":"gold","subscription_amount":29.99,"subscription_started_at":"2026-06-17T17:27:20Z","subscription_end_at":"2026-05-17T17:27:20Z"}"#,
    good: r#"{"event":"subscription_start","email":"jane@example.com","subscription_period_type":"month","subscription_period_length":1,"subscription_plan_type":"gold","subscription_amount":29.99,"subscription_started_at":"2026-05-17T17:27:20Z","subscription_end_at":"2026-06-17T17:27:20Z"}"#,
};

static SUBSCRIPTION_LENGTH: Rule = Rule {
    id: "subscription-length",
    severity: Severity::Note,
    title: "a subscription whose end does not match its period",
    why: "The period gives one end and the date another: what is timed by one is wrong by the other.",
    documentation: "",
    bad: r#"{"event":"subscription_start","email":"jane@example.com","subscription_period_type":"month","subscription_period_length":1,"subscription_plan_type":"gold","subscription_amount":29.99,"subscription_started_at":"2026-05-17T17:27:20Z","subscription_end_at":"2026-08-17T17:27:20Z"}"#,
    good: r#"{"event":"subscription_start","email":"jane@example.com","subscription_period_type":"month","subscription_period_length":3,"subscription_plan_type":"gold","subscription_amount":29.99,"subscription_started_at":"2026-05-17T17:27:20Z","subscription_end_at":"2026-08-17T17:27:20Z"}"#,
};

pub(super) const RULES: &[&Rule] = &[&SUBSCRIPTION_DATES, &SUBSCRIPTION_LENGTH];

impl Object<'_> {
    pub(super) fn check_subscription(&self, findings: &mut Findings) {
        let time = |name| self.text(name).and_then(|text| moment(&text));
        let Some((start, end)) = time("subscription_started_at").zip(time("subscription_end_at")) else { return };
        if end < start {
            let started = self.get("subscription_started_at").map(|id| shown(self.event, id).words());
            let expected = sanitized!("a time after the start, {}", started.unwrap_or_default());
            findings.extend(self.finding(&SUBSCRIPTION_DATES, "subscription_end_at", expected));
            return;
        }
        let Some(due) = self.period().and_then(|period| day(start).checked_add(period).ok()) else { return };
        if due.until(day(end)).is_ok_and(|apart| apart.get_days().abs() > DAYS_APART) {
            let expected = sanitized!("about {}, one period after the start", Sanitized::of(&due));
            findings.extend(self.finding(&SUBSCRIPTION_LENGTH, "subscription_end_at", expected));
        }
    }

    /// How long the subscription runs, where its type is a unit of time.
    pub(super) fn period(&self) -> Option<Span> {
        let length =
            self.number("subscription_period_length").filter(|length| *length > 0.0 && length.fract() == 0.0)?;
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and one that is too large fits no span")]
        let length = length as i64;
        let unit = self.text("subscription_period_type")?.to_lowercase();
        match unit.strip_suffix('s').unwrap_or(&unit) {
            "day" => Span::new().try_days(length),
            "week" => Span::new().try_weeks(length),
            "month" => Span::new().try_months(length),
            "year" => Span::new().try_years(length),
            _ => return None,
        }
        .ok()
    }
}

/// A moment, or a day without one: they compare only among themselves.
#[derive(Clone, Copy, PartialEq)]
enum MomentOrDay {
    At(Timestamp),
    Day(Date),
}

impl PartialOrd for MomentOrDay {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::At(one), Self::At(other)) => one.partial_cmp(other),
            (Self::Day(one), Self::Day(other)) => one.partial_cmp(other),
            _ => None,
        }
    }
}

fn moment(text: &str) -> Option<MomentOrDay> {
    text.parse().map(MomentOrDay::At).or_else(|_| text.parse().map(MomentOrDay::Day)).ok()
}

/// The day of a moment, by UTC.
fn day(moment: MomentOrDay) -> Date {
    match moment {
        MomentOrDay::At(instant) => instant.to_zoned(TimeZone::UTC).date(),
        MomentOrDay::Day(day) => day,
    }
}
