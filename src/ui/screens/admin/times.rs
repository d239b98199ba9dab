//! Other times for a run: from which halt on it goes by how many minutes later.

use chrono::{DateTime, Utc};
use ratatui::style::Style;

use crate::domain::booking::OpId;
use crate::domain::delay::{self, LONGEST_REASON, NewTimes, NotDelayed};
use crate::domain::inventory::RunState;
use crate::domain::train::{RunId, Train};
use crate::service::request::{DelayTrial, Reply, Request, RunDelay};
use crate::ui::context::World;
use crate::ui::form::{Field, Form};
use crate::ui::overlay::{Confirm, Question};
use crate::ui::screen::long_date;
use crate::ui::screens::admin::changing::{Changing, FROM, HOW, RunChange, passed_over, time_at};
use crate::ui::screens::admin::run::late;
use crate::ui::theme::Theme;
use crate::ui::widgets::sheet::moment;

/// The times of a run.
pub type Times = Changing<Later>;

/// It goes later.
#[derive(Clone, Copy, Debug)]
pub struct Later;

/// Other times, and the train as it would go by them.
#[derive(Clone, Debug)]
pub struct Planned {
    new: NewTimes,
    train: Train,
}

impl RunChange for Later {
    type New = Planned;
    type Trial = DelayTrial;
    type Wrong = NotDelayed;

    const FORWARD: &'static str = "Goes on, and says after the last field who is told.";
    const COLUMNS: &'static [&'static str] = &["timetable", "now", "then"];
    const QUESTION: Question = Question::DelayRun;
    const IN_DOUBT: &'static str = "The times may have been changed. Open the run again and look at them, or stay and press Enter to \
                                    ask once more.";

    fn place(run: RunId) -> String {
        format!("Times of {} on {}", run.train, long_date(run.date))
    }

    fn fields() -> [Field; 3] {
        [
            Field::text("From", 8).note("The code of its first halt that moves, such as KOTA."),
            Field::text("Time there", 8).note("Minutes late, such as 90, or a time, such as 23:45."),
            Field::text("Why", LONGEST_REASON).note("Everybody is told it. Enter says first who is told."),
        ]
    }

    fn typed(form: &Form, state: &RunState, now: DateTime<Utc>) -> Result<Planned, (usize, NotDelayed)> {
        let timetabled = state.delays.off(&state.train).map_err(|error| (FROM, error))?;
        let from = timetabled.call_at(form.field(FROM).value(), 0).ok_or((FROM, NotDelayed::NoSuchHalt))?;
        let halt = &timetabled.halts()[usize::from(from)];
        let minutes = NewTimes::minutes(halt, form.field(HOW).value()).map_err(|error| (HOW, error))?;
        let new = NewTimes { from, minutes };
        let train = delay::plan(state, new, now).map_err(|error| (HOW, error))?;
        Ok(Planned { new, train })
    }

    fn columns(state: &RunState, typed: Option<&Planned>, at: usize, theme: &Theme) -> Vec<(String, Style)> {
        let timetabled = state.delays.off(&state.train).map(|train| time_at(train.halts(), at)).unwrap_or_default();
        let now = time_at(state.train.halts(), at);
        let then = typed.map(|planned| time_at(planned.train.halts(), at)).filter(|then| *then != now);
        let late = if now == timetabled { theme.text } else { theme.warning };
        vec![(timetabled, theme.dim), (now, late), (then.unwrap_or_default(), theme.accent)]
    }

    fn as_it_is(state: &RunState) -> String {
        let late = late(state).map(|late| format!("{late} 0 minutes take it back."));
        late.unwrap_or_else(|| "The run goes by its timetable.".to_owned())
    }

    fn as_typed(state: &RunState, Planned { new, train }: &Planned) -> String {
        let halt = &train.halts()[usize::from(new.from)];
        let leaves = moment(halt.depart.on(state.run.date));
        let after = match new.minutes {
            0 => "as in the timetable".to_owned(),
            minutes => format!("{minutes} minutes after the timetable"),
        };
        format!("Leaves {} on {leaves}, {after}.", halt.station)
    }

    fn attempt(run: RunId, planned: &Planned) -> Request {
        Request::TryDelay { run, new: planned.new }
    }

    fn tried(reply: &Reply) -> Option<DelayTrial> {
        if let Reply::DelayTried(trial) = reply { Some(*trial) } else { None }
    }

    fn question(state: &RunState, planned: &Planned, trial: DelayTrial, world: &World) -> Confirm {
        let station = state.train.halts()[usize::from(planned.new.from)].station;
        Confirm {
            question: Question::DelayRun,
            title: format!("{} leaves {station} at {}?", state.run.train, trial.leaves.format("%H:%M")),
            text: format!(
                "It leaves {} on {}, and not on {}. {}",
                world.station_name(station),
                moment(trial.leaves),
                moment(trial.was),
                told(trial),
            ),
            yes: "Change the times",
            no: "Leave them",
        }
    }

    fn request(op: OpId, run: RunId, planned: Planned, reason: String, trial: DelayTrial) -> Request {
        Request::DelayRun(RunDelay { op, run, new: planned.new, reason, based_on: trial.based_on })
    }

    fn done(trial: DelayTrial) -> String {
        let whom = match trial.told {
            0 => "nobody's boarding has changed".to_owned(),
            1 => "1 booking is told".to_owned(),
            more => format!("{more} bookings are told"),
        };
        format!("The times are changed, and {whom}.")
    }
}

/// Who is told, and who may give up for nothing: `38 bookings are told, and 12 of them get everything back …`.
fn told(trial: DelayTrial) -> String {
    let told = match trial.told {
        0 => "Nobody's boarding changes by it".to_owned(),
        1 => "1 booking is told".to_owned(),
        more => format!("{more} bookings are told"),
    };
    let free = match (trial.told, trial.free) {
        (0, _) => ", so that nobody is told.".to_owned(),
        (_, 0) => "; none of them may be given up for nothing.".to_owned(),
        (_, free) => format!("; {free} of them may be given up for nothing until it leaves."),
    };
    format!("{told}{free}{}", passed_over(trial.unreadable))
}
