//! Search: by a name as it was heard, by a number, by a code; never by place alone.

use super::{Layout, Query};
use crate::answer::{Answer, Problem, page, page_as};
use crate::app::App;
use crate::door::Here;
use crate::fields::Fields;
use crate::shown::{self, Line, Pages};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use rejoin_model::Sex;
use rejoin_normalize::country;
use rejoin_registry::{Error, Page, Query as Asked};
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/search", get(search))
}

const ROWS: usize = 25;

struct Hit {
    who: Line,
    score: u8,
    reasons: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    l: Layout,
    asked: Fields,
    problem: Option<String>,
    hits: Option<Vec<Hit>>,
    more: bool,
    pages: Pages,
}

fn asked(fields: &Fields) -> Asked {
    let text = |name: &str| fields.get(name).to_owned();
    Asked {
        name: text("name"),
        given: text("given"),
        surnames: text("surnames"),
        birth: shown::date(fields.get("birth")),
        age: fields.get("age").parse().ok(),
        age_within: fields.get("within").parse().unwrap_or(2),
        sex: [Sex::Female, Sex::Male].into_iter().find(|sex| sex.letter() == fields.get("sex")),
        country: country::read(fields.get("country")),
        number: text("number"),
        code: text("code"),
        place: text("place"),
    }
}

async fn search(State(app): State<Arc<App>>, here: Here, Query(query): Query) -> Answer {
    let lang = here.lang;
    let l = Layout::of(&app, &here, lang.of("search-title"), "/search");
    let nothing = query
        .0
        .iter()
        .all(|(name, value)| ["from", "within"].contains(&name.as_str()) || value.trim().is_empty());
    if nothing {
        let pages = Pages::new(0, 0, ROWS, 0, "");
        return page(&SearchPage { l, asked: query, problem: None, hits: None, more: false, pages });
    }
    let first: usize = query.get("from").parse().unwrap_or(0);
    let wanted = asked(&query);
    let found = app.desk(&here, move |desk| Ok(desk.search(&wanted, Page { first, rows: ROWS })?)).await;
    match found {
        Ok(found) => {
            let hits: Vec<Hit> = found
                .hits
                .iter()
                .map(|hit| Hit {
                    who: Line::of(&hit.who, lang),
                    score: hit.score,
                    reasons: hit
                        .reasons
                        .iter()
                        .map(|why| lang.pick(why.words()))
                        .collect::<Vec<_>>()
                        .join("; "),
                })
                .collect();
            let again: Vec<String> = query
                .0
                .iter()
                .filter(|(name, value)| name != "from" && !value.is_empty())
                .map(|(name, value)| format!("{name}={}", escaped(value)))
                .collect();
            let pages = Pages::new(
                first,
                hits.len(),
                ROWS,
                found.total,
                &format!("/search?{}&from=", again.join("&")),
            );
            page(&SearchPage { l, asked: query, problem: None, hits: Some(hits), more: found.more, pages })
        }
        Err(Problem::Registry(Error::Refused(_))) => {
            let pages = Pages::new(0, 0, ROWS, 0, "");
            let problem = Some(lang.of("search-too-little"));
            page_as(
                StatusCode::UNPROCESSABLE_ENTITY,
                &SearchPage { l, asked: query, problem, hits: None, more: false, pages },
            )
        }
        Err(problem) => Err(problem),
    }
}

/// A value as it stands in an address.
pub fn escaped(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
