//! From a figure to its place in a drawing.

use crate::record::Unit;

/// An axis of figures.
pub struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
    unit: Unit,
    /// Where its two ends lie.
    from: f64,
    to: f64,
}

impl Axis {
    /// One that holds all of these figures between two places. It is logarithmic where they span
    /// more than a factor of ten or it must be, and else begins at zero.
    pub fn of(figures: &[f64], unit: Unit, must_be_log: bool, from: f64, to: f64) -> Self {
        let high = figures.iter().copied().fold(1.0, f64::max);
        // Zero has no place on a logarithmic axis.
        let low = figures
            .iter()
            .copied()
            .filter(|figure| *figure > 0.0)
            .fold(high, f64::min);
        let is_log = must_be_log || high > 10.0 * low;
        let (low, high) = if is_log {
            let steps = steps(unit);
            let below = steps.iter().rfind(|step| **step <= low);
            let above = steps.iter().find(|step| **step >= high);
            let low = *below.unwrap_or(&low);
            let high = *above.unwrap_or(&high);
            (low, if high > low { high } else { 2.0 * low })
        } else {
            (0.0, high)
        };
        Self {
            low,
            high,
            is_log,
            unit,
            from,
            to,
        }
    }

    pub fn is_log(&self) -> bool {
        self.is_log
    }

    /// Where a figure lies. One that is too small for the axis lies at its lower end.
    pub fn place(&self, figure: f64) -> f64 {
        let figure = figure.max(self.low);
        let share = if self.is_log {
            (figure / self.low).ln() / (self.high / self.low).ln()
        } else {
            (figure - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }

    /// The figures to write at it, few enough for the width of a telephone.
    pub fn ticks(&self) -> Vec<f64> {
        let is_on_axis = |tick: &f64| (self.low..=self.high).contains(tick);
        let steps = steps(self.unit);
        if self.is_log {
            let on_axis: Vec<f64> = steps.into_iter().filter(is_on_axis).collect();
            // Of 1, 2, 5 and so on every one, every third, every sixth.
            let stride = [1, 3, 6, 9]
                .into_iter()
                .find(|stride| on_axis.len().div_ceil(*stride) <= 6)
                .unwrap_or(12);
            let first = on_axis
                .iter()
                .position(|tick| is_round(*tick, self.unit))
                .unwrap_or(0);
            let skipped = if stride == 1 { 0 } else { first % stride };
            return on_axis.into_iter().skip(skipped).step_by(stride).collect();
        }
        let step = steps
            .into_iter()
            .find(|step| self.high / step <= 5.0)
            .unwrap_or(self.high);
        (0..)
            .map(|count| f64::from(count) * step)
            .take_while(is_on_axis)
            .collect()
    }
}

/// Round figures of a unit: 1, 2, 5, 10 and so on in times, powers of two in sizes.
fn steps(unit: Unit) -> Vec<f64> {
    match unit {
        Unit::Nanoseconds => (-1..12)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)))
            .collect(),
        Unit::Bytes => (0..46).map(|power| 2f64.powi(power)).collect(),
    }
}

fn is_round(figure: f64, unit: Unit) -> bool {
    match unit {
        Unit::Nanoseconds => figure.log10().fract().abs() < 1e-9,
        Unit::Bytes => figure.log2() as i32 % 10 == 0,
    }
}
