//! The state says most; the call tells the sleepers apart.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Profile,
    Backtraces,
    Descriptors,
    Child,
    Kernel,
    Stopped,
    Parent,
}

pub fn diagnose(state: char, call: Option<&str>) -> Option<Look> {
    match (state, call) {
        ('R', _) => Some(Look::Profile),
        ('D', _) => Some(Look::Kernel),
        ('T' | 't', _) => Some(Look::Stopped),
        ('Z', _) => Some(Look::Parent),
        ('S', Some("futex")) => Some(Look::Backtraces),
        ('S', Some("wait4" | "waitid")) => Some(Look::Child),
        (
            'S',
            Some(
                "read" | "readv" | "write" | "writev" | "recvfrom" | "recvmsg"
                | "sendto" | "sendmsg" | "poll" | "ppoll" | "select" | "pselect6"
                | "epoll_wait" | "epoll_pwait" | "accept" | "accept4" | "connect",
            ),
        ) => Some(Look::Descriptors),
        _ => None,
    }
}

pub fn main() {
    for (state, call) in [('R', None), ('S', Some("futex")), ('S', Some("write"))] {
        let look = diagnose(state, call).expect("these tell");
        println!("{state} {:8}{look:?}", call.unwrap_or("-"));
    }
    assert_eq!(diagnose('S', None), None, "asleep, and who knows where");
}
