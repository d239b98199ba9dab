//! A list that is read from the store page by page, as far as somebody looks: what is known of it, where it goes on, and the
//! cursor in it.
//!
//! The rows and the request that brings them are the screen's. When the cursor comes to the end of what is known, the next
//! page is asked for; a list that is read again keeps its rows and its place until the answer is there.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::service::request::{Cursor, Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::Focus;
use crate::ui::keys::{Key, Mouse};
use crate::ui::msg::{CallId, Load};
use crate::ui::text;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::sheet::put;
use crate::ui::widgets::state;

/// A page as a reply brings it: its rows, and where the list goes on.
pub type Page<T> = (Vec<T>, Option<Cursor>);

/// Answers that are asked for one after the other while few of what is meant were found, until the person is asked whether to
/// look on.
const IN_A_ROW: u8 = 10;

/// A list that is read page by page.
#[derive(Clone, Debug)]
pub struct Paged<T> {
    found: Vec<T>,
    /// Where it goes on; `None` at its end.
    next: Option<Cursor>,
    page: Load<()>,
    /// What becomes of the page that is on its way.
    takes: Takes,
    /// How many answers have come since the person last asked.
    in_a_row: u8,
    /// Whether what is known is of more than one answer.
    is_of_several: bool,
    list: ListState,
    /// Cells of a row that are lit when the cursor is on it; what is left of its height is empty.
    lit: u16,
}

/// Where a page goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// In the place of all that is known.
    Anew,
    /// After it.
    On,
}

impl<T> Paged<T> {
    /// A list of which nothing is known, with rows of this height in cells.
    pub const fn new(height: u16) -> Self {
        Self {
            found: Vec::new(),
            next: None,
            page: Load::Idle,
            takes: Takes::Anew,
            in_a_row: 0,
            is_of_several: false,
            list: ListState::new(height),
            lit: height,
        }
    }

    /// The same with an empty line after each row.
    pub fn spaced(height: u16) -> Self {
        Self { list: ListState::new(height + 1), ..Self::new(height) }
    }

    /// The same, of which all is known.
    pub fn known(mut self, rows: Vec<T>) -> Self {
        self.list.resize(rows.len());
        self.found = rows;
        self.page = Load::Ready(());
        self
    }

    /// The rows that are known.
    pub fn rows(&self) -> &[T] {
        &self.found
    }

    /// Puts a row in the place of the one that it is, read again; or takes that one off.
    pub fn replace(&mut self, is_it: impl Fn(&T) -> bool, row: Option<T>) {
        let Some(at) = self.found.iter().position(is_it) else { return };
        if let Some(row) = row {
            self.found[at] = row;
        } else {
            self.found.remove(at);
            self.list.resize(self.found.len());
        }
    }

    /// The row under the cursor.
    pub fn chosen(&self) -> Option<&T> {
        self.list.chosen().and_then(|row| self.found.get(row))
    }

    /// Whether no row is known.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether what is known took more than one answer.
    pub const fn is_of_several(&self) -> bool {
        self.is_of_several
    }

    /// Whether a page is on its way that comes in the place of all that is known.
    pub fn is_begun_anew(&self) -> bool {
        self.page.is_waiting() && self.takes == Takes::Anew
    }

    /// Whether a page is on its way.
    pub fn is_waiting(&self) -> bool {
        self.page.is_waiting()
    }

    /// Whether it goes on after what is known.
    pub fn goes_on(&self) -> bool {
        self.next.is_some()
    }

    /// Whether a page failed that comes after what is known.
    pub fn failed_further(&self) -> bool {
        self.page.failed().is_some() && self.takes == Takes::On
    }

    /// Reads it from its beginning, unless a page is on its way; `ask` makes the request for what comes after a cursor.
    pub fn begin(&mut self, cx: &mut Context, ask: impl FnOnce(Option<Cursor>) -> Request) {
        if !self.page.is_waiting() {
            (self.takes, self.in_a_row) = (Takes::Anew, 0);
            self.page = Load::Waiting(cx.call(ask(None)));
        }
    }

    /// Forgets what is known, and reads another list: a page of the one before that is on its way is dropped.
    pub fn begin_another(&mut self, cx: &mut Context, ask: impl FnOnce(Option<Cursor>) -> Request) {
        self.found.clear();
        self.next = None;
        self.list.resize(0);
        self.page = Load::Idle;
        self.begin(cx, ask);
    }

    /// Takes a key that moves the cursor in a list shown at a place, and reads on at the end of what is known.
    pub fn key(&mut self, key: Key, list: Rect, cx: &mut Context, ask: impl FnOnce(Option<Cursor>) -> Request) {
        self.list.key(key, list.height);
        self.read_on(cx, ask);
    }

    /// Takes the mouse in a list shown at a place; otherwise as [`Self::key`].
    pub fn mouse(
        &mut self,
        mouse: Mouse,
        list: Rect,
        cx: &mut Context,
        ask: impl FnOnce(Option<Cursor>) -> Request,
    ) -> Touch {
        let touch = self.list.mouse(mouse, list);
        if matches!(touch, Touch::Selected(_)) {
            self.read_on(cx, ask);
        }
        touch
    }

    /// Reads on where nothing is known yet that is meant, but more may be.
    pub fn further(&mut self, cx: &mut Context, ask: impl FnOnce(Option<Cursor>) -> Request) {
        self.in_a_row = 0;
        self.go_on(cx, ask);
    }

    /// Reads on of itself after an answer in which few of what is meant were found, while it does not fill so many rows; at
    /// some time the person is asked.
    pub fn fill(&mut self, rows: usize, cx: &mut Context, ask: impl FnOnce(Option<Cursor>) -> Request) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.found.len() < rows && self.in_a_row < IN_A_ROW {
            self.go_on(cx, ask);
        }
    }

    fn go_on(&mut self, cx: &mut Context, ask: impl FnOnce(Option<Cursor>) -> Request) {
        if self.next.is_some() && !self.page.is_waiting() {
            self.takes = Takes::On;
            self.page = Load::Waiting(cx.call(ask(self.next.clone())));
        }
    }

    /// A page that failed is not asked for again by moving about: only by reading the list again.
    fn read_on(&mut self, cx: &mut Context, ask: impl FnOnce(Option<Cursor>) -> Request) {
        let at_end = self.list.chosen().is_some_and(|row| row + 1 == self.found.len());
        if at_end && self.page.failed().is_none() {
            self.further(cx, ask);
        }
    }

    /// Takes the answer if it is to its call; `read` picks the page out of the reply. Returns whether it took it.
    pub fn reply(
        &mut self,
        call: CallId,
        answer: &Result<Reply, Failure>,
        read: impl FnOnce(&Reply) -> Option<Page<T>>,
    ) -> bool {
        let mut page = None;
        let settled = self.page.settle(call, answer, |reply| {
            page = read(reply);
            page.as_ref().map(|_| ())
        });
        if let Some((rows, next)) = page {
            self.is_of_several = self.takes == Takes::On;
            if self.takes == Takes::Anew {
                self.found.clear();
            }
            self.found.extend(rows);
            self.next = next;
            self.list.resize(self.found.len());
        }
        settled
    }

    /// The person waits no longer for a call. What is known stays: of what goes on somebody knows the beginning, be it that there
    /// is nobody in it.
    pub fn gave_up(&mut self, call: CallId) {
        if self.page.awaits(call) {
            self.page = if self.next.is_some() { Load::Ready(()) } else { Load::Idle };
        }
    }

    /// Draws it: its rows by `row`, or that there are none, which `empty` says by a title and what to do next. The line
    /// above the place has the position.
    pub fn view(
        &self,
        buf: &mut Buffer,
        list: Rect,
        (focus, world): (Focus, &World),
        (title, next): (&str, &str),
        row: impl Fn(&mut Buffer, Rect, &T),
    ) {
        match &self.page {
            Load::Failed(failure) if self.found.is_empty() => {
                return state::refused(buf, list, &state::why(failure, focus), world);
            }
            Load::Ready(()) if self.found.is_empty() => return state::empty(buf, list, title, next, world),
            _ => {}
        }
        let above = Rect { y: list.y.saturating_sub(1), height: 1, ..list };
        self.list.position(buf, above, list, world);
        for (nth, place) in self.list.visible(list) {
            let Some(known) = self.found.get(nth) else { break };
            let place = Rect { height: place.height.min(self.lit), ..place };
            row(buf, place, known);
            if focus == Focus::Here {
                self.list.mark(buf, nth, place, world);
            }
        }
        if let Load::Failed(failure) = &self.page {
            view_failure(buf, list, &state::why(failure, focus), world);
        }
    }
}

/// Says over the last rows of a list why there are no more of them.
fn view_failure(buf: &mut Buffer, list: Rect, why: &str, world: &World) {
    let lines = text::wrap(why, list.width.saturating_sub(3));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(list.height);
    let place = Rect { y: list.bottom() - height, height, ..list };
    Clear.render(place, buf);
    for (row, line) in place.rows().zip(lines) {
        put(buf, row, 2, &line, world.theme.bad);
    }
}
