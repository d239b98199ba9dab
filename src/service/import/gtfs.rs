//! A GTFS folder (gtfs.org, schedule reference) as trains: `feed` reads the files, `build` makes trains of the trips.
//!
//! What GTFS does not know is taken from `kiosk_trains.txt` in the folder, from the timetable, or from what is usual, and
//! said so: coaches, kinds and zones. What Kiosk does not know is left out and said so: dated exceptions, routes that are
//! no trains, and calendars that are not in force on the date of the import.

mod build;
mod distance;
mod feed;

use std::path::Path;

use super::table::Folder;
use super::{Basis, Import, Meter, Unreadable};

/// The extension file with what GTFS does not know of trains: `train_number,coaches,kind,zone`.
pub const EXTENSION: &str = "kiosk_trains.txt";

/// Reads a folder.
pub fn read(folder: &Path, basis: Basis<'_>, meter: &Meter<'_>) -> Result<Import, Unreadable> {
    let mut feed = feed::Feed::read(Folder { path: folder, meter })?;
    let mut import = build::trains(&mut feed, basis, meter)?;
    import.faults.append(&mut feed.faults);
    import.faults.sort();
    Ok(import)
}
