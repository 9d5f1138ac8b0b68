//! What stands in a page beside the charts: tables of a machine, of what others published, and of how
//! the lab agrees with its peers.

use anyhow::Result;
use maud::{Markup, html};

use crate::agreement::{Agreement, Comparison, Outcome};
use crate::machine::Machine;
use crate::record::Record;
use crate::table::{bound, factor, run_cells};
use crate::{peers, published};

/// Markup as it can stand in Markdown, where an empty line would end it. What is empty in a drawing
/// is written in one tag: it takes half the letters.
pub(crate) fn standing(markup: Markup) -> String {
    let mut text = markup.into_string().replace("></path>", "/>");
    while text.contains("\n\n") {
        text = text.replace("\n\n", "\n");
    }
    text
}

/// All that is known of a machine.
pub fn machine(machine: &Machine) -> String {
    let kind = machine.is_virtual.map(|is_virtual| match is_virtual {
        true => "virtual".to_owned(),
        false => "not virtual".to_owned(),
    });
    let memory = machine
        .memory
        .map(|bytes| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)));
    let mitigations = machine.mitigations.join("; ");
    let rows = [
        ("processor", Some(machine.cpu.clone())),
        ("CPUs that the lab may use", Some(machine.cpus.to_string())),
        (
            "CPUs of the rows",
            machine.chosen.as_ref().map(ToString::to_string),
        ),
        ("machine", kind),
        ("memory", memory),
        ("kernel", Some(machine.kernel.clone())),
        ("compiler", Some(machine.rust.clone())),
        ("C library", machine.libc.clone()),
        (
            "mitigations",
            Some(mitigations).filter(|all| !all.is_empty()),
        ),
        ("governor of the frequency", machine.governor.clone()),
        ("huge pages without a request", machine.huge_pages.clone()),
    ];
    standing(html! {
        div.table-wrapper { table { "\n"
            tbody { "\n"
                @for (name, value) in rows {
                    tr { th scope="row" { (name) } td { (value.as_deref().unwrap_or("the kernel doesn't say")) } } "\n"
                }
            }
        } } "\n"
    })
}

/// The published figures, each beside the lab's.
///
/// # Errors
/// A row that the record lacks, by its id; a list that can't be read.
pub fn published(record: &Record) -> Result<String> {
    let mut rows = Vec::new();
    for source in published::all()? {
        for published in &source.figures {
            rows.push((source, published, published.here.filled(record)?));
        }
    }
    Ok(standing(html! {
        div.table-wrapper { table { "\n"
            caption { "What others published, beside what the lab measured on " (record.machine) } "\n"
            thead { tr { (heads(&["what", "published", "here", "source and machine"])) } } "\n"
            tbody { "\n"
                @for (source, published, here) in &rows {
                    tr {
                        th scope="row" { (published.what) } td { (published.said) } td { (here) }
                        td { (source.name) br; (source.machine) }
                    } "\n"
                }
            }
        } } "\n"
    }))
}

fn heads(columns: &[&str]) -> Markup {
    html! { @for column in columns { th scope="col" { (column) } } }
}

/// A row for each comparison, and one for each peer that isn't compared.
///
/// # Errors
/// A list that can't be read.
pub fn agreement(agreement: &Agreement) -> Result<String> {
    let columns = [
        "what",
        "the peer",
        "peer: median (runs)",
        "lab: median (runs)",
        "lab ÷ peer",
        "bound",
        "verdict",
        "what differs",
    ];
    let not_compared = &peers::all()?.not_compared;
    let runs = agreement.comparisons.iter().find_map(|comparison| {
        let Outcome::Measured { lab, .. } = &comparison.outcome else {
            return None;
        };
        Some(lab.count())
    });
    Ok(standing(html! {
        div.table-wrapper role="region" aria-labelledby="agreement" tabindex="0" { table { "\n"
            caption id="agreement" {
                strong { "The lab beside its peers, on one machine in one run." } "\n"
                (agreement.machine) "."
                @if let Some(runs) = runs { " " (runs) " runs of each, in turn." }
                " " (agreement.peers.join("; ")) "."
            } "\n"
            thead { tr { (heads(&columns)) } } "\n"
            tbody { "\n"
                @for comparison in &agreement.comparisons { (row(comparison)) }
                @for (peer, why) in not_compared {
                    tr { th scope="row" { (peer) } td colspan="7" { "not compared: " (why) } } "\n"
                }
            }
        } } "\n"
    }))
}

fn row(comparison: &Comparison) -> Markup {
    let status = comparison.status();
    html! {
        tr {
            th scope="row" { (comparison.label) }
            td {
                @for (index, command) in comparison.commands.iter().enumerate() {
                    @if index > 0 { " ÷ " }
                    code { (command) }
                }
                ": " (prose(&comparison.measures))
            }
            @match &comparison.outcome {
                Outcome::Measured { peer, lab } => {
                    @let [peer, peers, lab, labs] = run_cells(comparison, peer, lab);
                    td { (peer) " (" (peers) ")" } td { (lab) " (" (labs) ")" }
                    td { (comparison.ratio().map(factor).unwrap_or_default()) }
                    td { (comparison.bound.map(bound).unwrap_or_default()) }
                    td { (status) } td { (prose(&comparison.differs)) }
                }
                Outcome::NotHere(why) | Outcome::Failed(why) => {
                    td colspan="6" { (status) ": " (why) }
                }
            }
        } "\n"
    }
}

/// A text with what stands between backticks as code.
fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::Runs;
    use crate::machine::Machine;
    use crate::record::Affinity;

    #[test]
    fn each_comparison_and_each_peer_that_is_not_compared_has_a_row() {
        let comparison = |label: &str, outcome| Comparison {
            label: label.to_owned(),
            affinity: Affinity::OneCpu,
            commands: vec!["oven < 2".to_owned()],
            measures: "a loaf".to_owned(),
            rows: vec!["baking/loaf".to_owned()],
            bound: Some(0.05),
            differs: "the `flour`".to_owned(),
            outcome,
        };
        let runs = |value| Runs::new(vec![value, 900.0, 100.0]);
        let (peer, lab) = (runs(200.0), runs(202.0));
        let table = agreement(&Agreement::new(
            Machine::here(),
            vec!["oven 1.0".to_owned()],
            vec![
                comparison("bread", Outcome::Measured { peer, lab }),
                comparison("cake", Outcome::NotHere("no <oven>".to_owned())),
            ],
        ))
        .expect("the list");
        for expected in [
            "3 runs of each, in turn. oven 1.0.</caption>",
            "<th scope=\"row\">bread</th><td><code>oven &lt; 2</code>: a loaf</td>\
             <td>200 ns (100 ns to 900 ns)</td><td>202 ns (100 ns to 900 ns)</td><td>1.01</td>\
             <td>5 %</td><td>agrees</td><td>the <code>flour</code></td></tr>",
            "<td colspan=\"6\">not here: no &lt;oven&gt;</td></tr>",
            "<th scope=\"row\">lmbench</th><td colspan=\"7\">not compared: its licence",
        ] {
            assert!(table.contains(expected), "no {expected} in\n{table}");
        }
        assert!(!table.contains("style="), "{table}");
    }
}
