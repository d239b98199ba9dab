//! What one receipt costs: `cargo bench --bench receipt`.

#[path = "../tests/all/sample_booking.rs"]
mod sample_booking;

use std::hint::black_box;
use std::time::Instant;

use kiosk::receipt::{Issuer, render};
use kiosk::ticket::TicketKey;

/// The processor time that one receipt may take, in milliseconds.
const LIMIT_MS: f64 = 10.0;
/// The size that one receipt may have, in bytes.
const LIMIT_BYTES: usize = 60_000;
const ROUNDS: u32 = 50;

/// Signs and renders as the service does for each booking. The work is on one thread and waits for nothing, so the
/// fastest round's wall-clock time is its processor time.
#[allow(clippy::print_stdout, reason = "the figures are what a benchmark is for")]
fn main() {
    let (booking, issuer) = (sample_booking::booking(), Issuer::default());
    let key = TicketKey::derive(b"a secret of thirty-two bytes, or more");
    let bytes = render(&booking, &key.sign(&booking), &issuer).len();
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        let ticket = key.sign(black_box(&booking));
        black_box(render(black_box(&booking), &ticket, &issuer));
        start.elapsed()
    });
    let fastest = times.min().expect("there are rounds").as_secs_f64() * 1000.0;
    println!("limit receipt_cpu_ms {LIMIT_MS} ms");
    println!("limit receipt_bytes {LIMIT_BYTES} bytes");
    println!("figure receipt_cpu_ms {fastest:.2} ms");
    println!("figure receipt_bytes {bytes} bytes");
    assert!(bytes < LIMIT_BYTES, "a receipt has {bytes} bytes and may have {LIMIT_BYTES}");
    assert!(fastest < LIMIT_MS, "a receipt takes {fastest:.2} ms and may take {LIMIT_MS}");
}
