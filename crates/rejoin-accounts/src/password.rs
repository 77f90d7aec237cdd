//! Why: passwords as Argon2id, a policy without theatre, and the same work for a name that does not exist.

use crate::Language;
use crate::account::{Account, Change};
use crate::secret::{Password, Random, random_bytes};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::sync::atomic::{AtomicU64, Ordering};

/// What a guess costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// What OWASP's cheat sheet on password storage asks for at least.
    pub const RECOMMENDED: Self = Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 };

    fn hasher(self) -> Result<Argon2<'static>, PasswordError> {
        let params =
            Params::new(self.memory_kib, self.passes, self.lanes, None).map_err(|_| PasswordError)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// The cost is out of Argon2's range, or there is not the memory for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password cannot be hashed at this cost")]
pub struct PasswordError;

/// Why a chosen password is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChosen {
    /// The policy does not take it; the person is told why.
    Weak(Weakness),
    /// It cannot be hashed: the program's fault.
    NotHashed(PasswordError),
}

/// Hashes and verifies, and counts how often.
#[derive(Debug)]
pub struct Passwords {
    cost: Cost,
    nobody: String,
    evaluations: AtomicU64,
}

impl Passwords {
    /// At a cost. Computes the hash that stands in for accounts that do not exist.
    pub fn new(cost: Cost, random: Random<'_>) -> Result<Self, PasswordError> {
        let mut passwords = Self { cost, nobody: String::new(), evaluations: AtomicU64::new(0) };
        let unknown = crate::secret::hex(random_bytes::<32>(random).as_slice());
        passwords.nobody = passwords.hash(&Password::new(unknown), random)?;
        Ok(passwords)
    }

    /// A PHC string with a fresh salt.
    pub fn hash(&self, password: &Password, random: Random<'_>) -> Result<String, PasswordError> {
        let salt = random_bytes::<16>(random);
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        let hash = self
            .cost
            .hasher()?
            .hash_password_with_salt(password.text().as_bytes(), salt.as_slice())
            .map_err(|_| PasswordError)?;
        Ok(hash.to_string())
    }

    /// A password that the account's owner chose, if the [`policy`] takes it; gives the change to be stored.
    pub fn choose(
        &self,
        account: &Account,
        password: &Password,
        random: Random<'_>,
    ) -> Result<Change, NotChosen> {
        policy(password, &[&account.name, &account.display_name]).map_err(NotChosen::Weak)?;
        let phc = self.hash(password, random).map_err(NotChosen::NotHashed)?;
        Ok(Change::PasswordSet { phc })
    }

    /// Whether the password is the stored one. Evaluates Argon2 once, whether or not anything is stored or readable.
    pub fn verify(&self, stored: Option<&str>, password: &Password) -> bool {
        // A password nobody was allowed to set is not worth megabytes of hashing input.
        let text = if password.text().len() <= MOST_BYTES { password.text() } else { "" };
        let known = stored.and_then(|stored| PasswordHash::new(stored).ok());
        let hash = match &known {
            Some(hash) => hash,
            None => match &PasswordHash::new(&self.nobody) {
                Ok(nobody) => {
                    self.evaluations.fetch_add(1, Ordering::Relaxed);
                    let _ = Argon2::default().verify_password(text.as_bytes(), nobody);
                    return false;
                }
                Err(_) => return false,
            },
        };
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        Argon2::default().verify_password(text.as_bytes(), hash).is_ok() && !text.is_empty()
    }

    /// Whether a stored hash is weaker than what is asked for now, so that it is hashed anew at the next sign-in.
    pub fn is_outdated(&self, stored: &str) -> bool {
        let Ok(hash) = PasswordHash::new(stored) else { return true };
        let Ok(params) = Params::try_from(&hash) else { return true };
        hash.algorithm.as_str() != "argon2id"
            || hash.version != Some(Version::V0x13.into())
            || params.m_cost() < self.cost.memory_kib
            || params.t_cost() < self.cost.passes
    }

    /// How often Argon2 was evaluated since the start: a measure of load, and how the tests see that an unknown name costs
    /// as much as a known one.
    pub fn evaluations(&self) -> u64 {
        self.evaluations.load(Ordering::Relaxed)
    }
}

const FEWEST_CHARACTERS: usize = 12;
const FEWEST_WORDS: usize = 4;
const MOST_BYTES: usize = 1024;
/// What has to be left of a password when its owner's name is taken out.
const FEWEST_BESIDE_NAME: usize = 8;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer than 12 characters and fewer than 4 words.
    TooShort,
    /// More than 1024 bytes.
    TooLong,
    /// The account's own name and little else.
    OwnName,
    /// One of the commonest, or one of them with digits around it, or repeated.
    Common,
    /// One piece repeated, or characters in the order of the keyboard or of counting.
    Pattern,
}

impl Weakness {
    /// What the person reads.
    pub fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::TooShort, Language::English) => "Use at least 12 characters, or at least 4 words.",
            (Self::TooShort, Language::Spanish) => "Use al menos 12 caracteres, o al menos 4 palabras.",
            (Self::TooLong, Language::English) => "This password is longer than 1024 bytes.",
            (Self::TooLong, Language::Spanish) => "Esta contraseña tiene más de 1024 bytes.",
            (Self::OwnName, Language::English) => "The password is little more than your own name.",
            (Self::OwnName, Language::Spanish) => "La contraseña es poco más que su propio nombre.",
            (Self::Common, Language::English) => "This is one of the most used passwords, or close to one.",
            (Self::Common, Language::Spanish) => "Es una de las contraseñas más usadas, o casi igual.",
            (Self::Pattern, Language::English) => "This password is a simple repetition or sequence.",
            (Self::Pattern, Language::Spanish) => "Esta contraseña es una simple repetición o secuencia.",
        }
    }
}

/// The commonest passwords, folded; English and Spanish.
const COMMON: &str = include_str!("common_passwords.txt");
/// Runs of the keyboard and of counting; a password that is one piece of them is no secret.
const RUNS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "0123456789012345678901234567890123456789",
    "98765432109876543210987654321098765432109876543210",
    "qwertyuiopasdfghjklzxcvbnm1234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
];

/// Whether a person may choose this password; `own` are the names that belong to the account (name, display name).
pub fn policy(password: &Password, own: &[&str]) -> Result<(), Weakness> {
    let text = password.text();
    if text.len() > MOST_BYTES {
        return Err(Weakness::TooLong);
    }
    let words = text.split_whitespace().filter(|word| word.chars().count() > 1).count();
    if text.chars().count() < FEWEST_CHARACTERS && words < FEWEST_WORDS {
        return Err(Weakness::TooShort);
    }
    let folded = zeroize::Zeroizing::new(fold(text));
    let core = folded.trim_matches(|character: char| character.is_ascii_digit());
    if RUNS.iter().any(|run| run.contains(folded.as_str())) || is_repetition(&folded) {
        return Err(Weakness::Pattern);
    }
    let is_common =
        |text: &str| !text.is_empty() && COMMON.lines().any(|line| line.len() >= 4 && is_made_of(text, line));
    if is_common(&folded) || is_common(core) {
        return Err(Weakness::Common);
    }
    for name in own {
        for name in std::iter::once(fold(name)).chain(name.split(['@', '.', ' ', '_', '-']).map(fold)) {
            let rest = folded.replace(&name, "").chars().count();
            if name.chars().count() >= 4 && folded.contains(&name) && rest < FEWEST_BESIDE_NAME {
                return Err(Weakness::OwnName);
            }
        }
    }
    Ok(())
}

fn fold(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_made_of(text: &str, piece: &str) -> bool {
    text.len().is_multiple_of(piece.len())
        && text.as_bytes().chunks(piece.len()).all(|chunk| chunk == piece.as_bytes())
}

/// A piece of at most a third of the length, over and over, or fewer than four different characters.
fn is_repetition(folded: &str) -> bool {
    let characters: Vec<char> = folded.chars().collect();
    let distinct: std::collections::BTreeSet<char> = characters.iter().copied().collect();
    distinct.len() < 4
        || (1..=characters.len() / 3)
            .any(|length| characters.iter().zip(&characters[length..]).all(|(left, right)| left == right))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use crate::tests_support::{CHEAP, counting};

    #[test]
    fn a_password_is_verified_and_another_is_not() {
        let mut random = counting();
        let passwords = Passwords::new(CHEAP, &mut random).unwrap();
        let stored = passwords.hash(&Password::new("four words for you"), &mut random).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(passwords.verify(Some(&stored), &Password::new("four words for you")));
        assert!(!passwords.verify(Some(&stored), &Password::new("four words for yoU")));
        let again = passwords.hash(&Password::new("four words for you"), &mut random).unwrap();
        assert_ne!(stored, again, "a fresh salt");
    }

    /// argon2-cffi and the reference `argon2` command give this for the password and salt of the README of P-H-C.
    #[test]
    fn a_hash_of_the_reference_program_is_verified() {
        let passwords = Passwords::new(CHEAP, &mut counting()).unwrap();
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(passwords.verify(Some(stored), &Password::new("password")));
        assert!(!passwords.verify(Some(stored), &Password::new("passwore")));
    }

    #[test]
    fn every_verification_costs_one_evaluation() {
        let mut random = counting();
        let passwords = Passwords::new(CHEAP, &mut random).unwrap();
        let stored = passwords.hash(&Password::new("four words for you"), &mut random).unwrap();
        let huge = "x".repeat(5000);
        for (stored, password) in [
            (Some(stored.as_str()), "four words for you"),
            (Some(stored.as_str()), "wrong"),
            (Some(stored.as_str()), huge.as_str()),
            (Some("damaged"), "wrong"),
            (None, "wrong"),
            (None, ""),
        ] {
            let before = passwords.evaluations();
            passwords.verify(stored, &Password::new(password));
            assert_eq!(passwords.evaluations() - before, 1, "{stored:?} {password}");
        }
    }

    #[test]
    fn an_empty_or_too_long_password_is_never_right() {
        let mut random = counting();
        let passwords = Passwords::new(CHEAP, &mut random).unwrap();
        let stored = passwords.hash(&Password::new(""), &mut random).unwrap();
        assert!(!passwords.verify(Some(&stored), &Password::new("")));
        assert!(!passwords.verify(Some(&stored), &Password::new("x".repeat(5000))));
    }

    #[test]
    fn weaker_hashes_are_outdated_and_stronger_are_not() {
        let mut random = counting();
        let weak = Passwords::new(CHEAP, &mut random).unwrap();
        let strong = Passwords::new(Cost { memory_kib: 16, passes: 2, lanes: 1 }, &mut random).unwrap();
        let password = Password::new("four words for you");
        let (old, new) =
            (weak.hash(&password, &mut random).unwrap(), strong.hash(&password, &mut random).unwrap());
        assert!(strong.is_outdated(&old) && !strong.is_outdated(&new));
        assert!(!weak.is_outdated(&new) && !weak.is_outdated(&old));
        assert!(weak.is_outdated("damaged"));
        assert!(weak.is_outdated(&old.replace("argon2id", "argon2i")));
        assert!(strong.verify(Some(&old), &password), "an outdated hash still lets its owner in");
    }

    #[test]
    fn the_policy() {
        let table: &[(&str, Result<(), Weakness>)] = &[
            ("short", Err(Weakness::TooShort)),
            ("elevenchars", Err(Weakness::TooShort)),
            ("twelve chars", Ok(())),
            ("yo ya lo vi", Ok(())),
            ("a b c d e f", Err(Weakness::TooShort)),
            ("correct horse battery staple", Ok(())),
            ("el perro come sopa", Ok(())),
            ("Password1234", Err(Weakness::Common)),
            ("1234PassWord!!", Err(Weakness::Common)),
            ("passwordpassword", Err(Weakness::Common)),
            ("Contraseña2024", Err(Weakness::Common)),
            ("123456789012", Err(Weakness::Pattern)),
            ("qwertyuiopas", Err(Weakness::Pattern)),
            ("1qaz2wsx3edc", Err(Weakness::Pattern)),
            ("aaaaaaaaaaaaaaa", Err(Weakness::Pattern)),
            ("xk3!xk3!xk3!xk3!", Err(Weakness::Pattern)),
            ("lucia.mendez", Err(Weakness::OwnName)),
            ("LuciaMendez2024", Err(Weakness::OwnName)),
            ("mendez-12345", Err(Weakness::OwnName)),
            ("lucia.mendez eats blue bread", Ok(())),
            ("------------", Err(Weakness::Pattern)),
        ];
        for (text, expected) in table {
            let judged = policy(&Password::new(*text), &["lucia.mendez", "Lucía Mendez"]);
            assert_eq!(judged, *expected, "{text}");
        }
        assert_eq!(policy(&Password::new("ab1 ".repeat(400)), &[]), Err(Weakness::TooLong));
    }

    #[test]
    fn what_is_chosen_is_judged_by_the_accounts_own_names() {
        let mut random = counting();
        let passwords = Passwords::new(CHEAP, &mut random).unwrap();
        let mut account = crate::tests_support::active("account-1");
        account.display_name = "Guadalupe Xochitl".into();
        let mut choose = |text: &str| passwords.choose(&account, &Password::new(text), &mut random);
        assert_eq!(choose("GuadalupeXochitl"), Err(NotChosen::Weak(Weakness::OwnName)));
        let Ok(Change::PasswordSet { phc }) = choose("four words for you") else { panic!("not chosen") };
        assert!(passwords.verify(Some(&phc), &Password::new("four words for you")));
    }

    #[test]
    fn the_list_is_folded_and_without_repetition() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() >= 150);
        for line in &lines {
            assert_eq!(*line, fold(line));
        }
        let distinct: std::collections::BTreeSet<&&str> = lines.iter().collect();
        assert_eq!(distinct.len(), lines.len());
    }
}
