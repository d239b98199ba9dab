//! Mails and text messages by SES and SNS as moto has them, over HTTP.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use kiosk::domain::user::{Email, Role};
use kiosk::service::{Backlog, Notifications};
use kiosk::store::Store;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::service_kit::Stage;
use crate::service_notify::{buy, told_by};
use crate::world::patience;

const SENDER: &str = "tickets@example.in";

#[allow(clippy::disallowed_methods, reason = "the one setting of the tests themselves")]
fn endpoint() -> String {
    std::env::var("KIOSK_TEST_ENDPOINT").expect("KIOSK_TEST_ENDPOINT is the address of moto")
}

/// Lets mails come from the sender's address, as somebody does once in the console of AWS.
async fn verify_sender(endpoint: &str) {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("ap-south-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .load()
        .await;
    let created = aws_sdk_sesv2::Client::new(&config).create_email_identity().email_identity(SENDER).send().await;
    // Another run may have done so.
    if let Err(error) = created {
        assert!(error.raw_response().is_some(), "moto answers: {error:?}");
    }
}

/// All that moto keeps.
async fn kept(endpoint: &str) -> Value {
    let address = endpoint.strip_prefix("http://").expect("it is on this machine").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET /moto-api/data.json HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON")
}

fn found<'a>(kept: &'a Value, service: &str, model: &str, text: &str) -> &'a Value {
    let models = kept[service][model].as_array().unwrap_or_else(|| panic!("moto has no {model} of {service}"));
    models.iter().find(|one| one.to_string().contains(text)).unwrap_or_else(|| panic!("nothing says {text}"))
}

#[tokio::test]
#[ignore = "needs moto: .ci/second-store runs it"]
async fn a_booking_is_mailed_with_its_receipt_and_sent_as_a_text() {
    let endpoint = endpoint();
    verify_sender(&endpoint).await;
    let sender = Some(Email::parse(SENDER).expect("an address"));
    let stage = Stage::with(told_by(Notifications { function: None, sender, sms: true })).await;
    let booking = buy(&stage.signed_in("anita", Role::Traveller).await).await;
    // The stage's own clients are those of moto, and so are the ways out.
    let store = Store::with_patience(stage.world.clients.clone(), stage.world.names.clone(), patience());
    let other = Arc::new(stage.other_kiosk(store).await);
    other.deliver_once().await;
    assert_eq!(other.notification_backlog().await, Ok(Backlog::default()), "both were accepted");

    let kept = kept(&endpoint).await;
    let text = found(&kept, "sns", "SMS", &booking.pnr.spoken());
    assert_eq!(text["phone_number"], "+919810012345");
    let mail = found(&kept, "ses", "RawMessage", &format!("<{}-1@example.in>", booking.pnr));
    assert_eq!(mail["source"], SENDER);
    assert!(mail["destinations"].to_string().contains("anita@example.in"), "{mail}");
    let mime = mail["raw_data"].as_str().expect("a text");
    assert!(mime.contains("Content-Type: application/pdf") && mime.contains("JVBERi0"), "the receipt: {mime}");
}
