use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Url;

use crate::lint::{is_address, is_day, is_uuid, numbers};

/// The form of a text, as the keyword `format` names it. Names that are not here say nothing, as JSON Schema has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Format {
    DateTime,
    Date,
    Time,
    Email,
    Uuid,
    Uri,
    UriReference,
    Ipv4,
    Ipv6,
    Hostname,
}

/// Those that are asked of every text of a field, the narrowest first, for a plan that is made from events.
pub(super) const TELLING: [Format; 5] = [Format::DateTime, Format::Date, Format::Uuid, Format::Email, Format::Uri];

impl Format {
    pub(super) const ALL: [Self; 10] = [
        Self::DateTime,
        Self::Date,
        Self::Time,
        Self::Email,
        Self::Uuid,
        Self::Uri,
        Self::UriReference,
        Self::Ipv4,
        Self::Ipv6,
        Self::Hostname,
    ];

    /// The format of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// Its name in a schema.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::DateTime => "date-time",
            Self::Date => "date",
            Self::Time => "time",
            Self::Email => "email",
            Self::Uuid => "uuid",
            Self::Uri => "uri",
            Self::UriReference => "uri-reference",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Hostname => "hostname",
        }
    }

    /// The words for a text of that form.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::DateTime => "a date and time such as 2026-11-24T12:00:00Z",
            Self::Date => "a date such as 2026-11-24",
            Self::Time => "a time such as 12:00:00Z",
            Self::Email => "an e-mail address",
            Self::Uuid => "a UUID such as 2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c",
            Self::Uri => "a whole URL such as https://shop.example.com/coffee",
            Self::UriReference => "a URL, or a part of one",
            Self::Ipv4 => "an IP address such as 203.0.113.24",
            Self::Ipv6 => "an IP address such as 2001:db8::1",
            Self::Hostname => "the name of a host such as shop.example.com",
        }
    }

    /// Whether `text` looks like it.
    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Self::DateTime => text
                .split_at_checked(10)
                .is_some_and(|(date, rest)| is_day(date) && rest.strip_prefix(['T', 't']).is_some_and(is_time)),
            Self::Date => is_day(text),
            Self::Time => is_time(text),
            Self::Email => is_address(text),
            Self::Uuid => is_uuid(text),
            Self::Uri => is_reference(text) && Url::parse(text).is_ok(),
            Self::UriReference => is_reference(text),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Hostname => is_host(text),
        }
    }
}

/// `12:00:00.5Z` or `12:00:00+01:00`. The last second of a day may be a leap second.
fn is_time(text: &str) -> bool {
    let Some((time, rest)) = text.split_at_checked(8) else { return false };
    let rest = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
    };
    let is_zone = |zone: &str| zone.strip_prefix(['+', '-']).is_some_and(|zone| clock(zone, "hh:mm"));
    clock(time, "hh:mm:ss") && (matches!(rest, "Z" | "z") || is_zone(rest))
}

/// Whether a time of day, or how far one is ahead of another, is written in that form.
fn clock(text: &str, form: &str) -> bool {
    numbers(text, form).is_some_and(|parts| parts.iter().zip([23, 59, 60]).all(|(part, most)| *part <= most))
}

/// Whether only characters stand in it that a URL may hold.
fn is_reference(text: &str) -> bool {
    text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"\"<>\\^`{|}".contains(c))
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label) && text.parse::<IpAddr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_takes_what_it_names_and_nothing_else() {
        let cases: [(Format, &[&str], &[&str]); 10] = [
            (
                Format::DateTime,
                &["2026-11-24T12:00:00Z", "2024-02-29t23:59:60.123+01:00", "2026-11-24T12:00:00-00:00"],
                &[
                    "",
                    "2026-11-24",
                    "2026-11-24 12:00:00Z",
                    "2026-11-24T12:00:00",
                    "2026-02-29T12:00:00Z",
                    "2026-11-24T24:00:00Z",
                    "2026-11-24T12:00Z",
                    "2026-11-24T12:00:00.Z",
                    "2026-11-24T12:00:00+1:00",
                    "2026-11-2éT12:00:00Z",
                ],
            ),
            (Format::Date, &["2026-11-24", "2024-02-29"], &["2026-14-11", "26-11-24", "2026-11-24Z", "+026-11-24"]),
            (Format::Time, &["12:00:00Z", "23:59:60+14:00"], &["12:00", "25:00:00Z", "12:00:00", "1é:00:00Z"]),
            (Format::Email, &["jane@example.com"], &["jane", "jane@localhost", "[email protected]", ""]),
            (
                Format::Uuid,
                &["2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c"],
                &["2f1d6a526f0e4c558e571f9b6a1f0d3c", "2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3g"],
            ),
            (Format::Uri, &["https://shop.example.com/a?b=c", "urn:x"], &["/coffee", "shop", "https://a b", ""]),
            (Format::UriReference, &["/coffee", "#top", ""], &["a b", "<a>"]),
            (Format::Ipv4, &["203.0.113.24"], &["203.0.113", "203.0.113.256", "::1"]),
            (Format::Ipv6, &["2001:db8::1", "::1"], &["203.0.113.24", "12345::"]),
            (Format::Hostname, &["shop.example.com", "localhost"], &["-a.b", "a..b", "", "203.0.113.24"]),
        ];
        assert_eq!(cases.len(), Format::ALL.len());
        for (format, good, bad) in cases {
            assert_eq!(Format::named(format.as_str()), Some(format));
            for text in good {
                assert!(format.fits(text), "{text} is {}", format.as_str());
            }
            for text in bad {
                assert!(!format.fits(text), "{text} is no {}", format.as_str());
            }
        }
        assert_eq!(Format::named("color"), None);
    }
}
