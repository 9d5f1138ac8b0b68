//! The policy by which a browser runs a page's own scripts and styles, and nothing else.
//!
//! Source: Content Security Policy Level 3, <https://www.w3.org/TR/CSP3/>.

use std::collections::BTreeSet;

use base64::prelude::{BASE64_STANDARD, Engine};
use scraper::{ElementRef, Html};
use sha2::{Digest, Sha256};

use super::mdbook;

/// The policy of a page: scripts and styles are files of the book, or stand in the page and are
/// named by their hash, as is `script`, which comes to stand there. `connect` are addresses that its
/// scripts may send to, besides its own server.
pub fn of(page: &Html, connect: &[&str], script: Option<&str>) -> String {
    let hashes = |selector: &str, text: fn(&ElementRef) -> String| {
        let texts = mdbook::all(page, selector);
        texts.iter().map(|element| hash(&text(element))).collect()
    };
    let text = |element: &ElementRef| element.text().collect();
    let mut scripts: BTreeSet<String> = hashes("script:not([src])", text);
    scripts.extend(script.map(hash));
    let sheets = hashes("style", text);
    let style = |element: &ElementRef| element.attr("style").unwrap_or_default().to_owned();
    let mut styles = hashes("[style]", style);
    styles.insert(hash(mdbook::STYLE_OF_SEARCH));

    let list = |words: BTreeSet<String>| Vec::from_iter(words).concat();
    let connect = connect.iter().map(|to| format!(" {to}")).collect();
    [
        "default-src 'none'".to_owned(),
        format!("script-src 'self'{}", list(scripts)),
        format!("style-src 'self'{}", list(sheets)),
        format!("style-src-attr 'unsafe-hashes'{}", list(styles)),
        "img-src 'self' data:".to_owned(),
        "font-src 'self'".to_owned(),
        format!("connect-src 'self'{}", list(connect)),
        // The table of contents, where there are no scripts.
        "frame-src 'self'".to_owned(),
        "base-uri 'self'".to_owned(),
        "form-action 'self'".to_owned(),
    ]
    .join("; ")
}

/// The policy of a page that `cargo run` serves, for its header: it sends to its own server alone,
/// and stands in no frame but the book's.
pub fn served(html: &str) -> String {
    let page = Html::parse_document(html);
    format!("{}; frame-ancestors 'self'", of(&page, &[], None))
}

/// The policy of the worker that runs the machine, which has its own and not its page's. It compiles
/// WebAssembly, and reaches no server but for its own scripts. `machine/web/keeper.js` gives it
/// the same where no server can send one.
pub const OF_MACHINE: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";

/// With a space before it, as in a list.
fn hash(text: &str) -> String {
    format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_in_the_page_is_named_by_its_hash_and_none_is_allowed_at_large() {
        // By `printf 'let a = 1;' | openssl dgst -sha256 -binary | base64`.
        let hash = "'sha256-xY6QKfH9PRsQnLz56nj6MBwiK5oHg+im1Jkpdp1x/Ck='";
        let page = Html::parse_document(
            "<script>let a = 1;</script><script src=\"b.js\"></script><p style=\"color: red\">",
        );
        let policy = of(&page, &["https://example.org"], None);
        assert!(
            policy.contains(&format!("script-src 'self' {hash};")),
            "{policy}"
        );
        assert!(policy.contains("connect-src 'self' https://example.org;"));
        assert!(!policy.contains("unsafe-inline"));
        assert!(served("").contains("connect-src 'self';"));
    }

    #[test]
    fn the_machine_has_one_policy_whoever_sends_it_and_no_page_has_what_it_allows() {
        let keeper = include_str!("../../../machine/web/keeper.js");
        assert!(keeper.contains(&format!("\"{OF_MACHINE}\"")), "{keeper}");
        assert!(!served("<script>1</script>").contains("wasm-unsafe-eval"));
    }
}
