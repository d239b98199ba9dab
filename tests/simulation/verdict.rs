//! The end of a world: what is stored against what people were told.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use kiosk::aws::Clients;
use kiosk::domain::admission::Accept;
use kiosk::domain::allotment::BerthWish;
use kiosk::domain::booking::{Booking, BookingStatus, Deed, Place};
use kiosk::domain::coach::{BerthRef, Class, Coach, CoachId};
use kiosk::domain::edition::Start;
use kiosk::domain::gap;
use kiosk::domain::inventory::{HoldId, RunState, Stage};
use kiosk::domain::pnr::Pnr;
use kiosk::domain::quota::Quota;
use kiosk::domain::segment::{Leg, SegmentMask};
use kiosk::domain::spot::{Part, Spot};
use kiosk::domain::time::railway_time;
use kiosk::domain::train::RunId;
use kiosk::service::request::{Choice, Failure, Request};
use kiosk::service::{AuditScope, Depth, rules_file};
use kiosk::store::runs::Current;
use kiosk::store::{Names, Store};
use uuid::Uuid;

use super::deeds::short;
use super::ledger::{Ledger, Standing};
use super::paper;
use super::queue_verdict;
use super::season::{FIRST_CHART, LAST_CHART, at};
use super::till_verdict;
use super::timetable;
use super::town::Town;

/// Holds, slips and grace are over by then.
const LATER: TimeDelta = TimeDelta::hours(2);

/// What of a berth is sold on which segments.
pub type Sold = BTreeMap<(CoachId, Spot), SegmentMask>;

/// Looks for anything that is not as people were told.
pub async fn judge(town: &Town, store: &Store, clients: &Clients) -> Result<(), String> {
    let stored = bookings(store, clients).await?;
    promises(&town.ledger(), &stored)?;
    for change in stored.values().flat_map(|booking| &booking.history) {
        match change.what {
            Deed::Promoted { .. } => town.ledger().count("promoted"),
            Deed::Dropped(_) => town.ledger().count("dropped"),
            Deed::TrainCancelled => town.ledger().count("lost their train"),
            Deed::PartCancelled { .. } => town.ledger().count("lost their part"),
            Deed::Lapsed => town.ledger().count("lapsed"),
            Deed::Delayed { .. } => town.ledger().count("told of another time"),
            _ => {}
        }
    }
    for run in &town.runs {
        manifest(clients, *run, &stored).await?;
        let own: Vec<_> = stored.values().filter(|booking| booking.run == *run).collect();
        let (rules, on) = (rules_file::bundled(), railway_time(town.now()).date());
        let current = Current { train: None, rules: &rules, on };
        let read = store.run(*run, current).await.map_err(|error| format!("{run} cannot be read: {error}"))?;
        let Some(read) = read else {
            if own.is_empty() {
                continue;
            }
            return Err(format!("{run} is sold and not pinned"));
        };
        let sold = sold(&read.state, &own)?;
        occupancy(town, &read.state, &own, &sold)?;
        stage(town, &read.state, &own)?;
        late(town, &read.state, &own)?;
        shortened(town, &read.state, &own)?;
        let entries = store.entries(*run).await.map_err(|error| format!("the queues cannot be read: {error}"))?;
        queue_verdict::queues(&read.state, &entries, &own)?;
        queue_verdict::nobody_waits_beside_a_free_berth(&read.state, &sold, &own)?;
        queue_verdict::nobody_was_passed(&town.ledger(), &own)?;
    }
    let told = town.ledger().tills.clone();
    till_verdict::tills(told, store, clients).await?;
    ended(town).await?;
    second_opinion(town).await?;
    finished(town, store).await
}

/// Nothing is sold any more of a train that has ended, at none of the processes.
async fn ended(town: &Town) -> Result<(), String> {
    let (ended, in_doubt) = {
        let ledger = town.ledger();
        (ledger.ended, ledger.end_is_in_doubt)
    };
    let Some(run) = town.runs.iter().find(|run| ended.is_some_and(|from| from <= run.date)) else { return Ok(()) };
    for slot in town.slots.iter().filter(|_| !in_doubt) {
        let session = slot.running().await.kiosk.operator_session();
        let (leg, choice) = (Leg::new(0, 1).expect("forward"), Choice::Best(vec![BerthWish::default()]));
        let (hold, class, quota) = (HoldId(Uuid::nil()), Class::Sleeper, Quota::General);
        let wanted = Request::Hold { hold, run: *run, leg, class, quota, choice, accept: Accept::Anything };
        match session.call(wanted).await {
            Err(Failure::NoSuchRun) => {}
            other => {
                return Err(format!("{run} is after the end of its train, and whoever wants it is told {other:?}"));
            }
        }
    }
    Ok(())
}

/// Whatever broke off, the next publication comes to its end.
async fn finished(town: &Town, store: &Store) -> Result<(), String> {
    let start = Start::at_once(railway_time(town.now()).date());
    let published = store.publish(&timetable::stations(), &[timetable::first_edition()], start, |_, _| {}).await;
    published.map_err(|error| format!("nothing can be published any more: {error}"))?;
    match store.catalogue().await {
        Ok(catalogue) if !catalogue.unfinished => Ok(()),
        other => Err(format!("a publication in calm weather has not come to its end: {other:?}")),
    }
}

/// All bookings, each read as a service reads it.
async fn bookings(store: &Store, clients: &Clients) -> Result<BTreeMap<Pnr, Booking>, String> {
    let scanned = clients.dynamodb.scan().table_name(Names::default().bookings).consistent_read(true).send().await;
    let scanned = scanned.map_err(|error| format!("the bookings cannot be listed: {error:?}"))?;
    let mut stored = BTreeMap::new();
    for item in scanned.items() {
        let key = item.get("BookingID").and_then(|key| key.as_s().ok()).ok_or("an item has no key")?;
        if key.starts_with("L#") || key.starts_with("T#") {
            // What the ledger has of the money, and the tills.
            continue;
        }
        let pnr = key.parse::<Pnr>().map_err(|_| format!("{key} is the number of no booking"))?;
        let booking = store.booking(pnr).await.map_err(|error| format!("{pnr} cannot be read: {error}"))?;
        stored.insert(pnr, booking.ok_or_else(|| format!("{pnr} was listed and is not there"))?);
    }
    Ok(stored)
}

/// What was acknowledged is there, what was refused is not, and every booking is whole and explained.
fn promises(ledger: &Ledger, stored: &BTreeMap<Pnr, Booking>) -> Result<(), String> {
    for (pnr, told) in &ledger.bookings {
        let booking = stored.get(pnr).ok_or_else(|| format!("{pnr} was acknowledged and is not there"))?;
        if booking.version < told.version {
            return Err(format!("{pnr} was acknowledged at version {} and is at {}", told.version, booking.version));
        }
        if !booking.history.starts_with(&told.history) {
            return Err(format!("the past of {pnr} was changed: {booking:?} for {told:?}"));
        }
        if booking.version == told.version && paper::timeless(booking) != paper::timeless(told) {
            return Err(format!("{pnr} is not as it was acknowledged: {booking:?} for {told:?}"));
        }
    }
    for (pnr, booking) in stored {
        ledger.explained(booking).map_err(|what| format!("{pnr} cannot be: {what}"))?;
        let done = booking.history.iter().filter_map(|change| Some((change.op, ledger.actions.get(&change.op)?)));
        for (op, action) in done {
            if let Standing::Refused(how) = &action.standing {
                return Err(format!("{} of {pnr} was done though it was refused: {how}", short(op.0)));
            }
            action.about.is_done(op, booking).map_err(|what| format!("{} of {pnr}: {what}", short(op.0)))?;
        }
    }
    for (op, action) in &ledger.actions {
        if let Standing::Done(pnr) = action.standing {
            let booking = stored.get(&pnr).ok_or_else(|| format!("{pnr} was acknowledged and is not there"))?;
            if !booking.was_done(*op) {
                return Err(format!("{} of {pnr} was acknowledged and is not done", short(op.0)));
            }
        }
    }
    ledger.has_moved_up(stored)
}

/// What is sold of each berth, or of each half where it can be shared; nothing twice.
fn sold(state: &RunState, own: &[&Booking]) -> Result<Sold, String> {
    let mut sold = Sold::new();
    for booking in own.iter().filter(|booking| booking.status == BookingStatus::Booked) {
        for booked in &booking.passengers {
            let (berth, parts) = match booked.place {
                Place::Berth(allotted) if state.is_shared(allotted.berth) => (allotted.berth, &Part::HALVES[..]),
                Place::Berth(allotted) => (allotted.berth, &[Part::Whole][..]),
                Place::Rac { berth, part: Part::First, .. } => (berth.berth, &[Part::First][..]),
                Place::Rac { berth, .. } => (berth.berth, &[Part::Second][..]),
                Place::Lap | Place::Waiting { .. } | Place::Unreserved | Place::Cancelled => continue,
            };
            let coach = state.train.coach(berth.coach).filter(|coach| coach.class() == booking.class);
            if !coach.is_some_and(|coach| (1..=coach.berths()).contains(&berth.number)) {
                return Err(format!("{} has {berth}, which the train has not in {}", booking.pnr, booking.class));
            }
            for part in parts {
                let mask = sold.entry((berth.coach, Spot::new(berth.number, *part))).or_default();
                if mask.overlaps(booking.leg.mask()) {
                    return Err(format!("{berth} of {} is sold twice, once as {}", booking.run, booking.pnr));
                }
                *mask = mask.with(booking.leg.mask());
            }
        }
    }
    Ok(sold)
}

/// Each spot is taken on the segments of its bookings, and on no other.
fn occupancy(town: &Town, state: &RunState, own: &[&Booking], sold: &Sold) -> Result<(), String> {
    let run = state.run;
    let version = state.train.version();
    if let Some(other) = own.iter().find(|booking| booking.train_version != version) {
        return Err(format!(
            "{} was sold by version {} of {run}, which is pinned to {version}",
            other.pnr, other.train_version
        ));
    }
    // Whoever has given up was told of no other time any more.
    let travels = |booking: &&&Booking| booking.status == BookingStatus::Booked || state.delays.is_empty();
    for booking in own.iter().filter(travels) {
        let ends = state.train.ends(booking.leg).map(|(from, to)| {
            let (departs, arrives) = (from.depart.on(run.date), to.arrive.on(run.date));
            (from.station, departs, to.station, arrives)
        });
        let (from, to) = (&booking.from, &booking.to);
        if ends != Some((from.station, from.at, to.station, to.at)) {
            return Err(format!("{} travels {from:?} to {to:?}, and the train of {run} goes {ends:?}", booking.pnr));
        }
    }
    off_sale(town, state, own)?;
    let later = town.now() + LATER;
    let coaches: Vec<CoachId> = state.train.coaches().iter().map(Coach::id).collect();
    if let Some(stray) = state.coaches.keys().find(|coach| !coaches.contains(coach)) {
        return Err(format!("{run} has a coach {stray}, which its train has not"));
    }
    for coach in state.train.coaches() {
        for number in coach.numbers() {
            for part in [Part::Whole, Part::First, Part::Second] {
                let spot = Spot::new(number, part);
                let taken = state.coach(coach.id()).occupied(spot, later);
                let is_sold = sold.get(&(coach.id(), spot)).copied().unwrap_or_default();
                if taken != is_sold {
                    let berth = BerthRef { coach: coach.id(), number };
                    return Err(format!("{berth} {part:?} of {run} is taken on {taken:?} and sold on {is_sold:?}"));
                }
            }
        }
    }
    Ok(())
}

/// What was taken off sale is off sale, and nobody has moved up into it since.
fn off_sale(town: &Town, state: &RunState, own: &[&Booking]) -> Result<(), String> {
    let ledger = town.ledger();
    for ((run, berth), since) in ledger.off_sale.iter().filter(|((run, _), _)| *run == state.run) {
        if !state.coach(berth.coach).blocked.contains_key(&berth.number) {
            return Err(format!("{berth} of {run} was taken off sale at {since} and is on sale"));
        }
        for booking in own {
            let late = booking.history.iter().find(|change| match &change.what {
                Deed::Promoted { to, .. } => {
                    let is_it = to.berth().is_some_and(|got| got.berth == *berth)
                        || to.shared().is_some_and(|half| half.berth == *berth);
                    is_it && change.at > *since + LEEWAY_OF_CLOCKS
                }
                _ => false,
            });
            if let Some(late) = late {
                return Err(format!("{} moved up to {berth} at {}, off sale since {since}", booking.pnr, late.at));
            }
        }
    }
    Ok(())
}

/// By how much the clock that dates a change may be ahead.
const LEEWAY_OF_CLOCKS: TimeDelta = TimeDelta::seconds(10);

/// The run has come as far as it should have by now, and those are refunded who had to be.
fn stage(town: &Town, state: &RunState, own: &[&Booking]) -> Result<(), String> {
    let (run, stage) = (state.run, state.stage);
    let was_cancelled = town.ledger().cancelled.get(&run).copied();
    if was_cancelled == Some(true) && stage != Stage::Cancelled {
        return Err(format!("{run} was cancelled and is {stage:?}"));
    }
    if was_cancelled.is_none() && stage == Stage::Cancelled {
        return Err(format!("{run} is cancelled and nobody asked for it"));
    }
    if stage == Stage::Cancelled {
        return match own.iter().find(|booking| booking.status == BookingStatus::Booked) {
            Some(left) => Err(format!("{run} is cancelled and {} is not refunded", left.pnr)),
            None => Ok(()),
        };
    }
    let is_first = run == town.runs[0];
    let due = match town.now() - LEEWAY {
        now if is_first && now >= at(LAST_CHART) => Stage::FinalChart,
        now if is_first && now >= at(FIRST_CHART) => Stage::FirstChart,
        _ => Stage::Open,
    };
    if stage != due {
        return Err(format!("{run} is {stage:?} and should be {due:?}"));
    }
    let waits = |booking: &&&Booking| {
        let is_waiting = |place: &Place| matches!(place, Place::Waiting { .. });
        booking.status == BookingStatus::Booked && paper::places(booking).iter().any(is_waiting)
    };
    match own.iter().find(waits) {
        Some(left) if stage != Stage::Open => Err(format!("{} waits though the chart of {run} is made", left.pnr)),
        _ => Ok(()),
    }
}

/// By how much a clock that is slow may put a chart off.
const LEEWAY: TimeDelta = TimeDelta::seconds(90);

/// The manifest names the bookings of its run that were ever paid, and the slips that were given up, as they are.
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
    let is_over = |booking: &&Booking| matches!(booking.status, BookingStatus::Booked | BookingStatus::Cancelled);
    let wanted = stored.values().filter(|booking| booking.run == run).filter(is_over);
    let wanted: BTreeMap<Pnr, u32> = wanted.map(|booking| (booking.pnr, booking.version)).collect();
    if listed == wanted { Ok(()) } else { Err(format!("the manifest of {run} is {listed:?} and should be {wanted:?}")) }
}

/// A run goes as far as somebody was told, and nobody keeps a place on a part that it does not go, nor loses one elsewhere.
fn shortened(town: &Town, state: &RunState, own: &[&Booking]) -> Result<(), String> {
    let run = state.run;
    match town.ledger().shortened.get(&run).copied() {
        Some((_, op, true)) if !state.gaps.has(op) => return Err(format!("{run} goes all of its way")),
        None if !state.gaps.is_empty() => return Err(format!("{run} is shortened and nobody asked for it")),
        _ => {}
    }
    for booking in own {
        if state.stage != Stage::Cancelled && gap::against(booking, state).is_some() {
            return Err(format!("{} needs a part of {run} that is not run, and is not refunded", booking.pnr));
        }
        let was_lost = booking.history.iter().any(|change| matches!(change.what, Deed::PartCancelled { .. }));
        if was_lost && state.gaps.on(booking.leg).is_none() {
            return Err(format!("{} was given up for a part of {run} that it does not need", booking.pnr));
        }
    }
    Ok(())
}

/// A run is as late as somebody was told, and nobody was told twice of the same.
fn late(town: &Town, state: &RunState, own: &[&Booking]) -> Result<(), String> {
    let delayed = town.ledger().delayed.get(&state.run).copied();
    match delayed {
        Some((op, true)) if !state.delays.has(op) => return Err(format!("{} goes by its old times", state.run)),
        None if !state.delays.is_empty() => return Err(format!("{} is late and nobody asked for it", state.run)),
        _ => {}
    }
    for booking in own {
        let told = booking.history.iter().filter(|change| matches!(change.what, Deed::Delayed { .. })).count();
        if told > usize::from(state.delays.count()) {
            return Err(format!("{} was told {told} times of {} changes", booking.pnr, state.delays.count()));
        }
    }
    Ok(())
}

/// What the audit of a process that runs says.
async fn second_opinion(town: &Town) -> Result<(), String> {
    let process = town.slots[0].running().await;
    let report = process.kiosk.audit(AuditScope::All, Depth::Bookings, |_, _, _| {}).await;
    let report = report.map_err(|failure| format!("the audit fails: {failure}"))?;
    match report.findings.first() {
        Some(finding) => Err(format!("the audit finds: {:?} {}", finding.run, finding.difference)),
        None => Ok(()),
    }
}
