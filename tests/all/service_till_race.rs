//! A till that is opened or closed between the look for it and the write: money goes through the till that is open when it moves,
//! and through none only while none is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::booking::Booking;
use kiosk::domain::money::Paise;
use kiosk::service::Session;
use kiosk::service::request::{Failure, Outcome, Request};
use rstest::rstest;
use tokio::sync::Notify;

use crate::refund_kit::{cancel, confirming, is_clean, quoted, stored};
use crate::service_kit::{PASSWORD, Stage, best, booked, cash, hold, left, new_op, order, sign_in, terminal, whole};
use crate::till_kit::{close, newest, open, sell_for_cash};

/// A desk whose next write, once it is armed, waits on its way until the test lets it go on.
struct Desk {
    stage: Stage,
    /// The agent at the slow desk.
    slow: Session,
    /// The same agent elsewhere.
    agent: Session,
    armed: Arc<AtomicBool>,
    arrived: Arc<Notify>,
    go: Meeting,
}

impl Desk {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let agent = stage.agent().await;
        let (armed, arrived, go) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()), Meeting::of(2));
        let (switch, signal, meeting) = (Arc::clone(&armed), Arc::clone(&arrived), go.clone());
        let store = stage.world.with_faults(move |call: &Call| {
            let waits = call.operation == "TransactWriteItems" && switch.swap(false, Ordering::SeqCst);
            waits.then(|| {
                signal.notify_one();
                Fault::Meet(meeting.clone())
            })
        });
        let slow = stage.other_kiosk(store).await.open_session(terminal("NDLS-07"));
        sign_in(&slow, "agnes", PASSWORD).await.expect("the password is right");
        Self { stage, slow, agent, armed, arrived, go }
    }

    /// Asks at the slow desk, and does something else while the write is on its way.
    async fn meanwhile(&self, request: Request, what: impl Future<Output = ()>) -> Result<Arc<Booking>, Failure> {
        self.armed.store(true, Ordering::SeqCst);
        let meanwhile = async {
            self.arrived.notified().await;
            what.await;
            self.go.come().await;
        };
        let (reply, ()) = tokio::join!(self.slow.call(request), meanwhile);
        booked(reply)
    }

    async fn booking(&self) -> Request {
        let held = hold(&self.slow, whole(), best(1)).await.expect("free");
        Request::Book { op: new_op(), order: order(&self.slow, &held).await, payment: cash() }
    }

    async fn opens(&self) {
        open(&self.agent, 5_000).await.expect("none is open");
    }

    async fn closes(&self) {
        let till = newest(&self.agent).await;
        close(&self.agent, till.id, till.expected()).await.expect("it is open");
    }
}

#[tokio::test]
async fn a_sale_goes_through_the_till_that_was_opened_meanwhile() {
    let desk = Desk::new().await;
    let book = desk.booking().await;
    let sold = desk.meanwhile(book, desk.opens()).await.expect("it is sold");
    let till = newest(&desk.agent).await;
    assert_eq!(sold.payment.as_ref().and_then(|paid| paid.till), Some(till.id));
    assert_eq!((till.cash_in, till.movements), (sold.fare.total, 1));
    assert_eq!(stored(&desk.stage, sold.pnr).await, *sold);
    is_clean(&desk.stage).await;
}

#[tokio::test]
async fn a_slip_is_paid_into_the_till_that_was_opened_meanwhile() {
    let desk = Desk::new().await;
    let guest = desk.stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let reserve = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
    let slip = booked(guest.call(reserve).await).expect("it is reserved");
    let pay = Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() };
    let paid = desk.meanwhile(pay, desk.opens()).await.expect("it is paid");
    let till = newest(&desk.agent).await;
    assert_eq!(paid.payment.as_ref().and_then(|paid| paid.till), Some(till.id));
    assert_eq!((till.cash_in, till.movements), (slip.fare.total, 1));
    is_clean(&desk.stage).await;
}

/// The first write went through no till, and was refused by the till that was opened; a copy of it could be on its way still, and
/// comes as soon as none is open. The second is refused since the till is closed.
#[rstest]
#[case::sold(false)]
#[case::paid_for_a_slip(true)]
#[tokio::test]
async fn money_is_in_doubt_that_was_sent_through_no_till_before_one_was_opened_and_closed(#[case] slip: bool) {
    let desk = Desk::new().await;
    let request = if slip {
        let guest = desk.stage.guest();
        let held = hold(&guest, whole(), best(1)).await.expect("free");
        let reserve = Request::Reserve { op: new_op(), order: order(&guest, &held).await };
        let slip = booked(guest.call(reserve).await).expect("it is reserved");
        Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() }
    } else {
        desk.booking().await
    };
    let twice = async {
        desk.opens().await;
        desk.armed.store(true, Ordering::SeqCst);
        desk.go.come().await;
        desk.arrived.notified().await;
        desk.closes().await;
    };
    let reply = desk.meanwhile(request, twice).await;
    assert!(matches!(reply, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{reply:?}");
    assert_eq!(newest(&desk.agent).await.movements, 0);
}

#[derive(Clone, Copy, Debug)]
enum Out {
    Cancelled,
    PaidOut,
}

/// A booking of which money goes out, and the request for that.
async fn going_out(desk: &Desk, out: Out) -> (Arc<Booking>, Request) {
    let sold = sell_for_cash(&desk.agent, 1).await;
    let request = match out {
        Out::Cancelled => {
            let quote = quoted(&desk.slow, sold.pnr, &[0]).await.expect("it is long before the journey");
            confirming(sold.pnr, &quote)
        }
        Out::PaidOut => {
            cancel(&desk.stage.kiosk.operator_session(), sold.pnr, &[0]).await.expect("it is allowed");
            Request::PayOut { op: new_op(), pnr: sold.pnr }
        }
    };
    (sold, request)
}

#[rstest]
#[case(Out::Cancelled)]
#[case(Out::PaidOut)]
#[tokio::test]
async fn money_goes_out_of_the_till_that_was_opened_meanwhile(#[case] out: Out) {
    let desk = Desk::new().await;
    let (_, request) = going_out(&desk, out).await;
    let after = desk.meanwhile(request, desk.opens()).await.expect("it can be given back");
    let till = newest(&desk.agent).await;
    let refund = &after.refunds[0];
    assert_eq!(refund.paid_out.as_ref().and_then(|out| out.till), Some(till.id));
    assert_eq!((till.cash_out, till.movements), (refund.quote.refunded, 1));
    is_clean(&desk.stage).await;
}

/// The places are given up, since that goes by the hour, and the money waits.
#[tokio::test]
async fn what_a_cancellation_gives_back_waits_where_its_till_was_closed_meanwhile() {
    let desk = Desk::new().await;
    desk.opens().await;
    let (_, request) = going_out(&desk, Out::Cancelled).await;
    let after = desk.meanwhile(request, desk.closes()).await.expect("it is given up");
    assert_eq!((after.refunds[0].paid_out.as_ref(), after.owed()), (None, after.refunds[0].quote.refunded));
    assert_eq!(newest(&desk.agent).await.cash_out, Paise::ZERO);
    is_clean(&desk.stage).await;
}

#[tokio::test]
async fn nothing_is_handed_out_where_the_till_was_closed_meanwhile() {
    let desk = Desk::new().await;
    desk.opens().await;
    let (sold, request) = going_out(&desk, Out::PaidOut).await;
    assert_eq!(desk.meanwhile(request.clone(), desk.closes()).await, Err(Failure::TillClosed));
    assert!(stored(&desk.stage, sold.pnr).await.owed() > Paise::ZERO);
    // Whoever asks again has seen that the till is closed.
    let out = booked(desk.slow.call(request).await).expect("no till is needed");
    assert_eq!(out.refunds[0].paid_out.as_ref().expect("it is handed out").till, None);
    is_clean(&desk.stage).await;
}

/// The first attempt was to go through no till, and is still on its way when one is opened, used for the second attempt and
/// closed. It could come as soon as no till is open, so a refusal would not be the truth.
#[tokio::test]
async fn a_sale_is_not_refused_for_its_till_while_an_attempt_without_one_could_still_come() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let (breaks, waits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (arrived, go, late) = (Arc::new(Notify::new()), Meeting::of(2), Meeting::of(2));
    let (lost, held_up, signal) = (Arc::clone(&breaks), Arc::clone(&waits), Arc::clone(&arrived));
    let (on, first) = (go.clone(), (late.clone(), AtomicBool::new(true)));
    let store = stage.world.with_faults(move |call: &Call| {
        if call.operation != "TransactWriteItems" {
            return None;
        }
        if lost.load(Ordering::SeqCst) {
            let (late, is_first) = &first;
            return Some(if is_first.swap(false, Ordering::SeqCst) {
                Fault::Late(late.clone())
            } else {
                Fault::LoseRequest
            });
        }
        held_up.swap(false, Ordering::SeqCst).then(|| {
            signal.notify_one();
            Fault::Meet(on.clone())
        })
    });
    let desk = stage.other_kiosk(store).await.open_session(terminal("NDLS-07"));
    sign_in(&desk, "agnes", PASSWORD).await.expect("the password is right");
    let held = hold(&desk, whole(), best(1)).await.expect("free");
    let book = Request::Book { op: new_op(), order: order(&desk, &held).await, payment: cash() };
    breaks.store(true, Ordering::SeqCst);
    let reply = desk.call(book.clone()).await;
    assert!(matches!(reply, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{reply:?}");
    breaks.store(false, Ordering::SeqCst);
    let till = open(&agent, 0).await.expect("none is open");
    waits.store(true, Ordering::SeqCst);
    let meanwhile = async {
        arrived.notified().await;
        close(&agent, till.id, Paise::ZERO).await.expect("it is open");
        go.come().await;
    };
    let (reply, ()) = tokio::join!(desk.call(book.clone()), meanwhile);
    assert!(matches!(reply, Err(Failure::Unavailable { outcome: Outcome::Unknown, .. })), "{reply:?}");
    late.come().await;
    late.come().await;
    let sold = booked(desk.call(book).await).expect("it is found");
    assert_eq!(sold.payment.as_ref().expect("it is paid").till, None);
    assert_eq!((newest(&agent).await.movements, left(&stage, whole()).await), (0, 7));
    is_clean(&stage).await;
}
