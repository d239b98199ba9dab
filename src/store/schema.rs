//! The one place that names tables' keys and indexes.

use crate::store::Names;

/// The version of the schema that this code writes; it refuses items of a newer one. The catalogue's mark says for which the
/// store is: a program that knows less neither starts nor sells.
///
/// 1: until there was a ledger. 2: each movement of money is an entry of the ledger, and money that waits is on a list. 3: the
/// bookings of a day are listed by the names on them alone.
pub const SCHEMA_VERSION: u32 = 3;
/// The attribute that carries an item's schema version.
pub const SCHEMA_VERSION_ATTRIBUTE: &str = "SchemaVersion";
/// The attribute by which items expire, in seconds since 1970.
pub const EXPIRES_AT: &str = "ExpiresAt";

/// Key of the timetable.
pub const TRAIN_ID: &str = "TrainID";
/// Partition key of runs.
pub const RUN_ID: &str = "RunID";
/// Sort key of runs.
pub const ITEM: &str = "Item";
/// Key of bookings.
pub const BOOKING_ID: &str = "BookingID";
/// Key of accounts; partition key of [`USER_ID_INDEX`].
pub const USER_ID: &str = "UserID";
/// Sort key of [`USER_ID_INDEX`], [`PHONE_INDEX`], [`LISTED_ON_INDEX`] and [`BOOKED_ON_INDEX`]: an instant as RFC 3339 text in UTC.
pub const BOOKED_AT: &str = "BookedAt";
/// Partition key of [`PHONE_INDEX`]: a telephone number as bookings carry it.
pub const PHONE: &str = "Phone";
/// Partition key of [`LISTED_ON_INDEX`]: a day of the railway and a shard, such as `2026-12-01#7`.
pub const LISTED_ON: &str = "ListedOn";
/// Partition key of [`BOOKED_ON_INDEX`]: the list of a day's money, or of its tills.
pub const BOOKED_ON: &str = "BookedOn";
/// The names on a booking and on its line in the manifest, as they are looked for.
pub const NAMES: &str = "NamesLower";
/// Partition key of [`WORK_INDEX`]: `kind#0..9`.
pub const WORK: &str = "Work";
/// Sort key of [`WORK_INDEX`]: an instant as RFC 3339 text in UTC.
pub const DUE_AT: &str = "DueAt";
/// Partition key of [`USERNAME_LOWER_INDEX`].
pub const USERNAME_LOWER: &str = "UsernameLower";
/// Partition key of [`EMAIL_LOWER_INDEX`].
pub const EMAIL_LOWER: &str = "EmailLower";
/// Partition key of [`GUARD_INDEX`]: what a guard item keeps unique.
pub const GUARDS: &str = "Guards";
/// Partition key of the audit log: a day and a shard.
pub const DAY: &str = "Day";
/// Sort key of the audit log.
pub const EVENT_ID: &str = "EventID";

/// A traveller's bookings by time.
pub const USER_ID_INDEX: &str = "UserIdIndex";
/// Bookings by the telephone number on them, by time.
pub const PHONE_INDEX: &str = "PhoneIndex";
/// Bookings by the railway's day on which they were made, by time; a day is spread over
/// [`SHARDS`](crate::store::bookings::SHARDS) partitions, since thousands are made at the same minute. It has the names on each and
/// nothing else: whoever looks for one among thousands reads a twentieth of them, and whoever writes one writes that much less.
pub const LISTED_ON_INDEX: &str = "ListedOnIndex";
/// Money that moved and tills that were closed, by the railway's day, by time.
pub const BOOKED_ON_INDEX: &str = "BookedOnIndex";
/// Unfinished duties by when they are due; only items with a duty are in it.
pub const WORK_INDEX: &str = "WorkIndex";
/// Accounts by name, for people who look for one; sign-in reads the guard item.
pub const USERNAME_LOWER_INDEX: &str = "UsernameLowerIndex";
/// Accounts by address, for people who look for one; sign-in reads the guard item.
pub const EMAIL_LOWER_INDEX: &str = "EmailLowerIndex";

/// The guard items of names and of addresses in their order, for people who look for an account by how its name or its
/// address begins. They are written once, so that an account's own writes cost nothing here.
pub const GUARD_INDEX: &str = "GuardIndex";

/// How items are found: by a partition key, and a sort key where a partition holds several. All keys are strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The partition key's attribute.
    pub partition: &'static str,
    /// The sort key's attribute.
    pub sort: Option<&'static str>,
}

const fn key(partition: &'static str) -> Key {
    Key { partition, sort: None }
}

const fn sorted(partition: &'static str, sort: &'static str) -> Key {
    Key { partition, sort: Some(sort) }
}

/// What of an item an index carries beside its keys and the table's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// All attributes.
    All,
    /// These.
    Only(&'static [&'static str]),
}

/// Another way to find a table's items, a little behind the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// Its keys.
    pub key: Key,
    /// What it carries.
    pub carries: Carries,
}

const fn whole(name: &'static str, key: Key) -> Index {
    Index { name, key, carries: Carries::All }
}

/// Whether a table's items go away by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Items stay.
    Forever,
    /// Items go after [`EXPIRES_AT`].
    UntilExpiry,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name under the configured names.
    pub name: fn(&Names) -> String,
    /// Its key.
    pub key: Key,
    /// Its indexes.
    pub indexes: &'static [Index],
    /// Whether its items expire.
    pub keeps: Keeps,
}

pub(in crate::store) const BY_USER: Index = whole(USER_ID_INDEX, sorted(USER_ID, BOOKED_AT));
pub(in crate::store) const BY_PHONE: Index = whole(PHONE_INDEX, sorted(PHONE, BOOKED_AT));
pub(in crate::store) const MONEY_BY_DAY: Index = whole(BOOKED_ON_INDEX, sorted(BOOKED_ON, BOOKED_AT));
pub(in crate::store) const BY_DAY: Index =
    Index { name: LISTED_ON_INDEX, key: sorted(LISTED_ON, BOOKED_AT), carries: Carries::Only(&[NAMES]) };
pub(in crate::store) const BY_WORK: Index = whole(WORK_INDEX, sorted(WORK, DUE_AT));

/// All tables.
pub const TABLES: [Table; 5] = [
    Table { name: |names| names.trains.clone(), key: key(TRAIN_ID), indexes: &[], keeps: Keeps::Forever },
    Table { name: Names::runs, key: sorted(RUN_ID, ITEM), indexes: &[BY_WORK], keeps: Keeps::UntilExpiry },
    Table {
        name: |names| names.bookings.clone(),
        key: key(BOOKING_ID),
        indexes: &[BY_USER, BY_PHONE, BY_DAY, MONEY_BY_DAY, BY_WORK],
        keeps: Keeps::Forever,
    },
    Table {
        name: |names| names.users.clone(),
        key: key(USER_ID),
        indexes: &[
            whole(USERNAME_LOWER_INDEX, key(USERNAME_LOWER)),
            whole(EMAIL_LOWER_INDEX, key(EMAIL_LOWER)),
            whole(GUARD_INDEX, sorted(GUARDS, USER_ID)),
        ],
        keeps: Keeps::Forever,
    },
    Table { name: Names::audit, key: sorted(DAY, EVENT_ID), indexes: &[], keeps: Keeps::UntilExpiry },
];

impl Table {
    /// The attributes of all its keys, each once.
    pub fn key_attributes(&self) -> Vec<&'static str> {
        let keys = std::iter::once(self.key).chain(self.indexes.iter().map(|index| index.key));
        let mut names: Vec<_> = keys.flat_map(|key| std::iter::once(key.partition).chain(key.sort)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
