//! `kiosk replay`: plays a session that was recorded, without a store, a network or settings.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::SecondsFormat;
use clap::Args as ClapArgs;

use super::{CliError, Kind, open, output};
use crate::service::rules_file;
use crate::terminal::player;
use crate::ui::app::App;
use crate::ui::recording::{BadRecording, End, Ending, Recording};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The recording, as it is in the folder of the setting recording.folder
    file: PathBuf,
    /// Prints the messages, one a line with its number and moment, instead of playing
    #[arg(long, group = "what")]
    list: bool,
    /// Prints the screen after message N, counted from 1; 0 is the screen before the first
    #[arg(long, group = "what", value_name = "N")]
    at: Option<usize>,
    /// Prints the last screen
    #[arg(long, group = "what")]
    last: bool,
    /// Plays so many times as fast as it was; no pause is longer than two seconds
    #[arg(long, value_name = "TIMES", default_value_t = 1.0, value_parser = speed, conflicts_with = "what")]
    speed: f64,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed| (0.1..=1000.0).contains(speed));
    speed.ok_or_else(|| "write a number from 0.1 to 1000".to_owned())
}

pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let bytes = std::fs::read(&args.file).map_err(|error| CliError::file(&args.file, &error))?;
    let recording = Recording::read(&bytes, &Arc::new(rules_file::bundled())).map_err(|bad| refused(args, &bad))?;
    let messages = recording.entries.len();
    match (args.at, args.list) {
        _ if args.last => output::line(player::screen(&after(&recording, messages)))?,
        (Some(at), _) if at > messages => {
            return Err(CliError::new(
                Kind::NotFound,
                format!("There is no message {at}: the recording has {messages}."),
            )
            .hint("--list prints them with their numbers"));
        }
        (Some(at), _) => output::line(player::screen(&after(&recording, at)))?,
        (None, true) => list(&recording)?,
        (None, false) => play(&recording, args.speed)?,
    }
    match recording.ending {
        Ending::Told(End::Over) => {}
        Ending::Told(End::Full) => output::notice("The session went on: the recording was as long as it may be."),
        Ending::CutOff => output::notice(format_args!(
            "The recording was cut off, or is still being written: its {messages} whole messages were taken."
        )),
    }
    Ok(())
}

fn refused(args: &Args, bad: &BadRecording) -> CliError {
    CliError::new(Kind::BadData, format!("{}: {bad}", args.file.display()))
}

/// The program after so many messages.
fn after(recording: &Recording, messages: usize) -> App {
    let mut app = recording.app();
    for entry in &recording.entries[..messages] {
        let _ = app.update(entry.at, entry.msg.clone());
    }
    app
}

fn list(recording: &Recording) -> Result<(), CliError> {
    for (number, entry) in (1..).zip(&recording.entries) {
        let at = entry.at.to_rfc3339_opts(SecondsFormat::Millis, true);
        output::line(format_args!("{number:>5}  {at}  {:?}", entry.msg))?;
    }
    Ok(())
}

fn play(recording: &Recording, speed: f64) -> Result<(), CliError> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Err(CliError::new(Kind::NoTerminal, "A recording plays on a whole terminal, and there is none here.")
            .hint("--list, --at and --last print instead"));
    }
    let played = async { player::play(recording, speed).await.map_err(terminal_lost) };
    open::block_on(played)
}

#[allow(clippy::needless_pass_by_value, reason = "it is what becomes of an error")]
fn terminal_lost(error: io::Error) -> CliError {
    CliError::new(Kind::Files, format!("The terminal cannot be used: {error}"))
}
