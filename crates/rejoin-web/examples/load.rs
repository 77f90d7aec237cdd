//! How the application answers when many work in it at once: a case is served over a socket, and so many workers sign in,
//! open work-lists, people and proposed families, search, keep drafts and write notes, mixed, with the pauses of people or
//! without. Run by `cargo xtask bench web`; prints a table and asserts nothing about time.
//!
//! Families of a mother and a child are made, from seeded syllables; most children are in a shelter, too. With `--in DIR` the
//! case is kept there and used again. Server and workers share one process: its memory is both's.

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/hostile/http.rs"]
mod http;

use http::{Answer, Line, csrf_of, escaped, form};
use rejoin_access::Purpose;
use rejoin_accounts::Password;
use rejoin_accounts::password::Cost;
use rejoin_ingest::presets;
use rejoin_registry::{Case, Extent, ImportRequest, NewAccount, ROLES, Seat, Settings, Stamp};
use rejoin_web::{Options, Server};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const HELP: &str =
    "--people N (100000) --workers N (50) --seconds N (60) --think MS (2000; 0: without pauses) --in DIR";
const EPOCH: i64 = 1_530_000_000_000_000;
const PASSWORD: &str = "every child belongs somewhere";

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

/// Given names and surnames of a mother and of her child.
fn family(at: u64) -> [[String; 2]; 2] {
    let mut state = at.wrapping_mul(77) + 5;
    let mut given = || word(&mut state, 120, 3);
    let (one, two, three) = (given(), given(), given());
    let mut state = at.wrapping_mul(91) + 1;
    let mut surname = || word(&mut state, 900, 0);
    let (first, second, third) = (surname(), surname(), surname());
    [[one, format!("{first} {second}")], [format!("{two} {three}"), format!("{third} {first}")]]
}

fn fill(size: &Size, case: &mut Case) -> Result<(), Failure> {
    let stamp = Stamp { at_micros: EPOCH, actor: "bench".into() };
    let mut border = String::from(
        "Civ ID,A-Number,Family Unit Group#,First Name,Last Name,Gender,BIRTH_DATE,CITIZENSHIP,Apprehension Date,Station\n",
    );
    let mut shelter = String::from(
        "uac_program_id,A Number,first_name,last_name,gender,dob,COO,Date Apprehended,Admission Date,program_name\n",
    );
    for at in 0..size.people / 2 {
        let [mother, child] = family(at);
        let (day, month) = (1 + at % 28, 1 + at / 28 % 12);
        let (one, two) = (2 * at, 2 * at + 1);
        let unit = if at.is_multiple_of(3) { String::new() } else { format!("FMU{at}") };
        let born = format!("{month}/{day}/{}", 2001 + at / 336 % 17);
        let (a, b) = (200_000_000 + one, 200_000_000 + two);
        let _ = writeln!(
            border,
            "{one},A{a},{unit},{},{},F,{month}/{day}/{},HONDURAS,5/{day}/2018,Station {}\n\
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

/// Accounts for the workers, whose password is enough.
fn accounts(size: &Size, case: &Case, path: &Path) -> Result<(), Failure> {
    let roles: String = ROLES
        .lines()
        .filter(|line| !line.starts_with("sign_in"))
        .map(|line| match line.starts_with("id = ") {
            true => format!("{line}\nsign_in = \"password\"\n"),
            false => format!("{line}\n"),
        })
        .collect();
    std::fs::write(path.join("roles.toml"), roles)?;
    let stamp = Stamp { at_micros: EPOCH + 86_400_000_000, actor: "bench".into() };
    let operator = case.operator("bench")?;
    for at in 0..size.workers {
        let name = format!("worker{at}");
        if case.account(&name)?.is_some() {
            continue;
        }
        let new = NewAccount {
            name: &name,
            display_name: &name,
            organisation: "registry",
            language: None,
            roles: &["supervisor".to_owned(), "case-worker".to_owned()],
        };
        let (_, code) = case.create_account(&operator, &new, &stamp)?;
        // Each from a place of its own: invitations from one place are taken slowly.
        case.accept_invitation(&name, code.reveal(), &Password::new(PASSWORD), &name, stamp.at_micros)?;
    }
    Ok(())
}

/// What one worker did, each with how long it took.
type Times = BTreeMap<&'static str, Vec<Duration>>;

struct Worker<'a> {
    at: SocketAddr,
    line: Line,
    cookie: String,
    csrf: String,
    people: &'a [String],
    families: u64,
    state: u64,
    times: Times,
    errors: Vec<String>,
}

impl<'a> Worker<'a> {
    fn new(number: u64, at: SocketAddr, people: &'a [String], families: u64) -> Result<Self, Failure> {
        let mut worker = Self {
            at,
            line: Line::open(at)?,
            cookie: String::new(),
            csrf: String::new(),
            people,
            families,
            state: number * 1_000_003,
            times: Times::new(),
            errors: Vec::new(),
        };
        let name = format!("worker{number}");
        let fields = form(&[("name", name.as_str()), ("password", PASSWORD)]);
        let entered = worker.post("/sign-in", &fields, "child-care")?;
        let token = entered.cookie("rejoin").ok_or_else(|| format!("{name}: {}", entered.status))?;
        worker.cookie = format!("rejoin={token}");
        let page = worker.get("/work?whose=mine", "family-tracing")?;
        worker.csrf = csrf_of(&page.text()).ok_or("a page without a token of forms")?.to_owned();
        Ok(worker)
    }

    fn get(&mut self, path: &str, purpose: &str) -> Result<Answer, Failure> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}; purpose={purpose}\r\n\r\n",
            self.at, self.cookie
        );
        Ok(self.line.ask(request.as_bytes())?)
    }

    fn post(&mut self, path: &str, body: &str, purpose: &str) -> Result<Answer, Failure> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nsec-fetch-site: same-origin\r\ncookie: {}; purpose={purpose}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.at,
            self.cookie,
            body.len()
        );
        Ok(self.line.ask(request.as_bytes())?)
    }

    /// One page: what it was, and whether it came.
    fn one(&mut self) -> Result<(&'static str, Answer, u16), Failure> {
        let dice = below(&mut self.state, 100);
        let person = self.people[below(&mut self.state, self.people.len() as u64) as usize].clone();
        let tracing = "family-tracing";
        Ok(match dice {
            0..25 => {
                let whose = ["all", "mine", "nobody"][dice as usize % 3];
                ("work-list", self.get(&format!("/work?whose={whose}"), tracing)?, 200)
            }
            25..50 => ("person", self.get(&format!("/person/{person}"), tracing)?, 200),
            50..70 => {
                let [_, child] = family(below(&mut self.state, self.families));
                let mut name = format!("{} {}", child[0], child[1]);
                if dice.is_multiple_of(2) {
                    // A slip: a letter is lost.
                    name.remove(2);
                }
                ("search", self.get(&format!("/search?name={}&age=7", escaped(&name)), tracing)?, 200)
            }
            70..80 => ("review queue", self.get("/matches", tracing)?, 200),
            80..90 => {
                let fields = [("csrf", self.csrf.as_str()), ("given", "EVA"), ("child-name", "LUIS SOTO")];
                let body = form(&fields);
                ("draft", self.post("/register/request/draft", &body, tracing)?, 204)
            }
            _ => {
                let note = [("csrf", self.csrf.as_str()), ("kind", "note-added"), ("text", "called them")];
                let body = form(&note);
                ("note", self.post(&format!("/person/{person}/record"), &body, "child-care")?, 303)
            }
        })
    }

    fn work(mut self, began: Instant, until: Duration, think: Duration) -> (Times, Vec<String>) {
        // People do not begin together.
        let first = below(&mut self.state, 1000) as u32;
        std::thread::sleep(think * first / 1000);
        while began.elapsed() < until {
            let at = now();
            match self.one() {
                Ok((what, answer, status)) if answer.status == status => {
                    self.times.entry(what).or_default().push(at.elapsed());
                }
                Ok((what, answer, _)) => self.errors.push(format!("{what}: {}", answer.status)),
                Err(error) => {
                    self.errors.push(error.to_string());
                    break;
                }
            }
            let part = below(&mut self.state, 1000) as u32;
            std::thread::sleep(think * (500 + part) / 1000);
        }
        (self.times, self.errors)
    }
}

fn load(size: &Size, case: Case, path: &Path) -> Result<(), Failure> {
    accounts(size, &case, path)?;
    let began = now();
    case.warm()?;
    say("read into memory", &format!("{:.1} s, {} resident", began.elapsed().as_secs_f64(), memory("VmRSS")));
    let people: Vec<String> = {
        let operator = case.operator("bench")?;
        let desk = case.desk(Seat { actor: operator, purpose: Purpose::DataQuality, at_micros: EPOCH })?;
        let view = desk.view(None)?;
        let mut all: Vec<_> = view.person_of.values().collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(ToString::to_string).collect()
    };
    let options = Options { at: SocketAddr::from(([127, 0, 0, 1], 0)), ..Options::default() };
    let server = Server::new(case, options)?;
    let port = server.address().rsplit(':').next().and_then(|port| port.parse().ok()).ok_or("no port")?;
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    std::thread::spawn(move || server.serve(std::future::pending()));
    let workers: Vec<Worker<'_>> = (0..size.workers)
        .map(|number| Worker::new(number, at, &people, size.people / 2))
        .collect::<Result<_, _>>()?;
    say("people, workers", &format!("{}, {}", people.len(), workers.len()));
    let start = now();
    let (until, think) = (Duration::from_secs(size.seconds), Duration::from_millis(size.think));
    let mut done: Vec<(Times, Vec<String>)> = Vec::new();
    std::thread::scope(|scope| {
        let running: Vec<_> =
            workers.into_iter().map(|worker| scope.spawn(move || worker.work(start, until, think))).collect();
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
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        let rate = times.len() as f64 / took;
        let [half, most, nearly, last] = [0.5, 0.9, 0.99, 1.0].map(at);
        let count = times.len();
        say(
            what,
            &format!(
                "{count:>6} ({rate:.1}/s)  p50 {half:.1} ms  p90 {most:.1} ms  p99 {nearly:.1} ms  most {last:.1} ms"
            ),
        );
    }
    say("errors", &format!("{} {:?}", errors.len(), errors.first()));
    say("memory", &format!("{} resident, {} at most", memory("VmRSS"), memory("VmHWM")));
    Ok(())
}

fn opened(size: &Size, path: &Path) -> Result<Case, Failure> {
    // What a password costs is another question than how fast pages are.
    let cost = Some(Cost { memory_kib: 64, passes: 1, lanes: 1 });
    let settings = Settings { password_cost: cost, ..Settings::default() };
    if Case::is_at(path) {
        return Ok(Case::open_with(path, &settings)?);
    }
    let stamp = Stamp { at_micros: EPOCH, actor: "bench".into() };
    let mut case = Case::init_with(path, &settings, &stamp)?;
    fill(size, &mut case)?;
    Ok(case)
}

fn main() -> Result<(), Failure> {
    let mut size = Size { people: 100_000, workers: 50, seconds: 60, think: 2000, directory: None };
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
    load(&size, opened(&size, &path)?, &path)
}
