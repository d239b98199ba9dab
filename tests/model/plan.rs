//! What a process decides from what it read: pure functions from items to a write, named like the code's.

use crate::items::{
    Before, Booking, CANCELLED_ALL, CLIENTS, Client, Coach, CoachEdit, Done, Entry, Fence, HeadEdit, MADE, PARTY, Part,
    Place, Removal, SPOTS, Segments, Spots, Write, counts, each,
};

/// What is left out of the protocol, for a negative control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flaw {
    #[default]
    Nothing,
    /// A claim does not ask whether the masks are as they were read.
    ClaimIgnoresMasks,
    /// A claim that removes an expired hold frees only those of its berths that it wants itself.
    ReclaimFreesOne,
    /// A write that removes a hold asks only whether the hold's end is as it was read.
    RemovesByUntil,
    /// A cancel clears the whole mask and not only its own segments.
    CancelClearsMask,
    /// A confirm does not ask whether the hold is there.
    ConfirmIgnoresHold,
    /// A promotion asks neither for the entry nor for the booking as they were read.
    PromotionUnguarded,
    /// A newcomer claims what it sees without asking the queue.
    NewcomerIgnoresFence,
    /// A newcomer asks the queue once, and after a refusal plans again from the coach that came with it.
    ReplansFromRefusal,
    /// A newcomer asks the queue, and then plans by a later reading of its clock.
    ClaimsByLaterClock,
    /// A number in the queue is drawn before joining, and the join does not ask whether it is still the last.
    NumberDrawnBefore,
    /// A join does not put the fence.
    JoinWithoutFence,
    /// A join does not ask whether the queue is frozen or full.
    JoinIgnoresHead,
    /// Promotion begins with who joined last.
    PromotesLastFirst,
}

/// How berths are chosen and holds expire.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// Berths that are sold whole.
    pub general: Spots,
    /// The halves of the RAC berth.
    pub rac: Spots,
    /// The RAC berth, once the final chart lets one passenger have all of it.
    pub whole: Spots,
    /// How long a hold lasts.
    pub hold: u8,
    /// How much longer it counts.
    pub grace: u8,
    /// How many may wait and how many may share.
    pub caps: (u8, u8),
    pub flaw: Flaw,
}

/// A passenger's next step up: who, and onto what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub client: Client,
    pub passenger: usize,
    pub place: Place,
}

impl Rules {
    fn is_expired(&self, part: &Part, now: u8) -> bool {
        now >= part.until + self.grace
    }

    /// The segments on which a spot is taken: expired holds count as free.
    fn taken(&self, coach: &Coach, spot: usize, now: u8) -> Segments {
        let expired = coach.holds.iter().flatten().filter(|part| part.spots >> spot & 1 == 1);
        let expired = expired.filter(|part| self.is_expired(part, now));
        expired.fold(coach.masks[spot], |mask, part| mask & !part.leg)
    }

    fn is_free(&self, coach: &Coach, spots: Spots, leg: Segments, now: u8) -> bool {
        each(spots).all(|spot| self.taken(coach, spot, now) & leg == 0)
    }

    /// Berths for all of a party, or a half of the RAC berth for one; the one that is wished for first, if it is free.
    pub fn choose(&self, coach: &Coach, leg: Segments, party: u8, first: Spots, now: u8) -> Option<Spots> {
        let mut chosen = 0;
        for spots in [self.general & first, self.general & !first] {
            for spot in each(spots) {
                if u32::from(party) > Spots::count_ones(chosen) && self.is_free(coach, 1 << spot, leg, now) {
                    chosen |= 1 << spot;
                }
            }
        }
        if chosen.count_ones() == u32::from(party) {
            return Some(chosen);
        }
        self.half(coach, leg, now).filter(|_| party == 1)
    }

    fn half(&self, coach: &Coach, leg: Segments, now: u8) -> Option<Spots> {
        each(self.rac).map(|spot| 1 << spot).find(|spot| self.is_free(coach, *spot, leg, now))
    }

    /// Takes spots, clearing whole whatever expired hold is in the way.
    fn take(&self, coach: &Coach, spots: Spots, leg: Segments, now: u8) -> CoachEdit {
        let mut edit = CoachEdit { before: coach.masks, after: coach.masks, touched: spots, ..CoachEdit::default() };
        edit.removal = self.removal();
        for client in 0..CLIENTS {
            let Some(part) = coach.holds[client] else { continue };
            if !self.is_expired(&part, now) || part.leg & leg == 0 || part.spots & spots == 0 {
                continue;
            }
            edit.removed[client] = Some(part);
            let freed = if self.flaw == Flaw::ReclaimFreesOne { part.spots & spots } else { part.spots };
            edit.clear(freed, part.leg);
        }
        for spot in each(spots) {
            edit.after[spot] |= leg;
        }
        edit.checked = edit.touched;
        edit
    }

    fn removal(&self) -> Removal {
        if self.flaw == Flaw::RemovesByUntil { Removal::Until } else { Removal::AsRead }
    }

    /// Takes spots for a hold.
    pub fn claim(&self, coach: &Coach, client: Client, part: Part, fence: Fence, now: u8) -> Write {
        let mut edit = self.take(coach, part.spots, part.leg, now);
        if self.flaw == Flaw::ClaimIgnoresMasks {
            edit.checked = 0;
        }
        edit.put = Some((client, part));
        edit.fence = fence;
        Write { coach: edit, ..Write::default() }
    }

    /// Gives a hold's spots back; `None` when the hold is not there.
    pub fn release(&self, coach: &Coach, client: Client) -> Option<Write> {
        let part = coach.holds[client]?;
        let mut edit = CoachEdit { before: coach.masks, after: coach.masks, ..CoachEdit::default() };
        edit.removal = self.removal();
        edit.removed[client] = Some(part);
        edit.clear(part.spots, part.leg);
        edit.checked = edit.touched;
        Some(Write { coach: edit, ..Write::default() })
    }

    /// Makes held berths a booking.
    pub fn confirm(&self, client: Client, part: Part) -> Write {
        let mut places = [Place::Nobody; PARTY];
        for (place, spot) in places.iter_mut().zip(each(part.spots)) {
            *place = Place::Berth(1 << spot);
        }
        let booking = Booking { version: 0, leg: part.leg, places, done: MADE };
        Write {
            coach: self.sold(client, Some(part)),
            booking: Some((client, Before::Nothing, booking)),
            ..Write::default()
        }
    }

    /// Makes a booking that joins the queue: all of a party waiting, or one passenger with a held half.
    pub fn join(&self, client: Client, leg: Segments, party: u8, half: Option<Part>, seq: u8) -> Write {
        let place = half.map_or(Place::Waiting, |part| Place::Rac(part.spots));
        let mut places = [Place::Nobody; PARTY];
        places[..usize::from(party)].fill(place);
        let booking = Booking { version: 0, leg, places, done: MADE };
        let (waiting, rac) = counts(booking.waiters());
        let is_drawn = self.flaw == Flaw::NumberDrawnBefore;
        let cap = (self.flaw != Flaw::JoinIgnoresHead).then_some(self.caps);
        let mut coach = self.sold(client, half);
        coach.fence = if self.flaw == Flaw::JoinWithoutFence { Fence::Ignored } else { Fence::Set };
        Write {
            coach,
            booking: Some((client, Before::Nothing, booking)),
            entry: Some((client, Before::Nothing, Some(entry(&booking, seq)))),
            head: Some(HeadEdit { seq: (!is_drawn).then_some(seq), waiting, rac, cap }),
        }
    }

    fn sold(&self, client: Client, part: Option<Part>) -> CoachEdit {
        let is_asked = self.flaw != Flaw::ConfirmIgnoresHold;
        let sold = part.filter(|_| is_asked).map(|part| (client, part.spots, part.leg));
        CoachEdit { sold, ..CoachEdit::default() }
    }

    /// Cancels the first passenger or all of a booking.
    pub fn cancel(&self, coach: &Coach, client: Client, old: &Booking, seq: Option<u8>, what: Done) -> Write {
        let mut booking = Booking { version: old.version + 1, done: old.done | what, ..*old };
        let count = if what == CANCELLED_ALL { PARTY } else { 1 };
        let mut edit = CoachEdit { before: coach.masks, after: coach.masks, ..CoachEdit::default() };
        for place in booking.places.iter_mut().take(count).filter(|place| **place != Place::Nobody) {
            edit.clear(place.spots(), old.leg);
            *place = Place::Cancelled;
        }
        if self.flaw == Flaw::CancelClearsMask {
            edit.clear(edit.touched, Segments::MAX);
        }
        edit.checked = edit.touched;
        let mut write = Write { coach: edit, ..Write::default() };
        write.requeue(client, old, booking, seq, Before::Version(old.version));
        write
    }

    /// What the queue has to do next: whoever shares before whoever waits, each in order, as far as legs fit.
    pub fn next_move(&self, coach: &Coach, entries: &[Option<Entry>; CLIENTS], now: u8) -> Option<Move> {
        let mut order: Vec<_> = (0..CLIENTS).filter_map(|client| Some((entries[client]?, client))).collect();
        order.sort_by_key(|(entry, _)| entry.seq);
        if self.flaw == Flaw::PromotesLastFirst {
            order.reverse();
        }
        for is_sharing in [true, false] {
            for (entry, client) in &order {
                for (passenger, place) in entry.waiters.into_iter().enumerate() {
                    if !place.is_queued() || is_sharing != (place != Place::Waiting) {
                        continue;
                    }
                    if let Some(place) = self.better(coach, place, entry.leg, now) {
                        return Some(Move { client: *client, passenger, place });
                    }
                }
            }
        }
        None
    }

    fn better(&self, coach: &Coach, place: Place, leg: Segments, now: u8) -> Option<Place> {
        // A passenger's own half is in nobody's way.
        let mut coach = *coach;
        each(place.spots()).for_each(|spot| coach.masks[spot] &= !leg);
        let whole = each(self.general).map(|spot| 1 << spot).chain((self.whole != 0).then_some(self.whole));
        let whole = whole.into_iter().find(|spots| self.is_free(&coach, *spots, leg, now)).map(Place::Berth);
        whole.or_else(|| self.half(&coach, leg, now).filter(|_| place == Place::Waiting).map(Place::Rac))
    }

    /// Gives a passenger of the queue something better.
    pub fn promote(&self, coach: &Coach, old: &Booking, seq: u8, step: Move, now: u8) -> Write {
        let was = old.places[step.passenger].spots();
        let mut booking = Booking { version: old.version + 1, ..*old };
        booking.places[step.passenger] = step.place;
        let mut edit = self.take(coach, step.place.spots(), old.leg, now);
        edit.clear(was & !step.place.spots(), old.leg);
        edit.checked = edit.touched;
        let guard = if self.flaw == Flaw::PromotionUnguarded { Before::Anything } else { Before::Version(old.version) };
        let mut write = Write { coach: edit, ..Write::default() };
        write.requeue(step.client, old, booking, Some(seq), guard);
        write
    }
}

fn entry(booking: &Booking, seq: u8) -> Entry {
    Entry { seq, version: booking.version, leg: booking.leg, waiters: booking.waiters() }
}

impl CoachEdit {
    fn clear(&mut self, spots: Spots, leg: Segments) {
        self.touched |= spots;
        for spot in (0..SPOTS).filter(|spot| spots >> spot & 1 == 1) {
            self.after[spot] &= !leg;
        }
    }
}

impl Write {
    /// Writes a booking again, with its entry and the counts of the queue as they follow from it.
    fn requeue(&mut self, client: Client, old: &Booking, booking: Booking, seq: Option<u8>, guard: Before) {
        self.booking = Some((client, guard, booking));
        let Some(seq) = seq else { return };
        let entry = entry(&booking, seq);
        let is_over = entry.waiters == [Place::Nobody; PARTY];
        self.entry = Some((client, guard, (!is_over).then_some(entry)));
        let ((waited, shared), (waiting, rac)) = (counts(old.waiters()), counts(entry.waiters));
        self.head = Some(HeadEdit { seq: None, waiting: waiting - waited, rac: rac - shared, cap: None });
    }
}
