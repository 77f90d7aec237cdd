//! How a case answers when many work on it at once: so many threads, each with a handle of its own, open work-lists, people
//! and candidates, search, and write notes and assignments, mixed. Prints a table and asserts nothing about time.
//!
//! Families of a mother and a child are made, from seeded syllables; most children are in a shelter, too. With `--in DIR` the
//! case is kept there and used again.

use rejoin_access::{Actor, Purpose};
use rejoin_casework::Fact;
use rejoin_ingest::presets;
use rejoin_registry::{
    Case, Error, Extent, Given, ImportRequest, Page, Query, QueueFilter, Seat, Settings, Stamp, Whose,
    WorkFilter,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const HELP: &str = "--people N (100000) --workers N (50) --seconds N (20) --think MS (0) --in DIR";
const EPOCH: i64 = 1_530_000_000_000_000;

struct Size {
    people: u64,
    workers: u64,
    seconds: u64,
    think: u64,
    directory: Option<PathBuf>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[allow(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}

fn quiet(_: &str, _: u64, _: u64) {}

/// A seeded number below `end` (SplitMix64).
fn below(state: &mut u64, end: u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % end
}

/// A word of two or three syllables: one of so many, the first far more often than the last.
fn word(state: &mut u64, of: u64, kind: u64) -> String {
    const FIRST: [&str; 16] =
        ["MA", "LO", "PE", "CRI", "SO", "HER", "GON", "TZU", "XI", "VA", "JU", "RO", "DI", "FA", "NI", "CAL"];
    const LAST: [&str; 16] = [
        "RIA", "PEZ", "DRO", "TO", "NANDEZ", "ZALEZ", "LEL", "MENEZ", "LLO", "NA", "SA", "GO", "TIMA", "CO",
        "LIX", "DERON",
    ];
    let number = below(state, of).min(below(state, of)) * 7 + kind;
    let middle = ["", "RE", "LI", "MON"][(number / 256 % 4) as usize];
    format!("{}{middle}{}", FIRST[(number % 16) as usize], LAST[(number / 16 % 16) as usize])
}

struct Family {
    mother: [String; 2],
    child: [String; 2],
}

fn family(at: u64) -> Family {
    let mut state = at.wrapping_mul(77) + 5;
    let mut given = || word(&mut state, 120, 3);
    let (one, two, three) = (given(), given(), given());
    let mut state = at.wrapping_mul(91) + 1;
    let mut surname = || word(&mut state, 900, 0);
    let (first, second, third) = (surname(), surname(), surname());
    Family {
        mother: [one, format!("{first} {second}")],
        child: [format!("{two} {three}"), format!("{third} {first}")],
    }
}

fn fill(size: &Size, case: &mut Case) -> Result<(), Failure> {
    let stamp = Stamp { at_micros: EPOCH, actor: "bench".into() };
    let families = size.people / 2;
    let mut border = String::from(
        "Civ ID,A-Number,Family Unit Group#,First Name,Last Name,Gender,BIRTH_DATE,CITIZENSHIP,Apprehension Date,Station\n",
    );
    let mut shelter = String::from(
        "uac_program_id,A Number,first_name,last_name,gender,dob,COO,Date Apprehended,Admission Date,program_name\n",
    );
    for at in 0..families {
        let Family { mother, child } = family(at);
        let (day, month) = (1 + at % 28, 1 + at / 28 % 12);
        let (one, two) = (2 * at, 2 * at + 1);
        let unit = if at.is_multiple_of(3) { String::new() } else { format!("FMU{at}") };
        let born = format!("{month}/{day}/{}", 2001 + at / 336 % 17);
        let (a, b) = (200_000_000 + one, 200_000_000 + two);
        let _ = writeln!(
            border,
            "{one},A{a},{unit},{},{},F,{day}/{month}/{},HONDURAS,5/{day}/2018,Station {}\n\
             {two},A{b},{unit},{},{},M,{born},HONDURAS,5/{day}/2018,Station {}",
            mother[0],
            mother[1],
            1970 + at / 336 % 28,
            at % 9,
            child[0],
            child[1],
            at % 9
        );
        if !at.is_multiple_of(5) {
            let _ = writeln!(
                shelter,
                "S{at},A{b},{},{},Male,{born},Honduras,5/{day}/2018,6/{day}/2018,Casa {}",
                child[0],
                child[1],
                at % 60
            );
        }
    }
    for (preset, text) in [("border-apprehensions", border), ("shelter-portal", shelter)] {
        let request = ImportRequest {
            name: "list.csv",
            bytes: text.as_bytes(),
            mapping: presets::named(preset),
            extent: Extent::Presumed,
        };
        let began = now();
        let report = case.import(&request, &stamp, &quiet)?;
        say("import", &format!("{} rows, {:.1} s", report.rows, began.elapsed().as_secs_f64()));
    }
    let began = now();
    let people = case.link(&stamp, &quiet)?.people;
    say("link", &format!("{people} people, {:.1} s", began.elapsed().as_secs_f64()));
    let began = now();
    let report = case.families(&stamp, &quiet)?;
    say("families", &format!("{:?} proposed, {:.1} s", report.proposed, began.elapsed().as_secs_f64()));
    Ok(())
}

fn say(what: &str, figure: &str) {
    println!("{what:<28} {figure}");
}

/// A line of what the program has in memory: `VmRSS` now, `VmHWM` at most.
fn memory(what: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap_or_default();
    line.trim_start_matches(what).trim_start_matches(':').trim().to_owned()
}

fn seat(case: &Case, account: &str, at: i64) -> Result<Seat, Error> {
    let named = |role: &str| case.roles()?.named(role);
    let actor = Actor {
        account: account.to_owned(),
        organisation: case.organisations()?.root(),
        teams: [format!("team-{}", account.len() % 5)].into(),
        roles: vec![named("supervisor")?, named("case-worker")?],
        subject_of: None,
    };
    Ok(Seat { actor, purpose: Purpose::FamilyTracing, at_micros: at })
}

/// What one worker did, each with how long it took, and how long it computed.
type Times = BTreeMap<&'static str, Vec<(Duration, Duration)>>;

/// How long this thread has computed so far, where the system tells.
fn computed() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0))
}

struct Worker<'a> {
    case: Case,
    account: String,
    people: &'a [String],
    families: u64,
    began: Instant,
    /// Where the clock of the case began, microseconds since 1970-01-01 UTC.
    at: i64,
    state: u64,
    times: Times,
    errors: Vec<String>,
}

impl Worker<'_> {
    fn one(&mut self) -> Result<&'static str, Error> {
        let at = self.at + self.began.elapsed().as_micros() as i64;
        let seat = seat(&self.case, &self.account, at)?;
        let desk = self.case.desk(seat)?;
        let dice = below(&mut self.state, 100);
        let person = &self.people[below(&mut self.state, self.people.len() as u64) as usize];
        let page = Page { first: 0, rows: 25 };
        Ok(match dice {
            0..25 => {
                let whose = [Whose::All, Whose::Mine, Whose::Unassigned][dice as usize % 3].clone();
                desk.work(&WorkFilter { whose, lists: Vec::new(), page })?;
                "work-list"
            }
            25..50 => {
                desk.person(person)?;
                "person"
            }
            50..70 => {
                let Family { child, .. } = family(below(&mut self.state, self.families));
                let mut name = format!("{} {}", child[0], child[1]);
                if dice.is_multiple_of(2) {
                    // A slip: a letter is lost.
                    name.remove(2);
                }
                let query = Query { name, age: Some(7), ..Query::default() };
                desk.search(&query, page)?;
                "search"
            }
            70..80 => {
                desk.candidate_queue(&QueueFilter { page, ..QueueFilter::default() })?;
                "candidates"
            }
            80..97 => {
                let note = Fact::NoteAdded { about: None, text: "called the shelter".into() };
                // Notes are a child's care's.
                let seat = Seat { purpose: Purpose::ChildCare, ..desk.seat().clone() };
                self.case.desk(seat)?.command(person, &[note], &Given::default())?;
                "note"
            }
            _ => {
                let fact = Fact::Assigned { to: self.account.clone(), from: at, until: None };
                desk.command(person, &[fact], &Given::default())?;
                "assignment"
            }
        })
    }

    fn work(mut self, until: Duration, think: Duration) -> (Times, Vec<String>) {
        while self.began.elapsed() < until {
            let (at, before) = (now(), computed());
            match self.one() {
                Ok(what) => {
                    let took = (at.elapsed(), computed().saturating_sub(before));
                    self.times.entry(what).or_default().push(took);
                }
                Err(error) => self.errors.push(error.to_string()),
            }
            if !think.is_zero() {
                let part = below(&mut self.state, 1000) as u32;
                std::thread::sleep(think * (500 + part) / 1000);
            }
        }
        (self.times, self.errors)
    }
}

fn load(size: &Size, case: &Case) -> Result<(), Failure> {
    let began = now();
    case.warm()?;
    say("read into memory", &format!("{:.1} s, {} resident", began.elapsed().as_secs_f64(), memory("VmRSS")));
    let operator = Actor { ..case.operator("bench")? };
    let desk = case.desk(Seat { actor: operator, purpose: Purpose::DataQuality, at_micros: EPOCH })?;
    let began = now();
    let people: Vec<String> = {
        let view = desk.view(None)?;
        let mut all: Vec<_> = view.person_of.values().collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(ToString::to_string).collect()
    };
    say("a whole view", &format!("{} people, {:.2} s", people.len(), began.elapsed().as_secs_f64()));
    let began = now();
    // The case's days go on from when its lists came, and from run to run.
    let size_before = case.checkpoint()?.size;
    let clock = EPOCH + 40 * 86_400_000_000 + size_before as i64 * 1_000_000;
    case.desk(seat(case, "first", clock)?)?.work(&WorkFilter::default())?;
    say("the first work-list", &format!("{:.0} ms", began.elapsed().as_secs_f64() * 1e3));
    let start = now();
    let until = Duration::from_secs(size.seconds);
    let mut done: Vec<(Times, Vec<String>)> = Vec::new();
    let workers = (0..size.workers)
        .map(|at| {
            Ok(Worker {
                case: case.another()?,
                account: format!("worker{at}"),
                people: &people,
                families: size.people / 2,
                began: start,
                at: clock,
                state: at * 1_000_003,
                times: Times::new(),
                errors: Vec::new(),
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    std::thread::scope(|scope| {
        let running: Vec<_> = workers
            .into_iter()
            .map(|worker| scope.spawn(|| worker.work(until, Duration::from_millis(size.think))))
            .collect();
        done.extend(running.into_iter().filter_map(|one| one.join().ok()));
    });
    let took = start.elapsed().as_secs_f64();
    let mut all: Times = Times::new();
    let mut errors = Vec::new();
    for (times, failed) in done {
        errors.extend(failed);
        for (what, of) in times {
            all.entry("everything").or_default().extend(&of);
            all.entry(what).or_default().extend(of);
        }
    }
    for (what, mut times) in all {
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].0.as_secs_f64() * 1e3;
        let cpu: Duration = times.iter().map(|(_, computed)| *computed).sum();
        let rate = times.len() as f64 / took;
        let figures = format!(
            "{:>6} ({rate:.0}/s)  p50 {:.1} ms  p90 {:.1} ms  p99 {:.1} ms  most {:.1} ms  computing {:.2} ms",
            times.len(),
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0),
            cpu.as_secs_f64() * 1e3 / times.len() as f64
        );
        say(what, &figures);
    }
    say("errors", &format!("{} {:?}", errors.len(), errors.first()));
    say("events", &format!("{}", case.checkpoint()?.size - size_before));
    say("memory", &format!("{} resident, {} at most", memory("VmRSS"), memory("VmHWM")));
    Ok(())
}

fn opened(size: &Size, path: &Path) -> Result<Case, Failure> {
    if Case::is_at(path) {
        return Ok(Case::open_with(path, &Settings::default())?);
    }
    let stamp = Stamp { at_micros: EPOCH, actor: "bench".into() };
    let mut case = Case::init_with(path, &Settings::default(), &stamp)?;
    fill(size, &mut case)?;
    Ok(case)
}

fn main() -> Result<(), Failure> {
    let mut size = Size { people: 100_000, workers: 50, seconds: 20, think: 0, directory: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut next = || arguments.next().ok_or(HELP);
        match argument.as_str() {
            "--people" => size.people = next()?.parse()?,
            "--workers" => size.workers = next()?.parse()?,
            "--seconds" => size.seconds = next()?.parse()?,
            "--think" => size.think = next()?.parse()?,
            "--in" => size.directory = Some(next()?.into()),
            _ => return Err(HELP.into()),
        }
    }
    let temporary = tempfile::tempdir()?;
    let path = size.directory.clone().unwrap_or_else(|| temporary.path().to_path_buf()).join("load");
    load(&size, &opened(&size, &path)?)
}
