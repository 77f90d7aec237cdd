//! The parts of an account that several commands print: custody with separations and clocks, and what is stale.

use crate::Lang;
use crate::failure::Failure;
use crate::render::Rows;
use rejoin_inquiry::measure::{How, Scene};
use rejoin_inquiry::{Parameters, ask, named};
use rejoin_model::Moment;
use rejoin_registry::View;
use serde_json::json;
use std::collections::BTreeMap;

/// Custody in lines: stays, breaches, separations, whereabouts, clocks; known, inferred, suspected and undocumented
/// apart. Where a day is asked, every line but those about whole lists is as of that day.
pub fn custody(scene: &Scene<'_>, on: Option<Moment>) -> Result<Rows, Failure> {
    let mut rows = Rows::new(&["what", "part", "known", "inferred", "suspected", "undocumented"]);
    let mut add = |what: &str, measure: &str, parameters: &Parameters| -> Result<(), Failure> {
        let Some(measure) = named(measure) else { return Ok(()) };
        let answer = ask(measure, scene, parameters)?;
        let columns = |columns: &[u64; 4]| How::ALL.map(|how| json!(columns[how as usize]));
        let mut line = vec![json!(what), json!("all")];
        line.extend(columns(&answer.columns));
        rows.push(line);
        // Each reason by itself is for `rejoin measure clock`; here they are one line.
        let mut parts: BTreeMap<&str, [u64; 4]> = BTreeMap::new();
        for part in &answer.breakdown {
            let name =
                part.key.iter().find(|(name, _)| name == "part").map_or("", |(_, value)| value.as_str());
            let documented = name.starts_with("missed: ") && !name.ends_with("not documented");
            let counts =
                parts.entry(if documented { "missed: a reason is on record" } else { name }).or_default();
            counts.iter_mut().zip(part.columns).for_each(|(sum, count)| *sum += count);
        }
        for (name, counts) in parts {
            let mut line = vec![json!(what), json!(name)];
            line.extend(columns(&counts));
            rows.push(line);
        }
        Ok(())
    };
    let none = Parameters::default();
    let day = Parameters { on, ..Parameters::default() };
    add("children in shelters' lists (whole lists)", "children-listed", &none)?;
    match on {
        Some(_) => add("in shelter care on the day", "in-shelter-care", &day)?,
        None => add("still in care", "still-in-care", &none)?,
    }
    add("separated children", "separated", &Parameters { to: on, ..Parameters::default() })?;
    add("reunited", "reunited", &day)?;
    add("whereabouts unknown", "whereabouts-unknown", &day)?;
    add("breaches of the custody invariant (whole lists)", "custody-problems", &none)?;
    for clock in scene.clocks {
        add(
            &format!("clock {}", clock.id),
            "clock",
            &Parameters { on, id: Some(clock.id.clone()), ..Parameters::default() },
        )?;
    }
    Ok(rows)
}

/// Says what has not been derived since the last import.
pub fn stale(view: &View, lang: Lang) {
    if view.stale != (false, false) {
        eprintln!(
            "{}",
            lang.of(
                "note: people or families are older than the last list or link; run `rejoin link` and `rejoin families`",
                "nota: las personas o familias son anteriores a la última lista o vinculación; ejecute `rejoin link` y `rejoin families`",
            )
        );
    }
    if view.not_linked > 0 {
        let count = view.not_linked;
        eprintln!(
            "{}",
            match lang {
                Lang::En => format!(
                    "note: {count} records have not been linked (`rejoin link`); each counts as a person of its own"
                ),
                Lang::Es => format!(
                    "nota: {count} registros no se han vinculado (`rejoin link`); cada uno cuenta como una persona"
                ),
            }
        );
    }
}

/// Says that pairs wait for a person's judgement.
pub fn waiting_pairs(pairs: usize, lang: Lang) {
    if pairs > 0 {
        eprintln!(
            "{}",
            match lang {
                Lang::En => format!(
                    "note: {pairs} pairs with other records are likely but not joined (`rejoin list links --unlinked`)"
                ),
                Lang::Es => format!(
                    "nota: {pairs} pares con otros registros son probables pero no están unidos (`rejoin list links --unlinked`)"
                ),
            }
        );
    }
}
