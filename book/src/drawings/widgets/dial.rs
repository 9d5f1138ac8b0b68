//! *Turn the dials*: what a child shares with its maker under each setting of three flags of
//! clone(2), as a listing recorded it.

use anyhow::{Context, Result, ensure};

/// The flags, and the things that they share.
const DIALS: [(&str, &str); 3] = [
    ("CLONE_VM", "memory"),
    ("CLONE_FS", "directory"),
    ("CLONE_FILES", "descriptors"),
];

/// A setting by its name, and which of the things the child changed for us too.
type Row<'a> = (&'a str, [bool; 3]);

/// Reads a line `VM and FS        true    true       false`.
fn row(line: &str) -> Option<Row<'_>> {
    let mut rest = line;
    let mut changed = [false; 3];
    for thing in changed.iter_mut().rev() {
        let (left, right) = rest.trim_end().rsplit_once(' ')?;
        *thing = right.parse().ok()?;
        rest = left;
    }
    Some((rest.trim(), changed))
}

/// Reads the lines under the heading.
fn rows(text: &str) -> Result<Vec<Row<'_>>> {
    let rows: Vec<Row> = text
        .lines()
        .skip(1)
        .map(|line| row(line).with_context(|| format!("\"{line}\" tells of no setting")))
        .collect::<Result<_>>()?;
    for number in 0..1 << DIALS.len() {
        let setting = [0, 1, 2].map(|bit| number >> bit & 1 == 1);
        let told = rows.iter().filter(|(_, changed)| *changed == setting);
        let [memory, directory, descriptors] = setting;
        ensure!(
            told.count() == 1,
            "it must have one line for memory {memory}, directory {directory}, descriptors \
             {descriptors}"
        );
    }
    Ok(rows)
}

pub(super) fn draw(text: &str) -> Result<String> {
    let rows = rows(text)?;
    let switches = DIALS.map(|(flag, _)| {
        format!("<label><input type=\"checkbox\" name=\"{flag}\"> <code>{flag}</code></label>\n")
    });
    let things = DIALS.map(|(_, thing)| {
        format!(
            "<div class=\"thing\"><span>our {thing}</span><span class=\"hers\">its \
             {thing}</span></div>\n"
        )
    });
    let heads = DIALS.map(|(_, thing)| format!("<th scope=\"col\">{thing}</th>"));
    let body = rows.iter().map(|(name, changed)| {
        let cells = changed.map(|changed| match changed {
            true => "<td><b>shared</b></td>",
            false => "<td>its own</td>",
        });
        format!("<tr><th scope=\"row\">{name}</th>{}</tr>\n", cells.concat())
    });
    Ok(format!(
        r#"<figure class="widget dial">
<figcaption>Turn the dials: what does the child share with us?</figcaption>
<div class="play" hidden>
<p>Each flag of <code>clone</code> is a dial. With all of them off, the child shares what it shares after a <code>fork</code>: none of these.</p>
<div class="buttons" role="group" aria-label="Flags of clone">
{}</div>
<div class="things">
{}</div>
<p class="said" role="status"></p>
</div>
<details>
<summary>All {} settings, as one-dial recorded them</summary>
<table>
<thead><tr><th scope="col">turned on</th>{}</tr></thead>
<tbody>
{}</tbody>
</table>
</details>
</figure>
"#,
        switches.concat(),
        things.concat(),
        rows.len(),
        heads.concat(),
        body.collect::<String>(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = include_str!("../../../../listings/outputs/one-dial.txt");

    #[test]
    fn each_setting_is_a_row_that_says_what_is_shared() -> Result<()> {
        let html = draw(RECORD)?;
        for row in [
            "none</th><td>its own</td><td>its own</td><td>its own</td>",
            "VM and FILES</th><td><b>shared</b></td><td>its own</td><td><b>shared</b></td>",
        ] {
            assert!(html.contains(row), "{html}");
        }
        assert!(html.contains("All 8 settings"), "{html}");
        Ok(())
    }

    #[test]
    fn a_record_that_lacks_a_setting_is_refused() {
        let lacking: String = RECORD
            .lines()
            .filter(|line| !line.starts_with("FS and FILES"))
            .map(|line| format!("{line}\n"))
            .collect();
        for (text, said) in [
            (
                lacking.as_str(),
                "it must have one line for memory false, directory true, descriptors true",
            ),
            (
                "\nthread panicked\n",
                "\"thread panicked\" tells of no setting",
            ),
        ] {
            assert_eq!(draw(text).expect_err("no record").to_string(), said);
        }
    }
}
