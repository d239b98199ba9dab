//! How much of a random demand allotment sells, and who lies low on a train that fills up.
#![allow(clippy::print_stdout, reason = "the figures are worth a look even when they are good enough")]

use std::collections::BTreeSet;

use kiosk::domain::allotment::{BerthWish, allot};
use kiosk::domain::coach::Coach;
use kiosk::domain::quota::Quota;

use crate::packing::{CLASS, SEEDS, TRAIN, allotted, demand, first_fit, free_run, now, packed, sell};

/// What has to be sold of what packing offline could sell: of tickets, of segments and of kilometres.
const OF_PACKING: f64 = 0.98;

#[test]
fn nearly_all_is_sold_that_packing_could_sell_and_more_than_by_first_fit() {
    let free = free_run(TRAIN, 2, 64);
    let mut worst_by_first_fit = f64::INFINITY;
    for seed in SEEDS {
        let legs = demand(&free.train, seed);
        let bound = packed(&free.train, &legs);
        let ours = allotted(&mut free.clone(), &legs).of(bound);
        let first = first_fit(&free.train, &legs).of(bound);
        println!("seed {seed}: allotment {ours:.4} of packing, first fit {first:.4}");
        assert!(ours >= OF_PACKING, "seed {seed}: {ours}");
        worst_by_first_fit = worst_by_first_fit.min(first);
    }
    assert!(worst_by_first_fit < OF_PACKING, "first fit would do: {worst_by_first_fit}");
}

#[test]
fn nearly_all_of_a_large_class_is_sold() {
    let free = free_run(TRAIN, 10, 80);
    let legs = demand(&free.train, 0);
    let of_packing = allotted(&mut free.clone(), &legs).of(packed(&free.train, &legs));
    assert!(of_packing >= OF_PACKING, "{of_packing}");
}

#[test]
fn seniors_who_come_late_still_lie_low() {
    let (mut seniors, mut low) = (0, 0);
    for seed in SEEDS {
        let mut state = free_run(TRAIN, 2, 64);
        let legs = demand(&state.train, seed);
        let late = legs.len() / 2;
        for (i, leg) in legs.into_iter().enumerate() {
            let needs_lower = i >= late && i % 4 == 0;
            let wish = BerthWish { preference: None, needs_lower };
            let Ok(berths) = allot(&state, CLASS, Quota::General, leg, &[wish], i as u64, now()) else { continue };
            sell(&mut state, &berths, leg);
            let coach = state.train.coach(berths[0].coach).expect("of this train");
            seniors += u32::from(needs_lower);
            low += u32::from(needs_lower && coach.berth_type(berths[0].number).is_low());
        }
    }
    println!("{low} of {seniors} seniors lie low");
    assert!(low * 100 >= seniors * 96, "{low} of {seniors}");
}

/// A group is as many as one booking has: it lies in one coach while one has room, and then in as few beside each other as
/// have. It takes them whole, but for what is left over in one of them.
#[test]
fn a_group_of_fifty_stays_together_as_far_as_it_can() {
    let free = free_run(TRAIN, 12, 80);
    let mut state = free.clone();
    let wishes = [BerthWish::default(); 50];
    let mut widths = BTreeSet::new();
    for (start, leg) in demand(&free.train, 3).into_iter().enumerate() {
        if start % 100 == 0
            && let Ok(berths) = allot(&state, CLASS, Quota::General, leg, &wishes, start as u64, now())
        {
            let coaches: Vec<_> = state.train.coaches_of(CLASS).copied().collect();
            let room = |coach: &Coach| state.free_in(coach, Quota::General, leg, now());
            let fits = |width: &usize| coaches.windows(*width).any(|some| some.iter().map(room).sum::<usize>() >= 50);
            let width = (1..=coaches.len()).find(fits).expect("so many are free");
            let of = |coach: &Coach| berths.iter().filter(|berth| berth.coach == coach.id()).count();
            let used: Vec<usize> = (0..coaches.len()).filter(|at| of(&coaches[*at]) > 0).collect();
            let (first, last) = (used[0], used[used.len() - 1]);
            assert!(last - first < width, "coaches {used:?} where {width} beside each other have room");
            let begun = used.iter().filter(|at| of(&coaches[**at]) < room(&coaches[**at])).count();
            assert!(begun <= 1, "{begun} coaches are begun: {used:?}");
            widths.insert(width);
        }
        if let Ok(berths) = allot(&state, CLASS, Quota::General, leg, &[BerthWish::default()], start as u64, now()) {
            sell(&mut state, &berths, leg);
        }
    }
    assert!(widths.contains(&1) && widths.len() > 2, "{widths:?}");
}
