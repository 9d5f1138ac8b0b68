//! A thread per connection: a panic ends one worker, an abort ends everybody.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Command};
use std::{env, thread};

use nix::libc::SIGABRT;
use nix::sys::resource::{Resource, setrlimit};

/// A worker: adds up the grams in each line, until its client hangs up.
fn work(mut client: TcpStream) -> io::Result<()> {
    let (house, cook) = (process::id(), thread::current().id());
    for line in BufReader::new(client.try_clone()?).lines() {
        match line?.as_str() {
            "panic" => panic!("I dropped the bowl"), // New.
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
    let (mut clients, mut workers) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        clients.push(TcpStream::connect(counter.local_addr()?)?);
        let (client, _) = counter.accept()?;
        workers.push(thread::spawn(|| work(client))); // New: no fork.
    }
    // New: the client in the middle says what we were called with.
    let crash = env::args().nth(1);
    let first = ask(&clients[0], "mix 2 3")?;
    let second = ask(&clients[1], crash.as_deref().unwrap_or("panic"))?;
    let third = ask(&clients[2], "mix 4 5")?;
    assert_eq!(second, "", "the connection ended with its worker");
    assert!(first.starts_with("5 g"), "first heard {first:?}");
    assert!(third.starts_with("9 g"), "third heard {third:?}");
    assert_ne!(first[3..], third[3..], "each by a cook of its own");

    drop(clients);
    for (worker, expected) in workers.into_iter().zip([false, true, false]) {
        let crashed = worker.join().is_err(); // New: no waitpid.
        println!("worker   {}", if crashed { "panicked" } else { "done" });
        assert_eq!(crashed, expected, "a panic is its thread's alone");
    }
    // New: all of this once more, in a process of its own, and with an abort.
    if crash.is_none() {
        let ended = Command::new(env::current_exe()?).arg("abort").status()?;
        println!("abort    ended all of that, signal {:?}", ended.signal());
        assert_eq!(ended.signal(), Some(SIGABRT), "the whole process");
    }
    Ok(())
}
