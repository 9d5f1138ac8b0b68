//! Serving the book on the reader's own machine.

mod changes;
mod door;
mod queue;
pub mod runner;
mod runs;

use std::convert::Infallible;
use std::fmt::Display;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS};
use axum::http::{HeaderValue, Request, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::{select, signal, task};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};
use tower_http::services::{ServeDir, ServeFile};
use tracing::warn;

use self::changes::Changes;
use self::door::Door;
use self::runs::Runs;
use crate::check;
use crate::pages::{policy, render_with_yours};
use crate::problem::Problem;
use crate::project::Project;

/// Builds the book, serves it on 127.0.0.1, and builds it anew when something changes.
///
/// Port 0 takes a free one. Returns on Ctrl-C and SIGTERM, when no program that a page has started
/// is left.
///
/// # Errors
/// A port that is taken, and whatever else the operating system refuses. A book that can't be
/// built is no error: the reader sees why, and the change that mends it leads to a new build.
pub fn serve(project: &Project, port: u16, open: bool) -> Result<()> {
    let runtime = Runtime::new()?;
    let result = runtime.block_on(async {
        let listener = bind(port).await?;
        // Only one process at a time has the port, and so the folder that is named after it.
        let port = listener.local_addr()?.port();
        let staging = project.root.join("target/served").join(port.to_string());
        clear(&staging)?;
        let mut terminate = unix::signal(SignalKind::terminate())?;
        let runs = Runs::new(project);
        let result = select! {
            result = run(project, listener, &staging, open, runs.clone()) => result,
            result = signal::ctrl_c() => {
                // The terminal shows ^C: what comes next gets a line of its own.
                println!();
                result.context("can't wait for Ctrl-C")
            }
            _ = terminate.recv() => Ok(()),
        };
        runs.close().await;
        // Fails when a build is still writing there. Then the next start clears it.
        let _ = clear(&staging);
        result
    });
    // Waits neither for such a build nor for the pages that are connected.
    runtime.shutdown_background();
    result
}

async fn bind(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => anyhow!(
                "port {port} is taken: choose another with `cargo run -- --port {}`",
                port.wrapping_add(1)
            ),
            _ => anyhow!(error).context(format!("can't listen on port {port}")),
        })
}

fn clear(staging: &Path) -> Result<()> {
    match fs::remove_dir_all(staging) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't clear {}", staging.display()))
        }
        _ => Ok(()),
    }
}

async fn run(
    project: &Project,
    listener: TcpListener,
    staging: &Path,
    open: bool,
    runs: Runs,
) -> Result<()> {
    let address = listener.local_addr()?;
    let url = format!("http://{address}");
    let (served, pages) = channel(Served::default());
    // Before the first build: a change while it runs counts.
    let changes = Changes::watch(project)?;
    if let Err(error) = build(project, staging, &served).await {
        warn!("the book can't be built:\n{error:#}");
    }
    println!("The book is at {url} (Ctrl-C ends it)");
    if open {
        task::spawn_blocking(|| {
            if let Err(error) = open::that_detached(url) {
                warn!("can't open the browser: {error}");
            }
        });
    }
    let server = Server {
        pages,
        door: Door::new(address.port())?,
        runs,
    };
    select! {
        result = axum::serve(listener, router(Arc::new(server))) => Ok(result?),
        never = rebuild(project, staging, changes, served) => never,
    }
}

/// Builds the book anew whenever its sources have changed.
async fn rebuild(
    project: &Project,
    staging: &Path,
    mut changes: Changes,
    served: Sender<Served>,
) -> ! {
    judge(project, &served).await;
    loop {
        let what = changes.next().await;
        let start = Instant::now();
        match build(project, staging, &served).await {
            Ok(()) => println!(
                "{what} changed: built in {:.1} s",
                start.elapsed().as_secs_f64()
            ),
            Err(error) => warn!("{what} changed, and the book can't be built:\n{error:#}"),
        }
        judge(project, &served).await;
    }
}

/// Builds the book into a folder of its own. Only a whole book is served.
async fn build(project: &Project, staging: &Path, served: &Sender<Served>) -> Result<()> {
    let project = project.clone();
    let staging = staging.to_owned();
    let built = task::spawn_blocking(move || {
        fs::create_dir_all(&staging)?;
        let book = tempfile::Builder::new().prefix("").tempdir_in(&staging)?;
        render_with_yours(&project, book.path())?;
        Ok(book)
    });
    match built.await.unwrap_or_else(|panic| Err(panic.into())) {
        Ok(book) => {
            served.send_modify(|served| {
                served.book = Some(Arc::new(book));
                served.error = None;
            });
            Ok(())
        }
        Err(error) => {
            served.send_modify(|served| served.error = Some(format!("{error:#}")));
            Err(error)
        }
    }
}

/// Looks for broken rules in the book that is served; tells the pages, and the terminal. Comes after the
/// build, which the reader waits for.
async fn judge(project: &Project, served: &Sender<Served>) {
    let Some(book) = served.borrow().book.clone() else {
        return;
    };
    // Which rule keeps the newest sources from being built, the reader knows.
    if served.borrow().error.is_some() {
        return;
    }
    let project = project.clone();
    let found = task::spawn_blocking(move || check::built(&project, book.path()));
    let problems: Vec<_> = match found.await.unwrap_or_else(|panic| Err(panic.into())) {
        Ok(problems) => problems.iter().map(Problem::to_string).collect(),
        Err(error) => vec![format!("{error:#}")],
    };
    if served.borrow().problems == problems {
        return;
    }
    if !problems.is_empty() {
        let rules_are = check::rules_are(problems.len());
        warn!("{rules_are} broken:\n{}", problems.join("\n"));
    }
    served.send_modify(|served| served.problems = problems);
}

/// What the pages are told.
#[derive(Clone, Default)]
struct Served {
    /// The newest book that could be built. Its folder goes when the last request that uses it
    /// is answered.
    book: Option<Arc<TempDir>>,
    /// Why the build after it failed.
    error: Option<String>,
    /// The rules that the book breaks, by file and line.
    problems: Vec<String>,
}

impl Served {
    /// Names the build that a page comes from: the name of its folder, which no other build has.
    /// Empty until there is a book.
    fn build(&self) -> &str {
        self.book
            .as_ref()
            .and_then(|book| book.path().file_name()?.to_str())
            .unwrap_or_default()
    }
}

/// What answers need.
struct Server {
    pages: Receiver<Served>,
    door: Door,
    runs: Runs,
}

fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/_book/events", get(events))
        .route("/_book/live.js", get(script))
        .route("/_book/no-book.css", get(style))
        .route("/_book/run/{*name}", post(runs::run))
        .fallback(get(page))
        .layer(from_fn_with_state(server.clone(), guard))
        .with_state(server)
}

/// Lets in whoever names this server, and closes what it answers to caches and to other sites.
async fn guard(State(server): State<Arc<Server>>, request: Request<Body>, next: Next) -> Response {
    let mut response = match server.door.check_host(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(why) => (StatusCode::FORBIDDEN, why).into_response(),
    };
    let headers = response.headers_mut();
    // A reload shows the newest book, not the browser's copy of an older one.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // No other site shows a page in a frame, in which a reader could be led to press Run.
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    // Nor does it read the token in a page that it loads as something else.
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    response
}

/// Tells a page at once, and whenever it changes, which build is served and what is wrong.
async fn events(
    State(server): State<Arc<Server>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(WatchStream::new(server.pages.clone()).map(|served| {
        let told = json!({
            "build": served.build(),
            "error": served.error,
            "problems": served.problems,
        });
        Ok(Event::default().data(told.to_string()))
    }))
}

async fn script() -> impl IntoResponse {
    let script = include_str!("live.js");
    ([(CONTENT_TYPE, "text/javascript")], script)
}

async fn style() -> impl IntoResponse {
    let style = include_str!("no-book.css");
    ([(CONTENT_TYPE, "text/css")], style)
}

/// A file of the book, its page for unknown paths, or the page that says why there is no book.
async fn page(
    State(server): State<Arc<Server>>,
    uri: Uri,
) -> Result<Response, (StatusCode, String)> {
    let served = server.pages.borrow().clone();
    let is_machine = uri.path() == "/machine/worker.mjs";
    let mut response = match &served.book {
        Some(book) => file(book.path(), uri).await.map_err(broken)?,
        None => no_book(served.error.as_deref().unwrap_or_default()),
    };
    if is_machine {
        let policy = HeaderValue::from_static(policy::OF_MACHINE);
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
    }
    if !is_html(&response) {
        return Ok(response);
    }
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX)
        .await
        .map_err(broken)?;
    let mut html = String::from_utf8(body.into()).map_err(broken)?;
    let script = format!(
        "<script src=\"/_book/live.js\" data-build=\"{}\"></script>\n",
        served.build()
    );
    html.insert_str(html.rfind("</body>").unwrap_or(html.len()), &script);
    let token = &server.door.token;
    let token = format!("<meta name=\"run-token\" content=\"{token}\">\n");
    html.insert_str(html.find("</head>").unwrap_or(0), &token);
    let policy = [(CONTENT_SECURITY_POLICY, policy::served(&html))];
    Ok((status, policy, Html(html)).into_response())
}

async fn file(book: &Path, uri: Uri) -> io::Result<Response> {
    // Without the browser's headers, the answer is always the whole file.
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    let response = ServeDir::new(book)
        .not_found_service(ServeFile::new(book.join("404.html")))
        .try_call(request)
        .await?;
    Ok(response.map(Body::new))
}

fn no_book(error: &str) -> Response {
    let error = error.replace('&', "&amp;").replace('<', "&lt;");
    let html = format!(include_str!("no-book.html"), error = error);
    (StatusCode::SERVICE_UNAVAILABLE, Html(html)).into_response()
}

fn is_html(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn broken(error: impl Display) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}
