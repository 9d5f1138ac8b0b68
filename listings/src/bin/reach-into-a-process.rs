//! One process reads another's memory, if the kernel lets it.

use std::io::{self, IoSliceMut, Read, Write};
use std::os::unix::net::UnixStream;
use std::process;

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

#[cfg(target_os = "linux")]
fn main() -> io::Result<()> {
    let mut sugar = 500_u32;
    let (mut phone, mut her_phone) = UnixStream::pair()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(phone);
            sugar -= 200;
            println!("friend: {sugar} g at {:p}", &sugar);
            her_phone.write_all(b"!")?;
            // She stays at home until I hang up.
            her_phone.read_to_end(&mut Vec::new())?;
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            drop(her_phone);
            let ready = phone.read_exact(&mut [0]);
            let (base, len) = ((&raw const sugar).addr(), size_of_val(&sugar));
            let mut found = [0; 4];
            let here = &mut [IoSliceMut::new(&mut found)];
            let read = process_vm_readv(child, here, &[RemoteIoVec { base, len }]);
            drop(phone);
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
            ready?;

            println!("me:     {sugar} g at {:p} in my house", &sugar);
            assert_eq!(sugar, 500, "I took nothing");
            // Refused by the ptrace check, by a container's filter of system calls, or
            // by a kernel that was built without this one.
            if let Err(no @ (Errno::EPERM | Errno::ENOSYS)) = read {
                println!("Not here: the kernel won't let me read hers, {no}");
                return Ok(());
            }
            let found = u32::from_ne_bytes(found);
            println!("me:     {found} g at that address in hers");
            assert_eq!((read, found), (Ok(4), 300), "it is her sugar that I read");
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has process_vm_readv");
}
