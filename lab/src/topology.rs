//! Which CPUs the rows run on, and how these relate: chosen by what the kernel says of them.

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::proc::value;

/// The CPUs of the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// The CPU of the rows on one CPU, and of the first side on two.
    pub one: usize,
    /// That of the other side. None where one CPU may be used.
    pub other: Option<Other>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Other {
    pub cpu: usize,
    pub relation: Relation,
}

/// What two CPUs are to each other; the later, the better for rows on two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Two halves of one core.
    OneCore,
    /// Two cores of which one is built to be faster.
    UnlikeCores,
    /// The kernel doesn't say.
    Unknown,
    /// Cores of two packages.
    TwoPackages,
    /// Two cores of one package.
    OnePackage,
}

/// What the kernel says of a CPU.
#[derive(Clone, Copy, Debug)]
struct Cpu {
    number: usize,
    /// The package, and the core in it.
    core: Option<(i64, i64)>,
    /// Its capacity or its highest frequency: compared with that of others, and not shown.
    speed: Option<u64>,
}

impl Chosen {
    /// Of those that this process may use.
    ///
    /// # Errors
    /// A kernel that names none.
    pub fn here() -> Result<&'static Self> {
        // Each of a row's processes is told, and a machine may have hundreds of CPUs.
        static HERE: OnceLock<Option<Chosen>> = OnceLock::new();
        let here = HERE.get_or_init(|| {
            let allowed = sched_getaffinity(Pid::from_raw(0)).ok()?;
            let numbers = (0..CpuSet::count()).filter(|&cpu| allowed.is_set(cpu) == Ok(true));
            Self::of(&numbers.map(Cpu::ask).collect::<Vec<_>>())
        });
        let named = here.as_ref();
        named.context("the kernel names no CPU that may be used")
    }

    /// The last of the fast ones, since the first most often serves interrupts; and beside it the
    /// last one that is another core of the same kind in the same package, or the next best.
    fn of(cpus: &[Cpu]) -> Option<Self> {
        let fastest = cpus.iter().filter_map(|cpu| cpu.speed).max();
        // Cores of one kind may differ by some percent, in how far each may be clocked up.
        let is_fast = |cpu: &Cpu| cpu.speed >= fastest.map(|speed| speed / 10 * 9);
        let one = cpus.iter().rfind(|cpu| is_fast(cpu))?;
        let relation = |cpu: &Cpu| match (cpu.core, one.core) {
            (Some(core), Some(own)) if core == own => Relation::OneCore,
            _ if !is_fast(cpu) => Relation::UnlikeCores,
            (Some(core), Some(own)) if core.0 == own.0 => Relation::OnePackage,
            (Some(_), Some(_)) => Relation::TwoPackages,
            _ => Relation::Unknown,
        };
        let others = cpus.iter().filter(|cpu| cpu.number != one.number);
        let other = others.max_by_key(|cpu| (relation(cpu), cpu.number));
        Some(Self {
            one: one.number,
            other: other.map(|cpu| Other {
                cpu: cpu.number,
                relation: relation(cpu),
            }),
        })
    }
}

impl Cpu {
    fn ask(number: usize) -> Self {
        let folder = PathBuf::from(format!("/sys/devices/system/cpu/cpu{number}"));
        let package = value(folder.join("topology/physical_package_id"));
        let core = value(folder.join("topology/core_id"));
        let speed = ["cpu_capacity", "cpufreq/cpuinfo_max_freq"];
        Self {
            number,
            core: package.zip(core),
            speed: speed.iter().find_map(|file| value(folder.join(file))),
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneCore => "two halves of one core",
            Self::OnePackage => "two cores of one package",
            Self::TwoPackages => "cores of two packages",
            Self::UnlikeCores => "a fast core and a slower one",
            Self::Unknown => "of which the kernel doesn't say how they relate",
        })
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { one, other } = self;
        match other {
            None => write!(f, "{one}, the only one"),
            Some(Other { cpu, relation }) => {
                write!(
                    f,
                    "{one} where all tasks share one; {one} and {cpu} where each side has its own: {relation}"
                )
            }
        }
    }
}

impl Chosen {
    /// How the lab tells a row's process: `3 1`, or `0`.
    pub fn words(&self) -> String {
        let other = self.other.as_ref().map(|other| format!(" {}", other.cpu));
        format!("{}{}", self.one, other.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(number: usize, package: i64, core: i64, speed: u64) -> Cpu {
        Cpu {
            number,
            core: Some((package, core)),
            speed: Some(speed),
        }
    }

    fn chosen(cpus: &[Cpu]) -> (usize, Option<(usize, Relation)>) {
        let chosen = Chosen::of(cpus).expect("there is one");
        let other = chosen.other.map(|other| (other.cpu, other.relation));
        (chosen.one, other)
    }

    #[test]
    fn two_halves_of_one_core_are_taken_only_where_there_is_no_other_core() {
        // Numbered core by core, as some kernels do.
        let cpus = [0, 1, 2, 3].map(|n| cpu(n, 0, n as i64 / 2, 1024));
        assert_eq!(chosen(&cpus), (3, Some((1, Relation::OnePackage))));
        assert_eq!(chosen(&cpus[..2]), (1, Some((0, Relation::OneCore))));
        assert_eq!(chosen(&cpus[..1]), (0, None));
    }

    #[test]
    fn a_slower_core_is_taken_only_beside_a_single_fast_one() {
        // Fast cores first and halved, then slower ones; the fast differ by some percent.
        let mut cpus = vec![
            cpu(0, 0, 0, 1024),
            cpu(1, 0, 0, 1024),
            cpu(2, 0, 1, 1000),
            cpu(3, 0, 1, 1000),
            cpu(4, 0, 2, 600),
            cpu(5, 0, 3, 600),
        ];
        assert_eq!(chosen(&cpus), (3, Some((1, Relation::OnePackage))));
        cpus.drain(..2);
        assert_eq!(chosen(&cpus), (3, Some((5, Relation::UnlikeCores))));
    }

    #[test]
    fn the_same_package_is_preferred_and_another_one_named() {
        let cpus = [
            cpu(0, 1, 0, 1024),
            cpu(1, 0, 0, 1024),
            cpu(2, 0, 1, 1024),
            cpu(3, 1, 1, 1024),
        ];
        assert_eq!(chosen(&cpus), (3, Some((0, Relation::OnePackage))));
        assert_eq!(chosen(&cpus[1..]), (3, Some((2, Relation::TwoPackages))));
    }

    #[test]
    fn where_the_kernel_says_nothing_the_last_two_are_taken() {
        let cpus = [0, 1, 2].map(|number| Cpu {
            number,
            core: None,
            speed: None,
        });
        assert_eq!(chosen(&cpus), (2, Some((1, Relation::Unknown))));
    }
}
