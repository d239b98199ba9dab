//! The timetable: current trains, their published versions, and the stations.
//!
//! A train is several items: `12951`, which says what it is from which date on and is replaced when that changes, and each
//! of its versions, `12951@3`, which never is, because the runs sold under it keep to it. Stations are `station#NDLS`. The item `#catalogue` counts the changes, so that whoever
//! keeps the timetable in memory knows when to read it again, says which trains are off sale and which runs were given other times, has the banners, and counts the entries of the rules' book. Trains are never removed here: sold runs need them.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::{Deserialize, Serialize};

pub use self::change::Edit;
pub use self::publication::Basis;
use self::train_item::{TrainItem, version_id};
use crate::domain::banner::Banner;
use crate::domain::coach::Class;
use crate::domain::edition::{Editions, NotPublished};
use crate::domain::money::Paise;
use crate::domain::sales::{Scope, Stops};
use crate::domain::station::{Station, StationCode};
use crate::domain::train::{RunId, Train, TrainNumber};
use crate::store::item::{Item, check_version, corrupt, decode, string, text};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE, TRAIN_ID};
use crate::store::{Store, StoreError, raising};

mod banners;
mod change;
mod changed;
mod publication;
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
    /// Whether a change of it broke off, or is under way: publishing the same again finishes it.
    pub unfinished: bool,
    /// Who published many trains last.
    pub publisher: Option<String>,
    /// What is off sale.
    pub stops: Stops,
    /// What is shown at terminals, by when it begins.
    pub banners: Vec<Banner>,
    /// How many entries the book of rules has.
    pub rules: u32,
    /// The runs whose times were changed, and how often.
    pub changed: BTreeMap<RunId, u16>,
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
    pub changed: BTreeMap<RunId, u16>,
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
    changed: BTreeMap<RunId, u16>,
    unfinished: bool,
    publisher: Option<String>,
    stations: BTreeMap<StationCode, Station>,
    trains: BTreeMap<TrainNumber, TrainItem>,
}

impl Store {
    /// All stations and trains.
    pub async fn catalogue(&self) -> Result<Catalogue, StoreError> {
        let contents = self.contents().await?;
        Ok(Catalogue {
            version: contents.version,
            stops: contents.stops,
            banners: contents.banners,
            rules: contents.rules,
            changed: contents.changed,
            unfinished: contents.unfinished,
            publisher: contents.publisher,
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
            let (stops, banners, changed) = (stops(&item)?, banners::of(&item), changed::of(&item));
            Ok(Mark { version, stops, banners, is_newer, rules, changed })
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
        let scan = self
            .dynamodb()
            .scan()
            .table_name(&self.names().trains)
            .filter_expression(format!("NOT contains({TRAIN_ID}, :at)"))
            .expression_attribute_values(":at", string('@'))
            .consistent_read(true);
        let mut contents = Contents::default();
        self.scan_items(scan, |item| contents.add(item)).await?;
        Ok(contents)
    }
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
            self.changed = changed::of(&item);
            self.unfinished = item.contains_key("Unfinished");
            self.publisher = text(&item, "Publisher").map(str::to_owned);
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
