//! The work-list: what is to be done next, the most urgent first.

use super::{Layout, Query};
use crate::answer::{Answer, page};
use crate::app::App;
use crate::door::Here;
use crate::fields::Fields;
use crate::shown::{self, Line, Pages};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use rejoin_casework::worklist::List;
use rejoin_registry::{Page, Whose, WorkFilter};
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/work", get(work))
}

/// Rows of a page.
const ROWS: usize = 50;

struct Row {
    who: Option<Line>,
    list: &'static str,
    words: String,
    file: String,
    due: String,
    since: String,
    late: bool,
    clock: String,
    assigned: String,
}

#[derive(Template)]
#[template(path = "work.html")]
struct WorkPage {
    l: Layout,
    whose: Vec<(&'static str, String, bool)>,
    lists: Vec<(&'static str, String, u64, bool)>,
    rows: Vec<Row>,
    pages: Pages,
}

/// Whose work, in the address.
const WHOSE: [(&str, &str); 4] =
    [("all", "whose-all"), ("mine", "whose-mine"), ("teams", "whose-teams"), ("nobody", "whose-nobody")];

fn filter(query: &Fields) -> WorkFilter {
    let whose = match query.get("whose") {
        "mine" => Whose::Mine,
        "teams" => Whose::MyTeams,
        "nobody" => Whose::Unassigned,
        _ => Whose::All,
    };
    let lists = List::ALL.iter().copied().filter(|list| list.word() == query.get("list")).collect();
    WorkFilter { whose, lists, page: Page { first: query.get("from").parse().unwrap_or(0), rows: ROWS } }
}

async fn work(State(app): State<Arc<App>>, here: Here, Query(query): Query) -> Answer {
    let asked = filter(&query);
    let first = asked.page.first;
    let found = app.desk(&here, move |desk| Ok(desk.work(&asked)?)).await?;
    let lang = here.lang;
    let chosen = WHOSE.iter().find(|(word, _)| *word == query.get("whose")).map_or("all", |(word, _)| word);
    let list = List::ALL.iter().map(|list| list.word()).find(|word| *word == query.get("list"));
    let rows: Vec<Row> = found
        .rows
        .iter()
        .map(|item| Row {
            who: item.who.as_ref().map(|who| Line::of(who, lang)),
            list: item.list.word(),
            words: lang.pick((&item.words.0, &item.words.1)).to_owned(),
            file: item.stream.to_string(),
            due: item.due_micros.map(shown::at).unwrap_or_default(),
            since: item.since_micros.map(shown::day).unwrap_or_default(),
            late: item.late,
            clock: item.clock.clone().unwrap_or_default(),
            assigned: item.assigned_to.join(", "),
        })
        .collect();
    let address = format!("/work?whose={chosen}&list={}&from=", list.unwrap_or_default());
    page(&WorkPage {
        l: Layout::of(&app, &here, lang.of("work-title"), "/work").after(&query),
        whose: WHOSE.iter().map(|(word, key)| (*word, lang.of(key), *word == chosen)).collect(),
        lists: found
            .by_list
            .iter()
            .map(|(one, count)| {
                (one.word(), lang.pick(one.words()).to_owned(), *count, Some(one.word()) == list)
            })
            .collect(),
        pages: Pages::new(first, rows.len(), ROWS, found.total, &address),
        rows,
    })
}
