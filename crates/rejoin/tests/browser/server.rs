//! A demonstration of the program's own, as a user starts it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How long the longest wait of these tests may take: a fail-safe, measured on no machine.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// The password of every account of a demonstration, as the program prints it.
pub const PASSWORD: &str = "every child belongs somewhere";

/// A server that is up.
pub struct Server {
    child: Child,
    /// Where it is, without a slash at the end.
    pub origin: String,
    /// The child whose case waits for a second signature.
    pub waiting: String,
    /// The adult of that case.
    pub adult: String,
    /// A family card's code.
    pub code: String,
}

/// The lines of a pipe, read to its end by a thread: a full pipe would hold the program up.
pub fn lines(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // When nobody listens any more, it is still read.
            let _ = send.send(line);
        }
    });
    receive
}

/// Waits for a line that has something in it; gives what follows that, up to a blank.
pub fn await_line(lines: &Receiver<String>, mark: &str) -> Option<String> {
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                if let Some((_, after)) = line.split_once(mark) {
                    return Some(after.split([' ', ')']).next().unwrap_or_default().to_owned());
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        }
    }
}

impl Server {
    /// Makes a small world and serves it.
    pub fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rejoin"))
            .args(["demo", "--children", "300", "--adults", "3000", "--tracing", "60", "--at", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = lines(child.stdout.take().unwrap());
        let told = lines(child.stderr.take().unwrap());
        let mut server = Self {
            child,
            origin: String::new(),
            waiting: String::new(),
            adult: String::new(),
            code: String::new(),
        };
        // All of it is printed before the server listens.
        server.origin = await_line(&told, "Rejoin is at ").expect("the demonstration opens");
        let said: Vec<String> = said.try_iter().collect();
        let after = |mark: &str| {
            let line = said.iter().find_map(|line| line.split_once(mark));
            let (_, after) = line.unwrap_or_else(|| panic!("the demonstration says {mark}"));
            after.split([' ', ')']).next().unwrap_or_default().to_owned()
        };
        server.waiting = after(": /person/");
        server.adult = after("(adult ");
        server.code = after("(/receipt): ");
        assert!(
            said.iter().any(|line| line.contains("lucia") && line.contains(PASSWORD)),
            "accounts are printed"
        );
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
