//! The railway's rules as dated data: rates, windows and limits come from files, never from code.
//!
//! Reading the files is not done here: `service::rules_file` does, and hands over what it found in these types. What
//! their constructors refuse cannot be in force: no rules at all, two from one day, a fare that falls with distance.
//!
//! Rules come with the program and are published in its store ([`book`]). From the day of the first edition that is published
//! of a kind the published ones alone hold: machines with programs of different age sell by the same rules.

pub mod book;
pub mod chart;
pub mod quota;
pub mod refund;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use thiserror::Error;

use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::quota::Quota;
use crate::domain::rules::book::{Edition, RuleKind};
use crate::domain::rules::chart::ChartRules;
use crate::domain::rules::quota::QuotaRules;
use crate::domain::rules::refund::RefundRules;
use crate::domain::time::railway_time;
use crate::domain::train::TrainKind;

/// All rules, each kind by the date from which it holds.
#[derive(Clone, Debug)]
pub struct Rules {
    fares: Kept<FareRules>,
    booking: Kept<BookingRules>,
    refunds: Kept<RefundRules>,
    quotas: Kept<QuotaRules>,
    charts: Kept<ChartRules>,
    /// The published ones as they are in the book.
    editions: Vec<Arc<Edition>>,
}

/// The rules of one kind, each list by the date from which they hold.
#[derive(Clone, Debug)]
struct Kept<T> {
    /// Those of the program, at least one.
    shipped: Vec<T>,
    /// Those of the book.
    published: Vec<T>,
}

/// What an edition says.
#[derive(Clone, Debug)]
pub enum RuleSet {
    /// What a journey costs.
    Fares(FareRules),
    /// When and how much may be booked.
    Booking(BookingRules),
    /// What a cancellation costs.
    Refunds(RefundRules),
    /// How berths are divided among quotas.
    Quotas(QuotaRules),
    /// When charts are made.
    Charts(ChartRules),
}

/// What a fare is reckoned from.
#[derive(Clone, Debug)]
pub struct FareRules {
    /// Names the rules on a booking.
    pub id: String,
    /// The first date of booking to which they apply.
    pub from: NaiveDate,
    /// What each class costs; a class that is not here is not sold.
    pub classes: BTreeMap<Class, ClassRates>,
    /// How distances are charged.
    pub steps: DistanceSteps,
    /// What a passenger pays before tax is rounded up to a multiple of this.
    pub round_up_to: Paise,
    /// The kinds of train that bear the superfast charge.
    pub superfast: BTreeSet<TrainKind>,
    /// What a kind of train charges of the base fare, in percent; 100 for a kind that is not here.
    pub factor_percent: BTreeMap<TrainKind, u16>,
    /// What children pay.
    pub children: ChildRules,
}

/// What one class costs.
#[derive(Clone, Debug)]
pub struct ClassRates {
    /// The base fare by distance.
    pub table: FareTable,
    /// A shorter leg is charged as this many kilometres.
    pub minimum_km: u16,
    /// Added to the table for each charged kilometre.
    pub per_km: Paise,
    /// The reservation fee of a passenger.
    pub reservation: Paise,
    /// The superfast charge of a passenger.
    pub superfast: Paise,
    /// Goods and services tax in percent; 0 for none.
    pub gst_percent: u8,
}

/// What children pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildRules {
    /// Below this age a child without a berth pays nothing.
    pub free_below: u8,
    /// Below this age a child may travel without a berth, and pays `half_percent` of the base fare.
    pub half_below: u8,
    /// The part of the base fare in percent.
    pub half_percent: u8,
}

/// A base fare by distance: straight lines between points, from nothing at 0 km.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FareTable(Vec<(u16, Paise)>);

/// Points that make no fare table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the points need rising distances from above 0 km with rising fares from above 0 rupees, at least one")]
pub struct BadFareTable;

impl FareTable {
    /// A table from its points: kilometres and the fare there. Beyond the last it goes on as between the last two.
    pub fn new(points: Vec<(u16, Paise)>) -> Result<Self, BadFareTable> {
        let mut before = (0, Paise::ZERO);
        for point in &points {
            if point.0 <= before.0 || point.1 <= before.1 {
                return Err(BadFareTable);
            }
            before = *point;
        }
        if points.is_empty() { Err(BadFareTable) } else { Ok(Self(points)) }
    }

    /// The fare at a distance, rounded half up to a paisa; it never falls with distance.
    pub fn at(&self, km: u16) -> Paise {
        let end = self.0.partition_point(|point| point.0 < km).min(self.0.len() - 1);
        let (km_to, to) = self.0[end];
        let (km_from, from) = end.checked_sub(1).map_or((0, Paise::ZERO), |before| self.0[before]);
        let rise = (to - from).get() * (i64::from(km) - i64::from(km_from));
        let run = i64::from(km_to) - i64::from(km_from);
        from + Paise::new((2 * rise + run).div_euclid(2 * run))
    }
}

/// The slabs of distance that have one fare: up to so many kilometres, in steps of so many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistanceSteps(Vec<(u16, u16)>);

/// Pairs that make no steps of distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the steps need rising distances, each a multiple of its step and of the next one's, at least one")]
pub struct BadDistanceSteps;

impl DistanceSteps {
    /// Steps from pairs of the distance up to which a step holds, and the step; the last one holds beyond its end.
    pub fn new(steps: Vec<(u16, u16)>) -> Result<Self, BadDistanceSteps> {
        let whole = |(up_to, step): &(u16, u16)| *step > 0 && *up_to > 0 && up_to % step == 0;
        let follows = |pair: &[(u16, u16)]| pair[0].0 < pair[1].0 && pair[0].0.is_multiple_of(pair[1].1);
        let good = !steps.is_empty() && steps.iter().all(whole) && steps.windows(2).all(follows);
        if good { Ok(Self(steps)) } else { Err(BadDistanceSteps) }
    }

    /// The kilometres for which a distance is charged: the end of its slab.
    pub fn charged(&self, km: u16) -> u16 {
        let at = self.0.partition_point(|(up_to, _)| *up_to < km).min(self.0.len() - 1);
        let step = self.0[at].1;
        km.checked_next_multiple_of(step).unwrap_or(km)
    }
}

/// When and how much may be booked.
#[derive(Clone, Debug)]
pub struct BookingRules {
    /// Names the rules.
    pub id: String,
    /// The first date of booking to which they apply.
    pub from: NaiveDate,
    /// How many days before the run's date sales open; that date itself does not count.
    pub window_days: u16,
    /// The railway's time of day at which a new date opens.
    pub opens_at: NaiveTime,
    /// The largest party that anybody books, children on laps included.
    pub max_party: u8,
    /// Larger parties, where there are any.
    pub groups: Option<GroupRules>,
    /// Minutes before departure from the boarding halt at which sales end.
    pub closes_minutes: u16,
}

/// The largest groups on one booking, which are booked by leave of a supervisor, children on laps included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupRules {
    /// In classes with air conditioning.
    pub ac: u8,
    /// In the other reserved classes.
    pub non_ac: u8,
}

impl BookingRules {
    /// The most that any party may ever be.
    pub const MOST: u8 = 50;

    /// The largest party in a class and a quota, by leave of a supervisor. Groups have places of the general quota, and
    /// none where no place is kept for anybody.
    pub fn largest(&self, class: Class, quota: Quota) -> u8 {
        let Some(groups) = self.groups.filter(|_| quota == Quota::General && class != Class::Unreserved) else {
            return self.max_party;
        };
        self.max_party.max(if class.is_ac() { groups.ac } else { groups.non_ac })
    }

    /// The largest party in any class of a quota.
    pub fn largest_in_any(&self, quota: Quota) -> u8 {
        Class::RESERVED.into_iter().map(|class| self.largest(class, quota)).max().unwrap_or(self.max_party)
    }

    /// The first and the last date for which tickets are sold at a moment; the last opens at the rules' time of day.
    pub fn window(&self, now: DateTime<Utc>) -> (NaiveDate, NaiveDate) {
        let local = railway_time(now);
        let not_open = u64::from(local.time() < self.opens_at);
        let days = u64::from(self.window_days).saturating_sub(not_open);
        (local.date(), local.date().checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX))
    }
}

/// Why rules cannot be in force.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RulesError {
    /// There are none of a kind.
    #[error("there are no {kind} rules: write at least one entry")]
    Missing {
        /// The kind.
        kind: &'static str,
    },
    /// Two begin on one day.
    #[error("two {kind} rules begin on {from}: give each entry its own date")]
    SameDay {
        /// The kind.
        kind: &'static str,
        /// The day.
        from: NaiveDate,
    },
    /// Two have one name.
    #[error("two {kind} rules are called {id}: give each entry its own id, which bookings and runs keep")]
    SameId {
        /// The kind.
        kind: &'static str,
        /// The name.
        id: String,
    },
}

/// Rules with a name and a first day.
trait Dated {
    const KIND: &'static str;
    fn id(&self) -> &str;
    fn from(&self) -> NaiveDate;
}

macro_rules! dated {
    ($($rules:ty, $kind:literal);+) => {$(
        impl Dated for $rules {
            const KIND: &'static str = $kind;
            fn id(&self) -> &str {
                &self.id
            }
            fn from(&self) -> NaiveDate {
                self.from
            }
        }
    )+};
}

dated!(FareRules, "fare"; BookingRules, "booking"; RefundRules, "refund"; QuotaRules, "quota"; ChartRules, "chart");

impl Rules {
    /// The program's rules from their entries in any order; there must be one of each kind, no two of a kind from one day,
    /// and none of the name of another.
    pub fn new(
        fares: Vec<FareRules>,
        booking: Vec<BookingRules>,
        refunds: Vec<RefundRules>,
        quotas: Vec<QuotaRules>,
        charts: Vec<ChartRules>,
    ) -> Result<Self, RulesError> {
        Ok(Self {
            fares: Kept::shipped(fares)?,
            booking: Kept::shipped(booking)?,
            refunds: Kept::shipped(refunds)?,
            quotas: Kept::shipped(quotas)?,
            charts: Kept::shipped(charts)?,
            editions: Vec::new(),
        })
    }

    /// The same program's rules under these published editions instead of those that there were.
    pub fn under(&self, editions: impl IntoIterator<Item = (Arc<Edition>, RuleSet)>) -> Result<Self, RulesError> {
        let shipped = Self {
            fares: self.fares.unpublished(),
            booking: self.booking.unpublished(),
            refunds: self.refunds.unpublished(),
            quotas: self.quotas.unpublished(),
            charts: self.charts.unpublished(),
            editions: Vec::new(),
        };
        editions.into_iter().try_fold(shipped, |rules, (edition, set)| rules.beside(edition, set))
    }

    /// These rules with one more edition beside those that are published.
    pub fn beside(&self, edition: Arc<Edition>, rules: RuleSet) -> Result<Self, RulesError> {
        let mut all = self.clone();
        match rules {
            RuleSet::Fares(rules) => all.fares.publish(rules)?,
            RuleSet::Booking(rules) => all.booking.publish(rules)?,
            RuleSet::Refunds(rules) => all.refunds.publish(rules)?,
            RuleSet::Quotas(rules) => all.quotas.publish(rules)?,
            RuleSet::Charts(rules) => all.charts.publish(rules)?,
        }
        all.editions.push(edition);
        Ok(all)
    }

    /// The published editions that hold or will.
    pub fn editions(&self) -> &[Arc<Edition>] {
        &self.editions
    }

    /// The fare rules in force on a date of booking.
    pub fn fares_on(&self, booked: NaiveDate) -> &FareRules {
        self.fares.on(booked)
    }

    /// The booking rules in force on a date of booking.
    pub fn booking_on(&self, booked: NaiveDate) -> &BookingRules {
        self.booking.on(booked)
    }

    /// The last date for which tickets have been sold by the end of a day, or could have been: by the booking rules of that
    /// day or by earlier ones, whose window may have been longer.
    pub fn last_on_sale(&self, day: NaiveDate) -> NaiveDate {
        let begun = self.booking.periods().into_iter().filter(|period| period.from <= day);
        let opened = begun.filter_map(|period| {
            let last = period.until.and_then(|until| until.pred_opt()).map_or(day, |last| last.min(day));
            last.checked_add_days(Days::new(self.booking.called(&period.id)?.window_days.into()))
        });
        opened.max().unwrap_or(day)
    }

    /// The refund rules in force on a date of booking.
    pub fn refunds_on(&self, booked: NaiveDate) -> &RefundRules {
        self.refunds.on(booked)
    }

    /// The refund rules that a booking keeps; `None` when a file has lost them.
    pub fn refunds(&self, id: &str) -> Option<&RefundRules> {
        self.refunds.called(id)
    }

    /// The quota rules in force on the date of a run's first sale.
    pub fn quotas_on(&self, sold: NaiveDate) -> &QuotaRules {
        self.quotas.on(sold)
    }

    /// The quota rules that a run keeps; `None` when a file has lost them.
    pub fn quotas(&self, id: &str) -> Option<&QuotaRules> {
        self.quotas.called(id)
    }

    /// The chart rules in force on the date of a run.
    pub fn charts_on(&self, run: NaiveDate) -> &ChartRules {
        self.charts.on(run)
    }

    /// The names of all rules of a kind, with the day from which each holds and the one from which it does no more. Rules of
    /// the program that a published edition has left no day are not among them.
    pub fn periods(&self, kind: RuleKind) -> Vec<Period> {
        match kind {
            RuleKind::Fares => self.fares.periods(),
            RuleKind::Booking => self.booking.periods(),
            RuleKind::Refunds => self.refunds.periods(),
            RuleKind::Quotas => self.quotas.periods(),
            RuleKind::Charts => self.charts.periods(),
        }
    }
}

/// The days of some rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Their name.
    pub id: String,
    /// The first day on which they hold.
    pub from: NaiveDate,
    /// The first day on which they do no more; `None` while nothing is to follow.
    pub until: Option<NaiveDate>,
}

impl<T: Dated + Clone> Kept<T> {
    fn shipped(rules: Vec<T>) -> Result<Self, RulesError> {
        let shipped = in_order(rules)?;
        if shipped.is_empty() {
            return Err(RulesError::Missing { kind: T::KIND });
        }
        Ok(Self { shipped, published: Vec::new() })
    }

    fn unpublished(&self) -> Self {
        Self { shipped: self.shipped.clone(), published: Vec::new() }
    }

    fn publish(&mut self, rules: T) -> Result<(), RulesError> {
        self.published.push(rules);
        self.published = in_order(std::mem::take(&mut self.published))?;
        Ok(())
    }

    /// The last published ones that had begun on a date; before the first of these the last of the program that had, or its
    /// first of all.
    fn on(&self, date: NaiveDate) -> &T {
        let last = |rules: &[T]| rules.partition_point(|rules| rules.from() <= date).checked_sub(1);
        match last(&self.published) {
            Some(at) => &self.published[at],
            None => &self.shipped[last(&self.shipped).unwrap_or_default()],
        }
    }

    fn called(&self, id: &str) -> Option<&T> {
        self.published.iter().chain(&self.shipped).find(|rules| rules.id() == id)
    }

    fn periods(&self) -> Vec<Period> {
        let first = self.published.first().map(T::from);
        let shipped = self.shipped.iter().take_while(|rules| first.is_none_or(|first| rules.from() < first));
        let all: Vec<_> = shipped.chain(&self.published).collect();
        let until = all.iter().skip(1).map(|next| Some(next.from())).chain([None]);
        let period = |(rules, until): (&&T, _)| Period { id: rules.id().to_owned(), from: rules.from(), until };
        all.iter().zip(until).map(period).collect()
    }
}

fn in_order<T: Dated>(mut rules: Vec<T>) -> Result<Vec<T>, RulesError> {
    rules.sort_by_key(T::from);
    if let Some(pair) = rules.windows(2).find(|pair| pair[0].from() == pair[1].from()) {
        return Err(RulesError::SameDay { kind: T::KIND, from: pair[0].from() });
    }
    let mut ids = BTreeSet::new();
    match rules.iter().find(|rules| !ids.insert(rules.id())) {
        Some(twice) => Err(RulesError::SameId { kind: T::KIND, id: twice.id().to_owned() }),
        None => Ok(rules),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use chrono::{NaiveDateTime, NaiveTime};

    use super::{BookingRules, DistanceSteps, FareTable};
    use crate::domain::money::Paise;
    use crate::domain::time::instant;

    #[rstest]
    #[case("2026-11-24T07:59:00", "2027-01-22")]
    #[case("2026-11-24T08:00:00", "2027-01-23")]
    #[case("2026-11-24T23:59:00", "2027-01-23")]
    #[case("2026-11-25T00:00:00", "2027-01-23")]
    fn the_last_date_opens_in_the_morning(#[case] now: &str, #[case] last: &str) {
        let rules = BookingRules {
            id: "test".to_owned(),
            from: "2024-11-01".parse().expect("a date"),
            window_days: 60,
            opens_at: NaiveTime::from_hms_opt(8, 0, 0).expect("a time"),
            max_party: 6,
            groups: None,
            closes_minutes: 30,
        };
        let now: NaiveDateTime = now.parse().expect("a moment");
        assert_eq!(rules.window(instant(now)), (now.date(), last.parse().expect("a date")));
    }

    fn table(points: &[(u16, i64)]) -> Option<FareTable> {
        FareTable::new(points.iter().map(|(km, rupees)| (*km, Paise::rupees(*rupees))).collect()).ok()
    }

    #[rstest]
    #[case(0, 0)]
    #[case(150, 9150)]
    #[case(300, 18300)]
    #[case(550, 28900)]
    #[case(800, 39500)]
    #[case(1300, 60700)]
    fn a_fare_lies_on_the_line_between_points(#[case] km: u16, #[case] paise: i64) {
        let table = table(&[(300, 183), (800, 395)]).expect("rising");
        assert_eq!(table.at(km), Paise::new(paise));
    }

    #[rstest]
    #[case(&[])]
    #[case(&[(0, 10)])]
    #[case(&[(300, 183), (300, 200)])]
    #[case(&[(300, 183), (400, 183)])]
    fn points_that_do_not_rise_are_refused(#[case] points: &[(u16, i64)]) {
        assert_eq!(table(points), None);
    }

    #[rstest]
    #[case(1, 10)]
    #[case(640, 640)]
    #[case(641, 650)]
    #[case(1000, 1000)]
    #[case(1001, 1050)]
    #[case(5001, 5050)]
    fn a_distance_is_charged_to_the_end_of_its_slab(#[case] km: u16, #[case] charged: u16) {
        let steps = DistanceSteps::new(vec![(1000, 10), (5000, 50)]).expect("good steps");
        assert_eq!(steps.charged(km), charged);
    }

    #[rstest]
    #[case(&[])]
    #[case(&[(1000, 0)])]
    #[case(&[(1005, 10)])]
    #[case(&[(1010, 10), (5000, 50)])]
    #[case(&[(1000, 10), (1000, 50)])]
    fn steps_that_leave_a_gap_are_refused(#[case] steps: &[(u16, u16)]) {
        assert!(DistanceSteps::new(steps.to_vec()).is_err());
    }
}
