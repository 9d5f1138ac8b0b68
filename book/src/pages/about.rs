//! What a page is about, read from the page itself.

use anyhow::Result;
use scraper::Html;

use super::mdbook;

/// As much as search engines show.
const LONGEST: usize = 160;
/// Less says too little.
const SHORTEST: usize = 60;

/// A page in a few words.
pub struct About {
    /// The title of the book.
    pub book: String,
    /// The page's own heading.
    pub title: String,
    /// The first sentences of its text, `LONGEST` characters at most.
    pub description: String,
}

impl About {
    /// # Errors
    /// A page without a title.
    pub fn page(page: &Html) -> Result<Self> {
        let paragraphs = mdbook::all(page, mdbook::PARAGRAPHS).into_iter();
        let paragraphs: Vec<_> = paragraphs.map(mdbook::text).collect();
        Ok(Self {
            book: mdbook::text(mdbook::first(page, mdbook::BOOK_TITLE)?),
            title: mdbook::text(mdbook::first(page, mdbook::TITLE)?),
            description: describe(&first_words(&paragraphs)),
        })
    }
}

/// The first paragraph, and the paragraphs and items that follow while that says too little.
fn first_words(paragraphs: &[String]) -> String {
    let mut words = String::new();
    for paragraph in paragraphs {
        words = format!("{words} {paragraph}").trim().to_owned();
        if words.chars().count() >= SHORTEST {
            break;
        }
    }
    words
}

/// As many whole sentences from the beginning of `text` as fit; of a first one that doesn't, as
/// many words.
fn describe(text: &str) -> String {
    let fits = |text: &str| text.chars().count() <= LONGEST;
    let ends = text.char_indices().filter_map(|(index, end)| {
        let rest = &text[index + end.len_utf8()..];
        let rest = rest.strip_prefix(['”', '’']).unwrap_or(rest);
        (matches!(end, '.' | '?' | '!') && (rest.is_empty() || rest.starts_with(' ')))
            .then(|| text.len() - rest.len())
    });
    if let Some(end) = ends.take_while(|&end| fits(&text[..end])).last() {
        return text[..end].to_owned();
    }
    if fits(text) {
        return text.to_owned();
    }
    let spaces = text.match_indices(' ').map(|(index, _)| index);
    let end = spaces
        .take_while(|&end| text[..end].chars().count() < LONGEST)
        .last();
    format!("{}…", &text[..end.unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_made_of_whole_sentences() {
        let long = "word ".repeat(40);
        assert_eq!(describe("One house. Two cooks?"), "One house. Two cooks?");
        assert_eq!(describe(&format!("“Who?” {long}.")), "“Who?”");
        assert_eq!(describe("no end"), "no end");
        let cut = describe(&long);
        assert!(
            cut.ends_with("word…") && cut.chars().count() <= LONGEST,
            "{cut}"
        );
    }
}
