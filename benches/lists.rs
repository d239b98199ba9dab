//! How soon a list opens when a great deal is in the store: 100,000 bookings and 3,000 trains on the engine in a folder.
//!
//! `cargo bench --bench lists` builds such a store in some minutes, from one booking as the services made it, and then asks
//! for the first page of each list as its screen does, and for the page in the middle that whoever scrolls comes to. What
//! stands on the screen then takes `frame` more. It asserts that each page is as full as it can be, and only prints its limits.
//!
//! Then somebody goes up and down in a list and types while four others open one list after the other on the same two threads:
//! how long a key takes from when it was due until it is painted, beside what it takes when nobody reads anything.
#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]

#[allow(dead_code, reason = "the other benchmarks ask it for more")]
#[path = "../tests/all/market.rs"]
mod market;
#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../tests/all/service_kit.rs"]
mod service_kit;
#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../tests/all/world.rs"]
mod world;

#[path = "lists/library.rs"]
mod library;
#[path = "lists/office.rs"]
mod office;
#[path = "lists/person.rs"]
mod person;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use kiosk::domain::journeys::JourneyFilter;
use kiosk::domain::notification::Delivery;
use kiosk::service::request::{BookingSearch, Cursor, EventFilter, Reply, Request, Tills};
use kiosk::service::{Kiosk, Session};

use library::Library;

/// What a list may take until it is there.
const AIM_MS: u32 = 100;
/// What a key may take meanwhile: a frame of a screen that shows sixty a second.
const KEY_MS: u32 = 16;
/// How often each list is opened.
const TIMES: usize = 40;

/// A list as its screen asks for it.
struct List {
    name: &'static str,
    ask: Box<dyn Fn(Option<Cursor>) -> Request + Send + Sync>,
    /// How many rows its first page has at least; a brief store has fewer.
    rows: usize,
}

impl List {
    /// One of which a full page is less.
    fn of(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }
}

fn main() {
    let is_whole = std::env::args().any(|argument| argument == "--bench");
    let size = if is_whole { library::FULL } else { library::BRIEF };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let lines = runtime.expect("a runtime").block_on(async {
        let begun = Instant::now();
        let library = Library::build(size).await;
        println!("{} bookings and {} trains in {:.0?}", size.bookings, size.trains, begun.elapsed());
        let mut lines = Vec::new();
        for mut list in lists(&library) {
            list.rows = if is_whole { list.rows } else { list.rows.min(1) };
            let (first, later) = measure(&library.session, &list).await;
            println!("limit list_{} {AIM_MS} ms", list.name);
            lines.push(format!("figure list_{} {:.1} ms", list.name, slowest_of_most(first)));
            if let Some(later) = later {
                lines.push(format!("figure list_{}_later {:.1} ms", list.name, slowest_of_most(later)));
            }
        }
        lines.push(format!("figure list_opened_beside_sales {:.1} ms", beside_sales(&library).await));
        println!("limit key_while_lists_open_p99 {KEY_MS} ms");
        lines.extend(person::types_while_lists_open(&library, lists(&library)).await);
        lines
    });
    println!("{}", lines.join("\n"));
}

/// All but the slowest two of forty are as fast.
fn slowest_of_most(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[(times.len() - 1) * 95 / 100].as_secs_f64() * 1e3
}

/// Opens a list again and again, and reads on a few pages.
async fn measure(session: &Session, list: &List) -> (Vec<Duration>, Option<Vec<Duration>>) {
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let (took, rows, mut next) = open(session, list, None).await;
        assert!(rows >= list.rows, "{} has {rows} rows", list.name);
        first.push(took);
        for _ in 0..2 {
            let Some(cursor) = next.take() else { break };
            let (took, _, after) = open(session, list, Some(cursor)).await;
            later.push(took);
            next = after;
        }
    }
    (first, (!later.is_empty()).then_some(later))
}

async fn open(session: &Session, list: &List, after: Option<Cursor>) -> (Duration, usize, Option<Cursor>) {
    let begun = Instant::now();
    let reply = session.call((list.ask)(after)).await;
    let took = begun.elapsed();
    let reply = reply.unwrap_or_else(|failure| panic!("{}: {failure}", list.name));
    let (rows, next) = page(&reply).unwrap_or_else(|| panic!("{}: {reply:?}", list.name));
    (took, rows, next)
}

/// A list that is opened while others sell.
async fn beside_sales(library: &Library) -> f64 {
    let list = &lists(library).swap_remove(0).of(1);
    let sold = Arc::new(AtomicU32::new(0));
    let sales = tokio::spawn(sell(library.kiosk.clone(), library.run, Arc::clone(&sold)));
    let (first, _) = measure(&library.session, list).await;
    sales.abort();
    assert!(sold.load(Ordering::SeqCst) > 0, "somebody sold meanwhile");
    slowest_of_most(first)
}

async fn sell(kiosk: Kiosk, run: kiosk::domain::train::RunId, sold: Arc<AtomicU32>) {
    let session = kiosk.open_session(service_kit::terminal("HALL-1"));
    while market::buy_anything(&session, run, service_kit::whole(), 1).await.is_ok() {
        sold.fetch_add(1, Ordering::SeqCst);
    }
}

/// All lists that are read page by page, the account's own bookings first.
fn lists(library: &Library) -> Vec<List> {
    let (day, phone, run) = (library.day, library.phone.clone(), library.run);
    let found = |by: BookingSearch| move |after| Request::FindBookings { by: by.clone(), after };
    let of_day = BookingSearch::Day { day, name: String::new() };
    let named = BookingSearch::Day { day, name: "anita".to_owned() };
    let rare = BookingSearch::Day { day, name: library::RARE.to_owned() };
    let anywhere = BookingSearch::Name(library::RARE.to_owned());
    let of_run_named = BookingSearch::Run { run, name: library::RARE.to_owned() };
    let of_run = BookingSearch::Run { run, name: String::new() };
    let filter = JourneyFilter { words: library::RARE.to_owned(), ..JourneyFilter::default() };
    vec![
        list("my_bookings", |after| Request::MyBookings { filter: JourneyFilter::default(), after }),
        list("my_bookings_filtered", move |after| Request::MyBookings { filter: filter.clone(), after }).of(0),
        list("bookings_by_phone", found(BookingSearch::Phone(phone.clone()))).of(5),
        list("bookings_of_a_day", found(of_day)),
        list("bookings_of_a_day_by_name", found(named)),
        list("bookings_of_a_day_by_rare_name", found(rare)).of(0),
        list("bookings_by_rare_name", found(anywhere)).of(1),
        list("bookings_of_a_run", found(of_run)),
        list("bookings_of_a_run_by_rare_name", found(of_run_named)).of(1),
        list("trains", |after| Request::Trains { wanted: String::new(), after }),
        list("trains_by_name", |after| Request::Trains { wanted: "rajdhani".to_owned(), after }),
        list("trains_by_a_name_that_none_has", |after| Request::Trains { wanted: "zzz".to_owned(), after }).of(0),
        list("accounts", |after| Request::Accounts { beginning: String::new(), after }),
        list("accounts_by_name", |after| Request::Accounts { beginning: "clerk1".to_owned(), after }),
        list("events", move |after| Request::Events { day, filter: EventFilter::default(), after }),
        list("events_of_a_rare_action", move |after| Request::Events { day, filter: rare_action(), after }).of(0),
        list("occupancy", move |after| Request::Occupancy { date: run.date, after }),
        list("manifest", move |after| Request::Manifest { run, after }),
        list("runs", move |_| Request::Runs { train: run.train, from: day }),
        list("owed", |after| Request::Owed { after }),
        list("tills_of_an_agent", |after| Request::MyTills { after }),
        list("tills_closed", move |after| Request::Tills { which: Tills::ClosedOn(day), after }),
        list("tills_open", |after| Request::Tills { which: Tills::Open, after }).of(0),
        list("messages", |after| Request::Notifications { delivery: Delivery::Dead, after }),
        list("rules", |after| Request::RuleEditions { after }),
        list("former_bookings", |after| Request::MyFormerBookings { after }),
        list("report_of_a_day", move |_| Request::Report { from: day, to: day }),
        list("companions", move |_| Request::Companions { phone: phone.clone() }).of(1),
    ]
}

/// What was done twice on a day of twenty thousand events.
fn rare_action() -> EventFilter {
    EventFilter { action: "account.sign-in".to_owned(), ..EventFilter::default() }
}

fn list(name: &'static str, ask: impl Fn(Option<Cursor>) -> Request + Send + Sync + 'static) -> List {
    List { name, ask: Box::new(ask), rows: 20 }
}

/// How many rows a page has, and where the list goes on; `None` for what is no page.
fn page(reply: &Reply) -> Option<(usize, Option<Cursor>)> {
    Some(match reply {
        Reply::Bookings { page, next, .. } | Reply::Found { page, next, .. } => (page.len(), next.clone()),
        Reply::Trains { page, next } => (page.len(), next.clone()),
        Reply::Accounts { page, next } => (page.len(), next.clone()),
        Reply::Events { page, next, .. } => (page.len(), next.clone()),
        Reply::Occupancy { page, next } => (page.len(), next.clone()),
        Reply::Manifest { page, next } => (page.len(), next.clone()),
        Reply::Runs(runs) => (runs.len(), None),
        Reply::Owed { page, next, .. } => (page.len(), next.clone()),
        Reply::Tills { page, next } => (page.len(), next.clone()),
        Reply::Notifications { page, next } => (page.len(), next.clone()),
        Reply::RuleEditions { page, next } => (page.len(), next.clone()),
        Reply::FormerBookings { page, next } => (page.len(), next.clone()),
        Reply::Report(report) => (usize::try_from(report.total.sales.count + report.test.sales.count).ok()?, None),
        Reply::Companions { people, .. } => (people.len(), None),
        _ => return None,
    })
}
