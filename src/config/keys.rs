//! Every key there is, once: its name in the file, its names in the environment and its default.
//!
//! The reader of the file, the reader of the environment, the suggestions and the test over `config.toml.example` all
//! go by this table.

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name in the file, with its section: `session.hold`.
    pub name: &'static str,
    /// What holds when nobody sets it, as it would be written; `None` when the setting may be absent.
    pub default: Option<&'static str>,
    /// The variable by which the application that Kiosk replaces knew it.
    pub old: Option<&'static str>,
    /// Whether its value must never be shown.
    pub secret: bool,
}

impl Key {
    const fn new(name: &'static str) -> Self {
        Self { name, default: None, old: None, secret: false }
    }

    const fn default(self, text: &'static str) -> Self {
        Self { default: Some(text), ..self }
    }

    const fn old(self, variable: &'static str) -> Self {
        Self { old: Some(variable), ..self }
    }

    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// Its variable: `KIOSK_SESSION_HOLD`. It goes before the old one.
    pub fn variable(&self) -> String {
        format!("KIOSK_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }
}

/// All keys, in the order of `config.toml.example`.
pub const KEYS: &[Key] = &[
    Key::new("mode").default("development").old("APP_ENV"),
    Key::new("store").default("embedded"),
    Key::new("data_dir"),
    Key::new("secret_key").old("SECRET_KEY").secret(),
    Key::new("bootstrap_admin_email").old("BOOTSTRAP_ADMIN_EMAIL"),
    Key::new("theme").default("auto"),
    Key::new("aws.region").old("AWS_REGION"),
    Key::new("aws.endpoint_url").old("AWS_ENDPOINT_URL"),
    Key::new("aws.trains_table").default("trains").old("DYNAMODB_TABLE_TRAINS"),
    Key::new("aws.bookings_table").default("bookings").old("DYNAMODB_TABLE_BOOKINGS"),
    Key::new("aws.users_table").default("users").old("DYNAMODB_TABLE_USERS"),
    Key::new("aws.bucket").default("kiosk-receipts").old("S3_BUCKET_NAME"),
    Key::new("terminal.id").default("KIOSK-01"),
    Key::new("terminal.station"),
    Key::new("terminal.kind").default("counter"),
    Key::new("terminal.printer"),
    Key::new("session.public_idle").default("90s"),
    Key::new("session.staff_idle").default("10m"),
    Key::new("session.hold").default("10m"),
    Key::new("session.slip").default("20m"),
    Key::new("till.required").default("off"),
    Key::new("receipts.link_lifetime").default("15m"),
    Key::new("ssh.listen").default("127.0.0.1:2222"),
    Key::new("ssh.host_key"),
    Key::new("ssh.guest"),
    Key::new("ssh.max_sessions").default("1200"),
    Key::new("ssh.max_per_address").default("200"),
    Key::new("ssh.lifetime").default("12h"),
    Key::new("ssh.notice").default("20s"),
    Key::new("recording.folder"),
    Key::new("recording.megabytes").default("16"),
    Key::new("telemetry.listen").default("127.0.0.1:9464"),
    Key::new("notifications.lambda_function").old("LAMBDA_FUNCTION_NAME"),
    Key::new("notifications.email_from"),
    Key::new("notifications.sms").default("off"),
    Key::new("log.level").default("info"),
    Key::new("log.format").default("auto"),
    Key::new("log.keep_days").default("14"),
];

/// Says embedded (true) or AWS (false), as the application that Kiosk replaces did; `store` and `KIOSK_STORE` go before it.
pub const USE_MOCK_AWS: &str = "USE_MOCK_AWS";

/// The file of settings, instead of `--config`.
pub const CONFIG_FILE: &str = "KIOSK_CONFIG";

/// Variables of the application that Kiosk replaces which mean nothing here, each with the reason.
pub const IGNORED: &[(&str, &str)] = &[("SESSION_COOKIE_SECURE", "a terminal has no cookies")];

/// The key with a name in the file.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}
