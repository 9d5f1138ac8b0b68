//! Two threads run in turns on one processor, and at the same time only on two.
//!
//! Not in the page: it needs two processors.

#[cfg(target_os = "linux")]
use {
    nix::sys::resource::{UsageWho::RUSAGE_SELF, getrusage},
    nix::{sched, unistd::Pid},
    std::sync::atomic::{AtomicU32, Ordering::SeqCst},
    std::{hint, thread, time::Instant},
};

/// Mother asks and my sister answers, each at a stove. Whoever waits looks again and
/// again, and doesn't sleep. Says whether that took a change of cook for each answer.
#[cfg(target_os = "linux")]
fn in_turns(questions: u32, stoves: [usize; 2]) -> nix::Result<bool> {
    let words = AtomicU32::new(0);
    let talk = |cook, stove| {
        let mut mine = sched::CpuSet::new();
        let set = mine.set(stove);
        let moved =
            set.and_then(|()| sched::sched_setaffinity(Pid::from_raw(0), &mine));
        for word in (cook..2 * questions).step_by(2) {
            while words.load(SeqCst) < word {
                hint::spin_loop();
            }
            words.store(word + 1, SeqCst);
        }
        moved
    };
    // How often the kernel took a thread of this process off its processor.
    let changes = || {
        let all = getrusage(RUSAGE_SELF)?;
        let [slept, stopped] = [
            all.voluntary_context_switches(),
            all.involuntary_context_switches(),
        ];
        nix::Result::Ok((slept + stopped) as u32)
    };

    let (begin, before) = (Instant::now(), changes()?);
    thread::scope(|kitchen| {
        let sister = kitchen.spawn(|| talk(1, stoves[1]));
        talk(0, stoves[0]).and(sister.join().expect("no panic"))
    })?;
    let (taken, changes) = (begin.elapsed(), changes()? - before);
    let each = changes >= questions;
    println!(
        "{questions:>4} answers in {taken:.0?}; a change of cook for each: {each}"
    );
    Ok(each)
}

#[cfg(target_os = "linux")]
fn main() -> nix::Result<()> {
    let allowed = sched::sched_getaffinity(Pid::from_raw(0))?;
    let all = 0..sched::CpuSet::count();
    let mut stoves = all.filter(|&stove| allowed.is_set(stove) == Ok(true));
    let first = stoves.next().expect("I am running on one");

    print!("one stove:  ");
    assert!(
        in_turns(10, [first; 2])?,
        "at one stove, one cook at a time"
    );

    let Some(second) = stoves.next() else {
        println!("Not here: the kernel allows this program one processor");
        return Ok(());
    };
    print!("two stoves: ");
    assert!(
        !in_turns(1000, [first, second])?,
        "both cooked at the same time"
    );
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux lets a thread choose its processors like this");
}
