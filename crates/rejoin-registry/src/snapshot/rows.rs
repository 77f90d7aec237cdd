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

impl Glance {
    /// Whether the child's kind decides of the row.
    fn is_plain(&self) -> bool {
        !self.apart && self.class != ALONE
    }
}

/// Rows that lie together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    rows: Vec<Row>,
    glances: Vec<Glance>,
    /// How many rows there are of children of a kind, by list; none of which the kind does not decide.
    kinds: Vec<(u32, List, u32)>,
    all_plain: bool,
}

impl Piece {
    fn new(rows: Vec<Row>, glances: Vec<Glance>) -> Self {
        let mut piece = Self { rows, glances, kinds: Vec::new(), all_plain: true };
        piece.count();
        piece
    }

    fn count(&mut self) {
        self.kinds.clear();
        self.all_plain = self.glances.iter().all(Glance::is_plain);
        for glance in &self.glances {
            match self
                .kinds
                .iter_mut()
                .find(|(class, list, _)| (*class, *list) == (glance.class, glance.list))
            {
                Some((_, _, count)) => *count += 1,
                None => self.kinds.push((glance.class, glance.list, 1)),
            }
        }
    }

    /// How many rows there are by kind of the child and by list, when nothing but the kinds decides: none when it does.
    pub fn kinds(&self, alone: impl Fn(u32) -> bool) -> Option<&[(u32, List, u32)]> {
        let plain = self.all_plain && !self.glances.iter().any(|glance| alone(glance.child));
        plain.then_some(&self.kinds)
    }

    /// Its rows, each with what is seen of it at a glance.
    pub fn rows(&self) -> impl Iterator<Item = (&Glance, &Row)> {
        self.glances.iter().zip(&self.rows)
    }
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
        let piece = |rows: &[Row]| Arc::new(Piece::new(rows.to_vec(), rows.iter().map(glance).collect()));
        Self { now, pieces: rows.chunks(PIECE).map(piece).collect() }
    }

    /// Every row, the most urgent first.
    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.pieces.iter().flat_map(|piece| &piece.rows)
    }

    /// Every piece, the most urgent first.
    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().map(|piece| &**piece)
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
                piece.count();
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
                piece.count();
            }
            if piece.rows.len() > 2 * PIECE {
                let rest = Piece::new(piece.rows.split_off(PIECE), piece.glances.split_off(PIECE));
                piece.count();
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

    /// Many at once, and a few: what is wrong of one piece is not mended by the next row in it.
    fn numbers() -> impl Strategy<Value = Vec<i64>> {
        let many = || proptest::collection::vec(0i64..5000, 0..400);
        prop_oneof![
            many(),
            proptest::collection::vec(0i64..5000, 0..3),
            Just((0..5000).step_by(19).collect())
        ]
    }

    proptest! {
        /// Two ways to the same rows: replaced piece by piece, and sorted as a whole. What was read before stays.
        #[test]
        fn pieces_are_as_one_sorted_row(
            steps in proptest::collection::vec((numbers(), any::<bool>()), 1..12)
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
                for piece in rows.pieces() {
                    prop_assert!(piece.rows().all(|(glance, row)| glance.class == row.at as u32));
                    prop_assert_eq!(piece, &Piece::new(piece.rows.clone(), piece.glances.clone()));
                }
                let size = |piece: &Arc<Piece>| (1..=2 * PIECE).contains(&piece.rows.len());
                prop_assert!(rows.pieces.iter().all(size));
            }
        }
    }
}
