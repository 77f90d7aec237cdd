//! Whom a figure counted, as far as the reader may see them: from a number to the files behind it. For statistics nobody is
//! shown.

use super::{Layout, Query};
use crate::answer::{Answer, Problem, page};
use crate::app::App;
use crate::door::Here;
use crate::pages::figures::parameters;
use crate::shown::{self, Line};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use rejoin_inquiry::named;
use std::sync::Arc;

/// Its address.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/figures/{name}/people", get(people))
}

/// As many records are looked up: each person shown is a reading.
const MOST: usize = 300;

#[derive(Template)]
#[template(path = "counted.html")]
struct CountedPage {
    l: Layout,
    back: String,
    rows: Vec<Line>,
    /// Not everybody is on the page.
    more: bool,
}

async fn people(
    State(app): State<Arc<App>>,
    here: Here,
    Path(name): Path<String>,
    Query(query): Query,
) -> Answer {
    let measure = named(&name).ok_or(Problem::NotFound)?;
    let lang = here.lang;
    let asked = parameters(&query, lang)?;
    let (lines, more) = app
        .desk(&here, move |desk| {
            // Figures that are suppressed name nobody.
            let records = desk.ask(measure, &asked)?.answer.records;
            let first = records.get(..MOST).unwrap_or(&records);
            Ok((desk.counted_lines(first)?, records.len() > MOST))
        })
        .await?;
    page(&CountedPage {
        l: Layout::of(&app, &here, lang.of("counted-title"), "/figures"),
        back: shown::coded("measure", measure.name, lang),
        rows: lines.iter().map(|line| Line::of(line, lang)).collect(),
        more,
    })
}
