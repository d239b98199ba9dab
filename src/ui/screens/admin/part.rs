//! A part of a run's way that is cancelled: from which halt to which.

use chrono::{DateTime, Utc};
use ratatui::style::Style;

use crate::domain::booking::OpId;
use crate::domain::delay::LONGEST_REASON;
use crate::domain::gap::{self, Gaps, NoGap, Stretch};
use crate::domain::inventory::RunState;
use crate::domain::train::RunId;
use crate::service::request::{PartCancellation, PartTrial, Reply, Request};
use crate::ui::context::World;
use crate::ui::form::{Field, Form};
use crate::ui::overlay::{Confirm, Question};
use crate::ui::screen::long_date;
use crate::ui::screens::admin::changing::{Changing, FROM, HOW, RunChange, passed_over, time_at};
use crate::ui::screens::admin::run::shortened;
use crate::ui::theme::Theme;

/// The part of a run that is cancelled.
pub type Part = Changing<NotRun>;

/// Nothing goes there.
#[derive(Clone, Copy, Debug)]
pub struct NotRun;

impl RunChange for NotRun {
    type New = Stretch;
    type Trial = PartTrial;
    type Wrong = NoGap;

    const FORWARD: &'static str = "Goes on, and says after the last field who is refunded.";
    const COLUMNS: &'static [&'static str] = &["now", "then"];
    const QUESTION: Question = Question::CancelPart;
    const IN_DOUBT: &'static str = "The part may have been cancelled. Open the run again and look at it, or stay and press Enter to \
                                    ask once more.";

    fn place(run: RunId) -> String {
        format!("Part of {} on {}", run.train, long_date(run.date))
    }

    fn fields() -> [Field; 3] {
        [
            Field::text("From", 8).note("The halt where the part begins, such as KOTA."),
            Field::text("To", 8).note("Where it ends. The run begins or ends with the part."),
            Field::text("Why", LONGEST_REASON).note("Everybody is told it. Enter says first who is refunded."),
        ]
    }

    fn typed(form: &Form, state: &RunState, now: DateTime<Utc>) -> Result<Stretch, (usize, NoGap)> {
        let (from, to) = (form.field(FROM).value(), form.field(HOW).value());
        if state.train.call_at(from, 0).is_none() {
            return Err((FROM, NoGap::NoSuchHalt));
        }
        let part = Stretch::read(&state.train, from, to).map_err(|error| (HOW, error))?;
        gap::check(state, part, now).map_err(|error| (HOW, error))?;
        Ok(part)
    }

    fn columns(state: &RunState, typed: Option<&Stretch>, at: usize, theme: &Theme) -> Vec<(String, Style)> {
        let halts = state.train.halts();
        let calls = |more: Option<&Stretch>| calls_at(&state.gaps, more, at, halts.len());
        let now = if calls(None) { (time_at(halts, at), theme.text) } else { ("not run".to_owned(), theme.warning) };
        let is_lost = calls(None) && !calls(typed);
        vec![now, (if is_lost { "not run" } else { "" }.to_owned(), theme.accent)]
    }

    fn as_it_is(state: &RunState) -> String {
        shortened(state).unwrap_or_else(|| "The run goes all of its way.".to_owned())
    }

    fn as_typed(state: &RunState, part: &Stretch) -> String {
        part.ends(&state.train).map(|(from, to)| format!("Not run from {from} to {to}.")).unwrap_or_default()
    }

    fn attempt(run: RunId, part: &Stretch) -> Request {
        Request::TryCancelPart { run, part: *part }
    }

    fn tried(reply: &Reply) -> Option<PartTrial> {
        if let Reply::PartTried(trial) = reply { Some(*trial) } else { None }
    }

    fn question(state: &RunState, _part: &Stretch, trial: PartTrial, world: &World) -> Confirm {
        Confirm {
            question: Question::CancelPart,
            title: format!("Cancel {} to {} of {}?", trial.from, trial.to, state.run.train),
            text: format!(
                "Nothing that needs this part is sold any more. {} This cannot be taken back.",
                refunded(trial, world.glyphs.rupee),
            ),
            yes: "Cancel the part",
            no: "Keep it",
        }
    }

    fn request(op: OpId, run: RunId, part: Stretch, reason: String, trial: PartTrial) -> Request {
        Request::CancelPart(PartCancellation { op, run, part, reason, based_on: trial.based_on })
    }

    fn done(trial: PartTrial) -> String {
        let whom = match trial.bookings {
            0 => "no booking needed it".to_owned(),
            1 => "1 booking is refunded".to_owned(),
            more => format!("{more} bookings are refunded"),
        };
        format!("The part is cancelled, and {whom}.")
    }
}

/// Whether a run with gaps, and one more, calls at a halt: it comes from the one before, or goes to the next.
fn calls_at(gaps: &Gaps, more: Option<&Stretch>, halt: usize, halts: usize) -> bool {
    let gone = more.into_iter().fold(gaps.mask(), |mask, part| mask.with(part.mask()));
    let is_run = |segment: usize| segment + 1 < halts && u8::try_from(segment).is_ok_and(|segment| !gone.has(segment));
    is_run(halt) || halt.checked_sub(1).is_some_and(is_run)
}

/// Who is given up, and what they get back: `38 bookings of 61 passengers are given up, and ₹45,120.00 given back.`
fn refunded(trial: PartTrial, rupee: &str) -> String {
    let passengers = match trial.passengers {
        1 => "1 passenger".to_owned(),
        more => format!("{more} passengers"),
    };
    let given_up = match trial.bookings {
        0 => "No booking needs it.".to_owned(),
        1 => format!("1 booking of {passengers} is given up, and {rupee}{} given back.", trial.refunded),
        more => format!("{more} bookings of {passengers} are given up, and {rupee}{} given back.", trial.refunded),
    };
    format!("{given_up}{}", passed_over(trial.unreadable))
}
