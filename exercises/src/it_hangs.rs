//! The first look at something that hangs.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It computes: where?
    Profile,
    /// It waits for one of its own threads: backtraces of all.
    Backtraces,
    /// It waits for somebody's data, or for somebody to take its data: who is at the other end?
    Descriptors,
    /// It waits for a child: look at that.
    Child,
    /// It waits in the kernel: where, and what does the kernel's log say?
    Kernel,
    /// Somebody has stopped it: who?
    Stopped,
    /// It has ended: who should reap it?
    Parent,
}

/// What to look at first, by the first letter of a thread's state in /proc (`R`, `S`, `D`, `T`, `t` or
/// `Z`) and by the name of the system call that it is in, if it is in one. `None` if these two don't
/// tell.
pub fn diagnose(state: char, call: Option<&str>) -> Option<Look> {
    todo!("the state first; only of a sleeper does the call matter")
}
