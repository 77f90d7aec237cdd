//! Small cells. A count below the threshold is not shown, nothing is (zero looks like one: whether somebody is
//! there at all is the question of who looks for one person); and no cell can be worked out from what is shown,
//! even by a reader who knows this file.
//!
//! The argument for a row whose total is shown: hidden are the small cells *and* every cell that has the smallest
//! value of those that are not small, all under one sign. Exchange a small cell with one of the latter: the total,
//! the shown cells and the signs are the same, so that no reader can tell the two rows apart, and each of the
//! hidden cells differs in them. Which cells are hidden does not depend on whether it would have been
//! needed, or the choice itself would tell.

/// Fewer than this many are not shown.
pub const THRESHOLD: u64 = 5;

/// A count as shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    /// The count.
    Count(u64),
    /// Fewer than so many; none included.
    FewerThan(u64),
    /// Not shown, so that another cannot be worked out.
    Withheld,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shown::Count(count) => f.pad(&count.to_string()),
            Shown::FewerThan(threshold) => f.pad(&format!("<{threshold}")),
            Shown::Withheld => f.pad("*"),
        }
    }
}

impl Shown {
    /// The count, if it is shown.
    pub fn count(self) -> Option<u64> {
        match self {
            Shown::Count(count) => Some(count),
            Shown::FewerThan(_) | Shown::Withheld => None,
        }
    }

    /// What the sign means, in English and in Spanish.
    pub fn words(self) -> (String, String) {
        match self {
            Shown::Count(count) => (count.to_string(), count.to_string()),
            Shown::FewerThan(threshold) => {
                (format!("fewer than {threshold}"), format!("menos de {threshold}"))
            }
            Shown::Withheld => (
                "not shown, to protect small groups".into(),
                "no se muestra, para proteger grupos pequeños".into(),
            ),
        }
    }
}

/// A count that stands alone: no total and no other cell beside it.
pub fn suppress(count: u64, threshold: u64) -> Shown {
    if count < threshold { Shown::FewerThan(threshold) } else { Shown::Count(count) }
}

/// Cells and their total, as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressedRow {
    /// The cells, in the order given.
    pub cells: Vec<Shown>,
    /// Their total.
    pub total: Shown,
}

/// Cells that add up to a total that is shown beside them.
pub fn suppress_row(counts: &[u64], threshold: u64) -> SuppressedRow {
    let total = counts.iter().fold(0u64, |sum, count| sum.saturating_add(*count));
    let smallest_shown = counts.iter().copied().filter(|count| *count >= threshold).min();
    if counts.iter().all(|count| *count >= threshold) && !counts.is_empty() {
        return SuppressedRow {
            cells: counts.iter().copied().map(Shown::Count).collect(),
            total: Shown::Count(total),
        };
    }
    let Some(companion) = smallest_shown else {
        // Nothing to hide among: the total would bound the cells. Whether it is small itself is not said either.
        return SuppressedRow { cells: vec![Shown::Withheld; counts.len()], total: Shown::Withheld };
    };
    let show = |count: &u64| if *count <= companion { Shown::Withheld } else { Shown::Count(*count) };
    SuppressedRow { cells: counts.iter().map(show).collect(), total: Shown::Count(total) }
}

/// A table with totals on both sides, as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressedTable {
    /// Rows with their totals.
    pub rows: Vec<SuppressedRow>,
    /// Totals of columns.
    pub columns: Vec<Shown>,
    /// The total of all.
    pub total: Shown,
}

/// A table whose rows and columns have totals. Rows shorter than the longest are filled with nothing.
///
/// Each row by itself is as [`suppress_row`] has it. The total of a column is shown only when all of its cells are,
/// and that of all only when those of all rows are: so what is known of a hidden cell comes from its own row.
pub fn suppress_table(counts: &[Vec<u64>], threshold: u64) -> SuppressedTable {
    let width = counts.iter().map(Vec::len).max().unwrap_or(0);
    let rows: Vec<SuppressedRow> = counts
        .iter()
        .map(|row| {
            let mut row = row.clone();
            row.resize(width, 0);
            suppress_row(&row, threshold)
        })
        .collect();
    let add = |shown: &mut dyn Iterator<Item = Shown>| {
        shown
            .map(Shown::count)
            .try_fold(0u64, |sum, count| count.map(|count| sum.saturating_add(count)))
            .map_or(Shown::Withheld, Shown::Count)
    };
    let columns = (0..width).map(|column| add(&mut rows.iter().map(|row| row.cells[column]))).collect();
    let total = add(&mut rows.iter().map(|row| row.total));
    SuppressedTable { rows, columns, total }
}
