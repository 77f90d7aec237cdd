//! The tree of organisations: TOML in the case's directory. Without it every list is an organisation of its own, directly
//! under the root.

use crate::Error;
use rejoin_access::Organisation;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The root of the tree: the registry itself.
pub(crate) const ROOT: &str = "registry";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    organisation: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    name: String,
    within: Option<String>,
    #[serde(default)]
    lists: Vec<String>,
}

/// The organisations of a case.
#[derive(Debug, Clone, Default)]
pub struct Organisations {
    /// Id → name, and the id of the one above it.
    named: BTreeMap<String, (String, String)>,
    /// List → who contributes it.
    by_list: BTreeMap<String, String>,
    /// Lists of the case that no organisation names: each is its own.
    alone: BTreeSet<String>,
}

/// The text in use; empty when the case has no such file.
pub(crate) fn text(directory: &Path) -> Result<String, Error> {
    let own = directory.join("organisations.toml");
    Ok(match own.is_file() {
        true => std::fs::read_to_string(&own).map_err(|source| Error::Directory { path: own, source })?,
        false => String::new(),
    })
}

/// From a file's text, and the lists that the case has.
pub(crate) fn parse(text: &str, lists: impl IntoIterator<Item = String>) -> Result<Organisations, Error> {
    let mut tree = read(text).map_err(Error::Organisations)?;
    tree.alone = lists
        .into_iter()
        .filter(|list| !tree.by_list.contains_key(list) && !tree.named.contains_key(list) && list != ROOT)
        .collect();
    Ok(tree)
}

fn read(text: &str) -> Result<Organisations, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut tree = Organisations::default();
    for row in file.organisation {
        let id = row.id.trim().to_owned();
        if id.is_empty() || id != row.id {
            return Err(format!("{:?} is no id of an organisation", row.id));
        }
        if id == ROOT {
            return Err(format!("{ROOT} is the root, which is there by itself"));
        }
        for list in row.lists {
            if let Some(other) = tree.by_list.insert(list.clone(), id.clone()) {
                return Err(format!("the list {list:?} is of {other} and of {id}; it can be of one"));
            }
        }
        let above = row.within.unwrap_or_else(|| ROOT.into());
        if tree.named.insert(id.clone(), (row.name, above)).is_some() {
            return Err(format!("the organisation {id} is there twice"));
        }
    }
    for (id, (_, above)) in &tree.named {
        if above != ROOT && !tree.named.contains_key(above) {
            return Err(format!("the organisation {id} is within {above:?}, which is not there"));
        }
        // Up to the root in as many steps as there are organisations, or never.
        let mut at = id;
        let mut way = vec![id.as_str()];
        while let Some((_, above)) = tree.named.get(at) {
            if way.contains(&above.as_str()) {
                way.push(above);
                return Err(format!("organisations are within each other: {}", way.join(" within ")));
            }
            way.push(above);
            at = above;
        }
    }
    Ok(tree)
}

impl Organisations {
    /// The root.
    pub fn root(&self) -> Organisation {
        path([ROOT])
    }

    /// The organisation of an id.
    ///
    /// # Errors
    /// [`Error::Organisations`] when there is none.
    pub fn named(&self, id: &str) -> Result<Organisation, Error> {
        if id == ROOT {
            return Ok(self.root());
        }
        if self.alone.contains(id) {
            return Ok(path([ROOT, id]));
        }
        let mut way = Vec::new();
        let mut at = id;
        while let Some((_, above)) = self.named.get(at) {
            way.push(at);
            at = above;
        }
        if way.is_empty() {
            return Err(Error::Organisations(format!("there is no organisation {id:?}")));
        }
        way.push(ROOT);
        Ok(path(way.into_iter().rev()))
    }

    /// Who contributes a list.
    pub fn of_list(&self, list: &str) -> Organisation {
        let id = self.by_list.get(list).map_or(list, String::as_str);
        // A list named like the root must not stand above everybody.
        self.named(id).ok().filter(|found| found.path().len() > 1).unwrap_or_else(|| path([ROOT, list]))
    }

    /// What an organisation is called.
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.named.get(id).map_or(id, |(name, _)| name.as_str())
    }

    /// Every organisation but the root, in the order of their ids.
    pub fn all(&self) -> Vec<Organisation> {
        let ids: BTreeSet<&String> = self.named.keys().chain(&self.alone).collect();
        ids.into_iter().filter_map(|id| self.named(id).ok()).collect()
    }
}

/// A path that is never empty, of ids that are none either.
fn path<'a>(ids: impl IntoIterator<Item = &'a str>) -> Organisation {
    let ids: Vec<&str> =
        ids.into_iter().map(|id| if id.trim().is_empty() { "unnamed" } else { id }).collect();
    Organisation::new(ids).unwrap_or_else(|| unreachable!("the root is in every path"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    const TREE: &str = "[[organisation]]\nid = \"orr\"\nname = \"Shelters\"\nwithin = \"hhs\"\nlists = [\"shelter-portal\"]\n\
                        [[organisation]]\nid = \"hhs\"\nname = \"Health\"\n";

    #[test]
    fn paths_lead_from_the_root() {
        let lists = ["shelter-portal", "border", "registry"].map(str::to_owned);
        let tree = parse(TREE, lists).unwrap();
        assert_eq!(tree.of_list("shelter-portal").path(), ["registry", "hhs", "orr"]);
        assert_eq!(tree.of_list("border").path(), ["registry", "border"]);
        assert_eq!(tree.of_list("not yet delivered").path(), ["registry", "not yet delivered"]);
        assert_eq!(tree.of_list("registry").path(), ["registry", "registry"]);
        assert!(tree.named("orr").unwrap().is_within(&tree.named("hhs").unwrap()));
        assert!(tree.named("nobody").is_err());
        assert_eq!(tree.all().len(), 3);
        assert_eq!(tree.name("orr"), "Shelters");
    }

    #[test]
    fn what_is_no_tree_is_named() {
        let cycle = TREE.replace("name = \"Health\"", "name = \"Health\"\nwithin = \"orr\"");
        for (text, says) in [
            (cycle.as_str(), "within each other: hhs within orr within hhs"),
            (&TREE.replace("\"hhs\"\nlists", "\"hss\"\nlists"), "\"hss\", which is not there"),
            (&TREE.replace("id = \"hhs\"", "id = \"orr\""), "twice"),
            (&format!("{TREE}lists = [\"shelter-portal\"]\n"), "of orr and of hhs"),
            (&TREE.replace("id = \"hhs\"", "id = \"registry\""), "the root"),
            (&TREE.replace("id = \"hhs\"", "id = \"\""), "no id"),
            (&TREE.replace("lists", "list"), "list"),
        ] {
            let wrong = read(text).unwrap_err();
            assert!(wrong.contains(says), "{wrong}");
        }
    }
}
