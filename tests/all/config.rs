//! Settings: what is accepted, what is refused and in which words, and that the example tells the truth.

use std::fs;
use std::path::{Path, PathBuf};

use kiosk::config::keys::{KEYS, Key};
use kiosk::config::secret::{self, SecretKey};
use kiosk::config::{Config, LogFormat, Mode, Sources, StoreChoice};
use kiosk::domain::terminal::TerminalKind;
use rstest::rstest;
use tempfile::TempDir;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config.toml.example")
}

fn sources(environment: &[(&str, &str)]) -> Sources {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Sources {
        platform_data_dir: Some(PathBuf::from("/home/anita/.local/share/kiosk")),
        environment: environment.iter().map(owned).collect(),
        ..Sources::default()
    }
}

fn load(environment: &[(&str, &str)]) -> Result<Config, String> {
    Config::load(&sources(environment)).map_err(|wrong| wrong.to_string())
}

/// Settings from a file with this text; complaints call the file `config.toml`.
fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("config.toml");
    fs::write(&file, text).expect("a file");
    let sources = Sources { file: Some(file), ..sources(environment) };
    let without_folder = |text: String| text.replace(&format!("{}/", folder.path().display()), "");
    Config::load(&sources).map_err(|wrong| without_folder(wrong.to_string()))
}

/// The lines of the example that set a key or name one without a default: key with section, value, whether it is set.
fn example_lines() -> Vec<(String, String, bool)> {
    let mut section = String::new();
    let mut lines = Vec::new();
    for line in fs::read_to_string(example()).expect("the example").lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = format!("{name}.");
        }
        let (text, is_set) = line.strip_prefix('#').map_or((line, true), |text| (text, false));
        let Some((key, value)) = text.split_once(" = ") else { continue };
        if key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            lines.push((format!("{section}{key}"), value.trim_matches('"').to_owned(), is_set));
        }
    }
    lines
}

#[test]
fn the_example_changes_nothing() {
    let by_example = Config::load(&Sources { file: Some(example()), ..sources(&[]) }).expect("the example is right");
    let by_default = load(&[]).expect("defaults are right");
    assert_eq!(format!("{by_example:#?}"), format!("{by_default:#?}"));
}

#[test]
fn the_example_has_every_key_once_in_order_with_its_default() {
    let lines = example_lines();
    let names: Vec<&str> = lines.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, KEYS.iter().map(|key| key.name).collect::<Vec<_>>());
    for ((name, value, is_set), key) in lines.iter().zip(KEYS) {
        let shown = is_set.then_some(value.as_str());
        assert_eq!(shown, key.default, "{name}");
    }
}

#[test]
fn the_example_names_every_old_variable() {
    let text = fs::read_to_string(example()).expect("the example");
    for old in KEYS.iter().filter_map(|key| key.old).chain(["USE_MOCK_AWS", "KIOSK_DATA_DIR", "KIOSK_CONFIG"]) {
        assert!(text.contains(old), "{old}");
    }
}

#[test]
fn every_key_can_be_set_in_the_environment() {
    let value = |key: &Key| match key.name {
        "mode" => "production",
        "store" => "aws",
        "data_dir" => "/srv/kiosk",
        "secret_key" => KEY,
        "bootstrap_admin_email" => "a@example.in",
        "theme" => "contrast",
        "aws.region" => "eu-west-1",
        "aws.endpoint_url" => "http://localhost:8000",
        "aws.trains_table" => "t-1",
        "aws.bookings_table" => "b-1",
        "aws.users_table" => "u-1",
        "aws.bucket" => "my-receipts",
        "terminal.id" => "NDLS-07",
        "terminal.station" => "ndls",
        "terminal.kind" => "public",
        "terminal.printer" => "counter-7",
        "session.public_idle" => "15s",
        "session.staff_idle" => "8h",
        "session.hold" => "1m",
        "session.slip" => "2h",
        "till.required" => "on",
        "receipts.link_lifetime" => "1h",
        "ssh.listen" => "[::1]:22",
        "ssh.host_key" => "/etc/kiosk/key",
        "ssh.guest" => "traveller",
        "ssh.max_sessions" => "500",
        "ssh.max_per_address" => "20",
        "ssh.lifetime" => "8h",
        "ssh.notice" => "5m",
        "telemetry.listen" => "[::1]:9000",
        "recording.folder" => "/srv/recordings",
        "recording.megabytes" => "1024",
        "notifications.lambda_function" => "send-booking-notification",
        "notifications.email_from" => "tickets@example.in",
        "notifications.sms" => "on",
        "log.level" => "debug",
        "log.format" => "text",
        "log.keep_days" => "365",
        other => panic!("no value to try {other} with"),
    };
    let variables: Vec<(String, &str)> = KEYS.iter().map(|key| (key.variable(), value(key))).collect();
    let environment: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let config = load(&environment).expect("all right");

    assert_eq!((config.mode(), config.store()), (Mode::Production, StoreChoice::Aws));
    assert_eq!(config.data_dir(), Path::new("/srv/kiosk"));
    assert_eq!(config.secret_key().map(|key| key.bytes().len()), Some(32));
    assert_eq!(config.bootstrap_admin().map(ToString::to_string).as_deref(), Some("a@example.in"));
    assert_eq!(config.receipt_link().num_minutes(), 60);
    let recording = config.recording();
    assert_eq!((recording.folder(), recording.megabytes()), (Some(Path::new("/srv/recordings")), 1024));
    let aws = config.aws();
    assert_eq!((aws.region(), aws.endpoint()), (Some("eu-west-1"), Some("http://localhost:8000")));
    assert_eq!((aws.trains(), aws.bookings(), aws.users(), aws.bucket()), ("t-1", "b-1", "u-1", "my-receipts"));
    assert_eq!((config.terminal().id.as_str(), config.terminal().kind), ("NDLS-07", TerminalKind::Public));
    assert_eq!(config.terminal().station.map(|code| code.to_string()).as_deref(), Some("NDLS"));
    assert_eq!(config.printer(), Some("counter-7"));
    let session = config.session();
    let seconds =
        [session.public_idle(), session.staff_idle(), session.hold(), session.slip()].map(|t| t.num_seconds());
    assert_eq!(seconds, [15, 8 * 3600, 60, 7200]);
    let ssh = config.ssh();
    assert_eq!((ssh.listen().to_string().as_str(), ssh.guest()), ("[::1]:22", Some("traveller")));
    assert_eq!(ssh.host_key(), Some(Path::new("/etc/kiosk/key")));
    assert_eq!((ssh.max_sessions(), ssh.max_per_address()), (500, 20));
    assert_eq!((ssh.lifetime().num_hours(), ssh.notice().num_minutes()), (8, 5));
    assert_eq!(config.telemetry().map(|address| address.to_string()).as_deref(), Some("[::1]:9000"));
    let notifications = config.notifications();
    assert_eq!(notifications.function(), Some("send-booking-notification"));
    assert_eq!(notifications.sender().map(ToString::to_string).as_deref(), Some("tickets@example.in"));
    assert!(notifications.sms());
    assert_eq!((config.log().level(), config.log().format()), (tracing::Level::DEBUG, LogFormat::Text));
    assert_eq!(config.log().keep_days(), 365);
    assert_eq!(config.notices(), [] as [String; 0]);
}

#[test]
fn the_old_applications_environment_is_understood() {
    let config = load(&[
        ("APP_ENV", "production"),
        ("SECRET_KEY", KEY),
        ("USE_MOCK_AWS", "false"),
        ("AWS_REGION", "ap-south-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:5000"),
        ("DYNAMODB_TABLE_TRAINS", "old-trains"),
        ("DYNAMODB_TABLE_BOOKINGS", "old-bookings"),
        ("DYNAMODB_TABLE_USERS", "old-users"),
        ("S3_BUCKET_NAME", "old-receipts"),
        ("LAMBDA_FUNCTION_NAME", "tells-travellers"),
        ("BOOTSTRAP_ADMIN_EMAIL", "admin@example.in"),
        ("KIOSK_DATA_DIR", "/srv/kiosk"),
        ("SESSION_COOKIE_SECURE", "true"),
    ])
    .expect("accepted");
    assert_eq!((config.mode(), config.store()), (Mode::Production, StoreChoice::Aws));
    assert_eq!((config.aws().region(), config.aws().endpoint()), (Some("ap-south-1"), Some("http://127.0.0.1:5000")));
    assert_eq!(config.aws().trains(), "old-trains");
    assert_eq!(config.aws().bookings(), "old-bookings");
    assert_eq!(config.aws().users(), "old-users");
    assert_eq!(config.aws().bucket(), "old-receipts");
    assert_eq!(config.log().format(), LogFormat::Json);
    assert_eq!(config.notifications().function(), Some("tells-travellers"));
    assert_eq!(
        config.notices(),
        ["SESSION_COOKIE_SECURE is ignored: a terminal has no cookies. Remove it at your leisure."]
    );
}

#[test]
fn the_environment_goes_before_the_file_and_the_flag_before_both() {
    let text = "data_dir = '/from/file'\n[session]\nhold = '5m'\nslip = '30m'";
    let config = load_text(text, &[("KIOSK_SESSION_HOLD", "6m"), ("KIOSK_DATA_DIR", "/from/env")]).expect("right");
    assert_eq!((config.session().hold().num_minutes(), config.session().slip().num_minutes()), (6, 30));
    assert_eq!(config.data_dir(), Path::new("/from/env"));

    let flag = Sources { data_dir: Some("/from/flag".into()), ..sources(&[("KIOSK_DATA_DIR", "/from/env")]) };
    assert_eq!(Config::load(&flag).expect("right").data_dir(), Path::new("/from/flag"));
}

#[test]
fn a_new_name_goes_before_an_old_one_and_an_empty_variable_counts_as_absent() {
    let config = load(&[("KIOSK_STORE", "aws"), ("USE_MOCK_AWS", "true"), ("APP_ENV", "")]).expect("right");
    assert_eq!((config.mode(), config.store()), (Mode::Development, StoreChoice::Aws));
}

#[rstest]
#[case("mode = 'staging'", "config.toml:1: mode = 'staging': write development or production")]
#[case(
    "theme = 'dark'\n\n[session]\nhold = '5 weeks'",
    "config.toml:4: session.hold = '5 weeks': write a time from 1m to 30m, such as 90s, 10m or 1h"
)]
#[case(
    "[session]\nhold = '31m'",
    "config.toml:2: session.hold = '31m': write a time from 1m to 30m, such as 90s, 10m or 1h"
)]
#[case("[log]\nkeep_days = 0", "config.toml:2: log.keep_days = '0': write a whole number from 1 to 365")]
#[case("[log]\nkeep_days = 1.5", "config.toml:2: log.keep_days: write a text in quotes or a whole number, not a float")]
#[case("[log]\nlevle = 'info'", "config.toml:2: 'log.levle' is not a setting: did you mean 'log.level'?")]
#[case("hold = '5m'", "config.toml:1: 'hold' is not a setting: did you mean 'session.hold'?")]
#[case("[sesion]\nhold = '5m'", "config.toml:1: 'sesion' is not a setting: did you mean '[session]'?")]
#[case("zebra = 1", "config.toml:1: 'zebra' is not a setting: config.toml.example lists all of them")]
#[case(
    "[aws]\nbucket = 'My_Bucket'",
    "config.toml:2: aws.bucket = 'My_Bucket': write 3 to 63 small letters, digits, hyphens or dots, with a letter or digit at both ends"
)]
#[case(
    "[terminal]\nstation = 'New Delhi'",
    "config.toml:2: terminal.station = 'New Delhi': write a station's code of 1 to 8 letters or digits, such as NDLS"
)]
#[case(
    "[terminal]\nprinter = '-o raw'",
    "config.toml:2: terminal.printer = '-o raw': write a printer's name as `lpstat -p` shows it"
)]
#[case(
    "[aws]\nendpoint_url = 'localhost:8000'",
    "config.toml:2: aws.endpoint_url = 'localhost:8000': write an address, such as http://localhost:8000"
)]
#[case(
    "bootstrap_admin_email = 'me'",
    "config.toml:1: bootstrap_admin_email = 'me': write one address, such as admin@example.in"
)]
fn a_wrong_setting_is_named_with_its_line(#[case] text: &str, #[case] complaint: &str) {
    assert_eq!(load_text(text, &[]).expect_err("refused"), complaint);
}

#[test]
fn a_wrong_variable_is_named() {
    assert_eq!(
        load(&[("APP_ENV", "staging\u{1b}[2J")]).expect_err("refused"),
        "APP_ENV in the environment: mode = 'staging?[2J': write development or production"
    );
    assert_eq!(
        load(&[("USE_MOCK_AWS", "maybe")]).expect_err("refused"),
        "USE_MOCK_AWS in the environment: store = 'maybe': write true for the embedded store or false for AWS"
    );
}

#[test]
fn all_complaints_come_at_once() {
    let wrong = load_text("theme = 'pink'\nzebra = 1", &[("KIOSK_LOG_LEVEL", "loud")]).expect_err("refused");
    assert_eq!(wrong.lines().count(), 3, "{wrong}");
}

#[test]
fn a_broken_file_and_a_missing_one_are_named() {
    let wrong = load_text("theme = 'dark'\nmode = ", &[]).expect_err("refused");
    assert!(wrong.starts_with("config.toml:2: "), "{wrong}");

    let missing = Sources { file: Some("/nowhere/config.toml".into()), ..sources(&[]) };
    assert_eq!(
        Config::load(&missing).expect_err("refused").to_string(),
        "/nowhere/config.toml: there is no such file: check the name after --config"
    );
}

#[test]
fn the_usual_files_need_not_exist_and_the_first_that_does_is_read() {
    let folder = TempDir::new().expect("a folder");
    let (first, second) = (folder.path().join("first.toml"), folder.path().join("second.toml"));
    fs::write(&second, "theme = 'mono'").expect("a file");
    let sources = Sources { usual_files: vec![first.clone(), second], ..sources(&[]) };
    assert_eq!(format!("{:?}", Config::load(&sources).expect("right").theme()), "Mono");
    fs::write(&first, "theme = 'light'").expect("a file");
    assert_eq!(format!("{:?}", Config::load(&sources).expect("right").theme()), "Light");
}

#[test]
fn production_wants_a_key_and_a_chosen_store() {
    assert_eq!(
        load(&[("APP_ENV", "production")]).expect_err("refused"),
        "secret_key is not set: production signs tickets with a key of its own: set SECRET_KEY to what `kiosk secret` prints\n\
         store is not set: production needs a chosen store: write store = \"embedded\" or store = \"aws\""
    );
    assert!(load(&[("APP_ENV", "production"), ("SECRET_KEY", KEY), ("KIOSK_STORE", "embedded")]).is_ok());
    assert!(load(&[("APP_ENV", "production"), ("SECRET_KEY", KEY), ("USE_MOCK_AWS", "true")]).is_ok());
}

#[rstest]
#[case::short("c2hvcnQ")]
#[case::almost(&"ab".repeat(31))]
#[case::no_code("this is not base64url, and it is long enough to be a key")]
fn a_weak_key_is_refused_without_being_shown(#[case] key: &str) {
    let wrong = load(&[("SECRET_KEY", key)]).expect_err("refused");
    assert!(wrong.starts_with("SECRET_KEY in the environment: secret_key: it has to be 32 bytes or more"), "{wrong}");
    assert!(!wrong.contains(key));
}

#[test]
fn a_key_reads_as_hexadecimal_or_base64url_and_never_shows_itself() {
    let bytes: Vec<u8> = (0..32).collect();
    let hexadecimal = "000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f".to_owned();
    for text in [KEY, &format!("{KEY}="), &hexadecimal] {
        assert_eq!(SecretKey::parse(text).expect("valid").bytes(), bytes, "{text}");
    }
    let config = load(&[("SECRET_KEY", KEY)]).expect("right");
    let shown = format!("{config:?} {config:#?}");
    assert!(!shown.contains(KEY) && !shown.contains("31"), "{shown}");
}

#[test]
fn a_new_key_is_a_key_and_never_the_same() {
    let (one, two) = (secret::draw(), secret::draw());
    assert_eq!(SecretKey::parse(&one).expect("valid").bytes().len(), 32);
    assert_ne!(one, two);
}

#[test]
fn a_developers_key_is_made_once_and_kept_from_others() {
    let folder = TempDir::new().expect("a folder");
    let first = secret::key_in(folder.path()).expect("made");
    let again = secret::key_in(folder.path()).expect("read");
    assert_eq!(first.bytes(), again.bytes());
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft stays behind");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.path().join("secret.key")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_damaged_developers_key_is_refused_with_its_file() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("secret.key"), "oops").expect("a file");
    let wrong = secret::key_in(folder.path()).expect_err("refused").to_string();
    assert!(wrong.contains("secret.key: it has to be 32 bytes or more"), "{wrong}");
}

#[test]
fn a_slip_in_a_variables_name_is_noticed() {
    let config = load(&[("KIOSK_SESION_HOLD", "5m"), ("KIOSK_CONFIG", "")]).expect("right");
    assert_eq!(config.notices(), ["KIOSK_SESION_HOLD is not a setting: did you mean 'KIOSK_SESSION_HOLD'?"]);
}

#[cfg(unix)]
#[test]
fn a_key_in_a_file_that_others_may_read_is_noticed() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("config.toml");
    fs::write(&file, format!("secret_key = '{KEY}'")).expect("a file");
    for (mode, notices) in [(0o644, 1), (0o600, 0)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("permissions");
        let config = Config::load(&Sources { file: Some(file.clone()), ..sources(&[]) }).expect("right");
        assert_eq!(config.notices().len(), notices, "{:?}", config.notices());
    }
}

#[rstest]
#[case::nothing_known(&[], "colours unicode")]
#[case::a_modern_terminal(&[("TERM", "xterm-256color"), ("LANG", "en_IN.UTF-8")], "colours 256 unicode")]
#[case::the_bare_console(&[("TERM", "linux"), ("LANG", "en_IN.UTF-8")], "colours")]
#[case::an_old_locale(&[("TERM", "xterm"), ("LC_ALL", "C"), ("LANG", "en_IN.UTF-8")], "colours")]
#[case::colours_unwanted(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], "256 unicode")]
#[case::no_color_unset(&[("TERM", "xterm"), ("NO_COLOR", "")], "colours unicode")]
#[case::a_light_ground(&[("COLORFGBG", "0;15"), ("COLORTERM", "truecolor")], "colours 256 light unicode")]
#[case::over_ssh(&[("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22")], "colours unicode remote")]
#[case::a_desktop(&[("WAYLAND_DISPLAY", "wayland-0")], "colours unicode desktop")]
fn what_is_around_is_understood(#[case] environment: &[(&str, &str)], #[case] expected: &str) {
    let config = load(environment).expect("right");
    let around = config.surroundings();
    let facts = [
        (around.abilities().has_colours(), "colours"),
        (around.abilities().has_256_colours(), "256"),
        (around.abilities().is_light(), "light"),
        (around.abilities().has_unicode(), "unicode"),
        (around.is_remote(), "remote"),
        (around.has_desktop() && !cfg!(target_os = "macos"), "desktop"),
    ];
    let words: Vec<&str> = facts.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word).collect();
    assert_eq!(words.join(" "), expected);
}
