//! Who travels by a run, for the railway's staff: coach by coach, and behind them who has no berth.
//!
//! The manifest names the bookings of a run, each with what its passengers have, so a page reads the bookings of one coach
//! and no others. A coach in which nobody has anything is passed over. Who looked is recorded, once for all the pages and for
//! reading them again.

use std::collections::BTreeMap;

use crate::domain::booking::{Booking, BookingStatus, Place};
use crate::domain::chart::lines_of;
use crate::domain::coach::{Coach, CoachId};
use crate::domain::manifest::ManifestLine;
use crate::domain::pnr::Pnr;
use crate::domain::train::{RunId, Train};
use crate::domain::waitlist::renumbered;
use crate::service::Kiosk;
use crate::service::refusal::refuse;
use crate::service::request::{Cursor, Failure, OnBoard, Reply};
use crate::service::session::Session;
use crate::store::StoreError;

/// Bookings on a page of those who have no berth.
const PAGE: usize = 40;

/// A part of the list, which is a page unless it is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// A coach, by its place in the train.
    Coach(usize),
    /// Bookings of which somebody has no berth, after one of them.
    Without(Option<Pnr>),
}

impl Part {
    /// What comes after a cursor: the name of a coach, or the number of a booking.
    fn after(cursor: Option<&Cursor>, train: &Train) -> Self {
        let Some(Cursor(cursor)) = cursor else { return Self::Coach(0) };
        let place = |id| train.coaches().iter().position(|coach| coach.id() == id);
        match CoachId::parse(cursor).ok().and_then(place) {
            Some(at) => Self::Coach(at + 1),
            None => Self::Without(cursor.parse().ok()),
        }
    }
}

/// A page of who travels.
pub(super) async fn list(session: &Session, run: RunId, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let train = kiosk.known_run(run).await?.state.train;
    let failed = |error: StoreError| refuse("read a manifest", &error);
    let lines = kiosk.store().manifest(run).await.map_err(failed)?;
    let mut part = Part::after(after, &train);
    loop {
        let (page, next) = match part {
            Part::Coach(at) => {
                let Some(coach) = train.coaches().get(at) else {
                    part = Part::Without(None);
                    continue;
                };
                let wanted = lines.iter().filter(|line| may_be_in(line, *coach)).map(|line| line.pnr).collect();
                let page = in_coach(*coach, &read(kiosk, run, wanted).await.map_err(failed)?, &train);
                if page.is_empty() {
                    part = Part::Coach(at + 1);
                    continue;
                }
                (page, Some(coach.id().to_string()))
            }
            Part::Without(after) => {
                let wanted = lines.iter().filter(|line| lacks_berth(line)).map(|line| line.pnr);
                let mut wanted: Vec<_> = wanted.filter(|pnr| after.is_none_or(|after| *pnr > after)).collect();
                let goes_on = wanted.len() > PAGE;
                wanted.truncate(PAGE);
                let last = wanted.last().filter(|_| goes_on).map(ToString::to_string);
                (without_berth(&read(kiosk, run, wanted).await.map_err(failed)?, &train), last)
            }
        };
        if session.begins_to_look_at(run) {
            kiosk.record(session, "manifest.show", Some(run.to_string()), None);
        }
        return Ok(Reply::Manifest { page, next: next.map(Cursor) });
    }
}

/// The bookings with the numbers that those who wait have now.
async fn read(kiosk: &Kiosk, run: RunId, pnrs: Vec<Pnr>) -> Result<BTreeMap<Pnr, Booking>, StoreError> {
    if pnrs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut bookings = kiosk.store().bookings(&pnrs).await?;
    bookings.retain(|_, booking| booking.status == BookingStatus::Booked);
    if bookings.values().any(Booking::is_queued) {
        let entries = kiosk.store().entries(run).await?;
        for booking in bookings.values_mut() {
            *booking = renumbered(booking, &entries);
        }
    }
    Ok(bookings)
}

/// Whether somebody of a booking may have something of a coach: a half of a berth is listed by its number in the queue.
fn may_be_in(line: &ManifestLine, coach: Coach) -> bool {
    let begins = format!("{}-", coach.id());
    line.class == coach.class()
        && line.places.iter().any(|place| place.starts_with(&begins) || place.starts_with("RAC "))
}

/// Whether somebody of a booking travels or waits without a berth.
fn lacks_berth(line: &ManifestLine) -> bool {
    let has_none = |place: &String| place == "UR" || place.contains("WL ");
    line.places.iter().any(has_none)
}

fn in_coach(coach: Coach, bookings: &BTreeMap<Pnr, Booking>, train: &Train) -> Vec<OnBoard> {
    let lines = lines_of(coach.id(), bookings.values()).into_iter();
    let on_board = lines.filter_map(|line| {
        let (from, to) = train.ends(line.leg)?;
        let (from, to) = (line.boards.unwrap_or(from.station), to.station);
        Some(OnBoard { pnr: line.pnr, passenger: line.passenger, place: line.place, from, to, laps: line.laps })
    });
    on_board.collect()
}

fn without_berth(bookings: &BTreeMap<Pnr, Booking>, train: &Train) -> Vec<OnBoard> {
    let mut found = Vec::new();
    for booking in bookings.values() {
        let Some((from, to)) = train.ends(booking.leg) else { continue };
        let boards = booking.boarding.as_ref().map_or(from.station, |stop| stop.station);
        // The children go with the first of the party who has a berth, and only else with the first without.
        let has_berth =
            booking.passengers.iter().any(|booked| matches!(booked.place, Place::Berth(_) | Place::Rac { .. }));
        let laps = booking.passengers.iter().filter(|booked| booked.place == Place::Lap).count();
        let mut laps = if has_berth { 0 } else { laps };
        for booked in &booking.passengers {
            if matches!(booked.place, Place::Waiting { .. } | Place::Unreserved) {
                let (from, to, laps) = (boards, to.station, std::mem::take(&mut laps));
                let passenger = booked.passenger.clone();
                found.push(OnBoard { pnr: booking.pnr, passenger, place: booked.place, from, to, laps });
            }
        }
    }
    found
}
