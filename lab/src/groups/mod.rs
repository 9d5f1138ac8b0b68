//! The catalogue: all that the lab measures, group by group.

mod copy_on_write;
mod creation;
mod floor;
mod fork_memory;
mod locking;
mod memory;
mod switching;
mod talking;

use anyhow::Result;

use crate::record::{Affinity, Unit};
use crate::stand::{Benches, Entry, Stand};
use crate::task::Cpus;

/// A group of rows, which a person can ask for by its name.
pub struct Group {
    pub name: &'static str,
    pub title: &'static str,
    stands: fn() -> Vec<Stand>,
}

impl Group {
    pub fn stands(&self) -> Vec<Stand> {
        (self.stands)()
    }
}

/// In the order in which they are measured and printed.
pub const GROUPS: [Group; 8] = [
    Group {
        name: "floor",
        title: "Floor: what the harness itself costs",
        stands: floor::stands,
    },
    Group {
        name: "creation",
        title: "Creation: a helper who does nothing, made and awaited",
        stands: creation::stands,
    },
    Group {
        name: "fork-memory",
        title: "Fork and memory: the same, while the parent has memory, mappings or descriptors",
        stands: fork_memory::stands,
    },
    Group {
        name: "copy-on-write",
        title: "Copy-on-write: a write to each page of 4 KiB",
        stands: copy_on_write::stands,
    },
    Group {
        name: "switching",
        title: "Switching: a round trip, two switches on one CPU",
        stands: switching::stands,
    },
    Group {
        name: "talking",
        title: "Talking: messages, there and back or one way",
        stands: talking::stands,
    },
    Group {
        name: "memory",
        title: "Memory: what an idle task costs, one of more than 1,000",
        stands: memory::stands,
    },
    Group {
        name: "locking",
        title: "Locking: one addition, and what a second thread adds",
        stands: locking::stands,
    },
];

/// The stand whose first row has this id.
pub fn stand_of(id: &str) -> Option<Stand> {
    let group = GROUPS
        .iter()
        .find(|group| id.split('/').next() == Some(group.name))?;
    let stands = group.stands();
    stands.into_iter().find(|stand| stand.entries[0].id == id)
}

/// The ids of all rows.
#[cfg(test)]
pub(crate) fn ids() -> Vec<String> {
    let stands = GROUPS.iter().flat_map(Group::stands);
    let entries = stands.flat_map(|stand| stand.entries);
    entries.map(|entry| entry.id).collect()
}

/// A stand of one timed row.
fn stand_of_one(
    id: impl Into<String>,
    label: impl Into<String>,
    what: impl Into<String>,
    affinity: Affinity,
    prepare: impl Fn(Cpus) -> Result<Benches> + 'static,
) -> Stand {
    Stand {
        affinity,
        entries: vec![Entry {
            id: id.into(),
            label: label.into(),
            what: what.into(),
            unit: Unit::Nanoseconds,
        }],
        prepare: Box::new(prepare),
        counts_calls: true,
        is_slow: false,
    }
}
