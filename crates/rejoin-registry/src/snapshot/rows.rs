//! The rows of every work-list, in the order in which they are worked on: children under five first, then by the urgency of
//! the list, then what is due first. A row is a few numbers; its words are made when it is shown. Rows lie in pieces, so that
//! a change of one file copies one or two of them, and whoever reads the rows as they were goes on with them.

use super::Snapshot;
use super::classes::ALONE;
use rayon::prelude::*;
use rejoin_casework::worklist::{CustodyFact, Desk, Item, List, Settings, worklist};
use rejoin_casework::{ChildCase, State, StreamId};
use rejoin_model::RecordId;
use std::sync::Arc;

/// Rows in a piece: twice as many at most.
const PIECE: usize = 256;

/// A row. The order of its fields is the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// The child is not known to be under five.
    pub older: bool,
    pub list: List,
    /// When it is due, or since when it stands.
    pub at: i64,
    pub stream: StreamId,
    pub subject: Option<RecordId>,
    /// Place among the clocks, from 1; 0: none.
    pub clock: u16,
    pub due_micros: Option<i64>,
    pub since_micros: Option<i64>,
    /// Places of the child, and of whom the row is about.
    pub child: Option<u32>,
    pub person: Option<u32>,
}

/// What is looked at of every row when a list is looked down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glance {
    /// Place of the child, and its kind; `ALONE` twice: the file is a request.
    pub child: u32,
    pub class: u32,
    pub list: List,
    /// The row is about somebody else than the child, or about nobody: the row says about whom.
    pub apart: bool,
}

/// Rows that lie together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Piece {
    rows: Vec<Row>,
    glances: Vec<Glance>,
}

/// Rows as of a moment.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub now: i64,
    pieces: Vec<Arc<Piece>>,
}

impl Rows {
    /// Every row as of a moment.
    pub fn new(snapshot: &Snapshot, now: i64) -> Self {
        let people = 0..snapshot.base.people.len() as u32;
        let mut rows: Vec<Row> =
            people.into_par_iter().flat_map_iter(|person| of_person(snapshot, person, now)).collect();
        for state in snapshot.files.values() {
            rows.extend(of_request(snapshot, state, now));
        }
        rows.par_sort_unstable();
        let glance = |row: &Row| glance(snapshot, row);
        let piece = |rows: &[Row]| {
            Arc::new(Piece { rows: rows.to_vec(), glances: rows.iter().map(glance).collect() })
        };
        Self { now, pieces: rows.chunks(PIECE).map(piece).collect() }
    }

    /// Every row, the most urgent first.
    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.pieces.iter().flat_map(|piece| &piece.rows)
    }

    /// Every row, the most urgent first, each with what is seen of it at a glance.
    pub fn glances(&self) -> impl Iterator<Item = (&Glance, &Row)> {
        self.pieces.iter().flat_map(|piece| piece.glances.iter().zip(&piece.rows))
    }

    /// Puts rows in place of others.
    pub fn replace(&mut self, old: &[Row], new: &[(Row, Glance)]) {
        for row in old {
            let at = self.piece(row);
            let Some(piece) = self.pieces.get_mut(at) else { continue };
            if let Ok(place) = piece.rows.binary_search(row) {
                let piece = Arc::make_mut(piece);
                piece.rows.remove(place);
                piece.glances.remove(place);
            }
            if self.pieces[at].rows.is_empty() {
                self.pieces.remove(at);
            }
        }
        for (row, glance) in new {
            if self.pieces.is_empty() {
                self.pieces.push(Arc::default());
            }
            let at = self.piece(row).min(self.pieces.len() - 1);
            let piece = Arc::make_mut(&mut self.pieces[at]);
            if let Err(place) = piece.rows.binary_search(row) {
                piece.rows.insert(place, *row);
                piece.glances.insert(place, *glance);
            }
            if piece.rows.len() > 2 * PIECE {
                let rest =
                    Piece { rows: piece.rows.split_off(PIECE), glances: piece.glances.split_off(PIECE) };
                self.pieces.insert(at + 1, Arc::new(rest));
            }
        }
    }

    /// The piece that a row is, or would be, in.
    fn piece(&self, row: &Row) -> usize {
        let after = self.pieces.partition_point(|piece| piece.rows.first().is_some_and(|first| first <= row));
        after.saturating_sub(1)
    }
}

/// What is seen of a row at a glance.
pub(crate) fn glance(snapshot: &Snapshot, row: &Row) -> Glance {
    Glance {
        child: row.child.unwrap_or(ALONE),
        class: row.child.map_or(ALONE, |child| snapshot.class(child)),
        list: row.list,
        apart: row.person != row.child || row.person.is_none(),
    }
}

fn row(snapshot: &Snapshot, item: &Item, child: Option<u32>) -> Row {
    let base = &snapshot.base;
    Row {
        older: !child.is_some_and(|child| base.is_tender(child)),
        list: item.list,
        at: item.due_micros.or(item.since_micros).unwrap_or(i64::MAX),
        stream: item.stream,
        subject: item.subject,
        clock: item.clock.as_deref().and_then(|clock| base.clock(clock)).map_or(0, |at| at + 1),
        due_micros: item.due_micros,
        since_micros: item.since_micros,
        child,
        person: item.subject.and_then(|record| base.person_of(record)),
    }
}

/// The rows about a child, from its files, custody and clocks.
pub(crate) fn of_person(snapshot: &Snapshot, person: u32, now: i64) -> Vec<Row> {
    let base = &snapshot.base;
    let said = &base.said[person as usize];
    let files: Vec<&ChildCase> = snapshot.files_of(person).collect();
    if files.is_empty() && !said.listed {
        return Vec::new();
    }
    // A child whose file is named after one of its records is listed under that file.
    let named = files.last().map(|file| file.child());
    let smallest = base.records(person).map(|record| record.id).next();
    let Some(child) = named.or(smallest) else { return Vec::new() };
    let custody = CustodyFact { child, in_care_since: said.in_care_since, sent_without_receipt: None };
    let clocks = if said.listed { base.outcomes(person, child) } else { Vec::new() };
    let with_candidates = [child];
    let desk = Desk {
        children: &files,
        tracings: &[],
        custody: if said.listed { std::slice::from_ref(&custody) } else { &[] },
        clocks: &clocks,
        with_candidates: if said.proposed { &with_candidates } else { &[] },
    };
    let items = worklist(&desk, now, &Settings::default());
    items.iter().map(|item| row(snapshot, item, Some(person))).collect()
}

/// The rows about a tracing request.
pub(crate) fn of_request(snapshot: &Snapshot, state: &State, now: i64) -> Vec<Row> {
    let State::Tracing(request) = state else { return Vec::new() };
    let tracings = [&**request];
    let desk = Desk { children: &[], tracings: &tracings, custody: &[], clocks: &[], with_candidates: &[] };
    let items = worklist(&desk, now, &Settings::default());
    items.iter().map(|item| row(snapshot, item, None)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(at: i64) -> Row {
        Row {
            older: at % 3 == 0,
            list: List::ALL[at as usize % List::ALL.len()],
            at,
            stream: StreamId::Child(RecordId::from_bytes([at as u8; 10])),
            subject: None,
            clock: 0,
            due_micros: Some(at),
            since_micros: None,
            child: None,
            person: None,
        }
    }

    proptest! {
        /// Two ways to the same rows: replaced piece by piece, and sorted as a whole. What was read before stays.
        #[test]
        fn pieces_are_as_one_sorted_row(
            steps in proptest::collection::vec((proptest::collection::vec(0i64..5000, 0..400), any::<bool>()), 1..12)
        ) {
            let mut rows = Rows { now: 0, pieces: Vec::new() };
            let mut all = std::collections::BTreeSet::new();
            for (numbers, adds) in steps {
                let some: Vec<Row> = numbers.iter().map(|at| drawn(*at)).collect();
                let (before, kept): (Rows, Vec<Row>) = (rows.clone(), rows.iter().copied().collect());
                if adds {
                    let glance = |row: &Row| {
                        let class = row.at as u32;
                        (*row, Glance { child: ALONE, class, list: row.list, apart: true })
                    };
                    rows.replace(&[], &some.iter().map(glance).collect::<Vec<_>>());
                    all.extend(some);
                } else {
                    rows.replace(&some, &[]);
                    all.retain(|row| !some.contains(row));
                }
                prop_assert!(rows.iter().eq(&all));
                prop_assert!(before.iter().eq(&kept));
                prop_assert!(rows.glances().all(|(glance, row)| glance.class == row.at as u32));
                let size = |piece: &Arc<Piece>| (1..=2 * PIECE).contains(&piece.rows.len());
                prop_assert!(rows.pieces.iter().all(size));
            }
        }
    }
}
