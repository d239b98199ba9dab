//! Which request leaves which event in the audit log: each change once, with who made it, when, where and in which session;
//! and what only looks leaves none, but where it shows much of other people.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::domain::banner::{Audience, Banner, BannerId, BannerText};
use kiosk::domain::booking::Booking;
use kiosk::domain::coach::{Class, CoachId};
use kiosk::domain::correction::Correction;
use kiosk::domain::delay::NewTimes;
use kiosk::domain::gap::Stretch;
use kiosk::domain::journeys::JourneyFilter;
use kiosk::domain::money::Paise;
use kiosk::domain::notification::Delivery;
use kiosk::domain::passenger::PersonName;
use kiosk::domain::profile::ProfileChange;
use kiosk::domain::quota::Quota;
use kiosk::domain::refund::WaiverCode;
use kiosk::domain::time::{instant, railway_time};
use kiosk::domain::train::{RunId, Train, TrainDraft};
use kiosk::domain::user::{Email, Phone, Role};
use kiosk::service::Session;
use kiosk::service::request::{
    AccountChange, BookingSearch, EventFilter, Failure, Form, OldKeys, Order, PartCancellation, PasswordChange,
    Registration, Reply, ReportOf, Request, Revive, RulePublication, RunDelay, Tills,
};
use kiosk::service::rules_file::shipped_text;
use kiosk::store::audit_log::Event;
use strum::VariantNames as _;
use uuid::Uuid;

use crate::refund_kit::{cancel, confirming, quoted, quoted_with};
use crate::service_account::Log;
use crate::service_import::Sheet;
use crate::service_kit::{
    PASSWORD, Stage, best, cash, hold, hold_request, new_hold, new_op, order, party, run, secret, sign_in, small_train,
    station, terminal, test_money, username, whole,
};
use crate::service_notify::{function_alone, told_by};
use crate::store_former::{leave_people_behind, taken};
use crate::till_kit::{newest, sell_for_cash};

/// Stands for the PNR of the booking in the reply.
const ITS_PNR: &str = "its PNR";

pub const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti tara@laptop";

/// Everybody, and what was asked so far.
struct Walk {
    stage: Stage,
    asked: BTreeSet<&'static str>,
    /// What only looks, and is recorded all the same.
    recorded: BTreeSet<&'static str>,
}

impl Walk {
    /// Asks for something that is done, and that leaves these events: what was done, and to what.
    async fn leaves(&mut self, session: &Session, request: Request, events: &[(&str, &str)]) -> Reply {
        let name = <&'static str>::from(&request);
        self.asked.insert(name);
        self.stage.kiosk.settle().await;
        self.stage.advance(TimeDelta::seconds(1));
        let (now, before) = (self.stage.kiosk.now(), self.events().await);
        let reply = session.call(request.clone()).await.unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        self.stage.kiosk.settle().await;
        let mut new = self.events().await;
        new.retain(|event| !before.contains(event));
        new.sort_by(|one, other| one.action.cmp(&other.action));
        let pnr = match &reply {
            Reply::Booking(booking) => booking.pnr.to_string(),
            _ => String::new(),
        };
        let subject = |event: &Event| match event.subject.as_deref() {
            Some(subject) if subject == pnr => ITS_PNR.to_owned(),
            subject => subject.unwrap_or_default().to_owned(),
        };
        let told: Vec<_> = new.iter().map(|event| (event.action.clone(), subject(event))).collect();
        let told: Vec<_> = told.iter().map(|(action, subject)| (action.as_str(), subject.as_str())).collect();
        assert_eq!(told, events, "{name}");
        for event in &new {
            assert_eq!(event.at, now, "when {name} was");
            assert_eq!(event.account, session.identity().map(|who| who.account), "who asked for {name}");
            assert_eq!(event.terminal, session.terminal().id, "where {name} was");
            assert_eq!(event.session.as_deref(), Some(session.id()), "the session of {name}");
        }
        if named_by_its_asker(&request) {
            session.call(request).await.unwrap_or_else(|failure| panic!("{name} once more: {failure:?}"));
            self.stage.kiosk.settle().await;
            assert_eq!(self.events().await.len(), before.len() + new.len(), "{name} once more is not done once more");
        }
        reply
    }

    /// Asks for something that cannot be had on the engine in this process, which leaves nothing.
    async fn is_refused(&mut self, session: &Session, request: Request, why: &Failure) {
        self.asked.insert((&request).into());
        let before = self.events().await;
        assert_eq!(session.call(request).await.map(drop).as_ref(), Err(why));
        self.stage.kiosk.settle().await;
        assert_eq!(self.events().await, before);
    }

    /// Asks for something that shows much of other people, or takes it away, which is recorded.
    async fn is_recorded(&mut self, session: &Session, request: Request, event: (&str, &str)) -> Reply {
        self.recorded.insert((&request).into());
        self.leaves(session, request, &[event]).await
    }

    /// Asks for something that leaves nothing.
    async fn looks(&mut self, session: &Session, request: Request) -> Reply {
        self.leaves(session, request, &[]).await
    }

    /// The log of the railway's day.
    async fn events(&self) -> Vec<Event> {
        let today = railway_time(self.stage.kiosk.now()).date();
        self.stage.world.store.events_of(today).await.expect("it answers")
    }

    /// Somebody at a terminal of their own.
    async fn signed_in(&self, role: Role) -> Session {
        self.stage.account(role.word(), role).await;
        let session = self.stage.kiosk.open_session(terminal(&format!("{}-1", role.word())));
        sign_in(&session, role.word(), PASSWORD).await.expect("the password is right");
        session
    }
}

/// Whether a request carries the name of its action, by which it is known when it comes again.
fn named_by_its_asker(request: &Request) -> bool {
    matches!(
        request,
        Request::Book { .. }
            | Request::Reserve { .. }
            | Request::PaySlip { .. }
            | Request::Cancel { .. }
            | Request::GiveUpSlip { .. }
            | Request::PayOut { .. }
            | Request::CorrectName { .. }
            | Request::ChangeBoarding { .. }
            | Request::VoidSale { .. }
            | Request::OpenTill { .. }
            | Request::CloseTill { .. }
            | Request::DelayRun(_)
            | Request::TryCancelPart { .. }
            | Request::CancelPart(_)
            | Request::Import { .. }
            | Request::PublishRules(_)
            | Request::WithdrawRules { .. }
    )
}

fn booking(reply: Reply) -> Arc<Booking> {
    match reply {
        Reply::Booking(booking) => booking,
        other => panic!("a booking was answered with {other:?}"),
    }
}

/// What a party orders that has berths.
async fn held(session: &Session, berths: usize) -> Order {
    let held = hold(session, whole(), best(berths)).await.expect("berths are free");
    order(session, &held).await
}

#[tokio::test]
async fn every_request_leaves_what_it_should_and_none_is_forgotten() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let mut walk =
        Walk { stage: Stage::with(told_by(function_alone())).await, asked: BTreeSet::new(), recorded: BTreeSet::new() };
    let first = comes_in(&mut walk, &log).await;
    leave_people_behind(&walk.stage.world).await;
    taken(&walk.stage.world.store).await;
    let traveller = walk.signed_in(Role::Traveller).await;
    let agent = walk.signed_in(Role::Agent).await;
    let supervisor = walk.signed_in(Role::Supervisor).await;
    let administrator = walk.signed_in(Role::Administrator).await;
    walk.looks(&first, Request::SignOut).await;

    looks_around(&mut walk, &traveller).await;
    keeps_an_account(&mut walk, &traveller).await;
    sells(&mut walk, &agent, &supervisor).await;
    keeps_slips(&mut walk, &traveller, &agent).await;
    looks_things_up(&mut walk, &traveller, &agent).await;
    answers_for_counters(&mut walk, &agent, &supervisor).await;
    looks_after_people(&mut walk, &administrator).await;
    looks_after_terminals(&mut walk, &administrator).await;
    sets_rules(&mut walk, &administrator).await;
    runs_trains(&mut walk, &administrator).await;

    let all: BTreeSet<&str> = Request::VARIANTS.iter().copied().collect();
    assert_eq!(walk.asked, all, "what is missing is to be asked as well");
    let page = include_str!("../../docs/roles.md");
    let rows = page.lines().filter(|row| row.starts_with('|') && row.contains("recorded"));
    let documented: BTreeSet<&str> = rows.filter_map(|row| row.split('|').nth(1)).map(str::trim).collect();
    assert_eq!(walk.recorded, documented, "docs/roles.md says what is recorded of those who only look");
}

async fn comes_in(walk: &mut Walk, log: &Log) -> Session {
    let first = walk.stage.kiosk.open_session(terminal("DESK-1"));
    let register = Request::Register(Registration {
        username: username("first"),
        email: Email::parse("first@example.in").expect("an address"),
        password: secret(PASSWORD),
        again: secret(PASSWORD),
    });
    walk.leaves(&first, register, &[("account.register", "first")]).await;
    let code = log.codes().pop().expect("it is in the log");
    let claim = [("account.claim-administrator", "first"), ("account.sign-in", "first")];
    walk.leaves(&first, Request::ClaimAdministrator { code: secret(&code) }, &claim).await;
    let sign_in = Request::SignIn { name: "first".to_owned(), password: secret(PASSWORD) };
    walk.leaves(&first, sign_in, &[("account.sign-in", "first")]).await;
    walk.looks(&first, Request::Lock).await;
    walk.leaves(&first, Request::Unlock { password: secret(PASSWORD) }, &[("account.unlock", "first")]).await;
    first
}

async fn looks_around(walk: &mut Walk, traveller: &Session) {
    let (from, to) = (vec![station("MMCT")], vec![station("NDLS")]);
    walk.looks(traveller, Request::Search { from, to, date: run().date, quota: Quota::General }).await;
    walk.looks(traveller, Request::Departures { station: station("MMCT"), limit: 1 }).await;
    let berths = hold_request(new_hold(), whole(), Class::SecondAc, best(1));
    let Reply::Held(held) = walk.looks(traveller, berths).await else { panic!("berths are held") };
    let price = Request::Price {
        run: run(),
        leg: whole(),
        class: Class::SecondAc,
        quota: Quota::General,
        passengers: party(1),
    };
    walk.looks(traveller, price).await;
    walk.looks(traveller, Request::Release { hold: held.id, run: held.run }).await;
}

async fn keeps_an_account(walk: &mut Walk, traveller: &Session) {
    let own = traveller.identity().expect("signed in");
    walk.looks(traveller, Request::Profile).await;
    let name = Some(PersonName::parse("Tara Rao").expect("a name"));
    let change = ProfileChange::Contact { name, phone: None, was: (None, None) };
    let own_id = own.account.to_string();
    walk.leaves(traveller, Request::ChangeProfile(change), &[("profile.change", &own_id)]).await;
    walk.looks(traveller, Request::SshKeys).await;
    let add = Request::AddSshKey { line: KEY.to_owned(), password: secret(PASSWORD) };
    let Reply::SshKeys(keys) = walk.leaves(traveller, add, &[("account.add-key", "traveller")]).await else {
        panic!("keys are listed")
    };
    let fingerprint = keys[0].fingerprint.clone();
    let removal = Request::RemoveSshKey { fingerprint };
    walk.leaves(traveller, removal, &[("account.remove-key", "traveller")]).await;
    let other = || secret("battery staple horse");
    let password =
        Request::ChangePassword(PasswordChange { old: Some(secret(PASSWORD)), password: other(), again: other() });
    walk.leaves(traveller, password, &[("account.change-password", "traveller")]).await;
}

async fn sells(walk: &mut Walk, agent: &Session, supervisor: &Session) {
    let sale = Request::Book { op: new_op(), order: held(agent, 3).await, payment: cash() };
    let sold = booking(walk.leaves(agent, sale, &[("booking.confirm", ITS_PNR)]).await);
    let pnr = sold.pnr;
    let correction = Correction { passenger: 1, name: PersonName::parse("Devika Rao").expect("a name") };
    let correct = Request::CorrectName { op: new_op(), pnr, correction };
    walk.leaves(agent, correct, &[("booking.correct-name", ITS_PNR)]).await;
    let board = Request::ChangeBoarding { op: new_op(), pnr, station: station("BVI") };
    walk.leaves(agent, board, &[("booking.change-boarding", ITS_PNR)]).await;
    let subject = pnr.to_string();
    walk.leaves(agent, Request::ResendReceipt { pnr }, &[("notification.resend", &subject)]).await;
    walk.looks(agent, Request::QuoteCancel { pnr, passengers: vec![0], waiver: None }).await;
    let quote = quoted(agent, pnr, &[0]).await.expect("it can be given up");
    walk.leaves(agent, confirming(pnr, &quote), &[("booking.cancel", ITS_PNR)]).await;
    let waived = quoted_with(supervisor, pnr, &[1], Some(WaiverCode::ALL[0])).await.expect("a supervisor may");
    walk.leaves(supervisor, confirming(pnr, &waived), &[("booking.waive", ITS_PNR)]).await;
}

async fn keeps_slips(walk: &mut Walk, traveller: &Session, agent: &Session) {
    let slip = Request::Reserve { op: new_op(), order: held(traveller, 1).await };
    let pnr = booking(walk.leaves(traveller, slip, &[("booking.reserve", ITS_PNR)]).await).pnr;
    walk.looks(agent, Request::Slip { pnr }).await;
    let paid = Request::PaySlip { op: new_op(), pnr, payment: cash() };
    walk.leaves(agent, paid, &[("booking.pay-slip", ITS_PNR)]).await;
    cancel(traveller, pnr, &[0]).await.expect("it can be given up");
    walk.leaves(agent, Request::PayOut { op: new_op(), pnr }, &[("booking.pay-out", ITS_PNR)]).await;

    let slip = Request::Reserve { op: new_op(), order: held(traveller, 1).await };
    let pnr = booking(traveller.call(slip).await.expect("berths are held")).pnr;
    let given_up = Request::GiveUpSlip { op: new_op(), pnr };
    walk.leaves(traveller, given_up, &[("booking.give-up", ITS_PNR)]).await;
}

async fn looks_things_up(walk: &mut Walk, traveller: &Session, agent: &Session) {
    let sale = Request::Book { op: new_op(), order: held(traveller, 1).await, payment: test_money() };
    let pnr = booking(walk.leaves(traveller, sale, &[("booking.confirm", ITS_PNR)]).await).pnr;
    let phone = || Phone::parse("9810012345").expect("a number");
    let own = traveller.identity().expect("signed in").account.to_string();
    for request in [
        Request::Booking { pnr },
        Request::Receipt { pnr },
        Request::Ticket { pnr },
        Request::MyBookings { filter: JourneyFilter::default(), after: None },
        Request::MyCompanions { on: run().date },
        Request::MyFormerBookings { after: None },
    ] {
        walk.looks(traveller, request).await;
    }
    walk.looks(&walk.stage.guest(), Request::LookUp { pnr, phone: phone() }).await;
    walk.recorded.insert("ReceiptLink");
    walk.is_refused(traveller, Request::ReceiptLink { pnr }, &Failure::NoLinks).await;
    let file = Request::MyBookingsFile { filter: JourneyFilter::default(), form: Form::Csv };
    walk.is_recorded(traveller, file, ("booking.export", &own)).await;
    for request in [
        Request::History { pnr },
        Request::Queue { run: run() },
        Request::FormerBooking { id: "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d".parse().expect("a number") },
    ] {
        walk.looks(agent, request).await;
    }
    let (run, subject) = (run(), run().to_string());
    walk.is_recorded(agent, Request::Chart { run, coach: None }, ("chart.print", &subject)).await;
    let opened = Request::Manifest { run, after: None };
    let shown = walk.is_recorded(agent, opened.clone(), ("manifest.show", &subject)).await;
    let Reply::Manifest { next: after @ Some(_), .. } = shown else { panic!("it has another page") };
    walk.looks(agent, Request::Manifest { run, after }).await;
    walk.looks(agent, opened.clone()).await;
    walk.stage.advance(TimeDelta::minutes(15));
    walk.is_recorded(agent, opened, ("manifest.show", &subject)).await;
    let by_phone = Request::FindBookings { by: BookingSearch::Phone(phone()), after: None };
    walk.is_recorded(agent, by_phone, ("booking.find", "******2345")).await;
    let companions = Request::Companions { phone: phone() };
    walk.is_recorded(agent, companions, ("companions.find", "******2345")).await;
}

async fn answers_for_counters(walk: &mut Walk, agent: &Session, supervisor: &Session) {
    let opening = Request::OpenTill { op: new_op(), float: Paise::rupees(500) };
    let Reply::Till(till) = walk.leaves(agent, opening, &[("till.open", "agent")]).await else { panic!("a till") };
    let undone = sell_for_cash(agent, 1).await;
    let undo = Request::VoidSale { op: new_op(), pnr: undone.pnr };
    walk.leaves(agent, undo, &[("sale.void", ITS_PNR)]).await;
    walk.looks(agent, Request::MyTills { after: None }).await;
    walk.looks(agent, Request::TillReport { till: till.id, form: Form::Csv }).await;
    let (from, to) = (run().date, run().date);
    for request in [
        Request::Tills { which: Tills::Open, after: None },
        Request::Report { from, to },
        Request::ReportFile { report: ReportOf::Owed, form: Form::Csv },
        Request::Refunds { from, to },
        Request::Owed { after: None },
        Request::OwedSums,
        Request::Occupancy { date: run().date, after: None },
    ] {
        walk.looks(supervisor, request).await;
    }
    let movements = newest(agent).await.movements;
    let closing = Request::CloseTill { op: new_op(), till: till.id, counted: Paise::rupees(500), movements };
    walk.leaves(supervisor, closing, &[("till.close", "agent")]).await;
}

async fn looks_after_people(walk: &mut Walk, administrator: &Session) {
    walk.looks(administrator, Request::Accounts { beginning: String::new(), after: None }).await;
    let add = Request::AddAccount {
        username: username("tom"),
        email: Email::parse("tom@example.in").expect("an address"),
        role: Role::Traveller,
    };
    let Reply::Code(tom, _) = walk.leaves(administrator, add, &[("account.add", "tom")]).await else {
        panic!("a code")
    };
    walk.looks(administrator, Request::Account { account: tom.id }).await;
    for (change, action) in [
        (AccountChange::Role(Role::Agent), "account.role"),
        (AccountChange::Close, "account.close"),
        (AccountChange::Open, "account.open"),
    ] {
        let change = Request::ChangeAccount { account: tom.id, change };
        walk.leaves(administrator, change, &[(action, "tom")]).await;
    }
    let code = Request::IssueCode { account: tom.id, keys: OldKeys::Stay };
    walk.leaves(administrator, code, &[("account.issue-code", "tom")]).await;
}

async fn looks_after_terminals(walk: &mut Walk, administrator: &Session) {
    let (now, id) = (walk.stage.kiosk.now(), BannerId(Uuid::from_u128(7)));
    let banner = Banner {
        id,
        text: BannerText::parse("Platform 4 is closed").expect("a line"),
        to: Audience::All,
        from: now,
        until: now + TimeDelta::hours(1),
    };
    walk.leaves(administrator, Request::ShowBanner { banner }, &[("banner.show", "all")]).await;
    walk.looks(administrator, Request::Banners).await;
    walk.leaves(administrator, Request::EndBanner { banner: id }, &[("banner.end", "all")]).await;
    walk.looks(administrator, Request::Notifications { delivery: Delivery::Dead, after: None }).await;
    let again = Request::RetryNotifications { which: Revive::AllDead };
    walk.leaves(administrator, again, &[("notification.retry", "")]).await;
    walk.looks(administrator, Request::Overview).await;
    let day = railway_time(now).date();
    walk.looks(administrator, Request::Events { day, filter: EventFilter::default(), after: None }).await;
    let export = Request::ExportEvents { from: day, to: day, filter: EventFilter::default() };
    walk.is_recorded(administrator, export, ("audit.export", &day.to_string())).await;
}

async fn sets_rules(walk: &mut Walk, administrator: &Session) {
    let (_, text) = shipped_text("fares-2025-12-26").expect("it came with the program");
    let text = text.replace("round-up-to = 5", "round-up-to = 100");
    walk.looks(administrator, Request::RuleEditions { after: None }).await;
    walk.looks(administrator, Request::RuleEdition { id: "fares-2025-12-26".to_owned() }).await;
    walk.looks(administrator, Request::TryRules { text: text.clone(), from: None, sample: None }).await;
    let from = "2026-12-02".parse().expect("a day");
    let publish = Request::PublishRules(RulePublication { op: new_op(), text, from, based_on: 0 });
    walk.leaves(administrator, publish, &[("rules.publish", "fares-2026-12-02-e1")]).await;
    let withdraw = Request::WithdrawRules { op: new_op(), number: 1 };
    walk.leaves(administrator, withdraw, &[("rules.withdraw", "fares-2026-12-02-e1")]).await;
}

async fn runs_trains(walk: &mut Walk, administrator: &Session) {
    let number = run().train;
    walk.looks(administrator, Request::Trains { wanted: String::new(), after: None }).await;
    walk.looks(administrator, Request::Train { train: number }).await;
    walk.looks(administrator, Request::Runs { train: number, from: run().date }).await;
    let renamed = TrainDraft { name: "Winter Rajdhani".to_owned(), ..TrainDraft::from(small_train()) };
    let train = Box::new(Train::new(renamed).expect("the train is in order"));
    let from = "2026-12-20".parse().expect("a day");
    let subject = number.to_string();
    let publish = Request::PublishTrain { train, based_on: 1, from };
    walk.leaves(administrator, publish, &[("train.publish", &subject)]).await;
    let retire = Request::RetireTrain { train: number, from: Some(from) };
    walk.leaves(administrator, retire, &[("train.retire", &subject)]).await;

    walk.looks(administrator, Request::TrainsFile { wanted: String::new() }).await;
    let sheet = Sheet::of(administrator).await;
    let source = sheet.with_another("Ahmedabad Shatabdi");
    let Reply::ImportTried(trial) = walk.looks(administrator, Request::TryImport { source: source.clone() }).await
    else {
        panic!("it can be read")
    };
    let shown = trial.shown;
    let (path, import) = (source.path.clone(), Request::Import { op: new_op(), source, shown });
    walk.leaves(administrator, import, &[("timetable.import", &path)]).await;

    let late = RunId { train: number, date: "2026-12-07".parse().expect("a day") };
    let new = NewTimes { from: 0, minutes: 60 };
    walk.looks(administrator, Request::TryDelay { run: late, new }).await;
    let delay =
        Request::DelayRun(RunDelay { op: new_op(), run: late, new, reason: "fog at Surat".to_owned(), based_on: 0 });
    walk.leaves(administrator, delay, &[("run.change", &late.to_string())]).await;
    let part = Stretch { from: 3, to: 5 };
    walk.looks(administrator, Request::TryCancelPart { run: late, part }).await;
    let (op, reason) = (new_op(), "a bridge is closed".to_owned());
    let cancel = Request::CancelPart(PartCancellation { op, run: late, part, reason, based_on: 0 });
    walk.leaves(administrator, cancel, &[("run.cancel-part", &late.to_string())]).await;

    let (run, subject) = (run(), run().to_string());
    let berths = || [(CoachId::parse("B1").expect("a coach"), [1].into())].into();
    let block = Request::BlockBerths { run, berths: berths(), reason: Some("broken window".to_owned()) };
    walk.leaves(administrator, block, &[("run.block", &subject)]).await;
    let unblock = Request::BlockBerths { run, berths: berths(), reason: None };
    walk.leaves(administrator, unblock, &[("run.unblock", &subject)]).await;
    let other = RunId { train: run.train, date: "2026-12-06".parse().expect("a day") };
    let cancelled = Request::CancelRun { run: other };
    walk.leaves(administrator, cancelled, &[("run.cancel", &other.to_string())]).await;

    // Two hours before it leaves.
    walk.stage.clock.set(instant("2026-12-05T15:00:00".parse().expect("a time")));
    walk.leaves(administrator, Request::MakeChart { run }, &[("run.chart", &subject)]).await;
}
