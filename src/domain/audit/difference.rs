//! What an audit can find, and what a person does about it.

use std::fmt;

use serde::Serialize;

use super::money::Fault;
use crate::domain::coach::{BerthRef, Class, CoachId};
use crate::domain::inventory::HoldId;
use crate::domain::money::Paise;
use crate::domain::pnr::Pnr;
use crate::domain::segment::{Leg, SegmentMask};
use crate::domain::spot::Spot;
use crate::domain::till::{Flows, TillId};
use crate::domain::train::{RunId, Train};
use crate::domain::user::Username;
use crate::domain::waitlist::QueueId;

/// A spot of a coach on segments that are next to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Stretch {
    /// The coach.
    pub coach: CoachId,
    /// The berth, or the half of one.
    pub spot: Spot,
    /// The segments.
    pub leg: Leg,
    /// The same by stations, as `BVI to KOTA`, as far as the train has them.
    pub between: String,
}

impl Stretch {
    /// The stretches that a spot's segments make.
    pub(super) fn all_of(train: &Train, coach: CoachId, spot: Spot, mask: SegmentMask) -> Vec<Self> {
        let station = |halt: u8| match train.halts().get(usize::from(halt)) {
            Some(halt) => halt.station.to_string(),
            None => format!("halt {halt}"),
        };
        let mut stretches = Vec::new();
        let mut from = None;
        for segment in 0..=crate::domain::segment::MAX_SEGMENTS as u8 {
            match (mask.has(segment), from) {
                (true, None) => from = Some(segment),
                (false, Some(begin)) => {
                    let between = format!("{} to {}", station(begin), station(segment));
                    let leg = Leg::new(begin, segment).expect("it begins before it ends");
                    stretches.push(Self { coach, spot, leg, between });
                    from = None;
                }
                _ => {}
            }
        }
        stretches
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{} from {}", self.coach, self.spot, self.between)
    }
}

/// Something that is kept of a run and does not agree with its bookings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "Kind", rename_all_fields = "PascalCase")]
pub enum Difference {
    /// Two bookings have the same spot on the same segments.
    SoldTwice {
        /// Where.
        at: Stretch,
        /// To whom.
        pnrs: [Pnr; 2],
    },
    /// Bits of a mask that no booking and no hold explains. Nobody can buy there.
    Stray {
        /// Where.
        at: Stretch,
    },
    /// Bits that a booking should have and that are not set. Somebody else can buy there.
    Unmarked {
        /// Where.
        at: Stretch,
        /// Whose they are.
        pnr: Pnr,
    },
    /// Bits that a hold in force should have and that are not set. Somebody else can buy there.
    HoldUnmarked {
        /// Where.
        at: Stretch,
        /// Whose they are.
        hold: HoldId,
    },
    /// A hold on segments that a booking has: when it ends, the booking's bits go with its own.
    HoldOnBooking {
        /// Where.
        at: Stretch,
        /// The hold.
        hold: HoldId,
        /// The booking.
        pnr: Pnr,
    },
    /// Two holds of the same segments: when one ends, the other's bits go with its own.
    HeldTwice {
        /// Where.
        at: Stretch,
        /// The holds.
        holds: [HoldId; 2],
    },
    /// A mask for the whole of a berth that is kept in halves, or for half of one that is not.
    WrongForm {
        /// The coach.
        coach: CoachId,
        /// The spot that should have no mask.
        spot: Spot,
    },
    /// A booking has a berth that the train does not carry in the booking's class.
    NoSuchBerth {
        /// Whose it is.
        pnr: Pnr,
        /// The berth.
        berth: BerthRef,
    },
    /// A booking has half of a berth that is kept whole.
    NotShared {
        /// Whose it is.
        pnr: Pnr,
        /// The berth.
        berth: BerthRef,
    },
    /// A booking was sold by a version of the train that is not the run's, so that its leg counts other halts.
    OtherVersion {
        /// Which.
        pnr: Pnr,
        /// The version by which it was sold.
        sold_by: u32,
        /// The version of the run.
        run: u32,
    },
    /// Berths are sold or held, and the run does not say by which version of the train.
    NotPinned,
    /// A line of the manifest names a booking that is not there, or is of another run.
    LineWithoutBooking {
        /// Which.
        pnr: Pnr,
        /// The run of the booking, if there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        run: Option<RunId>,
    },
    /// A booking that was paid has no line in the manifest, so that chart and audit miss it.
    BookingWithoutLine {
        /// Which.
        pnr: Pnr,
    },
    /// A line of the manifest is older or newer than its booking.
    LineOfAnotherVersion {
        /// Which.
        pnr: Pnr,
        /// The version that the line says.
        line: u32,
        /// The version of the booking.
        booking: u32,
    },
    /// A line of the manifest says something else of the booking's version than the booking.
    LineDiffers {
        /// Which.
        pnr: Pnr,
        /// The version of both.
        version: u32,
    },
    /// A booking with passengers who wait has no entry in its queue: they would never be served.
    NotInQueue {
        /// The queue.
        queue: QueueId,
        /// Which.
        pnr: Pnr,
    },
    /// An entry of a queue names nobody who waits there: it would get a berth that nobody asked for.
    NotWaiting {
        /// The queue.
        queue: QueueId,
        /// Its place in the order.
        seq: u64,
        /// Which booking it names.
        pnr: Pnr,
    },
    /// A booking is in a queue more than once.
    QueuedTwice {
        /// The queue of the later entry.
        queue: QueueId,
        /// Its place in the order.
        seq: u64,
        /// Which.
        pnr: Pnr,
    },
    /// An entry is for another leg than its booking.
    OtherLeg {
        /// The queue.
        queue: QueueId,
        /// Its place in the order.
        seq: u64,
        /// Which.
        pnr: Pnr,
    },
    /// An entry has other passengers than those of its booking who wait.
    OtherWaiters {
        /// The queue.
        queue: QueueId,
        /// Its place in the order.
        seq: u64,
        /// Which.
        pnr: Pnr,
        /// The entry's, by their places in the form, from 0.
        entry: Vec<u8>,
        /// The booking's.
        booking: Vec<u8>,
    },
    /// An entry has a passenger on another half of a berth than the booking.
    OtherHalf {
        /// The queue.
        queue: QueueId,
        /// Its place in the order.
        seq: u64,
        /// Which.
        pnr: Pnr,
        /// The passenger's place in the form, from 0.
        passenger: u8,
    },
    /// The head of a queue counts other than its entries: nobody is served while it does.
    HeadDiffers {
        /// The queue.
        queue: QueueId,
        /// Passengers who share a berth and who have none, as the head has them.
        head: (u16, u16),
        /// The same by the entries.
        entries: (u16, u16),
    },
    /// Somebody waits, and a coach of their class lets newcomers pass.
    Unfenced {
        /// The queue.
        queue: QueueId,
        /// The coach.
        coach: CoachId,
    },
    /// The money of a booking does not add up.
    Money {
        /// Which.
        pnr: Pnr,
        /// What.
        fault: Fault,
    },
    /// The ledger has another sum than the booking.
    Ledger {
        /// Whose.
        pnr: Pnr,
        /// What the entries come to.
        ledger: Paise,
        /// What was taken less what was handed out, as the booking has it.
        booking: Paise,
    },
    /// What went through a till is not what it has counted.
    Till {
        /// Which.
        till: TillId,
        /// Its agent's name, where it is there at all.
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<Username>,
        /// What the entries of the ledger come to.
        ledger: Flows,
        /// What it has counted.
        counted: Flows,
    },
    /// A booking is not on a list on which it should be, that of its day or of work, or on one though nothing of it is to be done.
    Lists {
        /// Its PNR.
        #[serde(rename = "PNR")]
        pnr: Pnr,
    },
    /// A booking awaits payment and its hold is not there, so that its berths can be sold to others.
    SlipWithoutHold {
        /// Which.
        pnr: Pnr,
        /// The hold.
        hold: HoldId,
        /// The class.
        class: Class,
    },
    /// Something cannot be read at all.
    Unreadable {
        /// What.
        what: String,
        /// Why.
        cause: String,
    },
}

impl Difference {
    /// In which coach it is, where it can be seen in one alone.
    pub const fn coach(&self) -> Option<CoachId> {
        match self {
            Self::SoldTwice { at, .. }
            | Self::Stray { at }
            | Self::Unmarked { at, .. }
            | Self::HoldUnmarked { at, .. }
            | Self::HoldOnBooking { at, .. }
            | Self::HeldTwice { at, .. } => Some(at.coach),
            Self::WrongForm { coach, .. } | Self::Unfenced { coach, .. } => Some(*coach),
            _ => None,
        }
    }
}

/// What is wrong, where, with whom, and what to do.
impl fmt::Display for Difference {
    #[allow(clippy::too_many_lines, reason = "one sentence for each kind")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoldTwice { at, pnrs: [one, other] } => write!(
                f,
                "{at} is sold twice, to PNR {one} and PNR {other}: give one of them another berth, or cancel it with a \
                 waiver."
            ),
            Self::Stray { at } => {
                write!(f, "{at} is taken and nobody has it: kiosk audit --repair puts it back on sale.")
            }
            Self::Unmarked { at, pnr } => {
                write!(f, "{at} is PNR {pnr}'s and still on sale: kiosk audit --repair takes it out of sale.")
            }
            Self::HoldUnmarked { at, hold } => {
                write!(f, "{at} is held by {hold} and still on sale: it mends itself when the hold ends.")
            }
            Self::HoldOnBooking { at, hold, pnr } => write!(
                f,
                "{at} is PNR {pnr}'s and also held by {hold}: when the hold ends the berth looks free, so run kiosk audit \
                 --repair then."
            ),
            Self::HeldTwice { at, holds: [one, other] } => write!(
                f,
                "{at} is held by {one} and by {other}: let both end, and audit again to see that nobody bought it twice."
            ),
            Self::WrongForm { coach, spot } => write!(
                f,
                "{coach}-{spot} has a mask, though the berth is kept {}: kiosk audit --repair removes it.",
                match spot.part {
                    crate::domain::spot::Part::Whole => "in halves",
                    _ => "whole",
                }
            ),
            Self::NoSuchBerth { pnr, berth } => write!(
                f,
                "PNR {pnr} has {berth}, which the train does not carry in its class: give its passengers another berth."
            ),
            Self::NotShared { pnr, berth } => {
                write!(f, "PNR {pnr} has half of {berth}, which nobody shares: give its passenger another place.")
            }
            Self::OtherVersion { pnr, sold_by, run } => write!(
                f,
                "PNR {pnr} was sold by version {sold_by} of the train and the run goes by version {run}: check its \
                 halts, and sell it anew."
            ),
            Self::NotPinned => f.write_str(
                "Berths are sold or held, and the run does not keep the train's version: do not change the train until \
                 another berth of the run is held, which settles it.",
            ),
            Self::LineWithoutBooking { pnr, run: None } => write!(
                f,
                "The manifest names PNR {pnr}, and there is no such booking: restore it from a backup if it was paid."
            ),
            Self::LineWithoutBooking { pnr, run: Some(run) } => {
                write!(f, "The manifest names PNR {pnr}, which is a booking of {run}: the line can be deleted.")
            }
            Self::BookingWithoutLine { pnr } => write!(
                f,
                "PNR {pnr} is not on the manifest, so that no chart has it: change the booking in any way to list it."
            ),
            Self::LineOfAnotherVersion { pnr, line, booking } => write!(
                f,
                "The manifest has version {line} of PNR {pnr}, and the booking is at version {booking}: compare both \
                 with a backup."
            ),
            Self::LineDiffers { pnr, version } => write!(
                f,
                "The manifest says something else of PNR {pnr} at version {version} than the booking: compare both with \
                 a backup."
            ),
            Self::NotInQueue { queue, pnr } => {
                write!(
                    f,
                    "PNR {pnr} waits and is not in queue {queue}: give its passengers berths by hand, or refund it."
                )
            }
            Self::NotWaiting { queue, seq, pnr } => {
                write!(f, "Place {seq} of queue {queue} is PNR {pnr}'s, who does not wait there: delete the entry.")
            }
            Self::QueuedTwice { queue, seq, pnr } => {
                write!(f, "PNR {pnr} is in a queue twice, also at place {seq} of {queue}: delete that entry.")
            }
            Self::OtherLeg { queue, seq, pnr } => {
                write!(
                    f,
                    "Place {seq} of queue {queue} is for another leg than PNR {pnr}, whose it is: correct the entry."
                )
            }
            Self::OtherWaiters { queue, seq, pnr, entry, booking } => write!(
                f,
                "Place {seq} of queue {queue} has passengers {} of PNR {pnr}, and {} of them wait: correct the entry.",
                numbers(entry),
                numbers(booking)
            ),
            Self::OtherHalf { queue, seq, pnr, passenger } => write!(
                f,
                "Place {seq} of queue {queue} has passenger {} of PNR {pnr} on another half of a berth than the booking: \
                 correct the entry.",
                passenger + 1
            ),
            Self::HeadDiffers { queue, head, entries } => write!(
                f,
                "Queue {queue} counts {} who share a berth and {} who wait, and has {} and {}: nobody of it is served \
                 until its head is corrected.",
                head.0, head.1, entries.0, entries.1
            ),
            Self::Unfenced { queue, coach } => write!(
                f,
                "Coach {coach} lets newcomers pass those who wait in queue {queue}: kiosk audit --repair closes it to them."
            ),
            Self::Money { pnr, fault } => write!(f, "PNR {pnr}: {fault}"),
            Self::Ledger { pnr, ledger, booking } => write!(
                f,
                "PNR {pnr}: the ledger comes to {ledger} and the booking to {booking}: compare both with the till's report."
            ),
            Self::Till { till, agent: Some(agent), ledger, counted } => write!(
                f,
                "Till {till} of {agent} has counted {counted}: the ledger has {ledger}, so settle nothing by its reports before \
                 somebody has compared them with the drawer."
            ),
            Self::Till { till, agent: None, ledger, .. } => write!(
                f,
                "Till {till} is not there: the ledger has {ledger} through it, so look for who deleted it, and bring it back from \
                 a backup."
            ),
            Self::Lists { pnr } => write!(
                f,
                "PNR {pnr} is not on the lists that follow from it, or on others: nobody finds it by its day or name, or is reminded \
                 of it as they should. Run kiosk provision, which puts it right."
            ),
            Self::SlipWithoutHold { pnr, hold, class } => write!(
                f,
                "PNR {pnr} awaits payment in {class} and its hold {hold} is gone: its berths may be sold to others, so \
                 book it anew."
            ),
            Self::Unreadable { what, cause } => {
                write!(f, "{what} cannot be read ({cause}): restore it from a backup, or update Kiosk.")
            }
        }
    }
}

/// Places in a form as a person counts them.
fn numbers(passengers: &[u8]) -> String {
    match passengers {
        [] => "none".to_owned(),
        some => some.iter().map(|passenger| (passenger + 1).to_string()).collect::<Vec<_>>().join(", "),
    }
}
