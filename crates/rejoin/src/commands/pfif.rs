//! `rejoin pfif`: feeds in the People Finder Interchange Format are checked, read for `rejoin import`, and written.
//!
//! Where somebody is never goes out, nor a belief that nobody holds: a feed says who is sought, and that is all.

use super::Context;
use super::export::people::{names, numbered};
use super::export::{anchors, free, language, write_new};
use crate::failure::Failure;
use crate::render::{Rows, print};
use crate::{Lang, Output};
use rejoin_access::Action;
use rejoin_custody::Person;
use rejoin_exchange::pfif::{
    self, Consent, Feed, Note, PfifFinding, Severity, Tombstone, WriteOptions, written,
};
use rejoin_model::{Field, ListKind, Moment, PersonId, Precision, Sex, Subject};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Arguments of `pfif`.
#[derive(clap::Args)]
pub struct PfifArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Check a feed of PFIF 1.1 to 1.4 against the specification; ends with code 5 when there are errors.
    #[command(after_help = "\
Examples:
  rejoin pfif check feed.xml
  rejoin pfif check feed.xml --format csv")]
    Check {
        /// The feed.
        file: PathBuf,
        #[command(flatten)]
        output: Output,
    },
    /// Write children and adults as PFIF 1.4, under ids DOMAIN/ID that are not the registry's own.
    #[command(after_help = "\
Examples:
  rejoin -C case pfif export --domain reunite.example.org --recipient 'Tracing service' --out feed.xml
  rejoin -C case pfif export --domain reunite.example.org --recipient 'Tracing service' --out feed.xml --consents consents.csv

The columns of the file of consents: id (outward, or the registry's), date_of_birth, home_street; yes where there is
consent. A date of birth, and an adult's street, go out with consent only; where a child is, never. A person who was
erased since an earlier export under the same domain goes out as a placeholder that says so.")]
    Export(Export),
}

#[derive(clap::Args)]
struct Export {
    /// The domain of the ids: that of who publishes the feed.
    #[arg(long, value_name = "DOMAIN")]
    domain: String,
    /// Who receives it: it is written down.
    #[arg(long, value_name = "NAME")]
    recipient: String,
    /// The file. What is there already is not written over.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// After how many days nothing of it may be shown any more.
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    expires_days: u32,
    /// Who consents to what, as CSV.
    #[arg(long, value_name = "FILE")]
    consents: Option<PathBuf>,
}

impl PfifArgs {
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        match &self.what {
            What::Check { file, output } => check(file, output, context),
            What::Export(export) => export.run(context),
        }
    }
}

fn check(file: &Path, output: &Output, context: &Context) -> Result<(), Failure> {
    let bytes = std::fs::read(file).map_err(|error| {
        Failure::input(format!("cannot read {}: {error}", file.display()), "check the path")
    })?;
    let findings = pfif::validate(&bytes, context.stamp().at_micros);
    rows(&findings, context.lang).print(output.format)?;
    let count = |severity| findings.iter().filter(|finding| finding.severity() == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    eprintln!("{}: {errors} errors, {warnings} warnings, {} advice", file.display(), count(Severity::Advice));
    if errors > 0 {
        return Err(Failure::verification(format!("{} is not as the specification asks", file.display())));
    }
    Ok(())
}

fn rows(findings: &[PfifFinding], lang: Lang) -> Rows {
    let mut rows =
        Rows::new(&["line", "severity", "code", "person", "note", "field", "said", "understood", "meaning"]);
    for finding in findings {
        rows.push(vec![
            json!(finding.line),
            json!(finding.severity().word(language(lang))),
            json!(finding.code.code()),
            json!(finding.person),
            json!(finding.note),
            json!(finding.field),
            json!(finding.said),
            json!(finding.understood),
            json!(finding.code.words(language(lang))),
        ]);
    }
    rows
}

/// Whether bytes are a feed: XML that names the format's namespace or begins with its element.
pub fn is_feed(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(16_384)];
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<')
        && (text.contains("zesty.ca/pfif/") || text.contains("<pfif:") || text.contains("<pfif>"))
}

/// A feed as the table that the preset `pfif` reads. What was odd is told on stderr, one by one, and counted.
pub fn as_table(name: &str, bytes: &[u8], context: &Context) -> Result<Vec<u8>, Failure> {
    let now = context.stamp().at_micros;
    let (feed, findings) = pfif::read(bytes);
    if feed.persons.is_empty() && feed.notes.is_empty() && feed.tombstones.is_empty() {
        let hint = "`rejoin pfif check FILE` says what is odd about it";
        return Err(Failure::input(format!("{name}: no person could be read"), hint));
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &findings {
        *counts.entry(finding.code.code()).or_default() += 1;
        let place = [&finding.person, &finding.note, &finding.field];
        let place: Vec<&str> =
            place.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
        eprintln!(
            "{name}: line {}: {}: {} {:?} ({})",
            finding.line,
            finding.severity().word(language(context.lang)),
            finding.code.words(language(context.lang)),
            finding.said,
            place.join(" ")
        );
    }
    let counts: Vec<String> = counts.iter().map(|(code, count)| format!("{count} {code}")).collect();
    let expired = feed.persons.iter().filter(|person| person.expired(now)).count();
    eprintln!(
        "{name}: PFIF {}: {} persons, {} notes; {expired} expired and {} placeholders, of whom nothing is kept{}{}",
        feed.version.text(),
        feed.persons.len(),
        feed.notes.len() + feed.persons.iter().map(|person| person.notes.len()).sum::<usize>(),
        feed.tombstones.len(),
        if counts.is_empty() { "" } else { "; findings: " },
        counts.join(", ")
    );
    let table = pfif::to_rows(&feed, now);
    let broken = |error: String| Failure::unexpected(format!("{name}: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns).map_err(|error| broken(error.to_string()))?;
    for row in &table.rows {
        writer.write_record(row).map_err(|error| broken(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| broken(error.to_string()))
}

/// Days in microseconds.
const DAY: i64 = 86_400_000_000;

impl Export {
    fn run(&self, context: &Context) -> Result<(), Failure> {
        let domain = self.domain.trim().to_lowercase();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
        if !domain.contains('.') || !domain.chars().all(plain) || domain.starts_with(['.', '-']) {
            return Err(Failure::usage(
                format!("{:?} is no domain", self.domain),
                "as in reunite.example.org",
            ));
        }
        if self.recipient.trim().is_empty() {
            return Err(Failure::usage("the recipient has no name", "say who receives it: --recipient NAME"));
        }
        let case = context.open()?;
        let desk = context.desk(&case)?;
        desk.may(Action::Export, None)?;
        free(&self.out)?;
        // Under this name a later export finds who was told of somebody who was erased.
        let what = format!("export pfif {domain}");
        let view = desk.view(Some(&what))?;
        let everybody = view.people();
        let mut outward = HashMap::with_capacity(everybody.len());
        for person in &everybody {
            outward.insert(person.id, case.outward(person.id)?);
        }
        let now = desk.seat().at_micros;
        let consents = self.consents(&domain, &outward)?;
        let sought = sought(&everybody);
        let mut feed = Feed::default();
        let (mut gone, mut nameless) = (Vec::new(), 0);
        for person in everybody.iter().filter(|person| person.subject != Subject::Unknown) {
            let id = format!("{domain}/{}", outward[&person.id]);
            let Some(mut written) = self.person(person, &id, &domain, now) else {
                nameless += 1;
                continue;
            };
            if let Some(asked) = sought.get(&person.id) {
                written.notes.push(self::asked(&id, &domain, *asked, now));
            }
            feed.persons.push(written);
            gone.push(person.id);
        }
        feed.persons.sort_by(|one, other| one.person_record_id.cmp(&other.person_record_id));
        for (id, at) in desk.erased_since(&what)? {
            feed.tombstones.push(Tombstone::at(format!("{domain}/{id}"), at));
        }
        let bytes = pfif::write(&feed, &WriteOptions { now, consents, otherwise: Consent::NONE });
        let (count, tombstones) = (gone.len(), feed.tombstones.len());
        desk.exported(&what, &self.recipient, anchors(gone), count as u64)?;
        write_new(&self.out, &bytes)?;
        eprintln!("{count} persons, {tombstones} placeholders of people who were erased");
        if nameless > 0 {
            eprintln!("{nameless} people without a name that may be told are left out");
        }
        print(&self.out.display().to_string())
    }

    /// A person in the words of the format; none without a name.
    fn person(&self, person: &Person<'_>, id: &str, domain: &str, now: i64) -> Option<pfif::Person> {
        let (name, others) = names(person);
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = line(&name);
        if name.is_empty() {
            return None;
        }
        let birth = person.first(|record| record.moment(Field::BirthDate));
        let sex = match person.first(|record| record.sex()) {
            Some(Sex::Female) => "female",
            Some(Sex::Male) => "male",
            _ => "",
        };
        // An address that a child's record gives may be where the child is now.
        let street = match person.subject {
            Subject::Adult => person.first(|record| record.text(Field::Address)).unwrap_or_default(),
            _ => "",
        };
        Some(pfif::Person {
            person_record_id: id.to_owned(),
            entry_date: written(now),
            expiry_date: written(now + i64::from(self.expires_days) * DAY),
            source_name: domain.to_owned(),
            source_date: written(now),
            full_name: name,
            alternate_names: others.iter().map(|other| line(other)).collect::<Vec<_>>().join("\n"),
            sex: sex.to_owned(),
            date_of_birth: birth.map_or(String::new(), born),
            age: age(person, birth, now),
            home_street: line(street),
            home_city: person.first(|record| record.place(Field::Birthplace)).unwrap_or_default().to_owned(),
            home_country: person
                .first(|record| record.country())
                .map_or(String::new(), |country| country.to_string()),
            ..pfif::Person::default()
        })
    }

    fn consents(
        &self,
        domain: &str,
        outward: &HashMap<PersonId, String>,
    ) -> Result<BTreeMap<String, Consent>, Failure> {
        let Some(path) = &self.consents else { return Ok(BTreeMap::new()) };
        let refuse = |what: String| {
            let hint = "columns: id, date_of_birth, home_street; yes or no below the last two";
            Failure::input(format!("{}: {what}", path.display()), hint)
        };
        let mut reader = csv::Reader::from_path(path).map_err(|error| refuse(error.to_string()))?;
        let columns = reader.headers().map_err(|error| refuse(error.to_string()))?.clone();
        if !columns.iter().any(|column| column == "id") {
            return Err(refuse("there is no column id".into()));
        }
        if let Some(other) = columns.iter().find(|one| !["id", "date_of_birth", "home_street"].contains(one))
        {
            return Err(refuse(format!("nothing can be consented to as {other:?}")));
        }
        let known: HashMap<String, &String> =
            outward.iter().flat_map(|(own, out)| [(own.to_string(), out), (out.clone(), out)]).collect();
        let mut consents = BTreeMap::new();
        for (number, row) in (2..).zip(reader.records()) {
            let row = row.map_err(|error| refuse(error.to_string()))?;
            let mut consent = Consent::NONE;
            let mut id = "";
            for (column, cell) in columns.iter().zip(&row) {
                let yes = match cell.trim() {
                    _ if column == "id" => {
                        id = cell.trim();
                        continue;
                    }
                    "yes" => true,
                    "no" | "" => false,
                    // What is not plainly a consent must not be taken for one, nor be overlooked.
                    other => return Err(refuse(format!("line {number}: {other:?} is neither yes nor no"))),
                };
                match column {
                    "date_of_birth" => consent.date_of_birth = yes,
                    _ => consent.home_street = yes,
                }
            }
            let of = id.strip_prefix(&format!("{domain}/")).unwrap_or(id);
            match known.get(of) {
                Some(out) => drop(consents.insert(format!("{domain}/{out}"), consent)),
                None => eprintln!("{}: line {number}: nobody here has the id {id:?}", path.display()),
            }
        }
        Ok(consents)
    }
}

/// A date of birth, as exact as it is known: the form of the format is that of ours, without a time of day.
fn born(birth: Moment) -> String {
    birth.to_string().chars().take(10).collect()
}

/// The age at the hour of the export, or between which ages it is.
fn age(person: &Person<'_>, birth: Option<Moment>, now: i64) -> String {
    let today = i32::try_from(now.div_euclid(DAY)).ok().and_then(Moment::of_day_number);
    let Some(today) = today else { return String::new() };
    let years = |day: Moment| {
        let (born, on) = (day.date(), today.date());
        i32::from(on.year())
            - i32::from(born.year())
            - i32::from((on.month(), on.day()) < (born.month(), born.day()))
    };
    let (low, high) = match birth {
        Some(birth) if birth.precision() >= Precision::Day => (years(birth), years(birth)),
        Some(birth) => {
            let first = years(birth);
            (first - 1, first)
        }
        None => {
            // As stated on a day, and as many years later.
            let stated = person
                .first(|record| Some((i32::from(record.age_of(Field::Age)?), years(record.happened()?))));
            let Some((stated, since)) = stated else { return String::new() };
            (stated + since, stated + since + 1)
        }
    };
    match (low.max(0), high) {
        (_, high) if !(0..130).contains(&high) => String::new(),
        (low, high) if low == high => low.to_string(),
        (low, high) => format!("{low}-{high}"),
    }
}

/// Children for whom somebody asks by their number, and since when.
fn sought(everybody: &[Person<'_>]) -> HashMap<PersonId, Option<Moment>> {
    let numbered = numbered(everybody);
    let mut sought: HashMap<PersonId, Option<Moment>> = HashMap::new();
    for record in everybody.iter().flat_map(|person| &person.records) {
        let number = record.identifier(Field::ChildAlienNumber);
        if record.kind == ListKind::TracingRequest
            && !record.withdrawn
            && let Some(child) = number.and_then(|number| numbered.get(number))
        {
            let received = record.moment(Field::RequestReceived);
            let known = sought.entry(*child).or_default();
            *known = [*known, received].into_iter().flatten().max();
        }
    }
    sought
}

/// That somebody asks for a person; not who. It is the one thing known of everybody who is asked for.
fn asked(person: &str, domain: &str, received: Option<Moment>, now: i64) -> Note {
    let at = received.filter(|at| at.precision() >= Precision::Day);
    let micros = at.map_or(now, |at| (at.earliest() * 60_000_000).min(now));
    let (home, own) = person.split_once('/').unwrap_or((domain, person));
    Note {
        note_record_id: format!("{home}/asked-{own}"),
        person_record_id: person.to_owned(),
        entry_date: written(now),
        author_name: domain.to_owned(),
        source_date: written(micros),
        status: "information_sought".into(),
        text: "Somebody asks for this person.".into(),
        ..Note::default()
    }
}
