//! What time it is where the store is: its replies say so, and a machine's own clock may be wrong.
//!
//! A reply's `Date` has no fractions, so it gives a span in which the store's clock is ahead of the machine's, or behind.
//! The correction is moved no further than into that span: where the machine's clock is right it stays nothing at all.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use chrono::{DateTime, TimeDelta, Utc};

/// What a `Date` leaves open.
const FRACTION: TimeDelta = TimeDelta::seconds(1);
/// A correction that is worth a line in the log.
const WRONG: TimeDelta = TimeDelta::seconds(5);

/// The machine's clock as far as it has to be corrected. Cheap to clone.
#[derive(Clone)]
pub struct StoreTime(Arc<Correction>);

struct Correction {
    machine: fn() -> DateTime<Utc>,
    /// By how many milliseconds the store's clock is ahead.
    ahead: AtomicI64,
}

impl fmt::Debug for StoreTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreTime({} ms ahead)", self.0.ahead.load(Ordering::Relaxed))
    }
}

impl StoreTime {
    /// A machine's clock, not corrected yet.
    pub fn new(machine: fn() -> DateTime<Utc>) -> Self {
        Self(Arc::new(Correction { machine, ahead: AtomicI64::new(0) }))
    }

    /// What time it is for the store.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0.machine)() + TimeDelta::milliseconds(self.0.ahead.load(Ordering::Relaxed))
    }

    /// By how much the store's clock is ahead of this machine's, as far as its replies have shown.
    pub fn ahead(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.0.ahead.load(Ordering::Relaxed))
    }

    /// Takes in what a reply says of the time, to a request that the machine's clock saw sent and answered.
    pub fn hear(&self, date: DateTime<Utc>, sent: DateTime<Utc>, answered: DateTime<Utc>) {
        let least = (date - answered).num_milliseconds();
        let most = (date + FRACTION - sent).num_milliseconds();
        if least > most {
            // The machine's clock was set while the request was on its way.
            return;
        }
        let before = self.0.ahead.load(Ordering::Relaxed);
        let ahead = before.clamp(least, most);
        self.0.ahead.store(ahead, Ordering::Relaxed);
        if (ahead - before).abs() >= WRONG.num_milliseconds() {
            tracing::warn!(seconds = ahead / 1000, "this machine's clock differs from the store's, and is corrected");
        }
    }
}

/// An HTTP client that listens to what time it is.
pub(super) struct Listening {
    pub inner: SharedHttpClient,
    pub time: StoreTime,
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listening")
    }
}

impl HttpClient for Listening {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(ListeningConnector { inner, time: self.time.clone() })
    }
}

#[derive(Debug)]
struct ListeningConnector {
    inner: SharedHttpConnector,
    time: StoreTime,
}

impl HttpConnector for ListeningConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let time = self.time.clone();
        let sent = (time.0.machine)();
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let reply = answer.await?;
            let date = reply.headers().get("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
            if let Some(date) = date {
                time.hear(date.to_utc(), sent, (time.0.machine)());
            }
            Ok(reply)
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use rstest::rstest;

    use super::StoreTime;

    fn noon() -> DateTime<Utc> {
        "2026-12-01T12:00:00Z".parse().expect("an instant")
    }

    /// Replies to requests that took 40 ms each, by a store whose clock is so many milliseconds ahead.
    fn corrected(ahead: i64) -> i64 {
        let time = StoreTime::new(noon);
        for sent in [0, 137, 512, 761, 940, 1_260] {
            let sent = noon() + TimeDelta::milliseconds(sent);
            let there = sent + TimeDelta::milliseconds(20 + ahead);
            let date = DateTime::from_timestamp(there.timestamp(), 0).expect("an instant");
            time.hear(date, sent, sent + TimeDelta::milliseconds(40));
        }
        (time.now() - noon()).num_milliseconds()
    }

    #[rstest]
    #[case::right(0)]
    #[case::a_little_off(120)]
    #[case::ahead(180_000)]
    #[case::behind(-7_300)]
    fn a_wrong_clock_is_corrected_to_within_a_second_and_a_right_one_is_left_alone(#[case] ahead: i64) {
        let off = corrected(ahead) - ahead;
        assert!(off.abs() < 1_000, "{off} ms off");
        assert!(ahead != 0 || off == 0, "nothing was wrong");
    }

    #[test]
    fn a_clock_that_was_set_meanwhile_says_nothing() {
        let time = StoreTime::new(noon);
        time.hear(noon(), noon() + TimeDelta::hours(1), noon());
        assert_eq!(time.now(), noon());
    }
}
