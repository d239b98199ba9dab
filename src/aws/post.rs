//! How messages to people leave: by Lambda, SES and SNS, or, where nothing leaves the machine, as files in a folder.
//!
//! Each is sent once here. What repeats one that failed is the outbox, which has hours for it. No cause that is given names
//! anybody: what the services say is left out, since it repeats addresses and numbers, and their codes are enough.

mod folder;

use std::path::PathBuf;

use aws_config::SdkConfig;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::Blob;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use thiserror::Error;

/// How messages leave.
#[derive(Clone, Debug)]
pub enum Post {
    /// By the services of AWS, or of what stands in for it.
    Aws(Services),
    /// As files in this folder, which are there whole or not at all and for its owner alone.
    Folder(PathBuf),
    /// Not at all: every attempt fails.
    Nowhere,
}

/// A client for each service by which messages leave.
#[derive(Clone, Debug)]
pub struct Services {
    lambda: aws_sdk_lambda::Client,
    ses: aws_sdk_sesv2::Client,
    sns: aws_sdk_sns::Client,
}

/// A message, addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// To a function, which is not waited for.
    Function {
        /// Its name or ARN.
        function: String,
        /// What it is given: JSON.
        payload: String,
    },
    /// A mail.
    Email {
        /// Whose address it comes from.
        from: String,
        /// To whom it goes.
        to: String,
        /// All of it (RFC 5322).
        mime: Vec<u8>,
    },
    /// A text message.
    Sms {
        /// The number, with + and the country first.
        to: String,
        /// What it says.
        text: String,
    },
}

/// Why a message did not leave.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unsent {
    /// Another attempt may succeed; this one may have too.
    #[error("{0}")]
    Failed(String),
    /// No attempt will: the address is refused.
    #[error("{0}")]
    Refused(String),
}

impl Post {
    /// By the services that a configuration of the SDK reaches.
    pub fn aws(config: &SdkConfig) -> Self {
        Self::Aws(Services {
            lambda: aws_sdk_lambda::Client::new(config),
            ses: aws_sdk_sesv2::Client::new(config),
            sns: aws_sdk_sns::Client::new(config),
        })
    }

    /// Whether a function may be invoked, found out without invoking it; `None` where nothing leaves the machine.
    pub async fn may_invoke(&self, function: &str) -> Option<Result<(), Unsent>> {
        match self {
            Self::Aws(services) => Some(services.may_invoke(function).await),
            Self::Folder(_) | Self::Nowhere => None,
        }
    }

    /// Sends a message once. Where it becomes a file, `name` is what that is called, without its ending: sent again under
    /// the same name it is the same file.
    pub async fn send(&self, name: &str, message: Message) -> Result<(), Unsent> {
        match self {
            Self::Aws(services) => services.send(message).await,
            Self::Folder(folder) => folder::leave(folder.clone(), name, &message).await,
            Self::Nowhere => Err(Unsent::Failed("no message leaves from here".to_owned())),
        }
    }
}

impl Services {
    async fn send(&self, message: Message) -> Result<(), Unsent> {
        match message {
            Message::Function { function, payload } => self.invoke(function, payload).await,
            Message::Email { from, to, mime } => self.mail(from, to, mime).await,
            Message::Sms { to, text } => self.text(to, text).await,
        }
    }

    async fn invoke(&self, function: String, payload: String) -> Result<(), Unsent> {
        let invoke = self.lambda.invoke().function_name(function).invocation_type(InvocationType::Event);
        let sent = invoke.payload(Blob::new(payload)).send().await;
        sent.map(|_| ()).map_err(|error| unsent("Lambda", &error, &[]))
    }

    async fn may_invoke(&self, function: &str) -> Result<(), Unsent> {
        let invoke = self.lambda.invoke().function_name(function).invocation_type(InvocationType::DryRun);
        invoke.send().await.map(|_| ()).map_err(|error| unsent("Lambda", &error, &[]))
    }

    async fn mail(&self, from: String, to: String, mime: Vec<u8>) -> Result<(), Unsent> {
        let raw = RawMessage::builder().data(Blob::new(mime)).build().expect("the data is given");
        let mail = self
            .ses
            .send_email()
            .from_email_address(from)
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().raw(raw).build());
        mail.send().await.map(|_| ()).map_err(|error| unsent("SES", &error, &["BadRequestException"]))
    }

    async fn text(&self, to: String, text: String) -> Result<(), Unsent> {
        // News of a journey goes before advertisements.
        let kind = MessageAttributeValue::builder().data_type("String").string_value("Transactional").build();
        let publish = self
            .sns
            .publish()
            .phone_number(to)
            .message(text)
            .message_attributes("AWS.SNS.SMS.SMSType", kind.expect("its type is given"));
        let refusals = ["InvalidParameter", "InvalidParameterValue", "OptedOut"];
        publish.send().await.map(|_| ()).map_err(|error| unsent("SNS", &error, &refusals))
    }
}

/// What became of a request, by the code of its refusal and nothing that names anybody; `refusals` are those of an address.
fn unsent<E: ProvideErrorMetadata>(service: &str, error: &SdkError<E, HttpResponse>, refusals: &[&str]) -> Unsent {
    match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or("an error without a code");
            let cause = format!("{service} answers {code} ({})", answer.raw().status().as_u16());
            if refusals.contains(&code) { Unsent::Refused(cause) } else { Unsent::Failed(cause) }
        }
        SdkError::TimeoutError(_) => Unsent::Failed(format!("{service} does not answer in time")),
        SdkError::DispatchFailure(_) => Unsent::Failed(format!("{service} cannot be reached")),
        _ => Unsent::Failed(format!("{service} gives no usable answer")),
    }
}
