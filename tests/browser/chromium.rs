//! A headless Chromium, driven over the pipe of its developer tools: messages in JSON, each with a NUL behind it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// How long an answer may take: a browser on a busy machine starts slowly.
const PATIENCE: Duration = Duration::from_mins(1);

/// One page of a browser of its own.
pub(crate) struct Page {
    browser: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    events: VecDeque<Value>,
    session: Option<String>,
    calls: u64,
    _profile: tempfile::TempDir,
}

impl Page {
    /// `None`, and a line that nobody overlooks, where no Chromium is installed.
    pub(crate) fn open() -> Option<Self> {
        let Some(program) = installed() else {
            // Past the capture of the test's output.
            let _ = writeln!(std::io::stderr(), "\n!!! NO CHROMIUM IS INSTALLED: this test has tried nothing !!!\n");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // The browser talks on the descriptors 3 and 4.
        let mut browser = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
            .args(["--disable-background-networking", "--ignore-certificate-errors", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = browser.stdin.take().unwrap();
        let mut messages = BufReader::new(browser.stdout.take().unwrap()).split(0);
        let (sender, from) = channel();
        std::thread::spawn(move || {
            while let Some(Ok(message)) = messages.next() {
                let Ok(message) = serde_json::from_slice(&message) else { break };
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let events = VecDeque::new();
        let mut page = Self { browser, to, from, events, session: None, calls: 0, _profile: profile };
        let target = page.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attached =
            page.call("Target.attachToTarget", &json!({"targetId": target.get("targetId"), "flatten": true}));
        page.session = attached.get("sessionId").and_then(Value::as_str).map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Accessibility"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(page)
    }

    /// Calls a method of the developer tools' protocol.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": params});
        if let (Some(session), Some(message)) = (&self.session, message.as_object_mut()) {
            message.insert("sessionId".into(), json!(session));
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.from.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no answer to {message}"));
            if answer.get("id") == Some(&json!(self.calls)) {
                assert_eq!(answer.get("error"), None, "{message}");
                return answer.get("result").cloned().unwrap_or_default();
            }
            self.events.push_back(answer);
        }
    }

    /// Goes to an address, and waits until everything on the page is loaded.
    pub(crate) fn visit(&mut self, url: &str) {
        let answer = self.call("Page.navigate", &json!({"url": url}));
        assert_eq!(answer.get("errorText"), None, "{url}");
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// The value of an expression on the page; of a promise, what it comes to.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let params =
            json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let answer = self.call("Runtime.evaluate", &params);
        assert_eq!(answer.get("exceptionDetails"), None, "{expression}");
        answer.pointer("/result/value").cloned().unwrap_or_default()
    }

    /// Waits until a condition holds on the page.
    pub(crate) fn until(&mut self, condition: &str) {
        self.value(&format!(
            "new Promise((resolve) => {{ (function look() {{ if ({condition}) resolve(); else setTimeout(look, 5); }})(); }})"
        ));
    }

    /// As wide and high as a window or a phone, in a light or a dark scheme, on screen or on paper.
    pub(crate) fn show_as(&mut self, [width, height]: [u32; 2], scheme: &str, medium: &str) {
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &screen);
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", &json!({"media": medium, "features": features}));
    }

    /// Fails where something sticks out at the side, so that the page scrolls to and fro.
    pub(crate) fn assert_fits(&mut self, what: &str) {
        let [page, window] = ["document.documentElement.scrollWidth", "document.documentElement.clientWidth"]
            .map(|width| self.value(width).as_u64().unwrap());
        let widest = "[...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > \
                      document.documentElement.clientWidth + 1).map((e) => e.outerHTML.slice(0, 80)).slice(0, 3)";
        assert!(page <= window, "{what}: {page} in a window of {window}: {}", self.value(widest));
    }

    /// Presses a key on what has the focus.
    pub(crate) fn press(&mut self, key: &str, text: &str) {
        let code = if key == "Tab" { 9 } else { 13 };
        let mut params = json!({"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code});
        if let (false, Some(params)) = (text.is_empty(), params.as_object_mut()) {
            params.insert("text".into(), json!(text));
        }
        self.call("Input.dispatchKeyEvent", &params);
        self.call("Input.dispatchKeyEvent", &json!({"type": "keyUp", "key": key, "code": key}));
    }

    /// The addresses that were asked for since the page was opened.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.told("Network.requestWillBeSent", |params| params.pointer("/request/url"))
    }

    /// What was said in the console.
    pub(crate) fn console(&self) -> Vec<String> {
        self.told("Runtime.consoleAPICalled", |params| params.pointer("/args/0/value"))
    }

    /// What was thrown and not caught.
    pub(crate) fn exceptions(&self) -> Vec<String> {
        self.told("Runtime.exceptionThrown", |params| params.pointer("/exceptionDetails/exception/description"))
    }

    fn told(&self, method: &str, what: impl Fn(&Value) -> Option<&Value>) -> Vec<String> {
        let of_method = self.events.iter().filter(|event| event.get("method") == Some(&json!(method)));
        of_method
            .filter_map(|event| what(event.get("params")?).and_then(Value::as_str))
            .filter(|text| !text.starts_with("data:"))
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // Without its profile it has nothing to lose.
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}

fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|program| program.exists()))
}
