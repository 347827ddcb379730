//! Keeps the rooms apart: which may use which, and that the inner ones stay pure.
//!
//! Reads the sources rather than the compiler's view of them: every `use` (groups and renames included) and every path
//! written out in code. What stands under `#[cfg(test)]` is not looked at, for a test may set up what it likes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, and which others each may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("event", &[]),
    ("lint", &["event"]),
    ("plan", &["event", "lint"]),
    ("session", &["event", "lint"]),
    ("blueshift", &["event"]),
    ("source", &["event", "session", "blueshift"]),
    ("sandbox", &["event", "session", "blueshift"]),
    ("app", &["event", "lint", "plan", "session", "blueshift"]),
    ("ui", &["event", "lint", "session", "app"]),
    ("runtime", &["event", "lint", "plan", "session", "app", "ui", "source", "blueshift"]),
    ("config", &["event", "lint", "plan", "app", "blueshift"]),
    ("cli", &["event", "lint", "plan", "session", "blueshift", "source", "sandbox", "app", "runtime", "config"]),
];

/// The rooms without clock, input, output and async.
const PURE: &[&str] = &["event", "lint", "plan", "session", "blueshift", "app", "ui"];

/// What a path in a pure room may not begin with. ratatui's own use of crossterm is its own affair.
const IMPURE_ROOTS: &[&str] = &[
    "axum",
    "crossterm",
    "futures_util",
    "hyper",
    "reqwest",
    "rustix",
    "tokio",
    "std::env",
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
];

/// What it may not name anywhere: the clocks, and the macros that print.
const IMPURE_NAMES: &[&str] = &[
    "Instant",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "dbg!",
    "eprint!",
    "eprintln!",
    "print!",
    "println!",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
];

#[test]
fn every_room_keeps_to_the_rooms_it_may_use() {
    let mut found = String::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&src) {
        let text = fs::read_to_string(&file).unwrap();
        let inside = file.strip_prefix(&src).unwrap();
        for (line, what) in violations(inside, &text) {
            writeln!(found, "src/{}:{line}: {what}", inside.display()).unwrap();
        }
    }
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn every_module_of_the_crate_is_a_known_room() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let mut declared: Vec<_> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut known: Vec<_> = ROOMS.iter().map(|(room, _)| *room).collect();
    declared.sort_unstable();
    known.sort_unstable();
    assert_eq!(declared, known);
}

/// The check itself: what it must catch, with the line, and what it must let pass.
#[test]
fn a_reach_into_another_room_is_caught_however_it_is_written() {
    let caught = [
        ("session/tracker.rs", "use crate::event::Path;\nuse crate::ui::Theme;", 2, "session may not use ui"),
        (
            "session/mod.rs",
            "use crate::{\n    event::Path,\n    app::{Key, Model as M},\n};",
            3,
            "session may not use app",
        ),
        ("session/mod.rs", "pub use super::runtime::run;", 1, "session may not use runtime"),
        ("session/tracker.rs", "fn f() {\n    let x = super::super::cli::main();\n}", 2, "session may not use cli"),
        ("event/mod.rs", "fn f(x: &crate::session::Moment) {}", 1, "event may not use session"),
        ("event/mod.rs", "mod inner { fn f() { crate :: session :: now() } }", 1, "event may not use session"),
        ("ui/table/row.rs", "type R = Vec<crate::source::Source>;", 1, "ui may not use source"),
        ("app/model.rs", "use tokio::time::sleep;", 1, "tokio"),
        ("app/model.rs", "use std::{collections::HashMap,\n fs};", 2, "std::fs"),
        ("app/model.rs", "fn f() { std::env::var(\"HOME\"); }", 1, "std::env"),
        ("app/model.rs", "fn f() { ::std::net::TcpStream::connect(a); }", 1, "std::net"),
        ("ui/mod.rs", "use crossterm::event::KeyCode;", 1, "crossterm"),
        ("event/x.rs", "// crate::ui is not here\nfn f() { jiff::Timestamp::now() }", 2, "Timestamp::now"),
        ("session/x.rs", "use std::time::{Duration, Instant};", 1, "Instant"),
        ("blueshift/x.rs", "fn f() { std::time::SystemTime::now(); }", 1, "SystemTime"),
        ("event/x.rs", "fn f() { println!(\"{}\", 1) }", 1, "println!"),
        (
            "event/x.rs",
            "#[cfg(test)]\nmod tests { use crate::ui::Theme; }\nuse crate::ui::Theme;",
            3,
            "event may not use ui",
        ),
        ("event/x.rs", "#[cfg(test)]\nuse crate::session::A;\nuse crate::session::B;", 3, "event may not use session"),
        (
            "event/x.rs",
            "const A: char = '\"'; use crate::session::B; const C: char = '\"';",
            1,
            "event may not use session",
        ),
        ("event/x.rs", "fn f<'a>(a: &'a str) { crate::session::b::<'a>() }", 1, "event may not use session"),
        ("attic/mod.rs", "", 1, "attic is no room"),
    ];
    for (file, text, line, what) in caught {
        let found = violations(Path::new(file), text);
        assert_eq!(found.len(), 1, "{file}: {text:?} gave {found:?}");
        assert_eq!(found[0].0, line, "{file}: {text:?}");
        assert!(found[0].1.contains(what), "{file}: {text:?} gave {found:?}");
    }

    let let_pass = [
        ("session/tracker.rs", "use super::Moment;\nuse crate::event::{Path, Segment};\nuse crate::session::Rate;"),
        ("session/tracker.rs", "// crate::ui\n/* crate::ui /* crate::cli */ tokio::spawn */ fn f() {}"),
        ("session/tracker.rs", "/// [`crate::runtime`] and std::fs\nconst A: &str = \"crate::ui\";"),
        ("session/tracker.rs", "const A: &str = r#\"use crate::ui; \"quoted\" \"#; const B: &[u8] = br\"\\\";"),
        (
            "session/tracker.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::ui::Theme;\n    fn f() { tokio::spawn(()) }\n}",
        ),
        ("session/tracker/tests.rs", "use crate::ui::Theme;"),
        ("session/law_tests/order.rs", "use crate::ui::Theme;"),
        ("ui/mod.rs", "use ratatui::crossterm::event::KeyCode;"),
        ("app/x.rs", "fn f(m: Moment) { m.now(); jiff::Timestamp::from_second(1); self::tokio(); }"),
        ("runtime/x.rs", "use tokio::time::Instant;\nuse crate::source::Source;"),
        ("cli/x.rs", "use crate::sandbox::Sandbox; use std::env;"),
        ("main.rs", "fn main() { clickscope::cli::main() }"),
    ];
    for (file, text) in let_pass {
        assert_eq!(violations(Path::new(file), text), [], "{file}: {text:?}");
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// What is wrong in a file of `src`, with the lines.
fn violations(file: &Path, text: &str) -> Vec<(usize, String)> {
    let mut modules: Vec<_> = file.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if modules.last().is_some_and(|last| last == "mod") {
        modules.pop();
    }
    let room = modules[0].as_str();
    if room == "main" || room == "lib" || modules.iter().any(|module| module.ends_with("tests")) {
        return Vec::new();
    }
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![(1, format!("{room} is no room"))];
    };

    let mut found = Vec::new();
    for (line, path) in paths(&tokens(text)) {
        if let Some(other) = room_of(&path, modules.len())
            && other != room
            && ROOMS.iter().any(|(name, _)| *name == other)
            && !allowed.contains(&other)
        {
            found.push((line, format!("{room} may not use {other}")));
        }
        if PURE.contains(&room)
            && let Some(impure) = impurity(&path)
        {
            found.push((line, format!("{room} is pure and may not use {impure}")));
        }
    }
    found.dedup();
    found
}

/// The room that a path leads to from the root of the crate, in a module `depth` levels below it.
fn room_of(path: &[String], depth: usize) -> Option<&str> {
    let supers = path.iter().take_while(|segment| *segment == "super").count();
    match path.first()?.as_str() {
        "crate" => path.get(1).map(String::as_str),
        "super" if supers >= depth => path.get(supers).map(String::as_str),
        _ => None,
    }
}

fn impurity(path: &[String]) -> Option<&'static str> {
    let begins =
        |with: &&str| path.len() >= with.split("::").count() && with.split("::").zip(path).all(|(a, b)| a == b);
    let names = |name: &&str| {
        let name: Vec<_> = name.split("::").collect();
        path.windows(name.len()).any(|part| part == name)
    };
    IMPURE_ROOTS.iter().find(|root| begins(root)).or_else(|| IMPURE_NAMES.iter().find(|name| names(name))).copied()
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Path,
    Other(char),
}

/// The tokens with their lines, as far as paths need them: comments, strings and lifetimes are left out, and so is what
/// is compiled for tests only.
fn tokens(text: &str) -> Vec<(usize, Token)> {
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
fn paths(tokens: &[(usize, Token)]) -> Vec<(usize, Vec<String>)> {
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
