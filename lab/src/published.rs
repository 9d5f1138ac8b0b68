//! What others measured, beside what the lab did, with their source and their machine:
//! `published.toml`.

use anyhow::Result;
use serde::Deserialize;

use crate::figures::Sentence;
use crate::list::{List, read};

/// Where figures were published.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub name: String,
    pub machine: String,
    #[serde(rename = "figure")]
    pub figures: Vec<Published>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Published {
    pub what: String,
    /// As it was published, or the ratio of two published figures.
    pub said: String,
    /// The nearest that the lab has.
    pub here: Sentence,
}

pub(crate) fn all() -> Result<&'static [Source]> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        source: Vec<Source>,
    }
    static ALL: List<Vec<Source>> = List::new(|| {
        let text = include_str!("published.toml");
        read("published.toml", text, |file: File| Ok(file.source))
    });
    Ok(ALL.get()?)
}
