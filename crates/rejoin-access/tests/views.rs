//! What leaves: records with denied fields gone and reduced ones reduced, views between several people, and what the
//! log of reads keeps.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod situation;

use rejoin_access::*;
use rejoin_model::{Field, Identifier, ListKind, Moment, Origin, PersonName, Record, Subject, Value};
use situation::*;
use std::collections::BTreeSet;

fn stay() -> Record {
    let name = PersonName {
        said: "Ana Xol Caal".into(),
        given: vec!["ana".into()],
        surnames: vec!["xol".into(), "caal".into()],
    };
    Record {
        id: record(1),
        list: "casa-azul-roster".into(),
        kind: ListKind::ShelterStay,
        subject: Subject::Child,
        origin: Origin { file: [7; 32], row: 12 },
        values: vec![
            (Field::AlienNumber, Value::Identifier(Identifier("A200123456".into()))),
            (Field::FullName, Value::Name(name)),
            (Field::BirthDate, Value::Moment(Moment::day(2012, 3, 9).unwrap())),
            (Field::Phone, Value::Phone("+50255512345".into())),
            (Field::Facility, Value::Place("casa azul".into())),
            (Field::Placed, Value::Moment(Moment::day(2018, 6, 3).unwrap())),
            (Field::Note, Value::Text("casa azul, second floor".into())),
        ],
        records_separation: true,
        withdrawn: false,
    }
}

fn decider<'a>(actor: &'a Actor, purpose: Purpose, rules: &'a Rules) -> Decider<'a> {
    Decider { actor, purpose, rules, now: NOW }
}

#[test]
fn a_tracing_officer_reads_no_place_anywhere_in_a_childs_record() {
    let officer = actor([role("tracing-officer")]);
    let rules = Rules::default();
    let seen = decider(&officer, Purpose::FamilyTracing, &rules).record(&near(), &stay()).unwrap();
    assert!(!format!("{:?}", *seen).contains("azul"), "{:?}", *seen);
    assert_eq!(seen.name_of(Field::FullName).unwrap().said, "Ana Xol Caal");
    assert_eq!(seen.list, "shelter-stay");
    let disclosure = seen.disclosure();
    assert_eq!(disclosure.persons, [person(1)]);
    assert!(!disclosure.in_full.contains(&FieldGroup::Whereabouts));
    assert_eq!(disclosure.reduced, BTreeSet::from([FieldGroup::Notes]));
}

#[test]
fn one_step_further_away_everything_is_reduced() {
    let officer = actor([role("tracing-officer")]);
    let rules = Rules::default();
    let facts = child("care/south/house");
    let seen = decider(&officer, Purpose::FamilyTracing, &rules).record(&facts, &stay()).unwrap();
    let text = format!("{:?}", *seen);
    for hidden in ["Ana", "xol", "A200", "azul", "12345", "second"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    assert_eq!(seen.moment(Field::BirthDate), Moment::year(2012));
    assert_eq!(seen.text(Field::AlienNumber), Some("…3456"));
    assert_eq!(seen.all(Field::Phone).count() + seen.all(Field::Facility).count(), 0);
    assert_eq!(seen.origin, Origin { file: [0; 32], row: 0 });
    assert!(!seen.records_separation);
}

#[test]
fn the_holder_sees_the_place_and_a_withheld_field_is_gone_without_a_trace() {
    let worker = actor([role("case-worker")]);
    let rules = Rules::new([hide(Withheld::Fields(BTreeSet::from([Field::Phone])), Recipient::Anyone)], []);
    let seen = decider(&worker, Purpose::ChildCare, &rules).record(&near(), &stay()).unwrap();
    assert_eq!(seen.place(Field::Facility), Some("casa azul"));
    assert_eq!(seen.list, "casa-azul-roster");
    assert!(seen.all(Field::Phone).next().is_none());
    let mut without = stay();
    without.values.retain(|(field, _)| *field != Field::Phone);
    let nothing_withheld = Rules::default();
    let never_had =
        decider(&worker, Purpose::ChildCare, &nothing_withheld).record(&near(), &without).unwrap();
    assert_eq!(*seen, *never_had);
}

#[test]
fn the_record_of_somebody_else_is_not_shown_under_this_ones_facts() {
    let worker = actor([role("case-worker")]);
    let rules = Rules::default();
    let other = Record { id: record(8), ..stay() };
    assert!(decider(&worker, Purpose::ChildCare, &rules).record(&near(), &other).is_none());
}

#[test]
fn an_emergency_is_in_the_disclosure_when_it_was_needed() {
    let staff = actor([role("shelter-staff")]);
    let rules = Rules::new([], [emergency()]);
    let seen = decider(&staff, Purpose::ChildCare, &rules).record(&child("care/north"), &stay()).unwrap();
    assert_eq!(seen.place(Field::Facility), Some("casa azul"));
    assert_eq!(seen.disclosure().emergencies, BTreeSet::from(["emergency-1".to_string()]));
    assert!(seen.all(Field::AlienNumber).next().is_none(), "care does not need it");
    let own = decider(&staff, Purpose::ChildCare, &rules)
        .view(&near(), "Ana", |lens, raw| lens.name_text(FieldGroup::Names, raw));
    assert!(own.unwrap().disclosure().emergencies.is_empty());
}

#[test]
fn what_is_between_two_people_is_seen_by_who_may_see_both() {
    let officer = actor([role("tracing-officer")]);
    let mut parent = SubjectFacts {
        person: person(9),
        records: BTreeSet::from([record(9)]),
        is_child: false,
        ..child("care/south")
    };
    let raw = ("Ana Xol", "both came from Nebaj");
    let rules = Rules::default();
    let candidate = |parent: &SubjectFacts, rules: &Rules| {
        decider(&officer, Purpose::FamilyTracing, rules).view_of_all(&[&near(), parent], &raw, |lens, raw| {
            (lens.name_text(FieldGroup::Names, raw.0), lens.whole(FieldGroup::Evidence, raw.1.to_string()))
        })
    };
    // The parent is only in the officer's organisation: of both together, what is left of the parent.
    let seen = candidate(&parent, &rules).unwrap();
    assert_eq!(*seen, (Some("A. X.".into()), None));
    assert_eq!(seen.disclosure().persons, [person(1), person(9)]);
    let other_way_round = decider(&officer, Purpose::FamilyTracing, &rules).view_of_all(
        &[&parent, &near()],
        raw.0,
        |lens, raw| lens.name_text(FieldGroup::Names, raw),
    );
    assert_eq!(other_way_round.unwrap().as_deref(), Some("A. X."));
    parent.assigned_to = near().assigned_to;
    assert_eq!(*candidate(&parent, &rules).unwrap(), (Some("Ana Xol".into()), Some(raw.1.into())));
    let hidden = Rules::new([hide(Withheld::All, Recipient::Role("tracing-officer".into()))], []);
    assert!(candidate(&parent, &hidden).is_none());
    assert!(
        decider(&officer, Purpose::FamilyTracing, &rules).view_of_all(&[], &raw, |_, _| ()).is_none(),
        "a view of nobody has nobody who allowed it"
    );
}

#[test]
fn a_list_has_only_those_who_are_to_be_seen_and_statistics_show_nobody() {
    let officer = actor([role("inspector")]);
    let people: Vec<SubjectFacts> = (0..6)
        .map(|number| SubjectFacts {
            person: person(number),
            records: BTreeSet::from([record(number)]),
            ..child("care/north")
        })
        .collect();
    let rules = Rules::new([hide(Withheld::All, Recipient::Anyone)], []);
    let rows = || people.iter().map(|facts| (facts, "Ana Xol"));
    let of = |purpose| {
        decider(&officer, purpose, &rules).list(rows(), |lens, raw| lens.name_text(FieldGroup::Names, raw))
    };
    let seen = of(Purpose::Oversight);
    assert_eq!(seen.len(), 5, "person 1 is hidden");
    assert!(seen.iter().all(|row| row.as_deref() == Some("A. X.")));
    assert!(of(Purpose::Statistics).is_empty());
    let statistics = decider(&officer, Purpose::Statistics, &rules);
    let counted = |by: &[FieldGroup]| people.iter().filter(|facts| statistics.counts(facts, by)).count();
    assert_eq!(counted(&[FieldGroup::CustodyDates]), 5);
    assert_eq!(counted(&[FieldGroup::CustodyDates, FieldGroup::Names]), 0);
}

#[test]
fn what_a_lens_reduces_and_what_has_no_reduced_form() {
    let inspector = actor([role("inspector")]);
    let rules = Rules::default();
    let seen = decider(&inspector, Purpose::Oversight, &rules).view(&near(), "Ana Xol", |lens, name| {
        (
            lens.name_text(FieldGroup::Names, name),
            lens.identifier(FieldGroup::IdentityNumbers, "A200123456"),
            lens.coded(FieldGroup::Family, true),
            lens.whole(FieldGroup::Notes, 3),
            lens.text(FieldGroup::Notes, "she fears him"),
            lens.phone(FieldGroup::Contact, "+50255512345"),
        )
    });
    assert_eq!(
        *seen.unwrap(),
        (Some("A. X.".into()), Some("…3456".into()), Some(true), None, Some("…".into()), None)
    );
}

#[test]
fn figures_leave_out_who_is_hidden_and_hide_small_cells() {
    let journalist = actor([role("journalist")]);
    let people: Vec<SubjectFacts> = (0..30)
        .map(|number| SubjectFacts {
            person: person(number),
            records: BTreeSet::from([record(number)]),
            ..child("care/north")
        })
        .collect();
    // Cells of 3, 7 and 20; person 1 is in the first.
    let cell = |index: usize| usize::from(index >= 3) + usize::from(index >= 10);
    let rows = || people.iter().enumerate().map(|(index, facts)| (facts, cell(index)));
    let rules = Rules::default();
    let hidden = Rules::new([hide(Withheld::All, Recipient::Anyone)], []);
    let tally = |rules: &Rules, purpose, by: &[FieldGroup]| {
        decider(&journalist, purpose, rules).tally(rows(), 3, by, THRESHOLD)
    };
    let dates = &[FieldGroup::CustodyDates][..];
    let all = tally(&rules, Purpose::Statistics, dates).unwrap();
    assert_eq!(all.cells, [Shown::Withheld, Shown::Withheld, Shown::Count(20)]);
    assert_eq!(all.total, Shown::Count(30));
    assert_eq!(all.disclosure().reduced, BTreeSet::from([FieldGroup::CustodyDates]));
    assert_eq!(tally(&hidden, Purpose::Statistics, dates).unwrap().total, Shown::Count(29));
    let by_name = tally(&rules, Purpose::Statistics, &[FieldGroup::Names]).unwrap();
    assert_eq!(by_name.total, Shown::Withheld, "nothing is counted by name");
    assert_eq!(tally(&rules, Purpose::Oversight, dates).unwrap().total, Shown::Withheld);
    assert_eq!(tally(&rules, Purpose::Enforcement, dates), Err(Refusal::Enforcement));
    let table = decider(&journalist, Purpose::Statistics, &rules)
        .tally_table(rows().map(|(facts, cell)| (facts, 0, cell)), (1, 3), dates, THRESHOLD)
        .unwrap();
    assert_eq!(table.rows[0], *all);
    assert_eq!(table.columns, all.cells);
    let contributor = actor([role("data-contributor")]);
    let refused = decider(&contributor, Purpose::Statistics, &rules).tally(rows(), 3, dates, THRESHOLD);
    assert_eq!(refused, Err(Refusal::NotGranted));
}

#[test]
fn what_is_about_nobody_needs_a_permit_for_such_things() {
    let rules = Rules::default();
    let administrator = actor([role("administrator")]);
    let decider = decider(&administrator, Purpose::Administration, &rules);
    let permit = decider.may(Action::ManageAccounts, None).unwrap();
    let accounts = ["ana", "luis"];
    assert_eq!(*decider.view_of_nobody(&permit, &accounts, |raw| raw.len()).unwrap(), 2);
    let for_care = Decider { purpose: Purpose::ChildCare, ..decider };
    assert!(for_care.view_of_nobody(&permit, &accounts, |raw| raw.len()).is_none(), "for another purpose");
    let custodian = Actor { account: "root".into(), ..actor([role("custodian")]) };
    let other = Decider { actor: &custodian, ..decider };
    assert!(other.view_of_nobody(&permit, &accounts, |raw| raw.len()).is_none(), "somebody else's permit");
    let export = other.may(Action::Export, None).unwrap();
    assert!(other.view_of_nobody(&export, &accounts, |raw| raw.len()).is_none(), "an export is about people");
}
