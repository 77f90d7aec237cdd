//! The roles' wire form: TOML, in the case's directory or as shipped. Here also: how surely somebody with a role must have
//! signed in, and whether one who holds some roles may give another.

use crate::Error;
use rejoin_access::{Action, Actor, FieldGroup, Grant, Level, Organisation, Purpose, Role, Scope};
use rejoin_accounts::Requirement;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The roles that are shipped, as the text of a `roles.toml`.
pub const SHIPPED: &str = include_str!("../../../roles/default.toml");
/// The role that may manage accounts and nothing else.
const ADMINISTRATOR: &str = "administrator";
/// The role of the local command line, which holds the keys.
pub(crate) const CUSTODIAN: &str = "custodian";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    role: Vec<RoleRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleRow {
    id: String,
    name: String,
    name_es: String,
    actions: Vec<String>,
    sign_in: Option<String>,
    #[serde(default)]
    grant: Vec<GrantRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantRow {
    purpose: String,
    scope: String,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    reduce: Vec<String>,
}

/// The roles of a case.
#[derive(Debug, Clone)]
pub struct Roles {
    roles: BTreeMap<String, (Arc<Role>, Requirement)>,
}

/// The text in use: the case's own `roles.toml` if it has one, else the file shipped.
pub(crate) fn text(directory: &Path) -> Result<String, Error> {
    let own = directory.join("roles.toml");
    Ok(match own.is_file() {
        true => std::fs::read_to_string(&own).map_err(|source| Error::Directory { path: own, source })?,
        false => SHIPPED.to_owned(),
    })
}

pub(crate) fn parse(text: &str) -> Result<Roles, Error> {
    read(text).map_err(Error::Roles)
}

fn read(text: &str) -> Result<Roles, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut roles = BTreeMap::new();
    for row in file.role {
        let id = row.id.clone();
        let of = |what: String| format!("role {id}: {what}");
        let groups = |words: &[String], level: Level| -> Result<Vec<(FieldGroup, Level)>, String> {
            words
                .iter()
                .map(|word| {
                    let group = FieldGroup::from_word(word);
                    group.map(|group| (group, level)).ok_or(of(format!("there is no group {word:?}")))
                })
                .collect()
        };
        let mut grants = Vec::new();
        for grant in &row.grant {
            let purpose = Purpose::from_word(&grant.purpose)
                .ok_or(of(format!("there is no purpose {:?}", grant.purpose)))?;
            let scope =
                Scope::from_word(&grant.scope).ok_or(of(format!("there is no scope {:?}", grant.scope)))?;
            let groups =
                [groups(&grant.allow, Level::Allow)?, groups(&grant.reduce, Level::Reduce)?].concat();
            grants.push(Grant { purpose, groups, scope });
        }
        let mut actions = Vec::new();
        for word in &row.actions {
            actions.push(Action::from_word(word).ok_or(of(format!("there is no action {word:?}")))?);
        }
        let requirement = match row.sign_in.as_deref() {
            Some("password") => Requirement::Password,
            Some("second-factor") => Requirement::SecondFactor,
            Some("passkey") => Requirement::Passkey,
            Some(other) => {
                return Err(of(format!("sign_in is password, second-factor or passkey, and not {other:?}")));
            }
            None => usual(&grants, &actions),
        };
        let role = Role::new(row.id.clone(), (row.name, row.name_es), grants, actions)
            .map_err(|error| of(error.to_string()))?;
        if roles.insert(row.id, (Arc::new(role), requirement)).is_some() {
            return Err(of("the id is there twice".into()));
        }
    }
    Ok(Roles { roles })
}

/// What a role asks for when its file does not say: more than a password as soon as it shows somebody else's data, or is
/// power over accounts, keys or what is kept.
fn usual(grants: &[Grant], actions: &[Action]) -> Requirement {
    let shows = grants.iter().any(|grant| !matches!(grant.purpose, Purpose::Statistics | Purpose::OwnFile));
    let powers = [Action::ManageAccounts, Action::Operate, Action::Erase, Action::Export, Action::Hold];
    if shows || actions.iter().any(|action| powers.contains(action)) {
        Requirement::SecondFactor
    } else {
        Requirement::Password
    }
}

impl Roles {
    /// The role of an id.
    ///
    /// # Errors
    /// [`Error::Roles`], which says which there are.
    pub fn named(&self, id: &str) -> Result<Arc<Role>, Error> {
        self.roles.get(id).map(|(role, _)| Arc::clone(role)).ok_or_else(|| {
            let known: Vec<&str> = self.roles.keys().map(String::as_str).collect();
            Error::Roles(format!("there is no role {id:?}; there are {}", known.join(", ")))
        })
    }

    /// Every role, in the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.roles.values().map(|(role, _)| role)
    }

    /// How surely the holder of roles must have signed in: the strictest of them. A role that is not there any more asks
    /// for as much as most.
    pub fn requirement(&self, held: &[String]) -> Requirement {
        let of = |id: &String| self.roles.get(id).map_or(Requirement::SecondFactor, |(_, asks)| *asks);
        held.iter().map(of).max().unwrap_or_default()
    }
}

/// Whether `by` may give a role, or manage an account that has it; why not, when not.
///
/// The custodian, who holds the keys, gives every role. An administrator gives every role but the custodian's, and one
/// that reaches everybody's data only from the root. Anybody else who manages accounts gives what they have themselves.
pub(crate) fn may_give(by: &Actor, role: &Role) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("the role {} {why}", role.id()));
    if by.has(Action::Operate) {
        return Ok(());
    }
    if role.actions().contains(&Action::Operate) {
        return refuse("is given by a custodian only");
    }
    let administers =
        |held: &Arc<Role>| held.id() == ADMINISTRATOR && held.actions().contains(&Action::ManageAccounts);
    if by.roles.iter().any(administers) {
        let everybody = role
            .grants()
            .iter()
            .any(|grant| grant.scope == Scope::All && grant.purpose != Purpose::Statistics);
        return if everybody && by.organisation.path().len() > 1 {
            refuse("reaches everybody's data, and is given at the root of the organisations only")
        } else {
            Ok(())
        };
    }
    if let Some(beyond) = role.actions().iter().find(|action| !by.has(**action)) {
        return refuse(&format!("lets its holder {}, which you may not", beyond.label().0));
    }
    if role.grants().iter().any(|grant| !is_covered(grant, by)) {
        return refuse("shows more than your own roles do");
    }
    Ok(())
}

/// Whether what a grant gives is given by the actor's own roles too.
fn is_covered(grant: &Grant, by: &Actor) -> bool {
    let own = || by.roles.iter().flat_map(|role| role.grants());
    grant.groups.iter().all(|(group, level)| {
        own().any(|own| {
            own.purpose == grant.purpose
                && reach(own.scope) >= reach(grant.scope)
                && own.groups.iter().any(|(held, much)| held == group && much >= level)
        })
    })
}

fn reach(scope: Scope) -> u8 {
    match scope {
        Scope::Own => 0,
        Scope::Assigned => 1,
        Scope::Organisation => 2,
        Scope::All => 3,
    }
}

/// An actor narrowed to some words (purposes and actions) and to an organisation at or below theirs. Every role stays, be it
/// empty: a rule that withholds from a role goes on withholding.
pub(crate) fn narrowed(actor: &Actor, words: &[String], organisation: Organisation) -> Result<Actor, Error> {
    let below = organisation != actor.organisation;
    let keeps = |word: &str| words.iter().any(|kept| kept == word);
    let mut roles = Vec::new();
    for role in &actor.roles {
        let grants = role.grants().iter().filter(|grant| keeps(grant.purpose.word())).map(|grant| {
            let mut grant = grant.clone();
            if below && grant.scope == Scope::All {
                grant.scope = Scope::Organisation;
            }
            grant
        });
        let actions = role.actions().iter().copied().filter(|action| keeps(action.word()));
        let narrowed = Role::new(role.id(), role.name(), grants.collect(), actions)
            .map_err(|error| Error::Roles(format!("role {}: {error}", role.id())))?;
        roles.push(Arc::new(narrowed));
    }
    Ok(Actor {
        account: actor.account.clone(),
        organisation,
        teams: actor.teams.clone(),
        roles,
        subject_of: actor.subject_of,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use std::collections::BTreeSet;

    fn actor(roles: &Roles, ids: &[&str], path: &[&str]) -> Actor {
        Actor {
            account: "a".into(),
            organisation: Organisation::new(path.iter().copied()).unwrap(),
            teams: BTreeSet::new(),
            roles: ids.iter().map(|id| roles.named(id).unwrap()).collect(),
            subject_of: None,
        }
    }

    #[test]
    fn the_shipped_roles_parse_and_a_wrong_word_is_named() {
        let roles = read(SHIPPED).unwrap();
        assert_eq!(roles.all().count(), 13);
        assert_eq!(roles.requirement(&["journalist".into()]), Requirement::Password);
        assert_eq!(roles.requirement(&["journalist".into(), "verifier".into()]), Requirement::SecondFactor);
        assert_eq!(roles.requirement(&["gone".into()]), Requirement::SecondFactor);
        assert!(roles.named("spy").unwrap_err().to_string().contains("administrator, case-worker"));
        for (from, to, says) in [
            ("\"manage-accounts\"]", "\"arrest\"]", "arrest"),
            ("purpose = \"court\"", "purpose = \"enforcement\"", "enforcement"),
            ("id = \"verifier\"", "id = \"lawyer\"", "twice"),
            ("id = \"verifier\"", "id = \"verifier\"\nsign_in = \"nod\"", "nod"),
        ] {
            let wrong = read(&SHIPPED.replacen(from, to, 1)).unwrap_err();
            assert!(wrong.contains(says), "{wrong}");
        }
        let strict = SHIPPED.replacen("id = \"verifier\"", "id = \"verifier\"\nsign_in = \"passkey\"", 1);
        assert_eq!(read(&strict).unwrap().requirement(&["verifier".into()]), Requirement::Passkey);
    }

    #[test]
    fn who_gives_which_role() {
        let own = "[[role]]\nid = \"desk\"\nname = \"Desk\"\nname_es = \"Mesa\"\nactions = [\"manage-accounts\", \"count\"]\n\
                   [[role.grant]]\npurpose = \"statistics\"\nscope = \"all\"\nreduce = [\"birth-and-age\", \"origin\", \"whereabouts\", \"custody-dates\", \"separation\"]\n";
        let roles = read(&format!("{SHIPPED}\n{own}")).unwrap();
        let may = |by: &Actor, id: &str| may_give(by, &roles.named(id).unwrap()).is_ok();
        let custodian = actor(&roles, &["custodian"], &["registry"]);
        assert!(roles.all().all(|role| may(&custodian, role.id())));
        let administrator = actor(&roles, &["administrator"], &["registry"]);
        assert!(may(&administrator, "inspector") && may(&administrator, "administrator"));
        assert!(!may(&administrator, "custodian"));
        let below = actor(&roles, &["administrator"], &["registry", "hhs"]);
        assert!(may(&below, "case-worker") && may(&below, "journalist"));
        assert!(!may(&below, "inspector") && !may(&below, "court-monitor"));
        let desk = actor(&roles, &["desk"], &["registry"]);
        assert!(may(&desk, "journalist") && may(&desk, "desk"));
        assert!(!may(&desk, "data-contributor") && !may(&desk, "person") && !may(&desk, "case-worker"));
        let clerk = actor(&roles, &["case-worker", "desk"], &["registry"]);
        assert!(
            !may(&clerk, "tracing-officer"),
            "it shows the organisation's, where the clerk sees the assigned"
        );
    }

    #[test]
    fn narrowed_keeps_every_role_and_nothing_beyond() {
        let roles = read(SHIPPED).unwrap();
        let actor = actor(&roles, &["inspector", "administrator"], &["registry"]);
        let below = Organisation::new(["registry", "hhs"]).unwrap();
        let words = ["statistics".to_owned(), "count".to_owned(), "import".to_owned()];
        let narrow = narrowed(&actor, &words, below).unwrap();
        assert_eq!(narrow.roles.len(), 2);
        assert!(narrow.has(Action::Count) && !narrow.has(Action::Export));
        assert!(!narrow.has(Action::Import) && !narrow.has(Action::ManageAccounts));
        let grants: Vec<_> = narrow.roles.iter().flat_map(|role| role.grants()).collect();
        assert_eq!(grants.len(), 1);
        assert_eq!((grants[0].purpose, grants[0].scope), (Purpose::Statistics, Scope::Organisation));
    }
}
