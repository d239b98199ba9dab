//! Settings: one table of keys, read from a file and the environment into one validated [`Config`].
//!
//! The environment is read here and nowhere else. A value is checked once, when the program starts; every complaint
//! names the key, the value, what is allowed and where it was written, and all complaints come at once. What is absent
//! on purpose: settings that change while the program runs, and a second place for defaults ([`keys::KEYS`] has them).

pub mod keys;
mod parse;
pub mod secret;
mod sources;
mod surroundings;
mod values;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use tracing::Level;

use crate::domain::terminal::{Terminal, TerminalKind};
use crate::domain::user::Email;

use parse::{count, duration, word};
use secret::SecretKey;
pub use sources::{Origin, Sources};
pub use surroundings::Surroundings;
use values::Values;
pub use values::{ConfigError, Problem};

const THEMES: &[(&str, ThemeChoice)] = &[
    ("auto", ThemeChoice::Auto),
    ("dark", ThemeChoice::Dark),
    ("light", ThemeChoice::Light),
    ("contrast", ThemeChoice::Contrast),
    ("mono", ThemeChoice::Mono),
];

const TERMINAL_KINDS: &[(&str, TerminalKind)] =
    &[("counter", TerminalKind::Counter), ("public", TerminalKind::Public), ("desk", TerminalKind::Desk)];

const SWITCH: &[(&str, bool)] = &[("on", true), ("off", false)];

const LEVELS: &[(&str, Level)] = &[
    ("error", Level::ERROR),
    ("warn", Level::WARN),
    ("info", Level::INFO),
    ("debug", Level::DEBUG),
    ("trace", Level::TRACE),
];

/// Whether mistakes are cheap here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A developer's machine: accounts to try things with, test payments, a key of its own.
    Development,
    /// Real travellers and real money.
    Production,
}

/// Where trains, bookings and receipts are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    /// On the engines inside the process, in the data folder.
    Embedded,
    /// On `DynamoDB` and S3, or on whatever answers at `aws.endpoint_url`.
    Aws,
}

/// How the screen is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThemeChoice {
    /// As the terminal says it can.
    Auto,
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
    /// For eyes that need more.
    Contrast,
    /// Without colours.
    Mono,
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one JSON object a line.
    Json,
}

/// Names in the AWS account, or in its stand-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsNames {
    region: Option<String>,
    endpoint: Option<String>,
    trains: String,
    bookings: String,
    users: String,
    bucket: String,
}

impl AwsNames {
    /// The region; `None` leaves it to the SDK's own settings.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Another implementation's address; `None` is the real thing.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// The table of trains; `-runs` is added for that of runs.
    pub fn trains(&self) -> &str {
        &self.trains
    }

    /// The table of bookings; `-audit` is added for that of who did what.
    pub fn bookings(&self) -> &str {
        &self.bookings
    }

    /// The table of accounts.
    pub fn users(&self) -> &str {
        &self.users
    }

    /// The bucket of receipts.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }
}

/// How long things last at a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimes {
    public_idle: TimeDelta,
    staff_idle: TimeDelta,
    hold: TimeDelta,
    slip: TimeDelta,
}

impl SessionTimes {
    /// Until an untouched public console signs out and forgets.
    pub fn public_idle(&self) -> TimeDelta {
        self.public_idle
    }

    /// Until an untouched counter or desk locks.
    pub fn staff_idle(&self) -> TimeDelta {
        self.staff_idle
    }

    /// How long chosen berths are kept.
    pub fn hold(&self) -> TimeDelta {
        self.hold
    }

    /// How long berths are kept under a slip that is paid at a counter.
    pub fn slip(&self) -> TimeDelta {
        self.slip
    }
}

/// Who may come by SSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshSettings {
    listen: SocketAddr,
    host_key: Option<PathBuf>,
    guest: Option<String>,
    max_sessions: u16,
    max_per_address: u16,
    lifetime: TimeDelta,
    notice: TimeDelta,
}

impl SshSettings {
    /// Where they are awaited.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// The file of the key by which this server is known again; `None` is one of Kiosk's own.
    pub fn host_key(&self) -> Option<&Path> {
        self.host_key.as_deref()
    }

    /// The name that needs no password.
    pub fn guest(&self) -> Option<&str> {
        self.guest.as_deref()
    }

    /// How many may be connected.
    pub fn max_sessions(&self) -> u16 {
        self.max_sessions
    }

    /// How many of them from one address.
    pub fn max_per_address(&self) -> u16 {
        self.max_per_address
    }

    /// The longest session.
    pub fn lifetime(&self) -> TimeDelta {
        self.lifetime
    }

    /// How long people have to finish when the server is told to end.
    pub fn notice(&self) -> TimeDelta {
        self.notice
    }
}

/// Whether sessions are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingSettings {
    folder: Option<PathBuf>,
    megabytes: u16,
}

impl RecordingSettings {
    /// The folder of the recordings; without one nothing is recorded.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// How long a recording may become, in units of 2^20 bytes.
    pub fn megabytes(&self) -> u16 {
        self.megabytes
    }
}

/// By which ways people are told of their bookings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationSettings {
    function: Option<String>,
    sender: Option<Email>,
    sms: bool,
}

impl NotificationSettings {
    /// The function that is given every notification, by its name or ARN.
    pub fn function(&self) -> Option<&str> {
        self.function.as_deref()
    }

    /// The address from which mails come; without one none are sent.
    pub fn sender(&self) -> Option<&Email> {
        self.sender.as_ref()
    }

    /// Whether text messages are sent.
    pub fn sms(&self) -> bool {
        self.sms
    }
}

/// What is logged and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    level: Level,
    format: LogFormat,
    keep_days: u16,
}

impl LogSettings {
    /// The least that is worth a line.
    pub fn level(&self) -> Level {
        self.level
    }

    /// How a line is written.
    pub fn format(&self) -> LogFormat {
        self.format
    }

    /// How many days of files are kept.
    pub fn keep_days(&self) -> u16 {
        self.keep_days
    }
}

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    mode: Mode,
    store: StoreChoice,
    data_dir: PathBuf,
    secret_key: Option<SecretKey>,
    bootstrap_admin: Option<Email>,
    theme: ThemeChoice,
    aws: AwsNames,
    terminal: Terminal,
    printer: Option<String>,
    session: SessionTimes,
    till_required: bool,
    receipt_link: TimeDelta,
    ssh: SshSettings,
    recording: RecordingSettings,
    telemetry: Option<SocketAddr>,
    notifications: NotificationSettings,
    log: LogSettings,
    surroundings: Surroundings,
    notices: Vec<String>,
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// All that is wrong, not only the first of it.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut values = Values::read(sources)?;
        let mode = values.take("mode", word(&[("development", Mode::Development), ("production", Mode::Production)]));
        let log_formats = [("auto", None), ("text", Some(LogFormat::Text)), ("json", Some(LogFormat::Json))];
        let by_mode = if mode == Mode::Production { LogFormat::Json } else { LogFormat::Text };
        let config = Self {
            mode,
            store: values.take("store", word(&[("embedded", StoreChoice::Embedded), ("aws", StoreChoice::Aws)])),
            data_dir: values.data_dir(sources),
            secret_key: values.take_any("secret_key", SecretKey::parse),
            bootstrap_admin: values.take_any("bootstrap_admin_email", parse::email),
            theme: values.take("theme", word(THEMES)),
            aws: AwsNames {
                region: values.take_any("aws.region", parse::region),
                endpoint: values.take_any("aws.endpoint_url", parse::endpoint),
                trains: values.take("aws.trains_table", parse::table_name),
                bookings: values.take("aws.bookings_table", parse::table_name),
                users: values.take("aws.users_table", parse::table_name),
                bucket: values.take("aws.bucket", parse::bucket_name),
            },
            terminal: Terminal {
                id: values.take("terminal.id", parse::terminal_id),
                station: values.take_any("terminal.station", parse::station),
                kind: values.take("terminal.kind", word(TERMINAL_KINDS)),
            },
            printer: values.take_any("terminal.printer", parse::printer),
            session: SessionTimes {
                public_idle: values.take("session.public_idle", duration(15, 15 * 60)),
                staff_idle: values.take("session.staff_idle", duration(60, 8 * 3600)),
                hold: values.take("session.hold", duration(60, 30 * 60)),
                slip: values.take("session.slip", duration(5 * 60, 2 * 3600)),
            },
            till_required: values.take("till.required", word(SWITCH)),
            receipt_link: values.take("receipts.link_lifetime", duration(60, 12 * 3600)),
            ssh: SshSettings {
                listen: values.take("ssh.listen", parse::socket_address),
                host_key: values.take_any("ssh.host_key", parse::file),
                guest: values.take_any("ssh.guest", parse::guest),
                max_sessions: values.take("ssh.max_sessions", count(1, 10_000)),
                max_per_address: values.take("ssh.max_per_address", count(1, 10_000)),
                lifetime: values.take("ssh.lifetime", duration(5 * 60, 24 * 3600)),
                notice: values.take("ssh.notice", duration(1, 15 * 60)),
            },
            recording: RecordingSettings {
                folder: values.take_any("recording.folder", parse::folder),
                megabytes: values.take("recording.megabytes", count(1, 1024)),
            },
            telemetry: values.take("telemetry.listen", parse::socket_address_or_off),
            notifications: NotificationSettings {
                function: values.take_any("notifications.lambda_function", parse::function),
                sender: values.take_any("notifications.email_from", parse::email),
                sms: values.take("notifications.sms", word(SWITCH)),
            },
            log: LogSettings {
                level: values.take("log.level", word(LEVELS)),
                format: values.take("log.format", word(&log_formats)).unwrap_or(by_mode),
                keep_days: values.take("log.keep_days", count(1, 365)),
            },
            surroundings: Surroundings::read(sources),
            notices: Vec::new(),
        };
        if mode == Mode::Production {
            values.demand(
                "secret_key",
                "production signs tickets with a key of its own: set SECRET_KEY to what `kiosk secret` prints",
            );
            values.demand("store", "production needs a chosen store: write store = \"embedded\" or store = \"aws\"");
        }
        Ok(Self { notices: values.finish()?, ..config })
    }

    /// Whether mistakes are cheap here.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether this is a developer's machine.
    pub fn is_development(&self) -> bool {
        self.mode == Mode::Development
    }

    /// Where everything is kept.
    pub fn store(&self) -> StoreChoice {
        self.store
    }

    /// The data folder, absolute: the embedded store, the development key and the logs.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The key as it was set; see [`secret::key_in`] for a developer's own.
    pub fn secret_key(&self) -> Option<&SecretKey> {
        self.secret_key.as_ref()
    }

    /// The address whose account may become the first administrator.
    pub fn bootstrap_admin(&self) -> Option<&Email> {
        self.bootstrap_admin.as_ref()
    }

    /// How the screen is coloured.
    pub fn theme(&self) -> ThemeChoice {
        self.theme
    }

    /// Names in the AWS account.
    pub fn aws(&self) -> &AwsNames {
        &self.aws
    }

    /// What this terminal is.
    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// The printer of this terminal by the name that `lp -d` takes.
    pub fn printer(&self) -> Option<&str> {
        self.printer.as_deref()
    }

    /// How long things last.
    pub fn session(&self) -> &SessionTimes {
        &self.session
    }

    /// Whether an agent needs an open till to take money and to hand it out.
    pub fn till_required(&self) -> bool {
        self.till_required
    }

    /// How long a link to a receipt is good.
    pub fn receipt_link(&self) -> TimeDelta {
        self.receipt_link
    }

    /// Who may come by SSH.
    pub fn ssh(&self) -> &SshSettings {
        &self.ssh
    }

    /// Whether sessions are recorded.
    pub fn recording(&self) -> &RecordingSettings {
        &self.recording
    }

    /// Where `kiosk serve` answers monitors; without it, nowhere.
    pub fn telemetry(&self) -> Option<SocketAddr> {
        self.telemetry
    }

    /// By which ways people are told of their bookings.
    pub fn notifications(&self) -> &NotificationSettings {
        &self.notifications
    }

    /// What is logged and how.
    pub fn log(&self) -> &LogSettings {
        &self.log
    }

    /// What the environment says about the terminal and the machine.
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// What the person who runs this should know, though it stops nothing.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }
}
