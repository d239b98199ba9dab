use std::num::NonZero;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use ratatui::style::{Color, Modifier, Style};

use super::Painter;
use crate::ui::screen::Hyperlink;

const SIZE: Size = Size { width: 12, height: 4 };

/// Something that is written on a frame.
type Mark = (u16, u16, &'static str, Style);

fn draw(marks: &[Mark], buf: &mut Buffer) {
    for (x, y, text, style) in marks {
        if buf.area.contains((*x, *y).into()) {
            buf.set_stringn(*x, *y, text, usize::from(buf.area.width - x), *style);
        }
    }
}

fn terminal() -> vt100::Parser {
    let [height, width] = [SIZE.height, SIZE.width].map(|side| NonZero::new(side).expect("it has a size"));
    vt100::Parser::new(height, width, 0)
}

/// What a terminal shows: the text, and how its cells look.
fn shows(terminal: &vt100::Parser) -> Vec<(String, vt100::Color, vt100::Color, bool)> {
    let screen = terminal.screen();
    let places = (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (y, x)));
    let cells = places.map(|(y, x)| screen.cell(y, x).expect("it is on the screen"));
    cells
        .map(|cell| {
            let text = if cell.has_contents() { cell.contents().to_owned() } else { " ".to_owned() };
            (text, cell.fgcolor(), cell.bgcolor(), cell.bold())
        })
        .collect()
}

fn mark() -> impl Strategy<Value = Mark> {
    let texts =
        prop_oneof![Just("a"), Just("New Delhi"), Just("नई"), Just("日本"), Just("é"), Just("   "), Just("x日")];
    let styles = prop_oneof![
        Just(Style::new()),
        Just(Style::new().fg(Color::Red)),
        Just(Style::new().bg(Color::Indexed(17)).add_modifier(Modifier::BOLD)),
    ];
    (0..SIZE.width, 0..SIZE.height, texts, styles)
}

fn ground() -> impl Strategy<Value = Style> {
    prop_oneof![Just(Style::new()), Just(Style::new().fg(Color::White).bg(Color::Indexed(17)))]
}

proptest! {
    /// A terminal that was shown frame after frame looks like one that was shown the last of them alone.
    #[test]
    fn only_what_changed_is_sent_and_that_is_enough(frames in prop::collection::vec((ground(), prop::collection::vec(mark(), 0..6)), 1..6)) {
        let mut painter = Painter::new(SIZE);
        let mut shown = terminal();
        for (ground, marks) in &frames {
            shown.process(&painter.paint(*ground, |buf| draw(marks, buf)).expect("memory takes it"));
            let mut fresh = terminal();
            fresh.process(&Painter::new(SIZE).paint(*ground, |buf| draw(marks, buf)).expect("memory takes it"));
            prop_assert_eq!(shows(&shown), shows(&fresh));
        }
    }
}

#[test]
fn a_frame_that_is_shown_already_costs_nothing() {
    let mut painter = Painter::new(SIZE);
    let first =
        painter.paint(Style::new(), |buf| draw(&[(0, 0, "New Delhi", Style::new())], buf)).expect("memory takes it");
    let second =
        painter.paint(Style::new(), |buf| draw(&[(0, 0, "New Delhi", Style::new())], buf)).expect("memory takes it");
    assert_eq!(second, [0_u8; 0]);
    painter.resize(SIZE);
    let anew =
        painter.paint(Style::new(), |buf| draw(&[(0, 0, "New Delhi", Style::new())], buf)).expect("memory takes it");
    assert_eq!(anew, first, "a terminal of another size is drawn anew");
}

#[test]
fn a_link_surrounds_what_leads_to_it_and_nothing_else() {
    let here = |y| Hyperlink { area: ratatui::layout::Rect::new(0, y, 12, 1), url: "https://example.in/r?a=b".into() };
    let text = [(0, 0, "Delhi", Style::new()), (0, 2, "receipt", Style::new())];
    let mut painter = Painter::new(SIZE);
    let paint = |painter: &mut Painter, link: Option<Hyperlink>| {
        let bytes = painter.paint_linked(link, Style::new(), |buf| draw(&text, buf)).expect("memory takes it");
        String::from_utf8(bytes).expect("it is text")
    };
    let first = paint(&mut painter, Some(here(2)));
    let (before, rest) = first.split_once("\x1b]8;;https://example.in/r?a=b\x1b\\").expect("it begins");
    let (linked, after) = rest.split_once("\x1b]8;;\x1b\\").expect("it ends");
    assert!(before.contains("Delhi") && linked.contains("receipt") && !after.contains("receipt"), "{first:?}");
    assert_eq!(paint(&mut painter, Some(here(2))), "", "the same link costs nothing");
    let gone = paint(&mut painter, None);
    assert!(gone.contains("receipt") && !gone.contains("]8;;"), "what it led from is sent again: {gone:?}");
    let steering = Hyperlink { url: "https://example.in/\x1b]0;x".into(), ..here(2) };
    assert_eq!(paint(&mut painter, Some(steering)), "", "what could steer the terminal is no link");
}

#[test]
fn a_terminal_that_claims_to_be_huge_costs_no_more_than_the_largest() {
    let mut painter = Painter::new(Size { width: u16::MAX, height: u16::MAX });
    let area = std::cell::Cell::new(ratatui::layout::Rect::ZERO);
    painter.paint(Style::new(), |buf| area.set(buf.area)).expect("memory takes it");
    assert_eq!(area.get().as_size(), super::LARGEST);
}
