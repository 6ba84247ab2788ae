//! Which command runs the scenarios: Terraform or OpenTofu, and of which version.
//!
//! Where the two differ, that is said in the expectation itself: `on_opentofu` next to
//! the members that it replaces. What only some versions can do says so in `only_on`.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result};
use serde::Deserialize;
use serde_json::Value;

/// The member whose members replace those next to it, on OpenTofu.
const DIFFERENCES: &str = "on_opentofu";

/// Terraform or OpenTofu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// HashiCorp's.
    Terraform,
    /// The fork.
    OpenTofu,
}

impl Product {
    /// Both.
    pub(crate) const ALL: [Product; 2] = [Product::Terraform, Product::OpenTofu];
}

/// The first two numbers of a version.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub(crate) struct Release {
    /// The first.
    pub(crate) major: u64,
    /// The second, in which features arrive.
    pub(crate) minor: u64,
}

impl FromStr for Release {
    type Err = Error;

    fn from_str(text: &str) -> Result<Release> {
        let mut numbers = text.split('.').map_while(|number| number.parse().ok());
        let (major, minor) = numbers.next().zip(numbers.next()).context("not a version")?;
        Ok(Release { major, minor })
    }
}

impl TryFrom<String> for Release {
    type Error = Error;

    fn try_from(text: String) -> Result<Release> {
        text.parse()
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A command that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cli {
    /// What it is.
    pub(crate) product: Product,
    /// Its release.
    pub(crate) release: Release,
    version: String,
}

impl fmt::Display for Cli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.product, self.version)
    }
}

impl Cli {
    /// Reads the output of `version`. The form with `-json` does not tell the two
    /// products apart, and either may have warnings before it.
    pub(crate) fn of(output: &str) -> Option<Cli> {
        output.lines().find_map(|line| {
            Product::ALL.into_iter().find_map(|product| {
                let version = line.strip_prefix(&format!("{product:?} v"))?.trim_end();
                Some(Cli { product, release: version.parse().ok()?, version: version.to_owned() })
            })
        })
    }
}

/// The oldest releases that can run a scenario.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnlyOn {
    terraform: Option<Release>,
    opentofu: Option<Release>,
    /// What the others cannot do.
    because: String,
}

impl OnlyOn {
    /// Why this command cannot run the scenario; none if it can.
    pub(crate) fn objection(&self, cli: &Cli) -> Option<&str> {
        let oldest = match cli.product {
            Product::Terraform => self.terraform,
            Product::OpenTofu => self.opentofu,
        };
        let can = oldest.is_some_and(|oldest| cli.release >= oldest);
        (!can).then_some(self.because.as_str())
    }
}

/// Applies the differences anywhere in `expected`.
pub(crate) fn settle(expected: &mut Value, product: Product) {
    if let Value::Object(members) = expected {
        let differences = members.remove(DIFFERENCES);
        if let (Product::OpenTofu, Some(Value::Object(differences))) = (product, differences) {
            members.extend(differences);
        }
        members.iter_mut().for_each(|(_, member)| settle(member, product));
    } else if let Value::Array(items) = expected {
        items.iter_mut().for_each(|item| settle(item, product));
    }
}
