//! What the service manager is told: that the server listens, that it is alive, and that it closes.
//!
//! It is systemd, or whoever else speaks its protocol and left a socket's address in the environment. Without one nothing
//! is said, and nothing is different.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use sd_notify::NotifyState;

/// How long everything may take that is left when nobody is connected any more: receipts, records.
const SETTLING: Duration = Duration::from_secs(30);

/// Says that the store is being opened: the first start loads the timetable.
pub(super) fn opening() {
    tell(&[NotifyState::Status("Opening the store")]);
}

/// Says that whoever comes to an address is served.
pub(super) fn ready(address: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&format!("Serving SSH on {address}"))]);
}

/// Says that the server closes, and asks for the time that people have to finish and connections to end.
pub(super) fn closing(notice: Duration, goodbye: Duration) {
    let needed = notice + goodbye + SETTLING;
    let status = format!("Closing: nobody new comes in, who is there has {} s", notice.as_secs());
    tell(&[
        NotifyState::Stopping,
        NotifyState::ExtendTimeoutUsec(u32::try_from(needed.as_micros()).unwrap_or(u32::MAX)),
        NotifyState::Status(&status),
    ]);
}

/// Says twice in each interval of the watchdog that the server is alive, as long as whoever polls this and the runtime's
/// own threads are.
pub(super) async fn beat() -> Infallible {
    let Some(watchdog) = sd_notify::watchdog_enabled() else { return pending().await };
    let mut pulse = tokio::time::interval(watchdog / 2);
    loop {
        pulse.tick().await;
        around().await;
        tell(&[NotifyState::Watchdog]);
    }
}

/// Comes back when a worker of the runtime and one of its threads for slow work have each done something.
async fn around() {
    // Tasks that are cancelled, as when the runtime ends, prove nothing.
    if tokio::spawn(async {}).await.is_err() || tokio::task::spawn_blocking(|| ()).await.is_err() {
        pending::<()>().await;
    }
}

fn tell(news: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(news) {
        tracing::warn!(%error, "the service manager does not listen");
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::mpsc::channel;
    use std::task::Poll;

    use tokio::runtime::Builder;

    use super::around;

    #[test]
    fn a_runtime_whose_workers_are_stuck_is_not_alive() {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let ((stuck, is_stuck), (free, is_free)) = (channel(), channel::<()>());
        runtime.spawn(async move {
            stuck.send(()).expect("the test waits");
            // As a fault would: a worker that waits for something outside of the runtime.
            let _ = is_free.recv();
        });
        is_stuck.recv().expect("the worker has begun");
        runtime.block_on(async {
            let mut trip = Box::pin(around());
            let is_pending = poll_fn(|cx| Poll::Ready(trip.as_mut().poll(cx).is_pending())).await;
            assert!(is_pending, "it came around a stuck worker");
            drop(free);
            trip.await;
        });
    }
}
