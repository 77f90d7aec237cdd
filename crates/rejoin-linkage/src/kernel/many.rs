//! One word against many: the many are laid side by side by length, so that one step of the algorithm is taken for sixteen
//! of them at once (the compiler makes vector instructions of loops over sixteen numbers of sixteen bits). What the one
//! word has where is looked up, not searched. Words longer than sixteen bytes are compared by their beginnings.

use super::Packed;

/// Words that go side by side.
const LANES: usize = 16;

type Lanes = [u16; LANES];

/// Up to sixteen words of one length.
#[derive(Debug, Clone)]
struct Side {
    len: usize,
    /// Index of each word in the order given; beyond the last, that of the first.
    of: [u32; LANES],
    count: usize,
    /// Position → the byte of each word there.
    bytes: [[u8; LANES]; 16],
    words: [Packed; LANES],
}

/// Many words, ready to be compared with one.
#[derive(Debug, Clone, Default)]
pub struct Many {
    sides: Vec<Side>,
    words: usize,
}

/// One word, ready to be compared with many.
struct One {
    word: Packed,
    /// Byte → the positions that have it, a bit each.
    has: [u16; 256],
}

impl One {
    fn new(word: &str) -> Self {
        let word = Packed::new(word);
        let mut has = [0; 256];
        (0..word.len()).for_each(|at| has[word.byte(at) as usize] |= 1 << at);
        Self { word, has }
    }

    /// Position → where the one word has each of the many's bytes.
    fn places(&self, side: &Side) -> [Lanes; 16] {
        let mut places = [[0; LANES]; 16];
        for (places, bytes) in places.iter_mut().zip(&side.bytes).take(side.len) {
            for (place, byte) in places.iter_mut().zip(bytes) {
                *place = self.has[*byte as usize];
            }
        }
        places
    }
}

impl Many {
    /// Lays words side by side.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut sorted: Vec<(usize, u32, Packed)> = (0u32..)
            .zip(words)
            .map(|(at, word)| {
                let word = Packed::new(word);
                (word.len(), at, word)
            })
            .collect();
        sorted.sort_by_key(|(len, at, _)| (*len, *at));
        let mut many = Self { sides: Vec::new(), words: sorted.len() };
        for same in sorted.chunk_by(|one, other| one.0 == other.0) {
            for lanes in same.chunks(LANES) {
                let (len, first, word) = lanes[0];
                let mut side = Side {
                    len,
                    of: [first; LANES],
                    count: lanes.len(),
                    bytes: [[0; LANES]; 16],
                    words: [word; LANES],
                };
                for (lane, (_, at, word)) in lanes.iter().enumerate() {
                    side.of[lane] = *at;
                    side.words[lane] = *word;
                    (0..len).for_each(|position| side.bytes[position][lane] = word.byte(position));
                }
                many.sides.push(side);
            }
        }
        many
    }

    /// How many words.
    pub fn len(&self) -> usize {
        self.words
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words == 0
    }

    /// Levenshtein distance of a word to each, in the order given (Myers 1999, in the form of Hyyrö 2003).
    pub fn levenshtein(&self, word: &str) -> Vec<u8> {
        let mut out = vec![0; self.words];
        let one = One::new(word);
        let len = one.word.len();
        if len == 0 {
            self.sides
                .iter()
                .for_each(|side| put(&mut out, side, &[side.len as u16; LANES], |distance| distance as u8));
            return out;
        }
        let last = len as u16 - 1;
        for side in &self.sides {
            let places = one.places(side);
            let (mut more, mut less, mut score): (Lanes, Lanes, Lanes) =
                ([u16::MAX; LANES], [0; LANES], [len as u16; LANES]);
            for equal in places.iter().take(side.len) {
                for lane in 0..LANES {
                    let same = equal[lane];
                    let (up, down) = (more[lane], less[lane]);
                    let diagonal = ((same & up).wrapping_add(up) ^ up) | same | down;
                    let right = down | !(diagonal | up);
                    let left = diagonal & up;
                    score[lane] = score[lane].wrapping_add(right >> last & 1).wrapping_sub(left >> last & 1);
                    let right = right << 1 | 1;
                    more[lane] = left << 1 | !(diagonal | right);
                    less[lane] = right & diagonal;
                }
            }
            put(&mut out, side, &score, |distance| distance as u8);
        }
        out
    }

    /// Jaro–Winkler similarity of a word to each, in the order given, as [`Packed::jaro_winkler`] gives it.
    pub fn jaro_winkler(&self, word: &str) -> Vec<f64> {
        let mut out = vec![0.0; self.words];
        let one = One::new(word);
        let len = one.word.len();
        for side in &self.sides {
            if side.len == 0 || len == 0 {
                let equal = if side.len == len { 1.0 } else { 0.0 };
                side.of[..side.count].iter().for_each(|at| out[*at as usize] = equal);
                continue;
            }
            let places = one.places(side);
            let reach = (len.max(side.len) / 2).saturating_sub(1);
            let (mut taken, mut matched): (Lanes, Lanes) = ([0; LANES], [0; LANES]);
            for (at, equal) in places.iter().take(side.len).enumerate() {
                // Positions of the one word within reach of this one.
                let window = below(at + reach + 1) & !below(at.saturating_sub(reach));
                for lane in 0..LANES {
                    let free = equal[lane] & window & !taken[lane];
                    taken[lane] |= free & free.wrapping_neg();
                    matched[lane] |= u16::from(free != 0) << at;
                }
            }
            for lane in 0..side.count {
                let jaro = jaro(&places, lane, taken[lane], matched[lane], len, side.len);
                let winkler = match jaro {
                    jaro if jaro > 0.7 => {
                        let prefix = one.word.common_prefix(&side.words[lane]).min(4);
                        jaro + prefix as f64 * 0.1 * (1.0 - jaro)
                    }
                    jaro => jaro,
                };
                out[side.of[lane] as usize] = winkler;
            }
        }
        out
    }
}

/// A bit for each position below one.
fn below(position: usize) -> u16 {
    if position >= 16 { u16::MAX } else { (1 << position) - 1 }
}

/// The Jaro similarity from what matched: bits of the one word's positions, and of the other's.
fn jaro(
    places: &[Lanes; 16],
    lane: usize,
    mut taken: u16,
    mut matched: u16,
    len: usize,
    other: usize,
) -> f64 {
    let count = matched.count_ones();
    if count == 0 {
        return 0.0;
    }
    let mut out_of_order = 0;
    if count > 1 {
        while matched != 0 {
            let at = matched.trailing_zeros() as usize;
            out_of_order += u32::from(places[at][lane] & taken & taken.wrapping_neg() == 0);
            taken &= taken - 1;
            matched &= matched - 1;
        }
    }
    let count = f64::from(count);
    (count / len as f64 + count / other as f64 + (count - f64::from(out_of_order / 2)) / count) / 3.0
}

fn put<T: Copy>(out: &mut [T], side: &Side, values: &Lanes, of: impl Fn(u16) -> T) {
    side.of[..side.count].iter().zip(values).for_each(|(at, value)| out[*at as usize] = of(*value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Two ways to the same answer: side by side, and one by one by the library.
        #[test]
        fn many_are_what_each_is(word in "[a-e0-2]{0,16}", words in proptest::collection::vec("[a-e0-2]{0,16}", 0..40)) {
            let many = Many::new(words.iter().map(String::as_str));
            prop_assert_eq!(many.len(), words.len());
            let (distances, similarities) = (many.levenshtein(&word), many.jaro_winkler(&word));
            for (at, other) in words.iter().enumerate() {
                let expected = rapidfuzz::distance::levenshtein::distance(word.bytes(), other.bytes());
                prop_assert_eq!(usize::from(distances[at]), expected, "{} {}", &word, other);
                let expected = rapidfuzz::distance::jaro_winkler::similarity(word.bytes(), other.bytes());
                prop_assert!((similarities[at] - expected).abs() < 1e-9, "{} {} {}", &word, other, similarities[at]);
            }
        }
    }
}
