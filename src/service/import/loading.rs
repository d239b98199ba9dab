//! Writes an import: what is new or changed, and the end of trains that are not in it where that is asked for.

use chrono::NaiveDate;

use super::Import;
use crate::domain::train::TrainNumber;
use crate::service::Kiosk;
use crate::service::seed::{Progress, load};
use crate::store::StoreError;
use crate::store::trains::{Edit, Published};

impl Kiosk {
    /// Writes the stations and trains of an import that are new or changed, from a date on or from their beginning, and
    /// ends the trains of `retire` on that date. Safe to repeat.
    pub async fn import(
        &self,
        import: &Import,
        from: Option<NaiveDate>,
        retire: &[(TrainNumber, NaiveDate)],
        progress: impl FnMut(Progress),
    ) -> Result<Published, StoreError> {
        let (stations, trains) = (&import.stations, &import.trains);
        let mut done = load(self.store(), &self.rules(), self.now(), (stations, trains), from, progress).await?;
        for (number, from) in retire {
            self.store().change_train(*number, 0, Edit::Retire(Some(*from))).await?;
            done.version += 1;
            self.record_operator("train.retire", Some(number.to_string()), Some(format!("from {from}")));
        }
        let when = from.map_or_else(|| "from their beginning".to_owned(), |from| format!("from {from}"));
        let note = format!("{} trains and {} stations new or changed, {when}", done.trains, done.stations);
        self.record_operator("timetable.import", None, Some(note));
        Ok(done)
    }
}
