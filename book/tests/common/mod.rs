//! A small book, and the server of it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// For what takes a fraction of a second on a machine with nothing else to do.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A book in a folder of its own.
pub struct Book(pub TempDir);

impl Book {
    pub fn new() -> Self {
        let book = Self(tempfile::tempdir().unwrap());
        fs::create_dir(book.path("src")).unwrap();
        book.write(
            "book.toml",
            "[book]\ntitle = \"Tiny\"\n[build]\ncreate-missing = false\n",
        );
        book.write("src/SUMMARY.md", "- [A](a.md)\n");
        book.write("src/a.md", "# A\n\nfirst text\n");
        book
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// Saves by a rename, as many editors do: no build sees half a file.
    pub fn write(&self, file: &str, text: &str) {
        let file = self.path(file);
        let new = file.with_file_name(".new");
        fs::write(&new, text).unwrap();
        fs::rename(new, file).unwrap();
    }

    pub fn command(&self, port: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_book"));
        command.current_dir(&self.0).args(["--port", port]);
        command
    }

    pub fn serve(&self) -> Server {
        self.serve_by(&mut self.command("0"))
    }

    /// By a command that was given more.
    pub fn serve_by(&self, command: &mut Command) -> Server {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(File::create(self.path("stderr")).unwrap())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines() {
                let _ = sender.send(line.unwrap());
            }
        });
        let mut server = Server {
            child,
            lines,
            address: String::new(),
        };
        let line = server.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let why = fs::read_to_string(self.path("stderr")).unwrap();
            panic!("it serves nothing: {why}")
        });
        let (_, rest) = line.split_once("http://").expect(&line);
        server.address = rest.split(' ').next().unwrap().to_owned();
        server
    }
}

/// A running `cargo run -- --port 0`, which ends with the test.
pub struct Server {
    pub child: Child,
    /// What it prints.
    pub lines: Receiver<String>,
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }

    pub fn port(&self) -> &str {
        self.address.rsplit(':').next().unwrap()
    }

    pub fn request(&self, method: &str, path: &str) -> TcpStream {
        self.send(method, path, &format!("Host: {}\r\n", self.address))
    }

    pub fn send(&self, method: &str, path: &str, headers: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        send(&mut stream, method, path, headers);
        stream
    }

    /// Status line and headers, and the body.
    pub fn ask(&self, method: &str, path: &str) -> (String, String) {
        answer(self.request(method, path))
    }

    pub fn get(&self, path: &str) -> String {
        self.ask("GET", path).1
    }
}

/// HTTP/1.0: the answer ends where the connection does, and has no chunks.
pub fn send(stream: &mut TcpStream, method: &str, path: &str, headers: &str) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "{method} {path} HTTP/1.0\r\n{headers}\r\n").unwrap();
}

/// Status line and headers, and the body.
pub fn answer(mut stream: TcpStream) -> (String, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
    (head.to_owned(), body.to_owned())
}

pub fn status(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}
