//! A larger nice value is a smaller weight, and what counts is the part of the sum.

pub fn shares(nice: &[i32]) -> Vec<f64> {
    assert!(
        nice.iter().all(|nice| (-20..=19).contains(nice)),
        "from -20 to 19"
    );
    let weights: Vec<f64> = nice.iter().map(|nice| 1.25_f64.powi(-nice)).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

pub fn main() {
    let [mother, sister] = shares(&[0, 5])[..] else {
        unreachable!("one share each");
    };
    println!("nice 0 beside nice 5: {mother:.2} and {sister:.2}");
    assert!((mother / sister - 3.05).abs() < 0.01);
}
