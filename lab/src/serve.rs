//! What a stand's process does: it prepares its rows, and answers the lab.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use serde::Serialize;

use crate::clock::Clock;
use crate::groups;
use crate::neighbour::Pace;
use crate::record::Affinity;
use crate::stand::{Answer, Bench, Benches, Manner, Question, Sample, receive, send};
use crate::task::Cpus;

/// Serves, given the arguments behind [`SERVE`](crate::stand::SERVE).
///
/// # Errors
/// A lab that isn't there; for a tracer, whatever goes wrong.
pub fn serve(arguments: &[String]) -> Result<()> {
    // Also where the lab is killed.
    set_pdeathsig(Signal::SIGKILL).context("can't ask for a signal at the lab's end")?;
    match arguments {
        [cpus, id] => answer_all(cpus, id),
        [cpus, id, entry, operations] => {
            ptrace::traceme().context("ptrace(2) is refused")?;
            raise(Signal::SIGSTOP)?;
            let bench = &mut prepare(cpus, id)?.1.benches[entry.parse::<usize>()?];
            bench.run(operations.parse()?, &mut Clock::traced())
        }
        _ => bail!("a stand is started by the lab, and not by hand"),
    }
}

fn prepare(cpus: &str, id: &str) -> Result<(Affinity, Benches)> {
    let stand = groups::stand_of(id).with_context(|| format!("there is no row {id}"))?;
    let prepared = (stand.prepare)(Cpus::settle(stand.affinity, cpus)?)?;
    Ok((stand.affinity, prepared))
}

/// Prepares, and then answers until the lab closes the line, which is the standard input.
fn answer_all(cpus: &str, id: &str) -> Result<()> {
    let line = io::stdin().as_fd().try_clone_to_owned()?;
    let (affinity, mut prepared) = match prepare(cpus, id) {
        Ok(prepared) => prepared,
        Err(error) => return answer::<()>(&line, Err(error)),
    };
    answer(&line, Ok(()))?;
    let mut clock = Clock::new(affinity, prepared.partners.clone());
    while let Some(question) = receive(&line)? {
        match question {
            Question::Manner { entry } => {
                let bench = &prepared.benches[entry];
                let (step, values) = (bench.step(), bench.values());
                answer(&line, Ok(Manner { step, values }))?;
            }
            Question::Samples {
                entry,
                operations,
                samples,
            } => {
                let bench = &mut *prepared.benches[entry];
                let samples = take_samples(bench, operations, samples, &mut clock);
                answer(&line, samples)?;
            }
        }
    }
    Ok(())
}

fn answer<A: Serialize>(line: &OwnedFd, answer: Result<A>) -> Result<()> {
    let answer: Answer<A> = answer.map_err(|error| format!("{error:#}"));
    send(line, &answer)
}

fn take_samples(
    bench: &mut dyn Bench,
    operations: u64,
    samples: u64,
    clock: &mut Clock,
) -> Result<Vec<Sample>> {
    // Others have run since: caches and branch predictors must learn this row again, and who asked
    // may still have to go to sleep.
    bench.run(operations, clock)?;
    clock.take();
    let mut taken = Vec::new();
    let mut before = Pace::now();
    for _ in 0..samples {
        let start = Instant::now();
        bench.run(operations, clock)?;
        let whole = start.elapsed();
        let after = Pace::now();
        taken.push(Sample {
            reading: clock.take(),
            whole,
            paces: [before, after],
        });
        before = after;
    }
    Ok(taken)
}
