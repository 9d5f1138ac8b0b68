//! The lab of *Two Kitchens*: what the notes' words on cost come to, measured.

pub mod chart;
pub mod figures;
pub mod machine;
pub mod record;
