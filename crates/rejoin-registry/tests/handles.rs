//! Several handles on one case, the search, the work-list and the queue of candidates: what they show, what they hide, and
//! what is on record of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_access::{Actor, Organisation, Purpose};
use rejoin_casework::Fact;
use rejoin_casework::worklist::List;
use rejoin_model::{Moment, Sex, Subject, Verdict};
use rejoin_registry::{
    Case, DecidedAs, DecisionRequest, Error, Found, Given, Page, Query, QueueFilter, Reason, Seat, Whose,
    Withholding, WorkFilter,
};
use std::collections::BTreeSet;
use support::{import, stamp};

const BORDER: &str = "Civ ID,A-Number,Family Unit Group#,First Name,Last Name,Gender,BIRTH_DATE,CITIZENSHIP,Apprehension Date,Station
1,A214550001,FMU1,JUAN CARLOS,LOPEZ GARCIA,M,3/4/2011,HONDURAS,5/6/2018,McAllen
2,A214550002,FMU1,MARIA DE LOS ANGELES,GARCIA DE LEON,F,11/2/1985,HONDURAS,5/6/2018,McAllen
3,A214550030,FMU2,GUILLERMO,VASQUEZ TZOC,M,8/9/1979,GUATEMALA,5/7/2018,Yuma
4,A214550041,FMU2,EVA,VASQUEZ POP,F,2/1/2015,GUATEMALA,5/7/2018,Yuma
5,A214550052,,ROSA,HERNANDEZ,F,6/6/1990,EL SALVADOR,5/8/2018,Yuma
6,A214550063,,JOSE,LOPEZ,M,6/7/1991,EL SALVADOR,5/8/2018,Yuma
";
const SHELTER: &str =
    "uac_program_id,A Number,first_name,last_name,gender,dob,COO,Date Apprehended,Admission Date,program_name
S1,A214550001,Juan Carlos,Lopez Garcia,Male,3/4/2011,Honduras,5/6/2018,5/8/2018,Casa Azul
S2,A214550041,Eva,Vasquez Pop,Female,2/1/2015,Guatemala,5/7/2018,5/12/2018,Casa Verde
";

struct World {
    directory: tempfile::TempDir,
    case: Case,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let mut case = Case::init(&directory.path().join("case"), &stamp(0)).unwrap();
    import(&mut case, "border-apprehensions", "border.csv", BORDER, 1).unwrap();
    import(&mut case, "shelter-portal", "shelter.csv", SHELTER, 1).unwrap();
    case.link(&stamp(2), &|_, _, _| {}).unwrap();
    case.families(&stamp(2), &|_, _, _| {}).unwrap();
    World { directory, case }
}

impl World {
    fn seat(&self, account: &str, roles: &[&str], purpose: Purpose) -> Seat {
        let roles = roles.iter().map(|role| self.case.roles().unwrap().named(role).unwrap()).collect();
        let actor = Actor {
            account: account.into(),
            organisation: Organisation::new(["registry"]).unwrap(),
            teams: BTreeSet::from(["north".to_owned()]),
            roles,
            subject_of: None,
        };
        Seat { actor, purpose, at_micros: stamp(3).at_micros }
    }

    fn supervisor(&self) -> Seat {
        self.seat("sara", &["supervisor", "case-worker"], Purpose::ChildCare)
    }

    fn tracer(&self) -> Seat {
        self.seat("sara", &["supervisor"], Purpose::FamilyTracing)
    }

    fn ask(&self, query: &Query) -> Found {
        self.case.desk(self.supervisor()).unwrap().search(query, Page::default()).unwrap()
    }

    fn named(&self, name: &str) -> Found {
        self.ask(&Query { name: name.into(), ..Query::default() })
    }
}

fn names(found: &Found) -> Vec<String> {
    found.hits.iter().map(|hit| hit.who.name.clone().unwrap_or_default().to_uppercase()).collect()
}

#[test]
fn names_are_found_as_they_are_written_in_practice() {
    let world = world();
    for (asked, expected, why) in [
        ("Juan Carlos López García", "JUAN CARLOS LOPEZ GARCIA", Reason::SurnameSame),
        ("LOPEZ GARCIA, JUAN CARLOS", "JUAN CARLOS LOPEZ GARCIA", Reason::GivenSame),
        ("garcia lopez, juan", "JUAN CARLOS LOPEZ GARCIA", Reason::SurnamesSwapped),
        ("Juan Lopes", "JUAN CARLOS LOPEZ GARCIA", Reason::SurnameSounds),
        ("Juan Garsia", "JUAN CARLOS LOPEZ GARCIA", Reason::SurnameSounds),
        ("Jaun Lopez Garcia", "JUAN CARLOS LOPEZ GARCIA", Reason::GivenSounds),
        ("Rosa Fernandez", "ROSA HERNANDEZ", Reason::SurnameAlike),
        ("Maria Garcia Leon", "MARIA DE LOS ANGELES GARCIA DE LEON", Reason::SurnameSame),
        ("memo vasques", "GUILLERMO VASQUEZ TZOC", Reason::GivenShort),
        ("basquez soc, guillermo", "GUILLERMO VASQUEZ TZOC", Reason::SurnameSounds),
        ("ernandes rosa", "ROSA HERNANDEZ", Reason::SurnameSounds),
    ] {
        let found = world.named(asked);
        assert_eq!(names(&found).first().map(String::as_str), Some(expected), "{asked}: {:?}", names(&found));
        assert!(found.hits[0].reasons.contains(&why), "{asked}: {:?}", found.hits[0].reasons);
        assert!(found.hits.is_sorted_by(|one, other| one.score >= other.score));
    }
    assert!(world.named("Wilson Peraza").hits.is_empty());
    // Alike is less than the same.
    let scores = |asked: &str| world.named(asked).hits[0].score;
    assert!(scores("Rosa Hernandez") > scores("Rosa Ernandes"));
}

#[test]
fn age_date_sex_and_country_narrow_and_numbers_find() {
    let world = world();
    let query = |change: &dyn Fn(&mut Query)| {
        let mut query = Query { name: "lopez".into(), ..Query::default() };
        change(&mut query);
        query
    };
    // Of two of the name the child is meant by the age, the man by the date with day and month exchanged.
    let child = world.ask(&query(&|query| query.age = Some(8)));
    assert_eq!(names(&child)[0], "JUAN CARLOS LOPEZ GARCIA");
    assert!(child.hits[0].reasons.contains(&Reason::AgeFits));
    let man = world.ask(&query(&|query| query.birth = Moment::day(1991, 7, 6)));
    assert_eq!(names(&man)[0], "JOSE LOPEZ");
    assert!(man.hits[0].reasons.contains(&Reason::BirthSwapped), "{:?}", man.hits[0].reasons);
    let woman = world.ask(&query(&|query| query.sex = Some(Sex::Female)));
    assert!(woman.hits.iter().all(|hit| hit.score < 80 && hit.reasons.contains(&Reason::SexDiffers)));
    // A birth date finds by itself, an age does not.
    let born = Query { birth: Moment::day(1990, 6, 6), ..Query::default() };
    assert_eq!(names(&world.ask(&born)), ["ROSA HERNANDEZ"]);
    for number in ["A214-550-052", "a214550052"] {
        let found = world.ask(&Query { number: number.into(), ..Query::default() });
        assert_eq!(names(&found), ["ROSA HERNANDEZ"]);
        assert_eq!((found.hits[0].score, &found.hits[0].reasons), (100, &vec![Reason::NumberSame]));
    }
    let slipped = world.ask(&Query { number: "A214550025".into(), ..Query::default() });
    assert_eq!(slipped.hits[0].reasons, [Reason::NumberTransposed]);
    let id = slipped.hits[0].who.person.to_string();
    assert_eq!(names(&world.ask(&Query { code: id, ..Query::default() })), ["ROSA HERNANDEZ"]);
    let nobody = Query { code: "p-zzzzzzzzzzzzzzzz".into(), ..Query::default() };
    assert!(world.ask(&nobody).hits.is_empty());
}

#[test]
fn nobody_is_found_by_a_place_an_age_or_nothing() {
    let world = world();
    let desk = world.case.desk(world.supervisor()).unwrap();
    let before = world.case.checkpoint().unwrap().size;
    for query in [
        Query::default(),
        Query { place: "Casa Azul".into(), ..Query::default() },
        Query { place: "Casa Azul".into(), age: Some(7), ..Query::default() },
        Query { sex: Some(Sex::Male), birth: Moment::year(2011), ..Query::default() },
        Query { name: " - x ".into(), ..Query::default() },
    ] {
        assert!(matches!(desk.search(&query, Page::default()), Err(Error::Refused(_))), "{query:?}");
    }
    assert_eq!(world.case.checkpoint().unwrap().size, before);
    let at = |place: &str| {
        let query = Query { name: "lopez".into(), place: place.into(), ..Query::default() };
        names(&world.ask(&query))
    };
    // Where a child is held is known to the reader's organisation, which is above the shelter's.
    assert_eq!(at("Casa Azul"), ["JUAN CARLOS LOPEZ GARCIA"]);
    assert_eq!(at("Casa Verde"), [""; 0]);
}

#[test]
fn what_may_not_be_seen_does_not_find() {
    let world = world();
    let ask =
        |seat: Seat, query: &Query| world.case.desk(seat).unwrap().search(query, Page::default()).unwrap();
    let name = Query { name: "Rosa Hernandez".into(), ..Query::default() };
    let born = Query { birth: Moment::day(1990, 6, 6), ..Query::default() };
    // An inspector sees initials and whole dates.
    let inspector = || world.seat("ina", &["inspector"], Purpose::Oversight);
    assert_eq!(ask(inspector(), &name).total, 0);
    let found = ask(inspector(), &born);
    assert_eq!((found.total, found.hits[0].who.name.as_deref()), (1, Some("R. H.")));
    assert_eq!(ask(world.seat("jo", &["journalist"], Purpose::Statistics), &born).total, 0);
    assert_eq!(ask(world.seat("cara", &["case-worker"], Purpose::FamilyTracing), &name).total, 0);

    let id = found.hits[0].who.person.to_string();
    let desk = world.case.desk(world.supervisor()).unwrap();
    let asked = |fields: &str| Withholding {
        fields: fields.into(),
        recipient: "account:ina".into(),
        reason: "related to the accused".into(),
        until: None,
    };
    desk.withhold(&id, &asked("birth-and-age")).unwrap();
    assert_eq!(ask(inspector(), &born).total, 0, "a date that is withheld does not find");
    desk.withhold(&id, &asked("all")).unwrap();
    assert_eq!(ask(inspector(), &Query { code: id.clone(), ..Query::default() }).total, 0);
    // Everybody else finds her, and she can be told who did.
    assert_eq!(world.named("Rosa Hernandez").total, 1);
    let seat = world.seat("ina2", &["inspector"], Purpose::Oversight);
    let told = world.case.desk(seat).unwrap().readers(&id).unwrap();
    assert!(told.iter().any(|reading| reading.what == "search" && reading.actor == "sara"));
}

#[test]
fn work_is_in_order_and_only_of_whom_one_may_see() {
    let world = world();
    world.case.warm().unwrap();
    let desk = world.case.desk(world.supervisor()).unwrap();
    let all = desk.work(&WorkFilter::default()).unwrap();
    assert_eq!(all.total as usize, all.rows.len());
    assert_eq!(all.by_list.iter().map(|(_, count)| count).sum::<u64>(), all.total);
    // Eva is three: hers come first, whatever else is due.
    let tender: Vec<_> = all.rows.iter().map(|row| row.who.as_ref().unwrap().tender.unwrap()).collect();
    assert!(tender[0] && !tender[tender.len() - 1], "{tender:?}");
    assert!(tender.is_sorted_by(|one, other| one >= other));
    let first = &all.rows[0];
    let who = first.who.as_ref().unwrap();
    let name = who.name.as_deref().unwrap_or_default().to_uppercase();
    assert_eq!((name.as_str(), who.age.as_deref()), ("EVA VASQUEZ POP", Some("3")));
    assert_eq!((who.custodian, who.subject), (Some("shelter"), Subject::Child));
    assert!(all.rows.iter().any(|row| row.clock.is_some() && row.due_micros.is_some() && row.late));
    assert!(all.rows.iter().any(|row| row.list == List::Unassigned));

    // Filters, and pages that add up.
    let only = |lists: Vec<List>, whose: Whose, page: Page| {
        world.case.desk(world.supervisor()).unwrap().work(&WorkFilter { whose, lists, page }).unwrap()
    };
    let mut paged = Vec::new();
    while paged.len() < all.rows.len() {
        let page = only(Vec::new(), Whose::All, Page { first: paged.len(), rows: 2 });
        assert_eq!(page.total, all.total);
        paged.extend(page.rows);
    }
    assert_eq!(paged, all.rows);
    let id = who.person.to_string();
    let assign = |to: &str| Fact::Assigned { to: to.into(), from: stamp(2).at_micros, until: None };
    desk.command(&id, &[assign("sara"), assign("team:north")], &Given::default()).unwrap();
    for whose in [Whose::Mine, Whose::MyTeams, Whose::Of("team:north".into())] {
        let mine = only(Vec::new(), whose, Page::default());
        assert!(mine.total > 0 && mine.rows.iter().all(|row| row.child == Some(who.person)));
        assert!(mine.rows[0].assigned_to.contains(&"sara".to_owned()));
    }
    assert_eq!(only(Vec::new(), Whose::Of("nobody".into()), Page::default()).total, 0);
    let left = only(vec![List::Unassigned], Whose::Unassigned, Page::default());
    assert!(left.rows.iter().all(|row| row.list == List::Unassigned && row.child != Some(who.person)));

    // Who is hidden is in no row and no total; the reading is on record.
    let asked = Withholding {
        fields: "all".into(),
        recipient: "account:ina".into(),
        reason: "hidden".into(),
        until: None,
    };
    let ina = || world.seat("ina", &["inspector"], Purpose::Oversight);
    let shown = world.case.desk(ina()).unwrap().work(&WorkFilter::default()).unwrap();
    desk.withhold(&id, &asked).unwrap();
    let before = world.case.checkpoint().unwrap().size;
    let fewer = world.case.desk(ina()).unwrap().work(&WorkFilter::default()).unwrap();
    assert_eq!(world.case.checkpoint().unwrap().size, before + 1);
    assert!(fewer.total < shown.total && fewer.rows.iter().all(|row| row.child != Some(who.person)));
    assert!(shown.rows.iter().all(|row| row.who.as_ref().unwrap().name.as_deref() != who.name.as_deref()));
    // A case worker traces for those who are assigned to them or their team, and for nobody else.
    let worker = world.seat("cara", &["case-worker"], Purpose::FamilyTracing);
    let own = world.case.desk(worker.clone()).unwrap().work(&WorkFilter::default()).unwrap();
    assert!(own.total > 0 && own.rows.iter().all(|row| row.child == Some(who.person)));
    let mut stranger = worker;
    stranger.actor.teams.clear();
    assert_eq!(world.case.desk(stranger).unwrap().work(&WorkFilter::default()).unwrap().total, 0);
    world.case.verify(None, &|_, _, _| {}).unwrap();
}

#[test]
fn the_queue_has_what_is_undecided_and_of_nobody_hidden() {
    let world = world();
    world.case.warm().unwrap();
    let queue = |world: &World, decided: DecidedAs| {
        let filter = QueueFilter { decided, least: 0.0, ..QueueFilter::default() };
        world.case.desk(world.tracer()).unwrap().candidate_queue(&filter).unwrap()
    };
    let open = queue(&world, DecidedAs::Open);
    assert!(open.total > 1 && open.total as usize == open.rows.len());
    let first = &open.rows[0];
    assert_eq!(first.child.tender, Some(true));
    assert!(!first.candidate.evidence.is_empty());
    let (child, other) = (first.candidate.child, first.candidate.other);
    assert_eq!((first.child.person, first.other.person), (child, other));
    let request = DecisionRequest {
        child,
        other,
        relation: None,
        verdict: Verdict::Rejected,
        reason: "another child".into(),
    };
    let decision = world.case.decide(&request, &stamp(3)).unwrap();
    let left = queue(&world, DecidedAs::Open);
    assert_eq!(left.total, open.total - 1);
    assert!(left.rows.iter().all(|row| (row.candidate.child, row.candidate.other) != (child, other)));
    let rejected = queue(&world, DecidedAs::As(Verdict::Rejected));
    assert_eq!((rejected.total, rejected.rows[0].verdict), (1, Some(Verdict::Rejected)));
    assert_eq!(queue(&world, DecidedAs::Any).total, open.total);
    world.case.undo(decision, "a mistake", &stamp(4)).unwrap();
    assert_eq!(queue(&world, DecidedAs::Open).total, open.total);
    let asked = Withholding {
        fields: "all".into(),
        recipient: "account:sara".into(),
        reason: "hidden".into(),
        until: None,
    };
    let other = other.to_string();
    world.case.desk(world.supervisor()).unwrap().withhold(&other, &asked).unwrap();
    let fewer = queue(&world, DecidedAs::Any);
    assert!(fewer.total < open.total);
    assert!(fewer.rows.iter().all(|row| row.candidate.other.to_string() != other));
    for row in fewer.rows.iter().filter(|row| row.candidate.child == child) {
        assert!(!row.candidate.contested && row.candidate.none.is_nan(), "it does not tell of a rival");
    }
}

#[test]
fn an_erased_person_is_gone_from_every_handle_at_once() {
    let world = world();
    world.case.warm().unwrap();
    let beside = world.case.another().unwrap();
    let custodian = || world.seat("kim", &["custodian"], Purpose::DataQuality);
    let rosa = Query { name: "Rosa Hernandez".into(), ..Query::default() };
    let search = |case: &Case| case.desk(custodian()).unwrap().search(&rosa, Page::default()).unwrap();
    let id = search(&beside).hits[0].who.person.to_string();
    assert!(beside.desk(custodian()).unwrap().person(&id).unwrap().is_some());
    world.case.desk(custodian()).unwrap().erase(&id, "asked for", "herself").unwrap();
    assert_eq!(search(&beside).total, 0);
    assert!(beside.desk(custodian()).unwrap().person(&id).unwrap().is_none());
    // Another program knows by the ledger, and a third that had it in memory does, too.
    let apart = Case::open(&world.directory.path().join("case")).unwrap();
    apart.warm().unwrap();
    let juan = Query { name: "Juan Lopez Garcia".into(), ..Query::default() };
    let of = |case: &Case| case.desk(custodian()).unwrap().search(&juan, Page::default()).unwrap();
    let id = of(&apart).hits[0].who.person.to_string();
    world.case.desk(custodian()).unwrap().erase(&id, "asked for", "himself").unwrap();
    assert!(names(&of(&apart)).iter().all(|name| !name.contains("GARCIA")));
    assert!(apart.desk(custodian()).unwrap().person(&id).unwrap().is_none());
}

#[test]
fn many_handles_read_and_write_at_once_and_nothing_is_lost() {
    let world = world();
    world.case.warm().unwrap();
    let before = world.case.verify(None, &|_, _, _| {}).unwrap().size;
    let people: Vec<String> = {
        let view = world.case.desk(world.supervisor()).unwrap().view(None).unwrap();
        let all: BTreeSet<String> = view.person_of.values().map(ToString::to_string).collect();
        all.into_iter().collect()
    };
    const THREADS: usize = 8;
    const ROUNDS: usize = 10;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (case, seat, people) = (world.case.another().unwrap(), world.supervisor(), &people);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let id = &people[(thread + round) % people.len()];
                    let desk = case.desk(seat.clone()).unwrap();
                    let note = Fact::NoteAdded { about: None, text: format!("{thread} {round}") };
                    desk.command(id, &[note], &Given::default()).unwrap();
                    // What was just written is there: nobody reads behind their own back.
                    let file = desk.person(id).unwrap().unwrap().casework.unwrap();
                    let said = format!("{thread} {round}");
                    assert!(
                        file.entries.iter().any(|entry| entry.fields.iter().any(|(_, text)| *text == said))
                    );
                    desk.work(&WorkFilter::default()).unwrap();
                    let query = Query { name: "lopez".into(), ..Query::default() };
                    assert!(desk.search(&query, Page::default()).unwrap().total > 0);
                }
            });
        }
    });
    // A note, and readings of a file, of work and of a search.
    let after = world.case.verify(None, &|_, _, _| {}).unwrap().size;
    assert_eq!(after, before + (THREADS * ROUNDS * 4) as u64);
}
