//! Zip archives that depend on their files alone.

use std::io::{Cursor, Write};

use anyhow::Result;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Packs files in the order given, dated 1980-01-01, before which zip knows no time.
///
/// The first file of an EPUB, `mimetype`, is stored as it is, as EPUB 3.3 asks ("OCF ZIP container
/// media type identification").
///
/// # Errors
/// A name that comes twice.
pub fn pack(files: Vec<(String, Vec<u8>)>) -> Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let deflated = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let stored = deflated.compression_method(CompressionMethod::Stored);
    for (name, bytes) in files {
        let options = if name == "mimetype" { stored } else { deflated };
        archive.start_file(name, options)?;
        archive.write_all(&bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
