//! A train's coaches as one line of text: `H1 A1-A5 B1-B11`, read and written.
//!
//! A coach's letter says its class, and its class how many berths a coach of a rake has. Where a coach is another than
//! its letter or its rake says, it is written out: `X1:3A=64`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use thiserror::Error;

use crate::domain::coach::{BadCoach, Class, Coach, CoachId, Rake};
use crate::domain::text::is_hidden;
use crate::domain::train::TrainKind;

/// A text that is no composition.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadComposition {
    /// A word that names no coach.
    #[error(
        "'{0}' is not a coach or a range of coaches: write B2, or B1-B11 with a rising number; a coach unlike others \
         is written out, such as B3:3A=64"
    )]
    Word(String),
    /// A letter that says no class.
    #[error("no reserved class has coaches with the letter {letter}: write one of {}", letters())]
    Letter {
        /// The letter.
        letter: char,
    },
    /// A coach that cannot be.
    #[error(transparent)]
    Coach(#[from] BadCoach),
}

/// Reads a composition. Coaches whose berths are not written have those of their class in `rake`.
pub fn parse(text: &str, rake: Rake) -> Result<Vec<Coach>, BadComposition> {
    let mut coaches = Vec::new();
    for word in text.split_whitespace() {
        read_word(word, rake, &mut coaches)?;
    }
    Ok(coaches)
}

/// Writes coaches so that [`parse`] reads them back as they are, with ranges where coaches are alike.
pub fn written(coaches: &[Coach]) -> String {
    let mut text = String::new();
    let mut rest = coaches;
    while let Some(first) = rest.first() {
        let alike = run_of(rest);
        if !text.is_empty() {
            text.push(' ');
        }
        let _ = write!(text, "{}", first.id());
        if alike > 1 {
            let _ = write!(text, "-{}", rest[alike - 1].id());
        }
        if class_said(first.id().as_str()) != Some(first.class()) {
            let _ = write!(text, ":{}", first.class());
        }
        let _ = write!(text, "={}", first.berths());
        rest = &rest[alike..];
    }
    text
}

/// How many coaches of each class there are, best class first, such as `1 1A, 5 2A, 11 3A`.
pub fn summary(coaches: &[Coach]) -> String {
    let mut counts = BTreeMap::new();
    for coach in coaches {
        *counts.entry(coach.class()).or_insert(0_usize) += 1;
    }
    counts.iter().map(|(class, count)| format!("{count} {class}")).collect::<Vec<_>>().join(", ")
}

/// The coaches that trains of a kind have where nobody says which, by what most of them have.
pub fn usual(kind: TrainKind) -> Vec<Coach> {
    let text = match kind {
        TrainKind::Rajdhani => "H1 A1-A4 B1-B10",
        TrainKind::Shatabdi => "E1 C1-C10",
        TrainKind::Duronto => "H1 A1-A2 B1-B8 S1-S4",
        TrainKind::Superfast => "A1-A2 B1-B5 S1-S8",
        TrainKind::Express => "A1 B1-B3 S1-S8",
    };
    parse(text, Rake::Lhb).expect("a test reads them all")
}

/// The class that a coach's name says, such as 3A for `B2`.
pub fn class_said(name: &str) -> Option<Class> {
    let (letters, _) = coach_name(name)?;
    let mut letters = letters.chars();
    let (letter, None) = (letters.next()?, letters.next()) else { return None };
    Class::RESERVED.into_iter().find(|class| class.coach_letter() == Some(letter))
}

fn read_word(word: &str, rake: Rake, coaches: &mut Vec<Coach>) -> Result<(), BadComposition> {
    let bad = || BadComposition::Word(word.chars().filter(|c| !is_hidden(*c)).take(20).collect());
    let (names, berths) = match word.split_once('=') {
        Some((names, berths)) => (names, Some(berths.parse::<u8>().map_err(|_| bad())?)),
        None => (word, None),
    };
    let (names, class) = match names.split_once(':') {
        Some((names, class)) => (names, Some(class.parse::<Class>().map_err(|_| bad())?)),
        None => (names, None),
    };
    let ids = ids(names, class).ok_or_else(bad)?;
    let class = match class {
        Some(class) => class,
        None => class_said(names.split('-').next().unwrap_or_default()).ok_or_else(|| BadComposition::Letter {
            letter: names.chars().next().expect("a coach's name begins with a letter"),
        })?,
    };
    for id in ids {
        coaches.push(Coach::new(id, class, berths.unwrap_or_else(|| class.berths(rake)))?);
    }
    Ok(())
}

/// The coaches of a name or of a range. A name of another form than a letter and a number needs its class beside it.
fn ids(names: &str, class: Option<Class>) -> Option<Vec<CoachId>> {
    let (first, last) = names.split_once('-').unwrap_or((names, names));
    let (Some((letters, first)), Some((last_letters, last))) = (coach_name(first), coach_name(last)) else {
        return class.and_then(|_| CoachId::parse(names).ok()).map(|id| vec![id]);
    };
    if letters != last_letters || first > last {
        return None;
    }
    (first..=last).map(|number| CoachId::parse(&format!("{letters}{number}")).ok()).collect()
}

/// The letters and the number of a coach's name.
fn coach_name(word: &str) -> Option<(&str, u8)> {
    let digits = word.find(|c: char| !c.is_ascii_uppercase())?;
    let (letters, number) = word.split_at(digits);
    if letters.is_empty() || number.starts_with(['0', '+']) {
        return None;
    }
    Some((letters, number.parse().ok().filter(|number| *number <= 99)?))
}

/// How many coaches from the first on are alike and numbered on.
fn run_of(coaches: &[Coach]) -> usize {
    let next = |pair: &[Coach]| {
        let [id, next_id] = [pair[0].id(), pair[1].id()];
        let (Some((letters, number)), Some((next_letters, next_number))) =
            (coach_name(id.as_str()), coach_name(next_id.as_str()))
        else {
            return false;
        };
        let alike = pair[0].class() == pair[1].class() && pair[0].berths() == pair[1].berths();
        alike && letters == next_letters && next_number == number + 1
    };
    1 + coaches.windows(2).take_while(|pair| next(pair)).count()
}

fn letters() -> String {
    let letters = Class::RESERVED.iter().filter_map(|class| Some(format!("{} ({class})", class.coach_letter()?)));
    letters.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use strum::VariantArray as _;

    use super::{Class, Coach, CoachId, Rake, TrainKind, parse, summary, usual, written};

    #[rstest]
    #[case("H1 A1-A5 B1-B11", "H1=24 A1-A5=54 B1-B11=72")]
    #[case("B1 B2 B4", "B1-B2=72 B4=72")]
    #[case("B1-B2=64 B3", "B1-B2=64 B3=72")]
    #[case("X1:3A=64", "X1:3A=64")]
    #[case("GS1:2S", "GS1:2S=108")]
    #[case("1A:1A", "1A:1A=24")]
    #[case("", "")]
    fn a_composition_is_read_and_written(#[case] text: &str, #[case] again: &str) {
        let coaches = parse(text, Rake::Lhb).expect("a composition");
        assert_eq!(written(&coaches), again);
        assert_eq!(parse(again, Rake::Icf), Ok(coaches), "what is written needs no rake");
    }

    #[rstest]
    #[case("B3-B1", "'B3-B1' is not a coach")]
    #[case("B1-S3", "'B1-S3' is not a coach")]
    #[case("B01", "'B01' is not a coach")]
    #[case("é1", "'é1' is not a coach")]
    #[case("B1=many", "'B1=many' is not a coach")]
    #[case("B1:9Z", "'B1:9Z' is not a coach")]
    #[case("Z1", "no reserved class has coaches with the letter Z: write one of H (1A)")]
    #[case("BX1", "no reserved class has coaches with the letter B")]
    #[case("B1=0", "coach B1 has 0 berths")]
    #[case("D1:UR=90", "coach D1 is unreserved")]
    fn nonsense_is_refused_with_what_to_write(#[case] text: &str, #[case] says: &str) {
        let error = parse(text, Rake::Lhb).expect_err("refused").to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn every_kind_has_usual_coaches() {
        assert!(TrainKind::VARIANTS.iter().all(|kind| !usual(*kind).is_empty()));
    }

    #[test]
    fn a_summary_counts_by_class() {
        let coaches = parse("S1-S9 B1-B2 H1", Rake::Lhb).expect("a composition");
        assert_eq!(summary(&coaches), "1 1A, 2 3A, 9 SL");
    }

    proptest! {
        #[test]
        fn any_train_reads_back(parts in prop::collection::vec(("[A-Z0-9]{1,4}", 0_usize..8, 1_u8..=120), 0..30)) {
            let coaches: Vec<Coach> = parts
                .iter()
                .map(|(name, class, berths)| {
                    Coach::new(CoachId::parse(name).expect("short"), Class::RESERVED[*class], *berths).expect("possible")
                })
                .collect();
            prop_assert_eq!(parse(&written(&coaches), Rake::Lhb), Ok(coaches));
        }
    }
}
