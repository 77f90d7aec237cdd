//! String kernels for short words: a word of at most sixteen bytes is one 128-bit integer, and the whole word is compared
//! with a letter at once (SIMD within a register). Two words that share too few letters for the threshold are told
//! apart by their letter sets, without looking at the order of letters.

mod many;

pub use many::Many;

/// A word, ready for comparison; bytes after the sixteenth are not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Packed {
    bytes: u128,
    /// Bit per letter `a`–`z` that the word has, digits and others folded into the six bits above; in the upper half the
    /// same for what it has twice.
    letters: u64,
    /// Bytes that no bit counts: the third and later of a letter.
    more: u8,
    len: u8,
}

/// A Jaro–Winkler similarity to be reached, and how many letters two words must share at least for it.
#[derive(Debug, Clone)]
pub struct Threshold {
    at: f64,
    /// Bytes of the common prefix, up to four → length of one word → length of the other → letters.
    least: [[[u8; 17]; 17]; 5],
}

impl Threshold {
    /// A similarity above 0.
    pub const fn new(at: f64) -> Self {
        let mut least = [[[0; 17]; 17]; 5];
        let mut prefix = 0;
        while prefix < 5 {
            let mut one = 1;
            while one < 17 {
                let mut other = 1;
                while other < 17 {
                    // The similarity of two words all of whose shared letters match in order.
                    let mut shared = 0;
                    while shared < 17 {
                        let matched = shared as f64;
                        let most = (matched / one as f64 + matched / other as f64 + 1.0) / 3.0;
                        if most + prefix as f64 * 0.1 * (1.0 - most) >= at - 1e-12 {
                            break;
                        }
                        shared += 1;
                    }
                    least[prefix][one][other] = shared;
                    other += 1;
                }
                one += 1;
            }
            prefix += 1;
        }
        Self { at, least }
    }
}

const LOW: u128 = 0x7f7f_7f7f_7f7f_7f7f_7f7f_7f7f_7f7f_7f7f;
const ONES: u128 = 0x0101_0101_0101_0101_0101_0101_0101_0101;

impl Packed {
    /// Packs the first sixteen bytes.
    pub fn new(word: &str) -> Self {
        let mut bytes = [0u8; 16];
        let len = word.len().min(16);
        bytes[..len].copy_from_slice(&word.as_bytes()[..len]);
        let (mut letters, mut more) = (0u64, 0);
        for letter in bytes[..len].iter().map(|byte| 1 << letter(*byte)) {
            more += u8::from(letters & (letter << 32) != 0);
            letters |= letter | (letters & letter) << 32;
        }
        Self { bytes: u128::from_le_bytes(bytes), letters, more, len: len as u8 }
    }

    /// Bytes in the word, at most sixteen.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The byte at an index below sixteen; 0 after the end.
    pub fn byte(&self, index: usize) -> u8 {
        (self.bytes >> (8 * index)) as u8
    }

    /// Bytes that both words begin with.
    pub fn common_prefix(&self, other: &Self) -> usize {
        let same = (self.bytes ^ other.bytes).trailing_zeros() as usize / 8;
        same.min(self.len()).min(other.len())
    }

    /// Jaro–Winkler similarity (Winkler 1990; scaling 0.1, prefix of at most four, boost above 0.7 only).
    pub fn jaro_winkler(&self, other: &Self) -> f64 {
        let jaro = self.jaro(other);
        if jaro > 0.7 { jaro + self.common_prefix(other).min(4) as f64 * 0.1 * (1.0 - jaro) } else { jaro }
    }

    /// Whether the Jaro–Winkler similarity reaches a threshold; looks closer only where the words share letters enough.
    pub fn jaro_winkler_at_least(&self, other: &Self, threshold: &Threshold) -> bool {
        self.similarity_from(other, threshold) > 0.0
    }

    /// The Jaro–Winkler similarity if it reaches a threshold; else 0.
    pub fn similarity_from(&self, other: &Self, threshold: &Threshold) -> f64 {
        if self.is_empty() || other.is_empty() {
            return if self.len == other.len { 1.0 } else { 0.0 };
        }
        if !self.may_reach(other, threshold) {
            return 0.0;
        }
        // A rounding error below the threshold is the threshold.
        match self.jaro_winkler(other) {
            similarity if similarity >= threshold.at => similarity,
            similarity if similarity >= threshold.at - 1e-12 => threshold.at,
            _ => 0.0,
        }
    }

    /// Whether two words share letters enough to reach a threshold; they may miss it nevertheless.
    #[inline]
    pub(crate) fn may_reach(&self, other: &Self, threshold: &Threshold) -> bool {
        let shared = (self.letters & other.letters).count_ones() + u32::from(self.more.min(other.more));
        let prefix = self.common_prefix(other).min(4);
        shared >= u32::from(threshold.least[prefix][self.len()][other.len()])
    }

    /// Jaro similarity (Jaro 1989).
    pub fn jaro(&self, other: &Self) -> f64 {
        let (short, long) = if self.len <= other.len { (self, other) } else { (other, self) };
        let (a, b) = (long.len(), short.len());
        if b == 0 {
            return if a == 0 { 1.0 } else { 0.0 };
        }
        let reach = (a / 2).saturating_sub(1);
        // A byte's flag is its highest bit; the window of reach around a position is a mask of such flags.
        let flags = |bytes: usize| if bytes >= 16 { !0u128 } else { (1u128 << (8 * bytes)) - 1 };
        let mut taken = 0u128;
        let mut matched_short = 0u16;
        for at in 0..b {
            let spread = ONES.wrapping_mul(u128::from(short.byte(at)));
            let differs = long.bytes ^ spread;
            // Highest bit of each byte that is zero, exactly (no carries across bytes).
            let equal = !(((differs & LOW) + LOW) | differs | LOW);
            let window = flags((at + reach + 1).min(a)) & !flags(at.saturating_sub(reach));
            let free = equal & window & !taken;
            if free != 0 {
                taken |= free & free.wrapping_neg();
                matched_short |= 1 << at;
            }
        }
        let matched = matched_short.count_ones();
        if matched == 0 {
            return 0.0;
        }
        let mut out_of_order = 0u32;
        let (mut left, mut right) = (taken, matched_short);
        while right != 0 {
            let (i, j) = (left.trailing_zeros() as usize / 8, right.trailing_zeros() as usize);
            out_of_order += u32::from(long.byte(i) != short.byte(j));
            left &= left - 1;
            right &= right - 1;
        }
        let matched = f64::from(matched);
        (matched / a as f64 + matched / b as f64 + (matched - f64::from(out_of_order / 2)) / matched) / 3.0
    }

    /// Whether one slip makes one word of the other: a character changed, left out or put in, or two neighbours swapped
    /// (optimal string alignment distance of one). Words longer than sixteen bytes are compared by their beginnings.
    pub fn one_slip(&self, other: &Self) -> bool {
        let differs = self.bytes ^ other.bytes;
        let (short, long) = if self.len <= other.len { (self, other) } else { (other, self) };
        if differs == 0 || long.len - short.len > 1 {
            return false;
        }
        // The first and the last place where they differ.
        let (first, last) = (differs.trailing_zeros() / 8, 15 - differs.leading_zeros() / 8);
        if long.len != short.len {
            let from = |word: &Self, at: u32| if at >= 16 { 0 } else { word.bytes >> (8 * at) };
            return from(long, first + 1) == from(short, first);
        }
        let (first, last) = (first as usize, last as usize);
        last == first
            || (last == first + 1
                && long.byte(first) == short.byte(last)
                && long.byte(last) == short.byte(first))
    }
}

fn letter(byte: u8) -> u32 {
    match byte {
        b'a'..=b'z' => u32::from(byte - b'a'),
        _ => 26 + u32::from(byte) % 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn osa(a: &[u8], b: &[u8]) -> usize {
        rapidfuzz::distance::osa::distance(a.iter(), b.iter())
    }

    proptest! {
        /// Two ways to the same answer: the register kernel and the library's.
        #[test]
        fn as_the_library_says(a in "[a-e0-9]{0,16}", b in "[a-e0-9]{0,16}") {
            let (one, other) = (Packed::new(&a), Packed::new(&b));
            let theirs = rapidfuzz::distance::jaro_winkler::similarity(a.bytes(), b.bytes());
            prop_assert!((one.jaro_winkler(&other) - theirs).abs() < 1e-9, "{} {}", one.jaro_winkler(&other), theirs);
            for at in [0.7, 0.84, 0.92, 1.0] {
                let reached = one.jaro_winkler_at_least(&other, &Threshold::new(at));
                prop_assert_eq!(reached, theirs >= at - 1e-12);
            }
            prop_assert_eq!(one.one_slip(&other), osa(a.as_bytes(), b.as_bytes()) == 1);
        }
    }
}
