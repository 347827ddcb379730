use super::super::shell::{ShellWords, Word};

/// So much of a line is looked at before a place in it.
const LONGEST_LINE: usize = 64 * 1024;

/// A place in a text at which a curl command may stand.
pub(super) struct Place {
    /// Where its arguments begin.
    pub(super) arguments: usize,
    /// Whether nothing but what can stand before a command stands before it on its line.
    pub(super) is_meant: bool,
}

impl Place {
    /// The first one from `at` on.
    pub(super) fn next(text: &str, at: usize) -> Option<Self> {
        text.get(at..)?.match_indices("curl").find_map(|(from, name)| {
            let from = at + from;
            let (before, behind) = (text.get(..from)?, text.get(from + name.len()..)?);
            let arguments = behind.strip_prefix(".exe").unwrap_or(behind);
            let is_word = arguments.starts_with([' ', '\t']) || arguments.starts_with("\\\n");
            let near = before.get(before.ceil_char_boundary(before.len().saturating_sub(LONGEST_LINE))..)?;
            let line = near.rsplit('\n').next()?;
            let path = line.rsplit(|c: char| c.is_whitespace() || is_separator(c)).next()?;
            let line = line.strip_suffix(path)?;
            let is_quoted = ['"', '\''].iter().any(|quote| line.matches(*quote).count() % 2 == 1);
            (is_word && (path.is_empty() || path.ends_with(['/', '\\'])) && !is_quoted)
                .then(|| Self { arguments: text.len() - arguments.len(), is_meant: may_precede(line) })
        })
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, ';' | '|' | '&' | '(' | '`')
}

/// Whether nothing stands in `line` but what can stand before the name of a command: prompts, the sign of a comment or of
/// a list, variables that are set for the command, and commands that run others.
fn may_precede(line: &str) -> bool {
    const PROMPTS: [char; 9] = ['$', '%', '#', '>', '*', '❯', '➜', '✗', 'λ'];
    const RUNNERS: [&str; 19] = [
        "sudo", "doas", "time", "env", "command", "exec", "nohup", "nice", "timeout", "watch", "xargs", "if", "while",
        "until", "then", "do", "else", "!", "{",
    ];
    let line = line.rsplit(is_separator).next().unwrap_or_default();
    let prompt = line.split_whitespace().rfind(|word| word.ends_with(PROMPTS));
    let rest = prompt.and_then(|prompt| line.rsplit_once(prompt)).map_or(line, |(_, rest)| rest);
    let mut words = ShellWords::new(rest);
    loop {
        match words.next() {
            Ok(None) => return true,
            Ok(Some(Word { text, .. })) => {
                let is_number = text.trim_end_matches(['.', ')']).bytes().all(|byte| byte.is_ascii_digit());
                let is_runner = RUNNERS.iter().any(|name| text.rsplit('/').next() == Some(name));
                if !(is_number || is_runner || text.starts_with('-') || is_assignment(&text)) {
                    return false;
                }
            }
            Err(_) => return false,
        }
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}
