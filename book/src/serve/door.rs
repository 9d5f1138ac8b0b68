//! Who is let in: nobody but this machine's browser, and to run a program nobody but our own pages.

use anyhow::{Context, Result};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};
use subtle::ConstantTimeEq;

use crate::project::hex;

/// The header by which a page shows that it is ours.
const TOKEN: &str = "x-run-token";

/// What has to be known at the door.
pub struct Door {
    /// The names under which a browser reaches this server. A page of another site may come under
    /// that site's own name, if its name server gives it our address (DNS rebinding).
    hosts: Vec<String>,
    /// Made at each start. A page of another site can't read it.
    pub token: String,
}

impl Door {
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn new(port: u16) -> Result<Self> {
        let mut hosts = Vec::from(["127.0.0.1", "localhost"].map(|host| format!("{host}:{port}")));
        // A browser leaves out the port that is usual for http.
        if port == 80 {
            hosts.extend(["127.0.0.1", "localhost"].map(str::to_owned));
        }
        let mut random = [0; 32];
        getrandom::fill(&mut random).context("the system gives no random bytes")?;
        Ok(Self {
            hosts,
            token: hex(random),
        })
    }

    /// Whether a request is for this server, by its name. Holds for every path.
    ///
    /// # Errors
    /// Why it isn't let in, for the reader.
    pub fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
        // HTTP allows a whole address in the place of the path, which then counts.
        let named = uri.authority().map(Authority::as_str);
        let is_ours = |name: &str| self.hosts.iter().any(|host| host == name);
        match only(headers, HOST.as_str()) {
            Some(host) if is_ours(host) && named.is_none_or(is_ours) => Ok(()),
            _ => Err(format!(
                "This server answers to no other name than http://{} and http://{}.",
                self.hosts[0], self.hosts[1]
            )),
        }
    }

    /// Whether one of our own pages asks, and not one of another site.
    ///
    /// # Errors
    /// Why it isn't let in, for the reader.
    pub fn check_page(&self, headers: &HeaderMap) -> Result<(), &'static str> {
        let host = only(headers, HOST.as_str()).unwrap_or_default();
        let origin = only(headers, ORIGIN.as_str()).unwrap_or_default();
        if origin.strip_prefix("http://") != Some(host) {
            return Err("Only a page of this server may run a program (Origin).");
        }
        // Some older browsers send none.
        let site = "sec-fetch-site";
        if headers.contains_key(site) && only(headers, site) != Some("same-origin") {
            return Err("Only a page of this server may run a program (Sec-Fetch-Site).");
        }
        let token = only(headers, TOKEN).unwrap_or_default();
        if !bool::from(token.as_bytes().ct_eq(self.token.as_bytes())) {
            return Err("This page is of an earlier start of the server: load it anew.");
        }
        Ok(())
    }
}

/// The value of a header that comes once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
