//! Berths of several coaches as people write them: `A1 1-8,12 B2` is eight berths and one of A1, and all of B2.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::domain::coach::{Coach, CoachId};
use crate::domain::text::is_hidden;

/// Numbers of berths by coach.
pub type Berths = BTreeMap<CoachId, BTreeSet<u8>>;

/// A text that names no berths.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadBerths {
    /// There is nothing.
    #[error("Write a coach and its berths, such as A1 1-8,12; a coach alone is all of it.")]
    Nothing,
    /// A word that is neither.
    #[error("'{0}' is neither a coach nor berths: write such as A1 1-8,12.")]
    Word(String),
    /// Berths before any coach.
    #[error("Of which coach are berths {0}? Write it before them, such as A1 {0}.")]
    NoCoach(String),
    /// A coach that the train has not.
    #[error("The train has no coach {0}: look at the list above.")]
    Coach(CoachId),
    /// A berth that the coach has not.
    #[error("{coach} has berths 1 to {most}: '{word}' is not among them.")]
    Number {
        /// The coach.
        coach: CoachId,
        /// Its last berth.
        most: u8,
        /// What was written.
        word: String,
    },
}

/// Reads berths of a train's coaches. A coach without numbers is all of it.
pub fn parse(text: &str, coaches: &[Coach]) -> Result<Berths, BadBerths> {
    let mut berths = Berths::new();
    let mut open: Option<&Coach> = None;
    for word in text.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
        if word.starts_with(|first: char| first.is_ascii_digit()) {
            let coach = open.ok_or_else(|| BadBerths::NoCoach(printable(word)))?;
            berths.entry(coach.id()).or_default().extend(numbers(word, *coach)?);
        } else {
            whole(&mut berths, open);
            let id = CoachId::parse(&word.to_uppercase()).map_err(|_| BadBerths::Word(printable(word)))?;
            open = Some(coaches.iter().find(|coach| coach.id() == id).ok_or(BadBerths::Coach(id))?);
        }
    }
    whole(&mut berths, open);
    if berths.is_empty() { Err(BadBerths::Nothing) } else { Ok(berths) }
}

/// A coach of which no berth was named is all of it.
fn whole(berths: &mut Berths, coach: Option<&Coach>) {
    if let Some(coach) = coach {
        berths.entry(coach.id()).or_insert_with(|| coach.numbers().collect());
    }
}

/// `12`, or a range such as `1-8`.
fn numbers(word: &str, coach: Coach) -> Result<impl Iterator<Item = u8> + use<>, BadBerths> {
    let bad = || BadBerths::Number { coach: coach.id(), most: coach.berths(), word: printable(word) };
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let number = |text: &str| text.parse::<u8>().ok().filter(|number| (1..=coach.berths()).contains(number));
    let (first, last) = number(first).zip(number(last)).filter(|(first, last)| first <= last).ok_or_else(bad)?;
    Ok(first..=last)
}

/// Writes berths so that [`parse`] reads them back: `A1 1-8,12 B2 3`.
pub fn written(berths: &Berths) -> String {
    let coaches = berths.iter().filter(|(_, numbers)| !numbers.is_empty());
    coaches.map(|(coach, numbers)| format!("{coach} {}", ranges(numbers))).collect::<Vec<_>>().join(" ")
}

/// How many berths they are.
pub fn count(berths: &Berths) -> usize {
    berths.values().map(BTreeSet::len).sum()
}

/// Numbers with those that follow each other as ranges: `1-8,12`.
fn ranges(numbers: &BTreeSet<u8>) -> String {
    let mut runs: Vec<(u8, u8)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let run = |(first, last): &(u8, u8)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    runs.iter().map(run).collect::<Vec<_>>().join(",")
}

fn printable(word: &str) -> String {
    word.chars().filter(|c| !is_hidden(*c)).take(20).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{count, parse, written};
    use crate::domain::coach::{Coach, Rake};
    use crate::domain::composition;

    fn coaches() -> Vec<Coach> {
        composition::parse("A1=12 A2=4 S1=10", Rake::Lhb).expect("coaches")
    }

    #[rstest]
    #[case("A1 1-8,12", "A1 1-8,12", 9)]
    #[case("a1 12, 1 2 3", "A1 1-3,12", 4)]
    #[case("A2", "A2 1-4", 4)]
    #[case("A1 3 A2; S1 9-10", "A1 3 A2 1-4 S1 9-10", 7)]
    #[case("A1 1-3 A1 2-5", "A1 1-5", 5)]
    fn berths_are_read_and_written(#[case] text: &str, #[case] again: &str, #[case] berths: usize) {
        let read = parse(text, &coaches()).expect("berths");
        assert_eq!((written(&read), count(&read)), (again.to_owned(), berths));
        assert_eq!(parse(&written(&read), &coaches()), Ok(read));
    }

    #[rstest]
    #[case("", "Write a coach and its berths")]
    #[case(" ,; ", "Write a coach and its berths")]
    #[case("1-3", "Of which coach are berths 1-3?")]
    #[case("B1 1", "The train has no coach B1")]
    #[case("A1 13", "A1 has berths 1 to 12: '13' is not among them.")]
    #[case("A1 0-3", "A1 has berths 1 to 12: '0-3' is not among them.")]
    #[case("A1 8-3", "A1 has berths 1 to 12: '8-3' is not among them.")]
    #[case("A1 999", "A1 has berths 1 to 12: '999' is not among them.")]
    #[case("A1 -3", "'-3' is neither a coach nor berths")]
    #[case("A1 1 !", "'!' is neither a coach nor berths")]
    fn what_is_no_berth_says_what_to_write(#[case] text: &str, #[case] says: &str) {
        let told = parse(text, &coaches()).expect_err("refused").to_string();
        assert!(told.starts_with(says), "{told}");
    }
}
