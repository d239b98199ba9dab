//! A week at three counters and over midnights: what the reports say is what the bookings say, to the paisa.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{NaiveDate, TimeDelta};
use kiosk::domain::admission::Accept;
use kiosk::domain::booking::{Booking, PaymentMethod};
use kiosk::domain::coach::Class;
use kiosk::domain::money::Paise;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::quota::Quota;
use kiosk::domain::refund::{Reason, WaiverCode};
use kiosk::domain::report::refunds::RefundsBy;
use kiosk::domain::report::{By, MOST_DAYS, Report};
use kiosk::domain::time::railway_time;
use kiosk::domain::train::{RunId, Train, TrainDraft, TrainNumber};
use kiosk::domain::user::{Phone, Role};
use kiosk::service::Session;
use kiosk::service::request::{Document, Failure, Form, Order, Reply, ReportOf, Request, Tender};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt, SeedableRng};

use crate::refund_kit::{confirming, is_clean, quoted_with};
use crate::service_kit::{
    Stage, best, booked, cash, leg, new_hold, new_op, party, publish, settings, small_train, test_money, whole,
};
use crate::till_kit::{card, close, newest, open, tills, void};
use crate::world::World;

const OTHER: &str = "12953";

/// A second train that goes the same way.
fn other_train() -> Train {
    let number = TrainNumber::parse(OTHER).expect("a number");
    Train::new(TrainDraft { number, name: "August Kranti".to_owned(), ..TrainDraft::from(small_train()) })
        .expect("the train is in order")
}

/// The counters of a week, and chance.
struct Week {
    stage: Stage,
    agents: Vec<Session>,
    supervisor: Session,
    chance: StdRng,
    sold: Vec<Pnr>,
}

impl Week {
    async fn new(seed: u64) -> Self {
        let world = World::empty().await;
        publish(&world.store, other_train()).await;
        let stage = Stage::on(world, settings(), small_train()).await;
        let mut agents = Vec::new();
        for name in ["agnes", "arjun", "asha"] {
            agents.push(stage.signed_in(name, Role::Agent).await);
        }
        let supervisor = stage.signed_in("sunita", Role::Supervisor).await;
        Self { stage, agents, supervisor, chance: StdRng::seed_from_u64(seed), sold: Vec::new() }
    }

    fn today(&self) -> NaiveDate {
        railway_time(self.stage.kiosk.now()).date()
    }

    /// Holds places on some run, in some class.
    async fn order(&mut self, session: &Session) -> Option<Order> {
        let train = TrainNumber::parse(["12951", OTHER].choose(&mut self.chance).expect("two")).expect("a number");
        let run = RunId { train, date: self.today() + TimeDelta::days(self.chance.random_range(2..20)) };
        let class = if self.chance.random() { Class::SecondAc } else { Class::ThirdAc };
        let (quota, size) = (Quota::General, self.chance.random_range(1..=3));
        let hold = Request::Hold {
            hold: new_hold(),
            run,
            leg: whole(),
            class,
            quota,
            choice: best(size),
            accept: Accept::Berths,
        };
        let Ok(Reply::Held(hold)) = session.call(hold).await else { return None };
        let price = Request::Price { run, leg: whole(), class, quota, passengers: party(size) };
        let Ok(Reply::Priced(fare)) = session.call(price).await else { panic!("a price is answered with a price") };
        let phone = Phone::parse("9810012345").expect("a number");
        Some(Order { hold, passengers: party(size), phone, agreed: fare.total })
    }

    /// Somebody comes to the counter of an agent.
    async fn customer(&mut self, agent: &Session) {
        let payment: Tender = match self.chance.random_range(0..5) {
            0 => test_money(),
            1 | 2 => card(),
            _ => cash(),
        };
        match self.chance.random_range(0..10) {
            0..5 => {
                let Some(order) = self.order(agent).await else { return };
                let book = Request::Book { op: new_op(), order, payment };
                self.sold.push(booked(agent.call(book).await).expect("it is held").pnr);
            }
            5 => {
                let guest = self.stage.guest();
                let Some(order) = self.order(&guest).await else { return };
                let slip = booked(guest.call(Request::Reserve { op: new_op(), order }).await).expect("it is held");
                if self.chance.random() {
                    let pay = Request::PaySlip { op: new_op(), pnr: slip.pnr, payment };
                    self.sold.push(booked(agent.call(pay).await).expect("it can be paid").pnr);
                }
            }
            6 | 7 => self.cancels(agent).await,
            8 => {
                let Some(pnr) = self.sold.choose(&mut self.chance).copied() else { return };
                let paid = booked(agent.call(Request::PayOut { op: new_op(), pnr }).await);
                assert!(matches!(paid, Ok(_) | Err(Failure::NothingOwed)), "{paid:?}");
            }
            _ => {
                let Some(pnr) = self.sold.last().copied() else { return };
                let Ok(booking) = booked(agent.call(Request::Booking { pnr }).await) else { return };
                let undone = void(agent, &booking).await;
                assert!(matches!(undone, Ok(_) | Err(Failure::NotVoidable(_))), "{undone:?}");
            }
        }
    }

    /// One passenger gives up: at the counter, where the money is handed out at once, or by a command, after which it waits.
    async fn cancels(&mut self, agent: &Session) {
        let Some(pnr) = self.sold.choose(&mut self.chance).copied() else { return };
        let operator = self.stage.kiosk.operator_session();
        let (session, waiver) = match self.chance.random_range(0..6) {
            0 | 1 => (&operator, None),
            2 => (&self.supervisor, Some(WaiverCode::Counter)),
            _ => (agent, None),
        };
        let passenger = self.chance.random_range(0..3);
        if let Ok(quote) = quoted_with(session, pnr, &[passenger], waiver).await {
            booked(session.call(confirming(pnr, &quote)).await).expect("the quote is good");
        }
    }

    /// Seven days and nights: agents come and go, with a till or without one, and the last customers come around midnight.
    async fn pass(&mut self) -> Paise {
        let mut differences = Paise::ZERO;
        for _ in 0..7 {
            for nth in 0..self.agents.len() {
                let agent = self.agents[nth].clone();
                let has_till = nth != 2 || self.chance.random();
                if has_till {
                    open(&agent, 500).await.expect("none is open");
                }
                for _ in 0..5 {
                    self.customer(&agent).await;
                    self.stage.advance(TimeDelta::minutes(self.chance.random_range(1..190)));
                }
                if has_till {
                    let (till, wrong) = (newest(&agent).await, Paise::rupees(self.chance.random_range(-2..=2)));
                    let counted = (till.expected() + wrong).max(Paise::ZERO);
                    let closed = close(&agent, till.id, counted).await.expect("it is open");
                    differences += closed.difference().expect("it is closed");
                }
            }
        }
        differences
    }

    /// All bookings there are.
    async fn bookings(&self) -> Vec<Booking> {
        let (mut bookings, mut next) = (Vec::new(), None);
        loop {
            let page = self.stage.world.store.all_bookings(next.as_deref()).await.expect("it answers");
            bookings.extend(page.bookings);
            next = page.next;
            if next.is_none() {
                return bookings;
            }
        }
    }

    async fn report(&self, from: NaiveDate, to: NaiveDate) -> Result<Report, Failure> {
        match self.supervisor.call(Request::Report { from, to }).await? {
            Reply::Report(report) => Ok(*report),
            other => panic!("a report was answered with {other:?}"),
        }
    }

    async fn file(&self, days: (NaiveDate, NaiveDate), by: By, form: Form) -> Document {
        match self.supervisor.call(Request::ReportFile { report: ReportOf::Sales { days, by }, form }).await {
            Ok(Reply::Document(document)) => document,
            other => panic!("a report was answered with {other:?}"),
        }
    }
}

/// What came in, what went out and what was undone, in paise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Money {
    taken: i64,
    back: i64,
    undone: i64,
}

/// What moved by the bookings alone: day, booking, who, and how much; neither the ledger nor its arithmetic is asked.
fn moved(bookings: &[Booking]) -> Vec<(NaiveDate, &Booking, Option<uuid::Uuid>, Money)> {
    let mut all = Vec::new();
    for booking in bookings {
        let Some(payment) = booking.payment.as_ref().filter(|payment| payment.method != PaymentMethod::Test) else {
            continue;
        };
        let day = |at| railway_time(at).date();
        let taken = Money { taken: payment.amount.get(), ..Money::default() };
        all.push((day(payment.taken_at), booking, payment.taken_by.map(|by| by.0), taken));
        for refund in &booking.refunds {
            let Some(out) = &refund.paid_out else { continue };
            let amount = refund.quote.refunded.get();
            let money = match refund.quote.reason {
                Reason::Voided => Money { undone: amount, ..Money::default() },
                _ => Money { back: amount, ..Money::default() },
            };
            all.push((day(out.at), booking, out.by.map(|by| by.0), money));
        }
    }
    all
}

fn add_up<K: Ord>(moved: impl Iterator<Item = (K, Money)>) -> BTreeMap<K, Money> {
    let mut sums: BTreeMap<K, Money> = BTreeMap::new();
    for (key, Money { taken, back, undone }) in moved {
        let sum = sums.entry(key).or_default();
        sum.taken += taken;
        sum.back += back;
        sum.undone += undone;
    }
    sums.retain(|_, sum| *sum != Money::default());
    sums
}

/// A table of a report, without the lines on which nothing moved.
fn table(report: &Report, by: By) -> BTreeMap<String, Money> {
    add_up(report.rows(by).iter().map(|row| {
        let sums = row.sums;
        let money =
            Money { taken: sums.sales.amount.get(), back: sums.refunds.amount.get(), undone: sums.voids.amount.get() };
        (row.what.clone(), money)
    }))
}

/// A movement of money as a report has to add it up: the day, the booking, who took it or gave it, and how much.
type Moved<'a> = (NaiveDate, &'a Booking, Option<uuid::Uuid>, Money);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reports_of_a_week_are_what_its_bookings_say() {
    let mut week = Week::new(20_261_201).await;
    let first = week.today();
    let differences = week.pass().await;
    let (last, bookings) = (week.today(), week.bookings().await);
    check_tills(&week, &bookings, differences).await;
    let moved = moved(&bookings);
    let (voids, refunds) = moved.iter().fold((0, 0), |(voids, refunds), (.., money)| {
        (voids + usize::from(money.undone > 0), refunds + usize::from(money.back > 0))
    });
    assert!(moved.len() > 40 && voids > 0 && refunds > 5, "{} moved, {voids} undone, {refunds} back", moved.len());
    assert!(bookings.iter().any(|booking| booking.owed() > Paise::ZERO), "something waits, and is in no report");

    let report = week.report(first, last).await.expect("it can be had");
    let names: BTreeMap<_, _> = [("agnes", &week.agents[0]), ("arjun", &week.agents[1]), ("asha", &week.agents[2])]
        .into_iter()
        .chain([("sunita", &week.supervisor)])
        .map(|(name, session)| (session.identity().expect("signed in").account.0, name))
        .collect();
    let by = |key: &dyn Fn(&Moved) -> String| add_up(moved.iter().map(|one| (key(one), one.3)));
    assert_eq!(table(&report, By::Day), by(&|(day, ..)| day.to_string()));
    assert_eq!(table(&report, By::Train), by(&|(_, booking, ..)| booking.train.to_string()));
    assert_eq!(table(&report, By::Class), by(&|(_, booking, ..)| booking.class.to_string()));
    assert_eq!(table(&report, By::Agent), by(&|(_, _, who, _)| names[&who.expect("staff")].to_owned()));
    let means = |booking: &Booking| booking.payment.as_ref().map_or("", |paid| paid.method.words()).to_owned();
    assert_eq!(table(&report, By::Means), by(&|(_, booking, ..)| means(booking)));
    assert!(report.test.sales.count > 0, "test payments are told apart");

    check_refunds(&week, &moved, (first, last), &report).await;
    check_owed(&week, &bookings).await;

    // A report of some of the days is that part of it, and the parts make the whole.
    let mut parts = Paise::ZERO;
    for day in first.iter_days().take_while(|day| *day <= last) {
        let one = week.report(day, day).await.expect("it can be had");
        let expected = by(&|(day, ..)| day.to_string()).get(&day.to_string()).copied().unwrap_or_default();
        assert_eq!(one.total.net().get(), expected.taken - expected.back - expected.undone, "{day}");
        parts += one.total.net();
    }
    assert_eq!(parts, report.total.net());
    let today = week.report(last, last).await.expect("it can be had");
    let Ok(Reply::Overview(overview)) = week.stage.kiosk.operator_session().call(Request::Overview).await else {
        panic!("the operator may see everything")
    };
    assert_eq!((overview.today.money, overview.today.test), (today.total, today.test), "at a glance it is the same");

    // What a spreadsheet gets adds up to the same.
    let document = week.file((first, last), By::Agent, Form::Csv).await;
    assert_eq!(document.name, format!("sales-by-agent-{first}-to-{last}.csv"));
    let mut lines = csv::Reader::from_reader(&document.bytes[..]);
    let lines: Vec<_> = lines.records().map(|line| line.expect("a line")).collect();
    let last_cells = |line: &csv::StringRecord| line.get(8).map(|cell| cell.replace('.', "").parse::<i64>());
    let rows = report.rows(By::Agent).len();
    let net: i64 = lines[..rows].iter().map(|line| last_cells(line).expect("a cell").expect("a number")).sum();
    assert_eq!(net, report.total.net().get());
    let paper = week.file((first, last), By::Day, Form::Pdf).await;
    assert!(paper.bytes.starts_with(b"%PDF-1.7"));
    assert_eq!(Path::new(&paper.name).extension().and_then(|end| end.to_str()), Some("pdf"));
    is_clean(&week.stage).await;
}

/// What was given back, of what and why, is what the bookings say, and comes to what the report of sales has.
async fn check_refunds(week: &Week, moved: &[Moved<'_>], (from, to): (NaiveDate, NaiveDate), sales: &Report) {
    let refunds = match week.supervisor.call(Request::Refunds { from, to }).await {
        Ok(Reply::Refunds(refunds)) => refunds,
        other => panic!("refunds were answered with {other:?}"),
    };
    // By the bookings alone: what was handed out for money, of which fares, by reason and by day.
    let (mut by_reason, mut by_day) = (BTreeMap::<_, (i64, i64)>::new(), BTreeMap::<_, (i64, i64)>::new());
    let mut seen = std::collections::BTreeSet::new();
    for (_, booking, ..) in moved.iter().filter(|(_, booking, ..)| seen.insert(booking.pnr)) {
        for refund in booking.refunds.iter().filter(|refund| refund.quote.reason != Reason::Voided) {
            let Some(out) = &refund.paid_out else { continue };
            // What was given up for nothing moved nothing, unless it went out with something else.
            let went =
                booking.refunds.iter().filter(|other| other.paid_out.as_ref().is_some_and(|one| one.op == out.op));
            if went.map(|other| other.quote.refunded).sum::<Paise>() == Paise::ZERO {
                continue;
            }
            let fare = refund.quote.lines.iter().map(|line| line.paid.get()).sum::<i64>();
            let back = refund.quote.refunded.get();
            for sum in [
                by_reason.entry(refund.quote.reason.name().to_owned()).or_default(),
                by_day.entry(railway_time(out.at).date().to_string()).or_default(),
            ] {
                *sum = (sum.0 + fare, sum.1 + back);
            }
        }
    }
    let table = |by| -> BTreeMap<String, (i64, i64)> {
        let rows = refunds.rows(by).iter().filter(|row| row.sums.refunds > 0);
        rows.map(|row| (row.what.clone(), (row.sums.fare.get(), row.sums.back.get()))).collect()
    };
    assert_eq!(table(RefundsBy::Reason), by_reason);
    assert_eq!(table(RefundsBy::Day), by_day);
    assert_eq!(refunds.total.back, sales.total.refunds.amount);
    assert_eq!(refunds.total.refunds, sales.total.refunds.count);
    for by in RefundsBy::ALL {
        let back = refunds.rows(by).iter().map(|row| row.sums.back).sum::<Paise>();
        let kept = refunds.rows(by).iter().map(|row| row.sums.kept()).sum::<Paise>();
        assert_eq!((back, kept), (refunds.total.back, refunds.total.kept()), "{by:?}");
    }
}

/// What waits is what the bookings owe, page by page.
async fn check_owed(week: &Week, bookings: &[Booking]) {
    let is_money = |booking: &&Booking| {
        booking.owed() > Paise::ZERO && booking.payment.as_ref().is_some_and(|paid| paid.method != PaymentMethod::Test)
    };
    let expected: BTreeMap<_, _> =
        bookings.iter().filter(is_money).map(|booking| (booking.pnr, booking.owed())).collect();
    let (mut found, mut after) = (BTreeMap::new(), None);
    loop {
        let reply = week.supervisor.call(Request::Owed { after }).await;
        let Ok(Reply::Owed { page, next }) = reply else { panic!("it was answered with {reply:?}") };
        found.extend(page.into_iter().map(|owed| (owed.pnr, owed.amount)));
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, expected);
    let sums = week.supervisor.call(Request::OwedSums).await;
    let Ok(Reply::OwedSums(sums)) = sums else { panic!("it was answered with {sums:?}") };
    assert_eq!((sums.count as usize, sums.amount), (expected.len(), expected.values().copied().sum()));
}

/// What the tills of the week counted is what went through them, by the bookings alone.
async fn check_tills(week: &Week, bookings: &[Booking], differences: Paise) {
    let (mut drawers, mut over) = (Paise::ZERO, Paise::ZERO);
    for agent in &week.agents {
        for till in tills(agent, Request::MyTills { after: None }).await {
            drawers += till.expected() - till.float;
            over += till.difference().expect("all are closed");
        }
    }
    let mut through_tills = Paise::ZERO;
    for booking in bookings {
        let Some(payment) = booking.payment.as_ref().filter(|payment| payment.method == PaymentMethod::Cash) else {
            continue;
        };
        if payment.till.is_some() {
            through_tills += payment.amount;
        }
        let out =
            booking.refunds.iter().filter(|refund| refund.paid_out.as_ref().is_some_and(|out| out.till.is_some()));
        through_tills = through_tills - out.map(|refund| refund.quote.refunded).sum();
    }
    assert_eq!((drawers, over), (through_tills, differences));
}

#[tokio::test]
async fn a_run_is_as_full_as_berths_are_taken_for_how_far_and_a_hold_that_is_over_takes_nothing() {
    let week = Week::new(1).await;
    let date = week.today() + TimeDelta::days(3);
    let occupancy = async |week: &Week| match week.supervisor.call(Request::Occupancy { date, after: None }).await {
        Ok(Reply::Occupancy { page, next: None }) => page,
        other => panic!("occupancy was answered with {other:?}"),
    };
    let (names, empty): (Vec<_>, Vec<_>) =
        occupancy(&week).await.into_iter().map(|load| (load.name.clone(), load.percent())).unzip();
    assert_eq!((names, empty), (vec!["Mumbai Rajdhani".to_owned(), "August Kranti".to_owned()], vec![0, 0]));
    // Two of eight berths of 2A, for two of five segments: a tenth.
    let run = RunId { train: TrainNumber::parse(OTHER).expect("a number"), date };
    let (class, quota) = (Class::SecondAc, Quota::General);
    let hold =
        Request::Hold { hold: new_hold(), run, leg: leg(1, 3), class, quota, choice: best(2), accept: Accept::Berths };
    week.agents[0].call(hold).await.expect("all is free");
    let loads = occupancy(&week).await;
    let second = loads[1].classes.iter().find(|load| load.class == Class::SecondAc).expect("it carries 2A");
    assert_eq!((second.percent(), second.offered, loads[0].percent()), (10, 8 * 2 * 5, 0));
    // What is held by nobody any more is free.
    week.stage.advance(TimeDelta::minutes(11));
    assert_eq!(occupancy(&week).await[1].percent(), 0);
}

#[tokio::test]
async fn how_full_runs_are_is_a_table_for_a_spreadsheet_and_a_paper() {
    let week = Week::new(1).await;
    let date = week.today() + TimeDelta::days(3);
    let run = RunId { train: TrainNumber::parse(OTHER).expect("a number"), date };
    let (class, quota) = (Class::SecondAc, Quota::General);
    let hold =
        Request::Hold { hold: new_hold(), run, leg: leg(1, 3), class, quota, choice: best(2), accept: Accept::Berths };
    week.agents[0].call(hold).await.expect("all is free");
    let file = async |form| {
        let asked = Request::ReportFile { report: ReportOf::Occupancy(date), form };
        match week.supervisor.call(asked).await {
            Ok(Reply::Document(document)) => document,
            other => panic!("a report was answered with {other:?}"),
        }
    };
    let table = file(Form::Csv).await;
    assert_eq!(table.name, format!("occupancy-{date}.csv"));
    let mut rows = csv::Reader::from_reader(&table.bytes[..]);
    let head: Vec<_> = rows.headers().expect("a head").iter().map(str::to_owned).collect();
    assert_eq!(head, ["Run", "Train", "Class", "Taken, %"]);
    let rows: Vec<Vec<String>> =
        rows.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
    assert_eq!(
        rows,
        [
            [format!("12951#{date}"), "Mumbai Rajdhani".to_owned(), "2A".to_owned(), "0".to_owned()],
            [format!("12951#{date}"), "Mumbai Rajdhani".to_owned(), "3A".to_owned(), "0".to_owned()],
            [run.to_string(), "August Kranti".to_owned(), "2A".to_owned(), "10".to_owned()],
            [run.to_string(), "August Kranti".to_owned(), "3A".to_owned(), "0".to_owned()],
        ]
    );
    let paper = file(Form::Pdf).await;
    assert_eq!(paper.name, format!("occupancy-{date}.pdf"));
    assert!(paper.bytes.starts_with(b"%PDF-"));
}

#[tokio::test]
async fn a_report_is_of_a_day_at_least_and_of_a_quarter_at_most() {
    let week = Week::new(1).await;
    let today = week.today();
    let days = |days: i64| week.report(today, today + TimeDelta::days(days));
    assert_eq!(days(-1).await.map(drop), Err(Failure::ReportDays { max: MOST_DAYS }));
    assert_eq!(days(i64::from(MOST_DAYS)).await.map(drop), Err(Failure::ReportDays { max: MOST_DAYS }));
    let quarter = days(i64::from(MOST_DAYS) - 1).await.expect("it is not too long");
    assert_eq!((quarter.rows(By::Day).len(), quarter.total.net()), (MOST_DAYS.into(), Paise::ZERO));
}
