//! What is repeated, until when, and what a caller knows afterwards.

use std::time::Duration;

use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::user::{Account, Role};
use kiosk::store::{Names, Outcome, Store, StoreError};
use rstest::rstest;

use crate::world::{World, account, patience};

fn answer(status: u16, code: &str) -> Fault {
    Fault::Answer(status, code.to_owned())
}

fn conflict() -> Fault {
    Fault::Cancel(vec!["TransactionConflict".to_owned(), "None".to_owned(), "None".to_owned()])
}

#[rstest]
#[case::throttled(answer(400, "ThrottlingException"))]
#[case::over_capacity(answer(400, "ProvisionedThroughputExceededException"))]
#[case::server_error(answer(500, "InternalServerError"))]
#[case::unavailable(answer(503, "ServiceUnavailable"))]
#[case::plain_conflict(answer(400, "TransactionConflictException"))]
#[case::in_progress(answer(400, "TransactionInProgressException"))]
#[case::conflict_in_a_transaction(conflict())]
#[case::lost_request(Fault::LoseRequest)]
#[case::lost_reply(Fault::LoseReply)]
#[tokio::test]
async fn a_passing_trouble_is_not_noticed(#[case] fault: Fault) {
    let world = World::empty().await;
    let troubled = world.with_faults(move |call: &Call| (call.nth <= 3).then(|| fault.clone()));
    let anita = account("anita", Role::Traveller);
    troubled.create_account(&anita).await.expect("the fourth attempt gets through");
    assert_eq!(world.store.account_by_username("anita").await, Ok(Some(anita)));
}

#[rstest]
#[case::throttled(answer(400, "ThrottlingException"), Outcome::NotApplied)]
#[case::conflict(conflict(), Outcome::NotApplied)]
#[case::server_error(answer(500, "InternalServerError"), Outcome::Unknown)]
#[case::lost_request(Fault::LoseRequest, Outcome::Unknown)]
#[tokio::test]
async fn a_lasting_trouble_ends_at_the_deadline_and_tells_what_is_known(#[case] fault: Fault, #[case] known: Outcome) {
    let world = World::empty().await;
    let troubled = world.with_faults(move |_: &Call| Some(fault.clone()));
    let error = troubled.save_account(&account("anita", Role::Traveller)).await.expect_err("nothing gets through");
    let StoreError::Unavailable { outcome, .. } = error else { panic!("{error:?}") };
    assert_eq!(outcome, known);
}

#[tokio::test]
async fn doubt_outlasts_later_refusals_that_changed_nothing() {
    let world = World::empty().await;
    let troubled = world.with_faults(|call: &Call| {
        Some(if call.nth == 1 { Fault::LoseReply } else { answer(400, "ThrottlingException") })
    });
    let anita = account("anita", Role::Traveller);
    world.store.create_account(&anita).await.expect("free");
    let error = troubled.save_account(&Account { failures: 1, ..anita.clone() }).await.expect_err("no answer");
    assert!(matches!(error, StoreError::Unavailable { outcome: Outcome::Unknown, .. }), "{error:?}");
    let stored = world.store.account(anita.id).await.expect("it answers").expect("it is there");
    assert_eq!(stored.failures, 1, "the lost one was applied");
}

/// On the runtime's paused clock: the time-outs are the SDK's own.
#[tokio::test(start_paused = true)]
async fn a_hanging_request_is_given_up_and_repeated() {
    let world = World::in_line().await;
    let troubled = world.with_faults(|call: &Call| (call.nth == 1).then_some(Fault::Hang));
    let begun = tokio::time::Instant::now();
    assert_eq!(troubled.has_administrator().await, Ok(false));
    assert_eq!(begun.elapsed().as_secs(), Duration::from_secs(5).as_secs());
}

#[tokio::test]
async fn no_attempt_begins_after_the_deadline() {
    let world = World::empty().await;
    let faults = |call: &Call| (call.nth <= 100).then(|| answer(400, "ThrottlingException"));
    let clients = world.clients.clone().with_faults(std::sync::Arc::new(faults));
    let impatient = Store::with_patience(clients, world.names.clone(), patience().with_deadline(Duration::ZERO));
    assert!(matches!(impatient.has_administrator().await, Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn the_requests_of_a_call_have_one_deadline_together() {
    let world = World::empty().await;
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = std::sync::Arc::clone(&asked);
    let silent = world.with_faults(move |_: &Call| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Some(answer(400, "ThrottlingException"))
    });
    let sent = || asked.swap(0, std::sync::atomic::Ordering::SeqCst);
    let call = async {
        let first = silent.has_administrator().await;
        let of_the_first = sent();
        (first, of_the_first, silent.has_administrator().await, sent())
    };
    let (first, of_the_first, second, of_the_second) = silent.within_one_deadline(call).await;
    assert!(first.is_err() && second.is_err());
    assert!(of_the_first > 5, "it was asked again and again: {of_the_first}");
    assert_eq!(of_the_second, 1, "the time was over");
    assert!(silent.has_administrator().await.is_err());
    assert!(sent() > 5, "another call has its own time");
}

#[rstest]
#[case::permission("AccessDeniedException", "permission")]
#[case::expired("ExpiredTokenException", "sign in to AWS again")]
#[case::key("UnrecognizedClientException", "check the key")]
#[case::clock("InvalidSignatureException", "clock")]
#[tokio::test]
async fn a_refusal_says_what_a_person_has_to_do(#[case] code: &str, #[case] advice: &str) {
    let world = World::empty().await;
    let fault = answer(400, code);
    let troubled = world.with_faults(move |_: &Call| Some(fault.clone()));
    let error = troubled.has_administrator().await.expect_err("refused");
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    assert!(error.to_string().contains(advice), "{error}");
}

#[tokio::test]
async fn a_missing_table_is_no_reason_to_wait() {
    let world = World::empty().await;
    let names = Names { users: "elsewhere".to_owned(), ..world.names.clone() };
    let store = Store::with_patience(world.clients.clone(), names, patience());
    let error = store.has_administrator().await.expect_err("there is no such table");
    assert!(error.to_string().contains("kiosk provision"), "{error}");
}
