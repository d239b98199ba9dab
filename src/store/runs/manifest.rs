//! The manifest of a run: `P#<PNR>`, one line for each booking that was ever paid.
//!
//! | attribute | meaning |
//! |---|---|
//! | `Version` | of the booking, in whose transaction the line was written |
//! | `Class`, `From`, `To` | its class and leg |
//! | `Places` | what its passengers have, as text |

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use crate::domain::manifest::ManifestLine;
use crate::domain::pnr::Pnr;
use crate::domain::segment::Leg;
use crate::domain::train::RunId;
use crate::store::item::{Item, check_version, corrupt, string, text};
use crate::store::requests::Consistency;
use crate::store::runs::coach_item::{number, read_number};
use crate::store::runs::{Plan, key};
use crate::store::schema::SCHEMA_VERSION;
use crate::store::{Store, StoreError};

const WHAT: &str = "a line of a manifest";
const PREFIX: &str = "P#";

fn line_key(pnr: Pnr) -> String {
    format!("{PREFIX}{pnr}")
}

impl Store {
    /// The lines of a run's manifest, by their PNRs, consistently.
    pub async fn manifest(&self, run: RunId) -> Result<Vec<ManifestLine>, StoreError> {
        self.items_beginning(run, PREFIX).await?.iter().map(line_of).collect()
    }

    /// The PNRs on a run's manifest after one of them, in their order: at most `limit`. Fewer than that are the last.
    pub async fn manifest_after(&self, run: RunId, after: Option<Pnr>, limit: i32) -> Result<Vec<Pnr>, StoreError> {
        let query = self
            .dynamodb()
            .query()
            .table_name(self.names().runs())
            .key_condition_expression("RunID = :run AND begins_with(#item, :lines)")
            .expression_attribute_names("#item", "Item")
            .expression_attribute_values(":run", string(run))
            .expression_attribute_values(":lines", string(PREFIX))
            .set_exclusive_start_key(after.map(|pnr| key(run, &line_key(pnr))))
            .limit(limit);
        let page = self.attempt(|| query.clone().send()).await?.answer()?;
        let pnr = |item: &Item| pnr_of(item).ok_or_else(|| corrupt(WHAT, "its key names no booking"));
        page.items.unwrap_or_default().iter().map(pnr).collect()
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

    pub(super) fn manifest_put(&self, plan: &Plan, line: &ManifestLine) -> TransactWriteItem {
        let mut item = key(plan.run(), &line_key(line.pnr));
        item.extend([
            ("Places".to_owned(), AttributeValue::L(line.places.iter().map(string).collect())),
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
