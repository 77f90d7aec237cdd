//! For administrators: who may sign in, and for what. Nobody's data is seen here.

use super::{Layout, Query};
use crate::answer::{Answer, Problem, onward, page};
use crate::app::App;
use crate::door::Here;
use crate::fields::Posted;
use crate::shown;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use rejoin_access::Action;
use rejoin_accounts::account::Standing;
use rejoin_registry::{NewAccount, Stamp};
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/accounts", get(accounts).post(create)).route("/accounts/{id}", post(change))
}

struct Row {
    id: String,
    name: String,
    called: String,
    organisation: String,
    roles: Vec<(String, String)>,
    standing: String,
    last: String,
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    l: Layout,
    rows: Vec<Row>,
    roles: Vec<(String, String)>,
    organisations: Vec<String>,
    invited: Option<(String, String)>,
}

async fn listed(app: &App, here: &Here, invited: Option<(String, String)>) -> Result<AccountsPage, Problem> {
    let lang = here.lang;
    let seat = here.seat.clone();
    let (accounts, roles, organisations) = app
        .with(move |case| {
            case.desk(seat)?.may(Action::ManageAccounts, None)?;
            let tree = case.organisations()?;
            let mut organisations = vec![tree.root()];
            organisations.extend(tree.all());
            Ok((case.accounts()?, case.roles()?, organisations))
        })
        .await?;
    let within = |id: &str| {
        organisations.iter().any(|one| one.id() == id && one.is_within(&here.seat.actor.organisation))
    };
    let title = |id: &String| {
        let name = roles.named(id).map(|role| lang.pick(role.name()).to_owned());
        (id.clone(), name.unwrap_or_else(|_| id.clone()))
    };
    let rows = accounts.iter().filter(|one| within(&one.organisation)).map(|one| Row {
        id: one.id.clone(),
        name: one.name.clone(),
        called: one.display_name.clone(),
        organisation: one.organisation.clone(),
        roles: one.roles.iter().map(title).collect(),
        standing: match one.standing {
            Standing::Active => lang.of("standing-active"),
            _ => lang.of("standing-other"),
        },
        last: one.last_sign_in.map(shown::at).unwrap_or_default(),
    });
    Ok(AccountsPage {
        l: Layout::of(app, here, lang.of("accounts-title"), "/accounts"),
        rows: rows.collect(),
        roles: roles.all().map(|role| (role.id().to_owned(), lang.pick(role.name()).to_owned())).collect(),
        organisations: organisations
            .iter()
            .filter(|one| one.is_within(&here.seat.actor.organisation))
            .map(|one| one.id().to_owned())
            .collect(),
        invited,
    })
}

async fn accounts(State(app): State<Arc<App>>, here: Here, Query(query): Query) -> Answer {
    let mut shown = listed(&app, &here, None).await?;
    shown.l = shown.l.after(&query);
    page(&shown)
}

fn stamp(here: &Here) -> Stamp {
    Stamp { at_micros: here.seat.at_micros, actor: here.entered.account.id.clone() }
}

/// Makes an account. Its code is shown once, on the page that answers.
async fn create(State(app): State<Arc<App>>, Posted { here, fields }: Posted) -> Answer {
    let (actor, stamp) = (here.seat.actor.clone(), stamp(&here));
    let text = |name: &str| fields.get(name).to_owned();
    let (name, called, organisation) = (text("name"), text("called"), text("organisation"));
    let roles: Vec<String> = fields.all("role").filter(|role| !role.is_empty()).map(str::to_owned).collect();
    let (account, code) = app
        .with(move |case| {
            let new = NewAccount {
                name: &name,
                display_name: &called,
                organisation: &organisation,
                language: None,
                roles: &roles,
            };
            Ok(case.create_account(&actor, &new, &stamp)?)
        })
        .await?;
    page(&listed(&app, &here, Some((account.name, code.reveal().to_owned()))).await?)
}

async fn change(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Posted { here, fields }: Posted,
) -> Answer {
    let (actor, stamp) = (here.seat.actor.clone(), stamp(&here));
    let (what, role, reason) =
        (fields.get("what").to_owned(), fields.get("role").to_owned(), fields.get("reason").to_owned());
    let invited = app
        .with(move |case| {
            let mut invited = None;
            match what.as_str() {
                "give" => drop(case.give_role(&actor, &id, &role, &stamp)?),
                "take" => drop(case.take_role(&actor, &id, &role, &stamp)?),
                "suspend" => drop(case.suspend(&actor, &id, &reason, &stamp)?),
                "resume" => drop(case.resume(&actor, &id, &stamp)?),
                "end-sessions" => drop(case.end_sessions_of(&actor, &id, &stamp)?),
                "unlock" => drop(case.unlock(&actor, &id, &stamp)?),
                "invite" => {
                    let (account, code) = case.invite(&actor, &id, &stamp)?;
                    invited = Some((account.name, code.reveal().to_owned()));
                }
                _ => return Err(Problem::Form("what")),
            }
            Ok(invited)
        })
        .await?;
    match invited {
        Some(invited) => page(&listed(&app, &here, Some(invited)).await?),
        None => onward("/accounts?done=done-account"),
    }
}
