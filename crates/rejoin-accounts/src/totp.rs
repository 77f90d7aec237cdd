//! Why: the second factor that any telephone can give: codes of RFC 6238, each good once, and codes on paper for the day
//! the telephone is gone.

use crate::code;
use crate::secret::{Digest, Random, Secret, ShownOnce, random_bytes};
use crate::{Moment, SECOND};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use subtle::ConstantTimeEq;
use totp_rs::{Builder, Totp};

/// Seconds that a code is good for, give or take one step for slow fingers and wrong clocks.
const STEP_SECONDS: u64 = 30;
const SECRET_BYTES: usize = 20;
const RECOVERY_CODES: usize = 10;

/// An authenticator as it is stored; the registry seals [`Authenticator::secret`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticator {
    /// The shared key.
    pub secret: Secret,
    /// The last step whose code was used; no code of it or of an earlier one is taken again.
    pub last_step: Option<u64>,
    /// Codes on paper that are left.
    pub recovery: Vec<Digest>,
}

/// What the person is shown when they enrol.
#[derive(Debug)]
pub struct Enrolment {
    /// To be stored with the account as not yet confirmed; sealed by the registry.
    pub secret: Secret,
    /// `otpauth://…`, to be shown as a QR code.
    pub uri: ShownOnce,
    /// The key in base32, for those who type it.
    pub typed: ShownOnce,
}

/// Why an authenticator's code could not be judged or was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefused {
    /// It is not the code of now, nor of the step before or after, nor one of those on paper.
    #[error("the code is wrong")]
    Wrong,
    /// It was right and has been used, or a later one has.
    #[error("the code has been used")]
    Used,
    /// The registry has not opened the secret: an error of the caller.
    #[error("the authenticator's key is sealed")]
    Sealed,
}

/// What a code that was taken uses up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeUse {
    /// An authenticator's code of this step.
    Step(u64),
    /// The code on paper with this digest.
    Recovery(Digest),
}

/// A new key for an account; `issuer` is what the telephone shows beside the name.
pub fn enrol(issuer: &str, name: &str, random: Random<'_>) -> Enrolment {
    let secret = random_bytes::<SECRET_BYTES>(random);
    let typed = totp_rs::Secret::from(*secret).to_base32();
    // A colon parts the two, and readers decode before they part.
    let [issuer, name] = [issuer, name].map(|text| percent_encoded(&text.replace(':', "")));
    let uri = format!(
        "otpauth://totp/{issuer}:{name}?secret={typed}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP_SECONDS}"
    );
    Enrolment {
        secret: Secret::in_clear(secret.to_vec()),
        uri: ShownOnce::new(uri),
        typed: ShownOnce::new(typed),
    }
}

/// Takes the first code of a key, which shows that the telephone has it; gives the step to be stored.
pub fn confirm(secret: &Secret, typed: &str, now: Moment) -> Result<u64, CodeRefused> {
    step_of(secret, typed, now)?.ok_or(CodeRefused::Wrong)
}

/// Ten codes for paper, and what is stored of them.
pub fn recovery_codes(account: &str, random: Random<'_>) -> (Vec<ShownOnce>, Vec<Digest>) {
    (0..RECOVERY_CODES)
        .map(|_| {
            let code = code::readable(4, random);
            let digest = recovery_digest(account, code.reveal());
            (code, digest)
        })
        .unzip()
}

fn recovery_digest(account: &str, typed: &str) -> Digest {
    Digest::of("rejoin recovery code", &[account, &code::as_meant(typed)])
}

impl Authenticator {
    /// Judges a code of the telephone or of the paper. What it gives has to be stored before anybody is let in.
    pub fn check(&self, account: &str, typed: &str, now: Moment) -> Result<CodeUse, CodeRefused> {
        if let Some(step) = step_of(&self.secret, typed, now)? {
            if self.last_step.is_some_and(|last| step <= last) {
                return Err(CodeRefused::Used);
            }
            return Ok(CodeUse::Step(step));
        }
        let digest = recovery_digest(account, typed);
        // Every one is compared, so that the time does not tell which.
        let found = self.recovery.iter().filter(|left| **left == digest).count();
        if found > 0 { Ok(CodeUse::Recovery(digest)) } else { Err(CodeRefused::Wrong) }
    }

    /// Takes note of a code that was used; false when it had been used before.
    #[must_use]
    pub fn spend(&mut self, used: &CodeUse) -> bool {
        match used {
            CodeUse::Step(step) => {
                let fresh = self.last_step.is_none_or(|last| *step > last);
                if fresh {
                    self.last_step = Some(*step);
                }
                fresh
            }
            CodeUse::Recovery(digest) => {
                let before = self.recovery.len();
                self.recovery.retain(|left| left != digest);
                self.recovery.len() < before
            }
        }
    }
}

fn generator(secret: &[u8]) -> Totp {
    Builder::new().with_secret(secret).with_step_duration(STEP_SECONDS).with_skew(1).build_noncompliant()
}

/// The step, of three, whose code this is. Of two with the same code the latest: else it could be used twice.
fn step_of(secret: &Secret, typed: &str, now: Moment) -> Result<Option<u64>, CodeRefused> {
    let generator = generator(secret.reveal().ok_or(CodeRefused::Sealed)?);
    let typed: String = typed.chars().filter(|character| !character.is_whitespace()).take(16).collect();
    let Ok(seconds) = u64::try_from(now / SECOND) else { return Ok(None) };
    if typed.len() != 6 || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let step = seconds / STEP_SECONDS;
    Ok((step.saturating_sub(1)..=step + 1)
        .filter(|step| {
            let code = generator.generate(step * STEP_SECONDS).to_string();
            bool::from(code.as_bytes().ct_eq(typed.as_bytes()))
        })
        .max())
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use crate::tests_support::counting;

    /// The key of the vectors of RFC 6238, appendix B.
    const KEY: &[u8] = b"12345678901234567890";

    fn authenticator() -> Authenticator {
        Authenticator { secret: Secret::in_clear(KEY.to_vec()), last_step: None, recovery: Vec::new() }
    }

    #[test]
    fn vectors_of_rfc_6238() {
        // Eight digits in the RFC; six digits are the last six of them.
        for (seconds, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000_i64, "65353130"),
        ] {
            let step = u64::try_from(seconds / 30).unwrap();
            let secret = Secret::in_clear(KEY.to_vec());
            assert_eq!(confirm(&secret, &code[2..], seconds * SECOND), Ok(step), "{seconds}");
        }
    }

    #[test]
    fn one_step_early_or_late_is_taken_and_two_are_not() {
        let (code, step) = ("050471", 1_111_111_111 / 30);
        let start = i64::try_from(step * 30).unwrap() * SECOND;
        let check = |at: Moment| authenticator().check("a", code, at);
        assert_eq!(check(start - 30 * SECOND), Ok(CodeUse::Step(step)));
        assert_eq!(check(start + 60 * SECOND - 1), Ok(CodeUse::Step(step)));
        assert_eq!(check(start - 30 * SECOND - 1), Err(CodeRefused::Wrong));
        assert_eq!(check(start + 60 * SECOND), Err(CodeRefused::Wrong));
        assert_eq!(check(-1), Err(CodeRefused::Wrong));
    }

    #[test]
    fn a_code_is_good_once_and_an_earlier_one_not_after_it() {
        let mut authenticator = authenticator();
        let now = 1_111_111_111 * SECOND;
        let used = authenticator.check("a", "050 471", now).unwrap();
        assert!(authenticator.spend(&used));
        assert_eq!(authenticator.check("a", "050471", now), Err(CodeRefused::Used));
        assert_eq!(authenticator.check("a", "081804", now), Err(CodeRefused::Used), "the step before");
        assert!(!authenticator.spend(&used), "two at the same time");
    }

    #[test]
    fn codes_that_are_no_codes() {
        for typed in ["", "05047", "0504711", "05047x", "٠٥٠٤٧١", "+50471", "0x0471"] {
            assert_eq!(authenticator().check("a", typed, 1_111_111_111 * SECOND), Err(CodeRefused::Wrong));
        }
    }

    #[test]
    fn a_sealed_key_judges_nothing() {
        let mut authenticator = authenticator();
        authenticator.secret.seal_with(|clear| Ok::<_, ()>(clear.to_vec())).unwrap();
        assert_eq!(authenticator.check("a", "050471", 1_111_111_111 * SECOND), Err(CodeRefused::Sealed));
    }

    #[test]
    fn each_of_ten_codes_on_paper_is_good_once_and_for_its_account() {
        let (codes, digests) = recovery_codes("account-1", &mut counting());
        assert_eq!(codes.len(), 10);
        let mut authenticator = Authenticator { recovery: digests, ..authenticator() };
        for code in &codes {
            assert_eq!(authenticator.check("account-2", code.reveal(), 0), Err(CodeRefused::Wrong));
            let typed = code.reveal().to_lowercase().replace('-', "");
            let used = authenticator.check("account-1", &typed, 0).unwrap();
            assert!(authenticator.spend(&used));
            assert!(!authenticator.spend(&used));
            assert_eq!(authenticator.check("account-1", code.reveal(), 0), Err(CodeRefused::Wrong));
        }
        assert!(authenticator.recovery.is_empty());
    }

    #[test]
    fn the_uri_is_read_back_by_another_reader() {
        let enrolment = enrol("Rejoin: México", "lucía@casa", &mut counting());
        let read = Totp::from_url(enrolment.uri.reveal()).unwrap();
        assert_eq!(read.secret().as_bytes(), enrolment.secret.reveal().unwrap());
        assert_eq!(read.issuer(), Some("Rejoin México"));
        assert_eq!(read.account_name(), "lucía@casa");
        assert_eq!((read.digits(), read.step()), (6, 30));
        assert_eq!(read.secret().to_base32(), enrolment.typed.reveal());
        let now = 1_700_000_000;
        let code = read.generate(now).to_string();
        assert!(confirm(&enrolment.secret, &code, i64::try_from(now).unwrap() * SECOND).is_ok());
    }
}
