//! The quizzes at the ends of chapters: a question has one right answer, and each answer says why.
//!
//! A quiz is Markdown that reads well without a script:
//!
//! ```text
//! ## Quiz
//!
//! <div class="question">
//!
//! What is asked?
//!
//! <details class="wrong"><summary>An answer</summary>
//!
//! **Wrong.** Why.
//!
//! </details>
//! <details class="right"><summary>Another</summary>
//!
//! **Right.** Why.
//!
//! </details>
//!
//! </div>
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::chapter::{Chapter, includes, line_of};
use crate::problem::Problem;
use crate::project::{Project, names, read};

/// For each chapter `NAME.md` that has one, its quiz `NAME.md`.
pub const QUIZZES: &str = "src/quizzes";

/// The quizzes by name, with their files (relative to the root of the checkout) and texts.
pub fn all(project: &Project) -> Result<Vec<(String, PathBuf, String)>> {
    names(&project.root.join(QUIZZES), "md")?
        .into_iter()
        .map(|name| {
            let file = Path::new(QUIZZES).join(format!("{name}.md"));
            let text = read(&project.root.join(&file))?;
            Ok((name, file, text))
        })
        .collect()
}

/// What is wrong with the quizzes, and with where they stand.
pub fn check(project: &Project, chapters: &[Chapter]) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for (name, file, text) in all(project)? {
        problems.extend(
            faults(&text)
                .into_iter()
                .map(|(line, message)| Problem::new(&file, line, message)),
        );
        let chapter = Path::new("src").join(format!("{name}.md"));
        let path = format!("quizzes/{name}.md");
        let is_last = chapters.iter().any(|one| {
            one.file == chapter
                && includes(&one.text)
                    .last()
                    .is_some_and(|last| last.path == path && is_last_line(&one.text, last.line))
        });
        if !is_last {
            let message = format!(
                "it isn't at the end of its chapter: make `{{{{#include {path}}}}}` the last line \
                 of {}",
                chapter.display()
            );
            problems.push(Problem::new(&file, 1, message));
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
            let path = format!("quizzes/{}", chapter.file.file_name()?.display());
            if project.src().join(&path).is_file() {
                return None;
            }
            let message = format!(
                "a chapter with an exercise ends with a quiz: make src/{path}, and \
                 `{{{{#include {path}}}}}` its last line"
            );
            let line = line_of(&chapter.text, exercise + 1);
            Some(Problem::new(&chapter.file, line, message))
        })
        .collect()
}

/// Whether only empty lines follow line `line`.
fn is_last_line(text: &str, line: usize) -> bool {
    text.lines().skip(line).all(|line| line.trim().is_empty())
}

const QUESTION: &str = r#"<div class="question">"#;
const END: &str = "</div>";
const ANSWER_END: &str = "</details>";

/// A question as far as it was read.
struct Question {
    line: usize,
    /// Its answers so far, and how many of them are right.
    answers: BTreeSet<String>,
    right: usize,
    wrong: usize,
}

/// What may come next in a quiz.
enum Place {
    Heading,
    BetweenQuestions,
    /// Where the text of a question begins.
    QuestionText,
    /// In the text of a question, or behind one of its answers.
    InQuestion,
    /// Where the reason of an answer, which is right or wrong, begins.
    Reason {
        line: usize,
        word: &'static str,
    },
    InReason,
}

/// What is wrong with a quiz, each with its line.
fn faults(text: &str) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    let mut questions = 0;
    let mut question: Option<Question> = None;
    let mut place = Place::Heading;
    let mut is_after_gap = true;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = line.trim_end();
        let mut wrong = |line: usize, message: &str| faults.push((line, message.to_owned()));
        if line.is_empty() {
            is_after_gap = true;
            continue;
        }
        let is_first = std::mem::take(&mut is_after_gap);
        place = match place {
            Place::Heading => {
                if line != "## Quiz" {
                    wrong(number, "a quiz begins with `## Quiz`");
                }
                Place::BetweenQuestions
            }
            Place::BetweenQuestions if line == QUESTION => {
                questions += 1;
                question = Some(Question {
                    line: number,
                    answers: BTreeSet::new(),
                    right: 0,
                    wrong: 0,
                });
                Place::QuestionText
            }
            Place::BetweenQuestions => {
                wrong(
                    number,
                    &format!("between questions stands nothing: begin one with `{QUESTION}`"),
                );
                return faults;
            }
            Place::Reason { line: opened, word } => {
                let says = format!("**{word}.** ");
                if !line.starts_with(&says) {
                    wrong(
                        opened,
                        &format!(
                            "this answer has no reason: below it stands `{says}...`, which says why"
                        ),
                    );
                } else if !is_first {
                    wrong(
                        number,
                        "Markdown needs an empty line before it, else it is taken for HTML",
                    );
                }
                if line == ANSWER_END {
                    Place::InQuestion
                } else {
                    Place::InReason
                }
            }
            Place::InReason if line == ANSWER_END => Place::InQuestion,
            Place::InReason if line.starts_with("<d") || line == END => {
                wrong(
                    number,
                    &format!("the answer above isn't closed: write `{ANSWER_END}` before this"),
                );
                return faults;
            }
            Place::InReason => Place::InReason,
            Place::QuestionText | Place::InQuestion if line == END => {
                if let Some(question) = question.take() {
                    for message in question.faults() {
                        wrong(question.line, &message);
                    }
                }
                Place::BetweenQuestions
            }
            Place::QuestionText | Place::InQuestion if line.starts_with("<details") => {
                if matches!(place, Place::QuestionText) {
                    wrong(number, "the question is missing above its first answer");
                }
                let question = question.as_mut().expect("one is open");
                match answer(line) {
                    Err(message) => {
                        wrong(number, &message);
                        return faults;
                    }
                    Ok((is_right, answer)) => {
                        if is_right {
                            question.right += 1;
                        } else {
                            question.wrong += 1;
                        }
                        if !question.answers.insert(answer.to_owned()) {
                            wrong(number, "this question has this answer already");
                        }
                        Place::Reason {
                            line: number,
                            word: if is_right { "Right" } else { "Wrong" },
                        }
                    }
                }
            }
            Place::QuestionText | Place::InQuestion if line == QUESTION => {
                let message = format!("the question above isn't closed: write `{END}` before this");
                wrong(number, &message);
                return faults;
            }
            Place::QuestionText if !is_first => {
                wrong(
                    number,
                    "Markdown needs an empty line before it, else it is taken for HTML",
                );
                Place::InQuestion
            }
            Place::QuestionText | Place::InQuestion => Place::InQuestion,
        };
    }
    if !matches!(place, Place::BetweenQuestions) {
        let last = text.lines().count().max(1);
        faults.push((
            last,
            format!("the quiz ends in the middle: close the question with `{END}`"),
        ));
    } else if !(3..=5).contains(&questions) {
        faults.push((
            1,
            format!("a quiz has 3 to 5 questions, and this has {questions}"),
        ));
    }
    faults
}

impl Question {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        match self.right {
            0 => faults.push(
                "this question has no right answer: mark one `<details class=\"right\">`"
                    .to_owned(),
            ),
            1 => {}
            right => faults.push(format!(
                "this question has {right} right answers: leave one"
            )),
        }
        if self.wrong < 2 {
            faults.push("this question needs at least two wrong answers".to_owned());
        }
        faults
    }
}

/// Whether an answer is right, and what it says.
///
/// # Errors
/// How the line must look.
fn answer(line: &str) -> Result<(bool, &str), String> {
    let parts = line
        .strip_prefix("<details class=\"")
        .and_then(|rest| rest.split_once("\"><summary>"))
        .and_then(|(class, rest)| Some((class, rest.strip_suffix("</summary>")?.trim())));
    match parts {
        Some(("right" | "wrong", text)) if text.contains(['`', '*']) => Err(format!(
            "Markdown isn't read in `{text}`: write `<code>` and `<em>`"
        )),
        Some((class @ ("right" | "wrong"), text)) if !text.is_empty() => Ok((class == "right", text)),
        _ => Err(
            "an answer begins with `<details class=\"right\"><summary>...</summary>`, or \"wrong\", \
             in one line"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(answers: &[(&str, &str)]) -> String {
        let answers: String = answers
            .iter()
            .enumerate()
            .map(|(number, (class, reason))| {
                format!("<details class=\"{class}\"><summary>{number} g</summary>\n\n{reason}\n\n</details>\n")
            })
            .collect();
        format!("<div class=\"question\">\n\nHow much?\n\n{answers}\n</div>\n\n")
    }

    fn good() -> String {
        question(&[
            ("wrong", "**Wrong.** That is too little."),
            ("right", "**Right.** It was weighed."),
            ("wrong", "**Wrong.** That is too much."),
        ])
    }

    fn quiz(questions: &[String]) -> String {
        format!("## Quiz\n\n{}", questions.concat())
    }

    #[test]
    fn three_to_five_questions_with_one_right_answer_each_are_a_quiz() {
        for count in 3..=5 {
            assert_eq!(faults(&quiz(&vec![good(); count])), []);
        }
        for count in [0, 2, 6] {
            let said = format!("a quiz has 3 to 5 questions, and this has {count}");
            assert_eq!(faults(&quiz(&vec![good(); count])), [(1, said)]);
        }
    }

    /// Each stands as the first of three questions: it begins in line 3.
    #[test]
    fn a_fault_is_told_with_its_line() {
        let with = |from: &str, to: &str| {
            assert!(good().contains(from), "{from}");
            good().replacen(from, to, 1)
        };
        for (question, line, said) in [
            (
                with("\"right\"", "\"wrong\""),
                12,
                "this answer has no reason",
            ),
            (
                with("**Right.** It was weighed.", ""),
                12,
                "this answer has no reason",
            ),
            (
                with("**Wrong.** That", "That"),
                7,
                "this answer has no reason",
            ),
            (
                with("0 g", "1 g"),
                12,
                "this question has this answer already",
            ),
            (with("0 g", "`0 g`"), 7, "Markdown isn't read in ``0 g``"),
            (with("wrong", "perhaps"), 7, "an answer begins with"),
            (with("How much?", ""), 7, "the question is missing"),
            (with("\n\nHow", "\nHow"), 4, "Markdown needs an empty line"),
            (
                with("\n\n**Wrong", "\n**Wrong"),
                8,
                "Markdown needs an empty line",
            ),
            (with("</details>", ""), 12, "the answer above isn't closed"),
            (with("</div>\n", ""), 24, "the question above isn't closed"),
        ] {
            let found = faults(&quiz(&[question, good(), good()]));
            let Some((at, message)) = found.first() else {
                panic!("\"{said}\" isn't found");
            };
            if *at != line || !message.starts_with(said) {
                panic!("expected {line}: {said}, and found {found:?}");
            }
        }
    }

    #[test]
    fn a_question_has_one_right_answer_and_at_least_two_wrong_ones() {
        let wrong = ("wrong", "**Wrong.** No.");
        let right = ("right", "**Right.** Yes.");
        for (answers, said) in [
            (vec![wrong; 3], "this question has no right answer"),
            (
                vec![wrong, right, wrong, right],
                "this question has 2 right answers",
            ),
            (
                vec![wrong, right],
                "this question needs at least two wrong answers",
            ),
        ] {
            let found = faults(&quiz(&[question(&answers), good(), good()]));
            assert!(
                matches!(&found[..], [(3, message)] if message.starts_with(said)),
                "{said}: {found:?}"
            );
        }
    }
}
