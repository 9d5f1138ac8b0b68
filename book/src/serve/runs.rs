//! Running listings for the pages.

use std::convert::Infallible;
use std::pin::pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::select;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::queue::{Queue, Ticket};
use super::runner::Told;
use super::{Server, broken};
use crate::programs::{self, Ending, Program};
use crate::project::Project;

/// How many bytes of a program a page may send. It is read before it is known whose page asks.
pub const LONGEST: usize = 64 << 10;

/// What the pages have asked for and isn't over.
#[derive(Clone)]
pub struct Runs {
    project: Project,
    queue: Queue,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Runs {
    pub fn new(project: &Project) -> Self {
        Self {
            project: project.clone(),
            queue: Queue::new(),
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Ends all, and waits until nothing of them is left.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        // The kernel may keep a process for long, such as one that waits for a disk.
        if timeout(Duration::from_secs(5), self.tasks.wait())
            .await
            .is_err()
        {
            warn!("a program takes long to end");
        }
    }
}

/// Runs the listing of this name, if it is the one that the page shows and sends, and answers with
/// what is told of it (see [`Told`]).
pub async fn run(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
    shown: String,
) -> Result<Response, (StatusCode, String)> {
    server
        .door
        .check_page(&headers)
        .map_err(|why| (StatusCode::FORBIDDEN, why))?;
    let unknown = "There is no program of this name in listings/src/bin.".to_owned();
    let Ok(Path(name)) = name else {
        return Err((StatusCode::NOT_FOUND, unknown));
    };
    let runs = server.runs.clone();
    let Some(program) = programs::find(&runs.project, &name).map_err(broken)? else {
        return Err((StatusCode::NOT_FOUND, unknown));
    };
    if program.shown() != shown.trim_end() {
        let why = format!(
            "Not run: {} is no longer the program that this page shows. Load the page anew; if it \
             stays, the book can't be built, and the server says why.",
            program.file.display()
        );
        return Err((StatusCode::CONFLICT, why));
    }
    let Some(ticket) = runs.queue.join() else {
        let why = "Too many programs wait to be run. Try again when some have ended.";
        return Err((StatusCode::TOO_MANY_REQUESTS, why.to_owned()));
    };

    // It needs no bound: what a run tells has one.
    let (page, told) = unbounded_channel();
    runs.tasks.clone().spawn(async move {
        if let Err(error) = perform(&runs, &program, &ticket, &page).await {
            warn!("{name} couldn't be run: {error:#}");
            let how = format!("couldn't be run: {error:#}");
            tell(
                &page,
                &Told::Ended {
                    how: &how,
                    ok: false,
                    seconds: None,
                },
            );
        }
    });
    let body = Body::from_stream(UnboundedReceiverStream::new(told));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

type ToPage = UnboundedSender<Result<Bytes, Infallible>>;

fn tell(page: &ToPage, told: &Told) {
    // A page that is closed is seen elsewhere.
    let _ = page.send(Ok(told.line().into()));
}

/// Waits for the run's turn and has a helper do it, until the page or the server is closed. When
/// this returns, nothing of the run is left.
async fn perform(runs: &Runs, program: &Program, ticket: &Ticket, page: &ToPage) -> Result<()> {
    let mut unwanted = pin!(async {
        select! {
            () = page.closed() => {}
            () = runs.closing.cancelled() => {}
        }
    });
    select! {
        () = &mut unwanted => return Ok(()),
        () = ticket.reached(|ahead| tell(page, &Told::Waiting { ahead })) => {}
    }
    // This program, even if the file that it was started from has been replaced.
    let mut helper = Command::new("/proc/self/exe")
        .args(["run-listing", "--", &program.name, &program.hash()])
        .current_dir(&runs.project.root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("can't start the helper")?;
    let lifeline = helper.stdin.take();
    let mut lines = helper.stdout.take().context("it has no pipe")?;
    let mut pass_on = pin!(async {
        let mut buffer = vec![0; 8192];
        loop {
            match lines.read(&mut buffer).await? {
                0 => return anyhow::Ok(()),
                count => drop(page.send(Ok(Bytes::copy_from_slice(&buffer[..count])))),
            }
        }
    });
    let passed = select! {
        () = unwanted => None,
        passed = &mut pass_on => Some(passed),
    };
    drop(lifeline);
    // The helper's lines are read to their end, so that it never waits for somebody who reads.
    let passed = match passed {
        Some(passed) => passed,
        None => pass_on.await,
    };
    let status = helper.wait().await?;
    passed?;
    ensure!(
        status.success(),
        "its helper ended early: {}",
        Ending::from(status)
    );
    Ok(())
}
