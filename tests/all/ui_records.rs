//! Anybody's bookings, their history, the audit log and the notices, in the back office.

use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::banner::{Audience, Banner, BannerId, BannerText};
use kiosk::domain::booking::{Booking, BookingStatus, Deed};
use kiosk::domain::inventory::{RunState, Stage as RunStage};
use kiosk::domain::notification::Channel;
use kiosk::domain::overview::{NextRun, next_runs};
use kiosk::domain::segment::SegmentMask;
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::time::railway_time;
use kiosk::domain::user::{Role, Username};
use kiosk::service::overview::Overview;
use kiosk::service::progress::{Progress, Stage as At};
use kiosk::service::request::{
    BookingSearch, Cursor, Document, EventFilter, EventLine, Failure, Outcome, Reply, Request, Step,
};
use kiosk::store::audit_log::Event;
use kiosk::ui::msg::{Effect, How, Msg, Opened};
use uuid::Uuid;

use crate::recording_samples::takings;
use crate::sample_booking::booking;
use crate::ui_kit::{RULES, Stage, TIMETABLE, closed_up, setup, start};

fn office(role: Role, key: &str) -> Stage {
    let mut stage = Stage::signed_in(role);
    stage.calls.clear();
    stage.keys("<f12>");
    stage.keys(key);
    stage
}

pub fn cursor() -> Cursor {
    serde_json::from_str("\"further\"").expect("a cursor")
}

fn by_phone() -> Stage {
    let mut stage = office(Role::Agent, "b");
    stage.keys("<s-tab><right><tab>98100 12345<enter>");
    let other = Booking { pnr: "2451234568".parse().expect("a PNR"), ..booking() };
    let page = vec![Arc::new(booking()), Arc::new(other)];
    let asked = stage.reply(Ok(Reply::Found { page, next: None, looked_at: 2, back_to: None }));
    let Request::FindBookings { by: BookingSearch::Phone(phone), after: None } = asked else { panic!("{asked:?}") };
    assert_eq!(phone.as_str(), "9810012345");
    stage
}

#[test]
fn an_agent_finds_bookings_by_telephone() {
    assert_picture!(office(Role::Agent, "b"), "find_bookings_empty");
    assert_picture!(by_phone(), "find_bookings");
}

#[test]
fn a_pnr_opens_the_booking_and_what_cannot_be_read_is_refused() {
    let mut stage = office(Role::Agent, "b");
    stage.keys("12<enter>");
    assert!(stage.calls.is_empty() && stage.text().contains("ten digits"), "{}", stage.text());
    stage.keys("<c-u>245-1234567<enter>");
    let (_, asked) = stage.asked();
    assert!(matches!(asked, Request::Booking { pnr } if pnr == booking().pnr), "{asked:?}");
}

#[test]
fn runs_and_days_are_searched_by_name_too() {
    let mut stage = office(Role::Agent, "b");
    stage.keys("<s-tab>r<tab>12951 24 dec<tab>sharma<enter>");
    let (_, asked) = stage.asked();
    let Request::FindBookings { by: BookingSearch::Run { run, name }, .. } = asked else { panic!("{asked:?}") };
    assert_eq!((run.to_string().as_str(), name.as_str()), ("12951#2026-12-24", "sharma"));
    let mut stage = office(Role::Agent, "b");
    stage.keys("<s-tab>d<tab>yesterday<enter>");
    let asked = stage.reply(Ok(Reply::Found { page: Vec::new(), next: None, looked_at: 0, back_to: None }));
    let Request::FindBookings { by: BookingSearch::Day { day, name }, .. } = asked else { panic!("{asked:?}") };
    assert_eq!((day.to_string().as_str(), name.as_str()), ("2026-11-30", ""));
    assert!(stage.text().contains("Nothing fits what was typed"), "{}", stage.text());
}

#[test]
fn a_name_that_is_rare_says_how_far_it_was_looked_for() {
    let mut stage = office(Role::Agent, "b");
    stage.keys("<s-tab>d<tab>today<tab>zubin<enter>");
    let found = |page| Ok(Reply::Found { page, next: Some(cursor()), looked_at: 1_000, back_to: None });
    stage.reply(found(Vec::new()));
    assert!(stage.text().contains("Looked through 1000 bookings of the day so far."), "{}", stage.text());
    for _ in 1..10 {
        let asked = stage.reply(found(Vec::new()));
        assert!(matches!(asked, Request::FindBookings { after: Some(_), .. }), "it looks on by itself: {asked:?}");
    }
    assert!(stage.calls.is_empty(), "but not for ever");
    assert_picture!(stage, "find_bookings_nobody_yet");
    stage.keys("<enter>");
    let asked = stage.reply(found(vec![Arc::new(booking())]));
    assert!(matches!(&asked, Request::FindBookings { after: Some(after), .. } if *after == cursor()), "{asked:?}");
    stage.reply(found((0..20).map(|_| Arc::new(booking())).collect()));
    assert!(stage.calls.is_empty(), "the screen is full");
    let looked = "Looked through 12000 bookings of the day; at the end ↓ looks on.";
    assert!(stage.text().contains(looked), "{}", stage.text());
    stage.keys("<pgdn><pgdn><pgdn><pgdn><pgdn>");
    stage.reply(Ok(Reply::Found { page: Vec::new(), next: None, looked_at: 400, back_to: None }));
    assert!(!stage.text().contains("Looked through"), "all of the day was:\n{}", stage.text());
    stage.keys("<enter>");
    let (_, asked) = stage.asked();
    assert!(matches!(asked, Request::Booking { pnr } if pnr == booking().pnr), "{asked:?}");
}

#[test]
fn whoever_knows_nothing_but_a_name_looks_back_through_the_days() {
    let mut stage = office(Role::Agent, "b");
    stage.keys("<s-tab>n<tab>z<enter>");
    assert!(stage.calls.is_empty() && stage.text().contains("Two letters or more"), "{}", stage.text());
    stage.keys("ubin<enter>");
    let far = |days| Some(start().date_naive() - TimeDelta::days(days));
    let page = vec![Arc::new(booking())];
    let asked = stage.reply(Ok(Reply::Found { page, next: Some(cursor()), looked_at: 410, back_to: far(6) }));
    assert!(
        matches!(&asked, Request::FindBookings { by: BookingSearch::Name(name), .. } if name == "zubin"),
        "{asked:?}"
    );
    assert_picture!(stage, "find_bookings_by_name");
    stage.reply(Ok(Reply::Found { page: Vec::new(), next: Some(cursor()), looked_at: 0, back_to: far(13) }));
    assert!(stage.text().contains("Looked through 410 bookings back to 18 Nov 2026 so far."), "{}", stage.text());
    stage.reply(Err(Failure::Busy));
    assert!(stage.calls.is_empty() && stage.text().contains("Kiosk is very busy"), "{}", stage.text());
    assert!(!stage.text().contains("looks on"), "it does not by moving about: {}", stage.text());
    stage.keys("r");
    let asked = stage.reply(Ok(Reply::Found { page: Vec::new(), next: None, looked_at: 0, back_to: far(366) }));
    assert!(matches!(asked, Request::FindBookings { after: Some(_), .. }), "it goes on where it failed: {asked:?}");
}

#[test]
fn a_name_is_looked_for_in_whichever_field_it_was_typed() {
    let mut stage = office(Role::Agent, "b");
    stage.keys("<s-tab>n<tab><tab>zubin<enter>");
    let (_, asked) = stage.asked();
    assert!(
        matches!(&asked, Request::FindBookings { by: BookingSearch::Name(name), .. } if name == "zubin"),
        "{asked:?}"
    );
}

#[test]
fn whoever_comes_back_from_a_booking_finds_again_what_took_long_to_find() {
    let mut stage = office(Role::Agent, "b");
    stage.keys("<s-tab>n<tab>zubin<enter>");
    stage.reply(Ok(Reply::Found {
        page: Vec::new(),
        next: Some(cursor()),
        looked_at: 2_500,
        back_to: Some(start().date_naive()),
    }));
    let page = vec![Arc::new(booking())];
    stage.reply(Ok(Reply::Found { page, next: None, looked_at: 900, back_to: None }));
    stage.keys("<enter>");
    stage.reply(Ok(Reply::Booking(Arc::new(booking()))));
    stage.calls.clear();
    stage.keys("<esc>");
    assert!(stage.text().contains("✓ CONFIRMED"), "{}", stage.text());
    let cancelled = Booking { status: BookingStatus::Cancelled, ..booking() };
    let asked = stage.reply(Ok(Reply::Booking(Arc::new(cancelled))));
    assert!(matches!(asked, Request::Booking { pnr } if pnr == booking().pnr), "{asked:?}");
    assert!(stage.calls.is_empty() && stage.text().contains("CANCELLED"), "{}", stage.text());
}

#[test]
fn whoever_stops_looking_for_a_name_is_told_how_far_it_was() {
    let mut stage = office(Role::Agent, "b");
    stage.keys("<s-tab>d<tab>today<tab>zubin<enter>");
    stage.reply(Ok(Reply::Found { page: Vec::new(), next: Some(cursor()), looked_at: 1_000, back_to: None }));
    stage.keys("<esc>");
    let says = "Looked through 1000 bookings of the day, and nobody has the";
    assert!(stage.text().contains(says), "{}", stage.text());
}

#[test]
fn a_history_tells_each_change_in_words() {
    let mut stage = by_phone();
    stage.keys("y");
    let name = |name: &str| Some(Username::parse(name).expect("a name"));
    let step = |what, who, terminal: Option<&str>, minutes| Step {
        at: start() + TimeDelta::minutes(minutes),
        what,
        who,
        terminal: terminal.map(str::to_owned),
        session: terminal.map(|_| "7K3F9Q".to_owned()),
    };
    let steps = vec![
        step(Deed::Reserved, None, Some("HALL-1"), 0),
        step(Deed::Paid, name("agnes"), Some("NDLS-07"), 5),
        Step {
            session: None,
            ..step(Deed::Promoted { passenger: 0, to: booking().passengers[0].place }, None, Some("kiosk"), 9)
        },
        step(Deed::Cancelled(vec![0, 1]), name("a-name-that-has-32-letters-in-it"), Some("NDLS-07"), 60),
        Step { session: None, ..step(Deed::PaidOut, None, Some("operator"), 61) },
        step(Deed::TrainCancelled, None, None, 90),
    ];
    let asked = stage.reply(Ok(Reply::History(steps)));
    assert!(matches!(asked, Request::History { pnr } if pnr == booking().pnr), "{asked:?}");
    assert_picture!(stage, "history");
}

#[test]
fn a_receipt_is_sent_again_from_the_booking() {
    let mut stage = by_phone();
    stage.keys("<enter>");
    stage.reply(Ok(Reply::Booking(Arc::new(booking()))));
    stage.calls.clear();
    stage.keys("e");
    let asked = stage.reply(Ok(Reply::Resent([Channel::Email, Channel::Sms].into())));
    assert!(matches!(asked, Request::ResendReceipt { pnr } if pnr == booking().pnr), "{asked:?}");
    assert!(stage.text().contains("sent again within a minute: e-mail, SMS"), "{}", stage.text());
}

fn line(number: u128, who: Option<&str>, action: &str, terminal: &str, note: Option<&str>) -> EventLine {
    EventLine {
        who: who.map(|name| Username::parse(name).expect("a name")),
        event: Event {
            id: Uuid::from_u128(number),
            at: start() - TimeDelta::seconds(i64::try_from(number).expect("small") * 71),
            account: None,
            action: action.to_owned(),
            subject: Some("2451234567".to_owned()),
            terminal: terminal.to_owned(),
            session: who.map(|_| "7K3F9Q".to_owned()),
            note: note.map(str::to_owned),
        },
    }
}

fn lines() -> Vec<EventLine> {
    vec![
        line(1, Some("agnes"), "booking.cancel", "NDLS-07", Some("12952#2026-12-24 3A 1 given up, 1,835.00 back")),
        line(2, None, "booking.confirm", "HALL-1", Some(&"a note that is far too long for one line ".repeat(3))),
        line(3, None, "account.role", "operator", Some("agent")),
        line(4, None, "booking.promote", "kiosk", None),
        line(5, Some("a-name-that-has-32-letters-in-it"), "account.sign-in", "a-terminal-with-a-very-long-name", None),
    ]
}

fn audit() -> Stage {
    let mut stage = office(Role::Administrator, "a");
    let asked = stage.reply(Ok(Reply::Events { page: lines(), next: Some(cursor()), back_to: Some(start()) }));
    let Request::Events { day, filter, after: None } = asked else { panic!("{asked:?}") };
    assert_eq!((day.to_string().as_str(), filter), ("2026-12-01", EventFilter::default()));
    stage
}

#[test]
fn the_log_of_today_is_shown_and_read_on() {
    let mut stage = audit();
    assert_picture!(stage, "audit");
    stage.keys("<end>");
    assert!(stage.calls.is_empty(), "End is not among its keys");
    stage.keys("<pgdn>");
    let (_, asked) = stage.asked();
    assert!(matches!(&asked, Request::Events { after: Some(after), .. } if *after == cursor()), "{asked:?}");
}

#[test]
fn the_log_is_narrowed_down_and_looked_through_further() {
    let mut stage = audit();
    stage.keys("<tab><c-u>yesterday<tab>agnes<tab>Account<tab>bela<enter>");
    let asked = stage.reply(Ok(Reply::Events { page: Vec::new(), next: Some(cursor()), back_to: Some(start()) }));
    let Request::Events { day, filter, after: None } = asked else { panic!("{asked:?}") };
    let wanted = EventFilter {
        who: "agnes".to_owned(),
        action: "account".to_owned(),
        subject: "bela".to_owned(),
        session: String::new(),
    };
    assert_eq!((day.to_string().as_str(), filter), ("2026-11-30", wanted));
    assert_picture!(stage, "audit_nothing_yet");
    stage.keys("<enter>");
    let asked = stage.reply(Ok(Reply::Events { page: lines(), next: None, back_to: None }));
    assert!(matches!(asked, Request::Events { after: Some(_), .. }), "{asked:?}");
    assert!(stage.text().contains("booking.cancel"), "{}", stage.text());
    stage.keys("r");
    stage.reply(Ok(Reply::Events { page: lines(), next: Some(cursor()), back_to: Some(start()) }));
    assert!(stage.text().contains("Looked back to 13:44:22; at the end ↓ looks further."), "{}", stage.text());
    stage.keys("[");
    let (_, asked) = stage.asked();
    assert!(matches!(asked, Request::Events { day, .. } if day.to_string() == "2026-11-29"), "{asked:?}");
}

#[test]
fn the_log_goes_into_a_file() {
    let mut stage = audit();
    stage.keys("e");
    let name = "events-2026-12-01-back-to-134422.csv".to_owned();
    let document = Document { name: name.clone(), bytes: Arc::from(*b"At\r\n") };
    let asked = stage.reply(Ok(Reply::Document(document.clone())));
    assert!(matches!(asked, Request::ExportEvents { .. }), "{asked:?}");
    assert!(matches!(stage.effects.last(), Some(Effect::Open(file, How::Save)) if *file == document));
    stage.tell(Msg::Opened(Ok(Opened::Saved(name.clone()))));
    assert!(stage.text().contains(&name), "that it is a part of the day stays on the screen:\n{}", stage.text());
}

#[test]
fn a_line_narrows_the_log_to_its_session() {
    let mut stage = audit();
    stage.keys("s");
    let asked = stage.reply(Ok(Reply::Events { page: lines()[..1].to_vec(), next: None, back_to: None }));
    let of_session = EventFilter { session: "7K3F9Q".to_owned(), ..EventFilter::default() };
    assert!(matches!(&asked, Request::Events { filter, .. } if *filter == of_session), "{asked:?}");
    assert_picture!(stage, "audit_session");
    stage.keys("[");
    let asked = stage.reply(Ok(Reply::Events { page: Vec::new(), next: None, back_to: None }));
    assert!(matches!(&asked, Request::Events { filter, .. } if *filter == of_session), "it stays so: {asked:?}");
    stage.keys("s");
    let asked = stage.reply(Ok(Reply::Events { page: lines(), next: None, back_to: None }));
    assert!(matches!(&asked, Request::Events { filter, .. } if *filter == EventFilter::default()), "{asked:?}");
    stage.calls.clear();
    stage.keys("<down>s");
    assert!(stage.calls.is_empty(), "what no session did has none");
    stage.keys("<tab><tab><tab><tab><tab>7k3f9q<enter>");
    let (_, asked) = stage.asked();
    assert!(matches!(&asked, Request::Events { filter, .. } if filter.session == "7k3f9q"), "{asked:?}");
}

#[test]
fn days_of_the_log_go_into_a_file_while_it_says_how_far_it_has_come() {
    let mut stage = audit();
    stage.keys("<s-tab>soon<tab>e");
    assert!(stage.calls.is_empty() && stage.text().contains("Type days, the first and the last"), "{}", stage.text());
    stage.keys("<c-u>-92 – today<tab>e");
    assert!(stage.calls.is_empty() && stage.text().contains("At most 92 days"), "{}", stage.text());
    stage.keys("<c-u>24 nov – yesterday<tab>e");
    let (call, asked) = stage.asked();
    let Request::ExportEvents { from, to, filter } = asked else { panic!("{asked:?}") };
    let days = (from.to_string(), to.to_string());
    assert_eq!((days.0.as_str(), days.1.as_str(), filter), ("2026-11-24", "2026-11-30", EventFilter::default()));
    stage.tell(Msg::Progress(call, Progress { stage: At::Log, done: 60, of: 168 }));
    assert_picture!(stage, "audit_export");
    stage.advance(TimeDelta::seconds(1));
    stage.keys("<esc>");
    assert!(matches!(stage.effects.as_slice(), [Effect::Stop(stopped)] if *stopped == call), "{:?}", stage.effects);
    assert!(stage.text().contains("Stopped: no file was written."), "{}", stage.text());
    stage.keys("<s-tab>");
    assert_picture!(stage, "audit_export_field");
}

fn banner(number: u128, text: &str, to: &str, from: i64) -> Banner {
    let from = start() + TimeDelta::hours(from);
    Banner {
        id: BannerId(Uuid::from_u128(number)),
        text: BannerText::parse(text).expect("a line"),
        to: to.parse().expect("terminals"),
        from,
        until: from + TimeDelta::hours(2),
    }
}

fn notices() -> Stage {
    let mut stage = office(Role::Administrator, "n");
    let shown = vec![
        banner(1, &"A notice that is as long as may be ".repeat(3)[..76], "NDLS-*, HALL-1, HALL-2", -1),
        banner(2, "The counters close at 22:00", "counter", 3),
    ];
    let asked = stage.reply(Ok(Reply::Banners(shown)));
    assert!(matches!(asked, Request::Banners), "{asked:?}");
    stage
}

#[test]
fn notices_are_listed_shown_and_ended() {
    let mut stage = notices();
    assert_picture!(stage, "notices");
    stage.keys("n<enter><enter><enter><enter>");
    assert_picture!(stage, "notice_refused");
    stage.keys("Trains run late<enter><c-u>MMCT-*<enter><enter>+2h<enter>");
    let asked = stage.reply(Err(Failure::TooManyBanners { max: 8 }));
    let Request::ShowBanner { banner: asked } = asked else { panic!("{asked:?}") };
    assert_eq!((asked.text.as_str(), asked.to.to_string().as_str()), ("Trains run late", "MMCT-*"));
    assert_eq!((asked.from, asked.until), (start(), start() + TimeDelta::hours(2)));
    assert!(stage.text().contains("There are 8 notices already"), "{}", stage.text());
    stage.keys("<esc>x<enter>");
    let asked = stage.reply(Ok(Reply::Banners(Vec::new())));
    assert!(matches!(asked, Request::EndBanner { banner } if banner == BannerId(Uuid::from_u128(1))), "{asked:?}");
    assert!(stage.text().contains("No notices"), "{}", stage.text());
    stage.keys("n");
    assert!(stage.text().contains("Trains run late"), "what was typed is not lost:\n{}", stage.text());
    stage.keys("<enter><enter><enter><enter>");
    stage.reply(Ok(Reply::Banners(Vec::new())));
    stage.keys("n");
    assert!(!stage.text().contains("Trains run late"), "another begins anew:\n{}", stage.text());
}

#[test]
fn a_banner_stands_on_the_message_line_from_its_beginning_to_its_end() {
    let mut stage = Stage::new(setup(TerminalKind::Public));
    stage.calls.clear();
    let at = |from| Banner { to: Audience::All, ..banner(1, "Trains from platform 4 run late", "all", from) };
    stage.tell(Msg::Banners(vec![at(1)]));
    assert!(!stage.text().contains("platform 4"), "it is to come:\n{}", stage.text());
    assert_eq!(stage.app.next_wake().map(|wake| wake <= start() + TimeDelta::hours(1)), Some(true));
    stage.now += TimeDelta::hours(1);
    stage.tell(Msg::Wake);
    assert_picture!(stage, "banner");
    stage.now += TimeDelta::hours(2);
    stage.tell(Msg::Wake);
    assert!(!stage.text().contains("platform 4"), "it is over:\n{}", stage.text());
}

fn leaving() -> Vec<NextRun> {
    next_runs(&TIMETABLE, |_| TimeDelta::zero(), railway_time(start()), 24)
}

/// The state of a run, from end to end as it is when nothing is sold.
fn unsold(next: &NextRun) -> RunState {
    let train = TIMETABLE.train_on(next.run.train, next.run.date).expect("it is in the timetable");
    RunState::unsold(next.run, Arc::clone(train), RULES.quotas_on(start().date_naive()))
}

fn glance() -> Overview {
    Overview {
        today: takings(),
        slips: 14,
        counted_at: start(),
        waiting: 3,
        dead: 0,
        next: leaving(),
        processes: 3,
        sessions: 160,
        holds: 41,
        store_ms: 3,
    }
}

#[test]
fn the_place_is_seen_at_a_glance_and_again_by_itself() {
    let mut stage = office(Role::Administrator, "o");
    stage.reply(Ok(Reply::Overview(Box::new(glance()))));
    let mut half = unsold(&leaving()[0]);
    let some = half.train.coaches()[0];
    for berth in 1..=some.berths() {
        half.coach_mut(some.id()).masks.insert(berth.into(), SegmentMask::of(0, 1));
    }
    stage.live(half);
    let mut full = unsold(&leaving()[1]);
    let last = u8::try_from(full.train.halts().len() - 1).expect("a few halts");
    for coach in full.train.clone().coaches() {
        for berth in 1..=coach.berths() {
            full.coach_mut(coach.id()).masks.insert(berth.into(), SegmentMask::of(0, last));
        }
    }
    stage.live(full);
    stage.advance(TimeDelta::seconds(3));
    assert_picture!(stage, "overview");
    let stages = [(2, RunStage::Cancelled, "cancelled"), (3, RunStage::FinalChart, "charted")];
    for (nth, stage_of_it, words) in stages {
        let next = &leaving()[nth];
        stage.live(RunState { stage: stage_of_it, ..unsold(next) });
        let line = stage.text().lines().find(|line| line.contains(&next.name)).expect("it is listed").to_owned();
        assert!(line.trim_end().ends_with(words), "{line}");
    }
    assert!(stage.text().contains("1 of 3 sold out"), "what does not run is not counted:\n{}", stage.text());
    stage.advance(TimeDelta::seconds(2));
    let down = Failure::Unavailable { outcome: Outcome::NothingChanged, reference: "k7f2".to_owned() };
    let asked = stage.reply(Err(down));
    assert!(matches!(asked, Request::Overview), "{asked:?}");
    let says = "The store does not answer (Ref k7f2). Nothing was changed: try again in a moment.";
    let text = closed_up(&stage.text());
    assert!(text.contains(says) && text.contains("1204"), "{}", stage.text());
    stage.advance(TimeDelta::seconds(5));
    let dead = Overview { dead: 2, ..glance() };
    stage.reply(Ok(Reply::Overview(Box::new(dead))));
    assert!(stage.text().contains("Messages given up: 2"), "{}", stage.text());
}
