//! What a request on the wire asks, read from its JSON.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use super::trace::digest;
use super::weather::Kind;

/// A request as the network sees it.
#[derive(Clone, Debug)]
pub struct Ask {
    pub operation: String,
    pub body: Value,
}

/// The item of a write: a table and a key.
pub type Target = String;

impl Ask {
    /// Reads a request; one for objects has no body to look at.
    pub fn of(request: &HttpRequest) -> Self {
        match request.headers().get("x-amz-target") {
            Some(target) => {
                let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
                let body = request.body().bytes().unwrap_or_default();
                Self { operation, body: serde_json::from_slice(body).expect("the SDK sends JSON") }
            }
            None => Self { operation: format!("{} object", request.method()), body: Value::Null },
        }
    }

    /// Puts the body, which was changed, back into its request.
    pub fn write_into(&self, request: &mut HttpRequest) {
        *request.body_mut() = SdkBody::from(self.body.to_string());
    }

    pub fn kind(&self) -> Kind {
        let strong = |value: &Value| value.get("ConsistentRead").and_then(Value::as_bool) == Some(true);
        match self.operation.as_str() {
            "Query" if self.body.get("IndexName").is_some() => Kind::Index,
            "GetItem" | "Query" | "Scan" if !strong(&self.body) => Kind::Read,
            "BatchGetItem" => {
                let tables = self.body["RequestItems"].as_object().expect("a batch names tables");
                if tables.values().all(strong) { Kind::ConsistentRead } else { Kind::Read }
            }
            "GetItem" | "Query" | "Scan" | "TransactGetItems" | "DescribeTable" | "DescribeTimeToLive" => {
                Kind::ConsistentRead
            }
            _ => Kind::Write,
        }
    }

    pub fn is_transaction(&self) -> bool {
        self.operation == "TransactWriteItems"
    }

    /// The token of a transaction.
    pub fn token(&self) -> Option<String> {
        let token = self.body.get("ClientRequestToken").filter(|_| self.is_transaction())?;
        token.as_str().map(str::to_owned)
    }

    /// Every single write in it: what it does, and to which item.
    pub fn writes(&self) -> Vec<(&'static str, Target)> {
        match self.operation.as_str() {
            "TransactWriteItems" => {
                let items = self.body["TransactItems"].as_array().expect("a transaction has items");
                items.iter().filter_map(parts).collect()
            }
            "UpdateItem" => vec![("update", target(&self.body, "Key"))],
            "PutItem" => vec![("put", target(&self.body, "Item"))],
            "DeleteItem" => vec![("delete", target(&self.body, "Key"))],
            _ => Vec::new(),
        }
    }
}

fn parts(item: &Value) -> Option<(&'static str, Target)> {
    let names = [
        ("Put", "put", "Item"),
        ("Update", "update", "Key"),
        ("Delete", "delete", "Key"),
        ("ConditionCheck", "check", "Key"),
    ];
    names.into_iter().find_map(|(name, verb, key)| Some((verb, target(item.get(name)?, key))))
}

/// Keys by table; an item has its table's first key among its attributes.
const KEYS: [&[&str]; 5] = [&["RunID", "Item"], &["BookingID"], &["TrainID"], &["Day", "EventID"], &["UserID"]];

fn target(write: &Value, under: &str) -> Target {
    let table = write["TableName"].as_str().expect("a write names its table");
    let item = &write[under];
    let keys: &[&str] = match table {
        "trains" => KEYS[2],
        "trains-runs" => KEYS[0],
        "bookings" => KEYS[1],
        "bookings-audit" => KEYS[3],
        _ => KEYS[4],
    };
    let keys: Vec<_> = keys.iter().map(|key| item[key]["S"].as_str().expect("keys are strings")).collect();
    format!("{table}/{}", keys.join("/"))
}

/// Says in a line what is asked, always the same for the same request.
impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.operation)?;
        for (verb, target) in self.writes() {
            if self.is_transaction() {
                write!(f, " {verb}")?;
            }
            write!(f, " {target}")?;
        }
        write!(f, " #{:08x}", digest(0, self.body.to_string().as_bytes()) as u32)
    }
}
