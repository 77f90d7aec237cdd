//! Charts: what they are made of, and one drawing of each that HTML and PDF share. Every chart can also be told as a
//! table, which is what a screen reader and a workbook get.

mod bars;
mod canvas;
mod columns;
mod flow;
mod map;
mod metrics;
mod timeline;

use crate::Language;
use crate::document::Column;
use crate::words::day;

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub enum Chart {
    /// Counts over time as stacked bars, policies as labelled bands above them on the same axis, and dated events as
    /// marks across both.
    Timeline {
        /// The bars.
        bars: Vec<Bar>,
        /// How many days a bar stands for.
        days_a_bar: u16,
        /// What the parts of a bar are.
        parts: Vec<String>,
        /// What was in force from one day to another.
        bands: Vec<Band>,
        /// What happened on a day.
        marks: Vec<Mark>,
    },
    /// Horizontal bars in the order given, stacked by parts.
    Bars {
        /// What the parts of a bar are.
        parts: Vec<String>,
        /// A label and the sizes of the parts.
        bars: Vec<(String, Vec<u64>)>,
    },
    /// Columns over ordered spans: a histogram.
    Columns {
        /// What the parts of a column are.
        parts: Vec<String>,
        /// A label and the sizes of the parts.
        bars: Vec<(String, Vec<u64>)>,
        /// What the spans measure.
        axis: String,
    },
    /// Flow between stages, left to right, by ribbons as wide as their counts.
    Flow {
        /// The nodes.
        nodes: Vec<FlowNode>,
        /// From node, to node (positions in `nodes`), count. An edge that does not lead to a later stage is told in the
        /// table and not drawn.
        edges: Vec<(usize, usize, u64)>,
    },
    /// Places on a map of North and Central America, each a circle with the area of its count. A place off the map is told
    /// in the table and not drawn.
    Map {
        /// The places.
        spots: Vec<Spot>,
    },
}

impl Chart {
    /// The chart with every name written anew.
    pub(crate) fn renamed(&self, write: &dyn Fn(&str) -> String) -> Chart {
        let all = |names: &[String]| names.iter().map(|name| write(name)).collect();
        let bars = |bars: &[(String, Vec<u64>)]| {
            bars.iter().map(|(label, sizes)| (write(label), sizes.clone())).collect()
        };
        let mut chart = self.clone();
        match &mut chart {
            Chart::Timeline { parts, bands, marks, .. } => {
                *parts = all(parts);
                bands.iter_mut().for_each(|band| band.label = write(&band.label));
                marks.iter_mut().for_each(|mark| mark.label = write(&mark.label));
            }
            Chart::Bars { parts, bars: named } => (*parts, *named) = (all(parts), bars(named)),
            Chart::Columns { parts, bars: named, axis } => {
                (*parts, *named, *axis) = (all(parts), bars(named), write(axis));
            }
            Chart::Flow { nodes, .. } => nodes.iter_mut().for_each(|node| node.label = write(&node.label)),
            Chart::Map { spots } => spots.iter_mut().for_each(|spot| spot.label = write(&spot.label)),
        }
        chart
    }
}

/// A bar of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its first day, as an ISO date.
    pub start: String,
    /// The sizes of its parts.
    pub parts: Vec<u64>,
}

/// Something in force for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// Its name.
    pub label: String,
    /// Its first day, as an ISO date.
    pub from: String,
    /// The day it ended, as an ISO date; none while it is in force.
    pub to: Option<String>,
}

/// Something that happened on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The day, as an ISO date.
    pub on: String,
    /// What happened.
    pub label: String,
}

/// A node of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowNode {
    /// Its name.
    pub label: String,
    /// Its place from left to right; equal stages stand above each other.
    pub stage: u8,
}

/// A place of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Its name.
    pub label: String,
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// How many.
    pub count: u64,
}

/// The chart as SVG: no script, no style sheet, nothing fetched; legible on white as it is, and with classes by which a
/// page can set its own colours.
pub fn svg(chart: &Chart, language: Language) -> String {
    drawn(chart, language, "chart")
}

/// The same, with ids that begin with a prefix: two charts on one page must not share any.
pub(crate) fn drawn(chart: &Chart, language: Language, prefix: &str) -> String {
    match chart {
        Chart::Timeline { bars, days_a_bar, parts, bands, marks } => timeline::draw(
            &timeline::Timeline { bars, days_a_bar: *days_a_bar, parts, bands, marks },
            language,
            prefix,
        ),
        Chart::Bars { parts, bars } => bars::draw(parts, bars, language, prefix),
        Chart::Columns { parts, bars, axis } => columns::draw(parts, bars, axis, language, prefix),
        Chart::Flow { nodes, edges } => flow::draw(nodes, edges, language, prefix),
        Chart::Map { spots } => map::draw(spots, language, prefix),
    }
}

/// A table that says what a chart shows.
pub(crate) struct Told {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
}

fn column(title: &str, numeric: bool) -> Column {
    Column { title: title.to_owned(), numeric }
}

/// The chart as tables: one, or for a timeline its bars and then what stands around them.
pub(crate) fn told(chart: &Chart, language: Language) -> Vec<Told> {
    let words = language.words();
    let counted = |first: &str, parts: &[String], bars: &mut dyn Iterator<Item = (String, &[u64])>| {
        let bars: Vec<(String, &[u64])> = bars.collect();
        let width = bars.iter().map(|(_, sizes)| sizes.len()).chain([parts.len()]).max().unwrap_or(0);
        let mut columns = vec![column(first, false)];
        for at in 0..width {
            let title = parts.get(at).map_or("", String::as_str);
            let only = if width == 1 { words.number } else { "" };
            columns.push(column(if title.is_empty() { only } else { title }, true));
        }
        if width > 1 {
            columns.push(column(words.total, true));
        }
        let rows = bars
            .into_iter()
            .map(|(label, sizes)| {
                let mut row = vec![label];
                row.extend((0..width).map(|at| sizes.get(at).copied().unwrap_or(0).to_string()));
                if width > 1 {
                    row.push(total(sizes).to_string());
                }
                row
            })
            .collect();
        Told { columns, rows }
    };
    match chart {
        Chart::Timeline { bars, parts, bands, marks, .. } => {
            let mut bars = bars.iter().map(|bar| (language.dated(&bar.start), bar.parts.as_slice()));
            let mut tables = vec![counted(words.from, parts, &mut bars)];
            if !bands.is_empty() || !marks.is_empty() {
                let mut dated: Vec<(&str, [String; 4])> = Vec::new();
                for band in bands {
                    let to = band.to.as_ref().map_or_else(|| words.open.to_owned(), |to| language.dated(to));
                    let row = [words.policy.to_owned(), band.label.clone(), language.dated(&band.from), to];
                    dated.push((&band.from, row));
                }
                for mark in marks {
                    let on = language.dated(&mark.on);
                    dated.push((&mark.on, [words.event.to_owned(), mark.label.clone(), on, String::new()]));
                }
                dated.sort_by_key(|(day, _)| *day);
                tables.push(Told {
                    columns: [words.kind, words.text, words.from, words.until]
                        .map(|title| column(title, false))
                        .into(),
                    rows: dated.into_iter().map(|(_, row)| row.into()).collect(),
                });
            }
            tables
        }
        Chart::Bars { parts, bars } => {
            let mut bars = bars.iter().map(|(label, sizes)| (label.clone(), sizes.as_slice()));
            vec![counted(words.category, parts, &mut bars)]
        }
        Chart::Columns { parts, bars, axis } => {
            let mut bars = bars.iter().map(|(label, sizes)| (label.clone(), sizes.as_slice()));
            vec![counted(if axis.is_empty() { words.category } else { axis }, parts, &mut bars)]
        }
        Chart::Flow { nodes, edges } => {
            let name = |at: usize| nodes.get(at).map_or_else(|| format!("#{at}"), |node| node.label.clone());
            vec![Told {
                columns: vec![column(words.from, false), column(words.to, false), column(words.number, true)],
                rows: edges
                    .iter()
                    .map(|(from, to, count)| vec![name(*from), name(*to), count.to_string()])
                    .collect(),
            }]
        }
        Chart::Map { spots } => vec![Told {
            columns: vec![column(words.category, false), column(words.number, true)],
            rows: spots.iter().map(|spot| vec![spot.label.clone(), spot.count.to_string()]).collect(),
        }],
    }
}

/// The sum of a bar's parts; the largest number there is when they overflow.
fn total(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |sum: u64, part| sum.saturating_add(*part))
}

/// The day of an ISO date as a number, so that days can be subtracted.
fn day_number(text: &str) -> Option<i32> {
    let origin = jiff::civil::date(1970, 1, 1);
    day(text).map(|date| (date - origin).get_days())
}
