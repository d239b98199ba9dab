//! The log: where it goes and in which form. Nothing is ever written over a drawn screen.
//!
//! What is logged is decided where it happens; secrets redact themselves there. What monitors ask is answered by
//! [`endpoint`].

pub mod endpoint;

use std::io;
use std::panic;

use thiserror::Error;
use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::aws::embedded::{self, EmbeddedError};
use crate::config::{Config, LogFormat};

/// Through which door somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The full-screen program: the log goes to a file a day in the data folder's `logs`.
    Screen,
    /// Whoever comes over a network: the log goes to standard error, where the system's journal takes it.
    Server,
    /// A subcommand: the log goes to standard error, warnings and worse unless debugging was asked for.
    Subcommand,
}

/// The log cannot be written.
#[derive(Debug, Error)]
pub enum LogError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] EmbeddedError),
    /// The file in it cannot be opened.
    #[error(transparent)]
    File(#[from] InitError),
}

/// Keeps the log going; what is still in memory is written when it is dropped.
#[derive(Debug)]
pub struct Log(#[expect(dead_code, reason = "it works by being dropped")] Option<WorkerGuard>);

/// Starts the log of this process. A second start leaves the first as it is.
pub fn start(config: &Config, door: Door) -> Result<Log, LogError> {
    let (log, layer) = match door {
        Door::Screen => {
            let (writer, guard) = file_writer(config)?;
            (Log(Some(guard)), layer(config.log().format(), writer, Stamp::Time))
        }
        Door::Server => (Log(None), layer(config.log().format(), io::stderr, Stamp::Time)),
        Door::Subcommand => (Log(None), layer(config.log().format(), io::stderr, Stamp::None)),
    };
    let started = tracing_subscriber::registry().with(layer.with_filter(filter(config.log().level(), door))).try_init();
    if started.is_ok() && door != Door::Subcommand {
        log_panics();
    }
    Ok(log)
}

/// Kiosk's own lines from the chosen level on, those of its libraries from a warning on.
fn filter(level: Level, door: Door) -> Targets {
    let chosen = LevelFilter::from_level(level);
    let own = if door == Door::Subcommand && level <= Level::INFO { chosen.min(LevelFilter::WARN) } else { chosen };
    Targets::new().with_default(chosen.min(LevelFilter::WARN)).with_target("kiosk", own)
}

fn file_writer(config: &Config) -> Result<(NonBlocking, WorkerGuard), LogError> {
    let folder = config.data_dir().join("logs");
    embedded::take_data_folder(config.data_dir())?;
    embedded::take_own_folder(&folder)?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("kiosk")
        .filename_suffix("log")
        .max_log_files(usize::from(config.log().keep_days()))
        .build(folder)?;
    Ok(tracing_appender::non_blocking(file))
}

/// Whether a line begins with the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamp {
    Time,
    None,
}

fn layer<W>(format: LogFormat, writer: W, stamp: Stamp) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = fmt::layer().with_ansi(false).with_writer(writer);
    match (format, stamp) {
        (LogFormat::Json, _) => layer.json().flatten_event(true).with_span_list(false).boxed(),
        (LogFormat::Text, Stamp::Time) => layer.boxed(),
        (LogFormat::Text, Stamp::None) => layer.without_time().with_target(false).boxed(),
    }
}

/// The log of a server in a form, from a level on, to a writer: for whoever wants to see what would be written.
pub fn subscriber<W>(format: LogFormat, level: Level, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    Registry::default().with(layer(format, writer, Stamp::Time).with_filter(filter(level, Door::Server)))
}

/// A panic's own message goes to standard error, where a drawn screen hides it or scrolls it away.
fn log_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        tracing::error!(place = panic.location().map(ToString::to_string), "panic: {panic}");
        before(panic);
    }));
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::{Door, filter};

    #[test]
    fn a_subcommand_is_quiet_unless_debugging_was_asked_for() {
        let says = |chosen, door, level| filter(chosen, door).would_enable("kiosk::cli", &level);
        assert!(says(Level::INFO, Door::Screen, Level::INFO));
        assert!(!says(Level::INFO, Door::Subcommand, Level::INFO));
        assert!(says(Level::INFO, Door::Subcommand, Level::WARN));
        assert!(!says(Level::ERROR, Door::Subcommand, Level::WARN));
        assert!(says(Level::DEBUG, Door::Subcommand, Level::DEBUG));
    }

    #[test]
    fn libraries_are_heard_from_a_warning_on() {
        let says = |chosen, level| filter(chosen, Door::Screen).would_enable("aws_smithy_runtime", &level);
        assert!(says(Level::TRACE, Level::WARN));
        assert!(!says(Level::TRACE, Level::INFO));
        assert!(!says(Level::ERROR, Level::WARN));
    }
}
