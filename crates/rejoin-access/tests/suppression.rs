//! No suppressed cell can be worked out: by brute force over every small row and table, against a reader who knows
//! the rule; and for larger rows by the exchange that the argument rests on.

use proptest::prelude::*;
use rejoin_access::{Shown, THRESHOLD, suppress, suppress_row, suppress_table};
use std::collections::HashMap;
use std::hash::Hash;

/// Every sequence of `length` values below `limit`.
fn every(length: u32, limit: u64) -> impl Iterator<Item = Vec<u64>> {
    (0..limit.pow(length)).map(move |mut code| {
        (0..length)
            .map(|_| {
                let value = code % limit;
                code /= limit;
                value
            })
            .collect()
    })
}

/// Of all worlds that are published alike, each hidden cell has at least two values.
fn nothing_can_be_worked_out<P: Hash + Eq>(
    worlds: impl Iterator<Item = Vec<u64>>,
    publish: impl Fn(&[u64]) -> (P, Vec<Shown>),
) -> usize {
    let mut alike: HashMap<P, (Vec<Shown>, Vec<Vec<u64>>)> = HashMap::new();
    for world in worlds {
        let (published, cells) = publish(&world);
        alike.entry(published).or_insert_with(|| (cells, Vec::new())).1.push(world);
    }
    let mut hidden = 0;
    for (cells, worlds) in alike.values() {
        for (index, cell) in cells.iter().enumerate() {
            match cell {
                Shown::Count(count) => assert!(worlds.iter().all(|world| world[index] == *count)),
                Shown::FewerThan(_) | Shown::Withheld => {
                    hidden += 1;
                    let first = worlds[0][index];
                    assert!(
                        worlds.iter().any(|world| world[index] != first),
                        "cell {index} of {cells:?} can only be {first}: {worlds:?}"
                    );
                }
            }
        }
    }
    hidden
}

#[test]
fn no_cell_of_a_row_can_be_worked_out_from_its_total() {
    for (length, limit, threshold) in [(1, 12, 5), (2, 12, 5), (3, 11, 5), (4, 8, 3), (5, 6, 3), (4, 6, 2)] {
        let hidden = nothing_can_be_worked_out(every(length, limit), |row| {
            let shown = suppress_row(row, threshold);
            ((shown.cells.clone(), shown.total), shown.cells)
        });
        assert!(hidden > 0);
    }
}

#[test]
fn no_cell_of_a_table_can_be_worked_out_from_its_totals() {
    for (rows, columns, limit, threshold) in [(2, 2, 8, 3), (2, 3, 5, 2), (3, 2, 5, 2)] {
        let hidden = nothing_can_be_worked_out(every(rows * columns, limit), |cells| {
            let table: Vec<Vec<u64>> = cells.chunks(columns as usize).map(<[u64]>::to_vec).collect();
            let shown = suppress_table(&table, threshold);
            let flat: Vec<Shown> = shown.rows.iter().flat_map(|row| row.cells.clone()).collect();
            let totals: Vec<Shown> = shown.rows.iter().map(|row| row.total).collect();
            ((flat.clone(), totals, shown.columns, shown.total), flat)
        });
        assert!(hidden > 0);
    }
}

#[test]
fn the_usual_cases() {
    let text = |counts: &[u64]| {
        let row = suppress_row(counts, THRESHOLD);
        let cells: Vec<String> = row.cells.iter().map(Shown::to_string).collect();
        format!("{} = {}", cells.join(" "), row.total)
    };
    assert_eq!(text(&[12, 7, 30]), "12 7 30 = 49");
    assert_eq!(text(&[12, 3, 30]), "* * 30 = 45");
    assert_eq!(text(&[12, 3, 12, 30]), "* * * 30 = 57");
    assert_eq!(text(&[12, 0, 30]), "* * 30 = 42");
    assert_eq!(text(&[4, 4]), "* * = *");
    assert_eq!(text(&[]), " = *");
    assert_eq!(suppress(0, THRESHOLD), suppress(4, THRESHOLD));
    assert_eq!(suppress(4, THRESHOLD).to_string(), "<5");
    assert_eq!(suppress(5, THRESHOLD).to_string(), "5");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn small_cells_are_hidden_and_totals_that_are_shown_are_right(
        row in prop::collection::vec(0u64..60, 0..12), threshold in 2u64..12,
    ) {
        let shown = suppress_row(&row, threshold);
        for (count, cell) in row.iter().zip(&shown.cells) {
            if *count < threshold { prop_assert_eq!(*cell, Shown::Withheld); }
            if let Shown::Count(said) = cell { prop_assert_eq!(said, count); }
        }
        if let Shown::Count(total) = shown.total { prop_assert_eq!(total, row.iter().sum::<u64>()); }
        let hidden = shown.cells.iter().filter(|cell| **cell == Shown::Withheld).count();
        prop_assert!(hidden != 1 || shown.total == Shown::Withheld, "one hidden cell is the total less the others");
    }

    #[test]
    fn each_hidden_cell_can_be_exchanged_with_another_unseen(
        row in prop::collection::vec(0u64..60, 2..12), threshold in 2u64..12,
    ) {
        let shown = suppress_row(&row, threshold);
        prop_assume!(shown.total != Shown::Withheld);
        let hidden: Vec<usize> = (0..row.len()).filter(|index| shown.cells[*index] == Shown::Withheld).collect();
        for index in &hidden {
            let exchanged = hidden.iter().any(|other| {
                let mut swapped = row.clone();
                swapped.swap(*index, *other);
                swapped[*index] != row[*index] && suppress_row(&swapped, threshold) == shown
            });
            prop_assert!(exchanged, "cell {} of {:?}", index, row);
        }
    }
}
