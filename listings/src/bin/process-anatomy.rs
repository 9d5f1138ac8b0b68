//! What a process has, the kernel shows under /proc/self, to each of its threads.

use std::os::fd::AsRawFd;
use std::os::unix::{ffi::OsStrExt, process::parent_id};
use std::{env, fs, io, thread};

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

/// What a process has, where it is shown, and whether the thread that asks gets the
/// same answer from a second source.
fn rows() -> io::Result<[(&'static str, &'static str, bool); 10]> {
    let text = |file: &str| fs::read_to_string(format!("/proc/self/{file}"));
    let link = |file: &str| fs::read_link(format!("/proc/self/{file}"));
    let (status, limits, maps) = (text("status")?, text("limits")?, text("maps")?);

    let code = named(&maps, main as *const () as usize);
    let words: String = env::args().map(|word| word + "\0").collect();
    let shown = fs::read("/proc/self/environ")?;
    let mut known = env::vars_os()
        .map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
    let all = known.all(|pair| shown.split(|&byte| byte == 0).any(|it| it == pair));
    let null = fs::File::open("/dev/null")?;
    let open = link(&format!("fd/{}", null.as_raw_fd()))?;
    let local = named(&maps, &raw const null as usize);
    let limit = getrlimit(RLIMIT_NOFILE)?.0.to_string();
    let (user, parent) = (getuid().to_string(), parent_id().to_string());
    let tasks = fs::read_dir("/proc/self/task")?.count().to_string();
    Ok([
        (
            "a program",
            "exe",
            link("exe")?.as_os_str() == code.as_str(),
        ),
        ("a command line", "cmdline", text("cmdline")? == words),
        ("an environment", "environ", all),
        ("a directory", "cwd", link("cwd")? == env::current_dir()?),
        ("open files", "fd", open.as_os_str() == "/dev/null"),
        ("an address space", "maps", local == "[stack]"),
        ("limits", "limits", word(&limits, "Max open files") == limit),
        ("a user", "status: Uid", word(&status, "Uid:") == user),
        ("a parent", "status: PPid", word(&status, "PPid:") == parent),
        ("threads", "task", word(&status, "Threads:") == tasks),
    ])
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self");
    let mine = rows()?;
    let hers = thread::spawn(rows).join().expect("no panic")?;

    println!("in /proc/self               for me  for sister");
    for ((what, file, me), (_, _, sister)) in mine.into_iter().zip(hers) {
        println!("{what:<16}  {file:<12}  {me:<6}  {sister}");
        assert!(me, "{file} and its second source differ");
        assert_eq!(sister, what != "an address space", "{file}, for a thread");
    }
    Ok(())
}
