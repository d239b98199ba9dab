//! Counts what is read of an import's files, tells it, and ends the reading when nobody waits for it any more.

use std::cell::Cell;
use std::ops::ControlFlow;

use crate::service::progress::{Progress, Stage};

/// Whom it tells.
type Told<'a> = dyn Fn(Progress) -> ControlFlow<()> + 'a;

/// Counts bytes of files, and then trains.
pub struct Meter<'a> {
    told: &'a Told<'a>,
    /// The bytes of all files, and those that were read.
    of: Cell<u64>,
    done: Cell<u64>,
    is_stopped: Cell<bool>,
}

/// Nobody waits any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stopped;

impl<'a> Meter<'a> {
    /// One that tells by a function, which says whether to go on.
    pub fn new(told: &'a Told<'a>) -> Self {
        Self { told, of: Cell::new(0), done: Cell::new(0), is_stopped: Cell::new(false) }
    }

    /// So many bytes more are to be read.
    pub fn expect(&self, bytes: u64) {
        self.of.set(self.of.get() + bytes);
    }

    /// So many bytes more were read.
    pub(super) fn passed(&self, bytes: u64) -> Result<(), Stopped> {
        // A file may grow while it is read.
        self.done.set((self.done.get() + bytes).min(self.of.get()));
        self.tell(Stage::Reading, self.done.get(), self.of.get())
    }

    /// All that is wanted of the files was read.
    pub(super) fn ends(&self) -> Result<(), Stopped> {
        self.done.set(self.of.get());
        self.tell(Stage::Reading, self.of.get(), self.of.get())
    }

    /// So many trains have come through a stage.
    pub(super) fn trains(&self, stage: Stage, done: usize, of: usize) -> Result<(), Stopped> {
        self.tell(stage, done as u64, of as u64)
    }

    fn tell(&self, stage: Stage, done: u64, of: u64) -> Result<(), Stopped> {
        if (self.told)(Progress { stage, done, of }).is_break() {
            self.is_stopped.set(true);
        }
        if self.is_stopped.get() { Err(Stopped) } else { Ok(()) }
    }
}
