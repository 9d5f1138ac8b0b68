//! Tasks of one thread take turns at each `.await`. Who computes or blocks without one
//! stops the others; `spawn_blocking` moves it to another thread.

use std::future::Future;
use std::sync::mpsc;
use std::thread;

use tokio::task;

/// Lets another task bake, and returns how many cookies it baked by the time that `work`
/// was over.
async fn baked_during(work: impl Future<Output = ()>) -> u32 {
    let (send, cookies) = mpsc::channel();
    let other = tokio::spawn(async move {
        while send.send(()).is_ok() {
            task::yield_now().await;
        }
    });
    // Its first turn: from here on it bakes whenever it has one.
    task::yield_now().await;
    let before = cookies.try_iter().count();
    assert!(before > 0, "it has had a turn");
    work.await;
    let meanwhile = cookies.try_iter().count() as u32;
    drop(cookies);
    other.await.expect("no panic");
    meanwhile
}

/// Ten thousand turns of the scheduler, for threads: time enough for others.
fn block() {
    (0..10_000).for_each(|_| thread::yield_now());
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let meanwhile = baked_during(async { block() }).await;
    println!(
        "blocked in the task:   the other task went on: {}",
        meanwhile > 0
    );
    assert_eq!(meanwhile, 0, "there is one thread, and it was busy");

    let moved = async { task::spawn_blocking(block).await.expect("no panic") };
    let meanwhile = baked_during(moved).await;
    println!(
        "blocked in its thread: the other task went on: {}",
        meanwhile > 0
    );
    assert!(meanwhile > 0, "the thread of the tasks was free");
}
