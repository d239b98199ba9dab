//! What a process does with what it reads and with the answers it gets.

use crate::items::{CLIENTS, Client, Coach, Done, Entry, Fence, MADE, Part};
use crate::laws;
use crate::plan::Flaw;
use crate::world::{After, Call, Message, Reads, Scenario, Seen, Step, Why, Wish, World};

impl Scenario {
    fn wish(&self, client: Client) -> Wish {
        self.wishes[client].expect("only clients with a wish act")
    }

    fn clock(&self, world: &World, client: Client) -> u8 {
        world.now + self.wish(client).ahead
    }

    /// Reads the run for a hold: an earlier attempt may have been applied, or the fence be there.
    pub fn hold(&self, world: &mut World, client: Client) {
        let coach = world.items.coach;
        if let Some(part) = coach.holds[client] {
            self.find(world, client, part);
        } else if coach.queued && self.rules.flaw != Flaw::NewcomerIgnoresFence {
            world.clients[client].fenced = true;
            world.clients[client].step = Step::Reading(After::Hold, Seen::Nothing);
        } else {
            let fence = if coach.queued { Fence::Ignored } else { Fence::Absent };
            self.choose(world, client, &coach, fence);
        }
    }

    /// An earlier attempt was applied: it is the hold, if its time is not over.
    fn find(&self, world: &mut World, client: Client, part: Part) {
        let is_in_force = self.clock(world, client) < part.until;
        let process = &mut world.clients[client];
        process.recovered = true;
        process.step = if is_in_force { Step::Held(part) } else { Step::Over(Why::HoldExpired) };
    }

    /// Chooses from a state and sends the claim.
    pub fn choose(&self, world: &mut World, client: Client, coach: &Coach, fence: Fence) {
        let wish = self.wish(client);
        let now = self.clock(world, client);
        let Some(spots) = self.rules.choose(coach, wish.leg, wish.party, wish.first, now) else {
            world.clients[client].step = Step::NoRoom;
            return;
        };
        let part = Part { spots, leg: wish.leg, until: now + self.rules.hold };
        let fence = if self.rules.flaw == Flaw::NewcomerIgnoresFence { Fence::Ignored } else { fence };
        let write = self.rules.claim(coach, client, part, fence, now);
        world.send(Message { from: client, call: Call::Hold, awaited: true, write });
    }

    /// Gives a hold back, from the state as it is.
    pub fn release(&self, world: &mut World, client: Client) {
        let Some(part) = world.items.coach.holds[client] else {
            world.clients[client].step = Step::Over(Why::Released);
            return;
        };
        let write = self.rules.release(&world.items.coach, client).expect("the hold is there");
        world.send(Message { from: client, call: Call::Release(part), awaited: true, write });
    }

    /// Makes a hold a booking; with a half of the RAC berth it joins the queue.
    pub fn confirm(&self, world: &mut World, client: Client, part: Part) {
        if part.spots & self.rules.rac != 0 {
            self.join(world, client, Some(part));
            return;
        }
        let write = self.rules.confirm(client, part);
        world.send(Message { from: client, call: Call::Confirm(part), awaited: true, write });
    }

    /// Joins the queue under the next number, which the head gives now.
    pub fn join(&self, world: &mut World, client: Client, half: Option<Part>) {
        let wish = self.wish(client);
        let seq = world.items.head.next_seq;
        if self.rules.flaw == Flaw::NumberDrawnBefore {
            world.items.head.next_seq += 1;
        }
        let write = self.rules.join(client, wish.leg, wish.party, half, seq);
        world.send(Message { from: client, call: Call::Join(half), awaited: true, write });
    }

    pub fn cancel(&self, world: &mut World, client: Client, what: Done) {
        let booking = world.items.bookings[client].expect("nobody deletes bookings");
        if booking.done & what != 0 {
            let process = &mut world.clients[client];
            process.recovered = true;
            process.told |= what;
            process.step = Step::Booked;
            return;
        }
        let seq = world.items.entries[client].map(|entry| entry.seq);
        let write = self.rules.cancel(&world.items.coach, client, &booking, seq, what);
        world.send(Message { from: client, call: Call::Cancel(what), awaited: true, write });
    }

    /// Reads the run and its queue, one after the other, and then does what follows.
    pub fn read(&self, world: &mut World, client: Client, after: After, seen: Seen) {
        let reading = |seen| Step::Reading(after, seen);
        world.clients[client].step = match (seen, self.reads) {
            (Seen::Nothing, Reads::QueueFirst) => reading(Seen::Queue(world.items.entries)),
            (Seen::Nothing, Reads::RunFirst) => reading(Seen::Run(world.items.coach)),
            (Seen::Queue(entries), _) => {
                return self.promote(world, client, after, &world.items.coach.clone(), entries);
            }
            (Seen::Run(coach), _) => return self.promote(world, client, after, &coach, world.items.entries),
            (Seen::Settled(coach), _) => return self.choose(world, client, &coach, Fence::Ignored),
        };
    }

    /// Takes the queue a step further, or goes on with what promotion was run for when there is none.
    fn promote(
        &self,
        world: &mut World,
        client: Client,
        after: After,
        coach: &Coach,
        entries: [Option<Entry>; CLIENTS],
    ) {
        let now = self.clock(world, client);
        if let Some(step) = self.rules.next_move(coach, &entries, now) {
            let entry = entries[step.client].expect("the move is of an entry");
            let booking = world.items.bookings[step.client].expect("nobody deletes bookings");
            if booking.version != entry.version {
                world.clients[client].step = Step::Reading(after, Seen::Nothing);
                return;
            }
            let write = self.rules.promote(coach, &booking, entry.seq, step, now);
            world.send(Message { from: client, call: Call::Promote(after), awaited: true, write });
        } else if after == After::Rest {
            world.clients[client].step = Step::Booked;
        } else if let Some(part) = coach.holds[client] {
            self.find(world, client, part);
        } else if self.rules.flaw == Flaw::ClaimsByLaterClock {
            world.clients[client].step = Step::Reading(after, Seen::Settled(*coach));
        } else {
            self.choose(world, client, coach, Fence::Ignored);
        }
    }

    /// A request whose outcome is unknown is repeated by the user: from the start, with the same ids.
    pub fn repeat(&self, world: &mut World, client: Client, call: Call) {
        match call {
            Call::Hold => self.hold(world, client),
            Call::Release(_) => self.release(world, client),
            Call::Confirm(_) | Call::Join(_) if world.items.bookings[client].is_some() => {
                Self::booked(world, client, call);
                world.clients[client].recovered = true;
            }
            Call::Confirm(part) => self.confirm(world, client, part),
            Call::Join(half) => self.join(world, client, half),
            Call::Cancel(what) => self.cancel(world, client, what),
            Call::Promote(after) => world.clients[client].step = Step::Reading(after, Seen::Nothing),
        }
    }

    /// A message reaches the store.
    pub fn deliver(&self, world: &mut World, index: usize) {
        let message = world.net.remove(index);
        let before = world.items;
        let is_applied = world.items.apply(&message.write);
        if is_applied {
            world.fouls |= laws::fouls(self, world, &before, &message);
        }
        if message.awaited {
            if is_applied {
                Self::applied(world, &message);
            } else {
                self.refused(world, &message);
            }
        }
    }

    fn booked(world: &mut World, client: Client, call: Call) {
        let process = &mut world.clients[client];
        process.told |= MADE;
        process.joined |= matches!(call, Call::Join(_));
        process.step = Step::Booked;
    }

    fn applied(world: &mut World, message: &Message) {
        let client = message.from;
        match message.call {
            Call::Hold => {
                let (_, part) = message.write.coach.put.expect("a claim puts a hold");
                world.clients[client].step = Step::Held(part);
            }
            Call::Release(_) => world.clients[client].step = Step::Over(Why::Released),
            Call::Confirm(_) | Call::Join(_) => Self::booked(world, client, message.call),
            Call::Cancel(what) => {
                world.clients[client].told |= what;
                world.clients[client].step = Step::Booked;
            }
            Call::Promote(after) => world.clients[client].step = Step::Reading(after, Seen::Nothing),
        }
    }

    /// A refusal brings the items as they are. The process looks for its own mark there before it believes it.
    fn refused(&self, world: &mut World, message: &Message) {
        let client = message.from;
        let items = world.items;
        match message.call {
            Call::Hold => match items.coach.holds[client] {
                None if self.rules.flaw == Flaw::ReplansFromRefusal && world.clients[client].fenced => {
                    self.choose(world, client, &items.coach, Fence::Ignored);
                }
                _ => self.hold(world, client),
            },
            Call::Release(_) => self.release(world, client),
            Call::Confirm(_) | Call::Join(_) if items.bookings[client].is_some() => {
                Self::booked(world, client, message.call);
                world.clients[client].recovered = true;
            }
            Call::Confirm(_) => world.clients[client].step = Step::Over(Why::HoldExpired),
            Call::Join(half) => {
                let head = message.write.head.expect("a join counts itself");
                let is_there = |part: Part| {
                    items.coach.holds[client].is_some_and(|found| (found.spots, found.leg) == (part.spots, part.leg))
                };
                world.clients[client].step = if half.is_some_and(|part| !is_there(part)) {
                    Step::Over(Why::HoldExpired)
                } else if items.head.is_closed(&head) {
                    Step::Over(Why::Closed)
                } else {
                    return self.join(world, client, half);
                };
            }
            Call::Cancel(what) => self.cancel(world, client, what),
            Call::Promote(after) => world.clients[client].step = Step::Reading(after, Seen::Nothing),
        }
    }
}
