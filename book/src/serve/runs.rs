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
use crate::programs::{self, Ending};
use crate::project::Project;

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

/// Runs the listing of this name, and answers with what is told of it (see [`Told`]).
pub async fn run(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, (StatusCode, String)> {
    server
        .door
        .check_page(&headers)
        .map_err(|why| (StatusCode::FORBIDDEN, why.to_owned()))?;
    let unknown = "There is no program of this name in listings/src/bin.".to_owned();
    let Ok(Path(name)) = name else {
        return Err((StatusCode::NOT_FOUND, unknown));
    };
    let runs = server.runs.clone();
    if !programs::exists(&runs.project, &name).map_err(broken)? {
        return Err((StatusCode::NOT_FOUND, unknown));
    }
    let Some(ticket) = runs.queue.join() else {
        let why = "Too many programs wait to be run. Try again when some have ended.";
        return Err((StatusCode::TOO_MANY_REQUESTS, why.to_owned()));
    };

    // It needs no bound: what a run tells has one.
    let (page, told) = unbounded_channel();
    runs.tasks.clone().spawn(async move {
        if let Err(error) = perform(&runs, &name, &ticket, &page).await {
            warn!("{name} couldn't be run: {error:#}");
            let how = format!("couldn't be run: {error:#}");
            tell(
                &page,
                &Told::Ended {
                    how: &how,
                    ok: false,
                    seconds: 0.0,
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
async fn perform(runs: &Runs, name: &str, ticket: &Ticket, page: &ToPage) -> Result<()> {
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
        .args(["run-listing", "--", name])
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
