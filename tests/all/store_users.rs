//! Accounts: names and addresses are unique whatever the timing, and no write is lost or made twice.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::user::{Account, AccountId, Email, Ends, Role, Username};
use kiosk::store::StoreError;
use kiosk::store::users::{AccountPage, Changed, Claim, CreateAccountError};
use rstest::rstest;
use uuid::Uuid;

use crate::world::{World, account};

#[tokio::test]
async fn an_account_is_found_by_id_name_and_address_whatever_the_case() {
    let world = World::empty().await;
    let anita = account("Anita", Role::Traveller);
    world.store.create_account(&anita).await.expect("nobody has the name");

    assert_eq!(world.store.account(anita.id).await, Ok(Some(anita.clone())));
    assert_eq!(world.store.account_by_username("anita").await, Ok(Some(anita.clone())));
    assert_eq!(world.store.account_by_email("anita@example.in").await, Ok(Some(anita)));
    assert_eq!(world.store.account_by_username("dev").await, Ok(None));
    assert_eq!(world.store.account_by_email("dev@example.in").await, Ok(None));
}

#[tokio::test]
async fn of_many_who_register_one_name_at_once_one_gets_it() {
    let world = World::empty().await;
    let accounts: Vec<Account> = (0..24)
        .map(|i| Account {
            email: Email::parse(&format!("anita{i}@example.in")).expect("an address"),
            username: Username::parse(if i % 2 == 0 { "anita" } else { "ANITA" }).expect("a name"),
            ..account("anita", Role::Traveller)
        })
        .collect();
    let attempts = accounts.iter().map(|account| {
        let (store, account) = (world.store.clone(), account.clone());
        tokio::spawn(async move { store.create_account(&account).await })
    });
    let results: Vec<_> = join_all(attempts).await.into_iter().map(|done| done.expect("no panic")).collect();

    let winners: Vec<_> = results.iter().zip(&accounts).filter(|(result, _)| result.is_ok()).collect();
    assert_eq!(winners.len(), 1);
    let lost = results.iter().filter(|result| **result == Err(CreateAccountError::UsernameTaken)).count();
    assert_eq!(lost, 23, "{results:?}");
    let found = world.store.account_by_username("anita").await.expect("it answers");
    assert_eq!(found.as_ref(), Some(winners[0].1));
    for (_, loser) in results.iter().zip(&accounts).filter(|(result, _)| result.is_err()) {
        assert_eq!(world.store.account_by_email(&loser.email.key()).await, Ok(None), "a loser leaves nothing behind");
    }
}

#[tokio::test]
async fn a_taken_address_is_named_as_such() {
    let world = World::empty().await;
    world.store.create_account(&account("anita", Role::Traveller)).await.expect("free");
    let other =
        Account { email: Email::parse("ANITA@example.in").expect("an address"), ..account("dev", Role::Traveller) };
    assert_eq!(world.store.create_account(&other).await, Err(CreateAccountError::EmailTaken));
    assert_eq!(world.store.account_by_username("dev").await, Ok(None));
}

#[tokio::test]
async fn creating_the_same_account_again_is_no_error() {
    let world = World::empty().await;
    let anita = account("anita", Role::Traveller);
    world.store.create_account(&anita).await.expect("free");
    world.store.create_account(&anita).await.expect("it is this very account");
}

#[tokio::test]
async fn a_save_counts_on_and_a_stale_one_is_refused() {
    let world = World::empty().await;
    let anita = account("anita", Role::Traveller);
    world.store.create_account(&anita).await.expect("free");
    let failed = Account { failures: 3, ..anita.clone() };
    let saved = world.store.save_account(&failed).await.expect("read at its version");
    assert_eq!((saved.version, saved.failures), (2, 3));

    let stale = Account { failures: 1, ..anita.clone() };
    assert!(matches!(world.store.save_account(&stale).await, Err(StoreError::Conflict { .. })));
    assert_eq!(world.store.account(anita.id).await, Ok(Some(saved)));
}

#[tokio::test]
async fn a_save_moves_no_name_and_creates_nothing() {
    let world = World::empty().await;
    let anita = account("anita", Role::Traveller);
    assert!(matches!(world.store.save_account(&anita).await, Err(StoreError::NotFound { .. })));
    world.store.create_account(&anita).await.expect("free");
    let renamed = Account { username: Username::parse("dev").expect("a name"), ..anita };
    assert!(matches!(world.store.save_account(&renamed).await, Err(StoreError::Conflict { .. })));
}

#[tokio::test]
async fn of_many_who_claim_to_be_the_first_administrator_one_is() {
    let world = World::empty().await;
    let accounts: Vec<_> = (0..8).map(|i| account(&format!("clerk{i}"), Role::Traveller)).collect();
    for account in &accounts {
        world.store.create_account(account).await.expect("free");
    }
    assert_eq!(world.store.has_administrator().await, Ok(false));
    let claims = join_all(accounts.iter().map(|account| world.store.claim_administrator(account))).await;

    let granted: Vec<_> = claims
        .iter()
        .filter_map(|claim| match claim.as_ref().expect("it answers") {
            Claim::Granted(account) => Some(account),
            Claim::TooLate => None,
        })
        .collect();
    assert_eq!(granted.len(), 1);
    assert_eq!(granted[0].role, Role::Administrator);
    assert_eq!(world.store.has_administrator().await, Ok(true));
    assert_eq!(world.store.account(granted[0].id).await, Ok(Some((**granted[0]).clone())));
}

#[rstest]
#[case::created(false)]
#[case::promoted(true)]
#[tokio::test]
async fn an_administrator_made_by_the_operator_leaves_none_to_be_claimed(#[case] promoted: bool) {
    let world = World::empty().await;
    let role = if promoted { Role::Agent } else { Role::Administrator };
    let chief = account("chief", role);
    world.store.create_account(&chief).await.expect("free");
    if promoted {
        world.store.save_account(&Account { role: Role::Administrator, ..chief }).await.expect("at its version");
    }
    let anita = account("anita", Role::Traveller);
    world.store.create_account(&anita).await.expect("free");
    assert_eq!(world.store.claim_administrator(&anita).await, Ok(Claim::TooLate));
}

#[tokio::test]
async fn an_account_written_by_a_newer_kiosk_is_refused_and_left_alone() {
    let world = World::empty().await;
    let anita = account("anita", Role::Traveller);
    world.store.create_account(&anita).await.expect("free");
    let newer = world.clients.dynamodb.update_item().table_name(&world.names.users);
    let newer = newer
        .key("UserID", AttributeValue::S(anita.id.to_string()))
        .update_expression("SET SchemaVersion = :newer")
        .expression_attribute_values(":newer", AttributeValue::N("99".to_owned()));
    newer.send().await.expect("written");
    let error = world.store.account(anita.id).await.expect_err("it may hold what this version cannot see");
    assert!(matches!(error, StoreError::Corrupt { .. }) && error.to_string().contains("newer"), "{error}");
    let save = world.store.save_account(&Account { failures: 1, ..anita }).await;
    assert!(save.is_err(), "a save would lose what this version cannot see");
}

#[tokio::test]
async fn two_saves_of_one_version_are_one_write_even_if_they_say_the_same() {
    let world = World::empty().await;
    let anita = account("anita", Role::Traveller);
    world.store.create_account(&anita).await.expect("free");
    let change = Account { failures: 1, ..anita };
    let first = world.store.save_account(&change).await.expect("at its version");
    assert!(matches!(world.store.save_account(&change).await, Err(StoreError::Conflict { .. })), "it would not count");
    assert_eq!(world.store.account(change.id).await, Ok(Some(first)));
}

/// A repeat under a new token, as after a restart: only the mark can tell that it was applied.
#[tokio::test]
async fn the_same_claim_again_is_one_write() {
    let world = World::empty().await;
    let anita = account("anita", Role::Traveller);
    world.store.create_account(&anita).await.expect("free");
    let claim = world.store.claim_administrator(&anita).await.expect("there is none");
    assert!(matches!(claim, Claim::Granted(_)));
    assert_eq!(world.store.claim_administrator(&anita).await, Ok(claim));
}

#[tokio::test]
async fn pages_of_accounts_hold_each_once_and_no_guard() {
    let world = World::empty().await;
    let mut names: Vec<_> = (0..11).map(|i| format!("clerk{i:02}")).collect();
    for name in &names {
        world.store.create_account(&account(name, Role::Administrator)).await.expect("free");
    }
    let (mut seen, mut from) = (Vec::new(), None);
    loop {
        let AccountPage { accounts, next } = world.store.accounts(from, 4).await.expect("it answers");
        assert!(accounts.len() <= 4);
        seen.extend(accounts.iter().map(|account| account.username.to_string()));
        from = next;
        if from.is_none() {
            break;
        }
    }
    seen.sort_unstable();
    names.sort_unstable();
    assert_eq!(seen, names);
}

#[tokio::test]
async fn a_lost_reply_is_recognised_as_ones_own_write() {
    let world = World::empty().await;
    let lossy = world.with_faults(|call: &Call| {
        (call.operation == "TransactWriteItems" && call.nth % 2 == 1).then_some(Fault::LoseReply)
    });
    let anita = account("anita", Role::Traveller);
    lossy.create_account(&anita).await.expect("the first attempt was applied");
    let saved = lossy.save_account(&Account { failures: 2, ..anita }).await.expect("the first attempt was applied");
    assert_eq!(saved.version, 2);
    assert_eq!(world.store.account(saved.id).await, Ok(Some(saved.clone())));
    let Claim::Granted(chief) = lossy.claim_administrator(&saved).await.expect("it answers") else {
        panic!("the first attempt was applied");
    };
    assert_eq!(world.store.account(saved.id).await, Ok(Some(*chief)));
}

#[tokio::test]
async fn changes_with_which_sessions_end_are_counted_with_them() {
    let world = World::empty().await;
    let store = &world.store;
    assert_eq!(store.endings().await, Ok(0));
    let (anita, dev) = (account("anita", Role::Traveller), account("dev", Role::Traveller));
    for account in [&anita, &dev] {
        store.create_account(account).await.expect("nobody has the name");
    }
    let saved = store.save_account(&anita).await.expect("it is as it was read");
    assert_eq!((saved.generation, store.endings().await), (0, Ok(0)), "a sign-in ends nobody's session");
    let agent = Account { role: Role::Agent, ..saved.clone() };
    let Ok(Changed::Done(changed)) = store.change_account(&agent, Ends::All, None).await else { panic!("as read") };
    assert_eq!((changed.version, changed.generation, store.endings().await), (3, 1, Ok(1)));
    let stale = store.change_account(&saved, Ends::All, None).await;
    assert!(matches!(stale, Err(StoreError::Conflict { .. })), "{stale:?}");
    assert_eq!(store.endings().await, Ok(1), "nothing of it was written");
    let Ok(Claim::Granted(first)) = store.claim_administrator(&dev).await else { panic!("nobody was before") };
    assert_eq!((first.generation, store.endings().await), (1, Ok(2)));
    let mut read = store.accounts_with(&[anita.id, dev.id, AccountId(Uuid::new_v4())]).await.expect("it answers");
    read.sort_by_key(|account| account.username.key());
    assert_eq!(read, [*changed.clone(), *first], "those that there are");
}

#[tokio::test]
async fn a_change_whose_reply_was_lost_counts_once() {
    let world = World::empty().await;
    let anita = account("anita", Role::Traveller);
    world.store.create_account(&anita).await.expect("nobody has the name");
    let lost = std::sync::atomic::AtomicBool::new(false);
    let store = world.with_faults(move |call: &Call| {
        let first = call.operation == "TransactWriteItems" && !lost.swap(true, std::sync::atomic::Ordering::SeqCst);
        first.then_some(Fault::LoseReply)
    });
    let Ok(Changed::Done(changed)) = store.change_account(&anita, Ends::All, None).await else {
        panic!("its own is found")
    };
    assert_eq!((changed.version, changed.generation, world.store.endings().await), (2, 1, Ok(1)));
}
