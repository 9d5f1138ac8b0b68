//! A forked child keeps the data as they were, while its parent changes all of them.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::process;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn main() -> io::Result<()> {
    let mut jars = vec![5_u64; 100_000];
    let at_the_fork = jars.iter().sum::<u64>();
    let (mut phone, mut her_phone) = UnixStream::pair()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(phone);
            // She begins to count when I say so.
            her_phone.read_exact(&mut [0])?;
            let count = jars.iter().sum::<u64>();
            her_phone.write_all(&count.to_ne_bytes())?;
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            drop(her_phone);
            jars.fill(3);
            let now = jars.iter().sum::<u64>();
            phone.write_all(b"!")?;

            let mut count = [0; 8];
            phone.read_exact(&mut count)?;
            let count = u64::from_ne_bytes(count);
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
            println!("all jars at the fork:     {at_the_fork} g");
            println!("all jars, then changed:   {now} g");
            println!("and then, as she counts:  {count} g");
            assert_eq!(now, 300_000, "each jar in my house is changed");
            assert_eq!(count, at_the_fork, "and none in hers");
        }
    }
    Ok(())
}
