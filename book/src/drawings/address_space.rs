//! The address space, drawn from what a listing printed.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::made::Made;
use crate::programs::OUTPUTS;
use crate::project::Project;

/// The figure, and the listing whose recorded output it is drawn from.
const FIGURE: &str = "src/figures/address-space.svg";
const LISTING: &str = "address-space";

/// The figure, if its listing is recorded.
pub fn made(project: &Project) -> Result<Option<Made>> {
    let from = Path::new(OUTPUTS).join(format!("{LISTING}.txt"));
    if !project.has(&from) {
        return Ok(None);
    }
    let text = project.read(&from)?;
    Ok(Some(Made {
        file: FIGURE.into(),
        text: draw(&text),
        from,
    }))
}

/// Address, what lies there, its name and its rights, from each line `rights  what  name  0xaddress`.
fn regions(text: &str) -> Result<Vec<(u64, &str, &str, &str)>> {
    let regions = text
        .lines()
        .map(|line| {
            let mut columns = line.split("  ").filter(|column| !column.is_empty());
            let mut column = || Some(columns.next()?.trim());
            let (rights, what, name) = (column()?, column()?, column()?);
            let address = u64::from_str_radix(column()?.strip_prefix("0x")?, 16).ok()?;
            Some((address, what, name, rights))
        })
        .collect::<Option<Vec<_>>>()
        .filter(|regions| !regions.is_empty());
    regions.context("not all lines are `rights  what  name  0xaddress`")
}

/// A box for each region, the highest address on top, and between two boxes how far they are apart.
fn draw(text: &str) -> Result<String> {
    let mut regions = regions(text)?;
    regions.sort_by_key(|region| Reverse(region.0));

    let (mut boxes, mut told) = (String::new(), Vec::new());
    for (index, (address, what, name, rights)) in regions.iter().enumerate() {
        let top = 26 + 80 * index;
        if index > 0 {
            let apart = size(regions[index - 1].0 - address);
            writeln!(
                boxes,
                r#"<text x="190" y="{}" text-anchor="middle" font-size="13">⋮ {apart}</text>"#,
                top - 11,
            )?;
            told.push(format!("{apart} below it:"));
        }
        writeln!(
            boxes,
            r#"<rect x="1" y="{top}" width="378" height="50" rx="4" fill="var(--quote-bg)" stroke="currentColor"/>
<text x="12" y="{}" font-size="15" font-weight="bold">{what}</text>
<text x="368" y="{}" text-anchor="end" font-family="monospace" font-size="15">{rights}</text>
<text x="12" y="{}" font-size="13">{name}</text>
<text x="368" y="{}" text-anchor="end" font-family="monospace" font-size="13">{address:#x}</text>"#,
            top + 20,
            top + 20,
            top + 41,
            top + 41,
        )?;
        told.push(format!("{what} at {address:#x} ({name}, {rights});"));
    }
    let height = 80 * regions.len() + 20;
    Ok(format!(
        r#"<svg viewBox="0 0 380 {height}" role="img" aria-labelledby="address-space-title address-space-desc" style="max-width: 380px; width: 100%; height: auto">
<title id="address-space-title">One address space, as address-space printed it</title>
<desc id="address-space-desc">From high addresses to low: {}</desc>
<g fill="currentColor">
<text x="190" y="15" text-anchor="middle" font-size="13">high addresses</text>
{boxes}<text x="190" y="{}" text-anchor="middle" font-size="13">low addresses</text>
</g>
</svg>
"#,
        told.join(" ").trim_end_matches(';'),
        height - 7,
    ))
}

/// A number of bytes, rounded down to its largest unit.
fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let power = (bytes.max(1).ilog2() / 10).min(4);
    format!("{} {}", bytes >> (10 * power), units[power as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_goes_from_high_to_low_and_says_all_in_words() -> Result<()> {
        let figure = draw("r-xp  the code  book     0x5000\nrw-p  a stack   [stack]  0x107000\n")?;
        assert!(figure.contains(
            ">From high addresses to low: a stack at 0x107000 ([stack], rw-p); \
             1 MiB below it: the code at 0x5000 (book, r-xp)<"
        ));
        let high = figure.find(">a stack<").expect("its box");
        assert!(high < figure.find(">the code<").expect("its box"));
        assert!(
            !figure.contains("\n\n"),
            "an empty line ends HTML in Markdown"
        );
        Ok(())
    }

    #[test]
    fn no_figure_is_drawn_from_something_else() {
        for text in ["", "rw-p  a stack  [stack]  5000\n", "thread panicked\n"] {
            assert!(draw(text).is_err(), "{text:?}");
        }
    }
}
