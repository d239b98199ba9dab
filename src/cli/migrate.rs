//! `kiosk migrate`: takes over what the application that Kiosk replaces left in the tables.

use std::fmt::Write as _;

use clap::Args as ClapArgs;

use super::progress::Progress;
use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::service::takeover::{Count, Mode, Takeover, Verdict, take_over};
use crate::service::{Clock, SystemClock};
use crate::ui::text::clean;

#[derive(Debug, ClapArgs)]
#[allow(clippy::doc_markdown, reason = "these comments are the help that a person reads")]
pub(super) struct Args {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print what was done as JSON on one line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: &Config) -> Result<(), CliError> {
    let progress = Progress::new("Taking over");
    let store = open::store(config).await?;
    let mode = if args.dry_run { Mode::Rehearsal } else { Mode::Real };
    if mode == Mode::Real {
        store.provision(|step| progress.set(step.done, step.of, &step.what)).await?;
    }
    let seen = |table: crate::store::former::FormerTable, seen| progress.at(&format!("{} {seen}", table.word()));
    let takeover = take_over(&store, SystemClock.now(), mode, seen).await?;
    drop(progress);
    if args.json {
        output::json(&takeover)?;
    } else {
        output::line(words(&takeover, mode).trim_end())?;
    }
    match takeover.left() {
        0 => Ok(()),
        left => Err(CliError::new(Kind::BadData, format!("{left} of the items stay as they were."))
            .hint("each says above what to do about it; then run kiosk migrate again")),
    }
}

fn words(takeover: &Takeover, mode: Mode) -> String {
    let mut text = String::new();
    for remark in &takeover.remarks {
        let mark = if remark.verdict == Verdict::Left { "left" } else { "note" };
        let _ = writeln!(text, "{mark}  {} {}  {}", remark.what, clean(&remark.key), clean(&remark.words));
    }
    let done = if mode == Mode::Real { "Taken over" } else { "To be taken over" };
    let count = |what: &str, Count { taken, .. }: Count| format!("{taken} {what}{}", if taken == 1 { "" } else { "s" });
    let _ = writeln!(
        text,
        "{done}: {}, {} and {}.",
        count("user", takeover.users),
        count("train", takeover.trains),
        count("booking", takeover.bookings),
    );
    if mode == Mode::Real && takeover.trains.taken > 0 {
        text.push_str("Run kiosk seed to put the timetable on sale.");
    }
    text
}
