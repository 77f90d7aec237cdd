//! The policies' wire form: TOML, in the case's directory or as shipped.

use crate::Error;
use rejoin_model::{Act, ActKind, Effect, Moment, Policies, Policy};
use rejoin_normalize::text::fold;
use rejoin_normalize::{DateOrder, moment};
use serde::Deserialize;
use std::path::Path;

const SHIPPED: &str = include_str!("../../../policies/us-zero-tolerance.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policy: Vec<PolicyRow>,
    #[serde(default)]
    act: Vec<ActRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyRow {
    id: String,
    title: String,
    title_es: String,
    effect: String,
    from: String,
    to: Option<String>,
    sectors: Vec<String>,
    ages: (u8, u8),
    grounds: Vec<String>,
    #[serde(default)]
    needs_prosecution: bool,
    sources: Vec<String>,
    doubt: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActRow {
    id: String,
    kind: String,
    on: String,
    by: String,
    to: Option<String>,
    policy: String,
    words: String,
    words_es: String,
    channel: Option<String>,
    sources: Vec<String>,
    doubt: Option<String>,
}

/// The policies of a case: its own `policies.toml` if it has one, else those shipped.
pub(crate) fn read(directory: &Path) -> Result<Policies, Error> {
    parse(&text(directory)?).map_err(Error::Policies)
}

/// The text in use.
pub(crate) fn text(directory: &Path) -> Result<String, Error> {
    let own = directory.join("policies.toml");
    Ok(match own.is_file() {
        true => std::fs::read_to_string(&own).map_err(|source| Error::Directory { path: own, source })?,
        false => SHIPPED.to_owned(),
    })
}

fn day(of: &str, said: &str) -> Result<Moment, String> {
    moment::read(said, DateOrder::YearMonthDay).value.ok_or(format!("{of}: {said:?} is not a date"))
}

fn parse(text: &str) -> Result<Policies, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut policies = Vec::new();
    for row in file.policy {
        let effect = Effect::ALL
            .into_iter()
            .find(|effect| effect.word() == row.effect)
            .ok_or(format!("policy {}: there is no effect {:?}", row.id, row.effect))?;
        let policy = Policy {
            from: day(&row.id, &row.from)?,
            to: row.to.as_deref().map(|to| day(&row.id, to)).transpose()?,
            title: (row.title, row.title_es),
            effect,
            area: row.sectors.iter().map(|sector| fold(sector)).collect(),
            ages: row.ages,
            grounds: row.grounds.iter().map(|ground| fold(ground)).collect(),
            needs_prosecution: row.needs_prosecution,
            sources: row.sources,
            doubt: row.doubt,
            id: row.id,
        };
        if policy.ages.0 > policy.ages.1 {
            return Err(format!("policy {}: its ages end before they begin", policy.id));
        }
        if policies.iter().any(|other: &Policy| other.id == policy.id) {
            return Err(format!("policy {}: the id is there twice", policy.id));
        }
        if policy.to.is_some_and(|to| to.surely_before(policy.from)) {
            return Err(format!("policy {}: it ends before it begins", policy.id));
        }
        policies.push(policy);
    }
    let mut acts = Vec::new();
    for row in file.act {
        if !policies.iter().any(|policy| policy.id == row.policy) {
            return Err(format!("act {}: there is no policy {:?}", row.id, row.policy));
        }
        let kind = match row.kind.as_str() {
            "directive" => ActKind::Directive,
            "decision" => ActKind::Decision,
            other => return Err(format!("act {}: {other:?} is neither directive nor decision", row.id)),
        };
        acts.push(Act {
            kind,
            on: day(&row.id, &row.on)?,
            by: row.by,
            to: row.to,
            policy: row.policy,
            words: (row.words, row.words_es),
            channel: row.channel,
            sources: row.sources,
            doubt: row.doubt,
            id: row.id,
        });
    }
    policies.sort_by_key(|policy| policy.from);
    acts.sort_by_key(|act| (act.on.latest(), act.on.earliest()));
    Ok(Policies { policies, acts })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn the_shipped_policies_parse_and_a_wrong_word_is_named() {
        let policies = parse(SHIPPED).unwrap();
        assert_eq!(policies.policies[0].id, "el-paso-initiative");
        assert!(policies.acts.iter().all(|act| !act.sources.is_empty()));
        let wrong = SHIPPED.replace("policy = \"zero-tolerance\"", "policy = \"none\"");
        assert!(parse(&wrong).unwrap_err().contains("none"));
    }
}
