//! The command line of a desk: what is typed on it, what it points at, and how it drives the screens.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use kiosk::domain::booking::Booking;
use kiosk::domain::coach::{BerthRef, Class, CoachId};
use kiosk::domain::fare::{Ride, Traveller, price};
use kiosk::domain::inventory::Parts;
use kiosk::domain::quota::Quota;
use kiosk::domain::spot::Grant;
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::Role;
use kiosk::service::request::{Choice, Failure, Hold, Reply, Request};
use kiosk::ui::command::{ENTRIES, Step, Tendered, read};
use kiosk::ui::context::Setup;
use kiosk::ui::msg::{Effect, Msg};
use kiosk::ui::screen::Screen;
use rstest::rstest;

use crate::sample_booking;
use crate::ui_kit::{RULES, Stage, closed_up, identity, offers, setup};

const SALE: &str = "a ndls mmct 24dec;s 12952 3a 2;n sharma/anita f34 sharma/dev m9;t 9810012345;p cash";

/// An agent at the search.
pub fn desk() -> Stage {
    Stage::signed_in(Role::Agent)
}

/// Answers what was asked last as the services would.
pub fn answered(stage: &mut Stage) -> Request {
    let (id, request) = stage.calls.pop_back().expect("something is asked");
    let reply = match &request {
        Request::Search { from, to, date, .. } => Reply::Offers(offers(from[0].as_str(), to[0].as_str(), *date)),
        Request::Hold { hold, run, leg, class, quota, choice, .. } => {
            let coach = CoachId::parse("B2").expect("a coach");
            let berths = u8::try_from(choice.len()).expect("a party");
            Reply::Held(Hold {
                id: *hold,
                run: *run,
                leg: *leg,
                class: *class,
                quota: *quota,
                grants: (20..20 + berths).map(|number| Grant::Berth(BerthRef { coach, number })).collect(),
                parts: Parts::new(),
                until: stage.now + TimeDelta::minutes(10),
            })
        }
        Request::Price { class, passengers, .. } => {
            let kind = stage.app.world().draft.journey.as_ref().expect("a train is chosen").train.kind();
            let party: Vec<_> =
                passengers.iter().map(|who| Traveller { age: who.age, accommodation: who.accommodation }).collect();
            let ride = Ride { kind, class: *class, quota: Quota::General, km: 1384 };
            let booked = stage.now.date_naive();
            Reply::Priced(price(RULES.fares_on(booked), RULES.quotas_on(booked), ride, &party).expect("a fare"))
        }
        Request::Book { .. } | Request::Booking { .. } => Reply::Booking(booking()),
        other => panic!("nobody answers {other:?}"),
    };
    stage.tell(Msg::Reply(id, Ok(reply)));
    request
}

fn booking() -> Arc<Booking> {
    Arc::new(sample_booking::booking())
}

/// The column at which the line under what is typed points.
fn pointed_at(stage: &Stage) -> (usize, String) {
    let screen = stage.text();
    let lines: Vec<&str> = screen.lines().collect();
    let (line, says) = (lines[21], lines[22]);
    let at = says.chars().position(|c| c == '^').unwrap_or_else(|| panic!("nothing is pointed at:\n{screen}"));
    (at, line.chars().skip(at).collect())
}

#[test]
fn the_line_opens_over_a_field_and_closes_without_loss() {
    let mut stage = desk();
    stage.keys("mm<f10>a mmct");
    assert!(stage.text().contains("▌› a mmct"), "{}", stage.text());
    stage.keys("<esc>");
    assert!(!stage.text().contains("› a mmct"), "{}", stage.text());
    assert!(stage.text().contains("mm"), "the field has what was typed before:\n{}", stage.text());
    stage.keys("<f10> 24dec");
    assert!(stage.text().contains("▌› a mmct 24dec"), "{}", stage.text());
}

#[test]
fn a_colon_opens_it_where_nothing_is_typed_and_is_text_where_something_is() {
    let mut stage = desk();
    stage.keys(":");
    assert!(!stage.text().contains('›'), "{}", stage.text());
    stage.keys("<f10>a ndls mmct 24dec<enter>");
    answered(&mut stage);
    stage.keys(":");
    assert!(stage.text().contains("▌›"), "{}", stage.text());
}

#[test]
fn it_is_for_those_who_sell_and_for_no_public_console() {
    let mut traveller = Stage::signed_in(Role::Traveller);
    let agent = Some(identity(Role::Agent));
    let mut public = Stage::new(Setup { identity: agent, ..setup(TerminalKind::Public) });
    for stage in [&mut traveller, &mut public] {
        stage.keys("<f10>");
        assert!(!stage.text().contains('›'), "{}", stage.text());
    }
}

#[test]
fn an_entry_shows_how_it_goes_on() {
    let mut stage = desk();
    stage.keys("<f10>a nd");
    assert_picture!(stage, "completion");
    stage.keys("<tab><tab>");
    assert!(stage.text().contains("› a ndls"), "{}", stage.text());
    stage.keys(" mmct 24dec ");
    stage.keys("<c-u>p ");
    assert!(stage.text().contains("cash"), "{}", stage.text());
    stage.keys("cash;");
    assert!(stage.text().contains("s sell"), "the next entry is offered:\n{}", stage.text());
    stage.keys("n sharma");
    assert!(stage.text().contains("n [ROW] SURNAME/NAME SEX+AGE ..."), "{}", stage.text());
}

#[test]
fn tab_goes_round_what_may_be_meant() {
    let mut stage = desk();
    stage.keys("<f10>a ndls mmct 24dec s");
    stage.keys("<tab>");
    let first = stage.text();
    stage.keys("<tab>");
    assert_ne!(stage.text(), first);
    stage.keys("<s-tab>");
    assert_eq!(stage.text(), first);
}

#[test]
fn lines_come_back_by_arrow_and_by_a_dot() {
    let mut stage = desk();
    stage.keys("<f10>a ndls mmct 24dec<enter>");
    answered(&mut stage);
    stage.keys("<f10>a ndls mmct 25dec<enter>");
    answered(&mut stage);
    stage.keys("<f10>half<up><up>");
    assert!(stage.text().contains("› a ndls mmct 24dec"), "{}", stage.text());
    stage.keys("<down><down>");
    assert!(stage.text().contains("› half"), "{}", stage.text());
    stage.keys("<c-u>.<enter>");
    let Request::Search { date, .. } = answered(&mut stage) else { panic!("a search") };
    assert_eq!(date, NaiveDate::from_ymd_opt(2026, 12, 25).expect("a date"));
}

#[test]
fn whoever_signs_in_next_finds_nothing_on_the_line() {
    let mut stage = desk();
    stage.keys("<f10>n sharma/anita f34<esc><f8>");
    assert!(!format!("{:?}", stage.app).contains("anita f34"));
}

#[test]
fn a_paste_fills_the_line_and_does_nothing() {
    let mut stage = desk();
    stage.keys("<f10>").paste("a ndls mmct\n24dec");
    assert!(stage.text().contains("› a ndls mmct 24dec"), "{}", stage.text());
    assert!(stage.calls.is_empty());
}

#[rstest]
#[case("z", 0, "There is no entry 'z'")]
#[case("a", 1, "Say where to")]
#[case("a ndls xxqq 24dec", 7, "We have no such station.")]
#[case("a ndls ndls", 7, "That is where the journey begins")]
#[case("a ndls mmct 24dec 9z", 18, "That is no class, quota or date")]
#[case("a ndls mmct 31jan", 12, "Tickets are sold from")]
#[case("a mmct 24dec 3a sl", 16, "Nothing follows here")]
#[case("s", 1, "Say which train")]
#[case("s 2 3a 9", 7, "For more than 6 ask a supervisor")]
#[case("s 2 x", 4, "Type a class and then a number")]
#[case("f;  n SHARMA/ANITA X3", 19, "Type F for female")]
#[case("t 12", 2, "A telephone number")]
#[case("p gold", 2, "Type cash, or card")]
#[case("p card", 6, "Type the reference")]
#[case("p cash 12.5", 7, "Type the whole rupees")]
#[case("r 12", 2, "A PNR has ten digits")]
#[case("x 0", 2, "Type the passengers' places")]
#[case("c sharma/dev", 2, "Type the passenger's line first")]
#[case("c 2", 3, "Type the name as it should be")]
#[case("w someday", 2, "That is not a date")]
#[case("g someday", 2, "That is not a date")]
#[case("g 31jan", 2, "Tickets are sold from")]
#[case("g +1 3a", 5, "Nothing follows here")]
#[case("k x", 2, "Type the journey's number")]
#[case("k 0", 2, "Type the journey's number")]
#[case("l 12", 2, "A telephone number")]
#[case("b", 1, "Type the station")]
#[case("f;b  xxqq", 5, "We have no such station.")]
#[case("b mumbai", 2, "A city has several stations")]
#[case("h;h now", 4, "Nothing follows here")]
fn what_is_wrong_is_pointed_at_before_anything_is_done(#[case] text: &str, #[case] at: usize, #[case] why: &str) {
    let mut stage = desk();
    let bad = read(text, stage.app.world()).expect_err("it is refused");
    assert!(bad.at == at && bad.why.starts_with(why), "{bad:?}");
    assert!(bad.why.ends_with('.'), "a sentence: {}", bad.why);
    stage.keys("<f10>").keys(text).keys("<enter>");
    assert!(stage.calls.is_empty(), "nothing is done");
    let (_, pointed) = pointed_at(&stage);
    assert_eq!(pointed.trim_end(), text.chars().skip(at).collect::<String>(), "{}", stage.text());
    assert!(matches!(stage.effects.last(), Some(Effect::Bell)));
}

#[rstest]
#[case("p", Tendered::AsChosen)]
#[case("P CASH", Tendered::Cash(None))]
#[case("p cash 4000", Tendered::Cash(Some("4000".to_owned())))]
#[case("p card A7731-0042", Tendered::Card("A7731-0042".to_owned()))]
fn ways_to_pay_are_read(#[case] text: &str, #[case] way: Tendered) {
    let stage = desk();
    let entries = read(text, stage.app.world()).expect("an entry");
    assert_eq!(entries[0].steps, [Step::Fare, Step::Tender(way), Step::Pay]);
}

#[test]
fn a_search_begins_here_unless_another_place_is_typed() {
    let stage = desk();
    let trip = |text: &str| match &read(text, stage.app.world()).expect("an entry")[0].steps[..] {
        [Step::Search(trip)] => trip.clone(),
        other => panic!("{other:?}"),
    };
    let short = trip("a mmct 24dec");
    assert_eq!(short, trip("a ndls mmct 24dec"));
    assert_eq!((short.class, short.quota), (None, Quota::General));
    let long = trip("a mmct tomorrow ss 3a");
    assert_eq!((long.class, long.quota), (Some(Class::ThirdAc), Quota::Senior));
    assert_eq!(trip("a mumbai-central").to, short.to);
    assert_eq!(trip("a mmct").date, stage.app.world().today());
}

#[test]
fn every_entry_is_read_as_its_example_is_written() {
    let stage = desk();
    for form in ENTRIES {
        let entries = read(form.example, stage.app.world()).unwrap_or_else(|bad| panic!("{}: {bad:?}", form.example));
        assert_eq!(entries.len(), 1, "{}", form.example);
        assert!(form.form.starts_with(form.word), "{}", form.form);
    }
}

#[test]
fn the_page_of_entries_has_all_of_them() {
    let page = include_str!("../../docs/desk.md");
    for form in ENTRIES {
        let row =
            format!("| `{}` | {} | `{}` | {} |", form.form.replace('|', "\\|"), form.help, form.example, form.keys);
        assert!(page.contains(&row), "docs/desk.md lacks this row:\n{row}");
    }
}

#[test]
fn a_line_goes_through_the_screens_of_a_sale_and_waits_for_each_answer() {
    let mut stage = desk();
    stage.keys("<f10>").keys(SALE).keys("<enter>");
    assert!(matches!(stage.app.top(), Screen::Results(_)));
    answered(&mut stage);
    assert!(matches!(stage.app.top(), Screen::Berths(_)), "{}", stage.text());
    let Request::Hold { choice: Choice::Best(wishes), class, .. } = answered(&mut stage) else { panic!("a hold") };
    assert_eq!((wishes.len(), class), (2, Class::ThirdAc));
    let Request::Price { passengers, .. } = answered(&mut stage) else { panic!("the fare is asked") };
    let names: Vec<_> = passengers.iter().map(|who| who.name.as_str().to_owned()).collect();
    assert_eq!(names, ["Anita Sharma", "Dev Sharma"]);
    assert!(stage.calls.is_empty(), "a fare that nobody has seen is not paid");
    assert_picture!(stage, "fare_first");
    stage.keys("<f10>p card A7731<enter>");
    let Request::Book { payment, .. } = answered(&mut stage) else { panic!("a booking") };
    assert_eq!(payment.reference.as_deref(), Some("A7731"));
    assert!(matches!(stage.app.top(), Screen::Ticket(_)), "{}", stage.text());
    stage.keys("<f10>x<enter>");
    assert!(matches!(stage.app.top(), Screen::Detail(_)), "{}", stage.text());
}

#[test]
fn what_comes_after_an_unseen_fare_waits_on_the_line() {
    let mut stage = desk();
    stage.keys("<f10>").keys(SALE).keys(";w<enter>");
    for _ in 0..3 {
        answered(&mut stage);
    }
    stage.keys("<enter>");
    answered(&mut stage);
    stage.keys("<f10>");
    assert!(stage.text().contains("▌› w"), "{}", stage.text());
}

#[test]
fn a_fare_that_was_seen_lets_no_other_be_paid_unseen() {
    let mut stage = desk();
    stage.keys("<f10>").keys(SALE).keys("<enter>");
    for _ in 0..3 {
        answered(&mut stage);
    }
    stage.keys("<f10>p cash;").keys(SALE).keys("<enter>");
    let booked = (0..8).filter(|_| {
        stage.calls.retain(|(_, request)| !matches!(request, Request::Ticket { .. }));
        !stage.calls.is_empty() && matches!(answered(&mut stage), Request::Book { .. })
    });
    assert_eq!(booked.count(), 1, "the second party agrees to its own fare:\n{}", stage.text());
    assert!(stage.text().contains("Look at the fare"), "{}", stage.text());
}

#[test]
fn a_refused_entry_stops_those_behind_it_and_stays_to_be_put_right() {
    let mut stage = desk();
    stage.keys("<f10>a ndls mmct 24dec;s 99 3a;f<enter>");
    answered(&mut stage);
    let (_, pointed) = pointed_at(&stage);
    assert_eq!(pointed.trim_end(), "99 3a;f");
    assert_picture!(stage, "no_such_line");
    stage.keys("<del><del>12952<enter>");
    assert!(matches!(stage.app.top(), Screen::Berths(_)), "{}", stage.text());
    let (id, _) = stage.calls.pop_back().expect("a hold is asked");
    let (left, standing) = (0, kiosk::domain::admission::Standing::Full);
    stage.tell(Msg::Reply(id, Err(Failure::SoldOut { left, standing })));
    let (_, pointed) = pointed_at(&stage);
    assert_eq!(pointed.trim_end(), "s 12952 3a;f", "{}", stage.text());
    assert!(stage.app.world().draft.hold.is_none());
}

#[test]
fn what_is_missing_among_the_passengers_is_said() {
    let mut stage = desk();
    stage.keys("<f10>a ndls mmct 24dec;s 12952 3a 2;n sharma/anita f34;t 9810012345;f<enter>");
    answered(&mut stage);
    answered(&mut stage);
    assert!(stage.text().contains("Passenger 2: Type the passenger's name"), "{}", stage.text());
    stage.keys("<c-u>n iyer/om m3l iyer/rama m40;n 1 verma/asha f61;f<enter>");
    let Request::Price { passengers, .. } = answered(&mut stage) else { panic!("the fare is asked") };
    let names: Vec<_> = passengers.iter().map(|who| who.name.as_str().to_owned()).collect();
    assert_eq!(names, ["Asha Verma", "Rama Iyer", "Om Iyer"]);
}

#[test]
fn a_word_that_a_screen_refuses_is_pointed_at() {
    let mut stage = desk();
    stage.keys("<f10>a ndls mmct 24dec;s 12952 3a 1<enter>");
    answered(&mut stage);
    answered(&mut stage);
    stage.keys("<f10>k 3<enter>");
    assert_eq!(pointed_at(&stage).1.trim_end(), "3", "{}", stage.text());
    stage.keys("<c-u><del>l<enter>");
    assert_eq!(pointed_at(&stage).1.trim_end(), "l", "{}", stage.text());
    stage.keys("<del>l 9810099999<enter>");
    stage.reply(Ok(Reply::Companions { people: Vec::new(), phone: None }));
    assert_eq!(pointed_at(&stage).1.trim_end(), "9810099999", "{}", stage.text());
}

#[test]
fn an_entry_elsewhere_says_where_it_belongs() {
    let mut stage = desk();
    for (entry, says) in [("s 1", "show one first"), ("n A/B F3", "once berths are held"), ("x", "open one first")] {
        stage.keys("<c-u><esc><f10><c-u>").keys(entry).keys("<enter>");
        assert!(stage.text().contains(says), "{entry}:\n{}", stage.text());
    }
}

#[test]
fn escape_stops_a_line_that_waits() {
    let mut stage = desk();
    stage.keys("<f10>").keys(SALE).keys("<enter>").advance(TimeDelta::seconds(1));
    assert!(stage.text().contains("› a ndls mmct 24dec;s 12952"), "what is still to be done:\n{}", stage.text());
    stage.keys("xyz");
    assert!(matches!(stage.effects.last(), Some(Effect::Bell)), "nothing goes to a screen that is about to change");
    stage.keys("<esc>");
    assert!(stage.text().contains("You stopped here"), "{}", stage.text());
    let (id, _) = stage.asked();
    stage.tell(Msg::Reply(id, Ok(Reply::Offers(Vec::new()))));
    assert!(stage.calls.is_empty());
}

#[test]
fn a_journey_with_berths_is_not_searched_away() {
    let mut stage = desk();
    stage.keys("<f10>a ndls mmct 24dec;s 12952 3a;a ndls mmct 25dec<enter>");
    answered(&mut stage);
    answered(&mut stage);
    assert!(stage.text().contains("Berths are held"), "{}", stage.text());
    assert!(stage.app.world().draft.hold.is_some());
}

#[test]
fn a_name_is_shown_as_it_should_be_and_put_right_by_a_key() {
    let mut stage = desk();
    stage.keys("<f10>r 2451234567;c 2 SHARMA/DEVIKA<enter>");
    answered(&mut stage);
    assert_picture!(stage, "name_to_be_put_right");
    assert!(stage.calls.iter().all(|(_, request)| !matches!(request, Request::CorrectName { .. })));
    stage.calls.clear();
    stage.keys("<enter>");
    let (id, request) = stage.asked();
    let Request::CorrectName { correction, .. } = request else { panic!("a correction, not {request:?}") };
    assert_eq!((correction.passenger, correction.name.as_str()), (1, "Devika Sharma"));
    let why = kiosk::domain::correction::NotCorrected::ChartMade;
    stage.tell(Msg::Reply(id, Err(Failure::NotCorrected(why))));
    assert!(stage.text().contains("The chart is made"), "{}", stage.text());
    stage.keys("<enter>");
    let (id, _) = stage.asked();
    stage.tell(Msg::Reply(id, Ok(Reply::Booking(booking()))));
    assert!(matches!(stage.app.top(), Screen::Detail(_)), "{}", stage.text());
}

#[test]
fn the_beginning_of_what_an_entry_does_stands_beside_it_where_all_of_it_has_no_room() {
    let mut stage = desk();
    stage.keys("<f10>p cash");
    assert!(stage.text().contains("Takes the money and books"), "{}", stage.text());
    assert!(!stage.text().contains('…'), "{}", stage.text());
}

#[test]
fn help_has_the_entries_where_there_is_a_line() {
    let mut stage = desk();
    stage.keys("<f10>h<enter><pgdn><pgdn><pgdn>");
    assert!(stage.text().contains("p [cash [RECEIVED] | card REFERENCE]"), "{}", stage.text());
    let wrapped =
        "Takes the money and books; a fare that was not on the screen yet is │ │ shown first, and Enter takes it.";
    assert!(closed_up(&stage.text()).contains(wrapped), "{}", stage.text());
    let mut traveller = Stage::signed_in(Role::Traveller);
    traveller.keys("<f1><pgdn><pgdn><pgdn>");
    assert!(!traveller.text().contains("RECEIVED"), "{}", traveller.text());
}
