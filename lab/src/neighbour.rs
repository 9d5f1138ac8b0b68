//! Whether somebody else works on the same core.
//!
//! With simultaneous multithreading, a core of the processor shows itself as several CPUs, which
//! share what it computes with. A neighbour on another of them takes no time that a counter of the
//! kernel's would show, and still makes a row slower. On a virtual machine it may even be the guest
//! of somebody else. So a row's process looks for itself, next to each sample.

use std::array;
use std::hint::black_box;
use std::time::Instant;

use serde::{Deserialize, Serialize};

/// What two loops took that do nothing but compute, one right after the other.
///
/// In the first, each operation needs the result of the one before: most of the core is idle, and
/// a neighbour finds room there. The second has so many such chains at once that hardly any room is
/// left, and what a neighbour takes is missing. Their ratio is the core's own, at whatever
/// frequency its clock runs.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Pace {
    /// Both in nanoseconds.
    one_chain: u64,
    all_chains: u64,
}

impl Pace {
    /// Takes about 10 µs in a release build, and touches no memory but a few words of the stack: who
    /// only fills the core's caches isn't seen.
    pub fn now() -> Self {
        Self {
            one_chain: compute::<1>(4000),
            all_chains: compute::<12>(2000),
        }
    }

    fn ratio(self) -> f64 {
        self.all_chains as f64 / self.one_chain as f64
    }
}

/// Moves each of some chains on by so many turns. Gives the time that it took.
fn compute<const CHAINS: usize>(turns: u32) -> u64 {
    let mut chains: [u64; CHAINS] = black_box(array::from_fn(|chain| chain as u64));
    let start = Instant::now();
    for _ in 0..turns {
        for value in &mut chains {
            // Nothing that a compiler could compute for many turns at once.
            *value = value.wrapping_mul(5).wrapping_add(1) ^ (*value >> 3);
        }
    }
    black_box(chains);
    start.elapsed().as_nanos() as u64
}

/// A core, by the best that each of the two loops has shown on it.
#[derive(Default)]
pub struct Core {
    best: Option<Pace>,
}

impl Core {
    /// The share of the core that neighbours took, from 0 to 1. One who was there all the time, from
    /// the first look on, can't be told from a slower core.
    pub fn taken(&mut self, now: Pace) -> f64 {
        let best = self.best.get_or_insert(now);
        best.one_chain = best.one_chain.min(now.one_chain);
        best.all_chains = best.all_chains.min(now.all_chains);
        (1.0 - best.ratio() / now.ratio()).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(one_chain: u64, all_chains: u64) -> Pace {
        Pace {
            one_chain,
            all_chains,
        }
    }

    #[test]
    fn what_a_neighbour_took_is_what_the_fuller_loop_lost() {
        let mut core = Core::default();
        assert_eq!(core.taken(pace(4000, 5000)), 0.0);
        assert_eq!(core.taken(pace(4000, 10_000)), 0.5);
        // One who slows the chain as well.
        assert!((core.taken(pace(5000, 10_000)) - 0.375).abs() < 1e-9);
    }

    #[test]
    fn a_slower_clock_is_no_neighbour() {
        let mut core = Core::default();
        core.taken(pace(4000, 5000));
        assert_eq!(core.taken(pace(8000, 10_000)), 0.0);
    }

    #[test]
    fn an_interrupt_in_the_chain_hides_no_later_neighbour() {
        let mut core = Core::default();
        core.taken(pace(4000, 5000));
        assert_eq!(core.taken(pace(9000, 5000)), 0.0);
        assert_eq!(core.taken(pace(4000, 10_000)), 0.5);
    }

    #[test]
    fn a_core_that_was_shared_at_first_is_known_when_it_is_free() {
        let mut core = Core::default();
        assert_eq!(core.taken(pace(4000, 10_000)), 0.0);
        assert_eq!(core.taken(pace(4000, 5000)), 0.0);
        assert_eq!(core.taken(pace(4000, 10_000)), 0.5);
    }
}
