//! `rejoin replay` and `rejoin estimate`: what another policy would have spared, and how many no list has.

use super::{Context, account, day};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, decimal, print, print_json, thousands};
use crate::{Format, Output};
use rejoin_inquiry::measure::How;
use rejoin_inquiry::replay::Scenario;
use rejoin_inquiry::unseen::{self, ASSUMPTIONS, Histories};
use rejoin_inquiry::{Answer, Parameters, Refused, ask, named};
use rejoin_ledger::Checkpoint;
use serde_json::json;

/// Arguments of `replay`.
#[derive(clap::Args)]
pub struct Replay {
    /// Children younger than this are not separated.
    #[arg(long, value_name = "YEARS")]
    minimum_age: Option<u8>,
    /// Adults apprehended with a child are not referred for prosecution.
    #[arg(long)]
    no_family_referral: bool,
    /// The order that ended the policy comes on this day.
    #[arg(long, value_name = "DATE")]
    ended_on: Option<String>,
    /// Only this policy is another; by default every policy that separates (`rejoin list policies`).
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// As of which day days apart are counted; by default the last day any record speaks of.
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// Break down by these groups.
    #[arg(long, value_name = "GROUP,...", value_delimiter = ',', default_value = "age-group,sector")]
    by: Vec<String>,
    #[command(flatten)]
    output: Output,
}

impl Replay {
    /// The scenario as the measures take it.
    fn scenario(&self) -> Result<String, Failure> {
        let mut words: Vec<String> = Vec::new();
        words.extend(self.minimum_age.map(|age| format!("minimum-age={age}")));
        words.extend(self.no_family_referral.then(|| "no-family-referral".to_owned()));
        words.extend(day(self.ended_on.as_deref())?.map(|day| format!("ended-on={day}")));
        if words.is_empty() {
            return Err(Failure::usage(
                "nothing is changed",
                "give --minimum-age YEARS, --no-family-referral or --ended-on DATE",
            ));
        }
        words.extend(self.policy.as_ref().map(|policy| format!("policy={policy}")));
        Ok(words.join(","))
    }

    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let id = self.scenario()?;
        let case = context.open()?;
        let progress = Progress::new();
        progress.say("reading the case", 0, 0);
        let view = context.view(&case, "replay")?;
        let people = view.people();
        let on = day(self.on.as_deref())?;
        let scene = view.scene(&people, on);
        let parameters =
            Parameters { on, id: Some(id.clone()), by: self.by.clone(), ..Parameters::default() };
        let asked = |name: &str| -> Result<Answer, Failure> {
            let measure = named(name).ok_or_else(|| Failure::unexpected(format!("no measure {name}")))?;
            Ok(ask(measure, &scene, &parameters)?)
        };
        let (children, days) = (asked("not-separated")?, asked("days-not-apart")?);
        let scenario = Scenario::read(&id).map_err(|refused: Refused| Failure::from(refused))?;
        let assumptions: Vec<String> = scenario
            .assumptions()
            .into_iter()
            .map(|(english, spanish)| context.lang.of(&english, &spanish).to_owned())
            .collect();
        match self.output.format {
            Format::Json => {
                let of = |answer: &Answer| {
                    super::measure::answer_json(answer, view.checkpoint, context.lang, false)
                };
                print_json(&json!({
                    "scenario": id,
                    "assumptions": assumptions,
                    "children": of(&children),
                    "days": of(&days),
                }))?;
            }
            Format::Csv => table(&children, &days).csv()?,
            Format::Table => {
                say(&children, context.lang.of("children not separated", "menores no separados"))?;
                say(&days, context.lang.of("days not apart", "días no apartados"))?;
                print(&table(&children, &days).table())?;
                for line in &assumptions {
                    print(&format!("- {line}"))?;
                }
                footer(&children, view.checkpoint)?;
            }
        }
        account::stale(&view, context.lang);
        Ok(())
    }
}

/// The known, and the most that the records allow.
fn say(answer: &Answer, what: &str) -> Result<(), Failure> {
    let most: u64 = answer.columns.iter().sum();
    print(&format!("{what}: {} known, {} at most", thousands(answer.value as u64), thousands(most)))?;
    let columns: Vec<String> = How::ALL
        .into_iter()
        .filter(|how| answer.columns[*how as usize] > 0)
        .map(|how| format!("{} {}", how.word(), thousands(answer.columns[how as usize])))
        .collect();
    print(&format!("  {}", columns.join(" · ")))
}

fn footer(answer: &Answer, checkpoint: Checkpoint) -> Result<(), Failure> {
    print(&format!("version {} · as of {} · checkpoint {checkpoint}", answer.version, answer.as_of))
}

/// Children and days by group, one line each.
fn table(children: &Answer, days: &Answer) -> Rows {
    let keys = |line: &rejoin_inquiry::measure::Line| {
        line.key.iter().filter(|(name, _)| name != "part").cloned().collect::<Vec<_>>()
    };
    let mut names: Vec<String> = Vec::new();
    if let Some(line) = days.breakdown.first() {
        names = keys(line).into_iter().map(|(name, _)| name).collect();
    }
    let mut columns: Vec<&str> = names.iter().map(String::as_str).collect();
    columns.extend(["children known", "children at most", "days known", "days at most"]);
    let mut rows = Rows::new(&columns);
    let mut lines: std::collections::BTreeMap<Vec<(String, String)>, [u64; 4]> =
        std::collections::BTreeMap::new();
    for (answer, offset) in [(children, 0), (days, 2)] {
        for line in &answer.breakdown {
            let entry = lines.entry(keys(line)).or_default();
            entry[offset] += line.columns[How::Known as usize];
            entry[offset + 1] += line.columns.iter().sum::<u64>();
        }
    }
    for (key, counts) in lines {
        let mut row: Vec<serde_json::Value> = key.into_iter().map(|(_, value)| json!(value)).collect();
        row.extend(counts.map(|count| json!(count)));
        rows.push(row);
    }
    rows
}

/// Arguments of `estimate`.
#[derive(clap::Args)]
pub struct Estimate {
    /// The lists; by default every list that records separations (two to six).
    #[arg(long, value_name = "LIST,...", value_delimiter = ',')]
    lists: Vec<String>,
    #[command(flatten)]
    output: Output,
}

/// Shares of missed and of false links that the sensitivity shows.
const LINK_ERRORS: [(f64, f64); 6] =
    [(0.01, 0.0), (0.03, 0.0), (0.05, 0.0), (0.0, 0.01), (0.0, 0.03), (0.0, 0.05)];

impl Estimate {
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let case = context.open()?;
        let progress = Progress::new();
        progress.say("reading the case", 0, 0);
        let view = context.view(&case, "estimate")?;
        let people = view.people();
        let known = unseen::histories(&people, &[]);
        if let Some(list) = self.lists.iter().find(|list| !known.lists.contains(list)) {
            return Err(Failure::missing(
                format!("no record of a list {list:?} says that a child was separated"),
                format!("these lists say so: {}", known.lists.join(", ")),
            ));
        }
        let histories = unseen::histories(&people, &self.lists);
        let estimate = unseen::estimate(&histories).map_err(|why| {
            Failure::missing(
                context.lang.of(why.words().0, why.words().1).to_owned(),
                format!("lists that record separations: {}", known.lists.join(", ")),
            )
        })?;
        let mut sensitivity = Rows::new(&["links missed", "links false", "estimate", "from", "to"]);
        for (missed, false_links) in LINK_ERRORS {
            let changed = unseen::with_link_error(&histories, missed, false_links);
            if let Ok(estimate) = unseen::estimate(&changed) {
                sensitivity.push(vec![
                    json!(format!("{:.0} %", missed * 100.0)),
                    json!(format!("{:.0} %", false_links * 100.0)),
                    json!(estimate.total.round()),
                    json!(estimate.interval.0.round()),
                    json!(estimate.interval.1.round()),
                ]);
            }
        }
        let models: Vec<serde_json::Value> = estimate
            .models
            .iter()
            .map(|(pairs, share)| {
                let names: Vec<String> = pairs
                    .iter()
                    .map(|(left, right)| {
                        format!("{} with {}", histories.lists[*left], histories.lists[*right])
                    })
                    .collect();
                json!({"dependent": names, "share": share})
            })
            .collect();
        let assumptions: Vec<&str> = ASSUMPTIONS.iter().map(|(en, es)| context.lang.of(en, es)).collect();
        match self.output.format {
            Format::Json => print_json(&json!({
                "seen": estimate.seen,
                "estimate": estimate.total,
                "interval95": [estimate.interval.0, estimate.interval.1],
                "lists": histories.lists,
                "histories": overlaps(&histories).json(),
                "models": models,
                "sensitivity": sensitivity.json(),
                "assumptions": assumptions,
                "checkpoint": view.checkpoint.to_string(),
            })),
            Format::Csv => overlaps(&histories).csv(),
            Format::Table => {
                print(&format!(
                    "{} {} · {} {} ({} {}-{})",
                    context.lang.of("on at least one list:", "en al menos una lista:"),
                    thousands(estimate.seen),
                    context.lang.of("estimated in all:", "estimación del total:"),
                    decimal(estimate.total.round()),
                    context.lang.of("95 % interval", "intervalo del 95 %"),
                    decimal(estimate.interval.0.round()),
                    decimal(estimate.interval.1.round()),
                ))?;
                print(&overlaps(&histories).table())?;
                print(
                    context
                        .lang
                        .of("If links were missed, or false:", "Si hubiera vínculos omitidos o falsos:"),
                )?;
                print(&sensitivity.table())?;
                for line in assumptions {
                    print(&format!("- {line}"))?;
                }
                print(&format!("checkpoint {}", view.checkpoint))
            }
        }
    }
}

fn overlaps(histories: &Histories) -> Rows {
    let mut columns: Vec<&str> = histories.lists.iter().map(String::as_str).collect();
    columns.push("children");
    let mut rows = Rows::new(&columns);
    for (key, count) in &histories.counts {
        let mut row: Vec<serde_json::Value> = (0..histories.lists.len())
            .map(|list| json!(if key >> list & 1 == 1 { "x" } else { "" }))
            .collect();
        row.push(json!(count));
        rows.push(row);
    }
    rows
}
