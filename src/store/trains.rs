//! The timetable: current trains, their published versions, and the stations.
//!
//! A train is several items: `12951`, which says what it is from which date on and is replaced when that changes, and each
//! of its versions, `12951@3`, which never is, because the runs sold under it keep to it. Stations are `station#NDLS`. The item `#catalogue` counts the changes, so that whoever
//! keeps the timetable in memory knows when to read it again, says which trains are off sale and which runs were given other times, has the banners, and counts the entries of the rules' book. Trains are never removed here: sold runs need them.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{
    AttributeValue, PutRequest, ReturnValue, ReturnValuesOnConditionCheckFailure, WriteRequest,
};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

pub use self::change::Edit;
use self::train_item::{Listed, TrainItem, listed, version_id};
use crate::domain::banner::Banner;
use crate::domain::coach::Class;
use crate::domain::edition::{Editions, NotPublished, Start};
use crate::domain::money::Paise;
use crate::domain::sales::{Scope, Stops};
use crate::domain::station::{Station, StationCode};
use crate::domain::train::{RunId, Train, TrainNumber};
use crate::store::item::{Item, check_version, corrupt, decode, encode, number, string, text};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE, TRAIN_ID};
use crate::store::{Outcome, Store, StoreError, raising};

mod banners;
mod change;
mod delayed;
mod rule_book;
mod train_item;

pub(in crate::store) const CATALOGUE: &str = "#catalogue";
/// Marks a fresh store for the schema of this code. Only provisioning raises the mark of one that has any, since it lists what
/// an older Kiosk has not.
const MARKING: &str = "SchemaVersion = if_not_exists(SchemaVersion, :schema)";
const STATION: &str = "station#";
/// The attribute of the catalogue's item that says what is off sale: train numbers, and [`EVERYTHING`].
const OFF_SALE: &str = "OffSale";
/// Stands for all trains among numbers of trains, of which none is written so.
const EVERYTHING: &str = "*";
/// The most items that one batch may write.
const BATCH: usize = 25;
/// The most versions of a train that others may have kept while one is published.
const TAKEN_VERSIONS: u32 = 16;
/// How often what the store left over of a batch is sent again, with growing pauses.
const LEFTOVER_ROUNDS: u32 = 12;

/// A train to be published, with what a table of trains shows beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The train; its version is replaced by the store's count.
    pub train: Train,
    /// An adult's fare from end to end for each class: an illustration for readers of the table, never a price.
    pub fares: BTreeMap<Class, Paise>,
}

/// What publishing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Trains that are new or changed.
    pub trains: usize,
    /// Stations that are new or changed.
    pub stations: usize,
    /// Why trains were left as they are.
    pub left: Vec<NotPublished>,
    /// The catalogue's version now.
    pub version: u64,
}

/// The whole timetable as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Counts the changes; 0 when nothing was ever published.
    pub version: u64,
    /// The stations, by code.
    pub stations: Vec<Station>,
    /// The trains, by number.
    pub trains: Vec<Editions>,
    /// Whether a change of it broke off: publishing the same again finishes it.
    pub unfinished: bool,
    /// What is off sale.
    pub stops: Stops,
    /// What is shown at terminals, by when it begins.
    pub banners: Vec<Banner>,
    /// How many entries the book of rules has.
    pub rules: u32,
    /// The runs whose times were changed, and how often.
    pub delayed: BTreeMap<RunId, u16>,
}

/// What changes most of the timetable, in one small item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Counts the changes; 0 when nothing was ever published.
    pub version: u64,
    /// What is off sale.
    pub stops: Stops,
    /// What is shown at terminals, by when it begins.
    pub banners: Vec<Banner>,
    /// Whether it is marked for a newer schema than this code knows.
    pub is_newer: bool,
    /// How many entries the book of rules has.
    pub rules: u32,
    /// The runs whose times were changed, and how often.
    pub delayed: BTreeMap<RunId, u16>,
}

/// A station's item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StationItem {
    #[serde(rename = "TrainID")]
    id: String,
    #[serde(flatten)]
    station: Station,
}

/// What is stored now, read whole.
#[derive(Default)]
struct Contents {
    version: u64,
    stops: Stops,
    banners: Vec<Banner>,
    rules: u32,
    delayed: BTreeMap<RunId, u16>,
    unfinished: bool,
    stations: BTreeMap<StationCode, Station>,
    trains: BTreeMap<TrainNumber, TrainItem>,
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
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Published, StoreError> {
        let contents = self.contents().await?;
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
        let publisher = self.patience().token();
        self.mark_catalogue(contents.version, &publisher, Stage::Begun).await?;
        let stations: Vec<_> = changed_stations
            .into_iter()
            .map(|station| encode(&StationItem { id: format!("{STATION}{}", station.code), station: station.clone() }))
            .collect();
        let of = stations.len() + 2 * changed.len();
        let mut written = 0;
        for batch in stations.chunks(BATCH) {
            progress(written, of);
            self.put_trains(batch).await?;
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
            self.put_trains(batch).await?;
            written += batch.len();
        }
        progress(of, of);
        self.mark_catalogue(contents.version + 1, &publisher, Stage::Done).await?;
        Ok(Published { version: contents.version + 2, ..done })
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
        Err(StoreError::Conflict { what: "the timetable".to_owned() })
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

    /// All stations and trains.
    pub async fn catalogue(&self) -> Result<Catalogue, StoreError> {
        let contents = self.contents().await?;
        Ok(Catalogue {
            version: contents.version,
            stops: contents.stops,
            banners: contents.banners,
            rules: contents.rules,
            delayed: contents.delayed,
            unfinished: contents.unfinished,
            stations: contents.stations.into_values().collect(),
            trains: contents.trains.into_values().map(TrainItem::editions).collect::<Result<_, _>>()?,
        })
    }

    /// A count that changes whenever the timetable does; 0 when nothing was ever published. It may lag by a moment.
    pub async fn catalogue_version(&self) -> Result<u64, StoreError> {
        let mark = self.catalogue_mark().await?;
        if mark.is_newer { Err(StoreError::newer(CATALOGUE)) } else { Ok(mark.version) }
    }

    /// That count, what is off sale, the banners, how many entries the rules have and which runs are late, by one small read. They may lag by a moment.
    pub async fn catalogue_mark(&self) -> Result<Mark, StoreError> {
        let request = self.dynamodb().get_item().table_name(&self.names().trains).key(TRAIN_ID, string(CATALOGUE));
        let item = self.attempt(|| request.clone().send()).await?.answer()?.item;
        let mark = |item: Item| {
            let is_newer = raising::schema_of(&item).is_some_and(|schema| schema > SCHEMA_VERSION);
            let (version, rules) = (catalogue_version(&item)?, rule_book::count(&item)?);
            let (stops, banners, delayed) = (stops(&item)?, banners::of(&item), delayed::of(&item));
            Ok(Mark { version, stops, banners, is_newer, rules, delayed })
        };
        item.map_or_else(|| Ok(Mark::default()), mark)
    }

    /// Takes trains off sale. Returns all that is off sale then; repeating it changes nothing.
    ///
    /// # Errors
    ///
    /// `NotFound` when nothing was ever published.
    pub async fn stop_sales(&self, scope: Scope) -> Result<Stops, StoreError> {
        self.change_stops(&format!("ADD {OFF_SALE} :trains"), Some(scope)).await
    }

    /// Puts trains on sale again: one, or all that were taken off in whatever way. Otherwise as [`Self::stop_sales`].
    pub async fn start_sales(&self, scope: Scope) -> Result<Stops, StoreError> {
        match scope {
            Scope::All => self.change_stops(&format!("REMOVE {OFF_SALE}"), None).await,
            Scope::Train(_) => self.change_stops(&format!("DELETE {OFF_SALE} :trains"), Some(scope)).await,
        }
    }

    async fn change_stops(&self, update: &str, named: Option<Scope>) -> Result<Stops, StoreError> {
        let request = self
            .dynamodb()
            .update_item()
            .table_name(&self.names().trains)
            .key(TRAIN_ID, string(CATALOGUE))
            .update_expression(update)
            .set_expression_attribute_values(named.map(|scope| {
                let name = match scope {
                    Scope::All => EVERYTHING.to_owned(),
                    Scope::Train(train) => train.to_string(),
                };
                HashMap::from([(":trains".to_owned(), AttributeValue::Ss(vec![name]))])
            }))
            .condition_expression(format!("attribute_exists({TRAIN_ID})"))
            .return_values(ReturnValue::AllNew);
        match self.attempt(|| request.clone().send()).await?.verdict {
            Ok(answer) => stops(&answer.attributes.unwrap_or_default()),
            Err(refusal) if refusal.is_condition_failure() => {
                Err(StoreError::NotFound { what: "the timetable".to_owned() })
            }
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// A published version of a train, as it was then.
    pub async fn train_version(&self, train: TrainNumber, version: u32) -> Result<Train, StoreError> {
        let what = format!("version {version} of train {train}");
        let request = self.dynamodb().get_item().table_name(&self.names().trains).consistent_read(true);
        let request = request.key(TRAIN_ID, string(version_id(train, version)));
        let item = self.attempt(|| request.clone().send()).await?.answer()?.item;
        let item = item.ok_or_else(|| StoreError::NotFound { what: what.clone() })?;
        decode::<TrainItem>(item, &what)?.train()
    }

    async fn contents(&self) -> Result<Contents, StoreError> {
        let mut contents = Contents::default();
        let mut from: Option<Item> = None;
        loop {
            let request = self
                .dynamodb()
                .scan()
                .table_name(&self.names().trains)
                .filter_expression(format!("NOT contains({TRAIN_ID}, :at)"))
                .expression_attribute_values(":at", string('@'))
                .consistent_read(true)
                .set_exclusive_start_key(from);
            let answer = self.attempt(|| request.clone().send()).await?.answer()?;
            for item in answer.items.unwrap_or_default() {
                contents.add(item)?;
            }
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(contents);
            }
        }
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
        if ours { Ok(()) } else { Err(StoreError::Conflict { what: "the timetable".to_owned() }) }
    }

    /// Puts at most [`BATCH`] items; what the store leaves over is sent again.
    async fn put_trains(&self, items: &[Item]) -> Result<(), StoreError> {
        let put = |item: &Item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build().expect("the item is set");
            WriteRequest::builder().put_request(put).build()
        };
        let mut left = HashMap::from([(self.names().trains.clone(), items.iter().map(put).collect::<Vec<_>>())]);
        for round in 1..=LEFTOVER_ROUNDS {
            let request = self.dynamodb().batch_write_item().set_request_items(Some(left));
            let answer = self.attempt(|| request.clone().send()).await?.answer()?;
            left = answer.unprocessed_items.unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            self.patience().pause(round).await;
        }
        let cause = "it takes only a part of what is written".to_owned();
        Err(StoreError::Unavailable { outcome: Outcome::Unknown, cause })
    }
}

/// How far a change of the catalogue has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begun,
    Done,
}

impl Contents {
    fn add(&mut self, item: Item) -> Result<(), StoreError> {
        let id = text(&item, TRAIN_ID).ok_or_else(|| corrupt("an item of the timetable", "it has no key"))?.to_owned();
        if id == CATALOGUE {
            check_version(&item, CATALOGUE)?;
            self.version = catalogue_version(&item)?;
            self.stops = stops(&item)?;
            self.banners = banners::of(&item);
            self.rules = rule_book::count(&item)?;
            self.delayed = delayed::of(&item);
            self.unfinished = item.contains_key("Unfinished");
        } else if id.starts_with(STATION) {
            let StationItem { station, .. } = decode(item, &id)?;
            self.stations.insert(station.code, station);
        } else {
            let train: TrainItem = decode(item, &format!("train {id}"))?;
            self.trains.insert(train.number, train);
        }
        Ok(())
    }
}

/// The condition that the store is not marked for a newer schema than `:schema`.
fn unless_newer() -> String {
    format!("(attribute_not_exists({SCHEMA_VERSION_ATTRIBUTE}) OR {SCHEMA_VERSION_ATTRIBUTE} <= :schema)")
}

/// A station's code with its name.
fn named(station: &Station) -> (StationCode, &str) {
    (station.code, station.name.as_str())
}

/// What the catalogue's item says is off sale.
fn stops(item: &Item) -> Result<Stops, StoreError> {
    let mut stops = Stops::default();
    for name in item.get(OFF_SALE).and_then(|value| value.as_ss().ok()).into_iter().flatten() {
        if name == EVERYTHING {
            stops.all = true;
        } else {
            stops.trains.insert(TrainNumber::parse(name).map_err(|error| corrupt("what is off sale", error))?);
        }
    }
    Ok(stops)
}

fn catalogue_version(item: &Item) -> Result<u64, StoreError> {
    let version = item.get("Version").and_then(|value| value.as_n().ok()).and_then(|version| version.parse().ok());
    version.ok_or_else(|| corrupt("the timetable's version", "it is no number"))
}
