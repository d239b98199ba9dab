//! Whose may be what a request names: each that names anything, by its owner, by another traveller and by staff, against the
//! table that people read.

use kiosk::domain::banner::{Audience, Banner, BannerId, BannerText};
use kiosk::domain::coach::Class;
use kiosk::domain::correction::Correction;
use kiosk::domain::money::Paise;
use kiosk::domain::notification::NotificationId;
use kiosk::domain::passenger::PersonName;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::refund::WaiverCode;
use kiosk::domain::till::Till;
use kiosk::domain::user::{AccountId, Phone, Role};
use kiosk::service::Session;
use kiosk::service::access::{Whose, whose};
use kiosk::service::request::{AccountChange, Failure, Form, Hold, OldKeys, Order, Reply, Request, Revive};
use rstest::rstest;

use crate::refund_kit::{cancel, confirming, quoted, quoted_with};
use crate::service_kit::{
    PASSWORD, Stage, Wish, anything, booked, cash, new_op, order, order_for, passenger, secret, sign_in, station,
    terminal, test_money,
};
use crate::service_notify::{function_alone, told_by};
use crate::service_record::KEY;
use crate::service_roles::{CALLERS, OF_GROUP, Row, WAIVED, documented, is_refused, requests};
use crate::store_former::{leave_people_behind, taken};
use crate::till_kit;

/// Larger than what anybody books.
const GROUP: usize = 7;

#[test]
fn the_table_says_of_each_request_whose_may_be_what_it_names() {
    let table = documented();
    for (label, request) in requests() {
        let row = table.iter().find(|row| row.label == label).expect("it has a row");
        assert_eq!(row.whose, whose(&request).to_string(), "{label}");
    }
}

/// Somebody who owns something, and everybody else.
struct Cast {
    label: String,
    stage: Stage,
    owner: Session,
}

impl Cast {
    async fn of(label: &str) -> Self {
        let stage = Stage::mixed_with(told_by(function_alone())).await;
        for role in Role::ALL {
            stage.account(role.word(), role).await;
        }
        let owner = if label == "FormerBooking" {
            leave_people_behind(&stage.world).await;
            taken(&stage.world.store).await;
            let session = stage.kiosk.open_session(terminal("NDLS-07"));
            sign_in(&session, "anita", PASSWORD).await.expect("the old password is good");
            session
        } else {
            stage.signed_in("owner", owners_role(label)).await
        };
        Self { label: label.to_owned(), stage, owner }
    }

    /// Somebody of a role who owns nothing of it, with an open till where they may have one.
    async fn other(&self, role: Option<Role>) -> Session {
        let session = self.stage.kiosk.open_session(terminal("MMCT-01"));
        if let Some(role) = role {
            sign_in(&session, role.word(), PASSWORD).await.expect("the password is right");
            if role.is_staff() {
                till_kit::open(&session, 0).await.expect("they have none");
            }
        }
        session
    }

    fn account(&self) -> AccountId {
        self.owner.identity().expect("signed in").account
    }

    async fn held(&self) -> Hold {
        let is_group = self.label.ends_with(OF_GROUP);
        let (wish, size) =
            if is_group { (Wish { class: Class::Sleeper, ..anything() }, GROUP) } else { (anything(), 1) };
        wish.hold(&self.owner, size).await.expect("there are berths")
    }

    async fn ordered(&self) -> Order {
        let held = self.held().await;
        let party = (0..held.grants.len()).map(|_| passenger("Anita")).collect();
        order_for(&self.owner, &held, party).await.expect("it has a price")
    }

    /// A booking that the owner has paid.
    async fn paid(&self) -> Pnr {
        anything().buy(&self.owner, 1).await.expect("there are berths").pnr
    }

    /// A slip of the owner's.
    async fn slip(&self) -> Pnr {
        let order = self.ordered().await;
        booked(self.owner.call(Request::Reserve { op: new_op(), order }).await).expect("it is kept").pnr
    }

    /// A booking of the owner's that was paid in cash and given up, so that money waits.
    async fn owed(&self) -> Pnr {
        let pnr = self.slip().await;
        let agent = self.stage.kiosk.open_session(terminal("NDLS-08"));
        sign_in(&agent, Role::Supervisor.word(), PASSWORD).await.expect("the password is right");
        booked(agent.call(Request::PaySlip { op: new_op(), pnr, payment: cash() }).await).expect("it is paid");
        cancel(&self.owner, pnr, &[0]).await.expect("it can be given up");
        pnr
    }

    /// The till that the owner has open.
    async fn till(&self) -> Till {
        let request = Request::MyTills { after: None };
        let open = till_kit::tills(&self.owner, request).await.into_iter().find(|till| till.closing.is_none());
        match open {
            Some(till) => till,
            None => till_kit::open(&self.owner, 0).await.expect("there is none"),
        }
    }

    async fn sale(&self) -> Pnr {
        self.till().await;
        let held = self.held().await;
        let order = order(&self.owner, &held).await;
        booked(self.owner.call(Request::Book { op: new_op(), order, payment: cash() }).await).expect("it is sold").pnr
    }

    /// The request, with something of the owner's that is there.
    async fn request(&self) -> Request {
        let kind = self.label.trim_end_matches(OF_GROUP);
        match kind {
            "Release" => {
                let held = self.held().await;
                Request::Release { hold: held.id, run: held.run }
            }
            "Book" => Request::Book { op: new_op(), order: self.ordered().await, payment: test_money() },
            "Reserve" => Request::Reserve { op: new_op(), order: self.ordered().await },
            "PaySlip" => Request::PaySlip { op: new_op(), pnr: self.slip().await, payment: cash() },
            "Slip" => Request::Slip { pnr: self.slip().await },
            "GiveUpSlip" => Request::GiveUpSlip { op: new_op(), pnr: self.slip().await },
            "PayOut" => Request::PayOut { op: new_op(), pnr: self.owed().await },
            "VoidSale" => Request::VoidSale { op: new_op(), pnr: self.sale().await },
            "CloseTill" => {
                let Till { id, movements, .. } = self.till().await;
                Request::CloseTill { op: new_op(), till: id, counted: Paise::ZERO, movements }
            }
            "TillReport" => Request::TillReport { till: self.till().await.id, form: Form::Csv },
            "FormerBooking" => Request::FormerBooking { id: "8451234567".parse().expect("a number") },
            "RemoveSshKey" => {
                let add = Request::AddSshKey { line: KEY.to_owned(), password: secret(PASSWORD) };
                let Ok(Reply::SshKeys(keys)) = self.owner.call(add).await else { panic!("it is added") };
                Request::RemoveSshKey { fingerprint: keys[0].fingerprint.clone() }
            }
            "EndBanner" => {
                let now = self.stage.kiosk.now();
                let banner = Banner {
                    id: BannerId(new_op().0),
                    text: BannerText::parse("Platform 4 is closed").expect("a line"),
                    to: Audience::All,
                    from: now,
                    until: now + chrono::TimeDelta::hours(1),
                };
                let id = banner.id;
                self.owner.call(Request::ShowBanner { banner }).await.expect("it is shown");
                Request::EndBanner { banner: id }
            }
            "Account" => Request::Account { account: self.account() },
            "ChangeAccount" => Request::ChangeAccount { account: self.account(), change: AccountChange::Close },
            "IssueCode" => Request::IssueCode { account: self.account(), keys: OldKeys::Stay },
            _ => self.about_a_booking(self.paid().await).await,
        }
    }

    /// The request, about a paid booking of the owner's.
    async fn about_a_booking(&self, pnr: Pnr) -> Request {
        match self.label.as_str() {
            "Booking" => Request::Booking { pnr },
            "LookUp" => Request::LookUp { pnr, phone: Phone::parse("9810012345").expect("a number") },
            "History" => Request::History { pnr },
            "Receipt" => Request::Receipt { pnr },
            "ReceiptLink" => Request::ReceiptLink { pnr },
            "Ticket" => Request::Ticket { pnr },
            "ResendReceipt" => Request::ResendReceipt { pnr },
            "QuoteCancel" => Request::QuoteCancel { pnr, passengers: vec![0], waiver: None },
            "Cancel" => confirming(pnr, &quoted(&self.owner, pnr, &[0]).await.expect("it can be given up")),
            "CorrectName" => {
                let name = PersonName::parse("Anita Rao").expect("a name");
                Request::CorrectName { op: new_op(), pnr, correction: Correction { passenger: 0, name } }
            }
            "ChangeBoarding" => Request::ChangeBoarding { op: new_op(), pnr, station: station("KOTA") },
            "RetryNotifications" => {
                let id = NotificationId { pnr, version: 1, copy: None };
                Request::RetryNotifications { which: Revive::One(id) }
            }
            waived if waived.ends_with(WAIVED) => {
                let waiver = WaiverCode::ALL[0];
                if waived.starts_with("QuoteCancel") {
                    return Request::QuoteCancel { pnr, passengers: vec![0], waiver: Some(waiver) };
                }
                let supervisor = self.stage.kiosk.open_session(terminal("NDLS-08"));
                sign_in(&supervisor, Role::Supervisor.word(), PASSWORD).await.expect("the password is right");
                confirming(pnr, &quoted_with(&supervisor, pnr, &[0], Some(waiver)).await.expect("it is waived"))
            }
            other => panic!("{other} names something: make one of somebody's"),
        }
    }
}

/// Who owns what a request names.
fn owners_role(label: &str) -> Role {
    match label {
        "VoidSale" | "CloseTill" | "TillReport" => Role::Agent,
        "EndBanner" | "Account" | "ChangeAccount" | "IssueCode" => Role::Administrator,
        label if label.ends_with(OF_GROUP) => Role::Supervisor,
        _ => Role::Traveller,
    }
}

fn gives(whose: Whose, is_owner: bool, role: Option<Role>) -> bool {
    match whose {
        Whose::Nobodys | Whose::Own => is_owner,
        Whose::OwnOr(least) => is_owner || role.is_some_and(|role| role >= least),
        Whose::Anybodys => true,
        Whose::Others => !is_owner,
    }
}

/// Whether an answer to who may not have it tells nothing of what there is.
fn hides(label: &str, answer: &Result<Reply, Failure>) -> bool {
    match label.trim_end_matches(OF_GROUP) {
        // It gives back nothing.
        "Release" => matches!(answer, Ok(Reply::Done)),
        "Book" | "Reserve" => matches!(answer, Err(Failure::HoldExpired)),
        "VoidSale" => matches!(answer, Err(Failure::NotVoidable(_))),
        "CloseTill" | "TillReport" => matches!(answer, Err(Failure::NoSuchTill)),
        "FormerBooking" => matches!(answer, Err(Failure::NoSuchNumber)),
        "RemoveSshKey" => matches!(answer, Err(Failure::BadKey(_))),
        "ChangeAccount" | "IssueCode" => matches!(answer, Err(Failure::OwnAccount)),
        _ => matches!(answer, Err(Failure::NoSuchBooking(_))),
    }
}

/// Asks as each of the table's columns, and as the owner.
async fn walk(Row { label, may, .. }: &Row) {
    let cast = Cast::of(label).await;
    let mut named = None;
    let mut callers: Vec<(bool, Option<Role>)> = CALLERS.iter().map(|role| (false, *role)).collect();
    let owner = (true, cast.owner.identity().map(|who| who.role));
    // Whoever is given it may use it up.
    let is_last = cast.request().await;
    let whose = whose(&is_last);
    let at = if whose == Whose::Others { 0 } else { callers.len() };
    callers.insert(at, owner);
    named.replace(is_last);
    for (is_owner, role) in callers {
        let who = if is_owner { "its owner".to_owned() } else { format!("{role:?}") };
        let session = if is_owner { cast.owner.clone() } else { cast.other(role).await };
        let request = match named.take() {
            Some(request) => request,
            None => cast.request().await,
        };
        let answer = session.call(request.clone()).await;
        let column = CALLERS.iter().position(|caller| *caller == role).expect("it is a column");
        if !may[column] {
            assert!(is_refused(&answer), "{label} by {who}: {answer:?}");
            named = Some(request);
        } else if gives(whose, is_owner, role) {
            // The engine in this process makes no links.
            let is_given = matches!(answer, Ok(_) | Err(Failure::NoLinks));
            assert!(is_given, "{label} by {who}: {answer:?}");
            // Of slips one person has a few at most, and looking uses none up.
            named = matches!(request, Request::Slip { .. }).then_some(request);
        } else {
            assert!(hides(label, &answer), "{label} by {who}: {answer:?}");
            named = Some(request);
        }
    }
}

/// The rows of those that name anything, in a few parts that are walked beside each other.
#[rstest]
#[tokio::test]
async fn nobody_has_what_the_table_does_not_give_them(#[values(0, 1, 2, 3)] part: usize) {
    let rows = documented().into_iter().filter(|row| row.whose != Whose::Nobodys.to_string());
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() > 25, "{} name something", rows.len());
    for row in rows.iter().skip(part).step_by(4) {
        walk(row).await;
    }
}

#[tokio::test]
async fn berths_that_somebody_else_gives_back_stay_held() {
    let cast = Cast::of("Release").await;
    let order = cast.ordered().await;
    for role in CALLERS {
        let release = Request::Release { hold: order.hold.id, run: order.hold.run };
        assert!(matches!(cast.other(role).await.call(release).await, Ok(Reply::Done)), "{role:?}");
    }
    cast.stage.kiosk.settle().await;
    let book = Request::Book { op: new_op(), order, payment: test_money() };
    booked(cast.owner.call(book).await).expect("they are held");
}
