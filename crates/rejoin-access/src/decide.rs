//! The one access decision: actor × purpose × subject × field → allow, reduce or deny. Deny wins.
//!
//! In this order, and nowhere else: enforcement is refused; who is erased, withheld or out of reach is not found;
//! what a rule withholds is denied; what no role grants is denied; where a child is stays behind its gate.
//! An emergency only ever raises what a grant gives; it is not looked at before the rules are.

use crate::actor::{Actor, SubjectFacts};
use crate::rules::{Emergency, Rules, Withheld};
use crate::words::{Action, FieldGroup, Level, Purpose};
use rejoin_model::{Field, FieldKind};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A group: withheld as soon as one of its fields is.
    Group(FieldGroup),
    /// A field.
    Field(Field),
}

impl From<FieldGroup> for Asked {
    fn from(group: FieldGroup) -> Self {
        Asked::Group(group)
    }
}

impl From<Field> for Asked {
    fn from(field: Field) -> Self {
        Asked::Field(field)
    }
}

impl Asked {
    /// The group that decides.
    pub fn group(self) -> FieldGroup {
        match self {
            Asked::Group(group) => group,
            Asked::Field(field) => FieldGroup::of(field),
        }
    }
}

/// What remains of a reduced value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reduction {
    /// Of a date, its year.
    Year,
    /// Of an age, its band.
    Band,
    /// Of a name, its initials.
    Initials,
    /// Of a number, its last four characters (of a short one, at most half).
    LastFour,
    /// Of a telephone number, its last two digits.
    LastTwo,
    /// Of a place, what kind of place it is.
    PlaceKind,
    /// A coded value is as coarse as it gets, and stays.
    Coded,
    /// Of words: that there are some.
    Withheld,
}

impl Reduction {
    /// What a reduction does to a field.
    pub fn of_field(field: Field) -> Self {
        match field.kind() {
            FieldKind::Name | FieldKind::GivenNames | FieldKind::Surnames => Reduction::Initials,
            FieldKind::Moment => Reduction::Year,
            FieldKind::Age => Reduction::Band,
            FieldKind::Identifier => Reduction::LastFour,
            FieldKind::Phone => Reduction::LastTwo,
            // "A place" says nothing of where somebody was born.
            FieldKind::Place if field == Field::Birthplace => Reduction::Withheld,
            FieldKind::Place => Reduction::PlaceKind,
            FieldKind::Sex | FieldKind::Country | FieldKind::Code => Reduction::Coded,
            FieldKind::TimeOfDay | FieldKind::Text => Reduction::Withheld,
        }
    }

    /// What it does to most of a group; each value is reduced by its own kind.
    pub fn of_group(group: FieldGroup) -> Self {
        match group {
            FieldGroup::IdentityNumbers => Reduction::LastFour,
            FieldGroup::Names | FieldGroup::Family => Reduction::Initials,
            FieldGroup::BirthAndAge => Reduction::Band,
            FieldGroup::Contact => Reduction::LastTwo,
            FieldGroup::Whereabouts => Reduction::PlaceKind,
            FieldGroup::CustodyDates | FieldGroup::Prosecution | FieldGroup::Separation => Reduction::Year,
            FieldGroup::Origin | FieldGroup::Casework => Reduction::Coded,
            FieldGroup::Notes | FieldGroup::Dna | FieldGroup::Evidence | FieldGroup::Readers => {
                Reduction::Withheld
            }
        }
    }

    fn of(asked: Asked) -> Self {
        match asked {
            Asked::Group(group) => Self::of_group(group),
            Asked::Field(field) => Self::of_field(field),
        }
    }
}

/// What somebody who is refused is told. There is no word for "hidden": it would say that somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// Arrest, removal and immigration control get nothing, whoever asks. The registry logs every one.
    Enforcement,
    /// No such person, or none for this actor and purpose. The two are one and the same.
    NotFound,
    /// The person may be seen, but not this.
    NotGranted,
    /// A legal hold keeps the file from being erased.
    Held,
}

impl Refusal {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Refusal::Enforcement => "enforcement-refused",
            Refusal::NotFound => "not-found",
            Refusal::NotGranted => "not-granted",
            Refusal::Held => "legal-hold",
        }
    }

    /// What the actor reads, in English and in Spanish.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Refusal::Enforcement => (
                "nothing here is given for arrest, removal or immigration control; the request is on record",
                "nada de esto se entrega para detención, expulsión o control migratorio; la petición queda registrada",
            ),
            Refusal::NotFound => ("not found", "no encontrado"),
            Refusal::NotGranted => ("not given for this purpose", "no se entrega para esta finalidad"),
            Refusal::Held => ("a legal hold forbids it", "una retención legal lo impide"),
        }
    }
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// In full.
    Allow,
    /// What the reduction leaves.
    Reduce(Reduction),
    /// Not at all.
    Deny(Refusal),
}

impl Decision {
    /// How much it gives: 0 nothing, 1 reduced, 2 in full.
    pub fn extent(self) -> u8 {
        match self {
            Decision::Deny(_) => 0,
            Decision::Reduce(_) => 1,
            Decision::Allow => 2,
        }
    }

    /// The less giving of two.
    pub fn stricter(self, other: Decision) -> Decision {
        if other.extent() < self.extent() { other } else { self }
    }
}

/// What decided. For the log and its reviewers: the actor is told [`Refusal::words`], which say less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The purpose was enforcement.
    Enforcement,
    /// The subject is erased.
    Erased,
    /// A do-not-disclose rule, by id.
    DoNotDisclose(String),
    /// No role of the actor reaches the subject for this purpose.
    OutOfReach,
    /// A role reaches the subject, but none gives this group.
    NoGrant,
    /// A child's place, and the actor neither holds the child nor is verified.
    WhereaboutsGate,
    /// A verified counterpart learns where the child is, and nothing else.
    CounterpartOnly,
    /// A role, by id.
    Role(String),
    /// Emergency access, by id.
    Emergency(String),
}

impl Why {
    /// The stable word.
    pub fn word(&self) -> &'static str {
        match self {
            Why::Enforcement => "enforcement",
            Why::Erased => "erased",
            Why::DoNotDisclose(_) => "do-not-disclose",
            Why::OutOfReach => "out-of-reach",
            Why::NoGrant => "no-grant",
            Why::WhereaboutsGate => "whereabouts-gate",
            Why::CounterpartOnly => "counterpart-only",
            Why::Role(_) => "role",
            Why::Emergency(_) => "emergency",
        }
    }

    /// The rule in words, in English and in Spanish.
    pub fn words(&self) -> (String, String) {
        let fixed = |en: &str, es: &str| (en.to_string(), es.to_string());
        match self {
            Why::Enforcement => fixed(
                "the purpose is enforcement, which is always refused",
                "la finalidad es de control, que siempre se rechaza",
            ),
            Why::Erased => fixed("the personal data are erased", "los datos personales están borrados"),
            Why::DoNotDisclose(id) => {
                (format!("do-not-disclose rule {id}"), format!("regla de no divulgación {id}"))
            }
            Why::OutOfReach => fixed(
                "no role of the account reaches this person for this purpose",
                "ningún rol de la cuenta alcanza a esta persona para esta finalidad",
            ),
            Why::NoGrant => fixed(
                "no role of the account gives these fields for this purpose",
                "ningún rol de la cuenta da estos campos para esta finalidad",
            ),
            Why::WhereaboutsGate => fixed(
                "where a child is is told to those who hold the child and to verified counterparts",
                "el paradero de un menor solo se comunica a quien lo custodia y a la contraparte verificada",
            ),
            Why::CounterpartOnly => fixed(
                "a verified counterpart learns where the child is and nothing else",
                "la contraparte verificada conoce el paradero del menor y nada más",
            ),
            Why::Role(id) => (format!("role {id}"), format!("rol {id}")),
            Why::Emergency(id) => (format!("emergency access {id}"), format!("acceso de emergencia {id}")),
        }
    }
}

/// A decision and what decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    why: Why,
}

impl Decided {
    /// What decided.
    pub fn why(&self) -> &Why {
        &self.why
    }

    /// The emergency without which it would have been less: to be logged, and reviewed by somebody else.
    pub fn emergency(&self) -> Option<&str> {
        match &self.why {
            Why::Emergency(id) => Some(id),
            _ => None,
        }
    }
}

/// Whether the place of a child may be told at all. Grants decide the rest.
fn gate_is_open(actor: &Actor, purpose: Purpose, facts: &SubjectFacts) -> bool {
    if !facts.is_child || facts.is_verified_for(actor) {
        return true;
    }
    if actor.subject_of.is_some() {
        return false;
    }
    match purpose {
        Purpose::Court | Purpose::Oversight | Purpose::Statistics => true,
        // Who plans a reunification elsewhere learns the place once there is somebody verified to come for the child.
        Purpose::Reunification => {
            facts.is_held_by(actor)
                || (facts.is_assigned_to(actor) && !facts.verified_counterparts.is_empty())
        }
        Purpose::ChildCare | Purpose::Verification | Purpose::DataQuality | Purpose::Administration => {
            facts.is_held_by(actor)
        }
        Purpose::FamilyTracing | Purpose::LegalRepresentation | Purpose::OwnFile | Purpose::Enforcement => {
            false
        }
    }
}

/// What one actor is to one subject for one purpose at one time: worked out once, then asked field by field.
#[derive(Debug)]
pub(crate) struct Standing<'a> {
    purpose: Purpose,
    closed: Option<(Refusal, Why)>,
    levels: [Option<(Level, &'a str)>; FieldGroup::ALL.len()],
    withheld_groups: Vec<(FieldGroup, &'a str)>,
    withheld_fields: Vec<(Field, &'a str)>,
    emergency: Option<&'a Emergency>,
    gate_is_open: bool,
    counterpart_only: bool,
}

impl<'a> Standing<'a> {
    pub(crate) fn of(
        actor: &'a Actor,
        purpose: Purpose,
        facts: &'a SubjectFacts,
        rules: &'a Rules,
        now: i64,
    ) -> Self {
        let mut standing = Self {
            purpose,
            closed: None,
            levels: [None; FieldGroup::ALL.len()],
            withheld_groups: Vec::new(),
            withheld_fields: Vec::new(),
            emergency: None,
            gate_is_open: gate_is_open(actor, purpose, facts),
            counterpart_only: purpose == Purpose::OwnFile && actor.subject_of != Some(facts.person),
        };
        if purpose == Purpose::Enforcement {
            standing.closed = Some((Refusal::Enforcement, Why::Enforcement));
            return standing;
        }
        if facts.erased {
            standing.closed = Some((Refusal::NotFound, Why::Erased));
            return standing;
        }
        for rule in rules.withholding(actor, facts, now) {
            match &rule.fields {
                Withheld::All => {
                    standing.closed = Some((Refusal::NotFound, Why::DoNotDisclose(rule.id.clone())));
                    return standing;
                }
                Withheld::Groups(groups) => {
                    standing.withheld_groups.extend(groups.iter().map(|group| (*group, rule.id.as_str())));
                }
                Withheld::Fields(fields) => {
                    standing.withheld_fields.extend(fields.iter().map(|field| (*field, rule.id.as_str())));
                }
            }
        }
        let mut reached = false;
        for role in &actor.roles {
            for grant in role.grants().iter().filter(|grant| grant.purpose == purpose) {
                if grant.groups.is_empty() || !facts.is_in(grant.scope, actor) {
                    continue;
                }
                reached = true;
                for (group, level) in &grant.groups {
                    let held = &mut standing.levels[*group as usize];
                    if held.is_none_or(|(known, _)| known < *level) {
                        *held = Some((*level, role.id()));
                    }
                }
            }
        }
        // Somebody who is in the data breaks no glass, and a role that may not open an emergency does not keep one.
        if purpose == Purpose::ChildCare && actor.subject_of.is_none() && actor.has(Action::BreakGlass) {
            standing.emergency = rules.emergency(actor, facts, now);
        }
        if !reached && standing.emergency.is_none() {
            standing.closed = Some((Refusal::NotFound, Why::OutOfReach));
        }
        standing
    }

    /// The refusal of everything, if everything is refused.
    pub(crate) fn closed(&self) -> Option<Refusal> {
        self.closed.as_ref().map(|(refusal, _)| *refusal)
    }

    fn withheld_by(&self, asked: Asked) -> Option<&'a str> {
        let group = asked.group();
        let by_group = self.withheld_groups.iter().find(|(withheld, _)| *withheld == group);
        let by_field = self.withheld_fields.iter().find(|(withheld, _)| match asked {
            Asked::Field(field) => *withheld == field,
            Asked::Group(_) => FieldGroup::of(*withheld) == group,
        });
        by_group.map(|(_, id)| *id).or(by_field.map(|(_, id)| *id))
    }

    pub(crate) fn decide(&self, asked: Asked) -> Decided {
        let deny = |why| Decided { decision: Decision::Deny(Refusal::NotGranted), why };
        if let Some((refusal, why)) = &self.closed {
            return Decided { decision: Decision::Deny(*refusal), why: why.clone() };
        }
        if let Some(rule) = self.withheld_by(asked) {
            return deny(Why::DoNotDisclose(rule.to_string()));
        }
        let group = asked.group();
        let behind_gate = group == FieldGroup::Whereabouts && !self.gate_is_open;
        let granted = self.levels[group as usize].filter(|_| !behind_gate);
        if let Some(emergency) = self.emergency
            && FieldGroup::EMERGENCY.contains(&group)
            && granted.is_none_or(|(level, _)| level < Level::Allow)
        {
            return Decided { decision: Decision::Allow, why: Why::Emergency(emergency.id.clone()) };
        }
        let Some((level, role)) = granted else {
            return deny(if behind_gate && self.levels[group as usize].is_some() {
                Why::WhereaboutsGate
            } else {
                Why::NoGrant
            });
        };
        if self.counterpart_only && !FieldGroup::COUNTERPART.contains(&group) {
            return deny(Why::CounterpartOnly);
        }
        let decision = match level {
            // What is counted is never shown in full, whatever a role file says.
            Level::Allow if self.purpose != Purpose::Statistics => Decision::Allow,
            Level::Allow | Level::Reduce => Decision::Reduce(Reduction::of(asked)),
        };
        Decided { decision, why: Why::Role(role.to_string()) }
    }
}

/// The decision.
pub fn decide(
    actor: &Actor,
    purpose: Purpose,
    facts: &SubjectFacts,
    asked: impl Into<Asked>,
    rules: &Rules,
    now: i64,
) -> Decided {
    Standing::of(actor, purpose, facts, rules, now).decide(asked.into())
}

/// Whether an actor may do something. `facts` are those of the person it is done to, `None` when there is no such
/// person or the action concerns nobody in particular.
pub(crate) fn may(
    actor: &Actor,
    purpose: Purpose,
    action: Action,
    facts: Option<&SubjectFacts>,
    rules: &Rules,
    now: i64,
) -> Result<Option<String>, Refusal> {
    if purpose == Purpose::Enforcement {
        return Err(Refusal::Enforcement);
    }
    if !action.concerns_a_subject() {
        return if actor.has(action) { Ok(None) } else { Err(Refusal::NotGranted) };
    }
    let facts = facts.ok_or(Refusal::NotFound)?;
    let standing = Standing::of(actor, purpose, facts, rules, now);
    if action == Action::BreakGlass {
        // Out of reach is what the glass is for; withheld and erased stay what they are.
        let hidden = standing.closed.as_ref().is_some_and(|(_, why)| *why != Why::OutOfReach);
        let entitled = actor.has(action) && actor.subject_of.is_none() && purpose == Purpose::ChildCare;
        return match (entitled, standing.closed()) {
            (true, _) if !hidden => Ok(None),
            (_, Some(refusal)) => Err(refusal),
            _ => Err(Refusal::NotGranted),
        };
    }
    if let Some(refusal) = standing.closed() {
        return Err(refusal);
    }
    if action == Action::Erase && facts.hold && actor.has(action) {
        return Err(Refusal::Held);
    }
    let within_own_file = purpose != Purpose::OwnFile || actor.subject_of == Some(facts.person);
    // The role that lets it be done must itself reach the person: two roles do not add up to a third.
    let by_role = actor.roles.iter().any(|role| {
        role.actions().contains(&action)
            && role.grants().iter().any(|grant| {
                grant.purpose == purpose && !grant.groups.is_empty() && facts.is_in(grant.scope, actor)
            })
    });
    if by_role && within_own_file {
        return Ok(None);
    }
    match standing.emergency {
        Some(emergency) if matches!(action, Action::Note | Action::RecordContact) && actor.has(action) => {
            Ok(Some(emergency.id.clone()))
        }
        _ => Err(Refusal::NotGranted),
    }
}
