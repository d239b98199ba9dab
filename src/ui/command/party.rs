//! Passengers as they are typed at a desk: `SHARMA/ANITA F34 SHARMA/DEV M9`.

use crate::domain::passenger::{Age, Gender, PersonName};
use crate::ui::command::words::{Reader, Word, words};
use crate::ui::command::{BadEntry, Named, Seated};
use crate::ui::draft::TypedPassenger;

/// Says how somebody is written.
const LIKE: &str = "type it like SHARMA/ANITA F34, and M3L for a child without a berth";
const NO_SEX: &str = "Type F for female, M for male or T for transgender.";

/// Reads all that follows as passengers, and there is at least one.
pub(super) fn read(reader: &mut Reader) -> Result<Vec<Named>, BadEntry> {
    let mut party = Vec::new();
    let mut name: Vec<Word> = Vec::new();
    while let Some(word) = reader.next() {
        match who(&word) {
            Some(_) if name.is_empty() => return Err(word.refuse(format!("A name comes first: {LIKE}."))),
            Some(who) => {
                let (gender, age, seated) = who?;
                let typed = TypedPassenger {
                    name: written(&name)?,
                    age: age.to_string(),
                    gender: Some(gender),
                    preference: None,
                    unread: None,
                };
                party.push(Named { typed, seated });
                name.clear();
            }
            None => name.push(word),
        }
    }
    if !name.is_empty() {
        return Err(reader.missing("Sex and age are missing, as in SHARMA/ANITA F34."));
    }
    if party.is_empty() {
        return Err(reader.missing(format!("Say who travels: {LIKE}.")));
    }
    Ok(party)
}

/// Reads a line of a list: passengers as they are typed, or one as a table has them, such as `Anita Sharma,34,F`.
pub fn line(text: &str) -> Result<Vec<Named>, BadEntry> {
    if let Some(named) = cells(text) {
        return Ok(vec![named?]);
    }
    read(&mut Reader::new(words(text, 0), text.chars().count()))
}

/// A row of a table: a name, and behind it age and sex, either of them first. `None` for a line that has no cells.
fn cells(text: &str) -> Option<Result<Named, BadEntry>> {
    let separator = [',', ';', '\t'].into_iter().find(|separator| text.contains(*separator))?;
    let mut at = 0;
    let cells: Vec<Word> = text
        .split(separator)
        .map(|cell| {
            let begins = at + cell.chars().take_while(|c| c.is_whitespace()).count();
            at += cell.chars().count() + 1;
            Word { text: cell.trim().trim_matches('"'), at: begins }
        })
        .collect();
    let [name, one, other] = cells[..] else {
        let why = "Write name, age and sex, like Anita Sharma,34,F.";
        return Some(Err(BadEntry { at: 0, why: why.to_owned() }));
    };
    let (age, sex) = if one.text.starts_with(|c: char| c.is_ascii_digit()) { (one, other) } else { (other, one) };
    Some(named(name, age, sex))
}

fn named(name: Word, age: Word, sex: Word) -> Result<Named, BadEntry> {
    let of = |gender: &Gender| {
        let begins = sex.text.get(..1).is_some_and(|letter| letter.eq_ignore_ascii_case(gender.code()));
        begins && (sex.text.len() == 1 || sex.text.eq_ignore_ascii_case(gender.words()))
    };
    let Some(gender) = Gender::ALL.into_iter().find(of) else {
        return Err(sex.refuse(NO_SEX));
    };
    let age = age.text.parse::<Age>().map_err(|bad| age.refuse(bad.to_string()))?;
    let (name, gender) = (written(&[name])?, Some(gender));
    let typed = TypedPassenger { name, age: age.to_string(), gender, preference: None, unread: None };
    Ok(Named { typed, seated: Seated::Berth })
}

/// Reads all that follows as one name.
pub(super) fn name(reader: &mut Reader) -> Result<PersonName, BadEntry> {
    let mut words = vec![reader.need("Type the name as it should be, like c 2 SHARMA/ANITA.")?];
    while let Some(word) = reader.next() {
        words.push(word);
    }
    let name = written(&words)?;
    PersonName::parse(&name).map_err(|bad| words[0].refuse(bad.to_string()))
}

/// Sex, age and an `L` for a child without a berth, if a word is that: a name has no letter with digits behind it.
fn who(word: &Word) -> Option<Result<(Gender, Age, Seated), BadEntry>> {
    let mut letters = word.text.chars();
    let letter = letters.next()?.to_ascii_uppercase().to_string();
    let rest = letters.as_str();
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let Some(gender) = Gender::ALL.into_iter().find(|gender| gender.code() == letter) else {
        return Some(Err(word.refuse(NO_SEX)));
    };
    let (digits, seated) = match rest.strip_suffix(['l', 'L']) {
        Some(digits) => (digits, Seated::Lap),
        None => (rest, Seated::Berth),
    };
    let age = digits.parse::<Age>().map(|age| (gender, age, seated));
    Some(age.map_err(|bad| BadEntry { at: word.at + 1, why: bad.to_string() }))
}

/// A name as a ticket has it: the surname last, and where it was typed in one case, each of its words with a capital.
fn written(words: &[Word]) -> Result<String, BadEntry> {
    let first = words.first().expect("whoever asks has a name");
    let typed = words.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
    let name = match typed.split_once('/') {
        Some((surname, given)) => format!("{} {}", given.replace('/', " "), surname),
        None => typed,
    };
    let parsed = PersonName::parse(&name).map_err(|bad| first.refuse(bad.to_string()))?;
    let shouted = !parsed.as_str().chars().any(char::is_lowercase);
    let whispered = !parsed.as_str().chars().any(char::is_uppercase);
    if !shouted && !whispered {
        return Ok(parsed.as_str().to_owned());
    }
    let mut begins = true;
    let letters = parsed.as_str().chars().flat_map(|c| {
        let as_it_is: Vec<char> = if begins { c.to_uppercase().collect() } else { c.to_lowercase().collect() };
        begins = !c.is_alphabetic();
        as_it_is
    });
    Ok(letters.collect())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::read;
    use crate::ui::command::Seated;
    use crate::ui::command::words::{Reader, words};

    fn party(text: &str) -> Result<Vec<String>, (usize, String)> {
        let named = read(&mut Reader::new(words(text, 0), text.chars().count()));
        let words = |party: Vec<super::Named>| {
            let word = |one: super::Named| {
                let lap = if one.seated == Seated::Lap { " on a lap" } else { "" };
                let gender = one.typed.gender.expect("a gender").code();
                format!("{} {gender} {}{lap}", one.typed.name, one.typed.age)
            };
            party.into_iter().map(word).collect()
        };
        named.map(words).map_err(|bad| (bad.at, bad.why))
    }

    #[rstest]
    #[case("SHARMA/ANITA F34", &["Anita Sharma F 34"])]
    #[case("sharma/anita f34 sharma/dev m9", &["Anita Sharma F 34", "Dev Sharma M 9"])]
    #[case("DE SOUZA/MARIA ROSA F41", &["Maria Rosa De Souza F 41"])]
    #[case("McDonald/Ronan M40", &["Ronan McDonald M 40"])]
    #[case("O'BRIEN/PAT T50", &["Pat O'Brien T 50"])]
    #[case("MADHUBALA F36", &["Madhubala F 36"])]
    #[case("शर्मा/अनीता F34", &["अनीता शर्मा F 34"])]
    #[case("IYER/OM M3L", &["Om Iyer M 3 on a lap"])]
    fn passengers_are_read_as_agents_type_them(#[case] text: &str, #[case] read: &[&str]) {
        assert_eq!(party(text).expect("a party"), read);
    }

    #[rstest]
    #[case("", 0, "Say who travels")]
    #[case("F34", 0, "A name comes first")]
    #[case("SHARMA/ANITA", 12, "Sex and age are missing")]
    #[case("SHARMA/ANITA X34", 13, "Type F for female")]
    #[case("SHARMA/ANITA F134", 14, "An age is a number")]
    #[case("SHARMA/ANITA F34 / M9", 17, "Type the passenger's name")]
    fn what_is_no_party_is_pointed_at(#[case] text: &str, #[case] at: usize, #[case] why: &str) {
        let bad = party(text).expect_err("it is refused");
        assert!(bad.0 == at && bad.1.starts_with(why), "{bad:?}");
    }
}
