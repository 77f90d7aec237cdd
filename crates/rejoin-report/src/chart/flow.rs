//! Flow between stages: nodes as tall as their counts, ribbons as wide as theirs, names above the nodes.

use super::FlowNode;
use super::canvas::{Anchor, Canvas, LINE, Look, SIZE, WIDTH, at, empty};
use super::metrics::{fitted, wrapped};
use crate::Language;

const NODE: f64 = 14.0;

pub(crate) fn draw(
    nodes: &[FlowNode],
    edges: &[(usize, usize, u64)],
    language: Language,
    prefix: &str,
) -> String {
    // Only what leads to a later stage can be drawn from left to right.
    let forward = |(from, to, count): &&(usize, usize, u64)| {
        *count > 0
            && matches!((nodes.get(*from), nodes.get(*to)), (Some(from), Some(to)) if from.stage < to.stage)
    };
    let edges: Vec<(usize, usize, u64)> = edges.iter().filter(forward).copied().collect();
    let mut stages: Vec<u8> = nodes.iter().map(|node| node.stage).collect();
    stages.sort_unstable();
    stages.dedup();
    if edges.is_empty() {
        return empty(language.words().no_data, prefix);
    }
    let sum = |counts: &mut dyn Iterator<Item = u64>| counts.fold(0, u64::saturating_add);
    let size = |node: usize| -> u64 {
        let into = sum(&mut edges.iter().filter(|edge| edge.1 == node).map(|edge| edge.2));
        let out = sum(&mut edges.iter().filter(|edge| edge.0 == node).map(|edge| edge.2));
        into.max(out)
    };
    let sizes: Vec<u64> = (0..nodes.len()).map(size).collect();
    let column = |stage: u8| -> Vec<usize> {
        (0..nodes.len()).filter(|node| nodes[*node].stage == stage && sizes[*node] > 0).collect()
    };
    let columns: Vec<Vec<usize>> =
        stages.into_iter().map(column).filter(|column| !column.is_empty()).collect();
    let apart = (WIDTH - NODE) / (columns.len() as f64 - 1.0).max(1.0);
    let room = apart - NODE - 14.0;
    let label = |node: usize, last: bool| {
        let room = if last { apart - 24.0 } else { room };
        wrapped(&nodes[node].label, SIZE, room, 2)
    };
    let above = |node: usize, last: bool| (label(node, last).len() as f64 + 1.0) * LINE + 8.0;
    // The tallest column fills the sheet; the others share its scale.
    let stacked =
        |columns: &[Vec<usize>], at: usize| -> u64 { sum(&mut columns[at].iter().map(|node| sizes[*node])) };
    let fullest = (0..columns.len()).map(|at| stacked(&columns, at)).max().unwrap_or(1).max(1) as f64;
    let scale = 230.0 / fullest;
    let last = columns.len() - 1;
    let mut canvas = Canvas::new(prefix);
    let mut place = vec![[0.0, 0.0]; nodes.len()];
    let mut end: f64 = 0.0;
    for (index, column) in columns.iter().enumerate() {
        let x = apart * index as f64;
        let mut y = 0.0;
        for node in column {
            y += above(*node, index == last);
            place[*node] = [x, y];
            y += (sizes[*node] as f64 * scale).max(1.5);
        }
        end = end.max(y);
    }
    // Ribbons leave and arrive in the order of the nodes at their other end, so that they cross as little as can be.
    let mut leaving = vec![0.0; nodes.len()];
    let mut arriving = vec![0.0; nodes.len()];
    let mut drawn = edges.clone();
    let order = |node: usize| (nodes[node].stage, node);
    drawn.sort_by_key(|edge| (order(edge.0), order(edge.1)));
    let mut starts = Vec::new();
    for edge in &drawn {
        let wide = (edge.2 as f64 * scale).max(0.75);
        starts.push(place[edge.0][1] + leaving[edge.0]);
        leaving[edge.0] += wide;
    }
    let mut by_target: Vec<usize> = (0..drawn.len()).collect();
    by_target.sort_by_key(|index| (order(drawn[*index].1), order(drawn[*index].0)));
    let mut ends = vec![0.0; drawn.len()];
    for index in by_target {
        let edge = drawn[index];
        ends[index] = place[edge.1][1] + arriving[edge.1];
        arriving[edge.1] += (edge.2 as f64 * scale).max(0.75);
    }
    for (index, (from, to, count)) in drawn.iter().enumerate() {
        let wide = (*count as f64 * scale).max(0.75);
        let (left, right) = (place[*from][0] + NODE, place[*to][0]);
        let middle = (left + right) / 2.0;
        let (start, stop) = (starts[index], ends[index]);
        let path = format!(
            "M{},{}C{},{} {},{} {},{}L{},{}C{},{} {},{} {},{}Z",
            at(left),
            at(start),
            at(middle),
            at(start),
            at(middle),
            at(stop),
            at(right),
            at(stop),
            at(right),
            at(stop + wide),
            at(middle),
            at(stop + wide),
            at(middle),
            at(start + wide),
            at(left),
            at(start + wide)
        );
        canvas.ribbon(*from, &path);
    }
    for (index, column) in columns.iter().enumerate() {
        for node in column {
            let [x, y] = place[*node];
            let high = (sizes[*node] as f64 * scale).max(1.5);
            canvas.block("node", "#333333", "#333333", [x, y, NODE, high]);
            let (anchor, x) =
                if index == last && last > 0 { (Anchor::End, x + NODE) } else { (Anchor::Start, x) };
            let lines = label(*node, index == last);
            let first = y - lines.len() as f64 * LINE - 6.0;
            for (row, line) in lines.iter().enumerate() {
                let look = Look { rim: true, ..Look::plain(anchor) };
                canvas.text(x, first + row as f64 * LINE, look, line);
            }
            let count = fitted(&language.count(sizes[*node]), SIZE, apart - 24.0);
            canvas.text(x, y - 6.0, Look { rim: true, ..Look::bold(anchor) }, &count);
        }
    }
    canvas.finish(end + 8.0)
}
