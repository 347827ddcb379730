//! Dates that are spelled right and yet hardly meant: zero dates of programs, years of other calendars, times without a
//! zone.

use super::{Expected, Rule, Severity};
use crate::event::sanitized;
use crate::event::text::sanitize;

static IMPLAUSIBLE: Rule = Rule {
    id: "date-implausible",
    severity: Severity::Warning,
    title: "a date that is hardly meant",
    why: "Programs write 0001, 1970 or 9999 where they have no date, and phones that are set to another calendar write its \
          year: conditions on the date hold for everybody or for nobody. Where a date may be meant all the same it is a note.",
    documentation: "",
    bad: r#"{"event":"course_finished","email":"jane@example.com","finished_at":"2569-11-24T11:59:00Z"}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com","finished_at":"2026-11-24T11:59:00Z"}"#,
};

static ZONE: Rule = Rule {
    id: "date-zone",
    severity: Severity::Note,
    title: "a time without a time zone",
    why: "Without Z or an offset it is not said which moment is meant, and the platform may take local time for UTC.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/115002714773",
    bad: r#"{"event":"course_finished","email":"jane@example.com","finished_at":"2026-11-24T11:59:00"}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com","finished_at":"2026-11-24T11:59:00+01:00"}"#,
};

pub(super) const RULES: &[&Rule] = &[&IMPLAUSIBLE, &ZONE];

/// What is odd about a date in ISO 8601.
pub(super) struct Oddity {
    pub(super) rule: &'static Rule,
    pub(super) severity: Severity,
    pub(super) expected: Expected,
    /// The date that is meant, where that is certain.
    pub(super) right: Option<String>,
}

/// By how much the years of the Buddhist calendar are ahead; its months and days are the same.
const BUDDHIST: u16 = 543;

/// What is odd about a date under that name, which may be one that no calendar of ours has; `sure` is whether the name is
/// that of a documented date.
pub(super) fn oddity(key: &str, text: &str, sure: bool) -> Option<Oddity> {
    let year: u16 = text.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()?;
    let rest = text.get(4..)?;
    let told = |severity, expected: Expected, right| Some(Oddity { rule: &IMPLAUSIBLE, severity, expected, right });
    let is_any = |parts: &[&str]| parts.iter().any(|part| key.contains(part));
    let is_birth = is_any(&["birth", "dob"]);
    let day = rest.trim_start_matches('-');
    let first_day = day.starts_with("01-01") || day.starts_with("0101");
    let likely = if sure && !is_birth { Severity::Warning } else { Severity::Note };
    match year {
        2400..=2700 => {
            let right = format!("{:04}{rest}", year - BUDDHIST);
            let expected =
                sanitized!("a year of the Gregorian calendar: {} is {} of the Buddhist one", year, year - BUDDHIST);
            told(Severity::Warning, expected.into(), Some(right))
        }
        0 => None,
        1 if first_day => told(Severity::Warning, zero("0001-01-01", ".NET and Go"), None),
        1..=99 => told(
            Severity::Warning,
            sanitized!(
                "a year of four digits: {} is a year of two, or of an era (Reiwa {} is {})",
                year,
                year,
                year + 2018
            )
            .into(),
            None,
        ),
        100..=199 => told(
            Severity::Warning,
            sanitized!("a year of the Gregorian calendar: {} of the Minguo one is {}", year, year + 1911).into(),
            None,
        ),
        1300..=1499 if sure || year > 1380 => told(
            likely,
            sanitized!(
                "a year of the Gregorian calendar; {} is one of the Persian or the Islamic calendar today",
                year
            )
            .into(),
            None,
        ),
        1601 | 1753 | 1899 | 1900 | 1904 if first_day || rest.starts_with("-12-30") || rest.starts_with("-12-31") => {
            told(likely, zero(text.get(..10).unwrap_or(text), "spreadsheets and databases"), None)
        }
        1969 if rest.starts_with("-12-31T") => told(likely, zero("1969-12-31", "Unix, in America"), None),
        1970 if first_day => told(likely, zero("1970-01-01", "Unix"), None),
        1970 if rest.starts_with("-01-") && sure && !is_birth => told(
            likely,
            "a date of today: seconds since 1970 that were read as milliseconds become one of January 1970".into(),
            None,
        ),
        2900..=9999 => {
            let severity = if is_any(&["end", "expir", "until", "valid"]) && year != 9999 {
                Severity::Note
            } else {
                Severity::Warning
            };
            told(severity, "a date that comes, or no such field where there is none".into(), None)
        }
        1000..=1899 if sure => told(Severity::Warning, "a date of our time".into(), None),
        _ => {
            let (_, time) = rest.split_once(['T', 't'])?;
            let has_zone = time.ends_with(['Z', 'z']) || time.contains(['+', '-']);
            let expected = "a time with Z or an offset behind it";
            (!has_zone).then(|| Oddity { rule: &ZONE, severity: ZONE.severity, expected: expected.into(), right: None })
        }
    }
}

fn zero(date: &str, programs: &'static str) -> Expected {
    sanitized!("a date, or no such field: {} is what {} have for none", sanitize(date), programs).into()
}

#[cfg(test)]
mod tests {
    use super::super::Stage::Outgoing;
    use super::super::tests::{fixed, of};
    use super::*;

    #[test]
    fn a_date_is_of_our_calendar_and_of_a_time_that_is_meant() {
        use Severity::{Note, Warning};
        // Of whom it was seen, the field, the date, how bad it is, and what is meant.
        let cases = [
            ("a phone in Thailand", "joined_at", "2569-11-24T11:59:00Z", Some(Warning), Some("2026-11-24T11:59:00Z")),
            ("a phone in Thailand, leap day", "joined_at", "2567-02-29", Some(Warning), Some("2024-02-29")),
            ("a phone in Japan", "joined_at", "0008-11-24", Some(Warning), None),
            ("a phone in Taiwan", "joined_at", "0115-11-24", Some(Warning), None),
            ("a phone in Iran", "joined_at", "1405-09-03", Some(Warning), None),
            (".NET", "joined_at", "0001-01-01T00:00:00Z", Some(Warning), None),
            ("a server", "joined_at", "1970-01-01T00:00:00Z", Some(Warning), None),
            ("a server in America", "joined_at", "1969-12-31T19:00:00-05:00", Some(Warning), None),
            ("Java with seconds", "joined_at", "1970-01-21T08:21:44Z", Some(Warning), None),
            ("a spreadsheet", "started_at", "1899-12-30T00:00:00Z", Some(Note), None),
            ("a database", "expires_at", "9999-12-31", Some(Warning), None),
            ("a shop", "date_of_birth", "1970-01-01", Some(Note), None),
            ("a shop", "date_of_birth", "1931-05-06", None, None),
            ("a bookseller", "published_date", "1623-11-08", None, None),
            ("a shop", "valid_until", "2099-12-31", None, None),
        ];
        for (sender, name, date, severity, right) in cases {
            let event = format!(r#"{{"event":"x","cookie":"c","{name}":"{date}"}}"#);
            let found = of(&event, Outgoing, "date-implausible");
            assert_eq!(found.first().map(|it| it.severity), severity, "{sender}: {name} {date}");
            assert_eq!(
                fixed(&event, "date-implausible"),
                right.map(|it| format!("\"{it}\"")),
                "{sender}: {name} {date}"
            );
        }
    }

    #[test]
    fn a_time_says_in_which_zone_it_is() {
        for (time, is_found) in [
            ("2026-11-24T10:00:00", true),
            ("20261124T100000", true),
            ("2026-11-24T10:00:00Z", false),
            ("2026-11-24T10:00:00+01", false),
            ("2026-11-24", false),
        ] {
            let event = format!(r#"{{"event":"x","cookie":"c","started_at":"{time}"}}"#);
            assert_eq!(!of(&event, Outgoing, "date-zone").is_empty(), is_found, "{time}");
        }
    }
}
