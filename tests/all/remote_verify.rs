//! `deploy/verify.sh` on what is not embedded: whole, and without what it looks for.

use uuid::Uuid;

use crate::deploy::{Installation, WHOLE, failed};

/// One train that runs every day: the other implementation reads a whole table slowly.
const TIMETABLE: &str = r#"
[[station]]
code = "NDLS"
name = "New Delhi"
city = "Delhi"

[[station]]
code = "MMCT"
name = "Mumbai Central"
city = "Mumbai"

[[train]]
number = "12952"
name = "Mumbai Rajdhani"
kind = "rajdhani"
zone = "NR"
runs-on = "MTWTFSS"
rake = "lhb"
coaches = "A1 B1-B2"
halts = """
NDLS  -        16:55       0
MMCT  08:35+1  -        1386
"""
"#;

#[test]
#[ignore = "needs moto: .ci/second-store runs it"]
#[allow(clippy::disallowed_methods, reason = "the one setting of the tests themselves")]
fn an_installation_on_aws_is_tried_whole_and_broken() {
    let endpoint = std::env::var("KIOSK_TEST_ENDPOINT").expect(".ci/second-store says where moto is");
    let own = Uuid::new_v4().simple().to_string();
    let [trains, bookings, users, bucket] =
        ["trains", "bookings", "users", "kiosk"].map(|name| format!("{name}-{own}"));
    let installation = Installation::new(&[
        ("KIOSK_STORE", "aws"),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_REGION", "ap-south-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("DYNAMODB_TABLE_TRAINS", &trains),
        ("DYNAMODB_TABLE_BOOKINGS", &bookings),
        ("DYNAMODB_TABLE_USERS", &users),
        ("S3_BUCKET_NAME", &bucket),
    ]);
    let (code, lines) = installation.verify();
    let all =
        ["the store answers", "an administrator is there", "an account can be made", "the trains are there"].to_vec();
    assert_eq!((code, failed(&lines)), (Some(1), all), "without tables nothing is there");
    installation.kiosk(&["provision"]);
    let (code, lines) = installation.verify();
    assert_eq!((code, failed(&lines)), (Some(1), vec!["an administrator is there", "the trains are there"]));
    installation.make_administrator();
    assert_eq!(failed(&installation.verify().1), ["the trains are there"]);
    installation.seed(TIMETABLE);
    let (code, lines) = installation.verify();
    assert_eq!((code, lines.iter().map(String::as_str).collect::<Vec<_>>()), (Some(0), WHOLE.to_vec()));
    installation.is_as_before();
}
