//! At the desk: measures. Under the purpose of statistics nobody is shown: everybody is counted by whom a role may count,
//! and small cells are suppressed, here and nowhere else. Under another purpose what the reader may see is counted.

use crate::desk::Desk;
use crate::wire;
use crate::{Error, clocks, policies};
use rejoin_access::{Action, FieldGroup, Purpose, Refusal, THRESHOLD, suppress, suppress_row};
use rejoin_custody::clock::Rule;
use rejoin_ingest::{Row, table};
use rejoin_inquiry::measure::{How, MEASURES, Unit};
use rejoin_inquiry::reconcile::{NOT_TOLD, OF_SCOPE, Published, reconcile};
use rejoin_inquiry::{Answer, Measure, Parameters, Refused, Scene, ask};
use rejoin_ledger::Checkpoint;
use rejoin_model::{Moment, PersonId, Policies, RecordId};
use std::collections::BTreeSet;

/// What somebody is told of a measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The answer. It holds nothing that is suppressed: such counts are 0 in it, such values no number, and no record is
    /// named.
    pub answer: Answer,
    /// The value; none when it is suppressed, or there is none.
    pub value: Option<f64>,
    /// Counts by how it is known; none where suppressed.
    pub columns: [Option<u64>; 4],
    /// The breakdown; lines of which nothing may be shown are left out.
    pub lines: Vec<ToldLine>,
    /// How many records were counted; none when that is suppressed.
    pub records: Option<u64>,
    /// Where the ledger stood.
    pub checkpoint: Checkpoint,
    /// Small cells are suppressed, whether or not there were any.
    pub suppressed: bool,
}

/// A line of a breakdown.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldLine {
    /// Group → value.
    pub key: Vec<(String, String)>,
    /// The value; none when it is suppressed, or there is none.
    pub value: Option<f64>,
    /// Counts by how it is known; none where suppressed.
    pub columns: [Option<u64>; 4],
}

/// A published figure beside what somebody is told of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconciled {
    /// The published figure.
    pub published: Published,
    /// The published number, if one can be read from the figure.
    pub number: Option<f64>,
    /// What is told of ours, or why nothing of ours counts the same.
    pub ours: Result<Told, &'static str>,
}

impl Reconciled {
    /// Ours less theirs.
    pub fn difference(&self) -> Option<f64> {
        Some(self.ours.as_ref().ok()?.value? - self.number?)
    }
}

/// Each figure asks a measure over everybody: no published table is as long as this.
const MOST_PUBLISHED: usize = 500;

/// Reads a file of published figures: a table of any format that lists come in, with the columns `metric` and `value`, and
/// as far as they are there `id`, `body`, `document`, `period`, `definition_or_note`, `how_seen`.
///
/// # Errors
/// [`Error::Read`] when it is no table; [`Error::Published`] when it lacks a column, or is longer than such tables are.
pub fn published(name: &str, bytes: &[u8]) -> Result<Vec<Published>, Error> {
    let table = table::read(bytes).map_err(|source| Error::Read { name: name.into(), source })?;
    let column = |name: &str| table.columns.iter().position(|column| column.trim() == name);
    if column("metric").is_none() || column("value").is_none() {
        return Err(Error::Published(format!("{name} has no columns `metric` and `value`")));
    }
    if table.rows.len() > MOST_PUBLISHED {
        return Err(Error::Published(format!("{name} has more than {MOST_PUBLISHED} figures")));
    }
    let of =
        |row: &Row, name: &str| column(name).and_then(|at| row.cells.get(at)).cloned().unwrap_or_default();
    let read = |row: &Row| Published {
        id: of(row, "id"),
        body: of(row, "body"),
        document: of(row, "document"),
        period: of(row, "period"),
        metric: of(row, "metric"),
        value: of(row, "value"),
        note: of(row, "definition_or_note"),
        seen: of(row, "how_seen"),
    };
    Ok(table.rows.iter().map(read).collect())
}

fn number(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

impl Told {
    /// An answer in full.
    pub fn whole(answer: Answer, checkpoint: Checkpoint) -> Self {
        let lines = answer.breakdown.iter().map(|line| ToldLine {
            key: line.key.clone(),
            value: number(line.value),
            columns: line.columns.map(Some),
        });
        Self {
            value: number(answer.value),
            columns: answer.columns.map(Some),
            lines: lines.collect(),
            records: Some(answer.records.len() as u64),
            checkpoint,
            suppressed: false,
            answer,
        }
    }

    /// An answer of which no cell is shown that fewer than so many people stand behind, and none by which such a cell could
    /// be worked out: each column adds up to its total, and is suppressed as a row of [`rejoin_access`] is. That a line is
    /// there says that somebody is: a line of which nothing is shown is left out.
    pub fn suppressed(mut answer: Answer, checkpoint: Checkpoint, threshold: u64) -> Self {
        let unit = MEASURES.iter().find(|measure| measure.name == answer.measure).copied();
        let of_value: &[How] = unit.map_or(&How::ALL, |measure| measure.value);
        let medians = unit.is_some_and(|measure| measure.unit == Unit::MedianDays);
        let mut shown = [false; 4];
        let mut cells = vec![[false; 4]; answer.breakdown.len()];
        for how in How::ALL {
            let at = how as usize;
            shown[at] = suppress(answer.behind[at], threshold).count().is_some();
            if !answer.breakdown.is_empty() {
                let behind: Vec<u64> = answer.breakdown.iter().map(|line| line.behind[at]).collect();
                let row = suppress_row(&behind, threshold);
                shown[at] &= row.total.count().is_some();
                for (cell, count) in cells.iter_mut().zip(&row.cells) {
                    cell[at] = count.count().is_some();
                }
            }
        }
        let all = |shown: &[bool; 4]| of_value.iter().all(|how| shown[*how as usize]);
        let cut = |columns: &[u64; 4], shown: &[bool; 4]| -> [Option<u64>; 4] {
            std::array::from_fn(|at| shown[at].then_some(columns[at]))
        };
        let dated = answer.days.as_ref().map_or(0, |days| days.count);
        let value_shown = all(&shown) && (!medians || dated >= threshold);
        let columns = cut(&answer.columns, &shown);
        let mut lines = Vec::new();
        for (line, cell) in answer.breakdown.iter_mut().zip(&cells) {
            let columns = cut(&line.columns, cell);
            let value_shown = all(cell) && (!medians || line.dated >= threshold);
            line.columns = columns.map(Option::unwrap_or_default);
            line.value = if value_shown { line.value } else { f64::NAN };
            (line.behind, line.dated) = ([0; 4], 0);
            lines.push(ToldLine { key: line.key.clone(), value: number(line.value), columns });
        }
        let mut kept = lines.iter().map(|line| line.columns.iter().any(Option::is_some));
        answer.breakdown.retain(|_| kept.next().unwrap_or(false));
        lines.retain(|line| line.columns.iter().any(Option::is_some));
        answer.value = if value_shown { answer.value } else { f64::NAN };
        answer.columns = columns.map(Option::unwrap_or_default);
        // Least and most days are single people's; records lead to people, and their number counts them.
        (answer.behind, answer.days) = ([0; 4], None);
        (answer.records, answer.records_hash) = (Vec::new(), [0; 32]);
        Self {
            value: number(answer.value),
            columns,
            lines,
            records: None,
            checkpoint,
            suppressed: true,
            answer,
        }
    }
}

/// What a measure, or a group of a breakdown, tells of people.
fn tells(word: &str) -> &'static [FieldGroup] {
    match word {
        "in-shelter-care" | "still-in-care" | "time-to-placement" | "clock" | "custody-problems" => {
            &[FieldGroup::CustodyDates]
        }
        "separated" | "not-separated" | "days-not-apart" => &[FieldGroup::Separation],
        "reunited" | "time-apart" => &[FieldGroup::Separation, FieldGroup::CustodyDates],
        "prosecutions" | "district" | "charge" => &[FieldGroup::Prosecution],
        "whereabouts-unknown" | "facility" | "office" | "sector" | "list" => &[FieldGroup::Whereabouts],
        "country" | "sex" => &[FieldGroup::Origin],
        "age" | "age-group" => &[FieldGroup::BirthAndAge],
        "outcome" | "status" | "year" | "month" | "week" => &[FieldGroup::CustodyDates],
        "reason" | "basis" | "policy" | "attribution" | "act" => &[FieldGroup::Separation],
        // How many people and findings there are tells nothing else of them.
        _ => &[],
    }
}

/// The same counts, of nobody.
fn of_nobody(mut answer: Answer, only: &[(String, String)]) -> Answer {
    answer.parameters.extend(only.iter().map(|(group, value)| ("where".into(), format!("{group}={value}"))));
    (answer.columns, answer.behind, answer.value) = ([0; 4], [0; 4], 0.0);
    answer.breakdown.clear();
    answer
}

impl Desk<'_> {
    /// Whether figures are suppressed here.
    pub fn suppresses(&self) -> bool {
        self.seat().purpose == Purpose::Statistics
    }

    /// Asks a measure. One reading is written down.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not count, or not by this; [`Error::Refused`] with the words of the measure when it
    /// does not take what was asked.
    pub fn ask(&self, measure: &'static Measure, parameters: &Parameters) -> Result<Told, Error> {
        let refused = |refused: Refused| Error::Refused(refused.to_string());
        let named = parameters.by.iter().chain(parameters.only.iter().map(|(name, _)| name));
        let words: Vec<&str> = std::iter::once(measure.name).chain(named.map(String::as_str)).collect();
        let what = format!("measure {}", measure.name);
        let (answer, checkpoint) =
            self.counted(&words, &what, parameters.on, |scene| match ask(measure, scene, parameters) {
                // Which values there are tells that somebody has them.
                Err(Refused::Unknown { what: "value", .. }) if self.suppresses() => {
                    let all = Parameters { only: Vec::new(), ..parameters.clone() };
                    Ok(of_nobody(ask(measure, scene, &all).map_err(refused)?, &parameters.only))
                }
                answer => answer.map_err(refused),
            })?;
        Ok(self.told(answer, checkpoint))
    }

    /// Published figures beside ours, as [`rejoin_inquiry::reconcile`] chooses the measures. One reading is written down.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not count.
    pub fn reconcile(
        &self,
        published: Vec<Published>,
        as_of: Option<Moment>,
    ) -> Result<(Vec<Reconciled>, Checkpoint), Error> {
        let words = ["in-shelter-care", "reunited", "separated"];
        let (all, checkpoint) =
            self.counted(&words, "measure reconcile", as_of, |scene| Ok(reconcile(scene, published)))?;
        let told = all.into_iter().map(|one| {
            let ours = one.ours.map(|answer| self.told(answer, checkpoint));
            Reconciled { published: one.published, number: one.number, ours: self.as_told(ours) }
        });
        Ok((told.collect(), checkpoint))
    }

    /// Where figures are suppressed, from where to where our lists go is the date of somebody: that, and that a count is too
    /// small, are one answer.
    fn as_told(&self, ours: Result<Told, &'static str>) -> Result<Told, &'static str> {
        match ours {
            Err(why) if self.suppresses() && OF_SCOPE.contains(&why) => Err(NOT_TOLD),
            Ok(told) if told.suppressed && told.value.is_none() => Err(NOT_TOLD),
            ours => ours,
        }
    }

    fn told(&self, answer: Answer, checkpoint: Checkpoint) -> Told {
        match self.suppresses() {
            true => Told::suppressed(answer, checkpoint, THRESHOLD),
            false => Told::whole(answer, checkpoint),
        }
    }

    /// Counts over what the reader may see; under statistics over everybody whom a role counts by these words.
    fn counted<T>(
        &self,
        words: &[&str],
        what: &str,
        as_of: Option<Moment>,
        count: impl FnOnce(&Scene<'_>) -> Result<T, Error>,
    ) -> Result<(T, Checkpoint), Error> {
        if !self.suppresses() {
            let view = self.view(Some(what))?;
            let people = view.people();
            return Ok((count(&view.scene(&people, as_of))?, view.checkpoint));
        }
        self.may(Action::Count, None)?;
        let groups: BTreeSet<FieldGroup> = words.iter().flat_map(|word| tells(word)).copied().collect();
        let groups: Vec<FieldGroup> = groups.into_iter().collect();
        if groups.iter().any(|group| !self.may_count_by(*group)) {
            return Err(self.refuse(Refusal::NotGranted, what, None)?);
        }
        let mut whole = self.case.whole()?;
        let facts = self.facts_of_all(&whole)?;
        let decider = self.decider();
        // Who does not count is not there for anybody else's count either: as a parent, as one of a family unit.
        let counts =
            |person: &PersonId| facts.get(person).is_some_and(|facts| decider.counts(facts, &groups));
        let counted: BTreeSet<PersonId> = facts.keys().filter(|person| counts(person)).copied().collect();
        let of = |record: &RecordId| {
            let person = whole.person_of.get(record).copied();
            counted.contains(&person.unwrap_or(PersonId::of_smallest(*record)))
        };
        let kept: BTreeSet<RecordId> = whole.records.iter().map(|record| record.id).filter(of).collect();
        whole.records.retain(|record| kept.contains(&record.id));
        whole.candidates.retain(|one| counted.contains(&one.child) && counted.contains(&one.other));
        whole.findings.retain(|(_, finding)| finding.record.is_none_or(|record| kept.contains(&record)));
        whole.units.retain(|(record, _, _)| kept.contains(record));
        let people = whole.people();
        let answer = count(&whole.scene(&people, as_of))?;
        self.write_seen(wire::FILE_READ, &self.seen(Vec::new(), what, counted.len() as u64, None))?;
        Ok((answer, whole.checkpoint))
    }

    /// Policies, directives and decisions: they say nothing of anybody.
    ///
    /// # Errors
    /// When the case's file cannot be read.
    pub fn policies(&self) -> Result<Policies, Error> {
        policies::read(&self.case.directory)
    }

    /// The case's clocks: they say nothing of anybody.
    ///
    /// # Errors
    /// When the case's file cannot be read.
    pub fn clocks_known(&self) -> Result<Vec<Rule>, Error> {
        clocks::read(&self.case.directory)
    }

    /// Whether a role of the reader counts by a group at all.
    fn may_count_by(&self, group: FieldGroup) -> bool {
        let actor = &self.seat().actor;
        let grants = actor.roles.iter().flat_map(|role| role.grants());
        let mut grants = grants.filter(|grant| grant.purpose == Purpose::Statistics);
        grants.any(|grant| grant.groups.iter().any(|(granted, _)| *granted == group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rejoin_inquiry::group;

    #[test]
    fn every_group_and_measure_has_its_place() {
        for group in group::GROUPS {
            assert!(!tells(group.name).is_empty(), "{}", group.name);
        }
        let nothing: Vec<&str> =
            MEASURES.iter().map(|one| one.name).filter(|name| tells(name).is_empty()).collect();
        assert_eq!(nothing, ["children-listed", "data-quality"]);
    }
}
