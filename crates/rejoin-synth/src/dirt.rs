//! Dirt, as real lists have it: each function spoils one value in one way that clerks and machines do.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// How often each kind of dirt falls, from a general level of 0 (clean) to 2 (twice as dirty as usual).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dirt {
    pub level: f64,
}

impl Dirt {
    /// Whether something that usually happens at `rate` happens now.
    pub fn falls(self, rate: f64, rng: &mut ChaCha8Rng) -> bool {
        rng.random_bool((rate * self.level).clamp(0.0, 0.95))
    }
}

/// Without accents.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            'á' => 'a',
            'é' => 'e',
            'í' => 'i',
            'ó' => 'o',
            'ú' | 'ü' => 'u',
            'ñ' => 'n',
            'Á' => 'A',
            'É' => 'E',
            'Í' => 'I',
            'Ó' => 'O',
            'Ú' | 'Ü' => 'U',
            'Ñ' => 'N',
            other => other,
        })
        .collect()
}

/// One slip of the finger: a letter left out, doubled, changed, or two swapped.
pub(crate) fn slip(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 3 {
        return text.to_owned();
    }
    let at = rng.random_range(1..letters.len());
    match rng.random_range(0..4) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at - 1]),
        2 => letters[at] = (b'a' + rng.random_range(0..26u8)) as char,
        _ => letters.swap(at - 1, at),
    }
    letters.into_iter().collect()
}

/// The same sound, spelled as another clerk hears it.
pub(crate) fn respell(text: &str, rng: &mut ChaCha8Rng) -> String {
    const SOUNDS: &[(&str, &str)] = &[
        ("z", "s"),
        ("s", "z"),
        ("v", "b"),
        ("b", "v"),
        ("ll", "y"),
        ("y", "ll"),
        ("gi", "ji"),
        ("ge", "je"),
        ("je", "ge"),
        ("ji", "gi"),
        ("h", ""),
        ("qui", "ki"),
        ("ce", "se"),
        ("ci", "si"),
        ("x", "j"),
        ("c", "k"),
        ("i", "y"),
        ("e", "i"),
    ];
    let lower = plain(text).to_lowercase();
    let fitting: Vec<_> = SOUNDS.iter().filter(|(from, _)| lower.contains(from)).collect();
    match fitting.choose(rng) {
        Some((from, to)) => {
            let changed = lower.replacen(from, to, 1);
            let mut letters = changed.chars();
            match letters.next() {
                Some(first) => first.to_uppercase().chain(letters).collect(),
                None => text.to_owned(),
            }
        }
        None => text.to_owned(),
    }
}

/// One digit changed, or two neighbours swapped.
pub(crate) fn wrong_digit(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut letters: Vec<u8> = text.bytes().collect();
    let digits: Vec<usize> = (0..letters.len()).filter(|at| letters[*at].is_ascii_digit()).collect();
    let Some(at) = digits.choose(rng).copied() else { return text.to_owned() };
    if at + 1 < letters.len() && letters[at + 1].is_ascii_digit() && rng.random_bool(0.5) {
        letters.swap(at, at + 1);
    } else {
        letters[at] = b'0' + rng.random_range(0..10u8);
    }
    String::from_utf8_lossy(&letters).into_owned()
}
