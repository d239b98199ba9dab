//! A booking: who travels where, on which berths, for how much, and how far it has come.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::coach::{BerthRef, BerthType, Class};
use crate::domain::fare::Fare;
use crate::domain::inventory::HoldId;
use crate::domain::money::Paise;
use crate::domain::passenger::{Passenger, PersonName};
use crate::domain::pnr::Pnr;
use crate::domain::quota::Quota;
use crate::domain::refund::Quote;
use crate::domain::segment::Leg;
use crate::domain::spot::{Grant, Part, SharedBerth};
use crate::domain::station::StationCode;
use crate::domain::till::TillId;
use crate::domain::train::{RunId, Stop, TrainKind, TrainNumber};
use crate::domain::user::{AccountId, Phone};
use crate::domain::waitlist::{QueueId, WaitingList};

/// Names one user action, however often it is repeated: the same action with the same id happens once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpId(pub Uuid);

impl OpId {
    /// The action that Kiosk itself takes on a version of a booking: whoever takes it, and however often, it is one.
    pub fn derived(what: &str, pnr: Pnr, version: u32) -> Self {
        let digest = Sha256::new().chain_update(what).chain_update(pnr.get().to_be_bytes());
        let digest = digest.chain_update(version.to_be_bytes()).finalize();
        let bytes = digest[..16].try_into().expect("a digest has 32 bytes");
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// How far a booking has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BookingStatus {
    /// Berths are kept until the slip's time is over; no money has been taken.
    AwaitingPayment,
    /// Paid. What each passenger has for it is their [`Place`].
    Booked,
    /// Not paid in time.
    Lapsed,
    /// Nobody travels any more.
    Cancelled,
}

/// How money was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PaymentMethod {
    /// Notes and coins, by an agent.
    Cash,
    /// A card on the counter's own terminal, by an agent, with that terminal's reference.
    Card,
    /// No money at all: development only, and printed on the receipt.
    Test,
}

impl PaymentMethod {
    /// The method in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Test => "TEST PAYMENT",
        }
    }
}

/// Money taken for a booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Payment {
    /// How.
    pub method: PaymentMethod,
    /// The card terminal's reference, or the agent's note.
    pub reference: Option<String>,
    /// How much.
    pub amount: Paise,
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Who took it; nobody for a test payment by a guest.
    pub taken_by: Option<AccountId>,
    /// The terminal at which it was taken.
    pub terminal: String,
    /// The till into which it went; none for whoever has none open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub till: Option<TillId>,
}

/// A berth of a booking, with its type so that a ticket reads without the train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Allotted {
    /// Which berth.
    pub berth: BerthRef,
    /// Where it is in its bay.
    pub kind: BerthType,
}

impl fmt::Display for Allotted {
    /// As agents know it: `CNF/B1/23/LB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("CNF/{}/{}/{}", self.berth.coach, self.berth.number, self.kind))
    }
}

/// What a passenger has on the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Nothing of their own: a child on a lap.
    Lap,
    /// A berth: confirmed.
    Berth(Allotted),
    /// Half of a berth, with reservation against cancellation (RAC).
    #[serde(rename = "RAC")]
    Rac {
        /// Their place in the queue, from 1.
        number: u16,
        /// The berth that is shared.
        berth: Allotted,
        /// Their half of it.
        part: Part,
    },
    /// A place on a list.
    Waiting {
        /// The list.
        list: WaitingList,
        /// Their place on it, from 1.
        number: u16,
    },
    /// The right to travel in the unreserved coaches.
    Unreserved,
    /// Nothing any more.
    Cancelled,
}

impl Place {
    /// The berth, where it is theirs alone.
    pub const fn berth(&self) -> Option<Allotted> {
        if let Self::Berth(allotted) = self { Some(*allotted) } else { None }
    }

    /// Whether they are in a queue.
    pub const fn is_queued(&self) -> bool {
        matches!(self, Self::Rac { .. } | Self::Waiting { .. })
    }

    /// What of the run it takes.
    pub const fn grant(&self) -> Option<Grant> {
        match self {
            Self::Berth(allotted) => Some(Grant::Berth(allotted.berth)),
            Self::Rac { berth, part, .. } => Some(Grant::Shared(SharedBerth { berth: berth.berth, part: *part })),
            Self::Lap | Self::Waiting { .. } | Self::Unreserved | Self::Cancelled => None,
        }
    }

    /// The half of a berth that they share.
    pub const fn shared(&self) -> Option<SharedBerth> {
        match self {
            Self::Rac { berth, part, .. } => Some(SharedBerth { berth: berth.berth, part: *part }),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    /// As agents know it: `CNF/B1/23/LB`, `RAC 4`, `GNWL 12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lap => f.pad("no berth"),
            Self::Berth(allotted) => allotted.fmt(f),
            Self::Rac { number, .. } => f.pad(&format!("RAC {number}")),
            Self::Waiting { list, number } => f.pad(&format!("{list} {number}")),
            Self::Unreserved => f.pad("UR"),
            Self::Cancelled => f.pad("CAN"),
        }
    }
}

/// A passenger of a booking with what they were given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BookedPassenger {
    /// Who.
    pub passenger: Passenger,
    /// What they have.
    pub place: Place,
    /// What they had when the booking was made.
    pub booked_as: Place,
    /// Their share of the fare.
    pub fare: Paise,
}

/// One change of a booking: who did what, and when. The oldest is its making.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// The action; repeated, it is found here and not done again.
    #[serde(rename = "OpID")]
    pub op: OpId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who; nobody for a guest, and for what Kiosk does by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    /// What.
    pub what: Deed,
}

/// What was done to a booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// Made and paid.
    Booked,
    /// Made, to be paid at a counter.
    Reserved,
    /// The slip was paid.
    Paid,
    /// The slip's time was over.
    Lapsed,
    /// Passengers gave up, by their places in the form.
    Cancelled(Vec<u8>),
    /// A passenger moved up in the queue or out of it.
    Promoted {
        /// Their place in the form, from 0.
        passenger: u8,
        /// What they have since.
        to: Place,
    },
    /// Passengers whose turn never came were dropped when the chart was made.
    Dropped(Vec<u8>),
    /// The railway cancelled the train.
    TrainCancelled,
    /// A refund was handed out.
    PaidOut,
    /// A passenger's name was put right.
    Renamed {
        /// Their place in the form, from 0.
        passenger: u8,
        /// The name before.
        from: PersonName,
    },
    /// The party boards at another halt.
    BoardingMoved {
        /// Where it would have boarded.
        from: StationCode,
        /// Where it boards.
        to: StationCode,
    },
    /// The railway does not run a part of the way that the party needs.
    PartCancelled {
        /// Where the part begins.
        from: StationCode,
        /// Where it ends.
        to: StationCode,
        /// Why.
        reason: String,
    },
    /// The railway changed the times of the run.
    Delayed {
        /// When the party would have boarded.
        was: NaiveDateTime,
        /// When it boards since.
        now: NaiveDateTime,
        /// How many minutes later than it was sold they board now; less than nothing where earlier.
        later: i32,
        /// Whether whoever gives up before the train leaves gets everything back.
        gives_all_back: bool,
        /// Why.
        reason: String,
    },
}

/// How much longer than a slip its hold lasts, so that money taken at the last moment finds its berths.
const SLIP_SPARE: TimeDelta = TimeDelta::minutes(2);

/// The hold on which a booking that awaits payment stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Slip {
    /// The hold.
    pub hold: HoldId,
    /// Until when the money can be taken; the hold outlives it by two minutes.
    pub pay_by: DateTime<Utc>,
}

impl Slip {
    /// When it lapses: what is paid in the last moment has some time to arrive.
    pub fn lapses_at(&self) -> DateTime<Utc> {
        self.pay_by + SLIP_SPARE
    }
}

/// Money given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Refund {
    /// The action that gave places up.
    #[serde(rename = "OpID")]
    pub op: OpId,
    /// What it gave back and why, passenger by passenger.
    pub quote: Quote,
    /// When and by whom the money was handed out; `None` while it waits at a counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_out: Option<PaidOut>,
}

impl Refund {
    /// Whether an action handed it out.
    pub fn was_paid_out_by(&self, op: OpId) -> bool {
        self.paid_out.as_ref().is_some_and(|paid_out| paid_out.op == Some(op))
    }
}

/// Who handed money out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PaidOut {
    /// The action that handed it out, which is that of the refund itself where it was handed out at once. Unknown of what was
    /// handed out before there was a ledger.
    #[serde(rename = "OpID", default, skip_serializing_if = "Option::is_none")]
    pub op: Option<OpId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Who; nobody for a test payment, of which there is nothing to hand out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    /// The terminal at which it was.
    pub terminal: String,
    /// The till from which it came; none for whoever has none open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub till: Option<TillId>,
}

/// A booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Booking {
    /// The PNR, under which the store keeps it.
    #[serde(rename = "BookingID")]
    pub pnr: Pnr,
    /// Counts the writes to it; part of the receipt's name.
    pub version: u32,
    /// How far it has come.
    pub status: BookingStatus,
    /// What was done to it, the oldest first.
    pub history: Vec<Change>,
    /// When it was made.
    pub booked_at: DateTime<Utc>,
    /// The account that made it; nobody's at a public console.
    #[serde(rename = "UserID", default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Whether the holder of that account was staff then, and made it for a customer.
    #[serde(default, skip_serializing_if = "is_not")]
    pub by_staff: bool,
    /// The terminal at which it was made.
    pub terminal: String,
    /// The run.
    #[serde(rename = "RunID")]
    pub run: RunId,
    /// The published version of the train by which it was sold.
    pub train_version: u32,
    /// The train's number.
    pub train: TrainNumber,
    /// The train's name.
    pub train_name: String,
    /// The kind of service.
    pub train_kind: TrainKind,
    /// The leg along the run's halts.
    pub leg: Leg,
    /// Where and when it begins.
    pub from: Stop,
    /// Where and when it ends.
    pub to: Stop,
    /// Where the party boards, and when, if that was changed: a later halt of the leg, which stays theirs whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boarding: Option<Stop>,
    /// How many changes of the run's times were known when it was sold: by the times of then a delay is counted.
    #[serde(default, skip_serializing_if = "is_none")]
    pub delays: u16,
    /// Kilometres travelled.
    pub km: u16,
    /// The class.
    pub class: Class,
    /// The quota.
    pub quota: Quota,
    /// Who travels, in the order of the form.
    pub passengers: Vec<BookedPassenger>,
    /// The telephone number for news of the journey.
    pub phone: Phone,
    /// What it costs, itemised.
    pub fare: Fare,
    /// The money taken, once it has been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// The id of the refund rules that were in force when it was made, by which it is cancelled.
    pub refund_rules: String,
    /// What was given back of the money.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    /// The slip to be paid at a counter, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<Slip>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_none(count: &u16) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_not(mark: &bool) -> bool {
    !*mark
}

impl Booking {
    /// Whether staff made it for somebody at a counter. Of what was made before staff marked it, that is known where the account
    /// that made it took real money, which only staff do.
    pub fn was_sold(&self) -> bool {
        let took = |payment: &Payment| payment.method != PaymentMethod::Test && payment.taken_by == self.account;
        self.by_staff || (self.account.is_some() && self.payment.as_ref().is_some_and(took))
    }

    /// Where and when the party boards.
    pub fn boards(&self) -> &Stop {
        self.boarding.as_ref().unwrap_or(&self.from)
    }

    /// Whether the slip's time is over without money.
    pub fn has_lapsed(&self, now: DateTime<Utc>) -> bool {
        match (self.status, &self.slip) {
            (BookingStatus::Lapsed, _) => true,
            (BookingStatus::AwaitingPayment, Some(slip)) => now >= slip.pay_by,
            _ => false,
        }
    }

    /// Whether an action was applied to it, now or by an earlier attempt.
    pub fn was_done(&self, op: OpId) -> bool {
        self.history.iter().any(|change| change.op == op)
    }

    /// The action that took the money, or the one that made it where none was taken.
    pub fn transaction(&self) -> Option<OpId> {
        let paid = self.history.iter().find(|change| matches!(change.what, Deed::Booked | Deed::Paid));
        paid.or(self.history.first()).map(|change| change.op)
    }

    /// The booking after passengers gave up their places, or lost them: whoever the refund is for has nothing any more.
    /// What they had is given back to the run by [`RunState::freeing`](crate::domain::inventory::RunState::freeing).
    pub fn given_up(&self, refund: Refund, change: Change) -> Self {
        let mut left = self.clone();
        for line in &refund.quote.lines {
            if let Some(booked) = left.passengers.get_mut(usize::from(line.passenger)) {
                booked.place = Place::Cancelled;
            }
        }
        if left.passengers.iter().all(|booked| matches!(booked.place, Place::Cancelled)) {
            left.status = BookingStatus::Cancelled;
        }
        left.version += 1;
        left.refunds.push(refund);
        left.history.push(change);
        left
    }

    /// The booking after a slip was given up that nobody has paid. Its hold is given back to the run with it.
    pub fn slip_given_up(&self, change: Change) -> Self {
        let mut left = self.clone();
        for booked in &mut left.passengers {
            booked.place = Place::Cancelled;
        }
        left.status = BookingStatus::Cancelled;
        left.slip = None;
        left.version += 1;
        left.history.push(change);
        left
    }

    /// The booking after all money that waited was handed out.
    pub fn handed_out(&self, paid_out: &PaidOut, change: Change) -> Self {
        let mut left = self.clone();
        for refund in left.refunds.iter_mut().filter(|refund| refund.paid_out.is_none()) {
            refund.paid_out = Some(paid_out.clone());
        }
        left.version += 1;
        left.history.push(change);
        left
    }

    /// What was given back and waits at a counter to be handed out.
    pub fn owed(&self) -> Paise {
        self.refunds.iter().filter(|refund| refund.paid_out.is_none()).map(|refund| refund.quote.refunded).sum()
    }

    /// What was taken less what was given back.
    pub fn kept(&self) -> Paise {
        let paid = self.payment.as_ref().map_or(Paise::ZERO, |payment| payment.amount);
        paid - self.refunds.iter().map(|refund| refund.quote.refunded).sum()
    }

    /// Whether an action made it.
    pub fn was_made_by(&self, op: OpId) -> bool {
        self.history.first().is_some_and(|change| change.op == op)
    }

    /// The berths in the order of the passengers.
    pub fn berths(&self) -> impl Iterator<Item = Allotted> + '_ {
        self.passengers.iter().filter_map(|passenger| passenger.place.berth())
    }

    /// Whether anybody of it is in a queue.
    pub fn is_queued(&self) -> bool {
        self.passengers.iter().any(|passenger| passenger.place.is_queued())
    }

    /// Whether anybody of it has a seat or berth, or shares one: those may board.
    pub fn may_board(&self) -> bool {
        let boards = |place: &Place| matches!(place, Place::Berth(_) | Place::Rac { .. } | Place::Unreserved);
        self.status == BookingStatus::Booked && self.passengers.iter().any(|passenger| boards(&passenger.place))
    }

    /// The queue in which its unconfirmed passengers are.
    pub fn queue(&self) -> Option<QueueId> {
        self.is_queued().then_some(QueueId { class: self.class, list: WaitingList::of(self.quota) })
    }
}
