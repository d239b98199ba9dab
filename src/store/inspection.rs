//! Looks at everything that Kiosk needs of the tables, the bucket and the clock, and says of each whether it is as it has
//! to be. Nothing that is stored is read or changed; a small object of its own is put into the bucket and taken away.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, Projection, ProjectionType, TableDescription,
    TableStatus, TimeToLiveStatus,
};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::{AggregatedBytes, ByteStream};
use chrono::TimeDelta;

use crate::aws::Place;
use crate::aws::post::Post;
use crate::domain::notification::Channel;
use crate::store::permissions::asked_of;
use crate::store::provision::{key_schema, projection};
use crate::store::remedy::refused;
use crate::store::retry::Attempted;
use crate::store::schema::{Carries, EXPIRES_AT, Index, Keeps, Key, SCHEMA_VERSION, TABLES, Table};
use crate::store::{Store, StoreError};

/// The object that is put and taken away again; where it must not be taken away, it is written over the next time.
const PROBE: &str = "health/probe.txt";
/// An object that nobody puts.
const ABSENT: &str = "health/absent.txt";
/// By how much the clocks may differ until somebody should look. `DynamoDB` refuses what is five minutes off.
const NEAR: TimeDelta = TimeDelta::seconds(60);

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What it is, such as `table trains`.
    pub what: String,
    /// How it is.
    pub verdict: Verdict,
}

/// How something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it has to be.
    Well(String),
    /// Not so, and what to do about it.
    Wrong(String),
    /// It was not looked at, and why; or it does not matter how it is.
    Skipped(String),
}

/// The store does not answer: nothing else can be looked at.
struct Gone;

/// What was looked at so far.
#[derive(Default)]
struct Report(Vec<Check>);

impl Report {
    fn add(&mut self, what: impl Into<String>, verdict: Verdict) {
        self.0.push(Check { what: what.into(), verdict });
    }

    /// Adds what came of asking the store.
    fn heard(&mut self, what: impl Into<String>, heard: Result<String, StoreError>) -> Result<(), Gone> {
        let is_gone = matches!(heard, Err(StoreError::Unavailable { .. }));
        self.add(what, heard.map_or_else(|error| Verdict::Wrong(error.to_string()), Verdict::Well));
        if is_gone { Err(Gone) } else { Ok(()) }
    }
}

impl Store {
    /// Looks at everything, and stops early only where the store does not answer.
    pub async fn inspect(&self) -> Vec<Check> {
        let mut report = Report::default();
        if self.inspect_all(&mut report).await.is_err() {
            let why = "the store does not answer: check AWS_REGION, aws.endpoint_url and the network".to_owned();
            report.add("everything else", Verdict::Skipped(why));
        }
        report.add("clock", self.inspect_clock());
        report.0
    }

    /// Looks at ways by which people are told of their bookings, in as far as nobody is told anything by that.
    pub async fn inspect_channels(&self, channels: &BTreeSet<Channel>, function: Option<&str>) -> Vec<Check> {
        let mut report = Report::default();
        let post = &self.clients().post;
        for channel in channels {
            match (channel, function) {
                (Channel::Function, Some(function)) => {
                    report.add(format!("lambda:InvokeFunction on {function}"), inspect_function(post, function).await);
                }
                (Channel::Function, None) => {}
                (Channel::Email, _) => report.add("ses:SendEmail", is_not_tried(post)),
                (Channel::Sms, _) => report.add("sns:Publish", is_not_tried(post)),
            }
        }
        report.0
    }

    async fn inspect_all(&self, report: &mut Report) -> Result<(), Gone> {
        for table in &TABLES {
            self.inspect_table(table, report).await?;
        }
        self.inspect_schema(report).await?;
        self.inspect_bucket(report).await
    }

    /// Whether the store is marked for what this code writes.
    async fn inspect_schema(&self, report: &mut Report) -> Result<(), Gone> {
        let verdict = match self.marked_schema().await {
            Ok(Some(SCHEMA_VERSION)) => Verdict::Well(format!("version {SCHEMA_VERSION}")),
            Ok(Some(newer)) if newer > SCHEMA_VERSION => {
                Verdict::Wrong(format!("version {newer}, and this Kiosk knows {SCHEMA_VERSION}: update it"))
            }
            Ok(Some(older)) => Verdict::Wrong(format!(
                "version {older}: stop what is older than this Kiosk, and run kiosk provision, which raises it to {SCHEMA_VERSION}"
            )),
            Ok(None) => Verdict::Skipped("no timetable was published yet".to_owned()),
            Err(error) => return report.heard("schema", Err(error)),
        };
        report.add("schema", verdict);
        Ok(())
    }

    async fn inspect_table(&self, table: &Table, report: &mut Report) -> Result<(), Gone> {
        let name = (table.name)(self.names());
        let request = self.dynamodb().describe_table().table_name(&name);
        let described = self.attempt(|| request.clone().send()).await;
        let what = format!("table {name}");
        match described {
            Ok(Attempted { verdict: Ok(answer) }) => {
                let description = answer.table.unwrap_or_else(|| TableDescription::builder().build());
                report.add(what, is_table(table, &description));
                for index in table.indexes {
                    let found = description.global_secondary_indexes().iter();
                    let found = found.into_iter().find(|found| found.index_name() == Some(index.name));
                    report.add(format!("index {} of {name}", index.name), is_index(index, found));
                }
            }
            Ok(Attempted { verdict: Err(refusal) }) if refusal.is_resource_not_found_exception() => {
                let why = "it does not exist: run kiosk provision, or check its name and AWS_REGION";
                report.add(what, Verdict::Wrong(why.to_owned()));
                return Ok(());
            }
            Ok(Attempted { verdict: Err(refusal) }) => report.heard(what, Err(refused(&refusal)))?,
            Err(error) => report.heard(what, Err(error))?,
        }
        self.inspect_expiry(table, &name, report).await?;
        for action in asked_of(table, self.names()) {
            let tried = self.try_action(table, *action).await;
            report.heard(format!("{} on {name}", action.name()), tried.map(|()| "allowed".to_owned()))?;
        }
        for index in table.indexes {
            let tried = self.try_index(table, index).await;
            let what = format!("dynamodb:Query on {name}/index/{}", index.name);
            report.heard(what, tried.map(|()| "allowed".to_owned()))?;
        }
        Ok(())
    }

    async fn inspect_expiry(&self, table: &Table, name: &str, report: &mut Report) -> Result<(), Gone> {
        let request = self.dynamodb().describe_time_to_live().table_name(name);
        let answered = self.attempt(|| request.clone().send()).await.and_then(Attempted::answer);
        let what = format!("expiry of {name}");
        let description = match answered {
            Ok(answer) => answer.time_to_live_description,
            Err(error) => return report.heard(what, Err(error)),
        };
        let status = description.as_ref().and_then(|description| description.time_to_live_status());
        let is_on = matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
        let by = description.as_ref().and_then(|description| description.attribute_name()).filter(|_| is_on);
        report.add(
            what,
            match (table.keeps, by) {
                (Keeps::UntilExpiry, Some(EXPIRES_AT)) => Verdict::Well(format!("by {EXPIRES_AT}")),
                (Keeps::UntilExpiry, None) => {
                    Verdict::Wrong(format!("items stay for ever: turn on expiry by {EXPIRES_AT}"))
                }
                (Keeps::UntilExpiry, Some(other)) => {
                    Verdict::Wrong(format!("items go by {other}: turn that off, and expiry by {EXPIRES_AT} on"))
                }
                (Keeps::Forever, None) => Verdict::Well("items stay".to_owned()),
                (Keeps::Forever, Some(by)) => {
                    Verdict::Wrong(format!("items go by {by}, and should stay for ever: turn that off"))
                }
            },
        );
        Ok(())
    }

    async fn inspect_bucket(&self, report: &mut Report) -> Result<(), Gone> {
        let bucket = &self.names().bucket;
        let (s3, what) = (&self.clients().s3, |action: &str| format!("{action} on {bucket}"));
        let exists = match self.bucket_exists().await {
            Ok(true) => Ok("it is there".to_owned()),
            Ok(false) => Err(self.no_bucket()),
            Err(error) => Err(error),
        };
        let is_there = exists.is_ok();
        report.heard(format!("bucket {bucket}"), exists)?;
        if !is_there {
            return Ok(());
        }
        let text = self.patience().token();
        let put = || {
            let put = s3.put_object().bucket(bucket).key(PROBE).content_type("text/plain");
            put.body(ByteStream::from(text.clone().into_bytes())).send()
        };
        let put = self.attempt(put).await.and_then(Attempted::answer);
        report.heard(what("s3:PutObject"), put.map(|_| format!("{PROBE} was put")))?;
        self.inspect_objects(&text, report).await?;
        report.add("signing of links", self.inspect_signing().await);
        let delete = s3.delete_object().bucket(bucket).key(PROBE);
        match self.attempt(|| delete.clone().send()).await {
            Ok(Attempted { verdict: Ok(_) }) => {
                report.add(what("s3:DeleteObject"), Verdict::Well(format!("{PROBE} was taken away")));
            }
            Ok(Attempted { verdict: Err(refusal) }) if refusal.code() == Some("AccessDenied") => {
                let why = format!("not allowed, and not needed: {PROBE} is written over the next time");
                report.add(what("s3:DeleteObject"), Verdict::Skipped(why));
            }
            Ok(Attempted { verdict: Err(refusal) }) => report.heard(what("s3:DeleteObject"), Err(refused(&refusal)))?,
            Err(error) => report.heard(what("s3:DeleteObject"), Err(error))?,
        }
        Ok(())
    }

    /// Whether the object has the text that was put, and one that is not there is known not to be.
    async fn inspect_objects(&self, text: &str, report: &mut Report) -> Result<(), Gone> {
        let bucket = &self.names().bucket;
        let get = self.clients().s3.get_object().bucket(bucket);
        let (probe, absent) = (get.clone().key(PROBE), get.key(ABSENT));
        let got = self.attempt(|| probe.clone().send()).await.and_then(Attempted::answer);
        let what = format!("s3:GetObject on {bucket}");
        match got {
            Ok(answer) => {
                let body = answer.body.collect().await.map(AggregatedBytes::into_bytes);
                report.add(
                    what,
                    match body {
                        Ok(body) if body == text.as_bytes() => Verdict::Well("it comes back as it was put".to_owned()),
                        Ok(_) => Verdict::Wrong(
                            "something else came back than was put: look for who writes there".to_owned(),
                        ),
                        Err(error) => Verdict::Wrong(format!("it broke off ({error}): try again")),
                    },
                );
            }
            Err(error) => report.heard(what, Err(error))?,
        }
        let what = format!("missing objects of {bucket}");
        match self.attempt(|| absent.clone().send()).await {
            Ok(Attempted { verdict: Err(refusal) }) if refusal.is_no_such_key() => {
                report.add(what, Verdict::Well("are known to be missing".to_owned()));
            }
            Ok(Attempted { verdict: Ok(_) }) => {
                report.add(what, Verdict::Wrong(format!("{ABSENT} is there: remove it")));
            }
            Ok(Attempted { verdict: Err(refusal) }) if refusal.code() == Some("AccessDenied") => {
                let why = "look as if they were forbidden, and no receipt is rendered again: allow s3:ListBucket on it";
                report.add(what, Verdict::Wrong(why.to_owned()));
            }
            Ok(Attempted { verdict: Err(refusal) }) => report.heard(what, Err(refused(&refusal)))?,
            Err(error) => report.heard(what, Err(error))?,
        }
        Ok(())
    }

    /// A link is signed without asking the store: whether it opens is for a browser to say.
    async fn inspect_signing(&self) -> Verdict {
        if self.clients().place == Place::Embedded {
            return Verdict::Skipped("the embedded bucket has no address".to_owned());
        }
        let config = PresigningConfig::expires_in(Duration::from_mins(1)).expect("a minute is allowed");
        let request = self.clients().s3.get_object().bucket(&self.names().bucket).key(PROBE);
        match request.presigned(config).await {
            Ok(_) => Verdict::Well("the credentials can".to_owned()),
            Err(error) => Verdict::Wrong(format!("the credentials cannot ({error}): check them")),
        }
    }

    fn inspect_clock(&self) -> Verdict {
        let Some(time) = &self.clients().time else {
            return Verdict::Skipped("the store has no other clock than this machine".to_owned());
        };
        let ahead = time.ahead();
        let off = ahead.abs();
        if off <= NEAR {
            return Verdict::Well(format!("within {} ms of the store's", off.num_milliseconds()));
        }
        let side = if ahead > TimeDelta::zero() { "behind" } else { "ahead of" };
        Verdict::Wrong(format!(
            "{} s {side} the store's, which refuses what is five minutes off: set it, on most systems with timedatectl \
             set-ntp true",
            off.num_seconds()
        ))
    }
}

async fn inspect_function(post: &Post, function: &str) -> Verdict {
    match post.may_invoke(function).await {
        Some(Ok(())) => Verdict::Well("allowed".to_owned()),
        Some(Err(why)) => Verdict::Wrong(format!(
            "{why}: check that notifications.lambda_function names a function of this region, and that the role may \
             invoke it"
        )),
        None => is_not_tried(post),
    }
}

fn is_not_tried(post: &Post) -> Verdict {
    let why = match post {
        Post::Aws(_) => "it cannot be tried without sending something",
        Post::Folder(_) => "messages become files on this machine",
        Post::Nowhere => "no message leaves from here",
    };
    Verdict::Skipped(why.to_owned())
}

fn is_table(table: &Table, found: &TableDescription) -> Verdict {
    if let Some(status) = found.table_status().filter(|status| **status != TableStatus::Active) {
        return Verdict::Wrong(format!("it is {}: wait until it is active", status.as_str().to_lowercase()));
    }
    if has_key(table.key, found.key_schema()) {
        Verdict::Well(format!("active, by {}", words(table.key)))
    } else {
        Verdict::Wrong(format!("its key is not {}: choose another name, and run kiosk provision", words(table.key)))
    }
}

fn is_index(index: &Index, found: Option<&GlobalSecondaryIndexDescription>) -> Verdict {
    let carried = match index.carries {
        Carries::All => "all attributes".to_owned(),
        Carries::Only(attributes) => format!("the attributes {}", attributes.join(", ")),
    };
    let should = format!("create it by {}, with {carried} projected", words(index.key));
    let Some(found) = found else { return Verdict::Wrong(format!("it does not exist: {should}")) };
    if let Some(status) = found.index_status().filter(|status| **status != IndexStatus::Active) {
        return Verdict::Wrong(format!("it is {}: wait until it is active", status.as_str().to_lowercase()));
    }
    if !has_key(index.key, found.key_schema()) {
        return Verdict::Wrong(format!("its key is another: remove it, and {should}"));
    }
    if found.projection().is_some_and(|found| carries(index.carries, found)) {
        Verdict::Well(format!("active, by {}, {carried}", words(index.key)))
    } else {
        Verdict::Wrong(format!("it does not have {carried}: remove it, and {should}"))
    }
}

/// Whether an index carries what it should; one that has all attributes serves as well.
fn carries(should: Carries, found: &Projection) -> bool {
    let kind = found.projection_type();
    kind == Some(&ProjectionType::All) || {
        let should = projection(should);
        kind == should.projection_type()
            && should.non_key_attributes().iter().all(|name| found.non_key_attributes().contains(name))
    }
}

fn has_key(key: Key, found: &[KeySchemaElement]) -> bool {
    found == key_schema(key)
}

fn words(key: Key) -> String {
    match key.sort {
        Some(sort) => format!("{} and {sort}", key.partition),
        None => key.partition.to_owned(),
    }
}
