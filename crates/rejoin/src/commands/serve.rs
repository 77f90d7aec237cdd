//! `rejoin serve`: the web application over a case.

use super::Context;
use crate::failure::Failure;
use rejoin_registry::Case;
use rejoin_web::{Options, Server};
use std::net::SocketAddr;

/// Arguments of `serve`.
#[derive(clap::Args)]
pub struct Serve {
    /// Where to listen. Without --public only an address of this machine is taken.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7878")]
    at: SocketAddr,
    /// Under which address others reach it, over a proxy that speaks HTTPS.
    #[arg(long, value_name = "URL")]
    public: Option<String>,
    /// How many pages are made at a time; by default two for each thread of the machine.
    #[arg(long, value_name = "N")]
    handles: Option<usize>,
}

impl Serve {
    /// Serves until it is told to stop.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let case = context.open()?;
        let mut options = Options { at: self.at, public: self.public.clone(), ..Options::default() };
        options.handles = self.handles.unwrap_or(options.handles);
        serve(case, options)
    }
}

/// Reads the case, says where the application is, and serves it.
pub fn serve(case: Case, options: Options) -> Result<(), Failure> {
    eprintln!("reading the case …");
    case.warm()?;
    let failed = |error: rejoin_web::Error| {
        let hint = error.hint();
        Failure::unexpected(error.to_string()).with_hint(hint)
    };
    let server = Server::new(case, options).map_err(failed)?;
    eprintln!("Rejoin is at {}  (Ctrl-C ends it)", server.address());
    server.serve(std::future::pending()).map_err(failed)
}
