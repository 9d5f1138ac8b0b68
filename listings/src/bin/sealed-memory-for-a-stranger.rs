//! Memory without a path, handed to another program as a descriptor, and sealed so that
//! neither side can change it any more.
//!
//! Longer than a page: it is two programs in one file.

use std::env;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Command;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg,
};

fn send(socket: &UnixStream, file: &File) -> io::Result<()> {
    let fds = [file.as_raw_fd()];
    let rights = [ControlMessage::ScmRights(&fds)];
    // A descriptor travels beside at least one byte.
    let byte = [IoSlice::new(b"!")];
    sendmsg::<()>(socket.as_raw_fd(), &byte, &rights, MsgFlags::empty(), None)?;
    Ok(())
}

fn receive(socket: &UnixStream) -> io::Result<File> {
    let (mut byte, mut space) = ([0], nix::cmsg_space!(i32));
    let mut bytes = [IoSliceMut::new(&mut byte)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message =
        recvmsg::<()>(socket.as_raw_fd(), &mut bytes, Some(&mut space), flags)?;
    let rights = message.cmsgs()?.find_map(|message| match message {
        ControlMessageOwned::ScmRights(fds) => fds.first().copied(),
        _ => None,
    });
    let fd = rights.ok_or(io::ErrorKind::UnexpectedEof)?;
    // SAFETY: the kernel has just made this descriptor, for us alone.
    Ok(unsafe { File::from_raw_fd(fd) })
}

/// The other program: its memory is its own, its standard input is the socket.
fn stranger() -> io::Result<()> {
    // SAFETY: nobody else in this program uses standard input.
    let socket = UnixStream::from(unsafe { OwnedFd::from_raw_fd(0) });
    let mut recipe = receive(&socket)?;
    let seals = SealFlag::from_bits_retain(fcntl(&recipe, FcntlArg::F_GET_SEALS)?);
    assert!(
        seals.contains(SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK),
        "or she could change or shorten it under me"
    );
    let mut text = String::new();
    recipe.read_to_string(&mut text)?;
    println!("stranger: I read {text:?}");
    let written = recipe.write(b"salt");
    println!(
        "stranger: and can't write: {}",
        written.expect_err("sealed")
    );
    Ok(())
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has memfd_create");
    if env::args().nth(1).is_some() {
        return stranger();
    }
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let mut recipe = File::from(memfd_create("recipe", flags)?);
    recipe.write_all(b"500 g sugar")?;
    recipe.rewind()?;
    let seals =
        SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK;
    fcntl(
        &recipe,
        FcntlArg::F_ADD_SEALS(seals | SealFlag::F_SEAL_SEAL),
    )?;
    println!("me: a recipe of {} bytes, sealed", recipe.metadata()?.len());

    let (mine, hers) = UnixStream::pair()?;
    let mut friend = Command::new(env::current_exe()?);
    let mut friend = friend.arg("stranger").stdin(OwnedFd::from(hers)).spawn()?;
    let sent = send(&mine, &recipe);
    // If nothing was sent, this is the end that she sees.
    drop(mine);
    let ended = friend.wait()?;
    sent?;
    assert!(ended.success(), "she read it, and couldn't write");
    Ok(())
}
