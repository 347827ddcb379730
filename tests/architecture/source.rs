//! The sources as paths: which names a file uses, as it is written.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    /// `::`
    Path,
    Other(char),
}

/// The tokens with their lines, as far as paths need them: comments, strings and lifetimes are left out, and so is what
/// is compiled for tests only.
pub(crate) fn tokens(text: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let length = token_length(rest, char);
        let piece = &rest[..length];
        if piece == "::" {
            tokens.push((line, Token::Path));
        } else if is_word(piece) {
            tokens.push((line, Token::Word(piece.trim_start_matches("r#").to_owned())));
        } else if length == char.len_utf8() && !char.is_whitespace() {
            tokens.push((line, Token::Other(char)));
        }
        line += piece.matches('\n').count();
        rest = &rest[length..];
    }
    without_test_items(&tokens)
}

fn is_word(piece: &str) -> bool {
    let piece = piece.strip_prefix("r#").unwrap_or(piece);
    piece.chars().next().is_some_and(|first| first.is_alphanumeric() || first == '_')
        && piece.chars().all(|char| char.is_alphanumeric() || char == '_')
}

/// How many bytes the token at the start of `rest` takes, a comment, a string or a lifetime being one.
fn token_length(rest: &str, first: char) -> usize {
    let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_length(rest);
    }
    if rest.starts_with("::") {
        return 2;
    }
    // A string may begin with the letters b, c and r, and then with hashes.
    let prefix = rest.len() - rest.trim_start_matches(['b', 'c', 'r']).len();
    let raw = rest[..prefix].contains('r');
    let hashes = rest[prefix..].len() - rest[prefix..].trim_start_matches('#').len();
    if prefix <= 2 && rest[prefix + hashes..].starts_with('"') && (hashes == 0 || raw) {
        let start = prefix + hashes + 1;
        return if raw { until(&format!("\"{}", "#".repeat(hashes)), start) } else { quoted_length(rest, start, '"') };
    }
    if rest[prefix..].starts_with('\'') && prefix <= 1 {
        let mut after = rest[prefix + 1..].chars();
        let (one, two) = (after.next(), after.next());
        // A lifetime is a quote and a word; a character has a quote at its other end.
        return if one == Some('\\') || two == Some('\'') {
            quoted_length(rest, prefix + 1, '\'')
        } else {
            prefix + 1 + word_length(&rest[prefix + 1..])
        };
    }
    if let Some(word) = rest.strip_prefix("r#") {
        return 2 + word_length(word);
    }
    word_length(rest).max(first.len_utf8())
}

fn word_length(rest: &str) -> usize {
    rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len())
}

fn quoted_length(rest: &str, start: usize, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest[start..].char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return start + at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn block_comment_length(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// Leaves out each item after a `#[cfg(test)]`: up to its semicolon, or to the end of its braces.
fn without_test_items(tokens: &[(usize, Token)]) -> Vec<(usize, Token)> {
    let attribute: Vec<_> = ["#", "[", "cfg", "(", "test", ")", "]"]
        .map(
            |piece| {
                if is_word(piece) { Token::Word(piece.into()) } else { Token::Other(piece.chars().next().unwrap()) }
            },
        )
        .into();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let here = tokens[at..].iter().map(|(_, token)| token);
        if !here.clone().take(attribute.len()).eq(&attribute) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let mut depth = 0_usize;
        for (_, token) in &tokens[at..] {
            at += 1;
            match token {
                Token::Other('{') => depth += 1,
                Token::Other('}') if depth > 1 => depth -= 1,
                Token::Other('}') => break,
                Token::Other(';') if depth == 0 => break,
                _ => {}
            }
        }
    }
    kept
}

/// Every path in the tokens with its segments, groups spread out; a macro's name with its exclamation mark.
pub(crate) fn paths(tokens: &[(usize, Token)]) -> Vec<(usize, Vec<String>)> {
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].1 {
            Token::Word(_) => at = path(tokens, at, &[], &mut paths),
            _ => at += 1,
        }
    }
    paths
}

/// Reads the path that begins with the word at `at`, after `prefix`, and says where it ends.
fn path(tokens: &[(usize, Token)], mut at: usize, prefix: &[String], paths: &mut Vec<(usize, Vec<String>)>) -> usize {
    let mut segments = prefix.to_vec();
    let mut line = tokens.get(at).map_or(0, |(line, _)| *line);
    loop {
        match tokens.get(at) {
            Some((word_line, Token::Word(word))) => {
                line = *word_line;
                segments.push(word.clone());
                at += 1;
            }
            Some((_, Token::Other('{'))) => {
                at += 1;
                while let Some((_, token)) = tokens.get(at) {
                    match token {
                        Token::Other('}') => return at + 1,
                        Token::Word(word) if word == "as" => at += 2,
                        Token::Word(_) => at = path(tokens, at, &segments, paths),
                        _ => at += 1,
                    }
                }
                return at;
            }
            _ => break,
        }
        match tokens.get(at) {
            Some((_, Token::Path)) => at += 1,
            Some((_, Token::Other('!'))) => {
                if let Some(last) = segments.last_mut() {
                    last.push('!');
                }
                break;
            }
            _ => break,
        }
    }
    paths.push((line, segments));
    at
}

/// A name that a `use` brings into a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// Its name in the file.
    pub(crate) name: String,
    pub(crate) path: Vec<String>,
    /// Whether others may reach it through this file.
    pub(crate) public: bool,
}

/// The imports among the tokens, and the tokens without them.
pub(crate) fn imports(tokens: &[(usize, Token)]) -> (Vec<Import>, Vec<(usize, Token)>) {
    let (mut imports, mut rest) = (Vec::new(), Vec::new());
    // Of the item that begins: whether it is public, and whether it is being said how far.
    let (mut public, mut scope) = (false, false);
    let mut at = 0;
    while let Some((_, token)) = tokens.get(at) {
        match token {
            // An opaque type's captures are written `use<..>`.
            Token::Word(word) if word == "use" && !matches!(tokens.get(at + 1), Some((_, Token::Other('<')))) => {
                at = import(tokens, at + 1, &[], public, &mut imports);
            }
            token => {
                scope = public && (*token == Token::Other('(') || scope && *token != Token::Other(')'));
                public = *token == Token::Word("pub".into()) || public && (scope || *token == Token::Other(')'));
                rest.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    (imports, rest)
}

/// Reads what is imported from `at` on, below `prefix`, and says where it ends.
fn import(
    tokens: &[(usize, Token)],
    mut at: usize,
    prefix: &[String],
    public: bool,
    imports: &mut Vec<Import>,
) -> usize {
    let mut path = prefix.to_vec();
    let mut name = None;
    while let Some((_, token)) = tokens.get(at) {
        at += 1;
        match token {
            Token::Word(word) if word == "as" => {
                if let Some((_, Token::Word(alias))) = tokens.get(at) {
                    name = Some(alias.clone());
                }
                at += 1;
            }
            // `use a::{self, b}` imports `a` itself.
            Token::Word(word) if word == "self" && !path.is_empty() => {}
            Token::Word(word) => path.push(word.clone()),
            Token::Other('*') => name = Some("*".to_owned()),
            Token::Other('{') => {
                while !matches!(tokens.get(at), None | Some((_, Token::Other('}')))) {
                    at = import(tokens, at, &path, public, imports);
                    if matches!(tokens.get(at), Some((_, Token::Other(',')))) {
                        at += 1;
                    }
                }
                return at + 1;
            }
            Token::Path => {}
            // The comma and the bracket of a group are its own.
            Token::Other(',' | '}') => {
                at -= 1;
                break;
            }
            Token::Other(_) => break,
        }
    }
    let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
    imports.push(Import { name, path, public });
    at
}
