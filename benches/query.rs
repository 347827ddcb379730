//! A query over 64 MiB of events, as the interface asks it, beside `jq` on the same events. Needs `jq`.
//!
//! Each figure is printed as a line, `query_mb_a_second 71.0`, in the median of rounds taken in turns.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may stop, and prints what it measured")]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clickscope::jq::{Client, Limits};
use clickscope::query::Verdict;

const PROGRAM: &str = env!("CARGO_BIN_EXE_clickscope");
const BYTES: usize = 64 << 20;
const ROUNDS: usize = 5;
const EXPRESSION: &str = "select(.revenue > 100)";

fn main() {
    let mut events = Vec::new();
    let mut bytes = 0;
    while bytes < BYTES {
        let number = events.len();
        let event = format!(
            r#"{{"event":"purchase","customer_id":"{number}","email":"a{number}@example.com","order_id":"{number}","revenue":{},"products":[{{"sku":"45790-32","price":19.00,"quantity":1}},{{"sku":"46493-32","price":3.50,"quantity":2}}],"event_uuid":"7f3a7f3a-0000-4000-8000-{number:012}","timestamp":"2026-11-23T14:03:19.700Z","_bsft_ts":"2026-11-23T14:03:20.000Z"}}"#,
            number % 200
        );
        bytes += event.len();
        events.push(event);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    fs::write(&file, events.join("\n")).unwrap();

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut client = Client::new(Some(PROGRAM.into()), Limits { time: Duration::from_mins(1) });
    let mut rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let begin = Instant::now();
            let mut found = 0;
            let texts = events.iter().map(String::as_str);
            let tested = client.test(EXPRESSION, texts, |verdict| found += usize::from(verdict == Verdict::Matches));
            runtime.block_on(tested).unwrap();
            let ours = begin.elapsed().as_secs_f64();
            let begin = Instant::now();
            let theirs =
                Command::new("jq").args(["-c", EXPRESSION]).arg(&file).stdout(Stdio::piped()).output().unwrap();
            let lines = String::from_utf8(theirs.stdout).unwrap().lines().count();
            assert_eq!(lines, found, "both find the same");
            (ours, begin.elapsed().as_secs_f64())
        })
        .collect();
    rounds.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
    let (ours, theirs) = rounds.get(ROUNDS / 2).unwrap();
    let megabytes = f64::from(u32::try_from(bytes).unwrap()) / 1e6;
    println!("query_mb_a_second {:.1}", megabytes / ours);
    println!("query_of_jq_mb_a_second {:.1}", megabytes / theirs);
}
