//! Choosing a password: instead of one's own, or of the one-time code by which one came in.

use secrecy::{ExposeSecret, SecretString};

use super::altering::altered;
use super::{Why, code, enter, password, verify};
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Reply};
use crate::service::session::{Session, Who};

/// Changes the password of whoever asks. All other sessions of the account end.
pub(in crate::service) async fn change(
    session: &Session,
    old: Option<SecretString>,
    chosen: SecretString,
    again: &SecretString,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let by = session.entrance();
    let Who::Account(identity) = session.who() else { return Err(Failure::SignedOut) };
    if chosen.expose_secret() != again.expose_secret() {
        return Err(Failure::PasswordsDiffer);
    }
    password::check(chosen.expose_secret(), &identity.username).map_err(Failure::WeakPassword)?;
    let account = kiosk.store().account(identity.account).await.map_err(|error| refuse("read", &error))?;
    let account = account.filter(|account| !account.closed).ok_or(Failure::Closed)?;
    if !session.is_still_of(&account) {
        // Another process has changed it, which ends this session in a moment: its code or password is no more, and
        // what was proved by it is proved of nothing.
        kiosk.end_sessions(&account);
        return Err(Failure::SignedOut);
    }
    let proved = match old {
        // The code was proved when they came in, and is still that of the account.
        _ if identity.must_choose_password => code::check_time(&account, kiosk.now()).map(|()| account)?,
        Some(old) => verify(session, identity.username.as_str(), Some(account), old, Why::ToStay).await?,
        None => return Err(Failure::WrongPassword),
    };
    if kiosk.0.hasher.verify(&proved.password, code::as_hashed(&proved, chosen.clone())).await? {
        return Err(Failure::WeakPassword("That is the one which you have now: choose another."));
    }
    let hash = kiosk.0.hasher.hash(chosen).await?;
    let changed = altered(kiosk, None, proved.id, |account| {
        // What was proved is proved of the account as it was.
        if account.generation != proved.generation {
            return Err(Failure::SignedOut);
        }
        *account = account.clone().with_password(hash.clone());
        Ok(())
    })
    .await?;
    // This session first: it goes on with the account as it is now.
    let entered = enter(session, by, &changed, "account.change-password", None).await;
    kiosk.end_sessions(&changed);
    entered
}
