//! Stand-in until the accounts are merged.
use crate::{Case, Error, organisations, roles};
use rejoin_access::{Actor, Organisation};
use std::collections::BTreeSet;

impl Case {
    pub(crate) fn organisation_of_list(&self, list: &str) -> Result<Organisation, Error> {
        let text = organisations::text(&self.directory)?;
        Ok(organisations::parse(&text, [list.to_owned()])?.of_list(list))
    }
    /// The local command line.
    pub fn operator(&self, name: &str) -> Result<Actor, Error> {
        let all = roles::parse(&roles::text(&self.directory)?)?;
        Ok(Actor {
            account: name.to_owned(),
            organisation: organisations::parse("", [])?.root(),
            teams: BTreeSet::new(),
            roles: vec![all.named(roles::CUSTODIAN)?],
            subject_of: None,
        })
    }
}
impl Case {
    /// Stand-in.
    pub fn roles(&self) -> Result<std::sync::Arc<roles::Roles>, Error> {
        Ok(std::sync::Arc::new(roles::parse(&roles::text(&self.directory)?)?))
    }
}
