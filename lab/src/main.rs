//! The `lab` command: measures, prints tables, and keeps the record.

use std::env;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use lab::groups::{self, GROUPS};
use lab::hypotheses::{self, Statement};
use lab::machine::Machine;
use lab::measure::{Plan, measure};
use lab::record::{Outcome, Record};
use lab::stand::{self, Stand};
use lab::{interrupt, serve, table};

/// Measures what processes and threads cost on this machine.
#[derive(Parser)]
#[command(name = "lab", bin_name = "cargo lab", max_term_width = 100)]
struct Cli {
    /// A group, a row, or the beginning of a row's name, as --list shows them [default: all]
    what: Vec<String>,
    /// Fewer and shorter samples, and no more than 256 MiB: about half a minute for all
    #[arg(long)]
    quick: bool,
    /// Show what can be measured, and what exactly is timed
    #[arg(long)]
    list: bool,
    /// Write the record to this file [default: target/lab/record.json, which the served book shows]
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure, and show another machine's record beside this one's
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Measure nothing, and show how far these records of one machine lie apart
    #[arg(long, value_name = "FILE", num_args = 2.., conflicts_with_all = ["what", "quick", "list", "json", "compare"])]
    spread: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match &arguments[..] {
        // Before all else, so that a stand's process has as little memory as a process can have.
        [first, stand @ ..] if first == stand::SERVE => serve::serve(stand),
        _ => run(&Cli::parse()),
    };
    match result {
        Ok(()) if interrupt::asked() => ExitCode::from(130),
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    if !cli.spread.is_empty() {
        return spread(&cli.spread);
    }
    let mut stands = choose(&cli.what)?;
    if cli.list {
        return list(&stands);
    }
    // Before measuring, which takes minutes.
    let statements = hypotheses::all()?;
    let other = cli.compare.as_deref().map(Record::load).transpose()?;
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/lab/record.json");
    let file = cli.json.as_deref().unwrap_or(&default);
    let machine = Machine::here();
    let kept = match &cli.json {
        // A part of the default record is measured anew, and the rest stays.
        None => Record::load(file)
            .ok()
            .filter(|kept| kept.machine == machine),
        Some(_) => None,
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("can't make {}", folder.display()))?;
    }

    interrupt::watch()?;
    let program = env::current_exe().context("can't find the lab's own program")?;
    if cli.quick {
        stands.retain(|stand| !stand.is_slow);
    }
    let plan = if cli.quick { Plan::QUICK } else { Plan::FULL };
    let rows = measure(&program, &stands, plan);
    let measured = Record::new(machine, rows);
    print(&measured, other.as_ref(), statements);
    if interrupt::asked() {
        println!("Interrupted: what was measured until then is above.");
    }
    let record = match kept {
        // Rows with few samples don't take the place of whole ones.
        Some(_) if interrupt::asked() => {
            println!("The record of before stays as it was.");
            return Ok(());
        }
        Some(kept) => kept.with(measured.rows),
        None => measured,
    };
    record.save(file)?;
    let file = file.canonicalize()?;
    println!("The record is in {}.", file.display());
    Ok(())
}

/// The stands of which a row was asked for; all if none was.
fn choose(what: &[String]) -> Result<Vec<Stand>> {
    let mut stands: Vec<Stand> = GROUPS.iter().flat_map(groups::Group::stands).collect();
    let is_meant = |id: &str, part: &str| {
        id.strip_prefix(part.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    for part in what {
        if !stands
            .iter()
            .any(|stand| stand.has(|id| is_meant(id, part)))
        {
            let names: Vec<&str> = GROUPS.iter().map(|group| group.name).collect();
            bail!(
                "there is no group or row {part}: the groups are {}, and `cargo lab --list` shows \
                 the rows",
                names.join(", ")
            );
        }
    }
    stands.retain(|stand| {
        what.is_empty() || what.iter().any(|part| stand.has(|id| is_meant(id, part)))
    });
    Ok(stands)
}

/// Ends quietly where nobody reads on: `cargo lab --list | head`.
fn list(stands: &[Stand]) -> Result<()> {
    let mut text = String::new();
    for group in &GROUPS {
        let mut entries = stands
            .iter()
            .filter(|stand| stand.group() == group.name)
            .flat_map(|stand| {
                stand
                    .entries
                    .iter()
                    .map(move |entry| (stand.affinity, entry))
            })
            .peekable();
        if entries.peek().is_some() {
            _ = writeln!(text, "{}", group.title);
        }
        for (affinity, entry) in entries {
            _ = writeln!(text, "  {} ({affinity}): {}", entry.id, entry.what);
        }
    }
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("can't print the list"),
    }
}

fn print(record: &Record, other: Option<&Record>, statements: &[Statement]) {
    println!("{}", record.machine);
    if let Some(other) = other {
        println!("compared with {}", other.machine);
    }
    for group in &GROUPS {
        if record.rows.iter().any(|row| row.group() == group.name) {
            println!(
                "\n{}",
                table::of_group(group, record, statements).trim_end()
            );
            if let Some(other) = other {
                println!("\n{}", table::of_two(group, record, other).trim_end());
            }
        }
    }
    let missing = record
        .rows
        .iter()
        .filter(|row| matches!(row.outcome, Outcome::NotHere(_)))
        .count();
    println!(
        "\n{} rows measured{}.",
        record.rows.len() - missing,
        match missing {
            0 => String::new(),
            count => format!(", {count} that can't be measured here"),
        }
    );
}

fn spread(files: &[PathBuf]) -> Result<()> {
    let records = files
        .iter()
        .map(|file| Record::load(file))
        .collect::<Result<Vec<_>>>()?;
    for (file, record) in files.iter().zip(&records) {
        ensure!(
            record.machine == records[0].machine,
            "{} was measured on another machine than {}",
            file.display(),
            files[0].display()
        );
    }
    for group in &GROUPS {
        if records[0].rows.iter().any(|row| row.group() == group.name) {
            println!("{}", table::of_spread(group, &records));
        }
    }
    print!("{}", table::summary_of_spread(&records));
    Ok(())
}
