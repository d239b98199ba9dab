//! Leaving: signing out, locking, being away, hanging up. Whoever leaves gives held berths back first.

use chrono::{DateTime, Utc};

use crate::service::request::{Failure, Reply, Request};
use crate::ui::app::{App, Kind, Owner};
use crate::ui::command::CommandLine;
use crate::ui::context::World;
use crate::ui::draft::Draft;
use crate::ui::frame;
use crate::ui::msg::Effect;
use crate::ui::overlay::{Confirm, Locked, Overlay, Question};
use crate::ui::screen::Screen;

impl App {
    /// Something a person did: it counts against idle time, and calls a countdown off.
    pub(super) fn input(&mut self, act: impl FnOnce(&mut Self)) {
        self.last_input = self.world.now;
        if matches!(self.overlay, Some(Overlay::Idle(_))) {
            self.overlay = self.veiled.take();
            return;
        }
        if self.world.size.width < frame::MIN.0 || self.world.size.height < frame::MIN.1 {
            return;
        }
        act(self);
    }

    /// The first screen, with no journey in work; its berths are given back. A guest who goes there at a public console
    /// has finished: the next one finds nothing of what was searched and booked.
    pub(super) fn go_home(&mut self) {
        if self.world.is_public() && self.world.identity.is_none() {
            return self.sign_out();
        }
        if let Some(hold) = std::mem::take(&mut self.world.draft).hold {
            self.send(Owner::Nobody, Request::Release { hold: hold.id, run: hold.run });
        }
        self.stack.clear();
        self.push(Screen::home(&self.world));
        self.enter();
    }

    /// Everything is forgotten: who it was, what they typed, where they were. Signing out gives held berths back.
    pub(super) fn sign_out(&mut self) {
        self.send(Owner::Nobody, Request::SignOut);
        self.world.draft = Draft::default();
        self.world.identity = None;
        self.world.recent.clear();
        self.world.live.clear();
        self.overlay = None;
        self.veiled = None;
        self.toast = None;
        self.aside.clear();
        self.line = CommandLine::default();
        self.run = None;
        for (id, call) in &mut self.calls {
            call.owner = Owner::Gone;
            call.pending = None;
            if call.request == Kind::Reading {
                self.out.push(Effect::Stop(*id));
            }
        }
        self.stack.clear();
        self.push(Screen::home(&self.world));
        self.enter();
        if self.world.is_let_in {
            // Whom the door let in leaves by it.
            self.out.push(Effect::Quit);
        }
    }

    pub(super) fn lock(&mut self) {
        self.veil(Overlay::Locked(Locked::default()));
        self.send(Owner::Nobody, Request::Lock);
    }

    pub(super) fn is_locked(&self) -> bool {
        matches!(self.overlay, Some(Overlay::Locked(_)))
    }

    /// Shows an overlay; under a lock or a countdown it waits until that is over.
    pub(super) fn show_overlay(&mut self, overlay: Overlay) {
        let veil = matches!(self.overlay, Some(Overlay::Locked(_) | Overlay::Idle(_)));
        *(if veil { &mut self.veiled } else { &mut self.overlay }) = Some(overlay);
    }

    /// Shows a lock or a countdown above everything, and keeps what stood there.
    pub(super) fn veil(&mut self, veil: Overlay) {
        match self.overlay.replace(veil) {
            Some(Overlay::Locked(_) | Overlay::Idle(_)) | None => {}
            under => self.veiled = under,
        }
    }

    pub(super) fn unlocked(&mut self, answer: Result<Reply, Failure>) {
        match (answer, &mut self.overlay) {
            (Ok(_), Some(Overlay::Locked(_))) => self.overlay = self.veiled.take(),
            (Err(Failure::SignedOut), _) => self.sign_out(),
            (Err(Failure::WrongPassword), Some(Overlay::Locked(locked))) => {
                locked.refuse("The password is wrong: type it again, or press F8 to sign out.");
            }
            (Err(failure), Some(Overlay::Locked(locked))) => locked.refuse(failure.to_string()),
            _ => {}
        }
    }

    /// The terminal goes away soon: whoever is there is told, and sees how long they have.
    pub(super) fn close_at(&mut self, at: DateTime<Utc>) {
        self.closes = Some(at);
        self.toast = None;
        self.out.push(Effect::Bell);
    }

    pub(super) fn hang_up(&mut self) {
        self.sign_out();
        if !self.world.is_let_in {
            self.out.push(Effect::Quit);
        }
    }

    /// Whether there is nothing to forget: nobody is signed in, and the first screen stands. A guest comes back to it
    /// only by being forgotten.
    pub(super) fn is_pristine(&self) -> bool {
        self.world.identity.is_none() && matches!(self.top(), Screen::Welcome(_)) && self.overlay.is_none()
    }

    fn idle_until(&self) -> Option<DateTime<Utc>> {
        let idle = self.world.idle;
        match &self.overlay {
            Some(Overlay::Locked(_)) => None,
            _ if self.world.is_public() && !self.is_pristine() => Some(self.last_input + idle.public),
            _ if !self.world.is_public() && self.world.identity.is_some() => Some(self.last_input + idle.staff),
            _ => None,
        }
    }

    pub(super) fn idle_wake(&self) -> Option<DateTime<Utc>> {
        let until = self.idle_until()?;
        if !self.world.is_public() {
            return Some(until);
        }
        let warning = until - self.world.idle.warning();
        if self.world.now < warning { Some(warning) } else { Some(frame::next_second(until, self.world.now)) }
    }

    pub(super) fn idle(&mut self) {
        let Some(until) = self.idle_until() else { return };
        let now = self.world.now;
        if now >= until {
            if self.world.is_public() { self.sign_out() } else { self.lock() }
        } else if self.world.is_public() && now >= until - self.world.idle.warning() {
            self.veil(Overlay::Idle(until));
        }
    }
}

pub(super) fn sign_out_question() -> Confirm {
    Confirm {
        question: Question::SignOut,
        title: "Sign out?".to_owned(),
        text: "The journey in work is forgotten and its berths are given back.".to_owned(),
        yes: "Sign out",
        no: "Stay",
    }
}

pub(super) fn quit_question(world: &World, until: Option<DateTime<Utc>>) -> Confirm {
    let text = match world.draft.held_until().or(until) {
        Some(_) => "You are signed out, and the berths that you hold are given back.",
        None => "You are signed out. Bookings and slips stay as they are.",
    };
    Confirm {
        question: Question::Quit,
        title: "Leave Kiosk?".to_owned(),
        text: text.to_owned(),
        yes: "Leave",
        no: "Stay",
    }
}
