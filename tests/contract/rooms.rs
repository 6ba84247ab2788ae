//! The table of rooms in DESIGN.md, held against the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Rooms = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rows of the table: a room and the rooms it may use.
fn allowed(design: &str) -> Rooms {
    let quoted = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    design
        .lines()
        .skip_while(|line| !line.starts_with("| Room | May use |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            (quoted(cells[0]).remove(0), quoted(cells[1]).into_iter().collect())
        })
        .collect()
}

/// The rooms that a source text names in paths from the crate's root.
fn named(source: &str) -> BTreeSet<String> {
    source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

fn sources(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        let code = place.extension().is_some_and(|extension| extension == "rs");
        return code.then(|| place.to_owned()).into_iter().collect();
    }
    let entries = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| sources(&path)).collect()
}

#[test]
fn each_room_uses_only_what_the_table_allows() {
    let allowed = allowed(&fs::read_to_string(root().join("DESIGN.md")).unwrap());
    assert!(allowed.len() >= 8, "the table was read: {allowed:?}");
    let mut used = 0;
    for (room, may_use) in &allowed {
        for file in sources(&root().join("src").join(room)) {
            let mut uses = named(&fs::read_to_string(&file).unwrap());
            uses.remove(room);
            used += uses.len();
            let forbidden: Vec<_> = uses.difference(may_use).collect();
            assert!(forbidden.is_empty(), "{} uses {forbidden:?}", file.display());
        }
    }
    assert!(used > 20, "uses were found: {used}");
}

#[test]
fn the_table_names_every_room_and_no_other() {
    let listed: BTreeSet<String> =
        allowed(&fs::read_to_string(root().join("DESIGN.md")).unwrap()).into_keys().collect();
    let present: BTreeSet<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "lib" && name != "main")
        .collect();
    assert_eq!(listed, present);
}

#[test]
fn the_emulator_depends_on_nothing_of_the_provider() {
    let manifest = fs::read_to_string(root().join("emulator/Cargo.toml")).unwrap();
    assert!(manifest.contains("ibm-sm-emulator"));
    assert!(!manifest.contains("terraform-provider-ibm"));
    for file in sources(&root().join("emulator/src")) {
        assert!(!fs::read_to_string(&file).unwrap().contains("ibm_sm_provider"));
    }
}

#[test]
fn every_room_and_file_opens_with_its_rule() {
    for file in sources(&root().join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} has no rule", file.display());
    }
}
