//! A sample booking by the rules that are there and by new ones, line by line.

use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};

use crate::domain::coach::Class;
use crate::domain::fare::{self, Fare, FareError, Ride, Traveller};
use crate::domain::money::Paise;
use crate::domain::passenger::Accommodation;
use crate::domain::quota::{Pool, Quota, Terms};
use crate::domain::refund::{Cancellation, Claim, FirstChart, Reason, Standing, quote};
use crate::domain::rules::book::{Edition, RuleKind};
use crate::domain::rules::{RuleSet, Rules};
use crate::domain::time::instant;
use crate::domain::train::Train;
use crate::service::request::{Failure, PreviewLine, SampleBooking};

/// Hours before departure at which a cancellation is tried.
const HOURS: [i64; 8] = [96, 72, 48, 24, 12, 8, 4, 1];

/// What the sample is by the rules that are there and by a new set from a day on. The run leaves on the sample's date.
pub(super) fn preview(
    rules: &Arc<Rules>,
    set: RuleSet,
    from: NaiveDate,
    train: &Train,
    sample: &SampleBooking,
) -> Result<Vec<PreviewLine>, Failure> {
    let then = with(rules, set, from)?;
    let (now, then) = (facts(rules, from, train, sample), facts(&then, from, train, sample));
    let mut names: Vec<&String> = now.iter().map(|(name, _)| name).collect();
    // What only the new rules have stands where they have it.
    for (at, (name, _)) in then.iter().enumerate() {
        if !names.contains(&name) {
            let before = at.checked_sub(1).and_then(|at| names.iter().position(|known| *known == &then[at].0));
            names.insert(before.map_or(0, |at| at + 1), name);
        }
    }
    let says = |facts: &[(String, String)], name: &String| {
        facts.iter().find(|(known, _)| known == name).map_or_else(|| "-".to_owned(), |(_, says)| says.clone())
    };
    let line = |name: &&String| PreviewLine { what: (*name).clone(), now: says(&now, name), then: says(&then, name) };
    Ok(names.iter().map(line).collect())
}

/// The rules with a set from a day on, beside what is published.
fn with(rules: &Rules, set: RuleSet, from: NaiveDate) -> Result<Rules, Failure> {
    let kind = match &set {
        RuleSet::Fares(_) => RuleKind::Fares,
        RuleSet::Booking(_) => RuleKind::Booking,
        RuleSet::Refunds(_) => RuleKind::Refunds,
        RuleSet::Quotas(_) => RuleKind::Quotas,
        RuleSet::Charts(_) => RuleKind::Charts,
    };
    let tried = Edition { number: 0, kind, from, text: String::new() };
    rules.beside(Arc::new(tried), set).map_err(|error| crate::service::refusal::fault("try rules", &error))
}

/// What can be said of the sample by some rules, by name.
fn facts(rules: &Rules, sold: NaiveDate, train: &Train, sample: &SampleBooking) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let departs = train.halts()[0].depart.on(sample.date);
    let fare = priced(rules, sold, train, sample);
    match &fare {
        Ok(fare) => {
            facts.extend(fare.items.iter().map(|item| {
                let name =
                    if item.count > 1 { format!("{} × {}", item.label, item.count) } else { item.label.clone() };
                (name, item.amount.to_string())
            }));
            facts.push(("Fare".to_owned(), fare.total.to_string()));
        }
        Err(error) => facts.push(("Fare".to_owned(), error.to_string())),
    }
    let charts = rules.charts_on(sample.date);
    let first = charts.first_chart(departs);
    if let Ok(fare) = &fare {
        facts.extend(HOURS.into_iter().map(|hours| {
            let back = refunded(rules, sold, sample, fare, (departs, first), hours);
            (format!("Back {hours} h before"), back.map_or_else(|| "-".to_owned(), |back| back.to_string()))
        }));
    }
    let booking = rules.booking_on(sold);
    let opens = sample.date.checked_sub_days(Days::new(booking.window_days.into())).unwrap_or(NaiveDate::MIN);
    let clock = |at: NaiveDateTime| at.format("%-d %b %H:%M").to_string();
    facts.push(("Sale opens".to_owned(), clock(opens.and_time(booking.opens_at))));
    facts.push(("Sale closes".to_owned(), clock(departs - TimeDelta::minutes(booking.closes_minutes.into()))));
    facts.push(("Largest party".to_owned(), booking.max_party.to_string()));
    let group = booking.largest(sample.class, sample.quota);
    let group = if group > booking.max_party { group.to_string() } else { "none".to_owned() };
    facts.push(("Largest group".to_owned(), group));
    let quotas = rules.quotas_on(sold);
    if sample.quota == Quota::Tatkal {
        facts.push(("Tatkal opens".to_owned(), clock(quotas.tatkal.opens_at(sample.class, sample.date))));
    }
    let terms = Terms::of(train, quotas);
    let coaches: Vec<_> = train.coaches().iter().filter(|coach| coach.class() == sample.class).collect();
    for (name, pool) in [
        ("Berths for all", Pool::General),
        ("Berths for RAC", Pool::Rac),
        ("Berths for seniors", Pool::Senior),
        ("Berths for ladies", Pool::Ladies),
        ("Berths for Tatkal", Pool::Tatkal),
    ] {
        let berths: usize = coaches.iter().map(|coach| terms.allocation.in_pool(coach, pool).count()).sum();
        facts.push((name.to_owned(), berths.to_string()));
    }
    let berths = coaches.iter().map(|coach| u32::from(coach.berths())).sum();
    facts.push(("Waiting list".to_owned(), quotas.waiting_cap(sample.class, berths).to_string()));
    facts.push(("First chart".to_owned(), clock(first)));
    facts.push(("Second chart".to_owned(), clock(charts.second_chart(departs))));
    facts
}

fn priced(rules: &Rules, sold: NaiveDate, train: &Train, sample: &SampleBooking) -> Result<Fare, FareError> {
    let fares = rules.fares_on(sold);
    let whole = train.halts();
    let km = whole[whole.len() - 1].km - whole[0].km;
    let party: Vec<_> = sample
        .ages
        .iter()
        .map(|age| {
            let on_lap = age.years() < fares.children.free_below;
            let accommodation = if on_lap { Accommodation::Lap } else { Accommodation::Berth };
            Traveller { age: *age, accommodation }
        })
        .collect();
    let ride = Ride { kind: train.kind(), class: sample.class, quota: sample.quota, km };
    fare::price(fares, rules.quotas_on(sold), ride, &party)
}

/// What all get back who give up so many hours before departure; `None` when nothing can be quoted.
fn refunded(
    rules: &Rules,
    sold: NaiveDate,
    sample: &SampleBooking,
    fare: &Fare,
    (departs, chart): (NaiveDateTime, NaiveDateTime),
    hours: i64,
) -> Option<Paise> {
    let standing = match (sample.class != Class::Unreserved, sample.quota) {
        (false, _) => Standing::Unreserved,
        (true, Quota::Tatkal) => Standing::ConfirmedTatkal,
        (true, _) => Standing::Confirmed,
    };
    let claims: Vec<_> =
        (0..).zip(&fare.shares).map(|(passenger, paid)| Claim { passenger, paid: *paid, standing }).collect();
    let at = departs - TimeDelta::hours(hours);
    let chart = if at < chart { FirstChart::Due(instant(chart)) } else { FirstChart::Made };
    let cancellation = Cancellation {
        class: sample.class,
        claims: &claims,
        departs: instant(departs),
        chart,
        reason: Reason::Passenger,
    };
    quote(rules.refunds_on(sold), &cancellation, instant(at)).ok().map(|quote| quote.refunded)
}
