//! How an import is drawn: the form, the bar while files are read or trains are written, the lines, and what was done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Import, Page, leaves_out, only_finishes, work};
use crate::service::request::{BadTrains, ImportTrial, Imported, LineKind, MissingTrains};
use crate::ui::context::World;
use crate::ui::screen::long_date;
use crate::ui::text;
use crate::ui::theme::Theme;
use crate::ui::widgets::sheet::{paragraph, put};
use crate::ui::widgets::{progress, state};

/// Rows above the form and above the lines.
const HEAD: u16 = 3;
/// Rows of what was done before the trains that were left as they are.
const LEFT_FROM: usize = 5;
/// Rows below the lines, in which the one under the cursor stands in full, or why nothing was imported.
const FULL: u16 = 5;

pub(super) fn view(import: &Import, buf: &mut Buffer, area: Rect, world: &World) {
    match (import.page(), import.trial.ready(), import.change.ready()) {
        (Page::Done, trial, Some(done)) => view_done(buf, area, (done, trial), world),
        (Page::Trial, Some(trial), _) => view_trial(import, buf, area, trial, world),
        (Page::Importing, Some(trial), _) => {
            let what = if only_finishes(trial) {
                "Finishing the import that broke off".to_owned()
            } else {
                format!("{}, {}", work(&trial.shown, ["Importing", "Ending"]), when(trial))
            };
            view_bar(
                import,
                buf,
                area,
                (&what, "Esc stops waiting. The import goes on to its end all the same."),
                world,
            );
        }
        (Page::Looking, ..) => {
            let path = import.source.as_ref().map_or("the files", |source| source.path.as_str());
            let what = format!("Looking at {}", text::ends(path, area.width.saturating_sub(16)));
            view_bar(import, buf, area, (&what, "Nothing is written by looking. Esc stops it."), world);
        }
        _ => {
            let says = "Trains from a GTFS folder or a sheet. What would change is shown first.";
            put(buf, Rect { y: area.y + 1, height: 1, ..area }, 2, says, world.theme.text);
            import.form.view(buf, form_place(area), world);
        }
    }
}

fn view_bar(import: &Import, buf: &mut Buffer, area: Rect, (what, esc): (&str, &str), world: &World) {
    let theme = &world.theme;
    let row = |y: u16, height: u16| Rect { y: area.y + y, height, ..area }.intersection(area);
    put(buf, row(1, 1), 2, what, theme.strong);
    if let Some(known) = import.progress {
        progress::view(buf, row(3, progress::ROWS), known, world);
    }
    put(buf, row(6, 1), 2, esc, theme.dim);
}

fn view_trial(import: &Import, buf: &mut Buffer, area: Rect, trial: &ImportTrial, world: &World) {
    let theme = &world.theme;
    let row = |y: u16| Rect { y: area.y + y, height: 1, ..area }.intersection(area);
    let ImportTrial { new, changed, unchanged, missing, .. } = trial;
    let missing = match (*missing, trial.shown.ends.len()) {
        (0, _) => String::new(),
        (_, ends) if ends > 0 => not_in_it(ends, ["ends", "end"]),
        (count, _) if !ends_missing(import) => not_in_it(count, ["stays", "stay"]),
        (count, _) if trial.mistakes > 0 => format!("; {count} not in it"),
        (count, _) => not_in_it(count, ["ends already", "end already"]),
    };
    let counts = format!("{new} new, {changed} changed, {unchanged} unchanged{missing}");
    put(buf, row(0), 2, &format!("From {}: {counts}.", long_date(trial.on)), theme.strong);
    let (says, style) = verdict(import, trial, theme);
    put(buf, row(1), 2, &says, style);
    let list = list_place(area);
    if import.rows() == 0 {
        let next = if only_finishes(trial) {
            "Enter finishes the import that broke off. Esc goes back."
        } else {
            "The timetable is as the files have it. Esc goes back."
        };
        return state::empty(buf, list, "Nothing to be told", next, world);
    }
    import.list.position(buf, row(2), list, world);
    for (nth, place) in import.list.visible(list) {
        let Some((kind, words)) = import.row(nth) else { break };
        put(buf, place, 2, &kind.sign().to_string(), sign_style(kind, theme));
        put(buf, place, 4, &words, theme.text);
        import.list.mark(buf, nth, place, world);
    }
    let below = Rect { y: list.bottom(), height: area.bottom().saturating_sub(list.bottom()), ..area };
    text::rule(buf, below, theme.rule);
    let below = Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below };
    if let Some(failure) = &import.refused {
        paragraph(buf, below, &failure.to_string(), theme.bad);
    } else if let Some((_, words)) = import.list.chosen().and_then(|nth| import.row(nth)) {
        paragraph(buf, below, &words, theme.text);
    }
}

/// Whether it can be imported, and if not why.
fn verdict(import: &Import, trial: &ImportTrial, theme: &Theme) -> (String, Style) {
    let leaves_out = import.source.as_ref().is_some_and(leaves_out);
    let mistakes = if trial.mistakes == 1 { "1 mistake".to_owned() } else { format!("{} mistakes", trial.mistakes) };
    let does = work(&trial.shown, ["imports", "ends"]);
    match (trial.mistakes, leaves_out, trial.changes_anything()) {
        (0, _, true) if only_finishes(trial) => {
            let says = "All of it is written, but an import broke off: Enter finishes it.";
            (says.to_owned(), theme.warning)
        }
        (0, _, true) => (format!("No mistakes. Enter {does}."), theme.good),
        (0, _, false) => ("No mistakes, and nothing to import: the timetable has it already.".to_owned(), theme.good),
        (_, true, true) if only_finishes(trial) => {
            (format!("{mistakes}: their trains are left out. An import broke off: Enter finishes it."), theme.warning)
        }
        (_, true, true) => (format!("{mistakes}: their trains are left out. Enter {does}."), theme.warning),
        (_, true, false) => (format!("{mistakes}, and nothing beside them to import."), theme.bad),
        (_, false, _) => {
            let (them, trains) = if trial.mistakes == 1 { ("it", "its train") } else { ("them", "their trains") };
            let is_left_out = import.source.as_ref().is_some_and(|source| source.bad == BadTrains::LeaveOut);
            let mend = match (ends_missing(import), is_left_out) {
                (true, true) => format!("mend {them}, or let trains stay: one with a mistake is not in it."),
                (true, false) => format!("mend {them} and look again."),
                (false, _) => format!("mend {them} and look again, or leave {trains} out."),
            };
            (format!("{mistakes}: {mend}"), theme.bad)
        }
    }
}

/// How many trains are not in what is imported, and what becomes of them.
fn not_in_it(count: usize, [of_one, of_more]: [&str; 2]) -> String {
    let becomes = if count == 1 { of_one } else { of_more };
    format!("; {count} not in it {becomes}")
}

/// From which date on what is imported holds, and which trains end.
fn when(trial: &ImportTrial) -> String {
    let imports = trial.shown.trains + trial.shown.stations > 0;
    let end = trial.shown.ends.first().map(|(_, date)| *date).filter(|date| *date != trial.on);
    match end {
        None => format!("from {} on", long_date(trial.on)),
        Some(end) if imports => format!("from {} on; trains end from {} on", long_date(trial.on), long_date(end)),
        Some(end) => format!("from {} on", long_date(end)),
    }
}

fn ends_missing(import: &Import) -> bool {
    import.source.as_ref().is_some_and(|source| source.missing == MissingTrains::End)
}

const fn sign_style(kind: LineKind, theme: &Theme) -> Style {
    match kind {
        LineKind::Mistake => theme.bad,
        LineKind::Note => theme.dim,
        LineKind::New => theme.good,
        LineKind::Changed => theme.accent,
        LineKind::Left | LineKind::Ends => theme.warning,
    }
}

fn view_done(buf: &mut Buffer, area: Rect, (done, trial): (&Imported, Option<&ImportTrial>), world: &World) {
    let theme = &world.theme;
    let mut rows = area.rows().skip(1);
    // Below what is said above them, and a row for how many more there are.
    let room = usize::from(area.height).saturating_sub(LEFT_FROM + 1);
    let mut say = |words: &str, style: Style| {
        if let Some(row) = rows.next() {
            put(buf, row, 2, words, style);
        }
    };
    if let Some(trial) = trial {
        let says = if only_finishes(trial) {
            "The import that broke off is finished.".to_owned()
        } else {
            format!("{}, {}.", work(&trial.shown, ["Imported:", "Ended:"]), when(trial))
        };
        say(&says, theme.good);
    }
    say("Runs of which anything was sold keep the trains by which they were sold.", theme.text);
    if !done.left.is_empty() {
        say("", theme.text);
        say(&format!("Left as they are ({}):", done.left.len()), theme.warning);
    }
    // One row more than its room is the last one's, where that is all.
    let shown = if done.left.len() <= room + 1 { done.left.len() } else { room };
    done.left.iter().take(shown).for_each(|why| say(why, theme.text));
    if done.left.len() > shown {
        say(&format!("and {} more: look again to see all of them.", done.left.len() - shown), theme.text);
    }
}

pub(super) fn form_place(area: Rect) -> Rect {
    Rect {
        x: area.x + 2,
        y: area.y + HEAD,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(HEAD),
    }
}

pub(super) fn list_place(area: Rect) -> Rect {
    Rect { y: area.y + HEAD, height: area.height.saturating_sub(HEAD + FULL), ..area }
}
