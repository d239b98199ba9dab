//! The manifest of a run: `P#<PNR>`, one line for each booking that was ever paid.
//!
//! | attribute | meaning |
//! |---|---|
//! | `Version` | of the booking, in whose transaction the line was written |
//! | `Class`, `From`, `To` | its class and leg |
//! | `Places` | what its passengers have, as text |
//! | `NamesLower` | the names on the booking, as they are looked for |

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use crate::domain::booking::Booking;
use crate::domain::manifest::ManifestLine;
use crate::domain::pnr::Pnr;
use crate::domain::segment::Leg;
use crate::domain::train::RunId;
use crate::store::item::{Item, check_version, corrupt, string, text};
use crate::store::named::{self, Sought};
use crate::store::requests::Consistency;
use crate::store::runs::coach_item::{number, read_number};
use crate::store::runs::{Plan, key};
use crate::store::schema::{NAMES, SCHEMA_VERSION};
use crate::store::{Store, StoreError};

const WHAT: &str = "a line of a manifest";
const PREFIX: &str = "P#";

/// A part of a run's manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestPart {
    /// The bookings that are meant.
    pub pnrs: Vec<Pnr>,
    /// At how many lines it was looked for them.
    pub looked_at: usize,
    /// The last of those lines; `None` at the manifest's end.
    pub end: Option<Pnr>,
}

fn line_key(pnr: Pnr) -> String {
    format!("{PREFIX}{pnr}")
}

impl Store {
    /// The lines of a run's manifest, by their PNRs, consistently.
    pub async fn manifest(&self, run: RunId) -> Result<Vec<ManifestLine>, StoreError> {
        self.items_beginning(run, PREFIX).await?.iter().map(line_of).collect()
    }

    /// Those of a run's manifest after one of them whose booking has a name, or all, in their order: of the next `limit` lines,
    /// or of as many as one reply has room for.
    pub async fn manifest_after(
        &self,
        run: RunId,
        after: Option<Pnr>,
        limit: i32,
        name: Option<&Sought>,
    ) -> Result<ManifestPart, StoreError> {
        let query = self
            .dynamodb()
            .query()
            .table_name(self.names().runs())
            .key_condition_expression("RunID = :run AND begins_with(#item, :lines)")
            .projection_expression("RunID, #item")
            .set_filter_expression(name.map(|name| named::filter("", Some(name))))
            .expression_attribute_names("#item", "Item")
            .expression_attribute_values(":run", string(run))
            .expression_attribute_values(":lines", string(PREFIX))
            .set_exclusive_start_key(after.map(|pnr| key(run, &line_key(pnr))))
            .limit(limit);
        let query = named::given(query, name);
        let page = self.attempt(|| query.clone().send()).await?.answer()?;
        let pnr = |item: &Item| pnr_of(item).ok_or_else(|| corrupt(WHAT, "its key names no booking"));
        Ok(ManifestPart {
            pnrs: page.items.unwrap_or_default().iter().map(pnr).collect::<Result<_, _>>()?,
            looked_at: usize::try_from(page.scanned_count).unwrap_or_default(),
            end: page.last_evaluated_key.as_ref().map(pnr).transpose()?,
        })
    }

    /// Those of these bookings, each with its run, that have a line in its manifest, consistently.
    pub async fn on_manifests(&self, bookings: &[(RunId, Pnr)]) -> Result<Vec<(RunId, Pnr)>, StoreError> {
        let keys: Vec<_> = bookings.iter().map(|(run, pnr)| key(*run, &line_key(*pnr))).collect();
        let found = self.read_items(&self.names().runs(), &keys, Consistency::Strong).await?;
        let name = |item: &Item| {
            let run = text(item, "RunID").and_then(|run| run.parse().ok());
            run.zip(pnr_of(item)).ok_or_else(|| corrupt(WHAT, "its key names no booking"))
        };
        found.iter().map(name).collect()
    }

    pub(super) fn manifest_put(&self, plan: &Plan, line: &ManifestLine, booking: &Booking) -> TransactWriteItem {
        let mut item = key(plan.run(), &line_key(line.pnr));
        item.extend([
            ("Places".to_owned(), AttributeValue::L(line.places.iter().map(string).collect())),
            (NAMES.to_owned(), named::of(booking)),
            ("From".to_owned(), number(line.leg.from())),
            ("To".to_owned(), number(line.leg.to())),
            ("Class".to_owned(), string(line.class)),
            ("Version".to_owned(), number(line.version)),
            ("SchemaVersion".to_owned(), number(SCHEMA_VERSION)),
            ("ExpiresAt".to_owned(), number(plan.expires_at().timestamp())),
        ]);
        let put = Put::builder()
            .table_name(self.names().runs())
            .set_item(Some(item))
            .build()
            .expect("table and item are given");
        TransactWriteItem::builder().put(put).build()
    }
}

fn pnr_of(item: &Item) -> Option<Pnr> {
    text(item, "Item")?.strip_prefix(PREFIX)?.parse().ok()
}

fn line_of(item: &Item) -> Result<ManifestLine, StoreError> {
    check_version(item, WHAT)?;
    let bad = |name: &str| corrupt(WHAT, format!("attribute {name} makes no sense"));
    let places = item.get("Places").and_then(|places| places.as_l().ok()).ok_or_else(|| bad("Places"))?;
    let places = places.iter().map(|place| place.as_s().cloned().map_err(|_| bad("Places")));
    Ok(ManifestLine {
        pnr: pnr_of(item).ok_or_else(|| bad("Item"))?,
        version: read_number(item, "Version")?,
        class: text(item, "Class").and_then(|class| class.parse().ok()).ok_or_else(|| bad("Class"))?,
        leg: Leg::new(read_number(item, "From")?, read_number(item, "To")?).map_err(|_| bad("To"))?,
        places: places.collect::<Result<_, _>>()?,
    })
}
