//! What the harness itself costs. It is subtracted nowhere.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use nix::unistd::Pid;

use super::stand_of_one;
use crate::clock::Clock;
use crate::record::Affinity;
use crate::stand::{Bench, Benches, Stand};

pub fn stands() -> Vec<Stand> {
    vec![
        stand_of_one(
            "floor/system-call",
            "a system call",
            "getppid(2), which does next to nothing",
            Affinity::OneCpu,
            |_| {
                Benches::timed(|| {
                    black_box(Pid::parent());
                    Ok(())
                })
            },
        ),
        stand_of_one(
            "floor/clock",
            "a clock reading",
            "`Instant::now`",
            Affinity::OneCpu,
            |_| {
                Benches::timed(|| {
                    black_box(Instant::now());
                    Ok(())
                })
            },
        ),
        stand_of_one(
            "floor/loop",
            "an empty loop",
            "one turn of the loop that times each operation",
            Affinity::OneCpu,
            |_| {
                Benches::timed(|| {
                    black_box(());
                    Ok(())
                })
            },
        ),
        Stand {
            // Its calls aren't those of an operation.
            counts_calls: false,
            ..stand_of_one(
                "floor/sample",
                "an empty sample",
                "the row's clock started and stopped, with all counters that it reads",
                Affinity::OneCpu,
                |_| Ok(Benches::one(EmptySample, None)),
            )
        },
    ]
}

struct EmptySample;

impl Bench for EmptySample {
    fn run(&mut self, operations: u64, clock: &mut Clock) -> Result<()> {
        let mut inner = Clock::new(Affinity::OneCpu, Vec::new());
        clock.start()?;
        for _ in 0..operations {
            inner.start()?;
            inner.stop()?;
        }
        clock.stop()
    }
}
