//! How much of a random demand allotment sells of what could be sold at all, and how long one allotment takes.
//!
//! `cargo bench --bench allotment`; the demand and the bound are described in `tests/all/packing.rs`. A ratio is that of
//! tickets, of segments or of kilometres sold, whichever is least. It only measures: limits are printed beside the
//! figures and not enforced.
#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]

#[path = "../tests/all/packing.rs"]
mod packing;

use std::hint::black_box;
use std::time::Instant;

use kiosk::domain::allotment::{BerthWish, allot};
use kiosk::domain::coach::BerthType;
use kiosk::domain::inventory::RunState;
use kiosk::domain::quota::Quota;
use packing::{CLASS, Chance, SEEDS, TRAIN, allotted, any_leg, demand, first_fit, free_run, now, packed, sell};

/// Coaches, berths of each, and how many seeds are measured; the aim is asked of the first ones, [`SEEDS`].
const CLASSES: [(u8, u8, u32); 4] = [(1, 24, 200), (2, 64, 200), (6, 72, 50), (10, 80, 30)];

/// The smallest class of which the aim is asked: in smaller ones a single ticket is more than a percent.
const LEAST_BERTHS: usize = 128;

/// What is to be sold of what packing offline could sell.
const AIM_OF_PACKING: f64 = 0.98;

/// What an allotment may take: little beside the write that holds the berths.
const AIM_ADULT_US: u32 = 300;
const AIM_SIX_US: u32 = 1000;
const AIM_GROUP_US: u32 = 20_000;

fn main() {
    let mut lines = quality();
    println!("limit allotment_of_packing {AIM_OF_PACKING} ratio");
    lines.extend(adults());
    lines.extend(parties());
    println!("{}", lines.join("\n"));
}

/// How much of packing is sold, by allotment and by the first berth that is free.
fn quality() -> Vec<String> {
    println!(
        "train {TRAIN}, 120 % load, of packing the least of tickets, segments and kilometres, over so many seeds:"
    );
    println!(
        "class      seeds | allotment: mean   worst  <{AIM_OF_PACKING} | first fit: mean   worst  <{AIM_OF_PACKING}"
    );
    let mut worst = [f64::INFINITY; 2];
    for (coaches, berths, seeds) in CLASSES {
        let free = free_run(TRAIN, coaches, berths);
        let ratios = (0..seeds).map(|seed| {
            let legs = demand(&free.train, u64::from(seed));
            let bound = packed(&free.train, &legs);
            [allotted(&mut free.clone(), &legs).of(bound), first_fit(&free.train, &legs).of(bound)]
        });
        let ratios: Vec<[f64; 2]> = ratios.collect();
        let cells = [0, 1].map(|way| {
            let of = || ratios.iter().map(move |ratio| ratio[way]);
            let mean = of().sum::<f64>() / f64::from(seeds);
            let below = of().filter(|ratio| *ratio < AIM_OF_PACKING).count();
            format!("{mean:>15.4}  {:.4}  {below:>5}", of().fold(f64::INFINITY, f64::min))
        });
        println!("{:<10} {seeds:>5} | {} | {}", format!("{coaches} x {berths}"), cells[0], cells[1]);
        if usize::from(coaches) * usize::from(berths) >= LEAST_BERTHS {
            for ratio in &ratios[..SEEDS.end as usize] {
                worst = [worst[0].min(ratio[0]), worst[1].min(ratio[1])];
            }
        }
    }
    println!(
        "the figures are the worst of the first {} seeds and of classes of {LEAST_BERTHS} berths and more",
        SEEDS.end
    );
    let line = |(name, worst): (&str, f64)| format!("figure {name} {worst:.4} ratio");
    [("allotment_of_packing", worst[0]), ("first_fit_of_packing", worst[1])].map(line).to_vec()
}

/// One adult after the other, until a train of 20 coaches is asked for 120 % of what it has.
fn adults() -> Vec<String> {
    let mut state = free_run(TRAIN, 20, 80);
    let legs = demand(&state.train, 1);
    let times = legs.iter().enumerate().map(|(start, leg)| {
        let began = Instant::now();
        let berths =
            black_box(allot(&state, CLASS, Quota::General, *leg, &[BerthWish::default()], start as u64, now()));
        let took = began.elapsed().as_secs_f64() * 1e6;
        if let Ok(berths) = berths {
            sell(&mut state, &berths, *leg);
        }
        took
    });
    figures("allot_adult", AIM_ADULT_US, times.collect())
}

/// A party of six and a group of fifty on an empty train of 24 coaches, and one of every kind while it fills.
fn parties() -> Vec<String> {
    let free = free_run(TRAIN, 24, 80);
    let wish = |preference, needs_lower| BerthWish { preference, needs_lower };
    let any = [BerthWish::default(); 6];
    let family = [
        wish(None, true),
        wish(Some(BerthType::Upper), true),
        wish(Some(BerthType::Lower), false),
        wish(Some(BerthType::Upper), false),
        wish(Some(BerthType::SideLower), false),
        wish(None, false),
    ];
    let seniors = [wish(None, true); 6];
    let mut lines = Vec::new();
    for (name, wishes) in [("six", &any), ("six_with_wishes", &family), ("six_seniors", &seniors)] {
        let on_empty = (0..200).map(|start| timed(&free, wishes, start));
        lines.extend(figures(&format!("allot_{name}"), AIM_SIX_US, on_empty.collect()));
        lines.extend(figures(&format!("allot_{name}_filling"), AIM_SIX_US, filling(&free, wishes)));
    }
    let group: Vec<_> = family.into_iter().cycle().take(50).collect();
    for (name, wishes) in [("fifty", vec![BerthWish::default(); 50]), ("fifty_with_wishes", group)] {
        let on_empty = (0..20).map(|start| timed(&free, &wishes, start));
        lines.extend(figures(&format!("allot_{name}"), AIM_GROUP_US, on_empty.collect()));
        lines.extend(figures(&format!("allot_{name}_filling"), AIM_GROUP_US, filling(&free, &wishes)));
    }
    lines
}

fn timed(state: &RunState, wishes: &[BerthWish], start: u64) -> f64 {
    let leg = any_leg(state.train.halts().len(), &mut Chance(start));
    let began = Instant::now();
    drop(black_box(allot(state, CLASS, Quota::General, leg, wishes, start, now())));
    began.elapsed().as_secs_f64() * 1e6
}

/// The times of a party that asks again and again while adults fill the train.
fn filling(free: &RunState, wishes: &[BerthWish]) -> Vec<f64> {
    let mut state = free.clone();
    let mut times = Vec::new();
    for (start, leg) in demand(&free.train, 2).into_iter().enumerate() {
        if start % 16 == 0 {
            times.push(timed(&state, wishes, start as u64));
        }
        if let Ok(berths) = allot(&state, CLASS, Quota::General, leg, &[BerthWish::default()], start as u64, now()) {
            sell(&mut state, &berths, leg);
        }
    }
    times
}

/// The lines of a measure: its middle, its slow tail and its worst. Prints what its middle aims at.
fn figures(name: &str, aim: u32, mut microseconds: Vec<f64>) -> Vec<String> {
    println!("limit {name}_p50 {aim} us");
    microseconds.sort_by(f64::total_cmp);
    let at = |part: usize| microseconds[(microseconds.len() - 1) * part / 100];
    let line = |(label, part)| format!("figure {name}_{label} {:.1} us", at(part));
    [("p50", 50), ("p99", 99), ("max", 100)].map(line).to_vec()
}
