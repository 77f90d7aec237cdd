//! The laws of access, whatever roles, rules and emergencies say: deny wins, enforcement gets nothing, what expires
//! stays expired, who is hidden is nobody.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod situation;

use proptest::prelude::*;
use rejoin_access::*;
use rejoin_model::{Field, PersonId};
use situation::*;
use std::collections::BTreeSet;

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn any_asked() -> impl Strategy<Value = Asked> {
    prop_oneof![any_of(FieldGroup::ALL).prop_map(Asked::Group), any_of(Field::ALL).prop_map(Asked::Field),]
}

fn any_actor() -> impl Strategy<Value = Actor> {
    let organisations =
        prop::sample::select(vec!["care", "care/south", "care/south/house", "care/north", "border"]);
    let subject = prop_oneof![4 => Just(None), 1 => Just(Some(person(1))), 1 => Just(Some(person(9)))];
    (prop::sample::subsequence(roles(), 0..4), organisations, subject, any::<bool>()).prop_map(
        |(roles, organisation_path, subject_of, in_team)| Actor {
            organisation: organisation(organisation_path),
            teams: if in_team { BTreeSet::from(["team-1".to_string()]) } else { BTreeSet::new() },
            subject_of,
            ..actor(roles)
        },
    )
}

fn any_facts() -> impl Strategy<Value = SubjectFacts> {
    let holder = prop::sample::select(vec!["care/south", "care/south/house", "care/north"]);
    let assigned = prop::sample::subsequence(
        vec![Assignee::Account("ana".into()), Assignee::Team("team-1".into())],
        0..=2,
    );
    let verified = prop::sample::subsequence(
        vec![
            Counterpart::Person(person(9)),
            Counterpart::Account("ana".into()),
            Counterpart::Person(person(1)),
        ],
        0..=3,
    );
    (holder, assigned, verified, any::<bool>(), prop::bool::weighted(0.1)).prop_map(
        |(holder, assigned, verified, is_child, erased)| SubjectFacts {
            assigned_to: assigned.into_iter().collect(),
            verified_counterparts: verified.into_iter().collect(),
            is_child,
            erased,
            ..child(holder)
        },
    )
}

fn any_rule() -> impl Strategy<Value = DoNotDisclose> {
    let fields = prop_oneof![
        Just(Withheld::All),
        prop::collection::btree_set(any_of(FieldGroup::ALL), 0..4).prop_map(Withheld::Groups),
        prop::collection::btree_set(any_of(Field::ALL), 0..6).prop_map(Withheld::Fields),
    ];
    let recipient = prop::sample::select(vec![
        Recipient::Anyone,
        Recipient::Role("case-worker".into()),
        Recipient::Role("custodian".into()),
        Recipient::Organisation("care".into()),
        Recipient::Organisation("south".into()),
        Recipient::Account("ana".into()),
        Recipient::Person(person(9)),
    ]);
    let subject = prop::sample::select(vec![
        Protected::Person(person(1)),
        Protected::Record(record(2)),
        Protected::Person(person(7)),
    ]);
    (fields, recipient, subject, -2..3i64, prop::option::of(-2..3i64)).prop_map(
        |(fields, recipient, subject, from, until)| DoNotDisclose {
            subject,
            from: NOW + from * HOUR,
            until: until.map(|until| NOW + until * HOUR),
            ..hide(fields, recipient)
        },
    )
}

fn any_emergency() -> impl Strategy<Value = Emergency> {
    (-2..3i64, -2..40i64, prop::sample::select(vec!["ana", "luis"]), 1..3u8, any::<bool>()).prop_map(
        |(from, until, account, subject, reason)| Emergency {
            account: account.into(),
            subject: person(subject),
            reason: if reason { "the child is in hospital".into() } else { "  ".into() },
            from: NOW + from * HOUR,
            until: NOW + until * HOUR,
            ..emergency()
        },
    )
}

fn any_rules() -> impl Strategy<Value = (Vec<DoNotDisclose>, Vec<Emergency>)> {
    (prop::collection::vec(any_rule(), 0..3), prop::collection::vec(any_emergency(), 0..3))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]

    #[test]
    fn deny_wins(
        actor in any_actor(), facts in any_facts(), purpose in any_of(Purpose::ALL), asked in any_asked(),
        (withheld, emergencies) in any_rules(), added in any_rule(), broken in any_emergency(), action in any_of(Action::ALL),
    ) {
        let before = Rules::new(withheld.clone(), emergencies.clone());
        let mut after = before.clone();
        after.withhold(added.clone());
        let was = decide(&actor, purpose, &facts, asked, &before, NOW).decision;
        let is = decide(&actor, purpose, &facts, asked, &after, NOW).decision;
        prop_assert!(is.extent() <= was.extent(), "a rule gave more: {:?}, then {:?}", was, is);
        if let (Decision::Deny(was), Decision::Deny(is)) = (was, is) {
            prop_assert!(is == was || is == Refusal::NotFound, "{:?} became {:?}", was, is);
        }
        let may = |rules: &Rules| Decider { actor: &actor, purpose, rules, now: NOW }.may(action, Some(&facts)).is_ok();
        prop_assert!(may(&before) || !may(&after));

        // No emergency gives what a rule in force withholds.
        let bites = added.is_in_force(NOW)
            && added.recipient.is(&actor)
            && added.subject != Protected::Person(person(7))
            && match &added.fields {
                Withheld::All => true,
                Withheld::Groups(groups) => groups.contains(&asked.group()),
                Withheld::Fields(fields) => match asked {
                    Asked::Field(field) => fields.contains(&field),
                    Asked::Group(group) => fields.iter().any(|field| FieldGroup::of(*field) == group),
                },
            };
        if bites {
            after.break_glass(broken);
            after.break_glass(emergency());
            let decision = decide(&actor, purpose, &facts, asked, &after, NOW).decision;
            prop_assert_eq!(decision.extent(), 0);
        }
    }

    #[test]
    fn enforcement_gets_nothing_and_learns_nothing(
        actor in any_actor(), facts in any_facts(), asked in any_asked(), (withheld, emergencies) in any_rules(),
        action in any_of(Action::ALL),
    ) {
        let mut rules = Rules::new(withheld, emergencies);
        rules.break_glass(emergency());
        let decider = Decider { actor: &actor, purpose: Purpose::Enforcement, rules: &rules, now: NOW };
        let decided = decider.decide(&facts, asked);
        prop_assert_eq!(decided.decision, Decision::Deny(Refusal::Enforcement));
        prop_assert_eq!(decided.why(), &Why::Enforcement);
        prop_assert_eq!(decider.refusal(Some(&facts)), decider.refusal(None));
        prop_assert_eq!(decider.may(action, Some(&facts)), Err(Refusal::Enforcement));
        prop_assert_eq!(decider.may(action, None), Err(Refusal::Enforcement));
        prop_assert!(!decider.counts(&facts, &[]));
    }

    #[test]
    fn an_emergency_only_raises_only_child_care_and_is_flagged(
        actor in any_actor(), facts in any_facts(), purpose in any_of(Purpose::ALL), asked in any_asked(),
        (withheld, _) in any_rules(),
    ) {
        let without = Rules::new(withheld.clone(), []);
        let with = Rules::new(withheld, [emergency()]);
        let calm = decide(&actor, purpose, &facts, asked, &without, NOW);
        let broken = decide(&actor, purpose, &facts, asked, &with, NOW);
        prop_assert!(broken.decision.extent() >= calm.decision.extent());
        if broken.decision.extent() > calm.decision.extent() {
            prop_assert_eq!(broken.emergency(), Some("emergency-1"));
            prop_assert_eq!(purpose, Purpose::ChildCare);
            prop_assert!(FieldGroup::EMERGENCY.contains(&asked.group()));
            prop_assert!(actor.has(Action::BreakGlass) && actor.subject_of.is_none());
        } else {
            prop_assert_eq!(broken.emergency(), None, "an emergency that was not needed is not logged as one");
        }
    }

    #[test]
    fn what_expired_stays_expired(rule in any_rule(), glass in any_emergency(), early in -60..60i64, later in 0..60i64) {
        let (early, late) = (NOW + early * HOUR, NOW + (early + later) * HOUR);
        // In force, then not, then never again; and never before it began.
        if early >= rule.from && !rule.is_in_force(early) { prop_assert!(!rule.is_in_force(late)); }
        if rule.until.is_none() && rule.is_in_force(early) { prop_assert!(rule.is_in_force(late)); }
        if early >= glass.from && !glass.is_in_force(early) { prop_assert!(!glass.is_in_force(late)); }
        prop_assert!(!glass.is_in_force(glass.from.saturating_add(Emergency::LONGEST)));
        // A later end never ends sooner.
        let longer = DoNotDisclose { until: rule.until.map(|until| until + HOUR), ..rule.clone() };
        prop_assert!(!rule.is_in_force(early) || longer.is_in_force(early));
        let longer = Emergency { until: glass.until + HOUR, ..glass.clone() };
        prop_assert!(!glass.is_in_force(early) || longer.is_in_force(early));
    }

    #[test]
    fn as_time_goes_by_rules_only_give_back_and_emergencies_only_take_away(
        actor in any_actor(), facts in any_facts(), purpose in any_of(Purpose::ALL), asked in any_asked(),
        rule in any_rule(), glass in any_emergency(), hours in 0..50i64,
    ) {
        let at = |rules: &Rules, now| decide(&actor, purpose, &facts, asked, rules, now).decision.extent();
        let (start, later) = (NOW + 3 * HOUR, NOW + (3 + hours) * HOUR);
        let withheld = Rules::new([rule], []);
        prop_assert!(at(&withheld, start) <= at(&withheld, later));
        let broken = Rules::new([], [glass]);
        prop_assert!(at(&broken, start) >= at(&broken, later));
    }

    #[test]
    fn where_a_child_is_is_told_to_holders_and_the_verified_only(
        actor in any_actor(), facts in any_facts(), purpose in any_of(Purpose::ALL), (withheld, _) in any_rules(),
    ) {
        let rules = Rules::new(withheld, []);
        let decision = decide(&actor, purpose, &facts, FieldGroup::Whereabouts, &rules, NOW).decision;
        if facts.is_child && decision == Decision::Allow {
            let verified = facts.verified_counterparts.iter().any(|known| match known {
                Counterpart::Person(known) => *known != person(1) && actor.subject_of == Some(*known),
                Counterpart::Account(known) => *known == actor.account,
            });
            let holds = facts.held_by.iter().any(|holder| holder.path().starts_with(actor.organisation.path()));
            let expected = verified || (actor.subject_of.is_none() && match purpose {
                Purpose::FamilyTracing | Purpose::LegalRepresentation | Purpose::OwnFile => false,
                Purpose::Oversight | Purpose::Court => true,
                Purpose::Reunification => holds || !facts.verified_counterparts.is_empty(),
                _ => holds,
            });
            prop_assert!(expected, "{:?} of {:?} for {:?}", actor, facts, purpose);
        }
    }

    #[test]
    fn a_group_gives_no_more_than_each_of_its_fields(
        actor in any_actor(), facts in any_facts(), purpose in any_of(Purpose::ALL), field in any_of(Field::ALL),
        (withheld, emergencies) in any_rules(),
    ) {
        let rules = Rules::new(withheld, emergencies);
        let of = |asked: Asked| decide(&actor, purpose, &facts, asked, &rules, NOW).decision.extent();
        prop_assert!(of(FieldGroup::of(field).into()) <= of(field.into()));
    }

    #[test]
    fn who_is_not_to_be_seen_is_nobody(
        actor in any_actor(), facts in any_facts(), purpose in any_of(Purpose::ALL), (withheld, emergencies) in any_rules(),
        action in any_of(Action::ALL),
    ) {
        let rules = Rules::new(withheld, emergencies);
        let decider = Decider { actor: &actor, purpose, rules: &rules, now: NOW };
        prop_assume!(!decider.sees(&facts));
        let nobody = decider.refusal(None);
        prop_assert_eq!(decider.refusal(Some(&facts)), nobody);
        for group in FieldGroup::ALL {
            prop_assert_eq!(decider.decide(&facts, *group).decision, Decision::Deny(nobody.unwrap()));
        }
        prop_assert!(decider.view(&facts, "raw", |_, raw| raw.len()).is_none());
        prop_assert!(decider.list([(&facts, "raw")], |_, raw| raw.len()).is_empty());
        prop_assert!(!decider.counts(&facts, &[]));
        if action != Action::BreakGlass {
            let done = decider.may(action, Some(&facts));
            prop_assert_eq!(done.err(), decider.may(action, None).err());
        }
    }

    #[test]
    fn more_roles_never_give_less(
        actor in any_actor(), facts in any_facts(), purpose in any_of(Purpose::ALL), asked in any_asked(),
        more in prop::sample::select(roles()),
    ) {
        let rules = Rules::default();
        let mut promoted = actor.clone();
        promoted.roles.push(more);
        let of = |actor: &Actor| decide(actor, purpose, &facts, asked, &rules, NOW).decision.extent();
        prop_assert!(of(&actor) <= of(&promoted));
    }
}

#[test]
fn a_rule_over_all_hides_from_the_recipient_and_from_nobody_else() {
    let worker = actor([role("case-worker")]);
    let facts = near();
    let recipients = [
        (Recipient::Anyone, false),
        (Recipient::Role("case-worker".into()), false),
        (Recipient::Role("lawyer".into()), true),
        (Recipient::Organisation("south".into()), false),
        (Recipient::Organisation("care".into()), false),
        (Recipient::Organisation("house".into()), true),
        (Recipient::Account("ana".into()), false),
        (Recipient::Account("luis".into()), true),
        (Recipient::Person(person(9)), true),
    ];
    for (recipient, seen) in recipients {
        let rules = Rules::new([hide(Withheld::All, recipient.clone())], []);
        let decider = Decider { actor: &worker, purpose: Purpose::ChildCare, rules: &rules, now: NOW };
        assert_eq!(decider.sees(&facts), seen, "{recipient:?}");
    }
}

#[test]
fn a_rule_follows_its_record_when_people_are_joined() {
    let worker = actor([role("case-worker")]);
    let mut facts = near();
    // The person was named after record 1; a smaller record joined, and the person has another name now.
    facts.person = person(0);
    facts.records.insert(record(0));
    let rules = Rules::new([hide(Withheld::All, Recipient::Anyone)], []);
    let decider = Decider { actor: &worker, purpose: Purpose::ChildCare, rules: &rules, now: NOW };
    assert!(!decider.sees(&facts));
    facts.records.remove(&record(1));
    assert!(decider.sees(&facts));
}

#[test]
fn the_gate_opens_for_a_verified_parent_and_shows_nothing_else() {
    let mut parent = actor([role("person")]);
    parent.subject_of = Some(person(9));
    let rules = Rules::default();
    let decider = Decider { actor: &parent, purpose: Purpose::OwnFile, rules: &rules, now: NOW };
    let mut facts = child("care/north");
    assert_eq!(decider.refusal(Some(&facts)), Some(Refusal::NotFound));
    facts.verified_counterparts.insert(Counterpart::Person(person(9)));
    assert_eq!(decider.decide(&facts, FieldGroup::Whereabouts).decision, Decision::Allow);
    for group in FieldGroup::ALL {
        let shown = decider.decide(&facts, *group).decision.extent() > 0;
        assert_eq!(shown, FieldGroup::COUNTERPART.contains(group), "{}", group.word());
    }
    assert_eq!(decider.may(Action::Dispute, Some(&facts)), Err(Refusal::NotGranted));
    let own = SubjectFacts { is_child: false, ..SubjectFacts::of(person(9)) };
    assert!(decider.may(Action::Dispute, Some(&own)).is_ok());
    assert_eq!(decider.decide(&own, FieldGroup::Readers).decision, Decision::Allow);
}

#[test]
fn whoever_has_a_childs_own_account_does_not_learn_its_place_by_that() {
    let mut holder = actor([role("person")]);
    holder.subject_of = Some(person(1));
    let rules = Rules::default();
    let decider = Decider { actor: &holder, purpose: Purpose::OwnFile, rules: &rules, now: NOW };
    let mut facts = child("care/north");
    facts.verified_counterparts.insert(Counterpart::Person(person(1)));
    assert_eq!(decider.decide(&facts, FieldGroup::Names).decision, Decision::Allow);
    assert_eq!(*decider.decide(&facts, FieldGroup::Whereabouts).why(), Why::WhereaboutsGate);
    facts.verified_counterparts.insert(Counterpart::Account("ana".into()));
    assert_eq!(decider.decide(&facts, FieldGroup::Whereabouts).decision, Decision::Allow);
}

#[test]
fn what_a_role_may_do_it_may_do_within_its_reach() {
    let rules = Rules::new([], [emergency()]);
    let decide = |actor: &Actor, purpose, action, facts: Option<&SubjectFacts>| {
        Decider { actor, purpose, rules: &rules, now: NOW }
            .may(action, facts)
            .map(|permit| permit.emergency().is_some())
    };
    let supervisor = actor([role("supervisor")]);
    let elsewhere = SubjectFacts { person: person(5), records: BTreeSet::new(), ..child("care/north") };
    assert_eq!(decide(&supervisor, Purpose::ChildCare, Action::ApproveClosure, Some(&near())), Ok(false));
    assert_eq!(
        decide(&supervisor, Purpose::ChildCare, Action::ApproveClosure, Some(&elsewhere)),
        Err(Refusal::NotFound)
    );
    assert_eq!(decide(&supervisor, Purpose::ChildCare, Action::ApproveClosure, None), Err(Refusal::NotFound));
    assert_eq!(
        decide(&supervisor, Purpose::ChildCare, Action::Verify, Some(&near())),
        Err(Refusal::NotGranted)
    );
    // Two roles do not add up to a third: the verifier reaches assigned people only, the supervisor does not sign.
    let both = actor([role("supervisor"), role("verifier")]);
    let unassigned = child("care/south");
    assert_eq!(decide(&both, Purpose::Verification, Action::Sign, Some(&near())), Ok(false));
    assert_eq!(
        decide(&both, Purpose::Verification, Action::Sign, Some(&unassigned)),
        Err(Refusal::NotGranted)
    );
    // Emergency access lets one write down what was done, and no more.
    let shelter = actor([role("shelter-staff")]);
    let far = child("care/north");
    assert_eq!(decide(&shelter, Purpose::ChildCare, Action::Note, Some(&far)), Ok(true));
    assert_eq!(decide(&shelter, Purpose::ChildCare, Action::HandOver, Some(&far)), Err(Refusal::NotGranted));
    assert_eq!(decide(&shelter, Purpose::ChildCare, Action::BreakGlass, Some(&elsewhere)), Ok(false));
    assert_eq!(decide(&shelter, Purpose::ChildCare, Action::BreakGlass, None), Err(Refusal::NotFound));
    let custodian = actor([role("custodian")]);
    let held = SubjectFacts { hold: true, ..near() };
    assert_eq!(decide(&custodian, Purpose::DataQuality, Action::Erase, Some(&near())), Ok(false));
    assert_eq!(decide(&custodian, Purpose::DataQuality, Action::Erase, Some(&held)), Err(Refusal::Held));
}

#[test]
fn roles_that_cannot_be_are_refused() {
    let grant = |purpose, scope, groups: &[FieldGroup]| Grant {
        purpose,
        scope,
        groups: groups.iter().map(|group| (*group, Level::Allow)).collect(),
    };
    let refused = |grant| Role::new("r", ("Role", "Rol"), vec![grant], []).unwrap_err();
    use FieldGroup::{CustodyDates, Names};
    assert_eq!(refused(grant(Purpose::Enforcement, Scope::All, &[Names])), BadRole::GrantsEnforcement);
    assert_eq!(refused(grant(Purpose::OwnFile, Scope::All, &[Names])), BadRole::OwnFileScope);
    assert_eq!(refused(grant(Purpose::Court, Scope::Own, &[Names])), BadRole::OwnFileScope);
    assert_eq!(refused(grant(Purpose::Court, Scope::All, &[Names, Names])), BadRole::GroupTwice(Names));
    assert_eq!(
        refused(grant(Purpose::Statistics, Scope::All, &[CustodyDates, Names])),
        BadRole::NotCountable(Names)
    );
    assert_eq!(Role::new(" ", ("Role", "Rol"), vec![], []), Err(BadRole::Nameless));
    assert_eq!(Organisation::new(Vec::<String>::new()), None, "it would be above everybody");
}

#[test]
fn words_are_stable_unique_and_in_two_languages() {
    fn check<T: Copy + PartialEq + std::fmt::Debug>(
        all: &[T],
        word: fn(T) -> &'static str,
        back: fn(&str) -> Option<T>,
        label: fn(T) -> (&'static str, &'static str),
    ) {
        for one in all {
            assert_eq!(back(word(*one)), Some(*one));
            let (en, es) = label(*one);
            assert!(!en.is_empty() && !es.is_empty() && en != es, "{one:?}");
        }
    }
    check(Purpose::ALL, Purpose::word, Purpose::from_word, Purpose::label);
    check(FieldGroup::ALL, FieldGroup::word, FieldGroup::from_word, FieldGroup::label);
    check(Action::ALL, Action::word, Action::from_word, Action::label);
    check(Level::ALL, Level::word, Level::from_word, Level::label);
    check(Scope::ALL, Scope::word, Scope::from_word, Scope::label);
    check(PlaceKind::ALL, PlaceKind::word, PlaceKind::from_word, PlaceKind::label);
}

#[test]
fn every_group_that_lists_can_fill_has_a_field() {
    let filled: BTreeSet<FieldGroup> = Field::ALL.iter().map(|field| FieldGroup::of(*field)).collect();
    use FieldGroup::{Casework, Dna, Evidence, Readers};
    let by_the_registry = BTreeSet::from([Casework, Dna, Evidence, Readers]);
    let all: BTreeSet<FieldGroup> = FieldGroup::ALL.iter().copied().collect();
    assert_eq!(all.difference(&filled).copied().collect::<BTreeSet<_>>(), by_the_registry);
}

#[test]
fn a_person_id_is_the_id_of_its_smallest_record() {
    // The index of rules rests on it.
    assert_eq!(PersonId::of_smallest(record(3)).as_bytes(), record(3).as_bytes());
}

#[test]
fn the_erased_are_nobody() {
    let rules = Rules::new([], [emergency()]);
    let gone = SubjectFacts { erased: true, ..near() };
    for role in roles() {
        for purpose in Purpose::ALL {
            let actor = Actor { subject_of: Some(person(1)), ..actor([role.clone()]) };
            let decider = Decider { actor: &actor, purpose: *purpose, rules: &rules, now: NOW };
            assert_eq!(decider.refusal(Some(&gone)), decider.refusal(None));
            assert!(!decider.sees(&gone));
        }
    }
}

#[test]
fn statistics_never_show_in_full_whatever_a_role_says() {
    let grant = Grant {
        purpose: Purpose::Statistics,
        scope: Scope::All,
        groups: vec![(FieldGroup::CustodyDates, Level::Allow)],
    };
    let generous = Role::new("generous", ("Generous", "Generoso"), vec![grant], []).unwrap();
    let decided = decide(
        &actor([generous.into()]),
        Purpose::Statistics,
        &near(),
        Field::Placed,
        &Rules::default(),
        NOW,
    );
    assert_eq!(decided.decision, Decision::Reduce(Reduction::Year));
}

#[test]
fn an_emergency_is_its_own_accounts_with_a_reason_and_within_its_time() {
    let staff = actor([role("shelter-staff")]);
    let far = child("care/north");
    let opens = |emergency: Emergency, now: i64| {
        let rules = Rules::new([], [emergency]);
        decide(&staff, Purpose::ChildCare, &far, FieldGroup::Names, &rules, now).decision == Decision::Allow
    };
    assert!(opens(emergency(), NOW));
    assert!(opens(Emergency { reviewed: Some(NOW), ..emergency() }, NOW), "a review looks back");
    assert!(!opens(Emergency { account: "luis".into(), ..emergency() }, NOW));
    assert!(!opens(Emergency { reason: " ".into(), ..emergency() }, NOW));
    assert!(!opens(Emergency { subject: person(2), ..emergency() }, NOW));
    assert!(opens(emergency(), NOW + HOUR - 1));
    assert!(!opens(emergency(), NOW + HOUR), "the end is not included");
    assert!(!opens(emergency(), NOW - HOUR - 1));
    let year = Emergency { until: NOW + 9_000 * HOUR, ..emergency() };
    assert!(!opens(year, NOW + 24 * HOUR), "a day at the longest");
}

#[test]
fn a_rule_begins_and_ends_to_the_microsecond() {
    let rule = DoNotDisclose { until: Some(NOW + HOUR), ..hide(Withheld::All, Recipient::Anyone) };
    assert!(!rule.is_in_force(NOW - HOUR - 1));
    assert!(rule.is_in_force(NOW - HOUR));
    assert!(rule.is_in_force(NOW + HOUR - 1));
    assert!(!rule.is_in_force(NOW + HOUR));
}

#[test]
fn no_glass_is_broken_over_who_is_hidden_or_erased() {
    let staff = actor([role("shelter-staff")]);
    let far = child("care/north");
    let may = |rules: &Rules, facts: &SubjectFacts| {
        Decider { actor: &staff, purpose: Purpose::ChildCare, rules, now: NOW }
            .may(Action::BreakGlass, Some(facts))
            .map(|permit| permit.action())
    };
    assert_eq!(may(&Rules::default(), &far), Ok(Action::BreakGlass));
    let hidden = Rules::new([hide(Withheld::All, Recipient::Anyone)], []);
    assert_eq!(may(&hidden, &far), Err(Refusal::NotFound));
    assert_eq!(may(&Rules::default(), &SubjectFacts { erased: true, ..far.clone() }), Err(Refusal::NotFound));
    // The person's own account, and a role without the action, break none.
    let lawyer = actor([role("lawyer")]);
    let decider = Decider { actor: &lawyer, purpose: Purpose::ChildCare, rules: &hidden, now: NOW };
    assert_eq!(decider.may(Action::BreakGlass, Some(&far)), Err(Refusal::NotFound));
}
