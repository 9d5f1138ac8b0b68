//! Two programs that share four places of memory, and sleep in the kernel only when they
//! have to.
//!
//! Longer than a page: it is two programs in one file.

use std::env;
use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use nix::errno::Errno;
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap};

const PLACES: u32 = 4;

/// One side writes `written`, the other `taken`; both count on, and after the last u32
/// begin again at 0.
struct Ring {
    written: AtomicU32,
    taken: AtomicU32,
    places: [AtomicU32; PLACES as usize],
}

/// Sleeps while `word` is `seen`, at most ten seconds: the other side may be dead.
fn wait(word: &AtomicU32, seen: u32) -> nix::Result<()> {
    let limit = libc::timespec {
        tv_sec: 10,
        tv_nsec: 0,
    };
    // Without FUTEX_PRIVATE_FLAG: the kernel knows the word by its page, not its address.
    // SAFETY: word and limit outlive the call, which reads them and changes nothing.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT,
            seen,
            &limit,
        )
    };
    match Errno::result(result) {
        Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

fn wake(word: &AtomicU32) {
    // SAFETY: the call uses the word as a name, and no memory.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, 1) };
}

impl Ring {
    fn put(&self, gram: u32) -> nix::Result<()> {
        let written = self.written.load(Relaxed);
        let mut taken = self.taken.load(Acquire);
        while written.wrapping_sub(taken) == PLACES {
            wait(&self.taken, taken)?;
            taken = self.taken.load(Acquire);
        }
        self.places[(written % PLACES) as usize].store(gram, Relaxed);
        self.written.store(written.wrapping_add(1), Release);
        wake(&self.written);
        Ok(())
    }

    fn take(&self) -> nix::Result<u32> {
        let taken = self.taken.load(Relaxed);
        while self.written.load(Acquire) == taken {
            wait(&self.written, taken)?;
        }
        let gram = self.places[(taken % PLACES) as usize].load(Relaxed);
        self.taken.store(taken.wrapping_add(1), Release);
        wake(&self.taken);
        Ok(gram)
    }
}

/// The ring in this memory, wherever it lies in this program.
fn map(memory: impl AsFd) -> nix::Result<&'static Ring> {
    let size = NonZeroUsize::new(size_of::<Ring>()).expect("not empty");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice, which is never unmapped.
    // It is aligned to a page. The memory is as long as a Ring, since its maker has made it
    // so and nobody shrinks it. Any bytes are a valid Ring, and what the other program
    // changes is atomics.
    unsafe {
        let place = mmap(None, size, access, MapFlags::MAP_SHARED, memory, 0)?;
        Ok(place.cast().as_ref())
    }
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has memfd_create and futexes"
    );
    if env::args().nth(1).is_some() {
        // The friend's program: its standard input is the memory.
        let ring = map(io::stdin())?;
        for gram in 1..=1000 {
            ring.put(gram)?;
        }
        return Ok(());
    }
    let memory = File::from(memfd_create("ring", MFdFlags::MFD_CLOEXEC)?);
    memory.set_len(size_of::<Ring>() as u64)?;
    let ring = map(&memory)?;
    let mut friend = Command::new(env::current_exe()?);
    let mut friend = friend.arg("friend").stdin(OwnedFd::from(memory)).spawn()?;
    let sum = (0..1000).map(|_| ring.take()).sum::<nix::Result<u32>>();
    let ended = friend.wait()?;
    let sum = sum?;
    println!("me: 1000 numbers through {PLACES} places, {sum} in all");
    assert!(ended.success() && sum == 500_500, "each came once");
    Ok(())
}
