//! Gives places up and money back: what it would cost, the giving up itself, and handing the money out.
//!
//! A quote is a promise for some minutes. Whoever confirms it brings it along, and it is reckoned again as of its own
//! moment from what is stored by then: it is the same, or the person is shown the new one. So neither a forged quote nor
//! one of a booking that has changed meanwhile gives anything back.

mod void;

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Utc};

pub(super) use self::void::void;
use crate::domain::boarding::halt_of;
use crate::domain::booking::{Booking, BookingStatus, Change, Deed, OpId, PaidOut, PaymentMethod, Place, Refund};
use crate::domain::inventory::edit::{CoachEdit, Fence, release};
use crate::domain::inventory::{RunState, Stage};
use crate::domain::money::Paise;
use crate::domain::pnr::Pnr;
use crate::domain::refund::{self, Cancellation, FirstChart, Quote, Reason, WaiverCode};
use crate::domain::terminal::TerminalKind;
use crate::domain::till::TillId;
use crate::domain::time::instant;
use crate::domain::{delay, gap};
use crate::service::booking::{changeable, second, slip_closed};
use crate::service::refusal::{fault, refuse};
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;
use crate::service::{Kiosk, receipt_outbox, till, waitlist};
use crate::store::runs::{Before, Commit, Plan, QueueEdit, Run, Transition};

/// How often a booking is read again because it or its place in a queue has changed under the attempt.
const READS: u32 = 16;
/// How often a write is planned again from the coaches that refused it, before all is read again.
const PLANS: u32 = 16;

/// What passengers would get back.
pub(super) async fn quote_cancel(
    session: &Session,
    pnr: Pnr,
    passengers: &[u8],
    waiver: Option<WaiverCode>,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let booking = changeable(session, pnr).await?;
    let run = kiosk.known_run(booking.run).await?;
    let quote = reckon(kiosk, &booking, &run.state, passengers, waiver, kiosk.now())?;
    Ok(Reply::Quote(Box::new(quote)))
}

/// Gives up what a quote is for, if it is still good.
pub(super) async fn cancel(session: &Session, op: OpId, pnr: Pnr, agreed: &Quote) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let waiver = if let Reason::Waiver(code) = agreed.reason { Some(code) } else { None };
    let now = kiosk.now();
    let chosen: Vec<u8> = agreed.lines.iter().map(|line| line.passenger).collect();
    let mut had_till = None;
    for _ in 0..READS {
        let booking = changeable(session, pnr).await?;
        if booking.was_done(op) {
            return Ok(finish(session, "booking.cancel", op, booking));
        }
        let mut run = kiosk.known_run(booking.run).await?;
        let quote = reckon(kiosk, &booking, &run.state, &chosen, waiver, agreed.at)?;
        if quote != *agreed || !quote.holds(now) {
            let new = reckon(kiosk, &booking, &run.state, &chosen, waiver, now)?;
            return Err(Failure::QuoteOver(Box::new(new)));
        }
        let Some(queue) = leaving(kiosk, &booking, &chosen, now).await? else { continue };
        let change = Change { op, at: second(now), by: session.who().account(), what: Deed::Cancelled(chosen.clone()) };
        let paid_out = paid_out_at_once(session, op, &booking, now).await?;
        let till = paid_out.as_ref().and_then(|paid_out| paid_out.till);
        // What was to come out of a drawer that is closed by now waits, as it does where none is open and one has to be.
        let paid_out = paid_out.filter(|_| till.is_some() || had_till.is_none());
        had_till = had_till.or(till);
        let refund = Refund { op, quote, paid_out };
        let after = booking.given_up(refund, change);
        let places: Vec<Place> = chosen
            .iter()
            .filter_map(|passenger| booking.passengers.get(usize::from(*passenger)))
            .map(|booked| booked.place)
            .collect();
        let edits = |state: &RunState| state.freeing(&places, booking.leg);
        match write(kiosk, &after, booking.version, &mut run, queue, edits).await? {
            Written::Done => return Ok(finish(session, "booking.cancel", op, after)),
            Written::Found(found) if found.was_done(op) => {
                return Ok(finish(session, "booking.cancel", op, *found));
            }
            Written::Found(_) | Written::Moved => {}
        }
    }
    Err(Failure::Busy)
}

/// Gives up a slip that nobody has paid: its berths go back at once.
pub(super) async fn give_up_slip(session: &Session, op: OpId, pnr: Pnr) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let now = kiosk.now();
    for _ in 0..READS {
        let booking = changeable(session, pnr).await?;
        if booking.was_done(op) {
            return Ok(finish(session, "booking.give-up", op, booking));
        }
        let (BookingStatus::AwaitingPayment, Some(slip)) = (booking.status, &booking.slip) else {
            return Err(slip_closed(&booking));
        };
        let hold = slip.hold;
        let everybody = (0..booking.passengers.len()).map(|passenger| passenger as u8).collect();
        let change = Change { op, at: second(now), by: session.who().account(), what: Deed::Cancelled(everybody) };
        let after = booking.slip_given_up(change);
        let mut run = kiosk.known_run(booking.run).await?;
        let edits =
            |state: &RunState| state.coaches.iter().filter_map(|(coach, state)| release(*coach, state, hold)).collect();
        match write(kiosk, &after, booking.version, &mut run, None, edits).await? {
            Written::Done => return Ok(finish(session, "booking.give-up", op, after)),
            Written::Found(found) if found.was_done(op) => {
                return Ok(finish(session, "booking.give-up", op, *found));
            }
            Written::Found(_) | Written::Moved => {}
        }
    }
    Err(Failure::Busy)
}

/// Hands out all money that waits for whoever shows a booking, once.
pub(super) async fn pay_out(session: &Session, op: OpId, pnr: Pnr) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    if session.terminal().kind == TerminalKind::Public {
        return Err(Failure::NoTillHere);
    }
    let mut had_till = None;
    for _ in 0..READS {
        let booking = changeable(session, pnr).await?;
        if booking.was_done(op) {
            return Ok(finish(session, "booking.pay-out", op, booking));
        }
        if booking.owed() == Paise::ZERO {
            return Err(Failure::NothingOwed);
        }
        let at = second(kiosk.now());
        let by = session.who().account();
        let till = match till_for(session, &booking).await {
            // What was to come out of a drawer that is closed by now does not come out of none.
            Ok(None) if had_till.is_some() => return Err(Failure::TillClosed),
            Ok(till) => till,
            // An earlier attempt through a till that is closed since may have been applied after the booking was read.
            Err(failure) => match changeable(session, pnr).await? {
                found if found.was_done(op) => return Ok(finish(session, "booking.pay-out", op, found)),
                _ => return Err(failure),
            },
        };
        had_till = had_till.or(till);
        let paid_out = PaidOut { op: Some(op), at, by, terminal: session.terminal().id.clone(), till };
        let after = booking.handed_out(&paid_out, Change { op, at, by, what: Deed::PaidOut });
        // By the version that the booking names: the run may be long over, and its pin gone.
        let train = kiosk.store().train_version(booking.train, booking.train_version).await;
        let plan = Plan::new(booking.run, &train.map_err(|error| refuse("pay out a refund", &error))?);
        let before = Before::Version(booking.version);
        let transition = Transition { before, ..kiosk.transition(&after) };
        let commit = kiosk.commit(&plan, &transition).await;
        match commit.map_err(|error| refuse("pay out a refund", &error))? {
            Commit::Done => return Ok(finish(session, "booking.pay-out", op, after)),
            Commit::Found(found) if found.was_done(op) => return Ok(finish(session, "booking.pay-out", op, *found)),
            Commit::Found(_) | Commit::Moved(_) | Commit::QueueMoved | Commit::TillMoved => {}
        }
    }
    Err(Failure::Busy)
}

/// The till through which the money of a booking goes back.
async fn till_for(session: &Session, booking: &Booking) -> Result<Option<TillId>, Failure> {
    match &booking.payment {
        Some(payment) => till::in_use(session, payment.method).await,
        None => Ok(None),
    }
}

/// What passengers of a booking get back at a moment, by the rules that the booking keeps.
fn reckon(
    kiosk: &Kiosk,
    booking: &Booking,
    state: &RunState,
    passengers: &[u8],
    waiver: Option<WaiverCode>,
    at: DateTime<Utc>,
) -> Result<Quote, Failure> {
    let reason = match (state.stage, waiver) {
        (Stage::Cancelled, _) => Reason::TrainCancelled,
        _ if gap::against(booking, state).is_some() => Reason::PartCancelled,
        (_, Some(code)) => Reason::Waiver(code),
        (_, None) if is_late(kiosk, booking, state)? => Reason::TrainLate,
        (_, None) => Reason::Passenger,
    };
    reckoned(kiosk, booking, state, passengers, reason, at)
}

/// Whether the run leaves so late by now that nobody of a booking has to take it.
fn is_late(kiosk: &Kiosk, booking: &Booking, state: &RunState) -> Result<bool, Failure> {
    let rules = kiosk.rules();
    let rules = rules.refunds(&booking.refund_rules).ok_or_else(|| unknown_rules(booking))?;
    Ok(delay::effect(booking, state, rules).gives_all_back)
}

/// What they get back for a reason.
fn reckoned(
    kiosk: &Kiosk,
    booking: &Booking,
    state: &RunState,
    passengers: &[u8],
    reason: Reason,
    at: DateTime<Utc>,
) -> Result<Quote, Failure> {
    let claims = refund::claims(booking, passengers)?;
    let rules = kiosk.rules();
    let rules = rules.refunds(&booking.refund_rules).ok_or_else(|| unknown_rules(booking))?;
    let departs = instant(departure(booking, state, reason));
    let cancellation =
        Cancellation { class: booking.class, claims: &claims, departs, chart: first_chart(kiosk, state), reason };
    Ok(refund::quote(rules, &cancellation, at)?)
}

fn unknown_rules(booking: &Booking) -> Failure {
    let lost = format!("this kiosk does not know the refund rules {}: update it", booking.refund_rules);
    fault("reckon a refund", &lost)
}

/// By which departure a refund goes, as the run has it now: whoever is late counts from where they board, all else from the
/// station that was paid for.
fn departure(booking: &Booking, state: &RunState, reason: Reason) -> NaiveDateTime {
    let halt = if reason == Reason::TrainLate { halt_of(booking, &state.train) } else { booking.leg.from() };
    state.leaves(halt).unwrap_or(booking.from.at)
}

/// How far the first chart of a run has come.
pub(super) fn first_chart(kiosk: &Kiosk, state: &RunState) -> FirstChart {
    if state.stage != Stage::Open {
        return FirstChart::Made;
    }
    FirstChart::Due(kiosk.chart_times(state.run, &state.train, &state.delays).first)
}

/// What of a refund is handed out with the cancellation: all of it by an agent at a counter, and nothing ever of a test
/// payment, of which there is no money. All else waits for a counter, as it does where an agent needs a till and has none
/// open: what is given back goes by when the places were given up, so that is not put off.
async fn paid_out_at_once(
    session: &Session,
    op: OpId,
    booking: &Booking,
    now: DateTime<Utc>,
) -> Result<Option<PaidOut>, Failure> {
    let Some(method) = booking.payment.as_ref().map(|payment| payment.method) else { return Ok(None) };
    let who = session.who();
    // Whoever runs commands on the machine has no till.
    let at_counter = who.is_staff() && who.account().is_some() && session.terminal().kind != TerminalKind::Public;
    let (by, till) = match method {
        PaymentMethod::Test => (None, None),
        PaymentMethod::Cash | PaymentMethod::Card if at_counter => match till::in_use(session, method).await {
            Ok(till) => (who.account(), till),
            Err(Failure::NoTillOpen) => return Ok(None),
            Err(failure) => return Err(failure),
        },
        PaymentMethod::Cash | PaymentMethod::Card => return Ok(None),
    };
    let terminal = session.terminal().id.clone();
    Ok(Some(PaidOut { op: Some(op), at: second(now), by, terminal, till }))
}

/// What changes in the queue when passengers leave. `None` when the booking and the queue do not agree: one of them was
/// read while somebody moved up.
async fn leaving(
    kiosk: &Kiosk,
    booking: &Booking,
    chosen: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Option<QueueEdit>>, Failure> {
    let is_queued =
        |passenger: &u8| booking.passengers.get(usize::from(*passenger)).is_some_and(|booked| booked.place.is_queued());
    let Some(id) = booking.queue().filter(|_| chosen.iter().any(is_queued)) else { return Ok(Some(None)) };
    let entries = kiosk.store().queues(booking.run, booking.class).await;
    let entries = entries.map_err(|error| refuse("read a queue", &error))?;
    let own = entries.iter().find(|(queue, entry)| *queue == id && entry.pnr == booking.pnr);
    Ok(own.and_then(|(_, entry)| QueueEdit::leaving(id, entry, chosen, now)).map(Some))
}

/// What came of a write.
enum Written {
    Done,
    /// The booking is another.
    Found(Box<Booking>),
    /// The queue is another, or the coaches are never as they were read.
    Moved,
}

/// Writes a booking that leaves something of its run free. While only its coaches change under it, it is planned again
/// from what they are then: what is freed is the booking's own in any of them.
async fn write(
    kiosk: &Kiosk,
    after: &Booking,
    version: u32,
    run: &mut Run,
    queue: Option<QueueEdit>,
    edits: impl Fn(&RunState) -> Vec<CoachEdit>,
) -> Result<Written, Failure> {
    let plan = Plan::of(&run.state);
    for _ in 0..PLANS {
        let mut edits = edits(&run.state);
        for edit in &mut edits {
            // Whoever begins to wait in this moment is seen, and served.
            edit.fence = if run.state.coach(edit.coach).fenced { Fence::Any } else { Fence::Absent };
        }
        let touched: Vec<_> = edits.iter().map(|edit| edit.coach).collect();
        let before = Before::Version(version);
        let transition = Transition { before, edits, queue: queue.clone(), ..kiosk.transition(after) };
        let commit = kiosk.commit(&plan, &transition).await;
        match commit.map_err(|error| refuse("give places up", &error))? {
            Commit::Done => {
                let is_waited_for = touched.iter().any(|coach| run.state.coach(*coach).fenced);
                kiosk.announce_coaches(&plan, Vec::new(), touched);
                waitlist::promote_freed(kiosk, after.run, is_waited_for.then_some(after.class));
                return Ok(Written::Done);
            }
            Commit::Found(found) => return Ok(Written::Found(found)),
            Commit::Moved(coaches) if coaches.iter().any(|(coach, state)| run.state.coach(*coach) != state) => {
                run.state.coaches.extend(coaches.into_iter().map(|(coach, state)| (coach, Arc::new(state))));
            }
            // The queue is another, or the run's plan: the railway has cancelled it meanwhile. Or the till is closed.
            Commit::Moved(_) | Commit::QueueMoved | Commit::TillMoved => return Ok(Written::Moved),
        }
    }
    Ok(Written::Moved)
}

/// What follows a booking that is written; repeated, it changes nothing.
fn finish(session: &Session, action: &'static str, op: OpId, booking: Booking) -> Reply {
    let kiosk = session.kiosk();
    session.keep_slip_no_more(booking.pnr);
    receipt_outbox::post(kiosk, &booking);
    kiosk.record_change(session, action, op, &booking);
    Reply::Booking(Arc::new(booking))
}
