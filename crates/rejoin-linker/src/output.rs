//! Results as columns: links with one level column a comparison, and clusters.

use crate::{Ids, Input, spec};
use arrow_array::builder::StringBuilder;
use arrow_array::{BooleanArray, Float64Array, Int32Array, Int32DictionaryArray, StringArray, UInt8Array};
use arrow_schema::DataType;
pub use rejoin_ingest::columns::Made;
use rejoin_linkage::engine::data::Data;
use rejoin_linkage::engine::estimate::level;
use rejoin_linkage::engine::{Comparison, Linked, Pair};
use rejoin_linkage::weight;
use std::collections::HashMap;
use std::sync::Arc;

/// What is believed of a link once everything was compared.
pub fn probability(linked: &Linked, link: usize) -> f64 {
    weight::probability(linked.believed[link])
}

/// Links as columns.
pub fn link_columns<'a>(inputs: &[Input], linked: &'a Linked, ids: &'a Ids<'_>) -> Vec<(String, Made<'a>)> {
    let links = &linked.links;
    let id = |row: fn(&Pair) -> u32| texts(links.len(), move |at| ids.get(row(&links[at]) as usize));
    let numbers = |number: fn(&Linked, usize) -> f64| -> Made<'a> {
        Made::new(DataType::Float64, links.len(), move |rows| {
            Arc::new(Float64Array::from_iter_values(rows.map(|at| number(linked, at))))
        })
    };
    let cluster = |row: u32| linked.cluster[row as usize];
    let together = Made::new(DataType::Boolean, links.len(), move |rows| {
        let same = |link: &Pair| Some(cluster(link.left) == cluster(link.right));
        Arc::new(BooleanArray::from_iter(links[rows].iter().map(same)))
    });
    let mut columns: Vec<(String, Made<'a>)> = vec![
        ("left_id".into(), id(|link| link.left)),
        ("right_id".into(), id(|link| link.right)),
        ("probability".into(), numbers(probability)),
        ("match_weight".into(), numbers(|linked, at| weight::bits(linked.links[at].weight))),
        ("same_cluster".into(), together),
    ];
    // Two files may number their rows alike.
    if inputs.len() > 1 {
        let files: Arc<[i32]> = files(inputs).into();
        let file = |row: fn(&Pair) -> u32| {
            let files = files.clone();
            named(inputs, links.len(), move |at| files[row(&links[at]) as usize])
        };
        columns.push(("left_file".into(), file(|link| link.left)));
        columns.push(("right_file".into(), file(|link| link.right)));
    }
    let mut used: HashMap<String, usize> = HashMap::new();
    for (at, comparison) in linked.spec.comparisons.iter().enumerate() {
        let count = used.entry(comparison.name.clone()).or_default();
        *count += 1;
        let suffix = if *count > 1 { format!("_{count}") } else { String::new() };
        let levels = Made::new(DataType::UInt8, links.len(), move |rows| {
            let levels = links[rows].iter().map(|link| level(link.pattern, at) as u8);
            Arc::new(UInt8Array::from_iter_values(levels))
        });
        columns.push((format!("level_{}{suffix}", comparison.name), levels));
    }
    columns
}

/// Texts as a column.
fn texts<'a>(rows: usize, text: impl Fn(usize) -> &'a str + Send + Sync + 'a) -> Made<'a> {
    Made::new(DataType::Utf8, rows, move |rows| {
        let mut builder = StringBuilder::with_capacity(rows.len(), rows.len() * 32);
        rows.for_each(|row| builder.append_value(text(row)));
        Arc::new(builder.finish())
    })
}

/// Row → number of its file.
fn files(inputs: &[Input]) -> Vec<i32> {
    inputs.iter().zip(0..).flat_map(|(input, at)| std::iter::repeat_n(at, input.rows())).collect()
}

/// Names of files by their numbers.
fn named<'a>(inputs: &[Input], rows: usize, number: impl Fn(usize) -> i32 + Send + Sync + 'a) -> Made<'a> {
    let names = Arc::new(StringArray::from_iter_values(inputs.iter().map(|input| &input.name)));
    let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    Made::new(kind, rows, move |rows| {
        let numbers = Int32Array::from_iter_values(rows.map(&number));
        Arc::new(Int32DictionaryArray::new(numbers, names.clone()))
    })
}

/// Clusters as columns: file, id, and the cluster's name, which is the id of its first row; with several files, its file
/// and id.
pub fn cluster_columns<'a>(
    inputs: &'a [Input],
    linked: &'a Linked,
    ids: &'a Ids<'_>,
) -> Vec<(String, Made<'a>)> {
    let files: Arc<[i32]> = files(inputs).into();
    let of = files.clone();
    let cluster = match inputs.len() {
        1 => texts(ids.len(), |row| ids.get(linked.cluster[row] as usize)),
        _ => Made::new(DataType::Utf8, ids.len(), move |rows| {
            let name = |row: usize| {
                let at = linked.cluster[row] as usize;
                format!("{}:{}", inputs[of[at] as usize].name, ids.get(at))
            };
            Arc::new(StringArray::from_iter_values(rows.map(name)))
        }),
    };
    vec![
        ("file".into(), named(inputs, ids.len(), move |row| files[row])),
        ("id".into(), texts(ids.len(), |row| ids.get(row))),
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
