//! Holds the provider, the emulator, the acceptance harness, the fault matrix and the
//! targets of the fuzzer to the rooms in DESIGN.md.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use self::cycles::cycles;
use self::modules::Sources;
use self::table::{differences, first_sentence, room, table};
use self::uses::Uses;

mod cases;
mod cycles;
mod modules;
mod paths;
mod table;
mod uses;

/// A crate, and the folder in it whose entries are rooms.
struct Place {
    /// The folders with all of its sources.
    sources: &'static [&'static str],
    roots: &'static [&'static str],
    rooms: &'static str,
    manifest: &'static str,
}

const PROVIDER: Place = Place {
    sources: &["src"],
    roots: &["src/lib.rs", "src/main.rs"],
    rooms: "src",
    manifest: "Cargo.toml",
};
const EMULATOR: Place = Place {
    sources: &["emulator/src"],
    roots: &["emulator/src/lib.rs", "emulator/src/main.rs"],
    rooms: "emulator/src",
    manifest: "emulator/Cargo.toml",
};
const HARNESS: Place = Place {
    sources: &["acceptance-tests", "tests/support"],
    roots: &["acceptance-tests/main.rs", "acceptance-tests/faults/main.rs"],
    rooms: "acceptance-tests/harness",
    manifest: "Cargo.toml",
};
/// Uses the harness, so it is read together with it.
const MATRIX: Place = Place { rooms: "acceptance-tests/faults", ..HARNESS };
const FUZZ: Place = Place {
    sources: &["tests/fuzz/src"],
    roots: &["tests/fuzz/src/lib.rs", "tests/fuzz/src/main.rs"],
    rooms: "tests/fuzz/src",
    manifest: "tests/fuzz/Cargo.toml",
};
/// The tests have no rooms. They must not have cycles either.
const TESTS: Place = Place {
    sources: &["tests"],
    roots: &["tests/cost.rs", "tests/main.rs", "tests/panics.rs", "tests/soak.rs"],
    rooms: "tests",
    manifest: "Cargo.toml",
};

/// Dependencies that only one room of the provider may use.
const CRATES: [(&str, &str); 6] = [
    ("hcl_edit", "check"),
    ("reqwest", "client"),
    ("tonic", "plugin"),
    ("tonic_health", "plugin"),
    ("prost", "plugin"),
    ("prost_types", "plugin"),
];

impl Place {
    fn sources(&self) -> Sources {
        let mut found = Sources::new();
        self.sources.iter().for_each(|folder| collect(folder, &mut found));
        found
    }

    /// The name of its library crate.
    fn library(&self) -> String {
        let manifest = read(self.manifest);
        let name = |section: &str| {
            let mut lines = manifest.lines().skip_while(|line| *line != section).skip(1);
            let lines = lines.by_ref().take_while(|line| !line.starts_with('['));
            let name = lines.filter_map(|line| line.strip_prefix("name = \"")).next()?;
            Some(name.trim_end_matches('"').replace('-', "_"))
        };
        name("[lib]").or_else(|| name("[package]")).expect("the manifest has a name")
    }

    fn uses(&self) -> &'static Uses {
        &USES[self.sources[0]]
    }
}

/// The uses in each place, read once for all tests.
static USES: LazyLock<BTreeMap<&str, Uses>> = LazyLock::new(|| {
    let uses = |place: Place| Uses::of(&place.sources(), place.roots, &place.library());
    [PROVIDER, EMULATOR, HARNESS, FUZZ, TESTS].map(|place| (place.sources[0], uses(place))).into()
});

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn collect(folder: &str, found: &mut Sources) {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            // A crate of its own is another place.
            if entry.path().join("Cargo.toml").exists() {
                continue;
            }
            collect(&path, found);
        } else if path.ends_with(".rs") {
            found.insert(path.clone(), read(&path));
        }
    }
}

#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn each_room_uses_exactly_what_the_table_allows() {
    let design = read("DESIGN.md");
    let differ =
        |place: &Place| differences(place.rooms, &table(&design, place.rooms), place.uses());
    let places = [PROVIDER, EMULATOR, HARNESS, MATRIX, FUZZ];
    assert_none(&places.iter().flat_map(differ).collect::<Vec<_>>());
}

#[test]
fn imports_between_files_form_no_cycle() {
    let places = [PROVIDER, EMULATOR, HARNESS, FUZZ, TESTS];
    assert_none(&places.iter().flat_map(|place| cycles(place.uses())).collect::<Vec<_>>());
}

#[test]
fn every_file_is_in_a_module_and_every_path_resolves() {
    for place in [PROVIDER, EMULATOR, HARNESS, FUZZ, TESTS] {
        let uses = place.uses();
        let sources = place.sources();
        let strays = sources.keys().filter(|file| !uses.files.contains(*file)).cloned();
        assert_none(&strays.map(|file| format!("{file} is in no module")).collect::<Vec<_>>());
        assert_none(&uses.unknown.iter().cloned().collect::<Vec<_>>());
        assert!(uses.between.len() >= 10, "uses were found: {:?}", uses.between);
    }
}

#[test]
fn each_room_opens_with_the_rule_in_the_table() {
    let design = read("DESIGN.md");
    for place in [PROVIDER, EMULATOR, HARNESS, MATRIX] {
        let sources = place.sources();
        for (room, row) in table(&design, place.rooms) {
            let room = format!("{}/{room}", place.rooms);
            let file = [format!("{room}.rs"), format!("{room}/mod.rs")];
            let source = file.iter().find_map(|file| sources.get(file));
            let source = source.unwrap_or_else(|| panic!("{room} is not there"));
            assert_eq!(first_sentence(source), row.rule, "{room}, and DESIGN.md");
        }
    }
}

#[test]
fn every_file_opens_with_its_purpose() {
    for place in [PROVIDER, EMULATOR, HARNESS, FUZZ, TESTS] {
        for (file, source) in place.sources() {
            assert!(source.starts_with("//! "), "{file} does not open with its purpose");
        }
    }
}

#[test]
fn some_dependencies_are_used_in_one_room_only() {
    let uses = PROVIDER.uses();
    for (name, owner) in CRATES {
        let of_crate = uses.external.iter().filter(|((_, used), _)| used == name);
        let elsewhere = of_crate
            .filter(|((file, _), _)| room(PROVIDER.rooms, file) != Some(owner))
            .map(|((file, _), line)| {
                format!("{file}:{line} uses {name}, which only `{owner}` may use")
            });
        assert_none(&elsewhere.collect::<Vec<_>>());
    }
    let owned = |name: &str| uses.external.keys().any(|(_, used)| used == name);
    assert!(owned("reqwest") && owned("tonic"), "external uses were found");
}

#[test]
fn the_emulator_depends_on_nothing_of_the_provider() {
    let manifest = read(EMULATOR.manifest);
    assert!(manifest.contains("[dependencies]"));
    assert!(!manifest.contains(env!("CARGO_PKG_NAME")));
    let library = PROVIDER.library();
    let uses = &EMULATOR.uses().external;
    assert!(uses.keys().any(|(_, used)| used == "axum"), "external uses were found");
    let of_provider = uses.iter().filter(|((_, used), _)| *used == library);
    assert_none(&of_provider.map(|((file, _), line)| format!("{file}:{line}")).collect::<Vec<_>>());
}
