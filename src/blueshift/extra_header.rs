use std::str::FromStr;

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// The headers that are not the user's to set, for they say what a request is.
const OURS: [&str; 9] = [
    "authorization",
    "content-type",
    "content-length",
    "content-encoding",
    "host",
    "connection",
    "transfer-encoding",
    "accept-encoding",
    "expect",
];

/// The variable that holds the value of a header: what printed commands have in the place of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderVariable {
    /// The header's name.
    pub name: HeaderName,
    /// The variable's.
    pub variable: String,
}

/// A header that each request has beside those of the API: for a gateway before the server that has a login of its own.
/// Its value is a secret.
#[derive(Clone, Debug)]
pub struct ExtraHeader {
    /// Its name, and the variable that stands for its value.
    pub named: HeaderVariable,
    value: SecretString,
}

/// Why a text is no header. It never repeats the text, which mostly holds a secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BadHeader {
    /// There is no name before a colon.
    #[error("write it as in 'X-Gateway-Token: VALUE', the name before a colon")]
    Name,
    /// The value is empty, or has line breaks or other characters in it that no header can have.
    #[error("the value of {0} is empty, or has characters that no header can have")]
    Value(HeaderName),
    /// Each request has it already.
    #[error("{0} is set by clickscope itself: give what a gateway asks for beside it")]
    Ours(HeaderName),
}

impl FromStr for ExtraHeader {
    type Err = BadHeader;

    fn from_str(text: &str) -> Result<Self, BadHeader> {
        let (name, value) = text.split_once(':').ok_or(BadHeader::Name)?;
        let named = HeaderVariable::called(name)?;
        Self::new(named, value)
    }
}

impl HeaderVariable {
    /// For the header of that name, a variable that is called like it: `X_GATEWAY` for `X-Gateway`.
    pub fn called(name: &str) -> Result<Self, BadHeader> {
        let name: HeaderName = name.trim().parse().map_err(|_| BadHeader::Name)?;
        if OURS.contains(&name.as_str()) {
            return Err(BadHeader::Ours(name));
        }
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let variable: String = name.as_str().chars().map(plain).collect();
        let digit = variable.starts_with(|c: char| c.is_ascii_digit());
        let variable = if digit { format!("_{variable}") } else { variable };
        Ok(Self { name, variable })
    }
}

impl ExtraHeader {
    /// The header that has this value.
    pub fn new(named: HeaderVariable, value: &str) -> Result<Self, BadHeader> {
        let value = value.trim();
        if value.is_empty() || HeaderValue::from_str(value).is_err() {
            return Err(BadHeader::Value(named.name));
        }
        Ok(Self { named, value: value.into() })
    }

    /// Its name.
    pub fn name(&self) -> HeaderName {
        self.named.name.clone()
    }

    /// Its value, marked sensitive.
    pub fn value(&self) -> HeaderValue {
        // It was tried when the header was read.
        let mut value =
            HeaderValue::from_str(self.value.expose_secret()).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }

    /// What of it must not be shown: the value, and its parts, such as the token after `Bearer`.
    pub fn secrets(&self) -> Vec<SecretString> {
        let value = self.value.expose_secret();
        let parts = value.split([' ', ';', ',', '=']).filter(|part| !part.is_empty() && *part != value);
        std::iter::once(value).chain(parts).map(SecretString::from).collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_and_a_value_that_is_a_secret() {
        let header: ExtraHeader = " X-Gateway : Bearer s3cr3t-of-the-gateway ".parse().unwrap();
        assert_eq!(
            (header.name().as_str(), header.value().to_str().unwrap()),
            ("x-gateway", "Bearer s3cr3t-of-the-gateway")
        );
        assert!(header.value().is_sensitive() && !format!("{header:?}").contains("s3cr3t"));
        assert_eq!(header.named.variable, "X_GATEWAY");
        assert_eq!(HeaderVariable::called("9-lives").map(|named| named.variable), Ok("_9_LIVES".to_owned()));
        let secrets = header.secrets();
        let secrets: Vec<_> = secrets.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(secrets, ["Bearer s3cr3t-of-the-gateway", "Bearer", "s3cr3t-of-the-gateway"]);
    }

    #[test]
    fn what_is_no_header_is_refused_without_repeating_it() {
        let cases = [
            ("s3cr3t", "before a colon"),
            (": s3cr3t", "before a colon"),
            ("s3cr3t s3cr3t: x", "before a colon"),
            ("X-Gateway:", "the value of x-gateway"),
            ("X-Gateway: s3cr3t\r\nX: y", "the value of x-gateway"),
            ("Authorization: Bearer s3cr3t", "authorization is set by clickscope itself"),
            ("HOST: s3cr3t", "host is set"),
        ];
        for (text, part) in cases {
            let told = text.parse::<ExtraHeader>().unwrap_err().to_string();
            assert!(told.contains(part) && !told.contains("s3cr3t"), "{told}");
        }
    }
}
