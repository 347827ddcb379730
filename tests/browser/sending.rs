//! What a page of another origin can send with the means that a browser has.

use serde_json::json;

use crate::Collector;
use crate::chromium::Page;
use crate::site::Site;

/// What a page sends with, what it gets, and whether the event is taken. `url` ends in the key; `bare` does not.
const MEANS: [(&str, &str, &str, bool); 15] = [
    ("a beacon of JSON", "navigator.sendBeacon(url, new Blob([event], {type: 'application/json'}))", "true", true),
    ("a beacon of a text", "navigator.sendBeacon(url, event)", "true", true),
    ("fetch", "status(fetch(bare, {...post, headers: {...basic, ...json}}))", "200", true),
    ("fetch of a text", "status(fetch(url, post))", "200", true),
    ("fetch without CORS", "fetch(url, {...post, mode: 'no-cors'}).then((answer) => answer.type)", r#""opaque""#, true),
    ("fetch that outlives the page", "status(fetch(url, {...post, keepalive: true}))", "200", true),
    (
        "fetch with credentials",
        "status(fetch(bare, {...post, headers: {...basic, ...json, 'X-Own': '1'}, credentials: 'include'}))",
        "200",
        true,
    ),
    ("XHR", "xhr(bare, basic, false)", "200", true),
    ("XHR with credentials", "xhr(bare, {...basic, ...json}, true)", "200", true),
    (
        "a packed body",
        "new Response(new Blob([event]).stream().pipeThrough(new CompressionStream('gzip'))).blob()
            .then((body) => status(fetch(bare, {method: 'POST', body, headers: {...basic, 'Content-Encoding': 'gzip'}})))",
        "200",
        true,
    ),
    ("a form of fetch", "reason(url, new URLSearchParams({event: 'sent'}))", r#""form""#, false),
    ("a form in parts", "const form = new FormData(); form.set('event', 'sent'); return reason(url, form)", r#""form""#, false),
    ("fetch without a key", "status(fetch(bare, post))", "401", false),
    ("looking at what came", "fetch(watch).then(() => 'seen', () => 'kept out')", r#""kept out""#, false),
    ("forgetting it", "fetch(forget, {method: 'DELETE', headers: {'X-Clickscope': '1'}}).then(() => 'gone', () => 'kept')", r#""kept""#, false),
];

const PAGE: &str = r#"<!DOCTYPE html><script>
const [bare, url] = ["http://COLLECTOR/api/v1/event", "http://COLLECTOR/api/v1/event?apiKey=k"];
const [watch, forget] = ["http://COLLECTOR/api/v1/event/debug?apiKey=k", "http://COLLECTOR/_sandbox/events"];
const event = JSON.stringify({event: "sent", email: "jane@example.com", n: 1});
const [post, json, basic] = [{method: "POST", body: event}, {"Content-Type": "application/json"}, {Authorization: "Basic " + btoa("k:")}];
const status = async (answer) => (await answer).status;
async function reason(url, body) {
  const answer = await fetch(url, {method: "POST", body});
  return answer.status === 400 && (await answer.text()).includes("it is a form") ? "form" : answer.status;
}
const xhr = (url, headers, withCredentials) => new Promise((resolve) => {
  const request = new XMLHttpRequest();
  request.open("POST", url);
  request.withCredentials = withCredentials;
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  request.onloadend = () => resolve(request.status);
  request.send(event);
});
</script>"#;

#[test]
fn a_page_of_another_origin_sends_with_whatever_it_has_and_looks_at_nothing() {
    let Some(mut page) = Page::open() else { return };
    let collector = Collector::start();
    page.visit(&Site::with(PAGE, collector.addr()).url());
    let mut taken = 0;
    for (means, code, outcome, is_taken) in MEANS {
        let code = if code.contains("return ") { code.to_owned() } else { format!("return {code}") };
        let seen = page.value(&format!("(async () => {{ {code} }})()"));
        assert_eq!(seen.to_string(), outcome, "{means}");
        taken += u64::from(is_taken);
        // A beacon says nothing of its answer.
        for _ in 0..1000 {
            if collector.sandbox.arrivals() >= taken {
                break;
            }
            page.until("true");
        }
        assert_eq!(collector.sandbox.arrivals(), taken, "{means}");
    }
    for event in collector.events("sent") {
        assert_eq!((event.get("n"), event.get("browser_type")), (Some(&json!(1)), Some(&json!("Chrome"))), "{event}");
    }
}
