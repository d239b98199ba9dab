//! The role of the machine has every action that the code calls, and none that it does not.
//!
//! What is called is read from the source: each operation on a client of the SDK, wherever one is kept. A transaction has
//! no action of its own and counts as those of its items. So that no call can hide, a client that is kept in a way the
//! reader does not follow is an error, and so is a call of an operation, known by its refusals, on anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kiosk::store::permissions::asked_of;
use kiosk::store::schema::TABLES;
use serde_json::Value;

use crate::stack_kit::{Template, one_or_many, project_file, table_arn};

/// What is done once, by whoever makes tables and bucket by a command: never by the machine that sells.
const OF_AN_OPERATOR: [&str; 5] = [
    "dynamodb:CreateTable",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:UpdateTable",
    "dynamodb:UpdateTimeToLive",
    "s3:CreateBucket",
];

/// Methods of a client that ask for nothing.
const ASKS_NOTHING: [&str; 1] = ["config"];

/// What a request of each kind asks of IAM.
fn actions(service: &str, operation: &str) -> Vec<String> {
    let of = |actions: &[&str]| actions.iter().map(|action| (*action).to_owned()).collect();
    match (service, operation) {
        ("dynamodb", "transact_write_items" | "transact_get_items") => Vec::new(),
        ("lambda", "invoke") => of(&["lambda:InvokeFunction"]),
        ("s3", "head_bucket" | "list_objects_v2") => of(&["s3:ListBucket"]),
        ("s3", "head_object") => of(&["s3:GetObject"]),
        // A raw message needs the second, and only SES knows what is raw.
        ("sesv2", "send_email") => of(&["ses:SendEmail", "ses:SendRawEmail"]),
        ("sesv2", _) => vec![format!("ses:{}", camel(operation))],
        _ => vec![format!("{service}:{}", camel(operation))],
    }
}

/// The items of transactions, as the SDK builds them, with what they ask of IAM.
const ITEMS: [(&str, &str); 5] = [
    ("ConditionCheck", "dynamodb:ConditionCheckItem"),
    ("Delete", "dynamodb:DeleteItem"),
    ("Get", "dynamodb:GetItem"),
    ("Put", "dynamodb:PutItem"),
    ("Update", "dynamodb:UpdateItem"),
];

fn camel(name: &str) -> String {
    let capital =
        |word: &str| word.get(..1).unwrap_or_default().to_ascii_uppercase() + word.get(1..).unwrap_or_default();
    name.split('_').map(capital).collect()
}

/// A file's name and its text.
type File = (String, String);

/// The files that may name the SDK, but for the engines that answer it inside the process.
fn store_files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("it is below").to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if ["src/aws", "src/store"].iter().any(|module| name.starts_with(module))
                && !name.starts_with("src/aws/embedded")
            {
                let text = fs::read_to_string(&path).expect("a text");
                files.push((name, without_comments(&text)));
            }
        }
    }
    files.sort();
    files
}

/// The source without what is said in comments; no literal of these files has two slashes in a row but addresses.
fn without_comments(text: &str) -> String {
    let code = text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("//"));
    code.collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The word with which a text begins.
fn first_word(text: &str) -> &str {
    &text[..text.find(|c: char| !is_word(c)).unwrap_or(text.len())]
}

/// The word with which a text ends.
fn last_word(text: &str) -> &str {
    &text[text.rfind(|c: char| !is_word(c)).map_or(0, |at| at + 1)..]
}

/// The places of a word that is a word of its own.
fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    text.match_indices(word).map(|(at, word)| (&text[..at], &text[at + word.len()..])).filter(|(before, after)| {
        !before.chars().next_back().is_some_and(is_word) && !after.chars().next().is_some_and(is_word)
    })
}

/// Under which names a file keeps clients, and of which services.
fn clients((name, text): &File) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, mark) in text.match_indices("aws_sdk_") {
        let service = first_word(&text[at + mark.len()..]);
        let Some(after) = text[at + mark.len() + service.len()..].strip_prefix("::Client") else { continue };
        if after.starts_with(is_word) || after.starts_with("::") {
            continue;
        }
        let before = text[..at].trim_end().trim_end_matches('&');
        let before = before.strip_suffix("Option<").unwrap_or(before).trim_end().trim_end_matches('&').trim_end();
        let kept = match (before.strip_suffix(':'), before.strip_suffix("->")) {
            (Some(field), _) => last_word(field).to_owned(),
            (_, Some(signature)) => first_word(signature.rsplit("fn ").next().unwrap_or_default()).to_owned(),
            _ => String::new(),
        };
        assert!(!kept.is_empty(), "{name}: write `name: aws_sdk_{service}::Client`, so that its calls can be found");
        found.push((kept, service.to_owned()));
    }
    found
}

/// The operations that the files call on clients, by service.
fn operations(files: &[File]) -> BTreeSet<(String, String)> {
    let everywhere: Vec<_> = files.iter().flat_map(clients).collect();
    let mut found = BTreeSet::new();
    for file in files {
        let own = clients(file);
        let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, service) in everywhere.iter().filter(|(name, _)| !own.iter().any(|(own, _)| own == name)).chain(&own)
        {
            known.entry(name).or_default().insert(service);
        }
        for (name, services) in known {
            for (_, after) in words(&file.1, name) {
                let after = after.strip_prefix("()").unwrap_or(after).trim_start();
                let Some(call) = after.strip_prefix('.') else { continue };
                let operation = first_word(call);
                if !call[operation.len()..].starts_with("()") || ASKS_NOTHING.contains(&operation) {
                    continue;
                }
                assert_eq!(services.len(), 1, "{}: `{name}` is a client of {services:?}: name them apart", file.0);
                found.extend(services.iter().map(|service| ((*service).to_owned(), operation.to_owned())));
            }
        }
    }
    found
}

/// The operations whose refusals the store reads: nothing that goes through its one way out can lack one.
fn refusals(files: &[File]) -> BTreeSet<String> {
    let text = &files.iter().find(|(name, _)| name == "src/store/retry.rs").expect("the one way out").1;
    let errors = text.match_indices("::").filter_map(|(at, colons)| {
        let (operation, error) = (last_word(&text[..at]), first_word(&text[at + colons.len()..]));
        (!operation.is_empty() && error == format!("{}Error", camel(operation))).then_some(operation)
    });
    errors.map(str::to_owned).collect()
}

/// The actions that the files ask for.
fn asked(files: &[File]) -> BTreeSet<String> {
    let calls = operations(files);
    let mut asked: BTreeSet<String> =
        calls.iter().flat_map(|(service, operation)| actions(service, operation)).collect();
    if calls.iter().any(|(_, operation)| operation.starts_with("transact_")) {
        for (item, action) in ITEMS {
            if files.iter().any(|(_, text)| words(text, item).any(|(_, after)| after.starts_with("::builder()"))) {
                asked.insert(action.to_owned());
            }
        }
    }
    asked
}

/// The actions that statements allow.
fn allowed<'a>(statements: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    let allowing = statements.into_iter().filter(|statement| statement["Effect"] == "Allow");
    allowing.flat_map(|statement| one_or_many(&statement["Action"])).map(str::to_owned).collect()
}

/// The statements by which Kiosk itself may do something on its machine; what starts the machine and watches it has others.
pub fn kiosks_own(template: &Template) -> Vec<Value> {
    let role = template.properties("InstanceRole");
    let inline = role["Policies"].as_array().expect("policies").clone();
    let apart = template.of_type("AWS::IAM::Policy").into_iter().map(|policy| template.properties(policy));
    let policies = inline.into_iter().chain(apart);
    let own = policies.filter(|policy| policy["PolicyName"].as_str().is_some_and(|name| name.starts_with("kiosk-")));
    own.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().expect("statements").clone()).collect()
}

/// What is wrong with a role for what is asked; services for which no client is built yet are left alone.
fn differences(asked: &BTreeSet<String>, role: &BTreeSet<String>) -> Vec<String> {
    let service = |action: &str| action.split(':').next().unwrap_or_default().to_owned();
    let used: BTreeSet<String> = asked.iter().map(|action| service(action)).collect();
    let lacks = asked.difference(role).map(|action| format!("the code calls {action}, which the role lacks"));
    let extra = role.difference(asked).filter(|action| used.contains(&service(action)));
    lacks.chain(extra.map(|action| format!("the role has {action}, which nothing calls"))).collect()
}

/// What the code asks of AWS while it sells, and what it asks for an operator.
fn asked_by_kiosk() -> (BTreeSet<String>, BTreeSet<String>) {
    asked(&store_files()).into_iter().partition(|action| !OF_AN_OPERATOR.contains(&action.as_str()))
}

#[test]
fn the_role_has_what_the_code_calls_and_nothing_else() {
    let role = allowed(&kiosks_own(&Template::read()));
    assert_eq!(differences(&asked_by_kiosk().0, &role), Vec::<String>::new());
}

#[test]
fn each_table_is_allowed_what_is_asked_of_it_and_no_more() {
    let template = Template::read();
    let (names, own) = (template.names(), kiosks_own(&template));
    for table in &TABLES {
        let arn = table_arn(&(table.name)(&names));
        let covers = |of: &str| of.strip_suffix('*').map_or(of == arn, |beginning| arn.starts_with(beginning));
        let of_it = own.iter().filter(|statement| one_or_many(&statement["Resource"]).into_iter().any(covers));
        let asked = asked_of(table, &names).iter().map(|action| action.name());
        let looked_at = ["dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"].map(str::to_owned);
        let mut allowed = allowed(of_it);
        allowed.retain(|action| action.starts_with("dynamodb:"));
        assert_eq!(allowed, asked.chain(looked_at).collect(), "{arn}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>: spaces do not count.
#[test]
fn the_policies_of_the_role_fit_into_it() {
    let template = Template::read();
    let inline = template.properties("InstanceRole")["Policies"].as_array().expect("policies").clone();
    let apart = template.of_type("AWS::IAM::Policy").into_iter().map(|policy| template.properties(policy));
    let signs: usize = inline.into_iter().chain(apart).map(|policy| policy["PolicyDocument"].to_string().len()).sum();
    assert!(signs < 9_000, "{signs} of 10,240, and names of tables can be longer");
}

#[test]
fn the_role_names_only_services_that_kiosk_is_built_with() {
    let manifest = project_file("Cargo.toml");
    for action in allowed(&kiosks_own(&Template::read())) {
        let service = action.split(':').next().expect("a service").replace("ses", "sesv2");
        assert!(manifest.contains(&format!("\naws-sdk-{service} = ")), "{action}: Kiosk has no client for it");
        assert!(!action.contains('*'), "{action} is more than one action");
    }
}

#[test]
fn every_permission_has_its_reason_in_the_guide() {
    let guide = project_file("docs/iam.md");
    let template = Template::read();
    let operator: Value = serde_json::from_str(&project_file("deploy/provision-policy.json")).expect("it is JSON");
    let role = template.properties("InstanceRole");
    let policies = role["Policies"].as_array().expect("policies").iter();
    let machines = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().expect("statements"));
    let operators = operator["Statement"].as_array().expect("statements");
    for action in allowed(machines.chain(operators).chain(&kiosks_own(&template))) {
        assert!(guide.contains(&format!("`{action}`")), "docs/iam.md does not say why {action}");
    }
}

#[test]
fn whoever_provisions_by_a_command_has_what_that_calls_and_nothing_else() {
    let policy: Value = serde_json::from_str(&project_file("deploy/provision-policy.json")).expect("it is JSON");
    let policy = allowed(policy["Statement"].as_array().expect("statements"));
    let (_, operators) = asked_by_kiosk();
    assert_eq!(operators, BTreeSet::from(OF_AN_OPERATOR.map(str::to_owned)), "each of them is called");
    let provision = [
        "src/store/provision.rs",
        "src/store/provision/guards.rs",
        "src/store/raising.rs",
        "src/store.rs",
        "src/aws.rs",
    ];
    let files: Vec<File> = store_files().into_iter().filter(|(name, _)| provision.contains(&name.as_str())).collect();
    assert_eq!(policy, asked(&files));
}

#[test]
fn no_call_is_hidden_from_the_reader() {
    let files = store_files();
    let found: BTreeSet<String> = operations(&files).into_iter().map(|(_, operation)| operation).collect();
    let refusals = refusals(&files);
    assert!(refusals.len() >= 16, "the list of refusals is read: {refusals:?}");
    let called = |operation: &&String| files.iter().any(|(_, text)| text.contains(&format!(".{operation}()")));
    let hidden: Vec<_> = refusals.difference(&found).filter(called).collect();
    assert!(hidden.is_empty(), "{hidden:?} is called on something else than a client that a file keeps");
}

#[test]
fn an_action_that_is_taken_from_the_role_is_missed_and_one_too_many_is_found() {
    let (asked, _) = asked_by_kiosk();
    let role = allowed(&kiosks_own(&Template::read()));
    for action in &asked {
        let mut less = role.clone();
        assert!(less.remove(action), "{action}");
        assert_eq!(differences(&asked, &less), [format!("the code calls {action}, which the role lacks")]);
    }
    for action in ["dynamodb:DeleteTable", "s3:PutBucketPolicy"] {
        let mut more = role.clone();
        more.insert(action.to_owned());
        assert_eq!(differences(&asked, &more), [format!("the role has {action}, which nothing calls")]);
    }
}

/// What a file asks for, beside one that keeps two clients.
fn asked_by(text: &str) -> Vec<String> {
    let clients = "struct C {\n    dynamodb: aws_sdk_dynamodb::Client,\n    s3: Option<aws_sdk_s3::Client>,\n}\n\
        fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {\n    &self.dynamodb\n}\n";
    let files = [("src/aws.rs", clients), ("src/store/x.rs", text)];
    asked(&files.map(|(name, text)| (name.to_owned(), without_comments(text)))).into_iter().collect()
}

#[test]
fn a_call_is_found_however_it_is_written() {
    for text in [
        "self.dynamodb().delete_table().table_name(x)",
        "let request = self\n    .dynamodb()\n    .delete_table()\n    .table_name(x);",
        "clients.dynamodb.delete_table()",
        "let dynamodb = self.dynamodb();\n    dynamodb\n        .delete_table()",
        "fn f(client: &aws_sdk_dynamodb::Client) {\n    client.delete_table();\n}",
    ] {
        assert_eq!(asked_by(text), ["dynamodb:DeleteTable"], "{text}");
    }
    assert_eq!(asked_by("if let Some(s3) = &self.s3 { s3.get_object() }"), ["s3:GetObject"]);
    assert_eq!(asked_by("// self.dynamodb().delete_table()\nself.dynamodb().config()"), [""; 0]);
    let transaction =
        "self.dynamodb().transact_write_items(); Put::builder(); PutRequest::builder(); Delete::builder()";
    assert_eq!(asked_by(transaction), ["dynamodb:DeleteItem", "dynamodb:PutItem"]);
}

#[test]
#[should_panic(expected = "so that its calls can be found")]
fn a_client_that_cannot_be_followed_is_an_error() {
    asked_by("fn all() -> Vec<aws_sdk_dynamodb::Client> { todo() }");
}
