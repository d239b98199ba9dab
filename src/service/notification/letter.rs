//! What a notification becomes for each channel, and to whom it goes.

use crate::aws::post::{Message, Unsent};
use crate::domain::booking::Booking;
use crate::domain::notification::{Channel, Notification};
use crate::domain::user::Email;
use crate::notice::{self, Attachment, Contact};
use crate::service::{Kiosk, receipt_outbox};
use crate::store::StoreError;

/// A notification with the booking as it is now and the address of whoever made it.
pub(super) struct Letter<'a> {
    notification: &'a Notification,
    booking: Booking,
    email: Option<Email>,
}

impl<'a> Letter<'a> {
    /// Reads what a notification is about.
    pub async fn about(kiosk: &Kiosk, notification: &'a Notification) -> Result<Self, StoreError> {
        let pnr = notification.id.pnr;
        let booking = kiosk.store().booking(pnr).await?;
        let booking = booking.ok_or_else(|| StoreError::NotFound { what: format!("booking {pnr}") })?;
        let account = match booking.account {
            Some(id) => kiosk.store().account(id).await?,
            None => None,
        };
        // What is made at a counter is made by the account of whoever sells: the traveller's address is not known there.
        let email = account.filter(|account| !account.role.is_staff()).map(|account| account.email);
        Ok(Self { notification, booking, email })
    }

    /// Sends it by a channel.
    pub async fn send(&self, kiosk: &Kiosk, channel: Channel) -> Result<(), Unsent> {
        let message = match channel {
            Channel::Function => self.for_function(kiosk)?,
            Channel::Email => self.mail(kiosk).await?,
            Channel::Sms => self.text()?,
        };
        let name = format!("{}-{}", self.notification.id, channel.word());
        kiosk.store().clients().post.send(&name, message).await
    }

    fn for_function(&self, kiosk: &Kiosk) -> Result<Message, Unsent> {
        let function = kiosk.settings().notifications.function.clone().ok_or_else(|| not_set_up(Channel::Function))?;
        let contact = Contact {
            email: self.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: self.booking.phone.for_texts(),
        };
        Ok(Message::Function { function, payload: notice::payload(self.notification, &self.booking, &contact) })
    }

    async fn mail(&self, kiosk: &Kiosk) -> Result<Message, Unsent> {
        let from = kiosk.settings().notifications.sender.as_ref().ok_or_else(|| not_set_up(Channel::Email))?;
        let to = self.email.as_ref().ok_or_else(|| Unsent::Refused("no traveller's account made it".to_owned()))?;
        let receipt = receipt_outbox::document(kiosk, &self.booking).await;
        let receipt = receipt.map_err(|_| Unsent::Failed("its receipt cannot be made".to_owned()))?;
        let attachment = Attachment { name: &receipt.name, pdf: &receipt.bytes };
        let mime = notice::mail(self.notification, &self.booking, &kiosk.settings().issuer, (from, to), attachment);
        Ok(Message::Email { from: from.as_str().to_owned(), to: to.as_str().to_owned(), mime })
    }

    fn text(&self) -> Result<Message, Unsent> {
        let to = self.booking.phone.for_texts();
        let to = to.ok_or_else(|| Unsent::Refused("no text message reaches its telephone number".to_owned()))?;
        Ok(Message::Sms { to, text: notice::text_message(self.notification.event, &self.booking) })
    }
}

/// Another process, with other settings, has owed it.
fn not_set_up(channel: Channel) -> Unsent {
    Unsent::Failed(format!("this kiosk has no {} set up", channel.word()))
}
