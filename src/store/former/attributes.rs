//! Attributes of items whose spelling nobody recorded: `UserName`, `user_name` and `username` are one, numbers may be texts.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::domain::money::Paise;
use crate::domain::text::is_hidden;
use crate::store::item::Item;

/// An item's attributes by their names without case and underscores.
pub(super) struct Attributes<'a>(&'a Item);

impl<'a> Attributes<'a> {
    pub(super) fn of(item: &'a Item) -> Self {
        Self(item)
    }

    /// The first that there is of some attributes, written in small letters alone; one that says nothing is none.
    pub(super) fn first(&self, names: &[&str]) -> Option<&'a AttributeValue> {
        let named = |name: &&str| self.0.iter().find(|(own, _)| plain(own) == **name).map(|(_, value)| value);
        names.iter().filter_map(named).find(|value| {
            !matches!(value, AttributeValue::Null(_))
                && !matches!(value, AttributeValue::S(text) if text.trim().is_empty())
        })
    }

    /// The first of some attributes, as text.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        self.first(names).and_then(words)
    }

    /// Whether an attribute says yes; `None` where there is none.
    pub(super) fn flag(&self, names: &[&str]) -> Option<bool> {
        match self.first(names)? {
            AttributeValue::Bool(yes) => Some(*yes),
            other => Some(matches!(words(other)?.to_ascii_lowercase().as_str(), "true" | "yes" | "1")),
        }
    }
}

/// Whether an attribute holds a password's hash.
pub(super) fn is_password(name: &str) -> bool {
    PASSWORD.contains(&plain(name).as_str())
}

/// Where the hash of a password may stand.
pub(super) const PASSWORD: &[&str] = &["passwordhash", "password", "hashedpassword", "pwhash"];

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// A value in words: lists with commas between, maps by their values.
pub(super) fn words(value: &AttributeValue) -> Option<String> {
    let text = match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
        AttributeValue::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        AttributeValue::B(bytes) => String::from_utf8(bytes.as_ref().to_vec()).ok()?,
        AttributeValue::L(values) => values.iter().filter_map(words).collect::<Vec<_>>().join(", "),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => texts.join(", "),
        AttributeValue::M(map) => person(&Attributes(map)),
        _ => return None,
    };
    let shown: String = text.trim().chars().filter(|c| !is_hidden(*c)).collect();
    (!shown.is_empty()).then_some(shown)
}

/// A map as a passenger's line: `Anita Sharma (34 F) S1/23`.
fn person(of: &Attributes) -> String {
    let name = of.text(&["name", "passengername", "fullname"]);
    let facts = [of.text(&["age"]), of.text(&["gender", "sex"])];
    let facts = facts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let facts = (!facts.is_empty()).then(|| format!("({facts})"));
    let seat = of.text(&["seat", "seatnumber", "seatno", "berth"]);
    [name, facts, seat].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Rupees, as `1234`, `1,234.50` or with their sign.
pub(super) fn rupees(text: &str) -> Option<Paise> {
    let text: String = text.chars().filter(|c| !matches!(c, ',' | ' ' | '₹')).collect();
    let text = text.trim_start_matches("Rs.").trim_start_matches("Rs").trim_start_matches("INR");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    // Python's floats leave zeros behind, and sometimes more than paise.
    let paise = part.trim_end_matches('0');
    if whole.is_empty() || !digits(whole) || !digits(part) || paise.len() > 2 {
        return None;
    }
    let whole: i64 = whole.parse().ok().filter(|whole| *whole < 1_000_000_000)?;
    let paise: i64 = format!("{paise:0<2}").parse().ok()?;
    Some(Paise::new(whole * 100 + paise))
}

/// A moment: RFC 3339, Python's `isoformat` (UTC where it names no zone), a date, or seconds since 1970.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(text, form) {
            return Some(at.and_utc());
        }
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return date.and_hms_opt(0, 0, 0).map(|at| at.and_utc());
    }
    let seconds = text.split('.').next()?.parse::<i64>().ok()?;
    // Before 1990 it was no second of a booking, and past 2100 it is milliseconds.
    let seconds = if seconds > 4_102_444_800 { seconds / 1_000 } else { seconds };
    (seconds > 631_152_000).then(|| DateTime::from_timestamp(seconds, 0))?
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Paise, moment, rupees};

    #[rstest]
    #[case("1234", Some(123_400))]
    #[case("1,234.50", Some(123_450))]
    #[case("₹ 99.5", Some(9_950))]
    #[case("1155.0", Some(115_500))]
    #[case("0", Some(0))]
    #[case("12.345", None)]
    #[case("-5", None)]
    #[case("free", None)]
    #[case("", None)]
    fn amounts(#[case] text: &str, #[case] paise: Option<i64>) {
        assert_eq!(rupees(text), paise.map(Paise::new));
    }

    #[rstest]
    #[case("2024-05-01T10:00:00Z", Some("2024-05-01T10:00:00Z"))]
    #[case("2024-05-01T15:30:00+05:30", Some("2024-05-01T10:00:00Z"))]
    #[case("2024-05-01T10:00:00.123456", Some("2024-05-01T10:00:00.123456Z"))]
    #[case("2024-05-01 10:00:00", Some("2024-05-01T10:00:00Z"))]
    #[case("2024-05-01", Some("2024-05-01T00:00:00Z"))]
    #[case("1714557600", Some("2024-05-01T10:00:00Z"))]
    #[case("1714557600000", Some("2024-05-01T10:00:00Z"))]
    #[case("yesterday", None)]
    #[case("17", None)]
    fn moments(#[case] text: &str, #[case] at: Option<&str>) {
        assert_eq!(moment(text), at.map(|at| at.parse().expect("a moment")));
    }
}
