//! At the desk: proposed families that wait for a decision.

use crate::desk::{Desk, cut_candidate};
use crate::line::{Page, PersonLine, RawLine, cut_line};
use crate::snapshot::{Eye, Snapshot};
use crate::{Error, wire};
use rejoin_access::{Asked, FieldGroup, Reduced, SubjectFacts};
use rejoin_model::{FamilyCandidate, Verdict};

/// What was decided of the candidates to be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DecidedAs {
    /// Nothing yet, or it was taken back.
    #[default]
    Open,
    /// That.
    As(Verdict),
    /// Whatever.
    Any,
}

/// Which candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueFilter {
    /// What was decided of them.
    pub decided: DecidedAs,
    /// Of at least this probability, in 0..=1.
    pub least: f64,
    /// Mothers and fathers only.
    pub parents_only: bool,
    /// Which of those.
    pub page: Page,
}

impl Default for QueueFilter {
    fn default() -> Self {
        Self { decided: DecidedAs::Open, least: 0.1, parents_only: false, page: Page::default() }
    }
}

/// A part of the queue.
pub struct QueuePage {
    /// Its rows: those of children under five first, then the likeliest.
    pub rows: Vec<QueueRow>,
    /// How many there are that the reader may see and the filter lets through.
    pub total: u64,
}

/// A proposed family.
pub struct QueueRow {
    /// What is proposed. What competes with somebody hidden does not say so.
    pub candidate: Reduced<FamilyCandidate>,
    /// The child.
    pub child: Reduced<PersonLine>,
    /// The other.
    pub other: Reduced<PersonLine>,
    /// What was decided.
    pub verdict: Option<Verdict>,
}

impl Desk<'_> {
    /// Proposed families of which both people may be seen. It is written down as read.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn candidate_queue(&self, filter: &QueueFilter) -> Result<QueuePage, Error> {
        let snapshot = self.case.snapshot()?;
        let asked = [Asked::from(FieldGroup::Evidence)];
        let all = |_: &SubjectFacts| true;
        let eye = Eye::new(self.decider(), &snapshot, &asked, &all);
        let base = &snapshot.base;
        let (mut total, mut on_page) = (0u64, Vec::new());
        for place in base.queue() {
            if place.probability < filter.least as f32
                || (filter.parents_only && !place.is_parent)
                || eye.extent(place.child, 0) == 0
                || eye.extent(place.other, 0) == 0
            {
                continue;
            }
            let verdict = snapshot.decision(place.candidate, place.child).map(|decided| decided.verdict);
            let is_asked_for = match filter.decided {
                DecidedAs::Open => verdict.is_none(),
                DecidedAs::As(wanted) => verdict == Some(wanted),
                DecidedAs::Any => true,
            };
            if is_asked_for {
                if filter.page.has(total) {
                    on_page.push((place, verdict));
                }
                total += 1;
            }
        }
        let row = |(place, verdict): &(&crate::snapshot::Place, Option<Verdict>)| {
            let [child, other] = [place.child, place.other].map(|at| self.facts_at(&snapshot, at));
            let candidate = &base.whole.candidates[place.candidate as usize];
            let hidden = base.candidates(place.child).iter().any(|at| {
                let one = &base.whole.candidates[*at as usize];
                let rival = if one.child == candidate.child { one.other } else { one.child };
                !base.at(rival).is_some_and(|at| self.decider().sees(&self.facts_at(&snapshot, at)))
            });
            let candidate = match hidden {
                true => FamilyCandidate { contested: false, none: f64::NAN, ..candidate.clone() },
                false => candidate.clone(),
            };
            Some(QueueRow {
                candidate: self.decider().view_of_all(&[&child, &other], &candidate, cut_candidate)?,
                child: self.line(&snapshot, place.child, &child)?,
                other: self.line(&snapshot, place.other, &other)?,
                verdict: *verdict,
            })
        };
        let rows: Vec<QueueRow> = on_page.iter().filter_map(row).collect();
        self.write_seen(wire::FILE_READ, &self.seen(Vec::new(), "candidates", rows.len() as u64, None))?;
        Ok(QueuePage { rows, total })
    }

    pub(crate) fn facts_at(&self, snapshot: &Snapshot, at: u32) -> SubjectFacts {
        snapshot.facts(at, self.seat().at_micros)
    }

    /// A person in one line; none: the reader may not know of the person.
    pub(crate) fn line(
        &self,
        snapshot: &Snapshot,
        at: u32,
        facts: &SubjectFacts,
    ) -> Option<Reduced<PersonLine>> {
        self.decider().view(facts, &RawLine { snapshot, at }, cut_line)
    }
}
