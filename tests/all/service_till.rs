//! Tills: one to an agent, all money through it, closed once with what was counted, and reports that name each booking.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::booking::{BookingStatus, PaymentMethod};
use kiosk::domain::ledger::LedgerEntry;
use kiosk::domain::money::Paise;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::time::railway_time;
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Form, Request, Tills};
use kiosk::service::{Settings, TillRule};
use kiosk::store::runs::{Before, Commit, Plan, Transition};
use kiosk::store::tills::Opening;

use crate::refund_kit::{before_departure, cancel, is_clean, sold, stored};
use crate::service_kit::{
    PASSWORD, Stage, best, booked, cash, hold, left, new_op, order, settings, sign_in, small_train, terminal,
    test_money, whole,
};
use crate::till_kit::{card, close, lines, newest, open, report, sell, sell_for_cash, till_of, tills, void};

fn required() -> Settings {
    Settings { till: TillRule::Required, ..settings() }
}

#[tokio::test]
async fn an_agent_has_one_till_at_a_time_and_opening_it_twice_with_one_id_is_once() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let opening = Request::OpenTill { op: new_op(), float: Paise::rupees(500) };
    let till = till_of(agent.call(opening.clone()).await).expect("none is open");
    assert_eq!((till.expected(), till.closing.as_ref()), (Paise::rupees(500), None));
    assert_eq!(till_of(agent.call(opening.clone()).await), Ok(till.clone()), "it is the same");
    let again = open(&agent, 100).await;
    assert!(matches!(again, Err(Failure::TillOpen { since, .. }) if since == till.opened_at), "{again:?}");
    let closed = close(&agent, till.id, Paise::rupees(500)).await.expect("it is open");
    assert_eq!(till_of(agent.call(opening).await), Ok(closed.clone()), "it was opened, and is closed since");
    let next = open(&agent, 100).await.expect("the other is closed");
    let listed = tills(&agent, Request::MyTills { after: None }).await;
    assert_eq!(listed, [next, closed]);
}

#[tokio::test]
async fn all_money_of_an_agent_goes_through_their_open_till_and_the_drawer_is_counted_against_it() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let before = sell_for_cash(&agent, 1).await;
    let till = open(&agent, 500).await.expect("none is open");
    let by_cash = sell_for_cash(&agent, 2).await;
    let by_card = sell(&agent, 1, card()).await.expect("there are berths");
    sell(&agent, 1, test_money()).await.expect("there are berths");
    assert_eq!(
        (by_cash.payment.as_ref().and_then(|paid| paid.till), newest(&agent).await.id),
        (Some(till.id), till.id)
    );
    assert_eq!(before.payment.as_ref().expect("paid").till, None, "no till was open");

    let out = cancel(&agent, by_cash.pnr, &[0]).await.expect("it is long before the journey");
    let earlier = cancel(&agent, before.pnr, &[0]).await.expect("so it is");
    let back = out.refunds[0].quote.refunded + earlier.refunds[0].quote.refunded;
    let now = newest(&agent).await;
    assert_eq!((now.cash_in, now.card_in), (by_cash.fare.total, by_card.fare.total));
    assert_eq!((now.cash_out, now.movements), (back, 4), "a test payment is no money");
    assert_eq!(now.expected(), Paise::rupees(500) + by_cash.fare.total - back);

    let counted = now.expected() - Paise::rupees(50);
    let closed = close(&agent, till.id, counted).await.expect("it is open");
    assert_eq!(closed.difference(), Some(Paise::rupees(-50)));
    assert_eq!(close(&agent, till.id, now.expected()).await, Err(Failure::TillClosed), "it is not counted again");
    stage.kiosk.settle().await;
    let day = railway_time(stage.kiosk.now()).date();
    let events = stage.world.store.events_of(day).await.expect("it answers");
    let note = events.iter().find(|event| event.action == "till.close").and_then(|event| event.note.clone());
    assert!(note.as_ref().is_some_and(|note| note.contains("difference -50.00")), "{note:?}");
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_report_names_the_booking_of_every_movement_and_its_sums_are_those_of_its_lines() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let till = open(&agent, 200).await.expect("none is open");
    let first = sell_for_cash(&agent, 1).await;
    let second = sell(&agent, 2, card()).await.expect("there are berths");
    let refunded = cancel(&agent, first.pnr, &[0]).await.expect("it is long before the journey");
    let undone = void(&agent, &second).await.expect("the till is open");
    for (letter, close_it) in [("x", false), ("z", true)] {
        if close_it {
            close(&agent, till.id, newest(&agent).await.expected()).await.expect("it is open");
        }
        let lines = lines(&agent, till.id).await;
        let named: Vec<_> = lines[1..5].iter().map(|line| (line[1].as_str(), line[2].clone())).collect();
        let (one, two) = (first.pnr.to_string(), second.pnr.to_string());
        let expected = [("sale", one.clone()), ("sale", two.clone()), ("refund", one.clone()), ("void", two.clone())];
        assert_eq!(named.len(), expected.len());
        assert!(expected.iter().all(|line| named.contains(line)), "{named:?}");
        let sum = |what: &str| lines.iter().find(|line| line[0] == what).map(|line| line[9].clone());
        let plain = |money: Paise| Some(money.to_string().replace(',', ""));
        assert_eq!(sum("Cash taken"), plain(first.fare.total));
        assert_eq!(sum("Cash handed out"), plain(refunded.refunds[0].quote.refunded));
        assert_eq!(sum("Cards taken"), plain(second.fare.total));
        assert_eq!(sum("Given back to cards"), plain(undone.fare.total));
        assert_eq!(sum("Difference"), close_it.then(|| "0.00".to_owned()));
        let paper = report(&agent, till.id, Form::Pdf).await.expect("it can be had");
        assert!(paper.name.starts_with(&format!("{letter}-report-agnes-2026-")), "{}", paper.name);
        assert!(paper.bytes.starts_with(b"%PDF-1.7"));
        assert_eq!(report(&agent, till.id, Form::Pdf).await.expect("again").bytes, paper.bytes, "to the byte");
    }
}

#[tokio::test]
async fn where_tills_are_required_no_money_moves_without_one_and_what_is_owed_waits() {
    let stage = Stage::with(required()).await;
    let agent = stage.agent().await;
    assert_eq!(sell(&agent, 1, cash()).await, Err(Failure::NoTillOpen));
    assert_eq!(sell(&agent, 1, card()).await, Err(Failure::NoTillOpen));
    sell(&agent, 1, test_money()).await.expect("no money is taken");
    let till = open(&agent, 0).await.expect("none is open");
    let sold = sell_for_cash(&agent, 1).await;
    close(&agent, till.id, sold.fare.total).await.expect("it is open");
    // What is given back goes by when the places were given up: that is not put off.
    let cancelled = cancel(&agent, sold.pnr, &[0]).await.expect("it is long before the journey");
    assert_eq!(cancelled.owed(), cancelled.refunds[0].quote.refunded);
    let pay_out = || Request::PayOut { op: new_op(), pnr: sold.pnr };
    assert_eq!(booked(agent.call(pay_out()).await), Err(Failure::NoTillOpen));
    open(&agent, 5_000).await.expect("the other is closed");
    let out = booked(agent.call(pay_out()).await).expect("a till is open");
    assert_eq!((out.owed(), newest(&agent).await.cash_out), (Paise::ZERO, cancelled.owed()));
    is_clean(&stage).await;
}

#[tokio::test]
async fn a_slip_is_paid_into_the_till() {
    let stage = Stage::with(required()).await;
    let (guest, agent) = (stage.guest(), stage.agent().await);
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let reserve = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
    let slip = booked(guest.call(reserve).await).expect("it is reserved");
    let pay = Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() };
    assert_eq!(booked(agent.call(pay.clone()).await), Err(Failure::NoTillOpen));
    open(&agent, 0).await.expect("none is open");
    booked(agent.call(pay.clone()).await).expect("a till is open");
    booked(agent.call(pay).await).expect("it is the same");
    let till = newest(&agent).await;
    assert_eq!((till.cash_in, till.movements), (slip.fare.total, 1));
}

/// A sale of which the reply was lost, repeated after the till was closed: it was made, so it is not refused.
#[tokio::test]
async fn a_sale_whose_reply_was_lost_is_found_though_its_till_is_closed_since() {
    let stage = Stage::with(required()).await;
    let other = stage.agent().await;
    let till = open(&other, 0).await.expect("none is open");
    let down = Arc::new(AtomicBool::new(false));
    let (switch, first) = (Arc::clone(&down), AtomicBool::new(true));
    let store = stage.world.with_faults(move |call: &Call| {
        let broken = switch.load(Ordering::SeqCst) && call.operation == "TransactWriteItems";
        broken.then(|| if first.swap(false, Ordering::SeqCst) { Fault::LoseReply } else { Fault::LoseRequest })
    });
    let unlucky = stage.other_kiosk(store).await.open_session(terminal("NDLS-07"));
    sign_in(&unlucky, "agnes", PASSWORD).await.expect("the password is right");
    let held = hold(&unlucky, whole(), best(1)).await.expect("free");
    let book = Request::Book { op: new_op(), order: order(&unlucky, &held).await, payment: cash() };
    down.store(true, Ordering::SeqCst);
    let lost = unlucky.call(book.clone()).await;
    assert!(matches!(lost, Err(Failure::Unavailable { .. })), "{lost:?}");
    down.store(false, Ordering::SeqCst);
    let taken = newest(&other).await.cash_in;
    assert!(taken > Paise::ZERO, "it was made");
    close(&other, till.id, taken).await.expect("it is open");
    let found = booked(unlucky.call(book).await).expect("it is found");
    assert_eq!(found.payment.as_ref().and_then(|paid| paid.till), Some(till.id));
    assert_eq!(left(&stage, whole()).await, 7);
}

#[tokio::test]
async fn nothing_is_written_of_a_sale_whose_till_is_closed() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let till = open(&agent, 0).await.expect("none is open");
    let sold = sell_for_cash(&agent, 1).await;
    let closed = close(&agent, till.id, sold.fare.total).await.expect("it is open");
    let plan = Plan::new(sold.run, &small_train());
    let late = kiosk::domain::booking::Booking { version: 2, ..(*sold).clone() };
    let ledger = LedgerEntry::of(&late);
    assert_eq!(ledger.as_ref().and_then(|entry| entry.till), Some(till.id));
    let transition = Transition { before: Before::Version(1), ledger, ..Transition::new(&late) };
    let came_of_it = stage.world.store.commit(&plan, &transition).await.expect("it answers");
    assert_eq!(came_of_it, Commit::TillMoved);
    assert_eq!(stored(&stage, sold.pnr).await, *sold);
    assert_eq!(newest(&agent).await, closed);
    is_clean(&stage).await;
}

/// The count is of the drawer as it was: what was sold since is not taken for what is missing.
#[tokio::test]
async fn a_count_that_a_sale_has_overtaken_closes_nothing() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let till = open(&agent, 0).await.expect("none is open");
    let stale = Request::CloseTill { op: new_op(), till: till.id, counted: Paise::ZERO, movements: till.movements };
    let sold = sell_for_cash(&agent, 1).await;
    assert_eq!(till_of(agent.call(stale).await), Err(Failure::TillMovedOn));
    let closed = close(&agent, till.id, sold.fare.total).await.expect("it is open");
    assert_eq!(closed.difference(), Some(Paise::ZERO));
}

/// The opening comes to the table a second time, after the till was closed.
#[tokio::test]
async fn a_late_copy_of_an_opening_opens_no_till_again() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let till = open(&agent, 100).await.expect("none is open");
    let closed = close(&agent, till.id, Paise::rupees(100)).await.expect("it is open");
    let found = stage.world.store.open_till(&till).await.expect("it answers");
    assert_eq!(found, Opening::Found(Box::new(closed.clone())));
    assert_eq!(newest(&agent).await, closed);
}

/// Whoever is signed in there: the drawer is elsewhere.
#[tokio::test]
async fn a_sale_is_undone_at_no_public_console() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    open(&agent, 0).await.expect("none is open");
    let sold = sell_for_cash(&agent, 1).await;
    let console = Terminal { kind: TerminalKind::Public, ..terminal("HALL-9") };
    let there = stage.kiosk.open_session(console);
    sign_in(&there, "agnes", PASSWORD).await.expect("the password is right");
    assert_eq!(void(&there, &sold).await.map(drop), Err(Failure::NoTillHere));
    assert_eq!(stored(&stage, sold.pnr).await, *sold);
}

#[tokio::test]
async fn a_supervisor_sees_and_closes_any_till_and_an_agent_only_their_own() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let till = open(&agent, 300).await.expect("none is open");
    let colleague = stage.signed_in("arjun", Role::Agent).await;
    assert_eq!(close(&colleague, till.id, Paise::ZERO).await, Err(Failure::NoSuchTill));
    assert_eq!(report(&colleague, till.id, Form::Csv).await.map(drop), Err(Failure::NoSuchTill));
    let supervisor = stage.signed_in("sunita", Role::Supervisor).await;
    let listed = |which| Request::Tills { which, after: None };
    assert_eq!(tills(&supervisor, listed(Tills::Open)).await, std::slice::from_ref(&till));
    let closed = close(&supervisor, till.id, Paise::rupees(301)).await.expect("it is open");
    assert_eq!(closed.difference(), Some(Paise::rupees(1)));
    assert_eq!(closed.closing.as_ref().map(|closing| closing.by.to_string()).as_deref(), Some("sunita"));
    assert_eq!(tills(&supervisor, listed(Tills::Open)).await, []);
    let today = railway_time(stage.kiosk.now()).date();
    assert_eq!(tills(&supervisor, listed(Tills::ClosedOn(today))).await, [closed]);
    report(&supervisor, till.id, Form::Pdf).await.expect("they see any");
}

#[tokio::test]
async fn a_sale_is_undone_while_its_till_is_open_and_everything_goes_back_the_way_it_came() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    open(&agent, 0).await.expect("none is open");
    let sold = sell(&agent, 3, card()).await.expect("there are berths");
    let undo = Request::VoidSale { op: new_op(), pnr: sold.pnr };
    let undone = booked(agent.call(undo.clone()).await).expect("its till is open");
    assert_eq!((undone.status, undone.kept(), undone.owed()), (BookingStatus::Cancelled, Paise::ZERO, Paise::ZERO));
    assert_eq!(booked(agent.call(undo).await).expect("it is the same"), undone);
    let till = newest(&agent).await;
    assert_eq!((till.card_in, till.card_out, till.cash_out), (sold.fare.total, sold.fare.total, Paise::ZERO));
    assert_eq!((till.movements, left(&stage, whole()).await), (2, 8));
    stage.kiosk.settle().await;
    let day = railway_time(stage.kiosk.now()).date();
    let events = stage.world.store.events_of(day).await.expect("it answers");
    assert!(events.iter().any(|event| event.action == "sale.void" && event.subject == Some(sold.pnr.to_string())));
    is_clean(&stage).await;
}

#[tokio::test]
async fn what_is_not_in_the_open_till_or_has_changed_or_has_left_is_not_undone() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let without = sold(&agent, whole(), best(1)).await;
    assert!(matches!(void(&agent, &without).await, Err(Failure::NotVoidable(_))), "no till is open");
    let till = open(&agent, 0).await.expect("none is open");
    assert!(matches!(void(&agent, &without).await, Err(Failure::NotVoidable(_))), "it was sold before");
    let colleague = stage.signed_in("arjun", Role::Agent).await;
    open(&colleague, 0).await.expect("none is open");
    let theirs = sell_for_cash(&colleague, 1).await;
    assert!(matches!(void(&agent, &theirs).await, Err(Failure::NotVoidable(_))), "it is another's");
    let two = sell_for_cash(&agent, 2).await;
    cancel(&agent, two.pnr, &[1]).await.expect("it is long before the journey");
    assert!(matches!(void(&agent, &two).await, Err(Failure::NotVoidable(_))), "one gave up already");
    let earlier = sell_for_cash(&agent, 1).await;
    close(&agent, till.id, newest(&agent).await.expected()).await.expect("it is open");
    open(&agent, 0).await.expect("the other is closed");
    assert!(matches!(void(&agent, &earlier).await, Err(Failure::NotVoidable(_))), "its till is closed");
    let late = sell_for_cash(&agent, 1).await;
    before_departure(&stage, &late, TimeDelta::zero());
    assert!(matches!(void(&agent, &late).await, Err(Failure::NotRefundable(_))), "the train has left");
    assert_eq!(stored(&stage, late.pnr).await, *late);
    assert_eq!(late.payment.as_ref().map(|paid| paid.method), Some(PaymentMethod::Cash));
}

#[tokio::test]
async fn a_drawer_holds_no_less_than_nothing() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    assert_eq!(open(&agent, -1).await, Err(Failure::NoDrawer));
    let till = open(&agent, 0).await.expect("none is open");
    assert_eq!(close(&agent, till.id, Paise::rupees(-1)).await, Err(Failure::NoDrawer));
    assert_eq!(newest(&agent).await.closing, None);
}
