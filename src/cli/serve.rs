//! `kiosk serve`: the full-screen program for whoever comes by SSH.

mod supervised;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use clap::Args as ClapArgs;
use russh::keys::PrivateKey;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{CliError, Kind, open, output, screen};
use crate::aws::embedded;
use crate::config::Config;
use crate::config::secret::kept;
use crate::telemetry::endpoint;
use crate::terminal::ssh::{self, Room, Site, Times, host_key};
use crate::ui::context::Setup;

/// The host key in the data folder, named as OpenSSH names its own.
pub(super) const HOST_KEY: &str = "ssh_host_ed25519_key";

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Prints how clients show this server's keys, and ends
    #[arg(long)]
    fingerprints: bool,
}

pub(super) async fn run(args: Args, config: &Config) -> Result<(), CliError> {
    let key = host_key(config)?;
    if args.fingerprints {
        return output::line(host_key::fingerprint(&key));
    }
    let settings = config.ssh();
    let listener = listen(settings.listen(), "Nobody", "ssh.listen").await?;
    let monitors = match config.telemetry() {
        Some(address) => Some(listen(address, "No monitor", "telemetry.listen").await?),
        None => None,
    };
    supervised::opening();
    let kiosk = open::live_kiosk(config).await?;
    let site = Site {
        kiosk: kiosk.clone(),
        setup: {
            let (own, kiosk) = (config.clone(), kiosk.clone());
            Box::new(move |abilities, terminal, identity| Setup {
                terminal,
                identity,
                look: screen::look(own.theme(), abilities),
                ..screen::setup(&own, &kiosk)
            })
        },
        guest: settings.guest().map(str::to_owned),
        room: Room {
            all: settings.max_sessions().into(),
            per_address: settings.max_per_address().into(),
            ..Room::default()
        },
        recordings: screen::recordings(config)?.map(Arc::new),
        times: Times { lifetime: span(settings.lifetime()), notice: span(settings.notice()), ..Times::default() },
    };
    let (closing, notice) = (CancellationToken::new(), site.times.notice);
    let address = listener.local_addr().map_or_else(|_| settings.listen().to_string(), |address| address.to_string());
    tracing::info!(address, key = host_key::fingerprint(&key), "serving");
    output::line(format_args!("Kiosk serves SSH on {address}. Its key is {}.", host_key::fingerprint(&key)))?;
    if let Some(monitors) = &monitors
        && let Ok(address) = monitors.local_addr()
    {
        output::line(format_args!("Monitors are answered at http://{address}/health, /ready and /metrics."))?;
    }
    let until_told = async {
        if let Err(error) = told_to_end().await {
            tracing::error!(%error, "signals cannot be heard");
        }
        tracing::info!("closing: nobody new comes in");
        supervised::closing(notice, ssh::GOODBYE);
        closing.cancel();
    };
    supervised::ready(&address);
    // Until the last session has ended, so that whoever waits for that sees it.
    let answering = monitors.map(|listener| {
        let answering = endpoint::serve(listener, kiosk.clone(), closing.clone());
        tokio_util::task::AbortOnDropHandle::new(tokio::spawn(answering))
    });
    let served = async {
        tokio::join!(ssh::serve(listener, vec![key], Arc::new(site), closing.clone()), until_told);
        drop(answering);
        kiosk.settle().await;
    };
    // In one task, so that a server that is stuck is not said to be alive.
    tokio::select! {
        () = served => Ok(()),
        never = supervised::beat() => match never {},
    }
}

/// Listens at an address, or says who cannot be answered there and which setting to change.
async fn listen(address: SocketAddr, who: &str, setting: &str) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|error| {
        CliError::new(Kind::Files, format!("{who} can be served on {address}: {error}"))
            .hint(format_args!("end what listens there, or set {setting} to another address"))
    })
}

/// Waits until the process is asked to end. Asked again, it ends at once: what was confirmed is safe at any moment.
async fn told_to_end() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(())
}

/// The key that was given, or the data folder's own, made the first time.
fn host_key(config: &Config) -> Result<PrivateKey, CliError> {
    let read = |path: &Path, text: &str| {
        host_key::parse(text)
            .map_err(|wrong| CliError::new(Kind::Settings, format!("The host key {}: {wrong}", path.display())))
    };
    if let Some(path) = config.ssh().host_key() {
        let text = std::fs::read_to_string(path).map_err(|error| {
            CliError::new(Kind::Settings, format!("The host key {} cannot be read: {error}", path.display()))
                .hint("set ssh.host_key to a private key, or leave it out for one of Kiosk's own")
        })?;
        return read(path, &text);
    }
    embedded::take_data_folder(config.data_dir())?;
    let path = config.data_dir().join(HOST_KEY);
    let text = kept(&path, host_key::draw)?;
    read(&path, &text)
}

fn span(time: chrono::TimeDelta) -> std::time::Duration {
    time.to_std().expect("settings are checked not to be negative")
}
