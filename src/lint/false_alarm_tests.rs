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
fn nothing_above_a_note_is_said_of_what_ordinary_shops_send() {
    for event in SHOPS {
        for stage in [Stage::Outgoing, Stage::Received] {
            assert_eq!(loud(event, stage), [""; 0], "{event}");
        }
    }
}
