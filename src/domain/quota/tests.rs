use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};
use proptest::prelude::*;
use rstest::rstest;

use super::{Allocation, NotEligible, Pool, Quota, eligible};
use crate::domain::coach::{BerthRef, BerthType, Class, Coach, CoachId};
use crate::domain::passenger::{Accommodation, Age, Gender, Passenger, PersonName};
use crate::domain::rules::quota::{
    ClassQuotas, LowerBerthRules, QuotaRules, SeniorBerths, SeniorRules, TatkalRules, WaitingCap,
};
use crate::domain::sample_train;
use crate::domain::train::{Train, TrainDraft, TrainKind};

/// Rules of this test's own: whether the bundled ones are right is for the test that reads them.
fn rules() -> QuotaRules {
    let sleeper = ClassQuotas {
        per_berths: 72,
        rac: 7,
        senior: SeniorBerths { only_coach: 6, each_coach: 7, by_kind: BTreeMap::new() },
        ladies: 6,
        tatkal: 7,
        waiting: WaitingCap::Percent(30),
    };
    let third = ClassQuotas {
        per_berths: 64,
        rac: 4,
        senior: SeniorBerths { only_coach: 4, each_coach: 4, by_kind: BTreeMap::from([(TrainKind::Rajdhani, 5)]) },
        ladies: 0,
        tatkal: 6,
        waiting: WaitingCap::Percent(60),
    };
    let chair = ClassQuotas {
        per_berths: 73,
        rac: 0,
        senior: SeniorBerths::default(),
        ladies: 0,
        tatkal: 7,
        waiting: WaitingCap::Passengers(300),
    };
    let opens = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
    QuotaRules {
        id: "quotas-of-a-test".to_owned(),
        from: NaiveDate::default(),
        classes: BTreeMap::from([(Class::Sleeper, sleeper), (Class::ThirdAc, third), (Class::ChairCar, chair)]),
        tatkal: TatkalRules {
            days_before: 1,
            opens_ac: opens(10),
            opens_non_ac: opens(11),
            max_party: 4,
            charges: BTreeMap::new(),
        },
        lower_berth: LowerBerthRules { men_from: 60, women_from: 45 },
        senior: SeniorRules { men_from: 60, women_from: 58, women_alone_from: 45, max_party: 2 },
        boys_below: 12,
    }
}

fn coach(id: &str, class: Class, berths: u8) -> Coach {
    Coach::new(CoachId::parse(id).expect("a coach"), class, berths).expect("berths")
}

fn train(kind: TrainKind, coaches: &[Coach]) -> Train {
    let ends = sample_train::along(&["MMCT 00:00 00:00 0", "NDLS 15:00 15:00 1386"]);
    Train::new(TrainDraft { kind, coaches: coaches.to_vec(), ..ends }).expect("a train")
}

fn pools(kind: TrainKind, coaches: &[Coach], pool: Pool) -> Vec<u8> {
    Allocation::of(&train(kind, coaches), &rules()).in_pool(&coaches[0], pool).collect()
}

#[test]
fn a_sleeper_coach_keeps_what_the_rules_say() {
    let coaches = [coach("S1", Class::Sleeper, 72), coach("S2", Class::Sleeper, 72)];
    let of = |pool| pools(TrainKind::Express, &coaches, pool);
    assert_eq!(of(Pool::Rac), [7, 15, 23, 31, 39, 47, 55]);
    assert_eq!(of(Pool::Ladies), [1, 2, 3, 4, 5, 6]);
    assert_eq!(of(Pool::Senior), [9, 12, 17, 20, 25, 28, 33]);
    assert_eq!(of(Pool::Tatkal), [66, 67, 68, 69, 70, 71, 72]);
    assert_eq!(of(Pool::General).len(), 72 - 7 - 6 - 7 - 7);
}

#[test]
fn the_only_coach_of_a_class_keeps_fewer_berths_for_seniors() {
    let coaches = [coach("S1", Class::Sleeper, 72), coach("B1", Class::ThirdAc, 64)];
    assert_eq!(pools(TrainKind::Express, &coaches, Pool::Senior), [9, 12, 17, 20, 25, 28]);
}

#[rstest]
#[case(TrainKind::Express, &[1, 4, 9, 12])]
#[case(TrainKind::Rajdhani, &[1, 4, 9, 12, 17])]
fn a_kind_of_train_has_its_own_senior_berths(#[case] kind: TrainKind, #[case] berths: &[u8]) {
    let coaches = [coach("B1", Class::ThirdAc, 72), coach("B2", Class::ThirdAc, 72)];
    assert_eq!(pools(kind, &coaches, Pool::Senior), berths);
    assert_eq!(pools(kind, &coaches, Pool::Rac), [7, 15, 23, 31]);
    assert_eq!(pools(kind, &coaches, Pool::Tatkal), [67, 68, 69, 70, 71, 72]);
}

/// A share of a smaller coach is rounded down, and the longer coach of the newer rake keeps no more than the older.
#[rstest]
#[case(80, [7, 6, 6, 7])]
#[case(36, [3, 3, 3, 3])]
#[case(8, [0, 0, 0, 0])]
fn a_coach_of_another_size_keeps_its_share(#[case] berths: u8, #[case] counts: [usize; 4]) {
    let coaches = [coach("S1", Class::Sleeper, berths)];
    let found = [Pool::Rac, Pool::Ladies, Pool::Senior, Pool::Tatkal]
        .map(|pool| pools(TrainKind::Express, &coaches, pool).len());
    assert_eq!(found, counts);
}

#[test]
fn what_no_rule_names_is_general() {
    let coaches = [coach("H1", Class::FirstAc, 24)];
    assert_eq!(pools(TrainKind::Express, &coaches, Pool::General).len(), 24);
    let allocation = Allocation::of(&train(TrainKind::Express, &coaches), &rules());
    for number in [0, 25, 255] {
        assert_eq!(allocation.pool(BerthRef { coach: coaches[0].id(), number }), Pool::General);
    }
}

proptest! {
    #[test]
    fn every_kept_berth_is_of_its_kind_and_counted(
        class in prop::sample::select(vec![Class::Sleeper, Class::ThirdAc, Class::ChairCar]), berths in 1..=120_u8,
        more in any::<bool>()
    ) {
        let mut coaches = vec![coach("X1", class, berths)];
        if more {
            coaches.push(coach("X2", class, 20));
        }
        let rules = rules();
        let quotas = &rules.classes[&class];
        let of = |pool| pools(TrainKind::Express, &coaches, pool);
        let share = |count: u8| usize::from(count) * usize::from(berths.min(quotas.per_berths))
            / usize::from(quotas.per_berths);
        prop_assert!(of(Pool::Rac).iter().all(|number| coaches[0].berth_type(*number) == BerthType::SideLower));
        prop_assert!(of(Pool::Senior).iter().all(|number| coaches[0].berth_type(*number) == BerthType::Lower));
        prop_assert_eq!(of(Pool::Rac).len(), share(quotas.rac));
        prop_assert_eq!(of(Pool::Ladies).len(), share(quotas.ladies));
        prop_assert_eq!(of(Pool::Tatkal).len(), share(quotas.tatkal));
        prop_assert_eq!(of(Pool::Senior).len(), share(quotas.senior.count(TrainKind::Express, coaches.len())));
        let all = [Pool::General, Pool::Ladies, Pool::Senior, Pool::Tatkal, Pool::Rac].map(of).concat().len();
        prop_assert_eq!(all, usize::from(berths));
    }
}

fn passenger(gender: Gender, age: u8) -> Passenger {
    Passenger {
        name: PersonName::parse("Anita Sharma").expect("a name"),
        age: Age::try_from(age).expect("an age"),
        gender,
        preference: None,
        accommodation: Accommodation::Berth,
    }
}

/// A party in words: `F58` is a woman of 58.
fn party(words: &str) -> Vec<Passenger> {
    let one = |word: &str| {
        let gender = match &word[..1] {
            "F" => Gender::Female,
            "M" => Gender::Male,
            _ => Gender::Transgender,
        };
        passenger(gender, word[1..].parse().expect("an age"))
    };
    words.split_whitespace().map(one).collect()
}

const YOUNG: fn(usize) -> NotEligible = |passenger| NotEligible::TooYoung { passenger, men: 60, women: 58, alone: 45 };
const NOT_LADIES: fn(usize) -> NotEligible = |passenger| NotEligible::NotLadies { passenger, boys_below: 12 };

#[rstest]
#[case(Quota::General, Class::Unreserved, "M30 M31 M32 M33 M34 M35", Ok(()))]
#[case(Quota::Tatkal, Class::ThirdAc, "M30 F30 M3 F1", Ok(()))]
#[case(Quota::Tatkal, Class::ThirdAc, "M30 F30 M3 F1 F2", Err(NotEligible::PartySize { quota: Quota::Tatkal, max: 4 }))]
#[case(Quota::Tatkal, Class::FirstAc, "M30", Err(NotEligible::NotInClass { quota: Quota::Tatkal, class: Class::FirstAc }))]
#[case(Quota::Senior, Class::Sleeper, "M60", Ok(()))]
#[case(Quota::Senior, Class::Sleeper, "M59", Err(YOUNG(1)))]
#[case(Quota::Senior, Class::Sleeper, "T60", Ok(()))]
#[case(Quota::Senior, Class::Sleeper, "T59", Err(YOUNG(1)))]
#[case(Quota::Senior, Class::Sleeper, "F45", Ok(()))]
#[case(Quota::Senior, Class::Sleeper, "F44", Err(YOUNG(1)))]
#[case(Quota::Senior, Class::Sleeper, "M60 F58", Ok(()))]
#[case(Quota::Senior, Class::Sleeper, "M60 F57", Err(YOUNG(2)))]
#[case(Quota::Senior, Class::Sleeper, "F60 F61 F62", Err(NotEligible::PartySize { quota: Quota::Senior, max: 2 }))]
#[case(Quota::Senior, Class::ChairCar, "M60", Err(NotEligible::NotInClass { quota: Quota::Senior, class: Class::ChairCar }))]
#[case(Quota::Ladies, Class::Sleeper, "F30 F3 M11", Ok(()))]
#[case(Quota::Ladies, Class::Sleeper, "F30 M12", Err(NOT_LADIES(2)))]
#[case(Quota::Ladies, Class::Sleeper, "T30", Err(NOT_LADIES(1)))]
#[case(Quota::Ladies, Class::Sleeper, "M11 M9", Err(NotEligible::NoWoman))]
#[case(Quota::Ladies, Class::ThirdAc, "F30", Err(NotEligible::NotInClass { quota: Quota::Ladies, class: Class::ThirdAc }))]
fn a_quota_is_for_whom_the_rules_say(
    #[case] quota: Quota,
    #[case] class: Class,
    #[case] words: &str,
    #[case] answer: Result<(), NotEligible>,
) {
    assert_eq!(eligible(quota, class, &rules(), &party(words)), answer);
}

#[test]
fn a_refusal_says_what_to_do_next() {
    let says = |quota, class, words| eligible(quota, class, &rules(), &party(words)).expect_err("refused").to_string();
    assert_eq!(
        says(Quota::Senior, Class::Sleeper, "M60 M59"),
        "Passenger 2 is too young for the senior citizens' quota: men need 60 years, women 58, or 45 when they travel \
         alone. Choose the general quota."
    );
    assert_eq!(
        says(Quota::Ladies, Class::ThirdAc, "F30"),
        "There is no Ladies quota in class 3A: choose another class, or the general quota."
    );
    assert_eq!(
        says(Quota::Tatkal, Class::ThirdAc, "M30 M31 M32 M33 M34"),
        "A booking in the Tatkal quota has at most 4 passengers: book the others separately."
    );
}

#[rstest]
#[case(Class::ThirdAc, "2026-11-30T10:00:00")]
#[case(Class::Sleeper, "2026-11-30T11:00:00")]
#[case(Class::SecondSitting, "2026-11-30T11:00:00")]
fn tatkal_opens_the_day_before_the_run(#[case] class: Class, #[case] opens: &str) {
    let run = "2026-12-01".parse().expect("a date");
    assert_eq!(rules().tatkal.opens_at(class, run), opens.parse().expect("a moment"));
}

#[rstest]
#[case(Class::Sleeper, 800, 240)]
#[case(Class::ThirdAc, 99, 59)]
#[case(Class::ChairCar, 78, 300)]
#[case(Class::FirstAc, 24, 0)]
fn a_waiting_list_has_an_end(#[case] class: Class, #[case] berths: u32, #[case] cap: u32) {
    assert_eq!(rules().waiting_cap(class, berths), cap);
}

#[test]
fn a_quota_is_kept_by_its_code() {
    for quota in Quota::ALL {
        assert_eq!(serde_json::to_value(quota).expect("JSON"), quota.code());
    }
}
