//! A supervisor puts a new worker in the place of one that crashed, and no job is
//! lost.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Command, Stdio};
use std::{collections::VecDeque, env};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

/// A worker bakes what it is told and answers, until its supervisor hangs up.
fn work() -> io::Result<()> {
    for order in io::stdin().lines() {
        let order = order?;
        if order == "job 3, attempt 1" {
            process::abort();
        }
        println!("{order}: done");
    }
    Ok(())
}

fn main() -> io::Result<()> {
    if env::args().nth(1).is_some() {
        return work();
    }
    let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1); // No core, nor a pipe for one.
    let mut waiting: VecDeque<_> = (1..=5).map(|job| (job, 1)).collect();
    let (mut done, mut ends) = (Vec::new(), Vec::new());
    while !waiting.is_empty() {
        assert!(ends.len() < 3, "I hire no fourth worker");
        let mut worker = Command::new(env::current_exe()?)
            .arg("work")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut orders = worker.stdin.take().expect("is piped");
        let mut answers = BufReader::new(worker.stdout.take().expect("is piped"));
        println!("worker {} is process {}", ends.len() + 1, worker.id());

        while let Some((job, attempt)) = waiting.front_mut() {
            let order = format!("job {job}, attempt {attempt}");
            let mut answer = String::new();
            // If the worker is gone, then one of these fails or gives nothing.
            let _ = writeln!(orders, "{order}");
            let _ = answers.read_line(&mut answer);
            if answer != format!("{order}: done\n") {
                println!("{order}: no answer");
                *attempt += 1;
                break;
            }
            print!("{answer}");
            done.push(*job);
            waiting.pop_front(); // Only now: it is acknowledged.
        }
        drop(orders);
        ends.push(worker.wait()?);
    }
    println!("{} jobs done by {} workers", done.len(), ends.len());
    assert_eq!(done, [1, 2, 3, 4, 5], "each is acknowledged, and once");
    let [crashed, other] = ends[..] else {
        panic!("one worker more than crashed: {ends:?}");
    };
    assert_eq!(crashed.signal(), Some(Signal::SIGABRT as i32));
    assert!(other.success(), "the other did the rest");
    Ok(())
}
