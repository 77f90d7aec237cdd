//! A person's page: who it is by every source, family, custody as it was, the file of casework, and what can be put on
//! record next.

use super::matches::{line_of, percent};
use super::{Layout, Query};
use crate::answer::{Answer, Problem, onward, page};
use crate::app::App;
use crate::door::Here;
use crate::fields::Posted;
use crate::pages::documents::Documents;
use crate::pages::facts::{self, Form, Names};
use crate::shown::{self, Line};
use crate::words::Lang;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use rejoin_access::{Action, FieldGroup, Reduced};
use rejoin_custody::Person;
use rejoin_custody::clock::Standing;
use rejoin_model::{Bound, PersonId, ProblemKind, Relation, Subject};
use rejoin_registry::{CaseFile, Given, PersonFile, PersonLine};
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/person/{id}", get(person))
        .route("/person/{id}/record", post(record))
        .route("/person/{id}/readers", get(readers))
}

/// A value with where it was read.
struct Said {
    field: String,
    value: String,
    list: String,
    row: u32,
    withdrawn: bool,
}

/// A stay, drawn and told.
struct Stay {
    custodian: String,
    kind: &'static str,
    place: String,
    from: String,
    to: String,
    accountable: String,
    x: f64,
    wide: f64,
    open: bool,
    /// Where the custodian's name is written, on which side of that point, and whether that is in the bar.
    name_at: f64,
    name_side: &'static str,
    name_within: bool,
}

/// The picture of custody: stays, and days on an axis below them (where, day, which side of the point its words are).
struct Drawn {
    stays: Vec<Stay>,
    ticks: Vec<(f64, String, &'static str)>,
}

struct Relative {
    href: String,
    page: String,
    who: String,
    about: String,
    relation: String,
    percent: String,
    contested: bool,
    words: Vec<String>,
}

struct Clock {
    title: String,
    standing: String,
    due: String,
    late: bool,
}

struct Entry {
    sequence: u64,
    at: String,
    by: String,
    what: String,
    fields: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    l: Layout,
    who: Line,
    id: String,
    subject: String,
    is_child: bool,
    emergency: bool,
    now_at: Vec<String>,
    said: Vec<Said>,
    custody: Drawn,
    problems: Vec<String>,
    /// Custody is shown by its dates, and not by years.
    dated: bool,
    relatives: Vec<Relative>,
    clocks: Vec<Clock>,
    messages: Vec<(String, String, String)>,
    findings: Vec<(String, String, String, String)>,
    status: Option<String>,
    /// The way to reunification as far as it has come, for a child of whom a match was accepted.
    steps: Vec<(String, bool)>,
    version: u64,
    entries: Vec<Entry>,
    forms: Vec<(String, Vec<Form>)>,
    documents: Documents,
    open_pairs: usize,
}

fn said(file: &PersonFile, lang: Lang) -> Vec<Said> {
    let mut all: Vec<(rejoin_model::Field, Said)> = Vec::new();
    for record in &file.records {
        for (field, value) in &record.values {
            let one = Said {
                field: shown::field(*field, lang),
                value: shown::value(value, lang),
                list: record.list.clone(),
                row: record.origin.row,
                withdrawn: record.withdrawn,
            };
            all.push((*field, one));
        }
    }
    all.sort_by(|(field, one), (other, two)| {
        (field, &one.value, &one.list).cmp(&(other, &two.value, &two.list))
    });
    all.into_iter().map(|(_, one)| one).collect()
}

/// How wide the picture of custody is.
const WIDE: f64 = 800.0;

/// How wide a letter of a name in it is, about, and how far the name stands from its bar.
const LETTER: f64 = 7.5;
const APART: f64 = 5.0;

/// No axis is shorter, in minutes: the days written on it would be the same otherwise.
const LEAST_SPAN: f64 = 4.0 * 24.0 * 60.0;

/// Where a name goes: right of the bar, else left of it, else into the bar, which then is long.
fn beside(begin: f64, end: f64, name: &str) -> (f64, &'static str, bool) {
    let wide = name.chars().count() as f64 * LETTER + APART;
    if end + wide <= WIDE {
        (end + APART, "start", false)
    } else if wide <= begin {
        (begin - APART, "end", false)
    } else {
        (begin + APART, "start", true)
    }
}

fn drawn(person: &Person<'_>, lang: Lang) -> Drawn {
    let minute = |bound: Bound| bound.moment().map(|moment| moment.earliest() as f64);
    let intervals = &person.chain.intervals;
    let ends = intervals.iter().flat_map(|stay| [minute(stay.from), minute(stay.to)]).flatten();
    let (mut least, mut most) = (f64::MAX, f64::MIN);
    for end in ends {
        (least, most) = (least.min(end), most.max(end));
    }
    let span = (most - least).max(LEAST_SPAN);
    // An open stay goes on to the edge.
    let place = |at: f64| ((at - least) / span * (WIDE - 60.0)).clamp(0.0, WIDE - 60.0);
    let of = |minutes: f64| shown::day((minutes * 60_000_000.0) as i64);
    let ticks = match least <= most {
        false => Vec::new(),
        true => [(0.0, "start"), (1.0 / 3.0, "middle"), (2.0 / 3.0, "middle"), (1.0, "middle")]
            .map(|(part, side)| (part * (WIDE - 60.0), of(least + part * span), side))
            .into(),
    };
    let stays = intervals
        .iter()
        .map(|stay| {
            let open = stay.to == Bound::Open;
            let begin = minute(stay.from).or(minute(stay.to)).map_or(0.0, place);
            let end = if open { WIDE } else { minute(stay.to).map_or(begin + 4.0, place) };
            let to = shown::bound(stay.to, lang);
            let wide = (end - begin).max(3.0);
            let custodian = shown::coded("custodian", stay.custodian.word(), lang);
            let (name_at, name_side, name_within) = beside(begin, begin + wide, &custodian);
            Stay {
                custodian,
                kind: stay.custodian.word(),
                place: stay.place.clone().unwrap_or_default(),
                from: shown::bound(stay.from, lang),
                to: if stay.end_inferred { lang.with("bound-inferred", "at", to) } else { to },
                accountable: stay.accountable.clone().unwrap_or_default(),
                x: begin,
                wide,
                open,
                name_at,
                name_side,
                name_within,
            }
        })
        .collect();
    Drawn { stays, ticks }
}

fn relatives(file: &PersonFile, lines: &[Reduced<PersonLine>], lang: Lang) -> Vec<Relative> {
    let of = |id: PersonId| format!("/person/{id}");
    file.candidates
        .iter()
        .map(|one| {
            let other = if one.child == file.person { one.other } else { one.child };
            let mut relation = shown::relation(one.relation, lang);
            if one.child != file.person && one.relation != Relation::Sibling {
                relation = lang.with("relation-inverse", "relation", relation);
            }
            let words = one.evidence.iter().filter(|step| step.weight > 0).take(4).map(|step| match lang {
                Lang::En => step.words.clone(),
                Lang::Es => rejoin_linkage::family::in_spanish(&step.words).unwrap_or(&step.words).to_owned(),
            });
            let known = lines.iter().find(|line| line.person == other).map(|line| Line::of(line, lang));
            let known = known.map(|line| (line.name, line.about));
            let (who, about) = known.unwrap_or_else(|| (lang.of("name-not-shown"), String::new()));
            Relative {
                who,
                about,
                href: format!("/matches/{}/{}", one.child, one.other),
                page: of(other),
                relation,
                percent: percent(one.probability),
                contested: one.contested,
                words: words.collect(),
            }
        })
        .collect()
}

/// A file's events, newest first.
fn entries(file: &CaseFile, names: &Names, lang: Lang) -> Vec<Entry> {
    let entry = |entry: &rejoin_registry::CaseEntry| Entry {
        sequence: entry.sequence,
        at: shown::at(entry.at_micros),
        by: names.of(&entry.actor),
        what: shown::coded("fact", &entry.kind, lang),
        fields: entry
            .fields
            .iter()
            .map(|(name, value)| {
                (shown::coded("part", name, lang), names.of(&facts::told(name, value, lang)))
            })
            .collect(),
    };
    file.entries.iter().rev().map(entry).collect()
}

async fn person(
    State(app): State<Arc<App>>,
    here: Here,
    Path(id): Path<String>,
    Query(query): Query,
) -> Answer {
    let asked = id.clone();
    let assigns = here.may(Action::Assign);
    let (file, lines, clocks, messages, (assignees, names)) = app
        .desk(&here, move |desk| {
            let file = desk.person(&asked)?.ok_or(Problem::NotFound)?;
            let others = file
                .candidates
                .iter()
                .map(|one| if one.child == file.person { one.other } else { one.child });
            let others: Vec<PersonId> = others.collect();
            let id = file.person.to_string();
            let assignees = if assigns { desk.assignees()? } else { Vec::new() };
            let names = facts::names(desk, file.casework.as_deref())?;
            Ok((file, desk.lines(&others)?, desk.clocks(&id)?, desk.messages(&id)?, (assignees, names)))
        })
        .await?;
    let lang = here.lang;
    let person = Person::new(file.person, file.records.iter().map(|record| &**record).collect());
    let who = line_of(&file, lang);
    let now_at = person.chain.intervals.iter().filter(|stay| stay.to == Bound::Open).map(|stay| {
        let custodian = shown::coded("custodian", stay.custodian.word(), lang);
        [Some(custodian), stay.place.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    });
    let findings = file.findings.iter().map(|row| {
        let finding = &row.finding;
        (
            finding.code.word().to_owned(),
            finding.column.clone(),
            finding.said.clone(),
            finding.understood.clone(),
        )
    });
    let shows_where = file.records.iter().any(|record| {
        let shown = record.disclosure();
        [&shown.in_full, &shown.reduced].into_iter().any(|groups| groups.contains(&FieldGroup::Whereabouts))
    });
    // A year in place of a day would make holes and overlaps that are none.
    let dated =
        file.records.iter().all(|record| record.disclosure().in_full.contains(&FieldGroup::CustodyDates));
    let is_child = person.subject == Subject::Child;
    let forms = if is_child { facts::forms(&here, &file, &assignees) } else { Vec::new() };
    page(&PersonPage {
        l: Layout::of(&app, &here, who.name.clone(), "").after(&query),
        id: file.person.to_string(),
        subject: shown::subject(person.subject, lang),
        is_child,
        emergency: !file.emergencies.is_empty(),
        now_at: now_at.collect(),
        said: said(&file, lang),
        custody: drawn(&person, lang),
        problems: person
            .chain
            .problems
            .iter()
            .filter(|_| dated)
            // Whoever is not shown where somebody is must not be told that nobody knows.
            .filter(|problem| problem.kind != ProblemKind::NoPlace || shows_where)
            .map(|problem| {
                let words = match lang {
                    Lang::En => None,
                    Lang::Es => rejoin_custody::chain::in_spanish(&problem.words),
                };
                let words = words.as_ref().unwrap_or(&problem.words);
                format!("{}: {words}", shown::coded("problem", problem.kind.word(), lang))
            })
            .collect(),
        dated,
        relatives: relatives(&file, &lines, lang),
        clocks: clocks
            .iter()
            .map(|clock| Clock {
                title: lang.pick((&clock.title.0, &clock.title.1)).to_owned(),
                standing: lang.of(match clock.standing {
                    Standing::Missed(_) => "clock-missed",
                    Standing::Running => "clock-running",
                    Standing::Met | Standing::MetByReunification => "clock-met",
                    Standing::CannotTell | Standing::NotInAnyList => "clock-unknown",
                }),
                due: clock.due_micros.map(shown::at).unwrap_or_default(),
                late: clock.due_micros.is_some_and(|due| due < here.seat.at_micros),
            })
            .collect(),
        messages: messages
            .iter()
            .map(|message| (shown::at(message.at_micros), message.reach.clone(), message.words.clone()))
            .collect(),
        findings: findings.collect(),
        status: file.casework.as_ref().map(|file| shown::coded("status", &file.status, lang)),
        steps: file.casework.as_ref().map(|file| steps(file, lang)).unwrap_or_default(),
        version: file.casework.as_ref().map_or(0, |file| file.version),
        entries: file.casework.as_ref().map(|file| entries(file, &names, lang)).unwrap_or_default(),
        forms,
        documents: Documents::of(
            &here,
            file.casework.as_deref().map(|file| (file, &names)),
            &format!("/person/{}", file.person),
            file.opens_documents,
            Action::Note,
        ),
        open_pairs: file.links.iter().filter(|link| !link.joined).count(),
        who,
    })
}

/// The steps of a reunification: the fact that takes each, and how often it must be on record.
const STEPS: [(&str, usize); 6] = [
    ("match-accepted", 1),
    ("verification-signed", 2),
    ("gate-cleared", 1),
    ("reunification-planned", 1),
    ("hand-over-sent", 1),
    ("hand-over-received", 1),
];

/// How far the match that was accepted last has come; nothing where none was.
fn steps(file: &CaseFile, lang: Lang) -> Vec<(String, bool)> {
    let accepted = file.entries.iter().rposition(|entry| entry.kind == STEPS[0].0);
    let Some(accepted) = accepted else { return Vec::new() };
    let since = &file.entries[accepted..];
    STEPS
        .iter()
        .map(|(kind, needed)| {
            let count = since.iter().filter(|entry| entry.kind == *kind).count();
            let words = shown::coded("step", kind, lang);
            match needed {
                1 => (words, count > 0),
                _ => (format!("{words} {}/{needed}", count.min(*needed)), count >= *needed),
            }
        })
        .collect()
}

async fn record(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Posted { here, fields }: Posted,
) -> Answer {
    let fact = facts::read(&fields, here.lang)?;
    let given = Given {
        expected: fields.get("expected").parse().ok(),
        key: fields.some("key").map(|key| format!("{}:{key}", here.entered.account.id)),
    };
    let to = format!("/person/{}?done=done-recorded", super::search::escaped(&id));
    app.desk(&here, move |desk| Ok(desk.command(&id, &[fact], &given)?)).await?;
    onward(&to)
}

#[derive(Template)]
#[template(path = "readers.html")]
struct ReadersPage {
    l: Layout,
    id: String,
    rows: Vec<(String, String, String, String, String)>,
}

/// What was read, in the reader's language; as the ledger has it where the catalogue has no words.
fn seen(what: &str, lang: Lang) -> String {
    if let Some(measure) = what.strip_prefix("measure ") {
        return lang.with("seen-measure", "name", shown::coded("measure", measure, lang));
    }
    let word = what.replace(' ', "-");
    let said = shown::coded("seen", &word, lang);
    if said == word.replace('-', " ") { what.to_owned() } else { said }
}

async fn readers(State(app): State<Arc<App>>, here: Here, Path(id): Path<String>) -> Answer {
    let asked = id.clone();
    let (readings, names) = app
        .desk(&here, move |desk| {
            let readings = desk.readers(&asked)?;
            let names = Names::of_accounts(desk, readings.iter().map(|one| one.actor.as_str()))?;
            Ok((readings, names))
        })
        .await?;
    let lang = here.lang;
    page(&ReadersPage {
        l: Layout::of(&app, &here, lang.of("readers-title"), ""),
        id,
        rows: readings
            .iter()
            .rev()
            .map(|one| {
                let purpose = rejoin_access::Purpose::from_word(&one.purpose);
                let purpose =
                    purpose.map(|purpose| lang.pick(purpose.label()).to_owned()).unwrap_or_default();
                // What was put on record shows who knew of it as well.
                let reading = shown::coded("reading", &one.kind, lang);
                let written = shown::coded("fact", &one.kind, lang);
                let kind = if reading == one.kind.replace('-', " ") { written } else { reading };
                // An act reads nothing: its own kind stands there, which is told already.
                let what = if one.what == one.kind { "–".into() } else { seen(&one.what, lang) };
                (shown::at(one.at_micros), names.with_id(&one.actor), kind, purpose, what)
            })
            .collect(),
    })
}
