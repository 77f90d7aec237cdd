//! Match review: one proposed family after another, child and candidate side by side, with the reasons for and against.
//! People decide; what they decide, why, and what they were shown is on record, and can be taken back.

use super::{Layout, Query};
use crate::answer::{Answer, Problem, onward, page};
use crate::app::App;
use crate::door::Here;
use crate::fields::Posted;
use crate::shown::{self, Line, Pages};
use crate::words::Lang;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use rejoin_access::Action;
use rejoin_access::Reduced;
use rejoin_linkage::weight;
use rejoin_model::{FamilyCandidate, Field, PersonId, Record, Relation, Verdict};
use rejoin_registry::{DecidedAs, DecisionRequest, Page, PersonFile, PersonLine, QueueFilter};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/matches", get(queue))
        .route("/matches/{child}/{other}", get(review).post(decide))
        .route("/decisions/{sequence}/undo", post(undo))
}

const ROWS: usize = 50;

struct Row {
    child: Line,
    other: Line,
    href: String,
    relation: String,
    percent: String,
    contested: bool,
    verdict: String,
}

#[derive(Template)]
#[template(path = "matches.html")]
struct QueuePage {
    l: Layout,
    states: Vec<(&'static str, String, bool)>,
    rows: Vec<Row>,
    pages: Pages,
}

const STATES: [(&str, &str); 5] = [
    ("open", "matches-open"),
    ("needs-evidence", "matches-needs-evidence"),
    ("accepted", "matches-accepted"),
    ("rejected", "matches-rejected"),
    ("all", "matches-all"),
];

/// A probability in per cent; never rounded up to certainty, nor down to none.
pub fn percent(probability: f64) -> String {
    if !probability.is_finite() {
        return "–".into();
    }
    let floor = (probability * 1000.0).floor() / 10.0;
    if probability > 0.0 && floor < 0.1 { "< 0.1 %".into() } else { format!("{floor:.1} %") }
}

fn verdict(verdict: Option<Verdict>, lang: Lang) -> String {
    match verdict {
        None => String::new(),
        Some(Verdict::Accepted) => lang.of("verdict-accepted"),
        Some(Verdict::Rejected) => lang.of("verdict-rejected"),
        Some(Verdict::NeedsEvidence) => lang.of("verdict-needs-evidence"),
    }
}

async fn queue(State(app): State<Arc<App>>, here: Here, Query(query): Query) -> Answer {
    let lang = here.lang;
    let state = STATES.iter().find(|(word, _)| *word == query.get("state")).map_or("open", |(word, _)| word);
    let decided = match state {
        "needs-evidence" => DecidedAs::As(Verdict::NeedsEvidence),
        "accepted" => DecidedAs::As(Verdict::Accepted),
        "rejected" => DecidedAs::As(Verdict::Rejected),
        "all" => DecidedAs::Any,
        _ => DecidedAs::Open,
    };
    let first = query.get("from").parse().unwrap_or(0);
    let asked = QueueFilter { decided, page: Page { first, rows: ROWS }, ..QueueFilter::default() };
    let found = app.desk(&here, move |desk| Ok(desk.candidate_queue(&asked)?)).await?;
    let rows: Vec<Row> = found
        .rows
        .iter()
        .map(|row| Row {
            child: Line::of(&row.child, lang),
            other: Line::of(&row.other, lang),
            href: format!("/matches/{}/{}", row.candidate.child, row.candidate.other),
            relation: shown::relation(row.candidate.relation, lang),
            percent: percent(row.candidate.probability),
            contested: row.candidate.contested,
            verdict: verdict(row.verdict, lang),
        })
        .collect();
    page(&QueuePage {
        l: Layout::of(&app, &here, lang.of("matches-title"), "/matches").after(&query),
        states: STATES.iter().map(|(word, key)| (*word, lang.of(key), *word == state)).collect(),
        pages: Pages::new(first, rows.len(), ROWS, found.total, &format!("/matches?state={state}&from=")),
        rows,
    })
}

/// One piece of evidence in the picture: bits for (to the right) or against.
struct Step {
    words: String,
    bits: String,
    y: usize,
    x: i64,
    wide: i64,
    supports: bool,
}

/// A row of the comparison: what both files say of one thing.
struct Both {
    field: String,
    child: Vec<String>,
    other: Vec<String>,
}

struct Other {
    href: String,
    relation: String,
    percent: String,
    here: bool,
    who: Line,
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    l: Layout,
    child: Line,
    other: Line,
    relation: String,
    relation_word: &'static str,
    probability: String,
    contested: bool,
    new: Vec<String>,
    steps: Vec<Step>,
    high: usize,
    both: Vec<Both>,
    others: Vec<Other>,
    siblings: Vec<Other>,
    past: Vec<(u64, String, String, String, bool)>,
    may: bool,
    action: String,
    version: u64,
}

/// How many units of the picture a bit is, and where its middle is.
const UNIT: i64 = 12;
const MIDDLE: i64 = 240;

fn steps(candidate: &FamilyCandidate, lang: Lang) -> Vec<Step> {
    let mut steps = Vec::new();
    for (at, step) in candidate.evidence.iter().enumerate() {
        let bits = weight::bits(step.weight);
        let wide = ((bits.abs() * UNIT as f64) as i64).clamp(1, MIDDLE - 2);
        let words = match lang {
            Lang::En => step.words.as_str(),
            Lang::Es => rejoin_linkage::family::in_spanish(&step.words).unwrap_or(&step.words),
        };
        steps.push(Step {
            words: words.to_owned(),
            bits: format!("{bits:+.1}"),
            y: at * 26,
            x: if bits < 0.0 { MIDDLE - wide } else { MIDDLE },
            wide,
            supports: bits >= 0.0,
        });
    }
    steps
}

/// Fields side by side: those of both, then those of one.
fn side_by_side(child: &PersonFile, other: &PersonFile, lang: Lang) -> Vec<Both> {
    let mut fields: BTreeMap<Field, (Vec<String>, Vec<String>)> = BTreeMap::new();
    let mut add = |file: &PersonFile, left: bool| {
        for record in &file.records {
            for (field, value) in &record.values {
                let entry = fields.entry(*field).or_default();
                let column = if left { &mut entry.0 } else { &mut entry.1 };
                let said = shown::value(value, lang);
                if !column.contains(&said) {
                    column.push(said);
                }
            }
        }
    };
    add(child, true);
    add(other, false);
    let mut rows: Vec<(bool, Both)> = fields
        .into_iter()
        .map(|(field, (child, other))| {
            let alone = child.is_empty() || other.is_empty();
            (alone, Both { field: shown::field(field, lang), child, other })
        })
        .collect();
    rows.sort_by_key(|(alone, _)| *alone);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// A line about somebody whose whole file is at hand.
pub fn line_of(file: &PersonFile, lang: Lang) -> Line {
    let records: Vec<&Record> = file.records.iter().map(|record| &**record).collect();
    let first = |fields: &[Field]| {
        let mut all = records.iter().flat_map(|record| &record.values);
        all.find(|(field, _)| fields.contains(field)).map(|(_, value)| shown::value(value, lang))
    };
    let name = first(&[Field::FullName]).or_else(|| {
        let parts = [
            first(&[Field::GivenNames]),
            first(&[Field::Surnames, Field::FirstSurname]),
            first(&[Field::SecondSurname]),
        ];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then_some(name)
    });
    let age = records.iter().find_map(|record| record.age());
    let mut about: Vec<String> = Vec::new();
    about.extend(age.map(|age| lang.with("age-years", "age", u32::from(age))));
    about.extend(first(&[Field::Sex]));
    about.extend(first(&[Field::Country]));
    Line {
        href: format!("/person/{}", file.person),
        name: name.unwrap_or_else(|| lang.of("name-not-shown")),
        about: about.join(" · "),
        place: String::new(),
        number: first(&[Field::AlienNumber]).unwrap_or_default(),
        tender: age.is_some_and(|age| age < 5),
    }
}

fn other_of(
    candidate: &FamilyCandidate,
    (whose, here): (PersonId, PersonId),
    lines: &[Reduced<PersonLine>],
    lang: Lang,
) -> Option<Other> {
    let other = if candidate.child == whose { candidate.other } else { candidate.child };
    Some(Other {
        href: format!("/matches/{}/{}", candidate.child, candidate.other),
        relation: shown::relation(candidate.relation, lang),
        percent: percent(candidate.probability),
        here: other == here,
        who: Line::of(lines.iter().find(|line| line.person == other)?, lang),
    })
}

async fn review(
    State(app): State<Arc<App>>,
    here: Here,
    Path((child, other)): Path<(String, String)>,
    Query(query): Query,
) -> Answer {
    let (left, right) = (child.clone(), other.clone());
    let (child_file, other_file, decisions, lines) = app
        .desk(&here, move |desk| {
            let child = desk.person(&left)?.ok_or(Problem::NotFound)?;
            let other = desk.person(&right)?.ok_or(Problem::NotFound)?;
            let decisions = desk.decisions()?;
            let others = child.candidates.iter();
            let others = others.map(|one| if one.child == child.person { one.other } else { one.child });
            let lines = desk.lines(&others.collect::<Vec<_>>())?;
            Ok((child, other, decisions, lines))
        })
        .await?;
    let lang = here.lang;
    let pair = (child_file.person, other_file.person);
    let candidate = child_file
        .candidates
        .iter()
        .find(|candidate| (candidate.child, candidate.other) == pair)
        .or_else(|| child_file.candidates.iter().find(|one| (one.other, one.child) == pair))
        .ok_or(Problem::NotFound)?;
    let steps = steps(candidate, lang);
    let beside = |siblings: bool| {
        let of = child_file.candidates.iter();
        of.filter(move |one| (one.relation == Relation::Sibling) == siblings)
            .filter_map(|one| other_of(one, pair, &lines, lang))
            .collect::<Vec<_>>()
    };
    let past = decisions
        .iter()
        .filter(|one| (one.child, one.other) == pair)
        .map(|one| {
            let what = verdict(Some(one.verdict), lang);
            let who = format!("{} · {}", one.actor, shown::at(one.at_micros));
            (one.sequence, what, one.reason.clone(), who, one.undone.is_some())
        })
        .collect();
    page(&ReviewPage {
        l: Layout::of(&app, &here, lang.of("review-title"), "/matches").after(&query),
        child: line_of(&child_file, lang),
        other: line_of(&other_file, lang),
        relation: shown::relation(candidate.relation, lang),
        relation_word: candidate.relation.word(),
        probability: lang.with2(
            "review-probability",
            ("percent", &percent(candidate.probability)),
            ("none", &percent(candidate.none)),
        ),
        contested: candidate.contested,
        new: candidate.new.clone(),
        high: steps.len() * 26 + 4,
        steps,
        both: side_by_side(&child_file, &other_file, lang),
        others: beside(false),
        siblings: beside(true),
        past,
        may: here.may(Action::DecideMatch),
        action: format!("/matches/{child}/{other}"),
        version: child_file.casework.as_ref().map_or(0, |file| file.version),
    })
}

async fn decide(
    State(app): State<Arc<App>>,
    Path((child, other)): Path<(String, String)>,
    Posted { here, fields }: Posted,
) -> Answer {
    let verdict = match fields.get("verdict") {
        "accept" => Verdict::Accepted,
        "reject" => Verdict::Rejected,
        "needs-evidence" => Verdict::NeedsEvidence,
        _ => return Err(Problem::Form("verdict")),
    };
    let (Ok(child), Ok(other)) = (child.parse::<PersonId>(), other.parse::<PersonId>()) else {
        return Err(Problem::NotFound);
    };
    let reason = fields.get("reason").to_owned();
    if reason.is_empty() {
        return Err(Problem::Typed(here.lang.of("review-reason-missing")));
    }
    let relation = Relation::from_word(fields.get("relation"));
    let to = format!("/matches/{child}/{other}?done=done-decided");
    let request = DecisionRequest { child, other, relation, verdict, reason };
    app.desk(&here, move |desk| Ok(desk.decide(&request)?)).await?;
    match fields.get("then") {
        "next" => onward("/matches?done=done-decided"),
        _ => onward(&to),
    }
}

async fn undo(
    State(app): State<Arc<App>>,
    Path(sequence): Path<u64>,
    Posted { here, fields }: Posted,
) -> Answer {
    let reason = fields.get("reason").to_owned();
    if reason.is_empty() {
        return Err(Problem::Typed(here.lang.of("review-reason-missing")));
    }
    app.desk(&here, move |desk| Ok(desk.undo(sequence, &reason)?)).await?;
    onward("/matches?done=done-undone")
}
