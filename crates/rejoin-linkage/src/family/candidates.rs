//! Which child × adult pairs are worth scoring: those that share a rare sign. A pair without any of these signs cannot
//! reach an even chance, whatever else fits.

use super::evidence::{Context, MINUTES};
use crate::columns::NONE;
use arrow_array::Array;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// Pairs (child, adult), each once, in order.
pub(super) fn pairs(context: &Context<'_>) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    by_unit(context, &mut pairs);
    by_place_and_time(context, &mut pairs);
    by_number(context, &mut pairs);
    by_names(context, &mut pairs);
    by_contact(context, &mut pairs);
    by_rare_surname(context, &mut pairs);
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

fn group(rows: &[u32], key: impl Fn(u32) -> Option<u64>) -> HashMap<u64, Vec<u32>> {
    let mut groups: HashMap<u64, Vec<u32>> = HashMap::new();
    for row in rows {
        if let Some(key) = key(*row) {
            groups.entry(key).or_default().push(*row);
        }
    }
    groups
}

fn by_unit(context: &Context<'_>, pairs: &mut Vec<(u32, u32)>) {
    let key = |row: u32| Some(context.unit.codes[row as usize]).filter(|code| *code != NONE).map(u64::from);
    let adults = group(&context.adults, key);
    for child in &context.children {
        if let Some(adults) = key(*child).and_then(|key| adults.get(&key)) {
            pairs.extend(adults.iter().map(|adult| (*child, *adult)));
        }
    }
}

/// The same place within minutes; where a minute is not recorded, the same place and day with a surname alike.
fn by_place_and_time(context: &Context<'_>, pairs: &mut Vec<(u32, u32)>) {
    let people = context.people;
    let key = |row: u32| {
        let row = row as usize;
        let station = context.station.codes[row];
        (station != NONE && !people.day.is_null(row))
            .then(|| u64::from(station) << 32 | u64::from(people.day.value(row) as u32))
    };
    let adults = group(&context.adults, key);
    let minute = |row: u32| (!people.minute.is_null(row as usize)).then(|| people.minute.value(row as usize));
    for child in &context.children {
        let Some(place) = key(*child) else { continue };
        // A group apprehended at midnight stands on two days.
        for day in [place.wrapping_sub(1), place, place + 1] {
            for adult in adults.get(&day).into_iter().flatten() {
                let near = match (minute(*child), minute(*adult)) {
                    (Some(one), Some(other)) => (one - other).abs() <= MINUTES * 3,
                    _ => day == place && shares_surname(context, *child, *adult),
                };
                if near {
                    pairs.push((*child, *adult));
                }
            }
        }
    }
}

fn shares_surname(context: &Context<'_>, child: u32, adult: u32) -> bool {
    let sounds = |row: u32| {
        context
            .own
            .surname
            .each_ref()
            .map(|codes| context.surname.sound(codes[row as usize]))
            .into_iter()
            .filter(|sound| *sound != NONE)
    };
    sounds(child).any(|one| sounds(adult).any(|other| one == other))
}

fn by_number(context: &Context<'_>, pairs: &mut Vec<(u32, u32)>) {
    let number = &context.people.number;
    let numbered = |rows: &[u32]| -> BTreeSet<(i64, u32)> {
        rows.iter()
            .filter(|row| !number.is_null(**row as usize))
            .map(|row| (number.value(*row as usize), *row))
            .collect()
    };
    let adults = numbered(&context.adults);
    for (value, child) in numbered(&context.children) {
        for (_, adult) in adults.range((value - 5, 0)..=(value + 5, u32::MAX)) {
            pairs.push((child, *adult));
        }
    }
}

/// A telephone or an address in common.
fn by_contact(context: &Context<'_>, pairs: &mut Vec<(u32, u32)>) {
    let mut adults: HashMap<u32, Vec<u32>> = HashMap::new();
    for adult in &context.adults {
        for (contact, _) in context.contacts.get(adult).into_iter().flatten() {
            adults.entry(*contact).or_default().push(*adult);
        }
    }
    for child in &context.children {
        for (contact, _) in context.contacts.get(child).into_iter().flatten() {
            pairs.extend(adults.get(contact).into_iter().flatten().map(|adult| (*child, *adult)));
        }
    }
}

/// Pairs a child that surnames alone may cost.
const BY_SURNAME: usize = 15;

/// A surname that few adults have, where custom hands it down: rarest first, as far as the pairs may cost.
fn by_rare_surname(context: &Context<'_>, pairs: &mut Vec<(u32, u32)>) {
    let sound = |code: u32| Some(context.surname.sound(code)).filter(|sound| *sound != NONE).map(u64::from);
    let adults = group(&context.adults, |row| sound(context.own.surname[0][row as usize]));
    let mut children: HashMap<u64, Vec<u32>> = HashMap::new();
    for child in &context.children {
        let sounds = [0, 1].map(|part: usize| sound(context.own.surname[part][*child as usize]));
        for key in
            sounds.iter().enumerate().filter(|(at, key)| *at == 0 || **key != sounds[0]).map(|(_, key)| key)
        {
            if let Some(key) = key.filter(|key| adults.contains_key(key)) {
                children.entry(key).or_default().push(*child);
            }
        }
    }
    let mut surnames: Vec<(usize, u64)> = children.keys().map(|key| (adults[key].len(), *key)).collect();
    surnames.sort_unstable();
    let mut left = BY_SURNAME * context.children.len();
    for (of_adults, key) in surnames {
        let cost = of_adults * children[&key].len();
        if cost > left {
            break;
        }
        left -= cost;
        for child in &children[&key] {
            pairs.extend(adults[&key].iter().map(|adult| (*child, *adult)));
        }
    }
}

/// People of one given name and surname beyond which the two alone are no sign.
const COMMON_NAME: usize = 25;

/// Whether the person who gives a name and the one who has it are of one town, or the name has both surnames.
fn more_in_common(context: &Context<'_>, by: u32, named: u32, other: u32) -> bool {
    let town = context.town(by);
    if town != NONE && town == context.town(other) {
        return true;
    }
    let sounds = |codes: &[Vec<u32>; 2], row: u32| {
        codes.each_ref().map(|codes| context.surname.sound(codes[row as usize]))
    };
    let (said, own) = (sounds(&context.named.surname, named), sounds(&context.own.surname, other));
    said.iter().all(|sound| *sound != NONE && own.contains(sound))
}

/// A name somebody gives and a person's own name: the first given name and either surname sound alike.
fn by_names(context: &Context<'_>, pairs: &mut Vec<(u32, u32)>) {
    let keys = |coded: &super::evidence::Coded, row: u32| -> Vec<u64> {
        let row = row as usize;
        let given = context.given.sound(coded.given[0][row]);
        let surnames = [coded.surname[0][row], coded.surname[1][row]].map(|code| context.surname.sound(code));
        let mut keys: Vec<u64> = surnames
            .into_iter()
            .filter(|surname| *surname != NONE && given != NONE)
            .map(|surname| u64::from(given) << 32 | u64::from(surname))
            .collect();
        keys.dedup();
        keys
    };
    let index = |rows: &[u32]| {
        let mut index: HashMap<u64, Vec<u32>> = HashMap::new();
        for row in rows {
            for key in keys(&context.own, *row) {
                index.entry(key).or_default().push(*row);
            }
        }
        index
    };
    let (children, adults) = (index(&context.children), index(&context.adults));
    for (place, gives) in context.gives.iter().enumerate() {
        for (by, names) in gives {
            for name in names {
                for key in keys(&context.named, *name) {
                    let found = if place == 2 { children.get(&key) } else { adults.get(&key) };
                    // A name that very many have says something only together with more: a town, or both surnames. What else
                    // may join the two (a place and time, a number, a telephone) is another rule's.
                    let common = found.is_some_and(|found| found.len() > COMMON_NAME);
                    for other in found.into_iter().flatten() {
                        if !common || more_in_common(context, *by, *name, *other) {
                            pairs.push(if place == 2 { (*other, *by) } else { (*by, *other) });
                        }
                    }
                }
            }
        }
    }
    let grown = &context.people.grown;
    let is = |row: u32, kind: u32| !grown.is_null(row as usize) && grown.value(row as usize) == kind;
    pairs.retain(|(child, adult)| is(*child, 0) && is(*adult, 1));
}
