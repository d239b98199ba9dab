//! Looking through one's own bookings: those that are meant, however many are not, and as a document.

use chrono::TimeDelta;
use kiosk::domain::booking::{Booking, Payment};
use kiosk::domain::journeys::{JourneyFilter, Journeys};
use kiosk::domain::pnr::Pnr;
use kiosk::domain::time::instant;
use kiosk::domain::user::Role;
use kiosk::service::Session;
use kiosk::service::request::{Document, Failure, Form, Reply, Request};
use std::sync::Arc;

use crate::service_kit::{
    PASSWORD, Stage, best, book, booked, hold, leg, new_op, order, order_for, passenger, sign_in, terminal, test_money,
    username,
};
use crate::{service_find, till_kit};

async fn travels(stage: &Stage, session: &Session, way: (u8, u8), name: &str) -> Arc<Booking> {
    stage.advance(TimeDelta::seconds(1));
    let held = hold(session, leg(way.0, way.1), best(1)).await.expect("a berth is free");
    let order = order_for(session, &held, vec![passenger(name)]).await.expect("a price");
    book(session, &order).await.expect("it is booked")
}

/// The PNRs of a filter, page by page.
async fn meant(session: &Session, filter: &JourneyFilter) -> Vec<Vec<Pnr>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let request = Request::MyBookings { filter: filter.clone(), after };
        let Ok(Reply::Bookings { page, next, back_to }) = session.call(request).await else { panic!("a page") };
        assert_eq!(next.is_some(), back_to.is_some(), "where it goes on it says how far it came");
        pages.push(page.iter().map(|booking| booking.pnr).collect());
        after = next;
        if after.is_none() {
            return pages;
        }
    }
}

fn words(words: &str) -> JourneyFilter {
    JourneyFilter { words: words.to_owned(), ..JourneyFilter::default() }
}

fn of(journeys: Journeys) -> JourneyFilter {
    JourneyFilter { journeys, ..JourneyFilter::default() }
}

async fn cancel(session: &Session, booking: &Booking) {
    let quote = Request::QuoteCancel { pnr: booking.pnr, passengers: vec![0], waiver: None };
    let Ok(Reply::Quote(quote)) = session.call(quote).await else { panic!("a quote") };
    booked(session.call(Request::Cancel { op: new_op(), pnr: booking.pnr, quote }).await).expect("it is cancelled");
}

#[tokio::test]
async fn each_is_found_by_how_far_it_has_come_and_by_what_is_in_it() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let short = travels(&stage, &tara, (0, 1), "Tara Rao").await.pnr;
    let whole = travels(&stage, &tara, (0, 5), "Dev Rao").await.pnr;
    let gone = travels(&stage, &tara, (2, 5), "Mira Iyer").await;
    cancel(&tara, &gone).await;
    let gone = gone.pnr;
    let day = |day: &str| JourneyFilter { on: day.parse().ok(), ..JourneyFilter::default() };
    for (filter, pnrs) in [
        (JourneyFilter::default(), vec![gone, whole, short]),
        (of(Journeys::Upcoming), vec![whole, short]),
        (of(Journeys::Past), vec![]),
        (of(Journeys::Cancelled), vec![gone]),
        (words("rao"), vec![whole, short]),
        (words("RAO dev"), vec![whole]),
        (words("surat"), vec![gone]),
        (words("ndls 12951"), vec![gone, whole]),
        (words(&short.spoken()), vec![short]),
        (words("goa"), vec![]),
        (day("2026-12-05"), vec![gone, whole, short]),
        (day("2026-12-06"), vec![]),
        (JourneyFilter { journeys: Journeys::Upcoming, ..words("iyer") }, vec![]),
    ] {
        assert_eq!(meant(&tara, &filter).await, [pnrs], "{filter:?}");
    }
    // The short way is over when the train is at its second halt; the long one is still on it.
    stage.clock.set("2026-12-05T12:00:00Z".parse().expect("a moment"));
    let tara = stage.kiosk.open_session(terminal("NDLS-07"));
    sign_in(&tara, "tara", PASSWORD).await.expect("the password is right");
    assert_eq!(meant(&tara, &of(Journeys::Past)).await, [[short]]);
    assert_eq!(meant(&tara, &of(Journeys::Upcoming)).await, [[whole]]);
}

#[tokio::test]
async fn few_among_many_are_looked_for_in_portions() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let rare = travels(&stage, &tara, (0, 1), "Om Iyer").await.pnr;
    for n in 0..104_u8 {
        let given_up = travels(&stage, &tara, (n % 5, n % 5 + 1), "Tara Rao").await;
        cancel(&tara, &given_up).await;
    }
    assert_eq!(meant(&tara, &words("iyer")).await, [[rare]]);
    let pages = meant(&tara, &words("rao")).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [100, 4]);
}

/// However many there are that are not meant, an answer looks at no more than some.
#[tokio::test]
async fn an_answer_is_of_two_hundred_bookings_at_most() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let rare = travels(&stage, &tara, (0, 1), "Om Iyer").await.pnr;
    let sample = travels(&stage, &tara, (0, 1), "Tara Rao").await;
    for n in 0..450_u64 {
        let pnr = (2_450_000_000 + n * 37).to_string().parse().expect("a PNR");
        let later = TimeDelta::seconds(i64::try_from(n).expect("few") + 1);
        service_find::copy(&stage, &sample, pnr, sample.booked_at + later).await;
    }
    let pages = meant(&tara, &words("iyer")).await;
    assert_eq!(pages, [vec![], vec![], vec![rare]], "452 of them, 200 at a time");
    let all = meant(&tara, &JourneyFilter::default()).await;
    assert!(all.len() == 23 && all[..22].iter().all(|page| page.len() == 20), "a page is as full as it can be");
}

async fn file(session: &Session, filter: JourneyFilter, form: Form) -> Result<Document, Failure> {
    match session.call(Request::MyBookingsFile { filter, form }).await? {
        Reply::Document(document) => Ok(document),
        other => panic!("a document was answered with {other:?}"),
    }
}

#[tokio::test]
async fn they_are_brought_as_a_document() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    travels(&stage, &tara, (0, 5), "=Dev Rao").await;
    let given_up = travels(&stage, &tara, (0, 1), "Mira Iyer").await;
    cancel(&tara, &given_up).await;
    let csv = file(&tara, of(Journeys::Upcoming), Form::Csv).await.expect("it is written");
    assert_eq!(csv.name, "bookings-2026-12-01.csv");
    let text = String::from_utf8(csv.bytes.to_vec()).expect("text");
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("PNR,Status,"), "{text}");
    assert!(lines.len() == 2 && lines[1].contains(",'=Dev Rao,"), "no cell is run, and only those meant:\n{text}");
    let pdf = file(&tara, JourneyFilter::default(), Form::Pdf).await.expect("it is written");
    assert_eq!(pdf.name, "bookings-2026-12-01.pdf");
    assert!(pdf.bytes.starts_with(b"%PDF"));
    let again = file(&tara, JourneyFilter::default(), Form::Pdf).await.expect("it is written");
    assert_eq!(again.bytes, pdf.bytes);
    let guest = file(&stage.guest(), JourneyFilter::default(), Form::Csv).await;
    assert_eq!(guest, Err(Failure::SignedOut));
}

#[tokio::test]
async fn what_an_agent_made_for_customers_is_not_their_own_as_a_traveller() {
    let stage = Stage::new().await;
    let before = stage.signed_in("tara", Role::Traveller).await;
    let early = travels(&stage, &before, (3, 4), "Tara Rao").await;
    assert!(!early.was_sold());
    stage.kiosk.set_role(&username("tara"), Role::Agent).await.expect("there is one");
    let agent = stage.kiosk.open_session(terminal("NDLS-07"));
    sign_in(&agent, "tara", PASSWORD).await.expect("the password is right");
    till_kit::open(&agent, 0).await.expect("a till");
    let sold = till_kit::sell_for_cash(&agent, 1).await;
    let tried = till_kit::sell(&agent, 1, test_money()).await.expect("there are berths");
    let held = hold(&agent, leg(0, 1), best(1)).await.expect("a berth is free");
    let reserve = Request::Reserve { op: new_op(), order: order(&agent, &held).await };
    let slip = booked(agent.call(reserve).await).expect("it is kept");
    let made = [sold, tried, slip];
    assert_eq!(meant(&agent, &words("")).await.concat().len(), 4, "of an agent, those as well that they made");

    stage.kiosk.set_role(&username("tara"), Role::Traveller).await.expect("there is one");
    let tara = stage.kiosk.open_session(terminal("NDLS-07"));
    sign_in(&tara, "tara", PASSWORD).await.expect("the password is right");
    let own = travels(&stage, &tara, (1, 2), "Tara Rao").await;
    let mut listed = meant(&tara, &words("")).await.concat();
    listed.sort();
    let mut expected = vec![early.pnr, own.pnr];
    expected.sort();
    assert_eq!(listed, expected);
    for booking in &made {
        let (pnr, nobodys) = (booking.pnr, Err(Failure::NoSuchBooking(booking.pnr)));
        assert!(booking.was_sold(), "{booking:?}");
        assert_eq!(booked(tara.call(Request::Booking { pnr }).await), nobodys);
        assert_eq!(booked(tara.call(Request::GiveUpSlip { op: new_op(), pnr }).await), nobodys);
    }
    let on = own.run.date;
    let Ok(Reply::Companions { people, .. }) = tara.call(Request::MyCompanions { on }).await else { panic!("people") };
    let names: Vec<_> = people.iter().map(|one| one.passenger.name.as_str()).collect();
    assert_eq!(names, ["Tara Rao"], "nor are who travelled by it");
}

#[test]
fn what_was_made_before_staff_marked_it_is_known_by_the_money_alone() {
    let booking = crate::sample_booking::booking();
    let stored = serde_json::to_value(&booking).expect("it can be written");
    assert_eq!(stored.get("ByStaff"), None, "nobody's mark takes no room");
    let read: Booking = serde_json::from_value(stored).expect("it can be read");
    assert_eq!(read, booking);
    let by = |taken_by| Payment { taken_by, ..booking.payment.clone().expect("it is paid") };
    let paid_to = |taken_by| Booking { payment: Some(by(taken_by)), ..booking.clone() };
    assert!(paid_to(booking.account).was_sold());
    assert!(!paid_to(None).was_sold());
    assert!(Booking { by_staff: true, ..paid_to(None) }.was_sold());
}

#[tokio::test]
async fn a_file_of_very_many_ends_somewhere_and_says_where() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let booking = travels(&stage, &tara, (0, 1), "Tara Rao").await;
    let zone = kiosk::domain::train::Zone::WR;
    for n in 0..1_010_u64 {
        let at = booking.booked_at + TimeDelta::minutes(i64::try_from(n).expect("it is small") + 1);
        service_find::copy(&stage, &booking, Pnr::draw(zone, n), at).await;
    }
    let csv = file(&tara, JourneyFilter::default(), Form::Csv).await.expect("it is written");
    assert_eq!(csv.name, "bookings-2026-12-01-back-to-2026-12-01.csv");
    assert_eq!(String::from_utf8_lossy(&csv.bytes).lines().count(), 1 + 1_000);
}

#[tokio::test]
async fn one_that_boards_later_is_found_by_both_stations_and_its_day() {
    let stage = Stage::new().await;
    let tara = stage.signed_in("tara", Role::Traveller).await;
    let held = hold(&tara, leg(0, 5), best(1)).await.expect("a berth is free");
    let booking = book(&tara, &order(&tara, &held).await).await.expect("it is booked");
    assert!(instant(booking.from.at) > stage.kiosk.now());
    let request =
        Request::ChangeBoarding { op: new_op(), pnr: booking.pnr, station: crate::service_kit::station("KOTA") };
    booked(tara.call(request).await).expect("it is changed");
    for found in [words("kota"), words("mmct"), JourneyFilter { on: "2026-12-06".parse().ok(), ..words("") }] {
        assert_eq!(meant(&tara, &found).await, [[booking.pnr]], "{found:?}");
    }
}
