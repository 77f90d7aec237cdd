//! To whom cases can be given: accounts, and the teams of organisations. A case that is given to a name that nobody has
//! would be on nobody's work-list and would not be missed.

use crate::desk::Desk;
use crate::{Case, Error};
use rejoin_accounts::account::Standing;
use rejoin_casework::Fact;

const TEAM: &str = "team:";

/// Somebody a case can be given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignee {
    /// As facts name them: an account's id, or `team:` and an organisation.
    pub id: String,
    /// As people call them.
    pub name: String,
}

impl Desk<'_> {
    /// Accounts and teams, by name. It says nothing of anybody in the lists.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn assignees(&self) -> Result<Vec<Assignee>, Error> {
        let accounts = self.case.accounts()?.into_iter().filter(|one| one.standing == Standing::Active);
        let mut all: Vec<Assignee> =
            accounts.map(|one| Assignee { id: one.id, name: one.display_name }).collect();
        let tree = self.case.organisations()?;
        let teams = std::iter::once(tree.root()).chain(tree.all());
        all.extend(
            teams.map(|one| Assignee {
                id: format!("{TEAM}{}", one.id()),
                name: tree.name(one.id()).to_owned(),
            }),
        );
        Ok(all)
    }

    /// What people call an account, or a team; the id where nobody has it.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn called(&self, id: &str) -> Result<String, Error> {
        if let Some(team) = id.strip_prefix(TEAM) {
            return Ok(self.case.organisations()?.name(team).to_owned());
        }
        let account = self.case.account(id)?.filter(|account| account.id == id);
        Ok(account.map_or_else(|| id.to_owned(), |account| account.display_name))
    }
}

impl Case {
    /// The same facts with assignments to accounts by their ids, whatever they were called. A case without accounts knows
    /// nobody, and takes any name.
    pub(crate) fn with_assignees(&self, facts: &[Fact]) -> Result<Vec<Fact>, Error> {
        let mut facts = facts.to_vec();
        for fact in &mut facts {
            let Fact::Assigned { to, .. } = fact else { continue };
            if self.accounts()?.is_empty() {
                continue;
            }
            let known = match to.strip_prefix(TEAM) {
                Some(team) => self.organisations()?.named(team).is_ok(),
                None => match self.account(to)?.filter(|account| account.standing == Standing::Active) {
                    Some(account) => {
                        *to = account.id;
                        true
                    }
                    None => false,
                },
            };
            if !known {
                return Err(Error::Assignee(to.clone()));
            }
        }
        Ok(facts)
    }
}
