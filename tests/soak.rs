//! A long life: one provider process and one emulator process, with plans, rotations,
//! expiries and faults at random, and many callers at once.
//!
//! It does not use the ordinary test harness, because it starts itself once more as the
//! emulator, whose memory is then measured apart from the test's.
//!
//! `SOAK_STEPS` is the number of operations, `SOAK_SEED` chooses them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a panic is how a failure is reported, and the summary is printed"
)]

use std::env;
use std::io::{Read as _, stdin};
use std::process::ExitCode;

use ibm_sm_emulator::{Emulator, Options};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::{Builder, Runtime};

#[path = "soak/crowd.rs"]
mod crowd;
#[path = "soak/life.rs"]
mod life;
#[path = "soak/processes.rs"]
mod processes;
#[allow(dead_code, reason = "this program needs only a part of it")]
mod support;
#[path = "soak/world.rs"]
mod world;

/// The operations of a run that is part of the tests.
const STEPS: u32 = 120;

/// Their seed: always the same ones.
const SEED: u64 = 10;

fn main() -> ExitCode {
    if env::var_os(processes::IS_EMULATOR).is_some() {
        return serve();
    }
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let steps = number("SOAK_STEPS").map_or(STEPS, |steps| steps.try_into().unwrap());
    let seed = number("SOAK_SEED").unwrap_or(SEED);
    let trials = vec![
        trial("a_long_life_leaves_nothing_behind", move || life::run(steps, seed)),
        trial("a_hundred_calls_at_once_are_all_answered", crowd::calls),
        trial("ten_runs_side_by_side_do_not_disturb_one_another", crowd::runs),
    ];
    // One after the other, so that each has the machine to itself.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial<F: Future<Output = ()>>(name: &str, run: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::test(format!("soak::{name}"), move || {
        runtime().block_on(run());
        Ok::<(), Failed>(())
    })
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Runs the emulator until standard input ends.
fn serve() -> ExitCode {
    runtime().block_on(async {
        let emulator = Emulator::start(Options::default()).await.unwrap();
        println!("{}", emulator.url());
        tokio::task::spawn_blocking(|| stdin().read_to_end(&mut Vec::new()))
            .await
            .unwrap()
            .unwrap();
    });
    ExitCode::SUCCESS
}
