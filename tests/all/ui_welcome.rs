//! The first screen: of a public console and of a counter.

use chrono::TimeDelta;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::service::request::{Failure, Reply, Request};
use kiosk::ui::context::Setup;
use kiosk::ui::keys::{Mouse, MouseKind};
use kiosk::ui::msg::Msg;
use kiosk::ui::screen::Screen;
use ratatui::layout::Position;

use crate::ui_kit::{Stage, all_free, offers, setup, start};

fn with_board(kind: TerminalKind) -> Stage {
    let mut stage = Stage::new(setup(kind));
    let board = offers("NDLS", "MMCT", start().date_naive());
    assert!(!board.is_empty(), "trains run today");
    let request = stage.reply(Ok(Reply::Offers(board)));
    assert!(matches!(request, Request::Departures { .. }));
    let watched = stage.app.watch();
    assert!(!watched.is_empty(), "the board is live");
    for offer in offers("NDLS", "MMCT", start().date_naive()) {
        if watched.iter().any(|watch| watch.run == offer.journey.run) {
            stage.live(all_free(&offer.journey));
        }
    }
    stage
}

#[test]
fn a_public_console_invites() {
    assert_picture!(with_board(TerminalKind::Public), "public");
}

#[test]
fn a_counter_is_plain() {
    assert_picture!(with_board(TerminalKind::Counter), "counter");
}

#[test]
fn departures_of_another_day_stand_under_its_date() {
    let mut stage = Stage::new(setup(TerminalKind::Public));
    let today = start().date_naive();
    let days = [today, today.succ_opt().expect("a date"), today + chrono::Days::new(2)];
    stage.reply(Ok(Reply::Offers(days.iter().flat_map(|day| offers("NDLS", "MMCT", *day)).collect())));
    assert_picture!(stage, "three_days");
}

#[test]
fn any_key_or_touch_begins_a_booking_at_a_public_console() {
    let mut stage = with_board(TerminalKind::Public);
    stage.keys("x");
    assert!(matches!(stage.app.top(), Screen::Search(_)));
    let mut stage = with_board(TerminalKind::Public);
    stage.tell(Msg::Mouse(Mouse { kind: MouseKind::Press, at: Position::new(40, 12) }));
    assert!(matches!(stage.app.top(), Screen::Search(_)));
    let mut stage = with_board(TerminalKind::Public);
    stage.touch("Staff");
    assert!(matches!(stage.app.top(), Screen::SignIn(_)));
}

#[test]
fn the_board_is_read_again_every_minute_and_survives_a_refusal() {
    let mut stage = with_board(TerminalKind::Public);
    let before = stage.text();
    stage.advance(TimeDelta::minutes(1));
    stage.reply(Err(Failure::Busy));
    assert_eq!(before.lines().nth(9), stage.text().lines().nth(9), "the board stays");
}

#[test]
fn a_board_that_cannot_be_read_says_so() {
    let mut stage = Stage::new(setup(TerminalKind::Public));
    stage.reply(Err(Failure::Busy));
    assert_picture!(stage, "no_departures");
}

#[test]
fn a_terminal_without_a_station_has_no_board() {
    let terminal = Terminal { id: "desk".to_owned(), station: None, kind: TerminalKind::Counter };
    let stage = Stage::new(Setup { terminal, ..setup(TerminalKind::Counter) });
    assert!(stage.calls.is_empty());
    assert!(stage.text().contains("Book a journey"), "{}", stage.text());
}
