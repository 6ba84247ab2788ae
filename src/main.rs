//! Starts the provider: its identity, what it serves, and its exit code.

use std::process::ExitCode;

use ibm_sm_provider::plugin::{self, Identity};
use ibm_sm_provider::provider::IbmSm;

const IDENTITY: Identity =
    Identity { name: "ibm", address: "ibm-sm/ibm", version: env!("CARGO_PKG_VERSION") };

fn main() -> ExitCode {
    let provider = IbmSm::new(Box::new(|name| std::env::var(name).ok()));
    plugin::main(IDENTITY, provider)
}
