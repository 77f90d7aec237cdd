//! The court's lists: nobody is left out, and the counts add up whatever goes in.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use rejoin_exchange::lists::{
    Basis, Link, People, Person, adults, children, links, unlinked, unlinked_table,
};
use rejoin_exchange::{Cell, Language, Table};

fn column(table: &Table, name: &str) -> Vec<String> {
    let at = table.columns.iter().position(|(column, _)| column == name).unwrap();
    table.rows.iter().map(|row| row[at].plain()).collect()
}

prop_compose! {
    fn person(kind: &'static str)(number in 0..12u8, known in proptest::option::of(-5..20i32), left in proptest::option::of(-5..20i32)) -> Person {
        Person { id: format!("{kind}{number:02}"), name: "=name".into(), known_since: known, left, ..Default::default() }
    }
}

prop_compose! {
    fn link()(child in 0..14u8, adult in 0..14u8, basis in 0..3u8, on in -5..20i32, since in proptest::option::of(-5..20i32), until in proptest::option::of(-5..20i32)) -> Link {
        let basis = match basis {
            0 => Basis::Proposed { probability: 0.5 },
            1 => Basis::Recorded { source: "list".into() },
            _ => Basis::Verified { by: "somebody".into(), on },
        };
        Link { child: format!("c{child:02}"), adult: format!("a{adult:02}"), relation: "mother".into(), basis, since, until }
    }
}

prop_compose! {
    fn people()(
        children in proptest::collection::vec(person("c"), 0..12),
        adults in proptest::collection::vec(person("a"), 0..12),
        links in proptest::collection::vec(link(), 0..20),
    ) -> People {
        People { children, adults, links }
    }
}

proptest! {
    #[test]
    fn the_counts_add_up(people in people(), day in -6..22i32) {
        let counts = unlinked(&people, day);
        let (child, adult, link) = (children(&people, day, Language::English), adults(&people, day, Language::English), links(&people, day, Language::English));
        for (table, tally, without, listed) in [
            (&child, counts.child_tally, &counts.children, &people.children),
            (&adult, counts.adult_tally, &counts.adults, &people.adults),
        ] {
            prop_assert!(table.check().is_ok());
            prop_assert_eq!(tally.linked() + tally.none_known, tally.all);
            prop_assert_eq!(tally.none_known, without.len());
            prop_assert_eq!(tally.all, table.rows.len());
            prop_assert_eq!(tally.all, listed.iter().filter(|one| one.known_since.is_none_or(|since| since <= day)).count());
            // Another way to the same: the words in the list.
            let said = column(table, "family");
            let count = |word: &str| said.iter().filter(|cell| *cell == word).count();
            prop_assert_eq!([count("verified"), count("recorded"), count("proposed"), count("none known")], [tally.verified, tally.recorded, tally.proposed, tally.none_known]);
        }
        // And another: who stands in the table of links.
        let linked: std::collections::HashSet<String> = column(&link, "child").into_iter().collect();
        let ids = column(&child, "id");
        prop_assert_eq!(ids.iter().filter(|id| !linked.contains(*id)).count(), counts.child_tally.none_known);
        let holding = people.links.iter().filter(|one| one.since.is_none_or(|since| since <= day) && one.until.is_none_or(|until| until > day)).count();
        prop_assert_eq!(link.rows.len() + counts.links_to_unlisted, holding);
        prop_assert_eq!(unlinked_table(&people, day, Language::Spanish).rows.len(), counts.children.len() + counts.adults.len());
        // The order of what goes in changes nothing, but for people of one id.
        let mut turned = people.clone();
        turned.links.reverse();
        prop_assert_eq!(unlinked(&turned, day), counts);
    }
}

#[test]
fn a_child_without_anybody_stays_and_the_future_is_not_told() {
    let child = |id: &str| Person { id: id.into(), name: "N".into(), left: Some(30), ..Default::default() };
    let verified = Link {
        child: "c1".into(),
        adult: "a1".into(),
        relation: "mother".into(),
        basis: Basis::Verified { by: "the legal office".into(), on: 20 },
        since: Some(10),
        until: None,
    };
    let people = People {
        children: vec![child("c2"), child("c1")],
        adults: vec![Person { id: "a1".into(), ..Default::default() }],
        links: vec![verified],
    };
    let said = |day| column(&children(&people, day, Language::English), "family");
    assert_eq!(said(9), ["none known", "none known"]);
    assert_eq!(said(15), ["proposed", "none known"]);
    assert_eq!(said(20), ["verified", "none known"]);
    assert_eq!(column(&children(&people, 20, Language::Spanish), "familia")[1], "no se conoce ninguno");
    assert_eq!(column(&links(&people, 15, Language::English), "verified by"), [""]);
    assert_eq!(column(&links(&people, 20, Language::English), "verified by"), ["the legal office"]);
    let table = children(&people, 20, Language::English);
    let left = table.columns.iter().position(|(name, _)| name == "left custody").unwrap();
    assert_eq!(table.rows[0][left], Cell::Empty);
    assert_eq!(children(&people, 30, Language::English).rows[0][left], Cell::Date(30));
}
