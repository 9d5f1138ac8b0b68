//! The pictures that the reader can move: HTML whose table is both the still and the data.
//!
//! `theme/js` reads the table and shows the controls, which are hidden until then.

mod cow;
mod dial;
mod scheduler;

use std::path::Path;

use anyhow::Result;

use crate::made::Made;
use crate::project::Project;

/// For each picture that moves `NAME.html`.
pub const WIDGETS: &str = "widgets";

/// A picture, and what it is made of.
struct Widget {
    name: &'static str,
    from: &'static str,
    draw: fn(&str) -> Result<String>,
}

const ALL: [Widget; 3] = [
    Widget {
        name: "cow",
        from: "listings/outputs/touch-a-page.txt",
        draw: cow::draw,
    },
    Widget {
        name: "dial",
        from: "listings/outputs/one-dial.txt",
        draw: dial::draw,
    },
    Widget {
        name: "scheduler",
        from: "races/lost-update.txt",
        draw: scheduler::draw,
    },
];

/// The pictures whose source is recorded.
pub(super) fn made(project: &Project) -> Result<Vec<Made>> {
    let mut all = Vec::new();
    for Widget { name, from, draw } in ALL {
        if project.has(from) {
            all.push(Made {
                file: Path::new(WIDGETS).join(format!("{name}.html")),
                from: from.into(),
                text: draw(&project.read(from)?),
            });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_picture_has_an_empty_line_which_would_end_html_in_markdown() -> Result<()> {
        let all = made(&Project::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")))?;
        assert_eq!(all.len(), ALL.len());
        for Made { file, text, .. } in all {
            let is_whole = !text?.contains("\n\n");
            assert!(is_whole, "{} has an empty line", file.display());
        }
        Ok(())
    }
}
