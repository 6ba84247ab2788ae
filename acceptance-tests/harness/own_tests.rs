//! Tests of the harness itself: how it tells Terraform and OpenTofu apart, whatever else
//! the command prints, and what it does with their differences.

use anyhow::{Context, Result};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use super::cli::{Cli, OnlyOn, Product, settle};

const WARNING: &str = "There are some problems with the CLI configuration:\n╷\n│ Warning: Unable to \
                       open CLI configuration file\n│\n│ Terraform version 9.9 reads it.\n╵\n\n";
const UPDATE: &str = "\n\nYour version of Terraform is out of date! The latest version\nis 1.16.0.";

/// A test of the harness.
pub(crate) type Test = fn() -> Result<()>;

/// These tests by name.
pub(crate) const TESTS: [(&str, Test); 3] = [
    ("the_version_is_found_behind_a_warning", the_version_is_found_behind_a_warning),
    ("only_on_names_the_oldest_releases", only_on_names_the_oldest_releases),
    ("on_opentofu_replaces_what_is_next_to_it", on_opentofu_replaces_what_is_next_to_it),
];

/// One of these as a trial.
pub(crate) fn trial((name, test): (&str, Test)) -> Trial {
    Trial::test(format!("harness/{name}"), move || {
        test().map_err(|reason| Failed::from(format!("{reason:#}")))
    })
}

fn the_version_is_found_behind_a_warning() -> Result<()> {
    for (output, expected) in [
        ("Terraform v1.11.4\non linux_amd64\n".to_owned(), Some("Terraform 1.11.4")),
        (format!("{WARNING}Terraform v1.15.9\non linux_amd64{UPDATE}"), Some("Terraform 1.15.9")),
        (format!("{WARNING}OpenTofu v1.12.6\r\non windows_amd64"), Some("OpenTofu 1.12.6")),
        ("OpenTofu v1.13.0-dev\non linux_arm64".to_owned(), Some("OpenTofu 1.13.0-dev")),
        ("Terraform vNext".to_owned(), None),
        (WARNING.to_owned(), None),
        (String::new(), None),
    ] {
        let found = Cli::of(&output).map(|cli| cli.to_string());
        assert_eq!(found.as_deref(), expected, "{output}");
    }
    Ok(())
}

fn only_on_names_the_oldest_releases() -> Result<()> {
    for (only, output, runs) in [
        (json!({"terraform": "1.14", "because": "x"}), "Terraform v1.11.4", false),
        (json!({"terraform": "1.14", "because": "x"}), "Terraform v1.14.0", true),
        (json!({"terraform": "1.9", "because": "x"}), "Terraform v1.14.0", true),
        (json!({"terraform": "1.14", "because": "x"}), "OpenTofu v1.15.0", false),
        (json!({"opentofu": "1.12", "because": "x"}), "OpenTofu v1.12.6", true),
    ] {
        let only_on: OnlyOn = serde_json::from_value(only.clone())?;
        let objection = only_on.objection(&Cli::of(output).context(output)?);
        assert_eq!(objection, (!runs).then_some("x"), "{only} {output}");
    }
    let misspelt = json!({"terraform": "next", "because": "x"});
    assert!(serde_json::from_value::<OnlyOn>(misspelt).is_err());
    Ok(())
}

fn on_opentofu_replaces_what_is_next_to_it() -> Result<()> {
    let expected = json!({"steps": [{"plan": {}, "requests": ["a"],
                                     "on_opentofu": {"requests": [], "tokens": 0}}]});
    for (product, settled) in [
        (Product::Terraform, json!({"plan": {}, "requests": ["a"]})),
        (Product::OpenTofu, json!({"plan": {}, "requests": [], "tokens": 0})),
    ] {
        let mut found: Value = expected.clone();
        settle(&mut found, product);
        assert_eq!(found, json!({"steps": [settled]}), "{product:?}");
    }
    Ok(())
}
