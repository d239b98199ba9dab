//! The railway's rules in the back office.

use chrono::{NaiveDate, TimeDelta};
use kiosk::domain::rules::book::{Edition, Mistake, NotEntered, RuleKind, Standing};
use kiosk::domain::user::Role;
use kiosk::service::request::{
    Cursor, Failure, Outcome, PreviewLine, Reply, Request, RulePublication, RuleRecord, RuleRow, RuleTrial,
};
use kiosk::service::rules_file::shipped_text;
use kiosk::ui::msg::{Effect, How, LONGEST_PASTE, Msg, OpenFailed};
use std::sync::Arc;

use crate::ui_kit::{RULES, Stage, start};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn row(id: &str, number: Option<u32>, from: &str, until: Option<&str>, standing: Standing) -> RuleRow {
    let kind: RuleKind = id.split('-').next().expect("a kind").parse().expect("a kind");
    RuleRow {
        id: id.to_owned(),
        number,
        kind,
        from: day(from),
        until: until.map(day),
        standing,
        published: number.map(|_| ("adam-the-administrator".to_owned(), start())),
        withdrawn: (standing == Standing::Withdrawn).then(|| ("eve".to_owned(), start() + TimeDelta::hours(1))),
        may_go: standing == Standing::ToCome,
    }
}

fn some() -> Vec<RuleRow> {
    vec![
        row("fares-2027-01-01-e2", Some(2), "2027-01-01", None, Standing::ToCome),
        row("fares-2026-12-24-e1", Some(1), "2026-12-24", None, Standing::Withdrawn),
        row("fares-2025-12-26", None, "2025-12-26", Some("2027-01-01"), Standing::InForce),
        row("fares-2025-07-01", None, "2025-07-01", Some("2025-12-26"), Standing::Past),
        row("booking-2024-11-01", None, "2024-11-01", None, Standing::InForce),
        row("refunds-2026-04-15", None, "2026-04-15", None, Standing::InForce),
        row("quotas-2025-06-28", None, "2025-06-28", None, Standing::InForce),
        row("charts-2025-12-17", None, "2025-12-17", None, Standing::InForce),
    ]
}

fn list() -> Stage {
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.calls.clear();
    stage.keys("<f12>f");
    stage
}

fn listed() -> Stage {
    let mut stage = list();
    let asked = stage.reply(Ok(Reply::RuleEditions { page: some(), next: None }));
    assert!(matches!(asked, Request::RuleEditions { after: None }), "{asked:?}");
    stage
}

fn text_of(id: &str) -> String {
    shipped_text(id).expect("it came with the program").1
}

fn trial() -> RuleTrial {
    let line = |what: &str, now: &str, then: &str| PreviewLine {
        what: what.to_owned(),
        now: now.to_owned(),
        then: then.to_owned(),
    };
    RuleTrial {
        kind: Some(RuleKind::Fares),
        mistakes: Vec::new(),
        earliest: day("2026-12-02"),
        from: day("2026-12-24"),
        instead_of: Some("fares-2025-12-26".to_owned()),
        until: Some(day("2027-01-01")),
        based_on: 3,
        preview: vec![
            line("Base fare × 2", "3,420.00", "3,420.00"),
            line("Rounding", "5.00", "80.00"),
            line("Fare", "3,675.00", "3,750.00"),
            line("Back 96 h before", "3,295.00", "3,370.00"),
            line("First chart", "24 Dec 07:00", "24 Dec 07:00"),
        ],
    }
}

/// A text is pasted, and tried without a sample.
fn tried(trial: RuleTrial) -> Stage {
    let mut stage = listed();
    stage.keys("n").tell(Msg::Paste(text_of("fares-2025-12-26")));
    stage.keys("<f2>");
    stage.reply(Ok(Reply::RulesTried(Box::new(trial))));
    stage
}

#[test]
fn the_rules_are_listed_by_how_they_stand() {
    let stage = listed();
    assert_picture!(stage, "rules");
    let mut waits = list();
    assert!(!waits.text().contains("No rules"), "it is on its way:\n{}", waits.text());
    let outcome = Outcome::NothingChanged;
    waits.reply(Err(Failure::Unavailable { outcome, reference: "AB12CD".to_owned() }));
    assert!(waits.text().contains("Press r to try again"), "{}", waits.text());
    waits.keys("r");
    let next: Cursor = serde_json::from_str("\"fares-2025-07-01\"").expect("a cursor");
    waits.reply(Ok(Reply::RuleEditions { page: some()[..4].to_vec(), next: Some(next) }));
    waits.keys("<down><down><down>");
    let asked = waits.reply(Ok(Reply::RuleEditions { page: some()[4..].to_vec(), next: None }));
    assert!(matches!(asked, Request::RuleEditions { after: Some(_) }), "it is read on: {asked:?}");
    assert!(waits.text().contains("charts-2025-12-17"), "{}", waits.text());
}

#[test]
fn a_text_is_read_saved_and_taken_back() {
    let mut stage = listed();
    stage.keys("<enter>");
    let record = RuleRecord { row: some().remove(0), text: text_of("fares-2025-12-26") };
    let asked = stage.reply(Ok(Reply::RuleEdition(Box::new(record.clone()))));
    assert!(matches!(&asked, Request::RuleEdition { id } if id == "fares-2027-01-01-e2"), "{asked:?}");
    assert_picture!(stage, "rule_text");
    stage.keys("<end>");
    assert!(stage.text().contains("UR = { minimum-km = 10"), "the last line is on the screen:\n{}", stage.text());
    stage.keys("<home>s");
    let Some(Effect::Open(document, How::Save)) = stage.effects.last() else { panic!("{:?}", stage.effects) };
    assert_eq!((document.name.as_str(), &*document.bytes), ("fares-2027-01-01-e2.toml", record.text.as_bytes()));
    stage.keys("x");
    assert!(stage.text().contains("They will not hold from Fri 1 Jan 2027 on."), "{}", stage.text());
    stage.keys("<enter>");
    let gone = row("fares-2027-01-01-e2", Some(2), "2027-01-01", None, Standing::Withdrawn);
    let record = RuleRecord { row: gone, ..record };
    let asked = stage.reply(Ok(Reply::RuleEdition(Box::new(record))));
    assert!(matches!(asked, Request::WithdrawRules { number: 2, .. }), "{asked:?}");
    assert!(stage.text().contains("withdrawn by eve"), "{}", stage.text());
    stage.keys("x");
    assert!(stage.calls.is_empty(), "what is withdrawn is not again: {:?}", stage.calls);
}

#[test]
fn a_text_is_pasted_or_read_and_its_mistakes_are_shown_by_line() {
    let mut stage = listed();
    stage.keys("n");
    assert_picture!(stage, "new_rules");
    stage.keys("my.toml<enter>");
    assert!(matches!(stage.effects.last(), Some(Effect::Read(path)) if path == "my.toml"), "{:?}", stage.effects);
    stage.tell(Msg::Read(Err(OpenFailed("my.toml cannot be read: there is no such file.".to_owned()))));
    assert!(stage.text().contains("there is no such file"), "{}", stage.text());
    let text = "[[charts]]\nhours-before = 99\n";
    stage.tell(Msg::Read(Ok(text.to_owned()))).keys("<f2>");
    let mistake = |line, says: &str| Mistake { line, says: says.to_owned() };
    let mistakes = vec![
        mistake(1, "charts.second-minutes is missing: write a number from 5 to 2880"),
        mistake(2, "charts.hours-before is 99: write a number from 1 to 48"),
    ];
    let asked = stage.reply(Ok(Reply::RulesTried(Box::new(RuleTrial { mistakes, preview: Vec::new(), ..trial() }))));
    let Request::TryRules { text: asked, from: None, sample: None } = asked else { panic!("{asked:?}") };
    assert_eq!(asked, text);
    assert_picture!(stage, "rules_mistakes");
    stage.keys("<f2>");
    assert!(stage.calls.is_empty(), "what has mistakes is not published: {:?}", stage.calls);
    // A text that is longer than a paste would be cut.
    stage.tell(Msg::Paste("a line\n".repeat(LONGEST_PASTE / 7 + 1)));
    assert!(stage.text().contains("too long to be pasted"), "{}", stage.text());
    stage.keys("<esc><esc>");
    assert!(stage.text().contains("The text of 2 lines is published nowhere yet"), "{}", stage.text());
    stage.keys("<esc>");
    assert!(stage.text().contains("A text of 2 lines"), "it is still there:\n{}", stage.text());
    stage.keys("<esc><enter>");
    assert!(!stage.text().contains("A text of 2 lines"), "{}", stage.text());
}

#[test]
fn what_is_typed_of_a_sample_is_refused_where_it_stands_and_nothing_is_lost() {
    let mut stage = listed();
    stage.keys("n").tell(Msg::Paste(text_of("charts-2025-12-17")));
    stage.keys("someday<tab>1<tab>never<tab><tab><tab><c-u>200<f2>");
    assert_picture!(stage, "rules_sample_refused");
    assert!(stage.calls.is_empty());
    stage.keys("<c-u>1 jan<tab><c-u>12951<tab><c-u><tab><tab><tab><c-u>34 7<enter>");
    let too_soon = NotEntered::TooSoon { earliest: day("2027-01-31") };
    let asked = stage.reply(Err(too_soon.into()));
    let Request::TryRules { from: Some(from), sample: Some(sample), .. } = asked else { panic!("{asked:?}") };
    assert_eq!((from, sample.ages.len()), (day("2027-01-01"), 2));
    assert!(stage.text().contains("These rules can hold from 2027-01-31 on"), "{}", stage.text());
}

#[test]
fn the_class_of_the_sample_is_seen_however_far_it_is_to_the_right() {
    let mut stage = listed();
    stage.keys("n<down><down><down><down><right><right><right><right><right><right><right><right>");
    assert!(stage.text().contains("(•) UR"), "{}", stage.text());
    stage.touch("( ) 2S");
    assert!(stage.text().contains("(•) 2S"), "{}", stage.text());
}

#[test]
fn a_sample_is_shown_by_both_rules_and_the_text_is_published() {
    let mut stage = tried(trial());
    assert_picture!(stage, "rules_tried");
    stage.keys("<f2>");
    assert_picture!(stage, "rules_publish");
    stage.keys("<enter>");
    let outcome = Outcome::Unknown;
    let first = stage.reply(Err(Failure::Unavailable { outcome, reference: "AB12CD".to_owned() }));
    stage.keys("<f2><enter>");
    let record = RuleRecord { row: some().remove(0), text: String::new() };
    let again = stage.reply(Ok(Reply::RuleEdition(Box::new(record))));
    let [
        Request::PublishRules(RulePublication { op: one, from, based_on: 3, .. }),
        Request::PublishRules(RulePublication { op: other, .. }),
    ] = [&first, &again]
    else {
        panic!("{first:?} {again:?}")
    };
    assert_eq!((one, *from), (other, day("2026-12-24")), "the same action, however often it is asked for");
    assert!(stage.text().contains("fares-2027-01-01-e2 are published."), "{}", stage.text());
    assert!(matches!(stage.calls.front(), Some((_, Request::RuleEditions { after: None }))), "the list is read again");
}

/// A file takes its time, and the text before it may be tried meanwhile.
#[test]
fn a_file_that_comes_late_takes_the_place_of_what_was_tried() {
    let mut stage = listed();
    stage.keys("n").tell(Msg::Paste(text_of("fares-2025-12-26")));
    stage.keys("<s-tab>my.toml<enter><f2>");
    stage.reply(Ok(Reply::RulesTried(Box::new(trial()))));
    stage.tell(Msg::Read(Ok("[[charts]]\n".to_owned()))).keys("<f2>");
    let asked = stage.reply(Ok(Reply::RulesTried(Box::new(trial()))));
    assert!(matches!(&asked, Request::TryRules { text, .. } if text == "[[charts]]\n"), "{asked:?}");
}

#[test]
fn rules_that_somebody_else_changed_meanwhile_are_tried_again() {
    let mut stage = tried(trial());
    stage.keys("<f2><enter>");
    stage.reply(Err(Failure::RulesChanged { what: "eve published fares-2026-12-24-e4".to_owned() }));
    let text = stage.text();
    assert!(text.contains("eve published fares-2026-12-24-e4") && text.contains("A text of"), "{text}");
}

/// Screens go by rules as soon as they are published, and by none that were taken back.
#[test]
fn screens_go_by_what_is_published() {
    let mut stage = Stage::signed_in(Role::Agent);
    let text = text_of("booking-2024-11-01").replace("max-party = 6", "max-party = 2");
    let edition = Edition { number: 1, kind: RuleKind::Booking, from: day("2026-12-01"), text };
    stage.tell(Msg::Rules(vec![Arc::new(edition)]));
    assert_eq!(stage.app.world().booking_rules().max_party, 2);
    stage.tell(Msg::Rules(Vec::new()));
    assert_eq!(stage.app.world().booking_rules().max_party, RULES.booking_on(day("2026-12-01")).max_party);
}
