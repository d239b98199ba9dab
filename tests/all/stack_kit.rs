//! The template of the stack as data, and its values as `CloudFormation` would write them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kiosk::store::Names;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// Where the pretended stack is.
pub const REGION: &str = "ap-south-1";
pub const ACCOUNT: &str = "123456789012";

/// What nobody can say by default, as a test says it.
pub const GIVEN: [(&str, &str); 6] = [
    ("ReceiptsBucket", "kiosk-receipts"),
    ("VpcId", "vpc-1"),
    ("SubnetId", "subnet-1"),
    ("CounterRange", "203.0.113.0/24"),
    ("ReleaseBucket", "releases"),
    ("ReleaseKey", "kiosk-0.1.0-x86_64.tar.gz"),
];

/// A file of the project.
pub fn project_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The template, and the values of its parameters.
pub struct Template {
    body: Value,
    parameters: BTreeMap<String, String>,
}

impl Template {
    /// With what a person has to say, and defaults otherwise.
    pub fn read() -> Self {
        Self::with(&[])
    }

    /// With some parameters given.
    pub fn with(given: &[(&str, &str)]) -> Self {
        let text = project_file("deploy/cloudformation.yaml");
        let documents = Yaml::load_from_str(&text).expect("the template is YAML");
        let body = plain(&documents[0]);
        let defaults = body["Parameters"].as_object().expect("it has parameters").iter();
        let defaults =
            defaults.filter_map(|(name, parameter)| Some((name.clone(), text_of(parameter.get("Default")?))));
        let mut parameters: BTreeMap<String, String> = defaults.collect();
        for (name, value) in GIVEN.iter().chain(given) {
            assert!(!body["Parameters"][*name].is_null(), "the template has no parameter {name}");
            parameters.insert((*name).to_owned(), (*value).to_owned());
        }
        Self { body, parameters }
    }

    /// The names of tables and bucket that these parameters give.
    pub fn names(&self) -> Names {
        let name = |parameter: &str| self.parameters[parameter].clone();
        Names {
            trains: name("TrainsTable"),
            bookings: name("BookingsTable"),
            users: name("UsersTable"),
            bucket: name("ReceiptsBucket"),
        }
    }

    /// A resource's properties, with everything filled in.
    pub fn properties(&self, resource: &str) -> Value {
        let properties = &self.body["Resources"][resource]["Properties"];
        assert!(!properties.is_null(), "the template has no resource {resource}");
        self.fill(properties)
    }

    /// A resource as it is written.
    pub fn resource(&self, name: &str) -> &Value {
        &self.body["Resources"][name]
    }

    /// All resources as they are written, by name.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        let resources = self.body["Resources"].as_object().expect("it has resources").iter();
        resources.map(|(name, resource)| (name.as_str(), resource))
    }

    /// The resources of a type, by name.
    pub fn of_type(&self, kind: &str) -> Vec<&str> {
        self.resources().filter(|(_, resource)| resource["Type"] == kind).map(|(name, _)| name).collect()
    }

    /// A value with its references, attributes and texts filled in, as far as this project uses them.
    fn fill(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(fields) => match fields.iter().next().filter(|_| fields.len() == 1) {
                Some((function, argument)) if function == "Ref" => self.named(&text_of(argument)).into(),
                Some((function, argument)) if function == "Fn::GetAtt" => self.named(&text_of(argument)).into(),
                Some((function, Value::String(text))) if function == "Fn::Sub" => self.substitute(text).into(),
                Some((function, Value::Array(both))) if function == "Fn::Sub" => {
                    // The names that are given along are decided by conditions, which no test looks at.
                    let own = both[1].as_object().expect("names come second").keys();
                    let text = both[0].as_str().expect("a text comes first").to_owned();
                    let text = own.fold(text, |text, name| text.replace(&format!("${{{name}}}"), ""));
                    self.substitute(&text).into()
                }
                Some((function, argument)) if function == "Fn::Base64" => self.fill(argument),
                _ => {
                    let fields = fields.iter().map(|(name, value)| (name.clone(), self.fill(value)));
                    Value::Object(fields.collect())
                }
            },
            other => other.clone(),
        }
    }

    fn substitute(&self, text: &str) -> String {
        let mut parts = text.split("${");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').expect("a substitution ends");
            filled += &self.named(name);
            filled += rest;
        }
        filled
    }

    /// What a name stands for: a parameter, a fact of the place, a resource or its ARN.
    fn named(&self, name: &str) -> String {
        if let Some(value) = self.parameters.get(name) {
            return value.clone();
        }
        match name {
            "AWS::Region" => return REGION.to_owned(),
            "AWS::AccountId" => return ACCOUNT.to_owned(),
            "AWS::Partition" => return "aws".to_owned(),
            "AWS::StackName" => return "kiosk".to_owned(),
            "AWS::URLSuffix" => return "amazonaws.com".to_owned(),
            // What a condition leaves out; which side it takes no test looks at.
            "AWS::NoValue" => return String::new(),
            _ => {}
        }
        let (resource, is_arn) = name.strip_suffix(".Arn").map_or((name, false), |resource| (resource, true));
        let entry = &self.body["Resources"][resource];
        let own = |property: &str| text_of(&self.fill(&entry["Properties"][property]));
        match (entry["Type"].as_str(), is_arn) {
            (Some("AWS::DynamoDB::Table"), false) => own("TableName"),
            (Some("AWS::DynamoDB::Table"), true) => table_arn(&own("TableName")),
            (Some("AWS::S3::Bucket"), false) => own("BucketName"),
            (Some("AWS::S3::Bucket"), true) => format!("arn:aws:s3:::{}", own("BucketName")),
            // Nothing is compared with the others.
            (Some(_), _) => name.to_owned(),
            (None, _) if resource.contains('.') => name.to_owned(),
            (None, _) => panic!("the template names {name}, which it does not have"),
        }
    }
}

/// A table's ARN in the pretended account.
pub fn table_arn(table: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}")
}

/// A value or the values of a list: IAM takes both.
pub fn one_or_many(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// YAML as JSON, with the short forms of functions written out.
fn plain(node: &Yaml) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.0),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(fields) => {
            let fields = fields.iter().map(|(name, value)| (text_of(&plain(name)), plain(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Yaml::Tagged(tag, inner) => match tag.suffix.as_str() {
            name @ ("Ref" | "Condition") => json!({ name: plain(inner) }),
            name => json!({ format!("Fn::{name}"): plain(inner) }),
        },
        other => panic!("the template has {other:?}, which this project does not use"),
    }
}
