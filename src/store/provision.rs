//! Creates the tables and the bucket, and raises what an older Kiosk has stored. Safe to repeat: what exists stays as it is.

mod guards;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType, PointInTimeRecoverySpecification, Projection,
    ProjectionType, ProvisionedThroughputDescription, ScalarAttributeType, TableDescription, TableStatus,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};

use crate::aws::Place;
use crate::store::remedy::{of_bucket, refused};
use crate::store::retry::{Attempted, Refusal};
use crate::store::schema::{Carries, EXPIRES_AT, Keeps, Key, TABLES, Table};
use crate::store::{Outcome, Store, StoreError};

/// How long a table may take to become active.
const ACTIVE_WITHIN: Duration = Duration::from_mins(3);
/// How long an index may take to be filled from the items that its table has already.
const FILLED_WITHIN: Duration = Duration::from_mins(30);

/// How a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is none.
    Missing,
    /// It is being made or changed.
    Changing,
    /// It serves, and one of its indexes does not yet.
    Filling,
    /// It serves with all of its indexes.
    Active,
}

/// How far provisioning has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being looked at, such as `table trains`.
    pub what: String,
    /// Things done before it.
    pub done: usize,
    /// Things to do in all.
    pub of: usize,
}

impl Store {
    /// Whether the tables and the bucket answer: one small read of a table, as a sale makes them, and one question for the
    /// bucket.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.catalogue_version().await?;
        if self.bucket_exists().await? { Ok(()) } else { Err(self.no_bucket()) }
    }

    /// Creates what is missing, waits until it can be used, sets what is to be set on it, and raises what is stored to this
    /// code's version of the schema.
    pub async fn provision(&self, mut progress: impl FnMut(Progress)) -> Result<(), StoreError> {
        let of = TABLES.len() + 2;
        for (done, table) in TABLES.iter().enumerate() {
            let name = (table.name)(self.names());
            progress(Progress { what: format!("table {name}"), done, of });
            self.provision_table(table, &name).await?;
        }
        progress(Progress { what: format!("bucket {}", self.names().bucket), done: TABLES.len(), of });
        self.provision_bucket().await?;
        progress(Progress { what: "what is stored".to_owned(), done: TABLES.len() + 1, of });
        self.raise().await
    }

    async fn provision_table(&self, table: &Table, name: &str) -> Result<(), StoreError> {
        if self.state(name).await? == State::Missing {
            self.create_table(table, name).await?;
        }
        self.wait_until_active(name).await?;
        let found = self.described(name).await?.unwrap_or_else(|| TableDescription::builder().build());
        check_key(table, name, &found)?;
        self.add_missing_indexes(table, name, &found).await?;
        if table.keeps == Keeps::UntilExpiry {
            self.expire_items(name).await?;
        }
        if self.clients().place == Place::Remote {
            self.protect(name).await?;
        }
        Ok(())
    }

    async fn create_table(&self, table: &Table, name: &str) -> Result<(), StoreError> {
        let attributes = table.key_attributes().into_iter().map(definition);
        let indexes = table.indexes.iter().map(|index| {
            GlobalSecondaryIndex::builder()
                .index_name(index.name)
                .set_key_schema(Some(key_schema(index.key)))
                .projection(projection(index.carries))
                .build()
                .expect("name and keys are set")
        });
        let indexes: Vec<_> = indexes.collect();
        let request = self
            .dynamodb()
            .create_table()
            .table_name(name)
            .set_attribute_definitions(Some(attributes.collect()))
            .set_key_schema(Some(key_schema(table.key)))
            .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
            .billing_mode(BillingMode::PayPerRequest);
        match self.attempt(|| request.clone().send()).await?.verdict {
            Ok(_) => Ok(()),
            // Another process, or an earlier attempt, was first.
            Err(refusal) if refusal.is_resource_in_use_exception() => Ok(()),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Adds the indexes that a table of the application that Kiosk replaces lacks, one after the other, as AWS wants it.
    async fn add_missing_indexes(&self, table: &Table, name: &str, found: &TableDescription) -> Result<(), StoreError> {
        for index in table.indexes.iter().filter(|index| lacks(found, index.name)) {
            if is_provisioned(found) {
                return Err(StoreError::Misconfigured {
                    remedy: format!(
                        "The table {name} lacks the index {}, which would need a capacity of its own: switch the table to \
                         on-demand (aws dynamodb update-table --table-name {name} --billing-mode PAY_PER_REQUEST), and run \
                         kiosk provision again.",
                        index.name
                    ),
                });
            }
            let keys = std::iter::once(index.key.partition).chain(index.key.sort);
            let create = CreateGlobalSecondaryIndexAction::builder()
                .index_name(index.name)
                .set_key_schema(Some(key_schema(index.key)))
                .projection(projection(index.carries))
                .build()
                .expect("name and keys are set");
            let update = GlobalSecondaryIndexUpdate::builder().create(create).build();
            let request = self
                .dynamodb()
                .update_table()
                .table_name(name)
                .set_attribute_definitions(Some(keys.map(definition).collect()))
                .global_secondary_index_updates(update);
            self.attempt(|| request.clone().send()).await?.answer()?;
            self.wait_until_active(name).await?;
        }
        Ok(())
    }

    async fn state(&self, name: &str) -> Result<State, StoreError> {
        let Some(table) = self.described(name).await? else { return Ok(State::Missing) };
        let mut indexes = table.global_secondary_indexes().iter();
        let is_active = table.table_status() == Some(&TableStatus::Active);
        // A new table makes its indexes with itself.
        let is_new = table.table_status() == Some(&TableStatus::Creating);
        Ok(if !is_new && indexes.any(|index| index.index_status() == Some(&IndexStatus::Creating)) {
            State::Filling
        } else if is_active {
            State::Active
        } else {
            State::Changing
        })
    }

    async fn described(&self, name: &str) -> Result<Option<TableDescription>, StoreError> {
        let request = self.dynamodb().describe_table().table_name(name);
        match self.attempt(|| request.clone().send()).await?.verdict {
            Ok(answer) => Ok(answer.table),
            Err(refusal) if refusal.is_resource_not_found_exception() => Ok(None),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    async fn wait_until_active(&self, name: &str) -> Result<(), StoreError> {
        let begun = self.patience().now();
        for attempt in 1.. {
            let (within, what) = match self.state(name).await? {
                State::Active => return Ok(()),
                State::Filling => (FILLED_WITHIN, "still fills an index: run kiosk provision again later"),
                State::Missing | State::Changing => (ACTIVE_WITHIN, "is still not active"),
            };
            if self.patience().now() >= begun + within {
                let cause = format!("table {name} {what}");
                return Err(StoreError::Unavailable { outcome: Outcome::Unknown, cause });
            }
            self.patience().pause(attempt).await;
        }
        unreachable!("attempts do not end")
    }

    async fn expire_items(&self, name: &str) -> Result<(), StoreError> {
        let request = self.dynamodb().describe_time_to_live().table_name(name);
        let answer = self.attempt(|| request.clone().send()).await?.answer()?;
        let status = answer.time_to_live_description.and_then(|description| description.time_to_live_status);
        if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
            return Ok(());
        }
        let setting = TimeToLiveSpecification::builder().attribute_name(EXPIRES_AT).enabled(true);
        let setting = setting.build().expect("attribute and switch are set");
        let request = self.dynamodb().update_time_to_live().table_name(name).time_to_live_specification(setting);
        tolerate("expiry of items", name, &self.attempt(|| request.clone().send()).await?);
        Ok(())
    }

    /// Asks for point-in-time recovery and deletion protection; other implementations of `DynamoDB` may have neither.
    async fn protect(&self, name: &str) -> Result<(), StoreError> {
        let request = self.dynamodb().update_table().table_name(name).deletion_protection_enabled(true);
        tolerate("deletion protection", name, &self.attempt(|| request.clone().send()).await?);
        let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true);
        let recovery = recovery.build().expect("the switch is set");
        let request = self.dynamodb().update_continuous_backups().table_name(name);
        let request = request.point_in_time_recovery_specification(recovery);
        tolerate("point-in-time recovery", name, &self.attempt(|| request.clone().send()).await?);
        // Changing a table can make it busy for a moment.
        self.wait_until_active(name).await
    }

    async fn provision_bucket(&self) -> Result<(), StoreError> {
        if self.bucket_exists().await? {
            return Ok(());
        }
        let mut request = self.clients().s3.create_bucket().bucket(&self.names().bucket);
        // The oldest region is the default and cannot be named.
        let region = self.clients().s3.config().region().map(ToString::to_string);
        if let Some(region) = region.filter(|region| region != "us-east-1") {
            let place = BucketLocationConstraint::from(region.as_str());
            request = request
                .create_bucket_configuration(CreateBucketConfiguration::builder().location_constraint(place).build());
        }
        match self.attempt(|| request.clone().send()).await?.verdict {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.is_bucket_already_owned_by_you() => Ok(()),
            Err(refusal) if refusal.is_bucket_already_exists() => Err(StoreError::Misconfigured {
                remedy: format!(
                    "The bucket name {} belongs to somebody else: choose another in S3_BUCKET_NAME.",
                    self.names().bucket
                ),
            }),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    pub(in crate::store) async fn bucket_exists(&self) -> Result<bool, StoreError> {
        let request = self.clients().s3.head_bucket().bucket(&self.names().bucket);
        // A reply to HEAD has no body: what is wrong stands in its status, and in a header.
        let seen = Mutex::new((0, None));
        let ask = || async {
            let answered = request.clone().send().await;
            if let Err(SdkError::ServiceError(refusal)) = &answered {
                let (status, headers) = (refusal.raw().status().as_u16(), refusal.raw().headers());
                let region = headers.get("x-amz-bucket-region").map(str::to_owned);
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = (status, region);
            }
            answered
        };
        match self.attempt(ask).await?.verdict {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.is_not_found() => Ok(false),
            Err(_) => {
                let (status, region) = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
                Err(of_bucket(&self.names().bucket, status, region.as_deref()))
            }
        }
    }

    pub(in crate::store) fn no_bucket(&self) -> StoreError {
        let remedy = format!("The bucket {} does not exist: run kiosk provision.", self.names().bucket);
        StoreError::Misconfigured { remedy }
    }
}

/// Refuses a table of the application that Kiosk replaces whose key is written otherwise: it cannot be changed.
fn check_key(table: &Table, name: &str, found: &TableDescription) -> Result<(), StoreError> {
    let found: Vec<_> = found.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
    let wanted: Vec<_> = std::iter::once(table.key.partition).chain(table.key.sort).collect();
    if found == wanted {
        return Ok(());
    }
    let (found, wanted) = (found.join(" and "), wanted.join(" and "));
    Err(StoreError::Misconfigured {
        remedy: format!(
            "The table {name} has the key {found}, and Kiosk needs {wanted}: copy its items into a table with that key, or \
             name another table in the settings."
        ),
    })
}

/// Whether a table has no index of a name.
fn lacks(found: &TableDescription, index: &str) -> bool {
    !found.global_secondary_indexes().iter().any(|found| found.index_name() == Some(index))
}

/// Whether a table is paid for by a capacity that was set: such a one has read units, and no other has.
fn is_provisioned(found: &TableDescription) -> bool {
    found
        .provisioned_throughput()
        .and_then(ProvisionedThroughputDescription::read_capacity_units)
        .is_some_and(|units| units > 0)
}

/// All keys are strings.
fn definition(attribute: &str) -> AttributeDefinition {
    let definition = AttributeDefinition::builder().attribute_name(attribute);
    definition.attribute_type(ScalarAttributeType::S).build().expect("name and type are set")
}

/// A key as the store describes it.
pub(in crate::store) fn key_schema(key: Key) -> Vec<KeySchemaElement> {
    let element = |name: &str, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("name and kind are set")
    };
    let sort = key.sort.map(|name| element(name, KeyType::Range));
    std::iter::once(element(key.partition, KeyType::Hash)).chain(sort).collect()
}

/// What an index carries, as the store describes it.
pub(in crate::store) fn projection(carries: Carries) -> Projection {
    match carries {
        Carries::All => Projection::builder().projection_type(ProjectionType::All),
        Carries::Only(attributes) => {
            let names = attributes.iter().map(|name| (*name).to_owned()).collect();
            Projection::builder().projection_type(ProjectionType::Include).set_non_key_attributes(Some(names))
        }
    }
    .build()
}

/// Notes a setting that the store refused: the tables serve without it.
fn tolerate<T, E: Refusal>(setting: &str, table: &str, attempted: &Attempted<T, E>) {
    if let Err(refusal) = &attempted.verdict {
        let message = refusal.message().unwrap_or("no reason given");
        tracing::warn!(table, setting, message, "the store refuses a setting: tables work without it");
    }
}
