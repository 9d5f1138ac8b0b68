#[cfg_attr(feature = "solutions", path = "../src/solutions/scheduling.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/scheduling.rs")]
mod scheduling;

use std::panic;

use scheduling::shares;

fn near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() < 0.002,
            "{found} is not {expected}"
        );
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn equals_share_equally_whatever_their_value() {
    for nice in [-20, 0, 19] {
        near(&shares(&[nice; 4]), &[0.25; 4]);
    }
    near(&shares(&[7]), &[1.0]);
    near(&shares(&[]), &[]);
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn the_nicer_one_gets_less() {
    near(&shares(&[0, 5]), &[0.753, 0.247]);
    near(&shares(&[0, 1]), &[0.556, 0.444]);
    near(&shares(&[-5, -5, 0]), &[0.430, 0.430, 0.141]);
    for nice in [-21, 20] {
        let refused = panic::catch_unwind(|| shares(&[0, nice]));
        assert!(refused.is_err(), "{nice} is out of range");
    }
}
