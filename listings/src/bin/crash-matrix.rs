//! Who falls with whom: each crash happens in a thread of a process of its own, and
//! is watched from outside.
//!
//! Longer than a page: thirteen ways to fall, in one table.

use std::hint::black_box;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::{env, io, panic, ptr, thread};

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

/// What happens, whether its thread falls alone, and how its process ends.
const EXPECTED: &str = "\
panic                    alone     exited with 0
panic with the lock      alone     exited with 101
panic of main            with all  exited with 101
panic in a panic         with all  killed by SIGABRT
panic out of C           with all  killed by SIGABRT
panic, hook aborts       with all  killed by SIGABRT
panic of a thread-local  with all  killed by SIGABRT
panic of the result      with all  killed by SIGABRT
exit(3)                  with all  exited with 3
abort()                  with all  killed by SIGABRT
stack overflow           with all  killed by SIGABRT
wild write               with all  killed by SIGSEGV
SIGKILL from outside     with all  killed by SIGKILL
";

static DOUGH: Mutex<u32> = Mutex::new(200);

/// Can't be dropped without a panic.
struct Tray;

impl Drop for Tray {
    fn drop(&mut self) {
        panic!()
    }
}

thread_local! {
    static POCKET: Tray = const { Tray };
}

extern "C" fn from_c() {
    panic!()
}

#[expect(unconditional_recursion, reason = "that is the crash")]
fn pile_up(bowls: u64) {
    pile_up(bowls + 1);
    black_box(bowls);
}

fn happen(case: &str) {
    match case {
        "panic" | "panic of main" => panic!(),
        "panic with the lock" => {
            let _dough = DOUGH.lock();
            panic!()
        }
        "panic in a panic" => {
            let _tray = Tray;
            panic!()
        }
        "panic out of C" => from_c(),
        "panic of a thread-local" => POCKET.with(|_| ()),
        // Nobody joins to take the tray, so it is dropped where the scope ends.
        "panic of the result" => thread::scope(|kitchen| {
            kitchen.spawn(|| Tray);
        }),
        "panic, hook aborts" => {
            panic::set_hook(Box::new(|_| process::abort()));
            panic!()
        }
        "exit(3)" => process::exit(3),
        "abort()" => process::abort(),
        "stack overflow" => pile_up(1),
        // SAFETY: none, and that is the point: nothing is mapped in the first page.
        "wild write" => unsafe {
            ptr::without_provenance_mut::<u8>(8).write_volatile(1)
        },
        _ => {
            eprint!("here I am");
            // Waits for the parent's end, and so never outlives it.
            drop(io::stdin().read_line(&mut String::new()));
        }
    }
}

/// Speaks up if the first thread ends and the process doesn't.
fn watch_main() -> io::Result<()> {
    // SAFETY: it takes nothing, and always succeeds.
    let main = unsafe { libc::pthread_self() } as usize; // With musl, a pointer.
    let (here, is_here) = mpsc::channel::<()>();
    thread::Builder::new().spawn(move || {
        drop(here);
        // SAFETY: the first thread is never detached, and nobody else joins it.
        unsafe { libc::pthread_join(main as _, ptr::null_mut()) };
        println!("alone");
    })?;
    let _ = is_here.recv(); // Ends once the watcher is at work.
    Ok(())
}

fn main() -> io::Result<()> {
    if let Some(case) = env::args().nth(1) {
        // No backtrace: where memory is short, std waits for its own lock in it.
        panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
        if case == "panic of main" {
            watch_main()?;
            happen(&case);
        }
        let falls = thread::Builder::new().spawn(move || happen(&case))?;
        falls.join().expect_err("each case ends its thread");
        println!("alone");
        // Falls next if the lock is poisoned.
        let _dough = DOUGH.lock().unwrap();
        return Ok(());
    }
    let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1); // No core, nor a pipe for one.
    println!("what happens             thread    process");
    for row in EXPECTED.lines() {
        let case = row[..25].trim();
        let mut child = Command::new(env::current_exe()?)
            .arg(case)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if case == "SIGKILL from outside" {
            // Only once its thread is there and says so.
            let mut said = [0; 9];
            let voice = child.stderr.as_mut().expect("it is a pipe");
            if voice.read_exact(&mut said).is_ok() && said == *b"here I am" {
                child.kill()?;
            }
        }
        let child = child.wait_with_output()?;
        let process = match child.status.signal() {
            Some(signal) => format!("killed by {}", Signal::try_from(signal)?),
            None => format!("exited with {}", child.status.code().unwrap()),
        };
        let heard = String::from_utf8_lossy(&child.stdout);
        let thread = match heard.trim_end() {
            "" => "with all",
            heard => heard,
        };
        let seen = format!("{case:<25}{thread:<10}{process}");
        println!("{seen}");
        let last_words = String::from_utf8_lossy(&child.stderr);
        assert_eq!(seen, row, "who falls with whom: {last_words}");
    }
    Ok(())
}
