//! The back office: who finds what in it, and the messages that people are still to be told.

use std::collections::BTreeSet;

use kiosk::domain::notification::{Channel, Delivery, Event, Notification};
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Outcome, Reply, Request, Revive};
use kiosk::ui::context::Setup;

use crate::ui_kit::{Stage, identity, setup, start};

fn dead(pnr: &str, attempts: u32, reason: &str) -> Notification {
    Notification {
        id: format!("{pnr}-3").parse().expect("an id"),
        event: Event::Promoted,
        at: start(),
        owed: BTreeSet::from([Channel::Email, Channel::Sms]),
        attempts,
        delivery: Delivery::Dead,
        due: start(),
        reason: Some(reason.to_owned()),
    }
}

/// The back office of an administrator, with the messages open.
fn messages(listed: Vec<Notification>) -> Stage {
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.calls.clear();
    stage.keys("<f12>m");
    let asked = stage.reply(Ok(Reply::Notifications { page: listed, next: None }));
    assert!(matches!(asked, Request::Notifications { delivery: Delivery::Dead, after: None }), "{asked:?}");
    stage
}

#[test]
fn the_office_shows_what_a_role_has_to_do() {
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.keys("<f12>");
    assert_picture!(stage, "office_of_an_administrator");
    stage.keys("<enter>");
    assert!(!stage.text().contains("Back office"), "{}", stage.text());
}

#[test]
fn a_traveller_and_a_public_console_have_no_office() {
    let mut traveller = Stage::signed_in(Role::Traveller);
    traveller.keys("<f12>");
    let identity = Some(identity(Role::Administrator));
    let mut public = Stage::new(Setup { identity, ..setup(TerminalKind::Public) });
    public.keys("<f12>");
    for stage in [traveller, public] {
        assert!(!stage.text().contains("office"), "{}", stage.text());
    }
}

#[test]
fn messages_that_were_given_up_say_why_and_are_tried_anew() {
    let long = "the function's answer was an error, and it said a great deal more than fits on one line of a screen";
    let mut stage = messages(vec![dead("8451234567", 8, "Throttling"), dead("8451234568", 1, long)]);
    assert_picture!(stage, "messages_given_up");
    stage.keys("<down>t");
    let asked = stage.reply(Ok(Reply::Revived(1)));
    let Request::RetryNotifications { which: Revive::One(id) } = asked else { panic!("{asked:?}") };
    assert_eq!(id.to_string(), "8451234568-3");
    assert!(stage.text().contains("1 message is due now"), "{}", stage.text());
    stage.reply(Ok(Reply::Notifications { page: Vec::new(), next: None }));
    assert_picture!(stage, "messages_none");
}

#[test]
fn messages_that_cannot_be_read_keep_what_is_known_and_are_read_again() {
    let unavailable = Failure::Unavailable { outcome: Outcome::NothingChanged, reference: "k7f2".to_owned() };
    let mut stage = messages(vec![dead("8451234567", 8, "Throttling")]);
    stage.keys("r");
    stage.reply(Err(unavailable));
    assert!(stage.text().contains("845-1234567"), "{}", stage.text());
    assert!(stage.text().contains("Press r to try again"), "{}", stage.text());
    stage.keys("<tab>");
    let asked = stage.reply(Ok(Reply::Notifications { page: Vec::new(), next: None }));
    assert!(matches!(asked, Request::Notifications { delivery: Delivery::Waiting, after: None }), "{asked:?}");
    assert!(stage.text().contains("Nothing waits"), "{}", stage.text());
}
