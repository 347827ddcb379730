//! The page on which the platform tells the public how it fares \[3p\].

use serde::Deserialize;

use crate::event::Sanitized;
use crate::event::text::excerpt;

/// Where it is. It is another host than that of the API, and takes no key.
pub const STATUS_PAGE: &str = "https://status.blueshift.com/api/v2/summary.json";

/// The part of the platform that takes events.
const COMPONENT: &str = "Event processing";

/// The widest text of it that is told, in columns.
const WIDEST: usize = 100;

/// How the platform says that it fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformStatus {
    /// Whether it says that all is well with events, or, where it does not name them, with everything.
    pub is_well: bool,
    /// Its words, for events if it has them: `Event processing & API: degraded_performance`.
    pub said: Sanitized,
    /// The incidents that are not over.
    pub incidents: Vec<Sanitized>,
}

#[derive(Deserialize)]
struct Page {
    status: Whole,
    #[serde(default)]
    components: Vec<Component>,
    #[serde(default)]
    incidents: Vec<Incident>,
}

#[derive(Deserialize)]
struct Whole {
    indicator: String,
    description: String,
}

#[derive(Deserialize)]
struct Component {
    name: String,
    status: String,
}

#[derive(Deserialize)]
struct Incident {
    name: String,
}

impl PlatformStatus {
    /// Reads what the page says; `None` where it is not that page.
    pub fn read(body: &[u8]) -> Option<Self> {
        let Page { status, components, incidents } = serde_json::from_slice(body).ok()?;
        let events = components.iter().find(|component| component.name.starts_with(COMPONENT));
        let (is_well, said) = match events {
            Some(Component { name, status }) => (status == "operational", format!("{name}: {status}")),
            None => (status.indicator == "none", status.description),
        };
        let incidents = incidents.iter().map(|incident| excerpt(&incident.name, WIDEST)).collect();
        Some(Self { is_well, said: excerpt(&said, WIDEST), incidents })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_says_of_events_counts_and_else_of_everything() {
        let page = |components: &str, indicator: &str| {
            format!(
                r#"{{"page":{{"id":"x"}},"status":{{"indicator":"{indicator}","description":"Minor Service Outage"}},
                    "components":[{components}],"incidents":[{{"name":"Slow\u001b dashboards","status":"monitoring"}}]}}"#
            )
        };
        let component = |status: &str| format!(r#"{{"name":"Event processing & API","status":"{status}","id":"1"}}"#);
        for (body, is_well, said) in [
            (page(&component("operational"), "minor"), true, "Event processing & API: operational"),
            (page(&component("major_outage"), "major"), false, "Event processing & API: major_outage"),
            (page(r#"{"name":"Email","status":"operational"}"#, "minor"), false, "Minor Service Outage"),
            (page("", "none"), true, "Minor Service Outage"),
        ] {
            let read = PlatformStatus::read(body.as_bytes());
            let incidents = vec![Sanitized::literal("Slow\\u001b dashboards")];
            assert_eq!(read, Some(PlatformStatus { is_well, said: said.into(), incidents }), "{body}");
        }
        for body in ["", "<html>", "{}", "[]"] {
            assert_eq!(PlatformStatus::read(body.as_bytes()), None, "{body}");
        }
    }
}
