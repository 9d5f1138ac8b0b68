//! What a page is, for search engines: <https://schema.org/TechArticle>, and where it has cards also
//! <https://schema.org/FAQPage>.

use maud::{Markup, PreEscaped, html};
use scraper::{ElementRef, Html};
use serde_json::{Value, json};
use url::Url;

use super::about::About;
use super::mdbook;

/// The data of the page at `address`, of a book at `book`, as a script that isn't run. `picture` is
/// that of the book.
pub fn data(page: &Html, about: &About, address: &Url, book: &Url, picture: &Url) -> Markup {
    let mut graph = vec![json!({
        "@type": "TechArticle",
        "headline": about.title,
        "description": about.description,
        "url": address.as_str(),
        "image": picture.as_str(),
        "inLanguage": "en",
        "isPartOf": { "@type": "Book", "name": about.book, "url": book.as_str() },
    })];
    let questions = questions(page);
    if !questions.is_empty() {
        graph.push(json!({
            "@type": "FAQPage",
            "url": address.as_str(),
            "mainEntity": questions,
        }));
    }
    let data = json!({ "@context": "https://schema.org", "@graph": graph });
    // No text of it may end the script.
    let data = data.to_string().replace('<', "\\u003c");
    html! { script type="application/ld+json" { (PreEscaped(data)) } }
}

/// Each card's question, without its number, and its answer: what stands before *Next* and *Proof*.
fn questions(page: &Html) -> Vec<Value> {
    let cards = mdbook::all(page, "main .cards > h3").into_iter();
    cards
        .map(|heading| {
            let title = mdbook::text(heading);
            let question = title.split_once(". ").map_or(&*title, |(_, rest)| rest);
            let answer: Vec<_> = heading
                .next_siblings()
                .filter_map(ElementRef::wrap)
                .take_while(|element| !matches!(element.value().name(), "h2" | "h3"))
                .map(mdbook::text)
                .take_while(|text| !text.starts_with("Next:") && !text.starts_with("Proof:"))
                .collect();
            json!({
                "@type": "Question",
                "name": question,
                "acceptedAnswer": { "@type": "Answer", "text": answer.join("\n") },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_an_article_and_its_cards_are_questions_with_their_answers() {
        let page = "<main><h1>A &amp; B</h1><p>Words.</p><div class=cards>\
                    <h3>1. Why </script>?</h3><p>So.</p><p>Or so.</p><p><em>Next:</em> x</p>\
                    <h3>2. When?</h3><p>Now.</p></div></main>"
            .replace("</script>", "&lt;/script&gt;");
        let page = Html::parse_document(&page);
        let about = About {
            book: "C".to_owned(),
            title: "A & B".to_owned(),
            description: "Words.".to_owned(),
        };
        let [address, book, picture] = [
            "https://a.org/b/c.html",
            "https://a.org/b/",
            "https://a.org/d",
        ]
        .map(|url| Url::parse(url).unwrap());
        let markup = data(&page, &about, &address, &book, &picture).0;
        let inside = markup
            .strip_prefix("<script type=\"application/ld+json\">")
            .and_then(|rest| rest.strip_suffix("</script>"))
            .unwrap();
        assert!(!inside.contains('<'), "{inside}");
        let data: Value = serde_json::from_str(inside).unwrap();
        assert_eq!(data["@graph"][0]["headline"], "A & B");
        let questions = &data["@graph"][1]["mainEntity"];
        assert_eq!(questions[0]["name"], "Why </script>?");
        assert_eq!(questions[0]["acceptedAnswer"]["text"], "So.\nOr so.");
        assert_eq!(questions[1]["acceptedAnswer"]["text"], "Now.");
    }
}
