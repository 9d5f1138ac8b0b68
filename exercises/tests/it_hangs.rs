#[cfg_attr(feature = "solutions", path = "../src/solutions/it_hangs.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/it_hangs.rs")]
mod it_hangs;

use it_hangs::{Look, diagnose};

#[test]
#[ignore = "an exercise: yours to solve"]
fn the_call_tells_sleepers_apart() {
    for (call, look) in [
        ("futex", Look::Backtraces),
        ("read", Look::Descriptors),
        ("write", Look::Descriptors),
        ("recvfrom", Look::Descriptors),
        ("sendto", Look::Descriptors),
        ("poll", Look::Descriptors),
        ("epoll_wait", Look::Descriptors),
        ("wait4", Look::Child),
        ("waitid", Look::Child),
    ] {
        assert_eq!(diagnose('S', Some(call)), Some(look), "asleep in {call}");
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn of_others_the_state_tells_whatever_the_call() {
    for call in [None, Some("read"), Some("futex"), Some("wait4")] {
        assert_eq!(diagnose('R', call), Some(Look::Profile));
        assert_eq!(diagnose('D', call), Some(Look::Kernel));
        assert_eq!(diagnose('T', call), Some(Look::Stopped));
        assert_eq!(diagnose('t', call), Some(Look::Stopped));
        assert_eq!(diagnose('Z', call), Some(Look::Parent));
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn what_does_not_tell_is_no_diagnosis() {
    assert_eq!(diagnose('S', None), None);
    assert_eq!(
        diagnose('S', Some("clock_nanosleep")),
        None,
        "it may be meant so"
    );
    assert_eq!(diagnose('?', Some("futex")), None);
}
