//! Only the first write to a common page brings a second frame: no read does, and no
//! later write.
//!
//! Nobody writes again whose entry was made writable without a copy: a processor may
//! still hold the old entry, and fault once more.
//!
//! Longer than a page: the kernel is asked twice, for faults and for frames.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::{fs::FileExt, net::UnixStream};
use std::{hint::black_box, mem, process};

use nix::sys::resource::{UsageWho::RUSAGE_SELF, getrusage};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, SysconfVar, fork, sysconf};

/// A byte with at least one page to itself: ordinary pages of x86-64 and ARM64 are no
/// larger.
#[repr(align(65536))]
#[derive(Clone)]
struct Jar(u8);

/// She is waited for, also when a step of mine fails.
struct Friend(Option<UnixStream>, Pid);

impl Drop for Friend {
    fn drop(&mut self) {
        drop(self.0.take());
        let _ = waitpid(self.1, None);
    }
}

/// Reads or writes; says how many page faults that took.
fn touch(jar: &mut Jar, write: bool) -> io::Result<u8> {
    let faults = || io::Result::Ok(getrusage(RUSAGE_SELF)?.minor_page_faults());
    let (mut trial, mut taken) = (0, 0);
    // First another byte, so that the code and the stack of a touch are there.
    for byte in [&mut trial, &mut jar.0] {
        let before = faults()?;
        if write {
            *black_box(byte) += 1;
        } else {
            black_box(*black_box(byte));
        }
        taken = (faults()? - before) as u8;
    }
    Ok(taken)
}

/// The frames behind a jar of ours: two, if no other process has mine (bit 56).
fn frames(jar: &Jar) -> io::Result<u8> {
    let page = sysconf(SysconfVar::PAGE_SIZE)?.expect("it has a size") as usize;
    let place = (&raw const *jar).addr() / page * 8;
    let mut entry = [0; 8];
    File::open("/proc/self/pagemap")?.read_exact_at(&mut entry, place as u64)?;
    Ok(1 + (u64::from_ne_bytes(entry) >> 56 & 1) as u8)
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has pagemap");
    if let Err(why) = File::open("/proc/self/pagemap") {
        println!("Not here: no pagemap to read, {why}");
        return Ok(());
    }
    let mut pantry = vec![Jar(1); 2];
    let (phone, mut her_phone) = UnixStream::pair()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    let child = match unsafe { fork() }? {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            drop(phone);
            let mut order = [0; 2];
            while her_phone.read_exact(&mut order).is_ok() {
                let jar = &mut pantry[usize::from(order[0])];
                her_phone.write_all(&[touch(jar, order[1] == 1)?])?;
            }
            process::exit(0);
        }
    };
    drop(her_phone);
    let mut friend = Friend(Some(phone), child);

    // r: I read. w: I write. R, W: she does.
    for (page, touches) in ["rRwrwRWrwR", "WrRWwW"].into_iter().enumerate() {
        let mut wrote = [false; 2];
        for letter in touches.chars() {
            let (hers, write) = (letter.is_uppercase(), "wW".contains(letter));
            let faults = if hers {
                let mut phone = friend.0.as_ref().expect("it is open");
                phone.write_all(&[page as u8, write.into()])?;
                let mut answer = [0];
                phone.read_exact(&mut answer)?;
                answer[0]
            } else {
                touch(&mut pantry[page], write)?
            };
            let frames = frames(&pantry[page])?;
            let who = if hers { "she" } else { "I" };
            let what = if write { "write" } else { "read" };
            println!(
                "page {page}: {who:<3} {what:<5}  faults {faults}  frames {frames}"
            );

            let first = write && !mem::replace(&mut wrote[usize::from(hers)], true);
            assert_eq!(faults, first.into(), "one fault each, at the first write");
            assert_eq!(frames, 1 + u8::from(wrote != [false; 2]), "and two frames");
        }
    }
    drop(friend.0.take());
    assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(())
}
