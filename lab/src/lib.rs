//! The lab of *Two Kitchens*: what the notes' words on cost come to, measured.

pub mod agreement;
mod bootstrap;
mod calls;
pub mod chart;
pub mod clock;
pub mod figures;
pub mod groups;
pub mod html;
pub mod hypotheses;
pub mod interrupt;
mod list;
pub mod machine;
pub mod measure;
mod neighbour;
pub mod peers;
mod proc;
mod published;
pub mod record;
pub mod serve;
pub mod stand;
pub mod statistics;
pub mod table;
mod task;
pub mod topology;
