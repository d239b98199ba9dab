//! Compares what is kept of runs with their bookings, and mends masks.
//!
//! A run is read piece by piece, so a sale in between can look like a difference. Whatever is found is therefore looked
//! for again, until nothing of the run has changed between two reads of it, or as often as `READS` says: only what every
//! read has shown is reported. A busy system gives no false alarm, at the price that of a run which never stands still a
//! difference that changes from read to read is left for the next audit.

mod drawers;
mod ledger;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use self::drawers::Drawers;
pub use self::ledger::BeforeLedger;
use self::ledger::Comparison;
use crate::domain::audit::{Difference, Evidence, differences, mend, unheld};
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::delay::LONGEST;
use crate::domain::pnr::Pnr;
use crate::domain::time::instant;
use crate::domain::train::RunId;
use crate::service::Kiosk;
use crate::service::refusal::refuse;
use crate::service::request::Failure;
use crate::store::StoreError;
use crate::store::runs::{KEPT, Plan};

/// How often a run with differences is read at most.
const READS: u32 = 8;
/// How much longer the bookings of a run may seem to be kept than its items: they have its times, and those its timetable's.
const LATEST: TimeDelta = TimeDelta::minutes(LONGEST as i64);

/// How long a difference has to last before it is mended: whatever was on its way when it was seen has arrived by then.
pub const LASTING: TimeDelta = TimeDelta::seconds(60);

/// What is audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditScope {
    /// All runs of which anything is kept.
    All,
    /// One run.
    Run(RunId),
}

/// How far an audit looks for bookings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// On the runs' manifests and in their queues.
    Manifests,
    /// In the whole table of bookings as well: finds those that no manifest has, slips without a hold, and where the ledger
    /// says something else.
    Bookings,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Finding {
    /// On which run, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The count of writes to the coach in which it was seen, where it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rev: Option<u64>,
    /// What.
    #[serde(flatten)]
    pub difference: Difference,
}

/// What an audit has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// What was audited.
    pub scope: AuditScope,
    /// How far it looked.
    pub depth: Depth,
    /// When it was over.
    pub at: DateTime<Utc>,
    /// How many runs were compared; those whose items may have been deleted for their age are not.
    pub runs: usize,
    /// How many of their coaches anybody ever wrote to.
    pub coaches: usize,
    /// How many bookings of theirs were compared.
    pub bookings: usize,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Money that moved before there was a ledger, which is no difference. Only a deep audit looks for it.
    pub before: BeforeLedger,
}

impl AuditReport {
    /// Whether everything agrees.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// What a repair has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// What was mended.
    pub mended: Vec<Finding>,
    /// What an audit sees after it.
    pub after: AuditReport,
}

/// What the table of bookings has that no manifest has.
#[derive(Default)]
struct Deep {
    unlisted: BTreeMap<RunId, BTreeSet<Pnr>>,
    findings: Vec<Finding>,
    before: BeforeLedger,
}

/// A run with what every read of it has shown.
struct Seen {
    evidence: Evidence,
    differences: Vec<Difference>,
}

impl Seen {
    fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        let state = &self.evidence.state;
        self.differences.iter().map(|difference| Finding {
            run: Some(state.run),
            rev: difference.coach().map(|coach| state.coach(coach).rev),
            difference: difference.clone(),
        })
    }
}

impl Kiosk {
    /// Compares what is kept of runs with their bookings. `progress` gets the runs compared, how many there are, and which
    /// is next.
    ///
    /// # Errors
    ///
    /// When the run is not known, or the store does not answer; what cannot be read is a finding.
    pub async fn audit(
        &self,
        scope: AuditScope,
        depth: Depth,
        mut progress: impl FnMut(usize, usize, &str) + Send,
    ) -> Result<AuditReport, Failure> {
        let deep = match depth {
            Depth::Manifests => Deep::default(),
            Depth::Bookings => self.look_deep(scope, &mut progress).await?,
        };
        let runs = self.runs_in(scope, &deep).await?;
        let mut report = AuditReport {
            scope,
            depth,
            at: self.now(),
            runs: 0,
            coaches: 0,
            bookings: 0,
            findings: deep.findings,
            before: deep.before,
        };
        let none = BTreeSet::new();
        for (done, run) in runs.iter().enumerate() {
            progress(done, runs.len(), &run.to_string());
            match self.look_at(*run, deep.unlisted.get(run).unwrap_or(&none)).await {
                Ok(Some(seen)) => {
                    report.runs += 1;
                    report.coaches += seen.evidence.state.coaches.len();
                    report.bookings += seen.evidence.bookings.len();
                    report.findings.extend(seen.findings());
                }
                Ok(None) => {}
                Err(StoreError::Corrupt { what, cause }) => {
                    report.runs += 1;
                    let difference = Difference::Unreadable { what, cause };
                    report.findings.push(Finding { run: Some(*run), rev: None, difference });
                }
                Err(error) => return Err(refuse("audit", &error)),
            }
        }
        progress(runs.len(), runs.len(), "");
        report.at = self.now();
        Ok(report)
    }

    /// Mends masks and fences from the bookings: of what a report says, that which is still so [`LASTING`] later, in a
    /// coach that nobody has written to since. Everything else is left to a person. Looks into the whole table of bookings
    /// first, since a berth whose booking no manifest has must not be put back on sale.
    ///
    /// # Errors
    ///
    /// When the store does not answer. What was mended until then stays mended, and repeating it is safe.
    pub async fn repair(
        &self,
        first: &AuditReport,
        mut progress: impl FnMut(usize, usize, &str) + Send,
    ) -> Result<Repair, Failure> {
        let deep = self.look_deep(first.scope, &mut progress).await?;
        let runs: BTreeSet<RunId> = first.findings.iter().filter_map(|finding| finding.run).collect();
        let none = BTreeSet::new();
        let mut mended = Vec::new();
        for run in runs {
            if self.now() < first.at + LASTING {
                break;
            }
            let seen = match self.look_at(run, deep.unlisted.get(&run).unwrap_or(&none)).await {
                Ok(Some(seen)) => seen,
                Ok(None) | Err(StoreError::Corrupt { .. }) => continue,
                Err(error) => return Err(refuse("audit", &error)),
            };
            let lasting: Vec<_> = seen.findings().filter(|finding| first.findings.contains(finding)).collect();
            mended.extend(self.mend(&seen, &lasting).await?);
        }
        let after = self.audit(first.scope, first.depth, progress).await?;
        Ok(Repair { mended, after })
    }

    /// Mends one run; says what of the findings it has mended.
    async fn mend(&self, seen: &Seen, lasting: &[Finding]) -> Result<Vec<Finding>, Failure> {
        let state = &seen.evidence.state;
        let plan = Plan::of(state);
        let mut mended = Vec::new();
        for finding in lasting {
            let edits = mend(&seen.evidence, std::slice::from_ref(&finding.difference), self.now());
            mended.extend((!edits.is_empty()).then(|| finding.clone()));
        }
        let differences: Vec<_> = lasting.iter().map(|finding| finding.difference.clone()).collect();
        for edit in mend(&seen.evidence, &differences, self.now()) {
            let rev = state.coach(edit.coach).rev;
            let done = self.store().mend(&plan, &edit, rev).await.map_err(|error| refuse("repair", &error))?;
            if !done {
                mended.retain(|finding| finding.difference.coach() != Some(edit.coach));
            }
        }
        for finding in &mended {
            let note = Some(finding.difference.to_string());
            self.record_operator("audit.repair", Some(state.run.to_string()), note);
        }
        Ok(mended)
    }

    async fn runs_in(&self, scope: AuditScope, deep: &Deep) -> Result<Vec<RunId>, Failure> {
        let AuditScope::Run(run) = scope else {
            let mut runs = self.store().runs_of_record().await.map_err(|error| refuse("audit", &error))?;
            runs.extend(deep.unlisted.keys());
            return Ok(runs.into_iter().collect());
        };
        let known = self.read_run(run).await;
        match known {
            Ok(None) => Err(Failure::NoSuchRun),
            Ok(Some(_)) | Err(StoreError::Corrupt { .. }) => Ok(vec![run]),
            Err(error) => Err(refuse("audit", &error)),
        }
    }

    /// What every read of a run has shown; `None` when its items may be gone for their age.
    async fn look_at(&self, run: RunId, unlisted: &BTreeSet<Pnr>) -> Result<Option<Seen>, StoreError> {
        let Some(mut evidence) = self.evidence(run, unlisted).await? else { return Ok(None) };
        let mut found = differences(&evidence, self.now());
        for read in 1..READS {
            if found.is_empty() {
                break;
            }
            if read > 1 {
                self.store().patience().pause(read).await;
            }
            let Some(again) = self.evidence(run, unlisted).await? else { return Ok(None) };
            let has_stood_still = again == evidence;
            let still = differences(&again, self.now());
            found.retain(|difference| still.contains(difference));
            evidence = again;
            if has_stood_still {
                break;
            }
        }
        Ok(Some(Seen { evidence, differences: found }))
    }

    /// Reads all that is kept of a run. What was written between the first request and the last may be in it or not.
    async fn evidence(&self, run: RunId, unlisted: &BTreeSet<Pnr>) -> Result<Option<Evidence>, StoreError> {
        let Some(read) = self.read_run(run).await? else { return Ok(None) };
        if Plan::new(run, &read.state.train).expires_at() <= self.now() + LATEST {
            return Ok(None);
        }
        let manifest = self.store().manifest(run).await?;
        let entries = self.store().entries(run).await?;
        let mut evidence =
            Evidence { state: read.state, pinned: read.pinned, manifest, entries, bookings: BTreeMap::new() };
        let named: Vec<_> = evidence.named().union(unlisted).copied().collect();
        evidence.bookings = self.store().bookings(&named).await?;
        Ok(Some(evidence))
    }

    /// Looks through the table of bookings for those that their manifests do not have, and for slips without a hold.
    async fn look_deep(
        &self,
        scope: AuditScope,
        progress: &mut (impl FnMut(usize, usize, &str) + Send),
    ) -> Result<Deep, Failure> {
        let mut deep = Deep::default();
        let (mut ledger, mut drawers) = (Comparison::default(), Drawers::default());
        let (mut next, mut seen) = (None, 0);
        loop {
            let page = self.store().all_bookings(next.as_deref()).await.map_err(|error| refuse("audit", &error))?;
            seen += page.bookings.len();
            progress(seen, seen, "bookings");
            for (pnr, error) in page.unreadable {
                let difference = Difference::Unreadable { what: format!("PNR {pnr}"), cause: error.to_string() };
                deep.findings.push(Finding { run: None, rev: None, difference });
            }
            for pnr in page.mislisted.iter().filter(|_| scope == AuditScope::All) {
                let difference = Difference::Lists { pnr: *pnr };
                deep.findings.push(Finding { run: None, rev: None, difference });
            }
            let is_meant = |run: RunId| scope == AuditScope::All || scope == AuditScope::Run(run);
            page.entries.iter().for_each(|entry| {
                ledger.began(entry.at);
                if scope == AuditScope::All {
                    drawers.entry(entry);
                }
                if is_meant(entry.run) {
                    ledger.entry(entry);
                }
            });
            if scope == AuditScope::All {
                page.tills.iter().for_each(|till| drawers.till(till));
            }
            page.bookings.iter().filter(|booking| is_meant(booking.run)).for_each(|booking| ledger.booking(booking));
            let is_kept = |booking: &Booking| self.now() + LATEST < instant(booking.to.at) + KEPT;
            let bookings = page.bookings.into_iter().filter(|booking| is_meant(booking.run) && is_kept(booking));
            let (slips, made): (Vec<_>, Vec<_>) =
                bookings.partition(|booking| booking.status == BookingStatus::AwaitingPayment);
            self.look_for_lines(made, &mut deep).await.map_err(|error| refuse("audit", &error))?;
            for slip in slips {
                self.look_for_hold(slip, &mut deep).await.map_err(|error| refuse("audit", &error))?;
            }
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        let (before, differing) = ledger.apart();
        deep.before = before;
        for pnr in differing {
            let found = self.ledger_difference(pnr, before.since).await.map_err(|error| refuse("audit", &error))?;
            deep.findings.extend(found.map(|difference| Finding { run: None, rev: None, difference }));
        }
        for till in drawers.differing() {
            let found = self.till_difference(till).await.map_err(|error| refuse("audit", &error))?;
            deep.findings.extend(found.map(|difference| Finding { run: None, rev: None, difference }));
        }
        Ok(deep)
    }

    /// Notes the bookings that have no line. One whose line seems to be missing is read again: it may have been paid, or
    /// made, between two requests.
    async fn look_for_lines(&self, mut made: Vec<Booking>, deep: &mut Deep) -> Result<(), StoreError> {
        for _ in 0..2 {
            let names: Vec<_> = made.iter().map(|booking| (booking.run, booking.pnr)).collect();
            let listed: BTreeSet<_> = self.store().on_manifests(&names).await?.into_iter().collect();
            made.retain(|booking| !listed.contains(&(booking.run, booking.pnr)));
        }
        for booking in made {
            deep.unlisted.entry(booking.run).or_default().insert(booking.pnr);
        }
        Ok(())
    }

    /// Looks for the hold of a booking that can still be paid.
    async fn look_for_hold(&self, slip: Booking, deep: &mut Deep) -> Result<(), StoreError> {
        let Some(read) = self.read_run(slip.run).await? else { return Ok(()) };
        let is_open =
            |booking: &Booking| booking.status == BookingStatus::AwaitingPayment && !booking.has_lapsed(self.now());
        if !is_open(&slip) || unheld(&read.state, &slip).is_none() {
            return Ok(());
        }
        // It may have been paid meanwhile.
        let again = self.store().booking(slip.pnr).await?.filter(is_open);
        if let Some(difference) = again.and_then(|booking| unheld(&read.state, &booking)) {
            deep.findings.push(Finding { run: Some(slip.run), rev: None, difference });
        }
        Ok(())
    }
}
