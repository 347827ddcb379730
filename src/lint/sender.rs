//! Who sent an event, as far as that tells what can be changed in it: what the official SDKs write themselves, no app can
//! write otherwise.

use super::{Finding, Findings, Severity};
use crate::event::{Document, NodeId, Segment};

/// The dates that the SDKs send as numbers of seconds (code).
const SECONDS: [&str; 7] = [
    "app_installed_at",
    "app_updated_at",
    "date_of_birth",
    "joined_at",
    "subscription_end_date",
    "subscription_start_date",
    "timestamp",
];

/// What the SDKs leave out or call otherwise: they send `revenue` without `total`, `subscription_start_date` and
/// `subscription_status` (code).
const LEFT_OUT: [&str; 4] = ["billing_date", "subscription_canceled_at", "subscription_started_at", "total"];

/// Whether an official SDK sent it: by its version, or by most of what it says of the device.
pub(super) fn is_sdk(event: &Document) -> bool {
    const OF_THE_DEVICE: [&str; 9] = [
        "app_name",
        "app_version",
        "device_manufacturer",
        "enable_inapp",
        "enable_push",
        "firebase_instance_id",
        "limit_ad_tracking",
        "network_carrier",
        "os_name",
    ];
    let (mut has_type, mut said) = (false, 0);
    for field in event.children(NodeId::ROOT) {
        match event.key_text(field).trim_matches('"') {
            "bsft_sdk_version" => return true,
            "device_type" => has_type = true,
            name => said += u32::from(OF_THE_DEVICE.contains(&name)),
        }
    }
    has_type && said >= 4
}

/// Makes notes of what an official SDK writes so.
pub(super) fn ease(event: &Document, findings: &mut Findings) {
    let own = |finding: &Finding| match (finding.rule.id, finding.path.0.as_slice()) {
        ("date-epoch" | "date-format" | "date-zone", [Segment::Key { name, .. }]) => SECONDS.contains(&&**name),
        ("attribute-recommended", []) => finding.missing().iter().all(|name| LEFT_OUT.contains(&&**name)),
        ("consent-overwritten", [_]) => true,
        _ => false,
    };
    let is_loud = |finding: &Finding| finding.severity > Severity::Note && own(finding);
    if findings.kept().iter().any(is_loud) && is_sdk(event) {
        findings.each(|finding| {
            if is_loud(finding) {
                finding.severity = Severity::Note;
            }
        });
    }
}
