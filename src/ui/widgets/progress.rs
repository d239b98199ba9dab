//! How far something has come that takes long: what it is at, a bar, and the figures.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::service::progress::{Progress, Stage};
use crate::ui::context::World;
use crate::ui::widgets::sheet::put;

/// Rows that it takes.
pub const ROWS: u16 = 2;

/// Columns that the figures have beside the bar.
const FIGURES: u16 = 34;
/// The longest bar.
const LONGEST: u16 = 60;

/// Bytes of a unit in which sizes are shown.
const KB: u64 = 1_000;
const MB: u64 = 1_000_000;

/// Draws it.
pub fn view(buf: &mut Buffer, area: Rect, progress: Progress, world: &World) {
    let theme = &world.theme;
    let mut rows = area.rows();
    let (Some(top), Some(row)) = (rows.next(), rows.next()) else { return };
    put(buf, top, 2, words(progress.stage), theme.text);
    let length = row.width.saturating_sub(FIGURES + 4).min(LONGEST);
    let done = u16::try_from(progress.share(length.into())).unwrap_or(length);
    let cells = |sign: &str, count: u16| sign.repeat(count.into());
    put(buf, row, 2, &cells("█", done), theme.accent);
    put(buf, row, 2 + done, &cells("─", length - done), theme.rule);
    let figures = format!("{:>3} %  {}", progress.share(100), figures(progress));
    put(buf, row, 2 + length + 2, &figures, theme.strong);
}

/// The same in one line, without a bar.
pub fn line(progress: Progress) -> String {
    format!("{}: {} %, {}", words(progress.stage), progress.share(100), figures(progress))
}

const fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Reading => "Reading the files",
        Stage::Building => "Making trains of what was read",
        Stage::Comparing => "Comparing them with the timetable",
        Stage::Log => "Reading the log",
        Stage::Writing => "Writing what is new or changed",
    }
}

/// How much of how much: `12.4 of 30.1 MB`.
fn figures(Progress { stage, done, of }: Progress) -> String {
    match stage {
        Stage::Reading if of >= MB => format!("{} of {} MB", tenths(done, MB), tenths(of, MB)),
        Stage::Reading => format!("{} of {} KB", tenths(done, KB), tenths(of, KB)),
        Stage::Building | Stage::Comparing => format!("{done} of {of} trains"),
        Stage::Log => format!("{done} of {of} hours"),
        Stage::Writing => format!("{done} of {of} entries"),
    }
}

fn tenths(bytes: u64, unit: u64) -> String {
    format!("{}.{}", bytes / unit, bytes % unit / (unit / 10))
}

#[cfg(test)]
mod tests {
    use super::{Progress, Stage, figures, line};

    #[test]
    fn figures_have_the_unit_that_fits_the_whole() {
        let read = |done, of| figures(Progress { stage: Stage::Reading, done, of });
        assert_eq!(read(12_449_000, 1_030_190_000), "12.4 of 1030.1 MB");
        assert_eq!(read(0, 999_999), "0.0 of 999.9 KB");
        assert_eq!(figures(Progress { stage: Stage::Writing, done: 40, of: 116 }), "40 of 116 entries");
        let hours = Progress { stage: Stage::Log, done: 18, of: 72 };
        assert_eq!(line(hours), "Reading the log: 25 %, 18 of 72 hours");
    }
}
