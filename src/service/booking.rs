//! Prices a party, takes the money, and makes held berths a booking; slips are kept, shown and paid.
//!
//! Whether a hold's time is over is decided here, before money is taken. The write asks only whether the hold is there.

mod draft;
mod slip;

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Utc};

pub(super) use self::draft::second;
use self::draft::{Draft, check_tender, payment};
pub(super) use self::slip::{pay_slip, slip, slip_closed};
use crate::domain::booking::{Booking, BookingStatus, Deed, OpId, Payment, Slip};
use crate::domain::coach::Class;
use crate::domain::delay::timed;
use crate::domain::fare::{self, Fare, Ride, Traveller};
use crate::domain::gap::Gaps;
use crate::domain::inventory::Stage;
use crate::domain::inventory::edit::{self, CoachEdit};
use crate::domain::passenger::Passenger;
use crate::domain::pnr::Pnr;
use crate::domain::quota::{Quota, eligible};
use crate::domain::segment::Leg;
use crate::domain::time::railway_time;
use crate::domain::train::{RunId, Train};
use crate::domain::waitlist::{QueueId, WaitingList, renumbered};
use crate::service::access::check_owner;
use crate::service::hold::{check_not_closed, holding, release_held};
use crate::service::refusal::{in_doubt, refuse};
use crate::service::request::{Failure, Hold, Order, Outcome, Reply, Tender};
use crate::service::session::{Session, Tried};
use crate::service::{Kiosk, former, gap, party, receipt_outbox, till, waitlist};
use crate::store::StoreError;
use crate::store::bookings::Kept;
use crate::store::runs::{Commit, Guard, Holding, Plan, Transition};

/// How often another PNR is drawn when one is taken: of a billion numbers, never in practice.
const DRAWS: u32 = 16;
/// How often a booking is written again because its number is somebody's, or its queue has moved. Each time somebody else
/// got in.
const ATTEMPTS: u32 = 64;
/// After how many attempts the pauses between them grow no longer.
const SHORT_PAUSES: u32 = 4;

/// By what a run is sold.
#[derive(Clone, Debug)]
pub(super) struct Sold {
    /// Its train, with the times of the run.
    pub train: Arc<Train>,
    /// How many changes of them are in it.
    pub delays: u16,
    /// The parts of its way that are not run.
    pub gaps: Gaps,
}

/// What is asked for of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub leg: Leg,
    pub class: Class,
    pub quota: Quota,
}

/// What a party pays for a leg of a run.
pub(super) async fn price(
    session: &Session,
    run: RunId,
    ticket: Ticket,
    passengers: &[Passenger],
) -> Result<Fare, Failure> {
    let kiosk = session.kiosk();
    party::check_size(session, ticket.class, ticket.quota, passengers.len()).await?;
    let Sold { train, .. } = kiosk.sold_as(run).await?;
    fare_of(kiosk, &train, ticket, passengers)
}

/// What a party pays that may buy from the quota. Who may, and what it costs, goes by the rules of the day.
fn fare_of(kiosk: &Kiosk, train: &Train, ticket: Ticket, passengers: &[Passenger]) -> Result<Fare, Failure> {
    let Ticket { leg, class, quota } = ticket;
    let km = train.distance(leg).ok_or(Failure::NoSuchRun)?;
    let today = railway_time(kiosk.now()).date();
    let rules = kiosk.rules();
    let quotas = rules.quotas_on(today);
    eligible(quota, class, quotas, passengers)?;
    let party: Vec<_> = passengers
        .iter()
        .map(|passenger| Traveller { age: passenger.age, accommodation: passenger.accommodation })
        .collect();
    let ride = Ride { kind: train.kind(), class, quota, km };
    Ok(fare::price(rules.fares_on(today), quotas, ride, &party)?)
}

/// Takes the money and makes the held berths a booking.
pub(super) async fn book(session: &Session, op: OpId, order: &Order, tender: Tender) -> Result<Reply, Failure> {
    let _ordered = session.order(order.hold.id);
    check_tender(session, &tender).await?;
    let booking = match prepare(session, op, order).await? {
        Prepared::Draft(draft) => match till::in_use(session, tender.method).await {
            Ok(till) => {
                let payment = payment(session, tender, till, draft.fare.total);
                commit(session, op, order, &draft, Terms::Paid(payment)).await?
            }
            Err(failure) => without_till(session, op, order, &draft.train, Sent::ThroughTills, failure).await?,
        },
        Prepared::Found(booking) => *booking,
    };
    Ok(finish(session, op, booking, &order.hold, "booking.confirm"))
}

/// Keeps the held berths under a slip that is paid at a counter.
pub(super) async fn reserve(session: &Session, op: OpId, order: &Order) -> Result<Reply, Failure> {
    if order.hold.grants.iter().any(|grant| grant.berth().is_none()) {
        return Err(Failure::NothingToKeep);
    }
    let _ordered = session.order(order.hold.id);
    let booking = match prepare(session, op, order).await? {
        Prepared::Draft(draft) => {
            let slip =
                Slip { hold: order.hold.id, pay_by: (draft.now + session.kiosk().settings().slip).min(draft.closes) };
            commit(session, op, order, &draft, Terms::Slip(slip)).await?
        }
        Prepared::Found(booking) => *booking,
    };
    Ok(finish(session, op, booking, &order.hold, "booking.reserve"))
}

/// On what terms held berths become a booking.
enum Terms {
    /// The money was taken.
    Paid(Payment),
    /// It will be, or the berths go back.
    Slip(Slip),
}

/// What this call has sent to the store so far. A copy of a write that a network holds up comes as soon as its conditions
/// hold: that a till is open they never do again once it is closed, but that none is they may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// Nothing, or money that goes through a till.
    ThroughTills,
    /// Also money that goes through none.
    AlsoThroughNone,
}

/// Writes a new booking, under another number if its own is taken, and behind everybody who waits if not all of it have
/// a berth. Finds what an earlier attempt wrote.
async fn commit(
    session: &Session,
    op: OpId,
    order: &Order,
    draft: &Draft,
    mut terms: Terms,
) -> Result<Booking, Failure> {
    let kiosk = session.kiosk();
    let (mut plan, holding) = (draft.plan(), draft.holding());
    let (mut draw, mut sent) = (0, Sent::ThroughTills);
    for attempt in 1..=ATTEMPTS {
        let pnr = draft::pnr(&draft.train, op, draw);
        let (booking, edits) = match &terms {
            Terms::Paid(payment) => {
                let open = draft.booking(pnr, Deed::Booked);
                let paid = Booking { status: BookingStatus::Booked, payment: Some(payment.clone()), ..open };
                (paid, settled(&holding))
            }
            Terms::Slip(slip) => {
                let kept = Booking { slip: Some(slip.clone()), ..draft.booking(pnr, Deed::Reserved) };
                let until = slip.lapses_at();
                (kept, holding.coaches().map(|(coach, held)| edit::extend(coach, held, until)).collect())
            }
        };
        let joining = waitlist::join(kiosk, &plan, booking, draft.now).await;
        let (booking, queue) = match joining {
            Ok(joined) => joined,
            // The list may be full or closed since an earlier attempt got in.
            Err(failure) => return refuse_to_join(session, op, order, &draft.train, failure).await,
        };
        let waits = queue.as_ref().map(|queue| queue.id.class);
        // Nothing else of the run would refuse what takes nothing of its coaches, or not all that it is for.
        let guard = if edits.is_empty() || queue.is_some() { Guard::OnSale } else { Guard::Nothing };
        let transition = Transition { edits, queue, guard, ..kiosk.transition(&booking) };
        let commit = kiosk.commit(&plan, &transition).await;
        if let (Err(StoreError::Conflict { .. }), true) = (&commit, draw + 1 < DRAWS) {
            draw += 1;
            continue;
        }
        match commit.map_err(|error| refuse_doubtful(session, order, &error))? {
            Commit::Done => {
                kiosk.store().metrics().booked();
                kiosk.announce(&plan, Vec::new(), &holding);
                waitlist::promote_freed(kiosk, booking.run, waits);
                return Ok(booking);
            }
            Commit::Found(found) if found.was_made_by(op) => return Ok(*found),
            Commit::Found(_) if draw + 1 < DRAWS => draw += 1,
            Commit::Found(_) => break,
            // Somebody else joined the queue or left it meanwhile.
            Commit::QueueMoved => {
                kiosk.store().metrics().conflicted();
                kiosk.store().patience().pause(attempt.min(SHORT_PAUSES)).await;
            }
            Commit::Moved(_) => {
                // The hold may have gone into the booking by an earlier attempt that this one met on its way.
                if let Some(found) = earlier(kiosk, &draft.train, op).await? {
                    return Ok(found);
                }
                match kiosk.gaps_since(order.hold.run, order.hold.leg, plan.gaps()).await {
                    // Another part of the way is not run any more: all that is held is.
                    Ok(Some(gaps)) => plan = plan.knowing(gaps),
                    gone => {
                        session.drop_hold(order.hold.id);
                        return Err(gone.err().unwrap_or(Failure::HoldExpired));
                    }
                }
            }
            Commit::TillMoved => match &mut terms {
                // The agent has opened one meanwhile: the money goes through it.
                Terms::Paid(payment) if payment.till.is_none() => {
                    sent = Sent::AlsoThroughNone;
                    match till::in_use(session, payment.method).await {
                        Ok(till) => payment.till = till,
                        Err(failure) => return without_till(session, op, order, &draft.train, sent, failure).await,
                    }
                    kiosk.store().patience().pause(attempt.min(SHORT_PAUSES)).await;
                }
                _ => return without_till(session, op, order, &draft.train, sent, Failure::TillClosed).await,
            },
        }
    }
    Err(Failure::Busy)
}

/// Refuses money that has no till, or finds what an earlier attempt wrote: one through a till that is closed since cannot be
/// applied any more, so that a refusal is the truth. One that was to go through no till could be as soon as none is open again.
async fn without_till(
    session: &Session,
    op: OpId,
    order: &Order,
    train: &Train,
    sent: Sent,
    failure: Failure,
) -> Result<Booking, Failure> {
    if sent == Sent::AlsoThroughNone {
        session.doubt_hold(order.hold.id);
    }
    if let Failure::Unavailable { .. } = failure {
        // An attempt that was the only one has sent nothing yet.
        let may_come = session.is_repeated(op) || sent == Sent::AlsoThroughNone;
        return Err(if may_come { still_doubtful(failure) } else { failure });
    }
    let found = earlier(session.kiosk(), train, op).await.map_err(still_doubtful)?;
    let hold = order.hold.id;
    let sent_before = sent == Sent::AlsoThroughNone || session.doubts_hold(hold) || session.is_ordered_twice(hold);
    let may_come = till::may_do_without(session) && sent_before;
    found.ok_or_else(|| if may_come { in_doubt("book", &failure) } else { failure })
}

/// A booking, for whoever may see it.
pub(super) async fn show(session: &Session, pnr: Pnr) -> Result<Reply, Failure> {
    match visible(session, pnr).await {
        Ok(booking) => {
            let booking = session.kiosk().placed(booking).await?;
            Ok(Reply::Booking(Arc::new(session.kiosk().on_time(booking))))
        }
        Err(Failure::MadeBefore) => former::under(session, pnr).await.map(former::reply),
        Err(failure) => Err(failure),
    }
}

/// The booking, if this session may see it: by the table, or since it was made or found here since they came.
pub(super) async fn visible(session: &Session, pnr: Pnr) -> Result<Booking, Failure> {
    if session.has_found(pnr) {
        return session.kiosk().find(pnr).await?.ok_or(Failure::NoSuchBooking(pnr));
    }
    theirs(session, pnr).await.map_err(|failure| match failure {
        Failure::NotYours => Failure::NoSuchBooking(pnr),
        failure => failure,
    })
}

/// The booking, if this session may change it: by the table, or since it was made here since they came.
pub(super) async fn changeable(session: &Session, pnr: Pnr) -> Result<Booking, Failure> {
    theirs(session, pnr).await.map_err(|failure| match failure {
        Failure::NotYours if !session.has_found(pnr) => Failure::NoSuchBooking(pnr),
        failure => failure,
    })
}

async fn theirs(session: &Session, pnr: Pnr) -> Result<Booking, Failure> {
    let kiosk = session.kiosk();
    let booking = match kiosk.find(pnr).await {
        Err(Failure::MadeBefore) => {
            check_owner(session, former::under(session, pnr).await?.account).await?;
            return Err(Failure::MadeBefore);
        }
        found => found?.ok_or(Failure::NoSuchBooking(pnr))?,
    };
    if session.has_made(pnr) {
        return Ok(booking);
    }
    check_owner(session, booking.account.filter(|_| is_own(session, &booking))).await.map(|()| booking)
}

/// Whether a booking that the caller's account made is the caller's own: what its holder sold at a counter is no more once
/// they are staff no more.
pub(super) fn is_own(session: &Session, booking: &Booking) -> bool {
    let who = session.who();
    who.account().is_some_and(|account| booking.account == Some(account) && (who.is_staff() || !booking.was_sold()))
}

enum Prepared {
    /// It is to be written.
    Draft(Box<Draft>),
    /// An earlier attempt was written.
    Found(Box<Booking>),
}

/// Looks for what an earlier attempt wrote, and checks an order before money is taken.
async fn prepare(session: &Session, op: OpId, order: &Order) -> Result<Prepared, Failure> {
    let kiosk = session.kiosk();
    let sold = kiosk.sold_as(order.hold.run).await?;
    let train = Arc::clone(&sold.train);
    let known = match kiosk.know_rules().await {
        Ok(()) => party::check_size(session, order.hold.class, order.hold.quota, order.passengers.len()).await,
        unknown => unknown,
    };
    if session.try_op(op) == Tried::Never {
        let checked = known.clone().and_then(|()| check(session, op, order, sold.clone()));
        if checked.is_ok() || !session.is_repeated(op) {
            if let Err(Failure::HoldExpired) = checked {
                // It stays so, even if the clock is put back.
                session.drop_hold(order.hold.id);
            }
            return checked.map(Prepared::Draft);
        }
        // The key was pressed again meanwhile, and that attempt may have come further.
    }
    if let Some(found) = earlier(kiosk, &train, op).await.map_err(still_doubtful)? {
        return Ok(Prepared::Found(Box::new(found)));
    }
    match known.and_then(|()| check(session, op, order, sold)) {
        Err(failure) => {
            let barred = bar(session, order, &train).await?;
            if barred == Barred::Yes
                && let Some(hold) = session.held(order.hold.id).filter(|held| *held == order.hold)
            {
                release_held(kiosk, hold.run, &holding(&hold), hold.until).await.map_err(still_doubtful)?;
                session.drop_hold(hold.id);
            }
            let found = earlier(kiosk, &train, op).await.map_err(still_doubtful)?;
            found.map(|found| Prepared::Found(Box::new(found))).ok_or_else(|| barred.refusal(failure))
        }
        Ok(draft) => Ok(Prepared::Draft(draft)),
    }
}

/// Refuses a place on a list, or finds that an earlier attempt took one.
async fn refuse_to_join(
    session: &Session,
    op: OpId,
    order: &Order,
    train: &Arc<Train>,
    failure: Failure,
) -> Result<Booking, Failure> {
    if let Failure::Unavailable { .. } = failure {
        let is_open = session.doubts_hold(order.hold.id) || session.is_ordered_twice(order.hold.id);
        return Err(if is_open { still_doubtful(failure) } else { failure });
    }
    let barred = bar(session, order, train).await?;
    let found = earlier(session.kiosk(), train, op).await.map_err(still_doubtful)?;
    found.ok_or_else(|| barred.refusal(failure))
}

/// Whether an earlier attempt, of which it is not known what became, is kept from being applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Barred {
    /// It is, or is as soon as its hold is given back: a refusal is the truth.
    Yes,
    /// It is not, and may come late.
    No,
}

impl Barred {
    fn refusal(self, failure: Failure) -> Failure {
        match self {
            Self::Yes => failure,
            Self::No => in_doubt("book", &failure),
        }
    }
}

/// Keeps an earlier attempt from being applied late, as far as that can be done. One that takes berths is not applied
/// without its hold, and one that joins a queue not once its place in the order is gone. What takes nothing of the run at
/// all cannot be kept from coming late, nor can an attempt of this process that is still under way.
async fn bar(session: &Session, order: &Order, train: &Arc<Train>) -> Result<Barred, Failure> {
    let hold = &order.hold;
    if session.is_ordered_twice(hold.id) && (hold.parts.is_empty() || hold.is_queued()) {
        return Ok(Barred::No);
    }
    if !session.doubts_hold(hold.id) {
        return Ok(Barred::Yes);
    }
    if hold.is_queued() {
        let (plan, list) = (Plan::new(hold.run, train), WaitingList::of(hold.quota));
        let skipped = session.kiosk().store().skip_place(&plan, QueueId { class: hold.class, list }).await;
        skipped.map_err(|error| still_doubtful(refuse("book", &error)))?;
        return Ok(Barred::Yes);
    }
    Ok(if hold.parts.is_empty() { Barred::No } else { Barred::Yes })
}

/// Whether an earlier attempt may still be applied, whatever is done: it is in doubt and takes nothing of the run, so that
/// there is nothing whose absence would refuse it. It is asked for again, and not refused for its time.
fn comes_late(session: &Session, hold: &Hold) -> bool {
    hold.parts.is_empty() && !hold.is_queued() && session.doubts_hold(hold.id)
}

/// Checks an order that no earlier attempt has carried out.
fn check(session: &Session, op: OpId, order: &Order, sold: Sold) -> Result<Box<Draft>, Failure> {
    let kiosk = session.kiosk();
    let now = kiosk.now();
    let (board, _) = sold.train.ends(order.hold.leg).ok_or(Failure::NoSuchRun)?;
    kiosk.check_sold(order.hold.run.train)?;
    let closes = kiosk.check_selling(board.depart.on(order.hold.run.date), now)?;
    gap::check_run(&sold.gaps, &sold.train, order.hold.leg)?;
    // A screen shows the hold; the session knows it.
    let hold = session.held(order.hold.id).filter(|held| *held == order.hold).ok_or(Failure::HoldExpired)?;
    if now >= hold.until && !comes_late(session, &hold) {
        return Err(Failure::HoldExpired);
    }
    let ticket = Ticket { leg: hold.leg, class: hold.class, quota: hold.quota };
    let fare = fare_of(kiosk, &sold.train, ticket, &order.passengers)?;
    let draft = Draft::new(session, op, order, sold, fare, now, closes)?;
    if draft.fare.total != order.agreed {
        return Err(Failure::FareChanged(Box::new(draft.fare)));
    }
    Ok(Box::new(draft))
}

/// What is not known after an earlier attempt stays so when it cannot be looked for.
fn still_doubtful(failure: Failure) -> Failure {
    match failure {
        Failure::Unavailable { reference, .. } => Failure::Unavailable { outcome: Outcome::Unknown, reference },
        other => other,
    }
}

/// The booking that an earlier attempt with the same id wrote.
async fn earlier(kiosk: &Kiosk, train: &Train, op: OpId) -> Result<Option<Booking>, Failure> {
    for draw in 0..DRAWS {
        let found = match kiosk.find(draft::pnr(train, op, draw)).await {
            Err(Failure::MadeBefore) => continue,
            found => found?,
        };
        match found {
            Some(found) if found.was_made_by(op) => return Ok(Some(found)),
            // Somebody else's: the attempt would have drawn again.
            Some(_) => {}
            None => break,
        }
    }
    Ok(None)
}

/// Makes all that is held the booking's.
fn settled(holding: &Holding) -> Vec<CoachEdit> {
    holding.coaches().map(|(coach, held)| edit::settle(coach, held)).collect()
}

/// What follows a booking that is written; nothing of it can undo it.
fn finish(session: &Session, op: OpId, booking: Booking, hold: &Hold, action: &'static str) -> Reply {
    let kiosk = session.kiosk();
    session.drop_hold(hold.id);
    session.remember(booking.pnr);
    if let (BookingStatus::AwaitingPayment, Some(slip)) = (booking.status, &booking.slip) {
        session.keep_slip(booking.pnr, slip.pay_by);
    }
    receipt_outbox::post(kiosk, &booking);
    kiosk.record_sale(session, action, (op, booking.booked_at), &booking);
    Reply::Booking(Arc::new(booking))
}

/// Refuses a booking that may have been written: its berths are not given back behind its back.
fn refuse_doubtful(session: &Session, order: &Order, error: &StoreError) -> Failure {
    let failure = refuse("book", error);
    if let Failure::Unavailable { outcome: Outcome::Unknown, .. } = failure {
        session.doubt_hold(order.hold.id);
    }
    failure
}

impl Kiosk {
    /// Refuses to take money for a departure whose sales have closed; says when they close.
    fn check_selling(&self, departs: NaiveDateTime, now: DateTime<Utc>) -> Result<DateTime<Utc>, Failure> {
        check_not_closed(self.rules().booking_on(railway_time(now).date()), departs, now)
    }

    /// The train by which a run is sold, with the times that it has as far as is known.
    pub(super) async fn sold_as(&self, run: RunId) -> Result<Sold, Failure> {
        if self.0.changed.of(run).is_none() {
            let on_time = |train| Sold { train, delays: 0, gaps: Gaps::default() };
            if let Some(pinned) = self.0.live.pinned_train(run) {
                return Ok(on_time(pinned));
            }
            let timetable = self.timetable();
            if let Some(train) = timetable.train_on(run.train, run.date).filter(|train| train.version() == 1) {
                return Ok(on_time(Arc::clone(train)));
            }
        }
        let state = self.known_run(run).await?.state;
        Ok(Sold { delays: state.delays.count(), gaps: state.gaps, train: state.train })
    }

    /// How many parts of a run are not run by now, where those are more than were known and a leg is run all the same; `None`
    /// where there are no more.
    ///
    /// # Errors
    ///
    /// `TrainCancelled` or `PartCancelled` where the leg is not run any more.
    async fn gaps_since(&self, run: RunId, leg: Leg, known: u16) -> Result<Option<u16>, Failure> {
        let state = self.known_run(run).await?.state;
        if state.stage == Stage::Cancelled {
            return Err(Failure::TrainCancelled);
        }
        gap::check_run(&state.gaps, &state.train, leg)?;
        Ok(Some(state.gaps.count()).filter(|gaps| *gaps > known))
    }

    /// The booking under a PNR.
    ///
    /// # Errors
    ///
    /// `MadeBefore` when it is one of the application that Kiosk replaces.
    pub(super) async fn find(&self, pnr: Pnr) -> Result<Option<Booking>, Failure> {
        let found = self.store().kept_booking(&pnr.to_string()).await;
        match found.map_err(|error| refuse("read a booking", &error))? {
            Some(Kept::Booking(booking)) => Ok(Some(self.as_of_now(*booking))),
            Some(Kept::Former(_)) => Err(Failure::MadeBefore),
            None => Ok(None),
        }
    }

    /// A booking with the numbers that its passengers have in their queue now.
    pub(super) async fn placed(&self, booking: Booking) -> Result<Booking, Failure> {
        if !booking.is_queued() || booking.status != BookingStatus::Booked {
            return Ok(booking);
        }
        let entries = self.store().queues(booking.run, booking.class).await;
        Ok(renumbered(&booking, &entries.map_err(|error| refuse("read a queue", &error))?))
    }

    /// A booking with the times that its run has now: a slip keeps those by which it was made until it is paid, and others
    /// until they are told. What is only shown says the newest that this process knows.
    pub(super) fn on_time(&self, booking: Booking) -> Booking {
        let travels = matches!(booking.status, BookingStatus::AwaitingPayment | BookingStatus::Booked);
        let known = self.0.changed.of(booking.run).filter(|_| travels);
        known.map(|known| timed(&booking, &known.train, booking.run.date)).unwrap_or(booking)
    }

    /// A slip whose time is over is shown as what it is, though nobody has written so yet.
    pub(super) fn as_of_now(&self, booking: Booking) -> Booking {
        if booking.has_lapsed(self.now()) { Booking { status: BookingStatus::Lapsed, ..booking } } else { booking }
    }
}
