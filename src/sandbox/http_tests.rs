//! The collector as its clients see it: over real connections.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

const KEY: &str = "Authorization: Basic a2V5Og==\r\n";

/// What came back: status, head as text, body.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn has(&self, header: &str) -> bool {
        self.head.lines().any(|line| line.eq_ignore_ascii_case(header))
    }
}

/// One request on a connection of its own, in plain bytes: what real clients send has more forms than an HTTP library
/// lets through.
async fn exchange(sandbox: &Sandbox, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(sandbox.local_addr()).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

fn request(method: &str, target: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn ask(sandbox: &Sandbox, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let raw = exchange(sandbox, &request(method, target, headers, body.as_bytes())).await.unwrap();
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(raw.get(..end).unwrap().to_vec()).unwrap();
    let body = raw.get(end + 4..).unwrap().to_vec();
    assert!(!head.to_ascii_lowercase().contains("transfer-encoding"), "{head}");
    Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head, body }
}

async fn post(sandbox: &Sandbox, target: &str, body: &str) -> Answer {
    ask(sandbox, "POST", target, &format!("{KEY}Content-type: application/json\r\n"), body).await
}

async fn get(sandbox: &Sandbox, target: &str) -> Answer {
    ask(sandbox, "GET", target, KEY, "").await
}

async fn debug(sandbox: &Sandbox) -> Answer {
    get(sandbox, "/api/v1/event/debug").await
}

async fn start() -> Sandbox {
    start_with(Config::default()).await
}

async fn start_with(config: Config) -> Sandbox {
    Sandbox::start(Config { listen: (Ipv4Addr::LOCALHOST, 0).into(), ..config }).await.unwrap()
}

fn faults(specs: &[&str]) -> Vec<Fault> {
    specs.iter().map(|spec| spec.parse().unwrap()).collect()
}

#[tokio::test]
async fn an_event_is_taken_and_shown() {
    let sandbox = start().await;
    let sent = r#"{"event":"purchase","email":"jane.doe@example.com","revenue":1.10,"big":1e400,"revenue":12345678901234567890"#;
    let answer = post(&sandbox, "/api/v1/event", &format!("\n  {sent}\n  }}")).await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"status":"OK"}"#));
    let shown = debug(&sandbox).await;
    assert!(shown.has("content-type: application/json; charset=utf-8"), "{}", shown.head);
    assert!(shown.text().starts_with(&format!(r#"{{"purchase":{sent},"_bsft_ts":""#)), "{}", shown.text());
    assert_eq!(shown.json().pointer("/purchase/ip"), Some(&json!("127.0.0.1")));
}

#[tokio::test]
async fn every_body_of_the_vendors_page_is_taken_as_it_stands() {
    let sandbox = start().await;
    // What `curl -d '…'` sends for the page's samples: the text begins with a line break and blanks.
    let subscription = |name: &str, rest: &str| {
        format!("\n  {{\"email\":\"[email protected]\",\n   \"event\":\"{name}\",{rest}\n  }}")
    };
    let period = "\n   \"subscription_period_type\": \"month\",\n   \"subscription_period_length\":\"1\",\n   \
                  \"subscription_plan_type\": \"subscription-sku-name1\",\n   \"subscription_amount\": \"29.99\",\n   \
                  \"subscription_started_at\": \"2015-03-17T17:27:20+00:00\"";
    let bodies = [
        subscription(
            "subscription_start",
            &format!("{period},\n   \"subscription_end_at\": \"2015-06-17T17:27:20+00:00\""),
        ),
        subscription("subscription_upgrade", period),
        subscription("subscription_downgrade", period),
        subscription(
            "subscription_billing",
            "\n   \"revenue\": \"19.99\",\n   \"billing_date\": \"2014-14-11T17:27:20+00:00\"",
        ),
        subscription("subscription_cancel", "\n   \"subscription_canceled_at\": \"2016-04-12T17:27:20+00:00\""),
    ];
    for body in bodies {
        assert_eq!(post(&sandbox, "/api/v1/event", &body).await.status, 200, "{body}");
    }
    let bulk = "\n{\"events\":\n [\n  {\"customer_id\":\"812122\",\n   \"event\":\"identify\",\n   \"latitude\": \"212.99333\"\n  },\n  \
                {\"customer_id\":\"812123\",\n   \"event\":\"purchase\",\n   \"revenue\": \"31.24\"\n  }\n ]\n} ";
    let answer = post(&sandbox, "/api/v1/bulkevents", bulk).await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"status":"ok","count":2}"#));

    // What the browser library makes of the page's JavaScript samples.
    let pixels = [
        "e=pageload&u=https%3A%2F%2Fshop.example%2F&k=c67dca9f-0000-4000-8000-000000000000",
        "e=identify&customer_id=11111&email=%5Bemail%20protected%5D&joined_at=2015-03-17T17%3A27%3A20%2B00%3A00&firstname=John",
        "e=view&products_json=%5B%7B%22sku%22%3A%2245790-32%22%7D%5D",
        "e=add_to_cart&product_id=sku1",
        "e=remove_from_cart&product_id=sku1",
        "e=checkout&email=%5Bemail%20protected%5D&total=30&products_json=%5B%7B%22sku%22%3A%2245790-32%22%7D%5D",
        "e=purchase&email=%5Bemail%20protected%5D&order_id=50314&revenue=25&discount=2.5",
        "e=search&keywords=Search%20Keyword&product_ids_json=%5B%22SKU1%22%2C%22SKU2%22%5D",
        "e=your_custom_event_name&attribute1=value1&attribute2=value2",
    ];
    for query in pixels {
        let answer =
            ask(&sandbox, "GET", &format!("/unity.gif?x=TESTKEY&t=1795419679&r=&z=330228&{query}"), "", "").await;
        assert_eq!(answer.status, 200, "{query}");
        assert!(answer.has("content-type: image/gif") && answer.body.starts_with(b"GIF89a"), "{}", answer.head);
    }
    let shown = debug(&sandbox).await.json();
    let mut names: Vec<&String> = shown.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "add_to_cart",
            "checkout",
            "identify",
            "pageload",
            "purchase",
            "remove_from_cart",
            "search",
            "subscription_billing",
            "subscription_cancel",
            "subscription_downgrade",
            "subscription_start",
            "subscription_upgrade",
            "view",
            "your_custom_event_name",
        ]
    );
    assert_eq!(shown.pointer("/view/products/0/sku"), Some(&json!("45790-32")));
    assert_eq!(shown.pointer("/subscription_billing/billing_date"), Some(&json!("2014-14-11T17:27:20+00:00")));
}

#[tokio::test]
async fn every_form_of_authorization_that_senders_use_is_taken() {
    let sandbox = start_with(Config { accept_keys: vec!["key".into()], ..Config::default() }).await;
    let forms = [
        "Authorization: Basic a2V5Og==\r\n",
        "authorization: basic a2V5Og\r\n",
        "Authorization: Basic a2V5\r\n",
        "Authorization: a2V5Og==\r\n",
        "Authorization:    Basic   a2V5Og==  \r\n",
    ];
    for form in forms {
        let answer = ask(&sandbox, "POST", "/api/v1/event", form, r#"{"event":"view"}"#).await;
        assert_eq!(answer.status, 200, "{form}");
    }
    for target in ["/api/v1/event?apiKey=key", "/api/v1/event?x=key"] {
        assert_eq!(ask(&sandbox, "POST", target, "", r#"{"event":"view"}"#).await.status, 200, "{target}");
    }
}

#[tokio::test]
async fn a_missing_empty_or_unknown_key_is_refused_on_every_route() {
    let sandbox = start_with(Config { accept_keys: vec!["other".into()], ..Config::default() }).await;
    let routes = [
        ("POST", "/api/v1/event"),
        ("POST", "/api/v1/bulkevents"),
        ("GET", "/api/v1/event/debug"),
        ("GET", "/api/v1/event/history?event_name=view"),
        ("POST", "/api/v1/event/summary.json"),
        ("GET", "/unity.gif?e=view"),
    ];
    for (method, target) in routes {
        for header in ["", "Authorization: Basic Og==\r\n", "Authorization: Bearer other\r\n", KEY] {
            let answer = ask(&sandbox, method, target, header, r#"{"event":"view"}"#).await;
            assert_eq!(answer.status, 401, "{method} {target} {header}");
            assert_eq!(answer.json().get("message"), Some(&json!("Not authorized")), "{}", answer.text());
        }
    }
    assert_eq!((sandbox.arrivals(), sandbox.polls()), (0, 4));
}

#[tokio::test]
async fn what_cannot_be_taken_gets_the_documented_status_and_leaves_no_trace() {
    let sandbox = start().await;
    let large = format!(r#"{{"event":"view","filler":"{}"}}"#, "x".repeat(1 << 20));
    let many = format!("{{\"events\":[{}]}}", vec![r#"{"event":"view"}"#; 101].join(","));
    let cases = [
        ("/api/v1/event", "", 400),
        ("/api/v1/event", "event=view", 400),
        ("/api/v1/event", "[]", 400),
        ("/api/v1/event", "{\"email\":\"x@y.example\"}", 400),
        ("/api/v1/event", "{\"event\":\"page load\"}", 422),
        ("/api/v1/event", "{\"event\":\"cart.add\"}", 422),
        ("/api/v1/event", "{\"event\":2024}", 422),
        ("/api/v1/event", &large, 413),
        ("/api/v1/bulkevents", "{}", 400),
        ("/api/v1/bulkevents", "{\"events\":[{\"event\":\"view\"},{\"event\":\"a b\"}]}", 422),
        ("/api/v1/bulkevents", &many, 413),
        ("/api/v1/bulkevents", &large, 413),
        ("/api/v1/event/summary.json?timestamp_start=yesterday", "", 400),
        ("/api/v1/event/summary.json", "no JSON", 400),
        ("/api/v1/nowhere", "", 404),
        ("/api/v1/event/debug", "", 405),
    ];
    for (target, body, status) in cases {
        let answer = post(&sandbox, target, body).await;
        let start: String = body.chars().take(60).collect();
        assert_eq!(answer.status, status, "{target} {start}: {}", answer.text());
        assert!(answer.json().is_object(), "{target} {start}");
    }
    for target in
        ["/api/v1/event/history", "/api/v1/event/history?event_name=", "/api/v1/event/history?event_name=v&limit=0"]
    {
        assert_eq!(get(&sandbox, target).await.status, 400, "{target}");
    }
    assert_eq!(get(&sandbox, "/unity.gif?x=k&e=page%20load").await.status, 422);
    let not_utf8 = request("POST", "/api/v1/event", KEY, b"{\"event\":\"\xff\"}");
    assert!(exchange(&sandbox, &not_utf8).await.unwrap().starts_with(b"HTTP/1.1 400"));
    let lost = get(&sandbox, "/").await;
    assert_eq!((lost.status, lost.json()), (404, json!({"status": "404", "error": "Not Found"})));
    assert_eq!(debug(&sandbox).await.text(), "{}");
}

#[tokio::test]
async fn a_body_far_too_large_is_refused_before_it_is_sent() {
    let sandbox = start().await;
    let head = format!(
        "POST /api/v1/event HTTP/1.1\r\nHost: s\r\nConnection: close\r\n{KEY}Content-Length: 99999999999\r\n\r\n"
    );
    assert!(exchange(&sandbox, head.as_bytes()).await.unwrap().starts_with(b"HTTP/1.1 413"));
}

#[tokio::test]
async fn a_body_in_chunks_is_read_whole() {
    let sandbox = start().await;
    let head = format!(
        "POST /api/v1/event HTTP/1.1\r\nHost: s\r\nConnection: close\r\n{KEY}Transfer-Encoding: chunked\r\n\r\n"
    );
    let mut stream = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    for piece in [r#"{"event":"#, r#""vi"#, r#"ew"}"#] {
        stream.write_all(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    assert!(debug(&sandbox).await.text().starts_with(r#"{"view":{"event":"view","#));
}

#[tokio::test]
async fn the_debug_answer_has_the_form_that_was_chosen() {
    let sandbox = start().await;
    for event in [r#"{"event":"view","n":1}"#, r#"{"event":"search"}"#, r#"{"event":"view","n":2}"#] {
        sandbox.accept(event).unwrap();
    }
    let mut answers = Vec::new();
    for shape in <DebugShape as clap::ValueEnum>::value_variants() {
        sandbox.set_debug_shape(*shape);
        answers.push((*shape, debug(&sandbox).await));
    }
    for (shape, answer) in answers {
        assert_eq!(answer.status, 200);
        let at = |pointer: &str| answer.json().pointer(pointer).cloned().unwrap_or_default();
        match shape {
            DebugShape::Single => assert_eq!((at("/event"), at("/n")), (json!("view"), json!(2))),
            DebugShape::Array => assert_eq!((at("/0/n"), at("/1/event")), (json!(2), json!("search"))),
            DebugShape::Keyed => assert_eq!((at("/view/n"), at("/search/event")), (json!(2), json!("search"))),
            DebugShape::KeyedArrays => assert_eq!((at("/view/0/n"), at("/view/1/n")), (json!(2), json!(1))),
            DebugShape::Counted => {
                assert_eq!(
                    (at("/view/count"), at("/view/last/n"), at("/search/count")),
                    (json!(2), json!(2), json!(1))
                );
            }
            DebugShape::Wrapped => assert_eq!((at("/status"), at("/events/view/n")), (json!("ok"), json!(2))),
            DebugShape::DoubleEncoded => {
                let inner: Value = serde_json::from_str(at("/view").as_str().unwrap()).unwrap();
                assert_eq!(inner.get("n"), Some(&json!(2)));
            }
            DebugShape::Empty => assert!(answer.body.is_empty()),
        }
    }
}

#[tokio::test]
async fn nothing_received_is_a_valid_answer_in_every_form() {
    let sandbox = start().await;
    let expected = ["{}", "[]", "{}", "{}", "{}", r#"{"status":"ok","events":{}}"#, "{}", ""];
    for (shape, body) in <DebugShape as clap::ValueEnum>::value_variants().iter().zip(expected) {
        sandbox.set_debug_shape(*shape);
        assert_eq!(debug(&sandbox).await.text(), body, "{shape:?}");
    }
}

#[tokio::test]
async fn the_history_has_the_newest_events_of_known_customers() {
    let sandbox = start().await;
    for n in 0..60 {
        sandbox.accept(&format!(r#"{{"event":"view","email":"x@y.example","n":{n}}}"#)).unwrap();
    }
    sandbox.accept(r#"{"event":"view","n":"nobody"}"#).unwrap();
    let numbers = async |target: &str| {
        let history = get(&sandbox, target).await.json();
        let events = history.get("view").and_then(Value::as_array).unwrap().clone();
        events.iter().map(|event| event.get("n").cloned().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers("/api/v1/event/history?event_name=view&limit=2").await, [json!(59), json!(58)]);
    assert_eq!(numbers("/api/v1/event/history?event=view&limit=1").await, [json!(59)]);
    assert_eq!(numbers("/api/v1/event/history?event_name=view").await.len(), 49);
    assert_eq!(numbers("/api/v1/event/history?event_name=view&limit=1000").await.len(), 49);
    assert_eq!(get(&sandbox, "/api/v1/event/history?event_name=none").await.json(), json!({"none": []}));
    // The debug answer is what the server has *seen*.
    assert_eq!(debug(&sandbox).await.json().pointer("/view/n"), Some(&json!("nobody")));
}

#[tokio::test]
async fn the_summary_counts_events_and_missing_identifiers_for_query_and_body() {
    let sandbox = start().await;
    for event in [r#"{"event":"view","email":"x@y.example"}"#, r#"{"event":"view"}"#, r#"{"event":"mine"}"#] {
        sandbox.accept(event).unwrap();
    }
    let span = json!({"timestamp_start": "2000-01-01T00:00:00Z", "timestamp_end": "2100-01-01T00:00:00Z"}).to_string();
    let now = Timestamp::now();
    let query = format!("/api/v1/event/summary.json?timestamp_start={now}&timestamp_end={now}");
    for (target, body) in [("/api/v1/event/summary.json", ""), (&*query, "")] {
        let summary = post(&sandbox, target, body).await.json();
        let at = |pointer: &str| summary.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!((at("/stats/view/count"), at("/stats/view/type")), (json!(2), json!("standard")), "{summary}");
        assert_eq!((at("/stats/mine/count"), at("/stats/mine/type")), (json!(1), json!("custom_event")));
        assert_eq!((at("/stats/missing_identifier/count"), at("/status")), (json!(2), json!("ok")));
    }
    let future = post(&sandbox, "/api/v1/event/summary.json", &span).await.json();
    assert_eq!(future.pointer("/stats/view"), None, "a century ahead");
    assert_eq!(future.pointer("/timestamp_end"), Some(&json!("2100-01-01T23:59:59.999Z")));
}

#[tokio::test]
async fn a_reset_forgets_every_event() {
    let sandbox = start().await;
    sandbox.accept(r#"{"event":"view"}"#).unwrap();
    assert_eq!(ask(&sandbox, "DELETE", "/_sandbox/events", "", "").await.status, 200);
    assert_eq!(debug(&sandbox).await.text(), "{}");
    let summary = post(&sandbox, "/api/v1/event/summary.json", "").await.json();
    assert_eq!(summary.pointer("/stats/missing_identifier/count"), Some(&json!(0)));
}

#[tokio::test]
async fn a_page_of_any_origin_may_send_and_read() {
    let sandbox = start().await;
    let asks = "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n\
                Access-Control-Request-Headers: authorization,content-type\r\n\
                Access-Control-Request-Private-Network: true\r\n";
    for target in ["/api/v1/event", "/api/v1/bulkevents", "/api/v1/event/debug", "/unity.gif", "/elsewhere"] {
        let answer = ask(&sandbox, "OPTIONS", target, asks, "").await;
        assert_eq!(answer.status, 204, "{target}");
        assert!(answer.has("access-control-allow-origin: *"), "{}", answer.head);
        assert!(answer.has("access-control-allow-private-network: true"), "{}", answer.head);
        assert!(answer.head.contains("authorization, content-type"), "{}", answer.head);
    }
    let answer = post(&sandbox, "/api/v1/event", r#"{"event":"view"}"#).await;
    assert!(answer.has("access-control-allow-origin: *"), "{}", answer.head);
    let refusal = ask(&sandbox, "POST", "/api/v1/event", "", "{}").await;
    assert!(refusal.has("access-control-allow-origin: *"), "a page must be able to read why it was refused");
}

#[tokio::test]
async fn a_status_fault_answers_as_the_platform_does_and_only_to_its_scope() {
    let sandbox =
        start_with(Config { faults: faults(&["status=429", "retry-after=2500ms"]), ..Config::default() }).await;
    let answer = debug(&sandbox).await;
    assert_eq!((answer.status, answer.json()), (429, json!({"message": "Too Many Requests"})));
    assert!(answer.has("retry-after: 3"), "{}", answer.head);
    assert_eq!(post(&sandbox, "/api/v1/event/summary.json", "").await.status, 429);
    assert_eq!(post(&sandbox, "/api/v1/event", r#"{"event":"view"}"#).await.status, 200);

    sandbox.set_faults(faults(&["status=503@send"]));
    let refused = post(&sandbox, "/api/v1/event", r#"{"event":"search"}"#).await;
    assert_eq!(refused.status, 503);
    assert!(!refused.head.contains("retry-after"));
    let shown = debug(&sandbox).await;
    assert_eq!((shown.status, shown.json().get("search")), (200, None));
}

#[tokio::test]
async fn a_fault_spoils_the_answer_in_its_own_way() {
    let sandbox = start().await;
    sandbox.accept(r#"{"event":"view","filler":"0123456789"}"#).unwrap();
    let whole = debug(&sandbox).await.body;
    let sent = request("GET", "/api/v1/event/debug", KEY, b"");

    sandbox.set_faults(faults(&["truncate"]));
    let raw = exchange(&sandbox, &sent).await.unwrap();
    let text = String::from_utf8(raw).unwrap().to_ascii_lowercase();
    assert!(text.contains(&format!("content-length: {}", whole.len())), "{text}");
    assert!(
        text.ends_with(&String::from_utf8_lossy(whole.get(..whole.len() / 2).unwrap()).to_ascii_lowercase()),
        "{text}"
    );

    sandbox.set_faults(faults(&["reset"]));
    let error = exchange(&sandbox, &sent).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);

    sandbox.set_faults(faults(&["garbage"]));
    let answer = debug(&sandbox).await;
    assert!(answer.status == 200 && std::str::from_utf8(&answer.body).is_err());

    sandbox.set_faults(faults(&["html"]));
    let answer = debug(&sandbox).await;
    assert!(answer.status == 200 && answer.has("content-type: text/html; charset=utf-8"), "{}", answer.head);

    sandbox.set_faults(faults(&["blank"]));
    let answer = debug(&sandbox).await;
    assert!(answer.status == 200 && answer.body.is_empty());

    sandbox.set_faults(faults(&["oversize=200000"]));
    assert_eq!(debug(&sandbox).await.body.len(), 200_000);

    sandbox.set_faults(faults(&["redirect=http://elsewhere.example/debug"]));
    let answer = debug(&sandbox).await;
    assert!(answer.status == 302 && answer.has("location: http://elsewhere.example/debug"), "{}", answer.head);

    sandbox.set_faults(faults(&["slow-body=100ms", "delay=50ms"]));
    let asked = Instant::now();
    assert_eq!(debug(&sandbox).await.body, whole);
    assert!(asked.elapsed() >= Duration::from_millis(150), "{:?}", asked.elapsed());

    sandbox.set_faults(Vec::new());
    assert_eq!(debug(&sandbox).await.body, whole);
}

#[tokio::test]
async fn one_type_is_kept_fifty_deep_and_ten_thousand_types_wide() {
    let sandbox = start().await;
    let bulk = |from: usize, to: usize| {
        let events = (from..to).map(|n| format!(r#"{{"event":"t{n}","email":"x@y.example"}}"#)).collect::<Vec<_>>();
        format!("{{\"events\":[{}]}}", events.join(","))
    };
    for batch in 0..100 {
        assert_eq!(post(&sandbox, "/api/v1/bulkevents", &bulk(batch * 100, batch * 100 + 100)).await.status, 200);
    }
    assert_eq!(post(&sandbox, "/api/v1/bulkevents", &bulk(10_000, 10_001)).await.status, 200);
    let shown = debug(&sandbox).await.json();
    let types = shown.as_object().unwrap();
    assert_eq!(types.len(), 10_000);
    assert!(!types.contains_key("t0") && types.contains_key("t1") && types.contains_key("t10000"));
}

#[tokio::test]
async fn a_port_in_use_is_said_with_the_option_to_change_it() {
    let sandbox = start().await;
    let second = Sandbox::start(Config { listen: sandbox.local_addr(), ..Config::default() }).await;
    let error = second.unwrap_err();
    assert!(matches!(error, SandboxError::PortInUse { addr } if addr == sandbox.local_addr()));
    assert!(error.to_string().contains("--listen"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_not_ours_is_said_to_be_unusable() {
    let error = Sandbox::start(Config { listen: ([192, 0, 2, 1], 0).into(), ..Config::default() }).await.unwrap_err();
    assert!(matches!(error, SandboxError::Listen { .. }), "{error}");
}

#[tokio::test]
async fn a_shutdown_is_quick_whatever_is_under_way_and_frees_the_port() {
    let sandbox = start_with(Config { faults: faults(&["delay=1h"]), ..Config::default() }).await;
    let addr = sandbox.local_addr();
    let mut waiting = TcpStream::connect(addr).await.unwrap();
    waiting.write_all(&request("GET", "/api/v1/event/debug", KEY, b"")).await.unwrap();
    let mut half = TcpStream::connect(addr).await.unwrap();
    half.write_all(b"POST /api/v1/event HTTP/1.1\r\nContent-Le").await.unwrap();
    while sandbox.polls() == 0 {
        tokio::task::yield_now().await;
    }
    let asked = Instant::now();
    sandbox.shutdown().await;
    assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
    TcpListener::bind(addr).await.unwrap();
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "the delay ends with the collector: {answer}");
}

#[tokio::test]
async fn dropping_it_ends_it() {
    let sandbox = start().await;
    let addr = sandbox.local_addr();
    drop(sandbox);
    while TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    TcpListener::bind(addr).await.unwrap();
}

#[tokio::test]
async fn a_key_is_in_no_debug_output() {
    let config = Config { accept_keys: vec!["canary-9f31".into()], ..Config::default() };
    assert!(!format!("{config:?}").contains("canary"));
    let sandbox = start_with(config).await;
    assert!(!format!("{sandbox:?}").contains("canary"));
    let answer = ask(&sandbox, "GET", "/api/v1/event/debug?apiKey=canary-0000", "", "").await;
    assert!(answer.status == 401 && !answer.text().contains("canary"), "{}", answer.text());
}

#[tokio::test]
async fn traffic_comes_in_at_once_and_ends_with_the_collector() {
    let sandbox = start().await;
    sandbox.play(Traffic::shop(0).unwrap());
    let begun = Instant::now();
    while debug(&sandbox).await.json().as_object().unwrap().len() < 5 {
        assert!(begun.elapsed() < Duration::from_secs(5), "no traffic");
    }
    let shown = debug(&sandbox).await.json();
    let browser = |pointer: &str| shown.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    assert_eq!((browser("/view/browser_type"), browser("/view/browser_platform")), ("Chrome".into(), "macOS".into()));
    let shared = Arc::downgrade(&sandbox.shared);
    sandbox.shutdown().await;
    while shared.strong_count() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "something still runs");
        tokio::task::yield_now().await;
    }
}
