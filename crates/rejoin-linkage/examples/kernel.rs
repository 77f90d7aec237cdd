//! Throughput of the Jaro–Winkler kernel on one thread: every pair of the words of a file (one a line).
//! Run by `cargo xtask bench linkage` beside another library on the same words.

use rejoin_linkage::kernel::Packed;

#[allow(clippy::disallowed_methods, reason = "a bench measures time")]
fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let words: Vec<Packed> = text.lines().map(Packed::new).collect();
    let pairs = (words.len() * words.len()) as f64;
    let started = std::time::Instant::now();
    let sum: f64 =
        words.iter().map(|one| words.iter().map(|other| one.jaro_winkler(other)).sum::<f64>()).sum();
    let whole = started.elapsed().as_secs_f64();
    let started = std::time::Instant::now();
    let alike: usize = words
        .iter()
        .map(|one| words.iter().filter(|other| one.jaro_winkler_at_least(other, 0.92)).count())
        .sum();
    let cut = started.elapsed().as_secs_f64();
    println!("{:.1} {:.1} {:.6} {alike}", pairs / whole / 1e6, pairs / cut / 1e6, sum / pairs);
}
