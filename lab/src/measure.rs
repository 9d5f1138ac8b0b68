//! Measuring the rows of a catalogue: samples in turn, rejected where others disturbed them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::calls;
use crate::interrupt;
use crate::record::{Figure, Outcome, Row};
use crate::stand::{Manner, Running, Sample, Stand};
use crate::statistics::{Samples, Value};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What a sample should take.
    sample: Duration,
    /// How many quiet samples a row gets,
    samples: u64,
    /// unless they take longer than this in all; but never fewer than `enough`.
    longest: Duration,
    /// With fewer quiet samples a row is noisy.
    enough: u64,
}

impl Plan {
    pub const FULL: Self = Self {
        sample: Duration::from_millis(2),
        samples: 100,
        longest: Duration::from_millis(600),
        enough: 11,
    };
    pub const QUICK: Self = Self {
        sample: Duration::from_millis(1),
        samples: 11,
        longest: Duration::from_millis(60),
        enough: 5,
    };

    /// Roughly what a stand takes, in milliseconds, for the time left.
    fn weight(&self, stand: &Stand) -> u64 {
        let row = self.sample.as_secs_f64() * self.samples as f64 * 1.3;
        (stand.entries.len() as f64 * row * 1000.0) as u64
    }
}

/// Measures the rows of the stands, in their order, by processes of the program `lab`. After Ctrl-C it gives those that it has, with
/// what they have.
pub fn measure(lab: &Path, stands: &[Stand], plan: Plan) -> Vec<Row> {
    let total = stands.iter().map(|stand| plan.weight(stand)).sum();
    let bar = ProgressBar::new(total).with_style(
        ProgressStyle::with_template("{bar:30} {eta} left  {msg}").expect("a constant"),
    );
    let mut rows = Vec::new();
    // Stands that need the machine for themselves come one by one, the others group by group.
    for batch in
        stands.chunk_by(|one, next| !one.is_alone && !next.is_alone && one.group() == next.group())
    {
        if interrupt::asked() {
            break;
        }
        let weight: u64 = batch.iter().map(|stand| plan.weight(stand)).sum();
        rows.extend(measure_in_turn(lab, batch, plan, &bar, weight));
        interrupt::no_child_is_left();
    }
    bar.finish_and_clear();
    rows
}

/// A row while it is being measured.
struct Measured<'a> {
    stand: &'a Stand,
    entry: usize,
    /// Of `Running`, or why there is none.
    state: Result<State>,
}

struct State {
    /// Which of the batch's processes it runs in.
    process: usize,
    manner: Manner,
    operations: u64,
    /// How many quiet samples it gets.
    wanted: u64,
    samples: Samples,
    tries: u64,
}

fn measure_in_turn(
    lab: &Path,
    batch: &[Stand],
    plan: Plan,
    bar: &ProgressBar,
    weight: u64,
) -> Vec<Row> {
    let begin = bar.position();
    let mut processes = Vec::new();
    let mut rows = Vec::new();
    for stand in batch {
        bar.set_message(format!("{}: preparing", stand.entries[0].id));
        let mut running = Running::start(lab, stand);
        for entry in 0..stand.entries.len() {
            rows.push(Measured {
                stand,
                entry,
                state: match &mut running {
                    Ok(running) => State::begin(running, entry, processes.len(), plan),
                    Err(error) => Err(anyhow::anyhow!("{error:#}")),
                },
            });
        }
        processes.push(running.ok());
        if interrupt::asked() {
            break;
        }
    }

    // A round takes a sample of each row: what changes slowly, such as the clock's frequency,
    // meets all of them alike.
    let most = rows
        .iter()
        .filter_map(|row| Some(row.state.as_ref().ok()?.wanted))
        .max();
    for round in 0.. {
        let mut is_open = false;
        for row in &mut rows {
            if interrupt::asked() {
                break;
            }
            let Ok(state) = &mut row.state else { continue };
            if !state.is_open() {
                continue;
            }
            is_open = true;
            bar.set_message(row.stand.entries[row.entry].id.clone());
            let process = processes[state.process].as_mut();
            let process = process.expect("a row that has begun has a process");
            if let Err(error) = state.sample(process, row.entry) {
                row.state = Err(error);
            }
        }
        if !is_open || interrupt::asked() {
            break;
        }
        let done = (round + 1).min(most.unwrap_or(1));
        bar.set_position(begin + weight * done / most.unwrap_or(1).max(1));
    }
    drop(processes);
    let rows = rows
        .into_iter()
        .filter_map(|row| row.finish(lab, plan, bar))
        .collect();
    bar.set_position(begin + weight);
    rows
}

impl State {
    fn begin(running: &mut Running, entry: usize, process: usize, plan: Plan) -> Result<Self> {
        let manner = running.manner(entry)?;
        if let Some(values) = &manner.values {
            let mut samples = Samples::new(1);
            for &value in values {
                samples.add(Value {
                    value,
                    taken: 0.0,
                    switches: 0.0,
                    faults: 0.0,
                })?;
            }
            return Ok(Self {
                process,
                operations: 1,
                wanted: 0,
                samples,
                tries: 0,
                manner,
            });
        }
        // How many operations make a sample: found by doing more and more.
        let mut operations = manner.step;
        let mut probed = Probe::new(running, entry, operations)?;
        while probed.timed * 4 < plan.sample && probed.whole < plan.sample {
            operations = (operations * 4).next_multiple_of(manner.step);
            probed = Probe::new(running, entry, operations)?;
        }
        // Where most of the time goes into what isn't timed, a shorter sample must do.
        let fit = (plan.sample.as_secs_f64() / probed.timed.as_secs_f64())
            .min(4.0 * plan.sample.as_secs_f64() / probed.whole.as_secs_f64());
        let fit = (operations as f64 * fit) as u64;
        let whole = probed.whole.as_secs_f64() / operations as f64;
        let operations = fit.max(1).next_multiple_of(manner.step);
        let affordable = plan.longest.as_secs_f64() / (whole * operations as f64);
        Ok(Self {
            process,
            operations,
            wanted: (affordable as u64).clamp(plan.enough, plan.samples),
            samples: Samples::new(operations),
            tries: 0,
            manner,
        })
    }

    /// Whether it still wants samples. A row that is disturbed again and again gives up.
    fn is_open(&self) -> bool {
        self.samples.quiet() < self.wanted && self.tries < 2 * self.wanted
    }

    fn sample(&mut self, process: &mut Running, entry: usize) -> Result<()> {
        self.tries += 1;
        let Sample {
            operations,
            reading,
        } = process.sample(entry, self.operations)?;
        let each = |count: u64| count as f64 / operations as f64;
        self.samples.add(Value {
            value: reading.elapsed.as_nanos() as f64 / operations as f64,
            taken: reading.taken.as_secs_f64() / reading.elapsed.as_secs_f64().max(1e-9),
            switches: each(reading.switches),
            faults: each(reading.faults),
        })
    }
}

/// What a sample of so many operations takes.
struct Probe {
    /// By its clock.
    timed: Duration,
    /// With all that isn't timed.
    whole: Duration,
}

impl Probe {
    /// The best of a few samples, unless they are long and so can't be far off.
    fn new(running: &mut Running, entry: usize, operations: u64) -> Result<Self> {
        const LONG: Duration = Duration::from_millis(10);
        let mut best = Self {
            timed: Duration::MAX,
            whole: Duration::MAX,
        };
        for _ in 0..3 {
            let start = Instant::now();
            let sample = running.sample(entry, operations)?;
            best.timed = best
                .timed
                .min(sample.reading.elapsed.max(Duration::from_nanos(1)));
            best.whole = best.whole.min(start.elapsed());
            if best.whole > LONG {
                break;
            }
        }
        Ok(best)
    }
}

impl Measured<'_> {
    /// The system calls of an operation, where they are wanted and can be counted.
    fn calls(&self, lab: &Path, step: u64) -> Option<BTreeMap<String, f64>> {
        let is_wanted = self.stand.counts_calls && !interrupt::asked();
        is_wanted.then(|| calls::count(lab, self.stand, self.entry, step).ok())?
    }

    /// The row, if it was measured at all or can't be.
    fn finish(self, lab: &Path, plan: Plan, bar: &ProgressBar) -> Option<Row> {
        let entry = &self.stand.entries[self.entry];
        let outcome = match &self.state {
            Err(_) if interrupt::asked() => return None,
            Err(error) => Outcome::NotHere(format!("{error:#}")),
            Ok(state) => {
                let enough = if state.manner.values.is_some() {
                    0
                } else {
                    plan.enough
                };
                let figure = state.samples.figure(enough)?;
                bar.set_message(format!("{}: its system calls", entry.id));
                Outcome::Measured(Figure {
                    calls: self.calls(lab, state.manner.step),
                    ..figure
                })
            }
        };
        Some(Row {
            id: entry.id.clone(),
            label: entry.label.clone(),
            what: entry.what.clone(),
            place: self.stand.place,
            unit: entry.unit,
            outcome,
        })
    }
}
