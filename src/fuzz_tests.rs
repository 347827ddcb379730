//! Fuzz loops for what reads texts from outside: seeds are changed at random, and whatever comes of it is read.
//!
//! A loop takes a part of a second in `cargo test`. With `CLICKSCOPE_FUZZ_SECONDS` in the environment each takes that long,
//! from a start of its own, which `CLICKSCOPE_FUZZ_START` chooses. An input that breaks something is printed with the start.

#![expect(clippy::print_stderr, reason = "what broke something has to be known")]

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::thread;
use std::time::{Duration, Instant};

use foldhash::{HashSet, HashSetExt};

/// What a loop takes where nothing else is asked for.
const SHORT: Duration = Duration::from_millis(200);

/// The longest input, in bytes.
const LONGEST: usize = 4_096;

/// So many inputs that did something new are changed further.
const MOST_KEPT: usize = 2_000;

/// What means something to one reader or another, or is at the edge of what it can hold.
const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\0",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1e400",
    "-1e-400",
    "0.1",
    "1.0",
    "18446744073709551616",
    "9007199254740993",
    "99999999999999999999999999",
    "\\u0000",
    "\\ud800",
    "\\udc00\\ud83d",
    "\\ud83d\\ude00",
    "\u{1f600}",
    "\u{301}",
    "\u{202e}",
    "\u{feff}",
    "\u{a0}",
    "{{",
    "}}",
    "{{seq}}",
    "{{now}}",
    "{{env:X}}",
    "\"\"",
    "{}",
    "[]",
    "[[[[",
    "]]]]",
    "{\"a\":",
    "\"a\":1,",
    "event",
    "email",
    "customer_id",
    "products",
    "sku",
    "_bsft_ts",
    "event_uuid",
    "2026-02-30T25:61:61Z",
    "2026-11-24",
    "9999-12-31",
    "11/24/2026",
    "1758104814",
    "=",
    "&",
    "%",
    "%00",
    "%zz",
    "+",
    "'",
    "$'",
    "`",
    "$(",
    "-H",
    "--data-raw",
    "-d@",
    "-X",
    ";",
    "|",
    "#",
    "//",
    "/",
    "..",
    ".",
    "[0]",
    "[\"",
    "\"]",
    "[-1]",
    "$ref",
    "$id",
    "$defs",
    "type",
    "properties",
    "items",
    "enum",
    "pattern",
    "(a+)+$",
    "\\s",
    "format",
    "minimum",
    "multipleOf",
    "not",
    "anyOf",
];

/// Changes `seeds`, and calls `read` with what comes of them; what it returns tells how far the reading came, so that
/// inputs which came somewhere new are changed further. A panic of it is a finding.
pub(crate) fn bytes<H: Hash>(seeds: &[&str], mut read: impl FnMut(&[u8]) -> H) {
    let seconds = std::env::var("CLICKSCOPE_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let start = std::env::var("CLICKSCOPE_FUZZ_START").ok().and_then(|start| start.parse().ok());
    let start = start.unwrap_or_else(|| if seconds.is_some() { RandomState::new().hash_one(0) } else { 7 });
    let until = Instant::now() + seconds.map_or(SHORT, Duration::from_secs);
    let mut chance = Chance(start);
    let mut kept: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    let mut outcomes = HashSet::new();
    let hasher = foldhash::fast::FixedState::default();
    for seed in kept.clone() {
        outcomes.insert(hasher.hash_one(told(start, &seed, &mut read)));
    }
    while Instant::now() < until {
        for _ in 0..32 {
            let input = chance.changed(&kept);
            if outcomes.insert(hasher.hash_one(told(start, &input, &mut read))) && kept.len() < MOST_KEPT {
                kept.push(input);
            }
        }
    }
}

/// The same with texts: what is none becomes one.
pub(crate) fn texts<H: Hash>(seeds: &[&str], mut read: impl FnMut(&str) -> H) {
    bytes(seeds, |input| read(&String::from_utf8_lossy(input)));
}

/// Reads an input, and prints it where that panics.
fn told<H: Hash>(start: u64, input: &[u8], read: &mut impl FnMut(&[u8]) -> H) -> H {
    struct Broken<'a>(u64, &'a [u8]);

    impl Drop for Broken<'_> {
        fn drop(&mut self) {
            if thread::panicking() {
                eprintln!("CLICKSCOPE_FUZZ_START={} came to \"{}\"", self.0, self.1.escape_ascii());
            }
        }
    }

    let broken = Broken(start, input);
    let read = read(input);
    drop(broken);
    read
}

/// Numbers in no order, which the first determines (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One below `count`; 0 where there is none.
    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() >> 1).unwrap_or_default().checked_rem(count).unwrap_or_default()
    }

    /// A part of a text.
    fn part<'i>(&mut self, input: &'i [u8]) -> &'i [u8] {
        let from = self.below(input.len() + 1);
        let length = self.below(input.len() - from + 1).min(1 << self.below(9));
        input.get(from..from + length).unwrap_or_default()
    }

    /// One of these inputs, changed in a few places.
    fn changed(&mut self, kept: &[Vec<u8>]) -> Vec<u8> {
        let empty = Vec::new();
        let mut input = kept.get(self.below(kept.len())).unwrap_or(&empty).clone();
        for _ in 0..=self.below(5) {
            let other = kept.get(self.below(kept.len())).unwrap_or(&empty);
            let word = WORDS.get(self.below(WORDS.len())).map_or(&b""[..], |word| word.as_bytes());
            let at = self.below(input.len() + 1);
            let until = at + self.below(input.len() - at + 1).min(1 << self.below(9));
            let own = self.part(&input).to_vec();
            let new = match self.below(8) {
                0 => vec![u8::try_from(self.below(256)).unwrap_or_default()],
                1 | 2 => word.to_vec(),
                3 => own,
                4 => self.part(other).to_vec(),
                5 => word.repeat(1 << self.below(8)),
                6 => own.repeat(1 + self.below(4)),
                _ => Vec::new(),
            };
            // Put in, or put in place of what is there.
            let until = if self.below(2) == 0 { at } else { until };
            input.splice(at..until, new);
            input.truncate(LONGEST);
        }
        input
    }
}

#[test]
fn a_loop_finds_what_breaks_and_the_same_start_finds_the_same() {
    let inputs = |start| {
        let mut chance = Chance(start);
        let seeds = [b"{\"a\":1}".to_vec(), b"[]".to_vec()];
        (0..100).map(|_| chance.changed(&seeds)).collect::<Vec<_>>()
    };
    assert_eq!(inputs(3), inputs(3));
    assert_ne!(inputs(3), inputs(4));
    let found = std::panic::catch_unwind(|| texts(&["{\"a\":1}"], |text| assert!(!text.contains("{{seq}}"), "found")));
    assert!(found.is_err());
}
