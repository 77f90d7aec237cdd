//! Reports of a separation: what somebody tells, what papers say of it, who says otherwise.

use crate::child::ChildCase;
use crate::fact::Fact;
use crate::refusal::{Refusal, said};
use crate::stamp::{Context, Stamp};
use crate::word::SeparationStatus;
use rejoin_model::RecordId;

/// A report of a separation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separation {
    /// Its number in the case, from 1.
    pub number: u32,
    /// Where it stands.
    pub status: SeparationStatus,
    /// From whom, if a record is that person's.
    pub adult: Option<RecordId>,
    /// Who tells it.
    pub told_by: String,
    /// What is told.
    pub words: String,
    /// Who ordered it.
    pub ordered_by: Option<String>,
    /// Under what authority.
    pub authority: Option<String>,
    /// On what ground.
    pub ground: Option<String>,
    /// On what evidence.
    pub evidence: Vec<String>,
    /// What notice the family got.
    pub notice: Option<String>,
    /// Who disputed it, why, and who recorded that.
    pub disputes: Vec<(String, String, Stamp)>,
    /// Why it was confirmed, and by whom.
    pub confirmed: Option<(String, Stamp)>,
    /// Who recorded the report, and when.
    pub reported: Stamp,
}

impl ChildCase {
    pub(crate) fn check_separation(&self, asked: &Fact) -> Result<Vec<Fact>, Refusal> {
        use SeparationStatus::{Confirmed, Disputed, Documented, Reported};
        let find = |number: &u32| {
            self.separations.iter().find(|one| one.number == *number).ok_or(Refusal::NoSuchSeparation)
        };
        let not_now = |status: SeparationStatus| {
            let what = ("the separation", "la separación");
            Err(Refusal::NotNow { what, status: (status.word(), status.spanish()), asked: asked.kind() })
        };
        match asked {
            Fact::SeparationReported { number, told_by, words, adult } => {
                said("told_by", told_by)?;
                said("words", words)?;
                if *adult == Some(self.child) {
                    return Err(Refusal::OwnRelative);
                }
                if usize::try_from(*number).ok() != Some(self.separations.len() + 1) {
                    return Err(Refusal::NumberTaken);
                }
            }
            Fact::SeparationDocumented { number, .. } => match find(number)?.status {
                Reported | Documented | Disputed => {}
                status @ Confirmed => return not_now(status),
            },
            Fact::SeparationDisputed { number, told_by, reason } => match find(number)?.status {
                Documented | Confirmed => {
                    said("told_by", told_by)?;
                    said("reason", reason)?;
                }
                status @ (Reported | Disputed) => return not_now(status),
            },
            Fact::SeparationConfirmed { number, reason } => {
                let separation = find(number)?;
                match separation.status {
                    Documented | Disputed => said("reason", reason)?,
                    status @ (Reported | Confirmed) => return not_now(status),
                }
                if separation.evidence.iter().all(|one| one.trim().is_empty()) {
                    return Err(Refusal::NothingDocumented);
                }
            }
            _ => return Err(Refusal::WrongCase),
        }
        Ok(vec![asked.clone()])
    }

    fn separation_mut(&mut self, number: u32) -> Option<&mut Separation> {
        self.separations.iter_mut().find(|one| one.number == number)
    }

    pub(crate) fn apply_separation(&mut self, fact: &Fact, context: &Context) {
        match fact {
            Fact::SeparationReported { number, adult, told_by, words } => {
                self.separations.push(Separation {
                    number: *number,
                    status: SeparationStatus::Reported,
                    adult: *adult,
                    told_by: told_by.clone(),
                    words: words.clone(),
                    ordered_by: None,
                    authority: None,
                    ground: None,
                    evidence: Vec::new(),
                    notice: None,
                    disputes: Vec::new(),
                    confirmed: None,
                    reported: context.stamp(),
                });
            }
            Fact::SeparationDocumented { number, ordered_by, authority, ground, evidence, notice } => {
                if let Some(separation) = self.separation_mut(*number) {
                    separation.status = SeparationStatus::Documented;
                    // A later paper adds to an earlier one; it does not take back what that one says.
                    let add = |of: &mut Option<String>, said: &Option<String>| {
                        if said.is_some() {
                            of.clone_from(said);
                        }
                    };
                    add(&mut separation.ordered_by, ordered_by);
                    add(&mut separation.authority, authority);
                    add(&mut separation.ground, ground);
                    add(&mut separation.notice, notice);
                    separation.evidence.extend(evidence.iter().cloned());
                }
            }
            Fact::SeparationDisputed { number, told_by, reason } => {
                if let Some(separation) = self.separation_mut(*number) {
                    separation.status = SeparationStatus::Disputed;
                    separation.disputes.push((told_by.clone(), reason.clone(), context.stamp()));
                }
            }
            Fact::SeparationConfirmed { number, reason } => {
                if let Some(separation) = self.separation_mut(*number) {
                    separation.status = SeparationStatus::Confirmed;
                    separation.confirmed = Some((reason.clone(), context.stamp()));
                }
            }
            _ => {}
        }
    }
}
