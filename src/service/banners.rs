//! Banners: lines that administrators show at chosen terminals, in all processes. Each process looks for them where it looks
//! every few seconds anyway.

use std::sync::Arc;

use tokio::sync::watch;

use crate::domain::banner::{Banner, BannerId, MOST};
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Reply};
use crate::service::session::Session;
use crate::store::StoreError;

impl Session {
    /// Follows what is shown at terminals.
    pub fn banners(&self) -> watch::Receiver<Arc<[Banner]>> {
        self.kiosk().0.catalogue.banners()
    }

    /// Those of them that are for this terminal.
    pub fn own_banners(&self, all: &[Banner]) -> Vec<Banner> {
        all.iter().filter(|banner| banner.to.includes(self.terminal())).cloned().collect()
    }
}

/// What this process knows to be shown, or to come.
pub(super) fn list(session: &Session) -> Reply {
    let now = session.kiosk().now();
    let known = session.kiosk().0.catalogue.banners().borrow().clone();
    Reply::Banners(known.iter().filter(|banner| now < banner.until).cloned().collect())
}

/// Shows a banner; those whose time is over go first.
pub(super) async fn show(session: &Session, banner: Banner) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    kiosk.check_current()?;
    let now = kiosk.now();
    if banner.until <= now || banner.until <= banner.from {
        return Err(Failure::BannerOver);
    }
    let known = kiosk.0.catalogue.banners().borrow().clone();
    let over: Vec<_> = known.iter().filter(|banner| banner.until <= now).collect();
    if !over.is_empty() {
        kiosk.store().end_banners(&over).await.map_err(|error| told(&error))?;
    }
    let banners = kiosk.store().add_banner(&banner).await.map_err(|error| told(&error))?;
    kiosk.0.catalogue.note_banners(banners);
    kiosk.record(session, "banner.show", Some(banner.to.to_string()), Some(banner.text.as_str().to_owned()));
    Ok(list(session))
}

/// Shows a banner no more.
pub(super) async fn end(session: &Session, id: BannerId) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    kiosk.check_current()?;
    let known = kiosk.0.catalogue.banners().borrow().clone();
    if let Some(banner) = known.iter().find(|banner| banner.id == id) {
        let banners = kiosk.store().end_banners(&[banner]).await.map_err(|error| told(&error))?;
        kiosk.0.catalogue.note_banners(banners);
        kiosk.record(session, "banner.end", Some(banner.to.to_string()), Some(banner.text.as_str().to_owned()));
    }
    Ok(list(session))
}

fn told(error: &StoreError) -> Failure {
    match error {
        StoreError::Conflict { .. } => Failure::TooManyBanners { max: MOST },
        StoreError::NotFound { .. } => Failure::NoTimetable,
        error => refuse("change the banners", error),
    }
}
