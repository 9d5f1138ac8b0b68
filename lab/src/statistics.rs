//! What many samples of a row say.

use anyhow::{Context, Result};
use hdrhistogram::Histogram;

use crate::record::Figure;

/// Values are kept in units of 1/1024 of the row's own: picoseconds, roughly, or parts of a byte.
const SCALE: f64 = 1024.0;

/// How exactly a value is kept: to three significant digits, an error below 0.1 %.
const DIGITS: u8 = 3;

/// The samples of one row.
///
/// The quantiles are kept by hdrhistogram. criterion and divan were weighed too: they bring a
/// loop of their own, which neither pins two processes, nor takes rows in turn, nor rejects a
/// sample for what others did, nor counts switches.
pub struct Samples {
    quiet: Kept,
    all: Kept,
    minimum: f64,
    /// Of all values.
    sum: f64,
    operations: u64,
}

struct Kept {
    values: Histogram<u64>,
    /// Sums over the samples.
    switches: f64,
    faults: f64,
}

/// One sample, for one operation.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// In the row's unit.
    pub value: f64,
    /// The share of the CPU's time, or of its core, that others took meanwhile, from 0 to 1.
    pub taken: f64,
    pub switches: f64,
    pub faults: f64,
}

/// Others may take this share during a quiet sample.
const QUIET: f64 = 0.05;

impl Samples {
    /// Of a row whose samples are of so many operations.
    pub fn new(operations: u64) -> Self {
        Self {
            quiet: Kept::new(),
            all: Kept::new(),
            minimum: f64::INFINITY,
            sum: 0.0,
            operations,
        }
    }

    /// # Errors
    /// A value beyond all bounds: 2^63 / 1024 of its unit.
    pub fn add(&mut self, sample: Value) -> Result<()> {
        if sample.taken <= QUIET {
            self.quiet.add(sample)?;
        }
        self.all.add(sample)?;
        // As it is, since it is quoted where nothing else can be.
        self.minimum = self.minimum.min(sample.value);
        self.sum += sample.value;
        Ok(())
    }

    /// How many samples are quiet.
    pub fn quiet(&self) -> u64 {
        self.quiet.values.len()
    }

    /// What all samples say; nothing where there is none. The row is noisy if fewer than `enough`
    /// are quiet.
    pub fn figure(&self, enough: u64) -> Option<Figure> {
        let (quiet, all) = (self.quiet(), self.all.values.len());
        let noisy = quiet < enough;
        let kept = if noisy { &self.all } else { &self.quiet };
        let samples = kept.values.len();
        let value = |quantile| kept.values.value_at_quantile(quantile) as f64 / SCALE;
        (all > 0).then(|| Figure {
            minimum: self.minimum,
            p10: value(0.1),
            median: value(0.5),
            p90: value(0.9),
            mean: self.sum / all as f64,
            samples,
            rejected: all - quiet,
            noisy,
            operations: self.operations,
            switches: kept.switches / samples as f64,
            faults: kept.faults / samples as f64,
            calls: None,
        })
    }
}

impl Kept {
    fn new() -> Self {
        Self {
            values: Histogram::new(DIGITS).expect("from 0 to 5 digits are allowed"),
            switches: 0.0,
            faults: 0.0,
        }
    }

    fn add(&mut self, sample: Value) -> Result<()> {
        self.switches += sample.switches;
        self.faults += sample.faults;
        self.values
            .record((sample.value * SCALE).round() as u64)
            .context("a value that no histogram holds")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(value: f64, taken: f64) -> Value {
        Value {
            value,
            taken,
            switches: 2.0,
            faults: 0.5,
        }
    }

    fn figure(samples: impl IntoIterator<Item = Value>, enough: u64) -> Figure {
        let mut kept = Samples::new(7);
        for sample in samples {
            kept.add(sample).expect("it is small");
        }
        kept.figure(enough).expect("there are samples")
    }

    #[test]
    fn quantiles_are_those_of_the_quiet_samples() {
        // 1 to 100, and a loud 1000 beside each, with the switches to whoever was loud.
        let loud = Value {
            switches: 9.0,
            ..sample(1000.0, 0.051)
        };
        let samples = (1..=100).flat_map(|n| [sample(f64::from(n), 0.05), loud]);
        let found = figure(samples, 100);
        let quantiles = [found.minimum, found.p10, found.median, found.p90];
        for (found, expected) in quantiles.into_iter().zip([1.0, 10.0, 50.0, 90.0]) {
            assert!((found / expected - 1.0).abs() < 1e-3, "{quantiles:?}");
        }
        assert_eq!((found.samples, found.rejected), (100, 100));
        assert_eq!(
            (found.switches, found.faults, found.operations),
            (2.0, 0.5, 7)
        );
        assert!(!found.noisy);
        assert_eq!(found.quoted(), found.median);
        assert_eq!(found.mean, (50.5 + 1000.0) / 2.0);
    }

    #[test]
    fn without_enough_quiet_samples_a_row_is_noisy_and_its_minimum_is_quoted() {
        let samples = (1..=100).map(|n| sample(f64::from(n), if n <= 9 { 0.0 } else { 0.5 }));
        let found = figure(samples, 10);
        assert!(found.noisy);
        assert_eq!((found.samples, found.rejected), (100, 91));
        assert_eq!(found.quoted(), 1.0);
        assert!((found.median / 50.0 - 1.0).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn a_loud_sample_may_still_be_the_shortest() {
        let found = figure([sample(2.0, 0.0), sample(1.5, 0.9), sample(3.0, 0.0)], 2);
        assert_eq!(found.minimum, 1.5);
        assert!(!found.noisy);
    }

    #[test]
    fn small_values_keep_three_digits() {
        let found = figure((0..10).map(|_| sample(0.12345, 0.0)), 1);
        assert!((found.median / 0.12345 - 1.0).abs() < 5e-3, "{found:?}");
        let found = figure((0..10).map(|_| sample(123.45, 0.0)), 1);
        assert!((found.median / 123.45 - 1.0).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn no_samples_are_no_figure() {
        assert_eq!(Samples::new(1).figure(0), None);
    }
}
