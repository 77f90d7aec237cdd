//! Emergency access to a file; and for supervisors, what waits for a second person, cases that nobody has, and the review of
//! emergencies.

use super::{Layout, Query};
use crate::answer::{Answer, Problem, onward, page};
use crate::app::App;
use crate::door::Here;
use crate::fields::Posted;
use crate::pages::facts::Names;
use crate::pages::search::escaped;
use crate::shown;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use rejoin_access::{Action, Purpose};
use rejoin_casework::worklist::List;
use rejoin_registry::{Page, WorkFilter};
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/supervise", get(supervise))
        .route("/emergency", get(emergency).post(claim))
        .route("/emergencies/{id}", post(review))
}

struct Emergency {
    id: String,
    by: String,
    /// The page of whom it was about.
    of: String,
    why: String,
    from: String,
    until: String,
}

#[derive(Template)]
#[template(path = "supervise.html")]
struct SupervisePage {
    l: Layout,
    waiting: Vec<(&'static str, String, u64)>,
    emergencies: Option<Vec<Emergency>>,
}

/// Lists that wait for a decision of more than one person.
const WAITING: [List; 5] =
    [List::NeedsSignature, List::NeedsApproval, List::Conflict, List::AwaitingReceipt, List::Unassigned];

async fn supervise(State(app): State<Arc<App>>, here: Here, Query(query): Query) -> Answer {
    let lang = here.lang;
    let reviews = here.may(Action::ReviewEmergency);
    let (work, emergencies) = app
        .desk(&here, move |desk| {
            let filter = WorkFilter { page: Page { first: 0, rows: 1 }, ..WorkFilter::default() };
            let emergencies = match reviews {
                true => {
                    let open = desk.emergencies()?;
                    let names = Names::of_accounts(desk, open.iter().map(|one| one.account.as_str()))?;
                    Some((open, names))
                }
                false => None,
            };
            Ok((desk.work(&filter)?, emergencies))
        })
        .await?;
    let count =
        |list: List| work.by_list.iter().find(|(known, _)| *known == list).map_or(0, |(_, count)| *count);
    page(&SupervisePage {
        l: Layout::of(&app, &here, lang.of("supervise-title"), "/supervise").after(&query),
        waiting: WAITING
            .iter()
            .map(|list| (list.word(), lang.pick(list.words()).to_owned(), count(*list)))
            .collect(),
        emergencies: emergencies.map(|(open, names)| {
            open.iter()
                .map(|one| Emergency {
                    id: one.id.clone(),
                    by: names.of(&one.account),
                    of: format!("/person/{}", one.subject),
                    why: one.reason.clone(),
                    from: shown::at(one.from),
                    until: shown::at(one.until),
                })
                .collect()
        }),
    })
}

async fn review(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Posted { here, fields }: Posted,
) -> Answer {
    let (finding, stop) = (fields.get("finding").to_owned(), fields.has("stop"));
    app.desk(&here, move |desk| Ok(desk.review_emergency(&id, &finding, stop)?)).await?;
    onward("/supervise?done=done-recorded")
}

#[derive(Template)]
#[template(path = "emergency.html")]
struct EmergencyPage {
    l: Layout,
    id: String,
    /// Under the purpose that emergencies are for.
    ready: bool,
}

async fn emergency(State(app): State<Arc<App>>, here: Here, Query(query): Query) -> Answer {
    let l = Layout::of(&app, &here, here.lang.of("emergency-title"), "/emergency");
    let ready = here.seat.purpose == Purpose::ChildCare;
    page(&EmergencyPage { l, id: query.get("id").to_owned(), ready })
}

/// Claims emergency access; the file is opened, and somebody else reviews it.
async fn claim(State(app): State<Arc<App>>, Posted { here, fields }: Posted) -> Answer {
    let (id, why) = (fields.get("id").to_owned(), fields.get("reason").to_owned());
    if why.is_empty() {
        return Err(Problem::Typed(here.lang.of("emergency-why")));
    }
    let minutes = fields.get("minutes").parse::<u32>().ok().filter(|minutes| (1..=1440).contains(minutes));
    let minutes = minutes.ok_or_else(|| Problem::Typed(here.lang.of("emergency-bad-minutes")))?;
    let to = format!("/person/{}?done=done-emergency", escaped(&id));
    app.desk(&here, move |desk| Ok(desk.break_glass(&id, &why, minutes)?)).await?;
    onward(&to)
}
