//! What a write to a page costs, by what the page has been through.

use std::io::Read;

use anyhow::Result;
use nix::unistd::Pid;

use super::fork_memory::{HUGE, Pages, SMALL, ensure_huge, write_each_page};
use super::stand_of_one;
use crate::clock::Clock;
use crate::record::Affinity;
use crate::stand::{Bench, Benches, Stand};
use crate::task::{end, fork_sleeper, pipe};

/// How much is written to in one go.
fn region(pages: Pages) -> usize {
    match pages {
        // With its copy 1 MiB, about a core's own cache. Beyond that, a time depends on what others
        // leave of a cache that cores share.
        Pages::Small => 512 << 10,
        // Less there isn't.
        Pages::Huge => HUGE,
    }
}

pub fn stands() -> Vec<Stand> {
    let mut stands = Vec::new();
    for pages in Pages::BOTH {
        for past in Past::ALL {
            let (name, label, what) = past.words();
            let (of, which) = match pages {
                Pages::Small => ("", "small"),
                Pages::Huge => (", huge pages", "huge"),
            };
            stands.push(Stand {
                // What prepares the pages would be counted too.
                counts_calls: false,
                ..stand_of_one(
                    format!("copy-on-write/{name}/{which}"),
                    format!("{label}{of}"),
                    format!(
                        "one byte written to each 4 KiB of {} KiB in {which} pages, {what}",
                        region(pages) >> 10
                    ),
                    Affinity::OneCpu,
                    move |_| {
                        let mut bench = Writes { pages, past };
                        if pages == Pages::Huge {
                            bench.check()?;
                        }
                        Ok(Benches::one(bench, None))
                    },
                )
            });
        }
    }
    stands
}

/// What the pages have been through before the writes that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Past {
    /// Nobody has touched them.
    Fresh,
    /// This process has, and nobody else.
    Own,
    /// And it has forked a child, which lives.
    Shared,
    /// And the child is gone.
    Left,
}

impl Past {
    const ALL: [Self; 4] = [Self::Fresh, Self::Own, Self::Shared, Self::Left];

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Fresh => (
                "first-touch",
                "the first touch of fresh memory",
                "which nobody has touched before",
            ),
            Self::Own => (
                "write",
                "a write, no fork",
                "which this process has touched",
            ),
            Self::Shared => (
                "after-fork",
                "the first write after a fork",
                "since whose touch this process has forked a child, which lives",
            ),
            Self::Left => (
                "child-gone",
                "the same, the child gone",
                "since whose touch this process has forked a child, which has been reaped",
            ),
        }
    }
}

struct Writes {
    pages: Pages,
    past: Past,
}

impl Bench for Writes {
    fn step(&self) -> u64 {
        (region(self.pages) / SMALL) as u64 * self.rounds()
    }

    fn run(&mut self, operations: u64, clock: &mut Clock) -> Result<()> {
        for _ in 0..operations / self.step() {
            let mut memory = self.pages.map(region(self.pages))?;
            if self.past != Past::Fresh {
                write_each_page(memory.bytes());
            }
            let child = match self.past {
                Past::Shared => Some(sleeper()?),
                Past::Left => {
                    end(sleeper()?)?;
                    None
                }
                Past::Fresh | Past::Own => None,
            };
            clock.start()?;
            for _ in 0..self.rounds() {
                write_each_page(memory.bytes());
            }
            clock.stop()?;
            if let Some(child) = child {
                end(child)?;
            }
        }
        Ok(())
    }
}

impl Writes {
    /// How often all pages are written to in one go. Only a write that doesn't fault can be repeated:
    /// the others change what they measure. And one round of it is too short for the clock.
    fn rounds(&self) -> u64 {
        if self.past == Past::Own { 64 } else { 1 }
    }

    /// Whether the kernel gives such pages.
    fn check(&mut self) -> Result<()> {
        let mut memory = self.pages.map(region(self.pages))?;
        write_each_page(memory.bytes());
        ensure_huge(region(self.pages))
    }
}

/// A child that sleeps by the time that it is given.
fn sleeper() -> Result<Pid> {
    let (mut reader, writer) = pipe()?;
    let child = fork_sleeper(&writer)?;
    reader.read_exact(&mut [0])?;
    Ok(child)
}
