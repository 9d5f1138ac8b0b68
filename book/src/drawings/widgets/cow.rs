//! *Touch a page*: what the kernel does at each touch after a fork, as a listing recorded it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use maud::{Markup, PreEscaped, html};

/// Whether I have written to a page since the fork, and whether she has.
type Written = [bool; 2];

/// Whether a touch is hers, and whether it writes.
type Touch = [bool; 2];

/// Page faults that a touch took, and frames behind the page after it.
type Effect = (u32, u32);

type Effects = BTreeMap<(Written, Touch), Effect>;

const STATES: [(Written, &str); 4] = [
    ([false, false], "nobody has written"),
    ([true, false], "I have written"),
    ([false, true], "she has written"),
    ([true, true], "both have written"),
];

const TOUCHES: [(Touch, &str); 4] = [
    ([false, false], "I read"),
    ([true, false], "she reads"),
    ([false, true], "I write"),
    ([true, true], "she writes"),
];

/// How many pages the reader has.
const PAGES: usize = 4;

/// Reads a line `page 0: she write  faults 1  frames 2`.
fn line(text: &str) -> Option<(&str, Touch, Effect)> {
    let (page, touch) = text.strip_prefix("page ")?.split_once(": ")?;
    let [who, what, "faults", faults, "frames", frames] =
        touch.split_whitespace().collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let which = |word: &str, words: [&str; 2]| words.iter().position(|one| *one == word);
    let touch = [
        which(who, ["I", "she"])? == 1,
        which(what, ["read", "write"])? == 1,
    ];
    Some((page, touch, (faults.parse().ok()?, frames.parse().ok()?)))
}

/// What each touch does to a page, by who has written to it.
fn effects(text: &str) -> Result<Effects> {
    let mut effects = BTreeMap::new();
    let mut pages: BTreeMap<&str, Written> = BTreeMap::new();
    for text in text.lines() {
        let (page, touch, effect) =
            line(text).with_context(|| format!("\"{text}\" tells of no touch"))?;
        let written = pages.entry(page).or_default();
        let first = *effects.entry((*written, touch)).or_insert(effect);
        ensure!(
            first == effect,
            "\"{text}\" isn't what the same touch did before"
        );
        *written = after(*written, touch);
    }
    for (written, when) in STATES {
        for (touch, what) in TOUCHES {
            ensure!(
                effects.contains_key(&(written, touch)),
                "it doesn't say what happens if {when}, and {what}"
            );
        }
    }
    Ok(effects)
}

fn after([mine, hers]: Written, [is_hers, writes]: Touch) -> Written {
    [mine || writes && !is_hers, hers || writes && is_hers]
}

pub(super) fn draw(text: &str) -> Result<String> {
    let effects = effects(text)?;
    let rows = STATES.map(|state| row(state, &effects).0).concat();
    let heads = TOUCHES.map(|(_, what)| format!("<th scope=\"col\">{what}</th>"));
    let heads = heads.concat();
    let PreEscaped(mine) = html! {
        @for page in 1..=PAGES {
            button type="button" data-who="I" { "my page " (page) } "\n"
        }
    };
    let PreEscaped(hers) = html! {
        @for page in 1..=PAGES {
            button type="button" class="hers" data-who="she" { "her page " (page) } "\n"
        }
    };
    let frames = "<span class=\"frames\"><span>one for both</span><span>mine</span>\
                  <span class=\"hers\">hers</span></span>\n"
        .repeat(PAGES);
    Ok(format!(
        r#"<figure class="widget cow">
<figcaption>Touch a page: who faults, and who gets a frame?</figcaption>
<div class="play" hidden>
<p>I have {PAGES} pages, and my friend has just been forked. Choose what a touch does; then touch pages, mine and hers.</p>
<fieldset><legend>A touch</legend><label><input type="radio" name="touch" value="read"> reads</label> <label><input type="radio" name="touch" value="write" checked> writes</label></fieldset>
<div class="pages" role="group" aria-label="Pages and their frames">
{mine}{frames}{hers}</div>
<p class="said" role="status"></p>
<dl><div><dt>my faults</dt><dd data-faults="I">0</dd></div><div><dt>her faults</dt><dd data-faults="she">0</dd></div><div><dt>frames</dt><dd data-frames>{PAGES}</dd></div></dl>
<div class="buttons"><button type="button" data-do="again">Fork again</button></div>
</div>
<table>
<caption>One page, as touch-a-page recorded it</caption>
<thead><tr><th scope="col">if …</th>{heads}</tr></thead>
<tbody>
{rows}</tbody>
</table>
</figure>
"#
    ))
}

/// What each touch does in a state, and to which state it leads.
fn row((written, when): (Written, &str), effects: &Effects) -> Markup {
    let next = |touch| {
        let next = after(written, touch);
        STATES.iter().position(|(state, _)| *state == next)
    };
    html! {
        tr {
            th scope="row" { (when) }
            @for (touch, _) in TOUCHES {
                @let (faults, frames) = effects[&(written, touch)];
                td class=[(faults > 0).then_some("faults")] data-next=[next(touch)] {
                    (count(faults, "fault")) ", " (count(frames, "frame"))
                }
            }
        }
        "\n"
    }
}

fn count(number: u32, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = include_str!("../../../../listings/outputs/touch-a-page.txt");

    #[test]
    fn a_first_write_faults_and_leads_to_another_row() -> Result<()> {
        let html = draw(RECORD)?;
        assert!(html.contains(
            "<tr><th scope=\"row\">nobody has written</th>\
             <td data-next=\"0\">0 faults, 1 frame</td>\
             <td data-next=\"0\">0 faults, 1 frame</td>\
             <td class=\"faults\" data-next=\"1\">1 fault, 2 frames</td>\
             <td class=\"faults\" data-next=\"2\">1 fault, 2 frames</td></tr>"
        ));
        Ok(())
    }

    #[test]
    fn a_record_that_lacks_a_touch_or_contradicts_itself_is_refused() {
        for (text, said) in [
            (
                "",
                "it doesn't say what happens if nobody has written, and I read",
            ),
            ("thread panicked\n", "\"thread panicked\" tells of no touch"),
            (
                "page 0: I read  faults 0  frames 1\npage 1: I read  faults 1  frames 1\n",
                "\"page 1: I read  faults 1  frames 1\" isn't what the same touch did before",
            ),
        ] {
            assert_eq!(draw(text).expect_err("no record").to_string(), said);
        }
    }
}
