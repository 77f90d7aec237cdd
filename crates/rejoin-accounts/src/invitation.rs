//! Why: the first proof, and the way back for one who lost every other: a code that is good once and not for long.

use crate::account::{Account, Change, Standing};
use crate::code;
use crate::secret::{Digest, Random, ShownOnce};
use crate::{DAY, Moment};
use serde::{Deserialize, Serialize};

/// How long an invitation usually lives.
pub const USUAL_INVITATION: Moment = 3 * DAY;
const LONGEST_INVITATION: Moment = 14 * DAY;

/// An open invitation as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Digest of the code.
    pub code: Digest,
    /// When it was made.
    pub issued: Moment,
    /// When it ends.
    pub expires: Moment,
}

/// The code is wrong, used, too late, or the account may not be entered: all told alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the invitation is not valid")]
pub struct NotInvited;

/// A new invitation to an account; it takes the place of an earlier one. At most two weeks.
pub fn invite(account: &str, lifetime: Moment, now: Moment, random: Random<'_>) -> (ShownOnce, Invitation) {
    let code = code::readable(5, random);
    let expires = now.saturating_add(lifetime.clamp(0, LONGEST_INVITATION));
    let invitation = Invitation { code: digest(account, code.reveal()), issued: now, expires };
    (code, invitation)
}

/// Takes a code; gives the change to be stored, before the change that sets the new credential.
pub fn accept(account: &Account, typed: &str, now: Moment) -> Result<Change, NotInvited> {
    let invitation = account.invitation.as_ref().ok_or(NotInvited)?;
    let right = digest(&account.id, typed) == invitation.code;
    let open = matches!(account.standing, Standing::Invited | Standing::Active);
    if right && open && now < invitation.expires { Ok(Change::InvitationAccepted) } else { Err(NotInvited) }
}

fn digest(account: &str, typed: &str) -> Digest {
    Digest::of("rejoin invitation", &[account, &code::as_meant(typed)])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use crate::account::DoesNotFit;
    use crate::tests_support::{active, counting, event, seeded};

    #[test]
    fn a_code_is_good_once_until_it_ends_and_for_its_account() {
        let (code, invitation) = invite("account-1", DAY, 1000, &mut counting());
        assert_eq!(code.reveal().len(), 24);
        let mut account = active("account-1");
        account.standing = Standing::Invited;
        assert_eq!(accept(&account, code.reveal(), 1000), Err(NotInvited), "nothing is open");
        account.apply(&event("account-1", 1000, Change::Invited { invitation: invitation.clone() })).unwrap();
        assert_eq!(accept(&account, code.reveal(), 1000 + DAY), Err(NotInvited));
        assert_eq!(accept(&account, "0000-0000-0000-0000-0000", 1000), Err(NotInvited));
        let change = accept(&account, &code.reveal().to_lowercase(), 1000 + DAY - 1).unwrap();
        account.apply(&event("account-1", 2000, change.clone())).unwrap();
        assert_eq!(account.standing, Standing::Active);
        assert_eq!(accept(&account, code.reveal(), 2000), Err(NotInvited));
        assert_eq!(account.apply(&event("account-1", 2000, change)), Err(DoesNotFit::UsedBefore));

        let mut other = active("account-2");
        other.invitation = Some(invitation);
        assert_eq!(accept(&other, code.reveal(), 1000), Err(NotInvited));
    }

    #[test]
    fn a_new_invitation_voids_the_old_one_and_a_suspended_account_stays_so() {
        let mut account = active("account-1");
        let (old, first) = invite("account-1", DAY, 0, &mut counting());
        let (new, second) = invite("account-1", 400 * DAY, 0, &mut seeded(2));
        assert_eq!(second.expires, 14 * DAY);
        account.apply(&event("account-1", 0, Change::Invited { invitation: first })).unwrap();
        account.apply(&event("account-1", 0, Change::Invited { invitation: second })).unwrap();
        assert_eq!(accept(&account, old.reveal(), 1), Err(NotInvited));
        assert!(accept(&account, new.reveal(), 1).is_ok());
        account.standing = Standing::Suspended;
        assert_eq!(accept(&account, new.reveal(), 1), Err(NotInvited));
    }
}
