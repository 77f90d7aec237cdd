//! Throughput of the string kernels on one thread: every pair of the words of a file (one a line). Run by
//! `cargo xtask bench linkage` beside another library on the same words. Prints million pairs a second: Jaro–Winkler one
//! against many, with a threshold; mean similarity; Levenshtein one against many; Jaro–Winkler one by one; mean distance.

use rejoin_linkage::kernel::{Many, Packed, Threshold};

#[allow(clippy::disallowed_methods, reason = "a bench measures time")]
fn timed<T>(pairs: f64, work: impl Fn() -> T) -> (f64, T) {
    let mut best = (0f64, work());
    for _ in 0..3 {
        let started = std::time::Instant::now();
        let result = work();
        best = (best.0.max(pairs / started.elapsed().as_secs_f64() / 1e6), result);
    }
    best
}

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let packed: Vec<Packed> = text.lines().map(Packed::new).collect();
    let many = Many::new(text.lines());
    let pairs = (packed.len() * packed.len()) as f64;
    let (jaro, sum) =
        timed(pairs, || text.lines().map(|one| many.jaro_winkler(one).iter().sum::<f64>()).sum::<f64>());
    let (levenshtein, distance) = timed(pairs, || {
        let each =
            text.lines().map(|one| many.levenshtein(one).iter().map(|far| u64::from(*far)).sum::<u64>());
        each.sum::<u64>()
    });
    let threshold = Threshold::new(0.92);
    let (cut, _) = timed(pairs, || {
        let near =
            |one: &Packed| packed.iter().filter(|other| one.jaro_winkler_at_least(other, &threshold)).count();
        packed.iter().map(near).sum::<usize>()
    });
    let (single, _) = timed(pairs, || {
        let each = packed.iter().map(|one| packed.iter().map(|other| one.jaro_winkler(other)).sum::<f64>());
        each.sum::<f64>()
    });
    println!(
        "{jaro:.1} {cut:.1} {:.6} {levenshtein:.1} {single:.1} {:.6}",
        sum / pairs,
        distance as f64 / pairs
    );
}
