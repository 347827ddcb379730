//! What real senders send, and is right as it is or cannot be changed: nothing above a note is said of it.

use super::Severity;
use super::tests::{context, read};
use crate::lint::Stage;
use crate::plan::Linter;

/// What the Android SDK says in each event.
const ANDROID: &str = r#""bsft_sdk_version":"4.2.4","device_type":"android","device_manufacturer":"Google","os_name":"Android 16","network_carrier":"Telia","country_code":"SE","language_code":"sv","advertising_id":"38400000-8cf0-11bd-b23e-10b96e40000d","limit_ad_tracking":false,"device_id":"8abe3faa-1f0d-4b6e-9d1c-6a2b7e6f3c11","device_token":"fGw8yT1kQ2:APA91bH","firebase_instance_id":"fGw8yT1kQ2","latitude":55.6059,"longitude":13.0007,"enable_push":true,"enable_inapp":true,"app_name":"com.harbour.coffee","app_version":"3.8.1","timestamp":"2026-11-24T11:59:00.000Z""#;

/// What the iOS SDK says in each event, of a customer who does not let be tracked.
const IOS: &str = r#""device_type":"iPhone","device_manufacturer":"apple","os_name":"iOS 18.6","network_carrier":"--","country_code":"SE","language_code":"sv","device_idfa":"00000000-0000-0000-0000-000000000000","device_idfv":"EA7583CD-A667-48BC-B806-42ECB2B48606","device_id":"EA7583CD-A667-48BC-B806-42ECB2B48606","device_token":"740f4707bebcf74f","enable_push":"true","enable_inapp":"true","app_name":"com.harbour.coffee","app_version":"3.8.1""#;

/// The events of both SDKs.
const SDK: [&str; 24] = [
    r#""event":"identify","customer_id":"20417","email":"mara@example.com","firstname":"Mara","lastname":"Lindqvist","joined_at":1710696440,"gender":"female","education":"university","facebook_id":"100004","date_of_birth":643507200,"unsubscribed_push":false"#,
    r#""event":"identify","customer_id":"20417","email":"mara@example.com","date_of_birth":-86400,"joined_at":"1710696440""#,
    r#""event":"pageload","customer_id":"20417","screen_viewed":"CartActivity""#,
    r#""event":"view","customer_id":"20417","sku":"45790-32","category_id":7"#,
    r#""event":"add_to_cart","customer_id":"20417","sku":"45790-32","quantity":1"#,
    r#""event":"checkout","customer_id":"20417","products":[{"sku":"45790-32","quantity":2,"price":12.5}],"revenue":25.0,"discount":0,"coupon":"AUTUMN""#,
    r#""event":"purchase","customer_id":"20417","order_id":"50314","products":[{"sku":"45790-32","quantity":2,"price":12.5}],"revenue":25.0,"shipping_cost":0.0,"discount":0.0,"coupon":"""#,
    r#""event":"cancel","customer_id":"20417","order_id":"50314""#,
    r#""event":"return","customer_id":"20417","order_id":"50314","products":[{"sku":"45790-32"}]"#,
    r#""event":"search","customer_id":"20417","skus":["45790-32","46493-32"],"number_of_results":2,"page_number":1,"query":"cup","filters":{"price":"10-20","brand":["Kobo"],"created_at":"week"}"#,
    r#""event":"subscription_upgrade","customer_id":"20417","subscription_period_type":"month","subscription_period_length":1,"subscription_plan_type":"gold","subscription_amount":29.99,"subscription_start_date":1710696440,"subscription_status":"active""#,
    r#""event":"subscription_downgrade","customer_id":"20417","subscription_period_type":"month","subscription_period_length":1,"subscription_plan_type":"gold","subscription_amount":9.99,"subscription_start_date":1710696440000,"subscription_state":"downgrade","subscription_status":"paused""#,
    r#""event":"subscription_cancel","customer_id":"20417","subscription_plan_type":"gold","subscription_status":"canceled""#,
    r#""event":"subscription_billing","customer_id":"20417","revenue":29.99,"subscription_start_date":1710696440"#,
    r#""event":"subscribe_interest","customer_id":"20417","product_id":"45790-32""#,
    r#""event":"app_open""#,
    r#""event":"app_install","app_installed_at":"2026-11-24T11:59:00.000Z""#,
    r#""event":"app_update","app_updated_at":1795521540,"previous_app_version":"3.8.0""#,
    r#""event":"subscribe","customer_id":"20417","email":"mara@example.com""#,
    r#""event":"unsubscribe","customer_id":"20417","unsubscribed":true"#,
    r#""event":"course_booked","customer_id":"20417","seats":2,"course":"Latte Art""#,
    r#""event":"identify","customer_id":"20417","unsubscribed_push":true"#,
    r#""event":"view","sku":"45790-32","products":[]"#,
    r#""event":"remove_from_cart","customer_id":"20417","sku":"45790-32""#,
];

/// What ordinary shops send, in all the languages that they speak.
const SHOPS: [&str; 31] = [
    r#"{"event":"checkout","email":"mara@example.com","guest_checkout":true,"total":38,"products":[{"sku":"45790-32","quantity":2,"price":19}]}"#,
    r#"{"event":"view","customer_id":"812123","products":[{"sku":"PCT-100","name":"100% Arabica, 20% off","price":0}]}"#,
    r#"{"event":"view","customer_id":"812123","product_id":"45790-32","product_name":"Käseplatte für Zwei","variant":"None"}"#,
    r#"{"event":"view","customer_id":"812123","product_id":"45790-32","product_name":"コーヒー豆 200g","brand":"珈琲 & 茶"}"#,
    r#"{"event":"return","customer_id":"812123","order_id":"50314","revenue":-25,"products":[{"sku":"45790-32","quantity":-1,"price":25}]}"#,
    r#"{"event":"purchase","customer_id":"812123","order_id":"50314","revenue":20,"products":[{"sku":"45790-32","quantity":1,"price":25},{"sku":"GIFTCARD","quantity":1,"price":-5}]}"#,
    r#"{"event":"purchase","customer_id":"812123","order_id":"50315","revenue":0,"total":0,"products":[{"sku":"SAMPLE","quantity":1,"price":0}]}"#,
    r#"{"event":"search","cookie":"c67dca9f-6a3c-4f0e-9b0a-0d1f9be3a8d2","keywords":"null"}"#,
    r#"{"event":"search","cookie":"c67dca9f-6a3c-4f0e-9b0a-0d1f9be3a8d2","keywords":"l'été à la plage"}"#,
    r#"{"event":"identify","customer_id":"812123","email":"jose.nunez@example.com","firstname":"José","lastname":"Núñez","city":"Łódź"}"#,
    r#"{"event":"identify","customer_id":"812123","email":"null.hypothesis@example.com","firstname":"Nan","lastname":"Null"}"#,
    r#"{"event":"identify","customer_id":"812123","email":"test.kitchen@example.com","company":"AT&T","joined_at":"2016-04-12T17:27:20Z"}"#,
    r#"{"event":"pageload","cookie":"c67dca9f-6a3c-4f0e-9b0a-0d1f9be3a8d2","url":"https://shop.example.com/caf%C3%A9?q=50%25&token_type=a","referrer":"https://www.google.com/"}"#,
    r#"{"event":"pageload","cookie":"c67dca9f-6a3c-4f0e-9b0a-0d1f9be3a8d2","url":"https://shop.example.com/?filter={\"size\":38}","referrer":""}"#,
    r#"{"event":"course_booked","customer_id":"812123","seats":"2","size_chart":{"36":2,"38":5},"gtin":"4006381333931","isbn":"9783161484100"}"#,
    r#"{"event":"order_shipped","customer_id":"812123","order_id":"4512345678901","tracking":"1Z999AA10123456784","carrier":"DHL"}"#,
    r#"{"event":"signed_up","customer_id":"812123","email":"mara@example.com","joined_at":"2026-11-24T11:59:58Z","newsletter":true}"#,
    r#"{"event":"newsletter_subscribed","customer_id":"812123","email":"mara@example.com","unsubscribed":false}"#,
    r#"{"event":"plan_chosen","customer_id":"812123","nickname":"😀👩‍👩‍👧","bio":"Zeile eins\nZeile zwei","price_text":"10\u00a0000 €"}"#,
    r#"{"event":"plan_chosen","customer_id":"812123","brand":"NESCAFÉ®","motto":"VOILÀ™ – ça va?"}"#,
    r#"{"event":"plan_chosen","customer_id":"812123","description":"<p>Kaffee &amp; Kuchen</p>","html":"a &amp; b"}"#,
    r#"{"event":"plan_chosen","customer_id":"812123","note":"[NEW] {limited} 50% <3 #1 @home $5","answers":["yes","no"]}"#,
    r#"{"event":"plan_chosen","customer_id":"812123","password_changed":true,"token_count":3,"pin_code":"560001","card_last4":"4242"}"#,
    r#"{"event":"plan_chosen","customer_id":"812123","last_seen":"2026-11-24T11:59:00.123+01:00","expires_at":"2099-12-31","birthday":"1931-05-06"}"#,
    r#"{"event":"add_to_cart","customer_id":"812123","product_id":"45790-32","quantity":1,"cart":{"qty":3,"total":"38.00"},"qty":3,"products":[{"sku":"45790-32","quantity":1}]}"#,
    r#"{"event":"remove_from_cart","customer_id":"812123","product_id":"45790-32","quantity":0}"#,
    r#"{"event":"wishlist","customer_id":"a81bc81b-dead-4e5d-abff-90865d1e13b1","product_ids":["45790-32"]}"#,
    r#"{"event":"alias","customer_id":"812123","cookie":"c67dca9f-6a3c-4f0e-9b0a-0d1f9be3a8d2"}"#,
    r#"{"event":"page_feedback","customer_id":"812123","type":"idea","properties_visited":3,"context_help":false,"data":"x"}"#,
    r#"{"event":"hotel_searched","customer_id":"812123","properties":["Seaview","Harbour"],"params":"none"}"#,
    r#"{"event":"identify","phone_number":"+4915112345678","customer_id":"812123","group_id":"test"}"#,
];

/// The samples of the vendor's documentation with the faults that are known of them.
const VENDOR: [(&str, &[&str]); 16] = [
    (
        r#"{"event":"identify","customer_id":"11111","email":"jane.doe@acme.com","joined_at":"2015-03-17T17:27:20+00:00","firstname":"John","lastname":"Doe","other":"value"}"#,
        &[],
    ),
    (r#"{"event":"view","cookie":"c","products":[{"sku":"45790-32"}]}"#, &[]),
    (r#"{"event":"add_to_cart","cookie":"c","product_id":"sku1"}"#, &[]),
    (r#"{"event":"remove_from_cart","cookie":"c","product_id":"sku1"}"#, &[]),
    (
        r#"{"event":"checkout","email":"jane.doe@acme.com","total":30,"products":[{"sku":"45790-32"},{"sku":"46493-33"}]}"#,
        &[],
    ),
    (
        r#"{"event":"purchase","email":"jane.doe@acme.com","order_id":"50314","total":30,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"coupon":"hasbros","products":[{"sku":"45790-32","price":19,"quantity":1},{"sku":"46493-32","price":3,"quantity":2}]}"#,
        &[],
    ),
    (r#"{"event":"search","cookie":"c","keywords":"Search Keyword","product_ids":["SKU1","SKU2"]}"#, &[]),
    (
        r#"{"event":"your_custom_event_name","cookie":"c","attribute1":"value1","attribute2":"value2"}"#,
        &["placeholder-left"],
    ),
    (
        r#"{"email":"jane.doe@acme.com","event":"subscription_start","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name1","subscription_amount":"29.99","subscription_started_at":"2015-03-17T17:27:20+00:00","subscription_end_at":"2015-06-17T17:27:20+00:00"}"#,
        &[],
    ),
    (
        r#"{"email":"jane.doe@acme.com","event":"subscription_upgrade","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name2","subscription_amount":"39.99","subscription_started_at":"2015-04-17T17:27:20+00:00"}"#,
        &[],
    ),
    (
        r#"{"email":"jane.doe@acme.com","event":"subscription_downgrade","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name3","subscription_amount":"9.99","subscription_started_at":"2015-03-17T17:27:20+00:00"}"#,
        &[],
    ),
    (
        r#"{"email":"jane.doe@acme.com","event":"subscription_billing","revenue":"19.99","billing_date":"2014-14-11T17:27:20+00:00"}"#,
        &["date-impossible"],
    ),
    (
        r#"{"email":"jane.doe@acme.com","event":"subscription_cancel","subscription_plan_type":"subscription-sku-name","subscription_canceled_at":"2016-04-12T17:27:20+00:00"}"#,
        &[],
    ),
    (
        r#"{"customer_id":"812122","event":"identify","device_type":"ios","device_tokens":"49244924492449244924492449244924492449244924","device_id":"4444444","device_idfa":"3333","device_idfv":"33133","device_manufacturer":"Apple","os_name":"ios","network_carrier":"verizon","ip":"201.44.11.21","email":"jane.doe@acme.com","latitude":"212.99333","longitude":"-12.39334"}"#,
        &["advertising-id-format", "advertising-id-format", "latitude-range"],
    ),
    (
        r#"{"customer_id":"812123","event":"purchase","ip":"201.44.11.22","email":"jane.doe@acme.com","revenue":"31.24"}"#,
        &["attribute-recommended", "attribute-recommended"],
    ),
    (
        r#"{"event":"pageload","email":"jane.doe@acme.com","url":"https://www.acme.com/","referrer":"https://www.google.com/","ip":"201.44.11.21"}"#,
        &[],
    ),
];

/// The rules that an event breaks by more than a note.
fn loud(event: &str, stage: Stage) -> Vec<&'static str> {
    let found = Linter::default().observe(&read(event), context(stage));
    found.iter().filter(|it| it.severity > Severity::Note).map(|it| it.rule.id).collect()
}

#[test]
fn nothing_above_a_note_is_said_of_what_the_sdks_send() {
    for fields in SDK {
        for sdk in [ANDROID, IOS] {
            let event = format!("{{{fields},{sdk}}}");
            assert_eq!(loud(&event, Stage::Outgoing), [""; 0], "{event}");
            let received = format!(r#"{{{fields},{sdk},"_bsft_ts":"2026-11-24T11:59:01Z","site":"shop"}}"#);
            assert_eq!(loud(&received, Stage::Received), [""; 0], "{received}");
        }
    }
}

#[test]
fn of_the_vendors_samples_only_their_known_faults_are_loud() {
    for (event, faults) in VENDOR {
        assert_eq!(loud(event, Stage::Outgoing), faults, "{event}");
    }
}

#[test]
fn what_our_own_collector_wrote_beside_the_page_is_not_held_against_the_page() {
    let account = "636c6963-6b73-4c00-8000-000000000000";
    let pixel = format!(
        r#"{{"timestamp":"2026-11-24T11:59:00Z","event":"view","url":"https://a.example/","url":"https://b.example/","sku":"1","sku":"2","cookie":"c","_bsft_ts":"2026-11-24T11:59:00Z","account_uuid":"{account}"}}"#
    );
    let found = Linter::default().observe(&read(&pixel), context(Stage::Received));
    let twice: Vec<_> = found.iter().filter(|it| it.rule.id == "field-twice").map(|it| it.path.pointer()).collect();
    assert_eq!(twice, ["/sku"], "{found:?}");
}

#[test]
fn nothing_above_a_note_is_said_of_what_ordinary_shops_send() {
    for event in SHOPS {
        for stage in [Stage::Outgoing, Stage::Received] {
            assert_eq!(loud(event, stage), [""; 0], "{event}");
        }
    }
}
