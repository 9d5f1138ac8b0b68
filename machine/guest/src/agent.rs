//! Runs the programs that a page asks for, one after the other, and tells what happens.
//!
//! Page and agent talk over the machine's second serial line. The page sends a line for each
//! program: the time in seconds since 1970, and the program with its arguments, with a blank
//! between them. The agent answers with lines:
//!
//! - `stdout N`, `stderr N`: the next N bytes are output;
//! - `cut N`: there is more output than N bytes, and the rest isn't passed on;
//! - `exited STATUS`, `killed NUMBER NAME`: how it ended, the last line;
//! - `refused REASON`: why it wasn't started, the last line.
//!
//! What a program leaves behind is left: for the next one, the page begins with a new machine.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_settime};

const LINE: &str = "/dev/ttyS1";

/// How many bytes of a program's output are passed on.
const OUTPUT: usize = 64 << 10;

pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agent: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let mut asked = BufReader::new(File::open(LINE)?);
    let mut page = File::options().write(true).open(LINE)?;
    // The end of a child is one more thing to poll. A thread that waits for it would be one that a
    // program may leave no room for.
    let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
    let child_ends = SignalFd::with_flags(&SigSet::from(Signal::SIGCHLD), flags)?;
    writeln!(page, "ready")?;
    let mut request = String::new();
    while asked.read_line(&mut request)? != 0 {
        if let Err(error) = run(&request, &mut page, &child_ends) {
            writeln!(page, "refused {error}")?;
        }
        request.clear();
    }
    Ok(())
}

fn run(request: &str, page: &mut File, child_ends: &SignalFd) -> io::Result<()> {
    let mut words = request.split_ascii_whitespace();
    let (time, program) = (words.next(), words.next());
    let (Some(time), Some(program)) = (time.and_then(|time| time.parse().ok()), program) else {
        return Err(io::Error::other("expected a time and a program"));
    };
    clock_settime(ClockId::CLOCK_REALTIME, TimeSpec::new(time, 0))?;
    let place = "/tmp/run";
    fs::create_dir_all(place)?;

    let (stdout, its_stdout) = io::pipe()?;
    let (stderr, its_stderr) = io::pipe()?;
    let child = Command::new(program)
        .args(words)
        .current_dir(place)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(its_stdout)
        .stderr(its_stderr)
        .spawn();
    // Not before, for a child inherits what is blocked.
    SigSet::from(Signal::SIGCHLD).thread_block()?;
    let mut child = child?;
    let mut output = Output {
        page,
        room: OUTPUT,
        cut: false,
    };
    let pipes = [("stdout", stdout), ("stderr", stderr)];
    let status = output.follow(pipes, &mut child, child_ends)?;
    SigSet::from(Signal::SIGCHLD).thread_unblock()?;
    tell_end(page, status)
}

fn tell_end(page: &mut File, status: ExitStatus) -> io::Result<()> {
    match (status.code(), status.signal()) {
        (Some(code), _) => writeln!(page, "exited {code}"),
        (None, signal) => {
            let signal = signal.expect("a child that ended without a code was killed");
            let name = Signal::try_from(signal).map_or("a signal", Signal::as_str);
            writeln!(page, "killed {signal} {name}")
        }
    }
}

struct Output<'a> {
    page: &'a mut File,
    /// How many bytes may still be passed on.
    room: usize,
    /// Whether the page knows that there was more.
    cut: bool,
}

impl Output<'_> {
    /// Passes on what comes from both pipes until the program has ended, and what is in them then.
    fn follow(
        &mut self,
        mut pipes: [(&str, PipeReader); 2],
        child: &mut Child,
        child_ends: &SignalFd,
    ) -> io::Result<ExitStatus> {
        for (_, pipe) in &pipes {
            fcntl(pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        }
        let mut open = [true; 2];
        loop {
            // First of all, for it may have ended before SIGCHLD was blocked.
            while child_ends.read_signal()?.is_some() {}
            let end = child.try_wait()?;
            for ((name, pipe), open) in pipes.iter_mut().zip(&mut open) {
                *open = *open && self.pass_on(name, pipe)?;
            }
            if let Some(status) = end {
                return Ok(status);
            }
            let mut all = vec![PollFd::new(child_ends.as_fd(), PollFlags::POLLIN)];
            for ((_, pipe), _) in pipes.iter().zip(open).filter(|(_, open)| *open) {
                all.push(PollFd::new(pipe.as_fd(), PollFlags::POLLIN));
            }
            poll(&mut all, PollTimeout::NONE)?;
        }
    }

    /// Passes on what is in a pipe by now; says whether more may come.
    fn pass_on(&mut self, name: &str, pipe: &mut PipeReader) -> io::Result<bool> {
        let mut bytes = vec![0; OUTPUT];
        let count = match pipe.read(&mut bytes) {
            Ok(0) => return Ok(false),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error),
        };
        let passed = count.min(self.room);
        if passed > 0 {
            writeln!(self.page, "{name} {passed}")?;
            self.page.write_all(&bytes[..passed])?;
        }
        if passed < count && !self.cut {
            self.cut = true;
            writeln!(self.page, "cut {OUTPUT}")?;
        }
        self.room -= passed;
        Ok(true)
    }
}
