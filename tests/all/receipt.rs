//! Receipts: what a traveller, an inspector and an accountant read, through the programs that they read it with.

use std::path::PathBuf;
use std::process::Command;

use kiosk::domain::booking::{Booking, BookingStatus, Change, Deed, PaymentMethod, Place};
use kiosk::domain::coach::{BerthType, Class};
use kiosk::domain::fare::FareItemKind;
use kiosk::domain::money::Paise;
use kiosk::domain::passenger::Gender;
use kiosk::receipt::{Issuer, render};
use kiosk::ticket::{Ticket, TicketKey, qr, verify};
use rstest::rstest;
use sha2::{Digest, Sha256};

use crate::sample_booking::{booking, passenger, stop};

fn key() -> TicketKey {
    TicketKey::derive(b"a secret of thirty-two bytes, or more")
}

fn issuer() -> Issuer {
    Issuer {
        gstin: Some("07AAAGM0289C1ZL".to_owned()),
        place_of_supply: Some("Delhi (07)".to_owned()),
        ..Issuer::default()
    }
}

fn receipt(booking: &Booking) -> Vec<u8> {
    render(booking, &key().sign(booking), &issuer())
}

/// A receipt as a file of its own, which stays in `target/tmp` to be looked at.
fn saved(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("receipt-{name}.pdf"));
    std::fs::write(&path, bytes).expect("target/tmp can be written");
    path
}

/// What a program answers about a file.
fn ask(program: &str, package: &str, arguments: &[&str], file: &PathBuf, last: &[&str]) -> String {
    let output = Command::new(program).args(arguments).arg(file).args(last).output();
    let output = output.unwrap_or_else(|fault| {
        panic!("{program} does not start ({fault}): install it with `apt-get install {package}`, then run again")
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn text_of(name: &str, bytes: &[u8]) -> String {
    ask("pdftotext", "poppler-utils", &["-layout"], &saved(name, bytes), &["-"])
}

/// The text with every run of white space as one space, so that columns do not matter.
fn words_of(name: &str, bytes: &[u8]) -> String {
    text_of(name, bytes).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_receipt_says_all_that_the_railway_s_own_says() {
    let words = words_of("plain", &receipt(&booking()));
    for said in [
        "PNR",
        "2451234567",
        "12952",
        "Mumbai Rajdhani",
        "AC 3 tier (3A)",
        "General (GN)",
        "1,384 km",
        "15 h 40 min",
        "Booked from",
        "Boarding at",
        "New Delhi (NDLS)",
        "Mumbai Central (MMCT)",
        "Thu 24 Dec 2026",
        "16:55",
        "Fri 25 Dec 2026",
        "08:35",
        "liable to change",
        "Tue 01 Dec 2026, 13:44",
        "2, and 1 on a lap",
        "Anita Sharma",
        "34",
        "CNF/B2/20/LB",
        "CNF/B2/21/MB",
        "on a lap",
        "Base fare 2 × 1,838.00",
        "3,676.00",
        "GST 5 % on AC",
        "192.50",
        "₹ 4,042.50",
        "card, reference A7731-0042",
        "terminal NDLS-07",
        "Transaction 019380d24c6e7b119a586e0f2a31c4d5",
        "No convenience fee",
        "KS26245123456701",
        "996421",
        "07AAAGM0289C1ZL",
        "Delhi (07)",
        "3,850.00",
        "CGST 2.5 % 96.25",
        "SGST 2.5 % 96.25",
        "identity card",
        "RLWL remote location",
        "section 143",
        "57 %",
        "telephone 139",
        "Fares are illustrative",
        "********2345",
    ] {
        assert!(words.contains(said), "'{said}' is not in: {words}");
    }
    for unsaid in ["TEST PAYMENT", "NOT PAID", "Not valid", "98100", "stands for a letter"] {
        assert!(!words.contains(unsaid), "'{unsaid}' is in: {words}");
    }
}

/// The code is found on the drawn page as a scanner finds it: by its first corner, which is seven modules wide.
#[test]
fn the_code_on_the_page_is_the_ticket_s() {
    let ticket = key().sign(&booking());
    let file = saved("code", &render(&booking(), &ticket, &issuer()));
    let drawn = Command::new("pdftoppm").args(["-gray", "-r", "288"]).arg(&file).output();
    let drawn = drawn.expect("pdftoppm starts: it comes with pdftotext, `apt-get install poppler-utils`").stdout;
    let mut head = drawn.splitn(4, |byte| *byte == b'\n');
    let size = head.nth(1).map(String::from_utf8_lossy).expect("a grey map says its size");
    let width: usize = size.split_once(' ').and_then(|(width, _)| width.parse().ok()).expect("a width");
    let pixels = head.nth(1).expect("a grey map has pixels");
    let dark = |x: usize, y: usize| pixels[y * width + x] < 128;
    // Four pixels are a point. Right of the particulars and below the journey there is nothing but the code.
    let (left, top) = (1720, 830);
    let (x, y) = (top..1400)
        .flat_map(|y| (left..width).map(move |x| (x, y)))
        .find(|(x, y)| dark(*x, *y))
        .expect("something is drawn there");
    let corner = (x..width).take_while(|x| dark(*x, y + 2)).count();
    let matrix = qr(&ticket);
    for row in 0..matrix.width {
        for column in 0..matrix.width {
            let middle = |place: usize| (2 * place + 1) * corner / 14;
            let seen = dark(x + middle(column), y + middle(row));
            assert_eq!(seen, matrix.is_dark(column, row), "module {column}, {row} of a code at {x}, {y}");
        }
    }
    let quiet = (1..corner / 2).flat_map(|away| (0..corner * 5).map(move |along| (away, along)));
    for (away, along) in quiet {
        assert!(!dark(x - away, y + along) && !dark(x + along, y - away), "the quiet zone is not quiet");
    }
}

#[test]
fn the_ticket_under_the_code_verifies_as_it_is_copied() {
    let text = text_of("copied", &receipt(&booking()));
    let ticket = key().sign(&booking());
    let lines: Vec<_> = text.split_whitespace().collect();
    let wanted = ticket.text();
    let mut copied = String::new();
    for line in lines.iter().filter(|line| line.len() > 8) {
        if wanted[copied.len()..].starts_with(*line) {
            copied.push_str(line);
        }
    }
    let rest = &wanted[copied.len()..];
    assert!(rest.len() < 30 && (rest.is_empty() || lines.contains(&rest)), "copied only {copied}, not {rest}: {text}");
    copied.push_str(rest);
    let facts = verify(Ticket::read(&copied).expect("a ticket").as_bytes(), &[key().public()]).expect("good");
    assert_eq!(facts.pnr, booking().pnr);
}

/// The sample receipt's SHA-256, so that another process and another day are compared with this one.
const DIGEST: &str = "7653fd98df3d6fc94dd8d5a33643149cd871a3989d0e004e0014b22a555a4ee1";

#[test]
fn a_receipt_is_the_same_bytes_whenever_it_is_made() {
    let bytes = receipt(&booking());
    assert_eq!(bytes, receipt(&booking()));
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    assert_eq!(digest, DIGEST, "the page has changed: look at it in target/tmp, then write its digest down");
}

#[test]
fn a_receipt_is_one_page_small_and_sound() {
    let bytes = receipt(&crowded());
    assert!(bytes.len() < 60_000, "{} bytes", bytes.len());
    let file = saved("sound", &bytes);
    let checked = ask("qpdf", "qpdf", &["--check"], &file, &[]);
    assert!(checked.contains("No syntax or stream encoding errors found"), "{checked}");
    let about = ask("pdfinfo", "poppler-utils", &[], &file, &[]);
    for said in ["Ticket 2451234567", "Kiosk", "Pages:           1", "(A4)", "Tue Dec  1 08:14:22 2026"] {
        assert!(about.contains(said), "'{said}' is not in: {about}");
    }
    let fonts = ask("pdffonts", "poppler-utils", &[], &file, &[]);
    let embedded = fonts.lines().filter(|line| line.contains("NotoSans") && line.contains("yes yes yes"));
    assert_eq!(embedded.count(), 2, "both faces are embedded, as subsets, with their meaning: {fonts}");
    assert!(!bytes.windows(15).any(|part| part == b"GTS_PDFXVersion"));
}

/// Six with berths and two on laps, with the longest names that there can be, and every note that there is.
fn crowded() -> Booking {
    let mut booking = booking();
    booking.train_name = "Chhatrapati Shivaji Maharaj Terminus Expr".chars().take(40).collect();
    booking.from = stop("CSMT", "Chhatrapati Shivaji Maharaj Terminus Mumbai Main Line", "2026-12-24T16:55:00");
    booking.to = stop(
        "VNKTNRSM",
        "Venkatanarasimharajuvaripeta Puratchi Thalaivar Dr. M.G. Ramachandran Central",
        "2026-12-27T08:35:00",
    );
    booking.terminal = String::from("NDLS-PLATFORM-16-NORTH-CONSOLE-0007");
    let berths = (1..=6).map(|number| {
        let name = format!("{number} Wwwwwwwwwww Mmmmmmmmmmmm Wwwwwwwwwwww");
        passenger(
            &name,
            100 + number,
            Gender::Transgender,
            Some(("B12", 66 + number, BerthType::SideUpper)),
            12_345_678,
        )
    });
    let laps = ["Ananya", "Ishaan"].map(|name| passenger(name, 1, Gender::Female, None, 0));
    booking.passengers = berths.chain(laps).collect();
    booking.passengers[7] = passenger("इशान", 1, Gender::Female, None, 0);
    let sample = booking.fare.items[0].clone();
    let tax = booking.fare.items[4].clone();
    booking.fare.items = vec![sample; 12];
    booking.fare.items.push(tax);
    booking.payment.as_mut().expect("paid").method = PaymentMethod::Test;
    booking
}

/// Nothing may be drawn over the edge of the page, nor a text over another one.
#[test]
fn the_longest_names_stay_in_their_places() {
    let bytes = receipt(&crowded());
    let words = words_of("crowded", &bytes);
    for said in [
        "…",
        "इशान",
        "Ananya",
        "stands for a letter",
        "Not valid for travel",
        "CGST",
        "CNF/B12/72/SU",
        "Other charges",
        "VNKTNRSM",
        "page 1 of 1",
    ] {
        assert!(words.contains(said), "'{said}' is not in: {words}");
    }
    let boxes = ask("pdftotext", "poppler-utils", &["-bbox-layout"], &saved("boxes", &bytes), &["-"]);
    let lines: Vec<Box4> = boxes.lines().filter(|line| line.contains("<line ")).filter_map(Box4::read).collect();
    let (across, lines): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.bottom - line.top > 38.5);
    assert!(!across.is_empty() && lines.len() > 60, "one watermark under all the lines: {boxes}");
    nothing_lies_over_anything(&lines);
}

/// Fifty over two coaches, the last of whom has a name that the typefaces lack.
fn group() -> Booking {
    let mut booking = booking();
    booking.class = Class::Sleeper;
    let coach = |n: u8| if n <= 30 { "S4" } else { "S5" };
    let named = |n: u8| match n {
        50 => "अनीता शर्मा".to_owned(),
        n => format!("Traveller {} Of Many", ["One", "Two", "Three"][usize::from(n) % 3]),
    };
    booking.passengers = (1..=50)
        .map(|n| passenger(&named(n), 9 + n, Gender::Male, Some((coach(n), n, BerthType::Upper)), 62_000))
        .collect();
    booking
}

#[test]
fn everybody_of_a_group_is_on_the_pages_that_follow() {
    let bytes = receipt(&group());
    let file = saved("group", &bytes);
    let about = ask("pdfinfo", "poppler-utils", &[], &file, &[]);
    assert!(about.contains("Pages:           2"), "{about}");
    let page = |number| ask("pdftotext", "poppler-utils", &["-layout", "-f", number, "-l", number], &file, &["-"]);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (first, second) = (words(&page("1")), words(&page("2")));
    for said in ["CNF/S4/10/UB", "and 40 more on the next page", "page 1 of 2", "stands for a letter", "Total"] {
        assert!(first.contains(said), "'{said}' is not in: {first}");
    }
    assert!(!first.contains("CNF/S4/11"), "{first}");
    for said in ["2451234567", "12952 Mumbai Rajdhani", "CNF/S4/11/UB", "CNF/S5/50/UB", "अनीता शर्मा", "page 2 of 2"]
    {
        assert!(second.contains(said), "'{said}' is not in: {second}");
    }
    assert_eq!((first + &second).matches("CNF/S").count(), 100, "each has both states");
    for number in ["1", "2"] {
        let boxes = ask("pdftotext", "poppler-utils", &["-bbox-layout", "-f", number, "-l", number], &file, &["-"]);
        nothing_lies_over_anything(
            &boxes.lines().filter(|line| line.contains("<line ")).filter_map(Box4::read).collect::<Vec<_>>(),
        );
    }
}

fn nothing_lies_over_anything(lines: &[Box4]) {
    for (place, line) in lines.iter().enumerate() {
        assert!(line.left > 40.0 && line.right < 556.0 && line.top > 30.0 && line.bottom < 825.0, "{line:?}");
        for other in &lines[..place] {
            assert!(!line.covers(other), "{line:?} over {other:?}");
        }
    }
}

/// Where a line of text is on the page, in points.
#[derive(Clone, Copy, Debug)]
struct Box4 {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Box4 {
    fn read(line: &str) -> Option<Self> {
        let value = |name: &str| line.split_once(&format!("{name}=\""))?.1.split_once('"')?.0.parse().ok();
        Some(Self { left: value("xMin")?, top: value("yMin")?, right: value("xMax")?, bottom: value("yMax")? })
    }

    /// Whether letters of the two touch. A box is as high as the face (1.362 of its size): above the capitals 0.355 of
    /// the size are empty, and below the descenders 0.05.
    fn covers(&self, other: &Self) -> bool {
        let letters = |line: &Self| {
            let size = (line.bottom - line.top) / 1.362;
            (line.top + 0.355 * size, line.bottom - 0.05 * size)
        };
        let ((top, bottom), (other_top, other_bottom)) = (letters(self), letters(other));
        let across = self.right.min(other.right) - self.left.max(other.left);
        across > 0.1 && bottom.min(other_bottom) - top.max(other_top) > 0.1
    }
}

#[rstest]
#[case::test("test", PaymentMethod::Test, BookingStatus::Booked, &["TEST PAYMENT", "no money was taken", "Not valid"])]
#[case::lapsed("lapsed", PaymentMethod::Cash, BookingStatus::Lapsed, &["LAPSED", "given back", "lapsed"])]
#[case::unpaid("unpaid", PaymentMethod::Cash, BookingStatus::AwaitingPayment, &["NOT PAID", "Pay the slip"])]
fn what_is_no_valid_ticket_says_so_twice(
    #[case] name: &str,
    #[case] method: PaymentMethod,
    #[case] status: BookingStatus,
    #[case] said: &[&str],
) {
    let mut booking = booking();
    booking.status = status;
    booking.payment.as_mut().expect("paid").method = method;
    let words = words_of(name, &receipt(&booking));
    for said in said {
        assert!(words.contains(said), "'{said}' is not in: {words}");
    }
    assert!(words.matches(said[0]).count() >= 2, "at the head and across the page: {words}");
    if status != BookingStatus::Booked {
        assert!(!words.contains("CNF/"), "{words}");
    }
}

#[test]
fn what_was_given_up_for_a_part_that_is_not_run_says_which_and_why() {
    let mut booking = booking();
    let (from, to) = (booking.from.station, booking.to.station);
    let what = Deed::PartCancelled { from, to, reason: "a bridge is closed".to_owned() };
    booking.history.push(Change { what, ..booking.history[0].clone() });
    booking.passengers.iter_mut().for_each(|booked| booked.place = Place::Cancelled);
    booking.status = BookingStatus::Cancelled;
    let words = words_of("part", &receipt(&booking));
    let told = "The railway does not run this train from NDLS to MMCT that day: a bridge is closed.";
    assert!(words.contains(told), "'{told}' is not in: {words}");
    assert!(!words.contains("liable to change") && !words.contains("CNF/B2/20/LB"), "{words}");
}

/// A name that the typefaces lack is never dropped in silence: it is marked, explained, and whole when it is copied.
#[test]
fn a_name_in_another_script_is_marked_and_kept() {
    let mut booking = booking();
    booking.passengers[0] = passenger("अनीता शर्मा", 34, Gender::Female, Some(("B2", 20, BerthType::Lower)), 0);
    let words = words_of("script", &receipt(&booking));
    assert!(words.contains("stands for a letter"), "{words}");
    assert!(words.contains("अनीता शर्मा"), "{words}");
}

/// Every word that the page can say is in the typefaces, in every kind of booking.
#[test]
fn the_typefaces_have_every_letter_of_every_kind_of_ticket() {
    let kinds = [
        BerthType::Lower,
        BerthType::Middle,
        BerthType::Upper,
        BerthType::SideLower,
        BerthType::SideUpper,
        BerthType::Window,
        BerthType::MiddleSeat,
        BerthType::Aisle,
    ];
    for (class, kind) in Class::ALL.into_iter().zip(kinds.into_iter().cycle()) {
        let mut booking = booking();
        booking.class = class;
        booking.passengers[0] = passenger("Zoë Čapková-Ó Briain", 34, Gender::Male, Some(("B2", 20, kind)), 0);
        let words = words_of(class.code(), &receipt(&booking));
        assert!(words.contains(&format!("CNF/B2/20/{}", kind.code())), "{words}");
        assert!(words.contains(&format!("({class})")), "{words}");
        assert!(!words.contains("stands for a letter") && !words.contains('\u{fffd}'), "{class}: {words}");
    }
}

#[test]
fn a_class_without_tax_says_so_and_an_issuer_without_number_makes_no_invoice() {
    let mut booking = booking();
    booking.class = Class::Sleeper;
    booking.fare.items.retain(|item| item.kind != FareItemKind::Gst);
    booking.fare.total = booking.fare.items.iter().map(|item| item.amount).sum();
    let words = words_of("untaxed", &render(&booking, &key().sign(&booking), &Issuer::default()));
    assert!(words.contains("none on class SL") && !words.contains("CGST"), "{words}");
    assert!(words.contains("not a tax invoice"), "{words}");
}

#[test]
fn the_two_halves_of_an_odd_tax_add_up() {
    let mut booking = booking();
    let gst = booking.fare.items.iter_mut().find(|item| item.kind == FareItemKind::Gst).expect("taxed");
    (gst.each, gst.amount) = (Paise::new(19_251), Paise::new(19_251));
    booking.fare.total = booking.fare.items.iter().map(|item| item.amount).sum();
    let words = words_of("odd", &receipt(&booking));
    assert!(words.contains("CGST 2.5 % 96.25") && words.contains("SGST 2.5 % 96.26"), "{words}");
}
