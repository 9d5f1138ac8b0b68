/// Behind each snippet: ends it, and all in its process group, when it runs longer than 10 s.
#[cfg(target_os = "linux")]
mod time_limit_of_the_tests {
    use std::ffi::{c_int, c_uint, c_void};

    unsafe extern "C" {
        fn alarm(seconds: c_uint) -> c_uint;
        fn kill(pid: c_int, signal: c_int) -> c_int;
        fn pthread_atfork(
            before: Option<extern "C" fn()>,
            in_parent: Option<extern "C" fn()>,
            in_child: Option<extern "C" fn()>,
        ) -> c_int;
        fn setpgid(pid: c_int, group: c_int) -> c_int;
        fn signal(signal: c_int, handler: extern "C" fn(c_int)) -> *const c_void;
        fn write(file: c_int, bytes: *const c_void, count: usize) -> isize;
    }

    const SIGKILL: c_int = 9;
    const SIGALRM: c_int = 14;

    #[used]
    #[unsafe(link_section = ".init_array")]
    static BEFORE_MAIN: extern "C" fn() = start;

    extern "C" fn start() {
        // SAFETY: there is one thread yet; the handlers are functions that live as long as the
        // program, and call nothing but async-signal-safe functions.
        unsafe {
            setpgid(0, 0);
            signal(SIGALRM, overrun);
            pthread_atfork(None, None, Some(begin));
        }
        begin();
    }

    /// A child inherits the handler, but not the alarm.
    extern "C" fn begin() {
        // SAFETY: has no preconditions.
        unsafe { alarm(10) };
    }

    extern "C" fn overrun(_: c_int) {
        let message = b"the snippet runs longer than 10 s, and was killed\n";
        // SAFETY: the pointer and the length are those of one slice; group 0 is our own.
        unsafe {
            write(2, message.as_ptr().cast(), message.len());
            kill(0, SIGKILL);
        }
    }
}
