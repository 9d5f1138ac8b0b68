//! The bar under each listing (Run, Stop, the command, the file), and the fold over each recorded
//! output: predict, then check.
//!
//! All of it is part of the page before any script runs, so that nothing moves when `run.js` and
//! `predict.js` take it over, and a reader without scripts has the command, the file and the fold.

use std::collections::BTreeSet;

use anyhow::Result;
use lol_html::html_content::ContentType::Html as AsMarkup;
use maud::{Markup, PreEscaped, html};
use scraper::{ElementRef, Html};

use super::mdbook::{self, Rewrite};
use super::offers::{Offer, Offers};
use super::playground::needs_only_std;
use crate::programs::{self, Kind, Order, Program};
use crate::project::Project;

/// What the pages can show and run.
#[derive(Default)]
pub struct Programs {
    all: Vec<Program>,
    /// The names of those whose recorded output is of another source.
    stale: BTreeSet<String>,
    pub machine: Offers,
}

impl Programs {
    pub fn of(project: &Project) -> Result<Self> {
        let all = Program::all(project)?;
        Ok(Self {
            stale: programs::stale(project, &all)?.into_keys().collect(),
            all,
            machine: Offers::of(project)?,
        })
    }

    /// The program whose text this block is.
    fn shown(&self, block: ElementRef) -> Option<&Program> {
        let text: String = block.text().collect();
        self.all
            .iter()
            .find(|program| program.shown() == text.trim_end())
    }

    /// What comes to stand around a code block; `waiting` are the listings so far whose output
    /// hasn't come yet, `folded_away` those that a reader has to unfold.
    fn around<'a>(
        &'a self,
        block: ElementRef,
        waiting: &mut Vec<&'a Program>,
        folded_away: &[&Program],
    ) -> Around {
        let text: String = block.text().collect();
        if mdbook::has_language(block, "console") {
            let command = text.lines().next().unwrap_or_default();
            let is_its = |program: &&Program| program.command() == command;
            if let Some(program) = folded_away.iter().copied().find(is_its) {
                return self.at_once(program);
            }
            let place = waiting.iter().position(is_its);
            let is_stale =
                |program: &&Program| is_its(program) && self.stale.contains(&program.name);
            let stale = self.all.iter().find(is_stale);
            return fold(&text, place.map(|place| waiting.remove(place)), stale);
        }
        if !mdbook::has_language(block, "rust") {
            return Around::default();
        }
        if is_folded_away(block) {
            return Around::default();
        }
        let program = self.shown(block);
        waiting.extend(program);
        let bar = match program {
            Some(program) => bar_of_program(program, &self.machine.to(program)),
            None if is_whole(&text) && needs_only_std(&text) => bar_of_snippet(),
            None => return Around::default(),
        };
        Around {
            before: String::new(),
            after: bar.0,
        }
    }

    /// Around an output that is shown at once, for its program is folded away: nobody can predict it.
    /// So its bar stands here too.
    fn at_once(&self, program: &Program) -> Around {
        let note = self.stale.contains(&program.name).then(|| older(program));
        let runs = runs(Some(program), program.command().strip_prefix("$ "));
        let around = html! { (note.unwrap_or_default()) (runs) };
        let Around { before, after } = Around::of(&around);
        let bar = bar_of_program(program, &self.machine.to(program));
        Around {
            before,
            after: after + &bar.0,
        }
    }
}

/// The bars and folds of a page, and what ends it: a button that folds all outputs again, and a word
/// for those who opened it as a file.
///
/// A listing is known by its text. What is no program of the book gets a bar if it is whole and
/// needs nothing but std, for then the Rust playground can run it. What is folded away gets none, be
/// it the solution of an exercise or a listing: that one has its bar under its output.
pub struct Bars(Vec<Around>);

/// What comes to stand before and after a code block.
#[derive(Default)]
struct Around {
    before: String,
    after: String,
}

/// Stands for the code block in what comes around it.
const HOLE: char = '\0';

impl Around {
    fn of(markup: &Markup) -> Self {
        let (before, after) = markup.0.split_once(HOLE).expect("it is in there");
        Self {
            before: before.to_owned(),
            after: after.to_owned(),
        }
    }
}

impl Bars {
    pub fn of(page: &Html, programs: &Programs) -> Self {
        let mut waiting = Vec::new();
        let blocks = mdbook::all(page, mdbook::CODE_BLOCK);
        let folded_away = blocks.iter().filter(|block| is_folded_away(**block));
        let folded_away: Vec<_> = folded_away
            .filter_map(|block| programs.shown(*block))
            .collect();
        let around = |block| programs.around(block, &mut waiting, &folded_away);
        Self(blocks.into_iter().map(around).collect())
    }

    /// The script that they bring into the page.
    pub fn script(&self) -> Option<&'static str> {
        let has_bar = self.0.iter().any(|around| !around.after.is_empty());
        has_bar.then_some(FROM_A_FILE)
    }

    /// Puts them into the page that they were made for.
    pub fn add(self, rewrite: Rewrite) -> Rewrite {
        let script = self.script();
        let has_fold = self
            .0
            .iter()
            .any(|around| around.before.contains("<details"));
        let last = html! {
            @if let Some(script) = script {
                script { (PreEscaped(script)) } "\n"
            }
            @if has_fold {
                p.predict-again {
                    button type="button" disabled { "Fold the outputs of this page again" } " "
                    span role="status" {}
                }
                "\n"
            }
        };
        let blocks = self.0.len();
        let mut around = self.0.into_iter();
        rewrite
            .at_least(blocks, mdbook::CODE_BLOCK, move |block| {
                let Around { before, after } = around.next().unwrap_or_default();
                block.before(&before, AsMarkup);
                block.after(&after, AsMarkup);
                Ok(())
            })
            .must(mdbook::TEXT, move |main| {
                main.append(&last.0, AsMarkup);
                Ok(())
            })
    }
}

/// A browser loads no module for a page that was opened as a file.
const FROM_A_FILE: &str = r#"
if (location.protocol === "file:") for (const status of document.querySelectorAll(".run-status")) status.textContent = "Nothing runs on a page that is opened as a file: open it from a server, such as that of `cargo run`";
"#;

fn is_whole(source: &str) -> bool {
    source.lines().any(|line| line.starts_with("fn main("))
}

fn is_folded_away(block: ElementRef) -> bool {
    block
        .ancestors()
        .filter_map(ElementRef::wrap)
        .any(|element| element.value().name() == "details")
}

/// The fold over a command's output; nothing over a command without one. `program` is the listing
/// above it, `stale` the program whose output it was before the program changed.
fn fold(text: &str, program: Option<&Program>, stale: Option<&Program>) -> Around {
    let Some(command) = text.strip_prefix("$ ").and_then(|rest| rest.lines().next()) else {
        return Around::default();
    };
    if text.lines().all(|line| line.starts_with("$ ")) {
        return Around::default();
    }
    let who = match program {
        Some(program) if program.kind == Kind::Fail => "the compiler said",
        _ => "it printed",
    };
    Around::of(&html! {
        @if let Some(stale) = stale { (older(stale)) }
        details.predict data-command=(command) {
            "\n" summary { "Predict first, then see what " (who) } "\n"
            (runs(program, Some(command)))
        }
    })
}

/// The recorded run, with a place for the reader's own if `program` is a listing.
fn runs(program: Option<&Program>, command: Option<&str>) -> Markup {
    let listing = program.filter(|program| program.kind == Kind::Listing);
    let order = match program.map(Program::order) {
        Some(Order::Free) => ", and in the order of the lines",
        _ => "",
    };
    html! {
        div.runs {
            @if let Some(listing) = listing {
                (live(&listing.name, command))
            }
            figure.run-recorded {
                figcaption { "The recorded run" } "\n" (HOLE) "\n"
            }
            p.runs-differ {
                "Two runs of the same program differ only in what the kernel chooses anew each \
                 time, such as process numbers, addresses and durations" (order) "."
            }
        }
    }
}

/// A note before the fold over an output that is older than its program.
fn older(program: &Program) -> Markup {
    html! {
        p.run-stale {
            strong { "Older than its program:" } " " (program.file.display())
            " changed since this output was recorded. "
            kbd { "cargo run -- record " (program.name) } " records it anew."
        }
        "\n"
    }
}

/// The place for a run's output. It has no `code`, which mdBook's script would take for a listing.
///
/// Its first line is `command`, as in the recorded run, so that their lines stand side by side.
fn live(name: &str, command: Option<&str>) -> Markup {
    html! {
        figure.run-live hidden {
            figcaption { "Your run" }
            pre.run-output tabindex="0" role="group" aria-label={ "Output of your run of " (name) }
                data-command=[command] {}
            p.run-end {}
        }
        "\n"
    }
}

fn bar_of_program(program: &Program, offer: &Offer) -> Markup {
    let name = &program.name;
    let command = program.command();
    let runs = program.kind == Kind::Listing;
    let on_playground = runs && needs_only_std(&program.source);
    html! {
        "\n"
        div.run-bar role="group" aria-label=(name) data-listing=[runs.then_some(name)]
            data-playground[on_playground] {
            @if runs {
                (buttons(name, matches!(offer, Offer::Run(_))))
            }
            span.run-command {
                kbd { (command.strip_prefix("$ ").unwrap_or(&command)) } " "
                button.run-copy type="button" aria-label={ "Copy the command of " (name) } disabled {
                    "Copy"
                }
            }
            "\n" span.run-file { (program.file.display()) } "\n"
            @if runs {
                (notes_of_listing(on_playground, offer))
            } @else {
                p.run-note { "It must not compile: there is nothing to run." }
            }
            p.run-status role="status" {}
        }
    }
}

/// What the buttons do, before one is pressed.
fn notes_of_listing(on_playground: bool, offer: &Offer) -> Markup {
    let alone = "It needs a crate that the Rust playground doesn’t have: run it in a clone of the \
                 repository, by its command.";
    html! {
        @match offer {
            _ if on_playground => p.run-note { (PLAYGROUND) }
            Offer::Run(_) => {}
            Offer::NotHere(_) => p.run-note { (alone) }
            Offer::NotMade => p.run-note {
                (alone) " In the clone, " kbd { "cargo run -- vm" }
                " makes a Linux that runs it in the page."
            }
        }
        @match offer {
            Offer::Run(bytes) => p.run-note.run-note-page {
                b { "Run in the page" }
                " runs it in your browser, in an emulated Linux. The first click fetches "
                (format!("{:.1}", *bytes as f64 / 1e6))
                " MB, later ones nothing. There is one 32-bit processor: addresses are shorter, \
                 threads only take turns, and times mean little."
            }
            Offer::NotHere(reason) => p.run-note.run-note-page {
                "Not in the page’s Linux: " (reason) "."
            }
            Offer::NotMade => {}
        }
    }
}

fn bar_of_snippet() -> Markup {
    let name = "the program above";
    html! {
        "\n"
        div.run-bar role="group" aria-label="The program above" data-playground {
            (buttons(name, false))
            p.run-note { (PLAYGROUND) }
            p.run-status role="status" {}
        }
        "\n"
        div.runs { (live(name, None)) }
    }
}

const PLAYGROUND: &str =
    "Run sends it to the Rust playground, play.rust-lang.org, and nothing is sent before.";

/// Without `disabled`, a reader could press a button that nothing answers.
fn buttons(name: &str, in_the_page: bool) -> Markup {
    html! {
        span.run-buttons {
            button.run-start type="button" aria-label={ "Run " (name) } disabled { "Run" } " "
            @if in_the_page {
                button.run-page type="button" aria-label={ "Run in the page: " (name) } disabled {
                    "Run in the page"
                }
                " "
            }
            button.run-stop type="button" aria-label={ "Stop " (name) } disabled { "Stop" }
        }
        "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "<pre><code class=\"language-rust\">fn main() {\n    println!(&quot;{}&quot;, 1 &lt; 2);\n}</code></pre>";
    const SOURCE: &str = "fn main() {\n    println!(\"{}\", 1 < 2);\n}\n";
    const RECORD: &str =
        "<pre><code class=\"language-console\">$ cargo run --bin a\ntrue\n</code></pre>";
    const WITH_NIX: &str = "use nix::unistd::fork;\nfn main() {}\n";

    fn program(name: &str, source: &str) -> Program {
        Program {
            name: name.to_owned(),
            kind: Kind::Listing,
            source: source.to_owned(),
            file: format!("listings/src/bin/{name}.rs").into(),
        }
    }

    fn page(main: &str) -> String {
        format!(
            "<!DOCTYPE HTML>\n<html class=\"light\"><body><main>\n{main}\n</main></body></html>\n"
        )
    }

    /// The page, of a book that has these programs.
    fn add(html: &str, all: Vec<Program>, stale: &[&str]) -> String {
        let programs = Programs {
            all,
            stale: stale.iter().map(|&name| name.to_owned()).collect(),
            ..Programs::default()
        };
        let bars = Bars::of(&Html::parse_document(html), &programs);
        bars.add(Rewrite::default()).apply(html).unwrap()
    }

    fn count(html: &str, selector: &str) -> usize {
        mdbook::all(&Html::parse_document(html), selector).len()
    }

    #[test]
    fn a_listing_gets_a_bar_and_its_output_a_fold_and_nothing_else_changes() {
        let before = page(&format!(
            "<p>x &amp; y<br></p>\n{LISTING}\n<P>Predict.</P>\n{RECORD}"
        ));
        let after = add(&before, vec![program("a", SOURCE)], &[]);
        let bar = "main > pre:has(.language-rust) + .run-bar[data-listing=a]";
        let fold = "details.predict:not([open])[data-command='cargo run --bin a']";
        for once in [
            bar,
            &format!("{fold} > summary"),
            &format!("{fold} .run-live[hidden] + .run-recorded > pre"),
            "main > .predict-again:last-child",
        ] {
            assert_eq!(count(&after, once), 1, "{once} in {after}");
        }
        assert!(after.contains("<kbd>cargo run --bin a</kbd>"), "{after}");
        assert!(after.contains(">listings/src/bin/a.rs<"), "{after}");

        // What was there is still there, in one piece between any two additions.
        let mut rest = &after[..];
        for kept in [
            &before[..before.find("</code>").unwrap() + "</code></pre>".len()],
            "\n<P>Predict.</P>\n",
            RECORD,
            "</main></body></html>\n",
        ] {
            (_, rest) = rest
                .split_once(kept)
                .unwrap_or_else(|| panic!("{kept} is gone from {after}"));
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn the_output_of_a_listing_that_is_folded_away_is_shown_at_once_with_its_bar() {
        let folded = format!("<details><summary>The program</summary>{LISTING}</details>");
        let after = add(
            &page(&format!("{RECORD}\n{folded}")),
            vec![program("a", SOURCE)],
            &[],
        );
        for (selector, times) in [
            ("main > .runs > .run-recorded > pre", 1),
            ("main > .runs + .run-bar[data-listing=a] + details", 1),
            (".run-bar", 1),
            (".predict, .predict-again", 0),
        ] {
            assert_eq!(count(&after, selector), times, "{selector} in {after}");
        }
    }

    #[test]
    fn the_output_of_a_changed_program_is_marked_and_no_other() {
        let other = RECORD.replace("--bin a", "--bin b");
        let before = page(&format!("{RECORD}\n{other}"));
        let programs = || vec![program("a", SOURCE), program("b", "fn main() {}\n")];
        let fold = "<details class=\"predict\"";
        let marked = format!("{}{fold}", older(&programs()[0]).0);
        let expected = add(&before, programs(), &[]).replacen(fold, &marked, 1);
        assert_eq!(add(&before, programs(), &["a"]), expected);
    }

    #[test]
    fn a_page_without_listings_and_outputs_stays_as_it_is() {
        for main in [
            "<p>x</p><pre>no code</pre><img src=a.png>",
            "<pre><code class=\"language-console\">$ cargo test\n$ cargo run\n</code></pre>",
        ] {
            assert_eq!(add(&page(main), vec![], &[]), page(main));
        }
    }

    #[test]
    fn what_must_not_compile_has_its_command_and_a_fold_and_no_run() {
        let fail = Program {
            kind: Kind::Fail,
            file: "listings/fails/a.rs".into(),
            ..program("a", SOURCE)
        };
        let command = "rustc --edition 2024 listings/fails/a.rs";
        let record = RECORD.replace("cargo run --bin a", command);
        let listing = LISTING.replace("language-rust", "language-rust compile_fail E0277");
        let after = add(&page(&format!("{listing}{record}")), vec![fail], &[]);
        assert_eq!(count(&after, ".run-bar .run-copy"), 1);
        assert_eq!(count(&after, "details.predict pre"), 1);
        assert_eq!(count(&after, ".run-start, .run-live"), 0);
        assert!(after.contains("see what the compiler said"));
    }

    #[test]
    fn a_snippet_runs_on_the_playground_if_it_is_whole_and_needs_only_std() {
        let runs =
            |main: &str| count(&add(&page(main), vec![], &[]), ".run-bar[data-playground]") > 0;
        assert!(runs(LISTING));
        assert!(
            !runs(&format!("<details>{LISTING}</details>")),
            "a solution"
        );
        for (from, to) in [
            ("fn main", "fn part"),
            ("1 &lt; 2", "nix::unistd::getpid()"),
            ("language-rust", "language-c"),
        ] {
            assert!(!runs(&LISTING.replace(from, to)), "{to}");
        }
    }

    /// A listing's bar, and what its notes say.
    fn bar(source: &str, offer: &Offer) -> (String, String) {
        let bar = bar_of_program(&program("a", source), offer).0;
        let html = Html::parse_document(&bar);
        let notes = mdbook::all(&html, ".run-note").into_iter();
        (bar, notes.map(mdbook::text).collect())
    }

    #[test]
    fn a_listing_that_the_machine_runs_has_a_button_for_it_and_a_note_of_what_is_fetched() {
        for source in [SOURCE, WITH_NIX] {
            let (bar, notes) = bar(source, &Offer::Run(11_387_548));
            assert_eq!(count(&bar, ".run-start + .run-page + .run-stop"), 1);
            assert!(notes.contains("The first click fetches 11.4 MB"), "{notes}");
            assert!(notes.contains("one 32-bit processor"), "{notes}");
            assert_eq!(notes.contains(PLAYGROUND), source == SOURCE, "{notes}");
            assert!(!notes.contains("clone of the repository"), "{notes}");
        }
    }

    #[test]
    fn a_listing_that_the_machine_cannot_run_says_why_in_the_place_of_a_button() {
        for source in [SOURCE, WITH_NIX] {
            let (bar, notes) = bar(source, &Offer::NotHere("it needs <two> processors"));
            assert_eq!(count(&bar, ".run-page"), 0);
            let why = "Not in the page’s Linux: it needs <two> processors.";
            assert!(notes.contains(why), "{notes}");
            let clone = notes.contains("clone of the repository");
            assert_eq!(clone, source == WITH_NIX, "{notes}");
            assert!(!notes.contains("cargo run -- vm"), "{notes}");
        }
    }

    #[test]
    fn without_a_machine_a_listing_that_needs_it_says_how_to_make_one() {
        let (html, notes) = bar(WITH_NIX, &Offer::NotMade);
        assert_eq!(count(&html, ".run-page, .run-note-page"), 0);
        assert!(notes.contains("cargo run -- vm makes a Linux"), "{notes}");
        assert_eq!(bar(SOURCE, &Offer::NotMade).1, PLAYGROUND);
    }
}
