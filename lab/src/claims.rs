//! The claims of the notes on cost, each as a ratio of two rows.

use std::fmt;

use crate::record::{Ratio, Record};

/// A claim that two rows can judge.
pub struct Claim {
    /// Word for word from `notes.md`, with ` … ` for what is left out.
    pub quote: &'static str,
    /// The row that it says is dear, and the one that it is compared with.
    pub over: &'static str,
    pub under: &'static str,
    /// What the ratio is of: `a forked child costs {} threads`.
    pub sentence: &'static str,
    says: Says,
}

/// What a claim says of its ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// "Expensive", "slow", "high": we take it to mean twice as much.
    Dear,
    /// "No extra", "lightweight", "reuses": we take it to mean no more, within 5 %.
    Free,
}

/// Whether a claim holds on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    Hardly,
    Not,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Holds => "holds here",
            Self::Hardly => "hardly holds here",
            Self::Not => "doesn't hold here",
        })
    }
}

/// More than this is no longer the same.
const SAME: f64 = 1.05;
/// Less than this isn't worth a word such as "expensive".
const SOME: f64 = 1.25;
/// This is.
const MUCH: f64 = 2.0;

impl Claim {
    pub fn group(&self) -> &'static str {
        self.over.split('/').next().unwrap_or_default()
    }

    /// The ratio on a machine, and the verdict, if both rows were measured.
    pub fn judge(&self, record: &Record) -> Option<(Ratio, Verdict)> {
        let ratio = record.ratio(self.over, self.under)?;
        Some((ratio, self.says.verdict(ratio.value)))
    }
}

impl Says {
    fn verdict(self, ratio: f64) -> Verdict {
        match self {
            Self::Dear if ratio >= MUCH => Verdict::Holds,
            Self::Dear if ratio >= SOME => Verdict::Hardly,
            Self::Free if ratio <= SAME => Verdict::Holds,
            Self::Free if ratio <= SOME => Verdict::Hardly,
            Self::Dear | Self::Free => Verdict::Not,
        }
    }
}

const CREATION: &str = "Creation Cost | High (resource-intensive) | Low (lightweight)";
const NEW_RESOURCES: &str = "Creating a process means: … New resources";
const NEW_MEMORY: &str = "Creating a process means: … New memory … New resources";
const SWITCHING: &str = "Context Switching | Expensive | Relatively inexpensive";
const SLOWER: &str = "Because of this, communication is slower and more complex";
const NO_EXTRA: &str = "No extra overhead is required";
const LIGHTWEIGHT: &str = "A thread is a lightweight unit of execution within a process.";

const fn claim(
    quote: &'static str,
    says: Says,
    over: &'static str,
    under: &'static str,
    sentence: &'static str,
) -> Claim {
    Claim {
        quote,
        over,
        under,
        sentence,
        says,
    }
}

/// In the order of the groups.
pub const CLAIMS: &[Claim] = &[
    claim(
        CREATION,
        Says::Dear,
        "creation/fork",
        "creation/thread",
        "a forked child costs {} threads",
    ),
    claim(
        CREATION,
        Says::Dear,
        "creation/vfork",
        "creation/thread",
        "a vfork-style child costs {} threads",
    ),
    claim(
        CREATION,
        Says::Dear,
        "creation/spawn-static",
        "creation/thread",
        "a static program by posix_spawn costs {} threads",
    ),
    claim(
        CREATION,
        Says::Dear,
        "creation/fork-exec-dynamic",
        "creation/thread",
        "a dynamic program by fork and exec costs {} threads",
    ),
    claim(
        NEW_MEMORY,
        Says::Dear,
        "fork-memory/fork/small/1024",
        "fork-memory/fork/small/0",
        "a fork with 1 GiB touched costs {} forks with nothing touched",
    ),
    claim(
        NEW_MEMORY,
        Says::Dear,
        "fork-memory/fork/huge/1024",
        "fork-memory/fork/huge/0",
        "a fork with 1 GiB touched in huge pages costs {} with nothing touched",
    ),
    claim(
        NEW_MEMORY,
        Says::Dear,
        "fork-memory/vfork/small/1024",
        "fork-memory/vfork/small/0",
        "a vfork-style child with 1 GiB touched costs {} with nothing touched",
    ),
    claim(
        NEW_MEMORY,
        Says::Dear,
        "fork-memory/spawn-static/small/1024",
        "fork-memory/spawn-static/small/0",
        "a posix_spawn with 1 GiB touched costs {} with nothing touched",
    ),
    claim(
        NEW_RESOURCES,
        Says::Dear,
        "fork-memory/fork/mappings/60000",
        "fork-memory/fork/small/0",
        "a fork with 60,000 untouched mappings costs {} without them",
    ),
    claim(
        NEW_RESOURCES,
        Says::Dear,
        "fork-memory/fork/descriptors/16000",
        "fork-memory/fork/small/0",
        "a fork with 16,000 descriptors costs {} without them",
    ),
    claim(
        NEW_MEMORY,
        Says::Dear,
        "copy-on-write/after-fork/small",
        "copy-on-write/write/small",
        "the first write to a page after a fork costs {} plain ones",
    ),
    claim(
        SWITCHING,
        Says::Dear,
        "switching/pipe/processes/one",
        "switching/pipe/threads/one",
        "by pipe, processes take {} times what threads take",
    ),
    claim(
        SWITCHING,
        Says::Dear,
        "switching/futex/processes/one",
        "switching/futex/threads/one",
        "by futex, processes take {} times what threads take",
    ),
    claim(
        SWITCHING,
        Says::Dear,
        "switching/eventfd/processes/one",
        "switching/eventfd/threads/one",
        "by eventfd, processes take {} times what threads take",
    ),
    claim(
        SWITCHING,
        Says::Dear,
        "switching/yield/processes/one",
        "switching/yield/threads/one",
        "by sched_yield, processes take {} times what threads take",
    ),
    claim(
        SWITCHING,
        Says::Dear,
        "switching/pipe/processes/one/4M",
        "switching/pipe/threads/one/4M",
        "by pipe with 4 MiB each, processes take {} times what threads take",
    ),
    claim(
        SWITCHING,
        Says::Dear,
        "switching/pipe/processes/one/4M-shared",
        "switching/pipe/threads/one/4M-shared",
        "by pipe with 4 MiB that both use, processes take {} times what threads take",
    ),
    claim(
        SWITCHING,
        Says::Dear,
        "switching/pipe/processes/two",
        "switching/pipe/threads/two",
        "by pipe on two CPUs, processes take {} times what threads take",
    ),
    claim(
        SLOWER,
        Says::Dear,
        "talking/round-trip/pipe/processes/one/8",
        "talking/round-trip/pipe/threads/one/8",
        "8 bytes by pipe and back: processes take {} times what threads take",
    ),
    claim(
        SLOWER,
        Says::Dear,
        "talking/round-trip/ring/processes/one/8",
        "talking/round-trip/ring/threads/one/8",
        "8 bytes by shared memory and back: processes take {} times what threads take",
    ),
    claim(
        SLOWER,
        Says::Dear,
        "talking/round-trip/pipe/processes/one/8",
        "talking/round-trip/channel/threads/one/8",
        "8 bytes and back: processes by pipe take {} times what threads by channel take",
    ),
    claim(
        SLOWER,
        Says::Dear,
        "talking/round-trip/pipe/processes/one/1048576",
        "talking/round-trip/channel/threads/one/1048576",
        "1 MiB and back: processes by pipe take {} times what threads by channel take",
    ),
    claim(
        SLOWER,
        Says::Dear,
        "talking/throughput/pipe/processes/one/65536",
        "talking/throughput/ring/processes/one/65536",
        "64 KiB one way between processes: a pipe takes {} times what shared memory takes",
    ),
    claim(
        LIGHTWEIGHT,
        Says::Dear,
        "memory/fork/all",
        "memory/thread/all",
        "an idle forked child takes the memory of {} idle threads",
    ),
    claim(
        LIGHTWEIGHT,
        Says::Dear,
        "memory/program/all",
        "memory/thread/all",
        "an idle program takes the memory of {} idle threads",
    ),
    claim(
        NO_EXTRA,
        Says::Free,
        "locking/mutex",
        "locking/add",
        "an addition under a free lock costs {} plain ones",
    ),
    claim(
        NO_EXTRA,
        Says::Free,
        "locking/mutex-contended/two",
        "locking/mutex",
        "under a lock that two threads want it costs {} under a free one",
    ),
    claim(
        NO_EXTRA,
        Says::Free,
        "locking/same-line/two",
        "locking/apart/two",
        "atomic numbers on one cache line cost {} on two",
    ),
    claim(
        NO_EXTRA,
        Says::Free,
        "locking/pipe-with-sleeper",
        "locking/pipe-alone",
        "beside a sleeping thread a byte through a pipe costs {} without it",
    ),
    claim(
        NO_EXTRA,
        Says::Free,
        "locking/malloc-with-sleeper",
        "locking/malloc-alone",
        "beside a sleeping thread an allocation costs {} without it",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::GROUPS;

    #[test]
    fn each_claim_is_quoted_from_the_notes() {
        // As a reader sees them: without emphasis, and cells of a table by one space.
        let notes: String = include_str!("../../notes.md")
            .replace("**", "")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for claim in CLAIMS {
            for part in claim.quote.split(" … ") {
                assert!(notes.contains(part), "the notes don't say {part:?}");
            }
        }
    }

    #[test]
    fn each_claim_is_about_rows_that_exist() {
        let ids: Vec<String> = GROUPS
            .iter()
            .flat_map(|group| group.stands())
            .flat_map(|stand| stand.entries)
            .map(|entry| entry.id)
            .collect();
        for claim in CLAIMS {
            for id in [claim.over, claim.under] {
                assert!(ids.iter().any(|other| other == id), "there is no row {id}");
            }
        }
    }

    #[test]
    fn a_word_such_as_expensive_means_twice_and_no_extra_means_the_same() {
        for (ratio, dear, free) in [
            (0.9, Verdict::Not, Verdict::Holds),
            (1.05, Verdict::Not, Verdict::Holds),
            (1.06, Verdict::Not, Verdict::Hardly),
            (1.25, Verdict::Hardly, Verdict::Hardly),
            (1.26, Verdict::Hardly, Verdict::Not),
            (1.99, Verdict::Hardly, Verdict::Not),
            (2.0, Verdict::Holds, Verdict::Not),
        ] {
            assert_eq!(Says::Dear.verdict(ratio), dear, "{ratio}");
            assert_eq!(Says::Free.verdict(ratio), free, "{ratio}");
        }
    }
}
