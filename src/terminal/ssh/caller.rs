//! One client: who they are, what they ask for, and what is refused.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use ratatui::layout::Size;
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session as Protocol, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Disconnect, MethodKind, MethodSet, Pty, Sig};
use tokio::sync::mpsc::{self, Sender};
use tokio_util::sync::CancellationToken;

use crate::service::Session;
use crate::service::request::{Failure, Reply, Request};
use crate::terminal::abilities::Abilities;
use crate::terminal::lot::Lot;
use crate::terminal::ssh::exec::{self, Errand};
use crate::terminal::ssh::show::{self, Came, Stage};
use crate::terminal::ssh::{Site, terminal};

/// How many pieces of input may wait for the program. It takes them all before it draws, so this is for its longest step.
const WAITING: usize = 64;

/// What a terminal has that does not say: RFC 4254 has no default, people have this.
const USUAL: Size = Size { width: 80, height: 24 };

/// How a connection is told to end.
#[derive(Clone, Debug)]
pub(super) struct Ways {
    /// The server closes soon.
    pub closing: CancellationToken,
    /// How long people have from then on.
    pub notice: TimeDelta,
    /// This session ends now.
    pub leave: CancellationToken,
    /// Where programs are kept whose line breaks.
    pub lot: Arc<Lot>,
    /// Whoever is in has a terminal or an errand.
    pub begun: CancellationToken,
    /// They had one.
    pub done: CancellationToken,
}

/// The client of a connection.
pub(super) struct Caller {
    site: Arc<Site>,
    peer: SocketAddr,
    entered: CancellationToken,
    ways: Ways,
    session: Session,
    is_guest: bool,
    abilities: Abilities,
    size: Option<Size>,
    channel: Option<Channel<Msg>>,
    /// The one that was ever opened.
    opened: Option<ChannelId>,
    input: Option<Sender<Came>>,
}

impl Caller {
    pub(super) fn new(site: Arc<Site>, peer: SocketAddr, entered: CancellationToken, ways: Ways) -> Self {
        let session = site.kiosk.open_session_from(terminal(), peer.ip());
        let (abilities, size, channel, opened, input) = (Abilities::default(), None, None, None, None);
        Self { site, peer, entered, ways, session, is_guest: false, abilities, size, channel, opened, input }
    }

    fn welcome(&self, name: &str) -> Auth {
        let (session, terminal) = (self.session.id(), &self.session.terminal().id);
        tracing::info!(peer = %self.peer, session, terminal, name, "somebody is in");
        self.entered.cancel();
        Auth::Accept
    }

    async fn tell(&self, came: Came) {
        if let Some(input) = &self.input {
            // A program that has ended wants no more.
            let _ = input.send(came).await;
        }
    }

    /// Whether whoever was let in as somebody is nobody any more: the account was closed or changed since.
    fn is_over(&self) -> bool {
        !self.is_guest && self.session.identity().is_none()
    }

    /// Runs the program on the client's terminal.
    fn show(&mut self, size: Size) {
        let Some(channel) = self.channel.take() else { return };
        let (input, came) = mpsc::channel(WAITING);
        self.input = Some(input);
        let setup = (self.site.setup)(&self.abilities, self.session.terminal().clone(), self.session.identity());
        let clock = self.site.kiosk.clock();
        let (session, recordings, ways) = (self.session.clone(), self.site.recordings.clone(), self.ways.clone());
        self.begin(show::program(Stage { session, clock, setup, recordings, size, came, channel, ways }));
    }

    /// What a client has come for, on a task of its own.
    fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.ways.begun.cancel();
        let done = self.ways.done.clone().drop_guard();
        tokio::spawn(async move {
            let _done = done;
            work.await;
        });
    }

    /// Ends the client's request with a sentence on its standard error.
    fn refuse(&mut self, channel: ChannelId, sentence: &str, protocol: &mut Protocol) -> Result<(), russh::Error> {
        tracing::info!(peer = %self.peer, sentence, "a request was refused");
        self.channel = None;
        protocol.channel_success(channel)?;
        protocol.extended_data(channel, STDERR, Bytes::from(format!("{sentence}\r\n")))?;
        protocol.exit_status_request(channel, 1)?;
        protocol.eof(channel)?;
        protocol.close(channel)
    }
}

/// The only kind of extended data there is (RFC 4254, 5.2).
pub(super) const STDERR: u32 = 1;

/// A size as a client claims it.
fn size(columns: u32, rows: u32) -> Size {
    let side = |said: u32, usual: u16| if said == 0 { usual } else { u16::try_from(said).unwrap_or(u16::MAX) };
    Size { width: side(columns, USUAL.width), height: side(rows, USUAL.height) }
}

fn rejected() -> Auth {
    let proceed_with_methods = Some(MethodSet::from(&[MethodKind::PublicKey, MethodKind::Password][..]));
    Auth::Reject { proceed_with_methods, partial_success: false }
}

/// A connection keeps room for the largest of these futures as long as it lasts: what only a sign-in needs is boxed.
impl Handler for Caller {
    type Error = russh::Error;

    async fn auth_none(&mut self, user: &str) -> Result<Auth, Self::Error> {
        if self.site.guest.as_deref() != Some(user) {
            return Ok(rejected());
        }
        self.is_guest = true;
        Ok(self.welcome(user))
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let request = Request::SignIn { name: user.to_owned(), password: password.to_owned().into() };
        Ok(match Box::pin(self.session.call(request)).await {
            Ok(Reply::Welcome(_)) => self.welcome(user),
            Ok(other) => {
                tracing::error!(?other, "a sign-in was answered otherwise");
                rejected()
            }
            Err(failure) => {
                tracing::info!(peer = %self.peer, %failure, "a sign-in was refused");
                rejected()
            }
        })
    }

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Self::Error> {
        Ok(if Box::pin(self.session.knows_key(user, offer.public_key)).await { Auth::Accept } else { rejected() })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        Ok(match Box::pin(self.session.sign_in_by_key(user, key.public_key)).await {
            Ok(_) => self.welcome(user),
            Err(failure) => {
                tracing::info!(peer = %self.peer, %failure, "a key was refused");
                rejected()
            }
        })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Protocol,
    ) -> Result<(), Self::Error> {
        if self.opened.is_some() {
            // One connection, one terminal.
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        }
        self.opened = Some(channel.id());
        self.channel = Some(channel);
        reply.accept().await;
        Ok(())
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        protocol: &mut Protocol,
    ) -> Result<(), Self::Error> {
        self.abilities.say(name, value);
        protocol.channel_success(channel)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        protocol: &mut Protocol,
    ) -> Result<(), Self::Error> {
        self.abilities.say("TERM", term);
        self.size = Some(size(columns, rows));
        protocol.channel_success(channel)
    }

    async fn shell_request(&mut self, channel: ChannelId, protocol: &mut Protocol) -> Result<(), Self::Error> {
        match self.size {
            _ if self.channel.is_none() => protocol.channel_failure(channel),
            _ if self.is_over() => self.refuse(channel, show::EXPELLED, protocol),
            None => self.refuse(
                channel,
                "Kiosk draws on a whole terminal: ask your client for one, as by `ssh -t`.",
                protocol,
            ),
            Some(_) if !self.abilities.has_screen() => {
                let term = self.abilities.term();
                let sentence = format!(
                    "Kiosk draws on a whole screen, and a terminal of the kind \"{term}\" has none: use another one."
                );
                self.refuse(channel, &sentence, protocol)
            }
            Some(size) => {
                protocol.channel_success(channel)?;
                self.show(size);
                Ok(())
            }
        }
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        protocol: &mut Protocol,
    ) -> Result<(), Self::Error> {
        let errand = match Errand::parse(&String::from_utf8_lossy(command)) {
            Ok(errand) => errand,
            Err(sentence) => return self.refuse(channel, &sentence, protocol),
        };
        if self.is_over() {
            return self.refuse(channel, show::EXPELLED, protocol);
        }
        let Some(open) = self.channel.take() else { return protocol.channel_failure(channel) };
        protocol.channel_success(channel)?;
        self.begin(exec::run(errand, self.session.clone(), open));
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        protocol: &mut Protocol,
    ) -> Result<(), Self::Error> {
        let sentence = format!("Kiosk has no \"{name}\": it sells train tickets on a terminal.");
        self.refuse(channel, &sentence, protocol)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        protocol: &mut Protocol,
    ) -> Result<(), Self::Error> {
        protocol.extended_data(channel, STDERR, "Kiosk shows nothing by X11: it needs the terminal alone.\r\n")?;
        protocol.channel_failure(channel)
    }

    async fn agent_request(&mut self, channel: ChannelId, protocol: &mut Protocol) -> Result<bool, Self::Error> {
        protocol.extended_data(channel, STDERR, "Kiosk takes no agent: your keys stay with you.\r\n")?;
        Ok(false)
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        columns: u32,
        rows: u32,
        _: u32,
        _: u32,
        protocol: &mut Protocol,
    ) -> Result<(), Self::Error> {
        let size = size(columns, rows);
        self.size = self.size.map(|_| size);
        self.tell(Came::Resize(size)).await;
        protocol.channel_success(channel)
    }

    async fn data(&mut self, _: ChannelId, data: &[u8], _: &mut Protocol) -> Result<(), Self::Error> {
        self.tell(Came::Bytes(Bytes::copy_from_slice(data))).await;
        Ok(())
    }

    async fn signal(&mut self, _: ChannelId, signal: Sig, _: &mut Protocol) -> Result<(), Self::Error> {
        if matches!(signal, Sig::HUP | Sig::TERM) {
            self.input = None;
        }
        Ok(())
    }

    async fn channel_eof(&mut self, _: ChannelId, _: &mut Protocol) -> Result<(), Self::Error> {
        self.input = None;
        Ok(())
    }

    /// The one channel is gone, and nothing else is left to do here.
    async fn channel_close(&mut self, _: ChannelId, protocol: &mut Protocol) -> Result<(), Self::Error> {
        (self.input, self.channel) = (None, None);
        protocol.disconnect(Disconnect::ByApplication, "", "")
    }
}

/// The sentence of a failure, for somebody without a screen.
pub(super) fn told(failure: &Failure) -> String {
    format!("{failure}\r\n")
}
