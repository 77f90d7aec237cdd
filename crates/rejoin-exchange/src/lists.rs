//! The three lists that a court asks for: the children, the adults, and which child belongs to which adult; with the
//! count of those for whom nobody is known. Each is told as of a day.
//!
//! What goes in has already been reduced to what the reader may see. Nobody is left out for want of a link: a child
//! without one stands in the list with "none known".

use crate::{Cell, Kind, Language, Table};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A child or an adult, as the reader may see them. Texts may be empty, days are counted from 1970-01-01.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// The registry's id.
    pub id: String,
    /// The whole name.
    pub name: String,
    /// Other names.
    pub other_names: String,
    /// Sex as recorded.
    pub sex: String,
    /// Date of birth as far as known: `2012`, `2012-05`, `2012-05-17`.
    pub birth: String,
    /// Age in years, where recorded.
    pub age: Option<i64>,
    /// Country of citizenship or origin.
    pub country: String,
    /// Municipality or town of birth or origin.
    pub birthplace: String,
    /// Who has the person in custody, or to whom they were released.
    pub custodian: String,
    /// Where the person is.
    pub place: String,
    /// Since when they are there.
    pub there_since: Option<i32>,
    /// When the person was apprehended.
    pub apprehended: Option<i32>,
    /// When child and adult were separated.
    pub separated: Option<i32>,
    /// When an adult was removed from the country.
    pub removed: Option<i32>,
    /// When the person left custody.
    pub left: Option<i32>,
    /// From which day on the registry knows of the person; `None` for always.
    pub known_since: Option<i32>,
}

/// On what a link rests.
#[derive(Debug, Clone, PartialEq)]
pub enum Basis {
    /// Proposed by the matching, with its probability; nobody has verified it.
    Proposed {
        /// Between 0 and 1.
        probability: f64,
    },
    /// An agency recorded it.
    Recorded {
        /// Which list or record says so.
        source: String,
    },
    /// Verified by people.
    Verified {
        /// By whom.
        by: String,
        /// On which day.
        on: i32,
    },
}

impl Basis {
    fn strength(&self) -> Strength {
        match self {
            Basis::Proposed { .. } => Strength::Proposed,
            Basis::Recorded { .. } => Strength::Recorded,
            Basis::Verified { .. } => Strength::Verified,
        }
    }
}

/// How firm what is known of somebody's family is; the firmest of all links counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// No link.
    NoneKnown,
    /// Proposed only.
    Proposed,
    /// Recorded by an agency.
    Recorded,
    /// Verified by people.
    Verified,
}

impl Strength {
    /// Its word.
    pub fn word(self, language: Language) -> &'static str {
        match self {
            Strength::NoneKnown => language.of("none known", "no se conoce ninguno"),
            Strength::Proposed => language.of("proposed", "propuesto"),
            Strength::Recorded => language.of("recorded", "registrado"),
            Strength::Verified => language.of("verified", "verificado"),
        }
    }
}

/// A child and an adult who belong together, as far as anybody says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The child's id.
    pub child: String,
    /// The adult's id.
    pub adult: String,
    /// What the adult is to the child: mother, father, grandmother …
    pub relation: String,
    /// On what it rests.
    pub basis: Basis,
    /// Since which day it holds; `None` where nobody says so.
    pub since: Option<i32>,
    /// On which day it was withdrawn; `None` while it holds.
    pub until: Option<i32>,
}

/// What the lists are made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct People {
    /// The children.
    pub children: Vec<Person>,
    /// The adults.
    pub adults: Vec<Person>,
    /// The links.
    pub links: Vec<Link>,
}

/// How many there are of each strength. The four add up to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// All in the list.
    pub all: usize,
    /// With a verified link.
    pub verified: usize,
    /// With a recorded link, and none verified.
    pub recorded: usize,
    /// With proposed links only.
    pub proposed: usize,
    /// Without any.
    pub none_known: usize,
}

impl Tally {
    /// Those with any link.
    pub fn linked(&self) -> usize {
        self.verified + self.recorded + self.proposed
    }
}

/// Those for whom nobody is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unlinked {
    /// Children without any link, by id; one entry a row of the list.
    pub children: Vec<String>,
    /// Adults without any link.
    pub adults: Vec<String>,
    /// How the children add up.
    pub child_tally: Tally,
    /// How the adults add up.
    pub adult_tally: Tally,
    /// Links that hold on the day but name somebody who is in neither list: they link nobody here.
    pub links_to_unlisted: usize,
}

fn known(people: &[Person], day: i32) -> Vec<&Person> {
    let mut known: Vec<&Person> =
        people.iter().filter(|person| person.known_since.is_none_or(|since| since <= day)).collect();
    known.sort_by(|one, other| one.id.cmp(&other.id));
    known
}

impl Link {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: i32) -> bool {
        self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|until| until > day)
    }

    /// What it rests on, as of a day: a verification of a later day is not there yet, and what was verified later was
    /// at least proposed before.
    fn strength_on(&self, day: i32) -> Strength {
        match self.basis {
            Basis::Verified { on, .. } if on > day => Strength::Proposed,
            _ => self.basis.strength(),
        }
    }
}

/// What holds on a day.
struct Day<'p> {
    day: i32,
    children: Vec<&'p Person>,
    adults: Vec<&'p Person>,
    /// Links between those two.
    links: Vec<&'p Link>,
    unlisted: usize,
}

impl<'p> Day<'p> {
    fn new(people: &'p People, day: i32) -> Day<'p> {
        let children = known(&people.children, day);
        let adults = known(&people.adults, day);
        let child_ids: HashSet<&str> = children.iter().map(|one| one.id.as_str()).collect();
        let adult_ids: HashSet<&str> = adults.iter().map(|one| one.id.as_str()).collect();
        let mut links: Vec<&Link> = people.links.iter().filter(|link| link.holds_on(day)).collect();
        let all = links.len();
        links.retain(|link| child_ids.contains(&*link.child) && adult_ids.contains(&*link.adult));
        links.sort_by(|one, other| {
            let firm = |link: &Link| std::cmp::Reverse(link.strength_on(day));
            let key = |link: &'p Link| (link.child.as_str(), firm(link), link.adult.as_str(), link.since);
            key(one).cmp(&key(other)).then_with(|| one.relation.cmp(&other.relation))
        });
        Day { day, children, adults, unlisted: all - links.len(), links }
    }

    /// The firmest link of each.
    fn firmest(&self, of: fn(&Link) -> &str) -> HashMap<&'p str, Strength> {
        let mut firmest: HashMap<&str, Strength> = HashMap::new();
        for link in &self.links {
            let entry = firmest.entry(of(link)).or_insert(Strength::NoneKnown);
            *entry = (*entry).max(link.strength_on(self.day));
        }
        firmest
    }
}

fn tally(people: &[&Person], firmest: &HashMap<&str, Strength>) -> (Tally, Vec<String>) {
    let mut tally = Tally { all: people.len(), ..Tally::default() };
    let mut without = Vec::new();
    for person in people {
        match firmest.get(person.id.as_str()).copied().unwrap_or(Strength::NoneKnown) {
            Strength::Verified => tally.verified += 1,
            Strength::Recorded => tally.recorded += 1,
            Strength::Proposed => tally.proposed += 1,
            Strength::NoneKnown => {
                tally.none_known += 1;
                without.push(person.id.clone());
            }
        }
    }
    (tally, without)
}

/// Those without any link on a day, and how everybody adds up.
pub fn unlinked(people: &People, day: i32) -> Unlinked {
    let day = Day::new(people, day);
    let (child_tally, children) = tally(&day.children, &day.firmest(|link| &link.child));
    let (adult_tally, adults) = tally(&day.adults, &day.firmest(|link| &link.adult));
    Unlinked { children, adults, child_tally, adult_tally, links_to_unlisted: day.unlisted }
}

/// Whom a list of persons is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whom {
    Children,
    Adults,
}

/// The children known on a day, each with what is known of their family.
pub fn children(people: &People, day: i32, language: Language) -> Table {
    persons(&Day::new(people, day), Whom::Children, language)
}

/// The adults known on a day, each with what is known of their children.
pub fn adults(people: &People, day: i32, language: Language) -> Table {
    persons(&Day::new(people, day), Whom::Adults, language)
}

fn date(day: Option<i32>) -> Cell {
    day.map_or(Cell::Empty, Cell::Date)
}

/// A day's event, if it had happened by then.
fn by_then(event: Option<i32>, day: i32) -> Cell {
    date(event.filter(|event| *event <= day))
}

fn persons(day: &Day, whom: Whom, language: Language) -> Table {
    let of_children = whom == Whom::Children;
    let (listed, firmest) = if of_children {
        (&day.children, day.firmest(|link| &link.child))
    } else {
        (&day.adults, day.firmest(|link| &link.adult))
    };
    let mut others: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for link in &day.links {
        let (own, other) = if of_children { (&link.child, &link.adult) } else { (&link.adult, &link.child) };
        others.entry(own).or_default().insert(other);
    }
    let family = if of_children {
        (language.of("family", "familia"), language.of("adults", "adultos"))
    } else {
        (language.of("family", "familia"), language.of("children", "niños"))
    };
    let mut columns: Vec<(&str, Kind)> = vec![
        ("id", Kind::Text),
        (language.of("name", "nombre"), Kind::Text),
        (language.of("other names", "otros nombres"), Kind::Text),
        (language.of("sex", "sexo"), Kind::Text),
        (language.of("born", "nacimiento"), Kind::Text),
        (language.of("age", "edad"), Kind::Integer),
        (language.of("country", "país"), Kind::Text),
        (language.of("place of origin", "lugar de origen"), Kind::Text),
        (language.of("custodian", "custodio"), Kind::Text),
        (language.of("place", "lugar"), Kind::Text),
        (language.of("there since", "allí desde"), Kind::Date),
        (language.of("apprehended", "aprehensión"), Kind::Date),
        (language.of("separated", "separación"), Kind::Date),
    ];
    if !of_children {
        columns.push((language.of("removed", "deportación"), Kind::Date));
    }
    columns.push((language.of("left custody", "salida de custodia"), Kind::Date));
    columns.push((family.0, Kind::Text));
    columns.push((family.1, Kind::Text));
    let rows = listed.iter().map(|person| {
        let strength = firmest.get(person.id.as_str()).copied().unwrap_or(Strength::NoneKnown);
        let ids: Vec<&str> = others.get(person.id.as_str()).into_iter().flatten().copied().collect();
        let mut cells = vec![
            Cell::text(&person.id),
            Cell::text(&person.name),
            Cell::text(&person.other_names),
            Cell::text(&person.sex),
            Cell::text(&person.birth),
            person.age.map_or(Cell::Empty, Cell::Integer),
            Cell::text(&person.country),
            Cell::text(&person.birthplace),
            Cell::text(&person.custodian),
            Cell::text(&person.place),
            by_then(person.there_since, day.day),
            by_then(person.apprehended, day.day),
            by_then(person.separated, day.day),
        ];
        if !of_children {
            cells.push(by_then(person.removed, day.day));
        }
        cells.push(by_then(person.left, day.day));
        cells.push(Cell::text(strength.word(language)));
        cells.push(Cell::text(ids.join("; ")));
        cells
    });
    let name = if of_children { language.of("children", "niños") } else { language.of("adults", "adultos") };
    Table {
        name: name.to_owned(),
        rows: rows.collect(),
        columns: columns.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect(),
    }
}

/// The links that hold on a day, between those in the lists: by child, the firmest first.
pub fn links(people: &People, day: i32, language: Language) -> Table {
    let day = Day::new(people, day);
    let names = |listed: &[&Person]| -> HashMap<String, String> {
        listed.iter().rev().map(|person| (person.id.clone(), person.name.clone())).collect()
    };
    let (children, adults) = (names(&day.children), names(&day.adults));
    let columns = [
        (language.of("child", "niño o niña"), Kind::Text),
        (language.of("child's name", "nombre del niño o niña"), Kind::Text),
        (language.of("adult", "adulto"), Kind::Text),
        (language.of("adult's name", "nombre del adulto"), Kind::Text),
        (language.of("relation", "parentesco"), Kind::Text),
        (language.of("basis", "base"), Kind::Text),
        (language.of("probability", "probabilidad"), Kind::Number),
        (language.of("recorded in", "registrado en"), Kind::Text),
        (language.of("verified by", "verificado por"), Kind::Text),
        (language.of("verified on", "verificado el"), Kind::Date),
        (language.of("since", "desde"), Kind::Date),
    ];
    let name_of =
        |names: &HashMap<String, String>, id: &str| Cell::text(names.get(id).cloned().unwrap_or_default());
    let rows = day.links.iter().map(|link| {
        let (mut probability, mut source, mut by, mut on) =
            (Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty);
        match &link.basis {
            Basis::Proposed { probability: value } => probability = Cell::Number(*value),
            Basis::Recorded { source: value } => source = Cell::text(value),
            Basis::Verified { by: value, on: date } if *date <= day.day => {
                by = Cell::text(value);
                on = Cell::Date(*date);
            }
            Basis::Verified { .. } => {}
        }
        vec![
            Cell::text(&link.child),
            name_of(&children, &link.child),
            Cell::text(&link.adult),
            name_of(&adults, &link.adult),
            Cell::text(&link.relation),
            Cell::text(link.strength_on(day.day).word(language)),
            probability,
            source,
            by,
            on,
            date(link.since),
        ]
    });
    Table {
        name: language.of("links", "vínculos").to_owned(),
        rows: rows.collect(),
        columns: columns.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect(),
    }
}

/// Those without any link, as a table: who, and in which list.
pub fn unlinked_table(people: &People, day: i32, language: Language) -> Table {
    let of = Day::new(people, day);
    let unlinked = unlinked(people, day);
    let mut rows = Vec::new();
    let groups = [
        (language.of("child", "niño o niña"), &of.children, &unlinked.children),
        (language.of("adult", "adulto"), &of.adults, &unlinked.adults),
    ];
    for (word, listed, without) in groups {
        let without: HashSet<&str> = without.iter().map(String::as_str).collect();
        for person in listed.iter().filter(|person| without.contains(person.id.as_str())) {
            rows.push(vec![Cell::text(word), Cell::text(&person.id), Cell::text(&person.name)]);
        }
    }
    let columns = [language.of("who", "quién"), "id", language.of("name", "nombre")];
    Table {
        name: language.of("none known", "sin vínculo").to_owned(),
        columns: columns.into_iter().map(|name| (name.to_owned(), Kind::Text)).collect(),
        rows,
    }
}
