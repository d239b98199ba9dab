//! The files of a GTFS folder as rows with their lines. Stop times, which are nearly all of a feed, are kept small.

use std::collections::{HashMap, HashSet};
use std::fs::File;

use chrono::NaiveDate;

use super::EXTENSION;
use crate::domain::train::RunDays;
use crate::service::import::table::{Folder, Row, Size, Table};
use crate::service::import::{Fault, Unreadable, printable};

const AGENCY: &str = "agency.txt";
const STOPS: &str = "stops.txt";
const ROUTES: &str = "routes.txt";
const TRIPS: &str = "trips.txt";
const STOP_TIMES: &str = "stop_times.txt";
const CALENDAR: &str = "calendar.txt";
const CALENDAR_DATES: &str = "calendar_dates.txt";
const FREQUENCIES: &str = "frequencies.txt";
const SHAPES: &str = "shapes.txt";

/// All that is read of a folder.
const FILES: [&str; 10] =
    [AGENCY, STOPS, ROUTES, TRIPS, STOP_TIMES, CALENDAR, CALENDAR_DATES, FREQUENCIES, SHAPES, EXTENSION];

/// The one zone of time that Kiosk knows.
const ZONE_OF_TIME: &str = "Asia/Kolkata";
/// The columns of a calendar, from Monday on.
const WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// `pickup_type` and `drop_off_type` of a halt at which nobody boards or leaves.
const NOT_AVAILABLE: &str = "1";
/// The trips of `trips.txt`, and nothing more, are as many as fit the index in a stop time.
type TripIndex = u32;

/// A folder as it was read.
#[derive(Debug, Default)]
pub(super) struct Feed {
    pub agencies: Vec<Agency>,
    pub stops: Vec<Stop>,
    pub routes: HashMap<String, Route>,
    pub calendars: HashMap<String, Calendar>,
    /// Services of which there are dated exceptions, and how many of these there are.
    pub excepted: HashSet<String>,
    pub exceptions: usize,
    pub trips: Vec<Trip>,
    /// By shape, the points in order.
    pub shapes: HashMap<String, Vec<Point>>,
    pub extension: HashMap<String, Extension>,
    pub faults: Vec<Fault>,
    /// Halts at which nobody boards or leaves.
    pub technical: usize,
}

#[derive(Debug)]
pub(super) struct Agency {
    pub id: String,
    pub name: String,
    pub line: u64,
}

#[derive(Debug)]
pub(super) struct Stop {
    pub id: String,
    pub code: String,
    pub name: String,
    /// The place in the file of the station to which it belongs.
    pub parent: Option<u32>,
    pub position: Option<Point>,
    pub line: u64,
}

/// A place on the earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub latitude: f64,
    pub longitude: f64,
}

#[derive(Debug)]
pub(super) struct Route {
    pub agency: String,
    pub short_name: String,
    pub long_name: String,
    pub is_rail: bool,
}

#[derive(Debug)]
pub(super) struct Calendar {
    pub days: Option<RunDays>,
    pub first: NaiveDate,
    pub last: NaiveDate,
}

#[derive(Debug)]
pub(super) struct Trip {
    pub id: String,
    pub route: String,
    pub service: String,
    pub short_name: String,
    pub headsign: String,
    pub shape: String,
    pub line: u64,
    pub calls: Vec<Call>,
    /// Whether a mistake was found in it already.
    pub is_bad: bool,
}

/// A row of stop times. Times are minutes since midnight of the day of service, and go past 24 hours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub stop: u32,
    pub sequence: u32,
    pub arrive: Option<u16>,
    pub depart: Option<u16>,
    pub distance: Option<f32>,
    pub line: u32,
}

/// What the extension file says of a train.
#[derive(Debug)]
pub(super) struct Extension {
    pub coaches: String,
    pub kind: String,
    pub zone: String,
    pub line: u64,
}

impl Feed {
    pub fn read(folder: Folder<'_>) -> Result<Self, Unreadable> {
        let mut feed = Self::default();
        folder.meter.expect(FILES.iter().map(|file| folder.size(file)).sum());
        feed.read_agencies(folder)?;
        feed.read_stops(folder)?;
        feed.read_routes(folder)?;
        feed.read_calendars(folder)?;
        feed.read_trips(folder)?;
        feed.read_stop_times(folder)?;
        feed.refuse_frequencies(folder)?;
        feed.read_shapes(folder)?;
        feed.read_extension(folder)?;
        // Shapes that nobody needs were not read.
        folder.meter.ends()?;
        Ok(feed)
    }

    fn read_agencies(&mut self, folder: Folder<'_>) -> Result<(), Unreadable> {
        let mut table = must(folder, AGENCY, &["agency_name", "agency_timezone"], Size::Kept)?;
        while let Some(row) = table.next(&mut self.faults)? {
            if row.text("agency_timezone") != ZONE_OF_TIME {
                let other = printable(row.text("agency_timezone"));
                let problem = format!("its times are of '{other}', and trains here go by {ZONE_OF_TIME}: convert them");
                self.faults.push(row.fault(problem));
            }
            let (id, name) = (row.text("agency_id").to_owned(), row.text("agency_name").to_owned());
            self.agencies.push(Agency { id, name, line: row.line });
        }
        Ok(())
    }

    fn read_stops(&mut self, folder: Folder<'_>) -> Result<(), Unreadable> {
        let mut table = must(folder, STOPS, &["stop_id", "stop_name"], Size::Kept)?;
        let mut parents = Vec::new();
        while let Some(row) = table.next(&mut self.faults)? {
            let degrees = |column: &str| row.text(column).parse::<f64>().ok().filter(|degrees| degrees.is_finite());
            let position = degrees("stop_lat").zip(degrees("stop_lon"));
            self.stops.push(Stop {
                id: row.text("stop_id").to_owned(),
                code: row.text("stop_code").to_owned(),
                name: row.text("stop_name").to_owned(),
                parent: None,
                position: position.map(|(latitude, longitude)| Point { latitude, longitude }),
                line: row.line,
            });
            parents.push(row.text("parent_station").to_owned());
        }
        let places = places(&self.stops);
        for (stop, parent) in self.stops.iter_mut().zip(parents) {
            stop.parent = places.get(&parent).copied();
        }
        Ok(())
    }

    fn read_routes(&mut self, folder: Folder<'_>) -> Result<(), Unreadable> {
        let mut table = must(folder, ROUTES, &["route_id", "route_type"], Size::Kept)?;
        while let Some(row) = table.next(&mut self.faults)? {
            // 2 is rail; 100 to 117 are its kinds in the extended list.
            let is_rail =
                row.text("route_type").parse().is_ok_and(|kind: u16| kind == 2 || (100..=117).contains(&kind));
            let route = Route {
                agency: row.text("agency_id").to_owned(),
                short_name: row.text("route_short_name").to_owned(),
                long_name: row.text("route_long_name").to_owned(),
                is_rail,
            };
            self.routes.insert(row.text("route_id").to_owned(), route);
        }
        Ok(())
    }

    fn read_calendars(&mut self, folder: Folder<'_>) -> Result<(), Unreadable> {
        let required = [&["service_id", "start_date", "end_date"][..], &WEEK].concat();
        let mut table = must(folder, CALENDAR, &required, Size::Kept)?;
        while let Some(row) = table.next(&mut self.faults)? {
            match calendar(&row) {
                Ok(calendar) => {
                    self.calendars.insert(row.text("service_id").to_owned(), calendar);
                }
                Err(problem) => self.faults.push(row.fault(problem)),
            }
        }
        if let Some(mut table) =
            Table::of_folder(folder, CALENDAR_DATES, &["service_id", "date", "exception_type"], Size::Kept)?
        {
            while let Some(row) = table.next(&mut self.faults)? {
                self.exceptions += 1;
                self.excepted.insert(row.text("service_id").to_owned());
            }
        }
        Ok(())
    }

    fn read_trips(&mut self, folder: Folder<'_>) -> Result<(), Unreadable> {
        let mut table = must(folder, TRIPS, &["route_id", "service_id", "trip_id"], Size::Kept)?;
        while let Some(row) = table.next(&mut self.faults)? {
            self.trips.push(Trip {
                id: row.text("trip_id").to_owned(),
                route: row.text("route_id").to_owned(),
                service: row.text("service_id").to_owned(),
                short_name: row.text("trip_short_name").to_owned(),
                headsign: row.text("trip_headsign").to_owned(),
                shape: row.text("shape_id").to_owned(),
                line: row.line,
                calls: Vec::new(),
                is_bad: false,
            });
        }
        Ok(())
    }

    fn read_stop_times(&mut self, folder: Folder<'_>) -> Result<(), Unreadable> {
        let trips: HashMap<String, TripIndex> =
            (0..).zip(&self.trips).map(|(at, trip)| (trip.id.clone(), at)).collect();
        let stops = places(&self.stops);
        let required = ["trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time"];
        let mut table = must(folder, STOP_TIMES, &required, Size::Passing)?;
        while let Some(row) = table.step(&mut self.faults)? {
            let row = match row {
                Ok(row) => row,
                Err(unread) => {
                    // A trip that lacks a halt for such a row is no train.
                    if let Some(trip) = unread.seems("trip_id").and_then(|trip| trips.get(&trip)) {
                        self.trips[*trip as usize].is_bad = true;
                    }
                    continue;
                }
            };
            let Some(trip) = trips.get(row.text("trip_id")) else {
                let problem = format!("trip '{}' is not in {TRIPS}: add it, or mend the name", cell(&row, "trip_id"));
                self.faults.push(row.fault(problem));
                continue;
            };
            let trip = &mut self.trips[*trip as usize];
            if row.text("pickup_type") == NOT_AVAILABLE && row.text("drop_off_type") == NOT_AVAILABLE {
                self.technical += 1;
                continue;
            }
            match call(&row, &stops) {
                Ok(call) => trip.calls.push(call),
                Err(problem) => {
                    trip.is_bad = true;
                    self.faults.push(row.fault(problem));
                }
            }
        }
        for trip in &mut self.trips {
            trip.calls.sort_by_key(|call| call.sequence);
            trip.calls.shrink_to_fit();
        }
        Ok(())
    }

    /// A train leaves at times that people know: one that comes every so often has none.
    fn refuse_frequencies(&mut self, folder: Folder<'_>) -> Result<(), Unreadable> {
        let Some(mut table) = Table::of_folder(folder, FREQUENCIES, &["trip_id"], Size::Kept)? else { return Ok(()) };
        let mut named = HashSet::new();
        while let Some(row) = table.next(&mut self.faults)? {
            named.insert(row.text("trip_id").to_owned());
            let problem = format!(
                "trip '{}' runs at intervals, and a train that is reserved at times: write a trip for each departure",
                cell(&row, "trip_id")
            );
            self.faults.push(row.fault(problem));
        }
        self.trips.iter_mut().filter(|trip| named.contains(&trip.id)).for_each(|trip| trip.is_bad = true);
        Ok(())
    }

    /// The shapes of trips whose stop times have no distances.
    fn read_shapes(&mut self, folder: Folder<'_>) -> Result<(), Unreadable> {
        let unmeasured = |trip: &&Trip| !trip.shape.is_empty() && trip.calls.iter().any(|call| call.distance.is_none());
        let wanted: HashSet<String> = self.trips.iter().filter(unmeasured).map(|trip| trip.shape.clone()).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let required = ["shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"];
        let Some(mut table) = Table::of_folder(folder, SHAPES, &required, Size::Passing)? else { return Ok(()) };
        let mut points: HashMap<String, Vec<(u32, Point)>> = HashMap::new();
        while let Some(row) = table.next(&mut self.faults)? {
            let shape = row.text("shape_id");
            if !wanted.contains(shape) {
                continue;
            }
            let degrees = |column: &str| row.text(column).parse::<f64>().ok().filter(|degrees| degrees.is_finite());
            let position = degrees("shape_pt_lat").zip(degrees("shape_pt_lon"));
            let sequence = row.text("shape_pt_sequence").parse::<u32>().ok();
            let Some(((latitude, longitude), sequence)) = position.zip(sequence) else {
                let problem = "a point needs its place and its number: write degrees and a whole number";
                self.faults.push(row.fault(problem));
                continue;
            };
            points.entry(shape.to_owned()).or_default().push((sequence, Point { latitude, longitude }));
        }
        for (shape, mut points) in points {
            points.sort_by_key(|(sequence, _)| *sequence);
            self.shapes.insert(shape, points.into_iter().map(|(_, point)| point).collect());
        }
        Ok(())
    }

    fn read_extension(&mut self, folder: Folder<'_>) -> Result<(), Unreadable> {
        let Some(mut table) = Table::of_folder(folder, EXTENSION, &["train_number", "coaches"], Size::Kept)? else {
            return Ok(());
        };
        while let Some(row) = table.next(&mut self.faults)? {
            let extension = Extension {
                coaches: row.text("coaches").to_owned(),
                kind: row.text("kind").to_owned(),
                zone: row.text("zone").to_owned(),
                line: row.line,
            };
            self.extension.insert(row.text("train_number").to_ascii_uppercase(), extension);
        }
        Ok(())
    }

    /// A mistake of a trip, in its own line.
    pub fn fault_of_trip(trip: &Trip, problem: impl Into<String>) -> Fault {
        Fault { file: TRIPS.to_owned(), line: trip.line, problem: problem.into() }
    }

    /// A mistake of a halt.
    pub fn fault_of_call(call: &Call, problem: impl Into<String>) -> Fault {
        Fault { file: STOP_TIMES.to_owned(), line: u64::from(call.line), problem: problem.into() }
    }

    /// A mistake of a stop.
    pub fn fault_of_stop(stop: &Stop, problem: impl Into<String>) -> Fault {
        Fault { file: STOPS.to_owned(), line: stop.line, problem: problem.into() }
    }

    /// A mistake of an agency.
    pub fn fault_of_agency(agency: &Agency, problem: impl Into<String>) -> Fault {
        Fault { file: AGENCY.to_owned(), line: agency.line, problem: problem.into() }
    }

    /// A mistake of the extension file.
    pub fn fault_of_extension(extension: &Extension, problem: impl Into<String>) -> Fault {
        Fault { file: EXTENSION.to_owned(), line: extension.line, problem: problem.into() }
    }
}

/// Stops by their names.
fn places(stops: &[Stop]) -> HashMap<String, u32> {
    (0..).zip(stops).map(|(at, stop)| (stop.id.clone(), at)).collect()
}

fn must<'a>(folder: Folder<'a>, file: &str, required: &[&str], size: Size) -> Result<Table<'a, File>, Unreadable> {
    let remedy = "a GTFS folder has it; unpack the whole feed into the folder";
    Table::of_folder(folder, file, required, size)?.ok_or_else(|| Unreadable::Missing { file: file.to_owned(), remedy })
}

fn cell(row: &Row, column: &str) -> String {
    printable(row.text(column))
}

fn calendar(row: &Row) -> Result<Calendar, String> {
    let mut week = [false; 7];
    for (day, column) in week.iter_mut().zip(WEEK) {
        *day = match row.text(column) {
            "1" => true,
            "0" => false,
            _ => return Err(format!("{column} is '{}': write 1 or 0", cell(row, column))),
        };
    }
    let date = |column: &str| {
        let bad = |_| format!("{column} is '{}': write a date such as 20261201", cell(row, column));
        NaiveDate::parse_from_str(row.text(column), "%Y%m%d").map_err(bad)
    };
    Ok(Calendar { days: RunDays::from_week(week), first: date("start_date")?, last: date("end_date")? })
}

fn call(row: &Row, stops: &HashMap<String, u32>) -> Result<Call, String> {
    let stop = stops.get(row.text("stop_id"));
    let stop =
        stop.ok_or_else(|| format!("stop '{}' is not in {STOPS}: add it, or mend the name", cell(row, "stop_id")));
    let sequence = row.text("stop_sequence").parse::<u32>();
    let sequence =
        sequence.map_err(|_| format!("stop_sequence is '{}': write a whole number", cell(row, "stop_sequence")));
    let distance = match row.text("shape_dist_traveled") {
        "" => None,
        text => {
            let distance = text.parse::<f32>().ok().filter(|distance| distance.is_finite() && *distance >= 0.0);
            Some(distance.ok_or_else(|| format!("shape_dist_traveled is '{}': write a number", printable(text)))?)
        }
    };
    Ok(Call {
        stop: *stop?,
        sequence: sequence?,
        arrive: time(row, "arrival_time")?,
        depart: time(row, "departure_time")?,
        distance,
        line: u32::try_from(row.line).unwrap_or(u32::MAX),
    })
}

/// `25:10:00` as minutes; seconds are left out. `None` for a halt without a time.
fn time(row: &Row, column: &str) -> Result<Option<u16>, String> {
    let text = row.text(column);
    if text.is_empty() {
        return Ok(None);
    }
    let read = || {
        let mut parts = text.split(':');
        let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |part: &str| part.parse::<u16>().ok().filter(|_| part.len() <= 3);
        let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
        let good = parts.next().is_none() && hours < 240 && minutes < 60 && seconds < 60;
        good.then_some(hours * 60 + minutes)
    };
    let problem = || {
        let text = printable(text);
        format!("{column} is '{text}': write hours, minutes and seconds; past midnight hours count on, as in 25:10:00")
    };
    read().map(Some).ok_or_else(problem)
}
