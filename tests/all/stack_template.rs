//! The template against the code: the tables of the schema, the settings of the machine, the lines of the log.

use std::fs;
use std::path::{Path, PathBuf};

use kiosk::config::{Config, LogFormat, Mode, Sources, StoreChoice};
use kiosk::domain::notification::Delivery;
use kiosk::store::Names;
use kiosk::store::schema::{Carries, EXPIRES_AT, Keeps, Key, TABLES};
use serde_json::{Value, json};

use crate::stack_kit::{Template, project_file};

/// A key as the template has to write it.
fn key_schema(key: Key) -> Value {
    let partition = json!({ "AttributeName": key.partition, "KeyType": "HASH" });
    let sort = key.sort.map(|sort| json!({ "AttributeName": sort, "KeyType": "RANGE" }));
    std::iter::once(partition).chain(sort).collect()
}

/// The one table with a name.
fn table(template: &Template, name: &str) -> (String, Value) {
    let tables = template.of_type("AWS::DynamoDB::Table").into_iter();
    let mut found = tables.map(|resource| (resource.to_owned(), template.properties(resource)));
    found.find(|(_, table)| table["TableName"] == name).unwrap_or_else(|| panic!("no table is called {name}"))
}

#[test]
fn the_tables_are_those_of_the_schema() {
    let template = Template::read();
    assert_eq!(template.names(), Names::default(), "the defaults are those of the settings");
    assert_eq!(template.of_type("AWS::DynamoDB::Table").len(), TABLES.len());
    for wanted in TABLES {
        let name = (wanted.name)(&Names::default());
        let (_, table) = table(&template, &name);
        assert_eq!(table["KeySchema"], key_schema(wanted.key), "{name}");
        let indexes: Vec<Value> = wanted
            .indexes
            .iter()
            .map(|index| {
                let (name, keys) = (index.name, key_schema(index.key));
                let projection = match index.carries {
                    Carries::All => json!({ "ProjectionType": "ALL" }),
                    Carries::Only(names) => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names }),
                };
                json!({ "IndexName": name, "KeySchema": keys, "Projection": projection })
            })
            .collect();
        let written = table["GlobalSecondaryIndexes"].as_array().cloned().unwrap_or_default();
        assert_eq!(written, indexes, "{name}");
        let mut attributes: Vec<&str> = table["AttributeDefinitions"]
            .as_array()
            .expect("attributes")
            .iter()
            .inspect(|attribute| assert_eq!(attribute["AttributeType"], "S", "{name}"))
            .filter_map(|attribute| attribute["AttributeName"].as_str())
            .collect();
        attributes.sort_unstable();
        assert_eq!(attributes, wanted.key_attributes(), "{name}");
        let expiry = match wanted.keeps {
            Keeps::Forever => Value::Null,
            Keeps::UntilExpiry => json!({ "AttributeName": EXPIRES_AT, "Enabled": true }),
        };
        assert_eq!(table["TimeToLiveSpecification"], expiry, "{name}");
    }
}

#[test]
fn names_that_were_chosen_give_the_derived_ones() {
    let chosen = [("TrainsTable", "north"), ("BookingsTable", "sold"), ("UsersTable", "people")];
    let template = Template::with(&chosen);
    let names = template.names();
    for wanted in TABLES {
        table(&template, &(wanted.name)(&names));
    }
}

#[test]
fn what_is_sold_cannot_be_lost_by_a_slip() {
    let template = Template::read();
    for wanted in TABLES {
        let (resource, table) = table(&template, &(wanted.name)(&template.names()));
        assert_eq!(table["DeletionProtectionEnabled"], true, "{resource}");
        assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{resource}");
        assert_eq!(table["SSESpecification"]["SSEEnabled"], true, "{resource}");
        assert_eq!(table["BillingMode"], "PAY_PER_REQUEST", "{resource}");
        let saved = template.properties("BackupSelection")["BackupSelection"]["Resources"].clone();
        let arn = crate::stack_kit::table_arn(table["TableName"].as_str().expect("a name"));
        assert!(saved.as_array().is_some_and(|saved| saved.contains(&json!(arn))), "{resource} is backed up");
    }
    let kept = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::Backup::BackupVault"];
    for resource in kept.into_iter().flat_map(|kind| template.of_type(kind)) {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(template.resource(resource)[policy], "Retain", "{resource} {policy}");
        }
    }
}

/// What a text has put in, by name.
fn substituted(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split(['.', '}']).next())
}

/// The resources that a value refers to where a condition does not decide it.
fn referred<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| referred(item, found)),
        Value::Object(fields) => {
            for (function, argument) in fields {
                match (function.as_str(), argument) {
                    ("Ref" | "Fn::GetAtt" | "DependsOn", Value::String(name)) => {
                        found.extend(name.split('.').next());
                    }
                    ("DependsOn", Value::Array(names)) => found.extend(names.iter().filter_map(Value::as_str)),
                    ("Fn::Sub", Value::String(text)) => found.extend(substituted(text)),
                    ("Fn::Sub", Value::Array(parts)) => {
                        found.extend(parts[0].as_str().into_iter().flat_map(substituted));
                        referred(&parts[1], found);
                    }
                    ("Fn::If", Value::Array(parts)) if parts[0] == "MakesTables" => {}
                    (_, argument) => referred(argument, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn a_stack_over_tables_that_exist_makes_none_and_needs_none_of_its_own() {
    let template = Template::read();
    let kinds = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"];
    let store: Vec<&str> = kinds.into_iter().flat_map(|kind| template.of_type(kind)).collect();
    assert_eq!(store.len(), TABLES.len() + 2);
    for resource in &store {
        assert_eq!(template.resource(resource)["Condition"], "MakesTables", "{resource}");
    }
    let mut looked_at = 0;
    for (name, resource) in template.resources().filter(|(name, _)| !store.contains(name)) {
        let mut found = Vec::new();
        referred(resource, &mut found);
        looked_at += found.len();
        let lost: Vec<_> = found.iter().filter(|found| store.contains(found)).collect();
        assert!(lost.is_empty(), "{name} refers to {lost:?}, which a stack may not have: use the name");
    }
    assert!(looked_at > 50, "references are found: {looked_at}");
}

#[test]
fn the_machine_reads_the_releases_beside_its_first_and_nothing_else_of_the_bucket() {
    let role = Template::read().properties("InstanceRole").to_string();
    assert!(role.contains(r#""arn:aws:s3:::releases/kiosk-*""#), "{role}");
}

#[test]
fn the_host_key_has_no_value_that_an_update_could_put_back() {
    let secret = Template::read().properties("HostKey");
    assert!(secret["SecretString"].is_null() && secret["GenerateSecretString"].is_null(), "{secret}");
}

#[test]
fn receipts_are_private_and_travel_encrypted() {
    let template = Template::read();
    let bucket = template.properties("Receipts");
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    for block in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
        assert_eq!(bucket["PublicAccessBlockConfiguration"][block], true, "{block}");
    }
    let policy = template.properties("ReceiptsPolicy");
    assert_eq!(policy["Bucket"], "kiosk-receipts");
    let statement = &policy["PolicyDocument"]["Statement"][0];
    assert_eq!((&statement["Effect"], &statement["Principal"]), (&json!("Deny"), &json!("*")));
    assert_eq!(statement["Condition"], json!({ "Bool": { "aws:SecureTransport": "false" } }));
    assert_eq!(statement["Resource"], json!(["arn:aws:s3:::kiosk-receipts", "arn:aws:s3:::kiosk-receipts/*"]));
}

#[test]
fn the_machine_is_reached_by_one_port_from_one_range() {
    let template = Template::read();
    let door = template.properties("Door");
    let ways_in = door["SecurityGroupIngress"].as_array().expect("ways in");
    assert_eq!(ways_in.len(), 1);
    let way = &ways_in[0];
    assert_eq!((&way["FromPort"], &way["ToPort"]), (&json!("2222"), &json!("2222")));
    assert_eq!(way["CidrIp"], "203.0.113.0/24");
    assert_eq!(template.resource("OwnSshd")["Condition"], "HasAdminRange", "its own sshd is closed by default");
    let machine = template.properties("Machine");
    assert_eq!(machine["MetadataOptions"]["HttpTokens"], "required");
    let disk = &machine["BlockDeviceMappings"][0]["Ebs"];
    assert_eq!((&disk["VolumeType"], &disk["Encrypted"]), (&json!("gp3"), &json!(true)));
}

/// The text between two others.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let rest = text.split_once(begin).unwrap_or_else(|| panic!("there is no {begin:?}")).1;
    rest.split_once(end).unwrap_or_else(|| panic!("there is no {end:?} after {begin:?}")).0
}

#[test]
fn the_settings_that_the_machine_writes_are_taken() {
    let template = Template::with(&[("TrainsTable", "north"), ("Port", "2022")]);
    let script = template.properties("Machine")["UserData"].as_str().expect("a script").to_owned();
    assert!(script.len() < 16 * 1024, "EC2 takes no more: {} bytes", script.len());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    fs::write(&file, between(&script, "/etc/kiosk/config.toml <<'EOF'\n", "\nEOF\n")).expect("a file");
    // The secret as the stack draws it: 64 letters and digits.
    let environment = [("SECRET_KEY", "a1B2".repeat(16)), ("BOOTSTRAP_ADMIN_EMAIL", String::new())];
    for (name, _) in &environment {
        assert!(script.contains(&format!("echo \"{name}=")), "{name} is written");
    }
    let config = Config::load(&Sources {
        file: Some(file),
        environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
        ..Sources::default()
    });
    let config = config.expect("Kiosk takes them");
    assert_eq!((config.mode(), config.store()), (Mode::Production, StoreChoice::Aws));
    assert_eq!(config.aws().trains(), "north");
    assert_eq!(config.aws().bucket(), "kiosk-receipts");
    assert_eq!(config.aws().region(), Some("ap-south-1"));
    assert_eq!(config.ssh().listen().to_string(), "0.0.0.0:2022");
    assert_eq!(config.log().format(), LogFormat::Json, "metric filters read JSON");
    assert_eq!(config.data_dir(), Path::new("/var/lib/kiosk"));
}

/// The source of the program, in one text.
fn source() -> String {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut source = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                source += &fs::read_to_string(path).expect("a text");
            }
        }
    }
    source
}

/// The messages for which a metric filter looks, without the star at their ends.
fn messages(pattern: &str) -> Vec<&str> {
    let quoted = pattern.split("$.message = \"").skip(1).filter_map(|rest| rest.split_once('"'));
    quoted.map(|(message, _)| message.trim_end_matches('*')).collect()
}

#[test]
fn every_line_that_a_metric_filter_counts_is_one_that_kiosk_writes() {
    let (template, source) = (Template::read(), source());
    let mut counted = 0;
    for filter in template.of_type("AWS::Logs::MetricFilter") {
        let pattern = template.properties(filter)["FilterPattern"].clone();
        for message in messages(pattern.as_str().expect("a pattern")) {
            assert!(source.contains(&format!("\"{message}")), "{filter}: nothing logs {message:?}");
            counted += 1;
        }
    }
    assert!(counted >= 4, "the patterns are read: {counted}");
}

#[test]
fn a_notification_that_was_given_up_is_counted_and_one_that_is_tried_again_is_not() {
    let pattern = Template::read().properties("DeadLetters")["FilterPattern"].to_string();
    let dead = format!("$.delivery = \\\"{:?}\\\"", Delivery::Dead);
    assert!(pattern.contains(&dead), "{pattern} does not look for {dead}");
}

#[test]
fn every_metric_of_its_own_that_an_alarm_watches_is_made_by_a_filter() {
    let template = Template::read();
    let filters = template.of_type("AWS::Logs::MetricFilter").into_iter();
    let made: Vec<Value> =
        filters.map(|filter| template.properties(filter)["MetricTransformations"][0]["MetricName"].clone()).collect();
    let alarms = template.of_type("AWS::CloudWatch::Alarm").into_iter().map(|alarm| template.properties(alarm));
    let mut watched = 0;
    for alarm in alarms.filter(|alarm| alarm["Namespace"] == "Kiosk") {
        assert!(made.contains(&alarm["MetricName"]), "{}", alarm["MetricName"]);
        watched += 1;
    }
    assert!(watched >= 3, "the alarms are read: {watched}");
}

#[test]
fn the_agent_sends_the_files_that_the_machine_writes_to_the_stacks_log() {
    let script = Template::read().properties("Machine")["UserData"].as_str().expect("a script").to_owned();
    let agent: Value = serde_json::from_str(&project_file("deploy/cloudwatch-agent.json")).expect("it is JSON");
    let files = agent["logs"]["logs_collected"]["files"]["collect_list"].as_array().expect("files").clone();
    for file in &files {
        let path = file["file_path"].as_str().expect("a path");
        let written = script.contains(&format!("append:{path}\n")) || path == "/var/log/cloud-init-output.log";
        assert!(written, "nothing writes {path}");
        // What the machine's script puts the stack's own name for.
        assert_eq!(file["log_group_name"], "kiosk", "{path}");
    }
    assert_eq!(files.len(), 3);
    assert!(script.contains(r#"s|"log_group_name": "kiosk"|"#), "the script writes the stack's group");
    let namespace = &agent["metrics"]["namespace"];
    let allowed = Template::read().properties("InstanceRole")["Policies"].to_string();
    assert!(allowed.contains(&format!(r#""cloudwatch:namespace":{namespace}"#)), "the role lets it send {namespace}");
}

#[test]
fn every_sentence_that_the_guide_quotes_is_one_that_kiosk_says() {
    // As it is said: a line of the source that ends with a backslash goes on without its indent.
    let source: String = source().split("\\\n").map(str::trim_start).collect();
    let guide = project_file("docs/deploy-ec2.md");
    let quoted: Vec<&str> =
        guide.split('“').skip(1).filter_map(|rest| rest.split_once('”').map(|(inside, _)| inside)).collect();
    assert!(quoted.len() >= 12, "the quotations are found: {quoted:?}");
    for sentence in quoted {
        assert!(source.contains(sentence), "nothing says {sentence:?}");
    }
}
