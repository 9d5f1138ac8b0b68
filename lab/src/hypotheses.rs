//! What the notes say of cost, as hypotheses on ratios of two rows: `hypotheses.toml`.

use std::fmt;

use anyhow::Result;
use indexmap::IndexMap;
use serde::Deserialize;

use crate::list::{List, read};
use crate::record::{Ratio, Record};

/// What one sentence of the notes comes to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Word for word from `notes.md`, with ` … ` for what is left out.
    pub quote: String,
    says: Says,
    /// What a ratio is of, as in `a forked child costs {} threads`, and the rows that it is of.
    ratios: IndexMap<String, (String, String)>,
}

/// What a statement says of its ratios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Says {
    /// "Expensive", "slow", "high": we take it to mean twice as much.
    MuchMore,
    /// "No extra", "lightweight", "reuses": we take it to mean no more, within 5 %.
    NoMore,
}

/// Whether a hypothesis holds on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    Holds,
    Hardly,
    Not,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Holds => "holds here",
            Self::Hardly => "hardly holds here",
            Self::Not => "doesn't hold here",
        })
    }
}

/// More than this is no longer the same.
const SAME: f64 = 1.05;
/// Less than this isn't worth a word such as "expensive".
const SOME: f64 = 1.25;
/// This is.
const MUCH: f64 = 2.0;

/// # Errors
/// A list that can't be read.
pub fn all() -> Result<&'static [Statement]> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        statement: Vec<Statement>,
    }
    static ALL: List<Vec<Statement>> = List::new(|| {
        let text = include_str!("hypotheses.toml");
        read("hypotheses.toml", text, |file: File| Ok(file.statement))
    });
    Ok(ALL.get()?)
}

impl Statement {
    /// Each hypothesis on rows of a group that were measured: its words, the ratio and the finding.
    pub fn judge(
        &self,
        group: &str,
        record: &Record,
    ) -> impl Iterator<Item = (&str, Ratio, Finding)> {
        self.ratios
            .iter()
            .filter_map(move |(sentence, (over, under))| {
                let is_of_group = over.split('/').next() == Some(group);
                let ratio = is_of_group.then(|| record.ratio(over, under))??;
                Some((sentence.as_str(), ratio, self.says.judge(ratio.value)))
            })
    }
}

impl Says {
    fn judge(self, ratio: f64) -> Finding {
        match self {
            Self::MuchMore if ratio >= MUCH => Finding::Holds,
            Self::MuchMore if ratio >= SOME => Finding::Hardly,
            Self::NoMore if ratio <= SAME => Finding::Holds,
            Self::NoMore if ratio <= SOME => Finding::Hardly,
            Self::MuchMore | Self::NoMore => Finding::Not,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::ids;

    #[test]
    fn each_statement_is_quoted_from_the_notes() -> Result<()> {
        // As a reader sees them: without emphasis, and cells of a table by one space.
        let notes: String = include_str!("../../notes.md")
            .replace("**", "")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for statement in all()? {
            for part in statement.quote.split(" … ") {
                assert!(notes.contains(part), "the notes don't say {part:?}");
            }
        }
        Ok(())
    }

    #[test]
    fn each_hypothesis_is_about_rows_that_exist_and_has_a_place_for_the_ratio() -> Result<()> {
        let ids = ids();
        for (sentence, (over, under)) in all()?.iter().flat_map(|statement| &statement.ratios) {
            for id in [over, under] {
                assert!(ids.contains(id), "there is no row {id}");
            }
            assert!(sentence.contains("{}"), "{sentence}");
        }
        Ok(())
    }

    #[test]
    fn a_word_such_as_expensive_means_twice_and_no_extra_means_the_same() {
        for (ratio, much_more, no_more) in [
            (0.9, Finding::Not, Finding::Holds),
            (1.05, Finding::Not, Finding::Holds),
            (1.06, Finding::Not, Finding::Hardly),
            (1.25, Finding::Hardly, Finding::Hardly),
            (1.26, Finding::Hardly, Finding::Not),
            (1.99, Finding::Hardly, Finding::Not),
            (2.0, Finding::Holds, Finding::Not),
        ] {
            assert_eq!(Says::MuchMore.judge(ratio), much_more, "{ratio}");
            assert_eq!(Says::NoMore.judge(ratio), no_more, "{ratio}");
        }
    }
}
