//! First the seals, then the bytes: in the other order, they could change in between.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

pub fn accept(memory: &File) -> io::Result<Vec<u8>> {
    let seals = SealFlag::from_bits_retain(fcntl(memory, FcntlArg::F_GET_SEALS)?);
    if !seals.contains(SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK) {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "not sealed"));
    }
    let mut bytes = vec![0; memory.metadata()?.len() as usize];
    // The offset is shared with whoever sent it, so it isn't used.
    memory.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

pub fn main() -> io::Result<()> {
    let mut memory =
        File::from(memfd_create("recipe", MFdFlags::MFD_ALLOW_SEALING)?);
    memory.write_all(b"500 g sugar")?;
    let early = accept(&memory).expect_err("not yet");
    println!("before it is sealed: {early}");
    let seals = SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK;
    fcntl(&memory, FcntlArg::F_ADD_SEALS(seals))?;
    let bytes = accept(&memory)?;
    println!("then: {:?}", String::from_utf8_lossy(&bytes));
    assert_eq!(bytes, b"500 g sugar");
    Ok(())
}
