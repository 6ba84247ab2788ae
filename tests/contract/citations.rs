//! What the texts of this repository cite is there: sections of `docs/reference`,
//! and documents by their names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex_lite::Regex;

/// A section, an appendix, or an operation of IBM's API.
const ITEM: &str = r"(?:\d+(?:\.\d+)?|[Aa]ppendix [A-Z]|[GSVLC]\d)\b";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The texts below a folder. This file is left out: its examples cite what does not exist.
fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with('.') || name == "target" || path.ends_with(file!()) {
            continue;
        }
        if path.is_dir() {
            found.extend(texts(&path));
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push((path, text));
        }
    }
    found
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(&pattern.replace("ITEM", ITEM)).unwrap()
}

/// What can be cited of a reference: its headings, and the rows of IBM's operations.
fn citable(reference: &str) -> BTreeSet<String> {
    let places = pattern(r"(?m)^(?:##+ (ITEM)|\| ([GSVLC]\d) \|)");
    let found = places.captures_iter(reference).filter_map(|place| place.get(1).or(place.get(2)));
    found.map(|item| item.as_str().to_lowercase()).collect()
}

/// The citations in a text: a reference's name and each section that follows it, also on the
/// next line of a comment.
fn cited(text: &str) -> Vec<(String, String)> {
    static LINE_BREAK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s*\n\s*(?://[/!]?|#)?\s*"));
    static LIST: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(ibm-api|plugin-protocol)(?:\.md)?\W{1,4}(?:sections? )?(ITEM(?:(?:, and|,| and| to|–) ?ITEM)*)",
        )
    });
    static ITEMS: LazyLock<Regex> = LazyLock::new(|| pattern("ITEM"));
    let mut found = Vec::new();
    if !text.contains("ibm-api") && !text.contains("plugin-protocol") {
        return found;
    }
    for list in LIST.captures_iter(&LINE_BREAK.replace_all(text, " ")) {
        let items = ITEMS.find_iter(list.get(2).unwrap().as_str());
        found.extend(items.map(|item| (list[1].to_owned(), item.as_str().to_lowercase())));
    }
    found
}

/// The citations of `ibm-api.md` by number alone: in the comments of the emulator's contract
/// tests, and in the column "Section" of its README.
fn cited_by_number(path: &Path, text: &str) -> Vec<String> {
    let places = if path.starts_with(root().join("emulator/tests/contract")) {
        pattern(r"(?m)^//[/!](.*)$")
    } else if path == root().join("emulator/README.md") {
        pattern(r"(?m)^\| [^|]+ \| (\d\.\d[^|]*) \|")
    } else {
        return Vec::new();
    };
    let number = pattern(r"\b(?:\d\.\d+|[GSVLC]\d)\b");
    let mut found = Vec::new();
    for place in places.captures_iter(text) {
        let numbers = number.find_iter(place.get(1).unwrap().as_str());
        found.extend(numbers.map(|number| number.as_str().to_lowercase()));
    }
    found
}

#[test]
fn each_cited_section_exists() {
    let places: BTreeMap<_, _> = ["ibm-api", "plugin-protocol"]
        .map(|name| {
            let path = root().join(format!("docs/reference/{name}.md"));
            (name.to_owned(), citable(&fs::read_to_string(path).unwrap()))
        })
        .into();
    let (mut named, mut numbered, mut missing) = (0, 0, Vec::new());
    for (path, text) in texts(root()) {
        let by_name = cited(&text);
        let by_number = cited_by_number(&path, &text);
        named += by_name.len();
        numbered += by_number.len();
        let by_number = by_number.into_iter().map(|item| ("ibm-api".to_owned(), item));
        for (reference, item) in by_name.into_iter().chain(by_number) {
            if !places[&reference].contains(&item) {
                missing.push(format!("{}: {reference}.md {item}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "cited, but not there:\n{}", missing.join("\n"));
    assert!(named > 150, "citations were found: {named}");
    assert!(numbered > 200, "citations by number were found: {numbered}");
}

#[test]
fn each_document_that_is_named_exists() {
    let texts = texts(root());
    let is_document = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let documents: BTreeSet<&str> = texts
        .iter()
        .map(|(path, _)| path)
        .filter(is_document)
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    let name = pattern(r"[A-Za-z0-9_-]+\.md\b");
    let mut found = 0;
    for (path, text) in texts.iter().filter(|(_, text)| text.contains(".md")) {
        for name in name.find_iter(text) {
            found += 1;
            let name = name.as_str();
            assert!(documents.contains(name), "{} names {name}", path.display());
        }
    }
    assert!(found > 150, "names of documents were found: {found}");
}

#[test]
fn sections_appendices_and_operations_can_be_cited() {
    let reference = "# Title 3\n## 1. One\n### 1.12 Two\n## Appendix A. Three\n\
        | S1 | create |\n| 6.9 | a row |\n| 4 | another |\nsee 1.7\n";
    let expected = ["1", "1.12", "appendix a", "s1"].map(str::to_owned);
    assert_eq!(citable(reference), expected.into());
}

#[test]
fn citations_are_read_in_all_their_spellings() {
    for (text, expected) in [
        ("(ibm-api.md 9.1).", vec!["9.1"]),
        ("ibm-api.md 9.1, V3", vec!["9.1", "v3"]),
        ("`ibm-api.md` §9.1, 9.12 and 9", vec!["9.1", "9.12", "9"]),
        ("ibm-api.md, sections 9.4 to 9.8, appendix A)", vec!["9.4", "9.8", "appendix a"]),
        ("//! on two lines (ibm-api.md\n//! 9.2,\n//! 9.5).", vec!["9.2", "9.5"]),
        ("ibm-api.md 9.2: about 2 seconds", vec!["9.2"]),
        ("the reference `ibm-api.md`. 3 of them", vec!["3"]),
        ("of ibm-api.md; for all 3", vec![]),
    ] {
        let items: Vec<_> = cited(text).into_iter().map(|(_, item)| item).collect();
        assert_eq!(items, expected, "{text}");
    }
}
