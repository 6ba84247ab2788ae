//! The fuzzer: libFuzzer around the target that `FUZZ_TARGET` names.

#![no_main]
#![allow(clippy::expect_used, reason = "without a target there is nothing to do")]

use std::sync::LazyLock;

static TARGET: LazyLock<ibm_sm_fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
    ibm_sm_fuzz::target(&name).expect("FUZZ_TARGET is one of the targets")
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| (*TARGET)(data));
