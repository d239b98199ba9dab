//! Passengers who lose their places by no wish of their own, and get money back: with the chart, or by what the railway cancels.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{AGAIN, ATTEMPTS};
use crate::domain::booking::{Booking, BookingStatus, Change, Deed, OpId, PaidOut, PaymentMethod, Place, Refund};
use crate::domain::coach::CoachId;
use crate::domain::gap;
use crate::domain::inventory::edit::Fence;
use crate::domain::inventory::{RunState, Stage};
use crate::domain::pnr::Pnr;
use crate::domain::refund::{self, Cancellation, FirstChart, NotRefundable, Reason};
use crate::domain::station::StationCode;
use crate::domain::time::instant;
use crate::domain::train::RunId;
use crate::domain::waitlist::{Entry, QueueId, WaitingList};
use crate::service::booking::second;
use crate::service::{Kiosk, OPERATOR, live, receipt_outbox, waitlist};
use crate::store::StoreError;
use crate::store::runs::{Before, Commit, Plan, QueueEdit, Run, Transition};

impl Kiosk {
    /// Gives the money of all bookings of a cancelled run back, and says when to look again for what is left.
    pub(super) async fn refund_all(&self, read: &Run, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let run = read.state.run;
        let plan = Plan::of(&read.state);
        for coach in read.state.train.coaches() {
            self.store().close_coach(&plan, coach.id()).await?;
        }
        for class in read.state.train.classes() {
            for list in [WaitingList::General, WaitingList::Tatkal] {
                self.store().freeze_queue(&plan, QueueId { class, list }).await?;
            }
        }
        // From here on no sale can land: what the manifest names now is all there is.
        self.refund_each(run, self.store().manifest_pnrs(run).await?, now).await
    }

    /// Gives the money back of all bookings that need a part of the way that is not run, and says when to look again for what
    /// is left. Those who wait for a berth of the others' get it.
    pub(super) async fn refund_parts(
        &self,
        read: &Run,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        if read.state.gaps.is_empty() {
            return Ok(None);
        }
        let (run, plan) = (read.state.run, Plan::of(&read.state));
        for coach in read.state.train.coaches() {
            self.store().close_parts(&plan, coach.id()).await?;
        }
        // From here on no sale of such a part can land. What takes nothing of a coach asks the run itself.
        let again = self.refund_each(run, self.touched(&read.state).await?, now).await?;
        let waiting = read.state.queues.iter().filter(|(_, head)| !head.is_empty());
        waitlist::promote_freed(self, run, waiting.map(|(id, _)| id.class));
        Ok(again)
    }

    /// The bookings that may need a part of a run's way that is not run. A line of its manifest that cannot be read keeps nobody
    /// from their money: then all are named, and the bookings themselves say it.
    pub(in crate::service) async fn touched(&self, state: &RunState) -> Result<Vec<Pnr>, StoreError> {
        match self.store().manifest(state.run).await {
            Ok(lines) => {
                let touched = lines.into_iter().filter(|line| state.gaps.on(line.leg).is_some());
                Ok(touched.map(|line| line.pnr).collect())
            }
            Err(StoreError::Corrupt { .. }) => self.store().manifest_pnrs(state.run).await,
            Err(error) => Err(error),
        }
    }

    /// Gives the money of bookings back that have lost their run, or a part of it that they need.
    async fn refund_each(
        &self,
        run: RunId,
        pnrs: Vec<Pnr>,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let Some(mut read) = self.read_run(run).await? else { return Ok(None) };
        let mut left = false;
        let mut queued: BTreeMap<Pnr, (QueueId, Entry)> =
            self.store().entries(run).await?.into_iter().map(|(id, entry)| (entry.pnr, (id, entry))).collect();
        for pnr in pnrs {
            match self.refund_booking(&mut read.state, queued.remove(&pnr), pnr, now).await {
                Ok(is_done) => left |= !is_done,
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(%pnr, %error, "nobody is refunded: the booking cannot be read");
                    left = true;
                }
                Err(error) => return Err(error),
            }
        }
        self.announce_coaches(&Plan::of(&read.state), Vec::new(), Vec::new());
        Ok(left.then_some(now + AGAIN))
    }

    /// Gives all the money of a booking back; `false` when others changed it under each attempt.
    async fn refund_booking(
        &self,
        state: &mut RunState,
        queued: Option<(QueueId, Entry)>,
        pnr: Pnr,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut own_entry = queued;
        for _ in 0..ATTEMPTS {
            let Some(booking) = self.store().booking(pnr).await? else { return Ok(true) };
            let Some(loss) = Loss::of(&booking, state) else { return Ok(true) };
            let left = Losing::everybody(&booking);
            let Some(refunded) = left.refund(self, &booking, &loss, now)? else { return Ok(true) };
            let places: Vec<_> = left.places(&booking).collect();
            let mut edits = state.freeing(places, booking.leg);
            for edit in &mut edits {
                // Whoever begins to wait in this moment is seen, and served.
                edit.fence = if state.coach(edit.coach).fenced { Fence::Any } else { Fence::Absent };
            }
            let waits = booking.is_queued();
            let own = own_entry.as_ref().filter(|_| waits);
            let queue = own.and_then(|(id, entry)| QueueEdit::leaving(*id, entry, &left.passengers, now));
            let before = Before::Version(booking.version);
            let transition = Transition { before, edits, queue, ..self.transition(&refunded) };
            match self.commit(&Plan::of(state), &transition).await? {
                Commit::Done => {
                    self.tell_refunded(&refunded, &loss);
                    let touched: Vec<CoachId> = transition.edits.iter().map(|edit| edit.coach).collect();
                    let coaches = self.store().coaches(state.run, &touched).await?;
                    live::merge(&mut state.coaches, coaches);
                    return Ok(true);
                }
                Commit::Moved(coaches) => live::merge(&mut state.coaches, coaches),
                Commit::Found(_) | Commit::QueueMoved | Commit::TillMoved => {
                    let entries = self.store().queues(state.run, booking.class).await?;
                    own_entry = entries.into_iter().find(|(_, entry)| entry.pnr == pnr);
                }
            }
        }
        Ok(false)
    }

    pub(super) fn tell_refunded(&self, booking: &Booking, loss: &Loss) {
        receipt_outbox::post(self, booking);
        if let Some(change) = booking.history.last() {
            self.record_duty(loss.action(), change.op, booking);
        }
    }
}

/// Why places are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) enum Loss {
    /// The chart was made, and there was no place.
    NeverCleared,
    /// The railway cancelled the train.
    TrainCancelled,
    /// It does not run a part of the way.
    PartCancelled(StationCode, StationCode, String),
}

impl Loss {
    /// What the railway has taken from a booking, if anything.
    pub(in crate::service) fn of(booking: &Booking, state: &RunState) -> Option<Self> {
        if state.stage == Stage::Cancelled {
            return Some(Self::TrainCancelled);
        }
        let gap = gap::against(booking, state)?;
        let (from, to) = gap.part().ends(&state.train)?;
        Some(Self::PartCancelled(from, to, gap.reason.clone()))
    }

    const fn reason(&self) -> Reason {
        match self {
            Self::NeverCleared => Reason::NeverCleared,
            Self::TrainCancelled => Reason::TrainCancelled,
            Self::PartCancelled(..) => Reason::PartCancelled,
        }
    }

    fn deed(&self, passengers: &[u8]) -> Deed {
        match self {
            Self::NeverCleared => Deed::Dropped(passengers.to_vec()),
            Self::TrainCancelled => Deed::TrainCancelled,
            Self::PartCancelled(from, to, reason) => {
                Deed::PartCancelled { from: *from, to: *to, reason: reason.clone() }
            }
        }
    }

    /// Under what it is in the audit log.
    const fn action(&self) -> &'static str {
        match self {
            Self::NeverCleared => "booking.drop",
            Self::TrainCancelled => "booking.train-cancelled",
            Self::PartCancelled(..) => "booking.part-cancelled",
        }
    }
}

/// Passengers of a booking who lose their places by no wish of their own, by their places in the form.
pub(in crate::service) struct Losing {
    /// By their places in the form.
    pub passengers: Vec<u8>,
}

impl Losing {
    /// All who have a place.
    pub(in crate::service) fn everybody(booking: &Booking) -> Self {
        Self::of(booking, |place| !matches!(place, Place::Cancelled))
    }

    /// Those whose place is such, and the children on laps when nobody is left to travel with.
    pub(in crate::service) fn of(booking: &Booking, loses: impl Fn(&Place) -> bool) -> Self {
        let stays = |place: &Place| !loses(place) && !matches!(place, Place::Lap | Place::Cancelled);
        let alone = !booking.passengers.iter().any(|booked| stays(&booked.place));
        let passengers = (0..)
            .zip(&booking.passengers)
            .filter(|(_, booked)| loses(&booked.place) || (alone && matches!(booked.place, Place::Lap)));
        Self { passengers: passengers.map(|(passenger, _)| passenger).collect() }
    }

    fn places<'a>(&'a self, booking: &'a Booking) -> impl Iterator<Item = &'a Place> {
        self.passengers.iter().filter_map(|passenger| Some(&booking.passengers.get(usize::from(*passenger))?.place))
    }

    /// The booking once they have lost them; `None` when there is nothing to give back any more.
    ///
    /// # Errors
    ///
    /// The rules that the booking keeps are not known here: a newer program has sold it.
    pub(in crate::service) fn refund(
        &self,
        kiosk: &Kiosk,
        booking: &Booking,
        loss: &Loss,
        now: DateTime<Utc>,
    ) -> Result<Option<Booking>, StoreError> {
        if booking.status != BookingStatus::Booked {
            return Ok(None);
        }
        let rules = kiosk.rules();
        let rules = rules.refunds(&booking.refund_rules).ok_or_else(|| StoreError::Corrupt {
            what: format!("booking {}", booking.pnr),
            cause: format!("this kiosk does not know the refund rules {}: update it", booking.refund_rules),
        })?;
        let reason = loss.reason();
        let quoted = refund::claims(booking, &self.passengers).and_then(|claims| {
            let departs = instant(booking.from.at);
            let cancellation =
                Cancellation { class: booking.class, claims: &claims, departs, chart: FirstChart::Made, reason };
            refund::quote(rules, &cancellation, now)
        });
        let quote = match quoted {
            Ok(quote) => quote,
            Err(NotRefundable::Nobody | NotRefundable::AlreadyCancelled) => return Ok(None),
            Err(error) => {
                tracing::error!(pnr = %booking.pnr, %error, "money that is owed cannot be reckoned");
                return Ok(None);
            }
        };
        let what = loss.deed(&self.passengers);
        let op = OpId::derived("refund", booking.pnr, booking.version);
        let is_test = booking.payment.as_ref().is_some_and(|payment| payment.method == PaymentMethod::Test);
        let paid_out = is_test.then(|| PaidOut {
            op: Some(op),
            at: second(now),
            by: None,
            terminal: OPERATOR.to_owned(),
            till: None,
        });
        Ok(Some(booking.given_up(Refund { op, quote, paid_out }, Change { op, at: second(now), by: None, what })))
    }
}
