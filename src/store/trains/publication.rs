//! Writes many trains and stations: a mark on the catalogue says that it has begun, and another that it is done.
//!
//! Two publications never mix. Each train and station is written on condition that the first mark still stands as this one
//! set it, so whoever begins while another is under way stops that one at its next write. What the other had written by then
//! is read after the mark and not before.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use futures_util::future::try_join_all;

use super::train_item::{Listed, TrainItem, listed};
use super::{
    CATALOGUE, Catalogue, Contents, Listing, MARKING, Published, STATION, StationItem, catalogue_version, named,
    unless_newer,
};
use crate::domain::edition::Start;
use crate::domain::station::Station;
use crate::store::item::{Item, check_version, decode, encode, number, string, text};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{SCHEMA_VERSION, TRAIN_ID};
use crate::store::{Store, StoreError};

/// How many trains or stations are written at once.
const BATCH: usize = 25;
/// The most versions of a train that others may have kept while one is published.
const TAKEN_VERSIONS: u32 = 16;

/// Before a publisher's name while it stops whoever began before it.
const TAKES_OVER: &str = "over/";

/// What a publication was decided by.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The timetable as it was read.
    pub read: &'a Catalogue,
    /// Who publishes: a name that no other attempt has.
    pub publisher: &'a str,
}

/// How far a change of the catalogue has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begun,
    Done,
}

/// The first mark, as this publication set it.
struct Begun<'a> {
    version: u64,
    publisher: &'a str,
}

impl Store {
    /// Writes what is new or changed among stations and trains; what is unchanged is not written, so it is safe to repeat,
    /// also after it broke off. A train that cannot be published for the date on which it is to start is left as it is.
    /// `progress` gets the items written and the items to write.
    ///
    /// # Errors
    ///
    /// `Conflict` when somebody else publishes at the same time: repeat it then.
    pub async fn publish(
        &self,
        stations: &[Station],
        listings: &[Listing],
        start: Start,
        progress: impl FnMut(usize, usize),
    ) -> Result<Published, StoreError> {
        let publisher = self.patience().token();
        self.publish_all(stations, listings, start, (&publisher, None), progress).await
    }

    /// The same as long as the timetable is as it was read.
    ///
    /// # Errors
    ///
    /// `Conflict` when it is not, or when somebody else publishes at the same time: look at it again then. It stays unfinished
    /// when that one has written something since it was read, and the next publication finishes it.
    pub async fn publish_over(
        &self,
        basis: Basis<'_>,
        stations: &[Station],
        listings: &[Listing],
        start: Start,
        progress: impl FnMut(usize, usize),
    ) -> Result<Published, StoreError> {
        self.publish_all(stations, listings, start, (basis.publisher, Some(basis.read)), progress).await
    }

    async fn publish_all(
        &self,
        stations: &[Station],
        listings: &[Listing],
        start: Start,
        (publisher, read): (&str, Option<&Catalogue>),
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Published, StoreError> {
        let mut contents = self.contents_to_change().await?;
        if read.is_some_and(|read| read.version != contents.version) || !contents.are_as(read)? {
            return Err(moved());
        }
        if contents.unfinished {
            // Whoever began it may be about to write: from this mark on they cannot. It is under another name than the
            // publisher's, who has begun nothing before it is known that the timetable is as it was read.
            self.begin(contents.version, &format!("{TAKES_OVER}{publisher}")).await?;
            contents = self.contents_to_change().await?;
            if !contents.are_as(read)? {
                return Err(moved());
            }
        }
        let names: HashMap<_, _> = contents.stations.values().chain(stations).map(named).collect();
        let changed_stations: Vec<_> =
            stations.iter().filter(|station| contents.stations.get(&station.code) != Some(station)).collect();
        let mut changed = Vec::new();
        let mut left = Vec::new();
        let list = |listing: &Listing, taken| {
            listed(listing, &names, contents.trains.get(&listing.train.number()), start, taken)
        };
        for listing in listings {
            match list(listing, 0)? {
                Listed::Same => {}
                Listed::Left(reason) => left.push(reason),
                Listed::Changed(items) => changed.push((listing, items)),
            }
        }
        let (stations_done, version) = (changed_stations.len(), contents.version);
        let done = Published { trains: changed.len(), stations: stations_done, left, version };
        if done.trains == 0 && done.stations == 0 && !contents.unfinished {
            return Ok(done);
        }
        // The first mark says that a change has begun, so that one that breaks off is finished by the next.
        let begun = self.begin(contents.version, publisher).await?;
        let stations: Vec<_> = changed_stations
            .into_iter()
            .map(|station| encode(&StationItem { id: format!("{STATION}{}", station.code), station: station.clone() }))
            .collect();
        let of = stations.len() + 2 * changed.len();
        let mut written = 0;
        for batch in stations.chunks(BATCH) {
            progress(written, of);
            self.put_under(&begun, batch).await?;
            written += batch.len();
        }
        // A version must be there before anything can refer to it.
        let mut trains = Vec::new();
        for batch in changed.chunks(BATCH) {
            progress(written, of);
            let kept = batch.iter().map(|(listing, items)| self.keep(listing, items, &list));
            trains.extend(try_join_all(kept).await?);
            written += batch.len();
        }
        for batch in trains.chunks(BATCH) {
            progress(written, of);
            self.put_under(&begun, batch).await?;
            written += batch.len();
        }
        progress(of, of);
        self.mark_catalogue(begun.version, publisher, Stage::Done).await?;
        Ok(Published { version: begun.version + 1, ..done })
    }

    /// Keeps a train's next version for good, and gives the train's item with it. A number under which another is kept is left
    /// to that one, for runs may be sold by it: somebody else publishes at the same time, or did until it broke off.
    async fn keep(
        &self,
        listing: &Listing,
        (version, train): &(Option<TrainItem>, TrainItem),
        list: &impl Fn(&Listing, u32) -> Result<Listed, StoreError>,
    ) -> Result<Item, StoreError> {
        let Some(version) = version else { return Ok(encode(train)) };
        let (mut version, mut train) = (version.clone(), train.clone());
        for _ in 0..TAKEN_VERSIONS {
            if self.put_version(encode(&version)).await? {
                return Ok(encode(&train));
            }
            let Listed::Changed(next) = list(listing, version.version)? else { break };
            let (Some(next), with_it) = *next else { break };
            (version, train) = (next, with_it);
        }
        Err(moved())
    }

    /// Puts a version unless there is one of its number; whether there is this one then.
    async fn put_version(&self, item: Item) -> Result<bool, StoreError> {
        let put = self
            .dynamodb()
            .put_item()
            .table_name(&self.names().trains)
            .set_item(Some(item.clone()))
            .condition_expression(format!("attribute_not_exists({TRAIN_ID})"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.attempt(|| put.clone().send()).await?.verdict {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.is_condition_failure() => {
                let found = refusal.found().cloned().unwrap_or_default();
                Ok(decode::<TrainItem>(found, "a version of a train")? == decode(item, "a version of a train")?)
            }
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// All that is stored, with the count from before it was read: whoever changes something after that counts on, and the
    /// first mark then finds another count.
    async fn contents_to_change(&self) -> Result<Contents, StoreError> {
        let mut before = Contents::default();
        if let Some(item) = self.trains_item(CATALOGUE).await? {
            before.add(item)?;
        }
        let Contents { version, unfinished, .. } = before;
        Ok(Contents { version, unfinished, ..self.contents().await? })
    }

    /// Sets the first mark.
    async fn begin<'a>(&self, read: u64, publisher: &'a str) -> Result<Begun<'a>, StoreError> {
        self.mark_catalogue(read, publisher, Stage::Begun).await?;
        Ok(Begun { version: read + 1, publisher })
    }

    /// Counts the catalogue on from a version, unless another publisher did.
    async fn mark_catalogue(&self, read: u64, publisher: &str, stage: Stage) -> Result<(), StoreError> {
        let unfinished = match stage {
            Stage::Begun => "SET Unfinished = :true,",
            Stage::Done => "REMOVE Unfinished SET",
        };
        let condition = if read == 0 {
            format!("attribute_not_exists({TRAIN_ID})")
        } else {
            format!("Version = :read AND {}", unless_newer())
        };
        let mut request = self
            .dynamodb()
            .update_item()
            .table_name(&self.names().trains)
            .key(TRAIN_ID, string(CATALOGUE))
            .update_expression(format!("{unfinished} Version = :next, Publisher = :publisher, {MARKING}"))
            .condition_expression(condition)
            .expression_attribute_values(":next", number(read + 1))
            .expression_attribute_values(":publisher", string(publisher))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if read > 0 {
            request = request.expression_attribute_values(":read", number(read));
        }
        if stage == Stage::Begun {
            request = request.expression_attribute_values(":true", AttributeValue::Bool(true));
        }
        let Err(refusal) = self.attempt(|| request.clone().send()).await?.verdict else { return Ok(()) };
        if !refusal.is_condition_failure() {
            return Err(refused(&refusal));
        }
        if let Some(found) = refusal.found() {
            check_version(found, CATALOGUE)?;
        }
        // An earlier attempt whose reply was lost left this publisher's name at the next version.
        let ours = refusal.found().is_some_and(|found| {
            text(found, "Publisher") == Some(publisher) && catalogue_version(found).is_ok_and(|at| at == read + 1)
        });
        if ours { Ok(()) } else { Err(moved()) }
    }

    /// Puts at most [`BATCH`] items while the first mark stands.
    async fn put_under(&self, begun: &Begun<'_>, items: &[Item]) -> Result<(), StoreError> {
        let writes = std::iter::once(self.stands(begun)).chain(items.iter().map(|item| self.put_train(item.clone())));
        match self.transact(writes.collect()).await?.verdict {
            Ok(()) => Ok(()),
            Err(refusal) if refusal.failed_condition().is_some() => Err(moved()),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Asks that the first mark stands, in a write that changes nothing of it.
    fn stands(&self, begun: &Begun<'_>) -> TransactWriteItem {
        let values: [(String, AttributeValue); 2] =
            [(":version".to_owned(), number(begun.version)), (":publisher".to_owned(), string(begun.publisher))];
        let update = Update::builder()
            .table_name(&self.names().trains)
            .key(TRAIN_ID, string(CATALOGUE))
            .update_expression("SET Publisher = :publisher")
            .condition_expression("Version = :version AND Publisher = :publisher")
            .set_expression_attribute_values(Some(values.into()))
            .build()
            .expect("table, key and expression are given");
        TransactWriteItem::builder().update(update).build()
    }
}

impl Contents {
    /// Whether trains and stations are as somebody read them, if that matters.
    fn are_as(&self, read: Option<&Catalogue>) -> Result<bool, StoreError> {
        let Some(read) = read else { return Ok(true) };
        if self.trains.len() != read.trains.len() || !self.stations.values().eq(&read.stations) {
            return Ok(false);
        }
        for (item, read) in self.trains.values().zip(&read.trains) {
            if item.clone().editions()? != *read {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn moved() -> StoreError {
    StoreError::Conflict { what: "the timetable".to_owned() }
}
