//! A note at each output that is older than its program.

use anyhow::Result;
use lol_html::html_content::ContentType::Html;
use lol_html::{RewriteStrSettings, element, rewrite_str};

use super::escaped;
use crate::listing::Program;

/// Puts the note before the fold over the output of each of these programs. The rest of the page stays
/// as it is, byte for byte.
///
/// # Errors
/// Markup that lol_html can't follow.
pub fn mark(html: String, stale: &[&Program]) -> Result<String> {
    if stale.is_empty() {
        return Ok(html);
    }
    let fold = element!("main details.predict[data-command]", |fold| {
        let command = fold.get_attribute("data-command").unwrap_or_default();
        let is_its = |program: &&&Program| {
            program.command().strip_prefix("$ ").map(escaped).as_deref() == Some(&*command)
        };
        if let Some(program) = stale.iter().find(is_its) {
            fold.before(&note(program), Html);
        }
        Ok(())
    });
    let settings = RewriteStrSettings::new().append_element_content_handler(fold);
    Ok(rewrite_str(&html, settings)?)
}

fn note(program: &Program) -> String {
    format!(
        "<p class=\"run-stale\"><strong>Older than its program:</strong> {} changed since this output \
         was recorded. <kbd>cargo run -- record {}</kbd> records it anew.</p>\n",
        escaped(&program.file.display().to_string()),
        escaped(&program.name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Kind;

    #[test]
    fn the_output_of_a_changed_program_is_marked_and_no_other() {
        let program = Program {
            name: "a".to_owned(),
            kind: Kind::Listing,
            source: String::new(),
            file: "listings/src/bin/a.rs".into(),
        };
        let fold = |name| {
            format!(
                "<details class=\"predict\" data-command=\"cargo run --bin {name}\">x</details>"
            )
        };
        let page = format!("<main>{}\n{}</main>", fold("a"), fold("b"));
        let marked = mark(page.clone(), &[&program]).unwrap();
        let expected = page.replacen("<details", &format!("{}<details", note(&program)), 1);
        assert_eq!(marked, expected);
        assert_eq!(mark(page.clone(), &[]).unwrap(), page);
    }
}
