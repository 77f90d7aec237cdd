//! Places: facilities, offices, stations, towns. Spellings of one place give one text; which words stand for which
//! is data in the mapping, reviewed by a person.

use crate::text::{fold, title_case};
use std::collections::HashMap;

/// Words and whole spellings that stand for others, all folded.
#[derive(Debug, Clone, Default)]
pub struct Folding {
    words: HashMap<String, String>,
    spellings: HashMap<String, String>,
}

impl Folding {
    /// Abbreviations (`SWK` for `Southwest Key`) and whole spellings with what they stand for.
    pub fn new<'a>(
        words: impl IntoIterator<Item = (&'a str, &'a str)>,
        spellings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let fold_pairs = |pairs: &mut dyn Iterator<Item = (&'a str, &'a str)>| {
            pairs.map(|(from, to)| (fold(from), to.to_owned())).collect()
        };
        Self { words: fold_pairs(&mut words.into_iter()), spellings: fold_pairs(&mut spellings.into_iter()) }
    }

    /// The one text of a place. Punctuation, case, accents and a code in brackets at the end do not count.
    pub fn fold(&self, said: &str) -> Option<String> {
        let (name, _) = split_code(said);
        let folded = fold(name);
        if folded.is_empty() {
            return None;
        }
        if let Some(place) = self.spellings.get(&folded) {
            return Some(place.clone());
        }
        // A word that the folding names keeps the case it has there; the others get a capital.
        let words: Vec<String> = folded
            .split(' ')
            .map(|word| self.words.get(word).cloned().unwrap_or_else(|| title_case(word)))
            .collect();
        let expanded = words.join(" ");
        Some(self.spellings.get(&fold(&expanded)).cloned().unwrap_or(expanded))
    }
}

/// The name and the code in brackets at its end: `Harlingen (SNA)` gives `Harlingen` and `SNA`.
pub fn split_code(said: &str) -> (&str, Option<&str>) {
    let trimmed = said.trim_end();
    let Some(inner) = trimmed.strip_suffix(')') else { return (said, None) };
    match inner.rfind('(') {
        Some(at) if (2..=4).contains(&(inner.len() - at - 1)) => (&trimmed[..at], Some(&inner[at + 1..])),
        _ => (said, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_fold_into_one_place() {
        let folding = Folding::new([("SWK", "Southwest Key")], [("Harlingen TX", "Harlingen")]);
        assert_eq!(folding.fold("SWK Casa Padre"), folding.fold("Southwest Key – Casa  Padre"));
        assert_eq!(folding.fold("Harlingen, TX (HLG)").as_deref(), Some("Harlingen"));
        assert_eq!(folding.fold("Phoenix, AZ  (PHO)").as_deref(), Some("Phoenix Az"));
        assert_eq!(folding.fold(" (ABC)"), None);
        assert_eq!(split_code("Harlingen (SNA)").1, Some("SNA"));
        assert_eq!(split_code("Shelter (for infants only)").1, None);
    }
}
