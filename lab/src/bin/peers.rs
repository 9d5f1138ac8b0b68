//! The `peers` command: runs the lab and the best-known programs that measure the same, in turn,
//! and says whether they agree.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use lab::agreement::{Agreement, Status};
use lab::machine::Machine;
use lab::{interrupt, peers, serve, stand, table};

/// Compares the lab with its peers on this machine. Best while nothing else runs on it.
///
/// Runs those peers that it finds, and says how to install the others. Ends with status 1 if a
/// figure of the lab differs from a peer's by more than its bound.
#[derive(Parser)]
#[command(name = "peers", bin_name = "cargo peers", max_term_width = 100)]
struct Cli {
    /// Words in the names of the comparisons to make [default: all]
    what: Vec<String>,
    /// How often each peer and the lab run, in turn
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(5..))]
    runs: u16,
    /// Write what was found to this file; the book's is lab/agreement.json
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match &arguments[..] {
        // The lab's rows are measured by processes of this program, as they are by the lab's own.
        [first, stand @ ..] if first == stand::SERVE => {
            serve::serve(stand).map(|()| ExitCode::SUCCESS)
        }
        _ => run(&Cli::parse()),
    };
    match result {
        _ if interrupt::asked() => ExitCode::from(130),
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode> {
    let all = &peers::all()?.compared;
    let is_meant =
        |label: &str| cli.what.is_empty() || cli.what.iter().any(|word| label.contains(word));
    let chosen: Vec<_> = all.iter().filter(|one| is_meant(&one.label)).collect();
    let labels: Vec<&str> = all.iter().map(|one| one.label.as_str()).collect();
    ensure!(
        !chosen.is_empty(),
        "there is no such comparison; there are:\n  {}",
        labels.join("\n  ")
    );
    interrupt::watch()?;
    let program = env::current_exe().context("can't find this program")?;
    let versions = peers::versions()?;
    let comparisons = peers::compare(&program, &versions, &chosen, usize::from(cli.runs))?;
    let versions = versions.into_values().collect();
    let agreement = Agreement::new(Machine::here(), versions, comparisons);
    print!("{}", table::of_agreement(&agreement)?);
    if let Some(file) = &cli.json {
        agreement.save(file)?;
        println!("The agreement is in {}.", file.display());
    }
    let is_well = [Status::Disagrees, Status::Failed]
        .iter()
        .all(|&status| agreement.count(status) == 0);
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
