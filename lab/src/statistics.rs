//! What many samples of a row say.

use crate::record::{Figure, Turns};

/// The samples of one row.
///
/// criterion and divan were weighed: they bring a loop of their own, which neither pins two
/// processes, nor takes rows in turn, nor rejects a sample for what others did, nor counts switches.
#[derive(Default)]
pub struct Samples(Vec<Value>);

/// One sample, for one operation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Value {
    /// In the row's unit.
    pub value: f64,
    /// The share of the CPU's time, or of its core, that others took meanwhile, from 0 to 1.
    pub taken: f64,
    pub switches: f64,
    pub faults: f64,
    /// In which turn, from 0 on: its samples are of one process.
    pub turn: usize,
}

/// Others may take this share during a quiet sample.
const QUIET: f64 = 0.05;

impl Value {
    pub fn is_quiet(&self) -> bool {
        self.taken <= QUIET
    }
}

impl FromIterator<Value> for Samples {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let mut values: Vec<Value> = values.into_iter().collect();
        values.sort_by(|one, other| one.value.total_cmp(&other.value));
        Self(values)
    }
}

impl Samples {
    /// What all samples, of so many operations each, say; nothing where there is none. The row is
    /// noisy if fewer than `enough` are quiet.
    pub fn figure(&self, enough: u64, operations: u64) -> Option<Figure> {
        let Self(all) = self;
        let quiet: Vec<Value> = all.iter().filter(|one| one.is_quiet()).copied().collect();
        let noisy = (quiet.len() as u64) < enough;
        let kept = if noisy { all } else { &quiet };
        // The smallest value that so large a share of all doesn't exceed.
        let quantile = |share: f64| {
            let rank = (share * kept.len() as f64).ceil() as usize;
            kept[rank.max(1) - 1].value
        };
        let mean = |samples: &[Value], of: fn(&Value) -> f64| {
            samples.iter().map(of).sum::<f64>() / samples.len() as f64
        };
        (!all.is_empty()).then(|| Figure {
            minimum: all[0].value,
            p10: quantile(0.1),
            median: quantile(0.5),
            p90: quantile(0.9),
            mean: mean(all, |sample| sample.value),
            samples: kept.len() as u64,
            rejected: (all.len() - quiet.len()) as u64,
            noisy,
            operations,
            switches: mean(kept, |sample| sample.switches),
            faults: mean(kept, |sample| sample.faults),
            calls: None,
            turns: if noisy {
                Turns::default()
            } else {
                Turns::of(kept.iter().map(|sample| (sample.turn, sample.value)))
            },
        })
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
            turn: 0,
        }
    }

    fn figure(samples: impl IntoIterator<Item = Value>, enough: u64) -> Figure {
        let samples: Samples = samples.into_iter().collect();
        samples.figure(enough, 7).expect("there are samples")
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
        assert_eq!(quantiles, [1.0, 10.0, 50.0, 90.0]);
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
        assert_eq!((found.quoted(), found.median), (1.0, 50.0));
        assert_eq!(found.turns, Turns::default());
    }

    #[test]
    fn a_loud_sample_may_still_be_the_shortest() {
        let found = figure([sample(2.0, 0.0), sample(1.5, 0.9), sample(3.0, 0.0)], 2);
        assert_eq!(found.minimum, 1.5);
        assert!(!found.noisy);
    }

    #[test]
    fn no_samples_are_no_figure() {
        assert_eq!(Samples::default().figure(0, 1), None);
    }
}
