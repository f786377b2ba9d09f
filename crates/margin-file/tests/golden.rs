//! Every golden portfolio of `tests/vectors` against the risk crate. They come from an independent model in double
//! precision (`tests/reference`); `tests/vectors/README.md` documents format and tolerance. The environment variable
//! `PLIMSOLL_VECTORS` names another folder of vectors, as `tests/reference/fuzz.py` writes them.

use plimsoll_margin_file::compare::Findings;
use plimsoll_margin_file::load;
use std::path::PathBuf;

fn vectors() -> PathBuf {
    let named = std::env::var_os("PLIMSOLL_VECTORS").map(PathBuf::from);
    named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"))
}

/// The vectors of a folder by name, compared.
fn compared(folder: &str) -> Vec<(String, Findings)> {
    let path = vectors().join(folder);
    let entries = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let compare = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let account = load(&text).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        (name, Findings::of(&account, 1.0))
    };
    files.into_iter().map(compare).collect()
}

fn check(folder: &str, at_least: usize) {
    let all = compared(folder);
    assert!(all.len() >= at_least, "only {} vectors found", all.len());
    if let Some((file, findings)) = all.iter().max_by(|(_, a), (_, b)| a.worst.total_cmp(&b.worst)) {
        println!("{} vectors; the worst uses {:.1} % of its tolerance: {file}", all.len(), findings.worst * 100.0);
    }
    let failed = all.iter().filter(|(_, findings)| !findings.is_empty()).count();
    let lines =
        all.iter().flat_map(|(file, findings)| findings.lines.iter().map(move |line| format!("{file}: {line}")));
    let lines: Vec<String> = lines.take(60).collect();
    assert!(lines.is_empty(), "{failed} of {} vectors disagree:\n{}", all.len(), lines.join("\n"));
}

#[test]
fn cross_margin_agrees_with_the_reference_model() {
    check("cross", 120);
}

#[test]
fn portfolio_margin_agrees_with_the_reference_model() {
    check("portfolio", 320);
}

#[test]
fn what_is_further_off_than_allowed_is_named_and_more_is_allowed_when_asked() {
    let file = vectors().join("portfolio");
    let file = std::fs::read_dir(file).unwrap().next().unwrap().unwrap().path();
    let mut account = load(&std::fs::read_to_string(file).unwrap()).unwrap();
    let expected = account.expected.as_mut().unwrap();
    expected["equity"] = (expected["equity"].as_f64().unwrap() + 1.0).into();
    let findings = Findings::of(&account, 1.0);
    assert!(matches!(&findings.lines[..], [line] if line.starts_with("equity is ")), "{:?}", findings.lines);
    assert!(findings.worst > 1.0);
    assert!(Findings::of(&account, 1.01 * findings.worst).is_empty());
    account.expected = None;
    assert!(!Findings::of(&account, 1.0).is_empty());
}
