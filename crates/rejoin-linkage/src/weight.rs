//! Match weights: log2 of a likelihood ratio in fixed point, 2⁻²⁰ bits a unit.
//!
//! Integers because sums must not depend on the order of threads or partitions: the same pair has the same weight
//! to the last bit.

/// Units in one bit.
pub const UNIT: f64 = (1u64 << 20) as f64;

/// The weight of a likelihood ratio `m / u`; both are kept away from 0 and 1, so that no single level decides alone
/// for ever.
pub fn of_ratio(m: f64, u: f64) -> i64 {
    let keep = |probability: f64| probability.clamp(1e-9, 1.0);
    of_bits((keep(m) / keep(u)).log2())
}

/// The weight of so many bits.
pub fn of_bits(bits: f64) -> i64 {
    (bits * UNIT).round() as i64
}

/// The bits of a weight.
pub fn bits(weight: i64) -> f64 {
    weight as f64 / UNIT
}

/// The probability of a match of a total weight (prior included).
pub fn probability(weight: i64) -> f64 {
    1.0 / (1.0 + (-bits(weight)).exp2())
}

/// The weight at which a probability is reached.
pub fn of_probability(probability: f64) -> i64 {
    of_bits((probability / (1.0 - probability)).log2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_and_probabilities_go_both_ways() {
        for probability_in in [0.001, 0.5, 0.95, 0.999_9] {
            assert!((probability(of_probability(probability_in)) - probability_in).abs() < 1e-6);
        }
        assert_eq!(of_ratio(0.8, 0.1), of_bits(3.0));
        assert!(of_ratio(0.0, 0.5) > of_bits(-40.0), "no level excludes for ever");
    }
}
