//! Whether somebody else works on the same core.
//!
//! With simultaneous multithreading, a core of the processor shows itself as several CPUs, which
//! share what it computes with. A neighbour on another of them takes no time that a counter of the
//! kernel's would show, and still makes a row slower. On a virtual machine it may even be the guest
//! of somebody else. So a row's process looks for itself, next to each sample.

use std::array;
use std::collections::BTreeMap;
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

/// What the paces of a run say of a core.
///
/// A single best pace would be a matter of luck: an interrupt in the first loop makes one look
/// better than the core is. So a core is taken to be as good as it is in one look of twenty.
#[derive(Default)]
pub struct Core {
    /// How many paces had which ratio, in thousandths.
    ratios: BTreeMap<u32, u64>,
    paces: u64,
    /// The core's own ratio, by what was seen until now.
    own: Option<u32>,
}

/// The share of all paces that are at least as good as the core itself.
const BEST: f64 = 0.05;

impl Core {
    pub fn see(&mut self, pace: Pace) {
        *self.ratios.entry(thousandths(pace)).or_default() += 1;
        self.paces += 1;
        let mut left = (BEST * self.paces as f64).ceil() as u64;
        let own = self.ratios.iter().find(|(_, count)| {
            left = left.saturating_sub(**count);
            left == 0
        });
        self.own = own.map(|(&own, _)| own);
    }

    /// The share of the core that neighbours took during a pace, from 0 to 1, by what was seen until
    /// now. One who was there nearly all the time can't be told from a slower core.
    pub fn taken(&self, pace: Pace) -> f64 {
        self.own.map_or(0.0, |own| {
            (1.0 - f64::from(own) / f64::from(thousandths(pace))).max(0.0)
        })
    }
}

fn thousandths(pace: Pace) -> u32 {
    (1000.0 * pace.ratio()).round().max(1.0) as u32
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

    fn core(paces: impl IntoIterator<Item = Pace>) -> Core {
        let mut core = Core::default();
        paces.into_iter().for_each(|pace| core.see(pace));
        core
    }

    #[test]
    fn what_a_neighbour_took_is_what_the_fuller_loop_lost() {
        let core = core([pace(4000, 5000)]);
        assert_eq!(core.taken(pace(4000, 5000)), 0.0);
        assert_eq!(core.taken(pace(4000, 10_000)), 0.5);
        // One who slows the chain as well.
        assert!((core.taken(pace(5000, 10_000)) - 0.375).abs() < 1e-9);
    }

    #[test]
    fn a_slower_clock_is_no_neighbour() {
        assert_eq!(core([pace(4000, 5000)]).taken(pace(8000, 10_000)), 0.0);
    }

    #[test]
    fn an_interrupt_in_the_chain_makes_no_free_core_look_shared() {
        let free = (0..98).map(|_| pace(4000, 5000));
        let core = core(free.chain([pace(9000, 5000); 2]));
        assert_eq!(core.taken(pace(4000, 5000)), 0.0);
        assert_eq!(core.taken(pace(4000, 10_000)), 0.5);
    }

    #[test]
    fn early_paces_are_judged_by_what_is_seen_later() {
        let early = pace(4000, 10_000);
        let mut core = core([early; 50]);
        assert_eq!(core.taken(early), 0.0);
        (0..50).for_each(|_| core.see(pace(4000, 5000)));
        assert_eq!(core.taken(early), 0.5);
    }
}
