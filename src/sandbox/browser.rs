/// A `User-Agent` header in the three fields that the platform makes of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Browser<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) platform: Option<&'a str>,
}

/// Browsers name others before themselves, so the order matters: Edge says it is Chrome, and Chrome says it is Safari.
const PRODUCTS: [(&str, &str); 6] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("AppleWebKit/", "WebKit"),
];

const PLATFORMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

impl<'a> Browser<'a> {
    /// Reads the header's text. What is no browser is named by its first product, as the platform does with
    /// `PostmanRuntime/7.37.3`. (doc)
    pub(super) fn from_user_agent(user_agent: &'a str) -> Self {
        let platform = PLATFORMS.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
        let known = PRODUCTS.iter().find_map(|(mark, name)| Some((*name, user_agent.split_once(mark)?.1)));
        let (name, rest) = match known {
            Some(known) => known,
            None => user_agent.split_once('/').unwrap_or((user_agent, "")),
        };
        let version = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).next().unwrap_or_default();
        Self { name, version, platform }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_read_as_the_platform_reads_it() {
        let cases = [
            ("curl/8.5.0", "curl", "8.5.0", None),
            ("PostmanRuntime/7.37.3", "PostmanRuntime", "7.37.3", None),
            ("Faraday v0.9.2", "Faraday v0.9.2", "", None),
            ("", "", "", None),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0",
                "Firefox",
                "135.0",
                Some("Linux"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 \
                 Safari/537.36 Edg/133.0.0.0",
                "Edge",
                "133.0.0.0",
                Some("Windows"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.3 Mobile/15E148 Safari/604.1",
                "Safari",
                "18.3",
                Some("iOS"),
            ),
        ];
        for (user_agent, name, version, platform) in cases {
            assert_eq!(Browser::from_user_agent(user_agent), Browser { name, version, platform }, "{user_agent}");
        }
    }
}
