use std::cmp::Ordering;
use std::fmt;

/// A JSON number by its value, to the last digit that is written: `19.90`, `1.99e1` and `19.9` are the same.
///
/// It stands for 0.d₁d₂d₃… · 10^`exponent`, without zeros at either end of the digits; without any digit it is zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Reads the text of a JSON number.
    pub(super) fn read(text: &str) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = whole.bytes().chain(fraction.bytes()).map(|byte| byte.wrapping_sub(b'0'));
        let mut digits: Vec<u8> = digits.filter(|digit| *digit <= 9).collect();
        let leading = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..leading);
        while digits.pop_if(|digit| *digit == 0).is_some() {}
        if digits.is_empty() {
            return Self { negative: false, digits, exponent: 0 };
        }
        // A power that no number of 64 bits holds is as good as the largest that does.
        let most = i64::MAX / 4;
        let saturated = if power.starts_with('-') { -most } else { most };
        let power = power.parse::<i64>().map_or(saturated, |power| power.clamp(-most, most));
        let length = |length: usize| i64::try_from(length).unwrap_or(most);
        Self { negative, digits, exponent: power + length(whole.len()) - length(leading) }
    }

    /// Whether it has no fraction, however it is spelled.
    pub(super) fn is_integer(&self) -> bool {
        i64::try_from(self.digits.len()).is_ok_and(|length| length <= self.exponent) || self.digits.is_empty()
    }

    /// Whether it is above zero.
    pub(super) fn is_positive(&self) -> bool {
        !self.negative && !self.digits.is_empty()
    }

    /// It as a count, where it is one.
    pub(super) fn as_count(&self) -> Option<usize> {
        if self.negative || !self.is_integer() || self.exponent > 18 {
            return None;
        }
        let digits = self.digits.iter().chain(std::iter::repeat(&0)).take(usize::try_from(self.exponent).ok()?);
        Some(digits.fold(0, |count, digit| count * 10 + usize::from(*digit)))
    }

    /// Its digits as a number, with the power of ten that makes it of them; `None` where they are too many.
    fn mantissa(&self) -> Option<(u64, i64)> {
        if self.digits.len() > 18 {
            return None;
        }
        let mantissa = self.digits.iter().fold(0, |mantissa, digit| mantissa * 10 + u64::from(*digit));
        Some((mantissa, self.exponent - i64::try_from(self.digits.len()).ok()?))
    }

    /// Whether it can be asked of numbers that they are multiples of this one.
    pub(super) fn is_divisor(&self) -> bool {
        self.is_positive() && self.mantissa().is_some()
    }

    /// Whether it is `divisor`, which must be one, so many whole times.
    pub(super) fn is_multiple_of(&self, divisor: &Self) -> bool {
        let Some((mantissa, power)) = divisor.mantissa().filter(|_| divisor.is_positive()) else { return false };
        if self.digits.is_empty() {
            return true;
        }
        // How many zeros to write after the digits, so that both count in the same power of ten.
        let zeros = self.exponent - i64::try_from(self.digits.len()).unwrap_or(i64::MAX) - power;
        let Ok(zeros) = u64::try_from(zeros) else {
            // The last digit, which is no zero, is finer than anything that the divisor can make.
            return false;
        };
        let divisor = u128::from(mantissa);
        let rest = self.digits.iter().fold(0, |rest, digit| (rest * 10 + u128::from(*digit)) % divisor);
        (rest * ten_to(zeros, divisor)).is_multiple_of(divisor)
    }
}

/// 10^`power` modulo `divisor`, which is below 2^64.
fn ten_to(mut power: u64, divisor: u128) -> u128 {
    let (mut result, mut square) = (1 % divisor, 10 % divisor);
    while power > 0 {
        if power % 2 == 1 {
            result = result * square % divisor;
        }
        square = square * square % divisor;
        power /= 2;
    }
    result
}

/// As JSON, spelled out unless that takes many zeros.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST_ZEROS: i64 = 20;
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let sign = if self.negative { "-" } else { "" };
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        match self.exponent {
            _ if digits.is_empty() => f.write_str("0"),
            point if point > length + MOST_ZEROS || point < -MOST_ZEROS => write!(f, "{sign}0.{digits}e{point}"),
            point if point >= length => write!(f, "{sign}{digits}{}", zeros(point - length)),
            point if point <= 0 => write!(f, "{sign}0.{}{digits}", zeros(-point)),
            point => {
                let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
                write!(f, "{sign}{whole}.{fraction}")
            }
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |it: &Self| if it.digits.is_empty() { 0 } else { 1 - 2 * i8::from(it.negative) };
        let size = || self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
        match sign(self).cmp(&sign(other)) {
            Ordering::Equal if sign(self) < 0 => size().reverse(),
            Ordering::Equal => size(),
            different => different,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_told_apart_by_value_to_the_last_digit() {
        let ascending = [
            "-1e400",
            "-12345678901234567891",
            "-12345678901234567890",
            "-10",
            "-9.5",
            "-0.001",
            "0",
            "1e-999999999999999999999",
            "0.1",
            "0.10000000000000000001",
            "1",
            "9.99",
            "1e1",
            "100",
            "1e400",
        ];
        for (index, one) in ascending.iter().enumerate() {
            for (other_index, other) in ascending.iter().enumerate() {
                assert_eq!(Decimal::read(one).cmp(&Decimal::read(other)), index.cmp(&other_index), "{one} {other}");
            }
        }
        for (one, other) in [("19.90", "1.99e1"), ("0", "-0.000e9"), ("1e2", "100.0"), ("0.05", "5E-2")] {
            assert_eq!(Decimal::read(one), Decimal::read(other));
        }
    }

    #[test]
    fn a_number_is_written_as_json_that_is_the_same() {
        for (text, written) in [
            ("19.90", "19.9"),
            ("-0.050", "-0.05"),
            ("1e3", "1000"),
            ("-0", "0"),
            ("1e400", "0.1e401"),
            ("25e-30", "0.25e-28"),
            ("12345678901234567890.5", "12345678901234567890.5"),
        ] {
            assert_eq!(Decimal::read(text).to_string(), written);
            assert_eq!(Decimal::read(written), Decimal::read(text));
        }
    }

    #[test]
    fn multiples_are_exact_where_floating_point_is_not() {
        let cases = [
            ("19.99", "0.01", true),
            ("0.3", "0.1", true),
            ("1.005", "0.01", false),
            ("0", "7", true),
            ("-14", "7", true),
            ("15", "7", false),
            ("1e400", "3", false),
            ("3e400", "3", true),
            ("1e-400", "3", false),
            ("7.5", "2.5", true),
        ];
        for (number, divisor, is_multiple) in cases {
            let (number, divisor) = (Decimal::read(number), Decimal::read(divisor));
            assert_eq!(number.is_multiple_of(&divisor), is_multiple, "{number:?} {divisor:?}");
        }
    }

    #[test]
    fn an_integer_is_one_however_it_is_spelled() {
        for (text, count) in [("3", Some(3)), ("3.0", Some(3)), ("3e2", Some(300)), ("0", Some(0)), ("-3", None)] {
            assert!(Decimal::read(text).is_integer(), "{text}");
            assert_eq!(Decimal::read(text).as_count(), count, "{text}");
        }
        for text in ["3.5", "3e-1", "-0.1"] {
            assert!(!Decimal::read(text).is_integer() && Decimal::read(text).as_count().is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whole_numbers_compare_and_divide_as_usual(one in -100_000_i64..100_000, other in 1_i64..1_000) {
            let (read, divisor) = (Decimal::read(&one.to_string()), Decimal::read(&other.to_string()));
            prop_assert_eq!(read.cmp(&divisor), one.cmp(&other));
            prop_assert_eq!(read.is_multiple_of(&divisor), one % other == 0);
        }
    }
}
