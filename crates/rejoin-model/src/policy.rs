//! What was ordered and decided: policies with period, area and terms, and the acts (directives, decisions) by which
//! they came to be applied. All of it is data that a user may edit; a doubt travels with the fact it is about.

use crate::moment::Moment;

/// What a policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Children are separated under it.
    Separates,
    /// It ends or limits separations.
    Ends,
    /// It obliges to reunify.
    Reunifies,
}

impl Effect {
    /// Every effect.
    pub const ALL: [Effect; 3] = [Effect::Separates, Effect::Ends, Effect::Reunifies];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Separates => "separates",
            Effect::Ends => "ends",
            Effect::Reunifies => "reunifies",
        }
    }
}

/// A rule with period, area and terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its stable id.
    pub id: String,
    /// Its title, in English and Spanish.
    pub title: (String, String),
    /// What it does.
    pub effect: Effect,
    /// First day.
    pub from: Moment,
    /// Last day, if it ended.
    pub to: Option<Moment>,
    /// Sectors or offices, folded; none: everywhere.
    pub area: Vec<String>,
    /// Ages of the children to whom it applies, both inclusive.
    pub ages: (u8, u8),
    /// Grounds by which lists name it, folded.
    pub grounds: Vec<String>,
    /// It separated by way of a criminal referral of the adult.
    pub needs_prosecution: bool,
    /// Where it is known from.
    pub sources: Vec<String>,
    /// What is not certain about it.
    pub doubt: Option<String>,
}

/// What an act is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActKind {
    /// Somebody tells somebody to apply or change a policy.
    Directive,
    /// A vote, a charging decision, a declination.
    Decision,
}

impl ActKind {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            ActKind::Directive => "directive",
            ActKind::Decision => "decision",
        }
    }
}

/// A directive or a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Its stable id.
    pub id: String,
    /// What it is.
    pub kind: ActKind,
    /// When.
    pub on: Moment,
    /// Who.
    pub by: String,
    /// To whom, for directives.
    pub to: Option<String>,
    /// Which policy it is about.
    pub policy: String,
    /// What was said or decided, in English and Spanish.
    pub words: (String, String),
    /// By which channel.
    pub channel: Option<String>,
    /// Where it is known from.
    pub sources: Vec<String>,
    /// What is not certain about it.
    pub doubt: Option<String>,
}

/// Policies and acts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    /// Policies, oldest first.
    pub policies: Vec<Policy>,
    /// Acts, oldest first.
    pub acts: Vec<Act>,
}

/// Whether something was so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Surely not.
    No,
    /// The records cannot tell.
    Perhaps,
    /// Surely.
    Yes,
}

/// How a separation is ascribed to a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ascribed {
    /// The list names the policy as the ground, and it was in force.
    Recorded,
    /// The list names the policy, and it was not in force there and then.
    NamedNotInForce,
    /// No ground is on record; the policy was in force and the parent was referred for prosecution.
    Inferred,
    /// No ground is on record; the policy was in force, or may have been.
    Suspected,
    /// The list gives a ground that names no policy.
    OtherGround,
    /// Nothing on record leads to a policy.
    NoneOnRecord,
}

impl Ascribed {
    /// Every way.
    pub const ALL: [Ascribed; 6] = [
        Ascribed::Recorded,
        Ascribed::NamedNotInForce,
        Ascribed::Inferred,
        Ascribed::Suspected,
        Ascribed::OtherGround,
        Ascribed::NoneOnRecord,
    ];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Ascribed::Recorded => "recorded",
            Ascribed::NamedNotInForce => "named-not-in-force",
            Ascribed::Inferred => "inferred",
            Ascribed::Suspected => "suspected",
            Ascribed::OtherGround => "other-ground",
            Ascribed::NoneOnRecord => "none-on-record",
        }
    }
}

/// Which policy led to a separation, as far as records tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// How.
    pub ascribed: Ascribed,
    /// The policy.
    pub policy: Option<String>,
    /// Policies in force there and then.
    pub in_force: Vec<String>,
    /// Policies that may have been.
    pub perhaps: Vec<String>,
    /// The last directive or decision about the policy that surely came before.
    pub act: Option<String>,
    /// A parent was referred for prosecution, by the records.
    pub prosecuted: bool,
}
