//! What the peers print, and the figure in it.

use anyhow::{Context, Result, bail};
use serde::Deserialize;

const NANOSECONDS: f64 = 1e9;

/// What a tool prints.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// `perf bench`: the number before `usecs/op`.
    Perf,
    /// `stress-ng --metrics`: of the stressor `vfork`, the operations in a second of real time,
    /// which are the fifth column behind its name.
    StressNg,
    /// The number behind `Time:`, which is of seconds.
    Hackbench,
    /// The programs of `lab/peers`: the number before `ns for a`.
    Ours,
}

impl Output {
    /// The nanoseconds that a text of this kind names.
    pub fn figure(self, text: &str) -> Result<f64> {
        let column = |behind: &str, index| {
            number(text, behind, |line| {
                line.split(behind).nth(1)?.split_whitespace().nth(index)
            })
        };
        let first = |mark| number(text, mark, |line| line.split_whitespace().next());
        match self {
            Self::Perf => first("usecs/op").map(|micro| micro * 1e3),
            Self::StressNg => column("] vfork ", 4).map(|each_second| NANOSECONDS / each_second),
            Self::Hackbench => column("Time:", 0).map(|seconds| seconds * NANOSECONDS),
            Self::Ours => first("ns for a"),
        }
    }
}

/// The number that `place` finds in the line that has `mark`.
fn number(text: &str, mark: &str, place: impl Fn(&str) -> Option<&str>) -> Result<f64> {
    let mut lines = text.lines().enumerate();
    let Some((index, line)) = lines.find(|(_, line)| line.contains(mark)) else {
        match text.lines().rfind(|line| !line.trim().is_empty()) {
            Some(last) => bail!("no line of its output has \"{mark}\"; the last is \"{last}\""),
            None => bail!("it printed nothing"),
        }
    };
    place(line)
        .and_then(|word| word.parse().ok())
        .filter(|number: &f64| number.is_finite() && *number > 0.0)
        .with_context(|| {
            format!(
                "no figure is where it was expected in line {} of its output, \"{line}\"",
                index + 1
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    // As the tools printed it: perf 6.1, stress-ng 0.15.06, hackbench 2.40.
    const PIPE: &str = include_str!("../../tests/peers/perf-pipe.txt");
    const SYSCALL: &str = include_str!("../../tests/peers/perf-syscall.txt");
    const VFORK: &str = include_str!("../../tests/peers/stress-ng-vfork.txt");
    const HACKBENCH: &str = include_str!("../../tests/peers/hackbench.txt");
    const PTHREAD: &str = include_str!("../../tests/peers/pthread.txt");

    fn is(figure: Result<f64>, expected: f64) {
        let figure = figure.expect("there is a figure");
        assert!((figure - expected).abs() < 1e-6, "{figure}, not {expected}");
    }

    #[test]
    fn the_figure_is_found_in_what_each_tool_prints() {
        is(Output::Perf.figure(PIPE), 13_587.55);
        is(Output::Perf.figure(SYSCALL), 474.86);
        is(Output::StressNg.figure(VFORK), 1e9 / 2742.63);
        is(Output::Hackbench.figure(HACKBENCH), 49e6);
        is(Output::Ours.figure(PTHREAD), 115_393.3);
    }

    #[test]
    fn output_that_cannot_be_understood_is_quoted() {
        let said = |figure: Result<f64>| figure.expect_err("it is refused").to_string();
        assert_eq!(
            said(Output::Perf.figure(&PIPE.replace("13.587550 usecs/op", "? usecs/op"))),
            "no figure is where it was expected in line 6 of its output, \"      ? usecs/op\""
        );
        assert_eq!(
            said(Output::Perf.figure("# Running\nsched/pipe: gone\n\n")),
            "no line of its output has \"usecs/op\"; the last is \"sched/pipe: gone\""
        );
        assert_eq!(
            said(Output::Hackbench.figure("Time: 0.000\n")),
            "no figure is where it was expected in line 1 of its output, \"Time: 0.000\""
        );
        assert_eq!(
            said(Output::StressNg.figure("stress-ng: metrc: [7] vfork 20 1.00\n")),
            "no figure is where it was expected in line 1 of its output, \
             \"stress-ng: metrc: [7] vfork 20 1.00\""
        );
        assert_eq!(said(Output::Ours.figure("\n")), "it printed nothing");
    }
}
