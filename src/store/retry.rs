//! The one place that repeats a request.
//!
//! A request is repeated while the store is busy, disagrees with another writer, or does not answer, until a deadline.
//! What a repeat cannot undo is doubt: when a reply was lost, the write may have been applied, and then the repeat's
//! condition fails because of the caller's own first write. So a caller whose condition fails looks for its own mark in
//! the item before it believes that it lost, and any other end of an attempt in doubt is told as such.

use std::fmt;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;

use crate::aws::NeverSent;
use crate::store::item::Item;
use crate::store::remedy::{refused, without_credentials};
use crate::store::{Outcome, Store, StoreError};

/// After this long no further attempt begins.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// The longest first pause; each further one may be twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

tokio::task_local! {
    /// Until when the requests of one call are repeated, on the clock of their patience.
    static UNTIL: Duration;
}

/// A clock that only says how long things take, and waits.
pub trait Timer: Send + Sync {
    /// Time since some fixed moment.
    fn now(&self) -> Duration;
    /// Waits.
    fn wait(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The runtime's clock.
#[derive(Debug)]
pub struct TokioTimer(Instant);

impl Default for TokioTimer {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Timer for TokioTimer {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn wait(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(pause))
    }
}

/// How long to go on, and how to spread the attempts.
#[derive(Clone)]
pub struct Patience {
    timer: Arc<dyn Timer>,
    chance: Arc<Mutex<StdRng>>,
    deadline: Duration,
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Patience {
    /// Ten seconds of patience, with pauses drawn from `seed`.
    pub fn new(timer: impl Timer + 'static, seed: u64) -> Self {
        let chance = Arc::new(Mutex::new(StdRng::seed_from_u64(seed)));
        Self { timer: Arc::new(timer), chance, deadline: DEADLINE }
    }

    /// Another deadline.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Time since some fixed moment, on the clock by which it waits.
    pub(crate) fn now(&self) -> Duration {
        self.timer.now()
    }

    /// A token by which the store knows repeats of one transaction, drawn like the pauses.
    pub(crate) fn token(&self) -> String {
        let bytes = self.chance.lock().unwrap_or_else(PoisonError::into_inner).random();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// Waits before attempt `next`, counted from 1 for the first repeat: between half and all of a pause that doubles.
    pub(crate) async fn pause(&self, next: u32) {
        let most = FIRST_PAUSE.saturating_mul(1 << (next - 1).min(16)).min(LONGEST_PAUSE);
        let share = self.chance.lock().unwrap_or_else(PoisonError::into_inner).random_range(0.5..=1.0);
        self.timer.wait(most.mul_f64(share)).await;
    }
}

/// The store's verdict on a request, perhaps after repeats.
#[derive(Debug)]
pub struct Attempted<T, E> {
    /// What was answered, or the refusal that no repeat will change.
    pub verdict: Result<T, E>,
}

impl<T, E: Refusal> Attempted<T, E> {
    /// The answer, where a refusal is nothing that the caller can act on.
    pub fn answer(self) -> Result<T, StoreError> {
        self.verdict.map_err(|refusal| refused(&refusal))
    }
}

/// A service's refusal, in as far as the store looks into it.
pub trait Refusal: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static {
    /// The service, as IAM calls it: `dynamodb`.
    const SERVICE: &'static str;
    /// What was asked for, as AWS calls it: `UpdateItem`.
    const OPERATION: &'static str;

    /// Why each item of a transaction was refused, in their order; empty for anything but a cancelled transaction.
    fn reasons(&self) -> &[CancellationReason] {
        &[]
    }

    /// The item on which a condition failed, if the request asked for it.
    fn found(&self) -> Option<&Item> {
        None
    }

    /// Whether a condition of a single write failed.
    fn is_condition_failure(&self) -> bool {
        self.code() == Some("ConditionalCheckFailedException")
    }

    /// Whether it says that a condition did not hold.
    fn is_of_a_condition(&self) -> bool {
        self.is_condition_failure() || self.failed_condition().is_some()
    }

    /// The place in a cancelled transaction, and the item found there, of the first condition that failed.
    fn failed_condition(&self) -> Option<(usize, Option<&Item>)> {
        let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
        let place = self.reasons().iter().position(failed)?;
        Some((place, self.reasons()[place].item()))
    }
}

/// The operation of an error that is named after it.
const fn operation(error: &'static str) -> &'static str {
    error.split_at(error.len() - "Error".len()).0
}

/// The service of a crate that is named after it.
const fn service(sdk: &'static str) -> &'static str {
    sdk.split_at("aws_sdk_".len()).1
}

/// Refusals with nothing in them but a code and a message.
macro_rules! plain_refusals {
    ($($service:ident: $($operation:ident::$error:ident),* $(,)?;)*) => {
        $($(impl Refusal for $service::operation::$operation::$error {
            const SERVICE: &'static str = service(stringify!($service));
            const OPERATION: &'static str = operation(stringify!($error));
        })*)*
    };
}

plain_refusals! {
    aws_sdk_dynamodb: batch_get_item::BatchGetItemError, create_table::CreateTableError,
        describe_table::DescribeTableError, describe_time_to_live::DescribeTimeToLiveError, get_item::GetItemError, query::QueryError, scan::ScanError,
        transact_get_items::TransactGetItemsError, update_continuous_backups::UpdateContinuousBackupsError,
        update_table::UpdateTableError, update_time_to_live::UpdateTimeToLiveError;
    aws_sdk_s3: create_bucket::CreateBucketError, delete_object::DeleteObjectError, get_object::GetObjectError, head_bucket::HeadBucketError,
        put_object::PutObjectError;
}

/// Refusals of a single write: they carry the item on which its condition failed.
macro_rules! conditional_refusals {
    ($($operation:ident::$error:ident),*) => {
        $(impl Refusal for aws_sdk_dynamodb::operation::$operation::$error {
            const SERVICE: &'static str = "dynamodb";
            const OPERATION: &'static str = operation(stringify!($error));

            fn found(&self) -> Option<&Item> {
                match self {
                    Self::ConditionalCheckFailedException(failure) => failure.item(),
                    _ => None,
                }
            }
        })*
    };
}

conditional_refusals!(put_item::PutItemError, update_item::UpdateItemError, delete_item::DeleteItemError);

impl Refusal for TransactWriteItemsError {
    const SERVICE: &'static str = "dynamodb";
    const OPERATION: &'static str = operation("TransactWriteItemsError");

    fn reasons(&self) -> &[CancellationReason] {
        match self {
            Self::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons(),
            _ => &[],
        }
    }
}

impl Store {
    /// Runs a call whose requests have one deadline together: after it each of them is sent once.
    pub fn within_one_deadline<F: Future>(&self, call: F) -> impl Future<Output = F::Output> + use<F> {
        self.within(self.patience().deadline, call)
    }

    /// The same with a deadline of its own, for whoever has less patience.
    pub fn within<F: Future>(&self, deadline: Duration, call: F) -> impl Future<Output = F::Output> + use<F> {
        UNTIL.scope(self.patience().now() + deadline, call)
    }

    /// Sends a request until there is a verdict or the deadline has passed. The request must be the same each time:
    /// build it once and let `send` clone it.
    ///
    /// # Errors
    ///
    /// `Unavailable` when there was no verdict, with what is known about the attempts; `Misconfigured` when a person has
    /// to change something first.
    pub(crate) async fn attempt<T, E, F>(&self, send: impl Fn() -> F) -> Result<Attempted<T, E>, StoreError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: Refusal,
    {
        let patience = self.patience();
        let deadline = UNTIL.try_with(|until| *until).unwrap_or_else(|_| patience.now() + patience.deadline);
        let mut doubt = false;
        for attempt in 1.. {
            let begun = patience.now();
            let ended = || self.metrics().store_attempt(E::OPERATION, patience.now().saturating_sub(begun));
            // Kept apart, for it is larger than what waits for it: else whoever calls carries the largest of all requests around.
            let failure = match Box::pin(send()).await {
                Ok(answer) => {
                    ended();
                    return Ok(Attempted { verdict: Ok(answer) });
                }
                Err(failure) => failure,
            };
            ended();
            let outcome = match Meaning::of(&failure) {
                Meaning::Again(outcome) => outcome,
                // An earlier attempt may have been applied, whatever stands in the way of asking again.
                Meaning::Misconfigured(_) if doubt => return Err(unavailable(Outcome::Unknown, &failure)),
                Meaning::Misconfigured(error) => return Err(error),
                Meaning::Verdict => {
                    return match failure {
                        SdkError::ServiceError(refusal) if !doubt || refusal.err().is_of_a_condition() => {
                            Ok(Attempted { verdict: Err(refusal.into_err()) })
                        }
                        other => Err(unavailable(Outcome::Unknown, &other)),
                    };
                }
            };
            doubt |= outcome == Outcome::Unknown;
            tracing::debug!(attempt, ?outcome, error = %DisplayErrorContext(&failure), "the store did not answer");
            patience.pause(attempt).await;
            if patience.now() >= deadline {
                let outcome = if doubt { Outcome::Unknown } else { Outcome::NotApplied };
                self.metrics().store_failure(E::OPERATION);
                return Err(unavailable(outcome, &failure));
            }
            self.metrics().store_retry(E::OPERATION);
        }
        unreachable!("the deadline ends the attempts")
    }
}

impl Store {
    /// Writes all items or none. The store itself may know a repeat by its token, but only for minutes and not across
    /// restarts: what makes a repeat safe is each item's condition.
    pub(crate) async fn transact(
        &self,
        items: Vec<TransactWriteItem>,
    ) -> Result<Attempted<(), TransactWriteItemsError>, StoreError> {
        let token = self.patience().token();
        let request =
            self.dynamodb().transact_write_items().set_transact_items(Some(items)).client_request_token(token);
        let attempted = self.attempt(|| request.clone().send()).await?;
        Ok(Attempted { verdict: attempted.verdict.map(|_| ()) })
    }
}

fn unavailable<E: Refusal>(outcome: Outcome, failure: &SdkError<E, HttpResponse>) -> StoreError {
    let cause = match failure {
        SdkError::ServiceError(refusal) => refusal.err().code().unwrap_or("it answers with an error").to_owned(),
        SdkError::TimeoutError(_) => "it takes too long".to_owned(),
        SdkError::DispatchFailure(_) => unreached(failure),
        other => DisplayErrorContext(other).to_string(),
    };
    StoreError::Unavailable { outcome, cause }
}

/// Why a request did not come through, as far as the system says it.
fn unreached(failure: &(dyn std::error::Error + 'static)) -> String {
    match cause::<std::io::Error>(failure).map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => "nothing listens at its address".to_owned(),
        // Names that nobody knows are told apart by their words alone.
        _ if DisplayErrorContext(failure).to_string().contains("dns error") => "nobody knows its host name".to_owned(),
        _ => "it cannot be reached".to_owned(),
    }
}

/// What a failed attempt tells the one who made it.
enum Meaning {
    Again(Outcome),
    Verdict,
    Misconfigured(StoreError),
}

impl Meaning {
    fn of<E: Refusal>(failure: &SdkError<E, HttpResponse>) -> Self {
        let is_unsent = matches!(failure, SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_));
        if let Some(error) = cause::<CredentialsError>(failure).filter(|_| is_unsent) {
            return Self::Misconfigured(without_credentials(error));
        }
        match failure {
            SdkError::ConstructionFailure(_) => Self::Misconfigured(StoreError::Misconfigured {
                remedy: format!("The request cannot be built: {}.", DisplayErrorContext(failure)),
            }),
            SdkError::ServiceError(refusal) => Self::of_refusal(refusal.err(), refusal.raw().status().as_u16()),
            SdkError::DispatchFailure(_) if cause::<NeverSent>(failure).is_some() => Self::Again(Outcome::NotApplied),
            // A broken or unreadable reply, a time-out, a connection that went away: the request may have arrived.
            _ => Self::Again(Outcome::Unknown),
        }
    }

    fn of_refusal<E: Refusal>(refusal: &E, status: u16) -> Self {
        match refusal.code().unwrap_or_default() {
            "ThrottlingException"
            | "Throttling"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "SlowDown"
            | "TransactionConflictException" => Self::Again(Outcome::NotApplied),
            // Our own earlier attempt, with the same token, is still being applied.
            "TransactionInProgressException" => Self::Again(Outcome::Unknown),
            "TransactionCanceledException" if is_passing(refusal.reasons()) => Self::Again(Outcome::NotApplied),
            _ if status >= 500 => Self::Again(Outcome::Unknown),
            _ => Self::Verdict,
        }
    }
}

/// Whether nothing but other writers and a busy store stood in a transaction's way.
fn is_passing(reasons: &[CancellationReason]) -> bool {
    let passing = |code: &str| {
        matches!(code, "None" | "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
    };
    !reasons.is_empty() && reasons.iter().all(|reason| reason.code().is_none_or(passing))
}

/// The first of a kind among the causes of a failure.
fn cause<'a, C: std::error::Error + 'static>(failure: &'a (dyn std::error::Error + 'static)) -> Option<&'a C> {
    std::iter::successors(failure.source(), |error| error.source()).find_map(|error| error.downcast_ref())
}
