//! What the log says of a sale: each failure under the reference that the person was told, and no secret.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use kiosk::aws::fault::{Call, Fault};
use kiosk::config::LogFormat;
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Request};
use kiosk::telemetry;
use secrecy::ExposeSecret as _;

use crate::service_kit::{
    PASSWORD, Stage, best, booked, hold, new_op, order, secret, sign_in, terminal, test_money, whole,
};

/// What was written so far.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("nothing panics").clone()).expect("text")
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nothing panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_failure_is_found_by_its_reference_and_the_log_keeps_secrets() {
    let written = Written::default();
    let writer = written.clone();
    let log = telemetry::subscriber(LogFormat::Json, tracing::Level::DEBUG, move || writer.clone());
    let _heard = tracing::subscriber::set_default(log);
    let stage = Stage::new().await;
    stage.account("agnes", Role::Agent).await;
    let gone = Arc::new(AtomicBool::new(false));
    let is_gone = Arc::clone(&gone);
    let store = stage.world.with_faults(move |_: &Call| is_gone.load(Ordering::SeqCst).then_some(Fault::LoseRequest));
    let kiosk = stage.other_kiosk(store).await;
    let session = kiosk.open_session(terminal("NDLS-07"));
    sign_in(&session, "agnes", "not the password").await.expect_err("it is wrong");
    sign_in(&session, "agnes", PASSWORD).await.expect("the password is right");
    let held = hold(&session, whole(), best(2)).await.expect("free");
    let order = order(&session, &held).await;
    let request = Request::Book { op: new_op(), order: order.clone(), payment: test_money() };
    gone.store(true, Ordering::SeqCst);
    let told = booked(session.call(request.clone()).await);
    gone.store(false, Ordering::SeqCst);
    let Err(Failure::Unavailable { reference, .. }) = &told else { panic!("{told:?}") };
    let sentence = told.as_ref().expect_err("it was refused").to_string();
    assert!(sentence.contains(&format!("(Ref {reference})")), "{sentence}");
    assert_eq!(reference.len(), 6);
    booked(session.call(request).await).expect("the store is back");
    session.call(Request::Unlock { password: secret("another guess") }).await.expect_err("it is wrong");
    kiosk.settle().await;

    let text = written.text();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|wrong| panic!("{wrong}: {line}"))).collect();
    let found: Vec<_> = lines.iter().filter(|line| line["reference"] == **reference).collect();
    assert_eq!(found.len(), 1, "{text}");
    assert_eq!(found[0]["span"]["request"], **reference);
    assert_eq!(found[0]["span"]["session"], session.id());
    assert_eq!(found[0]["span"]["terminal"], "NDLS-07");
    let attempts = lines.iter().filter(|line| line["span"]["request"] == **reference).count();
    assert!(attempts > 5, "every attempt of the request is found by it: {attempts}");

    let key = stage.kiosk.settings().secret.expose_secret().to_vec();
    let key: Vec<String> = key.iter().map(u8::to_string).collect();
    for hidden in [PASSWORD, "not the password", "another guess", order.phone.as_str(), "9810012345", &key.join(", ")] {
        assert!(!text.contains(hidden), "the log has {hidden}");
    }
}
