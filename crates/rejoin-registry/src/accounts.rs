//! Accounts: each is a stream of events, sealed for the account, so that it can be erased. Who may change which account is
//! decided here, against the accounts as they are inside the change; every refusal is on record.
//!
//! Accounts are few. They are kept in memory as their events made them, and brought up to the ledger when it has grown.

use crate::change::Change;
use crate::database::values;
use crate::keys::Opened;
use crate::organisations::{self, Organisations};
use crate::project::{StoredEvent, payload};
use crate::roles::{self, Roles, may_give};
use crate::store::{EVENT, families_digest, people_digest};
use crate::tokens::Calls;
use crate::wire::{self, Seen, Streamed, SubjectErased};
use crate::{Case, Error, Stamp};
use rejoin_access::{Action, Actor, Organisation};
use rejoin_accounts::account::{Account, AccountEvent, Change as Happened, Standing};
use rejoin_accounts::attempts::fold_name;
use rejoin_accounts::invitation::{USUAL_INVITATION, invite};
use rejoin_accounts::password::{Cost, Passwords};
use rejoin_accounts::{Language, Random, ShownOnce, stored};
use rejoin_ledger::{Checkpoint, Hash};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a stream of an account is called before its id.
pub(crate) const STREAM: &str = "account:";
/// Signs of an id; none is taken for another.
const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Names that no account has: those of the local operator, of the door, and of programs that show no good token.
const RESERVED: [&str; 3] = ["operator", "door", "token"];

/// What a case keeps in memory of accounts.
pub(crate) struct Keeper {
    cost: Cost,
    passwords: OnceLock<Passwords>,
    known: Mutex<(Checkpoint, Arc<Known>)>,
    /// The roles, and the tree without lists that stand alone, each with the text that it was read from.
    roles: Mutex<Option<(String, Arc<Roles>)>>,
    tree: Mutex<Option<(String, Arc<Organisations>)>>,
    pub calls: Calls,
}

/// Accounts by id.
pub(crate) type Known = BTreeMap<String, Account>;

pub(crate) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does what needs random bytes; an error when the system gave none.
pub(crate) fn with_random<T>(work: impl FnOnce(Random<'_>) -> T) -> Result<T, Error> {
    let mut failed = None;
    let done = work(&mut |bytes: &mut [u8]| {
        if let Err(error) = getrandom::fill(bytes) {
            failed = Some(error);
        }
    });
    match failed {
        None => Ok(done),
        Some(error) => Err(Error::Keys(format!("no randomness: {error}"))),
    }
}

impl Keeper {
    pub fn new(cost: Cost) -> Self {
        Self {
            cost,
            passwords: OnceLock::new(),
            known: Mutex::default(),
            roles: Mutex::default(),
            tree: Mutex::default(),
            calls: Calls::default(),
        }
    }

    /// The hasher: made at the first password, as that costs as much as one.
    pub fn passwords(&self) -> Result<&Passwords, Error> {
        if self.passwords.get().is_none() {
            let made = with_random(|random| Passwords::new(self.cost, random))?;
            let made = made.map_err(|error| Error::Account(error.to_string()))?;
            let _ = self.passwords.set(made);
        }
        self.passwords.get().ok_or_else(|| Error::Account("passwords cannot be hashed".into()))
    }
}

/// A new account.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    /// The name to sign in with.
    pub name: &'a str,
    /// The name that others see.
    pub display_name: &'a str,
    /// The id of the organisation that it works for.
    pub organisation: &'a str,
    /// The language that its owner reads, if known.
    pub language: Option<Language>,
    /// Roles to begin with.
    pub roles: &'a [String],
}

/// Why a change is not made.
pub(crate) enum Stop {
    /// Not allowed: that goes on record, in these words, which name nobody.
    Denied(String),
    /// Not allowed, and not to be told from an account that is not there.
    Hidden,
    /// Something else.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Failed(error)
    }
}

/// What a decision about an account is made on, all of one moment.
pub(crate) struct Bench {
    pub known: Arc<Known>,
    pub roles: Arc<Roles>,
    pub tree: Organisations,
}

impl Bench {
    /// The account of an id, or of a name.
    pub fn find(&self, who: &str) -> Option<&Account> {
        find(&self.known, who)
    }

    /// Where an account works; at a place of its own when its organisation is not in the tree any more.
    fn place(&self, account: &Account) -> Option<Organisation> {
        self.tree.named(&account.organisation).ok()
    }

    /// Whether one manages this account: it is at or below their place, and has no role that they could not give.
    fn may_manage(&self, by: &Actor, account: &Account) -> Result<(), Stop> {
        let at_root = by.organisation.path().len() == 1;
        let within = self.place(account).map_or(at_root, |place| place.is_within(&by.organisation));
        if !within {
            return Err(Stop::Hidden);
        }
        for role in &account.roles {
            match self.roles.named(role) {
                Ok(role) => may_give(by, &role)
                    .map_err(|why| Stop::Denied(format!("not your account to manage: {why}")))?,
                Err(_) if by.has(Action::Operate) => {}
                Err(error) => return Err(Stop::Failed(error)),
            }
        }
        Ok(())
    }

    /// Refuses when nobody would be left who can manage the account's place.
    fn leaves_a_manager(&self, account: &Account) -> Result<(), Stop> {
        let manages = |other: &Account| {
            let may = other.roles.iter().filter_map(|role| self.roles.named(role).ok());
            other.standing == Standing::Active
                && may.into_iter().any(|role| role.actions().contains(&Action::ManageAccounts))
        };
        let covers = |other: &Account| match (self.place(other), self.place(account)) {
            (Some(theirs), Some(place)) => place.is_within(&theirs),
            _ => false,
        };
        let left = self.known.values().any(|other| other.id != account.id && manages(other) && covers(other));
        if !manages(account) || left {
            return Ok(());
        }
        Err(Stop::Denied(format!(
            "this is the last active account that manages accounts of {}",
            account.organisation
        )))
    }
}

fn find<'a>(known: &'a Known, who: &str) -> Option<&'a Account> {
    let name = fold_name(who);
    known.get(who).or_else(|| known.values().find(|account| account.name == name))
}

fn subject(id: &str) -> String {
    format!("{STREAM}{id}")
}

impl Case {
    /// Every account, closed ones too, in the order of their names. Secrets in them are sealed.
    pub fn accounts(&self) -> Result<Vec<Account>, Error> {
        let mut accounts: Vec<Account> = self.known()?.values().cloned().collect();
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(accounts)
    }

    /// The account of an id, or of a name.
    pub fn account(&self, who: &str) -> Result<Option<Account>, Error> {
        Ok(find(&*self.known()?, who).cloned())
    }

    /// The roles of the case: its own `roles.toml` if it has one, else those shipped.
    pub fn roles(&self) -> Result<Arc<Roles>, Error> {
        let text = roles::text(&self.directory)?;
        let mut kept = locked(&self.keeper.roles);
        if let Some((of, roles)) = &*kept
            && *of == text
        {
            return Ok(Arc::clone(roles));
        }
        let roles = Arc::new(roles::parse(&text)?);
        *kept = Some((text, Arc::clone(&roles)));
        Ok(roles)
    }

    /// The tree of organisations: the case's `organisations.toml`, and a place under the root for every other list.
    pub fn organisations(&self) -> Result<Organisations, Error> {
        let text = organisations::text(&self.directory)?;
        let sql = "SELECT DISTINCT list FROM delivery ORDER BY list";
        organisations::parse(&text, self.store.lines(sql, |row| row.get(0))?)
    }

    /// The organisation that contributes a list.
    pub fn organisation_of_list(&self, list: &str) -> Result<Organisation, Error> {
        let text = organisations::text(&self.directory)?;
        let mut kept = locked(&self.keeper.tree);
        if let Some((of, tree)) = &*kept
            && *of == text
        {
            return Ok(tree.of_list(list));
        }
        // Which other lists there are does not matter to this one.
        let tree = Arc::new(organisations::parse(&text, [])?);
        let found = tree.of_list(list);
        *kept = Some((text, tree));
        Ok(found)
    }

    /// An account as the access decision sees it: its roles, its place in the tree, its teams.
    ///
    /// # Errors
    /// [`Error::Roles`], [`Error::Organisations`] when it has a role or an organisation that is not there any more.
    pub fn actor_of(&self, account: &Account, teams: BTreeSet<String>) -> Result<Actor, Error> {
        let roles = self.roles()?;
        let roles = account.roles.iter().map(|role| roles.named(role)).collect::<Result<_, _>>()?;
        let organisation = self.organisations()?.named(&account.organisation)?;
        Ok(Actor { account: account.id.clone(), organisation, teams, roles, subject_of: None })
    }

    /// The local command line: whoever holds the keys is the custodian, at the root.
    ///
    /// # Errors
    /// [`Error::Denied`] for the name or id of an account: its owner proves who they are, and this is an operator's word.
    pub fn operator(&self, name: &str) -> Result<Actor, Error> {
        if self.account(name)?.is_some() {
            return Err(Error::Denied(format!(
                "{name:?} is an account: its owner signs in, and nobody else gives commands under its name"
            )));
        }
        Ok(Actor {
            account: name.to_owned(),
            organisation: self.organisations()?.root(),
            teams: BTreeSet::new(),
            roles: vec![self.roles()?.named(roles::CUSTODIAN)?],
            subject_of: None,
        })
    }

    /// Makes an account, and the code by which its owner sets a first password: it is shown once.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Account`] for a name that is taken or is none; [`Error::Roles`] and
    /// [`Error::Organisations`] for what is not there.
    pub fn create_account(
        &self,
        by: &Actor,
        new: &NewAccount<'_>,
        stamp: &Stamp,
    ) -> Result<(Account, ShownOnce), Error> {
        let name = fold_name(new.name);
        let whole = !name.is_empty() && !name.chars().any(|sign| sign.is_control() || sign.is_whitespace());
        if !whole || new.display_name.trim().is_empty() {
            return Err(Error::Account(
                "a name to sign in with has no spaces, and the other name is not empty".into(),
            ));
        }
        // Names by which the registry itself signs what it writes.
        if RESERVED.contains(&name.as_str()) {
            return Err(Error::Account(format!("the name {name:?} is the registry's own")));
        }
        let change = self.store.begin()?;
        let bench = self.bench()?;
        if let Err(stop) = may_create(&bench, by, new) {
            return Err(self.stopped(change, stamp, "create account", None, stop)?);
        }
        if bench.find(&name).is_some() {
            return Err(Error::Account(format!("the name {name:?} is taken")));
        }
        let id = loop {
            let id = new_id()?;
            if bench.find(&id).is_none() {
                break id;
            }
        };
        let now = stamp.at_micros;
        let (code, invitation) = with_random(|random| invite(&id, USUAL_INVITATION, now, random))?;
        let language = new.language.map(|language| match language {
            Language::English => "en".to_owned(),
            Language::Spanish => "es".to_owned(),
        });
        let created = Happened::Created {
            name,
            display_name: new.display_name.trim().to_owned(),
            organisation: new.organisation.to_owned(),
            language,
        };
        let first = AccountEvent { account: id.clone(), at: now, change: created };
        let account = Account::created(&first).map_err(does_not_fit)?;
        self.append_account(&change, stamp, first)?;
        let mut changes = vec![Happened::Invited { invitation }];
        let roles: BTreeSet<&String> = new.roles.iter().collect();
        changes.extend(roles.into_iter().map(|role| Happened::RoleGiven { role: role.clone() }));
        let account = self.happen(&change, stamp, &account, changes)?;
        change.commit()?;
        Ok((account, code))
    }

    /// A new code for an account, shown once: its owner sets a new password by it, and everything that proved who they are
    /// before is void then.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NoAccount`].
    pub fn invite(&self, by: &Actor, who: &str, stamp: &Stamp) -> Result<(Account, ShownOnce), Error> {
        let mut shown = None;
        let account = self.manage(by, who, "invite", stamp, |_, account| {
            let (code, invitation) =
                with_random(|random| invite(&account.id, USUAL_INVITATION, stamp.at_micros, random))?;
            shown = Some(code);
            Ok(vec![Happened::Invited { invitation }])
        })?;
        let code = shown.ok_or_else(|| Error::Account("no code was made".into()))?;
        Ok((account, code))
    }

    /// Gives a role.
    ///
    /// # Errors
    /// [`Error::Denied`] for one's own account and for a role that is not the giver's to give; [`Error::NoAccount`];
    /// [`Error::Roles`]; [`Error::Account`] when it has the role.
    pub fn give_role(&self, by: &Actor, who: &str, role: &str, stamp: &Stamp) -> Result<Account, Error> {
        self.manage(by, who, "give role", stamp, |bench, account| {
            not_own(by, account)?;
            may_give(by, &*bench.roles.named(role)?).map_err(Stop::Denied)?;
            Ok(vec![Happened::RoleGiven { role: role.to_owned() }])
        })
    }

    /// Takes a role.
    ///
    /// # Errors
    /// As [`Case::give_role`]; and the last manager of accounts keeps theirs.
    pub fn take_role(&self, by: &Actor, who: &str, role: &str, stamp: &Stamp) -> Result<Account, Error> {
        self.manage(by, who, "take role", stamp, |bench, account| {
            not_own(by, account)?;
            let manages =
                bench.roles.named(role).is_ok_and(|role| role.actions().contains(&Action::ManageAccounts));
            if manages && account.roles.iter().any(|held| held == role) {
                bench.leaves_a_manager(account)?;
            }
            Ok(vec![Happened::RoleTaken { role: role.to_owned() }])
        })
    }

    /// Suspends an account: it may not sign in, and its sessions are over.
    ///
    /// # Errors
    /// [`Error::Denied`], for the last manager of accounts too; [`Error::NoAccount`].
    pub fn suspend(&self, by: &Actor, who: &str, reason: &str, stamp: &Stamp) -> Result<Account, Error> {
        self.manage(by, who, "suspend", stamp, |bench, account| {
            bench.leaves_a_manager(account)?;
            Ok(vec![Happened::Suspended { reason: said(reason)? }])
        })
    }

    /// Takes a suspension back.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NoAccount`]; [`Error::Account`] when it is not suspended.
    pub fn resume(&self, by: &Actor, who: &str, stamp: &Stamp) -> Result<Account, Error> {
        self.manage(by, who, "resume", stamp, |_, _| Ok(vec![Happened::Resumed]))
    }

    /// Closes an account for ever. Its name stays taken.
    ///
    /// # Errors
    /// As [`Case::suspend`].
    pub fn close_account(
        &self,
        by: &Actor,
        who: &str,
        reason: &str,
        stamp: &Stamp,
    ) -> Result<Account, Error> {
        self.manage(by, who, "close account", stamp, |bench, account| {
            bench.leaves_a_manager(account)?;
            Ok(vec![Happened::Closed { reason: said(reason)? }])
        })
    }

    /// Erases an account that is closed: who it was cannot be read any more, and its name is free. That it was there, and
    /// what it did, stays.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NoAccount`]; [`Error::Account`] while it is not closed.
    pub fn erase_account(
        &self,
        by: &Actor,
        who: &str,
        reason: &str,
        authority: &str,
        stamp: &Stamp,
    ) -> Result<(), Error> {
        let account = self.manage(by, who, "erase account", stamp, |_, account| {
            said(reason)?;
            said(authority)?;
            match account.standing {
                Standing::Closed => Ok(Vec::new()),
                _ => Err(Stop::Failed(Error::Account("close the account first".into()))),
            }
        })?;
        let change = self.store.begin()?;
        let subjects = vec![subject(&account.id)];
        let tombstone = SubjectErased {
            subjects: subjects.clone(),
            reason: reason.trim().to_owned(),
            authority: authority.trim().to_owned(),
            people: people_digest(&self.store)?,
            families: families_digest(&self.store)?,
        };
        let sequence = change.append(stamp, wire::SUBJECT_ERASED, &tombstone)?;
        change.erased(sequence, &tombstone)?;
        change.commit()?;
        self.store.keys.destroy(&subjects)?;
        Ok(())
    }

    /// Takes a lost telephone's authenticator away.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NoAccount`]; [`Error::Account`] when there is none.
    pub fn remove_totp(&self, by: &Actor, who: &str, stamp: &Stamp) -> Result<Account, Error> {
        self.manage(by, who, "remove totp", stamp, |_, _| Ok(vec![Happened::TotpRemoved]))
    }

    /// Ends the sessions of another's account.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NoAccount`].
    pub fn end_sessions_of(&self, by: &Actor, who: &str, stamp: &Stamp) -> Result<Account, Error> {
        self.manage(by, who, "end sessions", stamp, |_, _| Ok(vec![Happened::SessionsEnded]))
    }

    /// A change of an account by somebody who manages accounts.
    pub(crate) fn manage(
        &self,
        by: &Actor,
        who: &str,
        what: &str,
        stamp: &Stamp,
        decide: impl FnOnce(&Bench, &Account) -> Result<Vec<Happened>, Stop>,
    ) -> Result<Account, Error> {
        self.alter(who, what, stamp, |bench, account| {
            manages(by)?;
            let account = account.ok_or(Stop::Hidden)?;
            bench.may_manage(by, account)?;
            decide(bench, account)
        })
    }

    /// A change of an account, decided on what is so inside the change. Refusals go on record.
    pub(crate) fn alter(
        &self,
        who: &str,
        what: &str,
        stamp: &Stamp,
        decide: impl FnOnce(&Bench, Option<&Account>) -> Result<Vec<Happened>, Stop>,
    ) -> Result<Account, Error> {
        let change = self.store.begin()?;
        let bench = self.bench()?;
        let account = bench.find(who);
        match (decide(&bench, account), account) {
            (Ok(changes), Some(account)) => {
                let after = self.happen(&change, stamp, account, changes)?;
                change.commit()?;
                Ok(after)
            }
            (Ok(_), None) => Err(Error::NoAccount(who.to_owned())),
            (Err(stop), account) => {
                let found = account.map(|account| account.id.clone());
                let refused = self.stopped(change, stamp, what, found.as_deref(), stop)?;
                Err(if matches!(refused, Error::NoAccount(_)) {
                    Error::NoAccount(who.to_owned())
                } else {
                    refused
                })
            }
        }
    }

    /// Ends a change that is not made: a refusal is written and kept, anything else leaves nothing.
    fn stopped(
        &self,
        change: Change<'_>,
        stamp: &Stamp,
        what: &str,
        account: Option<&str>,
        stop: Stop,
    ) -> Result<Error, Error> {
        let (note, error) = match stop {
            Stop::Failed(error) => return Ok(error),
            Stop::Denied(words) => (words.clone(), Error::Denied(words)),
            Stop::Hidden => ("no such account for them".to_owned(), Error::NoAccount(String::new())),
        };
        refused(&change, stamp, what, account, &note)?;
        change.commit()?;
        Ok(error)
    }

    /// Appends what happened to an account, if its events allow it. Gives it as it is then.
    pub(crate) fn happen(
        &self,
        change: &Change<'_>,
        stamp: &Stamp,
        account: &Account,
        changes: Vec<Happened>,
    ) -> Result<Account, Error> {
        let mut after = Account { sessions_since: None, ..account.clone() };
        for happened in changes {
            let event = AccountEvent { account: account.id.clone(), at: stamp.at_micros, change: happened };
            let event = self.append_account(change, stamp, event)?;
            after.apply(&event).map_err(does_not_fit)?;
        }
        match after.sessions_since {
            // Those that began before are over, be it in the same instant.
            Some(_) => {
                let sql = "DELETE FROM session WHERE account = ?1";
                self.store.database.execute(sql, values![&account.id])?;
            }
            None => after.sessions_since = account.sessions_since,
        }
        Ok(after)
    }

    /// Appends an event; the secret in it is sealed once more by itself, so that accounts in memory hold none in clear.
    fn append_account(
        &self,
        change: &Change<'_>,
        stamp: &Stamp,
        mut event: AccountEvent,
    ) -> Result<AccountEvent, Error> {
        let stream = subject(&event.account);
        if let Some(secret) = event.secret_mut() {
            secret.seal_with(|clear| self.store.keys.seal("totp", &[&stream], clear))?;
        }
        let text = stored::write(&event).map_err(|error| Error::Account(error.to_string()))?;
        let parts = vec![("event".to_owned(), text)];
        change.append_stream(stamp, &stream, wire::ACCOUNT_CHANGED, &[&stream], parts)?;
        Ok(event)
    }

    /// An account with its secrets open, for the moment of a proof.
    pub(crate) fn opened(&self, account: &Account) -> Result<Account, Error> {
        let mut account = account.clone();
        for secret in account.secrets_mut() {
            secret.open_with(|sealed| match self.store.keys.open_sealed("totp", sealed)? {
                Opened::Plain(plain) => Ok(plain),
                Opened::NoKey(subject) => Err(Error::KeyLost(subject)),
            })?;
        }
        Ok(account)
    }

    pub(crate) fn bench(&self) -> Result<Bench, Error> {
        Ok(Bench { known: self.known()?, roles: self.roles()?, tree: self.organisations()? })
    }

    /// The accounts as the ledger has them now.
    pub(crate) fn known(&self) -> Result<Arc<Known>, Error> {
        let now = self.store.checkpoint()?;
        let mut kept = locked(&self.keeper.known);
        if kept.0 == now {
            return Ok(Arc::clone(&kept.1));
        }
        if kept.0.size == 0 || kept.0.size > now.size || !self.was(kept.0)? {
            let events = self.store.database.rows(
                &format!(
                    "SELECT {EVENT} FROM stream s JOIN event e ON e.sequence = s.event \
                     WHERE s.stream >= ?1 AND s.stream < ?2 AND e.sequence <= ?3 ORDER BY e.sequence"
                ),
                values![STREAM, format!("{STREAM}~"), now.size],
                StoredEvent::from_row,
            )?;
            *kept = (now, Arc::new(self.grown(Known::new(), &events)?));
        } else {
            let events = self.store.database.rows(
                &format!(
                    "SELECT {EVENT} FROM event e WHERE e.sequence > ?1 AND e.sequence <= ?2 AND e.kind IN (?3, ?4) \
                     ORDER BY e.sequence"
                ),
                values![kept.0.size, now.size, wire::ACCOUNT_CHANGED, wire::SUBJECT_ERASED],
                StoredEvent::from_row,
            )?;
            kept.0 = now;
            if !events.is_empty() {
                let before = std::mem::take(&mut kept.1);
                let before = Arc::try_unwrap(before).unwrap_or_else(|shared| (*shared).clone());
                match self.grown(before, &events) {
                    Ok(known) => kept.1 = Arc::new(known),
                    Err(error) => {
                        kept.0 = Checkpoint::default();
                        return Err(error);
                    }
                }
            }
        }
        Ok(Arc::clone(&kept.1))
    }

    /// Whether the ledger still has what was read at a checkpoint: a change that was taken back may have been read in it.
    fn was(&self, at: Checkpoint) -> Result<bool, Error> {
        let sql = "SELECT hash FROM event WHERE sequence = ?1";
        let found: Option<Vec<u8>> = self.store.database.first(sql, values![at.size], |row| row.get(0))?;
        Ok(found.and_then(|hash| hash.try_into().ok()).map(Hash) == Some(at.head))
    }

    fn grown(&self, mut known: Known, events: &[StoredEvent]) -> Result<Known, Error> {
        for event in events {
            if event.kind == wire::SUBJECT_ERASED {
                if let Some(tombstone) = payload::<SubjectErased>(&self.store.keys, event)? {
                    let ids = tombstone.subjects.iter().filter_map(|subject| subject.strip_prefix(STREAM));
                    ids.for_each(|id| drop(known.remove(id)));
                }
                continue;
            }
            // Nothing is read of who was erased.
            let Some(streamed) = payload::<Streamed>(&self.store.keys, event)? else { continue };
            let refuse = |reason: String| Error::Payload {
                sequence: event.sequence,
                kind: event.kind.clone(),
                version: event.version,
                reason,
            };
            let part = streamed.parts.iter().find(|(name, _)| name == "event");
            let text = part.map(|(_, text)| text.as_str()).unwrap_or_default();
            let read: AccountEvent = stored::read(text).map_err(|error| refuse(error.to_string()))?;
            match known.get_mut(&read.account) {
                Some(account) => account.apply(&read).map_err(|error| refuse(error.to_string()))?,
                None => {
                    let account = Account::created(&read).map_err(|error| refuse(error.to_string()))?;
                    known.insert(read.account, account);
                }
            }
        }
        Ok(known)
    }
}

/// Writes a refusal down. It names an account by its id only.
pub(crate) fn refused(
    change: &Change<'_>,
    stamp: &Stamp,
    what: &str,
    account: Option<&str>,
    note: &str,
) -> Result<(), Error> {
    let subjects: Vec<String> = account.map(subject).into_iter().collect();
    let seen = Seen {
        subjects,
        purpose: "administration".into(),
        what: what.to_owned(),
        count: 1,
        note: Some(note.to_owned()),
    };
    let sequence = change.append(stamp, wire::ACCESS_REFUSED, &seen)?;
    seen.subjects.iter().try_for_each(|subject| change.activity(subject, sequence))
}

pub(crate) fn does_not_fit(why: rejoin_accounts::account::DoesNotFit) -> Error {
    Error::Account(why.to_string())
}

fn manages(by: &Actor) -> Result<(), Stop> {
    match by.has(Action::ManageAccounts) {
        true => Ok(()),
        false => Err(Stop::Denied("none of your roles manages accounts".into())),
    }
}

fn not_own(by: &Actor, account: &Account) -> Result<(), Stop> {
    match by.account == account.id {
        true => Err(Stop::Denied("nobody changes their own roles".into())),
        false => Ok(()),
    }
}

fn said(reason: &str) -> Result<String, Stop> {
    match reason.trim() {
        "" => Err(Stop::Failed(Error::Account("say why: the reason is kept".into()))),
        reason => Ok(reason.to_owned()),
    }
}

/// Whether somebody may make an account there, with those roles.
fn may_create(bench: &Bench, by: &Actor, new: &NewAccount<'_>) -> Result<(), Stop> {
    manages(by)?;
    let place = bench.tree.named(new.organisation)?;
    if !place.is_within(&by.organisation) {
        return Err(Stop::Denied("the organisation is not yours, nor below it".into()));
    }
    for role in new.roles {
        may_give(by, &*bench.roles.named(role)?).map_err(Stop::Denied)?;
    }
    Ok(())
}

fn new_id() -> Result<String, Error> {
    let bytes = crate::keys::random::<10>()?;
    let signs = bytes.iter().map(|byte| char::from(SIGNS[usize::from(byte % 32)]));
    Ok(std::iter::once('a').chain(signs).collect())
}
