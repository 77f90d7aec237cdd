//! The web application: where case workers, supervisors, data managers and inspectors work, and where a family finds its
//! receipt. Pages are made on the server and work without scripts; scripts and styles are in the program, and nothing is
//! fetched from elsewhere.
//!
//! It sits at the desk of the registry and sees what the one access decision leaves. It knows no row and no database.

mod answer;
mod api;
mod app;
mod door;
mod fields;
mod guard;
mod jobs;
mod pages;
mod pool;
mod shown;
mod uploads;
mod words;

pub use app::Options;

use app::App;
use rejoin_registry::Case;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

/// Why the application cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anybody on the way could read along.
    #[error("{0} is not this machine: over a network pages go by HTTPS only")]
    NotPrivate(SocketAddr),
    /// The address under which it is reached is none.
    #[error("{0:?} is not the address of a site, as in https://rejoin.example.org")]
    Address(String),
    /// The case cannot be opened once more.
    #[error(transparent)]
    Case(#[from] rejoin_registry::Error),
    /// The machine does not give what is needed.
    #[error("the server cannot be started: {0}")]
    Start(std::io::Error),
}

impl Error {
    /// What the user can do.
    pub fn hint(&self) -> String {
        match self {
            Error::Listen { .. } => "is another program there? `--at 127.0.0.1:0` takes a free port".into(),
            Error::NotPrivate(_) => {
                "put a proxy that speaks HTTPS before it, and say under which address it is reached: --public https://…"
                    .into()
            }
            Error::Address(_) => "say it with --public https://name".into(),
            Error::Case(error) => error.hint(),
            Error::Start(_) => "look at the limits of the system".into(),
        }
    }
}

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    app: Arc<App>,
}

impl Server {
    /// Takes the address, and as many handles on the case as pages are made at a time.
    ///
    /// # Errors
    /// When it cannot listen there, or may not: plain HTTP stays on this machine.
    pub fn new(case: Case, options: Options) -> Result<Self, Error> {
        let address = options.at;
        if !address.ip().is_loopback() && options.public.is_none() {
            return Err(Error::NotPrivate(address));
        }
        let listen = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let here = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, app: Arc::new(App::new(case, options, here)?) })
    }

    /// Under which address it is reached, without a slash at the end.
    pub fn address(&self) -> &str {
        self.app.origin()
    }

    /// Serves until the program is told to stop (Ctrl-C), or `stop` says so.
    ///
    /// # Errors
    /// When the system gives no threads or the socket fails.
    pub fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Start)?;
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(self.listener).map_err(Error::Start)?;
            let service = pages::router(self.app).into_make_service_with_connect_info::<SocketAddr>();
            let end = async move {
                tokio::select! {
                    () = stop => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
            };
            axum::serve(listener, service).with_graceful_shutdown(end).await.map_err(Error::Start)
        })
    }
}
