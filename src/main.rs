//! Starts the provider: its identity, what it serves, and its exit code.

use std::process::ExitCode;

use ibm_sm_provider::check;
use ibm_sm_provider::plugin::{self, Identity};
use ibm_sm_provider::provider::IbmSm;

const IDENTITY: Identity = Identity {
    name: "ibm",
    address: "ibm-sm/ibm",
    version: env!("CARGO_PKG_VERSION"),
    command: check::SUMMARY,
};

fn main() -> ExitCode {
    let provider = IbmSm::new(Box::new(|name| std::env::var(name).ok()));
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "check") {
        let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
        return check::main(arguments, &provider, IDENTITY.version);
    }
    plugin::main(IDENTITY, provider)
}
