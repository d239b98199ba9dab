//! How far the halts of a trip are from its origin: as the feed measures them, along its shape, or as the crow flies.

use super::feed::{Call, Feed, Point, Trip};

/// By how much a way by rail is longer than straight lines between its halts: 1.14 on the whole for the bundled timetable
/// and the places of its stations.
pub(super) const DETOUR: f64 = 1.15;
/// The earth's mean radius in kilometres (IUGG).
const RADIUS: f64 = 6371.0;

/// From what a trip's distances come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// `shape_dist_traveled` of its stop times.
    Measured,
    /// The length of its shape.
    Shape,
    /// Straight lines between halts, times [`DETOUR`].
    Reckoned,
}

/// In what `shape_dist_traveled` counts; GTFS leaves it to the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Kilometres,
    Metres,
    Miles,
}

impl Unit {
    /// The unit in which a feed's distances are about as long as its straight lines: a way is never shorter than those, nor
    /// many times as long.
    pub fn of(feed: &Feed) -> Self {
        let (mut measured, mut straight) = (0.0, 0.0);
        for trip in &feed.trips {
            let ends = trip.calls.first().zip(trip.calls.last());
            let Some((first, last)) = ends else { continue };
            if let (Some(from), Some(to)) = (first.distance, last.distance) {
                let line = trip.calls.windows(2).map(|pair| between(feed, &pair[0], &pair[1])).sum::<Option<f64>>();
                if let Some(line) = line {
                    measured += f64::from(to - from);
                    straight += line;
                }
            }
        }
        match measured / straight {
            ratio if ratio > 50.0 => Self::Metres,
            ratio if ratio < 0.95 => Self::Miles,
            // Also where no stop has a position: then nothing tells.
            _ => Self::Kilometres,
        }
    }

    const fn kilometres(self) -> f64 {
        match self {
            Self::Kilometres => 1.0,
            Self::Metres => 0.001,
            Self::Miles => 1.609_344,
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Kilometres => "kilometres",
            Self::Metres => "metres",
            Self::Miles => "miles",
        }
    }
}

/// Kilometres of each of a trip's halts from its first.
///
/// # Errors
///
/// The call at a stop of which nobody says where it is.
pub(super) fn kilometres<'a>(feed: &Feed, trip: &'a Trip, unit: Unit) -> Result<(Vec<f64>, Source), &'a Call> {
    let measured: Option<Vec<f64>> = trip.calls.iter().map(|call| call.distance.map(f64::from)).collect();
    if let Some(measured) = measured {
        let origin = measured.first().copied().unwrap_or_default();
        return Ok((measured.iter().map(|at| (at - origin) * unit.kilometres()).collect(), Source::Measured));
    }
    let places = trip.calls.iter().map(|call| position(feed, call).ok_or(call)).collect::<Result<Vec<_>, _>>()?;
    if let Some(shape) = feed.shapes.get(&trip.shape) {
        return Ok((along(shape, &places), Source::Shape));
    }
    let mut at = 0.0;
    let mut kilometres = vec![0.0];
    for pair in places.windows(2) {
        at += straight(pair[0], pair[1]) * DETOUR;
        kilometres.push(at);
    }
    Ok((kilometres, Source::Reckoned))
}

/// Where a stop is; a platform without a place of its own is at its station.
fn position(feed: &Feed, call: &Call) -> Option<Point> {
    let stop = &feed.stops[call.stop as usize];
    stop.position.or_else(|| feed.stops[stop.parent? as usize].position)
}

fn between(feed: &Feed, from: &Call, to: &Call) -> Option<f64> {
    Some(straight(position(feed, from)?, position(feed, to)?))
}

/// The way along a shape to the point nearest to each place, none of them before the one for the place before.
fn along(shape: &[Point], places: &[Point]) -> Vec<f64> {
    let mut lengths = Vec::with_capacity(shape.len());
    let mut length = 0.0;
    for (at, point) in shape.iter().enumerate() {
        length += at.checked_sub(1).map_or(0.0, |before| straight(shape[before], *point));
        lengths.push(length);
    }
    let mut from = 0;
    let mut found = Vec::with_capacity(places.len());
    for place in places {
        let nearest = (from..shape.len())
            .min_by(|one, other| straight(shape[*one], *place).total_cmp(&straight(shape[*other], *place)));
        from = nearest.unwrap_or(from);
        found.push(lengths.get(from).copied().unwrap_or_default());
    }
    let origin = found.first().copied().unwrap_or_default();
    found.iter().map(|at| at - origin).collect()
}

/// The shortest way over the earth in kilometres (haversine).
fn straight(from: Point, to: Point) -> f64 {
    let (north, other_north) = (from.latitude.to_radians(), to.latitude.to_radians());
    let (up, right) = ((other_north - north) / 2.0, (to.longitude - from.longitude).to_radians() / 2.0);
    let chord = up.sin().powi(2) + north.cos() * other_north.cos() * right.sin().powi(2);
    2.0 * RADIUS * chord.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::{Point, along, straight};

    const DELHI: Point = Point { latitude: 28.6415, longitude: 77.2207 };
    const MUMBAI: Point = Point { latitude: 18.9696, longitude: 72.8193 };

    #[test]
    fn a_straight_line_is_as_long_as_on_a_map() {
        let line = straight(DELHI, MUMBAI);
        assert!((1160.0..1170.0).contains(&line), "{line}");
        assert!(straight(DELHI, DELHI) < 1e-9);
    }

    #[test]
    fn a_shape_that_comes_by_twice_is_followed_forward() {
        let point = |longitude| Point { latitude: 0.0, longitude };
        let shape = [0.0, 1.0, 2.0, 1.0, 0.0].map(point);
        let found = along(&shape, &[point(0.0), point(2.0), point(1.1), point(0.0)]);
        let degree = straight(point(0.0), point(1.0));
        let degrees: Vec<_> = found.iter().map(|at| format!("{:.0}", at / degree)).collect();
        assert_eq!(degrees, ["0", "2", "3", "4"]);
    }
}
