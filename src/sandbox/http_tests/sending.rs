//! Tests of sending: forms of requests, keys, statuses, browsers.

use serde_json::json;

use super::*;

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
    // The body that `curl -d '…'` sends for the page's samples: the text begins with a line break and blanks.
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

    // The output of the browser library for the page's JavaScript samples.
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
    let sandbox = start_with(SandboxConfig { accept_keys: vec!["key".into()], ..SandboxConfig::default() }).await;
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
    let sandbox = start_with(SandboxConfig { accept_keys: vec!["other".into()], ..SandboxConfig::default() }).await;
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
    let lost = get(&sandbox, "/nowhere").await;
    assert_eq!((lost.status, lost.json()), (404, json!({"status": "404", "error": "Not Found"})));
    assert_eq!(debug(&sandbox).await.text(), "{}");
}

#[tokio::test]
async fn a_packed_body_is_taken_to_the_letter_and_another_packing_is_answered_with_those_that_are_read() {
    use std::io::Write;

    let sandbox = start().await;
    let sent = r#"{"event":"view","email":"x@y.example","n":1.10,"n":12345678901234567890"#;
    let pack = |text: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap()
    };
    let headers = format!("{KEY}Content-Encoding: gzip\r\n");
    let bulk = format!(r#"{{"events":[{sent}}}]}}"#);
    for (target, body) in [("/api/v1/event", format!("{sent}}}")), ("/api/v1/bulkevents", bulk)] {
        let answer = exchange(&sandbox, &request("POST", target, &headers, &pack(&body))).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
    let history = get(&sandbox, "/api/v1/event/history?event_name=view").await;
    assert_eq!(history.text().matches(sent).count(), 2, "{}", history.text());

    let other = ask(&sandbox, "POST", "/api/v1/event", &format!("{KEY}Content-Encoding: br\r\n"), "x").await;
    assert!(other.status == 415 && other.has("accept-encoding: gzip, deflate, identity"), "{}", other.head);
    assert!(other.text().contains("packed with `br`"), "{}", other.text());
    let bomb = pack(&" ".repeat(20 << 20));
    let answer = exchange(&sandbox, &request("POST", "/api/v1/event", &headers, &bomb)).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer));
    let form = format!("{KEY}Content-Type: application/x-www-form-urlencoded\r\n");
    let answer = ask(&sandbox, "POST", "/api/v1/event", &form, "event=view&email=x%40y.example").await;
    assert!(answer.status == 400 && answer.text().contains("it is a form"), "{}", answer.text());
    assert_eq!(sandbox.arrivals(), 2);
}

#[tokio::test]
async fn a_head_of_the_pixel_records_nothing() {
    let sandbox = start().await;
    let answer = ask(&sandbox, "HEAD", "/unity.gif?x=k&e=view", "", "").await;
    assert!(answer.status == 200 && answer.has("content-type: image/gif") && answer.body.is_empty(), "{}", answer.head);
    assert_eq!(sandbox.arrivals(), 0);
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
async fn a_page_of_any_origin_may_send() {
    let sandbox = start().await;
    for origin in ["https://shop.example", "null"] {
        let asks = format!(
            "Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\n\
             Access-Control-Request-Headers: authorization,content-type,x-own\r\n\
             Access-Control-Request-Private-Network: true\r\n"
        );
        let allowed = format!("access-control-allow-origin: {origin}");
        for target in ["/api/v1/event", "/api/v1/bulkevents", "/unity.gif", "/blueshift.js", "/elsewhere"] {
            let answer = ask(&sandbox, "OPTIONS", target, &asks, "").await;
            assert_eq!(answer.status, 204, "{target}");
            for header in [
                &allowed,
                "access-control-allow-credentials: true",
                "access-control-allow-private-network: true",
                "access-control-allow-headers: authorization,content-type,x-own",
                "access-control-allow-methods: GET, POST, OPTIONS",
                "vary: origin",
            ] {
                assert!(answer.has(header), "{target} {header}: {}", answer.head);
            }
        }
        let page = format!("{KEY}Origin: {origin}\r\nSec-Fetch-Site: cross-site\r\n");
        let requests = [
            ("POST", "/api/v1/event", r#"{"event":"view"}"#, 200),
            ("GET", "/unity.gif?x=k&e=view", "", 200),
            // A page must be able to read why it was refused.
            ("POST", "/api/v1/event", "{}", 400),
            ("POST", "/api/v1/track", "{}", 404),
            ("PUT", "/api/v1/event", "{}", 405),
        ];
        for (method, target, body, status) in requests {
            let answer = ask(&sandbox, method, target, &page, body).await;
            assert_eq!(answer.status, status, "{method} {target}");
            assert!(answer.has(&allowed), "{method} {target}: {}", answer.head);
            assert!(answer.has("access-control-allow-credentials: true"), "{method} {target}: {}", answer.head);
        }
    }
    let answer = ask(&sandbox, "GET", "/unity.gif?x=k&e=view", "", "").await;
    assert!(answer.has("access-control-allow-origin: *"), "{}", answer.head);
    assert!(!answer.head.contains("allow-credentials"), "{}", answer.head);
    assert_eq!(sandbox.arrivals(), 5);
}

#[tokio::test]
async fn the_browser_library_has_a_stand_in_and_a_page_to_try_it() {
    let sandbox = start().await;
    let answer = ask(&sandbox, "GET", "/blueshift.js", "", "").await;
    assert!(answer.status == 200 && answer.has("content-type: text/javascript; charset=utf-8"), "{}", answer.head);
    assert!(answer.text().contains("unity.gif"));
    let page = ask(&sandbox, "GET", "/", "", "").await;
    assert!(page.status == 200 && page.has("content-type: text/html; charset=utf-8"), "{}", page.head);
    assert!(page.head.contains("content-security-policy: default-src 'none'"), "{}", page.head);
    assert!(!page.text().contains("http://") && !page.text().contains("https://"), "it leads nowhere else");
}

#[tokio::test]
async fn an_event_is_rewritten_on_its_way_however_it_comes_in_and_wherever_it_shows() {
    let specs = ["drop=event_uuid", "retype=revenue", "set=products[0].price=\"19\""];
    let rewrites = specs.iter().map(|spec| spec.parse().unwrap()).collect();
    let sandbox = start_with(SandboxConfig { rewrites, ..SandboxConfig::default() }).await;
    let event = |uuid: &str| {
        format!(
            r#"{{"event":"purchase","email":"a@b.example","event_uuid":"{uuid}","revenue":31.240,"products":[{{"price":19}}]}}"#
        )
    };
    let expected =
        r#"{"event":"purchase","email":"a@b.example","revenue":"31.240","products":[{"price":"19"}],"_bsft_ts":"#;
    assert_eq!(post(&sandbox, "/api/v1/event", &event("one")).await.status, 200);
    let bulk = format!(r#"{{"events":[{}]}}"#, event("two"));
    assert_eq!(post(&sandbox, "/api/v1/bulkevents", &bulk).await.status, 200);
    let history = get(&sandbox, "/api/v1/event/history?event_name=purchase").await;
    assert_eq!(history.text().matches(expected).count(), 2, "{}", history.text());
    let shown = debug(&sandbox).await;
    assert!(shown.text().starts_with(&format!(r#"{{"purchase":{expected}"#)), "{}", shown.text());
    assert!(!shown.text().contains("\"two\"") && shown.text().contains("\"event_uuid\""), "{}", shown.text());
    // A text that no rewrite touches stays as it is to the letter.
    let untouched = r#"{"event":"view","n":1.10,"n":2"#;
    post(&sandbox, "/api/v1/event", &format!("{untouched}}}")).await;
    assert!(debug(&sandbox).await.text().contains(untouched));
}
