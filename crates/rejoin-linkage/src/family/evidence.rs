//! The kinds of evidence for a parent–child pair: levels, what is argued for each, and how chance is counted.

use crate::columns::{Encoded, NONE, Named, Names, People};
use crate::compare::Dictionary;
use crate::weight;
use arrow_array::Array;
use rayon::prelude::*;
use std::collections::HashMap;

/// A kind of evidence.
pub(super) struct Kind {
    /// Stable name.
    pub name: &'static str,
    /// Levels from 1, in words a case worker can read aloud, in English and in Spanish.
    pub levels: &'static [(&'static str, &'static str)],
    /// m by level among parents, argued; sums to 1.
    pub m: &'static [f64],
    /// The same among other carers (grandparents, aunts, guardians) where it differs; empty where it does not.
    pub carer: &'static [f64],
    /// u by level, argued: what counts where there are too few people to count by.
    pub chance: &'static [f64],
    /// Level of a pair (0: nothing to compare), and what the frequency of the very values adds to its weight.
    pub level: fn(&Context<'_>, u32, u32) -> (u8, i64),
}

/// How many kinds.
pub(super) const KINDS: usize = 12;

/// The kind whose level is known only once pairs have been believed: [`KINDS`] counts it, its function gives nothing.
pub(super) const SIBLINGS: usize = 11;

/// Every kind, in the order of explanations.
pub(super) const EVIDENCE: [Kind; KINDS] = [
    Kind {
        name: "family-unit-number",
        levels: &[
            (
                "apprehended under different family-unit numbers",
                "detenidos con distintos números de unidad familiar",
            ),
            (
                "apprehended under the same family-unit number",
                "detenidos con el mismo número de unidad familiar",
            ),
        ],
        m: &[0.08, 0.92],
        carer: &[],
        chance: &[0.9999, 0.0001],
        level: unit,
    },
    Kind {
        name: "apprehended-together",
        levels: &[
            ("apprehended on other days or elsewhere", "detenidos otro día o en otro lugar"),
            ("apprehended at the same place on the same day", "detenidos en el mismo lugar el mismo día"),
            (
                "apprehended at the same place within ten minutes",
                "detenidos en el mismo lugar con menos de diez minutos de diferencia",
            ),
        ],
        m: &[0.06, 0.12, 0.82],
        carer: &[],
        chance: &[0.99948, 0.0005, 0.00002],
        level: together,
    },
    Kind {
        name: "neighbouring-numbers",
        levels: &[
            ("alien numbers far apart", "números A lejanos entre sí"),
            ("alien numbers within 60 of each other", "números A a menos de 60 de distancia"),
            ("alien numbers within 5 of each other", "números A a menos de 5 de distancia"),
        ],
        m: &[0.06, 0.06, 0.88],
        carer: &[],
        chance: &[0.9978, 0.002, 0.0002],
        level: numbers,
    },
    Kind {
        name: "parent-named-by-child",
        levels: &[
            ("the child names somebody else", "el niño o la niña nombra a otra persona"),
            (
                "the child's name for the parent has one surname alike",
                "el nombre que da el niño o la niña tiene un apellido parecido",
            ),
            (
                "the child names somebody with this given name and a surname alike",
                "el niño o la niña nombra a alguien con este nombre y un apellido parecido",
            ),
            ("the child names this person", "el niño o la niña nombra a esta persona"),
        ],
        m: &[0.06, 0.06, 0.18, 0.70],
        carer: &[0.87, 0.10, 0.02, 0.01],
        chance: &[0.93, 0.06, 0.00997, 0.00003],
        level: parent_named,
    },
    Kind {
        name: "child-named-by-adult",
        levels: &[
            ("the adult names another child only", "la persona adulta nombra solo a otro niño o niña"),
            (
                "the adult names a child with one surname alike",
                "la persona adulta nombra a un niño o niña con un apellido parecido",
            ),
            (
                "the adult names a child with this given name and a surname alike",
                "la persona adulta nombra a un niño o niña con este nombre y un apellido parecido",
            ),
            ("the adult names this child", "la persona adulta nombra a este niño o niña"),
        ],
        m: &[0.15, 0.10, 0.15, 0.60],
        carer: &[],
        chance: &[0.93, 0.06, 0.00997, 0.00003],
        level: child_named,
    },
    Kind {
        name: "surnames",
        levels: &[
            ("no surname in common", "ningún apellido en común"),
            (
                "a surname in common, not where custom puts it",
                "un apellido en común, no donde lo pone la costumbre",
            ),
            ("the surname that custom hands down", "el apellido que se hereda por costumbre"),
        ],
        m: &[0.05, 0.10, 0.85],
        carer: &[0.35, 0.30, 0.35],
        chance: &[0.90, 0.06, 0.04],
        level: surnames,
    },
    Kind {
        name: "ages",
        levels: &[
            ("less than 12 years older than the child", "menos de 12 años mayor"),
            ("12 to 14 years older than the child", "de 12 a 14 años mayor"),
            ("15 to 37 years older than the child", "de 15 a 37 años mayor"),
            ("38 to 60 years older than the child", "de 38 a 60 años mayor"),
            ("more than 60 years older than the child", "más de 60 años mayor"),
        ],
        m: &[0.003, 0.015, 0.85, 0.13, 0.002],
        carer: &[0.06, 0.04, 0.25, 0.53, 0.12],
        chance: &[0.28, 0.10, 0.50, 0.11, 0.01],
        level: ages,
    },
    Kind {
        name: "stated-relation",
        levels: &[
            ("says to be another relative, not a parent", "dice ser otro familiar, no padre ni madre"),
            ("says to be a parent", "dice ser padre o madre"),
        ],
        m: &[0.03, 0.97],
        carer: &[0.93, 0.07],
        chance: &[0.2, 0.8],
        level: stated,
    },
    Kind {
        name: "shared-contact",
        levels: &[
            ("no telephone or address in common", "ningún teléfono ni dirección en común"),
            ("the same address", "la misma dirección"),
            ("the same telephone number", "el mismo teléfono"),
        ],
        m: &[0.5, 0.1, 0.4],
        carer: &[],
        chance: &[0.999, 0.0005, 0.0005],
        level: contact,
    },
    Kind {
        name: "origin",
        levels: &[
            ("from different countries", "de distintos países"),
            ("of different languages or peoples", "de distintas lenguas o pueblos"),
            ("from other towns of one country", "de otros municipios del mismo país"),
            ("with the same language of few speakers", "con la misma lengua minoritaria"),
            ("from the same town", "del mismo municipio"),
        ],
        m: &[0.02, 0.03, 0.15, 0.04, 0.76],
        carer: &[],
        chance: &[0.5, 0.08, 0.38, 0.02, 0.02],
        level: origin,
    },
    Kind {
        name: "stays",
        levels: &[
            (
                "was held elsewhere on the day the child was apprehended",
                "estaba detenida en otro lugar el día en que detuvieron al niño o la niña",
            ),
            ("never held at the same place at one time", "nunca retenidos en el mismo lugar a la vez"),
            ("held at the same place at one time", "retenidos en el mismo lugar a la vez"),
        ],
        m: &[0.01, 0.79, 0.2],
        carer: &[],
        chance: &[0.05, 0.93, 0.02],
        level: stays,
    },
    Kind {
        name: "brothers-and-sisters",
        levels: &[
            (
                "a likely brother or sister has another likely parent in this place",
                "un probable hermano o hermana tiene otro probable padre o madre en este lugar",
            ),
            (
                "another likely child of this mother was born within eight months of this one",
                "otro probable hijo de esta madre nació a menos de ocho meses de este",
            ),
            (
                "the likely parent of a likely brother or sister",
                "probable padre o madre de un probable hermano o hermana",
            ),
        ],
        m: &[0.05, 0.01, 0.94],
        carer: &[0.6, 0.1, 0.3],
        chance: &[0.9, 0.05, 0.05],
        level: |_, _, _| (0, 0),
    },
];

/// The Spanish words of a level, from its English ones; none for words that no level has.
pub(super) fn in_spanish(english: &str) -> Option<&'static str> {
    let mut levels = EVIDENCE.iter().flat_map(|kind| kind.levels);
    levels.find(|(words, _)| *words == english).map(|(_, spanish)| *spanish)
}

/// People and the names they give, encoded.
pub(super) struct Context<'a> {
    pub people: &'a People,
    pub children: Vec<u32>,
    pub adults: Vec<u32>,
    pub sex: Vec<u32>,
    pub unit: Encoded,
    pub station: Encoded,
    pub given: Dictionary,
    pub surname: Dictionary,
    pub own: Coded,
    pub named: Coded,
    /// Person → rows of the names it gives, by whom: mother, father, child.
    pub gives: [HashMap<u32, Vec<u32>>; 3],
    /// Row of a given name → what the adult who gives it says to be; [`NONE`]: not said.
    relation: Vec<u32>,
    country: Encoded,
    town: Encoded,
    language: Encoded,
    /// Person → its contacts, and whether each is an address.
    pub contacts: HashMap<u32, Vec<(u32, bool)>>,
    /// Person → its stays: place, first and last day.
    held: HashMap<u32, Vec<(u32, i32, i32)>>,
}

/// Names as codes, row by row.
pub(super) struct Coded {
    pub given: [Vec<u32>; 2],
    pub surname: [Vec<u32>; 2],
}

impl<'a> Context<'a> {
    pub fn new(people: &'a People, named: &Named) -> Self {
        fn columns<'b>(one: &'b Names, other: &'b Names) -> ([&'b crate::Words; 4], [&'b crate::Words; 4]) {
            (
                [&one.given_1, &one.given_2, &other.given_1, &other.given_2],
                [&one.surname_1, &one.surname_2, &other.surname_1, &other.surname_2],
            )
        }
        let (given, surname) = columns(&people.names, &named.names);
        let (given_codes, given) = Dictionary::new(&given);
        let (surname_codes, surname) = Dictionary::new(&surname);
        let mut given_codes = given_codes.into_iter();
        let mut surname_codes = surname_codes.into_iter();
        let mut next = || -> Coded {
            let two = |codes: &mut dyn Iterator<Item = Vec<u32>>| {
                [codes.next().unwrap_or_default(), codes.next().unwrap_or_default()]
            };
            Coded { given: two(&mut given_codes), surname: two(&mut surname_codes) }
        };
        let (own, names) = (next(), next());
        let mut gives: [HashMap<u32, Vec<u32>>; 3] = Default::default();
        for (row, (by, whom)) in named.by.iter().zip(&named.whom).enumerate() {
            if let (Some(by), Some(whom @ 0..3)) = (by, whom) {
                gives[whom as usize].entry(by).or_default().push(row as u32);
            }
        }
        let rows = |grown| {
            people
                .grown
                .iter()
                .enumerate()
                .filter(move |(_, of)| *of == Some(grown))
                .map(|(row, _)| row as u32)
        };
        Self {
            children: rows(0).collect(),
            adults: rows(1).collect(),
            sex: people.sex.iter().map(|sex| sex.unwrap_or(NONE)).collect(),
            unit: Encoded::new(&people.unit),
            station: Encoded::new(&people.station),
            relation: named.relation.iter().map(|relation| relation.unwrap_or(NONE)).collect(),
            country: Encoded::new(&people.country),
            town: Encoded::new(&people.town),
            language: Encoded::new(&people.language),
            contacts: contacts_of(people),
            held: held(people),
            people,
            given,
            surname,
            own,
            named: names,
            gives,
        }
    }
}

fn contacts_of(people: &People) -> HashMap<u32, Vec<(u32, bool)>> {
    let values = Encoded::new(&people.contacts.value);
    let mut contacts: HashMap<u32, Vec<(u32, bool)>> = HashMap::new();
    for (by, code) in people.contacts.by.values().iter().zip(&values.codes) {
        // A number that very many give is an office's.
        if *code != NONE && values.counts[*code as usize] <= MOST_SHARE_A_CONTACT {
            let address = values.values[*code as usize].starts_with('@');
            contacts.entry(*by).or_default().push((*code, address));
        }
    }
    contacts
}

fn held(people: &People) -> HashMap<u32, Vec<(u32, i32, i32)>> {
    let places = Encoded::new(&people.stays.place);
    let mut held: HashMap<u32, Vec<(u32, i32, i32)>> = HashMap::new();
    for (at, by) in people.stays.by.values().iter().enumerate() {
        if places.codes[at] != NONE && !people.stays.from.is_null(at) && !people.stays.to.is_null(at) {
            let stay = (places.codes[at], people.stays.from.value(at), people.stays.to.value(at));
            held.entry(*by).or_default().push(stay);
        }
    }
    held
}

/// People who may share a telephone or an address as a family does.
const MOST_SHARE_A_CONTACT: u32 = 25;

impl Context<'_> {
    /// The code of a person's town, or [`NONE`].
    pub fn town(&self, row: u32) -> u32 {
        self.town.codes[row as usize]
    }
}

/// Within how many minutes of each other members of one group are recorded.
pub(super) const MINUTES: i64 = 10;

fn unit(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    let codes = &context.unit.codes;
    (crate::compare::same_code(codes[child as usize], codes[adult as usize]), 0)
}

fn together(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    let (child, adult) = (child as usize, adult as usize);
    let people = context.people;
    let codes = &context.station.codes;
    if people.day.is_null(child) || people.day.is_null(adult) {
        return (0, 0);
    }
    let here = codes[child] != NONE && codes[child] == codes[adult];
    let known = codes[child] != NONE && codes[adult] != NONE;
    let same_day = people.day.value(child).abs_diff(people.day.value(adult)) <= 1;
    let minutes = (!people.minute.is_null(child) && !people.minute.is_null(adult))
        .then(|| (people.minute.value(child) - people.minute.value(adult)).abs());
    match (known, here && same_day, minutes) {
        (_, true, Some(minutes)) if minutes <= MINUTES => (3, 0),
        (_, true, Some(_)) => (if minutes.is_some_and(|minutes| minutes <= 24 * 60) { 2 } else { 1 }, 0),
        // Without minutes the best that can be said is the same day.
        (_, true, None) => (2, 0),
        (false, false, _) if same_day => (0, 0),
        _ => (1, 0),
    }
}

fn numbers(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    let number = &context.people.number;
    let (child, adult) = (child as usize, adult as usize);
    if number.is_null(child) || number.is_null(adult) {
        return (0, 0);
    }
    let apart = (number.value(child) - number.value(adult)).abs();
    (1 + u8::from(apart <= 60) + u8::from(apart <= 5), 0)
}

/// How well a name somebody gives fits a person's own: level 1..=4 as in the evidence, and the frequency weight.
fn fits(context: &Context<'_>, named: u32, person: u32) -> (u8, i64) {
    let (named, person) = (named as usize, person as usize);
    let (said, own) = (&context.named, &context.own);
    let pairs = |codes: &[Vec<u32>; 2], row: usize| [codes[0][row], codes[1][row]];
    let alike = |dictionary: &Dictionary, one: u32, other: u32| {
        one != NONE && other != NONE && dictionary.alike(one, other)
    };
    let any = |dictionary: &Dictionary, said: [u32; 2], own: [u32; 2]| {
        said.into_iter().any(|said| own.into_iter().any(|own| alike(dictionary, said, own)))
    };
    let (said_given, own_given) = (pairs(&said.given, named), pairs(&own.given, person));
    let (said_surname, own_surname) = (pairs(&said.surname, named), pairs(&own.surname, person));
    if own_given[0] == NONE && own_surname[0] == NONE {
        return (0, 0);
    }
    let given = any(&context.given, said_given, own_given);
    let in_order = alike(&context.surname, said_surname[0], own_surname[0])
        && (said_surname[1] == NONE
            || own_surname[1] == NONE
            || alike(&context.surname, said_surname[1], own_surname[1]));
    let some = any(&context.surname, said_surname, own_surname);
    match (given, in_order, some) {
        (true, true, _) => {
            // What chance there is of this very name: rarer names say more.
            let mut bits = 0.0;
            let rare = |dictionary: &Dictionary, code: u32, ways: usize| {
                if code == NONE {
                    0.0
                } else {
                    -(dictionary.frequency(code).max(1e-5) * ways as f64).min(1.0).log2()
                }
            };
            // Any of the given names may be the one that agrees: chance has as many ways as there are pairs of them.
            let parts = |names: [u32; 2]| names.iter().filter(|name| **name != NONE).count().max(1);
            let ways = parts(said_given) * parts(own_given);
            bits += rare(&context.given, own_given[0], ways) + rare(&context.surname, own_surname[0], 1);
            if said_surname[1] != NONE && own_surname[1] != NONE {
                bits += rare(&context.surname, own_surname[1], 1);
            }
            (4, weight::of_bits((bits - TYPICAL_NAME_BITS) * 0.75))
        }
        (true, false, true) => (3, 0),
        (false, _, true) => (2, 0),
        _ => (1, 0),
    }
}

/// Bits of surprise in a name of usual frequency (one given name in 60, two surnames in 70); what a name has more or
/// less than that is its frequency weight.
const TYPICAL_NAME_BITS: f64 = 15.0;

fn best(fits: impl Iterator<Item = (u8, i64)>) -> (u8, i64) {
    fits.max().unwrap_or((0, 0))
}

fn parent_named(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    let places: &[usize] = match context.sex[adult as usize] {
        0 => &[0],
        1 => &[1],
        _ => &[0, 1],
    };
    let named = places.iter().filter_map(|place| context.gives[*place].get(&child)).flatten();
    best(named.map(|named| fits(context, *named, adult)))
}

fn child_named(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    let named = context.gives[2].get(&adult).into_iter().flatten();
    best(named.map(|named| fits(context, *named, child)))
}

fn surnames(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    let own = &context.own.surname;
    let (child_first, child_second) = (own[0][child as usize], own[1][child as usize]);
    let (adult_first, adult_second) = (own[0][adult as usize], own[1][adult as usize]);
    if child_first == NONE || adult_first == NONE {
        return (0, 0);
    }
    let alike = |one: u32, other: u32| one != NONE && other != NONE && context.surname.alike(one, other);
    let handed_down = match context.sex[adult as usize] {
        // The mother's first is the child's second; a single mother gives both of hers.
        0 => {
            alike(child_second, adult_first)
                || (alike(child_first, adult_first) && alike(child_second, adult_second))
        }
        1 => alike(child_first, adult_first),
        _ => alike(child_first, adult_first) || alike(child_second, adult_first),
    };
    let other = alike(child_first, adult_first)
        || alike(child_first, adult_second)
        || alike(child_second, adult_first)
        || alike(child_second, adult_second);
    if handed_down || other {
        // Of the two spellings the commoner counts: a slip of the pen is rare, and says nothing for it.
        let shared =
            if alike(child_first, adult_first) || child_second == NONE { child_first } else { child_second };
        let rarity = context.surname.rarity(adult_first, 2).min(context.surname.rarity(shared, 2));
        let adjust = weight::of_bits(rarity.clamp(-5.0, 9.0));
        return (if handed_down { 3 } else { 2 }, adjust);
    }
    (1, 0)
}

fn ages(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    let birth = &context.people.birth;
    let (child, adult) = (child as usize, adult as usize);
    if birth.is_null(child) || birth.is_null(adult) {
        return (0, 0);
    }
    let level = match (birth.value(child) - birth.value(adult)).div_euclid(365) {
        ..12 => 1,
        12..=14 => 2,
        15..=37 => 3,
        38..=60 => 4,
        _ => 5,
    };
    (level, 0)
}

fn stated(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    // Of the child whose name fits this one best.
    let named = context.gives[2].get(&adult).into_iter().flatten();
    let best = named.map(|row| (fits(context, *row, child).0, context.relation[*row as usize])).max();
    match best {
        Some((3.., 0)) => (2, 0),
        Some((3.., 1..=2)) => (1, 0),
        _ => (0, 0),
    }
}

fn contact(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    let (Some(one), Some(other)) = (context.contacts.get(&child), context.contacts.get(&adult)) else {
        return (0, 0);
    };
    let shared = one.iter().filter(|contact| other.contains(contact));
    (1 + shared.map(|(_, address)| if *address { 1 } else { 2 }).max().unwrap_or(0), 0)
}

fn origin(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    let of = |column: &Encoded| (column.codes[child as usize], column.codes[adult as usize]);
    let same = |(one, other): (u32, u32)| one != NONE && one == other;
    let differ = |(one, other): (u32, u32)| one != NONE && other != NONE && one != other;
    if differ(of(&context.country)) {
        return (1, 0);
    }
    if same(of(&context.town)) {
        let code = of(&context.town).0 as usize;
        let share = f64::from(context.town.counts[code]) / context.town.codes.len() as f64;
        // A town of one in fifty is as usual as the level supposes.
        return (5, weight::of_bits((0.02 / share.max(1e-4)).log2().clamp(-4.0, 5.0) * 0.75));
    }
    let language = of(&context.language);
    if differ(language) {
        return (2, 0);
    }
    if same(language) {
        let share = context.language.counts[language.0 as usize] as f64 / context.language.codes.len() as f64;
        if share < 0.1 {
            return (4, weight::of_bits((0.02 / share.max(1e-4)).log2().clamp(-3.0, 4.0) * 0.75));
        }
    }
    (if differ(of(&context.town)) { 3 } else { 0 }, 0)
}

fn stays(context: &Context<'_>, child: u32, adult: u32) -> (u8, i64) {
    let none = Vec::new();
    let (here, there) =
        (context.held.get(&child).unwrap_or(&none), context.held.get(&adult).unwrap_or(&none));
    let day = &context.people.day;
    let day = (!day.is_null(child as usize)).then(|| day.value(child as usize));
    // Well within a stay: about its first and last day a person is on the way, and a group taken at midnight stands on two
    // days.
    if day.is_some_and(|day| there.iter().any(|(_, from, to)| *from + 1 < day && day + 1 < *to)) {
        return (1, 0);
    }
    if here.is_empty() || there.is_empty() {
        return (0, 0);
    }
    let met = here.iter().any(|(place, from, to)| {
        there.iter().any(|(other, since, until)| place == other && from <= until && since <= to)
    });
    (2 + u8::from(met), 0)
}

/// What one circumstance explains speaks once. The name of a parent carries the surnames with it; people apprehended
/// together are numbered together, so the numbers say nothing more unless they speak against it.
pub(super) fn not_twice(levels: &mut [u8; KINDS]) {
    const TOGETHER: usize = 1;
    const NUMBERS: usize = 2;
    const PARENT_NAMED: usize = 3;
    const CHILD_NAMED: usize = 4;
    const SURNAMES: usize = 5;
    const STAYS: usize = 10;
    if levels[PARENT_NAMED] >= 3 || levels[CHILD_NAMED] >= 3 {
        levels[SURNAMES] = 0;
    }
    if levels[TOGETHER] >= 2 && levels[STAYS] == 3 {
        levels[STAYS] = 0;
    }
    if levels[TOGETHER] == 3 && levels[NUMBERS] >= 2 {
        levels[NUMBERS] = 0;
    }
}

/// Imagined chance pairs at the argued values, beside those that are counted: a few families in a small case must not
/// teach that sharing a family-unit number is common.
const IMAGINED: f64 = 10_000.0;

/// u of every level: over all child × adult pairs. Levels that chance hardly reaches are counted exactly from sorted
/// columns; the others by a fixed sample.
pub(super) fn chance(context: &Context<'_>) -> Vec<Vec<f64>> {
    const SAMPLE: usize = 200_000;
    let argued = |kind: &Kind| kind.chance.iter().map(|share| share * IMAGINED).collect();
    let mut counts: Vec<Vec<f64>> = EVIDENCE.iter().map(argued).collect();
    let (children, adults) = (&context.children, &context.adults);
    let count = |counts: &mut Vec<Vec<u32>>, child: u32, adult: u32| {
        for (at, kind) in EVIDENCE.iter().enumerate() {
            let (level, _) = (kind.level)(context, child, adult);
            if level > 0 {
                counts[at][level as usize - 1] += 1;
            }
        }
    };
    let nothing = || -> Vec<Vec<u32>> { EVIDENCE.iter().map(|kind| vec![0; kind.chance.len()]).collect() };
    let parts: Vec<Vec<Vec<u32>>> = if children.len().saturating_mul(adults.len()) <= SAMPLE {
        let of_child = |child: &u32| {
            let mut counts = nothing();
            adults.iter().for_each(|adult| count(&mut counts, *child, *adult));
            counts
        };
        children.par_iter().map(of_child).collect()
    } else {
        // Parts of one fixed size with a sequence each: the same draws on any number of threads.
        const PARTS: usize = 32;
        let of_part = |part: usize| {
            let mut counts = nothing();
            let mut state = 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(2 * part as u64 + 1);
            let mut draw = |count: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                ((state >> 33) % count as u64) as usize
            };
            for _ in 0..SAMPLE / PARTS {
                let (child, adult) = (children[draw(children.len())], adults[draw(adults.len())]);
                count(&mut counts, child, adult);
            }
            counts
        };
        (0..PARTS).into_par_iter().map(of_part).collect()
    };
    for (at, levels) in parts.iter().flat_map(|part| part.iter().enumerate()) {
        for (level, count) in levels.iter().enumerate() {
            counts[at][level] += f64::from(*count);
        }
    }
    for levels in &mut counts {
        let total: f64 = levels.iter().sum();
        levels.iter_mut().for_each(|count| *count /= total);
    }
    exact(context, &mut counts);
    counts
}

/// Replaces the sampled share of the rarest levels by the share counted over all pairs.
fn exact(context: &Context<'_>, u: &mut [Vec<f64>]) {
    let people = context.people;
    let share = |kind: usize, level: usize, hits: u64, children: usize, adults: usize| {
        let argued = EVIDENCE[kind].chance[level] * IMAGINED;
        // Families are among the hits and make chance look likelier than it is: that errs towards caution.
        (hits as f64 + argued) / (children as f64 * adults as f64 + IMAGINED)
    };
    // The same family-unit number.
    let mut units: HashMap<u32, (u64, u64)> = HashMap::new();
    let mut with_unit = (0, 0);
    for child in &context.children {
        if context.unit.codes[*child as usize] != NONE {
            units.entry(context.unit.codes[*child as usize]).or_default().0 += 1;
            with_unit.0 += 1;
        }
    }
    for adult in &context.adults {
        if context.unit.codes[*adult as usize] != NONE {
            units.entry(context.unit.codes[*adult as usize]).or_default().1 += 1;
            with_unit.1 += 1;
        }
    }
    u[0][1] = share(
        0,
        1,
        units.values().map(|(children, adults)| children * adults).sum(),
        with_unit.0,
        with_unit.1,
    );
    // Within ten minutes at one place.
    let mut minutes: HashMap<u32, Vec<i64>> = HashMap::new();
    let timed =
        |row: u32| context.station.codes[row as usize] != NONE && !people.minute.is_null(row as usize);
    for adult in context.adults.iter().copied().filter(|row| timed(*row)) {
        minutes
            .entry(context.station.codes[adult as usize])
            .or_default()
            .push(people.minute.value(adult as usize));
    }
    minutes.values_mut().for_each(|minutes| minutes.sort_unstable());
    let mut hits = 0;
    let mut counted = 0;
    for child in context.children.iter().copied().filter(|row| timed(*row)) {
        counted += 1;
        if let Some(minutes) = minutes.get(&context.station.codes[child as usize]) {
            hits += within(minutes, people.minute.value(child as usize), MINUTES);
        }
    }
    u[1][2] = share(1, 2, hits, counted, minutes.values().map(Vec::len).sum());
    // Numbers within 5 and within 60.
    let numbered = |rows: &[u32]| -> Vec<i64> {
        let rows = rows.iter().filter(|row| !people.number.is_null(**row as usize));
        let mut numbers: Vec<i64> = rows.map(|row| people.number.value(*row as usize)).collect();
        numbers.sort_unstable();
        numbers
    };
    let (children, adults) = (numbered(&context.children), numbered(&context.adults));
    let near: u64 = children.iter().map(|number| within(&adults, *number, 5)).sum();
    let by: u64 = children.iter().map(|number| within(&adults, *number, 60)).sum();
    u[2][2] = share(2, 2, near, children.len(), adults.len());
    u[2][1] = share(2, 1, by - near, children.len(), adults.len());
    // The very name: the typical surprise stands here, what a name has more or less stands in its frequency weight.
    for named in [3, 4] {
        u[named][3] = (-TYPICAL_NAME_BITS).exp2();
    }
}

/// How many of the sorted values lie within `reach` of `value`.
fn within(sorted: &[i64], value: i64, reach: i64) -> u64 {
    let from = sorted.partition_point(|other| *other < value - reach);
    let to = sorted.partition_point(|other| *other <= value + reach);
    (to - from) as u64
}

/// m by the pairs as far as they are believed, leaning on the argued values by a hundred imagined pairs.
pub(super) fn refit(pairs: impl Iterator<Item = ([u8; KINDS], f64)>) -> Vec<Vec<f64>> {
    const IMAGINED: f64 = 100.0;
    let mut m: Vec<Vec<f64>> =
        EVIDENCE.iter().map(|kind| kind.m.iter().map(|share| share * IMAGINED).collect()).collect();
    for (levels, probability) in pairs {
        for (at, level) in levels.into_iter().enumerate() {
            if level > 0 {
                m[at][level as usize - 1] += probability;
            }
        }
    }
    for levels in &mut m {
        let total: f64 = levels.iter().sum();
        levels.iter_mut().for_each(|share| *share /= total);
    }
    m
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argued_values_are_probabilities() {
        for kind in &EVIDENCE {
            assert_eq!([kind.m.len(), kind.chance.len()], [kind.levels.len(); 2], "{}", kind.name);
            for argued in [kind.m, kind.chance, kind.carer].into_iter().filter(|argued| !argued.is_empty()) {
                assert_eq!(argued.len(), kind.levels.len(), "{}", kind.name);
                assert!((argued.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{}", kind.name);
            }
        }
        assert_eq!(within(&[1, 5, 5, 9], 5, 3), 2);
    }
}
