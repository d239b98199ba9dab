//! From a file back to a session.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use thiserror::Error;

use super::{End, Header, Line, MsgForm, VERSION, fingerprint};
use crate::domain::rules::Rules;
use crate::service::account::DEVELOPMENT_ACCOUNTS;
use crate::service::rules_file::with_editions;
use crate::ui::app::App;
use crate::ui::context::{AccountHint, Idle, Setup};
use crate::ui::msg::Msg;

/// A session that can be played.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What it began with.
    pub setup: Setup,
    /// When.
    pub begun: DateTime<Utc>,
    /// What its program took, in order.
    pub entries: Vec<Entry>,
    /// How it ends.
    pub ending: Ending,
}

/// A message and the moment at which the program took it.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// The moment.
    pub at: DateTime<Utc>,
    /// The message, as much of it as was written.
    #[serde(with = "MsgForm")]
    pub msg: Msg,
}

/// How a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With its last line.
    Told(End),
    /// Without it: the process or the disk gave out, or it is still being written. What is whole is here.
    CutOff,
}

/// Why a file cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadRecording {
    /// It does not begin as a recording does.
    #[error("this is not a recording of a Kiosk session")]
    NotARecording,
    /// It is of another form.
    #[error("this recording has the form {found}, and this Kiosk reads {VERSION}: use the Kiosk that made it")]
    Version {
        /// The form.
        found: u32,
    },
    /// Its session went by other rules.
    #[error("this recording was made under other rules of the railway: use the Kiosk that made it, version {program}")]
    OtherRules {
        /// The version of the program that wrote it.
        program: String,
    },
    /// Its sign-in screen showed an account that this program does not have.
    #[error("this recording shows a development account that this Kiosk does not have: {0}")]
    UnknownAccount(String),
    /// A line in its middle cannot be read.
    #[error("line {line} of this recording is damaged: {why}")]
    Damaged {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl Recording {
    /// Reads a file's bytes, for a program that goes by these rules.
    pub fn read(bytes: &[u8], rules: &Arc<Rules>) -> Result<Self, BadRecording> {
        let mut lines = (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n'));
        let (_, first) = lines.next().ok_or(BadRecording::NotARecording)?;
        let header = header(first)?;
        let (entries, ending) = body(lines)?;
        let begun = header.at;
        Ok(Self { setup: setup(header, rules)?, begun, entries, ending })
    }

    /// The program at the session's first moment. It then takes the entries.
    pub fn app(&self) -> App {
        App::new(self.setup.clone(), self.begun)
    }
}

fn header(line: &[u8]) -> Result<Header, BadRecording> {
    /// What every form has in common.
    #[derive(Deserialize)]
    struct Any {
        #[serde(rename = "Recording")]
        form: u32,
    }
    let Any { form } = serde_json::from_slice(line).map_err(|_| BadRecording::NotARecording)?;
    if form != VERSION {
        return Err(BadRecording::Version { found: form });
    }
    serde_json::from_slice(line).map_err(|wrong| damaged(1, &wrong))
}

fn body<'a>(lines: impl Iterator<Item = (usize, &'a [u8])>) -> Result<(Vec<Entry>, Ending), BadRecording> {
    let (mut entries, mut ending) = (Vec::new(), Ending::CutOff);
    for (number, line) in lines {
        if ending != Ending::CutOff {
            return Err(BadRecording::Damaged { line: number, why: "it stands behind the end".to_owned() });
        }
        match serde_json::from_slice(line) {
            Ok(Line::Took(entry)) => entries.push(entry),
            Ok(Line::Ended { why }) => ending = Ending::Told(why),
            // Only the last line has no end of its own, when it was never written to its end.
            Err(_) if !line.ends_with(b"\n") => break,
            Err(wrong) => return Err(damaged(number, &wrong)),
        }
    }
    Ok((entries, ending))
}

fn damaged(line: usize, wrong: &serde_json::Error) -> BadRecording {
    // The line of the text that was read is always the first: the column says enough.
    BadRecording::Damaged { line, why: wrong.to_string().replace(" at line 1 column", " at column") }
}

fn setup(header: Header, rules: &Arc<Rules>) -> Result<Setup, BadRecording> {
    let published = with_editions(rules, &header.editions).ok().map(Arc::new);
    let Some(rules) = published.filter(|rules| header.rules == fingerprint(rules)) else {
        return Err(BadRecording::OtherRules { program: header.program });
    };
    let hint = |name: String| {
        let account = DEVELOPMENT_ACCOUNTS.iter().find(|account| account.username == name);
        account.map(AccountHint::from).ok_or(BadRecording::UnknownAccount(name))
    };
    Ok(Setup {
        terminal: header.terminal,
        identity: header.identity,
        stations: header.stations,
        rules,
        look: header.look,
        documents: header.documents,
        hints: header.hints.into_iter().map(hint).collect::<Result<_, _>>()?,
        test_payment: header.test_payment,
        idle: Idle { public: span(header.public_idle_ms), staff: span(header.staff_idle_ms) },
        seed: header.seed,
    })
}

fn span(milliseconds: i64) -> TimeDelta {
    TimeDelta::try_milliseconds(milliseconds).unwrap_or(TimeDelta::MAX)
}
