//! Trips to trains: one for each number, on all days of its trips that are in force, with what GTFS does not say filled in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::EXTENSION;
use super::distance::{DETOUR, Source, Unit, kilometres};
use super::feed::{Call, Feed, Trip};
use crate::domain::coach::{Coach, Rake};
use crate::domain::composition;
use crate::domain::halts::{OutOfOrder, check_order};
use crate::domain::station::{Station, StationCode};
use crate::domain::time::RunTime;
use crate::domain::train::{Halt, RunDays, Train, TrainDraft, TrainKind, TrainNumber, Zone};
use crate::service::import::{Basis, Fault, Import, Meter, Unreadable, check_name, printable};
use crate::service::progress::Stage;

const MINUTES_A_DAY: u16 = 1440;

/// The trains of a feed. Mistakes in trips are among the import's; those in the files' rows stay with the feed.
pub(super) fn trains(feed: &mut Feed, basis: Basis<'_>, meter: &Meter<'_>) -> Result<Import, Unreadable> {
    let mut work =
        Work { unit: Unit::of(feed), feed, basis, left: Left::default(), told: Told::default(), codes: HashMap::new() };
    let mut by_number: BTreeMap<TrainNumber, Vec<usize>> = BTreeMap::new();
    for at in 0..work.feed.trips.len() {
        if let Some(number) = work.number_of(at) {
            by_number.entry(number).or_default().push(at);
        }
    }
    let mut import = Import::default();
    let mut stations = BTreeMap::new();
    let of = by_number.len();
    for (done, (number, trips)) in by_number.into_iter().enumerate() {
        meter.trains(Stage::Building, done, of)?;
        match work.train(number, &trips) {
            Ok((train, calls_at)) => {
                import.trains.push(train);
                stations.extend(calls_at.into_iter().map(|station| (station.code, station)));
            }
            Err(Some(fault)) => work.told.tell(fault),
            // It was told where it was found.
            Err(None) => {}
        }
    }
    meter.trains(Stage::Building, of, of)?;
    import.stations = stations.into_values().collect();
    import.notes = work.notes();
    import.faults = work.told.faults;
    Ok(import)
}

struct Work<'a> {
    feed: &'a Feed,
    basis: Basis<'a>,
    unit: Unit,
    left: Left,
    told: Told,
    /// The place in the feed of the stop that has each station's code first.
    codes: HashMap<StationCode, u32>,
}

/// What was left out or filled in, and how often.
#[derive(Default)]
struct Left {
    no_trains: usize,
    over: usize,
    not_yet: usize,
    usual_coaches: usize,
    guessed_kinds: usize,
    by_shape: usize,
    reckoned: usize,
    measured: usize,
}

/// Mistakes, each told once however many trips meet it.
#[derive(Default)]
struct Told {
    faults: Vec<Fault>,
    seen: HashSet<(String, u64)>,
}

impl Told {
    fn tell(&mut self, fault: Fault) {
        if self.seen.insert((fault.file.clone(), fault.line)) {
            self.faults.push(fault);
        }
    }
}

/// A mistake that takes a train out; none where it was told before.
type Out = Option<Fault>;

/// A trip as its train goes on its days.
struct Pattern {
    halts: Vec<Halt>,
    stations: Vec<Station>,
    days: RunDays,
}

impl Work<'_> {
    /// The number of a trip's train; `None` for a trip that is none, is not in force, or has a mistake that is told here.
    fn number_of(&mut self, at: usize) -> Option<TrainNumber> {
        let trip = &self.feed.trips[at];
        let Some(route) = self.feed.routes.get(&trip.route) else {
            let problem = format!("route '{}' is not in routes.txt: add it, or mend the name", printable(&trip.route));
            self.told.tell(Feed::fault_of_trip(trip, problem));
            return None;
        };
        if !route.is_rail {
            self.left.no_trains += 1;
            return None;
        }
        let Some(calendar) = self.feed.calendars.get(&trip.service) else {
            let service = printable(&trip.service);
            let problem = if self.feed.excepted.contains(&trip.service) {
                format!(
                    "service '{service}' has dated exceptions alone, which are not taken: give its days in calendar.txt"
                )
            } else {
                format!("service '{service}' is not in calendar.txt: add it, or mend the name")
            };
            self.told.tell(Feed::fault_of_trip(trip, problem));
            return None;
        };
        if calendar.last < self.basis.on {
            self.left.over += 1;
            return None;
        }
        if calendar.first > self.basis.on {
            self.left.not_yet += 1;
            return None;
        }
        let named = [&trip.short_name, &route.short_name, &trip.id];
        let first = named.iter().find(|name| !name.is_empty())?;
        let number = if trip.short_name.is_empty() {
            named.iter().find_map(|name| TrainNumber::parse(name).ok())
        } else {
            TrainNumber::parse(first).ok()
        };
        if number.is_none() {
            let name = printable(first);
            let problem = format!("'{name}' is no train's number: write one such as 12951 as trip_short_name");
            self.told.tell(Feed::fault_of_trip(trip, problem));
        }
        number
    }

    fn train(&mut self, number: TrainNumber, trips: &[usize]) -> Result<(Train, Vec<Station>), Out> {
        let feed = self.feed;
        let first = &feed.trips[trips[0]];
        let mut pattern = self.pattern(first)?;
        for other in trips[1..].iter().map(|at| &feed.trips[*at]) {
            let same = self.pattern(other)?;
            if same.halts != pattern.halts {
                let problem = format!(
                    "train {number} has other halts or times here than in line {}: make them alike, or give each its own \
                     number as trip_short_name",
                    first.line
                );
                return Err(Some(Feed::fault_of_trip(other, problem)));
            }
            pattern.days = pattern.days.with(same.days);
        }
        let Pattern { halts, stations, days } = pattern;
        let name = self.name(number, first);
        let kind = self.kind(number, &name, &halts)?;
        let zone = self.zone(number, first)?;
        let coaches = self.coaches(number, kind)?;
        let train = Train::new(TrainDraft { number, version: 1, name, kind, zone, runs_on: days, halts, coaches });
        let train = train.map_err(|error| Some(Feed::fault_of_trip(first, error.to_string())))?;
        Ok((train, stations))
    }

    fn pattern(&mut self, trip: &Trip) -> Result<Pattern, Out> {
        if trip.is_bad {
            return Err(None);
        }
        let of_trip = |problem: String| Some(Feed::fault_of_trip(trip, problem));
        if !(2..=Train::MAX_HALTS).contains(&trip.calls.len()) {
            let (halts, most) = (trip.calls.len(), Train::MAX_HALTS);
            return Err(of_trip(format!(
                "it has {halts} halts and a train 2 to {most}: mend its rows in stop_times.txt"
            )));
        }
        let days = self.feed.calendars.get(&trip.service).and_then(|calendar| calendar.days);
        let days = days.ok_or_else(|| {
            let service = printable(&trip.service);
            of_trip(format!("service '{service}' runs on no day of the week: give its days in calendar.txt"))
        })?;
        let stations = trip.calls.iter().map(|call| self.station(call)).collect::<Result<Vec<_>, _>>()?;
        let (kilometres, source) = kilometres(self.feed, trip, self.unit).map_err(|call| {
            let stop = &self.feed.stops[call.stop as usize];
            let problem = "it has no place, and its halts no shape_dist_traveled: write stop_lat and stop_lon";
            Some(Feed::fault_of_stop(stop, problem))
        })?;
        match source {
            Source::Measured => self.left.measured += 1,
            Source::Shape => self.left.by_shape += 1,
            Source::Reckoned => self.left.reckoned += 1,
        }
        let times = times(&trip.calls).map_err(Some)?;
        // The railway lists a train by the date on which it leaves its first halt, GTFS by its day of service.
        let day_shift = times[0].1 / MINUTES_A_DAY;
        let days = (0..day_shift).fold(days, |days, _| days.day_later());
        let mut halts: Vec<Halt> = Vec::with_capacity(times.len());
        for (((arrive, depart), station), (call, km)) in
            times.iter().zip(&stations).zip(trip.calls.iter().zip(kilometres))
        {
            let time = |minutes: u16| RunTime::from_minutes(minutes - day_shift * MINUTES_A_DAY);
            let (arrive, depart) = time(*arrive).zip(time(*depart)).expect("a stop time is below ten days");
            let halt = Halt { station: station.code, arrive, depart, km: rounded(km, source, halts.last()) };
            // The domain checks this again; here the line is known.
            check_order(halts.last(), &halt).map_err(|error| Some(Feed::fault_of_call(call, out_of_order(error))))?;
            halts.push(halt);
        }
        Ok(Pattern { halts, stations, days })
    }

    /// The station of a call: a platform's is that to which it belongs.
    fn station(&mut self, call: &Call) -> Result<Station, Out> {
        let feed = self.feed;
        let own = &feed.stops[call.stop as usize];
        let place = own.parent.unwrap_or(call.stop);
        let stop = &feed.stops[place as usize];
        let fault = |problem: String| Some(Feed::fault_of_stop(stop, problem));
        let code = match stop.code.as_str() {
            // Ids are the feed's own business, but for those that are such a code.
            "" if stop.id.chars().all(|c| c.is_ascii_alphabetic()) => &stop.id,
            "" => return Err(fault("it has no stop_code: write the station's code there, such as NDLS".to_owned())),
            code => code,
        };
        let code = StationCode::parse(code).map_err(|_| {
            let code = printable(code);
            fault(format!("'{code}' is no station's code: write 1 to 8 letters or digits as stop_code, such as NDLS"))
        })?;
        check_name("a station's name", &stop.name).map_err(fault)?;
        let first = &feed.stops[*self.codes.entry(code).or_insert(place) as usize];
        if first.name != stop.name {
            let problem = format!("{code} is '{}' in line {}: name it alike", printable(&first.name), first.line);
            return Err(fault(problem));
        }
        let known = self.basis.timetable.stations().get(code);
        let city = known.map_or_else(|| stop.name.clone(), |station| station.city.clone());
        Ok(Station { code, name: stop.name.clone(), city })
    }

    fn name(&self, number: TrainNumber, trip: &Trip) -> String {
        let route = &self.feed.routes[&trip.route];
        let names = [&route.long_name, &trip.headsign, &route.short_name];
        names.into_iter().find(|name| !name.is_empty()).map_or_else(|| number.to_string(), Clone::clone)
    }

    fn kind(&mut self, number: TrainNumber, name: &str, halts: &[Halt]) -> Result<TrainKind, Out> {
        if let Some(said) = self.feed.extension.get(number.as_str()).filter(|said| !said.kind.is_empty()) {
            return said.kind.parse().map_err(|_| {
                let problem = format!(
                    "'{}' is no kind of train: write rajdhani, shatabdi, duronto, superfast or express",
                    printable(&said.kind)
                );
                Some(Feed::fault_of_extension(said, problem))
            });
        }
        if let Some(known) = self.known(number) {
            return Ok(known.kind());
        }
        self.left.guessed_kinds += 1;
        Ok(TrainKind::guessed(name, halts))
    }

    fn zone(&self, number: TrainNumber, trip: &Trip) -> Result<Zone, Out> {
        let feed = self.feed;
        if let Some(said) = feed.extension.get(number.as_str()).filter(|said| !said.zone.is_empty()) {
            let problem = || format!("'{}' is no zone: write its abbreviation, such as WR", printable(&said.zone));
            return said.zone.parse().map_err(|_| Some(Feed::fault_of_extension(said, problem())));
        }
        let named = &feed.routes[&trip.route].agency;
        let agency = feed.agencies.iter().find(|agency| agency.id == *named || feed.agencies.len() == 1);
        let said = agency.and_then(|agency| [&agency.id, &agency.name].into_iter().find_map(|name| name.parse().ok()));
        if let Some(zone) = said.or_else(|| self.known(number).map(Train::zone)).or(self.basis.zone) {
            return Ok(zone);
        }
        Err(Some(if let Some(agency) = agency {
            let problem = format!(
                "'{}' is no zone: write its abbreviation, such as WR, as agency_id, give one for the import (--zone), or in {EXTENSION}",
                printable(&agency.name)
            );
            Feed::fault_of_agency(agency, problem)
        } else {
            let problem = "its route names no agency of agency.txt: add it as agency_id in routes.txt";
            Feed::fault_of_trip(trip, problem)
        }))
    }

    fn coaches(&mut self, number: TrainNumber, kind: TrainKind) -> Result<Vec<Coach>, Out> {
        if let Some(said) = self.feed.extension.get(number.as_str()).filter(|said| !said.coaches.is_empty()) {
            let coaches = composition::parse(&said.coaches, Rake::Lhb);
            return coaches.map_err(|error| Some(Feed::fault_of_extension(said, error.to_string())));
        }
        if let Some(known) = self.known(number) {
            return Ok(known.coaches().to_vec());
        }
        self.left.usual_coaches += 1;
        Ok(composition::usual(kind))
    }

    /// The train as the timetable has it on the date of the import, or nearest to that.
    fn known(&self, number: TrainNumber) -> Option<&Train> {
        let editions = self.basis.timetable.train(number);
        let on = editions.iter().rfind(|edition| edition.from.is_none_or(|from| from <= self.basis.on));
        on.or(editions.first()).map(|edition| &*edition.train)
    }

    fn notes(&self) -> Vec<String> {
        let Left { no_trains, over, not_yet, usual_coaches, guessed_kinds, by_shape, reckoned, measured } = self.left;
        let on = self.basis.on;
        let counted = [
            (
                self.feed.exceptions,
                "dated exceptions of calendar_dates.txt were not taken: a train here runs by days of the week."
                    .to_owned(),
            ),
            (no_trains, "trips are of routes that are no trains, and were left out.".to_owned()),
            (self.feed.technical, "halts at which nobody boards or leaves were left out.".to_owned()),
            (over, format!("trips have calendars that are over on {on}, and were left out.")),
            (
                not_yet,
                format!("trips have calendars that begin after {on}, and were left out: import again from then on."),
            ),
            (measured, format!("trips have distances from shape_dist_traveled, taken as {}.", self.unit.words())),
            (by_shape, "trips have distances along their shapes.".to_owned()),
            (
                reckoned,
                format!(
                    "trips have distances of straight lines between halts, times {DETOUR}: check them, fares go by them."
                ),
            ),
            (guessed_kinds, format!("new trains have a kind by their name and speed: give others in {EXTENSION}.")),
            (
                usual_coaches,
                format!(
                    "new trains have the usual coaches of their kind, since GTFS names none: give others in {EXTENSION}."
                ),
            ),
        ];
        let unused = self.feed.extension.keys().filter(|number| {
            !self.feed.trips.iter().any(|trip| trip.short_name.eq_ignore_ascii_case(number))
                && !self.feed.routes.values().any(|route| route.short_name.eq_ignore_ascii_case(number))
        });
        let unused: BTreeSet<_> = unused.map(|number| printable(number)).collect();
        let counted =
            counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let unused = unused.iter().map(|number| format!("{EXTENSION} names {number}, which the feed has not."));
        counted.chain(unused).collect()
    }
}

/// When a trip comes in at each halt and leaves. At the ends one of the two is enough, and stands for both.
fn times(calls: &[Call]) -> Result<Vec<(u16, u16)>, Fault> {
    let last = calls.len() - 1;
    let mut times: Vec<(u16, u16)> = Vec::with_capacity(calls.len());
    for (at, call) in calls.iter().enumerate() {
        let (arrive, depart) = (call.arrive.or(call.depart), call.depart.or(call.arrive));
        let Some((arrive, depart)) = arrive.zip(depart) else {
            return Err(Feed::fault_of_call(call, "it has no time, and times are not guessed: write both"));
        };
        if at > 0 && calls[at - 1].sequence == call.sequence {
            let problem = format!("stop_sequence {} is there twice in its trip: number the halts", call.sequence);
            return Err(Feed::fault_of_call(call, problem));
        }
        times.push(match at {
            0 => (depart, depart),
            at if at == last => (arrive, arrive),
            _ => (arrive, depart),
        });
    }
    // So that no time of the run is before the day on which it begins.
    let first = times[0].1 / MINUTES_A_DAY * MINUTES_A_DAY;
    match calls.iter().zip(&times).find(|(_, (arrive, depart))| *arrive < first || *depart < first) {
        Some((call, _)) => Err(Feed::fault_of_call(call, BACKWARDS)),
        None => Ok(times),
    }
}

const BACKWARDS: &str = "its times go backwards: past midnight hours count on in GTFS, as in 25:10:00";

/// Whole kilometres. Where they were reckoned, halts that are near each other are a kilometre apart, as fares need it.
#[allow(clippy::cast_sign_loss, reason = "it is clamped to what fits")]
fn rounded(km: f64, source: Source, before: Option<&Halt>) -> u16 {
    let km = km.round().clamp(0.0, f64::from(u16::MAX)) as u16;
    match before {
        Some(before) if source != Source::Measured => km.max(before.km.saturating_add(1)),
        _ => km,
    }
}

/// What is out of order, in the words of GTFS.
fn out_of_order(error: OutOfOrder) -> String {
    match error {
        OutOfOrder::LeavesFirst { .. } => BACKWARDS.to_owned(),
        OutOfOrder::TooEarly { before, .. } => {
            format!("it calls here before it has left {before}, or in the same minute: {BACKWARDS}")
        }
        OutOfOrder::NoFarther { before, .. } => {
            format!("it is no farther than {before}: mend shape_dist_traveled, or leave it out")
        }
    }
}
