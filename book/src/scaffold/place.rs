//! Where a new block goes in a chapter.

/// The section that a reader solves, and what stands in a new one until there is an exercise.
const EXERCISE: &str = "## Exercise";
const NO_EXERCISE_YET: &str = "A task, and its solution.";
const INTERVIEW: &str = "## What an interviewer asks next";
const QUIZ: &str = "{{#include quizzes/";

/// The chapter with `block` before its exercise: behind all that it teaches.
pub fn before_exercise(chapter: &str, block: &str) -> String {
    let end = [EXERCISE, INTERVIEW, QUIZ]
        .iter()
        .find_map(|start| line_that_begins(chapter, start));
    insert(chapter, end.unwrap_or(chapter.len()), block)
}

/// The chapter with `block` at the end of its section *Exercise*, which is made where it is missing.
pub fn in_exercise(chapter: &str, block: &str) -> String {
    let Some(section) = line_that_begins(chapter, EXERCISE) else {
        let end = [INTERVIEW, QUIZ]
            .iter()
            .find_map(|start| line_that_begins(chapter, start));
        let block = format!("{EXERCISE}\n\n{block}");
        return insert(chapter, end.unwrap_or(chapter.len()), &block);
    };
    let body = section + EXERCISE.len();
    let end = ["\n## ", &format!("\n{QUIZ}")]
        .iter()
        .filter_map(|next| chapter[body..].find(next))
        .min()
        .map_or(chapter.len(), |end| body + end + 1);
    let placed = insert(chapter, end, block);
    // Only there, and only if it stands alone.
    let (before, rest) = placed.split_at(body);
    before.to_owned() + &rest.replacen(&format!("\n{NO_EXERCISE_YET}\n\n"), "\n", 1)
}

/// The byte at which the first line begins that begins so.
fn line_that_begins(text: &str, start: &str) -> Option<usize> {
    if text.starts_with(start) {
        return Some(0);
    }
    Some(text.find(&format!("\n{start}"))? + 1)
}

/// The text with a block at `byte`, where a line begins, and an empty line on either side.
fn insert(text: &str, byte: usize, block: &str) -> String {
    let (before, after) = (text[..byte].trim_end(), text[byte..].trim_start());
    let mut text = format!("{before}\n\n{}\n", block.trim());
    if !after.is_empty() {
        text += "\n";
        text += after;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAPTER: &str = "# A\n\nText.\n\n## Exercise\n\nA task, and its solution.\n\n## What an interviewer asks next\n\n- *Q?* A.\n\n{{#include quizzes/a.md}}\n";

    #[test]
    fn a_block_stands_before_the_exercise_or_what_else_ends_a_chapter() {
        let (before, after) = CHAPTER.split_at(CHAPTER.find("## Exercise").unwrap());
        assert_eq!(
            before_exercise(CHAPTER, "new\n"),
            format!("{before}new\n\n{after}")
        );
        for (chapter, expected) in [
            ("# A\n", "# A\n\nnew\n"),
            (
                "# A\n\n{{#include quizzes/a.md}}\n",
                "# A\n\nnew\n\n{{#include quizzes/a.md}}\n",
            ),
        ] {
            assert_eq!(before_exercise(chapter, "new"), expected);
        }
    }

    #[test]
    fn an_exercise_stands_in_its_section_in_the_place_of_what_holds_it() {
        let placed = in_exercise(CHAPTER, "Solve it.");
        assert_eq!(
            placed,
            CHAPTER.replace("A task, and its solution.", "Solve it.")
        );
        let again = in_exercise(&placed, "And this.");
        assert!(
            again.contains("Solve it.\n\nAnd this.\n\n## What"),
            "{again}"
        );
        assert_eq!(
            in_exercise("# A\n\n{{#include quizzes/a.md}}\n", "Solve it."),
            "# A\n\n## Exercise\n\nSolve it.\n\n{{#include quizzes/a.md}}\n"
        );
    }
}
