//! The lab of *Two Kitchens*: what the notes' words on cost come to, measured.

pub mod agreement;
mod calls;
pub mod chart;
pub mod claims;
pub mod clock;
pub mod figures;
pub mod groups;
pub mod interrupt;
pub mod machine;
pub mod measure;
mod neighbour;
pub mod peers;
pub mod published;
pub mod record;
pub mod stand;
pub mod statistics;
pub mod table;
mod task;
pub mod topology;
