//! Keeps the rooms and the panes apart: which may use which, that the inner rooms stay pure, and which files use one
//! another.
//!
//! Reads the sources rather than the compiler's view of them: every `use` (groups and renames included) and every path
//! written out in code. What stands under `#[cfg(test)]` is not looked at, for a test may set up what it likes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod dependencies;
mod graph;
mod source;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use graph::{File, Graph, declared_for_tests, module_of};
use source::{paths, tokens};

/// The rooms, and which others each may use: only those above it, so that there is no circle of rooms.
const ROOMS: &[(&str, &[&str])] = &[
    ("event", &[]),
    ("lint", &["event"]),
    ("plan", &["event", "lint"]),
    ("session", &["event", "lint"]),
    ("query", &["event"]),
    ("expect", &["event", "session", "query"]),
    ("report", &["event", "lint", "session"]),
    ("blueshift", &["event"]),
    ("source", &["event", "session", "blueshift"]),
    ("sandbox", &["event", "session", "blueshift"]),
    ("jq", &["event", "query"]),
    ("app", &["event", "lint", "plan", "session", "query", "expect", "report", "blueshift"]),
    ("ui", &["event", "lint", "session", "app"]),
    ("runtime", &["event", "lint", "plan", "session", "query", "report", "app", "ui", "source", "jq", "blueshift"]),
    ("config", &["event", "lint", "plan", "app", "blueshift"]),
    (
        "cli",
        &[
            "event",
            "lint",
            "plan",
            "session",
            "expect",
            "report",
            "blueshift",
            "source",
            "sandbox",
            "query",
            "jq",
            "app",
            "runtime",
            "config",
        ],
    ),
];

/// The rooms without clock, input, output and async.
const PURE: &[&str] = &["event", "lint", "plan", "session", "query", "expect", "report", "blueshift", "app", "ui"];

/// Paths that a pure room may not use. ratatui's own use of crossterm is its own affair.
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

/// Names that it may not use anywhere: the clocks, and the macros that print.
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

/// The ways to the terminal: of the room, the names stand in the one file that takes sanitized text only.
const SINKS: &[(&str, &str, &[&str])] = &[
    (
        "ui",
        "ui/write.rs",
        &[
            "Line::from",
            "Line::raw",
            "Line::styled",
            "Paragraph::new",
            "Span::from",
            "Span::raw",
            "Span::styled",
            "Text::from",
            "Text::raw",
            "Text::styled",
            "set_char",
            "set_line",
            "set_span",
            "set_string",
            "set_stringn",
            "set_symbol",
        ],
    ),
    ("runtime", "runtime/log.rs", &["tracing_subscriber"]),
    ("cli", "cli/stderr.rs", &["eprint!", "eprintln!", "io::stderr"]),
];

#[test]
fn every_room_keeps_to_the_rooms_it_may_use() {
    let mut found = String::new();
    for (file, text) in sources() {
        for (line, what) in violations(&file, &text) {
            writeln!(found, "src/{}:{line}: {what}", file.display()).unwrap();
        }
    }
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn every_module_of_the_crate_is_a_known_room() {
    let known: BTreeSet<_> = ROOMS.iter().map(|(room, _)| *room).collect();
    let read = |file: &str| sources().into_iter().find(|(path, _)| path.as_os_str() == file).unwrap().1;
    let lib = read("lib.rs");
    let declared = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    assert_eq!(declared.collect::<BTreeSet<_>>(), known);
    // The binary holds the same ones when the compiler is asked what nobody uses.
    let main = read("main.rs");
    let held = main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    assert_eq!(held.collect::<BTreeSet<_>>(), known);
    for (number, (room, allowed)) in ROOMS.iter().enumerate() {
        let above: Vec<_> = ROOMS[..number].iter().map(|(room, _)| *room).collect();
        assert!(allowed.iter().all(|other| above.contains(other)), "{room} may use a room that stands below it");
    }
}

/// Files in a circle cannot be read, tested or changed one without the other. What a module holds for those inside it is
/// no circle.
#[test]
fn no_files_use_one_another() {
    let graph = Graph::new(files());
    let circles = graph.circles();
    assert!(circles.is_empty(), "these use one another: {circles:#?}");
}

/// A pane sees its own state and what it is handed. Who draws it is in the file of the same name in `ui`.
#[test]
fn a_pane_knows_neither_the_model_nor_another_pane() {
    let graph = Graph::new(files());
    let mut found = String::new();
    for (number, file) in graph.files.iter().enumerate() {
        let Some(pane) = pane_of(&file.path, "app") else { continue };
        for used in graph.uses(number) {
            let used = &graph.files[used].path;
            let another = pane_of(used, "app").is_some_and(|another| another != pane);
            if another || used == Path::new("app/model.rs") {
                writeln!(found, "{} uses {}", file.path.display(), used.display()).unwrap();
            }
        }
    }
    assert!(found.is_empty(), "\n{found}");
    let panes = |room| graph.files.iter().filter_map(|file| pane_of(&file.path, room)).collect::<BTreeSet<_>>();
    assert_eq!(panes("app"), panes("ui"), "each pane has a file in app/pane and one in ui/pane");
}

/// A use of another file is found however it is written, and of what is exported again it is where that comes from.
#[test]
fn a_circle_is_found_through_imports_and_exports() {
    let exports = "mod a;\nmod b;\npub use a::One;\npub(in crate::session) use b::Two;";
    // The files a and b below that one, and whether they use one another.
    let pairs = [
        ("use super::Two;", "fn f() { super::One::new() }", true),
        ("use super::Two;", "pub struct Two;", false),
        (
            "use crate::session::{self as s, b as other};\nfn f(x: other::Two) {}",
            "use super::a;\nconst A: a::One = a::ONE;",
            true,
        ),
        ("use crate::session as s;\nfn f(x: s::Two) {}", "use crate::session::One as Other;", true),
        ("use super::b::{Three, four::*};", "use crate::{event::Path, session::a::five};", true),
        // A module that is not used for a name, a variable that is called as one, and a test.
        ("use super::b;\nfn f() { let b = 1; b }", "use super::One;", false),
        ("use super::Two;", "#[cfg(test)]\nmod tests { use super::super::One; }", false),
    ];
    for (a, b, circle) in pairs {
        let found = circles(&[("session/mod.rs", exports), ("session/a.rs", a), ("session/b.rs", b)]);
        let expected: &[&[&str]] = if circle { &[&["session/a.rs", "session/b.rs"]] } else { &[] };
        assert_eq!(found, expected, "{a} {b}");
    }
    let inside = [("lint/mod.rs", "mod x;\npub struct Rule;\nfn f() { x::g() }"), ("lint/x.rs", "use super::Rule;")];
    assert_eq!(circles(&inside), [[""; 0]; 0]);
    let three = [
        ("app/mod.rs", "mod a;"),
        ("plan/mod.rs", "mod b;\nmod c;\nmod d;"),
        ("app/a.rs", "use crate::plan::b::B;"),
        ("plan/b.rs", "use crate::plan::c::C;"),
        ("plan/c.rs", "use crate::app::a::A;"),
        ("plan/d.rs", "use super::b::B;"),
    ];
    assert_eq!(circles(&three), [["app/a.rs", "plan/b.rs", "plan/c.rs"]]);
}

fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let read = files.iter().filter_map(|(path, text)| File::read(Path::new(path), text, &BTreeSet::new()));
    let graph = Graph::new(read.collect());
    let named = |circle: Vec<&Path>| circle.into_iter().map(|file| file.display().to_string()).collect();
    graph.circles().into_iter().map(named).collect()
}

/// Every file of `src` as it is called below it, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |file: PathBuf| (file.strip_prefix(&src).unwrap().to_owned(), fs::read_to_string(&file).unwrap());
    rust_files(&src).into_iter().map(read).collect()
}

/// The files that are compiled into the program.
fn files() -> Vec<File> {
    let sources = sources();
    let tests_only: BTreeSet<_> = sources.iter().flat_map(|(path, text)| declared_for_tests(path, text)).collect();
    sources.iter().filter_map(|(path, text)| File::read(path, text, &tests_only)).collect()
}

/// The name of the pane that a file below `app/pane` or `ui/pane` belongs to.
fn pane_of(file: &Path, room: &str) -> Option<String> {
    let module = module_of(file.strip_prefix(room).ok()?.strip_prefix("pane").ok()?);
    module.into_iter().next()
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

/// The violations in a file of `src`, with the lines.
fn violations(file: &Path, text: &str) -> Vec<(usize, String)> {
    let modules = module_of(file);
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
    found.extend(paths(&tokens(text)).into_iter().filter_map(|(line, path)| {
        let (_, sink, names) = SINKS.iter().find(|(of, sink, _)| *of == room && file != Path::new(sink))?;
        let name = names.iter().find(|name| is_named(&path, name))?;
        Some((line, format!("{name} is for {sink}, which takes sanitized text only")))
    }));
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
    let names = |name: &&&str| is_named(path, name);
    IMPURE_ROOTS.iter().find(|root| begins(root)).or_else(|| IMPURE_NAMES.iter().find(names)).copied()
}

fn is_named(path: &[String], name: &str) -> bool {
    let name: Vec<_> = name.split("::").collect();
    path.windows(name.len()).any(|part| part == name)
}
