//! What a person has to do before requests of a kind can succeed: one sentence for each thing that can be wrong with an
//! account at AWS, its tables and bucket, or this machine.

use aws_credential_types::provider::error::CredentialsError;

use crate::store::StoreError;
use crate::store::retry::Refusal;

/// A refusal that the caller has no use for, as an error that says what a person has to do.
pub(crate) fn refused<E: Refusal>(refusal: &E) -> StoreError {
    let code = refusal.code().unwrap_or("an error without a code");
    let message = refusal.message().unwrap_or(code);
    let remedy = remedy(&action(E::SERVICE, E::OPERATION), code, message).unwrap_or_else(|| {
        format!("The store refuses a request ({code}: {message}): run kiosk health --deep, or report this.")
    });
    StoreError::Misconfigured { remedy }
}

/// What has to be done about credentials that cannot be had.
pub(crate) fn without_credentials(error: &CredentialsError) -> StoreError {
    let remedy = match error {
        CredentialsError::CredentialsNotLoaded(_) => {
            "No AWS credentials were found: give this machine a role, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY."
                .to_owned()
        }
        CredentialsError::ProviderTimedOut(_) => {
            "AWS credentials could not be fetched in time: check that this machine reaches the service that gives out its \
             role."
                .to_owned()
        }
        other => {
            let cause = std::error::Error::source(other).map_or_else(|| other.to_string(), ToString::to_string);
            format!("AWS credentials cannot be had ({cause}): check the profile, or the role of this machine.")
        }
    };
    StoreError::Misconfigured { remedy }
}

/// What IAM calls the permission for an operation of a service. S3 has a few names of its own.
fn action(service: &str, operation: &str) -> String {
    let name = match operation {
        "HeadBucket" => "ListBucket",
        other => other,
    };
    format!("{service}:{name}")
}

fn remedy(action: &str, code: &str, message: &str) -> Option<String> {
    Some(match code {
        "ResourceNotFoundException" => format!(
            "A table does not exist ({message}): run kiosk provision, or check the names of the tables and AWS_REGION."
        ),
        "NoSuchBucket" => {
            format!("The bucket does not exist ({message}): run kiosk provision, or check S3_BUCKET_NAME.")
        }
        "ValidationException" if message.contains("specified index") => {
            format!("A table lacks an index ({message}): kiosk health --deep says which, and with which keys.")
        }
        "AccessDeniedException" | "AccessDenied" | "AllAccessDisabled" => {
            let (action, resource) = denied(message).unwrap_or((action, "what it was asked for"));
            format!(
                "These AWS credentials lack the permission {action} on {resource}: add it to the role's policy, or use \
                 other credentials."
            )
        }
        "UnrecognizedClientException" | "InvalidAccessKeyId" | "InvalidClientTokenId" => {
            format!("AWS does not know these credentials ({message}): check the key and the region.")
        }
        "ExpiredTokenException" | "ExpiredToken" | "TokenRefreshRequired" => {
            format!("The AWS credentials have expired ({message}): sign in to AWS again.")
        }
        "RequestTimeTooSkewed" | "RequestExpired" => wrong_clock(message),
        "InvalidSignatureException" | "SignatureDoesNotMatch" if tells_of_time(message) => wrong_clock(message),
        "InvalidSignatureException" | "SignatureDoesNotMatch" => {
            format!("AWS refuses the signature ({message}): check the secret key and this machine's clock.")
        }
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
            format!("The bucket is in another region ({message}): set AWS_REGION to it, or choose another bucket.")
        }
        _ => return None,
    })
}

fn wrong_clock(message: &str) -> String {
    format!(
        "AWS refuses requests because this machine's clock is wrong ({message}): set it, on most systems with timedatectl \
         set-ntp true."
    )
}

/// Whether a refused signature was made at another time than AWS's, as its words have it.
fn tells_of_time(message: &str) -> bool {
    ["Signature expired", "not yet current", "skew"].iter().any(|words| message.contains(words))
}

/// The action and the resource in IAM's words: `User: … is not authorized to perform: ACTION on resource: RESOURCE because …`.
fn denied(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let (action, rest) = rest.split_once(" on resource: ")?;
    let resource = rest.split_whitespace().next()?.trim_matches('"');
    Some((action.trim(), resource))
}

/// What has to be done about a bucket of which nothing but a status and perhaps a region is known: a reply to HEAD has no
/// body.
pub(crate) fn of_bucket(bucket: &str, status: u16, region: Option<&str>) -> StoreError {
    let remedy = match (status, region) {
        (301 | 307 | 400, Some(region)) => format!(
            "The bucket {bucket} is in the region {region}, and Kiosk asks in another: set AWS_REGION to it, or choose \
             another bucket in S3_BUCKET_NAME."
        ),
        (403, _) => format!(
            "These AWS credentials lack the permission s3:ListBucket on the bucket {bucket}, or it belongs to somebody \
             else: add it to the role's policy, or choose another bucket in S3_BUCKET_NAME."
        ),
        (400, None) => format!(
            "AWS refuses to answer for the bucket {bucket}: check that the credentials have not expired, and AWS_REGION."
        ),
        (status, _) => format!(
            "The bucket {bucket} cannot be used (HTTP status {status}): check S3_BUCKET_NAME, AWS_REGION and the \
             credentials."
        ),
    };
    StoreError::Misconfigured { remedy }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{of_bucket, remedy};

    #[rstest]
    #[case::table("ResourceNotFoundException", "Requested resource not found", "run kiosk provision")]
    #[case::bucket("NoSuchBucket", "The specified bucket does not exist", "run kiosk provision")]
    #[case::index("ValidationException", "The table does not have the specified index: WorkIndex", "lacks an index")]
    #[case::denied(
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:role/x is not authorized to perform: dynamodb:Query on resource: \
         arn:aws:dynamodb:ap-south-1:123456789012:table/bookings/index/WorkIndex because no identity-based policy allows it",
        "permission dynamodb:Query on arn:aws:dynamodb:ap-south-1:123456789012:table/bookings/index/WorkIndex: add it"
    )]
    #[case::denied_by_s3(
        "AccessDenied",
        "User: x is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::receipts/a.pdf\" because",
        "permission s3:PutObject on arn:aws:s3:::receipts/a.pdf: add it"
    )]
    #[case::denied_in_few_words("AccessDenied", "Access Denied", "permission s3:GetObject on what it was asked for")]
    #[case::unknown("UnrecognizedClientException", "The security token is invalid", "does not know these credentials")]
    #[case::expired("ExpiredTokenException", "The security token is expired", "sign in to AWS again")]
    #[case::skewed("RequestTimeTooSkewed", "The difference is too large", "timedatectl")]
    #[case::signed_too_late(
        "InvalidSignatureException",
        "Signature expired: 20261201T043000Z is now earlier than 20261201T050000Z",
        "this machine's clock is wrong"
    )]
    #[case::signed_too_early(
        "SignatureDoesNotMatch",
        "Signature not yet current: x is still later than y",
        "timedatectl"
    )]
    #[case::signed_wrongly("SignatureDoesNotMatch", "The signature does not match", "check the secret key")]
    #[case::elsewhere(
        "AuthorizationHeaderMalformed",
        "the region 'us-east-1' is wrong; expecting 'eu-west-1'",
        "set AWS_REGION"
    )]
    fn each_refusal_has_its_sentence(#[case] code: &str, #[case] message: &str, #[case] says: &str) {
        let said = remedy("s3:GetObject", code, message).expect("there is a remedy");
        assert!(said.contains(says), "{said}");
        assert!(said.ends_with('.'), "{said}");
    }

    #[rstest]
    #[case(301, Some("eu-west-1"), "is in the region eu-west-1")]
    #[case(403, None, "s3:ListBucket on the bucket receipts")]
    #[case(400, None, "have not expired")]
    #[case(418, None, "HTTP status 418")]
    fn a_bucket_that_says_nothing_is_known_by_its_status(
        #[case] status: u16,
        #[case] region: Option<&str>,
        #[case] says: &str,
    ) {
        let said = of_bucket("receipts", status, region).to_string();
        assert!(said.contains(says), "{said}");
    }
}
