//! Who is here: sessions in cookies, the purpose for which somebody looks, and the token of forms.

use crate::answer::Problem;
use crate::app::App;
use crate::words::Lang;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use rejoin_access::{Action, Actor, Purpose};
use rejoin_accounts::attempts::source;
use rejoin_registry::{Entered, Seat};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Somebody who is signed in, for one request.
#[derive(Debug, Clone)]
pub struct Here {
    /// The account.
    pub entered: Entered,
    /// Who, for what, when.
    pub seat: Seat,
    /// The language of their pages.
    pub lang: Lang,
    /// What forms must bring back.
    pub csrf: String,
}

/// The cookie of a session. With HTTPS the browser binds it to this name of a site; without, it stays on this machine.
pub fn cookie_name(app: &App) -> &'static str {
    if app.secure { "__Host-rejoin" } else { "rejoin" }
}

/// A header that sets a cookie; without a value it is taken away.
pub fn cookie(app: &App, name: &str, value: Option<&str>, days: u32) -> String {
    let secure = if app.secure { "; Secure" } else { "" };
    let age = match value {
        Some(_) => u64::from(days) * 86_400,
        None => 0,
    };
    format!("{name}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}", value.unwrap_or_default())
}

/// The value of a cookie.
pub fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The language of a page: chosen, or wished by the browser.
pub fn language(headers: &HeaderMap) -> Lang {
    let chosen = cookie_of(headers, "language").and_then(Lang::of_code);
    let wished = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    chosen.unwrap_or_else(|| Lang::wished(wished.unwrap_or_default()))
}

/// From where a request comes, for counting. A proxy's word is taken only when one was announced, and only from this
/// machine.
pub fn address(parts: &Parts, app: &App) -> String {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = peer.unwrap_or(std::net::IpAddr::from([0, 0, 0, 0]));
    let told = parts.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let told = told.and_then(|told| told.rsplit(',').next()?.trim().parse().ok());
    source(told.filter(|_| app.secure && peer.is_loopback()).unwrap_or(peer))
}

/// Purposes that an account's roles have something for; administration for those that show nobody.
pub fn purposes(actor: &Actor) -> Vec<Purpose> {
    let granted: BTreeSet<Purpose> =
        actor.roles.iter().flat_map(|role| role.grants()).map(|grant| grant.purpose).collect();
    match granted.is_empty() {
        true => vec![Purpose::Administration],
        false => granted.into_iter().collect(),
    }
}

/// The token of a session's forms: whoever has only the page of another site cannot make it.
fn csrf_of(token: &str) -> String {
    let digest = Sha256::digest(format!("form of {token}"));
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses a form that was not made for the session of a token.
pub fn confirm(token: &str, shown: &str) -> Result<(), Problem> {
    same(&csrf_of(token), shown)
}

fn same(csrf: &str, shown: &str) -> Result<(), Problem> {
    match bool::from(shown.as_bytes().ct_eq(csrf.as_bytes())) {
        true => Ok(()),
        false => Err(Problem::Foreign),
    }
}

impl Here {
    /// Who holds the session of a request. `enrolling`: also who has to enrol a second proof first, and may do that only.
    pub async fn of(parts: &mut Parts, app: &Arc<App>, enrolling: bool) -> Result<Self, Problem> {
        Self::by(&parts.headers, app, enrolling).await
    }

    /// The same, of the lines of a request's head.
    pub async fn by(headers: &HeaderMap, app: &Arc<App>, enrolling: bool) -> Result<Self, Problem> {
        let token = cookie_of(headers, cookie_name(app)).ok_or(Problem::SignIn)?.to_owned();
        let now = app.now();
        let shown = token.clone();
        let entered = app.with(move |case| Ok(case.by_session(&shown, BTreeSet::new(), now)?)).await?;
        let mut entered = entered.map_err(|_| Problem::SignIn)?;
        if entered.enrol.is_some() && !enrolling {
            return Err(Problem::Enrol);
        }
        // Who works for an organisation is of its team: cases are assigned to `team:` and its id.
        entered.actor.teams.insert(entered.account.organisation.clone());
        let purposes = purposes(&entered.actor);
        let chosen = cookie_of(headers, "purpose").and_then(Purpose::from_word);
        let chosen = chosen.filter(|purpose| purposes.contains(purpose));
        let purpose = chosen.or(purposes.first().copied()).unwrap_or(Purpose::Administration);
        let seat = Seat { actor: entered.actor.clone(), purpose, at_micros: now };
        let lang = match (cookie_of(headers, "language"), entered.account.language.as_deref()) {
            (None, Some(own)) => Lang::of_code(own).unwrap_or(Lang::En),
            _ => language(headers),
        };
        Ok(Self { csrf: csrf_of(&token), entered, seat, lang })
    }

    /// Whether the account may do something at all.
    pub fn may(&self, action: Action) -> bool {
        self.seat.actor.has(action)
    }

    /// Refuses a form that was not made for this session.
    pub fn confirm(&self, shown: &str) -> Result<(), Problem> {
        same(&self.csrf, shown)
    }
}

impl FromRequestParts<Arc<App>> for Here {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        Self::of(parts, app, false).await
    }
}

/// Somebody who is here, if only to enrol a second proof.
pub struct Arrived(pub Here);

impl FromRequestParts<Arc<App>> for Arrived {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        Here::of(parts, app, true).await.map(Self)
    }
}

/// Anybody: the language of their pages, and from where they come.
pub struct Visitor {
    /// The language.
    pub lang: Lang,
    /// For counting.
    pub address: String,
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        Ok(Self { lang: language(&parts.headers), address: address(parts, app) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "xrejoin=1; rejoin=abc".parse().unwrap());
        headers.append(header::COOKIE, "language=es".parse().unwrap());
        assert_eq!(cookie_of(&headers, "rejoin"), Some("abc"));
        assert_eq!(cookie_of(&headers, "join"), None);
        assert_eq!(language(&headers), Lang::Es);
        assert_ne!(csrf_of("one"), csrf_of("two"));
    }
}
