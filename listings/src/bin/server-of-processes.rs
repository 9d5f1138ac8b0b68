//! A process per connection: a worker that aborts takes nobody with it.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::{process, thread};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

/// A worker's process, reaped at the latest when this is dropped.
struct Worker(Pid);

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = waitpid(self.0, None);
    }
}

/// A worker: adds up the grams in each line, until its client hangs up.
fn work(mut client: TcpStream) -> io::Result<()> {
    let (house, cook) = (process::id(), thread::current().id());
    for line in BufReader::new(client.try_clone()?).lines() {
        match line?.as_str() {
            "abort" => process::abort(),
            mix => {
                let grams: u32 = mix.split(' ').flat_map(str::parse::<u32>).sum();
                writeln!(client, "{grams} g, process {house}, {cook:?}")?;
            }
        }
    }
    Ok(())
}

/// A client says a line, and hears the answer: nothing, if the connection ends.
fn ask(mut server: &TcpStream, line: &str) -> io::Result<String> {
    let mut answer = String::new();
    writeln!(server, "{line}")?;
    BufReader::new(server).read_line(&mut answer)?;
    println!("{line:<8} {:?}", answer.trim_end());
    Ok(answer)
}

fn main() -> io::Result<()> {
    let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1); // No core, nor a pipe for one.
    let counter = TcpListener::bind("127.0.0.1:0")?;
    // If a step fails, the clients hang up first, so that the workers end.
    let mut workers = Vec::new();
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(TcpStream::connect(counter.local_addr()?)?);
        let (client, _) = counter.accept()?;
        // SAFETY: there is one thread, so no lock can be left behind in the child.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(clients); // Copies: with one open, its client can't hang up.
                return work(client);
            }
            ForkResult::Parent { child } => workers.push(Worker(child)),
        }
    }
    let first = ask(&clients[0], "mix 2 3")?;
    let second = ask(&clients[1], "abort")?;
    let third = ask(&clients[2], "mix 4 5")?;
    assert_eq!(second, "", "the connection ended with its worker");
    assert!(first.starts_with("5 g"), "first heard {first:?}");
    assert!(third.starts_with("9 g"), "third heard {third:?}");
    assert_ne!(first[3..], third[3..], "each in a house of its own");

    drop(clients);
    for (worker, expected) in workers.into_iter().zip([false, true, false]) {
        let ended = waitpid(worker.0, None)?;
        let crashed = matches!(ended, WaitStatus::Signaled(_, Signal::SIGABRT, _));
        let done = ended == WaitStatus::Exited(worker.0, 0);
        println!("worker   {}", if crashed { "SIGABRT" } else { "done" });
        assert_eq!((crashed, done), (expected, !expected), "{ended:?}");
    }
    Ok(())
}
