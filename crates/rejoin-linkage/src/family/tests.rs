//! Small families, drawn by hand.

use super::*;
use crate::columns::{Contacts, Stays};
use crate::{Names, Words};
use arrow_array::{Int32Array, Int64Array, StringArray, UInt32Array};

/// A person: name, child or adult, sex, year of birth, and what else a test needs.
#[derive(Clone, Default)]
struct Somebody {
    name: &'static str,
    grown: bool,
    male: bool,
    born: i32,
    minute: Option<i64>,
    number: Option<i64>,
    town: Option<&'static str>,
    phone: Option<&'static str>,
}

fn child(name: &'static str, born: i32) -> Somebody {
    Somebody { name, born, ..Somebody::default() }
}

fn woman(name: &'static str, born: i32) -> Somebody {
    Somebody { name, grown: true, born, ..Somebody::default() }
}

fn names(of: &[&str]) -> Names {
    let part = |at: usize| {
        let text: StringArray = of.iter().map(|name| name.split(' ').nth(at)).collect();
        Words { sound: text.clone(), text }
    };
    let none: StringArray = of.iter().map(|_| None::<&str>).collect();
    let none = Words { text: none.clone(), sound: none };
    Names { given_1: part(0), given_2: none, surname_1: part(1), surname_2: part(2) }
}

/// `filler` unrelated adults and children are added, so that chance has something to be counted from.
fn lists(people: &[Somebody], gives: &[(usize, u32, &str, Option<u32>)], filler: usize) -> (People, Named) {
    let mut all = people.to_vec();
    const LETTERS: &[&str] = &["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe"];
    for at in 0..filler {
        let word = |salt: usize| -> &'static str {
            let mixed = (at + 1) * 7_919 * (salt + 3);
            let pick = |shift: usize| LETTERS[(mixed >> shift) % LETTERS.len()];
            Box::leak(format!("{}{}{}", pick(0), pick(5), pick(9)).into_boxed_str())
        };
        let name: &'static str = Box::leak(format!("{} {} {}", word(0), word(1), word(2)).into_boxed_str());
        let grown = at % 4 != 0;
        let born = if grown { 1970 + (at % 25) as i32 } else { 2004 + (at % 13) as i32 };
        let town = ["nebaj", "coban", "chajul", "quiche", "mita"][at % 5];
        all.push(Somebody {
            name,
            grown,
            male: at % 2 == 0,
            born,
            town: Some(town),
            minute: Some(at as i64 * 977),
            number: Some(at as i64 * 101),
            phone: None,
        });
    }
    let station: StringArray = all.iter().map(|person| person.minute.map(|_| "station")).collect();
    let none: StringArray = all.iter().map(|_| None::<&str>).collect();
    let phones: Vec<(u32, &str)> =
        (0u32..).zip(&all).filter_map(|(row, person)| Some((row, person.phone?))).collect();
    let people = People {
        grown: all.iter().map(|person| Some(u32::from(person.grown))).collect(),
        names: names(&all.iter().map(|person| person.name).collect::<Vec<_>>()),
        sex: all.iter().map(|person| person.grown.then_some(u32::from(person.male))).collect(),
        birth: Int32Array::from_iter_values(all.iter().map(|person| (person.born - 1970) * 365)),
        birth_span: Int32Array::from_iter_values(all.iter().map(|_| 1)),
        country: all.iter().map(|_| Some("GT")).collect(),
        town: all.iter().map(|person| person.town).collect(),
        number: Int64Array::from_iter(all.iter().map(|person| person.number)),
        unit: none.clone(),
        station,
        day: Int32Array::from_iter(
            all.iter().map(|person| person.minute.map(|minute| (minute / 1_440) as i32)),
        ),
        minute: Int64Array::from_iter(all.iter().map(|person| person.minute)),
        language: none.clone(),
        contacts: Contacts {
            by: UInt32Array::from_iter_values(phones.iter().map(|(row, _)| *row)),
            value: phones.iter().map(|(_, phone)| Some(*phone)).collect(),
        },
        stays: Stays {
            by: UInt32Array::from(Vec::<u32>::new()),
            place: StringArray::from(Vec::<&str>::new()),
            from: Int32Array::from(Vec::<i32>::new()),
            to: Int32Array::from(Vec::<i32>::new()),
        },
    };
    let named = Named {
        by: UInt32Array::from_iter_values(gives.iter().map(|(by, ..)| *by as u32)),
        whom: UInt32Array::from_iter_values(gives.iter().map(|(_, whom, ..)| *whom)),
        names: names(&gives.iter().map(|(_, _, name, _)| *name).collect::<Vec<_>>()),
        relation: gives.iter().map(|(.., relation)| *relation).collect(),
    };
    (people, named)
}

fn run(people: &People, named: &Named, known: &Known<'_>) -> Families {
    match_families(people, named, &Settings::default(), known)
}

fn of(families: &Families, child: u32, adult: u32) -> Option<&Candidate> {
    families.candidates.iter().find(|candidate| (candidate.child, candidate.adult) == (child, adult))
}

/// Child 0 names its mother, adult 1; adult 2 has the mother's name and is from elsewhere.
fn two_claims() -> (People, Named) {
    let mother = Somebody { town: Some("xela"), phone: Some("5551"), ..woman("rosa tzoc paz", 1988) };
    let other = Somebody { town: Some("mita"), ..woman("rosa tzoc lux", 1960) };
    let asked = Somebody { town: Some("xela"), phone: Some("5551"), ..child("ana lopez tzoc", 2010) };
    lists(
        &[asked, mother, other],
        &[(0, 0, "rosa tzoc", None), (1, 2, "ana lopez", Some(0)), (2, 2, "ana lopez", Some(0))],
        600,
    )
}

#[test]
fn several_weak_signs_add_up_and_competing_claims_are_raised() {
    let (people, named) = two_claims();
    let families = run(&people, &named, &Known::default());
    let (right, wrong) = (of(&families, 0, 1).unwrap(), of(&families, 0, 2));
    assert!(right.probability > 0.9, "{right:?}");
    assert!(wrong.is_none_or(|wrong| wrong.probability < right.probability / 10.0));
    assert!(right.contested, "another adult says the same of herself");
    let sum: f64 = families
        .candidates
        .iter()
        .filter(|candidate| candidate.child == 0 && candidate.place == 0)
        .map(|candidate| candidate.probability)
        .sum();
    assert!(
        (sum + right.none - 1.0).abs() < 0.1,
        "with none of these, what is kept is nearly all: {sum} {}",
        right.none
    );
    for step in &right.steps {
        assert!(in_spanish(&step.level).is_some(), "{} in Spanish", step.level);
    }
}

#[test]
fn what_people_reject_stays_rejected_until_something_is_new() {
    let (people, named) = two_claims();
    let families = run(&people, &named, &Known::default());
    let seen: Vec<(String, String)> = of(&families, 0, 1)
        .unwrap()
        .steps
        .iter()
        .map(|step| (step.kind.to_owned(), step.level.to_string()))
        .collect();
    let rejected = vec![Rejected { child: 0, adult: 1, seen: seen.clone() }];
    let again = run(&people, &named, &Known { rejected, ..Known::default() });
    assert!(of(&again, 0, 1).is_none(), "nothing new, so not proposed");
    // The telephone was not known when it was rejected.
    let seen: Vec<_> = seen.into_iter().filter(|(kind, _)| kind != "shared-contact").collect();
    let rejected = vec![Rejected { child: 0, adult: 1, seen }];
    let again = run(&people, &named, &Known { rejected, ..Known::default() });
    assert_eq!(of(&again, 0, 1).unwrap().new, ["the same telephone number"]);
}

#[test]
fn an_exclusion_by_dna_takes_a_parent_away_and_no_family() {
    let (people, named) = two_claims();
    let compared = |log10| vec![Compared { child: 0, adult: 1, log10, words: "DNA".into() }];
    let excluded = run(&people, &named, &Known { dna: compared(f64::NEG_INFINITY), ..Known::default() });
    let mother =
        excluded.candidates.iter().find(|candidate| (candidate.adult, candidate.place) == (1, 0)).unwrap();
    assert!(mother.probability < 0.001, "still listed: {mother:?}");
    assert!(mother.steps.iter().any(|step| step.kind == "dna" && weight::bits(step.weight) == -30.0));
    let plain = run(&people, &named, &Known::default());
    let supported = run(&people, &named, &Known { dna: compared(6.0), ..Known::default() });
    let weight_of = |families: &Families| {
        of(families, 0, 1).unwrap().steps.iter().map(|step| weight::bits(step.weight)).sum::<f64>()
    };
    assert!((weight_of(&supported) - weight_of(&plain) - 6.0 * 10f64.log2()).abs() < 1.0);
}

#[test]
fn a_grandmother_who_says_so_is_no_mother() {
    let grandmother = Somebody { town: Some("xela"), phone: Some("5551"), ..woman("marta tzoc ixim", 1958) };
    let asked = Somebody { town: Some("xela"), phone: Some("5551"), ..child("ana lopez tzoc", 2010) };
    let gives = [(0, 0, "rosa tzoc", None), (1, 2, "ana lopez tzoc", Some(1))];
    let (people, named) = lists(&[asked, grandmother], &gives, 600);
    let families = run(&people, &named, &Known::default());
    let found: Vec<&Candidate> = families
        .candidates
        .iter()
        .filter(|candidate| candidate.child == 0 && candidate.probability > 0.5)
        .collect();
    assert_eq!(
        found.iter().map(|candidate| (candidate.adult, candidate.place)).collect::<Vec<_>>(),
        [(1, GRANDPARENT)],
        "{found:?}"
    );
}

#[test]
fn the_parent_of_a_brother_gains_and_one_mother_has_no_two_births_in_eight_months() {
    // Both children travelled with the mother; the second child's record has no time and no number.
    let mother = Somebody { minute: Some(5_000_000), number: Some(900_001), ..woman("rosa tzoc paz", 1985) };
    let one = Somebody { minute: Some(5_000_003), number: Some(900_002), ..child("ana lopez tzoc", 2010) };
    let two = Somebody { town: Some("xela"), ..child("luis lopez tzoc", 2013) };
    let gives = [
        (0, 0, "rosa tzoc", None),
        (1, 0, "rosa tzoc", None),
        (0, 1, "juan lopez", None),
        (1, 1, "juan lopez", None),
    ];
    let (people, named) = lists(&[one.clone(), two.clone(), mother.clone()], &gives, 600);
    let families = run(&people, &named, &Known::default());
    assert!(
        families.siblings.iter().any(|pair| (pair.one, pair.other) == (0, 1) && pair.probability > 0.8),
        "{:?}",
        families.siblings
    );
    let second = of(&families, 1, 2).unwrap();
    assert!(
        second.steps.iter().any(|step| step.level.contains("likely parent of a likely brother")),
        "{second:?}"
    );

    let near = Somebody { born: 2010, ..two };
    let (mut people, named) = lists(&[one, near, mother], &gives, 600);
    let births: Vec<Option<i32>> = people
        .birth
        .iter()
        .enumerate()
        .map(|(row, day)| if row == 1 { day.map(|day| day + 150) } else { day })
        .collect();
    people.birth = Int32Array::from(births);
    let families = run(&people, &named, &Known::default());
    // Brothers and sisters still agree, but where nothing makes them brothers the births speak against it.
    assert!(families.candidates.iter().filter(|candidate| candidate.adult == 2).count() >= 1);
}

/// Two ways to the same answer: everything scored, and only what a new person touches, with the same model.
#[test]
fn scoring_what_is_touched_gives_what_scoring_everything_gives() {
    let (people, named) = two_claims();
    let whole = run(&people, &named, &Known::default());
    let all: HashSet<u32> = (0..people.grown.len() as u32).collect();
    let touched: HashSet<u32> = [1].into();
    let everything = run(&people, &named, &Known { frozen: Some((&whole.model, &all)), ..Known::default() });
    let part = run(&people, &named, &Known { frozen: Some((&whole.model, &touched)), ..Known::default() });
    let scored = part.scored_children.clone().unwrap();
    assert!(scored.contains(&0) && part.scored < everything.scored, "{} {}", part.scored, everything.scored);
    let expected: Vec<&Candidate> =
        everything.candidates.iter().filter(|candidate| scored.contains(&candidate.child)).collect();
    assert_eq!(part.candidates.iter().collect::<Vec<_>>(), expected);
}
