//! The bar under each listing (Run, Stop, the command, the file), and the fold over each recorded
//! output: predict, then check.
//!
//! All of it is part of the page before any script runs, so that nothing moves when `run.js` and
//! `predict.js` take it over, and a reader without scripts has the command, the file and the fold.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use lol_html::html_content::ContentType::Html as AsMarkup;
use maud::{Markup, PreEscaped, html};
use regex::Regex;
use scraper::{ElementRef, Html};

use super::mdbook::{self, Rewrite};
use super::offers::{Offer, Offers};
use crate::programs::{Kind, Order, Program};

/// The bars and folds of a page, and what ends it: a button that folds all outputs again, and a word
/// for those who opened it as a file.
///
/// A listing is known by its text. What is no program of the book gets a bar if it is whole and
/// needs nothing but std, for then the Rust playground can run it; unless it is folded away, as
/// the solution of an exercise is.
pub struct Bars(Vec<Around>);

/// What comes to stand before and after a code block.
#[derive(Default)]
struct Around {
    before: String,
    after: String,
}

impl Bars {
    /// `stale` names the programs whose recorded output is of another source.
    pub fn of(
        page: &Html,
        programs: &[Program],
        stale: &BTreeSet<String>,
        machine: &Offers,
    ) -> Self {
        // The listings so far whose output hasn't come yet.
        let mut waiting: Vec<&Program> = Vec::new();
        let blocks = mdbook::all(page, mdbook::CODE_BLOCK).into_iter();
        Self(
            blocks
                .map(|block| around(block, programs, stale, machine, &mut waiting))
                .collect(),
        )
    }

    /// The script that they bring into the page.
    pub fn script(&self) -> Option<&'static str> {
        let has_bar = self.0.iter().any(|around| !around.after.is_empty());
        has_bar.then_some(FROM_A_FILE)
    }

    /// Puts them into the page that they were made for.
    pub fn add(self, rewrite: Rewrite) -> Rewrite {
        let script = self.script();
        let has_fold = self.0.iter().any(|around| !around.before.is_empty());
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

fn around<'a>(
    block: ElementRef,
    programs: &'a [Program],
    stale: &BTreeSet<String>,
    machine: &Offers,
    waiting: &mut Vec<&'a Program>,
) -> Around {
    let text: String = block.text().collect();
    if mdbook::has_language(block, "console") {
        let command = text.lines().next().unwrap_or_default();
        let program = waiting
            .iter()
            .position(|program| program.command() == command)
            .map(|index| waiting.remove(index));
        let mut around = fold(&text, program);
        let is_stale = |it: &&Program| it.command() == command && stale.contains(&it.name);
        if !around.before.is_empty()
            && let Some(program) = programs.iter().find(is_stale)
        {
            around.before.insert_str(0, &older(program).0);
        }
        return around;
    }
    if !mdbook::has_language(block, "rust") {
        return Around::default();
    }
    let program = programs
        .iter()
        .find(|program| program.shown() == text.trim_end());
    waiting.extend(program);
    let after = match program {
        Some(program) => bar_of_program(program, &machine.to(program)).0,
        None if is_whole(&text) && needs_only_std(&text) && !is_folded_away(block) => {
            bar_of_snippet().0
        }
        None => String::new(),
    };
    Around {
        before: String::new(),
        after,
    }
}

fn is_whole(source: &str) -> bool {
    source.lines().any(|line| line.starts_with("fn main("))
}

fn is_folded_away(block: ElementRef) -> bool {
    block
        .ancestors()
        .filter_map(ElementRef::wrap)
        .any(|element| element.value().name() == "details")
}

/// Whether a program needs no crate but those that come with Rust.
///
/// Each path must begin with one of them, with what the program imports from them, with a module of
/// its own, or with a type. Where in doubt (a path in a comment, say) the answer is no.
fn needs_only_std(source: &str) -> bool {
    static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\s*(?:pub\s+)?(?:use|extern crate)\s+([^;]+);").expect("a constant")
    });
    static MODULE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bmod\s+(\w+)").expect("a constant"));
    static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+").expect("a constant"));
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|[^\w:])(?:::)?(\w+)::\w").expect("a constant"));
    const OURS: [&str; 6] = ["std", "core", "alloc", "crate", "self", "super"];
    const TYPES: [&str; 17] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8",
        "u16", "u32", "u64", "u128", "usize",
    ];

    let mut known: BTreeSet<&str> = OURS.into_iter().chain(TYPES).collect();
    let is_known = |known: &BTreeSet<&str>, root: &str| {
        known.contains(root) || root.starts_with(char::is_uppercase)
    };
    known.extend(
        MODULE
            .captures_iter(source)
            .map(|found| found.extract::<1>().1[0]),
    );
    for import in IMPORT.captures_iter(source) {
        let (_, [path]) = import.extract();
        let mut words = WORD.find_iter(path).map(|word| word.as_str());
        if !words.next().is_some_and(|root| is_known(&known, root)) {
            return false;
        }
        known.extend(words);
    }
    PATH.captures_iter(source)
        .all(|path| is_known(&known, &path[1]))
}

/// The fold over a command's output; nothing over a command without one.
fn fold(text: &str, program: Option<&Program>) -> Around {
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
    let listing = program.filter(|program| program.kind == Kind::Listing);
    let order = match program.map(Program::order) {
        Some(Order::Free) => ", and in the order of the lines",
        _ => "",
    };
    // Stands for the code block.
    const HOLE: char = '\0';
    let fold = html! {
        details.predict data-command=(command) {
            "\n" summary { "Predict first, then see what " (who) } "\n"
            div.runs {
                @if let Some(listing) = listing {
                    (live(&listing.name, Some(command)))
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
    };
    let (before, after) = fold.0.split_once(HOLE).expect("it is in there");
    Around {
        before: before.to_owned(),
        after: after.to_owned(),
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
                (megabytes(*bytes))
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

/// In tenths of 10⁶ bytes.
fn megabytes(bytes: u64) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
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

    fn add(html: &str, programs: &[Program], machine: &Offers) -> anyhow::Result<String> {
        let page = Html::parse_document(html);
        Bars::of(&page, programs, &BTreeSet::new(), machine)
            .add(Rewrite::default())
            .apply(html)
    }

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

    const LISTING: &str = "<pre><code class=\"language-rust\">fn main() {\n    println!(&quot;{}&quot;, 1 &lt; 2);\n}</code></pre>";
    const SOURCE: &str = "fn main() {\n    println!(\"{}\", 1 < 2);\n}\n";
    const RECORD: &str =
        "<pre><code class=\"language-console\">$ cargo run --bin a\ntrue\n</code></pre>";

    fn select<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
        mdbook::all(html, selector)
    }

    #[test]
    fn a_listing_gets_a_bar_and_its_output_a_fold_and_nothing_else_changes() {
        let before = page(&format!(
            "<p>x &amp; y<br></p>\n{LISTING}\n<P>Predict.</P>\n{RECORD}"
        ));
        let after = add(&before, &[program("a", SOURCE)], &Offers::default()).unwrap();

        let html = Html::parse_document(&after);
        let [bar] = select(&html, "main > pre:has(.language-rust) + .run-bar")[..] else {
            panic!("no bar under the listing: {after}");
        };
        assert_eq!(bar.attr("data-listing"), Some("a"));
        let text: String = bar.text().collect();
        assert!(text.contains("cargo run --bin a"), "{text}");
        assert!(text.contains("listings/src/bin/a.rs"), "{text}");
        let fold = "details.predict:not([open])[data-command='cargo run --bin a']";
        assert_eq!(select(&html, &format!("{fold} > summary")).len(), 1);
        assert_eq!(
            select(
                &html,
                &format!("{fold} .run-live[hidden] + .run-recorded > pre")
            )
            .len(),
            1
        );
        assert_eq!(select(&html, "main > .predict-again:last-child").len(), 1);

        // What was there is still there, in one piece between any two additions.
        let mut rest = &after[..];
        for kept in [
            &before[..before.find("</code>").unwrap() + "</code></pre>".len()],
            "\n<P>Predict.</P>\n",
            RECORD,
            "</main></body></html>\n",
        ] {
            let at = rest
                .find(kept)
                .unwrap_or_else(|| panic!("{kept} is gone from {after}"));
            rest = &rest[at + kept.len()..];
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn the_output_of_a_changed_program_is_marked_and_no_other() {
        let other = RECORD.replace("--bin a", "--bin b");
        let before = page(&format!("{RECORD}\n{other}"));
        let programs = [program("a", SOURCE), program("b", "fn main() {}\n")];
        let marked = |stale: &[&str]| {
            let stale = stale.iter().map(|&name| name.to_owned()).collect();
            let html = Html::parse_document(&before);
            Bars::of(&html, &programs, &stale, &Offers::default())
                .add(Rewrite::default())
                .apply(&before)
                .unwrap()
        };
        let fold = "<details class=\"predict\"";
        let expected = marked(&[]).replacen(fold, &format!("{}{fold}", older(&programs[0]).0), 1);
        assert_eq!(marked(&["a"]), expected);
    }

    #[test]
    fn a_page_without_code_stays_as_it_is() {
        let page = page("<p>x</p><pre>no code</pre><img src=a.png>");
        assert_eq!(add(&page, &[], &Offers::default()).unwrap(), page);
    }

    #[test]
    fn a_command_without_output_and_a_command_in_prose_are_not_folded() {
        let page =
            page("<pre><code class=\"language-console\">$ cargo test\n$ cargo run\n</code></pre>");
        assert_eq!(add(&page, &[], &Offers::default()).unwrap(), page);
    }

    #[test]
    fn what_must_not_compile_has_its_command_and_a_fold_and_no_run() {
        let mut fail = program("a", SOURCE);
        fail.kind = Kind::Fail;
        fail.file = "listings/fails/a.rs".into();
        let record = RECORD.replace(
            "cargo run --bin a",
            "rustc --edition 2024 listings/fails/a.rs",
        );
        let listing = LISTING.replace("language-rust", "language-rust compile_fail E0277");
        let after = add(
            &page(&format!("{listing}{record}")),
            &[fail],
            &Offers::default(),
        )
        .unwrap();
        let html = Html::parse_document(&after);
        assert_eq!(select(&html, ".run-bar .run-copy").len(), 1);
        assert_eq!(select(&html, "details.predict pre").len(), 1);
        assert_eq!(select(&html, ".run-start, .run-live").len(), 0);
        assert!(after.contains("see what the compiler said"));
    }

    #[test]
    fn a_snippet_runs_on_the_playground_if_it_is_whole_and_needs_only_std() {
        let runs = |main: &str| {
            let after = add(&page(main), &[], &Offers::default()).unwrap();
            !select(&Html::parse_document(&after), ".run-bar[data-playground]").is_empty()
        };
        assert!(runs(LISTING));
        assert!(
            !runs(&format!("<details>{LISTING}</details>")),
            "a solution"
        );
        assert!(!runs(&LISTING.replace("fn main", "fn part")), "not whole");
        assert!(
            !runs(&LISTING.replace("1 &lt; 2", "nix::unistd::getpid()")),
            "needs nix"
        );
        assert!(
            !runs(&LISTING.replace("language-rust", "language-c")),
            "not Rust"
        );
    }

    #[test]
    fn a_listing_that_needs_another_crate_is_not_for_the_playground() {
        for source in [
            "use std::thread;\nuse nix::unistd::{self, fork};\n",
            "use nix;",
            "extern crate libc;",
            "fn main() -> nix::Result<()> {}",
            "fn main() { ::nix::unistd::getpid(); }",
            "fn main() { let n = std::cmp::max(1, libc::getpid()); }",
        ] {
            assert!(!needs_only_std(source), "{source}");
        }
        for source in [
            "use std::sync::{Arc, Mutex, mpsc};\nfn main() { mpsc::channel::<u8>(); Arc::new(1); }",
            "use std::{fs, thread};\nfn main() { thread::scope(|s| fs::read(\"a\")); }",
            "mod oven { pub fn heat() {} }\nuse oven::heat;\nfn main() { oven::heat(); }",
            "enum Oven { On }\nuse Oven::*;\nfn main() { std::process::exit(0); }",
            "use std::thread as cook;\nfn main() { cook::yield_now(); }",
            "fn main() { usize::from_str_radix(\"f\", 16); \"1\".parse::<u8>(); }",
            "// What I use: oil.\nfn main() {}",
        ] {
            assert!(needs_only_std(source), "{source}");
        }
    }

    fn bar_of(source: &str, offer: &Offer) -> Html {
        Html::parse_document(&bar_of_program(&program("a", source), offer).0)
    }

    fn notes(bar: &Html) -> String {
        select(bar, ".run-note")
            .iter()
            .flat_map(ElementRef::text)
            .collect()
    }

    const WITH_NIX: &str = "use nix::unistd::fork;\nfn main() {}\n";

    #[test]
    fn a_listing_that_the_machine_runs_has_a_button_for_it_and_a_note_of_what_is_fetched() {
        for source in [SOURCE, WITH_NIX] {
            let bar = bar_of(source, &Offer::Run(11_387_548));
            assert_eq!(select(&bar, ".run-start + .run-page + .run-stop").len(), 1);
            let note = notes(&bar);
            assert!(note.contains("The first click fetches 11.4 MB"), "{note}");
            assert!(note.contains("one 32-bit processor"), "{note}");
            assert_eq!(
                note.contains("nothing is sent before"),
                source == SOURCE,
                "{note}"
            );
            assert!(!note.contains("clone of the repository"), "{note}");
        }
    }

    #[test]
    fn a_listing_that_the_machine_cannot_run_says_why_in_the_place_of_a_button() {
        for source in [SOURCE, WITH_NIX] {
            let bar = bar_of(source, &Offer::NotHere("it needs <two> processors"));
            assert_eq!(select(&bar, ".run-page").len(), 0);
            let note = notes(&bar);
            assert!(
                note.contains("Not in the page’s Linux: it needs <two> processors."),
                "{note}"
            );
            assert_eq!(
                note.contains("clone of the repository"),
                source == WITH_NIX,
                "{note}"
            );
            assert!(!note.contains("cargo run -- vm"), "{note}");
        }
    }

    #[test]
    fn without_a_machine_a_listing_that_needs_it_says_how_to_make_one() {
        let bar = bar_of(WITH_NIX, &Offer::NotMade);
        assert_eq!(select(&bar, ".run-page, .run-note-page").len(), 0);
        let note = notes(&bar);
        assert!(note.contains("cargo run -- vm makes a Linux"), "{note}");
        assert_eq!(notes(&bar_of(SOURCE, &Offer::NotMade)), PLAYGROUND);
    }

    #[test]
    fn a_size_is_rounded_to_tenths() {
        assert_eq!(megabytes(11_349_999), "11.3");
        assert_eq!(megabytes(11_350_000), "11.4");
        assert_eq!(megabytes(9_950_000), "10.0");
    }
}
