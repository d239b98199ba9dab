//! The entries: one table for reading, completion, the help page and `docs/desk.md`.

use std::fmt::Write as _;

use chrono::NaiveDate;

use crate::domain::coach::Class;
use crate::domain::correction::Correction;
use crate::domain::pnr::Pnr;
use crate::domain::quota::Quota;
use crate::domain::station::Place;
use crate::domain::train::TrainNumber;
use crate::domain::user::Phone;
use crate::ui::command::words::{Reader, Word, chained, words};
use crate::ui::command::{BadEntry, Choice, Entry, Pick, Step, Tendered, party};
use crate::ui::context::World;
use crate::ui::day_text::{self, BadDay};
use crate::ui::draft::Trip;
use crate::ui::screens::search;
use crate::ui::widgets::places;

/// How an entry is written, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The word with which it begins.
    pub word: &'static str,
    /// The entry in a word or two.
    pub name: &'static str,
    /// How it is written; what stands in brackets may be left out.
    pub form: &'static str,
    /// One as somebody types it.
    pub example: &'static str,
    /// What it does, in a sentence.
    pub help: &'static str,
    /// The keys that do the same.
    pub keys: &'static str,
    /// What to say where no screen in front takes it.
    needs: &'static str,
    /// What its words may be.
    slots: &'static [Slot],
    read: fn(&mut Reader, &World) -> Result<Vec<Step>, BadEntry>,
}

/// What a word may be, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Place,
    /// A place or a date.
    PlaceOrDay,
    Class,
    Quota,
    Way,
    Other,
}

/// All entries, in the order of a sale.
pub const ENTRIES: &[Form] = &[
    Form {
        word: "a",
        name: "availability",
        form: "a [FROM] TO [DATE] [CLASS] [QUOTA]",
        example: "a ndls mmct 24dec 3a",
        help: "Shows the trains of a day, from this station where no other is typed.",
        keys: "the search, Enter",
        needs: "",
        slots: &[Slot::Place, Slot::PlaceOrDay, Slot::Class, Slot::Class, Slot::Quota],
        read: availability,
    },
    Form {
        word: "s",
        name: "sell",
        form: "s TRAIN [CLASS] [PARTY]",
        example: "s 2 3a 2",
        help: "Holds the best berths of a train for a party; the train by its line in the list or by its number.",
        keys: "the trains, Enter; the berths, Enter",
        needs: "It sells out of a list of trains: show one first, like a ndls mmct 24dec.",
        slots: &[Slot::Other, Slot::Class, Slot::Other],
        read: sell,
    },
    Form {
        word: "j",
        name: "join",
        form: "j",
        example: "j",
        help: "Takes what there is where berths are too few: berths, RAC, then the waiting list.",
        keys: "the berths, j",
        needs: "It joins a queue from the berths of a train: choose a train first, like s 2 3a 2.",
        slots: &[],
        read: |_, _| Ok(vec![Step::Join]),
    },
    Form {
        word: "n",
        name: "names",
        form: "n [ROW] SURNAME/NAME SEX+AGE ...",
        example: "n SHARMA/ANITA F34 SHARMA/DEV M9",
        help: "Fills in passengers, from the first empty row on or from the one that is typed.",
        keys: "the passengers",
        needs: "Passengers are filled in once berths are held: sell first, like s 2 3a 2.",
        slots: &[],
        read: names,
    },
    Form {
        word: "t",
        name: "telephone",
        form: "t NUMBER",
        example: "t 9810012345",
        help: "Fills in the telephone number.",
        keys: "the passengers, the last field",
        needs: "A number is filled in once berths are held: sell first, like s 2 3a 2.",
        slots: &[],
        read: telephone,
    },
    Form {
        word: "l",
        name: "last passengers",
        form: "l [NUMBER]",
        example: "l 9810012345",
        help: "Shows who travelled last with the telephone number, to be chosen.",
        keys: "the passengers, F3",
        needs: "Passengers are chosen once berths are held: sell first, like s 2 3a 2.",
        slots: &[],
        read: last_passengers,
    },
    Form {
        word: "f",
        name: "fare",
        form: "f",
        example: "f",
        help: "Goes on to the fare of the party.",
        keys: "the passengers, F2",
        needs: "There is a fare once passengers are filled in: sell first, like s 2 3a 2.",
        slots: &[],
        read: |_, _| Ok(vec![Step::Fare]),
    },
    Form {
        word: "p",
        name: "pay",
        form: "p [cash [RECEIVED] | card REFERENCE]",
        example: "p cash 4000",
        help: "Takes the money and books; a fare that was not on the screen yet is shown first, and Enter takes it.",
        keys: "the fare, Enter",
        needs: "There is nothing to pay here: sell first, like s 2 3a 2.",
        slots: &[Slot::Way],
        read: pay,
    },
    Form {
        word: "r",
        name: "retrieve",
        form: "r PNR",
        example: "r 8412345678",
        help: "Opens a booking; what is in work waits beneath it.",
        keys: "the bookings, Enter",
        needs: "",
        slots: &[],
        read: retrieve,
    },
    Form {
        word: "x",
        name: "cancel",
        form: "x [ROW ...]",
        example: "x 2",
        help: "Shows what is given back for all or some passengers; a second x asks and cancels.",
        keys: "a booking, c; Enter",
        needs: "It cancels the booking on the screen: open one first, like r 8412345678.",
        slots: &[],
        read: cancel,
    },
    Form {
        word: "c",
        name: "correct",
        form: "c ROW SURNAME/NAME",
        example: "c 2 SHARMA/DEV",
        help: "Shows the name of a passenger as it should be; Enter puts it right, once and before the chart.",
        keys: "a booking, n",
        needs: "It corrects the booking on the screen: open one first, like r 8412345678.",
        slots: &[],
        read: correct,
    },
    Form {
        word: "b",
        name: "board",
        form: "b STATION",
        example: "b kota",
        help: "Shows a later halt at which the party boards; Enter asks and changes it, once and a day before.",
        keys: "a booking, b; Enter",
        needs: "It changes the booking on the screen: open one first, like r 8412345678.",
        slots: &[Slot::Place],
        read: board,
    },
    Form {
        word: "w",
        name: "way back",
        form: "w [DATE]",
        example: "w 28dec",
        help: "Searches the way back of the booking on the screen, with the same party.",
        keys: "a ticket or a booking, w",
        needs: "It goes by the booking on the screen: open one first, like r 8412345678.",
        slots: &[],
        read: |reader, world| Ok(vec![Step::WayBack(day(reader, world)?)]),
    },
    Form {
        word: "g",
        name: "go again",
        form: "g [DATE]",
        example: "g +7",
        help: "Searches the journey of the booking on the screen again, with the same party.",
        keys: "a ticket or a booking, g",
        needs: "It goes by the booking on the screen: open one first, like r 8412345678.",
        slots: &[],
        read: |reader, world| Ok(vec![Step::Again(day(reader, world)?)]),
    },
    Form {
        word: "k",
        name: "keep aside",
        form: "k [NUMBER]",
        example: "k",
        help: "Sets the journey in work aside for another, or goes on with one that waits, by its number.",
        keys: "^N",
        needs: "",
        slots: &[],
        read: keep_aside,
    },
    Form {
        word: "h",
        name: "help",
        form: "h",
        example: "h",
        help: "Shows the keys of the screen and all entries.",
        keys: "F1",
        needs: "",
        slots: &[],
        read: |_, _| Ok(vec![Step::Help]),
    },
];

/// The entry that repeats the line before.
pub const REPEAT: &str = ".";

/// Reads a line: entries chained by semicolons. Nothing typed is no entry.
///
/// # Errors
///
/// What is wrong first, and at which character.
pub fn read(line: &str, world: &World) -> Result<Vec<Entry>, BadEntry> {
    let mut entries = Vec::new();
    for (text, at) in chained(line) {
        let all = words(text, at);
        let Some(first) = all.first().copied() else { continue };
        let Some(form) = form(first.text) else {
            return Err(first.refuse(format!("There is no entry '{}': type h for all of them.", first.text)));
        };
        let places = all.iter().map(|word| word.at).collect();
        let mut reader = Reader::new(all, at + text.trim_end().chars().count());
        reader.next();
        let steps = (form.read)(&mut reader, world)?;
        reader.finish(form.form)?;
        entries.push(Entry { words: places, needs: form.needs, steps });
    }
    Ok(entries)
}

fn form(word: &str) -> Option<&'static Form> {
    ENTRIES.iter().find(|form| form.word.eq_ignore_ascii_case(word))
}

fn availability(reader: &mut Reader, world: &World) -> Result<Vec<Step>, BadEntry> {
    let first = reader.need("Say where to: type a code, like a ndls mmct 24dec.")?;
    let mut to = (place(&first, world)?, first);
    let here = world.terminal.station.and_then(|code| world.stations.get(code)).cloned().map(Place::Station);
    let mut from = here;
    if let Some(second) = reader.peek().filter(|word| !is_behind_places(word, world)) {
        from = Some(to.0);
        reader.next();
        to = (place(&second, world)?, second);
    }
    let Some(from) = from else {
        return Err(first.refuse("This terminal has no station of its own: type both, like a ndls mmct 24dec."));
    };
    if from == to.0 {
        return Err(to.1.refuse("That is where the journey begins: type another place."));
    }
    let date = match reader.peek().filter(|word| !matches!(date_of(word, world), Err(BadDay::Unreadable))) {
        Some(word) => {
            reader.next();
            date_of(&word, world).map_err(|bad| word.refuse(bad.to_string()))?
        }
        None => world.booking_rules().window(world.now).0,
    };
    let (mut class, mut quota) = (None, None);
    while let Some(word) = reader.peek() {
        match (quota_of(&word), word.text.parse::<Class>()) {
            (Some(found), _) if quota.is_none() => quota = Some(found),
            (None, Ok(found)) if class.is_none() => class = Some(found),
            (None, Err(_)) => {
                let what = "That is no class, quota or date: type it like 3A, TQ or 24dec.";
                return Err(word.refuse(what));
            }
            _ => break,
        }
        reader.next();
    }
    let party = world.draft.party.max(1);
    Ok(vec![Step::Search(Trip { from, to: to.0, date, party, class, quota: quota.unwrap_or_default() })])
}

/// Whether a word is a date, a class or a quota, and no place.
fn is_behind_places(word: &Word, world: &World) -> bool {
    !matches!(date_of(word, world), Err(BadDay::Unreadable))
        || quota_of(word).is_some()
        || word.text.parse::<Class>().is_ok()
}

fn date_of(word: &Word, world: &World) -> Result<NaiveDate, BadDay> {
    day_text::read(word.text, world.booking_rules().window(world.now))
}

fn quota_of(word: &Word) -> Option<Quota> {
    Quota::ALL.into_iter().find(|quota| quota.code().eq_ignore_ascii_case(word.text))
}

/// The date of an entry that may have one.
fn day(reader: &mut Reader, world: &World) -> Result<Option<NaiveDate>, BadEntry> {
    let word = reader.next();
    word.map(|word| date_of(&word, world).map_err(|bad| word.refuse(bad.to_string()))).transpose()
}

/// A place by its code, or by its name with hyphens for spaces.
fn place(word: &Word, world: &World) -> Result<Place, BadEntry> {
    let spaced = || world.stations.resolve(&word.text.replace('-', " "));
    world.stations.resolve(word.text).or_else(spaced).ok_or_else(|| {
        let near = search::nearest(&world.stations, word.text);
        let near = near.map_or_else(String::new, |name| format!(" Did you mean {}?", name.replace(' ', "-")));
        word.refuse(format!("We have no such station.{near} Type a code, or Tab behind its first letters."))
    })
}

fn sell(reader: &mut Reader, world: &World) -> Result<Vec<Step>, BadEntry> {
    /// Digits of a train's number; a list has fewer lines.
    const DIGITS: usize = 5;
    let word = reader.need("Say which train: type its line in the list or its number, like s 2 3a 2.")?;
    let line = word.text.parse::<usize>().ok().and_then(|line| line.checked_sub(1));
    let train = match line {
        Some(line) if word.text.len() < DIGITS => Pick::Line(line),
        _ => Pick::Number(TrainNumber::parse(word.text).map_err(|_| {
            word.refuse("Type the train's line in the list or its number, like s 2 3a 2 or s 12951 3a 2.")
        })?),
    };
    let class = match reader.peek().map(|word| word.text.parse::<Class>()) {
        Some(Ok(class)) => {
            reader.next();
            Some(class)
        }
        _ => None,
    };
    let party = match reader.next() {
        None => None,
        // From which quota it is, the list knows.
        Some(word) => match word.text.parse::<usize>() {
            Ok(0) => return Err(word.refuse("Type how many travel, from 1 on.")),
            Ok(party) => match world.too_many(party, class, Quota::General) {
                Some(why) => return Err(word.refuse(why.to_string())),
                None => Some(u8::try_from(party).expect("the largest party is one")),
            },
            Err(_) => return Err(word.refuse("Type a class and then a number, like s 2 3a 2.")),
        },
    };
    Ok(vec![Step::Choose(Choice { train, class, party }), Step::HoldBest])
}

fn names(reader: &mut Reader, _: &World) -> Result<Vec<Step>, BadEntry> {
    let from = match reader.peek().and_then(|word| word.text.parse::<usize>().ok()) {
        Some(row) => {
            let word = reader.need("the row was looked at")?;
            Some(row.checked_sub(1).ok_or_else(|| word.refuse("Rows are counted from 1."))?)
        }
        None => None,
    };
    Ok(vec![Step::FillIn { from, party: party::read(reader)? }])
}

fn telephone(reader: &mut Reader, _: &World) -> Result<Vec<Step>, BadEntry> {
    let first = reader.need("Type the number behind it, like t 9810012345.")?;
    let mut number = first.text.to_owned();
    while let Some(word) = reader.next() {
        let _ = write!(number, " {}", word.text);
    }
    Phone::parse(&number).map_err(|bad| first.refuse(bad.to_string()))?;
    Ok(vec![Step::Telephone(number)])
}

fn last_passengers(reader: &mut Reader, world: &World) -> Result<Vec<Step>, BadEntry> {
    let mut steps = if reader.peek().is_some() { telephone(reader, world)? } else { Vec::new() };
    steps.push(Step::Companions);
    Ok(steps)
}

fn pay(reader: &mut Reader, _: &World) -> Result<Vec<Step>, BadEntry> {
    const WAYS: &str = "Type cash, or card with the reference that the card terminal printed.";
    let tendered = match reader.next() {
        None => Tendered::AsChosen,
        Some(word) if word.text.eq_ignore_ascii_case("cash") => match reader.next() {
            None => Tendered::Cash(None),
            Some(word) if word.text.len() <= 7 && word.text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Tendered::Cash(Some(word.text.to_owned()))
            }
            Some(word) => return Err(word.refuse("Type the whole rupees that you received, like p cash 4000.")),
        },
        Some(word) if word.text.eq_ignore_ascii_case("card") => {
            let reference = reader.need("Type the reference that the card terminal printed, like p card A7731.")?;
            Tendered::Card(reference.text.to_owned())
        }
        Some(word) => return Err(word.refuse(WAYS)),
    };
    Ok(vec![Step::Fare, Step::Tender(tendered), Step::Pay])
}

fn retrieve(reader: &mut Reader, _: &World) -> Result<Vec<Step>, BadEntry> {
    let word = reader.need("Type the PNR behind it, like r 8412345678.")?;
    let pnr = word.text.parse::<Pnr>().map_err(|_| word.refuse("A PNR has ten digits, such as 8451234567."))?;
    Ok(vec![Step::Open(pnr)])
}

fn cancel(reader: &mut Reader, _: &World) -> Result<Vec<Step>, BadEntry> {
    let mut rows = Vec::new();
    while let Some(word) = reader.next() {
        let row = word.text.parse::<u8>().ok().and_then(|row| row.checked_sub(1));
        rows.push(row.ok_or_else(|| word.refuse("Type the passengers' places in the list, from 1, like x 2."))?);
    }
    Ok(vec![Step::GiveUp, Step::Tick(rows)])
}

fn correct(reader: &mut Reader, _: &World) -> Result<Vec<Step>, BadEntry> {
    let row = reader.need("Type the passenger's line and the name, like c 2 SHARMA/ANITA.")?;
    let passenger = row.text.parse::<u8>().ok().and_then(|row| row.checked_sub(1));
    let passenger =
        passenger.ok_or_else(|| row.refuse("Type the passenger's line first, from 1, like c 2 SHARMA/ANITA."))?;
    Ok(vec![Step::Correct(Correction { passenger, name: party::name(reader)? })])
}

fn board(reader: &mut Reader, world: &World) -> Result<Vec<Step>, BadEntry> {
    let word = reader.need("Type the station at which they board, like b kota.")?;
    match place(&word, world)? {
        Place::Station(station) => Ok(vec![Step::Board(station.code)]),
        Place::City { .. } => Err(word.refuse("A city has several stations: type the code of the one that is meant.")),
    }
}

fn keep_aside(reader: &mut Reader, _: &World) -> Result<Vec<Step>, BadEntry> {
    let Some(word) = reader.next() else { return Ok(vec![Step::Aside(None)]) };
    let place = word.text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let place = place.ok_or_else(|| word.refuse("Type the journey's number as the line under the head has it."))?;
    Ok(vec![Step::Aside(Some(place))])
}

/// What the last word of a line may become, best first; each is a whole word and a few words on it.
pub fn complete(line: &str, world: &World) -> Vec<(String, String)> {
    const LIMIT: usize = 6;
    let (entry, _) = chained(line).last().copied().unwrap_or(("", 0));
    let all = words(entry, 0);
    let (typed, before) = match all.split_last() {
        Some((last, before)) if !entry.ends_with(char::is_whitespace) => (last.text, before.len()),
        _ => ("", all.len()),
    };
    if before == 0 {
        let begin = |form: &&Form| form.word.starts_with(typed) || form.name.starts_with(typed);
        return ENTRIES.iter().filter(begin).map(|form| (form.word.to_owned(), form.name.to_owned())).collect();
    }
    let slot = form(all[0].text).and_then(|form| form.slots.get(before - 1)).copied().unwrap_or(Slot::Other);
    let begins = |code: &str| code.to_ascii_lowercase().starts_with(&typed.to_ascii_lowercase());
    let places = || {
        let found = world.stations.complete(&typed.replace('-', " "), LIMIT);
        found.into_iter().map(|place| match &place {
            Place::Station(station) => (station.code.to_string().to_ascii_lowercase(), station.name.clone()),
            Place::City { name, .. } => (name.to_lowercase().replace(' ', "-"), places::words(&place).0),
        })
    };
    let classes = || {
        let classes = Class::ALL.into_iter().map(|class| (class.code(), class.words()));
        let quotas = Quota::ALL.into_iter().map(|quota| (quota.code(), quota.words()));
        let all = classes.chain(quotas).filter(|(code, _)| begins(code));
        all.map(|(code, words)| (code.to_ascii_lowercase(), words.to_owned()))
    };
    match slot {
        Slot::Place | Slot::PlaceOrDay if !typed.is_empty() => places().collect(),
        Slot::Class | Slot::Quota => classes().collect(),
        Slot::Way => {
            let ways = [("cash", "and what you received, if change is due"), ("card", "and its reference")];
            ways.iter().filter(|(way, _)| begins(way)).map(|(way, on)| ((*way).to_owned(), (*on).to_owned())).collect()
        }
        Slot::Place | Slot::PlaceOrDay | Slot::Other => Vec::new(),
    }
}

/// How the entry is written that is typed last, and what it does.
pub fn form_of(line: &str) -> Option<&'static Form> {
    let (entry, at) = chained(line).last().copied()?;
    form(words(entry, at).first()?.text)
}
