//! The registry's documentation is what the declarations, the examples and the service say:
//! `make docs` makes the pages in `docs/`, and this test compares them.

mod costs;
mod examples;
mod files;
mod messages;
mod render;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use ibm_sm_provider::framework::provider::Provider;
use ibm_sm_provider::provider::IbmSm;

use self::files::root;

/// `make docs` sets it: write the pages instead of comparing them.
const REFRESH: &str = "REFRESH_DOCS";

/// The folders in which every page is made.
const FOLDERS: [&str; 6] =
    ["resources", "data-sources", "ephemeral-resources", "actions", "list-resources", "functions"];

/// The provider, as far as its declarations go.
fn provider() -> IbmSm {
    IbmSm::new(Box::new(|_| None))
}

/// The pages that are there, in the folders in which every page is made.
fn made_before() -> Vec<PathBuf> {
    let folders = FOLDERS.map(|folder| root().join("docs").join(folder));
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn the_pages_say_what_the_declarations_and_examples_say() {
    let served = provider();
    let costs = costs::measured(served.registry()).await;
    let mut pages = render::pages(&served, &costs);
    pages.insert("guides/troubleshooting.md".to_owned(), messages::page());
    let pages: BTreeMap<PathBuf, String> =
        pages.into_iter().map(|(name, page)| (root().join("docs").join(name), page)).collect();
    let stale: Vec<PathBuf> =
        made_before().into_iter().filter(|path| !pages.contains_key(path)).collect();
    if std::env::var_os(REFRESH).is_some() {
        for path in stale {
            fs::remove_file(path).unwrap();
        }
        for (path, page) in pages {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, page).unwrap();
        }
        return;
    }
    let mut different: Vec<String> =
        stale.iter().map(|path| format!("{} is not made any more", path.display())).collect();
    for (path, page) in &pages {
        let found = fs::read_to_string(path).unwrap_or_default();
        if found != *page {
            let line = found.lines().zip(page.lines()).find(|(found, made)| found != made);
            let (found, made) = line.unwrap_or(("(the end)", "(more or fewer lines)"));
            different.push(format!("{}:\n  has  {found}\n  made {made}", path.display()));
        }
    }
    assert!(
        different.is_empty(),
        "these pages are not what the declarations and examples say; refresh them with \
         `make docs`:\n{}",
        different.join("\n")
    );
}

/// Prints both counts, which the last line of `make docs` shows.
#[test]
#[expect(clippy::print_stdout, reason = "the counts are for whoever runs it with --nocapture")]
fn every_attribute_is_described_and_every_argument_occurs_in_an_example() {
    let served = provider();
    let (attributes, undescribed) = render::undescribed(&served);
    let (arguments, missing) = examples::missing(&served);
    println!(
        "attributes without a description: {} of {attributes}\n\
         arguments in no example: {} of {arguments}",
        undescribed.len(),
        missing.len()
    );
    assert!(attributes > 300 && arguments > 150, "{attributes} {arguments}");
    assert_eq!(undescribed, [""; 0], "these have no description");
    assert_eq!(missing, [""; 0], "these occur in no example");
}
