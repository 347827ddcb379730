//! The vendor's snippets, and those that shops have made of them, on a page with the stand-in script.

use serde_json::{Value, json};

use crate::chromium::Page;
use crate::site::Site;
use crate::{Collector, assert_holds};

/// Counts the answers, so that a test knows when all of them are there.
const COUNTER: &str =
    "<script>window.answers = 0; addEventListener('blueshift:answer', () => { answers += 1; });</script>";

/// The vendor's snippet with these methods and this place of the script.
fn snippet(methods: &str, script: &str) -> String {
    format!(
        r#"<script type="text/javascript">
window._blueshiftid='<EVENT_API_KEY>';window.blueshift=window.blueshift||[];if(blueshift.constructor===Array){{blueshift.load=function(){{var d=function(a){{return function(){{blueshift.push([a].concat(Array.prototype.slice.call(arguments,0)))}}}},e=[{methods}];for(var f=0;f<e.length;f++)blueshift[e[f]]=d(e[f])}};}}
blueshift.load();
blueshift.pageload();
if(blueshift.constructor===Array){{(function(){{var b=document.createElement("script");b.type="text/javascript",b.async=!0,b.src=("https:"===document.location.protocol?"https:":"http:")+"//{script}";var c=document.getElementsByTagName("script")[0];c.parentNode.insertBefore(b,c);}})()}}
</script>"#
    )
}

const METHODS: &str = r#""identify","track","click","pageload","capture","retarget""#;

#[test]
fn every_snippet_of_the_vendors_page_arrives_as_it_was_called() {
    let calls = [
        (
            "blueshift.identify({customer_id:'11111', email: '[email protected]', joined_at: '2015-03-17T17:27:20+00:00', \
             firstname: 'John', lastname: 'Doe', other: 'value'});",
            "identify",
            json!({"customer_id": "11111", "joined_at": "2015-03-17T17:27:20+00:00", "lastname": "Doe", "other": "value"}),
        ),
        (
            r#"blueshift.track("view", {products: [{sku: '45790-32'}]});"#,
            "view",
            json!({"products": [{"sku": "45790-32"}]}),
        ),
        (r#"blueshift.track("add_to_cart", {product_id: 'sku1'});"#, "add_to_cart", json!({"product_id": "sku1"})),
        (
            r#"blueshift.track("remove_from_cart", {product_id: 'sku1'});"#,
            "remove_from_cart",
            json!({"product_id": "sku1"}),
        ),
        (
            "blueshift.track('checkout', {email: '[email protected]', total: 30, products: [{sku: '45790-32'}, \
             {sku: '46493-33'}]});",
            "checkout",
            json!({"email": "[email protected]", "total": "30", "products": [{"sku": "45790-32"}, {"sku": "46493-33"}]}),
        ),
        (
            "blueshift.track('purchase', {email: '[email protected]', order_id: '50314', total: 30, revenue: 25, \
             shipping: 3, tax: 2, discount: 2.5, coupon: 'hasbros', products: [{sku: '45790-32', price: 19, quantity: 1}, \
             {sku: '46493-32', price: 3, quantity: 2}]});",
            "purchase",
            json!({"order_id": "50314", "discount": "2.5", "products": [{"sku": "45790-32", "price": 19, "quantity": 1},
                   {"sku": "46493-32", "price": 3, "quantity": 2}]}),
        ),
        (
            r#"blueshift.track("search", {keywords: 'Search Keyword', product_ids: ['SKU1', 'SKU2']});"#,
            "search",
            json!({"keywords": "Search Keyword", "product_ids": ["SKU1", "SKU2"]}),
        ),
        (
            r#"blueshift.track("your_custom_event_name", {attribute1: 'value1', attribute2: 'value2'});"#,
            "your_custom_event_name",
            json!({"attribute1": "value1", "attribute2": "value2"}),
        ),
    ];
    let Some(mut page) = Page::open() else { return };
    // Beside the collector's own address, behind a path of a reverse proxy.
    for script in ["COLLECTOR/blueshift.js", "localhost:\"+location.port+\"/collect/blueshift.js"] {
        let collector = Collector::start();
        let body = calls.each_ref().map(|(code, ..)| format!("<script>{code}</script>")).concat();
        let html = format!("<!DOCTYPE html><head>{COUNTER}{}</head><body>{body}", snippet(METHODS, script));
        let site = Site::with(&html, collector.addr());
        page.visit(&site.url());
        page.until(&format!("answers === {}", calls.len() + 1));
        for (_, name, fields) in &calls {
            let events = collector.events(name);
            assert_eq!(events.len(), 1, "{name}");
            assert_holds(&events[0], fields);
        }
        let pageload = collector.events("pageload");
        assert_holds(&pageload[0], &json!({"url": site.url()}));
        assert_eq!(pageload[0].get("cookie").and_then(Value::as_str).map(str::len), Some(36), "{}", pageload[0]);
    }
    assert_eq!((page.exceptions(), page.console()), (Vec::new(), Vec::new()));
}

#[test]
fn what_shops_have_made_of_the_snippet_is_answered_and_nothing_is_thrown_into_the_page() {
    let methods = format!(r#"{METHODS},"live","config","wishlist_opened""#);
    let early = "blueshift.config({domain: 'shop.example'}); blueshift.live('hero', function () { throw 1 });
                 blueshift.wishlist_opened({items: 2}); blueshift.push(['taste_quiz', {score: 7}]); blueshift.push(null);
                 blueshift.click({id: 'a'}); blueshift.capture({id: 'b'}); blueshift.retarget({id: 'c'});";
    let late = "const circle = {}; circle.circle = circle;
                blueshift.config(); blueshift.live('hero'); blueshift.wishlist_opened(); blueshift.load();
                blueshift.track('circle', {circle}); blueshift.track('big', {n: 1n, s: Symbol('s')}); blueshift.track();
                blueshift.track('getter', {get x() { throw new Error('mine') }}); blueshift.identify('user-1');
                blueshift.track('resize', {x: 10, u: 'mine', t: 1, url: location.href});
                blueshift.push(['track', 'view', {sku: 'A1'}]); blueshift.push([]); blueshift.push();
                blueshift.track('two words', {})";
    let Some(mut page) = Page::open() else { return };
    let collector = Collector::start();
    let html = format!(
        "<!DOCTYPE html><head>{COUNTER}{}<script>{early}</script></head><body>",
        snippet(&methods, "COLLECTOR/blueshift.js")
    );
    let site = Site::with(&html, collector.addr());
    page.visit(&site.url());
    page.until("answers === 6 && blueshift.isStandIn");
    page.value(&format!("(() => {{ {late} }})()"));
    page.until("answers === 13");
    assert_eq!(page.exceptions(), Vec::<String>::new());
    for (name, fields) in [
        ("pageload", json!({"url": site.url()})),
        ("wishlist_opened", json!({})),
        ("taste_quiz", json!({"score": "7"})),
        ("click", json!({"id": "a"})),
        ("capture", json!({"id": "b"})),
        ("retarget", json!({"id": "c"})),
        ("identify", json!({"0": "u", "5": "1"})),
        ("resize", json!({"x": "10", "u": "mine", "t": "1", "url": site.url()})),
        ("view", json!({"sku": "A1"})),
    ] {
        let events = collector.events(name);
        assert!(!events.is_empty(), "{name}");
        assert_holds(&events[0], &fields);
    }
    assert_eq!(collector.events("wishlist_opened").len(), 2);
    let console = page.console().join("\n");
    for said in [
        "live() shows content of the platform",
        "config() is for the platform's own script",
        "wishlist_opened() is no documented method",
        "taste_quiz() is no documented method",
        "the event was not sent: Converting circular structure",
        "the event was not sent: mine",
        "two words was refused or did not arrive",
    ] {
        assert!(console.contains(said), "{said}: {console}");
    }
}
