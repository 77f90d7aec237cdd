//! The list the court asked for: each child not reunified in time, with the reason on record or that there is none.

use super::sheet::Sheet;
use crate::failure::Failure;
use crate::render::thousands;
use rejoin_custody::chain::{Whereabouts, whereabouts};
use rejoin_custody::clock::{Standing, Starts, Stops};
use rejoin_inquiry::Parameters;
use rejoin_report::{Block, Column};

/// Writes the report; gives its title and subtitle.
pub fn write(sheet: &mut Sheet<'_>) -> Result<(String, String), Failure> {
    let lang = sheet.lang;
    let scene = sheet.scene();
    for clock in scene.clocks.iter().filter(|clock| {
        matches!(clock.starts, Starts::OnDayForSeparatedInCare(_)) && clock.stops == Stops::LeavingCare
    }) {
        sheet.section(1, &clock.title.0, &clock.title.1);
        let asked =
            sheet.ask("clock", &Parameters { id: Some(clock.id.clone()), ..Parameters::default() })?;
        let mut rows = Vec::new();
        for person in scene.people.iter().filter(|person| person.is_listed_child()) {
            let Some(Standing::Missed(reason)) = clock.standing(person, scene.as_of, scene.fold) else {
                continue;
            };
            let place = match whereabouts(&person.chain, scene.as_of) {
                Whereabouts::Held(interval) | Whereabouts::PerhapsHeld(interval) => {
                    interval.place.clone().unwrap_or_default()
                }
                _ => String::new(),
            };
            rows.push(vec![
                person.id.to_string(),
                person.first(|record| record.age()).map_or(String::new(), |age| age.to_string()),
                person.first(|record| record.sex()).map_or(String::new(), |sex| sex.letter().into()),
                person.first(|record| record.country()).map_or(String::new(), |country| country.to_string()),
                person.apprehended().map_or(String::new(), |day| day.to_string()),
                place,
                reason.unwrap_or_else(|| lang.of("no reason documented", "sin razón documentada").to_owned()),
            ]);
        }
        rows.sort_by(|left, right| left[1].len().cmp(&right[1].len()).then(left.cmp(right)));
        let silent = rows
            .iter()
            .filter(|row| row[6] == lang.of("no reason documented", "sin razón documentada"))
            .count();
        sheet.claim(
            &clock.id,
            format!(
                "{} children were not reunified in time; for {} of them no reason is documented.",
                thousands(rows.len() as u64),
                thousands(silent as u64)
            ),
            format!(
                "{} menores no fueron reunificados a tiempo; de {} no hay razón documentada.",
                thousands(rows.len() as u64),
                thousands(silent as u64)
            ),
            vec![asked.reference],
        );
        let column = |en: &str, es: &str, numeric| Column { title: lang.of(en, es).to_owned(), numeric };
        sheet.push(Block::Table {
            caption: lang.of(&clock.title.0, &clock.title.1).to_owned(),
            columns: vec![
                column("child", "menor", false),
                column("age", "edad", true),
                column("sex", "sexo", false),
                column("country", "país", false),
                column("apprehended", "aprehensión", false),
                column("now in", "ahora en", false),
                column("reason on record", "razón que consta", false),
            ],
            rows,
            total: None,
            note: Some(
                lang.of(
                    "The name of the policy under which a child was taken is no reason for keeping it from its parent.",
                    "El nombre de la política por la que se tomó al menor no es razón para no entregarlo a su progenitor.",
                )
                .to_owned(),
            ),
            references: vec![asked.reference],
        });
    }
    Ok((
        lang.of("Children not reunified in time", "Menores no reunificados a tiempo").to_owned(),
        lang.of(
            "Each child, with the specific reason on record.",
            "Cada menor, con la razón específica que consta.",
        )
        .to_owned(),
    ))
}
