//! `kiosk user`: accounts, for whoever may run commands on this machine.

mod key;

use clap::Subcommand;
use serde_json::json;

use super::{CliError, Kind, open, output, password};
use crate::config::Config;
use crate::domain::user::{Account, Email, Role, Username};
use crate::service::Kiosk;
use crate::service::account::OperatorError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Makes an account; the password is asked for, or is the first line of standard input
    Add {
        /// The name to sign in with
        #[arg(value_parser = Username::parse)]
        name: Username,
        /// The address
        #[arg(value_parser = Email::parse)]
        email: Email,
        /// traveller, agent, supervisor or administrator
        #[arg(long, default_value = "traveller")]
        role: Role,
    },
    /// Shows all accounts
    List {
        /// Print them as JSON, one a line, without their passwords' hashes
        #[arg(long)]
        json: bool,
    },
    /// Closes an account; whoever uses it is out within five seconds
    Lock {
        /// The name
        #[arg(value_parser = Username::parse)]
        name: Username,
    },
    /// Opens an account that was closed, or that wrong passwords have locked
    Unlock {
        /// The name
        #[arg(value_parser = Username::parse)]
        name: Username,
    },
    /// Gives an account another password, which is asked for or read from standard input
    Passwd {
        /// The name
        #[arg(value_parser = Username::parse)]
        name: Username,
    },
    /// Manages the public keys with which accounts come in by SSH
    #[command(subcommand)]
    Key(key::Command),
    /// Gives an account another role
    Role {
        /// The name
        #[arg(value_parser = Username::parse)]
        name: Username,
        /// traveller, agent, supervisor or administrator
        role: Role,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), CliError> {
    let kiosk = open::kiosk(config).await?;
    let done = carry_out(command, &kiosk).await;
    kiosk.settle().await;
    done
}

async fn carry_out(command: Command, kiosk: &Kiosk) -> Result<(), CliError> {
    match command {
        Command::Add { name, email, role } => {
            let account = kiosk.add_account(name, email, role, password::choose()?).await?;
            output::line(format_args!("Made the account {}: {}.", account.username, account.role.word()))
        }
        Command::List { json } => {
            for account in kiosk.accounts().await? {
                if json { output::json(&facts(&account))? } else { output::line(row(kiosk, &account))? }
            }
            Ok(())
        }
        Command::Lock { name } => {
            let account = kiosk.close_account(&name).await?;
            output::line(format_args!("Closed the account {}.", account.username))
        }
        Command::Unlock { name } => {
            let account = kiosk.open_account(&name).await?;
            output::line(format_args!("The account {} is open.", account.username))
        }
        Command::Passwd { name } => {
            let account = kiosk.set_password(&name, password::choose()?).await?;
            output::line(format_args!("Changed the password of {}.", account.username))?;
            // Whoever knew the old one may have added some.
            match account.ssh_keys.len() {
                0 => Ok(()),
                keys => output::line(format_args!(
                    "It still comes in by {keys} SSH key{}: kiosk user key list {} shows them.",
                    if keys == 1 { "" } else { "s" },
                    account.username,
                )),
            }
        }
        Command::Key(command) => key::carry_out(command, kiosk).await,
        Command::Role { name, role } => {
            let account = kiosk.set_role(&name, role).await?;
            output::line(format_args!("{} is {} now.", account.username, account.role.word()))
        }
    }
}

fn row(kiosk: &Kiosk, account: &Account) -> String {
    let locked = account.locked_until.is_some_and(|until| until > kiosk.now());
    let state = match (account.closed, locked) {
        (true, _) => "  closed",
        (false, true) => "  locked by wrong passwords",
        (false, false) => "",
    };
    format!("{:<32}  {:<13}  {}{state}", account.username, account.role.word(), account.email)
}

/// An account as a program may read it, which is without its password's hash.
fn facts(account: &Account) -> serde_json::Value {
    json!({
        "UserID": account.id,
        "Username": account.username,
        "Email": account.email,
        "Role": account.role,
        "CreatedAt": account.created_at,
        "LockedUntil": account.locked_until,
        "Closed": account.closed,
    })
}

impl From<OperatorError> for CliError {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Refused(failure) => failure.into(),
            OperatorError::NoSuchAccount(_) => Self::new(Kind::NotFound, error),
        }
    }
}
