//! How giving places up is drawn: who, what each gets back and why, and the total in figures that can be read aloud.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Cancel;
use crate::domain::booking::{BookedPassenger, Booking, Place};
use crate::domain::refund::{Quote, QuoteLine};
use crate::domain::time::railway_time;
use crate::service::request::Failure;
use crate::ui::context::World;
use crate::ui::form::Focus;
use crate::ui::msg::Load;
use crate::ui::text;
use crate::ui::widgets::sheet::{moment, paragraph, put, put_right, stack};
use crate::ui::widgets::{big_number, button, roll, status};

/// Rows of the steps from what one passenger paid to what they get back, under their name.
const STEPS: u16 = 5;

/// The column at which what is kept is named.
const LABEL: u16 = 5;

/// Columns at which amounts end: paid, kept, given back.
const AMOUNTS: [u16; 3] = [58, 68, 78];

/// Where the parts are.
pub(super) struct Parts {
    head: Rect,
    titles: Rect,
    pub(super) people: Rect,
    steps: Rect,
    pub(super) totals: Rect,
}

impl Parts {
    pub(super) fn of(area: Rect, booking: &Booking) -> Self {
        // One for the head and one for the titles; the list scrolls where the others leave it too little.
        let rest = 2 + STEPS + big_number::ROWS;
        let count = roll::rows(booking.passengers.len(), area.height, rest);
        let spare = area.height.saturating_sub(2 + count + STEPS + big_number::ROWS);
        let all = (STEPS * count).min(STEPS + spare.saturating_sub(3)).max(STEPS);
        let [head, people, steps, totals] = stack(area, [1, 1 + count, all, big_number::ROWS]);
        let titles = Rect { height: people.height.min(1), ..people };
        let people = Rect { y: people.y + titles.height, height: people.height.saturating_sub(1), ..people };
        Self { head, titles, people, steps, totals }
    }
}

pub(super) fn view(screen: &Cancel, buf: &mut Buffer, area: Rect, world: &World) {
    let parts = Parts::of(area, &screen.booking);
    view_head(screen, buf, parts.head, world);
    view_people(screen, buf, &parts, world);
    view_steps(screen, buf, parts.steps, world);
    view_totals(screen, buf, parts.totals, world);
}

fn view_head(screen: &Cancel, buf: &mut Buffer, row: Rect, world: &World) {
    let (theme, booking) = (&world.theme, &screen.booking);
    if let Some(code) = screen.waiver {
        put(buf, row, 2, &format!("WAIVER {code}: {}", code.words()), theme.warning);
        return;
    }
    let (headline, tone) = status::headline(booking, world);
    put(buf, row, 2, &headline, theme.tone(tone).patch(theme.strong));
    let way = format!("{}{}{}", booking.from.station, world.glyphs.to, booking.to.station);
    put_right(buf, row, &format!("{} · {} · {way}", moment(booking.from.at), booking.class), theme.dim);
}

fn view_people(screen: &Cancel, buf: &mut Buffer, parts: &Parts, world: &World) {
    let theme = &world.theme;
    put(buf, parts.titles, 2, "Who gives up", theme.dim);
    put(buf, parts.titles, 33, "Has", theme.dim);
    for (end, words) in AMOUNTS.into_iter().zip(["Paid", "Kept", "Refund"]) {
        amount(buf, parts.titles, end, words, theme.dim);
    }
    let chosen = screen.chosen();
    screen.list.position(buf, Rect { width: parts.titles.width.min(33), ..parts.titles }, parts.people, world);
    for (at, row) in screen.list.visible(parts.people) {
        let (Some(booked), Ok(index)) = (screen.booking.passengers.get(at), u8::try_from(at)) else { break };
        let line = line_of(screen, index);
        let gone = booked.place == Place::Cancelled;
        let tick = match (gone, chosen.contains(&index)) {
            (true, _) => "   ",
            (_, true) => world.glyphs.mine,
            (_, false) => "[ ]",
        };
        let name = if gone { theme.dim } else { theme.strong };
        put(buf, row, 2, tick, if chosen.contains(&index) { theme.accent } else { theme.text });
        put(buf, row, 6, &text::ends(booked.passenger.name.as_str(), 26), name);
        put(buf, row, 33, &text::fit(&has(booked), 15), if gone { theme.dim } else { theme.text });
        amount(buf, row, AMOUNTS[0], &booked.fare.to_string(), theme.dim);
        if let Some(line) = line {
            amount(buf, row, AMOUNTS[1], &line.kept().to_string(), theme.text);
            amount(buf, row, AMOUNTS[2], &line.refunded.to_string(), theme.strong);
        }
        screen.list.mark(buf, at, row, world);
    }
}

fn has(booked: &BookedPassenger) -> String {
    booked.place.to_string()
}

fn amount(buf: &mut Buffer, row: Rect, end: u16, words: &str, style: ratatui::style::Style) {
    put(buf, row, end.saturating_sub(text::width(words)), words, style);
}

fn line_of(screen: &Cancel, passenger: u8) -> Option<&QuoteLine> {
    screen.quote.ready()?.lines.iter().find(|line| line.passenger == passenger)
}

/// The steps of everybody where there is room for them, and else of who is under the cursor.
fn view_steps(screen: &Cancel, buf: &mut Buffer, area: Rect, world: &World) {
    let theme = &world.theme;
    let Some(quote) = screen.quote.ready() else { return };
    let lines: Vec<&QuoteLine> = quote.lines.iter().filter(|line| !line.items.is_empty()).collect();
    let needed: usize = lines.iter().map(|line| 1 + line.items.len()).sum();
    let shown: Vec<&QuoteLine> = if needed <= usize::from(area.height) {
        lines
    } else {
        screen.under_cursor().and_then(|passenger| line_of(screen, passenger)).into_iter().collect()
    };
    if shown.is_empty() {
        put(buf, area, 2, "Move to somebody who is ticked to see what is kept and why.", theme.dim);
    }
    let mut rows = area.rows();
    for line in shown {
        let Some(booked) = screen.booking.passengers.get(usize::from(line.passenger)) else { continue };
        let Some(row) = rows.next() else { return };
        put(buf, row, 2, &text::ends(booked.passenger.name.as_str(), 40), theme.strong);
        for item in &line.items {
            let Some(row) = rows.next() else { return };
            let money = item.amount.to_string();
            let room = AMOUNTS[2].saturating_sub(LABEL + text::width(&money) + 1);
            put(buf, row, LABEL, &text::fit(&item.label, room), theme.dim);
            amount(buf, row, AMOUNTS[2], &money, theme.text);
        }
    }
}

fn view_totals(screen: &Cancel, buf: &mut Buffer, area: Rect, world: &World) {
    let theme = &world.theme;
    if let Some(doubt) = screen.attempt.doubt() {
        return paragraph(buf, area, doubt, theme.warning);
    }
    let next = match &screen.quote {
        Load::Ready(quote) => return view_quote(quote, screen, buf, area, world),
        Load::Waiting(_) => "What is given back is being reckoned …".to_owned(),
        Load::Idle if screen.chosen().is_empty() => {
            "Tick with the space bar whose place is given up, or everybody with a: what is given back and what is kept \
             stands here before anything is cancelled."
                .to_owned()
        }
        Load::Idle => "Press r to have it reckoned what is given back.".to_owned(),
        Load::Failed(failure @ Failure::NotRefundable(_)) => failure.to_string(),
        Load::Failed(failure) => format!("{failure} Press r to try again."),
    };
    let style = if screen.quote.failed().is_some() { theme.bad } else { theme.text };
    paragraph(buf, area, &next, style);
}

fn view_quote(quote: &Quote, screen: &Cancel, buf: &mut Buffer, area: Rect, world: &World) {
    let theme = &world.theme;
    let figures = quote.refunded.to_string();
    let big = Rect { x: area.x + 2, width: area.width.min(40), ..area };
    big_number::view(buf, big, &figures, world);
    let rupee = world.glyphs.rupee;
    let until = railway_time(quote.good_until).format("%H:%M:%S");
    let lines = [
        (format!("{rupee}{figures} given back"), theme.accent),
        (format!("of {rupee}{} paid", quote.refunded + quote.kept), theme.text),
        (format!("{rupee}{} kept", quote.kept), theme.text),
        (format!("good until {until}"), theme.dim),
    ];
    for (row, (words, style)) in area.rows().zip(lines) {
        put(buf, row, 44, &words, style);
    }
    if screen.attempt.is_idle() {
        button::view(buf, button::onward(area, world), "Cancel these", Focus::Elsewhere, world);
    }
}
