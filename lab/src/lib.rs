//! The lab of *Two Kitchens*: what the notes' words on cost come to, measured.

pub mod machine;
pub mod record;
