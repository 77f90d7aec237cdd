//! The second half of the account: what another policy would have spared, what no list has, which deadlines were missed,
//! what was published and said, and how we know.

use crate::commands::evidence::contradictions;
use crate::commands::report::sheet::{Asked, HIDDEN, Sheet, sum};
use crate::failure::Failure;
use crate::render::decimal;
use rejoin_access::suppress_row;
use rejoin_custody::clock::{Starts, Stops};
use rejoin_inquiry::Parameters;
use rejoin_inquiry::measure::{How, Line};
use rejoin_inquiry::reconcile::reconcile;
use rejoin_inquiry::replay::Scenario;
use rejoin_inquiry::unseen::{self, ASSUMPTIONS, Histories};
use rejoin_model::{Effect, Moment};
use rejoin_report::{Block, Column, Side};
use std::collections::BTreeMap;

pub fn otherwise(sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    sheet.section(1, "Had the policy been another", "Si la política hubiera sido otra");
    sheet.text(
        "The same records under a changed policy, child by child. What is known stands before the most that the records allow, \
         which adds what is inferred, suspected or undocumented.",
        "Los mismos registros con otra política, menor por menor. Lo conocido precede a lo máximo que permiten los registros, \
         que añade lo inferido, lo sospechado y lo no documentado.",
    );
    let lang = sheet.lang;
    let mut scenarios: Vec<(String, String)> = vec![
        (
            "minimum-age=5".into(),
            lang.of("no child under five is separated", "no se separa a menores de cinco años").into(),
        ),
        (
            "no-family-referral".into(),
            lang.of("no adult with a child is referred", "no se remite a adultos con menores").into(),
        ),
    ];
    // Two weeks before the last policy that separates ended.
    let end = sheet
        .scene()
        .policies
        .policies
        .iter()
        .filter(|policy| policy.effect == Effect::Separates)
        .filter_map(|one| one.to);
    if let Some(earlier) = end.max().and_then(|end| Moment::of_day_number(end.day_number() - 14)) {
        let words = match lang {
            crate::Lang::En => format!("the order comes two weeks earlier, on {earlier}"),
            crate::Lang::Es => format!("la orden llega dos semanas antes, el {earlier}"),
        };
        scenarios.push((format!("ended-on={earlier}"), words));
    }
    let mut rows = Vec::new();
    let mut references = Vec::new();
    let mut assumptions: Vec<String> = Vec::new();
    for (id, words) in &scenarios {
        let parameters = Parameters { id: Some(id.clone()), ..Parameters::default() };
        let (children, days) =
            (sheet.ask("not-separated", &parameters)?, sheet.ask("days-not-apart", &parameters)?);
        let most = |asked: &Asked| sum(asked.answer.columns);
        rows.push(vec![
            words.clone(),
            sheet.cell(children.of(How::Known)),
            sheet.cell(most(&children)),
            sheet.said(days.of(How::Known)),
            sheet.said(most(&days)),
        ]);
        references.extend([children.reference, days.reference]);
        for (english, spanish) in Scenario::read(id)?.assumptions() {
            let words = if lang == crate::Lang::En { english } else { spanish };
            if !assumptions.contains(&words) {
                assumptions.push(words);
            }
        }
    }
    let numeric = |en: &str, es: &str| Column { title: lang.of(en, es).to_owned(), numeric: true };
    sheet.push(Block::Table {
        caption: lang.of("Counterfactual replay", "Repetición contrafactual").to_owned(),
        columns: vec![
            Column { title: lang.of("if", "si").to_owned(), numeric: false },
            numeric("children not separated, known", "menores no separados, conocidos"),
            numeric("at most", "como máximo"),
            numeric("days not apart, known", "días no apartados, conocidos"),
            numeric("at most", "como máximo"),
        ],
        rows,
        total: None,
        note: None,
        references,
    });
    sheet.push(Block::Items(assumptions));
    let parameters = Parameters {
        id: Some("minimum-age=5".into()),
        by: vec!["age-group".into(), "sector".into()],
        ..Parameters::default()
    };
    let asked = sheet.ask("not-separated", &parameters)?;
    if !asked.answer.breakdown.is_empty() {
        sheet.breakdown(
            &asked,
            &[("age group", "grupo de edad"), ("sector", "sector")],
            ("No child under five is separated: who", "No se separa a menores de cinco años: quiénes"),
        );
    }
    Ok(())
}

pub fn unseen_children(sheet: &mut Sheet<'_>) {
    sheet.section(1, "How many no list has", "Cuántos no están en ninguna lista");
    let lang = sheet.lang;
    let histories = unseen::histories(sheet.scene().people, &[]);
    match unseen::estimate(&histories) {
        Err(why) => {
            let (english, spanish) = why.words();
            sheet.text(
                &format!("Nothing is estimated: {english}."),
                &format!("No se estima nada: {spanish}."),
            );
        }
        Ok(estimate) => {
            let (total, low, high) =
                (estimate.total.round(), estimate.interval.0.round(), estimate.interval.1.round());
            let reference = sheet.reference(
                "estimate",
                lang.of("Estimate of the unseen", "Estimación de los no vistos").to_owned(),
                vec![
                    (lang.of("Lists", "Listas"), histories.lists.join(", ")),
                    (
                        lang.of("Children by combination of lists (bits in this order)", "Menores por combinación de listas (bits en este orden)"),
                        combinations(&histories, sheet.request.suppress),
                    ),
                    (
                        lang.of("Method", "Método"),
                        lang.of(
                            "log-linear models of the lists' dependence, averaged by BIC; two lists: Chapman",
                            "modelos log-lineales de dependencia entre listas, promediados por BIC; dos listas: Chapman",
                        )
                        .to_owned(),
                    ),
                    (lang.of("Query", "Consulta"), "rejoin estimate".to_owned()),
                ],
            );
            sheet.claim("unseen", format!(
                    "The lists name {} children as separated. From how they overlap, {} are estimated in all (95 % interval {} to {}). \
                     This is an estimate and is added to no count.",
                    sheet.said(estimate.seen),
                    decimal(total),
                    decimal(low),
                    decimal(high)
                ),
                format!(
                    "Las listas nombran a {} menores como separados. Por su solapamiento se estiman {} en total (intervalo del 95 %: {} a {}). \
                     Es una estimación y no se suma a ningún recuento.",
                    sheet.said(estimate.seen),
                    decimal(total),
                    decimal(low),
                    decimal(high)
                ),
                vec![reference],
            );
            sheet.push(Block::Items(ASSUMPTIONS.iter().map(|(en, es)| lang.of(en, es).to_owned()).collect()));
        }
    }
}

/// Children by combination of lists; small ones are not shown when that was asked, nor what would give them away.
fn combinations(histories: &Histories, suppress: u64) -> String {
    let counts: Vec<u64> = histories.counts.values().copied().collect();
    let shown = suppress_row(&counts, suppress).cells;
    let each = histories.counts.keys().zip(shown);
    each.map(|(key, count)| format!("{key:b}: {count}")).collect::<Vec<_>>().join("; ")
}

pub fn clocks(sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    sheet.section(1, "Clocks", "Plazos");
    let lang = sheet.lang;
    for clock in sheet.scene().clocks {
        let parameters = Parameters { id: Some(clock.id.clone()), ..Parameters::default() };
        let asked = sheet.ask("clock", &parameters)?;
        if asked.answer.value == 0.0 {
            continue;
        }
        let title = lang.of(&clock.title.0, &clock.title.1).to_owned();
        sheet.section(2, &clock.title.0, &clock.title.1);
        let part = |is: &dyn Fn(&str) -> bool| -> u64 {
            let of = |line: &Line| line.key.iter().any(|(_, value)| is(value));
            asked.part_of(of, |line| sum(line.columns))
        };
        let subject = asked.answer.value as u64;
        let reunified = part(&|value| value == "met by reunification");
        let met = part(&|value| value == "met" || value == "met otherwise");
        let missed = part(&|value| value.starts_with("missed"));
        let silent = part(&|value| value == "missed: reason not documented");
        let known = sum([reunified, met, missed]);
        // What is left of a total says what was taken from it.
        let rest = match [reunified, met, missed].iter().any(|count| sheet.is_hidden(*count)) {
            true => HIDDEN,
            false => (asked.answer.value as u64).saturating_sub(known),
        };
        let mut english = format!("{title}: {} children were subject to this clock.", sheet.said(subject));
        let mut spanish = format!("{title}: {} menores estaban sujetos a este plazo.", sheet.said(subject));
        if matches!(clock.starts, Starts::OnDayForSeparatedInCare(_)) && clock.stops == Stops::LeavingCare {
            english.push_str(&format!(
                " {} met it by reunification with the parent, {} otherwise; {} missed it, {} of them without a documented reason; of {} the \
                 records cannot tell, or it still runs.",
                sheet.said(reunified),
                sheet.said(met),
                sheet.said(missed),
                sheet.said(silent),
                sheet.said(rest)
            ));
            spanish.push_str(&format!(
                " {} lo cumplieron por reunificación con el progenitor, {} de otro modo; {} lo incumplieron, {} de ellos sin razón documentada; de {} los \
                 registros no permiten saberlo, o sigue en curso.",
                sheet.said(reunified),
                sheet.said(met),
                sheet.said(missed),
                sheet.said(silent),
                sheet.said(rest)
            ));
        }
        sheet.claim(&format!("clock-{}", clock.id), english, spanish, vec![asked.reference]);
        sheet.breakdown(&asked, &[("standing", "situación")], (&clock.title.0, &clock.title.1));
    }
    Ok(())
}

pub fn published(sheet: &mut Sheet<'_>) {
    if sheet.request.published.is_empty() {
        return;
    }
    sheet.section(1, "Published figures beside ours", "Cifras publicadas junto a las nuestras");
    sheet.text(
        "A published figure stands beside ours only where a measure counts the same over the same period; where none does, the \
         reason is given. A difference is not yet an error: lists were revised, and definitions differ.",
        "Una cifra publicada se coloca junto a la nuestra solo si una medida cuenta lo mismo en el mismo período; si no, se da la \
         razón. Una diferencia no es todavía un error: las listas se revisaron y las definiciones difieren.",
    );
    let lang = sheet.lang;
    let comparisons = reconcile(sheet.scene(), sheet.request.published.clone());
    let mut rows = Vec::new();
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for comparison in &comparisons {
        let one = &comparison.published;
        match &comparison.ours {
            Ok(answer) => rows.push(vec![
                one.id.clone(),
                format!("{}, {}", one.body, one.document),
                one.metric.clone(),
                one.period.clone(),
                one.value.clone(),
                if sheet.is_hidden(answer.value as u64) { "*".to_owned() } else { decimal(answer.value) },
                comparison
                    .difference()
                    .filter(|_| !sheet.is_hidden(answer.value as u64))
                    .map_or(String::new(), |difference| format!("{difference:+.0}")),
            ]),
            Err(why) => *left_out.entry(why).or_default() += 1,
        }
    }
    let column = |en: &str, es: &str, numeric| Column { title: lang.of(en, es).to_owned(), numeric };
    let note = left_out.iter().map(|(why, count)| format!("{count}: {why}")).collect::<Vec<_>>().join("; ");
    let note = format!("{} {note}", lang.of("Not compared:", "Sin comparar:"));
    let reference = sheet.reference(
        "reconcile",
        lang.of("Reconciliation", "Conciliación").to_owned(),
        vec![(lang.of("Query", "Consulta"), "rejoin measure reconcile --published FILE".to_owned())],
    );
    sheet.push(Block::Table {
        caption: lang.of("Published figures and ours", "Cifras publicadas y nuestras").to_owned(),
        columns: vec![
            column("id", "id", false),
            column("published by", "publicado por", false),
            column("counts", "cuenta", false),
            column("period", "período", false),
            column("published", "publicado", true),
            column("ours", "nuestro", true),
            column("difference", "diferencia", true),
        ],
        rows,
        total: None,
        note: (!left_out.is_empty()).then_some(note),
        references: vec![reference],
    });
}

pub fn said(sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let evidence = sheet.material.evidence.clone();
    if evidence.statements.is_empty() && evidence.claims.is_empty() && evidence.responses.is_empty() {
        return Ok(());
    }
    sheet.section(1, "What was said, and what contradicts it", "Qué se dijo y qué lo contradice");
    for statement in &evidence.statements {
        sheet.quotation(statement)?;
    }
    let lang = sheet.lang;
    // What stands against a claim is a figure in words.
    let against = match sheet.request.suppress {
        0 => contradictions(sheet.scene(), &evidence, lang)?,
        _ => Vec::new(),
    };
    for [one, says, other, otherwise, explanation] in against {
        let mut references = |id: &str| {
            let source = evidence.source(id).cloned();
            source.map(|source| sheet.source(&source)).into_iter().collect::<Vec<usize>>()
        };
        let (left, right) = (references(&one), references(&other));
        sheet.push(Block::Sides {
            left: Side { title: one, words: says, references: left },
            right: Side { title: other, words: otherwise, references: right },
            explanation: if explanation.is_empty() {
                lang.of(
                    "Nothing on record explains the difference.",
                    "Nada en los registros explica la diferencia.",
                )
                .to_owned()
            } else {
                explanation
            },
        });
    }
    // Answers to claims, and those whose finding is not in this report: none is left out.
    for response in &evidence.responses {
        let placed =
            evidence.statements.iter().any(|one| one.id == response.to) || sheet.has_claim(&response.to);
        if !placed {
            sheet.response(response);
        }
    }
    Ok(())
}

pub fn method(sheet: &mut Sheet<'_>) {
    sheet.section(1, "How we know, and what we do not know", "Cómo lo sabemos y qué no sabemos");
    let lang = sheet.lang;
    let items = [
        (
            "What agencies sent is kept cell by cell in an append-only ledger; every number here is derived from it and names the \
             records behind it by their hash. The checkpoint on the title page names the ledger as it stood when the numbers were computed.",
            "Lo que enviaron los organismos se guarda celda por celda en un registro que solo crece; cada número deriva de él y nombra \
             por su huella los registros que lo sustentan. El punto de control de la portada identifica el registro en el momento del cálculo.",
        ),
        (
            "Known, inferred, suspected and undocumented stand in columns of their own. Estimates stand apart from all of them.",
            "Lo conocido, lo inferido, lo sospechado y lo no documentado figuran en columnas propias. Las estimaciones van aparte.",
        ),
        (
            "That a policy was in force does not prove that it led to a separation; the ground on record does not prove that it was the \
             true one. Both are shown, and where they disagree that is counted.",
            "Que una política rigiera no prueba que llevara a una separación; el motivo que consta no prueba que fuera el verdadero. \
             Se muestran ambos y se cuenta dónde discrepan.",
        ),
        (
            "No family was decided by software: proposed matches are suspicions until people verify them.",
            "Ninguna familia fue decidida por un programa: las coincidencias propuestas son sospechas hasta que personas las verifican.",
        ),
    ];
    sheet.push(Block::Items(items.iter().map(|(en, es)| lang.of(en, es).to_owned()).collect()));
}
