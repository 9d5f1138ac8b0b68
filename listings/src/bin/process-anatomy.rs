//! What a process has, the kernel shows under /proc/self, and others say the same.

use std::os::fd::AsRawFd;
use std::os::unix::{ffi::OsStrExt, process::parent_id};
use std::{env, fs, io};

use nix::sys::resource::{Resource::RLIMIT_NOFILE, getrlimit};
use nix::unistd::getuid;

/// The first word behind `name` in a text of lines.
fn word(text: &str, name: &str) -> String {
    let rest = text.lines().find_map(|line| line.strip_prefix(name));
    let word = rest.and_then(|rest| rest.split_whitespace().next());
    word.expect(name).into()
}

/// The name of what lies at an address, from the text of `maps` in proc(5).
fn named(maps: &str, address: usize) -> String {
    let number = |hex| usize::from_str_radix(hex, 16).expect("it is hexadecimal");
    let line = maps.lines().find(|line| {
        let (from, rest) = line.split_once('-').expect("from-to ...");
        let (to, _) = rest.split_once(' ').expect("from-to ...");
        (number(from)..number(to)).contains(&address)
    });
    let name = line.and_then(|line| line.splitn(6, ' ').nth(5));
    name.expect("somewhere it lies").trim_start().into()
}

/// A row of the table: what a process has, where it is shown, and whether rightly.
fn row(what: &str, file: &str, right: bool) {
    println!("{what:<18}/proc/self/{file}");
    assert!(right, "{file} and its second source differ");
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self");
    let text = |file: &str| fs::read_to_string(format!("/proc/self/{file}"));
    let link = |file: &str| fs::read_link(format!("/proc/self/{file}"));
    let status = text("status")?;

    let (maps, exe) = (text("maps")?, link("exe")?);
    let code = named(&maps, main as *const () as usize);
    row("a program", "exe", exe.as_os_str() == code.as_str());
    let words: String = env::args().map(|word| word + "\0").collect();
    row("a command line", "cmdline", text("cmdline")? == words);
    let shown = fs::read("/proc/self/environ")?;
    let mut known = env::vars_os()
        .map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
    let all = known.all(|pair| shown.split(|&byte| byte == 0).any(|it| it == pair));
    row("an environment", "environ", all);
    row("a directory", "cwd", link("cwd")? == env::current_dir()?);

    let null = fs::File::open("/dev/null")?;
    let open = link(&format!("fd/{}", null.as_raw_fd()))?;
    row("open files", "fd", open.as_os_str() == "/dev/null");
    let stack = named(&maps, &raw const null as usize);
    row("an address space", "maps", stack == "[stack]");
    let (most, _) = getrlimit(RLIMIT_NOFILE)?;
    let limit = word(&text("limits")?, "Max open files");
    row("limits", "limits", limit == most.to_string());

    let (user, me) = (word(&status, "Uid:"), getuid().to_string());
    row("a user", "status: Uid", user == me);
    let (pid, parent) = (word(&status, "PPid:"), parent_id().to_string());
    row("a parent", "status: PPid", pid == parent);
    let listed = fs::read_dir("/proc/self/task")?.count();
    row(
        "threads",
        "task",
        listed.to_string() == word(&status, "Threads:"),
    );
    Ok(())
}
