//! Finding bookings, their history, and the audit log to read.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use kiosk::aws::fault::Call;
use kiosk::domain::booking::{Booking, Deed};
use kiosk::domain::pnr::Pnr;
use kiosk::domain::time::railway_time;
use kiosk::domain::user::{Phone, Role};
use kiosk::service::Session;
use kiosk::service::progress::{self, Tell};
use kiosk::service::request::{BookingSearch, Cursor, EventFilter, EventLine, Failure, Reply, Request, Step};

use crate::post_office::PostOffice;
use crate::service_kit::{
    PASSWORD, Stage, best, book, booked, cash, hold, leg, new_op, order, order_for, passenger, run, sign_in, terminal,
    whole,
};
use crate::service_notify::{everything, told_by};

async fn found(session: &Session, by: BookingSearch) -> Vec<Arc<Booking>> {
    let (mut all, mut after): (Vec<Arc<Booking>>, Option<Cursor>) = (Vec::new(), None);
    loop {
        match session.call(Request::FindBookings { by: by.clone(), after }).await {
            Ok(Reply::Found { page, next, .. }) => {
                all.extend(page);
                after = next;
            }
            other => panic!("{other:?}"),
        }
        if after.is_none() {
            return all;
        }
    }
}

async fn history(session: &Session, booking: &Booking) -> Vec<Step> {
    match session.call(Request::History { pnr: booking.pnr }).await {
        Ok(Reply::History(steps)) => steps,
        other => panic!("{other:?}"),
    }
}

async fn events(session: &Session, day: NaiveDate, filter: EventFilter) -> Vec<EventLine> {
    match session.call(Request::Events { day, filter, after: None }).await {
        Ok(Reply::Events { page, .. }) => page,
        other => panic!("{other:?}"),
    }
}

fn phone(text: &str) -> BookingSearch {
    BookingSearch::Phone(Phone::parse(text).expect("a number"))
}

/// Books a berth for somebody with a telephone number.
async fn buy(session: &Session, name: &str, number: &str) -> Arc<Booking> {
    let held = hold(session, leg(0, 1), best(1)).await.expect("free");
    let order = order_for(session, &held, vec![passenger(name)]).await.expect("a price");
    let phone = Phone::parse(number).expect("a number");
    book(session, &kiosk::service::request::Order { phone, ..order }).await.expect("it is booked")
}

/// Puts a booking again under another PNR and moment of the same day.
pub async fn copy(stage: &Stage, booking: &Booking, pnr: Pnr, booked_at: DateTime<Utc>) {
    let (client, table) = (&stage.world.clients.dynamodb, &stage.world.names.bookings);
    let text = |text: String| AttributeValue::S(text);
    let get = client.get_item().table_name(table).key("BookingID", text(booking.pnr.to_string()));
    let mut item = get.send().await.expect("it answers").item.expect("it is there");
    let day = railway_time(booked_at).date();
    item.insert("BookingID".to_owned(), text(pnr.to_string()));
    item.insert("BookedAt".to_owned(), text(booked_at.to_rfc3339_opts(SecondsFormat::Secs, true)));
    item.insert("ListedOn".to_owned(), text(format!("{day}#{}", pnr.get() % 16)));
    client.put_item().table_name(table).set_item(Some(item)).send().await.expect("it answers");
}

#[tokio::test]
async fn bookings_are_found_by_telephone_run_day_and_name() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let first = buy(&agent, "Anita Sharma", "9810012345").await;
    stage.advance(TimeDelta::minutes(1));
    let second = buy(&agent, "Bela Rao", "+91 98100 12345").await;
    stage.advance(TimeDelta::days(1));
    let third = buy(&agent, "Anita Rao", "011 2338 9319").await;
    let pnrs = |list: Vec<Arc<Booking>>| list.iter().map(|booking| booking.pnr).collect::<Vec<_>>();

    let same = pnrs(found(&agent, phone("098100-12345")).await);
    assert_eq!(same, [second.pnr, first.pnr], "newest first, however the number is written");
    assert_eq!(pnrs(found(&agent, phone("9810012346")).await), []);

    let today = railway_time(first.booked_at).date();
    let on = |day, name: &str| BookingSearch::Day { day, name: name.to_owned() };
    assert_eq!(pnrs(found(&agent, on(today, "")).await), [second.pnr, first.pnr]);
    assert_eq!(pnrs(found(&agent, on(today, "sharma")).await), [first.pnr]);
    assert_eq!(pnrs(found(&agent, on(today + TimeDelta::days(1), "")).await), [third.pnr]);

    let of = |name: &str| BookingSearch::Run { run: run(), name: name.to_owned() };
    let mut all = vec![first.pnr, second.pnr, third.pnr];
    all.sort();
    assert_eq!(pnrs(found(&agent, of("")).await), all, "by PNR");
    assert_eq!(pnrs(found(&agent, of(" RAO ")).await).len(), 2);
}

#[tokio::test]
async fn a_day_of_many_bookings_comes_page_by_page_each_once_and_newest_first() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let sample = buy(&agent, "Anita Sharma", "9810012345").await;
    let day = railway_time(sample.booked_at).date();
    for n in 0..70_u64 {
        let pnr = format!("{}", 2_450_000_000 + n * 37).parse().expect("a PNR");
        // Several of one second, as when Tatkal opens.
        let booked_at = sample.booked_at + TimeDelta::seconds(i64::try_from(n / 9).expect("few"));
        copy(&stage, &sample, pnr, booked_at).await;
    }
    let all = found(&agent, BookingSearch::Day { day, name: String::new() }).await;
    let mut pnrs: Vec<_> = all.iter().map(|booking| booking.pnr).collect();
    assert_eq!(pnrs.len(), 71);
    assert!(all.windows(2).all(|pair| pair[0].booked_at >= pair[1].booked_at), "newest first");
    pnrs.sort();
    pnrs.dedup();
    assert_eq!(pnrs.len(), 71, "each once");
}

/// Names the operations of what is asked through a process of its own.
async fn listing(stage: &Stage) -> (Session, Arc<Mutex<Vec<String>>>) {
    let operations = Arc::new(Mutex::new(Vec::new()));
    let listed = Arc::clone(&operations);
    let store = stage.world.with_faults(move |call: &Call| {
        listed.lock().expect("it is whole").push(call.operation.clone());
        None
    });
    let session = stage.other_kiosk(store).await.open_session(terminal("NDLS-07"));
    sign_in(&session, "agnes", PASSWORD).await.expect("it is right");
    (session, operations)
}

/// How many of an operation there were since this was last asked.
fn count(operations: &Mutex<Vec<String>>, operation: &str) -> usize {
    let since = std::mem::take(&mut *operations.lock().expect("it is whole"));
    since.iter().filter(|name| *name == operation).count()
}

#[tokio::test]
async fn a_name_that_is_rare_on_a_day_is_looked_for_bit_by_bit_and_costs_few_queries() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let rare = buy(&agent, "Zubin Irani", "9810012345").await;
    stage.advance(TimeDelta::seconds(1));
    let sample = buy(&agent, "Anita Sharma", "9810012345").await;
    for n in 0..2_600_u64 {
        let pnr = format!("{}", 2_450_000_000 + n * 37).parse().expect("a PNR");
        copy(&stage, &sample, pnr, sample.booked_at + TimeDelta::seconds(i64::try_from(n).expect("few"))).await;
    }
    let day = railway_time(rare.booked_at).date();
    let (agent, operations) = listing(&stage).await;
    count(&operations, "");
    let by = |name: &str| BookingSearch::Day { day, name: name.to_owned() };
    let ask = async |name: &str, after| match agent.call(Request::FindBookings { by: by(name), after }).await {
        Ok(Reply::Found { page, next, looked_at, back_to: None }) => (page.len(), next, looked_at),
        other => panic!("{other:?}"),
    };
    let (found, next, looked_at) = ask("zubin", None).await;
    assert_eq!(found, 0);
    assert!((2_500..2_600).contains(&looked_at), "as many were looked at as one answer is worth: {looked_at}");
    let first = looked_at;
    let asked = count(&operations, "Query");
    assert!(asked <= 40, "{asked} queries");
    let (found, next, looked_at) = ask("zubin", next).await;
    assert_eq!((found, next, looked_at), (1, None, 2_602 - first), "and the rest of the day from there");
    count(&operations, "");
    let (found, _, looked_at) = ask("anita", None).await;
    assert_eq!((found, looked_at), (20, 20), "whom it finds at once it looks for no further");
    let asked = std::mem::take(&mut *operations.lock().expect("it is whole"));
    let of = |name: &str| asked.iter().filter(|operation| *operation == name).count();
    assert!(of("Query") <= 16 && of("BatchGetItem") == 1, "each partition once, and the page: {asked:?}");
}

/// The store passes over whoever has another name: none of their bookings is read. What was written before it had names is.
#[tokio::test]
async fn a_name_on_a_run_is_found_without_reading_the_others() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let rare = buy(&agent, "Zubin İrani", "9810012345").await;
    for n in 0..5 {
        buy(&agent, &format!("Anita Sharma {}", ["A", "B", "C", "D", "E"][n]), "9810012345").await;
    }
    let (session, operations) = listing(&stage).await;
    let of = |name: &str| BookingSearch::Run { run: run(), name: name.to_owned() };
    for (name, expected) in [("ZUBIN İ", vec![rare.pnr]), ("nobody", vec![])] {
        count(&operations, "");
        let request = Request::FindBookings { by: of(name), after: None };
        let Ok(Reply::Found { page, next, looked_at, .. }) = session.call(request).await else { panic!("a page") };
        let pnrs: Vec<_> = page.iter().map(|booking| booking.pnr).collect();
        assert_eq!((pnrs, next, looked_at), (expected.clone(), None, 6), "{name}");
        let read = count(&operations, "BatchGetItem");
        assert_eq!(read, expected.len(), "{name}: bookings are read where somebody has it");
    }
    forget_names(&stage, &rare).await;
    let day = railway_time(rare.booked_at).date();
    let name = || "zubin".to_owned();
    for by in [of("zubin"), BookingSearch::Day { day, name: name() }, BookingSearch::Name(name())] {
        let all = found(&agent, by.clone()).await;
        assert_eq!(all.iter().map(|booking| booking.pnr).collect::<Vec<_>>(), [rare.pnr], "{by:?}");
    }
}

/// An index is a moment behind its table: who is found by it has the name, or is left out.
#[tokio::test]
async fn whoever_has_another_name_by_now_is_left_out() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let renamed = buy(&agent, "Anita Sharma", "9810012345").await;
    stage.advance(TimeDelta::seconds(1));
    let named = buy(&agent, "Zubin Irani", "9810012345").await;
    let update = stage.world.clients.dynamodb.update_item().table_name(&stage.world.names.bookings);
    let update = update.key("BookingID", AttributeValue::S(renamed.pnr.to_string()));
    let update = update.update_expression("SET #names = :names").expression_attribute_names("#names", "NamesLower");
    let behind = update.expression_attribute_values(":names", AttributeValue::S("zubin sharma".to_owned()));
    behind.send().await.expect("it is there");
    let day = railway_time(named.booked_at).date();
    for by in [BookingSearch::Day { day, name: "zubin".to_owned() }, BookingSearch::Name("zubin".to_owned())] {
        let all = found(&agent, by.clone()).await;
        assert_eq!(all.iter().map(|booking| booking.pnr).collect::<Vec<_>>(), [named.pnr], "{by:?}");
    }
}

/// Has a booking and its line in the manifest as a Kiosk wrote them that kept no names to look for.
async fn forget_names(stage: &Stage, booking: &Booking) {
    let text = |text: String| AttributeValue::S(text);
    let (client, names) = (&stage.world.clients.dynamodb, &stage.world.names);
    let of_booking = client.update_item().table_name(&names.bookings).key("BookingID", text(booking.pnr.to_string()));
    let of_line = client.update_item().table_name(names.runs()).key("RunID", text(booking.run.to_string()));
    for update in [of_booking, of_line.key("Item", text(format!("P#{}", booking.pnr)))] {
        let update = update.condition_expression("attribute_exists(#names)").update_expression("REMOVE #names");
        update.expression_attribute_names("#names", "NamesLower").send().await.expect("it had names");
    }
}

/// Whoever knows nothing but a name is looked for from today's bookings back, some days at a time.
#[tokio::test]
async fn a_name_is_looked_for_through_all_days_from_the_newest_back() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let day_of = |booking: &Booking| railway_time(booking.booked_at).date();
    let oldest = buy(&agent, "Zubin Irani", "9810012345").await;
    buy(&agent, "Anita Sharma", "9810012345").await;
    stage.advance(TimeDelta::days(40));
    let middle = found_again(&stage, &oldest, "2451000001").await;
    stage.advance(TimeDelta::hours(1));
    let newest = found_again(&stage, &oldest, "2451000002").await;
    let ask = async |after| match agent
        .call(Request::FindBookings { by: BookingSearch::Name("IRANI".to_owned()), after })
        .await
    {
        Ok(Reply::Found { page, next, looked_at, back_to }) => {
            (page.iter().map(|booking| booking.pnr).collect::<Vec<_>>(), next, looked_at, back_to.expect("a day"))
        }
        other => panic!("{other:?}"),
    };
    let (pnrs, mut next, looked_at, mut back_to) = ask(None).await;
    let today = railway_time(stage.kiosk.now()).date();
    assert_eq!((pnrs, looked_at, back_to), (vec![newest, middle], 2, today - TimeDelta::days(6)));
    let mut answers = 1;
    while back_to > day_of(&oldest) {
        let (pnrs, further, looked_at, day) = ask(next).await;
        let expected = if day > day_of(&oldest) { (vec![], 0) } else { (vec![oldest.pnr], 2) };
        assert_eq!((pnrs, looked_at), expected, "back to {day}");
        (next, back_to, answers) = (further, day, answers + 1);
    }
    while next.is_some() {
        let (pnrs, further, _, _) = ask(next).await;
        assert_eq!(pnrs, [], "each once");
        (next, answers) = (further, answers + 1);
    }
    assert_eq!(answers, 367_usize.div_ceil(7), "a year back and no further");
    let log = events(&stage.signed_in("adam", Role::Administrator).await, today, EventFilter::default()).await;
    assert!(
        log.iter().any(|line| line.event.action == "booking.find" && line.event.subject.as_deref() == Some("IRANI"))
    );
}

/// The same booking under another PNR, made now.
async fn found_again(stage: &Stage, booking: &Booking, pnr: &str) -> Pnr {
    let pnr = pnr.parse().expect("a PNR");
    copy(stage, booking, pnr, stage.kiosk.now()).await;
    pnr
}

#[tokio::test]
async fn a_history_says_who_did_what_from_where() {
    let stage = Stage::new().await;
    let anita = stage.signed_in("anita", Role::Traveller).await;
    let booking = buy(&anita, "Anita Sharma", "9810012345").await;
    let agent = stage.signed_in("agnes", Role::Agent).await;
    let quote = Request::QuoteCancel { pnr: booking.pnr, passengers: vec![0], waiver: None };
    let Ok(Reply::Quote(quote)) = agent.call(quote).await else { panic!("she may") };
    booked(agent.call(Request::Cancel { op: new_op(), pnr: booking.pnr, quote }).await).expect("the quote is good");
    stage.kiosk.settle().await;

    let steps = history(&agent, &booking).await;
    let told: Vec<_> = steps
        .iter()
        .map(|step| (step.what.clone(), step.who.as_ref().map(ToString::to_string), step.session.clone()))
        .collect();
    let session = |session: &Session| Some(session.id().to_owned());
    assert_eq!(
        told[..2],
        [
            (Deed::Booked, Some("anita".to_owned()), session(&anita)),
            (Deed::Cancelled(vec![0]), Some("agnes".to_owned()), session(&agent)),
        ]
    );
    assert!(steps.iter().all(|step| step.terminal.as_deref() == Some("NDLS-07")), "{steps:?}");
    assert_eq!(
        anita.call(Request::History { pnr: booking.pnr }).await.map(drop),
        Err(Failure::NotAllowed { needs: Role::Agent })
    );
}

#[tokio::test]
async fn the_log_is_read_by_day_and_narrowed_down() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let anita = stage.signed_in("anita", Role::Traveller).await;
    let booking = buy(&anita, "=Anita", "9810012345").await;
    found(&stage.agent().await, phone("9810012345")).await;
    stage.kiosk.settle().await;
    let today = railway_time(stage.kiosk.now()).date();

    let all = events(&adam, today, EventFilter::default()).await;
    assert!(all.windows(2).all(|pair| pair[0].event.at >= pair[1].event.at), "newest first");
    let filter = |who: &str, action: &str, subject: &str| EventFilter {
        who: who.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        session: String::new(),
    };
    let actions = |lines: Vec<EventLine>| lines.into_iter().map(|line| line.event.action).collect::<Vec<_>>();
    assert_eq!(actions(events(&adam, today, filter("Anita", "account.sign-in", "")).await), ["account.sign-in"]);
    assert_eq!(actions(events(&adam, today, filter("", "", &booking.pnr.to_string())).await).len(), 1);
    let odd = kiosk::store::audit_log::Event {
        id: uuid::Uuid::from_u128(7),
        at: stage.kiosk.now(),
        account: None,
        action: "test.odd".to_owned(),
        subject: Some("=1+1".to_owned()),
        terminal: "@HALL".to_owned(),
        session: None,
        note: Some("+2".to_owned()),
    };
    stage.world.store.append_event(&odd).await.expect("it answers");
    let exported =
        adam.call(Request::ExportEvents { from: today, to: today, filter: filter("", "test.odd", "") }).await;
    let Ok(Reply::Document(document)) = exported else { panic!("{exported:?}") };
    let text = String::from_utf8_lossy(&document.bytes).into_owned();
    assert!(text.contains(",test.odd,'=1+1,'@HALL,,'+2"), "no cell is run: {text}");
    assert_eq!(actions(events(&adam, today, filter("operator", "account.add", "agnes")).await), ["account.add"]);
    assert_eq!(actions(events(&adam, today, filter("nobody", "", "")).await), [""; 0]);
    let looked = events(&adam, today, filter("agnes", "booking.find", "")).await;
    assert_eq!(looked[0].event.subject.as_deref(), Some("******2345"), "who looked for whom, and no full number");

    let exported = adam.call(Request::ExportEvents { from: today, to: today, filter: filter("anita", "", "") }).await;
    let Ok(Reply::Document(document)) = exported else { panic!("{exported:?}") };
    assert_eq!(document.name, "events-2026-12-01.csv", "it is all of the day");
    let text = String::from_utf8(document.bytes.to_vec()).expect("UTF-8");
    let rows = events(&adam, today, filter("anita", "", "")).await.len();
    assert_eq!(text.lines().count(), rows + 1, "a row for each, and the columns");
    assert!(text.starts_with("At,Who,Action,Subject,Terminal,Session,Note\r\n"), "{text}");
    assert!(text.contains(&format!(",anita,account.sign-in,anita,NDLS-07,{},", anita.id())), "{text}");
}

#[tokio::test]
async fn the_log_is_narrowed_to_one_session() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let anita = stage.signed_in("anita", Role::Traveller).await;
    buy(&anita, "Anita Sharma", "9810012345").await;
    let elsewhere = stage.kiosk.open_session(terminal("NDLS-08"));
    crate::service_kit::sign_in(&elsewhere, "anita", crate::service_kit::PASSWORD)
        .await
        .expect("the password is right");
    stage.kiosk.settle().await;
    let today = railway_time(stage.kiosk.now()).date();
    let of = |session: &str| EventFilter { session: session.to_owned(), ..EventFilter::default() };
    let found = events(&adam, today, of(&anita.id().to_lowercase())).await;
    let mut actions: Vec<_> = found.iter().map(|line| line.event.action.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["account.sign-in", "booking.confirm"], "and not how she came in elsewhere");
    let both = EventFilter { action: "booking".to_owned(), ..of(elsewhere.id()) };
    assert_eq!(events(&adam, today, both).await, [], "all that is typed has to fit");
    assert_eq!(events(&adam, today, of("NOBODY")).await, []);
}

/// An event of some days before now.
async fn happened(stage: &Stage, number: u128, days: i64) {
    let event = kiosk::store::audit_log::Event {
        id: uuid::Uuid::from_u128(number),
        at: stage.kiosk.now() - TimeDelta::days(days),
        account: None,
        action: "test.old".to_owned(),
        subject: Some(format!("n{number}")),
        terminal: "HALL-1".to_owned(),
        session: None,
        note: None,
    };
    stage.world.store.append_event(&event).await.expect("appended");
}

#[tokio::test]
async fn the_log_of_some_days_is_written_into_one_file() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    for (number, days) in [(1, 0), (2, 1), (3, 3), (4, 4)] {
        happened(&stage, number, days).await;
    }
    let today = railway_time(stage.kiosk.now()).date();
    let before = |days| today - chrono::Days::new(days);
    let filter = EventFilter { action: "test.old".to_owned(), ..EventFilter::default() };
    let ask = |from, to| Request::ExportEvents { from, to, filter: filter.clone() };
    let (tell, told) = Tell::somebody();
    let exported = adam.call_telling(ask(before(3), before(1)), tell).await;
    let Ok(Reply::Document(document)) = exported else { panic!("{exported:?}") };
    assert_eq!(document.name, "events-2026-11-28-to-2026-11-30.csv");
    let text = String::from_utf8_lossy(&document.bytes).into_owned();
    let subjects: Vec<_> = text.lines().skip(1).filter_map(|line| line.split(',').nth(3)).collect();
    assert_eq!(subjects, ["n2", "n3"], "newest first, and both ends are in it");
    let last = told.borrow().expect("it tells how far it has come");
    assert_eq!((last.stage, last.done, last.of), (progress::Stage::Log, 48, 72));
    for (from, to) in [(today, before(1)), (before(92), today)] {
        let refused = adam.call(ask(from, to)).await.map(drop);
        assert_eq!(refused, Err(Failure::ReportDays { max: 92 }), "{from} to {to}");
    }
    assert!(adam.call(ask(before(91), today)).await.is_ok());

    let (tell, told) = Tell::somebody();
    drop(told);
    let given_up = adam.call_telling(ask(before(3), today), tell).await.map(drop);
    assert_eq!(given_up, Err(Failure::GivenUp), "nobody waits for it");
    stage.kiosk.settle().await;
    let written = EventFilter { action: "audit.export".to_owned(), ..EventFilter::default() };
    let written = events(&adam, today, written).await;
    let mut written: Vec<_> =
        written.iter().map(|line| (line.event.subject.as_deref(), line.event.note.as_deref())).collect();
    written.sort_unstable();
    let (quarter, days) = (Some("2026-09-01 to 2026-12-01"), Some("2026-11-28 to 2026-11-30"));
    assert_eq!(written, [(quarter, Some("4 rows")), (days, Some("2 rows"))]);
}

#[tokio::test]
async fn events_that_are_few_among_many_are_looked_for_bit_by_bit() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    stage.kiosk.settle().await;
    let now = stage.kiosk.now();
    for n in 0..1_100_u32 {
        let event = kiosk::store::audit_log::Event {
            id: uuid::Uuid::from_u128(u128::from(n) + 1),
            at: now + TimeDelta::milliseconds(i64::from(n) + 1),
            account: None,
            action: "booking.confirm".to_owned(),
            subject: None,
            terminal: "HALL-1".to_owned(),
            session: None,
            note: None,
        };
        stage.world.store.append_event(&event).await.expect("appended");
    }
    let filter = EventFilter { action: "account.sign-in".to_owned(), ..EventFilter::default() };
    let day = railway_time(now).date();
    let ask = |after| Request::Events { day, filter: filter.clone(), after };
    let Ok(Reply::Events { page, next, back_to }) = adam.call(ask(None)).await else { panic!("he may") };
    assert!(page.is_empty() && next.is_some() && back_to.is_some(), "a thousand were looked at, and there are more");
    let Ok(Reply::Events { page, next, back_to }) = adam.call(ask(next)).await else { panic!("he may") };
    assert_eq!((page.len(), next, back_to), (1, None, None), "his own sign-in was the first of the day");

    stage.account("agnes", Role::Administrator).await;
    let (other, operations) = listing(&stage).await;
    count(&operations, "");
    let Ok(Reply::Events { next: Some(_), .. }) = other.call(ask(None)).await else { panic!("she may") };
    let asked = count(&operations, "Query");
    assert!(asked <= 80, "{asked} queries");
}

#[tokio::test]
async fn a_receipt_is_sent_again_under_a_name_of_its_own() {
    let stage = Stage::with(told_by(everything())).await;
    let office = PostOffice::open().await;
    let kiosk = office.kiosk(&stage).await;
    let booking = buy(&stage.signed_in("anita", Role::Traveller).await, "Anita Sharma", "9810012345").await;
    kiosk.deliver_once().await;
    assert_eq!(office.take().len(), 3, "by every channel");
    let agent = stage.agent().await;
    let sent = agent.call(Request::ResendReceipt { pnr: booking.pnr }).await;
    let Ok(Reply::Resent(channels)) = sent else { panic!("{sent:?}") };
    assert_eq!(channels.len(), 3);
    kiosk.deliver_once().await;
    assert_eq!(office.take().len(), 3, "once more");
    kiosk.deliver_once().await;
    assert!(office.take().is_empty(), "and no more");
}

#[tokio::test]
async fn nothing_is_sent_where_there_is_no_way_and_nothing_that_is_not_paid() {
    let stage = Stage::new().await;
    let agent = stage.agent().await;
    let booking = buy(&agent, "Anita Sharma", "9810012345").await;
    let request = Request::ResendReceipt { pnr: booking.pnr };
    assert_eq!(agent.call(request).await.map(drop), Err(Failure::NoWayToSend));
    let told = Stage::with(told_by(everything())).await;
    let agent = told.agent().await;
    let held = hold(&agent, whole(), best(1)).await.expect("free");
    let order = order(&agent, &held).await;
    let slip = booked(agent.call(Request::Reserve { op: new_op(), order }).await).expect("it is kept");
    let request = Request::ResendReceipt { pnr: slip.pnr };
    assert_eq!(agent.call(request.clone()).await.map(drop), Err(Failure::NotPaid));
    let paid = Request::PaySlip { op: new_op(), pnr: slip.pnr, payment: cash() };
    booked(agent.call(paid).await).expect("it is paid");
    assert!(agent.call(request).await.is_ok());
    let guest = told.kiosk.open_session(terminal("HALL-1"));
    assert_eq!(guest.call(Request::ResendReceipt { pnr: slip.pnr }).await.map(drop), Err(Failure::SignedOut));
}
