//! Playing a recording on the terminal on which the program was started.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind};
use crossterm::terminal;
use futures_util::{Stream, StreamExt as _};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Rect, Size};
use unicode_width::UnicodeWidthStr as _;

use crate::terminal::console::Raw;
use crate::terminal::output::Output;
use crate::terminal::painter::LARGEST;
use crate::ui::app::App;
use crate::ui::recording::Recording;

/// No pause is longer: somebody looks on.
const LONGEST: Duration = Duration::from_secs(2);

/// Plays a recording so many times as fast as it was, and shows its last screen until a key is pressed. A key before that
/// stops it. The screens are laid out for this terminal.
///
/// # Errors
/// The terminal cannot be set up or written.
pub async fn play(recording: &Recording, speed: f64) -> io::Result<()> {
    let (width, height) = terminal::size()?;
    let size = Size { width, height };
    let screen = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let _raw = Raw::enter()?;
    let mut output = Output::on_thread(screen, size)?;
    let mut events = EventStream::new();
    let (mut app, mut at) = (recording.app(), recording.begun);
    for entry in &recording.entries {
        let pause = (entry.at - at).to_std().unwrap_or_default().div_f64(speed).min(LONGEST);
        at = entry.at;
        if !pause.is_zero() {
            output.free().await?;
            output.paint(&app)?;
            tokio::select! {
                event = stopped(&mut events, &mut output) => return event,
                () = tokio::time::sleep(pause) => {}
            }
        }
        let _ = app.update(entry.at, entry.msg.clone());
    }
    output.free().await?;
    output.paint(&app)?;
    stopped(&mut events, &mut output).await
}

/// What a person saw, as lines of text.
pub fn screen(app: &App) -> String {
    let Size { width, height } = app.world().size;
    let mut seen = Buffer::empty(Rect::new(0, 0, width.min(LARGEST.width), height.min(LARGEST.height)));
    seen.set_style(seen.area, app.ground());
    app.view(&mut seen);
    let line = |cells: &[Cell]| {
        let mut line = String::new();
        let mut covered = 0;
        for cell in cells {
            if covered == 0 {
                line.push_str(cell.symbol());
                covered = cell.symbol().width().max(1);
            }
            covered -= 1;
        }
        line.trim_end().to_owned()
    };
    let lines: Vec<String> = seen.content.chunks(usize::from(seen.area.width).max(1)).map(line).collect();
    lines.join("\n")
}

/// Waits for a key, or the end of the terminal.
async fn stopped(events: &mut (impl Stream<Item = io::Result<Event>> + Unpin), output: &mut Output) -> io::Result<()> {
    while let Some(event) = events.next().await.transpose()? {
        match event {
            Event::Key(key) if key.kind == KeyEventKind::Press => break,
            Event::Resize(width, height) => output.resize(Size { width, height }),
            _ => {}
        }
    }
    Ok(())
}
