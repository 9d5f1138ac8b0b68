//! The figures of the chapters: what each says to those who don't see it.

use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;

use super::FIGURES;
use crate::problem::Problem;
use crate::project::Project;

/// What a figure lacks, by file and line.
///
/// # Errors
/// A figure that can't be read.
pub fn check(project: &Project) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for file in project.list(FIGURES, "svg")? {
        let faults = faults(&project.read(&file)?).into_iter();
        problems.extend(faults.map(|(line, message)| Problem::new(&file, line, message)));
    }
    Ok(problems)
}

fn faults(svg: &str) -> Vec<(usize, &'static str)> {
    // Each with some text in it.
    static TITLE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<title\b[^>]*>\s*[^<\s]").expect("a constant"));
    static DESC: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<desc\b[^>]*>\s*[^<\s]").expect("a constant"));
    let line_of = |is: &dyn Fn(&str) -> bool| svg.lines().position(is).map(|index| index + 1);
    let begin = line_of(&|line| line.contains("<svg")).unwrap_or(1);
    let mut faults = Vec::new();
    if !TITLE.is_match(svg) {
        let message = "the figure has no title: begin it with `<title>`, its name in a few words";
        faults.push((begin, message));
    }
    if !DESC.is_match(svg) {
        let message = "the figure has no description: write `<desc>` behind its `<title>`, with all \
                       that can be seen, for those who don't see it";
        faults.push((begin, message));
    }
    if let Some(line) = line_of(&|line| line.trim().is_empty()) {
        let message = "an empty line ends the figure where Markdown includes it: take it away";
        faults.push((line, message));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_a_title_and_a_description_that_say_something() {
        let whole =
            "<!-- C -->\n<svg role=\"img\">\n<title id=\"a\">A</title>\n<desc>\nB</desc>\n</svg>\n";
        assert_eq!(faults(whole), []);
        for (from, to, line, said) in [
            (">A<", "><", 2, "no title"),
            ("<desc>\nB</desc>", "<desc> </desc>", 2, "no description"),
            ("desc", "g", 2, "no description"),
            ("</svg>", "\n</svg>", 6, "an empty line"),
        ] {
            let svg = whole.replace(from, to);
            let faults = faults(&svg);
            assert!(
                matches!(&faults[..], [(at, message)] if *at == line && message.contains(said)),
                "{svg}{faults:?}"
            );
        }
    }
}
