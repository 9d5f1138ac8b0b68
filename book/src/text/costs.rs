//! What things cost is quoted from a record, and never typed.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::Result;
use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd};
use regex::{Captures, Regex};

use super::chapter::{chapters, events, line_of};
use super::{ledger, quizzes};
use crate::problem::Problem;
use crate::project::Project;

/// Numbers about cost that the prose of a chapter or a quiz states without including them.
///
/// What comes from a program is quoted as code, and code isn't prose: the time for which a listing
/// works is written `3 ms`.
pub fn check(project: &Project) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let mut search = |file: &Path, first: usize, text: &str| {
        problems.extend(typed(text).into_iter().map(|(line, number)| {
            let message = format!(
                "\"{number}\" is typed, and what something costs is included: \
                 `{{{{#include ../lab/figures.txt:NAME}}}}`; if a program sets this amount, quote \
                 it as code"
            );
            Problem::new(file, first + line - 1, message)
        }));
    };
    for chapter in chapters(project)? {
        if chapter.file.starts_with("src") && chapter.file != Path::new(ledger::PAGE) {
            search(&chapter.file, 1, &chapter.text);
        }
    }
    for quiz in quizzes::all(project)? {
        for (line, text) in quiz.prose() {
            search(&quiz.file, line, text);
        }
    }
    Ok(problems)
}

/// A time below a second, a percentage, or a factor. Above a second nothing here is measured; a
/// number of times is a factor only in a comparison, else it counts repetitions.
static COST: LazyLock<Regex> = LazyLock::new(|| {
    let digits = r"\d[\d.,]*";
    let words = r"(?:few|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|eighty|ninety|hundred|thousand)";
    let number = format!("(?:{digits}|{words})");
    let compared =
        r"(?:as|what|that|those|more|less|the|faster|slower|dearer|cheaper|longer|larger|smaller)";
    let patterns = [
        format!(r"{digits}\s*(?:ns|µs|μs|us|ms)\b"),
        format!(r"\b{number}[\s-]*(?:nano|micro|milli)seconds?\b"),
        format!(r"{digits}\s*%"),
        format!(r"\b{number}\s+per\s?cent\b"),
        format!(r"\b{number}-?fold\b"),
        r"\d\.\d+\s+times\b".to_owned(),
        format!(r"\b{number}\s+times\s+{compared}\b"),
        format!(r"\bcosts?\s+(?:\w+\s+)?{number}\s+times\b"),
        format!(r"\btwice\s+{compared}\b"),
        r"\d×".to_owned(),
    ];
    Regex::new(&format!("(?i){}", patterns.join("|"))).expect("a constant")
});

/// The numbers about cost in a text's prose, each with its line.
fn typed(markdown: &str) -> Vec<(usize, String)> {
    // What is included must not be read as text, and lines must stay where they are.
    static INCLUDE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\{\{#[^}\n]*\}\}").expect("a constant"));
    /// Tags, and code with what it holds.
    static TAGS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<code>.*?</code>|<[^>]*>").expect("a constant"));
    let text = INCLUDE.replace_all(markdown, |found: &Captures| "@".repeat(found[0].len()));
    let text = text.as_ref();
    let mut found = Vec::new();
    let mut block = Block::default();
    let mut is_code = false;
    for (event, range) in events(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Text(words) if !is_code => block.push(&words, range.start),
            Event::Code(_) => block.push("`", range.start),
            Event::Html(html) => block.push(&TAGS.replace_all(&html, "`"), range.start),
            Event::SoftBreak | Event::HardBreak => block.push(" ", range.start),
            Event::Start(tag) if !is_inline(&tag.to_end()) => block.search(text, &mut found),
            Event::End(tag) if !is_inline(&tag) => block.search(text, &mut found),
            _ => {}
        }
    }
    found
}

/// Whether a tag stands within a text, so that a number may go on behind it.
fn is_inline(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image
    )
}

/// A paragraph, a cell, a heading, without its markup.
#[derive(Default)]
struct Block {
    text: String,
    /// Where its parts begin: here, and in the chapter.
    parts: Vec<(usize, usize)>,
}

impl Block {
    fn push(&mut self, text: &str, start: usize) {
        self.parts.push((self.text.len(), start));
        self.text += text;
    }

    /// Looks for numbers, and begins anew.
    fn search(&mut self, chapter: &str, found: &mut Vec<(usize, String)>) {
        for number in COST.find_iter(&self.text) {
            let part = self.parts.iter().rfind(|(here, _)| *here <= number.start());
            let (_, start) = part.expect("the first part begins at 0");
            found.push((line_of(chapter, *start), number.as_str().to_owned()));
        }
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(markdown: &str) -> Vec<String> {
        let typed = typed(markdown).into_iter();
        typed.map(|(_, number)| number).collect()
    }

    #[test]
    fn a_typed_time_percentage_or_factor_is_found() {
        for (text, number) in [
            ("A fork takes 21 ms.", "21 ms"),
            ("It takes 0.4µs.", "0.4µs"),
            ("About **5** us a round.", "5 us"),
            ("Ten microseconds, no more.", "Ten microseconds"),
            ("Slower by 13 %.", "13 %"),
            ("Slower by 13%.", "13%"),
            ("A few percent at most.", "few percent"),
            ("Takes 4.7 times\nthe thread.", "4.7 times"),
            ("It is ten times as slow.", "ten times as"),
            ("It costs about ten times.", "costs about ten times"),
            ("A tenfold price.", "tenfold"),
            ("Twice as slow.", "Twice as"),
            ("A 5× price.", "5×"),
            ("| a | 21\n|---|---\n| b | 4 ns |", "4 ns"),
            ("- *12\n  ms*", "12 ms"),
            ("<details><summary>21 ms</summary>\n\nNo.", "21 ms"),
        ] {
            assert_eq!(numbers(text), [number], "{text}");
        }
    }

    #[test]
    fn what_is_included_quoted_as_code_or_no_cost_is_not() {
        for text in [
            "A fork costs {{#include ../lab/figures.txt:fork-per-thread}} times what a thread does.",
            "It takes {{#include ../lab/figures.txt:fork-call-of-16-mib}}, us included.",
            "Each works for `3 ms`.",
            "```console\n21 ms\n```",
            "    21 ms",
            "[here](a.md#21-ms)",
            "It prints sugar five times, and tries 25 times.",
            "I send each kind twice, with 200.",
            "500 is 1 × 256 + 244.",
            "<details><summary>A fork takes <code>21 ms</code></summary>\n\nNo.",
            "In ten seconds.",
            "Ten of us wait 10 s.",
        ] {
            assert_eq!(numbers(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_number_is_named_with_its_line() {
        let text = "# A\n\nb\nc takes **4\nms**\n\n> d 5 %\n";
        let found = [(4, "4 ms".to_owned()), (7, "5 %".to_owned())];
        assert_eq!(typed(text), found);
    }
}
