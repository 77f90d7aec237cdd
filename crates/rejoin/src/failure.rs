//! Failures: one renderer, with a hint, and the exit codes that are documented in `--help`.

use rejoin_inquiry::Refused;
use rejoin_registry::Error;
use std::process::ExitCode;

/// Why a command ends without success.
pub struct Failure {
    code: u8,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A file or mapping that cannot be read.
    pub fn input(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: 3, message: message.into(), hint: Some(hint.into()) }
    }

    /// A command line that parses but cannot be meant.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: 2, message: message.into(), hint: Some(hint.into()) }
    }

    /// Something asked for that does not exist.
    pub fn missing(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: 6, message: message.into(), hint: Some(hint.into()) }
    }

    /// Something checked that does not hold.
    pub fn verification(message: impl Into<String>) -> Self {
        Self { code: 5, message: message.into(), hint: None }
    }

    /// Something that should not fail.
    pub fn unexpected(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into(), hint: None }
    }

    /// The same with something that the user can do.
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What went wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Says it on stderr, and gives the exit code. A reader that stopped reading (`| head`) is no failure.
    pub fn report(&self) -> ExitCode {
        if self.message.contains("Broken pipe") {
            return ExitCode::SUCCESS;
        }
        eprintln!("error: {}", self.message);
        if let Some(hint) = &self.hint {
            eprintln!("  hint: {hint}");
        }
        ExitCode::from(self.code)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Read { .. }
            | Error::Mapping { .. }
            | Error::KeyChanged { .. }
            | Error::KindChanged { .. } => 3,
            Error::Clocks(_) | Error::Policies(_) | Error::Retention(_) | Error::MostRowsGone { .. } => 3,
            Error::NoAccount(_) => 6,
            Error::Note { .. } | Error::UnknownNote(_) | Error::Receipt(_) | Error::OtherKey => 5,
            Error::Code(_) | Error::Contact(_) => 2,
            Error::Tampered(_) | Error::DerivedDiffers | Error::CheckpointDiffers | Error::Unguarded => 5,
            _ => 4,
        };
        Self { code, message: error.to_string(), hint: Some(error.hint()) }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let code = if matches!(refused, Refused::Unknown { .. }) { 6 } else { 2 };
        Self {
            code,
            message: refused.to_string(),
            hint: Some("`rejoin list measures` explains every measure".into()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::unexpected(error.to_string())
    }
}
