//! At the desk: search, as tolerant as names are badly written. It is by name, number, code or birth date; age, sex, country
//! and place narrow what those find, and find nobody by themselves. What the reader may not see in full of somebody does not
//! find them, or asking would tell what looking does not; whoever is hidden is in no result and no total.

use crate::desk::Desk;
use crate::line::{Page, PersonLine};
use crate::snapshot::{Base, Counted, Eye, Index, Likeness, Slot, Snapshot, bare};
use crate::{Error, wire};
use rejoin_access::{Asked, FieldGroup, Reduced, SubjectFacts};
use rejoin_model::{Country, Field, Moment, Precision, Sex};
use rejoin_normalize::{identifier, name, text};
use std::collections::{BTreeSet, HashMap};

/// People that a search gives at most, over all of its pages.
const MOST: usize = 200;
/// Words of a name that are looked at.
const WORDS: usize = 8;
/// Share of a name from which somebody is found.
const NAMED: f32 = 0.6;
/// What a word counts that a shorter name has no room for.
const DROPPED: f32 = 0.35;
/// Score from which somebody is given.
const LEAST: f32 = 0.35;

/// What is asked for. Empty fields ask for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// A name, its parts in any order: `lopez juan`, `LOPEZ GARCIA, JUAN`.
    pub name: String,
    /// Given names, where they are known apart.
    pub given: String,
    /// Surnames, where they are known apart.
    pub surnames: String,
    /// Birth date. Known to the day it finds people by itself.
    pub birth: Option<Moment>,
    /// Age in whole years, instead.
    pub age: Option<u8>,
    /// How many years more or less.
    pub age_within: u8,
    /// Sex.
    pub sex: Option<Sex>,
    /// Country of origin.
    pub country: Option<Country>,
    /// A number that an agency gave: as it is, or with two neighbouring characters exchanged.
    pub number: String,
    /// A receipt's code, or an id of a person or record.
    pub code: String,
    /// A place, or the beginning of its name. It narrows what the rest finds.
    pub place: String,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            name: String::new(),
            given: String::new(),
            surnames: String::new(),
            birth: None,
            age: None,
            age_within: 2,
            sex: None,
            country: None,
            number: String::new(),
            code: String::new(),
            place: String::new(),
        }
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// People, the likeliest first.
    pub hits: Vec<Hit>,
    /// How many the reader may see; 200 at most.
    pub total: u64,
    /// There are more than that: the question says too little.
    pub more: bool,
}

/// Somebody who was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Who.
    pub who: Reduced<PersonLine>,
    /// How well it fits, 0 to 100. It is no probability.
    pub score: u8,
    /// Why, and what speaks against it.
    pub reasons: Vec<Reason>,
}

macro_rules! reasons {
    ($($variant:ident = $word:literal, $english:literal, $spanish:literal;)*) => {
        /// Why somebody was found, or what speaks against it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $(#[doc = $english] $variant,)*
        }

        impl Reason {
            /// The stable word.
            pub fn word(self) -> &'static str {
                match self { $(Reason::$variant => $word,)* }
            }

            /// What a person reads, in English and Spanish.
            pub fn words(self) -> (&'static str, &'static str) {
                match self { $(Reason::$variant => ($english, $spanish),)* }
            }
        }
    };
}

reasons! {
    Code = "code", "the code is this person's", "el código es de esta persona";
    NumberSame = "number-same", "the number is the same", "el número es el mismo";
    NumberTransposed = "number-transposed", "the number, with two neighbouring characters exchanged", "el número, con dos caracteres vecinos cambiados";
    SurnameSame = "surname-same", "a surname is the same", "un apellido es el mismo";
    SurnameSounds = "surname-sounds-alike", "a surname sounds alike", "un apellido suena igual";
    SurnameAlike = "surname-alike", "a surname is spelled alike", "un apellido se escribe de forma parecida";
    SurnamesSwapped = "surnames-swapped", "the surnames are in the other order", "los apellidos están en el otro orden";
    GivenSame = "given-name-same", "a given name is the same", "un nombre es el mismo";
    GivenSounds = "given-name-sounds-alike", "a given name sounds alike", "un nombre suena igual";
    GivenAlike = "given-name-alike", "a given name is spelled alike", "un nombre se escribe de forma parecida";
    GivenShort = "given-name-short-form", "a given name is a familiar form of the other", "un nombre es forma familiar del otro";
    OtherPart = "other-part-of-name", "a surname stands among the given names, or the other way round", "un apellido figura entre los nombres, o al revés";
    Relative = "named-relative", "the name is that of a relative whom the file names", "el nombre es el de un familiar que consta en el expediente";
    WordMissing = "word-missing", "a part of the name is not there", "falta una parte del nombre";
    BirthSame = "birth-same", "born on the same day", "nacido el mismo día";
    BirthSwapped = "birth-day-and-month-swapped", "the same birth date, day and month exchanged", "misma fecha de nacimiento, con día y mes cambiados";
    BirthNear = "birth-near", "born within a year of the date", "nacido a menos de un año de la fecha";
    BirthDiffers = "birth-differs", "born on another day", "nacido otro día";
    AgeFits = "age-fits", "the age fits", "la edad concuerda";
    AgeDiffers = "age-differs", "the age differs", "la edad es otra";
    SexDiffers = "sex-differs", "the sex differs", "el sexo es otro";
    CountryDiffers = "country-differs", "the country differs", "el país es otro";
}

/// A word that is looked for, and where in a name it is expected.
struct Word {
    text: String,
    slot: Slot,
    /// The slot is known, and not guessed.
    known: bool,
}

/// What is looked for, understood.
struct Sought<'a> {
    query: &'a Query,
    words: Vec<Word>,
    number: Option<String>,
    place: Option<String>,
}

/// Groups that the search asks the access decision about, by their places.
const ASKED: [FieldGroup; 6] = [
    FieldGroup::Names,
    FieldGroup::Family,
    FieldGroup::BirthAndAge,
    FieldGroup::Origin,
    FieldGroup::IdentityNumbers,
    FieldGroup::Whereabouts,
];
const NAMES: usize = 0;
const FAMILY: usize = 1;
const BIRTH: usize = 2;
const ORIGIN: usize = 3;
const NUMBERS: usize = 4;
const WHEREABOUTS: usize = 5;

fn understood(query: &Query) -> Result<Sought<'_>, Error> {
    let mut words: Vec<Word> = Vec::new();
    let mut take = |tokens: &[String], slot: Slot, known: bool| {
        let long = tokens.iter().map(|token| bare(token)).filter(|token| token.len() > 1);
        words.extend(long.map(|token| Word { text: token.to_owned(), slot, known }));
    };
    if let Some(apart) = name::from_parts(&query.given, &[query.surnames.as_str()]) {
        take(&apart.given, Slot::Given, true);
        take(&apart.surnames, Slot::Surname, true);
    }
    if let Some(whole) = name::full(&query.name) {
        // A comma says which is which.
        let known = query.name.contains(',');
        take(&whole.given, Slot::Given, known);
        take(&whole.surnames, Slot::Surname, known);
    }
    words.truncate(WORDS);
    let number = identifier::read(&query.number);
    let number = number.map(|number| identifier::alien_number(&query.number).unwrap_or(number));
    let place = Some(text::fold(&query.place)).filter(|place| !place.is_empty());
    let to_the_day = query.birth.is_some_and(|birth| birth.precision() >= Precision::Day);
    if words.is_empty() && number.is_none() && query.code.trim().is_empty() && !to_the_day {
        return Err(Error::Refused(match place {
            Some(_) => "a place finds nobody: search by name, number, code or birth date".into(),
            None => "search by a name, a number, a code or a whole birth date; the rest narrows".into(),
        }));
    }
    Ok(Sought { query, words, number, place })
}

/// A record that may be meant.
#[derive(Clone, Copy)]
struct Maybe {
    person: u32,
    record: u32,
    score: f32,
}

/// The words that are like one that is looked for, each with how.
type Like<'a> = HashMap<&'a str, Likeness>;

/// Words of the index that are like one that is looked for, and what it weighs: rare words say more.
struct Alike {
    words: Vec<(u32, Likeness)>,
    weight: f32,
}

fn alike(index: &Index, word: &Word, records: usize) -> Alike {
    let words = index.like(&word.text);
    let near = words.iter().filter(|(_, likeness)| *likeness <= Likeness::SoundsAlike);
    let there: u32 = near.map(|(word, _)| index.frequency(*word)).sum();
    let weight = (2.0 * records as f32 / (1.0 + there as f32)).max(2.0).log2().min(14.0);
    Alike { words, weight }
}

/// Of each record that has a part of the name, how much, from 0 to 1: in its own name, and in a relative's.
fn named(index: &Index, sought: &Sought<'_>, alike: &[Alike]) -> Vec<(u32, [f32; 2])> {
    let mut room = index.room();
    let (mut touched, mut all) = (Vec::new(), Vec::new());
    for (word, alike) in sought.words.iter().zip(alike) {
        for (other, likeness) in &alike.words {
            for (record, slot) in index.places(*other) {
                let whose = usize::from(slot == Slot::Relative);
                // A first surname becomes a middle name in English forms: elsewhere it says nearly as much.
                let quality = match whose == 1 || slot == word.slot {
                    true => likeness.quality(),
                    false if word.known => likeness.quality() - 12,
                    false => likeness.quality() - 3,
                };
                let best = &mut room[record as usize].best;
                if *best == [0; 2] {
                    touched.push(record);
                }
                best[whose] = best[whose].max(quality);
            }
        }
        for record in touched.drain(..) {
            let room = &mut room[record as usize];
            if room.matched == [0; 2] {
                all.push(record);
            }
            for whose in [0, 1] {
                room.reached[whose] += alike.weight * f32::from(room.best[whose]) / 100.0;
                room.matched[whose] += u8::from(room.best[whose] > 0);
            }
            room.best = [0; 2];
        }
    }
    let asked: f32 = alike.iter().map(|alike| alike.weight).sum();
    let words = sought.words.len() as u8;
    let share = |record: u32, counted: &Counted, whose: usize| {
        // Words that are not there count little where the name has no other in their place: it was cut short.
        let missing = words - counted.matched[whose];
        let others = index.lengths[record as usize][whose].saturating_sub(counted.matched[whose]);
        let contradicted = f32::from(missing.min(others));
        let dropped = f32::from(missing - missing.min(others));
        let share = counted.reached[whose] / asked;
        let lost = match missing {
            0 => 1.0,
            _ => (contradicted + DROPPED * dropped) / f32::from(missing),
        };
        share / (share + (1.0 - share).max(0.0) * lost)
    };
    let of = |record: u32| {
        let counted = std::mem::take(&mut room[record as usize]);
        let of = |whose: usize| match counted.matched[whose] {
            0 => 0.0,
            _ => share(record, &counted, whose),
        };
        (record, [of(0), of(1)])
    };
    let named = all.into_iter().map(of).collect();
    index.give_back(room);
    named
}

/// How a birth date, an age, a sex and a country fit; and in words.
fn fits(
    base: &Base,
    sought: &Sought<'_>,
    one: Maybe,
    seen: &dyn Fn(usize) -> u8,
    reasons: &mut Vec<Reason>,
) -> f32 {
    let traits = base.index().traits[one.record as usize];
    let query = sought.query;
    let age = base.said[one.person as usize].age;
    let mut factor = 1.0;
    let mut weigh = |by: f32, reason: Option<Reason>| {
        factor *= by;
        reasons.extend(reason);
    };
    let shown = seen(BIRTH) == 2;
    if let Some(asked) = query.birth {
        let swapped = || {
            let date = asked.date();
            (asked.precision() == Precision::Day)
                .then(|| Moment::day(date.year(), date.day(), date.month()))?
        };
        match traits.birth.filter(|_| shown) {
            Some(birth) if birth.may_coincide(asked) => weigh(1.0, Some(Reason::BirthSame)),
            Some(birth) if swapped() == Some(birth) => weigh(0.95, Some(Reason::BirthSwapped)),
            Some(birth) if (birth.day_number() - asked.day_number()).abs() <= 366 => {
                weigh(0.8, Some(Reason::BirthNear));
            }
            Some(_) => weigh(0.45, Some(Reason::BirthDiffers)),
            None => match age.filter(|_| shown) {
                Some(age) => {
                    let years = (base.as_of.day_number() - asked.day_number()).div_euclid(365);
                    match (years - i32::from(age)).abs() <= 1 {
                        true => weigh(0.9, Some(Reason::AgeFits)),
                        false => weigh(0.5, Some(Reason::AgeDiffers)),
                    }
                }
                None => weigh(0.85, None),
            },
        }
    }
    if let Some(asked) = query.age {
        let ages = [age, traits.age].into_iter().flatten().filter(|_| shown);
        match ages.map(|age| age.abs_diff(asked)).min() {
            Some(apart) if apart <= query.age_within => weigh(1.0, Some(Reason::AgeFits)),
            Some(apart) if apart <= query.age_within.saturating_add(2) => {
                weigh(0.75, Some(Reason::AgeDiffers));
            }
            Some(_) => weigh(0.4, Some(Reason::AgeDiffers)),
            None => weigh(0.85, None),
        }
    }
    let origin = seen(ORIGIN) > 0;
    match (query.sex, traits.sex.filter(|_| origin)) {
        (Some(asked), Some(sex)) if asked != sex => weigh(0.7, Some(Reason::SexDiffers)),
        _ => {}
    }
    match (query.country, traits.country.filter(|_| origin)) {
        (Some(asked), Some(country)) if asked != country => weigh(0.75, Some(Reason::CountryDiffers)),
        _ => {}
    }
    factor
}

/// Whether one of a person's places begins so.
fn is_at(base: &Base, person: u32, place: &str) -> bool {
    let places = [Field::Facility, Field::Station, Field::Sector, Field::Office, Field::Birthplace];
    base.records(person).any(|record| {
        let of = places.iter().filter_map(|field| record.place(*field));
        of.map(text::fold).any(|known| known.starts_with(place) || known.contains(&format!(" {place}")))
    })
}

impl Desk<'_> {
    /// People who may be meant, the likeliest first. It is written down as read, with who is on the page.
    ///
    /// # Errors
    /// [`Error::Refused`] when nothing is asked for that finds anybody; [`Error::Code`] for a code that was misread.
    pub fn search(&self, query: &Query, page: Page) -> Result<Found, Error> {
        let sought = understood(query)?;
        let snapshot = self.case.snapshot()?;
        let asked = ASKED.map(Asked::from);
        let all = |_: &SubjectFacts| true;
        let eye = Eye::new(self.decider(), &snapshot, &asked, &all);
        let index = snapshot.base.index();
        let records = index.traits.len();
        let alike: Vec<Alike> = sought.words.iter().map(|word| alike(index, word, records)).collect();
        let mut found = match query.code.trim() {
            "" => likely(&snapshot, &sought, &alike, &eye),
            code => self.coded(&snapshot, code)?.into_iter().collect(),
        };
        if let Some(place) = sought.place.as_deref().filter(|_| query.code.trim().is_empty()) {
            found.retain(|one| {
                eye.extent(one.person, WHEREABOUTS) == 2 && is_at(&snapshot.base, one.person, place)
            });
        }
        let more = found.len() > MOST;
        found.truncate(MOST);
        let total = found.len() as u64;
        let on_page = (0u64..).zip(&found).filter(|(at, _)| page.has(*at)).map(|(_, one)| *one);
        let like: Vec<Like<'_>> = alike
            .iter()
            .map(|alike| alike.words.iter().map(|(at, likeness)| (index.word(*at), *likeness)).collect())
            .collect();
        let hits = on_page.filter_map(|one| self.hit(&snapshot, &sought, &like, &eye, one));
        let hits: Vec<Hit> = hits.collect();
        let shown = hits.iter().filter_map(|hit| snapshot.base.at(hit.who.person));
        let subjects: BTreeSet<String> = shown
            .flat_map(|person| snapshot.base.records(person).map(|record| record.id.to_string()))
            .collect();
        let count = hits.len() as u64;
        self.write_seen(wire::FILE_READ, &self.seen(subjects.into_iter().collect(), "search", count, None))?;
        Ok(Found { hits, total, more })
    }

    /// Whom a code means, if the reader may know of them.
    fn coded(&self, snapshot: &Snapshot, code: &str) -> Result<Option<Maybe>, Error> {
        let person = match snapshot.named(code) {
            Some(person) => Some(person),
            None if code.contains('-') && code.starts_with(['p', 'P', 'r', 'R']) && code.len() == 18 => None,
            None => self.case.find_receipt(code)?.and_then(|receipt| snapshot.base.at(receipt.person)),
        };
        let seen = person.filter(|person| self.decider().sees(&self.facts_at(snapshot, *person)));
        Ok(seen.and_then(|person| {
            let record = *snapshot.base.record_places(person).first()?;
            Some(Maybe { person, record, score: 1.0 })
        }))
    }

    fn hit(
        &self,
        snapshot: &Snapshot,
        sought: &Sought<'_>,
        like: &[Like<'_>],
        eye: &Eye<'_>,
        one: Maybe,
    ) -> Option<Hit> {
        let base = &snapshot.base;
        let facts = self.facts_at(snapshot, one.person);
        let who = self.line(snapshot, one.person, &facts)?;
        let seen = |group: usize| eye.extent(one.person, group);
        let mut reasons = Vec::new();
        if !sought.query.code.trim().is_empty() {
            reasons.push(Reason::Code);
            return Some(Hit { who, score: 100, reasons });
        }
        if let Some(number) = sought.number.as_deref().filter(|_| seen(NUMBERS) == 2) {
            let record = &base.index().numbered(number);
            let own = record.iter().filter(|(record, _)| base.person_at[*record as usize] == one.person);
            match own.map(|(_, exact)| *exact).max() {
                Some(true) => reasons.push(Reason::NumberSame),
                Some(false) => reasons.push(Reason::NumberTransposed),
                None => {}
            }
        }
        name_reasons(base, sought, like, one, &seen, &mut reasons);
        fits(base, sought, one, &seen, &mut reasons);
        reasons.sort_unstable();
        reasons.dedup();
        Some(Hit { who, score: (one.score * 100.0).round().clamp(0.0, 100.0) as u8, reasons })
    }
}

/// Who may be meant, of those whom the reader may find by what is asked for; the likeliest first.
fn likely(snapshot: &Snapshot, sought: &Sought<'_>, alike: &[Alike], eye: &Eye<'_>) -> Vec<Maybe> {
    let base = &snapshot.base;
    let index = base.index();
    let mut by_record: HashMap<u32, f32> = HashMap::new();
    let mut maybe: Vec<Maybe> = Vec::new();
    let mut take = |record: u32, score: f32| {
        maybe.push(Maybe { person: base.person_at[record as usize], record, score });
    };
    let numbered = sought.number.as_deref().map(|number| index.numbered(number)).unwrap_or_default();
    for (record, exact) in &numbered {
        if eye.extent(base.person_at[*record as usize], NUMBERS) == 2 {
            let score = by_record.entry(*record).or_default();
            *score = score.max(if *exact { 1.0 } else { 0.8 });
        }
    }
    // A number that was asked for and is not theirs speaks against everybody else.
    let without = if sought.number.is_some() { 0.7 } else { 1.0 };
    if sought.words.is_empty() {
        by_record.iter().for_each(|(record, score)| take(*record, *score));
        if let (None, Some(birth)) = (&sought.number, sought.query.birth) {
            let date = birth.date();
            let swapped = Moment::day(date.year(), date.day(), date.month());
            let days =
                BTreeSet::from_iter([Some(birth), swapped].into_iter().flatten().map(Moment::day_number));
            for record in days.iter().flat_map(|day| index.born(*day)) {
                if eye.extent(base.person_at[*record as usize], BIRTH) == 2 {
                    take(*record, 1.0);
                }
            }
        }
    } else {
        for (record, [own, relative]) in named(index, sought, alike) {
            let number = by_record.remove(&record);
            if own < NAMED && relative < NAMED && number.is_none() {
                continue;
            }
            let person = base.person_at[record as usize];
            let own = if eye.extent(person, NAMES) == 2 { own } else { 0.0 };
            let relative = if eye.extent(person, FAMILY) == 2 { relative } else { 0.0 };
            let name = own.max(relative * 0.8);
            match number {
                Some(number) => take(record, number * (0.75 + 0.25 * name)),
                None if name >= NAMED => take(record, name * without),
                None => {}
            }
        }
        by_record.iter().for_each(|(record, number)| take(*record, number * 0.75));
    }
    for one in &mut maybe {
        let seen = |group: usize| eye.extent(one.person, group);
        one.score *= fits(base, sought, *one, &seen, &mut Vec::new());
    }
    maybe.retain(|one| one.score >= LEAST);
    maybe.sort_unstable_by(|one, other| {
        (one.person, other.score, one.record)
            .partial_cmp(&(other.person, one.score, other.record))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    maybe.dedup_by_key(|one| one.person);
    maybe.sort_by(|one, other| other.score.total_cmp(&one.score));
    maybe
}

/// In words, how the name of a record is like the one that was asked for.
fn name_reasons(
    base: &Base,
    sought: &Sought<'_>,
    like: &[Like<'_>],
    one: Maybe,
    seen: &dyn Fn(usize) -> u8,
    reasons: &mut Vec<Reason>,
) {
    let record = &base.whole.records[one.record as usize];
    let own = if seen(NAMES) == 2 { crate::snapshot::own_words(record) } else { Vec::new() };
    let relatives = if seen(FAMILY) == 2 { crate::snapshot::relatives_words(record) } else { Vec::new() };
    let mut surnames: Vec<usize> = Vec::new();
    for (word, like) in sought.words.iter().zip(like) {
        let best = own
            .iter()
            .enumerate()
            .filter_map(|(at, (text, slot))| Some((*like.get(text)?, *slot != word.slot, at, *slot)));
        match best.min() {
            Some((likeness, elsewhere, at, slot)) => {
                reasons.push(match (slot, likeness) {
                    (Slot::Surname, Likeness::Same) => Reason::SurnameSame,
                    (Slot::Surname, Likeness::SoundsAlike) => Reason::SurnameSounds,
                    (Slot::Surname, _) => Reason::SurnameAlike,
                    (_, Likeness::Same) => Reason::GivenSame,
                    (_, Likeness::SoundsAlike) => Reason::GivenSounds,
                    (_, Likeness::Nickname) => Reason::GivenShort,
                    (_, Likeness::OneSlip | Likeness::Alike) => Reason::GivenAlike,
                });
                reasons.extend((elsewhere && word.known).then_some(Reason::OtherPart));
                surnames.extend((slot == Slot::Surname && word.slot == Slot::Surname).then_some(at));
            }
            None if relatives.iter().any(|text| like.contains_key(text)) => reasons.push(Reason::Relative),
            None => reasons.push(Reason::WordMissing),
        }
    }
    if surnames.windows(2).any(|pair| pair[0] > pair[1]) {
        reasons.push(Reason::SurnamesSwapped);
    }
}
