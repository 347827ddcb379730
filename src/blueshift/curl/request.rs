use url::Url;

use super::super::BaseUrl;
use super::super::shell::{ShellError, ShellWords, Word};
use crate::event::{Form, Sanitized, sanitized, text};

/// The widest that something from a pasted command is told.
const LONGEST_TOLD: usize = 60;

/// What one call of a command sends.
pub(super) struct Taken {
    pub(super) draft: String,
    pub(super) has_key: bool,
    pub(super) foreign_host: Option<Sanitized>,
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

/// What one call of a command asks for, as far as it matters.
#[derive(Default)]
pub(super) struct Request {
    parts: Vec<Part>,
    input: Option<Word>,
    url: Option<Word>,
    has_key: bool,
    /// Why it cannot be taken over, as far as its options say.
    refused: Option<Sanitized>,
    /// Whether another one begins after it.
    has_more: bool,
}

impl Request {
    /// The calls of a command, and what stands behind it.
    pub(super) fn read_all(mut words: ShellWords<'_>) -> Result<(Vec<Self>, &str), ShellError> {
        let mut requests = Vec::new();
        let mut request = Self::default();
        let mut only_addresses = false;
        while let Some(word) = words.next()? {
            let option = word.text.strip_prefix('-').filter(|name| !name.is_empty() && !only_addresses);
            match option.map(|name| (name, name.strip_prefix('-'))) {
                None => request.put(&Meaning::Url, word),
                Some((_, Some(""))) => only_addresses = true,
                Some((_, Some(name))) => {
                    let meaning = Meaning::of(name);
                    let value = if meaning.takes_value() { words.next()? } else { Some(Word::default()) };
                    request.put_option(&meaning, value, &word.text);
                }
                Some((letters, None)) => {
                    for (at, letter) in letters.char_indices() {
                        let meaning = Meaning::of_short(letter);
                        if !meaning.takes_value() {
                            request.put(&meaning, Word::default());
                            continue;
                        }
                        // `-dVALUE` is as good as `-d VALUE`.
                        let rest = letters.get(at + letter.len_utf8()..).filter(|rest| !rest.is_empty());
                        let value = match rest {
                            Some(rest) => Some(Word { text: rest.to_owned(), is_open: word.is_open }),
                            None => words.next()?,
                        };
                        request.put_option(&meaning, value, &format!("-{letter}"));
                        break;
                    }
                }
            }
            if request.has_more {
                requests.push(std::mem::take(&mut request));
            }
        }
        requests.push(request);
        let (input, behind) = words.finish()?;
        for request in &mut requests {
            request.input.clone_from(&input);
        }
        Ok((requests, behind))
    }

    fn put_option(&mut self, meaning: &Meaning, value: Option<Word>, option: &str) {
        match value {
            Some(value) => self.put(meaning, value),
            None => self.refuse(sanitized!("{} has no value: copy the whole command", told(option))),
        }
    }

    fn refuse(&mut self, why: Sanitized) {
        self.refused.get_or_insert(why);
    }

    /// Takes an option and its value in.
    fn put(&mut self, meaning: &Meaning, word: Word) {
        match *meaning {
            Meaning::Data { file, between } => match word.text.strip_prefix('@').filter(|_| file) {
                Some("-" | "/dev/stdin") => self.parts.push(Part::Input { between }),
                Some(file) => {
                    self.refuse(sanitized!("its data is in the file {}, which is not read: {}", told(file), INSTEAD));
                }
                None => self.parts.push(Part::Text { between, word }),
            },
            Meaning::Header => {
                let name = word.text.split(':').next().unwrap_or_default();
                self.has_key |= name.trim().eq_ignore_ascii_case("authorization") && !word.is_open;
            }
            Meaning::User => self.has_key |= is_secret(&word),
            Meaning::Url => {
                self.url.get_or_insert(word);
            }
            Meaning::Next => self.has_more = true,
            Meaning::Foreign(why) => self.refuse(why.into()),
            Meaning::Value | Meaning::Flag => {}
        }
    }

    pub(super) fn into_taken(self) -> Result<Taken, Sanitized> {
        if let Some(why) = self.refused {
            return Err(why);
        }
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
        let address = self.url.filter(|word| !word.is_open).and_then(|word| address(&word.text));
        let key_in_address = address.as_ref().is_some_and(|url| !url.username().is_empty());
        let draft = if let Form::Many { array, .. } = Form::read(body) { array } else { body };
        Ok(Taken {
            draft: draft.trim().to_owned(),
            has_key: self.has_key || key_in_address,
            foreign_host: address.as_ref().and_then(foreign_host),
        })
    }
}

/// Advice for data that is not in the command.
const INSTEAD: &str = "put the JSON itself behind -d";

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

pub(super) fn told(text: &str) -> Sanitized {
    text::excerpt(text, LONGEST_TOLD)
}
