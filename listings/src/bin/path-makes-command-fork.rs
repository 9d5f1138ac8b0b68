//! A changed PATH makes Command fork, unless the program's name has a slash.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{env, io};

use nix::libc::pthread_atfork;

static FORKS: AtomicU32 = AtomicU32::new(0);

/// Called by fork, in the parent, before there is a child.
extern "C" fn a_fork_begins() {
    FORKS.fetch_add(1, Relaxed);
}

type Change<'a> = &'a dyn Fn(&mut Command) -> &mut Command;

fn main() -> io::Result<()> {
    // SAFETY: the handler does nothing but to count, by an atomic.
    let failed = unsafe { pthread_atfork(Some(a_fork_begins), None, None) };
    assert_eq!(failed, 0, "there is memory for one handler");

    let same = env::var_os("PATH").unwrap_or("/usr/bin:/bin".into());
    let changes: [(&str, Change, u32); 4] = [
        ("nothing", &|command| command, 0),
        ("env(LANG, C)", &|command| command.env("LANG", "C"), 0),
        ("env(PATH, same)", &|command| command.env("PATH", &same), 1),
        ("env_clear()", &|command| command.env_clear(), 1),
    ];
    println!("changed           sh        /bin/sh");
    for (change, make, expected) in changes {
        let mut forks = [0; 2];
        for (name, forks) in ["sh", "/bin/sh"].into_iter().zip(&mut forks) {
            let mut command = Command::new(name);
            let ended = make(&mut command).args(["-c", "exit 7"]).status()?;
            assert_eq!(ended.code(), Some(7), "{name} runs after {change}");
            *forks = FORKS.swap(0, Relaxed);
        }
        println!("{change:<18}{} forks   {} forks", forks[0], forks[1]);
        assert_eq!(forks[0], expected, "sh is looked for in the child's PATH");
        assert_eq!(forks[1], 0, "there is nothing to look for");
    }
    Ok(())
}
