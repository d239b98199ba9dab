//! Rules that are published: all processes sell by them from their day on, and what was sold before keeps its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::coach::Class;
use kiosk::domain::inventory::Stage as ChartStage;
use kiosk::domain::quota::Quota;
use kiosk::domain::rules::book::{BookEntry, Does, Edition, NotEntered, RuleKind, Standing};
use kiosk::domain::time::instant;
use kiosk::domain::user::Role;
use kiosk::service::request::{
    Failure, Reply, Request, RulePublication, RuleRecord, RuleRow, RuleTrial, SampleBooking,
};
use kiosk::service::rules_file::shipped_text;
use kiosk::service::{Attention, Kiosk, Session};
use kiosk::store::runs::Current;

use crate::service_kit::{Stage, best, book, hold, leg, new_op, order, run, terminal, whole};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn text_of(id: &str) -> String {
    shipped_text(id).expect("it came with the program").1
}

/// Fares that are rounded up to a hundred rupees.
fn dearer() -> String {
    text_of("fares-2025-12-26").replace("round-up-to = 5", "round-up-to = 100")
}

async fn publish(session: &Session, text: &str, from: &str, based_on: u32) -> Result<RuleRecord, Failure> {
    let request =
        Request::PublishRules(RulePublication { op: new_op(), text: text.to_owned(), from: day(from), based_on });
    match session.call(request).await? {
        Reply::RuleEdition(record) => Ok(*record),
        other => panic!("{other:?}"),
    }
}

async fn withdraw(session: &Session, number: u32) -> Result<RuleRecord, Failure> {
    match session.call(Request::WithdrawRules { op: new_op(), number }).await? {
        Reply::RuleEdition(record) => Ok(*record),
        other => panic!("{other:?}"),
    }
}

async fn tried(
    session: &Session,
    text: &str,
    from: Option<NaiveDate>,
    sample: Option<SampleBooking>,
) -> Result<RuleTrial, Failure> {
    match session.call(Request::TryRules { text: text.to_owned(), from, sample }).await? {
        Reply::RulesTried(trial) => Ok(*trial),
        other => panic!("{other:?}"),
    }
}

async fn rows(session: &Session) -> Vec<RuleRow> {
    match session.call(Request::RuleEditions { after: None }).await {
        Ok(Reply::RuleEditions { page, next: None }) => page,
        other => panic!("{other:?}"),
    }
}

/// Puts the clock to the railway's time of a day.
fn advance_to(stage: &Stage, text: &str) {
    let then = instant(text.parse().expect("a time"));
    stage.advance(then - stage.kiosk.now());
}

fn counter(kiosk: &Kiosk) -> Session {
    kiosk.open_session(terminal("NDLS-09"))
}

#[tokio::test]
async fn every_process_sells_by_new_fares_from_their_day_on_and_refuses_the_older_total() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let far = stage.other_kiosk(stage.world.store.clone()).await;
    let record = publish(&adam, &dearer(), "2026-12-02", 0).await.expect("it is in order");
    assert_eq!((record.row.id.as_str(), record.row.standing), ("fares-2026-12-02-e1", Standing::ToCome));
    stage.advance(TimeDelta::seconds(5));
    far.poll_once().await;

    // Today both sell by the fares of today; what is agreed to before midnight is refused after it.
    let here = counter(&stage.kiosk);
    let there = counter(&far);
    advance_to(&stage, "2026-12-01T23:55:00");
    let held = hold(&there, whole(), best(1)).await.expect("free");
    let old = order(&there, &held).await;
    let other = hold(&here, whole(), best(1)).await.expect("free");
    assert_eq!(order(&here, &other).await.agreed, old.agreed);
    stage.advance(TimeDelta::minutes(5));
    let Err(Failure::FareChanged(fare)) = book(&there, &old).await else { panic!("the fare is another") };
    assert_eq!(fare.rules, "fares-2026-12-02-e1");
    assert!(fare.total > old.agreed);
    let new = order(&there, &held).await;
    assert_eq!((new.agreed, order(&here, &other).await.agreed), (fare.total, fare.total));
    let booking = book(&there, &new).await.expect("that is the fare");
    assert_eq!((booking.fare.total, booking.fare.rules.as_str()), (fare.total, "fares-2026-12-02-e1"));
}

/// A process that could not look since before the last day began looks before it sells, once.
#[tokio::test]
async fn nobody_sells_on_a_new_day_by_what_was_known_on_the_last() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let far = stage.other_kiosk(stage.world.store.clone()).await;
    publish(&adam, &dearer(), "2026-12-02", 0).await.expect("it is in order");
    advance_to(&stage, "2026-12-02T00:00:01");
    let there = counter(&far);
    let held = hold(&there, whole(), best(1)).await.expect("free");
    let booking = book(&there, &order(&there, &held).await).await.expect("sold");
    assert_eq!(booking.fare.rules, "fares-2026-12-02-e1");
}

#[tokio::test]
async fn a_run_and_a_booking_keep_the_rules_under_which_they_were_sold() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let guest = stage.guest();
    let before = hold(&guest, leg(0, 1), best(1)).await.expect("free");
    let before = book(&guest, &order(&guest, &before).await).await.expect("sold");
    let refunds = text_of("refunds-2026-04-15").replace("flat-above-hours = 72", "flat-above-hours = 90");
    let quotas = text_of("quotas-2025-06-28").replace("tatkal = 6", "tatkal = 0");
    assert_ne!((&refunds, &quotas), (&text_of("refunds-2026-04-15"), &text_of("quotas-2025-06-28")));
    publish(&adam, &refunds, "2026-12-02", 0).await.expect("in order");
    publish(&adam, &quotas, "2026-12-02", 1).await.expect("in order");
    advance_to(&stage, "2026-12-02T08:00:00");
    let since = hold(&guest, leg(1, 5), best(1)).await.expect("the run is sold by its own quotas");
    let since = book(&guest, &order(&guest, &since).await).await.expect("sold");
    assert_eq!(before.refund_rules, "refunds-2026-04-15");
    assert_eq!(since.refund_rules, "refunds-2026-12-02-e1");
    // A process that starts now knows both, and so do those who ask what they get back.
    let later = stage.other_kiosk(stage.world.store.clone()).await;
    assert_eq!(later.rules().quotas_on(day("2026-12-02")).id, "quotas-2026-12-02-e2");
    for (booking, rules) in [(&before, "refunds-2026-04-15"), (&since, "refunds-2026-12-02-e1")] {
        let request = Request::QuoteCancel { pnr: booking.pnr, passengers: vec![0], waiver: None };
        let Ok(Reply::Quote(quote)) = guest.call(request).await else { panic!("it can be cancelled") };
        assert_eq!(quote.rules, rules);
    }
}

#[tokio::test]
async fn of_two_administrators_at_once_the_second_is_told_what_the_first_did() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    stage.account("eve", Role::Administrator).await;
    let far = stage.other_kiosk(stage.world.store.clone()).await;
    let eve = counter(&far);
    crate::service_kit::sign_in(&eve, "eve", crate::service_kit::PASSWORD).await.expect("she may");
    let seen = tried(&eve, &dearer(), None, None).await.expect("tried").based_on;
    publish(&adam, &text_of("refunds-2026-04-15"), "2026-12-24", 0).await.expect("the first");
    let what = "adam published refunds-2026-12-24-e1".to_owned();
    assert_eq!(publish(&eve, &dearer(), "2026-12-24", seen).await, Err(Failure::RulesChanged { what }));
    let seen = tried(&eve, &dearer(), None, None).await.expect("tried").based_on;
    let record = publish(&eve, &dearer(), "2026-12-24", seen).await.expect("by the rules as they are");
    assert_eq!(record.row.published.map(|(by, _)| by).as_deref(), Some("eve"));
}

#[tokio::test]
async fn a_publication_that_is_asked_for_again_is_made_once() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let request =
        Request::PublishRules(RulePublication { op: new_op(), text: dearer(), from: day("2026-12-24"), based_on: 0 });
    for _ in 0..2 {
        let Ok(Reply::RuleEdition(record)) = adam.call(request.clone()).await else { panic!("it is published") };
        assert_eq!(record.row.id, "fares-2026-12-24-e1");
    }
    assert_eq!(rows(&adam).await.iter().filter(|row| row.number.is_some()).count(), 1);
}

#[tokio::test]
async fn rules_are_withdrawn_before_their_day_alone_and_stay_in_the_list() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    publish(&adam, &dearer(), "2026-12-02", 0).await.expect("in order");
    let id = "fares-2026-12-02-e1".to_owned();
    assert_eq!(publish(&adam, &dearer(), "2026-12-02", 1).await, Err(NotEntered::Taken { id: id.clone() }.into()));
    let gone = withdraw(&adam, 1).await.expect("its day has not come");
    assert_eq!((gone.row.standing, gone.text), (Standing::Withdrawn, dearer()));
    assert_eq!(withdraw(&adam, 1).await, Err(NotEntered::Unknown.into()));
    publish(&adam, &dearer(), "2026-12-02", 2).await.expect("the day is free again");
    advance_to(&stage, "2026-12-01T23:58:01");
    let begun = NotEntered::Begun { id: "fares-2026-12-02-e3".to_owned() };
    assert_eq!(withdraw(&adam, 3).await, Err(begun.into()));
    advance_to(&stage, "2026-12-02T09:00:00");
    let fares: Vec<_> = rows(&adam).await.into_iter().filter(|row| row.kind == RuleKind::Fares).collect();
    let shown: Vec<_> = fares.iter().map(|row| (row.id.as_str(), row.standing)).collect();
    assert_eq!(
        shown,
        [
            ("fares-2026-12-02-e3", Standing::InForce),
            ("fares-2026-12-02-e1", Standing::Withdrawn),
            ("fares-2025-12-26", Standing::Past),
            ("fares-2025-07-01", Standing::Past),
            ("fares-2020-01-01", Standing::Past),
        ]
    );
}

/// A day that is near cannot change, and no run that is on sale is charted at another hour than whoever bought was told.
#[tokio::test]
async fn charts_change_behind_the_last_run_on_sale_and_the_rest_from_tomorrow() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let too_soon = |earliest: &str| Err::<RuleRecord, Failure>(NotEntered::TooSoon { earliest: day(earliest) }.into());
    assert_eq!(publish(&adam, &dearer(), "2026-12-01", 0).await, too_soon("2026-12-02"));
    let charts = text_of("charts-2025-12-17").replace("hours-before = 10", "hours-before = 6");
    assert_eq!(publish(&adam, &charts, "2027-01-30", 0).await, too_soon("2027-01-31"));
    publish(&adam, &charts, "2027-01-31", 0).await.expect("no run of that day is on sale");
    assert_eq!(stage.kiosk.rules().charts_on(day("2027-01-30")).hours_before, 10);
    assert_eq!(stage.kiosk.rules().charts_on(day("2027-01-31")).hours_before, 6);
}

/// When tickets are sold fewer days ahead than before, those that were sold stay good.
#[tokio::test]
async fn charts_stay_for_runs_that_a_longer_window_has_put_on_sale() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let booking = text_of("booking-2024-11-01").replace("window-days = 60", "window-days = 10");
    publish(&adam, &booking, "2026-12-03", 0).await.expect("in order");
    advance_to(&stage, "2026-12-05T09:00:00");
    let charts = text_of("charts-2025-12-17").replace("hours-before = 10", "hours-before = 6");
    let earliest = day("2027-02-01");
    let too_soon = Err::<RuleRecord, Failure>(NotEntered::TooSoon { earliest }.into());
    assert_eq!(publish(&adam, &charts, "2027-01-31", 1).await, too_soon, "sold on 2 December, sixty days ahead");
    publish(&adam, &charts, "2027-02-01", 1).await.expect("no run of that day was ever on sale");
    // The longer window is over, and so is what it has put on sale.
    advance_to(&stage, "2027-01-25T09:00:00");
    let trial = tried(&adam, &charts, None, None).await.expect("tried");
    assert_eq!(trial.earliest, day("2027-02-05"));
}

/// Publishes rules that no program of today can read.
async fn publish_newer(stage: &Stage, from: &str) {
    let text = "[[fares]]\nby-the-weather = true\n".to_owned();
    let edition = Edition { number: 1, kind: RuleKind::Fares, from: day(from), text };
    let (at, by) = (stage.kiosk.now(), "eve".to_owned());
    let entry = BookEntry { op: new_op(), at, by, does: Does::Publish(edition) };
    stage.world.store.add_rule_entry(0, &entry).await.expect("the first entry");
}

#[tokio::test]
async fn a_program_that_cannot_read_an_edition_sells_on_its_day_and_charts_and_sells_nothing_after_it() {
    let stage = Stage::new().await;
    publish_newer(&stage, "2026-12-03").await;
    let later = stage.other_kiosk(stage.world.store.clone()).await;
    let there = counter(&later);
    let held = hold(&there, whole(), best(1)).await.expect("nothing that is made today holds today");
    let booking = book(&there, &order(&there, &held).await).await.expect("sold");
    advance_to(&stage, "2026-12-02T08:00:00");
    let again = stage.other_kiosk(stage.world.store.clone()).await;
    for kiosk in [&later, &again] {
        let refused = hold(&counter(kiosk), whole(), best(1)).await;
        assert!(matches!(refused, Err(Failure::Internal { .. })), "{refused:?}");
    }
    // The first chart is due, and would be by the rules of yesterday.
    stage.advance(instant(booking.from.at) - TimeDelta::hours(9) - stage.kiosk.now());
    later.work_once().await;
    again.work_once().await;
    let rules = later.rules();
    let current = Current { train: None, rules: &rules, on: run().date };
    let read = stage.world.store.run(run(), current).await.expect("it answers").expect("it was sold");
    assert_eq!(read.state.stage, ChartStage::Open);
}

/// Of two that take in entries at once, the slower has seen fewer: it does not have the last word.
#[tokio::test]
async fn a_process_that_looks_twice_at_once_keeps_what_is_newest() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let reads = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&reads);
    let slow = stage.world.with_faults(move |call: &Call| {
        let is_slow = call.operation == "GetItem" && seen.fetch_add(1, Ordering::SeqCst) == 1;
        is_slow.then_some(Fault::Delay(Duration::from_millis(400)))
    });
    let far = stage.other_kiosk(slow).await;
    publish(&adam, &dearer(), "2026-12-02", 0).await.expect("in order");
    stage.advance(TimeDelta::seconds(5));
    reads.store(0, Ordering::SeqCst);
    let first = tokio::spawn({
        let far = far.clone();
        async move { far.poll_once().await }
    });
    while reads.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    publish(&adam, &text_of("refunds-2026-04-15"), "2026-12-02", 1).await.expect("in order");
    stage.advance(TimeDelta::seconds(5));
    far.poll_once().await;
    first.await.expect("it ends");
    let known: Vec<_> = far.rules().editions().iter().map(|edition| edition.number).collect();
    assert_eq!(known, [1, 2]);
}

/// A run that is watched may have been read yesterday.
#[tokio::test]
async fn a_run_whose_first_ticket_is_sold_after_midnight_goes_by_the_quotas_of_the_day() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let quotas = text_of("quotas-2025-06-28").replace("tatkal = 6", "tatkal = 0");
    publish(&adam, &quotas, "2026-12-02", 0).await.expect("in order");
    advance_to(&stage, "2026-12-01T23:59:50");
    let watch = stage.kiosk.watch(run(), Attention::Listed);
    stage.kiosk.poll_once().await;
    assert!(watch.current().is_some_and(|state| state.terms.quotas.id == "quotas-2025-06-28"));
    stage.advance(TimeDelta::seconds(11));
    hold(&stage.guest(), whole(), best(1)).await.expect("free");
    let rules = stage.kiosk.rules();
    let current = Current { train: None, rules: &rules, on: day("2026-12-01") };
    let read = stage.world.store.run(run(), current).await.expect("it answers").expect("it was sold");
    assert_eq!((read.pinned, read.state.terms.quotas.id.as_str()), (true, "quotas-2026-12-02-e1"));
}

/// Each kind is shown by what it changes, and by nothing else.
#[tokio::test]
async fn a_sample_shows_what_each_kind_of_rules_changes() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let ages = vec![34.try_into().expect("an age")];
    let (train, date, quota) = (run().train, day("2027-02-05"), Quota::General);
    let sample = SampleBooking { train, date, class: Class::SecondAc, quota, ages };
    let cases: [(&str, &str, &str, &[&str]); 5] = [
        (
            "refunds-2026-04-15",
            "percents = [[24, 25]",
            "percents = [[24, 30]",
            &["Back 72 h before", "Back 48 h before", "Back 24 h before"],
        ),
        (
            "quotas-2025-06-28",
            "tatkal = 5, waiting = { percent = 60 }",
            "tatkal = 5, waiting = { percent = 25 }",
            &["Waiting list"],
        ),
        ("charts-2025-12-17", "second-minutes = 30", "second-minutes = 20", &["Second chart"]),
        ("booking-2024-11-01", "max-party = 6", "max-party = 5", &["Largest party"]),
        ("booking-2024-11-01", "ac = 10", "ac = 6", &["Largest group"]),
    ];
    for (id, old, new, differ) in cases {
        let text = text_of(id).replace(old, new);
        assert_ne!(text, text_of(id));
        let trial = tried(&adam, &text, None, Some(sample.clone())).await.expect("it is read");
        assert_eq!(trial.mistakes, [], "{id}");
        let found: Vec<_> = trial.preview.iter().filter(|line| line.differs()).map(|line| line.what.as_str()).collect();
        assert_eq!(found, differ, "{id}");
    }
}

#[tokio::test]
async fn a_text_is_tried_by_line_and_by_a_sample_booking() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let bad = dearer().replace("round-up-to = 100", "round-up-to = 1000").replace("half-below = 12", "half-under = 12");
    let trial = tried(&adam, &bad, None, None).await.expect("it is read");
    assert_eq!(trial.mistakes.len(), 3, "{:?}", trial.mistakes);
    let line = bad.lines().position(|line| line.starts_with("round-up-to")).expect("it is there") + 1;
    assert!(trial.mistakes.iter().any(|mistake| mistake.line as usize == line), "{:?}", trial.mistakes);
    let refused = publish(&adam, &bad, "2026-12-02", 0).await;
    assert!(matches!(&refused, Err(Failure::BadRules { mistakes }) if mistakes.len() == 3), "{refused:?}");

    let sample = SampleBooking {
        train: run().train,
        date: run().date,
        class: Class::ThirdAc,
        quota: Quota::General,
        ages: vec![34.try_into().expect("an age"), 7.try_into().expect("an age")],
    };
    let trial = tried(&adam, &dearer(), None, Some(sample.clone())).await.expect("it is read");
    assert_eq!((trial.kind, trial.earliest, trial.from), (Some(RuleKind::Fares), day("2026-12-02"), day("2026-12-02")));
    assert_eq!(trial.instead_of.as_deref(), Some("fares-2025-12-26"));
    let differs = |what: &str| trial.preview.iter().find(|line| line.what == what).expect("it is there").differs();
    assert!(differs("Fare") && differs("Back 96 h before") && !differs("First chart") && !differs("Waiting list"));
    // What is shown is what is sold: the sample's fare is that of a booking.
    let guest = stage.guest();
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    let adult = SampleBooking { class: Class::SecondAc, ages: vec![34.try_into().expect("an age")], ..sample };
    let trial = tried(&adam, &dearer(), None, Some(adult)).await.expect("it is read");
    let fare = trial.preview.iter().find(|line| line.what == "Fare").expect("it is there");
    assert_eq!(fare.now, order(&guest, &held).await.agreed.to_string());
    publish(&adam, &dearer(), "2026-12-02", 0).await.expect("in order");
    advance_to(&stage, "2026-12-02T08:00:00");
    let held = hold(&guest, whole(), best(1)).await.expect("free");
    assert_eq!(fare.then, order(&guest, &held).await.agreed.to_string());
}

#[tokio::test]
async fn each_of_the_rules_is_shown_with_a_text_and_what_was_done_is_recorded() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    publish(&adam, &dearer(), "2026-12-24", 0).await.expect("in order");
    for row in rows(&adam).await {
        let Ok(Reply::RuleEdition(record)) = adam.call(Request::RuleEdition { id: row.id.clone() }).await else {
            panic!("{} is there", row.id)
        };
        assert_eq!(record.row, row);
        assert!(record.text.contains(&format!("[[{}]]", row.kind)), "{}", row.id);
    }
    let unknown = adam.call(Request::RuleEdition { id: "fares-of-old".to_owned() }).await;
    assert!(matches!(unknown, Err(Failure::NoSuchRules(_))), "{unknown:?}");
    stage.advance(TimeDelta::seconds(1));
    withdraw(&adam, 1).await.expect("its day has not come");
    stage.kiosk.settle().await;
    let filter = kiosk::service::request::EventFilter::default();
    let asked = Request::Events { day: day("2026-12-01"), filter, after: None };
    let Ok(Reply::Events { page, .. }) = adam.call(asked).await else { panic!("he may see them") };
    let done: Vec<_> =
        page.iter().map(|line| line.event.action.as_str()).filter(|action| action.starts_with("rules")).collect();
    assert_eq!(done, ["rules.withdraw", "rules.publish"]);
}
