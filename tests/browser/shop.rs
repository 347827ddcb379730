//! The shop page: what each of its buttons sends, and how it looks.

use clickscope::sandbox::SandboxConfig;
use serde_json::{Value, json};

use crate::chromium::Page;
use crate::{Collector, assert_holds};

/// A click, the event that it sends, and fields of that.
fn clicks() -> Vec<(&'static str, &'static str, Value)> {
    let fill = |id: &str, value: &str| format!("document.getElementById('{id}').value = {}; ", json!(value));
    let searched: &'static str = Box::leak((fill("words", "filter") + "$('search').requestSubmit()").into_boxed_str());
    let office: &'static str = Box::leak((fill("plan", "2") + "$('join').click()").into_boxed_str());
    let one_bag: &'static str = Box::leak((fill("plan", "0") + "$('join').click()").into_boxed_str());
    vec![
        ("$('load').click()", "pageload", json!({})),
        (searched, "search", json!({"keywords": "filter", "product_ids": ["HC-V60-02", "HC-FIL-100"]})),
        (
            "good('HC-V60-02', 'Look').click()",
            "view",
            json!({"products": [{"sku": "HC-V60-02", "price": 24.95, "title": "Dripper 02, ceramic"}]}),
        ),
        ("good('HC-V60-02', 'Add').click()", "add_to_cart", json!({"product_id": "HC-V60-02", "price": "24.95"})),
        ("good('HC-FIL-100', 'Add').click()", "add_to_cart", json!({"product_id": "HC-FIL-100"})),
        ("button('Remove Paper').click()", "remove_from_cart", json!({"product_id": "HC-FIL-100"})),
        (
            "$('sign-in').requestSubmit()",
            "identify",
            json!({"customer_id": "20417", "email": "mara.lindqvist@example.com"}),
        ),
        ("$('checkout').click()", "checkout", json!({"total": "29.95", "email": "mara.lindqvist@example.com"})),
        (
            "$('purchase').click()",
            "purchase",
            json!({"order_id": "50314", "revenue": "24.95", "products": [{"sku": "HC-V60-02", "price": 24.95, "quantity": 1}]}),
        ),
        ("$('join').click()", "subscription_start", json!({"subscription_amount": "11.90"})),
        (office, "subscription_upgrade", json!({"subscription_plan_type": "club-office"})),
        (one_bag, "subscription_downgrade", json!({"subscription_amount": "11.90"})),
        ("$('leave').click()", "subscription_cancel", json!({"subscription_plan_type": "club-one-bag"})),
        ("$('custom').requestSubmit()", "brew_guide_read", json!({"guide": "V60", "minutes": "4"})),
    ]
}

const HELPERS: &str = "
    window.clicked = new Set();
    addEventListener('click', (event) => clicked.add(event.target.closest('button')), true);
    addEventListener('submit', (event) => clicked.add(event.submitter ?? event.target.querySelector('button')), true);
    window.good = (sku, action) => document.querySelector(`[data-sku='${sku}'] [aria-label^='${action}']`);
    window.button = (name) => document.querySelector(`button[aria-label^='${name}']`);
    window.told = () => document.querySelectorAll('#sent .taken').length;";

#[test]
fn every_button_of_the_shop_fires_the_vendors_call_and_the_page_says_what_was_sent() {
    let Some(mut page) = Page::open() else { return };
    let collector = Collector::start();
    let url = collector.sandbox.url();
    page.visit(&format!("{url}/"));
    page.value(HELPERS);
    page.until("told() === 1");
    assert_holds(&collector.events("pageload")[0], &json!({"url": format!("{url}/")}));
    for (number, (click, name, fields)) in clicks().into_iter().enumerate() {
        page.value(click);
        page.until(&format!("told() === {}", number + 2));
        let events = collector.events(name);
        assert_holds(events.first().unwrap_or_else(|| panic!("{click}: no {name}")), &fields);
        let said = page.value("document.querySelector('#sent code').textContent");
        assert!(said.as_str().is_some_and(|said| said.contains(name)), "{click}: {said}");
    }
    let missed = "[...document.querySelectorAll('button')].filter((b) => !clicked.has(b) && !b.closest('[data-sku]')).map((b) => b.outerHTML)";
    assert_eq!(page.value(missed), json!([]));

    // What the collector refuses, and what is no JSON.
    page.value("$('name').value = 'two words'; $('custom').requestSubmit()");
    page.until("document.querySelector('#sent .refused')");
    page.value("$('attributes').value = '{'; $('custom').requestSubmit()");
    page.until("$('fault').textContent.startsWith('Not sent')");

    // By keyboard alone.
    page.value(
        "good('HC-MUG-350', 'Look').parentElement.parentElement.hidden = false; good('HC-MUG-350', 'Look').focus()",
    );
    page.press("Tab", "");
    page.press("Enter", "\r");
    page.until("document.querySelector('#sent code').textContent.includes('HC-MUG-350')");
    let outline = page.value(
        "document.activeElement.matches(':focus-visible') && getComputedStyle(document.activeElement).outlineStyle",
    );
    assert_eq!(outline, "solid");

    assert_eq!(page.exceptions(), Vec::<String>::new());
    let foreign: Vec<_> = page.requests().into_iter().filter(|asked| !asked.starts_with(&url)).collect();
    assert_eq!(foreign, Vec::<String>::new());
}

#[test]
fn the_shop_fits_and_reads_well_on_a_phone_and_a_screen_by_day_and_by_night() {
    let Some(mut page) = Page::open() else { return };
    let collector = Collector::start();
    for size in [[360, 740], [768, 1024], [1280, 800]] {
        for scheme in ["light", "dark"] {
            page.show_as(size, scheme, "screen");
            page.visit(&format!("{}/", collector.sandbox.url()));
            page.value(HELPERS);
            page.value("good('HC-ETH-250', 'Add').click()");
            page.until("told() === 2");
            page.assert_fits(&format!("{size:?} {scheme}"));
            let faint = page.value(CONTRAST);
            assert_eq!(faint, json!([]), "{size:?} {scheme}");
        }
    }
    let tree = page.call("Accessibility.getFullAXTree", &json!({}));
    let nodes = tree.get("nodes").and_then(Value::as_array).unwrap();
    let value = |node: &Value, name: &str| {
        node.pointer(&format!("/{name}/value")).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut controls = 0;
    for node in nodes {
        let role = value(node, "role");
        if ["button", "textbox", "searchbox", "combobox", "log", "region", "heading"].contains(&&*role) {
            controls += 1;
            assert!(!value(node, "name").is_empty(), "{node}");
        }
    }
    assert!(controls > 20, "{controls}");
}

#[test]
fn the_shop_comes_over_https_too() {
    let Some(mut page) = Page::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let tls = Some(folder.path().join("ca.pem"));
    let collector = Collector::start_with(SandboxConfig { tls, ..SandboxConfig::default() });
    page.visit(&format!("{}/", collector.sandbox.url()));
    page.until("isSecureContext && document.querySelectorAll('#sent .taken').length === 1");
    assert_eq!(collector.sandbox.arrivals(), 1);
}

/// The texts that stand out too little from what is behind them (WCAG 2, AA).
const CONTRAST: &str = "
    (() => {
      const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
      const rgb = (css) => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = css; paint.fillRect(0, 0, 1, 1); return paint.getImageData(0, 0, 1, 1).data; };
      const light = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, share, i) => {
        const c = colour[i] / 255;
        return sum + share * (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
      }, 0);
      const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
          const colour = rgb(getComputedStyle(e).backgroundColor);
          if (colour[3] === 255) return colour;
        }
        return [255, 255, 255, 255];
      };
      return [...document.querySelectorAll('h1,h2,h3,p,label,button:not(:disabled),input,select,textarea,code,dt,dd,span')]
        .filter((e) => e.textContent.trim() && e.checkVisibility())
        .map((e) => {
          const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
          return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML.slice(0, 80)];
        })
        .filter(([ratio]) => ratio < 4.5);
    })()";
