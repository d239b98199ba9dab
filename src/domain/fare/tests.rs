use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveTime};
use proptest::prelude::*;
use rstest::rstest;

use super::{Fare, FareError, FareItemKind, Ride, Traveller};
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::passenger::{Accommodation, Age};
use crate::domain::quota::Quota;
use crate::domain::rules::quota::{LowerBerthRules, QuotaRules, SeniorRules, TatkalCharge, TatkalRules};
use crate::domain::rules::{ChildRules, ClassRates, DistanceSteps, FareRules, FareTable};
use crate::domain::train::TrainKind;

/// Rules of this test's own: whether the bundled ones are right is for the test that reads them.
fn rules() -> FareRules {
    let rates = |points: &[(u16, i64)], minimum_km, reservation, superfast, gst_percent| ClassRates {
        table: FareTable::new(points.iter().map(|(km, rupees)| (*km, Paise::rupees(*rupees))).collect())
            .expect("rising"),
        minimum_km,
        per_km: Paise::new(2),
        reservation: Paise::rupees(reservation),
        superfast: Paise::rupees(superfast),
        gst_percent,
    };
    FareRules {
        id: "fares-of-a-test".to_owned(),
        from: NaiveDate::default(),
        classes: BTreeMap::from([
            (Class::ThirdAc, rates(&[(300, 480), (800, 1034), (2000, 1916)], 300, 40, 45, 5)),
            (Class::Sleeper, rates(&[(300, 183), (800, 395), (2000, 732)], 200, 20, 30, 0)),
            (Class::Unreserved, rates(&[(300, 90), (800, 195)], 10, 0, 15, 0)),
        ]),
        steps: DistanceSteps::new(vec![(1000, 10), (5000, 50)]).expect("good"),
        round_up_to: Paise::rupees(5),
        superfast: BTreeSet::from([TrainKind::Superfast, TrainKind::Rajdhani]),
        factor_percent: BTreeMap::from([(TrainKind::Rajdhani, 118)]),
        children: ChildRules { free_below: 5, half_below: 12, half_percent: 50 },
    }
}

fn quotas() -> QuotaRules {
    let charge = |percent, min, max, minimum_km| TatkalCharge {
        percent,
        min: Paise::rupees(min),
        max: Paise::rupees(max),
        minimum_km,
    };
    QuotaRules {
        id: "quotas-of-a-test".to_owned(),
        from: NaiveDate::default(),
        lower_berth: LowerBerthRules::default(),
        classes: BTreeMap::new(),
        tatkal: TatkalRules {
            days_before: 1,
            opens_ac: NaiveTime::MIN,
            opens_non_ac: NaiveTime::MIN,
            max_party: 4,
            charges: BTreeMap::from([
                (Class::ThirdAc, charge(30, 300, 400, 500)),
                (Class::Sleeper, charge(30, 100, 200, 500)),
            ]),
        },
        senior: SeniorRules { men_from: 60, women_from: 58, women_alone_from: 45, max_party: 2 },
        boys_below: 12,
    }
}

fn price(rules: &FareRules, kind: TrainKind, class: Class, km: u16, party: &[Traveller]) -> Result<Fare, FareError> {
    super::price(rules, &quotas(), Ride { kind, class, quota: Quota::General, km }, party)
}

fn price_of_tatkal(class: Class, km: u16, party: &[Traveller]) -> Result<Fare, FareError> {
    let ride = Ride { kind: TrainKind::Express, class, quota: Quota::Tatkal, km };
    super::price(&rules(), &quotas(), ride, party)
}

fn traveller(age: u8, accommodation: Accommodation) -> Traveller {
    Traveller { age: Age::try_from(age).expect("an age"), accommodation }
}

fn adult() -> Traveller {
    traveller(34, Accommodation::Berth)
}

fn lines(fare: &Fare) -> Vec<String> {
    let lines =
        fare.items.iter().map(|item| format!("{} {} x {} = {}", item.label, item.count, item.each, item.amount));
    lines.collect()
}

#[test]
fn a_family_pays_line_by_line() {
    let party = [
        adult(),
        traveller(8, Accommodation::Berth),
        traveller(6, Accommodation::Lap),
        traveller(2, Accommodation::Lap),
    ];
    let fare = price(&rules(), TrainKind::Superfast, Class::ThirdAc, 792, &party).expect("priced");
    let expected = [
        "Base fare 2 x 1,050.00 = 2,100.00",
        "Base fare, child 1 x 525.00 = 525.00",
        "Reservation 3 x 40.00 = 120.00",
        "Superfast 3 x 45.00 = 135.00",
        "GST 5 % on AC 1 x 144.00 = 144.00",
    ];
    assert_eq!(lines(&fare), expected);
    assert_eq!(fare.shares, [119_175, 119_175, 64_050, 0].map(Paise::new));
    assert_eq!((fare.total, fare.taxable()), (Paise::rupees(3024), Paise::rupees(2880)));
}

#[test]
fn without_air_conditioning_and_superfast_there_are_fewer_lines() {
    let fare = price(&rules(), TrainKind::Express, Class::Sleeper, 150, &[adult()]).expect("priced");
    // 200 km are charged at least: 122 from the table and 4 of rises.
    assert_eq!(
        lines(&fare),
        ["Base fare 1 x 126.00 = 126.00", "Reservation 1 x 20.00 = 20.00", "Rounding 1 x 4.00 = 4.00"]
    );
}

#[rstest]
#[case(4, Accommodation::Lap, 0)]
#[case(5, Accommodation::Lap, 525)]
#[case(11, Accommodation::Lap, 525)]
#[case(4, Accommodation::Berth, 1050)]
#[case(5, Accommodation::Berth, 1050)]
#[case(12, Accommodation::Berth, 1050)]
fn a_child_pays_by_age_and_berth(#[case] age: u8, #[case] accommodation: Accommodation, #[case] base: i64) {
    let party = [adult(), traveller(age, accommodation)];
    let fare = price(&rules(), TrainKind::Superfast, Class::ThirdAc, 792, &party).expect("priced");
    assert_eq!(fare.sum_of(FareItemKind::Base), Paise::rupees(1050 + base));
}

#[rstest]
#[case(Class::ChairCar, &[], FareError::NoFare { class: Class::ChairCar })]
#[case(Class::ThirdAc, &[], FareError::NobodyTravels)]
#[case(Class::ThirdAc, &[traveller(3, Accommodation::Lap)], FareError::NobodyTravels)]
#[case(Class::ThirdAc, &[adult(), traveller(12, Accommodation::Lap)], FareError::NeedsBerth { passenger: 2, below: 12 })]
fn a_party_without_a_price_is_told_why(#[case] class: Class, #[case] party: &[Traveller], #[case] error: FareError) {
    assert_eq!(price(&rules(), TrainKind::Express, class, 500, party), Err(error));
}

/// The charge is 30 % of the base fare within its bounds, and 500 km are charged at least.
#[rstest]
// 1034 + 16 of rises; 315 is within 300 and 400.
#[case(Class::ThirdAc, 792, &["Base fare 1 x 1,050.00 = 1,050.00", "Reservation 1 x 40.00 = 40.00",
    "Tatkal charge 1 x 315.00 = 315.00", "GST 5 % on AC 1 x 70.25 = 70.25"])]
// 1548.50 + 30 of rises; 473.70 is too much.
#[case(Class::ThirdAc, 1500, &["Base fare 1 x 1,579.00 = 1,579.00", "Reservation 1 x 40.00 = 40.00",
    "Tatkal charge 1 x 400.00 = 400.00", "Rounding 1 x 1.00 = 1.00", "GST 5 % on AC 1 x 101.00 = 101.00"])]
// 267.80 + 10 of rises for 500 km; 83.40 is too little.
#[case(Class::Sleeper, 150, &["Base fare 1 x 278.00 = 278.00", "Reservation 1 x 20.00 = 20.00",
    "Tatkal charge 1 x 100.00 = 100.00", "Rounding 1 x 2.00 = 2.00"])]
fn tatkal_costs_more(#[case] class: Class, #[case] km: u16, #[case] expected: &[&str]) {
    assert_eq!(lines(&price_of_tatkal(class, km, &[adult()]).expect("priced")), expected);
}

#[test]
fn a_child_without_a_berth_bears_no_tatkal_charge() {
    let party = [adult(), traveller(8, Accommodation::Lap)];
    let fare = price_of_tatkal(Class::ThirdAc, 792, &party).expect("priced");
    // Half of 1050, and 40 of reservation.
    assert_eq!((fare.sum_of(FareItemKind::Tatkal), fare.shares[1]), (Paise::rupees(315), Paise::new(59_325)));
}

#[rstest]
#[case(Quota::General)]
#[case(Quota::Ladies)]
#[case(Quota::Senior)]
fn other_quotas_cost_what_the_general_one_does(#[case] quota: Quota) {
    let ride = Ride { kind: TrainKind::Express, class: Class::ThirdAc, quota, km: 792 };
    let fare = super::price(&rules(), &quotas(), ride, &[adult()]);
    assert_eq!(fare, price(&rules(), TrainKind::Express, Class::ThirdAc, 792, &[adult()]));
}

#[test]
fn a_class_without_a_charge_has_no_tatkal() {
    assert_eq!(
        price_of_tatkal(Class::Unreserved, 100, &[adult()]),
        Err(FareError::NoTatkal { class: Class::Unreserved })
    );
}

/// Nobody has a berth there: age alone decides, whatever the form says.
#[rstest]
#[case(34, Accommodation::Berth, Ok(35))]
#[case(12, Accommodation::Berth, Ok(35))]
#[case(11, Accommodation::Berth, Ok(20))]
#[case(5, Accommodation::Berth, Ok(20))]
#[case(4, Accommodation::Berth, Err(FareError::NobodyTravels))]
fn without_a_reservation_a_child_pays_by_age(
    #[case] age: u8,
    #[case] accommodation: Accommodation,
    #[case] rupees: Result<i64, FareError>,
) {
    // 100 km: 30 from the table and 2 of rises; half is 16, and both are rounded up to 5.
    let fare = price(&rules(), TrainKind::Express, Class::Unreserved, 100, &[traveller(age, accommodation)]);
    assert_eq!(fare.map(|fare| fare.total), rupees.map(Paise::rupees));
}

fn any_kind() -> impl Strategy<Value = TrainKind> {
    prop::sample::select(vec![TrainKind::Rajdhani, TrainKind::Superfast, TrainKind::Express])
}

fn any_class() -> impl Strategy<Value = Class> {
    prop::sample::select(vec![Class::ThirdAc, Class::Sleeper])
}

prop_compose! {
    fn any_traveller()(age in 0..=125_u8, lap in any::<bool>()) -> Traveller {
        traveller(age, if lap && age < 12 { Accommodation::Lap } else { Accommodation::Berth })
    }
}

fn any_party() -> impl Strategy<Value = Vec<Traveller>> {
    prop::collection::vec(any_traveller(), 0..6).prop_map(|mut party| {
        party.push(adult());
        party
    })
}

proptest! {
    #[test]
    fn lines_and_shares_sum_to_the_total(
        kind in any_kind(), class in any_class(), km in 1..6000_u16, party in any_party(),
        quota in prop::sample::select(Quota::ALL.to_vec())
    ) {
        let fare = super::price(&rules(), &quotas(), Ride { kind, class, quota, km }, &party).expect("priced");
        prop_assert_eq!(fare.items.iter().map(|item| item.amount).sum::<Paise>(), fare.total);
        prop_assert_eq!(fare.shares.iter().copied().sum::<Paise>(), fare.total);
        prop_assert_eq!(fare.shares.len(), party.len());
        prop_assert!(fare.items.iter().all(|item| item.each * i64::from(item.count) == item.amount));
        prop_assert_eq!(fare.taxable().round_up_to(Paise::rupees(5)), fare.taxable());
        prop_assert!(fare.items.iter().map(|item| item.kind as u8).is_sorted());
    }

    #[test]
    fn a_longer_leg_never_costs_less(
        kind in any_kind(), class in any_class(), km in 1..6000_u16, more in 0..500_u16, party in any_party()
    ) {
        let near = price(&rules(), kind, class, km, &party).expect("priced");
        let far = price(&rules(), kind, class, km + more, &party).expect("priced");
        prop_assert!(far.total >= near.total);
        prop_assert!(far.shares.iter().zip(&near.shares).all(|(far, near)| far >= near));
    }

    #[test]
    fn nobody_pays_more_than_an_adult(kind in any_kind(), class in any_class(), km in 1..6000_u16, party in any_party()) {
        let alone = price(&rules(), kind, class, km, &[adult()]).expect("priced").total;
        let fare = price(&rules(), kind, class, km, &party).expect("priced");
        for (share, traveller) in fare.shares.iter().zip(&party) {
            prop_assert!(*share <= alone);
            prop_assert!(traveller.accommodation == Accommodation::Lap || *share == alone);
        }
    }
}
