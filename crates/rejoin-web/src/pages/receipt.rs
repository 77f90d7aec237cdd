//! For a family or its lawyer with a card: that the registry has the record, whom to call, and a way to say how they can
//! be reached. No account, and no oracle: what the card does not say is not said here.

use super::{Layout, Query};
use crate::answer::{Answer, Problem, onward, page, page_as};
use crate::app::App;
use crate::door::Visitor;
use crate::fields::Form;
use crate::shown;
use crate::words::Lang;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use rejoin_registry::{CardStanding, Error};
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/receipt", get(ask).post(look))
        .route("/receipt/message", axum::routing::post(message))
}

struct Found {
    code: String,
    on: String,
    organisation: String,
    phone: String,
    email: String,
    messages: u64,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage {
    l: Layout,
    code: String,
    problem: Option<String>,
    found: Option<Found>,
}

fn found(code: &str, standing: CardStanding) -> Found {
    let contact = standing.contact;
    Found {
        code: code.to_owned(),
        on: shown::day(standing.at_micros),
        organisation: contact.organisation.unwrap_or_default(),
        phone: contact.phone.unwrap_or_default(),
        email: contact.email.unwrap_or_default(),
        messages: standing.messages,
    }
}

async fn ask(State(app): State<Arc<App>>, visitor: Visitor, Query(query): Query) -> Answer {
    let l = Layout::of_visitor(&app, visitor.lang, visitor.lang.of("receipt-title")).after(&query);
    page(&ReceiptPage { l, code: String::new(), problem: None, found: None })
}

/// The page again, with what is wrong.
fn again(app: &App, lang: Lang, code: String, problem: String, status: StatusCode) -> Answer {
    let l = Layout::of_visitor(app, lang, lang.of("receipt-title"));
    page_as(status, &ReceiptPage { l, code, problem: Some(problem), found: None })
}

async fn look(State(app): State<Arc<App>>, visitor: Visitor, Form(fields): Form) -> Answer {
    let (now, lang, code) = (app.now(), visitor.lang, fields.get("code").to_owned());
    let typed = code.clone();
    let standing = app.with(move |case| Ok(case.card_standing(&typed, &visitor.address, now)?)).await;
    match standing {
        Ok(Some(standing)) => {
            let l = Layout::of_visitor(&app, lang, lang.of("receipt-title"));
            let found = Some(found(&code, standing));
            page(&ReceiptPage { l, code, problem: None, found })
        }
        Ok(None) => again(&app, lang, code, lang.of("receipt-none"), StatusCode::NOT_FOUND),
        Err(Problem::Registry(Error::Code(_))) => {
            again(&app, lang, code, lang.of("receipt-misread"), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(problem) => Err(problem),
    }
}

async fn message(State(app): State<Arc<App>>, visitor: Visitor, Form(fields): Form) -> Answer {
    let (now, lang, code) = (app.now(), visitor.lang, fields.get("code").to_owned());
    let typed = code.clone();
    let (reach, words) = (fields.get("reach").to_owned(), fields.get("words").to_owned());
    let left =
        app.with(move |case| Ok(case.leave_message(&typed, &visitor.address, &reach, &words, now)?)).await;
    match left {
        Ok(true) => onward("/receipt?done=done-message"),
        Ok(false) => again(&app, lang, code, lang.of("receipt-none"), StatusCode::NOT_FOUND),
        Err(Problem::Registry(Error::Refused(_))) => {
            again(&app, lang, code, lang.of("receipt-say-how"), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(problem) => Err(problem),
    }
}
