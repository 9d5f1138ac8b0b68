//! A child has ended, and you want to see what is left of it before you reap it.

use std::io;
use std::process::Child;

/// Waits until `child` has ended, and doesn't reap it: its status stays for whoever
/// waits next. Gives its state as `/proc/PID/status` names it, without the `State:`.
pub fn state_at_its_end(child: &Child) -> io::Result<String> {
    todo!("wait for the end, leave the status, look into /proc")
}
