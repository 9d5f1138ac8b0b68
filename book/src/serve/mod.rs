//! Serving the book on the reader's own machine.

mod changes;
mod door;
mod peer;
mod queue;
pub mod runner;
mod runs;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Display;
use std::fs;
use std::future::IntoFuture;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use clap::Args;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tokio::{select, signal, task};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};
use tower_http::services::{ServeDir, ServeFile};
use tracing::warn;
use url::Url;

use self::changes::Changes;
use self::door::Door;
use self::peer::Ends;
use self::runs::Runs;
use crate::check;
use crate::pages::{address, policy, render_with_yours};
use crate::problem::Problem;
use crate::project::Project;

/// Where the book is served, and how.
#[derive(Args)]
pub struct Options {
    /// The port; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 3000)]
    port: u16,
    /// Listen on this address of the machine, and not on loopback alone: 0.0.0.0 is all
    ///
    /// Whoever reaches the address can read the book. To run a program, a page needs the key in the
    /// address that is printed then. Nothing is encrypted: whoever listens on the way gets the key
    /// too, and may run the listings as you.
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,
    /// The address by which a browser elsewhere reaches the book, as through a proxy
    ///
    /// May be given several times. The pages there may run programs, if they were opened by the
    /// address with a key that is printed then: keep it to yourself. Pages of others under the same
    /// name and port can read the key.
    #[arg(long, value_parser = address)]
    url: Vec<Url>,
    /// Look for changes every second, where the kernel doesn't tell of them
    #[arg(long)]
    poll: bool,
    /// Open the book in the browser
    #[arg(long)]
    open: bool,
}

/// Builds the book, serves it, and builds it anew when something changes.
///
/// Port 0 takes a free one. Returns on Ctrl-C and SIGTERM, when no program that a page has started
/// is left.
///
/// # Errors
/// A port that is taken, and whatever else the operating system refuses. A book that can't be
/// built is no error: the reader sees why, and the change that mends it leads to a new build.
pub fn serve(project: &Project, options: &Options) -> Result<()> {
    let runtime = Runtime::new()?;
    let result = runtime.block_on(async {
        let listeners = bind(options).await?;
        // Only one process at a time has the port, and so the folder that is named after it.
        let port = listeners[0].local_addr()?.port();
        let staging = project.root.join("target/served").join(port.to_string());
        clear(&staging)?;
        let mut terminate = unix::signal(SignalKind::terminate())?;
        let runs = Runs::new(project);
        let result = select! {
            result = run(project, listeners, &staging, options, runs.clone()) => result,
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

/// Takes the port: on both addresses that `localhost` may mean, as far as the machine has them.
async fn bind(options: &Options) -> Result<Vec<TcpListener>> {
    let addresses = match options.host {
        Some(address) => vec![address],
        None => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
    };
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut missing = None;
    for address in addresses {
        let port = match listeners.first() {
            Some(first) => first.local_addr()?.port(),
            None => options.port,
        };
        match TcpListener::bind((address, port)).await {
            Ok(listener) => listeners.push(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
                "port {port} is taken: choose another with `cargo run -- --port {}`",
                port.wrapping_add(1)
            ),
            Err(error) => {
                missing = Some(format!("can't listen on {address}, port {port}: {error}"))
            }
        }
    }
    match missing {
        Some(why) if listeners.is_empty() => bail!(why),
        _ => Ok(listeners),
    }
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
    listeners: Vec<TcpListener>,
    staging: &Path,
    options: &Options,
    runs: Runs,
) -> Result<()> {
    let mut address = listeners[0].local_addr()?;
    // All addresses of the machine: loopback is one that a browser knows.
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let door = Door::new(address.port(), &options.url, options.host.is_some())?;
    let (served, pages) = channel(Served::default());
    // Before the first build: a change while it runs counts.
    let changes = Changes::watch(project, options.poll)?;
    if let Err(error) = build(project, staging, &served).await {
        warn!("the book can't be built:\n{error:#}");
    }
    let url = format!("http://{address}");
    println!("The book is at {url} (Ctrl-C ends it)");
    if door.asks_for_the_key() {
        println!("Its pages run programs if you open it by an address with the key:");
        let here = format!("{url}/");
        for url in options.url.iter().map(Url::as_str).chain([&*here]) {
            println!("  {}", door.with_key(url));
        }
    }
    if options.open {
        task::spawn_blocking(|| {
            if let Err(error) = open::that_detached(url) {
                warn!("can't open the browser: {error}");
            }
        });
    }
    let server = Arc::new(Server { pages, door, runs });
    let router = router(server, &options.url).into_make_service_with_connect_info::<Ends>();
    let mut serving = JoinSet::new();
    for listener in listeners {
        serving.spawn(axum::serve(listener, router.clone()).into_future());
    }
    select! {
        Some(ended) = serving.join_next() => Ok(ended??),
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

fn router(server: Arc<Server>, urls: &[Url]) -> Router {
    let book = Router::new()
        .route("/_book/events", get(events))
        .route(
            "/_book/key.js",
            get(|| file_of_ours("text/javascript", include_str!("key.js"))),
        )
        .route(
            "/_book/live.js",
            get(|| file_of_ours("text/javascript", include_str!("live.js"))),
        )
        .route(
            "/_book/no-book.css",
            get(|| file_of_ours("text/css", include_str!("no-book.css"))),
        )
        .route(
            "/_book/run/{*name}",
            post(runs::run).layer(DefaultBodyLimit::max(runs::LONGEST)),
        )
        .fallback(get(page));
    // A proxy may leave out the folder at which it shows the book, or not.
    let folders: BTreeSet<&str> = urls
        .iter()
        .map(Url::path)
        .filter(|path| *path != "/")
        .collect();
    let all = folders
        .into_iter()
        .fold(book.clone(), |all, folder| all.nest(folder, book.clone()));
    all.layer(from_fn_with_state(server.clone(), guard))
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

async fn file_of_ours(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind)], text)
}

/// A file of the book, its page for unknown paths, or the page that says why there is no book.
async fn page(
    State(server): State<Arc<Server>>,
    ConnectInfo(ends): ConnectInfo<Ends>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, (StatusCode, String)> {
    let served = server.pages.borrow().clone();
    let is_machine = uri.path() == "/machine/worker.mjs";
    // The book's folder as seen from the page, wherever a proxy shows it.
    let root = "../".repeat(uri.path().matches('/').count().saturating_sub(1));
    let mut response = match &served.book {
        Some(book) => file(book.path(), uri).await.map_err(broken)?,
        None => no_book(served.error.as_deref().unwrap_or_default(), &root),
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
    let token = server.door.token(&headers, &ends);
    let mut scripts = format!(
        "<script src=\"{root}_book/live.js\" data-build=\"{}\"></script>\n",
        served.build()
    );
    if token.is_none() {
        scripts += &format!("<script src=\"{root}_book/key.js\"></script>\n");
    }
    html.insert_str(html.rfind("</body>").unwrap_or(html.len()), &scripts);
    let token = token.unwrap_or_default();
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

fn no_book(error: &str, root: &str) -> Response {
    let error = error.replace('&', "&amp;").replace('<', "&lt;");
    let html = format!(include_str!("no-book.html"), error = error, root = root);
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
