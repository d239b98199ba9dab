//! The timetable: current trains, their published versions, and the stations.
