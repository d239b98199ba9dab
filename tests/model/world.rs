//! Processes that read, decide and send, a network that delivers writes at any time or never, and clocks that differ.
//!
//! A lost request is one that is never delivered. A lost reply is a request that is applied when nobody waits for it any
//! more, after it was sent again. A crash is a process that does nothing more. So none of them is an action.

use stateright::{Model, Property};

use crate::items::{
    CANCELLED_ALL, CANCELLED_FIRST, CLIENTS, Client, Coach, Done, Entry, Fence, Items, MADE, Part, Segments, Spots,
    Write,
};
use crate::plan::Rules;

/// What somebody wants.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub leg: Segments,
    pub party: u8,
    /// Spots that are tried first.
    pub first: Spots,
    /// How far the process's clock is ahead.
    pub ahead: u8,
    /// Whether the process starts with something to do, or with a booking.
    pub from: From,
    /// What its user may do.
    pub may: &'static [May],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Nothing,
    Booking,
    Queue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Choose from what was known at the start.
    HoldRecent,
    HoldCertain,
    Release,
    Confirm,
    Join,
    CancelFirst,
    CancelAll,
    Promote,
}

/// In which order the run and its queue are read: two queries, and no snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    QueueFirst,
    RunFirst,
}

/// A world to be explored whole.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub rules: Rules,
    pub start: Items,
    pub wishes: [Option<Wish>; CLIENTS],
    pub reads: Reads,
    /// The last moment.
    pub end: u8,
    /// How many requests remain without a reply.
    pub faults: u8,
    /// Whether the chart may freeze the queue.
    pub charts: bool,
    pub laws: fn() -> Vec<Property<Scenario>>,
}

/// The state of everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub now: u8,
    pub faults: u8,
    pub items: Items,
    /// In order, so that the same messages are the same state.
    pub net: Vec<Message>,
    pub clients: [Process; CLIENTS],
    /// Laws that were broken by a step and not by a state.
    pub fouls: u8,
}

/// A write on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message {
    pub from: Client,
    pub call: Call,
    /// Whether the reply is waited for.
    pub awaited: bool,
    pub write: Write,
}

/// What a process asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    Hold,
    Release(Part),
    Confirm(Part),
    Join(Option<Part>),
    Cancel(Done),
    Promote(After),
}

/// What promotion is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum After {
    /// A newcomer that met the fence.
    Hold,
    /// Somebody who freed a berth or joined.
    Rest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Process {
    pub step: Step,
    /// What the owner asked for and what was acknowledged.
    pub asked: Done,
    pub told: Done,
    /// Whose joins were acknowledged before this one began.
    pub before: u8,
    /// Whether a join was acknowledged.
    pub joined: bool,
    /// Whether it met the fence.
    pub fenced: bool,
    /// Whether it found its own mark where it might have seen a refusal.
    pub recovered: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Step {
    #[default]
    Idle,
    /// Waits for a reply.
    Sent(Call),
    /// Gave up waiting: it has to look before it says anything.
    Unsure(Call),
    /// Reads the run and its queue.
    Reading(After, Seen),
    Held(Part),
    NoRoom,
    Booked,
    Over(Why),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    Nothing,
    Queue([Option<Entry>; CLIENTS]),
    Run(Coach),
    /// The run, with nothing left to promote.
    Settled(Coach),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    Released,
    HoldExpired,
    Closed,
}

/// What happens next, named as in the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Tick,
    FreezeQueue,
    /// From what is known since the start.
    HoldRecent(Client),
    /// From what is read now.
    HoldCertain(Client),
    Release(Client),
    Confirm(Client),
    Join(Client),
    Cancel(Client, Done),
    Promote(Client),
    /// The first or the second query of the run and its queue.
    Read(Client),
    /// A message reaches the store; its reply the sender, if it waits.
    Deliver(usize),
    /// The store asks again with the same request.
    Resend(Client),
    /// The request fails with its outcome unknown.
    GiveUp(Client),
    /// The user repeats it.
    Repeat(Client),
}

impl Model for Scenario {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let mut clients = [Process::default(); CLIENTS];
        for (process, wish) in clients.iter_mut().zip(self.wishes) {
            match wish.map(|wish| wish.from) {
                None => process.step = Step::Over(Why::Released),
                Some(From::Nothing) => {}
                Some(from) => {
                    process.step = Step::Booked;
                    process.told = MADE;
                    process.joined = from == From::Queue;
                }
            }
        }
        vec![World { now: 0, faults: self.faults, items: self.start, net: Vec::new(), clients, fouls: 0 }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.now < self.end {
            actions.push(Action::Tick);
        }
        if self.charts && !world.items.head.frozen {
            actions.push(Action::FreezeQueue);
        }
        actions.extend((0..world.net.len()).map(Action::Deliver));
        for (client, wish) in self.wishes.iter().enumerate() {
            let Some(wish) = wish else { continue };
            let may = |what| wish.may.contains(&what);
            match world.clients[client].step {
                Step::Idle => {
                    let known = &self.start.coach;
                    let now = world.now + wish.ahead;
                    if may(May::HoldRecent)
                        && !known.queued
                        && self.rules.choose(known, wish.leg, wish.party, wish.first, now).is_some()
                    {
                        actions.push(Action::HoldRecent(client));
                    }
                    if may(May::HoldCertain) {
                        actions.push(Action::HoldCertain(client));
                    }
                }
                Step::Sent(_) if world.faults > 0 => actions.extend([Action::Resend(client), Action::GiveUp(client)]),
                Step::Unsure(_) => actions.push(Action::Repeat(client)),
                Step::Reading(..) => actions.push(Action::Read(client)),
                Step::Held(part) => {
                    if may(May::Release) {
                        actions.push(Action::Release(client));
                    }
                    // Whether the time is over is asked before money is taken, by the process's own clock.
                    if may(May::Confirm) && world.now + wish.ahead < part.until {
                        actions.push(Action::Confirm(client));
                    }
                }
                Step::NoRoom if may(May::Join) => actions.push(Action::Join(client)),
                Step::Booked => {
                    let asked = world.clients[client].asked;
                    for (what, how) in [(May::CancelFirst, CANCELLED_FIRST), (May::CancelAll, CANCELLED_ALL)] {
                        if may(what) && asked & (how | CANCELLED_ALL) == 0 {
                            actions.push(Action::Cancel(client, how));
                        }
                    }
                    if may(May::Promote) && world.items.head.waiting + world.items.head.rac > 0 {
                        actions.push(Action::Promote(client));
                    }
                }
                Step::Sent(_) | Step::NoRoom | Step::Over(_) => {}
            }
        }
    }

    fn next_state(&self, old: &World, action: Action) -> Option<World> {
        let mut world = old.clone();
        match action {
            Action::Tick => world.now += 1,
            Action::FreezeQueue => world.items.head.frozen = true,
            Action::HoldRecent(client) => {
                world.begin(client);
                let coach = self.start.coach;
                self.choose(&mut world, client, &coach, Fence::Absent);
            }
            Action::HoldCertain(client) => {
                world.begin(client);
                self.hold(&mut world, client);
            }
            Action::Release(client) => self.release(&mut world, client),
            Action::Confirm(client) => {
                let Step::Held(part) = world.clients[client].step else { return None };
                self.confirm(&mut world, client, part);
            }
            Action::Join(client) => self.join(&mut world, client, None),
            Action::Cancel(client, what) => {
                world.clients[client].asked |= what;
                self.cancel(&mut world, client, what);
            }
            Action::Promote(client) => world.clients[client].step = Step::Reading(After::Rest, Seen::Nothing),
            Action::Read(client) => {
                let Step::Reading(after, seen) = world.clients[client].step else { return None };
                self.read(&mut world, client, after, seen);
            }
            Action::Deliver(index) => self.deliver(&mut world, index),
            Action::Resend(client) => {
                world.faults -= 1;
                let message = world.stop_waiting(client);
                world.send(Message { awaited: true, ..message });
            }
            Action::GiveUp(client) => {
                world.faults -= 1;
                let message = world.stop_waiting(client);
                world.clients[client].step = Step::Unsure(message.call);
            }
            Action::Repeat(client) => {
                let Step::Unsure(call) = world.clients[client].step else { return None };
                self.repeat(&mut world, client, call);
            }
        }
        (world != *old).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        (self.laws)()
    }
}

impl World {
    /// Remembers whom a newcomer must not pass.
    fn begin(&mut self, client: Client) {
        let joined = (0..CLIENTS).filter(|other| self.clients[*other].joined);
        self.clients[client].before = joined.fold(0, |all, other| all | 1 << other);
    }

    pub(crate) fn send(&mut self, message: Message) {
        self.clients[message.from].step = Step::Sent(message.call);
        let at = self.net.partition_point(|other| *other < message);
        self.net.insert(at, message);
    }

    /// Leaves a client's request on its way with nobody waiting for the reply.
    fn stop_waiting(&mut self, client: Client) -> Message {
        let waits = |message: &Message| message.from == client && message.awaited;
        let at = self.net.iter().position(waits).expect("a client that waits has a request on its way");
        let message = Message { awaited: false, ..self.net.remove(at) };
        let at = self.net.partition_point(|other| *other < message);
        self.net.insert(at, message);
        message
    }
}
