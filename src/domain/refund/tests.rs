use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use rstest::rstest;

use super::{
    Cancellation, Claim, FirstChart, LONGEST_QUOTE, NotRefundable, Quote, QuoteLine, Reason, Standing, WaiverCode,
    quote,
};
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::rules::refund::{AfterChart, Clerkage, FlatCharges, RefundBand, RefundBands, RefundRules};

/// Rules of this test's own, as the two regimes were published: whether the bundled ones are those is for the test that
/// reads them.
fn rules(flat_above_hours: u16, percents: [(u16, u8); 2], after_chart: AfterChart) -> RefundRules {
    let percents = percents.map(|(down_to_hours, percent)| RefundBand { down_to_hours, percent });
    let flat = [240, 240, 200, 180, 180, 180, 120, 60].map(Paise::rupees);
    RefundRules {
        id: "refunds-of-a-test".to_owned(),
        from: NaiveDate::default(),
        bands: RefundBands::new(flat_above_hours, percents.to_vec(), after_chart).expect("good bands"),
        flat: FlatCharges::new(Class::RESERVED.into_iter().zip(flat).collect()).expect("all classes"),
        tatkal_percent: 100,
        clerkage: Clerkage { amount: Paise::rupees(60), until_minutes: 30 },
        unreserved: Clerkage { amount: Paise::rupees(30), until_minutes: 0 },
        late_minutes: Some(180),
        gst_percent: 5,
        round_up_to: Paise::rupees(5),
    }
}

/// The 2015 rules.
fn of_2015() -> RefundRules {
    rules(48, [(12, 25), (4, 50)], AfterChart::Nothing)
}

/// The rules of April 2026.
fn of_2026() -> RefundRules {
    rules(72, [(24, 25), (8, 50)], AfterChart::ByTheHours)
}

fn departs() -> DateTime<Utc> {
    "2026-12-01T11:30:00Z".parse().expect("a moment")
}

fn not_made() -> FirstChart {
    FirstChart::Due("2026-12-01T01:30:00Z".parse().expect("a moment"))
}

const HOUR: i64 = 3600;

/// Quotes the wish of one passenger so many seconds before departure.
fn wish(
    rules: &RefundRules,
    class: Class,
    (standing, paid): (Standing, Paise),
    chart: FirstChart,
    seconds_left: i64,
) -> Result<Quote, NotRefundable> {
    let claims = [Claim { passenger: 0, paid, standing }];
    let cancellation = Cancellation { class, claims: &claims, departs: departs(), chart, reason: Reason::Passenger };
    quote(rules, &cancellation, departs() - TimeDelta::seconds(seconds_left))
}

fn refunded(rules: &RefundRules, class: Class, who: (Standing, Paise), chart: FirstChart, seconds_left: i64) -> Paise {
    wish(rules, class, who, chart, seconds_left).expect("quoted").refunded
}

/// Reckoned by hand: paid with GST, and what comes back above the first edge, between the edges, and down to the last.
#[rstest]
#[case(Class::FirstAc, 2625, [2370, 1965, 1310])]
#[case(Class::ExecutiveChair, 1575, [1320, 1180, 785])]
#[case(Class::SecondAc, 1890, [1680, 1415, 945])]
#[case(Class::ThirdAc, 1155, [965, 865, 575])]
#[case(Class::ThirdAcEconomy, 1050, [860, 785, 525])]
// A quarter of 735 is 183.75, less than the flat 180 and its GST.
#[case(Class::ChairCar, 735, [545, 545, 365])]
#[case(Class::Sleeper, 480, [360, 360, 240])]
#[case(Class::SecondSitting, 145, [85, 85, 70])]
// Never more than was paid.
#[case(Class::SecondSitting, 40, [0, 0, 0])]
fn a_confirmed_berth_costs_by_class_and_time(#[case] class: Class, #[case] paid: i64, #[case] back: [i64; 3]) {
    let who = (Standing::Confirmed, Paise::rupees(paid));
    for (rules, hours) in [(of_2015(), [49, 13, 5]), (of_2026(), [73, 25, 9])] {
        let figures = hours.map(|hours| refunded(&rules, class, who, not_made(), hours * HOUR));
        assert_eq!(figures, back.map(Paise::rupees), "{hours:?}");
    }
}

const FLAT: i64 = 965;
const QUARTER: i64 = 865;
const HALF: i64 = 575;

#[rstest]
#[case(of_2015(), 48 * HOUR + 1, FLAT)]
#[case(of_2015(), 48 * HOUR, QUARTER)]
#[case(of_2015(), 12 * HOUR, QUARTER)]
#[case(of_2015(), 12 * HOUR - 1, HALF)]
#[case(of_2015(), 4 * HOUR, HALF)]
#[case(of_2015(), 4 * HOUR - 1, 0)]
#[case(of_2015(), 1, 0)]
#[case(of_2026(), 72 * HOUR + 1, FLAT)]
#[case(of_2026(), 72 * HOUR, QUARTER)]
#[case(of_2026(), 24 * HOUR, QUARTER)]
#[case(of_2026(), 24 * HOUR - 1, HALF)]
#[case(of_2026(), 8 * HOUR, HALF)]
#[case(of_2026(), 8 * HOUR - 1, 0)]
#[case(of_2026(), 1, 0)]
fn a_band_ends_to_the_second(#[case] rules: RefundRules, #[case] seconds_left: i64, #[case] back: i64) {
    let who = (Standing::Confirmed, Paise::rupees(1155));
    assert_eq!(refunded(&rules, Class::ThirdAc, who, not_made(), seconds_left), Paise::rupees(back));
}

#[rstest]
#[case(of_2015(), 49, 0)]
#[case(of_2015(), 5, 0)]
#[case(of_2026(), 73, FLAT)]
#[case(of_2026(), 9, HALF)]
#[case(of_2026(), 7, 0)]
fn the_chart_ends_the_bands_of_2015_alone(#[case] rules: RefundRules, #[case] hours: i64, #[case] back: i64) {
    let who = (Standing::Confirmed, Paise::rupees(1155));
    assert_eq!(refunded(&rules, Class::ThirdAc, who, FirstChart::Made, hours * HOUR), Paise::rupees(back));
}

/// Clerkage of 60, with GST in air-conditioned classes, whatever the hours; also once the chart is made.
#[rstest]
#[case(Class::FirstAc, Standing::Unconfirmed, 2625, 30 * 60, 2560)]
#[case(Class::ThirdAc, Standing::Unconfirmed, 1155, 100 * HOUR, 1090)]
#[case(Class::ThirdAc, Standing::Unconfirmed, 1155, 30 * 60, 1090)]
#[case(Class::ThirdAc, Standing::Unconfirmed, 1155, 30 * 60 - 1, 0)]
#[case(Class::Sleeper, Standing::Unconfirmed, 480, 30 * 60, 420)]
#[case(Class::SecondSitting, Standing::Unconfirmed, 145, 30 * 60, 85)]
#[case(Class::SecondSitting, Standing::Unconfirmed, 35, 30 * 60, 0)]
#[case(Class::Unreserved, Standing::Unreserved, 120, 1, 90)]
#[case(Class::Unreserved, Standing::Unreserved, 20, 1, 0)]
fn without_a_berth_of_their_own_they_pay_clerkage(
    #[case] class: Class,
    #[case] standing: Standing,
    #[case] paid: i64,
    #[case] seconds_left: i64,
    #[case] back: i64,
) {
    for rules in [of_2015(), of_2026()] {
        for chart in [not_made(), FirstChart::Made] {
            let figure = refunded(&rules, class, (standing, Paise::rupees(paid)), chart, seconds_left);
            assert_eq!(figure, Paise::rupees(back), "{chart:?}");
        }
    }
}

#[rstest]
#[case(Standing::ConfirmedTatkal, 0)]
#[case(Standing::Unconfirmed, 1090)]
fn tatkal_gives_nothing_back_once_it_is_confirmed(#[case] standing: Standing, #[case] back: i64) {
    for hours in [100, 30, 9, 5, 1] {
        let figure = refunded(&of_2026(), Class::ThirdAc, (standing, Paise::rupees(1155)), not_made(), hours * HOUR);
        assert_eq!(figure, Paise::rupees(back), "{hours}");
    }
}

fn words(line: &QuoteLine) -> Vec<String> {
    line.items.iter().map(|item| format!("{} = {}", item.label, item.amount)).collect()
}

#[rstest]
#[case(Class::ThirdAc, Standing::Confirmed, 1155, 73, &[
    "Flat charge in 3A, confirmed, over 72 hours before departure = 180.00",
    "GST 5 % on the charge = 9.00",
    "Rounding up to a multiple of 5.00 = 1.00",
])]
#[case(Class::ThirdAc, Standing::Confirmed, 1155, 72, &[
    "25 % of 1,155.00, confirmed, 24 to 72 hours before departure = 288.75",
    "Rounding up to a multiple of 5.00 = 1.25",
])]
#[case(Class::SecondSitting, Standing::Confirmed, 40, 9, &[
    "The least kept in 2S, confirmed, 8 to 24 hours before departure = 60.00",
    "No more than was paid = -20.00",
])]
#[case(Class::Sleeper, Standing::Confirmed, 480, 7, &[
    "Nothing back, confirmed, under 8 hours before departure = 480.00",
])]
#[case(Class::Sleeper, Standing::ConfirmedTatkal, 480, 100, &["100 % of 480.00, confirmed from Tatkal = 480.00"])]
#[case(Class::Sleeper, Standing::Unconfirmed, 480, 1, &[
    "Clerkage, not confirmed, at least 30 minutes before departure = 60.00",
])]
#[case(Class::Unreserved, Standing::Unreserved, 120, 1, &["Clerkage, unreserved, before departure = 30.00"])]
#[case(Class::ThirdAc, Standing::Confirmed, 0, 9, &[])]
fn the_steps_name_their_rule(
    #[case] class: Class,
    #[case] standing: Standing,
    #[case] paid: i64,
    #[case] hours: i64,
    #[case] steps: &[&str],
) {
    let who = (standing, Paise::rupees(paid));
    let quote = wish(&of_2026(), class, who, not_made(), hours * HOUR).expect("quoted");
    assert_eq!(words(&quote.lines[0]), steps);
}

/// A party of which one is confirmed and one waits, each by their own rule.
#[test]
fn the_lines_of_a_party_add_up() {
    let claims = [
        Claim { passenger: 0, paid: Paise::rupees(1155), standing: Standing::Confirmed },
        Claim { passenger: 2, paid: Paise::rupees(1155), standing: Standing::Unconfirmed },
        Claim { passenger: 3, paid: Paise::ZERO, standing: Standing::Confirmed },
    ];
    let cancellation = Cancellation {
        class: Class::ThirdAc,
        claims: &claims,
        departs: departs(),
        chart: not_made(),
        reason: Reason::Passenger,
    };
    let quote = quote(&of_2026(), &cancellation, departs() - TimeDelta::hours(9)).expect("quoted");
    let lines: Vec<_> = quote.lines.iter().map(|line| (line.passenger, line.refunded)).collect();
    assert_eq!(lines, [(0, Paise::rupees(575)), (2, Paise::rupees(1090)), (3, Paise::ZERO)]);
    assert_eq!((quote.refunded, quote.kept), (Paise::rupees(1665), Paise::rupees(645)));
    assert_eq!(quote.rules, "refunds-of-a-test");
    let stored = serde_json::to_value(&quote).expect("JSON");
    assert_eq!(stored["Lines"][0]["Items"][0]["Amount"], 57_750);
    assert_eq!(serde_json::from_value::<Quote>(stored).expect("a quote"), quote);
}

#[rstest]
#[case(&[], 100, NotRefundable::Nobody)]
#[case(&[Standing::Confirmed, Standing::Cancelled], 100, NotRefundable::AlreadyCancelled)]
#[case(&[Standing::Confirmed], 0, NotRefundable::Departed)]
#[case(&[Standing::Unreserved], -1, NotRefundable::Departed)]
fn what_cannot_be_quoted_says_why(#[case] who: &[Standing], #[case] seconds: i64, #[case] why: NotRefundable) {
    let claims: Vec<_> =
        who.iter().map(|standing| Claim { passenger: 0, paid: Paise::rupees(500), standing: *standing }).collect();
    let cancellation = Cancellation {
        class: Class::ThirdAc,
        claims: &claims,
        departs: departs(),
        chart: not_made(),
        reason: Reason::Passenger,
    };
    assert_eq!(quote(&of_2026(), &cancellation, departs() - TimeDelta::seconds(seconds)), Err(why));
}

/// Seconds before departure at which a quote is made, and until which it holds.
#[rstest]
#[case(of_2026(), 100 * HOUR, 100 * HOUR - 300)]
#[case(of_2026(), 72 * HOUR + 60, 72 * HOUR + 1)]
#[case(of_2026(), 72 * HOUR, 72 * HOUR - 300)]
#[case(of_2026(), 24 * HOUR + 60, 24 * HOUR)]
#[case(of_2026(), 24 * HOUR, 24 * HOUR)]
#[case(of_2026(), 8 * HOUR + 299, 8 * HOUR)]
#[case(of_2026(), 30 * 60 + 7, 30 * 60)]
#[case(of_2026(), 200, 1)]
// The chart of this train is due ten hours before departure, and counts in 2015 alone.
#[case(of_2015(), 10 * HOUR + 60, 10 * HOUR + 1)]
#[case(of_2026(), 10 * HOUR + 60, 10 * HOUR - 240)]
fn a_quote_holds_until_the_next_edge(#[case] rules: RefundRules, #[case] at: i64, #[case] until: i64) {
    let who = (Standing::Confirmed, Paise::rupees(1155));
    let quote = wish(&rules, Class::ThirdAc, who, not_made(), at).expect("quoted");
    assert_eq!((departs() - quote.good_until).num_seconds(), until);
    assert!(quote.holds(quote.good_until) && !quote.holds(quote.good_until + TimeDelta::milliseconds(1)));
}

#[test]
fn what_never_cleared_costs_clerkage_also_after_departure() {
    let claims = [Claim { passenger: 0, paid: Paise::rupees(1155), standing: Standing::Unconfirmed }];
    let cancellation = Cancellation {
        class: Class::ThirdAc,
        claims: &claims,
        departs: departs(),
        chart: FirstChart::Made,
        reason: Reason::NeverCleared,
    };
    for hours in [-5, 0, 5] {
        let quote = quote(&of_2026(), &cancellation, departs() + TimeDelta::hours(hours)).expect("quoted");
        assert_eq!((quote.refunded, quote.kept), (Paise::rupees(1090), Paise::rupees(65)));
    }
}

#[test]
fn a_waiver_reads_back_from_its_code() {
    for code in WaiverCode::ALL {
        assert_eq!(code.code().to_lowercase().parse(), Ok(code));
        assert_eq!(serde_json::to_value(code).expect("JSON"), code.code());
    }
    assert_eq!(serde_json::to_value(Reason::Waiver(WaiverCode::Late)).expect("JSON")["Waiver"], "LATE");
    assert!("FRIEND".parse::<WaiverCode>().is_err());
}

#[rstest]
#[case(48, &[])]
#[case(48, &[(48, 25)])]
#[case(48, &[(12, 25), (12, 50)])]
#[case(48, &[(12, 50), (4, 25)])]
#[case(48, &[(12, 0)])]
#[case(48, &[(12, 101)])]
fn bands_that_would_give_more_back_later_are_refused(#[case] flat: u16, #[case] percents: &[(u16, u8)]) {
    let percents =
        percents.iter().map(|(down_to_hours, percent)| RefundBand { down_to_hours: *down_to_hours, percent: *percent });
    assert!(RefundBands::new(flat, percents.collect(), AfterChart::Nothing).is_err());
}

#[rstest]
#[case(179, false)]
#[case(180, true)]
#[case(0, false)]
#[case(-1, true)]
fn a_train_is_late_by_the_minutes_of_the_rules(#[case] later: i32, #[case] gives_all_back: bool) {
    assert_eq!(of_2026().gives_all_back(later), gives_all_back);
    let silent = RefundRules { late_minutes: None, ..of_2026() };
    assert!(!silent.gives_all_back(later), "rules that do not say so give no such right");
}

#[test]
fn a_late_train_gives_everything_back_until_it_leaves_whatever_the_chart() {
    let claims = [Standing::ConfirmedTatkal, Standing::Unconfirmed, Standing::Unreserved].map(|standing| Claim {
        passenger: 0,
        paid: Paise::rupees(900),
        standing,
    });
    let late = Cancellation {
        class: Class::ThirdAc,
        claims: &claims,
        departs: departs(),
        chart: FirstChart::Made,
        reason: Reason::TrainLate,
    };
    let last = departs() - TimeDelta::seconds(3);
    let given = quote(&of_2015(), &late, last).expect("it has not left");
    assert_eq!((given.kept, given.good_until), (Paise::ZERO, departs() - TimeDelta::seconds(1)));
    assert_eq!(quote(&of_2015(), &late, departs()), Err(NotRefundable::Departed));
}

prop_compose! {
    /// Rules of any figures that the files may hold.
    fn any_rules()(
        hours in prop::collection::btree_set(0..120_u16, 2..5),
        percents in prop::collection::btree_set(1..=100_u8, 4),
        ends_with_chart in any::<bool>(),
        flat in prop::collection::vec(0..500_i64, 8),
        tatkal_percent in 0..=100_u8,
        clerkage in (0..100_i64, 0..90_u16),
        unreserved in (0..100_i64, 0..90_u16),
        gst_percent in 0..=40_u8,
        round_up_to in 1..=100_i64,
    ) -> RefundRules {
        let mut hours = hours.into_iter().rev();
        let flat_above = hours.next().expect("two or more");
        let percents = hours.zip(percents).map(|(down_to_hours, percent)| RefundBand { down_to_hours, percent });
        let after_chart = if ends_with_chart { AfterChart::Nothing } else { AfterChart::ByTheHours };
        let charge = |(rupees, until_minutes)| Clerkage { amount: Paise::rupees(rupees), until_minutes };
        RefundRules {
            id: "refunds-of-a-test".to_owned(),
            from: NaiveDate::default(),
            bands: RefundBands::new(flat_above, percents.collect(), after_chart).expect("good bands"),
            flat: FlatCharges::new(Class::RESERVED.into_iter().zip(flat.into_iter().map(Paise::rupees)).collect())
                .expect("all classes"),
            tatkal_percent,
            clerkage: charge(clerkage),
            unreserved: charge(unreserved),
            late_minutes: None,
            gst_percent,
            round_up_to: Paise::rupees(round_up_to),
        }
    }
}

fn any_claims() -> impl Strategy<Value = Vec<Claim>> {
    let standing = prop::sample::select(vec![
        Standing::Confirmed,
        Standing::ConfirmedTatkal,
        Standing::Unconfirmed,
        Standing::Unreserved,
    ]);
    let claim = (0..6_u8, prop_oneof![Just(0), 0..500_000_i64], standing)
        .prop_map(|(passenger, paid, standing)| Claim { passenger, paid: Paise::new(paid), standing });
    prop::collection::vec(claim, 1..6)
}

fn any_class() -> impl Strategy<Value = Class> {
    prop::sample::select(Class::ALL.to_vec())
}

/// Milliseconds before departure, often near a whole hour, where the edges are.
fn any_left() -> impl Strategy<Value = i64> {
    prop_oneof![
        1..130 * HOUR * 1000,
        (0..121_i64, -400_000..400_000_i64).prop_map(|(hours, near)| (hours * HOUR * 1000 + near).max(1)),
        1..2 * HOUR * 1000,
    ]
}

fn any_reason() -> impl Strategy<Value = Reason> {
    prop_oneof![
        4 => Just(Reason::Passenger),
        1 => Just(Reason::TrainCancelled),
        1 => Just(Reason::TrainLate),
        1 => Just(Reason::NeverCleared),
        1 => prop::sample::select(WaiverCode::ALL.to_vec()).prop_map(Reason::Waiver),
    ]
}

fn any_chart() -> impl Strategy<Value = FirstChart> {
    prop_oneof![
        Just(FirstChart::Made),
        (0..30 * HOUR).prop_map(|left| FirstChart::Due(departs() - TimeDelta::seconds(left))),
    ]
}

fn before(left: i64) -> DateTime<Utc> {
    departs() - TimeDelta::milliseconds(left)
}

proptest! {
    #[test]
    fn money_is_conserved(
        rules in any_rules(), class in any_class(), claims in any_claims(), reason in any_reason(), chart in any_chart(),
        left in any_left()
    ) {
        let cancellation = Cancellation { class, claims: &claims, departs: departs(), chart, reason };
        let quote = quote(&rules, &cancellation, before(left)).expect("quoted");
        prop_assert_eq!(quote.lines.len(), claims.len());
        for (line, claim) in quote.lines.iter().zip(&claims) {
            prop_assert_eq!((line.passenger, line.paid), (claim.passenger, claim.paid));
            prop_assert_eq!(line.items.iter().map(|item| item.amount).sum::<Paise>(), line.kept());
            prop_assert!(line.refunded >= Paise::ZERO && line.refunded <= line.paid);
        }
        prop_assert_eq!(quote.refunded + quote.kept, claims.iter().map(|claim| claim.paid).sum());
        prop_assert_eq!(quote.refunded, quote.lines.iter().map(|line| line.refunded).sum());
    }

    #[test]
    fn asking_later_never_gives_back_more(
        rules in any_rules(), class in any_class(), claims in any_claims(), chart in any_chart(), made in any::<bool>(),
        left in any_left(), later in any_left()
    ) {
        let (left, later) = (left.max(later), left.min(later));
        let early = Cancellation { class, claims: &claims, departs: departs(), chart, reason: Reason::Passenger };
        let late = Cancellation { chart: if made { FirstChart::Made } else { chart }, ..early };
        let (early, late) = (quote(&rules, &early, before(left)), quote(&rules, &late, before(later)));
        for (early, late) in early.expect("quoted").lines.iter().zip(&late.expect("quoted").lines) {
            prop_assert!(late.refunded <= early.refunded, "{early:?} {late:?}");
        }
    }

    #[test]
    fn a_quote_is_the_same_as_long_as_it_holds(
        rules in any_rules(), class in any_class(), claims in any_claims(), chart in any_chart(), left in any_left(),
        part in 0..=1000_i32
    ) {
        let cancellation = Cancellation { class, claims: &claims, departs: departs(), chart, reason: Reason::Passenger };
        let first = quote(&rules, &cancellation, before(left)).expect("quoted");
        prop_assert!(first.at <= first.good_until && first.good_until <= first.at + LONGEST_QUOTE);
        let then = first.at + (first.good_until - first.at) / 1000 * part;
        let again = quote(&rules, &cancellation, then).expect("the train has not left while a quote holds");
        prop_assert_eq!(&again.lines, &first.lines);
        let last = quote(&rules, &cancellation, first.good_until).expect("the train has not left");
        prop_assert_eq!(&last.lines, &first.lines);
        // A chart that is due is not made within a quote that it would change.
        if let FirstChart::Due(due) = chart && rules.bands.after_chart() == AfterChart::Nothing && due > first.at {
            prop_assert!(first.good_until < due);
        }
    }

    #[test]
    fn what_the_railway_owes_is_given_back_whole(
        rules in any_rules(), class in any_class(), claims in any_claims(), chart in any_chart(),
        left in -100 * HOUR..100 * HOUR, waived in prop::option::of(prop::sample::select(WaiverCode::ALL.to_vec()))
    ) {
        let reason = waived.map_or(Reason::TrainCancelled, Reason::Waiver);
        let cancellation = Cancellation { class, claims: &claims, departs: departs(), chart, reason };
        let quote = quote(&rules, &cancellation, departs() - TimeDelta::seconds(left)).expect("quoted");
        prop_assert_eq!(quote.kept, Paise::ZERO);
        prop_assert!(quote.lines.iter().all(|line| line.refunded == line.paid));
    }
}
