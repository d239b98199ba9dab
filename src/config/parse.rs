//! From a text to a value, or to what could be written instead.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{PathBuf, absolute};

use chrono::TimeDelta;

use crate::domain::station::StationCode;
use crate::domain::text::is_hidden;
use crate::domain::user::Email;

/// One of a few words, in any case.
pub(super) fn word<T: Copy>(words: &[(&str, T)]) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|(_, value)| *value).ok_or_else(|| {
            let (last, rest) = words.split_last().expect("there is a choice");
            let rest: Vec<&str> = rest.iter().map(|(word, _)| *word).collect();
            format!("write {} or {}", rest.join(", "), last.0)
        })
    }
}

/// A whole number within bounds.
pub(super) fn count(least: u16, most: u16) -> impl Fn(&str) -> Result<u16, String> {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("write a whole number from {least} to {most}"))
    }
}

/// Seconds, minutes or hours within bounds, which are in seconds: `90s`, `10m`, `8h`.
pub(super) fn duration(least: i64, most: i64) -> impl Fn(&str) -> Result<TimeDelta, String> {
    move |text| {
        let seconds = seconds(text).filter(|seconds| (least..=most).contains(seconds));
        let wrong = || format!("write a time from {} to {}, such as 90s, 10m or 1h", Span(least), Span(most));
        seconds.and_then(TimeDelta::try_seconds).ok_or_else(wrong)
    }
}

fn seconds(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    number.parse::<i64>().ok()?.checked_mul(unit)
}

/// Seconds as they are written.
struct Span(i64);

impl Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            seconds if seconds % 3600 == 0 => write!(f, "{}h", seconds / 3600),
            seconds if seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

pub(super) fn file(text: &str) -> Result<PathBuf, String> {
    absolute(text).map_err(|_| "write the path of a file".to_owned())
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:2222 or [::]:2222".to_owned())
}

/// An address and a port, or none.
pub(super) fn socket_address_or_off(text: &str) -> Result<Option<SocketAddr>, String> {
    match text {
        "off" => Ok(None),
        text => socket_address(text).map(Some).map_err(|_| "write an address and a port, or off".to_owned()),
    }
}

/// A name that a client can be given: `ssh guest@…`.
pub(super) fn guest(text: &str) -> Result<String, String> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    if (1..=32).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("write 1 to 32 small letters, digits, hyphens or underscores, such as guest".to_owned())
    }
}

pub(super) fn folder(text: &str) -> Result<PathBuf, String> {
    absolute(text).map_err(|_| "write the path of a folder".to_owned())
}

pub(super) fn email(text: &str) -> Result<Email, String> {
    Email::parse(text).map_err(|_| "write one address, such as admin@example.in".to_owned())
}

pub(super) fn station(text: &str) -> Result<StationCode, String> {
    StationCode::parse(text).map_err(|_| "write a station's code of 1 to 8 letters or digits, such as NDLS".to_owned())
}

pub(super) fn region(text: &str) -> Result<String, String> {
    let fits = (3..=30).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits { Ok(text.to_owned()) } else { Err("write a region's name, such as ap-south-1".to_owned()) }
}

pub(super) fn endpoint(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let fits =
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace));
    if fits { Ok(text.to_owned()) } else { Err("write an address, such as http://localhost:8000".to_owned()) }
}

/// The name of a Lambda function, or its ARN, with a version or an alias if there is one.
pub(super) fn function(text: &str) -> Result<String, String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'$' | b'.');
    if (1..=256).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("write the function's name or its ARN, such as send-booking-notification".to_owned())
    }
}

/// `DynamoDB` takes 3 to 255 characters; some are left for `-runs` and `-audit`.
pub(super) fn table_name(text: &str) -> Result<String, String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if (3..=240).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("write 3 to 240 letters, digits, hyphens, dots or underscores".to_owned())
    }
}

pub(super) fn bucket_name(text: &str) -> Result<String, String> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let fits = (3..=63).contains(&bytes.len()) && bytes.iter().copied().all(allowed);
    if fits && ends(bytes.first()) && ends(bytes.last()) {
        Ok(text.to_owned())
    } else {
        Err("write 3 to 63 small letters, digits, hyphens or dots, with a letter or digit at both ends".to_owned())
    }
}

pub(super) fn terminal_id(text: &str) -> Result<String, String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if (1..=16).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("write 1 to 16 letters, digits, hyphens or underscores, such as NDLS-07".to_owned())
    }
}

/// A name that the print command cannot take for an option.
pub(super) fn printer(text: &str) -> Result<String, String> {
    let fits = (1..=127).contains(&text.len()) && !text.starts_with('-');
    if fits && !text.contains(|c: char| c.is_whitespace() || is_hidden(c) || matches!(c, '/' | '#')) {
        Ok(text.to_owned())
    } else {
        Err("write a printer's name as `lpstat -p` shows it".to_owned())
    }
}

/// The old switch between the engines in the process and AWS, as the store's name.
pub(super) fn mock_aws(text: &str) -> Result<&'static str, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok("embedded"),
        "false" | "0" | "no" | "off" => Ok("aws"),
        _ => Err("write true for the embedded store or false for AWS".to_owned()),
    }
}
