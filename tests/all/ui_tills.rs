//! Tills and reports as people see them.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kiosk::domain::booking::{OpId, PaymentMethod};
use kiosk::domain::coach::Class;
use kiosk::domain::load::{ClassLoad, RunLoad};
use kiosk::domain::money::Paise;
use kiosk::domain::owed::{Owed, OwedSums};
use kiosk::domain::refund::{Reason, WaiverCode};
use kiosk::domain::report::refunds::{RefundReport, RefundRow, RefundSums, RefundsBy};
use kiosk::domain::report::{By, Report, Row, Sums, Tally};
use kiosk::domain::till::{Closing, Till, TillId};
use kiosk::domain::user::{AccountId, Role, Username};
use kiosk::service::request::{Document, Failure, Form, Outcome, Reply, ReportOf, Request, Tills};
use kiosk::ui::msg::{Effect, How};
use uuid::Uuid;

use crate::ui_kit::{Stage, closed_up, start};

pub fn till(nth: u128) -> Till {
    let id = TillId { agent: AccountId(Uuid::from_u128(7)), opened: OpId(Uuid::from_u128(nth)) };
    let agent = Username::parse("anita").expect("a name");
    let opened_at = start() - TimeDelta::hours(4);
    Till {
        cash_in: Paise::new(123_456_750),
        cash_out: Paise::rupees(760),
        card_in: Paise::rupees(9_000),
        movements: 12,
        ..Till::opened(id, agent, "NDLS-07".to_owned(), opened_at, Paise::rupees(500))
    }
}

pub fn closed(nth: u128, wrong: i64) -> Till {
    let till = till(nth);
    let counted = till.expected() + Paise::rupees(wrong);
    let by = Username::parse(if wrong == 0 { "anita" } else { "sunita" }).expect("a name");
    till.closed(Closing { op: OpId(Uuid::from_u128(90)), at: start(), by, counted })
}

/// The tills of somebody, opened from the office.
fn desk(role: Role, listed: Vec<Till>) -> Stage {
    let mut stage = Stage::signed_in(role);
    stage.calls.clear();
    stage.keys("<f12>c");
    let asked = stage.reply(Ok(Reply::Tills { page: listed, next: None }));
    assert!(matches!(asked, Request::MyTills { after: None }), "{asked:?}");
    stage
}

#[test]
fn an_agent_opens_a_till_with_what_is_in_the_drawer() {
    let mut stage = desk(Role::Agent, Vec::new());
    assert_picture!(stage, "none");
    stage.keys("nfive<enter>");
    assert!(stage.text().contains("Type an amount in rupees"), "{}", stage.text());
    assert!(stage.calls.is_empty(), "nothing is asked for");
    stage.keys("<c-u>1,500.50<enter>");
    let asked = stage.reply(Ok(Reply::Till(Box::new(till(1)))));
    let Request::OpenTill { float, .. } = asked else { panic!("{asked:?}") };
    assert_eq!(float, Paise::new(150_050));
    stage.reply(Ok(Reply::Tills { page: vec![till(1)], next: None }));
    assert!(stage.text().contains("OPEN"), "{}", stage.text());
    assert!(!stage.text().contains("open till"), "one is enough: {}", stage.text());
}

#[test]
fn a_refusal_that_is_longer_than_a_line_is_read_to_its_end() {
    let mut stage = desk(Role::Agent, Vec::new());
    stage.keys("n500<enter>");
    stage.reply(Err(Failure::NotYours));
    assert!(closed_up(&stage.text()).contains(&Failure::NotYours.to_string()), "{}", stage.text());
}

#[test]
fn a_till_is_closed_with_a_count_after_its_difference_was_shown() {
    let mut stage = desk(Role::Agent, vec![till(3), closed(2, -50), closed(1, 0)]);
    assert_picture!(stage, "of_an_agent");
    stage.keys("c");
    assert_picture!(stage, "count");
    stage.keys("12,34,000<enter>");
    assert_picture!(stage, "question");
    stage.keys("<esc>");
    assert!(stage.calls.is_empty(), "it is counted again");
    stage.keys("<c-u>1234307.50<enter><enter>");
    let unknown = Failure::Unavailable { outcome: Outcome::Unknown, reference: "k7f2".to_owned() };
    let first = stage.reply(Err(unknown));
    assert!(stage.text().contains("it will not happen twice"), "{}", stage.text());
    stage.keys("<enter>");
    let again = stage.reply(Ok(Reply::Till(Box::new(closed(3, 0)))));
    let (Request::CloseTill { op, counted, .. }, Request::CloseTill { op: same, .. }) = (first, again) else {
        panic!("a till is closed by closing it");
    };
    assert_eq!((op, counted), (same, Paise::new(123_430_750)));
    assert!(stage.text().contains("The till is closed"), "{}", stage.text());
}

#[test]
fn a_supervisor_sees_all_that_are_open_and_those_of_a_day_and_an_agent_does_not() {
    let mut agent = desk(Role::Agent, vec![till(1)]);
    agent.keys("<tab>");
    assert!(agent.calls.is_empty(), "{}", agent.text());
    let mut stage = desk(Role::Supervisor, Vec::new());
    stage.keys("<tab>");
    let asked = stage.reply(Ok(Reply::Tills { page: vec![till(1)], next: None }));
    assert!(matches!(asked, Request::Tills { which: Tills::Open, .. }), "{asked:?}");
    stage.keys("<tab>");
    let asked = stage.reply(Ok(Reply::Tills { page: Vec::new(), next: None }));
    let day = NaiveDate::from_ymd_opt(2026, 12, 1).expect("a date");
    assert!(matches!(asked, Request::Tills { which: Tills::ClosedOn(on), .. } if on == day), "{asked:?}");
    assert!(stage.text().contains("No till was closed on this day"), "{}", stage.text());
}

#[test]
fn a_till_s_report_is_brought_on_paper_or_for_a_spreadsheet() {
    let mut stage = desk(Role::Agent, vec![till(1)]);
    for (key, wanted, name, way) in [
        ("o", Form::Pdf, "x.pdf", How::Open),
        ("s", Form::Pdf, "x.pdf", How::Save),
        ("x", Form::Csv, "x.csv", How::Save),
    ] {
        stage.keys(key);
        let document = Document { name: name.to_owned(), bytes: b"report".as_slice().into() };
        let asked = stage.reply(Ok(Reply::Document(document)));
        assert!(matches!(asked, Request::TillReport { form, .. } if form == wanted), "{asked:?}");
        let opened = stage.effects.pop();
        assert!(matches!(opened, Some(Effect::Open(ref file, how)) if file.name == name && how == way), "{opened:?}");
    }
}

#[test]
fn a_refund_is_handed_out_from_the_till_by_its_pnr() {
    let mut stage = desk(Role::Agent, vec![till(1)]);
    stage.keys("h123<enter>");
    assert!(stage.text().contains("A PNR has ten digits"), "{}", stage.text());
    stage.keys("<c-u>8451234567<enter>");
    let asked = stage.calls.back().map(|(_, request)| request.clone());
    assert!(matches!(asked, Some(Request::Booking { .. })), "{asked:?}");
}

fn sums(count: u32, rupees: i64) -> Sums {
    Sums { sales: Tally { count, amount: Paise::rupees(rupees) }, passengers: i64::from(count) * 2, ..Sums::default() }
}

pub fn report(from: NaiveDate, to: NaiveDate) -> Report {
    let days = from.iter_days().take_while(|day| *day <= to).zip(0..);
    let row = |what: &str, more: &str, sums| Row { what: what.to_owned(), more: more.to_owned(), sums };
    let days = days.map(|(day, nth)| {
        let sums = if nth == 2 { Sums::default() } else { sums(nth + 1, 4_000 * i64::from(nth + 1)) };
        row(&day.to_string(), &day.format("%a").to_string(), sums)
    });
    let refunds = Tally { count: 3, amount: Paise::new(123_450) };
    let trains = vec![
        row("12951", "Mumbai Rajdhani", sums(20, 80_000)),
        row("22209", "A train with a name as long as they get", sums(5, 20_000)),
    ];
    Report {
        from,
        to,
        tables: vec![days.collect(), trains, Vec::new(), Vec::new(), Vec::new()],
        total: Sums { refunds, voids: Tally { count: 1, amount: Paise::rupees(900) }, ..sums(25, 100_000) },
        test: sums(1, 1_989),
    }
}

fn reports() -> Stage {
    let mut stage = Stage::signed_in(Role::Supervisor);
    stage.calls.clear();
    stage.keys("<f12>r");
    let (_, asked) = stage.calls.back().cloned().expect("it asks");
    let Request::Report { from, to } = asked else { panic!("{asked:?}") };
    assert_eq!((from.to_string(), to.to_string()), ("2026-11-25".to_owned(), "2026-12-01".to_owned()));
    stage.reply(Ok(Reply::Report(Box::new(report(from, to)))));
    stage
}

#[test]
fn a_week_of_sales_is_shown_as_bars_and_by_other_things() {
    let mut stage = reports();
    assert_picture!(stage, "report_by_day");
    stage.keys("<right>");
    assert_picture!(stage, "report_by_train");
    stage.keys("<right>");
    assert!(stage.text().contains("No money moved"), "{}", stage.text());
}

#[test]
fn the_days_of_a_report_are_turned_and_chosen_and_it_is_brought() {
    let mut stage = reports();
    stage.keys("[");
    let asked = stage.reply(Err(Failure::Busy));
    let Request::Report { from, to } = asked else { panic!("{asked:?}") };
    assert_eq!((from.to_string(), to.to_string()), ("2026-11-18".to_owned(), "2026-11-24".to_owned()));
    assert!(stage.text().contains("Kiosk is very busy"), "{}", stage.text());
    stage.keys("]");
    let asked = stage.reply(Ok(Reply::Report(Box::new(report(from, to)))));
    assert!(matches!(asked, Request::Report { to, .. } if to.to_string() == "2026-12-01"), "{asked:?}");
    stage.keys("<right>x");
    let asked = stage.reply(Err(Failure::Busy));
    assert!(
        matches!(asked, Request::ReportFile { report: ReportOf::Sales { by: By::Train, .. }, form: Form::Csv }),
        "{asked:?}"
    );
    // The last day gives way to a first day after it.
    stage.keys("l<left><enter>");
    let asked = stage.reply(Err(Failure::Busy));
    let Request::Report { to: last, .. } = asked else { panic!("{asked:?}") };
    assert_eq!(last.to_string(), "2026-11-30");
    stage.keys("f<right><right><right><right><right><right><enter>");
    let asked = stage.reply(Err(Failure::Busy));
    let Request::Report { from, to } = asked else { panic!("{asked:?}") };
    assert!(from <= to && from.to_string() == "2026-12-01", "{from} to {to}");
}

fn refund_sums(refunds: u32, fare: i64, back: i64) -> RefundSums {
    RefundSums { refunds, passengers: refunds + 1, fare: Paise::rupees(fare), back: Paise::rupees(back) }
}

pub fn refunds(from: NaiveDate, to: NaiveDate) -> RefundReport {
    let row = |what: &str, more: &str, sums| RefundRow { what: what.to_owned(), more: more.to_owned(), sums };
    let days = from.iter_days().take_while(|day| *day <= to).zip(0..);
    let days = days.map(|(day, nth)| {
        let sums = if nth == 2 { RefundSums::default() } else { refund_sums(nth + 1, 5_000, 4_400) };
        row(&day.to_string(), &day.format("%a").to_string(), sums)
    });
    let all = [Reason::Passenger, Reason::Waiver(WaiverCode::Late), Reason::NeverCleared];
    let reasons = all.map(|reason| row(reason.name(), reason.words(), refund_sums(7, 123_456, 98_765)));
    let wide = RefundSums { fare: Paise::new(9_999_999_999), ..refund_sums(1_234, 0, 9_999_999) };
    let classes = vec![row("3A", "AC 3 tier", wide)];
    RefundReport {
        from,
        to,
        tables: vec![days.collect(), reasons.into(), classes, Vec::new(), Vec::new()],
        total: refund_sums(21, 370_368, 296_295),
        test: refund_sums(1, 1_989, 1_749),
    }
}

fn refund_report() -> Stage {
    let mut stage = Stage::signed_in(Role::Supervisor);
    stage.calls.clear();
    stage.keys("<f12>g");
    let (_, asked) = stage.calls.back().cloned().expect("it asks");
    let Request::Refunds { from, to } = asked else { panic!("{asked:?}") };
    stage.reply(Ok(Reply::Refunds(Box::new(refunds(from, to)))));
    stage
}

#[test]
fn a_week_of_refunds_is_shown_with_what_was_kept_and_by_reason() {
    let mut stage = refund_report();
    assert_picture!(stage, "refunds_by_day");
    stage.keys("<right>");
    assert_picture!(stage, "refunds_by_reason");
    stage.keys("<right>");
    assert_picture!(stage, "refunds_by_class");
    stage.keys("<right>");
    assert!(stage.text().contains("No money moved"), "{}", stage.text());
    stage.keys("<left><left>x");
    let asked = stage.reply(Err(Failure::Busy));
    assert!(
        matches!(
            asked,
            Request::ReportFile { report: ReportOf::Refunds { by: RefundsBy::Reason, .. }, form: Form::Csv }
        ),
        "{asked:?}"
    );
}

/// Bookings for which money waits.
pub fn owed(count: u8) -> Vec<Owed> {
    let first = "2026-11-28T05:30:00Z".parse::<DateTime<Utc>>().expect("a moment");
    let owed = |nth: u8| Owed {
        pnr: format!("84512345{:02}", 60 + nth).parse().expect("a PNR"),
        since: first + TimeDelta::hours(nth.into()),
        amount: if nth == 1 { Paise::new(9_999_999_999) } else { Paise::new(178_500) },
        method: if nth.is_multiple_of(2) { PaymentMethod::Cash } else { PaymentMethod::Card },
        run: "12951#2026-12-05".parse().expect("a run"),
        class: Class::ThirdAc,
    };
    (0..count).map(owed).collect()
}

pub fn owed_sums(owed: &[Owed]) -> OwedSums {
    let mut sums = OwedSums::default();
    for owed in owed {
        sums.enter(owed);
    }
    sums
}

#[test]
fn what_is_owed_is_listed_page_by_page_with_what_it_comes_to_and_leads_to_the_booking() {
    let mut stage = Stage::signed_in(Role::Supervisor);
    stage.calls.clear();
    stage.keys("<f12>w");
    let (page, next) = (owed(20), Some(serde_json::from_str("\"more\"").expect("a cursor")));
    let total = OwedSums { count: 21, ..owed_sums(&page) };
    let asked = stage.reply(Ok(Reply::Owed { page, next }));
    assert!(matches!(asked, Request::Owed { after: None }), "{asked:?}");
    assert!(stage.text().contains("Adding up all of it"), "the list is there first: {}", stage.text());
    let asked = stage.reply(Ok(Reply::OwedSums(total)));
    assert!(matches!(asked, Request::OwedSums), "{asked:?}");
    assert_picture!(stage, "money_owed");
    stage.keys("<pgdn><pgdn><pgdn>");
    let asked = stage.reply(Ok(Reply::Owed { page: owed(1), next: None }));
    assert!(matches!(asked, Request::Owed { after: Some(_) }), "{asked:?}");
    assert!(stage.text().contains("21 bookings"), "the sums stay: {}", stage.text());
    stage.keys("x");
    let asked = stage.reply(Err(Failure::Busy));
    assert!(matches!(asked, Request::ReportFile { report: ReportOf::Owed, form: Form::Csv }), "{asked:?}");
    stage.keys("<enter>");
    let asked = stage.calls.back().map(|(_, request)| request.clone());
    assert!(matches!(asked, Some(Request::Booking { .. })), "{asked:?}");
}

#[test]
fn where_nothing_is_owed_it_says_so_and_a_failure_says_what_to_do() {
    let mut stage = Stage::signed_in(Role::Supervisor);
    stage.calls.clear();
    stage.keys("<f12>w");
    stage.reply(Err(Failure::Busy));
    stage.reply(Err(Failure::Busy));
    assert!(stage.text().contains("Kiosk is very busy"), "{}", stage.text());
    stage.keys("r");
    stage.reply(Ok(Reply::Owed { page: owed(1), next: None }));
    stage.reply(Err(Failure::Busy));
    assert!(stage.text().contains("could not be added up. Press r"), "{}", stage.text());
    stage.keys("r");
    stage.reply(Ok(Reply::Owed { page: Vec::new(), next: None }));
    stage.reply(Ok(Reply::OwedSums(OwedSums::default())));
    assert!(stage.text().contains("Nothing waits at a counter"), "{}", stage.text());
}

/// A run of which so many of a hundred are taken in its classes.
pub fn load<const N: usize>(name: &str, classes: [(Class, u32); N]) -> RunLoad {
    let classes = classes.map(|(class, taken)| ClassLoad { class, taken, offered: 100 });
    RunLoad { run: "12951#2026-12-01".parse().expect("a run"), name: name.to_owned(), classes: classes.into() }
}

#[test]
fn how_full_the_runs_of_a_day_are_is_shown_as_bars() {
    let mut stage = Stage::signed_in(Role::Supervisor);
    stage.calls.clear();
    stage.keys("<f12>y");
    let page = vec![
        load("Mumbai Rajdhani", [(Class::FirstAc, 12), (Class::SecondAc, 80), (Class::ThirdAc, 100)]),
        load("A train with a name as long as they get", [(Class::SecondAc, 100), (Class::ThirdAc, 100)]),
        load("Nobody's Express", [(Class::Sleeper, 0)]),
    ];
    let asked = stage.reply(Ok(Reply::Occupancy { page, next: None }));
    assert!(matches!(asked, Request::Occupancy { date, after: None } if date.to_string() == "2026-12-01"), "{asked:?}");
    assert_picture!(stage, "occupancy");
    stage.keys("]");
    let asked = stage.reply(Ok(Reply::Occupancy { page: Vec::new(), next: None }));
    assert!(matches!(asked, Request::Occupancy { date, .. } if date.to_string() == "2026-12-02"), "{asked:?}");
    assert!(stage.text().contains("No run leaves its origin on this day"), "{}", stage.text());
}
