//! Mother panicked between two steps that belong together. The lock is poisoned; can the
//! dough be saved?

use std::sync::Mutex;

/// The dough takes as much flour as sugar, both in grams. Each change adds to the sugar
/// first, and then as much to the flour.
pub struct Dough {
    pub sugar: u32,
    pub flour: u32,
}

/// Finishes the change that a panic has cut short, so that the next one finds the dough
/// right and the lock like new. Gives the grams that were missing: 0 if nobody panicked.
pub fn mend(dough: &Mutex<Dough>) -> u32 {
    todo!("take the dough out of the poisoned lock, and mend both")
}
