//! How full the runs of a day are. Each run is read, so it is asked for page by page.

use std::sync::Arc;

use chrono::NaiveDate;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::domain::load::RunLoad;
use crate::domain::train::{RunId, Train};
use crate::export::sheet::{Cell, Column, Sheet};
use crate::service::refusal::refuse;
use crate::service::request::{Cursor, Failure, Form, Reply};
use crate::service::session::Session;
use crate::service::{Kiosk, sheets};

/// Runs on a page.
const PAGE: usize = 20;
/// How many are read at once.
const SIDE_BY_SIDE: usize = 10;

const COLUMNS: &[Column] =
    &[Column::text("Run", 120), Column::text("Train", 203), Column::text("Class", 60), Column::number("Taken, %", 140)];

/// A page of the runs that leave their origin on a day, in the order of their trains' numbers.
pub(super) async fn list(session: &Session, date: NaiveDate, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let trains = kiosk.trains_of(date);
    let rest =
        trains.iter().skip_while(|train| after.is_some_and(|Cursor(after)| train.number().as_str() <= after.as_str()));
    let mut rest = rest.cloned();
    let page: Vec<_> = rest.by_ref().take(PAGE).collect();
    let next = page.last().filter(|_| rest.next().is_some()).map(|train| Cursor(train.number().to_string()));
    Ok(Reply::Occupancy { page: kiosk.loads(&page, date).await?, next })
}

/// All of them as a document.
pub(super) async fn file(session: &Session, date: NaiveDate, form: Form) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let loads = kiosk.loads(&kiosk.trains_of(date), date).await?;
    let rows = loads.iter().flat_map(|load| {
        load.classes.iter().map(|class| {
            vec![
                Cell::Text(load.run.to_string()),
                Cell::Text(load.name.clone()),
                Cell::Text(class.class.to_string()),
                Cell::Count(class.percent().into()),
            ]
        })
    });
    let sheet = Sheet {
        title: format!("Occupancy on {date}"),
        notes: vec!["Of what is on sale, weighed by how far each berth is taken".to_owned()],
        columns: COLUMNS,
        rows: rows.collect(),
        sums: Vec::new(),
        at: kiosk.now(),
    };
    let name = format!("occupancy-{date}.{}", form.extension());
    sheets::document(kiosk, sheet, name, form).await.map(Reply::Document)
}

impl Kiosk {
    /// The trains that leave their origin on a day, by number.
    fn trains_of(&self, date: NaiveDate) -> Vec<Arc<Train>> {
        let timetable = self.timetable();
        let numbers = timetable.trains().filter_map(|editions| editions.first()).map(|edition| edition.train.number());
        let on_day = numbers.filter_map(|number| timetable.train_on(number, date));
        on_day.filter(|train| train.runs_on().includes(date)).map(Arc::clone).collect()
    }

    async fn loads(&self, trains: &[Arc<Train>], date: NaiveDate) -> Result<Vec<RunLoad>, Failure> {
        let reads = trains.iter().map(|train| self.read_run(RunId { train: train.number(), date }));
        let reads: Vec<_> = stream::iter(reads.collect::<Vec<_>>())
            .buffered(SIDE_BY_SIDE)
            .try_collect()
            .await
            .map_err(|error| refuse("read how full runs are", &error))?;
        Ok(reads.iter().flatten().map(|read| RunLoad::of(&read.state, self.now())).collect())
    }
}
