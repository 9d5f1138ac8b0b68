//! How the lab agrees with its peers, as a table that stands in a page.

use super::escape;
use crate::agreement::{Agreement, Comparison, Outcome};
use crate::peers::NOT_COMPARED;
use crate::table::{bound, factor, run_cells};

const COLUMNS: [&str; 8] = [
    "what",
    "the peer",
    "peer: median (runs)",
    "lab: median (runs)",
    "lab ÷ peer",
    "bound",
    "verdict",
    "what differs",
];

/// A row for each comparison, and one for each peer that isn't compared.
pub fn draw(agreement: &Agreement) -> String {
    let columns: String = COLUMNS
        .iter()
        .map(|column| format!("<th scope=\"col\">{column}</th>"))
        .collect();
    let mut rows: String = agreement.comparisons.iter().map(row).collect();
    for (peer, why) in NOT_COMPARED {
        rows += &line(
            &escape(peer),
            &format!("<td colspan=\"7\">not compared: {}</td>", escape(why)),
        );
    }
    let runs = agreement
        .comparisons
        .iter()
        .find_map(|comparison| match &comparison.outcome {
            Outcome::Measured { lab, .. } => {
                Some(format!(" {} runs of each, in turn.", lab.count()))
            }
            Outcome::NotHere(_) | Outcome::Failed(_) => None,
        })
        .unwrap_or_default();
    let (machine, peers) = (
        escape(&agreement.machine.to_string()),
        escape(&agreement.peers.join("; ")),
    );
    format!(
        r#"<div class="table-wrapper" role="region" aria-labelledby="agreement" tabindex="0"><table>
<caption id="agreement"><strong>The lab beside its peers, on one machine in one run.</strong>
{machine}.{runs} {peers}.</caption>
<thead><tr>{columns}</tr></thead>
<tbody>
{rows}</tbody></table></div>
"#
    )
}

fn row(comparison: &Comparison) -> String {
    let commands: Vec<String> = comparison
        .commands
        .iter()
        .map(|command| format!("<code>{}</code>", escape(command)))
        .collect();
    let mut cells = format!(
        "<td>{}: {}</td>",
        commands.join(" ÷ "),
        prose(&comparison.measures)
    );
    let (verdict, differs) = (comparison.verdict(), prose(&comparison.differs));
    match &comparison.outcome {
        Outcome::Measured { peer, lab } => {
            let [peer, peers, lab, labs] = run_cells(comparison, peer, lab);
            let ratio = comparison.ratio().map(factor).unwrap_or_default();
            let bound = comparison.bound.map(bound).unwrap_or_default();
            for (number, of) in [(peer, peers), (lab, labs)] {
                cells += &format!("<td>{number} ({of})</td>");
            }
            cells += &format!(
                "<td>{ratio}</td><td>{bound}</td><td>{verdict}</td>\
                 <td>{differs}</td>"
            );
        }
        Outcome::NotHere(why) | Outcome::Failed(why) => {
            cells += &format!("<td colspan=\"6\">{verdict}: {}</td>", escape(why));
        }
    }
    line(&escape(&comparison.label), &cells)
}

/// A text as HTML has it, with what stands between backticks as code.
fn prose(text: &str) -> String {
    let parts = escape(text);
    let parts = parts.split('`').enumerate();
    parts
        .map(|(index, part)| match index % 2 {
            0 => part.to_owned(),
            _ => format!("<code>{part}</code>"),
        })
        .collect()
}

fn line(head: &str, cells: &str) -> String {
    format!("<tr><th scope=\"row\">{head}</th>{cells}</tr>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::Runs;
    use crate::machine::Machine;
    use crate::record::Place;

    #[test]
    fn each_comparison_and_each_peer_that_is_not_compared_has_a_row() {
        let comparison = |label: &str, outcome| Comparison {
            label: label.to_owned(),
            place: Place::OneCpu,
            commands: vec!["oven < 2".to_owned()],
            measures: "a loaf".to_owned(),
            rows: vec!["baking/loaf".to_owned()],
            bound: Some(0.05),
            differs: "the `flour`".to_owned(),
            outcome,
        };
        let runs = |value| Runs::new(vec![value, 900.0, 100.0]);
        let (peer, lab) = (runs(200.0), runs(202.0));
        let table = draw(&Agreement::new(
            Machine::here(),
            vec!["oven 1.0".to_owned()],
            vec![
                comparison("bread", Outcome::Measured { peer, lab }),
                comparison("cake", Outcome::NotHere("no <oven>".to_owned())),
            ],
        ));
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
