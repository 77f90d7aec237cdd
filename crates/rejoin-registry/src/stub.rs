//! Temporary: signatures that other branches bring.
#![allow(missing_docs, clippy::all)]
use crate::*;
use rejoin_inquiry::{Answer, Measure, Parameters};
use rejoin_model::*;
use std::sync::atomic::AtomicBool;
pub struct Told {
    pub answer: Answer,
    pub value: Option<f64>,
    pub columns: [Option<u64>; 4],
    pub lines: Vec<ToldLine>,
    pub records: Option<u64>,
    pub checkpoint: Checkpoint,
    pub suppressed: bool,
}
pub struct ToldLine {
    pub key: Vec<(String, String)>,
    pub value: Option<f64>,
    pub columns: [Option<u64>; 4],
}
impl Case {
    pub fn stop_by(&mut self, _: Arc<AtomicBool>) {}
}
impl Desk<'_> {
    pub fn ask(&self, m: &'static Measure, q: &Parameters) -> Result<Told, Error> {
        let view = self.view(None)?;
        let people = view.people();
        let answer = rejoin_inquiry::ask(m, &view.scene(&people, q.on), q)
            .map_err(|e| Error::Refused(e.to_string()))?;
        Ok(Told {
            value: Some(answer.value),
            columns: answer.columns.map(Some),
            lines: answer
                .breakdown
                .iter()
                .map(|l| ToldLine { key: l.key.clone(), value: Some(l.value), columns: l.columns.map(Some) })
                .collect(),
            records: Some(answer.records.len() as u64),
            checkpoint: view.checkpoint,
            suppressed: false,
            answer,
        })
    }
    pub fn policies(&self) -> Result<Policies, Error> {
        crate::policies::read(&self.case.directory)
    }
}
