//! Who is let in: nobody under a name that isn't ours, and to run a program nobody but our own pages
//! in the hands of whoever started the server.

use std::net::IpAddr;

use anyhow::{Context, Result};
use axum::http::header::{FORWARDED, HOST, ORIGIN, VIA};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};
use subtle::ConstantTimeEq;
use url::{Position, Url};

use super::peer::Ends;
use crate::project::hex;

/// The header by which a page shows that it has the key.
const TOKEN: &str = "x-run-token";

/// What has to be known at the door.
pub struct Door {
    port: u16,
    /// The addresses by which the book is reached from elsewhere.
    urls: Vec<Url>,
    /// Whether the server listens on more than loopback.
    wide: bool,
    /// Made at each start. A page of another site can't read it. In the pages that the owner asks
    /// for; others bring it in their address.
    token: String,
}

impl Door {
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn new(port: u16, urls: &[Url], wide: bool) -> Result<Self> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).context("the system gives no random bytes")?;
        Ok(Self {
            port,
            urls: urls.to_vec(),
            wide,
            token: hex(random),
        })
    }

    /// The address with the key, for pages at `url`. A browser sends no part of it after the `#`.
    pub fn with_key(&self, url: &str) -> String {
        format!("{url}#run-key={}", self.token)
    }

    /// Whether a request is for this server, by its name. Holds for every path.
    ///
    /// A page of another site may come under that site's own name, if its name server gives it our
    /// address (DNS rebinding). It can't come under a name that always means this machine, whatever
    /// the port: a port may be forwarded.
    ///
    /// # Errors
    /// Why it isn't let in, for the reader.
    pub fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
        // HTTP allows a whole address in the place of the path, which then counts.
        let named = uri.authority().map(Authority::as_str);
        match only(headers, HOST.as_str()) {
            Some(host) if self.knows(host) && named.is_none_or(|named| self.knows(named)) => Ok(()),
            _ => Err(format!(
                "This server doesn't know the name by which you reach it: open \
                 http://127.0.0.1:{}. If the name is yours, such as that of a proxy, start the book \
                 by `cargo run -- --url https://NAME/`.",
                self.port
            )),
        }
    }

    fn knows(&self, host: &str) -> bool {
        is_local(host) || (self.wide && is_number(host)) || self.has_url_of(host)
    }

    fn has_url_of(&self, host: &str) -> bool {
        let authority = |url: &Url| url[Position::BeforeHost..Position::AfterPort] == *host;
        self.urls.iter().any(authority)
    }

    /// Whether the server is said to be reached from elsewhere. Then nobody gets the token with a page,
    /// for whoever it is may come through a tunnel of the owner's.
    pub fn asks_for_the_key(&self) -> bool {
        self.wide || !self.urls.is_empty()
    }

    /// The token, if this request shows that whoever started the server asks for a page.
    ///
    /// Another user of this machine doesn't get it, nor does whoever comes through a proxy.
    pub fn token(&self, headers: &HeaderMap, ends: &Ends) -> Option<&str> {
        let is_local = only(headers, HOST.as_str()).is_some_and(is_local);
        (is_local
            && !self.asks_for_the_key()
            && !came_through_a_proxy(headers)
            && ends.is_of_owner())
        .then_some(&self.token)
    }

    /// Whether one of our own pages asks, and not one of another site, in the hands of the owner.
    ///
    /// # Errors
    /// Why it isn't let in, for the reader.
    pub fn check_page(&self, headers: &HeaderMap) -> Result<(), String> {
        let host = only(headers, HOST.as_str()).unwrap_or_default();
        let origin = only(headers, ORIGIN.as_str()).unwrap_or_default();
        if !self.is_own(origin, host) {
            return Err(
                "Only a page of this server may run a program (Origin). Through a proxy, start the \
                 book by `cargo run -- --url ADDRESS`, with the address that your browser shows."
                    .to_owned(),
            );
        }
        // Some older browsers send none.
        let site = "sec-fetch-site";
        if headers.contains_key(site) && only(headers, site) != Some("same-origin") {
            return Err(
                "Only a page of this server may run a program (Sec-Fetch-Site).".to_owned(),
            );
        }
        let token = only(headers, TOKEN).unwrap_or_default();
        if token.is_empty() {
            return Err(format!(
                "The server can't tell that it is you who started it. Open the address with a key \
                 that it printed; if it printed none, start it by `cargo run -- --url {origin}`."
            ));
        }
        if !bool::from(token.as_bytes().ct_eq(self.token.as_bytes())) {
            return Err(
                "This page is of an earlier start of the server: load it anew, or open the address \
                 with a key that the server printed."
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Whether an origin is that of our pages, asked for under this name.
    fn is_own(&self, origin: &str, host: &str) -> bool {
        // A proxy may pass on another name than the browser's, or, as Codespaces does, another
        // origin: that of our own port.
        let through_a_proxy = self
            .urls
            .iter()
            .any(|url| url.origin().ascii_serialization() == origin)
            || (self.has_url_of(host) && origin == format!("http://localhost:{}", self.port));
        origin.strip_prefix("http://") == Some(host) || through_a_proxy
    }
}

/// Whether a name means this machine in every browser.
fn is_local(host: &str) -> bool {
    let name = host.parse().ok();
    let name = name.as_ref().map(Authority::host);
    matches!(name, Some("localhost" | "127.0.0.1" | "[::1]")) && !host.contains('@')
}

/// Whether a name is an address, which no name server can give to another site.
fn is_number(host: &str) -> bool {
    let number = |name: &Authority| {
        let name = name.host().trim_start_matches('[').trim_end_matches(']');
        name.parse::<IpAddr>().is_ok()
    };
    host.parse().is_ok_and(|name| number(&name)) && !host.contains('@')
}

fn came_through_a_proxy(headers: &HeaderMap) -> bool {
    headers
        .keys()
        .any(|name| *name == FORWARDED || *name == VIA || name.as_str().starts_with("x-forwarded-"))
}

/// The value of a header that comes once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
