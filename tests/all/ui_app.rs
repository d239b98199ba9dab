//! What the program does whatever the screen.

use chrono::TimeDelta;
use kiosk::domain::coach::{BerthRef, Class, CoachId};
use kiosk::domain::inventory::{HoldId, Parts};
use kiosk::domain::quota::Quota;
use kiosk::domain::segment::Leg;
use kiosk::domain::spot::Grant;
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::train::RunId;
use kiosk::domain::user::Role;
use kiosk::service::request::{Failure, Hold, Reply, Request};
use kiosk::ui::context::{Idle, Setup};
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::{CallId, Effect, LeftBehind, Msg, OpenFailed};
use kiosk::ui::screen::Screen;
use kiosk::ui::screens::sign_in::SignIn;
use ratatui::layout::Size;
use uuid::Uuid;

use crate::ui_kit::{Stage, draw, identity, setup, start, words};

fn hold() -> Hold {
    Hold {
        id: HoldId(Uuid::from_u128(1)),
        run: "12952#2026-12-24".parse::<RunId>().expect("a run"),
        leg: Leg::new(0, 6).expect("forward"),
        class: Class::ThirdAc,
        quota: Quota::General,
        grants: vec![Grant::Berth(BerthRef { coach: CoachId::parse("B2").expect("a coach"), number: 20 })],
        parts: Parts::new(),
        until: start() + TimeDelta::minutes(10),
    }
}

#[test]
fn leaving_asks_first_and_signs_out() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("<c-q>");
    assert_picture!(stage, "leave");
    stage.keys("<esc>");
    assert!(stage.effects.is_empty());
    stage.keys("<c-q><enter>");
    assert!(stage.calls.iter().any(|(_, request)| matches!(request, Request::SignOut)));
    assert!(matches!(stage.effects[..], [Effect::Quit]));
}

#[test]
fn a_public_console_cannot_be_left_by_key() {
    let mut stage = Stage::new(setup(TerminalKind::Public));
    stage.keys("<c-q><enter><c-c>");
    assert!(stage.effects.is_empty());
}

#[test]
fn a_staff_session_locks_and_a_password_brings_it_back() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.calls.clear();
    stage.advance(TimeDelta::minutes(10));
    assert!(matches!(stage.reply(Ok(Reply::Done)), Request::Lock));
    assert_picture!(stage, "locked");
    stage.keys("wrong<enter>");
    assert!(matches!(stage.reply(Err(Failure::WrongPassword)), Request::Unlock { .. }));
    assert!(stage.text().contains("The password is wrong: type it again,"), "{}", stage.text());
    stage.keys("right<enter>");
    stage.reply(Ok(Reply::Welcome(identity(Role::Agent))));
    assert!(!stage.text().contains("Locked"), "{}", stage.text());
}

#[test]
fn a_locked_terminal_shows_nothing_of_the_screen_and_takes_no_key_for_it() {
    let mut stage = Stage::signed_in(Role::Agent);
    let before = format!("{:?}", stage.app.top());
    stage.keys("<f9>secret<tab><c-q><esc>");
    assert_eq!(format!("{:?}", stage.app.top()), before);
    assert!(stage.effects.is_empty());
    assert!(!format!("{:?}", stage.app).contains("secret"), "a password shows itself to no log");
}

#[test]
fn a_public_session_counts_down_and_forgets_everything() {
    let mut stage = Stage::new(setup(TerminalKind::Public));
    stage.app.show(Draft { hold: Some(hold()), ..Draft::default() }, [Screen::from(SignIn::default())]);
    stage.keys("anita").calls.clear();
    stage.advance(TimeDelta::seconds(69));
    assert!(!stage.text().contains("still there"), "{}", stage.text());
    stage.advance(TimeDelta::seconds(6));
    assert!(stage.text().contains("forgotten in 15 s"), "{}", stage.text());
    assert_picture!(stage, "idle");
    stage.advance(TimeDelta::seconds(15));
    assert!(matches!(stage.calls.front(), Some((_, Request::SignOut))), "{:?}", stage.calls);
    assert_eq!(stage.app.world().draft, Draft::default());
    assert!(!format!("{:?}", stage.app).contains("anita"), "what was typed is forgotten");
    assert!(matches!(stage.app.top(), Screen::Welcome(_)));
}

#[test]
fn any_key_calls_the_countdown_off_and_does_nothing_else() {
    let mut stage = Stage::new(setup(TerminalKind::Public));
    stage.keys("s");
    stage.advance(TimeDelta::seconds(80));
    stage.keys("x");
    assert!(!stage.text().contains("still there"));
    assert!(!format!("{:?}", stage.app.top()).contains("\"x\""), "the key was for the countdown alone");
    stage.advance(TimeDelta::seconds(60));
    assert!(matches!(stage.app.top(), Screen::SignIn(_)));
}

#[test]
fn a_guest_who_goes_back_to_the_first_screen_of_a_public_console_is_forgotten() {
    let mut stage = Stage::new(setup(TerminalKind::Public));
    stage.keys("bNDLS").calls.clear();
    stage.keys("<esc><esc>");
    assert!(matches!(stage.app.top(), Screen::Welcome(_)), "{}", stage.text());
    assert!(stage.calls.iter().any(|(_, request)| matches!(request, Request::SignOut)), "{:?}", stage.calls);
    stage.calls.clear();
    stage.keys("<f8>").advance(TimeDelta::minutes(5));
    let asked = |(_, request): &(_, Request)| matches!(request, Request::SignOut);
    assert!(!stage.calls.iter().any(asked), "there is nothing to forget: {:?}", stage.calls);
}

#[test]
fn a_short_idle_time_leaves_longer_to_type_than_it_warns() {
    let idle = Idle { public: TimeDelta::seconds(15), ..Idle::default() };
    let mut stage = Stage::new(Setup { idle, ..setup(TerminalKind::Public) });
    stage.keys("b").advance(TimeDelta::seconds(9));
    assert!(!stage.text().contains("still there"), "{}", stage.text());
    stage.keys("N").advance(TimeDelta::seconds(9)).keys("D");
    assert!(!stage.text().contains("still there"), "{}", stage.text());
    stage.advance(TimeDelta::seconds(10));
    assert!(stage.text().contains("forgotten in 5 s"), "{}", stage.text());
}

#[test]
fn whoever_is_there_when_a_terminal_closes_is_told_and_counted_down() {
    let mut stage = Stage::signed_in(Role::Agent);
    let at = start() + TimeDelta::seconds(20);
    stage.tell(Msg::Closing(at));
    assert!(stage.text().contains("Kiosk closes in 00:20: finish what you do"), "{}", stage.text());
    stage.advance(TimeDelta::seconds(13));
    assert!(stage.text().contains("Kiosk closes in 00:07"), "{}", stage.text());
    assert!(!stage.effects.iter().any(|effect| matches!(effect, Effect::Quit)));
    stage.advance(TimeDelta::seconds(7));
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::Quit)));
}

#[test]
fn the_countdown_is_seen_beside_whatever_else_is_said() {
    let mut agent = Stage::signed_in(Role::Agent);
    agent.tell(Msg::Closing(start() + TimeDelta::seconds(20)));
    agent.tell(Msg::Opened(Err(OpenFailed("There is no printer: save the receipt instead.".to_owned()))));
    let says = |stage: &Stage| {
        let text = stage.text();
        let row = text.lines().find(|row| row.contains("There is no printer")).map(str::to_owned);
        row.is_some_and(|row| row.trim_end().ends_with("closes in 00:20"))
    };
    assert!(says(&agent), "{}", agent.text());
    agent.advance(TimeDelta::seconds(12));
    assert!(agent.text().contains("Kiosk closes in 00:08: finish"), "{}", agent.text());
}

#[test]
fn whoever_comes_back_from_a_broken_line_is_asked_whether_they_go_on() {
    let mut stage = Stage::signed_in(Role::Agent);
    let left = LeftBehind {
        what: format!("12951 {} on Thu 24 Dec", "Very Long Name Of A Train ".repeat(4).trim()),
        terminal: "COUNTER-WITH-A-LONG-NAME-12".to_owned(),
        until: start() + TimeDelta::minutes(10),
    };
    stage.tell(Msg::LeftBehind(left.clone()));
    assert_picture!(stage, "left_behind");
    stage.keys("n");
    assert!(stage.app.overlay().is_none() && !stage.effects.iter().any(|effect| matches!(effect, Effect::GoOn)));
    stage.tell(Msg::LeftBehind(left)).keys("<enter>");
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::GoOn)));
}

#[test]
fn whose_account_is_closed_is_signed_out_at_a_console_and_told_why() {
    let mut stage = Stage::new(setup(TerminalKind::Counter));
    stage.keys("sasha<tab>secret<enter>");
    stage.reply(Ok(Reply::Welcome(identity(Role::Agent))));
    stage.tell(Msg::Expelled);
    assert!(stage.app.world().identity.is_none());
    assert!(stage.text().contains("Your account was closed or changed"), "{}", stage.text());
    assert!(!stage.effects.iter().any(|effect| matches!(effect, Effect::Quit)), "the console stays");
}

#[test]
fn a_hold_that_comes_for_nobody_is_given_back() {
    let mut stage = Stage::signed_in(Role::Agent);
    // A call of a screen that has left: its number is known, its owner gone.
    stage.app.show(Draft::default(), [Screen::from(SignIn::default())]);
    stage.keys("a<tab>b<enter>");
    let (call, _) = stage.calls.pop_back().expect("a call");
    stage.keys("<esc><esc>").calls.clear();
    stage.tell(Msg::Reply(call, Ok(Reply::Held(hold()))));
    let (_, request) = stage.asked();
    assert!(matches!(request, Request::Release { hold: id, .. } if id == hold().id), "{request:?}");
}

#[test]
fn a_refusal_of_what_the_last_person_asked_is_not_the_next_one_s() {
    for late in [Failure::SignedOut, Failure::Locked] {
        let mut stage = Stage::signed_in(Role::Agent);
        stage.app.show(Draft::default(), [Screen::from(SignIn::default())]);
        stage.keys("a<tab>b<enter>");
        let (call, _) = stage.calls.pop_back().expect("a call");
        stage.keys("<f8>s").calls.clear();
        stage.keys("c<tab>d<enter>");
        stage.reply(Ok(Reply::Welcome(identity(Role::Traveller))));
        stage.calls.clear();
        stage.tell(Msg::Reply(call, Err(late)));
        assert!(stage.app.world().identity.is_some(), "the next one is still signed in");
        assert!(stage.app.overlay().is_none(), "and not locked out");
        assert!(stage.calls.is_empty(), "{:?}", stage.calls);
    }
}

#[test]
fn a_reply_to_no_call_changes_nothing() {
    let mut stage = Stage::signed_in(Role::Agent);
    let before = stage.text();
    stage.calls.clear();
    stage.tell(Msg::Reply(CallId(999), Ok(Reply::Held(hold()))));
    assert_eq!(stage.text(), before);
    assert!(stage.calls.is_empty());
}

#[test]
fn a_hold_that_is_over_says_so_and_is_not_paid() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.app.show(Draft { hold: Some(hold()), ..Draft::default() }, [Screen::from(SignIn::default())]);
    stage.advance(TimeDelta::seconds(300)).keys("x");
    stage.advance(TimeDelta::seconds(299));
    assert!(stage.app.world().draft.hold.is_some());
    stage.advance(TimeDelta::seconds(1));
    assert!(stage.app.world().draft.hold.is_none());
    assert!(stage.text().contains("The time is over"), "{}", stage.text());
}

#[test]
fn a_terminal_that_is_too_small_says_so_and_loses_nothing() {
    let mut stage = Stage::new(setup(TerminalKind::Counter));
    stage.keys("s").keys("anita");
    stage.tell(Msg::Resize(Size::new(60, 10))).keys("x<esc>");
    let seen = words(&draw(&stage.app, Size::new(60, 10)));
    assert!(seen.contains("Kiosk needs 80 columns and 24 rows; here are 60 and 10."), "{seen}");
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => true }, {
        insta::assert_snapshot!("too_small", seen);
    });
    stage.tell(Msg::Resize(Size::new(80, 24)));
    assert!(stage.text().contains("anita"), "{}", stage.text());
    for (width, height) in [(1, 1), (80, 1), (1, 24), (79, 24), (300, 100)] {
        draw(&stage.app, Size::new(width, height));
    }
}

#[test]
fn the_same_seed_and_messages_give_the_same_effects() {
    let run = || {
        let mut stage = Stage::new(setup(TerminalKind::Counter));
        stage.keys("s").keys("anita<tab>secret<enter>").advance(TimeDelta::minutes(2));
        format!("{:?} {:?}", stage.calls, stage.app)
    };
    assert_eq!(run(), run());
}

#[test]
fn help_comes_from_the_keys() {
    let mut stage = Stage::new(setup(TerminalKind::Counter));
    stage.keys("?");
    assert_picture!(stage, "help");
    stage.keys("<esc>");
    assert!(!stage.text().contains("Everywhere"));
}
