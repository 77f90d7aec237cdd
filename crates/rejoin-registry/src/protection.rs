//! At the desk: rules of disclosure, emergencies and their review, legal holds, erasure. Each asks for leave first.

use crate::Error;
use crate::desk::Desk;
use crate::erasure::{Erased, Hold};
use crate::rules::Withholding;
use rejoin_access::{Action, Emergency, Refusal};

impl Desk<'_> {
    /// Places a do-not-disclose rule; gives its id.
    pub fn withhold(&self, id: &str, asked: &Withholding) -> Result<String, Error> {
        self.may(Action::PlaceDoNotDisclose, Some(id))?;
        self.case.withhold(self.named(id)?, asked, &self.seat().stamp())
    }

    /// Lifts a do-not-disclose rule.
    pub fn release(&self, rule: &str, why: &str) -> Result<(), Error> {
        self.may(Action::LiftDoNotDisclose, None)?;
        self.case.release(rule, why, &self.seat().stamp())
    }

    /// Claims emergency access to a person's file, for so many minutes; gives its id. It is to be reviewed by somebody
    /// else.
    pub fn break_glass(&self, id: &str, why: &str, minutes: u32) -> Result<String, Error> {
        // Somebody out of reach is what emergencies are for; whom a rule hides stays hidden.
        self.may(Action::BreakGlass, Some(id))?;
        let person = self.named(id)?;
        let until = self.seat().at_micros + (i64::from(minutes) * 60_000_000).min(Emergency::LONGEST);
        self.case.break_glass(person, why, until, &self.seat().stamp())
    }

    /// Emergencies that nobody reviewed yet.
    pub fn emergencies(&self) -> Result<Vec<Emergency>, Error> {
        self.may(Action::ReviewEmergency, None)?;
        let mut open = Vec::new();
        for (one, record) in self.case.emergencies()? {
            if one.reviewed.is_none() && self.sees(Some(&record))? {
                open.push(one);
            }
        }
        Ok(open)
    }

    /// Reviews an emergency; `stop` ends it.
    pub fn review_emergency(&self, id: &str, finding: &str, stop: bool) -> Result<(), Error> {
        self.may(Action::ReviewEmergency, None)?;
        self.case.review_emergency(id, finding, stop, &self.seat().stamp())
    }

    /// Places a legal hold on a person's file; gives its id.
    pub fn hold(&self, id: &str, why: &str, until: Option<i64>) -> Result<String, Error> {
        self.may(Action::Hold, Some(id))?;
        self.case.place_hold(self.named(id)?, why, until, &self.seat().stamp())
    }

    /// Lifts a legal hold.
    pub fn lift_hold(&self, hold: &str, why: &str) -> Result<(), Error> {
        let of = self.case.holds()?.into_iter().find(|one| one.id == hold);
        let record = of.and_then(|hold| hold.records.first().copied());
        let record = record.ok_or_else(|| Error::Refused(format!("there is no hold {hold:?}")))?;
        self.may(Action::Hold, Some(&record.to_string()))?;
        self.case.lift_hold(hold, why, &self.seat().stamp())
    }

    /// Legal holds, for who may place them on somebody or erase.
    pub fn holds(&self) -> Result<Vec<Hold>, Error> {
        if !self.seat().actor.has(Action::Hold) {
            return Err(self.refuse(Refusal::NotGranted, "holds", None)?);
        }
        let mut holds = Vec::new();
        for hold in self.case.holds()? {
            if self.sees(hold.records.first())? {
                holds.push(hold);
            }
        }
        Ok(holds)
    }

    /// Erases a tracing request: what its author said, of themselves and of whom they seek. A tombstone stays.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not erase; [`Error::Refused`] when there is no such request.
    pub fn erase_request(&self, request: &str, why: &str, authority: &str) -> Result<Erased, Error> {
        self.may(Action::OpenRequest, None)?;
        if !self.seat().actor.has(Action::Erase) {
            return Err(self.refuse(Refusal::NotGranted, "erase tracing request", None)?);
        }
        self.case.erase_request(request, why, authority, &self.seat().stamp())
    }

    /// Erases a person's data: keys are destroyed, a tombstone stays.
    pub fn erase(&self, id: &str, why: &str, authority: &str) -> Result<Erased, Error> {
        self.may(Action::Erase, Some(id))?;
        self.case.erase(self.named(id)?, why, authority, &self.seat().stamp())
    }
}
