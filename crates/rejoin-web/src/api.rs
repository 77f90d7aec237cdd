//! The same results for programs: JSON, with tokens. One table says what there is; the description that programs read
//! (`/api/v1/openapi.json`) is made of it, and tests walk the server by it.

mod described;

use crate::answer::{Answer, Problem};
use crate::app::App;
use crate::door::address;
use crate::pages::{Query, told_json};
use crate::shown;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use rejoin_access::Purpose;
use rejoin_casework::Fact;
use rejoin_casework::worklist::List;
use rejoin_inquiry::{MEASURES, Parameters, named};
use rejoin_linkage::weight;
use rejoin_model::{FamilyCandidate, Moment, PersonId, Relation, Sex, Verdict};
use rejoin_normalize::country;
use rejoin_registry::{
    DecidedAs, DecisionRequest, Given, Page, PersonFile, PersonLine, Query as Asked, QueueFilter, Seat,
    TokenDenied, Whose, WorkFilter,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/openapi.json", get(openapi))
        .route("/api/v1/work", get(work))
        .route("/api/v1/search", get(search))
        .route("/api/v1/people/{id}", get(person))
        .route("/api/v1/people/{id}/facts", post(record))
        .route("/api/v1/matches", get(matches))
        .route("/api/v1/matches/{child}/{other}/decisions", post(decide))
        .route("/api/v1/measures", get(measures))
        .route("/api/v1/measures/{name}", get(measure))
        .route("/api/v1/ledger", get(ledger))
}

/// A program that is here.
struct Program {
    seat: Seat,
}

impl FromRequestParts<Arc<App>> for Program {
    type Rejection = Problem;

    /// The token is in the header `authorization: Bearer …`; for what it looks is in `rejoin-purpose`.
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let text = |name: header::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let token = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let token = token.ok_or(Problem::SignIn)?.to_owned();
        let said = parts.headers.get("rejoin-purpose").and_then(|value| value.to_str().ok());
        let purpose =
            Purpose::from_word(said.unwrap_or("statistics")).ok_or(Problem::Form("rejoin-purpose"))?;
        let (address, now) = (address(parts, app), app.now());
        let entered =
            app.with(move |case| Ok(case.by_token(&token, &address, purpose.word(), None, now)?)).await?;
        match entered {
            Ok(mut entered) => {
                entered.actor.teams.insert(entered.account.organisation.clone());
                Ok(Self { seat: Seat { actor: entered.actor, purpose, at_micros: now } })
            }
            Err(TokenDenied::TryLater(_)) => Err(Problem::TooOften),
            Err(TokenDenied::Refused(_)) => Err(Problem::SignIn),
        }
    }
}

impl Program {
    async fn desk<T: Send + 'static>(
        self,
        app: &App,
        work: impl FnOnce(&rejoin_registry::Desk<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        app.with(move |case| work(&case.desk(self.seat)?)).await
    }
}

/// A body of JSON: an object.
struct Body(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let body = to_bytes(request.into_body(), crate::fields::MOST).await.map_err(|_| Problem::TooLarge)?;
        match serde_json::from_slice(&body) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            _ => Err(Problem::Form("a JSON object is expected")),
        }
    }
}

impl Body {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    fn needed(&self, name: &'static str) -> Result<&str, Problem> {
        self.text(name).filter(|text| !text.trim().is_empty()).ok_or(Problem::Form(name))
    }

    fn given(&self, account: &str) -> Given {
        Given {
            expected: self.0.get("expected").and_then(Value::as_u64),
            key: self.text("key").map(|key| format!("{account}:{key}")),
        }
    }
}

async fn openapi(State(app): State<Arc<App>>) -> Answer {
    Ok(Json(described::document(app.origin())).into_response())
}

fn page_of(query: &crate::fields::Fields) -> Page {
    let number = |name: &str| query.get(name).parse().ok();
    Page { first: number("from").unwrap_or(0), rows: number("rows").unwrap_or(50).min(200) }
}

fn line(line: &PersonLine) -> Value {
    json!({
        "person": line.person.to_string(),
        "record": line.record.to_string(),
        "name": line.name,
        "age": line.age,
        "birth_date": line.birth.map(|birth| birth.to_string()),
        "sex": line.sex.map(Sex::letter),
        "country": line.country.map(|country| country.to_string()),
        "number": line.number,
        "custodian": line.custodian,
        "place": line.place,
        "subject": line.subject.word(),
        "under_five": line.tender,
    })
}

async fn work(State(app): State<Arc<App>>, program: Program, Query(query): Query) -> Answer {
    let whose = match query.get("whose") {
        "mine" => Whose::Mine,
        "teams" => Whose::MyTeams,
        "nobody" => Whose::Unassigned,
        "" | "all" => Whose::All,
        _ => return Err(Problem::Form("whose")),
    };
    let lists = List::ALL.iter().copied().filter(|list| list.word() == query.get("list")).collect();
    let filter = WorkFilter { whose, lists, page: page_of(&query) };
    let found = program.desk(&app, move |desk| Ok(desk.work(&filter)?)).await?;
    let rows: Vec<Value> = found
        .rows
        .iter()
        .map(|item| {
            json!({
                "list": item.list.word(),
                "words": item.words.0,
                "file": item.stream.to_string(),
                "clock": item.clock,
                "due": item.due_micros.map(shown::at),
                "since": item.since_micros.map(shown::at),
                "late": item.late,
                "assigned_to": item.assigned_to,
                "who": item.who.as_ref().map(|who| line(who)),
            })
        })
        .collect();
    Ok(Json(json!({"total": found.total, "rows": rows})).into_response())
}

fn day(said: &str, name: &'static str) -> Result<Option<Moment>, Problem> {
    match said {
        "" => Ok(None),
        said => shown::date(said).map(Some).ok_or(Problem::Form(name)),
    }
}

async fn search(State(app): State<Arc<App>>, program: Program, Query(query): Query) -> Answer {
    let text = |name: &str| query.get(name).to_owned();
    let asked = Asked {
        name: text("name"),
        given: text("given"),
        surnames: text("surnames"),
        birth: day(query.get("birth_date"), "birth_date")?,
        age: query.get("age").parse().ok(),
        age_within: query.get("within").parse().unwrap_or(2),
        sex: [Sex::Female, Sex::Male].into_iter().find(|sex| sex.letter() == query.get("sex")),
        country: country::read(query.get("country")),
        number: text("number"),
        code: text("code"),
        place: text("place"),
    };
    let page = page_of(&query);
    let found = program.desk(&app, move |desk| Ok(desk.search(&asked, page)?)).await?;
    let hits: Vec<Value> = found
        .hits
        .iter()
        .map(|hit| {
            let reasons: Vec<&str> = hit.reasons.iter().map(|reason| reason.word()).collect();
            json!({"who": line(&hit.who), "score": hit.score, "reasons": reasons})
        })
        .collect();
    Ok(Json(json!({"total": found.total, "more": found.more, "hits": hits})).into_response())
}

fn candidate(one: &FamilyCandidate) -> Value {
    json!({
        "child": one.child.to_string(),
        "other": one.other.to_string(),
        "relation": one.relation.word(),
        "probability": one.probability,
        "none_of_these": if one.none.is_finite() { json!(one.none) } else { Value::Null },
        "contested": one.contested,
        "evidence": one.evidence.iter().map(|step| json!({
            "kind": step.kind, "words": step.words, "bits": weight::bits(step.weight),
        })).collect::<Vec<_>>(),
    })
}

fn file(file: &PersonFile) -> Value {
    let records: Vec<Value> = file
        .records
        .iter()
        .map(|record| {
            let values: Vec<Value> = record
                .values
                .iter()
                .map(|(field, value)| {
                    json!({"field": field.word(), "value": shown::value(value, crate::words::Lang::En)})
                })
                .collect();
            json!({"record": record.id.to_string(), "list": record.list, "row": record.origin.row, "withdrawn": record.withdrawn, "values": values})
        })
        .collect();
    let casework = file.casework.as_ref().map(|file| {
        let entries: Vec<Value> = file
            .entries
            .iter()
            .map(|entry| {
                let fields: Map<String, Value> =
                    entry.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
                json!({"event": entry.sequence, "at": shown::at(entry.at_micros), "by": entry.actor, "kind": entry.kind, "fields": fields})
            })
            .collect();
        json!({"file": file.stream.to_string(), "version": file.version, "status": file.status, "entries": entries})
    });
    json!({
        "person": file.person.to_string(),
        "records": records,
        "candidates": file.candidates.iter().map(|one| candidate(one)).collect::<Vec<_>>(),
        "casework": casework,
        "emergencies": file.emergencies,
    })
}

async fn person(State(app): State<Arc<App>>, program: Program, Path(id): Path<String>) -> Answer {
    let found = program.desk(&app, move |desk| desk.person(&id)?.ok_or(Problem::NotFound)).await?;
    Ok(Json(file(&found)).into_response())
}

/// A fact: `kind`, and its `fields` as texts, as `rejoin casework kinds` lists them.
async fn record(State(app): State<Arc<App>>, program: Program, Path(id): Path<String>, body: Body) -> Answer {
    let fields = match body.0.get("fields") {
        Some(Value::Object(fields)) => fields.clone(),
        _ => return Err(Problem::Form("fields")),
    };
    let of = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
    let fact = Fact::from_parts(body.needed("kind")?, &of).ok_or(Problem::Form("fields"))?;
    let given = body.given(&program.seat.actor.account);
    let done = program.desk(&app, move |desk| Ok(desk.command(&id, &[fact], &given)?)).await?;
    let answer = json!({"first": done.first, "last": done.last, "before": done.before});
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

async fn matches(State(app): State<Arc<App>>, program: Program, Query(query): Query) -> Answer {
    let decided = match query.get("state") {
        "" | "open" => DecidedAs::Open,
        "needs-evidence" => DecidedAs::As(Verdict::NeedsEvidence),
        "accepted" => DecidedAs::As(Verdict::Accepted),
        "rejected" => DecidedAs::As(Verdict::Rejected),
        "all" => DecidedAs::Any,
        _ => return Err(Problem::Form("state")),
    };
    let filter = QueueFilter { decided, page: page_of(&query), ..QueueFilter::default() };
    let found = program.desk(&app, move |desk| Ok(desk.candidate_queue(&filter)?)).await?;
    let rows: Vec<Value> = found
        .rows
        .iter()
        .map(|row| {
            json!({
                "candidate": candidate(&row.candidate),
                "child": line(&row.child),
                "other": line(&row.other),
                "verdict": row.verdict.map(Verdict::word),
            })
        })
        .collect();
    Ok(Json(json!({"total": found.total, "rows": rows})).into_response())
}

async fn decide(
    State(app): State<Arc<App>>,
    program: Program,
    Path((child, other)): Path<(String, String)>,
    body: Body,
) -> Answer {
    let (Ok(child), Ok(other)) = (child.parse::<PersonId>(), other.parse::<PersonId>()) else {
        return Err(Problem::NotFound);
    };
    let verdict = match body.needed("verdict")? {
        "accepted" => Verdict::Accepted,
        "rejected" => Verdict::Rejected,
        "needs-evidence" => Verdict::NeedsEvidence,
        _ => return Err(Problem::Form("verdict")),
    };
    let relation = match body.text("relation") {
        None => None,
        Some(word) => Some(Relation::from_word(word).ok_or(Problem::Form("relation"))?),
    };
    let request =
        DecisionRequest { child, other, relation, verdict, reason: body.needed("reason")?.to_owned() };
    let event = program.desk(&app, move |desk| Ok(desk.decide(&request)?)).await?;
    Ok((StatusCode::CREATED, Json(json!({"event": event}))).into_response())
}

async fn measures(_: Program) -> Answer {
    let all: Vec<Value> = MEASURES
        .iter()
        .map(|one| json!({"name": one.name, "version": one.version, "definition": one.definition.0, "takes": one.takes, "needs": one.needs}))
        .collect();
    Ok(Json(json!({"measures": all})).into_response())
}

async fn measure(
    State(app): State<Arc<App>>,
    program: Program,
    Path(name): Path<String>,
    Query(query): Query,
) -> Answer {
    let measure = named(&name).ok_or(Problem::NotFound)?;
    let only = query.all("where").map(|one| one.split_once('=').ok_or(Problem::Form("where")));
    let only = only.collect::<Result<Vec<_>, _>>()?;
    let asked = Parameters {
        on: day(query.get("on"), "on")?,
        from: day(query.get("from"), "from")?,
        to: day(query.get("to"), "to")?,
        id: query.some("id").map(str::to_owned),
        by: query
            .all("by")
            .flat_map(|by| by.split(','))
            .filter(|by| !by.is_empty())
            .map(str::to_owned)
            .collect(),
        only: only.into_iter().map(|(group, value)| (group.to_owned(), value.to_owned())).collect(),
    };
    let told = program.desk(&app, move |desk| Ok(desk.ask(measure, &asked)?)).await?;
    Ok(Json(told_json(&told)).into_response())
}

async fn ledger(State(app): State<Arc<App>>, program: Program) -> Answer {
    let seat = program.seat;
    let (checkpoint, key, notes) = app
        .with(move |case| {
            case.desk(seat)?.may(rejoin_access::Action::ReadAudit, None)?;
            Ok((case.checkpoint()?, case.vkey()?, case.notes()?))
        })
        .await?;
    let last = notes.last();
    Ok(Json(
        json!({"events": checkpoint.size, "checkpoint": checkpoint.to_string(), "key": key, "signed": last}),
    )
    .into_response())
}
