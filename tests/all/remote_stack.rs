//! The template becomes a stack, and Kiosk works on the tables and the bucket that it made.
//!
//! moto makes tables, indexes, bucket, roles, group, machine, topics and function. It passes over what it does not know
//! (the bucket's policy, the secret, filters, alarms, backups), and does not carry out expiry, recovery and the bucket's
//! settings: of those `stack_template.rs` reads the text. It knows no images of Debian, so the stack takes one of AWS's own.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{KeySchemaElement, KeyType, ProjectionType};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kiosk::store::Names;
use kiosk::store::schema::{Carries, Key, TABLES};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::service_kit::{Stage, settings, small_train};
use crate::stack_journey::{Tape, day, forbidden};
use crate::stack_kit::{REGION, project_file};
use crate::world::{World, endpoint};

const DEBIAN: &str = "/aws/service/debian/release/12/latest/amd64";
const KNOWN_IMAGE: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

/// Asks a service of the older kind, which takes forms and answers in XML.
async fn ask(service: &str, version: &str, fields: &[(&str, &str)]) -> String {
    let endpoint = endpoint().expect("KIOSK_TEST_ENDPOINT is the address of moto");
    let address = endpoint.strip_prefix("http://").expect("it is on this machine").trim_end_matches('/').to_owned();
    let stream = TcpStream::connect(&address).await.expect("moto listens");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
    let connection = tokio::spawn(connection);
    let fields = fields.iter().copied().chain([("Version", version)]);
    let form: Vec<String> = fields.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    // moto looks only for the service and the region in it.
    let scope = format!("AWS4-HMAC-SHA256 Credential=test/20261201/{REGION}/{service}/aws4_request, Signature=0");
    let request = http::Request::post("/")
        .header("host", &address)
        .header("authorization", scope)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(form.join("&"))))
        .expect("the request is in order");
    let answer = sender.send_request(request).await.expect("moto answers");
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("it answers to the end").to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    drop(sender);
    connection.await.expect("nothing panics").expect("it ends in order");
    assert!(status.is_success(), "{service}: {status} {text}");
    text
}

/// A text as forms have it.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let parts = text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") });
    parts.collect()
}

/// What stands in the elements of a name.
fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(begin.as_str())
        .skip(1)
        .filter_map(|rest| rest.split_once(end.as_str()).map(|(inside, _)| inside))
        .collect()
}

/// Makes a stack with tables and bucket of its own from the template, and says how those are called.
async fn stack() -> Names {
    let own = Uuid::new_v4().simple().to_string();
    let names = Names {
        trains: format!("trains-{own}"),
        bookings: format!("bookings-{own}"),
        users: format!("users-{own}"),
        bucket: format!("kiosk-{own}"),
    };
    stack_of(&names, "yes").await;
    names
}

/// Makes a stack from the template, which makes its tables and bucket or finds them there.
async fn stack_of(names: &Names, create_tables: &str) {
    let subnets = ask("ec2", "2016-11-15", &[("Action", "DescribeSubnets")]).await;
    let template = project_file("deploy/cloudformation.yaml");
    assert!(template.contains(DEBIAN), "the image is Debian's");
    let template = template.replace(DEBIAN, KNOWN_IMAGE);
    let parameters = [
        ("TrainsTable", names.trains.as_str()),
        ("BookingsTable", &names.bookings),
        ("UsersTable", &names.users),
        ("ReceiptsBucket", &names.bucket),
        ("CreateTables", create_tables),
        ("VpcId", elements(&subnets, "vpcId")[0]),
        ("SubnetId", elements(&subnets, "subnetId")[0]),
        ("CounterRange", "203.0.113.0/24"),
        ("ReleaseBucket", "releases"),
        ("ReleaseKey", "kiosk-0.1.0-x86_64.tar.gz"),
    ];
    let numbered: Vec<(String, &str)> = (1..)
        .zip(parameters)
        .flat_map(|(number, (name, value))| {
            let field = |part| format!("Parameters.member.{number}.{part}");
            [(field("ParameterKey"), name), (field("ParameterValue"), value)]
        })
        .collect();
    let name = format!("kiosk-{}", Uuid::new_v4().simple());
    let mut fields = vec![
        ("Action", "CreateStack"),
        ("StackName", &name),
        ("TemplateBody", &template),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
    ];
    fields.extend(numbered.iter().map(|(field, value)| (field.as_str(), *value)));
    ask("cloudformation", "2010-05-15", &fields).await;
    let stacks = ask("cloudformation", "2010-05-15", &[("Action", "DescribeStacks"), ("StackName", &name)]).await;
    assert_eq!(elements(&stacks, "StackStatus"), ["CREATE_COMPLETE"], "{stacks}");
}

/// A key as the schema has it.
fn key(elements: &[KeySchemaElement]) -> (String, Option<String>) {
    let of = |kind: &KeyType| {
        elements.iter().find(|element| element.key_type() == kind).map(|element| element.attribute_name().to_owned())
    };
    (of(&KeyType::Hash).expect("a partition key"), of(&KeyType::Range))
}

fn wanted(key: Key) -> (String, Option<String>) {
    (key.partition.to_owned(), key.sort.map(str::to_owned))
}

fn carried(carries: Carries) -> (Option<ProjectionType>, Vec<String>) {
    match carries {
        Carries::All => (Some(ProjectionType::All), Vec::new()),
        Carries::Only(names) => (Some(ProjectionType::Include), names.iter().map(|name| (*name).to_owned()).collect()),
    }
}

#[tokio::test]
#[ignore = "needs moto: .ci/second-store runs it"]
async fn the_tables_of_a_stack_are_those_of_the_schema() {
    let names = stack().await;
    let world = World::made_by_others(&endpoint().expect("an address"), names.clone()).await;
    for table in TABLES {
        let name = (table.name)(&names);
        let answer = world.clients.dynamodb.describe_table().table_name(&name).send().await.expect("it was made");
        let made = answer.table.expect("it is described");
        assert_eq!(key(made.key_schema()), wanted(table.key), "{name}");
        let indexes: BTreeSet<_> = made
            .global_secondary_indexes()
            .iter()
            .map(|index| {
                let projection = index.projection().expect("it carries something");
                let carried = (projection.projection_type().cloned(), projection.non_key_attributes().to_vec());
                (index.index_name().unwrap_or_default().to_owned(), key(index.key_schema()), carried)
            })
            .collect();
        let expected: BTreeSet<_> = table
            .indexes
            .iter()
            .map(|index| (index.name.to_owned(), wanted(index.key), carried(index.carries)))
            .collect();
        assert_eq!(indexes, expected, "{name}");
        assert_eq!(made.deletion_protection_enabled(), Some(true), "{name}");
    }
}

#[tokio::test]
#[ignore = "needs moto: .ci/second-store runs it"]
async fn a_stack_takes_over_tables_that_another_one_left() {
    let names = stack().await;
    // moto refuses a table or a bucket whose name is taken, as AWS does.
    stack_of(&names, "no").await;
}

#[tokio::test]
#[ignore = "needs moto: .ci/second-store runs it"]
async fn kiosk_works_on_what_a_stack_made_and_provisions_nothing_more() {
    let names = stack().await;
    let tape = Tape::default();
    let world = World::made_by_others(&endpoint().expect("an address"), names.clone()).await;
    let world = world.through(|clients| tape.on(clients));
    world.store.provision(|_| {}).await.expect("it may be asked");
    let made: Vec<_> = tape.take().into_iter().filter(|(action, _)| action.contains(":Create")).collect();
    assert_eq!(made, [], "nothing was missing");

    let stage = Stage::on(world, settings(), small_train()).await;
    day(&stage).await;
    assert_eq!(forbidden(&names, &tape.take()), [], "and the stack's role lets it");
}
