//! What is known of a booking before it is written.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use sha2::{Digest, Sha256};

use crate::domain::booking::{
    Allotted, BookedPassenger, Booking, BookingStatus, Change, Deed, OpId, Payment, PaymentMethod, Place,
};
use crate::domain::coach::BerthRef;
use crate::domain::fare::Fare;
use crate::domain::money::Paise;
use crate::domain::passenger::Accommodation;
use crate::domain::pnr::Pnr;
use crate::domain::quota::Quota;
use crate::domain::spot::Grant;
use crate::domain::terminal::TerminalKind;
use crate::domain::text::is_hidden;
use crate::domain::till::TillId;
use crate::domain::time::railway_time;
use crate::domain::train::{Halt, Stop, Train};
use crate::domain::user::{AccountId, Role};
use crate::domain::waitlist::WaitingList;
use crate::service::Kiosk;
use crate::service::booking::Sold;
use crate::service::request::{Failure, Order, Tender};
use crate::service::session::{Session, Who};
use crate::store::runs::{Holding, Plan};

/// The longest reference of a payment.
const LONGEST_REFERENCE: usize = 40;

/// An order that was checked, with everything that its booking will say but its number.
pub(super) struct Draft {
    pub now: DateTime<Utc>,
    /// When sales close: until then money is taken.
    pub closes: DateTime<Utc>,
    pub train: Arc<Train>,
    /// How many changes of the run's times are in it.
    delays: u16,
    /// How many parts that are not run were known.
    gaps: u16,
    pub fare: Fare,
    refund_rules: String,
    op: OpId,
    order: Order,
    account: Option<AccountId>,
    by_staff: bool,
    terminal: String,
    from: Stop,
    to: Stop,
    km: u16,
    passengers: Vec<BookedPassenger>,
}

impl Draft {
    /// Gives the held berths to the passengers in order.
    pub(super) fn new(
        session: &Session,
        op: OpId,
        order: &Order,
        Sold { train, delays, gaps }: Sold,
        fare: Fare,
        now: DateTime<Utc>,
        closes: DateTime<Utc>,
    ) -> Result<Self, Failure> {
        let hold = &order.hold;
        let needed =
            order.passengers.iter().filter(|passenger| passenger.accommodation == Accommodation::Berth).count();
        if needed != hold.grants.len() {
            return Err(Failure::PartyMismatch { held: hold.grants.len(), needed });
        }
        let (from, to) = train.ends(hold.leg).ok_or(Failure::NoSuchRun)?;
        let km = to.km - from.km;
        let mut grants = hold.grants.iter();
        let mut passengers = Vec::with_capacity(order.passengers.len());
        for (passenger, share) in order.passengers.iter().zip(&fare.shares) {
            let grant = if passenger.accommodation == Accommodation::Berth { grants.next() } else { None };
            let place = match grant {
                None => Place::Lap,
                Some(grant) => place(&train, *grant, hold.quota)?,
            };
            passengers.push(BookedPassenger { passenger: passenger.clone(), place, booked_as: place, fare: *share });
        }
        let kiosk = session.kiosk();
        Ok(Self {
            now,
            closes,
            refund_rules: kiosk.rules().refunds_on(railway_time(now).date()).id.clone(),
            op,
            order: order.clone(),
            account: session.who().account(),
            by_staff: matches!(session.who(), Who::Account(identity) if identity.role.is_staff()),
            terminal: session.terminal().id.clone(),
            from: stop(kiosk, from, from.depart.on(hold.run.date)),
            to: stop(kiosk, to, to.arrive.on(hold.run.date)),
            km,
            passengers,
            train,
            delays,
            gaps: gaps.count(),
            fare,
        })
    }

    /// The hold on which it stands.
    pub(super) fn holding(&self) -> Holding {
        let hold = &self.order.hold;
        Holding { hold: hold.id, leg: hold.leg, parts: hold.parts.clone() }
    }

    pub(super) fn plan(&self) -> Plan {
        Plan::new(self.order.hold.run, &self.train).knowing(self.gaps)
    }

    /// The booking under a number, not yet paid; how it was made is its first deed.
    pub(super) fn booking(&self, pnr: Pnr, deed: Deed) -> Booking {
        let hold = &self.order.hold;
        Booking {
            pnr,
            version: 1,
            status: BookingStatus::AwaitingPayment,
            history: vec![Change { op: self.op, at: second(self.now), by: self.account, what: deed }],
            booked_at: second(self.now),
            account: self.account,
            by_staff: self.by_staff,
            terminal: self.terminal.clone(),
            run: hold.run,
            train_version: self.train.version(),
            train: self.train.number(),
            train_name: self.train.name().to_owned(),
            train_kind: self.train.kind(),
            leg: hold.leg,
            from: self.from.clone(),
            to: self.to.clone(),
            boarding: None,
            delays: self.delays,
            km: self.km,
            class: hold.class,
            quota: hold.quota,
            passengers: self.passengers.clone(),
            phone: self.order.phone.clone(),
            fare: self.fare.clone(),
            payment: None,
            refund_rules: self.refund_rules.clone(),
            refunds: Vec::new(),
            slip: None,
        }
    }
}

/// What a grant is on a ticket. Numbers in a queue are given when it is joined.
fn place(train: &Train, grant: Grant, quota: Quota) -> Result<Place, Failure> {
    let allotted = |berth: BerthRef| {
        let coach = train.coach(berth.coach).ok_or(Failure::NoSuchRun)?;
        Ok::<_, Failure>(Allotted { berth, kind: coach.berth_type(berth.number) })
    };
    Ok(match grant {
        Grant::Berth(berth) => Place::Berth(allotted(berth)?),
        Grant::Shared(shared) => Place::Rac { number: 0, berth: allotted(shared.berth)?, part: shared.part },
        Grant::Waiting => Place::Waiting { list: WaitingList::of(quota), number: 0 },
        Grant::Unreserved => Place::Unreserved,
    })
}

/// A moment in whole seconds: bookings sort by its text, which then always has the same length.
pub(in crate::service) fn second(now: DateTime<Utc>) -> DateTime<Utc> {
    now.trunc_subsecs(0)
}

/// The number that an action draws, and draws again when it is repeated: so a repeat finds what was written before.
pub(super) fn pnr(train: &Train, op: OpId, draw: u32) -> Pnr {
    let digest = Sha256::new().chain_update(op.0.as_bytes()).chain_update(draw.to_be_bytes()).finalize();
    let chance = u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"));
    Pnr::draw(train.zone(), chance)
}

/// Refuses money that this person cannot take, or that a receipt could not name. Whoever runs commands on the machine may
/// try an installation without any.
pub(super) async fn check_tender(session: &Session, tender: &Tender) -> Result<(), Failure> {
    let kiosk = session.kiosk();
    if tender.method != PaymentMethod::Test {
        may_take_money(session).await?;
        if session.terminal().kind == TerminalKind::Public {
            return Err(Failure::NoMoneyHere);
        }
    } else if !kiosk.settings().test_payment && session.who() != Who::Operator {
        return Err(Failure::NoTestPayment);
    }
    let reference = tender.reference.as_deref().map(str::trim);
    let printable = |text: &str| text.chars().count() <= LONGEST_REFERENCE && !text.chars().any(is_hidden);
    match (tender.method, reference) {
        (PaymentMethod::Card, None | Some("")) => Err(Failure::BadReference),
        (_, Some(text)) if !printable(text) => Err(Failure::BadReference),
        _ => Ok(()),
    }
}

/// The money as it is taken now, into a till if there is one.
pub(super) fn payment(session: &Session, tender: Tender, till: Option<TillId>, amount: Paise) -> Payment {
    Payment {
        method: tender.method,
        reference: tender.reference.filter(|_| tender.method != PaymentMethod::Test).map(|text| text.trim().to_owned()),
        amount,
        taken_at: second(session.kiosk().now()),
        taken_by: session.who().account(),
        terminal: session.terminal().id.clone(),
        till,
    }
}

async fn may_take_money(session: &Session) -> Result<(), Failure> {
    match session.who().role() {
        Some(role) if role.is_staff() => session.require(Role::Agent).await,
        _ => Err(Failure::NotAllowed { needs: Role::Agent }),
    }
}

fn stop(kiosk: &Kiosk, halt: &Halt, at: chrono::NaiveDateTime) -> Stop {
    let stations = kiosk.stations();
    let name = stations.get(halt.station).map_or_else(|| halt.station.to_string(), |station| station.name.clone());
    Stop { station: halt.station, name, at }
}
