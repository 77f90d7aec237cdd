//! Temporary: signatures that other branches bring.
#![allow(missing_docs, clippy::all)]
use crate::*;
use rejoin_access::Reduced;
use rejoin_casework::StreamId;
use rejoin_casework::worklist::List;
use rejoin_inquiry::{Answer, Measure, Parameters};
use rejoin_model::*;
use std::sync::atomic::AtomicBool;
pub struct Told { pub answer: Answer, pub value: Option<f64>, pub columns: [Option<u64>; 4], pub lines: Vec<ToldLine>, pub records: Option<u64>, pub checkpoint: Checkpoint, pub suppressed: bool }
pub struct ToldLine { pub key: Vec<(String, String)>, pub value: Option<f64>, pub columns: [Option<u64>; 4] }
fn no<T>() -> Result<T, Error> { Err(Error::First("stub")) }
impl Case {
    pub fn stop_by(&mut self, _: Arc<AtomicBool>) {}
}
impl Desk<'_> {
    pub fn import(&self, _: &ImportRequest<'_>, _: Progress<'_>) -> Result<ImportReport, Error> { no() }
    pub fn link(&self, _: Progress<'_>) -> Result<LinkReport, Error> { no() }
    pub fn families(&self, _: Progress<'_>) -> Result<FamiliesReport, Error> { no() }
    pub fn decide(&self, _: &DecisionRequest) -> Result<u64, Error> { no() }
    pub fn undo(&self, _: u64, _: &str) -> Result<u64, Error> { no() }
    pub fn ask(&self, _: &'static Measure, _: &Parameters) -> Result<Told, Error> { no() }
    pub fn policies(&self) -> Result<Policies, Error> { no() }
}
