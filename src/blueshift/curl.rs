//! Calls as curl commands, in both directions.

mod place;
mod request;

use std::fmt::Write as _;

use super::shell::ShellWords;
use super::{BaseUrl, Call, HeaderVariable};
use crate::event::{Sanitized, sanitized, text};
use place::Place;
use request::{Request, Taken, told};
use thiserror::Error;

/// The variable that stands for the key in a printed command.
pub const KEY_VARIABLE: &str = "CLICKSCOPE_EVENT_KEY";

/// The longest body that is written as an argument. Linux takes no argument of more than 128 KiB (`MAX_ARG_STRLEN`).
const LONGEST_ARGUMENT: usize = 120_000;

/// Ends a body that is too long for an argument. No line of valid JSON is a bare word.
const END: &str = "END_OF_EVENTS";

/// Writes `call` as a command for a POSIX shell; the key is the variable `key_variable`, never its value, and so are those
/// of the `headers`.
///
/// The body is the call's to the letter, but for what a terminal would act on: such characters become escapes, which say
/// the same.
pub fn write(call: &Call, base: &BaseUrl, key_variable: &str, headers: &[HeaderVariable]) -> Sanitized {
    let url = quoted(call.url(base).as_str());
    // It cannot be told from the line's end on a screen, and between the tokens of JSON it means nothing.
    let body = call.body.replace("\r\n", "\n").replace('\r', "\n");
    let mut command = format!("curl -sS -u \"${key_variable}:\" \\\n  -H 'Content-Type: application/json' \\\n  ");
    // Writing to a text cannot fail.
    for HeaderVariable { name, variable } in headers {
        let _ = write!(command, "-H {}\"${variable}\" \\\n  ", quoted(&format!("{name}: ")));
    }
    let _ = if body.len() > LONGEST_ARGUMENT {
        write!(command, "--data-binary @- {url} <<'{END}'\n{body}\n{END}")
    } else {
        write!(command, "--data-raw {} \\\n  {url}", quoted(&body))
    };
    text::sanitize_json(&command)
}

/// `text` in single quotes, in which a shell leaves everything as it is but the quote itself.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The calls of the curl commands in a pasted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// The draft: the body, of a bulk call the array in it; the events of several calls in one array.
    pub draft: String,
    /// How many calls it is of.
    pub calls: usize,
    /// What of the text was left out, each in a few words: another host, a key; never the key.
    pub left_out: Vec<Sanitized>,
}

/// Why a pasted text holds no command that can be taken over.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CurlError {
    /// There is no curl command in it.
    #[error("this is not a curl command")]
    NotCurl,
    /// There is one, but it cannot be read.
    #[error("the curl command cannot be used: {0}")]
    Unusable(Sanitized),
}

/// Reads the curl commands in a text as a shell and curl would: quoting, line continuations, `-d`, `--data-raw`, `--json`,
/// headers. Nothing is run and no file is read.
///
/// A command is one wherever it stands: behind a prompt, a comment, variables, `sudo`, a pipe or lines of other things.
/// Whether the draft is good JSON is not asked: one with a mistake in it is taken over to be mended.
pub fn read(text: &str) -> Result<Pasted, CurlError> {
    // A terminal pastes a carriage return for each line's end.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // What stands in the strings of an event is no command, whatever it looks like.
    if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() {
        return Err(CurlError::NotCurl);
    }
    let mut found = Found::default();
    let (mut at, mut failed) = (0, 0);
    while let Some(place) = Place::next(&text, at).filter(|_| failed < MOST_FAILED) {
        at = place.arguments;
        match Request::read_all(ShellWords::new(text.get(at..).unwrap_or_default())) {
            Ok((requests, behind)) => {
                let outcomes: Vec<_> = requests.into_iter().map(Request::into_taken).collect();
                if place.is_meant || outcomes.iter().any(Result::is_ok) {
                    at = text.len() - behind.len();
                    for outcome in outcomes {
                        found.add(outcome);
                    }
                    continue;
                }
            }
            Err(error) if place.is_meant => found.refused.push(Sanitized::of(&error)),
            Err(_) => {}
        }
        failed += 1;
    }
    found.into_pasted()
}

/// So many places that look like a command and are none are looked at: each may be read to the end of the text.
const MOST_FAILED: usize = 16;

/// So many commands that could not be taken over are told with the reason.
const MOST_REFUSED: usize = 3;

/// The calls of all commands in a text.
#[derive(Default)]
struct Found {
    taken: Vec<Taken>,
    refused: Vec<Sanitized>,
}

impl Found {
    fn add(&mut self, outcome: Result<Taken, Sanitized>) {
        match outcome {
            Ok(taken) => self.taken.push(taken),
            Err(why) => self.refused.push(why),
        }
    }

    fn into_pasted(self) -> Result<Pasted, CurlError> {
        let Self { taken, refused } = self;
        if taken.is_empty() {
            return Err(refused.into_iter().next().map_or(CurlError::NotCurl, CurlError::Unusable));
        }
        let mut left_out: Vec<Sanitized> = Vec::new();
        let key = taken.iter().any(|taken| taken.has_key).then(|| "the key".into());
        let hosts = taken.iter().filter_map(|taken| taken.foreign_host.as_ref());
        for told in key.into_iter().chain(hosts.map(|host| sanitized!("the host {}", told(host)))) {
            if !left_out.contains(&told) {
                left_out.push(told);
            }
        }
        left_out.extend(refused.iter().take(MOST_REFUSED).map(|why| sanitized!("a call ({})", why)));
        if let Some(more @ 1..) = refused.len().checked_sub(MOST_REFUSED) {
            left_out.push(sanitized!("{} more", text::counted(more as u64, "call")));
        }
        Ok(Pasted { draft: joined(&taken), calls: taken.len(), left_out })
    }
}

/// The draft of all of them: that of the only one, or an array of the events of each.
fn joined(taken: &[Taken]) -> String {
    if let [only] = taken {
        return only.draft.clone();
    }
    let events = taken.iter().map(|taken| {
        let inner = taken.draft.strip_prefix('[').and_then(|draft| draft.strip_suffix(']'));
        inner.unwrap_or(&taken.draft).trim()
    });
    let events: Vec<&str> = events.filter(|events| !events.is_empty()).collect();
    format!("[\n{}\n]", events.join(",\n"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use proptest::prelude::*;

    use super::*;
    use crate::blueshift::Region;
    use crate::fuzz_tests;

    #[test]
    fn any_text_with_commands_is_read() {
        let seeds = [
            "curl -X POST 'https://api.getblueshift.com/api/v1/event' -u \"$KEY:\" \\\n  -H 'Content-Type: application/json' --data-raw $'{\"event\":\"a\\u0021\"}'",
            "$ sudo curl -sd '{\"events\":[{\"event\":\"a\"}]}' --json @- https://api.eu.getblueshift.com/api/v1/bulkevents | jq . # x",
            "for i in 1; do curl \"$URL\" -d \"{\\\"event\\\":\\\"$i\\\"}\" --next -d x y; done",
        ];
        fuzz_tests::texts(&seeds, |text| match read(text) {
            Ok(pasted) => (pasted.draft.len().min(64), String::new()),
            Err(error) => (0, error.to_string().chars().filter(char::is_ascii_lowercase).take(40).collect()),
        });
    }

    fn base() -> BaseUrl {
        Region::Us.base_url()
    }

    fn draft(command: &str) -> String {
        read(command).unwrap().draft
    }

    fn unusable(command: &str) -> String {
        match read(command) {
            Err(CurlError::Unusable(why)) => why.into(),
            other => panic!("{command}: {other:?}"),
        }
    }

    #[test]
    fn a_call_is_written_as_a_command_on_a_few_lines() {
        let body = "{\n  \"event\": \"view\",\n  \"note\": \"it's \u{9b}2J\u{202e}\\n\"\n}".to_owned();
        let call = Call { bulk: false, body, events: std::sync::Arc::default() };
        assert_eq!(
            write(&call, &base(), KEY_VARIABLE, &[]),
            r#"curl -sS -u "$CLICKSCOPE_EVENT_KEY:" \
  -H 'Content-Type: application/json' \
  --data-raw '{
  "event": "view",
  "note": "it'\''s \u009b2J\u202e\n"
}' \
  'https://api.getblueshift.com/api/v1/event'"#
        );
    }

    #[test]
    fn a_body_too_long_for_an_argument_goes_through_the_standard_input() {
        let body = format!("{{\"event\":\"view\",\"filler\":\"{}\"}}", "x'$`\\\\".repeat(30_000));
        let call = Call { bulk: false, body: body.clone(), events: std::sync::Arc::default() };
        let command = write(&call, &base(), "STAGING_KEY", &[]);
        assert!(command.starts_with("curl -sS -u \"$STAGING_KEY:\" "), "{}", command.get(..100).unwrap());
        assert!(command.contains("--data-binary @- 'https://api.getblueshift.com/api/v1/event' <<'END_OF_EVENTS'\n{"));
        assert_eq!(draft(&command), body);
    }

    /// The commands of the vendor's page, `[email protected]` and `<EVENT_API_KEY>` as they stand there.
    #[test]
    fn every_command_of_the_vendors_page_is_taken_over() {
        let single = |name: &str, rest: &str| {
            let event = format!("{{\"email\":\"[email protected]\",\n   \"event\":\"{name}\",\n   {rest}\n  }}");
            let command = format!(
                "curl -v -H \"Accept: application/json\" -H \"Content-type: application/json\" -X POST -d '\n  {event}' \
                 -u <EVENT_API_KEY>: https://api.getblueshift.com/api/v1/event"
            );
            (command, event)
        };
        let plan = "\"subscription_period_type\": \"month\",\n   \"subscription_period_length\":\"1\",\n   \
                    \"subscription_amount\": \"29.99\",\n   \"subscription_started_at\": \"2015-03-17T17:27:20+00:00\"";
        let array = "[\n  {\"customer_id\":\"812122\",\n   \"event\":\"identify\",\n   \"latitude\": \"212.99333\"\n  },\n  \
                     {\"customer_id\":\"812123\",\n   \"event\":\"purchase\",\n   \"revenue\": \"31.24\"\n  }\n ]";
        let bulk = format!(
            "curl -v -H \"Accept: application/json\" -H \"Content-type: application/json\" -X POST -d '\n{{\"events\":\n \
             {array}\n}} ' -u <EVENT_API_KEY>: https://api.getblueshift.com/api/v1/bulkevents"
        );
        let commands = [
            single("subscription_start", plan),
            single("subscription_upgrade", plan),
            single("subscription_downgrade", plan),
            single(
                "subscription_billing",
                "\"revenue\": \"19.99\",\n   \"billing_date\": \"2014-14-11T17:27:20+00:00\"",
            ),
            single("subscription_cancel", "\"subscription_canceled_at\": \"2016-04-12T17:27:20+00:00\""),
            (bulk, array.to_owned()),
        ];
        for (command, event) in commands {
            assert_eq!(read(&command), Ok(Pasted { draft: event, calls: 1, left_out: Vec::new() }), "{command}");
        }
    }

    #[test]
    fn the_data_is_found_however_the_command_is_spelled() {
        let event = r#"{"event":"view","n":1.10}"#;
        let commands = [
            r#"curl -d '{"event":"view","n":1.10}' api.getblueshift.com/api/v1/event"#,
            r#"  $ curl -sSd'{"event":"view","n":1.10}' -- https://api.eu.getblueshift.com"#,
            r#"KEY=1 OTHER= /usr/bin/curl --json '{"event":"view"' --json ',"n":1.10}' x"#,
            r#"curl --location --request POST 'https://api.getblueshift.com/api/v1/event' --header 'A: b' --data-raw '{"event":"view","n":1.10}'"#,
            r#"curl.exe --url x -X POST --data-binary "{\"event\":\"view\",\"n\":1.10}" | jq ."#,
            r#"curl 'x' -H 'cookie: a' --data-raw $'{"event":"v\u0069ew","n":1.10}' --compressed --no-progress-meter"#,
            "curl x \\\r\n  --data '{\"event\":\"view\",\"n\":1.10}' \\\r\n  --insecure\r\n",
            "curl -d @- x <<'EOF'\n{\"event\":\"view\",\"n\":1.10}\nEOF\n",
            r#"curl -w '%{http_code}\n' -o /dev/null -m 5 -d '{"event":"view","n":1.10}' "$BASE/api/v1/event" 2>&1"#,
            r#"curl --unheard-of -d ' {"events":{"event":"view","n":1.10}} ' x"#,
        ];
        for command in commands {
            let found = draft(command);
            assert!(found == event || found == format!("{{\"events\":{event}}}"), "{command}: {found}");
        }
        assert_eq!(draft(r#"curl -d '{"event": }' x"#), r#"{"event": }"#, "a mistake is there to be mended");
        assert_eq!(draft("curl -d '{\"events\" : [ {\"event\":\"a\"} ] }' x"), r#"[ {"event":"a"} ]"#);
        assert_eq!(draft("curl -d '[1]' x"), "[1]");
    }

    #[test]
    fn a_command_is_found_wherever_it_stands() {
        let command = "curl -u s3cr3t: -d '{\"event\":\"view\"}' https://api.getblueshift.com/api/v1/event";
        let texts = [
            format!("# send one\n{command}"),
            format!("# {command}"),
            format!("KEY=s3cr3t {command}"),
            format!("export KEY='s3 cr3t'\n\n  {command} -o /dev/null\necho done"),
            format!("/usr/local/bin/{command}"),
            format!("\\{command}"),
            format!("sudo -E {command}"),
            format!("time {command}"),
            format!("env A=1 nice -n 10 {command}"),
            format!("timeout 5 {command}"),
            format!("curl.exe{}", command.strip_prefix("curl").unwrap()),
            format!("C:\\Windows\\System32\\curl.exe{}", command.strip_prefix("curl").unwrap()),
            format!("$ {command}"),
            format!("% {command}"),
            format!("> {command}"),
            format!("me@host:~/shop$ {command}"),
            format!("[root@host ~]# {command}"),
            format!("➜  shop {command}"),
            format!("  512  {command}"),
            format!("1. {command}"),
            format!("cd /tmp && {command}"),
            format!("echo start; {command} | jq ."),
            format!("response=$({command})"),
            format!("if ! {command}; then echo failed; fi"),
            format!("for n in 1 2 3; do {command}; done"),
            format!("docker run --rm curlimages/{command}"),
            format!("it's like this:\n\n{command}\n"),
            command.replace(" -", " \\\r\n  -"),
            command.replacen(' ', " \\\r", 1),
            command.replacen("curl ", "curl\\\n", 1),
            format!("```sh\n{command}\n```"),
        ];
        for text in texts {
            let pasted = read(&text);
            let expected = Pasted { draft: r#"{"event":"view"}"#.into(), calls: 1, left_out: vec!["the key".into()] };
            assert_eq!(pasted, Ok(expected), "{text}");
        }
        let here = "curl -d @- x <<'EOF'\r{\r\"event\":\"view\"}\rEOF\r";
        assert_eq!(draft(here), "{\n\"event\":\"view\"}", "as a terminal pastes it");
    }

    #[test]
    fn several_commands_are_one_bulk_draft() {
        let cases = [
            "curl -d '{\"a\":1}' x\ncurl -d '{\"b\":2}' x",
            "curl -d '{\"a\":1}' x && curl -d '{\"b\":2}' x",
            "curl -d '{\"a\":1}' x --next -d '{\"b\":2}' x",
            "curl -d '{\"events\":[{\"a\":1}]}' x;curl -d '[]' x; # then\ncurl -d '[{\"b\":2}]' x",
            "curl -d @- x <<EOF\n{\"a\":1}\nEOF\ncurl x\ncurl --json '{\"b\":2}' x\n",
        ];
        for text in cases {
            let Pasted { draft, calls, .. } = read(text).unwrap();
            assert_eq!(draft, "[\n{\"a\":1},\n{\"b\":2}\n]", "{text}");
            assert_eq!(calls, if text.contains("[]") { 3 } else { 2 }, "{text}");
        }
        let pasted = read("curl -d '{}' x\ncurl x\ncurl -F a=b x\ncurl 'open").unwrap();
        let left_out = ["the host x", "a call (it sends no data", "a call (-F sends a form", "a call (a quote"];
        assert_eq!(pasted.left_out.len(), left_out.len());
        for (told, expected) in pasted.left_out.iter().zip(left_out) {
            assert!(told.starts_with(expected), "{told}");
        }
    }

    #[test]
    fn many_places_that_are_no_command_cost_little() {
        for part in ["x curl $( ", "x curl <<", "' curl x "] {
            assert_eq!(read(&part.repeat(20_000)), Err(CurlError::NotCurl), "{part}");
        }
        // What is behind too many of them is not looked at, or each would be read to the end.
        for (many, found) in [(MOST_FAILED - 1, true), (MOST_FAILED, false)] {
            let text = format!("{}\ncurl -d '{{}}' x", "x curl $( \n".repeat(many));
            assert_eq!(read(&text).is_ok(), found, "{many}");
        }
    }

    #[test]
    fn a_key_and_another_host_are_left_out_and_told_without_the_key() {
        let cases: [(&str, &[&str]); 9] = [
            ("-u canary: https://api.eu.getblueshift.com/api/v1/event", &["the key"]),
            ("-u \"$KEY:\" https://api.getblueshift.com/api/v1/event", &[]),
            ("-ucanary: collector.example.com:8080/x", &["the key", "the host collector.example.com:8080"]),
            ("-H 'authorization: Basic Y2FuYXJ5Og==' http://127.0.0.1:8787", &["the key", "the host 127.0.0.1:8787"]),
            ("-H \"Authorization: Basic $KEY\" http://127.0.0.1:8787", &["the host 127.0.0.1:8787"]),
            ("https://canary:@api.getblueshift.com/", &["the key"]),
            (
                "https://api.getblueshift.com/ --next https://x",
                &["a call (it sends no data: put the JSON itself behind -d)"],
            ),
            ("$URL/api/v1/event", &[]),
            ("", &[]),
        ];
        for (rest, left_out) in cases {
            let pasted = read(&format!("curl -d '{{}}' {rest}")).unwrap();
            assert_eq!(pasted.left_out, left_out, "{rest}");
            assert!(!format!("{pasted:?}").contains("canary"));
        }
    }

    #[test]
    fn what_cannot_be_taken_over_is_told_with_the_reason() {
        let cases = [
            ("curl https://api.getblueshift.com/api/v1/event/debug", "sends no data"),
            ("curl -d @event\u{1b}.json x", "in the file event\\u001b.json, which is not read"),
            ("cat x | curl", ""),
            ("cat x | curl -d @- y", "comes from elsewhere"),
            ("# comment\ncurl -d @x y", "in the file x"),
            ("curl -d @- x", "comes from elsewhere"),
            ("curl -d \"{\\\"n\\\":$N}\" x", "only a running shell"),
            ("curl -d \"$(cat x)\" x", "only a running shell"),
            ("curl --json \"`cat x`\" x", "only a running shell"),
            ("curl -d 'event=view' x", "not JSON"),
            ("curl -d '{\"a\":1}' -d '{\"b\":2}' x", "several options"),
            ("curl -F event=view x", "a form"),
            ("curl --data-urlencode 'a=b' x", "a form"),
            ("curl -G -d '{}' x", "address"),
            ("curl -d", "-d has no value"),
            ("curl --data-raw '{\"event\":", "a quote (') is not closed"),
            ("curl ^\"https://x^\" ^\n  --data-raw ^\"{}^\"", "Windows command prompt"),
            ("curl `\n  -d '{}'", "PowerShell"),
        ];
        for (command, why) in cases {
            if why.is_empty() {
                assert_eq!(read(command), Err(CurlError::NotCurl), "{command}");
            } else {
                let told = unusable(command);
                assert!(told.contains(why) && !told.contains(char::is_control), "{command}: {told}");
            }
        }
    }

    #[test]
    fn what_is_not_meant_as_a_command_is_told_apart() {
        let texts = [
            "",
            "{\"event\":\"curl\"}",
            "{\"note\": \"; curl -d '{}' x\"}",
            "{\"a\":1}\n{\"note\": \"; curl -d '{}' x\"}",
            "[]",
            "it's",
            "curly -d '{}'",
            "wget x",
            "$",
            "$(curl)",
            "A=1",
            "how to use curl for it",
            "libcurl -d '{}'",
        ];
        for text in texts {
            assert_eq!(read(text), Err(CurlError::NotCurl), "{text}");
        }
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![any::<i64>().prop_map(Into::into), any::<String>().prop_map(Into::into)];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_written_command_reads_back(value in json(), quotes in "['\"\\\\$`!\n\r\u{7f}\u{85}\u{2028}€😀]*", pretty: bool, bulk: bool) {
            let event = serde_json::json!({ "event": "view", "value": value, "quotes": quotes });
            let text = if pretty { format!("{event:#}") } else { event.to_string() };
            let body = if bulk { format!("{{\"events\":[{text}]}}") } else { text.clone() };
            let command = write(&Call { bulk, body, events: std::sync::Arc::default() }, &base(), KEY_VARIABLE, &[]);
            prop_assert!(!command.contains(|c: char| c.is_control() && c != '\n'));
            let pasted = read(&command).unwrap();
            prop_assert_eq!(&pasted.left_out, &[""; 0]);
            let expected = if bulk { format!("[{text}]") } else { text };
            prop_assert_eq!(&pasted.draft, &*text::sanitize_json(&expected));
            let read: serde_json::Value = serde_json::from_str(&pasted.draft).unwrap();
            prop_assert_eq!(read, if bulk { serde_json::json!([event]) } else { event });
        }

        #[test]
        fn no_command_breaks_it(rest in "([-a-zA-Z0-9 \n'\"\\\\$`<>|&;@#{}:]|.){0,60}") {
            let _ = read(&format!("curl {rest}"));
        }
    }
}
