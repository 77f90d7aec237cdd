//! The statutory table: by month, the number of separated children, their age, sector, cause, length and status.

use super::sheet::{Sheet, sum};
use crate::failure::Failure;
use rejoin_inquiry::Parameters;
use rejoin_inquiry::measure::How;

/// Writes the report; gives its title and subtitle.
pub fn write(sheet: &mut Sheet<'_>) -> Result<(String, String), Failure> {
    let by = |groups: &[&str]| Parameters {
        by: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Parameters::default()
    };
    sheet.section(1, "Number", "Número");
    let months = sheet.ask("separated", &by(&["month"]))?;
    // Months of which nothing may be shown are left out.
    sheet.claim(
        "number",
        format!(
            "{} children are recorded as separated, over {} months.",
            sheet.said(months.of(How::Known)),
            months.answer.breakdown.len()
        ),
        format!(
            "{} menores constan como separados, en {} meses.",
            sheet.said(months.of(How::Known)),
            months.answer.breakdown.len()
        ),
        vec![months.reference],
    );
    sheet.breakdown(
        &months,
        &[("month", "mes")],
        ("Children separated, by month of apprehension", "Menores separados, por mes de aprehensión"),
    );
    for (group, heading, title) in [
        ("age-group", ("Age", "Edad"), ("age group", "grupo de edad")),
        ("sector", ("Sector", "Sector"), ("sector", "sector")),
        ("office", ("Referring office", "Oficina remitente"), ("referring office", "oficina remitente")),
        ("reason", ("Cause", "Causa"), ("ground, as recorded", "motivo, según consta")),
        ("outcome", ("Status", "Situación"), ("outcome of the last stay", "desenlace de la última estancia")),
    ] {
        let asked = sheet.ask("separated", &by(&["month", group]))?;
        sheet.section(1, heading.0, heading.1);
        sheet.breakdown(&asked, &[("month", "mes"), title], heading);
    }
    sheet.section(1, "Length", "Duración");
    let lasted = sheet.ask("time-apart", &by(&["month"]))?;
    let lang = sheet.lang;
    let rows = lasted
        .answer
        .breakdown
        .iter()
        .map(|line| {
            let value = |name: &str| {
                line.key.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
            };
            let median =
                if line.value.is_finite() { crate::render::decimal(line.value) } else { String::new() };
            vec![value("month").to_owned(), value("part").to_owned(), sheet.cell(sum(line.columns)), median]
        })
        .collect();
    let column =
        |en: &str, es: &str, numeric| rejoin_report::Column { title: lang.of(en, es).to_owned(), numeric };
    sheet.push(rejoin_report::Block::Table {
        caption: lang
            .of("Days apart, by month of apprehension", "Días de separación, por mes de aprehensión")
            .to_owned(),
        columns: vec![
            column("month", "mes", false),
            column("standing", "situación", false),
            column("children", "menores", true),
            column("median days", "mediana de días", true),
        ],
        rows,
        total: None,
        note: None,
        references: vec![lasted.reference],
    });
    Ok((
        lang.of("Separated children: monthly table", "Menores separados: cuadro mensual").to_owned(),
        lang.of(
            "Number, age, sector, cause, length and status, by month of apprehension.",
            "Número, edad, sector, causa, duración y situación, por mes de aprehensión.",
        )
        .to_owned(),
    ))
}
