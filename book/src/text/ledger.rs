//! The ledger: each claim of the notes, the verdict, and what proves it.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::Path;

use anyhow::{Context, Result};
use mdbook_markdown::pulldown_cmark::{Event, Tag};
use serde::Deserialize;
use toml::Spanned;

use super::chapter::{Chapter, chapters, events, fences, includes, line_of};
use crate::made::{self, Made};
use crate::problem::Problem;
use crate::programs::Program;
use crate::project::Project;

/// The data, the notes that it quotes, and the page that is made of it.
pub const DATA: &str = "ledger.toml";
pub const NOTES: &str = "notes.md";
pub const PAGE: &str = "src/ledger.md";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ledger {
    claim: Vec<Spanned<Claim>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The heading in the notes, without `##`.
    pub section: String,
    /// Word for word, without emphasis; ` … ` stands for what is left out.
    pub quote: String,
    pub verdict: Verdict,
    /// What is true of today's Linux and Rust.
    pub precisely: String,
    /// The file in `src/` that treats it.
    pub chapter: String,
    /// Programs by name (`fork-vs-spawn`), snippets by chapter and heading (`kitchen.md: Exercise`).
    pub proofs: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Verdict {
    #[serde(rename = "holds")]
    Holds,
    #[serde(rename = "holds with a condition")]
    HoldsWithACondition,
    #[serde(rename = "misleading")]
    Misleading,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "Holds",
            Self::HoldsWithACondition => "Holds with a condition",
            Self::Misleading => "Misleading",
        })
    }
}

/// The claims in the order of the notes, each with its line in the data file.
///
/// # Errors
/// The data file is missing or not of this form: says where.
pub fn load(project: &Project) -> Result<Vec<(usize, Claim)>> {
    let text = project.read(DATA)?;
    let ledger: Ledger = toml::from_str(&text).with_context(|| format!("{DATA} is damaged"))?;
    Ok(ledger
        .claim
        .into_iter()
        .map(|claim| (line_of(&text, claim.span().start), claim.into_inner()))
        .collect())
}

/// What is wrong with the ledger, and with what chapters say that the notes say.
pub fn check(project: &Project) -> Result<Vec<Problem>> {
    let notes = project.read(NOTES)?;
    let chapters = chapters(project)?;
    let proofs = proofs(project, &chapters)?;
    let mut problems = Vec::new();
    for (line, claim) in load(project)? {
        let mut wrong = |message| problems.push(Problem::new(DATA, line, message));
        match section(&notes, &claim.section) {
            None => wrong(format!("the notes have no section \"{}\"", claim.section)),
            Some(section) if !quotes(section, &claim.quote) => wrong(format!(
                "section \"{}\" of the notes doesn't say \"{}\"",
                claim.section, claim.quote
            )),
            Some(_) => {}
        }
        let file = Path::new("src").join(&claim.chapter);
        if chapters.iter().all(|chapter| chapter.file != file) {
            wrong(format!("there is no chapter src/{}", claim.chapter));
        }
        if claim.proofs.is_empty() {
            wrong(format!("\"{}\" has no proof: name a listing", claim.quote));
        }
        for proof in &claim.proofs {
            if !proofs.contains_key(proof) {
                wrong(format!(
                    "there is no proof \"{proof}\": name a program of listings/ that a chapter shows, \
                     or a snippet by its chapter and heading (`kitchen.md: Exercise`)"
                ));
            }
        }
    }
    for chapter in &chapters {
        problems.extend(misquotations(&notes, chapter));
    }
    Ok(problems)
}

/// The page of the ledger, if there is a ledger.
pub fn made(project: &Project) -> Option<Made> {
    project.has(DATA).then(|| Made {
        file: PAGE.into(),
        from: DATA.into(),
        text: page(project),
    })
}

/// Makes it, and nothing else.
pub fn write_page(project: &Project) -> Result<()> {
    made::write(project, Vec::from_iter(made(project))).map(drop)
}

fn page(project: &Project) -> Result<String> {
    let claims = load(project)?;
    let chapters = chapters(project)?;
    let proofs = proofs(project, &chapters)?;
    let count = |verdict| {
        let of_it = claims.iter().filter(|(_, claim)| claim.verdict == verdict);
        of_it.count()
    };
    let mut page = format!(
        "<!-- Made by `cargo run -- record` from {DATA}. -->\n\n\
         # Every claim, and its proof\n\n\
         The notes make {} claims. {} hold, {} hold with a condition, {} mislead. Each is quoted \
         here with the precise statement for today's Linux and Rust, the chapter that treats it, \
         and the programs that prove it; `cargo test` runs them all.\n",
        claims.len(),
        count(Verdict::Holds),
        count(Verdict::HoldsWithACondition),
        count(Verdict::Misleading),
    );
    let mut section = "";
    for (_, claim) in &claims {
        if claim.section != section {
            section = &claim.section;
            writeln!(page, "\n## {section}")?;
        }
        let links: Vec<String> = claim
            .proofs
            .iter()
            .map(|proof| match proofs.get(proof) {
                Some(place) => format!("[`{proof}`]({place})"),
                None => format!("`{proof}`"),
            })
            .collect();
        writeln!(
            page,
            "\n> {}\n\n**{}.** {}\n\n- Chapter: [{}]({})\n- Proof: {}",
            claim.quote,
            claim.verdict,
            claim.precisely,
            title(&chapters, &claim.chapter),
            claim.chapter,
            links.join(", "),
        )?;
    }
    Ok(page)
}

/// A chapter's first heading.
fn title<'a>(chapters: &'a [Chapter], file: &'a str) -> &'a str {
    chapters
        .iter()
        .find(|chapter| chapter.file.ends_with(file))
        .and_then(|chapter| chapter.text.lines().find_map(heading))
        .unwrap_or(file)
}

/// Everything that can be named as a proof, with where a reader finds it.
fn proofs(project: &Project, chapters: &[Chapter]) -> Result<BTreeMap<String, String>> {
    let mut proofs = BTreeMap::new();
    let programs = Program::all(project)?;
    for chapter in chapters {
        let Ok(file) = chapter.file.strip_prefix("src") else {
            continue;
        };
        let file = file.display().to_string();
        for include in includes(&chapter.text) {
            let target = include.target(&chapter.file);
            if let Some(program) = programs.iter().find(|program| program.file == target) {
                let proof = proofs.entry(program.name.clone());
                proof.or_insert_with(|| file.clone());
            }
        }
        for fence in fences(&chapter.text) {
            if fence.runs()
                && let Some(heading) = heading_above(&chapter.text, fence.line)
            {
                proofs.insert(format!("{file}: {heading}"), file.clone());
            }
        }
    }
    Ok(proofs)
}

/// The nearest heading above a line.
fn heading_above(text: &str, line: usize) -> Option<&str> {
    text.lines().take(line).filter_map(heading).last()
}

fn heading(line: &str) -> Option<&str> {
    line.strip_prefix('#')?
        .trim_start_matches('#')
        .strip_prefix(' ')
}

/// The text of a section of the notes: from its heading to the next of its level.
fn section<'a>(notes: &'a str, heading: &str) -> Option<&'a str> {
    let start = notes.find(&format!("## {heading}\n"))?;
    let body = &notes[start..];
    Some(match body[2..].find("\n## ") {
        Some(end) => &body[..end + 2],
        None => body,
    })
}

/// Whether a text holds a quotation, leaving out emphasis, white space and what ` … ` stands for.
fn quotes(text: &str, quotation: &str) -> bool {
    let plain = |text: &str| {
        let text = text.replace("**", "").replace('`', "");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = plain(text);
    let mut parts = quotation.split('…');
    parts
        .try_fold(&*text, |rest, part| Some(rest.split_once(&plain(part))?.1))
        .is_some()
}

/// What a chapter says that the notes say, in quotation marks, and they don't.
fn misquotations(notes: &str, chapter: &Chapter) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (event, range) in events(&chapter.text) {
        if let Event::Start(Tag::BlockQuote(_)) = event
            && let Some(said) = chapter.text[range.clone()].strip_prefix("> **The notes say:**")
        {
            let said = said.replace("\n>", "\n");
            let quotations = said.split('"').skip(1).step_by(2);
            for quotation in quotations.filter(|quotation| !quotes(notes, quotation)) {
                let line = line_of(&chapter.text, range.start);
                let message = format!("the notes don't say \"{quotation}\"");
                problems.push(Problem::new(&chapter.file, line, message));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_is_word_for_word_but_for_emphasis_and_omissions() {
        let notes = "* Threads **share** the\n  same memory\n| a | b |";
        assert!(quotes(notes, "Threads share the same memory"));
        assert!(quotes(notes, "Threads … memory"));
        assert!(quotes(notes, "a | b"));
        assert!(!quotes(notes, "Threads share memory"));
        assert!(!quotes(notes, "memory … Threads"));
    }

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let notes = "## 1. A\nx\n### sub\ny\n## 2. B\nz\n";
        assert_eq!(section(notes, "1. A"), Some("## 1. A\nx\n### sub\ny"));
        assert_eq!(section(notes, "2. B"), Some("## 2. B\nz\n"));
        assert_eq!(section(notes, "3. C"), None);
    }
}
