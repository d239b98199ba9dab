//! What items of the application that Kiosk replaces say. Nothing is guessed: what cannot be read is named.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, SubsecRound as _, Utc};

use super::attributes::{Attributes, PASSWORD, moment, rupees, words};
use super::{FormerTrain, Reading, Unreadable};
use crate::domain::former::{FormerBooking, account_of, class_of};
use crate::domain::user::{Account, Email, PasswordHash, Phone, Role, Username};
use crate::store::item::{Item, text};
use crate::store::schema::{BOOKING_ID, TRAIN_ID, USER_ID};

/// A hash that no password has, for users of whom no usable one is known.
const NO_PASSWORD: &str = "!";

/// The account that a user's item becomes.
pub(super) fn account(item: &Item, now: DateTime<Utc>) -> Result<Reading<Account>, Unreadable> {
    let of = Attributes::of(item);
    let mut doubts = Vec::new();
    let id = text(item, USER_ID).unwrap_or_default();
    let username = of.text(&["username"]).ok_or_else(|| {
        Unreadable("It has no user name: write one into its attribute Username, and run this again.".to_owned())
    })?;
    let username = Username::parse(&username)
        .map_err(|bad| Unreadable(format!("{bad} Write another into the item, and run this again.")))?;
    let email = of.text(&["email", "emailaddress", "useremail"]).ok_or_else(|| {
        Unreadable("It has no e-mail address: write one into its attribute Email, and run this again.".to_owned())
    })?;
    let email = Email::parse(&email)
        .map_err(|bad| Unreadable(format!("{bad} Write another into the item, and run this again.")))?;
    let role = match of.text(&["role", "usertype"]) {
        _ if of.flag(&["isadmin", "admin"]) == Some(true) => Role::Administrator,
        None => Role::Traveller,
        Some(word) => match word.to_ascii_lowercase().as_str() {
            "customer" | "passenger" | "member" => Role::Traveller,
            other => other.parse().unwrap_or_else(|_| {
                let next = format!("kiosk user role {username} ROLE gives it another");
                doubts.push(format!("Its role is none of Kiosk's, so that it is a traveller: {next}."));
                Role::Traveller
            }),
        },
    };
    let password = of
        .text(PASSWORD)
        .filter(|hash| hash.starts_with("pbkdf2:") || hash.starts_with("scrypt:") || hash.starts_with("$argon2"));
    let password = password.unwrap_or_else(|| {
        let next = format!("kiosk user passwd {username} gives it a new one");
        doubts.push(format!("It has no password hash that Kiosk knows, so that nobody can sign in to it: {next}."));
        NO_PASSWORD.to_owned()
    });
    let created = of.text(&["createdat", "registeredat", "datejoined", "created"]);
    let active = of.flag(&["active", "isactive", "enabled"]) != Some(false);
    let locked = of.flag(&["closed", "disabled", "islocked", "banned"]) == Some(true);
    let account = Account {
        id: account_of(id),
        version: 1,
        username,
        email,
        role,
        password: PasswordHash(password),
        created_at: created.as_deref().and_then(moment).unwrap_or(now).trunc_subsecs(0),
        failures: 0,
        locked_until: None,
        closed: !active || locked,
        generation: 0,
        ssh_keys: Vec::new(),
        code_until: None,
        sign_ins: Vec::new(),
    };
    Ok(Reading { value: account, doubts })
}

/// What a train's item tells.
pub(super) fn train(item: &Item) -> FormerTrain {
    let of = Attributes::of(item);
    let told = [of.text(&["trainname", "name"]), route(&of), of.text(&["time", "departuretime", "departure"])];
    FormerTrain {
        number: text(item, TRAIN_ID).unwrap_or_default().to_owned(),
        words: told.into_iter().flatten().collect::<Vec<_>>().join(", "),
    }
}

/// The booking that an item is.
pub(in crate::store) fn booking(item: &Item) -> Result<Reading<FormerBooking>, Unreadable> {
    let of = Attributes::of(item);
    let mut doubts = Vec::new();
    let id = text(item, BOOKING_ID).unwrap_or_default();
    let id = id.parse().map_err(|bad| Unreadable(format!("Its key is no number to look for ({bad}).")))?;
    let mut read = |what: &str, names: &[&str], good: &dyn Fn(&str) -> bool| {
        let text = of.text(names)?;
        if good(&text) {
            return Some(text);
        }
        doubts.push(format!("Its {what} cannot be read: it is kept in the item, and not shown."));
        None
    };
    let booked =
        read("time of booking", &["bookedat", "bookingdate", "bookingtime", "createdat", "timestamp"], &|text| {
            moment(text).is_some()
        });
    let paid =
        read("amount", &["totalfare", "totalprice", "totalamount", "total", "amount", "fare", "price"], &|text| {
            rupees(text).is_some()
        });
    let phone = read("telephone number", &["phone", "phonenumber", "mobile", "contactnumber", "contact"], &|text| {
        Phone::parse(text).is_ok()
    });
    let class =
        of.text(&["class", "classname", "travelclass", "seatclass", "coachclass"]).map(|name| match class_of(&name) {
            Some(class) => format!("{class} {}", class.words()),
            None => name,
        });
    let user = of.text(&["userid"]);
    if user.is_none() {
        doubts.push("It names no user, so that it is in nobody's list: it is found by its number.".to_owned());
    }
    let train = [of.text(&["trainid", "trainnumber", "trainno"]), of.text(&["trainname"])];
    let train = train.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let travels = [
        of.text(&["traveldate", "journeydate", "dateofjourney", "date"]),
        of.text(&["traveltime", "departuretime", "time", "departure"]),
    ];
    let travels = travels.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let said = |text: String| (!text.is_empty()).then_some(text);
    let booking = FormerBooking {
        id,
        account: user.as_deref().map(account_of),
        booked_at: booked.as_deref().and_then(moment).map(|at| at.trunc_subsecs(0)),
        train: said(train),
        route: route(&of),
        travels: said(travels),
        class,
        passengers: passengers(&of),
        seats: of.text(&[
            "seats",
            "seatnumbers",
            "numseats",
            "numberofseats",
            "seatcount",
            "seat",
            "tickets",
            "quantity",
        ]),
        paid: paid.as_deref().and_then(rupees),
        status: of.text(&["status", "bookingstatus"]),
        phone: phone.and_then(|text| Phone::parse(&text).ok()),
    };
    Ok(Reading { value: booking, doubts })
}

fn route(of: &Attributes) -> Option<String> {
    of.text(&["route"]).or_else(|| {
        let from = of.text(&["source", "origin", "fromstation", "from"])?;
        let to = of.text(&["destination", "tostation", "to"])?;
        Some(format!("{from} - {to}"))
    })
}

/// Who travels: a list of names or of maps, or one name with its age beside it.
fn passengers(of: &Attributes) -> Vec<String> {
    match of.first(&["passengers", "passengerdetails", "travellers"]) {
        Some(AttributeValue::L(people)) => people.iter().filter_map(words).collect(),
        Some(one) => words(one).into_iter().collect(),
        None => {
            let name = of.text(&["passengername", "name", "fullname"]);
            let age = of.text(&["passengerage", "age"]).map(|age| format!(" ({age})")).unwrap_or_default();
            name.into_iter().map(|name| format!("{name}{age}")).collect()
        }
    }
}
