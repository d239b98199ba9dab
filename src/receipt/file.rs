//! The page as a PDF file, the same bytes whenever and wherever it is made.

use chrono::{DateTime, Utc};
use printpdf::date::OffsetDateTime;
use printpdf::serialize::{PdfSaveOptions, to_lopdf_doc};
use printpdf::{Mm, PdfDocument, PdfFont, PdfPage, Pt, Rect};
use sha2::{Digest, Sha256};

use crate::receipt::face::Face;
use crate::receipt::page::{HEIGHT, Page, WIDTH};

/// What a file says about itself.
pub struct Label {
    /// The title, which readers show in their window.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// What it is about.
    pub subject: String,
    /// When what it tells happened.
    pub at: DateTime<Utc>,
    /// Names the file: two files of one identity are versions of one another.
    pub identity: Vec<u8>,
}

/// The bytes of a file of these pages.
pub fn write(pages: Vec<Page>, label: Label) -> Vec<u8> {
    let mut document = PdfDocument::new(&label.title);
    for face in Face::ALL {
        document.resources.fonts.map.insert(face.id(), PdfFont::new(face.font().clone()));
    }
    let at = OffsetDateTime::from_unix_timestamp(label.at.timestamp()).expect("chrono's years are within the format's");
    let info = &mut document.metadata.info;
    (info.creation_date, info.modification_date, info.metadata_date) = (at, at, at);
    info.author = label.author;
    info.subject = label.subject;
    info.creator = String::from("Kiosk");
    info.producer = String::from("Kiosk");
    let whole = Rect::from_wh(Pt(WIDTH), Pt(HEIGHT));
    for page in pages {
        let mut sheet = PdfPage::new(Mm(210.0), Mm(297.0), page.into_ops());
        (sheet.media_box, sheet.trim_box, sheet.crop_box) = (whole.clone(), whole.clone(), whole.clone());
        document.pages.push(sheet);
    }

    let mut warnings = Vec::new();
    let mut file = to_lopdf_doc(&document, &PdfSaveOptions::default(), &mut warnings);
    debug_assert!(warnings.is_empty(), "{warnings:?}");
    file.version = String::from("1.7");
    settle(&mut file, &label.identity);
    file.compress();
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).expect("a vector takes all that is written");
    bytes
}

/// Takes out what printpdf draws by chance or claims without need.
fn settle(file: &mut lopdf::Document, identity: &[u8]) {
    let id = || lopdf::Object::string_literal(Sha256::digest(identity)[..16].to_vec());
    file.trailer.set("ID", lopdf::Object::Array(vec![id(), id()]));
    if let Ok(info) = file.trailer.get(b"Info").and_then(lopdf::Object::as_reference)
        && let Ok(info) = file.get_dictionary_mut(info)
    {
        // The file follows no PDF/X profile, and has neither keywords nor an identifier.
        for empty in [b"GTS_PDFXVersion".as_slice(), b"Keywords", b"Identifier"] {
            info.remove(empty);
        }
    }
    if let Ok(catalog) = file.catalog_mut() {
        catalog.set("Lang", lopdf::Object::string_literal("en-IN"));
        catalog.set("ViewerPreferences", lopdf::dictionary! { "DisplayDocTitle" => true });
    }
}
