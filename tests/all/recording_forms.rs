//! Every message goes into a line of a recording and comes back as it was.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use kiosk::domain::admission::Standing;
use kiosk::domain::boarding::NotMoved;
use kiosk::domain::booking::{Deed, OpId, Place};
use kiosk::domain::coach::{BerthRef, Class, CoachId};
use kiosk::domain::correction::NotCorrected;
use kiosk::domain::delay::{Delay, NotDelayed};
use kiosk::domain::edition::NotPublished;
use kiosk::domain::fare::FareError;
use kiosk::domain::former::FormerBooking;
use kiosk::domain::gap::{Gap, NoGap};
use kiosk::domain::inventory::{HeldPart, HoldId, RunState, Stage};
use kiosk::domain::money::Paise;
use kiosk::domain::notification::Channel;
use kiosk::domain::passenger::Gender;
use kiosk::domain::profile::{Companion, Known, NotSaved};
use kiosk::domain::quota::{NotEligible, Quota};
use kiosk::domain::refund::{NotRefundable, Quote, QuoteLine, Reason, RefundItem, WaiverCode};
use kiosk::domain::rules::book::{Edition, NotEntered, RuleKind};
use kiosk::domain::segment::{Leg, SegmentMask};
use kiosk::domain::spot::{Grant, Part, SharedBerth, Spot};
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::{Email, Phone, Role, SshKey, Username};
use kiosk::domain::waitlist::{QueueHead, QueueId, Queued, WaitingList};
use kiosk::service::progress::{self, Progress};
use kiosk::service::request::{
    Blocked, Charts, DelayTrial, Document, Failure, Hold, Imported, InLine, OneTimeCode, Outcome, PartTrial,
    PreviewLine, ReceiptLink, Reply, RuleRecord, RuleTrial, RunRow, Step,
};
use kiosk::ticket::TicketKey;
use kiosk::ui::app::App;
use kiosk::ui::context::Look;
use kiosk::ui::keys::{Key, Mouse, MouseKind};
use kiosk::ui::msg::{CallId, LeftBehind, Msg, OpenFailed, Opened};
use kiosk::ui::recording::{Recording, Scribe};
use kiosk::ui::theme::Depth;
use proptest::prelude::*;
use ratatui::layout::{Position, Size};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::recording_samples::{
    account, banner, date, dead_letter, event_line, former_booking, import_trial, mistake, on_board, overview, pnr,
    rule_row, train_record, train_row,
};
use crate::sample_booking::{booking, passenger};
use crate::ui_kit::{RULES, identity, offers, setup, start, station, with_quotas};
use crate::ui_tills::{closed, load, owed, owed_sums, refunds, report, till};

/// What a recording of one message gives back.
fn through(msg: &Msg) -> Msg {
    let begin = setup(TerminalKind::Counter);
    let app = App::new(begin.clone(), start());
    let mut bytes = Scribe::header(&begin, start());
    bytes.extend(Scribe::default().message(start(), &app, msg));
    let recording = Recording::read(&bytes, &RULES).expect("it was just written");
    let [entry] = recording.entries.as_slice() else { panic!("one message") };
    assert_eq!(entry.at, start());
    entry.msg.clone()
}

/// All of a message: its own `Debug` names the kind alone.
fn whole(msg: &Msg) -> String {
    match msg {
        Msg::Key(key) => format!("{key:?}"),
        Msg::Mouse(mouse) => format!("{mouse:?}"),
        Msg::Paste(text) => text.clone(),
        Msg::Resize(size) => format!("{size:?}"),
        Msg::Live(state) => format!("{state:?}"),
        Msg::Banners(banners) => format!("{banners:?}"),
        Msg::Rules(editions) => format!("{editions:?}"),
        Msg::Read(file) => format!("{file:?}"),
        Msg::Progress(call, progress) => format!("{call:?} {progress:?}"),
        Msg::Reply(call, answer) => format!("{call:?} {answer:?}"),
        Msg::Opened(outcome) => format!("{outcome:?}"),
        Msg::Closing(at) => format!("{at:?}"),
        Msg::LeftBehind(_) | Msg::Back(_) | Msg::Wake | Msg::NothingLeft | Msg::Expelled | Msg::HangUp => {
            format!("{msg:?}")
        }
    }
}

fn comes_back(msg: &Msg) {
    assert_eq!(whole(&through(msg)), whole(msg));
}

/// The names of an enum's variants, as its reader lists them for one that it does not know.
fn variants<T: DeserializeOwned + Debug>() -> BTreeSet<String> {
    let wrong = serde_json::from_str::<T>("\"?\"").expect_err("no variant has this name").to_string();
    wrong.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

/// The name of a value's variant.
fn variant(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

fn berth(number: u8) -> BerthRef {
    BerthRef { coach: CoachId::parse("B1").expect("a coach"), number }
}

fn leg() -> Leg {
    Leg::new(1, 4).expect("forward")
}

fn quote() -> Quote {
    let items = vec![RefundItem { label: "25 % of 1,155.00".to_owned(), amount: Paise::new(-5) }];
    let line = QuoteLine { passenger: 1, paid: Paise::rupees(9), items, refunded: Paise::rupees(4) };
    Quote {
        rules: "refunds-2026-04-15".to_owned(),
        reason: Reason::Waiver(WaiverCode::Late),
        lines: vec![line],
        refunded: Paise::rupees(4),
        kept: Paise::rupees(5),
        at: start(),
        good_until: start(),
    }
}

/// A run with everything that can be in one.
fn busy_run() -> RunState {
    let offers = offers("NDLS", "MMCT", date());
    let mut state = with_quotas(&offers[0].journey);
    state.stage = Stage::FirstChart;
    let (op, reason) = (OpId(Uuid::from_u128(4)), "fog at Kota".to_owned());
    state.delays = state.delays.with(Delay { op, at: start(), by: None, from: 1, minutes: 90, reason });
    let (op, reason) = (OpId(Uuid::from_u128(5)), "a bridge is closed".to_owned());
    state.gaps = state.gaps.with(Gap { op, at: start(), by: None, from: 0, to: 1, reason });
    let part = HeldPart { spots: vec![5.into(), Spot::new(7, Part::Second)], leg: leg(), until: start() };
    let coach = state.coach_mut(berth(1).coach);
    coach.rev = u64::MAX;
    coach.masks.insert(5.into(), leg().mask());
    coach.masks.insert(Spot::new(7, Part::First), Leg::new(0, 126).map_or(SegmentMask::EMPTY, Leg::mask));
    coach.holds.insert(HoldId(Uuid::from_u128(9)), part);
    coach.blocked.insert(9, "the window is broken".to_owned());
    coach.fenced = true;
    let id = QueueId { class: Class::ThirdAc, list: WaitingList::Tatkal };
    state.queues.insert(id, QueueHead { rac: 1, waiting: 2, frozen: true, next_seq: 4 });
    state
}

#[allow(clippy::too_many_lines, reason = "one line for each reply")]
fn replies() -> Vec<Reply> {
    let shared = SharedBerth { berth: berth(7), part: Part::First };
    let hold = Hold {
        id: HoldId(Uuid::from_u128(9)),
        run: booking().run,
        leg: leg(),
        class: Class::ThirdAc,
        quota: Quota::Ladies,
        grants: vec![Grant::Berth(berth(5)), Grant::Shared(shared), Grant::Waiting, Grant::Unreserved],
        parts: [(berth(1).coach, vec![5.into(), shared.spot()])].into(),
        until: start(),
    };
    let queue = QueueId { class: Class::Sleeper, list: WaitingList::General };
    let who = Queued { queue, number: 3, shared: Some(shared), pnr: pnr(), passenger: 1, leg: leg() };
    let document = Document { name: "receipt.pdf".to_owned(), bytes: Arc::default() };
    let mut waiting = booking();
    waiting.phone = waiting.phone.withheld();
    let mut late = passenger("Om", 70, Gender::Male, None, 100);
    late.place = Place::Lap;
    waiting.passengers.push(late);
    vec![
        Reply::Welcome(identity(Role::Agent)),
        Reply::Done,
        Reply::Offers(offers("NDLS", "MMCT", date())),
        Reply::Held(hold),
        Reply::Priced(booking().fare),
        Reply::Quote(Box::new(quote())),
        Reply::Booking(Arc::new(waiting.clone())),
        Reply::Bookings { page: vec![Arc::new(waiting.clone())], next: None, back_to: None },
        Reply::Found { page: vec![Arc::new(waiting)], next: None, looked_at: 1_000, back_to: None },
        Reply::FormerBooking(Arc::new(former_booking())),
        Reply::FormerBookings { page: vec![Arc::new(former_booking())], next: None },
        Reply::Receipt(document.clone()),
        Reply::ReceiptLink(ReceiptLink { url: "".into(), until: start() }),
        Reply::Chart(document),
        Reply::Manifest { page: vec![on_board()], next: None },
        Reply::Queue(vec![InLine { who, from: station("NDLS"), to: station("MMCT") }]),
        Reply::Charted(Charts { stage: Stage::FinalChart, first: start(), last: start() }),
        Reply::Notifications { page: vec![dead_letter()], next: None },
        Reply::Revived(7),
        Reply::Companions {
            people: vec![Companion { passenger: booking().passengers[0].passenger.clone(), known: Known::Saved }],
            phone: Some(booking().phone),
        },
        Reply::Profile {
            email: Email::parse("anita@example.in").expect("an address"),
            profile: Box::new(crate::ui_profile::profile()),
        },
        Reply::ProfileChanged(Box::default()),
        Reply::SshKeys(vec![SshKey {
            fingerprint: "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg".to_owned(),
            key: "ssh-ed25519 AAAA".to_owned(),
            comment: "asha@counter-7".to_owned(),
            added_at: start(),
        }]),
        Reply::Till(Box::new(closed(1, -50))),
        Reply::Tills { page: vec![till(1)], next: None },
        Reply::Report(Box::new(report(date(), date()))),
        Reply::Refunds(Box::new(refunds(date(), date()))),
        Reply::Owed { page: owed(2), next: None },
        Reply::OwedSums(owed_sums(&owed(2))),
        Reply::Occupancy { page: vec![load("Mumbai Rajdhani", [(Class::SecondAc, 40)])], next: None },
        Reply::Document(Document { name: "z-report.csv".to_owned(), bytes: Arc::default() }),
        Reply::Accounts { page: vec![account()], next: None },
        Reply::Account(Box::new(account())),
        Reply::Code(Box::new(account()), OneTimeCode { code: "".into(), until: start() }),
        Reply::Overview(Box::new(overview())),
        Reply::History(vec![Step {
            at: start(),
            what: Deed::Cancelled(vec![1]),
            who: Some(Username::parse("agnes").expect("a name")),
            terminal: Some("NDLS-07".to_owned()),
            session: Some("7K3F9Q".to_owned()),
        }]),
        Reply::Resent([Channel::Email].into()),
        Reply::Events { page: vec![event_line()], next: None, back_to: Some(start()) },
        Reply::Banners(vec![banner()]),
        Reply::Ticket(TicketKey::derive(&[7; 32]).sign(&booking())),
        Reply::Trains { page: vec![train_row()], next: Some(serde_json::from_str("\"12951\"").expect("a cursor")) },
        Reply::Train(Box::new(train_record())),
        Reply::ImportTried(Box::new(import_trial())),
        Reply::Imported(Imported { trains: 2, stations: 1, left: vec!["Train 12951 has ended.".to_owned()] }),
        Reply::Runs(vec![RunRow { run: booking().run, version: 3, is_sold: true }]),
        Reply::DelayTried(DelayTrial {
            based_on: 1,
            was: "2026-12-05T21:16:00".parse().expect("a moment"),
            leaves: "2026-12-06T00:36:00".parse().expect("a moment"),
            told: 38,
            free: 12,
            unreadable: 1,
        }),
        Reply::PartTried(PartTrial {
            based_on: 1,
            from: station("KOTA"),
            to: station("NDLS"),
            bookings: 38,
            passengers: 61,
            refunded: Paise::rupees(45_120),
            unreadable: 2,
        }),
        Reply::Blocked(Blocked {
            done: [(berth(1).coach, [1, 2, 7].into())].into(),
            left: vec![(CoachId::parse("A1").expect("a coach"), Failure::Busy)],
            sold: vec![berth(7)],
        }),
        Reply::RuleEditions {
            page: vec![rule_row()],
            next: Some(serde_json::from_str("\"fares\"").expect("a cursor")),
        },
        Reply::RuleEdition(Box::new(RuleRecord { row: rule_row(), text: "[[fares]]\n".to_owned() })),
        Reply::RulesTried(Box::new(RuleTrial {
            kind: Some(RuleKind::Fares),
            mistakes: vec![mistake()],
            earliest: date(),
            from: date(),
            instead_of: Some("fares-2025-12-26".to_owned()),
            until: Some(date()),
            based_on: 3,
            preview: vec![PreviewLine { what: "Fare".to_owned(), now: "1.00".to_owned(), then: "2.00".to_owned() }],
        })),
    ]
}

#[test]
fn neither_a_telephone_number_from_before_nor_a_link_nor_a_code_is_written() {
    let code = OneTimeCode { code: "ABCD-EFGH-IJKL-MNOP".into(), until: start() };
    let drawn = Reply::Code(Box::new(account()), code);
    assert!(!format!("{drawn:?}").contains("ABCD"), "nor logged");
    match through(&Msg::Reply(CallId(1), Ok(drawn))) {
        Msg::Reply(_, Ok(Reply::Code(_, read))) => assert_eq!(&*read.code, "****-****-****-****"),
        other => panic!("{other:?}"),
    }
    let phone = Phone::parse("+919876512345").expect("a number");
    let one = Arc::new(FormerBooking { phone: Some(phone), ..former_booking() });
    let link = ReceiptLink { url: "https://example.in/receipt?X-Amz-Signature=abc".into(), until: start() };
    for reply in [
        Reply::FormerBooking(Arc::clone(&one)),
        Reply::FormerBookings { page: vec![one], next: None },
        Reply::ReceiptLink(link),
    ] {
        assert!(!format!("{reply:?}").contains("abc"), "nor logged");
        match through(&Msg::Reply(CallId(1), Ok(reply))) {
            Msg::Reply(_, Ok(Reply::FormerBooking(read))) => assert_eq!(read.phone, former_booking().phone),
            Msg::Reply(_, Ok(Reply::FormerBookings { page, .. })) => assert_eq!(page[0].phone, former_booking().phone),
            Msg::Reply(_, Ok(Reply::ReceiptLink(read))) => assert_eq!(&*read.url, ""),
            other => panic!("{other:?}"),
        }
    }
}

#[allow(clippy::too_many_lines, reason = "one line for each failure")]
fn failures() -> Vec<Failure> {
    let reference = "R-7".to_owned();
    let standing = Standing::Waiting(WaitingList::General, 12);
    vec![
        Failure::SignedOut,
        Failure::Locked,
        Failure::NotAllowed { needs: Role::Administrator },
        Failure::WrongPassword,
        Failure::GivenUp,
        Failure::LockedOut { until: start() },
        Failure::Closed,
        Failure::ChoosePassword,
        Failure::CodeOver,
        Failure::NoSuchAccount,
        Failure::OwnAccount,
        Failure::NoWayToSend,
        Failure::TooManyBanners { max: 8 },
        Failure::BannerOver,
        Failure::NoTimetable,
        Failure::NotRead("there is no /srv/feeds: check the path".to_owned()),
        Failure::NotWholePath,
        Failure::ImportsUnderWay { max: 2 },
        Failure::ImportUnderWay,
        Failure::ImportUnfinished,
        Failure::ImportMoved,
        Failure::ImportHasMistakes { mistakes: 7 },
        Failure::UsernameTaken(Username::parse("anita").expect("a name")),
        Failure::EmailTaken,
        Failure::WeakPassword("A password has at least 10 characters."),
        Failure::PasswordsDiffer,
        Failure::WrongCode,
        Failure::OutsideWindow { first: date(), last: date() },
        Failure::SalesClosed,
        Failure::SalesStopped,
        Failure::Outdated,
        Failure::NoSuchRun,
        Failure::NoSuchTrain(booking().train),
        Failure::NoSuchStation(station("NDLS")),
        Failure::TrainChanged,
        Failure::NotDelayed(NotDelayed::Early),
        Failure::NoGap(NoGap::Backwards { from: station("NDLS"), to: station("KOTA") }),
        Failure::PartCancelled { from: station("KOTA"), to: station("NDLS") },
        Failure::RunChanged,
        Failure::NotPublished(NotPublished::Retired { train: booking().train, from: date() }),
        Failure::NoSuchRules("fares-of-old".to_owned()),
        Failure::BadRules { mistakes: vec![mistake()] },
        Failure::RulesChanged { what: "eve withdrew fares-2026-12-24-e1".to_owned() },
        Failure::NotEntered(NotEntered::TooSoon { earliest: date() }),
        Failure::BadReason,
        Failure::NoSuchBerth,
        Failure::PartySize { max: 6 },
        Failure::GroupNeeds { max: 6, needs: Role::Supervisor },
        Failure::BerthTaken { berths: vec![berth(1), berth(2)], left: 3 },
        Failure::SoldOut { left: 1, standing },
        Failure::OtherQuota { berths: vec![berth(1)] },
        Failure::QuotaOver { quota: Quota::Tatkal },
        Failure::ListFull,
        Failure::ChartMade,
        Failure::TrainCancelled,
        Failure::NotEligible(NotEligible::TooYoung { passenger: 1, men: 60, women: 58, alone: 45 }),
        Failure::TatkalOpens { at: start() },
        Failure::NothingToKeep,
        Failure::HoldExpired,
        Failure::PartyMismatch { held: 2, needed: 3 },
        Failure::FareChanged(Box::new(booking().fare)),
        Failure::Fare(FareError::NeedsBerth { passenger: 2, below: 5 }),
        Failure::BadReference,
        Failure::NoTestPayment,
        Failure::NoMoneyHere,
        Failure::TooManyHolds { max: 2 },
        Failure::TooManyHoldsThere,
        Failure::TooManyLookUps { until: start() },
        Failure::NotFound,
        Failure::NotYours,
        Failure::BadKey("The account has no such key any more."),
        Failure::SlipClosed("it was paid already"),
        Failure::NotRefundable(NotRefundable::ChildLeftAlone),
        Failure::NotCorrected(NotCorrected::ChartMade),
        Failure::NotMoved(NotMoved::TooLate),
        Failure::NotSaved(NotSaved::Twice),
        Failure::QuoteOver(Box::new(quote())),
        Failure::NothingOwed,
        Failure::NoTillHere,
        Failure::NoTillOpen,
        Failure::TillOpen { since: start(), terminal: "NDLS-07".to_owned() },
        Failure::TillClosed,
        Failure::TillMovedOn,
        Failure::NoSuchTill,
        Failure::NoDrawer,
        Failure::NotVoidable("you have no till open"),
        Failure::ReportDays { max: 92 },
        Failure::MadeBefore,
        Failure::NoSuchNumber,
        Failure::NoSuchBooking(pnr()),
        Failure::NoSuchNotification("2451234567-3".parse().expect("a notification")),
        Failure::NotPaid,
        Failure::NoLinks,
        Failure::StillWaiting,
        Failure::NobodyTravels,
        Failure::Busy,
        Failure::Unavailable { outcome: Outcome::Unknown, reference: reference.clone() },
        Failure::Internal { reference },
        Failure::Misanswered,
    ]
}

#[test]
fn every_reply_comes_back() {
    let all = replies();
    assert_eq!(all.iter().map(variant).collect::<BTreeSet<_>>(), variants::<Reply>(), "one of each");
    for reply in all {
        comes_back(&Msg::Reply(CallId(u64::MAX), Ok(reply)));
    }
    let page = r#"{"Bookings":{"page":[],"next":"opaque","back_to":null}}"#;
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Reply>(page).expect("a page")).expect("JSON"), page);
}

#[test]
fn every_failure_comes_back() {
    let all = failures();
    assert_eq!(all.iter().map(variant).collect::<BTreeSet<_>>(), variants::<Failure>(), "one of each");
    for failure in all {
        let msg = Msg::Reply(CallId(1), Err(failure.clone()));
        let Msg::Reply(_, Err(read)) = through(&msg) else { panic!("{failure:?} is refused") };
        assert_eq!((&read, read.to_string()), (&failure, failure.to_string()));
    }
    for standing in [Standing::Available(3), Standing::Rac(4), Standing::Unreserved, Standing::Full] {
        comes_back(&Msg::Reply(CallId(1), Err(Failure::SoldOut { left: 0, standing })));
    }
}

#[test]
fn a_run_comes_back_with_all_that_is_sold_of_it() {
    comes_back(&Msg::Live(Arc::new(busy_run())));
}

#[test]
fn what_happens_at_a_terminal_comes_back() {
    for msg in [
        Msg::Mouse(Mouse { kind: MouseKind::ScrollDown, at: Position::new(79, 23) }),
        Msg::Resize(Size::new(132, 43)),
        Msg::Wake,
        Msg::Banners(vec![banner()]),
        Msg::Rules(vec![Arc::new(Edition {
            number: 1,
            kind: RuleKind::Fares,
            from: date(),
            text: "[[fares]]\n".to_owned(),
        })]),
        Msg::Progress(CallId(7), Progress { stage: progress::Stage::Building, done: 3, of: 58 }),
        Msg::Read(Ok("[[fares]]\n".to_owned())),
        Msg::Read(Err(OpenFailed("There is no such file.".to_owned()))),
        Msg::Opened(Ok(Opened::Shown)),
        Msg::Opened(Ok(Opened::Saved("receipt.pdf".to_owned()))),
        Msg::Opened(Ok(Opened::Printed)),
        Msg::Opened(Err(OpenFailed("There is no printer.".to_owned()))),
        Msg::Closing(start()),
        Msg::LeftBehind(LeftBehind {
            what: "12951 Mumbai Rajdhani".to_owned(),
            terminal: "SSH-1".to_owned(),
            until: start(),
        }),
        Msg::Back(Look { depth: Depth::Indexed, ..Look::default() }),
        Msg::NothingLeft,
        Msg::Expelled,
        Msg::HangUp,
    ] {
        comes_back(&msg);
    }
}

#[test]
fn what_no_screen_draws_is_left_out() {
    let document = Document { name: "receipt.pdf".to_owned(), bytes: Arc::from(*b"%PDF-1.7") };
    let Msg::Reply(_, Ok(Reply::Receipt(read))) = through(&Msg::Reply(CallId(1), Ok(Reply::Receipt(document)))) else {
        panic!("a receipt")
    };
    assert_eq!((read.name.as_str(), read.bytes.len()), ("receipt.pdf", 0));
    let one = Arc::new(booking());
    let page = Reply::Bookings { page: vec![Arc::clone(&one)], next: None, back_to: None };
    let found = Reply::Found { page: vec![Arc::clone(&one)], next: None, looked_at: 1, back_to: None };
    for reply in [Reply::Booking(Arc::clone(&one)), page, found] {
        let phone = match through(&Msg::Reply(CallId(1), Ok(reply))) {
            Msg::Reply(_, Ok(Reply::Booking(read))) => read.phone.clone(),
            Msg::Reply(_, Ok(Reply::Bookings { page, .. } | Reply::Found { page, .. })) => page[0].phone.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!((phone.as_str(), phone.masked()), ("+000000002345", one.phone.masked()));
    }
}

fn any_key() -> impl Strategy<Value = Key> {
    let named = [
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::BackTab,
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::Home,
        Key::End,
        Key::PageUp,
        Key::PageDown,
        Key::Backspace,
        Key::Delete,
    ];
    prop_oneof![
        any::<char>().prop_map(Key::Char),
        proptest::char::range('a', 'z').prop_map(Key::Ctrl),
        any::<char>().prop_map(Key::Alt),
        any::<u8>().prop_map(Key::F),
        proptest::sample::select(named.to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_typed_where_nothing_is_secret_comes_back(key in any_key(), text in any::<String>()) {
        comes_back(&Msg::Key(key));
        comes_back(&Msg::Paste(text));
    }
}
