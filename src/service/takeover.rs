//! Taking over what the application that Kiosk replaces left in the tables: its users, trains and bookings, in place.
//!
//! Each item is one transaction on condition that nobody took it over yet, so a takeover can break off, be repeated, and
//! run beside another. What cannot be taken over stays as it is, and is named with what to do about it. Nothing of it sells:
//! a train that has no halts goes on sale when a timetable with its number is loaded.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use serde::Serialize;

use crate::domain::train::TrainNumber;
use crate::domain::user::Account;
use crate::store::former::{AccountTaken, FormerItem, FormerTable, Unreadable};
use crate::store::{Store, StoreError};

/// Items that are written at once.
const AT_ONCE: usize = 16;

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is only said what would be.
    Rehearsal,
    /// It is done.
    Real,
}

/// What came of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// It was taken over, or would be.
    Taken,
    /// It was, with something that a person should know.
    Noted,
    /// It stays as it is until somebody has done something about it.
    Left,
}

/// An item about which there is something to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Remark {
    /// What it is: `user`, `train` or `booking`.
    pub what: &'static str,
    /// Its key in the table.
    pub key: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What there is to know, and what to do.
    pub words: String,
}

/// How many items were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Count {
    /// Those that were taken over, or would be.
    pub taken: usize,
    /// Those that stay as they are.
    pub left: usize,
}

/// What a takeover has done, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Takeover {
    /// The users.
    pub users: Count,
    /// The trains.
    pub trains: Count,
    /// The bookings.
    pub bookings: Count,
    /// What there is to say, item by item.
    pub remarks: Vec<Remark>,
}

impl Takeover {
    /// Items that stay as they are until somebody has done something about them.
    pub fn left(&self) -> usize {
        self.users.left + self.trains.left + self.bookings.left
    }

    fn count(&mut self, table: FormerTable) -> &mut Count {
        match table {
            FormerTable::Users => &mut self.users,
            FormerTable::Trains => &mut self.trains,
            FormerTable::Bookings => &mut self.bookings,
        }
    }

    fn note(&mut self, table: FormerTable, judged: Judged) {
        let count = self.count(table);
        if judged.verdict == Verdict::Left {
            count.left += 1;
        } else {
            count.taken += 1;
        }
        let Judged { key, verdict, words } = judged;
        self.remarks.extend(words.into_iter().map(|words| Remark {
            what: table.word(),
            key: key.clone(),
            verdict,
            words,
        }));
    }
}

/// What came of one item.
struct Judged {
    key: String,
    verdict: Verdict,
    words: Vec<String>,
}

impl Judged {
    fn taken(key: &str, words: Vec<String>) -> Self {
        let verdict = if words.is_empty() { Verdict::Taken } else { Verdict::Noted };
        Self { key: key.to_owned(), verdict, words }
    }

    fn left(key: &str, words: String) -> Self {
        Self { key: key.to_owned(), verdict: Verdict::Left, words: vec![words] }
    }
}

/// Takes over all that is left, or says what that would do. `progress` gets the items looked at so far.
pub async fn take_over(
    store: &Store,
    now: DateTime<Utc>,
    mode: Mode,
    mut progress: impl FnMut(FormerTable, usize),
) -> Result<Takeover, StoreError> {
    let mut takeover = Takeover::default();
    let mut names = Names::default();
    for table in [FormerTable::Users, FormerTable::Trains, FormerTable::Bookings] {
        let (mut next, mut seen) = (None, 0);
        loop {
            let page = store.former_items(table, next.as_deref()).await?;
            for items in page.items.chunks(AT_ONCE) {
                let judged = match table {
                    FormerTable::Users => users(store, items, now, mode, &mut names).await?,
                    FormerTable::Trains => try_join_all(items.iter().map(|item| train(store, item, mode))).await?,
                    FormerTable::Bookings => try_join_all(items.iter().map(|item| booking(store, item, mode))).await?,
                };
                seen += items.len();
                progress(table, seen);
                for judged in judged {
                    takeover.note(table, judged);
                }
            }
            next = page.next;
            if next.is_none() {
                break;
            }
        }
    }
    Ok(takeover)
}

/// The names and addresses of users that were met, in the form in which they are compared, with the users' keys.
#[derive(Default)]
struct Names {
    usernames: BTreeMap<String, String>,
    emails: BTreeMap<String, String>,
}

impl Names {
    /// Notes a user's, unless an earlier one has either: then it says so.
    fn claim(&mut self, key: &str, account: &Account) -> Result<(), String> {
        let (username, email) = (account.username.key(), account.email.key());
        if let Some(other) = self.usernames.get(&username) {
            return Err(taken(&format!("user name {}", account.username), &format!("user {other}")));
        }
        if let Some(other) = self.emails.get(&email) {
            return Err(taken(&format!("address {}", account.email), &format!("user {other}")));
        }
        self.usernames.insert(username, key.to_owned());
        self.emails.insert(email, key.to_owned());
        Ok(())
    }
}

fn taken(what: &str, by: &str) -> String {
    format!("Its {what} is that of {by} already, if case does not count: change one of the two, and run this again.")
}

async fn users(
    store: &Store,
    items: &[FormerItem],
    now: DateTime<Utc>,
    mode: Mode,
    names: &mut Names,
) -> Result<Vec<Judged>, StoreError> {
    let mut judged = Vec::new();
    let mut free = Vec::new();
    for item in items {
        let key = item.key(FormerTable::Users);
        let read = item.account(now).map_err(|Unreadable(words)| words);
        match read.and_then(|reading| names.claim(key, &reading.value).map(|()| reading)) {
            Ok(reading) => free.push((item, key, reading)),
            Err(words) => judged.push(Judged::left(key, words)),
        }
    }
    let written = try_join_all(free.into_iter().map(|(item, key, reading)| async move {
        let account = reading.value;
        let came = match mode {
            Mode::Real => store.take_over_account(item, &account).await?,
            Mode::Rehearsal => store.stands_in_the_way_of(&account).await?.unwrap_or(AccountTaken::Done),
        };
        Ok::<_, StoreError>(match came {
            AccountTaken::Done => Judged::taken(key, reading.doubts),
            AccountTaken::UsernameTaken => {
                Judged::left(key, taken(&format!("user name {}", account.username), "another account"))
            }
            AccountTaken::EmailTaken => {
                Judged::left(key, taken(&format!("address {}", account.email), "another account"))
            }
        })
    }));
    judged.extend(written.await?);
    Ok(judged)
}

/// A train of that application has neither halts nor coaches: it makes way for the timetable's.
async fn train(store: &Store, item: &FormerItem, mode: Mode) -> Result<Judged, StoreError> {
    let told = item.train();
    if mode == Mode::Real {
        store.set_aside_train(item).await?;
    }
    let next = match TrainNumber::parse(&told.number) {
        Ok(number) => format!("it is on sale once kiosk seed has loaded a timetable that has {number}"),
        Err(_) => "its key is no train's number: look up which it is, and load a timetable that has that".to_owned(),
    };
    let words = format!("{}: it has no halts and no coaches, and is set aside; {next}.", told.words);
    Ok(Judged::taken(&told.number, vec![words]))
}

async fn booking(store: &Store, item: &FormerItem, mode: Mode) -> Result<Judged, StoreError> {
    let key = item.key(FormerTable::Bookings);
    let reading = match item.booking() {
        Ok(reading) => reading,
        Err(Unreadable(words)) => return Ok(Judged::left(key, words)),
    };
    if mode == Mode::Real {
        store.take_over_booking(item, &reading.value).await?;
    }
    Ok(Judged::taken(key, reading.doubts))
}
