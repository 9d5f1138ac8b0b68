//! Measuring the rows of a catalogue: in turns, with the samples rejected that others disturbed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};

use crate::calls;
use crate::interrupt;
use crate::neighbour::{Core, Pace};
use crate::record::{Affinity, Figure, Outcome, Row};
use crate::stand::{AT_ONCE, Entry, Manner, Running, Sample, Stand};
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
    /// In how many turns, and so processes, a row's samples are taken.
    turns: u64,
}

impl Plan {
    pub const FULL: Self = Self {
        sample: Duration::from_micros(500),
        samples: 240,
        longest: Duration::from_millis(300),
        enough: 11,
        turns: 20,
    };
    /// As long as a peer runs, and as little interrupted.
    pub const LONG: Self = Self {
        sample: Duration::from_millis(200),
        samples: 5,
        longest: Duration::from_secs(1),
        enough: 5,
        turns: 1,
    };
    pub const QUICK: Self = Self {
        sample: Duration::from_millis(1),
        samples: 11,
        longest: Duration::from_millis(40),
        enough: 5,
        turns: 1,
    };

    /// Roughly what a stand takes, in milliseconds, for the time left.
    pub fn weight(&self, stand: &Stand) -> u64 {
        let row = if stand.is_slow {
            // Few samples, but each of them is long.
            self.longest * 3
        } else {
            // With some that are rejected, and what a process takes to start and to warm up.
            let start = Duration::from_millis(15) * self.turns as u32;
            self.sample.mul_f64(self.samples as f64 * 1.5) + start
        };
        (row * stand.entries.len() as u32).as_millis() as u64
    }

    /// The part of it that one turn takes, or to count the system calls at the end.
    fn step(&self, stand: &Stand) -> f64 {
        let steps = PROBING + self.turns(stand) + u64::from(stand.counts_calls);
        self.weight(stand) as f64 / steps as f64
    }

    fn turns(&self, stand: &Stand) -> u64 {
        if stand.is_slow { 1 } else { self.turns }
    }
}

/// How many turns it takes, roughly, to find out how many operations make a sample.
const PROBING: u64 = 2;

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
    let begin = bar.position();
    let mut core = Core::default();
    let unmeasured = |stand| Measured {
        stand,
        rows: Vec::new(),
    };
    let mut all: Vec<Measured> = stands.iter().map(unmeasured).collect();
    let mut done = 0.0;
    for turn in 1..=plan.turns {
        for measured in &mut all {
            let turns = plan.turns(measured.stand);
            if turn > turns || interrupt::asked() {
                continue;
            }
            measured.take_turn(lab, plan, turn, &mut core, bar);
            interrupt::no_child_is_left();
            let steps = if turn == 1 { 1 + PROBING } else { 1 };
            done += plan.step(measured.stand) * steps as f64;
            bar.set_position(begin + done as u64);
        }
    }
    let mut rows = Vec::new();
    for measured in all {
        let stand = measured.stand;
        rows.extend(measured.finish(lab, plan, &core, bar));
        if stand.counts_calls {
            done += plan.step(stand);
            bar.set_position(begin + done as u64);
        }
    }
    rows
}

/// The rows of a stand while they are being measured.
struct Measured<'a> {
    stand: &'a Stand,
    /// Or why one can't be measured. None before the stand's first turn.
    rows: Vec<Result<State>>,
}

struct State {
    manner: Manner,
    operations: u64,
    /// How many quiet samples it gets.
    wanted: u64,
    tried: Vec<Tried>,
}

/// A sample that was taken. Whether it was quiet is judged anew at the end, when more is known of
/// the core.
struct Tried {
    /// As far as the kernel's counters tell.
    value: Value,
    /// Before and after it; none where the neighbour may be the row's own other side.
    paces: Option<[Pace; 2]>,
}

impl Tried {
    fn judged(&self, core: &Core) -> Value {
        let neighbours = self.paces.iter().flatten().map(|&pace| core.taken(pace));
        Value {
            taken: neighbours.fold(self.value.taken, f64::max),
            ..self.value
        }
    }
}

impl State {
    fn begin(running: &mut Running, entry: usize, plan: Plan) -> Result<Self> {
        let manner = running.manner(entry)?;
        if let Some(values) = &manner.values {
            let tried = values.iter().map(|&value| Tried {
                value: Value {
                    value,
                    ..Value::default()
                },
                paces: None,
            });
            return Ok(Self {
                operations: 1,
                wanted: 0,
                tried: tried.collect(),
                manner,
            });
        }
        // How many operations make a sample: found by doing more and more.
        let mut operations = manner.step;
        let (mut timed, mut whole) = probe(running, entry, operations)?;
        while timed * 4 < plan.sample && whole < plan.sample {
            operations = (operations * 4).next_multiple_of(manner.step);
            (timed, whole) = probe(running, entry, operations)?;
        }
        // Where most of the time goes into what isn't timed, a shorter sample must do.
        let fit = (plan.sample.as_secs_f64() / timed.as_secs_f64())
            .min(4.0 * plan.sample.as_secs_f64() / whole.as_secs_f64());
        let fit = (operations as f64 * fit) as u64;
        let whole = whole.as_secs_f64() / operations as f64;
        let operations = fit.max(1).next_multiple_of(manner.step);
        let affordable = plan.longest.as_secs_f64() / (whole * operations as f64);
        Ok(Self {
            operations,
            wanted: (affordable as u64).clamp(plan.enough, plan.samples),
            tried: Vec::new(),
            manner,
        })
    }

    /// How many samples it still wants in this turn. A row that is disturbed again and again gives
    /// up.
    fn missing(&self, turn: u64, turns: u64, core: &Core) -> u64 {
        let wanted = (self.wanted * turn).div_ceil(turns);
        let spare = (wanted / 2).max((AT_ONCE * turn).div_ceil(turns));
        if self.tried.len() as u64 >= wanted + spare {
            return 0;
        }
        let is_quiet = |tried: &&Tried| tried.judged(core).is_quiet();
        wanted.saturating_sub(self.tried.iter().filter(is_quiet).count() as u64)
    }

    fn sample(
        &mut self,
        running: &mut Running,
        entry: usize,
        samples: u64,
        affinity: Affinity,
        turn: u64,
        core: &mut Core,
    ) -> Result<()> {
        let each = |count: u64| count as f64 / self.operations as f64;
        for Sample { reading, paces, .. } in running.samples(entry, self.operations, samples)? {
            let paces = (affinity == Affinity::OneCpu).then_some(paces);
            paces.iter().flatten().for_each(|&pace| core.see(pace));
            self.tried.push(Tried {
                value: Value {
                    value: reading.elapsed.as_nanos() as f64 / self.operations as f64,
                    taken: reading.taken.as_secs_f64() / reading.elapsed.as_secs_f64().max(1e-9),
                    switches: each(reading.switches),
                    faults: each(reading.faults),
                    turn: (turn - 1) as usize,
                },
                paces,
            });
        }
        Ok(())
    }
}

/// What a sample of so many operations takes, by its clock and as a whole: the best of a few, unless
/// they are long and so can't be far off.
fn probe(running: &mut Running, entry: usize, operations: u64) -> Result<(Duration, Duration)> {
    const LONG: Duration = Duration::from_millis(10);
    let (mut timed, mut whole) = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        let sample = running.samples(entry, operations, 1)?[0];
        timed = timed.min(sample.reading.elapsed.max(Duration::from_nanos(1)));
        whole = whole.min(sample.whole);
        if whole > LONG {
            break;
        }
    }
    Ok((timed, whole))
}

impl Measured<'_> {
    /// Takes the samples of one turn, in a process of their own.
    ///
    /// Which frames a process gets is chance, and with them how well its memory fits into the
    /// caches; where its code lies, and with that how well branches are predicted, is chance too.
    /// A single process would give figures that agree with each other, and not with those of the
    /// next one.
    fn take_turn(&mut self, lab: &Path, plan: Plan, turn: u64, core: &mut Core, bar: &ProgressBar) {
        let entries = &self.stand.entries;
        let turns = plan.turns(self.stand);
        let missing = |rows: &[Result<State>], core: &Core| -> u64 {
            let rows = rows.iter().flatten();
            rows.map(|row| row.missing(turn, turns, core)).sum()
        };
        if turn > 1 && missing(&self.rows, core) == 0 {
            return;
        }
        bar.set_message(format!("{}: preparing", entries[0].id));
        let mut running = match Running::start(lab, self.stand) {
            Ok(running) => running,
            // What it has is kept.
            Err(_) if turn > 1 || interrupt::asked() => return,
            Err(error) => {
                let error = format!("{error:#}");
                self.rows = entries
                    .iter()
                    .map(|_| Err(anyhow!(error.clone())))
                    .collect();
                return;
            }
        };
        let step = plan.step(self.stand);
        if turn == 1 {
            let begin = bar.position();
            for entry in 0..entries.len() {
                self.rows.push(State::begin(&mut running, entry, plan));
                let share = (entry + 1) as f64 / entries.len() as f64;
                bar.set_position(begin + (step * PROBING as f64 * share) as u64);
            }
            if interrupt::asked() {
                // Which may be why one failed.
                self.rows.clear();
                return;
            }
        }
        let (begin, all) = (bar.position(), missing(&self.rows, core));
        while missing(&self.rows, core) > 0 && !interrupt::asked() {
            // Rows that share a process take turns too.
            for (entry, Entry { id, .. }) in entries.iter().enumerate() {
                let Ok(state) = &mut self.rows[entry] else {
                    continue;
                };
                let samples = state.missing(turn, turns, core).min(AT_ONCE);
                if samples == 0 {
                    continue;
                }
                bar.set_message(id.clone());
                let affinity = self.stand.affinity;
                let sampled = state.sample(&mut running, entry, samples, affinity, turn, core);
                if let Err(error) = sampled {
                    // What it has is kept.
                    if !state.tried.is_empty() || interrupt::asked() {
                        return;
                    }
                    self.rows[entry] = Err(error);
                }
                let share = 1.0 - missing(&self.rows, core) as f64 / all as f64;
                bar.set_position(begin + (step * share) as u64);
            }
        }
    }

    /// Those rows that were measured at all or can't be.
    fn finish(self, lab: &Path, plan: Plan, core: &Core, bar: &ProgressBar) -> Vec<Row> {
        let Self { stand, rows } = self;
        let finish = |(entry, state): (usize, Result<State>)| {
            let outcome = match state {
                Err(error) => Outcome::NotHere(format!("{error:#}")),
                Ok(state) => {
                    let enough = if state.wanted == 0 { 0 } else { plan.enough };
                    let tried = state.tried.iter().map(|tried| tried.judged(core));
                    let figure = tried
                        .collect::<Samples>()
                        .figure(enough, state.operations)?;
                    bar.set_message(format!("{}: its system calls", stand.entries[entry].id));
                    Outcome::Measured(Figure {
                        calls: count_calls(lab, stand, entry, state.manner.step),
                        ..figure
                    })
                }
            };
            let Entry {
                id,
                label,
                what,
                unit,
            } = &stand.entries[entry];
            Some(Row {
                id: id.clone(),
                label: label.clone(),
                what: what.clone(),
                affinity: stand.affinity,
                unit: *unit,
                outcome,
            })
        };
        rows.into_iter().enumerate().filter_map(finish).collect()
    }
}

/// The system calls of an operation, where they are wanted and can be counted.
fn count_calls(
    lab: &Path,
    stand: &Stand,
    entry: usize,
    step: u64,
) -> Option<BTreeMap<String, f64>> {
    let is_wanted = stand.counts_calls && !interrupt::asked();
    is_wanted.then(|| calls::count(lab, stand, entry, step).ok())?
}
