//! Fork makes a process, exec gives it another program, wait takes its end.

use std::ffi::CString;
use std::process;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, execvp, fork, getpid};

fn main() -> nix::Result<()> {
    // Made before the fork, so that the child only has to call exec.
    let program = [
        "sh",
        "-c",
        r#"echo "sh:     pid $$, another program"; exit 7"#,
    ]
    .map(|word| CString::new(word).expect("no zero byte in it"));
    println!("parent: pid {}", getpid());

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            println!("child:  pid {}, my parent's program", getpid());
            // Comes back only if it fails, and then nothing else may be left to do.
            let _ = execvp(&program[0], &program);
            process::exit(127);
        }
        ForkResult::Parent { child } => {
            let ended = waitpid(child, None)?;
            assert_eq!(
                ended,
                WaitStatus::Exited(child, 7),
                "what the new program chose"
            );
            println!("parent: {ended:?}");
        }
    }
    Ok(())
}
