//! The rules that the sources of the book keep.

use anyhow::Result;

use crate::problem::Problem;
use crate::project::Project;

/// What would make a page of the book wrong.
pub fn sources(_project: &Project) -> Result<Vec<Problem>> {
    Ok(Vec::new())
}
