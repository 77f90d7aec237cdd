//! The agencies' lists of a world: each with its own columns, numbers, date forms and dirt. And the truth beside
//! them, by file and line.

use crate::dirt::{Dirt, plain, respell, slip, wrong_digit};
use crate::names::{COUNTRIES, DETENTION, SECTORS, SHELTERS};
use crate::stream;
use crate::world::{Cause, End, LISTED_ON, World};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

/// A file of a synthetic world.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name; the truth is under `truth/`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One list while it is written: rows as text, and who each line is about.
struct List {
    name: &'static str,
    delimiter: u8,
    bytes: Vec<u8>,
    line: u32,
    truth: Vec<(u32, usize)>,
}

impl List {
    fn new(name: &'static str, delimiter: u8) -> Self {
        Self { name, delimiter, bytes: Vec::new(), line: 0, truth: Vec::new() }
    }

    /// Writes a row; `about` is the person it is about.
    fn row<T: AsRef<[u8]>>(&mut self, cells: &[T], about: Option<usize>) {
        let before = self.bytes.len();
        let mut writer = csv::WriterBuilder::new().delimiter(self.delimiter).from_writer(&mut self.bytes);
        // Writing to memory cannot fail.
        let _ = writer.write_record(cells);
        drop(writer);
        self.line += 1;
        if let Some(person) = about {
            self.truth.push((self.line, person));
        }
        let newlines = self.bytes[before..].iter().filter(|byte| **byte == b'\n').count() as u32;
        self.line += newlines.saturating_sub(1);
    }
}

/// What one clerk makes of people: names, dates and numbers with dirt.
struct Clerk<'a> {
    world: &'a World,
    rng: ChaCha8Rng,
    dirt: Dirt,
}

impl Clerk<'_> {
    fn falls(&mut self, rate: f64) -> bool {
        self.dirt.falls(rate, &mut self.rng)
    }

    fn spoil(&mut self, text: &str, rate: f64) -> String {
        let mut text = text.to_owned();
        if self.falls(rate * 0.6) {
            text = respell(&text, &mut self.rng);
        }
        if self.falls(rate * 0.5) {
            text = slip(&text, &mut self.rng);
        }
        if self.falls(0.5) {
            text = plain(&text);
        }
        text
    }

    /// Given names and surnames as this clerk writes them.
    fn name(&mut self, person: usize, rate: f64, drops_second: f64) -> (String, String) {
        let world = self.world;
        let person = &world.people[person];
        let mut given: Vec<String> = person.given.iter().map(|part| self.spoil(part, rate)).collect();
        let mut surnames: Vec<String> = person.surnames.iter().map(|part| self.spoil(part, rate)).collect();
        if self.falls(drops_second) {
            surnames.pop();
        } else if self.falls(0.03) {
            surnames.swap(0, 1);
        } else if self.falls(0.04) && surnames.len() == 2 {
            // An English form takes the first surname for a middle name.
            given.push(surnames.remove(0));
        }
        if given.len() == 2 && self.falls(0.22) {
            given.pop();
        }
        (given.join(" "), surnames.join(" "))
    }

    fn full_name(&mut self, name: &str, rate: f64) -> String {
        let mut parts: Vec<String> = name.split(' ').map(|part| self.spoil(part, rate)).collect();
        if parts.len() > 3 && self.falls(0.25) {
            parts.pop();
        }
        parts.join(" ")
    }

    fn birth(&mut self, person: usize, form: fn(Date) -> String, missing: f64) -> String {
        if self.falls(missing) {
            return String::new();
        }
        let birth = self.world.people[person].birth;
        let birth = if self.falls(0.03) && birth.day() <= 12 {
            Date::new(birth.year(), birth.day(), birth.month()).unwrap_or(birth)
        } else if self.falls(0.02) {
            birth.saturating_add(self.rng.random_range(-1..2i64).years())
        } else if self.falls(0.02) {
            Date::new(birth.year(), 1, 1).unwrap_or(birth)
        } else {
            birth
        };
        let text = form(birth);
        if self.falls(0.015) { wrong_digit(&text, &mut self.rng) } else { text }
    }

    fn alien(&mut self, person: usize, missing: f64, form: fn(u32) -> String) -> String {
        if self.falls(missing) {
            return String::new();
        }
        let text = form(self.world.people[person].alien);
        if self.falls(0.015) { wrong_digit(&text, &mut self.rng) } else { text }
    }

    fn sex(&mut self, person: usize) -> &'static str {
        let female = self.world.people[person].female != self.falls(0.004);
        if self.falls(0.01) {
            return "";
        }
        if female { "F" } else { "M" }
    }

    fn maybe(&mut self, text: impl Into<String>, missing: f64) -> String {
        if self.falls(missing) { String::new() } else { text.into() }
    }
}

fn slashes(day: Date) -> String {
    format!("{}/{}/{}", day.month(), day.day(), day.year())
}

fn iso(day: Date) -> String {
    day.to_string()
}

fn day_first(day: Date) -> String {
    format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
}

fn clock(at: DateTime) -> String {
    format!("{} {:02}:{:02}", slashes(at.date()), at.hour(), at.minute())
}

fn dashed(alien: u32) -> String {
    let text = format!("{alien:09}");
    format!("A{}-{}-{}", &text[..3], &text[3..6], &text[6..])
}

fn bare(alien: u32) -> String {
    format!("{alien:09}")
}

/// Writes every list and the truth.
pub(crate) fn write(world: &World) -> Vec<File> {
    let clerk = |part| Clerk { world, rng: stream(world.settings.seed, part), dirt: world.dirt };
    let mut detention = Vec::new();
    let mut lists = vec![
        border(clerk(10)),
        prosecution(clerk(11), &mut detention),
        adult_detention(clerk(12), &detention),
        shelters(clerk(13)),
        tracing(clerk(14)),
    ];
    let further =
        INTAKES.iter().zip(world.settings.intakes).enumerate().filter(|(_, (_, share))| *share > 0.0);
    lists.extend(further.map(|(at, (name, share))| intake(clerk(20 + at as u64), name, share)));
    let mut files = Vec::new();
    let mut truth = String::from("list,row,person\n");
    for list in lists {
        for (line, person) in &list.truth {
            truth.push_str(&format!("{},{line},{person}\n", list.name));
        }
        files.push(File { name: format!("{}.csv", list.name), bytes: list.bytes });
    }
    files.push(File { name: "truth/records.csv".into(), bytes: truth.into_bytes() });
    files.push(File { name: "truth/people.csv".into(), bytes: people(world).into_bytes() });
    files.push(File { name: "truth/families.csv".into(), bytes: families(world).into_bytes() });
    files
}

fn people(world: &World) -> String {
    let mut text = String::from("person,given,first_surname,second_surname,sex,birth_date,country\n");
    for (at, person) in world.people.iter().enumerate() {
        let sex = if person.female { "F" } else { "M" };
        let [first, second] = person.surnames;
        text.push_str(&format!(
            "{at},{},{first},{second},{sex},{},{}\n",
            person.given.join(" "),
            person.birth,
            COUNTRIES[person.country].0
        ));
    }
    text
}

fn families(world: &World) -> String {
    let mut text = String::from("child,adult,relation,separated,on,reunited,cause\n");
    for family in &world.families {
        let relation = if family.mother { "mother" } else { "father" };
        let reunited = family.reunited.map(iso).unwrap_or_default();
        let (child, adult, separated, on) = (family.child, family.adult, family.separated, family.on);
        let cause = family.cause.map_or("", Cause::word);
        text.push_str(&format!("{child},{adult},{relation},{separated},{on},{reunited},{cause}\n"));
    }
    text
}

/// The border: names in capitals, both surnames in one column, date and time apart; family units lost or re-keyed.
fn border(mut clerk: Clerk<'_>) -> List {
    let mut list = List::new("border-apprehensions", b',');
    list.row(
        &[
            "Civ ID",
            "Subject AFILE#",
            "Family Unit Group#",
            "Demographic",
            "First Name",
            "Last Name",
            "Gender",
            "Date of Birth",
            "APP AGE",
            "CITIZENSHIP",
            "Birth City",
            "Apprehension Date",
            "Apprehension Time",
            "Station",
            "SECTOR",
            "FINAL BOOKOUT DATETIME",
        ],
        None,
    );
    let world = clerk.world;
    let separated: std::collections::HashSet<usize> = world
        .families
        .iter()
        .filter(|family| family.separated)
        .flat_map(|family| [family.child, family.adult])
        .collect();
    let lost: std::collections::HashSet<u32> = {
        let mut units: Vec<u32> = separated.iter().map(|person| world.people[*person].unit).collect();
        units.sort_unstable();
        units.dedup();
        units.retain(|_| clerk.rng.random_bool(world.settings.units_deleted));
        units.into_iter().collect()
    };
    let mut placed: std::collections::HashMap<usize, Date> = std::collections::HashMap::new();
    for stay in &world.stays {
        placed.entry(stay.child).or_insert(stay.placed);
    }
    let mut order: Vec<usize> = (0..world.people.len()).collect();
    order.sort_by_key(|person| world.people[*person].apprehended);
    for (number, at) in order.into_iter().enumerate() {
        let person = &world.people[at];
        let day = person.apprehended.date();
        let age = person.age_on(day);
        let (given, surnames) = clerk.name(at, 0.07, 0.06);
        let unit_lost = lost.contains(&person.unit);
        let unit = match person.unit {
            0 => String::new(),
            _ if unit_lost => String::new(),
            // Re-keyed: one member gets a number that nobody else has.
            number if separated.contains(&at) && clerk.falls(0.06) => format!("FMU{}", number + 4_000_000),
            number => format!("FMU{number}"),
        };
        let demographic = match (age < 18, person.unit != 0 && !unit_lost) {
            (_, true) => "FMUA",
            (true, false) => "UAC",
            (false, false) => "SINGLE ADULT",
        };
        let birth = clerk.birth(at, slashes, 0.03);
        let alien = clerk.alien(at, 0.03, dashed);
        let age_text = clerk.maybe(age.to_string(), 0.02);
        let country = clerk.maybe(COUNTRIES[person.country].1, 0.01);
        let town = clerk.maybe(plain(person.town).to_uppercase(), 0.2);
        let time =
            clerk.maybe(format!("{:02}:{:02}", person.apprehended.hour(), person.apprehended.minute()), 0.1);
        let hours =
            if age < 18 { clerk.rng.random_range(20..100i64) } else { clerk.rng.random_range(10..70i64) };
        let left = match placed.get(&at) {
            // The border's clerk and the shelter's agree on the day of the hand-over, but for a slip.
            Some(placed) if !clerk.falls(0.02) => {
                let handed_over = placed.at(clerk.rng.random_range(1..23), 10, 0, 0);
                handed_over.max(person.apprehended.saturating_add(1.hours()))
            }
            _ => person.apprehended.saturating_add(hours.hours()),
        };
        let left = clock(left);
        let left = clerk.maybe(left, if age < 18 { 0.5 } else { 0.35 });
        let sex = clerk.sex(at);
        let row = [
            format!("CIV{:08}", 10_000_000 + number * 3),
            alien,
            unit,
            demographic.into(),
            given.to_uppercase(),
            surnames.to_uppercase(),
            sex.into(),
            birth,
            age_text,
            country,
            town,
            slashes(day),
            time,
            person.station.into(),
            SECTORS[person.sector].0.into(),
            left,
        ];
        list.row(&row, Some(at));
    }
    list
}

/// The prosecutor: title lines, page headers between the pages, `SURNAME, Given`, the alien number mostly missing.
fn prosecution(mut clerk: Clerk<'_>, released: &mut Vec<(usize, Date)>) -> List {
    let mut list = List::new("prosecution-referrals", b',');
    list.row(
        &["Referrals received, improper entry", "", "", "", "", "", "", "", "", "", "", "", "", ""],
        None,
    );
    list.row(&["Prepared for internal use", "", "", "", "", "", "", "", "", "", "", "", "", ""], None);
    let header = [
        "Referral Number",
        "Case Number",
        "Defendant Name",
        "Defendant DOB",
        "Sex",
        "Citizenship",
        "A-Number",
        "Date Referred for Prosecution",
        "District",
        "Charge",
        "Charging Decision",
        "Declination Reason",
        "Court Date",
        "Date Released from USMS Custody",
    ];
    list.row(&header, None);
    let world = clerk.world;
    let parents: std::collections::HashSet<usize> =
        world.families.iter().filter(|family| family.separated).map(|family| family.adult).collect();
    let mut number = 0;
    for at in world.adults.iter().copied() {
        let person = &world.people[at];
        let day = person.apprehended.date();
        let rate = match (parents.contains(&at), person.unit != 0) {
            (true, _) => 0.95,
            (false, true) => 0.0,
            (false, false) => 0.24,
        };
        if !clerk.rng.random_bool(rate) {
            continue;
        }
        number += 1;
        let (given, surnames) = clerk.name(at, 0.10, 0.28);
        let referred = day.saturating_add(clerk.rng.random_range(0..3i64).days());
        let declined = clerk.rng.random_bool(0.04);
        let court = referred.saturating_add(clerk.rng.random_range(1..5i64).days());
        let out = court.saturating_add(clerk.rng.random_range(0..12i64).days());
        if !declined {
            released.push((at, out));
        }
        let reasons = ["Age of child", "Resources", "Weak evidence", ""];
        let reason = reasons.choose(&mut clerk.rng).copied().unwrap_or("");
        let name = format!("{}, {}", surnames.to_uppercase(), given.to_uppercase());
        let birth = clerk.birth(at, slashes, 0.10);
        let country = clerk.maybe(COUNTRIES[person.country].1, 0.05);
        let alien = clerk.alien(at, 0.55, dashed);
        let released_on = if declined { String::new() } else { clerk.maybe(slashes(out), 0.2) };
        let sex = clerk.sex(at);
        let row = [
            format!("R-{:06}", 100_000 + number * 7),
            if declined { String::new() } else { format!("2:18-mj-{:05}", 20_000 + number) },
            name,
            birth,
            sex.into(),
            country,
            alien,
            slashes(referred),
            SECTORS[person.sector].2.into(),
            "8 USC 1325".into(),
            if declined { "Declined" } else { "Accepted" }.into(),
            if declined { reason } else { "" }.into(),
            if declined { String::new() } else { slashes(court) },
            released_on,
        ];
        list.row(&row, Some(at));
        if number % 60 == 0 {
            list.row(&header, None);
        }
    }
    list
}

/// Adult detention: one row a stint, minutes known, names cut to one surname more often than not kept.
fn adult_detention(mut clerk: Clerk<'_>, released: &[(usize, Date)]) -> List {
    let mut list = List::new("adult-detention", b',');
    list.row(
        &[
            "Unique Identifier",
            "Alien File Number",
            "First Name",
            "Last Name",
            "Gender",
            "Birth Date",
            "Citizenship Country",
            "Detention Facility",
            "Book In Date Time",
            "Detention Book Out Date Time",
            "Detention Release Reason",
            "Child Name",
            "Departed Date",
            "Departure Country",
        ],
        None,
    );
    let world = clerk.world;
    let released: std::collections::HashMap<usize, Date> = released.iter().copied().collect();
    let mut child_of: std::collections::HashMap<usize, usize> = std::collections::HashMap::new();
    for family in world.families.iter().filter(|family| family.separated) {
        child_of.entry(family.adult).or_insert(family.child);
    }
    let mut subject = 0u32;
    for at in world.adults.iter().copied() {
        let person = &world.people[at];
        let parent = child_of.get(&at);
        if parent.is_none() && !clerk.rng.random_bool(if person.unit == 0 { 0.9 } else { 0.15 }) {
            continue;
        }
        subject += 1;
        let (given, surnames) = clerk.name(at, 0.06, 0.25);
        let birth = clerk.birth(at, slashes, 0.05);
        let alien = clerk.alien(at, 0.08, bare);
        let hour = clerk.rng.random_range(6..22);
        let first = released.get(&at).copied().unwrap_or(person.apprehended.date().saturating_add(2.days()));
        let mut book_in = first.at(hour, clerk.rng.random_range(0..60), 0, 0);
        let stints = 1 + usize::from(clerk.rng.random_bool(0.3)) + usize::from(clerk.rng.random_bool(0.08));
        let child = match parent {
            Some(child) if clerk.rng.random_bool(0.3) => {
                let name = world.people[*child].full_name();
                clerk.full_name(&name, 0.12)
            }
            _ => String::new(),
        };
        for stint in 0..stints {
            let days = clerk.rng.random_range(2..60i64);
            let out = book_in.saturating_add((days * 24 + clerk.rng.random_range(-5..6i64)).hours());
            let last = stint + 1 == stints;
            let ended = out.date() <= LISTED_ON;
            let removed = last && ended && clerk.rng.random_bool(if parent.is_some() { 0.2 } else { 0.55 });
            let reason = match (last, ended, removed) {
                (_, false, _) => "",
                (false, true, _) => "Transferred",
                (true, true, true) => "Removed",
                (true, true, false) => {
                    ["Paroled", "Bonded Out", "Order of recognizance"][(days % 3) as usize]
                }
            };
            let facility = DETENTION.choose(&mut clerk.rng).copied().unwrap_or("");
            let country = clerk.maybe(COUNTRIES[person.country].1, 0.01);
            let sex = clerk.sex(at);
            let row = [
                format!(
                    "{:032x}",
                    u128::from(subject).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
                ),
                alien.clone(),
                given.to_uppercase(),
                surnames.to_uppercase(),
                sex.into(),
                birth.clone(),
                country,
                facility.into(),
                clock(book_in),
                if ended { clerk.maybe(clock(out), 0.02) } else { String::new() },
                reason.into(),
                child.clone(),
                if removed { slashes(out.date()) } else { String::new() },
                if removed { COUNTRIES[person.country].1.into() } else { String::new() },
            ];
            list.row(&row, Some(at));
            if !ended {
                break;
            }
            book_in = out.saturating_add(clerk.rng.random_range(2..20i64).hours());
        }
    }
    list
}

/// The shelters' portal: ISO dates, spellings of shelters, line breaks, and only sometimes a word on separation.
fn shelters(mut clerk: Clerk<'_>) -> List {
    let mut list = List::new("shelter-portal", b',');
    list.row(
        &[
            "uac_program_id",
            "uac_id",
            "alien_no",
            "first_name",
            "last_name",
            "gender",
            "dob",
            "cob",
            "City of Birth",
            "uac_primary_language",
            "Mother Name",
            "Father Name",
            "date_of_apprehension",
            "reffering_sector",
            "date_referred",
            "date_admitted",
            "program_name",
            "date_of_discharge",
            "discharge_type",
            "current_status",
            "Reason for Separation",
        ],
        None,
    );
    let world = clerk.world;
    let separated: std::collections::HashMap<usize, Option<Cause>> = world
        .families
        .iter()
        .filter(|family| family.separated)
        .map(|family| (family.child, family.cause))
        .collect();
    let mut name: Option<(usize, (String, String), String, String)> = None;
    for (number, stay) in world.stays.iter().enumerate() {
        let at = stay.child;
        let person = &world.people[at];
        // One intake interview serves all of a child's stays.
        if name.as_ref().is_none_or(|(of, ..)| *of != at) {
            let written = clerk.name(at, 0.08, 0.10);
            let alien = clerk.alien(at, 0.10, bare);
            let birth = clerk.birth(at, iso, 0.06);
            name = Some((at, written, alien, birth));
        }
        let Some((_, (given, surnames), alien, birth)) = name.clone() else { continue };
        let mut parent = |which: usize, missing: f64| {
            let said = person.parents[which].clone().unwrap_or_default();
            let said = clerk.full_name(&said, 0.10);
            clerk.maybe(said, missing)
        };
        // Very young children cannot say.
        let silent = if person.age_on(stay.placed) < 4 { 0.7 } else { 0.22 };
        let (mother, father) = (parent(0, silent), parent(1, silent + 0.2));
        let shelter = SHELTERS[stay.shelter].choose(&mut clerk.rng).copied().unwrap_or("");
        let shelter = if clerk.falls(0.05) { shelter.replacen(' ', "\n", 1) } else { shelter.to_owned() };
        let reason = match separated.get(&at) {
            Some(cause) if clerk.rng.random_bool(world.settings.grounds) => match cause {
                Some(Cause::ZeroTolerance) => "Zero Tolerance Policy",
                Some(Cause::AboutParent) => "Parent Criminal History",
                _ => "",
            },
            _ => "",
        };
        let kind = match stay.end {
            End::Open => "",
            End::Transferred => "Transfer to another program",
            End::Reunited => "Reunified with Parent (separated)",
            End::Otherwise => ["Released to sponsor", "Voluntary departure", "Age out"][number % 3],
        };
        let left = stay.left.map(iso).unwrap_or_default();
        let left = clerk.maybe(left, 0.01);
        // A slip puts a few placements before their referral.
        let placed = if clerk.falls(0.005) { stay.referred.saturating_sub(2.days()) } else { stay.placed };
        let town = clerk.maybe(person.town, 0.15);
        let apprehended = clerk.maybe(iso(person.apprehended.date()), 0.03);
        let sex = clerk.sex(at);
        let row = [
            format!("{}", 700_000 + number),
            format!("{}", 300_000 + at),
            alien,
            given,
            surnames,
            sex.into(),
            birth,
            COUNTRIES[person.country].1.into(),
            town,
            person.language.into(),
            mother,
            father,
            apprehended,
            SECTORS[person.sector].0.into(),
            iso(stay.referred),
            iso(placed),
            shelter,
            left,
            kind.into(),
            if stay.end == End::Open { "ADMITTED" } else { "DISCHARGED" }.into(),
            reason.into(),
        ];
        list.row(&row, Some(at));
        if clerk.falls(0.002) {
            list.row(&row, Some(at));
        }
    }
    list
}

/// Tracing requests: taken down by telephone in Spanish, day first, semicolons, Windows-1252, ages for birth dates.
fn tracing(mut clerk: Clerk<'_>) -> List {
    let mut list = List::new("tracing-requests", b';');
    let header = [
        "Folio",
        "Nombre del solicitante",
        "Edad del solicitante",
        "Sexo del solicitante",
        "Parentesco con el menor",
        "Teléfono",
        "Municipio de origen",
        "País de origen",
        "Nombre del menor",
        "Edad del menor",
        "Sexo del menor",
        "Fecha de solicitud",
        "Lugar de separación",
        "Observaciones",
    ];
    list.row(&header.map(windows_1252), None);
    let world = clerk.world;
    let mut wanted: Vec<(usize, usize, bool)> = world
        .families
        .iter()
        .filter(|family| family.separated)
        .map(|family| (family.adult, family.child, family.mother))
        .collect();
    wanted.shuffle(&mut clerk.rng);
    for number in 0..world.settings.tracing {
        // One in five calls is about a child who is not in any list, or from somebody who is not.
        let known = wanted.get(number).copied().filter(|_| clerk.rng.random_bool(0.8));
        let (adult, child, mother) = match known {
            Some(known) => known,
            None => {
                let adult = world.adults.choose(&mut clerk.rng).copied().unwrap_or(0);
                let child = world.stays.choose(&mut clerk.rng).map_or(0, |stay| stay.child);
                (adult, child, world.people[adult].female)
            }
        };
        let (parent, minor) = (&world.people[adult], &world.people[child]);
        let asked = parent.apprehended.date().saturating_add(clerk.rng.random_range(5..70i64).days());
        let caller = clerk.full_name(&parent.full_name(), 0.14);
        let sought = match known {
            Some(_) => clerk.full_name(&minor.full_name(), 0.14),
            None => {
                let given = clerk.world.people[clerk.rng.random_range(0..world.people.len())].given.join(" ");
                format!("{given} {}", parent.surnames[0])
            }
        };
        let town = clerk.maybe(parent.town, 0.2);
        let age = clerk.maybe(parent.age_on(asked).to_string(), 0.15);
        let minor_age =
            i64::from(minor.age_on(asked)) + if clerk.falls(0.1) { clerk.rng.random_range(-1..2) } else { 0 };
        let phone = clerk.maybe(format!("+502 {} {}", parent.phone / 10_000, parent.phone % 10_000), 0.2);
        let row = [
            format!("F-{:05}", number + 1),
            caller,
            age,
            if parent.female { "Mujer" } else { "Hombre" }.into(),
            if mother { "Madre" } else { "Padre" }.into(),
            phone,
            town,
            COUNTRIES[parent.country].1.into(),
            sought,
            minor_age.max(0).to_string(),
            if minor.female { "Niña" } else { "Niño" }.into(),
            day_first(asked),
            parent.station.into(),
            String::new(),
        ];
        list.row(&row.each_ref().map(|cell| windows_1252(cell)), Some(adult));
    }
    list
}

/// Lists of separated children that others keep.
const INTAKES: [&str; 3] = ["legal-intakes", "hotline-children", "consulate-children"];

/// A list of separated children: names as the child or a relative gave them, a number where somebody knew one.
fn intake(mut clerk: Clerk<'_>, name: &'static str, share: f64) -> List {
    let mut list = List::new(name, b',');
    list.row(
        &[
            "No.",
            "Child Name",
            "Child DOB",
            "Child Sex",
            "Country",
            "Child A-Number",
            "Birthplace",
            "Date Separated",
        ],
        None,
    );
    let world = clerk.world;
    let mut number = 0;
    for family in world.families.iter().filter(|family| family.separated) {
        if !clerk.rng.random_bool(share) {
            continue;
        }
        number += 1;
        let person = &world.people[family.child];
        let row = [
            format!("{number}"),
            clerk.full_name(&person.full_name(), 0.08),
            clerk.birth(family.child, iso, 0.05),
            clerk.sex(family.child).into(),
            COUNTRIES[person.country].1.into(),
            clerk.alien(family.child, 0.35, dashed),
            clerk.maybe(person.town, 0.2),
            clerk.maybe(iso(person.apprehended.date()), 0.1),
        ];
        list.row(&row, Some(family.child));
    }
    list
}

fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}
