//! What the store keeps of one coach and its queue, and the one way in which it changes: a write of several items that
//! is applied whole when all of its conditions hold, and else not at all.
//!
//! A set of segments is a bit mask, as in the store; so is a set of spots. A spot is what one mask belongs to: a berth,
//! or a half of a RAC berth. There is one action of each kind for each client, so holds, bookings and entries go by the
//! client: it stands for the hold's id, the PNR and the action's id, which the code all draws from the action.

/// Segments, bit by bit.
pub type Segments = u8;
/// Spots, bit by bit.
pub type Spots = u8;
/// Whose hold, booking or entry it is.
pub type Client = usize;

/// The spots of the coach.
pub const SPOTS: usize = 4;
/// The clients of a world.
pub const CLIENTS: usize = 3;
/// The most passengers of a booking.
pub const PARTY: usize = 2;

/// The hold of one client (`H#<hold>`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    pub spots: Spots,
    pub leg: Segments,
    pub until: u8,
}

/// The coach (`C#<coach>`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coach {
    pub masks: [Segments; SPOTS],
    pub holds: [Option<Part>; CLIENTS],
    /// The fence: newcomers ask the queue first, from the first join on and for ever.
    pub queued: bool,
}

/// What a passenger has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// There is no such passenger.
    #[default]
    Nobody,
    Berth(Spots),
    Rac(Spots),
    Waiting,
    Cancelled,
}

/// What was done to a booking, bit by bit: its history.
pub type Done = u8;
pub const MADE: Done = 1;
pub const CANCELLED_FIRST: Done = 2;
pub const CANCELLED_ALL: Done = 4;

/// A booking, with its line of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Booking {
    pub version: u8,
    pub leg: Segments,
    pub places: [Place; PARTY],
    pub done: Done,
}

/// A booking's entry in the queue (`Q#<class>#<seq>`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    pub seq: u8,
    /// That of the booking with which it was written.
    pub version: u8,
    pub leg: Segments,
    /// Passengers who wait or share; the others are `Nobody`.
    pub waiters: [Place; PARTY],
}

/// The head of the queue (`#queue#<class>`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Head {
    pub next_seq: u8,
    pub waiting: u8,
    pub rac: u8,
    pub frozen: bool,
}

/// All items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Items {
    pub coach: Coach,
    pub bookings: [Option<Booking>; CLIENTS],
    pub entries: [Option<Entry>; CLIENTS],
    pub head: Head,
}

/// What a write asks of a hold that it takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Removal {
    /// That all of it is as it was read.
    #[default]
    AsRead,
    /// That its end is as it was read.
    Until,
}

/// What a write has to do with the fence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fence {
    #[default]
    Ignored,
    /// It must not be there: whoever writes has not asked the queue.
    Absent,
    /// It is put there.
    Set,
}

/// A change of the coach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoachEdit {
    /// The spots whose mask is written.
    pub touched: Spots,
    /// The spots whose mask must be as it was read.
    pub checked: Spots,
    pub before: [Segments; SPOTS],
    pub after: [Segments; SPOTS],
    /// Holds that are taken away, as they were read.
    pub removed: [Option<Part>; CLIENTS],
    pub removal: Removal,
    /// A hold that is put, and must not be there.
    pub put: Option<(Client, Part)>,
    /// A hold that goes into a booking: it must be there for just these spots and this leg.
    pub sold: Option<(Client, Spots, Segments)>,
    pub fence: Fence,
}

/// What has to be there for a booking or an entry to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Before {
    Nothing,
    Version(u8),
    Anything,
}

/// A change of the queue's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeadEdit {
    /// The number that must be the next, and is taken.
    pub seq: Option<u8>,
    pub waiting: i8,
    pub rac: i8,
    /// The counts up to which somebody may join; `None` when nobody does.
    pub cap: Option<(u8, u8)>,
}

/// A write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Write {
    pub coach: CoachEdit,
    pub booking: Option<(Client, Before, Booking)>,
    pub entry: Option<(Client, Before, Option<Entry>)>,
    pub head: Option<HeadEdit>,
}

/// The spots in a set.
pub fn each(spots: Spots) -> impl Iterator<Item = usize> {
    (0..SPOTS).filter(move |spot| spots >> spot & 1 == 1)
}

impl Place {
    /// The spots that are the passenger's.
    pub fn spots(self) -> Spots {
        match self {
            Self::Berth(spots) | Self::Rac(spots) => spots,
            Self::Nobody | Self::Waiting | Self::Cancelled => 0,
        }
    }

    /// Whether the queue has something for the passenger yet.
    pub fn is_queued(self) -> bool {
        matches!(self, Self::Rac(_) | Self::Waiting)
    }
}

impl Booking {
    /// Its passengers who wait or share.
    pub fn waiters(&self) -> [Place; PARTY] {
        self.places.map(|place| if place.is_queued() { place } else { Place::Nobody })
    }

    /// Its spots.
    pub fn spots(&self) -> Spots {
        self.places.iter().fold(0, |spots, place| spots | place.spots())
    }
}

/// How many wait and how many share.
pub fn counts(waiters: [Place; PARTY]) -> (i8, i8) {
    let count = |wanted: fn(&&Place) -> bool| i8::try_from(waiters.iter().filter(wanted).count()).expect("a party");
    (count(|place| matches!(place, Place::Waiting)), count(|place| matches!(place, Place::Rac(_))))
}

impl Items {
    /// Applies a write if all of its conditions hold; whether they did.
    pub fn apply(&mut self, write: &Write) -> bool {
        let holds = self.coach.allows(&write.coach)
            && write.booking.is_none_or(|(client, before, _)| before.allows(self.bookings[client].map(|b| b.version)))
            && write.entry.is_none_or(|(client, before, _)| before.allows(self.entries[client].map(|e| e.version)))
            && write.head.is_none_or(|edit| self.head.allows(&edit));
        if !holds {
            return false;
        }
        self.coach.change(&write.coach);
        if let Some((client, _, booking)) = write.booking {
            self.bookings[client] = Some(booking);
        }
        if let Some((client, _, entry)) = write.entry {
            self.entries[client] = entry;
        }
        if let Some(edit) = write.head {
            self.head.next_seq += u8::from(edit.seq.is_some());
            self.head.waiting = self.head.waiting.wrapping_add_signed(edit.waiting);
            self.head.rac = self.head.rac.wrapping_add_signed(edit.rac);
        }
        true
    }
}

impl Coach {
    fn allows(&self, edit: &CoachEdit) -> bool {
        let same = |found: Part, read: Part| match edit.removal {
            Removal::AsRead => found == read,
            Removal::Until => found.until == read.until,
        };
        each(edit.checked).all(|spot| self.masks[spot] == edit.before[spot])
            && (0..CLIENTS).all(|client| {
                edit.removed[client].is_none_or(|read| self.holds[client].is_some_and(|found| same(found, read)))
            })
            && edit.put.is_none_or(|(client, _)| self.holds[client].is_none())
            && edit.sold.is_none_or(|(client, spots, leg)| {
                self.holds[client].is_some_and(|found| found.spots == spots && found.leg == leg)
            })
            && !(edit.fence == Fence::Absent && self.queued)
    }

    fn change(&mut self, edit: &CoachEdit) {
        for spot in each(edit.touched) {
            self.masks[spot] = edit.after[spot];
        }
        for client in 0..CLIENTS {
            if edit.removed[client].is_some() || edit.sold.is_some_and(|(owner, ..)| owner == client) {
                self.holds[client] = None;
            }
        }
        if let Some((client, part)) = edit.put {
            self.holds[client] = Some(part);
        }
        self.queued |= edit.fence == Fence::Set;
    }
}

impl Before {
    fn allows(self, found: Option<u8>) -> bool {
        match self {
            Self::Nothing => found.is_none(),
            Self::Version(version) => found == Some(version),
            Self::Anything => true,
        }
    }
}

impl Head {
    fn allows(&self, edit: &HeadEdit) -> bool {
        edit.seq.is_none_or(|seq| seq == self.next_seq) && !self.is_closed(edit)
    }

    /// Whether nobody can join: the queue is frozen, or full.
    pub fn is_closed(&self, edit: &HeadEdit) -> bool {
        edit.cap.is_some_and(|(waiting, rac)| {
            self.frozen
                || self.waiting.saturating_add_signed(edit.waiting) > waiting
                || self.rac.saturating_add_signed(edit.rac) > rac
        })
    }
}
