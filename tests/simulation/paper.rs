//! Whether a booking can be true by itself: its history explains what everybody has, and its money adds up.
//!
//! Everything that was done to it was done by somebody who asked for it, or is one of the few things that Kiosk does by
//! itself, under the name that such an action must have.

use chrono::NaiveDateTime;
use kiosk::domain::booking::{Booking, BookingStatus, Change, Deed, OpId, PaymentMethod, Place, Refund};
use kiosk::domain::money::Paise;
use kiosk::domain::refund::Reason;

/// Something that people did to a booking, in the order in which it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deal {
    pub op: OpId,
    /// Whether the railway did it to everybody of the run, or of a part of it.
    pub by_railway: bool,
}

/// Checks a booking, and says which actions of people are in it.
pub fn check(booking: &Booking) -> Result<Vec<Deal>, String> {
    let mut told = Story::begin(booking)?;
    for (version, changes) in (1..).zip(acts(&booking.history).skip(1)) {
        for change in changes {
            told.goes_on(booking, version, change)?;
        }
    }
    told.ends_as(booking)?;
    corrected_once(booking)?;
    money(booking)?;
    Ok(told.deals)
}

/// No name was put right twice, and each was another before.
fn corrected_once(booking: &Booking) -> Result<(), String> {
    let mut seen = Vec::new();
    for change in &booking.history {
        let Deed::Renamed { passenger, from } = &change.what else { continue };
        let booked = booking.passengers.get(usize::from(*passenger)).ok_or("nobody of that number was renamed")?;
        if seen.contains(passenger) || booked.passenger.name == *from {
            return Err(format!("the name of passenger {passenger} was put right from {from:?} and more than once"));
        }
        seen.push(*passenger);
    }
    Ok(())
}

/// The places of everybody, without the numbers on lists: those become smaller without a change of the booking.
pub fn places(booking: &Booking) -> Vec<Place> {
    booking.passengers.iter().map(|booked| unnumbered(booked.place)).collect()
}

fn unnumbered(place: Place) -> Place {
    match place {
        Place::Rac { berth, part, .. } => Place::Rac { number: 0, berth, part },
        Place::Waiting { list, .. } => Place::Waiting { list, number: 0 },
        other => other,
    }
}

/// A booking as it is whenever it is read in the same version: a slip whose time is over is shown as such before anybody
/// has written so, numbers on lists go by who else is there, and times by those of the run.
pub fn timeless(booking: &Booking) -> Booking {
    let mut timeless = booking.clone();
    if timeless.status == BookingStatus::Lapsed {
        timeless.status = BookingStatus::AwaitingPayment;
    }
    for stop in [&mut timeless.from, &mut timeless.to].into_iter().chain(&mut timeless.boarding) {
        stop.at = NaiveDateTime::default();
    }
    for booked in &mut timeless.passengers {
        booked.place = unnumbered(booked.place);
    }
    timeless
}

/// The history by actions: an action that changes several passengers is several changes.
fn acts(history: &[Change]) -> impl Iterator<Item = &[Change]> {
    history.chunk_by(|one, other| one.op == other.op)
}

/// What was done so far.
struct Story {
    places: Vec<Place>,
    status: BookingStatus,
    deals: Vec<Deal>,
}

impl Story {
    fn begin(booking: &Booking) -> Result<Self, String> {
        let first = booking.history.first().ok_or("nobody made it")?;
        let status = match first.what {
            Deed::Booked => BookingStatus::Booked,
            Deed::Reserved => BookingStatus::AwaitingPayment,
            ref other => return Err(format!("it begins with {other:?}")),
        };
        if booking.passengers.is_empty() {
            return Err("nobody travels".to_owned());
        }
        let written = acts(&booking.history).count();
        if written != booking.version as usize {
            return Err(format!("it is at version {} after {written} actions", booking.version));
        }
        let places: Vec<_> = booking.passengers.iter().map(|booked| booked.booked_as).collect();
        if status == BookingStatus::AwaitingPayment && places.iter().any(Place::is_queued) {
            return Err("somebody waits without having paid".to_owned());
        }
        Ok(Self { places, status, deals: vec![Deal { op: first.op, by_railway: false }] })
    }

    /// One more change, of a booking that was at `version`.
    fn goes_on(&mut self, booking: &Booking, version: u32, change: &Change) -> Result<(), String> {
        let must_be = |what: &str| {
            let known = OpId::derived(what, booking.pnr, version);
            if change.op == known { Ok(()) } else { Err(format!("{:?} has a name of its own", change.what)) }
        };
        let asked = |by_railway| Deal { op: change.op, by_railway };
        match &change.what {
            Deed::Booked | Deed::Reserved => return Err("it was made twice".to_owned()),
            Deed::Paid => {
                self.expect(BookingStatus::AwaitingPayment, change)?;
                self.status = BookingStatus::Booked;
                self.deals.push(asked(false));
            }
            Deed::Lapsed => {
                must_be("lapse")?;
                self.expect(BookingStatus::AwaitingPayment, change)?;
                self.status = BookingStatus::Lapsed;
            }
            Deed::Promoted { passenger, to } => {
                must_be("promote")?;
                self.expect(BookingStatus::Booked, change)?;
                self.moves_up(*passenger, *to)?;
            }
            Deed::Dropped(who) => {
                must_be("refund")?;
                self.expect(BookingStatus::Booked, change)?;
                let is_left = |place: &Place| matches!(place, Place::Waiting { .. } | Place::Lap);
                self.leave(who.iter().copied(), is_left)?;
            }
            Deed::TrainCancelled | Deed::PartCancelled { .. } => {
                must_be("refund")?;
                self.expect(BookingStatus::Booked, change)?;
                let left = (0..).zip(&self.places).filter(|(_, place)| **place != Place::Cancelled);
                let left: Vec<u8> = left.map(|(who, _)| who).collect();
                self.leave(left.into_iter(), |_| true)?;
                self.deals.push(asked(true));
            }
            Deed::Cancelled(who) => {
                if matches!(self.status, BookingStatus::Lapsed | BookingStatus::Cancelled) {
                    return Err("it was given up when it was over".to_owned());
                }
                self.leave(who.iter().copied(), |place| *place != Place::Cancelled)?;
                self.deals.push(asked(false));
            }
            Deed::Delayed { .. } => {
                must_be("delay")?;
                self.expect(BookingStatus::Booked, change)?;
            }
            Deed::PaidOut | Deed::Renamed { .. } | Deed::BoardingMoved { .. } => self.deals.push(asked(false)),
        }
        Ok(())
    }

    fn expect(&self, status: BookingStatus, change: &Change) -> Result<(), String> {
        if self.status == status { Ok(()) } else { Err(format!("{:?} when it was {:?}", change.what, self.status)) }
    }

    fn moves_up(&mut self, passenger: u8, to: Place) -> Result<(), String> {
        let place = self.places.get_mut(usize::from(passenger)).ok_or("nobody has that number")?;
        let is_better = matches!(
            (&place, to),
            (Place::Waiting { .. }, Place::Rac { .. } | Place::Berth(_)) | (Place::Rac { .. }, Place::Berth(_))
        );
        if !is_better {
            return Err(format!("passenger {passenger} was promoted from {place} to {to}"));
        }
        *place = to;
        Ok(())
    }

    fn leave(&mut self, who: impl Iterator<Item = u8>, may: impl Fn(&Place) -> bool) -> Result<(), String> {
        for passenger in who {
            let place = self.places.get_mut(usize::from(passenger)).ok_or("nobody has that number")?;
            if !may(place) || *place == Place::Cancelled {
                return Err(format!("passenger {passenger} lost {place}"));
            }
            *place = Place::Cancelled;
        }
        if self.places.iter().all(|place| *place == Place::Cancelled) {
            self.status = BookingStatus::Cancelled;
        }
        Ok(())
    }

    fn ends_as(&self, booking: &Booking) -> Result<(), String> {
        let (wanted, found): (Vec<_>, _) = (self.places.iter().copied().map(unnumbered).collect(), places(booking));
        if wanted != found {
            return Err(format!("by its history everybody has {wanted:?}, and it says {found:?}"));
        }
        let is_shown = (self.status, booking.status) == (BookingStatus::AwaitingPayment, BookingStatus::Lapsed);
        if self.status != booking.status && !is_shown {
            return Err(format!("by its history it is {:?}, and it says {:?}", self.status, booking.status));
        }
        let mut berths: Vec<_> = booking.passengers.iter().filter_map(|booked| booked.place.grant()).collect();
        let all = berths.len();
        berths.sort_unstable_by_key(|grant| format!("{grant:?}"));
        berths.dedup();
        if berths.len() == all { Ok(()) } else { Err("two of it have the same berth".to_owned()) }
    }
}

/// What was paid is what is kept and what was given back.
fn money(booking: &Booking) -> Result<(), String> {
    let shares = booking.passengers.iter().map(|passenger| passenger.fare).sum::<Paise>();
    if shares != booking.fare.total {
        return Err(format!("its shares are {shares}, and its fare {}", booking.fare.total));
    }
    let was_paid = booking.history.iter().any(|change| matches!(change.what, Deed::Booked | Deed::Paid));
    match &booking.payment {
        Some(payment) if was_paid && payment.amount == booking.fare.total => {}
        None if !was_paid && booking.refunds.is_empty() => return Ok(()),
        paid => return Err(format!("{paid:?} was paid for {}", booking.fare.total)),
    }
    let mut back = Paise::ZERO;
    for refund in &booking.refunds {
        lines(booking, refund)?;
        handed_out(booking, refund)?;
        back += refund.quote.refunded;
    }
    let gives_up = |deed: &Deed| {
        let by_railway = matches!(deed, Deed::TrainCancelled | Deed::PartCancelled { .. });
        by_railway || matches!(deed, Deed::Cancelled(_) | Deed::Dropped(_))
    };
    let gave_up = booking.history.iter().filter(|change| gives_up(&change.what));
    let (gave_up, given): (Vec<_>, Vec<_>) =
        (gave_up.map(|change| change.op).collect(), booking.refunds.iter().map(|refund| refund.op).collect());
    if gave_up != given {
        return Err(format!("places were given up by {gave_up:?} and refunded by {given:?}"));
    }
    if booking.kept() + back != booking.fare.total || booking.kept() < Paise::ZERO {
        return Err(format!("{} is kept and {back} given back of {}", booking.kept(), booking.fare.total));
    }
    let paid_out = booking.history.iter().filter(|change| change.what == Deed::PaidOut);
    for change in paid_out {
        let is_its = |refund: &Refund| {
            refund.quote.refunded > Paise::ZERO
                && refund.paid_out.as_ref().is_some_and(|out| out.at == change.at && out.by == change.by)
        };
        if !booking.refunds.iter().any(is_its) {
            return Err("money was handed out that nobody was owed".to_owned());
        }
    }
    Ok(())
}

/// The lines of a refund: each from what was paid to what was kept, for those who gave up, and for nobody twice.
fn lines(booking: &Booking, refund: &Refund) -> Result<(), String> {
    let quote = &refund.quote;
    let change = booking.history.iter().find(|change| change.op == refund.op).ok_or("a refund for nothing")?;
    let who: Vec<u8> = quote.lines.iter().map(|line| line.passenger).collect();
    match &change.what {
        Deed::Cancelled(gave_up) if *gave_up == who && quote.reason != Reason::NeverCleared => {}
        Deed::Dropped(dropped) if *dropped == who && quote.reason == Reason::NeverCleared => {}
        Deed::TrainCancelled if quote.reason == Reason::TrainCancelled => {}
        Deed::PartCancelled { .. } if quote.reason == Reason::PartCancelled => {}
        what => return Err(format!("{what:?} was refunded by {quote:?}")),
    }
    for line in &quote.lines {
        let booked = booking.passengers.get(usize::from(line.passenger)).ok_or("a refund for nobody")?;
        let kept: Paise = line.items.iter().map(|item| item.amount).sum();
        let adds_up = kept + line.refunded == line.paid && kept >= Paise::ZERO && line.refunded >= Paise::ZERO;
        if !adds_up || line.paid != booked.fare || booked.place != Place::Cancelled {
            return Err(format!("{line:?} of {quote:?} does not add up"));
        }
        let by_railway = matches!(quote.reason, Reason::TrainCancelled | Reason::PartCancelled | Reason::TrainLate);
        let is_whole = by_railway || matches!(quote.reason, Reason::Waiver(_) | Reason::Voided);
        if is_whole && line.refunded != line.paid {
            return Err(format!("not everything was given back by {line:?}"));
        }
        let times = booking.refunds.iter().flat_map(|refund| &refund.quote.lines);
        if times.filter(|other| other.passenger == line.passenger).count() != 1 {
            return Err(format!("passenger {} was refunded twice", line.passenger));
        }
    }
    let (back, kept) = quote.lines.iter().fold((Paise::ZERO, Paise::ZERO), |(back, kept), line| {
        (back + line.refunded, kept + line.paid - line.refunded)
    });
    if (quote.refunded, quote.kept) == (back, kept) { Ok(()) } else { Err(format!("{quote:?} has other sums")) }
}

/// Whoever handed a refund's money out did so with the cancellation, or later and once.
fn handed_out(booking: &Booking, refund: &Refund) -> Result<(), String> {
    let Some(out) = &refund.paid_out else { return Ok(()) };
    let is_test = booking.payment.as_ref().is_some_and(|payment| payment.method == PaymentMethod::Test);
    let moments = booking
        .history
        .iter()
        .skip_while(|change| change.op != refund.op)
        .filter(|change| change.op == refund.op || change.what == Deed::PaidOut);
    let mut moments = moments.filter(|change| change.at == out.at && change.by == out.by);
    if is_test || moments.next().is_some() { Ok(()) } else { Err(format!("nobody handed out {refund:?}")) }
}
