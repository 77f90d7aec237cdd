//! Which children may be brothers and sisters, by their own records and without looking at any adult: so that children
//! whose parents are not in the lists are kept together, and the likely parent of one speaks for the other.
//!
//! The weights are argued, not estimated: there is no class of pairs to count them by. Cousins share one surname and
//! often the journey; two surnames in order, or the same named mother, tell brothers and sisters from them.

use super::Step;
use super::evidence::{Context, MINUTES};
use crate::columns::NONE;
use crate::weight;
use arrow_array::Array;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// Two children, the smaller row first.
#[derive(Debug, Clone, PartialEq)]
pub struct Siblings {
    /// Row of one child.
    pub one: u32,
    /// Row of the other.
    pub other: u32,
    /// Probability.
    pub probability: f64,
    /// Why.
    pub steps: Vec<Step>,
}

/// English, Spanish, bits.
type Reason = (&'static str, &'static str, f64);

const SAME_UNIT: Reason = (
    "apprehended under the same family-unit number",
    "detenidos con el mismo número de unidad familiar",
    9.0,
);
const TOGETHER: Reason = (
    "apprehended at the same place within ten minutes",
    "detenidos en el mismo lugar con menos de diez minutos de diferencia",
    10.0,
);
const ELSEWHERE: Reason =
    ("apprehended on other days or elsewhere", "detenidos otro día o en otro lugar", -3.0);
const NUMBERS: Reason = ("alien numbers within 5 of each other", "números A a menos de 5 de distancia", 9.0);
const BOTH_SURNAMES: Reason =
    ("both surnames the same, in order", "los dos apellidos iguales, en el mismo orden", 8.0);
const FIRST_SURNAME: Reason = ("only the first surname in common", "solo el primer apellido en común", -1.0);
const NO_SURNAME: Reason = ("no surname in common", "ningún apellido en común", -6.0);
const SAME_MOTHER: Reason = ("they name the same mother", "nombran a la misma madre", 7.0);
const OTHER_MOTHER: Reason = ("they name different mothers", "nombran a madres distintas", -4.0);
const SAME_FATHER: Reason = ("they name the same father", "nombran al mismo padre", 7.0);
const OTHER_FATHER: Reason = ("they name different fathers", "nombran a padres distintos", -3.0);
const SAME_TOWN: Reason = ("from the same town", "del mismo municipio", 3.0);
const OTHER_TOWN: Reason = ("from other towns", "de otros municipios", -2.0);
const TWINS: Reason = (
    "born on the same day: twins, or one child recorded twice",
    "nacidos el mismo día: gemelos, o el mismo niño registrado dos veces",
    0.0,
);

/// Brothers and sisters that a child is expected to have among the children of the lists.
const EXPECTED: f64 = 0.3;

/// The Spanish words of a reason.
pub(super) fn in_spanish(english: &str) -> Option<&'static str> {
    [
        SAME_UNIT,
        TOGETHER,
        ELSEWHERE,
        NUMBERS,
        BOTH_SURNAMES,
        FIRST_SURNAME,
        NO_SURNAME,
        SAME_MOTHER,
        OTHER_MOTHER,
        SAME_FATHER,
        OTHER_FATHER,
        SAME_TOWN,
        OTHER_TOWN,
        TWINS,
    ]
    .into_iter()
    .find(|(words, ..)| *words == english)
    .map(|(_, spanish, _)| spanish)
}

/// Pairs of children of at least even probability, in order.
pub(super) fn find(context: &Context<'_>) -> Vec<Siblings> {
    let prior = (EXPECTED / context.children.len().max(2) as f64).log2();
    let mut pairs = pairs(context);
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
        .par_iter()
        .filter_map(|(one, other)| {
            let reasons = reasons(context, *one, *other);
            let bits = prior + reasons.iter().map(|(.., bits)| bits).sum::<f64>();
            let probability = weight::probability(weight::of_bits(bits));
            let step = |level: &'static str, bits: f64| Step {
                kind: "brothers-and-sisters",
                level: level.into(),
                weight: weight::of_bits(bits),
            };
            let prior = std::iter::once(step("any two children in the lists", prior));
            let steps = prior.chain(reasons.iter().map(|(words, _, bits)| step(words, *bits))).collect();
            (probability >= 0.5).then_some(Siblings { one: *one, other: *other, probability, steps })
        })
        .collect()
}

/// Children who share a rare sign.
fn pairs(context: &Context<'_>) -> Vec<(u32, u32)> {
    /// Children of one sign beyond which it is a group's, not a family's.
    const MOST: usize = 40;
    let people = context.people;
    let mut groups: HashMap<(u8, u64), BTreeSet<u32>> = HashMap::new();
    for child in &context.children {
        let at = *child as usize;
        let mut put = |kind: u8, key: u64| {
            groups.entry((kind, key)).or_default().insert(*child);
        };
        if context.unit.codes[at] != NONE {
            put(0, u64::from(context.unit.codes[at]));
        }
        if context.station.codes[at] != NONE && !people.minute.is_null(at) {
            // Two windows that overlap by half, so that no border parts what is ten minutes apart.
            let window = people.minute.value(at).div_euclid(MINUTES);
            for window in [window, window + 1] {
                put(1, u64::from(context.station.codes[at]) << 40 | window as u64 & 0xff_ffff_ffff);
            }
        }
        if !people.number.is_null(at) {
            let window = people.number.value(at).div_euclid(6);
            for window in [window, window + 1] {
                put(2, window as u64);
            }
        }
        let surnames = [0, 1].map(|part| context.own.surname[part][at]);
        if surnames[1] != NONE {
            put(
                3,
                u64::from(context.surname.sound(surnames[0])) << 32
                    | u64::from(context.surname.sound(surnames[1])),
            );
        }
    }
    let mut pairs = Vec::new();
    for rows in groups.into_values().filter(|rows| rows.len() <= MOST) {
        let rows: Vec<u32> = rows.into_iter().collect();
        for (at, one) in rows.iter().enumerate() {
            pairs.extend(rows[at + 1..].iter().map(|other| (*one, *other)));
        }
    }
    pairs
}

fn reasons(context: &Context<'_>, one: u32, other: u32) -> Vec<Reason> {
    let (a, b) = (one as usize, other as usize);
    let people = context.people;
    let mut reasons = Vec::new();
    let surname = |part: usize, row: usize| context.own.surname[part][row];
    let alike = |x: u32, y: u32| x != NONE && y != NONE && context.surname.alike(x, y);
    let (first, second) = (alike(surname(0, a), surname(0, b)), alike(surname(1, a), surname(1, b)));
    let crossed = alike(surname(0, a), surname(1, b)) || alike(surname(1, a), surname(0, b));
    let whole = surname(1, a) != NONE && surname(1, b) != NONE;
    if surname(0, a) != NONE && surname(0, b) != NONE {
        match (first, second, whole) {
            (true, true, _) => {
                // Rare surnames say more: the reason's bits are those of two surnames of one in seventy each.
                let rare = |part: usize| -> f64 {
                    let share: f64 = context.surname.frequency(surname(part, a));
                    (1.0 / 70.0 / share.max(1e-4)).log2().clamp(-3.0, 3.0)
                };
                let (words, spanish, bits) = BOTH_SURNAMES;
                reasons.push((words, spanish, bits + (rare(0) + rare(1)) * 0.75));
            }
            (true, _, false) => {}
            (true, ..) => reasons.push(FIRST_SURNAME),
            _ if crossed || second => {}
            _ => reasons.push(NO_SURNAME),
        }
    }
    let minutes = (!people.minute.is_null(a) && !people.minute.is_null(b))
        .then(|| (people.minute.value(a) - people.minute.value(b)).abs());
    let here = context.station.codes[a] != NONE && context.station.codes[a] == context.station.codes[b];
    let same_unit = context.unit.codes[a] != NONE && context.unit.codes[a] == context.unit.codes[b];
    let near = !people.number.is_null(a)
        && !people.number.is_null(b)
        && (people.number.value(a) - people.number.value(b)).abs() <= 5;
    // One journey gives one number, one minute and neighbouring file numbers: it speaks once.
    if same_unit {
        reasons.push(SAME_UNIT);
    } else if here && minutes.is_some_and(|minutes| minutes <= MINUTES) {
        reasons.push(TOGETHER);
    } else if near {
        reasons.push(NUMBERS);
    } else if !people.day.is_null(a) && !people.day.is_null(b) {
        reasons.push(ELSEWHERE);
    }
    for (whom, same, different) in [(0, SAME_MOTHER, OTHER_MOTHER), (1, SAME_FATHER, OTHER_FATHER)] {
        let named = |child: u32| context.gives[whom].get(&child).and_then(|rows| rows.first()).copied();
        if let (Some(x), Some(y)) = (named(one), named(other)) {
            let part = |codes: &[Vec<u32>; 2], row: u32| codes[0][row as usize];
            let given = (part(&context.named.given, x), part(&context.named.given, y));
            let surname = (part(&context.named.surname, x), part(&context.named.surname, y));
            let known = given.0 != NONE && given.1 != NONE;
            let given_alike = known && context.given.alike(given.0, given.1);
            if given_alike && alike(surname.0, surname.1) {
                reasons.push(same);
            } else if known && !given_alike {
                reasons.push(different);
            }
        }
    }
    let town = (context.town(one), context.town(other));
    if town.0 != NONE && town.1 != NONE {
        reasons.push(if town.0 == town.1 { SAME_TOWN } else { OTHER_TOWN });
    }
    if !people.birth.is_null(a) && people.birth.is_valid(b) && people.birth.value(a) == people.birth.value(b)
    {
        reasons.push(TWINS);
    }
    reasons
}
