//! For data managers: a list is sent, looked at with a proposed mapping, corrected, imported; records are linked and
//! families proposed, in the background.

use super::{Layout, Query};
use crate::answer::{Answer, Problem, onward, page};
use crate::app::App;
use crate::door::Here;
use crate::fields::{Posted, Sent};
use crate::jobs::Work;
use crate::shown;
use crate::uploads::LARGEST;
use crate::words::Lang;
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use rejoin_access::Action;
use rejoin_ingest::{Interpreter, Mapping, Table, mapping, table};
use rejoin_model::Origin;
use rejoin_registry::{Case, ChangedCell, Desk, Error, Extent, ImportRequest};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/lists", get(lists))
        .route("/lists/new", post(send).layer(DefaultBodyLimit::max(LARGEST + 64 * 1024)))
        .route("/lists/new/{number}", get(look).post(import))
        .route("/lists/link", post(link))
        .route("/lists/families", post(families))
        .route("/jobs/{id}", get(job))
        .route("/jobs/{id}/progress", get(progress))
        .route("/jobs/{id}/stop", post(stop))
}

struct Delivery {
    sequence: u64,
    at: String,
    by: String,
    list: String,
    name: String,
    counts: [u64; 4],
}

struct JobRow {
    id: u64,
    title: String,
    about: String,
    began: String,
    how: String,
}

#[derive(Template)]
#[template(path = "lists.html")]
struct ListsPage {
    l: Layout,
    deliveries: Option<Vec<Delivery>>,
    jobs: Vec<JobRow>,
    may_link: bool,
    largest: usize,
}

fn how(state: &crate::jobs::State, lang: Lang) -> String {
    match &state.ended {
        None => lang.of("job-runs"),
        Some(Ok(_)) => lang.of("job-done"),
        Some(Err(why)) if why.is_empty() => lang.of("job-stopped"),
        Some(Err(_)) => lang.of("job-failed"),
    }
}

async fn lists(State(app): State<Arc<App>>, here: Here, Query(query): Query) -> Answer {
    let lang = here.lang;
    let deliveries = match here.may(Action::ReadAudit) {
        false => None,
        true => {
            let all = app.desk(&here, |desk| Ok(desk.deliveries()?)).await?;
            let row = |one: &rejoin_registry::Delivery| Delivery {
                sequence: one.sequence,
                at: shown::at(one.at_micros),
                by: one.actor.clone(),
                list: one.list.clone(),
                name: one.name.clone(),
                counts: [one.rows, one.added, one.changed, one.gone],
            };
            Some(all.iter().rev().take(100).map(row).collect())
        }
    };
    let jobs = app.jobs.all_of(&here.entered.account.id);
    page(&ListsPage {
        l: Layout::of(&app, &here, lang.of("lists-title"), "/lists").after(&query),
        deliveries,
        jobs: jobs
            .iter()
            .map(|job| JobRow {
                id: job.id,
                title: lang.of(job.title),
                about: job.about.clone(),
                began: shown::at(job.began),
                how: how(&job.state(), lang),
            })
            .collect(),
        may_link: here.may(Action::Link),
        largest: LARGEST / 1024 / 1024,
    })
}

/// Takes a file.
async fn send(State(app): State<Arc<App>>, here: Here, parts: Multipart) -> Answer {
    if !here.may(Action::Import) {
        app.desk(&here, |desk| Ok(desk.may(Action::Import, None).map(|_| ())?)).await?;
    }
    let Sent { here, name, bytes, .. } = Sent::read(here, parts).await?;
    let number = app.uploads.keep(&here.entered.account.id, &name, bytes, app.now())?;
    onward(&format!("/lists/new/{number}"))
}

/// A column and what it is taken for.
struct Column {
    name: String,
    field: String,
    because: String,
    samples: Vec<String>,
}

struct Understood {
    row: u32,
    values: Vec<(String, String)>,
    findings: Vec<String>,
}

/// What importing the file would change in its list.
struct Beside {
    first: bool,
    counts: Vec<(String, u64)>,
    gone: u64,
    links_gone: u64,
    most_gone: bool,
    /// The first of them.
    changes: Vec<ChangedCell>,
    /// How many more there are.
    more: usize,
}

#[derive(Template)]
#[template(path = "look.html")]
struct LookPage {
    l: Layout,
    number: u64,
    name: String,
    format: String,
    rows: usize,
    columns: Vec<Column>,
    mapping: String,
    problem: Option<String>,
    understood: Vec<Understood>,
    findings: Vec<(String, usize)>,
    beside: Option<Beside>,
    /// Rows would be gone: it must be said whether the file is the whole list.
    asks_extent: bool,
}

/// The file beside the last delivery of its list; or in words why the two cannot be compared.
fn beside(
    desk: &Desk<'_>,
    request: &ImportRequest<'_>,
    (table, mapping): (&Table, &Mapping),
    lang: Lang,
) -> Result<Result<Beside, String>, Problem> {
    let compared = match desk.compare(request, table, mapping) {
        Ok(compared) => compared,
        Err(error @ Error::Denied(_)) => return Ok(Err(Problem::from(error).told(lang).0)),
        Err(error @ (Error::Mapping { .. } | Error::KeyChanged { .. } | Error::KindChanged { .. })) => {
            return Ok(Err(error.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    let report = &compared.report;
    let counts = [
        ("job-added", report.added),
        ("job-changed", report.changed),
        ("job-gone", report.gone),
        ("job-same", report.unchanged),
    ];
    Ok(Ok(Beside {
        first: compared.first,
        gone: report.gone,
        counts: counts.into_iter().map(|(key, count)| (lang.of(key), count)).collect(),
        links_gone: compared.links_gone,
        most_gone: compared.most_gone,
        changes: compared.changes,
        more: compared.more,
    }))
}

fn looked_at(
    desk: &Desk<'_>,
    number: u64,
    upload: &crate::uploads::Upload,
    mapping: Option<&str>,
    l: Layout,
) -> Result<LookPage, Problem> {
    let lang = l.t;
    let mut problem = None;
    let given = match mapping.map(Mapping::parse) {
        Some(Ok(mapping)) => Some(mapping),
        Some(Err(error)) => {
            problem = Some(error.to_string());
            None
        }
        None => None,
    };
    let request =
        ImportRequest { name: &upload.name, bytes: &upload.bytes, mapping: given, extent: Extent::Presumed };
    let (table, proposal) = Case::preview(&request)?;
    let narrowed = proposal.narrowed();
    let columns = proposal.guesses.iter().map(|guess| {
        let at = table.columns.iter().position(|column| *column == guess.column);
        let samples =
            table.rows.iter().take(3).filter_map(|row| row.cells.get(at?)).filter(|cell| !cell.is_empty());
        Column {
            name: guess.column.clone(),
            field: guess.field.map_or_else(|| lang.of("lists-not-read"), |field| shown::field(field, lang)),
            because: match lang {
                Lang::En => guess.because.clone(),
                Lang::Es => mapping::in_spanish(&guess.because).unwrap_or_else(|| guess.because.clone()),
            },
            samples: samples.cloned().collect(),
        }
    });
    let columns: Vec<Column> = columns.collect();
    let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    let mut understood = Vec::new();
    match Interpreter::new(&narrowed, &table.columns) {
        Ok(interpreter) => {
            for (at, row) in table.rows.iter().enumerate().take(1000) {
                let id = interpreter.id(&row.cells, 0);
                let origin = Origin { file: [0; 32], row: row.number };
                let (record, findings) = interpreter.record(id, origin, &row.cells);
                for finding in &findings {
                    *counts.entry(finding.code.word().to_owned()).or_default() += 1;
                }
                if at < 5 {
                    understood.push(Understood {
                        row: row.number,
                        values: record
                            .values
                            .iter()
                            .map(|(field, value)| (shown::field(*field, lang), shown::value(value, lang)))
                            .collect(),
                        findings: findings
                            .iter()
                            .map(|one| format!("{}: “{}” {}", one.code.word(), one.said, one.understood))
                            .collect(),
                    });
                }
            }
        }
        Err(error) => problem = problem.or(Some(error.to_string())),
    }
    let beside = match problem {
        Some(_) => None,
        None => match beside(desk, &request, (&table, &proposal.mapping), lang)? {
            Ok(beside) => Some(beside),
            Err(why) => {
                problem = Some(why);
                None
            }
        },
    };
    Ok(LookPage {
        l,
        number,
        name: upload.name.clone(),
        format: match lang {
            Lang::En => table.format.clone(),
            Lang::Es => table::in_spanish(&table.format),
        },
        rows: table.rows.len(),
        columns,
        mapping: mapping.map_or_else(|| narrowed.to_toml(), str::to_owned),
        problem,
        understood,
        findings: counts.into_iter().collect(),
        asks_extent: beside.as_ref().is_some_and(|beside| beside.gone > 0),
        beside,
    })
}

async fn look(State(app): State<Arc<App>>, here: Here, Path(number): Path<u64>) -> Answer {
    let upload = app.uploads.of(number, &here.entered.account.id).ok_or(Problem::NotFound)?;
    let l = Layout::of(&app, &here, here.lang.of("look-title"), "/lists");
    let looked = app.desk(&here, move |desk| looked_at(desk, number, &upload, None, l)).await?;
    page(&looked)
}

/// Looks again with another mapping, or imports by it.
async fn import(
    State(app): State<Arc<App>>,
    Path(number): Path<u64>,
    Posted { here, fields }: Posted,
) -> Answer {
    let owner = here.entered.account.id.clone();
    let upload = app.uploads.of(number, &owner).ok_or(Problem::NotFound)?;
    let text = fields.get("mapping").to_owned();
    if fields.get("then") != "import" {
        let l = Layout::of(&app, &here, here.lang.of("look-title"), "/lists");
        let looked = app.desk(&here, move |desk| looked_at(desk, number, &upload, Some(&text), l)).await?;
        return page(&looked);
    }
    let mapping = Mapping::parse(&text).map_err(|error| Problem::Typed(error.to_string()))?;
    let extent = match fields.get("extent") {
        "part" => Extent::Part,
        "whole" => Extent::Whole,
        _ => Extent::Presumed,
    };
    let seat = here.seat.clone();
    let about = upload.name.clone();
    let work: Work = Box::new(move |case, tell| {
        let request =
            ImportRequest { name: &upload.name, bytes: &upload.bytes, mapping: Some(mapping), extent };
        let report = case.desk(seat)?.import(&request, tell)?;
        case.warm()?;
        let counts = [
            ("job-rows", report.rows),
            ("job-added", report.added),
            ("job-changed", report.changed),
            ("job-gone", report.gone),
            ("job-same", report.unchanged),
        ];
        let mut came: Vec<(String, String)> =
            counts.into_iter().map(|(key, count)| (key.to_owned(), count.to_string())).collect();
        came.extend(report.findings.iter().map(|(code, count)| ((*code).to_owned(), count.to_string())));
        Ok(came)
    });
    app.uploads.forget(number);
    begin(&app, &here, ("job-import", about), work).await
}

async fn begin(app: &Arc<App>, here: &Here, what: (&'static str, String), work: Work) -> Answer {
    let case = app.with(|case| Ok(case.another()?)).await?;
    let owner = (here.entered.account.id.clone(), here.seat.at_micros);
    let id = app.jobs.begin(case, what, owner, work)?;
    onward(&format!("/jobs/{id}"))
}

async fn link(State(app): State<Arc<App>>, Posted { here, .. }: Posted) -> Answer {
    let seat = here.seat.clone();
    let work: Work = Box::new(move |case, tell| {
        let report = case.desk(seat)?.link(tell)?;
        case.warm()?;
        Ok([
            ("job-records", report.records),
            ("job-people", report.people),
            ("job-compared", report.compared),
        ]
        .into_iter()
        .map(|(key, count)| (key.to_owned(), count.to_string()))
        .collect())
    });
    begin(&app, &here, ("job-link", String::new()), work).await
}

async fn families(State(app): State<Arc<App>>, Posted { here, .. }: Posted) -> Answer {
    let seat = here.seat.clone();
    let work: Work = Box::new(move |case, tell| {
        let report = case.desk(seat)?.families(tell)?;
        case.warm()?;
        Ok([
            ("job-children", report.children),
            ("job-scored", report.scored),
            ("job-with", report.children_with),
        ]
        .into_iter()
        .map(|(key, count)| (key.to_owned(), count.to_string()))
        .collect())
    });
    begin(&app, &here, ("job-families", String::new()), work).await
}

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    l: Layout,
    /// The page it was begun on: address and title.
    back: (&'static str, String),
    id: u64,
    about: String,
    what: String,
    runs: bool,
    how: String,
    why: String,
    /// What came of it, in a sentence.
    said: Option<String>,
    came: Vec<(String, String)>,
}

fn found(app: &App, here: &Here, id: u64) -> Result<Arc<crate::jobs::Job>, Problem> {
    app.jobs.of(id, &here.entered.account.id).ok_or(Problem::NotFound)
}

async fn job(State(app): State<Arc<App>>, here: Here, Path(id): Path<u64>) -> Answer {
    let job = found(&app, &here, id)?;
    let (state, lang) = (job.state(), here.lang);
    let name = |key: &str| if key.starts_with("job-") { lang.of(key) } else { key.to_owned() };
    let verifies = job.title == "job-verify";
    let back = match verifies {
        true => ("/ledger", lang.of("ledger-title")),
        false => ("/lists", lang.of("lists-title")),
    };
    let events = match &state.ended {
        Some(Ok(came)) if verifies => came.iter().find(|(key, _)| key == "job-events"),
        _ => None,
    };
    let events = events.and_then(|(_, count)| count.parse::<u64>().ok());
    page(&JobPage {
        l: Layout::of(&app, &here, lang.of(job.title), back.0),
        back,
        said: events.map(|count| lang.with("job-verified", "count", count)),
        id,
        about: job.about.clone(),
        how: how(&state, lang),
        runs: state.ended.is_none(),
        why: state.ended.clone().and_then(Result::err).unwrap_or_default(),
        came: match &state.ended {
            Some(Ok(came)) => came.iter().map(|(key, value)| (name(key), value.clone())).collect(),
            _ => Vec::new(),
        },
        what: state.what,
    })
}

async fn progress(State(app): State<Arc<App>>, here: Here, Path(id): Path<u64>) -> Answer {
    let job = found(&app, &here, id)?;
    let told = |job: &crate::jobs::Job| {
        let state = job.state();
        let told = json!({"words": state.what, "done": state.done, "total": state.total, "ended": state.ended.is_some()});
        Event::default().data(told.to_string())
    };
    // A stream of the job's state, twice a second, until it has ended.
    let stream = futures_util::stream::unfold((job, false), move |(job, over)| async move {
        if over {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let over = job.state().ended.is_some();
        Some((Ok::<_, Infallible>(told(&job)), (job, over)))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
}

async fn stop(State(app): State<Arc<App>>, Path(id): Path<u64>, Posted { here, .. }: Posted) -> Answer {
    found(&app, &here, id)?.stop();
    onward(&format!("/jobs/{id}"))
}
