//! Tables as documents, for paper or for a spreadsheet.

use std::sync::Arc;

use crate::export::sheet::{Sheet, csv};
use crate::receipt;
use crate::service::Kiosk;
use crate::service::refusal::fault;
use crate::service::request::{Document, Failure, Form};

/// The document of a table.
pub(super) async fn document(kiosk: &Kiosk, sheet: Sheet, name: String, form: Form) -> Result<Document, Failure> {
    let issuer = kiosk.settings().issuer.name.clone();
    let made = kiosk.settings().labour.run(move || match form {
        Form::Pdf => receipt::sheet::render(&sheet, &issuer),
        Form::Csv => csv(&sheet),
    });
    let bytes = made.await.map_err(|error| fault("write a report", &error))?;
    Ok(Document { name, bytes: Arc::from(bytes) })
}
