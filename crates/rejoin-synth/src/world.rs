//! The world before anybody lists it: who exists, who is whose child, who was taken where and when.

use crate::dirt::Dirt;
use crate::names::{COUNTRIES, GIVEN_FEMALE, GIVEN_MALE, LANGUAGES, SECTORS, SHELTERS, SURNAMES};
use crate::stream;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// What world to make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The seed: the same seed and settings give the same bytes.
    pub seed: u64,
    /// Children in shelters.
    pub children: usize,
    /// Adults in the border's lists.
    pub adults: usize,
    /// Tracing requests.
    pub tracing: usize,
    /// Of the children in shelters, the share taken from a parent.
    pub separated: f64,
    /// How dirty the lists are: 0 clean, 1 as real ones, 2 twice that.
    pub dirt: f64,
    /// Share of separated families whose family-unit number the border's list has lost.
    pub units_deleted: f64,
    /// Of separated children, the share whose shelter wrote the ground down.
    pub grounds: f64,
    /// Shares of separated children on three further lists (lawyers, a hotline, a consulate); 0: the list is not made.
    pub intakes: [f64; 3],
}

impl Default for Settings {
    /// The summer of 2018.
    fn default() -> Self {
        Self {
            seed: 2018,
            children: 12_000,
            adults: 40_000,
            tracing: 1_500,
            separated: 0.225,
            dirt: 1.0,
            units_deleted: 0.6,
            grounds: 0.55,
            intakes: [0.0; 3],
        }
    }
}

/// A person.
#[derive(Debug, Clone)]
pub struct Person {
    /// Given names, one or two.
    pub given: Vec<&'static str>,
    /// Father's first surname and mother's first surname.
    pub surnames: [&'static str; 2],
    /// Female.
    pub female: bool,
    /// Day of birth.
    pub birth: Date,
    /// Index into the table of countries.
    pub(crate) country: usize,
    /// Town of origin.
    pub town: &'static str,
    /// Language.
    pub language: &'static str,
    /// Alien number.
    pub alien: u32,
    /// A telephone number where relatives can be reached.
    pub phone: u32,
    /// Apprehended at, and where (index into the table of sectors, station).
    pub apprehended: DateTime,
    pub(crate) sector: usize,
    pub(crate) station: &'static str,
    /// Family unit number as first written by the border; 0: none.
    pub unit: u32,
    /// For children: the names they would give for mother and father.
    pub parents: [Option<String>; 2],
}

impl Person {
    /// Whole years on a day.
    pub fn age_on(&self, day: Date) -> i16 {
        let years = day.year() - self.birth.year();
        let had_birthday = (day.month(), day.day()) >= (self.birth.month(), self.birth.day());
        years - i16::from(!had_birthday)
    }

    /// `Given Given Surname Surname`.
    pub fn full_name(&self) -> String {
        format!("{} {} {}", self.given.join(" "), self.surnames[0], self.surnames[1])
    }
}

/// A child and its parent, together when apprehended.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Index of the child.
    pub child: usize,
    /// Index of the adult.
    pub adult: usize,
    /// The adult is the mother.
    pub mother: bool,
    /// They were separated.
    pub separated: bool,
    /// On that day.
    pub on: Date,
    /// The child was handed back to this adult on that day.
    pub reunited: Option<Date>,
    /// Why they were separated.
    pub cause: Option<Cause>,
}

/// Why a family was separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Under the policy of zero tolerance.
    ZeroTolerance,
    /// For something about the parent.
    AboutParent,
    /// Before anything was announced, and for no reason that anybody wrote down.
    NothingOnRecord,
}

impl Cause {
    /// The word of the truth: the policy's id, or what stands for none.
    pub fn word(self) -> &'static str {
        match self {
            Cause::ZeroTolerance => "zero-tolerance",
            Cause::AboutParent => "(another ground)",
            Cause::NothingOnRecord => "(none on record)",
        }
    }
}

/// One stay of a child in a shelter.
#[derive(Debug, Clone, Copy)]
pub struct Stay {
    /// Index of the child.
    pub child: usize,
    /// Referred on.
    pub referred: Date,
    /// Placed on.
    pub placed: Date,
    /// Left on; `None`: still there when the list was made.
    pub left: Option<Date>,
    /// How it ended.
    pub end: End,
    /// Index into the table of shelters.
    pub(crate) shelter: usize,
}

/// How a stay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Still there.
    Open,
    /// Moved to another shelter.
    Transferred,
    /// Handed to the separated parent.
    Reunited,
    /// Released to a sponsor or otherwise.
    Otherwise,
}

/// Everything that is so.
#[derive(Debug, Clone)]
pub struct World {
    /// The settings it was made with.
    pub settings: Settings,
    /// Everybody.
    pub people: Vec<Person>,
    /// Indices of adults.
    pub adults: Vec<usize>,
    /// Children and parents apprehended together.
    pub families: Vec<Family>,
    /// Stays in shelters.
    pub stays: Vec<Stay>,
    pub(crate) dirt: Dirt,
}

/// The day on which the lists were made.
pub(crate) const LISTED_ON: Date = date(2018, 9, 10);

/// Draws an index with the weight 1/(rank + 8): names are that uneven.
fn ranked(count: usize, rng: &mut ChaCha8Rng) -> usize {
    let (low, high) = ((8f64).ln(), (count as f64 + 8.0).ln());
    let drawn = rng.random_range(low..high).exp() - 8.0;
    (drawn as usize).min(count - 1)
}

fn weighted<T>(items: &[T], weight: impl Fn(&T) -> u32, rng: &mut ChaCha8Rng) -> usize {
    let total: u32 = items.iter().map(&weight).sum();
    let mut drawn = rng.random_range(0..total);
    items
        .iter()
        .position(|item| {
            let weight = weight(item);
            let hit = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            hit
        })
        .unwrap_or(0)
}

struct Maker {
    rng: ChaCha8Rng,
    people: Vec<Person>,
    alien: u32,
    unit: u32,
    /// When and where the last party was apprehended: strangers cross in groups.
    last: Option<(Date, i32, DateTime, usize, &'static str)>,
}

/// Where and when a group was apprehended, and where it comes from.
#[derive(Clone, Copy)]
struct Arrival {
    at: DateTime,
    sector: usize,
    station: &'static str,
    country: usize,
    town: &'static str,
    language: &'static str,
    unit: u32,
}

impl Maker {
    fn surname(&mut self) -> &'static str {
        SURNAMES[ranked(SURNAMES.len(), &mut self.rng)]
    }

    fn given(&mut self, female: bool) -> Vec<&'static str> {
        let pool = if female { GIVEN_FEMALE } else { GIVEN_MALE };
        let first = pool[ranked(pool.len(), &mut self.rng)];
        let second = pool[ranked(pool.len(), &mut self.rng)];
        if self.rng.random_bool(0.62) && second != first { vec![first, second] } else { vec![first] }
    }

    fn arrival(&mut self, from: Date, days: i32, unit: u32) -> Arrival {
        // Two parties in five are apprehended with the one before, minutes apart.
        let with_last =
            self.last.filter(|last| (last.0, last.1) == (from, days) && self.rng.random_bool(0.4));
        let (at, sector, station) = match with_last {
            Some((.., at, sector, station)) => {
                (at.saturating_add(self.rng.random_range(0..6i64).minutes()), sector, station)
            }
            None => {
                let at = from.saturating_add(self.rng.random_range(0..days.max(1)).days()).at(
                    self.rng.random_range(0..24),
                    self.rng.random_range(0..60),
                    0,
                    0,
                );
                let sector = weighted(SECTORS, |sector| sector.3, &mut self.rng);
                (at, sector, SECTORS[sector].1.choose(&mut self.rng).copied().unwrap_or(""))
            }
        };
        self.last = Some((from, days, at, sector, station));
        let country = weighted(COUNTRIES, |country| country.2, &mut self.rng);
        let town = COUNTRIES[country].3.choose(&mut self.rng).copied().unwrap_or("");
        let languages = if country == 0 { LANGUAGES } else { &LANGUAGES[..1] };
        let language = languages.choose(&mut self.rng).copied().unwrap_or("");
        Arrival { at, sector, station, country, town, language, unit }
    }

    /// A person born so that it has `age` years on the day of arrival.
    fn person(&mut self, female: bool, age: i16, surnames: [&'static str; 2], arrival: Arrival) -> usize {
        let birth = arrival
            .at
            .date()
            .saturating_sub(i64::from(age).years())
            .saturating_sub(self.rng.random_range(0..365i64).days());
        self.alien += 1;
        let minutes = self.rng.random_range(0..9i64);
        let given = self.given(female);
        let phone = self.rng.random_range(20_000_000..80_000_000);
        self.people.push(Person {
            given,
            surnames,
            female,
            birth,
            country: arrival.country,
            town: arrival.town,
            language: arrival.language,
            alien: self.alien,
            phone,
            apprehended: arrival.at.saturating_add(minutes.minutes()),
            sector: arrival.sector,
            station: arrival.station,
            unit: arrival.unit,
            parents: [None, None],
        });
        self.people.len() - 1
    }

    /// Strangers are apprehended in between: numbers have gaps.
    fn gap(&mut self) {
        self.alien += self.rng.random_range(0..25);
    }

    /// One parent and one to three children with the customs of surnames and their exceptions.
    fn family(&mut self, arrival: Arrival, oldest: i16) -> (usize, bool, Vec<usize>) {
        let mother = self.rng.random_bool(0.55);
        let own = [self.surname(), self.surname()];
        let age = self.rng.random_range(19..44).max(oldest + 15);
        let adult = self.person(mother, age, own, arrival);
        let other_parent_given = self.given(!mother);
        let other_parent = [self.surname(), self.surname()];
        let surnames = match (mother, self.rng.random_range(0..100)) {
            (true, 0..12) => own, // A single mother gives both of hers.
            (true, _) => [other_parent[0], own[0]],
            (false, _) => [own[0], other_parent[0]],
        };
        let count = match self.rng.random_range(0..100) {
            0..78 => 1,
            78..96 => 2,
            _ => 3,
        };
        let mut children = Vec::new();
        let mut years = oldest;
        for _ in 0..count {
            let female = self.rng.random_bool(0.4);
            let child = self.person(female, years.max(0), surnames, arrival);
            let adult_name = self.people[adult].full_name();
            let other_name =
                format!("{} {} {}", other_parent_given.join(" "), other_parent[0], other_parent[1]);
            let names = if mother { [adult_name, other_name] } else { [other_name, adult_name] };
            let [mother_name, father_name] = names;
            self.people[child].parents = [Some(mother_name), Some(father_name)];
            children.push(child);
            // Twins are one in forty.
            years = if self.rng.random_bool(0.025) {
                years
            } else {
                (years - self.rng.random_range(1..5)).max(0)
            };
        }
        (adult, mother, children)
    }
}

/// Ages of separated children, near those of the real list: many teenagers, about four in a hundred under five.
fn separated_age(rng: &mut ChaCha8Rng) -> i16 {
    match rng.random_range(0..100) {
        0..6 => rng.random_range(0..5),
        6..46 => rng.random_range(5..11),
        46..72 => rng.random_range(11..14),
        _ => rng.random_range(14..18),
    }
}

pub(crate) fn make(settings: &Settings) -> World {
    let rng = stream(settings.seed, 1);
    let mut maker = Maker { rng, people: Vec::new(), alien: 208_000_000, unit: 500_000, last: None };
    let mut families = Vec::new();
    let mut stays = Vec::new();
    let mut adults = Vec::new();
    let target = (settings.children as f64 * settings.separated).round() as usize;
    let mut sheltered = 0;

    // Families that were separated: most in the weeks of the policy, some before anything was announced.
    while sheltered < target {
        let before = maker.rng.random_bool(0.14);
        let (from, days) = if before { (date(2018, 1, 5), 115) } else { (date(2018, 5, 5), 47) };
        maker.unit += 1;
        let unit = maker.unit;
        let arrival = maker.arrival(from, days, unit);
        let oldest = separated_age(&mut maker.rng);
        let (adult, mother, mut children) = maker.family(arrival, oldest);
        children.truncate(target - sheltered);
        maker.gap();
        let on =
            maker.people[adult].apprehended.date().saturating_add(maker.rng.random_range(0..3i64).days());
        let reunited = maker.rng.random_bool(0.72).then(|| reunited_on(on, &mut maker.rng));
        for child in children {
            let reunited = reunited.filter(|_| maker.rng.random_bool(0.98));
            families.push(Family { child, adult, mother, separated: true, on, reunited, cause: None });
            let otherwise = reunited.is_none() && maker.rng.random_bool(0.75);
            shelter_stays(child, on, reunited, otherwise, &mut maker.rng, &mut stays);
            sheltered += 1;
        }
        adults.push(adult);
    }
    // Children who came alone.
    while sheltered < settings.children {
        let arrival = maker.arrival(date(2018, 2, 1), 190, 0);
        let age = maker.rng.random_range(9..18).max(maker.rng.random_range(4..18));
        let female = maker.rng.random_bool(0.32);
        let surnames = [maker.surname(), maker.surname()];
        let child = maker.person(female, age, surnames, arrival);
        let mother = format!("{} {} {}", maker.given(true).join(" "), surnames[1], maker.surname());
        let father = format!("{} {} {}", maker.given(false).join(" "), surnames[0], maker.surname());
        maker.people[child].parents = [Some(mother), Some(father)];
        maker.gap();
        let on = arrival.at.date();
        let otherwise = maker.rng.random_bool(0.6);
        shelter_stays(child, on, None, otherwise, &mut maker.rng, &mut stays);
        sheltered += 1;
    }
    // Families that stayed together, and adults who came alone.
    while adults.len() < settings.adults {
        if maker.rng.random_bool(0.22) {
            maker.unit += 1;
            let unit = maker.unit;
            let arrival = maker.arrival(date(2018, 2, 1), 200, unit);
            let oldest = maker.rng.random_range(0..17);
            let (adult, mother, children) = maker.family(arrival, oldest);
            let on = maker.people[adult].apprehended.date();
            families.extend(children.iter().map(|child| Family {
                child: *child,
                adult,
                mother,
                separated: false,
                on,
                reunited: None,
                cause: None,
            }));
            adults.push(adult);
        } else {
            let arrival = maker.arrival(date(2018, 2, 1), 200, 0);
            let female = maker.rng.random_bool(0.2);
            let age = maker.rng.random_range(18..56);
            let surnames = [maker.surname(), maker.surname()];
            adults.push(maker.person(female, age, surnames, arrival));
        }
        maker.gap();
    }
    causes(&mut families, &maker.people, settings.seed);
    World {
        settings: *settings,
        people: maker.people,
        adults,
        families,
        stays,
        dirt: Dirt { level: settings.dirt },
    }
}

/// Why each family was separated: drawn for all its children at once, by the day on which they were apprehended.
fn causes(families: &mut [Family], people: &[Person], seed: u64) {
    let mut rng = stream(seed, 2);
    let mut last: Option<(usize, Cause)> = None;
    for family in families.iter_mut().filter(|family| family.separated) {
        let day = people[family.child].apprehended.date();
        let cause = match last {
            Some((adult, cause)) if adult == family.adult => cause,
            _ => match (day < date(2018, 4, 6), rng.random_bool(0.13)) {
                (_, true) => Cause::AboutParent,
                (true, false) => Cause::NothingOnRecord,
                (false, false) => Cause::ZeroTolerance,
            },
        };
        last = Some((family.adult, cause));
        family.cause = Some(cause);
    }
}

/// Most reunifications came in July, by order of the court.
fn reunited_on(separated: Date, rng: &mut ChaCha8Rng) -> Date {
    let july = date(2018, 7, 4).saturating_add(rng.random_range(0..30i64).days());
    let after = separated.saturating_add(rng.random_range(12..90i64).days());
    (if rng.random_bool(0.8) { july } else { after }).max(separated.saturating_add(6.days()))
}

fn shelter_stays(
    child: usize,
    separated: Date,
    reunited: Option<Date>,
    otherwise: bool,
    rng: &mut ChaCha8Rng,
    stays: &mut Vec<Stay>,
) {
    let referred = separated.saturating_add(rng.random_range(0..2i64).days());
    // Seventy-two hours is the law; some waited longer.
    let wait = if rng.random_bool(0.15) { rng.random_range(3..8i64) } else { rng.random_range(0..2i64) };
    let mut placed = referred.saturating_add(wait.days());
    let end =
        reunited.or_else(|| otherwise.then(|| placed.saturating_add(rng.random_range(10..140i64).days())));
    let end = end.filter(|day| *day <= LISTED_ON);
    let mut shelter = rng.random_range(0..SHELTERS.len());
    if rng.random_bool(0.13) {
        let moved = placed.saturating_add(rng.random_range(4..20i64).days());
        if end.is_none_or(|end| moved < end) && moved < LISTED_ON {
            stays.push(Stay { child, referred, placed, left: Some(moved), end: End::Transferred, shelter });
            placed = moved;
            shelter = (shelter + 1) % SHELTERS.len();
        }
    }
    let how = match (end, reunited) {
        (None, _) => End::Open,
        (Some(_), Some(_)) => End::Reunited,
        (Some(_), None) => End::Otherwise,
    };
    stays.push(Stay {
        child,
        referred,
        placed: placed.min(end.unwrap_or(placed)),
        left: end,
        end: how,
        shelter,
    });
}
