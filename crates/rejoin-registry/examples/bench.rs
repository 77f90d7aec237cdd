//! How fast a registry writes, reads, opens, verifies and derives again: on SQLite, and on PostgreSQL when
//! `REJOIN_TEST_DATABASE_URL` has its address. Run by `cargo xtask bench registry`; prints a table and asserts nothing
//! about time.
//!
//! A case of so many people and events is made by importing ten lists, as often as the events ask for: every delivery
//! after the first changes a cell of every row.

use rejoin_ingest::{Interpreter, Mapping, presets};
use rejoin_registry::{Case, Extent, ImportRequest, Issued, Seat, Settings, Stamp};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const HELP: &str = "--people N (10000) --events N (100000) --appends N (300) --pages N (1000) --link --rebuild --only sqlite|postgres --in DIR --again (reads the case that an earlier run left in DIR)";

const COLUMNS: &str = "Civ ID,A-Number,Family Unit Group#,First Name,Last Name,Gender,BIRTH_DATE,CITIZENSHIP,Apprehension Date,Station,Notes";
const LISTS: u64 = 10;

struct Size {
    people: u64,
    events: u64,
    appends: u64,
    pages: u64,
    link: bool,
    rebuild: bool,
    only: Option<String>,
    directory: Option<PathBuf>,
    again: bool,
}

#[allow(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}

fn stamp(at: u64) -> Stamp {
    Stamp { at_micros: 1_530_000_000_000_000 + at as i64, actor: "bench".into() }
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

/// A row of a list: who it is about does not change, the note does.
fn row(person: u64, delivery: u64) -> String {
    const GIVEN: [&str; 8] = ["EVA", "LUIS", "ANA", "MATEO", "SOFIA", "DIEGO", "LUCIA", "PABLO"];
    const SURNAMES: [&str; 8] = ["SOTO", "PAZ", "LOPEZ", "CRUZ", "RAMOS", "IXCOY", "MEJIA", "CANO"];
    let mut state = person;
    let mut any = |of: &[&'static str; 8]| of[below(&mut state, 8) as usize];
    let (given, second, one, other) = (any(&GIVEN), any(&GIVEN), any(&SURNAMES), any(&SURNAMES));
    let (day, month, year) = (1 + person % 28, 1 + person / 28 % 12, 1970 + person / 336 % 46);
    let unit = if person.is_multiple_of(3) { format!("FMU{}", person / 2) } else { String::new() };
    format!(
        "{person},A{:09},{unit},{given} {second},{one} {other},F,{month}/{day}/{year},HONDURAS,5/{day}/2018,McAllen,seen {delivery} times",
        200_000_000 + person
    )
}

fn mapping(list: u64) -> Result<Mapping, Box<dyn Error>> {
    let mut mapping = presets::named("border-apprehensions").ok_or("the preset is not there")?;
    mapping.list = format!("sector-{list}");
    Ok(mapping)
}

/// The middle and the 99th of a hundred, in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    format!("p50 {:.2} ms, p99 {:.2} ms", at(50).as_secs_f64() * 1e3, at(99).as_secs_f64() * 1e3)
}

fn say(what: &str, figure: &str) {
    println!("{what:<34} {figure}");
}

fn rate(count: u64, started: Instant) -> String {
    let seconds = started.elapsed().as_secs_f64();
    format!("{count} in {seconds:.2} s: {:.0}/s", count as f64 / seconds)
}

/// The most memory that the program had so far.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.trim_start_matches("VmHWM:").trim().to_owned()
}

fn bytes_under(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|entry| entry.len()).sum()
}

fn bench(size: &Size, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let base = size.directory.clone().unwrap_or_else(|| temporary.path().to_path_buf());
    let name = if settings.database_url.is_some() { "postgres" } else { "sqlite" };
    let path = base.join(name);
    if !size.again {
        make(size, settings, &path, name)?;
    }
    let began = now();
    let case = Case::open_with(&path, settings)?;
    let checkpoint = case.checkpoint()?;
    say("open", &format!("{:.1} ms, {} events", began.elapsed().as_secs_f64() * 1e3, checkpoint.size));
    pages(size, &case)?;

    let began = now();
    case.verify(Some(checkpoint), &quiet)?;
    say("verify", &format!("{}, memory so far {}", rate(checkpoint.size, began), memory()));
    if size.rebuild {
        let began = now();
        case.rebuild(&stamp(2), &quiet)?;
        say("rebuild", &format!("{}, memory so far {}", rate(checkpoint.size, began), memory()));
    }
    Ok(())
}

/// Makes a case and writes to it.
fn make(size: &Size, settings: &Settings, path: &Path, name: &str) -> Result<(), Box<dyn Error>> {
    let mut case = Case::init_with(path, settings, &stamp(0))?;
    println!("\n{}", case.kept_by());
    let (started, mut times) = (now(), Vec::new());
    for at in 0..size.appends {
        let began = now();
        let issued = Issued {
            file: at.to_string(),
            template: "monthly".into(),
            recipient: None,
            audience: "public".into(),
        };
        case.report_issued(&issued, &stamp(at))?;
        times.push(began.elapsed());
    }
    say("one event a command, on disk", &format!("{}, {}", rate(size.appends, started), percentiles(times)));

    fill(size, &mut case)?;
    if settings.database_url.is_none() {
        let keys = path.with_file_name(format!("{name}.keys"));
        let megabytes = |directory: &Path| bytes_under(directory) / 1_000_000;
        say("on disk", &format!("{} MB, keys {} MB", megabytes(path), megabytes(&keys)));
    }
    if size.link {
        let began = now();
        let report = case.link(&stamp(1), &quiet)?;
        say("link", &format!("{} people, {:.1} s", report.people, began.elapsed().as_secs_f64()));
    }
    Ok(())
}

/// Imports until there are so many events.
fn fill(size: &Size, case: &mut Case) -> Result<(), Box<dyn Error>> {
    let (started, before) = (now(), case.checkpoint()?.size);
    let mut delivery = 0;
    while case.checkpoint()?.size < size.events {
        for list in 0..LISTS {
            let mut text = format!("{COLUMNS}\n");
            for person in (list * size.people / LISTS)..((list + 1) * size.people / LISTS) {
                let _ = writeln!(text, "{}", row(person, delivery));
            }
            let request = ImportRequest {
                name: "sector.csv",
                bytes: text.as_bytes(),
                mapping: Some(mapping(list)?),
                extent: Extent::Presumed,
            };
            let began = now();
            let report = case.import(&request, &stamp(delivery), &quiet)?;
            if list == 0 {
                let what = format!("import of {} rows, delivery {}", report.rows, delivery + 1);
                say(&what, &rate(report.added + report.changed, began));
            }
        }
        delivery += 1;
    }
    let events = case.checkpoint()?.size;
    say("events in bulk", &rate(events - before, started));
    Ok(())
}

/// Opens the pages of people at random.
fn pages(size: &Size, case: &Case) -> Result<(), Box<dyn Error>> {
    let columns: Vec<String> = COLUMNS.split(',').map(str::to_owned).collect();
    let (mut times, mut state, mut first) = (Vec::new(), 9, Duration::ZERO);
    let actor = case.operator("bench")?;
    let desk = case.desk(Seat { actor, purpose: rejoin_access::Purpose::DataQuality, at_micros: 0 })?;
    for at in 0..=size.pages {
        let person = below(&mut state, size.people);
        let list = (0..LISTS).find(|list| person < (list + 1) * size.people / LISTS).unwrap_or(0);
        let cells: Vec<String> = row(person, 0).split(',').map(str::to_owned).collect();
        let id = Interpreter::new(&mapping(list)?, &columns)?.id(&cells, 0).to_string();
        let began = now();
        let file = desk.person(&id)?.ok_or_else(|| format!("nobody has the id {id}"))?;
        assert!(!file.records.is_empty());
        match at {
            0 => first = began.elapsed(),
            _ => times.push(began.elapsed()),
        }
    }
    let pages = format!("{} (the first {:.1} ms)", percentiles(times), first.as_secs_f64() * 1e3);
    say("a person's page", &pages);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut size = Size {
        people: 10_000,
        events: 100_000,
        appends: 300,
        pages: 1_000,
        link: false,
        rebuild: false,
        only: None,
        directory: None,
        again: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut next = || arguments.next().ok_or(HELP);
        match argument.as_str() {
            "--people" => size.people = next()?.parse()?,
            "--events" => size.events = next()?.parse()?,
            "--appends" => size.appends = next()?.parse()?,
            "--pages" => size.pages = next()?.parse()?,
            "--link" => size.link = true,
            "--rebuild" => size.rebuild = true,
            "--again" => size.again = true,
            "--only" => size.only = Some(next()?),
            "--in" => size.directory = Some(next()?.into()),
            _ => return Err(HELP.into()),
        }
    }
    let only = |name: &str| size.only.as_deref().is_none_or(|only| only == name);
    if only("sqlite") {
        bench(&size, &Settings::default())?;
    }
    match std::env::var("REJOIN_TEST_DATABASE_URL") {
        Ok(url) if only("postgres") => {
            bench(&size, &Settings { database_url: Some(url), ..Settings::default() })?
        }
        Ok(_) => {}
        Err(_) => println!("\nno PostgreSQL: REJOIN_TEST_DATABASE_URL has no address"),
    }
    Ok(())
}
