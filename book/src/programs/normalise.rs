//! What may differ between two runs of a listing, made equal.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Whether the lines of an output must come in the recorded order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Kept,
    Free,
}

/// Puts a placeholder for each value that the kernel chooses anew in each run: process and thread
/// ids, addresses, durations, inode and port numbers.
///
/// An id, an address, an inode or a port becomes `[id 1]`, `[address 1]` and so on, numbered by
/// first appearance: two equal values stay equal, two different ones different. That is often the
/// point of a listing, and so is still compared. A duration becomes `[duration]`.
///
/// Where the order of lines is free, there is no first appearance: values lose their numbers, and
/// the lines are sorted.
///
/// Ids and ports are known by the word before them (`pid 12`, `process 12`, `tid 12`, `task 12`,
/// `port 12`), inodes by theirs (`inode 12`, `pipe:[12]`), addresses by six or more hexadecimal
/// digits, durations by their unit.
pub fn normalise(text: &str, order: Order) -> String {
    static VARIES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)
              (?: (?i: \b (?: p?pid | tg?id | process | task )s? [:=]? \s+ )
                | \b Pid\(                            # nix's Debug
                | /task/                               # PID/task/TID, the form of /proc
                | \b thread\ '[^']*'\ \( )             # a panic's first line
              (?<id> \d+ )
            | (?<address> \b 0x [0-9a-f]{6,} \b )
            | (?: \b inode \s | \b (?: pipe | socket ) :\[ ) (?<inode> \d+ )
            | (?: \b port \s | \b 127\.0\.0\.1: ) (?<port> \d+ )
            | (?<duration> \b \d+ (?: \.\d+ )? \s? (?: ns | µs | ms | s ) \b )
            ",
        )
        .expect("a constant")
    });
    let mut seen: HashMap<(&str, String), usize> = HashMap::new();
    let equal = VARIES.replace_all(text, |found: &Captures| {
        let Some((kind, value)) = ["id", "address", "inode", "port"]
            .into_iter()
            .find_map(|kind| Some((kind, found.name(kind)?)))
        else {
            return "[duration]".to_owned();
        };
        let before = &text[found.get_match().start()..value.start()];
        let next = 1 + seen.keys().filter(|(other, _)| *other == kind).count();
        let number = *seen
            .entry((kind, value.as_str().to_owned()))
            .or_insert(next);
        match order {
            Order::Kept => format!("{before}[{kind} {number}]"),
            Order::Free => format!("{before}[{kind}]"),
        }
    });
    match order {
        Order::Kept => equal.into_owned(),
        Order::Free => {
            let mut lines: Vec<&str> = equal.lines().collect();
            lines.sort_unstable();
            lines.join("\n") + "\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> String {
        normalise(text, Order::Kept)
    }

    #[test]
    fn equal_values_stay_equal_and_different_ones_different() {
        assert_eq!(
            kept("process 71, tid 71; process 71, tid 72 at 0x7ffdcafe01, 0x7ffdcafe02"),
            "process [id 1], tid [id 1]; process [id 1], tid [id 2] at [address 1], [address 2]"
        );
    }

    #[test]
    fn what_the_kernel_chooses_is_replaced() {
        for (text, normal) in [
            ("Pid:\t812", "Pid:\t[id 1]"),
            ("pids: 812", "pids: [id 1]"),
            ("Exited(Pid(812), 7)", "Exited(Pid([id 1]), 7)"),
            ("process 8/task/9", "process [id 1]/task/[id 2]"),
            (
                "thread 'main' (812) panicked at a.rs:3:5",
                "thread 'main' ([id 1]) panicked at a.rs:3:5",
            ),
            (
                "inode 9, pipe:[8], pipe:[9]",
                "inode [inode 1], pipe:[[inode 2]], pipe:[[inode 1]]",
            ),
            (
                "port 4711 is 127.0.0.1:4711",
                "port [port 1] is 127.0.0.1:[port 1]",
            ),
            (
                "12 ms, 1.5 s, 3ns, 0.25 µs",
                "[duration], [duration], [duration], [duration]",
            ),
        ] {
            assert_eq!(kept(text), normal);
        }
    }

    #[test]
    fn what_a_program_means_is_left_alone() {
        for text in [
            "500 g of sugar, 3 steps, 2 cooks",
            "thread 2 of 4 took step 3",
            "flags 0x100, signal 11, exit status 101",
            "processes: 3 seconds course, 5 spoons",
            "src/main.rs:12:9",
        ] {
            assert_eq!(kept(text), text);
        }
    }

    #[test]
    fn a_free_order_compares_lines_whatever_their_order() {
        let one = normalise("tid 5: mix\ntid 6: heat\ntid 5: bake\n", Order::Free);
        let other = normalise("tid 8: heat\ntid 7: mix\ntid 7: bake\n", Order::Free);
        assert_eq!(one, other);
        assert_ne!(one, normalise("tid 8: heat\ntid 7: mix\n", Order::Free));
    }
}
