//! A task per connection: three workers in one thread, and the same two ends.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Command};
use std::{env, thread};

use nix::libc::SIGABRT;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader}; // New: tokio's own.
use tokio::net::{TcpListener, TcpStream};

/// A worker: adds up the grams in each line, until its client hangs up.
async fn work(mut client: TcpStream) -> io::Result<()> {
    let (house, cook) = (process::id(), thread::current().id());
    let (reader, mut client) = client.split();
    let mut lines = BufReader::new(reader).lines();
    // New: at each `.await` that has to wait, the thread turns to another task.
    while let Some(line) = lines.next_line().await? {
        match line.as_str() {
            "panic" => panic!("I dropped the bowl"),
            "abort" => process::abort(),
            mix => {
                let grams: u32 = mix.split(' ').flat_map(str::parse::<u32>).sum();
                let answer = format!("{grams} g, process {house}, {cook:?}\n");
                client.write_all(answer.as_bytes()).await?;
            }
        }
    }
    Ok(())
}

/// A client says a line, and hears the answer: nothing, if the connection ends.
async fn ask(server: &mut TcpStream, line: &str) -> io::Result<String> {
    let mut answer = String::new();
    server.write_all(format!("{line}\n").as_bytes()).await?;
    BufReader::new(server).read_line(&mut answer).await?;
    println!("{line:<8} {:?}", answer.trim_end());
    Ok(answer)
}

#[tokio::main(flavor = "current_thread")] // New: one thread for all the tasks.
async fn main() -> io::Result<()> {
    let counter = TcpListener::bind("127.0.0.1:0").await?;
    let (mut clients, mut workers) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        clients.push(TcpStream::connect(counter.local_addr()?).await?);
        let (client, _) = counter.accept().await?;
        workers.push(tokio::spawn(work(client))); // New: no thread.
    }
    let crash = env::args().nth(1);
    let first = ask(&mut clients[0], "mix 2 3").await?;
    let second = ask(&mut clients[1], crash.as_deref().unwrap_or("panic")).await?;
    let third = ask(&mut clients[2], "mix 4 5").await?;
    assert_eq!(second, "", "the connection ended with its worker");
    assert!(first.starts_with("5 g"), "first heard {first:?}");
    assert!(third.starts_with("9 g"), "third heard {third:?}");
    assert_eq!(first[3..], third[3..], "both by the same cook"); // New.

    drop(clients);
    for (worker, expected) in workers.into_iter().zip([false, true, false]) {
        let crashed = worker.await.is_err(); // New: no join.
        println!("worker   {}", if crashed { "panicked" } else { "done" });
        assert_eq!(crashed, expected, "a panic is its task's alone");
    }
    // All of this once more, in a process of its own, and with an abort.
    if crash.is_none() {
        let ended = Command::new(env::current_exe()?).arg("abort").status()?;
        println!("abort    ended all of that, signal {:?}", ended.signal());
        assert_eq!(ended.signal(), Some(SIGABRT), "the whole process");
    }
    Ok(())
}
