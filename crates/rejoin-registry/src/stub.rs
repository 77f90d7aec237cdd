//! Temporary: signatures that other branches bring.
#![allow(missing_docs, clippy::all)]
use crate::*;
use rejoin_access::Reduced;
use rejoin_casework::StreamId;
use rejoin_casework::worklist::List;
use rejoin_inquiry::{Answer, Measure, Parameters};
use rejoin_model::*;
use std::sync::atomic::AtomicBool;
#[derive(Default, Clone, Copy)]
pub struct Page { pub first: usize, pub rows: usize }
#[derive(Clone, Debug)]
pub struct PersonLine { pub person: PersonId, pub record: RecordId, pub name: Option<String>, pub age: Option<String>, pub birth: Option<Moment>, pub sex: Option<Sex>, pub country: Option<Country>, pub number: Option<String>, pub custodian: Option<&'static str>, pub place: Option<String>, pub subject: Subject, pub tender: Option<bool> }
#[derive(Default)]
pub enum Whose { #[default] All, Mine, MyTeams, Unassigned, Of(String) }
#[derive(Default)]
pub struct WorkFilter { pub whose: Whose, pub lists: Vec<List>, pub page: Page }
pub struct WorkPage { pub rows: Vec<WorkItem>, pub total: u64, pub by_list: Vec<(List, u64)> }
pub struct WorkItem { pub list: List, pub words: (String, String), pub stream: StreamId, pub clock: Option<String>, pub due_micros: Option<i64>, pub since_micros: Option<i64>, pub late: bool, pub assigned_to: Vec<String>, pub who: Option<Reduced<PersonLine>> }
#[derive(Default)]
pub struct Query { pub name: String, pub given: String, pub surnames: String, pub birth: Option<Moment>, pub age: Option<u8>, pub age_within: u8, pub sex: Option<Sex>, pub country: Option<Country>, pub number: String, pub code: String, pub place: String }
pub struct Found { pub hits: Vec<Hit>, pub total: u64, pub more: bool }
pub struct Hit { pub who: Reduced<PersonLine>, pub score: u8, pub reasons: Vec<Reason> }
#[derive(Clone, Copy)]
pub enum Reason { Name }
impl Reason { pub fn word(self) -> &'static str { "" } pub fn words(self) -> (&'static str, &'static str) { ("", "") } }
pub struct QueueFilter { pub decided: Decided, pub least: f64, pub parents_only: bool, pub page: Page }
impl Default for QueueFilter { fn default() -> Self { Self { decided: Decided::Open, least: 0.1, parents_only: false, page: Page::default() } } }
pub enum Decided { Open, NeedsEvidence, Accepted, Rejected, All }
pub struct QueuePage { pub rows: Vec<QueueRow>, pub total: u64 }
pub struct QueueRow { pub candidate: Reduced<FamilyCandidate>, pub child: Reduced<PersonLine>, pub other: Reduced<PersonLine>, pub verdict: Option<Verdict> }
pub struct Told { pub answer: Answer, pub value: Option<f64>, pub columns: [Option<u64>; 4], pub lines: Vec<ToldLine>, pub records: Option<u64>, pub checkpoint: Checkpoint, pub suppressed: bool }
pub struct ToldLine { pub key: Vec<(String, String)>, pub value: Option<f64>, pub columns: [Option<u64>; 4] }
fn no<T>() -> Result<T, Error> { Err(Error::First("stub")) }
impl Case {
    pub fn another(&self) -> Result<Case, Error> { no() }
    pub fn warm(&self) -> Result<(), Error> { no() }
    pub fn stop_by(&mut self, _: Arc<AtomicBool>) {}
}
impl Desk<'_> {
    pub fn work(&self, _: &WorkFilter) -> Result<WorkPage, Error> { no() }
    pub fn search(&self, _: &Query, _: Page) -> Result<Found, Error> { no() }
    pub fn candidate_queue(&self, _: &QueueFilter) -> Result<QueuePage, Error> { no() }
    pub fn import(&self, _: &ImportRequest<'_>, _: Progress<'_>) -> Result<ImportReport, Error> { no() }
    pub fn link(&self, _: Progress<'_>) -> Result<LinkReport, Error> { no() }
    pub fn families(&self, _: Progress<'_>) -> Result<FamiliesReport, Error> { no() }
    pub fn decide(&self, _: &DecisionRequest) -> Result<u64, Error> { no() }
    pub fn undo(&self, _: u64, _: &str) -> Result<u64, Error> { no() }
    pub fn ask(&self, _: &'static Measure, _: &Parameters) -> Result<Told, Error> { no() }
    pub fn policies(&self) -> Result<Policies, Error> { no() }
}
