//! A journey in work outlives a line that breaks: what is left behind, and how whoever comes back goes on with it.

use chrono::TimeDelta;

use crate::domain::time::railway_time;
use crate::ui::app::{App, Call, Owner};
use crate::ui::context::Look;
use crate::ui::msg::{Effect, LeftBehind};
use crate::ui::overlay::{Confirm, Overlay, Question};
use crate::ui::theme::Tone;
use crate::ui::toast::Toast;

/// How long what came of a payment is kept for whoever paid and did not see it.
const OUTCOME: TimeDelta = TimeDelta::minutes(10);

impl App {
    /// What is left behind when the line breaks now: places that are held for somebody who signed in, or an action with
    /// money of which they have not seen what came. A guest leaves nothing: nobody could tell who comes back.
    pub fn left_behind(&self) -> Option<LeftBehind> {
        let now = self.world.now;
        self.world.identity.as_ref()?;
        let acts = |call: &Call| call.request.acts() && call.owner != Owner::Gone;
        let in_work = self.world.draft.hold.as_ref().filter(|hold| now < hold.until);
        let outcome = self.calls.values().any(acts).then_some(now + OUTCOME);
        let aside = self.aside_until().filter(|until| now < *until);
        let until = in_work.map(|hold| hold.until).max(outcome).max(aside)?;
        let what = self.world.draft.journey.as_ref().map(|journey| {
            let (train, date) = (&journey.train, journey.from.at.date().format("%a %-d %b"));
            format!("{} {} on {date}", train.number(), train.name())
        });
        let what = what.unwrap_or_else(|| self.top().place(&self.world));
        Some(LeftBehind { what, terminal: self.world.terminal.id.clone(), until })
    }

    /// Somebody has come back: they choose whether they go on.
    pub(super) fn offer(&mut self, left: &LeftBehind) {
        let until = railway_time(left.until).format("%H:%M");
        self.out.push(Effect::Bell);
        self.show_overlay(Overlay::Confirm(Confirm {
            question: Question::Resume,
            title: "Go on where you were?".to_owned(),
            text: format!(
                "The line of {} broke while you were at {}. It is kept for you until {until}, as you left it.",
                left.terminal, left.what
            ),
            yes: "Go on",
            no: "Not now",
        }));
    }

    /// Somebody goes on with it, at a terminal with this look.
    pub(super) fn go_on(&mut self, look: Look) {
        self.set_look(look);
        self.last_input = self.world.now;
        self.closes = None;
        // Whoever came back has just proved who they are.
        if matches!(self.overlay, Some(Overlay::Locked(_) | Overlay::Idle(_))) {
            self.overlay = self.veiled.take();
        }
    }

    /// What was left behind is not there any more.
    pub(super) fn nothing_left(&mut self) {
        let text = "What you left was kept as long as it could be, and is given back.".to_owned();
        self.toast = Some(Toast::new(Tone::Warning, text, self.world.now));
    }

    /// Others ended the visit: the account was closed, or is not what it was. Whom the door let in leaves by it.
    pub(super) fn expelled(&mut self) {
        if self.world.identity.is_none() {
            return;
        }
        self.sign_out();
        let text = "Your account was closed or changed: sign in again, or ask an administrator.".to_owned();
        self.toast = Some(Toast::new(Tone::Warning, text, self.world.now));
    }
}
