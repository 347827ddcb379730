//! Names the commit in the version: that of the package, or of the repository.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let version = env!("CARGO_PKG_VERSION");
    let version = match commit() {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    };
    println!("cargo::rustc-env=CLICKSCOPE_VERSION={version}");
}

fn commit() -> Option<String> {
    // What is written on the way is not worth compiling everything anew with each commit.
    if std::env::var("PROFILE").as_deref() != Ok("release") {
        return None;
    }
    packaged().or_else(checked_out)
}

/// The commit that cargo notes in a package.
fn packaged() -> Option<String> {
    let note = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let hash = note.split("\"sha1\"").nth(1)?.split('"').nth(1)?;
    short(hash)
}

/// The commit of the repository that this is the root of: a package that was unpacked inside another one is of that one no
/// commit.
fn checked_out() -> Option<String> {
    Path::new(".git").exists().then_some(())?;
    for file in ["HEAD".to_owned(), "packed-refs".to_owned()].into_iter().chain(git(&["symbolic-ref", "-q", "HEAD"])) {
        let path = git(&["rev-parse", "--git-path", &file])?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    short(&git(&["rev-parse", "HEAD"])?)
}

fn short(hash: &str) -> Option<String> {
    let short = hash.get(..9)?;
    short.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| short.to_owned())
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
