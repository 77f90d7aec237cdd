//! The account: how many, when, where, under which policy, decided by whom, with what effect; and how we know.

mod reckoning;

use super::sheet::{Asked, HIDDEN, Sheet, how_title, in_words, sum};
use crate::failure::Failure;
use crate::render::{decimal, thousands};
use rejoin_inquiry::Parameters;
use rejoin_inquiry::measure::How;
use rejoin_model::{Effect, Moment, Precision};
use rejoin_report::{Band, Bar, Block, Chart, Column, FlowNode, Mark};
use std::collections::BTreeMap;

/// Writes the report; gives its title and subtitle.
pub fn write(sheet: &mut Sheet<'_>) -> Result<(String, String), Failure> {
    summary(sheet)?;
    timeline(sheet)?;
    who_and_where(sheet)?;
    policies(sheet)?;
    prosecutions(sheet)?;
    time_apart(sheet)?;
    custody(sheet)?;
    reckoning::otherwise(sheet)?;
    reckoning::unseen_children(sheet);
    reckoning::clocks(sheet)?;
    reckoning::published(sheet);
    reckoning::said(sheet)?;
    reckoning::method(sheet);
    let lang = sheet.lang;
    Ok((
        lang.of("Children separated from their parents: an account", "Menores separados de sus padres: un informe").to_owned(),
        lang.of(
            "Every figure can be computed again from the records, and every quotation looked up in its source.",
            "Cada cifra puede calcularse de nuevo a partir de los registros y cada cita consultarse en su fuente.",
        )
        .to_owned(),
    ))
}

fn by(groups: &[&str]) -> Parameters {
    Parameters { by: groups.iter().map(|group| (*group).to_owned()).collect(), ..Parameters::default() }
}

fn on(sheet: &Sheet<'_>) -> Parameters {
    Parameters { on: Some(sheet.scene().as_of), ..Parameters::default() }
}

fn summary(sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    sheet.section(1, "What the records show", "Lo que muestran los registros");
    let separated = sheet.ask("separated", &Parameters::default())?;
    let (known, inferred, suspected) =
        (separated.of(How::Known), separated.of(How::Inferred), separated.of(How::Suspected));
    let undated = separated.of(How::Undocumented);
    let mut english = format!("{} children are recorded as separated from a parent.", sheet.said(known));
    let mut spanish = format!("{} menores constan como separados de un progenitor.", sheet.said(known));
    if [inferred, suspected, undated].iter().any(|count| *count > 0) {
        english.push_str(&format!(
            " Beside them stand {} whose separation follows from a family unit on record, {} whose separation rests on a \
             proposed match that nobody has verified, and {} recorded without a date. The four are never added up.",
            sheet.said(inferred),
            sheet.said(suspected),
            sheet.said(undated)
        ));
        spanish.push_str(&format!(
            " Junto a ellos hay {} cuya separación se deduce de una unidad familiar registrada, {} cuya separación se apoya \
             en una coincidencia propuesta que nadie ha verificado y {} registrados sin fecha. Los cuatro números nunca se suman.",
            sheet.said(inferred),
            sheet.said(suspected),
            sheet.said(undated)
        ));
    }
    sheet.claim("separated", english, spanish, vec![separated.reference]);

    let attributed = sheet.ask("separated", &by(&["policy", "attribution"]))?;
    let of = |way: &str| attributed.part("attribution", way);
    let mut english = format!(
        "For {} of those recorded the list names a policy as the ground, and the policy was in force on the day. {} carry a \
         policy's name as the ground although it was not in force on the day on which they were apprehended. {} have another \
         ground.",
        sheet.said(of("recorded")),
        sheet.said(of("named-not-in-force")),
        sheet.said(of("other-ground")),
    );
    let mut spanish = format!(
        "Para {} de los que constan, la lista nombra una política como motivo y esta regía ese día. {} llevan como motivo el \
         nombre de una política que no regía el día de su aprehensión. {} tienen otro motivo.",
        sheet.said(of("recorded")),
        sheet.said(of("named-not-in-force")),
        sheet.said(of("other-ground")),
    );
    let silent = sum([of("inferred"), of("suspected"), of("none-on-record")]);
    if silent > 0 {
        english.push_str(&format!(
            " For {} no ground is on record; of these, {} fell under a policy in force while the parent was referred for prosecution.",
            sheet.said(silent),
            sheet.said(of("inferred"))
        ));
        spanish.push_str(&format!(
            " De {} no consta motivo; de ellos, {} cayeron bajo una política vigente con el progenitor remitido a la fiscalía.",
            sheet.said(silent),
            sheet.said(of("inferred"))
        ));
    }
    sheet.claim("attribution", english, spanish, vec![attributed.reference]);

    let reunited = sheet.ask("reunited", &Parameters::default())?;
    // Of the separated: the shelters' lists have children who came alone, too.
    let still = sheet.ask("still-in-care", &by(&["basis"]))?;
    let still_apart = still.part("basis", "recorded");
    let apart = sheet.ask("time-apart", &Parameters::default())?;
    let median = if apart.answer.value.is_finite() { decimal(apart.answer.value) } else { "-".into() };
    sheet.claim("outcome", format!(
            "{} children were handed on a recorded day to the parent they were separated from, {} more without a day, and {} of those \
             recorded as separated are still in care by the latest word. Of those reunited with a date, half were apart for {} days or more.",
            sheet.said(reunited.of(How::Known)),
            sheet.said(reunited.of(How::Undocumented)),
            sheet.said(still_apart),
            median
        ),
        format!(
            "{} menores fueron entregados en un día registrado al progenitor del que habían sido separados, {} más sin fecha, y {} de los que \
             constan como separados siguen en custodia según el último dato. De los reunificados con fecha, la mitad estuvo separada {} días o más.",
            sheet.said(reunited.of(How::Known)),
            sheet.said(reunited.of(How::Undocumented)),
            sheet.said(still_apart),
            median
        ),
        vec![reunited.reference, still.reference, apart.reference],
    );
    let problems = sheet.ask("custody-problems", &Parameters::default())?;
    let lost = sheet.ask("whereabouts-unknown", &on(sheet))?;
    sheet.claim("custody", format!(
            "The custody invariant is broken {} times in the records of children: holes, overlaps, stays without an end or a place. \
             For {} children no record says where they are.",
            sheet.said(problems.answer.value as u64),
            sheet.said(lost.answer.value as u64)
        ),
        format!(
            "El invariante de custodia se incumple {} veces en los registros de menores: huecos, solapamientos, estancias sin fin o sin \
             lugar. De {} menores ningún registro dice dónde están.",
            sheet.said(problems.answer.value as u64),
            sheet.said(lost.answer.value as u64)
        ),
        vec![problems.reference, lost.reference],
    );
    Ok(())
}

/// A count as a chart shows it: small ones are left out when that was asked.
fn shown(sheet: &Sheet<'_>, count: u64) -> u64 {
    if sheet.is_hidden(count) { 0 } else { count }
}

/// The columns of a weekly breakdown, as bars without holes.
fn weekly(sheet: &Sheet<'_>, asked: &Asked) -> Vec<Bar> {
    let mut counts: BTreeMap<i32, Vec<u64>> = BTreeMap::new();
    for line in &asked.answer.breakdown {
        let Some((_, week)) = line.key.first() else { continue };
        let parts: Vec<&str> = week.split('-').collect();
        let day = match parts.as_slice() {
            [year, month, day] => match (year.parse(), month.parse(), day.parse()) {
                (Ok(year), Ok(month), Ok(day)) => Moment::day(year, month, day),
                _ => None,
            },
            _ => None,
        };
        if let Some(day) = day {
            counts.insert(day.day_number(), line.columns[..3].to_vec());
        }
    }
    let (Some(first), Some(last)) = (counts.keys().next().copied(), counts.keys().last().copied()) else {
        return Vec::new();
    };
    (first..=last)
        .step_by(7)
        .filter_map(|day| {
            let start = Moment::of_day_number(day)?.to_string();
            let parts = counts.get(&day).cloned().unwrap_or_else(|| vec![0; 3]);
            Some(Bar { start, parts: parts.into_iter().map(|count| shown(sheet, count)).collect() })
        })
        .collect()
}

fn timeline(sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    sheet.section(1, "When, and under which policies", "Cuándo y bajo qué políticas");
    let asked = sheet.ask("separated", &by(&["week"]))?;
    let bars = weekly(sheet, &asked);
    let lang = sheet.lang;
    let Some((first, last)) =
        bars.first().zip(bars.last()).map(|(first, last)| (first.start.clone(), last.start.clone()))
    else {
        sheet.text("No separation with a day is on record.", "No consta ninguna separación con día.");
        return Ok(());
    };
    let day_of = |moment: Moment| moment.date().to_string();
    let policies = &sheet.scene().policies;
    let bands: Vec<Band> = policies
        .policies
        .iter()
        .map(|policy| Band {
            label: lang.of(&policy.title.0, &policy.title.1).to_owned(),
            from: day_of(policy.from),
            // The last day of a month that is only known as such.
            to: policy
                .to
                .map(|to| Moment::of_day_number((to.latest() / 1440) as i32).map_or(day_of(to), day_of)),
        })
        .filter(|band| band.from <= last && band.to.as_ref().is_none_or(|to| *to >= first))
        .collect();
    let marks: Vec<Mark> = policies
        .acts
        .iter()
        .filter(|act| act.on.precision() >= Precision::Day)
        .map(|act| Mark { on: day_of(act.on), label: lang.of(&act.words.0, &act.words.1).to_owned() })
        .filter(|mark| mark.on >= first && mark.on <= last)
        .collect();
    let busiest = bars.iter().max_by_key(|bar| bar.parts[0]).cloned();
    let description = busiest.map_or(String::new(), |bar| {
        let count = thousands(bar.parts[0]);
        match lang {
            crate::Lang::En => format!(
                "Separations by week of apprehension from {first} to {last}; the most in one week were {count}, in the week of {}.",
                bar.start
            ),
            crate::Lang::Es => format!(
                "Separaciones por semana de aprehensión, de {first} a {last}; el máximo semanal fue de {count}, en la semana del {}.",
                bar.start
            ),
        }
    });
    let mut bars = bars;
    let parts = parts_in_use(bars.iter_mut().map(|bar| &mut bar.parts).collect(), lang);
    sheet.figure(
        Chart::Timeline { bars, days_a_bar: 7, parts, bands, marks },
        (
            "Children separated, by week of apprehension, with the policies in force above",
            "Menores separados por semana de aprehensión, con las políticas vigentes arriba",
        ),
        description,
        vec![asked.reference],
    );
    let acts = sheet.ask("separated", &by(&["act"]))?;
    sheet.breakdown(
        &acts,
        &[("last directive or decision before", "última directiva o decisión anterior")],
        (
            "Separations ascribed to a policy, by the last directive or decision that surely came before",
            "Separaciones atribuidas a una política, según la última directiva o decisión seguramente anterior",
        ),
    );
    Ok(())
}

/// The lines of a breakdown, longest first, at most so many.
fn longest(sheet: &Sheet<'_>, asked: &Asked, most: usize) -> Vec<(String, Vec<u64>)> {
    let mut bars: Vec<(String, Vec<u64>)> = asked
        .answer
        .breakdown
        .iter()
        .filter_map(|line| {
            let parts = line.columns[..3].iter().map(|count| shown(sheet, *count)).collect();
            Some((in_words(&line.key.last()?.1, sheet.lang), parts))
        })
        .collect();
    bars.sort_by_key(|(label, counts)| (std::cmp::Reverse(counts.iter().sum::<u64>()), label.clone()));
    bars.truncate(most);
    bars
}

/// Leaves out the ways of knowing by which nobody is known; gives the titles of the others.
fn parts_in_use(mut bars: Vec<&mut Vec<u64>>, lang: crate::Lang) -> Vec<String> {
    let ways = [How::Known, How::Inferred, How::Suspected];
    let used: Vec<usize> =
        (0..ways.len()).filter(|at| *at == 0 || bars.iter().any(|parts| parts[*at] > 0)).collect();
    for parts in &mut bars {
        **parts = used.iter().map(|at| parts[*at]).collect();
    }
    used.into_iter().map(|at| how_title(ways[at], lang).to_owned()).collect()
}

fn who_and_where(sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    sheet.section(1, "Who, where and why", "Quiénes, dónde y por qué");
    let sectors = sheet.ask("separated", &by(&["sector"]))?;
    let unknown = sectors.part("sector", rejoin_inquiry::group::NOT_RECORDED);
    // A list without sectors may name the office that referred the child.
    let (place, title) = if unknown != HIDDEN && unknown.saturating_mul(2) > sectors.of(How::Known) {
        (sheet.ask("separated", &by(&["office"]))?, ("referring office", "oficina remitente"))
    } else {
        (sectors, ("sector", "sector"))
    };
    let lang = sheet.lang;
    let mut bars = longest(sheet, &place, 15);
    let parts = parts_in_use(bars.iter_mut().map(|(_, parts)| parts).collect(), lang);
    let most = bars.first().map(|(label, _)| label.clone()).unwrap_or_default();
    sheet.figure(
        Chart::Bars { parts, bars },
        ("Children separated, by place", "Menores separados, por lugar"),
        match lang {
            crate::Lang::En => format!("The most children were separated in {most}."),
            crate::Lang::Es => format!("El lugar con más menores separados es {most}."),
        },
        vec![place.reference],
    );
    sheet.breakdown(&place, &[title], ("Children separated, by place", "Menores separados, por lugar"));
    let ages = sheet.ask("separated", &by(&["age-group", "sex"]))?;
    sheet.breakdown(
        &ages,
        &[("age group", "grupo de edad"), ("sex", "sexo")],
        ("Children separated, by age and sex", "Menores separados, por edad y sexo"),
    );
    let countries = sheet.ask("separated", &by(&["country"]))?;
    sheet.breakdown(
        &countries,
        &[("country", "país")],
        ("Children separated, by country of origin", "Menores separados, por país de origen"),
    );
    let reasons = sheet.ask("separated", &by(&["reason"]))?;
    sheet.breakdown(
        &reasons,
        &[("ground, as recorded", "motivo, según consta")],
        ("Children separated, by the ground on record", "Menores separados, según el motivo que consta"),
    );
    let outcomes = sheet.ask("separated", &by(&["outcome"]))?;
    sheet.breakdown(
        &outcomes,
        &[("outcome", "desenlace")],
        (
            "Children separated, by outcome of the last stay",
            "Menores separados, según el desenlace de la última estancia",
        ),
    );
    Ok(())
}

fn policies(sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    sheet.section(1, "What was ordered and decided", "Qué se ordenó y decidió");
    let lang = sheet.lang;
    let column = |en: &str, es: &str| Column { title: lang.of(en, es).to_owned(), numeric: false };
    let policies = sheet.scene().policies.clone();
    let mut rows = Vec::new();
    let mut references = Vec::new();
    for policy in &policies.policies {
        let doubt = policy.doubt.clone().unwrap_or_default();
        let reference = sheet.reference(
            &format!("policy {}", policy.id),
            lang.of(&policy.title.0, &policy.title.1).to_owned(),
            vec![
                (lang.of("Sources", "Fuentes"), policy.sources.join("; ")),
                (lang.of("Doubt", "Duda"), if doubt.is_empty() { "-".into() } else { doubt.clone() }),
            ],
        );
        references.push(reference);
        rows.push(vec![
            lang.of(&policy.title.0, &policy.title.1).to_owned(),
            policy.from.to_string(),
            policy.to.map_or(String::new(), |to| to.to_string()),
            match policy.effect {
                Effect::Separates => lang.of("separates", "separa"),
                Effect::Ends => lang.of("ends or limits", "pone fin o limita"),
                Effect::Reunifies => lang.of("obliges to reunify", "obliga a reunificar"),
            }
            .to_owned(),
            doubt,
        ]);
    }
    sheet.push(Block::Table {
        caption: lang.of("Policies", "Políticas").to_owned(),
        columns: vec![
            column("policy", "política"),
            column("from", "desde"),
            column("to", "hasta"),
            column("effect", "efecto"),
            column("doubt", "duda"),
        ],
        rows,
        total: None,
        note: None,
        references: references.clone(),
    });
    let rows: Vec<Vec<String>> = policies
        .acts
        .iter()
        .map(|act| {
            vec![
                act.on.to_string(),
                match &act.to {
                    Some(to) => format!("{} → {to}", act.by),
                    None => act.by.clone(),
                },
                lang.of(&act.words.0, &act.words.1).to_owned(),
                act.sources.join("; "),
                act.doubt.clone().unwrap_or_default(),
            ]
        })
        .collect();
    sheet.push(Block::Table {
        caption: lang.of("Directives and decisions", "Directivas y decisiones").to_owned(),
        columns: vec![
            column("when", "cuándo"),
            column("who to whom", "quién a quién"),
            column("what", "qué"),
            column("sources", "fuentes"),
            column("doubt", "duda"),
        ],
        rows,
        total: None,
        note: None,
        references,
    });
    let attributed = sheet.ask("separated", &by(&["policy", "attribution"]))?;
    sheet.breakdown(
        &attributed,
        &[("policy", "política"), ("how ascribed", "cómo se atribuye")],
        (
            "Separations, by the policy they are ascribed to",
            "Separaciones, según la política a la que se atribuyen",
        ),
    );
    Ok(())
}

fn prosecutions(sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let asked = sheet.ask("prosecutions", &by(&["district"]))?;
    if asked.answer.value == 0.0 {
        return Ok(());
    }
    sheet.section(1, "What prosecutors decided", "Qué decidieron los fiscales");
    sheet.breakdown(
        &asked,
        &[("decision", "decisión"), ("district", "distrito")],
        ("Referrals of adults for prosecution", "Remisiones de adultos a la fiscalía"),
    );
    Ok(())
}

fn time_apart(sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    sheet.section(1, "How long they were apart", "Cuánto tiempo estuvieron separados");
    let asked = sheet.ask("time-apart", &Parameters::default())?;
    let lang = sheet.lang;
    if let Some(days) = &asked.answer.days {
        let bars: Vec<(String, Vec<u64>)> = days
            .histogram
            .iter()
            .map(|(from, to, count)| {
                let label = if *to == i32::MAX - 1 { format!("{from}+") } else { format!("{from}–{to}") };
                (label, vec![*count])
            })
            .collect();
        let (median, mean) = (decimal(days.median), decimal(days.mean.round()));
        sheet.figure(
            Chart::Columns {
                parts: vec![lang.of("children reunited", "menores reunificados").to_owned()],
                bars,
                axis: lang.of("days apart", "días de separación").to_owned(),
            },
            (
                "Days from apprehension to the hand-over to the parent",
                "Días desde la aprehensión hasta la entrega al progenitor",
            ),
            match lang {
                crate::Lang::En => format!("The median is {median} days, the mean {mean}."),
                crate::Lang::Es => format!("La mediana es de {median} días; la media, de {mean}."),
            },
            vec![asked.reference],
        );
    }
    sheet.breakdown(
        &asked,
        &[("standing", "situación")],
        ("Separated children, by how the separation stands", "Menores separados, según la situación"),
    );
    Ok(())
}

fn custody(sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    sheet.section(1, "The flow of custody", "El flujo de la custodia");
    let asked = sheet.ask("separated", &by(&["policy", "outcome"]))?;
    let lang = sheet.lang;
    let mut nodes: Vec<FlowNode> = Vec::new();
    let mut edges: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    let shelter = lang.of("custody of agencies", "custodia de los organismos").to_owned();
    let mut node = |label: &str, stage: u8| {
        nodes.iter().position(|node| node.label == label && node.stage == stage).unwrap_or_else(|| {
            nodes.push(FlowNode { label: label.to_owned(), stage });
            nodes.len() - 1
        })
    };
    for line in &asked.answer.breakdown {
        let value =
            |name: &str| line.key.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let count = shown(sheet, line.columns[How::Known as usize]);
        if count == 0 {
            continue;
        }
        let (from, through, to) = (
            node(&in_words(value("policy"), lang), 0),
            node(&shelter, 1),
            node(&in_words(value("outcome"), lang), 2),
        );
        *edges.entry((from, through)).or_default() += count;
        *edges.entry((through, to)).or_default() += count;
    }
    let edges: Vec<(usize, usize, u64)> =
        edges.into_iter().map(|((from, to), count)| (from, to, count)).collect();
    if !edges.is_empty() {
        sheet.figure(
            Chart::Flow { nodes, edges },
            (
                "From the policy a separation is ascribed to, through custody, to the outcome (known separations)",
                "De la política a la que se atribuye la separación, por la custodia, al desenlace (separaciones conocidas)",
            ),
            lang.of(
                "Ribbons are as wide as the number of children.",
                "El ancho de las cintas es proporcional al número de menores.",
            )
            .to_owned(),
            vec![asked.reference],
        );
    }
    let problems = sheet.ask("custody-problems", &Parameters::default())?;
    sheet.breakdown(
        &problems,
        &[("breach", "incumplimiento")],
        ("Breaches of the custody invariant", "Incumplimientos del invariante de custodia"),
    );
    Ok(())
}
