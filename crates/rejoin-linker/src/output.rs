//! Results as columns: links with one level column a comparison, and clusters.

use crate::{Error, Input, spec};
use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray, UInt8Array};
use rayon::prelude::*;
use rejoin_ingest::columns::NONE;
use rejoin_linkage::engine::data::Data;
use rejoin_linkage::engine::estimate::level;
use rejoin_linkage::engine::{Comparison, Linked};
use rejoin_linkage::weight;
use std::collections::HashMap;
use std::sync::Arc;

/// A column of a result.
pub type Array = ArrayRef;

/// A pair as it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Row.
    pub left: u32,
    /// Row, after `left`.
    pub right: u32,
    /// The pair's own weight.
    pub weight: i64,
    /// What is believed of the pair once everything was compared.
    pub probability: f64,
    /// Whether both are in one cluster.
    pub together: bool,
}

/// Ids of all rows of all files.
///
/// # Errors
/// When a file lacks the column, or a row its id, or two rows of a file have one.
pub fn ids<'a>(inputs: &'a [Input], name: &str) -> Result<Vec<&'a str>, Error> {
    let mut ids = Vec::new();
    for input in inputs {
        ids.extend(input.ids(name)?);
    }
    Ok(ids)
}

/// The links: every pair that was kept.
pub fn links(linked: &Linked) -> Vec<Link> {
    linked
        .links
        .iter()
        .zip(&linked.believed)
        .map(|(link, believed)| Link {
            left: link.left,
            right: link.right,
            weight: link.weight,
            probability: weight::probability(*believed),
            together: linked.cluster[link.left as usize] == linked.cluster[link.right as usize],
        })
        .collect()
}

/// Links as columns.
pub fn link_columns(
    inputs: &[Input],
    data: &Data,
    linked: &Linked,
    links: &[Link],
    ids: &[&str],
) -> Vec<(String, Array)> {
    let id = |row: fn(&Link) -> u32| -> Array {
        Arc::new(StringArray::from_iter_values(links.iter().map(|link| ids[row(link) as usize])))
    };
    let mut columns: Vec<(String, Array)> = vec![
        ("left_id".into(), id(|link| link.left)),
        ("right_id".into(), id(|link| link.right)),
        (
            "probability".into(),
            Arc::new(Float64Array::from_iter_values(links.iter().map(|link| link.probability))),
        ),
        (
            "match_weight".into(),
            Arc::new(Float64Array::from_iter_values(links.iter().map(|link| weight::bits(link.weight)))),
        ),
        (
            "same_cluster".into(),
            Arc::new(BooleanArray::from_iter(links.iter().map(|link| Some(link.together)))),
        ),
    ];
    // Two files may number their rows alike.
    if inputs.len() > 1 {
        let files = files(inputs);
        let file = |row: fn(&Link) -> u32| -> Array {
            Arc::new(StringArray::from_iter_values(links.iter().map(|link| files[row(link) as usize])))
        };
        columns.push(("left_file".into(), file(|link| link.left)));
        columns.push(("right_file".into(), file(|link| link.right)));
    }
    let patterns: Vec<u64> =
        links.par_iter().map(|link| linked.pattern(data, link.left, link.right)).collect();
    let mut used: HashMap<String, usize> = HashMap::new();
    for (at, comparison) in linked.spec.comparisons.iter().enumerate() {
        let count = used.entry(comparison.name.clone()).or_default();
        *count += 1;
        let suffix = if *count > 1 { format!("_{count}") } else { String::new() };
        let levels = UInt8Array::from_iter_values(patterns.iter().map(|pattern| level(*pattern, at) as u8));
        columns.push((format!("level_{}{suffix}", comparison.name), Arc::new(levels)));
    }
    columns
}

fn files(inputs: &[Input]) -> Vec<&str> {
    inputs.iter().flat_map(|input| std::iter::repeat_n(input.name.as_str(), input.rows())).collect()
}

/// Clusters as columns: file, id, and the cluster's name, which is the id of its first row; with several files, its file
/// and id.
pub fn cluster_columns(inputs: &[Input], linked: &Linked, ids: &[&str]) -> Vec<(String, Array)> {
    let files = files(inputs);
    let name = |row: &u32| match inputs.len() {
        1 => ids[*row as usize].to_owned(),
        _ => format!("{}:{}", files[*row as usize], ids[*row as usize]),
    };
    vec![
        ("file".into(), Arc::new(StringArray::from_iter_values(&files)) as Array),
        ("id".into(), Arc::new(StringArray::from_iter_values(ids))),
        ("cluster".into(), Arc::new(StringArray::from_iter_values(linked.cluster.iter().map(name)))),
    ]
}

/// What a row says in the columns of a comparison, as written.
pub fn said(inputs: &[Input], file: &spec::File, comparison: &Comparison, data: &Data, row: u32) -> String {
    let mut before = 0;
    for (at, input) in inputs.iter().enumerate() {
        let own = row as usize - before;
        if own >= input.rows() {
            before += input.rows();
            continue;
        }
        let cells = comparison.columns.iter().filter_map(|column| {
            let from = &file.columns.get(data.name(*column))?.from;
            let column = input.column(from.get(at).or(from.first())?)?;
            match column.codes[own] {
                NONE => None,
                code => Some(column.values[code as usize].clone()),
            }
        });
        return cells.collect::<Vec<_>>().join(" | ");
    }
    String::new()
}
