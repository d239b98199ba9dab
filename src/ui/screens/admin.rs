//! The back office: what the railway's own people do beside selling, each screen in a file of its own.
//!
//! What an entry needs is for the eye alone: the services refuse whatever the role does not allow.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::user::Role;
use crate::ui::context::{Context, World};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, bind};
use crate::ui::screen::Scene;
use crate::ui::screens::admin::audit::Audit;
use crate::ui::screens::admin::find::FindBookings;
use crate::ui::screens::admin::loads::Loads;
use crate::ui::screens::admin::messages::Messages;
use crate::ui::screens::admin::notices::Notices;
use crate::ui::screens::admin::overview::Overview;
use crate::ui::screens::admin::owed::OwedMoney;
use crate::ui::screens::admin::reports::Reports;
use crate::ui::screens::admin::rules::Rules;
use crate::ui::screens::admin::tills::Tills;
use crate::ui::screens::admin::trains::Trains;
use crate::ui::screens::admin::users::Users;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::sheet::put;

pub mod audit;
pub mod changing;
pub mod find;
pub mod import;
pub mod loads;
pub mod manifest;
pub mod messages;
pub mod new_rules;
pub mod new_user;
pub mod notices;
pub mod overview;
pub mod owed;
pub mod part;
pub mod reports;
pub mod rule_text;
pub mod rules;
pub mod run;
pub mod runs;
pub mod tills;
pub mod times;
pub mod train;
pub mod trains;
pub mod user;
pub mod users;
pub(super) mod when;

/// Something to do.
struct Entry {
    /// The key that opens it.
    key: char,
    /// A word or two.
    name: &'static str,
    /// What is done there.
    says: &'static str,
    /// The least role that may.
    least: Role,
    /// Shows its screen.
    open: fn(&mut Context),
}

/// All there is to do, most used first.
const ENTRIES: &[Entry] = &[
    Entry {
        key: 'o',
        name: "Overview",
        says: "today's sales, the next runs, who is here, the store",
        least: Role::Administrator,
        open: |cx| cx.push(Overview::default()),
    },
    Entry {
        key: 'b',
        name: "Bookings",
        says: "anybody's, by PNR, telephone, run, day or name",
        least: Role::Agent,
        open: |cx| cx.push(FindBookings::default()),
    },
    Entry {
        key: 't',
        name: "Trains",
        says: "the timetable: what runs from which date on, and its runs",
        least: Role::Administrator,
        open: |cx| cx.push(Trains::default()),
    },
    Entry {
        key: 'c',
        name: "Tills",
        says: "open one, count it and close it; X and Z reports",
        least: Role::Agent,
        open: |cx| cx.push(Tills::default()),
    },
    Entry {
        key: 'r',
        name: "Reports",
        says: "sales by day, train, class, agent and means",
        least: Role::Supervisor,
        open: |cx| {
            let reports = Reports::sales(cx);
            cx.push(reports);
        },
    },
    Entry {
        key: 'g',
        name: "Refunds",
        says: "what was given back and kept, by day, reason, class, agent",
        least: Role::Supervisor,
        open: |cx| {
            let reports = Reports::refunds(cx);
            cx.push(reports);
        },
    },
    Entry {
        key: 'w',
        name: "Money owed",
        says: "refunds that wait at a counter, the longest waiting first",
        least: Role::Supervisor,
        open: |cx| cx.push(OwedMoney::default()),
    },
    Entry {
        key: 'y',
        name: "Occupancy",
        says: "how full the runs of a day are",
        least: Role::Supervisor,
        open: |cx| {
            let loads = Loads::new(cx);
            cx.push(loads);
        },
    },
    Entry {
        key: 'u',
        name: "Users",
        says: "accounts: roles, codes instead of passwords, keys, sign-ins",
        least: Role::Administrator,
        open: |cx| cx.push(Users::default()),
    },
    Entry {
        key: 'f',
        name: "Rules",
        says: "fares, refunds, quotas and charts: what holds from when",
        least: Role::Administrator,
        open: |cx| cx.push(Rules::default()),
    },
    Entry {
        key: 'n',
        name: "Notices",
        says: "a line that is shown at chosen terminals for a while",
        least: Role::Administrator,
        open: |cx| cx.push(Notices::default()),
    },
    Entry {
        key: 'm',
        name: "Messages",
        says: "what could not be delivered, and what waits to be",
        least: Role::Administrator,
        open: |cx| cx.push(Messages::default()),
    },
    Entry {
        key: 'a',
        name: "Audit",
        says: "who did what, when, and from which session",
        least: Role::Administrator,
        open: |cx| cx.push(Audit::today(cx)),
    },
];

/// The entries that somebody has.
fn entries(world: &World) -> impl Iterator<Item = &'static Entry> + use<> {
    let role = world.role();
    ENTRIES.iter().filter(move |entry| role.is_some_and(|role| role >= entry.least))
}

/// The list of what there is to do.
#[derive(Clone, Debug)]
pub struct Office {
    list: ListState,
}

impl Office {
    /// The entries of whoever is signed in.
    pub fn new(world: &World) -> Self {
        let mut list = ListState::new(1);
        list.resize(entries(world).count());
        Self { list }
    }

    /// Whether there is anything for whoever is signed in: not where any traveller may touch the terminal.
    pub fn is_for(world: &World) -> bool {
        !world.is_public() && entries(world).next().is_some()
    }

    fn open(&self, cx: &mut Context) {
        if let Some(entry) = self.list.chosen().and_then(|row| entries(cx).nth(row)) {
            (entry.open)(cx);
        }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor.
    Move(Key),
    /// Open what is under it.
    Open,
    /// Go back.
    Back,
}

impl Scene for Office {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Up],
            "↑↓",
            "move",
            "Moves up or down; the letter of an entry opens it at once.",
            Action::Move(Key::Up),
        ),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::Enter], "Enter", "open", "Opens what is under the cursor.", Action::Open),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Back office".to_owned()
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => {
                self.list.key(key, place(frame::body(cx.size)).height);
            }
            Action::Open => self.open(cx),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, cx: &mut Context) {
        let named = entries(cx).position(|entry| key == Key::Char(entry.key));
        if let Some(row) = named {
            self.list.choose(row);
            self.open(cx);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        if let Touch::Acted(_) = self.list.mouse(mouse, place(area)) {
            self.open(cx);
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let shown: Vec<_> = entries(world).collect();
        let list = place(area);
        for (row, line) in self.list.visible(list) {
            let Some(entry) = shown.get(row) else { break };
            put(buf, line, 2, &entry.key.to_string(), world.theme.accent);
            put(buf, line, 5, entry.name, world.theme.strong);
            put(buf, line, 19, entry.says, world.theme.dim);
            self.list.mark(buf, row, line, world);
        }
    }
}

fn place(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
