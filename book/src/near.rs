//! Names that are near to one that nothing has.

/// How alike two names must be (Jaro and Winkler), so that one may be meant by the other.
const ALIKE: f64 = 0.8;

/// At most three of the names that may be meant, the likeliest first.
pub fn near<'a>(wanted: &str, names: &'a [String]) -> Vec<&'a str> {
    let mut near: Vec<(f64, &str)> = names
        .iter()
        .map(|name| (likeness(wanted, name), name.as_str()))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    near.truncate(3);
    near.into_iter().map(|(_, name)| name).collect()
}

/// What to add to "there is no NAME": the names that are near, if there are any.
pub fn but(wanted: &str, names: &[String]) -> String {
    match near(wanted, names)[..] {
        [] => String::new(),
        ref near => format!(", but there is {}", near.join(", ")),
    }
}

fn likeness(wanted: &str, name: &str) -> f64 {
    if !wanted.is_empty() && name.contains(wanted) {
        return 1.0;
    }
    // Words in another order are alike, too.
    let sorted = |name: &str| {
        let mut words: Vec<&str> = name.split(['-', '_']).collect();
        words.sort_unstable();
        words.join("-")
    };
    strsim::jaro_winkler(wanted, name).max(strsim::jaro_winkler(&sorted(wanted), &sorted(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_a_part_and_another_order_are_near_and_another_word_is_not() {
        let names = ["fork-vs-spawn", "kitchen", "memory-space", "races"].map(str::to_owned);
        for (wanted, meant) in [
            ("kithcen", "kitchen"),
            ("spawn-vs-fork", "fork-vs-spawn"),
            ("memory", "memory-space"),
            ("memory_space", "memory-space"),
        ] {
            assert_eq!(near(wanted, &names), [meant], "{wanted}");
        }
        assert_eq!(near("rivers", &names), [""; 0]);
        assert_eq!(but("kitchn", &names), ", but there is kitchen");
        assert_eq!(but("rivers", &names), "");
    }
}
