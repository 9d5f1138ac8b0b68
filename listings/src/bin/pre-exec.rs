//! A closure for the time between fork and exec makes Command fork.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use nix::libc::pthread_atfork;
use nix::unistd::setsid;

static FORKS: AtomicU32 = AtomicU32::new(0);

/// Called by fork, in the parent, before there is a child.
extern "C" fn a_fork_begins() {
    FORKS.fetch_add(1, Relaxed);
}

/// Runs a shell that compares its number with those of its group and session:
/// which does it lead? And how many forks did it take?
fn run(shell: &mut Command) -> io::Result<(String, u32)> {
    let script = "read -r pid name state parent group session rest </proc/self/stat
        [ $pid = $group ] && printf group; [ $pid = $session ] && printf +session";
    let shell = shell.args(["-c", script]).stderr(Stdio::inherit());
    let output = shell.output()?;
    let leads = String::from_utf8(output.stdout).expect("plain words");
    Ok((leads, FORKS.swap(0, Relaxed)))
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self/stat");
    // SAFETY: the handler does nothing but to count, by an atomic.
    let failed = unsafe { pthread_atfork(Some(a_fork_begins), None, None) };
    assert_eq!(failed, 0, "there is memory for one handler");

    let plain = run(&mut Command::new("sh"))?;
    let in_a_group = run(Command::new("sh").process_group(0))?;
    let mut command = Command::new("sh");
    // SAFETY: setsid is async-signal-safe, and to make an io::Error of its number
    // doesn't allocate.
    let in_a_session =
        run(unsafe { command.pre_exec(|| Ok(setsid().map(drop)?)) })?;

    println!("Command           leads           forks");
    for (name, (leads, forks)) in [
        ("as it is", &plain),
        ("process_group(0)", &in_a_group),
        ("pre_exec(setsid)", &in_a_session),
    ] {
        println!("{name:<18}{leads:<16}{forks}");
    }
    assert_eq!(plain, (String::new(), 0), "nothing asked, nothing done");
    assert_eq!(in_a_group, ("group".into(), 0), "posix_spawn knows groups");
    assert_eq!(
        in_a_session,
        ("group+session".into(), 1),
        "a closure needs a fork"
    );
    Ok(())
}
