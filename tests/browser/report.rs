//! The report as HTML: one file that asks nobody for anything, fits a phone and goes on paper.

use std::process::Command;

use serde_json::json;

use crate::chromium::Page;

/// Events with what makes a report wide: long names, long values, many fields, text from right to left.
fn events() -> String {
    let long = "x".repeat(400);
    let events = [
        json!({"event": "purchase", "email": "jane@example.com", "order_id": "50314", "revenue": "$ 31.24", "products": {"sku": long}}),
        json!({"event": "a_name_that_is_as_long_as_a_name_can_be_without_being_refused_01", "email": "[email protected]", long.clone(): 1}),
        json!({"event": "search", "customer_id": "undefined", "keywords": "قهوة", "joined_at": "11/23/2026", "note": long}),
    ];
    events.map(|event| format!("{event}\n")).concat()
}

#[test]
fn a_report_makes_no_request_and_fits_a_phone_a_screen_and_paper() {
    let Some(mut page) = Page::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("events.ndjson"), folder.path().join("report.html"));
    std::fs::write(&input, events()).unwrap();
    let report = Command::new(env!("CARGO_BIN_EXE_clickscope"))
        .arg("report")
        .arg(&input)
        .args(["--format", "html"])
        .env("XDG_CONFIG_HOME", folder.path())
        .output()
        .unwrap();
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    std::fs::write(&output, report.stdout).unwrap();
    let url = format!("file://{}", output.display());
    for (size, medium) in [([360, 740], "screen"), ([1280, 800], "screen"), ([794, 1123], "print")] {
        for scheme in ["light", "dark"] {
            page.show_as(size, scheme, medium);
            page.visit(&url);
            page.assert_fits(&format!("{size:?} {scheme} {medium}"));
        }
    }
    assert!(page.requests().iter().all(|asked| *asked == url), "{:?}", page.requests());
    assert_eq!((page.exceptions(), page.console()), (Vec::new(), Vec::new()));
}
