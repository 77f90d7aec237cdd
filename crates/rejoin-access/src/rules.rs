//! Rules about one person that stand above roles: what is withheld from whom, and who broke the glass.

use crate::actor::{Actor, SubjectFacts};
use crate::words::FieldGroup;
use rejoin_model::{Field, PersonId, RecordId};
use std::collections::{BTreeSet, HashMap};

/// Whom a do-not-disclose rule protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protected {
    /// A person. A person is named after one of its records, and the rule follows that record when people are
    /// joined or parted.
    Person(PersonId),
    /// Whoever a record is linked to.
    Record(RecordId),
}

impl Protected {
    fn key(&self) -> [u8; 10] {
        match self {
            Protected::Person(person) => *person.as_bytes(),
            Protected::Record(record) => *record.as_bytes(),
        }
    }
}

/// What a rule withholds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// Everything, that there is such a person included.
    All,
    /// Groups of fields.
    Groups(BTreeSet<FieldGroup>),
    /// Single fields.
    Fields(BTreeSet<Field>),
}

/// From whom a rule withholds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// Everybody, the person's own account included.
    Anyone,
    /// Whoever has a role.
    Role(String),
    /// Whoever belongs to an organisation, or to one below it.
    Organisation(String),
    /// An account.
    Account(String),
    /// A person in the data, and whoever represents them.
    Person(PersonId),
}

impl Recipient {
    /// Whether the actor is one.
    pub fn is(&self, actor: &Actor) -> bool {
        match self {
            Recipient::Anyone => true,
            Recipient::Role(id) => actor.roles.iter().any(|role| role.id() == id),
            Recipient::Organisation(id) => actor.organisation.is_within_id(id),
            Recipient::Account(account) => actor.account == *account,
            Recipient::Person(person) => actor.subject_of == Some(*person),
        }
    }
}

/// A do-not-disclose rule: it wins over every grant and every emergency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoNotDisclose {
    /// Its id.
    pub id: String,
    /// Whom it protects.
    pub subject: Protected,
    /// What it withholds.
    pub fields: Withheld,
    /// From whom.
    pub recipient: Recipient,
    /// Why. Never shown to the recipient.
    pub reason: String,
    /// The account that placed it.
    pub placed_by: String,
    /// Since when, in microseconds since 1970-01-01 UTC.
    pub from: i64,
    /// Until when (not included); `None`: until it is lifted.
    pub until: Option<i64>,
}

impl DoNotDisclose {
    /// Whether it is in force.
    pub fn is_in_force(&self, now: i64) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

/// Emergency access of one account to one person's file, for child care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    /// Its id.
    pub id: String,
    /// Who broke the glass.
    pub account: String,
    /// Whose file.
    pub subject: PersonId,
    /// Why, as typed; without one there is no emergency.
    pub reason: String,
    /// Since when.
    pub from: i64,
    /// Until when (not included).
    pub until: i64,
    /// When somebody else reviewed it. A review looks back: it does not change what is open; a reviewer who stops
    /// it moves `until`.
    pub reviewed: Option<i64>,
}

impl Emergency {
    /// The longest an emergency lasts, whatever it says: one day, in microseconds.
    pub const LONGEST: i64 = 24 * 60 * 60 * 1_000_000;

    /// Whether it is in force.
    pub fn is_in_force(&self, now: i64) -> bool {
        let end = self.until.min(self.from.saturating_add(Self::LONGEST));
        !self.reason.trim().is_empty() && self.from <= now && now < end
    }
}

/// Every rule there is, found by person.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    do_not_disclose: Vec<DoNotDisclose>,
    by_subject: HashMap<[u8; 10], Vec<usize>>,
    emergencies: HashMap<PersonId, Vec<Emergency>>,
}

impl Rules {
    /// From all rules and emergencies, expired ones included or not.
    pub fn new(
        do_not_disclose: impl IntoIterator<Item = DoNotDisclose>,
        emergencies: impl IntoIterator<Item = Emergency>,
    ) -> Self {
        let mut rules = Self::default();
        do_not_disclose.into_iter().for_each(|rule| rules.withhold(rule));
        emergencies.into_iter().for_each(|emergency| rules.break_glass(emergency));
        rules
    }

    /// Adds a do-not-disclose rule.
    pub fn withhold(&mut self, rule: DoNotDisclose) {
        self.by_subject.entry(rule.subject.key()).or_default().push(self.do_not_disclose.len());
        self.do_not_disclose.push(rule);
    }

    /// Adds an emergency.
    pub fn break_glass(&mut self, emergency: Emergency) {
        self.emergencies.entry(emergency.subject).or_default().push(emergency);
    }

    /// Everybody about whom there is a rule or an emergency, in force or not: of all others, roles alone decide.
    pub fn concerned(&self) -> impl Iterator<Item = Protected> {
        let ruled = self.do_not_disclose.iter().map(|rule| rule.subject);
        ruled.chain(self.emergencies.keys().map(|person| Protected::Person(*person)))
    }

    /// The rules in force that withhold something of the subject from the actor.
    pub(crate) fn withholding<'a>(
        &'a self,
        actor: &'a Actor,
        facts: &'a SubjectFacts,
        now: i64,
    ) -> impl Iterator<Item = &'a DoNotDisclose> {
        let person = std::iter::once(facts.person.as_bytes());
        // Most people have no rule, most cases few: when there is none, no record is looked up.
        let records = facts.records.iter().map(RecordId::as_bytes);
        person
            .chain(records)
            .take_while(|_| !self.by_subject.is_empty())
            .filter_map(|key| self.by_subject.get(key))
            .flatten()
            .map(|index| &self.do_not_disclose[*index])
            .filter(move |rule| rule.is_in_force(now) && rule.recipient.is(actor))
    }

    /// The emergency in force of the actor over the subject.
    pub(crate) fn emergency(&self, actor: &Actor, facts: &SubjectFacts, now: i64) -> Option<&Emergency> {
        self.emergencies
            .get(&facts.person)?
            .iter()
            .find(|emergency| emergency.account == actor.account && emergency.is_in_force(now))
    }
}
