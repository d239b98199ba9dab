//! A small feed on the disk, as tests of imports read it.

use std::fs;
use std::ops::ControlFlow;

use kiosk::service::import::Meter;
use tempfile::TempDir;

/// A feed of two trains: 12951 every day by two calendars, overnight; and 22903 on Sundays, which leaves after midnight of
/// the day by which GTFS lists it.
const FEED: &[(&str, &str)] = &[
    (
        "agency.txt",
        "agency_id,agency_name,agency_url,agency_timezone\nWR,Western Railway,https://wr.example,Asia/Kolkata\n",
    ),
    (
        "stops.txt",
        "stop_id,stop_code,stop_name,stop_lat,stop_lon,parent_station\n\
         1,MMCT,Mumbai Central,18.9696,72.8193,\n\
         2,ST,Surat,21.2057,72.8408,\n\
         2a,,Platform 2,21.2057,72.8408,2\n\
         3,NDLS,New Delhi,28.6415,77.2207,\n\
         4,BDTS,\"Bandra, Terminus\",19.0631,72.8416,\n",
    ),
    (
        "routes.txt",
        "route_id,agency_id,route_short_name,route_long_name,route_type\n\
         R1,WR,12951,Mumbai Rajdhani,2\n\
         R2,WR,,Night Express,102\n\
         BUS,WR,1,City bus,3\n",
    ),
    (
        "trips.txt",
        "route_id,service_id,trip_id,trip_short_name,shape_id\n\
         R1,WEEK,T1,12951,\n\
         R1,END,T2,12951,\n\
         R2,SUN,T3,22903,S3\n\
         BUS,WEEK,B1,,\n",
    ),
    (
        "stop_times.txt",
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type,shape_dist_traveled\n\
         T1,17:00:00,17:00:00,1,1,0,0,0\n\
         T1,19:43:00,19:48:30,2a,2,0,0,263000\n\
         T1,22:00:00,22:01:00,4,3,1,1,700000\n\
         T1,32:32:00,32:32:00,3,4,0,0,1386000\n\
         T2,17:00:00,17:00:00,1,1,0,0,0\n\
         T2,19:43:00,19:48:30,2a,2,0,0,263000\n\
         T2,32:32:00,32:32:00,3,4,0,0,1386000\n\
         T3,24:15:00,24:15:00,4,10,,,\n\
         T3,28:00:00,,2,20,,,\n\
         B1,08:00:00,08:00:00,1,1,,,\n",
    ),
    (
        "calendar.txt",
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n\
         WEEK,1,1,1,1,1,0,0,20260101,20271231\n\
         END,0,0,0,0,0,1,1,20260101,20271231\n\
         SUN,0,0,0,0,0,0,1,20260101,20271231\n",
    ),
    ("calendar_dates.txt", "service_id,date,exception_type\nWEEK,20270126,2\nSUN,20270127,1\n"),
];

/// Tells nobody how far it has come.
pub fn silent() -> Meter<'static> {
    Meter::new(&|_| ControlFlow::Continue(()))
}

/// A folder with these files.
pub fn folder(files: &[(&str, String)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("it can be written");
    }
    folder
}

/// The feed, file by file.
pub fn feed() -> Vec<(&'static str, String)> {
    FEED.iter().map(|(name, text)| (*name, (*text).to_owned())).collect()
}

/// The feed with a text replaced in one file, where it has to be.
pub fn feed_with(file: &str, old: &str, new: &str) -> Vec<(&'static str, String)> {
    let mut feed = feed();
    let (_, text) = feed.iter_mut().find(|(name, _)| *name == file).expect("a file of the feed");
    let changed = text.replacen(old, new, 1);
    assert_ne!(*text, changed, "{old} is not in {file}");
    *text = changed;
    feed
}
