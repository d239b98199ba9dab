//! The train of the domain's tests, which differ in its way, its coaches or its name.

use crate::domain::coach::{Class, Coach, CoachId};
use crate::domain::halts;
use crate::domain::train::{RunDays, TrainDraft, TrainKind, TrainNumber, Zone};

/// The Mumbai Rajdhani on a way of lines such as `KOTA 03:15+1 03:20+1 919`, with one coach of eight berths.
pub(super) fn along(way: &[&str]) -> TrainDraft {
    TrainDraft {
        number: TrainNumber::parse("12951").expect("a number"),
        version: 3,
        name: "Mumbai Rajdhani".to_owned(),
        kind: TrainKind::Rajdhani,
        zone: Zone::WR,
        runs_on: RunDays::DAILY,
        halts: way.iter().map(|line| halts::parse(line).expect("a halt")).collect(),
        coaches: vec![Coach::new(CoachId::parse("B1").expect("a coach"), Class::ThirdAc, 8).expect("a coach")],
    }
}
