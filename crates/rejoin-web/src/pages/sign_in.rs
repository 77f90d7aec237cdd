//! The door: sign-in with a password, a code or a passkey; invitations; and one's own account.

use super::{Layout, Query};
use crate::answer::{Answer, Problem, onward, page, page_as};
use crate::app::App;
use crate::door::{Arrived, Here, Visitor, confirm, cookie, cookie_name, cookie_of};
use crate::fields::{Form, Posted};
use crate::shown;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rejoin_accounts::{Password, Proof, Wanted};
use rejoin_registry::{Entered, SignIn, Stamp};
use serde_json::json;
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in", get(ask).post(sign_in))
        .route("/sign-in/passkey", post(passkey_asked))
        .route("/sign-in/passkey/proof", post(passkey_shown))
        .route("/sign-out", post(sign_out))
        .route("/invitation", get(invitation).post(accept))
        .route("/account", get(account))
        .route("/account/password", post(password))
        .route("/account/second-proof", get(second_proof).post(new_key))
        .route("/account/second-proof/code", post(first_code))
        .route("/account/passkey", post(new_passkey))
        .route("/account/passkey/made", post(passkey_made))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    l: Layout,
    name: String,
    problem: Option<String>,
    code: bool,
    demo: bool,
}

async fn ask(State(app): State<Arc<App>>, visitor: Visitor, Query(query): Query) -> Answer {
    let l = Layout::of_visitor(&app, visitor.lang, visitor.lang.of("sign-in-title")).after(&query);
    page(&SignInPage { l, name: String::new(), problem: None, code: false, demo: app.demo })
}

/// In: the session's cookie, in place of whatever was there before.
fn enter(app: &App, token: &str, to: &str) -> Response {
    let cookie = cookie(app, cookie_name(app), Some(token), 1);
    ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
}

async fn sign_in(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(fields): Form,
) -> Answer {
    let now = app.now();
    let before = cookie_of(&headers, cookie_name(&app)).map(str::to_owned);
    let name = fields.get("name").to_owned();
    let code = fields.some("code").map(str::to_owned);
    let (typed, address) = (name.clone(), visitor.address.clone());
    let secret = Password::new(fields.get("password"));
    let outcome = app
        .with(move |case| {
            let proof = Proof::Password { password: &secret, code: code.as_deref() };
            let outcome = case.sign_in(&typed, &address, proof, now)?;
            // Whoever was signed in at this browser is no longer.
            if let (Some(before), SignIn::SignedIn { .. } | SignIn::EnrolFirst { .. }) = (before, &outcome) {
                case.sign_out(&before)?;
            }
            Ok(outcome)
        })
        .await?;
    let words = outcome.words(visitor.lang.account()).to_owned();
    match outcome {
        SignIn::SignedIn { session, .. } => Ok(enter(&app, session.reveal(), "/")),
        SignIn::EnrolFirst { session, .. } => Ok(enter(&app, session.reveal(), "/account/second-proof")),
        SignIn::MoreNeeded { wanted, .. } => {
            let l = Layout::of_visitor(&app, visitor.lang, visitor.lang.of("sign-in-title"));
            let code = wanted == Wanted::Code;
            page_as(
                StatusCode::UNAUTHORIZED,
                &SignInPage { l, name, problem: Some(words), code, demo: false },
            )
        }
        SignIn::Refused | SignIn::TryLater(_) => {
            let status = match outcome {
                SignIn::Refused => StatusCode::UNAUTHORIZED,
                _ => StatusCode::TOO_MANY_REQUESTS,
            };
            let l = Layout::of_visitor(&app, visitor.lang, visitor.lang.of("sign-in-title"));
            let code = fields.has("code");
            page_as(status, &SignInPage { l, name, problem: Some(words), code, demo: app.demo })
        }
    }
}

/// Options for a passkey of whoever is at the browser.
async fn passkey_asked(State(app): State<Arc<App>>, _: Form) -> Answer {
    let now = app.now();
    let held = Arc::clone(&app);
    let (options, ceremony) =
        app.with(move |case| Ok(case.start_passkey_proof(&held.party, None, now)?)).await?;
    Ok(Json(json!({"options": options, "ceremony": ceremony})).into_response())
}

async fn passkey_shown(State(app): State<Arc<App>>, visitor: Visitor, Form(fields): Form) -> Answer {
    let now = app.now();
    let held = Arc::clone(&app);
    let (ceremony, response) = (fields.get("ceremony").to_owned(), fields.get("response").to_owned());
    let address = visitor.address;
    let outcome = app
        .with(move |case| match case.passkey_proof(&held.party, &ceremony, &response, now)? {
            Some(proof) => Ok(case.sign_in("", &address, Proof::Passkey(proof), now)?),
            None => Ok(SignIn::Refused),
        })
        .await?;
    match outcome {
        SignIn::SignedIn { session, .. } | SignIn::EnrolFirst { session, .. } => {
            let cookie = cookie(&app, cookie_name(&app), Some(session.reveal()), 1);
            Ok(([(header::SET_COOKIE, cookie)], Json(json!({"to": "/"}))).into_response())
        }
        other => {
            let words = other.words(visitor.lang.account());
            Ok((StatusCode::UNAUTHORIZED, Json(json!({"words": words}))).into_response())
        }
    }
}

async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap, Form(fields): Form) -> Answer {
    if let Some(token) = cookie_of(&headers, cookie_name(&app)).map(str::to_owned) {
        // Another site cannot sign somebody out either.
        confirm(&token, fields.get("csrf"))?;
        app.with(move |case| Ok(case.sign_out(&token)?)).await?;
    }
    let gone = cookie(&app, cookie_name(&app), None, 0);
    Ok(([(header::SET_COOKIE, gone)], Redirect::to("/sign-in?done=done-signed-out")).into_response())
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    l: Layout,
    name: String,
    code: String,
    problem: Option<String>,
}

async fn invitation(State(app): State<Arc<App>>, visitor: Visitor, Query(query): Query) -> Answer {
    let l = Layout::of_visitor(&app, visitor.lang, visitor.lang.of("invitation-title"));
    page(&InvitationPage { l, name: query.get("name").into(), code: query.get("code").into(), problem: None })
}

async fn accept(State(app): State<Arc<App>>, visitor: Visitor, Form(fields): Form) -> Answer {
    let now = app.now();
    let lang = visitor.lang;
    let (name, code) = (fields.get("name").to_owned(), fields.get("code").to_owned());
    let again = |words: String, status| {
        let l = Layout::of_visitor(&app, lang, lang.of("invitation-title"));
        page_as(status, &InvitationPage { l, name: name.clone(), code: code.clone(), problem: Some(words) })
    };
    if fields.get("password") != fields.get("again") {
        return again(lang.of("password-differs"), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let secret = Password::new(fields.get("password"));
    let (typed, given) = (name.clone(), code.clone());
    let taken = app
        .with(move |case| Ok(case.accept_invitation(&typed, &given, &secret, &visitor.address, now)?))
        .await;
    match taken {
        Ok(_) => onward("/sign-in?done=done-password"),
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            again(problem.told(lang).0, problem.status())
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    l: Layout,
    name: String,
    organisation: String,
    roles: Vec<String>,
    passkeys: Vec<(String, String)>,
    authenticator: bool,
    last: String,
}

async fn account(State(app): State<Arc<App>>, here: Here, Query(query): Query) -> Answer {
    let lang = here.lang;
    let account = &here.entered.account;
    page(&AccountPage {
        l: Layout::of(&app, &here, lang.of("account-title"), "/account").after(&query),
        name: account.name.clone(),
        organisation: account.organisation.clone(),
        roles: here.seat.actor.roles.iter().map(|role| lang.pick(role.name()).to_owned()).collect(),
        passkeys: account.passkeys.iter().map(|key| (key.label.clone(), shown::at(key.added))).collect(),
        authenticator: account.authenticator.is_some(),
        last: account.last_sign_in.map(shown::at).unwrap_or_default(),
    })
}

fn own_stamp(here: &Entered, now: i64) -> Stamp {
    Stamp { at_micros: now, actor: here.account.id.clone() }
}

async fn password(State(app): State<Arc<App>>, visitor: Visitor, Posted { here, fields }: Posted) -> Answer {
    let lang = here.lang;
    if fields.get("password") != fields.get("again") {
        return Err(Problem::Typed(lang.of("password-differs")));
    }
    let (old, new) = (Password::new(fields.get("old")), Password::new(fields.get("password")));
    let stamp = own_stamp(&here.entered, here.seat.at_micros);
    app.with(move |case| Ok(case.set_password(&here.entered, &old, &new, &visitor.address, &stamp)?)).await?;
    // Every session has ended with the old password.
    let gone = cookie(&app, cookie_name(&app), None, 0);
    Ok(([(header::SET_COOKIE, gone)], Redirect::to("/sign-in?done=done-password")).into_response())
}

#[derive(Template)]
#[template(path = "second_proof.html")]
struct SecondProofPage {
    l: Layout,
    must: bool,
    key: Option<(String, String)>,
    codes: Vec<String>,
    problem: Option<String>,
}

fn second_proof_page(app: &App, here: &Here) -> SecondProofPage {
    SecondProofPage {
        l: Layout::of(app, here, here.lang.of("second-proof-title"), "/account"),
        must: here.entered.enrol.is_some(),
        key: None,
        codes: Vec::new(),
        problem: None,
    }
}

async fn second_proof(State(app): State<Arc<App>>, Arrived(here): Arrived) -> Answer {
    page(&second_proof_page(&app, &here))
}

async fn new_key(State(app): State<Arc<App>>, Arrived(here): Arrived, Form(fields): Form) -> Answer {
    here.confirm(fields.get("csrf"))?;
    let mut shown = second_proof_page(&app, &here);
    let stamp = own_stamp(&here.entered, here.seat.at_micros);
    let enrolment = app.with(move |case| Ok(case.enrol_totp(&here.entered, &stamp)?)).await?;
    shown.key = Some((enrolment.typed.reveal().to_owned(), enrolment.uri.reveal().to_owned()));
    page(&shown)
}

async fn first_code(State(app): State<Arc<App>>, Arrived(here): Arrived, Form(fields): Form) -> Answer {
    here.confirm(fields.get("csrf"))?;
    let mut shown = second_proof_page(&app, &here);
    let lang = here.lang;
    let stamp = own_stamp(&here.entered, here.seat.at_micros);
    let code = fields.get("code").to_owned();
    let confirmed = app.with(move |case| Ok(case.confirm_totp(&here.entered, &code, &stamp)?)).await;
    match confirmed {
        Ok(codes) => {
            shown.must = false;
            shown.codes = codes.iter().map(|code| code.reveal().to_owned()).collect();
            page(&shown)
        }
        Err(Problem::Registry(rejoin_registry::Error::Denied(_))) => {
            shown.problem = Some(lang.of("second-proof-wrong"));
            page_as(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(problem) => Err(problem),
    }
}

async fn new_passkey(State(app): State<Arc<App>>, Arrived(here): Arrived, Form(fields): Form) -> Answer {
    here.confirm(fields.get("csrf"))?;
    let stamp = own_stamp(&here.entered, here.seat.at_micros);
    let held = Arc::clone(&app);
    let (options, ceremony) =
        app.with(move |case| Ok(case.start_passkey(&here.entered, &held.party, &stamp)?)).await?;
    Ok(Json(json!({"options": options, "ceremony": ceremony})).into_response())
}

async fn passkey_made(State(app): State<Arc<App>>, Arrived(here): Arrived, Form(fields): Form) -> Answer {
    here.confirm(fields.get("csrf"))?;
    let stamp = own_stamp(&here.entered, here.seat.at_micros);
    let held = Arc::clone(&app);
    let (ceremony, response) = (fields.get("ceremony").to_owned(), fields.get("response").to_owned());
    let label = fields.some("label").unwrap_or("passkey").chars().take(60).collect::<String>();
    app.with(move |case| {
        Ok(case.finish_passkey(&here.entered, &held.party, &ceremony, &response, &label, &stamp)?)
    })
    .await?;
    Ok(Json(json!({"to": "/account?done=done-enrolled"})).into_response())
}
