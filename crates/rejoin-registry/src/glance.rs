//! At the desk: a line about each of a few people, and how a child's clocks stand.

use crate::Error;
use crate::desk::Desk;
use crate::line::PersonLine;
use crate::wire;
use rejoin_access::{FieldGroup, Lens, Reduced};
use rejoin_casework::worklist::ClockOutcome;
use rejoin_model::{PersonId, RecordId};
use std::collections::BTreeSet;

fn cut_clock(lens: &Lens<'_>, outcome: &ClockOutcome) -> Option<ClockOutcome> {
    lens.coded(FieldGroup::Casework, outcome.clone())
}

impl Desk<'_> {
    /// A line about each of some people, as far as they may be seen; who may not is not in it. It is a reading of them.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn lines(&self, people: &[PersonId]) -> Result<Vec<Reduced<PersonLine>>, Error> {
        self.lines_of(people.iter().map(ToString::to_string), "line")
    }

    /// The same about whom some records are of, each once: whom a figure counted. It is a reading of them.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn counted_lines(&self, records: &[RecordId]) -> Result<Vec<Reduced<PersonLine>>, Error> {
        self.lines_of(records.iter().map(ToString::to_string), "whom a figure counted")
    }

    fn lines_of(
        &self,
        ids: impl Iterator<Item = String>,
        what: &str,
    ) -> Result<Vec<Reduced<PersonLine>>, Error> {
        let snapshot = self.case.snapshot()?;
        let now = self.seat().at_micros;
        let (mut lines, mut subjects, mut told) = (Vec::new(), Vec::new(), BTreeSet::new());
        for id in ids {
            let Some(at) = snapshot.named(&id).filter(|at| told.insert(*at)) else { continue };
            let facts = snapshot.facts(at, now);
            if let Some(line) = self.line(&snapshot, at, &facts) {
                subjects.extend(facts.records.iter().map(RecordId::to_string));
                lines.push(line);
            }
        }
        if !lines.is_empty() {
            let count = lines.len() as u64;
            self.write_seen(wire::FILE_READ, &self.seen(subjects, what, count, None))?;
        }
        Ok(lines)
    }

    /// Clocks of a child that run, were missed without a reason, or of which nobody can tell, for who sees casework of it. It goes with the reading of the child's file.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn clocks(&self, id: &str) -> Result<Vec<ClockOutcome>, Error> {
        let snapshot = self.case.snapshot()?;
        let Some(at) = snapshot.named(id) else { return Ok(Vec::new()) };
        let Some(child) = snapshot.named_by(at) else { return Ok(Vec::new()) };
        let facts = snapshot.facts(at, self.seat().at_micros);
        let decider = self.decider();
        let outcomes = snapshot.base.outcomes(at, child);
        let shown = outcomes.iter().filter_map(|one| decider.view(&facts, one, cut_clock)?.into_inner());
        Ok(shown.collect())
    }
}
