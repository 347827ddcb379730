/// The largest history that can be asked for.
const LARGEST: u64 = 64 << 30;

/// Reads how much may be held: `64MiB`, `1.5 GB`, up to 64 GiB.
///
/// The error is the reason in one line, with what is allowed.
pub fn parse_size(text: &str) -> Result<usize, String> {
    const SPELLING: &str = "write a number with its unit, such as 512KiB, 64MiB or 1GB";
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let bytes: u32 = match &*unit.to_ascii_lowercase() {
        "b" => 1,
        "kb" => 1_000,
        "kib" => 1 << 10,
        "mb" => 1_000_000,
        "mib" => 1 << 20,
        "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        "" => return Err(format!("the unit is missing; {SPELLING}")),
        _ => return Err(format!("not a size; {SPELLING}")),
    };
    let (whole, fraction) = number.trim_end().split_once('.').unwrap_or((number.trim_end(), "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Err(format!("not a size; {SPELLING}"));
    }
    let number: f64 = format!("{whole}.{fraction}").parse().map_err(|_| format!("not a size; {SPELLING}"))?;
    #[expect(clippy::cast_precision_loss, reason = "it is a power of two")]
    let largest = LARGEST as f64;
    let size = number * f64::from(bytes);
    if size > largest {
        return Err("out of range; use 64GiB or less".to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a number within the range")]
    let size = size as u64;
    usize::try_from(size).map_err(|_| "more than this machine can address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_with_its_unit_within_limits() {
        let cases = [
            ("64MiB", Ok(64 << 20)),
            (" 64 mib ", Ok(64 << 20)),
            ("512KiB", Ok(512 << 10)),
            ("1.5GB", Ok(1_500_000_000)),
            ("2kB", Ok(2_000)),
            ("100B", Ok(100)),
            ("0B", Ok(0)),
            ("64GiB", Ok(64 << 30)),
            ("64", Err("unit is missing")),
            ("", Err("unit is missing")),
            ("MiB", Err("not a size")),
            ("64 MiBs", Err("not a size")),
            ("-1MiB", Err("not a size")),
            ("1e3MiB", Err("not a size")),
            ("1.MiB", Err("not a size")),
            ("\u{1b}[31m", Err("not a size")),
            ("65GiB", Err("64GiB or less")),
            ("99999999999999999999999GiB", Err("64GiB or less")),
        ];
        for (text, expected) in cases {
            match (parse_size(text), expected) {
                (Ok(size), Ok(expected)) => assert_eq!(size, expected, "{text:?}"),
                (Err(reason), Err(part)) => assert!(reason.contains(part), "{text:?}: {reason}"),
                (outcome, _) => panic!("{text:?} gave {outcome:?}"),
            }
        }
    }
}
