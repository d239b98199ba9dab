//! Which of the day's trains are listed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Action;
use crate::domain::coach::Class;
use crate::domain::quota::Quota;
use crate::domain::train::TrainKind;
use crate::service::request::Offer;
use crate::ui::context::World;
use crate::ui::text;
use crate::ui::widgets::panel;

/// Which trains are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    class: Option<Class>,
    room: Room,
    kind: Option<TrainKind>,
}

/// Whether full trains are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Room {
    #[default]
    Any,
    Enough,
}

const KINDS: [TrainKind; 5] =
    [TrainKind::Rajdhani, TrainKind::Shatabdi, TrainKind::Duronto, TrainKind::Superfast, TrainKind::Express];

impl Filter {
    /// Whether an offer is listed for a party. What is not counted yet counts as free: a row must not flicker.
    pub(super) fn lists(self, offer: &Offer, quota: Quota, party: u8, world: &World) -> bool {
        let of_class = |class: Class| self.class.is_none_or(|wanted| wanted == class);
        let mut classes = offer.fares.iter().map(|(class, _)| *class).filter(|class| of_class(*class));
        let fits = |class: Class| {
            let stands = world.standing(offer.journey.run, class, quota, offer.journey.leg);
            self.room == Room::Any || stands.is_none_or(|stands| stands.is_enough_for(usize::from(party.max(1))))
        };
        // A train that has nothing of the quota stays where it is as long as nothing is asked of its classes.
        let unasked = offer.fares.is_empty() && self.class.is_none() && self.room == Room::Any;
        (unasked || classes.any(fits)) && self.kind.is_none_or(|kind| kind == offer.journey.train.kind())
    }
}

/// The filter while it is set.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FilterPanel {
    line: usize,
}

const LINES: usize = 3;

impl FilterPanel {
    pub(super) fn act(&mut self, action: Action, step: isize, classes: &[Class], filter: &mut Filter) {
        match (action, self.line) {
            (Action::PanelDown, line) => {
                self.line = line.saturating_add_signed(step).min(LINES - 1);
            }
            (Action::PanelRight, 0) => {
                filter.room = if filter.room == Room::Any { Room::Enough } else { Room::Any };
            }
            (Action::PanelRight, 1) => filter.class = turned(filter.class, classes, step),
            (Action::PanelRight, _) => filter.kind = turned(filter.kind, &KINDS, step),
            _ => *filter = Filter::default(),
        }
    }

    pub(super) fn view(self, buf: &mut Buffer, area: Rect, filter: Filter, world: &World) {
        let theme = &world.theme;
        let inner = panel::frame(buf, panel::centred(area, 52, 7), "Which trains", theme.accent, world);
        let room = if filter.room == Room::Any { "all" } else { "with enough free" };
        let class = filter.class.map_or("any", Class::code);
        let kind = filter.kind.map_or("any", kind_words);
        let lines = [("Trains", room), ("Class", class), ("Kind", kind)];
        for (line, ((label, value), row)) in lines.into_iter().zip(inner.rows().skip(1)).enumerate() {
            let here = line == self.line;
            if here {
                buf.set_stringn(row.x, row.y, "▌", 1, theme.accent);
            }
            buf.set_stringn(row.x + 2, row.y, label, 12, if here { theme.strong } else { theme.dim });
            let style = if here { theme.focus } else { theme.text };
            buf.set_stringn(row.x + 14, row.y, format!("◂ {} ▸", text::left(value, 18)), 24, style);
        }
    }
}

/// The next of `any` and the values, in a circle.
fn turned<T: Copy + PartialEq>(value: Option<T>, values: &[T], step: isize) -> Option<T> {
    let at = value.and_then(|value| values.iter().position(|other| *other == value)).map_or(0, |at| at + 1);
    let to = (at.cast_signed() + step).rem_euclid(values.len().cast_signed() + 1).unsigned_abs();
    to.checked_sub(1).map(|at| values[at])
}

const fn kind_words(kind: TrainKind) -> &'static str {
    match kind {
        TrainKind::Rajdhani => "Rajdhani",
        TrainKind::Shatabdi => "Shatabdi",
        TrainKind::Duronto => "Duronto",
        TrainKind::Superfast => "superfast",
        TrainKind::Express => "express",
    }
}
