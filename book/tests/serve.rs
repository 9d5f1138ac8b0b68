//! What `cargo run` promises, checked on a small book.

mod common;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use common::{Book, Server, status};
use lab::machine::Machine;
use lab::record::{Affinity, Figure, Outcome, Record, Row, Turns, Unit};
use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::set_no_new_privs;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

impl Book {
    fn break_it(&self) {
        self.write("src/SUMMARY.md", "- [A](a.md)\n- [B](missing<b>.md)\n");
    }

    fn mend_it(&self) {
        self.write("src/SUMMARY.md", "- [A](a.md)\n");
    }

    /// With a chart, drawn from what was measured on another machine.
    fn measured() -> Self {
        let book = Self::new();
        fs::create_dir_all(book.path("lab/charts")).unwrap();
        fs::create_dir_all(book.path("target/lab")).unwrap();
        book.measure("lab/record.json", "Another CPU");
        book.write(
            "lab/charts/creation.html",
            "<figure>drawn before</figure>\n",
        );
        book.write(
            "src/a.md",
            "# A\n\n{{#include ../lab/charts/creation.html}}\n\nfirst text\n",
        );
        book
    }

    /// With a program that was changed since its output was recorded.
    fn stale() -> Self {
        let book = Self::new();
        fs::create_dir_all(book.path("listings/src/bin")).unwrap();
        fs::create_dir_all(book.path("listings/outputs")).unwrap();
        for (file, text) in [
            ("listings/src/bin/a.rs", "//! A.\n\nfn main() {}\n"),
            ("listings/src/bin/b.rs", "//! B.\n\nfn main() {}\n"),
            ("listings/outputs/a.txt", "of a\n"),
            ("listings/outputs/b.txt", "of b\n"),
        ] {
            book.write(file, text);
        }
        book.index("another source", "//! B.\n\nfn main() {}\n");
        let shown = |name: &str| {
            format!(
                "```rust\n{{{{#rustdoc_include ../listings/src/bin/{name}.rs}}}}\n```\n\n\
                 ```console\n$ cargo run --bin {name}\n\
                 {{{{#include ../listings/outputs/{name}.txt}}}}\n```\n"
            )
        };
        book.write(
            "src/a.md",
            &format!("# A\n\n{}\n{}", shown("a"), shown("b")),
        );
        book
    }

    /// Of which sources the outputs are.
    fn index(&self, a: &str, b: &str) {
        let entry = |name, source: &str| {
            let hash = Sha256::digest(source);
            let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("[{name}]\nsource = \"{hash}\"\nrust = \"1\"\nhost = \"here\"\n")
        };
        let index = entry("a", a) + &entry("b", b);
        self.write("listings/outputs/index.toml", &index);
    }

    /// A record with one row.
    fn measure(&self, file: &str, cpu: &str) {
        let mut machine = Machine::here();
        machine.cpu = cpu.to_owned();
        let figure = Figure {
            minimum: 19e3,
            p10: 19.5e3,
            median: 20e3,
            p90: 21e3,
            mean: 20.5e3,
            samples: 150,
            rejected: 0,
            noisy: false,
            operations: 100,
            switches: 2.0,
            faults: 1.0,
            calls: None,
            turns: Turns::default(),
        };
        let row = Row {
            id: "creation/thread".to_owned(),
            label: "thread".to_owned(),
            what: "spawn and join".to_owned(),
            affinity: Affinity::OneCpu,
            unit: Unit::Nanoseconds,
            outcome: Outcome::Measured(figure),
        };
        let record = Record::new(machine, vec![row]);
        record.save(&self.path(file)).unwrap();
    }
}

impl Server {
    fn events(&self) -> Events {
        let reader = BufReader::new(self.request("GET", "/_book/events"));
        Events(reader.lines())
    }
}

/// What a page is told.
struct Events(std::io::Lines<BufReader<TcpStream>>);

impl Events {
    fn next(&mut self) -> Value {
        let told = |line: std::io::Result<String>| line.expect("no event came in time");
        let mut lines = self.0.by_ref().map(told);
        let event = lines.find_map(|line| Some(line.strip_prefix("data: ")?.to_owned()));
        serde_json::from_str(&event.expect("the server ended the events")).unwrap()
    }

    /// The first event that is so.
    fn find(&mut self, so: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next();
            if so(&event) {
                return event;
            }
        }
    }
}

/// The build that a page says it comes from.
fn build_of(page: &str) -> &str {
    let (_, rest) = page.split_once("data-build=\"").expect(page);
    rest.split('"').next().unwrap()
}

#[test]
fn a_page_is_served_with_the_script_and_never_from_a_cache() {
    let book = Book::new();
    let server = book.serve();
    let (head, page) = server.ask("GET", "/");
    assert_eq!(status(&head), "200");
    let head = head.to_lowercase();
    assert!(
        head.contains("content-type: text/html; charset=utf-8"),
        "{head}"
    );
    assert!(head.contains("cache-control: no-store"), "{head}");
    assert!(page.contains("first text"));
    let (_, end) = page.split_once("<script src=\"_book/live.js\"").unwrap();
    assert_eq!(
        end.matches("</body>").count(),
        1,
        "the script is in the body"
    );
    assert!(!end.contains("_book/live.js"), "there is one script");

    let (head, script) = server.ask("GET", "/_book/live.js");
    assert!(head.contains("text/javascript"), "{head}");
    assert!(script.contains("EventSource"));
}

#[test]
fn the_machine_has_a_policy_of_its_own_and_no_other_file_has_it() {
    let book = Book::new();
    fs::create_dir_all(book.path("src/machine")).unwrap();
    book.write("src/machine/worker.mjs", "1");
    book.write("src/machine/machine.mjs", "1");
    let server = book.serve();
    let head = |path| server.ask("GET", path).0.to_lowercase();
    let worker = head("/machine/worker.mjs?a");
    assert!(
        worker.contains("content-security-policy: default-src 'none'; script-src"),
        "{worker}"
    );
    assert!(!worker.contains("connect-src"), "{worker}");
    for other in ["/machine/machine.mjs", "/"] {
        assert!(!head(other).contains("wasm-unsafe-eval"), "{other}");
    }
}

#[test]
fn head_tells_what_get_would_and_sends_no_page() {
    let book = Book::new();
    let server = book.serve();
    let (head, body) = server.ask("HEAD", "/");
    let length = server.get("/").len();
    assert_eq!(status(&head), "200");
    assert!(
        head.to_lowercase()
            .contains(&format!("content-length: {length}")),
        "{head}"
    );
    assert_eq!(body, "");
}

#[test]
fn an_edit_leads_to_an_event_and_the_new_text() {
    let book = Book::new();
    let server = book.serve();
    let old = build_of(&server.get("/")).to_owned();
    let mut events = server.events();
    assert_eq!(events.next()["build"], old);

    book.write("src/a.md", "# A\n\nsecond text\n");
    let new = events.find(|event| event["build"] != old);
    let page = server.get("/");
    assert!(page.contains("second text"));
    assert_eq!(new["build"], build_of(&page));
    assert_eq!(new["error"], Value::Null);
    assert_eq!(server.events().next(), new, "who comes late misses nothing");
    assert!(server.line().starts_with("src/a.md changed: built in "));
}

#[test]
fn edits_in_place_are_seen_up_to_the_last() {
    let book = Book::new();
    let server = book.serve();
    let mut events = server.events();
    for edit in 1..=50 {
        fs::write(book.path("src/a.md"), format!("# A\n\nedit {edit}.\n")).unwrap();
    }
    while !server.get("/").contains("edit 50.") {
        events.next();
    }
}

#[test]
fn a_folder_that_comes_later_is_watched() {
    let book = Book::new();
    let server = book.serve();
    let mut events = server.events();
    let mut old = events.next();
    for folder in ["theme", "src/part", "src/part/deep"] {
        fs::create_dir(book.path(folder)).unwrap();
        old = events.find(|event| event != &old);
        book.write(&format!("{folder}/head.hbs"), "<meta name=\"later\">");
        old = events.find(|event| event != &old);
        assert!(server.get("/").contains("<meta name=\"later\">"));
    }
}

/// The build reads all of them. A build for that would have its line before that of the edit, or
/// the edit's line would name more than one file.
#[test]
fn reading_the_sources_is_no_change_and_neither_is_build_output() {
    let book = Book::new();
    let server = book.serve();
    fs::read(book.path("src/a.md")).unwrap();
    fs::create_dir_all(book.path("listings/target")).unwrap();
    assert!(server.line().starts_with("listings changed: "));
    book.write("listings/target/out", "");
    book.write("target/out", "");
    book.write("src/SUMMARY.md", "- [A, renamed](a.md)\n");
    let line = server.line();
    assert!(line.starts_with("src/SUMMARY.md changed: built"), "{line}");
}

/// Has the kernel refuse this system call to a command.
fn refuse(command: &mut Command, call: libc::c_long, error: i32) {
    let [load, is, end] = [
        libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
        libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
        libc::BPF_RET | libc::BPF_K,
    ]
    .map(|code| code as u16);
    let step = |code, k, jf| libc::sock_filter { code, jt: 0, jf, k };
    let mut filter = [
        // The number of the system call comes first.
        step(load, 0, 0),
        step(is, call as u32, 1),
        step(end, libc::SECCOMP_RET_ERRNO | error as u32, 0),
        step(end, libc::SECCOMP_RET_ALLOW, 0),
    ];
    let set = move || {
        set_no_new_privs()?;
        let filter = libc::sock_fprog {
            len: filter.len() as u16,
            filter: filter.as_mut_ptr(),
        };
        // SAFETY: the kernel copies the filter, which lives during the call.
        Errno::result(unsafe {
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &filter)
        })?;
        Ok(())
    };
    // SAFETY: prctl(2) is a system call alone, and allocates nothing.
    unsafe { command.pre_exec(set) };
}

type Way = fn(&mut Command);

#[test]
fn where_the_kernel_tells_of_no_changes_they_are_looked_for() {
    let ways: [(&str, Way); 3] = [
        ("so says --poll", |command| {
            command.arg("--poll");
        }),
        // As by fs.inotify.max_user_instances.
        ("Too many open files", |command| {
            refuse(command, libc::SYS_inotify_init1, libc::EMFILE);
        }),
        // As by fs.inotify.max_user_watches.
        ("OS file watch limit reached", |command| {
            refuse(command, libc::SYS_inotify_add_watch, libc::ENOSPC);
        }),
    ];
    for (why, way) in ways {
        let book = Book::new();
        let mut command = book.command("0");
        way(&mut command);
        let server = book.serve_by(&mut command);
        let said = fs::read_to_string(book.path("stderr")).unwrap();
        assert!(said.contains("changes are looked for every 1 s"), "{said}");
        assert!(said.contains(why), "{said}");
        let mut events = server.events();
        let old = events.next();
        // At the same time as the old text, as far as a file system tells.
        let file = book.path("src/a.md");
        let time = fs::metadata(&file).unwrap().modified().unwrap();
        fs::write(&file, "# A\n\nother text\n").unwrap();
        let file = File::options().append(true).open(file).unwrap();
        file.set_modified(time).unwrap();
        events.find(|event| event["build"] != old["build"]);
        assert!(server.get("/").contains("other text"), "{why}");

        fs::create_dir(book.path("theme")).unwrap();
        book.write("theme/head.hbs", "<meta name=\"later\">");
        while !server.get("/").contains("<meta name=\"later\">") {
            events.next();
        }
    }
}

#[test]
fn a_broken_edit_keeps_the_last_good_page_and_a_mend_brings_the_new_one() {
    let book = Book::new();
    let server = book.serve();
    let mut events = server.events();
    let good = events.next();

    book.break_it();
    let broken = events.find(|event| event["error"] != Value::Null);
    let error = broken["error"].as_str().unwrap();
    assert!(error.contains("missing<b>.md"), "{error}");
    assert_eq!(broken["build"], good["build"]);
    assert!(server.get("/").contains("first text"));
    assert_eq!(server.events().next(), broken, "a new page is told too");

    book.write("src/a.md", "# A\n\nmended text\n");
    book.mend_it();
    let mended = events.find(|event| event["error"] == Value::Null);
    assert_ne!(mended["build"], good["build"]);
    assert!(server.get("/").contains("mended text"));
}

#[test]
fn a_broken_rule_is_told_to_the_page_by_file_and_line_and_its_mend_too() {
    let book = Book::new();
    let server = book.serve();
    let mut events = server.events();
    assert_eq!(events.next()["problems"], json!([]));

    book.write("src/a.md", "# A\n\nIt takes 5 ms.\n\nSee [B](b.md).\n");
    // The sources may be looked at before the pages are made of them.
    let broken = events.find(|event| event["problems"].as_array().unwrap().len() == 2);
    let problems = broken["problems"].as_array().unwrap();
    let begins = |index: usize, with: &str| {
        let problem = problems[index].as_str().unwrap();
        assert!(problem.starts_with(with), "{problem}");
    };
    begins(0, "src/a.md:3: \"5 ms\" is typed");
    begins(1, "src/a.md:5: the link \"b.html\" leads to no page");
    assert_eq!(broken["error"], Value::Null, "the book is built");
    assert!(server.get("/").contains("It takes 5 ms."));
    let said = fs::read_to_string(book.path("stderr")).unwrap();
    assert!(said.contains("rules are broken:\nsrc/a.md:3: "), "{said}");

    book.write("src/a.md", "# A\n\nIt takes a while.\n");
    events.find(|event| event["problems"] == json!([]));
}

#[test]
fn an_output_that_is_older_than_its_program_is_marked_until_it_is_recorded() {
    let book = Book::stale();
    let server = book.serve();
    let mut events = server.events();
    let page = server.get("/");
    let (before, after) = page.split_once("<p class=\"run-stale\">").expect("a mark");
    assert!(before.contains("fn main"), "it stands behind the program");
    assert!(
        after.contains("<kbd>cargo run -- record a</kbd>"),
        "{after}"
    );
    assert!(after.contains("of a"), "and before the output");
    assert!(!after.contains("run-stale"), "the other is fresh");
    let told = events.find(|event| event["problems"] != json!([]));
    let expected = "listings/src/bin/a.rs:1: it changed since its output was recorded: run `cargo \
                    run -- record a`";
    assert_eq!(told["problems"], json!([expected]));

    let of_b = "//! B.\n\nfn main() {}\n";
    book.index("//! A.\n\nfn main() {}\n", of_b);
    events.find(|event| event["problems"] == json!([]));
    assert!(!server.get("/").contains("run-stale"));
}

#[test]
fn a_first_build_that_fails_serves_the_error_until_one_succeeds() {
    let book = Book::new();
    book.break_it();
    let server = book.serve();
    let (head, page) = server.ask("GET", "/a.html");
    assert_eq!(status(&head), "503");
    assert!(page.contains("missing&lt;b>.md"), "{page}");
    let mut events = server.events();
    assert_eq!(events.next()["build"], build_of(&page));

    book.mend_it();
    let mended = events.find(|event| event["error"] == Value::Null);
    assert_ne!(mended["build"], build_of(&page));
    assert!(server.get("/a.html").contains("first text"));
}

#[test]
fn while_builds_go_on_every_page_is_whole_and_only_the_newest_is_kept() {
    let book = Book::new();
    let server = book.serve();
    let mut events = server.events();
    let mut old = events.next();
    for edit in 1..=3 {
        book.write("src/a.md", &format!("# A\n\ntext of edit {edit}\n"));
        old = thread::scope(|scope| {
            let built = scope.spawn(|| events.find(|event| event != &old));
            while !built.is_finished() {
                let page = server.get("/");
                assert!(page.contains("text") && page.trim_end().ends_with("</html>"));
            }
            built.join().unwrap()
        });
        assert!(server.get("/").contains(&format!("text of edit {edit}")));
    }
    // The line comes after the folder of the book before is gone.
    (1..=3).for_each(|_| drop(server.line()));
    let staging = book.path("target/served").join(server.port());
    assert_eq!(fs::read_dir(staging).unwrap().count(), 1);
}

#[test]
fn your_machine_stands_beside_the_recorded_one_once_the_lab_ran() {
    let book = Book::measured();
    let server = book.serve();
    let mut events = server.events();
    let before = events.next();
    assert!(server.get("/").contains("drawn before"));

    book.measure("target/lab/record.json", "Your CPU");
    events.find(|event| event != &before);
    assert!(
        server
            .line()
            .starts_with("target/lab/record.json changed: built")
    );
    let page = server.get("/");
    assert!(!page.contains("drawn before"));
    assert!(page.contains("the recorded machine: Another CPU"));
    assert!(page.contains("your machine: Your CPU"));
    assert!(page.contains("first text"));
}

#[test]
fn a_static_book_shows_the_recorded_machine_alone() {
    let book = Book::measured();
    book.measure("target/lab/record.json", "Your CPU");
    let mut build = Command::new(env!("CARGO_BIN_EXE_book"));
    let output = build.current_dir(&book.0).arg("build").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let page = fs::read_to_string(book.path("target/book/a.html")).unwrap();
    assert!(page.contains("drawn before"));
    assert!(!page.contains("Your CPU"));
}

#[test]
fn a_damaged_record_of_yours_is_a_warning_and_the_book_is_served() {
    let book = Book::measured();
    book.write("target/lab/record.json", "{}");
    let server = book.serve();
    assert!(server.get("/").contains("drawn before"));
    let said = fs::read_to_string(book.path("stderr")).unwrap();
    assert!(
        said.contains("target/lab/record.json is no record of this lab"),
        "{said}"
    );
    assert!(said.contains("cargo lab"), "{said}");
}

#[test]
fn an_unknown_path_gets_the_page_of_the_book_for_that() {
    let book = Book::new();
    let server = book.serve();
    let (head, page) = server.ask("GET", "/no/such/page.html");
    assert_eq!(status(&head), "404");
    assert!(page.contains("Document not found"));
    assert!(page.contains("\"../../_book/live.js\""));
}

#[test]
fn nothing_outside_of_the_book_is_served() {
    let book = Book::new();
    let server = book.serve();
    for path in [
        "/../book.toml",
        "/../../../../book.toml",
        "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/book.toml",
        "/..%2f..%2f..%2f..%2fbook.toml",
        "/..%5cbook.toml",
        "//etc/passwd",
        "/%2fetc/passwd",
    ] {
        let (head, body) = server.ask("GET", path);
        assert_eq!(status(&head), "404", "{path}");
        assert!(
            !body.contains("Tiny\"") && !body.contains("root:"),
            "{path}"
        );
    }
}

#[test]
fn a_taken_port_is_an_error_that_says_what_to_do() {
    let book = Book::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let Output { status, stderr, .. } = book.command(&port).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(
        stderr.contains(&format!("port {port} is taken")),
        "{stderr}"
    );
    assert!(stderr.contains("cargo run -- --port"), "{stderr}");
    assert!(!book.path("target").exists(), "nothing was built");
    drop(taken);
    // By that name too a browser would reach the other.
    if let Ok(_taken) = TcpListener::bind(format!("[::1]:{port}")) {
        let Output { status, stderr, .. } = book.command(&port).output().unwrap();
        assert_eq!(
            status.code(),
            Some(1),
            "{}",
            String::from_utf8_lossy(&stderr)
        );
    }
}

#[test]
fn ctrl_c_ends_it_at_once_though_a_page_listens_and_nothing_is_left() {
    let book = Book::new();
    let mut server = book.serve();
    let mut events = server.events();
    events.next();
    kill(Pid::from_raw(server.child.id() as i32), Signal::SIGINT).unwrap();
    // The line that ^C stands in, and then the end of the output.
    let soon = Duration::from_secs(2);
    assert_eq!(server.lines.recv_timeout(soon), Ok(String::new()));
    assert_eq!(
        server.lines.recv_timeout(soon),
        Err(RecvTimeoutError::Disconnected)
    );
    let status = server.child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(fs::read_dir(book.path("target/served")).unwrap().count(), 0);
}
