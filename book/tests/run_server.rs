//! What the server lets a page do with this machine, checked on listings that misbehave.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use common::{Book, PATIENCE, Server, answer, status};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(10);
const OUTPUT: usize = 64 << 10;

/// A book with listings: those in the folder `run_server` that are named.
fn book_with(listings: &[&str]) -> Book {
    let book = Book::new();
    for folder in ["listings/src/bin", "listings/fails"] {
        fs::create_dir_all(book.path(folder)).unwrap();
    }
    book.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"listings\"]\nresolver = \"3\"\n",
    );
    book.write(
        "listings/Cargo.toml",
        "[package]\nname = \"listings\"\nedition = \"2024\"\n",
    );
    // Cargo wants one program at least, whatever is asked for.
    for name in listings.iter().chain(&["hello"]) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run_server");
        let source = fs::read_to_string(source.join(format!("{name}.rs"))).unwrap();
        book.write(&format!("listings/src/bin/{name}.rs"), &source);
    }
    book
}

/// A run as its page sees it. Dropping it closes the page.
struct Run(Lines<BufReader<TcpStream>>);

impl Run {
    fn next(&mut self) -> Option<Value> {
        let line = self.0.next()?.unwrap();
        Some(serde_json::from_str(&line).expect(&line))
    }

    /// The next line of this kind.
    fn find(&mut self, kind: &str) -> Value {
        let mut seen = Vec::new();
        while let Some(told) = self.next() {
            if told["kind"] == kind {
                return told;
            }
            seen.push(told);
        }
        panic!("no line of kind {kind:?} after {seen:?}");
    }

    /// All that comes of it.
    fn finish(mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.next()).collect()
    }
}

impl Server {
    fn token(&self) -> String {
        let page = self.get("/");
        let (_, rest) = page
            .split_once("<meta name=\"run-token\" content=\"")
            .expect(&page);
        rest.split('"').next().unwrap().to_owned()
    }

    /// What a page of this server sends.
    fn headers(&self) -> Vec<(&'static str, String)> {
        vec![
            ("Host", self.address.clone()),
            ("Origin", format!("http://{}", self.address)),
            ("Sec-Fetch-Site", "same-origin".to_owned()),
            ("X-Run-Token", self.token()),
        ]
    }

    fn post(&self, name: &str, headers: &[(&str, String)]) -> TcpStream {
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        self.send("POST", &format!("/_book/run/{name}"), &headers)
    }

    /// Presses Run.
    fn run(&self, name: &str) -> Run {
        let mut lines = BufReader::new(self.post(name, &self.headers())).lines();
        let head: Vec<String> = lines
            .by_ref()
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty())
            .collect();
        assert_eq!(status(&head[0]), "200", "{head:?}");
        assert!(head.contains(&"content-type: application/x-ndjson".to_owned()));
        Run(lines)
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }
}

/// The text of all lines of this kind.
fn text(told: &[Value], kind: &str) -> String {
    let of_kind = told.iter().filter(|told| told["kind"] == kind);
    of_kind.map(|told| told["text"].as_str().unwrap()).collect()
}

fn how(told: &[Value]) -> &str {
    let last = told.last().expect("something is told");
    assert_eq!(last["kind"], "ended", "{last}");
    last["how"].as_str().unwrap()
}

/// The processes of a book but for its server: those that run a program below its folder or are in
/// it, such as cargo and the helpers.
fn processes(book: &Book, server: &Server) -> Vec<(u32, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else {
            continue;
        };
        let links = ["exe", "cwd"].map(|link| fs::read_link(entry.path().join(link)));
        let below = |link: &PathBuf| link.starts_with(book.0.path());
        // One that has ended and isn't reaped has no links.
        if let [Ok(program), Ok(place)] = links
            && (below(&program) || below(&place))
            && pid != server.child.id()
        {
            found.push((pid, program));
        }
    }
    found
}

/// Waits until something is so that nobody tells us of.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "it never happened: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn until_nothing_is_left(book: &Book, server: &Server) {
    until("no process is left", || processes(book, server).is_empty());
}

#[test]
fn a_run_is_built_and_streamed_and_its_end_is_told() {
    let book = book_with(&[]);
    let server = book.serve();
    let told = server.run("hello").finish();
    let mut kinds: Vec<&str> = told
        .iter()
        .map(|told| told["kind"].as_str().unwrap())
        .collect();
    kinds.dedup();
    // Which of the two streams comes first isn't said.
    kinds[2..4].sort_unstable();
    assert_eq!(kinds, ["building", "started", "stderr", "stdout", "ended"]);
    assert!(text(&told, "building").contains("   Compiling listings v0.0.0"));
    assert_eq!(text(&told, "stdout"), "from the kitchen\n");
    assert_eq!(text(&told, "stderr"), "from the cellar\n");
    assert_eq!(how(&told), "exited with 0");
    let end = told.last().unwrap();
    assert_eq!(end["ok"], true);
    assert!((0.0..10.0).contains(&end["seconds"].as_f64().unwrap()));
}

#[test]
fn a_page_is_told_what_is_printed_while_the_program_runs() {
    let book = book_with(&["hangs"]);
    let server = book.serve();
    let mut run = server.run("hangs");
    assert_eq!(run.find("stdout")["text"], "here\n");
    assert!(!processes(&book, &server).is_empty());
}

#[test]
fn after_an_edit_the_new_text_is_run() {
    let book = book_with(&[]);
    let server = book.serve();
    server.run("hello").finish();
    book.write(
        "listings/src/bin/hello.rs",
        "fn main() { println!(\"edited\"); }",
    );
    assert_eq!(text(&server.run("hello").finish(), "stdout"), "edited\n");
}

#[test]
fn what_does_not_compile_is_refused_in_the_compilers_words() {
    let book = book_with(&["does-not-compile"]);
    // Which would begin the first error, and stand on the page.
    fs::create_dir(book.path(".cargo")).unwrap();
    book.write(".cargo/config.toml", "[term]\ncolor = \"always\"\n");
    let server = book.serve();
    let told = server.run("does-not-compile").finish();
    let last = told.last().unwrap();
    assert_eq!(last["kind"], "refused");
    let why = last["text"].as_str().unwrap();
    assert!(why.starts_with("error[E0308]: mismatched types"), "{why}");
    assert!(why.contains("let number: u32 = \"one\";"), "{why}");
    assert!(told.iter().all(|told| told["kind"] != "started"));
}

#[test]
fn a_program_that_fails_or_crashes_is_told_with_its_status_or_signal() {
    let book = book_with(&["fails", "crashes"]);
    let server = book.serve();
    let told = server.run("fails").finish();
    assert_eq!(how(&told), "exited with 3");
    assert_eq!(told.last().unwrap()["ok"], false);
    let told = server.run("crashes").finish();
    assert_eq!(text(&told, "stdout"), "before\n");
    assert_eq!(how(&told), "killed by SIGABRT (6)");
    assert_eq!(told.last().unwrap()["ok"], false);
}

#[test]
fn what_is_no_text_is_replaced_and_a_character_in_pieces_is_not() {
    let book = book_with(&["no-text"]);
    let server = book.serve();
    let told = server.run("no-text").finish();
    assert_eq!(text(&told, "stdout"), "a\u{fffd}b\u{20ac}\n\0\u{fffd}");
}

#[test]
fn a_run_has_an_empty_directory_that_goes_and_no_arguments_input_terminal_or_core_file() {
    // Here the machine may allow core files.
    let (_, hard) = getrlimit(Resource::RLIMIT_CORE).unwrap();
    setrlimit(Resource::RLIMIT_CORE, hard, hard).unwrap();
    let book = book_with(&["surroundings"]);
    let server = book.serve();
    let told = server.run("surroundings").finish();
    let printed = text(&told, "stdout");
    let (place, rest) = printed.split_once('\n').unwrap();
    assert_eq!(
        rest,
        "0 files\n0 arguments\n0 bytes of input\nterminal: false\n\
         Max core file size 0 0 bytes\nleads its group: true\n"
    );
    assert_eq!(how(&told), "exited with 0");
    assert!(!Path::new(place).exists(), "{place} is still there");
}

#[test]
fn only_a_page_of_this_server_may_run_a_program() {
    let book = book_with(&["hangs"]);
    let server = book.serve();
    let elsewhere = book_with(&[]);
    let other = elsewhere.serve();
    let here = format!("http://{}", server.address);
    for (name, value) in [
        ("X-Run-Token", None),
        ("X-Run-Token", Some(String::new())),
        ("X-Run-Token", Some("0".repeat(64))),
        ("X-Run-Token", Some(server.token()[1..].to_owned())),
        ("X-Run-Token", Some(other.token())),
        ("Origin", None),
        ("Origin", Some("null".to_owned())),
        ("Origin", Some("http://evil.example".to_owned())),
        ("Origin", Some(format!("http://{}", other.address))),
        ("Origin", Some(format!("{here}.evil.example"))),
        ("Origin", Some(here.replace("http", "https"))),
        (
            "Origin",
            Some(format!("http://localhost:{}", server.port())),
        ),
        ("Origin", Some(format!("{here}\r\nOrigin: {here}"))),
        ("Sec-Fetch-Site", Some("cross-site".to_owned())),
        ("Sec-Fetch-Site", Some("same-site".to_owned())),
        ("Sec-Fetch-Site", Some("none".to_owned())),
        ("Host", None),
        ("Host", Some("evil.example".to_owned())),
        ("Host", Some(format!("evil.example:{}", server.port()))),
    ] {
        let mut headers = server.headers();
        headers.retain(|(other, _)| *other != name);
        headers.extend(value.clone().map(|value| (name, value)));
        let (head, why) = answer(server.post("hangs", &headers));
        assert_eq!(status(&head), "403", "{name}: {value:?}");
        assert!(why.ends_with(['.', ')']), "{why}");
    }
    // A name that is rebound comes with its own origin, and is the same origin for the browser.
    let evil = format!("evil.example:{}", server.port());
    let mut headers = server.headers();
    headers[0].1 = evil.clone();
    headers[1].1 = format!("http://{evil}");
    assert_eq!(status(&answer(server.post("hangs", &headers)).0), "403");
    assert!(processes(&book, &server).is_empty(), "nothing was started");

    // Some browsers send no Sec-Fetch-Site, and the reader may use the other name.
    let mut headers = server.headers();
    headers.remove(2);
    let localhost = format!("localhost:{}", server.port());
    headers[0].1 = localhost.clone();
    headers[1].1 = format!("http://{localhost}");
    let (head, _) = answer(server.post("hello", &headers));
    assert_eq!(status(&head), "200");
}

#[test]
fn a_form_of_another_site_runs_nothing_and_no_other_site_is_allowed_to_ask() {
    let book = book_with(&["hangs"]);
    let server = book.serve();
    let form = format!(
        "Host: {}\r\nOrigin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n\
         Sec-Fetch-Mode: navigate\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 12\r\n",
        server.address
    );
    let mut stream = server.send("POST", "/_book/run/hangs", &form);
    stream.write_all(b"x-run-token=").unwrap();
    assert_eq!(status(&answer(stream).0), "403");

    // What a browser asks before it sends another site's request with a header of its own.
    let preflight = format!(
        "Host: {}\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n\
         Access-Control-Request-Headers: x-run-token\r\n",
        server.address
    );
    let (head, _) = answer(server.send("OPTIONS", "/_book/run/hangs", &preflight));
    assert!(
        !head.to_lowercase().contains("access-control-allow"),
        "{head}"
    );
    assert_ne!(status(&server.ask("GET", "/_book/run/hangs").0), "200");
    assert!(processes(&book, &server).is_empty(), "nothing was started");
}

#[test]
fn no_other_site_can_frame_a_page_or_load_it_as_something_else() {
    let book = book_with(&[]);
    let server = book.serve();
    for path in ["/", "/a.html", "/no/such/page.html", "/_book/live.js"] {
        let head = server.ask("GET", path).0.to_lowercase();
        assert!(
            head.contains("x-frame-options: sameorigin"),
            "{path}: {head}"
        );
        assert!(
            head.contains("cross-origin-resource-policy: same-origin"),
            "{path}: {head}"
        );
    }
}

#[test]
fn the_token_is_in_the_head_of_each_page_and_another_at_each_start() {
    let book = book_with(&[]);
    let first = book.serve();
    let token = first.token();
    assert!(token.len() >= 32, "{token}");
    for path in ["/", "/a.html", "/print.html", "/no/such/page.html"] {
        let page = first.get(path);
        let (head, body) = page.split_once("</head>").expect(&page);
        assert_eq!(head.matches(&token).count(), 1, "{path}");
        assert!(!body.contains(&token), "{path}");
    }
    assert!(!first.get("/_book/live.js").contains(&token));
    drop(first);
    assert_ne!(book.serve().token(), token);
}

#[test]
fn a_name_that_is_rebound_gets_nothing_on_any_path() {
    let book = book_with(&[]);
    let server = book.serve();
    let port = server.port().to_owned();
    let paths = [
        "/",
        "/a.html",
        "/no/such",
        "/_book/live.js",
        "/_book/events",
    ];
    for path in paths {
        for host in [
            format!("Host: evil.example:{port}\r\n"),
            "Host: evil.example\r\n".to_owned(),
            format!("Host: 127.0.0.1.evil.example:{port}\r\n"),
            format!("Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"),
            "Host: 127.0.0.1:1\r\n".to_owned(),
            "Host: 127.0.0.1\r\n".to_owned(),
            format!("Host: 0.0.0.0:{port}\r\n"),
            format!("Host: [::1]:{port}\r\n"),
            String::new(),
        ] {
            let (head, body) = answer(server.send("GET", path, &host));
            assert_eq!(status(&head), "403", "{path} {host}");
            assert!(body.contains(&format!("http://127.0.0.1:{port}")), "{body}");
            assert!(!body.contains("run-token"));
        }
    }
    let whole = format!("http://evil.example:{port}/");
    assert_eq!(status(&server.ask("GET", &whole).0), "403");
    for host in ["127.0.0.1", "localhost"] {
        let host = format!("Host: {host}:{port}\r\n");
        assert_eq!(status(&answer(server.send("GET", "/", &host)).0), "200");
    }
}

/// From proc_net_tcp(5): the second field is the local address in hexadecimal, the fourth the
/// state, of which 0A is listening.
#[test]
fn it_listens_on_loopback_alone() {
    let book = book_with(&[]);
    let server = book.serve();
    let port = format!("{:04X}", server.port().parse::<u16>().unwrap());
    let mut listening = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let table = fs::read_to_string(table).unwrap_or_default();
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (address, of) = fields[1].split_once(':').unwrap();
            if of == port && fields[3] == "0A" {
                listening.push(address.to_owned());
            }
        }
    }
    let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
    assert_eq!(listening, [format!("{loopback:08X}")]);
}

#[test]
fn nothing_runs_but_a_listing_by_its_name() {
    let book = book_with(&["hangs"]);
    book.write("listings/fails/refused.rs", "fn main() {}");
    fs::create_dir(book.path("listings/src/bin/folder")).unwrap();
    book.write("listings/src/bin/folder/main.rs", "fn main() {}");
    let server = book.serve();
    for name in [
        "no-such",
        "refused",
        "folder",
        "book",
        "sh",
        "hangs.rs",
        "HANGS",
        "hangs%20",
        "hangs%20--release",
        "hangs%00",
        "hangs%0a",
        "-h",
        "--help",
        "..",
        "%2e%2e",
        ".%2fhangs",
        "..%2fbin%2fhangs",
        "..%2f..%2f..%2f..%2fbin%2fsh",
        "%2fbin%2fsh",
        "/bin/sh",
        "hangs/",
        "hangs/../hangs",
        "bin/hangs",
        "%ff",
        "%c0%ae%c0%ae",
        "*",
    ] {
        let (head, why) = answer(server.post(name, &server.headers()));
        assert_eq!(status(&head), "404", "{name}: {why}");
    }
    assert!(processes(&book, &server).is_empty(), "nothing was started");
}

#[test]
fn what_prints_without_end_is_cut_once_and_stopped() {
    let book = book_with(&["floods"]);
    let server = book.serve();
    let told = server.run("floods").finish();
    assert_eq!(text(&told, "stdout").len(), OUTPUT);
    let cut: Vec<&Value> = told
        .iter()
        .filter(|told| told["kind"] == "truncated")
        .collect();
    assert_eq!(cut.len(), 1);
    assert_eq!(cut[0]["limit"], OUTPUT);
    assert_eq!(how(&told), "stopped after 10 s");
    assert!(processes(&book, &server).is_empty());
}

#[test]
fn what_ignores_every_signal_is_stopped_after_its_time_with_its_children() {
    let book = book_with(&["ignores"]);
    let server = book.serve();
    let told = server.run("ignores").finish();
    assert_eq!(how(&told), "stopped after 10 s");
    let end = told.last().unwrap();
    assert_eq!(end["ok"], false);
    assert!(end["seconds"].as_f64().unwrap() >= LIMIT.as_secs_f64());
    assert!(processes(&book, &server).is_empty());
}

#[test]
fn what_a_program_leaves_running_ends_with_it() {
    let book = book_with(&["orphans"]);
    let server = book.serve();
    let told = server.run("orphans").finish();
    assert_eq!(how(&told), "exited with 0");
    assert!(processes(&book, &server).is_empty());
}

#[test]
fn what_forks_or_starts_threads_without_end_is_stopped() {
    let book = book_with(&["forks", "forks-and-leaves", "threads"]);
    let server = book.serve();
    for name in ["forks", "forks-and-leaves", "threads"] {
        let told = server.run(name).finish();
        assert_eq!(how(&told), "stopped at more than 128 threads", "{name}");
        assert!(processes(&book, &server).is_empty(), "{name}");
    }
}

#[test]
fn what_runs_from_process_to_process_is_stopped() {
    let book = book_with(&["flees"]);
    let server = book.serve();
    let mut run = server.run("flees");
    run.find("stdout");
    drop(run);
    until_nothing_is_left(&book, &server);
}

#[test]
fn what_takes_memory_without_end_is_stopped() {
    let book = book_with(&["allocates", "allocates-together"]);
    let server = book.serve();
    let told = server.run("allocates").finish();
    assert_eq!(how(&told), "killed by SIGABRT (6)");
    let why = text(&told, "stderr");
    assert!(
        why.contains("memory allocation of 1048576 bytes failed"),
        "{why}"
    );
    let told = server.run("allocates-together").finish();
    assert_eq!(how(&told), "stopped at more than 512 MiB of memory");
    assert!(processes(&book, &server).is_empty());
}

#[test]
fn a_closed_page_ends_its_run() {
    let book = book_with(&["ignores", "forks-and-leaves"]);
    let server = book.serve();
    let mut run = server.run("ignores");
    run.find("stdout");
    drop(run);
    until_nothing_is_left(&book, &server);
    let mut run = server.run("forks-and-leaves");
    run.find("started");
    drop(run);
    until_nothing_is_left(&book, &server);
}

#[test]
fn a_closed_page_ends_its_build() {
    let book = book_with(&["compiles-for-ever"]);
    let server = book.serve();
    let run = server.run("compiles-for-ever");
    let compiles = |(_, program): &(u32, PathBuf)| program.ends_with("rustc");
    until("rustc works", || {
        processes(&book, &server).iter().any(compiles)
    });
    drop(run);
    until_nothing_is_left(&book, &server);
}

#[test]
fn a_program_that_kills_its_watch_has_an_end_too() {
    let book = book_with(&["kills-its-watch"]);
    let server = book.serve();
    let told = server.run("kills-its-watch").finish();
    assert!(how(&told).starts_with("couldn't be run: "), "{told:?}");
    assert!(how(&told).contains("SIGKILL"), "{told:?}");
    until_nothing_is_left(&book, &server);
    assert_eq!(how(&server.run("hello").finish()), "exited with 0");
}

#[test]
fn four_run_at_once_sixteen_wait_in_turn_and_the_next_is_refused() {
    let book = book_with(&["hangs"]);
    let server = book.serve();
    // Built, so that all is quick.
    server.run("hangs").find("stdout");
    until_nothing_is_left(&book, &server);

    let mut running: Vec<Run> = (0..4).map(|_| server.run("hangs")).collect();
    for run in &mut running {
        run.find("stdout");
    }
    let mut waiting: Vec<Run> = (1..=16)
        .map(|ahead| {
            let mut run = server.run("hangs");
            assert_eq!(run.find("waiting")["ahead"], ahead);
            run
        })
        .collect();
    let (head, why) = answer(server.post("hangs", &server.headers()));
    assert_eq!(status(&head), "429");
    assert!(why.contains("Try again"), "{why}");
    let programs = |name: &str| {
        let all = processes(&book, &server);
        all.iter().filter(|(_, path)| path.ends_with(name)).count()
    };
    assert_eq!(programs("debug/hangs"), 4);

    // One that waits goes: those behind it move up.
    drop(waiting.remove(0));
    assert_eq!(waiting[0].find("waiting")["ahead"], 1);
    // One that runs goes: the first of the line starts.
    drop(running.remove(0));
    waiting[0].find("stdout");
    assert_eq!(waiting[1].find("waiting")["ahead"], 2);
    assert_eq!(waiting[1].find("waiting")["ahead"], 1);
    assert_eq!(programs("debug/hangs"), 4);
}

#[test]
fn of_a_thousand_requests_at_once_twenty_are_taken_and_the_server_goes_on() {
    let book = book_with(&["hangs"]);
    let server = book.serve();
    server.run("hangs").find("stdout");
    until_nothing_is_left(&book, &server);

    let headers = server.headers();
    let mut pages: Vec<TcpStream> = (0..1000).map(|_| server.post("hangs", &headers)).collect();
    let mut statuses = pages.iter_mut().map(|page| {
        let mut head = [0; 12];
        page.read_exact(&mut head).unwrap();
        String::from_utf8_lossy(&head[9..]).into_owned()
    });
    let statuses: Vec<String> = statuses.by_ref().collect();
    let count = |status: &str| statuses.iter().filter(|found| *found == status).count();
    assert_eq!((count("200"), count("429")), (20, 980));
    assert!(server.get("/").contains("first text"));
    drop(pages);
    until_nothing_is_left(&book, &server);
    assert_eq!(how(&server.run("hello").finish()), "exited with 0");
}

#[test]
fn pages_that_read_nothing_hold_no_place_and_little_memory() {
    let book = book_with(&["floods"]);
    let server = book.serve();
    server.run("floods").find("stdout");
    let memory = || {
        let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:"));
        let fields: Vec<&str> = line.unwrap().split_whitespace().collect();
        fields[1].parse::<usize>().unwrap() * 1024
    };
    let before = memory();
    let headers = server.headers();
    let slow: Vec<TcpStream> = (0..8).map(|_| server.post("floods", &headers)).collect();
    // Its turn comes when five of them are over.
    assert_eq!(how(&server.run("hello").finish()), "exited with 0");
    until_nothing_is_left(&book, &server);
    let grown = memory().saturating_sub(before);
    assert!(
        grown < slow.len() * 4 * OUTPUT,
        "it holds {grown} bytes more"
    );
}

const HARDEST: [&str; 3] = ["ignores", "flees", "compiles-for-ever"];

/// Starts what is hardest to end, and a build without end.
fn start_all(book: &Book, server: &Server) -> Vec<Run> {
    let mut runs = Vec::new();
    for name in ["ignores", "flees"] {
        let mut run = server.run(name);
        run.find("stdout");
        runs.push(run);
    }
    runs.push(server.run("compiles-for-ever"));
    until("rustc works", || {
        let all = processes(book, server);
        all.iter().any(|(_, program)| program.ends_with("rustc"))
    });
    runs
}

#[test]
fn when_the_server_is_asked_to_end_nothing_is_left_then() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let book = book_with(&HARDEST);
        let mut server = book.serve();
        let _runs = start_all(&book, &server);
        server.signal(signal);
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "{signal}");
        assert_eq!(processes(&book, &server), [], "{signal}");
        let left = fs::read_dir(book.path("target/served")).unwrap().count();
        assert_eq!(left, 0, "{signal}");
    }
}

#[test]
fn when_the_server_is_killed_nothing_is_left_soon() {
    let book = book_with(&HARDEST);
    let mut server = book.serve();
    let _runs = start_all(&book, &server);
    server.signal(Signal::SIGKILL);
    server.child.wait().unwrap();
    until_nothing_is_left(&book, &server);
}

#[test]
fn when_the_server_is_killed_while_a_program_forks_without_end_nothing_is_left_soon() {
    let book = book_with(&["forks-and-leaves"]);
    let mut server = book.serve();
    let mut run = server.run("forks-and-leaves");
    run.find("started");
    server.signal(Signal::SIGKILL);
    server.child.wait().unwrap();
    until_nothing_is_left(&book, &server);
}
