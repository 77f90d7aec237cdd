//! At the desk: measures. Under the purpose of statistics nobody is shown: everybody is counted by whom a role may count,
//! and small cells are suppressed, here and nowhere else. Under another purpose what the reader may see is counted.

use crate::desk::Desk;
use crate::wire;
use crate::{Error, clocks, policies};
use rejoin_access::{Action, FieldGroup, Purpose, Refusal, SubjectFacts, THRESHOLD, suppress, suppress_row};
use rejoin_custody::clock::Rule;
use rejoin_ingest::{Row, table};
use rejoin_inquiry::measure::{How, Line, MEASURES, Unit};
use rejoin_inquiry::reconcile::{NOT_TOLD, OF_SCOPE, Published, reconcile};
use rejoin_inquiry::{Answer, Measure, Parameters, Refused, Scene, ask};
use rejoin_ledger::Checkpoint;
use rejoin_model::{Moment, PersonId, Policies, RecordId};
use std::collections::{BTreeMap, BTreeSet};

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
        hide_in_margins(&answer.breakdown, &mut cells, threshold);
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

/// The same may be asked broken down by fewer groups: each line of that is the total of some lines of this. Where fewer people
/// than the threshold are hidden under such a total, or one line alone, the smallest of its other lines is hidden with them;
/// until nothing is left to be hidden. Two tables that only overlap may still tell more together than each by itself.
fn hide_in_margins(breakdown: &[Line], cells: &mut [[bool; 4]], threshold: u64) {
    let groups = breakdown.first().map_or(0, |line| line.key.len());
    // Every choice of some groups, and not all: as bits.
    let chosen = (1..(1_u32 << groups.min(8))).filter(|bits| bits.count_ones() < groups as u32);
    let margins: Vec<Vec<usize>> = chosen
        .flat_map(|bits| {
            let mut margin: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
            for (at, line) in breakdown.iter().enumerate() {
                let key = line.key.iter().enumerate().filter(|(group, _)| bits >> group & 1 == 1);
                margin.entry(key.map(|(_, (_, value))| value.as_str()).collect()).or_default().push(at);
            }
            margin.into_values()
        })
        .collect();
    for how in How::ALL.map(|how| how as usize) {
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for margin in &margins {
                let hidden = margin.iter().filter(|at| !cells[**at][how]);
                let (count, sum) = hidden.fold((0, 0_u64), |(count, sum), at| {
                    (count + 1, sum.saturating_add(breakdown[*at].behind[how]))
                });
                if count == 0 || (count > 1 && sum >= threshold) {
                    continue;
                }
                let shown = margin.iter().filter(|at| cells[**at][how]);
                if let Some(smallest) = shown.min_by_key(|at| breakdown[**at].behind[how]) {
                    cells[*smallest][how] = false;
                    changed = true;
                }
            }
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

    /// Counts over whom the reader may see, and under statistics over everybody whom a role counts by these words. Whoever may
    /// count, and is shown in full whatever is told, is told the number that everybody is told: measures rest on names and
    /// numbers of family units too, which that reader may see reduced.
    fn counted<T>(
        &self,
        words: &[&str],
        what: &str,
        as_of: Option<Moment>,
        count: impl FnOnce(&Scene<'_>) -> Result<T, Error>,
    ) -> Result<(T, Checkpoint), Error> {
        let groups: BTreeSet<FieldGroup> = words.iter().flat_map(|word| tells(word)).copied().collect();
        let groups: Vec<FieldGroup> = groups.into_iter().collect();
        if self.suppresses() {
            self.may(Action::Count, None)?;
            if groups.iter().any(|group| !self.may_count_by(*group)) {
                return Err(self.refuse(Refusal::NotGranted, what, None)?);
            }
        }
        let mut whole = self.case.whole()?;
        let facts = self.facts_of_all(&whole)?;
        let decider = self.decider();
        let counted: Option<BTreeSet<PersonId>> = match self.suppresses() {
            true => Some(
                facts.iter().filter(|(_, facts)| decider.counts(facts, &groups)).map(|(id, _)| *id).collect(),
            ),
            false => {
                let seen: Vec<_> = facts.iter().filter(|(_, facts)| decider.sees(facts)).collect();
                let whole_of = |facts: &SubjectFacts| {
                    groups.iter().all(|group| decider.decide(facts, *group).decision.extent() == 2)
                };
                let all =
                    self.seat().actor.has(Action::Count) && seen.iter().all(|(_, facts)| whole_of(facts));
                all.then(|| seen.iter().map(|(id, _)| **id).collect())
            }
        };
        let Some(counted) = counted else {
            let view = self.view(Some(what))?;
            let people = view.people();
            return Ok((count(&view.scene(&people, as_of))?, view.checkpoint));
        };
        // Who does not count is not there for anybody else's count either: as a parent, as one of a family unit.
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

    /// By two groups: what is hidden cannot be had by taking what is shown from the totals of a table by one of them.
    #[test]
    fn tables_by_fewer_groups_give_no_hidden_cell_away() {
        let line = |one: u64, other: u64, count: u64| Line {
            key: vec![("sector".into(), one.to_string()), ("age-group".into(), other.to_string())],
            columns: [count, 0, 0, 0],
            value: count as f64,
            behind: [count, 0, 0, 0],
            dated: 0,
        };
        let (mut state, mut hidden) = (2018_u64, 0);
        let mut dice = |end: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % end
        };
        for _ in 0..300 {
            let lines: Vec<Line> = (0..5)
                .flat_map(|one| (0..4).map(move |other| (one, other)))
                .map(|(one, other)| {
                    let count = if dice(4) == 0 { dice(THRESHOLD) } else { THRESHOLD + dice(60) };
                    line(one, other, count)
                })
                .collect();
            let mut cells: Vec<[bool; 4]> =
                lines.iter().map(|line| [line.behind[0] >= THRESHOLD; 4]).collect();
            hide_in_margins(&lines, &mut cells, THRESHOLD);
            for group in 0..2 {
                for value in 0..5 {
                    let of = |at: &usize| lines[*at].key[group].1 == value.to_string();
                    let margin: Vec<usize> = (0..lines.len()).filter(of).collect();
                    let gone: Vec<u64> =
                        margin.iter().filter(|at| !cells[**at][0]).map(|at| lines[*at].behind[0]).collect();
                    let safe = gone.is_empty()
                        || gone.len() == margin.len()
                        || (gone.len() > 1 && gone.iter().sum::<u64>() >= THRESHOLD);
                    assert!(safe, "{gone:?} of {margin:?}");
                    hidden += gone.len();
                }
            }
        }
        assert!(hidden > 100, "something was hidden");
    }

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
