//! The screens of the timetable: the list, a train that is edited, its runs, and one of them as a map.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use kiosk::domain::berth_list::Berths;
use kiosk::domain::booking::{Allotted, OpId, Place};
use kiosk::domain::coach::{BerthRef, BerthType, Class, CoachId};
use kiosk::domain::composition;
use kiosk::domain::edition::Editions;
use kiosk::domain::gap::{Gap, Gaps};
use kiosk::domain::halts;
use kiosk::domain::inventory::{RunState, Stage as ChartStage};
use kiosk::domain::passenger::Gender;
use kiosk::domain::rules::quota::QuotaRules;
use kiosk::domain::segment::Leg;
use kiosk::domain::spot::Part;
use kiosk::domain::station::StationCode;
use kiosk::domain::train::{RunId, Train, TrainDraft, TrainNumber};
use kiosk::domain::user::Role;
use kiosk::domain::waitlist::{QueueHead, QueueId, WaitingList};
use kiosk::service::request::{
    Blocked, Charts, Cursor, Document, Failure, OnBoard, Outcome, Reply, Request, RunRow, TrainRecord, TrainRow,
};
use kiosk::service::timetable_file;
use kiosk::ui::draft::Draft;
use kiosk::ui::msg::{Effect, Msg};
use kiosk::ui::screens::admin::run::Occupancy;
use ratatui::layout::Size;
use rstest::rstest;
use uuid::Uuid;

use crate::ui_kit::{Stage, draw, start, words};

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn train(number: &str) -> Train {
    let number = TrainNumber::parse(number).expect("a number");
    timetable_file::bundled().trains.into_iter().find(|train| train.number() == number).expect("it is bundled")
}

fn row(number: &str) -> TrainRow {
    let train = train(number);
    let halts = train.halts();
    TrainRow {
        number: train.number(),
        name: train.name().to_owned(),
        runs_on: train.runs_on(),
        from: halts[0].station,
        departs: halts[0].depart,
        to: halts[halts.len() - 1].station,
        arrives: halts[halts.len() - 1].arrive,
        classes: train.classes(),
        begins_on: None,
        changes_on: None,
        retired_from: None,
        is_off_sale: false,
    }
}

fn page(rows: Vec<TrainRow>) -> Reply {
    Reply::Trains { page: rows, next: None }
}

/// The list, with trains of every kind.
fn list() -> Stage {
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.calls.clear();
    stage.keys("<f12>t");
    let changes = TrainRow { changes_on: Some(date("2026-12-20")), ..row("12301") };
    let ends = TrainRow { retired_from: Some(date("2026-12-10")), ..row("12002") };
    let stopped = TrainRow { is_off_sale: true, ..row("12859") };
    let begins = TrainRow { begins_on: Some(date("2026-12-04")), ..row("12309") };
    let asked = stage.reply(Ok(page(vec![row("12951"), changes, ends, stopped, begins])));
    assert!(matches!(asked, Request::Trains { after: None, .. }), "{asked:?}");
    stage
}

fn record(train: Train, later: &[(&str, Train)], sold: &[(&str, u32)]) -> TrainRecord {
    let later = later.iter().map(|(from, train)| (Some(date(from)), Arc::new(train.clone())));
    let editions = std::iter::once((None, Arc::new(train))).chain(later).collect();
    TrainRecord {
        editions: Editions::new(editions, None).expect("there is one"),
        sold: sold.iter().map(|(on, version)| (date(on), *version)).collect(),
    }
}

/// The Rajdhani in the editor: two runs of it are sold, and from the 20th on it has another name.
fn editor() -> Stage {
    let mut stage = list();
    stage.keys("<enter>");
    let winter = TrainDraft { version: 2, name: "Winter Rajdhani".to_owned(), ..TrainDraft::from(train("12951")) };
    let winter = Train::new(winter).expect("in order");
    let record = record(train("12951"), &[("2026-12-20", winter)], &[("2026-12-05", 1), ("2026-12-08", 1)]);
    let asked = stage.reply(Ok(Reply::Train(Box::new(record))));
    assert!(matches!(asked, Request::Train { .. }), "{asked:?}");
    stage
}

/// What is asked to be published, once the question is answered with yes.
fn published(stage: &mut Stage) -> (Train, u32, NaiveDate) {
    stage.keys("<f2><enter>");
    match stage.asked().1 {
        Request::PublishTrain { train, based_on, from } => (*train, based_on, from),
        other => panic!("{other:?}\n{}", stage.text()),
    }
}

#[test]
fn what_was_edited_is_not_forgotten_without_a_question() {
    let mut stage = editor();
    stage.keys("<esc>");
    assert!(stage.text().contains(" Trains "), "nothing was edited:\n{}", stage.text());
    let mut stage = editor();
    stage.keys("x<esc>");
    assert!(stage.text().contains("Leave 12951 unpublished?"), "{}", stage.text());
    stage.keys("<esc>");
    assert!(stage.text().contains("Train 12951"), "{}", stage.text());
    stage.keys("<esc><enter>");
    assert!(!stage.text().contains("Train 12951"), "{}", stage.text());
    for edit in ["<f3>x", "<f3><f3>i", "<f3><f3>>"] {
        let mut stage = editor();
        stage.keys(edit);
        stage.keys("<esc>");
        assert!(stage.text().contains("unpublished?"), "{edit}:\n{}", stage.text());
    }
}

#[test]
fn the_list_shows_what_a_train_is_and_what_is_to_become_of_it() {
    let mut stage = list();
    assert_picture!(stage, "trains");
    stage.keys("r");
    let unavailable = Failure::Unavailable { outcome: Outcome::NothingChanged, reference: "k7f2".to_owned() };
    stage.reply(Err(unavailable));
    stage.says("Press r to try again");
    stage.says("Mumbai Rajdhani");
}

#[test]
fn trains_are_looked_for_as_one_types() {
    let mut stage = list();
    let type_on = |stage: &mut Stage, key: &str, rows| match stage.keys(key).reply(Ok(page(rows))) {
        Request::Trains { wanted, after: None } => wanted,
        other => panic!("{other:?}"),
    };
    assert_eq!(type_on(&mut stage, "/r", vec![row("12951")]), "r");
    assert_eq!(type_on(&mut stage, "a", vec![row("12951")]), "ra");
    assert_eq!(type_on(&mut stage, "x", Vec::new()), "rax");
    assert_picture!(stage, "trains_none");
    stage.keys("<esc>");
    let asked = stage.reply(Ok(page(vec![row("12951")])));
    assert!(matches!(&asked, Request::Trains { wanted, .. } if wanted.is_empty()), "{asked:?}");
    stage.keys("<esc>");
    stage.says("Back office");
}

#[test]
fn a_train_opens_with_what_it_is_tomorrow() {
    let stage = editor();
    assert_picture!(stage, "train");
}

#[test]
fn what_changes_is_shown_before_it_is_published() {
    let mut stage = editor();
    stage.keys("<c-u>Fog Rajdhani<tab><tab><tab><c-u>M-W-F--<f2>");
    assert_picture!(stage, "train_publish");
    stage.keys("<enter>");
    let (_, asked) = stage.asked();
    let Request::PublishTrain { train: asked, based_on, from } = asked else { panic!("{asked:?}") };
    assert_eq!((asked.name(), asked.runs_on().to_string(), based_on), ("Fog Rajdhani", "M-W-F--".to_owned(), 2));
    assert_eq!(from, date("2026-12-02"), "from tomorrow on unless another date is typed");
    assert_eq!(asked.halts(), train("12951").halts());
    assert_eq!(asked.coaches(), train("12951").coaches());
}

#[test]
fn what_is_published_for_later_is_what_a_later_change_begins_with() {
    let mut stage = editor();
    stage.keys("<tab><tab><tab><tab><c-u>2026-12-25<f2>");
    // The name is that of tomorrow, and on the 25th it is another: so that is what would change.
    stage.says("name from Winter Rajdhani to Mumbai Rajdhani");
}

#[test]
fn nothing_is_published_where_nothing_changes() {
    let mut stage = editor();
    stage.keys("<f2>");
    stage.says("Nothing is another than it is then");
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
}

#[rstest]
#[case::days("<tab><tab><tab><c-u>M-X", "'M-X' does not say on which days")]
#[case::zone("<tab><tab><c-u>XX", "Write one of SCR NR NCR")]
#[case::past("<tab><tab><tab><tab><c-u>2026-11-30", "Runs before 2026-12-01 have left")]
#[case::date("<tab><tab><tab><tab><c-u>tomorrow", "'tomorrow' is not a date")]
fn what_is_typed_is_read_as_it_is_typed(#[case] keys: &str, #[case] wrong: &str) {
    let mut stage = editor();
    stage.keys(keys);
    stage.says(wrong);
    stage.keys("<f2>");
    stage.says(wrong);
    assert!(stage.calls.is_empty(), "nothing is published that is wrong: {:?}", stage.calls);
}

#[test]
fn a_halt_is_typed_as_a_line_and_read_at_once() {
    let mut stage = editor();
    stage.keys("<f3><down>i");
    stage.keys("XYZQ 17:30 17:32 50");
    stage.says("there is no station XYZQ");
    stage.keys("<enter>");
    stage.says("there is no station XYZQ");
    stage.keys("<c-u>BSR 17.30 17:32 50");
    stage.says("'17.30' is not a time");
    stage.keys("<c-u>BSR 17:30 17:32 52<enter><esc>");
    let (asked, ..) = published(&mut stage);
    let lines: Vec<_> = asked.halts().iter().map(halts::written).collect();
    let before: Vec<_> = train("12951").halts().iter().map(halts::written).collect();
    assert_eq!(lines[2], "BSR 17:30 17:32 52");
    assert_eq!([&lines[..2], &lines[3..]].concat(), before);
}

#[test]
fn a_halt_out_of_order_is_marked_and_keeps_the_train_from_being_published() {
    let mut stage = editor();
    stage.keys("<f3><enter><c-u>MMCT 23:50 23:50 0<enter>");
    stage.says("before it has left MMCT: check the times");
    stage.keys("<f2>");
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
    stage.says("before it has left MMCT: check the times");
    assert_picture!(stage, "train_halt_out_of_order");
}

#[test]
fn coaches_are_put_in_taken_out_moved_and_made_others() {
    let mut stage = editor();
    let before = composition::written(train("12951").coaches());
    stage.keys("<f4><right>i>c");
    let (asked, ..) = published(&mut stage);
    let after = composition::written(asked.coaches());
    assert_ne!(after, before);
    let mut expected = train("12951").coaches().to_vec();
    let first = expected[1];
    // Another like the second coach, behind the third, of the class below.
    let at = 3;
    let below = Class::RESERVED[Class::RESERVED.iter().position(|class| *class == first.class()).expect("one") + 1];
    let letter = below.coach_letter().expect("reserved");
    let number = (1..100).find(|n| !expected.iter().any(|c| c.id().as_str() == format!("{letter}{n}"))).expect("some");
    let id = CoachId::parse(&format!("{letter}{number}")).expect("a coach");
    let berths = below.berths(kiosk::domain::coach::Rake::Lhb);
    expected.insert(at, kiosk::domain::coach::Coach::new(id, below, berths).expect("berths"));
    assert_eq!(after, composition::written(&expected));

    let mut stage = editor();
    stage.keys("<f4>-x<end>+");
    let (asked, ..) = published(&mut stage);
    let mut expected = train("12951").coaches().to_vec();
    expected.remove(0);
    let last = expected.last_mut().expect("many");
    *last = kiosk::domain::coach::Coach::new(last.id(), last.class(), last.berths() + 1).expect("berths");
    assert_eq!(asked.coaches(), expected);
}

#[test]
fn a_train_without_coaches_cannot_be_published() {
    let mut stage = editor();
    let many = "x".repeat(train("12951").coaches().len());
    stage.keys(&format!("<f4>{many}<f2>"));
    stage.says("train 12951 has no reserved coach");
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
}

#[test]
fn a_new_train_is_made_from_nothing() {
    let mut stage = list();
    stage.keys("n");
    assert_picture!(stage, "train_new");
    stage.keys("99001<enter>Test Express<enter><enter>WR<enter><enter><c-u>2026-12-10<enter>");
    stage.keys("iMMCT - 06:00 0<enter>ST 09:40 09:45 263<enter>BRC 11:30 - 392<enter><enter>");
    stage.keys("<f3>iic<f2>");
    stage.says("It runs from Thu 10 Dec 2026 on");
    stage.keys("<enter>");
    let (_, asked) = stage.asked();
    let Request::PublishTrain { train, based_on, from } = asked else { panic!("{asked:?}\n{}", stage.text()) };
    assert_eq!((train.number().as_str(), train.name(), based_on), ("99001", "Test Express", 0));
    assert_eq!(from, date("2026-12-10"));
    let lines: Vec<_> = train.halts().iter().map(halts::written).collect();
    assert_eq!(lines, ["MMCT 06:00 06:00 0", "ST 09:40 09:45 263", "BRC 11:30 11:30 392"]);
    assert_eq!(composition::written(train.coaches()), "B1=72 M1=83");
}

#[test]
fn what_was_refused_stays_to_be_mended() {
    let mut stage = editor();
    stage.keys("<c-u>Fog Rajdhani");
    stage.keys("<f2><enter>");
    stage.reply(Err(Failure::TrainChanged));
    stage.says("Somebody else has changed this train");
    stage.says("Fog Rajdhani");
}

#[test]
fn a_train_is_ended_after_a_question_and_that_is_taken_back() {
    let mut stage = editor();
    stage.keys("<f7>");
    stage.says("2 runs from then on are sold: they stay until you cancel them");
    stage.keys("<enter>");
    let ended = TrainRecord {
        editions: Editions::new(vec![(None, Arc::new(train("12951")))], Some(date("2026-12-02"))).expect("one"),
        sold: [].into(),
    };
    let asked = stage.reply(Ok(Reply::Train(Box::new(ended))));
    assert!(matches!(asked, Request::RetireTrain { from: Some(from), .. } if from == date("2026-12-02")), "{asked:?}");
    stage.says("ends on Wed 2 Dec 2026");
    stage.keys("<f7><enter>");
    let (_, asked) = stage.asked();
    assert!(matches!(asked, Request::RetireTrain { from: None, .. }), "{asked:?}");
}

fn run() -> RunId {
    "12951#2026-12-05".parse().expect("a run")
}

/// The run with a coach half full, one full, a berth off sale and people who wait.
fn state() -> RunState {
    let train = Arc::new(train("12951"));
    let mut state = RunState::unsold(run(), Arc::clone(&train), &QuotaRules::default());
    let last = u8::try_from(train.halts().len() - 1).expect("few");
    let (whole, part) = (Leg::new(0, last).expect("forward"), Leg::new(1, 3).expect("forward"));
    let [full, half] = [train.coaches()[0], train.coaches()[1]];
    for berth in full.numbers() {
        state.coach_mut(full.id()).masks.insert(berth.into(), whole.mask());
    }
    for berth in 1..=20 {
        state.coach_mut(half.id()).masks.insert(berth.into(), part.mask());
    }
    state.coach_mut(half.id()).blocked.insert(21, "window broken".to_owned());
    state.coach_mut(half.id()).rev = 1;
    let queue = QueueId { class: Class::ThirdAc, list: WaitingList::General };
    state.queues.insert(queue, QueueHead { rac: 2, waiting: 14, frozen: false, next_seq: 20 });
    state
}

fn month() -> Stage {
    let mut stage = list();
    stage.keys("v");
    let row = |day: u32, version, is_sold| {
        let date = NaiveDate::from_ymd_opt(2026, 12, day).expect("a date");
        RunRow { run: RunId { date, ..run() }, version, is_sold }
    };
    let asked = stage.reply(Ok(Reply::Runs(vec![row(4, 1, false), row(5, 1, true), row(20, 2, false)])));
    assert!(matches!(asked, Request::Runs { from, .. } if from == date("2026-12-01")), "{asked:?}");
    stage
}

#[test]
fn the_runs_of_a_train_show_how_full_they_are() {
    let mut stage = month();
    stage.live(RunState { stage: ChartStage::FirstChart, ..state() });
    assert_picture!(stage, "train_runs");
    stage.keys("<right>");
    let (_, asked) = stage.asked();
    assert!(matches!(asked, Request::Runs { from, .. } if from == date("2027-01-01")), "{asked:?}");
}

#[test]
fn a_run_that_does_not_go_all_of_its_way_says_so_whatever_charts_are_made() {
    let part =
        Gap { op: OpId(Uuid::nil()), at: start(), by: None, from: 0, to: 1, reason: "a bridge is closed".to_owned() };
    for (made, wide) in [
        (ChartStage::Open, "part not run"),
        (ChartStage::FirstChart, "first chart made, part not run"),
        (ChartStage::FinalChart, "last chart made, part not run"),
    ] {
        let mut stage = month();
        stage.live(RunState { stage: made, gaps: Gaps::default().with(part.clone()), ..state() });
        stage.says("part not run");
        let size = Size::new(120, 30);
        stage.tell(Msg::Resize(size));
        let text = words(&draw(&stage.app, size));
        assert!(text.contains(wide), "'{wide}' is not on\n{text}");
    }
}

/// The map of the run.
fn map() -> Stage {
    let mut stage = month();
    stage.live(state());
    stage.keys("<down><enter>");
    stage
}

#[test]
fn a_run_is_a_map_of_its_coaches_and_of_their_berths() {
    let mut stage = map();
    assert_picture!(stage, "run_map");
    stage.keys("<down><enter>");
    stage.keys("<pgdn>");
    assert_picture!(stage, "run_berths");
    stage.keys("<esc>");
    stage.says("Berths taken on each segment");
}

#[test]
fn a_berth_is_taken_off_sale_with_a_reason_and_put_on_sale_again() {
    let mut stage = map();
    stage.keys("<down><enter>b<enter>");
    stage.says("Say why first.");
    stage.keys("no water<enter>");
    let done = Blocked { done: of("A1", &[1]), left: Vec::new(), sold: vec![berth_of("A1", 1)] };
    let asked = stage.reply(Ok(Reply::Blocked(done)));
    let Request::BlockBerths { run: on, berths, reason } = &asked else { panic!("{asked:?}") };
    assert_eq!((*on, berths, reason.as_deref()), (run(), &of("A1", &[1]), Some("no water")));
    stage.says("A1 1 is off sale. Somebody has A1-1 and keeps it.");
    stage.advance(TimeDelta::seconds(10));
    for _ in 0..20 {
        stage.keys("<down>");
    }
    stage.says("A1 21 is off sale: window broken");
    stage.keys("bu");
    let (_, asked) = stage.asked();
    assert!(matches!(&asked, Request::BlockBerths { berths, reason: None, .. } if *berths == of("A1", &[21])));
}

fn of(coach: &str, numbers: &[u8]) -> Berths {
    [(CoachId::parse(coach).expect("a coach"), numbers.iter().copied().collect())].into()
}

fn berth_of(coach: &str, number: u8) -> BerthRef {
    BerthRef { coach: CoachId::parse(coach).expect("a coach"), number }
}

#[test]
fn berths_that_are_marked_are_taken_off_sale_together() {
    let mut stage = map();
    stage.keys("<down><enter>  <down> ");
    stage.says("3 berths are marked.");
    stage.keys("b");
    assert_picture!(stage, "run_block");
    stage.keys("no water<enter>");
    let (_, asked) = stage.asked();
    let Request::BlockBerths { berths, .. } = &asked else { panic!("{asked:?}") };
    assert_eq!(*berths, of("A1", &[1, 2, 4]));
}

#[test]
fn a_whole_coach_goes_off_sale_after_a_question() {
    let mut stage = map();
    stage.keys("bA1 3<enter>no water<enter>");
    stage.says("Take all of H1 off sale?");
    assert_picture!(stage, "run_block_whole");
    stage.keys("<esc>");
    assert!(stage.calls.is_empty(), "{:?}", stage.calls);
    stage.keys("<enter><enter>");
    let (_, asked) = stage.asked();
    let Request::BlockBerths { berths, reason, .. } = &asked else { panic!("{asked:?}") };
    let whole: Vec<u8> = (1..=24).collect();
    let mut both = of("A1", &[3]);
    both.extend(of("H1", &whole));
    assert_eq!((berths, reason.as_deref()), (&both, Some("no water")));
    let mut stage = map();
    stage.keys("bA1 A2 A3<enter>no water<enter>");
    stage.says("Take 4 whole coaches off sale?");
    let mut stage = map();
    stage.keys("u<enter>");
    let (_, asked) = stage.asked();
    let Request::BlockBerths { berths, reason: None, .. } = &asked else { panic!("{asked:?}") };
    assert_eq!(*berths, of("H1", &whole), "on sale again they come without a question");
}

/// It left Mumbai yesterday at 17:00 and is in Delhi since the morning; that of today leaves in some hours.
#[rstest]
#[case("12951#2026-11-30", "gone")]
#[case("12951#2026-12-01", "on sale")]
fn a_run_of_which_nothing_was_sold_is_on_sale_until_it_has_left(#[case] run: &str, #[case] says: &str) {
    let run: RunId = run.parse().expect("a run");
    let mut stage = Stage::signed_in(Role::Administrator);
    stage.app.show(Draft::default(), [Occupancy::of(run).into()]);
    stage.tell(Msg::Wake);
    stage.live(RunState { run, ..state() });
    stage.says(says);
}

#[test]
fn berths_are_typed_and_those_that_were_left_are_asked_for_again() {
    let mut stage = map();
    stage.keys("b1-4 Z9<enter>no water<enter>");
    stage.says("The train has no coach Z9");
    let typed = |stage: &mut Stage| {
        for _ in 0..3 {
            stage.keys("<bs>");
        }
        stage.keys(" A1 7,9<enter><enter>");
    };
    typed(&mut stage);
    let mut both = of("A1", &[7, 9]);
    both.extend(of("H1", &[1, 2, 3, 4]));
    let busy = vec![(CoachId::parse("A1").expect("a coach"), Failure::Busy)];
    let asked =
        stage.reply(Ok(Reply::Blocked(Blocked { done: of("H1", &[1, 2, 3, 4]), left: busy, sold: Vec::new() })));
    let Request::BlockBerths { berths, reason, .. } = &asked else { panic!("{asked:?}") };
    assert_eq!((berths, reason.as_deref()), (&both, Some("no water")));
    stage.says("H1 1-4 are off sale. Not so in A1:");
    stage.keys("<enter>");
    let (_, asked) = stage.asked();
    let Request::BlockBerths { berths, reason, .. } = &asked else { panic!("{asked:?}") };
    assert_eq!((berths, reason.as_deref()), (&of("A1", &[7, 9]), Some("no water")));
}

#[test]
fn who_travels_is_a_list_that_reads_on() {
    let mut stage = map();
    stage.keys("l");
    let row = |name: &str, place: Place, laps| OnBoard {
        pnr: "2451234567".parse().expect("a PNR"),
        passenger: crate::sample_booking::passenger(name, 34, Gender::Female, None, 100).passenger,
        place,
        from: StationCode::parse("MMCT").expect("a code"),
        to: StationCode::parse("NDLS").expect("a code"),
        laps,
    };
    let allotted = Allotted { berth: berth_of("A1", 3), kind: BerthType::SideLower };
    let mut page = vec![
        row("Anita Desai", Place::Berth(Allotted { berth: berth_of("A1", 2), kind: BerthType::Upper }), 1),
        row("Om Prakash", Place::Rac { number: 4, berth: allotted, part: Part::Second }, 0),
    ];
    page.extend((4..24).map(|number| {
        let allotted = Allotted { berth: berth_of("A1", number), kind: BerthType::Lower };
        row("Venkatanarasimha Rajuvaripeta Subbaraya", Place::Berth(allotted), 0)
    }));
    let next: Cursor = serde_json::from_str("\"A1\"").expect("a cursor");
    let asked = stage.reply(Ok(Reply::Manifest { page, next: Some(next.clone()) }));
    assert!(matches!(asked, Request::Manifest { after: None, .. }), "{asked:?}");
    assert_picture!(stage, "run_people");
    stage.keys("<pgdn><pgdn>");
    let waits = row("Last", Place::Waiting { list: WaitingList::General, number: 12 }, 0);
    let asked = stage.reply(Ok(Reply::Manifest { page: vec![waits], next: None }));
    assert!(matches!(&asked, Request::Manifest { after, .. } if *after == Some(next)), "{asked:?}");
    stage.keys("<down>");
    stage.says("GNWL 12");
    stage.keys("<enter>");
    let (_, asked) = stage.asked();
    assert!(matches!(asked, Request::Booking { .. }), "{asked:?}");
}

#[rstest]
#[case(ChartStage::Open, 9, "No chart is due: the first is on Tue 1 Dec at 22:44.")]
#[case(ChartStage::Open, -1, "The first chart is not made")]
#[case(ChartStage::FirstChart, -1, "The first chart is made; the last is due on Wed 2 Dec at 08:14.")]
#[case(ChartStage::FinalChart, -9, "The last chart is made: nothing of the run is sold any more.")]
#[case(ChartStage::Cancelled, -9, "The run is cancelled and has no chart.")]
fn whoever_makes_a_chart_is_told_which_are_made(#[case] made: ChartStage, #[case] hours: i64, #[case] told: &str) {
    let mut stage = map();
    stage.keys("m");
    let first = start() + TimeDelta::hours(hours);
    let asked =
        stage.reply(Ok(Reply::Charted(Charts { stage: made, first, last: start() + TimeDelta::minutes(1110) })));
    assert!(matches!(asked, Request::MakeChart { run: of } if of == run()), "{asked:?}");
    stage.says(told);
}

#[test]
fn a_run_is_cancelled_after_a_question_and_its_chart_is_brought() {
    let mut stage = map();
    stage.keys("X");
    stage.says("everybody gets all of their money back");
    stage.keys("<enter>");
    let asked = stage.reply(Ok(Reply::Done));
    assert!(matches!(asked, Request::CancelRun { run: of } if of == run()), "{asked:?}");
    stage.keys("p");
    let document = Document { name: "chart.pdf".to_owned(), bytes: Arc::from(&b"%PDF"[..]) };
    let asked = stage.reply(Ok(Reply::Chart(document)));
    assert!(matches!(asked, Request::Chart { coach: None, .. }), "{asked:?}");
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::Open(..))), "{:?}", stage.effects);
}
