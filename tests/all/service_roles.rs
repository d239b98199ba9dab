//! Every request in every role through the real service, against the table that people read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kiosk::domain::allotment::BerthWish;
use kiosk::domain::banner::{Audience, Banner, BannerId, BannerText};
use kiosk::domain::coach::{Class, CoachId};
use kiosk::domain::correction::Correction;
use kiosk::domain::delay::NewTimes;
use kiosk::domain::gap::Stretch;
use kiosk::domain::inventory::Parts;
use kiosk::domain::journeys::JourneyFilter;
use kiosk::domain::money::Paise;
use kiosk::domain::notification::Delivery;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::profile::ProfileChange;
use kiosk::domain::quota::Quota;
use kiosk::domain::refund::{Quote, Reason, WaiverCode};
use kiosk::domain::till::TillId;
use kiosk::domain::train::TrainNumber;
use kiosk::domain::user::{AccountId, Email, Phone, Role};
use kiosk::service::request::{
    AccountChange, BadTrains, BookingSearch, Choice, EventFilter, Failure, Form, Hold, ImportSource, MissingTrains,
    OldKeys, Order, PartCancellation, PasswordChange, Registration, Reply, ReportOf, Request, Revive, RulePublication,
    RunDelay, Shown, Tills,
};
use kiosk::service::{Kiosk, Session};
use strum::VariantNames as _;
use uuid::Uuid;

use crate::service_kit::{
    PASSWORD, Stage, hold_request, new_hold, new_op, party, run, secret, sign_in, small_train, station, terminal,
    test_money, username, whole,
};

/// Nobody who said so, and the roles; in the order of the table's columns.
pub const CALLERS: [Option<Role>; 5] =
    [None, Some(Role::Traveller), Some(Role::Agent), Some(Role::Supervisor), Some(Role::Administrator)];

pub const WAIVED: &str = " with a waiver";
pub const OF_GROUP: &str = " of a group";

/// A row of the table.
pub struct Row {
    /// The request, and what is in it where that decides who may ask.
    pub label: String,
    /// Who may ask, by [`CALLERS`].
    pub may: Vec<bool>,
    /// Whose may be what it names.
    pub whose: String,
}

pub fn documented() -> Vec<Row> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/roles.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let rows = page.lines().skip_while(|line| !line.starts_with("| request |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let label = cells.next().expect("a name").to_owned();
        let verdict = |cell: &str| match cell {
            "yes" => true,
            "no" => false,
            other => panic!("{label}: '{other}' is neither yes nor no"),
        };
        let may: Vec<bool> = cells.by_ref().take(CALLERS.len()).map(verdict).collect();
        let whose = cells.next().expect("whose").to_owned();
        Row { label, may, whose }
    })
    .collect()
}

/// Whether somebody was refused who may not ask at all.
pub fn is_refused(answer: &Result<Reply, Failure>) -> bool {
    matches!(answer, Err(Failure::SignedOut | Failure::NotAllowed { .. } | Failure::GroupNeeds { .. }))
}

/// One request of each kind, twice where what is in it decides who may ask. None of them can be carried out: what they
/// name is not there.
#[allow(clippy::too_many_lines, reason = "one line for each request")]
pub fn requests() -> Vec<(String, Request)> {
    let pnr: Pnr = "8451234567".parse().expect("a PNR");
    let hold = Hold {
        id: new_hold(),
        run: run(),
        leg: whole(),
        class: Class::SecondAc,
        quota: Quota::General,
        grants: Vec::new(),
        parts: Parts::new(),
        until: crate::world::now(),
    };
    let phone = Phone::parse("9810012345").expect("a number");
    let correction = Correction { passenger: 0, name: party(1)[0].name.clone() };
    let order = Order { hold: hold.clone(), passengers: party(1), phone: phone.clone(), agreed: Paise::ZERO };
    let quote = |reason| Quote {
        rules: "none".to_owned(),
        reason,
        lines: Vec::new(),
        refunded: Paise::ZERO,
        kept: Paise::ZERO,
        at: crate::world::now(),
        good_until: crate::world::now(),
    };
    let till = TillId { agent: AccountId(uuid::Uuid::from_u128(1)), opened: new_op() };
    let waiver = Some(WaiverCode::ALL[0]);
    let (nobody, banner) = (AccountId(Uuid::from_u128(404)), BannerId(Uuid::from_u128(404)));
    let plain = vec![
        Request::SignIn { name: "nobody".to_owned(), password: secret(PASSWORD) },
        Request::Register(Registration {
            username: username("anita"),
            email: Email::parse("anita@example.in").expect("an address"),
            password: secret(PASSWORD),
            again: secret("something else"),
        }),
        Request::ClaimAdministrator { code: secret("AAAA") },
        Request::SignOut,
        Request::Lock,
        Request::Unlock { password: secret("something else") },
        Request::ChangePassword(PasswordChange {
            old: Some(secret("something else")),
            password: secret("short"),
            again: secret("short"),
        }),
        Request::Accounts { beginning: "nobody".to_owned(), after: None },
        Request::Account { account: nobody },
        Request::AddAccount {
            username: username("traveller"),
            email: Email::parse("nobody@example.in").expect("an address"),
            role: Role::Agent,
        },
        Request::ChangeAccount { account: nobody, change: AccountChange::Close },
        Request::IssueCode { account: nobody, keys: OldKeys::Stay },
        Request::SshKeys,
        Request::AddSshKey { line: "no key".to_owned(), password: secret(PASSWORD) },
        Request::RemoveSshKey { fingerprint: "SHA256:nothing".to_owned() },
        Request::Search {
            from: vec![station("MMCT")],
            to: vec![station("NDLS")],
            date: run().date,
            quota: Quota::General,
        },
        Request::Departures { station: station("MMCT"), limit: 1 },
        hold_request(new_hold(), whole(), Class::Sleeper, Choice::Best(vec![BerthWish::default()])),
        Request::Release { hold: hold.id, run: run() },
        Request::Price {
            run: run(),
            leg: whole(),
            class: Class::SecondAc,
            quota: Quota::General,
            passengers: party(1),
        },
        Request::Book { op: new_op(), order: order.clone(), payment: test_money() },
        Request::Reserve { op: new_op(), order },
        Request::PaySlip { op: new_op(), pnr, payment: test_money() },
        Request::QuoteCancel { pnr, passengers: vec![0], waiver: None },
        Request::Cancel { op: new_op(), pnr, quote: Box::new(quote(Reason::Passenger)) },
        Request::GiveUpSlip { op: new_op(), pnr },
        Request::PayOut { op: new_op(), pnr },
        Request::VoidSale { op: new_op(), pnr },
        Request::OpenTill { op: new_op(), float: Paise::ZERO },
        Request::CloseTill { op: new_op(), till, counted: Paise::ZERO, movements: 0 },
        Request::MyTills { after: None },
        Request::Tills { which: Tills::Open, after: None },
        Request::TillReport { till, form: Form::Csv },
        Request::Report { from: run().date, to: run().date },
        Request::ReportFile { report: ReportOf::Owed, form: Form::Csv },
        Request::Refunds { from: run().date, to: run().date },
        Request::Owed { after: None },
        Request::OwedSums,
        Request::Occupancy { date: run().date, after: None },
        Request::Booking { pnr },
        Request::LookUp { pnr, phone: phone.clone() },
        Request::FindBookings { by: BookingSearch::Phone(phone.clone()), after: None },
        Request::History { pnr },
        Request::ResendReceipt { pnr },
        Request::Overview,
        Request::Events { day: run().date, filter: EventFilter::default(), after: None },
        Request::ExportEvents { from: run().date, to: run().date, filter: EventFilter::default() },
        Request::Banners,
        Request::ShowBanner {
            banner: Banner {
                id: banner,
                text: BannerText::parse("over").expect("a line"),
                to: Audience::All,
                from: crate::world::now(),
                until: crate::world::now(),
            },
        },
        Request::EndBanner { banner },
        Request::Slip { pnr },
        Request::CorrectName { op: new_op(), pnr, correction },
        Request::ChangeBoarding { op: new_op(), pnr, station: station("KOTA") },
        Request::MyBookings { filter: JourneyFilter::default(), after: None },
        Request::MyBookingsFile { filter: JourneyFilter::default(), form: Form::Csv },
        Request::Companions { phone: Phone::parse("9810012345").expect("a number") },
        Request::MyCompanions { on: run().date },
        Request::Profile,
        Request::ChangeProfile(ProfileChange::Contact { name: None, phone: None, was: (None, None) }),
        Request::Chart { run: run(), coach: None },
        Request::Manifest { run: run(), after: None },
        Request::Queue { run: run() },
        Request::MakeChart { run: run() },
        Request::TryDelay { run: run(), new: NewTimes { from: 0, minutes: 60 } },
        Request::DelayRun(RunDelay {
            op: new_op(),
            run: run(),
            new: NewTimes { from: 0, minutes: 60 },
            reason: "fog".to_owned(),
            based_on: 99,
        }),
        Request::TryCancelPart { run: run(), part: Stretch { from: 3, to: 5 } },
        Request::CancelPart(PartCancellation {
            op: new_op(),
            run: run(),
            part: Stretch { from: 3, to: 5 },
            reason: "bridge".to_owned(),
            based_on: 99,
        }),
        Request::CancelRun { run: "12951#2027-12-05".parse().expect("a run far away") },
        Request::Trains { wanted: String::new(), after: None },
        Request::TrainsFile { wanted: String::new() },
        Request::TryImport { source: no_files() },
        Request::Import {
            op: new_op(),
            source: no_files(),
            shown: Shown { files: String::new(), change: String::new(), trains: 0, stations: 0, ends: Vec::new() },
        },
        Request::Train { train: run().train },
        Request::PublishTrain { train: Box::new(small_train()), based_on: 99, from: run().date },
        Request::RetireTrain { train: TrainNumber::parse("99999").expect("nobody's"), from: None },
        Request::Runs { train: run().train, from: run().date },
        Request::RuleEditions { after: None },
        Request::RuleEdition { id: "fares-2025-12-26".to_owned() },
        Request::TryRules { text: String::new(), from: None, sample: None },
        Request::PublishRules(RulePublication { op: new_op(), text: String::new(), from: run().date, based_on: 0 }),
        Request::WithdrawRules { op: new_op(), number: 99 },
        Request::BlockBerths {
            run: run(),
            berths: [(CoachId::parse("Z9").expect("no coach of the run"), [1].into())].into(),
            reason: None,
        },
        Request::Notifications { delivery: Delivery::Dead, after: None },
        Request::RetryNotifications { which: Revive::AllDead },
        Request::Receipt { pnr },
        Request::ReceiptLink { pnr },
        Request::FormerBooking { id: "BK-17".parse().expect("a number") },
        Request::MyFormerBookings { after: None },
        Request::Ticket { pnr },
    ];
    let waived = vec![
        Request::QuoteCancel { pnr, passengers: vec![0], waiver },
        Request::Cancel { op: new_op(), pnr, quote: Box::new(quote(Reason::Waiver(WaiverCode::ALL[0]))) },
    ];
    let (group, sleepers) = (vec![party(1)[0].clone(); 7], Hold { class: Class::Sleeper, ..hold.clone() });
    let of_group = Order { hold: sleepers, passengers: group.clone(), phone, agreed: Paise::ZERO };
    let grouped = vec![
        hold_request(new_hold(), whole(), Class::Sleeper, Choice::Best(vec![BerthWish::default(); 7])),
        Request::Price { run: run(), leg: whole(), class: Class::Sleeper, quota: Quota::General, passengers: group },
        Request::Book { op: new_op(), order: of_group.clone(), payment: test_money() },
        Request::Reserve { op: new_op(), order: of_group },
    ];
    let named = |request: Request, more: &str| (format!("{}{more}", name(&request)), request);
    let plain = plain.into_iter().map(|request| named(request, ""));
    let waived = waived.into_iter().map(|request| named(request, WAIVED));
    plain.chain(waived).chain(grouped.into_iter().map(|request| named(request, OF_GROUP))).collect()
}

/// Nothing that could be read.
fn no_files() -> ImportSource {
    let (bad, missing) = (BadTrains::Refuse, MissingTrains::Stay);
    ImportSource { path: "/no/such/feed".to_owned(), from: None, zone: None, bad, missing }
}

fn name(request: &Request) -> &'static str {
    request.into()
}

/// A session of its own at a terminal of its own, so that no request finds what another left behind.
async fn session(kiosk: &Kiosk, role: Option<Role>, place: &str) -> Session {
    let session = kiosk.open_session(terminal(place));
    if let Some(role) = role {
        sign_in(&session, role.word(), PASSWORD).await.expect("the password is right");
    }
    session
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    for role in Role::ALL {
        stage.account(role.word(), role).await;
    }
    stage
}

#[test]
fn the_table_has_every_request_and_so_has_the_walk() {
    let walked: BTreeSet<&str> = requests().iter().map(|(_, request)| name(request)).collect();
    let all: BTreeSet<&str> = Request::VARIANTS.iter().copied().collect();
    assert_eq!(walked, all, "what is missing is to be asked as well");
    let walked: Vec<String> = requests().into_iter().map(|(label, _)| label).collect();
    let mut table: Vec<String> = documented().into_iter().map(|row| row.label).collect();
    let (mut sorted, rows) = (walked, table.len());
    sorted.sort();
    table.sort();
    assert_eq!(sorted, table, "docs/roles.md has a row for each");
    table.dedup();
    assert_eq!(table.len(), rows, "and no row twice");
}

#[tokio::test]
async fn every_request_is_answered_in_the_roles_that_the_table_says_and_in_no_other() {
    let stage = stage().await;
    let table = documented();
    for (label, request) in requests() {
        let Row { may, .. } = table.iter().find(|row| row.label == label).expect("it has a row");
        assert_eq!(may.len(), CALLERS.len(), "{label}");
        for (role, may) in CALLERS.iter().zip(may) {
            let asked = session(&stage.kiosk, *role, &label).await.call(request.clone()).await;
            assert_eq!(!is_refused(&asked), *may, "{label} by {role:?}: {asked:?}");
        }
    }
}

#[tokio::test]
async fn a_locked_session_answers_nothing_but_what_ends_the_lock() {
    let stage = stage().await;
    for (label, request) in requests() {
        let session = session(&stage.kiosk, Some(Role::Administrator), &label).await;
        session.call(Request::Lock).await.expect("whoever is signed in may step away");
        let asked = session.call(request).await;
        let ends_it = matches!(label.as_str(), "SignOut" | "Unlock");
        assert_eq!(matches!(asked, Err(Failure::Locked)), !ends_it, "{label}: {asked:?}");
    }
}
