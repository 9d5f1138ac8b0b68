//! The `book` command.

use std::env;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use book::check::{check, check_chapter};
use book::generated::record;
use book::pages::{address, finish};
use book::programs::Choice;
use book::programs::descendants::keep_statuses;
use book::project::Project;
use book::scaffold::{new_chapter, new_exercise, new_fail, new_figure, new_listing};
use book::serve::{self, runner};
use book::take::{self, Wanted};
use clap::{Args, Parser, Subcommand};
use nix::sys::signal::{SigHandler, Signal, signal};
use tracing_subscriber::EnvFilter;
use url::Url;

/// Two Kitchens: the book on processes and threads in which nothing is taken on trust.
///
/// Without a command: builds the book, serves it, and builds it anew when something changes.
#[derive(Parser)]
#[command(
    name = "book",
    bin_name = "cargo run --",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Options,
}

#[derive(Subcommand)]
enum Command {
    /// Build the book, serve it, and build it anew when something changes (the default)
    Serve(serve::Options),
    /// Build the static book
    Build {
        /// The folder to build into, new or built before [default: target/book]
        #[arg(long, value_name = "DIR")]
        dest: Option<PathBuf>,
        /// The address that it will be published at, for the pages' addresses and the sitemap
        #[arg(long, value_parser = address)]
        url: Option<Url>,
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Finish a book that `mdbook build` built, as `build` does with its own
    Finish {
        /// The folder that it was built into
        dir: PathBuf,
        /// The address that it will be published at
        #[arg(long, value_parser = address)]
        url: Option<Url>,
    },
    /// Run listings and record what comes out, and make all else that is generated
    ///
    /// Without names: those whose source changed since their output was recorded, or that have
    /// none. Also records the compiler's messages of listings/fails, writes the page of the
    /// ledger, and draws the figure of the address space and, from lab/record.json, the charts and
    /// figures of the lab.
    Record {
        /// Programs of listings/src/bin or listings/fails, without `.rs`
        names: Vec<String>,
        /// Record all
        #[arg(long, conflicts_with = "names")]
        all: bool,
    },
    /// Look for what is wrong, and say where
    ///
    /// With a chapter: all that belongs to it, and its snippets, programs and exercise are run. Without:
    /// everything that shows without a run.
    Check {
        /// The chapter: memory-space
        slug: Option<String>,
    },
    /// Make something new, from a template that passes all checks
    #[command(subcommand)]
    New(New),
    /// Make the machine: a Linux in which the pages run listings, from packages of Debian and npm
    ///
    /// Without it the book is built all the same, and its pages have no machine.
    Vm,
    /// Build and run a listing, and tell what happens in lines of JSON: the server's helper
    #[command(hide = true)]
    RunListing { name: String, hash: String },
}

#[derive(Subcommand)]
enum New {
    /// Make src/SLUG.md, its quiz, and its line in src/SUMMARY.md
    Chapter {
        /// In kebab-case: memory-space
        slug: String,
        /// As readers see it: "Memory space"
        title: String,
    },
    /// Make listings/src/bin/NAME.rs, record its output, and say what must make it fail
    Listing {
        /// In kebab-case, named for its point: fork-vs-spawn
        name: String,
        #[command(flatten)]
        shown: Shown,
    },
    /// Make listings/fails/NAME.rs, which must not compile, and record what the compiler says
    Fail {
        /// In kebab-case, named for its point: rc-between-threads
        name: String,
        /// The code of its error: E0277
        code: String,
        #[command(flatten)]
        shown: Shown,
    },
    /// Make the task, the solution and the test of a chapter's exercise, and show them there
    Exercise {
        /// The chapter: memory-space
        slug: String,
    },
    /// Make src/figures/NAME.svg
    Figure {
        /// In kebab-case: two-kitchens
        name: String,
        #[command(flatten)]
        shown: Shown,
    },
}

#[derive(Args)]
struct Shown {
    /// Show it in src/SLUG.md, before the exercise
    #[arg(long, value_name = "SLUG")]
    chapter: Option<String>,
}

impl New {
    fn make(self, project: &Project) -> Result<()> {
        match self {
            Self::Chapter { slug, title } => new_chapter(project, &slug, &title),
            Self::Listing { name, shown } => new_listing(project, &name, shown.chapter.as_deref()),
            Self::Fail { name, code, shown } => {
                new_fail(project, &name, &code, shown.chapter.as_deref())
            }
            Self::Exercise { slug } => new_exercise(project, &slug),
            Self::Figure { name, shown } => new_figure(project, &name, shown.chapter.as_deref()),
        }
    }
}

fn main() -> ExitCode {
    log();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    keep_statuses()?;
    let project = Project::find()?;
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    if !matches!(command, Command::Serve(_) | Command::RunListing { .. }) {
        end_with_the_reader_of_the_output()?;
    }
    match command {
        Command::Serve(args) => serve::serve(&project, &args),
        Command::Build { dest, url, wanted } => {
            let dest = match dest {
                Some(dest) => std::path::absolute(dest)?,
                None => project.root.join("target/book"),
            };
            take::build(&project, &dest, url.as_ref(), wanted)
        }
        Command::Finish { dir, url } => finish(&project, &dir, url.as_ref()),
        Command::Record { all: true, .. } => record(&project, &Choice::All),
        Command::Record { names, .. } if names.is_empty() => record(&project, &Choice::Stale),
        Command::Record { names, .. } => record(&project, &Choice::Named(names)),
        Command::Check { slug: None } => check(&project),
        Command::Check { slug: Some(slug) } => check_chapter(&project, &slug),
        Command::New(new) => new.make(&project),
        Command::Vm => vm::make(&project.root),
        Command::RunListing { name, hash } => runner::run(&project, &name, &hash),
    }
}

/// Has `cargo run -- record | head -1` end quietly, as `cat` does there.
///
/// Rust ignores SIGPIPE, and `println!` panics where nobody reads. The default action ends the
/// process instead. None of these commands prints while a program runs under its watch or a file is
/// half written. The server and its helper do: they must outlive a page that is closed, and clean
/// up, so there the signal stays ignored.
fn end_with_the_reader_of_the_output() -> Result<()> {
    // SAFETY: the default action is no handler, which could do what a handler must not.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
    Ok(())
}

/// mdBook reports through `tracing`; its warnings concern the reader, its progress doesn't.
fn log() {
    let colour = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .with_writer(io::stderr)
        .with_ansi(colour)
        .without_time()
        .with_target(false)
        .init();
}
