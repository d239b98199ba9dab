//! The railway's rules as this process knows them, and for administrators: what is published of them, trying a text, and
//! publishing it.
//!
//! Each process looks for new entries of the book where it looks for the timetable's version, every five seconds. What was
//! known at a moment is enough to sell on that railway's day, since nothing is entered later than two minutes before a day
//! begins ([`NOTICE`]). So only a process that could not look at the end of a day has to before it sells on the next.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::{Mutex, watch};

use crate::domain::booking::OpId;
use crate::domain::rules::Rules;
use crate::domain::rules::book::{
    BookEntry, Does, Edition, LONGEST_TEXT, NOTICE, NotEntered, RuleKind, Standing, may_publish, may_withdraw,
    standing, withdrawal,
};
use crate::domain::time::railway_time;
use crate::service::refusal::refuse;
use crate::service::request::{Cursor, Failure, Reply, RulePublication, RuleRecord, RuleRow, RuleTrial, SampleBooking};
use crate::service::rule_preview::preview;
use crate::service::session::{Session, Who};
use crate::service::{Kiosk, OPERATOR, rules_file};
use crate::store::{Store, StoreError};

/// Rules on a page of the list.
const PAGE: usize = 50;
/// How often a withdrawal is tried again because somebody else made an entry.
const ATTEMPTS: u32 = 8;
/// The name under which a text is read that has none yet.
const TRIED: &str = "these";

/// The book as this process knows it, and the rules by it.
pub(super) struct RuleBook {
    known: RwLock<Known>,
    rules: watch::Sender<Arc<Rules>>,
    /// Whoever takes something in has it: of two at once the one with less to say never has the last word.
    taking_in: Mutex<()>,
}

#[derive(Clone)]
struct Known {
    entries: Arc<[BookEntry]>,
    looked_at: DateTime<Utc>,
}

impl RuleBook {
    /// Reads a book of so many entries. Of one that a newer program has written, what can be read is kept, and it counts as
    /// looked for when the first other entry was made: no rules that are made on a day hold on it.
    pub(super) async fn read(store: &Store, count: u32, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let base = rules_file::bundled();
        let mut entries = Vec::new();
        let mut unread = None;
        for number in 0..count {
            match store.rule_book(number, number + 1).await {
                Ok(read) => entries.extend(read),
                Err(error @ StoreError::Corrupt { .. }) => {
                    unread = Some((error, entries.last().map_or(DateTime::UNIX_EPOCH, |last: &BookEntry| last.at)));
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let rules = loop {
            match rules_by(&base, &entries) {
                Ok(rules) => break rules,
                Err(error) => match entries.pop() {
                    Some(entry) => unread = Some((error, entry.at)),
                    None => return Err(error),
                },
            }
        };
        let looked_at = unread.map_or(now, |(error, at)| {
            tracing::error!(%error, "rules cannot be read: nothing is sold on the days after they were made");
            at
        });
        let known = Known { entries: entries.into(), looked_at };
        Ok(Self { known: RwLock::new(known), rules: watch::channel(Arc::new(rules)).0, taking_in: Mutex::default() })
    }

    pub(super) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.borrow())
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether what was known when it was last looked for is enough to sell at a moment. Half of the notice is for clocks
    /// that differ and for replies that take their time.
    fn covers(&self, now: DateTime<Utc>) -> bool {
        railway_time(now).date() <= railway_time(self.known().looked_at + NOTICE / 2).date()
    }
}

fn rules_by(base: &Rules, book: &[BookEntry]) -> Result<Rules, StoreError> {
    let editions: Vec<_> = standing(book).cloned().map(Arc::new).collect();
    rules_file::with_editions(base, &editions)
        .map_err(|cause| StoreError::Corrupt { what: "the rules".to_owned(), cause })
}

impl Kiosk {
    /// The railway's rules, as far as they are known here.
    pub fn rules(&self) -> Arc<Rules> {
        self.0.rule_book.rules()
    }

    /// Takes in what is new in a book that has so many entries; it was looked for at `now`.
    pub(super) async fn take_in_rules(&self, count: u32, now: DateTime<Utc>) -> Result<(), StoreError> {
        let book = &self.0.rule_book;
        let _taking_in = book.taking_in.lock().await;
        let mut known = book.known();
        let had = u32::try_from(known.entries.len()).unwrap_or(u32::MAX);
        let new = if count > had { self.store().rule_book(had, count).await? } else { Vec::new() };
        if !new.is_empty() {
            let entries: Vec<_> = known.entries.iter().cloned().chain(new).collect();
            let rules = rules_by(&self.rules(), &entries)?;
            tracing::info!(entries = entries.len(), "the rules have changed");
            known.entries = entries.into();
            book.rules.send_replace(Arc::new(rules));
            self.0.live.suspect_all();
        }
        known.looked_at = known.looked_at.max(now);
        *book.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    /// Makes sure that the rules of today are known here, before something is sold by them.
    pub(super) async fn know_rules(&self) -> Result<(), Failure> {
        self.rules_are_known().await.map_err(|error| refuse("read the rules", &error))
    }

    /// The same before something is done by them that nobody asked for.
    pub(super) async fn rules_are_known(&self) -> Result<(), StoreError> {
        // What is sold is reckoned a moment later, maybe on another day.
        let now = self.now();
        if self.0.rule_book.covers(now + NOTICE / 4) { Ok(()) } else { self.reload_catalogue(now).await }
    }

    async fn look_for_rules(&self) -> Result<(), Failure> {
        self.reload_catalogue(self.now()).await.map_err(|error| refuse("read the rules", &error))
    }

    /// The last date for which tickets may have been sold when an entry that is made now is known everywhere.
    fn last_on_sale(&self) -> NaiveDate {
        self.rules().last_on_sale(railway_time(self.now() + NOTICE).date())
    }
}

impl Session {
    /// Follows the railway's rules.
    pub fn rules(&self) -> watch::Receiver<Arc<Rules>> {
        self.kiosk().0.rule_book.rules.subscribe()
    }
}

/// A page of all rules: by kind, the latest first.
pub(super) async fn list(session: &Session, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    kiosk.look_for_rules().await?;
    let rows = rows(kiosk);
    let begin = after.map_or(0, |Cursor(last)| rows.iter().position(|row| row.id == *last).map_or(0, |at| at + 1));
    let more = rows.len() > begin + PAGE;
    let page: Vec<_> = rows.into_iter().skip(begin).take(PAGE).collect();
    let next = page.last().filter(|_| more).map(|row| Cursor(row.id.clone()));
    Ok(Reply::RuleEditions { page, next })
}

/// Rules with their text, by their name.
pub(super) async fn show(session: &Session, id: &str) -> Result<Reply, Failure> {
    session.kiosk().look_for_rules().await?;
    record_of(session.kiosk(), id).map(|record| Reply::RuleEdition(Box::new(record)))
}

/// What a text would do as rules from a day on, or from the first day on that can be.
pub(super) async fn try_out(
    session: &Session,
    text: &str,
    from: Option<NaiveDate>,
    sample: Option<&SampleBooking>,
) -> Result<Reply, Failure> {
    if text.len() > LONGEST_TEXT {
        return Err(NotEntered::TooLong.into());
    }
    let kiosk = session.kiosk();
    kiosk.look_for_rules().await?;
    let (rules, book) = (kiosk.rules(), kiosk.0.rule_book.known().entries);
    let kind = rules_file::kind_of(text);
    let (now, on_sale) = (kiosk.now(), kiosk.last_on_sale());
    let earliest = kind.unwrap_or(RuleKind::Fares).earliest(now, on_sale);
    let from = from.unwrap_or(earliest);
    let periods = kind.map(|kind| rules.periods(kind)).unwrap_or_default();
    let mut trial = RuleTrial {
        kind,
        mistakes: Vec::new(),
        earliest,
        from,
        instead_of: periods.iter().rfind(|period| period.from < from).map(|period| period.id.clone()),
        until: periods.iter().map(|period| period.from).find(|day| *day > from),
        based_on: u32::try_from(book.len()).unwrap_or(u32::MAX),
        preview: Vec::new(),
    };
    match rules_file::read_edition(text, TRIED, from) {
        Err(mistakes) => trial.mistakes = mistakes,
        Ok(set) => {
            if let Some(kind) = kind {
                may_publish(&book, (kind, from), now, on_sale)?;
            }
            if let Some(sample) = sample {
                let timetable = kiosk.timetable();
                let date = sample.date.max(from);
                let train = timetable.train_on(sample.train, date).ok_or(Failure::NoSuchTrain(sample.train))?;
                trial.preview = preview(&rules, set, from, train, &SampleBooking { date, ..sample.clone() })?;
            }
        }
    }
    Ok(Reply::RulesTried(Box::new(trial)))
}

/// Publishes a text as rules from a day on.
pub(super) async fn publish(session: &Session, asked: RulePublication) -> Result<Reply, Failure> {
    let RulePublication { op, text, from, based_on } = asked;
    if text.len() > LONGEST_TEXT {
        return Err(NotEntered::TooLong.into());
    }
    let kiosk = session.kiosk();
    kiosk.look_for_rules().await?;
    let book = kiosk.0.rule_book.known().entries;
    if let Some(made) = made_by(&book, op) {
        return record_of(kiosk, &made.id()).map(|record| Reply::RuleEdition(Box::new(record)));
    }
    kiosk.check_current()?;
    rules_file::read_edition(&text, TRIED, from).map_err(|mistakes| Failure::BadRules { mistakes })?;
    let kind = rules_file::kind_of(&text).expect("it was read as rules of a kind");
    let now = kiosk.now();
    let count = u32::try_from(book.len()).unwrap_or(u32::MAX);
    if count != based_on {
        return Err(changed_since(&book, based_on));
    }
    may_publish(&book, (kind, from), now, kiosk.last_on_sale())?;
    let edition = Edition { number: count + 1, kind, from, text };
    let (id, does) = (edition.id(), Does::Publish(edition));
    let entry = BookEntry { op, at: now, by: name_of(session), does };
    if let Err(error) = kiosk.store().add_rule_entry(count, &entry).await {
        return Err(not_added(kiosk, &error, based_on).await);
    }
    kiosk.record(session, "rules.publish", Some(id.clone()), Some(format!("{kind} from {from}")));
    kiosk.take_in_own(count + 1).await?;
    record_of(kiosk, &id).map(|record| Reply::RuleEdition(Box::new(record)))
}

/// Takes an edition back whose day is still to come.
pub(super) async fn withdraw(session: &Session, op: OpId, number: u32) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    for _ in 0..ATTEMPTS {
        kiosk.look_for_rules().await?;
        let book = kiosk.0.rule_book.known().entries;
        let id = match withdrawal(&book, number).filter(|entry| entry.op == op) {
            Some(_) => id_of(&book, number),
            None => None,
        };
        if let Some(id) = id {
            return record_of(kiosk, &id).map(|record| Reply::RuleEdition(Box::new(record)));
        }
        kiosk.check_current()?;
        let now = kiosk.now();
        let id = may_withdraw(&book, number, now, kiosk.last_on_sale())?.id();
        let count = u32::try_from(book.len()).unwrap_or(u32::MAX);
        let entry = BookEntry { op, at: now, by: name_of(session), does: Does::Withdraw(number) };
        match kiosk.store().add_rule_entry(count, &entry).await {
            Ok(()) => {
                kiosk.record(session, "rules.withdraw", Some(id.clone()), None);
                kiosk.take_in_own(count + 1).await?;
                return record_of(kiosk, &id).map(|record| Reply::RuleEdition(Box::new(record)));
            }
            // Somebody else made an entry: whether this one can still be taken back is looked at again.
            Err(StoreError::Conflict { .. }) => kiosk.take_in_own(count + 1).await?,
            Err(error) => return Err(not_added(kiosk, &error, count).await),
        }
    }
    Err(Failure::Busy)
}

impl Kiosk {
    /// Takes in the book up to an entry that is known to be there, whatever the catalogue's item says yet.
    async fn take_in_own(&self, count: u32) -> Result<(), Failure> {
        // What else there may be by now was not looked for.
        let looked_at = self.0.rule_book.known().looked_at;
        self.take_in_rules(count, looked_at).await.map_err(|error| refuse("read the rules", &error))
    }
}

/// The edition that an action has published.
fn made_by(book: &[BookEntry], op: OpId) -> Option<&Edition> {
    book.iter().find(|entry| entry.op == op).and_then(|entry| match &entry.does {
        Does::Publish(edition) => Some(edition),
        Does::Withdraw(_) => None,
    })
}

fn id_of(book: &[BookEntry], number: u32) -> Option<String> {
    published(book).find(|(_, edition)| edition.number == number).map(|(_, edition)| edition.id())
}

fn published(book: &[BookEntry]) -> impl Iterator<Item = (&BookEntry, &Edition)> {
    book.iter().filter_map(|entry| match &entry.does {
        Does::Publish(edition) => Some((entry, edition)),
        Does::Withdraw(_) => None,
    })
}

/// Why an entry was not added. What others have done meanwhile is told by name.
async fn not_added(kiosk: &Kiosk, error: &StoreError, based_on: u32) -> Failure {
    match error {
        StoreError::Conflict { .. } => match kiosk.take_in_own(based_on + 1).await {
            Ok(()) => changed_since(&kiosk.0.rule_book.known().entries, based_on),
            Err(failure) => failure,
        },
        StoreError::NotFound { .. } => Failure::NoTimetable,
        error => refuse("change the rules", error),
    }
}

/// What was entered after a book had so many entries.
fn changed_since(book: &[BookEntry], based_on: u32) -> Failure {
    let since = book.iter().skip(usize::try_from(based_on).unwrap_or(usize::MAX));
    let says = since.map(|entry| match &entry.does {
        Does::Publish(edition) => format!("{} published {}", entry.by, edition.id()),
        Does::Withdraw(number) => format!("{} withdrew {}", entry.by, id_of(book, *number).unwrap_or_default()),
    });
    Failure::RulesChanged { what: says.collect::<Vec<_>>().join(", ") }
}

/// All rules: by kind, the latest first; what was taken back is behind what holds from the same day.
fn rows(kiosk: &Kiosk) -> Vec<RuleRow> {
    let (rules, book) = (kiosk.rules(), kiosk.0.rule_book.known().entries);
    let (now, on_sale) = (kiosk.now(), kiosk.last_on_sale());
    let today = railway_time(now).date();
    let mut rows = Vec::new();
    for kind in RuleKind::ALL {
        let of_kind = rules.periods(kind).into_iter().map(|period| {
            let edition = published(&book).find(|(_, edition)| edition.id() == period.id);
            RuleRow {
                number: edition.map(|(_, edition)| edition.number),
                kind,
                from: period.from,
                until: period.until,
                standing: Standing::of(period.from, period.until, today),
                published: edition.map(|(entry, _)| (entry.by.clone(), entry.at)),
                withdrawn: None,
                may_go: edition.is_some_and(|(_, edition)| may_withdraw(&book, edition.number, now, on_sale).is_ok()),
                id: period.id,
            }
        });
        let gone = published(&book).filter(|(_, edition)| edition.kind == kind).filter_map(|(entry, edition)| {
            let gone = withdrawal(&book, edition.number)?;
            Some(RuleRow {
                id: edition.id(),
                number: Some(edition.number),
                kind,
                from: edition.from,
                until: None,
                standing: Standing::Withdrawn,
                published: Some((entry.by.clone(), entry.at)),
                withdrawn: Some((gone.by.clone(), gone.at)),
                may_go: false,
            })
        });
        let mut of_kind: Vec<_> = of_kind.chain(gone).collect();
        of_kind
            .sort_by_key(|row| (std::cmp::Reverse(row.from), row.withdrawn.is_some(), std::cmp::Reverse(row.number)));
        rows.extend(of_kind);
    }
    rows
}

fn record_of(kiosk: &Kiosk, id: &str) -> Result<RuleRecord, Failure> {
    let row = rows(kiosk).into_iter().find(|row| row.id == id);
    let row = row.ok_or_else(|| Failure::NoSuchRules(id.to_owned()))?;
    let book = kiosk.0.rule_book.known().entries;
    let own = published(&book).find(|(_, edition)| edition.id() == id).map(|(_, edition)| edition.text.clone());
    let text = own.or_else(|| rules_file::shipped_text(id).map(|(_, text)| text));
    Ok(RuleRecord { row, text: text.unwrap_or_default() })
}

/// Who makes an entry, for all who read the book.
fn name_of(session: &Session) -> String {
    match session.who() {
        Who::Account(identity) => identity.username.to_string(),
        Who::Guest | Who::Operator => OPERATOR.to_owned(),
    }
}
