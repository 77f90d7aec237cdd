//! `rejoin list`: children, adults and the links between them, as the court asked for; and what else a case holds.

use super::{Context, account, day};
use crate::failure::Failure;
use crate::render::Rows;
use crate::{Lang, Output};
use clap::ValueEnum;
use rejoin_custody::Person;
use rejoin_custody::chain::{Whereabouts, whereabouts};
use rejoin_ingest::presets;
use rejoin_inquiry::group::GROUPS;
use rejoin_inquiry::{MEASURES, Scene};
use rejoin_linkage::weight;
use rejoin_model::{Bound, Field, FindingCode, Moment, PersonId, Subject};
use rejoin_registry::{Decision, Desk, View};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Arguments of `list`.
#[derive(clap::Args)]
pub struct List {
    /// What to list.
    what: What,
    /// As of which day; by default the last day any record speaks of.
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// Only children without a candidate parent, adults without a candidate child, or links that were not joined.
    #[arg(long)]
    unlinked: bool,
    /// Only findings of this code.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Of children and adults, also the rows of the lists that they are known from, as list:row.
    #[arg(long)]
    rows: bool,
    /// At most so many rows.
    #[arg(long, value_name = "N")]
    most: Option<usize>,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Children, where each is, and the likeliest parent.
    Children,
    /// Adults, where each is, and the likeliest child.
    Adults,
    /// Links: parents and siblings proposed; with --unlinked, likely pairs of records that were not joined.
    Links,
    /// Separations: how each is known, its ground, and the policy, directive or decision that it is ascribed to.
    Separations,
    /// Decisions of people on proposed families.
    Decisions,
    /// Findings: what was odd in the lists.
    Findings,
    /// Places: every spelling, and what it was folded into.
    Places,
    /// Deliveries of lists.
    Deliveries,
    /// Measures and their definitions.
    Measures,
    /// Groups to break measures down by.
    Groups,
    /// Clocks and their rules.
    Clocks,
    /// Policies: what was ordered, from when to when, where.
    Policies,
    /// Directives and decisions about policies: who told whom.
    Acts,
    /// Fields that a mapping may name.
    Fields,
    /// Presets for import.
    Presets,
    /// Finding codes and what they mean.
    Codes,
}

impl List {
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let mut rows = match self.what {
            What::Measures => measures(context.lang),
            What::Groups => groups(),
            What::Fields => fields(),
            What::Presets => preset_rows(context.lang),
            What::Codes => codes(context.lang),
            What::Decisions => super::decide::rows(&context.desk(&context.open()?)?)?,
            What::Findings => self.findings(&context.desk(&context.open()?)?)?,
            What::Places => places(&context.desk(&context.open()?)?)?,
            What::Deliveries => deliveries(&context.desk(&context.open()?)?)?,
            What::Links if self.unlinked => not_joined(&context.desk(&context.open()?)?)?,
            _ => {
                let case = context.open()?;
                let desk = context.desk(&case)?;
                // Lists that name people are read like files.
                let named =
                    matches!(self.what, What::Children | What::Adults | What::Links | What::Separations);
                let what = format!(
                    "list {}",
                    self.what.to_possible_value().map_or(String::new(), |it| it.get_name().to_owned())
                );
                let view = desk.view(named.then_some(&*what))?;
                let people = view.people();
                let scene = view.scene(&people, day(self.on.as_deref())?);
                account::stale(&view, context.lang);
                match self.what {
                    What::Clocks => clocks(&scene, context.lang),
                    What::Separations => separations(&scene),
                    What::Policies => policies(&scene, context.lang),
                    What::Acts => acts(&scene, context.lang),
                    What::Links => links(&view, &desk.decisions()?, context.lang),
                    _ => self.people(&view, &scene),
                }
            }
        };
        if let Some(most) = self.most {
            rows.rows.truncate(most);
        }
        rows.print(self.output.format)
    }

    fn people(&self, view: &View, scene: &Scene<'_>) -> Rows {
        let children = self.what == What::Children;
        let subject = if children { Subject::Child } else { Subject::Adult };
        let mut best: HashMap<PersonId, (PersonId, &str, f64, bool)> = HashMap::new();
        for candidate in view.candidates.iter().filter(|candidate| candidate.relation.is_parent()) {
            let (person, other) = if children {
                (candidate.child, candidate.other)
            } else {
                (candidate.other, candidate.child)
            };
            let entry = (other, candidate.relation.word(), candidate.probability, candidate.contested);
            let known = best.entry(person).or_insert(entry);
            if entry.2 > known.2 {
                *known = entry;
            }
        }
        let mut titles = vec![
            "person",
            "name",
            "sex",
            "age",
            "country",
            "apprehended",
            "custodian",
            "place",
            "since",
            "separated",
            "candidate",
            "relation",
            "probability",
            "contested",
            "days without a candidate",
            "records",
        ];
        if self.rows {
            titles.push("rows");
        }
        let mut rows = Rows::new(&titles);
        for person in scene.people.iter().filter(|person| person.subject == subject) {
            let candidate = best.get(&person.id).filter(|candidate| candidate.2 >= 0.5);
            if self.unlinked && candidate.is_some() {
                continue;
            }
            let mut row = person_row(person, candidate.copied(), scene.as_of);
            if self.rows {
                let from = person.records.iter();
                row.push(json!(
                    from.map(|record| format!("{}:{}", record.list, record.origin.row)).collect::<Vec<_>>()
                ));
            }
            rows.push(row);
        }
        rows
    }

    fn findings(&self, desk: &Desk<'_>) -> Result<Rows, Failure> {
        let code = match &self.code {
            Some(word) => Some(FindingCode::from_word(word).ok_or_else(|| {
                Failure::missing(
                    format!("there is no finding code {word:?}"),
                    "`rejoin list codes` shows them",
                )
            })?),
            None => None,
        };
        let mut rows =
            Rows::new(&["list", "code", "severity", "row", "column", "said", "understood", "record"]);
        let mut findings = desk.findings()?;
        findings.retain(|row| code.is_none_or(|code| row.finding.code == code));
        findings.sort_by_key(|row| row.finding.code.severity());
        for row in findings {
            let finding = row.finding;
            rows.push(vec![
                json!(row.list),
                json!(finding.code.word()),
                json!(finding.code.severity().word()),
                json!(finding.row),
                json!(finding.column),
                json!(finding.said),
                json!(finding.understood),
                json!(finding.record.map(|record| record.to_string())),
            ]);
        }
        Ok(rows)
    }
}

fn person_row(person: &Person<'_>, candidate: Option<(PersonId, &str, f64, bool)>, on: Moment) -> Vec<Value> {
    let (custodian, place, since) = match whereabouts(&person.chain, on) {
        Whereabouts::Held(interval) => (interval.custodian.word(), interval.place.clone(), interval.from),
        Whereabouts::PerhapsHeld(interval) => ("not recorded", None, interval.from),
        Whereabouts::Left(interval) => ("left", interval.place.clone(), interval.to),
        Whereabouts::NotOnRecord => ("not on record", None, Bound::Unknown),
    };
    let name = person.first(|record| record.name_of(Field::FullName)).map(|name| name.said.clone());
    let apprehended = person.apprehended();
    let reunited = person.separation.as_ref().is_some_and(|separation| separation.reunited != Bound::Open);
    let waiting = match candidate {
        Some(_) => None,
        None if reunited => None,
        None => apprehended.and_then(|at| at.days_until(on)).filter(|days| *days >= 0),
    };
    vec![
        json!(person.id.to_string()),
        json!(name),
        json!(person.first(|record| record.sex()).map(|sex| sex.letter())),
        json!(person.first(|record| record.age())),
        json!(person.first(|record| record.country()).map(|country| country.to_string())),
        json!(apprehended.map(|at| at.to_string())),
        json!(custodian),
        json!(place),
        json!(since.moment().map(|at| at.to_string())),
        json!(person.separation.as_ref().map(|separation| separation.basis.word())),
        json!(candidate.map(|candidate| candidate.0.to_string())),
        json!(candidate.map(|candidate| candidate.1)),
        json!(candidate.map(|candidate| (candidate.2 * 1000.0).floor() / 1000.0)),
        json!(candidate.map(|candidate| candidate.3)),
        json!(waiting),
        json!(person.records.len()),
    ]
}

fn links(view: &View, decisions: &[Decision], lang: Lang) -> Rows {
    let mut rows = Rows::new(&[
        "child",
        "other",
        "relation",
        "probability",
        "none of these",
        "contested",
        "decision",
        "new since rejected",
        "evidence",
    ]);
    let mut last: HashMap<(PersonId, PersonId), &str> = HashMap::new();
    for decision in decisions.iter().filter(|decision| decision.undone.is_none()) {
        last.insert((decision.child, decision.other), decision.verdict.word());
    }
    for candidate in &view.candidates {
        let words: Vec<&str> =
            candidate.evidence.iter().skip(1).map(|step| super::person::words(&step.words, lang)).collect();
        rows.push(vec![
            json!(candidate.child.to_string()),
            json!(candidate.other.to_string()),
            json!(candidate.relation.word()),
            json!((candidate.probability * 1000.0).floor() / 1000.0),
            json!((candidate.none * 1000.0).floor() / 1000.0),
            json!(candidate.contested),
            json!(last.get(&(candidate.child, candidate.other))),
            json!(candidate.new),
            json!(words),
        ]);
    }
    rows
}

fn not_joined(desk: &Desk<'_>) -> Result<Rows, Failure> {
    let mut rows = Rows::new(&["left", "right", "probability", "why"]);
    for link in desk.links()?.into_iter().filter(|link| !link.joined) {
        let words: Vec<String> = link
            .steps
            .iter()
            .filter(|(comparison, _, weight)| comparison != "prior" && *weight != 0)
            .map(|(comparison, level, weight)| {
                format!("{comparison}: {level} ({:+.1})", weight::bits(*weight))
            })
            .collect();
        let probability = (weight::probability(link.weight) * 1000.0).round() / 1000.0;
        rows.push(vec![
            json!(link.left.to_string()),
            json!(link.right.to_string()),
            json!(probability),
            json!(words),
        ]);
    }
    Ok(rows)
}

fn places(desk: &Desk<'_>) -> Result<Rows, Failure> {
    let mut rows = Rows::new(&["list", "field", "place", "spelling", "rows"]);
    for place in desk.places()? {
        rows.push(vec![
            json!(place.list),
            json!(place.field.word()),
            json!(place.place),
            json!(place.said),
            json!(place.rows),
        ]);
    }
    Ok(rows)
}

fn deliveries(desk: &Desk<'_>) -> Result<Rows, Failure> {
    let mut rows =
        Rows::new(&["event", "at", "by", "list", "file", "sha256", "rows", "added", "changed", "gone"]);
    for delivery in desk.deliveries()? {
        let at = jiff::Timestamp::from_microsecond(delivery.at_micros)
            .map(|at| at.to_string())
            .unwrap_or_default();
        rows.push(vec![
            json!(delivery.sequence),
            json!(at),
            json!(delivery.actor),
            json!(delivery.list),
            json!(delivery.name),
            json!(delivery.file),
            json!(delivery.rows),
            json!(delivery.added),
            json!(delivery.changed),
            json!(delivery.gone),
        ]);
    }
    Ok(rows)
}

fn measures(lang: Lang) -> Rows {
    let mut rows = Rows::new(&["measure", "version", "needs", "unit", "definition"]);
    for measure in MEASURES {
        let needs: Vec<String> = measure.needs.iter().map(|need| format!("--{need}")).collect();
        let definition = lang.of(measure.definition.0, measure.definition.1);
        rows.push(vec![
            json!(measure.name),
            json!(measure.version),
            json!(needs),
            json!(measure.unit.word()),
            json!(definition),
        ]);
    }
    rows
}

fn groups() -> Rows {
    let mut rows = Rows::new(&["group", "meaning"]);
    for group in GROUPS {
        rows.push(vec![json!(group.name), json!(group.meaning)]);
    }
    rows
}

fn fields() -> Rows {
    let mut rows = Rows::new(&["field", "meaning"]);
    for field in Field::ALL {
        rows.push(vec![json!(field.word()), json!(field.meaning())]);
    }
    rows
}

fn clocks(scene: &Scene<'_>, lang: Lang) -> Rows {
    let mut rows = Rows::new(&["clock", "title", "hours", "ages", "source", "doubt"]);
    for clock in scene.clocks {
        rows.push(vec![
            json!(clock.id),
            json!(lang.of(&clock.title.0, &clock.title.1)),
            json!(clock.minutes / 60),
            json!(format!("{}-{}", clock.ages.0, clock.ages.1)),
            json!(clock.source),
            json!(clock.doubt),
        ]);
    }
    rows
}

fn separations(scene: &Scene<'_>) -> Rows {
    let mut rows = Rows::new(&[
        "child",
        "known",
        "from",
        "adults",
        "ground",
        "in force",
        "perhaps in force",
        "policy",
        "ascribed",
        "last act before",
        "parent referred",
        "reunited",
    ]);
    for person in scene.people {
        let Some(separation) = &person.separation else { continue };
        let Some(attribution) = &separation.attribution else { continue };
        rows.push(vec![
            json!(person.id.to_string()),
            json!(separation.basis.word()),
            json!(separation.from.map(|day| day.to_string())),
            json!(separation.adults.iter().map(ToString::to_string).collect::<Vec<_>>()),
            json!(separation.ground),
            json!(attribution.in_force),
            json!(attribution.perhaps),
            json!(attribution.policy.as_deref().unwrap_or("none on record")),
            json!(attribution.ascribed.word()),
            json!(attribution.act.as_deref().unwrap_or("none on record")),
            json!(attribution.prosecuted),
            json!(super::person::bound(separation.reunited)),
        ]);
    }
    rows
}

fn policies(scene: &Scene<'_>, lang: Lang) -> Rows {
    let mut rows = Rows::new(&[
        "policy",
        "title",
        "effect",
        "from",
        "to",
        "area",
        "ages",
        "separated",
        "sources",
        "doubt",
    ]);
    for policy in &scene.policies.policies {
        let ascribed = scene.people.iter().filter(|person| {
            let attribution =
                person.separation.as_ref().and_then(|separation| separation.attribution.as_ref());
            attribution.is_some_and(|attribution| attribution.policy.as_ref() == Some(&policy.id))
        });
        rows.push(vec![
            json!(policy.id),
            json!(lang.of(&policy.title.0, &policy.title.1)),
            json!(policy.effect.word()),
            json!(policy.from.to_string()),
            json!(policy.to.map(|to| to.to_string())),
            json!(policy.area.join(", ")),
            json!(format!("{}-{}", policy.ages.0, policy.ages.1)),
            json!(ascribed.count()),
            json!(policy.sources.join("; ")),
            json!(policy.doubt),
        ]);
    }
    rows
}

fn acts(scene: &Scene<'_>, lang: Lang) -> Rows {
    let mut rows =
        Rows::new(&["act", "kind", "on", "by", "to", "policy", "words", "channel", "sources", "doubt"]);
    for act in &scene.policies.acts {
        rows.push(vec![
            json!(act.id),
            json!(act.kind.word()),
            json!(act.on.to_string()),
            json!(act.by),
            json!(act.to),
            json!(act.policy),
            json!(lang.of(&act.words.0, &act.words.1)),
            json!(act.channel),
            json!(act.sources.join("; ")),
            json!(act.doubt),
        ]);
    }
    rows
}

fn preset_rows(lang: Lang) -> Rows {
    let mut rows = Rows::new(&["preset", "title", "rows are", "agency", "fields"]);
    for preset in presets::all() {
        let title = lang.of(&preset.title, &preset.title_es).to_owned();
        rows.push(vec![
            json!(preset.preset),
            json!(title),
            json!(preset.kind),
            json!(preset.agency),
            json!(preset.column.len()),
        ]);
    }
    rows
}

fn codes(lang: Lang) -> Rows {
    let mut rows = Rows::new(&["code", "severity", "meaning"]);
    for code in FindingCode::ALL {
        let (english, spanish) = code.meaning();
        rows.push(vec![json!(code.word()), json!(code.severity().word()), json!(lang.of(english, spanish))]);
    }
    rows
}
