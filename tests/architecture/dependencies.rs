//! The dependencies: their licences, and those in more than one version.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

/// The platforms that are built for.
const PLATFORMS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-apple-darwin"];

/// The licences that a program under MIT or Apache-2.0 may be built from, as SPDX names them.
const LICENCES: &[&str] = &[
    "Apache-2.0",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    // It holds for the files of a crate that are changed; none is.
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

/// The crates in more than one version, with who asks for the one that nobody else needs.
const DOUBLES: &[(&str, &str)] = &[
    ("base64", "crossterm and jaq-std have 0.22"),
    ("bit-vec", "jsonschema, in tests, has 0.8"),
    ("foldhash", "jaq-json has 0.1"),
    ("getrandom", "ring has 0.2; jsonschema, in tests, 0.3"),
    ("itertools", "criterion, in benches, has 0.13"),
    ("syn", "the derive macros of strum (ratatui) and derive_more (crossterm) have 2"),
    ("thiserror", "filedescriptor, of portable-pty, in tests, has 1"),
    ("thiserror-impl", "filedescriptor, of portable-pty, in tests, has 1"),
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
}

fn packages() -> Vec<Package> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["metadata", "--locked", "--format-version", "1"]);
    let told = cargo.args(PLATFORMS.iter().flat_map(|platform| ["--filter-platform", platform])).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice::<Metadata>(&told.stdout).unwrap().packages
}

/// Whether `expression` (SPDX, or the older form with slashes) leaves a choice that is allowed. Brackets are not looked
/// at: of each part between two `AND`s one licence has to be allowed, which is never less than the expression asks.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace(['(', ')'], "").replace('/', " OR ");
    expression.split(" AND ").all(|part| part.split(" OR ").any(|licence| LICENCES.contains(&licence.trim())))
}

#[test]
fn every_licence_is_one_that_is_allowed() {
    let packages = packages();
    let refused: Vec<_> = packages
        .iter()
        .filter(|package| !package.license.as_deref().is_some_and(is_allowed))
        .map(|Package { name, version, license }| format!("{name} {version}: {license:?}"))
        .collect();
    assert!(refused.is_empty(), "licences that are not allowed:\n{}", refused.join("\n"));
    let unused: Vec<_> = LICENCES
        .iter()
        .filter(|licence| !packages.iter().any(|package| package.license.as_deref().unwrap_or("").contains(*licence)))
        .collect();
    assert!(unused.is_empty(), "allowed and not used by any: {unused:?}");
}

#[test]
fn what_is_there_in_two_versions_is_known() {
    let mut versions: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let packages = packages();
    for package in &packages {
        versions.entry(&*package.name).or_default().insert(&*package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let known: Vec<_> = DOUBLES.iter().map(|(name, _)| *name).collect();
    assert_eq!(versions.keys().copied().collect::<Vec<_>>(), known, "{versions:?}");
}

#[test]
fn an_expression_of_licences_is_read() {
    let cases = [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("Unlicense OR MIT", true),
        ("MIT/GPL-3.0-only", true),
        ("Apache-2.0 AND ISC", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR GPL-3.0-only) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND OpenSSL", false),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("", false),
    ];
    for (expression, expected) in cases {
        assert_eq!(is_allowed(expression), expected, "{expression}");
    }
}
