//! A train as an item: what it is from its beginning, and the editions that follow.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::coach::{Class, Coach};
use crate::domain::edition::{Editions, NotPublished, Placement, Start};
use crate::domain::money::Paise;
use crate::domain::station::StationCode;
use crate::domain::train::{Halt, RunDays, Train, TrainDraft, TrainKind, TrainNumber, Zone};
use crate::store::StoreError;
use crate::store::item::corrupt;
use crate::store::trains::Listing;

/// A train's item. Its own attributes are its first edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TrainItem {
    #[serde(rename = "TrainID")]
    pub id: String,
    pub number: TrainNumber,
    pub version: u32,
    train_name: String,
    kind: TrainKind,
    zone: Zone,
    /// The names of its ends.
    route: String,
    /// When it leaves its first halt and reaches its last.
    time: String,
    runs_on: RunDays,
    halts: Vec<Halt>,
    coaches: Vec<Coach>,
    classes: BTreeMap<String, ClassItem>,
    /// The first date of origin on which it holds; absent when none came before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<NaiveDate>,
    /// The editions that follow, each with such a date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    later: Vec<TrainItem>,
    /// From this date on the train does not run any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retired_from: Option<NaiveDate>,
}

/// What a train's item says of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ClassItem {
    /// Berths of an empty run.
    availability: u32,
    /// [`Listing::fares`], in paise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fare: Option<Paise>,
}

impl TrainItem {
    fn new(listing: &Listing, names: &HashMap<StationCode, &str>, version: u32) -> Self {
        let train = &listing.train;
        let halts = train.halts();
        let (first, last) = (&halts[0], &halts[halts.len() - 1]);
        let name = |halt: &Halt| names.get(&halt.station).map_or_else(|| halt.station.to_string(), ToString::to_string);
        let class = |class: Class| {
            let availability = train.coaches_of(class).map(|coach| u32::from(coach.berths())).sum();
            (class.code().to_owned(), ClassItem { availability, fare: listing.fares.get(&class).copied() })
        };
        Self {
            id: train.number().to_string(),
            number: train.number(),
            version,
            train_name: train.name().to_owned(),
            kind: train.kind(),
            zone: train.zone(),
            route: format!("{} - {}", name(first), name(last)),
            time: format!("{} - {}", String::from(first.depart), String::from(last.arrive)),
            runs_on: train.runs_on(),
            halts: halts.to_vec(),
            coaches: train.coaches().to_vec(),
            classes: train.classes().into_iter().map(class).collect(),
            from: None,
            later: Vec::new(),
            retired_from: None,
        }
    }

    /// The train that its own attributes are.
    pub fn train(self) -> Result<Train, StoreError> {
        let what = format!("train {}", self.id);
        let draft = TrainDraft {
            number: self.number,
            version: self.version,
            name: self.train_name,
            kind: self.kind,
            zone: self.zone,
            runs_on: self.runs_on,
            halts: self.halts,
            coaches: self.coaches,
        };
        Train::new(draft).map_err(|error| corrupt(&what, error))
    }

    /// All that it says of the train.
    pub fn editions(self) -> Result<Editions, StoreError> {
        let (id, retired_from) = (self.id.clone(), self.retired_from);
        let parts = self.parts().into_iter().map(|part| Ok((part.from, Arc::new(part.train()?))));
        let editions = Editions::new(parts.collect::<Result<_, StoreError>>()?, retired_from);
        editions.ok_or_else(|| corrupt(&format!("train {id}"), "it has no edition"))
    }

    /// The same with an end, or without one.
    pub fn retired(self, from: Option<NaiveDate>) -> Self {
        Self { retired_from: from, ..self }
    }

    /// Leaves the first editions out.
    fn without_first(self, outdated: usize) -> Self {
        let retired_from = self.retired_from;
        Self::of_parts(self.parts().split_off(outdated), retired_from)
    }

    /// The editions as items without later ones, in order.
    fn parts(mut self) -> Vec<Self> {
        let later = std::mem::take(&mut self.later);
        std::iter::once(Self { retired_from: None, ..self }).chain(later).collect()
    }

    fn of_parts(mut parts: Vec<Self>, retired_from: Option<NaiveDate>) -> Self {
        let later = parts.split_off(1);
        let first = parts.pop().expect("a train has an edition");
        Self { later, retired_from, ..first }
    }
}

/// What publishing a listing comes to.
pub(super) enum Listed {
    /// It is stored as it is.
    Same,
    /// It cannot take effect then.
    Left(NotPublished),
    /// Its next version, and the train's item with it and without what no run goes by any more. There is no next version when
    /// only what is shown beside the train is another.
    Changed(Box<(Option<TrainItem>, TrainItem)>),
}

/// Finds what publishing a listing comes to. The next version is above the stored ones and above `taken`.
pub(super) fn listed(
    listing: &Listing,
    names: &HashMap<StationCode, &str>,
    stored: Option<&TrainItem>,
    start: Start,
    taken: u32,
) -> Result<Listed, StoreError> {
    let Some(stored) = stored else {
        let train = TrainItem { from: start.from, ..TrainItem::new(listing, names, taken + 1) };
        return Ok(Listed::Changed(Box::new((Some(published(&train)), train))));
    };
    let editions = stored.clone().editions()?;
    let version = editions.latest_version().max(taken) + 1;
    let new = |from| TrainItem { from, ..TrainItem::new(listing, names, version) };
    let mut parts = stored.clone().parts();
    let item = match editions.placement(&listing.train, start) {
        // What is shown beside the train may have changed all the same: no run is sold by that.
        Ok(Placement::Same(at)) if start.from.is_none() => {
            let shown = TrainItem { version: parts[at].version, ..new(parts[at].from) };
            if shown == parts[at] {
                return Ok(Listed::Same);
            }
            parts[at] = shown;
            None
        }
        Ok(Placement::Same(_)) => return Ok(Listed::Same),
        Err(reason) => return Ok(Listed::Left(reason)),
        Ok(Placement::InPlaceOf(at)) => {
            let new = new(parts[at].from);
            parts[at] = new.clone();
            Some(new)
        }
        Ok(Placement::Before(at)) => {
            let new = new(Some(start.date()));
            parts.insert(at, new.clone());
            Some(new)
        }
    };
    let changed = TrainItem::of_parts(parts, stored.retired_from);
    let outdated = changed.clone().editions()?.outdated(start.today);
    Ok(Listed::Changed(Box::new((item.as_ref().map(published), changed.without_first(outdated)))))
}

/// An edition as the version that is kept for good.
fn published(edition: &TrainItem) -> TrainItem {
    TrainItem { id: version_id(edition.number, edition.version), from: None, ..edition.clone() }
}

pub(super) fn version_id(train: TrainNumber, version: u32) -> String {
    format!("{train}@{version}")
}
