//! Outputs that differ from run to run, and how a program makes them equal.

use std::sync::LazyLock;

use regex::Regex;

static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+").expect("a constant"));

/// Where two outputs differ, if in numbers alone: the line, from 1, and the number in each.
///
/// What may differ is no longer in them (see [`normalise`](super::normalise::normalise)).
pub fn numbers<'a>(one: &'a str, other: &'a str) -> Option<(usize, &'a str, &'a str)> {
    if one.lines().count() != other.lines().count() {
        return None;
    }
    let mut first = None;
    for ((one, other), line) in one.lines().zip(other.lines()).zip(1..) {
        if NUMBER.replace_all(one, "0") != NUMBER.replace_all(other, "0") {
            return None;
        }
        let mut pairs = NUMBER.find_iter(one).zip(NUMBER.find_iter(other));
        let differs = pairs.find(|(one, other)| one.as_str() != other.as_str());
        first = first.or(differs.map(|(one, other)| (line, one.as_str(), other.as_str())));
    }
    first
}

/// What to do where a number is another in each run.
pub const NAME_IT: &str = "write `pid` before it if the kernel chooses it anew each time (or `tid`, \
                           `port`, `inode`: what it is), or its unit behind it if it is a time";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_that_differs_is_named_if_nothing_else_differs() {
        assert_eq!(
            numbers("1 dough\nI am 71, 72\n", "1 dough\nI am 71, 80\n"),
            Some((2, "72", "80"))
        );
        for (one, other) in [
            ("I am 71\n", "I am 71\n"),
            ("I am 71\n", "I was 72\n"),
            ("I am 71\n", "I am 72\nand you\n"),
        ] {
            assert_eq!(numbers(one, other), None, "{one}{other}");
        }
    }
}
