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

/// How often the bootstrap draws.
const DRAWS: usize = 1000;

/// With fewer turns, single samples are drawn.
const ENOUGH_TURNS: usize = 5;

/// The 95 % interval of the ratio of two rows' medians, by the bootstrap: the medians are computed
/// anew from samples drawn with replacement, many times, and the interval holds 95 % of the ratios.
///
/// Whole turns are drawn, the same for both rows: samples of one process may agree with each other
/// and not with those of the next, and the two rows' samples of one turn lie close in time. None
/// where a row has no samples.
pub fn interval(over: &Turns, under: &Turns) -> Option<(f64, f64)> {
    let (over, under) = (Drawn::new(over), Drawn::new(under));
    let turns = over.turns.max(under.turns);
    let mut random = Random(1);
    let mut ratios: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let drawn = random.draw(turns);
            let over = over.median(&drawn, &mut random)?;
            Some(over / under.median(&drawn, &mut random)?)
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let at = |share: f64| Some(*ratios.get((share * ratios.len() as f64) as usize)?);
    at(0.025).zip(at(0.975))
}

/// A row's samples, sorted, each with its turn.
struct Drawn {
    samples: Vec<(f64, usize)>,
    turns: usize,
}

impl Drawn {
    fn new(Turns(turns): &Turns) -> Self {
        let with_turn = |(turn, values): (usize, &Vec<f64>)| {
            let values = values.clone();
            values.into_iter().map(move |value| (value, turn))
        };
        let mut samples: Vec<_> = turns.iter().enumerate().flat_map(with_turn).collect();
        samples.sort_by(|one, other| one.0.total_cmp(&other.0));
        Self {
            samples,
            turns: turns.len(),
        }
    }

    /// The median of the samples whose turn was drawn, each counted as often.
    fn median(&self, turns: &[usize], random: &mut Random) -> Option<f64> {
        let by_sample;
        let weights: Vec<usize> = if self.turns >= ENOUGH_TURNS {
            self.samples.iter().map(|&(_, turn)| turns[turn]).collect()
        } else {
            by_sample = random.draw(self.samples.len());
            by_sample
        };
        let all: usize = weights.iter().sum();
        let mut below = 0;
        let half = |weight: &usize| {
            below += weight;
            2 * below >= all
        };
        let middle = weights.iter().position(half)?;
        (all > 0).then(|| self.samples[middle].0)
    }
}

/// Splitmix64: the same numbers in each run, so that a record always says the same.
struct Random(u64);

impl Random {
    /// How often each of so many is drawn, in as many draws.
    fn draw(&mut self, count: usize) -> Vec<usize> {
        let mut drawn = vec![0; count];
        for _ in 0..count {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            drawn[((mixed ^ (mixed >> 31)) % count as u64) as usize] += 1;
        }
        drawn
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

    /// 20 turns of 12 samples, all between 1 and 1.1 times so much, and each turn with its own luck.
    fn turns(base: f64, luck: impl Fn(usize) -> f64) -> Turns {
        Turns::of((0..20).flat_map(|turn| {
            let luck = luck(turn);
            (0..12).map(move |n| (turn, base * (1.0 + f64::from(n) / 120.0) * luck))
        }))
    }

    #[test]
    fn an_interval_holds_the_ratio_and_is_wider_where_turns_differ() {
        let steady = turns(100.0, |_| 1.0);
        let differing = |spread: f64| turns(300.0, move |turn| 1.0 + spread * (turn % 7) as f64);
        let interval = |over: &Turns| interval(over, &steady).expect("both have samples");
        let (low, high) = interval(&differing(0.002));
        assert!(low < 3.03 && 3.03 < high, "{low} {high}");
        let (lower, higher) = interval(&differing(0.1));
        assert!(higher - lower > 5.0 * (high - low), "{lower} {higher}");
    }

    #[test]
    fn what_both_rows_have_in_common_in_a_turn_cancels() {
        let luck = |turn: usize| 1.0 + (turn % 7) as f64 / 10.0;
        let (low, high) = interval(&turns(300.0, luck), &turns(100.0, luck)).expect("both");
        assert!(high - low < 0.02, "{low} {high}");
    }

    #[test]
    fn a_row_without_samples_has_no_interval() {
        assert_eq!(interval(&Turns::default(), &turns(1.0, |_| 1.0)), None);
    }
}
