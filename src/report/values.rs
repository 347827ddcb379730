//! How many different values a field has, and which are the most frequent, in bounded memory.

use serde::{Serialize, Serializer};

use crate::event::text::{grouped, sanitize_within};
use crate::event::{Sanitized, sanitized};

/// Up to so many different values are counted exactly; beyond, their number is an estimate, a few percent off.
const EXACT: usize = 256;

/// So many values are counted one by one.
const COUNTED: usize = 32;

/// The start of a value that is kept to show, in bytes.
const KEPT: usize = 62;

/// The values of one field, as far as they are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    seen: u64,
    /// The smallest hashes of the values, in order: how close they stand says how many there are.
    hashes: Vec<u64>,
    /// Whether there are more values than hashes.
    are_more: bool,
    counters: Vec<Counter>,
    range: Option<(Number, Number)>,
}

/// A value that is counted.
#[derive(Clone, Debug)]
struct Counter {
    hash: u64,
    /// At most so often.
    count: u64,
    /// How many of these may have been another value, the one that had the place before.
    doubtful: u64,
    text: Start,
}

/// The start of a value.
#[derive(Clone, Copy, Debug)]
struct Start {
    bytes: [u8; KEPT],
    length: u8,
    is_cut: bool,
}

#[derive(Clone, Debug)]
struct Number {
    value: f64,
    text: Start,
}

/// How many different values there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// So many.
    Exactly(u64),
    /// About so many.
    About(u64),
}

/// A value, and how often it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frequent {
    /// Its JSON, cut short.
    pub value: Sanitized,
    /// How often it was seen.
    pub count: u64,
    /// Whether it may have been more often than that.
    pub at_least: bool,
}

impl Values {
    /// Takes the JSON of a scalar in.
    pub(super) fn take_in(&mut self, json: &str, is_number: bool) {
        self.seen += 1;
        let hash = xxhash_rust::xxh3::xxh3_64(json.as_bytes());
        if let Err(at) = self.hashes.binary_search(&hash) {
            if at < EXACT {
                self.are_more |= self.hashes.len() == EXACT;
                self.hashes.truncate(EXACT - 1);
                self.hashes.insert(at, hash);
            } else {
                self.are_more = true;
            }
        }
        self.count(hash, json);
        if is_number {
            self.widen(json);
        }
    }

    /// Counts a value. Where there is no place for it, it takes that of the rarest, and that count with it, as one that is
    /// in doubt (Metwally's Space-Saving).
    fn count(&mut self, hash: u64, json: &str) {
        if let Some(counter) = self.counters.iter_mut().find(|counter| counter.hash == hash) {
            counter.count += 1;
        } else if self.counters.len() < COUNTED {
            self.counters.push(Counter { hash, count: 1, doubtful: 0, text: Start::of(json) });
        } else if let Some(rarest) = self.counters.iter_mut().min_by_key(|counter| counter.count) {
            *rarest = Counter { hash, count: rarest.count + 1, doubtful: rarest.count, text: Start::of(json) };
        }
    }

    fn widen(&mut self, json: &str) {
        let Some(value) = json.parse::<f64>().ok().filter(|value| value.is_finite()) else { return };
        let number = || Number { value, text: Start::of(json) };
        match &mut self.range {
            None => self.range = Some((number(), number())),
            Some((least, _)) if value < least.value => *least = number(),
            Some((_, most)) if value > most.value => *most = number(),
            Some(_) => {}
        }
    }

    pub(super) fn distinct(&self) -> Distinct {
        let known = self.hashes.len() as u64;
        match self.hashes.last() {
            Some(greatest) if self.are_more => {
                let estimate = (u128::from(known - 1) << 64) / u128::from((*greatest).max(1));
                Distinct::About(rounded(u64::try_from(estimate).unwrap_or(u64::MAX)).clamp(known, self.seen.max(known)))
            }
            _ => Distinct::Exactly(known),
        }
    }

    /// The most frequent values, the most frequent first; of values that nearly all differ none.
    pub(super) fn frequent(&self) -> Vec<Frequent> {
        let mut surest: Vec<_> = self.counters.iter().collect();
        surest.sort_by_key(|counter| std::cmp::Reverse(counter.count - counter.doubtful));
        let sure = |counter: &&&Counter| {
            let sure = counter.count - counter.doubtful;
            // What is one of many says nothing, nor does what may be an accident of the counting.
            self.hashes.len() <= MOST_LISTED
                || sure > counter.doubtful && sure > 1 && sure.saturating_mul(LEAST_SHARE) >= self.seen
        };
        let listed = surest.iter().filter(sure).take(MOST_LISTED).map(|counter| Frequent {
            value: counter.text.shown(),
            count: counter.count - counter.doubtful,
            at_least: counter.doubtful > 0,
        });
        listed.collect()
    }

    /// One of the values, for where none is frequent.
    pub(super) fn example(&self) -> Option<Sanitized> {
        self.counters.first().map(|counter| counter.text.shown())
    }

    /// The least and the greatest number.
    pub(super) fn range(&self) -> Option<(Sanitized, Sanitized)> {
        self.range.as_ref().map(|(least, most)| (least.text.shown(), most.text.shown()))
    }
}

/// So many of the most frequent values are told; of more values those that are at least one in so many.
const MOST_LISTED: usize = 5;
const LEAST_SHARE: u64 = 20;

impl Start {
    fn of(json: &str) -> Self {
        let mut length = json.len().min(KEPT);
        while !json.is_char_boundary(length) {
            length -= 1;
        }
        let mut bytes = [0; KEPT];
        for (to, from) in bytes.iter_mut().zip(json.bytes().take(length)) {
            *to = from;
        }
        Self { bytes, length: u8::try_from(length).unwrap_or(u8::MAX), is_cut: length < json.len() }
    }

    fn shown(&self) -> Sanitized {
        let bytes = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        let text = sanitize_within(std::str::from_utf8(bytes).unwrap_or_default(), KEPT).0;
        if self.is_cut { sanitized!("{}…", text) } else { text }
    }
}

/// To two digits that count: an estimate has no more.
fn rounded(number: u64) -> u64 {
    let unit = 10_u64.pow(number.checked_ilog10().unwrap_or(0).saturating_sub(1));
    (number.saturating_add(unit / 2)) / unit * unit
}

impl Distinct {
    /// `12`, `about 12,000`.
    pub fn words(self) -> Sanitized {
        match self {
            Self::Exactly(count) => grouped(count),
            Self::About(count) => sanitized!("about {}", grouped(count)),
        }
    }
}

/// `count`, and whether it is an estimate.
impl Serialize for Distinct {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Line {
            count: u64,
            estimate: bool,
        }
        let (count, estimate) = match *self {
            Self::Exactly(count) => (count, false),
            Self::About(count) => (count, true),
        };
        Line { count, estimate }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = String>) -> Values {
        let mut all = Values::default();
        values.into_iter().for_each(|value| all.take_in(&value, true));
        all
    }

    #[test]
    fn few_values_are_counted_exactly_and_many_about_right() {
        assert_eq!(of([]).distinct(), Distinct::Exactly(0));
        for count in [1_u64, 2, 255, 256] {
            assert_eq!(of((0..3 * count).map(|n| (n % count).to_string())).distinct(), Distinct::Exactly(count));
        }
        for count in [1_000_u64, 50_000] {
            let Distinct::About(about) = of((0..count).map(|n| n.to_string())).distinct() else { panic!("{count}") };
            assert!((count * 8 / 10..=count).contains(&about), "{about} for {count}");
        }
        assert_eq!([0, 7, 99, 101, 12_345, u64::MAX].map(rounded), [0, 7, 99, 100, 12_000, 18 * 10_u64.pow(18)]);
    }

    #[test]
    fn the_most_frequent_values_are_told_only_when_that_is_sure() {
        let told = |values: Values| -> Vec<(String, u64, bool)> {
            values.frequent().into_iter().map(|it| (it.value.to_string(), it.count, it.at_least)).collect()
        };
        let one = |value: &str, count, at_least| (value.to_owned(), count, at_least);
        let few = of([r#""b""#, "1", r#""b""#].map(str::to_owned));
        assert_eq!(told(few), [one(r#""b""#, 2, false), one("1", 1, false)]);
        // Ids: none is frequent.
        let ids = of((0..10_000).map(|n| n.to_string()));
        assert_eq!(told(ids.clone()), []);
        assert_eq!(
            ids.range().map(|(least, most)| (least.to_string(), most.to_string())),
            Some(("0".into(), "9999".into()))
        );
        // One value among many others.
        let mixed = of((0..10_000).map(|n| if n % 2 == 0 { "null".to_owned() } else { n.to_string() }));
        let told = told(mixed);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told.iter().all(|(value, count, _)| value == "null" && (4_000..=5_000).contains(count)), "{told:?}");
    }

    #[test]
    fn a_long_value_is_cut_at_a_whole_character() {
        let shown = Start::of(&"ä".repeat(40)).shown();
        assert_eq!(shown, format!("{}…", "ä".repeat(31)).as_str());
        assert_eq!(Start::of("\"\u{202e}\"").shown(), "\"\\u202e\"");
    }
}
