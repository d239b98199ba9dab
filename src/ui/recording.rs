//! A session in a file: what its program began with and every message that it took, so that its screens can be seen again.
//!
//! A recording has one JSON value to a line: the header, then each message with the moment at which the program took it,
//! then how it ended. The requests of the session are not in it: the same messages make the program ask the same.
//!
//! * **The catalogue** comes along as far as a screen knows it, which is the stations: a recording is played where there
//!   is no store, and years later. So are the rules that are published. Those of the program are not: the header has
//!   the fingerprint of all, and a recording made by others is refused rather than played to other screens.
//! * **Secrets** stay out (`withhold.rs`): what is typed into a password or a code is one dot to a character. No screen
//!   goes by what a secret says ([`Field::value`](crate::ui::form::Field::value)), so the dots play to the same screens.
//!   How many there were, and when each was typed, can be seen.
//! * **What no screen draws** stays out too: the bytes of documents, and of the telephone numbers in bookings all but the
//!   last four digits.
//! * **What the screens showed** is in it, since that is what it is for: names, PNRs, tickets, a telephone number as it was
//!   typed. A recording is as confidential as the bookings are.

mod read;
mod withhold;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use ratatui::layout::Size;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

pub use self::read::{BadRecording, Ending, Entry, Recording};
use self::withhold::Typist;
use crate::domain::banner::Banner;
use crate::domain::inventory::RunState;
use crate::domain::rules::Rules;
use crate::domain::rules::book::Edition;
use crate::domain::station::StationIndex;
use crate::domain::terminal::Terminal;
use crate::service::progress::Progress;
use crate::service::request::{Failure, Identity, Reply};
use crate::ui::app::App;
use crate::ui::context::{Look, Setup};
use crate::ui::keys::{Key, Mouse};
use crate::ui::msg::{CallId, How, LeftBehind, Msg, OpenFailed, Opened};

/// The form in which this program writes recordings, and the only one that it reads.
pub const VERSION: u32 = 1;

/// What a session began with.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    recording: u32,
    /// The version of the program that wrote it, for whoever wonders.
    program: String,
    at: DateTime<Utc>,
    /// The fingerprint of the railway's rules.
    rules: String,
    /// What of them is published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    editions: Vec<Arc<Edition>>,
    terminal: Terminal,
    identity: Option<Identity>,
    stations: Arc<StationIndex>,
    look: Look,
    documents: Vec<How>,
    /// The development accounts on the sign-in screen, by name: their passwords are in the program.
    hints: Vec<String>,
    test_payment: bool,
    public_idle_ms: i64,
    staff_idle_ms: i64,
    seed: [u8; 32],
}

/// Any line after the header.
#[derive(Deserialize)]
enum Line {
    Took(Entry),
    Ended { why: End },
}

/// Why nothing follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The session was over.
    Over,
    /// The recording was as long as it may be; the session went on.
    Full,
}

/// A [`Line`] as it is written.
#[derive(Serialize)]
enum Written<'a> {
    Took { at: DateTime<Utc>, msg: Told<'a> },
    Ended { at: DateTime<Utc>, why: End },
}

/// A message from which everything was withheld that has to be.
struct Told<'a>(&'a Msg);

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        MsgForm::serialize(self.0, to)
    }
}

/// How a message is written. `Msg` itself cannot be: only what went through `withhold.rs` comes here.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Msg")]
enum MsgForm {
    Key(Key),
    Mouse(Mouse),
    Paste(String),
    Resize(#[serde(with = "SizeForm")] Size),
    Wake,
    Live(Arc<RunState>),
    Banners(Vec<Banner>),
    Rules(Vec<Arc<Edition>>),
    Progress(CallId, Progress),
    Reply(CallId, Result<Reply, Failure>),
    Opened(Result<Opened, OpenFailed>),
    Read(Result<String, OpenFailed>),
    Closing(DateTime<Utc>),
    LeftBehind(LeftBehind),
    Back(Look),
    NothingLeft,
    Expelled,
    HangUp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Size")]
struct SizeForm {
    width: u16,
    height: u16,
}

/// Turns a session into lines, each with its end.
#[derive(Debug, Default)]
pub struct Scribe {
    typist: Typist,
}

impl Scribe {
    /// The first line: with what `App::new` is called at this moment.
    pub fn header(setup: &Setup, at: DateTime<Utc>) -> Vec<u8> {
        let Setup { terminal, identity, stations, rules, look, documents, hints, test_payment, idle, seed } = setup;
        line(&Header {
            recording: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            at,
            rules: fingerprint(rules),
            editions: rules.editions().to_vec(),
            terminal: terminal.clone(),
            identity: identity.clone(),
            stations: Arc::clone(stations),
            look: *look,
            documents: documents.clone(),
            hints: hints.iter().map(|hint| hint.name.clone()).collect(),
            test_payment: *test_payment,
            public_idle_ms: idle.public.num_milliseconds(),
            staff_idle_ms: idle.staff.num_milliseconds(),
            seed: *seed,
        })
    }

    /// A message that the program, as it is now, is about to take.
    pub fn message(&mut self, at: DateTime<Utc>, app: &App, msg: &Msg) -> Vec<u8> {
        let told = self.typist.withhold(app, msg);
        line(&Written::Took { at, msg: Told(&told) })
    }

    /// The last line.
    pub fn end(at: DateTime<Utc>, why: End) -> Vec<u8> {
        line(&Written::Ended { at, why })
    }
}

fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("every key is a text or a number");
    line.push(b'\n');
    line
}

/// Rules that say the same have the same fingerprint.
fn fingerprint(rules: &Rules) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{rules:?}"))[..8])
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Over => "the session was over",
            Self::Full => "the recording was full",
        })
    }
}
