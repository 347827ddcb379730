//! How dates are written, and how they should be.

use std::ops::Deref;

use jiff::civil;
use jiff::fmt::rfc2822;

/// How a date is written.
pub(super) enum DateForm {
    /// As ISO 8601 has it.
    Right,
    /// In that form, but no calendar or clock has it; `swapped` is the same with day and month changed, if that exists.
    Impossible { swapped: Option<String> },
    /// In another form.
    Otherwise,
}

impl DateForm {
    pub(super) fn of(text: &str) -> Self {
        // So do all forms begin, and hardly any other text.
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return Self::Otherwise;
        }
        let letter = text.bytes().take(11).position(|byte| matches!(byte, b'T' | b't'));
        let (date, time) = text.split_at_checked(letter.unwrap_or(text.len())).unwrap_or((text, ""));
        if !matches!(date.len(), 4 | 7 | 8 | 10) {
            return Self::Otherwise;
        }
        let time = letter.and_then(|_| time.get(1..));
        // Both forms are documented: 2016-04-12T17:27:20Z, 20160412T172720Z.
        let forms = [("yyyy-mm-dd", "-"), ("yyyymmdd", "")];
        for (form, hyphen) in forms {
            let Some(Numbers { values: [year, month, day], .. }) = numbers(date, form) else { continue };
            let clock = match time.map(TimeForm::of) {
                Some(TimeForm::None) => return Self::Otherwise,
                Some(TimeForm::Impossible) => false,
                Some(TimeForm::Right) | None => true,
            };
            if clock && exists(year, month, day) {
                return Self::Right;
            }
            let rest = text.get(date.len()..).unwrap_or_default();
            let swapped = clock && exists(year, day, month);
            let swapped = swapped.then(|| format!("{year:04}{hyphen}{day:02}{hyphen}{month:02}{rest}"));
            return Self::Impossible { swapped };
        }
        // Of less use, but ISO 8601 all the same: a month, a year, a week, a day of the week, a day of the year.
        let coarse = [("yyyy-mm", 12), ("yyyy", u16::MAX), ("yyyy-Www", 53), ("yyyy-Www-d", 53), ("yyyy-ddd", 366)];
        for (form, most) in coarse.into_iter().filter(|_| time.is_none()) {
            let Some(numbers) = numbers(date, form) else { continue };
            let number = numbers.get(1).copied().unwrap_or(1);
            let exists = (1..=most).contains(&number) && numbers.get(2).is_none_or(|day| (1..=7).contains(day));
            return if exists { Self::Right } else { Self::Impossible { swapped: None } };
        }
        Self::Otherwise
    }
}

/// How the part of a date after its `T` is written.
enum TimeForm {
    Right,
    Impossible,
    None,
}

impl TimeForm {
    fn of(text: &str) -> Self {
        let (time, zone) = match text.strip_suffix(['Z', 'z']) {
            Some(time) => (time, None),
            None => match text.rfind(['+', '-']).and_then(|sign| text.split_at_checked(sign)) {
                Some((time, zone)) => (time, zone.get(1..)),
                None => (text, None),
            },
        };
        let (time, fraction) = time.split_once(['.', ',']).unwrap_or((time, "0"));
        let read = |text, forms: &[&str]| forms.iter().find_map(|form| numbers(text, form));
        let zone = zone.map_or(Some(Numbers::default()), |zone| read(zone, &["hh:mm", "hhmm", "hh"]));
        let time = read(time, &["hh:mm:ss", "hhmmss", "hh:mm", "hhmm", "hh"]);
        let (Some(time), Some(zone)) = (time, zone) else { return Self::None };
        if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::None;
        }
        let within =
            |numbers: &[u16], limits: [u16; 3]| numbers.iter().zip(limits).all(|(number, most)| *number <= most);
        // A second 60 is a leap second, and a day may end at 24:00.
        let right = (within(&time, [23, 59, 60]) || within(&time, [24, 0, 0])) && within(&zone, [23, 59, 0]);
        if right { Self::Right } else { Self::Impossible }
    }
}

/// The numbers in a text of a known form; no form has more than three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    values: [u16; 3],
    count: usize,
}

impl Deref for Numbers {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        self.values.get(..self.count).unwrap_or(&self.values)
    }
}

/// The numbers in `text` where it has that form: in it a small letter stands for a digit, a run of the same letter for a
/// number, and anything else for itself.
pub(crate) fn numbers(text: &str, form: &str) -> Option<Numbers> {
    if text.len() != form.len() {
        return None;
    }
    let mut numbers = Numbers::default();
    let mut last = None;
    for (byte, letter) in text.bytes().zip(form.bytes()) {
        if letter.is_ascii_lowercase() {
            let digit = byte.is_ascii_digit().then(|| u16::from(byte - b'0'))?;
            if last != Some(letter) {
                numbers.count += 1;
            }
            // Four digits at most.
            let number = numbers.values.get_mut(numbers.count.saturating_sub(1))?;
            *number = *number * 10 + digit;
        } else if byte != letter {
            return None;
        }
        last = Some(letter);
    }
    Some(numbers)
}

/// `2026-11-24`, of a day that the calendar has.
pub(crate) fn is_day(text: &str) -> bool {
    numbers(text, "yyyy-mm-dd").is_some_and(|Numbers { values: [year, month, day], .. }| exists(year, month, day))
}

fn exists(year: u16, month: u16, day: u16) -> bool {
    let date = || Some((i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?));
    date().is_some_and(|(year, month, day)| civil::Date::new(year, month, day).is_ok())
}

pub(super) fn is_time(text: &str) -> bool {
    ["hh:mm", "hh:mm:ss"].into_iter().any(|form| numbers(text, form).is_some())
}

/// The same date in ISO 8601, where there is only one way to read it.
pub(super) fn rewritten(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(time) = rfc2822::parse(text) {
        return Some(time.timestamp().to_string());
    }
    if let Some(date) = day_month_year(text) {
        return Some(date);
    }
    // `2016-04-12 17:27:20 UTC`, `2016/04/12`.
    let zone =
        ["UTC", "GMT"].into_iter().find_map(|zone| text.strip_suffix(zone)).map(|time| format!("{}Z", time.trim()));
    let text = zone.unwrap_or_else(|| text.to_owned()).replacen(' ', "T", 1).replace(' ', "").replace('/', "-");
    matches!(DateForm::of(&text), DateForm::Right).then_some(text)
}

/// `25/12/2011`, `12/25/2011`, `25.12.2011`: sure only where the day cannot be a month, or is the same.
fn day_month_year(text: &str) -> Option<String> {
    let mut parts = text.split(['/', '.', '-']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let read = |part: &str| numbers(part, "dd").or_else(|| numbers(part, "d"))?.first().copied();
    let (first, second) = (read(first)?, read(second)?);
    let year = *numbers(year, "yyyy")?.first()?;
    let (day, month) = match (first, second) {
        _ if parts.next().is_some() => return None,
        (13.., 1..=12) => (first, second),
        (1..=12, 13..) => (second, first),
        _ if first == second => (first, second),
        _ => return None,
    };
    exists(year, month, day).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// `11/24/2026`, with a time behind it or without: nothing else is written so.
pub(super) fn is_slashed(text: &str) -> bool {
    let date = text.trim().split([' ', ',', 'T']).next().unwrap_or_default();
    let mut parts = date.split('/');
    let mut read = |forms: &[&str]| {
        let part = parts.next()?;
        forms.iter().find_map(|form| numbers(part, form))?.first().copied()
    };
    let (first, second, year) = (read(&["d", "dd"]), read(&["d", "dd"]), read(&["yyyy"]));
    let is_date = |((first, second), year): ((u16, u16), u16)| {
        (1..=12).contains(&first.min(second)) && first.max(second) <= 31 && (1900..=2100).contains(&year)
    };
    first.zip(second).zip(year).is_some_and(is_date) && parts.next().is_none()
}

/// A moment in words, which only people understand.
pub(super) fn is_relative(text: &str) -> bool {
    ["now", "today", "yesterday", "tomorrow"].iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}
