//! Money beyond sales: refunds by reason and what is owed, what an audit says of tills and of the time before the ledger, the
//! mark of the schema, and events of tills whose reply was lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{NaiveDate, TimeDelta};
use kiosk::aws::fault::{Call, Fault, Meeting};
use kiosk::domain::audit::Difference;
use kiosk::domain::booking::{Booking, BookingStatus};
use kiosk::domain::delay::NewTimes;
use kiosk::domain::edition::Start;
use kiosk::domain::money::Paise;
use kiosk::domain::owed::{Owed, OwedSums};
use kiosk::domain::pnr::Pnr;
use kiosk::domain::report::refunds::{RefundReport, RefundSums, RefundsBy};
use kiosk::domain::station::{Station, StationCode};
use kiosk::domain::till::Till;
use kiosk::domain::time::railway_time;
use kiosk::domain::user::Role;
use kiosk::service::request::{
    BookingSearch, Cursor, Document, Failure, Form, Reply, ReportOf, Request, Revive, RunDelay,
};
use kiosk::service::{AuditReport, AuditScope, Depth, Session};
use kiosk::store::StoreError;
use kiosk::store::schema::SCHEMA_VERSION;
use kiosk::store::trains::Edit;
use tokio::sync::Notify;

use crate::refund_kit::{cancel, is_clean, sold};
use crate::service_kit::{PASSWORD, Stage, best, booked, hold, new_op, run, sign_in, terminal, test_money, whole};
use crate::till_kit::{card, close, lines, newest, open, report, sell, sell_for_cash, till_of, void};

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: impl Into<i64>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

impl Stage {
    /// Changes an item of bookings, or of trains, behind everybody's back.
    async fn set(&self, table: &str, key: (&str, &str), name: &str, value: AttributeValue) {
        let update = self.world.clients.dynamodb.update_item().table_name(table).key(key.0, text(key.1));
        let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
        update.expression_attribute_values(":value", value).send().await.expect("it is changed");
    }

    async fn unset(&self, table: &str, key: (&str, &str), names: impl IntoIterator<Item = &str>) {
        for name in names {
            let update = self.world.clients.dynamodb.update_item().table_name(table).key(key.0, text(key.1));
            let update = update.update_expression("REMOVE #one").expression_attribute_names("#one", name);
            update.send().await.expect("it is changed");
        }
    }

    async fn delete_booking_item(&self, key: &str) {
        let delete = self.world.clients.dynamodb.delete_item().table_name(&self.world.names.bookings);
        delete.key("BookingID", text(key)).send().await.expect("it is deleted");
    }

    async fn booking_item(&self, pnr: Pnr) -> HashMap<String, AttributeValue> {
        let get = self.world.clients.dynamodb.get_item().table_name(&self.world.names.bookings).consistent_read(true);
        let found = get.key("BookingID", text(&pnr.to_string())).send().await.expect("it answers");
        found.item.expect("it is there")
    }

    async fn deep_audit(&self) -> AuditReport {
        self.kiosk.settle().await;
        self.kiosk.audit(AuditScope::All, Depth::Bookings, |_, _, _| {}).await.expect("it answers")
    }
}

fn entry_key(booking: &Booking) -> String {
    format!("L#{}#{}", booking.pnr, booking.version)
}

async fn refunds(session: &Session, stage: &Stage) -> RefundReport {
    let today = railway_time(stage.kiosk.now()).date();
    match session.call(Request::Refunds { from: today, to: today }).await {
        Ok(Reply::Refunds(report)) => *report,
        other => panic!("refunds were answered with {other:?}"),
    }
}

async fn owed(session: &Session, after: Option<Cursor>) -> (Vec<Owed>, Option<Cursor>) {
    match session.call(Request::Owed { after }).await {
        Ok(Reply::Owed { page, next }) => (page, next),
        other => panic!("what is owed was answered with {other:?}"),
    }
}

async fn owed_sums(session: &Session) -> OwedSums {
    match session.call(Request::OwedSums).await {
        Ok(Reply::OwedSums(sums)) => sums,
        other => panic!("what is owed was answered with {other:?}"),
    }
}

async fn document(session: &Session, request: Request) -> Document {
    match session.call(request).await {
        Ok(Reply::Document(document)) => document,
        other => panic!("a document was answered with {other:?}"),
    }
}

#[tokio::test]
async fn refunds_are_added_up_by_reason_with_what_was_kept_and_what_was_undone_is_none() {
    let stage = Stage::new().await;
    let (agent, supervisor) = (stage.agent().await, stage.signed_in("sunita", Role::Supervisor).await);
    open(&agent, 5_000).await.expect("none is open");
    let wished = cancel(&agent, sell_for_cash(&agent, 2).await.pnr, &[0]).await.expect("it is long before");
    let waived = sell(&agent, 1, card()).await.expect("there are berths");
    let waiver = Some(kiosk::domain::refund::WaiverCode::Counter);
    let quote = crate::refund_kit::quoted_with(&supervisor, waived.pnr, &[0], waiver).await.expect("she may");
    let waived = booked(supervisor.call(crate::refund_kit::confirming(waived.pnr, &quote)).await).expect("it is good");
    let mistake = sell_for_cash(&agent, 1).await;
    void(&agent, &mistake).await.expect("its till is open");
    cancel(&agent, sell(&agent, 1, test_money()).await.expect("there are berths").pnr, &[0]).await.expect("it may");
    let report = refunds(&supervisor, &stage).await;
    let of = |booking: &Booking| {
        let quote = &booking.refunds[0].quote;
        RefundSums { refunds: 1, passengers: 1, fare: quote.refunded + quote.kept, back: quote.refunded }
    };
    let by = |by| -> Vec<_> { report.rows(by).iter().map(|row| (row.what.clone(), row.sums)).collect() };
    let expected = [("COUNTER".to_owned(), of(&waived)), ("wish".to_owned(), of(&wished))];
    assert_eq!(by(RefundsBy::Reason), expected);
    assert_eq!(by(RefundsBy::Means), [("cash".to_owned(), of(&wished)), ("card".to_owned(), of(&waived))]);
    assert_eq!(by(RefundsBy::Agent).len(), 2);
    assert!(of(&wished).kept() > Paise::ZERO && of(&waived).kept() == Paise::ZERO);
    assert_eq!((report.total.refunds, report.test.refunds), (2, 1));
    assert_eq!(report.total.kept() + report.total.back, report.total.fare);
    let today = railway_time(stage.kiosk.now()).date();
    let report = ReportOf::Refunds { days: (today, today), by: RefundsBy::Reason };
    let file = Request::ReportFile { report, form: Form::Csv };
    let csv = document(&supervisor, file).await;
    assert_eq!(csv.name, format!("refunds-by-reason-{today}.csv"));
    let csv = String::from_utf8(csv.bytes.to_vec()).expect("text");
    let back = wished.refunds[0].quote.refunded.to_string().replace(',', "");
    assert!(csv.contains("wish,the passenger's wish,1,1,") && csv.contains(&back), "{csv}");
    let report = ReportOf::Refunds { days: (today, today), by: RefundsBy::Day };
    let file = Request::ReportFile { report, form: Form::Pdf };
    assert!(document(&supervisor, file).await.bytes.starts_with(b"%PDF-1.7"));
}

#[tokio::test]
async fn what_waits_at_a_counter_is_owed_until_it_is_handed_out_the_longest_first() {
    let stage = Stage::new().await;
    let (agent, supervisor) = (stage.agent().await, stage.signed_in("sunita", Role::Supervisor).await);
    let operator = stage.kiosk.operator_session();
    assert_eq!(
        (owed(&supervisor, None).await, owed_sums(&supervisor).await),
        ((Vec::new(), None), OwedSums::default())
    );
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let booking = sell_for_cash(&agent, 1).await;
        waiting.push(cancel(&operator, booking.pnr, &[0]).await.expect("it is allowed"));
        stage.advance(TimeDelta::minutes(7));
    }
    cancel(&operator, sell(&agent, 1, test_money()).await.expect("free").pnr, &[0]).await.expect("it is allowed");
    let (page, next) = owed(&supervisor, None).await;
    let total = owed_sums(&supervisor).await;
    assert_eq!(
        page.iter().map(|owed| owed.pnr).collect::<Vec<_>>(),
        waiting.iter().map(|one| one.pnr).collect::<Vec<_>>()
    );
    let amount: Paise = waiting.iter().map(|booking| booking.owed()).sum();
    let oldest = Some(waiting[0].refunds[0].quote.at);
    assert_eq!((next, total), (None, OwedSums { count: 3, amount, oldest }));
    booked(agent.call(Request::PayOut { op: new_op(), pnr: waiting[0].pnr }).await).expect("it waits");
    let (page, _) = owed(&supervisor, None).await;
    let total = owed_sums(&supervisor).await;
    assert_eq!((page.len(), total.amount), (2, amount - waiting[0].owed()));
    let csv = document(&supervisor, Request::ReportFile { report: ReportOf::Owed, form: Form::Csv }).await;
    let csv = String::from_utf8(csv.bytes.to_vec()).expect("text");
    assert!(csv.contains(&waiting[1].pnr.to_string()) && !csv.contains(&waiting[0].pnr.to_string()), "{csv}");
    assert!(csv.trim_end().ends_with(&(amount - waiting[0].owed()).to_string().replace(',', "")), "{csv}");
    is_clean(&stage).await;
}

/// A store in which an older Kiosk sold: there are no entries, and what waits is on no list.
async fn before_the_ledger(stage: &Stage, bookings: &[Arc<Booking>]) {
    for booking in bookings {
        let first = Booking { version: 1, ..(**booking).clone() };
        stage.delete_booking_item(&entry_key(&first)).await;
        let key = booking.pnr.to_string();
        let lists = ["Work", "DueAt", "ListedOn", "NamesLower"];
        stage.unset(&stage.world.names.bookings, ("BookingID", &key), lists).await;
        let day = railway_time(booking.booked_at).date();
        stage.set(&stage.world.names.bookings, ("BookingID", &key), "BookedOn", text(&format!("{day}#7"))).await;
        stage.set(&stage.world.names.bookings, ("BookingID", &key), "SchemaVersion", number(1)).await;
    }
    stage.set(&stage.world.names.trains, ("TrainID", "#catalogue"), "SchemaVersion", number(1)).await;
}

#[tokio::test]
async fn what_was_sold_before_the_ledger_is_one_line_and_what_is_missing_since_is_a_difference() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let old = [sold(&agent, whole(), best(1)).await, sold(&agent, whole(), best(2)).await];
    let waits = cancel(&stage.kiosk.operator_session(), old[0].pnr, &[0]).await.expect("it is allowed");
    before_the_ledger(&stage, &[waits, Arc::clone(&old[1])]).await;
    let report = stage.deep_audit().await;
    assert!(report.is_clean(), "{report:?}");
    let amount = old[0].fare.total + old[1].fare.total;
    assert_eq!((report.before.bookings, report.before.amount, report.before.since), (2, amount, None));

    stage.advance(TimeDelta::minutes(5));
    let since = stage.kiosk.now();
    let new = sold(&agent, whole(), best(1)).await;
    stage.advance(TimeDelta::minutes(5));
    let lost = sold(&agent, whole(), best(1)).await;
    // Its refund is of the time since: that of its sale is known to be missing.
    booked(agent.call(Request::PayOut { op: new_op(), pnr: old[0].pnr }).await).expect("it waits");
    stage.delete_booking_item(&entry_key(&lost)).await;
    let report = stage.deep_audit().await;
    let found: Vec<_> = report.findings.iter().map(|finding| finding.difference.clone()).collect();
    let missing = Difference::Ledger { pnr: lost.pnr, ledger: Paise::ZERO, booking: lost.fare.total };
    assert_eq!(found, [missing]);
    assert_eq!((report.before.bookings, report.before.amount), (2, amount));
    assert_eq!(report.before.since.map(|at| at.timestamp()), Some(since.timestamp()), "{}", new.pnr);
}

#[tokio::test]
async fn a_till_that_has_counted_something_else_than_its_entries_is_named_and_its_report_says_so() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let first = open(&agent, 500).await.expect("none is open");
    sell_for_cash(&agent, 1).await;
    let closed = close(&agent, first.id, newest(&agent).await.expected()).await.expect("it is open");
    let second = open(&agent, 500).await.expect("the other is closed");
    let sold = sell_for_cash(&agent, 1).await;
    assert!(stage.deep_audit().await.is_clean());
    assert_eq!(complaints(&agent, &second).await, []);

    // The sum is changed, and the number of movements is not.
    let wrong = sold.fare.total - Paise::rupees(100);
    let bookings = stage.world.names.bookings.clone();
    stage.set(&bookings, ("BookingID", &format!("T#{}", second.id.agent)), "CashIn", number(wrong.get())).await;
    stage.set(&bookings, ("BookingID", &format!("T#{}", closed.id)), "CardIn", number(7)).await;
    let found = stage.deep_audit().await.findings;
    let tills: Vec<_> = found
        .iter()
        .filter_map(|finding| match &finding.difference {
            Difference::Till { till, agent: Some(_), ledger, counted } => {
                Some((*till, ledger.cash_in, counted.cash_in))
            }
            _ => None,
        })
        .collect();
    assert_eq!(tills.len(), found.len(), "{found:?}");
    assert!(tills.contains(&(second.id, sold.fare.total, wrong)), "{tills:?}");
    assert!(tills.iter().any(|(till, ..)| *till == closed.id), "{tills:?}");
    let by_lines = sold.fare.total.to_string().replace(',', "");
    let said = ("DOES NOT ADD UP: Cash taken by the lines".to_owned(), by_lines);
    assert_eq!(complaints(&agent, &second).await, [said]);
    report(&agent, second.id, Form::Pdf).await.expect("it can be had all the same");

    stage.delete_booking_item(&format!("T#{}", closed.id)).await;
    let found = stage.deep_audit().await.findings;
    let is_gone = |difference: &Difference| matches!(difference, Difference::Till { till, agent: None, .. } if *till == closed.id);
    assert!(found.iter().any(|finding| is_gone(&finding.difference)), "{found:?}");
}

/// What waits at a counter, and a slip, are found by work lists: who is on none is nobody's work.
#[tokio::test]
async fn a_booking_that_is_missing_on_its_work_list_is_found_by_the_audit() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let sold = sell_for_cash(&agent, 1).await;
    let waits = cancel(&stage.kiosk.operator_session(), sold.pnr, &[0]).await.expect("it is allowed");
    let paid = sell_for_cash(&agent, 1).await;
    is_clean(&stage).await;
    let table = &stage.world.names.bookings;
    stage.unset(table, ("BookingID", &waits.pnr.to_string()), ["Work", "DueAt"]).await;
    stage.set(table, ("BookingID", &paid.pnr.to_string()), "Work", text("owed#0")).await;
    let renamed = sell_for_cash(&agent, 1).await;
    stage.set(table, ("BookingID", &renamed.pnr.to_string()), "NamesLower", text("nobody")).await;
    let found = stage.deep_audit().await.findings;
    let mut found: Vec<_> = found.into_iter().map(|finding| finding.difference).collect();
    found.sort_by_key(|difference| format!("{difference:?}"));
    let mut expected = [sold.pnr, paid.pnr, renamed.pnr].map(|pnr| Difference::Lists { pnr });
    expected.sort_by_key(|difference| format!("{difference:?}"));
    assert_eq!(found, expected);
    assert!(found[0].to_string().contains("kiosk provision"), "{}", found[0]);
    booked(agent.call(Request::PayOut { op: new_op(), pnr: waits.pnr }).await).expect("it waits");
    assert!(!stage.deep_audit().await.findings.iter().any(|one| one.difference == Difference::Lists { pnr: sold.pnr }));
    assert_eq!(stage.world.store.list_unlisted_bookings().await, Ok(2));
    is_clean(&stage).await;
}

/// The lines of a report that say what does not add up.
async fn complaints(agent: &Session, till: &Till) -> Vec<(String, String)> {
    let lines = lines(agent, till.id).await.into_iter();
    let complaints = lines.filter(|line| line[0].starts_with("DOES NOT ADD UP"));
    complaints.map(|line| (line[0].clone(), line[9].clone())).collect()
}

#[tokio::test]
async fn an_older_store_is_raised_once_lists_what_waits_and_is_then_not_for_an_older_kiosk() {
    let stage = Stage::new().await;
    let (agent, supervisor) = (stage.agent().await, stage.signed_in("sunita", Role::Supervisor).await);
    let old = sold(&agent, whole(), best(1)).await;
    let waits = cancel(&stage.kiosk.operator_session(), old.pnr, &[0]).await.expect("it is allowed");
    before_the_ledger(&stage, &[Arc::clone(&waits)]).await;
    stage.advance(TimeDelta::minutes(5));
    // This version goes on beside what an older one has stored, and knows that it is not raised.
    sell_for_cash(&agent, 1).await;
    assert_eq!(owed(&supervisor, None).await.0, []);
    let day = railway_time(old.booked_at).date();
    let of_the_day = async || match supervisor
        .call(Request::FindBookings { by: BookingSearch::Day { day, name: String::new() }, after: None })
        .await
    {
        Ok(Reply::Found { page, .. }) => page.iter().any(|booking| booking.pnr == waits.pnr),
        other => panic!("{other:?}"),
    };
    assert!(!of_the_day().await);
    let checked = stage.world.store.inspect().await;
    let schema = checked.iter().find(|check| check.what == "schema").expect("it is looked at");
    assert!(format!("{:?}", schema.verdict).contains("run kiosk provision"), "{schema:?}");

    // Who changes the timetable lists nothing, and so raises nothing.
    let end = NaiveDate::from_ymd_opt(2027, 12, 31);
    stage.world.store.change_train(old.run.train, 1, Edit::Retire(end)).await.expect("it is there");
    let name = "Elsewhere".to_owned();
    let station = Station { code: StationCode::parse("XYZ").expect("a code"), city: name.clone(), name };
    let start = Start { from: end, today: railway_time(stage.kiosk.now()).date() };
    stage.world.store.publish(&[station], &[], start, |_, _| {}).await.expect("nobody else publishes");
    assert_eq!(stage.world.store.marked_schema().await, Ok(Some(1)));

    for _ in 0..2 {
        stage.world.store.provision(|_| {}).await.expect("it is raised");
        assert_eq!(stage.world.store.marked_schema().await, Ok(Some(SCHEMA_VERSION)));
        assert_eq!(owed(&supervisor, None).await.0.iter().map(|owed| owed.pnr).collect::<Vec<_>>(), [waits.pnr]);
        assert!(of_the_day().await);
    }
    assert!(!stage.booking_item(waits.pnr).await.contains_key("BookedOn"), "it is no money of that day");
    // A process of the older Kiosk that still runs cannot put the booking without its list any more.
    assert_eq!(stage.booking_item(waits.pnr).await["SchemaVersion"], number(SCHEMA_VERSION));
    assert_eq!(stage.world.store.list_unlisted_bookings().await, Ok(0));
    is_clean_but_for_the_past(&stage).await;
}

/// It may be an older Kiosk that changes it, which lists nothing.
#[tokio::test]
async fn what_waits_is_listed_though_its_booking_changes_at_that_moment() {
    let stage = Stage::new().await;
    let (agent, supervisor) = (stage.agent().await, stage.signed_in("sunita", Role::Supervisor).await);
    let old = sold(&agent, whole(), best(1)).await;
    let waits = cancel(&stage.kiosk.operator_session(), old.pnr, &[0]).await.expect("it is allowed");
    before_the_ledger(&stage, &[Arc::clone(&waits)]).await;
    let (arrived, go, first) = (Arc::new(Notify::new()), Meeting::of(2), AtomicU64::new(0));
    let (signal, meeting) = (Arc::clone(&arrived), go.clone());
    let store = stage.world.with_faults(move |call: &Call| {
        (call.operation == "UpdateItem" && first.fetch_add(1, Ordering::SeqCst) == 0).then(|| {
            signal.notify_one();
            Fault::Meet(meeting.clone())
        })
    });
    let meanwhile = async {
        arrived.notified().await;
        let (bookings, key) = (&stage.world.names.bookings, waits.pnr.to_string());
        stage.set(bookings, ("BookingID", &key), "Version", number(waits.version + 1)).await;
        go.come().await;
    };
    let (listed, ()) = tokio::join!(store.list_unlisted_bookings(), meanwhile);
    assert_eq!(listed, Ok(1));
    assert_eq!(owed(&supervisor, None).await.0.iter().map(|owed| owed.pnr).collect::<Vec<_>>(), [waits.pnr]);
}

async fn is_clean_but_for_the_past(stage: &Stage) {
    let report = stage.deep_audit().await;
    assert!(report.is_clean(), "{report:?}");
}

/// What this Kiosk says of a store that a newer one has raised. One of version 1, which knew of no mark but at its start, is
/// kept off by the versions of the items alone.
#[tokio::test]
async fn a_store_that_a_newer_kiosk_has_raised_is_neither_opened_nor_changed_nor_provisioned() {
    let stage = Stage::new().await;
    let (agent, guest) = (stage.agent().await, stage.guest());
    let before = sold(&agent, whole(), best(1)).await;
    let kept = hold(&guest, whole(), best(1)).await.expect("free");
    let reserve = Request::Reserve { op: new_op(), order: crate::service_kit::order(&guest, &kept).await };
    let slip = booked(guest.call(reserve).await).expect("it is kept");
    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let newer = number(SCHEMA_VERSION + 1);
    stage.set(&stage.world.names.trains, ("TrainID", "#catalogue"), "SchemaVersion", newer).await;
    stage.advance(TimeDelta::seconds(6));
    stage.kiosk.poll_once().await;
    assert_eq!(hold(&agent, whole(), best(1)).await, Err(Failure::Outdated));
    let book =
        Request::Book { op: new_op(), order: crate::service_kit::order(&agent, &held).await, payment: test_money() };
    assert_eq!(booked(agent.call(book).await), Err(Failure::Outdated));
    assert_eq!(cancel(&agent, before.pnr, &[0]).await, Err(Failure::Outdated));
    assert_eq!(open(&agent, 500).await, Err(Failure::Outdated));
    let office = stage.kiosk.operator_session();
    let berths = [(kiosk::domain::coach::CoachId::parse("B1").expect("a coach"), [5].into())].into();
    for request in [
        Request::BlockBerths { run: run(), berths, reason: Some("broken".to_owned()) },
        Request::ShowBanner { banner: crate::recording_samples::banner() },
        Request::EndBanner { banner: crate::recording_samples::banner().id },
        Request::MakeChart { run: run() },
        Request::CancelRun { run: run() },
        Request::DelayRun(RunDelay {
            op: new_op(),
            run: run(),
            new: NewTimes { from: 0, minutes: 60 },
            reason: "fog".to_owned(),
            based_on: 0,
        }),
        Request::RetryNotifications { which: Revive::AllDead },
    ] {
        let named = format!("{request:?}");
        assert_eq!(office.call(request).await.err(), Some(Failure::Outdated), "{named}");
    }
    let retired = stage.world.store.change_train(before.run.train, 1, Edit::Retire(None)).await;
    assert!(retired.is_err_and(|error| error.is_of_newer()));
    let says = |error: StoreError| error.to_string().contains("written by a newer kiosk: update this one");
    assert!(says(stage.world.store.ping().await.expect_err("it is newer")));
    assert!(says(stage.world.store.provision(|_| {}).await.expect_err("it is newer")));
    assert!(says(stage.world.store.catalogue().await.expect_err("it is newer")));
    stage.set(&stage.world.names.trains, ("TrainID", "#catalogue"), "SchemaVersion", number(SCHEMA_VERSION)).await;
    stage.advance(TimeDelta::seconds(6));
    stage.kiosk.poll_once().await;
    hold(&agent, whole(), best(1)).await.expect("it sells again");
    cancel(&agent, before.pnr, &[0]).await.expect("it gives back again");

    stage.set(&stage.world.names.trains, ("TrainID", "#catalogue"), "SchemaVersion", number(SCHEMA_VERSION + 1)).await;
    stage.advance(TimeDelta::hours(2));
    stage.kiosk.poll_once().await;
    stage.kiosk.work_once().await;
    assert_eq!(crate::refund_kit::stored(&stage, slip.pnr).await.status, BookingStatus::AwaitingPayment);
    stage.set(&stage.world.names.trains, ("TrainID", "#catalogue"), "SchemaVersion", number(SCHEMA_VERSION)).await;
    stage.advance(TimeDelta::seconds(6));
    stage.kiosk.poll_once().await;
    stage.kiosk.work_once().await;
    assert_eq!(crate::refund_kit::stored(&stage, slip.pnr).await.status, BookingStatus::Lapsed);
}

/// The reply to each transaction is lost, and the whole request repeated: the log has each event once.
#[tokio::test]
async fn an_opening_and_a_close_whose_replies_were_lost_are_each_in_the_log_once() {
    let stage = Stage::new().await;
    stage.account("agnes", Role::Agent).await;
    let broken = Arc::new(AtomicU64::new(0));
    let left = Arc::clone(&broken);
    let store = stage.world.with_faults(move |call: &Call| {
        let is_write = call.operation == "TransactWriteItems";
        let take = |left: &AtomicU64| left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let first = is_write && left.load(Ordering::SeqCst) == LOST;
        (is_write && take(&left).is_ok()).then(|| if first { Fault::LoseReply } else { Fault::LoseRequest })
    });
    let kiosk = stage.other_kiosk(store).await;
    let desk = kiosk.open_session(terminal("NDLS-07"));
    sign_in(&desk, "agnes", PASSWORD).await.expect("the password is right");
    let events = async |action: &str| {
        kiosk.settle().await;
        let day = railway_time(stage.kiosk.now()).date();
        let events = stage.world.store.events_of(day).await.expect("it answers");
        events.into_iter().filter(|event| event.action == action).count()
    };
    let twice = async |request: Request| {
        broken.store(LOST, Ordering::SeqCst);
        let lost = till_of(desk.call(request.clone()).await);
        assert!(matches!(lost, Err(Failure::Unavailable { .. })), "{lost:?}");
        broken.store(0, Ordering::SeqCst);
        till_of(desk.call(request.clone()).await).expect("it was done");
        till_of(desk.call(request).await).expect("it is the same")
    };
    let till = twice(Request::OpenTill { op: new_op(), float: Paise::rupees(500) }).await;
    assert_eq!(events("till.open").await, 1);
    let (counted, movements) = (Paise::rupees(500), till.movements);
    twice(Request::CloseTill { op: new_op(), till: till.id, counted, movements }).await;
    assert_eq!(events("till.close").await, 1);
}

/// More writes than a request makes of its own.
const LOST: u64 = 1_000;
