//! Whether a message can reach a device.

use super::object::Object;
use crate::event::{Sanitized, sanitized};
use crate::lint::{Actual, Expected, Finding, Findings, Fix, Rule, Severity};

const MOBILE: &str = "https://developer.blueshift.com/docs/event-attributes-for-integration-without-sdk";

const EVENT: &str = "https://developer.blueshift.com/reference/post_api-v1-event";

static DEVICE_TOKENS: Rule = Rule {
    id: "device-tokens",
    severity: Severity::Note,
    title: "device_tokens instead of device_token",
    why: "The documentation spells it both ways, but what SDKs send and push needs is device_token, one per event.",
    documentation: EVENT,
    bad: r#"{"event":"identify","email":"jane@example.com","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_type":"android","device_tokens":"740f4707bebcf74f"}"#,
    good: r#"{"event":"identify","email":"jane@example.com","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_type":"android","device_token":"740f4707bebcf74f"}"#,
};

static MOBILE_ATTRIBUTES: Rule = Rule {
    id: "mobile-attributes",
    severity: Severity::Warning,
    title: "a device that no message can reach",
    why: "Push and in-app messages go only to a device with device_id, device_token and device_type.",
    documentation: MOBILE,
    bad: r#"{"event":"identify","email":"jane@example.com","device_type":"android","device_token":"740f4707bebcf74f"}"#,
    good: r#"{"event":"identify","email":"jane@example.com","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_type":"android","device_token":"740f4707bebcf74f"}"#,
};

static DEVICE_TYPE: Rule = Rule {
    id: "device-type-value",
    severity: Severity::Note,
    title: "device_type not as documented",
    why: "The documentation lists android, iPhone and iPad, but its own sample says ios: what another spelling \
          reaches is not certain.",
    documentation: MOBILE,
    bad: r#"{"event":"identify","email":"jane@example.com","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_type":"ios","device_token":"740f4707bebcf74f"}"#,
    good: r#"{"event":"identify","email":"jane@example.com","device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_type":"iPhone","device_token":"740f4707bebcf74f"}"#,
};

pub(super) const RULES: &[&Rule] = &[&DEVICE_TOKENS, &MOBILE_ATTRIBUTES, &DEVICE_TYPE];

impl Object<'_> {
    pub(super) fn check_device(&self, findings: &mut Findings) {
        if !self.has("device_token") {
            findings.extend(self.finding(&DEVICE_TOKENS, "device_tokens", Expected::name("device_token")));
        }
        let token = self.has("device_token") || self.has("device_tokens");
        let device = self.text("device_type");
        let documented = device.as_deref().map_or(&[][..], device_types);
        if device.is_some_and(|device| !documented.is_empty() && !documented.contains(&&*device)) {
            let (expected, fix) = match documented {
                [only] => (Expected::from(*only), Some(Fix::Replace(format!("\"{only}\"")))),
                several => (sanitized!("one of {}", Sanitized::join(several, ", ")).into(), None),
            };
            let finding = self.finding(&DEVICE_TYPE, "device_type", expected);
            findings.extend(finding.map(|finding| Finding { fix, ..finding }));
        }
        if !token && documented.is_empty() {
            return;
        }
        for name in ["device_id", "device_type", "device_token"] {
            // A device without a token can still show what is in the app.
            let (there, severity) = match name {
                "device_token" => (token, Severity::Note),
                _ => (self.has(name), Severity::Warning),
            };
            if !there {
                findings.push(Finding {
                    severity,
                    ..MOBILE_ATTRIBUTES.at(self.path(), Expected::field(name), Actual::Missing)
                });
            }
        }
    }
}

/// The documented names of a mobile device that the sender calls `device`; nothing for what is none (`desktop`).
fn device_types(device: &str) -> &'static [&'static str] {
    match device.trim().to_lowercase().as_str() {
        "android" => &["android"],
        "ios" => &["iPhone", "iPad"],
        "iphone" => &["iPhone"],
        "ipad" => &["iPad"],
        _ => &[],
    }
}
