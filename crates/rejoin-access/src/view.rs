//! The only way to a view that may leave the registry. A [`Reduced`] value is made here, after the decision, and
//! nowhere else: a function of the registry that returns one cannot be made to leak by mistake.

use crate::actor::{Actor, SubjectFacts};
use crate::decide::{self, Asked, Decided, Decision, Refusal, Standing};
use crate::reduce;
use crate::rules::Rules;
use crate::statistics::{self, SuppressedRow, SuppressedTable};
use crate::words::{Action, FieldGroup, PlaceKind, Purpose};
use rejoin_model::{Field, ListKind, Moment, Origin, PersonId, PersonName, Record, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Deref;

/// What a view disclosed: what the log of reads keeps of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// For what.
    pub purpose: Purpose,
    /// Of whom.
    pub persons: Vec<PersonId>,
    /// Groups of which something was shown in full.
    pub in_full: BTreeSet<FieldGroup>,
    /// Groups of which something was shown reduced.
    pub reduced: BTreeSet<FieldGroup>,
    /// Emergencies without which less would have been shown, by id.
    pub emergencies: BTreeSet<String>,
}

/// A value that has been through the decision. It can be read, and made only by a [`Decider`].
///
/// ```
/// use rejoin_access::Reduced;
/// fn show(seen: &Reduced<String>) -> usize {
///     seen.len()
/// }
/// ```
///
/// It cannot be made from a value:
///
/// ```compile_fail,E0423
/// let leak = rejoin_access::Reduced("Ana López".to_string());
/// ```
///
/// ```compile_fail,E0451
/// # fn leak(disclosure: rejoin_access::Disclosure) {
/// let leak = rejoin_access::Reduced { value: "Ana López".to_string(), disclosure };
/// # }
/// ```
///
/// ```compile_fail,E0277
/// let leak: rejoin_access::Reduced<String> = "Ana López".to_string().into();
/// ```
///
/// nor by changing what is in one:
///
/// ```compile_fail,E0594
/// fn leak(mut seen: rejoin_access::Reduced<(String,)>) {
///     seen.0 = "Ana López".to_string();
/// }
/// ```
///
/// nor by a mapping that brings something along:
///
/// ```compile_fail,E0308
/// fn leak(seen: rejoin_access::Reduced<String>, raw: String) -> rejoin_access::Reduced<String> {
///     seen.map(move |_| raw.clone())
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduced<T> {
    value: T,
    disclosure: Disclosure,
}

impl<T> Deref for Reduced<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Reduced<T> {
    /// What it disclosed.
    pub fn disclosure(&self) -> &Disclosure {
        &self.disclosure
    }

    /// The value, no longer told apart from others: for whoever renders it.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Another form of the same. A plain function: it can bring nothing along.
    pub fn map<U>(self, form: fn(T) -> U) -> Reduced<U> {
        Reduced { value: form(self.value), disclosure: self.disclosure }
    }
}

/// Leave to do one thing to one person's file (or to nobody's). Commands of the registry ask for one.
#[derive(Debug, PartialEq, Eq)]
pub struct Permit {
    action: Action,
    purpose: Purpose,
    account: String,
    subject: Option<PersonId>,
    emergency: Option<String>,
}

impl Permit {
    /// What may be done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// For what.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// By whom.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// To whose file.
    pub fn subject(&self) -> Option<PersonId> {
        self.subject
    }

    /// The emergency it rests on.
    pub fn emergency(&self) -> Option<&str> {
        self.emergency.as_deref()
    }
}

/// Through which raw values are looked at. Of several people, what all of their decisions leave.
#[derive(Debug)]
pub struct Lens<'a> {
    standings: Vec<Standing<'a>>,
    in_full: Cell<u32>,
    reduced: Cell<u32>,
    emergencies: RefCell<BTreeSet<String>>,
}

impl Lens<'_> {
    /// The decision, without showing anything.
    pub fn decide(&self, asked: impl Into<Asked>) -> Decision {
        let asked = asked.into();
        let decisions = self.standings.iter().map(|standing| standing.decide(asked).decision);
        // A lens without a person would allow everything; there is none, and if there were it would show nothing.
        decisions.reduce(Decision::stricter).unwrap_or(Decision::Deny(Refusal::NotFound))
    }

    /// Whether anything of it is shown.
    pub fn shows(&self, asked: impl Into<Asked>) -> bool {
        self.decide(asked).extent() > 0
    }

    fn show<T>(
        &self,
        asked: impl Into<Asked>,
        whole: impl FnOnce() -> T,
        reduced: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let asked = asked.into();
        let bit = 1 << asked.group() as u32;
        let shown = match self.decide(asked) {
            Decision::Allow => {
                self.in_full.set(self.in_full.get() | bit);
                Some(whole())
            }
            Decision::Reduce(_) => {
                let left = reduced();
                if left.is_some() {
                    self.reduced.set(self.reduced.get() | bit);
                }
                left
            }
            Decision::Deny(_) => None,
        };
        if shown.is_some() {
            let decided = self.standings.iter().map(|standing| standing.decide(asked));
            let ids = decided.filter_map(|decided| decided.emergency().map(str::to_string));
            self.emergencies.borrow_mut().extend(ids);
        }
        shown
    }

    /// A name; reduced to its initials.
    pub fn name(&self, asked: impl Into<Asked>, name: &PersonName) -> Option<PersonName> {
        self.show(asked, || name.clone(), || Some(reduce::person_name(name)))
    }

    /// A name as one text; reduced to its initials.
    pub fn name_text(&self, asked: impl Into<Asked>, name: &str) -> Option<String> {
        self.show(asked, || name.to_string(), || Some(reduce::initials(name)))
    }

    /// A date; reduced to its year.
    pub fn date(&self, asked: impl Into<Asked>, moment: Moment) -> Option<Moment> {
        self.show(asked, || moment, || reduce::year(moment))
    }

    /// An age in years; reduced to its band.
    pub fn age(&self, asked: impl Into<Asked>, age: u8) -> Option<String> {
        self.show(asked, || age.to_string(), || Some(reduce::band(age).to_string()))
    }

    /// A number that an agency gave; reduced to its last four characters.
    pub fn identifier(&self, asked: impl Into<Asked>, number: &str) -> Option<String> {
        self.show(asked, || number.to_string(), || Some(reduce::tail(number, 4)))
    }

    /// A telephone number; reduced to its last two digits.
    pub fn phone(&self, asked: impl Into<Asked>, number: &str) -> Option<String> {
        self.show(asked, || number.to_string(), || Some(reduce::tail(number, 2)))
    }

    /// A place; reduced to the stable word of its kind.
    pub fn place(&self, asked: impl Into<Asked>, kind: PlaceKind, place: &str) -> Option<String> {
        self.show(asked, || place.to_string(), || Some(kind.word().to_string()))
    }

    /// Words; reduced to a sign that there are some.
    pub fn text(&self, asked: impl Into<Asked>, words: &str) -> Option<String> {
        self.show(asked, || words.to_string(), || Some(reduce::WITHHELD.to_string()))
    }

    /// A coded value, a state or a flag: nothing in it to reduce.
    pub fn coded<T>(&self, asked: impl Into<Asked>, code: T) -> Option<T> {
        // Both ways lead to the value; only one of them is taken.
        let code = Cell::new(Some(code));
        self.show(asked, || code.take(), || Some(code.take())).flatten()
    }

    /// Something that has no reduced form (a table, a weight, a whole statement): in full or not at all.
    pub fn whole<T>(&self, asked: impl Into<Asked>, value: T) -> Option<T> {
        self.show(asked, || value, || None)
    }

    /// A value of a list, reduced by its field.
    pub fn value(&self, field: Field, list: ListKind, value: &Value) -> Option<Value> {
        self.show(field, || value.clone(), || reduce::value(field, list, value))
    }

    fn disclosure(&self, purpose: Purpose, persons: Vec<PersonId>) -> Disclosure {
        let groups = |bits: u32| {
            FieldGroup::ALL.iter().copied().filter(|group| bits & (1 << *group as u32) != 0).collect()
        };
        Disclosure {
            purpose,
            persons,
            in_full: groups(self.in_full.get()),
            reduced: groups(self.reduced.get()),
            emergencies: self.emergencies.borrow().clone(),
        }
    }
}

/// One actor with one purpose at one time: decides, and makes the views.
#[derive(Debug, Clone, Copy)]
pub struct Decider<'a> {
    /// Who asks.
    pub actor: &'a Actor,
    /// For what.
    pub purpose: Purpose,
    /// Every rule.
    pub rules: &'a Rules,
    /// When, in microseconds since 1970-01-01 UTC.
    pub now: i64,
}

impl<'a> Decider<'a> {
    /// The decision on one field or group of one person.
    pub fn decide(&self, facts: &SubjectFacts, asked: impl Into<Asked>) -> Decided {
        decide::decide(self.actor, self.purpose, facts, asked, self.rules, self.now)
    }

    /// Why a person is not shown at all; `None` when the person is. Hand in what was looked up: of nobody, and of
    /// somebody who is not to be seen, it says the same.
    pub fn refusal(&self, facts: Option<&SubjectFacts>) -> Option<Refusal> {
        match facts {
            _ if self.purpose == Purpose::Enforcement => Some(Refusal::Enforcement),
            None => Some(Refusal::NotFound),
            Some(facts) => Standing::of(self.actor, self.purpose, facts, self.rules, self.now).closed(),
        }
    }

    /// Whether the person appears: in a list, a search, a count.
    pub fn sees(&self, facts: &SubjectFacts) -> bool {
        self.refusal(Some(facts)).is_none()
    }

    /// Whether the person counts in a figure that is broken down by these groups.
    pub fn counts(&self, facts: &SubjectFacts, by: &[FieldGroup]) -> bool {
        let standing = Standing::of(self.actor, self.purpose, facts, self.rules, self.now);
        standing.closed().is_none()
            && by.iter().all(|group| standing.decide((*group).into()).decision.extent() > 0)
    }

    /// Leave to do something: `facts` of the person it is done to, `None` where there is no such person.
    pub fn may(&self, action: Action, facts: Option<&SubjectFacts>) -> Result<Permit, Refusal> {
        let emergency = decide::may(self.actor, self.purpose, action, facts, self.rules, self.now)?;
        let subject = facts.filter(|_| action.concerns_a_subject()).map(|facts| facts.person);
        Ok(Permit { action, purpose: self.purpose, account: self.actor.account.clone(), subject, emergency })
    }

    /// A lens on several people together; `None` when one of them is not to be seen, and for statistics, under
    /// which people are counted and never shown.
    fn lens<'f>(&'f self, subjects: &[&'f SubjectFacts]) -> Option<Lens<'f>> {
        if self.purpose == Purpose::Statistics || subjects.is_empty() {
            return None;
        }
        let standing = |facts: &&'f SubjectFacts| {
            let standing = Standing::of(self.actor, self.purpose, facts, self.rules, self.now);
            standing.closed().is_none().then_some(standing)
        };
        let standings = subjects.iter().map(standing).collect::<Option<Vec<_>>>()?;
        Some(Lens {
            standings,
            in_full: Cell::new(0),
            reduced: Cell::new(0),
            emergencies: RefCell::default(),
        })
    }

    /// A view of one person: `cut` takes from `raw` what the lens lets through. It is a plain function, so that it
    /// has nothing but the two.
    pub fn view<R: ?Sized, T>(
        &self,
        facts: &SubjectFacts,
        raw: &R,
        cut: fn(&Lens<'_>, &R) -> T,
    ) -> Option<Reduced<T>> {
        self.view_of_all(&[facts], raw, cut)
    }

    /// A view of something between several people (a candidate, a separation, a hand-over): seen by who may see all
    /// of them, and of each group what all of their decisions leave.
    pub fn view_of_all<R: ?Sized, T>(
        &self,
        subjects: &[&SubjectFacts],
        raw: &R,
        cut: fn(&Lens<'_>, &R) -> T,
    ) -> Option<Reduced<T>> {
        let lens = self.lens(subjects)?;
        let value = cut(&lens, raw);
        let persons = subjects.iter().map(|facts| facts.person).collect();
        Some(Reduced { value, disclosure: lens.disclosure(self.purpose, persons) })
    }

    /// A list: those who are to be seen, in the order given. Its length is the only count there is of it; limits and
    /// pages are for afterwards.
    pub fn list<'r, R: ?Sized + 'r, T>(
        &self,
        rows: impl IntoIterator<Item = (&'r SubjectFacts, &'r R)>,
        cut: fn(&Lens<'_>, &R) -> T,
    ) -> Vec<Reduced<T>> {
        rows.into_iter().filter_map(|(facts, raw)| self.view(facts, raw, cut)).collect()
    }

    /// A view of what is about no person in the data: accounts, the state of the machine, entries of a log without a
    /// subject. `None` unless the permit is this actor's, and one for such things.
    pub fn view_of_nobody<R: ?Sized, T>(
        &self,
        permit: &Permit,
        raw: &R,
        cut: fn(&R) -> T,
    ) -> Option<Reduced<T>> {
        let about_nobody = matches!(
            permit.action,
            Action::ManageAccounts | Action::Operate | Action::ReadAudit | Action::ReviewEmergency
        );
        if !about_nobody || permit.account != self.actor.account || permit.purpose != self.purpose {
            return None;
        }
        Some(Reduced { value: cut(raw), disclosure: self.figures(&[]) })
    }

    /// How many people fall into each of `cells`, small cells suppressed. `by` are the groups that the cells are told
    /// apart by; who is not to be seen, or not by these, does not count, in the total either. A cell that is out of
    /// range is nobody's.
    pub fn tally<'f>(
        &self,
        people: impl IntoIterator<Item = (&'f SubjectFacts, usize)>,
        cells: usize,
        by: &[FieldGroup],
        threshold: u64,
    ) -> Result<Reduced<SuppressedRow>, Refusal> {
        let people = people.into_iter().map(|(facts, cell)| (facts, 0, cell));
        let counts = self.count(people, 1, cells, by)?;
        let value = statistics::suppress_row(&counts[0], threshold);
        Ok(Reduced { value, disclosure: self.figures(by) })
    }

    /// The same in two directions: each person with a row and a column.
    pub fn tally_table<'f>(
        &self,
        people: impl IntoIterator<Item = (&'f SubjectFacts, usize, usize)>,
        (rows, columns): (usize, usize),
        by: &[FieldGroup],
        threshold: u64,
    ) -> Result<Reduced<SuppressedTable>, Refusal> {
        let value = statistics::suppress_table(&self.count(people, rows, columns, by)?, threshold);
        Ok(Reduced { value, disclosure: self.figures(by) })
    }

    fn count<'f>(
        &self,
        people: impl IntoIterator<Item = (&'f SubjectFacts, usize, usize)>,
        rows: usize,
        columns: usize,
        by: &[FieldGroup],
    ) -> Result<Vec<Vec<u64>>, Refusal> {
        self.may(Action::Count, None)?;
        let mut counts = vec![vec![0u64; columns]; rows];
        for (facts, row, column) in people {
            if let Some(cell) = counts.get_mut(row).and_then(|row| row.get_mut(column))
                && self.counts(facts, by)
            {
                *cell += 1;
            }
        }
        Ok(counts)
    }

    fn figures(&self, by: &[FieldGroup]) -> Disclosure {
        Disclosure {
            purpose: self.purpose,
            persons: Vec::new(),
            in_full: BTreeSet::new(),
            reduced: by.iter().copied().collect(),
            emergencies: BTreeSet::new(),
        }
    }

    /// A record: what is denied is gone, what is reduced is reduced. `None` when the person is not to be seen, or the
    /// record is not one of theirs.
    pub fn record(&self, facts: &SubjectFacts, record: &Record) -> Option<Reduced<Record>> {
        if !facts.records.contains(&record.id) {
            return None;
        }
        self.view(facts, record, cut_record)
    }
}

fn cut_record(lens: &Lens<'_>, record: &Record) -> Record {
    let value =
        |(field, value): &(Field, Value)| lens.value(*field, record.kind, value).map(|shown| (*field, shown));
    // Where a row was read leads back to the file, and to all that stands beside it; a list is often named after
    // the place that keeps it.
    let origin =
        lens.whole(FieldGroup::Evidence, record.origin.clone()).unwrap_or(Origin { file: [0; 32], row: 0 });
    let list = match lens.decide(FieldGroup::Whereabouts) {
        Decision::Allow => record.list.clone(),
        Decision::Reduce(_) | Decision::Deny(_) => record.kind.word().to_string(),
    };
    Record {
        id: record.id,
        list,
        kind: record.kind,
        subject: record.subject,
        origin,
        values: record.values.iter().filter_map(value).collect(),
        records_separation: record.records_separation && lens.shows(FieldGroup::Separation),
        withdrawn: record.withdrawn,
    }
}
