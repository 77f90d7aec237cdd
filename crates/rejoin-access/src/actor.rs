//! Who asks, and about whom: organisations, roles, actors, and what must be known of a subject to decide.

use crate::words::{Action, FieldGroup, Level, Purpose, Scope};
use rejoin_model::{PersonId, RecordId};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A place in the tree of organisations: ids from the root to the organisation itself, never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Organisation(Arc<[String]>);

impl Organisation {
    /// From its path, root first. `None` for an empty path or an empty id: such an organisation would be above
    /// everybody.
    pub fn new<I: IntoIterator<Item = S>, S: Into<String>>(path: I) -> Option<Self> {
        let path: Vec<String> = path.into_iter().map(Into::into).collect();
        (!path.is_empty() && path.iter().all(|id| !id.trim().is_empty())).then(|| Self(path.into()))
    }

    /// Its own id.
    pub fn id(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// Its path, root first.
    pub fn path(&self) -> &[String] {
        &self.0
    }

    /// Whether it is `other`, or below it.
    pub fn is_within(&self, other: &Organisation) -> bool {
        self.0.starts_with(&other.0)
    }

    /// Whether it is the organisation of an id, or below it.
    pub fn is_within_id(&self, id: &str) -> bool {
        self.0.iter().any(|own| own == id)
    }
}

/// What a role gives for one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// For what.
    pub purpose: Purpose,
    /// Which groups, and how much of them.
    pub groups: Vec<(FieldGroup, Level)>,
    /// Of whom.
    pub scope: Scope,
}

/// Why a role is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadRole {
    /// It has no id, or no name in one of the languages.
    Nameless,
    /// It grants something for enforcement, which nothing can.
    GrantsEnforcement,
    /// It names a group twice in one grant, perhaps at two levels.
    GroupTwice(FieldGroup),
    /// The purpose "own file" and the scope "own" only come together.
    OwnFileScope,
    /// It would count by what tells one person from another.
    NotCountable(FieldGroup),
}

impl fmt::Display for BadRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadRole::Nameless => f.write_str("a role needs an id and a name in English and in Spanish"),
            BadRole::GrantsEnforcement => f.write_str("no role can grant anything for enforcement"),
            BadRole::GroupTwice(group) => write!(f, "the group {} stands twice in one grant", group.word()),
            BadRole::OwnFileScope => {
                f.write_str("the purpose own-file goes with the scope own, and only with it")
            }
            BadRole::NotCountable(group) => {
                write!(f, "nothing is counted by {}: it tells one person from another", group.word())
            }
        }
    }
}

impl std::error::Error for BadRole {}

/// A role: data that a person reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    id: String,
    name: (String, String),
    grants: Vec<Grant>,
    actions: BTreeSet<Action>,
}

impl Role {
    /// A role from its parts; the name in English and Spanish.
    pub fn new(
        id: impl Into<String>,
        name: (impl Into<String>, impl Into<String>),
        grants: Vec<Grant>,
        actions: impl IntoIterator<Item = Action>,
    ) -> Result<Self, BadRole> {
        let (id, name) = (id.into(), (name.0.into(), name.1.into()));
        if [&id, &name.0, &name.1].into_iter().any(|text| text.trim().is_empty()) {
            return Err(BadRole::Nameless);
        }
        for grant in &grants {
            if grant.purpose == Purpose::Enforcement {
                return Err(BadRole::GrantsEnforcement);
            }
            if (grant.purpose == Purpose::OwnFile) != (grant.scope == Scope::Own) {
                return Err(BadRole::OwnFileScope);
            }
            let mut seen = BTreeSet::new();
            for (group, _) in &grant.groups {
                if !seen.insert(*group) {
                    return Err(BadRole::GroupTwice(*group));
                }
                if grant.purpose == Purpose::Statistics && !FieldGroup::COUNTABLE.contains(group) {
                    return Err(BadRole::NotCountable(*group));
                }
            }
        }
        Ok(Self { id, name, grants, actions: actions.into_iter().collect() })
    }

    /// Its stable id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name in English and in Spanish.
    pub fn name(&self) -> (&str, &str) {
        (&self.name.0, &self.name.1)
    }

    /// What it gives.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// What it lets somebody do.
    pub fn actions(&self) -> &BTreeSet<Action> {
        &self.actions
    }
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The account.
    pub account: String,
    /// Its organisation.
    pub organisation: Organisation,
    /// Teams that cases are assigned to.
    pub teams: BTreeSet<String>,
    /// Its roles; what they give adds up.
    pub roles: Vec<Arc<Role>>,
    /// The person in the data that the account belongs to or represents. Such an account is a counterpart to
    /// everybody else in the data.
    pub subject_of: Option<PersonId>,
}

impl Actor {
    /// Whether one of its roles lets it do something.
    pub fn has(&self, action: Action) -> bool {
        self.roles.iter().any(|role| role.actions.contains(&action))
    }
}

/// To whom a person's case is assigned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assignee {
    /// An account.
    Account(String),
    /// A team.
    Team(String),
}

/// Who may learn where a child is, after verification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counterpart {
    /// A person in the data: the verified parent.
    Person(PersonId),
    /// An account: the child's own lawyer, the verified representative.
    Account(String),
}

/// What must be known of a subject to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectFacts {
    /// Who.
    pub person: PersonId,
    /// The records linked to that person.
    pub records: BTreeSet<RecordId>,
    /// The organisations that sent one of the records.
    pub contributed_by: Vec<Organisation>,
    /// The organisations that hold the person now.
    pub held_by: Vec<Organisation>,
    /// To whom the case is assigned.
    pub assigned_to: BTreeSet<Assignee>,
    /// A child, or not known to be an adult.
    pub is_child: bool,
    /// Who may learn where the child is. Empty until two people have signed a verification.
    pub verified_counterparts: BTreeSet<Counterpart>,
    /// A legal hold: nothing is erased.
    pub hold: bool,
    /// The key is destroyed: there is nobody here any more.
    pub erased: bool,
}

impl SubjectFacts {
    /// A person of whom nothing else is known yet, taken for a child.
    pub fn of(person: PersonId) -> Self {
        Self {
            person,
            records: BTreeSet::new(),
            contributed_by: Vec::new(),
            held_by: Vec::new(),
            assigned_to: BTreeSet::new(),
            is_child: true,
            verified_counterparts: BTreeSet::new(),
            hold: false,
            erased: false,
        }
    }

    /// Whether the actor's organisation, or one below it, holds the person now.
    pub fn is_held_by(&self, actor: &Actor) -> bool {
        self.held_by.iter().any(|holder| holder.is_within(&actor.organisation))
    }

    /// Whether the case is assigned to the actor or a team of theirs.
    pub fn is_assigned_to(&self, actor: &Actor) -> bool {
        self.assigned_to.iter().any(|assignee| match assignee {
            Assignee::Account(account) => *account == actor.account,
            Assignee::Team(team) => actor.teams.contains(team),
        })
    }

    /// Whether the actor is a verified counterpart. A child's own account is none by being the child's: the child
    /// knows where it is, and whoever merely holds its account is to be verified by account.
    pub fn is_verified_for(&self, actor: &Actor) -> bool {
        self.verified_counterparts.iter().any(|counterpart| match counterpart {
            Counterpart::Account(account) => *account == actor.account,
            Counterpart::Person(person) => *person != self.person && actor.subject_of == Some(*person),
        })
    }

    /// Whether a scope reaches the person.
    pub fn is_in(&self, scope: Scope, actor: &Actor) -> bool {
        match scope {
            Scope::Own => actor.subject_of == Some(self.person) || self.is_verified_for(actor),
            Scope::Assigned => self.is_assigned_to(actor),
            Scope::Organisation => {
                self.contributed_by.iter().chain(&self.held_by).any(|own| own.is_within(&actor.organisation))
            }
            Scope::All => true,
        }
    }
}
