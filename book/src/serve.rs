//! Serving the book on the reader's own machine.

use anyhow::Result;

use crate::project::Project;

/// Builds the book, serves it on 127.0.0.1, and builds it anew when something changes.
pub fn serve(_project: &Project, _port: u16, _open: bool) -> Result<()> {
    todo!()
}
