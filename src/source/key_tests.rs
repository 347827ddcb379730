//! A key that a server echoes is shown nowhere, in no form and not in part.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;

use super::live::{self, Settings};
use super::send::{Label, Pace, Sender};
use super::tests::{Reply, Server, answer, next, next_polled, settings};
use crate::blueshift::Call;
use crate::blueshift::auth::AccountKey;
use crate::event::text;
use crate::session::{CallOutcome, Problem, Record};

const EVENT_KEY: &str = "c4nary/5e1f+0b7c9d3a";
const USER_KEY: &str = "f00d+4nd/b33r5e1f0b7";
/// So many characters of a key tell more of it than its length.
const TELLING: usize = 6;

fn with_keys(server: &Server) -> Settings {
    let key =
        |secret: &str, called: &'static str| AccountKey { secret: SecretString::from(secret), called: called.into() };
    Settings {
        event_key: key(EVENT_KEY, "the Event key of the test"),
        user_key: Some(key(USER_KEY, "the User key of the test")),
        ..settings(&server.url)
    }
}

/// Every form in which a server may repeat the keys, the plain ones and those that were sent first.
fn forms() -> Vec<String> {
    let of = |key: &str| {
        let basic = STANDARD.encode(format!("{key}:"));
        [
            key.to_owned(),
            format!("Basic {basic}"),
            basic.trim_end_matches('=').to_owned(),
            STANDARD.encode(key),
            url::form_urlencoded::byte_serialize(key.as_bytes()).collect(),
            url::form_urlencoded::byte_serialize(basic.as_bytes()).collect(),
        ]
    };
    let [event, user] = [EVENT_KEY, USER_KEY].map(of);
    event.into_iter().zip(user).flat_map(|(event, user)| [event, user]).collect()
}

/// Every part of a key that tells something of it, in whatever form.
fn parts() -> Vec<String> {
    let forms = forms().into_iter().map(|form| form.replace("Basic ", ""));
    let windows = forms.flat_map(|form| {
        let chars: Vec<char> = form.chars().collect();
        chars.windows(TELLING).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>()
    });
    windows.collect()
}

/// Everything that is logged while it lives.
struct Log {
    written: Arc<Mutex<Vec<u8>>>,
    _guard: tracing::subscriber::DefaultGuard,
}

struct Shared(Arc<Mutex<Vec<u8>>>);

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn start() -> Self {
        let written = Arc::default();
        let shared = Arc::clone(&written);
        let writer = move || Shared(Arc::clone(&shared));
        // Libraries are logged from warnings up.
        let targets = Targets::new().with_default(LevelFilter::WARN).with_target("clickscope", LevelFilter::TRACE);
        let subscriber = tracing_subscriber::registry().with(fmt::layer().with_writer(writer)).with(targets);
        Self { written, _guard: tracing::subscriber::set_default(subscriber) }
    }

    fn text(&self) -> String {
        String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
    }
}

fn assert_no_key_in(shown: &str, sent: &str) {
    static PARTS: LazyLock<Vec<String>> = LazyLock::new(parts);
    let found: Vec<_> = PARTS.iter().filter(|part| shown.contains(*part)).collect();
    assert!(found.is_empty(), "{found:?} of {sent} is in {shown}");
}

/// Answers to a poll that repeat `key`, so that none of them is an event.
fn bad_answers(key: &str) -> Vec<Vec<u8>> {
    let ok = |body: &str| answer("200 OK", "Content-Type: application/json\r\n", body);
    let mut answers = vec![
        ok(key),
        ok(&format!("[1, \"{key}\"")),
        ok(&format!("{{\"message\":\"no {key}\"}}")),
        ok(&format!("{{\"errors\":{{\"{key}\":\"{key}\"}}}}")),
        ok(&format!("{{\"{key}\":1}}")),
        ok(&format!("\"{key}\"")),
        ok(&format!("\"{}\"", key.replace('/', "\\/").replace('+', "\\u002b"))),
        ok(&format!("[\"{key}\"]")),
        ok(&format!("[{{\"error\":\"{key}\"}}]")),
        ok(&format!("{{\"data\":[\"{key}\"]}}")),
        ok(&format!("<html><title>{key}</title>")),
        answer("302 Found", &format!("Location: http://{key}.example.com/{key}\r\n"), key),
        answer("302 Found", &format!("Location: http://example.com/?key={key}\r\n"), key),
        answer("302 Found", &format!("Location: {key}\r\n"), key),
        answer("429 Slow down", &format!("Retry-After: {key}\r\nX-Key: {key}\r\n"), key),
        answer("200 OK", &format!("Content-Encoding: {key}\r\n"), key),
        answer(&format!("500 {key}"), "", ""),
        answer("200 OK", &format!("Content-Encoding: gzip\r\nX-Key: {key}\r\n"), key),
        format!("{key}\r\n\r\n").into_bytes(),
        format!("HTTP/1.1 200 OK\r\n{key}\r\n\r\n").into_bytes(),
    ];
    for status in ["400 Bad", "401 No", "403 No", "404 None", "418 Pot", "422 Bad", "429 Slow", "500 Oops", "503 Oops"]
    {
        answers.push(answer(status, "", &format!("{{\"message\":\"{key}\",\"errors\":[{{\"{key}\":\"{key}\"}}]}}")));
        answers.push(answer(status, "", key));
    }
    answers
}

/// `key` at every place where a cut could leave a part of it.
fn at_the_cuts(key: &str) -> impl Iterator<Item = String> {
    [0, 24, 108, 180, 192, 222].map(|before| format!("{}{key}", "so ".repeat(before / 3))).into_iter()
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_shows_no_key() {
    let log = Log::start();
    for form in forms().iter().take(4) {
        for bytes in bad_answers(form) {
            let sent = String::from_utf8_lossy(&bytes).into_owned();
            let server = Server::always(bytes).await;
            let mut source = live::start(with_keys(&server));
            let trouble = loop {
                match &*next(&mut source).await {
                    [Record::Trouble(trouble)] => break trouble.clone(),
                    [Record::Connecting { .. }] => {}
                    other => panic!("{sent} gave {other:?}"),
                }
            };
            assert_no_key_in(&format!("{trouble:?}"), &sent);
        }
    }
    assert_no_key_in(&log.text(), "the log");
}

#[tokio::test]
async fn what_is_odd_about_an_answer_shows_no_key_and_the_events_stay_as_they_came() {
    for form in forms() {
        for key in [form.clone(), format!("so so {form}")] {
            let event = format!("{{\"event\":\"view\",\"url\":\"{key}\"}}");
            let body = format!(
                "{{\"message\":\"no {key}\",\"{key}\":\"{key}\",\"{key}\":1,\"view\":{event},\"data\":[\"{key}\"]}}"
            );
            let server = Server::always(answer("200 OK", "", &body)).await;
            let mut source = live::start(with_keys(&server));
            let polled = next_polled(&mut source).await;
            let notes = format!("{:?}", polled.notes);
            assert!(notes.contains("[key]"), "{notes}");
            assert_no_key_in(&notes, &body);
            let [change] = &polled.changes[..] else { panic!("{body} gave {polled:?}") };
            assert_eq!(change.payload.as_ref().unwrap().text(), event);
        }
    }
}

#[tokio::test]
async fn counts_and_histories_that_cannot_be_had_show_no_key() {
    let log = Log::start();
    for form in forms().iter().take(4).skip(1) {
        for bytes in bad_answers(form) {
            let sent = String::from_utf8_lossy(&bytes).into_owned();
            let server = Server::start(move |_, request| {
                let is_poll = request.starts_with("GET /api/v1/event/debug");
                Reply::Bytes(if is_poll { answer("200 OK", "", "{}") } else { bytes.clone() })
            })
            .await;
            let mut source = live::start(with_keys(&server));
            source.commands.send(super::SourceCommand::Recall("view".into())).await.unwrap();
            let (mut counts, mut recalled) = (false, false);
            while !(counts && recalled) {
                match &*next(&mut source).await {
                    [Record::CountsTrouble(trouble)] => {
                        assert_no_key_in(&format!("{trouble:?}"), &sent);
                        counts = true;
                    }
                    [Record::Recalled(_)] => recalled = true,
                    _ => {}
                }
            }
        }
    }
    assert_no_key_in(&log.text(), "the log");
    assert!(log.text().contains("no history"));
}

#[tokio::test]
async fn what_became_of_a_call_shows_no_key() {
    let log = Log::start();
    let said = Arc::new(Mutex::new(Vec::new()));
    let saying = Arc::clone(&said);
    let server = Server::start(move |_, _| Reply::Bytes(saying.lock().unwrap().clone())).await;
    let mut settings = with_keys(&server);
    settings.timeouts.retry = Duration::ZERO;
    let mut sender = Sender::new(settings, Pace::unlimited());
    for (number, form) in forms().iter().enumerate() {
        // One form of one key is enough to see that nothing is cut too early.
        let keys = at_the_cuts(form).take(if number == 3 { 6 } else { 1 });
        for bytes in keys.flat_map(|key| bad_answers(&key)) {
            let sent = String::from_utf8_lossy(&bytes).into_owned();
            said.lock().unwrap().clone_from(&bytes);
            let call = Call { bulk: false, body: "{}".into(), events: Arc::default() };
            let mut retries = Vec::new();
            let label = Label { batch: 1, call: 0, calls: 1 };
            let delivery = sender.deliver(label, &call, |retry| retries.push(retry)).await;
            assert_no_key_in(&format!("{delivery:?}{retries:?}"), &sent);
        }
    }
    assert_no_key_in(&log.text(), "the log");
}

#[tokio::test]
async fn what_a_server_says_reaches_nobody_as_it_came() {
    let hostile = "\u{1b}]0;owned\u{7}\u{202e}\u{9b}2J";
    for bytes in bad_answers(hostile) {
        let server = Server::always(bytes.clone()).await;
        let mut settings = with_keys(&server);
        settings.timeouts.retry = Duration::ZERO;
        let mut sender = Sender::new(settings, Pace::unlimited());
        let call = Call { bulk: false, body: "{}".into(), events: Arc::default() };
        let delivery = sender.deliver(Label { batch: 1, call: 0, calls: 1 }, &call, |_| {}).await;
        let told: Vec<text::Sanitized> = match delivery.verdict {
            CallOutcome::Taken { body, .. } => vec![body],
            CallOutcome::Refused { message, fields, .. } => {
                fields.into_iter().flat_map(|(field, said)| [field, said]).chain([message]).collect()
            }
            CallOutcome::Failed(Problem { what, advice, .. }) => vec![what, advice],
        };
        for text in told {
            assert_eq!(text::sanitize(&text), text, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
