//! Writes an import: what is new or changed, and the end of trains that are not in it where that is asked for.

use chrono::NaiveDate;

use super::Import;
use crate::domain::edition::Start;
use crate::domain::train::TrainNumber;
use crate::service::Kiosk;
use crate::service::seed::{Progress, load};
use crate::store::StoreError;
use crate::store::trains::{Edit, Published};

impl Kiosk {
    /// Writes the stations and trains of an import that are new or changed, and ends the trains of `retire` on their dates.
    /// Safe to repeat.
    pub async fn import(
        &self,
        import: &Import,
        start: Start,
        retire: &[(TrainNumber, NaiveDate)],
        progress: impl FnMut(Progress),
    ) -> Result<Published, StoreError> {
        let (stations, trains) = (&import.stations, &import.trains);
        let mut done = load(self.store(), &self.rules(), (stations, trains), start, progress).await?;
        for (number, from) in retire {
            self.store().change_train(*number, 0, Edit::Retire(Some(*from))).await?;
            done.version += 1;
            self.record_operator("train.retire", Some(number.to_string()), Some(format!("from {from}")));
        }
        let (trains, stations, from) = (done.trains, done.stations, start.date());
        let note = format!("{trains} trains and {stations} stations new or changed, from {from}");
        self.record_operator("timetable.import", None, Some(note));
        Ok(done)
    }
}
