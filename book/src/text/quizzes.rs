//! The quizzes at the ends of chapters: a question has one right answer, and each answer says why.
//!
//! They are data, in Markdown:
//!
//! ```toml
//! [[question]]
//! ask = "What is asked?"
//!
//! [[question.answer]]
//! wrong = "An answer"
//! why = "Why it is wrong."
//!
//! [[question.answer]]
//! right = "Another"
//! why = "Why. See [the proof](#heading-of-the-chapter)."
//! ```
//!
//! The page that a chapter includes is made of them, and reads well without a script.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use maud::{PreEscaped, html};
use mdbook_markdown::pulldown_cmark::{self, Parser};
use serde::Deserialize;
use toml::Spanned;

use super::chapter::{self, Chapter, line_of};
use crate::made::{self, Made};
use crate::problem::Problem;
use crate::project::{Project, names};

/// For each chapter `NAME.md` that has one, its quiz `NAME.toml`.
pub const DATA: &str = "quizzes";
/// What is made of it for the chapter: `NAME.md`.
pub const PAGES: &str = "src/quizzes";

/// The quiz of a chapter, from the root of the checkout.
pub fn data(name: &str) -> PathBuf {
    Path::new(DATA).join(format!("{name}.toml"))
}

/// The page that is made of it, from the root of the checkout.
pub fn page(name: &str) -> PathBuf {
    Path::new(PAGES).join(format!("{name}.md"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Questions {
    #[serde(default)]
    question: Vec<Spanned<Question>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    ask: Spanned<String>,
    #[serde(default)]
    answer: Vec<Spanned<Answer>>,
}

/// What it says is either right or wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    right: Option<Spanned<String>>,
    wrong: Option<Spanned<String>>,
    why: Option<Spanned<String>>,
}

/// A quiz as it is written.
pub struct Quiz {
    pub name: String,
    /// Relative to the root of the checkout.
    pub file: PathBuf,
    text: String,
    /// Or what is wrong with it, and where.
    questions: Result<Vec<Spanned<Question>>, (usize, String)>,
}

/// The quizzes by name.
pub fn all(project: &Project) -> Result<Vec<Quiz>> {
    let names = names(&project.root.join(DATA), "toml")?.into_iter();
    names
        .map(|name| Ok(Quiz::new(project.read(data(&name))?, name)))
        .collect()
}

/// The pages of the quizzes, which their chapters include.
pub fn made(project: &Project) -> Result<Vec<Made>> {
    let made = |quiz: Quiz| Made {
        file: page(&quiz.name),
        text: quiz.html(),
        from: quiz.file,
    };
    let mut all: Vec<Made> = all(project)?.into_iter().map(made).collect();
    for name in names(&project.root.join(PAGES), "md")? {
        let file = page(&name);
        if all.iter().all(|made| made.file != file) {
            let why = format!("there is no {DATA}/{name}.toml of which this is made: delete it");
            all.push(Made {
                from: file.clone(),
                file,
                text: Err(anyhow!(why)),
            });
        }
    }
    Ok(all)
}

/// Makes them, and nothing else.
pub fn write_pages(project: &Project) -> Result<()> {
    made::write(project, made(project)?).map(drop)
}

/// What is wrong with the quizzes, and with where they stand.
pub fn check(project: &Project, chapters: &[Chapter]) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for quiz in all(project)? {
        let faults = quiz.faults().into_iter();
        problems.extend(faults.map(|(line, message)| Problem::new(&quiz.file, line, message)));
        let chapter = chapter::file(&quiz.name);
        let last = format!("{{{{#include quizzes/{}.md}}}}", quiz.name);
        let is_at_its_end =
            |one: &Chapter| one.file == chapter && one.text.trim_end().ends_with(&last);
        if !chapters.iter().any(is_at_its_end) {
            let message = format!(
                "it isn't at the end of its chapter: make `{last}` the last line of {}",
                chapter.display()
            );
            problems.push(Problem::new(&quiz.file, 1, message));
        }
    }
    Ok(problems)
}

/// The chapters that teach and have no quiz.
pub fn missing(project: &Project, chapters: &[Chapter]) -> Vec<Problem> {
    const EXERCISE: &str = "\n## Exercise\n";
    chapters
        .iter()
        // The interview room is all questions.
        .filter(|chapter| chapter.file != Path::new("src/interview.md"))
        .filter_map(|chapter| {
            let exercise = chapter.text.find(EXERCISE)?;
            let name = chapter.file.file_stem()?.to_str()?;
            let data = data(name);
            if project.has(&data) {
                return None;
            }
            let message = format!(
                "a chapter with an exercise ends with a quiz: make {}, and \
                 `{{{{#include quizzes/{name}.md}}}}` its last line",
                data.display()
            );
            let line = line_of(&chapter.text, exercise + 1);
            Some(Problem::new(&chapter.file, line, message))
        })
        .collect()
}

impl Quiz {
    fn new(text: String, name: String) -> Self {
        let questions = match toml::from_str(&text) {
            Ok(Questions { question }) => Ok(question),
            Err(error) => {
                let start = error.span().map_or(0, |span| span.start);
                Err((line_of(&text, start), error.message().to_owned()))
            }
        };
        Self {
            file: data(&name),
            name,
            text,
            questions,
        }
    }

    /// Its prose in pieces, each with its line.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut prose = Vec::new();
        for question in self.questions.iter().flatten() {
            let Question { ask, answer } = question.get_ref();
            prose.push(ask);
            for answer in answer {
                let Answer { right, wrong, why } = answer.get_ref();
                prose.extend([right, wrong, why].into_iter().flatten());
            }
        }
        let place = |text: &Spanned<String>| line_of(&self.text, text.span().start);
        prose
            .into_iter()
            .map(|text| (place(text), text.get_ref().as_str()))
            .collect()
    }

    /// What is wrong with it, each with its line.
    fn faults(&self) -> Vec<(usize, String)> {
        let questions = match &self.questions {
            Err(wrong) => return vec![wrong.clone()],
            Ok(questions) => questions,
        };
        let mut faults = Vec::new();
        let count = questions.len();
        if !(3..=5).contains(&count) {
            let message = format!("a quiz has 3 to 5 questions, and this has {count}");
            faults.push((1, message));
        }
        for question in questions {
            for (start, message) in question.get_ref().faults(question.span().start) {
                faults.push((line_of(&self.text, start), message));
            }
        }
        faults
    }

    /// What stands in the page: Markdown within HTML.
    fn html(&self) -> Result<String> {
        let questions = match &self.questions {
            Err((line, message)) => return Err(anyhow!("line {line}: {message}")),
            Ok(questions) => questions,
        };
        let mut page = format!(
            "<!-- Made by `cargo run -- record` from {}. -->\n\n## Quiz\n",
            self.file.display()
        );
        for question in questions {
            let Question { ask, answer } = question.get_ref();
            let mut answers = String::new();
            for answer in answer {
                let Answer { right, wrong, why } = answer.get_ref();
                let (class, word, text) = match (right, wrong) {
                    (Some(text), _) => ("right", "Right", text),
                    (None, Some(text)) => ("wrong", "Wrong", text),
                    (None, None) => continue,
                };
                let why = why.as_ref().map_or("", |why| why.get_ref().trim());
                let summary = html! { summary { (inline(text.get_ref())) } }.into_string();
                answers += &format!(
                    "<details class=\"{class}\">{summary}\n\n**{word}.** {why}\n\n</details>\n"
                );
            }
            let ask = ask.get_ref().trim();
            page += &format!("\n<div class=\"question\">\n\n{ask}\n\n{answers}\n</div>\n");
        }
        Ok(page)
    }
}

/// Markdown of one line as HTML, for where Markdown isn't read.
fn inline(text: &str) -> PreEscaped<String> {
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, Parser::new(text));
    let html = html.trim();
    let paragraph = html
        .strip_prefix("<p>")
        .and_then(|html| html.strip_suffix("</p>"));
    PreEscaped(paragraph.unwrap_or(html).to_owned())
}

impl Question {
    /// What is wrong with it, each with where it begins; the question begins at `start`.
    fn faults(&self, start: usize) -> Vec<(usize, String)> {
        let mut faults = Vec::new();
        let mut fault = |at, message: &str| faults.push((at, message.to_owned()));
        let mut seen = BTreeSet::new();
        let (mut rights, mut wrongs) = (0, 0);
        for answer in &self.answer {
            let at = answer.span().start;
            let Answer { right, wrong, why } = answer.get_ref();
            rights += usize::from(right.is_some());
            wrongs += usize::from(wrong.is_some());
            match (right, wrong) {
                (Some(text), None) | (None, Some(text)) => {
                    if !seen.insert(text.get_ref()) {
                        fault(at, "this question has this answer already");
                    }
                }
                _ => fault(
                    at,
                    "an answer is either `right = \"...\"` or `wrong = \"...\"`",
                ),
            }
            let is_empty = |why: &Spanned<String>| why.get_ref().trim().is_empty();
            if why.as_ref().is_none_or(is_empty) {
                fault(at, "this answer has no reason: add `why = \"...\"`");
            }
        }
        match rights {
            0 => fault(start, "this question has no right answer: mark one"),
            1 => {}
            _ => {
                let message = format!("this question has {rights} right answers: leave one");
                fault(start, &message);
            }
        }
        if wrongs < 2 {
            fault(start, "this question needs at least two wrong answers");
        }
        if self.ask.get_ref().trim().is_empty() {
            fault(start, "the question is missing: say it in `ask`");
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
[[question]]
ask = \"How much?\"

[[question.answer]]
wrong = \"`0` g\"
why = \"That is too little.\"

[[question.answer]]
right = \"1 g\"
why = \"It was weighed.\"

[[question.answer]]
wrong = \"2 g\"
why = \"That is too much.\"

";

    fn quiz(text: &str) -> Quiz {
        Quiz::new(text.to_owned(), "a".to_owned())
    }

    #[test]
    fn three_to_five_questions_with_one_right_answer_each_are_a_quiz() {
        for count in 3..=5 {
            assert_eq!(quiz(&GOOD.repeat(count)).faults(), []);
        }
        for count in [0, 2, 6] {
            let said = format!("a quiz has 3 to 5 questions, and this has {count}");
            assert_eq!(quiz(&GOOD.repeat(count)).faults(), [(1, said)]);
        }
    }

    #[test]
    fn a_fault_is_told_with_its_line() {
        for (from, to, line, said) in [
            ("right", "wrong", 1, "this question has no right answer"),
            ("wrong = \"2", "right = \"2", 1, "this question has 2 right"),
            ("why = \"It was weighed.\"", "", 8, "this answer has no"),
            ("It was weighed.", " ", 8, "this answer has no reason"),
            ("\"2 g\"", "\"1 g\"", 12, "this question has this answer"),
            ("right = \"1 g\"", "", 8, "an answer is either"),
            ("How much?", "", 1, "the question is missing"),
            ("why = \"It", "whi = \"It", 10, "unknown field `whi`"),
            ("[[question]]", "[[question]", 1, ""),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let text = GOOD.replacen(from, to, 1) + &GOOD.repeat(2);
            let found = quiz(&text).faults();
            assert!(
                matches!(&found[..], [(at, message), ..] if *at == line && message.starts_with(said)),
                "expected {line}: {said}, and found {found:?}"
            );
        }
    }

    #[test]
    fn a_page_reads_well_without_a_script() {
        let page = quiz(GOOD).html().unwrap();
        let begin = "\n\n## Quiz\n\n<div class=\"question\">\n\nHow much?\n\n\
                     <details class=\"wrong\"><summary><code>0</code> g</summary>\n\n\
                     **Wrong.** That is too little.\n\n</details>\n<details class=\"right\">";
        assert!(page.contains(begin), "{page}");
    }
}
