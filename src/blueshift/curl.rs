//! Calls as curl commands, in both directions.

use std::fmt::Write as _;

use thiserror::Error;
use url::Url;

use super::outgoing::bulk_array;
use super::shell::{ShellWords, Word};
use super::{BaseUrl, Call};
use crate::event::{Sanitized, sanitized, text};

/// The variable that stands for the key in a printed command.
pub const KEY_VARIABLE: &str = "CLICKSCOPE_EVENT_KEY";

/// The longest body that is written as an argument. Linux takes no argument of more than 128 KiB (`MAX_ARG_STRLEN`).
const LONGEST_ARGUMENT: usize = 120_000;

/// Ends a body that is too long for an argument. No line of valid JSON is a bare word.
const END: &str = "END_OF_EVENTS";

/// The widest that something from a pasted command is told.
const LONGEST_TOLD: usize = 60;

/// Writes `call` as a command for a POSIX shell; the key is the variable `key_variable`, never its value.
///
/// The body is the call's to the letter, but for what a terminal would act on: such characters become escapes, which say
/// the same.
pub fn write(call: &Call, base: &BaseUrl, key_variable: &str) -> Sanitized {
    let url = quoted(call.url(base).as_str());
    // It cannot be told from the line's end on a screen, and between the tokens of JSON it means nothing.
    let body = call.body.replace("\r\n", "\n").replace('\r', "\n");
    let mut command = format!("curl -sS -u \"${key_variable}:\" \\\n  -H 'Content-Type: application/json' \\\n  ");
    // Writing to a text cannot fail.
    let _ = if body.len() > LONGEST_ARGUMENT {
        write!(command, "--data-binary @- {url} <<'{END}'\n{body}\n{END}")
    } else {
        write!(command, "--data-raw {} \\\n  {url}", quoted(&body))
    };
    text::sanitize_json(&command)
}

/// `text` in single quotes, in which a shell leaves everything as it is but the quote itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The request of a pasted curl command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// The draft: the body, of a bulk call the array in it.
    pub draft: String,
    /// The parts of the command that were left out, each in a few words: another host, a key; never the key.
    pub left_out: Vec<Sanitized>,
}

/// Why a pasted text is no command that can be taken over.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CurlError {
    /// It does not begin with `curl`: it is not meant as a command.
    #[error("this is not a curl command")]
    NotCurl,
    /// It is one, but cannot be read.
    #[error("the curl command cannot be used: {0}")]
    Unusable(Sanitized),
}

/// Reads a curl command as a shell and curl would: quoting, line continuations, `-d`, `--data-raw`, `--json`, headers.
/// Nothing is run and no file is read.
///
/// Whether the draft is good JSON is not asked: one with a mistake in it is taken over to be mended.
pub fn read(command: &str) -> Result<Pasted, CurlError> {
    let mut words = ShellWords::new(command);
    if !begins_with_curl(&mut words) {
        return Err(CurlError::NotCurl);
    }
    Request::read(words).and_then(Request::into_pasted).map_err(CurlError::Unusable)
}

/// Goes over a prompt, variables that are set for the command, and the command's name.
fn begins_with_curl(words: &mut ShellWords<'_>) -> bool {
    let mut is_first = true;
    while let Ok(Some(word)) = words.next() {
        let is_prompt = is_first && word.text == "$";
        if !is_prompt && !is_assignment(&word.text) {
            let name = word.text.rsplit(['/', '\\']).next().unwrap_or_default();
            return !word.is_open && matches!(name, "curl" | "curl.exe");
        }
        is_first = false;
    }
    false
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The meaning of an option of curl.
enum Meaning {
    /// Data for the body; whether `@` before it names a file, and what curl puts between it and the data before.
    Data { file: bool, between: &'static str },
    /// A header.
    Header,
    /// User and password: where the key is.
    User,
    /// The address.
    Url,
    /// Nothing, but a value follows.
    Value,
    /// Nothing.
    Flag,
    /// Another request begins.
    Next,
    /// It makes something else of the request than a body of JSON.
    Foreign(&'static str),
}

impl Meaning {
    /// An option by its long name. One that is not known is taken for one without a value, as most of those are.
    fn of(name: &str) -> Self {
        match name {
            "data" | "data-ascii" | "data-binary" => Self::Data { file: true, between: "&" },
            "data-raw" => Self::Data { file: false, between: "&" },
            "json" => Self::Data { file: true, between: "" },
            "header" => Self::Header,
            "user" => Self::User,
            "url" => Self::Url,
            "next" => Self::Next,
            "data-urlencode" => Self::Foreign("--data-urlencode sends a form, not JSON"),
            "form" | "form-string" => Self::Foreign("-F sends a form, not JSON"),
            "get" => Self::Foreign("-G puts the data into the address"),
            "upload-file" => Self::Foreign("-T sends a file, which is not read"),
            "aws-sigv4"
            | "cacert"
            | "capath"
            | "cert"
            | "cert-type"
            | "ciphers"
            | "config"
            | "connect-timeout"
            | "connect-to"
            | "continue-at"
            | "cookie"
            | "cookie-jar"
            | "create-file-mode"
            | "delegation"
            | "dns-servers"
            | "doh-url"
            | "dump-header"
            | "expect100-timeout"
            | "happy-eyeballs-timeout-ms"
            | "interface"
            | "ipfs-gateway"
            | "keepalive-time"
            | "key"
            | "key-type"
            | "limit-rate"
            | "local-port"
            | "max-filesize"
            | "max-redirs"
            | "max-time"
            | "netrc-file"
            | "noproxy"
            | "oauth2-bearer"
            | "output"
            | "output-dir"
            | "pass"
            | "pinnedpubkey"
            | "preproxy"
            | "proto"
            | "proto-default"
            | "proto-redir"
            | "proxy"
            | "proxy-header"
            | "proxy-user"
            | "quote"
            | "range"
            | "rate"
            | "referer"
            | "request"
            | "request-target"
            | "resolve"
            | "retry"
            | "retry-delay"
            | "retry-max-time"
            | "socks5"
            | "socks5-hostname"
            | "speed-limit"
            | "speed-time"
            | "stderr"
            | "time-cond"
            | "tls-max"
            | "trace"
            | "trace-ascii"
            | "trace-config"
            | "unix-socket"
            | "url-query"
            | "user-agent"
            | "variable"
            | "write-out" => Self::Value,
            _ => Self::Flag,
        }
    }

    fn of_short(letter: char) -> Self {
        Self::of(match letter {
            'd' => "data",
            'H' => "header",
            'u' => "user",
            'F' => "form",
            'G' => "get",
            'T' => "upload-file",
            ':' => "next",
            'A' | 'b' | 'C' | 'c' | 'D' | 'E' | 'e' | 'h' | 'K' | 'm' | 'o' | 'P' | 'Q' | 'r' | 't' | 'U' | 'w'
            | 'X' | 'x' | 'Y' | 'y' | 'z' => "output",
            _ => "",
        })
    }

    fn takes_value(&self) -> bool {
        !matches!(self, Self::Flag | Self::Next | Self::Foreign(_))
    }
}

/// A part of a body.
enum Part {
    Text {
        between: &'static str,
        word: Word,
    },
    /// The standard input.
    Input {
        between: &'static str,
    },
}

/// The request of a command, as far as it matters.
#[derive(Default)]
struct Request {
    parts: Vec<Part>,
    input: Option<Word>,
    url: Option<Word>,
    has_key: bool,
    has_more: bool,
}

impl Request {
    fn read(mut words: ShellWords<'_>) -> Result<Self, Sanitized> {
        let mut request = Self::default();
        let mut only_addresses = false;
        while let Some(word) = words.next().map_err(|error| Sanitized::of(&error))? {
            let option = word.text.strip_prefix('-').filter(|name| !name.is_empty() && !only_addresses);
            match option.map(|name| (name, name.strip_prefix('-'))) {
                None => request.put(&Meaning::Url, word)?,
                Some((_, Some(""))) => only_addresses = true,
                Some((_, Some(name))) => {
                    let meaning = Meaning::of(name);
                    let value = if meaning.takes_value() { value(&mut words, &word.text)? } else { Word::default() };
                    request.put(&meaning, value)?;
                }
                Some((letters, None)) => {
                    for (at, letter) in letters.char_indices() {
                        let meaning = Meaning::of_short(letter);
                        if !meaning.takes_value() {
                            request.put(&meaning, Word::default())?;
                            continue;
                        }
                        // `-dVALUE` is as good as `-d VALUE`.
                        let rest = letters.get(at + letter.len_utf8()..).filter(|rest| !rest.is_empty());
                        let value = match rest {
                            Some(rest) => Word { text: rest.to_owned(), is_open: word.is_open },
                            None => value(&mut words, &format!("-{letter}"))?,
                        };
                        request.put(&meaning, value)?;
                        break;
                    }
                }
            }
            if request.has_more {
                break;
            }
        }
        if !request.has_more {
            request.input = words.into_input().map_err(|error| Sanitized::of(&error))?;
        }
        Ok(request)
    }

    /// Takes an option and its value in.
    fn put(&mut self, meaning: &Meaning, word: Word) -> Result<(), Sanitized> {
        match *meaning {
            Meaning::Data { file, between } => {
                let part = match word.text.strip_prefix('@').filter(|_| file) {
                    Some("-" | "/dev/stdin") => Part::Input { between },
                    Some(file) => {
                        return Err(sanitized!(
                            "its data is in the file {}, which is not read: {}",
                            told(file),
                            INSTEAD
                        ));
                    }
                    None => Part::Text { between, word },
                };
                self.parts.push(part);
            }
            Meaning::Header => {
                let name = word.text.split(':').next().unwrap_or_default();
                self.has_key |= name.trim().eq_ignore_ascii_case("authorization") && !word.is_open;
            }
            Meaning::User => self.has_key |= is_secret(&word),
            Meaning::Url => {
                self.url.get_or_insert(word);
            }
            Meaning::Next => self.has_more = true,
            Meaning::Foreign(why) => return Err(why.into()),
            Meaning::Value | Meaning::Flag => {}
        }
        Ok(())
    }

    fn into_pasted(self) -> Result<Pasted, Sanitized> {
        let mut body = String::new();
        let count = self.parts.len();
        for part in self.parts {
            let (between, word) = match part {
                Part::Text { between, word } => (between, word),
                Part::Input { between } => (
                    between,
                    self.input.clone().ok_or_else(|| sanitized!("its data comes from elsewhere: {}", INSTEAD))?,
                ),
            };
            if word.is_open {
                return Err(
                    "its data holds a $VARIABLE or a $(command), which only a running shell fills in: put the \
                            value in its place"
                        .into(),
                );
            }
            if !body.is_empty() {
                body.push_str(between);
            }
            body.push_str(&word.text);
        }
        let body = body.replace("\r\n", "\n");
        let body = body.trim();
        if count == 0 {
            return Err(sanitized!("it sends no data: {}", INSTEAD));
        }
        if !body.starts_with(['{', '[']) {
            return Err(sanitized!("its data is not JSON: {}", INSTEAD));
        }
        if count > 1 && serde_json::from_str::<serde::de::IgnoredAny>(body).is_err() {
            return Err(sanitized!(
                "curl joins the data of several options with &, which does not make JSON: {}",
                INSTEAD
            ));
        }
        let mut left_out = Vec::new();
        let address = self.url.filter(|word| !word.is_open).and_then(|word| address(&word.text));
        let key_in_address = address.as_ref().is_some_and(|url| !url.username().is_empty());
        if self.has_key || key_in_address {
            left_out.push("the key".into());
        }
        left_out.extend(address.as_ref().and_then(foreign_host).map(|host| sanitized!("the host {}", told(&host))));
        if self.has_more {
            left_out.push("the requests after --next".into());
        }
        Ok(Pasted { draft: bulk_array(body).unwrap_or(body).trim().to_owned(), left_out })
    }
}

/// Advice for data that is not in the command.
const INSTEAD: &str = "put the JSON itself behind -d";

fn value(words: &mut ShellWords<'_>, option: &str) -> Result<Word, Sanitized> {
    let word = words.next().map_err(|error| Sanitized::of(&error))?;
    word.ok_or_else(|| sanitized!("{} has no value: copy the whole command", told(option)))
}

/// Whether the user of `-u` is a key, and not a variable or a place for one, as in `<EVENT_API_KEY>:`.
fn is_secret(word: &Word) -> bool {
    let user = word.text.split(':').next().unwrap_or_default();
    !word.is_open && !user.is_empty() && !user.starts_with('<')
}

/// The address as curl understands it, for which the scheme may be left out.
fn address(text: &str) -> Option<Url> {
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    Url::parse(&with_scheme).ok()
}

/// The host of `url` with its port, unless it is the platform.
fn foreign_host(url: &Url) -> Option<Sanitized> {
    let base: BaseUrl = url.origin().ascii_serialization().parse().ok()?;
    (!base.is_platform()).then(|| base.host_label())
}

fn told(text: &str) -> Sanitized {
    text::excerpt(text, LONGEST_TOLD)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use proptest::prelude::*;

    use super::*;
    use crate::blueshift::Region;

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
            write(&call, &base(), KEY_VARIABLE),
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
        let command = write(&call, &base(), "STAGING_KEY");
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
            assert_eq!(read(&command), Ok(Pasted { draft: event, left_out: Vec::new() }), "{command}");
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
    fn a_key_and_another_host_are_left_out_and_told_without_the_key() {
        let cases: [(&str, &[&str]); 9] = [
            ("-u canary: https://api.eu.getblueshift.com/api/v1/event", &["the key"]),
            ("-u \"$KEY:\" https://api.getblueshift.com/api/v1/event", &[]),
            ("-ucanary: collector.example.com:8080/x", &["the key", "the host collector.example.com:8080"]),
            ("-H 'authorization: Basic Y2FuYXJ5Og==' http://127.0.0.1:8787", &["the key", "the host 127.0.0.1:8787"]),
            ("-H \"Authorization: Basic $KEY\" http://127.0.0.1:8787", &["the host 127.0.0.1:8787"]),
            ("https://canary:@api.getblueshift.com/", &["the key"]),
            ("https://api.getblueshift.com/ --next -d '{}' x", &["the requests after --next"]),
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
        for text in ["", "{\"event\":\"curl\"}", "[]", "it's", "curly -d '{}'", "wget x", "$", "$(curl)", "A=1"] {
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
            let command = write(&Call { bulk, body, events: std::sync::Arc::default() }, &base(), KEY_VARIABLE);
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
