//! What every page needs: the case, the clock, where the application is reached.

use crate::Error;
use crate::answer::Problem;
use crate::door::Here;
use crate::jobs::Jobs;
use crate::pool::Pool;
use crate::uploads::Uploads;
use rejoin_accounts::passkey::RelyingParty;
use rejoin_registry::{Case, Desk};
use std::net::SocketAddr;

/// How the application is served.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens. Without `public` only an address of this machine.
    pub at: SocketAddr,
    /// Under which address others reach it, by HTTPS: `https://rejoin.example.org`. A proxy stands before it then.
    pub public: Option<String>,
    /// How many pages are made at a time.
    pub handles: usize,
    /// Says on every page that nobody in the data exists.
    pub demo: bool,
}

impl Default for Options {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { at: SocketAddr::from(([127, 0, 0, 1], 7878)), public: None, handles: 2 * threads, demo: false }
    }
}

/// The application.
pub struct App {
    pool: Pool,
    origin: String,
    /// Reached by HTTPS: cookies are marked for it.
    pub secure: bool,
    /// The data is of nobody.
    pub demo: bool,
    /// To whom passkeys are bound.
    pub party: RelyingParty,
    /// Work in the background.
    pub jobs: Jobs,
    /// Files that wait to be looked at.
    pub uploads: Uploads,
}

impl App {
    /// Over a case, reached at `here` unless the options say otherwise.
    pub fn new(case: Case, options: Options, here: SocketAddr) -> Result<Self, Error> {
        // Browsers know a passkey by a name, never by a number: this machine is `localhost` to them.
        let (origin, name) = match &options.public {
            None => (format!("http://localhost:{}", here.port()), "localhost".to_owned()),
            Some(public) => {
                let public = public.trim_end_matches('/');
                let host = public.strip_prefix("https://").filter(|host| !host.contains(['/', '@', ' ']));
                let host = host.filter(|host| !host.is_empty());
                let host = host.ok_or_else(|| Error::Address(public.to_owned()))?;
                (public.to_owned(), host.split(':').next().unwrap_or(host).to_owned())
            }
        };
        let party = RelyingParty::new(&name, "Rejoin", &[&origin]);
        let party = party.map_err(|_| Error::Address(origin.clone()))?;
        Ok(Self {
            secure: options.public.is_some(),
            demo: options.demo,
            pool: Pool::new(case, options.handles)?,
            origin,
            party,
            jobs: Jobs::default(),
            uploads: Uploads::default(),
        })
    }

    /// Where it is reached, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether a request's host is ours: the name under which we are reached, or this machine's number.
    pub fn is_host(&self, host: &str) -> bool {
        let own = self.origin.split_once("://").map_or("", |(_, host)| host);
        let port = own.rsplit_once(':').map_or("", |(_, port)| port);
        host == own || (!self.secure && host.strip_prefix("127.0.0.1:").is_some_and(|said| said == port))
    }

    /// Microseconds since 1970-01-01 UTC.
    #[allow(clippy::disallowed_methods, reason = "the shell gives commands their time")]
    pub fn now(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(0)
    }

    /// Does something with the case.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Case) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.pool.with(work).await.unwrap_or(Err(Problem::Broken))
    }

    /// Does something at the desk of whoever is here.
    pub async fn desk<T: Send + 'static>(
        &self,
        here: &Here,
        work: impl FnOnce(&Desk<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let seat = here.seat.clone();
        self.with(move |case| work(&case.desk(seat)?)).await
    }
}
