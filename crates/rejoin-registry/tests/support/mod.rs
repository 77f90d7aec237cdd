//! What the tests of the registry's storage share: lists of synthetic people, a PostgreSQL of their own, and a case's
//! answers as text.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use rejoin_access::Purpose;
use rejoin_ingest::presets;
use rejoin_registry::{Case, Desk, Error, Extent, ImportReport, ImportRequest, Seat, Settings, Stamp};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Days of the story, so that stamps differ.
pub fn stamp(day: i64) -> Stamp {
    Stamp { at_micros: (1_530_000_000 + day * 86_400) * 1_000_000, actor: "clerk".into() }
}

/// A seeded row of numbers (SplitMix64): the same on every machine.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Words of the lists that must not be found in a database: names, numbers, telephones, notes.
pub const PERSONAL: [&str; 8] =
    ["XIOMARA", "QUETZALTZIN", "OROPEZA", "A214-55", "214-550012", "214550012", "512-555-01", "5125550112"];

const GIVEN: [&str; 12] =
    ["XIOMARA", "EVA", "LUIS", "ANA", "MATEO", "SOFIA", "DIEGO", "LUCIA", "PABLO", "ELENA", "TOMAS", "IRENE"];
const SURNAMES: [&str; 12] = [
    "QUETZALTZIN",
    "OROPEZA",
    "SOTO",
    "PAZ",
    "LOPEZ",
    "CRUZ",
    "RAMOS",
    "IXCOY",
    "TZOC",
    "MEJIA",
    "CANO",
    "POP",
];

/// The lists of so many families: an adult and a child each, at the border; the child in a shelter, too.
pub struct Lists {
    /// The border's list.
    pub border: String,
    /// Its next delivery: rows changed, gone and new.
    pub border_later: String,
    /// The shelters' list.
    pub shelter: String,
}

/// Makes lists.
pub fn lists(families: u64, seed: u64) -> Lists {
    let mut dice = Dice(seed);
    let head = "Civ ID,A-Number,Family Unit Group#,First Name,Last Name,Gender,BIRTH_DATE,CITIZENSHIP,Apprehension Date,Station,Date Separated,Notes\n";
    let (mut border, mut later) = (head.to_owned(), head.to_owned());
    let mut shelter = String::from(
        "uac_program_id,A Number,first_name,last_name,gender,dob,COO,Date Apprehended,Admission Date,program_name,referral_notes\n",
    );
    for family in 0..families {
        let mut any = |of: &[&'static str; 12]| of[dice.below(12) as usize];
        let (adult, child, one, other, third) =
            (any(&GIVEN), any(&GIVEN), any(&SURNAMES), any(&SURNAMES), any(&SURNAMES));
        let unit = if family % 3 == 2 { String::new() } else { format!("FMU{family:04}") };
        let day = 1 + family % 28;
        let (mother, minor) = (format!("A214-55{:04}", family * 2), format!("A214-55{:04}", family * 2 + 1));
        let note = format!("sister at 512-555-01{:02}", family % 100);
        let row = |id: u64, number: &str, unit: &str, who: &str, surname: &str, sex: &str, birth: &str| {
            format!(
                "{id},{number},{unit},{who},{surname},{sex},{birth},HONDURAS,5/{day}/2018,McAllen,5/{day}/2018,{note}\n"
            )
        };
        let birth = format!("{}/{}/{}", 1 + family % 12, day, 1975 + family % 15);
        let young = format!("{}/{}/{}", 1 + (family + 5) % 12, day, 2008 + family % 8);
        let adult_row = row(family * 2, &mother, &unit, adult, &format!("{one} {third}"), "F", &birth);
        border += &adult_row;
        border += &row(family * 2 + 1, &minor, &unit, child, &format!("{other} {one}"), "M", &young);
        // Later: every seventh child's row is gone, every fifth lost its number, the adults stay.
        later += &adult_row;
        if family % 7 != 6 {
            let unit = if family % 5 == 4 { "" } else { unit.as_str() };
            later += &row(family * 2 + 1, &minor, unit, child, &format!("{other} {one}"), "M", &young);
        }
        if family % 4 != 3 {
            let number = if family % 5 == 3 { "" } else { minor.as_str() };
            let _ = writeln!(
                shelter,
                "S{family},{number},{child},{other} {one},Male,{young},Honduras,5/{day}/2018,6/{day}/2018,Casa Padre,{note}"
            );
        }
    }
    later += "900001,A214-559999,FMU9999,XIOMARA,OROPEZA POP,F,1/2/1990,HONDURAS,6/2/2018,Yuma,,\n";
    Lists { border, border_later: later, shelter }
}

/// Imports a list by a preset.
pub fn import(
    case: &mut Case,
    preset: &str,
    name: &str,
    text: &str,
    day: i64,
) -> Result<ImportReport, Error> {
    let mapping = presets::named(preset);
    let request = ImportRequest { name, bytes: text.as_bytes(), mapping, extent: Extent::Presumed };
    case.import(&request, &stamp(day), &|_, _, _| {})
}

/// The operator's desk at a case.
pub fn desk(case: &Case) -> Desk<'_> {
    let actor = case.operator("operator").unwrap();
    case.desk(Seat { actor, purpose: Purpose::DataQuality, at_micros: stamp(9).at_micros }).unwrap()
}

/// Everything that a case answers, as text: the same for the same events, whatever keeps them.
pub fn answers(case: &Case) -> String {
    let desk = desk(case);
    let view = desk.view(None).unwrap();
    let mut out = format!("size {}, not linked {}\n", view.checkpoint.size, view.not_linked);
    let mut people: Vec<String> =
        view.person_of.iter().map(|(record, person)| format!("{record} {person}")).collect();
    people.sort_unstable();
    let _ = writeln!(out, "{people:#?}\n{:#?}\n{:#?}", view.records, view.candidates);
    let _ = writeln!(out, "{:#?}\n{:#?}\n{:?}", view.findings, view.units, view.stale);
    // Asking for links, decisions and places would be on record, and so would change what is compared; verifying holds links
    // and decisions against the events.
    let _ = writeln!(out, "{:#?}\n{:#?}", desk.deliveries().unwrap(), case.evidence().unwrap());
    let _ = writeln!(out, "{:?}", case.reports_issued().unwrap());
    out
}

/// Every person's page, as text. Opening them is on record.
pub fn pages(case: &Case) -> String {
    let desk = desk(case);
    let view = desk.view(None).unwrap();
    let mut out = String::new();
    let mut ids: Vec<String> = view.person_of.values().map(ToString::to_string).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let file = desk.person(&id).unwrap().unwrap();
        let _ = writeln!(out, "{id}: {:?} {:?}", file.records, file.findings);
        let _ = writeln!(out, "{:?} {:?}", file.candidates, file.links);
    }
    out
}

/// Says where two texts part, instead of printing both.
pub fn assert_same(one: &str, other: &str, when: &str) {
    if one != other {
        let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        panic!("{when}: {differs:?}");
    }
}

/// The address of the PostgreSQL that the test command started; none, with a visible line, when there is none.
pub fn database_url(test: &str) -> Option<String> {
    let url = std::env::var("REJOIN_TEST_DATABASE_URL").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        skipped(test);
    }
    url
}

fn skipped(test: &str) {
    // Not through the test harness's capture: a skipped test must be seen.
    let _ = writeln!(std::io::stderr(), "skipped: no PostgreSQL ({test}); scripts/test.sh starts one");
}

/// A PostgreSQL of a test's own, which it may restart.
pub struct Cluster {
    directory: PathBuf,
    /// Its address.
    pub url: String,
}

impl Cluster {
    /// Starts one; none, with a visible line, when PostgreSQL is not installed.
    pub fn start(test: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap().keep();
        let output = script("start", &directory).output().unwrap();
        if output.status.code() == Some(3) {
            skipped(test);
            return None;
        }
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let url = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        Some(Self { directory, url })
    }

    /// Ends it as a loss of power would, and starts it again.
    pub fn restart(&self) {
        let output = script("restart", &self.directory).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = script("stop", &self.directory).output();
    }
}

fn script(what: &str, directory: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres.sh"));
    command.arg(what).arg(directory);
    command
}

/// Settings of a case that is kept by SQLite, or by PostgreSQL at an address.
pub fn settings(url: Option<&str>) -> Settings {
    Settings { database_url: url.map(str::to_owned), ..Settings::default() }
}

/// Copies a case and its keys, files as they are, under another directory.
pub fn copy(from: &Path, to: &Path) {
    for part in ["case", "case.keys"] {
        std::fs::create_dir_all(to.join(part)).unwrap();
        for entry in std::fs::read_dir(from.join(part)).unwrap() {
            let entry = entry.unwrap();
            // The index of the write-ahead log is memory, not disk: a loss of power takes it.
            if entry.file_name() != "rejoin.sqlite-shm" {
                std::fs::copy(entry.path(), to.join(part).join(entry.file_name())).unwrap();
            }
        }
    }
}
