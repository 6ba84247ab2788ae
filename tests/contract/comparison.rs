//! Each row of docs/comparison.md names scenarios that exist, and the README names some of these.

use std::path::Path;

const TABLE: &str = include_str!("../../docs/comparison.md");

const README: &str = include_str!("../../README.md");

const GUIDE: &str = include_str!("../../docs/guides/migration.md");
const GUIDE_TESTS: &str = include_str!("../../acceptance-tests/harness/guide.rs");

/// The rows of the table: the first cell, and the scenarios in the last.
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [about, _, _, shown] = cells[..] else { panic!("not four cells: {row}") };
        (about, shown.split('`').filter(|name| name.contains('/')).collect())
    })
    .collect()
}

#[test]
fn every_row_names_scenarios_that_exist() {
    let rows = rows();
    assert!(rows.len() > 20, "the table has {} rows", rows.len());
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("acceptance-tests/scenarios");
    for (about, shown) in rows {
        assert!(!shown.is_empty(), "no scenario shows {about:?}");
        for name in shown {
            if let Some(way) = name.strip_prefix("guide/") {
                let follows = |text: &str| text.contains(&format!("<!-- begin {way} -->"));
                let is_test = follows(GUIDE) || GUIDE_TESTS.contains(&format!("\"{name}\""));
                assert!(is_test, "{about:?} is shown by {name}, which does not exist");
                continue;
            }
            let folder = scenarios.join(name);
            let exists = ["expect.json", "cases.json", "runs.json"]
                .iter()
                .any(|file| folder.join(file).is_file());
            assert!(exists, "{about:?} is shown by {name}, which does not exist");
        }
    }
}

#[test]
fn the_readme_names_scenarios_of_the_table() {
    let (_, section) = README.split_once("## What the official provider does not do").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let table: Vec<&str> = rows().into_iter().flat_map(|(_, shown)| shown).collect();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 4, "{rows:?}");
    for row in rows {
        let names: Vec<&str> =
            row.split('`').filter(|name| name.contains('/') && !name.contains(' ')).collect();
        assert!(!names.is_empty(), "{row}");
        for name in names {
            assert!(table.contains(&name), "{name} is not in docs/comparison.md");
        }
    }
}
