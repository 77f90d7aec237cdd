//! At the desk: what is to be done next, by whom, by when, among what the reader may see.

use crate::casework::assignee;
use crate::desk::Desk;
use crate::line::{Page, PersonLine, RawLine, cut_line};
use crate::snapshot::{ALONE, Eye, Glance, Row, Snapshot};
use crate::{Error, wire};
use rejoin_access::{Action, Asked, Assignee, FieldGroup, Reduced, SubjectFacts};
use rejoin_casework::worklist::List;
use rejoin_casework::{State, StreamId};
use rejoin_model::PersonId;
use std::collections::BTreeSet;

/// Whose work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    #[default]
    All,
    /// The reader's own.
    Mine,
    /// That of the reader's teams.
    MyTeams,
    /// Nobody's yet.
    Unassigned,
    /// An account's by its id, or a team's as `team:NAME`.
    Of(String),
}

/// Which rows of the work-list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkFilter {
    /// Whose.
    pub whose: Whose,
    /// Of which lists; none: of all.
    pub lists: Vec<List>,
    /// Which of those.
    pub page: Page,
}

/// A part of the work-list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkPage {
    /// Its rows: those about children under five first, then by the urgency of the list, then what is due first.
    pub rows: Vec<WorkItem>,
    /// How many there are that the reader may see and the filter lets through.
    pub total: u64,
    /// How many of each list there are that the reader may see, whatever lists the filter names.
    pub by_list: Vec<(List, u64)>,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkItem {
    /// The list.
    pub list: List,
    /// What is to be done, in English and Spanish; for a clock, with its title.
    pub words: (String, String),
    /// The file.
    pub stream: StreamId,
    /// The child of the file; none: the file is a request.
    pub child: Option<PersonId>,
    /// Whom the row is about: the child, or an adult; none: a request of somebody without a record.
    pub who: Option<Reduced<PersonLine>>,
    /// The clock's id.
    pub clock: Option<String>,
    /// When it is, or was, due, microseconds since 1970-01-01 UTC.
    pub due_micros: Option<i64>,
    /// Since when it stands, microseconds since 1970-01-01 UTC.
    pub since_micros: Option<i64>,
    /// It should have been done before now.
    pub late: bool,
    /// Who answers for the file now: accounts and `team:NAME`.
    pub assigned_to: Vec<String>,
}

impl Desk<'_> {
    /// What is to be done, among what the reader may see; as of now, give or take two minutes. It is written down as read.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn work(&self, filter: &WorkFilter) -> Result<WorkPage, Error> {
        let now = self.seat().at_micros;
        let (snapshot, rows) = self.case.snapshot_with_rows(now)?;
        let decider = self.decider();
        let asked = [Asked::from(FieldGroup::Casework)];
        let actor = &self.seat().actor;
        let named = match &filter.whose {
            Whose::Mine => Some(Assignee::Account(actor.account.clone())),
            Whose::Of(name) => Some(assignee(name)),
            Whose::All | Whose::MyTeams | Whose::Unassigned => None,
        };
        let is_whose = |assigned: &BTreeSet<Assignee>| match &filter.whose {
            Whose::All => true,
            Whose::Unassigned => assigned.is_empty(),
            Whose::MyTeams => {
                let own = |one: &Assignee| matches!(one, Assignee::Team(team) if actor.teams.contains(team));
                assigned.iter().any(own)
            }
            Whose::Mine | Whose::Of(_) => named.as_ref().is_some_and(|named| assigned.contains(named)),
        };
        let such = |facts: &SubjectFacts| is_whose(&facts.assigned_to);
        let eye = Eye::new(decider, &snapshot, &asked, &such);
        let may_trace = decider.may(Action::OpenRequest, None).is_ok();
        let is_shown = |glance: &Glance, row: &Row| {
            // Who is named and not on record was erased.
            let named = || row.subject.is_none() || row.person.is_some();
            let other = || named() && row.person.is_none_or(|person| eye.extent(person, 0) > 0);
            if glance.child != ALONE {
                let (seen, asked_for) = eye.glance(glance.child, glance.class);
                return seen && asked_for && (!glance.apart || other());
            }
            let assigned = || request_of(&snapshot, row, now).iter().map(|name| assignee(name)).collect();
            may_trace && other() && is_whose(&assigned())
        };
        let mut counts = vec![0u64; List::ALL.len()];
        let named = |list: List| filter.lists.is_empty() || filter.lists.contains(&list);
        let named: Vec<bool> = List::ALL.iter().map(|list| named(*list)).collect();
        let (mut total, mut on_page) = (0u64, Vec::new());
        for piece in rows.pieces() {
            // Most pieces are counted by kinds alone: no row of theirs is on the page.
            if let Some(kinds) = piece.kinds(|child| eye.is_alone(child)) {
                let shown = kinds.iter().filter(|(class, _, _)| eye.glance_at_kind(*class) == (true, true));
                let among = shown.clone().filter(|(_, list, _)| named[*list as usize]);
                let ahead: u64 = among.map(|(_, _, count)| u64::from(*count)).sum();
                if !filter.page.overlaps(total, ahead) {
                    shown.for_each(|(_, list, count)| counts[*list as usize] += u64::from(*count));
                    total += ahead;
                    continue;
                }
            }
            for (glance, row) in piece.rows().filter(|(glance, row)| is_shown(glance, row)) {
                counts[glance.list as usize] += 1;
                if named[glance.list as usize] {
                    if filter.page.has(total) {
                        on_page.push(*row);
                    }
                    total += 1;
                }
            }
        }
        let rows: Vec<WorkItem> = on_page.iter().map(|row| self.item(&snapshot, row)).collect();
        self.write_seen(wire::FILE_READ, &self.seen(Vec::new(), "work-list", rows.len() as u64, None))?;
        let by_list = List::ALL.iter().copied().zip(counts).filter(|(_, count)| *count > 0).collect();
        Ok(WorkPage { rows, total, by_list })
    }

    fn item(&self, snapshot: &Snapshot, row: &Row) -> WorkItem {
        let now = self.seat().at_micros;
        let base = &snapshot.base;
        let rule = row.clock.checked_sub(1).and_then(|at| base.whole.clocks.get(usize::from(at)));
        let (english, spanish) = row.list.words();
        let words = match rule {
            Some(rule) => (format!("{}: {english}", rule.title.0), format!("{}: {spanish}", rule.title.1)),
            None => (english.to_owned(), spanish.to_owned()),
        };
        let who = row.person.and_then(|at| {
            let facts = snapshot.facts(at, now);
            self.decider().view(&facts, &RawLine { snapshot, at }, cut_line)
        });
        let assigned_to = match row.child {
            Some(child) => {
                let files = snapshot.files_of(child);
                let all: BTreeSet<String> = files.flat_map(|file| file.dossier().assigned_at(now)).collect();
                all.into_iter().collect()
            }
            None => request_of(snapshot, row, now),
        };
        WorkItem {
            list: row.list,
            words,
            stream: row.stream,
            child: row.child.map(|child| base.people[child as usize]),
            who,
            clock: rule.map(|rule| rule.id.clone()),
            due_micros: row.due_micros,
            since_micros: row.since_micros,
            late: row.due_micros.is_some_and(|due| due < now),
            assigned_to,
        }
    }
}

/// Who answers for the request that a row is about.
fn request_of(snapshot: &Snapshot, row: &Row, now: i64) -> Vec<String> {
    match snapshot.files.get(&row.stream).map(|state| &**state) {
        Some(State::Tracing(request)) => request.dossier().assigned_at(now),
        _ => Vec::new(),
    }
}
