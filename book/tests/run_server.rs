//! What the server lets a page do with this machine, checked on listings that misbehave.

mod common;

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use common::{Book, PATIENCE, Server, answer, send, status};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, geteuid, setfsuid};
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
    fn of(answer: TcpStream) -> Self {
        let mut lines = BufReader::new(answer).lines();
        let head: Vec<String> = lines
            .by_ref()
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty())
            .collect();
        assert_eq!(status(&head[0]), "200", "{head:?}");
        assert!(head.contains(&"content-type: application/x-ndjson".to_owned()));
        Self(lines)
    }

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

/// The token in a page; empty in a page that isn't the owner's.
fn token_in(page: &str) -> &str {
    let (_, rest) = page
        .split_once("<meta name=\"run-token\" content=\"")
        .expect(page);
    rest.split('"').next().unwrap()
}

impl Server {
    fn token(&self) -> String {
        token_in(&self.get("/")).to_owned()
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

    /// As a page does that shows the program as it is.
    fn post(&self, name: &str, headers: &[(&str, String)]) -> TcpStream {
        let server = self.child.id();
        let source = format!("/proc/{server}/cwd/listings/src/bin/{name}.rs");
        // What has no such name has no text either.
        self.post_shown(
            name,
            headers,
            &fs::read_to_string(source).unwrap_or_default(),
        )
    }

    fn post_shown(&self, name: &str, headers: &[(&str, String)], shown: &str) -> TcpStream {
        let mut all = format!("Content-Length: {}\r\n", shown.len());
        for (name, value) in headers {
            all += &format!("{name}: {value}\r\n");
        }
        let mut stream = self.send("POST", &format!("/_book/run/{name}"), &all);
        // It may be refused, and the connection closed, by then.
        let _ = stream.write_all(shown.as_bytes());
        stream
    }

    /// Presses Run.
    fn run(&self, name: &str) -> Run {
        Run::of(self.post(name, &self.headers()))
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

const EDITED: &str = "fn main() { println!(\"edited\"); }\n";

#[test]
fn the_program_that_the_page_shows_is_run_and_no_other() {
    let book = book_with(&[]);
    let server = book.serve();
    let old = fs::read_to_string(book.path("listings/src/bin/hello.rs")).unwrap();
    server.run("hello").finish();
    // The book can't be built: its pages stay as they are.
    book.write("src/SUMMARY.md", "- [A](missing.md)\n");
    book.write("listings/src/bin/hello.rs", EDITED);
    for shown in [&old, ""] {
        let (head, why) = answer(server.post_shown("hello", &server.headers(), shown));
        assert_eq!(status(&head), "409");
        assert!(
            why.starts_with("Not run: listings/src/bin/hello.rs is no longer the program"),
            "{why}"
        );
    }
    assert!(processes(&book, &server).is_empty(), "nothing was started");
    assert_eq!(text(&server.run("hello").finish(), "stdout"), "edited\n");
}

#[test]
fn a_program_that_is_changed_while_it_is_built_is_not_run() {
    let book = book_with(&[]);
    // Cargo asks this compiler, which waits until it may go on.
    let script = "#!/bin/sh\ncase \"$*\" in *'--crate-name hello'*)\n\
                  : >building\nwhile [ -e building ]; do sleep 0.01; done;;\nesac\nexec \"$@\"\n";
    book.write("rustc.sh", script);
    fs::set_permissions(book.path("rustc.sh"), Permissions::from_mode(0o700)).unwrap();
    let mut command = book.command("0");
    let server = book.serve_by(command.env("RUSTC_WRAPPER", book.path("rustc.sh")));
    let run = server.run("hello");
    until("it is built", || book.path("building").exists());
    book.write("listings/src/bin/hello.rs", EDITED);
    fs::remove_file(book.path("building")).unwrap();
    let told = run.finish();
    assert_eq!(how(&told), "not run: it was changed after you asked for it");
    assert!(told.iter().all(|told| told["kind"] != "started"));
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
         Max core file size 1 1 bytes\nleads its group: true\n"
    );
    assert_eq!(how(&told), "exited with 0");
    assert!(!Path::new(place).exists(), "{place} is still there");
}

#[test]
fn a_run_gets_what_it_needs_of_the_environment_and_no_secret() {
    let book = book_with(&["environment"]);
    let mut command = book.command("0");
    for secret in [
        "API_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "CARGO_REGISTRY_TOKEN",
        "DB_PASSWORD",
        "GITHUB_ACTIONS",
        "MY_KEY",
        "SSH_AUTH_SOCK",
        "X_SECRET",
        "path",
    ] {
        command.env(secret, "a secret");
    }
    let server = book.serve_by(command.env("LC_ALL", "C").env("TZ", "UTC"));
    let printed = text(&server.run("environment").finish(), "stdout");
    for needed in ["PATH", "LC_ALL", "TZ"] {
        let begins = |line: &str| line.starts_with(&format!("{needed}="));
        assert!(printed.lines().any(begins), "{needed} is missing");
    }
    // The others aren't shown here either: they may be secrets of this machine.
    let secrets = printed.lines().filter(|line| line.ends_with("=a secret"));
    assert_eq!(Vec::from_iter(secrets), [""; 0]);
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
            format!("Host: localhost.evil.example:{port}\r\n"),
            format!("Host: evil.example@localhost:{port}\r\n"),
            format!("Host: 0.0.0.0:{port}\r\n"),
            format!("Host: 192.0.2.1:{port}\r\n"),
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
}

#[test]
fn by_each_name_of_this_machine_and_a_forwarded_port_its_owner_runs_programs() {
    let book = book_with(&[]);
    let server = book.serve();
    let port = server.port();
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        "localhost:8080".to_owned(),
        // On the port that is usual for http.
        "localhost".to_owned(),
    ] {
        let (head, page) = answer(server.send("GET", "/", &format!("Host: {host}\r\n")));
        assert_eq!(status(&head), "200", "{host}");
        let mut headers = server.headers();
        headers[0].1 = host.clone();
        headers[1].1 = format!("http://{host}");
        headers[3].1 = token_in(&page).to_owned();
        Run::of(server.post("hello", &headers)).find("ended");
    }
}

#[test]
fn localhost_may_mean_the_address_of_ipv6_alone() {
    let Ok(_) = TcpListener::bind("[::1]:0") else {
        eprintln!("Skipped: this machine has no IPv6");
        return;
    };
    let book = book_with(&[]);
    let mut server = book.serve();
    server.address = format!("[::1]:{}", server.port());
    assert_eq!(how(&server.run("hello").finish()), "exited with 0");
}

/// What a stranger gets from a server of the usual kind.
fn gets_no_token(server: &Server, answered: TcpStream) {
    let (head, page) = answer(answered);
    assert_eq!(status(&head), "200", "{page}");
    assert_eq!(token_in(&page), "", "it has no token");
    assert!(page.contains("first text"), "it is there to be read");
    let (_, script) = page
        .split_once("\"_book/key.js\"")
        .expect("a place for the key");
    assert!(!script.contains(&server.token()));
    let mut headers = server.headers();
    headers[3].1 = String::new();
    let (head, why) = answer(server.post("hello", &headers));
    assert_eq!(status(&head), "403");
    let what_to_do = format!(
        "start it by `cargo run -- --url http://{}`.",
        server.address
    );
    assert!(why.ends_with(&what_to_do), "{why}");
}

#[test]
fn another_user_of_this_machine_reads_the_book_and_runs_nothing() {
    if !geteuid().is_root() {
        eprintln!("Skipped: only root can be another user");
        return;
    }
    let book = book_with(&[]);
    let server = book.serve();
    // A connection is held by whoever its thread was when it made the socket.
    setfsuid(Uid::from_raw(65534));
    let stream = TcpStream::connect(&server.address);
    setfsuid(geteuid());
    let mut stream = stream.unwrap();
    send(
        &mut stream,
        "GET",
        "/",
        &format!("Host: {}\r\n", server.address),
    );
    gets_no_token(&server, stream);
}

#[test]
fn through_a_proxy_nobody_is_the_owner() {
    let book = book_with(&[]);
    let server = book.serve();
    for header in [
        "Via: 1.1 proxy",
        "Forwarded: for=192.0.2.1",
        "X-Forwarded-For: 192.0.2.1",
        "X-Forwarded-Host: name.example",
    ] {
        let headers = format!("Host: {}\r\n{header}\r\n", server.address);
        gets_no_token(&server, server.send("GET", "/", &headers));
    }
}

/// The token in the addresses that a server prints which is reached from elsewhere.
fn printed_key(server: &Server, addresses: &[&str]) -> String {
    let line = server.line();
    assert!(line.contains("address with the key"), "{line}");
    let mut keys = addresses.iter().map(|address| {
        let line = server.line();
        let key = line.trim().strip_prefix(&format!("{address}#run-key="));
        key.expect(&line).to_owned()
    });
    keys.next().unwrap()
}

#[test]
fn behind_a_proxy_that_is_named_a_page_with_the_key_runs_programs() {
    let book = book_with(&[]);
    let mut command = book.command("0");
    let server = book.serve_by(command.args(["--url", "https://name.example/book/"]));
    let here = format!("http://{}/", server.address);
    let key = printed_key(&server, &["https://name.example/book/", &here]);
    let name = "name.example".to_owned();
    let own = format!("http://localhost:{}", server.port());
    // A proxy may leave its folder out, or not, and may put its own name for ours.
    for path in ["/a.html", "/book/a.html", "/book/"] {
        for host in [&name, &server.address] {
            let (head, page) = answer(server.send("GET", path, &format!("Host: {host}\r\n")));
            assert_eq!(status(&head), "200", "{host}{path}");
            assert_eq!(
                token_in(&page),
                "",
                "there may be a tunnel before the proxy"
            );
            assert!(page.contains("\"_book/live.js\""), "{page}");
        }
    }
    assert!(server.get("/book/_book/live.js").contains("EventSource"));
    let post = |host: &str, origin: &str, token: &str| {
        let mut headers = vec![("Host", host.to_owned()), ("Origin", origin.to_owned())];
        headers.push(("X-Run-Token", token.to_owned()));
        server.post("hello", &headers)
    };
    for (host, origin) in [
        (&*name, "https://name.example"),
        (&server.address, "https://name.example"),
        (&name, &own),
        (&server.address, here.trim_end_matches('/')),
    ] {
        assert_eq!(
            how(&Run::of(post(host, origin, &key)).finish()),
            "exited with 0"
        );
        let (head, why) = answer(post(host, origin, ""));
        assert_eq!(status(&head), "403");
        assert!(
            why.contains("Open the address with a key that it printed"),
            "{why}"
        );
    }
    for (host, origin) in [
        (&*name, "https://evil.example"),
        (&name, "https://name.example.evil.example"),
        (&name, "null"),
        ("evil.example", "https://name.example"),
        ("192.0.2.1", "http://192.0.2.1"),
        (&server.address, &own),
    ] {
        let (head, why) = answer(post(host, origin, &key));
        assert_eq!(status(&head), "403", "{host} {origin}: {why}");
        assert!(why.contains("cargo run -- --url"), "{why}");
    }
}

#[test]
fn by_an_address_that_is_listened_on_a_page_with_the_key_runs_programs() {
    let book = book_with(&[]);
    // Stands for all that isn't 127.0.0.1, and can't be reached from the network.
    let server = book.serve_by(book.command("0").args(["--host", "127.0.0.2"]));
    assert!(server.address.starts_with("127.0.0.2:"));
    let here = format!("http://{}/", server.address);
    let key = printed_key(&server, &[&here]);
    let mut headers = server.headers();
    assert_eq!(headers[3].1, "", "another machine's user may have asked");
    headers[3].1 = key;
    // A container's port has another number outside, and the machine another address.
    for host in [
        &server.address,
        "localhost:8080",
        "192.0.2.1:8080",
        "[2001:db8::1]:8080",
    ] {
        headers[0].1 = host.to_owned();
        headers[1].1 = format!("http://{host}");
        Run::of(server.post("hello", &headers)).find("ended");
    }
    let evil = answer(server.send("GET", "/", "Host: evil.example\r\n"));
    assert_eq!(status(&evil.0), "403");
    assert!(evil.1.contains("--url"), "{}", evil.1);
}

#[test]
fn the_command_of_the_container_serves_the_book_to_its_published_port() {
    let dockerfile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Dockerfile");
    let dockerfile = fs::read_to_string(dockerfile).unwrap();
    let words = dockerfile
        .lines()
        .find_map(|line| line.strip_prefix("CMD "));
    let words: Vec<String> = serde_json::from_str(words.unwrap()).unwrap();
    let (_, options) = words.split_at(words.iter().position(|word| word == "--").unwrap() + 1);
    // All addresses of the container stand for one that the network doesn't reach here.
    let options = options
        .iter()
        .map(|word| word.replace("0.0.0.0", "127.0.0.2"));
    let book = book_with(&[]);
    let server = book.serve_by(book.command("0").args(options));
    printed_key(&server, &[&format!("http://{}/", server.address)]);
    let published = answer(server.send("GET", "/", "Host: 127.0.0.1:8080\r\n"));
    assert_eq!(status(&published.0), "200");
}

#[test]
fn live_reload_takes_nothing_in_and_tells_other_sites_nothing() {
    let book = book_with(&[]);
    let server = book.serve();
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        assert_eq!(
            status(&server.ask(method, "/_book/events").0),
            "405",
            "{method}"
        );
    }
    let other = format!(
        "Host: {}\r\nOrigin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n",
        server.address
    );
    let mut lines = BufReader::new(server.send("GET", "/_book/events", &other)).lines();
    let told: Vec<String> = lines
        .by_ref()
        .map(Result::unwrap)
        .take_while(|line| !line.starts_with("data: "))
        .collect();
    let told = told.join("\n").to_lowercase();
    assert!(!told.contains("access-control-allow"), "{told}");
    assert!(
        told.contains("cross-origin-resource-policy: same-origin"),
        "{told}"
    );
    // Whatever asks for an upgrade stays with the events.
    let upgrade = format!(
        "Host: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n",
        server.address
    );
    let mut lines = BufReader::new(server.send("GET", "/_book/events", &upgrade)).lines();
    assert_eq!(status(&lines.next().unwrap().unwrap()), "200");
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
    let of_ipv4 = format!("{:08X}", u32::from_ne_bytes([127, 0, 0, 1]));
    let of_ipv6 = format!("{:024}{:08X}", 0, u32::from_ne_bytes([0, 0, 0, 1]));
    assert_eq!(listening[0], of_ipv4);
    // Not every machine has it.
    assert!(
        listening[1..].iter().all(|other| *other == of_ipv6),
        "{listening:?}"
    );
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
fn what_has_no_end_is_stopped_after_its_time_with_its_children() {
    let book = book_with(&["floods", "ignores"]);
    let server = book.serve();
    // Side by side: each takes its time.
    let [floods, ignores] = ["floods", "ignores"].map(|name| server.run(name));
    // What prints is cut once.
    let told = floods.finish();
    assert_eq!(text(&told, "stdout").len(), OUTPUT);
    let cut: Vec<&Value> = told
        .iter()
        .filter(|told| told["kind"] == "truncated")
        .collect();
    assert_eq!(cut.len(), 1);
    assert_eq!(cut[0]["limit"], OUTPUT);
    assert_eq!(how(&told), "stopped after 10 s");

    // And so is what ignores every signal.
    let told = ignores.finish();
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

    // No page is loaded in between: all this has to happen while the first four run.
    let headers = server.headers();
    let run = || Run::of(server.post("hangs", &headers));
    let mut running: Vec<Run> = (0..4).map(|_| run()).collect();
    for run in &mut running {
        run.find("stdout");
    }
    let mut waiting: Vec<Run> = (1..=16)
        .map(|ahead| {
            let mut run = run();
            assert_eq!(run.find("waiting")["ahead"], ahead);
            run
        })
        .collect();
    let (head, why) = answer(server.post("hangs", &headers));
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
    let slow: Vec<TcpStream> = (0..4).map(|_| server.post("floods", &headers)).collect();
    // Its turn comes when one of them is over.
    assert_eq!(how(&server.run("hello").finish()), "exited with 0");
    until_nothing_is_left(&book, &server);
    let grown = memory().saturating_sub(before);
    assert!(
        grown < slow.len() * 4 * OUTPUT,
        "it holds {grown} bytes more"
    );
}

#[test]
fn five_hundred_slow_connections_leave_the_pages_served_and_programs_run() {
    let book = book_with(&[]);
    let mut command = book.command("0");
    let usual = || Ok(setrlimit(Resource::RLIMIT_NOFILE, 1024, 1024)?);
    // SAFETY: it calls setrlimit(2) alone, which allocates nothing.
    let server = book.serve_by(unsafe { command.pre_exec(usual) });
    let slow: Vec<TcpStream> = (0..500)
        .map(|number| match number % 4 {
            // Says nothing.
            0 => TcpStream::connect(&server.address).unwrap(),
            // Never ends its question.
            1 => {
                let mut stream = TcpStream::connect(&server.address).unwrap();
                stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
                stream
            }
            // Never reads the answer.
            2 => server.request("GET", "/print.html"),
            _ => server.request("GET", "/_book/events"),
        })
        .collect();
    assert!(server.get("/").contains("first text"));
    assert_eq!(how(&server.run("hello").finish()), "exited with 0");
    drop(slow);
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
