//! The side of the program: it starts the child, asks it, and ends it.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::child::{MEMORY, NAME};
use super::protocol;
use crate::event::{Sanitized, sanitized, text};
use crate::query::{Fault, LONGEST, QueryError, Values, ValuesEnd, Verdict, too_slow};

/// How long a child that has closed its output may take to end.
const ENDING: Duration = Duration::from_millis(500);

/// The limits of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long one event may take, the start of the child included.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(2) }
    }
}

/// Where this very program is. Its file may have been replaced or removed since it was started; this is the one that runs.
pub fn itself() -> Option<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() { Some(running.to_owned()) } else { std::env::current_exe().ok() }
}

/// Evaluates expressions in a child of the program, which starts with the first and stays for the next.
///
/// A question that is dropped before its answer came ends the child, and so does one that takes too long; the next starts
/// another. The child ends with the program, however that ends.
#[derive(Debug)]
pub struct Client {
    program: Option<PathBuf>,
    limits: Limits,
    /// Not here while it is asked.
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// The expression, or the list of them, that it has.
    expression: Option<(u8, String)>,
}

/// What is to be evaluated.
#[derive(Clone, Copy, Debug)]
enum Asked<'a> {
    One(&'a str),
    /// Several, as JSON.
    List(&'a str),
}

impl Client {
    /// One that starts the program at `program`, which is to be [`itself`]; without one, every question is refused.
    pub fn new(program: Option<PathBuf>, limits: Limits) -> Self {
        Self { program, limits, running: None }
    }

    /// What the expression gives for an event.
    pub async fn values(&mut self, expression: &str, event: &str) -> Result<Values, QueryError> {
        let mut running = self.running(Asked::One(expression)).await?;
        let answered = timeout(self.limits.time, async {
            running.send(protocol::VALUES, event).await?;
            running.input.flush().await?;
            let mut values = Values::default();
            loop {
                let (kind, content) = running.answer().await?;
                match kind {
                    protocol::VALUE => values.texts.push(String::from_utf8_lossy(&content).into_owned()),
                    protocol::COMPLETE => return Ok::<_, io::Error>(values),
                    protocol::CUT => return Ok(Values { end: ValuesEnd::Cut, ..values }),
                    protocol::FAILED => return Ok(Values { end: ValuesEnd::Failed(said(&content)), ..values }),
                    _ => return Err(io::ErrorKind::InvalidData.into()),
                }
            }
        });
        let answered = answered.await;
        self.keep(running, answered).await
    }

    /// Tells `each` whether the events match, one after the other in their order.
    pub async fn test<'e>(
        &mut self,
        expression: &str,
        events: impl IntoIterator<Item = &'e str>,
        mut each: impl FnMut(Verdict),
    ) -> Result<(), QueryError> {
        let running = self.running(Asked::One(expression)).await?;
        self.ask_all(running, protocol::TEST, events, |kind, content| {
            each(match kind {
                protocol::MATCHES => Verdict::Matches,
                protocol::DIFFERS => Verdict::Differs,
                protocol::FAILED => Verdict::Failed(said(content)),
                _ => return Err(io::ErrorKind::InvalidData.into()),
            });
            Ok(())
        })
        .await
    }

    /// Tells `each` which of the expressions the events match, one event after the other in their order; `None` for an
    /// expression that fails, of which [`test`](Self::test) says why. All of them together may take as long as one.
    pub async fn test_all<'e>(
        &mut self,
        expressions: &[&str],
        events: impl IntoIterator<Item = &'e str>,
        mut each: impl FnMut(Vec<Option<bool>>),
    ) -> Result<(), QueryError> {
        let list = serde_json::Value::from(expressions).to_string();
        let running = self.running(Asked::List(&list)).await?;
        self.ask_all(running, protocol::TESTS, events, |kind, content| {
            let verdict = |byte: &u8| match *byte {
                protocol::MATCHES => Some(true),
                protocol::DIFFERS => Some(false),
                _ => None,
            };
            if kind != protocol::VERDICTS || content.len() != expressions.len() {
                return Err(io::ErrorKind::InvalidData.into());
            }
            each(content.iter().map(verdict).collect());
            Ok(())
        })
        .await
    }

    /// Asks of many events, and hears an answer for each.
    async fn ask_all<'e>(
        &mut self,
        mut running: Running,
        kind: u8,
        events: impl IntoIterator<Item = &'e str>,
        mut each: impl FnMut(u8, &[u8]) -> io::Result<()>,
    ) -> Result<(), QueryError> {
        let events: Vec<_> = events.into_iter().collect();
        let (input, output) = (&mut running.input, &mut running.output);
        let limit = self.limits.time;
        // The child answers while it is asked: neither may wait for the other to take all of it.
        let ask = async {
            for event in &events {
                send(input, kind, event.as_bytes()).await?;
            }
            input.flush().await
        };
        let hear = async {
            for _ in &events {
                let Ok(answered) = timeout(limit, answer(output)).await else { return Ok(Err(())) };
                let (kind, content) = answered?;
                each(kind, &content)?;
            }
            Ok::<_, io::Error>(Ok(()))
        };
        // A child that hangs takes no more either, so what is asked is not waited for when the answers have ended.
        let answered = {
            tokio::pin!(ask, hear);
            tokio::select! {
                biased;
                heard = &mut hear => heard,
                // Whether it took all of it or none, the answers say how it ends.
                _ = &mut ask => hear.await,
            }
        };
        let answered = match answered {
            Ok(Ok(())) => Ok(Ok(())),
            Ok(Err(())) => return Err(self.stopped(running).await),
            Err(error) => Ok(Err(error)),
        };
        self.keep(running, answered).await
    }

    /// The child with this expression, or these, started if there is none.
    async fn running(&mut self, asked: Asked<'_>) -> Result<Running, QueryError> {
        let (kind, expression) = match asked {
            Asked::One(expression) => (protocol::EXPRESSION, expression),
            Asked::List(list) => (protocol::EXPRESSIONS, list),
        };
        if kind == protocol::EXPRESSION && expression.len() > LONGEST {
            let reason = sanitized!("an expression has at most {}", text::size(LONGEST as u64));
            return Err(QueryError::Expression(Fault { at: LONGEST..LONGEST, reason }));
        }
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        if running.expression.as_ref().is_some_and(|(known, text)| *known == kind && text == expression) {
            return Ok(running);
        }
        running.expression = None;
        let answered = timeout(self.limits.time, async {
            running.send(kind, expression).await?;
            running.input.flush().await?;
            let (kind, content) = running.answer().await?;
            match kind {
                protocol::TAKEN => Ok::<_, io::Error>(None),
                protocol::FAULT => Ok(Some(serde_json::from_slice::<Fault>(&content)?)),
                _ => Err(io::ErrorKind::InvalidData.into()),
            }
        });
        let answered = answered.await;
        match answered {
            Ok(Ok(None)) => {
                running.expression = Some((kind, expression.to_owned()));
                Ok(running)
            }
            Ok(Ok(Some(fault))) => {
                self.running = Some(running);
                Err(QueryError::Expression(fault))
            }
            Ok(Err(_)) => Err(ended(running).await),
            Err(_) => Err(self.stopped(running).await),
        }
    }

    fn start(&self) -> Result<Running, QueryError> {
        let program = self.program.as_ref().ok_or_else(|| {
            QueryError::Unavailable(
                "queries need a second process of clickscope, and its own file cannot be found".into(),
            )
        })?;
        let mut command = Command::new(program);
        // A group of its own: what is typed at the terminal is not for it.
        command.arg0(NAME).env_clear().current_dir("/").process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let started = command.spawn().and_then(|mut child| {
            let pipes = child.stdin.take().zip(child.stdout.take());
            let (input, output) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
            Ok(Running {
                child,
                input: BufWriter::with_capacity(1 << 16, input),
                output: BufReader::with_capacity(1 << 16, output),
                expression: None,
            })
        });
        started.map_err(|error| {
            QueryError::Unavailable(sanitized!(
                "queries need a second process of clickscope, and it could not be started: {}",
                Sanitized::of(&error)
            ))
        })
    }

    /// Keeps the child for the next question when it has answered this one, and says why when it has not.
    async fn keep<T>(
        &mut self,
        running: Running,
        answered: Result<io::Result<T>, tokio::time::error::Elapsed>,
    ) -> Result<T, QueryError> {
        match answered {
            Ok(Ok(answer)) => {
                self.running = Some(running);
                Ok(answer)
            }
            Ok(Err(_)) => Err(ended(running).await),
            Err(_) => Err(self.stopped(running).await),
        }
    }

    /// Ends a child that takes too long.
    async fn stopped(&self, mut running: Running) -> QueryError {
        // It may have ended by itself by now.
        drop(running.child.kill().await);
        QueryError::Ended(too_slow(self.limits.time))
    }
}

impl Running {
    async fn send(&mut self, kind: u8, content: &str) -> io::Result<()> {
        send(&mut self.input, kind, content.as_bytes()).await
    }

    async fn answer(&mut self) -> io::Result<(u8, Vec<u8>)> {
        answer(&mut self.output).await
    }
}

async fn send(input: &mut BufWriter<ChildStdin>, kind: u8, content: &[u8]) -> io::Result<()> {
    input.write_all(&protocol::head(kind, content)?).await?;
    input.write_all(content).await
}

async fn answer(output: &mut BufReader<ChildStdout>) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; protocol::HEAD];
    output.read_exact(&mut head).await?;
    let (kind, length) = protocol::read_head(head)?;
    let mut content = vec![0; length];
    output.read_exact(&mut content).await?;
    Ok((kind, content))
}

/// Why a child has ended that was not asked to.
async fn ended(mut running: Running) -> QueryError {
    const ABORTED: i32 = rustix::process::Signal::ABORT.as_raw();
    const SEGMENT: i32 = rustix::process::Signal::SEGV.as_raw();
    const TIME: i32 = rustix::process::Signal::XCPU.as_raw();
    let status = timeout(ENDING, running.child.wait()).await.ok().and_then(Result::ok);
    let why = match status.and_then(|status| status.signal()) {
        Some(ABORTED | SEGMENT) => {
            sanitized!("stopped: it needs more memory than {}, or calls itself without end", text::size(MEMORY))
        }
        Some(TIME) => "stopped: it took too much time".into(),
        _ => "stopped: what evaluates it has failed".into(),
    };
    QueryError::Ended(why)
}

fn said(content: &[u8]) -> Sanitized {
    text::sanitize(&String::from_utf8_lossy(content))
}
