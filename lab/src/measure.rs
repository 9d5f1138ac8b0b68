//! Measuring the rows of a catalogue: samples in turn, rejected where others disturbed them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
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
    /// In how many processes, one after the other, a row's samples are taken.
    processes: u64,
}

impl Plan {
    pub const FULL: Self = Self {
        sample: Duration::from_millis(2),
        samples: 100,
        longest: Duration::from_millis(600),
        enough: 11,
        processes: 5,
    };
    /// As long as a peer runs, and as little interrupted.
    pub const LONG: Self = Self {
        sample: Duration::from_millis(200),
        samples: 5,
        longest: Duration::from_secs(1),
        enough: 5,
        processes: 1,
    };
    pub const QUICK: Self = Self {
        sample: Duration::from_millis(1),
        samples: 11,
        longest: Duration::from_millis(40),
        enough: 5,
        processes: 1,
    };

    /// Roughly what a stand takes, in milliseconds, for the time left.
    pub fn weight(&self, stand: &Stand) -> u64 {
        let row = self.sample.as_secs_f64() * self.samples as f64 * 1.3;
        (stand.entries.len() as f64 * row * 1000.0) as u64
    }
}

/// Measures the rows of the stands, in their order, by processes of the program `lab`. After
/// Ctrl-C it gives those that it has, with what they have.
pub fn measure(lab: &Path, stands: &[Stand], plan: Plan) -> Vec<Row> {
    let bar = progress(stands.iter().map(|stand| plan.weight(stand)).sum());
    let rows = measure_beneath(lab, stands, plan, &bar);
    bar.finish_and_clear();
    rows
}

/// A bar for work that takes about so many milliseconds.
pub fn progress(total: u64) -> ProgressBar {
    ProgressBar::new(total)
        .with_style(ProgressStyle::with_template("{bar:30} {eta} left  {msg}").expect("a constant"))
}

/// The same as [`measure`], where it is part of longer work. It moves the work's bar by the
/// stands' weight.
pub fn measure_beneath(lab: &Path, stands: &[Stand], plan: Plan, bar: &ProgressBar) -> Vec<Row> {
    let mut rows = Vec::new();
    // Stands that need the machine for themselves come one by one, the others group by group.
    for batch in
        stands.chunk_by(|one, next| !one.is_alone && !next.is_alone && one.group() == next.group())
    {
        if interrupt::asked() {
            break;
        }
        let weight: u64 = batch.iter().map(|stand| plan.weight(stand)).sum();
        rows.extend(measure_in_turn(lab, batch, plan, bar, weight));
        interrupt::no_child_is_left();
    }
    rows
}

/// A row while it is being measured.
struct Measured<'a> {
    stand: &'a Stand,
    /// Which of the batch's stands that is.
    process: usize,
    entry: usize,
    /// Or why it can't be measured.
    state: Result<State>,
}

struct State {
    manner: Manner,
    operations: u64,
    /// How many quiet samples it gets.
    wanted: u64,
    samples: Samples,
    tries: u64,
}

/// Measures the rows of a batch in several processes, one after the other. Which frames a process
/// gets is chance, and with them how well its memory fits into the caches: a single process would
/// give figures that agree with each other, and not with those of the next one.
fn measure_in_turn(
    lab: &Path,
    batch: &[Stand],
    plan: Plan,
    bar: &ProgressBar,
    weight: u64,
) -> Vec<Row> {
    let begin = bar.position();
    // Large memory takes long to touch.
    let turns = if batch.iter().any(|stand| stand.is_slow) {
        1
    } else {
        plan.processes
    };
    let mut rows = Vec::new();
    for turn in 1..=turns {
        let mut processes = Vec::new();
        for stand in batch {
            if interrupt::asked() {
                break;
            }
            bar.set_message(format!("{}: preparing", stand.entries[0].id));
            processes.push(Running::start(lab, stand));
        }
        if turn == 1 {
            rows = begin_all(batch, &mut processes, plan);
        } else {
            // A process that has just begun is slow: what it does first isn't kept.
            rows.iter_mut()
                .for_each(|row| row.sample(&mut processes, false));
        }
        // A round takes a sample of each row: what changes slowly, such as the clock's frequency,
        // meets all of them alike.
        while rows.iter().any(|row| row.is_open(turn, turns)) && !interrupt::asked() {
            for row in rows.iter_mut().filter(|row| row.is_open(turn, turns)) {
                bar.set_message(row.stand.entries[row.entry].id.clone());
                row.sample(&mut processes, true);
            }
            bar.set_position(begin + (weight as f64 * share_done(&rows)) as u64);
        }
        if interrupt::asked() || !rows.iter().any(|row| row.is_open(turns, turns)) {
            break;
        }
    }
    let rows = rows
        .into_iter()
        .filter_map(|row| row.finish(lab, plan, bar))
        .collect();
    bar.set_position(begin + weight);
    rows
}

/// Asks the first processes how their rows want to be measured.
fn begin_all<'a>(
    batch: &'a [Stand],
    processes: &mut [Result<Running>],
    plan: Plan,
) -> Vec<Measured<'a>> {
    let mut rows = Vec::new();
    for (process, (stand, running)) in batch.iter().zip(processes).enumerate() {
        for entry in 0..stand.entries.len() {
            rows.push(Measured {
                stand,
                process,
                entry,
                state: match running {
                    Ok(running) => State::begin(running, entry, plan),
                    Err(error) => Err(anyhow!("{error:#}")),
                },
            });
        }
    }
    rows
}

/// From 0 to 1.
fn share_done(rows: &[Measured]) -> f64 {
    let states = || rows.iter().filter_map(|row| row.state.as_ref().ok());
    let wanted: u64 = states().map(|state| state.wanted).sum();
    let quiet: u64 = states()
        .map(|state| state.samples.quiet().min(state.wanted))
        .sum();
    quiet as f64 / wanted.max(1) as f64
}

impl State {
    fn begin(running: &mut Running, entry: usize, plan: Plan) -> Result<Self> {
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
            operations,
            wanted: (affordable as u64).clamp(plan.enough, plan.samples),
            samples: Samples::new(operations),
            tries: 0,
            manner,
        })
    }

    fn sample(&mut self, running: &mut Running, entry: usize, is_kept: bool) -> Result<()> {
        let Sample {
            operations,
            reading,
        } = running.sample(entry, self.operations)?;
        if !is_kept {
            return Ok(());
        }
        self.tries += 1;
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
    /// Whether it still wants samples in this one of so many processes. A row that is disturbed
    /// again and again gives up.
    fn is_open(&self, turn: u64, turns: u64) -> bool {
        self.state.as_ref().is_ok_and(|state| {
            let wanted = (state.wanted * turn).div_ceil(turns);
            state.samples.quiet() < wanted && state.tries < 2 * wanted
        })
    }

    fn sample(&mut self, processes: &mut [Result<Running>], is_kept: bool) {
        let Ok(state) = &mut self.state else { return };
        let sampled = match processes.get_mut(self.process) {
            Some(Ok(running)) => state.sample(running, self.entry, is_kept),
            Some(Err(error)) => Err(anyhow!("{error:#}")),
            None => return,
        };
        if let Err(error) = sampled
            // What it has is kept.
            && !interrupt::asked()
        {
            self.state = Err(error);
        }
    }

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
