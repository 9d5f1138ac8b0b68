//! How sure a ratio of two medians is.

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
pub fn interval(over: &[Vec<f64>], under: &[Vec<f64>]) -> Option<(f64, f64)> {
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
    fn new(turns: &[Vec<f64>]) -> Self {
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

    /// 20 turns of 12 samples, all between 1 and 1.1 times so much, and each turn with its own luck.
    fn turns(base: f64, luck: impl Fn(usize) -> f64) -> Vec<Vec<f64>> {
        let value = |turn, n| base * (1.0 + f64::from(n) / 120.0) * luck(turn);
        let turn = |turn| (0..12).map(|n| value(turn, n)).collect();
        (0..20).map(turn).collect()
    }

    #[test]
    fn an_interval_holds_the_ratio_and_is_wider_where_turns_differ() {
        let steady = turns(100.0, |_| 1.0);
        let differing = |spread: f64| turns(300.0, move |turn| 1.0 + spread * (turn % 7) as f64);
        let interval = |over: &[Vec<f64>]| interval(over, &steady).expect("both have samples");
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
        assert_eq!(interval(&[], &turns(1.0, |_| 1.0)), None);
    }
}
