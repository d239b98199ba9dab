//! The end of a run: what is stored against what people were told.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use kiosk::aws::Clients;
use kiosk::domain::booking::{Booking, BookingStatus};
use kiosk::domain::coach::{BerthRef, Coach, CoachId};
use kiosk::domain::pnr::Pnr;
use kiosk::domain::segment::SegmentMask;
use kiosk::domain::time::railway_time;
use kiosk::domain::train::RunId;
use kiosk::service::rules_file;
use kiosk::store::runs::Current;
use kiosk::store::{Names, Store};

use super::ledger::{Ledger, Standing, complete, short};
use super::person::Town;

/// Holds, slips and grace are over by then.
const LATER: TimeDelta = TimeDelta::hours(2);

/// Looks for anything that is not as people were told.
pub async fn judge(town: &Town, store: &Store, clients: &Clients) -> Result<(), String> {
    let stored = bookings(store, clients).await?;
    promises(&town.ledger(), &stored)?;
    for run in &town.runs {
        occupancy(town, store, *run, &stored).await?;
        manifest(clients, *run, &stored).await?;
    }
    Ok(())
}

/// All bookings, each read as a service reads it.
async fn bookings(store: &Store, clients: &Clients) -> Result<BTreeMap<Pnr, Booking>, String> {
    let scanned = clients.dynamodb.scan().table_name(Names::default().bookings).consistent_read(true).send().await;
    let scanned = scanned.map_err(|error| format!("the bookings cannot be listed: {error:?}"))?;
    let mut stored = BTreeMap::new();
    for item in scanned.items() {
        let pnr = item.get("BookingID").and_then(|pnr| pnr.as_s().ok()).and_then(|pnr| pnr.parse::<Pnr>().ok());
        let pnr = pnr.ok_or("a booking has no number")?;
        let booking = store.booking(pnr).await.map_err(|error| format!("{pnr} cannot be read: {error}"))?;
        stored.insert(pnr, booking.ok_or_else(|| format!("{pnr} was listed and is not there"))?);
    }
    Ok(stored)
}

/// What was acknowledged is there, what was refused is not, and every booking is whole.
fn promises(ledger: &Ledger, stored: &BTreeMap<Pnr, Booking>) -> Result<(), String> {
    for (pnr, told) in &ledger.bookings {
        let booking = stored.get(pnr).ok_or_else(|| format!("{pnr} was acknowledged and is not there"))?;
        if booking.version < told.version {
            return Err(format!("{pnr} was acknowledged at version {} and is at {}", told.version, booking.version));
        }
        if booking.version == told.version && told.status == BookingStatus::Booked && *booking != **told {
            return Err(format!("{pnr} is not as it was acknowledged: {booking:?} for {told:?}"));
        }
    }
    for (pnr, booking) in stored {
        complete(booking).map_err(|what| format!("{pnr} is not whole: {what}"))?;
        for op in booking.history.iter().map(|change| change.op) {
            match ledger.actions.get(&op) {
                None => return Err(format!("{pnr} was made by nobody ({})", short(op.0))),
                Some(Standing::Refused(how)) => {
                    return Err(format!("{pnr} is there though {} was refused: {how}", short(op.0)));
                }
                Some(Standing::Open | Standing::Done(_)) => {}
            }
        }
    }
    let done = ledger.actions.values().filter_map(|standing| match standing {
        Standing::Done(pnr) => Some(pnr),
        _ => None,
    });
    for pnr in done {
        stored.get(pnr).ok_or_else(|| format!("{pnr} was acknowledged and is not there"))?;
    }
    Ok(())
}

/// Each berth is taken on the segments of its bookings, and on no other; no segment by two.
async fn occupancy(town: &Town, store: &Store, run: RunId, stored: &BTreeMap<Pnr, Booking>) -> Result<(), String> {
    let confirmed = || stored.values().filter(|booking| booking.run == run && booking.status == BookingStatus::Booked);
    let mut sold: BTreeMap<BerthRef, SegmentMask> = BTreeMap::new();
    for booking in confirmed() {
        for allotted in booking.berths() {
            let mask = sold.entry(allotted.berth).or_default();
            if mask.overlaps(booking.leg.mask()) {
                return Err(format!("{} of {run} is sold twice, once as {}", allotted.berth, booking.pnr));
            }
            *mask = mask.with(booking.leg.mask());
        }
    }
    let (rules, on) = (rules_file::bundled(), railway_time(town.now()).date());
    let current = Current { train: None, rules: &rules, on };
    let read = store.run(run, current).await.map_err(|error| format!("{run} cannot be read: {error}"))?;
    let Some(read) = read else {
        return if sold.is_empty() { Ok(()) } else { Err(format!("{run} is sold and not pinned")) };
    };
    let version = read.state.train.version();
    if let Some(other) = confirmed().find(|booking| booking.train_version != version) {
        return Err(format!(
            "{} was sold by version {} of {run}, which is pinned to {version}",
            other.pnr, other.train_version
        ));
    }
    let later = town.now() + LATER;
    let coaches: Vec<CoachId> = read.state.train.coaches().iter().map(Coach::id).collect();
    if let Some(stray) = read.state.coaches.keys().find(|coach| !coaches.contains(coach)) {
        return Err(format!("{run} has a coach {stray}, which its train has not"));
    }
    for coach in read.state.train.coaches() {
        for number in coach.numbers() {
            let berth = BerthRef { coach: coach.id(), number };
            let taken = read.state.coach(coach.id()).taken(number, later);
            let is_sold = sold.get(&berth).copied().unwrap_or_default();
            if taken != is_sold {
                return Err(format!("{berth} of {run} is taken on {taken:?} and sold on {is_sold:?}"));
            }
        }
    }
    Ok(())
}

/// The manifest names the confirmed bookings of its run, as they are.
async fn manifest(clients: &Clients, run: RunId, stored: &BTreeMap<Pnr, Booking>) -> Result<(), String> {
    use aws_sdk_dynamodb::types::AttributeValue::S;
    let lines = clients
        .dynamodb
        .query()
        .table_name(Names::default().runs())
        .consistent_read(true)
        .key_condition_expression("RunID = :run AND begins_with(#item, :p)")
        .expression_attribute_names("#item", "Item")
        .expression_attribute_values(":run", S(run.to_string()))
        .expression_attribute_values(":p", S("P#".to_owned()))
        .send()
        .await
        .map_err(|error| format!("the manifest cannot be read: {error:?}"))?;
    let mut listed: BTreeMap<Pnr, u32> = BTreeMap::new();
    for line in lines.items() {
        let pnr = line["Item"].as_s().ok().and_then(|item| item.strip_prefix("P#")?.parse().ok());
        let version = line["Version"].as_n().ok().and_then(|version| version.parse().ok());
        listed.insert(pnr.ok_or("a line of the manifest has no number")?, version.ok_or("a line has no version")?);
    }
    let confirmed = stored.values().filter(|booking| booking.run == run && booking.status == BookingStatus::Booked);
    let wanted: BTreeMap<Pnr, u32> = confirmed.map(|booking| (booking.pnr, booking.version)).collect();
    if listed == wanted { Ok(()) } else { Err(format!("the manifest of {run} is {listed:?} and should be {wanted:?}")) }
}
