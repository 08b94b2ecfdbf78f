//! Who may import whom: read from the sources, so that it stays true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Our own modules that each module may name. What is not listed here is new: place it.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("org", &[]),
    ("sim", &[]),
    ("action", &[]),
    ("keys", &[]),
    ("config", &["org"]),
    ("confirm", &["keys", "org"]),
    ("effect", &["confirm", "msg", "org"]),
    ("msg", &["org"]),
    (
        "app",
        &[
            "action", "config", "confirm", "effect", "keys", "msg", "org",
        ],
    ),
    ("ui", &["action", "app", "confirm", "msg", "org"]),
    ("store", &["confirm", "org"]),
    // Of `store` only the proof that an intent is on the disk.
    ("aws", &["org", "store"]),
    (
        "worker",
        &["aws", "config", "confirm", "effect", "msg", "org", "store"],
    ),
    (
        "runtime",
        &[
            "app", "aws", "config", "effect", "msg", "org", "store", "ui", "worker",
        ],
    ),
    ("logging", &["cli", "store"]),
    ("cli", &["aws", "sim"]),
    (
        "commands",
        &[
            "app", "aws", "cli", "config", "confirm", "msg", "org", "runtime", "sim", "store",
            "ui", "worker",
        ],
    ),
    ("main", &["cli", "commands", "logging"]),
    ("lib", &[]),
];

/// Crates that a module must do without: state does no I/O, only `aws` names the SDK, only what
/// draws names ratatui.
const MUST_NOT_NAME: &[(&str, &[&str])] = &[
    ("org", &["tokio", "ratatui", "crossterm", "aws_"]),
    ("app", &["tokio", "ratatui", "aws_"]),
    ("action", &["tokio", "ratatui", "aws_"]),
    ("effect", &["tokio", "ratatui", "aws_"]),
    ("msg", &["tokio", "ratatui", "aws_"]),
    ("ui", &["tokio", "aws_", "crossterm"]),
    ("confirm", &["tokio", "ratatui", "aws_"]),
    ("config", &["tokio", "ratatui", "aws_", "crossterm"]),
    ("store", &["tokio", "ratatui", "aws_", "crossterm"]),
    ("worker", &["aws_", "ratatui"]),
    ("runtime", &["aws_"]),
    ("commands", &["aws_", "ratatui"]),
    ("sim", &["aws_", "ratatui"]),
];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") {
            into.push(path);
        }
    }
}

/// The top module of each source file, and its text without comments.
fn modules() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    // Tests beside the code may judge it with whatever serves.
    files.retain(|file| {
        !file.ends_with("tests.rs") && !file.to_string_lossy().ends_with("_tests.rs")
    });
    let module = |file: &Path| {
        let first = file.strip_prefix(&src).ok()?.components().next()?;
        Some(
            first
                .as_os_str()
                .to_str()?
                .trim_end_matches(".rs")
                .to_owned(),
        )
    };
    let files = files.into_iter().map(|file| {
        let text = fs::read_to_string(&file).expect("text");
        let code = text
            .lines()
            .map(|line| line.split("//").next().unwrap_or(""));
        (
            module(&file).expect("below src"),
            file,
            code.collect::<Vec<_>>().join("\n"),
        )
    });
    files.collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
}

/// The modules named after each occurrence of `prefix`, which may open a list in braces.
fn modules_after<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        let Some(list) = rest.trim_start().strip_prefix('{') else {
            found.insert(first_word(rest));
            continue;
        };
        found.insert(first_word(list));
        let mut depth = 1;
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => drop(found.insert(first_word(&list[at + 1..]))),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

/// Whether the code names a crate: exactly this one, or, if the name ends in `_`, one that begins so.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let word = first_word(&code[at..]);
        let after = code[at + word.len()..].trim_start();
        let own_path = code[..at].ends_with("::");
        !before.is_some_and(is_word)
            && !own_path
            && (name.ends_with('_') || word == name)
            && (after.starts_with("::") || after.starts_with(';') || after.starts_with("as "))
    })
}

#[test]
fn forbidden_imports_are_recognised_however_they_are_written() {
    let modules = |code| modules_after(code, "crate::");
    assert!(modules("use crate::{org::{Tree, Node}, aws};").contains("aws"));
    assert!(!modules("use crate::{org::{Tree, aws}, ui};").contains("aws"));
    assert!(modules("let x = crate::aws::walk();").contains("aws"));
    for code in [
        "let client: aws_sdk_organizations::Client;",
        "pub use aws_types::region;",
        "pub(crate) use aws_config;",
        "use aws_config as config;",
    ] {
        assert!(names_crate(code, "aws_"), "{code}");
    }
    assert!(names_crate("use tokio::sync::mpsc;", "tokio"));
    assert!(!names_crate(
        "tokio_like::x; my_tokio::y; self::tokio::z",
        "tokio"
    ));
}

#[test]
fn modules_import_only_what_the_design_allows() {
    for (module, file, code) in modules() {
        let (_, allowed) = MAY_IMPORT
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("{module} has no place in MAY_IMPORT"));
        let known: BTreeSet<&str> = MAY_IMPORT.iter().map(|(name, _)| *name).collect();
        for prefix in ["crate::", "orgscope::"] {
            for used in modules_after(&code, prefix) {
                let fine = used == module || allowed.contains(&used) || !known.contains(used);
                assert!(fine, "{}: {module} must not import {used}", file.display());
            }
        }
    }
}

#[test]
fn each_layer_does_without_the_crates_of_the_others() {
    for (module, file, code) in modules() {
        let rules = MUST_NOT_NAME.iter().filter(|(name, _)| *name == module);
        for forbidden in rules.flat_map(|(_, crates)| *crates) {
            let named = names_crate(&code, forbidden);
            assert!(
                !named,
                "{}: {module} must not name {forbidden}",
                file.display()
            );
        }
    }
}
