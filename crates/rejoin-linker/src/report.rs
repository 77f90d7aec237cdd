//! The report: what was compared, what each level weighs, what each rule added; one page, no script, readable in print.

use crate::Input;
use crate::output::probability;
use rejoin_linkage::engine::data::Data;
use rejoin_linkage::engine::{Linked, of};
use rejoin_linkage::weight;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = format!("<table><caption>{}</caption><thead><tr>", escaped(caption));
    head.iter().for_each(|cell| out.push_str(&format!("<th scope=\"col\">{}</th>", escaped(cell))));
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            let number = cell.parse::<f64>().is_ok();
            out.push_str(&format!("<td{}>{}</td>", if number { " class=\"n\"" } else { "" }, escaped(cell)));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>");
    out
}

/// The report as HTML. It holds no row's values: only counts, names of columns and weights.
pub fn html(inputs: &[Input], data: &Data, linked: &Linked) -> String {
    let model = &linked.model;
    let mut levels = Vec::new();
    for (at, comparison) in linked.spec.comparisons.iter().enumerate() {
        for (level, meaning) in of(comparison.kind).levels.iter().enumerate().skip(1) {
            let unseen = model.unseen.contains(&(at, level));
            levels.push(vec![
                comparison.name.clone(),
                (*meaning).to_owned(),
                format!("{:.6}", model.m[at][level - 1]),
                format!("{:.6}", model.u[at][level - 1]),
                format!("{:.2}", weight::bits(model.level_weight(at, level))),
                if unseen { "never seen: starting value" } else { "" }.to_owned(),
            ]);
        }
    }
    let rules: Vec<Vec<String>> = linked
        .rules
        .iter()
        .map(|rule| {
            vec![
                rule.name.clone(),
                rule.pairs.to_string(),
                rule.compared.to_string(),
                format!("{:.1}", rule.matches),
                rule.left_out.to_string(),
            ]
        })
        .collect();
    let mut bins = [0u64; 10];
    let bin = |link| ((probability(linked, link) * 10.0) as usize).min(9);
    (0..linked.links.len()).for_each(|link| bins[bin(link)] += 1);
    let bins: Vec<Vec<String>> = bins
        .iter()
        .enumerate()
        .map(|(at, count)| vec![format!("{:.1}", at as f64 / 10.0), count.to_string()])
        .collect();
    let mut sizes = std::collections::BTreeMap::<u32, u64>::new();
    let mut members = std::collections::HashMap::<u32, u32>::new();
    linked.cluster.iter().for_each(|cluster| *members.entry(*cluster).or_default() += 1);
    members.values().for_each(|size| *sizes.entry(*size).or_default() += 1);
    let sizes: Vec<Vec<String>> =
        sizes.iter().map(|(size, count)| vec![size.to_string(), count.to_string()]).collect();
    let files: Vec<Vec<String>> =
        inputs.iter().map(|input| vec![input.name.clone(), input.rows().to_string()]).collect();
    let convergence = if model.converged {
        format!("Estimation converged in {} rounds.", model.rounds)
    } else {
        format!("Estimation did not converge in {} rounds: treat probabilities with care.", model.rounds)
    };
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Linkage report</title><style>\
         body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}\
         table{{border-collapse:collapse;margin:1.5rem 0}}caption{{text-align:left;font-weight:600}}\
         th,td{{border-bottom:1px solid #bbb;padding:.2rem .8rem;text-align:left}}.n{{text-align:right;font-variant-numeric:tabular-nums}}\
         </style><main><h1>Linkage report</h1><p>{} rows, {} clusters, {} pairs compared. {convergence} \
         The prior says that one of {:.0} pairs is a match. {} joins were refused because other pairs spoke against them.</p>\
         {}{}{}{}{}</main></html>",
        data.len(),
        members.len(),
        linked.compared,
        1.0 / model.prior,
        linked.refused.len(),
        table("Files", &["file", "rows"], &files),
        table(
            "Levels: m among matches, u among other pairs, weight in bits",
            &["comparison", "level", "m", "u", "weight", ""],
            &levels
        ),
        table(
            "Blocking rules",
            &["rule", "pairs", "compared first here", "matches expected", "blocks left out"],
            &rules
        ),
        table("Pairs by probability", &["from", "pairs"], &bins),
        table("Clusters by size", &["rows", "clusters"], &sizes),
    )
}
