//! Where places are, for maps: from embedded data, and only where a name leaves no doubt.

use crate::place::split_code;
use crate::text::fold;
use std::collections::HashMap;
use std::sync::OnceLock;

/// What kind of place a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A sector of the Border Patrol.
    Sector,
    /// A country, by its two letters (ISO 3166-1).
    Country,
    /// A town, or a facility named after one.
    Town,
}

/// A point on the earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

struct Town {
    state: &'static str,
    people: u32,
    point: Point,
}

#[derive(Default)]
struct Gazetteer {
    sectors: HashMap<String, Point>,
    countries: HashMap<&'static str, Point>,
    states: HashMap<String, &'static str>,
    /// Towns of one name, the largest first.
    towns: HashMap<String, Vec<Town>>,
}

/// Of two towns of one name the larger is meant when it is so many times as large.
const PLAINLY: u32 = 5;

/// States with their letters: towns in the file have the letters, lists have either.
const STATES: &str = "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,\
    DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,\
    LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,\
    NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,\
    OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,\
    VT Vermont,VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming";

fn gazetteer() -> &'static Gazetteer {
    static READ: OnceLock<Gazetteer> = OnceLock::new();
    READ.get_or_init(|| {
        let mut all = Gazetteer::default();
        for (letters, name) in STATES.split(',').filter_map(|state| state.trim().split_once(' ')) {
            all.states.insert(letters.to_ascii_lowercase(), letters);
            all.states.insert(fold(name), letters);
        }
        for line in include_str!("gazetteer.csv").lines() {
            let cells: Vec<&'static str> = line.split(',').collect();
            let [kind, name, within, latitude, longitude, people] = cells[..] else { continue };
            let (Ok(latitude), Ok(longitude)) = (latitude.parse(), longitude.parse()) else { continue };
            let point = Point { latitude, longitude };
            match kind {
                "sector" => {
                    all.sectors.insert(fold(name), point);
                }
                "country" => {
                    all.countries.insert(within, point);
                }
                "town" => {
                    let town = Town { state: within, people: people.parse().unwrap_or(0), point };
                    all.towns.entry(fold(name)).or_default().push(town);
                }
                _ => {}
            }
        }
        for towns in all.towns.values_mut() {
            towns.sort_by_key(|town| std::cmp::Reverse(town.people));
        }
        all
    })
}

/// Where a place is. Nothing when the name is not known, or could be of several places.
pub fn find(kind: Kind, said: &str) -> Option<Point> {
    let (name, _) = split_code(said);
    match kind {
        Kind::Country => gazetteer().countries.get(said.trim()).copied(),
        Kind::Sector => {
            let folded = fold(name);
            let name = folded.strip_suffix(" sector").unwrap_or(&folded);
            gazetteer().sectors.get(name).copied()
        }
        // A facility stands in the town that its name ends with, when something parts the two.
        Kind::Town => town(&fold(name)).or_else(|| {
            let (_, last) =
                name.rsplit_once([',', ':', '\u{2013}', '\u{2014}']).or(name.rsplit_once(" - "))?;
            town(&fold(last))
        }),
    }
}

fn town(folded: &str) -> Option<Point> {
    let all = gazetteer();
    let words: Vec<&str> = folded.split(' ').collect();
    // "El Paso Texas", "Harlingen TX": at most three words of a state at the end.
    let ends = (1..=3).filter(|count| *count < words.len());
    let mut with_state = ends.filter_map(|count| {
        let (name, state) = words.split_at(words.len() - count);
        Some((name, *all.states.get(&state.join(" "))?))
    });
    let (words, state) =
        with_state.next().map_or((words.as_slice(), None), |(name, state)| (name, Some(state)));
    let towns = all.towns.get(&words.join(" "))?;
    let mut towns = towns.iter().filter(|town| state.is_none_or(|state| town.state == state));
    let (first, second) = (towns.next()?, towns.next());
    let plain = second.is_none_or(|second| first.people >= second.people.saturating_mul(PLAINLY));
    plain.then_some(first.point)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(kind: Kind, said: &str, latitude: f64, longitude: f64) -> bool {
        find(kind, said)
            .is_some_and(|at| (at.latitude - latitude).abs() < 0.2 && (at.longitude - longitude).abs() < 0.2)
    }

    #[test]
    fn places_are_found_as_lists_write_them() {
        assert!(near(Kind::Sector, "RIO GRANDE VALLEY", 26.3, -98.2));
        assert!(near(Kind::Sector, "El Paso Sector (EPT)", 31.8, -106.5));
        assert!(near(Kind::Town, "Harlingen, TX  (HLG)", 26.2, -97.7));
        assert!(near(Kind::Town, "Eagle Pass", 28.7, -100.5));
        assert!(near(Kind::Town, "El Paso Texas", 31.8, -106.4));
        assert!(near(Kind::Town, "Hope House - San Antonio", 29.4, -98.5));
        assert!(near(Kind::Country, "GT", 15.6, -90.3));
    }

    #[test]
    fn what_is_in_doubt_is_nowhere() {
        // Several towns of about one size have this name; one with its state is one.
        assert_eq!(find(Kind::Town, "Springfield"), None);
        assert!(near(Kind::Town, "Springfield, IL", 39.8, -89.6));
        // There is one in Texas, and a part of New York.
        assert_eq!(find(Kind::Town, "Hope House - Brownsville"), None);
        // Words that follow each other are one name: New York is not York.
        assert!(near(Kind::Town, "New York", 40.7, -74.0) && near(Kind::Town, "New York, NY", 40.7, -74.0));
        assert_eq!(find(Kind::Town, "Casa San Antonio"), None);
        for nothing in ["Casa Girasol", "", "TX", "Riverbend Shelter", "(HLG)"] {
            assert_eq!(find(Kind::Town, nothing), None, "{nothing}");
        }
        assert_eq!(find(Kind::Sector, "Nowhere"), None);
        assert_eq!(find(Kind::Country, "Guatemala"), None);
    }

    #[test]
    fn the_data_is_whole() {
        let all = gazetteer();
        assert_eq!((all.states.len(), all.sectors.len(), all.countries.len()), (102, 19, 15));
        assert!(all.towns.values().map(Vec::len).sum::<usize>() > 3000);
        let states: std::collections::HashSet<&str> = all.states.values().copied().collect();
        assert!(all.towns.values().flatten().all(|town| states.contains(town.state)));
        let points = all.towns.values().flatten().map(|town| town.point).chain(all.sectors.values().copied());
        assert!(
            points
                .into_iter()
                .all(|at| (18.0..72.0).contains(&at.latitude) && (-180.0..-60.0).contains(&at.longitude))
        );
    }
}
