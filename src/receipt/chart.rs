//! The reservation chart of a run: a page or more for each coach, as the railway's staff carry it.
//!
//! Like the receipt it is a function of what it shows, to the byte.

use chrono::{DateTime, Utc};

use crate::domain::chart::{ChartLine, Vacancy};
use crate::domain::coach::Coach;
use crate::domain::gap::Gaps;
use crate::domain::inventory::Stage;
use crate::domain::segment::Leg;
use crate::domain::spot::Part;
use crate::domain::time::railway_time;
use crate::domain::train::{Halt, RunId, Train};
use crate::receipt::face::Face;
use crate::receipt::file::{self, Label};
use crate::receipt::page::{Align, HEIGHT, Ink, Page, Style, WIDTH};

/// What a chart shows.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// The run.
    pub run: RunId,
    /// Its train.
    pub train: &'a Train,
    /// The parts of its way that it does not go.
    pub gaps: &'a Gaps,
    /// How far its charts have come.
    pub stage: Stage,
    /// When it was read.
    pub at: DateTime<Utc>,
    /// The coaches, each with who travels in it and where it is vacant.
    pub coaches: Vec<CoachChart>,
}

/// The chart of one coach.
#[derive(Clone, Debug)]
pub struct CoachChart {
    /// The coach.
    pub coach: Coach,
    /// Who travels in it.
    pub lines: Vec<ChartLine>,
    /// Where nobody does.
    pub vacant: Vec<Vacancy>,
}

const LEFT: f32 = 36.0;
const RIGHT: f32 = WIDTH - 36.0;
const TOP: f32 = 42.0;
const BOTTOM: f32 = HEIGHT - 40.0;
/// From one line to the next: a coach of 80 berths with one passenger each fits a page.
const ROW: f32 = 8.6;
const LINE: Style = Style::new(Face::Regular, 7.2, Ink::Text);
const STRONG: Style = Style::new(Face::Bold, 7.2, Ink::Text);
const LABEL: Style = Style::new(Face::Bold, 6.6, Ink::Soft);
const TITLE: Style = Style::new(Face::Bold, 13.0, Ink::Text);
const NOTE: Style = Style::new(Face::Regular, 7.2, Ink::Soft);

/// The columns: where each begins, its room and its head.
const COLUMNS: [(f32, f32, &str); 7] = [
    (LEFT, 40.0, "Berth"),
    (LEFT + 42.0, 62.0, "PNR"),
    (LEFT + 106.0, 172.0, "Passenger"),
    (LEFT + 280.0, 34.0, "Age"),
    (LEFT + 316.0, 74.0, "From – to"),
    (LEFT + 392.0, 72.0, "Status"),
    (LEFT + 466.0, 57.0, "Booked as"),
];

/// The chart's file. The same arguments give the same bytes, in every process.
pub fn render(chart: &Chart<'_>, issuer: &str) -> Vec<u8> {
    let pages = chart.coaches.iter().flat_map(|coach| pages_of(chart, coach)).collect();
    let label = Label {
        title: format!("Chart {} {} · {}", chart.run.train, chart.train.name(), chart.run.date.format("%d %b %Y")),
        author: issuer.to_owned(),
        subject: stage_words(chart.stage).to_owned(),
        at: chart.at,
        identity: format!("chart {} {}", chart.run, chart.at).into_bytes(),
    };
    file::write(pages, label)
}

fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Open => "Preliminary list: the chart is not made yet",
        Stage::FirstChart => "First chart",
        Stage::FinalChart => "Final chart",
        Stage::Cancelled => "This train is cancelled",
    }
}

/// A page as it fills.
struct Sheet<'a> {
    chart: &'a Chart<'a>,
    coach: &'a CoachChart,
    done: Vec<Page>,
    page: Page,
    y: f32,
}

fn pages_of(chart: &Chart<'_>, coach: &CoachChart) -> Vec<Page> {
    let mut sheet = Sheet { chart, coach, done: Vec::new(), page: Page::default(), y: TOP };
    sheet.head();
    for line in &coach.lines {
        sheet.line(line);
    }
    if coach.lines.is_empty() {
        sheet.room_for(1);
        sheet.page.text(LEFT, sheet.y, RIGHT - LEFT, NOTE, Align::Left, "Nobody travels in this coach yet.");
        sheet.y += ROW;
    }
    sheet.vacancies();
    sheet.done.push(sheet.page);
    sheet.done
}

impl Sheet<'_> {
    fn head(&mut self) {
        let Chart { run, train, stage, at, gaps, .. } = self.chart;
        let coach = &self.coach.coach;
        let room = RIGHT - LEFT;
        self.page.text(LEFT, self.y, room * 0.78, TITLE, Align::Left, &format!("{} {}", run.train, train.name()));
        self.page.text(RIGHT, self.y, room * 0.2, TITLE, Align::Right, &format!("{} · {}", coach.id(), coach.class()));
        self.y += 14.0;
        let halts = train.halts();
        let way = gaps.left_of(halts.len());
        let (begins, ends) = way.map_or((0, halts.len() - 1), |way| (way.from().into(), way.to().into()));
        let (first, last): (&Halt, &Halt) = (&halts[begins], &halts[ends]);
        let shortened = if gaps.is_empty() { "" } else { " · a part is not run" };
        let journey = format!(
            "{} {} – {} {} · {}{shortened} · page {}",
            first.station,
            first.depart.on(run.date).format("%a %d %b %Y %H:%M"),
            last.station,
            last.arrive.on(run.date).format("%a %d %b %H:%M"),
            stage_words(*stage),
            self.done.len() + 1,
        );
        self.page.text(LEFT, self.y, room * 0.78, NOTE, Align::Left, &journey);
        let made = format!("as of {}", railway_time(*at).format("%d %b %H:%M"));
        self.page.text(RIGHT, self.y, room * 0.2, NOTE, Align::Right, &made);
        self.y += 12.0;
        self.page.fill(LEFT - 2.0, self.y - 8.0, room + 4.0, 11.0, Ink::Ground);
        for (x, room, head) in COLUMNS {
            self.page.text(x, self.y, room, LABEL, Align::Left, head);
        }
        self.y += ROW + 3.0;
    }

    /// Goes on to another page where so many lines do not fit.
    fn room_for(&mut self, lines: u8) {
        if self.y + ROW * f32::from(lines) > BOTTOM {
            self.done.push(std::mem::take(&mut self.page));
            self.y = TOP;
            self.head();
        }
    }

    fn line(&mut self, line: &ChartLine) {
        self.room_for(1);
        let half = match line.part {
            Part::Whole => "",
            Part::First => "a",
            Part::Second => "b",
        };
        let laps = match line.laps {
            0 => String::new(),
            1 => " + 1 child".to_owned(),
            laps => format!(" + {laps} children"),
        };
        let boards = line.boards.map(|station| format!(", boards at {station}")).unwrap_or_default();
        let who = &line.passenger;
        let status = match line.part {
            Part::Whole => "CNF",
            Part::First | Part::Second => "RAC",
        };
        let booked_as = if line.booked_as.is_queued() { line.booked_as.to_string() } else { String::new() };
        let cells = [
            format!("{}{half} {}", line.berth, line.kind),
            line.pnr.to_string(),
            format!("{}{laps}{boards}", who.name),
            format!("{} {}", who.age, who.gender),
            self.stretch(line.leg),
            status.to_owned(),
            booked_as,
        ];
        for (column, ((x, room, _), cell)) in COLUMNS.iter().zip(&cells).enumerate() {
            let style = if column == 0 || column == 2 { STRONG } else { LINE };
            self.page.text(*x, self.y, *room, style, Align::Left, cell);
        }
        self.page.rule((LEFT, self.y + 2.4), (RIGHT, self.y + 2.4), 0.25, Ink::Hairline);
        self.y += ROW;
    }

    fn vacancies(&mut self) {
        let whole = Leg::new(0, (self.chart.train.halts().len() - 1) as u8).ok();
        let (all, some): (Vec<&Vacancy>, Vec<&Vacancy>) =
            self.coach.vacant.iter().partition(|vacancy| Some(vacancy.leg) == whole);
        let berths: Vec<String> = all.iter().map(|vacancy| vacancy.berth.to_string()).collect();
        let stretches: Vec<String> =
            some.iter().map(|vacancy| format!("{} {}", vacancy.berth, self.stretch(vacancy.leg))).collect();
        for (label, list) in [("Vacant throughout: ", berths), ("Vacant in part: ", stretches)] {
            let text = if list.is_empty() { "none".to_owned() } else { list.join(", ") };
            for line in NOTE.face.wrap(NOTE.size, &format!("{label}{text}"), RIGHT - LEFT) {
                self.room_for(1);
                self.page.text(LEFT, self.y + 3.0, RIGHT - LEFT, NOTE, Align::Left, &line);
                self.y += ROW;
            }
        }
    }

    fn stretch(&self, leg: Leg) -> String {
        match self.chart.train.ends(leg) {
            Some((from, to)) => format!("{} – {}", from.station, to.station),
            None => String::new(),
        }
    }
}
