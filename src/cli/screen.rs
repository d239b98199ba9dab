//! `kiosk` without a command: the full-screen program on this terminal.

use std::io::{self, IsTerminal};

use super::{CliError, Kind, open};
use crate::aws::embedded;
use crate::config::{Config, StoreChoice, ThemeChoice};
use crate::domain::terminal::{Terminal, TerminalKind};
use crate::service::Kiosk;
use crate::service::account::DEVELOPMENT_ACCOUNTS;
use crate::terminal::abilities::Abilities;
use crate::terminal::console::{self, Console};
use crate::terminal::papers::Papers;
use crate::terminal::recorder::Recordings;
use crate::ui::context::{AccountHint, Idle, Look, Setup};
use crate::ui::glyphs::Charset;
use crate::ui::msg::How;
use crate::ui::theme::{Depth, Scheme};

/// Refuses to start where nobody could see or type.
pub(super) fn demand_terminal() -> Result<(), CliError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(CliError::new(Kind::NoTerminal, "Kiosk draws on a whole terminal, and there is none on its input and output.")
        .hint("run it in a terminal without pipes, or use a command: kiosk --help lists them"))
}

pub(super) fn run(config: &Config) -> Result<(), CliError> {
    for notice in config.notices() {
        tracing::warn!("{notice}");
    }
    open::block_on(async {
        let kiosk = open::live_kiosk(config).await?;
        let console = Console {
            setup: setup(config, &kiosk),
            papers: papers(config)?,
            clock: kiosk.clock(),
            recordings: recordings(config)?,
        };
        let session = kiosk.open_session(config.terminal().clone());
        let ended = console::run(session, console).await;
        kiosk.settle().await;
        ended.map_err(|error| CliError::new(Kind::Files, format!("The terminal cannot be used: {error}")))
    })
}

/// What a session begins with at this terminal.
pub(super) fn setup(config: &Config, kiosk: &Kiosk) -> Setup {
    let hints = DEVELOPMENT_ACCOUNTS.iter().filter(|_| config.is_development()).map(AccountHint::from);
    let times = config.session();
    Setup {
        terminal: config.terminal().clone(),
        identity: None,
        stations: kiosk.stations(),
        rules: kiosk.rules(),
        look: look(config.theme(), config.surroundings().abilities()),
        documents: links(config.terminal(), kiosk),
        hints: hints.collect(),
        test_payment: kiosk.settings().test_payment,
        idle: Idle { public: times.public_idle(), staff: times.staff_idle() },
        seed: rand::random(),
    }
}

/// A link is for whoever can take it along: nobody can from a public console, and everybody who passes could read it.
fn links(terminal: &Terminal, kiosk: &Kiosk) -> Vec<How> {
    let here = kiosk.gives_links() && terminal.kind != TerminalKind::Public;
    here.then_some(How::Link).into_iter().collect()
}

/// Where sessions are recorded, if they are; in a folder that is its owner's alone.
pub(super) fn recordings(config: &Config) -> Result<Option<Recordings>, CliError> {
    let settings = config.recording();
    let Some(folder) = settings.folder() else { return Ok(None) };
    embedded::take_own_folder(folder)?;
    Ok(Some(Recordings::new(folder, settings.megabytes().into())))
}

/// What a terminal shows, by the theme that was chosen and what it says of itself.
pub(super) fn look(theme: ThemeChoice, terminal: &Abilities) -> Look {
    let scheme = match theme {
        ThemeChoice::Auto if !terminal.has_colours() => Scheme::Mono,
        ThemeChoice::Auto if terminal.is_light() => Scheme::Light,
        ThemeChoice::Auto | ThemeChoice::Dark => Scheme::Dark,
        ThemeChoice::Light => Scheme::Light,
        ThemeChoice::Contrast => Scheme::HighContrast,
        ThemeChoice::Mono => Scheme::Mono,
    };
    Look {
        scheme,
        depth: if terminal.has_256_colours() { Depth::Indexed } else { Depth::Sixteen },
        charset: if terminal.has_unicode() { Charset::Unicode } else { Charset::Ascii },
    }
}

/// Files are for whoever sits at this machine: not for travellers at a public console, nor for somebody on a line from
/// elsewhere.
fn papers(config: &Config) -> Result<Papers, CliError> {
    let around = config.surroundings();
    let here = config.terminal().kind != TerminalKind::Public && !around.is_remote();
    // What was shown in an earlier session names who travels, and the bucket has it.
    let shown = config.data_dir().join("opened");
    // Another console may show something at this moment.
    if config.store() == StoreChoice::Aws || embedded::owns_folder(config.data_dir()) {
        embedded::empty_own_folder(&shown)?;
    }
    if here && around.has_desktop() {
        embedded::take_own_folder(&shown)?;
    }
    Ok(Papers {
        desktop: (here && around.has_desktop()).then_some(shown),
        downloads: around.downloads().filter(|_| here).map(ToOwned::to_owned),
        printer: config.printer().map(str::to_owned),
    })
}
