//! How amounts are written, and how they should be.

/// Whether a text is a number as JSON or a sender spells one.
pub(super) fn is_number(text: &str) -> bool {
    // The parser also takes `inf`, `.5`, `+5` and `5.`; a number in JSON begins and ends with a digit.
    let digit_at = |text: &str, from: bool| {
        let byte = if from { text.bytes().next() } else { text.bytes().next_back() };
        byte.is_some_and(|byte| byte.is_ascii_digit())
    };
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let whole = unsigned.split_once(['e', 'E']).map_or(unsigned, |(whole, _)| whole);
    digit_at(unsigned, true) && digit_at(whole, false) && unsigned.parse::<f64>().is_ok()
}

/// The text beside the currency.
pub(super) fn currency(text: &str) -> Option<&str> {
    const CURRENCIES: [&str; 16] =
        ["$", "€", "£", "¥", "₹", "USD", "EUR", "GBP", "JPY", "INR", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK"];
    CURRENCIES.into_iter().find_map(|it| text.strip_prefix(it).or_else(|| text.strip_suffix(it)))
}

/// The number alone, where there is only one way to read it.
pub(super) fn bare(text: &str) -> Option<String> {
    let text = text.trim();
    // `+5`, `5.` and `.5` are numbers elsewhere.
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let unsigned = unsigned.strip_suffix('.').filter(|whole| !whole.contains('.')).unwrap_or(unsigned);
    if unsigned.len() < text.len() && is_number(unsigned) {
        return Some(unsigned.to_owned());
    }
    let (sign, decimals) = text.split_once('.').unwrap_or_default();
    if matches!(sign, "" | "-") && !decimals.is_empty() && decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("{sign}0.{decimals}"));
    }
    let number = currency(text).unwrap_or(text).trim();
    let (sign, digits) = number.split_at_checked(usize::from(number.starts_with('-')))?;
    let separators: Vec<&str> = digits.matches([',', '.']).collect();
    let groups: Vec<&str> = digits.split([',', '.']).collect();
    if groups.iter().any(|group| group.is_empty() || !group.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let (last, whole) = groups.split_last()?;
    let (decimal, thousands) = separators.split_last().unzip();
    let thousands = thousands.unwrap_or_default();
    let alike = thousands.windows(2).all(|pair| pair.first() == pair.last());
    let grouped = |groups: &[&str]| {
        groups.first().is_some_and(|first| first.len() <= 3) && groups.iter().skip(1).all(|group| group.len() == 3)
    };
    match thousands.first() {
        // One separator before three digits may stand for thousands or for decimals: `1,000` is not sure.
        None if decimal.is_some() && last.len() == 3 => None,
        None if decimal.is_none() => Some(number.to_owned()),
        None => Some(format!("{sign}{}.{last}", whole.concat())),
        Some(thousand) if alike && Some(thousand) == decimal => {
            grouped(&groups).then(|| format!("{sign}{}", groups.concat()))
        }
        Some(_) => (alike && grouped(whole)).then(|| format!("{sign}{}.{last}", whole.concat())),
    }
}
