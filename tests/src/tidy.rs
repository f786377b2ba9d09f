//! What the project promises about itself: every error is tested and says its remedy, files stay small, rooms stay apart.

use std::fs;
use std::path::{Path, PathBuf};

/// Errors that no input can provoke: each with the reason.
const UNREACHABLE: [(&str, &str); 1] =
    [("TransferMismatch", "mints that take a fee are refused when their vault is made; the check guards that list")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files_below(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    let mut rest = vec![root().join(folder)];
    while let Some(folder) = rest.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "node_modules" && name != "generated" && name != "target" {
                rest.push(path);
            } else if name.ends_with(ending) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

fn errors() -> Vec<(String, String)> {
    let idl: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(root().join("idls/plimsoll.json")).unwrap()).unwrap();
    let errors = idl["errors"].as_array().unwrap();
    errors.iter().map(|e| (e["name"].as_str().unwrap().into(), e["msg"].as_str().unwrap().into())).collect()
}

#[test]
fn every_error_has_a_test_that_names_it() {
    let tests = [files_below("tests/src/cases", ".rs"), files_below("tests/src/stories", ".rs")].concat();
    let has_word = |text: &str, word: &str| {
        let ends = |at: usize| !text[at + word.len()..].starts_with(|c: char| c.is_alphanumeric());
        text.match_indices(word).any(|(at, _)| ends(at))
    };
    let is_tested = |name: &str| {
        tests.iter().any(|(_, text)| {
            let imports = text.contains("use PlimsollError::{") && has_word(text, &format!(" {name}"));
            imports || has_word(text, &format!("PlimsollError::{name}"))
        })
    };
    let is_excused = |name: &str| UNREACHABLE.iter().any(|(excused, _)| *excused == name);
    let untested: Vec<String> =
        errors().into_iter().map(|(name, _)| name).filter(|name| !is_tested(name) && !is_excused(name)).collect();
    assert!(untested.is_empty(), "no test expects {untested:?}");
}

#[test]
fn every_error_says_the_fact_and_the_remedy() {
    for (name, message) in errors() {
        let (fact, remedy) = message.split_once(": ").unwrap_or_default();
        assert!(fact.len() > 10 && remedy.len() > 10, "{name}: {message:?} lacks a fact or a remedy");
    }
}

#[test]
fn files_stay_small() {
    for (path, text) in
        ["programs/plimsoll/src", "crates/risk/src", "crates/localnet/src", "crates/risk-json/src", "tests/src"]
            .iter()
            .flat_map(|folder| files_below(folder, ".rs"))
    {
        let is_table = path.to_string_lossy().ends_with("_table.rs");
        let lines = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().lines().count();
        assert!(is_table || lines <= 400, "{} has {lines} lines: split it", path.display());
    }
}

#[test]
fn the_risk_crate_depends_on_nothing() {
    let manifest = fs::read_to_string(root().join("crates/risk/Cargo.toml")).unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let own = section.split("\n[").next().unwrap_or_default();
    let named: Vec<&str> = own.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).collect();
    assert!(named.is_empty(), "crates/risk must not depend on {named:?}");
}

#[test]
fn only_one_room_of_the_program_builds_risk_portfolios() {
    for (path, text) in files_below("programs/plimsoll/src", ".rs") {
        let is_adapter = path.to_string_lossy().contains("/src/health/");
        assert!(
            is_adapter || !(text.contains("CrossExpiry") || text.contains("PortfolioBook")),
            "{} values positions itself: call health()",
            path.display()
        );
    }
}
