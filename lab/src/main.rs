fn main() -> anyhow::Result<()> {
    lab::interrupt::watch()?;
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some(lab::stand::SERVE) {
        return lab::stand::serve(&args.next().unwrap());
    }
    let lab = std::env::current_exe()?;
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut stands = Vec::new();
    for group in &lab::groups::GROUPS {
        stands.extend(group.stands().into_iter().filter(|stand| {
            wanted.is_empty()
                || stand
                    .entries
                    .iter()
                    .any(|entry| wanted.iter().any(|w| entry.id.starts_with(w)))
        }));
    }
    let start = std::time::Instant::now();
    for row in lab::measure::measure(&lab, &stands, lab::measure::Plan::FULL) {
        match &row.outcome {
            lab::record::Outcome::Measured(f) => println!(
                "{:50} min {:12.1} p10 {:12.1} med {:12.1} p90 {:12.1} n {:3} rej {:3} {} ops {:7} sw {:6.2} fl {:7.2} {}",
                row.id,
                f.minimum,
                f.p10,
                f.median,
                f.p90,
                f.samples,
                f.rejected,
                if f.noisy { "NOISY" } else { "" },
                f.operations,
                f.switches,
                f.faults,
                f.calls
                    .iter()
                    .flatten()
                    .map(|(n, c)| format!("{n} {c:.2}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            lab::record::Outcome::NotHere(why) => println!("{:50} {why}", row.id),
        }
    }
    eprintln!("{:?}", start.elapsed());
    Ok(())
}
