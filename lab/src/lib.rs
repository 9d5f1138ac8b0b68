//! The lab of *Two Kitchens*: what the notes' words on cost come to, measured.

mod calls;
pub mod clock;
pub mod groups;
pub mod interrupt;
pub mod machine;
pub mod measure;
pub mod record;
pub mod stand;
pub mod statistics;
mod task;
