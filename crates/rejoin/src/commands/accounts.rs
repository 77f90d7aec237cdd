//! `rejoin account`: who may sign in, what for, and their tokens. The operator of the command line holds the keys and is the
//! custodian; what is done is an event with the operator's name. A password is read from the terminal without echo, or
//! from the standard input, and never from the command line, which others see.

use super::Context;
use crate::failure::Failure;
use crate::render::{Rows, print, print_json};
use crate::{Format, Lang, Output};
use rejoin_accounts::account::{Account, Standing};
use rejoin_accounts::token::ApiToken;
use rejoin_accounts::{DAY, Language, Password, Proof};
use rejoin_registry::{Case, Entered, NewAccount, SignIn, TokenRequest};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::BufRead;

/// From where the command line signs in, for counting.
const HERE: &str = "terminal";

/// Arguments of `rejoin account`.
#[derive(clap::Args)]
pub struct Accounts {
    #[command(subcommand)]
    command: AccountCommand,
}

#[derive(clap::Args)]
struct Who {
    /// The account's name or id.
    account: String,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Args)]
struct Because {
    /// The account's name or id.
    account: String,
    /// Why; it is kept.
    #[arg(long, value_name = "WORDS")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Args)]
struct RoleOf {
    /// The account's name or id.
    account: String,
    /// The role's id, as `rejoin account roles` shows it.
    role: String,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Args)]
struct Secret {
    /// Read the password from the first line of the standard input, and not from the terminal.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(clap::Subcommand)]
enum AccountCommand {
    /// Accounts: where they stand, their organisations and roles.
    #[command(after_help = "Example:\n  rejoin -C case account list --format json")]
    List {
        #[command(flatten)]
        output: Output,
    },
    /// One account, with its tokens.
    #[command(after_help = "Example:\n  rejoin -C case account show lucia@example.org")]
    Show(Who),
    /// The roles that can be given, and what each lets its holder do.
    #[command(after_help = "Example:\n  rejoin -C case account roles")]
    Roles {
        #[command(flatten)]
        output: Output,
    },
    /// The tree of organisations (`organisations.toml` of the case).
    #[command(after_help = "Example:\n  rejoin -C case account organisations")]
    Organisations {
        #[command(flatten)]
        output: Output,
    },
    /// Make an account, and the code by which its owner sets a first password. The code is shown once.
    #[command(
        after_help = "Example:\n  rejoin -C case account create lucia@example.org --called 'Lucía Paz' --organisation orr --role case-worker"
    )]
    Create {
        /// The name to sign in with.
        name: String,
        /// The name that others see.
        #[arg(long, value_name = "WORDS")]
        called: String,
        /// The organisation that it works for; `registry` is the root.
        #[arg(long, value_name = "ID", default_value = "registry")]
        organisation: String,
        /// A role to begin with; can be given several times.
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// The language that its owner reads.
        #[arg(long)]
        language: Option<Lang>,
        #[command(flatten)]
        output: Output,
    },
    /// A new code for an account whose owner lost password or telephone. What proved them before is void once it is used.
    #[command(after_help = "Example:\n  rejoin -C case account invite lucia@example.org")]
    Invite(Who),
    /// Take an invitation's code and set the first password.
    #[command(
        after_help = "Examples:\n  rejoin -C case account accept lucia@example.org --code 7QXK-…     asks for the password\n  rejoin -C case account accept lucia@example.org --code 7QXK-… --password-stdin < password.txt"
    )]
    Accept {
        /// The name to sign in with.
        name: String,
        /// The code, which is good once.
        #[arg(long)]
        code: String,
        #[command(flatten)]
        secret: Secret,
        #[command(flatten)]
        output: Output,
    },
    /// Give or take a role.
    #[command(
        subcommand,
        after_help = "Examples:\n  rejoin -C case account role give lucia@example.org verifier\n  rejoin -C case account role take lucia@example.org verifier"
    )]
    Role(RoleCommand),
    /// Suspend an account: it may not sign in, and its sessions end.
    #[command(
        after_help = "Example:\n  rejoin -C case account suspend lucia@example.org --reason 'telephone stolen'"
    )]
    Suspend(Because),
    /// Take a suspension back.
    #[command(after_help = "Example:\n  rejoin -C case account resume lucia@example.org")]
    Resume(Who),
    /// Close an account for ever. What it did stays on record, and its name taken.
    #[command(
        after_help = "Example:\n  rejoin -C case account close lucia@example.org --reason 'left in May'"
    )]
    Close(Because),
    /// Erase a closed account: who it was cannot be read any more.
    #[command(
        after_help = "Example:\n  rejoin -C case account erase lucia@example.org --reason 'asked for it' --authority 'letter of 3 May'"
    )]
    Erase {
        #[command(flatten)]
        because: Because,
        /// On whose authority.
        #[arg(long, value_name = "WORDS")]
        authority: String,
    },
    /// Tokens of programs.
    #[command(
        subcommand,
        after_help = "Examples:\n  rejoin -C case account token issue feed --label nightly --allow import --days 90\n  rejoin -C case account token revoke feed 0123456789ab"
    )]
    Token(TokenCommand),
    /// Enrol an authenticator for codes: first without a code, then with the first code that it shows.
    #[command(
        after_help = "Examples:\n  rejoin -C case account totp lucia@example.org                 shows the key\n  rejoin -C case account totp lucia@example.org --confirm 123456 shows ten codes for paper\n  rejoin -C case account totp lucia@example.org --remove         a telephone was lost"
    )]
    Totp {
        /// The name to sign in with.
        name: String,
        /// The first code of the key shown before.
        #[arg(long, value_name = "CODE", conflicts_with = "remove")]
        confirm: Option<String>,
        /// A code of the authenticator that is in use, to replace it.
        #[arg(long, value_name = "CODE")]
        code: Option<String>,
        /// Take the authenticator away, as the operator.
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        secret: Secret,
        #[command(flatten)]
        output: Output,
    },
    /// Forget an account's failed attempts.
    #[command(after_help = "Example:\n  rejoin -C case account unlock lucia@example.org")]
    Unlock(Who),
}

#[derive(clap::Subcommand)]
enum RoleCommand {
    /// Give a role.
    #[command(after_help = "Example:\n  rejoin -C case account role give lucia@example.org verifier")]
    Give(RoleOf),
    /// Take a role.
    #[command(after_help = "Example:\n  rejoin -C case account role take lucia@example.org verifier")]
    Take(RoleOf),
}

#[derive(clap::Subcommand)]
enum TokenCommand {
    /// Issue a token to an account; its text is shown once.
    #[command(
        after_help = "Example:\n  rejoin -C case account token issue feed --label nightly --allow import --for orr --days 90"
    )]
    Issue {
        /// The account's name or id.
        account: String,
        /// What the token is called.
        #[arg(long, value_name = "WORDS")]
        label: String,
        /// What it may do and for what: actions and purposes, none beyond the account's own.
        #[arg(long, value_name = "WORDS", value_delimiter = ',', required = true)]
        allow: Vec<String>,
        /// For whose data, with all below; without it the account's organisation.
        #[arg(long = "for", value_name = "ID")]
        organisation: Option<String>,
        /// For how long; at most a year.
        #[arg(long, value_name = "DAYS", default_value_t = 90)]
        days: u16,
        #[command(flatten)]
        output: Output,
    },
    /// Take a token back.
    #[command(after_help = "Example:\n  rejoin -C case account token revoke feed 0123456789ab")]
    Revoke {
        /// The account's name or id.
        account: String,
        /// The token's id, as `rejoin account show` shows it.
        token: String,
        #[command(flatten)]
        output: Output,
    },
}

impl Accounts {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let case = context.open()?;
        let stamp = context.stamp();
        let by = case.operator(&context.actor)?;
        match &self.command {
            AccountCommand::List { output } => list(&case)?.print(output.format),
            AccountCommand::Show(who) => {
                let found = case.account(&who.account)?;
                let account = found.ok_or_else(|| rejoin_registry::Error::NoAccount(who.account.clone()))?;
                show(&account, &who.output)
            }
            AccountCommand::Roles { output } => roles(&case, context.lang)?.print(output.format),
            AccountCommand::Organisations { output } => organisations(&case)?.print(output.format),
            AccountCommand::Create { name, called, organisation, roles, language, output } => {
                let language = language.map(|language| match language {
                    Lang::En => Language::English,
                    Lang::Es => Language::Spanish,
                });
                let new = NewAccount { name, display_name: called, organisation, language, roles };
                let (account, code) = case.create_account(&by, &new, &stamp)?;
                invited(&account, code.reveal(), output)
            }
            AccountCommand::Invite(who) => {
                let (account, code) = case.invite(&by, &who.account, &stamp)?;
                invited(&account, code.reveal(), &who.output)
            }
            AccountCommand::Accept { name, code, secret, output } => {
                let password = secret.read("New password", true)?;
                let account = case.accept_invitation(name, code, &password, HERE, stamp.at_micros)?;
                changed(&account, "has a password", output)
            }
            AccountCommand::Role(RoleCommand::Give(given)) => {
                let account = case.give_role(&by, &given.account, &given.role, &stamp)?;
                changed(&account, &format!("is {} now", given.role), &given.output)
            }
            AccountCommand::Role(RoleCommand::Take(taken)) => {
                let account = case.take_role(&by, &taken.account, &taken.role, &stamp)?;
                changed(&account, &format!("is no {} any more", taken.role), &taken.output)
            }
            AccountCommand::Suspend(because) => {
                let account = case.suspend(&by, &because.account, &because.reason, &stamp)?;
                changed(&account, "is suspended", &because.output)
            }
            AccountCommand::Resume(who) => {
                let account = case.resume(&by, &who.account, &stamp)?;
                changed(&account, "may sign in again", &who.output)
            }
            AccountCommand::Close(because) => {
                let account = case.close_account(&by, &because.account, &because.reason, &stamp)?;
                changed(&account, "is closed", &because.output)
            }
            AccountCommand::Erase { because, authority } => {
                case.erase_account(&by, &because.account, &because.reason, authority, &stamp)?;
                match because.output.format {
                    Format::Json => print_json(&json!({"erased": true})),
                    _ => print("erased: who it was cannot be read any more"),
                }
            }
            AccountCommand::Token(TokenCommand::Issue {
                account,
                label,
                allow,
                organisation,
                days,
                output,
            }) => {
                let request = TokenRequest {
                    label,
                    allows: allow,
                    organisation: organisation.as_deref(),
                    lifetime: i64::from(*days) * DAY,
                };
                let (text, token) = case.issue_token(&by, account, &request, &stamp)?;
                issued(text.reveal(), &token, output)
            }
            AccountCommand::Token(TokenCommand::Revoke { account, token, output }) => {
                let account = case.revoke_token(&by, account, token, &stamp)?;
                changed(&account, &format!("has no token {token} any more"), output)
            }
            AccountCommand::Totp { name, remove: true, output, .. } => {
                let account = case.remove_totp(&by, name, &stamp)?;
                changed(&account, "has no authenticator any more", output)
            }
            AccountCommand::Totp { name, confirm, code, secret, output, .. } => {
                let password = secret.read("Password", false)?;
                let proof = Proof::Password { password: &password, code: code.as_deref() };
                let (here, session) = entered(&case, name, proof, context)?;
                // What is written from here on is the owner's doing.
                let mut stamp = stamp;
                stamp.actor.clone_from(&here.account.id);
                let done = match confirm {
                    None => {
                        let key = case.enrol_totp(&here, &stamp)?;
                        match output.format {
                            Format::Json => {
                                print_json(&json!({"uri": key.uri.reveal(), "key": key.typed.reveal()}))
                            }
                            _ => print(&format!(
                                "{}\nkey: {}\nscan or type it, then: rejoin account totp {name} --confirm CODE",
                                key.uri.reveal(),
                                key.typed.reveal()
                            )),
                        }
                    }
                    Some(first) => {
                        let codes = case.confirm_totp(&here, first, &stamp)?;
                        let codes: Vec<&str> = codes.iter().map(|code| code.reveal()).collect();
                        match output.format {
                            Format::Json => print_json(&json!({"codes": codes})),
                            _ => print(&format!(
                                "the authenticator is in use; codes for paper, each good once:\n{}",
                                codes.join("\n")
                            )),
                        }
                    }
                };
                case.sign_out(&session)?;
                done
            }
            AccountCommand::Unlock(who) => {
                let account = case.unlock(&by, &who.account, &stamp)?;
                changed(&account, "may try again", &who.output)
            }
        }
    }
}

impl Secret {
    /// A password: a line of the standard input, or typed without echo; a new one twice.
    fn read(&self, asks: &str, new: bool) -> Result<Password, Failure> {
        if self.password_stdin {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            return Ok(Password::new(line.trim_end_matches(['\n', '\r'])));
        }
        let terminal = console::Term::stderr();
        if !terminal.is_term() {
            return Err(Failure::usage(
                "there is no terminal to ask for the password",
                "give it on the standard input, with --password-stdin",
            ));
        }
        let ask = |asks: &str| -> Result<String, Failure> {
            terminal.write_str(&format!("{asks}: "))?;
            Ok(terminal.read_secure_line()?)
        };
        let typed = ask(asks)?;
        if new && ask("Once more")? != typed {
            return Err(Failure::usage("the two were not the same", "nothing was changed; try again"));
        }
        Ok(Password::new(typed))
    }
}

/// Signs in as the account's owner would; gives the session's token too.
fn entered(
    case: &Case,
    name: &str,
    proof: Proof<'_>,
    context: &Context,
) -> Result<(Entered, String), Failure> {
    let now = context.stamp().at_micros;
    let language = match context.lang {
        Lang::En => Language::English,
        Lang::Es => Language::Spanish,
    };
    let outcome = case.sign_in(name, HERE, proof, now)?;
    match &outcome {
        SignIn::SignedIn { session, .. } | SignIn::EnrolFirst { session, .. } => {
            let here = case.by_session(session.reveal(), BTreeSet::new(), now)?;
            let here = here.map_err(|why| Failure::unexpected(why.to_string()))?;
            Ok((here, session.reveal().to_owned()))
        }
        SignIn::MoreNeeded { .. } | SignIn::Refused | SignIn::TryLater(_) => {
            Err(rejoin_registry::Error::Denied(outcome.words(language).to_owned()).into())
        }
    }
}

fn invited(account: &Account, code: &str, output: &Output) -> Result<(), Failure> {
    if output.format == Format::Json {
        return print_json(&json!({"id": account.id, "name": account.name, "code": code}));
    }
    print(&format!(
        "{} ({}) is invited\ncode: {code}\nit is shown once and good once, for three days: rejoin account accept {} --code CODE",
        account.name, account.id, account.name
    ))
}

fn issued(text: &str, token: &ApiToken, output: &Output) -> Result<(), Failure> {
    if output.format == Format::Json {
        return print_json(&json!({"id": token.id, "token": text, "expires": moment(Some(token.expires))}));
    }
    print(&format!("token {}: {text}\nit is shown once; it ends on {}", token.id, day(token.expires)))
}

fn changed(account: &Account, what: &str, output: &Output) -> Result<(), Failure> {
    match output.format {
        Format::Json => print_json(&whole(account)),
        _ => print(&format!("{} {what}", account.name)),
    }
}

fn standing(account: &Account) -> &'static str {
    match account.standing {
        Standing::Invited => "invited",
        Standing::Active => "active",
        Standing::Suspended => "suspended",
        Standing::Closed => "closed",
    }
}

fn proofs(account: &Account) -> Vec<&'static str> {
    [
        ("password", account.password.is_some()),
        ("authenticator", account.authenticator.is_some()),
        ("passkey", !account.passkeys.is_empty()),
    ]
    .into_iter()
    .filter_map(|(name, has)| has.then_some(name))
    .collect()
}

fn moment(at: Option<i64>) -> Value {
    match at.map(jiff::Timestamp::from_microsecond) {
        Some(Ok(at)) => json!(at.to_string()),
        _ => Value::Null,
    }
}

fn day(at: i64) -> String {
    moment(Some(at)).as_str().unwrap_or_default().chars().take(10).collect()
}

fn list(case: &Case) -> Result<Rows, Failure> {
    let mut rows = Rows::new(&[
        "id",
        "name",
        "called",
        "organisation",
        "roles",
        "standing",
        "proofs",
        "tokens",
        "last sign-in",
    ]);
    for account in case.accounts()? {
        let tokens = account.tokens.iter().filter(|token| token.revoked.is_none()).count();
        rows.push(vec![
            json!(account.id),
            json!(account.name),
            json!(account.display_name),
            json!(account.organisation),
            json!(account.roles),
            json!(standing(&account)),
            json!(proofs(&account)),
            json!(tokens),
            moment(account.last_sign_in),
        ]);
    }
    Ok(rows)
}

/// An account without its secrets.
fn whole(account: &Account) -> Value {
    let tokens: Vec<Value> = account
        .tokens
        .iter()
        .map(|token| {
            json!({
                "id": token.id, "label": token.label, "for": token.scope.organisation,
                "allows": token.scope.actions, "expires": moment(Some(token.expires)),
                "last_used": moment(token.last_used), "revoked": moment(token.revoked),
            })
        })
        .collect();
    json!({
        "id": account.id, "name": account.name, "called": account.display_name,
        "organisation": account.organisation, "roles": account.roles, "standing": standing(account),
        "proofs": proofs(account), "invited_until": moment(account.invitation.as_ref().map(|open| open.expires)),
        "created": moment(Some(account.created)), "last_sign_in": moment(account.last_sign_in), "tokens": tokens,
    })
}

fn show(account: &Account, output: &Output) -> Result<(), Failure> {
    let whole = whole(account);
    if output.format == Format::Json {
        return print_json(&whole);
    }
    let mut rows = Rows::new(&["what", "value"]);
    for (name, value) in whole.as_object().into_iter().flatten().filter(|(name, _)| *name != "tokens") {
        rows.push(vec![json!(name), value.clone()]);
    }
    for token in whole["tokens"].as_array().into_iter().flatten() {
        let word = |name: &str| token[name].as_str().unwrap_or_default().to_owned();
        let end = if token["revoked"].is_null() { "until" } else { "revoked; was until" };
        rows.push(vec![
            json!(format!("token {}", word("id"))),
            json!(format!(
                "{}, for {}: {} {end} {}",
                word("label"),
                word("for"),
                token["allows"],
                word("expires")
            )),
        ]);
    }
    rows.print(output.format)
}

fn roles(case: &Case, lang: Lang) -> Result<Rows, Failure> {
    let mut rows = Rows::new(&["role", "name", "actions", "purposes"]);
    for role in case.roles()?.all() {
        let (english, spanish) = role.name();
        let actions: Vec<&str> = role.actions().iter().map(|action| action.word()).collect();
        let purposes: BTreeSet<&str> = role.grants().iter().map(|grant| grant.purpose.word()).collect();
        rows.push(vec![json!(role.id()), json!(lang.of(english, spanish)), json!(actions), json!(purposes)]);
    }
    Ok(rows)
}

fn organisations(case: &Case) -> Result<Rows, Failure> {
    let tree = case.organisations()?;
    let mut rows = Rows::new(&["organisation", "name", "path"]);
    for organisation in std::iter::once(tree.root()).chain(tree.all()) {
        let id = organisation.id().to_owned();
        rows.push(vec![json!(id), json!(tree.name(&id)), json!(organisation.path().join(" / "))]);
    }
    Ok(rows)
}
