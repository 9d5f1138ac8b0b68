//! Threads of one group that all want one processor, and how it is divided.

/// The part of the processor that each thread gets, by its nice value (-20 to 19): shares are in
/// proportion to weights, and one step of nice changes the weight by a factor of 1.25.
///
/// # Panics
/// If a nice value is out of range.
pub fn shares(nice: &[i32]) -> Vec<f64> {
    todo!("turn nice into weights, and weights into parts of their sum")
}
