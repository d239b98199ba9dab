//! An import that is asked for at a terminal: first what it would do, and then that and nothing else.
//!
//! Nothing is kept between the two. The files are read again, and what they would do has to be what was shown, by its
//! fingerprint; the write then asks that the timetable is as it was read for that.

use std::fmt::{self, Debug, Write as _};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::comparison::is_to_end;
use super::loading::{Come, Stored, noted};
use super::telling::{endings, line, lines};
use super::{Basis, Comparison, Import, Meter, Unreadable, compare, read};
use crate::domain::booking::OpId;
use crate::domain::edition::{NotPublished, Start};
use crate::domain::time::railway_time;
use crate::domain::train::Zone;
use crate::service::Kiosk;
use crate::service::progress::{Progress, Tell};
use crate::service::refusal::{fault, in_doubt, refuse};
use crate::service::request::{
    BadTrains, Failure, ImportLine, ImportSource, ImportTrial, Imported, LineKind, MissingTrains, Reply, Shown,
};
use crate::service::session::Session;
use crate::store::StoreError;

/// How many imports a process reads at once: a large feed takes some hundred megabytes while it is read.
const AT_ONCE: usize = 2;

/// The most lines that are shown of a trial.
const MOST_LINES: usize = 3_000;

/// Turns to read files, and the one to write what was read.
#[derive(Debug)]
pub(in crate::service) struct Turns {
    read: Arc<Semaphore>,
    write: Semaphore,
}

impl Default for Turns {
    fn default() -> Self {
        Self { read: Arc::new(Semaphore::new(AT_ONCE)), write: Semaphore::new(1) }
    }
}

impl Turns {
    /// A turn to read, unless all are taken.
    fn read(&self) -> Result<OwnedSemaphorePermit, Failure> {
        Arc::clone(&self.read).try_acquire_owned().map_err(|_| Failure::ImportsUnderWay { max: AT_ONCE })
    }

    /// The turn to write. Between processes the store decides; within one nobody has to be stopped halfway.
    fn write(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.write.try_acquire().map_err(|_| Failure::ImportUnderWay)
    }
}

/// Says what an import would do. Nothing is written; it ends when nobody waits for it any more.
pub(in crate::service) async fn try_out(
    session: &Session,
    source: &ImportSource,
    tell: Tell,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let (files, start) = (files(kiosk, source)?, start(kiosk, source)?);
    let stored = kiosk.stored_timetable().await.map_err(|error| refuse("read the timetable", &error))?;
    let found = look(kiosk, files, (start, source.missing), &stored, move |progress| tell.tell(progress)).await?;
    Ok(Reply::ImportTried(Box::new(found.trial(start, stored.is_unfinished()))))
}

/// Imports what was shown. Whoever asked may leave: it goes on to its end.
pub(in crate::service) async fn import(
    session: &Session,
    op: OpId,
    source: ImportSource,
    shown: Shown,
    tell: Tell,
) -> Result<Reply, Failure> {
    let own = session.clone();
    let work = session.under_reference(async move { write(&own, op, &source, &shown, tell).await });
    let written = session.kiosk().background().spawn(work).await;
    written.map_err(|error| fault("import trains", &error))?
}

async fn write(
    session: &Session,
    op: OpId,
    source: &ImportSource,
    shown: &Shown,
    tell: Tell,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let _turn = kiosk.0.imports.write()?;
    let (files, start) = (files(kiosk, source)?, start(kiosk, source)?);
    let stored = kiosk.stored_timetable().await.map_err(|error| refuse("read the timetable", &error))?;
    // Where all is written already, the reply to an earlier attempt was lost.
    let left = match stored.come(op) {
        Come::ToItsEnd => Vec::new(),
        come => {
            let asked = Asked { session, op, source, shown, come };
            asked.write((files, start), &stored, tell).await?
        }
    };
    end_missing(session, shown, &stored).await?;
    // It is written all the same, and every process reads the timetable again within seconds.
    if let Err(failure) = kiosk.reread_timetable().await {
        tracing::warn!(%failure, "an import is not to be seen at once");
    }
    Ok(Reply::Imported(Imported { trains: shown.trains, stations: shown.stations, left }))
}

/// Ends the trains that were shown to end, as far as they have not ended.
async fn end_missing(session: &Session, shown: &Shown, stored: &Stored) -> Result<(), Failure> {
    let kiosk = session.kiosk();
    let left = shown.ends.iter().filter(|end| is_to_end(&stored.timetable, end));
    let left: Vec<_> = left.copied().collect();
    let record = |train, note| kiosk.record(session, "train.retire", Some(train), Some(note));
    kiosk.end_each(&left, record).await.map_err(|error| match error {
        // Somebody has begun another import: whoever looks again sees what is left of this one.
        StoreError::Conflict { .. } => Failure::ImportMoved,
        error => in_doubt("end trains", &refuse("end trains that are not in an import", &error)),
    })
}

/// An import that is to be written.
struct Asked<'a> {
    session: &'a Session,
    op: OpId,
    source: &'a ImportSource,
    shown: &'a Shown,
    come: Come,
}

impl Asked<'_> {
    /// Writes its trains and stations, and says why trains were left as they are.
    async fn write(&self, (files, start): (Files, Start), stored: &Stored, tell: Tell) -> Result<Vec<String>, Failure> {
        let Self { session, op, source, shown, come } = self;
        let kiosk = session.kiosk();
        let told = tell.clone();
        let goes_on = move |progress| {
            let _ = told.tell(progress);
            ControlFlow::Continue(())
        };
        let found = look(kiosk, files, (start, source.missing), stored, goes_on).await?;
        let is_shown = match come {
            // A part of it is written already, so that less would change than was shown.
            Come::Begun => found.shown.files == shown.files,
            // Where nothing is left of it, an attempt that only ended trains was not heard of.
            Come::Nowhere | Come::ToItsEnd => found.shown == **shown || found.is_done(shown),
        };
        if !is_shown {
            return Err(Failure::ImportMoved);
        }
        // A train with a mistake would be among those that are not in it.
        let takes_no_mistake = source.bad == BadTrains::Refuse || source.missing == MissingTrains::End;
        if takes_no_mistake && !found.import.faults.is_empty() {
            return Err(Failure::ImportHasMistakes { mistakes: found.import.faults.len() });
        }
        if found.comparison.is_empty() && !stored.is_unfinished() {
            return Ok(Vec::new());
        }
        let publisher = format!("{op}/{}", kiosk.chance().id());
        // What it tells it tells from its first mark on.
        let mut has_begun = stored.is_unfinished();
        let progress = |progress| {
            has_begun = true;
            let _ = tell.tell(progress);
        };
        let written = kiosk.write_import(&found.import, (stored, &publisher), start, progress).await;
        // Of one that broke off a part may be written.
        let how = if written.is_ok() { "" } else { "not to its end: " };
        let note = format!("{how}{}", noted(shown.trains, shown.stations, start));
        kiosk.record(session, "timetable.import", Some(source.path.clone()), Some(note));
        let written = written.map_err(|error| match error {
            StoreError::Conflict { .. } => Failure::ImportMoved,
            error => match refuse("import trains", &error) {
                refusal @ Failure::Unavailable { .. } if has_begun => in_doubt("import trains", &refusal),
                refusal => refusal,
            },
        })?;
        Ok(written.left.iter().map(NotPublished::to_string).collect())
    }
}

fn start(kiosk: &Kiosk, source: &ImportSource) -> Result<Start, Failure> {
    let today = railway_time(kiosk.now()).date();
    if source.from.is_some_and(|from| from < today) {
        return Err(NotPublished::Past { today }.into());
    }
    Ok(Start { from: source.from, today })
}

/// What files hold, and what they would change.
struct Found {
    import: Import,
    comparison: Comparison,
    shown: Shown,
}

/// Files to be read, and the turn in which they are.
struct Files {
    path: PathBuf,
    zone: Option<Zone>,
    turn: OwnedSemaphorePermit,
}

/// The files of an import, as soon as it is their turn.
fn files(kiosk: &Kiosk, source: &ImportSource) -> Result<Files, Failure> {
    let path = PathBuf::from(&source.path);
    if !path.is_absolute() {
        return Err(Failure::NotWholePath);
    }
    Ok(Files { path, zone: source.zone, turn: kiosk.0.imports.read()? })
}

/// Reads and compares, on a thread of its own and in a turn that lasts as long.
async fn look(
    kiosk: &Kiosk,
    Files { path, zone, turn }: Files,
    (start, missing): (Start, MissingTrains),
    stored: &Stored,
    told: impl Fn(Progress) -> ControlFlow<()> + Send + 'static,
) -> Result<Found, Failure> {
    let timetable = Arc::clone(&stored.timetable);
    let looked = kiosk.settings().labour.run(move || {
        let _turn = turn;
        let meter = Meter::new(&told);
        let import = read(&path, Basis { timetable: &timetable, on: start.date(), zone }, &meter)?;
        let comparison = compare(&timetable, &import, start, &meter)?;
        let mut shown = shown(&import, &comparison, start);
        // A train with a mistake is not in it, and is not meant.
        if missing == MissingTrains::End && import.faults.is_empty() {
            shown.ends = comparison.ending(&timetable, start.ends_missing());
        }
        Ok(Found { import, comparison, shown })
    });
    looked.await.map_err(|error| fault("read an import", &error))?.map_err(|error| match error {
        Unreadable::Stopped => Failure::GivenUp,
        error => Failure::NotRead(error.to_string()),
    })
}

fn shown(import: &Import, comparison: &Comparison, start: Start) -> Shown {
    let (new, changed, _) = comparison.counts();
    let files = fingerprint(&(&import.stations, &import.trains, &import.faults, start.date()));
    let change = fingerprint(&(&comparison.trains, &comparison.stations));
    Shown { files, change, trains: new + changed, stations: comparison.stations.len(), ends: Vec::new() }
}

/// What says the same has the same fingerprint.
fn fingerprint(value: &impl Debug) -> String {
    let mut print = Print(Sha256::new());
    write!(print, "{value:?}").expect("a fingerprint takes all");
    HEXLOWER.encode(&print.0.finalize()[..16])
}

/// Takes a text of any length.
struct Print(Sha256);

impl fmt::Write for Print {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

impl Found {
    /// Whether the timetable is as it was shown to become.
    fn is_done(&self, shown: &Shown) -> bool {
        self.shown.files == shown.files && self.comparison.is_empty() && self.shown.ends.is_empty()
    }

    fn trial(self, start: Start, finishes: bool) -> ImportTrial {
        let Self { import, comparison, shown } = self;
        let (new, changed, unchanged) = comparison.counts();
        let mistakes = import.faults.iter().map(|fault| line(LineKind::Mistake, fault.to_string()));
        let notes = import.notes.iter().map(|note| line(LineKind::Note, note.clone()));
        let mut all = mistakes.chain(notes).chain(lines(&comparison, &import)).chain(endings(&comparison, &shown.ends));
        let listed: Vec<ImportLine> = all.by_ref().take(MOST_LINES).collect();
        ImportTrial {
            on: start.date(),
            mistakes: import.faults.len(),
            new,
            changed,
            unchanged,
            missing: comparison.missing.len(),
            lines: listed,
            unlisted: all.count(),
            finishes,
            shown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, Failure, Turns};

    #[test]
    fn no_more_imports_are_read_at_once_than_there_are_turns() {
        let turns = Turns::default();
        let mut taken: Vec<_> = (0..AT_ONCE).map(|_| turns.read().expect("there is one")).collect();
        assert_eq!(turns.read().err(), Some(Failure::ImportsUnderWay { max: AT_ONCE }));
        taken.pop();
        assert!(turns.read().is_ok(), "one has ended");
    }
}
