//! A snapshot that was brought up to the ledger step by step is the one that is read from it whole.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;
use crate::{
    DecisionRequest, Extent, Given, ImportRequest, QueueFilter, Seat, Stamp, Withholding, WorkFilter,
};
use proptest::prelude::*;
use rejoin_access::{Actor, Organisation, Purpose};
use rejoin_casework::Fact;
use rejoin_casework::word::Priority;
use std::fmt::Write as _;

const NOW: i64 = 1_530_000_000_000_000;
const HOUR: i64 = 3_600_000_000;

fn quiet(_: &str, _: u64, _: u64) {}

/// Families of a mother and a child each; in a later delivery some rows differ. Every other child is in a shelter, too.
fn lists(families: u64, delivery: u64) -> [String; 2] {
    const GIVEN: [&str; 6] = ["EVA", "LUIS", "ANA", "MATEO", "SOFIA", "DIEGO"];
    const SURNAMES: [&str; 6] = ["SOTO", "PAZ", "LOPEZ", "CRUZ", "RAMOS", "IXCOY"];
    let mut border = String::from(
        "Civ ID,A-Number,Family Unit Group#,First Name,Last Name,Gender,BIRTH_DATE,CITIZENSHIP,Apprehension Date,Station\n",
    );
    let mut shelter = String::from(
        "uac_program_id,A Number,first_name,last_name,gender,dob,COO,Date Apprehended,Admission Date,program_name\n",
    );
    for family in 0..families {
        let name = |at: u64| (GIVEN[(family + at) as usize % 6], SURNAMES[(family * 5 + at) as usize % 6]);
        let ((mother, own), (child, other)) = (name(0), name(1));
        let (day, year) = (1 + family % 28, if family.is_multiple_of(3) { 2015 } else { 2009 });
        let station = if delivery > 0 && family.is_multiple_of(4) { "Yuma" } else { "McAllen" };
        let [one, two] = [family * 2, family * 2 + 1];
        let _ = writeln!(
            border,
            "{one},A2145{one:05},FMU{family},{mother},{own},F,3/{day}/1988,HONDURAS,5/{day}/2018,{station}\n\
             {two},A2145{two:05},FMU{family},{child},{other} {own},M,7/{day}/{year},HONDURAS,5/{day}/2018,{station}"
        );
        if family.is_multiple_of(2) {
            let _ = writeln!(
                shelter,
                "S{family},A2145{two:05},{child},{other} {own},Male,7/{day}/{year},Honduras,5/{day}/2018,6/{day}/2018,Casa Azul"
            );
        }
    }
    [border, shelter]
}

struct World {
    _directory: tempfile::TempDir,
    case: Case,
    now: i64,
    decided: Vec<u64>,
    rules: Vec<String>,
    holds: Vec<String>,
    requests: u8,
}

fn world(families: u64) -> World {
    let directory = tempfile::tempdir().unwrap();
    let stamp = Stamp { at_micros: NOW, actor: "clerk".into() };
    let case = Case::init(&directory.path().join("case"), &stamp).unwrap();
    let mut world = World {
        _directory: directory,
        case,
        now: NOW,
        decided: Vec::new(),
        rules: Vec::new(),
        holds: Vec::new(),
        requests: 0,
    };
    world.deliver(families, 0);
    world.case.link(&stamp, &quiet).unwrap();
    world.case.families(&stamp, &quiet).unwrap();
    world
}

impl World {
    fn stamp(&self) -> Stamp {
        Stamp { at_micros: self.now, actor: "worker".into() }
    }

    fn deliver(&mut self, families: u64, delivery: u64) {
        for (preset, text) in
            ["border-apprehensions", "shelter-portal"].into_iter().zip(lists(families, delivery))
        {
            let request = ImportRequest {
                name: "list.csv",
                bytes: text.as_bytes(),
                mapping: rejoin_ingest::presets::named(preset),
                extent: Extent::Presumed,
            };
            let stamp = self.stamp();
            self.case.import(&request, &stamp, &quiet).unwrap();
        }
    }

    fn seat(&self, roles: &[&str], purpose: Purpose) -> Seat {
        let roles = roles.iter().map(|role| self.case.roles().unwrap().named(role).unwrap()).collect();
        let actor = Actor {
            account: "sara".into(),
            organisation: Organisation::new(["registry"]).unwrap(),
            teams: BTreeSet::new(),
            roles,
            subject_of: None,
        };
        Seat { actor, purpose, at_micros: self.now }
    }

    fn supervisor(&self) -> Seat {
        self.seat(&["supervisor", "case-worker", "custodian"], Purpose::ChildCare)
    }

    /// Does something of a kind to somebody; whether it is refused does not matter here.
    fn act(&mut self, what: u8, whom: u8, other: u8) {
        self.now += HOUR / 2;
        let snapshot = Snapshot::load(&self.case).unwrap();
        let people = &snapshot.base.people;
        if people.is_empty() {
            return;
        }
        let person = people[usize::from(whom) % people.len()];
        let id = person.to_string();
        let given = Given::default();
        let (now, stamp, seat) = (self.now, self.stamp(), self.supervisor());
        let of = |candidate: u8| {
            let all = &snapshot.base.whole.candidates;
            all.get(usize::from(candidate) % all.len().max(1)).cloned()
        };
        match what {
            0 | 1 => {
                let to = ["ana", "ben", "team:north"][usize::from(other) % 3].to_owned();
                let until = other.is_multiple_of(5).then_some(now + 5 * HOUR);
                let from = if other.is_multiple_of(7) { now + 3 * HOUR } else { now - HOUR };
                let fact = Fact::Assigned { to, from, until };
                let _ = self.case.desk(seat).unwrap().command(&id, &[fact], &given);
            }
            2 => {
                let fact = Fact::Unassigned { to: "ana".into(), reason: "moved".into() };
                let _ = self.case.desk(seat).unwrap().command(&id, &[fact], &given);
            }
            3 => {
                let fact = Fact::NoteAdded { about: None, text: "called".into() };
                let _ = self.case.desk(seat).unwrap().command(&id, &[fact], &given);
            }
            4 | 5 => {
                let Some(candidate) = of(other) else { return };
                let verdict = [Verdict::Accepted, Verdict::Rejected, Verdict::NeedsEvidence];
                let request = DecisionRequest {
                    child: candidate.child,
                    other: candidate.other,
                    relation: None,
                    verdict: verdict[usize::from(whom) % 3],
                    reason: "looked at both".into(),
                };
                self.decided.extend(self.case.decide(&request, &stamp));
            }
            6 => {
                if let Some(decision) = self.decided.pop() {
                    let _ = self.case.undo(decision, "a mistake", &stamp);
                }
            }
            7 => {
                let asked = Withholding {
                    fields: "all".into(),
                    recipient: "account:sara".into(),
                    reason: "asked for".into(),
                    until: other.is_multiple_of(2).then_some(now + 4 * HOUR),
                };
                self.rules.extend(self.case.withhold(person, &asked, &stamp));
            }
            8 => {
                if let Some(rule) = self.rules.pop() {
                    let _ = self.case.release(&rule, "no more", &stamp);
                }
            }
            9 => drop(self.case.break_glass(person, "taken ill", now + HOUR, &stamp)),
            10 => self.holds.extend(self.case.place_hold(person, "a trial", None, &stamp)),
            11 => {
                if let Some(hold) = self.holds.pop() {
                    let _ = self.case.lift_hold(&hold, "over", &stamp);
                }
            }
            12 | 13 => {
                self.requests += u8::from(what == 12);
                let request = StreamId::Tracing(rejoin_casework::TracingId::from_bytes([self.requests; 10]));
                let fact = match what {
                    12 => Fact::TracingReceived {
                        inquirer: snapshot.named_by(0),
                        inquirer_words: "a mother".into(),
                        sought: Vec::new(),
                        sought_words: vec!["her son".into()],
                        relation: Relation::Mother,
                        priority: Priority::High,
                        organisation: "a society".into(),
                        message: None,
                    },
                    _ => Fact::TracingScreened { note: "read".into() },
                };
                let _ = self.case.desk(seat).unwrap().trace(request, &[fact], &given);
            }
            14 => drop(self.case.desk(seat).unwrap().person(&id)),
            15 => self.deliver(14, 1),
            16 => drop(self.case.link(&stamp, &quiet)),
            17 => drop(self.case.families(&stamp, &quiet)),
            _ => drop(self.case.erase(person, "asked for", "the person", &stamp)),
        }
    }
}

/// What a snapshot says, in one text: everything that is read from it.
fn told(snapshot: &Snapshot, now: i64) -> String {
    let mut out = format!("{:?} {:?} {:?}\n", snapshot.checkpoint, snapshot.beside, snapshot.holds);
    let base = &snapshot.base;
    for (at, person) in (0u32..).zip(&base.people) {
        let facts = snapshot.facts(at, now);
        let class = snapshot.class(at);
        let _ = writeln!(out, "{person} {facts:?} {:?} {}", base.said[at as usize], class == ALONE);
        let _ = writeln!(out, "{:?} {:?}", base.records(at).collect::<Vec<_>>(), base.candidates(at));
        let decided = snapshot.decided.get(person);
        let _ = writeln!(out, "{:?} {:?}", decided, snapshot.files_of(at).collect::<Vec<_>>());
        // Somebody's kind says the same as their facts do.
        let settled = snapshot.unsettled(now).is_some_and(|mut few| few.all(|person| person != at));
        if class != ALONE && settled {
            let kind = base.classes.facts(class).unwrap();
            assert_eq!(kind.assigned_to, facts.assigned_to);
            assert_eq!(kind.contributed_by, facts.contributed_by);
            assert_eq!((&kind.held_by, kind.is_child), (&facts.held_by, facts.is_child));
            assert!(facts.verified_counterparts.is_empty());
        }
    }
    for (at, candidate) in (0u32..).zip(&base.whole.candidates) {
        let child = base.at(candidate.child).unwrap();
        let _ = writeln!(out, "{candidate:?} {:?}", snapshot.decision(at, child));
    }
    let mut streams: Vec<String> = snapshot.files.values().map(|state| format!("{state:?}")).collect();
    streams.sort_unstable();
    let _ = writeln!(out, "{streams:?}");
    out
}

/// What the desk shows.
fn shown(case: &Case, seat: Seat) -> String {
    let desk = case.desk(seat).unwrap();
    let work = desk.work(&WorkFilter::default()).unwrap();
    let queue = desk.candidate_queue(&QueueFilter { least: 0.0, ..QueueFilter::default() }).unwrap();
    let queue: Vec<_> =
        queue.rows.iter().map(|row| (&*row.candidate, &*row.child, &*row.other, row.verdict)).collect();
    format!("{work:?}\n{queue:?}\n{:?}", desk.decisions().unwrap())
}

fn same(one: &str, other: &str, when: &str) {
    let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert!(one == other, "{when}: {differs:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(6),
        ..ProptestConfig::default()
    })]

    #[test]
    fn step_by_step_is_as_from_the_beginning(
        steps in proptest::collection::vec((0u8..19, any::<u8>(), any::<u8>()), 1..14)
    ) {
        let mut world = world(10);
        world.case.warm().unwrap();
        world.case.snapshot_with_rows(world.now).unwrap();
        for (what, whom, other) in steps {
            world.act(what, whom, other);
            let when = format!("after {what} {whom} {other}");
            let (grown, rows) = world.case.snapshot_with_rows(world.now).unwrap();
            let fresh = Snapshot::load(&world.case).unwrap();
            same(&told(&grown, world.now), &told(&fresh, world.now), &when);
            let anew = Rows::new(&fresh, rows.now);
            prop_assert!(rows.iter().eq(anew.iter()), "{}", &when);
            let seen = rows.pieces().flat_map(|piece| piece.rows());
            prop_assert!(seen.into_iter().all(|(seen, row)| *seen == rows::glance(&grown, row)), "{}", &when);
        }
        // Where nothing is kept in memory, the desk says the same.
        let cold = Case::open(&world.case.directory).unwrap();
        for roles in [&["supervisor", "case-worker"][..], &["custodian"]] {
            let purpose = if roles.len() == 1 { Purpose::DataQuality } else { Purpose::ChildCare };
            let seat = world.seat(roles, purpose);
            same(&shown(&world.case, seat.clone()), &shown(&cold, seat), "warm and cold");
        }
        world.case.verify(None, &quiet).unwrap();
    }
}

#[test]
fn the_rows_are_those_of_the_work_list() {
    let mut world = world(14);
    for step in 0..40u8 {
        world.act(step % 5, step.wrapping_mul(37), step.wrapping_mul(11));
    }
    let snapshot = Snapshot::load(&world.case).unwrap();
    let whole = world.case.whole().unwrap();
    for later in [0, 3 * HOUR, 40 * 24 * HOUR] {
        let now = world.now + later;
        let settings = rejoin_casework::worklist::Settings::default();
        let items = world.case.worklist_of(&whole, now, &settings).unwrap();
        let mut asked: Vec<String> = items
            .iter()
            .map(|one| {
                format!(
                    "{:?} {} {:?} {:?} {:?}",
                    one.list, one.stream, one.subject, one.due_micros, one.clock
                )
            })
            .collect();
        let rows = Rows::new(&snapshot, now);
        let clock = |at: u16| Some(whole.clocks.get(usize::from(at.checked_sub(1)?))?.id.clone());
        let mut made: Vec<String> = rows
            .iter()
            .map(|one| {
                format!(
                    "{:?} {} {:?} {:?} {:?}",
                    one.list,
                    one.stream,
                    one.subject,
                    one.due_micros,
                    clock(one.clock)
                )
            })
            .collect();
        asked.sort_unstable();
        made.sort_unstable();
        assert_eq!(made, asked);
        assert!(made.len() > 5);
        let tender: Vec<bool> = rows.iter().map(|row| row.older).collect();
        assert!(tender.is_sorted() && tender.contains(&false) && tender.contains(&true));
    }
}

#[test]
fn while_one_reads_the_whole_others_go_on_but_never_with_somebody_erased() {
    let mut world = world(6);
    world.case.warm().unwrap();
    let before = world.case.snapshot().unwrap();
    let building = locked(&world.case.shared.building);
    let beside = world.case.another().unwrap();
    // A delivery that is not read yet, and a note and a rule that came after it.
    let people = before.base.people.clone();
    let row =
        "Civ ID,First Name,Last Name,APP AGE,Apprehension Date,Station\n900,IRENE,CANO,30,6/1/2018,Yuma\n";
    let request = ImportRequest {
        name: "more.csv",
        bytes: row.as_bytes(),
        mapping: rejoin_ingest::presets::named("border-apprehensions"),
        extent: Extent::Part,
    };
    let stamp = Stamp { at_micros: NOW + HOUR, actor: "clerk".into() };
    let other = Case::open(&world.case.directory).unwrap();
    other.import(&request, &stamp, &quiet).unwrap();
    world.now += 2 * HOUR;
    let note = Fact::NoteAdded { about: None, text: "called".into() };
    let id = people[0].to_string();
    other.desk(world.supervisor()).unwrap().command(&id, &[note], &Given::default()).unwrap();
    let old = beside.snapshot().unwrap();
    assert!(old.behind && Arc::ptr_eq(&old.base, &before.base));
    let file = old.files_of(0).next().unwrap();
    assert_eq!(file.dossier().notes.len(), 1);
    // Somebody is erased: now whoever comes waits.
    other
        .desk(world.seat(&["custodian"], Purpose::DataQuality))
        .unwrap()
        .erase(&id, "asked", "herself")
        .unwrap();
    let done = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asks = scope.spawn(move || {
            let snapshot = beside.snapshot().unwrap();
            done.store(true, Ordering::Release);
            snapshot
        });
        for _ in 0..2000 {
            std::thread::yield_now();
        }
        assert!(!done.load(Ordering::Acquire));
        assert!(world.case.shared.current().is_none_or(|kept| kept.base.at(people[0]).is_some()));
        drop(building);
        let snapshot = asks.join().unwrap();
        assert!(snapshot.base.at(people[0]).is_none() && !snapshot.behind);
        assert_eq!(snapshot.base.people.len(), people.len());
    });
    same(
        &told(&world.case.snapshot().unwrap(), world.now),
        &told(&Snapshot::load(&world.case).unwrap(), world.now),
        "read anew",
    );
}
