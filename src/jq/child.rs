//! The side of the child: it limits itself, then answers requests until nobody asks any more.

use std::collections::HashMap;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::evaluator::Evaluator;
use super::protocol;
use crate::query::{Fault, ValuesEnd, Verdict};

/// The name that the child is started under, in place of the program's own. No subcommand and no option leads here, so there
/// is none in the help.
pub(super) const NAME: &str = "clickscope-jq";

/// How many bytes the child may take of the address space.
pub(super) const MEMORY: u64 = 512 << 20;

/// The processor's time that it may take from one request to the next. Whoever asks ends it sooner; this is for a child that
/// nobody waits for any more, in the middle of something without end.
const TIME: u64 = 10;

/// How many lists of expressions are held.
const MOST_SETS: usize = 64;

/// The limit of time is pushed on as often as this, not for every event.
const RENEWED_AFTER: Duration = Duration::from_secs(1);

/// Whether this process is to be the child.
pub fn is_child() -> bool {
    std::env::args_os().next().is_some_and(|name| name == NAME)
}

/// Is the child until its standard input ends.
pub fn run() -> ExitCode {
    let renew = match limit_itself() {
        Ok(()) => limit_time,
        // Without limits nothing is evaluated.
        Err(_) => return ExitCode::FAILURE,
    };
    let output = BufWriter::new(io::stdout().lock());
    match serve(BufReader::new(io::stdin().lock()), output, renew) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Takes what it can do without away from itself: memory past a limit, files, and more time than a request needs.
fn limit_itself() -> io::Result<()> {
    let limit = |resource, most: u64| {
        let hard = getrlimit(resource).maximum.map_or(most, |hard| hard.min(most));
        setrlimit(resource, Rlimit { current: Some(hard), maximum: Some(hard) })
    };
    limit(Resource::Core, 0)?;
    // It is ended in the middle of things as a matter of course, which is nothing to keep or to tell of.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    // None but the three that it has.
    limit(Resource::Nofile, 3)?;
    limit(Resource::Fsize, 0)?;
    // Not every system lets address space be limited; there the limit of time is left.
    let memory = limit(Resource::As, MEMORY);
    if cfg!(target_os = "linux") {
        memory?;
    }
    limit_time()
}

/// Gives the process so much time from now on.
fn limit_time() -> io::Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or_default();
    let limits = getrlimit(Resource::Cpu);
    let until = used + TIME;
    let current = Some(limits.maximum.map_or(until, |hard| hard.min(until)));
    Ok(setrlimit(Resource::Cpu, Rlimit { current, ..limits })?)
}

/// Answers requests until there are no more. Answers wait while more requests are there already.
fn serve<R: Read>(
    mut input: BufReader<R>,
    mut output: impl Write,
    renew: impl Fn() -> io::Result<()>,
) -> io::Result<()> {
    let mut evaluator: Option<Evaluator> = None;
    // Those that are asked for by turns stay.
    let mut sets: HashMap<Vec<u8>, Vec<Evaluator>> = HashMap::new();
    let mut current = Vec::new();
    let mut content = Vec::new();
    let mut renewed = Instant::now();
    while let Some(kind) = protocol::read(&mut input, &mut content)? {
        if renewed.elapsed() > RENEWED_AFTER {
            renew()?;
            renewed = Instant::now();
        }
        match (kind, &evaluator) {
            (protocol::EXPRESSION, _) => evaluator = take(&content, &mut output)?,
            (protocol::EXPRESSIONS, _) => {
                if take_all(&content, &mut sets, &mut output)? {
                    current.clone_from(&content);
                }
            }
            (protocol::TESTS, _) => {
                let all = sets.get(&current).ok_or(io::ErrorKind::InvalidData)?;
                let verdicts: Vec<u8> = Evaluator::test_all(all, &content).map(|verdict| kind_of(&verdict)).collect();
                protocol::write(&mut output, protocol::VERDICTS, &verdicts)?;
            }
            (protocol::VALUES, Some(evaluator)) => values(evaluator, &content, &mut output)?,
            (protocol::TEST, Some(evaluator)) => test(evaluator, &content, &mut output)?,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()
}

fn take(expression: &[u8], output: &mut impl Write) -> io::Result<Option<Evaluator>> {
    let expression = std::str::from_utf8(expression).map_err(|_| io::ErrorKind::InvalidData)?;
    match Evaluator::new(expression) {
        Ok(evaluator) => {
            protocol::write(output, protocol::TAKEN, &[])?;
            Ok(Some(evaluator))
        }
        Err(fault) => {
            protocol::write(output, protocol::FAULT, &serde_json::to_vec::<Fault>(&fault)?)?;
            Ok(None)
        }
    }
}

/// Compiles a list of expressions, unless it is there; whether it is there now.
fn take_all(content: &[u8], sets: &mut HashMap<Vec<u8>, Vec<Evaluator>>, output: &mut impl Write) -> io::Result<bool> {
    if !sets.contains_key(content) {
        if sets.len() >= MOST_SETS {
            sets.clear();
        }
        let expressions: Vec<String> = serde_json::from_slice(content)?;
        let all: Result<Vec<_>, Fault> = expressions.iter().map(|expression| Evaluator::new(expression)).collect();
        match all {
            Ok(all) => drop(sets.insert(content.to_owned(), all)),
            Err(fault) => {
                protocol::write(output, protocol::FAULT, &serde_json::to_vec(&fault)?)?;
                return Ok(false);
            }
        }
    }
    protocol::write(output, protocol::TAKEN, &[])?;
    Ok(true)
}

fn kind_of(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Matches => protocol::MATCHES,
        Verdict::Differs => protocol::DIFFERS,
        Verdict::Failed(_) => protocol::FAILED,
    }
}

fn values(evaluator: &Evaluator, event: &[u8], output: &mut impl Write) -> io::Result<()> {
    let end = evaluator.values(event, |value| protocol::write(output, protocol::VALUE, value))?;
    match end {
        ValuesEnd::Complete => protocol::write(output, protocol::COMPLETE, &[]),
        ValuesEnd::Cut => protocol::write(output, protocol::CUT, &[]),
        ValuesEnd::Failed(why) => protocol::write(output, protocol::FAILED, why.as_bytes()),
    }
}

fn test(evaluator: &Evaluator, event: &[u8], output: &mut impl Write) -> io::Result<()> {
    match evaluator.test(event) {
        Verdict::Matches => protocol::write(output, protocol::MATCHES, &[]),
        Verdict::Differs => protocol::write(output, protocol::DIFFERS, &[]),
        Verdict::Failed(why) => protocol::write(output, protocol::FAILED, why.as_bytes()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn answers(requests: &[(u8, &str)]) -> (Vec<(u8, String)>, io::Result<()>) {
        let (mut input, mut output) = (Vec::new(), Vec::new());
        for (kind, content) in requests {
            protocol::write(&mut input, *kind, content.as_bytes()).unwrap();
        }
        let served = serve(BufReader::new(input.as_slice()), &mut output, || Ok(()));
        let (mut output, mut answers, mut content) = (output.as_slice(), Vec::new(), Vec::new());
        while let Some(kind) = protocol::read(&mut output, &mut content).unwrap() {
            answers.push((kind, String::from_utf8(content.clone()).unwrap()));
        }
        (answers, served)
    }

    #[test]
    fn requests_are_answered_in_order() {
        use protocol::{COMPLETE, CUT, DIFFERS, EXPRESSION, FAILED, FAULT, MATCHES, TAKEN, TEST, VALUE, VALUES};
        let (answers, served) = answers(&[
            (EXPRESSION, ".a"),
            (VALUES, r#"{"a":25.00}"#),
            (TEST, r#"{"a":1}"#),
            (TEST, r#"{"a":null}"#),
            (TEST, "[]"),
            (EXPRESSION, ".a, repeat(1)"),
            (VALUES, r#"{"a":1}"#),
            (EXPRESSION, ".a |"),
        ]);
        served.unwrap();
        let kinds: Vec<_> = answers.iter().map(|(kind, _)| *kind).filter(|kind| *kind != VALUE).collect();
        assert_eq!(kinds, [TAKEN, COMPLETE, MATCHES, DIFFERS, FAILED, TAKEN, CUT, FAULT]);
        assert_eq!(answers.get(1), Some(&(VALUE, "25.00".to_owned())));
        let fault: Fault = serde_json::from_str(&answers.last().unwrap().1).unwrap();
        assert_eq!(fault.at, 4..4);
    }

    #[test]
    fn several_expressions_are_tested_together_and_a_list_that_was_there_is_taken_again() {
        use protocol::{EXPRESSIONS, FAULT, TAKEN, TESTS, VERDICTS};
        let (answers, served) = answers(&[
            (EXPRESSIONS, r#"[".a > 1", ".b", ".a.x"]"#),
            (TESTS, r#"{"a":2}"#),
            (EXPRESSIONS, r#"[".a"]"#),
            (TESTS, r#"{"a":2}"#),
            (EXPRESSIONS, r#"[".a > 1", ".b", ".a.x"]"#),
            (TESTS, r#"{"b":2}"#),
            (EXPRESSIONS, r#"[".a", "env"]"#),
            (TESTS, "{"),
        ]);
        served.unwrap();
        let fault = answers.iter().find(|(kind, _)| *kind == FAULT).unwrap();
        assert!(fault.1.contains("env is not offered"), "{}", fault.1);
        let taken = || (TAKEN, String::new());
        let told = |verdicts: &str| (VERDICTS, verdicts.to_owned());
        let expected = [taken(), told("10!"), taken(), told("1"), taken(), told("010"), fault.clone(), told("!!!")];
        assert_eq!(answers, expected);
    }

    #[test]
    fn what_is_no_request_ends_it() {
        for requests in [&[(protocol::VALUES, "{}")][..], &[(b'?', "")], &[(protocol::EXPRESSION, "."), (b'?', "")]] {
            assert!(answers(requests).1.is_err(), "{requests:?}");
        }
        assert!(serve(BufReader::new(&b"E\x05"[..]), io::sink(), || Ok(())).is_err(), "a frame without its end");
    }
}
