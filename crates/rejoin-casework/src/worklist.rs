//! Work-lists: what must be done next, by whom, by when. From the states of cases, from custody, and from clocks. A
//! row names nobody: it has a subject's id, and words that hold for any subject.

use crate::child::ChildCase;
use crate::reunification::Reunification;
use crate::stamp::{DAY, HOUR};
use crate::stream::StreamId;
use crate::tracing::TracingCase;
use crate::word::{ClosureStatus, GateStatus, MatchStatus, ReunificationStatus, Side, TracingStatus};
use rejoin_custody::clock::Standing;
use rejoin_model::RecordId;
use std::collections::{HashMap, HashSet};

/// Parameters of the lists. Data: a case directory may hold its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Days without reaching anybody after which a case is listed.
    pub contact_days: u32,
    /// Days without a candidate after which a child is listed.
    pub candidate_days: u32,
    /// Hours after which a missing statement of a hand-over is an alarm; what a plan is made with, and what holds
    /// for hand-overs that only lists know.
    pub receipt_hours: u32,
    /// Days after a hand-over on which to follow up: what a plan is made with.
    pub follow_up_days: Vec<u32>,
    /// Days ahead that "due" looks.
    pub ahead_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            contact_days: 14,
            candidate_days: 14,
            receipt_hours: 24,
            follow_up_days: vec![7, 30, 90],
            ahead_days: 1,
        }
    }
}

macro_rules! lists {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal, $english:literal, $spanish:literal;)*) => {
        /// A list, the most urgent first.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum List {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl List {
            /// Every list.
            pub const ALL: &[List] = &[$(List::$variant),*];

            /// The stable word.
            pub fn word(self) -> &'static str {
                match self {
                    $(List::$variant => $word,)*
                }
            }

            /// What is to be done, in English and Spanish.
            pub fn words(self) -> (&'static str, &'static str) {
                match self {
                    $(List::$variant => ($english, $spanish),)*
                }
            }
        }
    };
}

lists! {
    /// One side of a hand-over has not spoken. Where is the child?
    AwaitingReceipt = "awaiting-receipt",
        "A hand-over has one side only: ask the other side where the child is",
        "La entrega consta por una sola parte: pregunte a la otra dónde está la niña o el niño";
    /// A clock was missed, and no reason is on record.
    MissedNoReason = "missed-no-reason",
        "A deadline was missed and no reason is on record: act, and document why",
        "Se incumplió un plazo y no consta el motivo: actúe y documéntelo";
    /// An adult was sent away without a documented choice.
    RemovedWithoutChoice = "removed-without-choice",
        "The adult was removed without a documented choice: reach the adult abroad, and ask",
        "La persona adulta fue expulsada sin que conste su decisión: contacte con ella en el extranjero y pregúntele";
    /// Claims compete.
    Conflict = "conflict",
        "Two claims compete: a reviewer resolves the conflict, with a reason",
        "Dos solicitudes compiten: debe resolverse el conflicto, con un motivo";
    /// A clock has run out, and whether it was kept is not known.
    Overdue = "overdue",
        "A deadline has passed",
        "Ha vencido un plazo";
    /// A clock runs out now.
    DueToday = "due-today",
        "A deadline ends today",
        "Un plazo vence hoy";
    /// A follow-up.
    FollowUpDue = "follow-up-due",
        "A follow-up is due: see how the child is",
        "Toca un seguimiento: vea cómo está la niña o el niño";
    /// A blocked gate is to be looked at again.
    ReviewDue = "review-due",
        "A blocked reunification is to be reviewed",
        "Toca revisar una reunificación bloqueada";
    /// A sample is not certified as destroyed.
    DnaNotDestroyed = "dna-not-destroyed",
        "A DNA sample is not certified as destroyed: ask the laboratory",
        "Falta el certificado de destrucción de una muestra de ADN: pídalo al laboratorio";
    /// Both sides were interviewed, or one person has signed.
    NeedsSignature = "needs-signature",
        "A verification waits for a signature",
        "Una verificación espera una firma";
    /// A closure waits for another person.
    NeedsApproval = "needs-approval",
        "A closure waits for approval by somebody else",
        "Un cierre espera la aprobación de otra persona";
    /// Nobody was reached for too long.
    NoContact = "no-contact",
        "Nobody has been reached for too long: try again",
        "Hace demasiado que no se contacta con nadie: inténtelo de nuevo";
    /// Nobody is suspected to be the child's family.
    NoCandidate = "no-candidate",
        "Nobody is proposed as this child's family: look further",
        "No hay nadie propuesto como familia: siga buscando";
    /// Nobody answers for the case.
    Unassigned = "unassigned",
        "Nobody is assigned to this case",
        "Nadie tiene asignado este caso";
}

/// A row of a work-list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The list.
    pub list: List,
    /// The child or adult concerned; a tracing request may concern nobody who has a record.
    pub subject: Option<RecordId>,
    /// The case.
    pub stream: StreamId,
    /// When it is, or was, due.
    pub due_micros: Option<i64>,
    /// Since when it stands.
    pub since_micros: Option<i64>,
    /// The clock's id.
    pub clock: Option<String>,
    /// What is to be done, in English and Spanish; for a clock, with its title.
    pub words: (String, String),
    /// Who answers for the case now.
    pub assigned_to: Vec<String>,
}

impl Item {
    /// Whether it should have been done before now.
    pub fn is_late(&self, now: i64) -> bool {
        self.due_micros.is_some_and(|due| due < now)
    }
}

/// How a clock stands for a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockOutcome {
    /// The child.
    pub child: RecordId,
    /// The clock's id.
    pub clock: String,
    /// Its title, in English and Spanish.
    pub title: (String, String),
    /// How it stands.
    pub standing: Standing,
    /// When it runs out, if that can be said.
    pub due_micros: Option<i64>,
}

/// What custody says of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustodyFact {
    /// The child.
    pub child: RecordId,
    /// Since when it is in care, if it is.
    pub in_care_since: Option<i64>,
    /// When it was sent to somebody of whom no list says that it arrived.
    pub sent_without_receipt: Option<i64>,
}

/// What the lists are made of. A child whom no case is about yet is listed by its custody and clocks alone.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// Children's cases.
    pub children: &'a [&'a ChildCase],
    /// Tracing requests.
    pub tracings: &'a [&'a TracingCase],
    /// Custody.
    pub custody: &'a [CustodyFact],
    /// Clocks.
    pub clocks: &'a [ClockOutcome],
    /// Children for whom the engine has a candidate that nobody has looked at.
    pub with_candidates: &'a [RecordId],
}

/// The rows at a moment: by urgency of the list, then what is due first, then by case.
pub fn worklist(desk: &Desk<'_>, now: i64, settings: &Settings) -> Vec<Item> {
    let cases = desk.children.iter().map(|case| (case.child(), *case)).collect();
    let with_candidates = desk.with_candidates.iter().copied().collect();
    let mut rows = Rows { cases, with_candidates, now, settings, items: Vec::new() };
    for case in desk.children.iter().filter(|case| case.status() != ClosureStatus::Closed) {
        rows.claims(case);
        rows.reunification(case);
        rows.search(case);
    }
    for case in desk.tracings {
        rows.tracing(case);
    }
    for fact in desk.custody {
        rows.custody(fact);
    }
    for clock in desk.clocks {
        rows.clock(clock);
    }
    let mut items = rows.items;
    items.sort_by(|one, other| {
        let key = |item: &Item| {
            let due = item.due_micros.or(item.since_micros).unwrap_or(i64::MAX);
            (item.list, due, item.stream, item.subject)
        };
        key(one).cmp(&key(other)).then_with(|| one.clock.cmp(&other.clock))
    });
    items.dedup();
    items
}

struct Rows<'a> {
    cases: HashMap<RecordId, &'a ChildCase>,
    with_candidates: HashSet<RecordId>,
    now: i64,
    settings: &'a Settings,
    items: Vec<Item>,
}

fn days(count: u32) -> i64 {
    i64::from(count).saturating_mul(DAY)
}

impl Rows<'_> {
    fn child(&mut self, list: List, case: &ChildCase, due: Option<i64>, since: Option<i64>) {
        let (english, spanish) = list.words();
        self.items.push(Item {
            list,
            subject: Some(case.child()),
            stream: case.stream(),
            due_micros: due,
            since_micros: since,
            clock: None,
            words: (english.to_owned(), spanish.to_owned()),
            assigned_to: case.dossier().assigned_at(self.now),
        });
    }

    /// Whether something is due by the end of the days that the lists look ahead.
    fn is_due(&self, due: i64) -> bool {
        due <= self.now.saturating_add(days(self.settings.ahead_days))
    }

    fn claims(&mut self, case: &ChildCase) {
        for conflict in case.conflicts().iter().filter(|one| one.is_open()) {
            self.child(List::Conflict, case, None, Some(conflict.raised.at));
        }
        for of in case.matches() {
            if of.dna_outstanding() {
                let samples = of.verifications().flat_map(|one| &one.dna);
                let oldest = samples.filter(|one| one.destroyed.is_none()).map(|one| one.taken.at).min();
                self.child(List::DnaNotDestroyed, case, None, oldest);
            }
            if of.status() != MatchStatus::Accepted {
                continue;
            }
            if let Some(running) = of.verification().filter(|one| one.outcome.is_none()) {
                let since = match running.signatures.first() {
                    Some(first) => Some(first.signed.at),
                    None if running.both_interviewed() => {
                        let last = |side| {
                            let of_side = running.interviews.iter().filter(move |one| one.side == side);
                            of_side.map(|one| one.recorded.at).min()
                        };
                        last(Side::Child).max(last(Side::Adult))
                    }
                    None => None,
                };
                if since.is_some() {
                    self.child(List::NeedsSignature, case, None, since);
                }
            }
            if let (GateStatus::Blocked, Some(decision)) = (of.gate().status(), of.gate().decided())
                && let Some(review) = decision.review.filter(|review| self.is_due(*review))
            {
                self.child(List::ReviewDue, case, Some(review), Some(decision.decided.at));
            }
        }
        let mut removed: Vec<_> = case.removals().iter().map(|one| (one.adult, one.when)).collect();
        removed.sort_unstable();
        removed.dedup_by_key(|(adult, _)| *adult);
        for (adult, when) in removed {
            let mut of = case.matches().iter().filter(|one| one.claim().adult == adult);
            let chose = |gate: &crate::Gate| gate.choice.as_ref().is_some_and(|choice| choice.is_informed());
            let concerned = of.clone().next().is_none() || of.clone().any(|one| one.is_live());
            if concerned && !of.any(|one| chose(one.gate())) {
                self.child(List::RemovedWithoutChoice, case, None, Some(when));
                if let Some(item) = self.items.last_mut() {
                    item.subject = Some(adult);
                }
            }
        }
        if case.status() == ClosureStatus::Proposed
            && let Some(closure) = case.closures().last()
        {
            self.child(List::NeedsApproval, case, None, Some(closure.proposed.at));
        }
    }

    fn reunification(&mut self, case: &ChildCase) {
        let Some(of) = case.reunification() else { return };
        if of.status() == ReunificationStatus::AwaitingReceipt {
            let spoken = of.sent.as_ref().or(of.received.as_ref());
            self.child(List::AwaitingReceipt, case, of.receipt_due(), spoken.map(|one| one.when));
        }
        if of.status() == ReunificationStatus::HandedOver {
            for follow_up in of.follow_ups.iter().filter(|one| one.done.is_none()) {
                if self.is_due(follow_up.due) {
                    self.child(List::FollowUpDue, case, Some(follow_up.due), None);
                }
            }
        }
    }

    fn search(&mut self, case: &ChildCase) {
        if case.dossier().assigned_at(self.now).is_empty() {
            self.child(List::Unassigned, case, None, case.opened_at());
        }
        let with_adult = case.reunification_under_way().map(Reunification::status);
        if matches!(with_adult, Some(ReunificationStatus::HandedOver | ReunificationStatus::Stable)) {
            return;
        }
        let live: Vec<_> = case.matches().iter().filter(|one| one.is_live()).collect();
        if live.is_empty() && !self.with_candidates.contains(&case.child()) {
            // Since the case began, or since the last candidate was rejected.
            let rejected = case.matches().iter().flat_map(|one| one.rejections()).map(|one| one.decided.at);
            let since = rejected.max().or(case.opened_at());
            if let Some(since) = since
                && since.saturating_add(days(self.settings.candidate_days)) <= self.now
            {
                let due = since.saturating_add(days(self.settings.candidate_days));
                self.child(List::NoCandidate, case, Some(due), Some(since));
            }
        }
        for of in live.iter().filter(|one| one.status() == MatchStatus::Accepted) {
            let adult = of.claim().adult;
            let accepted = of.decisions().last().map(|one| one.decided.at);
            let Some(since) = case.dossier().last_reached(Some(adult)).max(accepted) else { continue };
            let due = since.saturating_add(days(self.settings.contact_days));
            if due <= self.now {
                self.child(List::NoContact, case, Some(due), Some(since));
                if let Some(item) = self.items.last_mut() {
                    item.subject = Some(adult);
                }
            }
        }
    }

    fn tracing(&mut self, case: &TracingCase) {
        let Some(status) = case.status().filter(|status| *status != TracingStatus::Closed) else { return };
        let assigned_to = case.dossier().assigned_at(self.now);
        let received = case.request().map(|request| request.received.at);
        let mut push = |list: List, due, since| {
            let (english, spanish) = list.words();
            self.items.push(Item {
                list,
                subject: case.request().and_then(|request| request.inquirer),
                stream: StreamId::Tracing(case.id()),
                due_micros: due,
                since_micros: since,
                clock: None,
                words: (english.to_owned(), spanish.to_owned()),
                assigned_to: assigned_to.clone(),
            });
        };
        if case.dossier().assigned_at(self.now).is_empty() {
            push(List::Unassigned, None, received);
        }
        if status == TracingStatus::Open
            && let Some(since) = case.dossier().last_reached(None).max(case.opened_at())
        {
            let due = since.saturating_add(days(self.settings.contact_days));
            if due <= self.now {
                push(List::NoContact, Some(due), Some(since));
            }
        }
    }

    /// A row about a child whom perhaps no case is about.
    fn outside(
        &mut self,
        list: List,
        child: RecordId,
        due: Option<i64>,
        since: Option<i64>,
        clock: Option<&ClockOutcome>,
    ) {
        let case = self.cases.get(&child).copied();
        let (english, spanish) = list.words();
        let words = match clock {
            Some(clock) => (format!("{}: {english}", clock.title.0), format!("{}: {spanish}", clock.title.1)),
            None => (english.to_owned(), spanish.to_owned()),
        };
        self.items.push(Item {
            list,
            subject: Some(child),
            stream: StreamId::Child(child),
            due_micros: due,
            since_micros: since,
            clock: clock.map(|clock| clock.clock.clone()),
            words,
            assigned_to: case.map(|case| case.dossier().assigned_at(self.now)).unwrap_or_default(),
        });
    }

    fn custody(&mut self, fact: &CustodyFact) {
        let case = self.cases.get(&fact.child).copied();
        if let Some(sent) = fact.sent_without_receipt {
            let due = sent.saturating_add(i64::from(self.settings.receipt_hours).saturating_mul(HOUR));
            let known = case.is_some_and(|case| {
                case.reunification().is_some_and(|one| one.status() == ReunificationStatus::AwaitingReceipt)
            });
            if !known {
                self.outside(List::AwaitingReceipt, fact.child, Some(due), Some(sent), None);
            }
        }
        if let (Some(since), None) = (fact.in_care_since, case) {
            self.outside(List::Unassigned, fact.child, None, Some(since), None);
            let due = since.saturating_add(days(self.settings.candidate_days));
            if due <= self.now && !self.with_candidates.contains(&fact.child) {
                self.outside(List::NoCandidate, fact.child, Some(due), Some(since), None);
            }
        }
    }

    fn clock(&mut self, clock: &ClockOutcome) {
        // A hand-over that both sides stated stops the clocks of lists that know nothing of it yet. That it came late is
        // no longer work, but a figure.
        let reunified = self.cases.get(&clock.child).and_then(|case| case.reunification_under_way());
        if reunified.is_some_and(|one| {
            matches!(one.status(), ReunificationStatus::HandedOver | ReunificationStatus::Stable)
        }) {
            return;
        }
        let list = match (&clock.standing, clock.due_micros) {
            (Standing::Missed(None), _) => List::MissedNoReason,
            (Standing::Running | Standing::CannotTell | Standing::NotInAnyList, Some(due))
                if due < self.now =>
            {
                List::Overdue
            }
            (Standing::Running, Some(due)) if self.is_due(due) => List::DueToday,
            _ => return,
        };
        self.outside(list, clock.child, clock.due_micros, None, Some(clock));
    }
}
