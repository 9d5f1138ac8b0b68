//! All listings in one program, known by the name it is started by, as busybox does.

mod agent;

use std::env;
use std::path::Path;
use std::process::ExitCode;

/// A listing's name, and what its file does.
type Listing = (&'static str, fn() -> ExitCode);

include!(concat!(env!("OUT_DIR"), "/listings.rs"));

fn main() -> ExitCode {
    let path = env::args_os().next().unwrap_or_default();
    let name = Path::new(&path).file_name().unwrap_or_default();
    if name == "agent" {
        return agent::main();
    }
    match LISTINGS.iter().find(|(listing, _)| name == *listing) {
        Some((_, listing)) => listing(),
        None => {
            for (name, _) in LISTINGS {
                println!("{name}");
            }
            ExitCode::SUCCESS
        }
    }
}
