//! At the desk: tracing requests of people who seek somebody.

use crate::attachments::with_its_bytes;
use crate::desk::{CaseFile, Desk};
use crate::streams::{Done, Given};
use crate::{Error, wire};
use rejoin_access::{Action, Refusal};
use rejoin_casework::{Fact, StreamId};

impl Desk<'_> {
    /// Carries out commands on a tracing request.
    ///
    /// # Errors
    /// As [`Desk::command`].
    pub fn trace(&self, request: StreamId, facts: &[Fact], given: &Given) -> Result<Done, Error> {
        with_its_bytes(facts)?;
        self.may_trace(request, facts)?;
        self.case.carry_out(request, facts, given, &self.seat().stamp())
    }

    /// Of a request, everything is the work of who may open one; nobody's file is touched.
    pub(crate) fn may_trace(&self, request: StreamId, facts: &[Fact]) -> Result<(), Error> {
        self.is_request(request)?;
        for fact in facts {
            if let Err(refusal) = self.decider().may(Action::OpenRequest, None) {
                return Err(self.refuse(refusal, fact.kind(), None)?);
            }
        }
        Ok(())
    }

    /// A tracing request, for those who may open one.
    pub fn tracing(&self, request: StreamId) -> Result<Option<CaseFile>, Error> {
        self.is_request(request)?;
        self.may(Action::OpenRequest, None)?;
        self.write_seen(wire::FILE_READ, &self.seen(vec![request.to_string()], "tracing request", 1, None))?;
        Ok(self.file(request)?.map(|raw| raw.file))
    }

    /// A child's file is no request, and is not reached by the leave to open one.
    fn is_request(&self, request: StreamId) -> Result<(), Error> {
        match request {
            StreamId::Tracing(_) => Ok(()),
            StreamId::Child(_) => Err(self.refuse(Refusal::NotFound, "tracing request", None)?),
        }
    }

    /// Tracing requests on file.
    pub fn tracings(&self) -> Result<Vec<CaseFile>, Error> {
        self.may(Action::OpenRequest, None)?;
        let mut files = Vec::new();
        for name in self.case.store.streams("t-")? {
            if let Ok(stream) = name.parse() {
                files.extend(self.file(stream)?.map(|raw| raw.file));
            }
        }
        self.read("tracing requests", files.len() as u64)?;
        Ok(files)
    }
}
