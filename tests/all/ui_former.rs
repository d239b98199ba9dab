//! Bookings from before Kiosk, and links to receipts.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::former::FormerBooking;
use kiosk::domain::money::Paise;
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, ReceiptLink, Reply, Request};
use kiosk::ui::context::{Look, Setup};
use kiosk::ui::draft::Draft;
use kiosk::ui::glyphs::Charset;
use kiosk::ui::msg::{How, Msg};
use kiosk::ui::screen::Screen;
use kiosk::ui::screens::booking::Detail;
use kiosk::ui::screens::bookings::Bookings;
use kiosk::ui::screens::find_ticket::FindTicket;
use ratatui::layout::Size;

use crate::sample_booking;
use crate::ui_kit::{Stage, identity, setup, start};

const SCREEN: Size = Size { width: 80, height: 24 };

fn at(screen: impl Into<Screen>, documents: Vec<How>) -> Stage {
    let identity = Some(identity(Role::Traveller));
    let mut stage = Stage::new(Setup { identity, documents, ..setup(TerminalKind::Counter) });
    stage.calls.clear();
    stage.app.show(Draft::default(), [screen.into()]);
    stage.tell(Msg::Wake);
    stage
}

fn former() -> Arc<FormerBooking> {
    Arc::new(FormerBooking {
        id: "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d".parse().expect("a number"),
        account: None,
        booked_at: Some(start() - TimeDelta::days(400)),
        train: Some("12951 Mumbai Rajdhani".to_owned()),
        route: Some("Mumbai - Delhi".to_owned()),
        travels: Some("2024-05-20".to_owned()),
        class: Some("3A AC 3 tier".to_owned()),
        passengers: vec!["Anita Sharma (34 F)".to_owned(), "Dev (36)".to_owned()],
        seats: Some("2".to_owned()),
        paid: Some(Paise::new(404_250)),
        status: Some("CONFIRMED".to_owned()),
        phone: None,
    })
}

#[test]
fn what_was_booked_before_kiosk_is_listed_with_whom_to_ask() {
    let mut stage = at(Bookings::default(), Vec::new());
    stage.reply(Ok(Reply::Bookings { page: Vec::new(), next: None, back_to: None }));
    stage.keys("b");
    let bare = FormerBooking {
        id: "BK-17".parse().expect("a number"),
        booked_at: None,
        train: None,
        route: None,
        travels: None,
        class: None,
        passengers: Vec::new(),
        seats: None,
        paid: None,
        status: None,
        ..(*former()).clone()
    };
    let asked = stage.reply(Ok(Reply::FormerBookings { page: vec![former(), Arc::new(bare)], next: None }));
    assert!(matches!(asked, Request::MyFormerBookings { after: None }), "{asked:?}");
    assert_picture!(stage, "former");
    stage.keys("<esc>");
    assert!(stage.text().contains("My bookings"), "{}", stage.text());
}

#[test]
fn an_account_without_any_is_told_so() {
    let mut stage = at(Bookings::default(), Vec::new());
    stage.reply(Ok(Reply::Bookings { page: Vec::new(), next: None, back_to: None }));
    stage.keys("b");
    stage.reply(Ok(Reply::FormerBookings { page: Vec::new(), next: None }));
    assert!(stage.text().contains("No bookings from before Kiosk"), "{}", stage.text());
}

#[test]
fn a_number_from_before_is_shown_wherever_it_is_looked_up() {
    let mut looked_up = at(Detail::of(sample_booking::booking().pnr), Vec::new());
    looked_up.reply(Ok(Reply::FormerBooking(former())));
    let mut found = at(FindTicket::default(), Vec::new());
    found.keys("8451234567<enter>9810012345<enter>");
    found.reply(Ok(Reply::FormerBooking(former())));
    for stage in [looked_up, found] {
        let text = stage.text();
        assert!(text.contains("Bookings from before Kiosk") && text.contains("Anita Sharma"), "{text}");
        assert!(text.contains("ask the office that sold it"), "{text}");
    }
}

fn shown(documents: Vec<How>) -> Stage {
    let mut stage = at(Detail::of(sample_booking::booking().pnr), documents);
    stage.reply(Ok(Reply::Booking(Arc::new(sample_booking::booking()))));
    stage.calls.clear();
    stage
}

fn link(length: usize) -> Reply {
    let url = format!("https://receipts.example.in/{}", "a".repeat(length));
    Reply::ReceiptLink(ReceiptLink { url: url.into(), until: start() + TimeDelta::minutes(15) })
}

#[test]
fn a_link_is_shown_as_text_and_as_a_hyperlink_until_the_person_goes_back() {
    let mut stage = shown(vec![How::Link]);
    stage.keys("l");
    assert_eq!(stage.app.hyperlink(SCREEN), None, "not before it is there");
    let asked = stage.reply(Ok(link(400)));
    assert!(matches!(asked, Request::ReceiptLink { pnr } if pnr == sample_booking::booking().pnr));
    assert_picture!(stage, "receipt_link");
    let hyperlink = stage.app.hyperlink(SCREEN).expect("it is on the screen");
    let drawn = crate::ui_kit::draw(&stage.app, SCREEN);
    let inside: String = hyperlink.area.positions().map(|at| drawn[at].symbol().to_owned()).collect();
    assert_eq!(inside.trim_end(), &*hyperlink.url, "it is the text of the address that leads there");
    let ascii = Look { charset: Charset::Ascii, ..Look::default() };
    let mut console = stage.app.clone();
    console.set_look(ascii);
    assert_eq!(console.hyperlink(SCREEN), None, "the bare console would show the sequence");
    stage.touch("receipts.example.in");
    assert!(stage.app.hyperlink(SCREEN).is_some(), "a touch does not take it away");
    stage.keys("<esc>");
    assert_eq!(stage.app.hyperlink(SCREEN), None);
    assert!(!format!("{:?}", stage.app).contains("receipts.example.in"), "nothing is kept of it");
    stage.keys("l");
    assert!(matches!(stage.asked().1, Request::ReceiptLink { .. }), "another is made for whoever asks again");
}

#[test]
fn a_link_that_is_longer_than_the_screen_says_so() {
    let mut stage = shown(vec![How::Link]);
    stage.keys("l");
    stage.reply(Ok(link(4_000)));
    assert!(stage.text().contains("make this window larger"), "{}", stage.text());
    assert!(stage.app.hyperlink(SCREEN).is_some_and(|link| link.area.bottom() <= SCREEN.height));
}

#[test]
fn without_an_address_no_link_is_offered_and_a_refusal_is_said() {
    let mut stage = shown(vec![How::Save]);
    stage.keys("l");
    assert!(stage.calls.is_empty() && !stage.text().contains(" link"), "{}", stage.text());
    let mut stage = shown(vec![How::Link]);
    stage.keys("l");
    stage.reply(Err(Failure::NoLinks));
    assert!(stage.text().contains("no address that others could open"), "{}", stage.text());
}
