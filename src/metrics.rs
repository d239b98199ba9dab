//! What a process counts of its own work, for whoever watches over it.
//!
//! The counters go with the store, and so to everything that is built over it: nothing is global, and two stores in one
//! process count apart. Counting is an addition; a request to the store costs a histogram's lock beside, which is
//! nothing to the request. Only `kiosk serve` shows them (`telemetry/endpoint.rs`).

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The form in which [`Metrics::encoded`] writes, as HTTP calls it.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper bounds of the store's durations, in seconds: from a read next door to an attempt that is given up.
const BOUNDS: [f64; 11] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The counters of a process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    sessions: Gauge,
    sign_ins_refused: Counter,
    bookings: Counter,
    booking_conflicts: Counter,
    holds_open: Gauge,
    promotions: Backlog,
    receipts: Gauge,
    notifications_waiting: Gauge,
    notifications_dead: Gauge,
    durations: Family<Operation, Histogram, fn() -> Histogram>,
    retries: Family<Operation, Counter>,
    failures: Family<Operation, Counter>,
}

/// A request to the store, such as `UpdateItem`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let inner = Inner {
            registry: Registry::with_prefix("kiosk"),
            sessions: Gauge::default(),
            sign_ins_refused: Counter::default(),
            bookings: Counter::default(),
            booking_conflicts: Counter::default(),
            holds_open: Gauge::default(),
            promotions: Backlog::default(),
            receipts: Gauge::default(),
            notifications_waiting: Gauge::default(),
            notifications_dead: Gauge::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BOUNDS)),
            retries: Family::default(),
            failures: Family::default(),
        };
        Self(Arc::new(inner.registered()))
    }
}

impl Inner {
    /// With every counter under the name by which monitors know it; those that only rise get `_total` behind it.
    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("sessions", "Sessions at a terminal now", self.sessions.clone());
        registry.register(
            "sign_ins_refused",
            "Sign-ins refused for the password, or because too many were wrong",
            self.sign_ins_refused.clone(),
        );
        registry.register("bookings", "Bookings made, slips among them", self.bookings.clone());
        registry.register(
            "booking_conflicts",
            "Claims and bookings that had to be planned again because somebody else was first",
            self.booking_conflicts.clone(),
        );
        registry.register("holds_open", "Choices of berths that sessions hold now", self.holds_open.clone());
        registry.register(
            "promotions_waiting",
            "Queues that were due to be looked after when each work list was last read",
            self.promotions.sum.clone(),
        );
        registry.register("receipts_waiting", "Receipts that are yet to be stored", self.receipts.clone());
        registry.register(
            "notifications_waiting",
            "Notifications that were to be delivered when they were last counted, those that are tried again among them",
            self.notifications_waiting.clone(),
        );
        registry.register(
            "notifications_dead",
            "Notifications that had been given up when they were last counted",
            self.notifications_dead.clone(),
        );
        registry.register_with_unit(
            "store_request_duration",
            "How long attempts at requests to the store took, answered or not",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register("store_retries", "Requests to the store that were sent again", self.retries.clone());
        registry.register(
            "store_failures",
            "Requests that the store had not answered when their time was over",
            self.failures.clone(),
        );
        self
    }
}

impl Metrics {
    /// Counts a session for as long as the value lives.
    pub fn session(&self) -> Counted {
        Counted::among(&self.0.sessions)
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> i64 {
        self.0.sessions.get()
    }

    /// Counts a receipt that is yet to be stored for as long as the value lives.
    pub fn receipt(&self) -> Counted {
        Counted::among(&self.0.receipts)
    }

    /// Counts a sign-in that was refused.
    pub fn sign_in_refused(&self) {
        self.0.sign_ins_refused.inc();
    }

    /// Counts a booking.
    pub fn booked(&self) {
        self.0.bookings.inc();
    }

    /// Counts a claim or a booking to which somebody else was first.
    pub fn conflicted(&self) {
        self.0.booking_conflicts.inc();
    }

    /// Says how many choices of berths are held.
    pub fn set_holds_open(&self, holds: usize) {
        self.0.holds_open.set(signed(holds));
    }

    /// The queues that are due to be looked after.
    pub fn promotions(&self) -> &Backlog {
        &self.0.promotions
    }

    /// Says how many notifications are to be delivered, and how many were given up.
    pub fn set_notifications(&self, waiting: u64, dead: u64) {
        self.0.notifications_waiting.set(signed(waiting));
        self.0.notifications_dead.set(signed(dead));
    }

    /// Counts an attempt at a request to the store, whatever came of it.
    pub fn store_attempt(&self, operation: &'static str, took: Duration) {
        self.0.durations.get_or_create(&Operation { operation }).observe(took.as_secs_f64());
    }

    /// Counts a request to the store that is sent again.
    pub fn store_retry(&self, operation: &'static str) {
        self.0.retries.get_or_create(&Operation { operation }).inc();
    }

    /// Counts a request to the store that was not answered in time.
    pub fn store_failure(&self, operation: &'static str) {
        self.0.failures.get_or_create(&Operation { operation }).inc();
    }

    /// All of them as [`CONTENT_TYPE`].
    pub fn encoded(&self) -> String {
        let mut out = String::new();
        text::encode(&mut out, &self.0.registry).expect("a text takes what is written to it");
        out
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// One of those that a gauge counts; dropped, it is one less.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Counted {
    fn among(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Work that waits, and that is looked through a few lists at a time: the sum of what each look has shown last.
#[derive(Debug, Default)]
pub struct Backlog {
    sum: Gauge,
    seen: Mutex<BTreeMap<u64, i64>>,
}

impl Backlog {
    /// Notes what waits in some of the lists; of them nothing older counts.
    pub fn saw(&self, lists: &Range<u64>, waiting: usize) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|list, _| !lists.contains(list));
        seen.insert(lists.start, signed(waiting));
        self.sum.set(seen.values().sum());
    }
}

fn signed(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Metrics;

    fn line<'a>(text: &'a str, name: &str) -> Option<&'a str> {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    }

    #[test]
    fn everything_has_the_name_that_monitors_know() {
        let metrics = Metrics::default();
        let (session, _receipt) = (metrics.session(), metrics.receipt());
        metrics.sign_in_refused();
        metrics.booked();
        metrics.booked();
        metrics.conflicted();
        metrics.set_holds_open(3);
        metrics.set_notifications(5, 2);
        metrics.store_attempt("UpdateItem", Duration::from_millis(7));
        metrics.store_retry("UpdateItem");
        metrics.store_failure("UpdateItem");
        let text = metrics.encoded();
        for (name, value) in [
            ("kiosk_sessions", "1"),
            ("kiosk_sign_ins_refused_total", "1"),
            ("kiosk_bookings_total", "2"),
            ("kiosk_booking_conflicts_total", "1"),
            ("kiosk_holds_open", "3"),
            ("kiosk_promotions_waiting", "0"),
            ("kiosk_receipts_waiting", "1"),
            ("kiosk_notifications_waiting", "5"),
            ("kiosk_notifications_dead", "2"),
            (r#"kiosk_store_request_duration_seconds_count{operation="UpdateItem"}"#, "1"),
            (r#"kiosk_store_request_duration_seconds_bucket{le="0.005",operation="UpdateItem"}"#, "0"),
            (r#"kiosk_store_request_duration_seconds_bucket{le="0.01",operation="UpdateItem"}"#, "1"),
            (r#"kiosk_store_retries_total{operation="UpdateItem"}"#, "1"),
            (r#"kiosk_store_failures_total{operation="UpdateItem"}"#, "1"),
        ] {
            assert_eq!(line(&text, name), Some(value), "{name} in\n{text}");
        }
        drop(session);
        assert_eq!(line(&metrics.encoded(), "kiosk_sessions"), Some("0"), "whoever leaves counts no more");
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn a_backlog_is_the_sum_of_the_last_looks() {
        let metrics = Metrics::default();
        let waiting = || line(&metrics.encoded(), "kiosk_promotions_waiting").map(str::to_owned);
        metrics.promotions().saw(&(0..1), 4);
        metrics.promotions().saw(&(1..2), 3);
        assert_eq!(waiting().as_deref(), Some("7"));
        metrics.promotions().saw(&(0..1), 0);
        assert_eq!(waiting().as_deref(), Some("3"), "the first list was worked off");
        metrics.promotions().saw(&(0..10), 1);
        assert_eq!(waiting().as_deref(), Some("1"), "one look at all of them");
    }
}
