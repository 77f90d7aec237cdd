//! Results as columns: links with one level column a comparison, and clusters.

use crate::{Error, Input, spec};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int32DictionaryArray, LargeStringArray, StringArray,
    UInt8Array,
};
use arrow_buffer::OffsetBuffer;
use rayon::prelude::*;
use rejoin_linkage::engine::data::Data;
use rejoin_linkage::engine::estimate::level;
use rejoin_linkage::engine::{Comparison, Linked, Pattern};
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
    /// Levels.
    pub pattern: Pattern,
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
        .par_iter()
        .zip(&linked.believed)
        .map(|(link, believed)| Link {
            left: link.left,
            right: link.right,
            weight: link.weight,
            pattern: link.pattern,
            probability: weight::probability(*believed),
            together: linked.cluster[link.left as usize] == linked.cluster[link.right as usize],
        })
        .collect()
}

/// Links as columns.
pub fn link_columns(inputs: &[Input], linked: &Linked, links: &[Link], ids: &[&str]) -> Vec<(String, Array)> {
    let id = |row: fn(&Link) -> u32| texts(links.par_iter().map(|link| ids[row(link) as usize]));
    let (left, right) = rayon::join(|| id(|link| link.left), || id(|link| link.right));
    let mut columns: Vec<(String, Array)> = vec![
        ("left_id".into(), left),
        ("right_id".into(), right),
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
        let file = |row: fn(&Link) -> u32| named(inputs, links.iter().map(|link| files[row(link) as usize]));
        columns.push(("left_file".into(), file(|link| link.left)));
        columns.push(("right_file".into(), file(|link| link.right)));
    }
    let mut used: HashMap<String, usize> = HashMap::new();
    for (at, comparison) in linked.spec.comparisons.iter().enumerate() {
        let count = used.entry(comparison.name.clone()).or_default();
        *count += 1;
        let suffix = if *count > 1 { format!("_{count}") } else { String::new() };
        let levels = UInt8Array::from_iter_values(links.iter().map(|link| level(link.pattern, at) as u8));
        columns.push((format!("level_{}{suffix}", comparison.name), Arc::new(levels)));
    }
    columns
}

/// Texts as a column, measured by all threads and then copied in one go.
fn texts<'a>(texts: impl IndexedParallelIterator<Item = &'a str> + Clone) -> Array {
    let lengths: Vec<usize> = texts.clone().map(str::len).collect();
    let mut bytes = Vec::with_capacity(lengths.iter().sum());
    texts.collect::<Vec<_>>().into_iter().for_each(|text| bytes.extend_from_slice(text.as_bytes()));
    let offsets = OffsetBuffer::<i64>::from_lengths(lengths);
    match LargeStringArray::try_new(offsets, bytes.into(), None) {
        Ok(array) => Arc::new(array),
        // Pieces of text one after another are text.
        Err(_) => Arc::new(LargeStringArray::from(Vec::<&str>::new())),
    }
}

/// Row → number of its file.
fn files(inputs: &[Input]) -> Vec<i32> {
    inputs.iter().zip(0..).flat_map(|(input, at)| std::iter::repeat_n(at, input.rows())).collect()
}

/// Names of files by their numbers.
fn named(inputs: &[Input], numbers: impl Iterator<Item = i32>) -> Array {
    let names = StringArray::from_iter_values(inputs.iter().map(|input| &input.name));
    Arc::new(Int32DictionaryArray::new(Int32Array::from_iter_values(numbers), Arc::new(names)))
}

/// Clusters as columns: file, id, and the cluster's name, which is the id of its first row; with several files, its file
/// and id.
pub fn cluster_columns(inputs: &[Input], linked: &Linked, ids: &[&str]) -> Vec<(String, Array)> {
    let files = files(inputs);
    let (own, cluster) = rayon::join(
        || texts(ids.par_iter().copied()),
        || match inputs.len() {
            1 => texts(linked.cluster.par_iter().map(|row| ids[*row as usize])),
            _ => {
                let name = |row: &u32| {
                    let at = *row as usize;
                    format!("{}:{}", inputs[files[at] as usize].name, ids[at])
                };
                Arc::new(StringArray::from_iter_values(linked.cluster.iter().map(name)))
            }
        },
    );
    vec![
        ("file".into(), named(inputs, files.iter().copied())),
        ("id".into(), own),
        ("cluster".into(), cluster),
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
            column.said(own).map(str::to_owned)
        });
        return cells.collect::<Vec<_>>().join(" | ");
    }
    String::new()
}
