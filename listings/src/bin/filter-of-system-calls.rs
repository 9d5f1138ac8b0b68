//! A filter of system calls (seccomp) takes calls away from one thread, for good: what
//! a sandbox is made of.

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use std::fs::File;
    use std::thread;

    use nix::errno::Errno;
    use nix::fcntl::{AT_FDCWD, OFlag, openat};
    use nix::libc::{self, c_ulong, sock_fprog};
    use nix::sys::prctl::set_no_new_privs;
    use nix::sys::stat::Mode;

    /// Takes `openat` from this thread: it fails with EACCES.
    fn open_no_more() -> nix::Result<()> {
        let (load, jump) =
            (libc::BPF_LD | libc::BPF_W, libc::BPF_JMP | libc::BPF_JEQ);
        let refuse = libc::SECCOMP_RET_ERRNO | libc::EACCES as u32;
        // SAFETY: each makes one statement of plain numbers.
        let mut program = unsafe {
            [
                // At 0 lies the number of the call. Is it openat's? (A filter against somebody
                // who attacks asks first for which architecture the number is.)
                libc::BPF_STMT((load | libc::BPF_ABS) as u16, 0),
                libc::BPF_JUMP(
                    (jump | libc::BPF_K) as u16,
                    libc::SYS_openat as u32,
                    0,
                    1,
                ),
                libc::BPF_STMT(libc::BPF_RET as u16, refuse),
                libc::BPF_STMT(libc::BPF_RET as u16, libc::SECCOMP_RET_ALLOW),
            ]
        };
        let program = sock_fprog {
            len: program.len() as u16,
            filter: program.as_mut_ptr(),
        };
        // Without a privilege, a filter is for those alone who can't gain one by exec.
        set_no_new_privs()?;
        let mode = c_ulong::from(libc::SECCOMP_MODE_FILTER);
        // SAFETY: a number, and a program that lives and that the kernel copies during the call.
        let set = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &program) };
        Errno::result(set).map(drop)
    }

    // Not by std: not each libc opens files by this call.
    let open = || openat(AT_FDCWD, "/dev/null", OFlag::O_RDONLY, Mode::empty());

    let open_before = File::from(open()?);
    let sister = thread::spawn(move || {
        let filtered = open_no_more();
        (
            filtered,
            open().map(drop),
            open_before.metadata().map(drop).ok(),
        )
    });
    let (filtered, opens, uses) = sister.join().expect("no panic");
    if let Err(errno) = filtered {
        println!("Not here: no filter of system calls: {errno}");
        return Ok(());
    }
    println!("sister: to open a file:          {opens:?}");
    println!("sister: to use one that is open: {}", uses.is_some());
    assert_eq!(opens, Err(Errno::EACCES), "her filter forbids it");
    assert!(uses.is_some(), "it forbids one call, and no descriptor");
    println!("me:     to open a file:          {:?}", open().map(drop));
    assert!(open().is_ok(), "the filter is my sister's alone");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has seccomp");
}
