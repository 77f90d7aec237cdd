//! At the desk: the commands that write for everybody – deliveries, runs, decisions, evidence, checkpoints. Each is carried
//! out on a [`Leave`], which only the one access decision gives; what it refuses is an event. The local operator, who has
//! the keys anyway, gives the same commands by name ([`Case::local`]), at a desk like any other.

use crate::desk::Desk;
use crate::import::Comparison;
use crate::wire;
use crate::{
    Case, DecisionRequest, DnaResult, Error, Evidence, EvidenceReport, FamiliesReport, ImportReport,
    ImportRequest, Issued, IssuedReceipt, LinkReport, Progress, Proposing, ReceiptRequest, Seat, Stamp,
};
use rejoin_access::{Action, Permit, Purpose, Refusal, SubjectFacts};
use rejoin_ingest::{Mapping, Table};
use rejoin_model::{FamilyCandidate, PersonId};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;

/// As many changed cells are told.
const CHANGES: usize = 50;

/// Leave to write one thing, by somebody, at one moment: what commands ask for instead of a name.
#[derive(Debug)]
pub(crate) struct Leave {
    permit: Permit,
    at_micros: i64,
}

impl Leave {
    /// When and by whom, for the ledger.
    pub fn stamp(&self) -> Stamp {
        Stamp { at_micros: self.at_micros, actor: self.permit.account().to_owned() }
    }
}

impl Desk<'_> {
    pub(crate) fn leave(&self, action: Action, id: Option<&str>) -> Result<Leave, Error> {
        Ok(Leave { permit: self.may(action, id)?, at_micros: self.seat().at_micros })
    }

    /// Imports a file, as [`Case::import`]: into a list of the own organisation, or of one below it.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not import, and for somebody else's list.
    pub fn import(&self, request: &ImportRequest<'_>, progress: Progress<'_>) -> Result<ImportReport, Error> {
        let leave = self.leave(Action::Import, None)?;
        let preview = Case::preview(request)?;
        self.must_own(&preview.1.mapping.list)?;
        self.case.carry_import(&leave, request, preview, progress)
    }

    /// What importing a file that was read by a mapping ([`Case::preview`]) would change in its list. That it was looked at is
    /// written down: it tells which rows there are. Changed cells are told of who may be seen only, and of the first few.
    ///
    /// # Errors
    /// As [`Desk::import`].
    pub fn compare(
        &self,
        request: &ImportRequest<'_>,
        table: &Table,
        mapping: &Mapping,
    ) -> Result<Comparison, Error> {
        self.may(Action::Import, None)?;
        self.must_own(&mapping.list)?;
        let mut compared = self.case.carry_compare(request, table, mapping)?;
        // Which cells of somebody's row differ would tell what they are.
        let mut shown = HashMap::new();
        for change in &compared.changes {
            if let Entry::Vacant(vacant) = shown.entry(change.record) {
                vacant.insert(self.sees(Some(&change.record))?);
            }
        }
        compared.changes.retain(|change| shown[&change.record]);
        compared.more = compared.changes.len().saturating_sub(CHANGES);
        compared.changes.truncate(CHANGES);
        let mut subjects: Vec<String> =
            compared.changes.iter().map(|change| change.record.to_string()).collect();
        subjects.dedup();
        let what = format!("list {} beside a file", mapping.list);
        self.write_seen(wire::FILE_READ, &self.seen(subjects, &what, compared.report.changed, None))?;
        Ok(compared)
    }

    /// Whoever could write another's list could make its rows, and with them its family links, vanish.
    fn must_own(&self, list: &str) -> Result<(), Error> {
        match self.case.organisation_of_list(list)?.is_within(&self.seat().actor.organisation) {
            true => Ok(()),
            false => Err(self.refuse(Refusal::NotGranted, "import into another's list", None)?),
        }
    }

    /// Links records to people, as [`Case::link`].
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not.
    pub fn link(&self, progress: Progress<'_>) -> Result<LinkReport, Error> {
        self.case.carry_link(&self.leave(Action::Link, None)?, progress)
    }

    /// Proposes families, as [`Case::families`].
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not; [`Error::First`] when records have not been linked.
    pub fn families(&self, progress: Progress<'_>) -> Result<FamiliesReport, Error> {
        let leave = self.leave(Action::Link, None)?;
        Ok(self.case.carry_propose(&leave, &Proposing::default(), progress)?.0)
    }

    /// Proposes families in a chosen way, as [`Case::propose`]. Of the candidates only those between people who may be seen
    /// are given.
    ///
    /// # Errors
    /// As [`Desk::families`].
    pub fn propose(
        &self,
        how: &Proposing,
        progress: Progress<'_>,
    ) -> Result<(FamiliesReport, Vec<FamilyCandidate>), Error> {
        let leave = self.leave(Action::Link, None)?;
        let (report, mut candidates) = self.case.carry_propose(&leave, how, progress)?;
        let whole = self.case.whole()?;
        let facts: HashMap<PersonId, SubjectFacts> = self.facts_of_all(&whole)?;
        let sees = |person: &PersonId| facts.get(person).is_some_and(|facts| self.decider().sees(facts));
        candidates.retain(|candidate| sees(&candidate.child) && sees(&candidate.other));
        Ok((report, candidates))
    }

    /// Decides on a candidate, as [`Case::decide`]: for who may decide in the child's file and see the other.
    ///
    /// # Errors
    /// [`Error::Denied`], the same for somebody hidden and for nobody.
    pub fn decide(&self, request: &DecisionRequest) -> Result<u64, Error> {
        let leave = self.leave(Action::DecideMatch, Some(&request.child.to_string()))?;
        self.must_see(request.other, Action::DecideMatch)?;
        self.case.carry_decide(&leave, request)
    }

    /// Takes a decision back, as [`Case::undo`].
    ///
    /// # Errors
    /// [`Error::Refused`] when there is no such decision, or none for the reader; [`Error::Denied`] for who may not decide.
    pub fn undo(&self, sequence: u64, reason: &str) -> Result<u64, Error> {
        let decisions = self.case.decisions_whole()?;
        let found = decisions.iter().find(|decision| decision.sequence == sequence);
        let Some(decision) = found else {
            return Err(Error::Refused(format!("event {sequence} is no decision")));
        };
        for person in [decision.child, decision.other] {
            // That somebody decided something of two people is itself a secret of those two.
            if let Err(error) = self.must_see(person, Action::DecideMatch) {
                return Err(match error {
                    Error::Denied(_) => Error::Refused(format!("event {sequence} is no decision")),
                    error => error,
                });
            }
        }
        let leave = self.leave(Action::DecideMatch, Some(&decision.child.to_string()))?;
        self.case.carry_undo(&leave, sequence, reason)
    }

    /// Writes down the result of a comparison of DNA, as [`Case::dna_compared`].
    ///
    /// # Errors
    /// As [`Desk::decide`].
    pub fn dna_compared(&self, result: &DnaResult) -> Result<u64, Error> {
        let leave = self.leave(Action::DecideMatch, Some(&result.child.to_string()))?;
        self.must_see(result.other, Action::DecideMatch)?;
        self.case.carry_dna(&leave, result)
    }

    /// Takes evidence in, as [`Case::record_evidence`]: for who issues reports.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not.
    pub fn record_evidence(
        &self,
        evidence: Evidence,
        documents: &BTreeMap<String, Vec<u8>>,
    ) -> Result<EvidenceReport, Error> {
        let leave = self.leave(Action::IssueReport, None)?;
        self.case.carry_evidence(&leave, evidence, documents)
    }

    /// Writes down that a report was issued, as [`Case::report_issued`].
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not.
    pub fn report_issued(&self, issued: &Issued) -> Result<(), Error> {
        self.case.carry_issued(&self.leave(Action::IssueReport, None)?, issued)
    }

    /// Signs the ledger as it stands, as [`Case::sign_checkpoint`]: for who reads the log, and holds the case to it.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not.
    pub fn sign_checkpoint(&self) -> Result<String, Error> {
        self.leave(Action::ReadAudit, None)?;
        self.case.carry_signature()
    }

    /// Writes the file that an inspector checks offline, as [`Case::export_ledger`].
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not export.
    pub fn export_ledger<W: Write>(&self, out: W) -> Result<u64, Error> {
        self.case.carry_export(&self.leave(Action::Export, None)?, out)
    }

    /// Issues receipts, as [`Case::issue_receipts`], if one may be issued to everybody asked for.
    ///
    /// # Errors
    /// [`Error::Denied`] for one to whom it may not.
    pub fn issue_receipts(&self, requests: &[ReceiptRequest]) -> Result<Vec<IssuedReceipt>, Error> {
        let mut leave = None;
        for request in requests {
            leave = Some(self.leave(Action::IssueReceipt, Some(&request.id))?);
        }
        match leave {
            Some(leave) => self.case.carry_receipts(&leave, requests),
            None => Ok(Vec::new()),
        }
    }

    /// Derives everything again, as [`Case::rebuild`].
    ///
    /// # Errors
    /// [`Error::Denied`] for who does not operate the registry.
    pub fn rebuild(&self, progress: Progress<'_>) -> Result<(), Error> {
        self.case.carry_rebuild(&self.leave(Action::Operate, None)?, progress)
    }

    /// Refuses, as for nobody, when a person may not be seen from here.
    fn must_see(&self, person: PersonId, action: Action) -> Result<(), Error> {
        let id = person.to_string();
        let facts = self.facts(&id)?;
        match self.decider().refusal(facts.as_ref()) {
            Some(refusal) => Err(self.refuse_id(refusal, action.word(), Some(&id), facts.as_ref())?),
            None => Ok(()),
        }
    }
}

impl Case {
    /// The seat of the local operator: whoever holds the keys is the custodian. The name is the operator's own word, so it
    /// must be nobody's who proves theirs: one that is an account's is refused, and that is on record.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub fn local(&self, stamp: &Stamp, purpose: Purpose) -> Result<Seat, Error> {
        if let Some(account) = self.account(&stamp.actor)? {
            let change = self.store.begin()?;
            let by = Stamp { actor: LOCAL.into(), ..stamp.clone() };
            crate::accounts::refused(&change, &by, "act as", Some(&account.id), "an account's name")?;
            change.commit()?;
        }
        Ok(Seat { actor: self.operator(&stamp.actor)?, purpose, at_micros: stamp.at_micros })
    }

    fn operators_desk(&self, stamp: &Stamp) -> Result<Desk<'_>, Error> {
        self.desk(self.local(stamp, Purpose::DataQuality)?)
    }

    /// Imports a file, as the local operator. Importing the same bytes twice changes nothing.
    ///
    /// # Errors
    /// What cannot be read or compared; nothing is changed then.
    pub fn import(
        &self,
        request: &ImportRequest<'_>,
        stamp: &Stamp,
        progress: Progress<'_>,
    ) -> Result<ImportReport, Error> {
        self.operators_desk(stamp)?.import(request, progress)
    }

    /// Links records to people, as the local operator.
    pub fn link(&self, stamp: &Stamp, progress: Progress<'_>) -> Result<LinkReport, Error> {
        self.operators_desk(stamp)?.link(progress)
    }

    /// Proposes families, as the local operator: all in a first run, then what is new.
    ///
    /// # Errors
    /// [`Error::First`] when records have not been linked.
    pub fn families(&self, stamp: &Stamp, progress: Progress<'_>) -> Result<FamiliesReport, Error> {
        self.operators_desk(stamp)?.families(progress)
    }

    /// The same in a chosen way; gives the candidates too, which a dry run does not write.
    ///
    /// # Errors
    /// [`Error::First`] when records have not been linked.
    pub fn propose(
        &self,
        how: &Proposing,
        stamp: &Stamp,
        progress: Progress<'_>,
    ) -> Result<(FamiliesReport, Vec<FamilyCandidate>), Error> {
        self.operators_desk(stamp)?.propose(how, progress)
    }

    /// Writes down what a person decided of a candidate, with the evidence that was shown; as the local operator.
    ///
    /// # Errors
    /// [`Error::Denied`] when nobody has an id; [`Error::Refused`] when no reason is given.
    pub fn decide(&self, request: &DecisionRequest, stamp: &Stamp) -> Result<u64, Error> {
        self.operators_desk(stamp)?.decide(request)
    }

    /// Takes a decision back, as the local operator. Both stay in the ledger.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is no such decision, or it was taken back already.
    pub fn undo(&self, sequence: u64, reason: &str, stamp: &Stamp) -> Result<u64, Error> {
        self.operators_desk(stamp)?.undo(sequence, reason)
    }

    /// Writes down the result of a comparison of DNA, as the local operator.
    ///
    /// # Errors
    /// [`Error::Denied`] when nobody has an id; [`Error::Refused`] when no reason is given.
    pub fn dna_compared(&self, result: &DnaResult, stamp: &Stamp) -> Result<u64, Error> {
        self.operators_desk(stamp)?.dna_compared(result)
    }

    /// Certifies that the profiles of a comparison were destroyed: it says nothing of anybody, and is the local operator's,
    /// whose machine the file was on.
    pub fn dna_destroyed(
        &self,
        comparison: u64,
        profiles: u64,
        bytes: u64,
        stamp: &Stamp,
    ) -> Result<u64, Error> {
        let leave = self.operators_desk(stamp)?.leave(Action::Operate, None)?;
        self.carry_destruction(&leave, comparison, profiles, bytes)
    }

    /// Takes evidence in, as the local operator: all of it, or none. `documents` are the bytes of each source's file, by the
    /// source's id.
    ///
    /// # Errors
    /// [`Error::Refused`] when an entry names a source that is not there, a status that is none, or an id twice.
    pub fn record_evidence(
        &self,
        evidence: Evidence,
        documents: &BTreeMap<String, Vec<u8>>,
        stamp: &Stamp,
    ) -> Result<EvidenceReport, Error> {
        self.operators_desk(stamp)?.record_evidence(evidence, documents)
    }

    /// Writes down that a report was issued, so that its file can be told from every other; as the local operator.
    pub fn report_issued(&self, issued: &Issued, stamp: &Stamp) -> Result<(), Error> {
        self.operators_desk(stamp)?.report_issued(issued)
    }

    /// Signs the ledger as it stands, keeps the note and gives its text. The same ledger gives the same note, whoever asks:
    /// nothing is said in it that the ledger does not say.
    ///
    /// # Errors
    /// [`Error::Note`] when the ledger does not continue what was signed last: nothing is signed then.
    pub fn sign_checkpoint(&self) -> Result<String, Error> {
        self.carry_signature()
    }

    /// Writes the file that an inspector checks offline, and gives how many events it has: the key, every signed
    /// checkpoint, and every event as it is stored, right or wrong. Personal payloads stay sealed. That the ledger was
    /// exported is its last event. As the local operator.
    ///
    /// # Errors
    /// As [`Case::sign_checkpoint`]; and when the output fails.
    pub fn export_ledger<W: Write>(&self, out: W, stamp: &Stamp) -> Result<u64, Error> {
        self.operators_desk(stamp)?.export_ledger(out)
    }

    /// Issues a receipt.
    ///
    /// # Errors
    /// As [`Case::issue_receipts`].
    pub fn issue_receipt(&self, request: &ReceiptRequest, stamp: &Stamp) -> Result<IssuedReceipt, Error> {
        let issued = self.issue_receipts(std::slice::from_ref(request), stamp)?.pop();
        issued.ok_or(Error::ChangedMeanwhile)
    }

    /// Issues receipts, all of them or none, and signs the ledger over them; as the local operator.
    ///
    /// # Errors
    /// [`Error::Denied`] when somebody is not on record; [`Error::Contact`]; and as [`Case::sign_checkpoint`].
    pub fn issue_receipts(
        &self,
        requests: &[ReceiptRequest],
        stamp: &Stamp,
    ) -> Result<Vec<IssuedReceipt>, Error> {
        self.operators_desk(stamp)?.issue_receipts(requests)
    }

    /// Throws every derived table away and derives it again from the ledger. Where people and families had been
    /// derived, linking and matching run again, over all records, and are written down as runs. As the local operator.
    pub fn rebuild(&self, stamp: &Stamp, progress: Progress<'_>) -> Result<(), Error> {
        self.operators_desk(stamp)?.rebuild(progress)
    }
}

/// By whom it is said to have been tried when the local operator gave another's name.
const LOCAL: &str = "operator";
